/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/window.h"

#include <glib/gi18n.h>

#include "ui/library-page.h"

struct _VivaWindow {
	AdwApplicationWindow parent;
	AdwToastOverlay *toasts;
	AdwLeaflet *leaflet;
	AdwBin *library_bin; /* the library's page */
	AdwBin *machine_bin; /* the page of the machine that was opened last */
};

G_DEFINE_TYPE(VivaWindow, viva_window, ADW_TYPE_APPLICATION_WINDOW)

static VivaApplication *application_of(VivaWindow *self)
{
	return VIVA_APPLICATION(gtk_window_get_application(GTK_WINDOW(self)));
}

void viva_window_open_machine(VivaWindow *self, VivaEntry *entry)
{
	gtk_window_set_title(GTK_WINDOW(self), viva_entry_get_title(entry));
	adw_leaflet_set_visible_child_name(self->leaflet, "machine");
}

void viva_window_show_library(VivaWindow *self)
{
	gtk_window_set_title(GTK_WINDOW(self), _("Vivarium"));
	adw_leaflet_set_visible_child_name(self->leaflet, "library");
}

void viva_window_add_toast(VivaWindow *self, AdwToast *toast)
{
	adw_toast_overlay_add_toast(self->toasts, toast);
}

/* ---- actions ---- */

static void open_by_id(GtkWidget *widget, const char *name, GVariant *id)
{
	VivaWindow *self = VIVA_WINDOW(widget);
	VivaEntry *entry = viva_library_find(viva_application_get_library(application_of(self)), g_variant_get_string(id, NULL));
	if (entry)
		viva_window_open_machine(self, entry);
}

static void show_library(GtkWidget *widget, const char *name, GVariant *parameter)
{
	viva_window_show_library(VIVA_WINDOW(widget));
}

static void viva_window_class_init(VivaWindowClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/window.ui");
	gtk_widget_class_bind_template_child(widget_class, VivaWindow, toasts);
	gtk_widget_class_bind_template_child(widget_class, VivaWindow, leaflet);
	gtk_widget_class_bind_template_child(widget_class, VivaWindow, library_bin);
	gtk_widget_class_bind_template_child(widget_class, VivaWindow, machine_bin);
	gtk_widget_class_install_action(widget_class, "win.open", "s", open_by_id);
	gtk_widget_class_install_action(widget_class, "win.library", NULL, show_library);
}

static void viva_window_init(VivaWindow *self)
{
	gtk_widget_init_template(GTK_WIDGET(self));
}

VivaWindow *viva_window_new(VivaApplication *application)
{
	VivaWindow *self = g_object_new(VIVA_TYPE_WINDOW, "application", application, NULL);
	VivaLibrary *library = viva_application_get_library(application);
	if (library)
		adw_bin_set_child(self->library_bin, GTK_WIDGET(viva_library_page_new(library)));
	return self;
}
