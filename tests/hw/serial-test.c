/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 16550A's registers, after the PC16550D data sheet. */
#include "fake-machine.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "char/chardev.h"
#include "hw/char/serial.h"

enum { COM1 = 0x3f8, CHARACTER_NS = 86806 /* 10 bits at 115200 */ };

#define REG(n) (COM1 + (n))
#define UP_115200 { OUT8, REG(3), 0x83 }, { OUT8, REG(0), 1 }, { OUT8, REG(1), 0 }, { OUT8, REG(3), 0x03 }

/* A step ends where it has no more to say. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
// clang-format off
static const RegisterStep at_reset[] = {
	{ IN8, REG(1), 0x00 }, { IN8, REG(2), 0x01 }, { IN8, REG(3), 0x00 }, { IN8, REG(4), 0x00 }, { IN8, REG(5), 0x60 },
	{ IN8, REG(6), 0xb0 }, { IN8, REG(7), 0x00 },
};

static const RegisterStep registers[] = {
	{ OUT8, REG(7), 0x5a }, { IN8, REG(7), 0x5a },
	{ OUT8, REG(1), 0xff }, { IN8, REG(1), 0x0f, 0, "IER's upper half is zero" }, { OUT8, REG(1), 0x00 },
	{ OUT8, REG(4), 0xff }, { IN8, REG(4), 0x1f, 0, "MCR's upper three are zero" }, { OUT8, REG(4), 0x00 },
	{ OUT8, REG(3), 0x80 }, { OUT8, REG(0), 0x34 }, { OUT8, REG(1), 0x12 }, { IN8, REG(0), 0x34 }, { IN8, REG(1), 0x12 },
	{ OUT8, REG(3), 0x03 }, { IN8, REG(1), 0x00, 0, "IER is back behind DLAB" }, { IN8, REG(3), 0x03 },
	{ OUT8, REG(2), 0x01 }, { IN8, REG(2), 0xc1, 0, "FIFOs show" }, { OUT8, REG(2), 0xc0 }, { IN8, REG(2), 0x01, 0, "bit 0 clear: off" },
	{ OUT8, REG(5), 0x00 }, { IN8, REG(5), 0x60, 0, "LSR is not written" },
};

static const RegisterStep loopback_lines[] = {
	{ OUT8, REG(4), 0x1a }, { IN8, REG(6), 0x90, 0x0f, "as Linux looks for it" }, { IN8, REG(6), 0x90, 0, "deltas are gone" },
	{ OUT8, REG(4), 0x10 }, { IN8, REG(6), 0x09, 0, "CTS and DCD went" },
	{ OUT8, REG(4), 0x14 }, { IN8, REG(6), 0x40, 0, "RI's coming is no delta" },
	{ OUT8, REG(4), 0x10 }, { IN8, REG(6), 0x04, 0, "its going is" },
	{ OUT8, REG(4), 0x11 }, { IN8, REG(6), 0x22, 0, "DTR to DSR" },
	{ OUT8, REG(4), 0x00 }, { IN8, REG(6), 0xb0, 0x0f },
};

static const RegisterStep loopback_data[] = {
	UP_115200, { OUT8, REG(4), 0x10 },
	{ OUT8, REG(0), 'A' }, { IN8, REG(5), 0x61 }, { IN8, REG(0), 'A' }, { IN8, REG(5), 0x60 }, { IN8, REG(0), 'A', 0, "once more the last" },
	{ OUT8, REG(0), 'B' }, { OUT8, REG(0), 'C' }, { IN8, REG(5), 0x63, 0, "overrun" }, { IN8, REG(5), 0x61, 0, "reading clears" }, { IN8, REG(0), 'C' },
	{ OUT8, REG(3), 0x00 }, { OUT8, REG(0), 0xff }, { IN8, REG(0), 0x1f, 0, "five bits" }, { OUT8, REG(3), 0x03 },
	{ OUT8, REG(3), 0x43 }, { IN8, REG(5), 0x79, 0, "break" }, { IN8, REG(0), 0x00 }, { OUT8, REG(3), 0x03 }, { IN8, REG(5), 0x60 },
	{ OUT8, REG(1), 0x0f }, { OUT8, REG(4), 0x18 }, { IRQ_LEVEL, 4, 0, 0, "no interrupt leaves in loopback" },
};

static const RegisterStep overrun_of_fifo[] = {
	UP_115200, { OUT8, REG(4), 0x10 }, { OUT8, REG(2), 0x07 },
	{ OUT8, REG(0), 0 }, { OUT8, REG(0), 1 }, { OUT8, REG(0), 2 }, { OUT8, REG(0), 3 }, { OUT8, REG(0), 4 }, { OUT8, REG(0), 5 }, { OUT8, REG(0), 6 },
	{ OUT8, REG(0), 7 }, { OUT8, REG(0), 8 }, { OUT8, REG(0), 9 }, { OUT8, REG(0), 10 }, { OUT8, REG(0), 11 }, { OUT8, REG(0), 12 },
	{ OUT8, REG(0), 13 }, { OUT8, REG(0), 14 }, { OUT8, REG(0), 15 }, { IN8, REG(5), 0x61, 0, "full is no error" },
	{ OUT8, REG(0), 16 }, { IN8, REG(5), 0x63, 0, "one too many" },
	{ IN8, REG(0), 0 }, { IN8, REG(0), 1 }, { OUT8, REG(2), 0x03 }, { IN8, REG(5), 0x60, 0, "receiver was emptied" },
	/* An error rides with its character. */
	{ OUT8, REG(0), 'x' }, { OUT8, REG(3), 0x43 }, { OUT8, REG(3), 0x03 }, { IN8, REG(5), 0xe1, 0, "somewhere in the FIFO" },
	{ IN8, REG(0), 'x' }, { IN8, REG(5), 0xf9, 0, "now it is on top" }, { IN8, REG(5), 0x61 }, { IN8, REG(0), 0 }, { IN8, REG(5), 0x60 },
};

static const RegisterStep transmitter[] = {
	UP_115200, { OUT8, REG(0), 'a' }, { IN8, REG(5), 0x60, 0, "polled: at once" },
	{ OUT8, REG(4), 0x08 }, { IRQ_LEVEL, 4, 0 }, { OUT8, REG(1), 0x02 }, { IRQ_LEVEL, 4, 1, 0, "enabled while empty" },
	{ IN8, REG(2), 0x02 }, { IRQ_LEVEL, 4, 0, 0, "reading IIR takes it" }, { IN8, REG(2), 0x01 },
	{ OUT8, REG(0), 'b' }, { IN8, REG(5), 0x00 }, { RUN_NS, CHARACTER_NS - 1000 }, { IRQ_LEVEL, 4, 0 },
	{ RUN_NS, 2000 }, { IRQ_LEVEL, 4, 1, 0, "after a character's time" }, { IN8, REG(5), 0x60 },
	{ OUT8, REG(0), 'c' }, { IRQ_LEVEL, 4, 0, 0, "writing takes it" }, { RUN_NS, 100000 }, { IRQ_LEVEL, 4, 1 },
	{ OUT8, REG(4), 0x00 }, { IRQ_LEVEL, 4, 0, 0, "OUT2 gates" }, { OUT8, REG(4), 0x08 }, { IRQ_LEVEL, 4, 1 },
	{ OUT8, REG(1), 0x00 }, { IRQ_LEVEL, 4, 0 },
};

/* Six characters have come, 'a' to 'f', trigger level four. */
static const RegisterStep receiver[] = {
	{ IRQ_LEVEL, 4, 1 }, { IN8, REG(2), 0xc4 }, { IN8, REG(0), 'a' }, { IN8, REG(0), 'b' }, { IRQ_LEVEL, 4, 1 },
	{ IN8, REG(0), 'c' }, { IRQ_LEVEL, 4, 0, 0, "below the level" }, { IN8, REG(2), 0xc1 }, { IN8, REG(5), 0x61 },
	{ RUN_NS, 3 * CHARACTER_NS }, { IRQ_LEVEL, 4, 0 }, { RUN_NS, 2 * CHARACTER_NS }, { IRQ_LEVEL, 4, 1 }, { IN8, REG(2), 0xcc, 0, "timeout" },
	{ IN8, REG(2), 0xcc, 0, "until it is read" }, { IN8, REG(0), 'd' }, { IRQ_LEVEL, 4, 0 },
	{ RUN_NS, 5 * CHARACTER_NS }, { IN8, REG(2), 0xcc }, { IN8, REG(0), 'e' }, { IN8, REG(0), 'f' }, { RUN_NS, 5 * CHARACTER_NS }, { IN8, REG(2), 0xc1 },
	{ IN8, REG(5), 0x60 },
};
static const RegisterStep receiver_setup[] = { UP_115200, { OUT8, REG(2), 0x47 }, { OUT8, REG(4), 0x08 }, { OUT8, REG(1), 0x05 } };

/* A break, then a character: line status goes before data. */
static const RegisterStep priorities[] = {
	{ IN8, REG(2), 0xc6 }, { IN8, REG(5), 0xf9 }, { IN8, REG(2), 0xc4 }, { IN8, REG(0), 0 }, { IN8, REG(0), 'z' }, { IN8, REG(2), 0xc1 },
};
static const RegisterStep priorities_setup[] = { UP_115200, { OUT8, REG(2), 0x07 }, { OUT8, REG(4), 0x08 }, { OUT8, REG(1), 0x05 } };
// clang-format on

/* COM3 is silent or not, the line is COM1's as well. */
static const RegisterStep sharing[] = {
	{ OUT8, 0x3ec, 0x08 }, { OUT8, 0x3e9, 0x02 }, { IRQ_LEVEL, 4, 1 }, { OUT8, REG(4), 0x08 }, { OUT8, REG(1), 0x02 }, { IN8, REG(2), 0x02 },
	{ IRQ_LEVEL, 4, 1, 0, "COM3 still" }, { IN8, 0x3ea, 0x02 }, { IRQ_LEVEL, 4, 0 },
};

static const struct {
	const char *name;
	const RegisterStep *steps;
	unsigned count;
} scripts[] = {
#define SCRIPT(name) { #name, name, G_N_ELEMENTS(name) }
	SCRIPT(at_reset), SCRIPT(registers), SCRIPT(loopback_lines), SCRIPT(loopback_data), SCRIPT(overrun_of_fifo), SCRIPT(transmitter),
};

static void test_script(gconstpointer which)
{
	unsigned n = GPOINTER_TO_UINT(which);
	Machine *machine = fake_machine_new();
	fake_device(machine, &serial_class, NULL);
	fake_script(machine, scripts[n].name, scripts[n].steps, scripts[n].count);
	fake_machine_free(machine);
}

/* A UART whose line is a mon: over a pseudo terminal, so that C-a b gives breaks; the test has the other end. */
typedef struct Line {
	Machine *machine;
	CharDev *chardev;
	int fd;
} Line;

static Line line_new(void)
{
	Line line = { .machine = fake_machine_new() };
	g_autoptr(GError) error = NULL;
	line.chardev = chardev_new(line.machine, "line", "mon:pty", &error);
	g_assert_no_error(error);
	line.fd = open(strstr(chardev_description(line.chardev), "/dev/"), O_RDWR | O_NOCTTY | O_NONBLOCK);
	g_assert_cmpint(line.fd, >=, 0);
	Device *device = device_new(line.machine, &serial_class, NULL);
	fake_set_pointer(device, "chardev", line.chardev);
	g_assert_true(device_realize(device, NULL));
	device->class->reset(device);
	return line;
}

static void line_free(Line *line)
{
	Device *device = machine_device(line->machine, 0);
	device->class->unrealize(device);
	device->realized = false;
	chardev_free(line->chardev);
	fake_machine_free(line->machine);
	close(line->fd);
}

/* By the interrupt: reading the LSR would clear errors. */
static void pump_until_data(Machine *machine)
{
	while (!machine->isa_level[4])
		g_assert_true(fake_pump(machine));
}

static void test_receiver(void)
{
	Line line = line_new();
	FAKE_SCRIPT(line.machine, receiver_setup);
	g_assert_cmpint(write(line.fd, "abcdef", 6), ==, 6);
	pump_until_data(line.machine);
	FAKE_SCRIPT(line.machine, receiver);
	line_free(&line);
}

static void test_priorities(void)
{
	Line line = line_new();
	FAKE_SCRIPT(line.machine, priorities_setup);
	g_assert_cmpint(write(line.fd, "\001bz", 3), ==, 3);
	pump_until_data(line.machine);
	FAKE_SCRIPT(line.machine, priorities);
	line_free(&line);
}

/* More than the host and its queue take: nothing is lost, and nothing waits. */
static void test_slow_host(void)
{
	enum { COUNT = 100000, LSR_THRE = 0x20 };
	Line line = line_new();
	unsigned sent = 0, got = 0;
	char bytes[4096];
	port_write(line.machine->ports, REG(3), 3, 1);
	for (unsigned stalled = 0; got < COUNT && stalled < 10;) {
		while (sent < COUNT && (port_read(line.machine->ports, REG(5), 1) & LSR_THRE))
			port_write(line.machine->ports, REG(0), 'a' + sent++ % 26, 1);
		ssize_t part = read(line.fd, bytes, sizeof(bytes));
		for (ssize_t n = 0; n < part; n++)
			g_assert_cmpint(bytes[n], ==, 'a' + got++ % 26);
		fake_run(line.machine, 20000000);
		if (part <= 0)
			stalled += !fake_pump(line.machine);
	}
	g_assert_cmpuint(got, ==, COUNT);
	line_free(&line);
}

static void test_places(void)
{
	static const uint16_t bases[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
	Machine *machine = fake_machine_new();
	for (unsigned n = 0; n < G_N_ELEMENTS(bases); n++)
		fake_device(machine, &serial_class, NULL);
	for (unsigned n = 0; n < G_N_ELEMENTS(bases); n++)
		port_write(machine->ports, bases[n] + 7, n + 1, 1);
	for (unsigned n = 0; n < G_N_ELEMENTS(bases); n++)
		g_assert_cmpuint(port_read(machine->ports, bases[n] + 7, 1), ==, n + 1);
	FAKE_SCRIPT(machine, sharing);
	g_autoptr(GError) error = NULL;
	g_assert_false(device_realize(device_new(machine, &serial_class, NULL), &error));
	g_assert_nonnull(error);
	fake_machine_free(machine);
}

static void test_fuzz(void)
{
	static const FuzzRange ranges[] = { { false, COM1, 8 } };
	for (uint32_t seed = 1; seed <= 4; seed++) {
		Machine *machine = fake_machine_new();
		fake_device(machine, &serial_class, NULL);
		fake_fuzz(machine, seed, 50000, ranges, G_N_ELEMENTS(ranges));
		fake_machine_free(machine);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned n = 0; n < G_N_ELEMENTS(scripts); n++) {
		g_autofree char *path = g_strdup_printf("/hw/serial/%s", scripts[n].name);
		g_test_add_data_func(path, GUINT_TO_POINTER(n), test_script);
	}
	g_test_add_func("/hw/serial/receiver", test_receiver);
	g_test_add_func("/hw/serial/priorities", test_priorities);
	g_test_add_func("/hw/serial/slow-host", test_slow_host);
	g_test_add_func("/hw/serial/places", test_places);
	g_test_add_func("/hw/serial/fuzz", test_fuzz);
	return g_test_run();
}
