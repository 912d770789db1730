/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Creation of a machine: a file or a ready-made kind, what is proposed for it, and how far its making is. */
#pragma once

#include <adwaita.h>

#include "library/library.h"

G_BEGIN_DECLS

#define VIVA_TYPE_CREATE_WINDOW (viva_create_window_get_type())
G_DECLARE_FINAL_TYPE(VivaCreateWindow, viva_create_window, VIVA, CREATE_WINDOW, AdwWindow)

/* The new machine is opened in the parent by win.open, the one to be tried out run by win.run. */
VivaCreateWindow *viva_create_window_new(VivaLibrary *library, GtkWindow *parent);
/* As if the user had chosen the file. */
void viva_create_window_take_file(VivaCreateWindow *self, GFile *file);

G_END_DECLS
