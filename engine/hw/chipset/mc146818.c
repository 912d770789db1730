/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MC146818A real-time clock (Motorola datasheet), with the PC's century byte.
 *
 * Nothing ticks. The divider is the virtual clock since `divider_base`; registers are brought up to date when somebody looks at
 * them, and so are the flags of register C. A timer runs only for an interrupt that is enabled and whose flag isn't set yet.
 * The time registers are kept as the guest reads them, so that whatever it writes reads back until the next update. */
#include "hw/chipset/mc146818.h"

#include <string.h>

enum { PORT_INDEX = 0x70, CMOS_BYTES = 128 };
enum { SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM, WEEKDAY, DAY, MONTH, YEAR, REG_A, REG_B, REG_C, REG_D,
	CENTURY = 0x32 };
enum { A_UIP = 0x80, A_DIVIDER = 0x70, A_DIVIDER_RESET = 0x60, A_RATE = 0x0f };
enum { B_SET = 0x80, B_PIE = 0x40, B_AIE = 0x20, B_UIE = 0x10, B_SQWE = 0x08, B_DM = 0x04, B_24 = 0x02 };
enum { C_IRQF = 0x80, C_PF = 0x40, C_AF = 0x20, C_UF = 0x10 };
enum { D_VRT = 0x80 };
enum { HOUR_PM = 0x80, ALARM_ANY = 0xc0 };

#define SECOND_NS 1000000000
#define DIVIDER_HZ 32768u
/* UIP rises this long before the registers have their new values: 244 us of warning and 1984 us of update. */
#define UIP_NS (244000 + 1984000)
/* The first update after a divider reset comes half a second later. */
#define DIVIDER_RESTART_NS 500000000

/* Slew: ticks that the guest missed are given at this multiple of the rate, and no more than so many are owed. */
enum { SLEW_SPEED = 8, SLEW_LIMIT = 32768 };
enum { LOST_DISCARD, LOST_SLEW };

struct Rtc {
	Device device;
	int32_t base_year;
	unsigned lost_tick_policy;
	uint8_t index;		/* port 0x70, with the NMI bit */
	uint8_t cmos[CMOS_BYTES];
	int64_t divider_base;	/* virtual time at which the divider was 0; while it is held: the divider */
	bool held;		/* by the divider reset bits of A */
	uint64_t seconds_seen;	/* of the divider, that the registers know of */
	uint64_t ticks_seen;	/* periodic ones, in 1/32768 s, that C knows of */
	uint32_t owed;		/* slew */
	bool slewing;		/* the timer stands for an owed tick */
	Irq output;
	bool own_output;
	Timer timer;
	unsigned ports;
	void (*nmi_changed)(void *owner, bool masked);
	void *nmi_owner;
};

static int64_t now_ns(const Rtc *rtc)
{
	return clock_now(machine_clock(rtc->device.machine));
}

/* ---- the calendar ---- */

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in(unsigned month, unsigned year)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return month < 1 || month > 12 ? 31 : days[month - 1] + (month == 2 && is_leap(year));
}

static uint8_t encode(const Rtc *rtc, unsigned value)
{
	return (uint8_t)(rtc->cmos[REG_B] & B_DM ? value : value / 10 % 10 << 4 | value % 10);
}

static unsigned decode(const Rtc *rtc, uint8_t byte)
{
	return rtc->cmos[REG_B] & B_DM ? byte : (byte >> 4) * 10u + (byte & 15u);
}

static uint8_t encode_hour(const Rtc *rtc, unsigned hour)
{
	if (rtc->cmos[REG_B] & B_24)
		return encode(rtc, hour);
	return encode(rtc, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOUR_PM : 0);
}

static unsigned decode_hour(const Rtc *rtc, uint8_t byte)
{
	if (rtc->cmos[REG_B] & B_24)
		return decode(rtc, byte);
	return decode(rtc, byte & 0x7f) % 12 + (byte & HOUR_PM ? 12 : 0);
}

typedef struct Time {
	unsigned second, minute, hour, weekday, day, month, year; /* weekday 1-7, Sunday is 1 */
} Time;

static Time get_time(const Rtc *rtc)
{
	const uint8_t *r = rtc->cmos;
	return (Time){ decode(rtc, r[SECONDS]), decode(rtc, r[MINUTES]), decode_hour(rtc, r[HOURS]), decode(rtc, r[WEEKDAY]),
		       decode(rtc, r[DAY]), decode(rtc, r[MONTH]), decode(rtc, r[CENTURY]) * 100 + decode(rtc, r[YEAR]) };
}

static void put_time(Rtc *rtc, const Time *t)
{
	uint8_t *r = rtc->cmos;
	r[SECONDS] = encode(rtc, t->second);
	r[MINUTES] = encode(rtc, t->minute);
	r[HOURS] = encode_hour(rtc, t->hour);
	r[WEEKDAY] = encode(rtc, t->weekday);
	r[DAY] = encode(rtc, t->day);
	r[MONTH] = encode(rtc, t->month);
	r[YEAR] = encode(rtc, t->year % 100);
	r[CENTURY] = encode(rtc, t->year / 100 % 100);
}

static void next_day(Time *t)
{
	t->weekday = t->weekday % 7 + 1;
	if (++t->day <= days_in(t->month, t->year))
		return;
	t->day = 1;
	if (++t->month <= 12)
		return;
	t->month = 1;
	t->year++;
}

/* What is out of range goes over with the next carry, as in a chain of counters. The calendar repeats after 400 years. */
static void add_seconds(Time *t, uint64_t seconds)
{
	uint64_t total = t->second + seconds;
	t->second = (unsigned)(total % 60);
	total = t->minute + total / 60;
	t->minute = (unsigned)(total % 60);
	total = t->hour + total / 60;
	t->hour = (unsigned)(total % 24);
	total /= 24;
	t->year += (unsigned)(total / 146097 % 25 * 400);
	for (total %= 146097; total; total--)
		next_day(t);
}

/* Seconds since 1970, of a date from 1970 on. */
static void time_from_epoch(Time *t, int64_t seconds)
{
	*t = (Time){ .weekday = 5, .day = 1, .month = 1, .year = 1970 };
	if (seconds < 0) { /* 400 years are a whole number of weeks */
		t->year = 1570;
		seconds += (int64_t)146097 * 86400;
	}
	add_seconds(t, (uint64_t)MAX(seconds, 0));
}

/* ---- the divider ---- */

static uint64_t divider_ns(const Rtc *rtc, int64_t now)
{
	return (uint64_t)(rtc->held ? rtc->divider_base : now - rtc->divider_base);
}

/* The virtual time at which the divider will be there. */
static int64_t time_of(const Rtc *rtc, uint64_t divider)
{
	return (int64_t)divider + rtc->divider_base;
}

static uint64_t seconds_now(const Rtc *rtc, int64_t now)
{
	return divider_ns(rtc, now) / SECOND_NS;
}

/* In 1/32768 s; 0: no periodic interrupt. The two fastest rates of this oscillator are those that 8 and 9 have. */
static unsigned period(const Rtc *rtc)
{
	unsigned rate = rtc->cmos[REG_A] & A_RATE;
	if (rate == 0)
		return 0;
	return 1u << ((rate <= 2 ? rate + 7 : rate) - 1);
}

/* The first periodic tick after `ticks`. */
static uint64_t tick_after(const Rtc *rtc, uint64_t ticks)
{
	unsigned step = period(rtc);
	return (ticks / step + 1) * step;
}

/* ---- the alarm ---- */

static bool alarm_is(const Rtc *rtc, unsigned reg, uint8_t byte)
{
	return rtc->cmos[reg] >= ALARM_ANY || rtc->cmos[reg] == byte;
}

/* Seconds from `t` until the alarm matches, 1 to 86400; 0: never, the registers hold no time of day. */
static unsigned seconds_to_alarm(const Rtc *rtc, const Time *t)
{
	unsigned from = (t->hour * 3600 + t->minute * 60 + t->second) % 86400, n = 1;
	while (n <= 86400) {
		unsigned at = (from + n) % 86400;
		if (!alarm_is(rtc, HOURS_ALARM, encode_hour(rtc, at / 3600)))
			n += 3600 - at % 3600;
		else if (!alarm_is(rtc, MINUTES_ALARM, encode(rtc, at / 60 % 60)))
			n += 60 - at % 60;
		else if (!alarm_is(rtc, SECONDS_ALARM, encode(rtc, at % 60)))
			n++;
		else
			return n;
	}
	return 0;
}

/* ---- bringing up to date ---- */

static bool updates(const Rtc *rtc)
{
	return !(rtc->cmos[REG_B] & B_SET) && !rtc->held;
}

static void update_seconds(Rtc *rtc, int64_t now)
{
	uint64_t seconds = seconds_now(rtc, now), passed = seconds - rtc->seconds_seen;
	rtc->seconds_seen = seconds;
	if (passed == 0 || !updates(rtc))
		return;
	Time t = get_time(rtc);
	unsigned alarm = seconds_to_alarm(rtc, &t);
	add_seconds(&t, passed);
	put_time(rtc, &t);
	rtc->cmos[REG_C] |= C_UF | (alarm && alarm <= passed ? C_AF : 0);
}

static void update_ticks(Rtc *rtc, int64_t now)
{
	uint64_t ticks = clock_ns_to_ticks((int64_t)divider_ns(rtc, now), DIVIDER_HZ), seen = rtc->ticks_seen;
	rtc->ticks_seen = ticks;
	unsigned step = period(rtc);
	if (!step || ticks / step <= seen / step)
		return;
	uint64_t passed = ticks / step - seen / step;
	/* Of those one is told of now, if the flag isn't standing there still. */
	uint64_t lost = rtc->cmos[REG_C] & C_PF ? passed : passed - 1;
	if (rtc->lost_tick_policy == LOST_SLEW && (rtc->cmos[REG_B] & B_PIE))
		rtc->owed = (uint32_t)MIN(rtc->owed + lost, SLEW_LIMIT);
	rtc->cmos[REG_C] |= C_PF;
}

/* The flags are brought to the line. */
static void update_line(Rtc *rtc)
{
	bool level = rtc->cmos[REG_C] & rtc->cmos[REG_B] & (C_PF | C_AF | C_UF);
	rtc->cmos[REG_C] = (rtc->cmos[REG_C] & 0x7f) | (level ? C_IRQF : 0);
	irq_set(&rtc->output, level);
}

static bool wants(const Rtc *rtc, uint8_t bit)
{
	return (rtc->cmos[REG_B] & bit) && !(rtc->cmos[REG_C] & bit);
}

static int64_t next_periodic(Rtc *rtc, int64_t now)
{
	if (!wants(rtc, B_PIE) || !period(rtc) || rtc->held)
		return TIMER_OFF;
	int64_t at = time_of(rtc, (uint64_t)clock_ticks_to_ns(tick_after(rtc, rtc->ticks_seen), DIVIDER_HZ));
	if (!rtc->owed)
		return at;
	int64_t early = now + clock_ticks_to_ns(period(rtc), DIVIDER_HZ) / SLEW_SPEED;
	rtc->slewing = early < at;
	return MIN(early, at);
}

static int64_t next_update(const Rtc *rtc)
{
	if (!updates(rtc))
		return TIMER_OFF;
	uint64_t seconds = rtc->seconds_seen;
	if (wants(rtc, B_UIE))
		return time_of(rtc, (seconds + 1) * SECOND_NS);
	if (!wants(rtc, B_AIE))
		return TIMER_OFF;
	Time t = get_time(rtc);
	unsigned alarm = seconds_to_alarm(rtc, &t);
	return alarm ? time_of(rtc, (seconds + alarm) * SECOND_NS) : TIMER_OFF;
}

static void schedule(Rtc *rtc, int64_t now)
{
	rtc->slewing = false;
	int64_t at = next_periodic(rtc, now), update = next_update(rtc);
	if (update < at)
		rtc->slewing = false;
	timer_set(&rtc->timer, MIN(at, update));
}

static void catch_up(Rtc *rtc, int64_t now)
{
	update_seconds(rtc, now);
	update_ticks(rtc, now);
	update_line(rtc);
}

void rtc_let_pass(Rtc *rtc, int64_t ns)
{
	int64_t now = now_ns(rtc);
	if (rtc->held || ns <= 0)
		return;
	catch_up(rtc, now);
	rtc->divider_base -= ns;
	rtc->ticks_seen = clock_ns_to_ticks((int64_t)divider_ns(rtc, now), DIVIDER_HZ);
	catch_up(rtc, now);
	schedule(rtc, now);
}

static void timer_ran(void *owner)
{
	Rtc *rtc = owner;
	int64_t now = now_ns(rtc);
	if (rtc->slewing && rtc->owed && !(rtc->cmos[REG_C] & C_PF)) {
		rtc->owed--;
		rtc->cmos[REG_C] |= C_PF;
	}
	catch_up(rtc, now);
	schedule(rtc, now);
}

/* ---- registers ---- */

static uint8_t read_a(const Rtc *rtc, int64_t now)
{
	bool uip = updates(rtc) && divider_ns(rtc, now) % SECOND_NS >= SECOND_NS - UIP_NS;
	return (rtc->cmos[REG_A] & 0x7f) | (uip ? A_UIP : 0);
}

static uint8_t read_c(Rtc *rtc)
{
	uint8_t value = rtc->cmos[REG_C];
	rtc->cmos[REG_C] = 0;
	update_line(rtc);
	return value;
}

static uint8_t read_cmos(Rtc *rtc, uint8_t index)
{
	if (index > REG_D && index != CENTURY)
		return rtc->cmos[index];
	int64_t now = now_ns(rtc);
	catch_up(rtc, now);
	uint8_t value = index == REG_A ? read_a(rtc, now) : index == REG_C ? read_c(rtc) : rtc->cmos[index];
	if (index == REG_C)
		schedule(rtc, now);
	return value;
}

static void write_a(Rtc *rtc, uint8_t value, int64_t now)
{
	bool hold = (value & A_DIVIDER) >= A_DIVIDER_RESET;
	uint64_t divider = divider_ns(rtc, now);
	if (hold && !rtc->held)
		rtc->divider_base = (int64_t)(divider / SECOND_NS * SECOND_NS);
	else if (!hold && rtc->held)
		rtc->divider_base = now - (int64_t)(divider + DIVIDER_RESTART_NS);
	rtc->held = hold;
	rtc->cmos[REG_A] = value & 0x7f;
	rtc->seconds_seen = seconds_now(rtc, now);
	rtc->ticks_seen = clock_ns_to_ticks((int64_t)divider_ns(rtc, now), DIVIDER_HZ);
	if (!period(rtc))
		rtc->owed = 0;
}

/* The registers keep their meaning when their form changes. */
static void write_b(Rtc *rtc, uint8_t value)
{
	bool form = (value ^ rtc->cmos[REG_B]) & (B_DM | B_24);
	Time t = get_time(rtc);
	rtc->cmos[REG_B] = value & B_SET ? value & (uint8_t)~B_UIE : value;
	if (form)
		put_time(rtc, &t);
	if (!(value & B_PIE))
		rtc->owed = 0;
}

static void write_cmos(Rtc *rtc, uint8_t index, uint8_t value)
{
	int64_t now = now_ns(rtc);
	catch_up(rtc, now);
	switch (index) {
	case REG_A: write_a(rtc, value, now); break;
	case REG_B: write_b(rtc, value); break;
	case REG_C: case REG_D: return;
	default: rtc->cmos[index] = value; break;
	}
	if (index > REG_D && index != CENTURY)
		return;
	update_line(rtc);
	schedule(rtc, now);
}

static void write_index(Rtc *rtc, uint8_t value)
{
	bool masked = value & 0x80, was = rtc->index & 0x80;
	rtc->index = value;
	if (masked != was && rtc->nmi_changed)
		rtc->nmi_changed(rtc->nmi_owner, masked);
}

static uint32_t rtc_read(void *owner, uint16_t port, unsigned size)
{
	(void)size;
	Rtc *rtc = owner;
	return port == PORT_INDEX ? 0xff : read_cmos(rtc, rtc->index & 0x7f);
}

static void rtc_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)size;
	Rtc *rtc = owner;
	if (port == PORT_INDEX)
		write_index(rtc, (uint8_t)value);
	else
		write_cmos(rtc, rtc->index & 0x7f, (uint8_t)value);
}

/* ---- for the board ---- */

void rtc_set_output(Rtc *rtc, Irq output)
{
	rtc->output = output;
	rtc->own_output = true;
}

void rtc_set_cmos(Rtc *rtc, uint8_t index, uint8_t value)
{
	rtc->cmos[index & 0x7f] = value;
}

uint8_t rtc_cmos(const Rtc *rtc, uint8_t index)
{
	return rtc->cmos[index & 0x7f];
}

bool rtc_nmi_masked(const Rtc *rtc)
{
	return rtc->index & 0x80;
}

void rtc_set_nmi_listener(Rtc *rtc, void (*changed)(void *owner, bool masked), void *owner)
{
	rtc->nmi_changed = changed;
	rtc->nmi_owner = owner;
}

/* ---- device ---- */

/* A base year other than 0 is the year that the registers show as 0. */
static void set_initial_time(Rtc *rtc)
{
	int64_t now = now_ns(rtc), epoch = clock_epoch_ns(machine_clock(rtc->device.machine)) + now;
	int64_t seconds = epoch / SECOND_NS - (epoch % SECOND_NS < 0);
	Time t;
	time_from_epoch(&t, seconds);
	if (rtc->base_year)
		t.year = (unsigned)MAX((int)t.year - rtc->base_year, 0);
	put_time(rtc, &t);
	rtc->divider_base = now - (epoch - seconds * SECOND_NS);
}

static bool rtc_realize(Device *device, GError **error)
{
	static const PortOps ops = { rtc_read, rtc_write, 1 };
	(void)error;
	Rtc *rtc = (Rtc *)device;
	rtc->cmos[REG_A] = 0x26; /* 32768 Hz, 1024 Hz */
	rtc->cmos[REG_B] = B_24;
	rtc->cmos[REG_D] = D_VRT;
	set_initial_time(rtc);
	if (!rtc->own_output)
		rtc->output = machine_isa_irq(device->machine, 8);
	timer_init(&rtc->timer, machine_clock(device->machine), "mc146818", timer_ran, rtc);
	rtc->ports = port_map(machine_ports(device->machine), "rtc", PORT_INDEX, 2, &ops, rtc);
	return true;
}

static void rtc_unrealize(Device *device)
{
	Rtc *rtc = (Rtc *)device;
	timer_cancel(&rtc->timer);
	port_unmap(machine_ports(device->machine), rtc->ports);
}

/* RESET# leaves time, alarm and memory alone. */
static void rtc_reset(Device *device)
{
	Rtc *rtc = (Rtc *)device;
	int64_t now = now_ns(rtc);
	catch_up(rtc, now);
	rtc->cmos[REG_B] &= (uint8_t)~(B_PIE | B_AIE | B_UIE | B_SQWE);
	rtc->cmos[REG_C] = 0;
	rtc->owed = 0;
	write_index(rtc, 0);
	update_line(rtc);
	schedule(rtc, now);
}

static void rtc_loaded(Device *device, unsigned version)
{
	(void)version;
	Rtc *rtc = (Rtc *)device;
	update_line(rtc);
	schedule(rtc, now_ns(rtc));
}

static const char *const policies[] = { "discard", "slew", NULL };

static const Property rtc_properties[] = {
	{ "base_year", PROPERTY_I32, offsetof(Rtc, base_year), "0", "the year that the registers show as 0", 0, 9999, NULL },
	{ "lost_tick_policy", PROPERTY_CHOICE, offsetof(Rtc, lost_tick_policy), "discard", "periodic interrupts that the guest missed", 0, 0,
	  policies },
	{ NULL, PROPERTY_BOOL, 0, NULL, NULL, 0, 0, NULL },
};

#define RTC(member) offsetof(Rtc, member)
static const StateField rtc_state[] = {
	{ "index", STATE_U8, RTC(index), 0, 0, NULL, 0 }, { "cmos", STATE_BYTES, RTC(cmos), CMOS_BYTES, 0, NULL, 0 },
	{ "divider_base", STATE_U64, RTC(divider_base), 0, 0, NULL, 0 }, { "held", STATE_BOOL, RTC(held), 0, 0, NULL, 0 },
	{ "seconds_seen", STATE_U64, RTC(seconds_seen), 0, 0, NULL, 0 }, { "ticks_seen", STATE_U64, RTC(ticks_seen), 0, 0, NULL, 0 },
	{ "owed", STATE_U32, RTC(owed), 0, 0, NULL, 0 }, { NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass mc146818_class = {
	.name = "mc146818rtc",
	.bus = "system",
	.description = "MC146818 real-time clock",
	.size = sizeof(Rtc),
	.properties = rtc_properties,
	.state = rtc_state,
	.state_version = 1,
	.realize = rtc_realize,
	.reset = rtc_reset,
	.unrealize = rtc_unrealize,
	.loaded = rtc_loaded,
};
