/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clock: the calendar against GLib's, its forms, updates, alarm, periodic and lost ticks. */
#include "fake-machine.h"
#include "hw/chipset/mc146818.h"

#define SECOND 1000000000ll

static Machine *new_machine(const char *start, const char *policy)
{
	Machine *machine = fake_machine_new();
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(start, NULL);
	clock_set_epoch(machine->clock, g_date_time_to_unix(time) * SECOND);
	fake_device(machine, &mc146818_class, "lost_tick_policy", policy, NULL);
	return machine;
}

static void put(Machine *machine, uint8_t index, uint8_t value)
{
	port_write(machine->ports, 0x70, index, 1);
	port_write(machine->ports, 0x71, value, 1);
}

static unsigned get(Machine *machine, uint8_t index)
{
	port_write(machine->ports, 0x70, index, 1);
	return port_read(machine->ports, 0x71, 1);
}

static char *shown(Machine *machine)
{
	return g_strdup_printf("%02x%02x-%02x-%02xT%02x:%02x:%02x %x", get(machine, 0x32), get(machine, 9), get(machine, 8), get(machine, 7),
			       get(machine, 4), get(machine, 2), get(machine, 0), get(machine, 6));
}

#define SHOWS(machine, text) do { \
	g_autofree char *is = shown(machine); \
	g_assert_cmpstr(is, ==, text); } while (0)

/* A long way by steps that aren't regular, each compared. */
static void calendar(void)
{
	Machine *machine = new_machine("1999-12-31T23:59:58Z", "discard");
	SHOWS(machine, "1999-12-31T23:59:58 6");
	fake_run(machine, 2 * SECOND);
	SHOWS(machine, "2000-01-01T00:00:00 7");
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601("2000-01-01T00:00:00Z", NULL);
	for (unsigned n = 0; n < 2000; n++) {
		int64_t seconds = 7 + n % 5 * 86399 * (int64_t)(n % 11) + n * 13;
		fake_run(machine, seconds * SECOND);
		GDateTime *next = g_date_time_add_seconds(time, (double)seconds);
		g_date_time_unref(time);
		time = next;
		g_autofree char *date = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
		g_autofree char *expected = g_strdup_printf("%s %d", date, g_date_time_get_day_of_week(time) % 7 + 1);
		SHOWS(machine, expected);
	}
	fake_machine_free(machine);
}

/* The host's time while the machine stood still: the calendar and the alarm know of it, periodic ticks aren't made up for. */
static void passing(void)
{
	Machine *machine = new_machine("2023-12-31T23:59:00Z", "slew");
	Rtc *rtc = g_ptr_array_index(machine->devices, 0);
	put(machine, 0x05, 0x00); /* alarm at 00:00:30 */
	put(machine, 0x03, 0x00);
	put(machine, 0x01, 0x30);
	put(machine, 0x0b, 0x62); /* periodic and alarm interrupts */
	fake_run(machine, SECOND / 4);
	get(machine, 0x0c);
	rtc_let_pass(rtc, 89 * SECOND);
	SHOWS(machine, "2024-01-01T00:00:29 2");
	g_assert_cmpuint(get(machine, 0x0c) & 0x60, ==, 0);
	rtc_let_pass(rtc, 3600 * SECOND);
	SHOWS(machine, "2024-01-01T01:00:29 2");
	g_assert_cmpuint(get(machine, 0x0c) & 0xe0, ==, 0xa0);
	rtc_let_pass(rtc, -5 * SECOND);
	SHOWS(machine, "2024-01-01T01:00:29 2");
	g_assert_cmpuint(get(machine, 0x0c) & 0x60, ==, 0);
	fake_run(machine, SECOND);
	SHOWS(machine, "2024-01-01T01:00:30 2");
	g_assert_cmpuint(get(machine, 0x0c) & 0xc0, ==, 0xc0);
	fake_machine_free(machine);
}

static void forms(void)
{
	Machine *machine = new_machine("2023-11-05T23:45:56Z", "discard");
	static const RegisterStep script[] = {
		{ IN8, 0x70, 0xff, 0, "not readable" },
		{ OUT8, 0x70, 0x0b, 0, NULL }, { IN8, 0x71, 0x02, 0, "24 hours, BCD" }, { OUT8, 0x71, 0x00, 0, "12 hours" },
		{ OUT8, 0x70, 0x04, 0, NULL }, { IN8, 0x71, 0x91, 0, "11 PM" },
		{ OUT8, 0x70, 0x0b, 0, NULL }, { OUT8, 0x71, 0x06, 0, "binary" },
		{ OUT8, 0x70, 0x04, 0, NULL }, { IN8, 0x71, 23, 0, NULL }, { OUT8, 0x70, 0x02, 0, NULL }, { IN8, 0x71, 45, 0, NULL },
		{ OUT8, 0x70, 0x00, 0, NULL }, { IN8, 0x71, 56, 0, NULL }, { OUT8, 0x70, 0x09, 0, NULL }, { IN8, 0x71, 23, 0, NULL },
		{ OUT8, 0x70, 0x32, 0, NULL }, { IN8, 0x71, 20, 0, NULL }, { OUT8, 0x70, 0x06, 0, NULL }, { IN8, 0x71, 1, 0, "Sunday" },
		{ OUT8, 0x70, 0x0a, 0, NULL }, { IN8, 0x71, 0x26, 0, NULL }, { OUT8, 0x70, 0x0d, 0, NULL }, { IN8, 0x71, 0x80, 0, NULL },
		{ OUT8, 0x71, 0x00, 0, NULL }, { IN8, 0x71, 0x80, 0, "read-only" },
		{ OUT8, 0x70, 0x5f, 0, NULL }, { OUT8, 0x71, 0xa5, 0, NULL }, { IN8, 0x71, 0xa5, 0, "memory" },
	};
	FAKE_SCRIPT(machine, script);
	fake_machine_free(machine);
}

static void setting(void)
{
	Machine *machine = new_machine("2023-11-05T23:45:56Z", "discard");
	fake_run(machine, SECOND / 4);
	put(machine, 0x0b, 0x92); /* SET clears UIE */
	g_assert_cmphex(get(machine, 0x0b), ==, 0x82);
	fake_run(machine, 5 * SECOND);
	SHOWS(machine, "2023-11-05T23:45:56 1");
	const uint8_t values[][2] = { { 0, 0x59 }, { 2, 0x59 }, { 4, 0x23 }, { 6, 0x05 }, { 7, 0x29 }, { 8, 0x02 }, { 9, 0x24 }, { 0x32, 0x20 } };
	for (unsigned n = 0; n < G_N_ELEMENTS(values); n++)
		put(machine, values[n][0], values[n][1]);
	g_assert_cmphex(get(machine, 0x0a), ==, 0x26); /* no update in progress ever */
	put(machine, 0x0b, 0x02);
	fake_run(machine, SECOND * 3 / 4 - 1000000);
	SHOWS(machine, "2024-02-29T23:59:59 5");
	g_assert_cmphex(get(machine, 0x0a), ==, 0xa6); /* UIP */
	fake_run(machine, 1000000);
	g_assert_cmphex(get(machine, 0x0a), ==, 0x26);
	SHOWS(machine, "2024-03-01T00:00:00 6");
	put(machine, 0x0a, 0x76); /* the divider is held */
	fake_run(machine, 10 * SECOND);
	SHOWS(machine, "2024-03-01T00:00:00 6");
	put(machine, 0x0a, 0x26);
	fake_run(machine, SECOND / 2 - 1000);
	SHOWS(machine, "2024-03-01T00:00:00 6");
	fake_run(machine, 1000);
	SHOWS(machine, "2024-03-01T00:00:01 6");
	fake_machine_free(machine);
}

static void interrupts(void)
{
	Machine *machine = new_machine("2023-11-05T23:45:56Z", "discard");
	g_assert_true(clock_next_deadline(machine->clock) == TIMER_OFF);
	fake_run(machine, 10 * SECOND);
	g_assert_cmphex(get(machine, 0x0c), ==, 0x50); /* flags without interrupts: PF, UF */
	g_assert_cmphex(get(machine, 0x0c), ==, 0x00);
	put(machine, 0x0b, 0x12);
	fake_run(machine, SECOND);
	g_assert_true(machine->isa_level[8]);
	fake_run(machine, 20 * SECOND);
	g_assert_cmpuint(machine->isa_rises[8], ==, 1); /* until C is read, nothing more */
	g_assert_true(clock_next_deadline(machine->clock) == TIMER_OFF);
	g_assert_cmphex(get(machine, 0x0c), ==, 0xd0);
	g_assert_false(machine->isa_level[8]);
	/* alarm: at 23:47:00, then at each full minute */
	put(machine, 0x0b, 0x22);
	put(machine, 1, 0x00);
	put(machine, 3, 0x47);
	put(machine, 5, 0x23);
	get(machine, 0x0c);
	fake_run(machine, 32 * SECOND);
	g_assert_false(machine->isa_level[8]);
	fake_run(machine, SECOND);
	g_assert_true(machine->isa_level[8]);
	g_assert_cmphex(get(machine, 0x0c), ==, 0xf0);
	put(machine, 3, 0xff);
	put(machine, 5, 0xc0);
	machine->isa_rises[8] = 0;
	for (unsigned n = 0; n < 5; n++) {
		fake_run(machine, 60 * SECOND);
		g_assert_cmphex(get(machine, 0x0c) & 0xa0, ==, 0xa0);
	}
	g_assert_cmpuint(machine->isa_rises[8], ==, 5);
	put(machine, 0x0b, 0x02);
	g_assert_true(clock_next_deadline(machine->clock) == TIMER_OFF);
	fake_machine_free(machine);
}

static void periodic(void)
{
	Machine *machine = new_machine("2023-11-05T23:45:56Z", "discard");
	put(machine, 0x0b, 0x42);
	unsigned ticks = 0;
	for (unsigned n = 0; n < 10000; n++) {
		fake_run(machine, SECOND / 10000);
		if (machine->isa_level[8]) {
			ticks++;
			g_assert_cmphex(get(machine, 0x0c) & 0xc0, ==, 0xc0);
		}
	}
	g_assert_cmpuint(ticks, ==, 1024);
	put(machine, 0x0a, 0x21); /* 256 Hz */
	for (ticks = 0; ticks < 256; ticks++) {
		get(machine, 0x0c);
		fake_run(machine, SECOND / 256);
		g_assert_true(machine->isa_level[8]);
	}
	fake_machine_free(machine);
}

/* The guest sleeps for a second of 64 Hz; after it, all ticks are there. */
static unsigned ticks_after_sleep(const char *policy)
{
	Machine *machine = new_machine("2023-11-05T23:45:56Z", policy);
	put(machine, 0x0a, 0x2a);
	put(machine, 0x0b, 0x42);
	get(machine, 0x0c);
	fake_run(machine, SECOND);
	unsigned ticks = 0;
	for (unsigned n = 0; n < 10000; n++) {
		if (machine->isa_level[8]) {
			get(machine, 0x0c);
			ticks++;
		}
		fake_run(machine, SECOND / 10000);
	}
	fake_machine_free(machine);
	return ticks;
}

static void lost_ticks(void)
{
	g_assert_cmpuint(ticks_after_sleep("discard"), ==, 64);
	g_assert_cmpuint(ticks_after_sleep("slew"), ==, 127);
}

static void fuzz(void)
{
	Machine *machine = new_machine("2023-11-05T23:45:56Z", "slew");
	static const FuzzRange ranges[] = { { false, 0x70, 2 } };
	fake_fuzz(machine, 1, 20000, ranges, 1);
	GRand *dice = g_rand_new_with_seed(2);
	for (unsigned n = 0; n < 30000; n++) {
		put(machine, (uint8_t)g_rand_int_range(dice, 0, 14), (uint8_t)g_rand_int(dice));
		fake_run(machine, g_rand_int_range(dice, 0, 50000));
		get(machine, (uint8_t)g_rand_int_range(dice, 0, 14));
	}
	g_rand_free(dice);
	fake_machine_free(machine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(function) g_test_add_func("/mc146818/" #function, function)
	TEST(calendar);
	TEST(passing);
	TEST(forms);
	TEST(setting);
	TEST(interrupts);
	TEST(periodic);
	TEST(lost_ticks);
	TEST(fuzz);
	return g_test_run();
}
