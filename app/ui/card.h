/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine in the library's grid (upright) or list (lying): thumbnail, title, state, run button, menu. */
#pragma once

#include <adwaita.h>

#include "library/entry.h"

G_BEGIN_DECLS

#define VIVA_TYPE_CARD (viva_card_get_type())
G_DECLARE_FINAL_TYPE(VivaCard, viva_card, VIVA, CARD, AdwBin)

VivaCard *viva_card_new(GtkOrientation orientation);
void viva_card_set_entry(VivaCard *self, VivaEntry *entry); /* NULL: none */
void viva_card_open_menu(VivaCard *self);

G_END_DECLS
