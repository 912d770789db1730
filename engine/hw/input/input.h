/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and pointers on their way into the machine: viewers and `sendkey` give events, the keyboard and mouse that the guest uses
 * take them. Under the machine's lock; they come through the gate. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Machine Machine;

typedef enum MouseButton { BUTTON_LEFT, BUTTON_MIDDLE, BUTTON_RIGHT, BUTTON_WHEEL_UP, BUTTON_WHEEL_DOWN, BUTTON_SIDE, BUTTON_EXTRA } MouseButton;

typedef struct InputSink {
	const char *name;
	void (*key)(void *owner, uint16_t keycode, bool down);	 /* Linux evdev KEY_ code; NULL: not a keyboard */
	void (*motion)(void *owner, int dx, int dy);		 /* relative; NULL: not a mouse */
	void (*position)(void *owner, unsigned x, unsigned y);	 /* absolute, 0..32767; NULL: not a tablet */
	void (*button)(void *owner, MouseButton button, bool down);
	void (*sync)(void *owner);				 /* the event is complete; NULL: nothing to do */
	bool (*busy)(void *owner);				 /* the guest hasn't taken what it was given; NULL: it always has */
} InputSink;

/* The one added last takes the events of its kind. */
void input_add_sink(Machine *machine, const InputSink *sink, void *owner);
void input_remove_sink(Machine *machine, void *owner);

void input_key(Machine *machine, uint16_t keycode, bool down);
void input_motion(Machine *machine, int dx, int dy);
void input_position(Machine *machine, unsigned x, unsigned y);
void input_button(Machine *machine, MouseButton button, bool down);
void input_sync(Machine *machine);
/* The guest hasn't taken the last keys yet: whoever types for a long time waits. */
bool input_keys_wait(Machine *machine);
bool input_has_tablet(Machine *machine);
/* All keys and buttons that are down go up: on focus loss. */
void input_release_all(Machine *machine);

/* QEMU's key names for sendkey ("ret", "ctrl", "f1", "0x1c" ...) to evdev codes; 0: unknown. */
uint16_t input_key_by_name(const char *name);
const char *input_key_name(uint16_t keycode); /* NULL: has none */
