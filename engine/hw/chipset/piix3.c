/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See piix3.h. Register names are the datasheet's. */
#include "hw/chipset/piix3.h"

#include <string.h>

#include "machine/machine.h"

enum {
	IORT = 0x4c, XBCS = 0x4e, PIRQRC = 0x60, TOM = 0x69, MSTAT = 0x6a, MBIRQ0 = 0x70, MBDMA0 = 0x76, MBDMA1 = 0x77, PCSC = 0x78,
	APICBASE = 0x80, DLC = 0x82, SMICNTL = 0xa0, SMIEN = 0xa2, SEE = 0xa4, FTMR = 0xa8, SMIREQ = 0xaa, CTLTMR = 0xac, CTHTMR = 0xae,
};
enum { PIRQS = 4, ISA_IRQS = 16, PIRQRC_DISABLE = 0x80, PIRQRC_IRQ = 0x0f };
enum { RC_PORT = 0xcf9, RC_SRST = 0x02, RC_RCPU = 0x04 };

typedef struct Piix3 {
	PciDevice pci;
	Irq isa[ISA_IRQS];
	bool pirq[PIRQS];
	bool beside[ISA_IRQS]; /* levels of piix3_shared_irq() */
	bool isa_level[ISA_IRQS];
	uint8_t reset_control;
	unsigned port;
} Piix3;

/* ---- routing ---- */

/* IRQ 0-2, 8 and 13 have owners on the board that share with nobody; the datasheet reserves their codes. */
static bool can_route(unsigned irq)
{
	return 0xdef8 >> irq & 1;
}

static int route(const Piix3 *bridge, unsigned pirq)
{
	unsigned control = bridge->pci.config[PIRQRC + pirq], irq = control & PIRQRC_IRQ;
	return !(control & PIRQRC_DISABLE) && can_route(irq) ? (int)irq : -1;
}

static void update_irqs(Piix3 *bridge)
{
	bool level[ISA_IRQS];
	memcpy(level, bridge->beside, sizeof(level));
	for (unsigned n = 0; n < PIRQS; n++) {
		int irq = route(bridge, n);
		if (irq >= 0)
			level[irq] |= bridge->pirq[n];
	}
	for (unsigned irq = 0; irq < ISA_IRQS; irq++) {
		if (level[irq] == bridge->isa_level[irq])
			continue;
		bridge->isa_level[irq] = level[irq];
		irq_set(&bridge->isa[irq], level[irq]);
	}
}

/* On the board INTA of slot 1 is wired to PIRQA, so lines are one further than their slots say. */
static unsigned pirq_of(unsigned line)
{
	return (line + PIRQS - 1) % PIRQS;
}

void piix3_set_pci_irq(void *device, unsigned line, bool level)
{
	Piix3 *bridge = device;
	bridge->pirq[pirq_of(line)] = level;
	update_irqs(bridge);
}

static void set_beside(void *owner, unsigned irq, bool level)
{
	Piix3 *bridge = owner;
	bridge->beside[irq] = level;
	update_irqs(bridge);
}

Irq piix3_shared_irq(Device *device, unsigned irq)
{
	g_assert(irq < ISA_IRQS && can_route(irq));
	return (Irq){ set_beside, device, irq };
}

int piix3_route(Device *device, unsigned line)
{
	return route((Piix3 *)device, pirq_of(line));
}

static void config_written(PciDevice *device, unsigned offset, unsigned size)
{
	if (offset < PIRQRC + PIRQS && PIRQRC < offset + size)
		update_irqs((Piix3 *)device);
}

/* ---- reset control ---- */

static uint32_t reset_read(void *owner, uint16_t port, unsigned size)
{
	const Piix3 *bridge = owner;
	(void)port;
	(void)size;
	return bridge->reset_control;
}

/* RCPU going up resets: with SRST the machine, without it only the processors, by INIT. */
static void reset_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Piix3 *bridge = owner;
	Machine *machine = bridge->pci.device.machine;
	bool rises = value & ~bridge->reset_control & RC_RCPU;
	(void)port;
	(void)size;
	bridge->reset_control = value & (RC_SRST | RC_RCPU);
	if (rises && (value & RC_SRST)) {
		machine_request(machine, REQUEST_RESET, 0);
	} else if (rises) {
		for (unsigned n = 0; n < machine_cpu_count(machine); n++)
			machine_signal_cpu(machine, n, CPU_SIGNAL_INIT, 0);
	}
}

static const PortOps reset_ops = { reset_read, reset_write, 1 };

/* ---- life ---- */

typedef struct ConfigByte {
	uint8_t offset, value, writable, clear; /* after reset; bits for software */
} ConfigByte;

/* What concerns wait states, the X-bus decoder and the fast-off timer is kept for who reads it back. */
static const ConfigByte registers[] = {
	{ PCI_COMMAND, 0x07, 0x08, 0 }, { PCI_COMMAND + 1, 0, 0x01, 0 }, { PCI_STATUS, 0, 0, 0 }, { PCI_STATUS + 1, 0x02, 0, 0x78 },
	{ PCI_CACHE_LINE, 0, 0, 0 }, { PCI_INTERRUPT_LINE, 0, 0, 0 }, { IORT, 0x4d, 0xff, 0 }, { XBCS, 0x03, 0xff, 0 },
	{ XBCS + 1, 0, 0x01, 0 }, { PIRQRC, 0x80, 0x8f, 0 }, { PIRQRC + 1, 0x80, 0x8f, 0 }, { PIRQRC + 2, 0x80, 0x8f, 0 },
	{ PIRQRC + 3, 0x80, 0x8f, 0 }, { TOM, 0x02, 0xfe, 0 }, { MSTAT, 0, 0xff, 0 }, { MSTAT + 1, 0, 0x80, 0 }, { MBIRQ0, 0x80, 0xef, 0 },
	{ MBDMA0, 0x0c, 0x8f, 0 }, { MBDMA1, 0x0c, 0x8f, 0 }, { PCSC, 0x02, 0xff, 0 }, { PCSC + 1, 0, 0xff, 0 }, { APICBASE, 0, 0x7f, 0 },
	{ DLC, 0, 0x0f, 0 }, { SMICNTL, 0x08, 0x1f, 0 }, { SMIEN, 0, 0xff, 0 }, { SMIEN + 1, 0, 0x01, 0 }, { SEE, 0, 0xff, 0 },
	{ SEE + 1, 0, 0xff, 0 }, { SEE + 2, 0, 0xff, 0 }, { SEE + 3, 0, 0xff, 0 }, { FTMR, 0x0f, 0xff, 0 }, { SMIREQ, 0, 0xff, 0 },
	{ SMIREQ + 1, 0, 0x01, 0 }, { CTLTMR, 0, 0xff, 0 }, { CTHTMR, 0, 0xff, 0 },
};

static void piix3_reset(Device *device)
{
	Piix3 *bridge = (Piix3 *)device;
	pci_device_reset(&bridge->pci);
	for (unsigned n = 0; n < G_N_ELEMENTS(registers); n++) {
		bridge->pci.config[registers[n].offset] = registers[n].value;
		bridge->pci.writable[registers[n].offset] = registers[n].writable;
		bridge->pci.clear[registers[n].offset] = registers[n].clear;
	}
	bridge->reset_control = 0;
	update_irqs(bridge);
}

static bool piix3_realize(Device *device, GError **error)
{
	Piix3 *bridge = (Piix3 *)device;
	if (!bridge->pci.addr)
		bridge->pci.addr = g_strdup("1.0");
	bridge->pci.multifunction = true;
	if (!pci_device_attach(&bridge->pci, machine_pci_bus(device->machine), error))
		return false;
	bridge->pci.config_written = config_written;
	for (unsigned irq = 0; irq < ISA_IRQS; irq++)
		if (can_route(irq))
			bridge->isa[irq] = machine_isa_irq(device->machine, irq);
	/* Over the host bridge's CF8, which is a dword only. */
	bridge->port = port_map(machine_ports(device->machine), "piix3-reset-control", RC_PORT, 1, &reset_ops, bridge);
	return true;
}

static void piix3_unrealize(Device *device)
{
	Piix3 *bridge = (Piix3 *)device;
	port_unmap(machine_ports(device->machine), bridge->port);
	pci_device_detach(&bridge->pci);
}

static void piix3_loaded(Device *device, unsigned version)
{
	Piix3 *bridge = (Piix3 *)device;
	(void)version;
	pci_device_loaded(&bridge->pci);
	update_irqs(bridge);
}

static const Property properties[] = {
	PCI_PROPERTIES(Piix3, pci),
	{ 0 },
};

static const StateField state[] = {
	PCI_STATE(Piix3, pci),
	{ "pirq", STATE_BOOL, offsetof(Piix3, pirq), PIRQS, 0, NULL, 0 },
	{ "beside", STATE_BOOL, offsetof(Piix3, beside), ISA_IRQS, 0, NULL, 0 },
	{ "reset-control", STATE_U8, offsetof(Piix3, reset_control), 0, 0, NULL, 0 },
	{ 0 },
};

static const PciClass pci_class = {
	.vendor = 0x8086, .device = 0x7000, .revision = 0, .class_code = 0x0601, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
	.not_pluggable = true,
};

const DeviceClass piix3_class = {
	.name = "PIIX3", .bus = "pci", .description = "ISA bridge 82371SB", .size = sizeof(Piix3), .properties = properties, .state = state,
	.state_version = 1, .realize = piix3_realize, .reset = piix3_reset, .unrealize = piix3_unrealize, .loaded = piix3_loaded,
	.bus_class = &pci_class,
};
