/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Specialised handlers. For a row with `spec` in family F's table, generate.py writes one handler per operand size and per
 * register or memory operand into spec_F.inc, each calling do_NAME(cpu, i, shape) with constants. F's source file defines
 * the do_ functions with ALWAYS_INLINE and includes spec_F.inc at its end. */
#pragma once

#include "cpu/access.h"

enum { SHAPE_NONE, SHAPE_REG, SHAPE_RM, SHAPE_MEM, SHAPE_IMM, SHAPE_CL };

typedef struct Shape {
	unsigned size;		/* 1, 2, 4, 8 */
	unsigned dst, src, src2; /* SHAPE_... of the first three operands */
} Shape;

ALWAYS_INLINE uint64_t shape_read(Cpu *cpu, const Insn *i, unsigned kind, unsigned size)
{
	switch (kind) {
	case SHAPE_REG: return read_reg(cpu, i->reg, size);
	case SHAPE_RM: return read_reg(cpu, i->rm, size);
	case SHAPE_MEM: return mem_read(cpu, i->seg, effective_address(cpu, i), size);
	case SHAPE_CL: return (uint8_t)cpu->gpr[RCX];
	default: return zero_extend(i->imm, size);
	}
}

ALWAYS_INLINE void shape_write(Cpu *cpu, const Insn *i, unsigned kind, uint64_t value, unsigned size)
{
	if (kind == SHAPE_MEM)
		mem_write(cpu, i->seg, effective_address(cpu, i), value, size);
	else
		write_reg(cpu, kind == SHAPE_REG ? i->reg : i->rm, value, size);
}

/* A read-modify-write of the first operand, register or memory:
 *	ShapeRmw m;
 *	do {
 *		a = shape_rmw_begin(cpu, i, &m, shape.dst, shape.size);
 *		r = ...;
 *	} while (!shape_rmw_end(cpu, i, &m, shape.dst, a, r, shape.size)); */
ALWAYS_INLINE uint64_t shape_rmw_begin(Cpu *cpu, const Insn *i, MemRmw *m, unsigned kind, unsigned size)
{
	if (kind == SHAPE_MEM)
		return rmw_begin(cpu, m, i->seg, effective_address(cpu, i), size);
	return read_reg(cpu, kind == SHAPE_REG ? i->reg : i->rm, size);
}

ALWAYS_INLINE bool shape_rmw_end(Cpu *cpu, const Insn *i, MemRmw *m, unsigned kind, uint64_t old, uint64_t new, unsigned size)
{
	if (kind == SHAPE_MEM)
		return rmw_end(cpu, m, old, new, i->flags & INSN_LOCK);
	write_reg(cpu, kind == SHAPE_REG ? i->reg : i->rm, new, size);
	return true;
}
