/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A processor's life: making, resetting, its derived state, and the signals that reach it from outside. */
#include "cpu/cpu.h"

#include "base/os.h"
#include "cpu/access.h"
#include "cpu/block.h"
#include "cpu/crossing.h"
#include "cpu/debug.h"
#include "cpu/models.h"
#include "cpu/reset.h"
#include "cpu/tlb.h"

static uint32_t code_mode(const Cpu *cpu)
{
	uint16_t attr = cpu->seg[CS].attr;
	if ((cpu->efer & EFER_LMA) && (attr & AR_L))
		return MODE_CODE64;
	return attr & AR_DB ? MODE_CODE32 : MODE_CODE16;
}

static uint32_t fpu_mode(const Cpu *cpu)
{
	uint32_t mode = 0;
	mode |= cpu->cr0 & CR0_EM ? MODE_EM : 0;
	mode |= cpu->cr0 & CR0_TS ? MODE_TS : 0;
	mode |= cpu->cr0 & CR0_MP ? MODE_MP : 0;
	mode |= cpu->cr4 & CR4_OSFXSR ? MODE_OSFXSR : 0;
	if (cpu->cr4 & CR4_OSXSAVE) {
		mode |= MODE_OSXSAVE;
		mode |= (cpu->xcr0 & (XCR0_SSE | XCR0_AVX)) == (XCR0_SSE | XCR0_AVX) ? MODE_AVX : 0;
	}
	return mode;
}

static uint32_t compute_mode(const Cpu *cpu)
{
	uint32_t mode = code_mode(cpu) | fpu_mode(cpu) | (uint32_t)cpu->cpl << MODE_CPL_SHIFT;
	if (cpu->cr0 & CR0_PE)
		mode |= cpu->eflags & EFLAGS_VM ? MODE_V86 : MODE_PROTECTED;
	if (cpu->efer & EFER_LMA)
		mode |= MODE_LONG;
	if ((mode & MODE_CODE) != MODE_CODE64 && (cpu->seg[SS].attr & AR_DB))
		mode |= MODE_STACK32;
	if (cpu->cr4 & CR4_UMIP)
		mode |= MODE_UMIP;
	return mode;
}

static void choose_tlb_classes(Cpu *cpu)
{
	bool smap = cpu->cr4 & CR4_SMAP;
	cpu->align_check = cpu->cpl == 3 && (cpu->cr0 & CR0_AM) && (cpu->eflags & EFLAGS_AC);
	cpu->tlb_class_system = smap ? TLB_KERNEL_SMAP : TLB_KERNEL;
	if (cpu->cpl == 3)
		cpu->tlb_class = cpu->align_check ? TLB_USER_ALIGN : TLB_USER;
	else
		cpu->tlb_class = smap && !(cpu->eflags & EFLAGS_AC) ? TLB_KERNEL_SMAP : TLB_KERNEL;
}

void cpu_mode_changed(Cpu *cpu)
{
	cpu->mode = compute_mode(cpu);
	bool code64 = (cpu->mode & MODE_CODE) == MODE_CODE64;
	cpu->linear_mask = code64 ? ~(uint64_t)0 : 0xffffffff;
	cpu->stack_mask = code64 ? ~(uint64_t)0 : cpu->mode & MODE_STACK32 ? 0xffffffff : 0xffff;
	choose_tlb_classes(cpu);
	cpu->mode |= (uint32_t)cpu->tlb_class << MODE_CLASS_SHIFT;
	segment_refresh_all(cpu);
	cpu_leave_block(cpu);
}

void eflags_set(Cpu *cpu, uint32_t eflags)
{
	uint32_t changed = cpu->eflags ^ eflags;
	cpu->eflags = (eflags & ~EFLAGS_ARITH) | EFLAGS_FIXED;
	flags_unpack(&cpu->af, eflags);
	if (changed & EFLAGS_TF && eflags & EFLAGS_TF)
		cpu_raise_event(cpu, EVENT_DEBUG);
	if ((eflags & EFLAGS_VIF) && (eflags & EFLAGS_VIP))
		cpu_raise_event(cpu, EVENT_VIRTUAL);
	if (changed & (EFLAGS_VM | EFLAGS_AC))
		cpu_mode_changed(cpu);
	if (changed & (EFLAGS_TF | EFLAGS_IF | EFLAGS_RF | EFLAGS_VIF | EFLAGS_VIP))
		cpu_leave_block(cpu);
}

/* Aligned, for generated code; its memory is zero without being touched. */
static Cpu *allocate(GError **error)
{
	Cpu *cpu = os_pages_new(sizeof(Cpu));
	BlockCache *blocks = blocks_new();
	if (cpu && blocks) {
		cpu->blocks = blocks;
		return cpu;
	}
	os_pages_free(cpu, sizeof(Cpu));
	blocks_free(blocks);
	g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "the host has no memory for a further processor; use fewer with -smp");
	return NULL;
}

Cpu *cpu_new(const char *model, const CpuTopology *topology, const CpuBus *bus, GError **error)
{
	const CpuModel *found;
	CpuFeatures features;
	if (!cpu_model_parse(model, &found, &features, error))
		return NULL;
	Cpu *cpu = allocate(error);
	if (!cpu) {
		cpu_model_free(found);
		return NULL;
	}
	cpu->model = found;
	cpu_features_for_bus(&features, bus);
	cpu->features = features;
	cpu->topology = *topology;
	cpu->bus = *bus;
	cpu->crossings = g_new0(Crossing, CROSSINGS);
	cpu->delivering = -1;
	cpu->steady = 1;
	g_mutex_init(&cpu->code_messages.lock);
	tlb_init(cpu);
	cpu_reset(cpu, false);
	return cpu;
}

void cpu_free(Cpu *cpu)
{
	if (!cpu)
		return;
	if (cpu->translator)
		cpu->translator->free(cpu);
	blocks_free(cpu->blocks);
	g_free(cpu->crossings);
	cpu_model_free(cpu->model);
	g_mutex_clear(&cpu->code_messages.lock);
	os_pages_free(cpu, sizeof *cpu);
}

void cpu_reset(Cpu *cpu, bool init)
{
	cpu_reset_system(cpu, init);
	cpu->delivering = -1;
	cpu->debug_pending = 0;
	cpu->halted = cpu->shut_down = false;
	cpu->insn = NULL;
	cpu->first = NULL;
	cpu->shadow_is_ss = false;
	cpu_clear_event(cpu, EVENT_SHADOW | EVENT_DEBUG | (init ? 0 : EVENT_NMI | EVENT_SMI | EVENT_INIT | EVENT_SIPI));
	tlb_flush(cpu, true);
	cpu_mode_changed(cpu);
	debug_registers_changed(cpu);
}

void cpu_request_exit(Cpu *cpu)
{
	cpu_raise_event(cpu, EVENT_EXIT);
}

void cpu_set_interrupt(Cpu *cpu, bool level)
{
	if (level)
		cpu_raise_event(cpu, EVENT_INTR);
	else
		cpu_clear_event(cpu, EVENT_INTR);
}

void cpu_raise_nmi(Cpu *cpu)
{
	cpu_raise_event(cpu, EVENT_NMI);
}

void cpu_raise_smi(Cpu *cpu)
{
	cpu_raise_event(cpu, EVENT_SMI);
}

void cpu_raise_init(Cpu *cpu)
{
	cpu_raise_event(cpu, EVENT_INIT);
}

void cpu_raise_sipi(Cpu *cpu, uint8_t vector)
{
	__atomic_store_n(&cpu->sipi_vector, vector, __ATOMIC_RELEASE);
	cpu_raise_event(cpu, EVENT_SIPI);
}

void cpu_code_written(Cpu *cpu, uint64_t phys, uint64_t lines)
{
	CodeMessages *m = &cpu->code_messages;
	unsigned n = 0;
	g_mutex_lock(&m->lock);
	while (n < m->count && m->at[n].page != phys)
		n++;
	if (n < m->count)
		m->at[n].lines |= lines;
	else if (n < CODE_MESSAGES) {
		m->at[n].page = phys;
		m->at[n].lines = lines;
		m->count++;
	}
	g_mutex_unlock(&m->lock);
	cpu_raise_event(cpu, n < CODE_MESSAGES ? EVENT_CODE : EVENT_REMAP);
}

void cpu_protect_code(Cpu *cpu, uint64_t phys)
{
	tlb_protect_code(cpu, phys);
}

void cpu_memory_changed(Cpu *cpu, bool within)
{
	cpu_raise_event(cpu, EVENT_REMAP);
	if (within)
		cpu_leave_block(cpu);
}

void cpu_set_a20(Cpu *cpu, bool enabled)
{
	__atomic_store_n(&cpu->a20_wanted_off, !enabled, __ATOMIC_RELEASE);
	cpu_raise_event(cpu, EVENT_REMAP);
}
