/* SPDX-License-Identifier: GPL-3.0-or-later */
/* programs-test VIV BITS PROCESSORS SET: a set of programs that tests/programs/make-programs made ends in a Linux guest as on the
 * host, and says the same. One boot, then a subtest for each program. */
#include <glib/gstdio.h>
#include <string.h>

#include "guest.h"

#define MAKER    "tests/programs/make-programs"
#define RUNNER   "LD_LIBRARY_PATH=/programs/lib64:/programs/lib32 /programs/runner -p -s 240 /programs /programs/list"
#define DONE     "guest: done, status 0"
#define SUCCESS  "exit:0"
#define LEFT_OUT "SKIPPED"

typedef struct Result {
	char *how, *output; /* how it ended, what it said */
	GString *said;      /* more of that, where it failed */
} Result;

typedef struct Case {
	const Result *native, *guest; /* NULL: it never ran */
} Case;

typedef struct Boot {
	const char *viv, *bits, *cpus;
	char *kernel, *initrd, *list; /* files in the guests' folder */
	GHashTable *native, *guest;   /* name -> Result */
	GString *trouble;             /* what kept the guest from its end; empty: nothing */
} Boot;

static void result_free(gpointer data)
{
	Result *result = data;
	g_free(result->how);
	g_free(result->output);
	g_string_free(result->said, TRUE);
	g_free(result);
}

/* "program NAME HOW OUTPUT" lines, each with "| ..." lines behind it: name -> Result. */
static GHashTable *results_of(const char *text)
{
	GHashTable *results = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, result_free);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	Result *last = NULL;
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", -1);
		if (g_str_has_prefix(*line, "| ") && last)
			g_string_append_printf(last->said, "%s\n", *line);
		if (g_strv_length(words) != 4 || strcmp(words[0], "program"))
			continue;
		last = g_new(Result, 1);
		*last = (Result){g_strdup(words[2]), g_strdup(words[3]), g_string_new(NULL)};
		g_hash_table_insert(results, g_strdup(words[1]), last);
	}
	return results;
}

static GHashTable *run_on_host(const Boot *boot)
{
	g_autofree char *file = g_strdup_printf("programs/runner%s", boot->bits);
	g_autofree char *runner = guest_path(file), *folder = guest_path("programs/bin"), *list = guest_path(boot->list);
	/* Milliseconds do for any of them; but some hang on hosts that are virtual machines themselves. And some print memory that malloc()
	 * gave them: meson has it filled with a random byte, which the guest's isn't. */
	const char *argv[] = {"/usr/bin/env", "-u", "MALLOC_PERTURB_", runner, "-s", "20", folder, list, NULL};
	int status = -1;
	g_autofree char *text = guest_run(argv, GUEST_SILENCE_SECONDS, NULL, NULL, &status);
	if (!text || status)
		g_string_append_printf(boot->trouble, "%s ended with status %d; ", runner, status);
	return results_of(text ? text : "");
}

/* The programs' results come from the debug port, the kernel's log goes to a file. */
static GHashTable *run_in_guest(const Boot *boot)
{
	g_autofree char *kernel = guest_path(boot->kernel), *initrd = guest_path(boot->initrd), *log = NULL, *serial = NULL;
	g_autofree char *append = g_strdup_printf("console=ttyS0 guestrun=\"%s\"", RUNNER);
	int file = g_file_open_tmp("programs-XXXXXX.log", &log, NULL), status = -1;
	g_autofree char *log_option = g_strdup_printf("file:%s", log);
	const char *memory = strcmp(boot->bits, "64") ? "1024" : "4096"; /* a program has 3 GB of variables */
	const char *argv[] = {boot->viv, "run", "-m", memory, "-cpu", "max", "-smp", boot->cpus, "-display", "none", "-serial",
		log_option, "-debugcon", "stdio", "-monitor", "none", "-no-reboot", "-kernel", kernel, "-initrd", initrd,
		"-append", append, NULL};
	g_close(file, NULL);
	g_autofree char *text = guest_run(argv, GUEST_SILENCE_SECONDS, NULL, NULL, &status);
	if (status || !g_file_get_contents(log, &serial, NULL, NULL) || !strstr(serial, DONE)) {
		g_string_append_printf(boot->trouble, "the emulator's exit status is %d, and the guest %s", status,
			serial && strstr(serial, DONE) ? "came to its end" : "never said \"" DONE "\"");
		guest_show_end(serial ? serial : "");
	}
	g_unlink(log);
	return results_of(text ? text : "");
}

static void boot_case(gconstpointer data)
{
	const Boot *boot = data;
	if (!guest_has(boot->kernel, "tests/linux/make-guest") || !guest_has(boot->initrd, MAKER))
		return;
	g_assert_cmpstr(boot->trouble->str, ==, "");
	g_assert_cmpuint(g_hash_table_size(boot->native), >, 0);
	g_assert_cmpuint(g_hash_table_size(boot->guest), ==, g_hash_table_size(boot->native));
}

static void program_case(gconstpointer data)
{
	const Case *c = data;
	if (!c->guest) {
		g_test_message("never ran in the guest");
		g_test_fail();
		return;
	}
	/* Where the host can't run it, the program's own verdict stands: the host's processor may lack what the guest's has, or
	 * its kernel. */
	if (!strcmp(c->guest->how, SUCCESS) && (strcmp(c->native->how, SUCCESS) || !strcmp(c->native->output, LEFT_OUT)))
		return;
	g_assert_cmpstr(c->guest->how, ==, c->native->how);
	g_assert_cmpstr(c->guest->output, ==, c->native->output);
	if (strcmp(c->guest->how, c->native->how))
		guest_show_end(c->guest->said->str);
}

/* The cases stay until the program ends: the tests point to them. */
static void add_programs(const Boot *boot, const char *group)
{
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(boot->native), (GCompareFunc)strcmp);
	for (GList *name = names; name; name = name->next) {
		g_autofree char *path = g_strdup_printf("%s/%s", group, (char *)name->data);
		Case *c = g_new(Case, 1);
		*c = (Case){g_hash_table_lookup(boot->native, name->data), g_hash_table_lookup(boot->guest, name->data)};
		g_test_add_data_func_full(path, c, program_case, g_free);
	}
}

static bool is_file(const char *name)
{
	g_autofree char *path = guest_path(name);
	return g_file_test(path, G_FILE_TEST_EXISTS);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 5) {
		g_printerr("usage: programs-test VIV BITS PROCESSORS SET\n");
		return 2;
	}
	g_autoptr(GHashTable) native = NULL, guest = NULL;
	g_autofree char *kernel = g_strdup_printf("k%s", argv[2]);
	g_autofree char *initrd = g_strdup_printf("programs-%s-%s.gz", argv[4], argv[2]);
	g_autofree char *list = g_strdup_printf("programs/list-%s-%s", argv[4], argv[2]);
	g_autofree char *group = g_strdup_printf("/programs/%s/%s-bit/smp-%s", argv[4], argv[2], argv[3]);
	g_autofree char *path = g_strdup_printf("%s/boot", group);
	Boot boot = {.viv = argv[1],
		.bits = argv[2],
		.cpus = argv[3],
		.kernel = kernel,
		.initrd = initrd,
		.list = list,
		.trouble = g_string_new(NULL)};
	g_test_add_data_func(path, &boot, boot_case);
	if (is_file(boot.kernel) && is_file(boot.initrd)) {
		native = boot.native = run_on_host(&boot);
		guest = boot.guest = run_in_guest(&boot);
		add_programs(&boot, group);
	}
	int result = g_test_run();
	g_string_free(boot.trouble, TRUE);
	return result;
}
