/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the interpreter's loop and generated code: when to translate, how blocks are linked, and what becomes of them. */
#include <string.h>

#include "cpu/access.h"
#include "cpu/x87.h"
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

/* ---- jump entries ---- */

/* Zero would be found by an instruction pointer that equals a mode's number, at its own place alone. What stands there instead is found
 * by one that has another place. */
static JumpEntry empty_jump(unsigned index)
{
	enum { ELSEWHERE = 0x8000 };
	return (JumpEntry){ index <= MODE_IDS ? ELSEWHERE : 0, NULL };
}

static void clear_log(Cpu *cpu, unsigned global)
{
	for (unsigned n = 0; n < cpu->jump_logged[global]; n++) {
		unsigned index = cpu->jump_log[global][n];
		cpu->jump[index] = empty_jump(index);
	}
	cpu->jump_logged[global] = 0;
}

static void clear_jumps(Cpu *cpu, bool global_too)
{
	clear_log(cpu, 0);
	if (!global_too)
		return;
	clear_log(cpu, 1);
	memset(cpu->jump_pages, 0, sizeof cpu->jump_pages);
}

static void clear_all_jumps(Cpu *cpu)
{
	clear_jumps(cpu, true);
}

/* Bit by bit of 4096. */
static uint64_t page_bit(uint64_t linear, unsigned *word)
{
	*word = linear >> 18 & 63;
	return (uint64_t)1 << (linear >> 12 & 63);
}

/* An entry says its instruction pointer but for the mode's number. */
static bool may_be_in_page(const JumpEntry *e, uint64_t page)
{
	uint64_t least = -e->negated, most = least + MODE_IDS;
	return e->code && ((least ^ page) < 4096 || (most ^ page) < 4096);
}

static void clear_page_jumps(Cpu *cpu, uint64_t page)
{
	unsigned word;
	uint64_t bit = page_bit(page, &word);
	if (!(cpu->jump_pages[word] & bit))
		return;
	for (unsigned global = 0; global < 2; global++)
		for (unsigned n = 0; n < cpu->jump_logged[global]; n++) {
			unsigned index = cpu->jump_log[global][n];
			/* Still logged: the place may be filled again without another row. */
			if (may_be_in_page(&cpu->jump[index], page))
				cpu->jump[index] = empty_jump(index);
		}
}

static bool page_is_global(const Cpu *cpu)
{
	uint64_t page = cpu->rip & ~(uint64_t)0xfff; /* code is flat */
	const FetchEntry *e = &cpu->fetch[cpu->cpl == 3][page >> 12 & (FETCH_SIZE - 1)];
	return e->tag == page && e->global;
}

static void set_jump(Cpu *cpu, const Block *b)
{
	unsigned index = cpu->rip & (JUMP_SIZE - 1), word;
	JumpEntry wanted = { b->mode_id - cpu->rip, b->far_code }, *e = &cpu->jump[index];
	if (e->negated == wanted.negated && e->code == wanted.code)
		return;
	unsigned global = page_is_global(cpu);
	uint64_t bit = page_bit(cpu->rip, &word);
	if (cpu->jump_logged[global] == JUMP_SIZE)
		clear_all_jumps(cpu);
	cpu->jump_log[global][cpu->jump_logged[global]++] = (uint16_t)index;
	cpu->jump_pages[word] |= bit;
	*e = wanted;
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

/* ---- links ---- */

static void link_site(Cpu *cpu, Block *b)
{
	Jit *t = cpu->jit;
	Site *site = &g_array_index(t->sites, Site, cpu->jit_site);
	if (site->next || site->phys != b->phys || site->mode != b->mode || site->live != b->live)
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
	clear_all_jumps(cpu);
	t->counters.voided++;
}

void jit_flush(Cpu *cpu)
{
	Jit *t = cpu->jit;
	t->next = t->first;
	t->mode_count = 0;
	g_array_set_size(t->sites, 1);
	clear_all_jumps(cpu);
	cpu->jit_site = 0;
	cpu->jit_hints_fail = NULL;
	t->counters.flushes++;
}

/* ---- from generated code ---- */

static bool sse_is_masked(const Cpu *cpu)
{
	return (cpu->mxcsr & MXCSR_MASKS) == MXCSR_MASKS;
}

/* An interrupt that waited because interrupts were off: generated code shall see it. */
static void notice_interrupt(Cpu *cpu)
{
	if (cpu->eflags & EFLAGS_IF && __atomic_load_n(&cpu->events, __ATOMIC_RELAXED) & EVENT_INTR)
		__atomic_store_n(&cpu->calm, 0, __ATOMIC_RELAXED);
}

bool jit_interpret(Cpu *cpu, Block *b, unsigned n, unsigned live)
{
	Jit *t = cpu->jit;
	const Insn *i = &b->insns[n];
	uint32_t mode = cpu->mode, generation = cpu->map_generation;
	bool last = n + 1u == b->count, ends = last && (insn_forms[i->form].flags & FORM_END);
	t->counters.interpreted++;
	t->profile[i->form]++;
	flags_from_host(cpu);
	if (live == LIVE_X87)
		x87_from_host(cpu);
	cpu->jit_interpreted = true;
	cpu->jit_site = 0;
	cpu->rip = cpu->gpr[GPR_RIP] = (cpu->jit_page + (b->phys & 0xfff)) & cpu->linear_mask;
	cpu->first = b->insns;
	cpu->stop = i + 1;
	cpu->insn = i;
	i->run(cpu, i);
	notice_interrupt(cpu);
	if (!(last && b->sets_rip))
		cpu->rip = insn_next_rip(cpu, i);
	bool left = ends || !cpu->stop || mode != cpu->mode || generation != cpu->map_generation || !sse_is_masked(cpu) ||
		    (live == LIVE_X87 && !x87_is_masked(cpu));
	cpu->insn = NULL;
	cpu->first = NULL;
	flags_to_host(cpu);
	if (live == LIVE_X87 && !left) {
		x87_to_host(cpu);
		cpu->jit_interpreted = false;
	}
	return left;
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
	return jit_translate(cpu, b);
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
		unlink_block(cpu, b);
		return;
	}
	b->hints_since = now;
	b->hints_left = HINTS_MAY_FAIL;
}

static bool run(Cpu *cpu, Block *b)
{
	Jit *t = cpu->jit;
	if (UNLIKELY(cpu->jit_hints_fail))
		judge_hints(cpu);
	if (!have_code(cpu, b) || !exceptions_are_masked(cpu, b))
		return false;
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
	unsigned live = b->live;
	if (live == LIVE_X87)
		x87_to_host(cpu);
	cpu->jit_interpreted = false;
	t->enter[live](cpu, b->code);
	flags_from_host(cpu);
	if (live == LIVE_X87 && !cpu->jit_interpreted)
		x87_from_host(cpu);
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

static const CpuTranslator translator = { .run = run, .block_void = unlink_block, .blocks_flushed = jit_flush,
	.mapping_changed = clear_jumps, .page_changed = clear_page_jumps, .free = release };

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
	cpu->jit_low6 = 0x3f;
	cpu->jit_not_low6 = ~(uint64_t)0x3f;
	cpu->jit_not_if = ~(uint64_t)EFLAGS_IF;
	cpu->jit_df = EFLAGS_DF;
	cpu->jit_not_df = ~(uint64_t)EFLAGS_DF;
	for (unsigned n = 0; n < G_N_ELEMENTS(cpu->jit_misaligned); n++)
		cpu->jit_misaligned[n] = ~(uint64_t)(0x1000 - (1u << n));
	for (unsigned n = 0; n <= MODE_IDS; n++)
		cpu->jump[n] = empty_jump(n);
	blocks_flush(cpu);
	return emit_thunks(t);
}

void jit_set_threshold(Cpu *cpu, unsigned n)
{
	if (cpu->jit)
		cpu->jit->hot = n;
}

void jit_set_perf_map(Cpu *cpu, FILE *file)
{
	if (cpu->jit)
		cpu->jit->perf_map = file;
}

bool jit_is_attached(const Cpu *cpu)
{
	return cpu->jit != NULL;
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
