/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A screen's picture made small for the library. Any thread. */
#pragma once

#include <gdk/gdk.h>

G_BEGIN_DECLS

/* 0x00RRGGBB without gaps. What is small already keeps its size. The caller's. */
GdkTexture *viva_thumbnail_new(const guint32 *pixels, int width, int height);

G_END_DECLS
