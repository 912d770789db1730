/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine: its processors, memory, devices, clock, lock and threads, and its life.
 *
 * machine_new() builds it from a configuration, paused. The machine thread (machine_start()) runs completions, character devices and
 * commands in its own GMainContext; each processor has a thread; timers run in one of those at rest, or in a thread of their own
 * (timekeeper.c). The machine's lock guards the devices: processor threads take it for I/O, the machine thread holds it while it
 * dispatches. */
#pragma once

#include "machine/config.h"
#include "machine/device.h"

typedef enum MachineState { MACHINE_PAUSED, MACHINE_RUNNING, MACHINE_SUSPENDED /* S3 */, MACHINE_STOPPED /* for good */ } MachineState;

typedef struct MachineListener {
	/* In the machine thread, with the lock held. Any may be NULL. */
	void (*state_changed)(void *owner, MachineState state);
	void (*reset)(void *owner);
	void (*held_up)(void *owner, const GError *error); /* machine_hold_up() */
	void (*ended)(void *owner, int exit_status); /* powered off without -no-shutdown, reset with -no-reboot, quit, debug exit */
} MachineListener;

/* Any thread. NULL and *error: what of the configuration can't be had, and why; nothing is left behind. */
Machine *machine_new(const MachineConfig *config, GError **error);
/* Its threads end, for good; not from one of them. */
void machine_stop(Machine *machine);
/* Stops the threads, flushes the disks, frees all. Not from the machine's own threads. */
void machine_free(Machine *machine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Machine, machine_free)
void machine_listen(Machine *machine, const MachineListener *listener, void *owner);

/* Starts the threads; the guest runs unless the configuration says paused. */
void machine_start(Machine *machine);
/* Waits until the machine has ended; its exit status. */
int machine_wait(Machine *machine);

/* Under the lock. */
void machine_resume(Machine *machine);
void machine_pause(Machine *machine);
/* Pauses because of the host's trouble, which the error tells the user; machine_resume() tries again. */
void machine_hold_up(Machine *machine, const GError *error);
void machine_reset(Machine *machine);
void machine_power_button(Machine *machine); /* the ACPI button; it wakes from S3 too */
bool machine_sleeps(const Machine *machine);  /* in S3, or the guest has asked for it and it comes at once */
bool machine_wake(Machine *machine);	      /* from S3; false: it isn't there */
void machine_quit(Machine *machine, int exit_status);
/* The guest switched itself off or panicked, and nothing goes on without a reset. */
bool machine_needs_reset(const Machine *machine);
MachineState machine_state(const Machine *machine);
const char *machine_state_name(const Machine *machine); /* "running", "paused", "suspended", ... as info status prints */

/* The lock is not recursive. Callbacks that the engine makes hold it already. */
void machine_lock(Machine *machine);
void machine_unlock(Machine *machine);
GMainContext *machine_context(Machine *machine);
const MachineConfig *machine_config(const Machine *machine);

unsigned machine_cpu_count(const Machine *machine);
Cpu *machine_cpu(const Machine *machine, unsigned n);
/* Runs `fn` while no processor runs guest code (they are stopped at an instruction's end): for info registers, x, snapshots. */
void machine_with_cpus_stopped(Machine *machine, void (*fn)(Machine *machine, void *data), void *data);

/* Under the lock. Has a processor run guest code since *since was set by this function? For whoever need not look at what stands
 * still. `watcher` (NULL: nobody's) is signalled when one comes to run that had been at rest. */
bool machine_ran(const Machine *machine, uint64_t *since);
void machine_watch(Machine *machine, GCond *watcher);
/* The host's processor time that the guest's processors took so far. Under the lock. */
int64_t machine_cpu_time_ns(const Machine *machine);
/* To wait with, for those that hold the lock. */
GMutex *machine_mutex(Machine *machine);

/* The devices, in the order they were made. */
unsigned machine_device_count(const Machine *machine);
Device *machine_device(const Machine *machine, unsigned n);

/* The Blocks of disk/block.h, which puts them there and takes them out. */
GPtrArray *machine_blocks(Machine *machine);
/* Where the functions of char/chardev.h and hw/input/input.h keep what belongs to this machine. */
GPtrArray *machine_chardevs(const Machine *machine);	/* CharDev, in the order they were made */
GPtrArray *machine_input_sinks(const Machine *machine); /* freed with g_free */

struct Surface;
struct Surface *machine_surface(const Machine *machine); /* NULL: no display adapter */
void machine_set_surface(Machine *machine, struct Surface *surface);

/* Firmware and option ROMs: takes the name as it is, or looks in the configuration's paths, then where distributions put them. NULL and *error: names all the
 * places that were looked at, and the package that has it. */
char *machine_find_file(const Machine *machine, const char *name, GError **error);
/* Where distributions put them, the last is NULL. */
const char *const *machine_file_places(void);
