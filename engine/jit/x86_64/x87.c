/* SPDX-License-Identifier: GPL-3.0-or-later */
/* x87 instructions run on the host's own registers, with all exceptions masked (else they are the interpreter's). What the host
 * records of the last one is of its own addresses: the guest's are noted beside it. */
#include "jit/x86_64/translate.h"

static void store_constant(Translator *t, unsigned size, HostMemory to, uint32_t value)
{
	asm_insn_writing(&t->a, &(HostInsn){ .opcode = size == 1 ? 0xc6 : 0xc7, .modrm = true, .is_memory = true, .memory = to,
		.imm_size = (uint8_t)size, .imm = value }, 0);
}

/* For FNSTENV and its like. */
static void note_last(Translator *t, const Insn *i)
{
	if (!t->x87_page_known) {
		asm_load(&t->a, 8, WORK, STATE_AT(jit_page));
		asm_store(&t->a, 8, STATE_AT(jit_x87_page), WORK);
		/* One with a memory operand may be done by the interpreter instead, and pass by this. */
		t->x87_page_known = !(i->flags & INSN_MEM);
	}
	store_constant(t, 4, STATE_AT(jit_x87_last),
		X87_LAST_VALID | ((uint32_t)i->imm & X87_LAST_OPCODE) | (uint32_t)insn_offset(t, i) << X87_LAST_OFFSET_SHIFT);
	if (i->flags & INSN_MEM)
		store_constant(t, 1, STATE_AT(jit_x87_segment), i->seg + 1u);
}

/* Status and control words: they leave the pointers alone. */
static bool is_control(const Form *form)
{
	static const char *const names[] = { "FNSTCW", "FNSTSW", "FNCLEX" };
	for (unsigned n = 0; n < G_N_ELEMENTS(names); n++)
		if (g_str_equal(form->mnemonic, names[n]))
			return true;
	return false;
}

static unsigned memory_bytes(const Operand *o)
{
	switch (o->type) {
	case OPT_w: return 2;
	case OPT_d: case OPT_r4: return 4;
	case OPT_q: case OPT_r8: return 8;
	case OPT_t: case OPT_bcd: return 10;
	default: return 0;
	}
}

static const Operand *memory_operand(const Form *form)
{
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].kind == OPK_M)
			return &form->operand[n];
	return NULL;
}

static bool emit_with_memory(Translator *t, const Insn *i, const Raw *raw, const Form *form)
{
	const Operand *o = memory_operand(form);
	unsigned size = o ? memory_bytes(o) : 0;
	if (!size || i->seg == FS || i->seg == GS)
		return false;
	HostMemory at;
	if (!emit_operand(t, i, size, o->access & 2, 0, &at))
		return false;
	if (!is_control(form))
		asm_store(&t->a, 8, STATE_AT(x87.dp), emit_linear(t, i, &at));
	asm_insn_writing(&t->a, &(HostInsn){ .opcode = raw->opcode, .modrm = true, .is_memory = true, .reg = i->reg & 7, .memory = at }, 0);
	return true;
}

bool emit_x87(Translator *t, const Insn *i, const Raw *raw)
{
	const Form *form = &insn_forms[i->form];
	if (t->live != LIVE_X87)
		return false;
	if (i->flags & INSN_MEM) {
		if (!emit_with_memory(t, i, raw, form))
			return false;
	} else { /* the opcode and ModRM as they are */
		asm_byte(&t->a, raw->opcode);
		asm_byte(&t->a, t->code[i->next - 1]);
	}
	if (!is_control(form))
		note_last(t, i);
	return true;
}

/* FLDCW: only a word that masks all exceptions. */
bool emit_x87_control_word(Translator *t, const Insn *i, const Raw *raw)
{
	enum { MASKS = 0x3f };
	if (t->live != LIVE_X87)
		return false;
	HostMemory at;
	if (!emit_operand(t, i, 2, false, 0, &at))
		return false;
	asm_lea(&t->a, 8, EXTRA, at);
	asm_load(&t->a, 2, WORK, (HostMemory){ EXTRA, H_NONE, 0, 0 });
	asm_pext(&t->a, WORK, WORK, STATE_AT(jit_low6));
	asm_lea(&t->a, 4, WORK, (HostMemory){ WORK, H_NONE, 0, -MASKS });
	uint8_t *masked = asm_jump_rcx_zero(&t->a);
	cold_jump(t, asm_jump(&t->a));
	asm_aim_short(&t->a, masked, t->a.at);
	asm_insn(&t->a, &(HostInsn){ .opcode = raw->opcode, .modrm = true, .is_memory = true, .reg = 5, .memory = { EXTRA, H_NONE, 0, 0 } });
	return true;
}

bool emit_mmx(Translator *t, const Insn *i, const Raw *raw)
{
	return t->live == LIVE_X87 && emit_copy(t, i, raw);
}

/* Nothing is pending. */
bool emit_wait(Translator *t, const Insn *i, const Raw *raw)
{
	(void)i;
	(void)raw;
	return t->live == LIVE_X87;
}
