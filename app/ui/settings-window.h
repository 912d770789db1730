/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine's settings: a list of pages, the chosen one beside it, and a search that finds a setting on any of them. */
#pragma once

#include <adwaita.h>

#include "library/settings.h"

G_BEGIN_DECLS

#define VIVA_TYPE_SETTINGS_WINDOW (viva_settings_window_get_type())
G_DECLARE_FINAL_TYPE(VivaSettingsWindow, viva_settings_window, VIVA, SETTINGS_WINDOW, AdwWindow)

VivaSettingsWindow *viva_settings_window_new(VivaEntry *entry, GtkWindow *parent);
/* "machine", "processor", "memory", "boot", "disks", "display", "sound", "ports", "advanced". */
void viva_settings_window_show_page(VivaSettingsWindow *self, const char *page);
/* The help's page on what is seen. */
const char *viva_settings_window_get_help(VivaSettingsWindow *self);

G_END_DECLS
