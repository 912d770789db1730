/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PS/2 keyboard: IBM PS/2 Hardware Interface Technical Reference, "101- and 102-key keyboard". Its switches' repetition is its
 * own: that of the viewer's host is not passed on. */
#include <string.h>

#include "hw/input/keymap.h"
#include "hw/input/ps2.h"

enum {
	CMD_SET_LEDS = 0xed,
	CMD_ECHO = 0xee,
	CMD_SCAN_SET = 0xf0,
	CMD_IDENTIFY = 0xf2,
	CMD_SET_RATE = 0xf3,
	CMD_ENABLE = 0xf4,
	CMD_DEFAULT_DISABLE = 0xf5,
	CMD_DEFAULT = 0xf6,
	CMD_ALL_REPEAT = 0xf7,
	CMD_ALL_MAKE_BREAK = 0xf8,
	CMD_ALL_MAKE = 0xf9,
	CMD_ALL_BOTH = 0xfa,
	CMD_KEY_REPEAT = 0xfb,
	CMD_KEY_MAKE_BREAK = 0xfc,
	CMD_KEY_MAKE = 0xfd,
	CMD_RESEND = 0xfe,
	CMD_RESET = 0xff,
};
enum { ECHO_ANSWER = 0xee, EXTENDED = 0xe0, PAUSE_PREFIX = 0xe1, RELEASE = 0xf0, SET1_RELEASE = 0x80 };
enum { OVERRUN_SET1 = 0xff, OVERRUN = 0x00 };
enum { DEFAULT_RATE = 0x2b, LEDS_ALL = 0x07, SEQUENCE_BYTES = 8 };
enum {
	CODE_CTRL = 29,
	CODE_SHIFT = 42,
	CODE_SHIFT_R = 54,
	CODE_ALT = 56,
	CODE_CAPS_LOCK = 58,
	CODE_CTRL_R = 97,
	CODE_ALT_R = 100
};

/* What a key tells in set 3. */
enum { KEYS_REPEAT = 1, KEYS_BREAK = 2, KEYS_MAKE_ONLY = 4 };

typedef struct Sequence {
	uint8_t bytes[SEQUENCE_BYTES];
	unsigned count;
} Sequence;

static void add(Sequence *sequence, uint8_t byte)
{
	sequence->bytes[sequence->count++] = byte;
}

static bool is_down(const Ps2Keyboard *keyboard, uint16_t code)
{
	return keyboard->down[code / 8] >> code % 8 & 1;
}

static bool either_down(const Ps2Keyboard *keyboard, uint16_t one, uint16_t other)
{
	return is_down(keyboard, one) || is_down(keyboard, other);
}

/* ---- codes ---- */

/* In set 1 or 2, a code of set 1 given. */
static void add_code(const Ps2Keyboard *keyboard, Sequence *sequence, bool extended, uint8_t set1, bool down)
{
	if (extended)
		add(sequence, EXTENDED);
	if (keyboard->scan_set == 1) {
		add(sequence, set1 | (down ? 0 : SET1_RELEASE));
		return;
	}
	if (!down)
		add(sequence, RELEASE);
	add(sequence, keymap_set1_to_set2(set1));
}

/* It says it all when it is pressed, and nothing when it is released; with Ctrl it is Break. */
static void add_pause(const Ps2Keyboard *keyboard, Sequence *sequence, bool down)
{
	if (!down)
		return;
	if (either_down(keyboard, CODE_CTRL, CODE_CTRL_R)) {
		add_code(keyboard, sequence, true, 0x46, true);
		add_code(keyboard, sequence, true, 0x46, false);
		return;
	}
	for (unsigned press = 2; press-- > 0;) {
		add(sequence, PAUSE_PREFIX);
		add_code(keyboard, sequence, false, 0x1d, press);
		add_code(keyboard, sequence, false, 0x45, press);
	}
}

/* With Alt it is SysRq; alone it pretends that Shift is held, the PC keyboard's asterisk. */
static void add_print(const Ps2Keyboard *keyboard, Sequence *sequence, bool down)
{
	if (either_down(keyboard, CODE_ALT, CODE_ALT_R)) {
		add_code(keyboard, sequence, false, 0x54, down);
		return;
	}
	bool shifted = either_down(keyboard, CODE_SHIFT, CODE_SHIFT_R) || either_down(keyboard, CODE_CTRL, CODE_CTRL_R);
	if (down && !shifted)
		add_code(keyboard, sequence, true, 0x2a, true);
	add_code(keyboard, sequence, true, 0x37, down);
	if (!down && !shifted)
		add_code(keyboard, sequence, true, 0x2a, false);
}

/* The reference's defaults for set 3, by group. */
static uint8_t type_at_first(const Key *key)
{
	switch (key->code) {
	case CODE_CTRL: case CODE_SHIFT: case CODE_SHIFT_R: case CODE_ALT: case CODE_CAPS_LOCK: return KEYS_BREAK;
	case 14:
	case 15:
	case 57:
	case 103:
	case 105:
	case 106:
	case 108:
	case 111: return KEYS_REPEAT; /* backspace, tab, space, arrows, delete */
	case 1: case 28: case 110: return key->code == 28 ? KEYS_REPEAT : KEYS_MAKE_ONLY;
	}
	return key->code >= 2 && key->code <= 53 ? KEYS_REPEAT : KEYS_MAKE_ONLY;
}

static uint8_t set3_type(const Ps2Keyboard *keyboard, const Key *key)
{
	if (keyboard->all_keys)
		return keyboard->all_keys;
	return keyboard->key_types[key->set3] ? keyboard->key_types[key->set3] : type_at_first(key);
}

static void add_set3(const Ps2Keyboard *keyboard, Sequence *sequence, const Key *key, bool down)
{
	if (!key->set3 || (!down && !(set3_type(keyboard, key) & KEYS_BREAK)))
		return;
	if (!down)
		add(sequence, RELEASE);
	add(sequence, key->set3);
}

static void send(Ps2Keyboard *keyboard, const Key *key, bool down)
{
	Sequence sequence = { .count = 0 };
	if (keyboard->scan_set == 3)
		add_set3(keyboard, &sequence, key, down);
	else if (key->code == KEYMAP_PAUSE)
		add_pause(keyboard, &sequence, down);
	else if (key->code == KEYMAP_PRINT)
		add_print(keyboard, &sequence, down);
	else
		add_code(keyboard, &sequence, key->extended, key->set1, down);
	if (!sequence.count || ps2_event(&keyboard->port, sequence.bytes, sequence.count))
		return;
	/* The last place tells of what was lost. */
	keyboard->port.events.count = MIN(keyboard->port.events.count, PS2_QUEUE_BYTES - 1);
	ps2_event(&keyboard->port, &(const uint8_t){ keyboard->scan_set == 1 ? OVERRUN_SET1 : OVERRUN }, 1);
}

/* ---- repetition ---- */

enum { DELAY_UNIT_NS = 250000000, PERIOD_UNIT_NS = 4170000 };

static int64_t delay_ns(const Ps2Keyboard *keyboard)
{
	return (int64_t)((keyboard->rate >> 5 & 3) + 1) * DELAY_UNIT_NS;
}

/* (8 + A) * 2^B * 4.17 ms, A and B being bits 0-2 and 3-4. */
static int64_t period_ns(const Ps2Keyboard *keyboard)
{
	return (int64_t)(8 + (keyboard->rate & 7)) * PERIOD_UNIT_NS << (keyboard->rate >> 3 & 3);
}

static void repeat_in(Ps2Keyboard *keyboard, int64_t ns)
{
	timer_set(&keyboard->repeat, clock_now(machine_clock(keyboard->port.machine)) + ns);
}

static bool repeats(const Ps2Keyboard *keyboard, const Key *key)
{
	if (keyboard->scan_set == 3)
		return set3_type(keyboard, key) & KEYS_REPEAT;
	return key->code != KEYMAP_PAUSE;
}

static void stop_repeating(Ps2Keyboard *keyboard)
{
	keyboard->repeating = 0;
	timer_cancel(&keyboard->repeat);
}

static void on_repeat(void *owner)
{
	Ps2Keyboard *keyboard = owner;
	const Key *key = keymap_by_code(keyboard->repeating);
	if (!key || !keyboard->scanning)
		return;
	if (!ps2_has_byte(&keyboard->port)) /* who doesn't read now need not read it all later */
		send(keyboard, key, true);
	repeat_in(keyboard, period_ns(keyboard));
}

/* ---- keys ---- */

static void mark(Ps2Keyboard *keyboard, uint16_t code, bool down)
{
	uint8_t bit = (uint8_t)(1u << code % 8);
	keyboard->down[code / 8] = (uint8_t)(down ? keyboard->down[code / 8] | bit : keyboard->down[code / 8] & ~bit);
}

static void on_key(void *owner, uint16_t code, bool down)
{
	Ps2Keyboard *keyboard = owner;
	const Key *key = keymap_by_code(code);
	if (!key || code >= KEY_CODES || is_down(keyboard, code) == down)
		return;
	mark(keyboard, code, down);
	if (!keyboard->scanning)
		return;
	send(keyboard, key, down);
	if (down && repeats(keyboard, key)) {
		keyboard->repeating = code;
		repeat_in(keyboard, delay_ns(keyboard));
	} else if (down || code == keyboard->repeating) {
		stop_repeating(keyboard);
	}
}

static bool on_busy(void *owner)
{
	return ps2_has_byte(&((Ps2Keyboard *)owner)->port);
}

const InputSink ps2kbd_sink = { .name = "PS/2 keyboard", .key = on_key, .busy = on_busy };

/* ---- commands ---- */

static void set_defaults(Ps2Keyboard *keyboard)
{
	stop_repeating(keyboard);
	keyboard->port.events.count = 0;
	keyboard->rate = DEFAULT_RATE;
	keyboard->scan_set = 2;
	keyboard->all_keys = 0;
	memset(keyboard->key_types, 0, sizeof(keyboard->key_types));
}

void ps2kbd_power_on(Ps2Keyboard *keyboard)
{
	ps2_forget(&keyboard->port);
	set_defaults(keyboard);
	memset(keyboard->down, 0, sizeof(keyboard->down));
	keyboard->leds = 0;
	keyboard->command = 0;
	keyboard->scanning = true;
}

static void answer(Ps2Keyboard *keyboard, uint8_t byte)
{
	ps2_answer(&keyboard->port, byte);
}

static void set_scan_set(Ps2Keyboard *keyboard, uint8_t set)
{
	if (set > 3) {
		answer(keyboard, PS2_RESEND);
		return;
	}
	answer(keyboard, PS2_ACK);
	if (set == 0) {
		answer(keyboard, keyboard->scan_set);
		return;
	}
	stop_repeating(keyboard);
	keyboard->port.events.count = 0;
	keyboard->scan_set = set;
}

static uint8_t types_by_command(uint8_t command)
{
	switch (command) {
	case CMD_ALL_REPEAT: case CMD_KEY_REPEAT: return KEYS_REPEAT;
	case CMD_ALL_MAKE_BREAK: case CMD_KEY_MAKE_BREAK: return KEYS_BREAK;
	case CMD_ALL_BOTH: return KEYS_REPEAT | KEYS_BREAK;
	}
	return KEYS_MAKE_ONLY;
}

/* False: it was none, but a command that ends the waiting. */
static bool take_argument(Ps2Keyboard *keyboard, uint8_t byte)
{
	uint8_t command = keyboard->command;
	keyboard->command = 0;
	if (byte >= CMD_SET_LEDS)
		return false;
	switch (command) {
	case CMD_SET_LEDS:
		keyboard->leds = byte & LEDS_ALL;
		break;
	case CMD_SET_RATE:
		keyboard->rate = byte & 0x7f;
		break;
	case CMD_SCAN_SET:
		set_scan_set(keyboard, byte);
		return true;
	default: /* key by key, as many as come */
		keyboard->key_types[byte] = types_by_command(command);
		keyboard->command = command;
	}
	answer(keyboard, PS2_ACK);
	return true;
}

static void identify(Ps2Keyboard *keyboard)
{
	answer(keyboard, PS2_ACK);
	answer(keyboard, 0xab);
	answer(keyboard, 0x83);
}

static void run_command(Ps2Keyboard *keyboard, uint8_t command)
{
	switch (command) {
	case CMD_SET_LEDS: case CMD_SET_RATE: case CMD_SCAN_SET: case CMD_KEY_REPEAT: case CMD_KEY_MAKE_BREAK: case CMD_KEY_MAKE:
		keyboard->command = command;
		answer(keyboard, PS2_ACK);
		break;
	case CMD_ECHO:
		answer(keyboard, ECHO_ANSWER);
		break;
	case CMD_IDENTIFY:
		identify(keyboard);
		break;
	case CMD_ENABLE:
		keyboard->port.events.count = 0;
		keyboard->scanning = true;
		answer(keyboard, PS2_ACK);
		break;
	case CMD_DEFAULT_DISABLE: case CMD_DEFAULT:
		set_defaults(keyboard);
		keyboard->scanning = command == CMD_DEFAULT;
		answer(keyboard, PS2_ACK);
		break;
	case CMD_ALL_REPEAT: case CMD_ALL_MAKE_BREAK: case CMD_ALL_MAKE: case CMD_ALL_BOTH:
		keyboard->all_keys = types_by_command(command);
		answer(keyboard, PS2_ACK);
		break;
	case CMD_RESEND:
		answer(keyboard, keyboard->port.last);
		break;
	case CMD_RESET:
		ps2_forget(&keyboard->port);
		set_defaults(keyboard);
		keyboard->leds = 0;
		keyboard->scanning = true;
		answer(keyboard, PS2_ACK);
		answer(keyboard, PS2_SELF_TEST_PASSED);
		break;
	default:
		answer(keyboard, PS2_RESEND);
	}
}

void ps2kbd_write(Ps2Keyboard *keyboard, uint8_t byte)
{
	keyboard->port.answers.count = 0; /* a command breaks off what is left of an answer */
	if (!keyboard->command || !take_argument(keyboard, byte))
		run_command(keyboard, byte);
}

/* ---- the device ---- */

void ps2kbd_init(Ps2Keyboard *keyboard, Machine *machine, void (*ready)(void *owner), void *owner)
{
	ps2_port_init(&keyboard->port, machine, ready, owner);
	timer_init(&keyboard->repeat, machine_clock(machine), "keyboard repetition", on_repeat, keyboard);
	input_add_sink(machine, &ps2kbd_sink, keyboard);
}

void ps2kbd_free(Ps2Keyboard *keyboard)
{
	input_remove_sink(keyboard->port.machine, keyboard);
	timer_cancel(&keyboard->repeat);
}

void ps2kbd_loaded(Ps2Keyboard *keyboard)
{
	ps2_port_check(&keyboard->port);
	if (keyboard->scan_set < 1 || keyboard->scan_set > 3)
		keyboard->scan_set = 2;
}

#define FIELD(type, member) { #member, type, offsetof(Ps2Keyboard, member), 0, 0, NULL, 0 }
#define BYTES(member) { #member, STATE_BYTES, offsetof(Ps2Keyboard, member), sizeof(((Ps2Keyboard *)0)->member), 0, NULL, 0 }
const StateField ps2kbd_state[] = {
	BYTES(port.answers.bytes),
	FIELD(STATE_U8, port.answers.count),
	BYTES(port.events.bytes),
	FIELD(STATE_U8, port.events.count),
	FIELD(STATE_U8, port.last),
	FIELD(STATE_TIMER, repeat),
	FIELD(STATE_BOOL, scanning),
	FIELD(STATE_U8, command),
	FIELD(STATE_U8, scan_set),
	FIELD(STATE_U8, leds),
	FIELD(STATE_U8, rate),
	FIELD(STATE_U8, all_keys),
	BYTES(key_types),
	BYTES(down),
	FIELD(STATE_U16, repeating),
	{NULL, STATE_BOOL, 0, 0, 0, NULL, 0},
};
