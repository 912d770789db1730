/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the pointer over a widget, where the windowing system lets a program move it. */
#pragma once

#include <gtk/gtk.h>
#include <stdbool.h>

G_BEGIN_DECLS

typedef struct VivaPointer VivaPointer;

/* NULL: it can't be moved here. */
VivaPointer *viva_pointer_new(GtkWidget *widget);
void viva_pointer_free(VivaPointer *self);
/* The pointer is at (x, y) of the widget: back to its middle, if it is far from there. */
void viva_pointer_put_back(VivaPointer *self, double x, double y);
/* Did the pointer come there by the last viva_pointer_put_back()? Asked once for each motion. */
bool viva_pointer_is_own_motion(VivaPointer *self, double x, double y);

G_END_DECLS
