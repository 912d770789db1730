/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local APIC's timer (SDM volume 3, section 10.5.4). The count isn't counted: it follows from when it began. The clock's timer
 * runs only for an interrupt that isn't masked.
 *
 * Whatever is done to the timer is done at one moment, `now`: were the clock read twice, a count could end in between, and its
 * interrupt would be lost. */
#include "hw/chipset/apic_internal.h"

/* The bus clock that the count divides: 1 GHz, a nanosecond a tick. */
enum { BUS_NS = 1 };
enum { MODE_ONE_SHOT, MODE_PERIODIC, MODE_DEADLINE };

/* Periodic interrupts come no closer than this: a period of few nanoseconds would leave the host nothing else to do. */
#define SHORTEST_NS 20000

static int64_t now_ns(const Lapic *lapic)
{
	return clock_now(machine_clock(lapic->device.machine));
}

static unsigned mode_in(uint32_t lvt)
{
	return lvt >> LVT_TIMER_SHIFT & 3;
}

/* Bits 0, 1 and 3 together: 2, 4 ... 128, 1 */
static unsigned divide_shift(const Lapic *lapic)
{
	unsigned bits = (lapic->divide & 3) | (lapic->divide >> 1 & 4);
	return (bits + 1) & 7;
}

static int64_t period_ns(const Lapic *lapic)
{
	return (int64_t)lapic->initial_count * BUS_NS << divide_shift(lapic);
}

static uint32_t count_at(const Lapic *lapic, int64_t now)
{
	if (!lapic->counting || !lapic->initial_count)
		return 0;
	uint64_t elapsed = (uint64_t)(now - lapic->started_ns) / BUS_NS >> divide_shift(lapic);
	if (mode_in(lapic->lvt[LVT_TIMER]) == MODE_PERIODIC)
		return lapic->initial_count - (uint32_t)(elapsed % lapic->initial_count);
	return elapsed < lapic->initial_count ? lapic->initial_count - (uint32_t)elapsed : 0;
}

uint32_t lapic_current_count(const Lapic *lapic)
{
	return count_at(lapic, now_ns(lapic));
}

/* ---- when it is due ---- */

/* Deadlines beyond what the clock can count never come. */
static int64_t deadline_ns(const Lapic *lapic)
{
	uint64_t hz = lapic->bus->tsc_hz;
	if (!lapic->deadline || !hz || lapic->deadline > clock_ns_to_ticks(INT64_MAX / 2, hz))
		return TIMER_OFF;
	return clock_ticks_to_ns(lapic->deadline, hz);
}

static int64_t next_period(const Lapic *lapic, int64_t now)
{
	int64_t period = period_ns(lapic), next = lapic->started_ns + ((now - lapic->started_ns) / period + 1) * period;
	return period < SHORTEST_NS ? MAX(next, now + SHORTEST_NS) : next;
}

/* A moment that went by while the interrupt was masked doesn't count any more. */
static void schedule(Lapic *lapic, int64_t now)
{
	int64_t at = TIMER_OFF;
	unsigned mode = mode_in(lapic->lvt[LVT_TIMER]);
	bool running = lapic->counting && lapic->initial_count;
	if (lapic->lvt[LVT_TIMER] & LVT_MASKED)
		at = TIMER_OFF;
	else if (mode == MODE_DEADLINE)
		at = deadline_ns(lapic);
	else if (mode == MODE_PERIODIC && running)
		at = next_period(lapic, now);
	else if (mode == MODE_ONE_SHOT && running && lapic->started_ns + period_ns(lapic) > now)
		at = lapic->started_ns + period_ns(lapic);
	timer_set(&lapic->timer, at);
}

void lapic_timer_schedule(Lapic *lapic)
{
	schedule(lapic, now_ns(lapic));
}

static void is_due(Lapic *lapic, int64_t now)
{
	unsigned mode = mode_in(lapic->lvt[LVT_TIMER]);
	lapic->deadline = 0;
	if (mode != MODE_PERIODIC)
		lapic->counting = false;
	lapic_fire_lvt(lapic, LVT_TIMER);
	schedule(lapic, now);
}

static void timer_ran(void *owner)
{
	is_due(owner, now_ns(owner));
}

/* What is due is given before anything about the timer changes, though the machine's thread didn't come to it yet. Returns now. */
static int64_t catch_up(Lapic *lapic)
{
	int64_t now = now_ns(lapic);
	if (lapic->timer.deadline_ns <= now) {
		timer_cancel(&lapic->timer);
		is_due(lapic, now);
	}
	return now;
}

/* ---- what the guest does ---- */

void lapic_timer_start(Lapic *lapic, uint32_t initial_count)
{
	if (mode_in(lapic->lvt[LVT_TIMER]) == MODE_DEADLINE)
		return;
	int64_t now = catch_up(lapic);
	lapic->initial_count = initial_count;
	lapic->started_ns = now;
	lapic->counting = initial_count;
	schedule(lapic, now);
}

/* The count stays; it goes on at another pace. */
void lapic_timer_set_divide(Lapic *lapic, uint32_t value)
{
	int64_t now = catch_up(lapic);
	uint32_t count = count_at(lapic, now);
	lapic->divide = value & 0xb;
	if (count)
		lapic->started_ns = now - ((int64_t)(lapic->initial_count - count) * BUS_NS << divide_shift(lapic));
	lapic->counting = count;
	schedule(lapic, now);
}

void lapic_timer_set_lvt(Lapic *lapic, uint32_t value)
{
	int64_t now = catch_up(lapic);
	unsigned from = mode_in(lapic->lvt[LVT_TIMER]), to = mode_in(value);
	lapic->counting = count_at(lapic, now) && (from == MODE_DEADLINE) == (to == MODE_DEADLINE);
	if (from != to)
		lapic->deadline = 0;
	lapic->lvt[LVT_TIMER] = value;
	schedule(lapic, now);
}

void lapic_set_tsc_deadline(Lapic *lapic, uint64_t deadline)
{
	if (mode_in(lapic->lvt[LVT_TIMER]) != MODE_DEADLINE)
		return;
	int64_t now = catch_up(lapic);
	lapic->deadline = deadline;
	schedule(lapic, now);
}

uint64_t lapic_tsc_deadline(const Lapic *lapic)
{
	return lapic->deadline > clock_ns_to_ticks(now_ns(lapic), lapic->bus->tsc_hz) ? lapic->deadline : 0;
}

void lapic_timer_stop(Lapic *lapic)
{
	lapic->counting = false;
	lapic->initial_count = lapic->divide = 0;
	lapic->deadline = 0;
	timer_cancel(&lapic->timer);
}

void lapic_timer_init(Lapic *lapic)
{
	timer_init(&lapic->timer, machine_clock(lapic->device.machine), "lapic", timer_ran, lapic);
}
