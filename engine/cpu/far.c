/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Far JMP and CALL: direct, through call gates, task gates and TSSs (SDM volume 2, JMP and CALL; volume 3, 5.8). */
#include "cpu/segment.h"

#include "insn_handlers.h"

typedef struct FarJump {
	uint16_t selector;
	uint64_t offset;
	bool call;
	unsigned size;	    /* operand size: what a CALL pushes */
	uint64_t return_rip;
} FarJump;

/* Enters checked code. `frame` may be NULL; its SS is loaded if it is an inner one. */
static void enter(Cpu *cpu, const Segment *cs, Descriptor *code, uint64_t rip, unsigned cpl, Frame *frame)
{
	if (frame) {
		frame_write(cpu, frame);
		if (frame->inner)
			descriptor_set_accessed(cpu, &frame->descriptor);
	}
	descriptor_set_accessed(cpu, code);
	cpu->seg[CS] = *cs;
	cpu->seg[CS].attr |= AR_ACCESSED;
	cpu->seg[CS].selector = (uint16_t)((cs->selector & ~SELECTOR_RPL) | cpl);
	if (frame) {
		if (frame->inner)
			cpu->seg[SS] = frame->ss;
		frame_set_rsp(cpu, frame);
	}
	cpu->rip = rip;
	set_cpl(cpu, cpl);
}

/* ---- real and v86 mode ---- */

static void jump_real(Cpu *cpu, const FarJump *j)
{
	Frame frame;
	if (j->call) {
		frame_on_current(cpu, &frame, j->size, 0);
		frame_check_room(cpu, &frame, 2);
	}
	if (j->offset > cpu->seg[CS].limit)
		fault_gp(cpu, 0);
	if (j->call) {
		frame_add(&frame, cpu->seg[CS].selector);
		frame_add(&frame, j->return_rip);
		frame_write(cpu, &frame);
		frame_set_rsp(cpu, &frame);
	}
	code_set_real(cpu, j->selector, j->offset);
}

/* ---- code segments ---- */

static void jump_to_code(Cpu *cpu, const FarJump *j, Descriptor *d)
{
	uint32_t error = selector_error(j->selector, 0);
	unsigned dpl = descriptor_dpl(d), rpl = j->selector & SELECTOR_RPL;
	if (has_bad_code_size(cpu, descriptor_attr(d)))
		fault_gp(cpu, error);
	if (descriptor_is_conforming(d) ? dpl > cpu->cpl : rpl > cpu->cpl || dpl != cpu->cpl)
		fault_gp(cpu, error);
	if (!descriptor_present(d))
		fault_np(cpu, error);
	Segment cs = segment_from_descriptor(j->selector, d);
	Frame frame;
	if (j->call) {
		frame_on_current(cpu, &frame, j->size, 0);
		frame_check_room(cpu, &frame, 2);
		frame_add(&frame, cpu->seg[CS].selector);
		frame_add(&frame, j->return_rip);
	}
	check_target(cpu, &cs, j->offset, 0);
	enter(cpu, &cs, d, j->offset, cpu->cpl, j->call ? &frame : NULL);
}

/* ---- call gates ---- */

static void check_gate_access(Cpu *cpu, const FarJump *j, const Descriptor *gate)
{
	uint32_t error = selector_error(j->selector, 0);
	if (descriptor_dpl(gate) < MAX(cpu->cpl, (unsigned)(j->selector & SELECTOR_RPL)))
		fault_gp(cpu, error);
	if (!descriptor_present(gate))
		fault_np(cpu, error);
}

/* The code segment that a call gate names. */
static void check_gate_code(Cpu *cpu, const FarJump *j, uint16_t selector, Descriptor *d)
{
	uint32_t error = selector_error(selector, 0);
	unsigned attr, dpl;
	if (selector_is_null(selector))
		fault_gp(cpu, 0);
	if (!descriptor_read(cpu, selector, d) || !descriptor_is_code(d))
		fault_gp(cpu, error);
	dpl = descriptor_dpl(d);
	attr = descriptor_attr(d);
	if (dpl > cpu->cpl || (!j->call && !descriptor_is_conforming(d) && dpl != cpu->cpl))
		fault_gp(cpu, error);
	if (in_long_mode(cpu) && (attr & (AR_L | AR_DB)) != AR_L)
		fault_gp(cpu, error);
	if (!descriptor_present(d))
		fault_np(cpu, error);
}

/* The caller's parameters, in the order in which they are pushed again. */
static void add_parameters(Cpu *cpu, Frame *f, unsigned count)
{
	for (unsigned n = count; n-- > 0;)
		frame_add(f, stack_at(cpu, n * f->size, f->size));
}

static void call_inner(Cpu *cpu, const FarJump *j, const Descriptor *gate, const Segment *cs, Descriptor *code, uint64_t rip,
		       unsigned size)
{
	unsigned cpl = descriptor_dpl(code), parameters = size == 8 ? 0 : gate->high & 31;
	Frame f;
	if (size == 8)
		frame_on_slot64(cpu, &f, cpl, cpl, 0);
	else
		frame_on_ring(cpu, &f, cpl, size, 0);
	frame_check_room(cpu, &f, 4 + parameters);
	check_target(cpu, cs, rip, 0);
	frame_add(&f, cpu->seg[SS].selector);
	frame_add(&f, cpu->gpr[RSP]);
	add_parameters(cpu, &f, parameters);
	frame_add(&f, cpu->seg[CS].selector);
	frame_add(&f, j->return_rip);
	enter(cpu, cs, code, rip, cpl, &f);
}

static void jump_by_gate(Cpu *cpu, const FarJump *j, Descriptor *gate)
{
	check_gate_access(cpu, j, gate);
	unsigned size = in_long_mode(cpu) ? 8 : descriptor_type(gate) == TYPE_CALL_GATE32 ? 4 : 2;
	uint64_t rip = size == 2 ? gate->low & 0xffff : gate_offset(gate);
	Descriptor code;
	check_gate_code(cpu, j, gate_selector(gate), &code);
	Segment cs = segment_from_descriptor(gate_selector(gate), &code);
	if (j->call && !descriptor_is_conforming(&code) && descriptor_dpl(&code) < cpu->cpl) {
		call_inner(cpu, j, gate, &cs, &code, rip, size);
		return;
	}
	Frame f;
	if (j->call) {
		frame_on_current(cpu, &f, size, 0);
		if (size == 8) { /* also from compatibility mode: the target's stack is flat */
			f.flat = true;
			f.rsp = cpu->gpr[RSP];
			f.mask = ~(uint64_t)0;
		}
		frame_check_room(cpu, &f, 2);
		frame_add(&f, cpu->seg[CS].selector);
		frame_add(&f, j->return_rip);
	}
	check_target(cpu, &cs, rip, 0);
	enter(cpu, &cs, &code, rip, cpu->cpl, j->call ? &f : NULL);
}

/* ---- tasks ---- */

static void jump_to_task(Cpu *cpu, const FarJump *j, const Descriptor *d)
{
	uint32_t error = selector_error(j->selector, 0);
	TaskSource source = j->call ? TASK_CALL : TASK_JUMP;
	if (descriptor_dpl(d) < MAX(cpu->cpl, (unsigned)(j->selector & SELECTOR_RPL)))
		fault_gp(cpu, error);
	cpu->rip = j->return_rip;
	if (descriptor_type(d) != TYPE_TASK_GATE) {
		task_switch(cpu, j->selector, source, 0, NULL);
		return;
	}
	if (!descriptor_present(d))
		fault_np(cpu, error);
	task_switch(cpu, gate_selector(d), source, 0, NULL);
}

/* ---- system descriptors ---- */

static void jump_to_system(Cpu *cpu, const FarJump *j, Descriptor *d)
{
	uint32_t error = selector_error(j->selector, 0);
	unsigned type = descriptor_type(d);
	if (in_long_mode(cpu)) {
		if (type != TYPE_CALL_GATE32)
			fault_gp(cpu, error);
		if (!descriptor_read_upper(cpu, j->selector, d) || !descriptor_upper_valid(d))
			fault_gp(cpu, error);
		jump_by_gate(cpu, j, d);
		return;
	}
	switch (type) {
	case TYPE_CALL_GATE16: case TYPE_CALL_GATE32: jump_by_gate(cpu, j, d); break;
	case TYPE_TASK_GATE: case TYPE_TSS16: case TYPE_TSS32: jump_to_task(cpu, j, d); break;
	default: fault_gp(cpu, error);
	}
}

static void far_jump(Cpu *cpu, const FarJump *j)
{
	Descriptor d;
	if (!in_protected_mode(cpu)) {
		jump_real(cpu, j);
		return;
	}
	if (selector_is_null(j->selector))
		fault_gp(cpu, 0);
	if (!descriptor_read(cpu, j->selector, &d))
		fault_gp(cpu, selector_error(j->selector, 0));
	if (descriptor_is_code(&d))
		jump_to_code(cpu, j, &d);
	else if (!descriptor_is_segment(&d))
		jump_to_system(cpu, j, &d);
	else
		fault_gp(cpu, selector_error(j->selector, 0));
}

/* ---- the instructions ---- */

static void far_immediate(Cpu *cpu, const Insn *i, bool call)
{
	FarJump j = { i->selector, i->imm, call, i->opsize, insn_next_rip(cpu, i) };
	far_jump(cpu, &j);
}

static void far_memory(Cpu *cpu, const Insn *i, bool call)
{
	uint64_t ea = effective_address(cpu, i);
	FarJump j = { .call = call, .size = far_offset_size(cpu, i), .return_rip = insn_next_rip(cpu, i) };
	j.offset = mem_read(cpu, i->seg, ea, j.size);
	j.selector = (uint16_t)mem_read(cpu, i->seg, mask_address(ea + j.size, i->adsize), 2);
	far_jump(cpu, &j);
}

void op_jmp_far_immediate(Cpu *cpu, const Insn *i) { far_immediate(cpu, i, false); }
void op_call_far_immediate(Cpu *cpu, const Insn *i) { far_immediate(cpu, i, true); }
void op_jmp_far_memory(Cpu *cpu, const Insn *i) { far_memory(cpu, i, false); }
void op_call_far_memory(Cpu *cpu, const Insn *i) { far_memory(cpu, i, true); }
