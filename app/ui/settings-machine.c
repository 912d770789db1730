/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: the pages that are little more than rows of the tables: machine, memory, display, sound. */
#include <glib/gi18n.h>

#include "ui/settings-pages.h"

/* ---- tags belong to the library, not to the configuration ---- */

static void show_tags(AdwEntryRow *row)
{
	VivaEntry *entry = g_object_get_data(G_OBJECT(row), "entry");
	g_autofree char *text = g_strjoinv(", ", (char **)viva_entry_get_tags(entry));
	gtk_editable_set_text(GTK_EDITABLE(row), text);
}

static void tags_applied(AdwEntryRow *row, VivaSettings *settings)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) parts = g_strsplit(gtk_editable_get_text(GTK_EDITABLE(row)), ",", -1);
	for (unsigned n = 0; parts[n]; n++)
		if (*g_strstrip(parts[n]))
			g_strv_builder_add(builder, parts[n]);
	g_auto(GStrv) tags = g_strv_builder_end(builder);
	viva_entry_set_tags(viva_settings_get_entry(settings), (const char *const *)tags);
}

static GtkWidget *tags_row_new(VivaSettings *settings)
{
	GtkWidget *row = adw_entry_row_new();
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("Tags, Separated by Commas"));
	adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(row), TRUE);
	adw_entry_row_add_suffix(ADW_ENTRY_ROW(row), viva_settings_when_new(settings, true));
	g_object_set_data_full(G_OBJECT(row), "entry", g_object_ref(viva_settings_get_entry(settings)), g_object_unref);
	g_signal_connect_object(row, "apply", G_CALLBACK(tags_applied), settings, 0);
	g_signal_connect_object(viva_settings_get_entry(settings), "notify::tags", G_CALLBACK(show_tags), row, G_CONNECT_SWAPPED);
	show_tags(ADW_ENTRY_ROW(row));
	return row;
}

void viva_settings_machine_page_fill(AdwPreferencesPage *page, VivaSettings *settings)
{
	AdwPreferencesGroup *group = viva_settings_group_new(page, NULL, NULL);
	viva_settings_rows_add(group, settings, viva_settings_machine);
	adw_preferences_group_add(group, tags_row_new(settings));
	viva_settings_rows_add(viva_settings_group_new(page, _("Clock"), NULL), settings, viva_settings_clock);
}

void viva_settings_memory_page_fill(AdwPreferencesPage *page, VivaSettings *settings)
{
	AdwPreferencesGroup *group = viva_settings_group_new(page, NULL, _("What the guest finds. The computer’s own memory is taken as the guest uses it."));
	viva_settings_rows_add(group, settings, viva_settings_memory);
}

void viva_settings_display_page_fill(AdwPreferencesPage *page, VivaSettings *settings)
{
	viva_settings_rows_add(viva_settings_group_new(page, NULL, NULL), settings, viva_settings_display);
}

void viva_settings_sound_page_fill(AdwPreferencesPage *page, VivaSettings *settings)
{
	AdwPreferencesGroup *group = viva_settings_group_new(page, NULL, _("What the machine’s PC speaker plays."));
	viva_settings_rows_add(group, settings, viva_settings_sound);
}
