/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who waits for the next event of the virtual clock, and runs it.
 *
 * A guest that has nothing to do sleeps until its own timer rings, a hundred times a second and more. Woken for each are the fewest
 * threads: a processor at rest keeps the time itself (the keeper, one of them), so that what rings is most often for the one that
 * is awake by it. While all processors run guest code, the timer thread is the one. It waits for an alarm that anybody sets
 * without waking it. A keeper puts it off until shortly after the event that it rests for: guest code that such an event starts is
 * mostly done by then, and the next keeper puts it off again. So a tick costs one such setting, and no thread but the keeper's.
 *
 * Timers have threads of their own because main loops count milliseconds, and guests' clocks want microseconds. */
#include "machine/machine-private.h"

/* The alarm rings later than the keeper by half of its rest, in these limits: time for the host to wake the keeper, and for the guest
 * to do what a tick asks for. */
enum { LEAST_SPARE_NS = 200000, MOST_SPARE_NS = 100000000 };

static void set_alarm(Timekeeper *keeper, int64_t at_ns)
{
	if (keeper->alarm_ns == at_ns)
		return;
	keeper->alarm_ns = at_ns;
	os_alarm_set(keeper->alarm, at_ns);
}

static void put_off_alarm(Timekeeper *keeper, int64_t now_ns, int64_t due_ns)
{
	int64_t spare_ns = CLAMP((due_ns - now_ns) / 2, LEAST_SPARE_NS, MOST_SPARE_NS);
	if (keeper->alarm_ns < due_ns || keeper->alarm_ns - due_ns < spare_ns / 2)
		set_alarm(keeper, due_ns < OS_ALARM_OFF - spare_ns ? due_ns + spare_ns : OS_ALARM_OFF);
}

void timekeeper_look(Machine *machine)
{
	Timekeeper *keeper = &machine->timekeeper;
	int64_t due_ns = clock_due_host_ns(machine->clock);
	if (keeper->rests && due_ns < keeper->until_ns)
		g_cond_signal(keeper->rests);
	else if (!keeper->rests && due_ns < keeper->alarm_ns)
		set_alarm(keeper, due_ns);
}

/* ---- a processor at rest ---- */

static int64_t to_host_us(int64_t ns)
{
	return g_get_monotonic_time() + (ns - os_monotonic_ns() + 999) / 1000;
}

/* With `sleeps` around the wait alone: what rings here needs nobody woken. */
static void sleep_until(Vcpu *v, int64_t until_ns)
{
	v->sleeps = true;
	if (until_ns == INT64_MAX)
		g_cond_wait(&v->wake, &v->machine->lock);
	else
		g_cond_wait_until(&v->wake, &v->machine->lock, to_host_us(until_ns));
	v->sleeps = false;
}

void timekeeper_rest(Vcpu *v, int64_t until_ns)
{
	Machine *machine = v->machine;
	Timekeeper *keeper = &machine->timekeeper;
	bool keeps = !keeper->rests || keeper->rests == &v->wake;
	if (keeps) {
		keeper->rests = &v->wake;
		int64_t due_ns = clock_due_host_ns(machine->clock), now_ns = os_monotonic_ns();
		if (due_ns <= now_ns) {
			clock_run(machine->clock);
			return; /* that may have been what this processor waits for */
		}
		put_off_alarm(keeper, now_ns, due_ns);
		until_ns = keeper->until_ns = MIN(until_ns, due_ns);
	}
	sleep_until(v, until_ns);
	if (keeps)
		keeper->until_ns = INT64_MIN;
}

void timekeeper_rested(Vcpu *v)
{
	if (v->machine->timekeeper.rests != &v->wake)
		return;
	v->machine->timekeeper.rests = NULL;
	timekeeper_look(v->machine);
}

void timekeeper_hurry(Machine *machine)
{
	if (!g_mutex_trylock(&machine->lock))
		return; /* by whoever keeps the time, perhaps */
	if (clock_due_host_ns(machine->clock) <= os_monotonic_ns())
		clock_run(machine->clock);
	g_mutex_unlock(&machine->lock);
}

/* ---- the thread ---- */

static gpointer timer_thread(gpointer data)
{
	Machine *machine = data;
	Timekeeper *keeper = &machine->timekeeper;
	g_mutex_lock(&machine->lock);
	while (!machine->stopping) {
		keeper->alarm_ns = OS_ALARM_OFF; /* it has rung */
		if (clock_due_host_ns(machine->clock) <= os_monotonic_ns())
			clock_run(machine->clock);
		timekeeper_look(machine);
		g_mutex_unlock(&machine->lock);
		os_alarm_wait(keeper->alarm);
		g_mutex_lock(&machine->lock);
	}
	g_mutex_unlock(&machine->lock);
	return NULL;
}

bool timekeeper_init(Machine *machine, GError **error)
{
	Timekeeper *keeper = &machine->timekeeper;
	keeper->alarm_ns = OS_ALARM_OFF;
	keeper->until_ns = INT64_MIN;
	keeper->alarm = os_alarm_new(error);
	return keeper->alarm;
}

void timekeeper_start(Machine *machine)
{
	machine->timekeeper.thread = machine_thread_new(machine, "timers", timer_thread, machine);
}

void timekeeper_stop(Machine *machine)
{
	g_mutex_lock(&machine->lock);
	set_alarm(&machine->timekeeper, 0); /* nobody sets it later again: there is nothing earlier */
	g_mutex_unlock(&machine->lock);
	g_clear_pointer(&machine->timekeeper.thread, g_thread_join);
}

void timekeeper_clear(Machine *machine)
{
	os_alarm_free(machine->timekeeper.alarm);
}
