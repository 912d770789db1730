/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See pointer.h: GTK without X11. */
#include "ui/pointer.h"

VivaPointer *viva_pointer_new(GtkWidget *widget)
{
	return NULL;
}

void viva_pointer_free(VivaPointer *self)
{
}

void viva_pointer_put_back(VivaPointer *self, double x, double y)
{
}

bool viva_pointer_is_own_motion(VivaPointer *self, double x, double y)
{
	return false;
}
