/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the interpreter's loop and generated code: when to translate, how blocks are linked, and what becomes of them. */
#include <string.h>

#include "cpu/access.h"
#include <gio/gio.h>
#include "jit/state.h"
#include "jit/x86_64/translate.h"

enum {
	HOT = 8,
	FLAG_BYTE = 8,		/* of jit_flags: LAHF's byte lies above SETO's */
	MXCSR_MASKS = 0x1f80,
	LAHF_FLAGS = EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF,
};

/* ---- flags ---- */

static void flags_to_host(Cpu *cpu)
{
	uint32_t flags = flags_pack(&cpu->af);
	cpu->jit_flags = (uint16_t)((flags & LAHF_FLAGS) << FLAG_BYTE | (flags & EFLAGS_OF ? 1 : 0));
}

static void flags_from_host(Cpu *cpu)
{
	uint32_t flags = cpu->jit_flags >> FLAG_BYTE & LAHF_FLAGS;
	flags_unpack(&cpu->af, flags | (cpu->jit_flags & 1 ? EFLAGS_OF : 0));
}

/* ---- jump entries ---- */

static void clear_jumps(Cpu *cpu)
{
	for (unsigned n = 0; n < cpu->jump_logged; n++)
		cpu->jump[cpu->jump_log[n]] = (JumpEntry){ cpu->jump_log[n] ? 0 : 1, NULL };
	cpu->jump_logged = 0;
}

/* All zero matches the instruction pointer 0, and only there. */
static void set_jump(Cpu *cpu, const Block *b)
{
	JumpEntry *e = &cpu->jump[cpu->rip & (JUMP_SIZE - 1)];
	if (!e->code) {
		if (cpu->jump_logged == JUMP_SIZE)
			clear_jumps(cpu);
		cpu->jump_log[cpu->jump_logged++] = (uint16_t)cpu->rip;
	}
	*e = (JumpEntry){ b->mode_id - cpu->rip, b->far_code };
}

unsigned jit_mode_id(Jit *t, uint32_t mode, bool vectors)
{
	uint32_t wanted = mode << 1 | vectors;
	for (unsigned n = 0; n < t->mode_count; n++)
		if (t->modes[n] == wanted)
			return n + 1;
	if (t->mode_count == MODE_IDS)
		return 0;
	t->modes[t->mode_count++] = wanted;
	return t->mode_count;
}

/* ---- links ---- */

static void link_site(Cpu *cpu, Block *b)
{
	Jit *t = cpu->jit;
	Site *site = &g_array_index(t->sites, Site, cpu->jit_site);
	if (site->next || site->phys != b->phys || site->mode != b->mode || site->vectors != b->vectors)
		return;
	asm_aim(site->place, t->memory.write + ((const uint8_t *)b->code - t->memory.run));
	site->next = b->incoming ? b->incoming : G_MAXUINT32;
	b->incoming = cpu->jit_site;
	t->counters.linked++;
}

static void unlink_block(Cpu *cpu, Block *b)
{
	Jit *t = cpu->jit;
	for (uint32_t n = b->incoming; n && n != G_MAXUINT32;) {
		Site *site = &g_array_index(t->sites, Site, n);
		asm_aim(site->place, site->stub);
		n = site->next;
		site->next = 0;
	}
	b->incoming = 0;
	b->code = NULL;
	clear_jumps(cpu);
	t->counters.voided++;
}

void jit_flush(Cpu *cpu)
{
	Jit *t = cpu->jit;
	t->next = t->first;
	t->mode_count = 0;
	g_array_set_size(t->sites, 1);
	clear_jumps(cpu);
	cpu->jit_site = 0;
	t->counters.flushes++;
}

/* ---- from generated code ---- */

static bool sse_is_masked(const Cpu *cpu)
{
	return (cpu->mxcsr & MXCSR_MASKS) == MXCSR_MASKS;
}

bool jit_interpret(Cpu *cpu, Block *b, unsigned n)
{
	Jit *t = cpu->jit;
	const Insn *i = &b->insns[n];
	uint32_t mode = cpu->mode, generation = cpu->map_generation;
	bool last = n + 1u == b->count, ends = last && (insn_forms[i->form].flags & FORM_END);
	t->counters.interpreted++;
	t->profile[i->form]++;
	flags_from_host(cpu);
	cpu->jit_site = 0;
	cpu->rip = cpu->gpr[GPR_RIP] = (cpu->jit_page + (b->phys & 0xfff)) & cpu->linear_mask;
	cpu->first = b->insns;
	cpu->stop = i + 1;
	cpu->insn = i;
	i->run(cpu, i);
	if (!(last && b->sets_rip))
		cpu->rip = insn_next_rip(cpu, i);
	bool left = ends || !cpu->stop || mode != cpu->mode || generation != cpu->map_generation || !sse_is_masked(cpu);
	cpu->insn = NULL;
	cpu->first = NULL;
	flags_to_host(cpu);
	return left;
}

/* ---- the translator, as the interpreter's loop knows it ---- */

static bool run(Cpu *cpu, Block *b)
{
	Jit *t = cpu->jit;
	if (UNLIKELY(!b->code)) {
		cpu->jit_site = 0;
		if (!jit_takes_mode(cpu) || ++b->runs < t->hot || !jit_translate(cpu, b))
			return false;
	}
	if (b->vectors && !sse_is_masked(cpu))
		return false;
	if (t->generation != cpu->map_generation) {
		clear_jumps(cpu);
		t->generation = cpu->map_generation;
	}
	/* With a budget every block comes back here. */
	bool counted = cpu->budget_end != ~(uint64_t)0;
	if (counted) {
		cpu->insns_retired += b->count;
	} else {
		if (cpu->jit_site)
			link_site(cpu, b);
		set_jump(cpu, b);
	}
	cpu->jit_page = cpu->rip - (b->phys & 0xfff);
	cpu->jit_site = 0;
	flags_to_host(cpu);
	t->counters.entries++;
	t->enter[b->vectors](cpu, b->code);
	flags_from_host(cpu);
	return true;
}

static void release(Cpu *cpu)
{
	Jit *t = cpu->jit;
	code_memory_free(&t->memory);
	g_array_unref(t->sites);
	g_free(t->plans);
	g_free(t->profile);
	g_free(t);
	cpu->jit = NULL;
	cpu->translator = NULL;
}

static const CpuTranslator translator = { .run = run, .block_void = unlink_block, .blocks_flushed = jit_flush, .free = release };

/* ---- from outside ---- */

bool jit_available(const char **why)
{
	__builtin_cpu_init();
	*why = "its processor has no AVX2 or no BMI2";
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

bool jit_attach(Cpu *cpu, size_t cache_bytes, GError **error)
{
	const char *why;
	if (!jit_available(&why)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "this host can't translate: %s", why);
		return false;
	}
	Jit *t = g_new0(Jit, 1);
	if (!code_memory_new(&t->memory, cache_bytes, error)) {
		g_free(t);
		return false;
	}
	t->plans = plans_new();
	t->profile = g_new0(uint64_t, insn_form_count);
	t->sites = g_array_sized_new(FALSE, TRUE, sizeof(Site), 4096);
	g_array_set_size(t->sites, 1);
	cpu->jit = t;
	t->hot = HOT;
	cpu->translator = &translator;
	cpu->jit_mxcsr = 0x1f80;
	cpu->jit_misaligned[0] = ~(uint64_t)0xff0;
	cpu->jit_misaligned[1] = ~(uint64_t)0xfe0;
	cpu->jump[0].negated = 1;
	blocks_flush(cpu);
	return emit_thunks(t);
}

void jit_set_threshold(Cpu *cpu, unsigned n)
{
	if (cpu->jit)
		cpu->jit->hot = n;
}

JitCounters jit_counters(const Cpu *cpu)
{
	return cpu->jit ? cpu->jit->counters : (JitCounters){ 0 };
}

char *jit_profile(const Cpu *cpu)
{
	enum { LINES = 25 };
	GString *text = g_string_new(NULL);
	g_autofree uint64_t *left = cpu->jit ? g_memdup2(cpu->jit->profile, insn_form_count * sizeof *left) : NULL;
	for (unsigned n = 0; left && n < LINES; n++) {
		unsigned most = 0;
		for (unsigned f = 1; f < insn_form_count; f++)
			if (left[f] > left[most])
				most = f;
		if (!left[most])
			break;
		g_string_append_printf(text, "%12" G_GUINT64_FORMAT " %-10s %s\n", left[most], insn_forms[most].mnemonic, insn_forms[most].row);
		left[most] = 0;
	}
	return g_string_free(text, FALSE);
}
