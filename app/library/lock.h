/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lock on a machine's folder: who runs the machine or changes its disks holds it, so that no two programs do.
 *
 * The system gives it back when the process ends, however that happens. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

G_BEGIN_DECLS

typedef struct VivaLock VivaLock;

/* NULL and *error: somebody holds it (G_IO_ERROR_BUSY, with his process id in the message), or it can't be made. */
VivaLock *viva_lock_take(const char *folder, GError **error);
void viva_lock_free(VivaLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VivaLock, viva_lock_free)

G_END_DECLS
