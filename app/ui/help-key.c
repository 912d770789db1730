/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/help-key.h"

static gboolean show_help(GtkWidget *widget, GVariant *arguments, gpointer data)
{
	GApplication *application = g_application_get_default();
	if (application)
		g_action_group_activate_action(G_ACTION_GROUP(application), "help", NULL);
	return application != NULL;
}

const char *viva_help_key_page(GtkWindow *window)
{
	return g_object_get_data(G_OBJECT(window), "viva-help");
}

void viva_add_help_key(GtkWidget *window, const char *page)
{
	g_object_set_data_full(G_OBJECT(window), "viva-help", g_strdup(page), g_free);
	GtkEventController *controller = gtk_shortcut_controller_new();
	GtkShortcut *shortcut = gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_F1, 0), gtk_callback_action_new(show_help, NULL, NULL));
	gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(controller), shortcut);
	gtk_event_controller_set_propagation_phase(controller, GTK_PHASE_CAPTURE);
	gtk_widget_add_controller(window, controller);
}
