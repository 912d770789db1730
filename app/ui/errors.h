/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How errors and questions are shown. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* The whole message in a dialog, from where it can be copied. `context` is what else a report needs (the machine's configuration). */
void viva_show_details(GtkWidget *widget, const char *message, const char *context);

G_END_DECLS
