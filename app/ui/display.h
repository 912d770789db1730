/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The screen of a machine: shows the picture, and gives keys and mouse to the guest.
 *
 * The picture is taken from the engine at the frame clock, after the engine said that there is something to take: a static screen
 * costs nothing. It is kept in tiles; those that changed become new textures.
 *
 * While it has the focus in the active window all keys are the guest's, the desktop's shortcuts as well. The release chord, pressed
 * and let go alone, gives the focus back; with one of the keys of the table in display-keys.c it is a command of the window.
 *
 * Properties: machine; scaling, smooth, zoom; grabbed (keys go to the guest), pointer-grabbed; guest-width, guest-height. */
#pragma once

#include <gtk/gtk.h>

#include "machine.h"

G_BEGIN_DECLS

typedef enum { VIVA_SCALING_FIT, VIVA_SCALING_INTEGER, VIVA_SCALING_ORIGINAL } VivaScaling;
GType viva_scaling_get_type(void);
#define VIVA_TYPE_SCALING viva_scaling_get_type()

#define VIVA_TYPE_DISPLAY (viva_display_get_type())
G_DECLARE_FINAL_TYPE(VivaDisplay, viva_display, VIVA, DISPLAY, GtkWidget)

void viva_display_set_machine(VivaDisplay *self, VivaMachine *machine); /* NULL: none */
VivaMachine *viva_display_get_machine(VivaDisplay *self);
/* Device pixels per guest pixel, in VIVA_SCALING_ORIGINAL. */
void viva_display_set_zoom(VivaDisplay *self, double zoom);
double viva_display_get_zoom(VivaDisplay *self);
/* Device pixels per guest pixel, as it is shown now. */
double viva_display_get_scale(VivaDisplay *self);
void viva_display_set_smooth(VivaDisplay *self, bool smooth);
/* Where the picture is, in the widget's own coordinates. */
void viva_display_get_picture(VivaDisplay *self, graphene_rect_t *area);
/* Guest's size; 0: there is no picture. */
void viva_display_get_size(VivaDisplay *self, int *width, int *height);
/* The whole picture; NULL: there is none. */
GdkTexture *viva_display_get_texture(VivaDisplay *self);
/* The same, small; NULL: there is none. */
GdkTexture *viva_display_get_thumbnail(VivaDisplay *self);
/* No picture: the machine is off. */
void viva_display_clear(VivaDisplay *self);
/* Counts textures made since the start: for tests. */
guint64 viva_display_get_uploads(VivaDisplay *self);

G_END_DECLS
