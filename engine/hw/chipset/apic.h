/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set of a machine's APICs: local ones, I/O ones, and the bus of messages between them (SDM volume 3, chapter 10). The board
 * makes one ApicBus, then a lapic device a processor, then the I/O APIC; all under the machine's lock. */
#pragma once

#include "machine/device.h"

typedef struct ApicBus ApicBus;
typedef struct Lapic Lapic;
typedef struct IoApic IoApic;

/* `tsc_hz`: ticks a second of the time stamp counter, for the deadline timer; 0: no such timer. */
ApicBus *apic_bus_new(Machine *machine, uint64_t tsc_hz);
/* After the devices. */
void apic_bus_free(ApicBus *bus);
/* Who answers when a processor acknowledges an ExtINT: the 8259 pair. -1: nobody's request. */
void apic_bus_set_extint(ApicBus *bus, int (*acknowledge)(void *owner), void *owner);
/* Who is told when a processor has acknowledged a vector of its APIC; and whether one has a vector to acknowledge. */
void apic_bus_set_taken(ApicBus *bus, void (*taken)(void *owner, uint8_t vector), void *owner);
bool apic_bus_requests(const ApicBus *bus, uint8_t vector);
/* The 8259 pair's INTR: LINT0 of all processors, and the INTR pin of those whose APIC is off. */
Irq apic_bus_lint0(ApicBus *bus);
/* NMI: LINT1 of all processors, and the NMI pin of those whose APIC is off. */
Irq apic_bus_lint1(ApicBus *bus);
Lapic *apic_bus_lapic(const ApicBus *bus, unsigned cpu); /* NULL: none */

typedef enum ApicDelivery { APIC_FIXED, APIC_LOWEST, APIC_SMI, APIC_RESERVED, APIC_NMI, APIC_INIT, APIC_SIPI, APIC_EXTINT } ApicDelivery;

typedef struct ApicMessage {
	uint32_t destination; /* physical APIC id or logical set */
	bool wide;	      /* 32-bit, of an x2APIC sender; else 8-bit with broadcast 0xff */
	bool logical, level;
	ApicDelivery delivery;
	uint8_t vector;
} ApicMessage;

/* True: some APIC was addressed and took it. */
bool apic_bus_send(ApicBus *bus, const ApicMessage *message);
/* A write to 0xFEExxxxx by a device: a message signalled interrupt. Other addresses: false. */
bool apic_deliver_msi(ApicBus *bus, uint64_t address, uint32_t data);

/* ---- local APICs ---- */

extern const DeviceClass lapic_class;

/* Before realizing. `cpu` is the machine's number of the processor, `id` its initial APIC id; the first processor is the BSP. */
void lapic_connect(Lapic *lapic, ApicBus *bus, unsigned cpu, uint32_t id);
/* CpuBus.acknowledge: the vector of the highest request, which is in service from now on, or what the 8259 pair answers; -1: gone. */
int lapic_acknowledge(Lapic *lapic);
/* CpuBus.tpr_read, tpr_write: CR8, 0-15. */
uint8_t lapic_tpr(const Lapic *lapic);
void lapic_set_tpr(Lapic *lapic, uint8_t value);
/* CpuBus.msr_read, msr_write, 0x800-0x8ff. False: #GP. */
bool lapic_msr_read(Lapic *lapic, uint32_t msr, uint64_t *value);
bool lapic_msr_write(Lapic *lapic, uint32_t msr, uint64_t value);
/* CPU_EVENT_APIC_BASE; also after a reset of the processor, with the value that IA32_APIC_BASE has then. */
void lapic_set_base(Lapic *lapic, uint64_t value);
/* CPU_EVENT_TSC_DEADLINE: in ticks of CpuBus.tsc (less what the guest added to its own view of it); 0 disarms. */
void lapic_set_tsc_deadline(Lapic *lapic, uint64_t deadline);
/* The one that is armed; 0: none, or it has passed. */
uint64_t lapic_tsc_deadline(const Lapic *lapic);
uint32_t lapic_id(const Lapic *lapic);
/* For info lapic. */
void lapic_print(Lapic *lapic, GString *out);

/* ---- I/O APICs ---- */

enum { IOAPIC_PINS = 24 };

extern const DeviceClass ioapic_class;

/* Before realizing. */
void ioapic_connect(IoApic *ioapic, ApicBus *bus);
Irq ioapic_input(IoApic *ioapic, unsigned pin);
/* The vector that the pin's edges are sent as, if they are; -1. */
int ioapic_edge_vector(const IoApic *ioapic, unsigned pin);
/* For info pic. */
void ioapic_print(const IoApic *ioapic, GString *out);
