/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine's life, see machine.h: building, the machine thread, state, requests, reset, end. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "char/chardev.h"
#include "disk/block.h"
#include "machine/machine-private.h"
#include "machine/property.h"

enum { MOST_GUEST_ERRORS = 500 };
#define PRELAUNCH "paused (prelaunch)"

typedef struct Listener {
	MachineListener functions;
	void *owner;
} Listener;

/* ---- what devices ask ---- */

Clock *machine_clock(Machine *machine) { return machine->clock; }
Memory *machine_memory(Machine *machine) { return machine->memory; }
PortSpace *machine_ports(Machine *machine) { return machine->ports; }
Irq machine_isa_irq(Machine *machine, unsigned line) { return machine->board_class->isa_irq(machine, line); }
struct PciBus *machine_pci_bus(Machine *machine) { return machine->board_class->pci_bus(machine); }
GMainContext *machine_context(Machine *machine) { return machine->context; }
const MachineConfig *machine_config(const Machine *machine) { return machine->config; }
unsigned machine_cpu_count(const Machine *machine) { return machine->cpu_count; }
Cpu *machine_cpu(const Machine *machine, unsigned n) { return machine->vcpus[n].cpu; }
unsigned machine_device_count(const Machine *machine) { return machine->devices->len; }
Device *machine_device(const Machine *machine, unsigned n) { return g_ptr_array_index(machine->devices, n); }
struct Surface *machine_surface(const Machine *machine) { return machine->surface; }
GPtrArray *machine_blocks(Machine *machine) { return machine->blocks; }
GPtrArray *machine_chardevs(const Machine *machine) { return machine->chardevs; }
GPtrArray *machine_input_sinks(const Machine *machine) { return machine->input_sinks; }
void machine_set_surface(Machine *machine, struct Surface *surface) { machine->surface = surface; }
MachineState machine_state(const Machine *machine) { return machine->state; }

void machine_lock(Machine *machine)
{
	g_mutex_lock(&machine->lock);
}

GMutex *machine_mutex(Machine *machine)
{
	return &machine->lock;
}

void machine_unlock(Machine *machine)
{
	g_mutex_unlock(&machine->lock);
}

void machine_log_guest_error(Machine *machine, const char *format, ...)
{
	if (machine->guest_errors >= MOST_GUEST_ERRORS)
		return;
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	machine->guest_errors++;
	g_log_structured("Vivarium", G_LOG_LEVEL_DEBUG, "MESSAGE", "%s: guest: %s", machine->config->name ? machine->config->name : "machine", text);
}

/* ---- states ---- */

static void tell_state(Machine *machine)
{
	for (unsigned n = 0; n < machine->listeners->len; n++) {
		const Listener *l = &g_array_index(machine->listeners, Listener, n);
		if (l->functions.state_changed)
			l->functions.state_changed(l->owner, machine->state);
	}
}

static void note_stop(Machine *machine)
{
	machine->stopped_real_us = g_get_real_time();
	machine->stopped_monotonic_us = g_get_monotonic_time();
}

/* -rtc clock=: the guest's wall clock follows the host's (host, as long as that isn't put back; the default), what the host's would
 * show if nobody put it (rt), or stands still with the machine (vm). */
static void let_time_pass(Machine *machine)
{
	const char *clock = machine->config->rtc_clock;
	int64_t real_us = g_get_real_time() - machine->stopped_real_us, monotonic_us = g_get_monotonic_time() - machine->stopped_monotonic_us;
	if (g_strcmp0(clock, "vm"))
		machine->board_class->time_passed(machine, 1000 * (g_strcmp0(clock, "rt") ? real_us : monotonic_us));
}

/* In S3 too: an alarm of the real-time clock can end it. */
static bool time_passes(const Machine *machine)
{
	return machine->state == MACHINE_RUNNING || machine->state == MACHINE_SUSPENDED;
}

static void set_state(Machine *machine, MachineState state)
{
	if (machine->state == state)
		return;
	bool passed = time_passes(machine);
	machine->state = state;
	bool passes = time_passes(machine);
	machine->paused_by = NULL;
	if (passes && !passed) {
		let_time_pass(machine);
		clock_resume(machine->clock);
	} else if (!passes && passed) {
		clock_pause(machine->clock);
		note_stop(machine);
	}
	timekeeper_look(machine);
	machine_kick_cpus(machine);
	tell_state(machine);
}

void machine_resume(Machine *machine)
{
	if (machine->state != MACHINE_PAUSED || machine->needs_reset)
		return;
	block_retry(machine); /* writes that a full disk held up */
	set_state(machine, MACHINE_RUNNING);
}

void machine_pause(Machine *machine)
{
	if (machine->state == MACHINE_RUNNING)
		set_state(machine, MACHINE_PAUSED);
}

void machine_hold_up(Machine *machine, const GError *error)
{
	if (machine->state != MACHINE_RUNNING)
		return; /* of many writes the first has said it */
	set_state(machine, MACHINE_PAUSED);
	machine->paused_by = "paused (io-error)";
	for (unsigned n = 0; n < machine->listeners->len; n++) {
		const Listener *l = &g_array_index(machine->listeners, Listener, n);
		if (l->functions.held_up)
			l->functions.held_up(l->owner, error);
	}
}

const char *machine_state_name(const Machine *machine)
{
	switch (machine->state) {
	case MACHINE_RUNNING: return "running";
	case MACHINE_SUSPENDED: return "paused (suspended)";
	case MACHINE_STOPPED: return "paused (shutdown)";
	case MACHINE_PAUSED: break;
	}
	return machine->paused_by ? machine->paused_by : "paused";
}

bool machine_needs_reset(const Machine *machine)
{
	return machine->needs_reset;
}

static void end_guest(Machine *machine, const char *paused_by)
{
	set_state(machine, MACHINE_PAUSED);
	machine->paused_by = paused_by;
	machine->needs_reset = true;
}

static void reset_all(Machine *machine)
{
	for (unsigned n = 0; n < machine->cpu_count; n++)
		cpu_reset(machine->vcpus[n].cpu, false);
	for (unsigned n = 0; n < machine->devices->len; n++) {
		Device *device = g_ptr_array_index(machine->devices, n);
		if (device->realized && device->class->reset)
			device->class->reset(device);
	}
	machine_set_a20(machine, true);
	machine->board_class->reset(machine);
	for (unsigned n = 0; n < machine->listeners->len; n++) {
		const Listener *l = &g_array_index(machine->listeners, Listener, n);
		if (l->functions.reset)
			l->functions.reset(l->owner);
	}
}

void machine_reset(Machine *machine)
{
	machine_hold_cpus(machine);
	reset_all(machine);
	if (machine->state == MACHINE_SUSPENDED)
		set_state(machine, MACHINE_RUNNING);
	if (machine->needs_reset)
		machine->paused_by = PRELAUNCH;
	machine->needs_reset = false;
	machine_release_cpus(machine);
}

bool machine_sleeps(const Machine *machine)
{
	return machine->state == MACHINE_SUSPENDED || (machine->requests >> REQUEST_SUSPEND & 1);
}

bool machine_wake(Machine *machine)
{
	if (!machine_sleeps(machine))
		return false;
	machine_request(machine, REQUEST_WAKE, WAKE_BUTTON);
	return true;
}

void machine_power_button(Machine *machine)
{
	if (!machine_wake(machine))
		machine->board_class->power_button(machine);
}

void machine_quit(Machine *machine, int exit_status)
{
	if (machine->ended)
		return;
	machine->ended = true;
	machine->exit_status = exit_status;
	set_state(machine, MACHINE_STOPPED);
	for (unsigned n = 0; n < machine->listeners->len; n++) {
		const Listener *l = &g_array_index(machine->listeners, Listener, n);
		if (l->functions.ended)
			l->functions.ended(l->owner, exit_status);
	}
	g_cond_broadcast(&machine->ended_cond);
}

void machine_with_cpus_stopped(Machine *machine, void (*fn)(Machine *machine, void *data), void *data)
{
	machine_hold_cpus(machine);
	fn(machine, data);
	machine_release_cpus(machine);
}

/* ---- requests ---- */

static void carry_out(Machine *machine, MachineRequest request)
{
	switch (request) {
	case REQUEST_RESET:
		if (machine->config->no_reboot)
			machine_quit(machine, 0);
		else
			machine_reset(machine);
		break;
	case REQUEST_POWER_OFF:
		if (machine->config->no_shutdown)
			end_guest(machine, "paused (shutdown)");
		else
			machine_quit(machine, 0);
		break;
	case REQUEST_SUSPEND: set_state(machine, MACHINE_SUSPENDED); break;
	case REQUEST_WAKE:
		if (machine->state != MACHINE_SUSPENDED)
			break;
		machine_hold_cpus(machine);
		machine->board_class->prepare_wake(machine);
		reset_all(machine);
		machine->board_class->woken(machine, (MachineWake)machine->request_values[REQUEST_WAKE]);
		set_state(machine, MACHINE_RUNNING);
		machine_release_cpus(machine);
		break;
	case REQUEST_PANIC: end_guest(machine, "paused (guest-panicked)"); break;
	case REQUEST_EXIT: machine_quit(machine, machine->request_values[REQUEST_EXIT]); break;
	}
}

static gboolean run_requests(gpointer data)
{
	Machine *machine = data;
	g_mutex_lock(&machine->lock);
	for (unsigned n = 0; n <= REQUEST_EXIT; n++) {
		if (!(machine->requests >> n & 1))
			continue;
		machine->requests &= ~(1u << n);
		carry_out(machine, (MachineRequest)n);
		machine_release_cpus(machine); /* held since machine_request() */
	}
	g_mutex_unlock(&machine->lock);
	return G_SOURCE_REMOVE;
}

/* The processors stop at once: the guest must not run on behind its own reset. */
void machine_request(Machine *machine, MachineRequest request, int value)
{
	if (machine->requests >> request & 1 || machine->ended)
		return;
	machine->requests |= 1u << request;
	machine->request_values[request] = value;
	machine->holds++;
	machine_kick_cpus(machine);
	/* Not g_main_context_invoke(): before the machine thread runs, it would call at once, under the lock. */
	g_autoptr(GSource) source = g_idle_source_new();
	g_source_set_priority(source, G_PRIORITY_HIGH);
	g_source_set_callback(source, run_requests, machine, NULL);
	g_source_attach(source, machine->context);
}

/* ---- threads ---- */

static gpointer machine_thread(gpointer data)
{
	Machine *machine = data;
	g_main_context_push_thread_default(machine->context);
	while (!g_atomic_int_get(&machine->loop_ends))
		g_main_context_iteration(machine->context, TRUE);
	g_main_context_pop_thread_default(machine->context);
	return NULL;
}

static void deadline_moved(void *owner)
{
	timekeeper_look(owner);
}

static void memory_changed(void *owner)
{
	Machine *machine = owner;
	for (unsigned n = 0; n < machine->cpu_count; n++)
		if (machine->vcpus[n].cpu)
			cpu_memory_changed(machine->vcpus[n].cpu, machine->in_bus && machine->active == n);
}

static void code_written(void *owner, uint64_t phys, uint64_t lines)
{
	Machine *machine = owner;
	for (unsigned n = 0; n < machine->cpu_count; n++)
		cpu_code_written(machine->vcpus[n].cpu, phys, lines);
}

/* ---- building ---- */

const BoardClass *board_class_find(const char *name)
{
	for (const BoardClass *const *class = board_classes; *class; class++)
		if (!strcmp((*class)->name, name) || !g_strcmp0((*class)->alias, name))
			return *class;
	return NULL;
}

const BoardClass *board_class_need(const char *name, GError **error)
{
	const BoardClass *found = board_class_find(name);
	g_autoptr(Nearest) nearest = nearest_new(name);
	for (const BoardClass *const *class = board_classes; *class; class++)
		nearest_offer(nearest, (*class)->name);
	g_autofree char *hint = nearest_hint(nearest);
	if (!found)
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "there is no machine type '%s'%s", name, hint);
	return found;
}

static bool set_board_properties(const BoardClass *class, void *board, const MachineConfig *config, GError **error)
{
	g_autofree char *owner = g_strdup_printf("machine type %s", class->name);
	property_set_defaults(NULL, board, class->properties);
	for (unsigned n = 0; n < config->machine_properties->len; n++) {
		const ConfigPair *pair = g_ptr_array_index(config->machine_properties, n);
		const Property *property = property_find(class->properties, owner, pair->name, error);
		if (!property || !property_set(NULL, board, owner, property, pair->value, error))
			return false;
	}
	return true;
}

bool machine_check_type(const MachineConfig *config, GError **error)
{
	const BoardClass *class = board_class_need(config->machine_type, error);
	if (!class)
		return false;
	void *trial = g_malloc0(class->size);
	bool ok = set_board_properties(class, trial, config, error);
	property_clear(trial, class->properties);
	g_free(trial);
	return ok;
}

static bool choose_board(Machine *machine, GError **error)
{
	machine->board_class = board_class_need(machine->config->machine_type, error);
	if (!machine->board_class)
		return false;
	machine->board = g_malloc0(machine->board_class->size);
	return set_board_properties(machine->board_class, machine->board, machine->config, error);
}

static bool check_cpu_count(const Machine *machine, GError **error)
{
	if (machine->config->cpus <= machine->board_class->max_cpus)
		return true;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "the machine type '%s' has at most %u processors, not %u",
		    machine->board_class->name, machine->board_class->max_cpus, machine->config->cpus);
	return false;
}

/* For -device, or any. */
static const DeviceClass *device_class_need(const char *name, bool pluggable, GError **error)
{
	const DeviceClass *found = device_class_find(name);
	if (found && (!pluggable || device_class_is_pluggable(found)))
		return found;
	if (found) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "the device '%s' is a part of the machine; it can't be added", name);
		return NULL;
	}
	g_autoptr(Nearest) nearest = nearest_new(name);
	for (const DeviceClass *const *c = device_classes; *c; c++)
		if (!pluggable || device_class_is_pluggable(*c))
			nearest_offer(nearest, (*c)->name);
	g_autofree char *hint = nearest_hint(nearest);
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "there is no device '%s'%s", name, hint);
	return NULL;
}

/* Globals name classes and properties that exist, with values that they take: tried on a device that nobody uses. */
static bool check_globals(Machine *machine, GError **error)
{
	for (unsigned n = 0; n < machine->config->globals->len; n++) {
		const ConfigGlobal *global = g_ptr_array_index(machine->config->globals, n);
		const DeviceClass *class = device_class_need(global->driver, false, error);
		if (!class) {
			g_prefix_error(error, "-global %s.%s: ", global->driver, global->property);
			return false;
		}
		Device *trial = g_malloc0(class->size);
		trial->class = class;
		trial->machine = machine;
		bool ok = device_set_property(trial, global->property, global->value, error);
		device_free(trial);
		if (!ok)
			return false;
	}
	return true;
}

static bool add_drives(Machine *machine, GError **error)
{
	for (unsigned n = 0; n < machine->config->drives->len; n++) {
		const ConfigDrive *drive = g_ptr_array_index(machine->config->drives, n);
		BlockOptions options = {
			.id = drive->id, .file = drive->file, .format = drive->format,
			.media = !g_strcmp0(drive->media, "cdrom") ? BLOCK_CDROM : BLOCK_DISK,
			.read_only = drive->read_only, .snapshot = drive->snapshot || machine->config->snapshot, .serial = drive->serial,
		};
		if (!block_new(machine, &options, error))
			return false;
	}
	return true;
}

static bool add_device(Machine *machine, const ConfigDevice *wanted, GError **error)
{
	const DeviceClass *class = device_class_need(wanted->driver, true, error);
	if (!class)
		return false;
	if (wanted->id && device_find(machine, wanted->id)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "two devices have the id '%s'", wanted->id);
		return false;
	}
	Device *device = device_new(machine, class, wanted->id);
	for (unsigned n = 0; n < wanted->properties->len; n++) {
		const ConfigPair *pair = g_ptr_array_index(wanted->properties, n);
		if (!device_set_property(device, pair->name, pair->value, error))
			return false;
	}
	return device_realize(device, error);
}

static bool add_devices(Machine *machine, GError **error)
{
	for (unsigned n = 0; n < machine->config->devices->len; n++)
		if (!add_device(machine, g_ptr_array_index(machine->config->devices, n), error))
			return false;
	return true;
}

/* -rtc base=: where the guest's wall clock begins. config_check() has seen the date. */
static void set_epoch(Machine *machine)
{
	const char *base = machine->config->rtc_base;
	if (!base || !strcmp(base, "utc"))
		return;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	if (!strcmp(base, "localtime")) {
		clock_set_epoch(machine->clock, clock_epoch_ns(machine->clock) + g_date_time_get_utc_offset(now) * 1000);
		return;
	}
	int year, month, day, hour = 0, minute = 0, second = 0;
	if (sscanf(base, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) < 3)
		return;
	g_autoptr(GDateTime) date = g_date_time_new_utc(year, month, day, hour, minute, second);
	if (date)
		clock_set_epoch(machine->clock, g_date_time_to_unix(date) * INT64_C(1000000000));
}

static bool build(Machine *machine, GError **error)
{
	return timekeeper_init(machine, error) && choose_board(machine, error) && check_cpu_count(machine, error) && check_globals(machine, error) &&
	       add_drives(machine, error) && machine_cpus_new(machine, error) && machine->board_class->build(machine, error) &&
	       add_devices(machine, error) && machine->board_class->finish(machine, error);
}

Machine *machine_new(const MachineConfig *config, GError **error)
{
	Machine *machine = g_new0(Machine, 1);
	machine->config = config_copy(config);
	g_mutex_init(&machine->lock);
	g_cond_init(&machine->parked);
	g_cond_init(&machine->ended_cond);
	machine->clock = clock_new();
	clock_set_notify(machine->clock, deadline_moved, machine);
	machine->memory = memory_new(memory_changed, machine);
	memory_set_code_written(machine->memory, code_written);
	machine->ports = port_space_new();
	machine->devices = g_ptr_array_new();
	machine->blocks = g_ptr_array_new();
	machine->chardevs = g_ptr_array_new();
	machine->infos = g_ptr_array_new_with_free_func(g_free);
	machine->input_sinks = g_ptr_array_new_with_free_func(g_free);
	machine->listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
	machine->context = g_main_context_new();
	machine->a20 = true;
	machine->paused_by = PRELAUNCH;
	note_stop(machine);
	set_epoch(machine);
	if (!error_in_one_line(build(machine, error), error)) {
		machine_free(machine);
		return NULL;
	}
	reset_all(machine);
	return machine;
}

void machine_listen(Machine *machine, const MachineListener *listener, void *owner)
{
	Listener l = { *listener, owner };
	g_array_append_val(machine->listeners, l);
}

GThread *machine_thread_new(Machine *machine, const char *name, GThreadFunc run, gpointer data)
{
	return g_thread_new(machine->config->name_threads ? name : NULL, run, data);
}

void machine_start(Machine *machine)
{
	machine->threads_run = true;
	machine->thread = machine_thread_new(machine, "machine", machine_thread, machine);
	timekeeper_start(machine);
	machine_cpus_start(machine);
	if (machine->config->paused)
		return;
	g_mutex_lock(&machine->lock);
	machine_resume(machine);
	g_mutex_unlock(&machine->lock);
}

int machine_wait(Machine *machine)
{
	g_mutex_lock(&machine->lock);
	while (!machine->ended)
		g_cond_wait(&machine->ended_cond, &machine->lock);
	int status = machine->exit_status;
	g_mutex_unlock(&machine->lock);
	return status;
}

void machine_stop(Machine *machine)
{
	if (!machine->threads_run)
		return;
	machine->threads_run = false;
	machine_cpus_stop(machine);
	g_mutex_lock(&machine->lock);
	block_drain(machine);
	g_mutex_unlock(&machine->lock);
	timekeeper_stop(machine);
	g_atomic_int_set(&machine->loop_ends, 1);
	g_main_context_wakeup(machine->context);
	g_thread_join(machine->thread);
}

static void free_all(GPtrArray *array, void (*free_one)(gpointer item))
{
	/* The youngest first: it may stand on an older one. */
	while (array->len)
		free_one(g_ptr_array_steal_index(array, array->len - 1));
	g_ptr_array_unref(array);
}

void machine_free(Machine *machine)
{
	if (!machine)
		return;
	machine_stop(machine);
	free_all(machine->devices, (void (*)(gpointer))device_free);
	if (machine->board) {
		machine->board_class->free(machine);
		property_clear(machine->board, machine->board_class->properties);
		g_free(machine->board);
	}
	free_all(machine->chardevs, (void (*)(gpointer))chardev_free);
	free_all(machine->blocks, (void (*)(gpointer))block_free);
	machine_cpus_free(machine);
	g_ptr_array_unref(machine->infos);
	g_ptr_array_unref(machine->input_sinks);
	g_array_unref(machine->listeners);
	memory_free(machine->memory);
	port_space_free(machine->ports);
	clock_free(machine->clock);
	timekeeper_clear(machine);
	g_main_context_unref(machine->context);
	config_free(machine->config);
	g_mutex_clear(&machine->lock);
	g_cond_clear(&machine->parked);
	g_cond_clear(&machine->ended_cond);
	g_free(machine);
}

/* ---- files ---- */

const char *const *machine_file_places(void)
{
	static const char *const places[] = { "/usr/share/seabios", "/usr/local/share/seabios", "/usr/share/qemu", "/usr/share/vgabios",
						"/app/share/seabios" /* in a Flatpak */, NULL };
	return places;
}

char *machine_find_file(const Machine *machine, const char *name, GError **error)
{
	const GPtrArray *first = machine->config->search_paths;
	const char *const *places = machine_file_places();
	g_autoptr(GString) looked = g_string_new(NULL);
	if (g_file_test(name, G_FILE_TEST_IS_REGULAR))
		return g_strdup(name);
	for (unsigned n = 0; n < first->len || places[n - first->len]; n++) {
		const char *folder = n < first->len ? g_ptr_array_index(first, n) : places[n - first->len];
		g_autofree char *path = g_build_filename(folder, name, NULL);
		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return g_steal_pointer(&path);
		g_string_append_printf(looked, "%s%s", looked->len ? ", " : "", folder);
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: not found in %s; Debian's package seabios has it, -L names other folders", name,
		    looked->str);
	return NULL;
}
