/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying and removing a machine's files. Any thread; these block. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

G_BEGIN_DECLS

/* What is done, 0 to 1; in the main thread. */
typedef void (*VivaProgress)(double done, gpointer data);

/* How far a copy is; shared by the threads that do it and that show it. */
typedef struct VivaCopy {
	guint64 total_bytes;
	gint done_permille; /* atomic */
	guint64 done_bytes; /* of the thread that copies */
	VivaProgress progress;
	gpointer progress_data;
	guint source; /* of the main thread; 0: nobody is told */
} VivaCopy;

/* Tells how far it is, until viva_copy_hush(). Main thread; progress NULL: nobody wants to know. */
void viva_copy_tell(VivaCopy *copy, VivaProgress progress, gpointer data);
void viva_copy_hush(VivaCopy *copy);
/* So many bytes more are done; copy may be NULL. */
void viva_copy_note(VivaCopy *copy, guint64 bytes);

bool viva_files_is_zero(const char *data, size_t size);
/* The bytes in a file, or in a folder's files. */
guint64 viva_files_size(const char *path);
/* Blocks of zeros become holes, so that a sparse disk stays one. What was begun is removed when it fails. `copy` may be NULL. */
bool viva_files_copy(const char *from, const char *to, VivaCopy *copy, GCancellable *cancellable, GError **error);
/* An empty disk: a file of holes. Fails if there is one. */
bool viva_files_make_disk(const char *path, guint64 size, GError **error);
/* With all that is in it; links are not followed. */
bool viva_files_remove(const char *path, GError **error);

G_END_DECLS
