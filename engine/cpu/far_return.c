/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Far returns (SDM volume 2, RET). */
#include "cpu/segment.h"

#include "insn_handlers.h"

static void return_real(Cpu *cpu, unsigned size, unsigned release)
{
	uint64_t rip = stack_at(cpu, 0, size);
	uint16_t selector = (uint16_t)stack_at(cpu, size, size);
	if (rip > cpu->seg[CS].limit)
		fault_gp(cpu, 0);
	set_stack_pointer(cpu, cpu->gpr[RSP] + 2 * size + release);
	code_set_real(cpu, selector, rip);
}

static void return_same(Cpu *cpu, const Segment *cs, Descriptor *d, uint64_t rip, unsigned bytes)
{
	check_target(cpu, cs, rip, 0);
	descriptor_set_accessed(cpu, d);
	set_stack_pointer(cpu, cpu->gpr[RSP] + bytes);
	cpu->seg[CS] = *cs;
	cpu->rip = rip;
	cpu_mode_changed(cpu);
}

static void return_outer(Cpu *cpu, const Segment *cs, Descriptor *d, uint64_t rip, unsigned size, unsigned release)
{
	unsigned cpl = cs->selector & SELECTOR_RPL;
	bool code64 = is_code64(cpu, cs->attr);
	Segment ss;
	Descriptor stack;
	uint64_t rsp = stack_at(cpu, 2 * size + release, size);
	uint16_t selector = (uint16_t)stack_at(cpu, 3 * size + release, size);
	outer_stack_check(cpu, selector, cpl, code64, &ss, &stack);
	check_target(cpu, cs, rip, 0);
	descriptor_set_accessed(cpu, d);
	descriptor_set_accessed(cpu, &stack);
	cpu->seg[CS] = *cs;
	cpu->seg[SS] = ss;
	set_rsp_masked(cpu, rsp + release, code64 ? ~(uint64_t)0 : stack_mask_of(&ss));
	segments_drop_inner(cpu, cpl);
	cpu->rip = rip;
	set_cpl(cpu, cpl);
}

static void return_far(Cpu *cpu, unsigned size, unsigned release)
{
	Segment cs;
	Descriptor d;
	if (!in_protected_mode(cpu)) {
		return_real(cpu, size, release);
		return;
	}
	/* the selector first: the whole frame must be on the stack before anything of it is judged */
	uint16_t selector = (uint16_t)stack_at(cpu, size, size);
	uint64_t rip = stack_at(cpu, 0, size);
	return_code_check(cpu, selector, &cs, &d);
	if ((unsigned)(selector & SELECTOR_RPL) == cpu->cpl)
		return_same(cpu, &cs, &d, rip, 2 * size + release);
	else
		return_outer(cpu, &cs, &d, rip, size, release);
}

void op_retf(Cpu *cpu, const Insn *i)
{
	return_far(cpu, i->opsize, (unsigned)i->imm);
}
