/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open, boot, close, back to the library, many times over: what leaks shows in what grows. Two machines take turns, so that each round
 * makes a page and lets one go. argv: the boot sector of echo.asm, how many rounds. */
#include <locale.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum { FIRST_ROUNDS = 10, SLACK_KB = 4096, ROUND_KB = 16, KEPT = 4 };
/* ROUND_KB: GTK 4.8 keeps some small things of a page. A page, a thumbnail, a picture, a guest's memory are more. */

static const char *const ids[] = { "one", "two" };

/* The first few rounds fill caches. */
typedef struct Use {
	unsigned descriptors;
	long resident_kb, allocated_kb;
} Use;

typedef struct Rounds {
	Driver *driver;
	VivaEntry *entries[2];
	unsigned count, thumbnails, pages; /* the latter two: those that live */
} Rounds;

static unsigned descriptors(void)
{
	unsigned count = 0;
	g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
	while (dir && g_dir_read_name(dir))
		count++;
	return count;
}

/* Counted page by page: /proc/self/statm is wrong by some pages for each of the host's processors. */
static long resident_kb(void)
{
	g_autofree char *text = NULL;
	long kb = 0;
	if (g_file_get_contents("/proc/self/smaps_rollup", &text, NULL, NULL))
		sscanf(strstr(text, "Rss:"), "Rss: %ld", &kb);
	return kb;
}

static Use use_now(void)
{
	malloc_trim(0);
	struct mallinfo2 heap = mallinfo2();
	return (Use){ descriptors(), resident_kb(), (long)((heap.uordblks + heap.hblkhd) / 1024) };
}

static bool has_arrived(Driver *driver, gconstpointer data)
{
	GObject *leaflet = gtk_widget_get_template_child(GTK_WIDGET(driver->window), VIVA_TYPE_WINDOW, "leaflet");
	return !adw_leaflet_get_child_transition_running(ADW_LEAFLET(leaflet));
}

static void gone(gpointer count, GObject *object)
{
	--*(unsigned *)count;
}

static void count_in(unsigned *count, gpointer object)
{
	++*count;
	g_object_weak_ref(object, gone, count);
}

static void go_round(Rounds *rounds, unsigned n)
{
	Driver *driver = rounds->driver;
	driver->entry = rounds->entries[n % 2];
	driver_act(driver, "win.run", ids[n % 2]);
	count_in(&rounds->pages, driver_page(driver));
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_RUNNING)));
	g_assert_true(driver_wait(driver, driver_has_picture, NULL));
	viva_machine_power_off(driver_machine(driver));
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_OFF)));
	count_in(&rounds->thumbnails, viva_entry_get_thumbnail(driver->entry));
	driver_act(driver, "win.library", NULL);
	g_assert_true(driver_wait(driver, has_arrived, NULL));
	driver_run_for(driver, 40); /* its last frame is drawn */
}

/* The last guest's memory goes in a thread, which may have to wait for its turn. */
static Use settled_use(Driver *driver)
{
	Use use = use_now(), later;
	for (unsigned quiet = 0; quiet < 5; use = later) {
		driver_run_for(driver, 200);
		later = use_now();
		quiet = later.resident_kb < use.resident_kb ? 0 : quiet + 1;
	}
	return use;
}

static void test_rounds(gconstpointer data)
{
	Rounds *rounds = (Rounds *)data;
	for (unsigned n = 0; n < FIRST_ROUNDS; n++)
		go_round(rounds, n);
	Use before = settled_use(rounds->driver);
	for (unsigned n = 0; n < rounds->count; n++)
		go_round(rounds, n);
	Use after = settled_use(rounds->driver);
	g_test_message("%u rounds: %u descriptors, then %u; %ld KiB allocated, then %ld; %ld KiB resident, then %ld", rounds->count, before.descriptors,
		after.descriptors, before.allocated_kb, after.allocated_kb, before.resident_kb, after.resident_kb);
	g_test_message("%u thumbnails and %u pages live", rounds->thumbnails, rounds->pages);
	g_assert_cmpuint(rounds->thumbnails, <=, KEPT);
	g_assert_cmpuint(rounds->pages, <=, KEPT);
	g_assert_cmpuint(after.descriptors, <=, before.descriptors + 2);
#if !defined(__SANITIZE_ADDRESS__)
	g_assert_cmpint(after.allocated_kb - before.allocated_kb, <, SLACK_KB + ROUND_KB * (long)rounds->count);
	g_assert_cmpint(after.resident_kb - before.resident_kb, <, SLACK_KB + ROUND_KB * (long)rounds->count);
#endif
}

static char *document(const char *name, const char *disk)
{
	return g_strdup_printf("{ \"version\": 1, \"name\": \"%s\", \"memory\": { \"bytes\": 33554432 }, \"drives\": [ { \"id\": \"ide0-hd0\", "
			       "\"interface\": \"ide\", \"media\": \"disk\", \"format\": \"raw\", \"file\": \"%s\" } ] }",
		name, disk);
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 3)
		g_error("cycles-test takes the boot sector and a number");
	adw_init();
	Rounds rounds = { .count = (unsigned)atoi(argv[2]) };
	g_autofree char *disk = driver_make_disk(argv[1]), *one = document("One", disk), *two = document("Two", disk);
	rounds.driver = driver_new(ids[0], one);
	driver_add_machine(rounds.driver, ids[1], two);
	for (unsigned n = 0; n < 2; n++)
		rounds.entries[n] = g_object_ref(viva_library_find(viva_application_get_library(rounds.driver->application), ids[n]));
	g_clear_object(&rounds.driver->entry);
	g_test_add_data_func("/cycles/rounds", &rounds, test_rounds);
	int status = g_test_run();
	rounds.driver->entry = NULL;
	driver_free(rounds.driver);
	for (unsigned n = 0; n < 2; n++)
		g_object_unref(rounds.entries[n]);
	return status;
}
