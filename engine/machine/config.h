/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine's configuration: one document, from which alone the machine is built.
 *
 * As text it is JSON (config_to_json(), config_from_json()); in the process it is this struct. The command line (options.h), and
 * later the dialogs and imports, only make such documents. Any thread; a MachineConfig belongs to whoever made it. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { CONFIG_VERSION = 1 };

typedef struct ConfigPair { /* key=value as the user wrote it */
	char *name, *value;
} ConfigPair;

typedef struct ConfigDrive {
	char *id;	  /* never NULL: made up as QEMU does ("ide0-hd0") when not given */
	char *file;	  /* NULL: empty drive */
	char *interface;  /* "ide", "floppy", "none" */
	int bus, unit;	  /* place on the interface; -1: the next free */
	char *media;	  /* "disk", "cdrom" */
	char *format;	  /* "raw"; NULL: find out */
	bool read_only, snapshot;
	char *serial;
} ConfigDrive;

typedef struct ConfigDevice {
	char *driver, *id;
	GPtrArray *properties; /* ConfigPair */
} ConfigDevice;

typedef struct ConfigGlobal {
	char *driver, *property, *value;
} ConfigGlobal;

typedef struct MachineConfig {
	char *name, *uuid;		  /* uuid: canonical text, or NULL */
	char *machine_type;		  /* "pc" */
	char *accelerators;		  /* "interp", or a list by ':' */
	int translation_mib;		  /* of translated code, all processors together; 0: as is usual; -1: not given */
	bool verify_translation;	  /* jit,verify=on */
	GPtrArray *machine_properties;	  /* ConfigPair */
	char *cpu_model;		  /* NULL: the default */
	unsigned cpus, sockets, cores, threads, max_cpus;
	uint64_t memory_bytes;
	char *boot_order, *boot_once;	  /* letters of a c d n; NULL: default, none */
	bool boot_menu, boot_strict;
	char *boot_splash;
	int boot_splash_time_ms, reboot_timeout_ms; /* -1: not given */
	char *kernel, *initrd, *append;	  /* NULL: none */
	char *firmware;			  /* -bios; NULL: SeaBIOS */
	GPtrArray *search_paths;	  /* char *, of -L, first ones first */
	GPtrArray *drives;		  /* ConfigDrive */
	GPtrArray *devices;		  /* ConfigDevice */
	GPtrArray *globals;		  /* ConfigGlobal */
	GPtrArray *serials, *parallels, *monitors; /* char *: chardev specifications */
	char *debugcon;			  /* chardev specification, NULL: none */
	char *vga;			  /* "std", "none" */
	char *display;			  /* "none" */
	bool nographic;
	bool name_threads;		  /* threads have names of their own, for debuggers */
	char *audio_backend;		  /* "gst", "none"; NULL: the front end's own */
	unsigned volume_percent;
	bool muted;
	char *rtc_base;			  /* "utc", "localtime", or a date; NULL: utc */
	char *rtc_clock;		  /* "host", "rt": goes on while the machine is paused; "vm": doesn't; NULL: host */
	char *rtc_drift_fix;		  /* "none", "slew"; NULL: none */
	bool no_reboot, no_shutdown, paused, snapshot;
	bool perf_map;			  /* -perfmap */
	char *log_items, *log_file;	  /* -d, -D */
	char *pid_file;
} MachineConfig;

MachineConfig *config_new(void); /* a pc with defaults, as without any option */
void config_free(MachineConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MachineConfig, config_free)
MachineConfig *config_copy(const MachineConfig *config);

/* Pretty-printed, stable order; free it. */
char *config_to_json(const MachineConfig *config);
/* Unknown members, wrong types, values out of range and documents of a newer version: NULL and *error naming the place. */
MachineConfig *config_from_json(const char *text, GError **error);
/* The same checks on a document that was made otherwise: limits of every member. */
bool config_check(const MachineConfig *config, GError **error);
