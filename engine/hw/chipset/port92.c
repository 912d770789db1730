/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Port 0x92: gate A20 and the fast reset (82371SB, section 3.5.5). */
#include "hw/chipset/port92.h"

enum { PORT = 0x92 };
enum { FAST_RESET = 0x01, A20 = 0x02 };

typedef struct Port92 {
	Device device;
	uint8_t other; /* all bits but A20, which the machine keeps: the keyboard controller moves it too */
	unsigned port;
} Port92;

static uint32_t port92_read(void *owner, uint16_t port, unsigned size)
{
	(void)port;
	(void)size;
	Port92 *p = owner;
	return p->other | (machine_a20(p->device.machine) ? A20 : 0u);
}

static void port92_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)port;
	(void)size;
	Port92 *p = owner;
	bool rises = (value & FAST_RESET) && !(p->other & FAST_RESET);
	p->other = value & 0xff & ~(uint32_t)A20;
	machine_set_a20(p->device.machine, value & A20);
	if (rises)
		machine_request(p->device.machine, REQUEST_RESET, 0);
}

static bool port92_realize(Device *device, GError **error)
{
	static const PortOps ops = { port92_read, port92_write, 1 };
	(void)error;
	((Port92 *)device)->port = port_map(machine_ports(device->machine), "port 92", PORT, 1, &ops, device);
	return true;
}

static void port92_unrealize(Device *device)
{
	port_unmap(machine_ports(device->machine), ((Port92 *)device)->port);
}

static void port92_reset(Device *device)
{
	((Port92 *)device)->other = 0;
}

static const StateField port92_state[] = {
	{ "other", STATE_U8, offsetof(Port92, other), 0, 0, NULL, 0 },
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass port92_class = {
	.name = "port92",
	.bus = "system",
	.description = "system control port",
	.size = sizeof(Port92),
	.state = port92_state,
	.state_version = 1,
	.realize = port92_realize,
	.reset = port92_reset,
	.unrealize = port92_unrealize,
};
