/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library: the folder that holds a folder for each machine, as a GListModel of VivaEntry. Main thread only.
 *
 * Folders that come and go behind its back are noticed. Names that begin with a dot are no machines: what is being made has such a
 * name until it is whole. */
#pragma once

#include "library/entry.h"
#include "library/files.h"

G_BEGIN_DECLS

#define VIVA_TYPE_LIBRARY viva_library_get_type()
G_DECLARE_FINAL_TYPE(VivaLibrary, viva_library, VIVA, LIBRARY, GObject)

/* Makes the folder if need be. NULL and *error: it can't be made or read. */
VivaLibrary *viva_library_new(const char *folder, GError **error);
const char *viva_library_get_folder(VivaLibrary *self);
/* NULL: there is none with the id. Borrowed. */
VivaEntry *viva_library_find(VivaLibrary *self, const char *id);
/* Looks for folders that came or went. */
void viva_library_rescan(VivaLibrary *self);

/* A folder in which a machine is made, with a name that the library ignores; the caller's. */
char *viva_library_begin(VivaLibrary *self, GError **error);
/* Any thread: the finished folder gets its name, from the title, which is returned. NULL and *error: the folder is as before. */
char *viva_library_place(VivaLibrary *self, const char *folder, const char *title, GError **error);
/* The entry of such a folder. Borrowed. */
VivaEntry *viva_library_adopt(VivaLibrary *self, const char *folder);
/* Any thread: removes a folder of viva_library_begin() and all in it. */
void viva_library_abandon(VivaLibrary *self, const char *folder);

/* What is being written (entry.h). Nobody having shown what couldn't be, the library's own "save-failed" (VivaEntry, const GError *) says
 * it. */
bool viva_library_is_saving(VivaLibrary *self);
/* Calls back when all that was on its way has been written. */
void viva_library_settle_async(VivaLibrary *self, GAsyncReadyCallback callback, gpointer data);
/* Waits for it. */
void viva_library_flush(VivaLibrary *self);

/* Deleting in two steps, so that it can be undone: the entry disappears from the model, ... False and *error: it runs. */
bool viva_library_hide(VivaLibrary *self, VivaEntry *entry, GError **error);
/* ... and either comes back, or goes to the trash; without a trash it is removed. The latter in a thread, or at once where there is no
 * time for that. */
void viva_library_unhide(VivaLibrary *self, VivaEntry *entry);
void viva_library_trash_async(VivaLibrary *self, VivaEntry *entry, GAsyncReadyCallback callback, gpointer data);
bool viva_library_trash_finish(VivaLibrary *self, GAsyncResult *result, GError **error);
bool viva_library_trash(VivaLibrary *self, VivaEntry *entry, GError **error);

/* A copy of the machine with its disks, in a thread; `progress` is called in the main thread with what is done, 0 to 1. Disks outside
 * of the machine's folder are shared by both. The result is borrowed from the library. */
void viva_library_clone_async(VivaLibrary *self, VivaEntry *entry, const char *title, VivaProgress progress, gpointer progress_data,
	GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
VivaEntry *viva_library_clone_finish(VivaLibrary *self, GAsyncResult *result, GError **error);

/* The machine with all the files that it needs in one (archive.h). */
void viva_library_export_async(VivaLibrary *self, VivaEntry *entry, const char *path, VivaProgress progress, gpointer progress_data,
	GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
bool viva_library_export_finish(VivaLibrary *self, GAsyncResult *result, GError **error);

G_END_DECLS
