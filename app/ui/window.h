/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A window: the library, and beside it the machine that was opened from it.
 *
 * Actions: win.open (s: entry's id) shows a machine's page, win.run (s) starts it as well, win.library goes back. */
#pragma once

#include "ui/application.h"

G_BEGIN_DECLS

#define VIVA_TYPE_WINDOW (viva_window_get_type())
G_DECLARE_FINAL_TYPE(VivaWindow, viva_window, VIVA, WINDOW, AdwApplicationWindow)

VivaWindow *viva_window_new(VivaApplication *application);
/* Shows the machine's page; doesn't start it. */
void viva_window_open_machine(VivaWindow *self, VivaEntry *entry);
void viva_window_show_library(VivaWindow *self);
void viva_window_add_toast(VivaWindow *self, AdwToast *toast); /* takes the toast */

G_END_DECLS
