/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pc.h"

#include <string.h>

#include "display/surface.h"
#include "machine/options.h"
#include "monitor/monitor.h"

enum {
	PATIENCE_SECONDS = 240, /* what is waited for takes some seconds on a quiet host */
	LOOK_EVERY_US = 20000,
	KEY_HELD_MS = 30,
};

struct Pc {
	Machine *machine;
	Monitor *monitor;
	gint ended; /* atomic */
};

/* ---- what the host must have ---- */

const char *pc_need_file(const char *path, const char *package)
{
	if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return path;
	g_autofree char *reason = g_strdup_printf("no %s: Debian's package %s has it", path, package);
	g_test_skip(reason);
	return NULL;
}

static bool has_firmware(void)
{
	for (const char *const *place = machine_file_places(); *place; place++) {
		g_autofree char *path = g_build_filename(*place, "bios-256k.bin", NULL);
		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return true;
	}
	return false;
}

bool pc_need_firmware(void)
{
	if (has_firmware())
		return true;
	g_test_skip("no SeaBIOS: Debian's package seabios has it");
	return false;
}

/* ---- the machine ---- */

static void ended(void *owner, int exit_status)
{
	Pc *pc = owner;
	(void)exit_status;
	g_atomic_int_set(&pc->ended, 1);
}

static Machine *new_machine(const char *options, GError **error)
{
	/* A port that is none is a port nevertheless: the next -serial would be the second one. */
	const char *serial = strstr(options, "-serial ") ? "" : "-serial none";
	g_autofree char *line = g_strdup_printf("-display none %s -parallel none -monitor none %s", serial, options);
	g_auto(GStrv) words = NULL;
	int count = 0;
	if (!g_shell_parse_argv(line, &count, &words, error))
		return NULL;
	g_autoptr(MachineConfig) config = config_new();
	g_auto(OptionsAction) action = {.kind = OPTIONS_RUN};
	return options_parse(config, count, words, &action, error) ? machine_new(config, error) : NULL;
}

Pc *pc_new(const char *options)
{
	static const MachineListener listener = {.ended = ended};
	g_autoptr(GError) error = NULL;
	g_test_message("%s", options);
	Machine *machine = new_machine(options, &error);
	g_assert_no_error(error);
	if (!machine)
		return NULL;
	Pc *pc = g_new0(Pc, 1);
	pc->machine = machine;
	machine_listen(machine, &listener, pc);
	machine_lock(machine);
	pc->monitor = monitor_new(machine, NULL);
	machine_unlock(machine);
	machine_start(machine);
	return pc;
}

void pc_free(Pc *pc)
{
	if (!pc)
		return;
	machine_lock(pc->machine);
	monitor_free(pc->monitor);
	machine_unlock(pc->machine);
	machine_free(pc->machine);
	g_free(pc);
}

Machine *pc_machine(Pc *pc)
{
	return pc->machine;
}

/* ---- waiting ---- */

char *pc_text(Pc *pc)
{
	struct Surface *surface = machine_surface(pc->machine);
	machine_lock(pc->machine);
	char *text = surface ? surface_text(surface) : NULL;
	machine_unlock(pc->machine);
	return text;
}

static void show_screen(Pc *pc)
{
	g_autofree char *text = pc_text(pc);
	g_auto(GStrv) lines = g_strsplit(text ? text : "(no text: a graphics mode, or no display)", "\n", -1);
	for (char **line = lines; *line; line++)
		if (**line)
			g_test_message("screen: %s", *line);
}

/* While golden screens are made, nobody wants to wait long for those that aren't there yet. */
static gint64 patience_us(void)
{
	const char *seconds = g_getenv("VIV_TEST_PATIENCE_SECONDS");
	return (seconds ? g_ascii_strtoll(seconds, NULL, 10) : PATIENCE_SECONDS) * G_TIME_SPAN_SECOND;
}

bool pc_wait(Pc *pc, bool (*done)(Pc *pc, void *data), void *data, const char *what)
{
	gint64 limit = g_get_monotonic_time() + patience_us();
	while (!done(pc, data)) {
		bool over = g_atomic_int_get(&pc->ended);
		if (over || g_get_monotonic_time() > limit) {
			g_test_message("%s: %s", over ? "the machine ended without" : "waited in vain for", what);
			show_screen(pc);
			g_test_fail();
			return false;
		}
		g_usleep(LOOK_EVERY_US);
	}
	return true;
}

static bool shows_text(Pc *pc, void *data)
{
	g_autofree char *text = pc_text(pc);
	return text && strstr(text, data);
}

bool pc_wait_text(Pc *pc, const char *text)
{
	return pc_wait(pc, shows_text, (void *)text, text);
}

static bool has_ended(Pc *pc, void *data)
{
	(void)data;
	return g_atomic_int_get(&pc->ended);
}

int pc_wait_end(Pc *pc)
{
	return pc_wait(pc, has_ended, NULL, "the machine's end") ? machine_wait(pc->machine) : -1;
}

/* ---- keys ---- */

void pc_hold_key(Pc *pc, const char *key, unsigned ms)
{
	g_autofree char *line = g_strdup_printf("sendkey %s %u", key, ms);
	machine_lock(pc->machine);
	g_autofree char *answer = monitor_run(pc->monitor, line);
	machine_unlock(pc->machine);
	g_assert_cmpstr(answer, ==, "");
}

void pc_key(Pc *pc, const char *key)
{
	pc_hold_key(pc, key, KEY_HELD_MS);
}

/* On the United States' keyboard. */
static char *key_of(char character)
{
	static const struct {
		char character;
		const char *key;
	} others[] = {{' ', "spc"}, {'/', "slash"}, {'.', "dot"}, {',', "comma"}, {'-', "minus"}, {'=', "equal"},
		{'(', "shift-9"}, {')', "shift-0"}, {'+', "shift-equal"}, {'_', "shift-minus"}};
	for (unsigned n = 0; n < G_N_ELEMENTS(others); n++)
		if (others[n].character == character)
			return g_strdup(others[n].key);
	if (g_ascii_isupper(character))
		return g_strdup_printf("shift-%c", g_ascii_tolower(character));
	return g_strdup_printf("%c", character);
}

bool pc_type(Pc *pc, const char *prompt, const char *line)
{
	for (unsigned n = 0; line[n]; n++) {
		g_autofree char *key = key_of(line[n]);
		/* Lines of the screen's text have no spaces at their end. */
		g_autofree char *typed = g_strchomp(g_strdup_printf("%s%.*s", prompt, (int)n + 1, line));
		pc_key(pc, key);
		if (!pc_wait_text(pc, typed))
			return false;
	}
	pc_key(pc, "ret");
	return true;
}
