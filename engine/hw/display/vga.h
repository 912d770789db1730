/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Display adapters on the standard VGA core: the IBM VGA with the Bochs VBE extensions. */
#pragma once

#include "machine/device.h"

extern const DeviceClass vga_pci_class; /* "VGA" */
extern const DeviceClass vga_isa_class; /* "isa-vga" */
