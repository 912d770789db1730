/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a line to a command: parsing by the table's types, help, completion. */
#include <stdarg.h>
#include <string.h>

#include "base/nearest.h"
#include "disk/block.h"
#include "hw/input/input.h"
#include "monitor/command.h"
#include "monitor/info.h"

void monitor_print(Monitor *monitor, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_string_append_vprintf(monitor->out, format, arguments);
	va_end(arguments);
}

static void skip_blanks(const char **at)
{
	while (g_ascii_isspace(**at))
		++*at;
}

/* NULL: there is none, or its quote doesn't end; then *at stays at it. */
static char *parse_word(const char **at)
{
	skip_blanks(at);
	if (!**at)
		return NULL;
	g_autoptr(GString) word = g_string_new(NULL);
	const char *start = *at;
	bool quoted = **at == '"';
	*at += quoted;
	while (**at && (quoted ? **at != '"' : !g_ascii_isspace(**at))) {
		if (quoted && **at == '\\' && (*at)[1])
			++*at;
		g_string_append_c(word, *(*at)++);
	}
	if (quoted && **at != '"') {
		*at = start;
		return NULL;
	}
	*at += quoted;
	return g_string_free(g_steal_pointer(&word), FALSE);
}

/* "/[count][x d u o c i][b h w g]". What is left out is as it was last time; of code a size left out means the processor's own. */
static bool parse_format(Monitor *monitor, const char **at, DumpFormat *format)
{
	static const char sizes[] = "bhwg";
	char *end;
	*format = (DumpFormat){ 1, 0, monitor->format.letter };
	if (**at == '/' && g_ascii_isdigit(*++*at)) {
		format->count = (unsigned)MIN(g_ascii_strtoull(*at, &end, 10), G_MAXINT);
		*at = end;
	}
	for (; **at && !g_ascii_isspace(**at); ++*at) {
		const char *size = strchr(sizes, **at);
		if (size)
			format->size = 1u << (size - sizes);
		else if (strchr("xduoci", **at))
			format->letter = **at;
		else {
			monitor_print(monitor, "invalid char in format: '%c'\n", **at);
			return false;
		}
	}
	if (!format->size && format->letter != 'i')
		format->size = monitor->format.size;
	monitor->format = (DumpFormat){ 1, format->letter == 'i' ? monitor->format.size : format->size, format->letter };
	return true;
}

/* One that isn't there at all is the last one, too. */
static bool parse_optional_format(Monitor *monitor, const char **at, ArgumentValue *value)
{
	const char *none = "";
	value->given = **at == '/';
	return parse_format(monitor, value->given ? at : &none, &value->format);
}

static bool parse_signed(Monitor *monitor, const Argument *argument, const char **at, ArgumentValue *value)
{
	char *end;
	if (!**at && argument->optional)
		return true;
	value->number = g_ascii_strtoll(*at, &end, 0);
	value->given = end != *at && (!*end || g_ascii_isspace(*end));
	if (!value->given)
		monitor_print(monitor, "%s: a number is expected\n", argument->name);
	*at = end;
	return value->given;
}

static bool parse_argument(Monitor *monitor, const Argument *argument, const char **at, ArgumentValue *value)
{
	const char *problem;
	skip_blanks(at);
	switch (argument->type) {
	case ARGUMENT_FORMAT:
		return parse_optional_format(monitor, at, value);
	case ARGUMENT_FLAG:
		if ((value->given = **at == '-' && (*at)[1] == *argument->name && (!(*at)[2] || g_ascii_isspace((*at)[2]))))
			*at += 2;
		return true;
	case ARGUMENT_SIGNED: return parse_signed(monitor, argument, at, value);
	case ARGUMENT_NUMBER:
		if (!**at && argument->optional)
			return true;
		*at += argument->optional && **at == '.'; /* i's index */
		value->given = expression_parse(monitor, at, &value->number, &problem);
		if (!value->given)
			monitor_print(monitor, "%s\n", problem);
		return value->given;
	case ARGUMENT_REST:
		value->text = g_strchomp(g_strdup(*at));
		value->given = *value->text;
		*at += strlen(*at);
		return true;
	default:
		value->text = parse_word(at);
		value->given = value->text != NULL;
		if (!value->given && (!argument->optional || **at))
			monitor_print(monitor, **at ? "unterminated string\n" : "%s: a value is missing\n", argument->name);
		return value->given || (argument->optional && !**at);
	}
}

static void run_command(Monitor *monitor, const Command *command, const char *prefix, const char *at)
{
	ArgumentValue values[MOST_ARGUMENTS] = { { false, NULL, 0, { 0, 0, 0 } } };
	bool ok = true;
	for (unsigned n = 0; ok && n < MOST_ARGUMENTS && command->arguments[n].name; n++)
		ok = parse_argument(monitor, &command->arguments[n], &at, &values[n]);
	skip_blanks(&at);
	if (ok && *at) {
		monitor_print(monitor, "extra characters at the end of line: '%s'\n", at);
		ok = false;
	}
	if (!ok)
		monitor_print(monitor, "Try \"help %s\" for more information\n", *prefix ? "info" : command->name);
	else if (command->run)
		command->run(monitor, values);
	else if (!machine_print_info(monitor->machine, command->name, monitor->out))
		monitor_print(monitor, "this machine has nothing to tell about '%s'\n", command->name);
	for (unsigned n = 0; n < MOST_ARGUMENTS; n++)
		g_free(values[n].text);
}

static void unknown(Monitor *monitor, const Command *table, const char *prefix, const char *name)
{
	g_autoptr(Nearest) nearest = nearest_new(name);
	for (const Command *command = table; command->name; command++)
		nearest_offer(nearest, command->name);
	g_autofree char *hint = nearest_hint(nearest);
	monitor_print(monitor, "unknown command: '%s%s'%s\n", prefix, name, hint);
}

/* Up to what isn't a letter, so that "x/4xb" and "p/x" do without a blank. */
static char *command_name(const char **at)
{
	skip_blanks(at);
	const char *start = *at;
	while (**at && !g_ascii_isspace(**at) && **at != '/')
		++*at;
	return g_strndup(start, (gsize)(*at - start));
}

void command_run_line(Monitor *monitor, const char *line)
{
	g_autofree char *name = command_name(&line);
	if (!*name && !*line)
		return;
	const Command *command = command_find(command_table, name);
	if (!command) {
		unknown(monitor, command_table, "", name);
		return;
	}
	machine_hold_cpus(monitor->machine);
	run_command(monitor, command, "", line);
	machine_release_cpus(monitor->machine);
}

/* ---- help and info ---- */

static void print_help(Monitor *monitor, const Command *command, const char *prefix)
{
	monitor_print(monitor, "%s%s%s%s", prefix, command->name, command->alias ? "|" : "", command->alias ? command->alias : "");
	for (unsigned n = 0; n < MOST_ARGUMENTS && command->arguments[n].name; n++) {
		const Argument *a = &command->arguments[n];
		const char *mark = a->type == ARGUMENT_FORMAT ? "/" : a->type == ARGUMENT_FLAG ? "-" : "";
		bool bracket = a->optional && a->type != ARGUMENT_FORMAT;
		monitor_print(monitor, " %s%s%s%s", bracket ? "[" : "", mark, a->name, bracket ? "]" : "");
	}
	monitor_print(monitor, " -- %s\n", command->help);
}

static void print_all_help(Monitor *monitor, const Command *table, const char *prefix)
{
	for (const Command *command = table; command->name; command++)
		print_help(monitor, command, prefix);
}

void command_help(Monitor *monitor, const ArgumentValue *arguments)
{
	if (!arguments[0].given) {
		print_all_help(monitor, command_table, "");
		return;
	}
	const Command *command = command_find(command_table, arguments[0].text);
	if (command)
		print_help(monitor, command, "");
	else
		unknown(monitor, command_table, "", arguments[0].text);
	if (command && command->run == command_info)
		print_all_help(monitor, info_table, "info ");
}

void command_info(Monitor *monitor, const ArgumentValue *arguments)
{
	if (!arguments[0].given) {
		print_all_help(monitor, info_table, "info ");
		return;
	}
	const Command *item = command_find(info_table, arguments[0].text);
	if (item)
		run_command(monitor, item, "info ", arguments[1].given ? arguments[1].text : "");
	else if (!machine_print_info(monitor->machine, arguments[0].text, monitor->out)) /* a device's own */
		unknown(monitor, info_table, "info ", arguments[0].text);
}

/* ---- completion ---- */

static void offer(GPtrArray *words, const char *start, const char *word)
{
	if (word && g_str_has_prefix(word, start))
		g_ptr_array_add(words, g_strdup(word));
}

static void offer_table(GPtrArray *words, const char *start, const Command *table)
{
	for (const Command *command = table; command->name; command++)
		offer(words, start, command->name);
}

/* The last key of a chord; the others stay in front. */
static void offer_keys(GPtrArray *words, const char *start)
{
	const char *dash = strrchr(start, '-'), *last = dash ? dash + 1 : start;
	for (unsigned code = 1; code < 0x300; code++) {
		const char *name = input_key_name((uint16_t)code);
		if (!name || !g_str_has_prefix(name, last))
			continue;
		g_ptr_array_add(words, g_strdup_printf("%.*s%s", (int)(last - start), start, name));
	}
}

/* What goes on from `start` in its folder; folders end with a slash. */
static void offer_files(GPtrArray *words, const char *start)
{
	const char *slash = strrchr(start, '/'), *last = slash ? slash + 1 : start;
	g_autofree char *folder = slash ? g_strndup(start, (gsize)(slash + 1 - start)) : g_strdup("");
	g_autoptr(GDir) dir = g_dir_open(*folder ? folder : ".", 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		if (!g_str_has_prefix(name, last))
			continue;
		g_autofree char *path = g_strconcat(folder, name, NULL);
		g_ptr_array_add(words, g_strconcat(path, g_file_test(path, G_FILE_TEST_IS_DIR) ? "/" : "", NULL));
	}
}

static void offer_argument(Monitor *monitor, GPtrArray *words, ArgumentType type, const char *start)
{
	if (type == ARGUMENT_COMMAND)
		offer_table(words, start, command_table);
	else if (type == ARGUMENT_INFO)
		offer_table(words, start, info_table);
	else if (type == ARGUMENT_KEYS)
		offer_keys(words, start);
	else if (type == ARGUMENT_FILE)
		offer_files(words, start);
	else if (type == ARGUMENT_DRIVE)
		for (unsigned n = 0; n < monitor->machine->blocks->len; n++)
			offer(words, start, block_id(g_ptr_array_index(monitor->machine->blocks, n)));
}

GPtrArray *command_complete(Monitor *monitor, const char *line)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	const char *at = line;
	g_autofree char *name = command_name(&at);
	if (!*at) {
		offer_table(words, name, command_table);
		return words;
	}
	const Command *command = command_find(command_table, name);
	for (unsigned n = 0; command && n < MOST_ARGUMENTS && command->arguments[n].name; n++) {
		const Argument *argument = &command->arguments[n];
		skip_blanks(&at);
		if (argument->type == ARGUMENT_FLAG && *at != '-')
			continue;
		const char *start = at;
		while (*at && !g_ascii_isspace(*at))
			at++;
		if (*at)
			continue;
		offer_argument(monitor, words, argument->type, start);
		break;
	}
	return words;
}
