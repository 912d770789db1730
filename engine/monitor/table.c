/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The monitor's commands, and what `info` knows. */
#include <string.h>

#include "monitor/command.h"

#define NO_ARGUMENTS { { NULL, ARGUMENT_NONE, false } }

/* clang-format off */
const Command command_table[] = {
	{ "help", "?", { { "command", ARGUMENT_COMMAND, true } }, "show the help of all commands, or of one", command_help },
	{ "quit", "q", NO_ARGUMENTS, "end the machine and the program", command_quit },
	{ "stop", "s", NO_ARGUMENTS, "pause the machine", command_stop },
	{ "cont", "c", NO_ARGUMENTS, "let a paused machine go on", command_cont },
	{ "system_reset", NULL, NO_ARGUMENTS, "reset the machine", command_reset },
	{ "system_powerdown", NULL, NO_ARGUMENTS, "press the power button", command_powerdown },
	{ "system_wakeup", NULL, NO_ARGUMENTS, "wake the machine from suspend (S3)", command_wakeup },
	{ "info", NULL, { { "item", ARGUMENT_INFO, true }, { "arguments", ARGUMENT_REST, true } }, "show the machine's state; alone: the list of items",
	  command_info },
	{ "x", NULL, { { "fmt", ARGUMENT_FORMAT, true }, { "addr", ARGUMENT_NUMBER, false } }, "show memory at a virtual address", command_x },
	{ "xp", NULL, { { "fmt", ARGUMENT_FORMAT, true }, { "addr", ARGUMENT_NUMBER, false } }, "show memory at a physical address", command_xp },
	{ "print", "p", { { "fmt", ARGUMENT_FORMAT, true }, { "expr", ARGUMENT_NUMBER, false } }, "show an expression's value; $reg is a register",
	  command_print },
	{ "i", NULL, { { "fmt", ARGUMENT_FORMAT, true }, { "addr", ARGUMENT_NUMBER, false }, { "index", ARGUMENT_NUMBER, true } },
	  "read a port; with .index that is written to it before, and the next one is read", command_port_in },
	{ "o", NULL, { { "fmt", ARGUMENT_FORMAT, true }, { "addr", ARGUMENT_NUMBER, false }, { "val", ARGUMENT_NUMBER, false } }, "write to a port",
	  command_port_out },
	{ "sendkey", NULL, { { "keys", ARGUMENT_KEYS, false }, { "hold_ms", ARGUMENT_NUMBER, true } }, "press keys together, as in ctrl-alt-f1",
	  command_sendkey },
	{ "mouse_move", NULL, { { "dx", ARGUMENT_SIGNED, false }, { "dy", ARGUMENT_SIGNED, false }, { "dz", ARGUMENT_SIGNED, true } },
	  "move the mouse and its wheel", command_mouse_move },
	{ "mouse_button", NULL, { { "state", ARGUMENT_NUMBER, false } }, "which mouse buttons are down: 1 left, 2 middle, 4 right", command_mouse_button },
	{ "screendump", NULL, { { "filename", ARGUMENT_FILE, false } }, "save the screen as PNG, or as PPM if the name ends so", command_screendump },
	{ "eject", NULL, { { "f", ARGUMENT_FLAG, true }, { "device", ARGUMENT_DRIVE, false } }, "take the medium out; -f: locked or not", command_eject },
	{ "change", NULL, { { "device", ARGUMENT_DRIVE, false }, { "f", ARGUMENT_FLAG, true }, { "filename", ARGUMENT_FILE, false },
	  { "format", ARGUMENT_WORD, true }, { "read-only-mode", ARGUMENT_WORD, true } },
	  "put in another medium; -f: even if the drive is locked (read-only-mode: retain, read-only, read-write)", command_change },
	{ .name = NULL },
};

const Command info_table[] = {
	{ "version", NULL, NO_ARGUMENTS, "the program's version", info_version },
	{ "status", NULL, NO_ARGUMENTS, "does the machine run?", info_status },
	{ "cpus", NULL, NO_ARGUMENTS, "the processors", info_cpus },
	{ "registers", NULL, { { "a", ARGUMENT_FLAG, true }, { "vcpu", ARGUMENT_NUMBER, true } }, "a processor's registers; -a: of all", info_registers },
	{ "jit", NULL, NO_ARGUMENTS, "what was translated to the host's code, and what had to be interpreted", info_jit },
	{ "mem", NULL, NO_ARGUMENTS, "mapped ranges of virtual memory", info_mem },
	{ "tlb", NULL, NO_ARGUMENTS, "every page's mapping", info_tlb },
	{ "mtree", NULL, NO_ARGUMENTS, "the map of memory and ports", info_mtree },
	{ "pic", NULL, NO_ARGUMENTS, "the interrupt controllers 8259 and I/O APIC", NULL },
	{ "lapic", NULL, NO_ARGUMENTS, "the local APICs", NULL },
	{ "pci", NULL, NO_ARGUMENTS, "the PCI bus", NULL },
	{ "roms", NULL, NO_ARGUMENTS, "firmware and what it was given", NULL },
	{ "chardev", NULL, NO_ARGUMENTS, "the character devices", info_chardev },
	{ "block", NULL, { { "device", ARGUMENT_DRIVE, true } }, "the drives and their media", info_block },
	{ "qtree", NULL, NO_ARGUMENTS, "the devices and their properties", info_qtree },
	{ .name = NULL },
};
/* clang-format on */

const Command *command_find(const Command *table, const char *name)
{
	for (const Command *command = table; command->name; command++)
		if (!strcmp(command->name, name) || !g_strcmp0(command->alias, name))
			return command;
	return NULL;
}
