/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The printer port: IBM's registers (PC Technical Reference, "printer adapter") and the four cycles of IEEE 1284 EPP.
 *
 * The printer at the other end takes every byte and says so after a moment: busy, an acknowledge pulse, ready. It has nothing
 * to say by itself, so an EPP read times out. Without a chardev no cable is plugged in. */
#include "hw/char/parallel.h"

#include "char/chardev.h"
#include "machine/machine.h"

enum { REG_DATA, REG_STATUS, REG_CONTROL, REG_EPP_ADDRESS, REG_EPP_DATA, REG_COUNT = 8, REG_COUNT_SPP = 3, EPP_BOUNDARY = 8 };
enum {
	STATUS_EPP_TIMEOUT = 0x01,
	STATUS_RESERVED = 0x06,
	STATUS_NO_ERROR = 0x08,
	STATUS_SELECTED = 0x10,
	STATUS_PAPER_OUT = 0x20,
	STATUS_NO_ACK = 0x40,
	STATUS_NOT_BUSY = 0x80,
};
enum {
	CONTROL_STROBE = 0x01,
	CONTROL_INIT = 0x04,
	CONTROL_IRQ = 0x10,
	CONTROL_INPUT = 0x20,
	CONTROL_ALL = 0x3f,
	CONTROL_RESERVED = 0xc0
};
enum { STATUS_READY = STATUS_RESERVED | STATUS_NO_ERROR | STATUS_SELECTED | STATUS_NO_ACK | STATUS_NOT_BUSY };
/* Inputs float high; BUSY is inverted on its way. */
enum { STATUS_UNPLUGGED = STATUS_RESERVED | STATUS_NO_ERROR | STATUS_SELECTED | STATUS_PAPER_OUT | STATUS_NO_ACK };
enum { PRINT_NS = 5000, ACK_NS = 5000, RETRY_NS = 10000000, FLOATING = 0xff };

typedef enum Phase { PHASE_READY, PHASE_PRINTING, PHASE_ACK } Phase;

typedef struct Parallel {
	Device device;
	int32_t index, iobase;
	uint8_t irq_line;
	CharDev *chardev;

	Irq irq;
	unsigned ports;
	Timer printer;

	uint8_t data, control, byte; /* byte: the printer is on it */
	uint8_t phase;		     /* Phase */
	bool epp_timeout;
} Parallel;

/* ---- the printer ---- */

static void after(Parallel *parallel, int64_t ns)
{
	timer_set(&parallel->printer, clock_now(machine_clock(parallel->device.machine)) + ns);
}

static void enter(Parallel *parallel, Phase phase, int64_t ns)
{
	parallel->phase = (uint8_t)phase;
	after(parallel, ns);
}

/* The interrupt follows nACK, and its handler is started by the pulse's end. */
static void on_printer(void *owner)
{
	Parallel *parallel = owner;
	if (parallel->phase == PHASE_PRINTING && !chardev_write(parallel->chardev, &parallel->byte, 1)) {
		after(parallel, RETRY_NS);
	} else if (parallel->phase == PHASE_PRINTING) {
		enter(parallel, PHASE_ACK, ACK_NS);
	} else if (parallel->phase == PHASE_ACK) {
		parallel->phase = PHASE_READY;
		if (parallel->control & CONTROL_IRQ)
			irq_pulse(&parallel->irq);
	}
}

static void print(Parallel *parallel, uint8_t byte)
{
	if (!parallel->chardev || parallel->phase != PHASE_READY || !(parallel->control & CONTROL_INIT))
		return;
	parallel->byte = byte;
	enter(parallel, PHASE_PRINTING, PRINT_NS);
}

static void initialize_printer(Parallel *parallel)
{
	timer_cancel(&parallel->printer);
	parallel->phase = PHASE_READY;
}

/* ---- registers ---- */

static uint8_t status(const Parallel *parallel)
{
	uint8_t value = parallel->chardev ? STATUS_READY : STATUS_UNPLUGGED;
	if (parallel->phase == PHASE_PRINTING || (parallel->chardev && !(parallel->control & CONTROL_INIT)))
		value &= (uint8_t)~STATUS_NOT_BUSY;
	if (parallel->phase == PHASE_ACK)
		value &= (uint8_t)~(STATUS_NOT_BUSY | STATUS_NO_ACK);
	return value | (parallel->epp_timeout ? STATUS_EPP_TIMEOUT : 0);
}

static void write_control(Parallel *parallel, uint8_t value)
{
	uint8_t rising = value & (uint8_t)~parallel->control;
	parallel->control = value & CONTROL_ALL;
	if (!(value & CONTROL_INIT))
		initialize_printer(parallel);
	if (rising & CONTROL_STROBE)
		print(parallel, parallel->data);
}

/* A cycle that the other side doesn't answer ends after 10 us. */
static void epp_write(Parallel *parallel, uint8_t byte)
{
	if (parallel->chardev && chardev_write(parallel->chardev, &byte, 1))
		return;
	parallel->epp_timeout = true;
}

static uint8_t epp_read(Parallel *parallel)
{
	parallel->epp_timeout = true;
	return FLOATING;
}

static uint32_t parallel_read(void *owner, uint16_t port, unsigned size)
{
	Parallel *parallel = owner;
	(void)size;
	switch (port - parallel->iobase) {
	case REG_DATA: return parallel->control & CONTROL_INPUT ? FLOATING : parallel->data;
	case REG_STATUS: return status(parallel);
	case REG_CONTROL: return parallel->control | CONTROL_RESERVED;
	}
	return epp_read(parallel);
}

static void parallel_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Parallel *parallel = owner;
	(void)size;
	switch (port - parallel->iobase) {
	case REG_DATA: parallel->data = (uint8_t)value; break;
	case REG_STATUS:
		if (value & STATUS_EPP_TIMEOUT)
			parallel->epp_timeout = false;
		break;
	case REG_CONTROL: write_control(parallel, (uint8_t)value); break;
	default: epp_write(parallel, (uint8_t)value);
	}
}

static const PortOps port_ops = { .read = parallel_read, .write = parallel_write };

/* ---- the device ---- */

static const CharClient client = { .can_receive = NULL };

static void parallel_reset(Device *device)
{
	Parallel *parallel = (Parallel *)device;
	initialize_printer(parallel);
	parallel->data = 0;
	parallel->control = CONTROL_INIT | 0x08;
	parallel->epp_timeout = false;
}

static const uint16_t places[] = { 0x378, 0x278, 0x3bc };

static bool index_taken(const Parallel *parallel, int32_t index)
{
	Machine *machine = parallel->device.machine;
	for (unsigned n = 0; n < machine_device_count(machine); n++) {
		Device *other = machine_device(machine, n);
		if (other != &parallel->device && other->class == &parallel_class && other->realized &&
			((Parallel *)other)->index == index)
			return true;
	}
	return false;
}

bool parallel_is_at_home(Machine *machine, unsigned index)
{
	for (unsigned n = 0; n < machine_device_count(machine); n++) {
		const Device *device = machine_device(machine, n);
		const Parallel *parallel = (const Parallel *)device;
		if (device->class == &parallel_class && device->realized && parallel->index == (int32_t)index)
			return parallel->iobase == places[index];
	}
	return false;
}

static bool choose_place(Parallel *parallel, GError **error)
{
	const int32_t count = G_N_ELEMENTS(places);
	for (int32_t n = 0; parallel->index < 0 && n < count; n++)
		if (!index_taken(parallel, n))
			parallel->index = n;
	if (parallel->index < 0 || parallel->index >= count) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			"isa-parallel: there are only %d parallel ports, index 0 to %d", count, count - 1);
		return false;
	}
	if (parallel->iobase < 0)
		parallel->iobase = places[parallel->index];
	if (parallel->iobase > 0x10000 - REG_COUNT) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "isa-parallel: iobase ends at 0xfff8");
		return false;
	}
	return true;
}

static bool parallel_realize(Device *device, GError **error)
{
	Parallel *parallel = (Parallel *)device;
	Machine *machine = device->machine;
	if (!choose_place(parallel, error))
		return false;
	if (parallel->chardev && !chardev_attach(parallel->chardev, &client, parallel)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "isa-parallel: the chardev %s is in use",
			chardev_description(parallel->chardev));
		return false;
	}
	timer_init(&parallel->printer, machine_clock(machine), "printer", on_printer, parallel);
	parallel->irq = machine_isa_irq(machine, parallel->irq_line);
	/* 3BC is four ports before the VGA's: no EPP there. */
	unsigned count = parallel->iobase % EPP_BOUNDARY ? REG_COUNT_SPP : REG_COUNT;
	parallel->ports = port_map(machine_ports(machine), "parallel", (uint16_t)parallel->iobase, count, &port_ops, parallel);
	return true;
}

static void parallel_unrealize(Device *device)
{
	Parallel *parallel = (Parallel *)device;
	port_unmap(machine_ports(device->machine), parallel->ports);
	timer_cancel(&parallel->printer);
	if (parallel->chardev)
		chardev_attach(parallel->chardev, NULL, parallel);
}

static void parallel_loaded(Device *device, unsigned version)
{
	Parallel *parallel = (Parallel *)device;
	(void)version;
	if (parallel->phase > PHASE_ACK || !parallel->chardev)
		initialize_printer(parallel);
}

static const Property properties[] = {
	{"index", PROPERTY_I32, offsetof(Parallel, index), "-1", "Which of LPT1 to LPT3, from 0; -1: the next free", 0, 0, NULL},
	{"iobase", PROPERTY_I32, offsetof(Parallel, iobase), "-1", "First port; -1: by the index", 0, 0, NULL},
	{"irq", PROPERTY_U8, offsetof(Parallel, irq_line), "7", "ISA interrupt line", 0, 15, NULL},
	{"chardev", PROPERTY_CHARDEV, offsetof(Parallel, chardev), NULL, "Where the printer's paper is", 0, 0, NULL},
	{NULL, PROPERTY_BOOL, 0, NULL, NULL, 0, 0, NULL},
};

#define FIELD(type, member) { #member, type, offsetof(Parallel, member), 0, 0, NULL, 0 }
static const StateField state[] = {
	FIELD(STATE_U8, data),
	FIELD(STATE_U8, control),
	FIELD(STATE_U8, byte),
	FIELD(STATE_U8, phase),
	FIELD(STATE_BOOL, epp_timeout),
	FIELD(STATE_TIMER, printer),
	{NULL, STATE_BOOL, 0, 0, 0, NULL, 0},
};

const DeviceClass parallel_class = {
	.name = "isa-parallel",
	.bus = "isa",
	.description = "Parallel port",
	.size = sizeof(Parallel),
	.properties = properties,
	.state = state,
	.state_version = 1,
	.realize = parallel_realize,
	.reset = parallel_reset,
	.unrealize = parallel_unrealize,
	.loaded = parallel_loaded,
};
