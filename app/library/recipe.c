/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recipes: ready-made ones, and those that a file suggests. recipe-make.c makes machines of them. */
#include "library/recipe.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "app-config.h"
#include "library/archive.h"

#define MIB ((guint64)1 << 20)
#define GIB ((guint64)1 << 30)

void viva_recipe_free(VivaRecipe *recipe)
{
	if (!recipe)
		return;
	char *texts[] = { recipe->title, recipe->file, recipe->initrd, recipe->append, recipe->os, recipe->os_name, recipe->cpu_model };
	for (unsigned n = 0; n < G_N_ELEMENTS(texts); n++)
		g_free(texts[n]);
	g_free(recipe);
}

/* ---- ready-made ones ---- */

typedef struct Kind {
	const char *title, *description, *cpu_model;
	guint64 memory_bytes, disk_bytes;
	int cpus;
	bool local_time;
} Kind;

/* clang-format off */
static const Kind kinds[] = {
	{ N_("Modern PC"), N_("64 bits, 2 processors, 2 GiB of memory, 20 GiB of disk"), NULL, 2 * GIB, 20 * GIB, 2, false },
	{ N_("PC of the 2000s"), N_("32 bits, 512 MiB of memory, 8 GiB of disk"), "pentium3", 512 * MIB, 8 * GIB, 1, true },
	{ N_("PC of the 1990s"), N_("A 486 with 32 MiB of memory and 500 MiB of disk"), "486", 32 * MIB, 500 * MIB, 1, true },
};
/* clang-format on */

VivaRecipe *viva_recipe_kind(unsigned n, const char **description)
{
	if (n >= G_N_ELEMENTS(kinds))
		return NULL;
	const Kind *kind = &kinds[n];
	VivaRecipe *recipe = g_new0(VivaRecipe, 1);
	*recipe = (VivaRecipe){ .title = g_strdup(_(kind->title)), .cpu_model = g_strdup(kind->cpu_model), .memory_bytes = kind->memory_bytes,
				.disk_bytes = kind->disk_bytes, .cpus = kind->cpus, .local_time = kind->local_time };
	*description = _(kind->description);
	return recipe;
}

static VivaRecipe *linux_in(const char *folder)
{
	g_autofree char *kernel = folder ? g_build_filename(folder, "k64", NULL) : NULL;
	g_autofree char *initrd = folder ? g_build_filename(folder, "initrd64.gz", NULL) : NULL;
	if (!folder || !g_file_test(kernel, G_FILE_TEST_IS_REGULAR) || !g_file_test(initrd, G_FILE_TEST_IS_REGULAR))
		return NULL;
	VivaRecipe *recipe = g_new0(VivaRecipe, 1);
	*recipe = (VivaRecipe){ .title = g_strdup(_("Small Linux")), .source = VIVA_SOURCE_KERNEL, .file = g_steal_pointer(&kernel),
				.initrd = g_steal_pointer(&initrd), .append = g_strdup("console=tty0 console=ttyS0 quiet"), .memory_bytes = 512 * MIB,
				.cpus = 1, .copy = true };
	return recipe;
}

/* Installed, or where the developer's commands made it. */
VivaRecipe *viva_recipe_small_linux(void)
{
	g_autofree char *installed = g_build_filename(PACKAGE_DATA_DIR, "guest", NULL);
	VivaRecipe *recipe = linux_in(g_getenv("VIV_GUEST_FOLDER"));
	return recipe ? recipe : linux_in(installed);
}

/* ---- what a file is ---- */

typedef struct Magic {
	gsize offset;
	const char *bytes;
	gsize size;
	const char *name; /* of the format; NULL: a CD */
} Magic;

/* clang-format off */
static const Magic magics[] = {
	{ 0x8001, "CD001", 5, NULL }, { 0x8001, "BEA01", 5, NULL }, /* ECMA-119, UDF: both in sector 16 */
	{ 0, "QFI\xfb", 4, "QCOW2" }, { 0, "KDMV", 4, "VMDK" }, { 0, "# Disk DescriptorFile", 21, "VMDK" }, { 0, "vhdxfile", 8, "VHDX" },
	{ 0, "conectix", 8, "VHD" }, { 0x40, "\x7f\x10\xda\xbe", 4, "VDI" }, { 0, "QED\0", 4, "QED" }, { 257, "ustar", 5, "OVA" },
	{ 0, "\x1f\x8b", 2, "gzip" }, { 0, "\xfd" "7zXZ", 5, "xz" }, { 0, "BZh", 3, "bzip2" }, { 0, "PK\3\4", 4, "ZIP" }, { 0, "\x28\xb5\x2f\xfd", 4, "zstd" },
};
/* clang-format on */

enum { HEAD_BYTES = 0x8800 };

static bool fail(GError **error, const char *path, const char *message)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", path, message);
	return false;
}

static bool read_head(const char *path, char *head, gsize *size, guint64 *length, GError **error)
{
	GStatBuf status;
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return fail(error, path, _("this is a folder. Choose an image file."));
	FILE *file = g_fopen(path, "rb");
	if (!file || g_stat(path, &status)) {
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), _("%s can’t be opened: %s"), path, g_strerror(errno));
		if (file)
			fclose(file);
		return false;
	}
	*size = fread(head, 1, HEAD_BYTES, file);
	*length = (guint64)status.st_size;
	fclose(file);
	return *length ? true : fail(error, path, _("the file is empty."));
}

/* The sizes of floppies that drives were made for. */
static bool is_floppy_size(guint64 bytes)
{
	static const unsigned kib[] = { 160, 180, 320, 360, 720, 1200, 1440, 1680, 1722, 2880 };
	for (unsigned n = 0; n < G_N_ELEMENTS(kib); n++)
		if (bytes == (guint64)kib[n] * 1024)
			return true;
	return false;
}

/* *title: what an archive calls its machine; the caller's. */
static bool find_source(const char *path, VivaSource *source, char **title, GError **error)
{
	g_autofree char *head = g_malloc0(HEAD_BYTES);
	gsize size = 0;
	guint64 length;
	if (!read_head(path, head, &size, &length, error))
		return false;
	if (size >= 4 && !memcmp(head, "\x28\xb5\x2f\xfd", 4) && (*title = viva_archive_title(path, NULL))) {
		*source = VIVA_SOURCE_ARCHIVE;
		return true;
	}
	*source = is_floppy_size(length) ? VIVA_SOURCE_FLOPPY : VIVA_SOURCE_DISK;
	for (unsigned n = 0; n < G_N_ELEMENTS(magics); n++) {
		const Magic *magic = &magics[n];
		if (magic->offset + magic->size > size || memcmp(head + magic->offset, magic->bytes, magic->size))
			continue;
		if (magic->name) {
			g_autofree char *message =
				g_strdup_printf(_("the image has the format %s. Vivarium reads raw images: convert it to one first."), magic->name);
			return fail(error, path, message);
		}
		*source = VIVA_SOURCE_CD;
		return true;
	}
	if (length % 512)
		return fail(error, path, _("this is neither a CD image nor a raw disk image, whose size is a multiple of 512 bytes."));
	return true;
}

static char *title_of(const char *path)
{
	g_autofree char *name = g_path_get_basename(path), *valid = g_filename_display_name(name);
	char *dot = g_strrstr(valid, ".");
	if (dot && dot > valid)
		*dot = 0;
	return g_steal_pointer(&valid);
}

static void take_os(VivaRecipe *recipe, VivaOs *os)
{
	recipe->os = g_steal_pointer(&os->id);
	recipe->os_name = g_steal_pointer(&os->name);
	recipe->local_time = os->local_time;
	if (recipe->os_name) {
		g_free(recipe->title);
		recipe->title = g_strdup(recipe->os_name);
	}
	/* Whole MiB; what the guests of the day are given at least, as the emulated processor is slow enough without swapping. */
	if (os->memory_bytes)
		recipe->memory_bytes = CLAMP(os->memory_bytes, 16 * MIB, 8 * GIB) / MIB * MIB;
	if (os->disk_bytes)
		recipe->disk_bytes = CLAMP(os->disk_bytes, 100 * MIB, 500 * GIB) / MIB * MIB;
	if (os->cpus)
		recipe->cpus = CLAMP(os->cpus, 1, 4);
}

VivaRecipe *viva_recipe_for_file(const char *path, GError **error)
{
	VivaSource source;
	g_autofree char *title = NULL;
	if (!find_source(path, &source, &title, error))
		return NULL;
	VivaRecipe *recipe = g_new0(VivaRecipe, 1);
	*recipe = (VivaRecipe){ .title = title && *title ? g_steal_pointer(&title) : title_of(path), .source = source, .file = g_strdup(path), .memory_bytes = 2 * GIB, .cpus = 1 };
	if (source == VIVA_SOURCE_FLOPPY)
		recipe->memory_bytes = 64 * MIB;
	if (source == VIVA_SOURCE_CD) {
		recipe->disk_bytes = 20 * GIB;
		g_autoptr(VivaOs) os = viva_os_identify(path);
		if (os)
			take_os(recipe, os);
	}
	return recipe;
}

static void look_in_thread(GTask *task, gpointer source, gpointer path, GCancellable *cancellable)
{
	GError *error = NULL;
	VivaRecipe *recipe = viva_recipe_for_file(path, &error);
	if (recipe)
		g_task_return_pointer(task, recipe, (GDestroyNotify)viva_recipe_free);
	else
		g_task_return_error(task, error);
}

void viva_recipe_for_file_async(GFile *file, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);
	g_task_set_source_tag(task, viva_recipe_for_file_async);
	if (!g_file_peek_path(file)) {
		g_autofree char *uri = g_file_get_uri(file);
		g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("%s is not a file of this computer. Copy it here first."), uri);
		return;
	}
	g_task_set_task_data(task, g_file_get_path(file), g_free);
	g_task_run_in_thread(task, look_in_thread);
}

VivaRecipe *viva_recipe_for_file_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
