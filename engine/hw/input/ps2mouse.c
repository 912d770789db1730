/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PS/2 mouse: IBM PS/2 Hardware Interface Technical Reference, "mouse"; Microsoft's IntelliMouse (wheel, after sampling rates
 * 200, 100, 80) and IntelliMouse Explorer (five buttons, after 200, 200, 80).
 *
 * Motion adds up until a packet takes it; packets leave at the sampling rate. A button that changes gets a packet at once, with
 * the motion up to then, so that a click between two samples isn't lost. */
#include "hw/input/ps2.h"

enum {
	CMD_SCALING_1 = 0xe6, CMD_SCALING_2 = 0xe7, CMD_RESOLUTION = 0xe8, CMD_STATUS = 0xe9, CMD_STREAM = 0xea, CMD_READ = 0xeb,
	CMD_END_WRAP = 0xec, CMD_WRAP = 0xee, CMD_REMOTE = 0xf0, CMD_IDENTIFY = 0xf2, CMD_RATE = 0xf3, CMD_ENABLE = 0xf4,
	CMD_DISABLE = 0xf5, CMD_DEFAULT = 0xf6, CMD_RESEND = 0xfe, CMD_RESET = 0xff,
};
enum { ID_STANDARD = 0, ID_WHEEL = 3, ID_EXPLORER = 4 };
enum { STATUS_SCALING = 0x10, STATUS_ENABLED = 0x20, STATUS_REMOTE = 0x40 };
enum { PACKET_ALWAYS = 0x08, PACKET_X_SIGN = 0x10, PACKET_Y_SIGN = 0x20, PACKET_X_OVERFLOW = 0x40, PACKET_Y_OVERFLOW = 0x80 };
enum { DEFAULT_RATE = 100, DEFAULT_RESOLUTION = 2, MOTION_LIMIT = 255, WHEEL_LIMIT = 7, MOTION_KEPT = 1 << 16, WHEEL_KEPT = 64 };
enum { BUTTONS_STANDARD = 0x07 };

static bool has_motion(const Ps2Mouse *mouse)
{
	return mouse->dx || mouse->dy || (mouse->dz && mouse->id != ID_STANDARD);
}

static uint8_t visible_buttons(const Ps2Mouse *mouse)
{
	return mouse->id == ID_EXPLORER ? mouse->buttons : mouse->buttons & BUTTONS_STANDARD;
}

/* ---- packets ---- */

static int32_t take(int32_t *sum, int32_t limit)
{
	int32_t part = CLAMP(*sum, -limit, limit);
	*sum -= part;
	return part;
}

/* Scaling 2:1 stretches quick motion, and only of packets that come by themselves. */
static int32_t scaled(int32_t counts)
{
	static const uint8_t slow[] = { 0, 1, 1, 3, 6, 9 };
	int32_t size = ABS(counts);
	size = size < (int32_t)G_N_ELEMENTS(slow) ? slow[size] : 2 * size;
	return counts < 0 ? -size : size;
}

static unsigned make_packet(Ps2Mouse *mouse, bool streaming, uint8_t packet[4])
{
	int32_t dx = take(&mouse->dx, MOTION_LIMIT), dy = take(&mouse->dy, MOTION_LIMIT);
	if (streaming && mouse->scaling) {
		dx = scaled(dx);
		dy = scaled(dy);
	}
	uint8_t buttons = mouse->reported_buttons = visible_buttons(mouse);
	packet[0] = (uint8_t)(PACKET_ALWAYS | (buttons & BUTTONS_STANDARD) | (dx < 0 ? PACKET_X_SIGN : 0) |
			      (dy < 0 ? PACKET_Y_SIGN : 0) | (ABS(dx) > MOTION_LIMIT ? PACKET_X_OVERFLOW : 0) |
			      (ABS(dy) > MOTION_LIMIT ? PACKET_Y_OVERFLOW : 0));
	packet[1] = (uint8_t)CLAMP(dx, -MOTION_LIMIT, MOTION_LIMIT);
	packet[2] = (uint8_t)CLAMP(dy, -MOTION_LIMIT, MOTION_LIMIT);
	if (mouse->id == ID_STANDARD) {
		mouse->dz = 0;
		return 3;
	}
	int32_t dz = take(&mouse->dz, WHEEL_LIMIT);
	packet[3] = (uint8_t)(mouse->id == ID_WHEEL ? dz : (dz & 0x0f) | (buttons >> 3) << 4);
	return 4;
}

/* Room first: what was taken into a packet that doesn't fit would be lost. */
static bool send_packet(Ps2Mouse *mouse)
{
	uint8_t packet[4];
	if (mouse->port.events.count + 4 > PS2_QUEUE_BYTES)
		return false;
	unsigned size = make_packet(mouse, true, packet);
	return ps2_event(&mouse->port, packet, size);
}

static bool streams(const Ps2Mouse *mouse)
{
	return mouse->reporting && !mouse->remote && !mouse->wrap;
}

static void sample_later(Ps2Mouse *mouse)
{
	if (!timer_is_set(&mouse->sample))
		timer_set(&mouse->sample, clock_now(machine_clock(mouse->port.machine)) + 1000000000 / MAX(mouse->rate, 1));
}

/* While the last packet hasn't been read, motion goes on adding up. */
static void sample(Ps2Mouse *mouse)
{
	if (!streams(mouse) || (!has_motion(mouse) && visible_buttons(mouse) == mouse->reported_buttons))
		return;
	if (!ps2_has_byte(&mouse->port))
		send_packet(mouse);
	sample_later(mouse);
}

static void on_sample(void *owner)
{
	sample(owner);
}

/* ---- the hand ---- */

static void on_motion(void *owner, int dx, int dy)
{
	Ps2Mouse *mouse = owner;
	if (!mouse->reporting && !mouse->remote)
		return;
	mouse->dx = (int32_t)CLAMP((int64_t)mouse->dx + dx, -MOTION_KEPT, MOTION_KEPT);
	mouse->dy = (int32_t)CLAMP((int64_t)mouse->dy - dy, -MOTION_KEPT, MOTION_KEPT);
}

static const uint8_t button_bits[] = {
	[BUTTON_LEFT] = 0x01, [BUTTON_RIGHT] = 0x02, [BUTTON_MIDDLE] = 0x04, [BUTTON_SIDE] = 0x08, [BUTTON_EXTRA] = 0x10};

static void turn_wheel(Ps2Mouse *mouse, int32_t clicks)
{
	if (mouse->reporting || mouse->remote)
		mouse->dz = CLAMP(mouse->dz + clicks, -WHEEL_KEPT, WHEEL_KEPT);
}

static void on_button(void *owner, MouseButton button, bool down)
{
	Ps2Mouse *mouse = owner;
	if (button == BUTTON_WHEEL_UP || button == BUTTON_WHEEL_DOWN) {
		if (down)
			turn_wheel(mouse, button == BUTTON_WHEEL_UP ? -1 : 1);
		return;
	}
	if (down)
		mouse->buttons |= button_bits[button];
	else
		mouse->buttons &= (uint8_t)~button_bits[button];
	if (streams(mouse) && visible_buttons(mouse) != mouse->reported_buttons)
		send_packet(mouse);
}

static void on_sync(void *owner)
{
	Ps2Mouse *mouse = owner;
	if (!timer_is_set(&mouse->sample))
		sample(mouse);
}

const InputSink ps2mouse_sink = { .name = "PS/2 mouse", .motion = on_motion, .button = on_button, .sync = on_sync };

/* ---- commands ---- */

static void forget_motion(Ps2Mouse *mouse)
{
	mouse->dx = mouse->dy = mouse->dz = 0;
	mouse->port.events.count = 0;
}

static void set_defaults(Ps2Mouse *mouse)
{
	forget_motion(mouse);
	mouse->rate = DEFAULT_RATE;
	mouse->resolution = DEFAULT_RESOLUTION;
	mouse->scaling = mouse->remote = mouse->reporting = false;
}

void ps2mouse_power_on(Ps2Mouse *mouse)
{
	timer_cancel(&mouse->sample);
	ps2_forget(&mouse->port);
	set_defaults(mouse);
	mouse->wrap = false;
	mouse->command = mouse->id = mouse->buttons = mouse->reported_buttons = 0;
	mouse->rates[0] = mouse->rates[1] = mouse->rates[2] = 0;
}

static void answer(Ps2Mouse *mouse, uint8_t byte)
{
	ps2_answer(&mouse->port, byte);
}

static const struct {
	uint8_t rates[3], from, to;
} knocks[] = {
	{ { 200, 100, 80 }, ID_STANDARD, ID_WHEEL },
	{ { 200, 200, 80 }, ID_STANDARD, ID_EXPLORER },
	{ { 200, 200, 80 }, ID_WHEEL, ID_EXPLORER },
};

static void set_rate(Ps2Mouse *mouse, uint8_t rate)
{
	mouse->rate = rate;
	mouse->rates[0] = mouse->rates[1];
	mouse->rates[1] = mouse->rates[2];
	mouse->rates[2] = rate;
	for (unsigned n = 0; n < G_N_ELEMENTS(knocks); n++) {
		const uint8_t *rates = knocks[n].rates;
		if (mouse->id == knocks[n].from && mouse->rates[0] == rates[0] && mouse->rates[1] == rates[1] &&
			mouse->rates[2] == rates[2]) {
			mouse->id = knocks[n].to;
			return;
		}
	}
}

static void take_argument(Ps2Mouse *mouse, uint8_t byte)
{
	if (mouse->command == CMD_RATE)
		set_rate(mouse, byte);
	else
		mouse->resolution = byte & 3;
	mouse->command = 0;
	answer(mouse, PS2_ACK);
}

static void tell_status(Ps2Mouse *mouse)
{
	uint8_t buttons = mouse->buttons;
	answer(mouse, (uint8_t)((buttons & 0x01) << 2 | (buttons & 0x04) >> 1 | (buttons & 0x02) >> 1 |
				(mouse->scaling ? STATUS_SCALING : 0) | (mouse->reporting ? STATUS_ENABLED : 0) |
				(mouse->remote ? STATUS_REMOTE : 0)));
	answer(mouse, mouse->resolution);
	answer(mouse, mouse->rate);
}

static void tell_packet(Ps2Mouse *mouse)
{
	uint8_t packet[4];
	unsigned size = make_packet(mouse, false, packet);
	for (unsigned n = 0; n < size; n++)
		answer(mouse, packet[n]);
}

static void reset(Ps2Mouse *mouse)
{
	ps2_forget(&mouse->port);
	set_defaults(mouse);
	mouse->wrap = false;
	mouse->id = ID_STANDARD;
	answer(mouse, PS2_ACK);
	answer(mouse, PS2_SELF_TEST_PASSED);
	answer(mouse, ID_STANDARD);
}

static void run_command(Ps2Mouse *mouse, uint8_t command)
{
	if (command == CMD_RESET) {
		reset(mouse);
		return;
	}
	if (command == CMD_RESEND) {
		answer(mouse, mouse->port.last);
		return;
	}
	switch (command) {
	case CMD_SCALING_1: case CMD_SCALING_2: case CMD_STATUS: case CMD_STREAM: case CMD_READ: case CMD_END_WRAP: case CMD_WRAP:
	case CMD_REMOTE:
	case CMD_IDENTIFY:
	case CMD_ENABLE:
	case CMD_DISABLE:
	case CMD_DEFAULT:
	case CMD_RATE:
	case CMD_RESOLUTION: answer(mouse, PS2_ACK); break;
	default:
		answer(mouse, PS2_RESEND);
		return;
	}
	switch (command) {
	case CMD_SCALING_1: mouse->scaling = false; break;
	case CMD_SCALING_2: mouse->scaling = true; break;
	case CMD_RATE: case CMD_RESOLUTION: mouse->command = command; break;
	case CMD_STATUS: tell_status(mouse); break;
	case CMD_STREAM: mouse->remote = false; forget_motion(mouse); break;
	case CMD_REMOTE: mouse->remote = true; forget_motion(mouse); break;
	case CMD_READ: tell_packet(mouse); break;
	case CMD_WRAP: mouse->wrap = true; forget_motion(mouse); break;
	case CMD_IDENTIFY: answer(mouse, mouse->id); break;
	case CMD_ENABLE: mouse->reporting = true; forget_motion(mouse); break;
	case CMD_DISABLE: mouse->reporting = false; forget_motion(mouse); break;
	case CMD_DEFAULT: set_defaults(mouse); break;
	}
}

void ps2mouse_write(Ps2Mouse *mouse, uint8_t byte)
{
	mouse->port.answers.count = 0; /* a command breaks off what is left of an answer */
	if (mouse->wrap && byte == CMD_END_WRAP) {
		mouse->wrap = false;
		answer(mouse, PS2_ACK);
	} else if (mouse->wrap && byte != CMD_RESET) {
		answer(mouse, byte);
	} else if (mouse->command) {
		take_argument(mouse, byte);
	} else {
		run_command(mouse, byte);
	}
}

/* ---- the device ---- */

void ps2mouse_init(Ps2Mouse *mouse, Machine *machine, void (*ready)(void *owner), void *owner)
{
	ps2_port_init(&mouse->port, machine, ready, owner);
	timer_init(&mouse->sample, machine_clock(machine), "mouse samples", on_sample, mouse);
	input_add_sink(machine, &ps2mouse_sink, mouse);
}

void ps2mouse_free(Ps2Mouse *mouse)
{
	input_remove_sink(mouse->port.machine, mouse);
	timer_cancel(&mouse->sample);
}

void ps2mouse_loaded(Ps2Mouse *mouse)
{
	ps2_port_check(&mouse->port);
	mouse->dx = CLAMP(mouse->dx, -MOTION_KEPT, MOTION_KEPT);
	mouse->dy = CLAMP(mouse->dy, -MOTION_KEPT, MOTION_KEPT);
	mouse->dz = CLAMP(mouse->dz, -WHEEL_KEPT, WHEEL_KEPT);
}

#define FIELD(type, member) { #member, type, offsetof(Ps2Mouse, member), 0, 0, NULL, 0 }
#define BYTES(member) { #member, STATE_BYTES, offsetof(Ps2Mouse, member), sizeof(((Ps2Mouse *)0)->member), 0, NULL, 0 }
const StateField ps2mouse_state[] = {
	BYTES(port.answers.bytes),
	FIELD(STATE_U8, port.answers.count),
	BYTES(port.events.bytes),
	FIELD(STATE_U8, port.events.count),
	FIELD(STATE_U8, port.last),
	FIELD(STATE_TIMER, sample),
	FIELD(STATE_U8, command),
	FIELD(STATE_U8, id),
	BYTES(rates),
	FIELD(STATE_U8, resolution),
	FIELD(STATE_U8, rate),
	FIELD(STATE_BOOL, scaling),
	FIELD(STATE_BOOL, remote),
	FIELD(STATE_BOOL, wrap),
	FIELD(STATE_BOOL, reporting),
	FIELD(STATE_U8, buttons),
	FIELD(STATE_U8, reported_buttons),
	FIELD(STATE_U32, dx),
	FIELD(STATE_U32, dy),
	FIELD(STATE_U32, dz),
	{NULL, STATE_BOOL, 0, 0, 0, NULL, 0},
};
