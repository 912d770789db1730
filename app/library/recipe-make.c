/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes machines of recipes: disk and configuration in a folder that the library doesn't show until all of it is there. */
#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "library/archive.h"
#include "library/document.h"
#include "library/files.h"
#include "library/recipe.h"

typedef struct Making {
	VivaRecipe recipe; /* a copy */
	char *folder, *place; /* while it is made; where it is then */
	VivaCopy copy;
} Making;

static void making_free(gpointer data)
{
	Making *making = data;
	VivaRecipe *recipe = g_memdup2(&making->recipe, sizeof(making->recipe));
	viva_copy_hush(&making->copy);
	viva_recipe_free(recipe);
	g_free(making->folder);
	g_free(making->place);
	g_free(making);
}

static VivaRecipe copy_of(const VivaRecipe *recipe)
{
	VivaRecipe copy = *recipe;
	char **texts[] = { &copy.title, &copy.file, &copy.initrd, &copy.append, &copy.os, &copy.os_name, &copy.cpu_model };
	for (unsigned n = 0; n < G_N_ELEMENTS(texts); n++)
		*texts[n] = g_strdup(*texts[n]);
	return copy;
}

/* ---- in the thread ---- */

/* The file where the machine finds it: in its folder, if it is to have a copy. */
static char *place_file(Making *making, const char *file, const char *name, GCancellable *cancellable, GError **error)
{
	if (!making->recipe.copy)
		return g_strdup(file);
	g_autofree char *path = g_build_filename(making->folder, name, NULL);
	return viva_files_copy(file, path, &making->copy, cancellable, error) ? g_steal_pointer(&path) : NULL;
}

static void add_drive(JsonObject *config, const char *interface, const char *media, int bus, const char *file)
{
	JsonObject *drive = json_object_new();
	json_object_set_string_member(drive, "interface", interface);
	json_object_set_string_member(drive, "media", media);
	json_object_set_int_member(drive, "bus", bus);
	json_object_set_int_member(drive, "unit", 0);
	viva_document_set_string(drive, "file", file);
	json_array_add_object_element(viva_document_get_array(config, "drives"), drive);
}

/* A disk, a CD drive and a floppy drive, as a PC has them; with what the recipe puts into them. */
static bool add_drives(Making *making, JsonObject *config, const char *file, GError **error)
{
	const VivaRecipe *recipe = &making->recipe;
	g_autofree char *disk = NULL;
	json_object_set_array_member(config, "drives", json_array_new());
	if (recipe->source == VIVA_SOURCE_DISK) {
		disk = g_strdup(file);
	} else if (recipe->disk_bytes) {
		disk = g_build_filename(making->folder, "disk-1.img", NULL);
		if (!viva_files_make_disk(disk, recipe->disk_bytes, error))
			return false;
	}
	if (disk)
		add_drive(config, "ide", "disk", 0, disk);
	add_drive(config, "ide", "cdrom", 1, recipe->source == VIVA_SOURCE_CD ? file : NULL);
	add_drive(config, "floppy", "disk", 0, recipe->source == VIVA_SOURCE_FLOPPY ? file : NULL);
	return true;
}

static void add_ports(JsonObject *config)
{
	JsonArray *serials = json_array_new();
	json_array_add_string_element(serials, "vc");
	json_object_set_array_member(config, "serials", serials);
}

static void add_numbers(const VivaRecipe *recipe, JsonObject *config)
{
	viva_document_set_string(config, "name", recipe->title);
	viva_document_set_int(config, "memory/bytes", (gint64)recipe->memory_bytes);
	viva_document_set_string(config, "cpu/model", recipe->cpu_model);
	viva_document_set_int(config, "cpu/cores", recipe->cpus);
	viva_document_set_int(config, "cpu/count", recipe->cpus);
	viva_document_set_int(config, "cpu/maximum", recipe->cpus);
	viva_document_set_string(config, "rtc/base", recipe->local_time ? "localtime" : NULL);
}

/* An empty disk is passed over by the firmware: with the disk in front the installer starts the first time, the system afterwards. */
static void add_boot(const VivaRecipe *recipe, JsonObject *config, const char *file, const char *initrd)
{
	viva_document_set_string(config, "boot/order", recipe->source == VIVA_SOURCE_FLOPPY ? "acd" : "cda");
	if (recipe->source != VIVA_SOURCE_KERNEL)
		return;
	viva_document_set_string(config, "boot/kernel", file);
	viva_document_set_string(config, "boot/initrd", initrd);
	viva_document_set_string(config, "boot/append", recipe->append);
}

static const char *file_name(const VivaRecipe *recipe)
{
	switch (recipe->source) {
	case VIVA_SOURCE_CD: return "cd-1.iso";
	case VIVA_SOURCE_FLOPPY: return "floppy-1.img";
	case VIVA_SOURCE_KERNEL: return "kernel";
	default: return "disk-1.img";
	}
}

static bool write_notes(const Making *making, GError **error)
{
	g_autofree char *path = g_build_filename(making->folder, "library.json", NULL);
	g_autoptr(JsonObject) notes = json_object_new();
	viva_document_set_int(notes, "version", 1);
	viva_document_set_int(notes, "created", g_get_real_time() / G_USEC_PER_SEC);
	viva_document_set_string(notes, "os", making->recipe.os);
	return viva_document_write(notes, path, error);
}

/* All that a machine is was exported with it; its name is for the user to say. */
static bool unpack(Making *making, GCancellable *cancellable, GError **error)
{
	g_autofree char *path = g_build_filename(making->folder, "machine.json", NULL);
	if (!viva_archive_unpack(making->recipe.file, making->folder, &making->copy, cancellable, error))
		return false;
	g_autoptr(JsonObject) config = viva_document_read_config(path, error);
	viva_document_set_string(config, "name", making->recipe.title);
	return viva_document_write(config, path, error);
}

static bool make(Making *making, GCancellable *cancellable, GError **error)
{
	const VivaRecipe *recipe = &making->recipe;
	if (recipe->source == VIVA_SOURCE_ARCHIVE)
		return unpack(making, cancellable, error);
	g_autofree char *path = g_build_filename(making->folder, "machine.json", NULL), *file = NULL, *initrd = NULL;
	g_autoptr(JsonObject) config = viva_document_new_config();
	making->copy.total_bytes = recipe->file && recipe->copy ? viva_files_size(recipe->file) : 0;
	if (recipe->file && !(file = place_file(making, recipe->file, file_name(recipe), cancellable, error)))
		return false;
	if (recipe->initrd && !(initrd = place_file(making, recipe->initrd, "initrd", cancellable, error)))
		return false;
	add_numbers(recipe, config);
	add_boot(recipe, config, file, initrd);
	add_ports(config);
	if (!add_drives(making, config, file, error))
		return false;
	g_autoptr(JsonObject) checked = viva_document_check_config(config, error);
	return checked && viva_document_write(checked, path, error) && write_notes(making, error);
}

static void make_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	Making *making = data;
	GError *error = NULL;
	if (make(making, cancellable, &error) && (making->place = viva_library_place(source, making->folder, making->recipe.title, &error))) {
		g_task_return_boolean(task, TRUE);
	} else {
		viva_library_abandon(source, making->folder);
		g_task_return_error(task, error);
	}
}

/* ---- in the main thread ---- */

void viva_recipe_make_async(const VivaRecipe *recipe, VivaLibrary *library, VivaProgress progress, gpointer progress_data,
	GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(library, cancellable, callback, data);
	GError *error = NULL;
	g_task_set_source_tag(task, viva_recipe_make_async);
	char *folder = viva_library_begin(library, &error);
	if (!folder) {
		g_task_return_error(task, error);
		return;
	}
	Making *making = g_new0(Making, 1);
	making->recipe = copy_of(recipe);
	making->folder = folder;
	viva_copy_tell(&making->copy, progress, progress_data);
	g_task_set_task_data(task, making, making_free);
	g_task_set_check_cancellable(task, FALSE); /* what is done when it comes stays */
	g_task_run_in_thread(task, make_in_thread);
}

VivaEntry *viva_recipe_make_finish(VivaLibrary *library, GAsyncResult *result, GError **error)
{
	Making *making = g_task_get_task_data(G_TASK(result));
	bool ok = g_task_propagate_boolean(G_TASK(result), error);
	if (!making)
		return NULL;
	viva_copy_hush(&making->copy);
	return ok ? viva_library_adopt(library, making->place) : NULL;
}
