/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the dialogs' models write is what the started machine has: random valid settings, read back by its monitor. And what starting and
 * ending a machine does to its files: none of this needs a display. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "library/document.h"
#include "library/files.h"
#include "library/install.h"
#include "library/settings.h"
#include "machine.h"

enum { ROUNDS = 12, PATIENCE_S = 120, MIB = 1 << 20 };

typedef struct Fixture {
	char *folder;
	VivaEntry *entry;
	VivaSettings *settings;
	VivaMachine *machine;
	char *failure; /* the last one; NULL: none */
} Fixture;

static void on_refused(Fixture *fixture, const char *message)
{
	g_test_message("refused: %s", message);
	g_test_fail();
}

static void on_failed(Fixture *fixture, const GError *error)
{
	g_free(fixture->failure);
	fixture->failure = g_strdup(error->message);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vivarium-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(fixture->folder, "machine.json", NULL);
	g_autoptr(JsonObject) config = viva_document_new_config();
	g_assert_true(viva_document_write(config, path, NULL));
	fixture->entry = viva_entry_new(fixture->folder);
	fixture->settings = viva_settings_new(fixture->entry);
	fixture->machine = viva_machine_new(fixture->entry);
	g_signal_connect_swapped(fixture->settings, "refused", G_CALLBACK(on_refused), fixture);
	g_signal_connect_swapped(fixture->machine, "failed", G_CALLBACK(on_failed), fixture);
}

/* A thread that has just finished may still hold what it worked on. */
static void let_go(gpointer object)
{
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	while (G_OBJECT(object)->ref_count > 1 && g_get_monotonic_time() < end)
		if (!g_main_context_iteration(NULL, FALSE))
			g_usleep(1000);
	g_assert_finalize_object(G_OBJECT(object));
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	let_go(fixture->machine);
	let_go(fixture->settings);
	let_go(fixture->entry);
	viva_files_remove(fixture->folder, NULL);
	g_free(fixture->folder);
	g_free(fixture->failure);
}

/* ---- the machine ---- */

static gboolean wake(gpointer data)
{
	return G_SOURCE_CONTINUE;
}

static bool wait_until(Fixture *fixture, bool (*holds)(VivaMachine *machine))
{
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	guint timer = g_timeout_add(20, wake, NULL);
	while (!holds(fixture->machine) && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
	return holds(fixture->machine);
}

static bool has_begun(VivaMachine *machine)
{
	VivaRun run = viva_machine_get_run(machine);
	return viva_machine_is_on(machine) || run == VIVA_RUN_OFF;
}

static bool is_off(VivaMachine *machine)
{
	return viva_machine_get_run(machine) == VIVA_RUN_OFF;
}

static bool start(Fixture *fixture)
{
	viva_machine_start(fixture->machine);
	g_assert_true(wait_until(fixture, has_begun));
	return viva_machine_is_on(fixture->machine);
}

static void stop(Fixture *fixture)
{
	viva_machine_power_off(fixture->machine);
	g_assert_true(wait_until(fixture, is_off));
}

typedef struct Answer {
	bool done;
	char *text;
	VivUsage usage;
} Answer;

static void got_text(GObject *machine, GAsyncResult *result, gpointer data)
{
	Answer *answer = data;
	answer->text = viva_machine_text_finish(VIVA_MACHINE(machine), result, NULL);
	answer->done = true;
}

static void got_usage(GObject *machine, GAsyncResult *result, gpointer data)
{
	Answer *answer = data;
	g_assert_true(viva_machine_usage_finish(VIVA_MACHINE(machine), result, &answer->usage, NULL));
	answer->done = true;
}

static char *ask(Fixture *fixture, const char *line)
{
	Answer answer = { 0 };
	viva_machine_command_async(fixture->machine, line, got_text, &answer);
	while (!answer.done)
		g_main_context_iteration(NULL, TRUE);
	return answer.text ? answer.text : g_strdup("");
}

static VivUsage usage_of(Fixture *fixture)
{
	Answer answer = { 0 };
	viva_machine_usage_async(fixture->machine, got_usage, &answer);
	while (!answer.done)
		g_main_context_iteration(NULL, TRUE);
	return answer.usage;
}

/* ---- random settings ---- */

static int dice(int count)
{
	return g_test_rand_int_range(0, count);
}

static char *make_image(Fixture *fixture, unsigned n, guint64 size)
{
	static const char *const names[] = { "disk-%u.img", "a, comma %u.img", "Größe %u.img", "quote\" %u.img" };
	g_autofree char *name = g_strdup_printf(names[dice(G_N_ELEMENTS(names))], n), *path = g_build_filename(fixture->folder, name, NULL);
	g_unlink(path);
	g_assert_true(viva_files_make_disk(path, size, NULL));
	return g_steal_pointer(&path);
}

static void choose_drives(Fixture *fixture)
{
	while (viva_settings_get_length(fixture->settings, "drives"))
		g_assert_true(viva_settings_remove_item(fixture->settings, "drives", 0));
	for (int n = 0, count = dice(5); n < count; n++) {
		bool floppy = dice(5) == 0, cd = !floppy && dice(3) == 0;
		g_autofree char *file = dice(4) || !(cd || floppy) ? make_image(fixture, (unsigned)n, floppy ? 1440 * 1024 : MIB) : NULL;
		if (n > 1 && floppy)
			continue; /* two drives on the controller */
		g_assert_true(viva_settings_add_drive(fixture->settings, floppy ? "floppy" : "ide", cd ? "cdrom" : "disk", file));
		unsigned last = viva_settings_get_length(fixture->settings, "drives") - 1;
		if (!cd)
			g_assert_true(viva_settings_set_item_flag(fixture->settings, "drives", last, "read-only", !floppy && dice(3) == 0));
	}
}

static void choose(Fixture *fixture)
{
	static const char *const ports[] = { "null", "vc", "none" };
	VivaSettings *settings = fixture->settings;
	g_assert_true(viva_settings_set_number(settings, "memory/bytes", (gint64)(1 + dice(256)) * MIB));
	g_assert_true(viva_settings_set_topology(settings, 1 + dice(2), 1 + dice(2), 1 + dice(2)));
	g_assert_true(viva_settings_set_text(settings, "display/adapter", dice(3) ? "std" : "none"));
	g_assert_true(viva_settings_set_text(settings, "rtc/drift-fix", dice(2) ? "slew" : NULL));
	g_assert_true(viva_settings_set_text(settings, "machine/accelerators", dice(2) ? "jit:interp" : "interp"));
	g_assert_true(viva_settings_set_flag(settings, "run/paused", dice(2)));
	for (unsigned n = 0; n < 4; n++)
		g_assert_true(viva_settings_set_port(settings, "serials", n, ports[dice(G_N_ELEMENTS(ports))]));
	for (unsigned n = 0; n < 3; n++)
		g_assert_true(viva_settings_set_port(settings, "parallels", n, dice(2) ? "null" : "none"));
	while (viva_settings_get_length(settings, "devices"))
		g_assert_true(viva_settings_remove_item(settings, "devices", 0));
	if (dice(2))
		g_assert_true(viva_settings_add_device(settings, "isa-debug-exit", "iobase=0x501,iosize=2"));
	choose_drives(fixture);
}

/* ---- read back ---- */

static unsigned count(const char *text, const char *word)
{
	unsigned n = 0;
	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

static void check_drives(Fixture *fixture)
{
	g_autofree char *block = ask(fixture, "info block");
	unsigned drives = viva_settings_get_length(fixture->settings, "drives");
	g_assert_cmpuint(count(block, "Attached to:"), ==, drives);
	for (unsigned n = 0; n < drives; n++) {
		JsonObject *drive = viva_settings_get_item(fixture->settings, "drives", n);
		const char *file = viva_document_get_string(drive, "file"), *id = viva_document_get_string(drive, "id");
		bool cd = !g_strcmp0(viva_document_get_string(drive, "media"), "cdrom");
		g_autofree char *line = file ? g_strdup_printf("%s: %s (raw%s)\n", id, file, cd || viva_document_get_bool(drive, "read-only") ? ", read-only" : "")
					     : g_strdup_printf("%s: [not inserted]\n", id);
		if (!strstr(block, line))
			g_test_message("no '%s' in '%s'", line, block);
		g_assert_nonnull(strstr(block, line));
	}
}

static void check_ports(Fixture *fixture, const char *chardevs, const char *list, const char *name)
{
	unsigned length = viva_settings_get_length(fixture->settings, list);
	for (unsigned n = 0; n < length; n++) {
		const char *port = viva_settings_get_port(fixture->settings, list, n);
		/* One that nobody connected is a terminal in the window. */
		const char *told = length == 1 && !strcmp(list, "serials") && !strcmp(port, "null") ? "vc" : port;
		g_autofree char *line = g_strdup_printf("%s%u: filename=%s", name, n, told);
		g_assert_cmpint(strstr(chardevs, line) != NULL, ==, strcmp(port, "none") != 0);
	}
}

/* The RTC's property in `info qtree`; other clocks have one of the same name. */
static bool clock_slews(const char *tree)
{
	const char *clock = strstr(tree, "dev: mc146818rtc"), *policy = clock ? strstr(clock, "lost_tick_policy = ") : NULL;
	g_assert_nonnull(policy);
	return g_str_has_prefix(policy, "lost_tick_policy = slew");
}

static void check(Fixture *fixture)
{
	VivaSettings *settings = fixture->settings;
	VivUsage usage = usage_of(fixture);
	g_autofree char *status = ask(fixture, "info status"), *cpus = ask(fixture, "info cpus"), *tree = ask(fixture, "info qtree");
	g_autofree char *chardevs = ask(fixture, "info chardev"), *jit = ask(fixture, "info jit");
	g_assert_cmpint(strstr(status, "paused") != NULL, ==, viva_settings_get_flag(settings, "run/paused"));
	g_assert_cmpuint(usage.memory_bytes, ==, (guint64)viva_settings_get_number(settings, "memory/bytes"));
	g_assert_cmpuint(usage.cpus, ==, (guint)viva_settings_get_number(settings, "cpu/count"));
	g_assert_cmpuint(count(cpus, "CPU #"), ==, usage.cpus);
	g_assert_cmpint(strstr(tree, "dev: VGA") != NULL, ==, !strcmp(viva_settings_get_text(settings, "display/adapter"), "std"));
	g_assert_cmpint(clock_slews(tree), ==, !strcmp(viva_settings_get_text(settings, "rtc/drift-fix"), "slew"));
	g_assert_cmpint(strstr(tree, "dev: isa-debug-exit") != NULL, ==, viva_settings_get_length(settings, "devices") > 0);
	if (!strcmp(viva_settings_get_text(settings, "machine/accelerators"), "interp"))
		g_assert_nonnull(strstr(jit, "everything is interpreted"));
	check_ports(fixture, chardevs, "serials", "serial");
	check_ports(fixture, chardevs, "parallels", "parallel");
	check_drives(fixture);
}

static void test_random(Fixture *fixture, gconstpointer data)
{
	for (unsigned n = 0; n < ROUNDS && !g_test_failed(); n++) {
		choose(fixture);
		bool on = start(fixture);
		if (!on)
			g_test_message("%s", fixture->failure);
		g_assert_true(on);
		if (!on)
			return;
		check(fixture);
		stop(fixture);
	}
}

/* ---- what can't be run ---- */

/* Each is named, and nothing is left behind that stands in the way of another start. */
static void test_bad(Fixture *fixture, gconstpointer data)
{
	g_autofree char *missing = g_build_filename(fixture->folder, "missing.img", NULL);
	g_assert_true(viva_settings_add_drive(fixture->settings, "ide", "disk", missing));
	unsigned last = viva_settings_get_length(fixture->settings, "drives") - 1;
	const char *const files[] = { missing, fixture->folder };
	for (unsigned n = 0; n < G_N_ELEMENTS(files); n++) {
		g_assert_true(viva_settings_set_item_text(fixture->settings, "drives", last, "file", files[n]));
		g_assert_false(start(fixture));
		g_assert_nonnull(fixture->failure);
		g_assert_true(fixture->failure && strstr(fixture->failure, files[n]));
		g_clear_pointer(&fixture->failure, g_free);
	}
	g_autofree char *disk = make_image(fixture, 1, MIB);
	g_assert_true(viva_settings_set_item_text(fixture->settings, "drives", last, "file", disk));
	if (geteuid()) { /* who is root reads all */
		g_assert_cmpint(g_chmod(disk, 0), ==, 0);
		g_assert_false(start(fixture));
		g_assert_true(fixture->failure && strstr(fixture->failure, disk));
		g_clear_pointer(&fixture->failure, g_free);
		g_assert_cmpint(g_chmod(disk, 0600), ==, 0);
	}
	g_assert_true(start(fixture));
	stop(fixture);
	g_assert_null(fixture->failure);
}

/* ---- an installation ---- */

static void make_bootable(const char *disk)
{
	FILE *file = g_fopen(disk, "r+b");
	g_assert_nonnull(file);
	g_assert_cmpint(fseek(file, 510, SEEK_SET), ==, 0);
	g_assert_cmpuint(fwrite("\x55\xaa", 1, 2, file), ==, 2);
	fclose(file);
}

static void test_install(Fixture *fixture, gconstpointer data)
{
	g_autofree char *disk = g_build_filename(fixture->folder, "disk-1.img", NULL), *disc = g_build_filename(fixture->folder, "install.iso", NULL);
	g_assert_true(viva_files_make_disk(disk, MIB, NULL) && viva_files_make_disk(disc, MIB, NULL));
	g_assert_true(viva_settings_set_flag(fixture->settings, "run/paused", true));
	while (viva_settings_get_length(fixture->settings, "drives"))
		g_assert_true(viva_settings_remove_item(fixture->settings, "drives", 0));
	g_assert_true(viva_settings_add_drive(fixture->settings, "ide", "disk", disk) && viva_settings_add_drive(fixture->settings, "ide", "cdrom", disc));
	g_assert_true(start(fixture));
	stop(fixture);
	g_assert_false(viva_machine_has_installed(fixture->machine)); /* it is as empty as before */
	g_assert_true(start(fixture));
	make_bootable(disk); /* in the guest's place */
	stop(fixture);
	g_assert_true(viva_machine_has_installed(fixture->machine));
	g_autoptr(JsonObject) without = viva_install_without_discs(viva_entry_get_config(fixture->entry));
	g_assert_true(viva_settings_set_config(fixture->settings, without));
	g_assert_cmpstr(viva_document_get_string(viva_settings_get_item(fixture->settings, "drives", 0), "file"), ==, disk);
	g_assert_null(viva_document_get_string(viva_settings_get_item(fixture->settings, "drives", 1), "file"));
	g_assert_true(start(fixture));
	stop(fixture);
	g_assert_false(viva_machine_has_installed(fixture->machine)); /* it was installed before */
}

/* ---- sound ---- */

/* The document's volume is followed while it runs; a machine without output runs as well. */
static void test_sound(Fixture *fixture, gconstpointer data)
{
	static const char *const backends[] = { NULL, "none", "gst" };
	for (unsigned n = 0; n < G_N_ELEMENTS(backends); n++) {
		g_assert_true(viva_settings_set_text(fixture->settings, "audio/backend", backends[n]));
		g_assert_true(start(fixture));
		g_assert_true(viva_settings_set_number(fixture->settings, "audio/volume-percent", 10 * (gint64)n));
		g_assert_true(viva_settings_set_flag(fixture->settings, "audio/muted", n == 1));
		stop(fixture);
		g_assert_null(fixture->failure);
	}
}

int main(int argc, char **argv)
{
	static const struct { const char *path; void (*test)(Fixture *fixture, gconstpointer data); } tests[] = {
		{ "/running/random", test_random }, { "/running/bad", test_bad }, { "/running/install", test_install }, { "/running/sound", test_sound },
	};
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_setenv("VIVARIUM_SOUND_SINK", "fakesink", TRUE);
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++)
		g_test_add(tests[n].path, Fixture, NULL, set_up, tests[n].test, tear_down);
	return g_test_run();
}
