/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine's terminals: serial lines that the configuration leads into the window. */
#pragma once

#include <adwaita.h>

#include "machine.h"

G_BEGIN_DECLS

#define VIVA_TYPE_SERIAL_PAGE (viva_serial_page_get_type())
G_DECLARE_FINAL_TYPE(VivaSerialPage, viva_serial_page, VIVA, SERIAL_PAGE, AdwBin)

VivaSerialPage *viva_serial_page_new(VivaMachine *machine);

G_END_DECLS
