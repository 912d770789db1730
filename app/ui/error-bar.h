/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bar in a window that says what went wrong there, until it is closed; its button shows all there is to copy. */
#pragma once

#include <adwaita.h>

#include "library/entry.h"

G_BEGIN_DECLS

#define VIVA_TYPE_ERROR_BAR (viva_error_bar_get_type())
G_DECLARE_FINAL_TYPE(VivaErrorBar, viva_error_bar, VIVA, ERROR_BAR, AdwBin)

/* The machine whose configuration belongs to the details; NULL: none. */
void viva_error_bar_set_entry(VivaErrorBar *self, VivaEntry *entry);
/* NULL: all is well. */
void viva_error_bar_set_message(VivaErrorBar *self, const char *message);
const char *viva_error_bar_get_message(VivaErrorBar *self);

G_END_DECLS
