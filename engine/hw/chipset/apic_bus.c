/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages between APICs: who is addressed, and who of those takes it (SDM volume 3, sections 10.6.2, 10.11, 10.12.10). */
#include "hw/chipset/apic_internal.h"

#define MSI_BASE APIC_DEFAULT_BASE
enum { MSI_LOGICAL = 1 << 2, MSI_REDIRECT = 1 << 3, MSI_DESTINATION_SHIFT = 12, MSI_LEVEL = 1 << 15 };
enum { BROADCAST8 = 0xff };
#define BROADCAST UINT32_MAX

/* ---- addressing ---- */

static bool matches_physical(const Lapic *lapic, uint32_t destination)
{
	if (destination == BROADCAST)
		return true;
	return lapic->id == destination && (lapic_is_x2(lapic) || destination < BROADCAST8);
}

/* Of x2APICs the upper half names a cluster, the lower one its members. Of xAPICs DFR says: a flat set of eight, or four bits of
 * cluster and four members. */
static bool matches_logical(const Lapic *lapic, uint32_t destination)
{
	if (destination == BROADCAST)
		return true;
	if (lapic_is_x2(lapic))
		return destination >> 16 == lapic->ldr >> 16 && (destination & lapic->ldr & 0xffff);
	uint8_t set = (uint8_t)destination, own = (uint8_t)(lapic->ldr >> 24);
	if (destination > 0xff)
		return false;
	if (lapic->dfr >> 28 == 0xf)
		return set & own;
	return (set >> 4 == own >> 4 || set >> 4 == 0xf) && (set & own & 0xf);
}

static bool matches(const Lapic *lapic, const ApicMessage *message, uint32_t destination)
{
	if (!lapic_is_on(lapic))
		return false;
	return message->logical ? matches_logical(lapic, destination) : matches_physical(lapic, destination);
}

static Lapic *at(const ApicBus *bus, unsigned n)
{
	return g_ptr_array_index(bus->lapics, n);
}

Lapic *apic_bus_lapic(const ApicBus *bus, unsigned cpu)
{
	return cpu < bus->lapics->len ? at(bus, cpu) : NULL;
}

/* ---- sending ---- */

static bool send_to_all(ApicBus *bus, const ApicMessage *message, uint32_t destination)
{
	bool taken = false;
	for (unsigned n = 0; n < bus->lapics->len; n++) {
		Lapic *lapic = at(bus, n);
		if (!lapic || !matches(lapic, message, destination))
			continue;
		lapic_receive(lapic, message);
		taken = true;
	}
	return taken;
}

static bool send_to_lowest(ApicBus *bus, const ApicMessage *message, uint32_t destination)
{
	Lapic *best = NULL;
	for (unsigned n = 0; n < bus->lapics->len; n++) {
		Lapic *lapic = at(bus, (bus->next_lowest + n) % bus->lapics->len);
		if (lapic && matches(lapic, message, destination) && lapic_is_enabled(lapic) && (!best || lapic_ppr(lapic) < lapic_ppr(best)))
			best = lapic;
	}
	if (!best)
		return false;
	bus->next_lowest = best->cpu + 1;
	ApicMessage fixed = *message;
	fixed.delivery = APIC_FIXED;
	lapic_receive(best, &fixed);
	return true;
}

static bool send_to_one(ApicBus *bus, const ApicMessage *message, uint32_t destination)
{
	Lapic *lapic = destination < bus->by_id->len ? g_ptr_array_index(bus->by_id, destination) : NULL;
	if (!lapic || !matches(lapic, message, destination))
		return false;
	lapic_receive(lapic, message);
	return true;
}

bool apic_bus_send(ApicBus *bus, const ApicMessage *message)
{
	uint32_t destination = message->destination;
	if (!message->wide && !message->logical && destination == BROADCAST8)
		destination = BROADCAST;
	if (message->delivery == APIC_LOWEST)
		return send_to_lowest(bus, message, destination);
	if (!message->logical && destination != BROADCAST)
		return send_to_one(bus, message, destination);
	return send_to_all(bus, message, destination);
}

void apic_bus_broadcast(ApicBus *bus, const ApicMessage *message, const Lapic *but)
{
	for (unsigned n = 0; n < bus->lapics->len; n++) {
		Lapic *lapic = at(bus, n);
		if (lapic && lapic != but && lapic_is_on(lapic))
			lapic_receive(lapic, message);
	}
}

bool apic_deliver_msi(ApicBus *bus, uint64_t address, uint32_t data)
{
	if (address - MSI_BASE >= APIC_MSI_BYTES)
		return false;
	bool logical = address & MSI_LOGICAL;
	ApicMessage message = {
		.destination = (uint32_t)(address >> MSI_DESTINATION_SHIFT & 0xff),
		.logical = logical,
		.level = data & MSI_LEVEL,
		.delivery = data >> 8 & 7,
		.vector = (uint8_t)data,
	};
	if (logical && (address & MSI_REDIRECT) && message.delivery == APIC_FIXED)
		message.delivery = APIC_LOWEST;
	return apic_bus_send(bus, &message);
}

void apic_bus_end_of_interrupt(ApicBus *bus, uint8_t vector)
{
	for (unsigned n = 0; n < bus->ioapics->len; n++)
		ioapic_end_of_interrupt(g_ptr_array_index(bus->ioapics, n), vector);
}

/* ---- pins ---- */

static void set_lint(void *owner, unsigned pin, bool level)
{
	ApicBus *bus = owner;
	*(pin ? &bus->nmi : &bus->intr) = level;
	for (unsigned n = 0; n < bus->lapics->len; n++)
		if (at(bus, n))
			lapic_set_lint(at(bus, n), pin, level);
}

Irq apic_bus_lint0(ApicBus *bus)
{
	return (Irq){ set_lint, bus, 0 };
}

Irq apic_bus_lint1(ApicBus *bus)
{
	return (Irq){ set_lint, bus, 1 };
}

void apic_bus_set_extint(ApicBus *bus, int (*acknowledge)(void *owner), void *owner)
{
	bus->acknowledge = acknowledge;
	bus->acknowledge_owner = owner;
}

void apic_bus_set_taken(ApicBus *bus, void (*taken)(void *owner, uint8_t vector), void *owner)
{
	bus->taken = taken;
	bus->taken_owner = owner;
}

bool apic_bus_requests(const ApicBus *bus, uint8_t vector)
{
	for (unsigned n = 0; n < bus->lapics->len; n++)
		if (at(bus, n) && lapic_requests(at(bus, n), vector))
			return true;
	return false;
}

/* ---- registers in memory ---- */

/* Whose registers the processor sees there: its own, if that is where it has them. */
static Lapic *accessed(const ApicBus *bus, uint64_t base)
{
	Lapic *lapic = apic_bus_lapic(bus, machine_active_cpu(bus->machine));
	bool here = lapic && lapic_is_on(lapic) && !lapic_is_x2(lapic) && (lapic->base & ~(uint64_t)0xfff) == base;
	return here ? lapic : NULL;
}

static uint64_t read_window(Lapic *lapic, uint64_t offset)
{
	uint32_t value = 0;
	if (!lapic)
		return UINT32_MAX;
	if (!(offset & 15) && !lapic_read_register(lapic, (unsigned)(offset >> 4), &value))
		lapic_error(lapic, ESR_ILLEGAL_REGISTER);
	return value;
}

static void write_window(Lapic *lapic, uint64_t offset, uint64_t value)
{
	if (lapic && !(offset & 15) && !lapic_write_register(lapic, (unsigned)(offset >> 4), (uint32_t)value))
		lapic_error(lapic, ESR_ILLEGAL_REGISTER);
}

/* Beyond the registers lies where devices write their messages; a processor may as well. */
static uint64_t default_read(void *owner, uint64_t offset, unsigned size)
{
	(void)size;
	return offset < APIC_REGISTERS_BYTES ? read_window(accessed(owner, APIC_DEFAULT_BASE), offset) : UINT32_MAX;
}

static void default_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	(void)size;
	Lapic *lapic = offset < APIC_REGISTERS_BYTES ? accessed(owner, APIC_DEFAULT_BASE) : NULL;
	if (lapic)
		write_window(lapic, offset, value);
	else
		apic_deliver_msi(owner, APIC_DEFAULT_BASE + offset, (uint32_t)value);
}

/* A window elsewhere is one processor's; another may have moved its own there as well. */
static Lapic *accessed_moved(const Lapic *owner)
{
	return accessed(owner->bus, owner->base & ~(uint64_t)0xfff);
}

static uint64_t moved_read(void *owner, uint64_t offset, unsigned size)
{
	(void)size;
	return read_window(accessed_moved(owner), offset);
}

static void moved_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	(void)size;
	write_window(accessed_moved(owner), offset, value);
}

Region *apic_bus_map_moved(Lapic *lapic, uint64_t base)
{
	static const MemoryOps ops = { moved_read, moved_write, 4, 4, false };
	return memory_map_io(machine_memory(lapic->bus->machine), "apic moved", &ops, lapic, base, APIC_REGISTERS_BYTES,
			     MEMORY_PRIORITY_OVERLAY);
}

/* ---- making ---- */

ApicBus *apic_bus_new(Machine *machine, uint64_t tsc_hz)
{
	static const MemoryOps ops = { default_read, default_write, 4, 4, false };
	ApicBus *bus = g_new0(ApicBus, 1);
	bus->machine = machine;
	bus->tsc_hz = tsc_hz;
	bus->lapics = g_ptr_array_new();
	bus->by_id = g_ptr_array_new();
	bus->ioapics = g_ptr_array_new();
	bus->region = memory_map_io(machine_memory(machine), "apic", &ops, bus, APIC_DEFAULT_BASE, APIC_MSI_BYTES, MEMORY_PRIORITY_OVERLAY);
	return bus;
}

void apic_bus_free(ApicBus *bus)
{
	if (!bus)
		return;
	region_free(bus->region);
	g_ptr_array_unref(bus->lapics);
	g_ptr_array_unref(bus->by_id);
	g_ptr_array_unref(bus->ioapics);
	g_free(bus);
}

static void put_at(GPtrArray *array, unsigned n, Lapic *lapic)
{
	if (array->len <= n)
		g_ptr_array_set_size(array, (gint)n + 1);
	g_ptr_array_index(array, n) = lapic;
}

void apic_bus_add(ApicBus *bus, Lapic *lapic)
{
	put_at(bus->lapics, lapic->cpu, lapic);
	put_at(bus->by_id, lapic->id, lapic);
}

void apic_bus_remove(ApicBus *bus, Lapic *lapic)
{
	put_at(bus->lapics, lapic->cpu, NULL);
	put_at(bus->by_id, lapic->id, NULL);
}
