/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine's settings: what the dialogs change, and the only way in which they change it.
 *
 * Each change makes a new configuration document, which the engine checks and which is written at once; a refused one changes nothing.
 * Members have the paths of document.h. Signals: "changed" (also when somebody else changed the document), and "refused" with the
 * message for the user. Main thread only. */
#pragma once

#include "library/entry.h"

G_BEGIN_DECLS

#define VIVA_TYPE_SETTINGS viva_settings_get_type()
G_DECLARE_FINAL_TYPE(VivaSettings, viva_settings, VIVA, SETTINGS, GObject)

VivaSettings *viva_settings_new(VivaEntry *entry);
VivaEntry *viva_settings_get_entry(VivaSettings *self);
/* The whole document; not to be changed. NULL: it became unreadable. */
JsonObject *viva_settings_get_config(VivaSettings *self);
/* A document that was made otherwise. */
bool viva_settings_set_config(VivaSettings *self, JsonObject *config);
bool viva_settings_set_config_text(VivaSettings *self, const char *text);

/* Members. The setters say whether the value was taken. */
const char *viva_settings_get_text(VivaSettings *self, const char *path); /* "" if it isn't there */
bool viva_settings_set_text(VivaSettings *self, const char *path, const char *text);
gint64 viva_settings_get_number(VivaSettings *self, const char *path); /* the engine's default if it isn't there */
bool viva_settings_set_number(VivaSettings *self, const char *path, gint64 number); /* -1 removes what may be missing */
bool viva_settings_get_flag(VivaSettings *self, const char *path);
bool viva_settings_set_flag(VivaSettings *self, const char *path, bool flag);

/* Processors: all that fit into the topology are there. */
bool viva_settings_set_topology(VivaSettings *self, int sockets, int cores, int threads);

/* Lists of objects or texts: "drives", "devices", "globals", "serials", "parallels", "monitors". */
unsigned viva_settings_get_length(VivaSettings *self, const char *list);
JsonObject *viva_settings_get_item(VivaSettings *self, const char *list, unsigned n); /* not to be changed */
bool viva_settings_remove_item(VivaSettings *self, const char *list, unsigned n);
bool viva_settings_set_item_text(VivaSettings *self, const char *list, unsigned n, const char *member, const char *text);
bool viva_settings_set_item_flag(VivaSettings *self, const char *list, unsigned n, const char *member, bool flag);

/* interface "ide" or "floppy", media "disk" or "cdrom", file NULL: empty. */
bool viva_settings_add_drive(VivaSettings *self, const char *interface, const char *media, const char *file);
/* To the first place of the interface, or a place of it. */
bool viva_settings_place_drive(VivaSettings *self, unsigned n, int bus, int unit);
/* Properties as "name=value,name=value". */
bool viva_settings_add_device(VivaSettings *self, const char *driver, const char *properties);
bool viva_settings_add_global(VivaSettings *self, const char *driver, const char *property, const char *value);

/* Where a port leads, "none" if it isn't there. Ports behind it keep their numbers. */
const char *viva_settings_get_port(VivaSettings *self, const char *list, unsigned n);
bool viva_settings_set_port(VivaSettings *self, const char *list, unsigned n, const char *chardev);

G_END_DECLS
