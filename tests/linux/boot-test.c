/* SPDX-License-Identifier: GPL-3.0-or-later */
/* boot-test VIV BITS PROCESSORS quick|whole: Debian's kernel boots on the emulator to user space, computes there what the host
 * computes (guestbench, its quick part or all of it), complains of nothing, and switches the machine off. The guests come from
 * tests/linux/make-guest, in the folder that VIV_GUEST_FOLDER names. */
#include <string.h>

#include "guest.h"

#define MAKER      "tests/linux/make-guest"
#define USER_SPACE "user space up"

typedef struct Case {
	const char *viv;
	char *kernel, *initrd, *native; /* files in the guests' folder */
	unsigned bits, cpus;
	bool whole;
} Case;

/* What passes quickly on one and on several processors. pipe is not among them: where host processors are scarce, waking another
 * virtual processor 4000 times takes as many time slices. */
static const char quick_benchmarks[] =
	"sieve crc32 sha256 mul64 chase calls strings x87 simdint pagefault syscall atomics selfmod";

/* What a kernel says about machines that are wrong. In its own spelling: it also says "report a bug" to everybody. */
static const char *const complaints[] = {"BUG", "WARNING", "Firmware Bug", "FIRMWARE BUG", "firmware bug", "unexpected",
	"Unexpected", "ACPI Error", "ACPI BIOS Error", "APIC error", "Oops", "Call Trace", "Kernel panic"};

/* Runs the guest to its end. What its serial line said, with the seconds until user space (0: never); NULL: it did not even
 * start. */
static char *boot(const Case *c, const char *append, double *up_seconds, int *status)
{
	g_autofree char *kernel = guest_path(c->kernel), *initrd = guest_path(c->initrd);
	g_autofree char *cpus = g_strdup_printf("%u", c->cpus);
	const char *argv[] = {c->viv, "run", "-m", "512", "-smp", cpus, "-display", "none", "-serial", "stdio", "-monitor",
		"none", "-no-reboot", "-kernel", kernel, "-initrd", initrd, "-append", append, NULL};
	return guest_run(argv, USER_SPACE, up_seconds, status);
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

static void judge_complaints(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		for (unsigned n = 0; n < G_N_ELEMENTS(complaints); n++)
			if (strstr(*line, complaints[n])) {
				g_test_message("the kernel complains: %s", *line);
				g_test_fail();
				break;
			}
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
	const char *names = c->whole ? "" : quick_benchmarks, *seconds = c->whole ? "0.3" : "0.01";
	g_autofree char *append = g_strdup_printf("console=ttyS0 guestrun=\"guestbench -t %s %s\"", seconds, names);
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
	judge_complaints(text);
	if (!said(text, USER_SPACE) || !said(text, cpus) || !said(text, "guest: done, status 0") ||
		!said(text, "reboot: Power down"))
		guest_show_end(text);
	compare_sums(c, names, text);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 5) {
		g_printerr("usage: boot-test VIV BITS PROCESSORS quick|whole\n");
		return 2;
	}
	unsigned bits = (unsigned)g_ascii_strtoull(argv[2], NULL, 10);
	g_autofree char *kernel = g_strdup_printf("k%u", bits);
	g_autofree char *initrd = g_strdup_printf("initrd%u.gz", bits);
	g_autofree char *native = g_strdup_printf("native%u", bits);
	Case c = {.viv = argv[1],
		.kernel = kernel,
		.initrd = initrd,
		.native = native,
		.bits = bits,
		.cpus = (unsigned)g_ascii_strtoull(argv[3], NULL, 10),
		.whole = !strcmp(argv[4], "whole")};
	g_autofree char *path = g_strdup_printf("/linux/%u-bit/smp-%u", c.bits, c.cpus);
	g_test_add_data_func(path, &c, boot_case);
	return g_test_run();
}
