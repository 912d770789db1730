/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the interpreter's loop and generated code: when to translate, how blocks are linked, and what becomes of them. */
#include <string.h>

#include "base/os.h"
#include "cpu/access.h"
#include "cpu/tlb.h"
#include "cpu/x87.h"
#include <gio/gio.h>
#include "jit/jumps.h"
#include "jit/x86_64/translate.h"

enum {
	HOT = 8,
	CODE_PER_METADATA = 2,	/* bytes of code for which there is a byte of decoded blocks */
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

/* ---- x87 ---- */

static bool x87_is_masked(const Cpu *cpu)
{
	enum { MASKS = 0x3f, ERROR_SUMMARY = 1 << 7 };
	return (cpu->x87.cw & MASKS) == MASKS && !(cpu->x87.sw & ERROR_SUMMARY);
}

/* FXSAVE's image (SDM volume 1, table 10-2) */
enum { IMAGE_CW = 0, IMAGE_SW = 2, IMAGE_TAGS = 4, IMAGE_MXCSR = 24, IMAGE_REGISTERS = 32, IMAGE_STEP = 16 };

static void put16(uint8_t *to, uint16_t value)
{
	memcpy(to, &value, sizeof value);
}

static uint16_t get16(const uint8_t *from)
{
	uint16_t value;
	memcpy(&value, from, sizeof value);
	return value;
}

static void x87_to_host(Cpu *cpu)
{
	const X87 *x = &cpu->x87;
	uint8_t *image = cpu->jit_x87;
	put16(image + IMAGE_CW, x->cw);
	put16(image + IMAGE_SW, x87_status_word(x));
	image[IMAGE_TAGS] = (uint8_t)~x->empty;
	memcpy(image + IMAGE_MXCSR, &cpu->jit_mxcsr, sizeof cpu->jit_mxcsr);
	for (unsigned n = 0; n < 8; n++) {
		const X87Register *r = &x->r[(x->top + n) & 7];
		uint8_t *to = image + IMAGE_REGISTERS + n * IMAGE_STEP;
		memcpy(to, &r->mant, 8);
		put16(to + 8, r->se);
	}
	cpu->jit_x87_last = 0;
}

static void x87_pointers(Cpu *cpu)
{
	X87 *x = &cpu->x87;
	uint32_t last = cpu->jit_x87_last;
	if (!last)
		return;
	x->opcode = last & X87_LAST_OPCODE;
	x->ip = (cpu->jit_x87_page + (last >> X87_LAST_OFFSET_SHIFT & X87_LAST_OFFSET)) & cpu->linear_mask;
	x->cs = cpu->seg[CS].selector;
	if (cpu->jit_x87_segment)
		x->ds = cpu->seg[cpu->jit_x87_segment - 1].selector;
	cpu->jit_x87_segment = 0;
}

static void x87_from_host(Cpu *cpu)
{
	X87 *x = &cpu->x87;
	const uint8_t *image = cpu->jit_x87;
	x->cw = get16(image + IMAGE_CW);
	x87_set_status_word(x, get16(image + IMAGE_SW));
	x->empty = (uint8_t)~image[IMAGE_TAGS];
	for (unsigned n = 0; n < 8; n++) {
		X87Register *r = &x->r[(x->top + n) & 7];
		const uint8_t *from = image + IMAGE_REGISTERS + n * IMAGE_STEP;
		memcpy(&r->mant, from, 8);
		r->se = get16(from + 8);
	}
	x87_pointers(cpu);
}

unsigned jit_mode_id(Jit *t, uint32_t mode, unsigned live)
{
	uint32_t wanted = mode << 2 | live;
	for (unsigned n = 0; n < t->mode_count; n++)
		if (t->modes[n] == wanted)
			return n + 1;
	if (t->mode_count == MODE_IDS)
		return 0;
	t->modes[t->mode_count++] = wanted;
	return t->mode_count;
}

/* ---- exceptions ---- */

static bool sse_is_masked(const Cpu *cpu)
{
	return (cpu->mxcsr & MXCSR_MASKS) == MXCSR_MASKS;
}

/* ---- the translator, as the interpreter's loop knows it ---- */

/* True: the block is translated, or was now. */
static bool have_code(Cpu *cpu, Block *b)
{
	Jit *t = cpu->jit;
	if (b->code)
		return true;
	cpu->jit_site = 0;
	if (!jit_takes_mode(cpu) || ++b->runs < t->hot)
		return false;
	if (!(b->mode & MODE_X87_LIVE) && block_has_x87(t, b)) {
		/* From the next block on; that may be the same one in the other mode. */
		if (x87_is_masked(cpu))
			cpu->mode |= MODE_X87_LIVE;
		return false;
	}
	int64_t begin = os_monotonic_ns();
	bool done = jit_translate(cpu, b);
	t->counters.translate_ns += os_monotonic_ns() - begin;
	return done;
}

/* Exceptions that would fault are the interpreter's. */
static bool exceptions_are_masked(Cpu *cpu, const Block *b)
{
	if (b->live == LIVE_X87 && !x87_is_masked(cpu)) {
		cpu->mode &= ~(uint32_t)MODE_X87_LIVE;
		return false;
	}
	return b->live == LIVE_GENERAL || sse_is_masked(cpu);
}

/* Hints that fail now and then still pay. Those that fail all the time don't: the block is translated again without. */
static void judge_hints(Cpu *cpu)
{
	enum { AT_ONCE = 500 /* microseconds */ };
	Block *b = cpu->jit_hints_fail;
	uint32_t now = (uint32_t)g_get_monotonic_time();
	cpu->jit_hints_fail = NULL;
	if (b->mode == BLOCK_VOID || !b->code)
		return;
	if (now - b->hints_since < AT_ONCE) {
		b->no_hints = true;
		cache_block_void(cpu, b);
		return;
	}
	b->hints_since = now;
	b->hints_left = HINTS_MAY_FAIL;
}

/* What generated code finds in the Cpu. */
static void set_out(Cpu *cpu, const Block *b)
{
	cpu->jit_page = cpu->rip - (b->phys & 0xfff);
	cpu->jit_site = 0;
	cpu->jit_x87_home = b->live != LIVE_X87;
	if (!cpu->jit_x87_home)
		x87_to_host(cpu);
}

bool jit_enter(Cpu *cpu, const Block *b)
{
	Jit *t = cpu->jit;
	set_out(cpu, b);
	flags_to_host(cpu);
	int64_t begin = sample_begin(&t->entered);
	thunks_for(t, b->mode, b->live)->enter(cpu, b->code);
	sample_end(&t->entered, begin);
	flags_from_host(cpu);
	if (!cpu->jit_x87_home)
		x87_from_host(cpu);
	bool gave_up = cpu->jit_hints_fail;
	if (UNLIKELY(gave_up))
		judge_hints(cpu);
	return gave_up;
}

/* That this block runs. With a budget every block is counted, and comes back to the loop outside. */
static void note_entry(Cpu *cpu, Block *b)
{
	if (cpu->budget_end != ~(uint64_t)0) {
		cpu->insns_retired += b->count;
		return;
	}
	if (cpu->jit_site)
		cache_link(cpu, b);
	jumps_set(cpu, b, tlb_fetches_global(cpu, cpu->rip)); /* code is flat */
}

static bool run(Cpu *cpu, Block *b)
{
	Jit *t = cpu->jit;
	if (!have_code(cpu, b) || !exceptions_are_masked(cpu, b))
		return false;
	if (t->verify)
		return verify_run(cpu, b);
	note_entry(cpu, b);
	jit_enter(cpu, b);
	return true;
}

/* ---- from generated code ---- */

/* An interrupt that waited because interrupts were off: generated code shall see it. */
static void notice_interrupt(Cpu *cpu)
{
	if (cpu->eflags & EFLAGS_IF && __atomic_load_n(&cpu->events, __ATOMIC_RELAXED) & EVENT_INTR)
		__atomic_store_n(&cpu->steady, 0, __ATOMIC_RELAXED);
}

/* See jit_interpret(). */
static void stop_before(Cpu *cpu, const Insn *i)
{
	cpu->rip = insn_rip(cpu, i);
	cpu->insn = NULL;
	cpu->first = NULL;
	flags_to_host(cpu);
}

/* At cpu->rip, what the loop outside would do: the block's code, if there is nothing else to do and it has some. */
static Continuation next_block(Cpu *cpu)
{
	Jit *t = cpu->jit;
	const Continuation out = { t->out, NULL };
	if (!__atomic_load_n(&cpu->steady, __ATOMIC_ACQUIRE) || cpu->halted || cpu->jit_hints_fail ||
	    cpu->budget_end != ~(uint64_t)0 || t->verify)
		return out;
	Block *b = block_at_rip(cpu);
	if (!b || !have_code(cpu, b) || !exceptions_are_masked(cpu, b))
		return out;
	cpu->eflags &= ~EFLAGS_RF;
	note_entry(cpu, b);
	set_out(cpu, b);
	t->counters.resumed++;
	return (Continuation){ thunks_for(t, b->mode, b->live)->resume, b->code };
}

Continuation jit_interpret(Cpu *cpu, Block *b, unsigned n, const Thunks *from)
{
	Jit *t = cpu->jit;
	const Insn *i = &b->insns[n];
	uint32_t mode = cpu->mode, generation = cpu->map_generation;
	bool last = n + 1u == b->count, ends = last && (insn_forms[i->form].flags & FORM_END) && t->plans[i->form].emit != emit_end_by_interpreter;
	int64_t begin = sample_begin(&t->helped);
	t->profile[i->form]++;
	flags_from_host(cpu);
	if (from->live == LIVE_X87)
		x87_from_host(cpu);
	cpu->jit_x87_home = true;
	cpu->jit_site = 0;
	cpu->rip = cpu->gpr[GPR_RIP] = (cpu->jit_page + (b->phys & 0xfff)) & cpu->linear_mask;
	cpu->first = b->insns;
	cpu->stop = i + 1;
	cpu->insn = i;
	if (UNLIKELY(t->verify != NULL) && verify_stops_at(t, n)) {
		stop_before(cpu, i);
		return (Continuation){ t->out, NULL };
	}
	i->run(cpu, i);
	notice_interrupt(cpu);
	if (!(last && b->sets_rip))
		cpu->rip = insn_next_rip(cpu, i);
	cpu->insn = NULL;
	cpu->first = NULL;
	flags_to_host(cpu);
	sample_end(&t->helped, begin);
	/* With events too: behind a serializing instruction no stale code may run, and most that come here are slow anyway. */
	if (ends || !cpu->stop || !__atomic_load_n(&cpu->steady, __ATOMIC_ACQUIRE) || mode != cpu->mode || generation != cpu->map_generation ||
	    !sse_is_masked(cpu) || (from->live == LIVE_X87 && !x87_is_masked(cpu)))
		return next_block(cpu);
	if (from->live == LIVE_X87) {
		x87_to_host(cpu);
		cpu->jit_x87_home = false;
	}
	return (Continuation){ from->back, NULL };
}

/* ---- the rest of the front ---- */

static void free_jit(Jit *t)
{
	code_memory_free(&t->memory);
	cache_free(t);
	verify_free(t);
	g_free(t->plans);
	g_free(t->profile);
	g_free(t);
}

static void release(Cpu *cpu)
{
	free_jit(cpu->jit);
	cpu->jit = NULL;
	cpu->translator = NULL;
}

static const CpuTranslator translator = { .run = run, .block_void = cache_block_void, .blocks_flushed = cache_flush,
	.mapping_changed = jumps_mapping_changed, .page_changed = jumps_page_changed, .free = release };

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
	cache_bytes = MAX(cache_bytes, (size_t)JIT_LEAST_CACHE);
	if (!code_memory_new(&t->memory, cache_bytes, error)) {
		g_free(t);
		return false;
	}
	t->plans = plans_new();
	t->profile = g_new0(uint64_t, insn_form_count);
	if (!emit_thunks(t)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "memory for translated code: less than what all blocks share");
		free_jit(t);
		return false;
	}
	cache_init(t);
	cpu->jit = t;
	t->hot = HOT;
	cpu->translator = &translator;
	cpu->jit_mxcsr = 0x1f80;
	cpu->jit_low5 = 0x1f;
	cpu->jit_low6 = 0x3f;
	cpu->jit_not_low6 = ~(uint64_t)0x3f;
	cpu->jit_not_if = ~(uint64_t)EFLAGS_IF;
	cpu->jit_df = EFLAGS_DF;
	cpu->jit_not_df = ~(uint64_t)EFLAGS_DF;
	for (unsigned n = 0; n < G_N_ELEMENTS(cpu->jit_misaligned); n++)
		cpu->jit_misaligned[n] = ~(uint64_t)(0x1000 - (1u << n));
	jumps_init(cpu);
	blocks_limit(cpu, t->memory.size / CODE_PER_METADATA);
	return true;
}

void jit_set_threshold(Cpu *cpu, unsigned n)
{
	if (cpu->jit)
		cpu->jit->hot = n;
}

void jit_plant_fault(Cpu *cpu, const char *mnemonic, JitFault fault)
{
	Jit *t = cpu->jit;
	if (!t)
		return;
	t->planted.fault = mnemonic ? fault : JIT_FAULT_NONE;
	t->planted.mnemonic = mnemonic;
	blocks_flush(cpu);
}

void jit_set_perf_map(Cpu *cpu, FILE *file)
{
	if (cpu->jit)
		cpu->jit->perf_map = file;
}
