/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/misc.tab: single flags, hints, fences, random numbers, BOUND. */
#include <unistd.h>

#include "cpu/shape.h"
#include "insn_handlers.h"

void op_cmc(Cpu *cpu, const Insn *i)
{
	(void)i;
	flags_set_cf(&cpu->af, !flag_cf(&cpu->af));
}

void op_clc(Cpu *cpu, const Insn *i)
{
	(void)i;
	flags_set_cf(&cpu->af, false);
}

void op_stc(Cpu *cpu, const Insn *i)
{
	(void)i;
	flags_set_cf(&cpu->af, true);
}

void op_cld(Cpu *cpu, const Insn *i)
{
	(void)i;
	cpu->eflags &= ~(uint32_t)EFLAGS_DF;
}

void op_std(Cpu *cpu, const Insn *i)
{
	(void)i;
	cpu->eflags |= EFLAGS_DF;
}

void op_nop(Cpu *cpu, const Insn *i)
{
	(void)cpu;
	(void)i;
}

/* LFENCE and SFENCE order no more than the host's accesses already are, MFENCE lets no load pass a store. */
void op_fence(Cpu *cpu, const Insn *i)
{
	(void)cpu;
	(void)i;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Instructions on cache lines: no cache is modelled, but the address must be readable. */
void op_touch(Cpu *cpu, const Insn *i)
{
	mem_read(cpu, i->seg, effective_address(cpu, i), 1);
}

/* RDRAND, RDSEED: CF tells whether there was a number; the other flags are cleared. */
void op_random(Cpu *cpu, const Insn *i)
{
	uint64_t value = 0;
	bool valid = getentropy(&value, sizeof(value)) == 0;
	write_reg(cpu, i->rm, valid ? value : 0, i->opsize);
	cpu->af = (ArithFlags){ .zero = 1, .sign = 1, .carry = 0 };
	flags_set_cf(&cpu->af, valid);
}

/* #BR unless lower bound <= index <= upper bound, all signed. */
void op_bound(Cpu *cpu, const Insn *i)
{
	unsigned size = i->opsize;
	uint64_t offset = effective_address(cpu, i);
	int64_t index = (int64_t)sign_extend(read_reg(cpu, i->reg, size), size);
	int64_t lower = (int64_t)sign_extend(mem_read(cpu, i->seg, offset, size), size);
	int64_t upper = (int64_t)sign_extend(mem_read(cpu, i->seg, mask_address(offset + size, i->adsize), size), size);
	if (index < lower || index > upper)
		cpu_fault(cpu, VECTOR_BR);
}
