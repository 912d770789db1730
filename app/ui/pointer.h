/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the pointer over a widget, where the windowing system can be made to: X11 moves it back, Wayland locks it and tells what it
 * would have moved. */
#pragma once

#include <gtk/gtk.h>
#include <stdbool.h>

G_BEGIN_DECLS

typedef struct VivaPointer VivaPointer;

/* Of a pointer that is locked, in the widget's units. */
typedef void VivaPointerMoved(gpointer owner, double dx, double dy);

/* NULL: it can't be kept here. */
VivaPointer *viva_pointer_new(GtkWidget *widget, VivaPointerMoved *moved, gpointer owner);
void viva_pointer_free(VivaPointer *self);
/* The pointer is at (x, y) of the widget. True: that isn't to be told the guest, for the pointer was put there, or its moves are told
 * otherwise. Asked once for each motion. */
bool viva_pointer_is_own_motion(VivaPointer *self, double x, double y);
/* Back to the widget's middle, if it is far from there. */
void viva_pointer_put_back(VivaPointer *self, double x, double y);

/* ---- how it is done: pointer-*.c ---- */

typedef struct VivaPointerKind {
	VivaPointer *(*new)(GtkWidget *widget, VivaPointerMoved *moved, gpointer owner); /* NULL: not here */
	void (*free)(VivaPointer *self);
	bool (*is_own_motion)(VivaPointer *self, double x, double y);
	void (*put_back)(VivaPointer *self, double x, double y);
} VivaPointerKind;

/* What they begin with. */
struct VivaPointer {
	const VivaPointerKind *kind;
};

extern const VivaPointerKind viva_pointer_x11, viva_pointer_wayland;

G_END_DECLS
