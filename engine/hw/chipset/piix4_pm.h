/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Power management of the board pc: function 3 of Intel 82371AB (datasheet 290562), PCI 8086:7113 at 00:01.3. ACPI's registers,
 * SMI by port B2, SMBus, and beside them the GPE and hotplug blocks that are the board's own. Under the machine's lock. */
#pragma once

#include "hw/pci/pci.h"

extern const DeviceClass piix4_pm_class;

enum { PIIX4_PM_GPE0_PORT = 0xafe0, PIIX4_PM_SCI_IRQ = 9 };

/* Which processors there are, for ACPI: APIC numbers of all there could be, those present from the start first. Before
 * device_realize(); else one with number 0. */
void piix4_pm_set_cpus(Device *device, const uint32_t *apic_ids, unsigned present, unsigned possible);
/* Where SCI goes, if not to the ISA interrupt alone: piix3_shared_irq(). Before device_realize(). */
void piix4_pm_set_sci(Device *device, Irq sci);
/* The power button was pressed for a moment. */
void piix4_pm_power_button(Device *device);
/* After the reset that ends S3: says what woke the machine. */
void piix4_pm_wake(Device *device, MachineWake reason);
/* The clock's interrupt line went up: an event as the button is one; it wakes a machine in S3 whose guest has allowed it. */
void piix4_pm_rtc_interrupt(Device *device);
/* General-purpose event 0-15 happened. */
void piix4_pm_raise_gpe(Device *device, unsigned event);
/* Is sleep state 3 or 4 to be offered to the guest (ACPI tables, etc/system-states)? And 4's SUS_TYP. */
bool piix4_pm_has_sleep_state(const Device *device, unsigned state);
uint8_t piix4_pm_s4_type(const Device *device);
