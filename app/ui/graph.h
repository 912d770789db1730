/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A curve of the last values, the newest at the right, with a title and a text of the present one. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

enum { VIVA_GRAPH_VALUES = 120 };

#define VIVA_TYPE_GRAPH (viva_graph_get_type())
G_DECLARE_FINAL_TYPE(VivaGraph, viva_graph, VIVA, GRAPH, GtkWidget)

GtkWidget *viva_graph_new(const char *title);
/* `most` is the scale's upper end, 0: the largest value shown. */
void viva_graph_add(VivaGraph *self, double value, double most, const char *text);
void viva_graph_clear(VivaGraph *self);

G_END_DECLS
