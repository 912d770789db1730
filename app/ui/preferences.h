/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The application's preferences, kept in GSettings; what belongs to a machine is in its own settings. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define VIVA_TYPE_PREFERENCES (viva_preferences_get_type())
G_DECLARE_FINAL_TYPE(VivaPreferences, viva_preferences, VIVA, PREFERENCES, AdwPreferencesWindow)

VivaPreferences *viva_preferences_new(GSettings *settings);

G_END_DECLS
