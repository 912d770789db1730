/* SPDX-License-Identifier: GPL-3.0-or-later */
/* F1 in windows that aren't the application's own: dialogs. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* `page`, a page of the help, is on the window; NULL: the application knows. */
void viva_add_help_key(GtkWidget *window, const char *page);
/* NULL: it has none of its own. */
const char *viva_help_key_page(GtkWindow *window);

G_END_DECLS
