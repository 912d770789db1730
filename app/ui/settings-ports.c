/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: where the serial and parallel ports lead. */
#include <glib/gi18n.h>
#include <string.h>

#include "ui/settings-pages.h"
#include "viv-config.h"

/* What a port's specification begins with; those that end with a colon have more behind it. */
typedef struct PortKind {
	const char *prefix, *label;
	const char *suggested; /* what stands behind the prefix first; %s: a file in the machine's folder */
	bool parallel;	       /* offered for parallel ports too */
} PortKind;

/* clang-format off */
static const PortKind kinds[] = {
	{ "none", N_("No Such Port"), NULL, true },
	{ "null", N_("Nothing"), NULL, true },
	{ "vc", N_("A Page of the Window"), NULL, false },
	{ "pty", N_("A Terminal Device of This Computer"), NULL, false },
	{ "file:", N_("A File"), "%s", true },
	{ "tcp:", N_("The Network (TCP)"), "127.0.0.1:4555,server,nowait", false },
	{ "", N_("Something Else"), NULL, true }, /* as the monitor's documentation says: the row below has all of it */
};
/* clang-format on */

typedef struct Port {
	VivaSettings *settings;
	const char *list;
	unsigned number;
	GtkWidget *kind, *text;
	guint offered[G_N_ELEMENTS(kinds)], count; /* indices of `kinds` */
	bool showing;
} Port;

static void port_free(gpointer data)
{
	g_object_unref(((Port *)data)->settings);
	g_free(data);
}

static bool is_kind(const char *chardev, const PortKind *kind)
{
	gsize length = strlen(kind->prefix);
	if (length && kind->prefix[length - 1] == ':')
		return g_str_has_prefix(chardev, kind->prefix);
	return !length || !strcmp(chardev, kind->prefix);
}

static const PortKind *selected_kind(const Port *port)
{
	guint n = adw_combo_row_get_selected(ADW_COMBO_ROW(port->kind));
	return n < port->count ? &kinds[port->offered[n]] : NULL;
}

static char *suggestion(const Port *port, const PortKind *kind)
{
	if (!kind->suggested)
		return g_strdup(*kind->prefix ? kind->prefix : "null");
	if (strcmp(kind->suggested, "%s"))
		return g_strconcat(kind->prefix, kind->suggested, NULL);
	g_autofree char *name = g_strdup_printf("%.*s-%u.txt", (int)strlen(port->list) - 1, port->list, port->number + 1);
	g_autofree char *path = g_build_filename(viva_entry_get_folder(viva_settings_get_entry(port->settings)), name, NULL);
	g_auto(GStrv) parts = g_strsplit(path, ",", -1);
	g_autofree char *escaped = g_strjoinv(",,", parts); /* options stand behind a comma */
	return g_strconcat(kind->prefix, escaped, NULL);
}

static void show_text(Port *port)
{
	const PortKind *kind = selected_kind(port);
	const char *chardev = viva_settings_get_port(port->settings, port->list, port->number);
	gsize length = kind ? strlen(kind->prefix) : 0;
	bool more = kind && (!length || kind->prefix[length - 1] == ':');
	gtk_widget_set_visible(port->text, more);
	if (more)
		gtk_editable_set_text(GTK_EDITABLE(port->text), g_str_has_prefix(chardev, kind->prefix) ? chardev + length : "");
}

static void kind_selected(Port *port)
{
	const PortKind *kind = selected_kind(port);
	if (port->showing || !kind)
		return;
	if (!*kind->prefix) {
		show_text(port); /* nothing has changed until something else is written there */
		return;
	}
	g_autofree char *chardev = suggestion(port, kind);
	viva_settings_set_port(port->settings, port->list, port->number, chardev);
}

static void text_applied(Port *port)
{
	const PortKind *kind = selected_kind(port);
	g_autofree char *chardev = g_strconcat(kind ? kind->prefix : "", gtk_editable_get_text(GTK_EDITABLE(port->text)), NULL);
	viva_settings_set_port(port->settings, port->list, port->number, chardev);
}

static void show(GtkWidget *widget)
{
	Port *port = g_object_get_data(G_OBJECT(widget), "port");
	const char *chardev = viva_settings_get_port(port->settings, port->list, port->number);
	guint n = 0;
	while (n + 1 < port->count && !is_kind(chardev, &kinds[port->offered[n]]))
		n++;
	port->showing = true;
	adw_combo_row_set_selected(ADW_COMBO_ROW(port->kind), n);
	show_text(port);
	port->showing = false;
}

static void offer_kinds(Port *port, bool parallel)
{
	g_autoptr(GtkStringList) labels = gtk_string_list_new(NULL);
	for (guint n = 0; n < G_N_ELEMENTS(kinds); n++)
		if (!parallel || kinds[n].parallel) {
			port->offered[port->count++] = n;
			gtk_string_list_append(labels, _(kinds[n].label));
		}
	adw_combo_row_set_model(ADW_COMBO_ROW(port->kind), G_LIST_MODEL(labels));
}

static void add_port(AdwPreferencesGroup *group, VivaSettings *settings, const char *list, unsigned number, const char *title)
{
	Port *port = g_new0(Port, 1);
	port->settings = g_object_ref(settings);
	port->list = list;
	port->number = number;
	port->kind = adw_combo_row_new();
	port->text = adw_entry_row_new();
	g_object_set_data_full(G_OBJECT(port->kind), "port", port, port_free);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(port->kind), title);
	viva_settings_row_set_when(ADW_ACTION_ROW(port->kind), settings, NULL, false);
	offer_kinds(port, !strcmp(list, "parallels"));
	g_autofree char *text_title = g_strdup_printf(_("%s: File or Address"), title);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(port->text), text_title);
	adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(port->text), TRUE);
	adw_preferences_group_add(group, port->kind);
	adw_preferences_group_add(group, port->text);
	show(port->kind);
	g_signal_connect_swapped(port->kind, "notify::selected", G_CALLBACK(kind_selected), port);
	g_signal_connect_swapped(port->text, "apply", G_CALLBACK(text_applied), port);
	g_signal_connect_object(settings, "changed", G_CALLBACK(show), port->kind, G_CONNECT_SWAPPED);
}

void viva_settings_ports_page_fill(AdwPreferencesPage *page, VivaSettings *settings)
{
	static const struct { const char *list, *title; } lists[] = {
		{ "serials", N_("Serial Ports") }, { "parallels", N_("Parallel Ports") },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(lists); n++) {
		VivMember member = { .maximum = 1 };
		viv_config_member(lists[n].list, &member);
		AdwPreferencesGroup *group = viva_settings_group_new(page, _(lists[n].title), _("Where each leads."));
		for (unsigned k = 0; k < member.maximum; k++) {
			g_autofree char *title = g_strdup_printf(n ? _("Parallel Port %u") : _("Serial Port %u"), k + 1);
			add_port(group, settings, lists[n].list, k, title);
		}
	}
	viva_settings_rows_add(viva_settings_group_new(page, _("Debugging"), NULL), settings, viva_settings_ports);
}
