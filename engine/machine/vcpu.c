/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processors of a machine and their threads.
 *
 * A processor's thread is in guest code (no lock), in a device (with the lock, `in_bus`), asleep because the guest halted it, or
 * parked because the machine holds its processors. It parks at an instruction's end, when cpu_run() returns. Or it waits in the middle
 * of an instruction until no other processor is in guest code, and then goes on with the lock, alone. */
#include "machine/machine-private.h"

#include <errno.h>
#include <gio/gio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "jit/jit.h"

enum { MWAIT_NS = 1000000 };
/* A processor that sees time go on so far behind an event's has it run first: whoever keeps the time may have been kept off the
 * host's processors for longer, and software that measures one clock by another would find its interrupts gone. */
enum { LATE_NS = 1000000 };

/* ---- the bus ---- */

static void enter_bus(Vcpu *v)
{
	if (!v->alone)
		g_mutex_lock(&v->machine->lock);
	v->machine->active = v->index;
	v->machine->in_bus = true;
}

static void leave_bus(Vcpu *v)
{
	v->machine->in_bus = false;
	if (!v->alone)
		g_mutex_unlock(&v->machine->lock);
}

static CpuPage bus_page(void *owner, uint64_t phys)
{
	return memory_page(((Vcpu *)owner)->machine->memory, phys);
}

static uint64_t bus_read(void *owner, uint64_t phys, unsigned size)
{
	Vcpu *v = owner;
	enter_bus(v);
	uint64_t value = memory_io_read(v->machine->memory, phys, size);
	leave_bus(v);
	return value;
}

static void bus_write(void *owner, uint64_t phys, uint64_t value, unsigned size)
{
	Vcpu *v = owner;
	enter_bus(v);
	memory_io_write(v->machine->memory, phys, value, size);
	leave_bus(v);
}

static uint32_t bus_port_read(void *owner, uint16_t port, unsigned size)
{
	Vcpu *v = owner;
	enter_bus(v);
	uint32_t value = port_read(v->machine->ports, port, size);
	leave_bus(v);
	return value;
}

static void bus_port_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Vcpu *v = owner;
	enter_bus(v);
	port_write(v->machine->ports, port, value, size);
	leave_bus(v);
}

static unsigned bus_port_read_many(void *owner, uint16_t port, unsigned size, void *to, unsigned count)
{
	Vcpu *v = owner;
	enter_bus(v);
	unsigned done = port_read_many(v->machine->ports, port, size, to, count);
	leave_bus(v);
	return done;
}

static unsigned bus_port_write_many(void *owner, uint16_t port, unsigned size, const void *from, unsigned count)
{
	Vcpu *v = owner;
	enter_bus(v);
	unsigned done = port_write_many(v->machine->ports, port, size, from, count);
	leave_bus(v);
	return done;
}

static int bus_acknowledge(void *owner)
{
	Vcpu *v = owner;
	enter_bus(v);
	int vector = v->machine->board_class->acknowledge(v->machine, v->index);
	leave_bus(v);
	return vector;
}

static void bus_event(void *owner, CpuEvent event)
{
	Vcpu *v = owner;
	enter_bus(v);
	if (event == CPU_EVENT_TRIPLE_FAULT)
		machine_request(v->machine, REQUEST_RESET, 0);
	else
		v->machine->board_class->cpu_event(v->machine, v->index, event);
	leave_bus(v);
}

static uint8_t bus_tpr_read(void *owner)
{
	Vcpu *v = owner;
	enter_bus(v);
	uint8_t value = v->machine->board_class->tpr_read(v->machine, v->index);
	leave_bus(v);
	return value;
}

static void bus_tpr_write(void *owner, uint8_t value)
{
	Vcpu *v = owner;
	enter_bus(v);
	v->machine->board_class->tpr_write(v->machine, v->index, value);
	leave_bus(v);
}

static bool bus_msr_read(void *owner, uint32_t msr, uint64_t *value)
{
	Vcpu *v = owner;
	enter_bus(v);
	bool known = v->machine->board_class->msr_read(v->machine, v->index, msr, value);
	leave_bus(v);
	return known;
}

static bool bus_msr_write(void *owner, uint32_t msr, uint64_t value)
{
	Vcpu *v = owner;
	enter_bus(v);
	bool known = v->machine->board_class->msr_write(v->machine, v->index, msr, value);
	leave_bus(v);
	return known;
}

/* 1 GHz, the virtual clock's own unit: RDTSC costs a look at the clock and no division. */
static uint64_t bus_tsc(void *owner)
{
	Machine *machine = ((Vcpu *)owner)->machine;
	int64_t now = clock_now(machine->clock);
	if (G_UNLIKELY(now - LATE_NS > clock_next_deadline(machine->clock)))
		timekeeper_hurry(machine);
	return (uint64_t)now;
}

/* Another processor's code: it is told, and looks at its next block. */
static void bus_code_written(void *owner, uint64_t phys, uint64_t lines)
{
	Vcpu *v = owner;
	for (unsigned n = 0; n < v->machine->cpu_count; n++)
		if (n != v->index)
			cpu_code_written(v->machine->vcpus[n].cpu, phys, lines);
}

/* With the lock. GCond costs a system call also when nobody waits. */
static void wake(Vcpu *v)
{
	if (!v->sleeps)
		return;
	v->sleeps = false;
	g_cond_signal(&v->wake);
}

static bool others_rest(const Vcpu *v)
{
	const Machine *machine = v->machine;
	for (unsigned n = 0; n < machine->cpu_count; n++)
		if (n != v->index && !machine->vcpus[n].parked && !machine->vcpus[n].waits)
			return false;
	return true;
}

/* From a processor's thread, with the lock: the other processors come to rest, and rest until machine_release_cpus(). Of several that want
 * this at once each counts as resting for the others; when one has got it, it keeps the lock, and the next one's turn comes when it
 * has parked. The machine doesn't take a waiting processor for parked: it is in the middle of an instruction. */
static void stop_others(Vcpu *v)
{
	Machine *machine = v->machine;
	machine->holds++;
	for (unsigned n = 0; n < machine->cpu_count; n++)
		if (n != v->index && !machine->vcpus[n].parked)
			cpu_request_exit(machine->vcpus[n].cpu);
	v->waits = true;
	g_cond_broadcast(&machine->parked);
	while (!others_rest(v))
		g_cond_wait(&machine->parked, &machine->lock);
	v->waits = false;
}

static void bus_code_found(void *owner, uint64_t phys)
{
	Vcpu *v = owner;
	g_mutex_lock(&v->machine->lock);
	stop_others(v);
	for (unsigned n = 0; n < v->machine->cpu_count; n++)
		cpu_protect_code(v->machine->vcpus[n].cpu, phys);
	machine_release_cpus(v->machine);
	g_mutex_unlock(&v->machine->lock);
}

/* Around a locked access that crosses a cache line of some hosts, or a page, or is a device's. */
static void bus_lock(void *owner, bool locked)
{
	Vcpu *v = owner;
	if (locked) {
		g_mutex_lock(&v->machine->lock);
		stop_others(v);
		v->alone = true;
	} else {
		v->alone = false;
		machine_release_cpus(v->machine);
		g_mutex_unlock(&v->machine->lock);
	}
}

static void bus_pause(void *owner)
{
	(void)owner;
	os_yield();
}

static CpuBus make_bus(Vcpu *v)
{
	const BoardClass *board = v->machine->board_class;
	bool several = v->machine->config->cpus > 1;
	return (CpuBus){
		.owner = v, .page = bus_page, .read = bus_read, .write = bus_write, .port_read = bus_port_read,
		.port_write = bus_port_write, .port_read_many = bus_port_read_many, .port_write_many = bus_port_write_many,
		.acknowledge = bus_acknowledge, .event = bus_event,
		.tpr_read = board->tpr_read ? bus_tpr_read : NULL, .tpr_write = board->tpr_write ? bus_tpr_write : NULL,
		.msr_read = board->msr_read ? bus_msr_read : NULL, .msr_write = board->msr_write ? bus_msr_write : NULL,
		.tsc = bus_tsc, .code_written = bus_code_written,
		.code_found = several ? bus_code_found : NULL, .pause = several ? bus_pause : NULL,
		.lock = several ? bus_lock : NULL, .phys_mask = ((uint64_t)1 << 40) - 1,
	};
}

/* What one processor's share of the memory for translated code is. */
static size_t code_bytes(const MachineConfig *config)
{
	enum { MIB = 1 << 20, USUAL_MIB = 256, LEAST_MIB = 32 };
	if (config->translation_mib > 0)
		return (size_t)config->translation_mib * MIB / config->cpus;
	return MAX((size_t)LEAST_MIB * MIB, (size_t)USUAL_MIB * MIB / config->cpus);
}

static void verify_differs(void *owner, const char *report)
{
	Vcpu *v = owner;
	g_printerr("%s", report);
	g_mutex_lock(&v->machine->lock);
	machine_request(v->machine, REQUEST_EXIT, EXIT_FAILURE);
	g_mutex_unlock(&v->machine->lock);
}

/* Devices write to memory under the machine's lock. */
static void verify_hold(void *owner, bool held)
{
	Vcpu *v = owner;
	if (held)
		g_mutex_lock(&v->machine->lock);
	else
		g_mutex_unlock(&v->machine->lock);
}

/* The first accelerator of the list that this host can give. */
static bool accelerate(Vcpu *v, GError **error)
{
	const MachineConfig *config = v->machine->config;
	g_auto(GStrv) names = g_strsplit(config->accelerators, ":", -1);
	bool translates = false;
	for (unsigned n = 0; names[n]; n++) {
		g_clear_error(error);
		translates = !g_str_equal(names[n], "interp");
		if (!translates || jit_attach(v->cpu, code_bytes(config), error))
			break;
	}
	if (*error || !config->verify_translation)
		return !*error;
	if (translates && config->cpus == 1) {
		jit_verify(v->cpu, &(JitVerifier){ .owner = v, .differs = verify_differs, .hold = verify_hold });
		return true;
	}
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "-accel: verify=on: %s", translates ? "it takes one processor: give -smp 1" :
		    "there is no translated code: give jit as the accelerator");
	return false;
}

/* Where perf looks for the names of code that is in no file. */
static bool open_perf_map(Machine *machine, GError **error)
{
	if (!machine->config->perf_map)
		return true;
	g_autofree char *path = g_strdup_printf("/tmp/perf-%d.map", (int)getpid());
	machine->perf_map = fopen(path, "w");
	if (!machine->perf_map) {
		int code = errno;
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: -perfmap can't write there: %s", path, g_strerror(code));
		return false;
	}
	setvbuf(machine->perf_map, NULL, _IOLBF, BUFSIZ); /* what crashes is profiled too */
	return true;
}

bool machine_cpus_new(Machine *machine, GError **error)
{
	const MachineConfig *config = machine->config;
	if (!open_perf_map(machine, error))
		return false;
	machine->vcpus = g_new0(Vcpu, config->cpus);
	for (unsigned n = 0; n < config->cpus; n++) {
		Vcpu *v = &machine->vcpus[n];
		CpuTopology topology = { n, config->sockets, config->cores, config->threads };
		v->machine = machine;
		v->index = n;
		v->parked = true;
		g_cond_init(&v->wake);
		CpuBus bus = make_bus(v);
		v->cpu = cpu_new(config->cpu_model, &topology, &bus, error);
		machine->cpu_count = n + 1;
		if (!v->cpu || !accelerate(v, error))
			return false;
		jit_set_perf_map(v->cpu, machine->perf_map);
	}
	return true;
}

void machine_cpus_free(Machine *machine)
{
	for (unsigned n = 0; n < machine->cpu_count; n++) {
		cpu_free(machine->vcpus[n].cpu);
		g_cond_clear(&machine->vcpus[n].wake);
	}
	g_free(machine->vcpus);
	if (machine->perf_map)
		fclose(machine->perf_map);
}

/* ---- threads ---- */

/* Until something signals, or in MWAIT a little: the store that it waits for signals nothing. */
static void sleep_until_woken(Vcpu *v)
{
	bool waits_for_store = v->machine->cpu_count > 1 && cpu_in_mwait(v->cpu);
	int64_t end = waits_for_store ? os_monotonic_ns() + MWAIT_NS : INT64_MAX;
	timekeeper_rest(v, end);
	if (waits_for_store && os_monotonic_ns() >= end)
		cpu_end_mwait(v->cpu);
}

/* Sleeps, with the lock, while there is nothing to run or the machine holds it. False: the machine ends. */
static bool wait_for_work(Vcpu *v)
{
	Machine *machine = v->machine;
	while (!machine->stopping && (machine->holds || machine->state != MACHINE_RUNNING || !cpu_has_work(v->cpu))) {
		machine->runs += !v->parked;
		v->parked = true;
		if (machine->holds)
			g_cond_broadcast(&machine->parked);
		sleep_until_woken(v);
	}
	timekeeper_rested(v);
	machine->runs += v->parked;
	v->parked = false;
	if (machine->watcher)
		g_cond_signal(machine->watcher);
	return !machine->stopping;
}

static gpointer vcpu_thread(gpointer data)
{
	Vcpu *v = data;
	g_mutex_lock(&v->machine->lock);
	v->clock = os_thread_clock();
	v->runs = true;
	while (wait_for_work(v)) {
		g_mutex_unlock(&v->machine->lock);
		cpu_run(v->cpu, ~(uint64_t)0);
		g_mutex_lock(&v->machine->lock);
	}
	v->runs = false;
	v->used_ns = os_thread_clock_ns(v->clock);
	v->parked = true;
	g_cond_broadcast(&v->machine->parked);
	g_mutex_unlock(&v->machine->lock);
	return NULL;
}

void machine_cpus_start(Machine *machine)
{
	for (unsigned n = 0; n < machine->cpu_count; n++) {
		g_autofree char *name = g_strdup_printf("cpu%u", n);
		machine->vcpus[n].thread = machine_thread_new(machine, name, vcpu_thread, &machine->vcpus[n]);
	}
}

void machine_kick_cpus(Machine *machine)
{
	for (unsigned n = 0; n < machine->cpu_count; n++) {
		cpu_request_exit(machine->vcpus[n].cpu);
		wake(&machine->vcpus[n]);
	}
}

void machine_cpus_stop(Machine *machine)
{
	g_mutex_lock(&machine->lock);
	machine->stopping = true;
	machine_kick_cpus(machine);
	g_mutex_unlock(&machine->lock);
	for (unsigned n = 0; n < machine->cpu_count; n++)
		g_clear_pointer(&machine->vcpus[n].thread, g_thread_join);
}

static bool all_parked(const Machine *machine)
{
	for (unsigned n = 0; n < machine->cpu_count; n++)
		if (!machine->vcpus[n].parked)
			return false;
	return true;
}

bool machine_ran(const Machine *machine, uint64_t *since)
{
	bool ran = *since != machine->runs || !all_parked(machine);
	*since = machine->runs;
	return ran;
}

int64_t machine_cpu_time_ns(const Machine *machine)
{
	int64_t sum = 0;
	for (unsigned n = 0; n < machine->cpu_count; n++)
		sum += machine->vcpus[n].runs ? os_thread_clock_ns(machine->vcpus[n].clock) : machine->vcpus[n].used_ns;
	return sum;
}

void machine_watch(Machine *machine, GCond *watcher)
{
	machine->watcher = watcher;
}

void machine_hold_cpus(Machine *machine)
{
	machine->holds++;
	machine_kick_cpus(machine);
	while (!all_parked(machine))
		g_cond_wait(&machine->parked, &machine->lock);
}

void machine_release_cpus(Machine *machine)
{
	if (--machine->holds)
		return;
	for (unsigned n = 0; n < machine->cpu_count; n++)
		wake(&machine->vcpus[n]);
}

/* ---- signals from devices ---- */

unsigned machine_active_cpu(Machine *machine)
{
	return machine->in_bus ? machine->active : 0;
}

void machine_set_cpu_interrupt(Machine *machine, unsigned n, bool level)
{
	if (n >= machine->cpu_count)
		return;
	cpu_set_interrupt(machine->vcpus[n].cpu, level);
	if (level)
		wake(&machine->vcpus[n]);
}

void machine_signal_cpu(Machine *machine, unsigned n, CpuSignal signal, uint8_t sipi_vector)
{
	if (n >= machine->cpu_count)
		return;
	Cpu *cpu = machine->vcpus[n].cpu;
	switch (signal) {
	case CPU_SIGNAL_NMI: cpu_raise_nmi(cpu); break;
	case CPU_SIGNAL_SMI: cpu_raise_smi(cpu); break;
	case CPU_SIGNAL_INIT: cpu_raise_init(cpu); break;
	case CPU_SIGNAL_SIPI: cpu_raise_sipi(cpu, sipi_vector); break;
	}
	wake(&machine->vcpus[n]);
}

void machine_set_a20(Machine *machine, bool enabled)
{
	if (machine->a20 == enabled)
		return;
	machine->a20 = enabled;
	for (unsigned n = 0; n < machine->cpu_count; n++)
		cpu_set_a20(machine->vcpus[n].cpu, enabled);
}

bool machine_a20(Machine *machine)
{
	return machine->a20;
}
