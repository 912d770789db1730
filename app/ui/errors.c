/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/errors.h"

#include <glib/gi18n.h>

#include "ui/help-key.h"

static void respond(AdwMessageDialog *dialog, const char *response, gpointer text)
{
	if (!g_strcmp0(response, "copy"))
		gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(dialog)), text);
}

/* With a button that copies the text; takes it. */
static AdwMessageDialog *dialog_new(GtkWidget *near, const char *heading, const char *body, char *text)
{
	GtkRoot *root = gtk_widget_get_root(near);
	AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG(adw_message_dialog_new(GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, heading, body));
	adw_message_dialog_add_responses(dialog, "copy", _("C_opy"), "close", _("_Close"), NULL);
	adw_message_dialog_set_default_response(dialog, "close");
	adw_message_dialog_set_close_response(dialog, "close");
	g_signal_connect_data(dialog, "response", G_CALLBACK(respond), text, (GClosureNotify)(void (*)(void))g_free, 0);
	viva_add_help_key(GTK_WIDGET(dialog), "problems");
	return dialog;
}

void viva_alert(GtkWidget *near, const char *heading, const char *message)
{
	gtk_window_present(GTK_WINDOW(dialog_new(near, heading, message, g_strdup_printf("%s\n%s\n", heading, message))));
}

void viva_show_details(GtkWidget *near, const char *message, const char *context)
{
	char *text = context ? g_strdup_printf("%s\n\n%s", message, context) : g_strdup(message);
	GtkWidget *view = gtk_text_view_new(), *scroller = gtk_scrolled_window_new();
	gtk_text_buffer_set_text(gtk_text_view_get_buffer(GTK_TEXT_VIEW(view)), text, -1);
	gtk_text_view_set_editable(GTK_TEXT_VIEW(view), FALSE);
	gtk_text_view_set_monospace(GTK_TEXT_VIEW(view), TRUE);
	gtk_text_view_set_wrap_mode(GTK_TEXT_VIEW(view), GTK_WRAP_WORD_CHAR);
	gtk_text_view_set_left_margin(GTK_TEXT_VIEW(view), 12);
	gtk_text_view_set_right_margin(GTK_TEXT_VIEW(view), 12);
	gtk_text_view_set_top_margin(GTK_TEXT_VIEW(view), 12);
	gtk_text_view_set_bottom_margin(GTK_TEXT_VIEW(view), 12);
	gtk_accessible_update_property(GTK_ACCESSIBLE(view), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Details"), -1);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), view);
	gtk_widget_set_size_request(scroller, 300, 220);
	gtk_widget_set_overflow(scroller, GTK_OVERFLOW_HIDDEN);
	gtk_widget_add_css_class(scroller, "card");
	AdwMessageDialog *dialog = dialog_new(near, _("Details"), NULL, text);
	adw_message_dialog_set_extra_child(dialog, scroller);
	gtk_window_present(GTK_WINDOW(dialog));
}
