/* SPDX-License-Identifier: GPL-3.0-or-later */
/* System instructions one by one: a case is a mode, an instruction's bytes, three registers, and the fault or the registers that
 * the manuals give for it. Each runs on a processor of its own that was put into the mode by hand. */
#include <string.h>

#include "board.h"
#include "cpu/access.h"
#include "cpu/cpuid_leaf.h"
#include "cpu/debug.h"
#include "cpu/decode.h"
#include "cpu/msr.h"
#include "cpu/smm.h"

enum { RAM_BYTES = 4 << 20, DATA = 0x8000, TABLES = 0x100000, CODE = 0x7000 };
enum { OK = -1 };

typedef enum Mode { REAL, V86, P0, P3 /* 32-bit, ring */, C0, C3 /* compatibility */, L0, L3 /* 64-bit */ } Mode;

static void write64(Board *b, uint64_t at, uint64_t value)
{
	memcpy(b->ram + at, &value, 8);
}

/* The first GiB as it is, writable for everybody. */
static void map_identity(Board *b)
{
	write64(b, TABLES, (TABLES + 0x1000) | 7);
	write64(b, TABLES + 0x1000, (TABLES + 0x2000) | 7);
	for (unsigned n = 0; n < 512; n++)
		write64(b, TABLES + 0x2000 + 8 * n, (uint64_t)n << 21 | 0x87);
	b->cpu->cr3 = TABLES;
}

static void flat(Cpu *cpu, unsigned n, uint16_t selector, unsigned attr)
{
	cpu->seg[n] = (Segment){ .selector = selector, .attr = (uint16_t)attr, .limit = 0xffffffff, .usable = true };
}

static void enter(Board *b, Mode mode)
{
	Cpu *cpu = b->cpu;
	unsigned ring = mode == P3 || mode == C3 || mode == L3 || mode == V86 ? 3 : 0;
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		cpu->seg[n].base = 0, cpu->seg[n].selector = 0;
	if (mode != REAL) {
		cpu->cr0 = CR0_PE | CR0_ET;
		cpu->cpl = (uint8_t)ring;
		if (mode == V86)
			cpu->eflags |= EFLAGS_VM;
	}
	if (mode >= C0) {
		map_identity(b);
		cpu->cr4 = CR4_PAE;
		cpu->efer = EFER_LME | EFER_LMA | EFER_SCE;
		cpu->cr0 |= CR0_PG;
	}
	if (mode >= P0) {
		unsigned dpl = ring << AR_DPL_SHIFT, size = mode >= L0 ? AR_L : AR_DB;
		for (unsigned n = 0; n < SEGMENT_COUNT; n++)
			flat(cpu, n, (uint16_t)(16 | ring), 0x93 | dpl | AR_G | AR_DB);
		flat(cpu, CS, (uint16_t)(8 | ring), 0x9b | dpl | AR_G | size);
	}
	cpu->rip = CODE;
	cpu->gpr[RBX] = DATA;
	cpu_mode_changed(cpu);
}

/* Decodes and runs one instruction as the loop would; the fault's vector, or OK. */
static int run_bytes(Board *b, const uint8_t *bytes, unsigned length)
{
	Cpu *cpu = b->cpu;
	Insn insn;
	DecodeContext context = { cpu->mode, &cpu->features };
	g_assert_cmpint(decode_insn(&context, bytes, length, &insn), ==, DECODE_OK);
	g_assert_cmpuint(insn.length, ==, length);
	cpu->gpr[GPR_RIP] = cpu->rip;
	if (setjmp(cpu->fault_exit))
		return cpu->fault.vector;
	insn.run(cpu, &insn);
	if (!(insn_forms[insn.form].flags & FORM_RIP))
		cpu->rip = insn_next_rip(cpu, &insn);
	return OK;
}

static int run_hex(Board *b, const char *hex)
{
	uint8_t bytes[15];
	unsigned length = 0;
	for (; hex[0] && hex[1]; hex += 2)
		bytes[length++] = (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
	return run_bytes(b, bytes, length);
}

static Board *board_in(const char *model, Mode mode)
{
	g_autoptr(GError) error = NULL;
	Board *b = board_new(model, RAM_BYTES, &error);
	g_assert_no_error(error);
	enter(b, mode);
	return b;
}

/* ---- cases ---- */

#define ANY 0xa5a5a5a5a5a5a5a5ull /* as a result: not looked at */

typedef struct Case {
	const char *name, *model;
	Mode mode;
	const char *bytes;
	uint64_t rax, rcx, rdx;
	int fault;
	uint64_t want_rax, want_rdx;
	void (*prepare)(Cpu *cpu);
	bool (*check)(Board *b);
} Case;

static void set_umip(Cpu *cpu) { cpu->cr4 |= CR4_UMIP; cpu_mode_changed(cpu); }
static void set_tsd(Cpu *cpu) { cpu->cr4 |= CR4_TSD; }
static void set_de(Cpu *cpu) { cpu->cr4 |= CR4_DE; }
static void set_gd(Cpu *cpu) { cpu->dr[7] |= 1 << 13; }
static void set_osxsave(Cpu *cpu) { cpu->cr4 |= CR4_OSXSAVE; cpu_mode_changed(cpu); }
static void set_pke(Cpu *cpu) { cpu->cr4 |= CR4_PKE; }
static void set_fsgs(Cpu *cpu) { cpu->cr4 |= CR4_FSGSBASE; cpu->seg[FS].base = 0x123456789; }
static void set_ts(Cpu *cpu) { cpu->cr0 |= CR0_TS; cpu_mode_changed(cpu); }
static void set_pae(Cpu *cpu) { cpu->cr4 |= CR4_PAE; }
static void set_lme(Cpu *cpu) { cpu->efer |= EFER_LME; }
static void set_lme_pae(Cpu *cpu) { set_lme(cpu); set_pae(cpu); }
static void set_cr3_low(Cpu *cpu) { cpu->cr3 |= 0x18; }
static void set_stars(Cpu *cpu)
{
	cpu->efer |= EFER_SCE;
	cpu->star = 0x00430020ull << 32 | 0x5000;
	cpu->lstar = 0xffff800000001000;
	cpu->cstar = 0x6000;
	cpu->sfmask = EFLAGS_IF | EFLAGS_DF;
	cpu->eflags |= EFLAGS_IF;
	cpu->gpr[11] = 0xffffffff;
}
static void mask_tf(Cpu *cpu)
{
	set_stars(cpu);
	cpu->sfmask |= EFLAGS_TF;
	cpu->eflags |= EFLAGS_TF;
	cpu->debug_pending = 1 << 14; /* as the loop does before it steps */
}
static void no_sce(Cpu *cpu) { cpu->efer &= ~(uint64_t)EFER_SCE; }
static void set_sysenter(Cpu *cpu) { cpu->sysenter_cs = 0x23; cpu->sysenter_eip = 0x123400005678; cpu->sysenter_esp = 0x9000; }
static void set_table(Cpu *cpu) { cpu->gdtr = (TableRegister){ 0xffff812345678abc, 0x4321 }; }
static void bad_pdpte(Cpu *cpu) { set_pae(cpu); cpu->cr3 = 0x9000; }
static void no_bitmap(Cpu *cpu) { cpu->tr.base = 0x9000 - 0x66; cpu->tr.limit = 0x67; }
static void set_kernel_gs(Cpu *cpu) { cpu->kernel_gs_base = 0x77; }

static bool lma_on(Board *b) { return (b->cpu->efer & EFER_LMA) && (b->cpu->mode & MODE_LONG); }
static bool dr6_bd(Board *b) { return b->cpu->dr[6] >> 13 & 1; }
static bool dr7_is(Board *b) { return b->cpu->dr[7] == 0x27ff; }
static bool ts_clear(Board *b) { return !(b->cpu->cr0 & CR0_TS); }
static bool is_halted(Board *b) { return b->cpu->halted; }
static bool has_work_for_masked_interrupt(Board *b)
{
	b->cpu->eflags &= ~EFLAGS_IF;
	cpu_set_interrupt(b->cpu, true);
	return cpu_has_work(b->cpu);
}
static bool sleeps_on_masked(Board *b) { return is_halted(b) && !has_work_for_masked_interrupt(b); }
static bool wakes_on_masked(Board *b)
{
	return is_halted(b) && has_work_for_masked_interrupt(b) && cpu_run(b->cpu, 1) != CPU_EXIT_HALTED && !is_halted(b);
}
static bool ends_mwait(Board *b)
{
	cpu_end_mwait(b->cpu);
	return !is_halted(b);
}
static bool stays_halted(Board *b) { return !ends_mwait(b); }
static bool at_lstar(Board *b)
{
	return b->cpu->rip == 0xffff800000001000 && b->cpu->gpr[RCX] == CODE + 2 && b->cpu->gpr[11] == 0x202 &&
		b->cpu->cpl == 0 &&
	       !(b->cpu->eflags & EFLAGS_IF) && b->cpu->seg[CS].selector == 0x20 && b->cpu->seg[SS].selector == 0x28 &&
	       (b->cpu->mode & MODE_CODE) == MODE_CODE64;
}
static bool stepped(Board *b) { return b->cpu->debug_pending == 1 << 14; }
static bool not_stepped(Board *b) { return b->cpu->debug_pending == 0; }
static bool at_cstar(Board *b) { return b->cpu->rip == 0x6000 && (b->cpu->mode & MODE_CODE) == MODE_CODE64 && b->cpu->cpl == 0; }
static bool at_star(Board *b) { return b->cpu->rip == 0x5000 && (b->cpu->mode & MODE_CODE) == MODE_CODE32 && b->cpu->cpl == 0; }
static bool sysret64(Board *b)
{
	return b->cpu->rip == 0x1234 && b->cpu->seg[CS].selector == 0x53 && b->cpu->seg[SS].selector == 0x4b &&
		b->cpu->cpl == 3 &&
	       (b->cpu->mode & MODE_CODE) == MODE_CODE64 && eflags_get(b->cpu) == 0x3c7fd7;
}
static bool sysret32(Board *b)
{
	return b->cpu->rip == 0x1234 && b->cpu->seg[CS].selector == 0x43 && b->cpu->seg[SS].selector == 0x4b &&
		b->cpu->cpl == 3 &&
	       (b->cpu->mode & MODE_CODE) == MODE_CODE32;
}
static bool sysenter64(Board *b)
{
	return b->cpu->rip == 0x123400005678 && b->cpu->gpr[RSP] == 0x9000 && b->cpu->seg[CS].selector == 0x20 &&
		b->cpu->cpl == 0 &&
	       (b->cpu->mode & MODE_CODE) == MODE_CODE64;
}
static bool sysenter32(Board *b) { return b->cpu->rip == 0x5678 && b->cpu->seg[SS].selector == 0x28 && b->cpu->cpl == 0; }
static bool sysexit32(Board *b)
{
	return b->cpu->rip == 0x2222 && b->cpu->gpr[RSP] == 0x1111 && b->cpu->seg[CS].selector == 0x33 &&
		b->cpu->seg[SS].selector == 0x3b &&
	       b->cpu->cpl == 3;
}
static bool sysexit64(Board *b)
{
	return b->cpu->rip == 0x2222 && b->cpu->seg[CS].selector == 0x43 && b->cpu->seg[SS].selector == 0x4b;
}

static bool stored6(Board *b) { return !memcmp(b->ram + DATA, "\x21\x43\xbc\x8a\x67\x45\xee", 7); }
static bool stored10(Board *b) { return !memcmp(b->ram + DATA, "\x21\x43\xbc\x8a\x67\x45\x23\x81\xff\xff\xee", 11); }
static bool loaded24(Board *b) { return b->cpu->gdtr.limit == 0xeeee && b->cpu->gdtr.base == 0xeeeeee; }
static bool loaded32(Board *b) { return b->cpu->gdtr.base == 0xeeeeeeee; }
static bool zeroed(Board *b)
{
	const uint8_t *p = b->ram + DATA;
	return p[0x3f] == 0xee && p[0x40] == 0 && p[0x7f] == 0 && p[0x80] == 0xee;
}
static bool swapped(Board *b) { return b->cpu->seg[GS].base == 0x77 && b->cpu->kernel_gs_base == 0; }

#define N "max"
#define INTEL_64 "Haswell"

static const Case cases[] = {
	/* MOV CR */
	{ "mov eax,cr0", N, REAL, "0f20c0", 0, 0, 0, OK, 0x60000010, ANY, NULL, NULL },
	{ "mov rax,cr0", N, L0, "0f20c0", 0, 0, 0, OK, 0x80000011, ANY, NULL, NULL },
	{ "mov with mod 0", N, P0, "0f2000", 0, 0, 0, OK, 0x11, ANY, NULL, NULL },
	{ "mov eax,cr1", N, P0, "0f20c8", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "mov eax,cr1 in ring 3", N, P3, "0f20c8", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "mov eax,cr0 in ring 3", N, P3, "0f20c0", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "mov eax,cr0 in v86", N, V86, "0f20c0", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "mov rax,cr8", N, L0, "440f20c0", 5, 0, 0, OK, 0, ANY, NULL, NULL },
	{ "mov cr8,rax", N, L0, "440f22c0", 15, 0, 0, OK, 15, ANY, NULL, NULL },
	{ "mov cr8 beyond", N, L0, "440f22c0", 16, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "lock mov cr0 is cr8", "EPYC", P0, "f00f22c0", 9, 0, 0, OK, 9, ANY, NULL, NULL },
	{ "lock mov cr0 elsewhere", INTEL_64, P0, "f00f22c0", 9, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "lock mov cr3", N, P0, "f00f22d8", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "PG without PE", N, P0, "0f22c0", 0x80000010, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "NW without CD", N, P0, "0f22c0", 0x20000011, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "CR0 above 32 bits", N, L0, "0f22c0", 0x180000011, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "PG off in 64-bit mode", N, L0, "0f22c0", 0x11, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "PG off in compatibility mode", N, C0, "0f22c0", 0x11, 0, 0, OK, 0x11, ANY, NULL, NULL },
	{ "LME without PAE", N, P0, "0f22c0", 0x80000011, 0, 0, VECTOR_GP, 0, 0, set_lme, NULL },
	{ "LMA", N, P0, "0f22c0", 0x80000011, 0, 0, OK, ANY, ANY, set_lme_pae, lma_on },
	{ "bad PDPTE", N, P0, "0f22c0", 0x80000011, 0, 0, VECTOR_GP, 0, 0, bad_pdpte, NULL },
	{ "CR3 above the physical width", N, L0, "0f22d8", 1ull << 41, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "CR4 reserved bit", N, P0, "0f22e0", 1 << 15, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "CR4 without the feature", "486", P0, "0f22e0", CR4_PAE, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "PAE off in long mode", N, L0, "0f22e0", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "LA57 in long mode", N, L0, "0f22e0", CR4_PAE | CR4_LA57, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "PCIDE in long mode", N, L0, "0f22e0", CR4_PAE | CR4_PCIDE, 0, 0, OK, ANY, ANY, NULL, NULL },
	{ "PCIDE with a PCID", N, L0, "0f22e0", CR4_PAE | CR4_PCIDE, 0, 0, VECTOR_GP, 0, 0, set_cr3_low, NULL },
	{ "PCIDE outside long mode", N, P0, "0f22e0", CR4_PCIDE, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "clts", N, P0, "0f06", 0, 0, 0, OK, ANY, ANY, set_ts, ts_clear },
	{ "clts in ring 3", N, P3, "0f06", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "smsw ax", N, P0, "660f01e0", 0xffffffff, 0, 0, OK, 0xffff0011, ANY, NULL, NULL },
	{ "smsw rax", N, L0, "480f01e0", 0, 0, 0, OK, 0x80000011, ANY, NULL, NULL },
	{ "smsw under umip", N, P3, "0f01e0", 0, 0, 0, VECTOR_GP, 0, 0, set_umip, NULL },
	{ "lmsw can't clear PE", N, P0, "0f01f0", 0, 0, 0, OK, ANY, ANY, NULL, NULL },
	{ "lmsw in ring 3", N, P3, "0f01f0", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	/* MOV DR */
	{ "mov eax,dr6", N, P0, "0f21f0", 0, 0, 0, OK, 0xffff0ff0, ANY, NULL, NULL },
	{ "mov eax,dr4", N, P0, "0f21e0", 0, 0, 0, OK, 0xffff0ff0, ANY, NULL, NULL },
	{ "mov eax,dr4 under DE", N, P0, "0f21e0", 0, 0, 0, VECTOR_UD, 0, 0, set_de, NULL },
	{ "mov dr5,eax", N, P0, "0f23e8", 0xffffffff, 0, 0, OK, ANY, ANY, NULL, NULL },
	{ "mov dr7,eax", N, P0, "0f23f8", 0x23ff, 0, 0, OK, ANY, ANY, NULL, dr7_is },
	{ "mov dr7,rax above 32 bits", N, L0, "0f23f8", 1ull << 32, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "mov rax,dr8", N, L0, "440f21c0", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "GD", N, P0, "0f21c0", 0, 0, 0, VECTOR_DB, 0, 0, set_gd, dr6_bd },
	{ "mov dr in ring 3", N, P3, "0f21c0", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	/* tables */
	{ "sgdt", N, P0, "0f0103", 0, 0, 0, OK, ANY, ANY, set_table, stored6 },
	{ "sgdt o16", N, P0, "660f0103", 0, 0, 0, OK, ANY, ANY, set_table, stored6 },
	{ "sgdt 64", N, L0, "0f0103", 0, 0, 0, OK, ANY, ANY, set_table, stored10 },
	{ "sgdt 64 o16", N, L0, "660f0103", 0, 0, 0, OK, ANY, ANY, set_table, stored10 },
	{ "sgdt under umip", N, P3, "0f0103", 0, 0, 0, VECTOR_GP, 0, 0, set_umip, NULL },
	{ "sgdt eax", N, P0, "0f01c0", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "lgdt real", N, REAL, "0f0117", 0, 0, 0, OK, ANY, ANY, NULL, loaded24 },
	{ "lgdt real o32", N, REAL, "660f0117", 0, 0, 0, OK, ANY, ANY, NULL, loaded32 },
	{ "lgdt o16", N, P0, "660f0113", 0, 0, 0, OK, ANY, ANY, NULL, loaded24 },
	{ "lgdt not canonical", N, L0, "0f0113", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "lidt in ring 3", N, P3, "0f011b", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "clzero", N, L3, "0f01fc", DATA + 0x45, 0, 0, OK, ANY, ANY, NULL, zeroed },
	{ "invlpg in ring 3", N, P3, "0f013b", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "invpcid type 4", N, L0, "660f388203", 4, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "invpcid reserved bits", N, L0, "660f388203", 2, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "invpcid missing", "qemu64", L0, "660f388203", 2, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	/* XCR0, PKRU */
	{ "xgetbv without OSXSAVE", N, P3, "0f01d0", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "xgetbv", N, P3, "0f01d0", 0, 0, 0, OK, 1, 0, set_osxsave, NULL },
	{ "xgetbv 2", N, P3, "0f01d0", 0, 2, 0, VECTOR_GP, 0, 0, set_osxsave, NULL },
	{ "xsetbv", N, P0, "0f01d1", 0x207, 0, 0, OK, ANY, ANY, set_osxsave, NULL },
	{ "xsetbv without x87", N, P0, "0f01d1", 6, 0, 0, VECTOR_GP, 0, 0, set_osxsave, NULL },
	{ "xsetbv AVX alone", N, P0, "0f01d1", 5, 0, 0, VECTOR_GP, 0, 0, set_osxsave, NULL },
	{ "xsetbv unknown", N, P0, "0f01d1", 0xe7, 0, 0, VECTOR_GP, 0, 0, set_osxsave, NULL },
	{ "xsetbv in ring 3", N, P3, "0f01d1", 7, 0, 0, VECTOR_GP, 0, 0, set_osxsave, NULL },
	{ "rdpkru without PKE", N, L3, "0f01ee", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "rdpkru", N, L3, "0f01ee", 5, 0, 5, OK, 0, 0, set_pke, NULL },
	{ "rdpkru 1", N, L3, "0f01ee", 0, 1, 0, VECTOR_GP, 0, 0, set_pke, NULL },
	{ "wrpkru edx", N, L3, "0f01ef", 0, 0, 1, VECTOR_GP, 0, 0, set_pke, NULL },
	{ "stac in ring 3", N, L3, "0f01cb", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "stac", N, L0, "0f01cb", 0, 0, 0, OK, ANY, ANY, NULL, NULL },
	/* bases */
	{ "rdfsbase without FSGSBASE", N, L3, "f3480faec0", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "rdfsbase rax", N, L3, "f3480faec0", 0, 0, 0, OK, 0x123456789, ANY, set_fsgs, NULL },
	{ "rdfsbase eax", N, L3, "f30faec0", 0, 0, 0, OK, 0x23456789, ANY, set_fsgs, NULL },
	{ "wrgsbase not canonical", N, L3, "f3480faed8", 1ull << 47, 0, 0, VECTOR_GP, 0, 0, set_fsgs, NULL },
	{ "swapgs", N, L0, "0f01f8", 0, 0, 0, OK, ANY, ANY, set_kernel_gs, swapped },
	{ "swapgs in ring 3", N, L3, "0f01f8", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "swapgs in 32 bits", N, P0, "0f01f8", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	/* counters */
	{ "rdtsc under TSD", N, P3, "0f31", 0, 0, 0, VECTOR_GP, 0, 0, set_tsd, NULL },
	{ "rdtsc in ring 0", N, P0, "0f31", 0, 0, 0, OK, ANY, ANY, set_tsd, NULL },
	{ "rdtscp missing", "qemu64", P0, "0f01f9", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "rdpmc in ring 3", N, P3, "0f33", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "rdmsr in ring 3", N, P3, "0f32", 0, 0x10, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "rdmsr unknown", N, P0, "0f32", 0, 0x12345, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "rdmsr apic base", N, P0, "0f32", 0, 0x1b, 7, OK, 0xfee00900, 0, NULL, NULL },
	/* waiting */
	{ "hlt", N, P0, "f4", 0, 0, 0, OK, ANY, ANY, NULL, is_halted },
	{ "hlt in ring 3", N, P3, "f4", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "monitor missing", "qemu64", P0, "0f01c8", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "monitor in ring 3", "Nehalem,+monitor", P3, "0f01c8", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	{ "monitor 1", "max,+monitor", P0, "0f01c8", 0, 1, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "mwait", "max,+monitor", P0, "0f01c9", 0, 0, 0, OK, ANY, ANY, NULL, is_halted },
	{ "mwait until a store", "max,+monitor", P0, "0f01c9", 0, 0, 0, OK, ANY, ANY, NULL, ends_mwait },
	{ "hlt is no mwait", N, P0, "f4", 0, 0, 0, OK, ANY, ANY, NULL, stays_halted },
	{ "mwait 0, masked interrupt", "max,+monitor", P0, "0f01c9", 0, 0, 0, OK, ANY, ANY, NULL, sleeps_on_masked },
	{ "mwait 1, masked interrupt", "max,+monitor", P0, "0f01c9", 0, 1, 0, OK, ANY, ANY, NULL, wakes_on_masked },
	{ "mwait 2", "max,+monitor", P0, "0f01c9", 0, 2, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "rsm outside SMM", N, P0, "0faa", 0, 0, 0, VECTOR_UD, 0, 0, NULL, NULL },
	/* system calls */
	{ "syscall", N, L3, "0f05", 0, 0, 0, OK, ANY, ANY, set_stars, at_lstar },
	{ "syscall masks TF", N, L3, "0f05", 0, 0, 0, OK, ANY, ANY, mask_tf, not_stepped },
	{ "sysret sets TF", N, L0, "480f07", 0, 0x1234, 0, OK, ANY, ANY, set_stars, stepped },
	{ "syscall without SCE", N, L3, "0f05", 0, 0, 0, VECTOR_UD, 0, 0, no_sce, NULL },
	{ "syscall compatibility", N, C3, "0f05", 0, 0, 0, OK, ANY, ANY, set_stars, at_cstar },
	{ "syscall legacy", N, P3, "0f05", 0, 0, 0, OK, ANY, ANY, set_stars, at_star },
	{ "syscall, Intel", INTEL_64, L3, "0f05", 0, 0, 0, OK, ANY, ANY, set_stars, at_lstar },
	{ "syscall compatibility, Intel", INTEL_64, C3, "0f05", 0, 0, 0, VECTOR_UD, 0, 0, set_stars, NULL },
	{ "sysret 64", N, L0, "480f07", 0, 0x1234, 0, OK, ANY, ANY, set_stars, sysret64 },
	{ "sysret 32", N, L0, "0f07", 0, 0xffff00001234, 0, OK, ANY, ANY, set_stars, sysret32 },
	{ "sysret in ring 3", N, L3, "480f07", 0, 0, 0, VECTOR_GP, 0, 0, set_stars, NULL },
	{ "sysret not canonical, Intel", INTEL_64, L0, "480f07", 0, 1ull << 47, 0, VECTOR_GP, 0, 0, set_stars, NULL },
	{ "sysret not canonical, AMD", N, L0, "480f07", 0, 1ull << 47, 0, OK, ANY, ANY, set_stars, NULL },
	{ "sysenter, Intel 64", INTEL_64, L3, "0f34", 0, 0, 0, OK, ANY, ANY, set_sysenter, sysenter64 },
	{ "sysenter, AMD 64", N, L3, "0f34", 0, 0, 0, VECTOR_UD, 0, 0, set_sysenter, NULL },
	{ "sysenter 32", N, P3, "0f34", 0, 0, 0, OK, ANY, ANY, set_sysenter, sysenter32 },
	{ "sysenter real", N, REAL, "0f34", 0, 0, 0, VECTOR_GP, 0, 0, set_sysenter, NULL },
	{ "sysenter without CS", N, P3, "0f34", 0, 0, 0, VECTOR_GP, 0, 0, NULL, NULL },
	{ "sysexit 32", N, P0, "0f35", 0, 0x1111, 0x2222, OK, ANY, ANY, set_sysenter, sysexit32 },
	{ "sysexit in ring 3", N, P3, "0f35", 0, 0, 0, VECTOR_GP, 0, 0, set_sysenter, NULL },
	{ "sysexit 64, Intel", INTEL_64, L0, "480f35", 0, 0x1111, 0x2222, OK, ANY, ANY, set_sysenter, sysexit64 },
	{ "sysexit 64 not canonical", INTEL_64, L0, "480f35", 0, 1ull << 47, 0, VECTOR_GP, 0, 0, set_sysenter, NULL },
	/* ports */
	{ "in al,0x92", N, P0, "e492", 0xffff, 0, 0, OK, 0xff02, ANY, NULL, NULL },
	{ "in eax,dx", N, L0, "48ed", ~0ull, 0, 0x80, OK, 0xffffffff, ANY, NULL, NULL },
	{ "in in ring 3", N, P3, "e492", 0, 0, 0, VECTOR_GP, 0, 0, no_bitmap, NULL },
	{ "in in ring 3, by the bitmap", N, P3, "e492", 0, 0, 0, OK, 2, ANY, NULL, NULL },
};

static void run_case(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(Board) b = board_in(c->model, c->mode);
	Cpu *cpu = b->cpu;
	memset(b->ram + DATA, 0xee, 4096);
	memset(b->ram + 0x9000, 0xff, 32);
	cpu->gpr[RAX] = c->rax;
	cpu->gpr[RCX] = c->rcx;
	cpu->gpr[RDX] = c->rdx;
	if (c->prepare)
		c->prepare(cpu);
	uint64_t before[16];
	memcpy(before, cpu->gpr, sizeof(before));
	uint64_t cr0 = cpu->cr0, cr3 = cpu->cr3, cr4 = cpu->cr4;
	g_assert_cmpint(run_hex(b, c->bytes), ==, c->fault);
	if (c->fault != OK) {
		g_assert_cmpmem(before, sizeof(before), cpu->gpr, sizeof(before));
		g_assert_true(cr0 == cpu->cr0 && cr3 == cpu->cr3 && cr4 == cpu->cr4 && cpu->rip == CODE);
	} else {
		if (c->want_rax != ANY)
			g_assert_cmphex(cpu->gpr[RAX], ==, c->want_rax);
		if (c->want_rdx != ANY)
			g_assert_cmphex(cpu->gpr[RDX], ==, c->want_rdx);
	}
	if (c->check)
		g_assert_true(c->check(b));
}

/* ---- MSRs: what may be written where ---- */

typedef struct MsrCase {
	const char *model;
	uint32_t msr;
	uint64_t write;
	bool good;
	uint64_t read; /* after a good write */
} MsrCase;

static const MsrCase msr_cases[] = {
	{ N, 0xc0000080, 0x500, true, 0x500 }, /* in long mode LMA follows paging, not the write */
	{ N, 0xc0000080, 0x100 | 1 << 12, false, 0 }, { N, 0xc0000080, 0, false, 0 }, /* LME can't go while paging is on */
	{ "486", 0x10, 0, false, 0 }, { "qemu32", 0xc0000080, 0, false, 0 },
	{ N, 0xc0000082, 0xffff800000000000, true, 0xffff800000000000 }, { "Haswell", 0xc0000082, 0x0000800000000000, false, 0 },
	{ N, 0xc0000100, 0x7fffffffffff, true, 0x7fffffffffff }, { "Haswell", 0xc0000101, 1ull << 63, false, 0 },
	{ N, 0xc0000084, 1ull << 32, false, 0 }, { N, 0xc0000103, 5, true, 5 }, { "qemu64", 0xc0000103, 5, false, 0 },
	{ N, 0x277, 0x0007010600070106, true, 0x0007010600070106 }, { N, 0x277, 2, false, 0 }, { N, 0x277, 8, false, 0 },
	{ N, 0xfe, 0, false, 0 }, { N, 0x200, 0x80000006, true, 0x80000006 }, { N, 0x200, 0x80000002, false, 0 },
	{ N, 0x201, 0xffff000800, true, 0xffff000800 }, { N, 0x201, 0xffff000801, false, 0 }, { N, 0x201, 1ull << 40, false, 0 },
	{ N, 0x20f, 0x800, true, 0x800 }, { N, 0x210, 0, false, 0 }, { N, 0x250, 0x0606060606060606, true, 0x0606060606060606 },
	{ N, 0x26f, 0x0000000000000700, false, 0 }, { N, 0x2ff, 0xc06, true, 0xc06 }, { N, 0x2ff, 0x206, false, 0 },
	{ N, 0x1b, 0xfee00800, true, 0xfee00800 }, { N, 0x1b, 0xfee00400, false, 0 }, { N, 0x1b, 0xfee00a00, false, 0 },
	{ N, 0x1b, 1ull << 40 | 0x800, false, 0 },
	{ N, 0x3b, 0x1000, true, 0x1000 }, { "qemu64", 0x3b, 0, false, 0 }, { N, 0x6e0, 7ull << 60, true, 7ull << 60 },
	{ N, 0x174, 0x123456789, true, 0x23456789 }, { N, 0x176, 0xffff800000000000, true, 0xffff800000000000 },
	{ N, 0x179, 0, false, 0 }, { N, 0x17a, 4, true, 4 }, { N, 0x400, ~0ull, true, ~0ull }, { N, 0x401, 0, true, 0 },
	{ N, 0x401, 1, false, 0 }, { N, 0x427, 0, true, 0 }, { N, 0x428, 0, false, 0 },
	{ "Haswell", 0x1a0, 0x1801, true, 0x1801 }, { "Haswell", 0x1a0, 1 << 30, false, 0 }, { N, 0x1a0, 1, false, 0 },
	{ "Haswell", 0x3a, 5, false, 0 }, { "Haswell", 0x8b, 0, true, 1ull << 32 }, { N, 0x8b, 0, false, 0 },
	{ "Haswell-IBRS", 0x48, 1, true, 1 }, { "Haswell-IBRS", 0x48, 4, false, 0 }, { "Haswell", 0x48, 0, false, 0 },
	{ "EPYC", 0xc0010015, 0x40000, true, 0x40000 }, { "Haswell", 0xc0010015, 0, false, 0 },
	{ "EPYC", 0xc0010114, 0x18, true, 0x18 },
	{ "EPYC", 0xc0010114, 0, false, 0 }, { "EPYC", 0xc001001a, 0x80000000, true, 0x80000000 },
	{ "EPYC", 0xc001001a, 1, false, 0 },
	{ N, 0x1d9, 2, true, 2 }, { N, 0x1d9, 1 << 20, false, 0 }, { N, 0x800, 0, false, 0 },
};

static void run_msr_case(gconstpointer data)
{
	const MsrCase *c = data;
	g_autoptr(Board) b = board_in(c->model, L0);
	uint64_t value;
	g_assert_cmpint(msr_write(b->cpu, c->msr, c->write), ==, c->good);
	if (c->good) {
		g_assert_true(msr_read(b->cpu, c->msr, &value));
		g_assert_cmphex(value, ==, c->read);
	}
}

/* Any number, any value: a write that is refused changes nothing, and one that isn't can be read, or never can. */
static void test_msr_any(void)
{
	static const char *const models[] = { "486", "pentium3", "Haswell-IBRS", "EPYC-Milan", "max" };
	static const uint32_t ranges[][2] = { { 0, 0x1000 }, { 0xc0000000, 0xc0000200 }, { 0xc0010000, 0xc0011100 } };
	g_autoptr(GRand) dice = g_rand_new_with_seed(1);
	for (unsigned m = 0; m < G_N_ELEMENTS(models); m++) {
		g_autoptr(Board) b = board_in(models[m], P0);
		for (unsigned r = 0; r < G_N_ELEMENTS(ranges); r++)
			for (uint32_t n = ranges[r][0]; n < ranges[r][1]; n++) {
				uint64_t old = 0, new = 0, value = (uint64_t)g_rand_int(dice) << 32 | g_rand_int(dice);
				bool readable = msr_read(b->cpu, n, &old);
				value = n & 1 ? value : old ^ ((uint64_t)1 << (value & 63));
				bool written = msr_write(b->cpu, n, value);
				g_assert_true(msr_read(b->cpu, n, &new) == readable);
				if (!written)
					g_assert_cmphex(old, ==, new);
			}
	}
}

static void test_tsc(void)
{
	g_autoptr(Board) b = board_in(N, P0);
	g_assert_true(msr_write(b->cpu, 0x10, 1000));
	g_assert_cmpuint(msr_tsc(b->cpu), ==, 1000);
	g_assert_cmpuint(b->cpu->tsc_adjust, ==, 1000);
	g_assert_true(msr_write(b->cpu, 0x3b, 1500));
	g_assert_cmpuint(msr_tsc(b->cpu), ==, 1500);
}

/* ---- string I/O ---- */

static void test_outs(void)
{
	g_autoptr(Board) b = board_in(N, P0);
	memcpy(b->ram + DATA, "hello", 5);
	b->cpu->gpr[RSI] = DATA;
	b->cpu->gpr[RCX] = 5;
	b->cpu->gpr[RDX] = 0xe9;
	g_assert_cmpint(run_hex(b, "f36e"), ==, OK);
	g_assert_cmpstr(b->output->str, ==, "hello");
	g_assert_cmpuint(b->cpu->gpr[RCX], ==, 0);
	g_assert_cmpuint(b->cpu->gpr[RSI], ==, DATA + 5);
	g_assert_cmpuint(b->cpu->rip, ==, CODE + 2);
}

/* An event ends the instruction's turn after one element, with RIP still on it. */
static void test_ins_interrupted(void)
{
	g_autoptr(Board) b = board_in(N, P0);
	b->cpu->gpr[RDI] = DATA;
	b->cpu->gpr[RCX] = 3;
	b->cpu->gpr[RDX] = 0x92;
	cpu_set_interrupt(b->cpu, true);
	g_assert_cmpint(run_hex(b, "f36d"), ==, OK);
	g_assert_cmpuint(b->cpu->gpr[RCX], ==, 2);
	g_assert_cmpuint(b->cpu->rip, ==, CODE);
	cpu_set_interrupt(b->cpu, false);
	g_assert_cmpint(run_hex(b, "f36d"), ==, OK);
	g_assert_cmpuint(b->cpu->gpr[RCX], ==, 0);
	g_assert_cmpuint(b->cpu->gpr[RDI], ==, DATA + 12);
	g_assert_cmpuint(b->cpu->rip, ==, CODE + 2);
}

/* ---- SMM ---- */

typedef struct Snapshot {
	uint64_t gpr[16], cr0, cr3, cr4, efer, rip, dr6, dr7;
	uint32_t eflags, mode;
	Segment seg[SEGMENT_COUNT], ldtr, tr;
	TableRegister gdtr, idtr;
	uint8_t cpl;
	bool halted, nmi_blocked;
} Snapshot;

/* Field by field: an assigned structure's padding may hold anything, and snapshots are compared byte by byte. */
static void snapshot_segment(Segment *to, const Segment *from)
{
	to->selector = from->selector, to->attr = from->attr, to->limit = from->limit, to->base = from->base;
	to->usable = from->usable, to->eff_base = from->eff_base, to->read_end = from->read_end, to->write_end = from->write_end;
}

static void snapshot_table(TableRegister *to, const TableRegister *from)
{
	to->base = from->base, to->limit = from->limit;
}

static void snapshot(Snapshot *to, const Cpu *cpu)
{
	memset(to, 0, sizeof(*to));
	memcpy(to->gpr, cpu->gpr, sizeof(to->gpr));
	to->cr0 = cpu->cr0, to->cr3 = cpu->cr3, to->cr4 = cpu->cr4, to->efer = cpu->efer, to->rip = cpu->rip, to->dr6 = cpu->dr[6],
		to->dr7 = cpu->dr[7];
	to->eflags = eflags_get(cpu), to->mode = cpu->mode, to->cpl = cpu->cpl, to->halted = cpu->halted,
		to->nmi_blocked = cpu->nmi_blocked;
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		snapshot_segment(&to->seg[n], &cpu->seg[n]);
	snapshot_segment(&to->ldtr, &cpu->ldtr);
	snapshot_segment(&to->tr, &cpu->tr);
	snapshot_table(&to->gdtr, &cpu->gdtr);
	snapshot_table(&to->idtr, &cpu->idtr);
}

static void smm_round(const char *model, Mode mode, bool halted)
{
	g_autoptr(Board) b = board_in(model, mode);
	Cpu *cpu = b->cpu;
	bool wide = cpu_has(cpu, FEATURE_LM);
	for (unsigned n = 0; n < 16; n++)
		cpu->gpr[n] = (n < 8 || wide) ? (0x1111111122222222ull * (n + 1)) & (wide ? ~0ull : 0xffffffff) : 0;
	cpu->halted = halted;
	cpu->gdtr = (TableRegister){ 0x12345, 0x77 };
	Snapshot before, after;
	snapshot(&before, cpu);
	smm_enter(cpu);
	g_assert_true(cpu->in_smm && cpu->nmi_blocked && cpu->cpl == 0 && cpu->rip == 0x8000 && !cpu->halted);
	g_assert_cmphex(cpu->seg[CS].base, ==, 0x30000);
	g_assert_cmphex(cpu->mode & (MODE_CODE | MODE_PROTECTED | MODE_LONG | MODE_V86), ==, 0);
	uint32_t revision, base_at = wide ? 0x3ff00 : 0x3fef8;
	memcpy(&revision, b->ram + 0x3fefc, 4);
	g_assert_cmphex(revision, ==, wide ? 0x20064 : 0x20000);
	uint32_t base = 0xa0000;
	memcpy(b->ram + base_at, &base, 4);
	memset(cpu->gpr, 0x55, wide ? 8 * 16 : 8 * 8);
	g_assert_cmpint(run_hex(b, "0faa"), ==, OK);
	snapshot(&after, cpu);
	g_assert_cmpmem(&before, sizeof(before), &after, sizeof(after));
	g_assert_true(!cpu->in_smm && !cpu->shut_down);
	g_assert_cmphex(cpu->smbase, ==, 0xa0000);
}

static void test_smm(void)
{
	static const Mode modes[] = { REAL, V86, P0, P3, C0, C3, L0, L3 };
	for (unsigned n = 0; n < G_N_ELEMENTS(modes); n++)
		smm_round("max", modes[n], n == 2);
	for (unsigned n = 0; n < 4; n++)
		smm_round("pentium", modes[n], n == 2);
}

/* By the loop: an SMI comes right after the OUT that asked for it, the handler's RSM goes on behind, and a processor that was
 * halted is halted again. */
static void test_smm_run(void)
{
	static const uint8_t program[] = { 0xb0, 0x77, 0xe6, 0xb2, 0xc6, 0x06, 0x00, 0x90, 0x55, 0xf4, 0xc6, 0x06, 0x01, 0x90,
		0x66, 0xf4 };
	static const uint8_t handler[] = { 0xa2, 0x00, 0x91, 0xfe, 0x06, 0x02, 0x91, 0x0f, 0xaa };
	g_autoptr(Board) b = board_in("max", REAL);
	memcpy(b->ram + CODE, program, sizeof(program));
	memcpy(b->ram + 0x38000, handler, sizeof(handler));
	g_assert_cmpint(cpu_run(b->cpu, 100), ==, CPU_EXIT_HALTED);
	g_assert_cmphex(b->ram[0x9100], ==, 0x77);
	g_assert_cmphex(b->ram[0x9000], ==, 0x55);
	cpu_raise_smi(b->cpu);
	g_assert_cmpint(cpu_run(b->cpu, 100), ==, CPU_EXIT_HALTED);
	g_assert_cmphex(b->ram[0x9102], ==, 2);
	g_assert_cmphex(b->ram[0x9001], ==, 0);
	g_assert_cmphex(b->cpu->rip, ==, CODE + 10);
	g_assert_cmpuint(b->cpu->smi_count, ==, 2);
}

static void test_smm_bad(void)
{
	g_autoptr(Board) b = board_in("max", P0);
	smm_enter(b->cpu);
	uint32_t cr0 = CR0_PG;
	memcpy(b->ram + 0x3ff58, &cr0, 4);
	g_assert_cmpint(run_hex(b, "0faa"), ==, OK);
	g_assert_true(b->cpu->shut_down && b->triple_fault);
}

/* A data breakpoint that MOV SS puts off, and INT1 behind it, are one #DB: one frame, all in DR6. */
static void test_int1_after_mov_ss(void)
{
	static const uint8_t code[] = { 0x8e, 0x17, 0xf1 }, handler[] = { 0x90, 0xf4 }; /* mov ss, [bx]; int1 - nop; hlt */
	enum { HANDLER = 0x6000, STACK = 0x5000, FRAME_BYTES = 6 };
	g_autoptr(Board) b = board_in("max", REAL);
	Cpu *cpu = b->cpu;
	memcpy(b->ram + CODE, code, sizeof code);
	memcpy(b->ram + HANDLER, handler, sizeof handler);
	memcpy(b->ram + 4 * VECTOR_DB, &(uint32_t){ HANDLER }, 4);
	memset(b->ram + DATA, 0, 2);
	cpu->gpr[RSP] = STACK;
	cpu->dr[0] = DATA;
	cpu->dr[7] = 1 | 3 << 16 | 1 << 18; /* a word, read or written */
	debug_registers_changed(cpu);
	g_assert_cmpint(cpu_run(cpu, 100), ==, CPU_EXIT_HALTED);
	g_assert_cmphex(cpu->rip, ==, HANDLER + sizeof handler);
	g_assert_cmphex(cpu->gpr[RSP], ==, STACK - FRAME_BYTES);
	g_assert_cmphex(cpu->dr[6] & 0xf, ==, 1);
}

static void test_reset(void)
{
	g_autoptr(Board) b = board_in("Haswell", L3);
	Cpu *cpu = b->cpu;
	cpu->mxcsr = 0x1fa0;
	cpu->pat = 0x0606060606060606;
	cpu_reset(cpu, true);
	g_assert_cmphex(cpu->gpr[RDX], ==, 0x306c4);
	g_assert_cmphex(cpu->cr0, ==, 0x10);
	g_assert_cmphex(cpu->mxcsr, ==, 0x1fa0);
	g_assert_cmphex(cpu->pat, ==, 0x0606060606060606);
	g_assert_true(cpu->efer == 0 && (cpu->mode & ~(uint32_t)MODE_CLASS) == MODE_CODE16 && cpu->rip == 0xfff0 && cpu->seg[CS].base == 0xffff0000);
	cpu_reset(cpu, false);
	g_assert_cmphex(cpu->cr0, ==, 0x60000010);
	g_assert_cmphex(cpu->mxcsr, ==, 0x1f80);
	g_assert_cmphex(cpu->pat, ==, 0x0007040600070406);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		g_autofree char *path = g_strdup_printf("/system/insn/%s", cases[n].name);
		g_test_add_data_func(path, &cases[n], run_case);
	}
	for (unsigned n = 0; n < G_N_ELEMENTS(msr_cases); n++) {
		const MsrCase *c = &msr_cases[n];
		g_autofree char *path = g_strdup_printf("/system/msr/%s-%x-%" G_GINT64_MODIFIER "x", c->model, c->msr, c->write);
		g_test_add_data_func(path, c, run_msr_case);
	}
	g_test_add_func("/system/msr-any", test_msr_any);
	g_test_add_func("/system/tsc", test_tsc);
	g_test_add_func("/system/outs", test_outs);
	g_test_add_func("/system/ins-interrupted", test_ins_interrupted);
	g_test_add_func("/system/smm", test_smm);
	g_test_add_func("/system/smm-run", test_smm_run);
	g_test_add_func("/system/smm-bad", test_smm_bad);
	g_test_add_func("/system/int1-after-mov-ss", test_int1_after_mov_ss);
	g_test_add_func("/system/reset", test_reset);
	return g_test_run();
}
