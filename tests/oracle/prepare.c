/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prepare.h"

#include <glib.h>
#include <string.h>

typedef struct Prepare {
	const char *pattern; /* of mnemonics, with * and ? */
	void (*run)(Dice *d, Test *t, Draft *draft);
} Prepare;

static uint64_t low_bits(uint64_t value, unsigned bytes)
{
	return zero_extend(value, bytes);
}

/* Sets a register unless the memory operand needs it. */
static void set_gpr(Test *t, const Insn *i, unsigned n, uint64_t value)
{
	if (!(i->flags & INSN_MEM) || (i->base != n && i->index != n))
		t->state.gpr[n] = value;
}

/* The value of the ModRM operand, register or memory. */
static uint64_t operand_value(const Test *t, const Insn *i, unsigned size)
{
	uint64_t value = 0;
	if (i->flags & INSN_MEM)
		aim_peek(t, t->target, &value, size);
	else if (size == 1)
		value = t->state.gpr[i->rm / 8] >> (i->rm % 8 ? 8 : 0);
	else
		value = t->state.gpr[i->rm & 15];
	return low_bits(value, size);
}

/* ---- arithmetic ---- */

static uint64_t replace_low(uint64_t old, uint64_t new, unsigned size)
{
	return size == 8 ? new : (old & ~low_bits(~(uint64_t)0, size)) | low_bits(new, size);
}

/* Mostly a dividend whose quotient fits, and sometimes only just or just not. */
static void prepare_division(Dice *d, Test *t, Draft *draft)
{
	const Insn *i = &draft->insn;
	bool is_signed = insn_forms[i->form].mnemonic[0] == 'I';
	unsigned size = i->opsize;
	uint64_t divisor = operand_value(t, i, size);
	if (dice_percent(d, 20) || !divisor)
		return;
	uint64_t high = 0;
	if (is_signed) {
		int64_t value = (int64_t)sign_extend(divisor, size);
		uint64_t reach = (value < 0 ? 0 - (uint64_t)value : (uint64_t)value) / 2 + 1;
		high = dice(d) % (reach + 1);
		if (dice_percent(d, 50))
			high = 0 - high - 1;
	} else {
		high = dice_percent(d, 30) ? divisor - 1 : dice(d) % divisor;
	}
	if (size == 1)
		set_gpr(t, i, RAX, replace_low(t->state.gpr[RAX], high << 8 | (dice(d) & 0xff), 2));
	else
		set_gpr(t, i, RDX, replace_low(t->state.gpr[RDX], high, size));
}

static void prepare_shift(Dice *d, Test *t, Draft *draft)
{
	static const uint8_t counts[] = { 0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255 };
	if (dice_percent(d, 70))
		set_gpr(t, &draft->insn, RCX, replace_low(t->state.gpr[RCX], counts[dice_below(d, G_N_ELEMENTS(counts))], 1));
}

/* A bit string in memory reaches far; let it reach what is there. */
static void prepare_bit_string(Dice *d, Test *t, Draft *draft)
{
	const Insn *i = &draft->insn;
	if (!(i->flags & INSN_MEM) || insn_forms[i->form].operand[1].kind != OPK_G || dice_percent(d, 3))
		return;
	set_gpr(t, i, i->reg, (uint64_t)((int64_t)dice_below(d, 8192) - 4096));
}

static void prepare_compare_exchange(Dice *d, Test *t, Draft *draft)
{
	const Insn *i = &draft->insn;
	if (dice_percent(d, 50))
		set_gpr(t, i, RAX, replace_low(t->state.gpr[RAX], operand_value(t, i, i->opsize), i->opsize));
}

static void prepare_compare_exchange_pair(Dice *d, Test *t, Draft *draft)
{
	const Insn *i = &draft->insn;
	unsigned size = strcmp(insn_forms[i->form].mnemonic, "CMPXCHG16B") ? 4 : 8;
	uint64_t low = t->state.gpr[RAX], high = t->state.gpr[RDX];
	if (dice_percent(d, 40))
		return;
	aim_poke(t, t->target, &low, size);
	aim_poke(t, t->target + size, &high, size);
}

/* BOUND's pair, around the register's value more often than not. */
static void prepare_bound(Dice *d, Test *t, Draft *draft)
{
	const Insn *i = &draft->insn;
	uint64_t low = t->state.gpr[i->reg] - dice_below(d, 3), high = t->state.gpr[i->reg] + dice_below(d, 3);
	if (dice_percent(d, 70)) {
		aim_poke(t, t->target, &low, i->opsize);
		aim_poke(t, t->target + i->opsize, &high, i->opsize);
	}
}

/* ---- strings ---- */

static void prepare_xlat(Dice *d, Test *t, Draft *draft)
{
	uint64_t target = aim_target(d, t->mode64, draft->insn.adsize, false, 1);
	t->state.gpr[RBX] = target - (uint8_t)t->state.gpr[RAX];
}

static void prepare_counter(Dice *d, Test *t, Draft *draft)
{
	unsigned adsize = draft->insn.adsize;
	uint64_t count = dice_percent(d, 80) ? dice_below(d, 3) : dice_integer(d);
	t->state.gpr[RCX] = replace_low(dice(d), count, adsize);
}

static void prepare_string(Dice *d, Test *t, Draft *draft)
{
	const Form *form = &insn_forms[draft->insn.form];
	if (form->flags & FORM_REP) {
		uint64_t count = dice_percent(d, 92) ? dice_below(d, 24) : dice_below(d, 600);
		t->state.gpr[RCX] = replace_low(dice_percent(d, 30) ? dice(d) : 0, count, draft->insn.adsize);
	}
	TestWindow *from = &t->windows[1], *to = &t->windows[2];
	if (from->size && to->size && dice_percent(d, 60))
		memcpy(to->bytes, from->bytes, MIN(from->size, to->size));
	if (to->size && dice_percent(d, 30)) /* equal elements, for SCAS */
		for (unsigned n = 0; n < to->size; n++)
			to->bytes[n] = (uint8_t)(t->state.gpr[RAX] >> (n % draft->insn.opsize * 8));
}

/* ---- control flow ---- */

static void patch_immediate(Draft *draft, uint64_t value, unsigned size)
{
	memcpy(draft->bytes + draft->imm_at, &value, size);
}

static void prepare_relative(Dice *d, Test *t, Draft *draft)
{
	const Insn *i = &draft->insn;
	unsigned size = insn_forms[i->form].imm_kind == IMM_Jb ? 1 : i->length - draft->imm_at;
	uint64_t next = t->state.rip + t->insn_at + draft->size;
	if (size == 1) { /* not onto itself: that could be a loop */
		int8_t offset = (int8_t)draft->bytes[draft->imm_at];
		if (offset < 0 && offset >= -16)
			patch_immediate(draft, (uint64_t)(uint8_t)(offset - 16), 1);
	} else {
		patch_immediate(draft, aim_code(d, t) - next, size);
	}
}

static void push_code_address(Dice *d, Test *t, Draft *draft)
{
	uint64_t address = aim_code(d, t);
	aim_poke(t, t->state.gpr[RSP], &address, draft->insn.opsize);
}

static void prepare_indirect(Dice *d, Test *t, Draft *draft)
{
	const Insn *i = &draft->insn;
	uint64_t address = aim_code(d, t);
	if (i->flags & INSN_MEM)
		aim_poke(t, t->target, &address, i->opsize);
	else if (insn_forms[i->form].operand[0].kind == OPK_E)
		t->state.gpr[i->rm] = address;
}

/* Selectors that Linux' tables have or haven't. 78h, the processor's number, is left out: it depends on where the case runs. */
static uint16_t any_selector(Dice *d)
{
	static const uint16_t list[] = { 0, 1, 2, 3, 0x2b, 0x28, 0x2a, 0x23, 0x20, 0x33, 0x10, 0x08, 0x18, 0x1b, 0x40, 0x43, 0x48, 0x50, 0x53,
		0x63, 0x80, 0x83, 0x2f, 0x07, 0xffff };
	return dice_percent(d, 50) ? ORACLE_SS : list[dice_below(d, G_N_ELEMENTS(list))];
}

static uint16_t code_selector(Dice *d, const Test *t)
{
	return dice_percent(d, 75) ? (t->mode64 ? ORACLE_CS64 : ORACLE_CS32) : dice_percent(d, 40) ? (t->mode64 ? ORACLE_CS32 : ORACLE_CS64) : any_selector(d);
}

static void prepare_far(Dice *d, Test *t, Draft *draft)
{
	const Insn *i = &draft->insn;
	uint64_t address = aim_code(d, t);
	uint16_t selector = code_selector(d, t);
	if (i->flags & INSN_MEM) {
		aim_poke(t, t->target, &address, i->opsize);
		aim_poke(t, t->target + i->opsize, &selector, 2);
	} else {
		unsigned size = i->length - draft->imm_at - 2;
		patch_immediate(draft, address, size);
		memcpy(draft->bytes + draft->imm_at + size, &selector, 2);
	}
}

static void prepare_far_return(Dice *d, Test *t, Draft *draft)
{
	push_code_address(d, t, draft);
	uint16_t selector = code_selector(d, t);
	aim_poke(t, t->state.gpr[RSP] + draft->insn.opsize, &selector, 2);
}

static void prepare_iret(Dice *d, Test *t, Draft *draft)
{
	unsigned size = draft->insn.opsize;
	uint64_t rsp = t->state.gpr[RSP], flags = dice(d), stack = ORACLE_STACK_ADDRESS + dice_below(d, ORACLE_STACK_SIZE);
	uint16_t ss = dice_percent(d, 85) ? ORACLE_SS : any_selector(d);
	prepare_far_return(d, t, draft);
	if (dice_percent(d, 90))
		flags &= ~(uint64_t)EFLAGS_TF;
	aim_poke(t, rsp + 2 * size, &flags, size);
	if (!t->mode64)
		return;
	aim_poke(t, rsp + 3 * size, &stack, size);
	aim_poke(t, rsp + 4 * size, &ss, 2);
}

/* ---- segments ---- */

static void prepare_selector(Dice *d, Test *t, Draft *draft)
{
	const Insn *i = &draft->insn;
	uint16_t selector = any_selector(d);
	if (i->flags & INSN_MEM)
		aim_poke(t, t->target, &selector, 2);
	else
		set_gpr(t, i, i->rm & 15, replace_low(t->state.gpr[i->rm & 15], selector, 2));
}

static void prepare_far_pointer(Dice *d, Test *t, Draft *draft)
{
	uint16_t selector = any_selector(d);
	aim_poke(t, t->target + draft->insn.opsize, &selector, 2);
}

static void prepare_pop_segment(Dice *d, Test *t, Draft *draft)
{
	(void)draft;
	if (insn_forms[draft->insn.form].operand[0].kind != OPK_SEG)
		return;
	uint16_t selector = any_selector(d);
	aim_poke(t, t->state.gpr[RSP], &selector, 2);
}

static void prepare_move_segment(Dice *d, Test *t, Draft *draft)
{
	if (insn_forms[draft->insn.form].operand[0].kind == OPK_S)
		prepare_selector(d, t, draft);
}

static void prepare_popf(Dice *d, Test *t, Draft *draft)
{
	uint64_t flags = dice(d);
	if (dice_percent(d, 90))
		flags &= ~(uint64_t)EFLAGS_TF;
	aim_poke(t, t->state.gpr[RSP], &flags, draft->insn.opsize);
}

static void prepare_enter(Dice *d, Test *t, Draft *draft)
{
	uint16_t frame = (uint16_t)dice_below(d, dice_percent(d, 90) ? 256 : 65536);
	memcpy(draft->bytes + draft->imm_at, &frame, 2);
	if (dice_percent(d, 60))
		draft->bytes[draft->imm_at + 2] &= dice_percent(d, 60) ? 0 : 3;
	t->state.gpr[RBP] = ORACLE_STACK_ADDRESS + dice_below(d, ORACLE_STACK_SIZE);
}

static void prepare_leave(Dice *d, Test *t, Draft *draft)
{
	(void)draft;
	if (dice_percent(d, 95))
		t->state.gpr[RBP] = ORACLE_STACK_ADDRESS + dice_below(d, ORACLE_STACK_SIZE);
}

/* ---- floating point ---- */

/* Bit 17 is AMD's MM, which the host may have and the model not. */
static void prepare_mxcsr(Dice *d, Test *t, Draft *draft)
{
	uint32_t value = (uint32_t)dice(d) & (dice_percent(d, 90) ? 0xffff : 0x5ffff);
	(void)draft;
	aim_poke(t, t->target, &value, 4);
}

/* An image for FXRSTOR: MXCSR's reserved bits clear, as a rule, and pointers of no more bits than processors keep. */
static void prepare_fx_image(Dice *d, Test *t, Draft *draft)
{
	enum { FIP_AT = 8, FDP_AT = 16, MXCSR_AT = 24 };
	uint64_t ip = dice(d) >> 18, dp = dice(d) >> 18;
	aim_poke(t, t->target + FIP_AT, &ip, 8);
	aim_poke(t, t->target + FDP_AT, &dp, 8);
	uint32_t mxcsr = (uint32_t)dice(d) & (dice_percent(d, 95) ? 0xffff : 0x5ffff);
	(void)draft;
	aim_poke(t, t->target + MXCSR_AT, &mxcsr, 4);
}

/* For XSAVE and its kin: components that both sides have, and for XRSTOR a header that is valid as a rule. */
static void prepare_extended_state(Dice *d, Test *t, Draft *draft)
{
	enum { HEADER_AT = 512, ONLY_ELSEWHERE = 0xe0 | 1 << 9 /* AVX-512, PKRU */, COMPONENTS = 7 };
	uint64_t header[8] = { dice(d) & COMPONENTS, 0 };
	prepare_fx_image(d, t, draft);
	set_gpr(t, &draft->insn, RAX, replace_low(t->state.gpr[RAX], dice_percent(d, 40) ? COMPONENTS : dice(d) & ~(uint64_t)ONLY_ELSEWHERE, 4));
	if (dice_percent(d, 5))
		header[dice_below(d, 8)] |= (uint64_t)1 << (dice(d) & 63);
	if (dice_percent(d, 20) && strchr(insn_forms[draft->insn.form].mnemonic, 'R'))
		header[1] = (uint64_t)1 << 63 | header[0]; /* compacted */
	header[0] &= ~(uint64_t)ONLY_ELSEWHERE;
	header[1] &= ~(uint64_t)ONLY_ELSEWHERE;
	if (dice_percent(d, 97))
		aim_poke(t, t->target + HEADER_AT, header, sizeof header);
}

/* The first row that matches. */
static const Prepare prepares[] = {
	{ "DIV", prepare_division }, { "IDIV", prepare_division },
	{ "RO?", prepare_shift }, { "RC?", prepare_shift }, { "SH?", prepare_shift }, { "SA?", prepare_shift }, { "SH?D", prepare_shift },
	{ "BT", prepare_bit_string }, { "BT?", prepare_bit_string },
	{ "CMPXCHG", prepare_compare_exchange }, { "CMPXCHG8B", prepare_compare_exchange_pair },
	{ "CMPXCHG16B", prepare_compare_exchange_pair }, { "BOUND", prepare_bound }, { "XLAT*", prepare_xlat },
	{ "LOOP*", prepare_counter }, { "J*CXZ", prepare_counter },
	{ "RET", push_code_address }, { "RETF", prepare_far_return }, { "IRET*", prepare_iret },
	{ "PUSHF*", NULL }, { "POPF*", prepare_popf }, { "POP", prepare_pop_segment },
	{ "L?S", prepare_far_pointer }, { "LAR", prepare_selector }, { "LSL", prepare_selector }, { "VER?", prepare_selector },
	{ "ENTER", prepare_enter }, { "LEAVE", prepare_leave }, { "*LDMXCSR", prepare_mxcsr },
	{ "FXRSTOR*", prepare_fx_image }, { "XSAVE*", prepare_extended_state }, { "XRSTOR*", prepare_extended_state },
};

static bool is_far(const Form *form)
{
	return form->operand[0].type == OPT_p && (!strcmp(form->mnemonic, "JMP") || !strcmp(form->mnemonic, "CALL"));
}

void prepare_insn(Dice *d, Test *t, Draft *draft)
{
	const Form *form = &insn_forms[draft->insn.form];
	if (prepare_uses(form, OPK_X) || prepare_uses(form, OPK_Y)) {
		prepare_string(d, t, draft);
		return;
	}
	for (unsigned n = 0; n < G_N_ELEMENTS(prepares); n++)
		if (g_pattern_match_simple(prepares[n].pattern, form->mnemonic) && prepares[n].run) {
			prepares[n].run(d, t, draft);
			break;
		}
	if (!strcmp(form->mnemonic, "MOV"))
		prepare_move_segment(d, t, draft);
	if (is_far(form))
		prepare_far(d, t, draft);
	else if (form->imm_kind == IMM_Jb || form->imm_kind == IMM_Jz)
		prepare_relative(d, t, draft);
	else if (!strcmp(form->mnemonic, "JMP") || !strcmp(form->mnemonic, "CALL"))
		prepare_indirect(d, t, draft);
}

bool prepare_uses(const Form *form, OperandKind kind)
{
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].kind == kind)
			return true;
	return false;
}

bool prepare_uses_stack(const Form *form)
{
	static const char *const patterns[] = { "PUSH*", "POP", "POPA*", "POPF*", "CALL*", "RET*", "ENTER", "LEAVE", "IRET*" };
	for (unsigned n = 0; n < G_N_ELEMENTS(patterns); n++)
		if (g_pattern_match_simple(patterns[n], form->mnemonic))
			return true;
	return false;
}
