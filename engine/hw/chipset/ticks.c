/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/chipset/ticks.h"

enum { DISCARD, SLEW };
const char *const ticks_policies[] = { [DISCARD] = "discard", [SLEW] = "slew", NULL };

/* Who wants interrupts faster than this plays sound with them; owing those would leave a slow host time for nothing else. */
#define SHORTEST_NS 500000
/* Longer ago than this, it doesn't matter any more to whoever measures one clock by another. */
#define LIMIT_NS INT64_C(2000000000)

void ticks_due(Ticks *ticks, uint64_t count, int64_t period_ns)
{
	if (ticks->policy == DISCARD || !ticks->waits || period_ns < SHORTEST_NS) {
		ticks->owed = 0;
		return;
	}
	uint64_t lost = ticks->waits(ticks->owner) ? count : count - 1, most = (uint64_t)(LIMIT_NS / period_ns);
	ticks->owed = (uint32_t)MIN(ticks->owed + lost, most);
}

bool ticks_taken(Ticks *ticks)
{
	if (!ticks->owed)
		return false;
	ticks->owed--;
	return true;
}
