/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which operating system an installation image holds, and what it wants. os-osinfo.c asks libosinfo, os-none.c knows none.
 * Reads the image and a database: not in the main thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

G_BEGIN_DECLS

typedef struct VivaOs {
	char *id, *name; /* "debian11", "Debian 11" */
	guint64 memory_bytes, disk_bytes; /* 0: not known */
	int cpus;
	bool local_time; /* keeps its clock in local time */
} VivaOs;

void viva_os_free(VivaOs *os);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VivaOs, viva_os_free)
/* NULL: it isn't known. */
VivaOs *viva_os_identify(const char *path);

G_END_DECLS
