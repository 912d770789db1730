/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include "base/os.h"

#define RUNNING INT64_MIN

/* Threads read the time without the lock, while another may be pausing the clock: whichever of the two they go by is right. */
struct Clock {
	int64_t paused_ns;    /* the time while the clock stands still, or RUNNING */
	int64_t ahead_ns;     /* while it runs: of the host's clock */
	int64_t epoch_ns;
	GPtrArray *heap;      /* of Timer *, the earliest first, children of n at 2n + 1 and 2n + 2 */
	int64_t next_ns;      /* the earliest deadline, for readers without the lock */
	void (*notify)(void *owner);
	void *notify_owner;
};

Clock *clock_new(void)
{
	Clock *clock = g_new0(Clock, 1);
	clock->heap = g_ptr_array_new();
	clock->next_ns = TIMER_OFF;
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
	int64_t paused = __atomic_load_n(&clock->paused_ns, __ATOMIC_ACQUIRE);
	return paused == RUNNING ? __atomic_load_n(&clock->ahead_ns, __ATOMIC_RELAXED) + os_monotonic_ns() : paused;
}

void clock_resume(Clock *clock)
{
	if (clock->paused_ns == RUNNING)
		return;
	__atomic_store_n(&clock->ahead_ns, clock->paused_ns - os_monotonic_ns(), __ATOMIC_RELAXED);
	__atomic_store_n(&clock->paused_ns, RUNNING, __ATOMIC_RELEASE);
}

void clock_pause(Clock *clock)
{
	__atomic_store_n(&clock->paused_ns, clock_now(clock), __ATOMIC_RELEASE);
}

void clock_warp(Clock *clock, int64_t delta_ns)
{
	__atomic_fetch_add(clock->paused_ns == RUNNING ? &clock->ahead_ns : &clock->paused_ns, delta_ns, __ATOMIC_RELAXED);
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

static void note_next(Clock *clock)
{
	__atomic_store_n(&clock->next_ns, clock->heap->len ? at(clock, 0)->deadline_ns : TIMER_OFF, __ATOMIC_RELAXED);
}

void timer_init(Timer *timer, Clock *clock, const char *name, TimerFn *run, void *owner)
{
	*timer = (Timer){ .clock = clock, .name = name, .run = run, .owner = owner, .deadline_ns = TIMER_OFF };
}

static void take_out(Clock *clock, Timer *timer)
{
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

void timer_cancel(Timer *timer)
{
	if (!timer_is_set(timer))
		return;
	take_out(timer->clock, timer);
	note_next(timer->clock);
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
	note_next(clock);
	if (timer->index == 0 && clock->notify)
		clock->notify(clock->notify_owner);
}

int64_t clock_next_deadline(const Clock *clock)
{
	return __atomic_load_n(&clock->next_ns, __ATOMIC_RELAXED);
}

int64_t clock_due_host_ns(const Clock *clock)
{
	int64_t next = clock_next_deadline(clock);
	return clock->paused_ns == RUNNING && next != TIMER_OFF ? next - clock->ahead_ns : TIMER_OFF;
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
