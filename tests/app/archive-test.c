/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines that go into one file and come back, here or elsewhere, and files that only pretend to be such. */
#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "library/archive.h"
#include "library/document.h"
#include "library/recipe.h"

enum { DISK_BYTES = 64 << 20, MARK_AT = 40 << 20 };

typedef struct Fixture {
	char *folder, *archive;
	VivaLibrary *library;
	VivaEntry *entry; /* the library's */
} Fixture;

static char *in(const char *folder, const char *name)
{
	return g_build_filename(folder, name, NULL);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	g_autofree char *path = in(folder, name);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void mark(const char *disk)
{
	FILE *file = g_fopen(disk, "r+b");
	g_assert_nonnull(file);
	g_assert_cmpint(fseek(file, MARK_AT, SEEK_SET), ==, 0);
	g_assert_cmpuint(fwrite("a mark", 1, 6, file), ==, 6);
	fclose(file);
}

static bool is_marked(const char *disk)
{
	char text[6] = { 0 };
	FILE *file = g_fopen(disk, "rb");
	bool read = file && !fseek(file, MARK_AT, SEEK_SET) && fread(text, 1, sizeof text, file) == sizeof text;
	if (file)
		fclose(file);
	return read && !memcmp(text, "a mark", sizeof text) && viva_files_size(disk) == DISK_BYTES;
}

/* A disk of its own, a kernel from elsewhere, and a serial line that is written elsewhere. */
static void set_up(Fixture *fixture, gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vivarium-XXXXXX", NULL);
	fixture->archive = in(fixture->folder, "Ärchive.vivarium");
	g_autofree char *machines = in(fixture->folder, "machines"), *kernel = in(fixture->folder, "kernel"), *serial = NULL;
	fixture->library = viva_library_new(machines, NULL);
	g_autofree char *folder = viva_library_begin(fixture->library, NULL), *disk = in(folder, "disk, größer.img"), *path = in(folder, "machine.json");
	serial = g_strdup_printf("file:%s/out,,put.txt", fixture->folder);
	write_file(fixture->folder, "kernel", "the kernel");
	write_file(folder, ".lock", "");
	g_assert_true(viva_files_make_disk(disk, DISK_BYTES, NULL));
	mark(disk);
	g_autoptr(JsonObject) config = viva_document_new_config();
	JsonObject *drive = json_object_new();
	JsonArray *serials = json_array_new();
	json_object_set_string_member(drive, "file", disk);
	json_array_add_object_element(viva_document_get_array(config, "drives"), drive);
	json_array_add_string_element(serials, serial);
	json_array_add_string_element(serials, "tcp:127.0.0.1:1,server,nowait");
	json_object_set_array_member(config, "serials", serials);
	viva_document_set_string(config, "name", "To & Fro");
	viva_document_set_string(config, "boot/kernel", kernel);
	g_assert_true(viva_document_write(config, path, NULL));
	g_autofree char *place = viva_library_place(fixture->library, folder, "To & Fro", NULL);
	fixture->entry = viva_library_adopt(fixture->library, place);
	g_assert_nonnull(fixture->entry);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	g_object_unref(fixture->library);
	viva_files_remove(fixture->folder, NULL);
	g_free(fixture->folder);
	g_free(fixture->archive);
}

/* ---- there and back ---- */

typedef struct Waiting {
	GError *error;
	VivaEntry *entry;
	bool done;
} Waiting;

static void exported(GObject *source, GAsyncResult *result, gpointer data)
{
	Waiting *waiting = data;
	bool ok = viva_library_export_finish(VIVA_LIBRARY(source), result, &waiting->error);
	g_assert_cmpint(ok, ==, !waiting->error);
	waiting->done = true;
}

static void imported(GObject *source, GAsyncResult *result, gpointer data)
{
	Waiting *waiting = data;
	waiting->entry = viva_recipe_make_finish(VIVA_LIBRARY(source), result, &waiting->error);
	waiting->done = true;
}

static void wait_for(Waiting *waiting)
{
	while (!waiting->done)
		g_main_context_iteration(NULL, TRUE);
}

static GError *export(Fixture *fixture, GCancellable *cancellable)
{
	Waiting waiting = { 0 };
	viva_library_export_async(fixture->library, fixture->entry, fixture->archive, NULL, NULL, cancellable, exported, &waiting);
	wait_for(&waiting);
	return waiting.error;
}

static VivaEntry *import(Fixture *fixture, GError **error)
{
	Waiting waiting = { 0 };
	g_autoptr(VivaRecipe) recipe = viva_recipe_for_file(fixture->archive, error);
	if (!recipe)
		return NULL;
	g_assert_cmpint(recipe->source, ==, VIVA_SOURCE_ARCHIVE);
	viva_recipe_make_async(recipe, fixture->library, NULL, NULL, NULL, imported, &waiting);
	wait_for(&waiting);
	if (waiting.error)
		g_propagate_error(error, waiting.error);
	return waiting.entry;
}

static const char *disk_of(VivaEntry *entry)
{
	JsonArray *drives = viva_document_get_array(viva_entry_get_config(entry), "drives");
	const char *file = NULL;
	for (guint n = 0; n < json_array_get_length(drives) && !file; n++)
		file = viva_document_get_string(json_array_get_object_element(drives, n), "file");
	return file;
}

static void test_round(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = export(fixture, NULL);
	g_assert_no_error(error);
	g_assert_cmpuint(viva_files_size(fixture->archive), <, 1 << 20); /* holes take nothing */
	VivaEntry *entry = import(fixture, &error);
	g_assert_no_error(error);
	g_assert_true(entry != fixture->entry);
	g_assert_cmpstr(viva_entry_get_title(entry), ==, "To & Fro");
	JsonObject *config = viva_entry_get_config(entry);
	const char *disk = disk_of(entry), *kernel = viva_document_get_string(config, "boot/kernel");
	g_assert_true(g_str_has_prefix(disk, viva_entry_get_folder(entry)) && is_marked(disk));
	g_assert_true(g_str_has_prefix(kernel, viva_entry_get_folder(entry)));
	g_autofree char *text = NULL;
	g_assert_true(g_file_get_contents(kernel, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "the kernel");
	/* What a port writes stays in the machine's folder, and a door into this computer is closed. */
	JsonArray *serials = viva_document_get_array(config, "serials");
	g_autofree char *file = g_strdup_printf("file:%s/files/out,,put.txt", viva_entry_get_folder(entry));
	g_assert_cmpstr(json_array_get_string_element(serials, 0), ==, file);
	g_assert_cmpstr(json_array_get_string_element(serials, 1), ==, "null");
	GStatBuf status;
	g_assert_cmpint(g_stat(disk, &status), ==, 0);
	g_assert_cmpint(status.st_blocks * 512, <, 8 << 20);
	g_assert_true(viva_entry_lock(fixture->entry, NULL));
}

/* ---- what goes wrong ---- */

static void test_busy(Fixture *fixture, gconstpointer data)
{
	g_assert_true(viva_entry_lock(fixture->entry, NULL));
	g_autoptr(GError) error = export(fixture, NULL);
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_BUSY);
	g_assert_false(g_file_test(fixture->archive, G_FILE_TEST_EXISTS));
}

static void test_cancel(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_cancellable_cancel(cancellable);
	g_autoptr(GError) error = export(fixture, cancellable);
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_assert_false(g_file_test(fixture->archive, G_FILE_TEST_EXISTS));
}

static void test_missing(Fixture *fixture, gconstpointer data)
{
	g_autofree char *kernel = in(fixture->folder, "kernel");
	g_unlink(kernel);
	g_autoptr(GError) error = export(fixture, NULL);
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
	g_assert_nonnull(strstr(error->message, kernel));
	g_assert_false(g_file_test(fixture->archive, G_FILE_TEST_EXISTS));
}

/* No file may become longer, which is to the writer as a full disk is. */
static void test_full(Fixture *fixture, gconstpointer data)
{
	struct rlimit limit;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	struct rlimit small = { 64, limit.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	g_autoptr(GError) error = export(fixture, NULL);
	setrlimit(RLIMIT_FSIZE, &limit);
	g_assert_nonnull(error);
	g_assert_nonnull(strstr(error->message, fixture->archive));
	g_assert_false(g_file_test(fixture->archive, G_FILE_TEST_EXISTS));
	g_assert_true(is_marked(disk_of(fixture->entry)));
}

/* ---- archives by others ---- */

static void add_member(struct archive *archive, const char *name, const char *text)
{
	struct archive_entry *member = archive_entry_new();
	archive_entry_set_pathname(member, name);
	archive_entry_set_filetype(member, AE_IFREG);
	archive_entry_set_perm(member, 0644);
	archive_entry_set_size(member, (la_int64_t)strlen(text));
	g_assert_cmpint(archive_write_header(archive, member), ==, ARCHIVE_OK);
	g_assert_cmpint(archive_write_data(archive, text, strlen(text)), ==, (gint64)strlen(text));
	archive_entry_free(member);
}

static void make_archive(Fixture *fixture, const char *document, const char *member)
{
	struct archive *archive = archive_write_new();
	archive_write_set_format_pax_restricted(archive);
	archive_write_add_filter_zstd(archive);
	g_assert_cmpint(archive_write_open_filename(archive, fixture->archive), ==, ARCHIVE_OK);
	add_member(archive, "machine.json", document);
	if (member)
		add_member(archive, member, "evil");
	archive_write_close(archive);
	archive_write_free(archive);
}

#define NAMED "{ \"version\": 1, \"name\": \"x\" }"
#define WITH_DISK(path) "{ \"version\": 1, \"drives\": [ { \"id\": \"d\", \"interface\": \"ide\", \"media\": \"disk\", \"file\": \"" path "\" } ] }"

static const struct {
	const char *document, *member, *says; /* of the error; NULL: it is taken */
} foreign[] = {
	{ NAMED, NULL, NULL },
	{ NAMED, "../evil", "not an exported machine" },
	{ NAMED, "/tmp/vivarium-evil", "not an exported machine" },
	{ NAMED, "a/../../evil", "not an exported machine" },
	{ NAMED, ".lock", "not an exported machine" },
	{ WITH_DISK("/etc/passwd"), NULL, "/etc/passwd" },
	{ WITH_DISK("../../secret"), NULL, "../../secret" },
	{ WITH_DISK("disk.img"), "disk.img", NULL },
	{ "{ \"version\": 1, \"serials\": [ \"file:/etc/passwd\" ] }", NULL, "/etc/passwd" },
	{ "{ \"version\": 99, \"name\": \"x\" }", NULL, "version" },
	{ "{ \"version\": ", NULL, "" },
};

static void test_foreign(Fixture *fixture, gconstpointer data)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(foreign); n++) {
		g_autoptr(GError) error = NULL;
		g_test_message("%s %s", foreign[n].document, foreign[n].member ? foreign[n].member : "");
		make_archive(fixture, foreign[n].document, foreign[n].member);
		guint before = g_list_model_get_n_items(G_LIST_MODEL(fixture->library));
		VivaEntry *entry = import(fixture, &error);
		g_assert_cmpint(entry != NULL, ==, !foreign[n].says);
		g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(fixture->library)), ==, before + (entry != NULL));
		if (foreign[n].says)
			g_assert_true(error && strstr(error->message, foreign[n].says));
	}
	g_autofree char *evil = in(fixture->folder, "evil"), *inside = in(viva_library_get_folder(fixture->library), "evil");
	g_assert_false(g_file_test(evil, G_FILE_TEST_EXISTS) || g_file_test(inside, G_FILE_TEST_EXISTS) || g_file_test("/tmp/vivarium-evil", G_FILE_TEST_EXISTS));
}

/* Cut off anywhere, it is refused and leaves nothing. */
static void test_cut(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = export(fixture, NULL);
	g_autofree char *whole = NULL;
	gsize size = 0;
	g_assert_no_error(error);
	g_assert_true(g_file_get_contents(fixture->archive, &whole, &size, NULL));
	for (gsize part = 4; part < size; part += size / 7) {
		g_assert_true(g_file_set_contents(fixture->archive, whole, (gssize)part, NULL));
		VivaEntry *entry = import(fixture, &error);
		g_assert_null(entry);
		g_assert_nonnull(error);
		g_clear_error(&error);
	}
	g_autoptr(GDir) dir = g_dir_open(viva_library_get_folder(fixture->library), 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir));)
		g_assert_cmpint(*name, !=, '.');
}

int main(int argc, char **argv)
{
	static const struct { const char *path; void (*test)(Fixture *fixture, gconstpointer data); } tests[] = {
		{ "/archive/round", test_round }, { "/archive/busy", test_busy }, { "/archive/cancel", test_cancel }, { "/archive/missing", test_missing },
		{ "/archive/full", test_full }, { "/archive/foreign", test_foreign }, { "/archive/cut", test_cut },
	};
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++)
		g_test_add(tests[n].path, Fixture, NULL, set_up, tests[n].test, tear_down);
	return g_test_run();
}
