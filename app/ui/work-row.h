/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long work in a line: what is done, how far it is, and a button that ends it. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define VIVA_TYPE_WORK_ROW (viva_work_row_get_type())
G_DECLARE_FINAL_TYPE(VivaWorkRow, viva_work_row, VIVA, WORK_ROW, AdwBin)

VivaWorkRow *viva_work_row_new(const char *text, GCancellable *cancellable);
/* 0 to 1; a VivaProgress. */
void viva_work_row_set_progress(double done, gpointer row);

G_END_DECLS
