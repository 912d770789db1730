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

enum { SAVE_FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

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

static gboolean save_failed(VivaLibrary *self, const GError *error, VivaEntry *entry)
{
	g_signal_emit(self, signals[SAVE_FAILED], 0, entry, error);
	return TRUE;
}

static void insert(VivaLibrary *self, VivaEntry *entry)
{
	guint position = 0;
	g_signal_handlers_disconnect_by_func(entry, save_failed, self); /* it comes back, maybe */
	g_signal_connect_object(entry, "save-failed", G_CALLBACK(save_failed), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
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

/* Between the look and the renaming another thread may take the name: a folder that isn't empty is never replaced. */
char *viva_library_place(VivaLibrary *self, const char *folder, const char *title, GError **error)
{
	g_autofree char *name = folder_name(title);
	for (unsigned n = 1;; n++) {
		g_autofree char *numbered = n > 1 ? g_strdup_printf("%s-%u", name, n) : g_strdup(name);
		g_autofree char *target = g_build_filename(self->folder, numbered, NULL);
		if (g_file_test(target, G_FILE_TEST_EXISTS))
			continue;
		if (!move_document(folder, target, error))
			return NULL;
		if (!g_rename(folder, target))
			return g_steal_pointer(&target);
		int cause = errno;
		move_document(folder, folder, NULL);
		if (cause == EEXIST || cause == ENOTEMPTY)
			continue;
		g_set_error(error, G_IO_ERROR, g_io_error_from_errno(cause), _("%s can’t be made: %s"), target, g_strerror(cause));
		return NULL;
	}
}

/* The look into the folder may have been faster. */
VivaEntry *viva_library_adopt(VivaLibrary *self, const char *folder)
{
	g_autofree char *id = g_path_get_basename(folder);
	VivaEntry *there = viva_library_find(self, id);
	if (there)
		return there;
	g_autoptr(VivaEntry) entry = viva_entry_new(folder);
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

/* Any thread. What is still to be written goes with it. */
static bool remove_folder(VivaEntry *entry, GError **error)
{
	g_autoptr(GFile) file = g_file_new_for_path(viva_entry_get_folder(entry));
	g_autoptr(GError) local = NULL;
	viva_entry_wait_saved(entry, NULL);
	if (g_file_trash(file, NULL, &local))
		return true;
	if (g_error_matches(local, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
		return viva_files_remove(viva_entry_get_folder(entry), error);
	g_propagate_error(error, g_steal_pointer(&local));
	return false;
}

static void removed(VivaLibrary *self, VivaEntry *entry, bool ok)
{
	if (ok) {
		viva_entry_unlock(entry);
		g_hash_table_remove(self->hidden, viva_entry_get_id(entry));
	} else {
		viva_library_unhide(self, entry);
	}
}

bool viva_library_trash(VivaLibrary *self, VivaEntry *entry, GError **error)
{
	bool ok = remove_folder(entry, error);
	removed(self, entry, ok);
	return ok;
}

static void trash_in_thread(GTask *task, gpointer source, gpointer entry, GCancellable *cancellable)
{
	GError *error = NULL;
	if (remove_folder(entry, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

void viva_library_trash_async(VivaLibrary *self, VivaEntry *entry, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, data);
	g_task_set_task_data(task, g_object_ref(entry), g_object_unref);
	g_task_run_in_thread(task, trash_in_thread);
}

bool viva_library_trash_finish(VivaLibrary *self, GAsyncResult *result, GError **error)
{
	bool ok = g_task_propagate_boolean(G_TASK(result), error);
	removed(self, g_task_get_task_data(G_TASK(result)), ok);
	return ok;
}

/* ---- what is being written ---- */

bool viva_library_is_saving(VivaLibrary *self)
{
	for (guint n = 0; n < self->entries->len; n++)
		if (viva_entry_is_saving(g_ptr_array_index(self->entries, n)))
			return true;
	return false;
}

void viva_library_flush(VivaLibrary *self)
{
	for (guint n = 0; n < self->entries->len; n++)
		viva_entry_flush(g_ptr_array_index(self->entries, n));
}

static void wait_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	const GPtrArray *entries = data;
	for (guint n = 0; n < entries->len; n++)
		viva_entry_wait_saved(g_ptr_array_index(entries, n), NULL);
	g_task_return_boolean(task, TRUE);
}

void viva_library_settle_async(VivaLibrary *self, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(self, NULL, callback, data);
	GPtrArray *entries = g_ptr_array_new_with_free_func(g_object_unref);
	for (guint n = 0; n < self->entries->len; n++)
		if (viva_entry_is_saving(g_ptr_array_index(self->entries, n)))
			g_ptr_array_add(entries, g_object_ref(g_ptr_array_index(self->entries, n)));
	g_task_set_task_data(task, entries, (GDestroyNotify)g_ptr_array_unref);
	g_task_run_in_thread(task, wait_in_thread);
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
	signals[SAVE_FAILED] =
		g_signal_new("save-failed", VIVA_TYPE_LIBRARY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, VIVA_TYPE_ENTRY, G_TYPE_ERROR);
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
