/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows for settings: each shows a member of the configuration, changes it at once, and says when that takes effect. */
#pragma once

#include <adwaita.h>

#include "library/setting-table.h"
#include "library/settings.h"

G_BEGIN_DECLS

GtkWidget *viva_settings_row_new(VivaSettings *settings, const VivaSetting *setting);
/* Rows for a whole table. */
void viva_settings_rows_add(AdwPreferencesGroup *group, VivaSettings *settings, const VivaSetting *table);
/* "Now" or "Next Start", seen while the machine runs. */
GtkWidget *viva_settings_when_new(VivaSettings *settings, bool now);

/* The same in the subtitle, for rows that need the room beside it. subtitle NULL: it says nothing else. */
void viva_settings_row_set_when(AdwActionRow *row, VivaSettings *settings, const char *subtitle, bool now);

/* What pages are made of. */
AdwPreferencesGroup *viva_settings_group_new(AdwPreferencesPage *page, const char *title, const char *description);
GtkWidget *viva_settings_button_new(const char *icon, const char *label);
GtkWidget *viva_settings_switch_new(GtkWidget *row, const char *title);

/* Asks for a file over the window of `near`, and calls `chosen` with it unless the user thinks better of it. `owner` is kept until
 * then. */
typedef void VivaFileChosen(GFile *file, gpointer owner);
void viva_settings_choose_file(GtkWidget *near, const char *title, VivaFileChosen *chosen, GObject *owner);

G_END_DECLS
