/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libviv's public header, the only one that the application includes: configurations and machines.
 *
 * Strings and objects that functions return are the caller's, unless they are const. Errors are one line for the user. */
#pragma once

#include <glib.h>
#include <stdbool.h>

G_BEGIN_DECLS

/* "major.minor.micro". Any thread. */
const char *viv_version(void);

/* ---- configurations: any thread, each used by one at a time ---- */

typedef struct MachineConfig VivConfig;

/* From QEMU's command line options; argv[0] is the first of them. NULL with *answer set: an option asked for a text to be printed
 * (-help, -device help); NULL with *error set: what is wrong. */
VivConfig *viv_config_from_options(int argc, char **argv, char **answer, GError **error);
/* From the JSON document in a file; "-" is standard input. */
VivConfig *viv_config_from_file(const char *path, GError **error);
char *viv_config_to_json(const VivConfig *config);
void viv_config_free(VivConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VivConfig, viv_config_free)
/* The options' help, as `-help` prints it. */
char *viv_options_help(void);

/* NULL: none is to be written. */
const char *viv_config_pid_file(const VivConfig *config);
/* Is something to be logged? Guest errors and the like are GLib messages of the domain VIV_LOG_DOMAIN at debug level. */
bool viv_config_logs(const VivConfig *config);
/* Where to, with %d filled in; NULL: standard error. */
char *viv_config_log_file(const VivConfig *config);
#define VIV_LOG_DOMAIN "Vivarium"

/* ---- machines ---- */

typedef struct VivMachine VivMachine;

/* The machine is built but doesn't run. NULL and *error: what of the configuration can't be had. The configuration is copied. */
VivMachine *viv_machine_new(const VivConfig *config, GError **error);
/* Stops it if need be, and waits for its disks. Not from the machine's own callbacks. */
void viv_machine_free(VivMachine *machine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VivMachine, viv_machine_free)
/* `ended` is called from some thread, once, when the machine has come to its end; before viv_machine_start(). */
void viv_machine_on_ended(VivMachine *machine, void (*ended)(void *owner), void *owner);
void viv_machine_start(VivMachine *machine);
/* Any thread. The machine ends as if it had been switched off. */
void viv_machine_quit(VivMachine *machine, int exit_status);
/* Any thread. Waits for the end; the exit status: 0, or what the guest gave to its debug exit port. */
int viv_machine_wait(VivMachine *machine);

G_END_DECLS
