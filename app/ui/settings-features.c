/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processor's features in a window: a switch for each, a search, and the way back to what the model has. */
#include <glib/gi18n.h>
#include <string.h>

#include "library/cpu-spec.h"
#include "ui/help-key.h"
#include "ui/settings-pages.h"
#include "viv-config.h"

enum { ROWS_AT_A_TIME = 12 }; /* more than are seen at first */

typedef struct Features {
	VivaSettings *settings;
	GtkWidget *search;
	GtkListBox *list;
	unsigned count;
	guint adding; /* idle; 0: all are there */
} Features;

static void features_free(gpointer data)
{
	Features *features = data;
	g_clear_handle_id(&features->adding, g_source_remove);
	g_object_unref(features->settings);
	g_free(features);
}

typedef struct Feature {
	VivaSettings *settings;
	char *name;
	GtkWidget *control, *reset;
	bool showing;
} Feature;

static void feature_free(gpointer data)
{
	Feature *feature = data;
	g_object_unref(feature->settings);
	g_free(feature->name);
	g_free(feature);
}

static void set_wish(Feature *feature, VivaFeatureWish wish)
{
	g_autofree char *spec = viva_cpu_spec_with_wish(viva_settings_get_text(feature->settings, "cpu/model"), feature->name, wish);
	viva_settings_set_text(feature->settings, "cpu/model", spec);
}

static void switched(Feature *feature)
{
	if (feature->showing)
		return;
	bool on = gtk_switch_get_active(GTK_SWITCH(feature->control));
	g_autofree char *model = viva_cpu_spec_with_wish(viva_settings_get_text(feature->settings, "cpu/model"), feature->name, VIVA_FEATURE_OF_MODEL);
	set_wish(feature, viv_cpu_model_has(model, feature->name) == on ? VIVA_FEATURE_OF_MODEL : on ? VIVA_FEATURE_ON : VIVA_FEATURE_OFF);
}

static void reset(Feature *feature)
{
	set_wish(feature, VIVA_FEATURE_OF_MODEL);
}

static void show(GtkWidget *row)
{
	Feature *feature = g_object_get_data(G_OBJECT(row), "feature");
	const char *spec = viva_settings_get_text(feature->settings, "cpu/model");
	feature->showing = true;
	bool has = viv_cpu_model_has(*spec ? spec : VIVA_DEFAULT_CPU, feature->name);
	VivaFeatureWish wish = viva_cpu_spec_wish(spec, feature->name);
	gtk_switch_set_active(GTK_SWITCH(feature->control), has);
	gtk_widget_set_visible(feature->reset, wish != VIVA_FEATURE_OF_MODEL);
	adw_action_row_set_subtitle(ADW_ACTION_ROW(row), wish == VIVA_FEATURE_ON && !has ? _("Needs what this model lacks") : "");
	feature->showing = false;
}

static GtkWidget *feature_row_new(VivaSettings *settings, const char *name)
{
	GtkWidget *row = adw_action_row_new();
	Feature *feature = g_new0(Feature, 1);
	feature->settings = g_object_ref(settings);
	feature->name = g_strdup(name);
	g_object_set_data_full(G_OBJECT(row), "feature", feature, feature_free);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), name);
	g_autofree char *label = g_strdup_printf(_("As the Model: %s"), name);
	feature->reset = viva_settings_button_new("edit-undo-symbolic", label);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), feature->reset);
	feature->control = viva_settings_switch_new(row, name);
	g_signal_connect_swapped(feature->reset, "clicked", G_CALLBACK(reset), feature);
	g_signal_connect_swapped(feature->control, "notify::active", G_CALLBACK(switched), feature);
	show(row);
	g_signal_connect_object(settings, "changed", G_CALLBACK(show), row, G_CONNECT_SWAPPED);
	return row;
}

static gboolean is_wanted(GtkListBoxRow *row, gpointer data)
{
	Features *features = data;
	g_autofree char *word = g_ascii_strdown(gtk_editable_get_text(GTK_EDITABLE(features->search)), -1);
	return strstr(adw_preferences_row_get_title(ADW_PREFERENCES_ROW(row)), word) != NULL;
}

static void search_changed(Features *features)
{
	gtk_list_box_invalidate_filter(features->list);
}

/* There are many: all at once would hold up the main loop. */
static gboolean add_some(gpointer data)
{
	Features *features = data;
	for (unsigned n = 0; n < ROWS_AT_A_TIME; n++) {
		g_autofree char *name = viv_cpu_feature_name(features->count);
		if (!name) {
			features->adding = 0;
			return G_SOURCE_REMOVE;
		}
		gtk_list_box_append(features->list, feature_row_new(features->settings, name));
		features->count++;
	}
	return G_SOURCE_CONTINUE;
}

static GtkWidget *list_new(Features *features)
{
	GtkWidget *scroller = gtk_scrolled_window_new(), *clamp = adw_clamp_new();
	features->list = GTK_LIST_BOX(gtk_list_box_new());
	gtk_widget_add_css_class(GTK_WIDGET(features->list), "boxed-list");
	gtk_widget_set_valign(GTK_WIDGET(features->list), GTK_ALIGN_START);
	gtk_list_box_set_selection_mode(features->list, GTK_SELECTION_NONE);
	gtk_list_box_set_filter_func(features->list, is_wanted, features, NULL);
	gtk_accessible_update_property(GTK_ACCESSIBLE(features->list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Features"), -1);
	for (unsigned n = 0; n < 4; n++)
		g_object_set(features->list, ((const char *const[]){ "margin-top", "margin-bottom", "margin-start", "margin-end" })[n], 12, NULL);
	adw_clamp_set_child(ADW_CLAMP(clamp), GTK_WIDGET(features->list));
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), clamp);
	gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
	gtk_widget_set_vexpand(scroller, TRUE);
	return scroller;
}

static gboolean close_on_escape(GtkWidget *window, GVariant *args, gpointer data)
{
	gtk_window_close(GTK_WINDOW(window));
	return TRUE;
}

GtkWindow *viva_settings_features_new(VivaSettings *settings, GtkWindow *parent)
{
	GtkWidget *window = g_object_new(ADW_TYPE_WINDOW, "title", _("Processor Features"), "transient-for", parent, "modal", TRUE, "default-width", 420,
		"default-height", 560, "width-request", 360, NULL);
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new();
	Features *features = g_new0(Features, 1);
	features->settings = g_object_ref(settings);
	features->search = gtk_search_entry_new();
	g_object_set(features->search, "hexpand", TRUE, "placeholder-text", _("Find a Feature"), NULL);
	gtk_accessible_update_property(GTK_ACCESSIBLE(features->search), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Find a Feature"), -1);
	adw_header_bar_set_title_widget(ADW_HEADER_BAR(header), features->search);
	gtk_box_append(GTK_BOX(box), header);
	gtk_box_append(GTK_BOX(box), list_new(features));
	g_object_set_data_full(G_OBJECT(window), "features", features, features_free);
	if (add_some(features))
		features->adding = g_idle_add_full(G_PRIORITY_LOW, add_some, features, NULL);
	g_signal_connect_swapped(features->search, "search-changed", G_CALLBACK(search_changed), features);
	adw_window_set_content(ADW_WINDOW(window), box);
	GtkEventController *shortcuts = gtk_shortcut_controller_new();
	gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(shortcuts),
		gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0), gtk_callback_action_new(close_on_escape, NULL, NULL)));
	gtk_widget_add_controller(window, shortcuts);
	viva_add_help_key(window, "processor");
	return GTK_WINDOW(window);
}
