/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the x87 family share: the register stack, and what surrounds each instruction.
 *
 * A handler of an instruction with numbers goes through these steps:
 *	x87_wait(cpu);                 an exception still pending comes before everything, memory faults too
 *	read the memory operand
 *	x87_record(cpu, i);            nothing can fault any more: the pointers to the last instruction
 *	the stack fault, if a source is empty or a pushed register is not: x87_underflow(), x87_overflow()
 *	FpEnv env = x87_env(cpu); compute
 *	x87_finish(cpu, &env);         exceptions and C1 go to the status word
 *	write, unless an unmasked exception forbids it
 * One that stores to memory writes there before x87_record() and x87_finish(), since that may fault. */
#pragma once

#include "cpu/access.h"
#include "cpu/fp/fp.h"
#include "cpu/x87.h"

enum { /* status word */
	FSW_EXCEPTIONS = 0x3f, FSW_SF = 1 << 6, FSW_ES = 1 << 7, FSW_C0 = 1 << 8, FSW_C1 = 1 << 9, FSW_C2 = 1 << 10, FSW_C3 = 1 << 14,
	FSW_B = 1 << 15, FSW_CONDITIONS = FSW_C0 | FSW_C2 | FSW_C3,
};
enum { FCW_PC_SHIFT = 8, FCW_RC_SHIFT = 10, FCW_INIT = 0x37f };

ALWAYS_INLINE void x87_wait(Cpu *cpu)
{
	if (UNLIKELY(cpu->x87.sw & FSW_ES))
		x87_check_pending(cpu);
}

/* The decoder leaves the opcode (FOP) in Insn.imm. The data pointer stays where it was when there is no memory operand. */
ALWAYS_INLINE void x87_record(Cpu *cpu, const Insn *i)
{
	X87 *x = &cpu->x87;
	x->opcode = (uint16_t)i->imm;
	x->ip = insn_rip(cpu, i);
	x->cs = cpu->seg[CS].selector;
	if (i->flags & INSN_MEM) {
		x->dp = effective_address(cpu, i);
		x->ds = cpu->seg[i->seg].selector;
	}
}

/* ---- the stack ---- */

ALWAYS_INLINE unsigned x87_physical(const Cpu *cpu, unsigned n)
{
	return (cpu->x87.top + n) & 7;
}

ALWAYS_INLINE bool x87_is_empty(const Cpu *cpu, unsigned n)
{
	return cpu->x87.empty >> x87_physical(cpu, n) & 1;
}

ALWAYS_INLINE Float80 x87_read(const Cpu *cpu, unsigned n)
{
	const X87Register *r = &cpu->x87.r[x87_physical(cpu, n)];
	return (Float80){ r->mant, r->se };
}

ALWAYS_INLINE void x87_write(Cpu *cpu, unsigned n, Float80 value)
{
	unsigned physical = x87_physical(cpu, n);
	cpu->x87.r[physical] = (X87Register){ value.mant, value.se };
	cpu->x87.empty &= (uint8_t)~(1u << physical);
}

ALWAYS_INLINE void x87_push(Cpu *cpu, Float80 value)
{
	cpu->x87.top = (cpu->x87.top - 1) & 7;
	x87_write(cpu, 0, value);
}

ALWAYS_INLINE void x87_pop(Cpu *cpu)
{
	cpu->x87.empty |= (uint8_t)(1u << cpu->x87.top);
	cpu->x87.top = (cpu->x87.top + 1) & 7;
}

/* ---- exceptions ---- */

ALWAYS_INLINE FpEnv x87_env(const Cpu *cpu)
{
	unsigned cw = cpu->x87.cw;
	return (FpEnv){ .rounding = cw >> FCW_RC_SHIFT & 3, .precision = cw >> FCW_PC_SHIFT & 3, .masks = cw & FP_ALL };
}

ALWAYS_INLINE void x87_finish(Cpu *cpu, const FpEnv *env)
{
	unsigned sw = (cpu->x87.sw & ~(unsigned)FSW_C1) | env->flags | (env->c1 ? FSW_C1 : 0);
	if (UNLIKELY(env->flags & ~env->masks))
		sw |= FSW_ES | FSW_B;
	cpu->x87.sw = (uint16_t)sw;
}

/* Stack faults. True: masked, the instruction goes on with the indefinite for its result. */
bool x87_underflow(Cpu *cpu);
bool x87_overflow(Cpu *cpu);

ALWAYS_INLINE void x87_clear_c1(Cpu *cpu)
{
	cpu->x87.sw &= (uint16_t)~FSW_C1;
}

ALWAYS_INLINE void x87_set_conditions(Cpu *cpu, unsigned mask, unsigned conditions)
{
	cpu->x87.sw = (uint16_t)((cpu->x87.sw & ~mask) | conditions);
}
