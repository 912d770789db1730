/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keyboard controller, its keyboard and its mouse: IBM's PS/2 Hardware Interface Technical Reference. */
#include "hw/input/i8042.h"

#include <stdio.h>
#include <string.h>

#include "fake-machine.h"
#include "hw/input/input.h"
#include "hw/input/keymap.h"

enum { DATA = 0x60, COMMAND = 0x64, WIRE_NS = 200000, OBF = 0x01 };

#define WIRE { RUN_NS, WIRE_NS }
#define COMMAND_BYTE(value) { OUT8, COMMAND, 0x60 }, { OUT8, DATA, value }
#define MOUSE(byte) { OUT8, COMMAND, 0xd4 }, { OUT8, DATA, byte }
#define ACK { IN8, COMMAND, 0x15, 0x08 }, { IN8, DATA, 0xfa }, WIRE
#define MOUSE_ACK { IN8, COMMAND, 0x35, 0x08 }, { IN8, DATA, 0xfa }, WIRE

/* A step ends where it has no more to say. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
// clang-format off
static const RegisterStep controller[] = {
	{ IN8, COMMAND, 0x18 }, { OUT8, COMMAND, 0xaa }, { IN8, COMMAND, 0x1d }, { IN8, DATA, 0x55 }, { IN8, COMMAND, 0x1c },
	{ OUT8, COMMAND, 0xab }, { IN8, DATA, 0x00 }, { OUT8, COMMAND, 0xa9 }, { IN8, DATA, 0x00 }, { OUT8, COMMAND, 0xa4 }, { IN8, DATA, 0xf1 },
	{ OUT8, COMMAND, 0x20 }, { IN8, DATA, 0x07 },
	{ OUT8, COMMAND, 0xad }, { OUT8, COMMAND, 0xa7 }, { OUT8, COMMAND, 0x20 }, { IN8, DATA, 0x37 },
	{ OUT8, COMMAND, 0xae }, { OUT8, COMMAND, 0xa8 }, { OUT8, COMMAND, 0x20 }, { IN8, DATA, 0x07 },
	COMMAND_BYTE(0x61), { OUT8, COMMAND, 0x20 }, { IN8, DATA, 0x61 }, { IN8, COMMAND, 0x18, 0, "the system bit follows" },
	{ OUT8, COMMAND, 0x7f }, { OUT8, DATA, 0x99 }, { OUT8, COMMAND, 0x3f }, { IN8, DATA, 0x99, 0, "its RAM" },
	{ OUT8, COMMAND, 0xc0 }, { IN8, DATA, 0x80 }, { OUT8, COMMAND, 0xc2 }, { IN8, COMMAND, 0x88 }, { OUT8, COMMAND, 0xe0 }, { IN8, DATA, 0x03 },
	{ IN8, COMMAND, 0x18 },
};

static const RegisterStep output_port[] = {
	{ OUT8, COMMAND, 0xd0 }, { IN8, DATA, 0xcf }, { OUT8, COMMAND, 0xd1 }, { OUT8, DATA, 0xdd }, { GATE_A20, 0, 0 },
	{ OUT8, COMMAND, 0xd0 }, { IN8, DATA, 0xcd, 0, "port 60's state aside" }, { OUT8, COMMAND, 0xd1 }, { OUT8, DATA, 0xdf }, { GATE_A20, 0, 1 },
	{ OUT8, COMMAND, 0xdd }, { GATE_A20, 0, 0 }, { OUT8, COMMAND, 0xdf }, { GATE_A20, 0, 1 },
	{ OUT8, COMMAND, 0xff }, { REQUESTED, REQUEST_RESET, 0 }, { OUT8, COMMAND, 0xfe }, { REQUESTED, REQUEST_RESET, 1 },
	{ OUT8, COMMAND, 0xd1 }, { OUT8, DATA, 0xde }, { REQUESTED, REQUEST_RESET, 2 },
};

static const RegisterStep injected[] = {
	{ OUT8, COMMAND, 0xd2 }, { OUT8, DATA, 0x42 }, { IN8, COMMAND, 0x11 }, { IRQ_LEVEL, 1, 1 }, { IN8, DATA, 0x42 }, { IRQ_LEVEL, 1, 0 },
	{ OUT8, COMMAND, 0xd3 }, { OUT8, DATA, 0x43 }, { IN8, COMMAND, 0x31 }, { IRQ_LEVEL, 1, 0 }, { IRQ_LEVEL, 12, 1 }, { IN8, DATA, 0x43 }, { IRQ_LEVEL, 12, 0 },
	COMMAND_BYTE(0x00), { OUT8, COMMAND, 0xd2 }, { OUT8, DATA, 0x44 }, { IRQ_LEVEL, 1, 0, 0, "not enabled" }, { IN8, DATA, 0x44 }, { IN8, DATA, 0x44, 0, "stays" },
};

static const RegisterStep keyboard_commands[] = {
	COMMAND_BYTE(0x05), { OUT8, DATA, 0xf2 }, ACK, { IN8, DATA, 0xab }, WIRE, { IN8, DATA, 0x83 }, WIRE,
	{ OUT8, DATA, 0xed }, ACK, { OUT8, DATA, 0x07 }, ACK, { OUT8, DATA, 0xf3 }, ACK, { OUT8, DATA, 0x20 }, ACK,
	{ OUT8, DATA, 0xee }, { IN8, DATA, 0xee }, WIRE, { OUT8, DATA, 0xf0 }, ACK, { OUT8, DATA, 0x00 }, ACK, { IN8, DATA, 0x02 }, WIRE,
	{ OUT8, DATA, 0xf0 }, ACK, { OUT8, DATA, 0x04 }, { IN8, DATA, 0xfe }, WIRE, { OUT8, DATA, 0x12 }, { IN8, DATA, 0xfe }, WIRE,
	{ OUT8, DATA, 0xfe }, { IN8, DATA, 0xfe }, WIRE, { OUT8, DATA, 0xff }, ACK, { IN8, DATA, 0xaa }, WIRE, { OUT8, DATA, 0xfe }, { IN8, DATA, 0xaa }, WIRE,
	{ OUT8, DATA, 0xed }, ACK, { OUT8, DATA, 0xf4 }, ACK, { IN8, COMMAND, 0x14, 0, "a command instead of its argument" },
	COMMAND_BYTE(0x45), { OUT8, DATA, 0xf2 }, ACK, { IN8, DATA, 0xab }, WIRE, { IN8, DATA, 0x41, 0, "translated" }, WIRE,
};

static const RegisterStep mouse_commands[] = {
	COMMAND_BYTE(0x07), MOUSE(0xff), { IRQ_LEVEL, 12, 1 }, MOUSE_ACK, { IN8, DATA, 0xaa }, WIRE, { IN8, DATA, 0x00 }, WIRE,
	MOUSE(0xe9), MOUSE_ACK, { IN8, DATA, 0x00 }, WIRE, { IN8, DATA, 0x02 }, WIRE, { IN8, DATA, 0x64 }, WIRE,
	MOUSE(0xe8), MOUSE_ACK, MOUSE(0x03), MOUSE_ACK, MOUSE(0xe7), MOUSE_ACK, MOUSE(0xf3), MOUSE_ACK, MOUSE(0x28), MOUSE_ACK, MOUSE(0xf4), MOUSE_ACK,
	MOUSE(0xe9), MOUSE_ACK, { IN8, DATA, 0x30 }, WIRE, { IN8, DATA, 0x03 }, WIRE, { IN8, DATA, 0x28 }, WIRE,
	MOUSE(0xee), MOUSE_ACK, MOUSE(0xf2), { IN8, DATA, 0xf2, 0, "echoed" }, WIRE, MOUSE(0xec), MOUSE_ACK, MOUSE(0xf2), MOUSE_ACK, { IN8, DATA, 0x00 }, WIRE,
	MOUSE(0x77), { IN8, DATA, 0xfe }, WIRE,
	MOUSE(0xf3), MOUSE_ACK, MOUSE(200), MOUSE_ACK, MOUSE(0xf3), MOUSE_ACK, MOUSE(100), MOUSE_ACK, MOUSE(0xf3), MOUSE_ACK, MOUSE(80), MOUSE_ACK,
	MOUSE(0xf2), MOUSE_ACK, { IN8, DATA, 0x03, 0, "wheel" }, WIRE,
	MOUSE(0xf3), MOUSE_ACK, MOUSE(200), MOUSE_ACK, MOUSE(0xf3), MOUSE_ACK, MOUSE(200), MOUSE_ACK, MOUSE(0xf3), MOUSE_ACK, MOUSE(80), MOUSE_ACK,
	MOUSE(0xf2), MOUSE_ACK, { IN8, DATA, 0x04, 0, "five buttons" }, WIRE, { IN8, COMMAND, 0x14, 0x28, "nothing more" },
};
// clang-format on

static const struct {
	const char *name;
	const RegisterStep *steps;
	unsigned count;
} scripts[] = {
#define SCRIPT(name) { #name, name, G_N_ELEMENTS(name) }
	SCRIPT(controller), SCRIPT(output_port), SCRIPT(injected), SCRIPT(keyboard_commands), SCRIPT(mouse_commands),
};

static Machine *make(void)
{
	Machine *machine = fake_machine_new();
	fake_device(machine, &i8042_class, NULL);
	return machine;
}

static void test_script(gconstpointer which)
{
	unsigned n = GPOINTER_TO_UINT(which);
	Machine *machine = make();
	fake_script(machine, scripts[n].name, scripts[n].steps, scripts[n].count);
	fake_machine_free(machine);
}

/* ---- keys ---- */

static void command(Machine *machine, uint8_t byte)
{
	port_write(machine->ports, COMMAND, byte, 1);
}

static void data(Machine *machine, uint8_t byte)
{
	port_write(machine->ports, DATA, byte, 1);
}

/* All that is there, as hexadecimal text; free it. */
static char *read_all(Machine *machine)
{
	GString *text = g_string_new(NULL);
	while (port_read(machine->ports, COMMAND, 1) & OBF) {
		g_string_append_printf(text, "%s%02x", text->len ? " " : "", port_read(machine->ports, DATA, 1));
		fake_run(machine, WIRE_NS);
	}
	return g_string_free(text, FALSE);
}

static void expect(Machine *machine, const char *bytes)
{
	g_autofree char *got = read_all(machine);
	g_assert_cmpstr(got, ==, bytes);
}

static void set_up_keyboard(Machine *machine, uint8_t mode, uint8_t scan_set)
{
	command(machine, 0x60);
	data(machine, mode);
	data(machine, 0xf0);
	g_free(read_all(machine));
	data(machine, scan_set);
	g_free(read_all(machine));
}

/* Names with '+' to press, '-' to release. */
static void type(Machine *machine, const char *keys)
{
	g_auto(GStrv) list = g_strsplit(keys, " ", 0);
	for (unsigned n = 0; list[n]; n++)
		input_key(machine, input_key_by_name(list[n] + 1), list[n][0] == '+');
}

static const struct {
	const char *keys;
	const char *set1, *set2, *set3; /* set 1: by translation */
} strokes[] = {
	{ "+a -a", "1e 9e", "1c f0 1c", "1c" },
	{ "+f7 -f7", "41 c1", "83 f0 83", "37" },
	{ "+shift -shift", "2a aa", "12 f0 12", "12 f0 12" },
	{ "+up -up", "e0 48 e0 c8", "e0 75 e0 f0 75", "63" },
	{ "+kp_enter -kp_enter", "e0 1c e0 9c", "e0 5a e0 f0 5a", "79" },
	{ "+pause -pause", "e1 1d 45 e1 9d c5", "e1 14 77 e1 f0 14 f0 77", "62" },
	{ "+ctrl +pause -pause -ctrl", "1d e0 46 e0 c6 9d", "14 e0 7e e0 f0 7e f0 14", "11 62 f0 11" },
	{ "+print -print", "e0 2a e0 37 e0 b7 e0 aa", "e0 12 e0 7c e0 f0 7c e0 f0 12", "57" },
	{ "+alt +sysrq -sysrq -alt", "38 54 d4 b8", "11 84 f0 84 f0 11", "19 57 f0 19" },
	{ "+0x1c -0x1c +0x9c -0x9c", "1c 9c e0 1c e0 9c", "5a f0 5a e0 5a e0 f0 5a", "5a 79" },
	{ "+volumeup -volumeup", "e0 30 e0 b0", "e0 32 e0 f0 32", "" },
	{ "+less -less", "56 d6", "61 f0 61", "13" },
};

static void test_strokes(void)
{
	static const struct {
		uint8_t mode, set, column;
	} ways[] = { { 0x45, 2, 1 }, { 0x05, 1, 1 }, { 0x05, 2, 2 }, { 0x05, 3, 3 } };
	for (unsigned way = 0; way < G_N_ELEMENTS(ways); way++) {
		Machine *machine = make();
		set_up_keyboard(machine, ways[way].mode, ways[way].set);
		for (unsigned n = 0; n < G_N_ELEMENTS(strokes); n++) {
			type(machine, strokes[n].keys);
			const char *const columns[] = { NULL, strokes[n].set1, strokes[n].set2, strokes[n].set3 };
			expect(machine, columns[ways[way].column]);
		}
		fake_machine_free(machine);
	}
}

/* Every key that has a name has codes in sets 1 and 2 that belong to no other. */
static void test_keymap(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	unsigned named = 0;
	for (uint16_t code = 1; code < KEY_CODES; code++) {
		const Key *key = keymap_by_code(code);
		if (!key)
			continue;
		named++;
		g_assert_cmpuint(input_key_by_name(input_key_name(code)), ==, code);
		g_assert_true(keymap_by_set1(key->set1, key->extended) == key);
		uint8_t set2 = keymap_set1_to_set2(key->set1);
		g_assert_cmpuint(set2, !=, 0);
		g_assert_cmpuint(keymap_set2_to_set1(set2), ==, key->set1);
		g_assert_true(g_hash_table_add(seen, GUINT_TO_POINTER(set2 | key->extended << 8)));
	}
	g_assert_cmpuint(named, >, 130);
	g_assert_cmpuint(input_key_by_name("nosuchkey"), ==, 0);
	g_assert_cmpuint(input_key_by_name("0x"), ==, 0);
	g_assert_cmpuint(input_key_by_name("asterisk"), ==, 55);
}

static void test_typematic(void)
{
	Machine *machine = make();
	set_up_keyboard(machine, 0x45, 2);
	type(machine, "+a");
	expect(machine, "1e");
	fake_run(machine, 480000000);
	expect(machine, "");
	fake_run(machine, 25000000);
	expect(machine, "1e");
	fake_run(machine, 92000000);
	expect(machine, "1e");
	type(machine, "+b -b");
	expect(machine, "30 b0");
	fake_run(machine, 2000000000);
	expect(machine, "");
	type(machine, "-a");
	expect(machine, "9e");
	type(machine, "+a +a");
	input_release_all(machine);
	expect(machine, "1e 9e");
	fake_machine_free(machine);
}

static void test_overrun(void)
{
	Machine *machine = make();
	set_up_keyboard(machine, 0x05, 2);
	type(machine, "+a -a +b -b +c -c +d -d +e -e +f -f +g -g");
	expect(machine, "1c f0 1c 32 f0 32 21 f0 21 23 f0 23 24 f0 24 2b 00");
	data(machine, 0xf5);
	expect(machine, "fa");
	type(machine, "+a -a");
	expect(machine, "");
	fake_machine_free(machine);
}

static void test_disabled(void)
{
	Machine *machine = make();
	set_up_keyboard(machine, 0x45, 2);
	command(machine, 0xad);
	type(machine, "+a -a");
	expect(machine, "");
	command(machine, 0xae);
	expect(machine, "1e 9e");
	fake_machine_free(machine);
}

/* A handler that reads twice gets the same byte twice. */
static void test_read_twice(void)
{
	Machine *machine = make();
	set_up_keyboard(machine, 0x45, 2);
	type(machine, "+a +b");
	g_assert_cmpuint(port_read(machine->ports, DATA, 1), ==, 0x1e);
	g_assert_cmpuint(port_read(machine->ports, DATA, 1), ==, 0x1e);
	g_assert_false(machine->isa_level[1]);
	fake_run(machine, WIRE_NS);
	g_assert_true(machine->isa_level[1]);
	expect(machine, "30");
	fake_machine_free(machine);
}

/* ---- mouse ---- */

static void mouse(Machine *machine, uint8_t byte)
{
	command(machine, 0xd4);
	data(machine, byte);
	expect(machine, "fa");
}

static void knock(Machine *machine, const uint8_t rates[3])
{
	for (unsigned n = 0; n < 3; n++) {
		mouse(machine, 0xf3);
		mouse(machine, rates[n]);
	}
}

static void click(Machine *machine, MouseButton button)
{
	input_button(machine, button, true);
	input_sync(machine);
	input_button(machine, button, false);
	input_sync(machine);
}

static void move(Machine *machine, int dx, int dy)
{
	input_motion(machine, dx, dy);
	input_sync(machine);
}

static void test_mouse(void)
{
	Machine *machine = make();
	move(machine, 5, 5);
	expect(machine, "");
	mouse(machine, 0xf4);
	move(machine, 5, -3);
	expect(machine, "08 05 03");
	move(machine, -1, 1);
	expect(machine, ""); /* not before the next sample */
	move(machine, -1, 1);
	fake_run(machine, 10000000);
	expect(machine, "38 fe fe");
	fake_run(machine, 20000000);
	click(machine, BUTTON_RIGHT);
	click(machine, BUTTON_MIDDLE);
	expect(machine, "0a 00 00 08 00 00 0c 00 00 08 00 00");
	click(machine, BUTTON_WHEEL_UP);
	click(machine, BUTTON_SIDE);
	fake_run(machine, 20000000);
	expect(machine, "");
	move(machine, 1000, 0);
	fake_run(machine, 20000000);
	expect(machine, "08 ff 00");
	for (unsigned n = 0; n < 3; n++) {
		fake_run(machine, 10000000);
		g_autofree char *rest = read_all(machine);
		g_assert_cmpstr(rest, ==, n < 2 ? "08 ff 00" : "08 eb 00");
	}
	fake_machine_free(machine);
}

static void test_wheel(void)
{
	Machine *machine = make();
	knock(machine, (const uint8_t[]){ 200, 100, 80 });
	mouse(machine, 0xf4);
	click(machine, BUTTON_WHEEL_UP);
	expect(machine, "08 00 00 ff");
	fake_run(machine, 20000000);
	knock(machine, (const uint8_t[]){ 200, 200, 80 });
	click(machine, BUTTON_SIDE);
	click(machine, BUTTON_EXTRA);
	expect(machine, "08 00 00 10 08 00 00 00 08 00 00 20 08 00 00 00");
	fake_run(machine, 20000000);
	click(machine, BUTTON_WHEEL_DOWN);
	expect(machine, "08 00 00 01");
	fake_machine_free(machine);
}

static void test_remote(void)
{
	Machine *machine = make();
	mouse(machine, 0xf0);
	move(machine, 7, 0);
	fake_run(machine, 100000000);
	expect(machine, "");
	command(machine, 0xd4);
	data(machine, 0xeb);
	expect(machine, "fa 08 07 00");
	mouse(machine, 0xea);
	mouse(machine, 0xf4);
	mouse(machine, 0xe7);
	move(machine, 3, 9);
	expect(machine, "28 03 ee");
	fake_machine_free(machine);
}

static void test_fuzz(void)
{
	static const FuzzRange ranges[] = { { false, DATA, 1 }, { false, COMMAND, 1 } };
	for (uint32_t seed = 1; seed <= 4; seed++) {
		Machine *machine = make();
		GRand *dice = g_rand_new_with_seed(seed);
		for (unsigned round = 0; round < 500; round++) {
			fake_fuzz(machine, seed * 1000 + round, 100, ranges, G_N_ELEMENTS(ranges));
			input_key(machine, (uint16_t)g_rand_int_range(dice, 0, 0x10000), g_rand_boolean(dice));
			input_key(machine, (uint16_t)g_rand_int_range(dice, 0, 128), g_rand_boolean(dice));
			input_button(machine, (MouseButton)g_rand_int_range(dice, 0, 9), g_rand_boolean(dice));
			move(machine, (int)g_rand_int(dice), g_rand_int_range(dice, -300, 300));
		}
		input_release_all(machine);
		g_rand_free(dice);
		fake_machine_free(machine);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned n = 0; n < G_N_ELEMENTS(scripts); n++) {
		g_autofree char *path = g_strdup_printf("/hw/i8042/%s", scripts[n].name);
		g_test_add_data_func(path, GUINT_TO_POINTER(n), test_script);
	}
	g_test_add_func("/hw/i8042/strokes", test_strokes);
	g_test_add_func("/hw/i8042/keymap", test_keymap);
	g_test_add_func("/hw/i8042/typematic", test_typematic);
	g_test_add_func("/hw/i8042/overrun", test_overrun);
	g_test_add_func("/hw/i8042/disabled", test_disabled);
	g_test_add_func("/hw/i8042/read-twice", test_read_twice);
	g_test_add_func("/hw/i8042/mouse", test_mouse);
	g_test_add_func("/hw/i8042/wheel", test_wheel);
	g_test_add_func("/hw/i8042/remote", test_remote);
	g_test_add_func("/hw/i8042/fuzz", test_fuzz);
	return g_test_run();
}
