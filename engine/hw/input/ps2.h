/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is plugged into a PS/2 controller: a keyboard and a mouse, which talk by bytes. Under the machine's lock.
 *
 * A device calls `ready` when it has a byte; the controller takes it when it can. Answers to commands go before events. */
#pragma once

#include "hw/input/input.h"
#include "machine/device.h"

enum { PS2_QUEUE_BYTES = 16 };

enum { PS2_ACK = 0xfa, PS2_RESEND = 0xfe, PS2_SELF_TEST_PASSED = 0xaa, PS2_ERROR = 0xfc };

typedef struct Ps2Queue {
	uint8_t bytes[PS2_QUEUE_BYTES], count;
} Ps2Queue;

typedef struct Ps2Port {
	Machine *machine;
	void (*ready)(void *owner);
	void *owner;
	Ps2Queue answers, events;
	uint8_t last; /* sent last, for RESEND */
} Ps2Port;

void ps2_port_init(Ps2Port *port, Machine *machine, void (*ready)(void *owner), void *owner);
void ps2_answer(Ps2Port *port, uint8_t byte);
/* All or nothing; false if it doesn't fit. */
bool ps2_event(Ps2Port *port, const uint8_t *bytes, unsigned size);
bool ps2_has_byte(const Ps2Port *port);
uint8_t ps2_take_byte(Ps2Port *port);
void ps2_forget(Ps2Port *port);
/* After loading a state. */
void ps2_port_check(Ps2Port *port);

typedef struct Ps2Keyboard {
	Ps2Port port;
	Timer repeat;
	bool scanning;
	uint8_t command;	 /* waits for its argument; 0: none */
	uint8_t scan_set;	 /* 1, 2, 3 */
	uint8_t leds, rate;	 /* as the commands gave them */
	uint8_t all_keys;	 /* set 3: KEYS_* for all, or 0: as each key has it */
	uint8_t key_types[256];	 /* set 3, by code: KEYS_*, 0: as it begins */
	uint8_t down[96];	 /* one bit per key code that is down */
	uint16_t repeating;	 /* key code, 0: none */
} Ps2Keyboard;

extern const InputSink ps2kbd_sink;
extern const StateField ps2kbd_state[];
void ps2kbd_init(Ps2Keyboard *keyboard, Machine *machine, void (*ready)(void *owner), void *owner);
void ps2kbd_free(Ps2Keyboard *keyboard);
void ps2kbd_power_on(Ps2Keyboard *keyboard);
/* A byte from the controller. */
void ps2kbd_write(Ps2Keyboard *keyboard, uint8_t byte);
void ps2kbd_loaded(Ps2Keyboard *keyboard);

typedef struct Ps2Mouse {
	Ps2Port port;
	Timer sample;
	uint8_t command;     /* waits for its argument; 0: none */
	uint8_t id;	     /* 0 standard, 3 with a wheel, 4 with five buttons */
	uint8_t rates[3];    /* the last ones set, the latest in [2] */
	uint8_t resolution, rate;
	bool scaling, remote, wrap, reporting;
	uint8_t buttons, reported_buttons; /* bits left, right, middle, side, extra */
	int32_t dx, dy, dz;  /* since the last packet; dy upwards */
} Ps2Mouse;

extern const InputSink ps2mouse_sink;
extern const StateField ps2mouse_state[];
void ps2mouse_init(Ps2Mouse *mouse, Machine *machine, void (*ready)(void *owner), void *owner);
void ps2mouse_free(Ps2Mouse *mouse);
void ps2mouse_power_on(Ps2Mouse *mouse);
void ps2mouse_write(Ps2Mouse *mouse, uint8_t byte);
void ps2mouse_loaded(Ps2Mouse *mouse);
