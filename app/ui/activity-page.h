/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Graphs of what the machine takes of the host: processors, memory, disks; the last two minutes. */
#pragma once

#include <adwaita.h>

#include "machine.h"

G_BEGIN_DECLS

#define VIVA_TYPE_ACTIVITY_PAGE (viva_activity_page_get_type())
G_DECLARE_FINAL_TYPE(VivaActivityPage, viva_activity_page, VIVA, ACTIVITY_PAGE, AdwBin)

VivaActivityPage *viva_activity_page_new(VivaMachine *machine);

G_END_DECLS
