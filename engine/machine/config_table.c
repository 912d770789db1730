/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The members of a machine's configuration: their names in JSON, types, limits and defaults. */
#include "machine/config_table.h"

#include <stdio.h>
#include <string.h>

enum { MIB = 1 << 20, MOST_PORTS_16BIT = 65535 };

const char *const config_accelerators[] = { "jit", "interp", NULL };
const char *const config_interfaces[] = { "ide", "floppy", "none", NULL };
const char *const config_media[] = { "disk", "cdrom", NULL };
const char *const config_formats[] = { "raw", NULL };
const char *const config_vgas[] = { "std", "none", NULL };
const char *const config_displays[] = { "none", NULL };
const char *const config_audio_backends[] = { "gst", "none", NULL };
const char *const config_rtc_clocks[] = { "host", "rt", "vm", NULL };
const char *const config_rtc_drift_fixes[] = { "none", "slew", NULL };
const char *const config_log_items[] = { "guest_errors", NULL };

static char *list_problem(const char *value, const char *separator, const char *const *known)
{
	g_auto(GStrv) parts = g_strsplit(value, separator, -1);
	for (unsigned n = 0; parts[n]; n++)
		if (!g_strv_contains(known, parts[n])) {
			g_autofree char *list = g_strjoinv(", ", (char **)known);
			return g_strdup_printf("has '%s', which is not one of: %s", parts[n], list);
		}
	return *parts ? NULL : g_strdup("is empty");
}

static char *accelerators_problem(const char *value)
{
	return list_problem(value, ":", config_accelerators);
}

static char *log_problem(const char *value)
{
	return list_problem(value, ",", config_log_items);
}

static char *uuid_problem(const char *value)
{
	return g_uuid_string_is_valid(value) ? NULL : g_strdup("is not a UUID as 01234567-89ab-cdef-0123-456789abcdef");
}

/* As QEMU: a letter, then letters, digits, '-', '.', '_'. */
static char *id_problem(const char *value)
{
	bool ok = g_ascii_isalpha(*value);
	for (const char *c = value; *c; c++)
		ok &= g_ascii_isalnum(*c) || strchr("-._", *c);
	return ok ? NULL : g_strdup("is no id: a letter must be followed by letters, digits, '-', '.' and '_'");
}

/* Real mode's CMOS has three places for the order. */
static char *boot_problem(const char *value)
{
	for (const char *c = value; *c; c++) {
		if (!strchr("abcdn", *c))
			return g_strdup_printf("has '%c', which is not one of: a, b (floppies), c (disk), d (CD), n (network)", *c);
		if (strchr(c + 1, *c))
			return g_strdup_printf("has '%c' twice", *c);
	}
	return strlen(value) <= 3 ? NULL : g_strdup("has more than three devices");
}

static char *rtc_problem(const char *value)
{
	int year, month, day, hour = 0, minute = 0, second = 0, end = 0;
	if (!strcmp(value, "utc") || !strcmp(value, "localtime"))
		return NULL;
	bool ok = sscanf(value, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &end) == 6 ||
		  (hour = minute = second = 0, sscanf(value, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3);
	if (ok && !value[end] && year > 0 && month > 0 && day > 0 && g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year) &&
	    hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60)
		return NULL;
	return g_strdup("is not utc, localtime or a date as 2006-06-17T16:01:21 or 2006-06-17");
}

/* clang-format off */
#define TEXT(group, name, type, field, ...) { group, name, CONFIG_STRING, offsetof(type, field), __VA_ARGS__ }
#define FLAG(group, name, type, field) { group, name, CONFIG_BOOL, offsetof(type, field), .minimum = 0 }
#define NUMBER(group, name, kind, field, least, most, normal) \
	{ group, name, kind, offsetof(MachineConfig, field), .minimum = least, .maximum = most, .initial = normal }
#define LIST(group, name, kind, field, ...) { group, name, kind, offsetof(MachineConfig, field), __VA_ARGS__ }

const ConfigMember config_drive_members[] = {
	TEXT(NULL, "id", ConfigDrive, id, .required = true, .problem = id_problem),
	TEXT(NULL, "interface", ConfigDrive, interface, .initial_text = "ide", .choices = config_interfaces, .required = true),
	{ NULL, "bus", CONFIG_INT, offsetof(ConfigDrive, bus), .minimum = -1, .maximum = 255, .initial = -1 },
	{ NULL, "unit", CONFIG_INT, offsetof(ConfigDrive, unit), .minimum = -1, .maximum = 255, .initial = -1 },
	TEXT(NULL, "media", ConfigDrive, media, .initial_text = "disk", .choices = config_media, .required = true),
	TEXT(NULL, "file", ConfigDrive, file, .required = false),
	TEXT(NULL, "format", ConfigDrive, format, .choices = config_formats),
	FLAG(NULL, "read-only", ConfigDrive, read_only),
	FLAG(NULL, "snapshot", ConfigDrive, snapshot),
	TEXT(NULL, "serial", ConfigDrive, serial, .required = false),
	{ .name = NULL },
};

const ConfigMember config_device_members[] = {
	TEXT(NULL, "driver", ConfigDevice, driver, .required = true),
	TEXT(NULL, "id", ConfigDevice, id, .problem = id_problem),
	{ NULL, "properties", CONFIG_PAIRS, offsetof(ConfigDevice, properties), .minimum = 0 },
	{ .name = NULL },
};

const ConfigMember config_global_members[] = {
	TEXT(NULL, "driver", ConfigGlobal, driver, .required = true),
	TEXT(NULL, "property", ConfigGlobal, property, .required = true),
	TEXT(NULL, "value", ConfigGlobal, value, .required = true),
	{ .name = NULL },
};

const ConfigMember config_members[] = {
	TEXT(NULL, "name", MachineConfig, name, .required = false),
	TEXT(NULL, "uuid", MachineConfig, uuid, .problem = uuid_problem),
	TEXT("machine", "type", MachineConfig, machine_type, .initial_text = "pc", .required = true),
	TEXT("machine", "accelerators", MachineConfig, accelerators, .initial_text = "jit:interp", .problem = accelerators_problem, .required = true),
	NUMBER("machine", "translation-mib", CONFIG_INT, translation_mib, -1, CONFIG_MOST_TRANSLATION_MIB, -1),
	FLAG("machine", "verify-translation", MachineConfig, verify_translation),
	LIST("machine", "properties", CONFIG_PAIRS, machine_properties, .minimum = 0),
	TEXT("cpu", "model", MachineConfig, cpu_model, .required = false),
	NUMBER("cpu", "count", CONFIG_UNSIGNED, cpus, 1, 255, 1),
	NUMBER("cpu", "sockets", CONFIG_UNSIGNED, sockets, 1, 255, 1),
	NUMBER("cpu", "cores", CONFIG_UNSIGNED, cores, 1, 255, 1),
	NUMBER("cpu", "threads", CONFIG_UNSIGNED, threads, 1, 255, 1),
	NUMBER("cpu", "maximum", CONFIG_UNSIGNED, max_cpus, 1, 255, 1),
	NUMBER("memory", "bytes", CONFIG_SIZE, memory_bytes, MIB, (int64_t)MIB << 19, 128 * MIB),
	TEXT("boot", "order", MachineConfig, boot_order, .problem = boot_problem),
	TEXT("boot", "once", MachineConfig, boot_once, .problem = boot_problem),
	FLAG("boot", "menu", MachineConfig, boot_menu),
	FLAG("boot", "strict", MachineConfig, boot_strict),
	TEXT("boot", "splash", MachineConfig, boot_splash, .required = false),
	NUMBER("boot", "splash-time-ms", CONFIG_INT, boot_splash_time_ms, -1, 0xffff, -1),
	NUMBER("boot", "reboot-timeout-ms", CONFIG_INT, reboot_timeout_ms, -1, 0xffff, -1),
	TEXT("boot", "kernel", MachineConfig, kernel, .required = false),
	TEXT("boot", "initrd", MachineConfig, initrd, .required = false),
	TEXT("boot", "append", MachineConfig, append, .required = false),
	TEXT("boot", "firmware", MachineConfig, firmware, .required = false),
	LIST(NULL, "search-paths", CONFIG_STRINGS, search_paths, .minimum = 0),
	LIST(NULL, "drives", CONFIG_DRIVES, drives, .always = true),
	LIST(NULL, "devices", CONFIG_DEVICES, devices, .minimum = 0),
	LIST(NULL, "globals", CONFIG_GLOBALS, globals, .minimum = 0),
	LIST(NULL, "serials", CONFIG_STRINGS, serials, .maximum = 4, .always = true),
	LIST(NULL, "parallels", CONFIG_STRINGS, parallels, .maximum = 3, .always = true),
	LIST(NULL, "monitors", CONFIG_STRINGS, monitors, .minimum = 0),
	TEXT(NULL, "debugcon", MachineConfig, debugcon, .required = false),
	TEXT("display", "adapter", MachineConfig, vga, .initial_text = "std", .choices = config_vgas, .required = true),
	TEXT("display", "kind", MachineConfig, display, .initial_text = "none", .choices = config_displays, .required = true),
	FLAG("display", "nographic", MachineConfig, nographic),
	TEXT("audio", "backend", MachineConfig, audio_backend, .choices = config_audio_backends),
	NUMBER("audio", "volume-percent", CONFIG_UNSIGNED, volume_percent, 0, 100, 70),
	FLAG("audio", "muted", MachineConfig, muted),
	TEXT("rtc", "base", MachineConfig, rtc_base, .problem = rtc_problem),
	TEXT("rtc", "clock", MachineConfig, rtc_clock, .choices = config_rtc_clocks),
	TEXT("rtc", "drift-fix", MachineConfig, rtc_drift_fix, .choices = config_rtc_drift_fixes),
	FLAG("run", "name-threads", MachineConfig, name_threads),
	FLAG("run", "no-reboot", MachineConfig, no_reboot),
	FLAG("run", "no-shutdown", MachineConfig, no_shutdown),
	FLAG("run", "paused", MachineConfig, paused),
	FLAG("run", "snapshot", MachineConfig, snapshot),
	FLAG("run", "perf-map", MachineConfig, perf_map),
	TEXT("run", "pid-file", MachineConfig, pid_file, .required = false),
	TEXT("log", "items", MachineConfig, log_items, .problem = log_problem),
	TEXT("log", "file", MachineConfig, log_file, .required = false),
	{ .name = NULL },
};
/* clang-format on */
