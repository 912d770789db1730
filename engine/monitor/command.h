/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command table: names, typed arguments, help and functions. The terminal (hmp.c), help and completion read it.
 * Machine thread, under the machine's lock. */
#pragma once

#include "base/clock.h"
#include "machine/machine-private.h"
#include "monitor/monitor.h"

typedef enum ArgumentType {
	ARGUMENT_NONE,
	ARGUMENT_WORD,	 /* up to a blank; quoted with " it may have some */
	ARGUMENT_NUMBER, /* an expression */
	ARGUMENT_SIGNED, /* a number up to a blank: "10 -10" are two */
	ARGUMENT_FORMAT, /* "/4xb", optional */
	ARGUMENT_FLAG,	 /* "-f": its name is the letter, optional */
	ARGUMENT_REST,	 /* the rest of the line */
	ARGUMENT_FILE,	 /* a word that is completed to files' names */
	ARGUMENT_DRIVE,	 /* a word that is completed to drives' names */
	ARGUMENT_KEYS,	 /* a word that is completed to keys' names */
	ARGUMENT_INFO,	 /* a word that is completed to info's items */
	ARGUMENT_COMMAND,
} ArgumentType;

/* A format's letter and size where none was given yet. */
#define DUMP_FORMAT_FIRST ((DumpFormat){ 1, 4, 'x' })

enum { MOST_ARGUMENTS = 5, MOST_KEYS = 16 };

typedef struct Argument {
	const char *name;
	ArgumentType type;
	bool optional;
} Argument;

typedef struct DumpFormat {
	unsigned count, size;
	char letter; /* x d u o c i */
} DumpFormat;

typedef struct ArgumentValue {
	bool given;
	char *text;
	int64_t number;
	DumpFormat format;
} ArgumentValue;

struct Monitor {
	Machine *machine;
	CharDev *chardev;	/* NULL: commands come by monitor_run() */
	GString *out;		/* what the running command prints */
	GPtrArray *history;	/* char * */
	GString *line, *draft;	/* draft: the line before the history was leafed through */
	size_t cursor;
	unsigned history_at, escape, parameter;
	GByteArray *pending;	/* output that the other side had no room for */
	GSource *retry;
	bool closing, greeted, connected;
	bool unfocused;		/* it shares its character device, and somebody else has the keys */
	unsigned cpu;		/* whose registers and memory are looked at */
	unsigned buttons;	/* mouse_button's last */
	DumpFormat format;	/* letter and size that the last format had: what the next one leaves out */
	Timer key_timer;
	uint16_t keys[MOST_KEYS];
	unsigned key_count;
};

typedef void CommandFn(Monitor *monitor, const ArgumentValue *arguments);

typedef struct Command {
	const char *name, *alias;	/* alias NULL: none */
	Argument arguments[MOST_ARGUMENTS];
	const char *help;
	CommandFn *run;
} Command;

extern const Command command_table[], info_table[]; /* end with a NULL name */
const Command *command_find(const Command *table, const char *name);

void monitor_print(Monitor *monitor, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Runs the line; prints to monitor->out. */
void command_run_line(Monitor *monitor, const char *line);
/* What the word before the cursor may go on with: char *, complete words. */
GPtrArray *command_complete(Monitor *monitor, const char *line);

/* An expression as `print` takes it, up to where none goes on; false and *problem (static): what is wrong. */
bool expression_parse(Monitor *monitor, const char **text, int64_t *value, const char **problem);
/* A processor's register by the name behind the '$'. */
bool monitor_register(Monitor *monitor, const char *name, uint64_t *value);
Cpu *monitor_cpu(Monitor *monitor);

/* The commands, by file. */
CommandFn command_help, command_quit, command_stop, command_cont, command_reset, command_powerdown, command_wakeup, command_info,
	command_sendkey, command_mouse_move, command_mouse_button, command_screendump, command_eject, command_change;
CommandFn command_x, command_xp, command_print, command_port_in, command_port_out;
CommandFn info_registers, info_mem, info_tlb;
CommandFn info_status, info_version, info_chardev, info_block, info_qtree, info_cpus, info_mtree, info_jit;
void sendkey_cancel(Monitor *monitor);
void monitor_release_keys(void *monitor); /* sendkey's timer */
