/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine that device tests stand on: what devices ask of a machine, answered by plain records. */
#include "fake-machine.h"

#include <stdarg.h>
#include <string.h>

/* ---- making ---- */

static void nothing_changed(void *owner)
{
	(void)owner;
}

Machine *fake_machine_new(void)
{
	Machine *machine = g_new0(Machine, 1);
	g_mutex_init(&machine->lock);
	g_mutex_lock(&machine->lock);
	machine->context = g_main_context_new();
	machine->clock = clock_new();
	clock_set_epoch(machine->clock, 0);
	machine->memory = memory_new(nothing_changed, machine);
	machine->ports = port_space_new();
	machine->devices = g_ptr_array_new();
	machine->blocks = g_ptr_array_new();
	machine->state = MACHINE_RUNNING;
	machine->chardevs = g_ptr_array_new();
	machine->input_sinks = g_ptr_array_new_with_free_func(g_free);
	machine->ram = memory_new_ram(machine->memory, "ram", FAKE_RAM_BYTES, NULL);
	g_assert_nonnull(machine->ram);
	memory_map_ram(machine->memory, "ram", machine->ram, 0, 0, FAKE_RAM_BYTES, true, MEMORY_PRIORITY_RAM);
	machine->cpu_count = 1;
	machine->a20 = true;
	return machine;
}

static void free_properties(Device *device)
{
	for (const Property *p = device->class->properties; p && p->name; p++)
		if (p->type == PROPERTY_STRING)
			g_free(*(char **)(void *)((uint8_t *)device + p->offset));
}

static void free_device(Device *device)
{
	if (device->realized && device->class->unrealize)
		device->class->unrealize(device);
	free_properties(device);
	g_free(device->id);
	g_free(device);
}

void fake_machine_free(Machine *machine)
{
	if (!machine)
		return;
	while (machine->devices->len) {
		free_device(g_ptr_array_index(machine->devices, machine->devices->len - 1));
		g_ptr_array_set_size(machine->devices, (gint)machine->devices->len - 1);
	}
	g_ptr_array_unref(machine->devices);
	g_ptr_array_unref(machine->blocks);
	g_ptr_array_unref(machine->chardevs);
	g_ptr_array_unref(machine->input_sinks);
	port_space_free(machine->ports);
	memory_free(machine->memory);
	clock_free(machine->clock);
	g_main_context_unref(machine->context);
	g_mutex_unlock(&machine->lock);
	g_mutex_clear(&machine->lock);
	g_free(machine);
}

Device *fake_device(Machine *machine, const DeviceClass *class, ...)
{
	GError *error = NULL;
	Device *device = device_new(machine, class, NULL);
	va_list arguments;
	va_start(arguments, class);
	for (const char *name = va_arg(arguments, const char *); name; name = va_arg(arguments, const char *)) {
		device_set_property(device, name, va_arg(arguments, const char *), &error);
		g_assert_no_error(error);
	}
	va_end(arguments);
	device_realize(device, &error);
	g_assert_no_error(error);
	if (class->reset)
		class->reset(device);
	return device;
}

/* ---- properties ---- */

static const Property *find_property(const Device *device, const char *name)
{
	for (const Property *p = device->class->properties; p && p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static bool is_on(const char *value)
{
	return strcmp(value, "on") == 0;
}

static uint64_t size_of(const char *value)
{
	char *end;
	uint64_t number = g_ascii_strtoull(value, &end, 0);
	const char *suffix = *end ? strchr("KMGT", *end) : NULL;
	return suffix ? number << 10 * (suffix - "KMGT" + 1) : number;
}

static unsigned choice_of(const Property *property, const char *value)
{
	for (unsigned n = 0; property->choices[n]; n++)
		if (strcmp(property->choices[n], value) == 0)
			return n;
	g_error("%s has no choice %s", property->name, value);
}

static void set_property(Device *device, const Property *property, const char *value)
{
	void *place = (uint8_t *)device + property->offset;
	uint64_t number = g_ascii_strtoull(value, NULL, 0);
	switch (property->type) {
	case PROPERTY_BOOL: *(bool *)place = is_on(value); break;
	case PROPERTY_AUTO: *(OnOffAuto *)place = strcmp(value, "auto") == 0 ? OOA_AUTO : is_on(value) ? OOA_ON : OOA_OFF; break;
	case PROPERTY_U8: *(uint8_t *)place = (uint8_t)number; break;
	case PROPERTY_U16: *(uint16_t *)place = (uint16_t)number; break;
	case PROPERTY_U32: *(uint32_t *)place = (uint32_t)number; break;
	case PROPERTY_U64: *(uint64_t *)place = number; break;
	case PROPERTY_I32: *(int32_t *)place = (int32_t)g_ascii_strtoll(value, NULL, 0); break;
	case PROPERTY_SIZE: *(uint64_t *)place = size_of(value); break;
	case PROPERTY_STRING:
		g_free(*(char **)place);
		*(char **)place = g_strdup(value);
		break;
	case PROPERTY_CHOICE: *(unsigned *)place = choice_of(property, value); break;
	case PROPERTY_DRIVE:
	case PROPERTY_CHARDEV: break; /* fake_set_pointer() */
	}
}

Device *device_new(Machine *machine, const DeviceClass *class, const char *id)
{
	Device *device = g_malloc0(class->size);
	device->class = class;
	device->machine = machine;
	device->id = g_strdup(id);
	for (const Property *p = class->properties; p && p->name; p++)
		if (p->value)
			set_property(device, p, p->value);
	g_ptr_array_add(machine->devices, device);
	return device;
}

bool device_set_property(Device *device, const char *name, const char *value, GError **error)
{
	const Property *property = find_property(device, name);
	if (!property) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s has no property %s", device->class->name, name);
		return false;
	}
	set_property(device, property, value);
	return true;
}

bool device_realize(Device *device, GError **error)
{
	device->realized = !device->class->realize || device->class->realize(device, error);
	return device->realized;
}

Device *device_find(Machine *machine, const char *id)
{
	for (unsigned n = 0; n < machine->devices->len; n++) {
		Device *device = g_ptr_array_index(machine->devices, n);
		if (g_strcmp0(device->id, id) == 0)
			return device;
	}
	return NULL;
}

void fake_set_pointer(Device *device, const char *property, void *value)
{
	const Property *p = find_property(device, property);
	g_assert_nonnull(p);
	*(void **)(void *)((uint8_t *)device + p->offset) = value;
}

/* ---- what devices ask and tell ---- */

Clock *machine_clock(Machine *machine) { return machine->clock; }
Memory *machine_memory(Machine *machine) { return machine->memory; }
PortSpace *machine_ports(Machine *machine) { return machine->ports; }
GMainContext *machine_context(Machine *machine) { return machine->context; }
const MachineConfig *machine_config(const Machine *machine) { return machine->config; }
unsigned machine_cpu_count(const Machine *machine) { return machine->cpu_count; }
Cpu *machine_cpu(const Machine *machine, unsigned n) { return n < FAKE_CPUS ? machine->cpus[n] : NULL; }
unsigned machine_active_cpu(Machine *machine) { return machine->active_cpu; }
bool machine_a20(Machine *machine) { return machine->a20; }
void machine_set_a20(Machine *machine, bool enabled) { machine->a20 = enabled; }
void machine_lock(Machine *machine) { g_mutex_lock(&machine->lock); }
void machine_unlock(Machine *machine) { g_mutex_unlock(&machine->lock); }
MachineState machine_state(const Machine *machine) { return machine->state; }
bool machine_sleeps(const Machine *machine) { return machine->state == MACHINE_SUSPENDED || machine->requests[REQUEST_SUSPEND]; }
bool machine_wake(Machine *machine)
{
	if (machine_sleeps(machine))
		machine_request(machine, REQUEST_WAKE, WAKE_BUTTON);
	return machine_sleeps(machine);
}
void machine_hold_up(Machine *machine, const GError *error)
{
	(void)error;
	machine->state = MACHINE_PAUSED;
}
GPtrArray *machine_blocks(Machine *machine) { return machine->blocks; }
unsigned machine_device_count(const Machine *machine) { return machine->devices->len; }
Device *machine_device(const Machine *machine, unsigned n) { return g_ptr_array_index(machine->devices, n); }
struct Surface *machine_surface(const Machine *machine) { return machine->surface; }
void machine_set_surface(Machine *machine, struct Surface *surface) { machine->surface = surface; }
GPtrArray *machine_chardevs(const Machine *machine) { return machine->chardevs; }
GPtrArray *machine_input_sinks(const Machine *machine) { return machine->input_sinks; }
void machine_quit(Machine *machine, int exit_status) { machine->quit = true; (void)exit_status; }
struct PciBus *machine_pci_bus(Machine *machine) { return machine->pci; }

char *machine_find_file(const Machine *machine, const char *name, GError **error)
{
	(void)machine;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "no file %s", name);
	return NULL;
}

static void set_isa(void *owner, unsigned line, bool level)
{
	Machine *machine = owner;
	if (level && !machine->isa_level[line])
		machine->isa_rises[line]++;
	machine->isa_level[line] = level;
	irq_set(&machine->isa_wire[line], level);
}

Irq machine_isa_irq(Machine *machine, unsigned line)
{
	g_assert_cmpuint(line, <, 16);
	return (Irq){ set_isa, machine, line };
}

void machine_log_guest_error(Machine *machine, const char *format, ...)
{
	(void)format;
	machine->guest_errors++;
}

void machine_request(Machine *machine, MachineRequest request, int value)
{
	machine->requests[request]++;
	machine->request_value = value;
}

void machine_set_cpu_interrupt(Machine *machine, unsigned n, bool level)
{
	g_assert_cmpuint(n, <, FAKE_CPUS);
	machine->cpu_interrupt[n] = level;
}

void machine_signal_cpu(Machine *machine, unsigned n, CpuSignal signal, uint8_t sipi_vector)
{
	if (machine->signal_count < FAKE_SIGNALS)
		machine->signals[machine->signal_count] = (FakeSignal){ n, signal, sipi_vector };
	machine->signal_count++;
}

void fake_forget_signals(Machine *machine)
{
	machine->signal_count = 0;
}

/* ---- time ---- */

void fake_run(Machine *machine, int64_t ns)
{
	int64_t end = clock_now(machine->clock) + ns;
	for (;;) {
		int64_t next = clock_run(machine->clock), now = clock_now(machine->clock);
		if (next > end) {
			clock_warp(machine->clock, end - now);
			return;
		}
		clock_warp(machine->clock, MAX(next - now, 0));
	}
}

static gboolean wake(void *woken)
{
	*(bool *)woken = true;
	return G_SOURCE_REMOVE;
}

bool fake_pump(Machine *machine)
{
	bool late = false;
	GSource *limit = g_timeout_source_new(1000);
	g_source_set_callback(limit, wake, &late, NULL);
	g_source_attach(limit, machine->context);
	machine_unlock(machine);
	g_main_context_iteration(machine->context, TRUE);
	machine_lock(machine);
	g_source_destroy(limit);
	g_source_unref(limit);
	return !late;
}

/* ---- scripts ---- */

typedef enum Access { ACCESS_PORT_WRITE, ACCESS_PORT_READ, ACCESS_WRITE, ACCESS_READ } Access;

static const struct {
	Access access;
	uint8_t size;
} accesses_of[] = {
	[OUT8] = { ACCESS_PORT_WRITE, 1 }, [OUT16] = { ACCESS_PORT_WRITE, 2 }, [OUT32] = { ACCESS_PORT_WRITE, 4 },
	[IN8] = { ACCESS_PORT_READ, 1 }, [IN16] = { ACCESS_PORT_READ, 2 }, [IN32] = { ACCESS_PORT_READ, 4 },
	[WRITE8] = { ACCESS_WRITE, 1 }, [WRITE16] = { ACCESS_WRITE, 2 }, [WRITE32] = { ACCESS_WRITE, 4 }, [WRITE64] = { ACCESS_WRITE, 8 },
	[READ8] = { ACCESS_READ, 1 }, [READ16] = { ACCESS_READ, 2 }, [READ32] = { ACCESS_READ, 4 }, [READ64] = { ACCESS_READ, 8 },
};

/* What was read; `value` for a write. */
static uint64_t access_register(Machine *machine, Access access, uint64_t address, uint64_t value, unsigned size)
{
	switch (access) {
	case ACCESS_PORT_WRITE: port_write(machine->ports, (uint16_t)address, (uint32_t)value, size); return value;
	case ACCESS_PORT_READ: return port_read(machine->ports, (uint16_t)address, size);
	case ACCESS_WRITE: memory_io_write(machine->memory, address, value, size); return value;
	case ACCESS_READ: return memory_io_read(machine->memory, address, size);
	}
	return 0;
}

static uint64_t rises(Machine *machine, uint64_t line)
{
	unsigned count = machine->isa_rises[line];
	machine->isa_rises[line] = 0;
	return count;
}

static uint64_t run_step(Machine *machine, const RegisterStep *step)
{
	switch (step->op) {
	case RUN_NS: fake_run(machine, (int64_t)step->address); return step->value;
	case IRQ_LEVEL: return machine->isa_level[step->address];
	case IRQ_RISES: return rises(machine, step->address);
	case CPU_LEVEL: return machine->cpu_interrupt[step->address];
	case REQUESTED: return machine->requests[step->address];
	case GATE_A20: return machine->a20;
	case ACTIVE_CPU: machine->active_cpu = (unsigned)step->address; return step->value;
	default:
		return access_register(machine, accesses_of[step->op].access, step->address, step->value, accesses_of[step->op].size);
	}
}

void fake_script(Machine *machine, const char *name, const RegisterStep *steps, unsigned count)
{
	for (unsigned n = 0; n < count; n++) {
		uint64_t got = run_step(machine, &steps[n]);
		if ((got ^ steps[n].value) & ~steps[n].ignore)
			g_error("%s, step %u (%s): address 0x%" G_GINT64_MODIFIER "x gave 0x%" G_GINT64_MODIFIER "x instead of 0x%"
				G_GINT64_MODIFIER "x", name, n, steps[n].what ? steps[n].what : "", steps[n].address, got, steps[n].value);
	}
}

/* ---- fuzzing ---- */

/* All zeros, all ones, small numbers and anything, a quarter each. */
static uint64_t random_value(GRand *dice)
{
	uint64_t any = (uint64_t)g_rand_int(dice) << 32 | g_rand_int(dice);
	const uint64_t values[] = { 0, ~(uint64_t)0, any & 0xf, any };
	return values[g_rand_int_range(dice, 0, G_N_ELEMENTS(values))];
}

static void fuzz_once(Machine *machine, GRand *dice, const FuzzRange *range)
{
	unsigned size = 1u << g_rand_int_range(dice, 0, range->memory ? 4 : 3);
	uint64_t address = range->first + (uint64_t)(g_rand_double(dice) * (double)range->count);
	if (g_rand_int_range(dice, 0, 8))
		address &= ~(uint64_t)(size - 1);
	bool write = g_rand_boolean(dice);
	Access access = range->memory ? (write ? ACCESS_WRITE : ACCESS_READ) : (write ? ACCESS_PORT_WRITE : ACCESS_PORT_READ);
	access_register(machine, access, address, random_value(dice), size);
}

void fake_fuzz(Machine *machine, uint32_t seed, unsigned accesses, const FuzzRange *ranges, unsigned count)
{
	GRand *dice = g_rand_new_with_seed(seed);
	for (unsigned n = 0; n < accesses; n++) {
		fuzz_once(machine, dice, &ranges[g_rand_int_range(dice, 0, (gint32)count)]);
		if (g_rand_int_range(dice, 0, 64) == 0)
			fake_run(machine, g_rand_int_range(dice, 0, 100000));
	}
	g_rand_free(dice);
}
