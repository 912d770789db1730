/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PCI-to-ISA bridge of the board pc: function 0 of Intel 82371SB (datasheet 290550), PCI 8086:7000 at 00:01.0.
 *
 * It routes the bus's four interrupt lines to ISA interrupts and holds the reset control register, port CF9. Whether a routed
 * interrupt is level triggered is the 8259s' ELCR's business: firmware sets it. Under the machine's lock. */
#pragma once

#include "hw/pci/pci.h"

extern const DeviceClass piix3_class;

/* For pci_bus_new(), whose owner is the bridge's Device: made by device_new() before the bus, realized on it afterwards. */
void piix3_set_pci_irq(void *device, unsigned line, bool level);
/* ISA interrupt `irq` for a device beside the bus that shares it with PCI lines routed there: levels are joined. */
Irq piix3_shared_irq(Device *device, unsigned irq);
/* The ISA interrupt that the bus's line 0-3 is routed to now, -1: none. */
int piix3_route(Device *device, unsigned line);
