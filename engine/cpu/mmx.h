/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The MMX registers, which are the mantissas of the physical x87 registers.
 *
 * A handler that touches one calls mmx_begin() before its first operand, and mmx_enter() or mmx_write() once nothing can fault
 * any more: every MMX instruction but EMMS sets TOP to 0 and tags all registers as valid, and one that writes a register sets
 * its sign and exponent to ones (SDM volume 1, 9.5). */
#pragma once

#include "cpu/access.h"
#include "cpu/x87.h"

enum { X87_SW_ES = 1 << 7, MMX_SIGN_EXPONENT = 0xffff };

/* #MF for an x87 exception still pending, before anything else the instruction might raise. */
ALWAYS_INLINE void mmx_begin(Cpu *cpu)
{
	if (UNLIKELY(cpu->x87.sw & X87_SW_ES))
		x87_check_pending(cpu);
}

ALWAYS_INLINE void mmx_enter(Cpu *cpu)
{
	cpu->x87.top = 0;
	cpu->x87.empty = 0;
}

ALWAYS_INLINE uint64_t mmx_read(const Cpu *cpu, unsigned n)
{
	return cpu->x87.r[n].mant;
}

ALWAYS_INLINE void mmx_write(Cpu *cpu, unsigned n, uint64_t value)
{
	mmx_enter(cpu);
	cpu->x87.r[n] = (X87Register){ .mant = value, .se = MMX_SIGN_EXPONENT };
}

/* The Q operand: an MMX register, or `size` bytes of memory (4 for the low unpacks), zero-extended. */
ALWAYS_INLINE uint64_t mmx_rm(Cpu *cpu, const Insn *i, unsigned size)
{
	if (i->flags & INSN_MEM)
		return mem_read(cpu, i->seg, effective_address(cpu, i), size);
	return mmx_read(cpu, i->rm);
}
