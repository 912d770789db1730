/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/pointer.h"

#include "app-config.h"

static const VivaPointerKind *const kinds[] = {
#ifdef HAVE_X11
	&viva_pointer_x11,
#endif
#ifdef HAVE_WAYLAND
	&viva_pointer_wayland,
#endif
	NULL,
};

VivaPointer *viva_pointer_new(GtkWidget *widget, VivaPointerMoved *moved, gpointer owner)
{
	VivaPointer *self = NULL;
	for (unsigned n = 0; !self && kinds[n]; n++) {
		self = kinds[n]->new(widget, moved, owner);
		if (self)
			self->kind = kinds[n];
	}
	return self;
}

void viva_pointer_free(VivaPointer *self)
{
	self->kind->free(self);
}

bool viva_pointer_is_own_motion(VivaPointer *self, double x, double y)
{
	return self->kind->is_own_motion(self, x, y);
}

void viva_pointer_put_back(VivaPointer *self, double x, double y)
{
	self->kind->put_back(self, x, y);
}
