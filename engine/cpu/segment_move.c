/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves to and from segment registers (SDM volume 2: MOV, PUSH, POP, LDS/LES/LFS/LGS/LSS). */
#include "cpu/segment.h"

#include "cpu/cpuid_leaf.h"
#include "insn_handlers.h"

/* Nothing interrupts between a load of SS and the instruction that sets the stack pointer. */
static void shadow_stack_load(Cpu *cpu)
{
	cpu->shadow_is_ss = true;
	cpu_raise_event(cpu, EVENT_SHADOW);
}

void op_mov_to_segment(Cpu *cpu, const Insn *i)
{
	if (i->reg == CS || i->reg >= SEGMENT_COUNT)
		fault_ud(cpu);
	segment_load(cpu, i->reg, (uint16_t)read_rm(cpu, i, 2));
	if (i->reg == SS)
		shadow_stack_load(cpu);
}

/* To a register the selector goes zero-extended, to memory always as a word. */
void op_mov_from_segment(Cpu *cpu, const Insn *i)
{
	if (i->reg >= SEGMENT_COUNT)
		fault_ud(cpu);
	write_rm(cpu, i, cpu->seg[i->reg].selector, i->flags & INSN_MEM ? 2 : i->opsize);
}

/* The register of PUSH and POP stands in the row. */
static unsigned fixed_segment(const Insn *i)
{
	return insn_forms[i->form].operand[0].reg;
}

/* A push wider than the selector is zero-extended by AMD's processors; Intel's leave the upper bytes of the slot alone. */
void op_push_segment(Cpu *cpu, const Insn *i)
{
	uint16_t selector = cpu->seg[fixed_segment(i)].selector;
	if (cpu_is_amd(cpu)) {
		stack_push(cpu, selector, i->opsize);
		return;
	}
	uint64_t rsp = (cpu->gpr[RSP] - i->opsize) & cpu->stack_mask;
	mem_write(cpu, SS, rsp, selector, 2);
	set_stack_pointer(cpu, rsp);
}

void op_pop_segment(Cpu *cpu, const Insn *i)
{
	unsigned segment = fixed_segment(i);
	uint64_t selector = stack_peek(cpu, i->opsize), rsp = cpu->gpr[RSP] + i->opsize, mask = cpu->stack_mask;
	segment_load(cpu, segment, (uint16_t)selector);
	set_rsp_masked(cpu, rsp, mask);
	if (segment == SS)
		shadow_stack_load(cpu);
}

static void load_far_pointer(Cpu *cpu, const Insn *i, unsigned segment)
{
	uint64_t ea = effective_address(cpu, i);
	unsigned size = far_offset_size(cpu, i);
	uint64_t offset = mem_read(cpu, i->seg, ea, size);
	uint16_t selector = (uint16_t)mem_read(cpu, i->seg, mask_address(ea + size, i->adsize), 2);
	segment_load(cpu, segment, selector);
	write_reg(cpu, i->reg, offset, size);
}

void op_les(Cpu *cpu, const Insn *i) { load_far_pointer(cpu, i, ES); }
void op_lss(Cpu *cpu, const Insn *i) { load_far_pointer(cpu, i, SS); }
void op_lds(Cpu *cpu, const Insn *i) { load_far_pointer(cpu, i, DS); }
void op_lfs(Cpu *cpu, const Insn *i) { load_far_pointer(cpu, i, FS); }
void op_lgs(Cpu *cpu, const Insn *i) { load_far_pointer(cpu, i, GS); }
