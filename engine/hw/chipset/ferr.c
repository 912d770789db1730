/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The AT's coprocessor interrupt: FERR# sets a latch that is IRQ 13; writing port 0xF0 clears it and asserts IGNNE# until the
 * error is gone (82371SB, section 3.5.7; SDM volume 1, section 8.7.2). */
#include "hw/chipset/port92.h"

#include "machine/machine.h"

enum { PORT_CLEAR = 0xf0, IRQ = 13 };

struct Ferr {
	Device device;
	Irq irq;
	bool latched;
	unsigned port;
};

static void set_latch(Ferr *ferr, bool level)
{
	ferr->latched = level;
	irq_set(&ferr->irq, level);
}

void ferr_raise(Ferr *ferr)
{
	set_latch(ferr, true);
}

static uint32_t ferr_read(void *owner, uint16_t port, unsigned size)
{
	(void)owner;
	(void)port;
	(void)size;
	return 0xff;
}

static void ferr_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)port;
	(void)value;
	(void)size;
	Ferr *ferr = owner;
	Machine *machine = ferr->device.machine;
	if (!ferr->latched)
		return;
	set_latch(ferr, false);
	Cpu *cpu = machine_cpu(machine, machine_active_cpu(machine));
	if (cpu)
		cpu_ignore_ferr(cpu);
}

static bool ferr_realize(Device *device, GError **error)
{
	static const PortOps ops = { ferr_read, ferr_write, 1 };
	(void)error;
	Ferr *ferr = (Ferr *)device;
	ferr->irq = machine_isa_irq(device->machine, IRQ);
	ferr->port = port_map(machine_ports(device->machine), "ferr", PORT_CLEAR, 1, &ops, ferr);
	return true;
}

static void ferr_unrealize(Device *device)
{
	port_unmap(machine_ports(device->machine), ((Ferr *)device)->port);
}

static void ferr_reset(Device *device)
{
	set_latch((Ferr *)device, false);
}

static const StateField ferr_state[] = {
	{ "latched", STATE_BOOL, offsetof(Ferr, latched), 0, 0, NULL, 0 },
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass ferr_class = {
	.name = "ferr",
	.bus = "system",
	.description = "coprocessor error interrupt",
	.size = sizeof(Ferr),
	.state = ferr_state,
	.state_version = 1,
	.realize = ferr_realize,
	.reset = ferr_reset,
	.unrealize = ferr_unrealize,
};
