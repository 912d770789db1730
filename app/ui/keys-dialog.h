/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits the entries of the Send Keys menu. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Writes the key send-keys of the settings as the user goes. */
GtkWindow *viva_keys_dialog_new(GSettings *settings);

G_END_DECLS
