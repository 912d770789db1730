/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/application.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app-config.h"
#include "search-provider.h"
#include "ui/errors.h"
#include "ui/help-key.h"
#include "ui/preferences.h"
#include "ui/settings-window.h"
#include "ui/window.h"
#include "viv.h"

struct _VivaApplication {
	AdwApplication parent;
	VivaLibrary *library;	/* NULL: couldn't be had */
	char *library_error;	/* why not */
	GSettings *settings;
	GHashTable *machines;	/* VivaEntry to VivaMachine, a reference to both */
	VivaSearchProvider search;
	guint search_id;	/* of the exported object; 0: none */
};

G_DEFINE_TYPE(VivaApplication, viva_application, ADW_TYPE_APPLICATION)

enum { SHOW_HELP, NOTIFY_USER, N_SIGNALS };
static guint signals[N_SIGNALS];

VivaLibrary *viva_application_get_library(VivaApplication *self)
{
	return self->library;
}

const char *viva_application_get_library_error(VivaApplication *self)
{
	return self->library_error;
}

/* ---- settings ---- */

GSettings *viva_application_get_settings(VivaApplication *self)
{
	return self->settings;
}

GSettings *viva_application_get_machine_settings(VivaApplication *self, VivaEntry *entry)
{
	g_autofree char *name = g_uri_escape_string(viva_entry_get_id(entry), NULL, TRUE);
	g_autofree char *path = g_strdup_printf("/org/vivarium/Vivarium/machines/%s/", name);
	return g_settings_new_with_path(APP_ID ".Machine", path);
}

/* ---- news for who isn't looking ---- */

static GtkWindow *focused_window(void)
{
	GListModel *windows = gtk_window_get_toplevels();
	for (guint n = 0; n < g_list_model_get_n_items(windows); n++) {
		g_autoptr(GtkWindow) window = g_list_model_get_item(windows, n);
		if (gtk_window_is_active(window) && gtk_widget_get_mapped(GTK_WIDGET(window)))
			return window; /* the list has a reference */
	}
	return NULL;
}

static void tell(VivaApplication *self, VivaEntry *entry, const char *title, const char *body)
{
	g_autofree char *id = g_strconcat("machine-", viva_entry_get_id(entry), NULL);
	if (!focused_window())
		g_signal_emit(self, signals[NOTIFY_USER], 0, id, title, body, viva_entry_get_id(entry));
}

static void viva_application_notify_user(VivaApplication *self, const char *id, const char *title, const char *body, const char *machine)
{
	if (!g_application_get_dbus_connection(G_APPLICATION(self)))
		return; /* there is no desktop */
	g_autoptr(GNotification) notification = g_notification_new(title);
	if (*body)
		g_notification_set_body(notification, body);
	g_notification_set_default_action_and_target(notification, "app.open", "s", machine);
	g_application_send_notification(G_APPLICATION(self), id, notification);
}

static void machine_failed(VivaMachine *machine, const GError *error, VivaApplication *self)
{
	VivaEntry *entry = viva_machine_get_entry(machine);
	g_autofree char *title = g_strdup_printf(_("“%s” Needs Attention"), viva_entry_get_title(entry));
	GtkWindow *window = focused_window();
	tell(self, entry, title, error->message);
	/* Its own page says more. */
	if (VIVA_IS_WINDOW(window) && !viva_window_shows(VIVA_WINDOW(window), machine))
		viva_toasts_tell(viva_window_get_toasts(VIVA_WINDOW(window)), title);
}

/* Settings whose own window is gone, or never was. */
static void save_failed(VivaLibrary *library, VivaEntry *entry, const GError *error, VivaApplication *self)
{
	g_autofree char *title = g_strdup_printf(_("“%s” Can’t Be Saved"), viva_entry_get_title(entry));
	GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(self));
	tell(self, entry, title, error->message);
	if (window)
		viva_alert(GTK_WIDGET(window), title, error->message);
}

static void machine_ended(VivaApplication *self, VivaMachine *machine)
{
	VivaEntry *entry = viva_machine_get_entry(machine);
	g_autofree char *title = g_strdup_printf(_("“%s” Has Ended"), viva_entry_get_title(entry));
	if (viva_machine_ended_itself(machine))
		tell(self, entry, title, "");
}

/* ---- machines ---- */

/* A running machine keeps the application there, with a window or without. */
static void run_changed(VivaMachine *machine, GParamSpec *spec, VivaApplication *self)
{
	bool on = viva_machine_get_run(machine) != VIVA_RUN_OFF, held = g_object_get_data(G_OBJECT(machine), "viva-held") != NULL;
	if (on == held)
		return;
	g_object_set_data(G_OBJECT(machine), "viva-held", on ? self : NULL);
	if (on)
		g_application_hold(G_APPLICATION(self));
	else {
		machine_ended(self, machine);
		g_application_release(G_APPLICATION(self));
	}
}

VivaMachine *viva_application_get_machine(VivaApplication *self, VivaEntry *entry)
{
	VivaMachine *machine = g_hash_table_lookup(self->machines, entry);
	if (machine)
		return machine;
	machine = viva_machine_new(entry);
	g_signal_connect_object(machine, "notify::run", G_CALLBACK(run_changed), self, 0);
	g_signal_connect_object(machine, "failed", G_CALLBACK(machine_failed), self, 0);
	g_hash_table_insert(self->machines, g_object_ref(entry), machine);
	return machine;
}

GPtrArray *viva_application_get_running(VivaApplication *self)
{
	GPtrArray *running = g_ptr_array_new_with_free_func(g_object_unref);
	GHashTableIter iter;
	gpointer machine;
	g_hash_table_iter_init(&iter, self->machines);
	while (g_hash_table_iter_next(&iter, NULL, &machine))
		if (viva_machine_get_run(machine) != VIVA_RUN_OFF)
			g_ptr_array_add(running, g_object_ref(machine));
	return running;
}

static gboolean is_gone(gpointer entry, gpointer machine, gpointer data)
{
	VivaApplication *self = data;
	return viva_machine_get_run(machine) == VIVA_RUN_OFF && viva_library_find(self->library, viva_entry_get_id(entry)) != entry;
}

static void library_changed(GListModel *library, guint position, guint removed, guint added, VivaApplication *self)
{
	if (removed)
		g_hash_table_foreach_remove(self->machines, is_gone, self);
}

/* ---- actions ---- */

static void about(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	g_autofree char *debug = g_strdup_printf("Vivarium %s\nGTK %u.%u.%u\nlibadwaita %u.%u.%u\nGLib %u.%u.%u\n%s\n", viv_version(),
		gtk_get_major_version(), gtk_get_minor_version(), gtk_get_micro_version(), adw_get_major_version(), adw_get_minor_version(),
		adw_get_micro_version(), glib_major_version, glib_minor_version, glib_micro_version,
		G_OBJECT_TYPE_NAME(gdk_display_get_default()));
	/* Translators: your name, and your address if you like, on a line each */
	const char *translators = _("translator-credits");
	GtkWidget *window = adw_about_window_new();
	g_object_set(window, "application-name", _("Vivarium"), "application-icon", APP_ID, "version", viv_version(), "license-type",
		GTK_LICENSE_GPL_3_0, "comments", _("Virtual PCs, emulated whole"), "developer-name", _("The Vivarium developers"), "website",
		PROJECT_SITE, "debug-info", debug, "debug-info-filename", "vivarium.txt", "translator-credits",
		strcmp(translators, "translator-credits") ? translators : "", "transient-for", gtk_application_get_active_window(data), "modal", TRUE, NULL);
	viva_add_help_key(window, "index");
	gtk_window_present(GTK_WINDOW(window));
}

static const char *help_page(void)
{
	GtkWindow *window = focused_window();
	if (VIVA_IS_WINDOW(window))
		return viva_window_get_help(VIVA_WINDOW(window));
	if (VIVA_IS_SETTINGS_WINDOW(window))
		return viva_settings_window_get_help(VIVA_SETTINGS_WINDOW(window));
	const char *page = window ? viva_help_key_page(window) : NULL;
	return page ? page : "index";
}

static void help(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	g_signal_emit(data, signals[SHOW_HELP], 0, help_page());
}

static void viva_application_show_help(VivaApplication *self, const char *page)
{
	g_autofree char *uri = g_strconcat("help:vivarium/", page, NULL);
	gtk_show_uri(focused_window(), uri, GDK_CURRENT_TIME);
}

/* Of a notification. */
static void open_machine(GSimpleAction *action, GVariant *id, gpointer data)
{
	VivaApplication *self = data;
	VivaEntry *entry = self->library ? viva_library_find(self->library, g_variant_get_string(id, NULL)) : NULL;
	g_application_activate(data);
	if (entry)
		viva_window_open_machine(VIVA_WINDOW(gtk_application_get_active_window(data)), entry);
}

static void new_machine(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	g_application_activate(data);
	viva_window_create_from(VIVA_WINDOW(gtk_application_get_active_window(data)), NULL);
}

static void preferences(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	GtkWindow *window = viva_preferences_new(VIVA_APPLICATION(data));
	gtk_window_set_transient_for(window, gtk_application_get_active_window(data));
	gtk_window_present(window);
}

static void quit(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	g_autoptr(GList) windows = g_list_copy(gtk_application_get_windows(data));
	for (GList *at = windows; at; at = at->next)
		gtk_window_close(at->data);
}

static const GActionEntry actions[] = {
	{ .name = "about", .activate = about },
	{ .name = "help", .activate = help },
	{ .name = "new-machine", .activate = new_machine },
	{ .name = "open", .activate = open_machine, .parameter_type = "s" },
	{ .name = "preferences", .activate = preferences },
	{ .name = "quit", .activate = quit },
};

static const struct {
	const char *action, *accelerators[3];
} accelerators[] = {
	{ "app.quit", { "<Control>q" } },
	{ "app.preferences", { "<Control>comma" } },
	{ "app.help", { "F1" } },
	{ "win.new", { "<Control>n" } },
	{ "win.search", { "<Control>f" } },
	{ "window.close", { "<Control>w" } },
	{ "win.fullscreen", { "F11" } },
	{ "win.library", { "<Alt>Left" } },
	{ "win.show-help-overlay", { "<Control>question" } },
	{ "machine.toggle", { "<Control>r" } },
	{ "machine.settings", { "<Alt>Return" } },
	{ "machine.reset", { "<Control><Shift>r" } },
	{ "machine.shut-down", { "<Control><Shift>s" } },
	{ "machine.power-off", { "<Control><Shift>o" } },
	{ "machine.type-clipboard", { "<Control><Shift>v" } },
	{ "machine.copy-screen", { "<Control><Shift>c" } },
	{ "machine.copy-text", { "<Control><Shift>t" } },
	{ "machine.zoom-in", { "<Control>plus", "<Control>equal" } },
	{ "machine.zoom-out", { "<Control>minus" } },
	{ "machine.zoom-original", { "<Control>0" } },
	{ "machine.page::display", { "<Alt>1" } },
	{ "machine.page::monitor", { "<Alt>2" } },
	{ "machine.page::serial", { "<Alt>3" } },
	{ "machine.page::activity", { "<Alt>4" } },
};

/* ---- life ---- */

static void viva_application_startup(GApplication *application)
{
	VivaApplication *self = VIVA_APPLICATION(application);
	G_APPLICATION_CLASS(viva_application_parent_class)->startup(application);
	g_autofree char *folder = g_build_filename(g_get_user_data_dir(), "vivarium", "machines", NULL);
	g_autoptr(GError) error = NULL;
	self->settings = g_settings_new(APP_ID);
	self->library = viva_library_new(folder, &error);
	if (self->library) {
		g_signal_connect_object(self->library, "items-changed", G_CALLBACK(library_changed), self, 0);
		g_signal_connect_object(self->library, "save-failed", G_CALLBACK(save_failed), self, 0);
	} else {
		self->library_error = g_strdup(error->message);
	}
	g_action_map_add_action_entries(G_ACTION_MAP(self), actions, G_N_ELEMENTS(actions), self);
	for (unsigned n = 0; n < G_N_ELEMENTS(accelerators); n++)
		gtk_application_set_accels_for_action(GTK_APPLICATION(self), accelerators[n].action, accelerators[n].accelerators);
	gtk_window_set_default_icon_name(APP_ID);
}

/* However it came to end. */
static void viva_application_shutdown(GApplication *application)
{
	VivaApplication *self = VIVA_APPLICATION(application);
	if (self->library)
		viva_library_flush(self->library);
	G_APPLICATION_CLASS(viva_application_parent_class)->shutdown(application);
}

static void viva_application_activate(GApplication *application)
{
	GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(application));
	if (!window) {
		window = GTK_WINDOW(viva_window_new(VIVA_APPLICATION(application)));
		viva_add_help_key(GTK_WIDGET(gtk_application_window_get_help_overlay(GTK_APPLICATION_WINDOW(window))), "shortcuts");
	}
	gtk_window_present(window);
}

/* Images that a file manager opens us with: a machine is made of the first. */
static void viva_application_open(GApplication *application, GFile **files, int count, const char *hint)
{
	viva_application_activate(application);
	viva_window_create_from(VIVA_WINDOW(gtk_application_get_active_window(GTK_APPLICATION(application))), files[0]);
}

/* ---- the desktop's search ---- */

static VivaLibrary *searched_library(gpointer self)
{
	return VIVA_APPLICATION(self)->library;
}

static void open_found(gpointer self, VivaEntry *entry)
{
	viva_application_activate(self);
	if (entry)
		viva_window_open_machine(VIVA_WINDOW(gtk_application_get_active_window(self)), entry);
}

static gboolean viva_application_dbus_register(GApplication *application, GDBusConnection *connection, const char *path, GError **error)
{
	VivaApplication *self = VIVA_APPLICATION(application);
	g_autofree char *search_path = g_strconcat(path, "/SearchProvider", NULL);
	if (!G_APPLICATION_CLASS(viva_application_parent_class)->dbus_register(application, connection, path, error))
		return FALSE;
	self->search = (VivaSearchProvider){ searched_library, open_found, self };
	self->search_id = viva_search_provider_export(connection, search_path, &self->search, error);
	return self->search_id != 0;
}

static void viva_application_dbus_unregister(GApplication *application, GDBusConnection *connection, const char *path)
{
	VivaApplication *self = VIVA_APPLICATION(application);
	if (self->search_id)
		g_dbus_connection_unregister_object(connection, self->search_id);
	self->search_id = 0;
	G_APPLICATION_CLASS(viva_application_parent_class)->dbus_unregister(application, connection, path);
}

static void viva_application_finalize(GObject *object)
{
	VivaApplication *self = VIVA_APPLICATION(object);
	g_hash_table_unref(self->machines);
	g_clear_object(&self->library);
	g_clear_object(&self->settings);
	g_free(self->library_error);
	G_OBJECT_CLASS(viva_application_parent_class)->finalize(object);
}

static void viva_application_class_init(VivaApplicationClass *class)
{
	G_OBJECT_CLASS(class)->finalize = viva_application_finalize;
	signals[SHOW_HELP] = g_signal_new_class_handler("show-help", VIVA_TYPE_APPLICATION, G_SIGNAL_RUN_LAST, G_CALLBACK(viva_application_show_help), NULL,
		NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
	signals[NOTIFY_USER] = g_signal_new_class_handler("notify-user", VIVA_TYPE_APPLICATION, G_SIGNAL_RUN_LAST,
		G_CALLBACK(viva_application_notify_user), NULL, NULL, NULL, G_TYPE_NONE, 4, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
	G_APPLICATION_CLASS(class)->startup = viva_application_startup;
	G_APPLICATION_CLASS(class)->shutdown = viva_application_shutdown;
	G_APPLICATION_CLASS(class)->activate = viva_application_activate;
	G_APPLICATION_CLASS(class)->open = viva_application_open;
	G_APPLICATION_CLASS(class)->dbus_register = viva_application_dbus_register;
	G_APPLICATION_CLASS(class)->dbus_unregister = viva_application_dbus_unregister;
}

static void viva_application_init(VivaApplication *self)
{
	self->machines = g_hash_table_new_full(NULL, NULL, g_object_unref, g_object_unref);
}

VivaApplication *viva_application_new(void)
{
	return g_object_new(VIVA_TYPE_APPLICATION, "application-id", APP_ID, "flags",
		G_APPLICATION_HANDLES_OPEN | G_APPLICATION_CAN_OVERRIDE_APP_ID, "resource-base-path",
		"/org/vivarium/Vivarium", NULL);
}
