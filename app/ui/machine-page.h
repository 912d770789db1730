/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine's page: header bar, the stack of its display, monitor, serial lines and activity, and what went wrong.
 *
 * Its actions, "machine.*", belong to the window that shows it. */
#pragma once

#include "ui/application.h"
#include "ui/display.h"

G_BEGIN_DECLS

#define VIVA_TYPE_MACHINE_PAGE (viva_machine_page_get_type())
G_DECLARE_FINAL_TYPE(VivaMachinePage, viva_machine_page, VIVA, MACHINE_PAGE, AdwBin)

VivaMachinePage *viva_machine_page_new(VivaApplication *application, VivaMachine *machine);
VivaMachine *viva_machine_page_get_machine(VivaMachinePage *self);
VivaDisplay *viva_machine_page_get_display(VivaMachinePage *self);
GActionGroup *viva_machine_page_get_actions(VivaMachinePage *self);
/* Opens the search of the page that is seen. False: it has none. */
bool viva_machine_page_search(VivaMachinePage *self);
/* The help's page on what is seen. */
const char *viva_machine_page_get_help(VivaMachinePage *self);
/* What is in its header bar goes, and the display is all there is. */
void viva_machine_page_set_fullscreen(VivaMachinePage *self, bool fullscreen);
/* Only what is needed most stays in the header bar; the menu has the rest. */
void viva_machine_page_set_narrow(VivaMachinePage *self, bool narrow);

G_END_DECLS
