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

/* ---- several pushes or pops in one: like processors, one after the other, and what was done before a fault stays done; only
 * the stack pointer (and ENTER's frame pointer) waits for the end, so that the instruction can be run again. ---- */

/* AX CX DX BX SP BP SI DI, from the highest address down */
void op_pusha(Cpu *cpu, const Insn *i)
{
	unsigned size = i->opsize;
	uint64_t rsp = cpu->gpr[RSP];
	for (unsigned n = RAX; n <= RDI; n++) {
		rsp -= size;
		mem_write(cpu, SS, rsp & cpu->stack_mask, read_reg(cpu, n, size), size);
	}
	set_stack_pointer(cpu, rsp);
}

void op_popa(Cpu *cpu, const Insn *i)
{
	unsigned size = i->opsize;
	uint64_t rsp = cpu->gpr[RSP];
	for (unsigned n = 0; n < 8; n++, rsp += size) {
		unsigned reg = RDI - n;
		uint64_t value = mem_read(cpu, SS, rsp & cpu->stack_mask, size);
		if (reg != RSP)
			write_reg(cpu, reg, value, size);
	}
	set_stack_pointer(cpu, rsp);
}

/* Pushes rBP, `level - 1` frame pointers of the enclosing procedures' display, and the new frame's own. What is left free for
 * local variables must be writable at its lower end. */
void op_enter(Cpu *cpu, const Insn *i)
{
	unsigned size = i->opsize, level = i->imm2 & 31;
	uint64_t rbp = cpu->gpr[RBP], frame = cpu->gpr[RSP] - size, rsp = frame;
	mem_write(cpu, SS, frame & cpu->stack_mask, zero_extend(rbp, size), size);
	for (unsigned n = 1; n < level; n++) {
		rbp -= size;
		rsp -= size;
		uint64_t outer = mem_read(cpu, SS, rbp & cpu->stack_mask, size);
		mem_write(cpu, SS, rsp & cpu->stack_mask, outer, size);
	}
	if (level) {
		rsp -= size;
		mem_write(cpu, SS, rsp & cpu->stack_mask, zero_extend(frame, size), size);
	}
	rsp -= i->imm;
	mem_probe_write(cpu, SS, rsp & cpu->stack_mask, size);
	set_stack_pointer(cpu, rsp);
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
