/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interpreter's loop: blocks while nothing is the matter, single steps where every instruction counts, and between them
 * what the manuals order between instructions (SDM volume 3, table 6-2): traps of the last one, NMI, interrupts.
 *
 * Faults leave an instruction by longjmp() to cpu_run(), with RIP set back to it, and are delivered there. A fault during that
 * delivery comes the same way again, which is where double and triple faults are made. */
#include "cpu/access.h"
#include "cpu/block.h"
#include "cpu/crossing.h"
#include "cpu/debug.h"
#include "cpu/decode.h"
#include "cpu/fault.h"
#include "cpu/smm.h"
#include "cpu/tlb.h"

/* ---- faults ---- */

static G_NORETURN void leave_by_fault(Cpu *cpu)
{
	if (cpu->insn) {
		cpu->rip = insn_rip(cpu, cpu->insn);
		cpu->insns_retired += (uint64_t)(cpu->insn - cpu->first);
		cpu->insn = NULL;
		cpu->first = NULL;
	}
	longjmp(cpu->fault_exit, 1);
}

void cpu_fault(Cpu *cpu, unsigned vector)
{
	cpu->fault = (CpuFault){ .vector = (int)vector };
	leave_by_fault(cpu);
}

void cpu_fault_code(Cpu *cpu, unsigned vector, uint32_t error_code)
{
	cpu->fault = (CpuFault){ .vector = (int)vector, .has_error_code = true, .error_code = error_code };
	leave_by_fault(cpu);
}

void cpu_page_fault(Cpu *cpu, uint64_t linear, uint32_t error_code)
{
	cpu->fault = (CpuFault){ .vector = VECTOR_PF, .has_error_code = true, .error_code = error_code, .address = linear };
	leave_by_fault(cpu);
}

void cpu_restart(Cpu *cpu)
{
	cpu->fault = (CpuFault){ .vector = -1 };
	cpu->debug_pending = 0;
	leave_by_fault(cpu);
}

/* SDM volume 3, table 6-5 */
static bool is_contributory(int vector)
{
	return vector == VECTOR_DE || (vector >= VECTOR_TS && vector <= VECTOR_GP);
}

static bool makes_double_fault(int first, int second)
{
	if (first == VECTOR_PF)
		return second == VECTOR_PF || is_contributory(second);
	return is_contributory(first) && is_contributory(second);
}

static void shut_down(Cpu *cpu)
{
	cpu->shut_down = true;
	cpu->delivering = -1;
	cpu_raise_event(cpu, EVENT_EXIT);
	if (cpu->bus.event)
		cpu->bus.event(cpu->bus.owner, CPU_EVENT_TRIPLE_FAULT);
}

static void deliver_fault(Cpu *cpu)
{
	CpuFault fault = cpu->fault;
	cpu->insns_retired++; /* a handler that faults itself must not run for ever on one budget */
	if (fault.vector < 0)
		return;
	if (cpu->delivering == VECTOR_DF) {
		shut_down(cpu);
		return;
	}
	if (fault.vector == VECTOR_PF)
		cpu->cr2 = fault.address;
	if (makes_double_fault(cpu->delivering, fault.vector))
		fault = (CpuFault){ .vector = VECTOR_DF, .has_error_code = true };
	cpu->debug_pending = 0;
	cpu->delivering = fault.vector;
	cpu_deliver(cpu, (unsigned)fault.vector, DELIVER_EXCEPTION, fault.has_error_code, fault.error_code);
	cpu->delivering = -1;
}

/* ---- running ---- */

void insns_run(Cpu *cpu, const Insn *insns, unsigned count, bool sets_rip)
{
	const Insn *i = insns, *end = insns + count;
	cpu->gpr[GPR_RIP] = cpu->rip;
	cpu->first = insns;
	cpu->stop = end;
	do {
		cpu->insn = i;
		i->run(cpu, i);
		i++;
	} while (i < cpu->stop);
	if (!(sets_rip && i == end))
		cpu->rip = insn_next_rip(cpu, i - 1);
	cpu->insn = NULL;
	cpu->first = NULL;
	cpu->insns_retired += (uint64_t)(i - insns);
}

/* Reads an instruction's bytes where block_at_rip() can't: over a page's end, up to a limit, from a device. Returns how many
 * could be read without a fault; the fault that the next one would raise is raised when `need` isn't reached. */
static unsigned fetch_bytes(Cpu *cpu, uint8_t bytes[15], unsigned need)
{
	bool limited = (cpu->mode & MODE_CODE) != MODE_CODE64;
	uint64_t linear = (cpu->seg[CS].eff_base + cpu->rip) & cpu->linear_mask;
	unsigned have = 0;
	while (have < need) {
		uint64_t address = (linear + have) & cpu->linear_mask;
		if ((limited && cpu->rip + have > cpu->seg[CS].limit) || !is_canonical(cpu, address))
			fault_gp(cpu, 0);
		const FetchEntry *fetch = tlb_fetch(cpu, address);
		unsigned room = MIN(15 - have, 4096 - (unsigned)(address & 0xfff));
		if (limited)
			room = (unsigned)MIN((uint64_t)room, cpu->seg[CS].limit - (cpu->rip + have) + 1);
		for (unsigned n = 0; n < room; n++, have++)
			bytes[have] = fetch->ram.host ? fetch->ram.host[(address & 0xfff) + n]
						      : (uint8_t)cpu->bus.read(cpu->bus.owner, (fetch->phys | (address & 0xfff)) + n, 1);
	}
	return have;
}

static void fetch_insn(Cpu *cpu, uint64_t linear, Insn *insn)
{
	uint8_t bytes[15];
	const Insn *known = crossing_fetch(cpu, linear);
	if (known) {
		*insn = *known;
		return;
	}
	DecodeContext context = { cpu->mode, &cpu->features };
	unsigned have = 0;
	for (;;) {
		have = fetch_bytes(cpu, bytes, have + 1);
		switch (decode_insn(&context, bytes, have, insn)) {
		case DECODE_OK: crossing_add(cpu, linear, insn, bytes); return;
		case DECODE_TOO_LONG: fault_gp(cpu, 0);
		case DECODE_MORE: break;
		}
	}
}

/* One instruction, decoded afresh. RF holds for one instruction only, unless that sets it itself. */
static void step(Cpu *cpu, bool after_mov_ss)
{
	Insn insn;
	uint64_t linear = (cpu->seg[CS].eff_base + cpu->rip) & cpu->linear_mask;
	bool resume = cpu->eflags & EFLAGS_RF, single = cpu->eflags & EFLAGS_TF;
	uint32_t hit = resume || after_mov_ss ? 0 : debug_fetch(cpu, linear);
	if (UNLIKELY(hit)) {
		cpu->dr[6] = (cpu->dr[6] & ~(uint64_t)0xf) | hit;
		cpu_fault(cpu, VECTOR_DB);
	}
	fetch_insn(cpu, linear, &insn);
	cpu->eflags &= ~EFLAGS_RF;
	cpu->step_resume = resume;
	if (single)
		cpu->debug_pending |= DR6_BS;
	insns_run(cpu, &insn, 1, insn_forms[insn.form].flags & FORM_RIP);
	cpu->step_resume = false;
}

/* A known instruction that crosses a page's end: blocks end before it, so a loop over such an end comes by here each time. */
static bool run_crossing(Cpu *cpu)
{
	uint64_t linear = (cpu->seg[CS].eff_base + cpu->rip) & cpu->linear_mask;
	if (LIKELY(!crossing_possible(linear)) || cpu->eflags & EFLAGS_RF || !is_canonical(cpu, linear))
		return false;
	const Insn *insn = crossing_fetch(cpu, linear);
	if (!insn)
		return false;
	insns_run(cpu, insn, 1, insn_forms[insn->form].flags & FORM_RIP);
	return true;
}

/* ---- between instructions ---- */

static void deliver_trap(Cpu *cpu)
{
	uint32_t bits = cpu->debug_pending;
	cpu->debug_pending = 0;
	cpu->dr[6] = (cpu->dr[6] & ~(uint64_t)0xf) | bits;
	cpu->halted = false;
	cpu->delivering = VECTOR_DB;
	cpu_deliver(cpu, VECTOR_DB, DELIVER_EXCEPTION, false, 0);
	cpu->delivering = -1;
}

static void deliver_nmi(Cpu *cpu)
{
	cpu_clear_event(cpu, EVENT_NMI);
	cpu->halted = false;
	cpu->nmi_blocked = true;
	cpu_deliver(cpu, VECTOR_NMI, DELIVER_EXTERNAL, false, 0);
}

static void deliver_interrupt(Cpu *cpu)
{
	cpu->halted = false;
	int vector = cpu->bus.acknowledge(cpu->bus.owner);
	if (vector >= 0)
		cpu_deliver(cpu, (unsigned)vector & 0xff, DELIVER_EXTERNAL, false, 0);
}

static void handle_init(Cpu *cpu)
{
	cpu_clear_event(cpu, EVENT_INIT);
	cpu_reset(cpu, true);
}

static void handle_sipi(Cpu *cpu)
{
	cpu_clear_event(cpu, EVENT_SIPI);
	if (!cpu->wait_for_sipi)
		return;
	cpu->wait_for_sipi = false;
	cpu->halted = false;
	uint8_t vector = __atomic_load_n(&cpu->sipi_vector, __ATOMIC_ACQUIRE); /* another one may come */
	cpu->seg[CS].selector = (uint16_t)(vector << 8);
	cpu->seg[CS].base = (uint64_t)vector << 12;
	cpu->rip = 0;
	cpu_mode_changed(cpu);
}

static void handle_remap(Cpu *cpu)
{
	cpu_clear_event(cpu, EVENT_REMAP);
	cpu->a20_masked = __atomic_load_n(&cpu->a20_wanted_off, __ATOMIC_ACQUIRE);
	blocks_flush(cpu);
	tlb_flush(cpu, true);
}

static void handle_code(Cpu *cpu)
{
	CodeMessages *m = &cpu->code_messages;
	cpu_clear_event(cpu, EVENT_CODE);
	g_mutex_lock(&m->lock);
	for (; m->count; m->count--)
		blocks_invalidate(cpu, m->at[m->count - 1].page, m->at[m->count - 1].lines);
	g_mutex_unlock(&m->lock);
}

/* SDM volume 3, 20.3.3: with a virtual interrupt pending and allowed, the next instruction faults. */
static void check_virtual_interrupt(Cpu *cpu)
{
	bool on = cpu->eflags & EFLAGS_VM ? cpu->cr4 & CR4_VME : (cpu->cr4 & CR4_PVI) && cpu->cpl == 3;
	cpu_clear_event(cpu, EVENT_VIRTUAL);
	if (on && (cpu->eflags & EFLAGS_VIF) && (cpu->eflags & EFLAGS_VIP))
		fault_gp(cpu, 0);
}

/* What comes before the next instruction, most urgent first; one of them per call. True: something was done, look again. */
static bool handle_event(Cpu *cpu, uint32_t events)
{
	bool shadow = events & EVENT_SHADOW;
	if (events & EVENT_REMAP)
		return handle_remap(cpu), true;
	if (events & EVENT_CODE)
		return handle_code(cpu), true;
	if ((events & EVENT_INIT) && !cpu->in_smm)
		return handle_init(cpu), true;
	if (events & EVENT_SIPI)
		return handle_sipi(cpu), true;
	if (cpu->wait_for_sipi)
		return false;
	if ((events & EVENT_SMI) && !cpu->in_smm) {
		cpu_clear_event(cpu, EVENT_SMI);
		return smm_enter(cpu), true;
	}
	if (cpu->debug_pending && !(shadow && cpu->shadow_is_ss))
		return deliver_trap(cpu), true;
	if ((events & EVENT_NMI) && !cpu->nmi_blocked && !(shadow && cpu->shadow_is_ss))
		return deliver_nmi(cpu), true;
	if ((events & EVENT_INTR) && (cpu->eflags & EFLAGS_IF) && !shadow)
		return deliver_interrupt(cpu), true;
	if (events & EVENT_VIRTUAL)
		return check_virtual_interrupt(cpu), true;
	return false;
}

static bool must_step(Cpu *cpu, uint32_t events)
{
	if (events & EVENT_SHADOW) {
		cpu_clear_event(cpu, EVENT_SHADOW);
		return true;
	}
	if (!(events & EVENT_DEBUG))
		return false;
	if (debug_stepping(cpu))
		return true;
	cpu_clear_event(cpu, EVENT_DEBUG);
	return false;
}

bool cpu_has_work(const Cpu *cpu)
{
	uint32_t events = __atomic_load_n(&cpu->events, __ATOMIC_ACQUIRE);
	if (events & (EVENT_EXIT | EVENT_REMAP | EVENT_INIT | EVENT_SIPI))
		return true;
	if (cpu->wait_for_sipi)
		return false;
	if (!cpu->halted)
		return true;
	return ((events & EVENT_NMI) && !cpu->nmi_blocked) || ((events & EVENT_SMI) && !cpu->in_smm) ||
	       ((events & EVENT_INTR) && ((cpu->eflags & EFLAGS_IF) || cpu->mwait_masked));
}

bool cpu_in_mwait(const Cpu *cpu)
{
	return cpu->halted && cpu->mwait;
}

void cpu_end_mwait(Cpu *cpu)
{
	if (cpu_in_mwait(cpu))
		cpu->halted = false;
}

/* Whoever raises an event says so in Cpu.steady a little later, maybe when it is over: generated code would come back at once, for good. */
static void calm_down(Cpu *cpu)
{
	__atomic_store_n(&cpu->steady, 1, __ATOMIC_SEQ_CST);
	/* As in cpu_clear_event() */
	if (__atomic_load_n(&cpu->events, __ATOMIC_SEQ_CST) & ~(uint32_t)EVENT_INTR)
		__atomic_store_n(&cpu->steady, 0, __ATOMIC_SEQ_CST);
}

/* May generated code run? Events would make it return at once, save an interrupt that waits because interrupts are off: nothing but
 * an instruction that turns them on can change that, see jit_interpret(). */
static bool may_translate(Cpu *cpu, uint32_t events)
{
	if (events & ~(uint32_t)EVENT_INTR)
		return false;
	if (UNLIKELY(!__atomic_load_n(&cpu->steady, __ATOMIC_RELAXED)))
		calm_down(cpu);
	return true;
}

/* One round. True: *exit says why to return. */
static bool run_once(Cpu *cpu, CpuExit *exit)
{
	if (UNLIKELY(cpu->insns_retired >= cpu->budget_end))
		return true;
	uint32_t events = __atomic_load_n(&cpu->events, __ATOMIC_ACQUIRE);
	if (UNLIKELY(events)) {
		if (events & EVENT_EXIT) {
			cpu_clear_event(cpu, EVENT_EXIT);
			*exit = cpu->shut_down ? CPU_EXIT_SHUTDOWN : CPU_EXIT_REQUESTED;
			return true;
		}
		if (handle_event(cpu, events))
			return false;
	}
	if (UNLIKELY(cpu->halted && (events & EVENT_INTR) && cpu->mwait_masked))
		cpu_end_mwait(cpu);
	if (UNLIKELY(cpu->halted || cpu->wait_for_sipi)) {
		*exit = CPU_EXIT_HALTED;
		return true;
	}
	if (UNLIKELY(events) && must_step(cpu, events)) {
		/* An interrupt shadow alone wants no more than that the next instruction be run by itself. */
		Block *b = events & EVENT_DEBUG || cpu->eflags & EFLAGS_RF ? NULL : block_at_rip(cpu);
		if (b)
			insns_run(cpu, b->insns, 1, b->count == 1 && b->sets_rip);
		else
			step(cpu, (events & EVENT_SHADOW) && cpu->shadow_is_ss);
	} else if (!run_crossing(cpu)) {
		Block *b = block_at_rip(cpu);
		if (LIKELY(b != NULL)) {
			cpu->eflags &= ~EFLAGS_RF;
			if (cpu->translator && may_translate(cpu, events) && cpu->translator->run(cpu, b))
				return false;
			insns_run(cpu, b->insns, b->count, b->sets_rip);
		} else {
			step(cpu, false);
		}
	}
	return false;
}

CpuExit cpu_run(Cpu *cpu, uint64_t budget)
{
	CpuExit exit = CPU_EXIT_SHUTDOWN;
	if (cpu->shut_down)
		return exit;
	cpu->budget_end = cpu->insns_retired + budget < budget ? ~(uint64_t)0 : cpu->insns_retired + budget;
	if (setjmp(cpu->fault_exit))
		deliver_fault(cpu);
	do {
		exit = CPU_EXIT_BUDGET;
	} while (!run_once(cpu, &exit));
	return exit;
}
