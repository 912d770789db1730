/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The I/O APIC (Intel 82093AA datasheet), of the version that has an EOI register (ICH's datasheet, IOAPIC chapter).
 * Polarity is remembered only: the board's lines say "asserted", whatever level that is on the wire. */
#include "hw/chipset/apic_internal.h"

enum { WINDOW_BYTES = 0x1000 };
#define DEFAULT_BASE 0xfec00000ull
/* In memory */
enum { IOREGSEL = 0x00, IOWIN = 0x10, EOIR = 0x40 };
/* By IOREGSEL */
enum { IOAPICID = 0x00, IOAPICVER = 0x01, IOAPICARB = 0x02, IOREDTBL = 0x10 };
enum { VERSION = 0x20 };
/* Redirection table entries */
enum { VECTOR = 0xff, DELIVERY_SHIFT = 8, LOGICAL = 1 << 11, REMOTE_IRR = 1 << 14, LEVEL = 1 << 15, MASKED = 1 << 16,
	DESTINATION_SHIFT = 56 };
#define WRITABLE_LOW 0x0001afffu
#define WRITABLE_HIGH 0xff000000u

struct IoApic {
	Device device;
	ApicBus *bus;
	Region *region;
	uint8_t select, id;
	uint64_t entry[IOAPIC_PINS];
	bool line[IOAPIC_PINS];
};

/* ---- messages ---- */

static bool send(IoApic *ioapic, uint64_t entry)
{
	ApicMessage message = {
		.destination = (uint32_t)(entry >> DESTINATION_SHIFT),
		.logical = entry & LOGICAL,
		.level = entry & LEVEL,
		.delivery = entry >> DELIVERY_SHIFT & 7,
		.vector = entry & VECTOR,
	};
	return apic_bus_send(ioapic->bus, &message);
}

/* Only vectors come back as an EOI; other deliveries behave as edges whatever the entry says. */
static bool waits_for_eoi(uint64_t entry)
{
	unsigned delivery = entry >> DELIVERY_SHIFT & 7;
	return (entry & LEVEL) && (delivery == APIC_FIXED || delivery == APIC_LOWEST);
}

/* A level that is up and hasn't been sent yet. */
static void send_level(IoApic *ioapic, unsigned pin)
{
	uint64_t *entry = &ioapic->entry[pin];
	if (!ioapic->line[pin] || (*entry & (MASKED | REMOTE_IRR)) || !waits_for_eoi(*entry))
		return;
	if (send(ioapic, *entry))
		*entry |= REMOTE_IRR;
}

/* An edge that finds its pin masked is lost (82093AA, IOREDTBL bit 16). */
static void set_line(void *owner, unsigned pin, bool level)
{
	IoApic *ioapic = owner;
	if (pin >= IOAPIC_PINS)
		return;
	bool rises = level && !ioapic->line[pin];
	ioapic->line[pin] = level;
	uint64_t entry = ioapic->entry[pin];
	if (waits_for_eoi(entry))
		send_level(ioapic, pin);
	else if (rises && !(entry & MASKED))
		send(ioapic, entry);
}

Irq ioapic_input(IoApic *ioapic, unsigned pin)
{
	return (Irq){ set_line, ioapic, pin };
}

int ioapic_edge_vector(const IoApic *ioapic, unsigned pin)
{
	uint64_t entry = ioapic->entry[pin];
	unsigned delivery = entry >> DELIVERY_SHIFT & 7;
	return entry & (MASKED | LEVEL) || (delivery != APIC_FIXED && delivery != APIC_LOWEST) ? -1 : (int)(entry & VECTOR);
}

void ioapic_end_of_interrupt(IoApic *ioapic, uint8_t vector)
{
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		uint64_t *entry = &ioapic->entry[pin];
		if ((uint8_t)*entry != vector || !(*entry & REMOTE_IRR))
			continue;
		*entry &= ~(uint64_t)REMOTE_IRR;
		send_level(ioapic, pin);
	}
}

/* ---- registers ---- */

static uint32_t read_selected(const IoApic *ioapic)
{
	unsigned n = ioapic->select;
	switch (n) {
	case IOAPICID: case IOAPICARB: return (uint32_t)ioapic->id << 24;
	case IOAPICVER: return VERSION | (IOAPIC_PINS - 1) << 16;
	}
	if (n < IOREDTBL || n >= IOREDTBL + 2 * IOAPIC_PINS)
		return 0;
	uint64_t entry = ioapic->entry[(n - IOREDTBL) / 2];
	return (uint32_t)(n & 1 ? entry >> 32 : entry);
}

/* Made an edge, an entry forgets what it waited for: that is how software without the EOI register ends an interrupt. */
static void write_entry(IoApic *ioapic, unsigned pin, bool high, uint32_t value)
{
	uint64_t *entry = &ioapic->entry[pin];
	if (high)
		*entry = (*entry & UINT32_MAX) | (uint64_t)(value & WRITABLE_HIGH) << 32;
	else
		*entry = (*entry & ~(uint64_t)WRITABLE_LOW) | (value & WRITABLE_LOW);
	if (!waits_for_eoi(*entry))
		*entry &= ~(uint64_t)REMOTE_IRR;
	send_level(ioapic, pin);
}

static void write_selected(IoApic *ioapic, uint32_t value)
{
	unsigned n = ioapic->select;
	if (n == IOAPICID)
		ioapic->id = value >> 24 & 0xf;
	else if (n >= IOREDTBL && n < IOREDTBL + 2 * IOAPIC_PINS)
		write_entry(ioapic, (n - IOREDTBL) / 2, n & 1, value);
}

static uint64_t ioapic_read(void *owner, uint64_t offset, unsigned size)
{
	(void)size;
	IoApic *ioapic = owner;
	switch (offset & 0xff) {
	case IOREGSEL: return ioapic->select;
	case IOWIN: return read_selected(ioapic);
	default: return 0;
	}
}

static void ioapic_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	IoApic *ioapic = owner;
	switch (offset & 0xff) {
	case IOREGSEL: ioapic->select = (uint8_t)value; break;
	case IOWIN:
		if (size == 4)
			write_selected(ioapic, (uint32_t)value);
		break;
	case EOIR: ioapic_end_of_interrupt(ioapic, (uint8_t)value); break;
	}
}

/* ---- device ---- */

void ioapic_connect(IoApic *ioapic, ApicBus *bus)
{
	ioapic->bus = bus;
}

static bool ioapic_realize(Device *device, GError **error)
{
	static const MemoryOps ops = { ioapic_read, ioapic_write, 1, 4, false };
	(void)error;
	IoApic *ioapic = (IoApic *)device;
	g_ptr_array_add(ioapic->bus->ioapics, ioapic);
	ioapic->region = memory_map_io(machine_memory(device->machine), "ioapic", &ops, ioapic, DEFAULT_BASE, WINDOW_BYTES,
				       MEMORY_PRIORITY_DEVICE);
	return true;
}

static void ioapic_unrealize(Device *device)
{
	IoApic *ioapic = (IoApic *)device;
	g_ptr_array_remove(ioapic->bus->ioapics, ioapic);
	region_free(ioapic->region);
}

static void ioapic_reset(Device *device)
{
	IoApic *ioapic = (IoApic *)device;
	ioapic->select = ioapic->id = 0;
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
		ioapic->entry[pin] = MASKED;
}

static void print_pins(const char *name, const IoApic *ioapic, bool (*is_set)(const IoApic *ioapic, unsigned pin), GString *out)
{
	bool any = false;
	g_string_append_printf(out, "  %s", name);
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
		if (is_set(ioapic, pin)) {
			g_string_append_printf(out, " %u", pin);
			any = true;
		}
	g_string_append(out, any ? "\n" : " (none)\n");
}

static bool is_up(const IoApic *ioapic, unsigned pin) { return ioapic->line[pin]; }
static bool is_unacknowledged(const IoApic *ioapic, unsigned pin) { return ioapic->entry[pin] & REMOTE_IRR; }

/* As QEMU's monitor prints it: scripts read that. */
void ioapic_print(const IoApic *ioapic, GString *out)
{
	enum { ACTIVE_LOW = 1 << 13 };
	static const char *const deliveries[] = { "fixed", "lowest", "SMI", "...", "NMI", "INIT", "...", "ExtINT" };
	g_string_append_printf(out, "ioapic0: ver=0x%x id=0x%02x sel=0x%02x\n", VERSION, ioapic->id, ioapic->select);
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		uint64_t e = ioapic->entry[pin];
		g_string_append_printf(out, "  pin %-2u 0x%016" G_GINT64_MODIFIER "x dest=%x vec=%-3u %s %-5s %-6s %-6s %s\n", pin, e,
				       (unsigned)(e >> DESTINATION_SHIFT), (unsigned)(e & VECTOR), e & ACTIVE_LOW ? "active-lo" : "active-hi",
				       e & LEVEL ? "level" : "edge", e & MASKED ? "masked" : "", deliveries[e >> DELIVERY_SHIFT & 7],
				       e & LOGICAL ? "logical" : "physical");
	}
	print_pins("IRR     ", ioapic, is_up, out);
	print_pins("Remote IRR", ioapic, is_unacknowledged, out);
}

#define IOAPIC(member) offsetof(IoApic, member)
static const StateField ioapic_state[] = {
	{ "select", STATE_U8, IOAPIC(select), 0, 0, NULL, 0 }, { "id", STATE_U8, IOAPIC(id), 0, 0, NULL, 0 },
	{ "entry", STATE_U64, IOAPIC(entry), IOAPIC_PINS, 0, NULL, 0 }, { "line", STATE_BOOL, IOAPIC(line), IOAPIC_PINS, 0, NULL, 0 },
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass ioapic_class = {
	.name = "ioapic",
	.bus = "system",
	.description = "I/O APIC",
	.size = sizeof(IoApic),
	.state = ioapic_state,
	.state_version = 1,
	.realize = ioapic_realize,
	.reset = ioapic_reset,
	.unrealize = ioapic_unrealize,
};
