/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Periodic interrupts by which a guest counts the time, on an edge-triggered line: a second edge that comes before the first was
 * taken is lost there. The chips lose it too, but their processors don't stop for a tenth of a second, as the host's do for us. So
 * what was lost is owed, and given when the one before has been taken. Under the machine's lock. */
#pragma once

#include "machine/device.h"

typedef struct Ticks {
	unsigned policy; /* index into ticks_policies */
	uint32_t owed;
	/* Does the last edge still wait for the guest, which would take it? NULL: nobody knows, and nothing is owed. */
	bool (*waits)(void *owner);
	void *owner;
} Ticks;

/* As the property lost_tick_policy has them; ends with NULL. The second is to be the default. */
extern const char *const ticks_policies[];
#define TICKS_POLICY_DEFAULT "slew"

/* `count` of them are due; one edge will be given now. */
void ticks_due(Ticks *ticks, uint64_t count, int64_t period_ns);
/* The guest took the last edge. True: it is owed another, which is given now. */
bool ticks_taken(Ticks *ticks);
