/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration space as guests reach it, and mechanism 1 (PCI 3.0, 3.2.2.3.2). */
#include "hw/pci/internal.h"

enum { CONFIG_ADDRESS = 0xcf8, CONFIG_DATA = 0xcfc, CONFIG_ENABLE = 1u << 31 };

static uint32_t ones(unsigned size)
{
	return size >= 4 ? ~0u : (1u << 8 * size) - 1;
}

static PciDevice *find(PciBus *bus, uint8_t bus_number, uint8_t devfn, unsigned offset, unsigned size)
{
	bool inside = offset < PCI_CONFIG_SIZE && size <= PCI_CONFIG_SIZE - offset;
	return bus_number == 0 && inside ? bus->functions[devfn] : NULL;
}

uint32_t pci_config_read(PciBus *bus, uint8_t bus_number, uint8_t devfn, unsigned offset, unsigned size)
{
	PciDevice *device = find(bus, bus_number, devfn, offset, size);
	uint32_t value = 0;
	if (!device)
		return ones(size);
	if (device->config_read)
		return device->config_read(device, offset, size) & ones(size);
	for (unsigned n = 0; n < size; n++)
		value |= (uint32_t)device->config[offset + n] << 8 * n;
	return value;
}

static bool touches(unsigned offset, unsigned size, unsigned first, unsigned count)
{
	return offset < first + count && first < offset + size;
}

void pci_config_write(PciBus *bus, uint8_t bus_number, uint8_t devfn, unsigned offset, uint32_t value, unsigned size)
{
	PciDevice *device = find(bus, bus_number, devfn, offset, size);
	if (!device)
		return;
	for (unsigned n = 0; n < size; n++) {
		unsigned at = offset + n;
		uint8_t byte = (uint8_t)(value >> 8 * n), mask = device->writable[at];
		device->config[at] = (uint8_t)(((device->config[at] & ~mask) | (byte & mask)) & ~(byte & device->clear[at]));
	}
	if (touches(offset, size, PCI_COMMAND, 2) || touches(offset, size, PCI_BAR0, 4 * PCI_BARS) || touches(offset, size, PCI_ROM, 4))
		pci_bars_update(device);
	if (touches(offset, size, PCI_COMMAND, 2))
		pci_irq_update(device);
	if (device->config_written)
		device->config_written(device, offset, size);
}

/* ---- ports ---- */

/* Only a whole dword is the address register; narrower accesses to CF8-CFB belong to whoever sits at those ports. */
static uint32_t address_read(void *owner, uint16_t port, unsigned size)
{
	PciBus *bus = owner;
	return port == CONFIG_ADDRESS && size == 4 ? bus->config_address : ones(size);
}

static void address_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	PciBus *bus = owner;
	if (port == CONFIG_ADDRESS && size == 4)
		bus->config_address = value & 0x80fffffc;
}

static uint32_t data_read(void *owner, uint16_t port, unsigned size)
{
	PciBus *bus = owner;
	uint32_t address = bus->config_address;
	if (!(address & CONFIG_ENABLE))
		return ones(size);
	return pci_config_read(bus, (uint8_t)(address >> 16), (uint8_t)(address >> 8), (address & 0xfc) | (port & 3u), size);
}

static void data_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	PciBus *bus = owner;
	uint32_t address = bus->config_address;
	if (address & CONFIG_ENABLE)
		pci_config_write(bus, (uint8_t)(address >> 16), (uint8_t)(address >> 8), (address & 0xfc) | (port & 3u), value, size);
}

void pci_map_mechanism1(PciBus *bus)
{
	static const PortOps address = { address_read, address_write, 4 }, data = { data_read, data_write, 4 };
	PortSpace *ports = machine_ports(bus->machine);
	bus->config_ports[0] = port_map(ports, "pci-conf-address", CONFIG_ADDRESS, 4, &address, bus);
	bus->config_ports[1] = port_map(ports, "pci-conf-data", CONFIG_DATA, 4, &data, bus);
}
