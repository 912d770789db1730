/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Has everything that can be used a name for who doesn't see it? And does everything fit a telephone? */
#pragma once

#include <gtk/gtk.h>

/* Walks the widgets from here on; those without a name are failures of the test. */
void names_check(GtkWidget *widget);
/* No widget asks for more than `width`: failures, from the outside inwards. */
void widths_check(GtkWidget *widget, int width);
