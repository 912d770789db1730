/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The application: one process, its library, its machines, its windows, and the actions that belong to none of them.
 *
 * What goes out to the desktop are signals, whose own handlers do it: show-help (string: the page); notify-user (string: id, title,
 * body, the machine's id), about a machine that has ended or is held up while nobody looks. */
#pragma once

#include <adwaita.h>

#include "library/library.h"
#include "machine.h"

G_BEGIN_DECLS

#define VIVA_TYPE_APPLICATION (viva_application_get_type())
G_DECLARE_FINAL_TYPE(VivaApplication, viva_application, VIVA, APPLICATION, AdwApplication)

VivaApplication *viva_application_new(void);
VivaLibrary *viva_application_get_library(VivaApplication *self); /* NULL: its folder can't be used */
const char *viva_application_get_library_error(VivaApplication *self); /* why; NULL: it can be */
GSettings *viva_application_get_settings(VivaApplication *self);
/* What the settings say of one machine; the caller's. */
GSettings *viva_application_get_machine_settings(VivaApplication *self, VivaEntry *entry);
/* The machine of an entry, made when it is first asked for; the application's. */
VivaMachine *viva_application_get_machine(VivaApplication *self, VivaEntry *entry);
/* Those that aren't off; VivaMachine, the caller's. */
GPtrArray *viva_application_get_running(VivaApplication *self);

G_END_DECLS
