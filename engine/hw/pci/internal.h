/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this folder share. */
#pragma once

#include "hw/pci/pci.h"

enum { PCI_FUNCTIONS = 256 };

struct PciBus {
	Machine *machine;
	char *name;
	void (*set_irq)(void *owner, unsigned line, bool level);
	void *owner;
	bool (*deliver_msi)(void *owner, uint64_t address, uint32_t data);
	void *msi_owner;
	PciDevice *functions[PCI_FUNCTIONS]; /* by devfn */
	bool driven[PCI_FUNCTIONS];	     /* the function pulls its interrupt line */
	unsigned holders[PCI_PINS];	     /* how many functions pull the line */
	uint32_t config_address;	     /* CF8 */
	unsigned config_ports[2];	     /* handles of CF8 and CFC */
};

static inline uint16_t pci_get16(const uint8_t *config, unsigned offset)
{
	return (uint16_t)(config[offset] | config[offset + 1] << 8);
}

static inline uint32_t pci_get32(const uint8_t *config, unsigned offset)
{
	return pci_get16(config, offset) | (uint32_t)pci_get16(config, offset + 2) << 16;
}

static inline void pci_put16(uint8_t *config, unsigned offset, unsigned value)
{
	config[offset] = (uint8_t)value;
	config[offset + 1] = (uint8_t)(value >> 8);
}

static inline void pci_put32(uint8_t *config, unsigned offset, uint32_t value)
{
	pci_put16(config, offset, value & 0xffff);
	pci_put16(config, offset + 2, value >> 16);
}

/* bar.c: maps what the command register and the BARs say. */
void pci_bars_update(PciDevice *device);
void pci_bars_reset(PciDevice *device);
void pci_bars_free(PciDevice *device);
/* Offset of a BAR's register, the ROM's for &device->rom. */
unsigned pci_bar_offset(const PciDevice *device, const PciBar *bar);
/* False and *error if `romfile` can't be had. */
bool pci_rom_load(PciDevice *device, GError **error);
/* pci.c: the interrupt line as pin and command register want it. */
void pci_irq_update(PciDevice *device);
