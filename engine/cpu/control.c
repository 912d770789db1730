/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MOV to and from control and debug registers, LMSW, SMSW, CLTS. SDM volume 3, 2.5 and 4.1; APM volume 2, chapter 3. */
#include "cpu/control.h"

#include "cpu/access.h"
#include "cpu/cpuid_leaf.h"
#include "cpu/debug.h"
#include "cpu/msr.h"
#include "cpu/paging.h"
#include "insn_handlers.h"

#define CR0_DEFINED (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG)
#define CR3_NO_FLUSH ((uint64_t)1 << 63)

/* ---- PAE's page directory pointers ---- */

bool control_pdptes_good(Cpu *cpu, uint64_t cr3)
{
	uint64_t reserved = ~cpu->bus.phys_mask | 0x1e6;
	for (unsigned n = 0; n < 4; n++) {
		uint64_t pdpte = phys_read(cpu, (cr3 & 0xffffffe0) + 8 * n, 8);
		if ((pdpte & 1) && (pdpte & reserved))
			return false;
	}
	return true;
}

bool control_uses_pdptes(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
	return (cr0 & CR0_PG) && (cr4 & CR4_PAE) && !(efer & EFER_LME);
}

/* ---- CR0 ---- */

static bool cr0_allowed(const Cpu *cpu, uint64_t value)
{
	uint64_t rising = value & ~cpu->cr0, falling = cpu->cr0 & ~value;
	bool cs_long = cpu->seg[CS].attr & AR_L;
	if ((value >> 32) || ((value & CR0_PG) && !(value & CR0_PE)) || ((value & CR0_NW) && !(value & CR0_CD)))
		return false;
	if ((rising & CR0_PG) && (cpu->efer & EFER_LME)) {
		bool tss16 = !(cpu->tr.attr & AR_S) && ((cpu->tr.attr & AR_TYPE) == 1 || (cpu->tr.attr & AR_TYPE) == 3);
		if (!(cpu->cr4 & CR4_PAE) || cs_long || tss16)
			return false;
	}
	if ((falling & CR0_PG) && ((cpu->cr4 & CR4_PCIDE) || (cpu->mode & MODE_CODE) == MODE_CODE64))
		return false;
	return true;
}

bool control_write_cr0(Cpu *cpu, uint64_t value)
{
	if (!cr0_allowed(cpu, value))
		return false;
	value = (value & CR0_DEFINED) | CR0_ET;
	uint64_t changed = cpu->cr0 ^ value;
	bool load = (changed & (CR0_PG | CR0_CD | CR0_NW)) && control_uses_pdptes(value, cpu->cr4, cpu->efer);
	if (load && !control_pdptes_good(cpu, cpu->cr3))
		return false;
	cpu->cr0 = value;
	if (value & CR0_PG)
		cpu->efer |= cpu->efer & EFER_LME ? EFER_LMA : 0;
	else
		cpu->efer &= ~(uint64_t)EFER_LMA;
	if (load)
		paging_load_cr3(cpu, cpu->cr3);
	cpu_mode_changed(cpu);
	if (changed & (CR0_PG | CR0_WP | CR0_PE))
		paging_mode_changed(cpu);
	return true;
}

/* ---- CR3 ---- */

bool control_write_cr3(Cpu *cpu, uint64_t value)
{
	if (cpu->cr4 & CR4_PCIDE)
		value &= ~CR3_NO_FLUSH; /* flushing more than asked is always right */
	if ((cpu->efer & EFER_LMA) && (value & ~(cpu->bus.phys_mask | 0xfff)))
		return false;
	paging_load_cr3(cpu, value);
	return true;
}

/* ---- CR4 ---- */

static const struct { uint32_t bits; uint16_t feature; } cr4_features[] = {
	{ CR4_VME | CR4_PVI, FEATURE_VME }, { CR4_TSD, FEATURE_TSC }, { CR4_DE, FEATURE_DE }, { CR4_PSE, FEATURE_PSE },
	{ CR4_PAE, FEATURE_PAE }, { CR4_MCE, FEATURE_MCE }, { CR4_PGE, FEATURE_PGE }, { CR4_PCE, FEATURE_MMX },
	{ CR4_OSFXSR, FEATURE_FXSR }, { CR4_OSXMMEXCPT, FEATURE_SSE }, { CR4_UMIP, FEATURE_UMIP }, { CR4_LA57, FEATURE_LA57 },
	{ CR4_FSGSBASE, FEATURE_FSGSBASE }, { CR4_PCIDE, FEATURE_PCID }, { CR4_OSXSAVE, FEATURE_XSAVE },
	{ CR4_SMEP, FEATURE_SMEP }, { CR4_SMAP, FEATURE_SMAP }, { CR4_PKE, FEATURE_PKU },
};

uint64_t control_cr4_writable(const Cpu *cpu)
{
	uint64_t mask = 0;
	for (unsigned n = 0; n < G_N_ELEMENTS(cr4_features); n++)
		if (cpu_has(cpu, cr4_features[n].feature))
			mask |= cr4_features[n].bits;
	return mask;
}

static bool cr4_allowed(const Cpu *cpu, uint64_t value)
{
	uint64_t changed = cpu->cr4 ^ value, rising = value & changed;
	bool lma = cpu->efer & EFER_LMA;
	if (value & ~control_cr4_writable(cpu))
		return false;
	if (lma && (!(value & CR4_PAE) || (changed & CR4_LA57)))
		return false;
	return !(rising & CR4_PCIDE) || (lma && !(cpu->cr3 & 0xfff));
}

bool control_write_cr4(Cpu *cpu, uint64_t value)
{
	const uint64_t pdpte_bits = CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP;
	const uint64_t paging_bits = pdpte_bits | CR4_PCIDE | CR4_LA57 | CR4_SMAP | CR4_PKE;
	if (!cr4_allowed(cpu, value))
		return false;
	uint64_t changed = cpu->cr4 ^ value;
	bool load = (changed & pdpte_bits) && control_uses_pdptes(cpu->cr0, value, cpu->efer);
	if (load && !control_pdptes_good(cpu, cpu->cr3))
		return false;
	cpu->cr4 = value;
	if (load)
		paging_load_cr3(cpu, cpu->cr3);
	cpu_mode_changed(cpu);
	if (changed & paging_bits)
		paging_mode_changed(cpu);
	return true;
}

/* ---- EFER ---- */

bool control_write_efer(Cpu *cpu, uint64_t value)
{
	uint64_t writable = (cpu_has(cpu, FEATURE_SYSCALL) ? EFER_SCE : 0) | (cpu_has(cpu, FEATURE_LM) ? EFER_LME : 0) |
			    (cpu_has(cpu, FEATURE_FXSR_OPT) ? EFER_FFXSR : 0);
	if (cpu_has(cpu, FEATURE_NX) && !(cpu->misc_enable & MISC_ENABLE_XD_DISABLE))
		writable |= EFER_NXE;
	uint64_t lma = cpu_has(cpu, FEATURE_LM) ? EFER_LMA : 0; /* follows LME and CR0.PG; what is written to it doesn't matter */
	if (value & ~(writable | lma))
		return false;
	uint64_t changed = (cpu->efer ^ value) & writable;
	if ((changed & EFER_LME) && (cpu->cr0 & CR0_PG))
		return false;
	cpu->efer = (value & writable) | (cpu->efer & EFER_LMA);
	cpu_mode_changed(cpu);
	if (changed & (EFER_LME | EFER_NXE))
		paging_mode_changed(cpu);
	return true;
}

/* ---- CR8 ---- */

static uint64_t read_cr8(Cpu *cpu)
{
	return cpu->bus.tpr_read ? cpu->bus.tpr_read(cpu->bus.owner) : cpu->cr8;
}

static bool write_cr8(Cpu *cpu, uint64_t value)
{
	if (value & ~(uint64_t)15)
		return false;
	cpu->cr8 = value;
	if (cpu->bus.tpr_write)
		cpu->bus.tpr_write(cpu->bus.owner, (uint8_t)value);
	return true;
}

/* ---- the instructions ---- */

/* LOCK before MOV CR0 means CR8, where 32-bit code has no REX to name it; both together name nothing. */
static unsigned control_number(Cpu *cpu, const Insn *i)
{
	unsigned n = i->reg + (i->flags & INSN_LOCK ? 8u : 0);
	if (n != 0 && n != 2 && n != 3 && n != 4 && n != 8)
		fault_ud(cpu);
	if (cpu->cpl)
		fault_gp(cpu, 0);
	return n;
}

/* Control and debug registers move whole: 64 bits in 64-bit mode, else 32. */
static unsigned native_size(const Cpu *cpu)
{
	return (cpu->mode & MODE_CODE) == MODE_CODE64 ? 8 : 4;
}

void op_mov_from_cr(Cpu *cpu, const Insn *i)
{
	uint64_t value;
	switch (control_number(cpu, i)) {
	case 0: value = cpu->cr0; break;
	case 2: value = cpu->cr2; break;
	case 3: value = cpu->cr3; break;
	case 4: value = cpu->cr4; break;
	default: value = read_cr8(cpu); break;
	}
	write_reg(cpu, i->rm, value, native_size(cpu));
}

void op_mov_to_cr(Cpu *cpu, const Insn *i)
{
	uint64_t value = read_reg(cpu, i->rm, native_size(cpu));
	bool good = true;
	switch (control_number(cpu, i)) {
	case 0: good = control_write_cr0(cpu, value); break;
	case 2: cpu->cr2 = value; break;
	case 3: good = control_write_cr3(cpu, value); break;
	case 4: good = control_write_cr4(cpu, value); break;
	default: good = write_cr8(cpu, value); break;
	}
	if (!good)
		fault_gp(cpu, 0);
}

void op_smsw(Cpu *cpu, const Insn *i)
{
	write_rm(cpu, i, cpu->cr0, i->flags & INSN_MEM ? 2 : i->opsize);
}

/* The low four bits; PE can be set, never cleared. */
void op_lmsw(Cpu *cpu, const Insn *i)
{
	uint64_t value = read_rm(cpu, i, 2) & 15;
	if (!control_write_cr0(cpu, (cpu->cr0 & ~(uint64_t)(CR0_MP | CR0_EM | CR0_TS)) | value))
		fault_gp(cpu, 0);
}

void op_clts(Cpu *cpu, const Insn *i)
{
	(void)i;
	cpu->cr0 &= ~(uint64_t)CR0_TS;
	cpu_mode_changed(cpu);
}

/* #UD, #GP, and with DR7.GD a #DB, which comes before the access. */
static unsigned debug_number(Cpu *cpu, const Insn *i)
{
	unsigned n = i->reg;
	if (n > 7 || ((n == 4 || n == 5) && (cpu->cr4 & CR4_DE)))
		fault_ud(cpu);
	if (cpu->cpl)
		fault_gp(cpu, 0);
	if (cpu->dr[7] & DR7_GD) {
		cpu->dr[6] |= DR6_BD;
		cpu_fault(cpu, VECTOR_DB);
	}
	return n == 4 || n == 5 ? n + 2 : n;
}

void op_mov_from_dr(Cpu *cpu, const Insn *i)
{
	write_reg(cpu, i->rm, cpu->dr[debug_number(cpu, i)], native_size(cpu));
}

void op_mov_to_dr(Cpu *cpu, const Insn *i)
{
	uint64_t value = read_reg(cpu, i->rm, native_size(cpu));
	unsigned n = debug_number(cpu, i);
	if (n >= 6 && value >> 32)
		fault_gp(cpu, 0);
	if (n == 6)
		value = (value & DR6_WRITABLE) | DR6_FIXED;
	else if (n == 7)
		value = (value & DR7_WRITABLE) | DR7_FIXED;
	cpu->dr[n] = value;
	debug_registers_changed(cpu);
}
