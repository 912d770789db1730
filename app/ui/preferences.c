/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/preferences.h"

#include "ui/keys-dialog.h"

struct _VivaPreferences {
	AdwPreferencesWindow parent;
	AdwComboRow *closing, *chord, *view, *sort;
	GSettings *settings;
};

G_DEFINE_TYPE(VivaPreferences, viva_preferences, ADW_TYPE_PREFERENCES_WINDOW)

/* The choices stand in the order of the schema's enumerations. */
static void show(VivaPreferences *self, const char *key)
{
	AdwComboRow *rows[] = { self->closing, self->chord, self->view, self->sort };
	for (unsigned n = 0; n < G_N_ELEMENTS(rows); n++)
		if (!g_strcmp0(g_object_get_data(G_OBJECT(rows[n]), "key"), key))
			adw_combo_row_set_selected(rows[n], (guint)g_settings_get_enum(self->settings, key));
}

static void index_changed(AdwComboRow *row, GParamSpec *pspec, VivaPreferences *self)
{
	const char *key = g_object_get_data(G_OBJECT(row), "key");
	int selected = (int)adw_combo_row_get_selected(row);
	if (g_settings_get_enum(self->settings, key) != selected)
		g_settings_set_enum(self->settings, key, selected);
}

static void bind(VivaPreferences *self, AdwComboRow *row, const char *key)
{
	g_object_set_data(G_OBJECT(row), "key", (gpointer)key);
	show(self, key);
	g_signal_connect_object(row, "notify::selected", G_CALLBACK(index_changed), self, 0);
}

static void edit_keys(VivaPreferences *self)
{
	GtkWindow *window = viva_keys_dialog_new(self->settings);
	gtk_window_set_transient_for(window, GTK_WINDOW(self));
	gtk_window_set_modal(window, TRUE);
	gtk_window_present(window);
}

static void viva_preferences_finalize(GObject *object)
{
	g_clear_object(&VIVA_PREFERENCES(object)->settings);
	G_OBJECT_CLASS(viva_preferences_parent_class)->finalize(object);
}

static void viva_preferences_class_init(VivaPreferencesClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->finalize = viva_preferences_finalize;
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/preferences.ui");
	gtk_widget_class_bind_template_child(widget_class, VivaPreferences, closing);
	gtk_widget_class_bind_template_child(widget_class, VivaPreferences, chord);
	gtk_widget_class_bind_template_child(widget_class, VivaPreferences, view);
	gtk_widget_class_bind_template_child(widget_class, VivaPreferences, sort);
	gtk_widget_class_bind_template_callback(widget_class, edit_keys);
}

static void viva_preferences_init(VivaPreferences *self)
{
	gtk_widget_init_template(GTK_WIDGET(self));
}

VivaPreferences *viva_preferences_new(GSettings *settings)
{
	VivaPreferences *self = g_object_new(VIVA_TYPE_PREFERENCES, NULL);
	self->settings = g_object_ref(settings);
	bind(self, self->closing, "closing");
	bind(self, self->chord, "release-chord");
	bind(self, self->view, "library-view");
	bind(self, self->sort, "library-sort");
	g_signal_connect_object(settings, "changed", G_CALLBACK(show), self, G_CONNECT_SWAPPED);
	return self;
}
