/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 8254 programmable interval timer (Intel 8254 datasheet).
 *
 * Nothing counts here. A counter remembers at which tick its counting element was loaded (`start`) and with what (`count`); the
 * value and OUT of any moment follow from the ticks between. A count that waits for the end of a period is put in by catch_up().
 * Of counter 0's OUT only the rising edges matter, to edge-triggered inputs; a timer stands on the next one. */
#include "hw/chipset/i8254.h"

#include "hw/chipset/ticks.h"

enum { COUNTERS = 3, PORT_FIRST = 0x40, PORT_CONTROL = 0x43 };
enum { RW_LATCH, RW_LSB, RW_MSB, RW_BOTH };
enum { READ_BACK = 3, READ_BACK_NO_COUNT = 0x20, READ_BACK_NO_STATUS = 0x10 };
enum { STATUS_OUT = 0x80, STATUS_NULL = 0x40 };
enum { CONTROL_MODE = 0x3f }; /* RW, mode and BCD as the status shows them */

/* A periodic count may be as short as two ticks. Interrupts come no closer than this: no guest can serve them faster, and the host
 * has other things to do. */
#define SHORTEST_NS 20000

typedef enum Phase {
	PHASE_IDLE,	/* no count yet, or modes 1 and 5 before their trigger */
	PHASE_COUNTING,
	PHASE_STOPPED,	/* by the gate; `held` ticks had gone by */
} Phase;

typedef struct Counter {
	uint8_t control;      /* as written: RW, mode, BCD */
	uint8_t phase;
	bool gate;
	bool written;	      /* `reload` holds a count since the control word */
	bool waiting;	      /* `reload` takes effect at tick `change` */
	bool high_next_write, high_next_read;
	uint8_t low_byte;     /* first byte of two */
	uint8_t latched;      /* bytes of `latch` that are to be read */
	uint8_t status;
	bool status_latched;
	uint16_t latch;
	uint32_t reload, count; /* 1-65536, of BCD 1-10000 */
	uint64_t start, held, change;
} Counter;

struct I8254 {
	Device device;
	Counter counter[COUNTERS];
	Irq output;
	bool output_level;
	bool rise_due; /* what the timer stands on is a rising edge, not only a change of count */
	uint64_t event; /* the tick of it */
	Ticks ticks;
	Timer timer;
	unsigned ports;
	void (*changed)(void *owner);
	void *changed_owner;
};

static uint64_t ticks_now(const I8254 *pit)
{
	return clock_ns_to_ticks(clock_now(machine_clock(pit->device.machine)), I8254_HZ);
}

/* ---- what a counter is ---- */

static unsigned mode_of(const Counter *c)
{
	unsigned mode = c->control >> 1 & 7;
	return mode > 5 ? mode - 4 : mode; /* 110 and 111 are 2 and 3 */
}

static unsigned access_of(const Counter *c)
{
	return c->control >> 4 & 3;
}

static bool is_bcd(const Counter *c)
{
	return c->control & 1;
}

static bool is_periodic(const Counter *c)
{
	return mode_of(c) == 2 || mode_of(c) == 3;
}

static uint32_t modulus(const Counter *c)
{
	return is_bcd(c) ? 10000 : 65536;
}

/* Ticks since the load; 0 before it. */
static uint64_t elapsed(const Counter *c, uint64_t now)
{
	if (c->phase == PHASE_STOPPED)
		return c->held;
	return now > c->start ? now - c->start : 0;
}

/* Mode 3's OUT is high for the longer half. */
static uint32_t high_ticks(const Counter *c)
{
	return (c->count + 1) / 2;
}

static bool out_of(const Counter *c, uint64_t now)
{
	unsigned mode = mode_of(c);
	if (c->phase == PHASE_IDLE)
		return mode != 0;
	uint64_t d = elapsed(c, now);
	switch (mode) {
	case 0: return d >= c->count;
	case 1: return now >= c->start ? d >= c->count : true;
	case 2: return c->phase == PHASE_STOPPED || d % c->count != c->count - 1;
	case 3: return c->phase == PHASE_STOPPED || d % c->count < high_ticks(c);
	default: return d != c->count;
	}
}

/* Counts by two; an odd count loads the even number below. */
static uint32_t square_value(const Counter *c, uint64_t d)
{
	uint64_t within = d % c->count;
	uint32_t half = high_ticks(c);
	if (within >= half)
		within -= half;
	return (c->count & ~1u) - 2 * (uint32_t)within;
}

static uint32_t value_of(const Counter *c, uint64_t now)
{
	if (c->phase == PHASE_IDLE)
		return c->reload;
	uint64_t d = elapsed(c, now);
	switch (mode_of(c)) {
	case 2: return c->count - (uint32_t)(d % c->count);
	case 3: return square_value(c, d);
	default: return (c->count + modulus(c) - (uint32_t)(d % modulus(c))) % modulus(c);
	}
}

static uint16_t to_bcd(uint32_t value)
{
	return (uint16_t)(value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 % 10 << 12);
}

static uint32_t from_bcd(uint16_t bcd)
{
	return (bcd & 15u) + (bcd >> 4 & 15u) * 10 + (bcd >> 8 & 15u) * 100 + (bcd >> 12 & 15u) * 1000;
}

static uint16_t shown_value(const Counter *c, uint64_t now)
{
	uint32_t value = value_of(c, now);
	return is_bcd(c) ? to_bcd(value) : (uint16_t)value;
}

/* ---- going on ---- */

/* A square wave may change its count in mid-period: the low half begins where the new count's low half would. */
static void put_in(Counter *c)
{
	bool low_half = mode_of(c) == 3 && (c->change - c->start) % c->count == high_ticks(c);
	c->count = c->reload;
	c->start = c->change - (low_half ? MIN(high_ticks(c), c->change) : 0);
	c->waiting = false;
}

static void catch_up(Counter *c, uint64_t now)
{
	if (c->waiting && c->phase == PHASE_COUNTING && now >= c->change)
		put_in(c);
}

static void load(Counter *c, uint64_t now)
{
	c->count = c->reload;
	c->start = now + 1; /* the next clock pulse */
	c->held = 0;
	c->waiting = false;
	c->phase = PHASE_COUNTING;
}

/* Where the period, or half of a square wave, that counts now ends. */
static uint64_t period_end(const Counter *c, uint64_t now)
{
	uint64_t d = elapsed(c, now), period = d / c->count * c->count;
	if (mode_of(c) == 3 && d - period < high_ticks(c) && high_ticks(c) < c->count)
		return c->start + period + high_ticks(c);
	return c->start + period + c->count;
}

static void take_count(Counter *c, uint32_t raw, uint64_t now)
{
	uint32_t count = is_bcd(c) ? from_bcd((uint16_t)raw) : raw;
	c->reload = count ? count : modulus(c);
	c->written = true;
	unsigned mode = mode_of(c);
	if (mode == 1 || mode == 5) /* at the next trigger */
		return;
	if (is_periodic(c) && c->phase == PHASE_COUNTING) {
		c->waiting = true;
		c->change = period_end(c, now);
		return;
	}
	load(c, now);
	if (!c->gate) {
		c->phase = PHASE_STOPPED;
		c->held = 0;
	}
}

static void gate_rises(Counter *c, uint64_t now)
{
	if (!c->written)
		return;
	if (mode_of(c) == 0 || mode_of(c) == 4) {
		if (c->phase == PHASE_STOPPED) {
			c->start = now - MIN(c->held, now);
			c->phase = PHASE_COUNTING;
		}
		return;
	}
	load(c, now);
}

static void gate_falls(Counter *c, uint64_t now)
{
	if (c->phase != PHASE_COUNTING || mode_of(c) == 1 || mode_of(c) == 5)
		return;
	c->held = elapsed(c, now);
	c->phase = PHASE_STOPPED;
}

/* ---- counter 0's interrupts ---- */

/* The first tick after `now` at which OUT rises; UINT64_MAX: none without further ado. */
static uint64_t next_rise(const Counter *c, uint64_t now)
{
	if (c->phase != PHASE_COUNTING)
		return UINT64_MAX;
	uint64_t d = elapsed(c, now), once;
	switch (mode_of(c)) {
	case 0:
	case 1: once = c->start + c->count; return once > now ? once : UINT64_MAX;
	case 2:
	case 3:
		if (c->waiting && c->change > now && (c->change - c->start) % c->count == 0)
			return c->change;
		return c->start + (d / c->count + 1) * c->count;
	default: once = c->start + c->count + 1; return once > now ? once : UINT64_MAX;
	}
}

/* A change of a square wave's count in mid-period comes first: what follows is seen from there. */
static uint64_t next_event(const Counter *c, uint64_t now)
{
	uint64_t rise = next_rise(c, now);
	return c->waiting && c->phase == PHASE_COUNTING && c->change > now ? MIN(c->change, rise) : rise;
}

static void schedule(I8254 *pit, uint64_t now)
{
	uint64_t next = next_event(&pit->counter[0], now);
	if (next == UINT64_MAX) {
		timer_cancel(&pit->timer);
		return;
	}
	pit->event = next;
	pit->rise_due = next == next_rise(&pit->counter[0], now);
	int64_t now_ns = clock_now(machine_clock(pit->device.machine)), at = clock_ticks_to_ns(next, I8254_HZ);
	if (is_periodic(&pit->counter[0]) && at < now_ns + SHORTEST_NS && pit->counter[0].count < 24)
		at = now_ns + SHORTEST_NS;
	timer_set(&pit->timer, at);
}

static void set_output(I8254 *pit, bool level)
{
	pit->output_level = level;
	irq_set(&pit->output, level);
}

/* Rising edges of counter 0 from the one that the timer stood on to now. */
static uint64_t rises_since(const I8254 *pit, uint64_t now)
{
	const Counter *c = &pit->counter[0];
	return is_periodic(c) && now > pit->event ? (now - pit->event) / c->count + 1 : 1;
}

static void give_edge(I8254 *pit)
{
	set_output(pit, false);
	set_output(pit, true);
}

/* Everything between the last look and now is one edge if there was any; more are owed. */
static void timer_ran(void *owner)
{
	I8254 *pit = owner;
	Counter *c = &pit->counter[0];
	uint64_t now = ticks_now(pit);
	catch_up(c, now);
	if (pit->rise_due) {
		ticks_due(&pit->ticks, rises_since(pit, now), is_periodic(c) ? clock_ticks_to_ns(c->count, I8254_HZ) : 0);
		give_edge(pit);
	}
	schedule(pit, now);
}

void i8254_tick_taken(I8254 *pit)
{
	if (ticks_taken(&pit->ticks))
		give_edge(pit);
}

void i8254_set_tick_waits(I8254 *pit, bool (*waits)(void *owner), void *owner)
{
	pit->ticks.waits = waits;
	pit->ticks.owner = owner;
}

static void counter_changed(I8254 *pit, unsigned n, uint64_t now)
{
	if (n == 0) {
		pit->ticks.owed = 0;
		set_output(pit, out_of(&pit->counter[0], now));
		schedule(pit, now);
	} else if (n == 2 && pit->changed) {
		pit->changed(pit->changed_owner);
	}
}

/* ---- ports ---- */

static void latch_count(Counter *c, uint64_t now)
{
	if (c->latched)
		return;
	c->latch = shown_value(c, now);
	c->latched = access_of(c) == RW_BOTH ? 2 : 1;
}

static void latch_status(Counter *c, uint64_t now)
{
	if (c->status_latched)
		return;
	bool null = !c->written || c->waiting || (c->phase == PHASE_IDLE) || now < c->start;
	c->status = (uint8_t)((out_of(c, now) ? STATUS_OUT : 0) | (null ? STATUS_NULL : 0) | (c->control & CONTROL_MODE));
	c->status_latched = true;
}

static void read_back(I8254 *pit, uint8_t value, uint64_t now)
{
	for (unsigned n = 0; n < COUNTERS; n++) {
		if (!(value & 2 << n))
			continue;
		if (!(value & READ_BACK_NO_COUNT))
			latch_count(&pit->counter[n], now);
		if (!(value & READ_BACK_NO_STATUS))
			latch_status(&pit->counter[n], now);
	}
}

static void write_control(I8254 *pit, uint8_t value)
{
	uint64_t now = ticks_now(pit);
	for (unsigned n = 0; n < COUNTERS; n++)
		catch_up(&pit->counter[n], now);
	unsigned n = value >> 6;
	if (n == READ_BACK) {
		read_back(pit, value, now);
		return;
	}
	Counter *c = &pit->counter[n];
	if ((value >> 4 & 3) == RW_LATCH) {
		latch_count(c, now);
		return;
	}
	*c = (Counter){ .control = value & CONTROL_MODE, .gate = c->gate, .reload = c->reload, .count = c->count };
	counter_changed(pit, n, now);
}

/* Mode 0 stops at the first byte of two, with OUT low. */
static void write_first_byte(I8254 *pit, unsigned n, uint8_t value, uint64_t now)
{
	Counter *c = &pit->counter[n];
	c->low_byte = value;
	c->high_next_write = true;
	if (mode_of(c) == 0) {
		c->phase = PHASE_IDLE;
		counter_changed(pit, n, now);
	}
}

static void write_counter(I8254 *pit, unsigned n, uint8_t value)
{
	Counter *c = &pit->counter[n];
	uint64_t now = ticks_now(pit);
	uint32_t raw = value;
	catch_up(c, now);
	if (access_of(c) == RW_BOTH && !c->high_next_write) {
		write_first_byte(pit, n, value, now);
		return;
	}
	if (access_of(c) == RW_BOTH)
		raw = (uint32_t)value << 8 | c->low_byte;
	else if (access_of(c) == RW_MSB)
		raw = (uint32_t)value << 8;
	c->high_next_write = false;
	take_count(c, raw, now);
	counter_changed(pit, n, now);
}

static uint8_t read_latched(Counter *c)
{
	bool high = access_of(c) == RW_MSB || (access_of(c) == RW_BOTH && c->latched == 1);
	c->latched--;
	return (uint8_t)(high ? c->latch >> 8 : c->latch);
}

static uint8_t read_counter(Counter *c, uint64_t now)
{
	catch_up(c, now);
	if (c->status_latched) {
		c->status_latched = false;
		return c->status;
	}
	if (c->latched)
		return read_latched(c);
	bool high = access_of(c) == RW_MSB || (access_of(c) == RW_BOTH && c->high_next_read);
	if (access_of(c) == RW_BOTH)
		c->high_next_read = !c->high_next_read;
	uint16_t value = shown_value(c, now);
	return (uint8_t)(high ? value >> 8 : value);
}

static uint32_t pit_read(void *owner, uint16_t port, unsigned size)
{
	(void)size;
	I8254 *pit = owner;
	if (port == PORT_CONTROL)
		return 0xff; /* not readable */
	return read_counter(&pit->counter[port - PORT_FIRST], ticks_now(pit));
}

static void pit_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)size;
	if (port == PORT_CONTROL)
		write_control(owner, (uint8_t)value);
	else
		write_counter(owner, port - PORT_FIRST, (uint8_t)value);
}

/* ---- counter 2 ---- */

void i8254_set_gate2(I8254 *pit, bool level)
{
	Counter *c = &pit->counter[2];
	if (c->gate == level)
		return;
	uint64_t now = ticks_now(pit);
	catch_up(c, now);
	c->gate = level;
	if (level)
		gate_rises(c, now);
	else
		gate_falls(c, now);
}

bool i8254_gate2(const I8254 *pit)
{
	return pit->counter[2].gate;
}

bool i8254_out2(I8254 *pit)
{
	uint64_t now = ticks_now(pit);
	catch_up(&pit->counter[2], now);
	return out_of(&pit->counter[2], now);
}

void i8254_tone(I8254 *pit, unsigned *mode, unsigned *count)
{
	*mode = mode_of(&pit->counter[2]);
	*count = pit->counter[2].written ? pit->counter[2].reload : 0;
}

void i8254_set_listener(I8254 *pit, void (*changed)(void *owner), void *owner)
{
	pit->changed = changed;
	pit->changed_owner = owner;
}

/* ---- device ---- */

void i8254_set_output(I8254 *pit, Irq output)
{
	pit->output = output;
}

static bool pit_realize(Device *device, GError **error)
{
	static const PortOps ops = { pit_read, pit_write, 1 };
	(void)error;
	I8254 *pit = (I8254 *)device;
	timer_init(&pit->timer, machine_clock(device->machine), "i8254", timer_ran, pit);
	pit->ports = port_map(machine_ports(device->machine), "8254", PORT_FIRST, 4, &ops, pit);
	return true;
}

static void pit_unrealize(Device *device)
{
	I8254 *pit = (I8254 *)device;
	timer_cancel(&pit->timer);
	port_unmap(machine_ports(device->machine), pit->ports);
}

/* The datasheet leaves the state at power-on undefined; here no counter runs, as after a mode 3 control word. */
static void pit_reset(Device *device)
{
	I8254 *pit = (I8254 *)device;
	for (unsigned n = 0; n < COUNTERS; n++)
		pit->counter[n] = (Counter){ .control = RW_BOTH << 4 | 3 << 1, .gate = n != 2, .reload = 65536, .count = 65536 };
	timer_cancel(&pit->timer);
	pit->ticks.owed = 0;
	set_output(pit, false);
}

/* Counts come from a file: none may be divided by that is 0. */
static void pit_loaded(Device *device, unsigned version)
{
	(void)version;
	I8254 *pit = (I8254 *)device;
	for (unsigned n = 0; n < COUNTERS; n++) {
		Counter *c = &pit->counter[n];
		c->count = CLAMP(c->count, 1, 65536);
		c->reload = CLAMP(c->reload, 1, 65536);
	}
	schedule(pit, ticks_now(pit));
}

static const Property pit_properties[] = {
	{ "lost_tick_policy", PROPERTY_CHOICE, offsetof(I8254, ticks.policy), TICKS_POLICY_DEFAULT, "counter 0's interrupts that the guest missed", 0,
	  0, ticks_policies },
	{ NULL, PROPERTY_BOOL, 0, NULL, NULL, 0, 0, NULL },
};

#define COUNTER(member) offsetof(Counter, member)
static const StateField counter_state[] = {
	{ "control", STATE_U8, COUNTER(control), 0, 0, NULL, 0 }, { "phase", STATE_U8, COUNTER(phase), 0, 0, NULL, 0 },
	{ "gate", STATE_BOOL, COUNTER(gate), 0, 0, NULL, 0 }, { "written", STATE_BOOL, COUNTER(written), 0, 0, NULL, 0 },
	{ "waiting", STATE_BOOL, COUNTER(waiting), 0, 0, NULL, 0 },
	{ "high_next_write", STATE_BOOL, COUNTER(high_next_write), 0, 0, NULL, 0 },
	{ "high_next_read", STATE_BOOL, COUNTER(high_next_read), 0, 0, NULL, 0 },
	{ "low_byte", STATE_U8, COUNTER(low_byte), 0, 0, NULL, 0 }, { "latched", STATE_U8, COUNTER(latched), 0, 0, NULL, 0 },
	{ "status", STATE_U8, COUNTER(status), 0, 0, NULL, 0 },
	{ "status_latched", STATE_BOOL, COUNTER(status_latched), 0, 0, NULL, 0 },
	{ "latch", STATE_U16, COUNTER(latch), 0, 0, NULL, 0 }, { "reload", STATE_U32, COUNTER(reload), 0, 0, NULL, 0 },
	{ "count", STATE_U32, COUNTER(count), 0, 0, NULL, 0 }, { "start", STATE_U64, COUNTER(start), 0, 0, NULL, 0 },
	{ "held", STATE_U64, COUNTER(held), 0, 0, NULL, 0 }, { "change", STATE_U64, COUNTER(change), 0, 0, NULL, 0 },
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

static const StateField pit_state[] = {
	{ "counter", STATE_STRUCT, offsetof(I8254, counter), COUNTERS, 0, counter_state, sizeof(Counter) },
	{ "output", STATE_BOOL, offsetof(I8254, output_level), 0, 0, NULL, 0 },
	{ "owed", STATE_U32, offsetof(I8254, ticks.owed), 0, 2, NULL, 0 },
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass i8254_class = {
	.name = "isa-pit",
	.bus = "system",
	.description = "8254 interval timer",
	.size = sizeof(I8254),
	.properties = pit_properties,
	.state = pit_state,
	.state_version = 2,
	.realize = pit_realize,
	.reset = pit_reset,
	.unrealize = pit_unrealize,
	.loaded = pit_loaded,
};
