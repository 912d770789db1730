/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames: what far calls and interrupts push, on the current stack or on an inner ring's from the TSS.
 *
 * Room is checked for all of a frame first. A page fault in the middle of the writes leaves some of them below the old stack
 * pointer, as processors do; no register has changed by then. Writes to an inner stack have the rights of the ring to come. */
#include "cpu/segment.h"

void frame_on_current(Cpu *cpu, Frame *f, unsigned size, uint32_t error)
{
	f->ss = cpu->seg[SS];
	f->mask = cpu->stack_mask;
	f->rsp = cpu->gpr[RSP] & f->mask;
	f->size = size;
	f->flat = in_64bit_code(cpu);
	f->inner = false;
	f->error = error;
	f->count = 0;
}

static bool is_tss32(const Cpu *cpu)
{
	return (cpu->tr.attr & AR_TYPE) == TYPE_TSS32_BUSY || (cpu->tr.attr & AR_TYPE) == TYPE_TSS32;
}

static void read_ring_stack(Cpu *cpu, unsigned cpl, unsigned ext, uint16_t *ss, uint64_t *rsp)
{
	bool wide = is_tss32(cpu);
	unsigned offset = wide ? cpl * 8 + 4 : cpl * 4 + 2;
	uint64_t linear = system_linear(cpu, cpu->tr.base + offset);
	if (!cpu->tr.usable || offset + (wide ? 5 : 3) > cpu->tr.limit)
		fault_ts(cpu, selector_error(cpu->tr.selector, ext));
	*rsp = sys_read(cpu, linear, wide ? 4 : 2);
	*ss = (uint16_t)sys_read(cpu, system_linear(cpu, linear + (wide ? 4 : 2)), 2);
}

void frame_on_ring(Cpu *cpu, Frame *f, unsigned cpl, unsigned size, unsigned ext)
{
	uint16_t selector;
	Descriptor *d = &f->descriptor;
	read_ring_stack(cpu, cpl, ext, &selector, &f->rsp);
	uint32_t error = selector_error(selector, ext);
	if (selector_is_null(selector) || !descriptor_read(cpu, selector, d))
		fault_ts(cpu, error);
	if ((selector & SELECTOR_RPL) != cpl || descriptor_dpl(d) != cpl || !descriptor_is_writable_data(d))
		fault_ts(cpu, error);
	if (!descriptor_present(d))
		fault_ss(cpu, error);
	f->ss = segment_from_descriptor(selector, d);
	f->ss.attr |= AR_ACCESSED;
	f->mask = stack_mask_of(&f->ss);
	f->rsp &= f->mask;
	f->size = size;
	f->flat = false;
	f->inner = true;
	f->error = error;
	f->count = 0;
}

void frame_on_slot64(Cpu *cpu, Frame *f, unsigned slot, unsigned cpl, unsigned ext)
{
	unsigned offset = slot * 8 + 4;
	if (!cpu->tr.usable || offset + 7 > cpu->tr.limit)
		fault_ts(cpu, selector_error(cpu->tr.selector, ext));
	f->rsp = sys_read(cpu, cpu->tr.base + offset, 8);
	f->ss = segment_null((uint16_t)cpl);
	f->mask = ~(uint64_t)0;
	f->size = 8;
	f->flat = f->inner = true;
	f->error = ext;
	f->count = 0;
	f->descriptor.high = 0x100; /* no descriptor to mark as accessed */
}

static bool fits(Cpu *cpu, const Frame *f, uint64_t offset)
{
	uint64_t last = offset + f->size - 1;
	const Segment *ss = &f->ss;
	if (f->flat)
		return is_canonical(cpu, offset) && is_canonical(cpu, last);
	if (!ss->usable || (ss->attr & AR_CODE) || !(ss->attr & AR_WRITABLE))
		return false;
	if (ss->attr & AR_EXPAND_DOWN)
		return offset > ss->limit && last <= (ss->attr & AR_DB ? 0xffffffffu : 0xffffu);
	return last <= ss->limit || ss->limit == 0xffffffff;
}

void frame_check_room(Cpu *cpu, const Frame *f, unsigned count)
{
	uint64_t rsp = f->rsp;
	for (unsigned n = 0; n < count; n++) {
		rsp = (rsp - f->size) & f->mask;
		if (!fits(cpu, f, rsp))
			fault_ss(cpu, f->error);
	}
}

void frame_write(Cpu *cpu, Frame *f)
{
	for (unsigned n = 0; n < f->count; n++) {
		f->rsp = (f->rsp - f->size) & f->mask;
		uint64_t linear = f->flat ? f->rsp : (uint32_t)(f->ss.base + f->rsp);
		if (f->inner)
			sys_push(cpu, linear, f->value[n], f->size);
		else
			lin_write(cpu, SS, linear, f->value[n], f->size);
	}
}

void frame_set_rsp(Cpu *cpu, const Frame *f)
{
	set_rsp_masked(cpu, f->rsp, f->mask);
}
