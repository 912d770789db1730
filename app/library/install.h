/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether an operating system is being installed, told by the disk: empty at the start, with a disc in a drive, and bootable at the
 * end. Any thread; these read files. */
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

G_BEGIN_DECLS

/* The empty disk onto which the disc may install; the caller's. NULL: there is none, or no disc. */
char *viva_install_disk(JsonObject *config);
/* Has it something that a PC boots from now? */
bool viva_install_is_done(const char *disk);
/* The configuration without its discs; a copy. */
JsonObject *viva_install_without_discs(JsonObject *config);

G_END_DECLS
