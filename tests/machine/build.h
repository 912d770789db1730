/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines from command lines, in a folder of the test's own with images and a BIOS that does nothing. Their threads don't run. */
#pragma once

#include "machine/machine-private.h"

/* Makes the folder and goes there: disk.img (10 MiB), disk2.img (50 MiB), cd.iso, floppy.img (1.44 MB), bios.bin (64 KiB: a jump to
 * itself, 0x55 everywhere else). */
void build_enter_folder(void);
void build_leave_folder(void);
/* Arguments are separated by blanks. NULL and *error: what options_parse() or machine_new() had to say. */
Machine *build_machine(const char *line, GError **error);
