/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See acpi_hotplug.h. */
#include "hw/chipset/acpi_hotplug.h"

/* PCI: bitmaps of slots that were plugged, that are asked to go, slots to eject, slots that can be ejected, and the bus selected */
enum { PCI_UP = 0x00, PCI_DOWN = 0x04, PCI_EJECT = 0x08, PCI_REMOVABLE = 0x0c, PCI_SELECT = 0x10, PCI_INDEX = 0x14 };
/* processors; offsets have different names for reading and writing */
enum { CPU_DATA2 = 0x00, CPU_SELECTOR = 0x00, CPU_FLAGS = 0x04, CPU_COMMAND = 0x05, CPU_DATA = 0x08, CPU_BLOCK = 0x0c };
enum { FLAG_ENABLED = 0x01 };
enum { COMMAND_NEXT_EVENT = 0, COMMAND_OST_EVENT = 1, COMMAND_OST_STATUS = 2, COMMAND_ARCH_ID = 3 };

void acpi_hotplug_set_cpus(AcpiHotplug *hotplug, const uint32_t *apic_ids, unsigned present, unsigned possible)
{
	g_free(hotplug->apic_ids);
	hotplug->apic_ids = g_new(uint32_t, possible);
	for (unsigned n = 0; n < possible; n++)
		hotplug->apic_ids[n] = apic_ids[n];
	hotplug->present = MIN(present, possible);
	hotplug->possible = possible;
}

void acpi_hotplug_free(AcpiHotplug *hotplug)
{
	g_clear_pointer(&hotplug->apic_ids, g_free);
	hotplug->present = hotplug->possible = 0;
}

void acpi_hotplug_reset(AcpiHotplug *hotplug)
{
	hotplug->pci_bus = hotplug->selector = 0;
	hotplug->modern = false;
	hotplug->command = COMMAND_NEXT_EVENT;
}

/* ---- PCI slots ---- */

static uint32_t pci_register(const AcpiHotplug *hotplug, unsigned offset)
{
	switch (offset) {
	case PCI_SELECT: return hotplug->pci_bus;
	default: return 0; /* none came, none goes, none can, no slot has an index */
	}
}

static uint32_t pci_read(void *owner, uint16_t port, unsigned size)
{
	unsigned offset = port - (unsigned)ACPI_PCI_HOTPLUG_PORT;
	uint32_t value = 0;
	for (unsigned n = 0; n < size; n++) {
		uint32_t whole = pci_register(owner, (offset + n) & ~3u);
		value |= (whole >> 8 * ((offset + n) & 3) & 0xff) << 8 * n;
	}
	return value;
}

static void pci_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	AcpiHotplug *hotplug = owner;
	(void)size;
	if (port == ACPI_PCI_HOTPLUG_PORT + PCI_SELECT)
		hotplug->pci_bus = value;
}

const PortOps acpi_pci_hotplug_ops = { pci_read, pci_write, 4 };

/* ---- processors: the bitmap of APIC numbers ---- */

static uint32_t bitmap_read(const AcpiHotplug *hotplug, unsigned offset, unsigned size)
{
	uint32_t value = 0;
	for (unsigned n = 0; n < hotplug->present; n++) {
		uint32_t bit = hotplug->apic_ids[n] - offset * 8;
		if (bit < size * 8)
			value |= 1u << bit;
	}
	return value;
}

/* ---- processors: selector, command, data ---- */

static uint32_t block_read(const AcpiHotplug *hotplug, unsigned offset)
{
	if (hotplug->selector >= hotplug->possible)
		return 0;
	switch (offset) {
	case CPU_FLAGS: return hotplug->selector < hotplug->present ? FLAG_ENABLED : 0;
	case CPU_DATA:
		/* Nobody has an event: the selector stays where it is. */
		if (hotplug->command == COMMAND_NEXT_EVENT)
			return hotplug->selector;
		return hotplug->command == COMMAND_ARCH_ID ? hotplug->apic_ids[hotplug->selector] : 0;
	default: return 0; /* CPU_DATA2: the upper half of an APIC number */
	}
}

static uint32_t cpu_read(void *owner, uint16_t port, unsigned size)
{
	const AcpiHotplug *hotplug = owner;
	unsigned offset = port - (unsigned)ACPI_CPU_HOTPLUG_PORT;
	if (!hotplug->modern)
		return bitmap_read(hotplug, offset, size);
	return (offset < CPU_BLOCK ? block_read(hotplug, offset) : ~0u) & (size < 4 ? (1u << 8 * size) - 1 : ~0u);
}

/* Nothing ever wrote to the bitmap; a zero at its beginning asks for the newer block. Ejecting and its reports (_OST) have no
 * processor that they could be about. */
static void cpu_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	AcpiHotplug *hotplug = owner;
	unsigned offset = port - (unsigned)ACPI_CPU_HOTPLUG_PORT;
	(void)size;
	if (!hotplug->modern) {
		hotplug->modern = offset == 0 && value == 0;
		return;
	}
	if (offset == CPU_SELECTOR)
		hotplug->selector = value;
	else if (offset == CPU_COMMAND && value <= COMMAND_ARCH_ID)
		hotplug->command = (uint8_t)value;
}

const PortOps acpi_cpu_hotplug_ops = { cpu_read, cpu_write, 4 };

const StateField acpi_hotplug_state[] = {
	{ "pci-bus", STATE_U32, offsetof(AcpiHotplug, pci_bus), 0, 0, NULL, 0 },
	{ "modern", STATE_BOOL, offsetof(AcpiHotplug, modern), 0, 0, NULL, 0 },
	{ "selector", STATE_U32, offsetof(AcpiHotplug, selector), 0, 0, NULL, 0 },
	{ "command", STATE_U8, offsetof(AcpiHotplug, command), 0, 0, NULL, 0 },
	{ 0 },
};
