/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HPET: counter, one-shot and periodic timers of both widths, levels, legacy replacement, messages. */
#include "fake-machine.h"
#include "hw/chipset/hpet.h"

enum { T0 = 0x100, T1 = 0x120, T2 = 0x140 };

typedef struct Fixture {
	Machine *machine;
	Hpet *hpet;
	unsigned rises[HPET_PINS + 2];
	bool level[HPET_PINS + 2];
	unsigned messages;
	uint64_t address;
	uint32_t data;
} Fixture;

static void pin_set(void *owner, unsigned pin, bool level)
{
	Fixture *f = owner;
	f->rises[pin] += level && !f->level[pin];
	f->level[pin] = level;
}

static bool deliver(void *owner, uint64_t address, uint32_t data)
{
	Fixture *f = owner;
	f->messages++;
	f->address = address;
	f->data = data;
	return true;
}

static void set_up(Fixture *f, gconstpointer data)
{
	(void)data;
	f->machine = fake_machine_new();
	f->hpet = (Hpet *)fake_device(f->machine, &hpet_class, "msi", "on", "hpet-intcap", "0xff0104", NULL);
	for (unsigned n = 0; n < HPET_PINS; n++)
		hpet_set_pin(f->hpet, n, (Irq){ pin_set, f, n });
	for (unsigned n = 0; n < 2; n++)
		hpet_set_legacy_pin(f->hpet, n, (Irq){ pin_set, f, HPET_PINS + n });
	hpet_set_msi(f->hpet, deliver, f);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	fake_machine_free(f->machine);
}

static void put(Fixture *f, unsigned offset, uint64_t value)
{
	memory_io_write(f->machine->memory, HPET_BASE + offset, value, 8);
}

static uint64_t get(Fixture *f, unsigned offset)
{
	return memory_io_read(f->machine->memory, HPET_BASE + offset, 8);
}

static void registers(Fixture *f, gconstpointer data)
{
	(void)data;
	static const RegisterStep script[] = {
		{ READ64, HPET_BASE, 0x009896808086a201, 0, "capabilities" }, { READ32, HPET_BASE + 4, 0x00989680, 0, "10 ns" },
		{ WRITE64, HPET_BASE, 0, 0, NULL }, { READ32, HPET_BASE, 0x8086a201, 0, "read-only" },
		{ READ64, HPET_BASE + 0x100, 0x00ff010400008030, 0, "a timer's abilities" },
		{ READ64, HPET_BASE + 0x108, 0xffffffffffffffff, 0, NULL },
		{ WRITE64, HPET_BASE + 0x100, 0x0000000000003e00, 0, "no route to 31" }, { READ32, HPET_BASE + 0x100, 0x8030, 0, NULL },
		{ WRITE64, HPET_BASE + 0x100, 0x0000000000002800, 0, "but to 20" }, { READ32, HPET_BASE + 0x100, 0xa830, 0, NULL },
		{ WRITE64, HPET_BASE + 0x100, 0x0000000000002900, 0, "32 bits" }, { READ64, HPET_BASE + 0x108, 0xffffffff, 0, NULL },
		{ WRITE64, HPET_BASE + 0x110, 0xfee00000000000ab, 0, NULL }, { READ64, HPET_BASE + 0x110, 0xfee00000000000ab, 0, NULL },
		{ READ64, HPET_BASE + 0x160, 0, 0, "no fourth timer" }, { READ64, HPET_BASE + 0x3f8, 0, 0, NULL },
		{ READ32, HPET_BASE + 8, 0, 0, "reserved" },
		{ RUN_NS, 1000, 0, 0, NULL }, { READ64, HPET_BASE + 0xf0, 0, 0, "stands still" },
		{ WRITE64, HPET_BASE + 0xf0, 0x123456789a, 0, NULL }, { READ64, HPET_BASE + 0xf0, 0x123456789a, 0, NULL },
		{ WRITE64, HPET_BASE + 0x10, 0xffffffffffffffff, 0, NULL }, { READ64, HPET_BASE + 0x10, 3, 0, "two bits" },
		{ WRITE32, HPET_BASE + 0x10, 1, 0, NULL }, { RUN_NS, 1000, 0, 0, NULL }, { READ64, HPET_BASE + 0xf0, 0x12345678fe, 0, NULL },
		{ READ32, HPET_BASE + 0xf4, 0x12, 0, "upper half" }, { WRITE32, HPET_BASE + 0x10, 0, 0, NULL },
		{ RUN_NS, 1000, 0, 0, NULL }, { READ64, HPET_BASE + 0xf0, 0x12345678fe, 0, "stands still again" },
	};
	FAKE_SCRIPT(f->machine, script);
}

static void one_shot(Fixture *f, gconstpointer data)
{
	(void)data;
	put(f, 0x10, 1);
	put(f, T0, 0x2804); /* nothing was set */
	fake_run(f->machine, 0);
	put(f, T0, 0x2800);
	put(f, T0 + 8, 1000);
	g_assert_true(clock_next_deadline(f->machine->clock) == TIMER_OFF);
	put(f, T0, 0x2804);
	fake_run(f->machine, 9990);
	g_assert_cmpuint(f->rises[20], ==, 0);
	fake_run(f->machine, 10);
	g_assert_cmpuint(f->rises[20], ==, 1);
	g_assert_false(f->level[20]);
	g_assert_true(clock_next_deadline(f->machine->clock) == TIMER_OFF);
	put(f, T0, 0x2800);
	put(f, T0, 0x2804); /* what has matched isn't missed */
	fake_run(f->machine, 0);
	g_assert_cmpuint(f->rises[20], ==, 1);
	put(f, T0 + 8, 900); /* just missed: at once */
	fake_run(f->machine, 0);
	g_assert_cmpuint(f->rises[20], ==, 2);
	/* 32 bits: again when the counter comes round */
	put(f, T1, 0x2904);
	put(f, T1 + 8, get(f, 0xf0) + 100);
	fake_run(f->machine, 1000);
	g_assert_cmpuint(f->rises[20], ==, 3);
	fake_run(f->machine, ((int64_t)10 << 32) - 10);
	g_assert_cmpuint(f->rises[20], ==, 3);
	fake_run(f->machine, 10);
	g_assert_cmpuint(f->rises[20], ==, 4);
}

static void periodic(Fixture *f, gconstpointer data)
{
	(void)data;
	put(f, T0, 0x284c);
	put(f, T0 + 8, 50000); /* first, at 500 us */
	put(f, T0 + 8, 10000); /* then every 100 us */
	put(f, 0x10, 1);
	fake_run(f->machine, 499990);
	g_assert_cmpuint(f->rises[20], ==, 0);
	fake_run(f->machine, 10);
	g_assert_cmpuint(f->rises[20], ==, 1);
	fake_run(f->machine, 1000000);
	g_assert_cmpuint(f->rises[20], ==, 11);
	g_assert_cmpuint(get(f, T0 + 8), ==, 160000);
	put(f, T0, 0x2848); /* no interrupt: the comparator goes on, nothing is scheduled */
	g_assert_true(clock_next_deadline(f->machine->clock) == TIMER_OFF);
	fake_run(f->machine, 1000000);
	g_assert_cmpuint(get(f, T0 + 8), ==, 260000);
	put(f, T0, 0x284c);
	put(f, T0 + 8, get(f, 0xf0) + 10);
	put(f, T0 + 8, 1); /* as fast as can be */
	f->rises[20] = 0;
	fake_run(f->machine, 1000000);
	g_assert_cmpuint(f->rises[20], <=, 51);
}

static void levels(Fixture *f, gconstpointer data)
{
	(void)data;
	put(f, 0x10, 1);
	put(f, T2, 0x2806);
	put(f, T2 + 8, 100);
	fake_run(f->machine, 1000);
	g_assert_true(f->level[20]);
	g_assert_cmphex(get(f, 0x20), ==, 4);
	put(f, 0x20, 3);
	g_assert_true(f->level[20]);
	put(f, 0x20, 4);
	g_assert_false(f->level[20]);
	g_assert_cmphex(get(f, 0x20), ==, 0);
}

static void legacy(Fixture *f, gconstpointer data)
{
	(void)data;
	Irq pit = hpet_legacy_input(f->hpet, 0), rtc = hpet_legacy_input(f->hpet, 1);
	irq_pulse(&pit);
	irq_set(&rtc, true);
	g_assert_cmpuint(f->rises[HPET_PINS], ==, 1);
	g_assert_true(f->level[HPET_PINS + 1]);
	put(f, 0x10, 3);
	g_assert_false(f->level[HPET_PINS + 1]);
	irq_pulse(&pit);
	g_assert_cmpuint(f->rises[HPET_PINS], ==, 1);
	put(f, T0 + 8, 100);
	put(f, T0, 4);
	put(f, T1 + 8, 100);
	put(f, T1, 4);
	fake_run(f->machine, 1000);
	g_assert_cmpuint(f->rises[HPET_PINS], ==, 2);
	g_assert_cmpuint(f->rises[HPET_PINS + 1], ==, 2);
	put(f, 0x10, 1);
	g_assert_true(f->level[HPET_PINS + 1]); /* the clock's line shows again */
}

static void messages(Fixture *f, gconstpointer data)
{
	(void)data;
	put(f, T0 + 16, 0xfee0100000004055);
	put(f, T0, 0x4004);
	put(f, T0 + 8, 100);
	put(f, 0x10, 1);
	fake_run(f->machine, 1000);
	g_assert_cmpuint(f->messages, ==, 1);
	g_assert_cmphex(f->address, ==, 0xfee01000);
	g_assert_cmphex(f->data, ==, 0x4055);
}

static void fuzz(Fixture *f, gconstpointer data)
{
	(void)data;
	static const FuzzRange ranges[] = { { true, HPET_BASE, 0x400 }, { true, HPET_BASE, 0x30 }, { true, HPET_BASE + 0xf0, 0x70 } };
	for (uint32_t seed = 0; seed < 40; seed++) {
		fake_fuzz(f->machine, seed, 1000, ranges, G_N_ELEMENTS(ranges));
		put(f, 0x10, 1 | (seed & 2));
		fake_run(f->machine, (int64_t)seed << 20);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(function) g_test_add("/hpet/" #function, Fixture, NULL, set_up, function, tear_down)
	TEST(registers);
	TEST(one_shot);
	TEST(periodic);
	TEST(levels);
	TEST(legacy);
	TEST(messages);
	TEST(fuzz);
	return g_test_run();
}
