/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/errors.h"

#include <glib/gi18n.h>

static void respond(AdwMessageDialog *dialog, const char *response, gpointer text)
{
	if (!g_strcmp0(response, "copy"))
		gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(dialog)), text);
}

void viva_show_details(GtkWidget *widget, const char *message, const char *context)
{
	g_autofree char *text = g_strdup_printf("%s\n\n%s", message, context);
	GtkRoot *root = gtk_widget_get_root(widget);
	GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(root), _("Details"), NULL);
	GtkWidget *view = gtk_text_view_new(), *scroller = gtk_scrolled_window_new();
	gtk_text_buffer_set_text(gtk_text_view_get_buffer(GTK_TEXT_VIEW(view)), text, -1);
	gtk_text_view_set_editable(GTK_TEXT_VIEW(view), FALSE);
	gtk_text_view_set_monospace(GTK_TEXT_VIEW(view), TRUE);
	gtk_text_view_set_wrap_mode(GTK_TEXT_VIEW(view), GTK_WRAP_WORD_CHAR);
	gtk_accessible_update_property(GTK_ACCESSIBLE(view), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Details"), -1);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), view);
	gtk_widget_set_size_request(scroller, 300, 220);
	gtk_widget_add_css_class(scroller, "card");
	adw_message_dialog_set_extra_child(ADW_MESSAGE_DIALOG(dialog), scroller);
	adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "close", _("_Close"), "copy", _("C_opy"), NULL);
	adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "copy");
	adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "close");
	g_signal_connect_data(dialog, "response", G_CALLBACK(respond), g_steal_pointer(&text), (GClosureNotify)(void (*)(void))g_free, 0);
	gtk_window_present(GTK_WINDOW(dialog));
}
