/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library of machines on folders made for the purpose: nothing here needs a display. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate.h"
#include "library/document.h"
#include "library/files.h"
#include "library/library.h"
#include "library/lock.h"

typedef struct Fixture {
	char *folder;
	VivaLibrary *library;
	guint changes;
} Fixture;

static void count_change(Fixture *fixture)
{
	fixture->changes++;
}

static void set_up(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	fixture->folder = g_dir_make_tmp("vivarium-XXXXXX", NULL);
	fixture->library = viva_library_new(fixture->folder, &error);
	g_assert_no_error(error);
	g_signal_connect_swapped(fixture->library, "items-changed", G_CALLBACK(count_change), fixture);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	/* A thread that has just finished may still hold what it worked on. */
	gint64 end = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
	while (G_OBJECT(fixture->library)->ref_count > 1 && g_get_monotonic_time() < end)
		if (!g_main_context_iteration(NULL, FALSE))
			g_usleep(1000);
	g_assert_finalize_object(fixture->library);
	viva_files_remove(fixture->folder, NULL);
	g_free(fixture->folder);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static VivaEntry *add_machine(Fixture *fixture, const char *title)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = viva_library_begin(fixture->library, &error);
	g_assert_no_error(error);
	g_autoptr(JsonObject) config = viva_document_new_config();
	viva_document_set_string(config, "name", title);
	JsonArray *drives = viva_document_get_array(config, "drives");
	g_autofree char *disk = g_build_filename(folder, "disk.img", NULL), *path = g_build_filename(folder, "machine.json", NULL);
	JsonObject *drive = json_object_new();
	json_object_set_string_member(drive, "file", disk);
	json_array_add_object_element(drives, drive);
	g_assert_true(viva_files_make_disk(disk, 3 << 20, &error));
	g_assert_true(viva_document_write(config, path, &error));
	g_autofree char *place = viva_library_place(fixture->library, folder, title, &error);
	g_assert_no_error(error);
	return viva_library_adopt(fixture->library, place);
}

static char *disk_of(VivaEntry *entry)
{
	JsonArray *drives = viva_document_get_array(viva_entry_get_config(entry), "drives");
	for (guint n = 0; n < json_array_get_length(drives); n++) {
		const char *file = viva_document_get_string(json_array_get_object_element(drives, n), "file");
		if (file)
			return g_strdup(file);
	}
	return NULL;
}

/* ---- entries ---- */

static void test_add(Fixture *fixture, gconstpointer data)
{
	VivaEntry *entry = add_machine(fixture, "Ünïcode & Söhne/..");
	g_assert_cmpstr(viva_entry_get_id(entry), ==, "ünïcode-söhne-..");
	g_assert_cmpstr(viva_entry_get_title(entry), ==, "Ünïcode & Söhne/..");
	g_autofree char *disk = disk_of(entry);
	g_assert_true(g_file_test(disk, G_FILE_TEST_IS_REGULAR));
	g_assert_true(g_str_has_prefix(disk, viva_entry_get_folder(entry)));
	g_assert_cmpstr(viva_entry_get_id(add_machine(fixture, "ünïcode Söhne..")), ==, "ünïcode-söhne..");
	g_assert_cmpstr(viva_entry_get_id(add_machine(fixture, "???")), ==, "machine");
	g_assert_cmpstr(viva_entry_get_id(add_machine(fixture, "!")), ==, "machine-2");
	g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(fixture->library)), ==, 4);
	g_autoptr(VivaLibrary) again = viva_library_new(fixture->folder, NULL);
	g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(again)), ==, 4);
}

static const struct { const char *machine, *library, *error; } damages[] = {
	{ "{", NULL, "machine.json" }, { "", NULL, "machine.json" }, { "[1]", NULL, "must be an object" },
	{ "{\"version\":1,\"cpu\":{\"count\":0}}", NULL, "/cpu/count" }, { "{\"version\":99}", NULL, "of version 99" },
	{ "{\"version\":1}", "{\"version\":7}", "of version 7" }, { "{\"version\":1}", "x", "library.json" }, { NULL, NULL, "machine.json" },
};

static void test_damaged(Fixture *fixture, gconstpointer data)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(damages); n++) {
		g_autofree char *name = g_strdup_printf("d%u", n), *folder = g_build_filename(fixture->folder, name, NULL);
		g_mkdir(folder, 0700);
		if (damages[n].machine)
			write_file(folder, "machine.json", damages[n].machine);
		if (damages[n].library)
			write_file(folder, "library.json", damages[n].library);
	}
	add_machine(fixture, "whole");
	viva_library_rescan(fixture->library);
	g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(fixture->library)), ==, G_N_ELEMENTS(damages) + 1);
	for (unsigned n = 0; n < G_N_ELEMENTS(damages); n++) {
		g_autofree char *name = g_strdup_printf("d%u", n);
		VivaEntry *entry = viva_library_find(fixture->library, name);
		g_assert_cmpint(viva_entry_get_state(entry), ==, VIVA_STATE_DAMAGED);
		g_assert_null(viva_entry_get_config(entry));
		g_test_message("%s", viva_entry_get_error(entry));
		g_assert_nonnull(strstr(viva_entry_get_error(entry), damages[n].error));
	}
	VivaEntry *whole = viva_library_find(fixture->library, "whole");
	g_assert_cmpint(viva_entry_get_state(whole), ==, VIVA_STATE_STOPPED);
	write_file(viva_entry_get_folder(viva_library_find(fixture->library, "d0")), "machine.json", "{\"version\":1}");
	viva_entry_reload(viva_library_find(fixture->library, "d0"));
	g_assert_cmpint(viva_entry_get_state(viva_library_find(fixture->library, "d0")), ==, VIVA_STATE_STOPPED);
}

static void set_title(VivaEntry *entry, const char *title)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonObject) config = viva_document_copy(viva_entry_get_config(entry));
	viva_document_set_string(config, "name", title);
	g_assert_true(viva_entry_set_config(entry, config, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(viva_entry_get_title(entry), ==, title);
}

static void check_title_in_file(VivaEntry *entry, const char *title)
{
	g_autofree char *path = viva_entry_config_path(entry);
	g_autoptr(JsonObject) config = viva_document_read_config(path, NULL);
	g_assert_cmpstr(config ? viva_document_get_string(config, "name") : NULL, ==, title);
}

static void test_changes(Fixture *fixture, gconstpointer data)
{
	static const char *const tags[] = { "work", "ünï", NULL };
	g_autoptr(GError) error = NULL;
	VivaEntry *entry = add_machine(fixture, "one");
	write_file(viva_entry_get_folder(entry), "library.json", "{\"version\":1,\"os\":\"debian11\"}");
	viva_entry_reload(entry);
	set_title(entry, "Two");
	viva_entry_set_tags(entry, tags);
	viva_entry_set_state(entry, VIVA_STATE_RUNNING);
	g_autoptr(JsonObject) config = viva_document_copy(viva_entry_get_config(entry));
	viva_document_set_int(config, "cpu/count", 3); /* of at most one */
	g_assert_false(viva_entry_set_config(entry, config, &error));
	g_assert_nonnull(strstr(error->message, "/cpu/count"));
	g_assert_cmpint(viva_document_get_int(viva_entry_get_config(entry), "cpu/count", 0), ==, 1);
	viva_entry_flush(entry);
	g_autoptr(VivaEntry) again = viva_entry_new(viva_entry_get_folder(entry));
	g_assert_cmpstr(viva_entry_get_title(again), ==, "Two");
	g_assert_cmpstr(viva_entry_get_os(again), ==, "debian11");
	g_assert_true(g_strv_equal(viva_entry_get_tags(again), tags));
	g_assert_cmpint(viva_entry_get_last_run(again), >, 0);
}

/* The disk takes its time: nobody waits for it, and the last word is what is written. */
static void test_busy_disk(Fixture *fixture, gconstpointer data)
{
	VivaEntry *entry = add_machine(fixture, "one");
	unsigned passed = gate_passed();
	gate_close();
	set_title(entry, "Two");
	set_title(entry, "Three");
	set_title(entry, "Four");
	g_assert_cmpuint(gate_passed(), ==, passed);
	g_assert_true(viva_entry_is_saving(entry));
	g_assert_true(viva_library_is_saving(fixture->library));
	check_title_in_file(entry, "one");
	gate_open();
	viva_library_flush(fixture->library);
	g_assert_false(viva_library_is_saving(fixture->library));
	check_title_in_file(entry, "Four");
}

static gpointer open_gate(gpointer data)
{
	while (!gate_waiting())
		g_usleep(1000);
	gate_open();
	return NULL;
}

/* The program ends, and takes the library along. */
static void test_end(Fixture *fixture, gconstpointer data)
{
	g_autofree char *folder = g_strdup(viva_entry_get_folder(add_machine(fixture, "one")));
	g_autoptr(VivaEntry) entry = viva_entry_new(folder);
	gate_close();
	set_title(entry, "Two");
	set_title(entry, "Three");
	GThread *thread = g_thread_new("gate", open_gate, NULL);
	g_clear_object(&entry);
	g_thread_join(thread);
	g_autoptr(VivaEntry) again = viva_entry_new(folder);
	g_assert_cmpstr(viva_entry_get_title(again), ==, "Three");
}

typedef struct Failures {
	unsigned count;
	char *message;
} Failures;

static void count_failure(VivaLibrary *library, VivaEntry *entry, const GError *error, Failures *failures)
{
	failures->count++;
	g_free(failures->message);
	failures->message = g_strdup(error->message);
}

static gboolean show_failure(VivaEntry *entry, const GError *error, unsigned *shown)
{
	++*shown;
	return TRUE;
}

/* What couldn't be written isn't pretended: it is as it was, and somebody is told. */
static void test_full_disk(Fixture *fixture, gconstpointer data)
{
	static const char *const tags[] = { "work", NULL };
	Failures failures = { 0, NULL };
	unsigned shown = 0;
	VivaEntry *entry = add_machine(fixture, "one");
	/* Root writes into any folder: one that is gone is no folder for him either. */
	g_autofree char *moved = g_strconcat(viva_entry_get_folder(entry), "-moved", NULL);
	g_signal_connect(fixture->library, "save-failed", G_CALLBACK(count_failure), &failures);
	g_assert_cmpint(g_rename(viva_entry_get_folder(entry), moved), ==, 0);
	set_title(entry, "Two");
	g_assert_false(viva_entry_wait_saved(entry, NULL));
	viva_entry_flush(entry);
	g_assert_cmpstr(viva_entry_get_title(entry), ==, "one");
	g_assert_cmpuint(failures.count, ==, 1);
	g_assert_nonnull(strstr(failures.message, "machine.json"));
	viva_entry_set_tags(entry, tags);
	viva_entry_flush(entry);
	g_assert_cmpuint(failures.count, ==, 2);
	g_assert_cmpuint(g_strv_length((char **)viva_entry_get_tags(entry)), ==, 0);
	/* When it ran is no news that anybody waits for. */
	viva_entry_set_state(entry, VIVA_STATE_RUNNING);
	viva_entry_set_state(entry, VIVA_STATE_STOPPED);
	viva_entry_flush(entry);
	g_assert_cmpuint(failures.count, ==, 2);
	/* A window that shows it is enough. */
	gulong id = g_signal_connect(entry, "save-failed", G_CALLBACK(show_failure), &shown);
	set_title(entry, "Two");
	viva_entry_flush(entry);
	g_assert_cmpuint(shown, ==, 1);
	g_assert_cmpuint(failures.count, ==, 2);
	g_signal_handler_disconnect(entry, id);
	g_assert_cmpint(g_rename(moved, viva_entry_get_folder(entry)), ==, 0);
	set_title(entry, "Three");
	viva_entry_flush(entry);
	g_assert_cmpuint(failures.count, ==, 2);
	check_title_in_file(entry, "Three");
	g_free(failures.message);
}

/* ---- the lock ---- */

static void test_lock(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	VivaEntry *entry = add_machine(fixture, "one");
	int ready[2], end[2];
	g_assert_cmpint(pipe(ready) | pipe(end), ==, 0);
	pid_t other = fork();
	if (other == 0) {
		char c = viva_lock_take(viva_entry_get_folder(entry), NULL) ? 'y' : 'n';
		close(end[1]);
		_exit(write(ready[1], &c, 1) != 1 || read(end[0], &c, 1) < 0);
	}
	char answer = 0;
	g_assert_cmpint(read(ready[0], &answer, 1), ==, 1);
	g_assert_cmpint(answer, ==, 'y');
	g_assert_false(viva_entry_lock(entry, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_BUSY);
	g_autofree char *pid = g_strdup_printf("process %d", (int)other);
	g_assert_nonnull(strstr(error->message, pid));
	g_assert_false(viva_library_hide(fixture->library, entry, NULL));
	close(end[1]);
	int status;
	g_assert_cmpint(waitpid(other, &status, 0), ==, other);
	g_clear_error(&error);
	g_assert_true(viva_entry_lock(entry, &error)); /* its holder died, and with him the lock */
	g_assert_no_error(error);
	g_assert_false(viva_entry_lock(entry, NULL));
	viva_entry_unlock(entry);
	g_assert_true(viva_entry_lock(entry, NULL));
	viva_entry_unlock(entry);
	for (unsigned n = 0; n < 2; n++)
		close(ready[n]);
	close(end[0]);
}

/* ---- deleting ---- */

typedef struct Trashing {
	bool done, ok;
	GError **error;
} Trashing;

static void trashed(GObject *library, GAsyncResult *result, gpointer data)
{
	Trashing *trashing = data;
	trashing->ok = viva_library_trash_finish(VIVA_LIBRARY(library), result, trashing->error);
	trashing->done = true;
}

static bool trash(VivaLibrary *library, VivaEntry *entry, GError **error)
{
	Trashing trashing = { .error = error };
	viva_library_trash_async(library, entry, trashed, &trashing);
	while (!trashing.done)
		g_main_context_iteration(NULL, TRUE);
	return trashing.ok;
}

static void test_delete(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VivaEntry) one = g_object_ref(add_machine(fixture, "one"));
	add_machine(fixture, "two");
	g_assert_true(viva_library_hide(fixture->library, one, &error));
	g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(fixture->library)), ==, 1);
	viva_library_rescan(fixture->library);
	g_assert_null(viva_library_find(fixture->library, "one"));
	viva_library_unhide(fixture->library, one);
	g_assert_true(viva_library_find(fixture->library, "one") == one);
	g_assert_true(viva_library_hide(fixture->library, one, &error));
	set_title(one, "On Its Way"); /* it isn't written into what is gone */
	bool gone = trash(fixture->library, one, &error);
	if (gone)
		g_assert_false(g_file_test(viva_entry_get_folder(one), G_FILE_TEST_EXISTS));
	else /* this host's temporary folder has a trash that can't be used */
		g_assert_true(viva_library_find(fixture->library, "one") == one);
	g_test_message("%s", gone ? "gone" : error->message);
	g_assert_true(g_file_test(viva_entry_get_folder(viva_library_find(fixture->library, "two")), G_FILE_TEST_EXISTS));
}

/* ---- copies ---- */

typedef struct Waiting {
	VivaEntry *entry;
	GError *error;
	bool done;
} Waiting;

static void cloned(GObject *source, GAsyncResult *result, gpointer data)
{
	Waiting *waiting = data;
	waiting->entry = viva_library_clone_finish(VIVA_LIBRARY(source), result, &waiting->error);
	waiting->done = true;
}

static Waiting make_clone(Fixture *fixture, VivaEntry *entry, GCancellable *cancellable)
{
	Waiting waiting = { 0 };
	viva_library_clone_async(fixture->library, entry, "The Copy", NULL, NULL, cancellable, cloned, &waiting);
	while (!waiting.done)
		g_main_context_iteration(NULL, TRUE);
	return waiting;
}

static void test_clone(Fixture *fixture, gconstpointer data)
{
	VivaEntry *one = add_machine(fixture, "one");
	g_autofree char *disk = disk_of(one);
	int fd = g_open(disk, O_WRONLY, 0);
	g_assert_cmpint(pwrite(fd, "middle", 6, 1500000), ==, 6);
	close(fd);
	Waiting waiting = make_clone(fixture, one, NULL);
	g_assert_no_error(waiting.error);
	g_assert_cmpstr(viva_entry_get_title(waiting.entry), ==, "The Copy");
	g_autofree char *copy = disk_of(waiting.entry), *a = NULL, *b = NULL;
	g_assert_true(g_str_has_prefix(copy, viva_entry_get_folder(waiting.entry)));
	gsize size_a = 0, size_b = 0;
	g_assert_true(g_file_get_contents(disk, &a, &size_a, NULL) && g_file_get_contents(copy, &b, &size_b, NULL));
	g_assert_cmpuint(size_a, ==, size_b);
	g_assert_true(size_a == size_b && !memcmp(a, b, size_a));
	GStatBuf status;
	g_assert_cmpint(g_stat(copy, &status), ==, 0);
	g_assert_cmpint(status.st_blocks * 512, <, 3 << 20); /* the holes are there */
	g_assert_true(viva_entry_lock(one, NULL)); /* nobody holds either */
	g_assert_true(viva_entry_lock(waiting.entry, NULL));
	waiting = make_clone(fixture, one, NULL);
	g_assert_error(waiting.error, G_IO_ERROR, G_IO_ERROR_BUSY);
	g_clear_error(&waiting.error);
	viva_entry_unlock(one);
	g_autoptr(GCancellable) cancelled = g_cancellable_new();
	g_cancellable_cancel(cancelled);
	waiting = make_clone(fixture, one, cancelled);
	g_assert_error(waiting.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_clear_error(&waiting.error);
	g_autoptr(GDir) dir = g_dir_open(fixture->folder, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir));)
		g_assert_cmpint(*name, !=, '.'); /* nothing half made is left */
}

static gboolean give_up(gpointer data)
{
	*(bool *)data = true;
	return G_SOURCE_CONTINUE;
}

static void test_watch(Fixture *fixture, gconstpointer data)
{
	bool late = false;
	guint source = g_timeout_add_seconds(30, give_up, &late);
	g_autofree char *folder = g_build_filename(fixture->folder, ".making", NULL), *target = g_build_filename(fixture->folder, "made", NULL);
	g_mkdir(folder, 0700);
	write_file(folder, "machine.json", "{\"version\":1}");
	g_assert_cmpint(g_rename(folder, target), ==, 0);
	while (!viva_library_find(fixture->library, "made") && !late)
		g_main_context_iteration(NULL, TRUE);
	g_assert_nonnull(viva_library_find(fixture->library, "made"));
	viva_files_remove(target, NULL);
	while (viva_library_find(fixture->library, "made") && !late)
		g_main_context_iteration(NULL, TRUE);
	g_assert_null(viva_library_find(fixture->library, "made"));
	g_source_remove(source);
}

/* Read in the order of asking. What runs meanwhile has the newer picture. */
static void test_thumbnail(Fixture *fixture, gconstpointer data)
{
	const guint32 pixels[2] = { 0xff102030, 0xff405060 };
	g_autoptr(GBytes) bytes = g_bytes_new_static(pixels, sizeof pixels);
	g_autoptr(GdkTexture) wide = gdk_memory_texture_new(2, 1, GDK_MEMORY_DEFAULT, bytes, sizeof pixels);
	g_autoptr(GdkTexture) high = gdk_memory_texture_new(1, 2, GDK_MEMORY_DEFAULT, bytes, sizeof *pixels);
	VivaEntry *one = add_machine(fixture, "One"), *two = add_machine(fixture, "Two"), *three = add_machine(fixture, "Three"), *four = add_machine(fixture, "Four");
	viva_entry_set_thumbnail(one, wide);
	viva_entry_save_thumbnail(one);
	viva_entry_flush(one);
	write_file(viva_entry_get_folder(two), "thumbnail.png", "\211PNG\r\n\032\nno picture");
	write_file(viva_entry_get_folder(three), "thumbnail.png", "nor this");
	g_autoptr(VivaEntry) again = viva_entry_new(viva_entry_get_folder(one)), newer = viva_entry_new(viva_entry_get_folder(one));
	g_assert_null(viva_entry_get_thumbnail(again));
	g_autofree char *pipe = g_build_filename(viva_entry_get_folder(four), "thumbnail.png", NULL);
	g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
	viva_entry_read_thumbnail(four);
	viva_entry_read_thumbnail(two);
	viva_entry_read_thumbnail(three);
	viva_entry_read_thumbnail(newer);
	viva_entry_set_thumbnail(newer, high);
	viva_entry_read_thumbnail(again);
	while (!viva_entry_get_thumbnail(again))
		g_main_context_iteration(NULL, TRUE);
	guint32 read[2];
	gdk_texture_download(viva_entry_get_thumbnail(again), (guchar *)read, sizeof read);
	g_assert_cmpmem(read, sizeof read, pixels, sizeof pixels);
	g_assert_null(viva_entry_get_thumbnail(two));
	g_assert_null(viva_entry_get_thumbnail(three));
	g_assert_null(viva_entry_get_thumbnail(four));
	g_assert_true(viva_entry_get_thumbnail(newer) == high);
}

int main(int argc, char **argv)
{
	static const struct { const char *path; void (*test)(Fixture *fixture, gconstpointer data); } tests[] = {
		{ "/library/add", test_add }, { "/library/damaged", test_damaged }, { "/library/changes", test_changes },
		{ "/library/busy-disk", test_busy_disk }, { "/library/end", test_end }, { "/library/full-disk", test_full_disk }, { "/library/lock", test_lock }, { "/library/delete", test_delete },
		{ "/library/clone", test_clone }, { "/library/watch", test_watch },
		{ "/library/thumbnail", test_thumbnail },
	};
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++)
		g_test_add(tests[n].path, Fixture, NULL, set_up, tests[n].test, tear_down);
	return g_test_run();
}
