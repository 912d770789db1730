/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions about descriptors, and the registers of LDT and TSS (SDM volume 2: LAR, LSL, VERR, VERW, ARPL, LLDT, LTR, SLDT,
 * STR). */
#include "cpu/segment.h"

#include "insn_handlers.h"

enum { LAR_BITS = 0x00ffff00 };

/* System types that LAR and LSL know, bit by type; in long mode there are fewer. */
enum {
	LAR_TYPES = 1 << TYPE_TSS16 | 1 << TYPE_LDT | 1 << TYPE_TSS16_BUSY | 1 << TYPE_CALL_GATE16 | 1 << TYPE_TASK_GATE |
		    1 << TYPE_TSS32 | 1 << TYPE_TSS32_BUSY | 1 << TYPE_CALL_GATE32,
	LSL_TYPES = 1 << TYPE_TSS16 | 1 << TYPE_LDT | 1 << TYPE_TSS16_BUSY | 1 << TYPE_TSS32 | 1 << TYPE_TSS32_BUSY,
	LONG_TYPES = 1 << TYPE_LDT | 1 << TYPE_TSS32 | 1 << TYPE_TSS32_BUSY | 1 << TYPE_CALL_GATE32,
};

/* Reads the descriptor if the program may see it. */
static bool visible(Cpu *cpu, uint16_t selector, Descriptor *d)
{
	if (selector_is_null(selector) || !descriptor_read(cpu, selector, d))
		return false;
	return descriptor_is_conforming(d) || descriptor_dpl(d) >= MAX(cpu->cpl, (unsigned)(selector & SELECTOR_RPL));
}

static bool known_type(Cpu *cpu, uint16_t selector, Descriptor *d, unsigned types)
{
	if (descriptor_is_segment(d))
		return true;
	if (!in_long_mode(cpu))
		return types >> descriptor_type(d) & 1;
	if (!(types & LONG_TYPES & 1u << descriptor_type(d)))
		return false;
	return descriptor_read_upper(cpu, selector, d) && descriptor_upper_valid(d);
}

void op_lar(Cpu *cpu, const Insn *i)
{
	Descriptor d;
	uint16_t selector = (uint16_t)read_rm(cpu, i, 2);
	bool ok = visible(cpu, selector, &d) && known_type(cpu, selector, &d, LAR_TYPES);
	if (ok)
		write_reg(cpu, i->reg, d.high & LAR_BITS, i->opsize);
	flags_set_zf(&cpu->af, ok);
}

void op_lsl(Cpu *cpu, const Insn *i)
{
	Descriptor d;
	uint16_t selector = (uint16_t)read_rm(cpu, i, 2);
	bool ok = visible(cpu, selector, &d) && known_type(cpu, selector, &d, LSL_TYPES);
	if (ok)
		write_reg(cpu, i->reg, descriptor_limit(&d), i->opsize);
	flags_set_zf(&cpu->af, ok);
}

void op_verr(Cpu *cpu, const Insn *i)
{
	Descriptor d;
	bool ok = visible(cpu, (uint16_t)read_rm(cpu, i, 2), &d) && descriptor_is_segment(&d);
	flags_set_zf(&cpu->af, ok && (!descriptor_is_code(&d) || (descriptor_type(&d) & AR_READABLE)));
}

void op_verw(Cpu *cpu, const Insn *i)
{
	Descriptor d;
	bool ok = visible(cpu, (uint16_t)read_rm(cpu, i, 2), &d);
	flags_set_zf(&cpu->af, ok && descriptor_is_writable_data(&d));
}

/* The destination is written only where it changes, but must be writable either way. */
/* Memory needs to be writable only if the selector changes. */
void op_arpl(Cpu *cpu, const Insn *i)
{
	uint64_t old = read_rm(cpu, i, 2), rpl = cpu->gpr[i->reg] & SELECTOR_RPL;
	bool raise = (old & SELECTOR_RPL) < rpl;
	if (raise)
		write_rm(cpu, i, (old & ~(uint64_t)SELECTOR_RPL) | rpl, 2);
	flags_set_zf(&cpu->af, raise);
}

/* ---- LDTR and TR ---- */

static void store_selector(Cpu *cpu, const Insn *i, uint16_t selector)
{
	write_rm(cpu, i, selector, i->flags & INSN_MEM ? 2 : i->opsize);
}

void op_sldt(Cpu *cpu, const Insn *i) { store_selector(cpu, i, cpu->ldtr.selector); }
void op_str(Cpu *cpu, const Insn *i) { store_selector(cpu, i, cpu->tr.selector); }

/* A system descriptor of the GDT, of one of `types`. */
static void read_for_load(Cpu *cpu, uint16_t selector, unsigned types, Descriptor *d)
{
	uint32_t error = selector_error(selector, 0);
	if ((selector & SELECTOR_TI) || !descriptor_read(cpu, selector, d))
		fault_gp(cpu, error);
	if (descriptor_is_segment(d) || !(types >> descriptor_type(d) & 1))
		fault_gp(cpu, error);
	if (in_long_mode(cpu) && (!descriptor_read_upper(cpu, selector, d) || !descriptor_upper_valid(d)))
		fault_gp(cpu, error);
	if (!descriptor_present(d))
		fault_np(cpu, error);
	if (!is_canonical(cpu, segment_from_descriptor(selector, d).base))
		fault_gp(cpu, error);
}

void op_lldt(Cpu *cpu, const Insn *i)
{
	Descriptor d;
	uint16_t selector = (uint16_t)read_rm(cpu, i, 2);
	if (selector_is_null(selector)) {
		cpu->ldtr = segment_null(selector);
		return;
	}
	read_for_load(cpu, selector, 1 << TYPE_LDT, &d);
	cpu->ldtr = segment_from_descriptor(selector, &d);
}

void op_ltr(Cpu *cpu, const Insn *i)
{
	Descriptor d;
	uint16_t selector = (uint16_t)read_rm(cpu, i, 2);
	if (selector_is_null(selector))
		fault_gp(cpu, 0);
	read_for_load(cpu, selector, 1 << TYPE_TSS32 | (in_long_mode(cpu) ? 0 : 1 << TYPE_TSS16), &d);
	descriptor_set_busy(cpu, &d, true);
	cpu->tr = segment_from_descriptor(selector, &d);
	cpu->tr.attr |= TYPE_BUSY;
}
