/* SPDX-License-Identifier: GPL-3.0-or-later */
/* System management mode: SMI and RSM. APM volume 2, chapter 10; SDM volume 3, "System Management Mode".
 *
 * The state is saved below SMBASE + 0x10000, in one of two layouts: that of AMD64 (revision 0x20064) on models with long mode,
 * and the one of the P6 on others. Offsets here are from SMBASE + 0x8000, as in the manuals' tables. Two bytes that older manuals
 * leave reserved hold what the processors of that time kept inside: whether NMIs were blocked, and the CPL. */
#include "cpu/smm.h"

#include "cpu/access.h"
#include "cpu/control.h"
#include "cpu/cpuid_leaf.h"
#include "cpu/debug.h"
#include "cpu/paging.h"
#include "insn_handlers.h"

enum { SMM_ENTRY = 0x8000 };

enum { /* both layouts */
	SAVE_REVISION = 0x7efc, REVISION_64 = 0x20064, REVISION_32 = 0x20000 /* bit 17: SMBASE can be changed */,
};
enum { /* AMD64 */
	SAVE64_SEGMENTS = 0x7e00, SAVE64_GDTR = 0x7e60, SAVE64_LDTR = 0x7e70, SAVE64_IDTR = 0x7e80, SAVE64_TR = 0x7e90,
	SAVE64_IO_RESTART = 0x7ec8, SAVE64_HALT = 0x7ec9, SAVE64_NMI = 0x7eca, SAVE64_CPL = 0x7ecb, SAVE64_EFER = 0x7ed0,
	SAVE64_SMBASE = 0x7f00, SAVE64_CR4 = 0x7f48, SAVE64_CR3 = 0x7f50, SAVE64_CR0 = 0x7f58, SAVE64_DR7 = 0x7f60,
	SAVE64_DR6 = 0x7f68,
	SAVE64_RFLAGS = 0x7f70, SAVE64_RIP = 0x7f78, SAVE64_RAX = 0x7ff8, /* and down to R15 */
};
enum { /* P6 */
	SAVE32_SMBASE = 0x7ef8, SAVE32_IO_RESTART = 0x7f00, SAVE32_HALT = 0x7f02, SAVE32_NMI = 0x7f10, SAVE32_CPL = 0x7f11,
	SAVE32_CR4 = 0x7f14, SAVE32_DS_TO_GS = 0x7f2c, SAVE32_IDTR = 0x7f54, SAVE32_TR = 0x7f5c, SAVE32_GDTR = 0x7f70,
	SAVE32_LDTR = 0x7f78, SAVE32_ES_TO_SS = 0x7f84, SAVE32_SELECTORS = 0x7fa8, SAVE32_LDTR_SELECTOR = 0x7fc0,
	SAVE32_TR_SELECTOR = 0x7fc4, SAVE32_DR7 = 0x7fc8, SAVE32_DR6 = 0x7fcc, SAVE32_EAX = 0x7fd0, /* and up to EDI */
	SAVE32_EIP = 0x7ff0, SAVE32_EFLAGS = 0x7ff4, SAVE32_CR3 = 0x7ff8, SAVE32_CR0 = 0x7ffc,
};

/* What is restored only after it was found good. */
typedef struct Restored {
	uint64_t cr0, cr3, cr4, efer, smbase, rip;
	uint32_t eflags;
	uint8_t halt, nmi_blocked, cpl;
} Restored;

static void save(Cpu *cpu, unsigned offset, uint64_t value, unsigned size)
{
	phys_write(cpu, (uint32_t)(cpu->smbase + 0x8000 + offset), value, size);
}

static uint64_t load(Cpu *cpu, unsigned offset, unsigned size)
{
	return phys_read(cpu, (uint32_t)(cpu->smbase + 0x8000 + offset), size);
}

static void tell_board(Cpu *cpu, CpuEvent event)
{
	if (cpu->bus.event)
		cpu->bus.event(cpu->bus.owner, event);
}

/* SMRAM appears or goes away: nothing that was cached of physical memory holds. */
static void memory_switched(Cpu *cpu, CpuEvent event)
{
	tell_board(cpu, event);
	cpu_memory_changed(cpu, true);
	tlb_flush(cpu, true);
}

static unsigned saved_attr(const Segment *s)
{
	return s->usable ? s->attr : s->attr & ~(unsigned)AR_P;
}

static Segment restored_segment(uint64_t selector, uint64_t attr, uint64_t limit, uint64_t base)
{
	return (Segment){
		.selector = (uint16_t)selector, .attr = (uint16_t)attr, .limit = (uint32_t)limit, .base = base,
		.usable = attr & AR_P,
	};
}

/* ---- the layout of AMD64 ---- */

static void save_segment64(Cpu *cpu, unsigned offset, const Segment *s)
{
	save(cpu, offset, s->selector, 2);
	save(cpu, offset + 2, saved_attr(s), 2);
	save(cpu, offset + 4, s->limit, 4);
	save(cpu, offset + 8, s->base, 8);
}

static Segment load_segment64(Cpu *cpu, unsigned offset)
{
	return restored_segment(load(cpu, offset, 2), load(cpu, offset + 2, 2), load(cpu, offset + 4, 4),
		load(cpu, offset + 8, 8));
}

static void save_table64(Cpu *cpu, unsigned offset, const TableRegister *t)
{
	save(cpu, offset + 4, t->limit, 4);
	save(cpu, offset + 8, t->base, 8);
}

static TableRegister load_table64(Cpu *cpu, unsigned offset)
{
	return (TableRegister){ load(cpu, offset + 8, 8), (uint32_t)load(cpu, offset + 4, 2) };
}

static void save64(Cpu *cpu)
{
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		save_segment64(cpu, SAVE64_SEGMENTS + 16 * n, &cpu->seg[n]);
	save_segment64(cpu, SAVE64_LDTR, &cpu->ldtr);
	save_segment64(cpu, SAVE64_TR, &cpu->tr);
	save_table64(cpu, SAVE64_GDTR, &cpu->gdtr);
	save_table64(cpu, SAVE64_IDTR, &cpu->idtr);
	save(cpu, SAVE64_IO_RESTART, 0, 1);
	save(cpu, SAVE64_HALT, cpu->halted, 1);
	save(cpu, SAVE64_NMI, cpu->nmi_blocked, 1);
	save(cpu, SAVE64_CPL, cpu->cpl, 1);
	save(cpu, SAVE64_EFER, cpu->efer, 8);
	save(cpu, SAVE64_SMBASE, cpu->smbase, 4);
	save(cpu, SAVE64_CR4, cpu->cr4, 8);
	save(cpu, SAVE64_CR3, cpu->cr3, 8);
	save(cpu, SAVE64_CR0, cpu->cr0, 8);
	save(cpu, SAVE64_DR7, cpu->dr[7], 8);
	save(cpu, SAVE64_DR6, cpu->dr[6], 8);
	save(cpu, SAVE64_RFLAGS, eflags_get(cpu), 8);
	save(cpu, SAVE64_RIP, cpu->rip, 8);
	for (unsigned n = 0; n < 16; n++)
		save(cpu, SAVE64_RAX - 8 * n, cpu->gpr[n], 8);
}

static Restored read64(Cpu *cpu)
{
	return (Restored){
		.cr0 = load(cpu, SAVE64_CR0, 8), .cr3 = load(cpu, SAVE64_CR3, 8), .cr4 = load(cpu, SAVE64_CR4, 8),
		.efer = load(cpu, SAVE64_EFER, 8), .smbase = load(cpu, SAVE64_SMBASE, 4), .rip = load(cpu, SAVE64_RIP, 8),
		.eflags = (uint32_t)load(cpu, SAVE64_RFLAGS, 8), .halt = load(cpu, SAVE64_HALT, 1) & 1,
		.nmi_blocked = load(cpu, SAVE64_NMI, 1) & 1, .cpl = load(cpu, SAVE64_CPL, 1) & 3,
	};
}

static void restore64(Cpu *cpu)
{
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		cpu->seg[n] = load_segment64(cpu, SAVE64_SEGMENTS + 16 * n);
	cpu->ldtr = load_segment64(cpu, SAVE64_LDTR);
	cpu->tr = load_segment64(cpu, SAVE64_TR);
	cpu->gdtr = load_table64(cpu, SAVE64_GDTR);
	cpu->idtr = load_table64(cpu, SAVE64_IDTR);
	cpu->dr[7] = load(cpu, SAVE64_DR7, 8);
	cpu->dr[6] = load(cpu, SAVE64_DR6, 8);
	for (unsigned n = 0; n < 16; n++)
		cpu->gpr[n] = load(cpu, SAVE64_RAX - 8 * n, 8);
}

/* ---- the layout of the P6 ---- */

static unsigned segment_offset32(unsigned n)
{
	return n < DS ? SAVE32_ES_TO_SS + 12 * n : SAVE32_DS_TO_GS + 12 * (n - DS);
}

static void save_segment32(Cpu *cpu, unsigned offset, unsigned selector_offset, const Segment *s)
{
	save(cpu, selector_offset, s->selector, 4);
	save(cpu, offset, saved_attr(s), 4);
	save(cpu, offset + 4, s->limit, 4);
	save(cpu, offset + 8, s->base, 4);
}

static Segment load_segment32(Cpu *cpu, unsigned offset, unsigned selector_offset)
{
	return restored_segment(load(cpu, selector_offset, 2), load(cpu, offset, 2), load(cpu, offset + 4, 4),
		load(cpu, offset + 8, 4));
}

static void save_table32(Cpu *cpu, unsigned offset, const TableRegister *t)
{
	save(cpu, offset, t->limit, 4);
	save(cpu, offset + 4, t->base, 4);
}

static TableRegister load_table32(Cpu *cpu, unsigned offset)
{
	return (TableRegister){ load(cpu, offset + 4, 4), (uint32_t)load(cpu, offset, 2) };
}

static void save32(Cpu *cpu)
{
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		save_segment32(cpu, segment_offset32(n), SAVE32_SELECTORS + 4 * n, &cpu->seg[n]);
	save_segment32(cpu, SAVE32_LDTR, SAVE32_LDTR_SELECTOR, &cpu->ldtr);
	save_segment32(cpu, SAVE32_TR, SAVE32_TR_SELECTOR, &cpu->tr);
	save_table32(cpu, SAVE32_GDTR, &cpu->gdtr);
	save_table32(cpu, SAVE32_IDTR, &cpu->idtr);
	save(cpu, SAVE32_SMBASE, cpu->smbase, 4);
	save(cpu, SAVE32_IO_RESTART, 0, 2);
	save(cpu, SAVE32_HALT, cpu->halted, 2);
	save(cpu, SAVE32_NMI, cpu->nmi_blocked, 1);
	save(cpu, SAVE32_CPL, cpu->cpl, 1);
	save(cpu, SAVE32_CR4, cpu->cr4, 4);
	save(cpu, SAVE32_DR7, cpu->dr[7], 4);
	save(cpu, SAVE32_DR6, cpu->dr[6], 4);
	save(cpu, SAVE32_EIP, cpu->rip, 4);
	save(cpu, SAVE32_EFLAGS, eflags_get(cpu), 4);
	save(cpu, SAVE32_CR3, cpu->cr3, 4);
	save(cpu, SAVE32_CR0, cpu->cr0, 4);
	for (unsigned n = 0; n < 8; n++)
		save(cpu, SAVE32_EAX + 4 * n, cpu->gpr[n], 4);
}

static Restored read32(Cpu *cpu)
{
	return (Restored){
		.cr0 = load(cpu, SAVE32_CR0, 4), .cr3 = load(cpu, SAVE32_CR3, 4), .cr4 = load(cpu, SAVE32_CR4, 4),
		.smbase = load(cpu, SAVE32_SMBASE, 4), .rip = load(cpu, SAVE32_EIP, 4),
		.eflags = (uint32_t)load(cpu, SAVE32_EFLAGS, 4),
		.halt = load(cpu, SAVE32_HALT, 2) & 1, .nmi_blocked = load(cpu, SAVE32_NMI, 1) & 1,
		.cpl = load(cpu, SAVE32_CPL, 1) & 3,
	};
}

static void restore32(Cpu *cpu)
{
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		cpu->seg[n] = load_segment32(cpu, segment_offset32(n), SAVE32_SELECTORS + 4 * n);
	cpu->ldtr = load_segment32(cpu, SAVE32_LDTR, SAVE32_LDTR_SELECTOR);
	cpu->tr = load_segment32(cpu, SAVE32_TR, SAVE32_TR_SELECTOR);
	cpu->gdtr = load_table32(cpu, SAVE32_GDTR);
	cpu->idtr = load_table32(cpu, SAVE32_IDTR);
	cpu->dr[7] = load(cpu, SAVE32_DR7, 4);
	cpu->dr[6] = load(cpu, SAVE32_DR6, 4);
	for (unsigned n = 0; n < 8; n++)
		cpu->gpr[n] = load(cpu, SAVE32_EAX + 4 * n, 4);
}

/* ---- SMI ---- */

static void enter_segments(Cpu *cpu)
{
	Segment flat = { .attr = AR_P | AR_S | AR_WRITABLE | AR_ACCESSED | AR_G, .limit = 0xffffffff, .usable = true };
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		cpu->seg[n] = flat;
	cpu->seg[CS].selector = (uint16_t)(cpu->smbase >> 4);
	cpu->seg[CS].base = cpu->smbase;
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		segment_refresh(cpu, n);
}

void smm_enter(Cpu *cpu)
{
	bool layout64 = cpu_has(cpu, FEATURE_LM);
	memory_switched(cpu, CPU_EVENT_ENTER_SMM);
	if (layout64)
		save64(cpu);
	else
		save32(cpu);
	save(cpu, SAVE_REVISION, layout64 ? REVISION_64 : REVISION_32, 4);
	cpu->smi_count++;
	cpu->in_smm = cpu->nmi_blocked = true;
	cpu->halted = false;
	cpu->cr0 &= ~(uint64_t)(CR0_PE | CR0_EM | CR0_TS | CR0_PG);
	cpu->cr4 = 0;
	cpu->efer = 0;
	cpu->dr[7] = DR7_FIXED;
	cpu->cpl = 0;
	eflags_set(cpu, EFLAGS_FIXED);
	enter_segments(cpu);
	cpu_mode_changed(cpu);
	paging_mode_changed(cpu);
	debug_registers_changed(cpu);
	cpu->rip = SMM_ENTRY;
}

/* ---- RSM ---- */

static bool efer_good(const Cpu *cpu, const Restored *r)
{
	uint64_t known = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | EFER_FFXSR;
	bool lma = r->efer & EFER_LMA, long_paging = (r->efer & EFER_LME) && (r->cr0 & CR0_PG);
	if (r->efer & ~known)
		return false;
	return lma == long_paging && (!lma || ((r->cr4 & CR4_PAE) && cpu_has(cpu, FEATURE_LM)));
}

/* What no software can set, SMM's can't either: the processor shuts down. */
static bool restored_good(const Cpu *cpu, const Restored *r)
{
	if ((r->cr0 >> 32) || ((r->cr0 & CR0_PG) && !(r->cr0 & CR0_PE)) || ((r->cr0 & CR0_NW) && !(r->cr0 & CR0_CD)))
		return false;
	if ((r->cr4 & ~control_cr4_writable(cpu)) || ((r->cr4 & CR4_PCIDE) && !(r->efer & EFER_LMA)))
		return false;
	if ((r->efer & EFER_LMA) && (r->cr3 & ~(cpu->bus.phys_mask | 0xfff)))
		return false;
	return efer_good(cpu, r);
}

static void shut_down(Cpu *cpu, const Insn *i)
{
	cpu->rip = insn_rip(cpu, i);
	cpu->shut_down = true;
	tell_board(cpu, CPU_EVENT_TRIPLE_FAULT);
	cpu_raise_event(cpu, EVENT_EXIT);
}

/* After the hidden parts are back, everything that follows from them. */
static void resume_mode(Cpu *cpu, const Restored *r)
{
	cpu->cr0 = (r->cr0 & 0xffffffff) | CR0_ET;
	cpu->cr4 = r->cr4;
	cpu->cr3 = r->cr3;
	cpu->efer = r->efer;
	cpu->cpl = !(r->cr0 & CR0_PE) ? 0 : r->eflags & EFLAGS_VM ? 3 : r->cpl;
	cpu->smbase = r->smbase;
	cpu->in_smm = false;
	cpu->nmi_blocked = r->nmi_blocked;
	cpu->halted = r->halt;
	eflags_set(cpu, r->eflags | EFLAGS_FIXED);
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		segment_refresh(cpu, n);
	cpu_mode_changed(cpu);
	memory_switched(cpu, CPU_EVENT_LEAVE_SMM);
	paging_mode_changed(cpu);
	debug_registers_changed(cpu);
}

void op_rsm(Cpu *cpu, const Insn *i)
{
	if (!cpu->in_smm)
		fault_ud(cpu);
	bool layout64 = cpu_has(cpu, FEATURE_LM);
	Restored r = layout64 ? read64(cpu) : read32(cpu);
	if (!restored_good(cpu, &r)) {
		shut_down(cpu, i);
		return;
	}
	if (layout64)
		restore64(cpu);
	else
		restore32(cpu);
	resume_mode(cpu, &r);
	cpu->rip = r.rip;
	if (!control_uses_pdptes(cpu->cr0, cpu->cr4, cpu->efer))
		return;
	if (control_pdptes_good(cpu, cpu->cr3))
		paging_load_cr3(cpu, cpu->cr3);
	else
		shut_down(cpu, i);
}
