/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/info.h"

#include <string.h>

#include "machine/machine-private.h"

void machine_add_info(Machine *machine, const char *name, InfoPrint *print, void *owner)
{
	MachineInfo *info = g_new(MachineInfo, 1);
	*info = (MachineInfo){ name, print, owner };
	g_ptr_array_add(machine->infos, info);
}

void machine_remove_infos(Machine *machine, void *owner)
{
	for (unsigned n = machine->infos->len; n-- > 0;)
		if (((MachineInfo *)g_ptr_array_index(machine->infos, n))->owner == owner)
			g_ptr_array_remove_index(machine->infos, n);
}

bool machine_print_info(Machine *machine, const char *name, GString *out)
{
	bool found = false;
	for (unsigned n = 0; n < machine->infos->len; n++) {
		const MachineInfo *info = g_ptr_array_index(machine->infos, n);
		if (strcmp(info->name, name))
			continue;
		info->print(info->owner, out);
		found = true;
	}
	return found;
}
