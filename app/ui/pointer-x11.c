/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See pointer.h: XWarpPointer(). XWayland takes it for a lock of the pointer when the cursor is hidden, as it is here. */
#include <X11/Xlib.h>
#include <gdk/x11/gdkx.h>
#include <math.h>

#include "ui/pointer.h"

typedef struct Warp {
	VivaPointer base;
	GtkWidget *widget;
	bool moved;
	double x, y; /* where it was put */
} Warp;

static VivaPointer *warp_new(GtkWidget *widget, VivaPointerMoved *moved, gpointer owner)
{
	if (!GDK_IS_X11_DISPLAY(gtk_widget_get_display(widget)))
		return NULL;
	Warp *self = g_new0(Warp, 1);
	self->widget = widget;
	return &self->base;
}

static void warp_free(VivaPointer *self)
{
	g_free(self);
}

static void put_back(VivaPointer *pointer, double x, double y)
{
	Warp *self = (Warp *)pointer;
	int width = gtk_widget_get_width(self->widget), height = gtk_widget_get_height(self->widget);
	double middle_x = width / 2, middle_y = height / 2, at_x, at_y, surface_x, surface_y;
	GtkNative *native = gtk_widget_get_native(self->widget);
	if (self->moved || !native || (fabs(x - middle_x) < width / 4 && fabs(y - middle_y) < height / 4))
		return;
	if (!gtk_widget_translate_coordinates(self->widget, GTK_WIDGET(native), middle_x, middle_y, &at_x, &at_y))
		return;
	gtk_native_get_surface_transform(native, &surface_x, &surface_y);
	GdkSurface *surface = gtk_native_get_surface(native);
	int factor = gdk_surface_get_scale_factor(surface);
	Display *display = gdk_x11_display_get_xdisplay(gdk_surface_get_display(surface));
	XWarpPointer(display, None, gdk_x11_surface_get_xid(surface), 0, 0, 0, 0, (int)(at_x + surface_x) * factor, (int)(at_y + surface_y) * factor);
	XFlush(display);
	self->moved = true;
	self->x = middle_x;
	self->y = middle_y;
}

static bool is_own_motion(VivaPointer *pointer, double x, double y)
{
	Warp *self = (Warp *)pointer;
	if (!self->moved || fabs(x - self->x) > 2 || fabs(y - self->y) > 2)
		return false;
	self->moved = false;
	return true;
}

const VivaPointerKind viva_pointer_x11 = { warp_new, warp_free, is_own_motion, put_back };
