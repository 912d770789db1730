/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an operating system's kernel does at each entry, and around each of its locks: SWAPGS, CLI, STI, PUSHF, POPF, and segment
 * registers. What only privilege level 0 may do is translated there. */
#include "cpu/cpuid_leaf.h"
#include "jit/x86_64/translate.h"

enum { OP_OR = 1, OP_AND = 4, OP_XOR = 6 };
enum { SHIFT_LEFT = 4, SHIFT_RIGHT = 5 };
enum { IS_ZERO = 4, IS_NOT_ZERO = 5 };

static bool is_kernel(const Translator *t)
{
	return !(t->block->mode & (MODE_CPL | MODE_V86));
}

/* Ends its block, and yet generated code mostly goes on straight behind: not if the mode or the mapping changed. */
bool emit_end_by_interpreter(Translator *t, const Insn *i, const Raw *raw)
{
	(void)i;
	(void)raw;
	cold_jump(t, asm_jump(&t->a));
	return true;
}

/* ---- arithmetic on scratch registers, where the flags are saved or about to be written ---- */

static void put_operation(Translator *t, unsigned operation, unsigned to, unsigned from)
{
	asm_insn(&t->a, &(HostInsn){ .opcode = (uint8_t)(operation << 3 | 3), .modrm = true, .reg = (uint8_t)to, .rm = (uint8_t)from });
}

static void put_operation_constant(Translator *t, unsigned operation, unsigned to, uint32_t value)
{
	asm_insn(&t->a, &(HostInsn){ .opcode = 0x81, .modrm = true, .reg = (uint8_t)operation, .rm = (uint8_t)to, .imm_size = 4, .imm = value });
}

static void put_test_constant(Translator *t, unsigned reg, uint32_t value)
{
	asm_insn(&t->a, &(HostInsn){ .opcode = 0xf7, .modrm = true, .rm = (uint8_t)reg, .imm_size = 4, .imm = value });
}

static void put_shift(Translator *t, unsigned direction, unsigned reg, unsigned count)
{
	asm_insn(&t->a, &(HostInsn){ .opcode = 0xc1, .modrm = true, .reg = (uint8_t)direction, .rm = (uint8_t)reg, .imm_size = 1, .imm = count });
}

/* MOVZX from its low byte */
static void put_low_byte(Translator *t, unsigned to, unsigned from)
{
	asm_insn(&t->a, &(HostInsn){ .rex = true, .map = 1, .opcode = 0xb6, .modrm = true, .reg = (uint8_t)to, .rm = (uint8_t)from });
}

/* ---- the flags as EFLAGS has them ---- */

enum { OF_SHIFT = 11 };

/* WORK = the image that PUSHF stores; ADDRESS and EXTRA are lost, the flags are not. */
static void emit_flags_image(Translator *t)
{
	Asm *a = &t->a;
	asm_move(a, 8, ADDRESS, H_RAX);
	asm_byte(a, 0x9f);							       /* LAHF */
	asm_insn(a, &(HostInsn){ .map = 1, .opcode = 0x90, .modrm = true, .rm = H_RAX }); /* SETO AL */
	put_low_byte(t, EXTRA, H_RAX);
	asm_insn(a, &(HostInsn){ .map = 1, .opcode = 0xb6, .modrm = true, .reg = WORK, .rm = 4 }); /* MOVZX ECX, AH */
	put_shift(t, SHIFT_LEFT, EXTRA, OF_SHIFT);
	put_operation(t, OP_OR, WORK, EXTRA);
	asm_load(a, 4, EXTRA, STATE_AT(eflags));
	put_operation(t, OP_OR, WORK, EXTRA);
	put_operation_constant(t, OP_AND, WORK, ~(uint32_t)(EFLAGS_VM | EFLAGS_RF));
	asm_insn(a, &(HostInsn){ .opcode = 0x04, .imm_size = 1, .imm = 0x7f }); /* ADD AL, 7F: OF */
	asm_byte(a, 0x9e);							/* SAHF */
	asm_move(a, 8, H_RAX, ADDRESS);
}

/* The arithmetic flags from an image in EXTRA; ADDRESS and WORK are lost. */
static void emit_flags_from_image(Translator *t)
{
	Asm *a = &t->a;
	asm_move(a, 8, ADDRESS, H_RAX);
	asm_move(a, 4, H_RAX, EXTRA);
	put_shift(t, SHIFT_RIGHT, H_RAX, OF_SHIFT);
	put_operation_constant(t, OP_AND, H_RAX, 1);
	put_low_byte(t, WORK, EXTRA);
	put_shift(t, SHIFT_LEFT, WORK, 8);
	put_operation(t, OP_OR, H_RAX, WORK);
	asm_insn(a, &(HostInsn){ .opcode = 0x04, .imm_size = 1, .imm = 0x7f });
	asm_byte(a, 0x9e);
	asm_move(a, 8, H_RAX, ADDRESS);
}

/* Pushes the word in jit_temporary[0], or `size` bytes of it into a word's room. */
static void emit_push_temporary(Translator *t, unsigned size)
{
	HostMemory to;
	emit_stack_operand(t, -(int)word(t), word(t), true, &to);
	asm_load(&t->a, 8, EXTRA, STATE_AT(jit_temporary[0]));
	asm_store(&t->a, size, to, EXTRA);
	asm_lea(&t->a, word(t), GUEST_RSP, (HostMemory){ GUEST_RSP, H_NONE, 0, -(int32_t)word(t) });
}

bool emit_pushf(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	if (i->opsize != word(t))
		return false;
	emit_flags_image(t);
	asm_store(&t->a, 8, STATE_AT(jit_temporary[0]), WORK);
	emit_push_temporary(t, word(t));
	return true;
}

/* Natively as long as of the flags that aren't arithmetic only IF changes; and if that is set, no event must be waiting for it.
 * What the interpreter would find in the flags on the cold way doesn't matter: it writes them all. */
bool emit_popf(Translator *t, const Insn *i, const Raw *raw)
{
	const uint32_t rare = EFLAGS_TF | EFLAGS_DF | EFLAGS_NT | EFLAGS_AC | EFLAGS_ID | EFLAGS_IOPL;
	Asm *a = &t->a;
	HostMemory from;
	(void)raw;
	if (i->opsize != word(t) || !is_kernel(t) || t->t->verify) /* the interpreter's block ends with it */
		return false;
	emit_stack_operand(t, 0, word(t), false, &from);
	asm_load(a, 4, EXTRA, from);
	asm_load(a, 4, WORK, STATE_AT(eflags));
	asm_move(a, 4, ADDRESS, EXTRA);
	put_operation(t, OP_XOR, ADDRESS, WORK);
	put_test_constant(t, ADDRESS, rare);
	cold_jump(t, asm_jump_if(a, IS_NOT_ZERO));
	put_operation_constant(t, OP_AND, ADDRESS, EFLAGS_IF);
	put_operation(t, OP_XOR, WORK, ADDRESS);
	put_operation(t, OP_AND, ADDRESS, EXTRA);
	uint8_t *not_rising = asm_jump_if(a, IS_ZERO);
	asm_load(a, 4, ADDRESS, STATE_AT(events));
	asm_insn(a, &(HostInsn){ .opcode = 0x85, .modrm = true, .reg = ADDRESS, .rm = ADDRESS }); /* TEST */
	cold_jump(t, asm_jump_if(a, IS_NOT_ZERO));
	asm_aim(not_rising, a->at);
	asm_store(a, 4, STATE_AT(eflags), WORK);
	emit_flags_from_image(t);
	asm_lea(a, word(t), GUEST_RSP, (HostMemory){ GUEST_RSP, H_NONE, 0, (int32_t)word(t) });
	return true;
}

/* ---- single flags ---- */

/* PEXT and PDEP with all bits but one: that one is 0, and the flags are as they were. WORK = EFLAGS without it. */
static void emit_cleared_flag(Translator *t, HostMemory others)
{
	asm_load(&t->a, 4, WORK, STATE_AT(eflags));
	asm_pext(&t->a, WORK, WORK, others);
	asm_pdep(&t->a, WORK, WORK, others);
}

bool emit_cli(Translator *t, const Insn *i, const Raw *raw)
{
	(void)i;
	(void)raw;
	if (!is_kernel(t))
		return false;
	emit_cleared_flag(t, STATE_AT(jit_not_if));
	asm_store(&t->a, 4, STATE_AT(eflags), WORK);
	return true;
}

/* Events that wait already are the interpreter's. Those that come from now on are seen after the next instruction, which doesn't look
 * at Cpu.steady (Translator.shadow). */
bool emit_sti(Translator *t, const Insn *i, const Raw *raw)
{
	Asm *a = &t->a;
	(void)i;
	(void)raw;
	if (!is_kernel(t) || t->t->verify) /* to the interpreter its shadow is an event, and ends the block */
		return false;
	asm_load(a, 4, WORK, STATE_AT(events));
	uint8_t *none = asm_jump_rcx_zero(a);
	cold_jump(t, asm_jump(a));
	asm_aim_short(a, none, a->at);
	emit_cleared_flag(t, STATE_AT(jit_not_if));
	asm_lea(a, 4, WORK, (HostMemory){ WORK, H_NONE, 0, EFLAGS_IF });
	asm_store(a, 4, STATE_AT(eflags), WORK);
	t->shadow = t->insn + 1;
	return true;
}

bool emit_cld(Translator *t, const Insn *i, const Raw *raw)
{
	(void)i;
	(void)raw;
	emit_cleared_flag(t, STATE_AT(jit_not_df));
	asm_store(&t->a, 4, STATE_AT(eflags), WORK);
	return true;
}

bool emit_std(Translator *t, const Insn *i, const Raw *raw)
{
	(void)i;
	(void)raw;
	emit_cleared_flag(t, STATE_AT(jit_not_df));
	asm_lea(&t->a, 4, WORK, (HostMemory){ WORK, H_NONE, 0, EFLAGS_DF });
	asm_store(&t->a, 4, STATE_AT(eflags), WORK);
	return true;
}

/* ---- segment registers ---- */

bool emit_swapgs(Translator *t, const Insn *i, const Raw *raw)
{
	const HostMemory base = STATE_AT(seg[GS].base), effective = STATE_AT(seg[GS].eff_base), kernel = STATE_AT(kernel_gs_base);
	(void)i;
	(void)raw;
	if (!t->mode64 || !is_kernel(t))
		return false;
	asm_load(&t->a, 8, WORK, base);
	asm_load(&t->a, 8, EXTRA, kernel);
	asm_store(&t->a, 8, kernel, WORK);
	asm_store(&t->a, 8, base, EXTRA);
	asm_store(&t->a, 8, effective, EXTRA);
	return true;
}

static void emit_load_selector(Translator *t, unsigned to, unsigned segment)
{
	asm_load(&t->a, 2, to, (HostMemory){ STATE, H_NONE, 0, (int32_t)offsetof(Cpu, seg[segment].selector) - STATE_BIAS });
}

/* Intel's processors write the selector's two bytes only. */
bool emit_push_segment(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	if (i->opsize != word(t))
		return false;
	emit_load_selector(t, WORK, insn_forms[i->form].operand[0].reg);
	asm_store(&t->a, 8, STATE_AT(jit_temporary[0]), WORK);
	emit_push_temporary(t, cpu_is_amd(t->cpu) ? word(t) : 2);
	return true;
}

static bool emit_store_segment(Translator *t, const Insn *i)
{
	HostMemory to;
	if (!emit_operand(t, i, 2, true, 0, &to))
		return false;
	emit_load_selector(t, EXTRA, i->reg);
	asm_store(&t->a, 2, to, EXTRA);
	return true;
}

bool emit_move_from_segment(Translator *t, const Insn *i, const Raw *raw)
{
	unsigned host = host_register(i->rm);
	(void)raw;
	if (i->reg >= SEGMENT_COUNT)
		return false;
	if (i->flags & INSN_MEM)
		return emit_store_segment(t, i);
	emit_load_selector(t, WORK, i->reg);
	if (i->opsize > 2)
		store_guest(t, i->rm, WORK);
	else if (host == SLOT)
		asm_store(&t->a, 2, register_slot(i->rm), WORK);
	else
		asm_insn(&t->a, &(HostInsn){ .opsize66 = true, .opcode = 0x8b, .modrm = true, .reg = (uint8_t)host, .rm = WORK });
	return true;
}
