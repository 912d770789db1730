/* SPDX-License-Identifier: GPL-3.0-or-later */
/* isa-debug-exit: writing v ends the machine with exit status 2v + 1, which is never 0: that is a clean power-off's. */
#include "hw/misc/debug_exit.h"

typedef struct DebugExit {
	Device device;
	uint32_t iobase, iosize;
	unsigned port;
} DebugExit;

static uint32_t debug_exit_read(void *owner, uint16_t port, unsigned size)
{
	(void)owner;
	(void)port;
	(void)size;
	return 0;
}

static void debug_exit_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	DebugExit *device = owner;
	(void)port;
	(void)size;
	machine_request(device->device.machine, REQUEST_EXIT, (int)((value & 0x3fffffff) << 1 | 1));
}

static const PortOps ops = { debug_exit_read, debug_exit_write, 4 };

static bool debug_exit_realize(Device *base, GError **error)
{
	DebugExit *device = (DebugExit *)base;
	if (device->iosize > 0x10000 - device->iobase) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "isa-debug-exit: iobase 0x%x and iosize %u go past the last port", device->iobase,
			    device->iosize);
		return false;
	}
	device->port = port_map(machine_ports(base->machine), "isa-debug-exit", (uint16_t)device->iobase, device->iosize, &ops, device);
	return true;
}

static void debug_exit_unrealize(Device *base)
{
	port_unmap(machine_ports(base->machine), ((DebugExit *)base)->port);
}

static const Property properties[] = {
	{ "iobase", PROPERTY_U32, offsetof(DebugExit, iobase), "0x501", "first port", 0, 0xffff, NULL },
	{ "iosize", PROPERTY_U32, offsetof(DebugExit, iosize), "2", "how many ports", 1, 0x10000, NULL },
	{ 0 },
};

const DeviceClass debug_exit_class = {
	.name = "isa-debug-exit", .bus = "isa", .description = "port that ends the machine", .size = sizeof(DebugExit),
	.properties = properties, .state_version = 1, .realize = debug_exit_realize, .unrealize = debug_exit_unrealize,
};
