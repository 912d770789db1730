/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/settings-window.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ui/error-bar.h"
#include "ui/help-key.h"
#include "ui/settings-pages.h"

struct _VivaSettingsWindow {
	AdwWindow parent;
	VivaErrorBar *errors;
	AdwLeaflet *leaflet;
	AdwWindowTitle *title, *page_title;
	GtkSearchEntry *search;
	GtkStack *lists, *stack;
	GtkListBox *page_list, *result_list;
	VivaSettings *settings;
};

G_DEFINE_TYPE(VivaSettingsWindow, viva_settings_window, ADW_TYPE_WINDOW)

static AdwPreferencesPage *(*const page_makers[])(VivaSettings *settings) = {
	viva_settings_machine_page_new, viva_settings_processor_page_new, viva_settings_memory_page_new, viva_settings_boot_page_new,
	viva_settings_disks_page_new, viva_settings_display_page_new, viva_settings_sound_page_new, viva_settings_ports_page_new,
	viva_settings_advanced_page_new,
};

/* ---- pages ---- */

static GtkWidget *sidebar_row(const char *icon, const char *title, const char *subtitle)
{
	GtkWidget *row = gtk_list_box_row_new(), *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
	GtkWidget *texts = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *label = gtk_label_new(title);
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
	gtk_widget_set_valign(texts, GTK_ALIGN_CENTER);
	if (icon)
		gtk_box_append(GTK_BOX(box), gtk_image_new_from_icon_name(icon));
	gtk_box_append(GTK_BOX(texts), label);
	if (subtitle) {
		GtkWidget *second = gtk_label_new(subtitle);
		gtk_label_set_xalign(GTK_LABEL(second), 0);
		gtk_widget_add_css_class(second, "caption");
		gtk_widget_add_css_class(second, "dim-label");
		gtk_box_append(GTK_BOX(texts), second);
	}
	gtk_box_append(GTK_BOX(box), texts);
	gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), box);
	gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
	return row;
}

static void show_page(VivaSettingsWindow *self, AdwPreferencesPage *page)
{
	gtk_stack_set_visible_child(self->stack, GTK_WIDGET(page));
	adw_window_title_set_title(self->page_title, adw_preferences_page_get_title(page));
}

void viva_settings_window_show_page(VivaSettingsWindow *self, const char *name)
{
	for (int n = 0;; n++) {
		GtkListBoxRow *row = gtk_list_box_get_row_at_index(self->page_list, n);
		AdwPreferencesPage *page = row ? g_object_get_data(G_OBJECT(row), "page") : NULL;
		if (!page)
			return;
		if (strcmp(adw_preferences_page_get_name(page), name))
			continue;
		gtk_list_box_select_row(self->page_list, row);
		show_page(self, page);
		adw_leaflet_set_visible_child_name(self->leaflet, "page");
		return;
	}
}

const char *viva_settings_window_get_help(VivaSettingsWindow *self)
{
	static const struct { const char *page, *help; } pages[] = {
		{ "processor", "processor" }, { "boot", "boot" }, { "disks", "media" }, { "sound", "sound" }, { "ports", "ports" }, { "advanced", "advanced" },
	};
	const char *page = gtk_stack_get_visible_child_name(self->stack);
	for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++)
		if (!g_strcmp0(page, pages[n].page))
			return pages[n].help;
	return "settings";
}

static void page_activated(VivaSettingsWindow *self, GtkListBoxRow *row)
{
	show_page(self, g_object_get_data(G_OBJECT(row), "page"));
	adw_leaflet_set_visible_child_name(self->leaflet, "page");
}

static void back(VivaSettingsWindow *self)
{
	adw_leaflet_set_visible_child_name(self->leaflet, "pages");
}

static void add_pages(VivaSettingsWindow *self)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(page_makers); n++) {
		AdwPreferencesPage *page = page_makers[n](self->settings);
		GtkWidget *row = sidebar_row(adw_preferences_page_get_icon_name(page), adw_preferences_page_get_title(page), NULL);
		gtk_stack_add_named(self->stack, GTK_WIDGET(page), adw_preferences_page_get_name(page));
		g_object_set_data(G_OBJECT(row), "page", page);
		gtk_list_box_append(self->page_list, row);
	}
	gtk_list_box_select_row(self->page_list, gtk_list_box_get_row_at_index(self->page_list, 0));
	show_page(self, ADW_PREFERENCES_PAGE(gtk_stack_get_visible_child(self->stack)));
}

/* ---- search: the rows themselves say what they are ---- */

static bool says(const char *text, const char *word)
{
	if (!text)
		return false;
	g_autofree char *folded = g_utf8_casefold(text, -1);
	return strstr(folded, word);
}

static bool row_says(GtkWidget *row, const char *word)
{
	if (says(adw_preferences_row_get_title(ADW_PREFERENCES_ROW(row)), word))
		return true;
	if (ADW_IS_ACTION_ROW(row))
		return says(adw_action_row_get_subtitle(ADW_ACTION_ROW(row)), word);
	return ADW_IS_EXPANDER_ROW(row) && says(adw_expander_row_get_subtitle(ADW_EXPANDER_ROW(row)), word);
}

static void add_result(VivaSettingsWindow *self, AdwPreferencesPage *page, GtkWidget *found)
{
	GtkWidget *row = sidebar_row(adw_preferences_page_get_icon_name(page), adw_preferences_row_get_title(ADW_PREFERENCES_ROW(found)),
		adw_preferences_page_get_title(page));
	g_object_set_data(G_OBJECT(row), "page", page);
	g_object_set_data_full(G_OBJECT(row), "found", g_object_ref(found), g_object_unref);
	gtk_list_box_append(self->result_list, row);
}

static void find(VivaSettingsWindow *self, AdwPreferencesPage *page, GtkWidget *widget, const char *word)
{
	/* The rows within an expander are named too much alike to be found by themselves: the expander is. */
	bool row = ADW_IS_PREFERENCES_ROW(widget);
	if (row && *adw_preferences_row_get_title(ADW_PREFERENCES_ROW(widget)) && gtk_widget_get_visible(widget) && row_says(widget, word))
		add_result(self, page, widget);
	if (row)
		return;
	for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
		find(self, page, child, word);
}

static void search_changed(VivaSettingsWindow *self)
{
	g_autofree char *word = g_utf8_casefold(gtk_editable_get_text(GTK_EDITABLE(self->search)), -1);
	for (GtkListBoxRow *row; (row = gtk_list_box_get_row_at_index(self->result_list, 0));)
		gtk_list_box_remove(self->result_list, GTK_WIDGET(row));
	gtk_stack_set_visible_child_name(self->lists, *word ? "results" : "pages");
	for (GtkWidget *page = gtk_widget_get_first_child(GTK_WIDGET(self->stack)); *word && page; page = gtk_widget_get_next_sibling(page))
		find(self, ADW_PREFERENCES_PAGE(page), page, word);
}

static void result_activated(VivaSettingsWindow *self, GtkListBoxRow *row)
{
	GtkWidget *found = g_object_get_data(G_OBJECT(row), "found");
	viva_settings_window_show_page(self, adw_preferences_page_get_name(g_object_get_data(G_OBJECT(row), "page")));
	gtk_widget_grab_focus(found);
}

static void search_activated(VivaSettingsWindow *self)
{
	GtkListBoxRow *row = gtk_list_box_get_row_at_index(self->result_list, 0);
	if (row && *gtk_editable_get_text(GTK_EDITABLE(self->search)))
		result_activated(self, row);
}

/* ---- the window ---- */

static void refused(VivaSettingsWindow *self, const char *message)
{
	viva_error_bar_set_message(self->errors, message);
}

static void accepted(VivaSettingsWindow *self)
{
	viva_error_bar_set_message(self->errors, NULL);
}

static void show_title(VivaSettingsWindow *self)
{
	const char *title = viva_entry_get_title(viva_settings_get_entry(self->settings));
	g_autofree char *whole = g_strdup_printf(_("Settings of “%s”"), title);
	gtk_window_set_title(GTK_WINDOW(self), whole);
	adw_window_title_set_title(self->title, _("Settings"));
	adw_window_title_set_subtitle(self->title, title);
}

static void viva_settings_window_dispose(GObject *object)
{
	g_clear_object(&VIVA_SETTINGS_WINDOW(object)->settings);
	G_OBJECT_CLASS(viva_settings_window_parent_class)->dispose(object);
}

static void viva_settings_window_class_init(VivaSettingsWindowClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->dispose = viva_settings_window_dispose;
	g_type_ensure(VIVA_TYPE_ERROR_BAR);
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/settings-window.ui");
	gtk_widget_class_bind_template_child(widget_class, VivaSettingsWindow, errors);
	gtk_widget_class_bind_template_child(widget_class, VivaSettingsWindow, leaflet);
	gtk_widget_class_bind_template_child(widget_class, VivaSettingsWindow, title);
	gtk_widget_class_bind_template_child(widget_class, VivaSettingsWindow, page_title);
	gtk_widget_class_bind_template_child(widget_class, VivaSettingsWindow, search);
	gtk_widget_class_bind_template_child(widget_class, VivaSettingsWindow, lists);
	gtk_widget_class_bind_template_child(widget_class, VivaSettingsWindow, stack);
	gtk_widget_class_bind_template_child(widget_class, VivaSettingsWindow, page_list);
	gtk_widget_class_bind_template_child(widget_class, VivaSettingsWindow, result_list);
	gtk_widget_class_bind_template_callback(widget_class, search_changed);
	gtk_widget_class_bind_template_callback(widget_class, search_activated);
	gtk_widget_class_bind_template_callback(widget_class, page_activated);
	gtk_widget_class_bind_template_callback(widget_class, result_activated);
	gtk_widget_class_bind_template_callback(widget_class, back);
	gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void viva_settings_window_init(VivaSettingsWindow *self)
{
	gtk_widget_init_template(GTK_WIDGET(self));
	viva_add_help_key(GTK_WIDGET(self), NULL);
}

VivaSettingsWindow *viva_settings_window_new(VivaEntry *entry, GtkWindow *parent)
{
	VivaSettingsWindow *self = g_object_new(VIVA_TYPE_SETTINGS_WINDOW, "transient-for", parent, NULL);
	self->settings = viva_settings_new(entry);
	viva_error_bar_set_entry(self->errors, entry);
	g_signal_connect_object(self->settings, "refused", G_CALLBACK(refused), self, G_CONNECT_SWAPPED);
	g_signal_connect_object(entry, "notify::title", G_CALLBACK(show_title), self, G_CONNECT_SWAPPED);
	g_signal_connect_object(self->settings, "changed", G_CALLBACK(accepted), self, G_CONNECT_SWAPPED);
	show_title(self);
	add_pages(self);
	return self;
}
