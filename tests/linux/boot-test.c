/* SPDX-License-Identifier: GPL-3.0-or-later */
/* boot-test VIV KERNELLOG BITS PROCESSORS none|quick|whole [ACCELERATOR]: Debian's kernel boots on the emulator to user space, computes there
 * what the host computes (guestbench: its quick part, all of it, or none), complains of nothing (in the judgement of KERNELLOG,
 * which is kernellog.py), and switches the machine off. The guests come from tests/linux/make-guest, in the folder that
 * VIV_GUEST_FOLDER names. */
#include <string.h>

#include "guest.h"

#define MAKER      "tests/linux/make-guest"
#define USER_SPACE "user space up"

/* A kernel unpacks itself in silence, and verified code is some hundred times slower. */
enum { SLOW_SILENCE_SECONDS = 3600 };

typedef struct Case {
	const char *viv, *kernellog;
	char *kernel, *initrd, *native; /* files in the guests' folder */
	unsigned bits, cpus;
	const char *benchmarks; /* none, quick, whole */
	const char *accelerator; /* -accel; NULL: as is usual */
} Case;

/* What passes quickly on one and on several processors. pipe is not among them: where host processors are scarce, waking another
 * virtual processor 4000 times takes as many time slices. */
static const char quick_benchmarks[] =
	"sieve crc32 sha256 mul64 chase calls strings x87 simdint pagefault syscall atomics selfmod";

/* Runs the guest to its end. What its serial line said, with the seconds until user space (0: never); NULL: it did not even
 * start. */
static char *boot(const Case *c, const char *append, double *up_seconds, int *status)
{
	g_autofree char *kernel = guest_path(c->kernel), *initrd = guest_path(c->initrd);
	g_autofree char *cpus = g_strdup_printf("%u", c->cpus);
	const char *argv[] = {c->viv, "run", "-m", "512", "-smp", cpus, "-display", "none", "-serial", "stdio", "-monitor",
		"none", "-no-reboot", "-kernel", kernel, "-initrd", initrd, "-append", append, c->accelerator ? "-accel" : NULL,
		c->accelerator, NULL};
	return guest_run(argv, c->accelerator ? SLOW_SILENCE_SECONDS : GUEST_SILENCE_SECONDS, USER_SPACE, up_seconds, status);
}

/* ---- what is judged ---- */

/* "bench NAME SECONDS SUM" lines: name -> sum. */
static GHashTable *sums_of(const char *text)
{
	GHashTable *sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", -1);
		if (g_strv_length(words) == 4 && !strcmp(words[0], "bench"))
			g_hash_table_insert(sums, g_strdup(words[1]), g_strdup(words[3]));
	}
	return sums;
}

static char *native_run(const Case *c, const char *names)
{
	g_autofree char *native = guest_path(c->native);
	g_autofree char *command = g_strdup_printf("%s -t 0.001 %s", native, names);
	char *out = NULL;
	GError *error = NULL;
	int status = -1;
	g_spawn_command_line_sync(command, &out, NULL, &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
	return out;
}

static void compare_sums(const Case *c, const char *names, const char *guest_text)
{
	g_autofree char *native_text = native_run(c, names);
	g_autoptr(GHashTable) native = sums_of(native_text ? native_text : ""), guest = sums_of(guest_text);
	GHashTableIter iter;
	gpointer name, sum;
	g_assert_cmpuint(g_hash_table_size(native), >, 0);
	g_hash_table_iter_init(&iter, native);
	while (g_hash_table_iter_next(&iter, &name, &sum)) {
		const char *got = g_hash_table_lookup(guest, name);
		if (g_strcmp0(got, sum)) {
			g_test_message("%s: %s in the guest, %s on the host", (char *)name, got ? got : "nothing", (char *)sum);
			g_test_fail();
		}
	}
}

/* kernellog.py knows what complaints are, and which of them QEMU's machine is told too. */
static void judge_complaints(const Case *c, const char *text)
{
	GError *error = NULL;
	g_autofree char *found = NULL;
	g_autoptr(GBytes) log = g_bytes_new(text, strlen(text));
	g_autoptr(GBytes) out = NULL;
	g_autoptr(GSubprocess) judge = g_subprocess_new(
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "python3", c->kernellog, "judge", NULL);
	if (!judge || !g_subprocess_communicate(judge, log, NULL, &out, NULL, &error)) {
		g_assert_no_error(error);
		return;
	}
	found = g_strndup(g_bytes_get_data(out, NULL), g_bytes_get_size(out));
	if (g_subprocess_get_successful(judge))
		return;
	g_auto(GStrv) lines = g_strsplit(g_strchomp(found), "\n", -1);
	for (char **line = lines; *line; line++)
		g_test_message("the kernel complains: %s", *line);
	g_test_fail();
}

static bool said(const char *text, const char *what)
{
	if (strstr(text, what))
		return true;
	g_test_message("the guest never said \"%s\"", what);
	g_test_fail();
	return false;
}

static void boot_case(gconstpointer data)
{
	const Case *c = data;
	if (!guest_has(c->kernel, MAKER) || !guest_has(c->initrd, MAKER))
		return;
	bool whole = !strcmp(c->benchmarks, "whole"), none = !strcmp(c->benchmarks, "none");
	const char *names = whole ? "" : quick_benchmarks, *seconds = whole ? "0.3" : "0.01";
	g_autofree char *run = none ? g_strdup("true") : g_strdup_printf("guestbench -t %s %s", seconds, names);
	/* A processor that is verified is so slow that the kernel would think that it hangs. */
	g_autofree char *append = g_strdup_printf("console=ttyS0 %sguestrun=\"%s\"", c->accelerator ? "nowatchdog " : "", run);
	g_autofree char *cpus = g_strdup_printf(" s, %u cpus, ", c->cpus);
	double up_seconds = 0;
	int status = -1;
	gint64 start = g_get_monotonic_time();
	g_autofree char *text = boot(c, append, &up_seconds, &status);
	if (!text)
		return;
	g_test_message("%u bits, %u processors: user space after %.1f s, the end after %.1f s", c->bits, c->cpus, up_seconds,
		(double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
	g_assert_cmpint(status, ==, 0);
	judge_complaints(c, text);
	if (!said(text, USER_SPACE) || !said(text, cpus) || !said(text, "guest: done, status 0") ||
		!said(text, "reboot: Power down"))
		guest_show_end(text);
	if (!none)
		compare_sums(c, names, text);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 6 && argc != 7) {
		g_printerr("usage: boot-test VIV KERNELLOG BITS PROCESSORS none|quick|whole [ACCELERATOR]\n");
		return 2;
	}
	unsigned bits = (unsigned)g_ascii_strtoull(argv[3], NULL, 10);
	g_autofree char *kernel = g_strdup_printf("k%u", bits);
	g_autofree char *initrd = g_strdup_printf("initrd%u.gz", bits);
	g_autofree char *native = g_strdup_printf("native%u", bits);
	Case c = {.viv = argv[1],
		.kernellog = argv[2],
		.kernel = kernel,
		.initrd = initrd,
		.native = native,
		.bits = bits,
		.cpus = (unsigned)g_ascii_strtoull(argv[4], NULL, 10),
		.benchmarks = argv[5],
		.accelerator = argc > 6 ? argv[6] : NULL};
	g_autofree char *path = g_strdup_printf("/linux/%u-bit/smp-%u", c.bits, c.cpus);
	g_test_add_data_func(path, &c, boot_case);
	return g_test_run();
}
