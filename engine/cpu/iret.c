/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IRET in all modes (SDM volume 2, IRET; volume 3, 20.2 for virtual-8086 mode and 20.3 for its extensions). */
#include "cpu/segment.h"

#include "insn_handlers.h"

enum {
	FLAGS_ALWAYS = EFLAGS_ARITH | EFLAGS_TF | EFLAGS_DF | EFLAGS_NT,
	FLAGS_WIDE = EFLAGS_RF | EFLAGS_AC | EFLAGS_ID, /* with 32- and 64-bit operands */
};

typedef struct ReturnFrame {
	uint64_t rip;
	uint32_t eflags;
	uint16_t selector;
	unsigned size;
} ReturnFrame;

static void merge_eflags(Cpu *cpu, uint32_t eflags, uint32_t mask)
{
	eflags_set(cpu, (eflags_get(cpu) & ~mask) | (eflags & mask));
}

static void pop_frame(Cpu *cpu, ReturnFrame *f, unsigned size)
{
	f->size = size;
	f->eflags = (uint32_t)stack_at(cpu, 2 * size, size);
	f->selector = (uint16_t)stack_at(cpu, size, size);
	f->rip = stack_at(cpu, 0, size);
}

/* ---- real and v86 mode ---- */

static void finish_real(Cpu *cpu, const ReturnFrame *f, uint32_t mask)
{
	if (f->rip > cpu->seg[CS].limit)
		fault_gp(cpu, 0);
	set_stack_pointer(cpu, cpu->gpr[RSP] + 3 * f->size);
	merge_eflags(cpu, f->eflags, mask);
	code_set_real(cpu, f->selector, f->rip);
}

static void return_real(Cpu *cpu, const ReturnFrame *f)
{
	finish_real(cpu, f, FLAGS_ALWAYS | EFLAGS_IF | EFLAGS_IOPL | (f->size == 2 ? 0 : FLAGS_WIDE));
}

/* With CR4.VME, a 16-bit IRET below IOPL 3 sets VIF in the place of IF, unless that would have to end in the monitor. */
static void return_vme(Cpu *cpu, ReturnFrame *f)
{
	bool interrupts = f->eflags & EFLAGS_IF;
	if ((f->eflags & EFLAGS_TF) || (interrupts && (cpu->eflags & EFLAGS_VIP)))
		fault_gp(cpu, 0);
	f->eflags &= 0xffff;
	f->eflags |= interrupts ? EFLAGS_VIF : 0;
	finish_real(cpu, f, FLAGS_ALWAYS | EFLAGS_VIF);
}

static void return_within_v86(Cpu *cpu, unsigned size)
{
	ReturnFrame f;
	bool vme = (cpu->cr4 & CR4_VME) && size == 2;
	if (iopl(cpu) < 3 && !vme)
		fault_gp(cpu, 0);
	pop_frame(cpu, &f, size);
	if (iopl(cpu) < 3)
		return_vme(cpu, &f);
	else
		finish_real(cpu, &f, FLAGS_ALWAYS | EFLAGS_IF | (size == 2 ? 0 : FLAGS_WIDE));
}

/* ---- protected mode ---- */

/* What the old CPL may change of EFLAGS. */
static uint32_t writable_flags(const Cpu *cpu, unsigned size)
{
	uint32_t mask = FLAGS_ALWAYS | (size == 2 ? 0 : FLAGS_WIDE);
	if (cpu->cpl <= iopl(cpu))
		mask |= EFLAGS_IF;
	if (cpu->cpl == 0)
		mask |= EFLAGS_IOPL | (size == 2 ? 0 : EFLAGS_VIF | EFLAGS_VIP);
	return mask;
}

static void return_to_v86(Cpu *cpu, const ReturnFrame *f)
{
	static const uint8_t order[] = { SS, ES, DS, FS, GS };
	uint16_t selector[sizeof order];
	uint64_t rsp = stack_at(cpu, 12, 4);
	for (unsigned n = 0; n < sizeof order; n++)
		selector[n] = (uint16_t)stack_at(cpu, 16 + 4 * n, 4);
	if (f->rip > 0xffff)
		fault_gp(cpu, 0);
	segment_set_v86(cpu, CS, f->selector);
	for (unsigned n = 0; n < sizeof order; n++)
		segment_set_v86(cpu, order[n], selector[n]);
	cpu->gpr[RSP] = rsp;
	cpu->rip = f->rip;
	cpu->cpl = 3;
	eflags_set(cpu, f->eflags & (FLAGS_ALWAYS | FLAGS_WIDE | EFLAGS_IF | EFLAGS_IOPL | EFLAGS_VIF | EFLAGS_VIP | EFLAGS_VM));
	cpu_mode_changed(cpu);
}

static void return_task(Cpu *cpu)
{
	uint16_t selector = (uint16_t)sys_read(cpu, system_linear(cpu, cpu->tr.base), 2);
	task_switch(cpu, selector, TASK_IRET, 0, NULL);
}

static void finish_protected(Cpu *cpu, const ReturnFrame *f, const Segment *cs)
{
	uint32_t mask = writable_flags(cpu, f->size);
	cpu->seg[CS] = *cs;
	cpu->rip = f->rip;
	cpu->cpl = cs->selector & SELECTOR_RPL;
	merge_eflags(cpu, f->eflags, mask);
}

static void return_same(Cpu *cpu, const ReturnFrame *f, const Segment *cs, Descriptor *d)
{
	check_target(cpu, cs, f->rip, 0);
	descriptor_set_accessed(cpu, d);
	set_stack_pointer(cpu, cpu->gpr[RSP] + 3 * f->size);
	finish_protected(cpu, f, cs);
	cpu_mode_changed(cpu);
}

/* To an outer ring; 64-bit code pops SS:RSP always. */
static void return_with_stack(Cpu *cpu, const ReturnFrame *f, const Segment *cs, Descriptor *d)
{
	unsigned cpl = cs->selector & SELECTOR_RPL;
	bool outer = cpl > cpu->cpl, code64 = is_code64(cpu, cs->attr);
	Segment ss;
	Descriptor stack;
	uint16_t selector = (uint16_t)stack_at(cpu, 4 * f->size, f->size);
	uint64_t rsp = stack_at(cpu, 3 * f->size, f->size);
	outer_stack_check(cpu, selector, cpl, code64, &ss, &stack);
	check_target(cpu, cs, f->rip, 0);
	descriptor_set_accessed(cpu, d);
	descriptor_set_accessed(cpu, &stack);
	cpu->seg[SS] = ss;
	set_rsp_masked(cpu, rsp, code64 ? ~(uint64_t)0 : stack_mask_of(&ss));
	finish_protected(cpu, f, cs);
	if (outer)
		segments_drop_inner(cpu, cpl);
	cpu_mode_changed(cpu);
}

static void return_protected(Cpu *cpu, unsigned size)
{
	ReturnFrame f;
	Segment cs;
	Descriptor d;
	if (cpu->eflags & EFLAGS_NT) {
		if (in_long_mode(cpu))
			fault_gp(cpu, 0);
		return_task(cpu);
		return;
	}
	pop_frame(cpu, &f, size);
	if (size == 4 && (f.eflags & EFLAGS_VM) && cpu->cpl == 0 && !in_long_mode(cpu)) {
		return_to_v86(cpu, &f);
		return;
	}
	return_code_check(cpu, f.selector, &cs, &d);
	if ((unsigned)(f.selector & SELECTOR_RPL) > cpu->cpl || in_64bit_code(cpu))
		return_with_stack(cpu, &f, &cs, &d);
	else
		return_same(cpu, &f, &cs, &d);
}

/* NMIs are let in again even where IRET itself faults. */
void op_iret(Cpu *cpu, const Insn *i)
{
	cpu->nmi_blocked = false;
	cpu->rip = insn_next_rip(cpu, i); /* where a task that returns goes on, when it is entered again */
	if (cpu->mode & MODE_V86) {
		return_within_v86(cpu, i->opsize);
	} else if (in_protected_mode(cpu)) {
		return_protected(cpu, i->opsize);
		check_virtual_interrupt(cpu);
	} else {
		ReturnFrame f;
		pop_frame(cpu, &f, i->opsize);
		return_real(cpu, &f);
	}
}
