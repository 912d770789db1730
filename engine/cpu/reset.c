/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state after RESET and INIT. SDM volume 3, table 10-1 ("IA-32 and Intel 64 processor states following power-up, reset, or
 * INIT"). */
#include "cpu/reset.h"

#include <string.h>

#include "cpu/control.h"
#include "cpu/cpuid_leaf.h"
#include "cpu/msr.h"

enum {
	REAL_ATTR = AR_P | AR_S | AR_WRITABLE | AR_ACCESSED,
	LDT_ATTR = AR_P | 2,
	TSS_ATTR = AR_P | 11, /* busy 32-bit TSS */
};
#define MXCSR_RESET 0x1f80
#define X87_CW_RESET 0x40 /* after FNINIT it is 0x37f, after RESET not */
#define SMBASE_RESET 0x30000

static Segment real_segment(uint16_t selector, uint64_t base, uint16_t attr)
{
	return (Segment){ .selector = selector, .attr = attr, .limit = 0xffff, .base = base, .usable = true };
}

static void reset_segments(Cpu *cpu)
{
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		cpu->seg[n] = real_segment(0, 0, REAL_ATTR);
	cpu->seg[CS] = real_segment(0xf000, 0xffff0000, REAL_ATTR);
	cpu->ldtr = real_segment(0, 0, LDT_ATTR);
	cpu->tr = real_segment(0, 0, TSS_ATTR);
	cpu->gdtr = cpu->idtr = (TableRegister){ 0, 0xffff };
}

static void reset_control(Cpu *cpu, bool init)
{
	uint64_t cache_bits = init ? cpu->cr0 & (CR0_CD | CR0_NW) : CR0_CD | CR0_NW;
	cpu->cr0 = cache_bits | CR0_ET;
	cpu->cr2 = cpu->cr3 = cpu->cr4 = cpu->cr8 = 0;
	memset(cpu->pdpte, 0, sizeof(cpu->pdpte));
	memset(cpu->dr, 0, sizeof(cpu->dr));
	cpu->dr[6] = DR6_FIXED;
	cpu->dr[7] = DR7_FIXED;
	cpu->debug_pending = 0;
}

/* What INIT keeps. */
static void reset_units(Cpu *cpu)
{
	cpu->x87 = (X87){ .cw = X87_CW_RESET };
	memset(cpu->ymm, 0, sizeof(cpu->ymm));
	cpu->mxcsr = MXCSR_RESET;
	cpu->xcr0 = XCR0_X87;
	cpu->pkru = 0;
	cpu->ferr = false;
	cpu->smbase = SMBASE_RESET;
	cpu->in_smm = false;
}

void cpu_reset_system(Cpu *cpu, bool init)
{
	memset(cpu->gpr, 0, sizeof(cpu->gpr));
	cpu->gpr[RDX] = cpuid_signature(cpu);
	cpu->rip = 0xfff0;
	cpu->eflags = EFLAGS_FIXED;
	flags_unpack(&cpu->af, 0);
	cpu->cpl = 0;
	reset_segments(cpu);
	reset_control(cpu, init);
	if (!init)
		reset_units(cpu);
	msr_reset(cpu, init);
	cpu->halted = cpu->shut_down = cpu->nmi_blocked = cpu->shadow_is_ss = false;
	cpu->wait_for_sipi = cpu->topology.index != 0;
	cpu->monitor_address = 0;
}
