/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/settings-window.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ui/error-bar.h"
#include "ui/help-key.h"
#include "ui/settings-pages.h"

static const struct {
	const char *name, *title, *icon, *help;
	void (*fill)(AdwPreferencesPage *page, VivaSettings *settings);
} pages[] = {
	{ "machine", N_("Machine"), "computer-symbolic", "settings", viva_settings_machine_page_fill },
	{ "processor", N_("Processor"), "applications-engineering-symbolic", "processor", viva_settings_processor_page_fill },
	{ "memory", N_("Memory"), "drive-multidisk-symbolic", "settings", viva_settings_memory_page_fill },
	{ "boot", N_("Boot"), "system-run-symbolic", "boot", viva_settings_boot_page_fill },
	{ "disks", N_("Disks and Media"), "drive-harddisk-symbolic", "media", viva_settings_disks_page_fill },
	{ "display", N_("Display"), "video-display-symbolic", "settings", viva_settings_display_page_fill },
	{ "sound", N_("Sound"), "audio-speakers-symbolic", "sound", viva_settings_sound_page_fill },
	{ "ports", N_("Ports"), "network-wired-symbolic", "ports", viva_settings_ports_page_fill },
	{ "advanced", N_("Advanced"), "preferences-other-symbolic", "advanced", viva_settings_advanced_page_fill },
};

struct _VivaSettingsWindow {
	AdwWindow parent;
	VivaErrorBar *errors;
	AdwLeaflet *leaflet;
	AdwWindowTitle *title, *page_title;
	GtkSearchEntry *search;
	GtkStack *lists, *stack;
	GtkListBox *page_list, *result_list;
	VivaSettings *settings;
	AdwPreferencesPage *pages[G_N_ELEMENTS(pages)];
	bool filled[G_N_ELEMENTS(pages)];
	guint filling; /* idle; 0: all are, or the window isn't seen yet */
};

G_DEFINE_TYPE(VivaSettingsWindow, viva_settings_window, ADW_TYPE_WINDOW)

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

static void search_changed(VivaSettingsWindow *self);

/* All pages at once would hold up the main loop: each is filled when it is wanted, or when there is nothing else to do. */
static void fill(VivaSettingsWindow *self, unsigned n)
{
	if (self->filled[n])
		return;
	self->filled[n] = true;
	pages[n].fill(self->pages[n], self->settings);
	search_changed(self);
}

static gboolean fill_next(gpointer data)
{
	VivaSettingsWindow *self = data;
	for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++)
		if (!self->filled[n]) {
			fill(self, n);
			return G_SOURCE_CONTINUE;
		}
	self->filling = 0;
	return G_SOURCE_REMOVE;
}

static void mapped(VivaSettingsWindow *self)
{
	if (!self->filling)
		self->filling = g_idle_add_full(G_PRIORITY_LOW, fill_next, self, NULL);
}

static void unmapped(VivaSettingsWindow *self)
{
	g_clear_handle_id(&self->filling, g_source_remove);
}

static void show_page(VivaSettingsWindow *self, unsigned n)
{
	fill(self, n);
	gtk_stack_set_visible_child(self->stack, GTK_WIDGET(self->pages[n]));
	adw_window_title_set_title(self->page_title, _(pages[n].title));
}

void viva_settings_window_show_page(VivaSettingsWindow *self, const char *name)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++) {
		if (strcmp(pages[n].name, name))
			continue;
		gtk_list_box_select_row(self->page_list, gtk_list_box_get_row_at_index(self->page_list, (int)n));
		show_page(self, n);
		adw_leaflet_set_visible_child_name(self->leaflet, "page");
		return;
	}
}

const char *viva_settings_window_get_help(VivaSettingsWindow *self)
{
	const char *name = gtk_stack_get_visible_child_name(self->stack);
	for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++)
		if (!g_strcmp0(name, pages[n].name))
			return pages[n].help;
	return "settings";
}

static void page_activated(VivaSettingsWindow *self, GtkListBoxRow *row)
{
	show_page(self, (unsigned)gtk_list_box_row_get_index(row));
	adw_leaflet_set_visible_child_name(self->leaflet, "page");
}

static void back(VivaSettingsWindow *self)
{
	adw_leaflet_set_visible_child_name(self->leaflet, "pages");
}

static void add_pages(VivaSettingsWindow *self)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++) {
		const char *title = _(pages[n].title);
		self->pages[n] = g_object_new(ADW_TYPE_PREFERENCES_PAGE, "name", pages[n].name, "title", title, "icon-name", pages[n].icon, NULL);
		gtk_stack_add_named(self->stack, GTK_WIDGET(self->pages[n]), pages[n].name);
		gtk_list_box_append(self->page_list, sidebar_row(pages[n].icon, title, NULL));
	}
	gtk_list_box_select_row(self->page_list, gtk_list_box_get_row_at_index(self->page_list, 0));
	show_page(self, 0);
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
	for (unsigned n = 0; *word && n < G_N_ELEMENTS(pages); n++)
		find(self, self->pages[n], GTK_WIDGET(self->pages[n]), word);
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
	unmapped(VIVA_SETTINGS_WINDOW(object));
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
	g_signal_connect_after(self, "map", G_CALLBACK(mapped), NULL);
	g_signal_connect(self, "unmap", G_CALLBACK(unmapped), NULL);
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
