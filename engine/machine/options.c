/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line, see options.h: walks the arguments by the option table, then adds what a PC has without being asked for. */
#include "machine/options.h"

#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "machine/machine-private.h"
#include "machine/options_table.h"

void options_action_clear(OptionsAction *action)
{
	g_clear_pointer(&action->subject, g_free);
}

static const Option *find_option(const char *name)
{
	for (const Option *option = option_table; option->name; option++)
		if (!strcmp(option->name, name))
			return option;
	return NULL;
}

static bool unknown_option(const char *argument, const char *name, GError **error)
{
	g_autoptr(Nearest) nearest = nearest_new(name);
	for (const Option *option = option_table; option->name; option++)
		nearest_offer(nearest, option->name);
	g_autofree char *hint = nearest_hint(nearest);
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "there is no option '%s'%s", argument, hint);
	return false;
}

/* An argument that is no option is the first disk's image. */
static bool parse_image(OptionsParse *parse, const char *image, GError **error)
{
	const Option *option = find_option("hda");
	return option->parse(parse, option, image, error);
}

/* Options' arguments may begin with a dash, as -append's do. */
static bool parse_arguments(OptionsParse *parse, int argc, char **argv, GError **error)
{
	for (int n = 0; n < argc; n++) {
		const char *argument = argv[n];
		if (*argument != '-') {
			if (!parse_image(parse, argument, error))
				return false;
			continue;
		}
		const char *name = argument + (argument[1] == '-' ? 2 : 1), *value = NULL;
		const Option *option = find_option(name);
		if (!option)
			return unknown_option(argument, name, error);
		if (option->argument && ++n == argc)
			return options_fail(error, option->name, "needs a value: %s", option->argument);
		if (option->argument)
			value = argv[n];
		if (!option->parse(parse, option, value, error))
			return false;
	}
	return true;
}

/* ---- what is there by default ---- */

static void add_text(GPtrArray *list, const char *text)
{
	g_ptr_array_add(list, g_strdup(text));
}

/* Who speaks "mon:" of a port has his monitor there. */
static bool monitor_on_port(const GPtrArray *ports)
{
	for (unsigned n = 0; n < ports->len; n++)
		if (g_str_has_prefix(g_ptr_array_index(ports, n), "mon:"))
			return true;
	return false;
}

/* A device given explicitly stands in the place of the one that would be there by itself. */
static bool has_device(const MachineConfig *config, const char *const *drivers)
{
	for (unsigned n = 0; n < config->devices->len; n++)
		if (g_strv_contains(drivers, ((ConfigDevice *)g_ptr_array_index(config->devices, n))->driver))
			return true;
	return false;
}

static void add_default_ports(const OptionsParse *parse)
{
	static const char *const serial_drivers[] = { "isa-serial", NULL }, *const parallel_drivers[] = { "isa-parallel", NULL };
	MachineConfig *config = parse->config;
	bool monitor = parse->monitor_given || monitor_on_port(config->serials) || monitor_on_port(config->parallels);
	bool serial = parse->serial_given || has_device(config, serial_drivers);
	if (!parse->parallel_given && !has_device(config, parallel_drivers))
		add_text(config->parallels, "null");
	if (!parse->nographic) {
		if (!serial)
			add_text(config->serials, "null");
	} else if (!serial && !monitor) {
		add_text(config->serials, "mon:stdio");
	} else {
		if (!serial)
			add_text(config->serials, "stdio");
		if (!monitor)
			add_text(config->monitors, "stdio");
	}
}

/* "/boot/order: ..." of the document becomes "-boot: order: ...". */
static void name_option(GError *error)
{
	static const struct { const char *place, *option; } places[] = {
		{ "/boot/", "boot" }, { "/cpu", "smp" }, { "/memory", "m" }, { "/drives", "drive" }, { "/devices", "device" }, { "/globals", "global" },
		{ "/rtc", "rtc" }, { "/serials", "serial" }, { "/parallels", "parallel" }, { "/monitors", "monitor" }, { "/name", "name" },
	};
	const char *colon = strstr(error->message, ": ");
	for (unsigned n = 0; colon && n < G_N_ELEMENTS(places); n++) {
		if (!g_str_has_prefix(error->message, places[n].place))
			continue;
		const char *last = g_strrstr_len(error->message, colon - error->message, "/") + 1;
		bool says_more = last > error->message + 1 && !g_ascii_isdigit(*last);
		g_autofree char *key = says_more ? g_strdup_printf("%.*s: ", (int)(colon - last), last) : g_strdup("");
		char *message = g_strdup_printf("-%s: %s%s", places[n].option, key, colon + 2);
		g_free(error->message);
		error->message = message;
		return;
	}
}

static bool check(const MachineConfig *config, GError **error)
{
	GError *problem = NULL;
	if (config_check(config, &problem))
		return machine_check_type(config, error);
	name_option(problem);
	g_propagate_error(error, problem);
	return false;
}

static bool complete(const OptionsParse *parse, GError **error)
{
	static const char *const vga_drivers[] = { "VGA", NULL }, *const cd_drivers[] = { "ide-cd", "ide-hd", NULL };
	static const char *const floppy_drivers[] = { "isa-fdc", "floppy", NULL };
	MachineConfig *config = parse->config;
	GError *problem = NULL;
	if (!config_place_drives(config, &problem)) {
		name_option(problem);
		g_propagate_error(error, problem);
		return false;
	}
	add_default_ports(parse);
	if (!has_device(config, cd_drivers))
		config_add_default_drive(config, "ide", 2, "cdrom");
	if (!has_device(config, floppy_drivers))
		config_add_default_drive(config, "floppy", 0, "disk");
	if (!parse->vga_given && has_device(config, vga_drivers)) {
		g_free(config->vga);
		config->vga = g_strdup("none");
	}
	if (parse->smp_given)
		options_complete_topology(config);
	return check(config, error);
}

bool options_parse(MachineConfig *config, int argc, char **argv, OptionsAction *action, GError **error)
{
	OptionsParse parse = { .config = config, .action = action };
	*action = (OptionsAction){ .kind = OPTIONS_RUN };
	g_ptr_array_set_size(config->serials, 0);
	g_ptr_array_set_size(config->parallels, 0);
	g_ptr_array_set_size(config->drives, 0);
	bool ok = parse_arguments(&parse, argc, argv, error) && (action->kind != OPTIONS_RUN || complete(&parse, error));
	return error_in_one_line(ok, error);
}
