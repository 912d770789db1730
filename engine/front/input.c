/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viv.h's keys and pointers, save typing. */
#include "hw/input/input.h"

#include "front/front.h"

G_STATIC_ASSERT((int)VIV_BUTTON_LEFT == BUTTON_LEFT && (int)VIV_BUTTON_MIDDLE == BUTTON_MIDDLE && (int)VIV_BUTTON_RIGHT == BUTTON_RIGHT);
G_STATIC_ASSERT((int)VIV_BUTTON_WHEEL_UP == BUTTON_WHEEL_UP && (int)VIV_BUTTON_WHEEL_DOWN == BUTTON_WHEEL_DOWN);
G_STATIC_ASSERT((int)VIV_BUTTON_SIDE == BUTTON_SIDE && (int)VIV_BUTTON_EXTRA == BUTTON_EXTRA);

typedef struct Event {
	VivMachine *viv;
	Machine *machine;
	int a, b;
} Event;

static void order(VivMachine *viv, void (*carry_out)(void *data), int a, int b)
{
	Event *event = g_new(Event, 1);
	*event = (Event){ viv, viv->machine, a, b };
	front_order(viv, carry_out, event, g_free);
}

static void key(void *data)
{
	const Event *event = data;
	if (front_typing_takes(event->viv, (uint16_t)event->a, event->b))
		return;
	input_key(event->machine, (uint16_t)event->a, event->b);
	input_sync(event->machine);
}

static void button(void *data)
{
	const Event *event = data;
	input_button(event->machine, (MouseButton)event->a, event->b);
	input_sync(event->machine);
}

static void motion(void *data)
{
	const Event *event = data;
	input_motion(event->machine, event->a, event->b);
	input_sync(event->machine);
}

static void release_all(void *data)
{
	front_typing_release(((Event *)data)->viv);
}

void viv_input_key(VivMachine *viv, uint16_t keycode, bool down)
{
	order(viv, key, keycode, down);
}

void viv_input_button(VivMachine *viv, VivButton which, bool down)
{
	order(viv, button, (int)which, down);
}

void viv_input_motion(VivMachine *viv, int dx, int dy)
{
	order(viv, motion, dx, dy);
}

void viv_input_release_all(VivMachine *viv)
{
	order(viv, release_all, 0, 0);
}

uint16_t viv_input_key_by_name(const char *name)
{
	return input_key_by_name(name);
}
