/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keyboard controller of the PS/2: IBM PS/2 Hardware Interface Technical Reference, "keyboard and auxiliary device
 * controller".
 *
 * One output buffer is filled from three sources: the controller's own answers first, then keyboard and mouse. A device's byte
 * takes its time on the wire; here a short one, long enough that an interrupt handler which reads the buffer twice, as many
 * do, gets the same byte twice. */
#include "hw/input/i8042.h"

#include <string.h>

#include "hw/input/keymap.h"
#include "hw/input/ps2.h"

enum { PORT_DATA = 0x60, PORT_COMMAND = 0x64, WIRE_NS = 200000 };

enum { STATUS_OBF = 0x01, STATUS_SYSTEM = 0x04, STATUS_COMMAND = 0x08, STATUS_UNLOCKED = 0x10, STATUS_AUX_OBF = 0x20 };
enum {
	MODE_INT = 0x01,
	MODE_AUX_INT = 0x02,
	MODE_SYSTEM = 0x04,
	MODE_DISABLE = 0x10,
	MODE_AUX_DISABLE = 0x20,
	MODE_TRANSLATE = 0x40
};
enum {
	OUT_NO_RESET = 0x01,
	OUT_A20 = 0x02,
	OUT_AUX_CLOCK = 0x08,
	OUT_INT = 0x10,
	OUT_AUX_INT = 0x20,
	OUT_CLOCK = 0x40,
	OUT_DATA = 0x80
};

enum {
	CMD_READ_RAM = 0x20,
	CMD_WRITE_RAM = 0x60,
	CMD_TEST_PASSWORD = 0xa4,
	CMD_LOAD_PASSWORD = 0xa5,
	CMD_ENABLE_PASSWORD = 0xa6,
	CMD_AUX_DISABLE = 0xa7,
	CMD_AUX_ENABLE = 0xa8,
	CMD_AUX_TEST = 0xa9,
	CMD_SELF_TEST = 0xaa,
	CMD_TEST = 0xab,
	CMD_DISABLE = 0xad,
	CMD_ENABLE = 0xae,
	CMD_READ_INPUT = 0xc0,
	CMD_POLL_INPUT_LOW = 0xc1,
	CMD_POLL_INPUT_HIGH = 0xc2,
	CMD_READ_OUTPUT = 0xd0,
	CMD_WRITE_OUTPUT = 0xd1,
	CMD_WRITE_OBF = 0xd2,
	CMD_WRITE_AUX_OBF = 0xd3,
	CMD_WRITE_AUX = 0xd4,
	CMD_A20_OFF = 0xdd,
	CMD_A20_ON = 0xdf,
	CMD_READ_TEST = 0xe0,
	CMD_PULSE = 0xf0,
};
enum {
	RAM_BYTES = 32,
	NO_PASSWORD = 0xf1,
	SELF_TEST_PASSED = 0x55,
	INPUT_UNLOCKED = 0x80,
	TEST_CLOCKS = 0x03,
	PULSE_NO_RESET = 0x01
};
enum { TRANSLATION_RELEASE = 0xf0, SET1_RELEASE = 0x80, PASSWORD_END = 0x00 };

typedef enum Source { SOURCE_NONE, SOURCE_CONTROLLER, SOURCE_KEYBOARD, SOURCE_AUX } Source;

typedef struct I8042 {
	Device device;
	uint8_t keyboard_line, mouse_line;
	Irq keyboard_irq, mouse_irq;
	unsigned data_port, command_port;
	Timer wire;
	Ps2Keyboard keyboard;
	Ps2Mouse mouse;

	uint8_t status, output_port, output;
	uint8_t ram[RAM_BYTES];	/* [0]: the command byte, MODE_* */
	uint8_t command;	/* waits for its byte at the data port; 0: none */
	uint8_t polling; /* CMD_POLL_INPUT_*: half of the input port shows in the status's upper bits until the next command */
	uint8_t answer;
	bool has_answer, release_prefix;
	int64_t wire_free_ns;	/* no device's byte arrives before */
	uint8_t output_from;	/* Source */
} I8042;

static int64_t now(const I8042 *i8042)
{
	return clock_now(machine_clock(i8042->device.machine));
}

/* ---- output buffer ---- */

static void update_irqs(I8042 *i8042)
{
	bool full = i8042->status & STATUS_OBF, aux = i8042->status & STATUS_AUX_OBF;
	i8042->output_port &= (uint8_t)~(OUT_INT | OUT_AUX_INT);
	if (full)
		i8042->output_port |= aux ? OUT_AUX_INT : OUT_INT;
	irq_set(&i8042->keyboard_irq, full && !aux && (i8042->ram[0] & MODE_INT));
	irq_set(&i8042->mouse_irq, full && aux && (i8042->ram[0] & MODE_AUX_INT));
}

static void fill(I8042 *i8042, uint8_t byte, Source from)
{
	i8042->output = byte;
	i8042->output_from = (uint8_t)from;
	i8042->status |= STATUS_OBF;
	if (from == SOURCE_AUX)
		i8042->status |= STATUS_AUX_OBF;
	else
		i8042->status &= (uint8_t)~STATUS_AUX_OBF;
	update_irqs(i8042);
}

/* Release prefixes are swallowed; the next byte carries the bit. False: nothing to show yet. */
static bool translate(I8042 *i8042, uint8_t *byte)
{
	if (!(i8042->ram[0] & MODE_TRANSLATE))
		return true;
	if (*byte == TRANSLATION_RELEASE) {
		i8042->release_prefix = true;
		return false;
	}
	*byte = keymap_set2_to_set1(*byte) | (i8042->release_prefix ? SET1_RELEASE : 0);
	i8042->release_prefix = false;
	return true;
}

static bool fill_from_keyboard(I8042 *i8042)
{
	while (!(i8042->ram[0] & MODE_DISABLE) && ps2_has_byte(&i8042->keyboard.port)) {
		uint8_t byte = ps2_take_byte(&i8042->keyboard.port);
		if (translate(i8042, &byte)) {
			fill(i8042, byte, SOURCE_KEYBOARD);
			return true;
		}
	}
	return false;
}

static void fill_from_mouse(I8042 *i8042)
{
	if (!(i8042->ram[0] & MODE_AUX_DISABLE) && ps2_has_byte(&i8042->mouse.port))
		fill(i8042, ps2_take_byte(&i8042->mouse.port), SOURCE_AUX);
}

static void next_byte(I8042 *i8042)
{
	if (i8042->status & STATUS_OBF)
		return;
	if (i8042->has_answer) {
		i8042->has_answer = false;
		fill(i8042, i8042->answer, SOURCE_CONTROLLER);
	} else if (now(i8042) < i8042->wire_free_ns) {
		timer_set(&i8042->wire, i8042->wire_free_ns);
	} else if (!fill_from_keyboard(i8042)) {
		fill_from_mouse(i8042);
	}
}

static void on_wire(void *owner)
{
	next_byte(owner);
}

static void answer(I8042 *i8042, uint8_t byte)
{
	i8042->answer = byte;
	i8042->has_answer = true;
	next_byte(i8042);
}

static uint32_t read_data(I8042 *i8042)
{
	if (i8042->status & STATUS_OBF) {
		i8042->status &= (uint8_t)~(STATUS_OBF | STATUS_AUX_OBF);
		if (i8042->output_from != SOURCE_CONTROLLER)
			i8042->wire_free_ns = now(i8042) + WIRE_NS;
		update_irqs(i8042);
		next_byte(i8042);
	}
	return i8042->output;
}

/* ---- commands ---- */

static void set_mode(I8042 *i8042, uint8_t mode)
{
	i8042->ram[0] = mode;
	if (mode & MODE_SYSTEM)
		i8042->status |= STATUS_SYSTEM;
	else
		i8042->status &= (uint8_t)~STATUS_SYSTEM;
	update_irqs(i8042);
	next_byte(i8042);
}

static void request_reset(I8042 *i8042)
{
	machine_request(i8042->device.machine, REQUEST_RESET, 0);
}

static void write_output_port(I8042 *i8042, uint8_t value)
{
	uint8_t state = i8042->output_port & (OUT_INT | OUT_AUX_INT);
	i8042->output_port = (uint8_t)((value & ~(OUT_INT | OUT_AUX_INT)) | state);
	machine_set_a20(i8042->device.machine, value & OUT_A20);
	if (!(value & OUT_NO_RESET))
		request_reset(i8042);
}

/* Port 92 has a hand on A20 as well. */
static uint8_t read_output_port(I8042 *i8042)
{
	return (uint8_t)((i8042->output_port & ~OUT_A20) | (machine_a20(i8042->device.machine) ? OUT_A20 : 0));
}

static void self_test(I8042 *i8042)
{
	i8042->status |= STATUS_SYSTEM;
	i8042->ram[0] |= MODE_SYSTEM;
	answer(i8042, SELF_TEST_PASSED);
}

static void run_command(I8042 *i8042, uint8_t command)
{
	switch (command) {
	case CMD_LOAD_PASSWORD: case CMD_WRITE_OUTPUT: case CMD_WRITE_OBF: case CMD_WRITE_AUX_OBF: case CMD_WRITE_AUX:
		i8042->command = command;
		break;
	case CMD_TEST_PASSWORD: answer(i8042, NO_PASSWORD); break;
	case CMD_ENABLE_PASSWORD: break; /* there is none */
	case CMD_AUX_DISABLE: set_mode(i8042, i8042->ram[0] | MODE_AUX_DISABLE); break;
	case CMD_AUX_ENABLE: set_mode(i8042, i8042->ram[0] & (uint8_t)~MODE_AUX_DISABLE); break;
	case CMD_AUX_TEST: case CMD_TEST: answer(i8042, 0); break;
	case CMD_SELF_TEST: self_test(i8042); break;
	case CMD_DISABLE: set_mode(i8042, i8042->ram[0] | MODE_DISABLE); break;
	case CMD_ENABLE: set_mode(i8042, i8042->ram[0] & (uint8_t)~MODE_DISABLE); break;
	case CMD_READ_INPUT: answer(i8042, INPUT_UNLOCKED); break;
	case CMD_POLL_INPUT_LOW: case CMD_POLL_INPUT_HIGH: i8042->polling = command; break;
	case CMD_READ_OUTPUT: answer(i8042, read_output_port(i8042)); break;
	case CMD_A20_OFF: machine_set_a20(i8042->device.machine, false); break;
	case CMD_A20_ON: machine_set_a20(i8042->device.machine, true); break;
	case CMD_READ_TEST: answer(i8042, TEST_CLOCKS); break;
	default:
		if (command >= CMD_PULSE && !(command & PULSE_NO_RESET))
			request_reset(i8042);
		else if (command < CMD_PULSE)
			machine_log_guest_error(i8042->device.machine, "i8042: unknown command %02x", command);
	}
}

static void write_command(I8042 *i8042, uint8_t command)
{
	i8042->status |= STATUS_COMMAND;
	i8042->command = i8042->polling = 0;
	if (command >= CMD_READ_RAM && command < CMD_READ_RAM + RAM_BYTES)
		answer(i8042, i8042->ram[command - CMD_READ_RAM]);
	else if (command >= CMD_WRITE_RAM && command < CMD_WRITE_RAM + RAM_BYTES)
		i8042->command = command;
	else
		run_command(i8042, command);
}

/* A byte for a device opens the line to it. */
static void write_keyboard(I8042 *i8042, uint8_t byte)
{
	i8042->ram[0] &= (uint8_t)~MODE_DISABLE;
	ps2kbd_write(&i8042->keyboard, byte);
	next_byte(i8042);
}

static void write_mouse(I8042 *i8042, uint8_t byte)
{
	i8042->ram[0] &= (uint8_t)~MODE_AUX_DISABLE;
	ps2mouse_write(&i8042->mouse, byte);
	next_byte(i8042);
}

static void write_data(I8042 *i8042, uint8_t byte)
{
	uint8_t command = i8042->command;
	i8042->status &= (uint8_t)~STATUS_COMMAND;
	i8042->command = 0;
	switch (command) {
	case 0: write_keyboard(i8042, byte); break;
	case CMD_LOAD_PASSWORD: i8042->command = byte == PASSWORD_END ? 0 : command; break;
	case CMD_WRITE_OUTPUT: write_output_port(i8042, byte); break;
	case CMD_WRITE_OBF: fill(i8042, byte, SOURCE_KEYBOARD); break;
	case CMD_WRITE_AUX_OBF: fill(i8042, byte, SOURCE_AUX); break;
	case CMD_WRITE_AUX: write_mouse(i8042, byte); break;
	case CMD_WRITE_RAM: set_mode(i8042, byte); break;
	default: i8042->ram[(command - CMD_WRITE_RAM) % RAM_BYTES] = byte;
	}
}

/* ---- ports ---- */

static uint8_t read_status(const I8042 *i8042)
{
	switch (i8042->polling) {
	case CMD_POLL_INPUT_LOW: return (uint8_t)((i8042->status & 0x0f) | (INPUT_UNLOCKED & 0x0f) << 4);
	case CMD_POLL_INPUT_HIGH: return (uint8_t)((i8042->status & 0x0f) | (INPUT_UNLOCKED & 0xf0));
	}
	return i8042->status;
}

static uint32_t i8042_read(void *owner, uint16_t port, unsigned size)
{
	I8042 *i8042 = owner;
	(void)size;
	switch (port) {
	case PORT_DATA: return read_data(i8042);
	case PORT_COMMAND: return read_status(i8042);
	}
	return 0xff;
}

static void i8042_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	I8042 *i8042 = owner;
	(void)size;
	switch (port) {
	case PORT_DATA: write_data(i8042, (uint8_t)value); break;
	case PORT_COMMAND: write_command(i8042, (uint8_t)value); break;
	}
}

static const PortOps port_ops = { .read = i8042_read, .write = i8042_write };

/* ---- the device ---- */

static void on_ready(void *owner)
{
	next_byte(owner);
}

static bool i8042_realize(Device *device, GError **error)
{
	I8042 *i8042 = (I8042 *)device;
	Machine *machine = device->machine;
	(void)error;
	timer_init(&i8042->wire, machine_clock(machine), "keyboard controller", on_wire, i8042);
	i8042->keyboard_irq = machine_isa_irq(machine, i8042->keyboard_line);
	i8042->mouse_irq = machine_isa_irq(machine, i8042->mouse_line);
	ps2kbd_init(&i8042->keyboard, machine, on_ready, i8042);
	ps2mouse_init(&i8042->mouse, machine, on_ready, i8042);
	i8042->data_port = port_map(machine_ports(machine), "keyboard controller data", PORT_DATA, 1, &port_ops, i8042);
	i8042->command_port = port_map(machine_ports(machine), "keyboard controller command", PORT_COMMAND, 1, &port_ops, i8042);
	return true;
}

static void i8042_unrealize(Device *device)
{
	I8042 *i8042 = (I8042 *)device;
	port_unmap(machine_ports(device->machine), i8042->data_port);
	port_unmap(machine_ports(device->machine), i8042->command_port);
	timer_cancel(&i8042->wire);
	ps2kbd_free(&i8042->keyboard);
	ps2mouse_free(&i8042->mouse);
}

static void i8042_reset(Device *device)
{
	I8042 *i8042 = (I8042 *)device;
	timer_cancel(&i8042->wire);
	i8042->status = STATUS_COMMAND | STATUS_UNLOCKED;
	i8042->output_port = OUT_NO_RESET | OUT_A20 | OUT_AUX_CLOCK | 0x04 | OUT_CLOCK | OUT_DATA;
	memset(i8042->ram, 0, sizeof(i8042->ram));
	i8042->ram[0] = MODE_INT | MODE_AUX_INT;
	i8042->output = i8042->command = i8042->polling = i8042->answer = 0;
	i8042->has_answer = i8042->release_prefix = false;
	i8042->wire_free_ns = 0;
	i8042->output_from = SOURCE_NONE;
	ps2kbd_power_on(&i8042->keyboard);
	ps2mouse_power_on(&i8042->mouse);
	update_irqs(i8042);
}

static void i8042_loaded(Device *device, unsigned version)
{
	I8042 *i8042 = (I8042 *)device;
	(void)version;
	ps2kbd_loaded(&i8042->keyboard);
	ps2mouse_loaded(&i8042->mouse);
	update_irqs(i8042);
}

static const Property properties[] = {
	{ "kbd-irq", PROPERTY_U8, offsetof(I8042, keyboard_line), "1", "ISA interrupt line of the keyboard", 0, 15, NULL },
	{ "mouse-irq", PROPERTY_U8, offsetof(I8042, mouse_line), "12", "ISA interrupt line of the mouse", 0, 15, NULL },
	{ NULL, PROPERTY_BOOL, 0, NULL, NULL, 0, 0, NULL },
};

#define FIELD(type, member) { #member, type, offsetof(I8042, member), 0, 0, NULL, 0 }
static const StateField state[] = {
	FIELD(STATE_U8, status),
	FIELD(STATE_U8, output_port),
	FIELD(STATE_U8, output),
	{"ram", STATE_BYTES, offsetof(I8042, ram), RAM_BYTES, 0, NULL, 0},
	FIELD(STATE_U8, command),
	FIELD(STATE_U8, polling),
	FIELD(STATE_U8, answer),
	FIELD(STATE_BOOL, has_answer),
	FIELD(STATE_BOOL, release_prefix),
	FIELD(STATE_U64, wire_free_ns),
	FIELD(STATE_U8, output_from),
	FIELD(STATE_TIMER, wire),
	{"keyboard", STATE_STRUCT, offsetof(I8042, keyboard), 0, 0, ps2kbd_state, sizeof(Ps2Keyboard)},
	{"mouse", STATE_STRUCT, offsetof(I8042, mouse), 0, 0, ps2mouse_state, sizeof(Ps2Mouse)},
	{NULL, STATE_BOOL, 0, 0, 0, NULL, 0},
};

const DeviceClass i8042_class = {
	.name = "i8042",
	.bus = "system",
	.description = "Keyboard controller with PS/2 keyboard and mouse",
	.size = sizeof(I8042),
	.properties = properties,
	.state = state,
	.state_version = 1,
	.realize = i8042_realize,
	.reset = i8042_reset,
	.unrealize = i8042_unrealize,
	.loaded = i8042_loaded,
};
