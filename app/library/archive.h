/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine in one file, to be taken to another computer: a tar archive, compressed by zstd. In it are the machine's folder and the
 * files outside of it that the configuration names; the paths in its machine.json are relative. Any thread; these block. */
#pragma once

#include "library/files.h"

G_BEGIN_DECLS

#define VIVA_ARCHIVE_SUFFIX ".vivarium"

/* Of a machine that doesn't run and is locked. A file that was there is replaced; what was begun is removed when it fails. */
bool viva_archive_write(const char *folder, const char *path, VivaCopy *copy, GCancellable *cancellable, GError **error);
/* The machine's name; the caller's. NULL and *error: it is no such archive. */
char *viva_archive_title(const char *path, GError **error);
/* Into an empty folder. A configuration that names files outside of the archive is refused: it comes from somebody else. */
bool viva_archive_unpack(const char *path, const char *folder, VivaCopy *copy, GCancellable *cancellable, GError **error);

G_END_DECLS
