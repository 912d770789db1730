/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The monitor: a command line with completion, history and help, output that can be searched and copied, and, while the machine is
 * paused, its registers, code and memory. */
#pragma once

#include <adwaita.h>

#include "machine.h"

G_BEGIN_DECLS

#define VIVA_TYPE_MONITOR_PAGE (viva_monitor_page_get_type())
G_DECLARE_FINAL_TYPE(VivaMonitorPage, viva_monitor_page, VIVA, MONITOR_PAGE, AdwBin)

VivaMonitorPage *viva_monitor_page_new(VivaMachine *machine);
GtkTextBuffer *viva_monitor_page_get_output(VivaMonitorPage *self);
/* As if it had been typed. */
void viva_monitor_page_run(VivaMonitorPage *self, const char *line);
/* Opens the search in the output. */
void viva_monitor_page_search(VivaMonitorPage *self);
GtkEditable *viva_monitor_page_get_entry(VivaMonitorPage *self);

G_END_DECLS
