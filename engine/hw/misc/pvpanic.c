/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pvpanic: one port. Reading gives the events that the host takes; writing reports some: bit 0, the guest crashed; bit 1, it
 * crashed and its crash kernel deals with it (QEMU's docs/specs/pvpanic). */
#include "hw/misc/pvpanic.h"

enum { EVENT_PANICKED = 1, EVENT_CRASH_LOADED = 2, EVENTS = EVENT_PANICKED | EVENT_CRASH_LOADED };

typedef struct Pvpanic {
	Device device;
	uint16_t ioport;
	uint8_t events;
	unsigned port;
} Pvpanic;

static uint32_t pvpanic_read(void *owner, uint16_t port, unsigned size)
{
	const Pvpanic *device = owner;
	(void)port;
	(void)size;
	return device->events;
}

static void pvpanic_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Pvpanic *device = owner;
	unsigned reported = value & EVENTS;
	(void)port;
	(void)size;
	if (reported & EVENT_PANICKED)
		machine_request(device->device.machine, REQUEST_PANIC, (int)reported);
	else if (reported & EVENT_CRASH_LOADED)
		machine_log_guest_error(device->device.machine, "pvpanic: the guest has crashed, its crash kernel takes over");
	else
		machine_log_guest_error(device->device.machine, "pvpanic: unknown event 0x%x", value);
}

static const PortOps ops = { pvpanic_read, pvpanic_write, 1 };

static bool pvpanic_realize(Device *base, GError **error)
{
	Pvpanic *device = (Pvpanic *)base;
	(void)error;
	device->port = port_map(machine_ports(base->machine), "pvpanic", device->ioport, 1, &ops, device);
	return true;
}

static void pvpanic_unrealize(Device *base)
{
	port_unmap(machine_ports(base->machine), ((Pvpanic *)base)->port);
}

static const Property properties[] = {
	{ "ioport", PROPERTY_U16, offsetof(Pvpanic, ioport), "0x505", "port", 0, 0, NULL },
	{ "events", PROPERTY_U8, offsetof(Pvpanic, events), "3", "events that the guest may report", 0, EVENTS, NULL },
	{ 0 },
};

const DeviceClass pvpanic_class = {
	.name = "pvpanic", .bus = "isa", .description = "crash report port", .size = sizeof(Pvpanic), .properties = properties,
	.state_version = 1, .realize = pvpanic_realize, .unrealize = pvpanic_unrealize,
};
