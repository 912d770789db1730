/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 8237A DMA controllers, cascaded, with the AT's page registers and EISA's high page registers (Intel 8237A datasheet; 82371SB,
 * section 3.2). */
#include "hw/chipset/i8237.h"

#include <string.h>

enum { CONTROLLERS = 2, CHANNELS = 4, PAGES = 16 };
enum { PORT_BYTES = 0x00, PORT_WORDS = 0xc0, PORT_PAGES = 0x80, PORT_HIGH_PAGES = 0x480 };
/* Registers 8-15 */
enum { COMMAND = 8, REQUEST, SINGLE_MASK, MODE, CLEAR_FLIP_FLOP, MASTER_CLEAR, CLEAR_MASK, ALL_MASK };
enum { COMMAND_DISABLE = 0x04 };
enum { MODE_TYPE = 0x0c, MODE_TO_MEMORY = 0x04, MODE_FROM_MEMORY = 0x08, MODE_AUTO_INIT = 0x10, MODE_DECREMENT = 0x20 };

typedef struct Channel {
	uint16_t base_address, base_count, address, count;
	uint8_t mode;
} Channel;

typedef struct Controller {
	Channel channel[CHANNELS];
	uint8_t command, mask, requests, software_requests, reached; /* reached: terminal count, a bit a channel */
	bool flip_flop;
} Controller;

typedef struct Listener {
	void (*ready)(void *owner);
	void *owner;
} Listener;

struct I8237 {
	Device device;
	Controller controller[CONTROLLERS];
	uint8_t pages[PAGES], high_pages[PAGES]; /* by the port's low digit; those of no channel only remember */
	Listener listener[CONTROLLERS * CHANNELS];
	unsigned ports[4];
};

/* Which page register is whose */
static const uint8_t page_of[CONTROLLERS * CHANNELS] = { 0x7, 0x3, 0x1, 0x2, 0xf, 0xb, 0x9, 0xa };

static const Channel *channel_of(const I8237 *dma, unsigned channel)
{
	return &dma->controller[channel / CHANNELS].channel[channel % CHANNELS];
}

static bool moves_words(unsigned channel)
{
	return channel >= CHANNELS;
}

/* ---- transfers ---- */

bool dma_ready(const I8237 *dma, unsigned channel)
{
	if (channel >= CONTROLLERS * CHANNELS)
		return false;
	const Controller *c = &dma->controller[channel / CHANNELS];
	return !(c->command & COMMAND_DISABLE) && !(c->mask >> channel % CHANNELS & 1);
}

void dma_set_request(I8237 *dma, unsigned channel, bool level)
{
	if (channel >= CONTROLLERS * CHANNELS)
		return;
	Controller *c = &dma->controller[channel / CHANNELS];
	uint8_t bit = (uint8_t)(1 << channel % CHANNELS);
	c->requests = level ? c->requests | bit : c->requests & (uint8_t)~bit;
}

void dma_set_listener(I8237 *dma, unsigned channel, void (*ready)(void *owner), void *owner)
{
	if (channel < CONTROLLERS * CHANNELS)
		dma->listener[channel] = (Listener){ ready, owner };
}

unsigned dma_remaining(const I8237 *dma, unsigned channel)
{
	unsigned shift = moves_words(channel);
	return channel < CONTROLLERS * CHANNELS ? (channel_of(dma, channel)->count + 1u) << shift : 0;
}

static uint64_t physical(const I8237 *dma, unsigned channel, uint16_t address)
{
	unsigned n = page_of[channel];
	uint64_t high = (uint64_t)dma->high_pages[n] << 24;
	if (moves_words(channel))
		return high | (uint64_t)(dma->pages[n] & 0xfe) << 16 | (uint64_t)address << 1;
	return high | (uint64_t)dma->pages[n] << 16 | address;
}

static void move(I8237 *dma, uint64_t address, uint8_t *buffer, unsigned size, bool to_memory)
{
	Memory *memory = machine_memory(dma->device.machine);
	if (to_memory)
		memory_write(memory, address, buffer, size);
	else
		memory_read(memory, address, buffer, size);
}

/* The address counts within its 16 bits: it wraps in its page. */
static void move_up(I8237 *dma, unsigned channel, uint8_t *buffer, unsigned units, bool to_memory)
{
	unsigned shift = moves_words(channel);
	uint16_t address = channel_of(dma, channel)->address;
	unsigned first = MIN(units, 0x10000u - address);
	move(dma, physical(dma, channel, address), buffer, first << shift, to_memory);
	if (units > first)
		move(dma, physical(dma, channel, 0), buffer + (first << shift), (units - first) << shift, to_memory);
}

static void move_down(I8237 *dma, unsigned channel, uint8_t *buffer, unsigned units, bool to_memory)
{
	unsigned shift = moves_words(channel);
	uint16_t address = channel_of(dma, channel)->address;
	for (unsigned n = 0; n < units; n++)
		move(dma, physical(dma, channel, (uint16_t)(address - n)), buffer + (n << shift), 1u << shift, to_memory);
}

static void terminal(Controller *c, unsigned n)
{
	uint8_t bit = (uint8_t)(1 << n);
	Channel *channel = &c->channel[n];
	c->reached |= bit;
	c->software_requests &= (uint8_t)~bit;
	if (channel->mode & MODE_AUTO_INIT) {
		channel->address = channel->base_address;
		channel->count = channel->base_count;
	} else {
		c->mask |= bit;
	}
}

static void count(Controller *c, unsigned n, unsigned units, bool *terminal_count)
{
	Channel *channel = &c->channel[n];
	bool last = units == channel->count + 1u;
	channel->address = (uint16_t)(channel->mode & MODE_DECREMENT ? channel->address - units : channel->address + units);
	channel->count = (uint16_t)(channel->count - units);
	if (last)
		terminal(c, n);
	if (terminal_count)
		*terminal_count = last;
}

unsigned dma_transfer(I8237 *dma, unsigned channel, void *buffer, unsigned size, bool to_memory, bool *terminal_count)
{
	if (terminal_count)
		*terminal_count = false;
	unsigned shift = moves_words(channel), units = size >> shift;
	if (!dma_ready(dma, channel) || units == 0)
		return 0;
	Controller *c = &dma->controller[channel / CHANNELS];
	unsigned n = channel % CHANNELS;
	const Channel *ch = &c->channel[n];
	units = MIN(units, ch->count + 1u);
	if ((ch->mode & MODE_TYPE) == (to_memory ? MODE_TO_MEMORY : MODE_FROM_MEMORY))
		(ch->mode & MODE_DECREMENT ? move_down : move_up)(dma, channel, buffer, units, to_memory);
	count(c, n, units, terminal_count);
	return units << shift;
}

/* ---- registers ---- */

static void tell_ready(I8237 *dma, unsigned controller)
{
	for (unsigned n = controller * CHANNELS; n < (controller + 1) * CHANNELS; n++)
		if (dma->listener[n].ready && dma_ready(dma, n))
			dma->listener[n].ready(dma->listener[n].owner);
}

static void put_byte(uint16_t *word, bool high, uint8_t value)
{
	*word = (uint16_t)(high ? (*word & 0xff) | value << 8 : (*word & 0xff00) | value);
}

static void write_channel(Controller *c, unsigned number, uint8_t value)
{
	Channel *channel = &c->channel[number / 2];
	bool is_count = number & 1;
	put_byte(is_count ? &channel->base_count : &channel->base_address, c->flip_flop, value);
	put_byte(is_count ? &channel->count : &channel->address, c->flip_flop, value);
	c->flip_flop = !c->flip_flop;
}

static uint8_t read_channel(Controller *c, unsigned number)
{
	const Channel *channel = &c->channel[number / 2];
	uint16_t word = number & 1 ? channel->count : channel->address;
	bool high = c->flip_flop;
	c->flip_flop = !c->flip_flop;
	return (uint8_t)(high ? word >> 8 : word);
}

static uint8_t with_bit(uint8_t set, uint8_t value)
{
	uint8_t bit = (uint8_t)(1 << (value & 3));
	return value & 4 ? set | bit : set & (uint8_t)~bit;
}

static void master_clear(Controller *c)
{
	c->command = c->requests = c->software_requests = c->reached = 0;
	c->flip_flop = false;
	c->mask = 0x0f;
}

static void write_register(I8237 *dma, unsigned controller, unsigned number, uint8_t value)
{
	Controller *c = &dma->controller[controller];
	switch (number) {
	case COMMAND: c->command = value; break;
	case REQUEST: c->software_requests = with_bit(c->software_requests, value); break;
	case SINGLE_MASK: c->mask = with_bit(c->mask, value); break;
	case MODE: c->channel[value & 3].mode = value & 0xfc; break;
	case CLEAR_FLIP_FLOP: c->flip_flop = false; break;
	case MASTER_CLEAR: master_clear(c); break;
	case CLEAR_MASK: c->mask = 0; break;
	case ALL_MASK: c->mask = value & 0x0f; break;
	default: write_channel(c, number, value); return;
	}
	if (number == COMMAND || number == SINGLE_MASK || number == CLEAR_MASK || number == ALL_MASK)
		tell_ready(dma, controller);
}

static uint8_t read_register(Controller *c, unsigned number)
{
	uint8_t status;
	switch (number) {
	case COMMAND: /* reads as the status, which forgets the terminal counts */
		status = (uint8_t)(c->reached | (c->requests | c->software_requests) << 4);
		c->reached = 0;
		return status;
	case ALL_MASK: return c->mask | 0xf0;
	case REQUEST: case SINGLE_MASK: case MODE: case CLEAR_FLIP_FLOP: case CLEAR_MASK: return 0xff;
	case MASTER_CLEAR: return 0; /* the temporary register: nothing moves memory to memory on a PC */
	default: return read_channel(c, number);
	}
}

/* The second controller's registers stand two ports apart. */
static unsigned which(uint16_t port, unsigned *number)
{
	bool words = port >= PORT_WORDS;
	*number = words ? (port - PORT_WORDS) / 2u : port & 0x0fu;
	return words;
}

static uint32_t dma_read(void *owner, uint16_t port, unsigned size)
{
	(void)size;
	I8237 *dma = owner;
	unsigned number, controller = which(port, &number);
	return read_register(&dma->controller[controller], number);
}

static void dma_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)size;
	unsigned number, controller = which(port, &number);
	write_register(owner, controller, number, (uint8_t)value);
}

static uint8_t *page_at(I8237 *dma, uint16_t port)
{
	return port >= PORT_HIGH_PAGES ? &dma->high_pages[port & 15] : &dma->pages[port & 15];
}

static uint32_t page_read(void *owner, uint16_t port, unsigned size)
{
	(void)size;
	return *page_at(owner, port);
}

/* Writing a page clears its high part, so that software that knows nothing of it stays in the first 16 MiB. */
static void page_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)size;
	I8237 *dma = owner;
	*page_at(dma, port) = (uint8_t)value;
	if (port < PORT_HIGH_PAGES)
		dma->high_pages[port & 15] = 0;
}

/* ---- device ---- */

static bool dma_realize(Device *device, GError **error)
{
	static const PortOps ops = { dma_read, dma_write, 1 }, page_ops = { page_read, page_write, 1 };
	(void)error;
	I8237 *dma = (I8237 *)device;
	PortSpace *ports = machine_ports(device->machine);
	dma->ports[0] = port_map(ports, "8237 bytes", PORT_BYTES, 16, &ops, dma);
	dma->ports[1] = port_map(ports, "8237 words", PORT_WORDS, 32, &ops, dma);
	dma->ports[2] = port_map(ports, "8237 pages", PORT_PAGES, PAGES, &page_ops, dma);
	dma->ports[3] = port_map(ports, "8237 high pages", PORT_HIGH_PAGES, PAGES, &page_ops, dma);
	return true;
}

static void dma_unrealize(Device *device)
{
	I8237 *dma = (I8237 *)device;
	for (unsigned n = 0; n < G_N_ELEMENTS(dma->ports); n++)
		port_unmap(machine_ports(device->machine), dma->ports[n]);
}

static void dma_reset(Device *device)
{
	I8237 *dma = (I8237 *)device;
	for (unsigned n = 0; n < CONTROLLERS; n++) {
		dma->controller[n] = (Controller){ 0 };
		master_clear(&dma->controller[n]);
	}
	memset(dma->pages, 0, sizeof(dma->pages));
	memset(dma->high_pages, 0, sizeof(dma->high_pages));
}

#define CHANNEL(member) offsetof(Channel, member)
static const StateField channel_state[] = {
	{ "base_address", STATE_U16, CHANNEL(base_address), 0, 0, NULL, 0 }, { "base_count", STATE_U16, CHANNEL(base_count), 0, 0, NULL, 0 },
	{ "address", STATE_U16, CHANNEL(address), 0, 0, NULL, 0 }, { "count", STATE_U16, CHANNEL(count), 0, 0, NULL, 0 },
	{ "mode", STATE_U8, CHANNEL(mode), 0, 0, NULL, 0 }, { NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

#define CONTROLLER(member) offsetof(Controller, member)
static const StateField controller_state[] = {
	{ "channel", STATE_STRUCT, CONTROLLER(channel), CHANNELS, 0, channel_state, sizeof(Channel) },
	{ "command", STATE_U8, CONTROLLER(command), 0, 0, NULL, 0 }, { "mask", STATE_U8, CONTROLLER(mask), 0, 0, NULL, 0 },
	{ "requests", STATE_U8, CONTROLLER(requests), 0, 0, NULL, 0 },
	{ "software_requests", STATE_U8, CONTROLLER(software_requests), 0, 0, NULL, 0 },
	{ "reached", STATE_U8, CONTROLLER(reached), 0, 0, NULL, 0 },
	{ "flip_flop", STATE_BOOL, CONTROLLER(flip_flop), 0, 0, NULL, 0 }, { NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

static const StateField dma_state[] = {
	{ "controller", STATE_STRUCT, offsetof(I8237, controller), CONTROLLERS, 0, controller_state, sizeof(Controller) },
	{ "pages", STATE_BYTES, offsetof(I8237, pages), PAGES, 0, NULL, 0 },
	{ "high_pages", STATE_BYTES, offsetof(I8237, high_pages), PAGES, 0, NULL, 0 },
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass i8237_class = {
	.name = "i8257",
	.bus = "system",
	.description = "8237A DMA controllers",
	.size = sizeof(I8237),
	.state = dma_state,
	.state_version = 1,
	.realize = dma_realize,
	.reset = dma_reset,
	.unrealize = dma_unrealize,
};
