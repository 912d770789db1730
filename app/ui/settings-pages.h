/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings window's pages: what they are filled with, when they are wanted. */
#pragma once

#include "ui/settings-row.h"

void viva_settings_machine_page_fill(AdwPreferencesPage *page, VivaSettings *settings);
void viva_settings_processor_page_fill(AdwPreferencesPage *page, VivaSettings *settings);
void viva_settings_memory_page_fill(AdwPreferencesPage *page, VivaSettings *settings);
void viva_settings_boot_page_fill(AdwPreferencesPage *page, VivaSettings *settings);
void viva_settings_disks_page_fill(AdwPreferencesPage *page, VivaSettings *settings);
void viva_settings_display_page_fill(AdwPreferencesPage *page, VivaSettings *settings);
void viva_settings_sound_page_fill(AdwPreferencesPage *page, VivaSettings *settings);
void viva_settings_ports_page_fill(AdwPreferencesPage *page, VivaSettings *settings);
void viva_settings_advanced_page_fill(AdwPreferencesPage *page, VivaSettings *settings);

/* The features of the processor, in a window of their own. */
GtkWindow *viva_settings_features_new(VivaSettings *settings, GtkWindow *parent);
/* The configuration document as text. */
GtkWindow *viva_settings_text_new(VivaSettings *settings, GtkWindow *parent);
