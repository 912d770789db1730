/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dialogs that say what went wrong. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Over the window of `near`: a heading, the message, and a button that copies both. */
void viva_alert(GtkWidget *near, const char *heading, const char *message);

G_END_DECLS
