/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: what few need: devices beside the board's own, their properties, and the document itself. */
#include <glib/gi18n.h>

#include "library/document.h"
#include "ui/settings-pages.h"
#include "viv-config.h"

/* ---- lists of devices and of properties, each shown as one line that can be removed ---- */

typedef struct List {
	VivaSettings *settings;
	const char *name;
	char *(*title)(JsonObject *item);
	AdwPreferencesGroup *group;
	GPtrArray *rows;
	GtkWidget *add; /* the row in which one is written; kept last */
} List;

static void list_free(gpointer data)
{
	List *list = data;
	g_object_unref(list->settings);
	g_ptr_array_unref(list->rows);
	g_object_unref(list->add);
	g_free(list);
}

static char *device_title(JsonObject *item)
{
	GString *text = g_string_new(viva_document_get_string(item, "driver"));
	JsonNode *node = viva_document_get(item, "properties");
	JsonObject *properties = node ? json_node_get_object(node) : NULL;
	g_autoptr(GList) names = properties ? json_object_get_members(properties) : NULL;
	for (const GList *name = names; name; name = name->next)
		g_string_append_printf(text, ",%s=%s", (char *)name->data, json_object_get_string_member(properties, name->data));
	return g_string_free(text, FALSE);
}

static char *global_title(JsonObject *item)
{
	return g_strdup_printf("%s.%s=%s", viva_document_get_string(item, "driver"), viva_document_get_string(item, "property"),
		viva_document_get_string(item, "value"));
}

static gboolean remove_later(gpointer row)
{
	List *list = g_object_get_data(G_OBJECT(row), "list");
	unsigned n;
	if (g_ptr_array_find(list->rows, row, &n))
		viva_settings_remove_item(list->settings, list->name, n);
	g_object_unref(row);
	return G_SOURCE_REMOVE;
}

static void remove_clicked(GtkWidget *row)
{
	g_idle_add(remove_later, g_object_ref(row));
}

static void show_title(List *list, GtkWidget *row, unsigned n)
{
	g_autofree char *title = list->title(viva_settings_get_item(list->settings, list->name, n)), *escaped = g_markup_escape_text(title, -1);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), escaped);
}

static GtkWidget *item_row_new(List *list, unsigned n)
{
	GtkWidget *row = adw_action_row_new();
	GtkWidget *button = viva_settings_button_new("user-trash-symbolic", _("Remove"));
	show_title(list, row, n);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), viva_settings_when_new(list->settings, false));
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
	g_object_set_data(G_OBJECT(row), "list", list);
	g_signal_connect_swapped(button, "clicked", G_CALLBACK(remove_clicked), row);
	return row;
}

static void show_list(AdwPreferencesGroup *group)
{
	List *list = g_object_get_data(G_OBJECT(group), "list");
	unsigned count = viva_settings_get_length(list->settings, list->name);
	for (unsigned n = 0; n < count && count == list->rows->len; n++)
		show_title(list, g_ptr_array_index(list->rows, n), n);
	if (count == list->rows->len && count)
		return;
	for (unsigned n = 0; n < list->rows->len; n++)
		adw_preferences_group_remove(group, g_ptr_array_index(list->rows, n));
	g_ptr_array_set_size(list->rows, 0);
	if (gtk_widget_get_parent(list->add))
		adw_preferences_group_remove(group, list->add);
	for (unsigned n = 0; n < count; n++) {
		GtkWidget *row = item_row_new(list, n);
		adw_preferences_group_add(group, row);
		g_ptr_array_add(list->rows, row);
	}
	adw_preferences_group_add(group, list->add);
}

/* "driver,name=value,..." */
static bool add_device(VivaSettings *settings, const char *text)
{
	g_auto(GStrv) sides = g_strsplit(text, ",", 2);
	return viva_settings_add_device(settings, sides[0] ? g_strstrip(sides[0]) : "", sides[0] && sides[1] ? sides[1] : "");
}

/* "driver.property=value" */
static bool add_global(VivaSettings *settings, const char *text)
{
	g_auto(GStrv) sides = g_strsplit(text, "=", 2);
	char *dot = sides[0] ? g_strrstr(sides[0], ".") : NULL;
	if (!dot || !sides[1]) {
		g_signal_emit_by_name(settings, "refused", _("A property is written as DEVICE.PROPERTY=VALUE"));
		return false;
	}
	*dot = 0;
	return viva_settings_add_global(settings, g_strstrip(sides[0]), g_strstrip(dot + 1), g_strstrip(sides[1]));
}

static void add_applied(GtkWidget *row, List *list)
{
	bool (*add)(VivaSettings *settings, const char *text) = list->title == device_title ? add_device : add_global;
	g_autofree char *text = g_strdup(gtk_editable_get_text(GTK_EDITABLE(row)));
	if (*g_strstrip(text) && add(list->settings, text))
		gtk_editable_set_text(GTK_EDITABLE(row), "");
}

static void add_list(AdwPreferencesGroup *group, VivaSettings *settings, const char *name, char *(*title)(JsonObject *item), const char *add_title)
{
	List *list = g_new0(List, 1);
	list->settings = g_object_ref(settings);
	list->name = name;
	list->title = title;
	list->group = group;
	list->rows = g_ptr_array_new();
	list->add = g_object_ref_sink(adw_entry_row_new());
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(list->add), add_title);
	adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(list->add), TRUE);
	g_object_set_data_full(G_OBJECT(group), "list", list, list_free);
	g_signal_connect(list->add, "apply", G_CALLBACK(add_applied), list);
	show_list(group);
	g_signal_connect_object(settings, "changed", G_CALLBACK(show_list), group, G_CONNECT_SWAPPED);
}

static char *device_names(void)
{
	GString *text = g_string_new(_("Written as DEVICE,PROPERTY=VALUE,… There are: "));
	VivDeviceKind kind;
	for (unsigned n = 0; viv_device_kind(n, &kind); n++)
		g_string_append_printf(text, "%s%s", n ? ", " : "", kind.name);
	return g_string_free(text, FALSE);
}

/* ---- the document ---- */

static void open_text(GtkWidget *row, VivaSettings *settings)
{
	gtk_window_present(viva_settings_text_new(settings, GTK_WINDOW(gtk_widget_get_root(row))));
}

static GtkWidget *text_row_new(VivaSettings *settings)
{
	GtkWidget *row = adw_action_row_new();
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("Configuration as Text"));
	adw_action_row_set_subtitle(ADW_ACTION_ROW(row), _("The whole document, with what has no row of its own"));
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), viva_settings_when_new(settings, false));
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), gtk_image_new_from_icon_name("go-next-symbolic"));
	gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
	g_signal_connect_object(row, "activated", G_CALLBACK(open_text), settings, 0);
	return row;
}

void viva_settings_advanced_page_fill(AdwPreferencesPage *page, VivaSettings *settings)
{
	AdwPreferencesGroup *group = viva_settings_group_new(page, NULL, NULL);
	g_autofree char *devices = device_names();
	viva_settings_rows_add(group, settings, viva_settings_advanced);
	adw_preferences_group_add(group, text_row_new(settings));
	add_list(viva_settings_group_new(page, _("More Devices"), devices), settings, "devices", device_title, _("Add a Device"));
	add_list(viva_settings_group_new(page, _("Device Properties"), _("For all devices of a kind, written as DEVICE.PROPERTY=VALUE.")), settings,
		"globals", global_title, _("Add a Property"));
}
