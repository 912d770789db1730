/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The register blocks through which ACPI's methods ask about PCI slots (port AE00) and processors (AF00) that come and go, with
 * the layout that QEMU documents (docs/specs/acpi_pci_hotplug, acpi_cpu_hotplug): firmware and our own AML know them. Nothing comes
 * or goes here, and they say so; processors that are present from the beginning are shown. Lives in its owner's struct. */
#pragma once

#include "machine/device.h"

enum { ACPI_PCI_HOTPLUG_PORT = 0xae00, ACPI_PCI_HOTPLUG_PORTS = 0x18, ACPI_CPU_HOTPLUG_PORT = 0xaf00, ACPI_CPU_HOTPLUG_PORTS = 32 };

typedef struct AcpiHotplug {
	uint32_t pci_bus; /* selected; only 0 is there */
	bool modern;	  /* the 12-byte block instead of the bitmap */
	uint32_t selector;
	uint8_t command;
	uint32_t *apic_ids; /* of all processors there could be, the present ones first */
	unsigned present, possible;
} AcpiHotplug;

extern const StateField acpi_hotplug_state[];

/* Copies the numbers. */
void acpi_hotplug_set_cpus(AcpiHotplug *hotplug, const uint32_t *apic_ids, unsigned present, unsigned possible);
void acpi_hotplug_free(AcpiHotplug *hotplug);
void acpi_hotplug_reset(AcpiHotplug *hotplug);
/* Owners of both: the AcpiHotplug. */
extern const PortOps acpi_pci_hotplug_ops, acpi_cpu_hotplug_ops;
