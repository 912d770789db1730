/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What devices and boards tell the monitor: `info NAME` prints what was registered under the name, in the order of registration. */
#pragma once

#include "machine/device.h"

typedef void InfoPrint(void *owner, GString *out);

typedef struct MachineInfo {
	const char *name; /* static */
	InfoPrint *print; /* under the machine's lock, with no processor in guest code */
	void *owner;
} MachineInfo;

/* Under the machine's lock, or while the machine is built. */
void machine_add_info(Machine *machine, const char *name, InfoPrint *print, void *owner);
/* A device that goes takes its infos along. */
void machine_remove_infos(Machine *machine, void *owner);
/* False: nobody registered that name. */
bool machine_print_info(Machine *machine, const char *name, GString *out);
