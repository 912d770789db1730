/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: QEMU's option names and syntax make a configuration. Any thread. */
#pragma once

#include "machine/config.h"

typedef enum OptionsActionKind {
	OPTIONS_RUN,		/* the configuration is complete */
	OPTIONS_HELP,		/* -h; these and the following want options_answer()'s text printed, and nothing run */
	OPTIONS_VERSION,
	OPTIONS_MACHINE_HELP,	/* subject: NULL, or a machine type */
	OPTIONS_CPU_HELP,
	OPTIONS_DEVICE_HELP,	/* subject: NULL, or a device */
	OPTIONS_PATH_HELP,	/* -L help */
	OPTIONS_LIST_HELP,	/* subject: the names, one per line */
} OptionsActionKind;

typedef struct OptionsAction {
	OptionsActionKind kind;
	char *subject;
} OptionsAction;

void options_action_clear(OptionsAction *action);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OptionsAction, options_action_clear)

/* argv[0] is the first option, not the program. `config` is one of config_new(), to which the options are applied; ports and drives
 * that are there by default go where the options say so. `action` is to be cleared. False and *error, one line that names what is
 * unknown or wrong: the option, suboption or value. */
bool options_parse(MachineConfig *config, int argc, char **argv, OptionsAction *action, GError **error);
/* The text that an action other than OPTIONS_RUN asks for, with its last newline; free it. NULL and *error: an unknown subject. */
char *options_answer(const MachineConfig *config, const OptionsAction *action, GError **error);
/* -help's, printed from the option table. */
char *options_help(void);
