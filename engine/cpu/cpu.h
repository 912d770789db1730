/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front of engine/cpu: one virtual x86 processor.
 *
 * A board creates a processor with a model and a bus, runs it in a thread of its own with cpu_run(), and raises interrupts
 * from any thread. Unless said otherwise every function is called in the processor's thread or while it doesn't run. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Cpu Cpu;
typedef struct CpuModel CpuModel;

enum { CPU_FEATURE_WORDS = 4 };
typedef struct CpuFeatures {
	uint64_t word[CPU_FEATURE_WORDS]; /* indexed by FEATURE_... (feature.h) */
} CpuFeatures;

typedef struct CpuTopology {
	unsigned index;			  /* of this processor, from 0: also its initial APIC id's source */
	unsigned sockets, cores, threads; /* each at least 1; cores per socket, threads per core */
} CpuTopology;

/* A page of guest RAM or ROM. */
typedef struct CpuPage {
	uint8_t *host;	      /* its 4096 bytes; NULL: not memory, go through CpuBus.read and .write */
	uint64_t *code_lines; /* bit n: bytes 64n .. 64n+63 hold code that some processor has decoded; atomic. May be NULL for ROM */
	bool writable;	      /* false: ROM; writes go to CpuBus.write */
} CpuPage;

typedef enum CpuEvent {
	CPU_EVENT_TRIPLE_FAULT, /* the processor stopped; the board resets it */
	CPU_EVENT_FERR,		/* FERR# went up: IRQ 13 on a PC */
	CPU_EVENT_FERR_CLEAR,
	CPU_EVENT_APIC_BASE,	/* IA32_APIC_BASE was written */
	CPU_EVENT_TSC_DEADLINE, /* IA32_TSC_DEADLINE was written */
	CPU_EVENT_ENTER_SMM, CPU_EVENT_LEAVE_SMM, /* the board shows or hides SMRAM; the processor's TLB is flushed around it */
} CpuEvent;

/* What a processor sees of the machine. All are called in the processor's thread. Physical addresses have the A20 mask applied. */
typedef struct CpuBus {
	void *owner;
	CpuPage (*page)(void *owner, uint64_t phys);			       /* phys: page aligned */
	uint64_t (*read)(void *owner, uint64_t phys, unsigned size);	       /* size 1, 2, 4, 8; within one page */
	void (*write)(void *owner, uint64_t phys, uint64_t value, unsigned size);
	uint32_t (*port_read)(void *owner, uint16_t port, unsigned size);     /* size 1, 2, 4 */
	void (*port_write)(void *owner, uint16_t port, uint32_t value, unsigned size);
	/* That many accesses in a row, or fewer, and how many; 0: only single ones. `count` elements of `size` bytes. May be NULL */
	unsigned (*port_read_many)(void *owner, uint16_t port, unsigned size, void *to, unsigned count);
	unsigned (*port_write_many)(void *owner, uint16_t port, unsigned size, const void *from, unsigned count);
	int (*acknowledge)(void *owner);				       /* vector of the pending interrupt, or -1: spurious, gone */
	void (*event)(void *owner, CpuEvent event);			       /* may be NULL */
	uint8_t (*tpr_read)(void *owner);				       /* CR8; NULL: the processor keeps it itself */
	void (*tpr_write)(void *owner, uint8_t value);
	bool (*msr_read)(void *owner, uint32_t msr, uint64_t *value);	       /* MSRs of the APIC (x2APIC range); false: #GP. May be NULL */
	bool (*msr_write)(void *owner, uint32_t msr, uint64_t value);
	uint64_t (*tsc)(void *owner);					       /* cycles of the virtual clock; NULL: counts instructions */
	void (*code_written)(void *owner, uint64_t phys, uint64_t lines);     /* decoded code at page `phys` changed: tell other processors. May be NULL */
	void (*code_found)(void *owner, uint64_t phys);	       /* code is about to be decoded in a page that had none: no processor may keep
								  a way to write there unnoticed, see cpu_protect_code(). NULL: there is only one */
	void (*pause)(void *owner);					       /* the guest spins (PAUSE). May be NULL */
	void (*lock)(void *owner, bool locked);				       /* a locked access that the host can't do atomically. May be NULL */
	uint64_t phys_mask;						       /* physical address bits that exist */
} CpuBus;

typedef struct CpuFault {
	int vector;
	bool has_error_code;
	uint32_t error_code;
	uint64_t address; /* #PF's linear address */
} CpuFault;

typedef enum CpuExit {
	CPU_EXIT_REQUESTED, /* cpu_request_exit() */
	CPU_EXIT_HALTED,    /* HLT or MWAIT, and nothing pending: sleep until an event */
	CPU_EXIT_SHUTDOWN,  /* after a triple fault */
	CPU_EXIT_BUDGET,    /* the given number of instructions has been run, or somewhat more */
} CpuExit;

/* `model`: "NAME" or "NAME,+feature,-feature,feature=on|off"; NULL is the default model. NULL and *error on an unknown
 * name or feature, or where the host has no memory. The bus is copied. */
Cpu *cpu_new(const char *model, const CpuTopology *topology, const CpuBus *bus, GError **error);
void cpu_free(Cpu *cpu);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cpu, cpu_free)

/* Power-on reset, or with `init` the INIT signal's, which keeps the caches, x87, SSE and MSRs that INIT keeps. */
void cpu_reset(Cpu *cpu, bool init);
/* Runs guest code until something in CpuExit; at least `budget` instructions otherwise. */
CpuExit cpu_run(Cpu *cpu, uint64_t budget);

/* From any thread. The board wakes the processor's thread itself. */
void cpu_request_exit(Cpu *cpu);
/* Would cpu_run() run something, or return CPU_EXIT_HALTED at once? From any thread while the processor's own waits. */
bool cpu_has_work(const Cpu *cpu);
/* Halted by MWAIT: besides interrupts, another processor's store to the watched line ends it. Nobody tells the processor of such
 * stores, so its thread ends the wait after a while, as MWAIT may end for any reason. Like cpu_has_work(). */
bool cpu_in_mwait(const Cpu *cpu);
void cpu_end_mwait(Cpu *cpu);
void cpu_set_interrupt(Cpu *cpu, bool level); /* INTR */
void cpu_raise_nmi(Cpu *cpu);
void cpu_raise_smi(Cpu *cpu);
void cpu_raise_init(Cpu *cpu);
void cpu_raise_sipi(Cpu *cpu, uint8_t vector);

/* Another processor or a device wrote to guest RAM at page `phys` where `lines` of code had been decoded. */
void cpu_code_written(Cpu *cpu, uint64_t phys, uint64_t lines);
/* Stores to this page of RAM go by CpuPage.code_lines from now on. While the processor is outside of guest code. */
void cpu_protect_code(Cpu *cpu, uint64_t phys);
/* The board's memory map changed. `within`: by an access that this very processor is making; the change holds from its next
 * instruction on. Others follow at their next block. */
void cpu_memory_changed(Cpu *cpu, bool within);
/* From the next block on. */
void cpu_set_a20(Cpu *cpu, bool enabled);

/* IGNNE#: the board acknowledged FERR#, port 0xF0. */
void cpu_ignore_ferr(Cpu *cpu);

/* IA32_APIC_BASE, for CPU_EVENT_APIC_BASE. */
uint64_t cpu_apic_base(const Cpu *cpu);
/* IA32_TSC_DEADLINE in ticks of CpuBus.tsc, for CPU_EVENT_TSC_DEADLINE; 0: none. One that has passed is now. */
uint64_t cpu_tsc_deadline(const Cpu *cpu);

/* For debuggers and the monitor: no faults, no side effects but page walks. False if the address isn't mapped. */
bool cpu_debug_translate(Cpu *cpu, uint64_t linear, uint64_t *phys);
