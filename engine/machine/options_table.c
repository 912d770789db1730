/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option table: names, arguments, help, and how each one's value gets into the configuration. */
#include "machine/options_table.h"

#include <string.h>


#define AT(member) offsetof(MachineConfig, member)

/* ---- parsers that many options share ---- */

static char **text_of(const OptionsParse *parse, const Option *option)
{
	return (char **)((uint8_t *)parse->config + option->offset);
}

static bool parse_text(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	(void)error;
	options_replace(text_of(parse, option), value);
	return true;
}

static bool parse_flag(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	(void)value, (void)error;
	*(bool *)((uint8_t *)parse->config + option->offset) = true;
	return true;
}

static bool parse_choice(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	if (options_is_help(value))
		return options_ask_list(parse, option->choices);
	if (!g_strv_contains(option->choices, value))
		return options_unknown(error, option->name, "choice", value, option->choices);
	options_replace(text_of(parse, option), value);
	return true;
}

static bool parse_help(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	(void)option, (void)value, (void)error;
	return options_ask(parse, OPTIONS_HELP, NULL);
}

static bool parse_version(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	(void)option, (void)value, (void)error;
	return options_ask(parse, OPTIONS_VERSION, NULL);
}

/* ---- boot ---- */

bool options_parse_boot(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	static const Key keys[] = {
		{ "order", KEY_TEXT, AT(boot_order), NULL, 0, 0 }, { "once", KEY_TEXT, AT(boot_once), NULL, 0, 0 },
		{ "menu", KEY_BOOL, AT(boot_menu), NULL, 0, 0 }, { "strict", KEY_BOOL, AT(boot_strict), NULL, 0, 0 },
		{ "splash", KEY_TEXT, AT(boot_splash), NULL, 0, 0 },
		{ "splash-time", KEY_INT, AT(boot_splash_time_ms), NULL, -1, 0xffff },
		{ "reboot-timeout", KEY_INT, AT(reboot_timeout_ms), NULL, -1, 0xffff }, { .name = NULL },
	};
	return options_parse_keys(option->name, value, keys, "order", parse->config, NULL, NULL, error);
}

static bool parse_path(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	(void)option, (void)error;
	if (options_is_help(value))
		return options_ask(parse, OPTIONS_PATH_HELP, NULL);
	g_ptr_array_add(parse->config->search_paths, g_strdup(value));
	return true;
}

/* ---- drives and devices ---- */

typedef struct DriveText {
	ConfigDrive *drive;
	char *file, *interface, *media, *format, *id, *serial;
	bool read_only, snapshot;
	int index, bus, unit;
} DriveText;

static const Key drive_keys[] = {
	{ "file", KEY_TEXT, offsetof(DriveText, file), NULL, 0, 0 }, { "if", KEY_TEXT, offsetof(DriveText, interface), config_interfaces, 0, 0 },
	{ "index", KEY_INT, offsetof(DriveText, index), NULL, 0, 255 }, { "bus", KEY_INT, offsetof(DriveText, bus), NULL, 0, 255 },
	{ "unit", KEY_INT, offsetof(DriveText, unit), NULL, 0, 255 }, { "media", KEY_TEXT, offsetof(DriveText, media), config_media, 0, 0 },
	{ "format", KEY_TEXT, offsetof(DriveText, format), config_formats, 0, 0 },
	{ "readonly", KEY_BOOL, offsetof(DriveText, read_only), NULL, 0, 0 }, { "read-only", KEY_BOOL, offsetof(DriveText, read_only), NULL, 0, 0 },
	{ "snapshot", KEY_BOOL, offsetof(DriveText, snapshot), NULL, 0, 0 }, { "serial", KEY_TEXT, offsetof(DriveText, serial), NULL, 0, 0 },
	{ "id", KEY_TEXT, offsetof(DriveText, id), NULL, 0, 0 },
	{ .name = NULL },
};

/* -snapshot and -nographic aside, this is the one way to a drive: the shortcuts make the same. Takes the texts. */
static bool add_drive(OptionsParse *parse, const Option *option, DriveText *text, GError **error)
{
	if (text->index >= 0 && (text->bus >= 0 || text->unit >= 0))
		return options_fail(error, option->name, "index can't be given together with bus and unit");
	ConfigDrive *drive = config_drive_new();
	g_ptr_array_add(parse->config->drives, drive);
	drive->file = g_steal_pointer(&text->file);
	drive->id = g_steal_pointer(&text->id);
	drive->format = g_steal_pointer(&text->format);
	drive->serial = g_steal_pointer(&text->serial);
	if (text->interface)
		options_replace(&drive->interface, text->interface);
	if (text->media)
		options_replace(&drive->media, text->media);
	if (drive->file && !*drive->file)
		g_clear_pointer(&drive->file, g_free);
	drive->read_only = text->read_only;
	drive->snapshot = text->snapshot;
	drive->bus = text->bus;
	drive->unit = text->unit;
	if (text->index >= 0)
		config_drive_set_index(drive, text->index);
	return true;
}

static bool parse_drive(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	DriveText text = { .index = -1, .bus = -1, .unit = -1 };
	bool ok = false;
	if (!strcmp(value, "format=help") || !strcmp(value, "format=?"))
		return options_ask_list(parse, config_formats);
	ok = options_parse_keys(option->name, value, drive_keys, NULL, &text, NULL, NULL, error) && add_drive(parse, option, &text, error);
	for (const Key *key = drive_keys; key->name; key++)
		if (key->type == KEY_TEXT)
			g_free(*(char **)((uint8_t *)&text + key->offset));
	return ok;
}

static bool parse_shortcut(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	DriveText text = { .file = g_strdup(value), .interface = (char *)option->interface, .media = (char *)option->media,
			   .index = option->number, .bus = -1, .unit = -1 };
	return add_drive(parse, option, &text, error);
}

typedef struct DeviceText {
	ConfigDevice *device;
	bool help;
} DeviceText;

static bool device_property(void *owner, const char *name, const char *value, GError **error)
{
	DeviceText *text = owner;
	(void)error;
	if (options_is_help(name))
		return text->help = true;
	config_set_pair(text->device->properties, name, value);
	return true;
}

static bool parse_device(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	static const Key keys[] = {
		{ "driver", KEY_TEXT, offsetof(ConfigDevice, driver), NULL, 0, 0 }, { "id", KEY_TEXT, offsetof(ConfigDevice, id), NULL, 0, 0 },
		{ .name = NULL },
	};
	if (options_is_help(value))
		return options_ask(parse, OPTIONS_DEVICE_HELP, NULL);
	g_autoptr(ConfigDevice) device = config_device_new();
	DeviceText text = { device, false };
	if (!options_parse_keys(option->name, value, keys, "driver", device, device_property, &text, error))
		return false;
	if (!device->driver)
		return options_fail(error, option->name, "the device's name is missing");
	if (text.help)
		return options_ask(parse, OPTIONS_DEVICE_HELP, device->driver);
	g_ptr_array_add(parse->config->devices, g_steal_pointer(&device));
	return true;
}

/* "driver.property=value", or the three as keys. */
static bool parse_global(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	static const Key keys[] = {
		{ "driver", KEY_TEXT, offsetof(ConfigGlobal, driver), NULL, 0, 0 }, { "property", KEY_TEXT, offsetof(ConfigGlobal, property), NULL, 0, 0 },
		{ "value", KEY_TEXT, offsetof(ConfigGlobal, value), NULL, 0, 0 }, { .name = NULL },
	};
	g_autoptr(ConfigGlobal) global = config_global_new();
	const char *dot = strchr(value, '.'), *equals = strchr(value, '=');
	if (dot && equals && dot < equals) {
		global->driver = g_strndup(value, (size_t)(dot - value));
		global->property = g_strndup(dot + 1, (size_t)(equals - dot - 1));
		global->value = g_strdup(equals + 1);
	} else if (!options_parse_keys(option->name, value, keys, NULL, global, NULL, NULL, error)) {
		return false;
	}
	if (!global->driver || !global->property || !global->value || !*global->driver || !*global->property)
		return options_fail(error, option->name, "%s: must be DRIVER.PROPERTY=VALUE or driver=,property=,value=", value);
	g_ptr_array_add(parse->config->globals, g_steal_pointer(&global));
	return true;
}

/* ---- ports, screen, clock, logs ---- */

static bool parse_serial(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	(void)option, (void)error;
	parse->serial_given = true;
	g_ptr_array_add(parse->config->serials, g_strdup(value));
	return true;
}

static bool parse_parallel(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	(void)option, (void)error;
	parse->parallel_given = true;
	g_ptr_array_add(parse->config->parallels, g_strdup(value));
	return true;
}

static bool parse_monitor(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	(void)option, (void)error;
	parse->monitor_given = true;
	if (strcmp(value, "none"))
		g_ptr_array_add(parse->config->monitors, g_strdup(value));
	return true;
}

static bool parse_nographic(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	(void)option, (void)value, (void)error;
	return parse->nographic = parse->config->nographic = true;
}

static bool parse_vga(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	parse->vga_given = true;
	return parse_choice(parse, option, value, error);
}

static bool parse_rtc(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	static const Key keys[] = {
		{ "base", KEY_TEXT, AT(rtc_base), NULL, 0, 0 }, { "clock", KEY_TEXT, AT(rtc_clock), config_rtc_clocks, 0, 0 },
		{ "driftfix", KEY_TEXT, AT(rtc_drift_fix), config_rtc_drift_fixes, 0, 0 }, { .name = NULL },
	};
	return options_parse_keys(option->name, value, keys, NULL, parse->config, NULL, NULL, error);
}

static bool parse_log(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	if (options_is_help(value))
		return options_ask_list(parse, config_log_items);
	g_auto(GStrv) items = g_strsplit(value, ",", -1);
	for (unsigned n = 0; items[n]; n++)
		if (!g_strv_contains(config_log_items, items[n]))
			return options_unknown(error, option->name, "log item", items[n], config_log_items);
	options_replace(&parse->config->log_items, value);
	return true;
}

/* ---- the table ---- */

/* clang-format off */
#define DISK(option, place, what) { .name = option, .argument = "FILE", .help = what, .parse = parse_shortcut, .number = place, \
	.interface = "ide", .media = "disk" }

const Option option_table[] = {
	{ "h", NULL, "print this help", parse_help, 0, "General", NULL, 0, NULL, NULL },
	{ "help", NULL, "the same", parse_help, 0, NULL, NULL, 0, NULL, NULL },
	{ "version", NULL, "print the version", parse_version, 0, NULL, NULL, 0, NULL, NULL },
	{ "machine", "[type=]NAME[,PROPERTY=VALUE]", "kind of machine; help lists them, NAME,help its properties", options_parse_machine, 0,
	  "Machine", NULL, 0, NULL, NULL },
	{ "M", "[type=]NAME[,PROPERTY=VALUE]", "the same", options_parse_machine, 0, NULL, NULL, 0, NULL, NULL },
	{ "accel", "[accel=]NAME[,tb-size=MIB][,verify=on|off]", "how guest code runs; help lists the ways\n"
	  "jit: tb-size is the memory for translated code, of all processors together (default 256, and 32 for each at least)\n"
	  "verify=on: it runs in the interpreter too, and the first difference stops the machine; one processor, slow", options_parse_accel, 0, NULL, NULL, 0, NULL, NULL },
	{ "cpu", "MODEL[,+FEATURE][,-FEATURE][,FEATURE=on|off]", "processor model; help lists models and features", options_parse_cpu, 0, NULL,
	  NULL, 0, NULL, NULL },
	{ "smp", "[cpus=]N[,maxcpus=N][,sockets=N][,cores=N][,threads=N]", "processors; what isn't given is computed", options_parse_smp, 0, NULL,
	  NULL, 0, NULL, NULL },
	{ "m", "[size=]SIZE[K|M|G|T]", "memory, in MiB without a suffix (default 128)", options_parse_memory, 0, NULL, NULL, 0, NULL, NULL },
	{ "name", "[guest=]NAME[,debug-threads=on|off]", "the machine's name; on: its threads have names", options_parse_name, 0, NULL, NULL, 0, NULL, NULL },
	{ "uuid", "UUID", "the machine's UUID, which the guest sees", options_parse_uuid, 0, NULL, NULL, 0, NULL, NULL },
	{ "rtc", "[base=utc|localtime|DATE][,clock=host|rt|vm][,driftfix=none|slew]", "the clock: where it begins and what drives it", parse_rtc,
	  0, NULL, NULL, 0, NULL, NULL },
	{ "global", "DRIVER.PROPERTY=VALUE", "a default for a property of all devices of a kind", parse_global, 0, NULL, NULL, 0, NULL, NULL },
	{ .name = "fda", .argument = "FILE", .help = "image in the first floppy drive", .parse = parse_shortcut, .section = "Drives",
	  .interface = "floppy", .media = "disk" },
	{ .name = "fdb", .argument = "FILE", .help = "image in the second floppy drive", .parse = parse_shortcut, .number = 1,
	  .interface = "floppy", .media = "disk" },
	DISK("hda", 0, "hard disk image: first IDE channel, master; also an image without an option"),
	DISK("hdb", 1, "first IDE channel, slave"),
	DISK("hdc", 2, "second IDE channel, master (where the CD drive is otherwise)"),
	DISK("hdd", 3, "second IDE channel, slave"),
	{ .name = "cdrom", .argument = "FILE", .help = "CD or DVD image: second IDE channel, master", .parse = parse_shortcut, .number = 2,
	  .interface = "ide", .media = "cdrom" },
	{ "drive", "[file=FILE][,if=ide|floppy|none][,index=N | ,bus=N,unit=N][,media=disk|cdrom][,format=raw]\n"
		   "[,readonly=on|off][,snapshot=on|off][,serial=TEXT][,id=ID]", "a drive in full", parse_drive, 0, NULL, NULL, 0, NULL, NULL },
	{ "snapshot", NULL, "writes go to temporary files, images stay as they are", parse_flag, AT(snapshot), NULL, NULL, 0, NULL, NULL },
	{ "boot", "[order=]LETTERS[,once=LETTERS][,menu=on|off][,strict=on|off][,splash=FILE][,splash-time=MS]\n[,reboot-timeout=MS]",
	  "where to boot from: a, b (floppies), c (disk), d (CD), n (network)", options_parse_boot, 0, "Boot", NULL, 0, NULL, NULL },
	{ "kernel", "FILE", "Linux or multiboot kernel to start instead", parse_text, AT(kernel), NULL, NULL, 0, NULL, NULL },
	{ "initrd", "FILE", "the kernel's initial RAM disk, or multiboot modules", parse_text, AT(initrd), NULL, NULL, 0, NULL, NULL },
	{ "append", "TEXT", "the kernel's command line", parse_text, AT(append), NULL, NULL, 0, NULL, NULL },
	{ "bios", "FILE", "firmware (default: SeaBIOS)", parse_text, AT(firmware), NULL, NULL, 0, NULL, NULL },
	{ "L", "FOLDER", "where to look for firmware first; help lists the places", parse_path, 0, NULL, NULL, 0, NULL, NULL },
	{ "device", "DRIVER[,id=ID][,PROPERTY=VALUE]", "a device; help lists them, DRIVER,help its properties", parse_device, 0, "Devices",
	  NULL, 0, NULL, NULL },
	{ "serial", "CHARDEV", "where a serial port leads (up to four): null, none, stdio, pty, file:PATH, pipe:PATH,\n"
			       "tcp:HOST:PORT[,server][,nowait], udp:HOST:PORT, unix:PATH[,server][,nowait], mon:CHARDEV", parse_serial, 0,
	  NULL, NULL, 0, NULL, NULL },
	{ "parallel", "CHARDEV", "where a parallel port leads (up to three)", parse_parallel, 0, NULL, NULL, 0, NULL, NULL },
	{ "monitor", "CHARDEV", "where the monitor is (default: none)", parse_monitor, 0, NULL, NULL, 0, NULL, NULL },
	{ "debugcon", "CHARDEV", "where port 0xe9 leads", parse_text, AT(debugcon), NULL, NULL, 0, NULL, NULL },
	{ "vga", "std|none", "the display adapter", parse_vga, AT(vga), "Display", config_vgas, 0, NULL, NULL },
	{ "display", "none", "how the screen is shown", parse_choice, AT(display), NULL, config_displays, 0, NULL, NULL },
	{ "nographic", NULL, "the first serial port and the monitor share this terminal (C-a h: help)", parse_nographic, 0, NULL, NULL, 0,
	  NULL, NULL },
	{ "no-reboot", NULL, "end when the guest resets", parse_flag, AT(no_reboot), "Running and debugging", NULL, 0, NULL, NULL },
	{ "no-shutdown", NULL, "pause when the guest switches off", parse_flag, AT(no_shutdown), NULL, NULL, 0, NULL, NULL },
	{ "S", NULL, "start paused; the monitor's cont goes on", parse_flag, AT(paused), NULL, NULL, 0, NULL, NULL },
	{ "d", "ITEM[,ITEM]", "log these; help lists them", parse_log, 0, NULL, NULL, 0, NULL, NULL },
	{ "D", "FILE", "where the log goes (%d: process id); default: standard error", parse_text, AT(log_file), NULL, NULL, 0, NULL, NULL },
	{ "perfmap", NULL, "name translated code for perf, in the file perf-PID.map where it looks for it", parse_flag, AT(perf_map), NULL, NULL, 0, NULL, NULL },
	{ "pidfile", "FILE", "write the process id there", parse_text, AT(pid_file), NULL, NULL, 0, NULL, NULL },
	{ .name = NULL },
};
/* clang-format on */
