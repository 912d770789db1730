/* SPDX-License-Identifier: GPL-3.0-or-later */
/* High precision event timers (IA-PC HPET specification 1.0a).
 *
 * The main counter is the virtual clock in steps of 10 ns plus an offset. A timer's clock stands on its next match only while it
 * may interrupt; a periodic comparator is brought up to date when it is looked at. */
#include "hw/chipset/hpet.h"

#include "hw/chipset/ticks.h"

enum { WINDOW_BYTES = 0x400, STEP_NS = 10, MOST_TIMERS = 32, FEWEST_TIMERS = 3 };
#define PERIOD_FS ((uint64_t)STEP_NS * 1000000)
/* Registers */
enum { CAPABILITIES = 0x000, CONFIGURATION = 0x010, STATUS = 0x020, COUNTER = 0x0f0, TIMERS = 0x100, TIMER_BYTES = 0x20 };
enum { TIMER_CONFIGURATION = 0x00, TIMER_COMPARATOR = 0x08, TIMER_ROUTE = 0x10 };
enum { VENDOR = 0x8086, REVISION = 1, CAP_COUNTERS_64 = 1 << 13, CAP_LEGACY = 1 << 15 };
enum { CONFIG_ENABLE = 1, CONFIG_LEGACY = 2 };
/* Tn_CONFIG */
enum { T_LEVEL = 1 << 1, T_INTERRUPT = 1 << 2, T_PERIODIC = 1 << 3, T_CAN_PERIODIC = 1 << 4, T_CAN_64 = 1 << 5, T_SET_VALUE = 1 << 6,
	T_32 = 1 << 8, T_ROUTE_SHIFT = 9, T_ROUTE = 31 << T_ROUTE_SHIFT, T_MSI = 1 << 14, T_CAN_MSI = 1 << 15 };
enum { T_WRITABLE = T_LEVEL | T_INTERRUPT | T_PERIODIC | T_SET_VALUE | T_32 | T_ROUTE };

/* Periodic interrupts come no closer than this, whatever the period says. */
#define SHORTEST_NS 20000

typedef struct HpetTimer {
	struct Hpet *hpet;
	uint64_t config, comparator, period, route; /* route: address in the upper half, data in the lower */
	Timer timer;
	bool level; /* its pin is held up */
	bool armed; /* the comparator was written and hasn't matched since */
} HpetTimer;

struct Hpet {
	Device device;
	uint8_t timer_count;
	bool msi;
	uint32_t routes; /* property hpet-intcap: the pins that the timers may have */
	uint64_t configuration, status;
	uint64_t counter; /* while it stands still; else what is to be added to the clock's steps */
	HpetTimer timers[MOST_TIMERS];
	Irq pins[HPET_PINS], legacy_pins[2];
	bool legacy_level[2]; /* of the 8254 and the clock */
	Ticks ticks; /* of timer 0 where it stands for the 8254 */
	Region *region;
	bool (*deliver)(void *owner, uint64_t address, uint32_t data);
	void *deliver_owner;
};

/* ---- the main counter ---- */

static bool is_enabled(const Hpet *hpet)
{
	return hpet->configuration & CONFIG_ENABLE;
}

static bool is_legacy(const Hpet *hpet)
{
	return hpet->configuration & CONFIG_LEGACY;
}

static uint64_t steps(const Hpet *hpet)
{
	return (uint64_t)clock_now(machine_clock(hpet->device.machine)) / STEP_NS;
}

static uint64_t counter_now(const Hpet *hpet)
{
	return hpet->counter + (is_enabled(hpet) ? steps(hpet) : 0);
}

static void set_counter(Hpet *hpet, uint64_t value)
{
	hpet->counter = value - (is_enabled(hpet) ? steps(hpet) : 0);
}

/* ---- pins ---- */

static unsigned number_of(const HpetTimer *t)
{
	return (unsigned)(t - t->hpet->timers);
}

static Irq *pin_of(HpetTimer *t)
{
	Hpet *hpet = t->hpet;
	unsigned n = number_of(t);
	return is_legacy(hpet) && n < 2 ? &hpet->legacy_pins[n] : &hpet->pins[t->config >> T_ROUTE_SHIFT & 31];
}

static void hold_pin(HpetTimer *t, bool level)
{
	if (t->level == level)
		return;
	t->level = level;
	irq_set(pin_of(t), level);
}

static uint64_t status_bit(const HpetTimer *t)
{
	return (uint64_t)1 << number_of(t);
}

static void interrupt(HpetTimer *t)
{
	Hpet *hpet = t->hpet;
	if (t->config & T_LEVEL)
		hpet->status |= status_bit(t);
	if (t->config & T_MSI) {
		if (hpet->deliver)
			hpet->deliver(hpet->deliver_owner, t->route >> 32, (uint32_t)t->route);
	} else if (t->config & T_LEVEL) {
		hold_pin(t, true);
	} else {
		irq_pulse(pin_of(t));
	}
}

/* ---- comparators ---- */

static bool is_32(const HpetTimer *t)
{
	return t->config & T_32;
}

static bool is_periodic(const HpetTimer *t)
{
	return t->config & T_PERIODIC;
}

static uint64_t width(const HpetTimer *t)
{
	return is_32(t) ? UINT32_MAX : UINT64_MAX;
}

/* Steps from `from` to the comparator. One that was written and lies less than half the counter's range behind has just been missed:
 * processors here may stop between reading the counter and setting the comparator for longer than software can foresee. That is
 * due at once. */
static uint64_t steps_to(const HpetTimer *t, uint64_t from)
{
	uint64_t distance = (t->comparator - from) & width(t);
	if (!t->armed)
		return distance ? distance : is_32(t) ? (uint64_t)1 << 32 : UINT64_MAX;
	return distance > width(t) / 2 ? 0 : distance;
}

/* Moves a periodic comparator past the counter. Returns by how many periods. */
static uint64_t advance(HpetTimer *t, uint64_t counter)
{
	uint64_t period = t->period & width(t), behind = (counter - t->comparator) & width(t);
	if (!is_periodic(t) || !period || behind > width(t) / 2)
		return 0;
	uint64_t passed = behind / period + 1;
	t->comparator = (t->comparator + passed * period) & width(t);
	return passed;
}

static bool is_system_tick(const HpetTimer *t)
{
	return is_legacy(t->hpet) && number_of(t) == 0 && is_periodic(t) && !(t->config & (T_LEVEL | T_MSI));
}

static void note_ticks(HpetTimer *t, uint64_t passed)
{
	uint64_t period = MIN(t->period & width(t), INT64_MAX / STEP_NS);
	if (is_system_tick(t) && passed)
		ticks_due(&t->hpet->ticks, passed, (int64_t)period * STEP_NS);
}

static bool may_interrupt(const HpetTimer *t)
{
	return is_enabled(t->hpet) && (t->config & T_INTERRUPT);
}

static void schedule_after(HpetTimer *t, uint64_t distance)
{
	int64_t now = clock_now(machine_clock(t->hpet->device.machine)), at = TIMER_OFF;
	if (distance < (uint64_t)(INT64_MAX - now) / STEP_NS / 2)
		at = (now / STEP_NS + (int64_t)distance) * STEP_NS;
	if (is_periodic(t) && (t->period & width(t)) * STEP_NS < SHORTEST_NS && at < now + SHORTEST_NS)
		at = now + SHORTEST_NS;
	timer_set(&t->timer, at);
}

static void schedule(HpetTimer *t)
{
	if (may_interrupt(t))
		schedule_after(t, steps_to(t, counter_now(t->hpet)));
	else
		timer_cancel(&t->timer);
}

/* A 32-bit comparator that stays matches again when the counter comes round; one of 64 bits doesn't within anyone's life. */
static void timer_ran(void *owner)
{
	HpetTimer *t = owner;
	uint64_t counter = counter_now(t->hpet);
	t->armed = false;
	if (is_periodic(t) && (t->period & width(t))) {
		note_ticks(t, advance(t, counter));
		schedule_after(t, (t->comparator - counter) & width(t));
	} else if (is_32(t)) {
		uint64_t behind = (counter - t->comparator) & UINT32_MAX;
		schedule_after(t, ((uint64_t)1 << 32) - behind);
	}
	interrupt(t);
}

/* ---- registers ---- */

static uint64_t merge(uint64_t old, uint64_t value, uint64_t mask)
{
	return (old & ~mask) | (value & mask);
}

static void for_each(Hpet *hpet, void (*apply)(HpetTimer *t))
{
	for (unsigned n = 0; n < hpet->timer_count; n++)
		apply(&hpet->timers[n]);
}

static void let_go(HpetTimer *t)
{
	hold_pin(t, false);
}

static void hold_if_due(HpetTimer *t)
{
	hold_pin(t, may_interrupt(t) && (t->config & (T_LEVEL | T_MSI)) == T_LEVEL && (t->hpet->status & status_bit(t)));
}

/* In the legacy mode the 8254 and the clock are cut off from their lines. */
static void pass_legacy(Hpet *hpet)
{
	for (unsigned n = 0; n < 2; n++)
		irq_set(&hpet->legacy_pins[n], hpet->legacy_level[n] && !is_legacy(hpet));
}

static void write_configuration(Hpet *hpet, uint64_t value)
{
	uint64_t counter = counter_now(hpet), changed = hpet->configuration ^ value;
	if (changed & CONFIG_LEGACY)
		for_each(hpet, let_go);
	hpet->configuration = value & (CONFIG_ENABLE | CONFIG_LEGACY);
	set_counter(hpet, counter);
	if (changed & CONFIG_LEGACY)
		pass_legacy(hpet);
	hpet->ticks.owed = 0;
	for_each(hpet, hold_if_due);
	for_each(hpet, schedule);
}

static void write_status(Hpet *hpet, uint64_t value)
{
	hpet->status &= ~value;
	for_each(hpet, hold_if_due);
}

static uint64_t capabilities(const Hpet *hpet)
{
	return PERIOD_FS << 32 | (uint64_t)VENDOR << 16 | CAP_LEGACY | CAP_COUNTERS_64 | (hpet->timer_count - 1u) << 8 | REVISION;
}

uint32_t hpet_event_timer_block_id(const Hpet *hpet)
{
	return (uint32_t)capabilities(hpet);
}

static uint64_t read_timer_config(const HpetTimer *t)
{
	return (uint64_t)t->hpet->routes << 32 | t->config | T_CAN_PERIODIC | T_CAN_64 | (t->hpet->msi ? T_CAN_MSI : 0);
}

/* A route to a pin that the timer can't have is not taken. */
static void write_timer_config(HpetTimer *t, uint64_t value, uint64_t mask)
{
	Hpet *hpet = t->hpet;
	uint64_t writable = mask & (T_WRITABLE | (hpet->msi ? T_MSI : 0));
	uint64_t config = merge(t->config, value, writable);
	if (!(hpet->routes >> (config >> T_ROUTE_SHIFT & 31) & 1))
		config = merge(config, t->config, T_ROUTE);
	let_go(t);
	if (number_of(t) == 0)
		hpet->ticks.owed = 0;
	advance(t, counter_now(hpet));
	if (!(config & T_PERIODIC))
		config &= ~(uint64_t)T_SET_VALUE;
	t->config = config;
	if (is_32(t)) {
		t->comparator &= UINT32_MAX;
		t->period &= UINT32_MAX;
	}
	if (!(t->config & T_LEVEL))
		hpet->status &= ~status_bit(t);
	hold_if_due(t);
	schedule(t);
}

/* Of a periodic timer it is the period that is written, unless the value was announced. */
static void write_comparator(HpetTimer *t, uint64_t value, uint64_t mask)
{
	mask &= width(t);
	if (!mask)
		return;
	t->armed = true;
	if (number_of(t) == 0)
		t->hpet->ticks.owed = 0;
	if (!is_periodic(t) || (t->config & T_SET_VALUE))
		t->comparator = merge(t->comparator, value, mask);
	if (is_periodic(t))
		t->period = merge(t->period, value, mask);
	/* Announced are both halves of a comparator: the lower one comes first. */
	if (is_32(t) || mask >> 32)
		t->config &= ~(uint64_t)T_SET_VALUE;
	schedule(t);
}

static uint64_t read_timer(HpetTimer *t, unsigned reg)
{
	switch (reg) {
	case TIMER_CONFIGURATION: return read_timer_config(t);
	case TIMER_COMPARATOR:
		if (is_enabled(t->hpet) && !timer_is_set(&t->timer))
			advance(t, counter_now(t->hpet));
		return t->comparator;
	case TIMER_ROUTE: return t->route;
	default: return 0;
	}
}

static void write_timer(HpetTimer *t, unsigned reg, uint64_t value, uint64_t mask)
{
	switch (reg) {
	case TIMER_CONFIGURATION: write_timer_config(t, value, mask); break;
	case TIMER_COMPARATOR: write_comparator(t, value, mask); break;
	case TIMER_ROUTE: t->route = merge(t->route, value, mask); break;
	}
}

static HpetTimer *timer_at(Hpet *hpet, uint64_t offset)
{
	uint64_t n = (offset - TIMERS) / TIMER_BYTES;
	return offset >= TIMERS && n < hpet->timer_count ? &hpet->timers[n] : NULL;
}

/* `offset` is a multiple of 8. */
static uint64_t read_register(Hpet *hpet, uint64_t offset)
{
	HpetTimer *t = timer_at(hpet, offset);
	if (t)
		return read_timer(t, offset % TIMER_BYTES);
	switch (offset) {
	case CAPABILITIES: return capabilities(hpet);
	case CONFIGURATION: return hpet->configuration;
	case STATUS: return hpet->status;
	case COUNTER: return counter_now(hpet);
	default: return 0;
	}
}

static void write_register(Hpet *hpet, uint64_t offset, uint64_t value, uint64_t mask)
{
	HpetTimer *t = timer_at(hpet, offset);
	if (t) {
		write_timer(t, offset % TIMER_BYTES, value, mask);
		return;
	}
	switch (offset) {
	case CONFIGURATION: write_configuration(hpet, merge(hpet->configuration, value, mask)); break;
	case STATUS: write_status(hpet, value & mask); break;
	case COUNTER:
		set_counter(hpet, merge(counter_now(hpet), value, mask));
		for_each(hpet, schedule);
		break;
	}
}

static uint64_t hpet_read(void *owner, uint64_t offset, unsigned size)
{
	(void)size;
	return read_register(owner, offset & ~(uint64_t)7) >> 8 * (offset & 4);
}

static void hpet_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	unsigned shift = 8 * (offset & 4);
	uint64_t mask = size == 8 ? UINT64_MAX : (uint64_t)UINT32_MAX << shift;
	write_register(owner, offset & ~(uint64_t)7, value << shift, mask);
}

/* ---- wiring ---- */

void hpet_set_pin(Hpet *hpet, unsigned pin, Irq irq)
{
	if (pin < HPET_PINS)
		hpet->pins[pin] = irq;
}

void hpet_set_legacy_pin(Hpet *hpet, unsigned which, Irq irq)
{
	hpet->legacy_pins[which & 1] = irq;
}

static void legacy_set(void *owner, unsigned which, bool level)
{
	Hpet *hpet = owner;
	hpet->legacy_level[which] = level;
	if (!is_legacy(hpet))
		irq_set(&hpet->legacy_pins[which], level);
}

Irq hpet_legacy_input(Hpet *hpet, unsigned which)
{
	return (Irq){ legacy_set, hpet, which & 1 };
}

void hpet_set_msi(Hpet *hpet, bool (*deliver)(void *owner, uint64_t address, uint32_t data), void *owner)
{
	hpet->deliver = deliver;
	hpet->deliver_owner = owner;
}

bool hpet_tick_taken(Hpet *hpet)
{
	HpetTimer *t = &hpet->timers[0];
	if (!is_legacy(hpet))
		return false;
	if (ticks_taken(&hpet->ticks) && is_system_tick(t) && may_interrupt(t))
		interrupt(t);
	return true;
}

void hpet_set_tick_waits(Hpet *hpet, bool (*waits)(void *owner), void *owner)
{
	hpet->ticks.waits = waits;
	hpet->ticks.owner = owner;
}

/* ---- device ---- */

static bool hpet_realize(Device *device, GError **error)
{
	static const MemoryOps ops = { hpet_read, hpet_write, 4, 8, false };
	Hpet *hpet = (Hpet *)device;
	if (hpet->timer_count < FEWEST_TIMERS || hpet->timer_count > MOST_TIMERS || !hpet->routes) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "hpet: %u timers on pins 0x%x can't be had: 3 to 32 on at least one",
			    hpet->timer_count, hpet->routes);
		return false;
	}
	for (unsigned n = 0; n < MOST_TIMERS; n++) {
		hpet->timers[n].hpet = hpet;
		timer_init(&hpet->timers[n].timer, machine_clock(device->machine), "hpet", timer_ran, &hpet->timers[n]);
	}
	hpet->region = memory_map_io(machine_memory(device->machine), "hpet", &ops, hpet, HPET_BASE, WINDOW_BYTES, MEMORY_PRIORITY_DEVICE);
	return true;
}

static void hpet_unrealize(Device *device)
{
	Hpet *hpet = (Hpet *)device;
	for (unsigned n = 0; n < MOST_TIMERS; n++)
		timer_cancel(&hpet->timers[n].timer);
	region_free(hpet->region);
}

static void reset_timer(HpetTimer *t)
{
	let_go(t);
	timer_cancel(&t->timer);
	t->comparator = UINT64_MAX;
	t->config = t->period = t->route = 0;
	t->armed = false;
}

static void hpet_reset(Device *device)
{
	Hpet *hpet = (Hpet *)device;
	for_each(hpet, reset_timer);
	hpet->configuration = hpet->status = hpet->counter = 0;
	hpet->ticks.owed = 0;
	pass_legacy(hpet);
}

static void hpet_loaded(Device *device, unsigned version)
{
	(void)version;
	for_each((Hpet *)device, schedule);
}

static const Property hpet_properties[] = {
	{ "timers", PROPERTY_U8, offsetof(Hpet, timer_count), "3", "how many", FEWEST_TIMERS, MOST_TIMERS, NULL },
	{ "msi", PROPERTY_BOOL, offsetof(Hpet, msi), "off", "timers can send messages", 0, 0, NULL },
	{ "hpet-intcap", PROPERTY_U32, offsetof(Hpet, routes), "4", "I/O APIC pins that timers can have, a bit each", 1, UINT32_MAX, NULL },
	{ "lost_tick_policy", PROPERTY_CHOICE, offsetof(Hpet, ticks.policy), TICKS_POLICY_DEFAULT,
	  "interrupts in the 8254's place that the guest missed", 0, 0, ticks_policies },
	{ NULL, PROPERTY_BOOL, 0, NULL, NULL, 0, 0, NULL },
};

#define TIMER(member) offsetof(HpetTimer, member)
static const StateField timer_state[] = {
	{ "config", STATE_U64, TIMER(config), 0, 0, NULL, 0 }, { "comparator", STATE_U64, TIMER(comparator), 0, 0, NULL, 0 },
	{ "period", STATE_U64, TIMER(period), 0, 0, NULL, 0 }, { "route", STATE_U64, TIMER(route), 0, 0, NULL, 0 },
	{ "level", STATE_BOOL, TIMER(level), 0, 0, NULL, 0 },
	{ "armed", STATE_BOOL, TIMER(armed), 0, 0, NULL, 0 }, { NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

#define HPET(member) offsetof(Hpet, member)
static const StateField hpet_state[] = {
	{ "configuration", STATE_U64, HPET(configuration), 0, 0, NULL, 0 }, { "status", STATE_U64, HPET(status), 0, 0, NULL, 0 },
	{ "counter", STATE_U64, HPET(counter), 0, 0, NULL, 0 },
	{ "timers", STATE_STRUCT, HPET(timers), MOST_TIMERS, 0, timer_state, sizeof(HpetTimer) },
	{ "legacy_level", STATE_BOOL, HPET(legacy_level), 2, 0, NULL, 0 }, { "owed", STATE_U32, HPET(ticks.owed), 0, 2, NULL, 0 }, { NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass hpet_class = {
	.name = "hpet",
	.bus = "system",
	.description = "high precision event timers",
	.size = sizeof(Hpet),
	.properties = hpet_properties,
	.state = hpet_state,
	.state_version = 2,
	.realize = hpet_realize,
	.reset = hpet_reset,
	.unrealize = hpet_unrealize,
	.loaded = hpet_loaded,
};
