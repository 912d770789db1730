/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A viewer of a machine's picture: it keeps a copy of it, so that whoever shows it never waits for the machine.
 *
 * A thread of its own has the adapter refresh the surface (surface.h), at most 80 times a second, and copies what is damaged. It
 * sleeps while the last picture hasn't been taken (nobody looks), and while no processor has run since the last refresh: nothing
 * can have been drawn. Text modes, whose cursor blinks by the clock alone, are looked at eight times a second then.
 *
 * Locks: the machine's, then the surface's, then the viewer's own; that one is held for copies of pixels alone. */
#pragma once

#include <pixman.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"

typedef struct Viewer Viewer;

typedef struct ViewerFrame {
	const uint32_t *pixels; /* 0x00RRGGBB, rows of `width` */
	unsigned width, height;
	bool resized; /* since the last take */
	const pixman_box32_t *damage;
	unsigned damage_count; /* above 0 */
} ViewerFrame;

typedef enum ViewerTake { VIEWER_NOTHING, VIEWER_TAKEN, VIEWER_BUSY } ViewerTake;

/* Any thread, without the machine's lock; the machine has a surface. `ready` is called in the viewer's thread, without any lock,
 * when there is damage to take: once, until it has been taken. */
Viewer *viewer_new(Machine *machine, void (*ready)(void *owner), void *owner);
void viewer_free(Viewer *viewer);
/* Under the machine's lock: the picture may have changed without a processor's doing. */
void viewer_poke(Viewer *viewer);
/* Any thread; never waits. The frame is valid within `use`, which must only copy out of it. VIEWER_BUSY: the picture is being
 * brought up to date, try again later. */
ViewerTake viewer_take(Viewer *viewer, void (*use)(void *owner, const ViewerFrame *frame), void *owner);
/* The next take gives the whole picture. Any thread; waits for a copy of pixels at most. */
void viewer_invalidate(Viewer *viewer);
