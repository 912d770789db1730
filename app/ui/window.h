/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A window: the library, and beside it the machine that was opened from it.
 *
 * Actions: win.open (s: entry's id) shows a machine's page; win.run (s) shows and starts one that is off, pauses one that runs, resumes
 * one that is paused; win.library goes back; win.new creates a machine; win.search looks for machines, or in the monitor's output where
 * that is seen; win.fullscreen. */
#pragma once

#include "ui/application.h"
#include "ui/machine-page.h"
#include "ui/toasts.h"

G_BEGIN_DECLS

#define VIVA_TYPE_WINDOW (viva_window_get_type())
G_DECLARE_FINAL_TYPE(VivaWindow, viva_window, VIVA, WINDOW, AdwApplicationWindow)

VivaWindow *viva_window_new(VivaApplication *application);
/* Shows the machine's page; doesn't start it. */
void viva_window_open_machine(VivaWindow *self, VivaEntry *entry);
void viva_window_show_library(VivaWindow *self);
/* Opens the creation window with an image. */
void viva_window_create_from(VivaWindow *self, GFile *file);
VivaToasts *viva_window_get_toasts(VivaWindow *self);
bool viva_window_shows(VivaWindow *self, VivaMachine *machine);
/* The help's page on what is seen. */
const char *viva_window_get_help(VivaWindow *self);
VivaMachinePage *viva_window_get_machine_page(VivaWindow *self); /* NULL: none was opened yet */

G_END_DECLS
