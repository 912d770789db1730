/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the APICs' files share among themselves. */
#pragma once

#include "hw/chipset/apic.h"

#define APIC_DEFAULT_BASE 0xfee00000ull
enum { APIC_REGISTERS_BYTES = 0x1000, APIC_MSI_BYTES = 1 << 20 };
enum { APIC_VECTORS = 256, APIC_WORDS = APIC_VECTORS / 32 };
/* IA32_APIC_BASE */
enum { BASE_BSP = 1 << 8, BASE_X2APIC = 1 << 10, BASE_ENABLE = 1 << 11 };

/* LVT entries, in the order of their registers */
typedef enum LvtEntry { LVT_TIMER, LVT_THERMAL, LVT_PERFORMANCE, LVT_LINT0, LVT_LINT1, LVT_ERROR, LVT_COUNT } LvtEntry;
enum { LVT_VECTOR = 0xff, LVT_DELIVERY_SHIFT = 8, LVT_REMOTE_IRR = 1 << 14, LVT_LEVEL = 1 << 15, LVT_MASKED = 1 << 16,
	LVT_TIMER_SHIFT = 17 };
enum { SVR_ENABLE = 1 << 8, SVR_NO_FOCUS = 1 << 9 };
enum { ESR_SEND_ILLEGAL = 1 << 5, ESR_RECEIVE_ILLEGAL = 1 << 6, ESR_ILLEGAL_REGISTER = 1 << 7 };
enum { APIC_FIRST_LEGAL_VECTOR = 16 };

struct Lapic {
	Device device;
	ApicBus *bus;
	unsigned cpu;
	uint32_t id;
	uint64_t base; /* IA32_APIC_BASE */
	Region *moved; /* the registers where they aren't by default; NULL: never moved */
	uint32_t tpr, ldr, dfr, svr, esr, esr_pending, icr_high, icr_low, lvt[LVT_COUNT], initial_count, divide;
	uint32_t irr[APIC_WORDS], isr[APIC_WORDS], tmr[APIC_WORDS];
	bool lint_level[2];
	bool extint;	 /* an ExtINT message waits */
	bool signalled;	 /* INTR as the processor has it */
	bool counting;	 /* the timer, in its one-shot and periodic modes */
	int64_t started_ns; /* its count was the initial one */
	uint64_t deadline;  /* of the TSC; 0: none */
	Timer timer;
};

struct ApicBus {
	Machine *machine;
	uint64_t tsc_hz;
	GPtrArray *lapics;  /* Lapic *, NULLs where none is, by number of processor */
	GPtrArray *by_id;   /* Lapic *, the same by initial APIC id */
	GPtrArray *ioapics; /* IoApic * */
	int (*acknowledge)(void *owner);
	void *acknowledge_owner;
	void (*taken)(void *owner, uint8_t vector);
	void *taken_owner;
	bool intr, nmi; /* LINT0 and LINT1 */
	unsigned next_lowest; /* where the search for the lowest priority begins: everybody has a turn */
	Region *region;
};

/* ---- lapic.c ---- */

bool lapic_is_on(const Lapic *lapic);	/* IA32_APIC_BASE */
bool lapic_is_x2(const Lapic *lapic);
bool lapic_is_enabled(const Lapic *lapic); /* and SVR */
uint8_t lapic_ppr(const Lapic *lapic);
/* A message that is for this one. */
void lapic_receive(Lapic *lapic, const ApicMessage *message);
void lapic_request(Lapic *lapic, uint8_t vector, bool level);
void lapic_error(Lapic *lapic, uint32_t bit);
/* Brings INTR up to date. */
void lapic_update(Lapic *lapic);
void lapic_set_lint(Lapic *lapic, unsigned pin, bool level);
void lapic_end_of_interrupt(Lapic *lapic);
/* An LVT entry's source fires. */
void lapic_fire_lvt(Lapic *lapic, LvtEntry entry);
/* A LINT pin's LVT entry was written: a level that stands at the pin may count now. */
void lapic_lint_unmasked(Lapic *lapic, unsigned pin);
int lapic_highest(const uint32_t *set); /* of APIC_WORDS; -1: empty */
bool lapic_requests(const Lapic *lapic, uint8_t vector);

/* ---- lapic_registers.c ---- */

/* `number` is the MMIO offset / 16, and the MSR - 0x800. False: there's no such register. */
bool lapic_read_register(Lapic *lapic, unsigned number, uint32_t *value);
bool lapic_write_register(Lapic *lapic, unsigned number, uint32_t value);

/* ---- lapic_timer.c ---- */

void lapic_timer_init(Lapic *lapic);
uint32_t lapic_current_count(const Lapic *lapic);
void lapic_timer_start(Lapic *lapic, uint32_t initial_count);
void lapic_timer_set_divide(Lapic *lapic, uint32_t value);
/* Its LVT entry gets this value. */
void lapic_timer_set_lvt(Lapic *lapic, uint32_t value);
void lapic_timer_stop(Lapic *lapic);
/* After loading. */
void lapic_timer_schedule(Lapic *lapic);

/* ---- apic_bus.c, ioapic.c ---- */

void apic_bus_add(ApicBus *bus, Lapic *lapic);
void apic_bus_remove(ApicBus *bus, Lapic *lapic);
void apic_bus_end_of_interrupt(ApicBus *bus, uint8_t vector);
/* Makes a window of registers at `base`, for one that has them elsewhere than by default. */
Region *apic_bus_map_moved(Lapic *lapic, uint64_t base);
/* To all, or all but one. NULL: to all. */
void apic_bus_broadcast(ApicBus *bus, const ApicMessage *message, const Lapic *but);
void ioapic_end_of_interrupt(IoApic *ioapic, uint8_t vector);
