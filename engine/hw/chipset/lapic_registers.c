/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local APIC's registers, in memory and as MSRs (SDM volume 3, tables 10-1 and 10-6). */
#include "hw/chipset/apic_internal.h"

/* Offsets / 16 */
enum {
	ID = 0x02, VERSION = 0x03, TPR = 0x08, APR = 0x09, PPR = 0x0a, EOI = 0x0b, RRD = 0x0c, LDR = 0x0d, DFR = 0x0e, SVR = 0x0f,
	ISR = 0x10, TMR = 0x18, IRR = 0x20, ESR = 0x28, ICR_LOW = 0x30, ICR_HIGH = 0x31, LVT = 0x32, INITIAL_COUNT = 0x38,
	CURRENT_COUNT = 0x39, DIVIDE = 0x3e, SELF_IPI = 0x3f,
};
enum { X2_FIRST = 0x800, X2_ICR = X2_FIRST + ICR_LOW };
/* Version 14h, the last LVT entry is number 5 */
enum { VERSION_VALUE = 0x14 | (LVT_COUNT - 1) << 16 };

enum { ICR_LOGICAL = 1 << 11, ICR_BUSY = 1 << 12, ICR_ASSERT = 1 << 14, ICR_LEVEL = 1 << 15 };
enum { TO_DESTINATION, TO_SELF, TO_ALL, TO_OTHERS };
#define ICR_WRITABLE 0x000ccfffu
#define SVR_WRITABLE 0x3ffu

enum { LVT_DELIVERY = 7 << LVT_DELIVERY_SHIFT, LVT_POLARITY = 1 << 13, LVT_TIMER_MODE = 3 << LVT_TIMER_SHIFT };
static const uint32_t lvt_writable[LVT_COUNT] = {
	[LVT_TIMER] = LVT_VECTOR | LVT_MASKED | LVT_TIMER_MODE,
	[LVT_THERMAL] = LVT_VECTOR | LVT_MASKED | LVT_DELIVERY,
	[LVT_PERFORMANCE] = LVT_VECTOR | LVT_MASKED | LVT_DELIVERY,
	[LVT_LINT0] = LVT_VECTOR | LVT_MASKED | LVT_DELIVERY | LVT_POLARITY | LVT_LEVEL,
	[LVT_LINT1] = LVT_VECTOR | LVT_MASKED | LVT_DELIVERY | LVT_POLARITY | LVT_LEVEL,
	[LVT_ERROR] = LVT_VECTOR | LVT_MASKED,
};

/* ---- reading ---- */

static uint32_t arbitration_priority(const Lapic *lapic)
{
	int request = lapic_highest(lapic->irr), service = lapic_highest(lapic->isr);
	uint32_t pending = (uint32_t)MAX(MAX(request, service), 0) & 0xf0;
	return lapic->tpr >> 4 >= pending >> 4 ? lapic->tpr : pending;
}

bool lapic_read_register(Lapic *lapic, unsigned number, uint32_t *value)
{
	if (number >= ISR && number < ESR) {
		const uint32_t *sets[] = { lapic->isr, lapic->tmr, lapic->irr };
		*value = sets[(number - ISR) / APIC_WORDS][number % APIC_WORDS];
		return true;
	}
	if (number >= LVT && number < LVT + LVT_COUNT) {
		*value = lapic->lvt[number - LVT];
		return true;
	}
	switch (number) {
	case ID: *value = lapic_is_x2(lapic) ? lapic->id : lapic->id << 24; break;
	case VERSION: *value = VERSION_VALUE; break;
	case TPR: *value = lapic->tpr; break;
	case APR: *value = arbitration_priority(lapic); break;
	case PPR: *value = lapic_ppr(lapic); break;
	case EOI: case RRD: *value = 0; break;
	case LDR: *value = lapic->ldr; break;
	case DFR: *value = lapic->dfr; break;
	case SVR: *value = lapic->svr; break;
	case ESR: *value = lapic->esr; break;
	case ICR_LOW: *value = lapic->icr_low; break;
	case ICR_HIGH: *value = lapic->icr_high; break;
	case INITIAL_COUNT: *value = lapic->initial_count; break;
	case CURRENT_COUNT: *value = lapic_current_count(lapic); break;
	case DIVIDE: *value = lapic->divide; break;
	default: *value = 0; return false;
	}
	return true;
}

/* ---- interprocessor interrupts ---- */

static bool takes_vector(ApicDelivery delivery)
{
	return delivery == APIC_FIXED || delivery == APIC_LOWEST;
}

static void send_shorthand(Lapic *lapic, unsigned shorthand, const ApicMessage *message)
{
	switch (shorthand) {
	case TO_DESTINATION: apic_bus_send(lapic->bus, message); break;
	case TO_SELF: lapic_receive(lapic, message); break;
	case TO_ALL: apic_bus_broadcast(lapic->bus, message, NULL); break;
	case TO_OTHERS: apic_bus_broadcast(lapic->bus, message, lapic); break;
	}
}

/* The level bit counts for INIT only, whose de-assertion sets arbitration ids that there are none of. */
static void send_icr(Lapic *lapic)
{
	uint32_t low = lapic->icr_low;
	bool wide = lapic_is_x2(lapic);
	ApicMessage message = {
		.destination = wide ? lapic->icr_high : lapic->icr_high >> 24,
		.wide = wide,
		.logical = low & ICR_LOGICAL,
		.delivery = low >> LVT_DELIVERY_SHIFT & 7,
		.vector = (uint8_t)low,
	};
	if (takes_vector(message.delivery) && message.vector < APIC_FIRST_LEGAL_VECTOR) {
		lapic_error(lapic, ESR_SEND_ILLEGAL);
		return;
	}
	if (message.delivery == APIC_INIT && (low & ICR_LEVEL) && !(low & ICR_ASSERT))
		return;
	if (message.delivery == APIC_RESERVED || message.delivery == APIC_EXTINT)
		return;
	send_shorthand(lapic, low >> 18 & 3, &message);
}

static void send_self(Lapic *lapic, uint8_t vector)
{
	if (vector < APIC_FIRST_LEGAL_VECTOR)
		lapic_error(lapic, ESR_SEND_ILLEGAL);
	else
		lapic_request(lapic, vector, false);
}

/* ---- writing ---- */

static void write_lvt(Lapic *lapic, LvtEntry entry, uint32_t value)
{
	uint32_t writable = lvt_writable[entry];
	if (entry == LVT_TIMER && !lapic->bus->tsc_hz)
		writable &= ~(uint32_t)(2 << LVT_TIMER_SHIFT);
	value = (value & writable) | (lapic->lvt[entry] & LVT_REMOTE_IRR);
	if (!(lapic->svr & SVR_ENABLE))
		value |= LVT_MASKED;
	if (entry == LVT_TIMER) {
		lapic_timer_set_lvt(lapic, value);
		return;
	}
	if (!(value & LVT_LEVEL))
		value &= ~(uint32_t)LVT_REMOTE_IRR;
	lapic->lvt[entry] = value;
	if (entry == LVT_LINT0 || entry == LVT_LINT1)
		lapic_lint_unmasked(lapic, entry - LVT_LINT0);
}

/* Switched off, all LVT entries are masked and stay so. */
static void write_svr(Lapic *lapic, uint32_t value)
{
	lapic->svr = value & SVR_WRITABLE;
	if (lapic->svr & SVR_ENABLE)
		return;
	for (unsigned n = 0; n < LVT_COUNT; n++)
		write_lvt(lapic, n, lapic->lvt[n] | LVT_MASKED);
}

static void write_esr(Lapic *lapic)
{
	lapic->esr = lapic->esr_pending;
	lapic->esr_pending = 0;
}

bool lapic_write_register(Lapic *lapic, unsigned number, uint32_t value)
{
	if (number >= LVT && number < LVT + LVT_COUNT) {
		write_lvt(lapic, number - LVT, value);
		lapic_update(lapic);
		return true;
	}
	if (number >= ISR && number < ESR)
		return true;
	switch (number) {
	case TPR: lapic->tpr = value & 0xff; break;
	case EOI: lapic_end_of_interrupt(lapic); break;
	case LDR: lapic->ldr = value & 0xff000000; break;
	case DFR: lapic->dfr = value | 0x0fffffff; break;
	case SVR: write_svr(lapic, value); break;
	case ESR: write_esr(lapic); break;
	case ICR_LOW:
		lapic->icr_low = value & ICR_WRITABLE;
		send_icr(lapic);
		break;
	case ICR_HIGH: lapic->icr_high = value & 0xff000000; break;
	case INITIAL_COUNT: lapic_timer_start(lapic, value); break;
	case DIVIDE: lapic_timer_set_divide(lapic, value); break;
	case ID: case VERSION: case APR: case PPR: case RRD: case CURRENT_COUNT: break; /* read-only */
	default: return false;
	}
	lapic_update(lapic);
	return true;
}

/* ---- as MSRs ---- */

typedef enum Rights { RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_BOTH = 3 } Rights;

static Rights x2_rights(unsigned number)
{
	if (number >= ISR && number < ESR)
		return RIGHT_READ;
	if (number >= LVT && number < LVT + LVT_COUNT)
		return RIGHT_BOTH;
	switch (number) {
	case ID: case VERSION: case PPR: case LDR: case CURRENT_COUNT: return RIGHT_READ;
	case TPR: case SVR: case ESR: case ICR_LOW: case INITIAL_COUNT: case DIVIDE: return RIGHT_BOTH;
	case EOI: case SELF_IPI: return RIGHT_WRITE;
	default: return 0;
	}
}

/* Bits that may be written; others are #GP. */
static uint64_t x2_writable(const Lapic *lapic, unsigned number)
{
	if (number >= LVT && number < LVT + LVT_COUNT) {
		bool deadline = number != LVT || lapic->bus->tsc_hz;
		return (lvt_writable[number - LVT] & (deadline ? UINT32_MAX : ~(uint32_t)(2 << LVT_TIMER_SHIFT))) | ICR_BUSY | LVT_REMOTE_IRR;
	}
	switch (number) {
	case TPR: case SELF_IPI: return 0xff;
	case SVR: return SVR_WRITABLE;
	case ICR_LOW: return (uint64_t)UINT32_MAX << 32 | ICR_WRITABLE;
	case INITIAL_COUNT: return UINT32_MAX;
	case DIVIDE: return 0xb;
	default: return 0; /* EOI, ESR */
	}
}

bool lapic_msr_read(Lapic *lapic, uint32_t msr, uint64_t *value)
{
	unsigned number = msr - X2_FIRST;
	uint32_t low;
	if (!lapic_is_x2(lapic) || number > SELF_IPI || !(x2_rights(number) & RIGHT_READ) || !lapic_read_register(lapic, number, &low))
		return false;
	*value = low;
	if (msr == X2_ICR)
		*value |= (uint64_t)lapic->icr_high << 32;
	return true;
}

bool lapic_msr_write(Lapic *lapic, uint32_t msr, uint64_t value)
{
	unsigned number = msr - X2_FIRST;
	if (!lapic_is_x2(lapic) || number > SELF_IPI || !(x2_rights(number) & RIGHT_WRITE) || (value & ~x2_writable(lapic, number)))
		return false;
	if (number == SELF_IPI) {
		send_self(lapic, (uint8_t)value);
		return true;
	}
	if (number == ICR_LOW)
		lapic->icr_high = (uint32_t)(value >> 32);
	return lapic_write_register(lapic, number, (uint32_t)value);
}
