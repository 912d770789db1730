/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine without processors, to try devices one at a time: real clock, memory and ports, and a record of everything that a
 * device tells the rest of the machine.
 *
 * It defines the functions of machine/device.h and those of machine/machine.h that devices call, in place of the real ones.
 * The clock stands still but for fake_run(), so every test sees the same times. */
#pragma once

#include "machine/machine.h"

enum { FAKE_RAM_BYTES = 16 << 20, FAKE_CPUS = 512, FAKE_SIGNALS = 256, FAKE_REQUESTS = 6 };

typedef struct FakeSignal {
	unsigned cpu;
	CpuSignal signal;
	uint8_t vector;
} FakeSignal;

struct Machine {
	Clock *clock;
	Memory *memory;
	PortSpace *ports;
	RamBlock *ram; /* FAKE_RAM_BYTES at 0 */
	MachineConfig *config; /* NULL, or the test's */
	GMainContext *context;
	GMutex lock;
	GPtrArray *devices; /* Device *, as made */
	GPtrArray *blocks;  /* of disk/block.h; the test frees them */
	MachineState state; /* begins running */
	struct Surface *surface;
	struct PciBus *pci; /* the test's */
	GPtrArray *chardevs, *input_sinks;
	bool quit;

	bool isa_level[16];
	unsigned isa_rises[16];
	/* Called besides recording, for tests that wire an interrupt controller; set NULL: only recorded. */
	Irq isa_wire[16];

	unsigned active_cpu, cpu_count; /* cpu_count begins with 1 */
	Cpu *cpus[FAKE_CPUS]; /* the test's, if it has any */
	bool cpu_interrupt[FAKE_CPUS];
	FakeSignal signals[FAKE_SIGNALS]; /* the first ones */
	unsigned signal_count;
	unsigned requests[FAKE_REQUESTS]; /* how often each MachineRequest was made */
	int request_value;		  /* of the last one */
	bool a20;			  /* begins true */
	unsigned guest_errors;
};

/* The caller holds the machine's lock from now on; fake_pump() lets go of it while it waits. */
Machine *fake_machine_new(void);
/* Unrealizes the devices, the last one first. */
void fake_machine_free(Machine *machine);
/* Makes, realizes and resets. Then pairs of property name and text value, ended by NULL. Fails the test if it can't be had. */
Device *fake_device(Machine *machine, const DeviceClass *class, ...) G_GNUC_NULL_TERMINATED;
/* Sets a property of type PROPERTY_DRIVE or PROPERTY_CHARDEV, before device_realize(). */
void fake_set_pointer(Device *device, const char *property, void *value);
/* Virtual time goes on by so much, every timer runs at its very moment. */
void fake_run(Machine *machine, int64_t ns);
/* Dispatches what is ready in the machine's context, with the lock held as the machine thread does; waits for something if
 * nothing is. False: nothing came within a second. */
bool fake_pump(Machine *machine);
void fake_forget_signals(Machine *machine);

/* ---- register scripts ---- */

typedef enum RegisterOp {
	OUT8, OUT16, OUT32, IN8, IN16, IN32,		       /* ports */
	WRITE8, WRITE16, WRITE32, WRITE64, READ8, READ16, READ32, READ64, /* memory-mapped registers */
	RUN_NS,	     /* `address` nanoseconds pass */
	IRQ_LEVEL,   /* ISA line `address` is at `value` now */
	IRQ_RISES,   /* ISA line `address` rose `value` times since the last such question */
	CPU_LEVEL,   /* INTR of processor `address` */
	REQUESTED,   /* MachineRequest `address` was made `value` times in all */
	GATE_A20,    /* A20 is `value` */
	ACTIVE_CPU,  /* accesses are processor `address`'s from now on */
} RegisterOp;

typedef struct RegisterStep {
	RegisterOp op;
	uint64_t address;
	uint64_t value;	  /* to write, or expected */
	uint64_t ignore;  /* bits of what is read that don't matter */
	const char *what; /* for the message when it differs; may be NULL */
} RegisterStep;

/* Fails the test at the first step that differs, naming script, step and values. */
void fake_script(Machine *machine, const char *name, const RegisterStep *steps, unsigned count);
#define FAKE_SCRIPT(machine, steps) fake_script(machine, #steps, steps, G_N_ELEMENTS(steps))

/* ---- fuzzing ---- */

typedef struct FuzzRange {
	bool memory;	/* memory-mapped registers, else ports */
	uint64_t first;
	uint64_t count; /* bytes */
} FuzzRange;

/* `accesses` random reads and writes of random size within the ranges (and over their ends), values with a liking for extremes,
 * time passing now and then. */
void fake_fuzz(Machine *machine, uint32_t seed, unsigned accesses, const FuzzRange *ranges, unsigned count);
