/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine in the library: a folder with machine.json (the engine's configuration document), library.json (what the library
 * knows beside it: tags, operating system, times), thumbnail.png and the machine's own disks. Main thread only.
 *
 * An entry whose documents can't be read is there as well, in the state VIVA_STATE_DAMAGED with `error` saying why.
 * Properties: id, title, folder, config, state, error, thumbnail, tags, os; all notify. */
#pragma once

#include <gdk/gdk.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

G_BEGIN_DECLS

typedef enum { VIVA_STATE_STOPPED, VIVA_STATE_RUNNING, VIVA_STATE_PAUSED, VIVA_STATE_DAMAGED } VivaState;
GType viva_state_get_type(void);
#define VIVA_TYPE_STATE viva_state_get_type()

#define VIVA_TYPE_ENTRY viva_entry_get_type()
G_DECLARE_FINAL_TYPE(VivaEntry, viva_entry, VIVA, ENTRY, GObject)

VivaEntry *viva_entry_new(const char *folder);
/* Reads the documents again. */
void viva_entry_reload(VivaEntry *self);

const char *viva_entry_get_id(VivaEntry *self); /* the folder's own name */
const char *viva_entry_get_title(VivaEntry *self);
const char *viva_entry_get_folder(VivaEntry *self);
JsonObject *viva_entry_get_config(VivaEntry *self); /* NULL: damaged. Not to be changed: make a copy (viva_document_copy()) */
VivaState viva_entry_get_state(VivaEntry *self);
const char *viva_entry_get_error(VivaEntry *self); /* NULL: none */
GdkTexture *viva_entry_get_thumbnail(VivaEntry *self); /* NULL: none, or it hasn't been read */
/* From the file, by a thread, if that hasn't been done; notifies when there is one. */
void viva_entry_read_thumbnail(VivaEntry *self);
const char *const *viva_entry_get_tags(VivaEntry *self); /* never NULL */
const char *viva_entry_get_os(VivaEntry *self); /* libosinfo's short id, NULL: unknown */
gint64 viva_entry_get_last_run(VivaEntry *self); /* Unix time; 0: never */
gint64 viva_entry_get_created(VivaEntry *self);
char *viva_entry_config_path(VivaEntry *self);

/* What is changed holds at once and is written by a thread. Should that fail, it is again as it stands in the file, and "save-failed"
 * (const GError *) tells why; whoever shows it to the user returns true. */

/* Whoever runs the machine says so: RUNNING, PAUSED or STOPPED. Running notes the time. */
void viva_entry_set_state(VivaEntry *self, VivaState state);
/* Checked by the engine. False and *error: nothing was changed. */
bool viva_entry_set_config(VivaEntry *self, JsonObject *config, GError **error);
void viva_entry_set_tags(VivaEntry *self, const char *const *tags);
/* Shows it at once; viva_entry_save_thumbnail() keeps it for the next time, and what fails isn't missed. */
void viva_entry_set_thumbnail(VivaEntry *self, GdkTexture *thumbnail);
void viva_entry_save_thumbnail(VivaEntry *self);

/* Until all is written, and what failed is told. */
bool viva_entry_is_saving(VivaEntry *self);
/* Any thread that has a reference: waits until all is written. False and *error: the configuration couldn't be. */
bool viva_entry_wait_saved(VivaEntry *self, GError **error);
/* The same in the main thread; what failed is told. */
void viva_entry_flush(VivaEntry *self);

/* Before the machine is run or its files changed. False and *error: another program, or another part of this one, has it. */
bool viva_entry_lock(VivaEntry *self, GError **error);
void viva_entry_unlock(VivaEntry *self);

G_END_DECLS
