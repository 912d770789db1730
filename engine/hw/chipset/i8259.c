/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 8259A programmable interrupt controllers, two of them (Intel 8259A datasheet; 82371SB, section 4.2 for ELCR). Names are the
 * datasheet's.
 *
 * A rising edge stays in IRR until it is acknowledged, even when the line falls before: the processor is a thread that may look
 * much later than the chip's INTA would come, and a short pulse must not get lost between two looks. */
#include "hw/chipset/i8259.h"

enum { MASTER, SLAVE, CHIPS };
enum { TICK = 0, CASCADE = 2, SPURIOUS = 7, NONE = 8 };
enum { PORT_MASTER = 0x20, PORT_SLAVE = 0xa0, PORT_ELCR = 0x4d0 };
enum { ICW1_IC4 = 0x01, ICW1_SNGL = 0x02, ICW1 = 0x10 };
enum { ICW4_AEOI = 0x02, ICW4_SFNM = 0x10 };
enum { OCW3 = 0x08, OCW3_RIS = 0x01, OCW3_RR = 0x02, OCW3_POLL = 0x04, OCW3_SMM = 0x20, OCW3_ESMM = 0x40 };
/* OCW2's upper three bits */
enum { OCW2_CLEAR_ROTATE_AEOI, OCW2_EOI, OCW2_NOP, OCW2_SPECIFIC_EOI, OCW2_SET_ROTATE_AEOI, OCW2_ROTATE_EOI, OCW2_SET_PRIORITY,
	OCW2_ROTATE_SPECIFIC_EOI };

typedef struct Chip {
	uint8_t irr, isr, imr;
	uint8_t lines;	      /* levels of the inputs */
	uint8_t elcr;	      /* 1: level-triggered */
	uint8_t vector;	      /* ICW2's upper five bits */
	uint8_t expects;      /* the ICW that port 1 takes next, 2-4; 0: OCW1 */
	uint8_t icw1, icw3;
	uint8_t lowest;	      /* the input with the lowest priority */
	bool auto_eoi, rotate_auto_eoi, fully_nested, special_mask, poll, read_isr;
} Chip;

struct I8259 {
	Device device;
	Chip chip[CHIPS];
	Irq output;
	bool level;
	unsigned ports[3];
	void (*taken)(void *owner);
	void *taken_owner;
};

static const uint8_t elcr_writable[CHIPS] = { 0xf8, 0xde };

/* ---- priorities ---- */

/* Inputs of `set` turned so that bit 0 has the highest priority. */
static unsigned rank_of(const Chip *chip, uint8_t set)
{
	unsigned shift = (chip->lowest + 1) & 7;
	unsigned turned = (set >> shift | set << (8 - shift)) & 0xff;
	return turned ? (unsigned)__builtin_ctz(turned) : NONE;
}

static unsigned input_of(const Chip *chip, unsigned rank)
{
	return (chip->lowest + 1 + rank) & 7;
}

/* The input that may interrupt now, or NONE. In the special mask mode a masked input in service blocks nobody; in the special
 * fully nested mode the slave may interrupt its own service. */
static unsigned pending_input(const Chip *chip, bool master)
{
	unsigned request = rank_of(chip, chip->irr & (uint8_t)~chip->imr);
	uint8_t blocking = chip->isr;
	if (chip->special_mask)
		blocking &= (uint8_t)~chip->imr;
	if (master && chip->fully_nested)
		blocking &= (uint8_t)~(1 << CASCADE);
	if (request == NONE || request >= rank_of(chip, blocking))
		return NONE;
	return input_of(chip, request);
}

/* ---- lines ---- */

static void set_line(Chip *chip, unsigned input, bool level)
{
	uint8_t bit = (uint8_t)(1 << input);
	bool was = chip->lines & bit;
	chip->lines = level ? chip->lines | bit : chip->lines & (uint8_t)~bit;
	if (chip->elcr & bit)
		chip->irr = level ? chip->irr | bit : chip->irr & (uint8_t)~bit;
	else if (level && !was)
		chip->irr |= bit;
}

/* The slave's INT is an input of the master that falls while its interrupt is acknowledged, so that its next one is an edge. */
static void update(I8259 *pic)
{
	Chip *master = &pic->chip[MASTER];
	bool slave = pending_input(&pic->chip[SLAVE], false) != NONE;
	set_line(master, CASCADE, slave);
	if (!slave)
		master->irr &= (uint8_t)~(1 << CASCADE);
	bool level = pending_input(master, true) != NONE;
	pic->level = level;
	irq_set(&pic->output, level);
}

static void input_set(void *owner, unsigned line, bool level)
{
	I8259 *pic = owner;
	if (line == CASCADE || line > 15)
		return;
	set_line(&pic->chip[line / 8], line % 8, level);
	update(pic);
}

Irq i8259_input(I8259 *pic, unsigned line)
{
	return (Irq){ input_set, pic, line };
}

void i8259_set_output(I8259 *pic, Irq output)
{
	pic->output = output;
}

bool i8259_pending(const I8259 *pic)
{
	return pic->level;
}

bool i8259_tick_waits(const I8259 *pic)
{
	const Chip *master = &pic->chip[MASTER];
	return master->irr & (uint8_t)~master->imr & 1 << TICK;
}

void i8259_set_tick_taken(I8259 *pic, void (*taken)(void *owner), void *owner)
{
	pic->taken = taken;
	pic->taken_owner = owner;
}

/* ---- acknowledging ---- */

static void begin_service(Chip *chip, unsigned input)
{
	uint8_t bit = (uint8_t)(1 << input);
	if (!(chip->elcr & bit))
		chip->irr &= (uint8_t)~bit;
	if (!chip->auto_eoi)
		chip->isr |= bit;
	else if (chip->rotate_auto_eoi)
		chip->lowest = (uint8_t)input;
}

/* The input that is in service now; SPURIOUS without becoming so. */
static unsigned acknowledge(Chip *chip, bool master)
{
	unsigned input = pending_input(chip, master);
	if (input == NONE)
		return SPURIOUS;
	begin_service(chip, input);
	return input;
}

/* When all is done: the next edge may come by this. */
static void tell_tick(const I8259 *pic, const Chip *chip, unsigned input)
{
	if (input == TICK && chip == &pic->chip[MASTER] && pic->taken)
		pic->taken(pic->taken_owner);
}

int i8259_acknowledge(I8259 *pic)
{
	Chip *master = &pic->chip[MASTER], *slave = &pic->chip[SLAVE];
	bool spurious = pending_input(master, true) == NONE;
	unsigned input = acknowledge(master, true);
	int vector = master->vector + (int)input;
	if (input == CASCADE && !spurious) {
		vector = slave->vector + (int)acknowledge(slave, false);
		set_line(master, CASCADE, false);
	}
	update(pic);
	tell_tick(pic, master, input);
	return vector;
}

/* ---- commands ---- */

static void write_icw1(Chip *chip, uint8_t value)
{
	uint8_t lines = chip->lines, elcr = chip->elcr, vector = chip->vector;
	*chip = (Chip){ .icw1 = value, .lines = lines, .elcr = elcr, .vector = vector, .expects = 2, .lowest = 7 };
	chip->irr = lines & elcr;
}

static void end_of_interrupt(Chip *chip, unsigned input, bool rotate)
{
	chip->isr &= (uint8_t)~(1 << input);
	if (rotate)
		chip->lowest = (uint8_t)input;
}

/* The highest in service that isn't masked away by the special mask mode: that one keeps until it is named. */
static void nonspecific_eoi(Chip *chip, bool rotate)
{
	uint8_t set = chip->special_mask ? chip->isr & (uint8_t)~chip->imr : chip->isr;
	unsigned rank = rank_of(chip, set);
	if (rank != NONE)
		end_of_interrupt(chip, input_of(chip, rank), rotate);
}

static void write_ocw2(Chip *chip, uint8_t value)
{
	unsigned input = value & 7;
	switch (value >> 5) {
	case OCW2_CLEAR_ROTATE_AEOI: chip->rotate_auto_eoi = false; break;
	case OCW2_SET_ROTATE_AEOI: chip->rotate_auto_eoi = true; break;
	case OCW2_EOI: nonspecific_eoi(chip, false); break;
	case OCW2_ROTATE_EOI: nonspecific_eoi(chip, true); break;
	case OCW2_SPECIFIC_EOI: end_of_interrupt(chip, input, false); break;
	case OCW2_ROTATE_SPECIFIC_EOI: end_of_interrupt(chip, input, true); break;
	case OCW2_SET_PRIORITY: chip->lowest = (uint8_t)input; break;
	case OCW2_NOP: break;
	}
}

static void write_ocw3(Chip *chip, uint8_t value)
{
	if (value & OCW3_POLL)
		chip->poll = true;
	else if (value & OCW3_RR)
		chip->read_isr = value & OCW3_RIS;
	if (value & OCW3_ESMM)
		chip->special_mask = value & OCW3_SMM;
}

/* Port 1: the rest of the initialisation in order, then the mask. */
static void write_data(Chip *chip, uint8_t value)
{
	switch (chip->expects) {
	case 0: chip->imr = value; break;
	case 2:
		chip->vector = value & 0xf8;
		chip->expects = !(chip->icw1 & ICW1_SNGL) ? 3 : chip->icw1 & ICW1_IC4 ? 4 : 0;
		break;
	case 3:
		chip->icw3 = value;
		chip->expects = chip->icw1 & ICW1_IC4 ? 4 : 0;
		break;
	case 4:
		chip->auto_eoi = value & ICW4_AEOI;
		chip->fully_nested = value & ICW4_SFNM;
		chip->expects = 0;
		break;
	}
}

static Chip *chip_at(I8259 *pic, uint16_t port)
{
	return &pic->chip[(port & 0xfe) == PORT_SLAVE ? SLAVE : MASTER];
}

static void pic_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)size;
	I8259 *pic = owner;
	Chip *chip = chip_at(pic, port);
	uint8_t byte = (uint8_t)value;
	if (port & 1)
		write_data(chip, byte);
	else if (byte & ICW1)
		write_icw1(chip, byte);
	else if (byte & OCW3)
		write_ocw3(chip, byte);
	else
		write_ocw2(chip, byte);
	update(pic);
}

/* A poll is an acknowledge cycle that answers on the data bus. */
static uint8_t read_poll(I8259 *pic, Chip *chip)
{
	bool master = chip == &pic->chip[MASTER];
	chip->poll = false;
	if (pending_input(chip, master) == NONE)
		return 0;
	unsigned input = acknowledge(chip, master);
	update(pic);
	tell_tick(pic, chip, input);
	return (uint8_t)(0x80 | input);
}

static uint32_t pic_read(void *owner, uint16_t port, unsigned size)
{
	(void)size;
	I8259 *pic = owner;
	Chip *chip = chip_at(pic, port);
	if (chip->poll)
		return read_poll(pic, chip);
	if (port & 1)
		return chip->imr;
	return chip->read_isr ? chip->isr : chip->irr;
}

static uint32_t elcr_read(void *owner, uint16_t port, unsigned size)
{
	(void)size;
	I8259 *pic = owner;
	return pic->chip[port - PORT_ELCR].elcr;
}

static void elcr_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)size;
	I8259 *pic = owner;
	unsigned n = port - PORT_ELCR;
	Chip *chip = &pic->chip[n];
	chip->elcr = (uint8_t)value & elcr_writable[n];
	chip->irr = (chip->irr & (uint8_t)~chip->elcr) | (chip->lines & chip->elcr);
	update(pic);
}

/* ---- device ---- */

static bool pic_realize(Device *device, GError **error)
{
	static const PortOps ops = { pic_read, pic_write, 1 }, elcr_ops = { elcr_read, elcr_write, 1 };
	(void)error;
	I8259 *pic = (I8259 *)device;
	PortSpace *ports = machine_ports(device->machine);
	pic->ports[0] = port_map(ports, "8259 master", PORT_MASTER, 2, &ops, pic);
	pic->ports[1] = port_map(ports, "8259 slave", PORT_SLAVE, 2, &ops, pic);
	pic->ports[2] = port_map(ports, "elcr", PORT_ELCR, 2, &elcr_ops, pic);
	return true;
}

static void pic_unrealize(Device *device)
{
	I8259 *pic = (I8259 *)device;
	for (unsigned n = 0; n < G_N_ELEMENTS(pic->ports); n++)
		port_unmap(machine_ports(device->machine), pic->ports[n]);
}

static void pic_reset(Device *device)
{
	I8259 *pic = (I8259 *)device;
	for (unsigned n = 0; n < CHIPS; n++) {
		uint8_t lines = pic->chip[n].lines;
		pic->chip[n] = (Chip){ .lines = lines, .lowest = 7 };
	}
	update(pic);
}

static void pic_loaded(Device *device, unsigned version)
{
	(void)version;
	update((I8259 *)device);
}

void i8259_print(const I8259 *pic, GString *out)
{
	for (unsigned n = 0; n < CHIPS; n++) {
		const Chip *c = &pic->chip[n];
		g_string_append_printf(out, "pic%u: irr=%02x imr=%02x isr=%02x hprio=%u irq_base=%02x rr_sel=%u elcr=%02x fnm=%u\n", n, c->irr,
				       c->imr, c->isr, (c->lowest + 1) & 7, c->vector, c->read_isr, c->elcr, c->fully_nested);
	}
}

#define CHIP(member) offsetof(Chip, member)
static const StateField chip_state[] = {
	{ "irr", STATE_U8, CHIP(irr), 0, 0, NULL, 0 }, { "isr", STATE_U8, CHIP(isr), 0, 0, NULL, 0 },
	{ "imr", STATE_U8, CHIP(imr), 0, 0, NULL, 0 }, { "lines", STATE_U8, CHIP(lines), 0, 0, NULL, 0 },
	{ "elcr", STATE_U8, CHIP(elcr), 0, 0, NULL, 0 }, { "vector", STATE_U8, CHIP(vector), 0, 0, NULL, 0 },
	{ "expects", STATE_U8, CHIP(expects), 0, 0, NULL, 0 }, { "icw1", STATE_U8, CHIP(icw1), 0, 0, NULL, 0 },
	{ "icw3", STATE_U8, CHIP(icw3), 0, 0, NULL, 0 }, { "lowest", STATE_U8, CHIP(lowest), 0, 0, NULL, 0 },
	{ "auto_eoi", STATE_BOOL, CHIP(auto_eoi), 0, 0, NULL, 0 },
	{ "rotate_auto_eoi", STATE_BOOL, CHIP(rotate_auto_eoi), 0, 0, NULL, 0 },
	{ "fully_nested", STATE_BOOL, CHIP(fully_nested), 0, 0, NULL, 0 },
	{ "special_mask", STATE_BOOL, CHIP(special_mask), 0, 0, NULL, 0 }, { "poll", STATE_BOOL, CHIP(poll), 0, 0, NULL, 0 },
	{ "read_isr", STATE_BOOL, CHIP(read_isr), 0, 0, NULL, 0 }, { NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

static const StateField pic_state[] = {
	{ "chip", STATE_STRUCT, offsetof(I8259, chip), CHIPS, 0, chip_state, sizeof(Chip) },
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass i8259_class = {
	.name = "isa-i8259",
	.bus = "system",
	.description = "8259A interrupt controllers",
	.size = sizeof(I8259),
	.state = pic_state,
	.state_version = 1,
	.realize = pic_realize,
	.reset = pic_reset,
	.unrealize = pic_unrealize,
	.loaded = pic_loaded,
};
