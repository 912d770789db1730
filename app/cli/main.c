/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viv: the engine without a window. */
#include <stdio.h>
#include <string.h>

#include "run.h"

typedef struct Command {
	const char *name, *arguments, *help;
	int (*run)(int argc, char **argv);
} Command;

static int complain(const GError *error)
{
	fprintf(stderr, "viv: %s\n", error->message);
	return 1;
}

/* "--config FILE", or options. NULL: *status is what the process ends with, after a text was printed or an error. */
static VivConfig *config_from(int argc, char **argv, int *status)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *answer = NULL;
	VivConfig *config = NULL;
	if (argc == 2 && !strcmp(argv[0], "--config"))
		config = viv_config_from_file(argv[1], &error);
	else if (argc > 0 && !strcmp(argv[0], "--config"))
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--config takes one file, and no options beside it");
	else
		config = viv_config_from_options(argc, argv, &answer, &error);
	if (answer)
		fputs(answer, stdout);
	*status = error ? complain(error) : 0;
	return config;
}

static int command_run(int argc, char **argv)
{
	int status;
	g_autoptr(VivConfig) config = config_from(argc, argv, &status);
	return config ? run_machine(config) : status;
}

static int command_show_config(int argc, char **argv)
{
	int status;
	g_autoptr(VivConfig) config = config_from(argc, argv, &status);
	if (config) {
		g_autofree char *json = viv_config_to_json(config);
		puts(json);
	}
	return status;
}

/* clang-format off */
static const Command commands[] = {
	{ "run", "OPTIONS... | --config FILE", "run a machine, with QEMU's options (viv run -help) or from a document", command_run },
	{ "show-config", "OPTIONS... | --config FILE", "print the machine's configuration as a JSON document", command_show_config },
};
/* clang-format on */

static int help(FILE *out)
{
	fputs("usage: viv COMMAND ...\n\n", out);
	for (unsigned n = 0; n < G_N_ELEMENTS(commands); n++)
		fprintf(out, "  %-12s %s\n  %-12s %s\n", commands[n].name, commands[n].arguments, "", commands[n].help);
	fputs("  --help       this text\n  --version    the version\n", out);
	return out == stderr;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr);
	const char *name = argv[1];
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help"))
		return help(stdout);
	if (!strcmp(name, "--version") || !strcmp(name, "-version")) {
		printf("viv %s\n", viv_version());
		return 0;
	}
	for (unsigned n = 0; n < G_N_ELEMENTS(commands); n++)
		if (!strcmp(name, commands[n].name))
			return commands[n].run(argc - 2, argv + 2);
	fprintf(stderr, "viv: there is no command '%s'; viv --help lists them\n", name);
	return 1;
}
