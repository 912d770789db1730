/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine of the library while it runs: the engine's machine as an object of the main loop. Main thread only; nothing here waits.
 *
 * It is there as long as somebody shows or runs it, and can be started again after it has ended. It holds the entry's lock from the
 * start to the end, and keeps the entry's state and thumbnail.
 *
 * Properties: entry, run. Signals: frame-ready; terminal-output (unsigned terminal, GBytes); failed (GError): it didn't
 * start, its sound is off, or the host's disk is full and it is paused. */
#pragma once

#include "library/entry.h"
#include "viv.h"

G_BEGIN_DECLS

typedef enum {
	VIVA_RUN_OFF,
	VIVA_RUN_STARTING,
	VIVA_RUN_RUNNING,
	VIVA_RUN_PAUSED,
	VIVA_RUN_SUSPENDED, /* the guest sleeps */
	VIVA_RUN_STOPPING,  /* it has ended; its disks are being closed */
} VivaRun;
GType viva_run_get_type(void);
#define VIVA_TYPE_RUN viva_run_get_type()

#define VIVA_TYPE_MACHINE (viva_machine_get_type())
G_DECLARE_FINAL_TYPE(VivaMachine, viva_machine, VIVA, MACHINE, GObject)

VivaMachine *viva_machine_new(VivaEntry *entry);
VivaEntry *viva_machine_get_entry(VivaMachine *self);
VivaRun viva_machine_get_run(VivaMachine *self);
bool viva_machine_is_on(VivaMachine *self); /* running, paused or suspended */
/* NULL unless it is on: for orders of viv.h that have no answer. */
VivMachine *viva_machine_get_engine(VivaMachine *self);

/* From OFF; what goes wrong is told by the signal `failed`. */
void viva_machine_start(VivaMachine *self);
/* 0 to 1, until the configuration's volume changes: while somebody looks for the right one. */
void viva_machine_preview_volume(VivaMachine *self, double volume);
/* Pulls the plug. */
void viva_machine_power_off(VivaMachine *self);
/* It ran, and what ended it last wasn't viva_machine_power_off(). */
bool viva_machine_ended_itself(VivaMachine *self);
/* It is off, and its disk, which was empty, is bootable since it ran: the disc that installed it has done its work. */
bool viva_machine_has_installed(VivaMachine *self);
/* Why it is paused, if not because somebody wanted it; NULL: it isn't. */
const char *viva_machine_get_hold_up(VivaMachine *self);
/* Gives the entry what the screen shows now, if that is new. Costs a small picture; whoever takes frames must
 * viv_display_invalidate() then. */
void viva_machine_update_thumbnail(VivaMachine *self);

/* What the machine is asked. A machine that ends before it answers gives G_IO_ERROR_CANCELLED. */
void viva_machine_command_async(VivaMachine *self, const char *line, GAsyncReadyCallback callback, gpointer data);
void viva_machine_screen_text_async(VivaMachine *self, GAsyncReadyCallback callback, gpointer data);
char *viva_machine_text_finish(VivaMachine *self, GAsyncResult *result, GError **error); /* of both */
void viva_machine_complete_async(VivaMachine *self, const char *line, GAsyncReadyCallback callback, gpointer data);
char **viva_machine_complete_finish(VivaMachine *self, GAsyncResult *result, GError **error);
void viva_machine_usage_async(VivaMachine *self, GAsyncReadyCallback callback, gpointer data);
bool viva_machine_usage_finish(VivaMachine *self, GAsyncResult *result, VivUsage *usage, GError **error);

/* A drive, as VivDrive. */
typedef struct VivaDrive {
	char *id, *file; /* file NULL: empty */
	VivMedium kind;
	bool removable, read_only;
} VivaDrive;
void viva_machine_drives_async(VivaMachine *self, GAsyncReadyCallback callback, gpointer data);
GPtrArray *viva_machine_drives_finish(VivaMachine *self, GAsyncResult *result, GError **error); /* of VivaDrive */
void viva_machine_insert_async(VivaMachine *self, const char *drive, const char *path, bool read_only, GAsyncReadyCallback callback, gpointer data);
void viva_machine_eject_async(VivaMachine *self, const char *drive, bool force, GAsyncReadyCallback callback, gpointer data);
bool viva_machine_media_finish(VivaMachine *self, GAsyncResult *result, GError **error); /* of both */

G_END_DECLS
