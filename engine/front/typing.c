/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Typing long texts: a key event every few milliseconds of the guest's time, and none while it hasn't taken the one before. A guest
 * that takes none for long (it has no keyboard driver, it hangs) gets no more of it. Keys of somebody's hand wait behind it too: a front
 * end that was held up has many of them at once, and a keyboard's own memory is full after three. */
#include "base/clock.h"
#include "front/front.h"
#include "hw/input/input.h"

enum { PERIOD_NS = 6000000, PATIENCE = 5000 }; /* periods: half a minute */

typedef struct Typing {
	Machine *machine;
	Timer timer;
	GArray *events;	  /* VivKeyEvent */
	unsigned next;	  /* of events */
	unsigned waited;  /* periods */
	bool release;	  /* all keys, when it is done */
} Typing;

static void drop(Typing *typing)
{
	timer_cancel(&typing->timer);
	g_array_set_size(typing->events, 0);
	typing->next = typing->waited = 0;
}

static void end(Typing *typing)
{
	drop(typing);
	if (typing->release)
		input_release_all(typing->machine);
	typing->release = false;
}

static void type_one(void *owner)
{
	Typing *typing = owner;
	if (!input_keys_wait(typing->machine)) {
		const VivKeyEvent *event = &g_array_index(typing->events, VivKeyEvent, typing->next++);
		input_key(typing->machine, event->keycode, event->down);
		input_sync(typing->machine);
		typing->waited = 0;
	} else if (++typing->waited > PATIENCE) {
		drop(typing);
		input_release_all(typing->machine);
	}
	if (typing->next >= typing->events->len)
		end(typing);
	else
		timer_set(&typing->timer, clock_now(typing->machine->clock) + PERIOD_NS);
}

static Typing *typing_of(VivMachine *viv)
{
	if (viv->typing)
		return viv->typing;
	Typing *typing = viv->typing = g_new0(Typing, 1);
	typing->machine = viv->machine;
	typing->events = g_array_new(FALSE, FALSE, sizeof(VivKeyEvent));
	timer_init(&typing->timer, viv->machine->clock, "typing", type_one, typing);
	return typing;
}

static bool is_typing(VivMachine *viv)
{
	return viv->typing && viv->typing->events->len;
}

bool front_typing_takes(VivMachine *viv, uint16_t keycode, bool down)
{
	if (!is_typing(viv) && !input_keys_wait(viv->machine))
		return false;
	Typing *typing = typing_of(viv);
	VivKeyEvent event = { .keycode = keycode, .down = down };
	g_array_append_val(typing->events, event);
	if (!timer_is_set(&typing->timer))
		timer_set(&typing->timer, clock_now(typing->machine->clock) + PERIOD_NS);
	return true;
}

void front_typing_release(VivMachine *viv)
{
	input_release_all(viv->machine);
	if (is_typing(viv))
		viv->typing->release = true;
}

void front_typing_free(VivMachine *viv)
{
	if (!viv->typing)
		return;
	timer_cancel(&viv->typing->timer);
	g_array_unref(viv->typing->events);
	g_clear_pointer(&viv->typing, g_free);
}

typedef struct Text {
	VivMachine *viv;
	VivKeyEvent *events;
	size_t count;
} Text;

static void text_free(void *data)
{
	Text *text = data;
	g_free(text->events);
	g_free(text);
}

static void begin(void *data)
{
	const Text *text = data;
	Typing *typing = typing_of(text->viv);
	g_array_append_vals(typing->events, text->events, (guint)text->count);
	if (typing->events->len && !timer_is_set(&typing->timer))
		timer_set(&typing->timer, clock_now(typing->machine->clock));
}

static void stop(void *data)
{
	const Text *text = data;
	if (!text->viv->typing || !text->viv->typing->events->len)
		return;
	drop(text->viv->typing);
	input_release_all(text->viv->machine);
}

static void order(VivMachine *viv, void (*carry_out)(void *data), const VivKeyEvent *events, size_t count)
{
	Text *text = g_new(Text, 1);
	*text = (Text){ viv, g_memdup2(events, count * sizeof *events), count };
	front_order(viv, carry_out, text, text_free);
}

void viv_input_type(VivMachine *viv, const VivKeyEvent *events, size_t count)
{
	order(viv, begin, events, MIN(count, 1u << 24));
}

void viv_input_stop_typing(VivMachine *viv)
{
	order(viv, stop, NULL, 0);
}
