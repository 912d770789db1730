/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of the machine itself: board, accelerator, processors, memory, names. */
#include <string.h>

#include "cpu/models.h"
#include "machine/options_table.h"

#define AT(member) offsetof(MachineConfig, member)

bool options_is_help(const char *value)
{
	return !strcmp(value, "help") || !strcmp(value, "?");
}

bool options_ask(OptionsParse *parse, OptionsActionKind kind, const char *subject)
{
	if (parse->action->kind == OPTIONS_RUN) { /* the first question is answered */
		parse->action->kind = kind;
		parse->action->subject = g_strdup(subject);
	}
	return true;
}

bool options_ask_list(OptionsParse *parse, const char *const *names)
{
	g_autofree char *list = g_strjoinv("\n", (char **)names);
	return options_ask(parse, OPTIONS_LIST_HELP, list);
}

void options_replace(char **text, const char *value)
{
	g_free(*text);
	*text = g_strdup(value);
}

static bool set_accelerators(OptionsParse *parse, const char *option, const char *value, GError **error)
{
	g_auto(GStrv) names = g_strsplit(value, ":", -1);
	for (unsigned n = 0; names[n]; n++)
		if (!g_strv_contains(config_accelerators, names[n]))
			return options_unknown(error, option, "accelerator", names[n], config_accelerators);
	/* Repeated ones are the next to try. */
	g_autofree char *list = parse->accel_given ? g_strconcat(parse->config->accelerators, ":", value, NULL) : g_strdup(value);
	options_replace(&parse->config->accelerators, list);
	parse->accel_given = true;
	return true;
}

bool options_parse_accel(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	typedef struct Accelerator {
		char *name;
		int translation_mib;
		bool verify;
	} Accelerator;
	static const Key keys[] = {
		{ "accel", KEY_TEXT, offsetof(Accelerator, name), NULL, 0, 0 },
		{ "tb-size", KEY_INT, offsetof(Accelerator, translation_mib), NULL, 0, CONFIG_MOST_TRANSLATION_MIB },
		{ "verify", KEY_BOOL, offsetof(Accelerator, verify), NULL, 0, 0 },
		{ .name = NULL },
	};
	Accelerator a = { NULL, parse->config->translation_mib, parse->config->verify_translation };
	if (options_is_help(value))
		return options_ask_list(parse, config_accelerators);
	bool ok = options_parse_keys(option->name, value, keys, "accel", &a, NULL, NULL, error) &&
		  set_accelerators(parse, option->name, a.name ? a.name : "", error);
	parse->config->translation_mib = a.translation_mib;
	parse->config->verify_translation = a.verify;
	g_free(a.name);
	return ok;
}

/* What -machine takes beside the board's own properties: other options' words, with their option's parser, or texts that land in
 * the configuration. */
static const struct MachineForm {
	const char *prefix;	/* "smp." of smp.cpus=4 */
	OptionParse *parse;
} forms[] = { { "smp.", options_parse_smp }, { "memory.", options_parse_memory }, { "boot.", options_parse_boot } };

static const struct MachineField {
	const char *name;
	size_t offset;
	const char *help;
} fields[] = {
	{ "firmware", AT(firmware), "firmware, as -bios" }, { "kernel", AT(kernel), "kernel to start, as -kernel" },
	{ "initrd", AT(initrd), "its initial RAM disk, as -initrd" }, { "append", AT(append), "its command line, as -append" },
};

typedef struct MachineText {
	char *type, *accel;
	bool graphics, help;
	const Option *option;
	OptionsParse *parse;
} MachineText;

/* "smp.cpus=4" as -smp cpus=4 */
static bool parse_form(const MachineText *text, const struct MachineForm *form, const char *name, const char *value, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(value, ",", -1);
	g_autofree char *escaped = g_strjoinv(",,", parts);
	g_autofree char *words = g_strdup_printf("%s=%s", name + strlen(form->prefix), escaped);
	return form->parse(text->parse, text->option, words, error);
}

static bool machine_property(void *owner, const char *name, const char *value, GError **error)
{
	MachineText *text = owner;
	if (options_is_help(name))
		return text->help = true;
	for (unsigned n = 0; n < G_N_ELEMENTS(fields); n++)
		if (!strcmp(fields[n].name, name)) {
			options_replace((char **)((uint8_t *)text->parse->config + fields[n].offset), value);
			return true;
		}
	for (unsigned n = 0; n < G_N_ELEMENTS(forms); n++)
		if (g_str_has_prefix(name, forms[n].prefix))
			return parse_form(text, &forms[n], name, value, error);
	config_set_pair(text->parse->config->machine_properties, name, value); /* the board's, once it is known which */
	return true;
}

bool options_parse_machine(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	static const Key keys[] = {
		{ "type", KEY_TEXT, offsetof(MachineText, type), NULL, 0, 0 },
		{ "accel", KEY_TEXT, offsetof(MachineText, accel), NULL, 0, 0 },
		{ "graphics", KEY_BOOL, offsetof(MachineText, graphics), NULL, 0, 0 },
		{ .name = NULL },
	};
	MachineText text = { .graphics = !parse->config->nographic, .option = option, .parse = parse };
	if (options_is_help(value))
		return options_ask(parse, OPTIONS_MACHINE_HELP, NULL);
	bool ok = options_parse_keys(option->name, value, keys, "type", &text, machine_property, &text, error) &&
		  (!text.accel || set_accelerators(parse, option->name, text.accel, error));
	parse->config->nographic = !text.graphics;
	if (ok && text.type)
		options_replace(&parse->config->machine_type, text.type);
	if (ok && text.help)
		options_ask(parse, OPTIONS_MACHINE_HELP, parse->config->machine_type);
	g_free(text.type);
	g_free(text.accel);
	return ok;
}

/* The lines of -machine TYPE,help that are the same for all types. */
void options_machine_help(GString *out)
{
	g_string_append(out, "  accel=<str>              - how guest code runs, as -accel (default: jit:interp)\n"
			     "  graphics=<bool>          - off: the firmware shows its text on the first serial port (default: on)\n");
	for (unsigned n = 0; n < G_N_ELEMENTS(fields); n++) {
		g_autofree char *head = g_strdup_printf("%s=<str>", fields[n].name);
		g_string_append_printf(out, "  %-24s - %s\n", head, fields[n].help);
	}
	g_string_append(out, "  smp.<key>=, memory.<key>=, boot.<key>= - as the keys of -smp, -m and -boot\n");
}

bool options_parse_cpu(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	if (options_is_help(value))
		return options_ask(parse, OPTIONS_CPU_HELP, NULL);
	const CpuModel *model;
	CpuFeatures features;
	if (!cpu_model_parse(value, &model, &features, error)) {
		g_prefix_error(error, "-%s: ", option->name);
		return false;
	}
	cpu_model_free(model);
	options_replace(&parse->config->cpu_model, value);
	return true;
}

/* What isn't given is computed, cores before sockets; 0: not given. */
void options_complete_topology(MachineConfig *c)
{
	if (!c->cpus && !c->max_cpus) {
		c->sockets = MAX(c->sockets, 1);
		c->cores = MAX(c->cores, 1);
		c->threads = MAX(c->threads, 1);
	} else {
		unsigned most = c->max_cpus = c->max_cpus ? c->max_cpus : c->cpus;
		if (!c->cores) {
			c->sockets = MAX(c->sockets, 1);
			c->threads = MAX(c->threads, 1);
			c->cores = most / (c->sockets * c->threads);
		} else if (!c->sockets) {
			c->threads = MAX(c->threads, 1);
			c->sockets = most / (c->cores * c->threads);
		}
		if (!c->threads)
			c->threads = most / (c->sockets * c->cores);
	}
	if (!c->max_cpus)
		c->max_cpus = c->sockets * c->cores * c->threads;
	if (!c->cpus)
		c->cpus = c->max_cpus;
}

bool options_parse_smp(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	static const Key keys[] = {
		{ "cpus", KEY_UNSIGNED, AT(cpus), NULL, 1, 255 }, { "maxcpus", KEY_UNSIGNED, AT(max_cpus), NULL, 1, 255 },
		{ "sockets", KEY_UNSIGNED, AT(sockets), NULL, 1, 255 }, { "cores", KEY_UNSIGNED, AT(cores), NULL, 1, 255 },
		{ "threads", KEY_UNSIGNED, AT(threads), NULL, 1, 255 }, { .name = NULL },
	};
	MachineConfig *c = parse->config;
	if (!parse->smp_given)
		c->cpus = c->max_cpus = c->sockets = c->cores = c->threads = 0;
	parse->smp_given = true;
	return options_parse_keys(option->name, value, keys, "cpus", c, NULL, NULL, error);
}

bool options_parse_memory(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	static const Key keys[] = { { "size", KEY_SIZE, AT(memory_bytes), NULL, 0, 0 }, { .name = NULL } };
	if (!options_parse_keys(option->name, value, keys, "size", parse->config, NULL, NULL, error))
		return false;
	uint64_t bytes = parse->config->memory_bytes;
	if (bytes < 1 << 20 || bytes > (uint64_t)1 << 39)
		return options_fail(error, option->name, "%s: must be from 1M to 512G", value);
	parse->config->memory_bytes = (bytes + 8191) & ~(uint64_t)8191;
	return true;
}

bool options_parse_name(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	static const Key keys[] = { { "guest", KEY_TEXT, AT(name), NULL, 0, 0 }, { "debug-threads", KEY_BOOL, AT(name_threads), NULL, 0, 0 },
				    { .name = NULL } };
	return options_parse_keys(option->name, value, keys, "guest", parse->config, NULL, NULL, error);
}

bool options_parse_uuid(OptionsParse *parse, const Option *option, const char *value, GError **error)
{
	if (!g_uuid_string_is_valid(value))
		return options_fail(error, option->name, "%s: must be a UUID as 01234567-89ab-cdef-0123-456789abcdef", value);
	g_free(parse->config->uuid);
	parse->config->uuid = g_ascii_strdown(value, -1);
	return true;
}
