/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library, see library.h. */
#include "library/library.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "library/document.h"
#include "library/files.h"
#include "library/paths.h"

struct _VivaLibrary {
	GObject parent_instance;
	char *folder;
	GPtrArray *entries;	/* VivaEntry, by id */
	GHashTable *hidden;	/* ids of those that are about to be deleted */
	GFileMonitor *monitor;
	guint rescan_source;
};

static void list_model_init(GListModelInterface *interface);
G_DEFINE_FINAL_TYPE_WITH_CODE(VivaLibrary, viva_library, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init))

/* ---- the model ---- */

static GType get_item_type(GListModel *model)
{

	return VIVA_TYPE_ENTRY;
}

static guint get_n_items(GListModel *model)
{
	return VIVA_LIBRARY(model)->entries->len;
}

static gpointer get_item(GListModel *model, guint position)
{
	GPtrArray *entries = VIVA_LIBRARY(model)->entries;
	return position < entries->len ? g_object_ref(g_ptr_array_index(entries, position)) : NULL;
}

static void list_model_init(GListModelInterface *interface)
{
	interface->get_item_type = get_item_type;
	interface->get_n_items = get_n_items;
	interface->get_item = get_item;
}

static void insert(VivaLibrary *self, VivaEntry *entry)
{
	guint position = 0;
	while (position < self->entries->len &&
	       strcmp(viva_entry_get_id(g_ptr_array_index(self->entries, position)), viva_entry_get_id(entry)) < 0)
		position++;
	g_ptr_array_insert(self->entries, (int)position, g_object_ref(entry));
	g_list_model_items_changed(G_LIST_MODEL(self), position, 0, 1);
}

static void take_out(VivaLibrary *self, VivaEntry *entry)
{
	guint position;
	if (!g_ptr_array_find(self->entries, entry, &position))
		return;
	g_ptr_array_remove_index(self->entries, position);
	g_list_model_items_changed(G_LIST_MODEL(self), position, 1, 0);
}

VivaEntry *viva_library_find(VivaLibrary *self, const char *id)
{
	for (guint n = 0; n < self->entries->len; n++)
		if (!strcmp(viva_entry_get_id(g_ptr_array_index(self->entries, n)), id))
			return g_ptr_array_index(self->entries, n);
	return NULL;
}

const char *viva_library_get_folder(VivaLibrary *self)
{
	return self->folder;
}

/* ---- what is in the folder ---- */

static bool is_machine_folder(const char *path, const char *name)
{
	return *name != '.' && g_file_test(path, G_FILE_TEST_IS_DIR);
}

/* A machine that runs stays in the list even if its folder went: it is closed first. */
static void drop_missing(VivaLibrary *self)
{
	for (guint n = self->entries->len; n > 0; n--) {
		VivaEntry *entry = g_ptr_array_index(self->entries, n - 1);
		VivaState state = viva_entry_get_state(entry);
		bool idle = state == VIVA_STATE_STOPPED || state == VIVA_STATE_DAMAGED;
		if (idle && !g_file_test(viva_entry_get_folder(entry), G_FILE_TEST_IS_DIR))
			take_out(self, entry);
	}
}

static bool scan(VivaLibrary *self, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(self->folder, 0, error);
	if (!dir)
		return false;
	for (const char *name; (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(self->folder, name, NULL);
		if (!is_machine_folder(path, name) || viva_library_find(self, name) || g_hash_table_contains(self->hidden, name))
			continue;
		g_autoptr(VivaEntry) entry = viva_entry_new(path);
		insert(self, entry);
	}
	return true;
}

void viva_library_rescan(VivaLibrary *self)
{
	drop_missing(self);
	scan(self, NULL);
}

static gboolean rescan_now(gpointer data)
{
	VivaLibrary *self = data;
	self->rescan_source = 0;
	viva_library_rescan(self);
	return G_SOURCE_REMOVE;
}

static void folder_changed(VivaLibrary *self)
{
	if (!self->rescan_source)
		self->rescan_source = g_idle_add(rescan_now, self);
}

/* ---- making ---- */

char *viva_library_begin(VivaLibrary *self, GError **error)
{
	g_autofree char *path = g_build_filename(self->folder, ".new-XXXXXX", NULL);
	if (g_mkdtemp(path))
		return g_steal_pointer(&path);
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), _("No folder can be made in %s: %s"), self->folder, g_strerror(errno));
	return NULL;
}

/* A name for files, for humans: letters and digits of any script, the rest as dashes. */
static char *folder_name(const char *title)
{
	GString *name = g_string_new(NULL);
	for (const char *c = title; *c && name->len < 60; c = g_utf8_next_char(c)) {
		gunichar letter = g_utf8_get_char(c);
		if (g_unichar_isalnum(letter) || (strchr("._+", (int)letter) && letter < 128 && name->len))
			g_string_append_unichar(name, g_unichar_tolower(letter));
		else if (name->len && name->str[name->len - 1] != '-')
			g_string_append_c(name, '-');
	}
	while (name->len && name->str[name->len - 1] == '-')
		g_string_truncate(name, name->len - 1);
	if (!name->len)
		g_string_append(name, "machine");
	return g_string_free(name, FALSE);
}

static bool move_document(const char *folder, const char *target, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "machine.json", NULL);
	g_autoptr(JsonObject) config = viva_document_read_config(path, error);
	if (!config)
		return false;
	viva_paths_move(config, folder, target);
	return viva_document_write(config, path, error);
}

VivaEntry *viva_library_add(VivaLibrary *self, const char *folder, const char *title, GError **error)
{
	g_autofree char *name = folder_name(title), *target = g_build_filename(self->folder, name, NULL);
	for (unsigned n = 2; g_file_test(target, G_FILE_TEST_EXISTS); n++) {
		g_free(target);
		g_autofree char *numbered = g_strdup_printf("%s-%u", name, n);
		target = g_build_filename(self->folder, numbered, NULL);
	}
	if (!move_document(folder, target, error))
		return NULL;
	if (g_rename(folder, target)) {
		int cause = errno;
		move_document(folder, folder, NULL);
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(cause), _("%s can’t be made: %s"), target, g_strerror(cause));
		return NULL;
	}
	g_autoptr(VivaEntry) entry = viva_entry_new(target);
	insert(self, entry);
	return entry;
}

void viva_library_abandon(VivaLibrary *self, const char *folder)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *parent = g_path_get_dirname(folder), *name = g_path_get_basename(folder);
	g_return_if_fail(!strcmp(parent, self->folder) && g_str_has_prefix(name, ".new-"));
	if (!viva_files_remove(folder, &error))
		g_debug("%s", error->message);
}

/* ---- deleting ---- */

bool viva_library_hide(VivaLibrary *self, VivaEntry *entry, GError **error)
{
	if (!viva_entry_lock(entry, error))
		return false;
	g_hash_table_add(self->hidden, g_strdup(viva_entry_get_id(entry)));
	g_object_ref(entry); /* the list's may be the last */
	take_out(self, entry);
	g_object_unref(entry);
	return true;
}

void viva_library_unhide(VivaLibrary *self, VivaEntry *entry)
{
	if (!g_hash_table_remove(self->hidden, viva_entry_get_id(entry)))
		return;
	viva_entry_unlock(entry);
	insert(self, entry);
}

bool viva_library_trash(VivaLibrary *self, VivaEntry *entry, GError **error)
{
	g_autoptr(GFile) file = g_file_new_for_path(viva_entry_get_folder(entry));
	g_autoptr(GError) local = NULL;
	bool ok = g_file_trash(file, NULL, &local);
	if (!ok && g_error_matches(local, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
		ok = viva_files_remove(viva_entry_get_folder(entry), error);
	else if (!ok)
		g_propagate_error(error, g_steal_pointer(&local));
	if (ok) {
		viva_entry_unlock(entry);
		g_hash_table_remove(self->hidden, viva_entry_get_id(entry));
	} else {
		viva_library_unhide(self, entry);
	}
	return ok;
}

/* ---- the object ---- */

static void viva_library_finalize(GObject *object)
{
	VivaLibrary *self = VIVA_LIBRARY(object);
	g_clear_handle_id(&self->rescan_source, g_source_remove);
	if (self->monitor)
		g_signal_handlers_disconnect_by_data(self->monitor, self);
	g_clear_object(&self->monitor);
	g_ptr_array_unref(self->entries);
	g_hash_table_unref(self->hidden);
	g_free(self->folder);
	G_OBJECT_CLASS(viva_library_parent_class)->finalize(object);
}

static void viva_library_class_init(VivaLibraryClass *class)
{
	G_OBJECT_CLASS(class)->finalize = viva_library_finalize;
}

static void viva_library_init(VivaLibrary *self)
{
	self->entries = g_ptr_array_new_with_free_func(g_object_unref);
	self->hidden = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

VivaLibrary *viva_library_new(const char *folder, GError **error)
{
	if (g_mkdir_with_parents(folder, 0700)) {
		int cause = errno;
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(cause), _("The library’s folder %s can’t be made: %s"), folder, g_strerror(cause));
		return NULL;
	}
	g_autoptr(VivaLibrary) self = g_object_new(VIVA_TYPE_LIBRARY, NULL);
	self->folder = g_canonicalize_filename(folder, NULL);
	if (!scan(self, error))
		return NULL;
	g_autoptr(GFile) file = g_file_new_for_path(self->folder);
	self->monitor = g_file_monitor_directory(file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
	if (self->monitor)
		g_signal_connect_object(self->monitor, "changed", G_CALLBACK(folder_changed), self, G_CONNECT_SWAPPED);
	return g_steal_pointer(&self);
}
