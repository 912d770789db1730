/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See viewer.h. */
#include "display/viewer.h"

#include <string.h>

#include "display/surface.h"

enum { PERIOD_US = 12500, BLINK_US = 120000 };

struct Viewer {
	Machine *machine;
	Surface *surface;
	void (*ready)(void *owner);
	void *owner;
	GThread *thread;

	/* under the machine's lock */
	GCond something; /* a processor ran, or somebody poked */
	bool poked;
	uint64_t runs;	 /* machine_runs() at the last refresh */

	/* under the viewer's own */
	GMutex lock;
	GCond taken;
	bool wanted;	 /* the last picture was taken */
	bool stopping;	 /* set with both locks held */
	bool resized;
	unsigned width, height;
	uint32_t *pixels;
	pixman_region32_t damage;
};

/* ---- the copy ---- */

static void resize(Viewer *viewer, unsigned width, unsigned height)
{
	viewer->width = width;
	viewer->height = height;
	viewer->pixels = g_renew(uint32_t, viewer->pixels, (size_t)width * height);
	viewer->resized = true;
	pixman_region32_fini(&viewer->damage);
	pixman_region32_init_rect(&viewer->damage, 0, 0, width, height);
}

static void copy_box(Viewer *viewer, const uint32_t *from, size_t stride, const pixman_box32_t *box)
{
	size_t bytes = (size_t)(box->x2 - box->x1) * sizeof *from;
	for (int y = box->y1; y < box->y2; y++)
		memcpy(viewer->pixels + (size_t)y * viewer->width + box->x1, from + (size_t)y * stride + box->x1, bytes);
}

static void copy(Viewer *viewer, pixman_image_t *image, const pixman_region32_t *damage)
{
	unsigned width = (unsigned)pixman_image_get_width(image), height = (unsigned)pixman_image_get_height(image);
	const uint32_t *from = pixman_image_get_data(image);
	size_t stride = (size_t)pixman_image_get_stride(image) / sizeof *from;
	if (viewer->width != width || viewer->height != height)
		resize(viewer, width, height);
	pixman_region32_union(&viewer->damage, &viewer->damage, (pixman_region32_t *)damage);
	int count;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)damage, &count);
	for (int n = 0; n < count; n++)
		copy_box(viewer, from, stride, &boxes[n]);
}

/* ---- the thread ---- */

/* True: the viewer ends. Otherwise the last picture was taken, and the one before it is old enough. */
static bool wait_for_taker(Viewer *viewer, int64_t not_before_us)
{
	g_mutex_lock(&viewer->lock);
	while (!viewer->stopping && !viewer->wanted)
		g_cond_wait(&viewer->taken, &viewer->lock);
	while (!viewer->stopping && g_cond_wait_until(&viewer->taken, &viewer->lock, not_before_us))
		continue;
	bool stopping = viewer->stopping;
	g_mutex_unlock(&viewer->lock);
	return stopping;
}

/* With the machine's lock: until something may have been drawn. */
static void wait_for_change(Viewer *viewer)
{
	while (!viewer->stopping && !viewer->poked && !machine_ran(viewer->machine, &viewer->runs)) {
		bool blinks = machine_state(viewer->machine) == MACHINE_RUNNING && surface_blinks(viewer->surface);
		if (!blinks)
			g_cond_wait(&viewer->something, machine_mutex(viewer->machine));
		else if (!g_cond_wait_until(&viewer->something, machine_mutex(viewer->machine), g_get_monotonic_time() + BLINK_US))
			break;
	}
	viewer->poked = false;
}

/* True: there is damage to take. */
static bool look(Viewer *viewer)
{
	bool resized;
	pixman_region32_t damage;
	pixman_region32_init(&damage);
	machine_lock(viewer->machine);
	wait_for_change(viewer);
	pixman_image_t *image = surface_lock(viewer->surface, &damage, &resized);
	machine_unlock(viewer->machine);
	g_mutex_lock(&viewer->lock);
	copy(viewer, image, &damage);
	bool any = pixman_region32_not_empty(&viewer->damage);
	viewer->wanted = !any;
	g_mutex_unlock(&viewer->lock);
	surface_unlock(viewer->surface);
	pixman_region32_fini(&damage);
	return any;
}

static gpointer watch(gpointer data)
{
	Viewer *viewer = data;
	int64_t next_us = 0;
	while (!wait_for_taker(viewer, next_us)) {
		if (look(viewer))
			viewer->ready(viewer->owner);
		next_us = g_get_monotonic_time() + PERIOD_US;
	}
	return NULL;
}

/* ---- the front ---- */

Viewer *viewer_new(Machine *machine, void (*ready)(void *owner), void *owner)
{
	Viewer *viewer = g_new0(Viewer, 1);
	viewer->machine = machine;
	viewer->surface = machine_surface(machine);
	viewer->ready = ready;
	viewer->owner = owner;
	viewer->wanted = viewer->poked = true;
	g_mutex_init(&viewer->lock);
	g_cond_init(&viewer->taken);
	g_cond_init(&viewer->something);
	pixman_region32_init(&viewer->damage);
	machine_lock(machine);
	surface_invalidate(viewer->surface);
	machine_watch(machine, &viewer->something);
	machine_unlock(machine);
	viewer->thread = g_thread_new("viewer", watch, viewer);
	return viewer;
}

void viewer_free(Viewer *viewer)
{
	if (!viewer)
		return;
	machine_lock(viewer->machine);
	g_mutex_lock(&viewer->lock);
	viewer->stopping = true;
	g_cond_signal(&viewer->something);
	g_cond_signal(&viewer->taken);
	g_mutex_unlock(&viewer->lock);
	machine_unlock(viewer->machine);
	g_thread_join(viewer->thread);
	machine_lock(viewer->machine);
	machine_watch(viewer->machine, NULL);
	machine_unlock(viewer->machine);
	pixman_region32_fini(&viewer->damage);
	g_free(viewer->pixels);
	g_mutex_clear(&viewer->lock);
	g_cond_clear(&viewer->taken);
	g_cond_clear(&viewer->something);
	g_free(viewer);
}

void viewer_poke(Viewer *viewer)
{
	viewer->poked = true;
	g_cond_signal(&viewer->something);
}

ViewerTake viewer_take(Viewer *viewer, void (*use)(void *owner, const ViewerFrame *frame), void *owner)
{
	if (!g_mutex_trylock(&viewer->lock))
		return VIEWER_BUSY;
	int count;
	const pixman_box32_t *boxes = pixman_region32_rectangles(&viewer->damage, &count);
	if (count) {
		ViewerFrame frame = { viewer->pixels, viewer->width, viewer->height, viewer->resized, boxes, (unsigned)count };
		use(owner, &frame);
		pixman_region32_clear(&viewer->damage);
		viewer->resized = false;
	}
	viewer->wanted = true;
	g_cond_signal(&viewer->taken);
	g_mutex_unlock(&viewer->lock);
	return count ? VIEWER_TAKEN : VIEWER_NOTHING;
}

void viewer_invalidate(Viewer *viewer)
{
	g_mutex_lock(&viewer->lock);
	if (viewer->width)
		pixman_region32_union_rect(&viewer->damage, &viewer->damage, 0, 0, viewer->width, viewer->height);
	g_mutex_unlock(&viewer->lock);
}
