/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the command line answers instead of running a machine: help from the tables of options, machines, processors, devices. */
#include <string.h>

#include "base/nearest.h"
#include "base/version.h"
#include "cpu/models.h"
#include "machine/machine-private.h"
#include "machine/options_table.h"

enum { HELP_COLUMN = 24 };

/* ---- the options ---- */

/* Lines of `text`, each behind `indent` spaces but the first. */
static void add_lines(GString *out, const char *text, unsigned indent)
{
	for (const char *c = text; *c; c++) {
		g_string_append_c(out, *c);
		if (*c == '\n')
			g_string_append_printf(out, "%*s", (int)indent, "");
	}
	g_string_append_c(out, '\n');
}

char *options_help(void)
{
	GString *out = g_string_new("Options, with one dash or two; an argument without a dash is the image of the first hard disk.\n");
	for (const Option *option = option_table; option->name; option++) {
		if (option->section)
			g_string_append_printf(out, "\n%s\n", option->section);
		size_t start = out->len;
		g_string_append_printf(out, "  -%s%s", option->name, option->argument ? " " : "");
		if (option->argument) {
			g_auto(GStrv) lines = g_strsplit(option->argument, "\n", -1);
			g_autofree char *argument = g_strjoinv("\n          ", lines);
			g_string_append(out, argument);
		}
		if (out->len - start < HELP_COLUMN)
			g_string_append_printf(out, "%*s", (int)(HELP_COLUMN - (out->len - start)), "");
		else
			g_string_append_printf(out, "\n%*s", HELP_COLUMN, "");
		add_lines(out, option->help, HELP_COLUMN);
	}
	return g_string_free(out, FALSE);
}

/* ---- machines and processors ---- */

static char *machine_list(void)
{
	GString *out = g_string_new("Supported machines are:\n");
	for (const BoardClass *const *class = board_classes; *class; class++) {
		g_string_append_printf(out, "%-20s %s\n", (*class)->name, (*class)->description);
		if ((*class)->alias)
			g_string_append_printf(out, "%-20s the same as %s\n", (*class)->alias, (*class)->name);
	}
	return g_string_free(out, FALSE);
}

static char *machine_properties(const char *type, GError **error)
{
	if (!board_class_find(type)) {
		g_autoptr(Nearest) nearest = nearest_new(type);
		for (const BoardClass *const *class = board_classes; *class; class++)
			nearest_offer(nearest, (*class)->name);
		g_autofree char *hint = nearest_hint(nearest);
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "there is no machine type '%s'%s", type, hint);
		return NULL;
	}
	GString *out = g_string_new(NULL);
	g_string_append_printf(out, "%s options:\n  accel=<string>\n", type);
	for (unsigned n = 0; config_machine_properties[n]; n++)
		g_string_append_printf(out, "  %s=<string>\n", config_machine_properties[n]);
	return g_string_free(out, FALSE);
}

static char *cpu_list(void)
{
	GString *out = g_string_new("Available CPUs:\n");
	for (unsigned n = 0;; n++) {
		g_autofree char *name = cpu_model_name(n);
		if (!name)
			break;
		g_autofree char *description = cpu_model_description(n);
		g_string_append_printf(out, "  %-26s %s\n", name, description ? description : "");
	}
	g_string_append(out, "\nRecognized CPUID flags:\n");
	size_t line = out->len;
	for (unsigned feature = 0; feature < 64 * CPU_FEATURE_WORDS; feature++) {
		g_autofree char *name = cpu_feature_implemented(feature) ? cpu_feature_name(feature) : NULL;
		if (!name)
			continue;
		if (out->len - line + strlen(name) > 76) {
			g_string_append_c(out, '\n');
			line = out->len;
		}
		g_string_append_printf(out, "%s%s", out->len == line ? "  " : " ", name);
	}
	g_string_append_c(out, '\n');
	return g_string_free(out, FALSE);
}

/* ---- devices ---- */

static char *device_list(void)
{
	GString *out = g_string_new(NULL);
	for (const DeviceClass *const *class = device_classes; *class; class++)
		if (device_class_pluggable(*class))
			g_string_append_printf(out, "name \"%s\", bus %s, desc \"%s\"\n", (*class)->name, (*class)->bus, (*class)->description);
	return g_string_free(out, FALSE);
}

static const char *type_name(const Property *property)
{
	switch (property->type) {
	case PROPERTY_BOOL: return "bool";
	case PROPERTY_AUTO: return "OnOffAuto";
	case PROPERTY_U8: return "uint8";
	case PROPERTY_U16: return "uint16";
	case PROPERTY_U32: return "uint32";
	case PROPERTY_U64: return "uint64";
	case PROPERTY_I32: return "int32";
	case PROPERTY_SIZE: return "size";
	case PROPERTY_STRING: case PROPERTY_CHOICE: return "str";
	case PROPERTY_DRIVE: return "drive";
	case PROPERTY_CHARDEV: return "chardev";
	}
	return "";
}

static char *device_properties(const char *driver, GError **error)
{
	const DeviceClass *class = device_class_find(driver);
	if (!class) {
		g_autoptr(Nearest) nearest = nearest_new(driver);
		for (const DeviceClass *const *c = device_classes; *c; c++)
			nearest_offer(nearest, (*c)->name);
		g_autofree char *hint = nearest_hint(nearest);
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "-device: there is no device '%s'%s", driver, hint);
		return NULL;
	}
	GString *out = g_string_new(NULL);
	g_string_append_printf(out, "%s options:\n", class->name);
	for (const Property *p = class->properties; p && p->name; p++) {
		g_autofree char *head = g_strdup_printf("%s=<%s>", p->name, type_name(p));
		g_string_append_printf(out, "  %-24s - %s", head, p->help ? p->help : "");
		if (p->choices) {
			g_autofree char *choices = g_strjoinv("/", (char **)p->choices);
			g_string_append_printf(out, ": %s", choices);
		}
		if (p->value)
			g_string_append_printf(out, " (default: %s)", p->value);
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}

/* ---- the answer ---- */

static char *path_list(const MachineConfig *config)
{
	GString *out = g_string_new(NULL);
	for (unsigned n = 0; n < config->search_paths->len; n++)
		g_string_append_printf(out, "%s\n", (const char *)g_ptr_array_index(config->search_paths, n));
	for (const char *const *place = machine_file_places(); *place; place++)
		g_string_append_printf(out, "%s\n", *place);
	return g_string_free(out, FALSE);
}

char *options_answer(const MachineConfig *config, const OptionsAction *action, GError **error)
{
	switch (action->kind) {
	case OPTIONS_RUN: return g_strdup("");
	case OPTIONS_HELP: return options_help();
	case OPTIONS_VERSION: return g_strdup_printf("Vivarium %s\n", viv_version());
	case OPTIONS_MACHINE_HELP: return action->subject ? machine_properties(action->subject, error) : machine_list();
	case OPTIONS_CPU_HELP: return cpu_list();
	case OPTIONS_DEVICE_HELP: return action->subject ? device_properties(action->subject, error) : device_list();
	case OPTIONS_PATH_HELP: return path_list(config);
	case OPTIONS_LIST_HELP: return g_strdup_printf("%s\n", action->subject);
	}
	return NULL;
}
