/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration document in an editor. What is wrong with it is said when it is applied, with its place in the document. */
#include <glib/gi18n.h>

#include "library/document.h"
#include "ui/error-bar.h"
#include "ui/help-key.h"
#include "ui/settings-pages.h"

enum { TAB_PIXELS = 24 };

typedef struct Editor {
	VivaSettings *settings;
	GtkTextBuffer *buffer;
	VivaErrorBar *problem;
} Editor;

static void editor_free(gpointer data)
{
	g_object_unref(((Editor *)data)->settings);
	g_free(data);
}

static void apply_clicked(GtkWidget *button, Editor *editor)
{
	GtkTextIter start, end;
	gtk_text_buffer_get_bounds(editor->buffer, &start, &end);
	g_autofree char *text = gtk_text_buffer_get_text(editor->buffer, &start, &end, TRUE);
	if (viva_settings_set_config_text(editor->settings, text))
		gtk_window_close(GTK_WINDOW(gtk_widget_get_root(button)));
}

static void refused(GtkWidget *window, const char *message)
{
	Editor *editor = g_object_get_data(G_OBJECT(window), "editor");
	viva_error_bar_set_message(editor->problem, message);
}

static GtkWidget *view_new(Editor *editor)
{
	GtkWidget *scroller = gtk_scrolled_window_new(), *view = gtk_text_view_new();
	editor->buffer = gtk_text_view_get_buffer(GTK_TEXT_VIEW(view));
	g_autofree char *text = viva_document_to_text(viva_settings_get_config(editor->settings));
	gtk_text_buffer_set_text(editor->buffer, text, -1);
	g_object_set(view, "monospace", TRUE, "left-margin", 12, "right-margin", 12, "top-margin", 12, "bottom-margin", 12, "accepts-tab", FALSE, NULL);
	g_autoptr(PangoTabArray) tabs = pango_tab_array_new_with_positions(1, TRUE, PANGO_TAB_LEFT, TAB_PIXELS);
	gtk_text_view_set_tabs(GTK_TEXT_VIEW(view), tabs);
	gtk_accessible_update_property(GTK_ACCESSIBLE(view), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Configuration"), -1);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), view);
	gtk_widget_set_vexpand(scroller, TRUE);
	return scroller;
}

GtkWindow *viva_settings_text_new(VivaSettings *settings, GtkWindow *parent)
{
	GtkWidget *window = g_object_new(ADW_TYPE_WINDOW, "title", _("Configuration"), "transient-for", parent, "modal", TRUE, "default-width", 560,
		"default-height", 620, "width-request", 360, NULL);
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new();
	GtkWidget *apply = gtk_button_new_with_mnemonic(_("_Apply"));
	Editor *editor = g_new0(Editor, 1);
	editor->settings = g_object_ref(settings);
	editor->problem = g_object_new(VIVA_TYPE_ERROR_BAR, NULL);
	g_object_set_data_full(G_OBJECT(window), "editor", editor, editor_free);
	gtk_widget_add_css_class(apply, "suggested-action");
	adw_header_bar_pack_end(ADW_HEADER_BAR(header), apply);
	gtk_box_append(GTK_BOX(box), header);
	gtk_box_append(GTK_BOX(box), GTK_WIDGET(editor->problem));
	gtk_box_append(GTK_BOX(box), view_new(editor));
	adw_window_set_content(ADW_WINDOW(window), box);
	g_signal_connect(apply, "clicked", G_CALLBACK(apply_clicked), editor);
	g_signal_connect_object(settings, "refused", G_CALLBACK(refused), window, G_CONNECT_SWAPPED);
	viva_add_help_key(window, "advanced");
	return GTK_WINDOW(window);
}
