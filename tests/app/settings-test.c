/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The models behind the dialogs: whatever they write at random, the engine reads, and reads as it was meant. */
#include <glib/gstdio.h>
#include <string.h>

#include "library/boot-list.h"
#include "library/cpu-spec.h"
#include "library/document.h"
#include "library/files.h"
#include "library/recipe.h"
#include "library/setting-table.h"
#include "library/settings.h"
#include "viv-config.h"

typedef struct Fixture {
	char *folder;
	VivaEntry *entry;
	VivaSettings *settings;
	unsigned refused;
} Fixture;

static void on_refused(Fixture *fixture, const char *message)
{
	fixture->refused++;
	g_test_message("refused: %s", message);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vivarium-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(fixture->folder, "machine.json", NULL);
	g_autoptr(JsonObject) config = viva_document_new_config();
	g_assert_true(viva_document_write(config, path, NULL));
	fixture->entry = viva_entry_new(fixture->folder);
	fixture->settings = viva_settings_new(fixture->entry);
	g_signal_connect_swapped(fixture->settings, "refused", G_CALLBACK(on_refused), fixture);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	g_assert_finalize_object(fixture->settings);
	g_assert_finalize_object(fixture->entry);
	viva_files_remove(fixture->folder, NULL);
	g_free(fixture->folder);
}

/* ---- dice ---- */

static int dice(int count)
{
	return g_test_rand_int_range(0, count);
}

static char *dice_text(void)
{
	static const char *const letters[] = { "a", "Z", "/", " ", "\"", "\\", "é", "漢", ",", "=", "0", "%", "<" };
	GString *text = g_string_new("x");
	for (int n = dice(12); n > 0; n--)
		g_string_append(text, letters[dice(G_N_ELEMENTS(letters))]);
	return g_string_free(text, FALSE);
}

static char *dice_setting_text(const VivaSetting *setting)
{
	if (!strcmp(setting->path, "uuid"))
		return g_uuid_string_random();
	return dice(4) ? dice_text() : g_strdup("");
}

static void set_text(Fixture *fixture, const char *path, const char *text)
{
	g_assert_true(viva_settings_set_text(fixture->settings, path, text));
	g_assert_cmpstr(viva_settings_get_text(fixture->settings, path), ==, text);
}

static void set_number(Fixture *fixture, const VivaSetting *setting)
{
	VivMember member;
	g_assert_true(viv_config_member(setting->path, &member));
	gint64 number = MAX(member.minimum, 0) + (gint64)(g_test_rand_double() * (double)(member.maximum - MAX(member.minimum, 0)));
	if (member.type == VIV_MEMBER_NUMBER_OR_NONE && dice(4) == 0)
		number = -1;
	g_assert_true(viva_settings_set_number(fixture->settings, setting->path, number));
	g_assert_cmpint(viva_settings_get_number(fixture->settings, setting->path), ==, number);
}

static void set_one(Fixture *fixture, const VivaSetting *setting)
{
	int count = 0;
	bool flag = dice(2);
	g_autofree char *text = NULL;
	switch (setting->kind) {
	case VIVA_SETTING_TEXT: case VIVA_SETTING_FILE:
		text = dice_setting_text(setting);
		set_text(fixture, setting->path, text);
		break;
	case VIVA_SETTING_FLAG:
		g_assert_true(viva_settings_set_flag(fixture->settings, setting->path, flag));
		g_assert_cmpint(viva_settings_get_flag(fixture->settings, setting->path), ==, flag);
		break;
	case VIVA_SETTING_NUMBER: case VIVA_SETTING_SLIDER: set_number(fixture, setting); break;
	case VIVA_SETTING_CHOICE:
		while (setting->choices[count].value)
			count++;
		set_text(fixture, setting->path, setting->choices[dice(count)].value);
	}
}

static void set_any(Fixture *fixture)
{
	int tables = 0, rows = 0;
	while (viva_settings_tables[tables])
		tables++;
	const VivaSetting *table = viva_settings_tables[dice(tables)];
	while (table[rows].path)
		rows++;
	set_one(fixture, &table[dice(rows)]);
}

static void set_topology(Fixture *fixture)
{
	int sockets = 1 + dice(15), cores = 1 + dice(255 / sockets), threads = 1 + dice(255 / (sockets * cores));
	g_assert_true(viva_settings_set_topology(fixture->settings, sockets, cores, threads));
	g_assert_cmpint(viva_settings_get_number(fixture->settings, "cpu/count"), ==, sockets * cores * threads);
}

static char *nth_name(char *(*name)(unsigned n))
{
	unsigned count = 0;
	for (char *text; (text = name(count)); count++)
		g_free(text);
	return name((unsigned)dice((int)count));
}

static void set_cpu(Fixture *fixture)
{
	g_autofree char *model = nth_name(viv_cpu_model_name), *feature = nth_name(viv_cpu_feature_name);
	VivaFeatureWish wish = (VivaFeatureWish)dice(3);
	g_autofree char *spec = viva_cpu_spec_with_model(viva_settings_get_text(fixture->settings, "cpu/model"), model);
	g_autofree char *wished = viva_cpu_spec_with_wish(spec, feature, wish);
	set_text(fixture, "cpu/model", wished);
	g_assert_true(viv_cpu_model_check(wished, NULL));
	g_assert_cmpint(viva_cpu_spec_wish(wished, feature), ==, wish);
	g_autofree char *again = viva_cpu_spec_model(wished);
	g_assert_cmpstr(again, ==, model);
	if (wish == VIVA_FEATURE_OFF) /* one that is on may need others that the model lacks */
		g_assert_false(viv_cpu_model_has(wished, feature));
}

static void set_boot(Fixture *fixture)
{
	VivaBootList list = viva_boot_list_parse(viva_settings_get_text(fixture->settings, "boot/order"));
	if (dice(2))
		viva_boot_list_move(&list, (unsigned)dice(4), (unsigned)dice(4));
	else
		viva_boot_list_switch(&list, (unsigned)dice((int)list.count));
	g_autofree char *order = viva_boot_list_format(&list);
	set_text(fixture, "boot/order", order);
}

static void change_drives(Fixture *fixture)
{
	static const char *const media[] = { "disk", "cdrom" }, *const interfaces[] = { "ide", "floppy" };
	unsigned count = viva_settings_get_length(fixture->settings, "drives");
	g_autofree char *file = dice_text();
	if (!count || (count < 6 && dice(3) == 0)) {
		/* Full interfaces refuse: that is asked for elsewhere, here it may happen. */
		unsigned refused = fixture->refused;
		viva_settings_add_drive(fixture->settings, interfaces[dice(2)], media[dice(2)], dice(2) ? file : NULL);
		fixture->refused = refused;
		return;
	}
	unsigned n = (unsigned)dice((int)count);
	switch (dice(4)) {
	case 0: g_assert_true(viva_settings_remove_item(fixture->settings, "drives", n)); break;
	case 1: g_assert_true(viva_settings_set_item_flag(fixture->settings, "drives", n, "read-only", dice(2))); break;
	case 2: g_assert_true(viva_settings_set_item_flag(fixture->settings, "drives", n, "snapshot", dice(2))); break;
	default:
		g_assert_true(viva_settings_set_item_text(fixture->settings, "drives", n, "file", file));
		g_assert_cmpstr(viva_document_get_string(viva_settings_get_item(fixture->settings, "drives", n), "file"), ==, file);
	}
}

static void change_lists(Fixture *fixture)
{
	static const char *const lists[] = { "devices", "globals" };
	const char *list = lists[dice(2)];
	unsigned count = viva_settings_get_length(fixture->settings, list);
	if (count > 2)
		g_assert_true(viva_settings_remove_item(fixture->settings, list, (unsigned)dice((int)count)));
	else if (!strcmp(list, "devices"))
		g_assert_true(viva_settings_add_device(fixture->settings, "isa-debug-exit", "iobase=0xf4,iosize=4"));
	else
		g_assert_true(viva_settings_add_global(fixture->settings, "VGA", "vgamem_mb", "16"));
}

static void set_port(Fixture *fixture)
{
	static const char *const specs[] = { "none", "null", "vc", "pty", "file:/tmp/x", "tcp:127.0.0.1:1,server,nowait" };
	bool serial = dice(2);
	const char *list = serial ? "serials" : "parallels", *spec = specs[dice(G_N_ELEMENTS(specs))];
	unsigned n = (unsigned)dice(serial ? 4 : 3);
	g_autofree char *other = g_strdup(viva_settings_get_port(fixture->settings, list, 1 - n % 2));
	g_assert_true(viva_settings_set_port(fixture->settings, list, n, spec));
	g_assert_cmpstr(viva_settings_get_port(fixture->settings, list, n), ==, spec);
	if (n != 1 - n % 2)
		g_assert_cmpstr(viva_settings_get_port(fixture->settings, list, 1 - n % 2), ==, other);
}

/* What stands in the file is what the dialogs show, and the engine finds nothing to add. */
static void check_file(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = viva_entry_config_path(fixture->entry);
	viva_entry_flush(fixture->entry);
	g_autoptr(VivConfig) config = viv_config_from_file(path, &error);
	g_assert_no_error(error);
	g_autofree char *engine = config ? viv_config_to_json(config) : NULL, *dialogs = viva_document_to_text(viva_settings_get_config(fixture->settings));
	g_assert_cmpstr(engine, ==, dialogs);
	g_autoptr(VivaEntry) again = viva_entry_new(fixture->folder);
	g_autofree char *read = viva_document_to_text(viva_entry_get_config(again));
	g_assert_cmpstr(read, ==, dialogs);
}

static void test_random(Fixture *fixture, gconstpointer data)
{
	static void (*const changes[])(Fixture *fixture) = { set_any, set_any, set_any, set_topology, set_cpu, set_boot, change_drives, change_lists, set_port };
	for (unsigned n = 0; n < 400 && !fixture->refused; n++) {
		changes[dice(G_N_ELEMENTS(changes))](fixture);
		if (n % 10 == 0)
			check_file(fixture);
	}
	check_file(fixture);
	g_assert_cmpuint(fixture->refused, ==, 0);
}

/* Every table's paths are members, and its choices are taken. */
static void test_tables(Fixture *fixture, gconstpointer data)
{
	for (unsigned t = 0; viva_settings_tables[t]; t++)
		for (const VivaSetting *setting = viva_settings_tables[t]; setting->path; setting++) {
			VivMember member;
			g_test_message("%s", setting->path);
			g_assert_true(viv_config_member(setting->path, &member));
			for (const VivaChoice *choice = setting->choices; choice && choice->value; choice++)
				set_text(fixture, setting->path, choice->value);
			if (setting->kind == VIVA_SETTING_NUMBER && member.type == VIV_MEMBER_NUMBER_OR_NONE)
				g_assert_true(viva_settings_set_number(fixture->settings, setting->path, setting->suggested));
		}
	g_assert_cmpuint(fixture->refused, ==, 0);
}

static void test_refused(Fixture *fixture, gconstpointer data)
{
	g_autofree char *before = viva_document_to_text(viva_settings_get_config(fixture->settings));
	g_assert_false(viva_settings_set_text(fixture->settings, "uuid", "x"));
	g_assert_false(viva_settings_set_text(fixture->settings, "boot/order", "cc"));
	g_assert_false(viva_settings_set_number(fixture->settings, "memory/bytes", 5));
	g_assert_false(viva_settings_set_topology(fixture->settings, 16, 16, 1));
	g_assert_false(viva_settings_set_config_text(fixture->settings, "{\"version\": 1, \"nmae\": \"x\"}"));
	g_assert_false(viva_settings_add_device(fixture->settings, "", ""));
	g_assert_false(viva_settings_add_device(fixture->settings, "isa-nothing", ""));
	g_assert_false(viva_settings_set_text(fixture->settings, "cpu/model", "qemu65"));
	g_assert_cmpuint(fixture->refused, ==, 8);
	g_autofree char *after = viva_document_to_text(viva_settings_get_config(fixture->settings));
	g_assert_cmpstr(before, ==, after);
	for (unsigned n = 0; n < 3; n++)
		g_assert_true(viva_settings_add_drive(fixture->settings, "ide", "disk", NULL));
	g_assert_false(viva_settings_add_drive(fixture->settings, "ide", "disk", NULL));
	check_file(fixture);
}

/* ---- recipes ---- */

static void write_bytes(Fixture *fixture, const char *name, gsize size, gsize at, const char *text, char **path)
{
	g_autofree char *data = g_malloc0(size + 1);
	memcpy(data + at, text, strlen(text));
	*path = g_build_filename(fixture->folder, name, NULL);
	g_assert_true(g_file_set_contents(*path, data, (gssize)size, NULL));
}

static const struct { gsize size, at; const char *text; VivaSource source; const char *error; } files[] = {
	{ 0x9000, 0x8001, "CD001", VIVA_SOURCE_CD, NULL }, { 1440 * 1024, 0, "", VIVA_SOURCE_FLOPPY, NULL }, { 1 << 20, 510, "\x55\xaa", VIVA_SOURCE_DISK, NULL },
	{ 1 << 20, 0, "QFI\xfb", 0, "QCOW2" }, { 1 << 20, 0, "KDMV", 0, "VMDK" }, { 1 << 20, 0x40, "\x7f\x10\xda\xbe", 0, "VDI" },
	{ 1000, 0, "text", 0, "multiple of 512" }, { 0, 0, "", 0, "empty" },
};

static void test_files(Fixture *fixture, gconstpointer data)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(files); n++) {
		g_autofree char *path = NULL, *name = g_strdup_printf("image-%u.iso", n), *title = g_strdup_printf("image-%u", n);
		g_autoptr(GError) error = NULL;
		write_bytes(fixture, name, files[n].size, files[n].at, files[n].text, &path);
		g_autoptr(VivaRecipe) recipe = viva_recipe_for_file(path, &error);
		if (files[n].error) {
			g_assert_null(recipe);
			g_assert_nonnull(strstr(error->message, files[n].error));
			g_assert_nonnull(strstr(error->message, path));
			continue;
		}
		g_assert_no_error(error);
		g_assert_cmpint(recipe->source, ==, files[n].source);
		g_assert_cmpstr(recipe->title, ==, title);
	}
	g_autoptr(GError) error = NULL;
	g_assert_null(viva_recipe_for_file(fixture->folder, &error));
	g_assert_nonnull(strstr(error->message, "folder"));
	g_clear_error(&error);
	g_assert_null(viva_recipe_for_file("/nowhere", &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* The volume descriptors of Debian's first CD are enough to know it (ECMA-119 8.2, 8.4; El Torito 2.0). */
static void test_os(Fixture *fixture, gconstpointer data)
{
	enum { SECTOR = 2048, SECTORS = 20, VOLUME_ID = 40 };
	g_autofree char *iso = g_malloc0(SECTORS * SECTOR), *path = g_build_filename(fixture->folder, "debian.iso", NULL);
	char *primary = iso + 16 * SECTOR, *boot = iso + 17 * SECTOR, *end = iso + 18 * SECTOR;
	memset(primary + 8, ' ', 872);
	memcpy(primary, "\1CD001\1", 7);
	memcpy(primary + VOLUME_ID, "Debian 11.0.0 amd64 n", 21);
	memcpy(boot, "\0CD001\1EL TORITO SPECIFICATION", 30);
	memcpy(end, "\377CD001\1", 7);
	g_assert_true(g_file_set_contents(path, iso, SECTORS * SECTOR, NULL));
	g_autoptr(VivaRecipe) recipe = viva_recipe_for_file(path, NULL);
	g_assert_nonnull(recipe);
	if (!recipe->os) {
		g_test_skip("there is no libosinfo, or no data for it (package osinfo-db)");
		return;
	}
	g_assert_cmpstr(recipe->os, ==, "debian11");
	g_assert_cmpstr(recipe->title, ==, "Debian 11");
	/* What it is said to need may change with the database. */
	g_assert_cmpuint(recipe->memory_bytes, >=, (guint64)512 << 20);
	g_assert_cmpuint(recipe->disk_bytes, >=, (guint64)1 << 30);
}

typedef struct Waiting {
	VivaEntry *entry;
	GError *error;
	bool done;
} Waiting;

static void made(GObject *source, GAsyncResult *result, gpointer data)
{
	Waiting *waiting = data;
	waiting->entry = viva_recipe_make_finish(VIVA_LIBRARY(source), result, &waiting->error);
	waiting->done = true;
}

static Waiting make(const VivaRecipe *recipe, VivaLibrary *library)
{
	Waiting waiting = { 0 };
	viva_recipe_make_async(recipe, library, NULL, NULL, NULL, made, &waiting);
	while (!waiting.done)
		g_main_context_iteration(NULL, TRUE);
	return waiting;
}

static void test_make(Fixture *fixture, gconstpointer data)
{
	const char *description;
	g_autofree char *machines = g_build_filename(fixture->folder, "machines", NULL), *image = NULL;
	g_autoptr(VivaLibrary) library = viva_library_new(machines, NULL);
	for (unsigned n = 0;; n++) {
		g_autoptr(VivaRecipe) recipe = viva_recipe_kind(n, &description);
		if (!recipe)
			break;
		Waiting waiting = make(recipe, library);
		g_assert_no_error(waiting.error);
		g_assert_cmpstr(viva_entry_get_title(waiting.entry), ==, recipe->title);
		g_assert_cmpint(viva_entry_get_state(waiting.entry), ==, VIVA_STATE_STOPPED);
		g_autofree char *disk = g_build_filename(viva_entry_get_folder(waiting.entry), "disk-1.img", NULL);
		g_assert_cmpuint(viva_files_size(disk), ==, recipe->disk_bytes);
	}
	write_bytes(fixture, "disk.img", 1 << 20, 5, "hello", &image);
	g_autoptr(VivaRecipe) import = viva_recipe_for_file(image, NULL);
	for (unsigned copy = 0; copy < 2; copy++) {
		import->copy = copy;
		Waiting waiting = make(import, library);
		g_assert_no_error(waiting.error);
		JsonObject *drive = json_array_get_object_element(viva_document_get_array(viva_entry_get_config(waiting.entry), "drives"), 0);
		const char *file = viva_document_get_string(drive, "file");
		g_assert_cmpint(!strcmp(file, image), ==, !copy);
		g_assert_cmpint(g_str_has_prefix(file, viva_entry_get_folder(waiting.entry)), ==, copy);
		g_assert_cmpuint(viva_files_size(file), ==, 1 << 20);
	}
	g_unlink(image);
	Waiting waiting = make(import, library);
	g_assert_error(waiting.error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
	g_clear_error(&waiting.error);
}

int main(int argc, char **argv)
{
	static const struct { const char *path; void (*test)(Fixture *fixture, gconstpointer data); } tests[] = {
		{ "/settings/random", test_random }, { "/settings/tables", test_tables }, { "/settings/refused", test_refused },
		{ "/recipe/files", test_files }, { "/recipe/os", test_os }, { "/recipe/make", test_make },
	};
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++)
		g_test_add(tests[n].path, Fixture, NULL, set_up, tests[n].test, tear_down);
	return g_test_run();
}
