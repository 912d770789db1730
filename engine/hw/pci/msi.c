/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Message-signalled interrupts (PCI 3.0, 6.8.1): the capability with 64-bit address, without per-vector masks.
 *
 * A message to FEExxxxx is for the local APICs (SDM volume 3, 10.11). It isn't a write to a processor's APIC registers, which have the
 * same addresses, so the board says who takes messages. Elsewhere a message is a plain write of a dword by a bus master. */
#include "hw/pci/internal.h"

enum { CAPABILITY_MSI = 0x05, MSI_SIZE = 14 };
enum { MSI_CONTROL = 2, MSI_ADDRESS = 4, MSI_ADDRESS_HIGH = 8, MSI_DATA = 12 };
enum { MSI_ENABLE = 0x0001, MSI_CAPABLE_SHIFT = 1, MSI_ENABLED_SHIFT = 4, MSI_64BIT = 0x0080 };

void pci_bus_set_msi(PciBus *bus, bool (*deliver)(void *owner, uint64_t address, uint32_t data), void *owner)
{
	bus->deliver_msi = deliver;
	bus->msi_owner = owner;
}

static unsigned find_capability(const PciDevice *device)
{
	unsigned offset = device->config[PCI_CAPABILITIES];
	for (unsigned limit = 48; offset >= 0x40 && offset <= PCI_CONFIG_SIZE - MSI_SIZE && limit; limit--) {
		if (device->config[offset] == CAPABILITY_MSI)
			return offset;
		offset = device->config[offset + 1];
	}
	return 0;
}

void pci_add_msi(PciDevice *device, uint8_t offset, unsigned vectors)
{
	unsigned log2 = 0;
	while (log2 < 5 && 1u << log2 < vectors)
		log2++;
	pci_add_capability(device, CAPABILITY_MSI, offset, MSI_SIZE);
	pci_put16(device->config, offset + MSI_CONTROL, MSI_64BIT | log2 << MSI_CAPABLE_SHIFT);
	pci_put16(device->writable, offset + MSI_CONTROL, MSI_ENABLE | 7u << MSI_ENABLED_SHIFT);
	pci_put32(device->writable, offset + MSI_ADDRESS, 0xfffffffc);
	pci_put32(device->writable, offset + MSI_ADDRESS_HIGH, 0xffffffff);
	pci_put16(device->writable, offset + MSI_DATA, 0xffff);
}

/* How many low bits of the data are the vector's number: no more than the device has. */
static unsigned vector_bits(unsigned control)
{
	return MIN(control >> MSI_ENABLED_SHIFT & 7, control >> MSI_CAPABLE_SHIFT & 7);
}

bool pci_msi_send(PciDevice *device, unsigned vector)
{
	unsigned offset = find_capability(device);
	unsigned control = offset ? pci_get16(device->config, offset + MSI_CONTROL) : 0;
	if (!(control & MSI_ENABLE))
		return false;
	unsigned mask = (1u << vector_bits(control)) - 1;
	uint64_t address = pci_get32(device->config, offset + MSI_ADDRESS) |
			   (uint64_t)pci_get32(device->config, offset + MSI_ADDRESS_HIGH) << 32;
	uint32_t data = (pci_get16(device->config, offset + MSI_DATA) & ~mask) | (vector & mask);
	if (!device->bus || !(device->config[PCI_COMMAND] & PCI_COMMAND_MASTER))
		return true;
	const PciBus *bus = device->bus;
	if (!bus->deliver_msi || !bus->deliver_msi(bus->msi_owner, address, data))
		pci_dma_write(device, address, &data, 4);
	return true;
}
