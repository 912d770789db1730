/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Task switches (SDM volume 3, 7.3): by JMP, CALL, interrupts through task gates, and IRET with NT.
 *
 * First everything is checked that can be checked while the old task is still whole: the new TSS's descriptor, both TSSs' memory,
 * CR3's page-directory pointers. Faults up to there are the old task's. Then the old state is saved, the new one loaded, and the
 * segments are checked one by one: faults from there on are the new task's, with its CS:EIP, and registers that were not
 * yet reached hold their selectors but can't be used. */
#include "cpu/segment.h"

#include "cpu/debug.h"
#include "cpu/paging.h"

enum {
	TSS32_LIMIT = 103, TSS16_LIMIT = 43,
	TSS32_CR3 = 0x1c, TSS32_EIP = 0x20, TSS32_EFLAGS = 0x24, TSS32_GPR = 0x28, TSS32_SEGMENTS = 0x48, TSS32_LDT = 0x60,
	TSS32_TRAP = 0x64,
	TSS16_IP = 14, TSS16_FLAGS = 16, TSS16_GPR = 18, TSS16_SEGMENTS = 34, TSS16_LDT = 42,
	TSS16_SEGMENT_COUNT = 4, /* ES CS SS DS */
	DR7_LOCAL = 0x155,
	EFLAGS_DEFINED = EFLAGS_ARITH | EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM |
			 EFLAGS_AC | EFLAGS_VIF | EFLAGS_VIP | EFLAGS_ID,
};

typedef struct Task {
	uint16_t selector;
	unsigned ext;
	TaskSource source;
	Descriptor descriptor;
	Segment tss;
	bool wide; /* a 32-bit TSS */
} Task;

typedef struct TaskState {
	uint32_t cr3, eip, eflags, gpr[8];
	uint16_t selector[SEGMENT_COUNT], ldt;
	bool trap;
} TaskState;

static bool nests(const Task *t)
{
	return t->source == TASK_CALL || t->source == TASK_INTERRUPT;
}

static uint64_t tss_read(Cpu *cpu, const Segment *tss, unsigned offset, unsigned size)
{
	return sys_read(cpu, system_linear(cpu, tss->base + offset), size);
}

static void tss_write(Cpu *cpu, const Segment *tss, unsigned offset, uint64_t value, unsigned size)
{
	sys_write(cpu, system_linear(cpu, tss->base + offset), value, size);
}

static bool is_wide(const Segment *tss)
{
	return tss->attr & 8;
}

/* ---- while the old task is whole ---- */

static void check_descriptor(Cpu *cpu, Task *t)
{
	uint32_t error = selector_error(t->selector, t->ext);
	unsigned vector = t->source == TASK_IRET ? VECTOR_TS : VECTOR_GP;
	unsigned busy = t->source == TASK_IRET ? TYPE_BUSY : 0;
	if ((t->selector & SELECTOR_TI) || !descriptor_read(cpu, t->selector, &t->descriptor))
		cpu_fault_code(cpu, vector, error);
	unsigned type = descriptor_type(&t->descriptor);
	if (type != (TYPE_TSS16 | busy) && type != (TYPE_TSS32 | busy))
		cpu_fault_code(cpu, vector, error);
	if (!descriptor_present(&t->descriptor))
		fault_np(cpu, error);
	t->tss = segment_from_descriptor(t->selector, &t->descriptor);
	t->wide = is_wide(&t->tss);
	if (t->tss.limit < (t->wide ? TSS32_LIMIT : TSS16_LIMIT))
		fault_ts(cpu, error);
}

static Descriptor old_descriptor(Cpu *cpu)
{
	return (Descriptor){ .linear = system_linear(cpu, cpu->gdtr.base + (cpu->tr.selector & SELECTOR_INDEX)) };
}

/* All the memory that the switch will touch. */
static void check_memory(Cpu *cpu, const Task *t)
{
	bool wide = is_wide(&cpu->tr);
	unsigned first = wide ? TSS32_EIP : TSS16_IP, end = wide ? TSS32_LDT : TSS16_LDT;
	if (!cpu->tr.usable || cpu->tr.limit < end - 1)
		fault_ts(cpu, selector_error(cpu->tr.selector, t->ext));
	sys_probe_write(cpu, system_linear(cpu, cpu->tr.base + first), end - first);
	sys_probe_read(cpu, system_linear(cpu, t->tss.base), (t->wide ? TSS32_LIMIT : TSS16_LIMIT) + 1);
	if (nests(t))
		sys_probe_write(cpu, system_linear(cpu, t->tss.base), 2);
	else
		sys_probe_write(cpu, old_descriptor(cpu).linear, 8);
	if (t->source != TASK_IRET)
		sys_probe_write(cpu, t->descriptor.linear, 8);
}

static bool loads_cr3(const Cpu *cpu, const Task *t)
{
	return t->wide && (cpu->cr0 & CR0_PG);
}

static void check_cr3(Cpu *cpu, const Task *t)
{
	uint64_t pdpte[4];
	if (loads_cr3(cpu, t) && (cpu->cr4 & CR4_PAE) && !paging_read_pdptes(cpu, tss_read(cpu, &t->tss, TSS32_CR3, 4), pdpte))
		fault_gp(cpu, t->ext);
}

/* ---- the state in a TSS ---- */

static void save_state(Cpu *cpu, uint32_t eflags)
{
	const Segment *tss = &cpu->tr;
	bool wide = is_wide(tss);
	unsigned size = wide ? 4 : 2;
	tss_write(cpu, tss, wide ? TSS32_EIP : TSS16_IP, cpu->rip, size);
	tss_write(cpu, tss, wide ? TSS32_EFLAGS : TSS16_FLAGS, eflags, size);
	for (unsigned n = 0; n < 8; n++)
		tss_write(cpu, tss, (wide ? TSS32_GPR : TSS16_GPR) + n * size, cpu->gpr[n], size);
	for (unsigned n = 0; n < (wide ? SEGMENT_COUNT : TSS16_SEGMENT_COUNT); n++)
		tss_write(cpu, tss, (wide ? TSS32_SEGMENTS : TSS16_SEGMENTS) + n * size, cpu->seg[n].selector, 2);
}

static void load_state16(Cpu *cpu, const Segment *tss, TaskState *s)
{
	s->eip = (uint32_t)tss_read(cpu, tss, TSS16_IP, 2);
	s->eflags = (uint32_t)tss_read(cpu, tss, TSS16_FLAGS, 2);
	for (unsigned n = 0; n < 8; n++) /* the upper halves are undefined */
		s->gpr[n] = 0xffff0000 | (uint32_t)tss_read(cpu, tss, TSS16_GPR + n * 2, 2);
	for (unsigned n = 0; n < TSS16_SEGMENT_COUNT; n++)
		s->selector[n] = (uint16_t)tss_read(cpu, tss, TSS16_SEGMENTS + n * 2, 2);
	s->ldt = (uint16_t)tss_read(cpu, tss, TSS16_LDT, 2);
}

static void load_state32(Cpu *cpu, const Segment *tss, TaskState *s)
{
	s->cr3 = (uint32_t)tss_read(cpu, tss, TSS32_CR3, 4);
	s->eip = (uint32_t)tss_read(cpu, tss, TSS32_EIP, 4);
	s->eflags = (uint32_t)tss_read(cpu, tss, TSS32_EFLAGS, 4);
	for (unsigned n = 0; n < 8; n++)
		s->gpr[n] = (uint32_t)tss_read(cpu, tss, TSS32_GPR + n * 4, 4);
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		s->selector[n] = (uint16_t)tss_read(cpu, tss, TSS32_SEGMENTS + n * 4, 2);
	s->ldt = (uint16_t)tss_read(cpu, tss, TSS32_LDT, 2);
	s->trap = tss_read(cpu, tss, TSS32_TRAP, 1) & 1;
}

/* ---- the switch ---- */

/* Memory: the old task's state, both busy bits, the link back. */
static void leave_old(Cpu *cpu, const Task *t)
{
	uint32_t eflags = eflags_get(cpu);
	Descriptor old = old_descriptor(cpu);
	if (t->source == TASK_IRET)
		eflags &= ~(uint32_t)EFLAGS_NT;
	if (!nests(t))
		descriptor_set_busy(cpu, &old, false);
	save_state(cpu, eflags);
	if (nests(t))
		tss_write(cpu, &t->tss, 0, cpu->tr.selector, 2);
	if (t->source != TASK_IRET)
		descriptor_set_busy(cpu, &t->descriptor, true);
}

/* Registers, with all segments unusable as yet (but in v86 mode). A block's fault would set RIP back: there is none any more. */
static void enter_new(Cpu *cpu, const Task *t, const TaskState *s)
{
	bool v86 = s->eflags & EFLAGS_VM;
	cpu->insn = NULL;
	cpu->tr = t->tss;
	cpu->tr.attr |= TYPE_BUSY;
	cpu->cr0 |= CR0_TS;
	cpu->dr[7] &= ~(uint64_t)DR7_LOCAL;
	debug_registers_changed(cpu);
	if (loads_cr3(cpu, t))
		paging_load_cr3(cpu, s->cr3);
	for (unsigned n = 0; n < 8; n++)
		cpu->gpr[n] = s->gpr[n];
	for (unsigned n = 0; n < SEGMENT_COUNT; n++) {
		if (v86)
			segment_set_v86(cpu, n, s->selector[n]);
		else
			cpu->seg[n] = segment_null(s->selector[n]);
	}
	cpu->ldtr = segment_null(s->ldt);
	cpu->rip = s->eip;
	cpu->cpl = v86 ? 3 : s->selector[CS] & SELECTOR_RPL;
	eflags_set(cpu, (s->eflags & EFLAGS_DEFINED) | (nests(t) ? EFLAGS_NT : 0));
	cpu_mode_changed(cpu);
}

/* ---- the new task's segments (SDM volume 3, table 7-1) ---- */

static void load_ldt(Cpu *cpu, const Task *t)
{
	uint16_t selector = cpu->ldtr.selector;
	Descriptor d;
	if (selector_is_null(selector))
		return;
	if ((selector & SELECTOR_TI) || !descriptor_read(cpu, selector, &d) || descriptor_type(&d) != TYPE_LDT ||
	    !descriptor_present(&d))
		fault_ts(cpu, selector_error(selector, t->ext));
	cpu->ldtr = segment_from_descriptor(selector, &d);
}

static void check_code(Cpu *cpu, const Task *t, Descriptor *d)
{
	uint16_t selector = cpu->seg[CS].selector;
	unsigned rpl = selector & SELECTOR_RPL;
	if (selector_is_null(selector) || !descriptor_read(cpu, selector, d) || !descriptor_is_code(d))
		fault_ts(cpu, selector_error(selector, t->ext));
	if (descriptor_is_conforming(d) ? descriptor_dpl(d) > rpl : descriptor_dpl(d) != rpl)
		fault_ts(cpu, selector_error(selector, t->ext));
}

static void check_stack(Cpu *cpu, const Task *t, Descriptor *d)
{
	uint16_t selector = cpu->seg[SS].selector;
	uint32_t error = selector_error(selector, t->ext);
	if (selector_is_null(selector) || !descriptor_read(cpu, selector, d) || !descriptor_is_writable_data(d))
		fault_ts(cpu, error);
	if (!descriptor_present(d))
		fault_ss(cpu, error);
	if (descriptor_dpl(d) != cpu->cpl || (selector & SELECTOR_RPL) != cpu->cpl)
		fault_ts(cpu, error);
}

static void load_checked(Cpu *cpu, unsigned segment, Descriptor *d)
{
	descriptor_set_accessed(cpu, d);
	cpu->seg[segment] = segment_from_descriptor(cpu->seg[segment].selector, d);
	segment_refresh(cpu, segment);
}

static void load_data(Cpu *cpu, const Task *t, unsigned segment)
{
	uint16_t selector = cpu->seg[segment].selector;
	uint32_t error = selector_error(selector, t->ext);
	Descriptor d;
	if (selector_is_null(selector))
		return;
	if (!descriptor_read(cpu, selector, &d) || !descriptor_is_segment(&d))
		fault_ts(cpu, error);
	if (descriptor_is_code(&d) && !(descriptor_type(&d) & AR_READABLE))
		fault_ts(cpu, error);
	if (!descriptor_is_conforming(&d) && descriptor_dpl(&d) < MAX(cpu->cpl, (unsigned)(selector & SELECTOR_RPL)))
		fault_ts(cpu, error);
	if (!descriptor_present(&d))
		fault_np(cpu, error);
	load_checked(cpu, segment, &d);
}

static void load_segments(Cpu *cpu, const Task *t)
{
	static const uint8_t data_segments[] = { DS, ES, FS, GS };
	Descriptor code, stack;
	check_code(cpu, t, &code);
	check_stack(cpu, t, &stack);
	if (!descriptor_present(&code))
		fault_np(cpu, selector_error(cpu->seg[CS].selector, t->ext));
	load_checked(cpu, CS, &code);
	load_checked(cpu, SS, &stack);
	cpu_mode_changed(cpu);
	for (unsigned n = 0; n < sizeof data_segments; n++)
		load_data(cpu, t, data_segments[n]);
}

static void push_error_code(Cpu *cpu, const Task *t, uint32_t error_code)
{
	Frame f;
	frame_on_current(cpu, &f, t->wide ? 4 : 2, t->ext);
	frame_check_room(cpu, &f, 1);
	frame_add(&f, error_code);
	frame_write(cpu, &f);
	frame_set_rsp(cpu, &f);
}

void task_switch(Cpu *cpu, uint16_t selector, TaskSource source, unsigned ext, const uint32_t *error_code)
{
	Task t = { .selector = selector, .ext = ext, .source = source };
	TaskState state = { 0 };
	check_descriptor(cpu, &t);
	check_memory(cpu, &t);
	check_cr3(cpu, &t);
	leave_old(cpu, &t);
	if (t.wide)
		load_state32(cpu, &t.tss, &state);
	else
		load_state16(cpu, &t.tss, &state);
	enter_new(cpu, &t, &state);
	load_ldt(cpu, &t);
	if (!(cpu->mode & MODE_V86))
		load_segments(cpu, &t);
	if (state.trap) {
		cpu->debug_pending |= DR6_BT;
		cpu_raise_event(cpu, EVENT_DEBUG);
	}
	if (error_code)
		push_error_code(cpu, &t, *error_code);
	if (cpu->rip > cpu->seg[CS].limit)
		fault_gp(cpu, ext);
	if (source != TASK_IRET) /* IRET looks for itself */
		check_virtual_interrupt(cpu);
}
