/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/application.h"

#include <glib/gi18n.h>

#include "app-config.h"
#include "ui/window.h"
#include "viv.h"

struct _VivaApplication {
	AdwApplication parent;
	VivaLibrary *library; /* NULL: couldn't be had, and the window says why */
};

G_DEFINE_TYPE(VivaApplication, viva_application, ADW_TYPE_APPLICATION)

VivaLibrary *viva_application_get_library(VivaApplication *self)
{
	return self->library;
}

/* ---- actions ---- */

static void about(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	GtkWindow *window = gtk_application_get_active_window(data);
	adw_show_about_window(window, "application-name", _("Vivarium"), "application-icon", APP_ID, "version", viv_version(), "license-type",
		GTK_LICENSE_GPL_3_0, "comments", _("Virtual PCs, emulated whole"), NULL);
}

static void quit(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	g_autoptr(GList) windows = g_list_copy(gtk_application_get_windows(data));
	for (GList *at = windows; at; at = at->next)
		gtk_window_close(at->data);
}

static const GActionEntry actions[] = {
	{ .name = "about", .activate = about },
	{ .name = "quit", .activate = quit },
};

static const struct {
	const char *action, *accelerators[3];
} accelerators[] = {
	{ "app.quit", { "<Control>q" } },
	{ "app.preferences", { "<Control>comma" } },
	{ "app.help", { "F1" } },
	{ "window.close", { "<Control>w" } },
};

/* ---- life ---- */

static void viva_application_startup(GApplication *application)
{
	VivaApplication *self = VIVA_APPLICATION(application);
	G_APPLICATION_CLASS(viva_application_parent_class)->startup(application);
	g_autofree char *folder = g_build_filename(g_get_user_data_dir(), "vivarium", "machines", NULL);
	g_autoptr(GError) error = NULL;
	self->library = viva_library_new(folder, &error);
	if (!self->library)
		g_message("%s", error->message);
	g_action_map_add_action_entries(G_ACTION_MAP(self), actions, G_N_ELEMENTS(actions), self);
	for (unsigned n = 0; n < G_N_ELEMENTS(accelerators); n++)
		gtk_application_set_accels_for_action(GTK_APPLICATION(self), accelerators[n].action, accelerators[n].accelerators);
	gtk_window_set_default_icon_name(APP_ID);
}

static void viva_application_activate(GApplication *application)
{
	GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(application));
	if (!window)
		window = GTK_WINDOW(viva_window_new(VIVA_APPLICATION(application)));
	gtk_window_present(window);
}

static void viva_application_finalize(GObject *object)
{
	g_clear_object(&VIVA_APPLICATION(object)->library);
	G_OBJECT_CLASS(viva_application_parent_class)->finalize(object);
}

static void viva_application_class_init(VivaApplicationClass *class)
{
	G_OBJECT_CLASS(class)->finalize = viva_application_finalize;
	G_APPLICATION_CLASS(class)->startup = viva_application_startup;
	G_APPLICATION_CLASS(class)->activate = viva_application_activate;
}

static void viva_application_init(VivaApplication *self)
{
}

VivaApplication *viva_application_new(void)
{
	return g_object_new(VIVA_TYPE_APPLICATION, "application-id", APP_ID, "resource-base-path", "/org/vivarium/Vivarium", NULL);
}
