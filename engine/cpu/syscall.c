/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SYSCALL, SYSRET, SYSENTER, SYSEXIT: jumps between rings whose segments come from MSRs instead of descriptors. SDM volume 2 for
 * Intel, APM volume 3 for AMD; they differ in which modes know which pair, and the model's vendor decides. */
#include "cpu/access.h"
#include "cpu/cpuid_leaf.h"
#include "cpu/debug.h"
#include "insn_handlers.h"

enum { R11 = 11 };
enum {
	CODE_ATTR = AR_P | AR_S | AR_CODE | AR_READABLE | AR_ACCESSED | AR_G,
	DATA_ATTR = AR_P | AR_S | AR_WRITABLE | AR_ACCESSED | AR_G | AR_DB,
};

/* What follows from it is for cpu_mode_changed(). */
static void load_flat(Cpu *cpu, unsigned segment, uint16_t selector, unsigned attr, unsigned ring)
{
	cpu->seg[segment] = (Segment){
		.selector = selector, .attr = (uint16_t)(attr | ring << AR_DPL_SHIFT), .limit = 0xffffffff, .usable = true,
	};
}

static void load_code(Cpu *cpu, uint64_t selector, bool code64, unsigned ring)
{
	load_flat(cpu, CS, (uint16_t)((selector & 0xfffc) | ring), CODE_ATTR | (code64 ? AR_L : AR_DB), ring);
	cpu->cpl = (uint8_t)ring;
}

static void load_stack(Cpu *cpu, uint64_t selector, unsigned ring)
{
	load_flat(cpu, SS, (uint16_t)((selector & 0xfffc) | ring), DATA_ATTR, ring);
}

static bool long_mode(const Cpu *cpu)
{
	return cpu->efer & EFER_LMA;
}

static bool code64(const Cpu *cpu)
{
	return (cpu->mode & MODE_CODE) == MODE_CODE64;
}

/* Intel knows the pair in 64-bit mode only. */
static void need_syscall(Cpu *cpu)
{
	if (!(cpu->efer & EFER_SCE) || (!cpu_is_amd(cpu) && !code64(cpu)) || !(cpu->cr0 & CR0_PE))
		fault_ud(cpu);
}

/* The single-step trap goes by the flags that these two leave, not by those that they began with: SYSCALL whose mask clears TF
 * isn't stepped, and SYSRET that sets it traps before the first instruction behind. */
static void step_by_new_flags(Cpu *cpu, uint32_t eflags)
{
	if (eflags & EFLAGS_TF) {
		cpu->debug_pending |= DR6_BS;
		cpu_raise_event(cpu, EVENT_DEBUG);
	} else {
		cpu->debug_pending &= ~(uint32_t)DR6_BS;
	}
}

void op_syscall(Cpu *cpu, const Insn *i)
{
	need_syscall(cpu);
	uint64_t return_rip = insn_next_rip(cpu, i), entry;
	uint32_t eflags = eflags_get(cpu);
	uint64_t selector = cpu->star >> 32;
	cpu->gpr[RCX] = return_rip;
	if (long_mode(cpu)) {
		cpu->gpr[R11] = eflags & ~(uint32_t)EFLAGS_RF;
		entry = code64(cpu) ? cpu->lstar : cpu->cstar;
		eflags &= ~(uint32_t)cpu->sfmask;
	} else {
		entry = (uint32_t)cpu->star;
		eflags &= ~(uint32_t)(EFLAGS_VM | EFLAGS_IF);
	}
	load_code(cpu, selector, long_mode(cpu), 0);
	load_stack(cpu, (selector & 0xfffc) + 8, 0);
	eflags_set(cpu, (eflags & ~(uint32_t)EFLAGS_RF) | EFLAGS_FIXED);
	cpu_mode_changed(cpu);
	step_by_new_flags(cpu, eflags);
	cpu->rip = entry;
}

/* AMD changes SS's selector alone; its hidden part stays as the kernel had it. */
static void return_stack(Cpu *cpu, uint64_t selector)
{
	if (!cpu_is_amd(cpu)) {
		load_stack(cpu, selector, 3);
		return;
	}
	Segment *ss = &cpu->seg[SS];
	ss->selector = (uint16_t)((selector & 0xfffc) | 3);
	ss->attr |= AR_DPL;
}

void op_sysret(Cpu *cpu, const Insn *i)
{
	enum { RETURNABLE = 0x3c7fd7 };
	need_syscall(cpu);
	bool to64 = long_mode(cpu) && (i->flags & INSN_W);
	uint64_t selector = cpu->star >> 48, target = to64 ? cpu->gpr[RCX] : (uint32_t)cpu->gpr[RCX];
	if (cpu->cpl || (!cpu_is_amd(cpu) && !is_canonical(cpu, target)))
		fault_gp(cpu, 0);
	uint32_t eflags = code64(cpu) ? ((uint32_t)cpu->gpr[R11] & RETURNABLE) | EFLAGS_FIXED : eflags_get(cpu) | EFLAGS_IF;
	load_code(cpu, (selector & 0xfffc) + (to64 ? 16 : 0), to64, 3);
	return_stack(cpu, (selector & 0xfffc) + 8);
	eflags_set(cpu, eflags);
	cpu_mode_changed(cpu);
	step_by_new_flags(cpu, eflags);
	cpu->rip = target;
}

/* AMD knows the pair outside long mode only. */
static void need_sysenter(Cpu *cpu)
{
	if (cpu_is_amd(cpu) && long_mode(cpu))
		fault_ud(cpu);
	if (!(cpu->cr0 & CR0_PE) || !(cpu->sysenter_cs & 0xfffc))
		fault_gp(cpu, 0);
}

static uint64_t native(const Cpu *cpu, uint64_t value)
{
	return long_mode(cpu) ? value : (uint32_t)value;
}

void op_sysenter(Cpu *cpu, const Insn *i)
{
	(void)i;
	need_sysenter(cpu);
	uint64_t selector = cpu->sysenter_cs & 0xfffc;
	load_code(cpu, selector, long_mode(cpu), 0);
	load_stack(cpu, selector + 8, 0);
	eflags_set(cpu, eflags_get(cpu) & ~(uint32_t)(EFLAGS_VM | EFLAGS_IF | EFLAGS_RF));
	cpu_mode_changed(cpu);
	cpu->gpr[RSP] = native(cpu, cpu->sysenter_esp);
	cpu->rip = native(cpu, cpu->sysenter_eip);
}

void op_sysexit(Cpu *cpu, const Insn *i)
{
	need_sysenter(cpu);
	bool to64 = long_mode(cpu) && (i->flags & INSN_W);
	uint64_t rsp = cpu->gpr[RCX], rip = cpu->gpr[RDX], selector = cpu->sysenter_cs & 0xfffc;
	if (cpu->cpl || (to64 && (!is_canonical(cpu, rsp) || !is_canonical(cpu, rip))))
		fault_gp(cpu, 0);
	load_code(cpu, selector + (to64 ? 32 : 16), to64, 3);
	load_stack(cpu, selector + (to64 ? 40 : 24), 3);
	cpu_mode_changed(cpu);
	cpu->gpr[RSP] = to64 ? rsp : (uint32_t)rsp;
	cpu->rip = to64 ? rip : (uint32_t)rip;
}
