/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 8259 pair: initialisation, priorities, ends of interrupt, special modes, spurious interrupts. */
#include "fake-machine.h"
#include "hw/chipset/i8259.h"

#define INITIALISE \
	{ OUT8, 0x20, 0x11, 0, NULL }, { OUT8, 0x21, 0x08, 0, NULL }, { OUT8, 0x21, 0x04, 0, NULL }, { OUT8, 0x21, 0x01, 0, NULL }, \
	{ OUT8, 0xa0, 0x11, 0, NULL }, { OUT8, 0xa1, 0x70, 0, NULL }, { OUT8, 0xa1, 0x02, 0, NULL }, { OUT8, 0xa1, 0x01, 0, NULL }

typedef struct Fixture {
	Machine *machine;
	I8259 *pic;
	bool intr;
} Fixture;

static void intr_set(void *owner, unsigned line, bool level)
{
	(void)line;
	((Fixture *)owner)->intr = level;
}

static void set_up(Fixture *f, gconstpointer data)
{
	(void)data;
	static const RegisterStep initialise[] = { INITIALISE };
	f->machine = fake_machine_new();
	f->pic = (I8259 *)fake_device(f->machine, &i8259_class, NULL);
	i8259_set_output(f->pic, (Irq){ intr_set, f, 0 });
	FAKE_SCRIPT(f->machine, initialise);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	fake_machine_free(f->machine);
}

static void line(Fixture *f, unsigned n, bool level)
{
	Irq irq = i8259_input(f->pic, n);
	irq_set(&irq, level);
}

static void edge(Fixture *f, unsigned n)
{
	line(f, n, false);
	line(f, n, true);
}

static void out(Fixture *f, uint16_t port, uint8_t value)
{
	port_write(f->machine->ports, port, value, 1);
}

static unsigned in(Fixture *f, uint16_t port)
{
	return port_read(f->machine->ports, port, 1);
}

#define ACKNOWLEDGED(vector) do { g_assert_true(f->intr); g_assert_cmphex(i8259_acknowledge(f->pic), ==, vector); } while (0)

static void registers(Fixture *f, gconstpointer data)
{
	(void)data;
	static const RegisterStep script[] = {
		{ IN8, 0x21, 0x00, 0, "ICW1 clears the mask" },
		{ OUT8, 0x21, 0xfb, 0, NULL }, { IN8, 0x21, 0xfb, 0, "mask" }, { OUT8, 0xa1, 0xff, 0, NULL }, { IN8, 0xa1, 0xff, 0, NULL },
		{ IN8, 0x20, 0x00, 0, "IRR" }, { OUT8, 0x20, 0x0b, 0, NULL }, { IN8, 0x20, 0x00, 0, "ISR" },
		{ OUT8, 0x4d0, 0xff, 0, NULL }, { IN8, 0x4d0, 0xf8, 0, "ELCR of the master" },
		{ OUT8, 0x4d1, 0xff, 0, NULL }, { IN8, 0x4d1, 0xde, 0, "ELCR of the slave" },
		INITIALISE,
		{ IN8, 0x4d0, 0xf8, 0, "ICW1 leaves ELCR" }, { IN8, 0xa1, 0x00, 0, NULL },
		{ OUT16, 0x20, 0xaa20, 0, "a word goes to both ports" }, { IN8, 0x21, 0xaa, 0, NULL },
	};
	FAKE_SCRIPT(f->machine, script);
}

static void priorities(Fixture *f, gconstpointer data)
{
	(void)data;
	edge(f, 4);
	edge(f, 1);
	ACKNOWLEDGED(0x09);
	g_assert_false(f->intr); /* 4 waits behind 1 */
	edge(f, 0);
	ACKNOWLEDGED(0x08);
	out(f, 0x20, 0x20); /* 0 */
	g_assert_false(f->intr);
	out(f, 0x20, 0x20); /* 1 */
	ACKNOWLEDGED(0x0c);
	out(f, 0x20, 0x64); /* specific, 4 */
	out(f, 0x20, 0x0b);
	g_assert_cmphex(in(f, 0x20), ==, 0);
	line(f, 4, true); /* no edge */
	g_assert_false(f->intr);
}

static void cascade(Fixture *f, gconstpointer data)
{
	(void)data;
	edge(f, 12);
	ACKNOWLEDGED(0x74);
	edge(f, 8);
	g_assert_false(f->intr); /* the master's 2 is in service */
	out(f, 0xa0, 0x20);
	out(f, 0x20, 0x20);
	ACKNOWLEDGED(0x70);
	out(f, 0x20, 0x0b);
	out(f, 0xa0, 0x0b);
	g_assert_cmphex(in(f, 0x20), ==, 0x04);
	g_assert_cmphex(in(f, 0xa0), ==, 0x01);
	out(f, 0xa0, 0x20);
	out(f, 0x20, 0x20);
	/* special fully nested: a higher one of the slave interrupts a lower one */
	out(f, 0x20, 0x11);
	out(f, 0x21, 0x08);
	out(f, 0x21, 0x04);
	out(f, 0x21, 0x11);
	edge(f, 12);
	ACKNOWLEDGED(0x74);
	edge(f, 8);
	ACKNOWLEDGED(0x70);
}

static void rotation(Fixture *f, gconstpointer data)
{
	(void)data;
	out(f, 0x20, 0xc3); /* 3 is the lowest, 4 the highest */
	edge(f, 0);
	edge(f, 5);
	ACKNOWLEDGED(0x0d);
	out(f, 0x20, 0xa0); /* rotate on EOI: 5 is the lowest */
	ACKNOWLEDGED(0x08);
	edge(f, 6);
	ACKNOWLEDGED(0x0e);
	out(f, 0x20, 0xe6); /* rotate on specific EOI: 6 is the lowest */
	edge(f, 7);
	ACKNOWLEDGED(0x0f);
}

static void special_mask(Fixture *f, gconstpointer data)
{
	(void)data;
	edge(f, 1);
	ACKNOWLEDGED(0x09);
	edge(f, 5);
	g_assert_false(f->intr);
	out(f, 0x21, 0x02);
	out(f, 0x20, 0x68);
	ACKNOWLEDGED(0x0d);
	out(f, 0x20, 0x20); /* ends 5: 1 is masked */
	out(f, 0x20, 0x0b);
	g_assert_cmphex(in(f, 0x20), ==, 0x02);
	out(f, 0x20, 0x48);
	edge(f, 6);
	g_assert_false(f->intr);
}

static void poll(Fixture *f, gconstpointer data)
{
	(void)data;
	out(f, 0x20, 0x0c);
	g_assert_cmphex(in(f, 0x20), ==, 0);
	edge(f, 3);
	out(f, 0x20, 0x0c);
	g_assert_cmphex(in(f, 0x20), ==, 0x83);
	g_assert_false(f->intr);
	out(f, 0x20, 0x0b);
	g_assert_cmphex(in(f, 0x20), ==, 0x08);
}

static void automatic_eoi(Fixture *f, gconstpointer data)
{
	(void)data;
	out(f, 0x20, 0x11);
	out(f, 0x21, 0x20);
	out(f, 0x21, 0x04);
	out(f, 0x21, 0x03);
	out(f, 0x20, 0x80); /* rotating */
	edge(f, 1);
	edge(f, 3);
	ACKNOWLEDGED(0x21);
	edge(f, 1);
	ACKNOWLEDGED(0x23); /* 1 is the lowest now */
	ACKNOWLEDGED(0x21);
	g_assert_false(f->intr);
}

static void levels(Fixture *f, gconstpointer data)
{
	(void)data;
	out(f, 0x4d1, 0x08); /* 11 */
	line(f, 11, true);
	ACKNOWLEDGED(0x73);
	out(f, 0xa0, 0x20);
	out(f, 0x20, 0x20);
	ACKNOWLEDGED(0x73); /* still up */
	line(f, 11, false);
	out(f, 0xa0, 0x20);
	out(f, 0x20, 0x20);
	g_assert_false(f->intr);
}

static void spurious(Fixture *f, gconstpointer data)
{
	(void)data;
	out(f, 0x4d0, 0x20); /* 5 */
	line(f, 5, true);
	line(f, 5, false);
	g_assert_cmphex(i8259_acknowledge(f->pic), ==, 0x0f);
	out(f, 0x20, 0x0b);
	g_assert_cmphex(in(f, 0x20), ==, 0); /* nothing in service */
}

static void fuzz(Fixture *f, gconstpointer data)
{
	(void)data;
	static const FuzzRange ranges[] = { { false, 0x20, 2 }, { false, 0xa0, 2 }, { false, 0x4d0, 2 } };
	for (uint32_t seed = 0; seed < 200; seed++) {
		fake_fuzz(f->machine, seed, 200, ranges, G_N_ELEMENTS(ranges));
		for (unsigned n = 0; n < 16; n++) {
			line(f, n, seed >> n % 8 & 1);
			int vector = i8259_acknowledge(f->pic);
			g_assert_true(vector >= 0 && vector <= 255);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(function) g_test_add("/i8259/" #function, Fixture, NULL, set_up, function, tear_down)
	TEST(registers);
	TEST(priorities);
	TEST(cascade);
	TEST(rotation);
	TEST(special_mask);
	TEST(poll);
	TEST(automatic_eoi);
	TEST(levels);
	TEST(spurious);
	TEST(fuzz);
	return g_test_run();
}
