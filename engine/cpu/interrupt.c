/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delivery of interrupts and exceptions (SDM volume 2, INT n; volume 3, chapter 6 and 20.3), and the instructions that ask
 * for it.
 *
 * RF in the pushed image (SDM volume 3, 17.3.1.1): set here for exceptions of the fault class; for #DB and for interrupts of
 * repeated string instructions the caller sets it in cpu->eflags beforehand; software interrupts push it clear. */
#include "cpu/segment.h"

#include "cpu/debug.h"
#include "insn_handlers.h"

typedef struct Delivery {
	unsigned vector, ext;
	bool software;	   /* INT n, INT3, INTO: the gate's DPL counts */
	bool has_error_code;
	uint32_t error_code;
	uint32_t eflags;   /* the image to push */
} Delivery;

/* Error code for the IDT's entry. */
static uint32_t idt_error(const Delivery *d)
{
	return d->vector << 3 | 2 | d->ext;
}

static bool is_fault_class(unsigned vector)
{
	switch (vector) {
	case VECTOR_DB: case VECTOR_NMI: case VECTOR_BP: case VECTOR_OF: case VECTOR_DF: case VECTOR_MC: return false;
	default: return true;
	}
}

/* ---- real mode, and v86 mode's own handlers ---- */

static void enter_ivt(Cpu *cpu, uint64_t linear, uint16_t flags, uint32_t clear)
{
	Frame f;
	uint32_t entry = (uint32_t)sys_read(cpu, linear, 4);
	frame_on_current(cpu, &f, 2, 0);
	frame_check_room(cpu, &f, 3);
	frame_add(&f, flags);
	frame_add(&f, cpu->seg[CS].selector);
	frame_add(&f, cpu->rip);
	frame_write(cpu, &f);
	frame_set_rsp(cpu, &f);
	cpu->eflags &= ~clear;
	code_set_real(cpu, (uint16_t)(entry >> 16), entry & 0xffff);
}

static void deliver_real(Cpu *cpu, const Delivery *d)
{
	if (d->vector * 4 + 3 > cpu->idtr.limit)
		fault_gp(cpu, idt_error(d));
	enter_ivt(cpu, (uint32_t)(cpu->idtr.base + d->vector * 4), (uint16_t)d->eflags,
		  EFLAGS_IF | EFLAGS_TF | EFLAGS_RF | EFLAGS_AC);
}

/* The bitmap of 256 bits below the I/O permission bitmap: clear means that the v86 program handles that INT n itself. */
static bool is_redirected(Cpu *cpu, unsigned vector)
{
	if (!cpu->tr.usable || cpu->tr.limit < 103)
		fault_gp(cpu, 0);
	unsigned base = (unsigned)sys_read(cpu, system_linear(cpu, cpu->tr.base + 102), 2);
	unsigned offset = base - 32 + vector / 8;
	if (offset > cpu->tr.limit)
		fault_gp(cpu, 0);
	return !(sys_read(cpu, system_linear(cpu, cpu->tr.base + offset), 1) >> (vector & 7) & 1);
}

static void deliver_redirected(Cpu *cpu, const Delivery *d)
{
	uint32_t flags = d->eflags;
	uint32_t clear = EFLAGS_TF | EFLAGS_RF;
	if (iopl(cpu) == 3) {
		clear |= EFLAGS_IF;
	} else {
		flags = (flags & ~(uint32_t)EFLAGS_IF) | EFLAGS_IOPL | (flags & EFLAGS_VIF ? EFLAGS_IF : 0);
		clear |= EFLAGS_VIF;
	}
	enter_ivt(cpu, d->vector * 4, (uint16_t)flags, clear);
}

/* INT n in v86 mode. True: it has been delivered. */
static bool deliver_within_v86(Cpu *cpu, const Delivery *d)
{
	if ((cpu->cr4 & CR4_VME) && is_redirected(cpu, d->vector)) {
		deliver_redirected(cpu, d);
		return true;
	}
	if (iopl(cpu) < 3)
		fault_gp(cpu, 0);
	return false;
}

/* ---- through a gate ---- */

static void check_gate(Cpu *cpu, const Delivery *d, const Descriptor *gate)
{
	if (d->software && descriptor_dpl(gate) < cpu->cpl)
		fault_gp(cpu, idt_error(d));
	if (!descriptor_present(gate))
		fault_np(cpu, idt_error(d));
}

static void check_handler(Cpu *cpu, const Delivery *d, uint16_t selector, Descriptor *code)
{
	uint32_t error = selector_error(selector, d->ext);
	if (selector_is_null(selector))
		fault_gp(cpu, d->ext);
	if (!descriptor_read(cpu, selector, code) || !descriptor_is_code(code) || descriptor_dpl(code) > cpu->cpl)
		fault_gp(cpu, error);
	if (in_long_mode(cpu) && (descriptor_attr(code) & (AR_L | AR_DB)) != AR_L)
		fault_gp(cpu, error);
	if (!descriptor_present(code))
		fault_np(cpu, error);
	if ((cpu->mode & MODE_V86) && (descriptor_is_conforming(code) || descriptor_dpl(code) != 0))
		fault_gp(cpu, error);
}

static void add_return(Cpu *cpu, Frame *f, const Delivery *d)
{
	frame_add(f, d->eflags);
	frame_add(f, cpu->seg[CS].selector);
	frame_add(f, cpu->rip);
	if (d->has_error_code)
		frame_add(f, d->error_code);
}

static void add_v86_segments(Cpu *cpu, Frame *f)
{
	static const uint8_t order[] = { GS, FS, DS, ES };
	for (unsigned n = 0; n < sizeof order; n++)
		frame_add(f, cpu->seg[order[n]].selector);
}

static void drop_v86_segments(Cpu *cpu)
{
	static const uint8_t dropped[] = { GS, FS, DS, ES };
	for (unsigned n = 0; n < sizeof dropped; n++)
		cpu->seg[dropped[n]] = segment_null(0);
}

/* Writes the frame, then changes everything. */
static void enter_handler(Cpu *cpu, Frame *f, Descriptor *code, uint16_t selector, uint64_t rip, unsigned cpl,
			  bool mask_interrupts)
{
	frame_write(cpu, f);
	if (f->inner)
		descriptor_set_accessed(cpu, &f->descriptor);
	descriptor_set_accessed(cpu, code);
	if (cpu->mode & MODE_V86)
		drop_v86_segments(cpu);
	cpu->seg[CS] = segment_from_descriptor((uint16_t)((selector & ~SELECTOR_RPL) | cpl), code);
	if (f->inner && cpl != cpu->cpl)
		cpu->seg[SS] = f->ss;
	frame_set_rsp(cpu, f);
	cpu->rip = rip;
	cpu->eflags &= ~(uint32_t)(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | (mask_interrupts ? EFLAGS_IF : 0));
	set_cpl(cpu, cpl);
}

static void deliver_by_gate(Cpu *cpu, const Delivery *d, const Descriptor *gate)
{
	unsigned type = descriptor_type(gate), size = type & 8 ? 4 : 2;
	uint16_t selector = gate_selector(gate);
	uint64_t rip = size == 4 ? gate_offset(gate) : gate->low & 0xffff;
	bool v86 = cpu->mode & MODE_V86;
	Descriptor code;
	Frame f;
	check_handler(cpu, d, selector, &code);
	Segment cs = segment_from_descriptor(selector, &code);
	unsigned cpl = descriptor_is_conforming(&code) ? cpu->cpl : descriptor_dpl(&code);
	bool inner = cpl < cpu->cpl;
	if (inner)
		frame_on_ring(cpu, &f, cpl, size, d->ext);
	else
		frame_on_current(cpu, &f, size, d->ext);
	frame_check_room(cpu, &f, 3 + (inner ? 2 : 0) + (v86 ? 4 : 0) + (d->has_error_code ? 1 : 0));
	check_target(cpu, &cs, rip, d->ext);
	if (v86)
		add_v86_segments(cpu, &f);
	if (inner) {
		frame_add(&f, cpu->seg[SS].selector);
		frame_add(&f, cpu->gpr[RSP]);
	}
	add_return(cpu, &f, d);
	enter_handler(cpu, &f, &code, selector, rip, cpl, !(type & 1));
}

/* A task gate's error code goes on the new task's stack. */
static void deliver_by_task(Cpu *cpu, const Delivery *d, const Descriptor *gate)
{
	cpu->eflags = (cpu->eflags & ~(uint32_t)EFLAGS_RF) | (d->eflags & EFLAGS_RF); /* the old TSS keeps the image */
	task_switch(cpu, gate_selector(gate), TASK_INTERRUPT, d->ext, d->has_error_code ? &d->error_code : NULL);
}

static void deliver_protected(Cpu *cpu, const Delivery *d)
{
	Descriptor gate = { .linear = (uint32_t)(cpu->idtr.base + d->vector * 8) };
	if (d->vector * 8 + 7 > cpu->idtr.limit)
		fault_gp(cpu, idt_error(d));
	uint64_t value = sys_read(cpu, gate.linear, 8);
	gate.low = (uint32_t)value;
	gate.high = (uint32_t)(value >> 32);
	switch (descriptor_type(&gate)) {
	case TYPE_TASK_GATE:
		check_gate(cpu, d, &gate);
		deliver_by_task(cpu, d, &gate);
		break;
	case TYPE_INTERRUPT_GATE16: case TYPE_TRAP_GATE16: case TYPE_INTERRUPT_GATE32: case TYPE_TRAP_GATE32:
		check_gate(cpu, d, &gate);
		deliver_by_gate(cpu, d, &gate);
		break;
	default: fault_gp(cpu, idt_error(d));
	}
}

/* ---- long mode ---- */

/* The stack: an inner ring's, an IST entry's, or the current one; always aligned to 16. */
static void frame_on_long(Cpu *cpu, Frame *f, unsigned ist, unsigned cpl, unsigned ext)
{
	if (ist) {
		frame_on_slot64(cpu, f, ist + 3, cpl, ext);
		f->inner = cpl < 3;
	} else if (cpl < cpu->cpl) {
		frame_on_slot64(cpu, f, cpl, cpl, ext);
	} else {
		frame_on_current(cpu, f, 8, ext);
		f->flat = true;
		f->rsp = cpu->gpr[RSP];
		f->mask = ~(uint64_t)0;
	}
	f->rsp &= ~(uint64_t)15;
}

static void deliver_long(Cpu *cpu, const Delivery *d)
{
	Descriptor gate = { .linear = cpu->idtr.base + d->vector * 16 }, code;
	Frame f;
	if (d->vector * 16 + 15 > cpu->idtr.limit)
		fault_gp(cpu, idt_error(d));
	uint64_t low = sys_read(cpu, gate.linear, 8), high = sys_read(cpu, gate.linear + 8, 8);
	gate.low = (uint32_t)low;
	gate.high = (uint32_t)(low >> 32);
	gate.upper = (uint32_t)high;
	gate.reserved = (uint32_t)(high >> 32);
	unsigned type = descriptor_type(&gate);
	if ((type != TYPE_INTERRUPT_GATE32 && type != TYPE_TRAP_GATE32) || !descriptor_upper_valid(&gate))
		fault_gp(cpu, idt_error(d));
	check_gate(cpu, d, &gate);
	uint16_t selector = gate_selector(&gate);
	uint64_t rip = gate_offset(&gate);
	check_handler(cpu, d, selector, &code);
	Segment cs = segment_from_descriptor(selector, &code);
	unsigned cpl = descriptor_is_conforming(&code) ? cpu->cpl : descriptor_dpl(&code);
	frame_on_long(cpu, &f, gate.high & 7, cpl, d->ext);
	frame_check_room(cpu, &f, d->has_error_code ? 6 : 5);
	check_target(cpu, &cs, rip, d->ext);
	frame_add(&f, cpu->seg[SS].selector);
	frame_add(&f, cpu->gpr[RSP]);
	add_return(cpu, &f, d);
	enter_handler(cpu, &f, &code, selector, rip, cpl, !(type & 1));
}

/* ---- the front ---- */

/* One #DB tells of every trap there is. Were one that MOV SS put off to come after INT1's, at the handler's first instruction, its frame
 * would overwrite the first one's on an interrupt stack. */
static void note_pending_traps(Cpu *cpu)
{
	if (!cpu->debug_pending)
		return;
	cpu->dr[6] = (cpu->dr[6] & ~(uint64_t)0xf) | cpu->debug_pending;
	cpu->debug_pending = 0;
}

void cpu_deliver(Cpu *cpu, unsigned vector, DeliverySource source, bool has_error_code, uint32_t error_code)
{
	Delivery d = { .vector = vector, .has_error_code = has_error_code, .error_code = error_code, .eflags = eflags_get(cpu) };
	d.software = source == DELIVER_INT_N || source == DELIVER_INT3_INTO;
	d.ext = !d.software;
	if (d.software || source == DELIVER_ICEBP) {
		/* TF is cleared on the way into the handler, and with it the trap that was due after this instruction */
		cpu->debug_pending &= ~(uint32_t)DR6_BS;
		d.eflags &= ~(uint32_t)EFLAGS_RF;
	} else if (source == DELIVER_EXCEPTION && is_fault_class(vector)) {
		d.eflags |= EFLAGS_RF;
	}
	if (!(cpu->cr0 & CR0_PE))
		deliver_real(cpu, &d);
	else if (in_long_mode(cpu))
		deliver_long(cpu, &d);
	else if (source != DELIVER_INT_N || !(cpu->mode & MODE_V86) || !deliver_within_v86(cpu, &d))
		deliver_protected(cpu, &d);
	if (vector == VECTOR_DB && !d.software) {
		cpu->dr[7] &= ~(uint64_t)DR7_GD; /* the handler may touch the debug registers */
		note_pending_traps(cpu);
	}
}

static void software_interrupt(Cpu *cpu, const Insn *i, unsigned vector, DeliverySource source)
{
	cpu->rip = insn_next_rip(cpu, i);
	cpu_deliver(cpu, vector, source, false, 0);
}

void op_int(Cpu *cpu, const Insn *i) { software_interrupt(cpu, i, (uint8_t)i->imm, DELIVER_INT_N); }
void op_int3(Cpu *cpu, const Insn *i) { software_interrupt(cpu, i, VECTOR_BP, DELIVER_INT3_INTO); }
void op_int1(Cpu *cpu, const Insn *i) { software_interrupt(cpu, i, VECTOR_DB, DELIVER_ICEBP); }

void op_into(Cpu *cpu, const Insn *i)
{
	if (flag_of(&cpu->af))
		software_interrupt(cpu, i, VECTOR_OF, DELIVER_INT3_INTO);
	else
		cpu->rip = insn_next_rip(cpu, i);
}
