/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local APIC: requests, priorities, pins (SDM volume 3, chapter 10). Its registers are in lapic_registers.c, its timer in
 * lapic_timer.c. */
#include "hw/chipset/apic_internal.h"

#include <string.h>

bool lapic_is_on(const Lapic *lapic)
{
	return lapic->base & BASE_ENABLE;
}

bool lapic_is_x2(const Lapic *lapic)
{
	return (lapic->base & (BASE_ENABLE | BASE_X2APIC)) == (BASE_ENABLE | BASE_X2APIC);
}

bool lapic_is_enabled(const Lapic *lapic)
{
	return lapic_is_on(lapic) && (lapic->svr & SVR_ENABLE);
}

uint32_t lapic_id(const Lapic *lapic)
{
	return lapic->id;
}

/* ---- sets of vectors ---- */

int lapic_highest(const uint32_t *set)
{
	for (int n = APIC_WORDS - 1; n >= 0; n--)
		if (set[n])
			return n * 32 + 31 - __builtin_clz(set[n]);
	return -1;
}

static void put(uint32_t *set, uint8_t vector, bool in)
{
	uint32_t bit = 1u << vector % 32;
	set[vector / 32] = in ? set[vector / 32] | bit : set[vector / 32] & ~bit;
}

static bool has(const uint32_t *set, uint8_t vector)
{
	return set[vector / 32] >> vector % 32 & 1;
}

bool lapic_requests(const Lapic *lapic, uint8_t vector)
{
	return has(lapic->irr, vector);
}

/* ---- priorities ---- */

uint8_t lapic_ppr(const Lapic *lapic)
{
	int service = MAX(lapic_highest(lapic->isr), 0);
	return (uint8_t)(lapic->tpr >> 4 >= (unsigned)service >> 4 ? lapic->tpr : (unsigned)service & 0xf0);
}

/* The vector that may interrupt now, or -1. */
static int deliverable(const Lapic *lapic)
{
	int request = lapic_highest(lapic->irr);
	return request >= 0 && request >> 4 > lapic_ppr(lapic) >> 4 ? request : -1;
}

static unsigned delivery_of(uint32_t lvt)
{
	return lvt >> LVT_DELIVERY_SHIFT & 7;
}

/* Does the 8259 pair ask by this processor's LINT0? */
static bool extint_at_pin(const Lapic *lapic)
{
	uint32_t lvt = lapic->lvt[LVT_LINT0];
	return lapic->lint_level[0] && !(lvt & LVT_MASKED) && delivery_of(lvt) == APIC_EXTINT;
}

void lapic_update(Lapic *lapic)
{
	bool level = lapic_is_on(lapic) ? deliverable(lapic) >= 0 || lapic->extint || extint_at_pin(lapic) : lapic->lint_level[0];
	if (level == lapic->signalled)
		return;
	lapic->signalled = level;
	machine_set_cpu_interrupt(lapic->device.machine, lapic->cpu, level);
}

static int acknowledge_extint(Lapic *lapic)
{
	ApicBus *bus = lapic->bus;
	lapic->extint = false;
	int vector = bus->acknowledge ? bus->acknowledge(bus->acknowledge_owner) : -1;
	lapic_update(lapic);
	return vector;
}

int lapic_acknowledge(Lapic *lapic)
{
	if (!lapic_is_on(lapic))
		return lapic->lint_level[0] ? acknowledge_extint(lapic) : -1;
	int vector = deliverable(lapic);
	if (vector < 0)
		return lapic->extint || extint_at_pin(lapic) ? acknowledge_extint(lapic) : -1;
	put(lapic->irr, (uint8_t)vector, false);
	put(lapic->isr, (uint8_t)vector, true);
	lapic_update(lapic);
	if (lapic->bus->taken)
		lapic->bus->taken(lapic->bus->taken_owner, (uint8_t)vector);
	return vector;
}

/* ---- requests ---- */

/* Errors that come while the error entry's own vector is illegal don't make more of themselves. */
void lapic_error(Lapic *lapic, uint32_t bit)
{
	bool new = !(lapic->esr_pending & bit);
	lapic->esr_pending |= bit;
	if (new)
		lapic_fire_lvt(lapic, LVT_ERROR);
}

void lapic_request(Lapic *lapic, uint8_t vector, bool level)
{
	if (vector < APIC_FIRST_LEGAL_VECTOR) {
		lapic_error(lapic, ESR_RECEIVE_ILLEGAL);
		return;
	}
	put(lapic->irr, vector, true);
	put(lapic->tmr, vector, level);
	lapic_update(lapic);
}

static void signal_cpu(Lapic *lapic, CpuSignal signal, uint8_t vector)
{
	machine_signal_cpu(lapic->device.machine, lapic->cpu, signal, vector);
}

static void reset_state(Lapic *lapic);

void lapic_receive(Lapic *lapic, const ApicMessage *message)
{
	switch (message->delivery) {
	case APIC_FIXED:
	case APIC_LOWEST:
		if (lapic_is_enabled(lapic))
			lapic_request(lapic, message->vector, message->level);
		break;
	case APIC_SMI: signal_cpu(lapic, CPU_SIGNAL_SMI, 0); break;
	case APIC_NMI: signal_cpu(lapic, CPU_SIGNAL_NMI, 0); break;
	case APIC_INIT:
		reset_state(lapic);
		lapic_update(lapic);
		signal_cpu(lapic, CPU_SIGNAL_INIT, 0);
		break;
	case APIC_SIPI: signal_cpu(lapic, CPU_SIGNAL_SIPI, message->vector); break;
	case APIC_EXTINT:
		lapic->extint = true;
		lapic_update(lapic);
		break;
	case APIC_RESERVED: break;
	}
}

/* ---- local sources ---- */

void lapic_fire_lvt(Lapic *lapic, LvtEntry entry)
{
	uint32_t lvt = lapic->lvt[entry];
	if (lvt & LVT_MASKED)
		return;
	if (entry == LVT_TIMER || entry == LVT_ERROR)
		lvt &= LVT_VECTOR; /* their delivery is always fixed */
	bool level = entry == LVT_LINT0 && (lvt & LVT_LEVEL);
	switch (delivery_of(lvt)) {
	case APIC_FIXED:
		if (level && (lvt & LVT_REMOTE_IRR))
			return;
		lapic->lvt[entry] |= level ? LVT_REMOTE_IRR : 0;
		lapic_request(lapic, (uint8_t)lvt, level);
		break;
	case APIC_SMI: signal_cpu(lapic, CPU_SIGNAL_SMI, 0); break;
	case APIC_NMI: signal_cpu(lapic, CPU_SIGNAL_NMI, 0); break;
	case APIC_INIT: signal_cpu(lapic, CPU_SIGNAL_INIT, 0); break;
	default: break; /* ExtINT: lapic_update() looks at the pin */
	}
}

static bool is_level_fixed(uint32_t lvt)
{
	return (lvt & LVT_LEVEL) && delivery_of(lvt) == APIC_FIXED;
}

void lapic_lint_unmasked(Lapic *lapic, unsigned pin)
{
	if (pin == 0 && lapic->lint_level[0] && is_level_fixed(lapic->lvt[LVT_LINT0]))
		lapic_fire_lvt(lapic, LVT_LINT0);
}

void lapic_set_lint(Lapic *lapic, unsigned pin, bool level)
{
	bool rises = level && !lapic->lint_level[pin];
	lapic->lint_level[pin] = level;
	if (rises && lapic_is_on(lapic))
		lapic_fire_lvt(lapic, LVT_LINT0 + pin);
	else if (rises && pin == 1)
		signal_cpu(lapic, CPU_SIGNAL_NMI, 0);
	lapic_update(lapic);
}

/* The pin asks again if it is still up. */
static void end_of_lint0(Lapic *lapic, uint8_t vector)
{
	uint32_t *lvt = &lapic->lvt[LVT_LINT0];
	if (!(*lvt & LVT_REMOTE_IRR) || (uint8_t)*lvt != vector)
		return;
	*lvt &= ~(uint32_t)LVT_REMOTE_IRR;
	lapic_lint_unmasked(lapic, 0);
}

void lapic_end_of_interrupt(Lapic *lapic)
{
	int vector = lapic_highest(lapic->isr);
	if (vector < 0)
		return;
	put(lapic->isr, (uint8_t)vector, false);
	if (has(lapic->tmr, (uint8_t)vector)) {
		apic_bus_end_of_interrupt(lapic->bus, (uint8_t)vector);
		end_of_lint0(lapic, (uint8_t)vector);
	}
	lapic_update(lapic);
}

/* ---- what the processor does ---- */

uint8_t lapic_tpr(const Lapic *lapic)
{
	return (uint8_t)(lapic->tpr >> 4);
}

void lapic_set_tpr(Lapic *lapic, uint8_t value)
{
	lapic->tpr = (uint32_t)(value & 15) << 4;
	lapic_update(lapic);
}

/* In x2APIC mode the logical id follows from the id: a cluster of sixteen, and the place in it. */
static uint32_t x2_logical_id(const Lapic *lapic)
{
	return lapic->id >> 4 << 16 | 1u << (lapic->id & 15);
}

static void place_window(Lapic *lapic)
{
	uint64_t base = lapic->base & ~(uint64_t)0xfff;
	bool here = lapic_is_on(lapic) && !lapic_is_x2(lapic) && base != APIC_DEFAULT_BASE;
	if (lapic->moved)
		region_set(lapic->moved, here, base);
	else if (here)
		lapic->moved = apic_bus_map_moved(lapic, base);
}

void lapic_set_base(Lapic *lapic, uint64_t value)
{
	bool was_on = lapic_is_on(lapic), was_x2 = lapic_is_x2(lapic);
	lapic->base = value;
	if (was_on && !lapic_is_on(lapic))
		reset_state(lapic);
	if (!was_x2 && lapic_is_x2(lapic)) {
		lapic->ldr = x2_logical_id(lapic);
		lapic->icr_high = 0;
	}
	place_window(lapic);
	lapic_update(lapic);
}

/* ---- device ---- */

/* As after INIT, which leaves the mode and the id. The BSP's LINT0 begins as the virtual wire from the 8259 pair: firmware that
 * knows nothing of APICs has its interrupts all the same. */
static void reset_state(Lapic *lapic)
{
	lapic_timer_stop(lapic);
	lapic->tpr = lapic->esr = lapic->esr_pending = lapic->icr_high = lapic->icr_low = 0;
	lapic->ldr = lapic_is_x2(lapic) ? x2_logical_id(lapic) : 0;
	lapic->dfr = UINT32_MAX;
	lapic->svr = 0xff;
	for (unsigned n = 0; n < LVT_COUNT; n++)
		lapic->lvt[n] = LVT_MASKED;
	if (lapic->base & BASE_BSP)
		lapic->lvt[LVT_LINT0] = APIC_EXTINT << LVT_DELIVERY_SHIFT;
	memset(lapic->irr, 0, sizeof(lapic->irr));
	memset(lapic->isr, 0, sizeof(lapic->isr));
	memset(lapic->tmr, 0, sizeof(lapic->tmr));
	lapic->extint = false;
}

void lapic_connect(Lapic *lapic, ApicBus *bus, unsigned cpu, uint32_t id)
{
	lapic->bus = bus;
	lapic->cpu = cpu;
	lapic->id = id;
}

/* Numbers of processors come from the board; nothing sane is beyond this. */
enum { MOST = 4096 };

static bool lapic_realize(Device *device, GError **error)
{
	Lapic *lapic = (Lapic *)device;
	if (!lapic->bus || lapic->cpu >= MOST || lapic->id >= MOST * 16 || apic_bus_lapic(lapic->bus, lapic->cpu)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "processor %u can't have the APIC id %u", lapic->cpu, lapic->id);
		return false;
	}
	lapic_timer_init(lapic);
	apic_bus_add(lapic->bus, lapic);
	return true;
}

static void lapic_unrealize(Device *device)
{
	Lapic *lapic = (Lapic *)device;
	timer_cancel(&lapic->timer);
	apic_bus_remove(lapic->bus, lapic);
	if (lapic->moved)
		region_free(lapic->moved);
}

static void lapic_reset(Device *device)
{
	Lapic *lapic = (Lapic *)device;
	lapic->base = APIC_DEFAULT_BASE | BASE_ENABLE | (lapic->cpu == 0 ? BASE_BSP : 0);
	reset_state(lapic);
	lapic->lint_level[0] = lapic->bus->intr;
	lapic->lint_level[1] = lapic->bus->nmi;
	place_window(lapic);
	lapic_update(lapic);
}

static void lapic_loaded(Device *device, unsigned version)
{
	(void)version;
	Lapic *lapic = (Lapic *)device;
	place_window(lapic);
	lapic_timer_schedule(lapic);
	machine_set_cpu_interrupt(device->machine, lapic->cpu, lapic->signalled);
	lapic_update(lapic);
}

#define LAPIC(member) offsetof(Lapic, member)
static const StateField lapic_state[] = {
	{ "base", STATE_U64, LAPIC(base), 0, 0, NULL, 0 }, { "tpr", STATE_U32, LAPIC(tpr), 0, 0, NULL, 0 },
	{ "ldr", STATE_U32, LAPIC(ldr), 0, 0, NULL, 0 }, { "dfr", STATE_U32, LAPIC(dfr), 0, 0, NULL, 0 },
	{ "svr", STATE_U32, LAPIC(svr), 0, 0, NULL, 0 }, { "esr", STATE_U32, LAPIC(esr), 0, 0, NULL, 0 },
	{ "esr_pending", STATE_U32, LAPIC(esr_pending), 0, 0, NULL, 0 }, { "icr_high", STATE_U32, LAPIC(icr_high), 0, 0, NULL, 0 },
	{ "icr_low", STATE_U32, LAPIC(icr_low), 0, 0, NULL, 0 }, { "lvt", STATE_U32, LAPIC(lvt), LVT_COUNT, 0, NULL, 0 },
	{ "initial_count", STATE_U32, LAPIC(initial_count), 0, 0, NULL, 0 }, { "divide", STATE_U32, LAPIC(divide), 0, 0, NULL, 0 },
	{ "irr", STATE_U32, LAPIC(irr), APIC_WORDS, 0, NULL, 0 }, { "isr", STATE_U32, LAPIC(isr), APIC_WORDS, 0, NULL, 0 },
	{ "tmr", STATE_U32, LAPIC(tmr), APIC_WORDS, 0, NULL, 0 }, { "lint", STATE_BOOL, LAPIC(lint_level), 2, 0, NULL, 0 },
	{ "extint", STATE_BOOL, LAPIC(extint), 0, 0, NULL, 0 }, { "signalled", STATE_BOOL, LAPIC(signalled), 0, 0, NULL, 0 },
	{ "counting", STATE_BOOL, LAPIC(counting), 0, 0, NULL, 0 }, { "started_ns", STATE_U64, LAPIC(started_ns), 0, 0, NULL, 0 },
	{ "deadline", STATE_U64, LAPIC(deadline), 0, 0, NULL, 0 }, { NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass lapic_class = {
	.name = "apic",
	.bus = "system",
	.description = "local APIC",
	.size = sizeof(Lapic),
	.state = lapic_state,
	.state_version = 1,
	.realize = lapic_realize,
	.reset = lapic_reset,
	.unrealize = lapic_unrealize,
	.loaded = lapic_loaded,
};
