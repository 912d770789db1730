/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual clock of a machine and its queue of events.
 *
 * Nanoseconds since the machine was made, standing still while it is paused. Nothing in the engine but this file looks at the
 * host's clock. Thread: clock_now() and clock_next_deadline() from any; all others under the machine's lock. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Clock Clock;

typedef void TimerFn(void *owner);

/* Lives in its owner's struct; `name` says in `info` and in saved states whose it is. */
typedef struct Timer {
	Clock *clock;
	const char *name;
	TimerFn *run;
	void *owner;
	int64_t deadline_ns; /* TIMER_OFF: not queued */
	unsigned index;	     /* in the clock's heap */
} Timer;

#define TIMER_OFF INT64_MAX

Clock *clock_new(void);
void clock_free(Clock *clock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Clock, clock_free)

int64_t clock_now(const Clock *clock);
/* Begins paused, at 0. */
void clock_resume(Clock *clock);
void clock_pause(Clock *clock);
/* Jumps ahead; not past the next deadline by its caller's promise. */
void clock_warp(Clock *clock, int64_t delta_ns);

void timer_init(Timer *timer, Clock *clock, const char *name, TimerFn *run, void *owner);
/* Once, at that time; in the past: at the next clock_run(). Replaces an earlier deadline. */
void timer_set(Timer *timer, int64_t deadline_ns);
void timer_cancel(Timer *timer);
static inline bool timer_is_set(const Timer *timer)
{
	return timer->deadline_ns != TIMER_OFF;
}

/* Runs what is due, earliest first. Returns the next deadline, or TIMER_OFF. */
int64_t clock_run(Clock *clock);
int64_t clock_next_deadline(const Clock *clock);
/* When that will be by the host's os_monotonic_ns(); TIMER_OFF also while the clock is paused. */
int64_t clock_due_host_ns(const Clock *clock);
/* Called, under the machine's lock, when the earliest deadline becomes earlier: whoever sleeps until it must look again. */
void clock_set_notify(Clock *clock, void (*notify)(void *owner), void *owner);

/* Ticks of a device's oscillator: ns * hz / 10^9 without overflow, and back (rounded up). */
uint64_t clock_ns_to_ticks(int64_t ns, uint64_t hz);
int64_t clock_ticks_to_ns(uint64_t ticks, uint64_t hz);
/* The wall clock as the guest sees it at virtual time 0, in nanoseconds since 1970 (UTC); the RTC builds on it. */
int64_t clock_epoch_ns(const Clock *clock);
void clock_set_epoch(Clock *clock, int64_t epoch_ns);
