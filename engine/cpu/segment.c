/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptors, and loads of segment registers. See segment.h. */
#include "cpu/segment.h"

#include "cpu/cpuid_leaf.h"

enum { ATTR_REAL = AR_P | AR_S | AR_WRITABLE | AR_ACCESSED };

/* ---- descriptors ---- */

uint32_t descriptor_limit(const Descriptor *d)
{
	uint32_t limit = (d->high & 0xf0000) | (d->low & 0xffff);
	return d->high & 1u << 23 ? limit << 12 | 0xfff : limit;
}

static uint64_t descriptor_base(const Descriptor *d)
{
	return (d->low >> 16) | (d->high & 0xff) << 16 | (d->high & 0xff000000) | (uint64_t)d->upper << 32;
}

/* The table's base plus the selector's index, if `bytes` from there are inside. */
static bool locate(Cpu *cpu, uint16_t selector, unsigned bytes, uint64_t *linear)
{
	unsigned index = selector & SELECTOR_INDEX;
	bool local = selector & SELECTOR_TI;
	uint32_t limit = local ? cpu->ldtr.limit : cpu->gdtr.limit;
	if ((local && !cpu->ldtr.usable) || index + bytes - 1 > limit)
		return false;
	*linear = system_linear(cpu, (local ? cpu->ldtr.base : cpu->gdtr.base) + index);
	return true;
}

bool descriptor_read(Cpu *cpu, uint16_t selector, Descriptor *d)
{
	if (!locate(cpu, selector, 8, &d->linear))
		return false;
	uint64_t value = sys_read(cpu, d->linear, 8);
	d->low = (uint32_t)value;
	d->high = (uint32_t)(value >> 32);
	d->upper = d->reserved = 0;
	return true;
}

bool descriptor_read_upper(Cpu *cpu, uint16_t selector, Descriptor *d)
{
	if (!locate(cpu, selector, 16, &d->linear))
		return false;
	uint64_t value = sys_read(cpu, d->linear + 8, 8);
	d->upper = (uint32_t)value;
	d->reserved = (uint32_t)(value >> 32);
	return true;
}

void descriptor_set_accessed(Cpu *cpu, Descriptor *d)
{
	if (d->high & 0x100)
		return;
	d->high |= 0x100;
	sys_write(cpu, system_linear(cpu, d->linear + 5), d->high >> 8 & 0xff, 1);
}

void descriptor_set_busy(Cpu *cpu, const Descriptor *d, bool busy)
{
	uint64_t linear = system_linear(cpu, d->linear + 5);
	uint64_t access = sys_read(cpu, linear, 1);
	sys_write(cpu, linear, busy ? access | TYPE_BUSY : access & ~(uint64_t)TYPE_BUSY, 1);
}

/* ---- what a segment register holds ---- */

Segment segment_from_descriptor(uint16_t selector, const Descriptor *d)
{
	return (Segment){ .selector = selector, .attr = (uint16_t)descriptor_attr(d), .limit = descriptor_limit(d),
			  .base = descriptor_base(d), .usable = true };
}

Segment segment_null(uint16_t selector)
{
	return (Segment){ .selector = selector };
}

/* The limit and the size bits stay what the last protected-mode load made them: "big real mode". */
void segment_set_real(Cpu *cpu, unsigned segment, uint16_t selector)
{
	Segment *s = &cpu->seg[segment];
	s->selector = selector;
	s->base = (uint32_t)selector << 4;
	s->attr = (uint16_t)((s->attr & (AR_AVL | AR_DB | AR_G)) | ATTR_REAL);
	s->usable = true;
}

void segment_set_v86(Cpu *cpu, unsigned segment, uint16_t selector)
{
	cpu->seg[segment] = (Segment){ .selector = selector, .attr = ATTR_REAL | AR_DPL, .limit = 0xffff,
				       .base = (uint32_t)selector << 4, .usable = true };
}

void set_cpl(Cpu *cpu, unsigned cpl)
{
	cpu->cpl = (uint8_t)cpl;
	cpu_mode_changed(cpu);
}

/* ---- loads ---- */

static void load_stack(Cpu *cpu, uint16_t selector, Descriptor *d)
{
	uint32_t error = selector_error(selector, 0);
	unsigned rpl = selector & SELECTOR_RPL;
	if (!descriptor_read(cpu, selector, d))
		fault_gp(cpu, error);
	if (rpl != cpu->cpl || !descriptor_is_writable_data(d) || descriptor_dpl(d) != cpu->cpl)
		fault_gp(cpu, error);
	if (!descriptor_present(d))
		fault_ss(cpu, error);
}

static void load_data(Cpu *cpu, uint16_t selector, Descriptor *d)
{
	uint32_t error = selector_error(selector, 0);
	unsigned rpl = selector & SELECTOR_RPL;
	if (!descriptor_read(cpu, selector, d) || !descriptor_is_segment(d))
		fault_gp(cpu, error);
	if (descriptor_is_code(d) && !(descriptor_type(d) & AR_READABLE))
		fault_gp(cpu, error);
	if (!descriptor_is_conforming(d) && MAX(rpl, cpu->cpl) > descriptor_dpl(d))
		fault_gp(cpu, error);
	if (!descriptor_present(d))
		fault_np(cpu, error);
}

/* A null SS is for 64-bit code below ring 3 only. */
static void check_null(Cpu *cpu, unsigned segment, uint16_t selector)
{
	if (segment == SS && (!in_64bit_code(cpu) || cpu->cpl == 3 || (selector & SELECTOR_RPL) != cpu->cpl))
		fault_gp(cpu, 0);
}

static void load_protected(Cpu *cpu, unsigned segment, uint16_t selector)
{
	Descriptor d;
	if (selector_is_null(selector)) {
		check_null(cpu, segment, selector);
		cpu->seg[segment] = segment_null(selector);
		return;
	}
	if (segment == SS)
		load_stack(cpu, selector, &d);
	else
		load_data(cpu, selector, &d);
	descriptor_set_accessed(cpu, &d);
	cpu->seg[segment] = segment_from_descriptor(selector, &d);
}

void segment_load(Cpu *cpu, unsigned segment, uint16_t selector)
{
	if (cpu->mode & MODE_V86)
		segment_set_v86(cpu, segment, selector);
	else if (in_protected_mode(cpu))
		load_protected(cpu, segment, selector);
	else
		segment_set_real(cpu, segment, selector);
	if (segment == SS)
		cpu_mode_changed(cpu);
	else
		segment_refresh(cpu, segment);
}

/* ---- code ---- */

unsigned far_offset_size(const Cpu *cpu, const Insn *i)
{
	return i->opsize == 8 && cpu_is_amd(cpu) ? 4 : i->opsize;
}

void check_target(Cpu *cpu, const Segment *cs, uint64_t rip, unsigned ext)
{
	if (is_code64(cpu, cs->attr) ? !is_canonical(cpu, rip) : rip > cs->limit)
		fault_gp(cpu, ext);
}

void code_set_real(Cpu *cpu, uint16_t selector, uint64_t rip)
{
	if (cpu->mode & MODE_V86)
		segment_set_v86(cpu, CS, selector);
	else
		segment_set_real(cpu, CS, selector);
	cpu->rip = rip;
	cpu_mode_changed(cpu);
}

void return_code_check(Cpu *cpu, uint16_t selector, Segment *cs, Descriptor *d)
{
	uint32_t error = selector_error(selector, 0);
	unsigned rpl = selector & SELECTOR_RPL;
	if (selector_is_null(selector))
		fault_gp(cpu, 0);
	if (!descriptor_read(cpu, selector, d) || !descriptor_is_code(d) || rpl < cpu->cpl)
		fault_gp(cpu, error);
	if (descriptor_is_conforming(d) ? descriptor_dpl(d) > rpl : descriptor_dpl(d) != rpl)
		fault_gp(cpu, error);
	if (has_bad_code_size(cpu, descriptor_attr(d)))
		fault_gp(cpu, error);
	if (!descriptor_present(d))
		fault_np(cpu, error);
	*cs = segment_from_descriptor(selector, d);
	cs->attr |= AR_ACCESSED;
}

void outer_stack_check(Cpu *cpu, uint16_t selector, unsigned cpl, bool code64, Segment *ss, Descriptor *d)
{
	uint32_t error = selector_error(selector, 0);
	unsigned rpl = selector & SELECTOR_RPL;
	if (selector_is_null(selector)) {
		if (!code64 || cpl == 3)
			fault_gp(cpu, 0);
		*ss = segment_null(selector);
		d->high = 0x100; /* nothing to mark as accessed */
		return;
	}
	if (!descriptor_read(cpu, selector, d) || rpl != cpl || !descriptor_is_writable_data(d) || descriptor_dpl(d) != cpl)
		fault_gp(cpu, error);
	if (!descriptor_present(d))
		fault_ss(cpu, error);
	*ss = segment_from_descriptor(selector, d);
	ss->attr |= AR_ACCESSED;
}

void check_virtual_interrupt(Cpu *cpu)
{
	const uint32_t both = EFLAGS_VIF | EFLAGS_VIP;
	bool in_use = cpu->mode & MODE_V86 ? cpu->cr4 & CR4_VME : in_protected_mode(cpu) && cpu->cpl == 3 && (cpu->cr4 & CR4_PVI);
	if (LIKELY((cpu->eflags & both) != both) || !in_use || iopl(cpu) == 3)
		return;
	cpu->insn = NULL; /* the fault is the next instruction's */
	fault_gp(cpu, 0);
}

void segments_drop_inner(Cpu *cpu, unsigned cpl)
{
	static const uint8_t data_segments[] = { ES, DS, FS, GS };
	for (unsigned n = 0; n < sizeof data_segments; n++) {
		Segment *s = &cpu->seg[data_segments[n]];
		bool conforming = (s->attr & (AR_CODE | AR_CONFORMING)) == (AR_CODE | AR_CONFORMING);
		if (s->usable && !conforming && (unsigned)(s->attr & AR_DPL) >> AR_DPL_SHIFT < cpl)
			*s = segment_null(0);
	}
}
