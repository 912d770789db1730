/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/thumbnail.h"

enum { WIDEST = 400, HIGHEST = 300 }; /* sharp on cards at a scale of 2 */

/* The mean of the pixels that fall into one: thin strokes of letters stay. */
static guint32 mean(const guint32 *pixels, int width, int x, int y, int x_end, int y_end)
{
	guint32 red = 0, green = 0, blue = 0, count = (guint32)((x_end - x) * (y_end - y));
	for (; y < y_end; y++)
		for (int at = x; at < x_end; at++) {
			guint32 pixel = pixels[(size_t)y * (size_t)width + (size_t)at];
			red += pixel >> 16 & 0xff;
			green += pixel >> 8 & 0xff;
			blue += pixel & 0xff;
		}
	return 0xff000000u | red / count << 16 | green / count << 8 | blue / count;
}

GdkTexture *viva_thumbnail_new(const guint32 *pixels, int width, int height)
{
	double scale = MIN(1, MIN((double)WIDEST / width, (double)HIGHEST / height));
	int to_width = MAX(1, (int)(width * scale)), to_height = MAX(1, (int)(height * scale));
	gsize bytes = (gsize)to_width * (gsize)to_height * sizeof *pixels;
	guint32 *to = g_malloc(bytes);
	for (int y = 0; y < to_height; y++)
		for (int x = 0; x < to_width; x++)
			to[y * to_width + x] = mean(pixels, width, (int)((gint64)x * width / to_width), (int)((gint64)y * height / to_height),
				(int)((gint64)(x + 1) * width / to_width), (int)((gint64)(y + 1) * height / to_height));
	g_autoptr(GBytes) data = g_bytes_new_take(to, bytes);
	return gdk_memory_texture_new(to_width, to_height, GDK_MEMORY_B8G8R8A8_PREMULTIPLIED, data, (gsize)to_width * sizeof *to);
}
