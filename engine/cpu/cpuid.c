/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CPUID instruction. SDM volume 2, CPUID; APM volume 3, appendix E. */
#include "cpu/cpuid_leaf.h"

#include <string.h>

#include "cpu/access.h"
#include "cpu/msr.h"
#include "cpu/xsave.h"
#include "insn_handlers.h"

#define HYPERVISOR_LEAF 0x40000000u
#define EXTENDED_LEAF 0x80000000u

/* The caches that every model tells of. The engine has none: these are sizes that software finds plausible. */
typedef struct Cache {
	unsigned level, type; /* leaf 4's: 1 data, 2 instruction, 3 unified */
	unsigned kib, ways;
	bool per_package;     /* else per core */
} Cache;
enum { CACHE_LINE = 64 };
static const Cache caches[] = { { 1, 1, 32, 8, false }, { 1, 2, 32, 8, false }, { 2, 3, 2048, 8, false },
	{ 3, 3, 16384, 16, true } };

/* ---- topology ---- */

/* Bits that number `count` things. */
static unsigned bits_for(unsigned count)
{
	return count <= 1 ? 0 : 32 - (unsigned)__builtin_clz(count - 1);
}

uint32_t cpuid_apic_id(const CpuTopology *t)
{
	unsigned thread_bits = bits_for(t->threads), core_bits = bits_for(t->cores);
	unsigned thread = t->index % t->threads, core = t->index / t->threads % t->cores,
		socket = t->index / t->threads / t->cores;
	return socket << (thread_bits + core_bits) | core << thread_bits | thread;
}

static unsigned logical_processors(const Cpu *cpu)
{
	return cpu->topology.cores * cpu->topology.threads;
}

unsigned cpuid_phys_bits(const Cpu *cpu)
{
	return cpu->bus.phys_mask ? 64 - (unsigned)__builtin_clzll(cpu->bus.phys_mask) : 40;
}

uint32_t cpuid_signature(const Cpu *cpu)
{
	const CpuModel *m = cpu->model;
	uint32_t family = MIN(m->family, 15), extended = m->family > 15 ? m->family - 15u : 0;
	return extended << 20 | (uint32_t)(m->model >> 4) << 16 | family << 8 | (m->model & 15u) << 4 | m->stepping;
}

/* ---- features, with what follows control registers and MSRs ---- */

static uint32_t feature_word(const Cpu *cpu, uint32_t leaf, uint32_t subleaf, unsigned reg)
{
	return models_feature_word(&cpu->features, leaf, subleaf, reg);
}

static uint32_t leaf1_edx(const Cpu *cpu)
{
	uint32_t word = feature_word(cpu, 1, 0, CPUID_EDX) & ~(1u << 28);
	if (!(cpu->apic_base & APIC_BASE_ENABLE))
		word &= ~(1u << 9);
	return word | (logical_processors(cpu) > 1 ? 1u << 28 : 0);
}

static uint32_t leaf1_ecx(const Cpu *cpu)
{
	uint32_t word = feature_word(cpu, 1, 0, CPUID_ECX);
	if (!cpu_is_amd(cpu) && !(cpu->misc_enable & MISC_ENABLE_MONITOR))
		word &= ~(1u << 3);
	return word | (cpu->cr4 & CR4_OSXSAVE ? 1u << 27 : 0);
}

static uint32_t extended_edx(const Cpu *cpu)
{
	uint32_t word = feature_word(cpu, 0x80000001, 0, CPUID_EDX);
	if (cpu->misc_enable & MISC_ENABLE_XD_DISABLE)
		word &= ~(1u << 20);
	/* Intel shows SYSCALL in 64-bit mode only, AMD repeats leaf 1's bits */
	if (!cpu_is_amd(cpu))
		return (cpu->mode & MODE_CODE) == MODE_CODE64 ? word : word & ~(1u << 11);
	return word | (leaf1_edx(cpu) & 0x0183f3ff);
}

static uint32_t extended_ecx(const Cpu *cpu)
{
	uint32_t word = feature_word(cpu, 0x80000001, 0, CPUID_ECX) & ~2u;
	return word | (cpu_is_amd(cpu) && logical_processors(cpu) > 1 ? 2u : 0);
}

/* ---- XSAVE ---- */

uint64_t cpuid_xcr0_supported(const Cpu *cpu)
{
	if (!cpu_has(cpu, FEATURE_XSAVE))
		return 0;
	return XCR0_X87 | XCR0_SSE | (cpu_has(cpu, FEATURE_AVX) ? XCR0_AVX : 0) | (cpu_has(cpu, FEATURE_PKU) ? XCR0_PKRU : 0);
}

static uint32_t standard_size(uint64_t xcr0)
{
	if (xcr0 & XCR0_PKRU)
		return XSAVE_PKRU + XSAVE_PKRU_SIZE;
	return xcr0 & XCR0_AVX ? XSAVE_AVX + XSAVE_AVX_SIZE : XSAVE_EXTENDED;
}

static uint32_t compacted_size(uint64_t xcr0)
{
	return XSAVE_EXTENDED + (xcr0 & XCR0_AVX ? XSAVE_AVX_SIZE : 0) + (xcr0 & XCR0_PKRU ? XSAVE_PKRU_SIZE : 0);
}

static CpuidResult xsave_leaf(const Cpu *cpu, uint32_t subleaf)
{
	uint64_t supported = cpuid_xcr0_supported(cpu);
	if (!supported)
		return (CpuidResult){ { 0 } };
	if (subleaf == 0)
		return (CpuidResult){ { (uint32_t)supported, standard_size(cpu->xcr0), standard_size(supported),
			(uint32_t)(supported >> 32) } };
	if (subleaf == 1) {
		uint32_t features = feature_word(cpu, 0xd, 1, CPUID_EAX);
		bool compact = cpu_has(cpu, FEATURE_XSAVEC) || cpu_has(cpu, FEATURE_XSAVES);
		return (CpuidResult){ { features, compact ? compacted_size(cpu->xcr0) : 0, 0, 0 } };
	}
	if (subleaf == 2 && (supported & XCR0_AVX))
		return (CpuidResult){ { XSAVE_AVX_SIZE, XSAVE_AVX, 0, 0 } };
	if (subleaf == 9 && (supported & XCR0_PKRU))
		return (CpuidResult){ { XSAVE_PKRU_SIZE, XSAVE_PKRU, 0, 0 } };
	return (CpuidResult){ { 0 } };
}

/* ---- caches and topology leaves ---- */

static unsigned cache_sharing(const Cpu *cpu, const Cache *c)
{
	return c->per_package ? logical_processors(cpu) : cpu->topology.threads;
}

/* Leaf 4, and AMD's 8000001D, which has the same form. */
static CpuidResult cache_leaf(const Cpu *cpu, uint32_t subleaf, bool intel)
{
	if (subleaf >= G_N_ELEMENTS(caches))
		return (CpuidResult){ { 0 } };
	const Cache *c = &caches[subleaf];
	uint32_t sharing = (1u << bits_for(cache_sharing(cpu, c))) - 1, cores = (1u << bits_for(cpu->topology.cores)) - 1;
	uint32_t eax = c->type | c->level << 5 | 1u << 8 /* self initialising */ | (sharing & 0xfff) << 14;
	uint32_t sets = c->kib * 1024 / CACHE_LINE / c->ways;
	if (intel)
		eax |= (cores & 0x3f) << 26;
	return (CpuidResult){ { eax, (c->ways - 1) << 22 | (CACHE_LINE - 1), sets - 1,
		1 /* WBINVD doesn't reach sharers' caches */ } };
}

static CpuidResult topology_leaf(const Cpu *cpu, uint32_t subleaf)
{
	uint32_t id = cpuid_apic_id(&cpu->topology), thread_bits = bits_for(cpu->topology.threads);
	if (subleaf == 0)
		return (CpuidResult){ { thread_bits, cpu->topology.threads, 1u << 8, id } };
	if (subleaf == 1)
		return (CpuidResult){ { thread_bits + bits_for(cpu->topology.cores), logical_processors(cpu), 2u << 8 | 1, id } };
	return (CpuidResult){ { 0, 0, subleaf & 0xff, id } };
}

static CpuidResult amd_topology_leaf(const Cpu *cpu)
{
	const CpuTopology *t = &cpu->topology;
	uint32_t core = t->index / t->threads % t->cores, socket = t->index / t->threads / t->cores;
	if (!cpu_has(cpu, FEATURE_TOPOEXT))
		return (CpuidResult){ { 0 } };
	return (CpuidResult){ { cpuid_apic_id(t), core | (t->threads - 1) << 8, socket & 0xff, 0 } };
}

/* Number of ways as leaves 80000006 and its kin write it. */
static uint32_t amd_associativity(unsigned ways)
{
	return ways == 16 ? 8 : ways == 8 ? 6 : ways == 4 ? 4 : 2;
}

static CpuidResult amd_l1_leaf(void)
{
	const Cache *d = &caches[0], *i = &caches[1];
	uint32_t tlb = 0xff40ff40; /* 64 entries, fully associative, data and code */
	uint32_t data = d->kib << 24 | d->ways << 16 | 1 << 8 | CACHE_LINE, code = i->kib << 24 | i->ways << 16 | 1 << 8 | CACHE_LINE;
	return (CpuidResult){ { tlb, tlb, data, code } };
}

static CpuidResult l2_leaf(const Cpu *cpu)
{
	const Cache *l2 = &caches[2], *l3 = &caches[3];
	uint32_t ecx = l2->kib << 16 | amd_associativity(l2->ways) << 12 | CACHE_LINE, tlb = 0x42004200;
	if (!cpu_is_amd(cpu))
		return (CpuidResult){ { 0, 0, ecx, 0 } };
	uint32_t edx = (l3->kib / 512) << 18 | amd_associativity(l3->ways) << 12 | 1 << 8 | CACHE_LINE;
	return (CpuidResult){ { 0, tlb, ecx | 1 << 8, edx } };
}

static CpuidResult address_size_leaf(const Cpu *cpu)
{
	uint32_t phys = cpuid_phys_bits(cpu), virt = !cpu_has(cpu, FEATURE_LM) ? 32 : cpu_has(cpu, FEATURE_LA57) ? 57 : 48;
	uint32_t count = logical_processors(cpu), ecx = cpu_is_amd(cpu) && count > 1 ? (count - 1) | bits_for(count) << 12 : 0;
	return (CpuidResult){ { phys | virt << 8, feature_word(cpu, 0x80000008, 0, CPUID_EBX), ecx, 0 } };
}

/* ---- texts ---- */

static uint32_t text_word(const char *text, unsigned n)
{
	uint32_t word;
	memcpy(&word, text + 4 * n, 4);
	return word;
}

static CpuidResult vendor_leaf(const Cpu *cpu, uint32_t eax)
{
	const char *vendor = cpu->model->vendor;
	return (CpuidResult){ { eax, text_word(vendor, 0), text_word(vendor, 2), text_word(vendor, 1) } };
}

static CpuidResult id_leaf(const Cpu *cpu, unsigned part)
{
	const char *id = cpu->model->id + 16 * part;
	return (CpuidResult){ { text_word(id, 0), text_word(id, 1), text_word(id, 2), text_word(id, 3) } };
}

static CpuidResult hypervisor_leaf(uint32_t leaf)
{
	static const char name[12] = "Vivarium\0\0\0";
	if (leaf != HYPERVISOR_LEAF)
		return (CpuidResult){ { 0 } };
	return (CpuidResult){ { HYPERVISOR_LEAF, text_word(name, 0), text_word(name, 1), text_word(name, 2) } };
}

/* ---- leaves ---- */

static CpuidResult leaf1(const Cpu *cpu)
{
	uint32_t logical = logical_processors(cpu) > 1 ? MIN(1u << bits_for(logical_processors(cpu)), 255u) : 0;
	uint32_t clflush = cpu_has(cpu, FEATURE_CLFSH) ? CACHE_LINE / 8 : 0;
	uint32_t ebx = (cpuid_apic_id(&cpu->topology) & 0xff) << 24 | logical << 16 | clflush << 8;
	return (CpuidResult){ { cpuid_signature(cpu), ebx, leaf1_ecx(cpu), leaf1_edx(cpu) } };
}

static CpuidResult leaf7(const Cpu *cpu, uint32_t subleaf)
{
	uint32_t more = feature_word(cpu, 7, 1, CPUID_EAX);
	if (subleaf == 1)
		return (CpuidResult){ { more, 0, 0, 0 } };
	if (subleaf)
		return (CpuidResult){ { 0 } };
	uint32_t ecx = feature_word(cpu, 7, 0, CPUID_ECX) | (cpu->cr4 & CR4_PKE ? 1u << 4 : 0);
	return (CpuidResult){ { more != 0, feature_word(cpu, 7, 0, CPUID_EBX), ecx, feature_word(cpu, 7, 0, CPUID_EDX) } };
}

/* Old systems that stumble over high leaves can have them hidden. */
static uint32_t highest_basic(const Cpu *cpu)
{
	return cpu->misc_enable & MISC_ENABLE_LIMIT_CPUID ? MIN(cpu->model->level, 3) : cpu->model->level;
}

static CpuidResult basic_leaf(const Cpu *cpu, uint32_t leaf, uint32_t subleaf)
{
	switch (leaf) {
	case 0x0: return vendor_leaf(cpu, highest_basic(cpu));
	case 0x1: return leaf1(cpu);
	case 0x2: /* descriptors of the caches above: 2C, 30, 7D, 4D. AMD has none */
		if (cpu_is_amd(cpu))
			break;
		return (CpuidResult){ { 1, 0, 0x4d, 0x2c307d } };
	case 0x4: return cpu_is_amd(cpu) ? (CpuidResult){ { 0 } } : cache_leaf(cpu, subleaf, true);
	case 0x5: /* MONITOR's line; MWAIT knows no hints but breaking on masked interrupts */
		if (!cpu_has(cpu, FEATURE_MONITOR))
			break;
		return (CpuidResult){ { CACHE_LINE, CACHE_LINE, 3, 0 } };
	case 0x6: return (CpuidResult){ { feature_word(cpu, 6, 0, CPUID_EAX), 0, 0, 0 } };
	case 0x7: return leaf7(cpu, subleaf);
	case 0xb: return topology_leaf(cpu, subleaf);
	case 0xd: return xsave_leaf(cpu, subleaf);
	default: break; /* 3 serial number, A performance counters, F resource monitoring, 14 tracing: none */
	}
	return (CpuidResult){ { 0 } };
}

static CpuidResult extended_leaf(const Cpu *cpu, uint32_t leaf, uint32_t subleaf)
{
	bool amd = cpu_is_amd(cpu);
	switch (leaf) {
	case 0x80000000: return amd ? vendor_leaf(cpu, cpu->model->xlevel) : (CpuidResult){ { cpu->model->xlevel, 0, 0, 0 } };
	case 0x80000001: return (CpuidResult){ { amd ? cpuid_signature(cpu) : 0, 0, extended_ecx(cpu), extended_edx(cpu) } };
	case 0x80000002: case 0x80000003: case 0x80000004: return id_leaf(cpu, leaf - 0x80000002);
	case 0x80000005: return amd ? amd_l1_leaf() : (CpuidResult){ { 0 } };
	case 0x80000006: return l2_leaf(cpu);
	case 0x80000007: return (CpuidResult){ { 0, 0, 0, feature_word(cpu, leaf, 0, CPUID_EDX) } };
	case 0x80000008: return address_size_leaf(cpu);
	case 0x80000019: /* TLBs for 1 GiB pages */
		return amd && cpu_has(cpu, FEATURE_PDPE1GB) ? (CpuidResult){ { 0xf040f040, 0, 0, 0 } } : (CpuidResult){ { 0 } };
	case 0x8000001a: /* SSE at 128 bits, AVX at 256 */
		return amd ? (CpuidResult){ { cpu_has(cpu, FEATURE_AVX2) ? 6 : 3, 0, 0, 0 } } : (CpuidResult){ { 0 } };
	case 0x8000001d: return cpu_has(cpu, FEATURE_TOPOEXT) ? cache_leaf(cpu, subleaf, false) : (CpuidResult){ { 0 } };
	case 0x8000001e: return amd_topology_leaf(cpu);
	default: return (CpuidResult){ { 0 } };
	}
}

/* The leaf that answers for one out of range: Intel's is the highest basic one, AMD says nothing. */
static CpuidResult out_of_range(const Cpu *cpu, uint32_t subleaf)
{
	return cpu_is_amd(cpu) ? (CpuidResult){ { 0 } } : basic_leaf(cpu, highest_basic(cpu), subleaf);
}

CpuidResult cpuid_leaf(const Cpu *cpu, uint32_t leaf, uint32_t subleaf)
{
	if (leaf >= EXTENDED_LEAF)
		return leaf <= cpu->model->xlevel ? extended_leaf(cpu, leaf, subleaf) : out_of_range(cpu, subleaf);
	if (leaf >= HYPERVISOR_LEAF && leaf <= HYPERVISOR_LEAF + 0xff && cpu_has(cpu, FEATURE_HYPERVISOR))
		return hypervisor_leaf(leaf);
	return leaf <= highest_basic(cpu) ? basic_leaf(cpu, leaf, subleaf) : out_of_range(cpu, subleaf);
}

void op_cpuid(Cpu *cpu, const Insn *i)
{
	static const uint8_t target[4] = { [CPUID_EAX] = RAX, [CPUID_EBX] = RBX, [CPUID_ECX] = RCX, [CPUID_EDX] = RDX };
	(void)i;
	CpuidResult r = cpuid_leaf(cpu, (uint32_t)cpu->gpr[RAX], (uint32_t)cpu->gpr[RCX]);
	for (unsigned n = 0; n < 4; n++)
		cpu->gpr[target[n]] = r.reg[n];
}
