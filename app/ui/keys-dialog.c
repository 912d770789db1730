/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/keys-dialog.h"

#include <glib/gi18n.h>

#include "ui/help-key.h"
#include "ui/keys.h"

/* What the window's widgets share; it goes with the window. */
typedef struct Editor {
	GSettings *settings;
	AdwPreferencesGroup *group;
	GtkWidget *add;	  /* AdwEntryRow */
	GPtrArray *rows;  /* of the chords, in their order */
} Editor;

static void fill(Editor *editor);

static void store(Editor *editor, GPtrArray *names)
{
	g_ptr_array_add(names, NULL);
	g_settings_set_strv(editor->settings, "send-keys", (const char *const *)names->pdata);
	fill(editor);
}

static GPtrArray *current(Editor *editor)
{
	g_auto(GStrv) names = g_settings_get_strv(editor->settings, "send-keys");
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	for (char **name = names; *name; name++)
		g_ptr_array_add(list, g_strdup(*name));
	return list;
}

static void remove_clicked(GtkButton *button, Editor *editor)
{
	g_autoptr(GPtrArray) names = current(editor);
	guint index = GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(button), "index"));
	if (index < names->len)
		g_ptr_array_remove_index(names, index);
	store(editor, names);
}

static void add_applied(AdwEntryRow *row, Editor *editor)
{
	g_autofree char *text = g_ascii_strdown(gtk_editable_get_text(GTK_EDITABLE(row)), -1);
	g_autoptr(GArray) events = viva_keys_for_chord(g_strdelimit(g_strstrip(text), "+", '-'));
	if (!events) {
		gtk_widget_add_css_class(GTK_WIDGET(row), "error");
		return;
	}
	gtk_widget_remove_css_class(GTK_WIDGET(row), "error");
	gtk_editable_set_text(GTK_EDITABLE(row), "");
	g_autoptr(GPtrArray) names = current(editor);
	g_ptr_array_add(names, g_steal_pointer(&text));
	store(editor, names);
}

static GtkWidget *chord_row(Editor *editor, const char *name, guint index)
{
	g_autofree char *label = viva_keys_chord_label(name), *remove = g_strdup_printf(_("Remove %s"), label);
	GtkWidget *row = adw_action_row_new(), *button = gtk_button_new_from_icon_name("edit-delete-symbolic");
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), label);
	adw_action_row_set_subtitle(ADW_ACTION_ROW(row), name);
	gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
	gtk_widget_add_css_class(button, "flat");
	gtk_widget_set_tooltip_text(button, remove);
	gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, remove, -1);
	g_object_set_data(G_OBJECT(button), "index", GUINT_TO_POINTER(index));
	g_signal_connect(button, "clicked", G_CALLBACK(remove_clicked), editor);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
	return row;
}

static void fill(Editor *editor)
{
	g_autoptr(GPtrArray) names = current(editor);
	for (guint n = 0; n < editor->rows->len; n++)
		adw_preferences_group_remove(editor->group, g_ptr_array_index(editor->rows, n));
	g_ptr_array_set_size(editor->rows, 0);
	g_object_ref(editor->add);
	adw_preferences_group_remove(editor->group, editor->add);
	for (guint n = 0; n < names->len; n++) {
		GtkWidget *row = chord_row(editor, g_ptr_array_index(names, n), n);
		g_ptr_array_add(editor->rows, row);
		adw_preferences_group_add(editor->group, row);
	}
	adw_preferences_group_add(editor->group, editor->add);
	g_object_unref(editor->add);
}

static void editor_free(gpointer data)
{
	Editor *editor = data;
	g_object_unref(editor->settings);
	g_ptr_array_unref(editor->rows);
	g_free(editor);
}

GtkWindow *viva_keys_dialog_new(GSettings *settings)
{
	GtkWidget *window = adw_preferences_window_new(), *page = adw_preferences_page_new(), *group = adw_preferences_group_new();
	Editor *editor = g_new0(Editor, 1);
	editor->settings = g_object_ref(settings);
	editor->group = ADW_PREFERENCES_GROUP(group);
	editor->rows = g_ptr_array_new();
	editor->add = adw_entry_row_new();
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(editor->add), _("Add Keys, Such as Ctrl+Alt+F1"));
	adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(editor->add), TRUE);
	g_signal_connect(editor->add, "apply", G_CALLBACK(add_applied), editor);
	adw_preferences_group_add(editor->group, editor->add);
	adw_preferences_group_set_description(editor->group, _("Keys are named as the monitor’s command sendkey names them, joined by +."));
	adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), editor->group);
	adw_preferences_window_add(ADW_PREFERENCES_WINDOW(window), ADW_PREFERENCES_PAGE(page));
	adw_preferences_window_set_search_enabled(ADW_PREFERENCES_WINDOW(window), FALSE);
	gtk_window_set_title(GTK_WINDOW(window), _("Send Keys"));
	gtk_window_set_modal(GTK_WINDOW(window), TRUE);
	gtk_window_set_default_size(GTK_WINDOW(window), 420, 560);
	g_object_set_data_full(G_OBJECT(window), "viva-editor", editor, editor_free);
	viva_add_help_key(window, "keys");
	fill(editor);
	return GTK_WINDOW(window);
}
