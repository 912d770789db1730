/* SPDX-License-Identifier: GPL-3.0-or-later */
/* High precision event timers at 0xFED00000. Under the machine's lock. */
#pragma once

#include "machine/device.h"

typedef struct Hpet Hpet;

extern const DeviceClass hpet_class;

#define HPET_BASE 0xfed00000ull
enum { HPET_PINS = 32 };

/* Before realizing. Pins 0-31 as the timers' route fields name them: I/O APIC pins, the first 16 with the 8259 pair's beside. */
void hpet_set_pin(Hpet *hpet, unsigned pin, Irq irq);
/* ISA IRQ 0 and 8, in the legacy replacement mode: pins of the same kind, 0 for the timer (I/O APIC pin 2), 1 for the clock. */
void hpet_set_legacy_pin(Hpet *hpet, unsigned which, Irq irq);
/* What the 8254 (0) and the clock (1) drive instead of their ISA lines: they reach them unless the legacy replacement is on. */
Irq hpet_legacy_input(Hpet *hpet, unsigned which);
/* Who takes a timer's message; returns as apic_deliver_msi(). */
void hpet_set_msi(Hpet *hpet, bool (*deliver)(void *owner, uint64_t address, uint32_t data), void *owner);
/* The guest took the last edge of what drives legacy pin 0. False: that isn't the HPET. `waits`: whether the guest has yet to; NULL:
 * it can't be known. */
bool hpet_tick_taken(Hpet *hpet);
void hpet_set_tick_waits(Hpet *hpet, bool (*waits)(void *owner), void *owner);
/* How the ACPI table describes the block: the lower half of the capabilities register. */
uint32_t hpet_event_timer_block_id(const Hpet *hpet);
