/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptor table registers, caches and TLB, extended control registers, FS and GS bases, counters, waiting. */
#include "cpu/access.h"
#include "cpu/cpuid_leaf.h"
#include "cpu/msr.h"
#include "cpu/xsave.h"
#include "insn_handlers.h"

static bool in_code64(const Cpu *cpu)
{
	return (cpu->mode & MODE_CODE) == MODE_CODE64;
}

/* ---- GDTR and IDTR ---- */

/* Sixteen bits of limit and the base. What is stored is always the whole base; a load under a 16-bit operand size takes 24
 * bits. */
static void store_table(Cpu *cpu, const Insn *i, const TableRegister *table)
{
	uint8_t bytes[10];
	uint16_t limit = (uint16_t)table->limit;
	memcpy(bytes, &limit, 2);
	memcpy(bytes + 2, &table->base, 8);
	mem_write_bytes(cpu, i->seg, effective_address(cpu, i), bytes, in_code64(cpu) ? 10 : 6, 0);
}

static void load_table(Cpu *cpu, const Insn *i, TableRegister *table)
{
	uint8_t bytes[10];
	uint16_t limit;
	uint64_t base = 0;
	unsigned base_size = in_code64(cpu) ? 8 : 4;
	mem_read_bytes(cpu, i->seg, effective_address(cpu, i), bytes, 2 + base_size, 0);
	memcpy(&limit, bytes, 2);
	memcpy(&base, bytes + 2, base_size);
	if (i->opsize == 2)
		base &= 0xffffff;
	if (!is_canonical(cpu, base))
		fault_gp(cpu, 0);
	*table = (TableRegister){ base, limit };
}

void op_sgdt(Cpu *cpu, const Insn *i) { store_table(cpu, i, &cpu->gdtr); }
void op_sidt(Cpu *cpu, const Insn *i) { store_table(cpu, i, &cpu->idtr); }
void op_lgdt(Cpu *cpu, const Insn *i) { load_table(cpu, i, &cpu->gdtr); }
void op_lidt(Cpu *cpu, const Insn *i) { load_table(cpu, i, &cpu->idtr); }

/* ---- caches and TLB ---- */

/* The engine has no caches: memory is always current. */
void op_invd(Cpu *cpu, const Insn *i) { (void)cpu; (void)i; }
void op_wbinvd(Cpu *cpu, const Insn *i) { (void)cpu; (void)i; }

/* Zeroes the line that rAX points into. */
void op_clzero(Cpu *cpu, const Insn *i)
{
	static const uint8_t zeros[64];
	/* The linear address is rounded down; the limit is judged for the whole line. */
	uint64_t base = cpu->seg[i->seg].eff_base, offset = mask_address(cpu->gpr[RAX], i->adsize);
	uint64_t line = ((base + offset) & ~(uint64_t)(sizeof(zeros) - 1)) - base;
	mem_write_bytes(cpu, i->seg, line & cpu->linear_mask, zeros, sizeof(zeros), 0);
}

void op_invlpg(Cpu *cpu, const Insn *i)
{
	uint64_t linear = (cpu->seg[i->seg].eff_base + effective_address(cpu, i)) & cpu->linear_mask;
	if (is_canonical(cpu, linear))
		tlb_flush_page(cpu, linear);
}

void op_invpcid(Cpu *cpu, const Insn *i)
{
	enum { ADDRESS, CONTEXT, ALL_AND_GLOBAL, ALL };
	uint64_t type = read_reg(cpu, i->reg, in_code64(cpu) ? 8 : 4), descriptor[2];
	mem_read_bytes(cpu, i->seg, effective_address(cpu, i), descriptor, sizeof(descriptor), 0);
	bool pcid_matters = type == ADDRESS || type == CONTEXT;
	if (type > ALL || descriptor[0] >> 12 || (pcid_matters && descriptor[0] && !(cpu->cr4 & CR4_PCIDE)) ||
	    (type == ADDRESS && !is_canonical(cpu, descriptor[1])))
		fault_gp(cpu, 0);
	if (type == ADDRESS)
		tlb_flush_page(cpu, descriptor[1] & cpu->linear_mask);
	else
		tlb_flush(cpu, type == ALL_AND_GLOBAL);
}

/* ---- XCR0 and PKRU ---- */

static void need_osxsave(Cpu *cpu)
{
	if (!(cpu->mode & MODE_OSXSAVE))
		fault_ud(cpu);
}

static void write_edx_eax(Cpu *cpu, uint64_t value)
{
	cpu->gpr[RAX] = (uint32_t)value;
	cpu->gpr[RDX] = value >> 32;
}

static uint64_t read_edx_eax(const Cpu *cpu)
{
	return cpu->gpr[RDX] << 32 | (uint32_t)cpu->gpr[RAX];
}

void op_xgetbv(Cpu *cpu, const Insn *i)
{
	(void)i;
	need_osxsave(cpu);
	uint32_t index = (uint32_t)cpu->gpr[RCX];
	if (index > 1 || (index == 1 && !cpu_has(cpu, FEATURE_XGETBV1)))
		fault_gp(cpu, 0);
	write_edx_eax(cpu, index ? xsave_in_use(cpu) : cpu->xcr0);
}

void op_xsetbv(Cpu *cpu, const Insn *i)
{
	(void)i;
	need_osxsave(cpu);
	uint64_t value = read_edx_eax(cpu);
	bool avx_alone = (value & XCR0_AVX) && !(value & XCR0_SSE);
	if (cpu->cpl || (uint32_t)cpu->gpr[RCX] || !(value & XCR0_X87) || avx_alone || (value & ~cpuid_xcr0_supported(cpu)))
		fault_gp(cpu, 0);
	cpu->xcr0 = value;
	cpu_mode_changed(cpu);
}

static void need_pke(Cpu *cpu)
{
	if (!(cpu->cr4 & CR4_PKE))
		fault_ud(cpu);
	if ((uint32_t)cpu->gpr[RCX])
		fault_gp(cpu, 0);
}

void op_rdpkru(Cpu *cpu, const Insn *i)
{
	(void)i;
	need_pke(cpu);
	write_edx_eax(cpu, cpu->pkru);
}

void op_wrpkru(Cpu *cpu, const Insn *i)
{
	(void)i;
	need_pke(cpu);
	if ((uint32_t)cpu->gpr[RDX])
		fault_gp(cpu, 0);
	if (cpu->pkru != (uint32_t)cpu->gpr[RAX]) {
		cpu->pkru = (uint32_t)cpu->gpr[RAX];
		tlb_flush(cpu, true); /* entries hold the rights that the keys gave */
	}
}

/* ---- EFLAGS.AC ---- */

static void set_ac(Cpu *cpu, bool on)
{
	if (cpu->cpl || (cpu->mode & MODE_V86))
		fault_ud(cpu);
	uint32_t eflags = eflags_get(cpu) & ~(uint32_t)EFLAGS_AC;
	eflags_set(cpu, on ? eflags | EFLAGS_AC : eflags);
}

void op_stac(Cpu *cpu, const Insn *i) { (void)i; set_ac(cpu, true); }
void op_clac(Cpu *cpu, const Insn *i) { (void)i; set_ac(cpu, false); }

/* ---- FS and GS bases. ModRM.reg's low bit says which ---- */

static unsigned fs_or_gs(Cpu *cpu, const Insn *i)
{
	if (!(cpu->cr4 & CR4_FSGSBASE))
		fault_ud(cpu);
	return i->reg & 1 ? GS : FS;
}

void op_rdfsgsbase(Cpu *cpu, const Insn *i)
{
	write_reg(cpu, i->rm, cpu->seg[fs_or_gs(cpu, i)].base, i->flags & INSN_W ? 8 : 4);
}

void op_wrfsgsbase(Cpu *cpu, const Insn *i)
{
	unsigned segment = fs_or_gs(cpu, i);
	uint64_t base = read_reg(cpu, i->rm, i->flags & INSN_W ? 8 : 4);
	if (!is_canonical(cpu, base))
		fault_gp(cpu, 0);
	cpu->seg[segment].base = base;
	segment_refresh(cpu, segment);
}

void op_swapgs(Cpu *cpu, const Insn *i)
{
	(void)i;
	uint64_t base = cpu->seg[GS].base;
	cpu->seg[GS].base = cpu->kernel_gs_base;
	cpu->kernel_gs_base = base;
	segment_refresh(cpu, GS);
}

/* ---- counters ---- */

static void check_tsc_allowed(Cpu *cpu)
{
	if (cpu->cpl && (cpu->cr4 & CR4_TSD))
		fault_gp(cpu, 0);
}

void op_rdtsc(Cpu *cpu, const Insn *i)
{
	(void)i;
	check_tsc_allowed(cpu);
	write_edx_eax(cpu, msr_tsc(cpu));
}

void op_rdtscp(Cpu *cpu, const Insn *i)
{
	op_rdtsc(cpu, i);
	cpu->gpr[RCX] = (uint32_t)cpu->tsc_aux;
}

void op_rdpid(Cpu *cpu, const Insn *i)
{
	cpu->gpr[i->rm] = (uint32_t)cpu->tsc_aux;
}

/* There are the counters that no CPUID leaf announces, two on Intel's, four on AMD's; nothing can start them. */
void op_rdpmc(Cpu *cpu, const Insn *i)
{
	(void)i;
	if ((cpu->cpl && !(cpu->cr4 & CR4_PCE)) || (uint32_t)cpu->gpr[RCX] >= (cpu_is_amd(cpu) ? 4 : 2))
		fault_gp(cpu, 0);
	write_edx_eax(cpu, 0);
}

void op_rdmsr(Cpu *cpu, const Insn *i)
{
	uint64_t value;
	(void)i;
	if (!msr_read(cpu, (uint32_t)cpu->gpr[RCX], &value))
		fault_gp(cpu, 0);
	write_edx_eax(cpu, value);
}

void op_wrmsr(Cpu *cpu, const Insn *i)
{
	(void)i;
	if (!msr_write(cpu, (uint32_t)cpu->gpr[RCX], read_edx_eax(cpu)))
		fault_gp(cpu, 0);
}

/* ---- waiting ---- */

void op_hlt(Cpu *cpu, const Insn *i)
{
	(void)i;
	cpu->halted = true;
	cpu->mwait = cpu->mwait_masked = false;
}

static void need_monitor(Cpu *cpu)
{
	bool off = !cpu_is_amd(cpu) && !(cpu->misc_enable & MISC_ENABLE_MONITOR);
	if (off || cpu->cpl || (cpu->mode & MODE_V86))
		fault_ud(cpu);
}

void op_monitor(Cpu *cpu, const Insn *i)
{
	need_monitor(cpu);
	if ((uint32_t)cpu->gpr[RCX])
		fault_gp(cpu, 0);
	uint64_t offset = mask_address(cpu->gpr[RAX], i->adsize);
	mem_read(cpu, i->seg, offset, 1);
	cpu->monitor_address = (cpu->seg[i->seg].eff_base + offset) & cpu->linear_mask;
}

/* Sleeps, see cpu_in_mwait() for how a store to the monitored line ends that. */
void op_mwait(Cpu *cpu, const Insn *i)
{
	(void)i;
	need_monitor(cpu);
	uint32_t extensions = (uint32_t)cpu->gpr[RCX];
	if (extensions > 1)
		fault_gp(cpu, 0);
	cpu->halted = cpu->mwait = true;
	cpu->mwait_masked = extensions & 1;
}

/* Who spins may be waiting for a processor that has no host processor to run on. */
void op_pause(Cpu *cpu, const Insn *i)
{
	enum { PATIENCE = 32 };
	(void)i;
	if (cpu->bus.pause && ++cpu->pauses % PATIENCE == 0)
		cpu->bus.pause(cpu->bus.owner);
}
