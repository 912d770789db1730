/* SPDX-License-Identifier: GPL-3.0-or-later */
/* isa-debugcon: a byte written to its port goes to a character device; reading says that it is there. Bochs' port is E9, firmware
 * writes its log to 402 and looks for E9 there first. */
#include "hw/misc/debugcon.h"

#include "char/chardev.h"

typedef struct Debugcon {
	Device device;
	CharDev *chardev;
	uint32_t iobase, readback;
	unsigned port;
} Debugcon;

static uint32_t debugcon_read(void *owner, uint16_t port, unsigned size)
{
	const Debugcon *console = owner;
	(void)port;
	(void)size;
	return console->readback & 0xff;
}

static void debugcon_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	const Debugcon *console = owner;
	uint8_t byte = (uint8_t)value;
	(void)port;
	(void)size;
	if (console->chardev)
		chardev_write(console->chardev, &byte, 1);
}

static const PortOps ops = { debugcon_read, debugcon_write, 1 };

static bool debugcon_realize(Device *device, GError **error)
{
	Debugcon *console = (Debugcon *)device;
	(void)error;
	console->port = port_map(machine_ports(device->machine), "isa-debugcon", (uint16_t)console->iobase, 1, &ops, console);
	return true;
}

static void debugcon_unrealize(Device *device)
{
	port_unmap(machine_ports(device->machine), ((Debugcon *)device)->port);
}

static const Property properties[] = {
	{ "chardev", PROPERTY_CHARDEV, offsetof(Debugcon, chardev), NULL, "where the bytes go", 0, 0, NULL },
	{ "iobase", PROPERTY_U32, offsetof(Debugcon, iobase), "0xe9", "port", 0, 0xffff, NULL },
	{ "readback", PROPERTY_U32, offsetof(Debugcon, readback), "0xe9", "byte that reading the port gives", 0, 0xff, NULL },
	{ 0 },
};

const DeviceClass debugcon_class = {
	.name = "isa-debugcon", .bus = "isa", .description = "debug console", .size = sizeof(Debugcon), .properties = properties,
	.state_version = 1, .realize = debugcon_realize, .unrealize = debugcon_unrealize,
};
