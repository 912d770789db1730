/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What engine/machine's files share of a machine. */
#pragma once

#include <stdio.h>

#include "base/alarm.h"
#include "base/os.h"
#include "machine/machine.h"

struct Board;

typedef struct Vcpu {
	Machine *machine;
	unsigned index;
	Cpu *cpu;
	GThread *thread;
	OsThreadClock clock; /* while `runs` */
	bool runs;	 /* the thread lives */
	int64_t used_ns; /* of processor time, when it ended */
	GCond wake;	 /* with the machine's lock: something for it to do */
	bool sleeps;	 /* waits for `wake` */
	bool parked;	 /* not in guest code, and not going there while the machine holds it */
	bool waits;	 /* in an instruction, until all others are parked or wait too */
	bool alone;	 /* they are, and this one has the machine's lock; its own thread's */
} Vcpu;

typedef struct Timekeeper {
	GThread *thread;
	OsAlarm *alarm;
	int64_t alarm_ns; /* what it is set to, by the host's clock, or earlier than that; after it has rung OS_ALARM_OFF */
	GCond *rests;	  /* of the processor at rest that keeps the time; NULL: none does */
	int64_t until_ns; /* it sleeps no longer, by the host's clock; INT64_MIN: it doesn't sleep */
} Timekeeper;

struct Machine {
	MachineConfig *config;
	GMutex lock;
	Clock *clock;
	Memory *memory;
	PortSpace *ports;
	GPtrArray *devices;	/* Device */
	GPtrArray *blocks;	/* Block */
	GPtrArray *chardevs;	/* CharDev */
	GPtrArray *infos;	/* of monitor/info.h */
	GPtrArray *input_sinks;	/* of hw/input/input.h */

	Vcpu *vcpus;
	FILE *perf_map;		/* -perfmap; NULL: not */
	unsigned cpu_count;
	unsigned active;	/* whose bus access is being served */
	bool in_bus;		/* a processor's thread is in a device */
	GCond parked;		/* a processor came to rest */
	uint64_t runs;		/* how often a processor began or ended to run guest code */
	GCond *watcher;		/* of machine_watch() */
	unsigned holds;		/* above 0: processors stay out of guest code */

	GMainContext *context;
	gint loop_ends;		/* atomic: the machine thread leaves its loop. Not a GMainLoop, which forgets a quit before its run */
	GThread *thread;	/* the machine thread */
	Timekeeper timekeeper;
	bool threads_run, stopping;

	MachineState state;
	int64_t stopped_real_us, stopped_monotonic_us; /* when the machine stopped running, by the host's clocks */
	const char *paused_by; /* of MACHINE_PAUSED: what the monitor says beside it; NULL: somebody wanted it */
	bool needs_reset;      /* the guest has ended: it can't go on */
	unsigned requests;	/* bits 1 << MachineRequest that wait for the machine thread, which takes the lowest first */
	int request_values[REQUEST_EXIT + 1];
	bool ended;
	int exit_status;
	GCond ended_cond;
	GArray *listeners;

	const struct BoardClass *board_class;
	void *board;		/* the board's own */
	struct Surface *surface;
	bool a20;
	unsigned guest_errors;	/* reported; after some hundred it gets silent */
};

/* A kind of machine. */
typedef struct BoardClass {
	const char *name, *alias, *description;
	unsigned max_cpus;
	size_t size;			/* of the board's struct, which machine->board points to */
	const struct Property *properties; /* of that struct, for -machine; NULL: none */
	bool (*build)(Machine *machine, GError **error); /* all devices, processors excepted, which are made before */
	bool (*finish)(Machine *machine, GError **error); /* once the user's devices are there as well: what firmware is told of them */
	void (*reset)(Machine *machine);		 /* after the devices' resets: firmware's places, CMOS */
	void (*cpu_event)(Machine *machine, unsigned cpu, CpuEvent event);
	int (*acknowledge)(Machine *machine, unsigned cpu);
	uint8_t (*tpr_read)(Machine *machine, unsigned cpu);
	void (*tpr_write)(Machine *machine, unsigned cpu, uint8_t value);
	bool (*msr_read)(Machine *machine, unsigned cpu, uint32_t msr, uint64_t *value);
	bool (*msr_write)(Machine *machine, unsigned cpu, uint32_t msr, uint64_t value);
	void (*power_button)(Machine *machine);
	void (*prepare_wake)(Machine *machine);		 /* before the reset that ends S3 */
	void (*woken)(Machine *machine, MachineWake reason); /* after the reset that ends S3 */
	void (*time_passed)(Machine *machine, int64_t ns); /* for the host, while the machine stood still */
	void (*free)(Machine *machine);
	Irq (*isa_irq)(Machine *machine, unsigned line);
	struct PciBus *(*pci_bus)(Machine *machine);
} BoardClass;

extern const BoardClass *const board_classes[]; /* ends with NULL */
const BoardClass *board_class_find(const char *name);
/* NULL and *error, which names the nearest one. */
const BoardClass *board_class_need(const char *name, GError **error);
/* Is there such a board, and does it take the properties that the configuration gives it? */
bool machine_check_type(const MachineConfig *config, GError **error);

void device_free(Device *device);
bool machine_cpus_new(Machine *machine, GError **error);
void machine_cpus_free(Machine *machine);
void machine_cpus_start(Machine *machine);
/* A new thread has that name if -name debug-threads=on wants it. */
GThread *machine_thread_new(Machine *machine, const char *name, GThreadFunc run, gpointer data);
void machine_cpus_stop(Machine *machine);
/* Under the lock: no processor is in guest code between hold and release; they nest. Not from a processor's thread. */
void machine_hold_cpus(Machine *machine);
void machine_release_cpus(Machine *machine);
void machine_kick_cpus(Machine *machine);

/* ---- timekeeper.c; under the lock unless it says otherwise ---- */

bool timekeeper_init(Machine *machine, GError **error);
void timekeeper_clear(Machine *machine);
/* Both without the lock. `stopping` is set before the second. */
void timekeeper_start(Machine *machine);
void timekeeper_stop(Machine *machine);
/* The clock was paused or went on, or its next deadline came nearer. */
void timekeeper_look(Machine *machine);
/* A processor's thread sleeps until its `wake` is signalled or, by the host's clock, until then; it may return earlier. Meanwhile it
 * runs the clock's events if no other processor does that. */
void timekeeper_rest(Vcpu *v, int64_t until_ns);
/* It goes to guest code, or ends. */
void timekeeper_rested(Vcpu *v);
/* Without the lock: from a processor's thread that sees what should have been run long ago. */
void timekeeper_hurry(Machine *machine);
