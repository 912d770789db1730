/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Floppies: the 82077AA controller at 3F0 and its drives. Under the machine's lock.
 *
 * A "floppy" finds the controller by itself; `unit` is 0 or 1, -1 for the first that is free. The controller finds the 8237, which
 * must have been made before. */
#pragma once

#include "machine/device.h"

extern const DeviceClass isa_fdc_class, floppy_class;

/* What CMOS 10h says of a drive, one nibble each: 0 none, 1 360K, 2 1.2M, 3 720K, 4 1.44M, 5 2.88M. */
uint8_t fdc_drive_cmos_type(Machine *machine, unsigned unit);
/* The drive at that place, NULL: none. */
Device *fdc_drive_at(Machine *machine, unsigned unit);
/* The drive's place in the boot order, -1: none. */
int fdc_bootindex(Machine *machine, unsigned unit);
/* There is a controller, at the port where firmware and ACPI's tables have it. */
bool fdc_is_at_home(Machine *machine);
