/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 8254's six modes against a count made tick by tick, its latches, and port 0x61. */
#include "fake-machine.h"
#include "hw/chipset/i8254.h"
#include "hw/chipset/pcspk.h"

typedef struct Fixture {
	Machine *machine;
	I8254 *pit;
	unsigned heard;
	SpeakerState last;
} Fixture;

static void heard(void *owner, const SpeakerState *state)
{
	Fixture *f = owner;
	f->heard++;
	f->last = *state;
}

static void set_up(Fixture *f, gconstpointer data)
{
	(void)data;
	f->machine = fake_machine_new();
	f->pit = (I8254 *)device_new(f->machine, &i8254_class, NULL);
	i8254_set_output(f->pit, machine_isa_irq(f->machine, 0));
	g_assert_true(device_realize((Device *)f->pit, NULL));
	i8254_class.reset((Device *)f->pit);
	PcSpeaker *speaker = (PcSpeaker *)device_new(f->machine, &pcspk_class, NULL);
	pcspk_connect(speaker, f->pit);
	pcspk_set_listener(speaker, heard, f);
	g_assert_true(device_realize((Device *)speaker, NULL));
	pcspk_class.reset((Device *)speaker);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	fake_machine_free(f->machine);
}

static void out(Fixture *f, uint16_t port, uint8_t value)
{
	port_write(f->machine->ports, port, value, 1);
}

static unsigned in(Fixture *f, uint16_t port)
{
	return port_read(f->machine->ports, port, 1);
}

/* Lets the clock go on until the 8254 has counted to `tick`. */
static void run_to(Fixture *f, uint64_t tick)
{
	fake_run(f->machine, clock_ticks_to_ns(tick, I8254_HZ) - clock_now(f->machine->clock));
}

static uint64_t tick(const Fixture *f)
{
	return clock_ns_to_ticks(clock_now(f->machine->clock), I8254_HZ);
}

static unsigned count2(Fixture *f)
{
	out(f, 0x43, 0x80);
	unsigned low = in(f, 0x42);
	return low | in(f, 0x42) << 8;
}

static void program2(Fixture *f, unsigned mode, unsigned count)
{
	out(f, 0x43, (uint8_t)(0xb0 | mode << 1));
	out(f, 0x42, (uint8_t)count);
	out(f, 0x42, (uint8_t)(count >> 8));
}

/* The datasheet's waveforms, from the tick of the count on: OUT as H and L, and the counts beside. */
static const struct Wave {
	unsigned mode, count;
	bool trigger; /* by the gate after the count was written */
	const char *out;
	int counts[12]; /* -1: not asked */
} waves[] = {
	{ 0, 4, false, "LLLLLHHH", { -1, 4, 3, 2, 1, 0, 0xffff, 0xfffe } },
	{ 1, 3, true, "HLLLHHHH", { -1, 3, 2, 1, 0, 0xffff, 0xfffe, 0xfffd } },
	{ 2, 3, false, "HHHLHHLH", { -1, 3, 2, 1, 3, 2, 1, 3 } },
	{ 3, 4, false, "HHHLLHHLL", { -1, 4, 2, 4, 2, 4, 2, 4, 2 } },
	{ 3, 5, false, "HHHHLLHHHLL", { -1, 4, 2, 0, 4, 2, 4, 2, 0, 4, 2 } },
	{ 4, 3, false, "HHHHLHHH", { -1, 3, 2, 1, 0, 0xffff, 0xfffe, 0xfffd } },
	{ 5, 3, true, "HHHHLHHH", { -1, 3, 2, 1, 0, 0xffff, 0xfffe, 0xfffd } },
	{ 6, 3, false, "HHHLHHLH", { -1, 3, 2, 1, 3, 2, 1, 3 } },
};

static void try_wave(Fixture *f, const struct Wave *wave)
{
	out(f, 0x61, wave->trigger ? 0 : 1);
	program2(f, wave->mode, wave->count);
	if (wave->trigger)
		out(f, 0x61, 1);
	uint64_t from = tick(f);
	for (unsigned n = 0; wave->out[n]; n++) {
		run_to(f, from + n);
		char is = in(f, 0x61) & 0x20 ? 'H' : 'L';
		if (is != wave->out[n] || (wave->counts[n] >= 0 && count2(f) != (unsigned)wave->counts[n]))
			g_error("mode %u, count %u, tick %u: OUT %c, count 0x%x", wave->mode, wave->count, n, is, count2(f));
	}
}

static void modes(Fixture *f, gconstpointer data)
{
	(void)data;
	for (unsigned n = 0; n < G_N_ELEMENTS(waves); n++)
		try_wave(f, &waves[n]);
}

static void gates(Fixture *f, gconstpointer data)
{
	(void)data;
	out(f, 0x61, 1);
	program2(f, 0, 100);
	run_to(f, tick(f) + 11);
	g_assert_cmpuint(count2(f), ==, 90);
	out(f, 0x61, 0); /* held */
	run_to(f, tick(f) + 1000);
	g_assert_cmpuint(count2(f), ==, 90);
	out(f, 0x61, 1);
	run_to(f, tick(f) + 10);
	g_assert_cmpuint(count2(f), ==, 80);
	program2(f, 2, 100);
	run_to(f, tick(f) + 100);
	g_assert_false(in(f, 0x61) & 0x20);
	out(f, 0x61, 0); /* up at once, and begins anew with the gate */
	g_assert_true(in(f, 0x61) & 0x20);
	out(f, 0x61, 1);
	run_to(f, tick(f) + 1);
	g_assert_cmpuint(count2(f), ==, 100);
}

static void new_counts(Fixture *f, gconstpointer data)
{
	(void)data;
	out(f, 0x61, 1);
	program2(f, 2, 100);
	uint64_t from = tick(f) + 1;
	run_to(f, from + 50);
	out(f, 0x42, 10);
	out(f, 0x42, 0);
	run_to(f, from + 60);
	g_assert_cmpuint(count2(f), ==, 40); /* the period ends first */
	run_to(f, from + 103);
	g_assert_cmpuint(count2(f), ==, 7);
	program2(f, 3, 100);
	from = tick(f) + 1;
	run_to(f, from + 20);
	out(f, 0x42, 10);
	out(f, 0x42, 0);
	run_to(f, from + 49);
	g_assert_true(in(f, 0x61) & 0x20);
	run_to(f, from + 54);
	g_assert_false(in(f, 0x61) & 0x20); /* the low half is the new count's */
	run_to(f, from + 55);
	g_assert_true(in(f, 0x61) & 0x20);
}

static void latches(Fixture *f, gconstpointer data)
{
	(void)data;
	static const RegisterStep script[] = {
		{ OUT8, 0x61, 0x01, 0, NULL },
		{ OUT8, 0x43, 0xb4, 0, "counter 2, both bytes, mode 2" },
		{ OUT8, 0x43, 0xe8, 0, "status of 2" }, { IN8, 0x42, 0xf4, 0, "OUT, null count" },
		{ OUT8, 0x42, 0x34, 0, NULL }, { OUT8, 0x42, 0x12, 0, NULL },
		{ RUN_NS, 10000, 0, 0, NULL },
		{ OUT8, 0x43, 0x80, 0, "latch" }, { RUN_NS, 10000, 0, 0, NULL },
		{ OUT8, 0x43, 0x80, 0, "a second latch does nothing" },
		{ IN8, 0x42, 0x2a, 0, "0x1234 - 10" }, { IN8, 0x42, 0x12, 0, NULL },
		{ OUT8, 0x43, 0xc8, 0, "status and count" }, { IN8, 0x42, 0xb4, 0, "status first" },
		{ IN8, 0x42, 0x1e, 0, "0x1234 - 22" }, { IN8, 0x42, 0x12, 0, NULL },
		{ OUT8, 0x43, 0x91, 0, "LSB only, mode 0, BCD" }, { OUT8, 0x42, 0x50, 0, NULL },
		{ RUN_NS, 20000, 0, 0, NULL }, { IN8, 0x42, 0x27, 0, "50 - 23, in decimal" }, { IN8, 0x42, 0x27, 0, "unlatched, one byte" },
		{ OUT8, 0x43, 0xa0, 0, "MSB only" }, { OUT8, 0x42, 0x80, 0, NULL }, { RUN_NS, 220000, 0, 0, NULL },
		{ IN8, 0x42, 0x7e, 0, NULL },
		{ IN8, 0x43, 0xff, 0, "not readable" },
	};
	FAKE_SCRIPT(f->machine, script);
}

static void interrupts(Fixture *f, gconstpointer data)
{
	(void)data;
	static const RegisterStep script[] = {
		{ OUT8, 0x43, 0x34, 0, "rate generator, 1000 Hz" }, { OUT8, 0x40, 0xa9, 0, NULL }, { OUT8, 0x40, 0x04, 0, NULL },
		{ IRQ_RISES, 0, 1, 0, "OUT goes up with the control word" },
		{ RUN_NS, 1000001000, 0, 0, NULL }, { IRQ_RISES, 0, 1000, 0, NULL },
		{ OUT8, 0x43, 0x36, 0, "square wave, 100 Hz" }, { OUT8, 0x40, 0x9b, 0, NULL }, { OUT8, 0x40, 0x2e, 0, NULL },
		{ IRQ_RISES, 0, 0, 0, NULL }, { RUN_NS, 1000001000, 0, 0, NULL }, { IRQ_RISES, 0, 100, 0, NULL },
		{ OUT8, 0x43, 0x30, 0, "once" }, { IRQ_LEVEL, 0, 0, 0, "OUT goes down with the control word" },
		{ OUT8, 0x40, 0x00, 0, NULL }, { OUT8, 0x40, 0x10, 0, NULL },
		{ RUN_NS, 3433000, 0, 0, NULL }, { IRQ_LEVEL, 0, 0, 0, NULL }, { RUN_NS, 2000, 0, 0, NULL }, { IRQ_LEVEL, 0, 1, 0, NULL },
		{ RUN_NS, 1000000000, 0, 0, NULL }, { IRQ_RISES, 0, 1, 0, "and never again" },
		{ OUT8, 0x43, 0x14, 0, "as fast as can be" }, { OUT8, 0x40, 0x02, 0, NULL }, { RUN_NS, 1000000, 0, 0, NULL },
	};
	FAKE_SCRIPT(f->machine, script);
	g_assert_cmpuint(f->machine->isa_rises[0], <=, 51);
	g_assert_cmpuint(f->machine->isa_rises[0], >, 10);
	f->machine->isa_rises[0] = 0;
	out(f, 0x43, 0x30); /* a one-shot without count: nothing is scheduled */
	g_assert_true(clock_next_deadline(f->machine->clock) == TIMER_OFF);
}

static void speaker(Fixture *f, gconstpointer data)
{
	(void)data;
	static const RegisterStep script[] = {
		{ IN8, 0x61, 0x20, 0x10, "nothing on" },
		{ OUT8, 0x43, 0xb6, 0, NULL }, { OUT8, 0x42, 0xa9, 0, NULL }, { OUT8, 0x42, 0x04, 0, NULL },
		{ OUT8, 0x61, 0xff, 0, "only four bits are writable" }, { IN8, 0x61, 0x0f, 0x30, NULL },
		{ OUT8, 0x61, 0x03, 0, NULL }, { IN8, 0x61, 0x03, 0x30, NULL },
	};
	FAKE_SCRIPT(f->machine, script);
	g_assert_cmpuint(f->heard, >=, 3);
	g_assert_true(f->last.data && f->last.gate);
	g_assert_cmpuint(f->last.mode, ==, 3);
	g_assert_cmpuint(f->last.count, ==, 1193);
	unsigned changes = 0;
	for (unsigned n = 0, was = in(f, 0x61) & 0x10; n < 1000; n++) {
		fake_run(f->machine, 1000);
		unsigned is = in(f, 0x61) & 0x10;
		changes += is != was;
		was = is;
	}
	g_assert_cmpuint(changes, ==, 66); /* a millisecond of 15.1 us */
}

static void fuzz(Fixture *f, gconstpointer data)
{
	(void)data;
	static const FuzzRange ranges[] = { { false, 0x40, 4 }, { false, 0x61, 1 } };
	fake_fuzz(f->machine, 1, 30000, ranges, G_N_ELEMENTS(ranges));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(function) g_test_add("/i8254/" #function, Fixture, NULL, set_up, function, tear_down)
	TEST(modes);
	TEST(gates);
	TEST(new_counts);
	TEST(latches);
	TEST(interrupts);
	TEST(speaker);
	TEST(fuzz);
	return g_test_run();
}
