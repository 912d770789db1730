/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/alert.h"

#include <glib/gi18n.h>

static void responded(AdwMessageDialog *dialog, const char *response, gpointer data)
{
	if (g_strcmp0(response, "copy"))
		return;
	g_autofree char *text = g_strdup_printf("%s\n%s\n", adw_message_dialog_get_heading(dialog), adw_message_dialog_get_body(dialog));
	gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(dialog)), text);
}

void viva_alert(GtkWidget *near, const char *heading, const char *message)
{
	GtkRoot *root = gtk_widget_get_root(near);
	GtkWidget *dialog = adw_message_dialog_new(GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, heading, message);
	adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "copy", _("_Copy Details"), "close", _("_Close"), NULL);
	adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "close");
	adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "close");
	g_signal_connect(dialog, "response", G_CALLBACK(responded), NULL);
	gtk_window_present(GTK_WINDOW(dialog));
}
