/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and pointers from the viewers to the devices that take them. */
#include "hw/input/input.h"

#include <string.h>

#include "hw/input/keymap.h"
#include "machine/machine.h"

enum { BUTTONS = BUTTON_EXTRA + 1 };

/* In the machine's list, which frees it with g_free(). What is down was told to this sink, so it is the one to be told of its
 * going up, whoever came after it. */
typedef struct Binding {
	const InputSink *sink;
	void *owner;
	uint8_t keys[KEY_CODES / 8];
	bool buttons[BUTTONS];
} Binding;

void input_add_sink(Machine *machine, const InputSink *sink, void *owner)
{
	Binding *binding = g_new0(Binding, 1);
	binding->sink = sink;
	binding->owner = owner;
	g_ptr_array_add(machine_input_sinks(machine), binding);
}

static Binding *binding_at(Machine *machine, unsigned n)
{
	return g_ptr_array_index(machine_input_sinks(machine), n);
}

void input_remove_sink(Machine *machine, void *owner)
{
	GPtrArray *all = machine_input_sinks(machine);
	for (unsigned n = all->len; n-- > 0;)
		if (binding_at(machine, n)->owner == owner)
			g_ptr_array_remove_index(all, n);
}

static bool key_is_down(const Binding *binding, uint16_t keycode)
{
	return binding->keys[keycode / 8] >> keycode % 8 & 1;
}

static void give_key(Binding *binding, uint16_t keycode, bool down)
{
	uint8_t bit = (uint8_t)(1u << keycode % 8);
	if (down)
		binding->keys[keycode / 8] |= bit;
	else
		binding->keys[keycode / 8] &= (uint8_t)~bit;
	binding->sink->key(binding->owner, keycode, down);
}

static void give_button(Binding *binding, MouseButton button, bool down)
{
	binding->buttons[button] = down;
	binding->sink->button(binding->owner, button, down);
}

void input_key(Machine *machine, uint16_t keycode, bool down)
{
	bool taken = false;
	if (keycode >= KEY_CODES)
		return;
	if (down && machine_wake(machine))
		return;
	for (unsigned n = machine_input_sinks(machine)->len; n-- > 0;) {
		Binding *binding = binding_at(machine, n);
		if (!binding->sink->key)
			continue;
		if (down ? !taken : key_is_down(binding, keycode))
			give_key(binding, keycode, down);
		taken = true;
	}
}

void input_motion(Machine *machine, int dx, int dy)
{
	for (unsigned n = machine_input_sinks(machine)->len; n-- > 0;) {
		Binding *binding = binding_at(machine, n);
		if (binding->sink->motion) {
			binding->sink->motion(binding->owner, dx, dy);
			return;
		}
	}
}

void input_position(Machine *machine, unsigned x, unsigned y)
{
	for (unsigned n = machine_input_sinks(machine)->len; n-- > 0;) {
		Binding *binding = binding_at(machine, n);
		if (binding->sink->position) {
			binding->sink->position(binding->owner, MIN(x, 32767u), MIN(y, 32767u));
			return;
		}
	}
}

void input_button(Machine *machine, MouseButton button, bool down)
{
	bool taken = false;
	if ((unsigned)button >= BUTTONS)
		return;
	for (unsigned n = machine_input_sinks(machine)->len; n-- > 0;) {
		Binding *binding = binding_at(machine, n);
		if (!binding->sink->button)
			continue;
		if (down ? !taken : binding->buttons[button])
			give_button(binding, button, down);
		taken = true;
	}
}

void input_sync(Machine *machine)
{
	for (unsigned n = machine_input_sinks(machine)->len; n-- > 0;) {
		Binding *binding = binding_at(machine, n);
		if (binding->sink->sync)
			binding->sink->sync(binding->owner);
	}
}

bool input_keys_wait(Machine *machine)
{
	for (unsigned n = machine_input_sinks(machine)->len; n-- > 0;) {
		const Binding *binding = binding_at(machine, n);
		if (binding->sink->key)
			return binding->sink->busy && binding->sink->busy(binding->owner);
	}
	return false;
}

bool input_has_tablet(Machine *machine)
{
	for (unsigned n = machine_input_sinks(machine)->len; n-- > 0;)
		if (binding_at(machine, n)->sink->position)
			return true;
	return false;
}

void input_release_all(Machine *machine)
{
	for (unsigned n = machine_input_sinks(machine)->len; n-- > 0;) {
		Binding *binding = binding_at(machine, n);
		for (uint16_t keycode = 0; keycode < KEY_CODES; keycode++)
			if (key_is_down(binding, keycode))
				give_key(binding, keycode, false);
		for (unsigned button = 0; button < BUTTONS; button++)
			if (binding->buttons[button])
				give_button(binding, (MouseButton)button, false);
	}
	input_sync(machine);
}

/* ---- names ---- */

/* A number is a scan code of set 1, with bit 7 for those behind E0. */
static const Key *key_by_number(const char *name)
{
	guint64 number;
	if (!g_str_has_prefix(name, "0x") || !g_ascii_string_to_unsigned(name + 2, 16, 1, 0xff, &number, NULL))
		return NULL;
	return keymap_by_set1(number & 0x7f, number & 0x80);
}

uint16_t input_key_by_name(const char *name)
{
	const Key *key = keymap_by_name(name);
	if (!key)
		key = key_by_number(name);
	return key ? key->code : 0;
}

const char *input_key_name(uint16_t keycode)
{
	const Key *key = keymap_by_code(keycode);
	return key ? key->name : NULL;
}
