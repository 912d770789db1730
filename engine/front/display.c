/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viv.h's picture. */
#include "display/surface.h"
#include "display/viewer.h"
#include "front/front.h"

typedef struct Use {
	void (*use)(void *owner, const VivFrame *frame);
	void *owner;
} Use;

static void pass_on(void *data, const ViewerFrame *frame)
{
	enum { MOST_RECTS = 256 };
	VivRect rects[MOST_RECTS];
	const Use *use = data;
	unsigned count = MIN(frame->damage_count, MOST_RECTS);
	for (unsigned n = 0; n < count; n++) {
		const pixman_box32_t *box = &frame->damage[n];
		rects[n] = (VivRect){ box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1 };
	}
	if (frame->damage_count > MOST_RECTS) {
		rects[0] = (VivRect){ 0, 0, (int)frame->width, (int)frame->height };
		count = 1;
	}
	VivFrame out = { frame->pixels, frame->width, frame->height, frame->resized, rects, count };
	use->use(use->owner, &out);
}

VivTake viv_display_take(VivMachine *viv, void (*use)(void *owner, const VivFrame *frame), void *owner)
{
	Use both = { use, owner };
	if (!viv->viewer)
		return VIV_TAKE_NOTHING;
	switch (viewer_take(viv->viewer, pass_on, &both)) {
	case VIEWER_TAKEN: return VIV_TAKE_DONE;
	case VIEWER_BUSY: return VIV_TAKE_BUSY;
	case VIEWER_NOTHING: break;
	}
	return VIV_TAKE_NOTHING;
}

void viv_display_invalidate(VivMachine *viv)
{
	if (viv->viewer)
		viewer_invalidate(viv->viewer);
}
