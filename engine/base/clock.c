/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include "base/os.h"

struct Clock {
	bool running;
	int64_t elapsed_ns;   /* when paused: the time; when running: the time at host_start_ns */
	int64_t host_start_ns;
	int64_t epoch_ns;
	GPtrArray *heap;      /* of Timer *, the earliest first, children of n at 2n + 1 and 2n + 2 */
	void (*notify)(void *owner);
	void *notify_owner;
};

Clock *clock_new(void)
{
	Clock *clock = g_new0(Clock, 1);
	clock->heap = g_ptr_array_new();
	clock->epoch_ns = g_get_real_time() * 1000;
	return clock;
}

void clock_free(Clock *clock)
{
	if (!clock)
		return;
	g_ptr_array_unref(clock->heap);
	g_free(clock);
}

int64_t clock_now(const Clock *clock)
{
	bool running = __atomic_load_n(&clock->running, __ATOMIC_ACQUIRE);
	int64_t elapsed = __atomic_load_n(&clock->elapsed_ns, __ATOMIC_RELAXED);
	return running ? elapsed + os_monotonic_ns() - __atomic_load_n(&clock->host_start_ns, __ATOMIC_RELAXED) : elapsed;
}

void clock_resume(Clock *clock)
{
	if (clock->running)
		return;
	clock->host_start_ns = os_monotonic_ns();
	__atomic_store_n(&clock->running, true, __ATOMIC_RELEASE);
}

void clock_pause(Clock *clock)
{
	int64_t now = clock_now(clock);
	__atomic_store_n(&clock->running, false, __ATOMIC_RELEASE);
	__atomic_store_n(&clock->elapsed_ns, now, __ATOMIC_RELAXED);
}

void clock_warp(Clock *clock, int64_t delta_ns)
{
	__atomic_fetch_add(&clock->elapsed_ns, delta_ns, __ATOMIC_RELAXED);
}

void clock_set_notify(Clock *clock, void (*notify)(void *owner), void *owner)
{
	clock->notify = notify;
	clock->notify_owner = owner;
}

int64_t clock_epoch_ns(const Clock *clock)
{
	return clock->epoch_ns;
}

void clock_set_epoch(Clock *clock, int64_t epoch_ns)
{
	clock->epoch_ns = epoch_ns;
}

/* ---- the heap ---- */

static Timer *at(const Clock *clock, unsigned n)
{
	return g_ptr_array_index(clock->heap, n);
}

static void place(Clock *clock, unsigned n, Timer *timer)
{
	g_ptr_array_index(clock->heap, n) = timer;
	timer->index = n;
}

static void sift_up(Clock *clock, unsigned n, Timer *timer)
{
	while (n && at(clock, (n - 1) / 2)->deadline_ns > timer->deadline_ns) {
		place(clock, n, at(clock, (n - 1) / 2));
		n = (n - 1) / 2;
	}
	place(clock, n, timer);
}

static void sift_down(Clock *clock, unsigned n, Timer *timer)
{
	unsigned count = clock->heap->len;
	for (;;) {
		unsigned child = 2 * n + 1;
		if (child >= count)
			break;
		if (child + 1 < count && at(clock, child + 1)->deadline_ns < at(clock, child)->deadline_ns)
			child++;
		if (at(clock, child)->deadline_ns >= timer->deadline_ns)
			break;
		place(clock, n, at(clock, child));
		n = child;
	}
	place(clock, n, timer);
}

void timer_init(Timer *timer, Clock *clock, const char *name, TimerFn *run, void *owner)
{
	*timer = (Timer){ .clock = clock, .name = name, .run = run, .owner = owner, .deadline_ns = TIMER_OFF };
}

void timer_cancel(Timer *timer)
{
	if (!timer_is_set(timer))
		return;
	Clock *clock = timer->clock;
	unsigned n = timer->index;
	Timer *last = at(clock, clock->heap->len - 1);
	timer->deadline_ns = TIMER_OFF;
	g_ptr_array_set_size(clock->heap, (gint)clock->heap->len - 1);
	if (last == timer)
		return;
	if (n && at(clock, (n - 1) / 2)->deadline_ns > last->deadline_ns)
		sift_up(clock, n, last);
	else
		sift_down(clock, n, last);
}

void timer_set(Timer *timer, int64_t deadline_ns)
{
	Clock *clock = timer->clock;
	timer_cancel(timer);
	if (deadline_ns == TIMER_OFF)
		return;
	timer->deadline_ns = deadline_ns;
	g_ptr_array_add(clock->heap, timer);
	sift_up(clock, clock->heap->len - 1, timer);
	if (timer->index == 0 && clock->notify)
		clock->notify(clock->notify_owner);
}

int64_t clock_next_deadline(const Clock *clock)
{
	return clock->heap->len ? at(clock, 0)->deadline_ns : TIMER_OFF;
}

int64_t clock_run(Clock *clock)
{
	/* A timer that sets itself again for now must not keep the loop for ever: what is due is due as of one moment. */
	int64_t now = clock_now(clock);
	while (clock_next_deadline(clock) <= now) {
		Timer *timer = at(clock, 0);
		timer_cancel(timer);
		timer->run(timer->owner);
	}
	return clock_next_deadline(clock);
}

uint64_t clock_ns_to_ticks(int64_t ns, uint64_t hz)
{
	return (uint64_t)((unsigned __int128)(uint64_t)ns * hz / 1000000000u);
}

int64_t clock_ticks_to_ns(uint64_t ticks, uint64_t hz)
{
	return (int64_t)(((unsigned __int128)ticks * 1000000000u + hz - 1) / hz);
}
