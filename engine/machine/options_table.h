/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the option table, shared by its users: options.c, options_keys.c and options_help.c. */
#pragma once

#include "machine/config_table.h"
#include "machine/options.h"

/* ---- suboptions: key=value lists ---- */

typedef enum KeyType { KEY_TEXT, KEY_BOOL, KEY_UNSIGNED, KEY_INT, KEY_SIZE /* bytes; a bare number counts in MiB */ } KeyType;

typedef struct Key {
	const char *name;	  /* NULL ends a list */
	KeyType type;
	size_t offset;		  /* into the struct that the list fills */
	const char *const *choices; /* of a text */
	int64_t minimum, maximum; /* of numbers */
} Key;

/* Takes a pair of a list that has free keys; false and *error if it is not known. */
typedef bool KeyOther(void *owner, const char *name, const char *value, GError **error);

/* Parses "value,key=value,flag,noflag" (commas in values doubled) into `into`. `implied` is the key of a first item without '=',
 * NULL: there is none. `other` takes keys that aren't in the list, NULL: they are unknown. */
bool options_parse_keys(const char *option, const char *text, const Key *keys, const char *implied, void *into, KeyOther *other,
			void *owner, GError **error);
/* One value as the key wants it. */
bool options_parse_value(const char *option, const Key *key, const char *value, void *into, GError **error);
bool options_parse_bool(const char *value, bool *on);
/* "512", "512M", "2G", "1.5G"; `unit` is what a bare number counts. */
bool options_parse_size(const char *value, uint64_t unit, uint64_t *bytes);

/* ---- options ---- */

typedef struct OptionsParse {
	MachineConfig *config;
	OptionsAction *action;
	bool serial_given, parallel_given, monitor_given, vga_given, smp_given, accel_given, nographic;
} OptionsParse;

typedef struct Option Option;
typedef bool OptionParse(OptionsParse *parse, const Option *option, const char *value, GError **error);

struct Option {
	const char *name;
	const char *argument;	/* as help shows it; NULL: takes none */
	const char *help;	/* lines separated by newlines */
	OptionParse *parse;
	size_t offset;		/* where it lands in the MachineConfig, for the parsers that ask */
	const char *section;	/* help's heading, at the first option of one */
	const char *const *choices;
	int number;		/* of drive shortcuts: the index */
	const char *interface, *media;
};

extern const Option option_table[]; /* ends with a NULL name */

/* options_machine.c's, which other files use too */
OptionParse options_parse_accel, options_parse_machine, options_parse_cpu, options_parse_smp, options_parse_memory, options_parse_name,
	options_parse_uuid;
OptionParse options_parse_boot;
bool options_is_help(const char *value);
/* The command line is a question; the first one is answered. True. */
bool options_ask(OptionsParse *parse, OptionsActionKind kind, const char *subject);
bool options_ask_list(OptionsParse *parse, const char *const *names);
void options_replace(char **text, const char *value);
void options_machine_help(GString *out);

/* Processors' numbers that -smp left at 0. */
void options_complete_topology(MachineConfig *config);

G_GNUC_PRINTF(3, 4) bool options_fail(GError **error, const char *option, const char *format, ...);
/* "'x' is not known (did you mean 'y'?)" */
bool options_unknown(GError **error, const char *option, const char *what, const char *name, const char *const *known);
