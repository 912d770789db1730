/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See pointer.h: the protocols pointer-constraints and relative-pointer (unstable, version 1). GTK 4.8 knows neither, but hands out its
 * own surface and pointer. The lock holds as long as our surface has the pointer; the compositor may refuse it, and then nothing is
 * lost: motions are relative all the same, as far as the pointer is over the window. */
#include <gdk/wayland/gdkwayland.h>
#include <string.h>

#include "pointer-constraints-unstable-v1-client.h"
#include "relative-pointer-unstable-v1-client.h"
#include "ui/pointer.h"

typedef struct Lock {
	VivaPointer base;
	VivaPointerMoved *moved;
	gpointer owner;
	struct zwp_pointer_constraints_v1 *constraints;
	struct zwp_relative_pointer_manager_v1 *relatives;
	struct zwp_locked_pointer_v1 *locked;
	struct zwp_relative_pointer_v1 *relative;
} Lock;

/* ---- what the compositor has ---- */

static void found(void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
	Lock *self = data;
	if (!strcmp(interface, zwp_pointer_constraints_v1_interface.name))
		self->constraints = wl_registry_bind(registry, name, &zwp_pointer_constraints_v1_interface, 1);
	else if (!strcmp(interface, zwp_relative_pointer_manager_v1_interface.name))
		self->relatives = wl_registry_bind(registry, name, &zwp_relative_pointer_manager_v1_interface, 1);
}

static void lost(void *data, struct wl_registry *registry, uint32_t name)
{
}

/* On a queue of its own, so that nothing of GTK's is called meanwhile. */
static bool find(Lock *self, struct wl_display *display)
{
	static const struct wl_registry_listener listener = { found, lost };
	struct wl_event_queue *queue = wl_display_create_queue(display);
	struct wl_display *wrapper = wl_proxy_create_wrapper(display);
	wl_proxy_set_queue((struct wl_proxy *)wrapper, queue);
	struct wl_registry *registry = wl_display_get_registry(wrapper);
	wl_proxy_wrapper_destroy(wrapper);
	wl_registry_add_listener(registry, &listener, self);
	wl_display_roundtrip_queue(display, queue);
	wl_registry_destroy(registry);
	/* What they make is heard of in the main loop. */
	if (self->constraints)
		wl_proxy_set_queue((struct wl_proxy *)self->constraints, NULL);
	if (self->relatives)
		wl_proxy_set_queue((struct wl_proxy *)self->relatives, NULL);
	wl_event_queue_destroy(queue);
	return self->constraints && self->relatives;
}

/* ---- the lock ---- */

static void moved(void *data, struct zwp_relative_pointer_v1 *relative, uint32_t time_high, uint32_t time_low, wl_fixed_t dx, wl_fixed_t dy,
	wl_fixed_t raw_dx, wl_fixed_t raw_dy)
{
	Lock *self = data;
	self->moved(self->owner, wl_fixed_to_double(dx), wl_fixed_to_double(dy));
}

static void lock(Lock *self, GdkSurface *surface, GdkDevice *device)
{
	static const struct zwp_relative_pointer_v1_listener listener = { moved };
	struct wl_pointer *pointer = gdk_wayland_device_get_wl_pointer(device);
	self->relative = zwp_relative_pointer_manager_v1_get_relative_pointer(self->relatives, pointer);
	zwp_relative_pointer_v1_add_listener(self->relative, &listener, self);
	self->locked = zwp_pointer_constraints_v1_lock_pointer(self->constraints, gdk_wayland_surface_get_wl_surface(surface), pointer, NULL,
		ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
}

static void lock_free(VivaPointer *pointer)
{
	Lock *self = (Lock *)pointer;
	g_clear_pointer(&self->locked, zwp_locked_pointer_v1_destroy);
	g_clear_pointer(&self->relative, zwp_relative_pointer_v1_destroy);
	g_clear_pointer(&self->constraints, zwp_pointer_constraints_v1_destroy);
	g_clear_pointer(&self->relatives, zwp_relative_pointer_manager_v1_destroy);
	g_free(self);
}

static VivaPointer *lock_new(GtkWidget *widget, VivaPointerMoved *function, gpointer owner)
{
	GdkDisplay *display = gtk_widget_get_display(widget);
	GtkNative *native = gtk_widget_get_native(widget);
	GdkSeat *seat = GDK_IS_WAYLAND_DISPLAY(display) ? gdk_display_get_default_seat(display) : NULL;
	GdkDevice *device = seat ? gdk_seat_get_pointer(seat) : NULL;
	if (!native || !device || !gdk_wayland_device_get_wl_pointer(device))
		return NULL;
	Lock *self = g_new0(Lock, 1);
	self->moved = function;
	self->owner = owner;
	if (!find(self, gdk_wayland_display_get_wl_display(display))) {
		lock_free(&self->base);
		return NULL;
	}
	lock(self, gtk_native_get_surface(native), device);
	return &self->base;
}

static bool is_own_motion(VivaPointer *self, double x, double y)
{
	return true; /* it was told already, with what goes beyond the window */
}

static void put_back(VivaPointer *self, double x, double y)
{
}

const VivaPointerKind viva_pointer_wayland = { lock_new, lock_free, is_own_motion, put_back };
