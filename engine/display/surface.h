/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The picture that a display adapter makes: pixels and the region that changed.
 *
 * The adapter draws under the surface's own lock when it is asked to refresh (the viewer's frame clock, a screenshot), and never
 * otherwise: a picture that nobody looks at costs nothing. The viewer takes picture and damage without stopping the guest.
 *
 * Locks: whoever calls the viewer's side holds the machine's lock, since the adapter's registers are read; he may let go of it as
 * soon as surface_lock() has returned, and must not take it again before surface_unlock(). */
#pragma once

#include <glib.h>
#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Surface Surface;

typedef struct SurfaceSource {
	/* Brings the picture up to date by the functions below. In the viewer's thread, with the machine's lock held. */
	void (*refresh)(void *owner);
	/* Everything must be drawn anew at the next refresh. */
	void (*invalidate)(void *owner);
	/* The text on a text-mode screen as UTF-8 lines, NULL in graphics modes; free it. */
	char *(*text)(void *owner);
	/* The picture changes by the clock alone: a cursor blinks. NULL: never. */
	bool (*blinks)(void *owner);
} SurfaceSource;

Surface *surface_new(const SurfaceSource *source, void *owner);
void surface_free(Surface *surface);

/* ---- the adapter's side, within refresh() ---- */
/* Pixels are 0x00RRGGBB, `stride` in bytes. Keeps the picture if the size is the same; else it is black and all damaged.
 * NULL: the host hasn't the memory for that size; the picture stays as it is, and surface_end() isn't called. */
uint32_t *surface_begin(Surface *surface, unsigned width, unsigned height, unsigned *stride);
void surface_damage(Surface *surface, int x, int y, int width, int height);
void surface_end(Surface *surface);

/* ---- the viewer's side ---- */
/* Refreshes, and moves the damage since the last call into `damage` (initialized; may come back empty). Returns the picture, to be
 * used until surface_unlock(); *resized tells a change of size. */
pixman_image_t *surface_lock(Surface *surface, pixman_region32_t *damage, bool *resized);
void surface_unlock(Surface *surface);
/* The next surface_lock() gives the whole picture as damage. */
void surface_invalidate(Surface *surface);
/* SurfaceSource.text */
char *surface_text(Surface *surface);
/* SurfaceSource.blinks */
bool surface_blinks(const Surface *surface);
/* PNG, or PPM if `path` ends so. The damage stays for the viewer. */
bool surface_save(Surface *surface, const char *path, GError **error);
