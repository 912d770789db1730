/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/preferences.h"

#include "ui/help-key.h"
#include "ui/keys-dialog.h"

/* The rows' texts stand in the order of the settings' values. */
static gboolean from_nick(GValue *value, GVariant *variant, gpointer data)
{
	const char *const *nicks = data;
	for (guint n = 0; nicks[n]; n++)
		if (!g_strcmp0(nicks[n], g_variant_get_string(variant, NULL))) {
			g_value_set_uint(value, n);
			return TRUE;
		}
	return FALSE;
}

static GVariant *to_nick(const GValue *value, const GVariantType *type, gpointer data)
{
	const char *const *nicks = data;
	guint index = g_value_get_uint(value);
	return index < g_strv_length((char **)nicks) ? g_variant_new_string(nicks[index]) : NULL;
}

static void bind(GSettings *settings, GtkBuilder *builder, const char *key, const char *row, const char *const *nicks)
{
	g_settings_bind_with_mapping(settings, key, gtk_builder_get_object(builder, row), "selected", G_SETTINGS_BIND_DEFAULT, from_nick, to_nick,
		(gpointer)nicks, NULL);
}

static void edit_keys(AdwActionRow *row, GSettings *settings)
{
	GtkWindow *dialog = viva_keys_dialog_new(settings);
	gtk_window_set_transient_for(dialog, GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(row))));
	gtk_window_present(dialog);
}

GtkWindow *viva_preferences_new(VivaApplication *application)
{
	static const char *const closings[] = { "ask", "keep-running", "shut-down", "power-off", NULL };
	static const char *const chords[] = { "ctrl-alt", "ctrl-alt-shift", "right-ctrl", NULL };
	GSettings *settings = viva_application_get_settings(application);
	g_autoptr(GtkBuilder) builder = gtk_builder_new_from_resource("/org/vivarium/Vivarium/ui/preferences.ui");
	bind(settings, builder, "closing", "closing", closings);
	bind(settings, builder, "release-chord", "release_chord", chords);
	g_signal_connect_object(gtk_builder_get_object(builder, "send_keys"), "activated", G_CALLBACK(edit_keys), settings, 0);
	viva_add_help_key(GTK_WIDGET(gtk_builder_get_object(builder, "window")), "preferences");
	return GTK_WINDOW(gtk_builder_get_object(builder, "window"));
}
