/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How errors are shown: in the window that caused them, by dialogs or in its bar (error-bar.h), with all there is to copy. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Over the window of `near`: a heading and the message. */
void viva_alert(GtkWidget *near, const char *heading, const char *message);
/* The message with what else a report needs (the machine's configuration). context NULL: nothing. */
void viva_show_details(GtkWidget *near, const char *message, const char *context);

G_END_DECLS
