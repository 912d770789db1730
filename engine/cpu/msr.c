/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Model specific registers: one table of numbers, with who has them and what may be written. SDM volume 4; APM volume 2,
 * appendix A. A register that the table doesn't know, or not for this model, is #GP(0). */
#include "cpu/msr.h"

#include "cpu/access.h"
#include "cpu/control.h"
#include "cpu/cpuid_leaf.h"

enum { INTEL = 1, AMD = 2, ANY = INTEL | AMD };

/* Places in Cpu.msr_kept. */
enum {
	KEPT_THERM_CONTROL, KEPT_THERM_INTERRUPT, KEPT_EBL_CR, KEPT_BBL_CR3, KEPT_SYSCFG, KEPT_HWCR, KEPT_TOP_MEM, KEPT_TOP_MEM2,
	KEPT_NB_CFG, KEPT_INT_PENDING, KEPT_MMIO_BASE, KEPT_SMM_ADDR, KEPT_SMM_MASK, KEPT_VM_CR, KEPT_OSVW_LENGTH, KEPT_LS_CFG,
	KEPT_IC_CFG, KEPT_DC_CFG, KEPT_BU_CFG, KEPT_DE_CFG, KEPT_BU_CFG2, KEPT_FEATURE_1, KEPT_FEATURE_2, KEPT_IORR,
	KEPT_IORR_LAST = KEPT_IORR + 3, KEPT_VIRT_SPEC, KEPT_COUNT,
};
G_STATIC_ASSERT(KEPT_COUNT <= G_N_ELEMENTS(((Cpu *)NULL)->msr_kept));

typedef bool MsrGet(Cpu *cpu, unsigned index, uint64_t *value);
typedef bool MsrSet(Cpu *cpu, unsigned index, uint64_t value);

typedef struct MsrRow {
	uint32_t number;
	uint16_t count;	    /* of numbers in a row; `index` counts them */
	uint8_t who;
	uint16_t feature;   /* that must be there; FEATURE_NONE */
	uint32_t offset;    /* in Cpu, of an array of `count`; 0: none */
	uint64_t writable;  /* without `set`: setting other bits is #GP; 0: read-only, or see `ignores` */
	uint64_t value;	    /* without offset and `get`: what is read */
	bool ignores;	    /* writes do nothing, whatever is written */
	MsrGet *get;
	MsrSet *set;
} MsrRow;

#define ALL_BITS (~(uint64_t)0)
#define LOW32 ((uint64_t)0xffffffff)
#define IN(member) .offset = offsetof(Cpu, member)
#define KEPT(place) .offset = offsetof(Cpu, msr_kept) + 8 * KEPT_##place

/* ---- rules for values ---- */

/* By the width that the processor has, whether the paging mode uses it or not. */
static bool canonical(const Cpu *cpu, uint64_t value)
{
	if (!cpu_has(cpu, FEATURE_LM))
		return !(value >> 32);
	unsigned shift = cpu_has(cpu, FEATURE_LA57) ? 7 : 16;
	return (uint64_t)((int64_t)(value << shift) >> shift) == value;
}

static bool memory_type(unsigned type, bool pat)
{
	return type == 0 || type == 1 || (type >= 4 && type <= 6) || (pat && type == 7);
}

static bool memory_types(uint64_t value, bool pat)
{
	for (unsigned n = 0; n < 64; n += 8)
		if (!memory_type(value >> n & 0xff, pat))
			return false;
	return true;
}

static uint64_t page_bits(const Cpu *cpu)
{
	return cpu->bus.phys_mask & ~(uint64_t)0xfff;
}

static void tell_board(Cpu *cpu, CpuEvent event)
{
	if (cpu->bus.event)
		cpu->bus.event(cpu->bus.owner, event);
}

/* ---- time ---- */

static uint64_t raw_tsc(const Cpu *cpu)
{
	return cpu->bus.tsc ? cpu->bus.tsc(cpu->bus.owner) : cpu->insns_retired;
}

uint64_t msr_tsc(const Cpu *cpu)
{
	return raw_tsc(cpu) + cpu->tsc_offset;
}

static bool get_tsc(Cpu *cpu, unsigned index, uint64_t *value)
{
	(void)index;
	*value = msr_tsc(cpu);
	return true;
}

/* Moving the counter moves TSC_ADJUST with it. */
static bool set_tsc(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	uint64_t offset = value - raw_tsc(cpu);
	cpu->tsc_adjust += offset - cpu->tsc_offset;
	cpu->tsc_offset = offset;
	return true;
}

static bool set_tsc_adjust(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	cpu->tsc_offset += value - cpu->tsc_adjust;
	cpu->tsc_adjust = value;
	return true;
}

/* Reads 0 once it has passed, as the timer clears it. */
static bool get_tsc_deadline(Cpu *cpu, unsigned index, uint64_t *value)
{
	(void)index;
	*value = cpu->tsc_deadline > msr_tsc(cpu) ? cpu->tsc_deadline : 0;
	return true;
}

uint64_t cpu_tsc_deadline(const Cpu *cpu)
{
	uint64_t now = msr_tsc(cpu), raw = raw_tsc(cpu);
	if (!cpu->tsc_deadline)
		return 0;
	if (cpu->tsc_deadline <= now)
		return MAX(raw, 1);
	uint64_t distance = cpu->tsc_deadline - now;
	return distance > ALL_BITS - raw ? ALL_BITS : raw + distance;
}

static bool set_tsc_deadline(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	cpu->tsc_deadline = value;
	tell_board(cpu, CPU_EVENT_TSC_DEADLINE);
	return true;
}

/* ---- APIC ---- */

uint64_t cpu_apic_base(const Cpu *cpu)
{
	return cpu->apic_base;
}

/* From x2APIC mode the way leads only to off, and from off only to xAPIC mode. */
static bool set_apic_base(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	uint64_t x2apic = cpu_has(cpu, FEATURE_X2APIC) ? APIC_BASE_X2APIC : 0;
	if (value & ~(page_bits(cpu) | APIC_BASE_BSP | APIC_BASE_ENABLE | x2apic))
		return false;
	enum { OFF = 0, BOTH = APIC_BASE_ENABLE | APIC_BASE_X2APIC };
	uint64_t from = cpu->apic_base & BOTH, to = value & BOTH;
	if (to == APIC_BASE_X2APIC || (from == OFF && to == BOTH) || (from == BOTH && to == APIC_BASE_ENABLE))
		return false;
	cpu->apic_base = value;
	tell_board(cpu, CPU_EVENT_APIC_BASE);
	return true;
}

enum { X2APIC_FIRST = 0x800 };

static bool x2apic_on(const Cpu *cpu)
{
	return cpu->apic_base & APIC_BASE_X2APIC;
}

static bool get_x2apic(Cpu *cpu, unsigned index, uint64_t *value)
{
	return x2apic_on(cpu) && cpu->bus.msr_read && cpu->bus.msr_read(cpu->bus.owner, X2APIC_FIRST + index, value);
}

static bool set_x2apic(Cpu *cpu, unsigned index, uint64_t value)
{
	return x2apic_on(cpu) && cpu->bus.msr_write && cpu->bus.msr_write(cpu->bus.owner, X2APIC_FIRST + index, value);
}

/* ---- memory types ---- */

static bool set_pat(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	if (!memory_types(value, true))
		return false;
	cpu->pat = value;
	return true;
}

static bool set_mtrr_def_type(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	if ((value & ~(uint64_t)0xcff) || !memory_type(value & 0xff, false))
		return false;
	cpu->mtrr_def_type = value;
	return true;
}

/* AMD's fixed ranges have two more bits, where memory accesses go: SYSCFG.MtrrFixDramModEn opens them. */
enum { SYSCFG_FIXED_MODIFY = 1 << 19 };

static bool set_fixed(Cpu *cpu, unsigned index, uint64_t value)
{
	uint64_t types = value;
	if (cpu_is_amd(cpu) && (cpu->msr_kept[KEPT_SYSCFG] & SYSCFG_FIXED_MODIFY))
		types &= ~(uint64_t)0x1818181818181818;
	if (!memory_types(types, false))
		return false;
	cpu->mtrr_fixed[index] = value;
	return true;
}

static bool set_fixed_64k(Cpu *cpu, unsigned index, uint64_t value) { return set_fixed(cpu, index, value); }
static bool set_fixed_16k(Cpu *cpu, unsigned index, uint64_t value) { return set_fixed(cpu, 1 + index, value); }
static bool set_fixed_4k(Cpu *cpu, unsigned index, uint64_t value) { return set_fixed(cpu, 3 + index, value); }

/* Even numbers are bases, odd ones masks. */
static bool get_variable(Cpu *cpu, unsigned index, uint64_t *value)
{
	*value = index & 1 ? cpu->mtrr_mask[index / 2] : cpu->mtrr_base[index / 2];
	return true;
}

static bool set_variable(Cpu *cpu, unsigned index, uint64_t value)
{
	uint64_t low = index & 1 ? 0x800 : 0xff;
	if ((value & ~(page_bits(cpu) | low)) || (!(index & 1) && !memory_type(value & 0xff, false)))
		return false;
	*(index & 1 ? &cpu->mtrr_mask[index / 2] : &cpu->mtrr_base[index / 2]) = value;
	return true;
}

/* ---- machine check ---- */

enum { MC_CTL, MC_STATUS, MC_ADDR, MC_MISC };
enum { HWCR_MC_STATUS_WRITE = 1 << 18 };

static bool get_bank(Cpu *cpu, unsigned index, uint64_t *value)
{
	*value = cpu->mc_bank[index / 4][index % 4];
	return true;
}

/* What was reported can only be cleared, unless AMD's HWCR lets software write it to try its handler. */
static bool set_bank(Cpu *cpu, unsigned index, uint64_t value)
{
	bool any = index % 4 == MC_CTL || (cpu_is_amd(cpu) && (cpu->msr_kept[KEPT_HWCR] & HWCR_MC_STATUS_WRITE));
	if (value && !any)
		return false;
	cpu->mc_bank[index / 4][index % 4] = value;
	return true;
}

/* ---- system calls and segment bases ---- */

static bool get_efer(Cpu *cpu, unsigned index, uint64_t *value)
{
	(void)index;
	*value = cpu->efer;
	return cpu_has(cpu, FEATURE_SYSCALL) || cpu_has(cpu, FEATURE_NX) || cpu_has(cpu, FEATURE_LM);
}

static bool set_efer(Cpu *cpu, unsigned index, uint64_t value)
{
	uint64_t old;
	return get_efer(cpu, index, &old) && control_write_efer(cpu, value);
}

static bool set_canonical(Cpu *cpu, uint64_t *field, uint64_t value)
{
	if (!canonical(cpu, value))
		return false;
	*field = value;
	return true;
}

static bool set_lstar(Cpu *cpu, unsigned index, uint64_t value) { (void)index; return set_canonical(cpu, &cpu->lstar, value); }
static bool set_cstar(Cpu *cpu, unsigned index, uint64_t value) { (void)index; return set_canonical(cpu, &cpu->cstar, value); }
static bool set_kernel_gs(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	return set_canonical(cpu, &cpu->kernel_gs_base, value);
}

static bool set_sysenter(Cpu *cpu, unsigned index, uint64_t value)
{
	uint64_t *const fields[] = { &cpu->sysenter_cs, &cpu->sysenter_esp, &cpu->sysenter_eip };
	return set_canonical(cpu, fields[index], index ? value : value & LOW32);
}

static bool get_sysenter(Cpu *cpu, unsigned index, uint64_t *value)
{
	const uint64_t fields[] = { cpu->sysenter_cs, cpu->sysenter_esp, cpu->sysenter_eip };
	*value = fields[index];
	return true;
}

static bool get_base(Cpu *cpu, unsigned index, uint64_t *value)
{
	*value = cpu->seg[FS + index].base;
	return true;
}

static bool set_base(Cpu *cpu, unsigned index, uint64_t value)
{
	if (!set_canonical(cpu, &cpu->seg[FS + index].base, value))
		return false;
	segment_refresh(cpu, FS + index);
	return true;
}

static bool has_tsc_aux(const Cpu *cpu)
{
	return cpu_has(cpu, FEATURE_RDTSCP) || cpu_has(cpu, FEATURE_RDPID);
}

static bool get_tsc_aux(Cpu *cpu, unsigned index, uint64_t *value)
{
	(void)index;
	*value = cpu->tsc_aux;
	return has_tsc_aux(cpu);
}

static bool set_tsc_aux(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	if (!has_tsc_aux(cpu) || value >> 32)
		return false;
	cpu->tsc_aux = value;
	return true;
}

/* ---- speculation: there is none to control, but the bits hold ---- */

static uint64_t spec_ctrl_bits(const Cpu *cpu)
{
	return (cpu_has(cpu, FEATURE_SPEC_CTRL) || cpu_has(cpu, FEATURE_IBRS) ? 1 : 0) |
	       (cpu_has(cpu, FEATURE_STIBP) || cpu_has(cpu, FEATURE_AMD_STIBP) ? 2 : 0) |
	       (cpu_has(cpu, FEATURE_SSBD) || cpu_has(cpu, FEATURE_AMD_SSBD) ? 4 : 0);
}

static bool get_spec_ctrl(Cpu *cpu, unsigned index, uint64_t *value)
{
	(void)index;
	*value = cpu->spec_ctrl;
	return spec_ctrl_bits(cpu) != 0;
}

static bool set_spec_ctrl(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	if (!spec_ctrl_bits(cpu) || (value & ~spec_ctrl_bits(cpu)))
		return false;
	cpu->spec_ctrl = value;
	return true;
}

static bool get_nothing(Cpu *cpu, unsigned index, uint64_t *value)
{
	(void)cpu;
	(void)index;
	(void)value;
	return false;
}

static bool set_pred_cmd(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	return (cpu_has(cpu, FEATURE_SPEC_CTRL) || cpu_has(cpu, FEATURE_IBPB)) && value <= 1;
}

static bool set_flush_cmd(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)cpu;
	(void)index;
	return value <= 1;
}

/* ---- the rest ---- */

static bool set_misc_enable(Cpu *cpu, unsigned index, uint64_t value)
{
	(void)index;
	uint64_t writable = MISC_ENABLE_FAST_STRINGS | (uint64_t)1 << 3 | (uint64_t)1 << 16 | MISC_ENABLE_LIMIT_CPUID |
		(uint64_t)1 << 23 |
			    (cpu_has(cpu, FEATURE_MONITOR) ? MISC_ENABLE_MONITOR : 0) |
			    (cpu_has(cpu, FEATURE_NX) ? MISC_ENABLE_XD_DISABLE : 0);
	uint64_t fixed = MISC_ENABLE_NO_BTS | MISC_ENABLE_NO_PEBS;
	if (value & ~(writable | fixed | (uint64_t)1 << 7))
		return false;
	cpu->misc_enable = (value & writable) | (cpu->misc_enable & ~writable);
	return true;
}

/* Leaf 1 puts the revision into the upper half on Intel's; AMD's shows it as it is. */
static bool get_microcode(Cpu *cpu, unsigned index, uint64_t *value)
{
	(void)index;
	*value = cpu_is_amd(cpu) ? cpu->microcode_revision : cpu->microcode_revision << 32;
	return true;
}

static bool get_core_count(Cpu *cpu, unsigned index, uint64_t *value)
{
	(void)index;
	*value = cpu->topology.cores * cpu->topology.threads | cpu->topology.cores << 16;
	return true;
}

static bool get_smbase(Cpu *cpu, unsigned index, uint64_t *value)
{
	(void)index;
	*value = cpu->smbase;
	return true;
}

static bool set_page_address(Cpu *cpu, unsigned index, uint64_t value)
{
	static const uint8_t places[] = { KEPT_SMM_ADDR, KEPT_SMM_MASK };
	uint64_t low = index == 0 ? 0 : 0x773f; /* SMM_MASK: valid, close and type bits */
	if (value & ~((page_bits(cpu) & ~(uint64_t)0x1ffff) | low))
		return false;
	cpu->msr_kept[places[index]] = value;
	return true;
}

#define MC_CAP (MC_BANKS | 1 << 8 /* MCG_CTL is there */)
#define MTRR_CAP (MTRR_VARIABLE | 1 << 8 /* fixed ranges */ | 1 << 10 /* write combining */)
/* ARCH_CAPABILITIES: RDCL_NO, SKIP_L1DFL_VMENTRY, MDS_NO, PSCHANGE_MC_NO, TAA_NO: guests have no access to the host's caches */
#define ARCH_CAP (1 << 0 | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 8)
/* The ratio of the bus clock that several old and new registers tell */
#define BUS_RATIO 10

/* Sorted by number. */
static const MsrRow rows[] = {
	{ 0x0, 2, ANY, FEATURE_MCE, .ignores = true }, /* P5_MC_ADDR, P5_MC_TYPE */
	{ 0x10, 1, ANY, FEATURE_TSC, .get = get_tsc, .set = set_tsc },
	{ 0x17, 1, INTEL, FEATURE_CMOV, .value = 0 }, /* PLATFORM_ID */
	{ 0x1b, 1, ANY, FEATURE_APIC, IN(apic_base), .set = set_apic_base },
	{ 0x2a, 1, INTEL, FEATURE_CMOV, KEPT(EBL_CR), .writable = 0xffffffff },
	{ 0x34, 1, INTEL, FEATURE_CMOV, IN(smi_count) },
	{ 0x35, 1, INTEL, FEATURE_LM, .get = get_core_count },
	{ 0x3a, 1, INTEL, FEATURE_LM, .value = 1 }, /* FEATURE_CONTROL: locked */
	{ 0x3b, 1, ANY, FEATURE_TSC_ADJUST, IN(tsc_adjust), .set = set_tsc_adjust },
	{ 0x48, 1, ANY, FEATURE_NONE, .get = get_spec_ctrl, .set = set_spec_ctrl },
	{ 0x49, 1, ANY, FEATURE_NONE, .get = get_nothing, .set = set_pred_cmd },
	{ 0x79, 1, INTEL, FEATURE_CMOV, .get = get_nothing, .ignores = true }, /* BIOS_UPDT_TRIG: no update fits */
	{ 0x8b, 1, INTEL, FEATURE_CMOV, .get = get_microcode, .ignores = true }, /* written 0 before CPUID fills it in */
	{ 0x8b, 1, AMD, FEATURE_NONE, .get = get_microcode },
	{ 0xce, 1, INTEL, FEATURE_CMOV, .value = BUS_RATIO << 8 }, /* PLATFORM_INFO */
	{ 0xe2, 1, INTEL, FEATURE_SSSE3, .value = 1 << 15 }, /* PKG_CST_CONFIG_CONTROL: locked */
	{ 0xfe, 1, ANY, FEATURE_MTRR, .value = MTRR_CAP },
	{ 0x10a, 1, ANY, FEATURE_ARCH_CAPABILITIES, .value = ARCH_CAP },
	{ 0x10b, 1, ANY, FEATURE_FLUSH_L1D, .get = get_nothing, .set = set_flush_cmd },
	{ 0x11e, 1, INTEL, FEATURE_CMOV, KEPT(BBL_CR3), .writable = 0xffffffff },
	{ 0x174, 3, ANY, FEATURE_SEP, .get = get_sysenter, .set = set_sysenter },
	{ 0x179, 1, ANY, FEATURE_MCA, .value = MC_CAP },
	{ 0x17a, 1, ANY, FEATURE_MCA, IN(mcg_status), .writable = 7 },
	{ 0x17b, 1, ANY, FEATURE_MCA, IN(mcg_ctl), .writable = ALL_BITS },
	{ 0x198, 1, INTEL, FEATURE_SSE2, .value = (uint64_t)BUS_RATIO << 40 | BUS_RATIO << 8 }, /* PERF_STATUS */
	{ 0x19a, 1, INTEL, FEATURE_ACPI, KEPT(THERM_CONTROL), .writable = 0x1f },
	{ 0x19b, 1, INTEL, FEATURE_ACPI, KEPT(THERM_INTERRUPT), .writable = 0x1ffff17 },
	{ 0x19c, 1, INTEL, FEATURE_ACPI, .value = 0, .ignores = true }, /* THERM_STATUS: never hot */
	{ 0x1a0, 1, INTEL, FEATURE_SSE2, IN(misc_enable), .set = set_misc_enable },
	{ 0x1a2, 1, INTEL, FEATURE_SSSE3, .value = 100 << 16 }, /* TEMPERATURE_TARGET */
	{ 0x1d9, 1, ANY, FEATURE_CMOV, IN(debugctl), .writable = DEBUGCTL_LBR | DEBUGCTL_BTF },
	{ 0x1db, 4, ANY, FEATURE_CMOV, .value = 0 }, /* last branch and last exception, from and to: nothing recorded */
	{ 0x200, 2 * MTRR_VARIABLE, ANY, FEATURE_MTRR, .get = get_variable, .set = set_variable },
	{ 0x250, 1, ANY, FEATURE_MTRR, IN(mtrr_fixed), .set = set_fixed_64k },
	{ 0x258, 2, ANY, FEATURE_MTRR, IN(mtrr_fixed[1]), .set = set_fixed_16k },
	{ 0x268, 8, ANY, FEATURE_MTRR, IN(mtrr_fixed[3]), .set = set_fixed_4k },
	{ 0x277, 1, ANY, FEATURE_PAT, IN(pat), .set = set_pat },
	{ 0x2ff, 1, ANY, FEATURE_MTRR, IN(mtrr_def_type), .set = set_mtrr_def_type },
	{ 0x400, 4 * MC_BANKS, ANY, FEATURE_MCA, .get = get_bank, .set = set_bank },
	{ 0x6e0, 1, ANY, FEATURE_TSC_DEADLINE, .get = get_tsc_deadline, .set = set_tsc_deadline },
	{ X2APIC_FIRST, 0x100, ANY, FEATURE_X2APIC, .get = get_x2apic, .set = set_x2apic },
	{ 0xda0, 1, ANY, FEATURE_XSAVES, IN(xss), .writable = 0 }, /* no supervisor state: 0 may be written */
	{ 0xc0000080, 1, ANY, FEATURE_NONE, .get = get_efer, .set = set_efer },
	{ 0xc0000081, 1, ANY, FEATURE_SYSCALL, IN(star), .writable = ALL_BITS },
	{ 0xc0000082, 1, ANY, FEATURE_LM, IN(lstar), .set = set_lstar },
	{ 0xc0000083, 1, ANY, FEATURE_LM, IN(cstar), .set = set_cstar },
	{ 0xc0000084, 1, ANY, FEATURE_LM, IN(sfmask), .writable = LOW32 },
	{ 0xc0000100, 2, ANY, FEATURE_LM, .get = get_base, .set = set_base },
	{ 0xc0000102, 1, ANY, FEATURE_LM, IN(kernel_gs_base), .set = set_kernel_gs },
	{ 0xc0000103, 1, ANY, FEATURE_NONE, .get = get_tsc_aux, .set = set_tsc_aux },
	{ 0xc0010010, 1, AMD, FEATURE_MTRR, KEPT(SYSCFG), .writable = 0x7c0000 },
	{ 0xc0010015, 1, AMD, FEATURE_SYSCALL, KEPT(HWCR), .writable = LOW32 },
	{ 0xc0010016, 4, AMD, FEATURE_LM, KEPT(IORR), .writable = 0xffffffffff818 },
	{ 0xc001001a, 1, AMD, FEATURE_LM, KEPT(TOP_MEM), .writable = 0xfffffff800000 },
	{ 0xc001001d, 1, AMD, FEATURE_LM, KEPT(TOP_MEM2), .writable = 0xfffffff800000 },
	{ 0xc001001f, 1, AMD, FEATURE_LM, KEPT(NB_CFG), .writable = ALL_BITS },
	{ 0xc0010020, 1, AMD, FEATURE_NONE, .get = get_nothing, .ignores = true }, /* PATCH_LOADER: no patch fits */
	{ 0xc0010055, 1, AMD, FEATURE_LM, KEPT(INT_PENDING), .writable = LOW32 },
	{ 0xc0010058, 1, AMD, FEATURE_LM, KEPT(MMIO_BASE), .writable = 0xfffffff0003d },
	{ 0xc0010111, 1, AMD, FEATURE_LM, .get = get_smbase }, /* locked */
	{ 0xc0010112, 2, AMD, FEATURE_LM, KEPT(SMM_ADDR), .set = set_page_address },
	{ 0xc0010114, 1, AMD, FEATURE_LM, KEPT(VM_CR), .writable = 0 }, /* SVMDIS and LOCK stand: no virtualisation */
	{ 0xc001011f, 1, AMD, FEATURE_VIRT_SSBD, KEPT(VIRT_SPEC), .writable = 4 },
	{ 0xc0010140, 1, AMD, FEATURE_OSVW, KEPT(OSVW_LENGTH), .writable = 0 },
	{ 0xc0010141, 1, AMD, FEATURE_OSVW, .value = 0 },
	{ 0xc0011004, 1, AMD, FEATURE_LM, KEPT(FEATURE_1), .writable = ALL_BITS },
	{ 0xc0011005, 1, AMD, FEATURE_LM, KEPT(FEATURE_2), .writable = ALL_BITS },
	{ 0xc0011020, 1, AMD, FEATURE_LM, KEPT(LS_CFG), .writable = ALL_BITS },
	{ 0xc0011021, 1, AMD, FEATURE_LM, KEPT(IC_CFG), .writable = ALL_BITS },
	{ 0xc0011022, 1, AMD, FEATURE_LM, KEPT(DC_CFG), .writable = ALL_BITS },
	{ 0xc0011023, 1, AMD, FEATURE_LM, KEPT(BU_CFG), .writable = ALL_BITS },
	{ 0xc0011029, 1, AMD, FEATURE_LM, KEPT(DE_CFG), .writable = ALL_BITS },
	{ 0xc001102a, 1, AMD, FEATURE_LM, KEPT(BU_CFG2), .writable = ALL_BITS },
};

static bool row_applies(const Cpu *cpu, const MsrRow *row, uint32_t number)
{
	return number - row->number < row->count && (row->who & (cpu_is_amd(cpu) ? AMD : INTEL)) &&
	       (row->feature == FEATURE_NONE || cpu_has(cpu, row->feature));
}

static const MsrRow *find(const Cpu *cpu, uint32_t number)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(rows) && rows[n].number <= number; n++)
		if (row_applies(cpu, &rows[n], number))
			return &rows[n];
	return NULL;
}

static uint64_t *field(Cpu *cpu, const MsrRow *row, uint32_t number)
{
	return (uint64_t *)(void *)((uint8_t *)cpu + row->offset) + (number - row->number);
}

bool msr_read(Cpu *cpu, uint32_t number, uint64_t *value)
{
	const MsrRow *row = find(cpu, number);
	if (!row)
		return false;
	if (row->get)
		return row->get(cpu, number - row->number, value);
	*value = row->offset ? *field(cpu, row, number) : row->value;
	return true;
}

bool msr_write(Cpu *cpu, uint32_t number, uint64_t value)
{
	const MsrRow *row = find(cpu, number);
	if (!row)
		return false;
	if (row->set)
		return row->set(cpu, number - row->number, value);
	if (row->ignores)
		return true;
	if (!row->offset)
		return false;
	uint64_t *place = field(cpu, row, number);
	if ((value ^ *place) & ~row->writable)
		return false;
	*place = value;
	return true;
}

/* ---- reset ---- */

#define PAT_RESET 0x0007040600070406ull
#define APIC_BASE_RESET 0xfee00000ull
#define VM_CR_NO_SVM 0x18 /* LOCK, SVMDIS */

static void reset_kept(Cpu *cpu)
{
	memset(cpu->msr_kept, 0, sizeof(cpu->msr_kept));
	cpu->msr_kept[KEPT_VM_CR] = VM_CR_NO_SVM;
	cpu->msr_kept[KEPT_DE_CFG] = cpu->model->family >= 0x17 ? 2 : 0; /* LFENCE serialises */
}

static void reset_memory_types(Cpu *cpu)
{
	cpu->pat = PAT_RESET;
	cpu->mtrr_def_type = 0;
	memset(cpu->mtrr_fixed, 0, sizeof(cpu->mtrr_fixed));
	memset(cpu->mtrr_base, 0, sizeof(cpu->mtrr_base));
	memset(cpu->mtrr_mask, 0, sizeof(cpu->mtrr_mask));
}

static void reset_machine_check(Cpu *cpu)
{
	cpu->mcg_status = 0;
	cpu->mcg_ctl = ALL_BITS;
	memset(cpu->mc_bank, 0, sizeof(cpu->mc_bank));
	for (unsigned n = 0; n < MC_BANKS; n++)
		cpu->mc_bank[n][MC_CTL] = ALL_BITS;
}

void msr_reset(Cpu *cpu, bool init)
{
	cpu->debugctl = 0;
	cpu->efer = 0;
	if (init)
		return;
	reset_kept(cpu);
	reset_memory_types(cpu);
	reset_machine_check(cpu);
	cpu->kernel_gs_base = cpu->star = cpu->lstar = cpu->cstar = cpu->sfmask = 0;
	cpu->sysenter_cs = cpu->sysenter_esp = cpu->sysenter_eip = 0;
	cpu->tsc_aux = cpu->tsc_deadline = cpu->tsc_adjust = cpu->xss = cpu->spec_ctrl = 0;
	/* The board's clock begins at 0 itself, and is the same for all processors. */
	cpu->tsc_offset = cpu->bus.tsc ? 0 : 0 - raw_tsc(cpu);
	cpu->apic_base = APIC_BASE_RESET | APIC_BASE_ENABLE | (cpu->topology.index == 0 ? APIC_BASE_BSP : 0);
	if (!cpu_has(cpu, FEATURE_APIC))
		cpu->apic_base = 0;
	cpu->misc_enable = MISC_ENABLE_FAST_STRINGS | MISC_ENABLE_NO_BTS | MISC_ENABLE_NO_PEBS |
			   (cpu_has(cpu, FEATURE_MONITOR) ? MISC_ENABLE_MONITOR : 0);
	cpu->microcode_revision = cpu_is_amd(cpu) ? 0x01000065 : 1;
	cpu->smi_count = 0;
}
