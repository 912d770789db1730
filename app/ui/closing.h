/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to running machines when the last window is closed. */
#pragma once

#include <adwaita.h>
#include <stdbool.h>

G_BEGIN_DECLS

typedef enum { VIVA_CLOSING_ASK, VIVA_CLOSING_KEEP_RUNNING, VIVA_CLOSING_SHUT_DOWN, VIVA_CLOSING_POWER_OFF } VivaClosing;

/* Does it, or asks first. `answer` is called once: may the window go now? Machines that shut down go on without it. */
void viva_ask_closing(GtkWindow *window, GPtrArray *machines, VivaClosing closing, void (*answer)(gpointer data, bool close), gpointer data);

G_END_DECLS
