/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/branch.tab: near jumps, calls and returns. Targets are checked before anything changes, as the processor does: #GP(0)
 * comes from the branch, not from where it leads. */
#include "cpu/condition.h"
#include "cpu/shape.h"
#include "insn_handlers.h"

static __attribute__((noinline)) void check_canonical(Cpu *cpu, uint64_t target)
{
	if (!is_canonical(cpu, target))
		fault_gp(cpu, 0);
}

/* Canonical with 48 bits is canonical with 57 too. */
ALWAYS_INLINE bool plainly_canonical(uint64_t target)
{
	return LIKELY((uint64_t)((int64_t)(target << 16) >> 16) == target);
}

/* The instruction pointer that `target` means at this operand size, after its checks. */
ALWAYS_INLINE uint64_t branch_target(Cpu *cpu, uint64_t target, unsigned size)
{
	if (LIKELY(size == 8)) {
		if (!plainly_canonical(target))
			check_canonical(cpu, target);
		return target;
	}
	target = size == 4 ? (uint32_t)target : (uint16_t)target;
	if (UNLIKELY(target > cpu->seg[CS].limit))
		fault_gp(cpu, 0);
	return target;
}

ALWAYS_INLINE uint64_t relative_target(Cpu *cpu, const Insn *i)
{
	return branch_target(cpu, insn_next_rip(cpu, i) + i->imm, i->opsize);
}

static __attribute__((noinline)) void jump_checked(Cpu *cpu, const Insn *i)
{
	cpu->rip = relative_target(cpu, i);
}

/* What nearly every jump is, in a form that needs no stack frame; the rest goes to jump_checked(). */
ALWAYS_INLINE void jump_relative(Cpu *cpu, const Insn *i)
{
	uint64_t target = insn_next_rip(cpu, i) + i->imm;
	if (LIKELY(i->opsize == 8) && plainly_canonical(target))
		cpu->rip = target;
	else
		jump_checked(cpu, i);
}

ALWAYS_INLINE void branch_if(Cpu *cpu, const Insn *i, bool taken)
{
	if (taken)
		jump_relative(cpu, i);
	else
		cpu->rip = insn_next_rip(cpu, i);
}

#define DEFINE_JCC(name, cc) \
	void op_j##name(Cpu *cpu, const Insn *i) \
	{ \
		branch_if(cpu, i, condition(cpu, cc)); \
	}
CONDITIONS(DEFINE_JCC)

void op_jmp_relative(Cpu *cpu, const Insn *i)
{
	jump_relative(cpu, i);
}

ALWAYS_INLINE void do_jmp(Cpu *cpu, const Insn *i, Shape s)
{
	cpu->rip = branch_target(cpu, shape_read(cpu, i, s.dst, s.size), s.size);
}

ALWAYS_INLINE void call(Cpu *cpu, const Insn *i, uint64_t target, unsigned size)
{
	stack_push(cpu, zero_extend(insn_next_rip(cpu, i), size), size);
	cpu->rip = target;
}

void op_call_relative(Cpu *cpu, const Insn *i)
{
	uint64_t target = relative_target(cpu, i);
	switch (i->opsize) {
	case 8: call(cpu, i, target, 8); break;
	case 4: call(cpu, i, target, 4); break;
	default: call(cpu, i, target, 2); break;
	}
}

ALWAYS_INLINE void do_call(Cpu *cpu, const Insn *i, Shape s)
{
	call(cpu, i, branch_target(cpu, shape_read(cpu, i, s.dst, s.size), s.size), s.size);
}

/* The immediate is how many bytes of arguments are dropped; 0 where there is none. */
ALWAYS_INLINE void ret(Cpu *cpu, const Insn *i, unsigned size)
{
	cpu->rip = branch_target(cpu, stack_peek(cpu, size), size);
	set_stack_pointer(cpu, cpu->gpr[RSP] + size + i->imm);
}

void op_ret(Cpu *cpu, const Insn *i)
{
	switch (i->opsize) {
	case 8: ret(cpu, i, 8); break;
	case 4: ret(cpu, i, 4); break;
	default: ret(cpu, i, 2); break;
	}
}

/* LOOP and its kin count in rCX of the address size; the jump's check comes before the count is written. */
ALWAYS_INLINE void loop_if(Cpu *cpu, const Insn *i, bool wanted)
{
	uint64_t count = mask_address(cpu->gpr[RCX] - 1, i->adsize);
	branch_if(cpu, i, count != 0 && wanted);
	write_reg(cpu, RCX, count, i->adsize);
}

void op_loop(Cpu *cpu, const Insn *i)
{
	loop_if(cpu, i, true);
}

void op_loope(Cpu *cpu, const Insn *i)
{
	loop_if(cpu, i, flag_zf(&cpu->af));
}

void op_loopne(Cpu *cpu, const Insn *i)
{
	loop_if(cpu, i, !flag_zf(&cpu->af));
}

void op_jcxz(Cpu *cpu, const Insn *i)
{
	branch_if(cpu, i, mask_address(cpu->gpr[RCX], i->adsize) == 0);
}

#include "spec_branch.inc"
