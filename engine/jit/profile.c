/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the time goes: counters, and durations of which one in SAMPLED is measured, because a look at the clock costs as much as what
 * is measured. */
#include "base/os.h"
#include "jit/state.h"
#include "jit/x86_64/translate.h"

enum { SAMPLED = 64 };

int64_t sample_begin(Sample *s)
{
	return ++s->count % SAMPLED ? 0 : os_monotonic_ns();
}

void sample_end(Sample *s, int64_t begin)
{
	if (begin)
		s->sampled_ns += os_monotonic_ns() - begin;
}

static int64_t estimate(const Sample *s)
{
	return s->sampled_ns * SAMPLED;
}

bool jit_is_attached(const Cpu *cpu)
{
	return cpu->jit != NULL;
}

JitCounters jit_counters(const Cpu *cpu)
{
	const Jit *t = cpu->jit;
	if (!t)
		return (JitCounters){ 0 };
	JitCounters c = t->counters;
	c.entries = t->entered.count;
	c.interpreted = t->helped.count;
	c.helpers_ns = estimate(&t->helped);
	c.run_ns = MAX(estimate(&t->entered) - c.helpers_ns, 0);
	return c;
}

static const char *reason(const Jit *t, unsigned form)
{
	return t->plans[form].emit ? "slow access or rare case" : "not translated";
}

char *jit_profile(const Cpu *cpu)
{
	enum { LINES = 25 };
	const Jit *t = cpu->jit;
	GString *text = g_string_new(NULL);
	g_autofree uint64_t *left = t ? g_memdup2(t->profile, insn_form_count * sizeof *left) : NULL;
	for (unsigned n = 0; left && n < LINES; n++) {
		unsigned most = 0;
		for (unsigned f = 1; f < insn_form_count; f++)
			if (left[f] > left[most])
				most = f;
		if (!left[most])
			break;
		g_string_append_printf(text, "%12" G_GUINT64_FORMAT " %-10s %-24s %s\n", left[most], insn_forms[most].mnemonic, reason(t, most),
				       insn_forms[most].row);
		left[most] = 0;
	}
	return g_string_free(text, FALSE);
}
