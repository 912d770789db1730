/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that a thread writes, so that a busy disk holds up nobody: each content whole or not at all, in the order of the calls, the
 * newest at the end. A content that a newer one overtakes before its turn is left out.
 *
 * Main thread, save where it says otherwise. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

G_BEGIN_DECLS

typedef struct VivaWriter VivaWriter;

/* In the main thread, for each content that had its turn: error NULL: it stands in the file; else the file is as it was. last: nothing
 * newer is on its way. `content` came with the bytes. */
typedef void VivaWritten(gpointer content, const GError *error, bool last, gpointer data);

/* content_free and written may be NULL. */
VivaWriter *viva_writer_new(const char *path, GDestroyNotify content_free, VivaWritten *written, gpointer data);
/* Waits until all is written, and tells nobody. */
void viva_writer_free(VivaWriter *self);

/* Takes both. */
void viva_writer_put(VivaWriter *self, GBytes *bytes, gpointer content);
/* Until all is written and told. */
bool viva_writer_is_busy(VivaWriter *self);
/* Any thread: waits until all is written; viva_writer_free() must not come meanwhile. False and *error: the newest content couldn't be,
 * and its owner doesn't know yet. */
bool viva_writer_wait(VivaWriter *self, GError **error);
/* The same, and tells what became of it. */
void viva_writer_flush(VivaWriter *self);

G_END_DECLS
