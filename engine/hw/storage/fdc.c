/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 82077AA floppy controller: registers, the phases of a command, interrupts and reset (Intel 82077AA datasheet).
 *
 * A command's bytes gather in `fifo` (command phase), then it runs (execution phase: data commands, see fdc_data.c), then its result
 * bytes lie in `fifo` (result phase) until the host has read them all. Interrupts that follow from the mechanics (reset, seek,
 * reading an ID) come a moment later, by a timer: drivers set up their wait after they wrote the command. */
#include "hw/storage/fdc_internal.h"

#include <string.h>

#include "machine/machine.h"

/* Registers, from iobase on. */
enum { SRA, SRB, DOR, TDR, MSR_DSR, FIFO, DIR_CCR = 7, REGISTERS };
enum { DOR_RESET = 0x04, DOR_DMA_GATE = 0x08, DOR_SELECT = 0x03 };
enum { MSR_BUSY = 0x10, MSR_NON_DMA = 0x20, MSR_TO_HOST = 0x40, MSR_READY = 0x80 };
enum { DSR_RESET = 0x80, DSR_POWER_DOWN = 0x40, RATE_BITS = 0x03 };
enum { DIR_CHANGED = 0x80, CONFIGURE_DEFAULT = 0x20 /* FIFO off */, PRETRK_DEFAULT = 0 };
enum { RESET_DELAY_NS = 50000 };

/* ---- interrupts and results ---- */

static void update_irq(Fdc *fdc)
{
	irq_set(&fdc->irq, fdc->interrupt && fdc->dor & DOR_DMA_GATE);
}

void fdc_interrupt(Fdc *fdc, bool level)
{
	fdc->interrupt = level;
	update_irq(fdc);
}

void fdc_no_result(Fdc *fdc)
{
	fdc->phase = PHASE_COMMAND;
	fdc->fifo_length = fdc->fifo_position = 0;
	fdc->action = ACTION_NONE;
}

void fdc_result(Fdc *fdc, const uint8_t *bytes, unsigned count, bool interrupt)
{
	memcpy(fdc->fifo, bytes, count);
	fdc->phase = PHASE_RESULT;
	fdc->action = ACTION_NONE;
	fdc->offers = false;
	fdc->fifo_position = 0;
	fdc->fifo_length = (uint8_t)count;
	if (interrupt)
		fdc_interrupt(fdc, true);
}

void fdc_later(Fdc *fdc, uint8_t pending, int64_t delay_ns)
{
	int64_t deadline = clock_now(machine_clock(fdc->device.machine)) + delay_ns;
	fdc->pending |= pending;
	timer_set(&fdc->timer, timer_is_set(&fdc->timer) ? MIN(deadline, fdc->timer.deadline_ns) : deadline);
}

static void timer_ran(void *owner)
{
	Fdc *fdc = owner;
	uint8_t pending = fdc->pending;
	fdc->pending = 0;
	if (pending & PENDING_RESET)
		fdc_interrupt(fdc, true);
	for (unsigned drive = 0; drive < 4; drive++)
		if (pending & PENDING_SEEK << drive)
			fdc_seek_ended(fdc, drive);
	if (pending & PENDING_RESULT) {
		fdc->phase = PHASE_RESULT; /* the bytes are there */
		fdc_interrupt(fdc, true);
	}
}

Floppy *fdc_selected(const Fdc *fdc, unsigned unit)
{
	return unit < FDC_DRIVES ? fdc->drives[unit] : NULL;
}

/* ---- reset ---- */

void fdc_cancel(Fdc *fdc)
{
	if (fdc->request)
		block_cancel(fdc->request);
	fdc->request = NULL;
	fdc->wait = FDC_WAIT_NONE;
	fdc->action = ACTION_NONE;
	fdc->offers = false;
	if (fdc->dma)
		dma_set_request(fdc->dma, fdc->dma_channel, false);
}

/* By DOR and DSR; drives' heads stay where they are. */
static void soft_reset(Fdc *fdc)
{
	fdc_cancel(fdc);
	timer_cancel(&fdc->timer);
	fdc->pending = 0;
	fdc_no_result(fdc);
	fdc->busy_seeks = fdc->ended_seeks = 0;
	fdc->reset_senses = 0;
	fdc->non_dma = false;
	fdc->perpendicular &= 0x3c; /* GAP and WGATE go, the drives' bits stay */
	memset(fdc->pcn, 0, sizeof fdc->pcn);
	if (!fdc->lock) {
		fdc->configure = CONFIGURE_DEFAULT;
		fdc->precompensation = PRETRK_DEFAULT;
	}
	fdc_interrupt(fdc, false);
}

static void leave_reset(Fdc *fdc)
{
	soft_reset(fdc);
	fdc->reset_senses = 4;
	fdc_later(fdc, PENDING_RESET, RESET_DELAY_NS);
}

static void write_dor(Fdc *fdc, uint8_t value)
{
	bool was = fdc->dor & DOR_RESET, is = value & DOR_RESET;
	fdc->dor = value;
	if (was && !is)
		soft_reset(fdc);
	if (!was && is)
		leave_reset(fdc);
	update_irq(fdc);
}

static void write_dsr(Fdc *fdc, uint8_t value)
{
	fdc->rate = value & RATE_BITS;
	fdc->power_down = value & DSR_POWER_DOWN;
	if (value & DSR_RESET && fdc->dor & DOR_RESET)
		leave_reset(fdc);
}

/* ---- FIFO ---- */

static uint8_t main_status(const Fdc *fdc)
{
	uint8_t status = fdc->busy_seeks;
	if (!(fdc->dor & DOR_RESET))
		return 0;
	switch (fdc->phase) {
	case PHASE_COMMAND: return (uint8_t)(status | MSR_READY | (fdc->fifo_length ? MSR_BUSY : 0));
	case PHASE_RESULT: return status | MSR_READY | MSR_TO_HOST | MSR_BUSY;
	default:
		status |= MSR_BUSY;
		if (fdc->non_dma && fdc->action != ACTION_NONE)
			status |= MSR_NON_DMA;
		if (fdc->offers)
			status |= (uint8_t)(MSR_READY | (fdc->action == ACTION_READ ? MSR_TO_HOST : 0));
		return status;
	}
}

static uint8_t read_fifo(Fdc *fdc)
{
	if (!(fdc->dor & DOR_RESET))
		return 0;
	if (fdc->phase == PHASE_EXECUTION)
		return fdc_data_read(fdc);
	if (fdc->phase != PHASE_RESULT)
		return 0;
	fdc_interrupt(fdc, fdc->reset_senses == 4 && fdc->interrupt);
	uint8_t value = fdc->fifo[fdc->fifo_position++];
	if (fdc->fifo_position >= fdc->fifo_length) {
		fdc_no_result(fdc);
		/* A seek that ended meanwhile interrupts now. */
		if (fdc->ended_seeks)
			fdc_interrupt(fdc, true);
	}
	return value;
}

static void write_fifo(Fdc *fdc, uint8_t value)
{
	if (!(fdc->dor & DOR_RESET))
		return;
	if (fdc->phase == PHASE_EXECUTION) {
		fdc_data_write(fdc, value);
		return;
	}
	if (fdc->phase != PHASE_COMMAND)
		return;
	fdc->fifo[fdc->fifo_length++] = value;
	enum { DRIVE_SPECIFICATION = 0x8e, LAST_SPECIFICATION = 0x80 };
	bool last = fdc->fifo[0] == DRIVE_SPECIFICATION && fdc->fifo_length > 1 && value & LAST_SPECIFICATION;
	if (last || fdc->fifo_length >= fdc_command_length(fdc->fifo[0]))
		fdc_execute(fdc);
}

/* ---- ports ---- */

static uint8_t direction_register(const Fdc *fdc)
{
	const Floppy *floppy = fdc_selected(fdc, fdc->dor & DOR_SELECT);
	return floppy && floppy->changed ? DIR_CHANGED : 0;
}

static uint32_t fdc_port_read(void *owner, uint16_t port, unsigned size)
{
	Fdc *fdc = owner;
	(void)size;
	switch (port - fdc->iobase) {
	case SRA: return fdc->interrupt ? 0x80 : 0;
	case SRB: return 0xc0u | (fdc->dor & 1) << 5 | (fdc->dor >> 4 & 3u);
	case DOR: return fdc->dor;
	case TDR: return fdc->tdr;
	case MSR_DSR: return main_status(fdc);
	case FIFO: return read_fifo(fdc);
	case DIR_CCR: return direction_register(fdc);
	default: return 0xff;
	}
}

static void fdc_port_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Fdc *fdc = owner;
	(void)size;
	switch (port - fdc->iobase) {
	case DOR: write_dor(fdc, (uint8_t)value); break;
	case TDR: fdc->tdr = value & 3; break;
	case MSR_DSR: write_dsr(fdc, (uint8_t)value); break;
	case FIFO: write_fifo(fdc, (uint8_t)value); break;
	case DIR_CCR: fdc->rate = value & RATE_BITS; break;
	default: break;
	}
}

static const PortOps fdc_ops = { fdc_port_read, fdc_port_write, 1 };

/* ---- device ---- */

static void dma_became_ready(void *owner)
{
	fdc_run(owner);
}

enum { CASCADE = 4 };

static bool fdc_realize(Device *device, GError **error)
{
	Fdc *fdc = (Fdc *)device;
	Machine *machine = device->machine;
	if (fdc->dma_channel == CASCADE) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "isa-fdc: dma=4 joins the two DMA controllers, no device can have it");
		return false;
	}
	for (unsigned n = 0; n < machine_device_count(machine); n++)
		if (machine_device(machine, n)->class == &i8237_class)
			fdc->dma = (I8237 *)machine_device(machine, n);
	fdc->irq = machine_isa_irq(machine, fdc->irq_line);
	timer_init(&fdc->timer, machine_clock(machine), "fdc", timer_ran, fdc);
	if (fdc->dma)
		dma_set_listener(fdc->dma, fdc->dma_channel, dma_became_ready, fdc);
	/* 3F6 between them is the IDE channel's. */
	fdc->ports[0] = port_map(machine_ports(machine), "fdc", (uint16_t)fdc->iobase, 6, &fdc_ops, fdc);
	fdc->ports[1] = port_map(machine_ports(machine), "fdc-dir", (uint16_t)(fdc->iobase + DIR_CCR), 1, &fdc_ops, fdc);
	return true;
}

static void fdc_reset(Device *device)
{
	Fdc *fdc = (Fdc *)device;
	enum { RATE_DEFAULT = RATE_250K };
	fdc->lock = false;
	soft_reset(fdc);
	/* Not 0, the chip's own: Linux, awake again, counts on a firmware that turns the controller on (it resets by DSR alone, which then does
	 * nothing), and SeaBIOS leaves it alone when it wakes a machine. */
	fdc->dor = DOR_RESET | DOR_DMA_GATE;
	fdc->tdr = fdc->power_down = fdc->perpendicular = fdc->option = 0;
	fdc->rate = RATE_DEFAULT;
	memset(fdc->specify, 0, sizeof fdc->specify);
	update_irq(fdc);
}

static void fdc_unrealize(Device *device)
{
	Fdc *fdc = (Fdc *)device;
	fdc_cancel(fdc);
	timer_cancel(&fdc->timer);
	if (fdc->dma)
		dma_set_listener(fdc->dma, fdc->dma_channel, NULL, NULL);
	for (unsigned n = 0; n < G_N_ELEMENTS(fdc->ports); n++)
		port_unmap(machine_ports(device->machine), fdc->ports[n]);
	for (unsigned n = 0; n < FDC_DRIVES; n++)
		if (fdc->drives[n])
			fdc->drives[n]->fdc = NULL;
}

static void fdc_loaded(Device *device, unsigned version)
{
	Fdc *fdc = (Fdc *)device;
	(void)version;
	fdc->fifo_length = MIN(fdc->fifo_length, FDC_FIFO);
	fdc->fifo_position = MIN(fdc->fifo_position, fdc->fifo_length);
	if (fdc->phase == PHASE_COMMAND && fdc->fifo_length >= FDC_FIFO)
		fdc->fifo_length = 0;
	if (fdc->phase == PHASE_RESULT && fdc->fifo_position >= fdc->fifo_length)
		fdc->phase = PHASE_COMMAND;
	fdc->reset_senses = MIN(fdc->reset_senses, 4);
	fdc->end = MIN(fdc->end, sizeof fdc->buffer);
	fdc->position = MIN(fdc->position, fdc->end);
	fdc->in_flight = MIN(fdc->in_flight, FDC_BUFFER_SECTORS);
	fdc->drive &= 3;
	fdc->head &= 1;
	fdc_resume_request(fdc);
}

static const char *const type_choices[] = { "auto", "none", "120", "144", "288", NULL };

static const Property fdc_properties[] = {
	{ "fdtypeA", PROPERTY_CHOICE, offsetof(Fdc, type_wanted[0]), "auto", "kind of the first drive", 0, 0, type_choices },
	{ "fdtypeB", PROPERTY_CHOICE, offsetof(Fdc, type_wanted[1]), "auto", "kind of the second drive", 0, 0, type_choices },
	{ "fallback", PROPERTY_CHOICE, offsetof(Fdc, fallback), "288", "kind of a drive without a medium that would tell it", 0, 0, type_choices },
	{ "bootindexA", PROPERTY_I32, offsetof(Fdc, bootindex[0]), "-1", "the first drive's place in the boot order, lower ones first; -1: none",
		PROPERTY_FROM_MINUS_1, INT32_MAX, NULL },
	{ "bootindexB", PROPERTY_I32, offsetof(Fdc, bootindex[1]), "-1", "the second drive's likewise", PROPERTY_FROM_MINUS_1, INT32_MAX, NULL },
	{ "iobase", PROPERTY_U32, offsetof(Fdc, iobase), "0x3f0", "first port", 0, 0x10000 - REGISTERS, NULL },
	{ "irq", PROPERTY_U8, offsetof(Fdc, irq_line), "6", "ISA interrupt line", 0, 15, NULL },
	{ "dma", PROPERTY_U8, offsetof(Fdc, dma_channel), "2", "DMA channel", 0, 7, NULL },
	{ .name = NULL },
};

#define U8(field) { #field, STATE_U8, offsetof(Fdc, field), 0, 0, NULL, 0 }
#define BOOL(field) { #field, STATE_BOOL, offsetof(Fdc, field), 0, 0, NULL, 0 }
#define U32(field) { #field, STATE_U32, offsetof(Fdc, field), 0, 0, NULL, 0 }
#define ARRAY(field, count) { #field, STATE_U8, offsetof(Fdc, field), count, 0, NULL, 0 }

static const StateField fdc_state[] = {
	U8(dor), U8(tdr), U8(rate), U8(power_down), U8(interrupt), U8(pending),
	ARRAY(specify, 2), U8(configure), U8(precompensation), U8(perpendicular), U8(option), U8(last_eot), BOOL(lock), BOOL(non_dma),
	ARRAY(pcn, 4), ARRAY(seek_target, 4), U8(busy_seeks), U8(ended_seeks), ARRAY(seek_st0, 4), U8(reset_senses),
	U8(phase), { "fifo", STATE_BYTES, offsetof(Fdc, fifo), FDC_FIFO, 0, NULL, 0 }, U8(fifo_length), U8(fifo_position),
	U8(action), U8(wait), BOOL(deleted), BOOL(skip), BOOL(multitrack), BOOL(whole_track), BOOL(scan_failed), BOOL(scan_equal),
	BOOL(terminal), BOOL(offers), U8(drive), U8(head), U8(c), U8(h), U8(r), U8(n), U8(eot), U8(step), U8(scan_kind), U8(st1), U8(st2),
	U32(verify_left), U8(format_left), U8(filler), U32(position), U32(end), U8(in_flight),
	{ "buffer", STATE_BYTES, offsetof(Fdc, buffer), FDC_BUFFER_SECTORS * SECTOR_SIZE, 0, NULL, 0 },
	{ "timer", STATE_TIMER, offsetof(Fdc, timer), 0, 0, NULL, 0 },
	{ .name = NULL },
};

const DeviceClass isa_fdc_class = {
	.name = "isa-fdc",
	.bus = "isa",
	.description = "Intel 82077AA floppy controller",
	.size = sizeof(Fdc),
	.properties = fdc_properties,
	.state = fdc_state,
	.state_version = 1,
	.realize = fdc_realize,
	.reset = fdc_reset,
	.unrealize = fdc_unrealize,
	.loaded = fdc_loaded,
};
