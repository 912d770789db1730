/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bus: which function sits where, interrupt lines, bus mastering. */
#include "hw/pci/pci.h"

#include <string.h>

#include "hw/pci/internal.h"

enum { MULTIFUNCTION = 0x80, STATUS_ERRORS = 0xf900 /* PCI 3.0, 6.2.3: written 1 to clear */ };

PciBus *pci_bus_new(Machine *machine, const char *name, void (*set_irq)(void *owner, unsigned line, bool level), void *owner)
{
	PciBus *bus = g_new0(PciBus, 1);
	bus->machine = machine;
	bus->name = g_strdup(name);
	bus->set_irq = set_irq;
	bus->owner = owner;
	return bus;
}

void pci_bus_free(PciBus *bus)
{
	if (!bus)
		return;
	for (unsigned devfn = 0; devfn < PCI_FUNCTIONS; devfn++)
		if (bus->functions[devfn])
			pci_device_detach(bus->functions[devfn]);
	for (unsigned n = 0; n < G_N_ELEMENTS(bus->config_ports); n++)
		if (bus->config_ports[n])
			port_unmap(machine_ports(bus->machine), bus->config_ports[n]);
	g_free(bus->name);
	g_free(bus);
}

PciDevice *pci_find(PciBus *bus, uint8_t devfn)
{
	return bus->functions[devfn];
}

/* ---- places ---- */

static bool parse_addr(const char *addr, uint8_t *devfn, GError **error)
{
	char *end;
	uint64_t slot = g_ascii_strtoull(addr, &end, 16), function = 0;
	bool good = g_ascii_isxdigit(*addr);
	if (good && *end == '.') {
		good = g_ascii_isxdigit(end[1]);
		function = g_ascii_strtoull(end + 1, &end, 16);
	}
	if (!good || *end || slot > 31 || function > 7) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "addr '%s': not a PCI address; it is SLOT or SLOT.FUNCTION in hexadecimal, slot 0 to 1f, function 0 to 7", addr);
		return false;
	}
	*devfn = (uint8_t)(slot << 3 | function);
	return true;
}

static bool find_free_slot(PciBus *bus, uint8_t *devfn, GError **error)
{
	for (unsigned slot = 0; slot < 32; slot++) {
		unsigned taken = 0;
		for (unsigned function = 0; function < 8; function++)
			taken += bus->functions[slot << 3 | function] != NULL;
		if (!taken) {
			*devfn = (uint8_t)(slot << 3);
			return true;
		}
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "PCI bus %s has no free slot", bus->name);
	return false;
}

/* PCI 3.0, 6.2.1: software looks at functions 1-7 only if function 0 is there and says that there are more. */
static bool check_functions(PciBus *bus, const PciDevice *device, uint8_t devfn, GError **error)
{
	unsigned slot = devfn >> 3;
	const PciDevice *first = bus->functions[slot << 3];
	if (bus->functions[devfn]) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "PCI address %x.%x is taken by %s", slot, devfn & 7u,
			    bus->functions[devfn]->device.class->name);
		return false;
	}
	if ((devfn & 7) && first && !first->multifunction) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "PCI slot %x: its function 0, %s, needs multifunction=on for others beside it",
			    slot, first->device.class->name);
		return false;
	}
	for (unsigned function = 1; !(devfn & 7) && !device->multifunction && function < 8; function++)
		if (bus->functions[devfn | function]) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "PCI slot %x has other functions: %s needs multifunction=on", slot,
				    device->device.class->name);
			return false;
		}
	return true;
}

static void fill_header(PciDevice *device)
{
	const PciClass *class = device->device.class->bus_class;
	uint8_t *config = device->config;
	memset(config, 0, PCI_CONFIG_SIZE);
	memset(device->writable, 0, PCI_CONFIG_SIZE);
	memset(device->clear, 0, PCI_CONFIG_SIZE);
	pci_put16(config, PCI_VENDOR_ID, class->vendor);
	pci_put16(config, PCI_DEVICE_ID, class->device);
	config[PCI_REVISION] = class->revision;
	config[PCI_PROG_IF] = class->prog_if;
	pci_put16(config, PCI_CLASS, class->class_code);
	config[PCI_HEADER_TYPE] = device->multifunction ? MULTIFUNCTION : 0;
	pci_put16(config, PCI_SUBSYSTEM_VENDOR, class->subsystem_vendor);
	pci_put16(config, PCI_SUBSYSTEM, class->subsystem);
	config[PCI_INTERRUPT_PIN] = class->interrupt_pin;
	pci_put16(device->writable, PCI_COMMAND,
		  PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	pci_put16(device->clear, PCI_STATUS, STATUS_ERRORS);
	device->writable[PCI_CACHE_LINE] = 0xff;
	device->writable[PCI_INTERRUPT_LINE] = 0xff;
}

bool pci_device_attach(PciDevice *device, PciBus *bus, GError **error)
{
	uint8_t devfn = 0;
	bool placed = device->addr ? parse_addr(device->addr, &devfn, error) : find_free_slot(bus, &devfn, error);
	if (!placed || !check_functions(bus, device, devfn, error))
		return false;
	device->bus = bus;
	device->devfn = devfn;
	device->intx = false;
	fill_header(device);
	bus->functions[devfn] = device;
	if (pci_rom_load(device, error))
		return true;
	pci_device_detach(device);
	return false;
}

void pci_device_detach(PciDevice *device)
{
	PciBus *bus = device->bus;
	if (!bus)
		return;
	pci_set_irq(device, false);
	pci_bars_free(device);
	bus->functions[device->devfn] = NULL;
	device->bus = NULL;
}

void pci_add_capability(PciDevice *device, uint8_t id, uint8_t offset, uint8_t size)
{
	g_assert(offset >= 0x40 && offset + size <= PCI_CONFIG_SIZE && size >= 2 && !(offset & 3));
	device->config[offset] = id;
	device->config[offset + 1] = device->config[PCI_CAPABILITIES];
	memset(device->writable + offset, 0, size);
	device->config[PCI_CAPABILITIES] = offset;
	device->config[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
}

void pci_device_reset(PciDevice *device)
{
	static const uint8_t header[] = { PCI_COMMAND, PCI_COMMAND + 1, PCI_CACHE_LINE, PCI_INTERRUPT_LINE };
	if (!device->bus)
		return;
	pci_set_irq(device, false);
	for (unsigned n = 0; n < sizeof(header); n++)
		device->config[header[n]] &= (uint8_t)~device->writable[header[n]];
	device->config[PCI_STATUS] &= (uint8_t)~device->clear[PCI_STATUS];
	device->config[PCI_STATUS + 1] &= (uint8_t)~device->clear[PCI_STATUS + 1];
	/* Capabilities keep what is fixed of them. */
	for (unsigned offset = device->config[PCI_CAPABILITIES], limit = 48; offset >= 0x40 && limit; limit--) {
		unsigned next = device->config[offset + 1], end = device->config[offset] == 0x05 ? offset + 14 : offset + 2;
		for (unsigned n = offset + 2; n < end && n < PCI_CONFIG_SIZE; n++)
			device->config[n] &= (uint8_t)~device->writable[n];
		offset = next;
	}
	pci_bars_reset(device);
}

void pci_device_loaded(PciDevice *device)
{
	pci_bars_update(device);
	pci_irq_update(device);
}

/* ---- interrupts ---- */

void pci_irq_update(PciDevice *device)
{
	PciBus *bus = device->bus;
	unsigned pin = device->config[PCI_INTERRUPT_PIN];
	if (!bus || pin < 1 || pin > PCI_PINS)
		return;
	bool drive = device->intx && !(pci_get16(device->config, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE);
	if (drive == bus->driven[device->devfn])
		return;
	unsigned line = ((device->devfn >> 3u) + pin - 1) % PCI_PINS;
	bus->driven[device->devfn] = drive;
	bus->holders[line] += drive ? 1u : -1u;
	if (bus->set_irq && bus->holders[line] == (drive ? 1 : 0))
		bus->set_irq(bus->owner, line, drive);
}

void pci_set_irq(PciDevice *device, bool level)
{
	if (level == device->intx)
		return;
	device->intx = level;
	if (level)
		device->config[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
	else
		device->config[PCI_STATUS] &= (uint8_t)~PCI_STATUS_INTERRUPT;
	pci_irq_update(device);
}

/* ---- bus mastering ---- */

static bool is_master(const PciDevice *device)
{
	return device->bus && (device->config[PCI_COMMAND] & PCI_COMMAND_MASTER);
}

bool pci_dma_read(PciDevice *device, uint64_t phys, void *to, uint64_t size)
{
	if (is_master(device))
		return memory_read(machine_memory(device->device.machine), phys, to, size);
	memset(to, 0xff, size);
	return false;
}

bool pci_dma_write(PciDevice *device, uint64_t phys, const void *from, uint64_t size)
{
	return is_master(device) && memory_write(machine_memory(device->device.machine), phys, from, size);
}
