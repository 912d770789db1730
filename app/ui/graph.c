/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/graph.h"

#include <string.h>

enum { HEIGHT = 96 };

struct _VivaGraph {
	GtkWidget parent;
	GtkWidget *title, *text;
	double values[VIVA_GRAPH_VALUES], most; /* the newest last */
	guint count;
};

G_DEFINE_TYPE(VivaGraph, viva_graph, GTK_TYPE_WIDGET)

static double scale_of(const VivaGraph *self)
{
	double most = self->most;
	for (guint n = 0; n < self->count && self->most <= 0; n++)
		most = MAX(most, self->values[VIVA_GRAPH_VALUES - 1 - n]);
	return MAX(most, 1e-9);
}

static void draw_curve(VivaGraph *self, cairo_t *cr, double x, double y, double width, double height)
{
	double most = scale_of(self), step = width / (VIVA_GRAPH_VALUES - 1);
	guint first = VIVA_GRAPH_VALUES - self->count;
	cairo_move_to(cr, x + first * step, y + height);
	for (guint n = first; n < VIVA_GRAPH_VALUES; n++)
		cairo_line_to(cr, x + n * step, y + height * (1 - MIN(self->values[n] / most, 1)));
	cairo_line_to(cr, x + width, y + height);
	cairo_close_path(cr);
}

static void viva_graph_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
	VivaGraph *self = VIVA_GRAPH(widget);
	int width = gtk_widget_get_width(widget), height = gtk_widget_get_height(widget), top = height - HEIGHT;
	GdkRGBA color;
	GTK_WIDGET_CLASS(viva_graph_parent_class)->snapshot(widget, snapshot);
	if (!gtk_style_context_lookup_color(gtk_widget_get_style_context(widget), "accent_color", &color))
		gtk_style_context_get_color(gtk_widget_get_style_context(widget), &color);
	cairo_t *cr = gtk_snapshot_append_cairo(snapshot, &GRAPHENE_RECT_INIT(0, (float)top, (float)width, HEIGHT));
	cairo_set_line_width(cr, 1);
	cairo_set_source_rgba(cr, color.red, color.green, color.blue, 0.25);
	cairo_rectangle(cr, 0.5, top + 0.5, width - 1, HEIGHT - 1);
	cairo_stroke(cr);
	if (self->count > 1) {
		draw_curve(self, cr, 1, top + 1, width - 2, HEIGHT - 2);
		cairo_fill_preserve(cr);
		cairo_set_source_rgba(cr, color.red, color.green, color.blue, 1);
		cairo_stroke(cr);
	}
	cairo_destroy(cr);
}

static void viva_graph_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural, int *min_baseline, int *nat_baseline)
{
	VivaGraph *self = VIVA_GRAPH(widget);
	int title_min, title_nat, text_min, text_nat;
	gtk_widget_measure(self->title, orientation, -1, &title_min, &title_nat, NULL, NULL);
	gtk_widget_measure(self->text, orientation, -1, &text_min, &text_nat, NULL, NULL);
	if (orientation == GTK_ORIENTATION_HORIZONTAL) {
		*minimum = title_min + text_min;
		*natural = title_nat + text_nat + 12;
	} else {
		*minimum = *natural = MAX(title_nat, text_nat) + 6 + HEIGHT;
	}
}

static void viva_graph_size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
	VivaGraph *self = VIVA_GRAPH(widget);
	int title, top = height - HEIGHT - 6;
	bool rtl = gtk_widget_get_direction(widget) == GTK_TEXT_DIR_RTL;
	gtk_widget_measure(self->title, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &title, NULL, NULL);
	title = MIN(title, width);
	GtkAllocation at_title = { rtl ? width - title : 0, 0, title, top }, at_text = { rtl ? 0 : title, 0, width - title, top };
	gtk_widget_size_allocate(self->title, &at_title, -1);
	gtk_widget_size_allocate(self->text, &at_text, -1);
}

void viva_graph_add(VivaGraph *self, double value, double most, const char *text)
{
	memmove(self->values, self->values + 1, sizeof self->values - sizeof self->values[0]);
	self->values[VIVA_GRAPH_VALUES - 1] = MAX(value, 0);
	self->count = MIN(self->count + 1, VIVA_GRAPH_VALUES);
	self->most = most;
	gtk_label_set_text(GTK_LABEL(self->text), text);
	gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
	gtk_widget_queue_draw(GTK_WIDGET(self));
}

void viva_graph_clear(VivaGraph *self)
{
	self->count = 0;
	gtk_label_set_text(GTK_LABEL(self->text), "");
	gtk_widget_queue_draw(GTK_WIDGET(self));
}

static void viva_graph_dispose(GObject *object)
{
	VivaGraph *self = VIVA_GRAPH(object);
	g_clear_pointer(&self->title, gtk_widget_unparent);
	g_clear_pointer(&self->text, gtk_widget_unparent);
	G_OBJECT_CLASS(viva_graph_parent_class)->dispose(object);
}

static void viva_graph_class_init(VivaGraphClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->dispose = viva_graph_dispose;
	widget_class->snapshot = viva_graph_snapshot;
	widget_class->measure = viva_graph_measure;
	widget_class->size_allocate = viva_graph_size_allocate;
	gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void viva_graph_init(VivaGraph *self)
{
	self->title = gtk_label_new(NULL);
	self->text = gtk_label_new(NULL);
	gtk_widget_add_css_class(self->title, "heading");
	gtk_widget_add_css_class(self->text, "dim-label");
	gtk_widget_add_css_class(self->text, "numeric");
	gtk_label_set_xalign(GTK_LABEL(self->text), 1);
	gtk_label_set_ellipsize(GTK_LABEL(self->text), PANGO_ELLIPSIZE_END);
	gtk_widget_set_parent(self->title, GTK_WIDGET(self));
	gtk_widget_set_parent(self->text, GTK_WIDGET(self));
}

GtkWidget *viva_graph_new(const char *title)
{
	VivaGraph *self = g_object_new(VIVA_TYPE_GRAPH, NULL);
	gtk_label_set_text(GTK_LABEL(self->title), title);
	gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
	return GTK_WIDGET(self);
}
