/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's alarms (base/alarm.h): set before and during the wait, earlier and later, and the clock's deadline that they are set
 * to. */
#include "base/alarm.h"
#include "base/clock.h"
#include "base/os.h"

enum { SOON_NS = 20000000 };
#define LATER_NS ((int64_t)3600 * 1000000000)

typedef struct Sleeper {
	OsAlarm *alarm;
	int64_t woken_ns;
	GThread *thread;
} Sleeper;

static gpointer sleep_on(gpointer data)
{
	Sleeper *sleeper = data;
	os_alarm_wait(sleeper->alarm);
	sleeper->woken_ns = os_monotonic_ns();
	return NULL;
}

static Sleeper sleeper_new(void)
{
	GError *error = NULL;
	Sleeper sleeper = { .alarm = os_alarm_new(&error) };
	g_assert_no_error(error);
	return sleeper;
}

static void start(Sleeper *sleeper)
{
	sleeper->thread = g_thread_new("sleeper", sleep_on, sleeper);
}

static int64_t woken(Sleeper *sleeper)
{
	g_thread_join(sleeper->thread);
	os_alarm_free(sleeper->alarm);
	return sleeper->woken_ns;
}

static void test_set_before(void)
{
	Sleeper sleeper = sleeper_new();
	int64_t at = os_monotonic_ns() + SOON_NS;
	os_alarm_set(sleeper.alarm, at);
	start(&sleeper);
	g_assert_cmpint(woken(&sleeper), >=, at);
}

static void test_past(void)
{
	static const int64_t times[] = { 0, -1, 1, INT64_MIN };
	for (unsigned n = 0; n < G_N_ELEMENTS(times); n++) {
		Sleeper sleeper = sleeper_new();
		os_alarm_set(sleeper.alarm, times[n]);
		start(&sleeper);
		woken(&sleeper);
	}
}

/* While the thread waits for never, and for later. */
static void test_set_again(void)
{
	for (unsigned later = 0; later < 2; later++) {
		Sleeper sleeper = sleeper_new();
		int64_t now = os_monotonic_ns(), at = now + SOON_NS;
		os_alarm_set(sleeper.alarm, later ? now + LATER_NS : OS_ALARM_OFF);
		start(&sleeper);
		os_alarm_set(sleeper.alarm, at);
		g_assert_cmpint(woken(&sleeper), >=, at);
	}
}

static void nothing(void *owner)
{
	(void)owner;
}

static void test_clock_deadline(void)
{
	g_autoptr(Clock) clock = clock_new();
	Timer timer;
	timer_init(&timer, clock, "test", nothing, NULL);
	g_assert_cmpint(clock_next_deadline(clock), ==, TIMER_OFF);
	timer_set(&timer, LATER_NS);
	g_assert_cmpint(clock_next_deadline(clock), ==, LATER_NS);
	g_assert_cmpint(clock_due_host_ns(clock), ==, TIMER_OFF); /* paused */
	int64_t before = os_monotonic_ns();
	clock_resume(clock);
	int64_t after = os_monotonic_ns();
	g_assert_cmpint(clock_due_host_ns(clock), >=, before + LATER_NS);
	g_assert_cmpint(clock_due_host_ns(clock), <=, after + LATER_NS);
	clock_warp(clock, SOON_NS);
	g_assert_cmpint(clock_due_host_ns(clock), <=, after + LATER_NS - SOON_NS);
	g_assert_cmpint(clock_now(clock), >=, SOON_NS);
	clock_pause(clock);
	int64_t now = clock_now(clock);
	g_assert_cmpint(clock_now(clock), ==, now);
	timer_cancel(&timer);
	g_assert_cmpint(clock_next_deadline(clock), ==, TIMER_OFF);
	clock_resume(clock);
	g_assert_cmpint(clock_due_host_ns(clock), ==, TIMER_OFF);
	g_assert_cmpint(clock_now(clock), <, now + LATER_NS);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/alarm/set-before", test_set_before);
	g_test_add_func("/alarm/past", test_past);
	g_test_add_func("/alarm/set-again", test_set_again);
	g_test_add_func("/clock/deadline", test_clock_deadline);
	return g_test_run();
}
