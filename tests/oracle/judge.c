/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "judge.h"

#include <string.h>

#include "cpu/fault.h"
#include "cpu/models.h"
#include "disassembly.h"

/* A case's side: the windows' contents are changed by running it. */
typedef struct Side {
	OracleCase cases[JUDGE_BATCH];
	uint8_t windows[JUDGE_BATCH][ORACLE_WINDOWS][TEST_WINDOW];
} Side;

struct Judge {
	uint64_t seed;
	OracleNative *native;
	OracleInterp *interp;
	Generator *generator;
	Disassembly *disassembly;
	Comparison comparison;
	CpuFeatures host_features;
	Test tests[JUDGE_BATCH];
	bool made[JUDGE_BATCH];
	Side host, ours;
};

/* ---- memory ---- */

static bool has_contents(OracleRegion region)
{
	return region != ORACLE_CODE && oracle_native_address(region);
}

/* Random contents, the same on both sides; from now on each batch begins with them. */
static void fill_memory(Judge *j)
{
	Dice d = dice_new(j->seed, ~(uint64_t)0);
	for (unsigned r = 0; r < ORACLE_REGIONS; r++) {
		uint8_t *host = has_contents(r) ? oracle_native_memory(j->native, r) : NULL;
		if (!host)
			continue;
		dice_fill(&d, FLAVOUR_INT, host, oracle_native_size(r));
		oracle_interp_write(j->interp, oracle_native_address(r), host, oracle_native_size(r));
	}
	oracle_native_snapshot(j->native);
}

static bool page_differs(Judge *j, uint64_t address, const uint8_t *host, unsigned *at)
{
	uint8_t ours[ORACLE_PAGE_SIZE];
	oracle_interp_read(j->interp, address, ours, sizeof ours);
	if (!memcmp(ours, host, sizeof ours))
		return false;
	for (*at = 0; ours[*at] == host[*at];)
		++*at;
	return true;
}

/* The first byte that differs between the two sides. */
static bool memory_differs(Judge *j, uint64_t *where)
{
	for (unsigned r = 0; r < ORACLE_REGIONS; r++) {
		const uint8_t *host = has_contents(r) ? oracle_native_memory(j->native, r) : NULL;
		for (size_t page = 0; host && page < oracle_native_size(r); page += ORACLE_PAGE_SIZE) {
			unsigned at;
			if (page_differs(j, oracle_native_address(r) + page, host + page, &at)) {
				*where = oracle_native_address(r) + page + at;
				return true;
			}
		}
	}
	return false;
}

/* Ours becomes as the host's. */
static void copy_memory(Judge *j)
{
	for (unsigned r = 0; r < ORACLE_REGIONS; r++) {
		const uint8_t *host = has_contents(r) ? oracle_native_memory(j->native, r) : NULL;
		for (size_t page = 0; host && page < oracle_native_size(r); page += ORACLE_PAGE_SIZE) {
			unsigned at;
			if (page_differs(j, oracle_native_address(r) + page, host + page, &at))
				oracle_interp_write(j->interp, oracle_native_address(r) + page, host + page, ORACLE_PAGE_SIZE);
		}
	}
}

static void begin_batch(Judge *j)
{
	oracle_native_restore(j->native);
	copy_memory(j);
	oracle_interp_forget(j->interp);
}

/* ---- cases ---- */

static void make_case(const Test *t, OracleCase *c, uint8_t windows[ORACLE_WINDOWS][TEST_WINDOW])
{
	*c = (OracleCase){ .mode64 = t->mode64, .code = t->code, .code_size = t->size, .state = t->state };
	for (unsigned n = 0; n < ORACLE_WINDOWS; n++) {
		const TestWindow *w = &t->windows[n];
		memcpy(windows[n], w->bytes, w->size);
		if (w->size)
			c->windows[n] = (OracleWindow){ w->address, w->size, windows[n] };
	}
}

static unsigned draw_batch(Judge *j, const Subject *subject, uint64_t number)
{
	Dice d = dice_new(j->seed, number);
	unsigned count = 0;
	for (unsigned n = 0; n < JUDGE_BATCH; n++) {
		Test *t = &j->tests[n];
		j->made[n] = true;
		if (subject->row)
			j->made[n] = generate_single(j->generator, &d, subject->row, subject->mode64, t);
		else
			generate_sequence(j->generator, &d, subject->mode64, t);
		if (!j->made[n]) { /* keeps its place, and does nothing */
			t->size = t->body = t->count = 0;
			continue;
		}
		make_case(t, &j->host.cases[n], j->host.windows[n]);
		make_case(t, &j->ours.cases[n], j->ours.windows[n]);
		count++;
	}
	return count;
}

static void describe(Judge *j, uint64_t number, unsigned index, const char *differences, GString *line)
{
	const Test *t = &j->tests[index];
	const Form *form = &insn_forms[t->insn.form];
	g_string_append_printf(line, "%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT " %s", j->seed, number * JUDGE_BATCH + index,
		t->mode64 ? "64-bit" : "32-bit");
	if (t->count == 1)
		g_string_append_printf(line, " %s", form->row);
	for (unsigned n = 0; n < t->size; n++)
		g_string_append_printf(line, "%s%02x", n ? "" : " ", t->code[n]);
	disassembly_append(j->disassembly, t->mode64, t->state.rip, t->code, t->body, line);
	if (t->count == 1 && t->target)
		g_string_append_printf(line, " @%" G_GINT64_MODIFIER "x", t->target);
	g_string_append(line, differences);
}

/* Whether ours missed memory that the executor has for itself: native-child.h, ORACLE_CONTROL_ADDRESS. Random values get there. */
static bool met_executor(const OracleFault *ours)
{
	const uint64_t address = 0x200000000000, size = 0x1000000;
	return ours->vector == VECTOR_PF && ours->address - (address - size) < 2 * size;
}

/* Linux may clear the x87's pointers when it takes the processor away in the middle of a case: a difference counts only if the host
 * says the same again. */
static bool differs_again(Judge *j, const Test *t, const OracleCase *ours)
{
	uint8_t windows[ORACLE_WINDOWS][TEST_WINDOW];
	OracleCase again;
	make_case(t, &again, windows);
	oracle_native_run_many(j->native, &again, 1);
	return compare_cases(&j->comparison, t, ours, &again, NULL) != 0;
}

static Finding judge_case(Judge *j, uint64_t number, unsigned index)
{
	const Test *t = &j->tests[index];
	const OracleCase *host = &j->host.cases[index], *ours = &j->ours.cases[index];
	Finding f = { .test = t, .number = number * JUDGE_BATCH + index };
	switch (host->fault.vector) {
	case ORACLE_TIMEOUT: f.reason = "the host took too long"; break;
	case ORACLE_SYSCALL: f.reason = "a system call"; break;
	case ORACLE_DIED: f.reason = "the executor died"; break;
	case ORACLE_REFUSED: f.reason = "the executor refused the case"; break;
	default: break;
	}
	if (met_executor(&ours->fault))
		f.reason = "came upon the executor's own memory";
	if (f.reason) {
		f.verdict = VERDICT_NOT_RUN;
		return f;
	}
	unsigned differences = compare_cases(&j->comparison, t, ours, host, NULL);
	f.verdict = host->fault.vector == ORACLE_NO_FAULT ? VERDICT_AGREED : VERDICT_FAULTED;
	if (!differences || !differs_again(j, t, ours))
		return f;
	f.reason = compare_reason(t, ours, host, differences);
	f.verdict = f.reason ? VERDICT_EXPLAINED : VERDICT_DIFFERED;
	if (f.reason)
		return f;
	g_autoptr(GString) text = g_string_new(NULL), line = g_string_new(NULL);
	compare_cases(&j->comparison, t, ours, host, text);
	describe(j, number, index, text->str, line);
	f.line = g_strdup(line->str);
	return f;
}

/* Memory differs outside of the windows: which case did it? */
static void find_memory_culprit(Judge *j, uint64_t number, Finding findings[JUDGE_BATCH])
{
	uint64_t where;
	begin_batch(j);
	for (unsigned n = 0; n < JUDGE_BATCH; n++) {
		if (!j->made[n])
			continue;
		make_case(&j->tests[n], &j->host.cases[n], j->host.windows[n]);
		make_case(&j->tests[n], &j->ours.cases[n], j->ours.windows[n]);
		oracle_native_run_many(j->native, &j->host.cases[n], 1);
		oracle_interp_run(j->interp, &j->ours.cases[n]);
		if (findings[n].verdict == VERDICT_NOT_RUN || findings[n].verdict == VERDICT_EXPLAINED || compare_ignores_some(&j->tests[n])) {
			copy_memory(j);
			continue;
		}
		if (!memory_differs(j, &where))
			continue;
		g_autoptr(GString) line = g_string_new(NULL);
		g_autofree char *text = g_strdup_printf(" memory differs at %" G_GINT64_MODIFIER "x, outside of the windows", where);
		describe(j, number, n, text, line);
		g_free(findings[n].line);
		findings[n].line = g_strdup(line->str);
		findings[n].verdict = VERDICT_DIFFERED;
		return;
	}
}

static void run_ours(Judge *j)
{
	for (unsigned n = 0; n < JUDGE_BATCH; n++)
		if (j->made[n])
			oracle_interp_run(j->interp, &j->ours.cases[n]);
}

static void run_host(Judge *j)
{
	for (unsigned n = 0; n < JUDGE_BATCH;) {
		unsigned end = n;
		while (end < JUDGE_BATCH && j->made[end])
			end++;
		if (end > n)
			oracle_native_run_many(j->native, &j->host.cases[n], end - n);
		n = end + 1;
	}
}

/* True if nothing differs. */
static bool run_batch(Judge *j, const Subject *subject, uint64_t number, Finding findings[JUDGE_BATCH])
{
	bool differs = false, not_run = false;
	uint64_t where;
	memset(findings, 0, JUDGE_BATCH * sizeof *findings);
	unsigned made = draw_batch(j, subject, number);
	if (made) {
		begin_batch(j);
		run_host(j);
		run_ours(j);
	}
	for (unsigned n = 0; n < JUDGE_BATCH; n++) {
		findings[n] = j->made[n] ? judge_case(j, number, n) : (Finding){ .verdict = VERDICT_NOT_MADE };
		differs |= findings[n].verdict == VERDICT_DIFFERED;
		not_run |= findings[n].verdict == VERDICT_NOT_RUN;
	}
	if (made && !differs && !not_run && memory_differs(j, &where)) {
		find_memory_culprit(j, number, findings);
		differs = true;
	}
	return !differs;
}

/* What Linux did to a case (see differs_again()) may have spoiled memory for the cases after it, which differ again and again then:
 * a batch has three tries from the beginning. What is ours to answer for differs in each. */
void judge_batch(Judge *j, const Subject *subject, uint64_t number, Finding findings[JUDGE_BATCH])
{
	enum { TRIES = 3 };
	for (unsigned n = 0; n < TRIES; n++) {
		if (run_batch(j, subject, number, findings))
			return;
		if (n < TRIES - 1)
			for (unsigned i = 0; i < JUDGE_BATCH; i++)
				g_clear_pointer(&findings[i].line, g_free);
	}
}

/* ---- showing one ---- */

static void show_state(const char *title, const OracleCase *c)
{
	const OracleState *s = &c->state;
	g_print("%s: vector %d error %x address %" G_GINT64_MODIFIER "x\n", title, c->fault.vector, c->fault.error_code, c->fault.address);
	g_print("  rip %016" G_GINT64_MODIFIER "x rflags %08" G_GINT64_MODIFIER "x fs %" G_GINT64_MODIFIER "x gs %" G_GINT64_MODIFIER "x\n", s->rip,
		s->rflags, s->fs_base, s->gs_base);
	for (unsigned n = 0; n < 16; n++)
		g_print("  r%-2u %016" G_GINT64_MODIFIER "x%s", n, s->gpr[n], n % 4 == 3 ? "\n" : "");
	g_print("  fcw %04x fsw %04x ftw %02x fop %03x fip %" G_GINT64_MODIFIER "x fdp %" G_GINT64_MODIFIER "x mxcsr %08x\n", s->fx.fcw, s->fx.fsw,
		s->fx.ftw_abridged, s->fx.fop, s->fx.fip, s->fx.fdp, s->fx.mxcsr);
	for (unsigned n = 0; n < 8; n++) {
		uint64_t mantissa;
		memcpy(&mantissa, s->fx.st[n], sizeof mantissa);
		g_print("  st%u %02x%02x %016" G_GINT64_MODIFIER "x\n", n, s->fx.st[n][9], s->fx.st[n][8], mantissa);
	}
	for (unsigned n = 0; n < 16; n++) {
		uint64_t q[4];
		memcpy(q, s->ymm[n], sizeof q);
		g_print("  ymm%-2u %016" G_GINT64_MODIFIER "x %016" G_GINT64_MODIFIER "x %016" G_GINT64_MODIFIER "x %016" G_GINT64_MODIFIER "x\n", n, q[3],
			q[2], q[1], q[0]);
	}
	for (unsigned n = 0; n < ORACLE_WINDOWS; n++) {
		const OracleWindow *w = &c->windows[n];
		for (uint32_t at = 0; at < w->size; at++) {
			if (at % 32 == 0)
				g_print("%s  %08" G_GINT64_MODIFIER "x:", at ? "\n" : "", w->address + at);
			g_print(" %02x", w->bytes[at]);
		}
		g_print(w->size ? "\n" : "");
	}
}

/* The code may have jumped to what isn't its own. */
static void show_bytes_at(Judge *j, uint64_t rip)
{
	enum { SHOWN = 16 };
	const uint8_t *bytes = oracle_native_at(j->native, rip, SHOWN);
	if (!bytes)
		return;
	g_print("at rip:");
	for (unsigned n = 0; n < SHOWN; n++)
		g_print(" %02x", bytes[n]);
	g_print("\n");
}

void judge_show(Judge *j, const Subject *subject, uint64_t number, unsigned index)
{
	uint64_t where = 0;
	draw_batch(j, subject, number);
	if (!j->made[index]) {
		g_print("# this case doesn't exist\n");
		return;
	}
	show_state("before", &j->ours.cases[index]);
	begin_batch(j);
	for (unsigned n = 0; n <= index; n++) {
		if (!j->made[n])
			continue;
		oracle_native_run_many(j->native, &j->host.cases[n], 1);
		oracle_interp_run(j->interp, &j->ours.cases[n]);
		if (!where && memory_differs(j, &where))
			g_print("from case %" G_GUINT64_FORMAT " on, memory differs at %" G_GINT64_MODIFIER "x\n", number * JUDGE_BATCH + n, where);
	}
	show_state("ours", &j->ours.cases[index]);
	show_state("host", &j->host.cases[index]);
	show_bytes_at(j, j->host.cases[index].state.rip);
	g_autoptr(GString) text = g_string_new(NULL), line = g_string_new(NULL);
	compare_cases(&j->comparison, &j->tests[index], &j->ours.cases[index], &j->host.cases[index], text);
	describe(j, number, index, text->str, line);
	g_print("%s\n", line->str);
}

/* ---- beginning and end ---- */

const CpuFeatures *judge_host_features(const Judge *j)
{
	return &j->host_features;
}

const CpuFeatures *judge_model_features(const Judge *j)
{
	return oracle_interp_features(j->interp);
}

const char *judge_difference(const Judge *j)
{
	return oracle_interp_difference(j->interp);
}

Judge *judge_new(const char *model, OracleWay way, uint64_t seed, GError **error)
{
	g_autoptr(Judge) j = g_new0(Judge, 1);
	CpuModel host = { 0 };
	j->seed = seed;
	j->native = oracle_native_new(error);
	if (!j->native)
		return NULL;
	j->interp = oracle_interp_new(model, way, error);
	if (!j->interp)
		return NULL;
	if (!models_host(&host)) {
		g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS, "the host isn't an x86");
		return NULL;
	}
	j->host_features = host.wanted;
	j->comparison.pointers_known = oracle_native_fpu_pointers(j->native);
	DecodeContext decode[2];
	for (unsigned n = 0; n < 2; n++)
		decode[n] = (DecodeContext){ oracle_interp_mode(j->interp, n), oracle_interp_features(j->interp) };
	j->generator = generator_new(decode, &j->host_features, host.amd);
	j->disassembly = disassembly_new();
	fill_memory(j);
	return g_steal_pointer(&j);
}

void judge_free(Judge *j)
{
	if (!j)
		return;
	disassembly_free(j->disassembly);
	generator_free(j->generator);
	oracle_interp_free(j->interp);
	oracle_native_free(j->native);
	g_free(j);
}
