/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a new machine is to be, before it is made: from a ready-made kind or from a file, changed by the user, then made.
 * A recipe belongs to whoever made it; any thread, unless something else is said. */
#pragma once

#include "library/library.h"
#include "library/os.h"

G_BEGIN_DECLS

typedef enum VivaSource {
	VIVA_SOURCE_NONE,    /* an empty disk and nothing else */
	VIVA_SOURCE_CD,	     /* a CD image, from which an empty disk is installed */
	VIVA_SOURCE_DISK,    /* a disk image that is there already */
	VIVA_SOURCE_FLOPPY,
	VIVA_SOURCE_ARCHIVE, /* a machine that was exported */
	VIVA_SOURCE_KERNEL,  /* a Linux kernel and its initial file system */
} VivaSource;

typedef struct VivaRecipe {
	char *title;
	VivaSource source;
	char *file;	 /* the image or the kernel; NULL of VIVA_SOURCE_NONE */
	char *initrd, *append;
	char *os, *os_name; /* NULL: not known */
	char *cpu_model; /* NULL: the engine's own choice */
	guint64 memory_bytes;
	int cpus;
	guint64 disk_bytes; /* of a new disk; 0: none */
	bool copy;	 /* the disk image is copied, not used where it is */
	bool local_time;
} VivaRecipe;

void viva_recipe_free(VivaRecipe *recipe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VivaRecipe, viva_recipe_free)

/* Ready-made kinds from 0 on, NULL behind the last. Texts are translated; *description isn't to be freed. */
VivaRecipe *viva_recipe_kind(unsigned n, const char **description);
/* The small Linux that comes with the application; NULL: this installation has none. */
VivaRecipe *viva_recipe_small_linux(void);

/* Looks at the file in a thread. The result is the caller's; an error says what the file is instead. */
void viva_recipe_for_file_async(GFile *file, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
VivaRecipe *viva_recipe_for_file_finish(GAsyncResult *result, GError **error);
/* The same, waiting. */
VivaRecipe *viva_recipe_for_file(const char *path, GError **error);

/* Main thread; the work is done in another, and the recipe is copied. The result is borrowed from the library. */
void viva_recipe_make_async(const VivaRecipe *recipe, VivaLibrary *library, VivaProgress progress, gpointer progress_data,
	GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
VivaEntry *viva_recipe_make_finish(VivaLibrary *library, GAsyncResult *result, GError **error);

G_END_DECLS
