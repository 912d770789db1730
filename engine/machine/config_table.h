/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of a configuration's members, and what the makers of configurations (options.c) use beside config.h. Any thread. */
#pragma once

#include "machine/config.h"

typedef enum ConfigType {
	CONFIG_STRING, CONFIG_BOOL, CONFIG_UNSIGNED, CONFIG_INT /* -1: not given */, CONFIG_SIZE,
	CONFIG_STRINGS /* this and the following are GPtrArrays */, CONFIG_PAIRS, CONFIG_DRIVES, CONFIG_DEVICES, CONFIG_GLOBALS,
} ConfigType;

typedef struct ConfigMember {
	const char *group;	  /* the JSON object that it stands in; NULL: the document itself */
	const char *name;	  /* NULL ends a table */
	ConfigType type;
	size_t offset;
	int64_t minimum, maximum; /* of numbers; of a list maximum is its greatest length, 0: any */
	int64_t initial;
	const char *initial_text;
	const char *const *choices; /* of a string; NULL: any */
	char *(*problem)(const char *value); /* what is wrong with the string, to follow it in a message; NULL: nothing. May be NULL */
	bool required;		  /* a string that can't be NULL */
	bool always;		  /* a list that is written even if it is empty, for its default isn't */
} ConfigMember;

extern const ConfigMember config_members[], config_drive_members[], config_device_members[], config_global_members[];

/* Names that a choice or a list in the configuration is made of; NULL-terminated. */
/* Generated code's jumps reach 2 GiB. */
enum { CONFIG_MOST_TRANSLATION_MIB = 2047 };

extern const char *const config_accelerators[], *const config_interfaces[], *const config_media[], *const config_formats[],
	*const config_vgas[], *const config_displays[], *const config_audio_backends[], *const config_rtc_clocks[], *const config_rtc_drift_fixes[],
	*const config_log_items[];

/* As config_new(), but without serial and parallel ports and drives. */
MachineConfig *config_new_bare(void);
ConfigDrive *config_drive_new(void);
void config_drive_free(ConfigDrive *drive);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConfigDrive, config_drive_free)
ConfigDevice *config_device_new(void);
void config_device_free(ConfigDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConfigDevice, config_device_free)
ConfigGlobal *config_global_new(void);
void config_global_free(ConfigGlobal *global);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConfigGlobal, config_global_free)
void config_set_pair(GPtrArray *pairs, const char *name, const char *value);

/* Bus and unit from -drive's index. */
void config_drive_set_index(ConfigDrive *drive, int index);
/* An empty one, unless there is a drive at its place. */
void config_add_default_drive(MachineConfig *config, const char *interface, int index, const char *media);
/* False: no interface of the name, or one without places. */
bool config_interface_places(const char *name, int *buses, int *units);
/* Gives the drives that have no place or id theirs. False: no place is free. */
bool config_place_drives(MachineConfig *config, GError **error);
