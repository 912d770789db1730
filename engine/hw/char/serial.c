/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A 16550A as IBM-compatible computers have them (National Semiconductor, PC16550D data sheet): oscillator 1.8432 MHz, interrupt
 * line behind OUT2.
 *
 * Characters go to the host the moment they are written, and come in as fast as the receiver has room: nobody gains by waiting
 * for a wire. Time matters where a driver's logic rests on it. With the transmitter's interrupt enabled the holding register gets
 * empty one character time after it was written, so that a driver that fills the FIFO at every interrupt runs in turn with
 * the rest of the guest; without, it is empty at once. If the host takes nothing, the FIFO stays full until it does. */
#include "hw/char/serial.h"

#include <string.h>

#include "char/chardev.h"
#include "machine/machine.h"

enum { FIFO_SIZE = 16, OSCILLATOR_HZ = 1843200, CLOCKS_PER_BIT = 16, RETRY_NS = 10000000 };

enum { REG_DATA, REG_IER, REG_IIR_FCR, REG_LCR, REG_MCR, REG_LSR, REG_MSR, REG_SCR, REG_COUNT };

enum { IER_ERBFI = 0x01, IER_ETBEI = 0x02, IER_ELSI = 0x04, IER_EDSSI = 0x08, IER_ALL = 0x0f };
enum {
	IIR_MODEM = 0x00,
	IIR_NONE = 0x01,
	IIR_THRE = 0x02,
	IIR_DATA = 0x04,
	IIR_LINE = 0x06,
	IIR_TIMEOUT = 0x0c,
	IIR_FIFOS = 0xc0
};
enum { FCR_ENABLE = 0x01, FCR_RESET_RX = 0x02, FCR_RESET_TX = 0x04, FCR_KEPT = 0xc9 };
enum { LCR_LENGTH = 0x03, LCR_STOP = 0x04, LCR_PARITY = 0x08, LCR_BREAK = 0x40, LCR_DLAB = 0x80 };
enum { MCR_DTR = 0x01, MCR_RTS = 0x02, MCR_OUT1 = 0x04, MCR_OUT2 = 0x08, MCR_LOOP = 0x10, MCR_ALL = 0x1f };
enum {
	LSR_DR = 0x01,
	LSR_OE = 0x02,
	LSR_PE = 0x04,
	LSR_FE = 0x08,
	LSR_BI = 0x10,
	LSR_THRE = 0x20,
	LSR_TEMT = 0x40,
	LSR_FIFO_ERROR = 0x80
};
enum { LSR_OF_CHARACTER = LSR_PE | LSR_FE | LSR_BI, LSR_ERRORS = LSR_OF_CHARACTER | LSR_OE };
enum { MSR_DELTAS = 0x0f, MSR_TERI = 0x04, MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80 };

typedef struct Serial {
	Device device;
	int32_t index, iobase, irq_line;
	uint32_t baudbase;
	CharDev *chardev;
	bool attached;

	Irq irq;
	bool interrupts;	   /* what it says to the line */
	struct Serial *next_on_line; /* a ring of those that share it */
	unsigned ports;
	Timer transmit, timeout;

	uint8_t ier, fcr, lcr, mcr, lsr, msr, scr; /* msr: the lines from outside, and the deltas */
	uint16_t divisor;
	bool thre_pending, timeout_pending;
	uint8_t rx[FIFO_SIZE], rx_error[FIFO_SIZE]; /* rx[0] is next; rx_error: LSR_OF_CHARACTER */
	uint8_t rx_count, rx_last;
	uint8_t tx[FIFO_SIZE], tx_count;
} Serial;

static const uint8_t triggers[] = { 1, 4, 8, 14 };

static bool has_fifos(const Serial *serial)
{
	return serial->fcr & FCR_ENABLE;
}

static unsigned depth(const Serial *serial)
{
	return has_fifos(serial) ? FIFO_SIZE : 1;
}

static unsigned trigger(const Serial *serial)
{
	return has_fifos(serial) ? triggers[serial->fcr >> 6] : 1;
}

/* Start bit, data, parity, stop bits: one and a half with five data bits count as two. */
static int64_t character_ns(const Serial *serial)
{
	uint64_t bits =
		1 + 5 + (serial->lcr & LCR_LENGTH) + (serial->lcr & LCR_PARITY ? 1 : 0) + (serial->lcr & LCR_STOP ? 2 : 1);
	uint64_t hz = (uint64_t)serial->baudbase * CLOCKS_PER_BIT;
	return clock_ticks_to_ns(bits * CLOCKS_PER_BIT * MAX(serial->divisor, 1u), hz);
}

static int64_t after(const Serial *serial, int64_t ns)
{
	return clock_now(machine_clock(serial->device.machine)) + ns;
}

/* ---- interrupts ---- */

/* Data sheet, table IV: in the order of their priority. */
static uint8_t interrupt_source(const Serial *serial)
{
	if ((serial->ier & IER_ELSI) && (serial->lsr & LSR_ERRORS))
		return IIR_LINE;
	if ((serial->ier & IER_ERBFI) && serial->rx_count >= trigger(serial))
		return IIR_DATA;
	if ((serial->ier & IER_ERBFI) && serial->timeout_pending)
		return IIR_TIMEOUT;
	if ((serial->ier & IER_ETBEI) && serial->thre_pending)
		return IIR_THRE;
	if ((serial->ier & IER_EDSSI) && (serial->msr & MSR_DELTAS))
		return IIR_MODEM;
	return IIR_NONE;
}

/* In loopback the pin of OUT2 is inactive, whatever the register says. */
static void update_irq(Serial *serial)
{
	bool gate = (serial->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;
	serial->interrupts = gate && interrupt_source(serial) != IIR_NONE;
	bool level = serial->interrupts;
	for (const Serial *other = serial->next_on_line; other != serial; other = other->next_on_line)
		level |= other->interrupts;
	irq_set(&serial->irq, level);
}

/* COM1 and COM3 have one line, COM2 and COM4 the other. */
static void join_line(Serial *serial)
{
	Machine *machine = serial->device.machine;
	serial->next_on_line = serial;
	for (unsigned n = 0; n < machine_device_count(machine); n++) {
		Serial *other = (Serial *)machine_device(machine, n);
		if (other == serial || other->device.class != &serial_class || !other->device.realized ||
			other->irq_line != serial->irq_line)
			continue;
		serial->next_on_line = other->next_on_line;
		other->next_on_line = serial;
		return;
	}
}

static void leave_line(Serial *serial)
{
	Serial *before = serial;
	while (before->next_on_line != serial)
		before = before->next_on_line;
	before->next_on_line = serial->next_on_line;
	serial->next_on_line = serial;
	update_irq(before);
}

/* ---- receiver ---- */

/* The errors of the character that is next show in the LSR once it gets there. */
static void show_next(Serial *serial)
{
	serial->lsr &= ~(LSR_DR | LSR_FIFO_ERROR);
	if (!serial->rx_count)
		return;
	serial->lsr |= LSR_DR | serial->rx_error[0];
	for (unsigned n = 0; has_fifos(serial) && n < serial->rx_count; n++)
		if (serial->rx_error[n])
			serial->lsr |= LSR_FIFO_ERROR;
}

static void restart_timeout(Serial *serial)
{
	serial->timeout_pending = false;
	if (has_fifos(serial) && serial->rx_count)
		timer_set(&serial->timeout, after(serial, 4 * character_ns(serial)));
	else
		timer_cancel(&serial->timeout);
}

static void on_timeout(void *owner)
{
	Serial *serial = owner;
	serial->timeout_pending = serial->rx_count > 0;
	update_irq(serial);
}

/* A full FIFO keeps what it has; the single register takes the new one. Either way one is lost. */
static void receive_character(Serial *serial, uint8_t character, uint8_t errors)
{
	if (serial->rx_count == depth(serial)) {
		serial->lsr |= LSR_OE;
		if (has_fifos(serial))
			return;
		serial->rx_count = 0;
	}
	serial->rx[serial->rx_count] = character;
	serial->rx_error[serial->rx_count++] = errors;
	if (serial->rx_count == 1)
		show_next(serial);
	else if (errors)
		serial->lsr |= LSR_FIFO_ERROR;
	restart_timeout(serial);
}

static void drop_received(Serial *serial)
{
	serial->rx_count = 0;
	show_next(serial);
	restart_timeout(serial);
}

static unsigned can_receive(void *owner)
{
	Serial *serial = owner;
	return serial->mcr & MCR_LOOP ? 0 : depth(serial) - serial->rx_count;
}

static void receive(void *owner, const uint8_t *bytes, unsigned size)
{
	Serial *serial = owner;
	for (unsigned n = 0; n < size; n++)
		receive_character(serial, bytes[n], 0);
	update_irq(serial);
}

/* A break is a zero character without its stop bit (data sheet, LSR bit 4). */
static void receive_break(void *owner)
{
	Serial *serial = owner;
	if (!(serial->mcr & MCR_LOOP))
		receive_character(serial, 0, LSR_BI | LSR_FE);
	update_irq(serial);
}

static const CharClient client = { .can_receive = can_receive, .receive = receive, .serial_break = receive_break };

/* The last character can be read again and again. */
static uint8_t read_character(Serial *serial)
{
	if (!serial->rx_count)
		return serial->rx_last;
	serial->rx_last = serial->rx[0];
	serial->rx_count--;
	memmove(serial->rx, serial->rx + 1, serial->rx_count);
	memmove(serial->rx_error, serial->rx_error + 1, serial->rx_count);
	show_next(serial);
	restart_timeout(serial);
	update_irq(serial);
	if (!serial->rx_count && serial->chardev)
		chardev_accept_input(serial->chardev);
	return serial->rx_last;
}

/* ---- transmitter ---- */

static void transmitter_empty(Serial *serial)
{
	if (!(serial->lsr & LSR_THRE))
		serial->thre_pending = true;
	serial->lsr |= LSR_THRE | LSR_TEMT;
}

static void send_to_host(Serial *serial)
{
	unsigned sent = serial->chardev ? chardev_write(serial->chardev, serial->tx, serial->tx_count) : serial->tx_count;
	serial->tx_count = (uint8_t)(serial->tx_count - sent);
	memmove(serial->tx, serial->tx + sent, serial->tx_count);
}

static void loop_back(Serial *serial)
{
	for (unsigned n = 0; n < serial->tx_count; n++)
		receive_character(serial, serial->tx[n], 0);
	serial->tx_count = 0;
}

static void transmit(Serial *serial)
{
	if (serial->mcr & MCR_LOOP)
		loop_back(serial);
	else
		send_to_host(serial);
	if (serial->tx_count)
		timer_set(&serial->transmit, after(serial, RETRY_NS));
	else if (!(serial->ier & IER_ETBEI))
		transmitter_empty(serial);
	else if (!timer_is_set(&serial->transmit))
		timer_set(&serial->transmit, after(serial, character_ns(serial)));
	update_irq(serial);
}

static void on_transmit(void *owner)
{
	Serial *serial = owner;
	if (serial->tx_count)
		send_to_host(serial);
	if (serial->tx_count)
		timer_set(&serial->transmit, after(serial, RETRY_NS));
	else
		transmitter_empty(serial);
	update_irq(serial);
}

static void write_character(Serial *serial, uint8_t character)
{
	static const uint8_t length_masks[] = { 0x1f, 0x3f, 0x7f, 0xff };
	if (serial->tx_count == depth(serial))
		serial->tx_count--; /* written over */
	serial->tx[serial->tx_count++] = character & length_masks[serial->lcr & LCR_LENGTH];
	serial->lsr &= ~(LSR_THRE | LSR_TEMT);
	serial->thre_pending = false;
	transmit(serial);
}

static void drop_transmitted(Serial *serial)
{
	serial->tx_count = 0;
	timer_cancel(&serial->transmit);
	transmitter_empty(serial);
}

/* ---- registers ---- */

static void write_ier(Serial *serial, uint8_t value)
{
	/* Enabling it while the register is empty is a reason by itself. */
	if ((value & ~serial->ier & IER_ETBEI) && (serial->lsr & LSR_THRE))
		serial->thre_pending = true;
	serial->ier = value & IER_ALL;
	update_irq(serial);
}

/* Without bit 0 no other bit is written; a change of bit 0 empties both FIFOs. */
static void write_fcr(Serial *serial, uint8_t value)
{
	bool changed = (value ^ serial->fcr) & FCR_ENABLE;
	serial->fcr = value & FCR_ENABLE ? value & FCR_KEPT : 0;
	if (changed || (value & (FCR_ENABLE | FCR_RESET_RX)) == (FCR_ENABLE | FCR_RESET_RX))
		drop_received(serial);
	if (changed || (value & (FCR_ENABLE | FCR_RESET_TX)) == (FCR_ENABLE | FCR_RESET_TX))
		drop_transmitted(serial);
	restart_timeout(serial);
	update_irq(serial);
	if (serial->chardev)
		chardev_accept_input(serial->chardev);
}

/* In loopback a break comes back as one. */
static void write_lcr(Serial *serial, uint8_t value)
{
	bool begins = value & ~serial->lcr & LCR_BREAK;
	serial->lcr = value;
	if (begins && (serial->mcr & MCR_LOOP))
		receive_character(serial, 0, LSR_BI | LSR_FE);
	else if (begins && serial->chardev)
		chardev_send_break(serial->chardev);
	update_irq(serial);
}

/* The modem lines as the chip sees them: in loopback its own outputs, otherwise those of the other side. */
static uint8_t modem_lines(const Serial *serial)
{
	if (!(serial->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD; /* the host's end is always ready */
	return (serial->mcr & MCR_RTS ? MSR_CTS : 0) | (serial->mcr & MCR_DTR ? MSR_DSR : 0) |
	       (serial->mcr & MCR_OUT1 ? MSR_RI : 0) | (serial->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

/* TERI tells of the ring indicator's end only. */
static void update_modem(Serial *serial)
{
	uint8_t lines = modem_lines(serial), changed = (lines ^ serial->msr) & (uint8_t)~MSR_DELTAS;
	uint8_t deltas = (uint8_t)(changed >> 4);
	if (lines & MSR_RI)
		deltas &= (uint8_t)~MSR_TERI;
	serial->msr = lines | (serial->msr & MSR_DELTAS) | deltas;
}

static void write_mcr(Serial *serial, uint8_t value)
{
	bool out_of_loop = serial->mcr & ~value & MCR_LOOP;
	serial->mcr = value & MCR_ALL;
	update_modem(serial);
	update_irq(serial);
	if (out_of_loop && serial->chardev)
		chardev_accept_input(serial->chardev);
}

static uint8_t read_iir(Serial *serial)
{
	uint8_t source = interrupt_source(serial);
	if (source == IIR_THRE)
		serial->thre_pending = false;
	update_irq(serial);
	return source | (has_fifos(serial) ? IIR_FIFOS : 0);
}

static uint8_t read_lsr(Serial *serial)
{
	uint8_t value = serial->lsr;
	serial->lsr &= ~LSR_ERRORS;
	if (serial->rx_count)
		serial->rx_error[0] = 0;
	show_next(serial);
	update_irq(serial);
	return value;
}

static uint8_t read_msr(Serial *serial)
{
	uint8_t value = serial->msr;
	serial->msr &= (uint8_t)~MSR_DELTAS;
	update_irq(serial);
	return value;
}

static uint32_t serial_read(void *owner, uint16_t port, unsigned size)
{
	Serial *serial = owner;
	(void)size;
	switch (port - serial->iobase) {
	case REG_DATA: return serial->lcr & LCR_DLAB ? serial->divisor & 0xff : read_character(serial);
	case REG_IER: return serial->lcr & LCR_DLAB ? serial->divisor >> 8 : serial->ier;
	case REG_IIR_FCR: return read_iir(serial);
	case REG_LCR: return serial->lcr;
	case REG_MCR: return serial->mcr;
	case REG_LSR: return read_lsr(serial);
	case REG_MSR: return read_msr(serial);
	case REG_SCR: return serial->scr;
	}
	return 0xff;
}

static void serial_write(void *owner, uint16_t port, uint32_t wide, unsigned size)
{
	Serial *serial = owner;
	uint8_t value = (uint8_t)wide;
	(void)size;
	switch (port - serial->iobase) {
	case REG_DATA:
		if (serial->lcr & LCR_DLAB)
			serial->divisor = (serial->divisor & 0xff00) | value;
		else
			write_character(serial, value);
		break;
	case REG_IER:
		if (serial->lcr & LCR_DLAB)
			serial->divisor = (uint16_t)((serial->divisor & 0xff) | value << 8);
		else
			write_ier(serial, value);
		break;
	case REG_IIR_FCR: write_fcr(serial, value); break;
	case REG_LCR: write_lcr(serial, value); break;
	case REG_MCR: write_mcr(serial, value); break;
	case REG_SCR: serial->scr = value; break;
	}
}

static const PortOps port_ops = { .read = serial_read, .write = serial_write };

/* ---- the device ---- */

/* Data sheet, table I. The divisor, the scratch register and the characters aren't touched by the chip's reset; a machine that
 * starts anew gets them zeroed all the same. */
static void serial_reset(Device *device)
{
	Serial *serial = (Serial *)device;
	timer_cancel(&serial->transmit);
	timer_cancel(&serial->timeout);
	serial->ier = serial->fcr = serial->lcr = serial->mcr = serial->scr = 0;
	serial->divisor = OSCILLATOR_HZ / CLOCKS_PER_BIT / 9600;
	serial->lsr = LSR_THRE | LSR_TEMT;
	serial->msr = modem_lines(serial);
	serial->thre_pending = serial->timeout_pending = false;
	serial->rx_count = serial->rx_last = serial->tx_count = 0;
	update_irq(serial);
	if (serial->chardev)
		chardev_accept_input(serial->chardev);
}

enum { PORTS = 4 };
static const struct {
	uint16_t iobase;
	uint8_t irq;
} places[PORTS] = { { 0x3f8, 4 }, { 0x2f8, 3 }, { 0x3e8, 4 }, { 0x2e8, 3 } };

static bool index_taken(const Serial *serial, int32_t index)
{
	Machine *machine = serial->device.machine;
	for (unsigned n = 0; n < machine_device_count(machine); n++) {
		Device *other = machine_device(machine, n);
		if (other != &serial->device && other->class == &serial_class && other->realized &&
			((Serial *)other)->index == index)
			return true;
	}
	return false;
}

bool serial_is_at_home(Machine *machine, unsigned index)
{
	for (unsigned n = 0; n < machine_device_count(machine); n++) {
		const Device *device = machine_device(machine, n);
		const Serial *serial = (const Serial *)device;
		if (device->class == &serial_class && device->realized && serial->index == (int32_t)index)
			return serial->iobase == places[index].iobase && serial->irq_line == places[index].irq;
	}
	return false;
}

static bool choose_place(Serial *serial, GError **error)
{
	for (int32_t n = 0; serial->index < 0 && n < PORTS; n++)
		if (!index_taken(serial, n))
			serial->index = n;
	if (serial->index < 0 || serial->index >= PORTS) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "isa-serial: there are only %d serial ports, index 0 to %d",
			PORTS, PORTS - 1);
		return false;
	}
	if (serial->iobase < 0)
		serial->iobase = places[serial->index].iobase;
	if (serial->irq_line < 0)
		serial->irq_line = places[serial->index].irq;
	if (serial->iobase > 0x10000 - REG_COUNT || serial->irq_line > 15) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "isa-serial: iobase ends at 0xfff8 and irq at 15");
		return false;
	}
	return true;
}

static bool serial_realize(Device *device, GError **error)
{
	Serial *serial = (Serial *)device;
	Machine *machine = device->machine;
	if (!choose_place(serial, error))
		return false;
	if (serial->chardev && !chardev_attach(serial->chardev, &client, serial)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "isa-serial: the chardev %s is in use",
			chardev_description(serial->chardev));
		return false;
	}
	timer_init(&serial->transmit, machine_clock(machine), "serial transmitter", on_transmit, serial);
	timer_init(&serial->timeout, machine_clock(machine), "serial receiver timeout", on_timeout, serial);
	serial->irq = machine_isa_irq(machine, (unsigned)serial->irq_line);
	join_line(serial);
	serial->ports = port_map(machine_ports(machine), "serial", (uint16_t)serial->iobase, REG_COUNT, &port_ops, serial);
	return true;
}

static void serial_unrealize(Device *device)
{
	Serial *serial = (Serial *)device;
	port_unmap(machine_ports(device->machine), serial->ports);
	timer_cancel(&serial->transmit);
	timer_cancel(&serial->timeout);
	serial->ier = 0;
	update_irq(serial);
	leave_line(serial);
	if (serial->chardev)
		chardev_attach(serial->chardev, NULL, serial);
}

/* Counts index arrays: a state from a file may say anything. */
static void serial_loaded(Device *device, unsigned version)
{
	Serial *serial = (Serial *)device;
	(void)version;
	serial->rx_count = MIN(serial->rx_count, (uint8_t)depth(serial));
	serial->tx_count = MIN(serial->tx_count, (uint8_t)depth(serial));
	for (unsigned n = 0; n < FIFO_SIZE; n++)
		serial->rx_error[n] &= LSR_OF_CHARACTER;
	update_irq(serial);
}

static const Property properties[] = {
	{ "index", PROPERTY_I32, offsetof(Serial, index), "-1", "Which of COM1 to COM4, from 0; -1: the next free", 0, 0, NULL },
	{ "iobase", PROPERTY_I32, offsetof(Serial, iobase), "-1", "First port; -1: by the index", 0, 0, NULL },
	{ "irq", PROPERTY_I32, offsetof(Serial, irq_line), "-1", "ISA interrupt line; -1: by the index", 0, 0, NULL },
	{ "baudbase", PROPERTY_U32, offsetof(Serial, baudbase), "115200", "Bits per second with divisor 1", 1, 24000000, NULL },
	{ "chardev", PROPERTY_CHARDEV, offsetof(Serial, chardev), NULL, "The host's end of the line", 0, 0, NULL },
	{ NULL, PROPERTY_BOOL, 0, NULL, NULL, 0, 0, NULL },
};

#define FIELD(type, member) { #member, type, offsetof(Serial, member), 0, 0, NULL, 0 }
static const StateField state[] = {
	FIELD(STATE_U8, ier), FIELD(STATE_U8, fcr), FIELD(STATE_U8, lcr), FIELD(STATE_U8, mcr), FIELD(STATE_U8, lsr),
	FIELD(STATE_U8, msr), FIELD(STATE_U8, scr), FIELD(STATE_U16, divisor),
	FIELD(STATE_BOOL, thre_pending), FIELD(STATE_BOOL, timeout_pending),
	{ "rx", STATE_BYTES, offsetof(Serial, rx), FIFO_SIZE, 0, NULL, 0 },
	{ "rx_error", STATE_BYTES, offsetof(Serial, rx_error), FIFO_SIZE, 0, NULL, 0 },
	FIELD(STATE_U8, rx_count), FIELD(STATE_U8, rx_last),
	{ "tx", STATE_BYTES, offsetof(Serial, tx), FIFO_SIZE, 0, NULL, 0 },
	FIELD(STATE_U8, tx_count),
	FIELD(STATE_TIMER, transmit), FIELD(STATE_TIMER, timeout),
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass serial_class = {
	.name = "isa-serial",
	.bus = "isa",
	.description = "16550A serial port",
	.size = sizeof(Serial),
	.properties = properties,
	.state = state,
	.state_version = 1,
	.realize = serial_realize,
	.reset = serial_reset,
	.unrealize = serial_unrealize,
	.loaded = serial_loaded,
};
