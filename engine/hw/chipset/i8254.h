/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 8254 interval timer: three counters at ports 0x40-0x43. Under the machine's lock. */
#pragma once

#include "machine/device.h"

typedef struct I8254 I8254;

extern const DeviceClass i8254_class;

#define I8254_HZ 1193182u

/* OUT of counter 0. Before realizing. */
void i8254_set_output(I8254 *pit, Irq output);
/* The guest took the last edge of counter 0's OUT. `waits`: whether it has yet to; NULL: it can't be known. */
void i8254_tick_taken(I8254 *pit);
void i8254_set_tick_waits(I8254 *pit, bool (*waits)(void *owner), void *owner);
/* GATE of counter 2; those of 0 and 1 are high. */
void i8254_set_gate2(I8254 *pit, bool level);
bool i8254_gate2(const I8254 *pit);
/* OUT of counter 2 now. */
bool i8254_out2(I8254 *pit);
/* What counter 2 plays: its mode 0-5 and the count it divides by (1-65536; 0: none was given yet). */
void i8254_tone(I8254 *pit, unsigned *mode, unsigned *count);
/* Called after a guest changed counter 2. */
void i8254_set_listener(I8254 *pit, void (*changed)(void *owner), void *owner);
