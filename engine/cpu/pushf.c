/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PUSHF, POPF, CLI, STI (SDM volume 2; volume 3, 20.3 and 20.4 for the virtual interrupt flag). */
#include "cpu/segment.h"

#include "insn_handlers.h"

static bool in_v86(const Cpu *cpu)
{
	return cpu->mode & MODE_V86;
}

void op_pushf(Cpu *cpu, const Insn *i)
{
	uint32_t eflags = eflags_get(cpu) & ~(uint32_t)(EFLAGS_VM | EFLAGS_RF);
	if (in_v86(cpu) && iopl(cpu) < 3) {
		if (!(cpu->cr4 & CR4_VME) || i->opsize != 2)
			fault_gp(cpu, 0);
		eflags &= ~(uint32_t)EFLAGS_IF;
		eflags |= EFLAGS_IOPL | (eflags & EFLAGS_VIF ? EFLAGS_IF : 0);
	}
	stack_push(cpu, eflags, i->opsize);
}

/* Which bits POPF may write; in v86 mode below IOPL 3 with CR4.VME, IF stands for VIF. */
static uint32_t writable_flags(const Cpu *cpu, unsigned size)
{
	uint32_t mask = EFLAGS_ARITH | EFLAGS_TF | EFLAGS_DF | EFLAGS_NT;
	if (size != 2)
		mask |= EFLAGS_AC | EFLAGS_ID;
	if (in_v86(cpu) ? iopl(cpu) == 3 : cpu->cpl <= iopl(cpu))
		mask |= EFLAGS_IF;
	if (!in_v86(cpu) && cpu->cpl == 0)
		mask |= EFLAGS_IOPL;
	return mask;
}

static void check_popf_vme(Cpu *cpu, uint32_t eflags)
{
	if ((eflags & EFLAGS_TF) || ((eflags & EFLAGS_IF) && (cpu->eflags & EFLAGS_VIP)))
		fault_gp(cpu, 0);
}

void op_popf(Cpu *cpu, const Insn *i)
{
	uint32_t mask = writable_flags(cpu, i->opsize);
	bool virtual_if = in_v86(cpu) && iopl(cpu) < 3;
	if (virtual_if && (!(cpu->cr4 & CR4_VME) || i->opsize != 2))
		fault_gp(cpu, 0);
	uint32_t eflags = (uint32_t)stack_peek(cpu, i->opsize);
	if (virtual_if) {
		check_popf_vme(cpu, eflags);
		eflags = (eflags & 0xffff) | (eflags & EFLAGS_IF ? EFLAGS_VIF : 0);
		mask |= EFLAGS_VIF;
	}
	set_stack_pointer(cpu, cpu->gpr[RSP] + i->opsize);
	eflags_set(cpu, (eflags_get(cpu) & ~(mask | EFLAGS_RF)) | (eflags & mask));
}

/* Which flag CLI and STI work on here: IF, VIF, or none (#GP). */
static uint32_t interrupt_flag(Cpu *cpu)
{
	if (!(cpu->cr0 & CR0_PE))
		return EFLAGS_IF;
	if (in_v86(cpu) ? iopl(cpu) == 3 : cpu->cpl <= iopl(cpu))
		return EFLAGS_IF;
	if (in_v86(cpu) ? cpu->cr4 & CR4_VME : cpu->cpl == 3 && (cpu->cr4 & CR4_PVI))
		return EFLAGS_VIF;
	fault_gp(cpu, 0);
}

void op_cli(Cpu *cpu, const Insn *i)
{
	(void)i;
	cpu->eflags &= ~interrupt_flag(cpu);
}

void op_sti(Cpu *cpu, const Insn *i)
{
	(void)i;
	uint32_t flag = interrupt_flag(cpu);
	if (flag == EFLAGS_VIF) {
		if (cpu->eflags & EFLAGS_VIP)
			fault_gp(cpu, 0);
	} else if (!(cpu->eflags & EFLAGS_IF)) {
		cpu->shadow_is_ss = false;
		cpu_raise_event(cpu, EVENT_SHADOW);
		cpu_leave_block(cpu);
	}
	cpu->eflags |= flag;
}
