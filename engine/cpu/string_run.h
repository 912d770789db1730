/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements of string instructions: where the next one lies, and how many may be moved at once. */
#pragma once

#include "cpu/access.h"

ALWAYS_INLINE uint64_t string_address(const Cpu *cpu, const Insn *i, unsigned reg)
{
	return mask_address(cpu->gpr[reg], i->adsize);
}

ALWAYS_INLINE void string_advance(Cpu *cpu, const Insn *i, unsigned reg, uint64_t elements, unsigned size)
{
	uint64_t bytes = elements * size;
	write_reg(cpu, reg, cpu->gpr[reg] + (cpu->eflags & EFLAGS_DF ? -bytes : bytes), i->adsize);
}

/* How many of `count` elements from there upwards, or downwards, lie in plain memory of one page, without wrapping around; 0: the slow
 * path must look at the first, which *host points to. */
ALWAYS_INLINE uint64_t string_plain_run(Cpu *cpu, const Insn *i, unsigned segment, uint64_t offset, uint64_t count, unsigned size,
				 AccessKind kind, uint8_t **host)
{
	const Segment *s = &cpu->seg[segment];
	bool down = cpu->eflags & EFLAGS_DF;
	uint64_t end = kind == ACCESS_WRITE ? s->write_end : s->read_end;
	uint64_t linear = (s->eff_base + offset) & cpu->linear_mask;
	const TlbSet *tlb = &cpu->tlb[cpu->tlb_class];
	unsigned index = tlb_index(linear);
	if (!tlb_hit(kind == ACCESS_WRITE ? tlb->write[index] : tlb->read[index], linear, 1) || offset >= end)
		return 0;
	uint64_t room = MIN(4096 - (linear & 0xfff), end - offset);
	if (i->adsize < 8)
		room = MIN(room, ((uint64_t)1 << (8 * i->adsize)) - offset);
	if (down) /* the first is the uppermost */
		room = room < size ? 0 : MIN(linear & 0xfff, offset) + size;
	*host = (uint8_t *)(tlb->addend[index] + linear);
	return MIN(count, room / size);
}
