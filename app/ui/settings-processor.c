/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: the processor's model, features and number. */
#include <glib/gi18n.h>
#include <string.h>

#include "library/cpu-spec.h"
#include "ui/settings-pages.h"
#include "viv-config.h"

typedef struct Page {
	VivaSettings *settings;
	GtkDropDown *models;
	GtkWidget *features, *sockets, *cores, *threads, *product;
	bool showing;
} Page;

static void page_free(gpointer data)
{
	g_object_unref(((Page *)data)->settings);
	g_free(data);
}

static const char *spec_of(VivaSettings *settings)
{
	return viva_settings_get_text(settings, "cpu/model");
}

/* ---- the model ---- */

static void model_selected(Page *page)
{
	GtkStringObject *item = gtk_drop_down_get_selected_item(page->models);
	if (page->showing || !item)
		return;
	g_autofree char *spec = viva_cpu_spec_with_model(spec_of(page->settings), gtk_string_object_get_string(item));
	viva_settings_set_text(page->settings, "cpu/model", spec);
}

static GtkStringList *model_names(void)
{
	GtkStringList *names = gtk_string_list_new(NULL);
	for (unsigned n = 0;; n++) {
		char *name = viv_cpu_model_name(n);
		if (!name)
			return names;
		gtk_string_list_take(names, name);
	}
}

static void set_up_model(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
	GtkWidget *label = gtk_label_new(NULL);
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
	gtk_label_set_max_width_chars(GTK_LABEL(label), 16);
	gtk_list_item_set_child(item, label);
}

static void bind_model(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
	gtk_label_set_text(GTK_LABEL(gtk_list_item_get_child(item)), gtk_string_object_get_string(gtk_list_item_get_item(item)));
}

static GtkWidget *model_row_new(Page *page)
{
	GtkWidget *row = adw_action_row_new();
	GtkExpression *name = gtk_property_expression_new(GTK_TYPE_STRING_OBJECT, NULL, "string");
	page->models = GTK_DROP_DOWN(gtk_drop_down_new(G_LIST_MODEL(model_names()), name));
	g_autoptr(GtkListItemFactory) narrow = gtk_signal_list_item_factory_new();
	g_signal_connect(narrow, "setup", G_CALLBACK(set_up_model), NULL);
	g_signal_connect(narrow, "bind", G_CALLBACK(bind_model), NULL);
	gtk_drop_down_set_factory(page->models, narrow);
	gtk_drop_down_set_enable_search(page->models, TRUE);
	gtk_widget_set_valign(GTK_WIDGET(page->models), GTK_ALIGN_CENTER);
	gtk_accessible_update_property(GTK_ACCESSIBLE(page->models), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Model"), -1);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("Model"));
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), viva_settings_when_new(page->settings, false));
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), GTK_WIDGET(page->models));
	adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), GTK_WIDGET(page->models));
	g_signal_connect_swapped(page->models, "notify::selected", G_CALLBACK(model_selected), page);
	return row;
}

static void show_model(Page *page)
{
	GListModel *names = gtk_drop_down_get_model(page->models);
	g_autofree char *model = viva_cpu_spec_model(spec_of(page->settings));
	for (guint n = 0; n < g_list_model_get_n_items(names); n++)
		if (!strcmp(gtk_string_list_get_string(GTK_STRING_LIST(names), n), model))
			gtk_drop_down_set_selected(page->models, n);
}

/* ---- features ---- */

static void show_features(Page *page)
{
	unsigned on = 0, off = 0;
	for (unsigned n = 0;; n++) {
		g_autofree char *name = viv_cpu_feature_name(n);
		if (!name)
			break;
		VivaFeatureWish wish = viva_cpu_spec_wish(spec_of(page->settings), name);
		on += wish == VIVA_FEATURE_ON;
		off += wish == VIVA_FEATURE_OFF;
	}
	g_autofree char *text = on || off ? g_strdup_printf(_("Added: %u, removed: %u"), on, off) : g_strdup(_("As the model has them"));
	adw_action_row_set_subtitle(ADW_ACTION_ROW(page->features), text);
}

static void open_features(Page *page)
{
	gtk_window_present(viva_settings_features_new(page->settings, GTK_WINDOW(gtk_widget_get_root(page->features))));
}

static GtkWidget *features_row_new(Page *page)
{
	page->features = adw_action_row_new();
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(page->features), _("Features"));
	adw_action_row_add_suffix(ADW_ACTION_ROW(page->features), viva_settings_when_new(page->settings, false));
	adw_action_row_add_suffix(ADW_ACTION_ROW(page->features), gtk_image_new_from_icon_name("go-next-symbolic"));
	gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(page->features), TRUE);
	g_signal_connect_swapped(page->features, "activated", G_CALLBACK(open_features), page);
	return page->features;
}

/* ---- topology ---- */

static int value_of(GtkWidget *spin)
{
	return gtk_spin_button_get_value_as_int(GTK_SPIN_BUTTON(spin));
}

static void topology_changed(Page *page)
{
	if (!page->showing)
		viva_settings_set_topology(page->settings, value_of(page->sockets), value_of(page->cores), value_of(page->threads));
}

static GtkWidget *number_row_new(Page *page, const char *title, GtkWidget **spin)
{
	GtkWidget *row = adw_action_row_new();
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
	*spin = gtk_spin_button_new_with_range(1, 255, 1);
	gtk_widget_set_valign(*spin, GTK_ALIGN_CENTER);
	gtk_accessible_update_property(GTK_ACCESSIBLE(*spin), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), viva_settings_when_new(page->settings, false));
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), *spin);
	g_signal_connect_swapped(*spin, "value-changed", G_CALLBACK(topology_changed), page);
	return row;
}

/* Nobody can ask for more than the engine takes: each number's limit depends on the others. */
static void show_topology(Page *page)
{
	VivMember member = { .maximum = 1 };
	viv_config_member("cpu/count", &member);
	const struct { GtkWidget *spin; const char *path; } numbers[] = {
		{ page->sockets, "cpu/sockets" }, { page->cores, "cpu/cores" }, { page->threads, "cpu/threads" },
	};
	gint64 product = 1;
	for (unsigned n = 0; n < G_N_ELEMENTS(numbers); n++)
		product *= viva_settings_get_number(page->settings, numbers[n].path);
	for (unsigned n = 0; n < G_N_ELEMENTS(numbers); n++) {
		gint64 value = viva_settings_get_number(page->settings, numbers[n].path);
		gtk_spin_button_set_range(GTK_SPIN_BUTTON(numbers[n].spin), 1, (double)(member.maximum / (product / value)));
		gtk_spin_button_set_value(GTK_SPIN_BUTTON(numbers[n].spin), (double)value);
	}
	gint64 count = viva_settings_get_number(page->settings, "cpu/count");
	g_autofree char *text = g_strdup_printf(ngettext("%d processor in all", "%d processors in all", (gulong)count), (int)count);
	adw_action_row_set_subtitle(ADW_ACTION_ROW(page->product), text);
}

/* ---- the page ---- */

static void show(GtkWidget *widget)
{
	Page *page = g_object_get_data(G_OBJECT(widget), "page");
	page->showing = true;
	show_model(page);
	show_features(page);
	show_topology(page);
	page->showing = false;
}

void viva_settings_processor_page_fill(AdwPreferencesPage *widget, VivaSettings *settings)
{
	Page *page = g_new0(Page, 1);
	page->settings = g_object_ref(settings);
	g_object_set_data_full(G_OBJECT(widget), "page", page, page_free);
	AdwPreferencesGroup *model = viva_settings_group_new(widget, NULL, NULL);
	adw_preferences_group_add(model, model_row_new(page));
	adw_preferences_group_add(model, features_row_new(page));
	AdwPreferencesGroup *topology = viva_settings_group_new(widget, _("Number"), NULL);
	page->product = adw_action_row_new();
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(page->product), _("Processors"));
	adw_preferences_group_add(topology, number_row_new(page, _("Sockets"), &page->sockets));
	adw_preferences_group_add(topology, number_row_new(page, _("Cores per Socket"), &page->cores));
	adw_preferences_group_add(topology, number_row_new(page, _("Threads per Core"), &page->threads));
	adw_preferences_group_add(topology, page->product);
	show(GTK_WIDGET(widget));
	g_signal_connect_object(settings, "changed", G_CALLBACK(show), widget, G_CONNECT_SWAPPED);
}
