/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/error-bar.h"

#include "ui/errors.h"
#include "viv.h"

struct _VivaErrorBar {
	AdwBin parent;
	GtkInfoBar *bar;
	GtkLabel *label;
	VivaEntry *entry; /* NULL: none */
	char *message;	  /* NULL: all is well */
};

G_DEFINE_TYPE(VivaErrorBar, viva_error_bar, ADW_TYPE_BIN)

void viva_error_bar_set_entry(VivaErrorBar *self, VivaEntry *entry)
{
	g_set_object(&self->entry, entry);
}

void viva_error_bar_set_message(VivaErrorBar *self, const char *message)
{
	if (message) /* else the text stays while the bar goes */
		gtk_label_set_text(self->label, message);
	g_free(self->message);
	self->message = g_strdup(message);
	gtk_info_bar_set_revealed(self->bar, message != NULL);
}

const char *viva_error_bar_get_message(VivaErrorBar *self)
{
	return self->message;
}

static char *context_of(VivaEntry *entry)
{
	g_autofree char *path = entry ? viva_entry_config_path(entry) : NULL, *text = NULL;
	if (!path || !g_file_get_contents(path, &text, NULL, NULL))
		return g_strdup_printf("Vivarium %s", viv_version());
	return g_strdup_printf("Vivarium %s\n%s\n%s", viv_version(), path, text);
}

static void responded(VivaErrorBar *self, int response)
{
	if (response == GTK_RESPONSE_CLOSE)
		viva_error_bar_set_message(self, NULL);
}

static void show_details(VivaErrorBar *self)
{
	g_autofree char *context = context_of(self->entry);
	viva_show_details(GTK_WIDGET(self), self->message ? self->message : "", context);
}

static void viva_error_bar_finalize(GObject *object)
{
	VivaErrorBar *self = VIVA_ERROR_BAR(object);
	g_clear_object(&self->entry);
	g_free(self->message);
	G_OBJECT_CLASS(viva_error_bar_parent_class)->finalize(object);
}

static void viva_error_bar_class_init(VivaErrorBarClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->finalize = viva_error_bar_finalize;
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/error-bar.ui");
	gtk_widget_class_bind_template_child(widget_class, VivaErrorBar, bar);
	gtk_widget_class_bind_template_child(widget_class, VivaErrorBar, label);
	gtk_widget_class_bind_template_callback(widget_class, responded);
	gtk_widget_class_bind_template_callback(widget_class, show_details);
}

static void viva_error_bar_init(VivaErrorBar *self)
{
	gtk_widget_init_template(GTK_WIDGET(self));
}
