/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate.h"

#include <glib.h>
#include <string.h>

#include "aim.h"
#include "prepare.h"

enum { CODE_PAGE_ROOM = 0xc00, ENVIRONMENT_SIZE = 28 };

/* ---- which rows ---- */

/* The table's `private` rows are those that a translator must not run natively. Most of them can be judged nevertheless: what is
 * privileged faults, and selectors are chosen to be known. What remains, and why: */
static const struct {
	const char *pattern, *reason;
} unfit[] = {
	{ "CPUID", "what it says is the model's affair" }, { "XGETBV", "XCR0 is the system's affair" },
	{ "RDTSC*", "the time" }, { "RDPMC", "the system decides whether it faults" }, { "RDPID", "the processor's number" },
	{ "RDRAND", "random" }, { "RDSEED", "random" },
	{ "SYSCALL", "would call the system" }, { "SYSENTER", "would call the system" }, { "SYSEXIT", "#UD in AMD's long mode" },
	{ "SGDT", "the system answers in the processor's stead" }, { "SIDT", "the system answers in the processor's stead" },
	{ "SLDT", "the system answers in the processor's stead" }, { "STR", "the system answers in the processor's stead" },
	{ "SMSW", "the system answers in the processor's stead" },
};

const char *generate_unfit(const Form *form)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(unfit); n++)
		if (g_pattern_match_simple(unfit[n].pattern, form->mnemonic))
			return unfit[n].reason;
	return NULL;
}

static bool has_feature(const CpuFeatures *f, unsigned feature)
{
	return feature == FEATURE_NONE || (f->word[feature / 64] >> (feature % 64) & 1);
}

/* In sequences: what neither leaves the straight line nor ruins the registers that hold addresses. */
static bool fits_sequence(const Form *form)
{
	static const char *const no[] = { "ENTER", "LEAVE", "POPA*", "POPF*", "RET*", "IRET*", "LOOP*", "J*CXZ", "UD?", "L?S", "XLAT*",
		"BOUND", "INT*", "CLI", "STI", "*LDMXCSR", "F*ENV", "F*RSTOR", "FN*SAVE", "F2XM1", "FYL2X*", "FSIN*",
		"FCOS", "FPTAN", "FPATAN", "SH?D", "STD", "*GATHER*", "*MASKMOV*" };
	if (generate_unfit(form) || (form->flags & (FORM_PRIVATE | FORM_CPL0)))
		return false;
	for (unsigned n = 0; n < G_N_ELEMENTS(no); n++)
		if (g_pattern_match_simple(no[n], form->mnemonic))
			return false;
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].kind == OPK_SEG || form->operand[n].kind == OPK_S)
			return false;
	return !(form->flags & FORM_RIP) || (form->flags & FORM_REP) || form->imm_kind == IMM_Jb || form->imm_kind == IMM_Jz;
}

Generator *generator_new(const DecodeContext decode[2], const CpuFeatures *host, bool amd)
{
	Generator *g = g_new0(Generator, 1);
	unsigned count = insn_encoding_start[MAP_COUNT * 256];
	g->encode = (EncodeContext){ { decode[0], decode[1] }, amd };
	g->sequence_rows = g_new(const Encoding *, count);
	for (unsigned n = 0; n < count; n++) {
		const Form *form = &insn_forms[insn_encodings[n].form];
		if (fits_sequence(form) && has_feature(host, form->feature) && has_feature(host, form->feature2))
			g->sequence_rows[g->sequence_count++] = &insn_encodings[n];
	}
	return g;
}

void generator_free(Generator *g)
{
	if (!g)
		return;
	g_free(g->sequence_rows);
	g_free(g);
}

/* ---- the state before ---- */

static Flavour type_flavour(const Form *form, unsigned type)
{
	switch (type) {
	case OPT_ps: case OPT_ss: case OPT_r4: return FLAVOUR_F32;
	case OPT_pd: case OPT_sd: case OPT_r8: return FLAVOUR_F64;
	case OPT_t: return FLAVOUR_F80;
	case OPT_bcd: return FLAVOUR_BCD;
	default: break;
	}
	if (strstr(form->mnemonic, "PH2") || strstr(form->mnemonic, "2PH"))
		return FLAVOUR_F16;
	if (form->flags & FORM_SIMD_FP)
		return strstr(form->mnemonic, "PD") || strstr(form->mnemonic, "SD") ? FLAVOUR_F64 : FLAVOUR_F32;
	return FLAVOUR_INT;
}

static Flavour operand_flavour(Dice *d, const Form *form, bool memory)
{
	if (!form)
		return (Flavour)dice_below(d, FLAVOURS);
	unsigned first = form->operands ? dice_below(d, form->operands) : 0;
	for (unsigned n = 0; memory && n < form->operands; n++)
		if (form->operand[n].kind == OPK_E || form->operand[n].kind == OPK_M || form->operand[n].kind == OPK_W)
			first = n;
	return dice_percent(d, 85) ? type_flavour(form, form->operand[first].type) : (Flavour)dice_below(d, FLAVOURS);
}

static void random_fpu(Dice *d, const Form *form, OracleFpu *fx)
{
	enum { MASKS = 0x3f, EXTENDED = 0x300, SUMMARY = 0x80, BUSY = 0x8000, FLAGS = 0x3f };
	bool plain = dice_percent(d, 50);
	fx->fcw = (uint16_t)(0x40 | (dice(d) & 0xc00) | (plain ? MASKS | EXTENDED : (dice(d) & (MASKS | 0x1300))));
	if (!plain && dice_percent(d, 50))
		fx->fcw |= MASKS;
	fx->fsw = (uint16_t)(dice(d) & 0x7f00 & (plain ? 0x4700 : 0x7fff));
	if (dice_percent(d, 50))
		fx->fsw |= (uint16_t)(dice_below(d, 8) << 11);
	if (dice_percent(d, 25))
		fx->fsw |= (uint16_t)(dice(d) & 0x7f);
	if (dice_percent(d, 80)) /* nothing pending */
		fx->fsw &= (uint16_t)~(FLAGS & ~fx->fcw);
	if (fx->fsw & FLAGS & ~fx->fcw)
		fx->fsw |= SUMMARY | BUSY;
	else
		fx->fsw &= (uint16_t)~(SUMMARY | BUSY);
	fx->ftw_abridged = plain ? 0xff : dice_percent(d, 50) ? (uint8_t)dice(d) : dice_percent(d, 50) ? 0xff : 0;
	fx->fop = (uint16_t)(dice(d) & 0x7ff);
	fx->fip = dice(d) & 0xffffffff;
	fx->fdp = dice(d) & 0xffffffff;
	bool mmx = form && form->fault_class == CLASS_MMX;
	for (unsigned n = 0; n < 8; n++)
		if (mmx)
			dice_fill(d, operand_flavour(d, form, false), fx->st[n], 10);
		else if (dice_percent(d, 93))
			dice_f80(d, fx->st[n]);
		else
			dice_fill(d, FLAVOUR_INT, fx->st[n], 10);
	if (dice_percent(d, 15))
		memmove(fx->st[dice_below(d, 8)], fx->st[dice_below(d, 8)], 10);
}

static void random_mxcsr(Dice *d, OracleFpu *fx)
{
	enum { MASKS = 0x1f80, FTZ = 0x8000, DAZ = 0x40, RC = 0x6000, FLAGS = 0x3f };
	fx->mxcsr = dice_percent(d, 65) ? MASKS : (uint32_t)dice(d) & MASKS;
	if (dice_percent(d, 50))
		fx->mxcsr |= (uint32_t)dice(d) & RC;
	if (dice_percent(d, 25))
		fx->mxcsr |= (uint32_t)dice(d) & (FTZ | DAZ);
	if (dice_percent(d, 25))
		fx->mxcsr |= (uint32_t)dice(d) & FLAGS;
}

static void random_vectors(Dice *d, const Form *form, OracleState *s)
{
	for (unsigned n = 0; n < 16; n++)
		dice_fill(d, operand_flavour(d, form, false), s->ymm[n], 32);
	for (unsigned n = 0; n < 4; n++)
		if (dice_percent(d, 20))
			memmove(s->ymm[dice_below(d, 16)], s->ymm[dice_below(d, 16)], 32);
}

static uint64_t random_base(Dice *d, bool mode64)
{
	switch (dice_below(d, 5)) {
	case 0: return 0;
	case 1: return dice_below(d, 0x1000);
	case 2: return (uint32_t)dice(d) >> (mode64 ? 0 : 2);
	case 3: return !mode64 ? ORACLE_DATA_ADDRESS : dice_percent(d, 5) ? 0xffff800000000000 : ORACLE_FAR_ADDRESS + dice_below(d, 256);
	default: return ORACLE_DATA_ADDRESS + dice_below(d, 256);
	}
}

static uint64_t random_rip(Dice *d)
{
	if (dice_percent(d, 90))
		return ORACLE_CODE_ADDRESS + dice_below(d, CODE_PAGE_ROOM);
	return ORACLE_CODE_ADDRESS + ORACLE_PAGE_SIZE - 1 - dice_below(d, 16); /* across the pages' border */
}

static void random_state(Dice *d, bool mode64, const Form *form, OracleState *s)
{
	enum { ARITHMETIC = EFLAGS_ARITH, RARELY = 0x250400 & ORACLE_RFLAGS_MASK /* DF, NT, RF, AC, ID */ };
	*s = (OracleState){ .rip = random_rip(d), .rflags = 0x202 };
	for (unsigned n = 0; n < (mode64 ? 16 : 8); n++) {
		s->gpr[n] = dice_integer(d);
		if (!mode64)
			s->gpr[n] &= 0xffffffff;
	}
	if (dice_percent(d, 15))
		s->gpr[dice_below(d, 8)] = s->gpr[dice_below(d, 8)];
	s->gpr[RSP] = ORACLE_STACK_ADDRESS + 0x800 + (dice_below(d, 0x1000) & ~7u);
	s->rflags |= dice(d) & ARITHMETIC;
	if (dice_percent(d, 30))
		s->rflags |= dice(d) & RARELY;
	if (dice_percent(d, 90))
		s->rflags &= ~(uint64_t)EFLAGS_AC;
	if (dice_percent(d, 2))
		s->rflags |= EFLAGS_TF;
	random_fpu(d, form, &s->fx);
	random_mxcsr(d, &s->fx);
	random_vectors(d, form, s);
	s->fs_base = random_base(d, mode64);
	s->gs_base = random_base(d, mode64);
}

/* ---- one instruction ---- */

static void random_stack_pointer(Dice *d, Test *t)
{
	unsigned throw = dice_below(d, 100);
	uint64_t bottom = ORACLE_STACK_ADDRESS, top = bottom + ORACLE_STACK_SIZE;
	if (throw < 5)
		t->state.gpr[RSP] = bottom + dice_below(d, 12);
	else if (throw < 10)
		t->state.gpr[RSP] = top - dice_below(d, 12);
	else if (throw < 15)
		t->state.gpr[RSP] = bottom + dice_below(d, ORACLE_STACK_SIZE);
	else if (throw < 17)
		t->state.gpr[RSP] = aim_target(d, t->mode64, t->mode64 ? 8 : 4, false, 8);
}

static uint64_t string_pointer(Dice *d, Test *t, unsigned n, const Insn *i, uint64_t base)
{
	uint64_t target = aim_target(d, t->mode64, i->adsize, false, i->opsize), mask = i->adsize == 8 ? ~(uint64_t)0 : ((uint64_t)1 << 8 * i->adsize) - 1;
	uint64_t junk = dice_percent(d, 30) ? dice(d) & ~mask : 0;
	t->state.gpr[n] = ((target - base) & mask) | junk;
	if (!t->mode64)
		t->state.gpr[n] &= 0xffffffff;
	return target;
}

static void aim_strings(Dice *d, Test *t, const Insn *i)
{
	const Form *form = &insn_forms[i->form];
	bool byte_mask = g_pattern_match_simple("*MASKMOVQ", form->mnemonic) || g_pattern_match_simple("*MASKMOVDQU", form->mnemonic);
	uint64_t base = i->seg == FS ? t->state.fs_base : i->seg == GS ? t->state.gs_base : 0;
	if (prepare_uses(form, OPK_X))
		aim_window(d, &t->windows[1], string_pointer(d, t, RSI, i, base), 64, 128, FLAVOUR_INT);
	if (prepare_uses(form, OPK_Y) || byte_mask)
		aim_window(d, &t->windows[2], string_pointer(d, t, RDI, i, byte_mask ? base : 0), 64, 128, FLAVOUR_INT);
}

/* Where the memory operand really lies, after registers and displacement were chosen. */
static uint64_t memory_operand(const Test *t, const Insn *i, uint64_t next_rip)
{
	bool vector_index = insn_forms[i->form].flags & FORM_VSIB;
	uint64_t offset = (uint64_t)(int64_t)i->disp;
	if (i->base == GPR_RIP)
		offset += next_rip - i->length;
	else if (i->base < 16)
		offset += t->state.gpr[i->base];
	if (i->index < 16 && !vector_index)
		offset += t->state.gpr[i->index] << i->scale;
	if (i->adsize < 8)
		offset &= ((uint64_t)1 << 8 * i->adsize) - 1;
	uint64_t linear = offset + (i->seg == FS ? t->state.fs_base : i->seg == GS ? t->state.gs_base : 0);
	return t->mode64 ? linear : (uint32_t)linear;
}

static void aim_offset_operand(Dice *d, Test *t, Draft *draft, bool fixed)
{
	const Insn *i = &draft->insn;
	uint64_t base = i->seg == FS ? t->state.fs_base : i->seg == GS ? t->state.gs_base : 0;
	t->target = aim_target(d, t->mode64, i->adsize, fixed, i->opsize);
	uint64_t offset = t->target - base;
	memcpy(draft->bytes + draft->imm_at, &offset, i->adsize);
}

static void aim_memory(Dice *d, Test *t, Draft *draft, const EncodeContext *context, bool fixed)
{
	const Form *form = &insn_forms[draft->insn.form];
	t->target = 0;
	if (prepare_uses(form, OPK_O)) {
		aim_offset_operand(d, t, draft, fixed);
	} else if (draft->insn.flags & INSN_MEM) {
		aim_operand(d, t, draft, fixed);
		decode_insn(&context->decode[t->mode64], draft->bytes, draft->size, &draft->insn);
		t->target = memory_operand(t, &draft->insn, t->state.rip + t->insn_at + draft->size);
	} else {
		return;
	}
	if (fixed && t->windows[0].size)
		return;
	unsigned size = aim_operand_size(&draft->insn);
	bool bits = g_pattern_match_simple("BT*", form->mnemonic);
	unsigned around = bits ? 128 : form->flags & FORM_VSIB ? 256 : 16;
	aim_window(d, &t->windows[0], t->target, around, MAX(size, 32) + around, operand_flavour(d, form, true));
}

static void append(Test *t, const void *bytes, unsigned size)
{
	g_assert(t->size + size <= sizeof t->code);
	memcpy(t->code + t->size, bytes, size);
	t->size += size;
}

/* FNSTENV to memory at the code's end: the only way to see the x87's pointers on AMD's processors. */
static void append_environment(Dice *d, Test *t)
{
	uint32_t address = ORACLE_DATA_ADDRESS + ORACLE_DATA_SIZE - 64;
	static const uint8_t code64[] = { 0xd9, 0x34, 0x25 }, code32[] = { 0xd9, 0x35 };
	aim_window(d, &t->windows[2], address, 0, ENVIRONMENT_SIZE, FLAVOUR_INT);
	append(t, t->mode64 ? code64 : code32, t->mode64 ? sizeof code64 : sizeof code32);
	append(t, &address, 4);
}

static bool touches_x87(const Form *form)
{
	return form->fault_class == CLASS_X87;
}

static void finish_code(Dice *d, Test *t, bool x87)
{
	t->body = t->size;
	if (x87 && dice_percent(d, 30))
		append_environment(d, t);
}

static void add_insn(Test *t, const Draft *draft, const EncodeContext *context)
{
	t->insn = draft->insn;
	decode_insn(&context->decode[t->mode64], draft->bytes, draft->size, &t->insn);
	t->forms[t->count++] = draft->insn.form;
	t->insn_at = t->size;
	append(t, draft->bytes, draft->size);
}

bool generate_single(const Generator *g, Dice *d, const Encoding *row, bool mode64, Test *t)
{
	const Form *form = &insn_forms[row->form];
	Draft draft;
	t->mode64 = mode64;
	t->size = t->count = t->insn_at = 0;
	for (unsigned n = 0; n < ORACLE_WINDOWS; n++)
		t->windows[n].size = 0;
	if (!encode_row(&g->encode, d, row, mode64, NULL, &draft))
		return false;
	random_state(d, mode64, form, &t->state);
	if (prepare_uses_stack(form))
		random_stack_pointer(d, t);
	aim_strings(d, t, &draft.insn);
	aim_memory(d, t, &draft, &g->encode, false);
	if (prepare_uses_stack(form))
		aim_window(d, &t->windows[3], t->state.gpr[RSP], 64, 128, FLAVOUR_INT);
	prepare_insn(d, t, &draft);
	if (!mode64)
		for (unsigned n = 0; n < 8; n++)
			t->state.gpr[n] &= 0xffffffff;
	add_insn(t, &draft, &g->encode);
	t->undefined_end = t->undefined_any = form->flags_undefined;
	finish_code(d, t, touches_x87(form));
	return true;
}

/* ---- sequences ---- */

static uint8_t flags_read(const Form *form)
{
	return g_pattern_match_simple("PUSHF*", form->mnemonic) || g_pattern_match_simple("LAHF", form->mnemonic) ? 0x3f : form->flags_read;
}

/* Shifts and rotates by 0 and repeated strings that don't run leave the flags alone. */
static bool writes_for_certain(const Form *form)
{
	static const char *const maybe[] = { "RO?", "RC?", "SH?", "SA?", "CMPS?", "SCAS?" };
	for (unsigned n = 0; n < G_N_ELEMENTS(maybe); n++)
		if (g_pattern_match_simple(maybe[n], form->mnemonic))
			return false;
	return true;
}

typedef struct Jump {
	unsigned at, size, next; /* of the immediate; of the following instruction */
} Jump;

typedef struct Sequence {
	EncodeLimits limits;
	Jump jumps[TEST_INSNS];
	unsigned jump_count;
	unsigned starts[TEST_INSNS + 1];
	bool x87;
} Sequence;

static void set_pointers(Dice *d, Test *t, Sequence *s)
{
	static const uint8_t pointers64[] = { RBX, RBP, 13, 15 }, pointers32[] = { RBX, RBP };
	const uint8_t *list = t->mode64 ? pointers64 : pointers32;
	for (unsigned n = 0; n < (t->mode64 ? 4u : 2u); n++) {
		s->limits.pointers |= 1u << list[n];
		t->state.gpr[list[n]] = ORACLE_DATA_ADDRESS + dice_below(d, ORACLE_DATA_SIZE);
	}
	s->limits.kept = s->limits.pointers | 1u << RSP;
	t->state.gpr[RSI] = ORACLE_DATA_ADDRESS + 0x400 + dice_below(d, 0x800);
	t->state.gpr[RDI] = ORACLE_DATA_ADDRESS + 0x1400 + dice_below(d, 0x800);
	t->state.gpr[RCX] = dice_below(d, 40);
	t->state.gpr[RSP] = ORACLE_STACK_ADDRESS + ORACLE_PAGE_SIZE + (dice_below(d, 64) & ~7u);
}

static void note_flags(Test *t, const Sequence *s, const Form *form)
{
	if (writes_for_certain(form) && !s->jump_count)
		t->undefined_end &= (uint8_t)~form->flags_written;
	t->undefined_end |= form->flags_undefined;
	t->undefined_any |= form->flags_undefined;
}

static bool add_to_sequence(const Generator *g, Dice *d, Test *t, Sequence *s)
{
	const Encoding *row = g->sequence_rows[dice_below(d, g->sequence_count)];
	const Form *form = &insn_forms[row->form];
	Draft draft;
	if ((flags_read(form) & t->undefined_end) || !encode_row(&g->encode, d, row, t->mode64, &s->limits, &draft))
		return false;
	t->insn_at = t->size;
	aim_memory(d, t, &draft, &g->encode, true);
	bool jump = form->imm_kind == IMM_Jb || form->imm_kind == IMM_Jz;
	if (jump) {
		unsigned size = draft.insn.length - draft.imm_at;
		if (size == 2) /* a 16-bit one cuts the instruction pointer */
			return false;
		s->jumps[s->jump_count++] = (Jump){ t->size + draft.imm_at, size, t->size + draft.size };
	}
	s->starts[t->count] = t->size;
	s->x87 |= touches_x87(form);
	note_flags(t, s, form);
	add_insn(t, &draft, &g->encode);
	return true;
}

/* Jumps lead forward, to a later instruction or the end. */
static void land_jumps(Dice *d, Test *t, Sequence *s)
{
	s->starts[t->count] = t->size;
	for (unsigned n = 0; n < s->jump_count; n++) {
		const Jump *j = &s->jumps[n];
		unsigned first = 0;
		while (s->starts[first] < j->next)
			first++;
		unsigned landing = s->starts[first + dice_below(d, t->count - first + 1)];
		if (j->size == 1 && landing - j->next > 127)
			landing = s->starts[first];
		uint32_t distance = landing - j->next;
		memcpy(t->code + j->at, &distance, j->size);
	}
}

void generate_sequence(const Generator *g, Dice *d, bool mode64, Test *t)
{
	Sequence s = { .jump_count = 0 };
	unsigned wanted = 1 + dice_below(d, TEST_INSNS);
	t->mode64 = mode64;
	t->size = t->count = 0;
	t->undefined_end = t->undefined_any = 0;
	for (unsigned n = 0; n < ORACLE_WINDOWS; n++)
		t->windows[n].size = 0;
	random_state(d, mode64, NULL, &t->state);
	t->state.rflags &= ~(uint64_t)(EFLAGS_AC | EFLAGS_TF);
	t->state.fs_base = dice_below(d, 0x1000);
	t->state.gs_base = dice_below(d, 0x1000);
	if (dice_percent(d, 60)) { /* get further than to the first unmasked exception */
		t->state.fx.mxcsr |= 0x1f80;
		t->state.fx.fcw |= 0x3f;
		t->state.fx.fsw &= (uint16_t)~0x8080;
	}
	t->state.rip = ORACLE_CODE_ADDRESS + dice_below(d, CODE_PAGE_ROOM + ORACLE_PAGE_SIZE - TEST_CODE);
	set_pointers(d, t, &s);
	for (unsigned tries = 0; t->count < wanted && tries < 20 * TEST_INSNS && s.jump_count < TEST_INSNS; tries++)
		add_to_sequence(g, d, t, &s);
	land_jumps(d, t, &s);
	if (s.jump_count)
		t->undefined_end = t->undefined_any;
	finish_code(d, t, s.x87);
}
