/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/stack.tab: PUSH and POP of general operands, of all registers, and stack frames. */
#include "cpu/shape.h"
#include "insn_handlers.h"

ALWAYS_INLINE void do_push(Cpu *cpu, const Insn *i, Shape s)
{
	stack_push(cpu, shape_read(cpu, i, s.dst, s.size), s.size);
}

void op_push_imm(Cpu *cpu, const Insn *i)
{
	stack_push(cpu, zero_extend(i->imm, i->opsize), i->opsize);
}

/* A memory operand's address is computed with the stack pointer already moved, which must stay unmoved if the write faults. */
ALWAYS_INLINE void do_pop(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t value = stack_peek(cpu, s.size);
	uint64_t old = cpu->gpr[RSP];
	set_stack_pointer(cpu, old + s.size);
	if (s.dst == SHAPE_MEM) {
		uint64_t moved = cpu->gpr[RSP], offset = effective_address(cpu, i);
		cpu->gpr[RSP] = old;
		mem_write(cpu, i->seg, offset, value, s.size);
		cpu->gpr[RSP] = moved;
	} else {
		shape_write(cpu, i, s.dst, value, s.size);
	}
}

/* ---- PUSHA, POPA: AX CX DX BX SP BP SI DI from the highest address down ---- */

static uint64_t stack_slot(const Cpu *cpu, uint64_t rsp, unsigned n, unsigned size)
{
	return (rsp + (uint64_t)n * size) & cpu->stack_mask;
}

void op_pusha(Cpu *cpu, const Insn *i)
{
	unsigned size = i->opsize;
	uint64_t rsp = cpu->gpr[RSP] - 8 * size;
	for (unsigned n = 0; n < 8; n++)
		mem_probe_write(cpu, SS, stack_slot(cpu, rsp, n, size), size);
	for (unsigned n = 0; n < 8; n++)
		mem_write(cpu, SS, stack_slot(cpu, rsp, n, size), read_reg(cpu, 7 - n, size), size);
	set_stack_pointer(cpu, rsp);
}

void op_popa(Cpu *cpu, const Insn *i)
{
	unsigned size = i->opsize;
	uint64_t values[8], rsp = cpu->gpr[RSP];
	for (unsigned n = 0; n < 8; n++)
		values[n] = mem_read(cpu, SS, stack_slot(cpu, rsp, n, size), size);
	for (unsigned n = 0; n < 8; n++)
		if (7 - n != RSP)
			write_reg(cpu, 7 - n, values[n], size);
	set_stack_pointer(cpu, rsp + 8 * size);
}

/* ---- ENTER, LEAVE ---- */

/* ENTER pushes rBP, `level - 1` frame pointers of the enclosing procedures' display, and the new frame's own. All that can
 * fault is tried before the first write. */
static void enter_probe(Cpu *cpu, uint64_t rsp, unsigned pushes, uint64_t final_rsp, unsigned size)
{
	for (unsigned n = 1; n <= pushes; n++)
		mem_probe_write(cpu, SS, (rsp - (uint64_t)n * size) & cpu->stack_mask, size);
	mem_probe_write(cpu, SS, final_rsp & cpu->stack_mask, size);
}

void op_enter(Cpu *cpu, const Insn *i)
{
	unsigned size = i->opsize, level = i->imm2 & 31;
	unsigned pushes = level ? level + 1 : 1;
	uint64_t rsp = cpu->gpr[RSP], rbp = cpu->gpr[RBP], frame = rsp - size;
	uint64_t final_rsp = rsp - (uint64_t)pushes * size - i->imm;
	enter_probe(cpu, rsp, pushes, final_rsp, size);
	for (unsigned n = 1; n < level; n++)
		mem_probe_read(cpu, SS, (rbp - (uint64_t)n * size) & cpu->stack_mask, size);

	mem_write(cpu, SS, frame & cpu->stack_mask, zero_extend(rbp, size), size);
	rsp = frame;
	for (unsigned n = 1; n < level; n++) {
		uint64_t outer = mem_read(cpu, SS, (rbp - (uint64_t)n * size) & cpu->stack_mask, size);
		rsp -= size;
		mem_write(cpu, SS, rsp & cpu->stack_mask, outer, size);
	}
	if (level)
		mem_write(cpu, SS, (rsp - size) & cpu->stack_mask, zero_extend(frame, size), size);
	set_stack_pointer(cpu, final_rsp);
	write_reg(cpu, RBP, frame, size);
}

void op_leave(Cpu *cpu, const Insn *i)
{
	uint64_t rbp = cpu->gpr[RBP];
	uint64_t value = mem_read(cpu, SS, rbp & cpu->stack_mask, i->opsize);
	set_stack_pointer(cpu, rbp + i->opsize);
	write_reg(cpu, RBP, value, i->opsize);
}

#include "spec_stack.inc"
