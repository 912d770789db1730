/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/work-row.h"

#include <glib/gi18n.h>

struct _VivaWorkRow {
	AdwBin parent;
	GtkProgressBar *bar;
	GtkButton *cancel;
	GCancellable *cancellable;
};

G_DEFINE_TYPE(VivaWorkRow, viva_work_row, ADW_TYPE_BIN)

void viva_work_row_set_progress(double done, gpointer row)
{
	gtk_progress_bar_set_fraction(VIVA_WORK_ROW(row)->bar, done);
}

static void cancel_clicked(VivaWorkRow *self)
{
	g_cancellable_cancel(self->cancellable);
	gtk_widget_set_sensitive(GTK_WIDGET(self->cancel), FALSE);
}

static void viva_work_row_finalize(GObject *object)
{
	g_clear_object(&VIVA_WORK_ROW(object)->cancellable);
	G_OBJECT_CLASS(viva_work_row_parent_class)->finalize(object);
}

static void viva_work_row_class_init(VivaWorkRowClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->finalize = viva_work_row_finalize;
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/work-row.ui");
	gtk_widget_class_bind_template_child(widget_class, VivaWorkRow, bar);
	gtk_widget_class_bind_template_child(widget_class, VivaWorkRow, cancel);
	gtk_widget_class_bind_template_callback(widget_class, cancel_clicked);
}

static void viva_work_row_init(VivaWorkRow *self)
{
	gtk_widget_init_template(GTK_WIDGET(self));
}

VivaWorkRow *viva_work_row_new(const char *text, GCancellable *cancellable)
{
	VivaWorkRow *self = g_object_new(VIVA_TYPE_WORK_ROW, NULL);
	self->cancellable = g_object_ref(cancellable);
	gtk_progress_bar_set_text(self->bar, text);
	gtk_accessible_update_property(GTK_ACCESSIBLE(self->bar), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
	return self;
}
