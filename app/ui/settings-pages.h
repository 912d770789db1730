/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings window's pages, one file each. */
#pragma once

#include "ui/settings-row.h"

AdwPreferencesPage *viva_settings_machine_page_new(VivaSettings *settings);
AdwPreferencesPage *viva_settings_processor_page_new(VivaSettings *settings);
AdwPreferencesPage *viva_settings_memory_page_new(VivaSettings *settings);
AdwPreferencesPage *viva_settings_boot_page_new(VivaSettings *settings);
AdwPreferencesPage *viva_settings_disks_page_new(VivaSettings *settings);
AdwPreferencesPage *viva_settings_display_page_new(VivaSettings *settings);
AdwPreferencesPage *viva_settings_sound_page_new(VivaSettings *settings);
AdwPreferencesPage *viva_settings_ports_page_new(VivaSettings *settings);
AdwPreferencesPage *viva_settings_advanced_page_new(VivaSettings *settings);

/* The features of the processor, in a window of their own. */
GtkWindow *viva_settings_features_new(VivaSettings *settings, GtkWindow *parent);
/* The configuration document as text. */
GtkWindow *viva_settings_text_new(VivaSettings *settings, GtkWindow *parent);
