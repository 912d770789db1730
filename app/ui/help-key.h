/* SPDX-License-Identifier: GPL-3.0-or-later */
/* F1 in windows that aren't the application's own: dialogs. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void viva_add_help_key(GtkWidget *window);

G_END_DECLS
