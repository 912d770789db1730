/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that a machine's configuration names: found and changed, when a machine moves. Any thread. */
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

G_BEGIN_DECLS

typedef enum VivaPathUse {
	VIVA_PATH_READ,	  /* disks, kernels, pictures: there before the machine runs */
	VIVA_PATH_WRITTEN, /* what ports write */
} VivaPathUse;

/* The path in its place, the caller's; NULL: the same. */
typedef char *VivaPathChange(const char *path, VivaPathUse use, gpointer data);
void viva_paths_change(JsonObject *config, VivaPathChange *change, gpointer data);

/* Paths into the folder `from` lead into `to` afterwards; from "": relative ones do. */
void viva_paths_move(JsonObject *config, const char *from, const char *to);
/* What stands behind the folder and its separator, NULL: the path isn't in there. */
const char *viva_path_in(const char *path, const char *folder);

G_END_DECLS
