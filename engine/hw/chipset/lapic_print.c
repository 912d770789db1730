/* SPDX-License-Identifier: GPL-3.0-or-later */
/* info lapic, with the fields and in the order of QEMU's monitor: scripts read that. */
#include "hw/chipset/apic_internal.h"

enum { LVT_ACTIVE_LOW = 1 << 13, LVT_PENDING = 1 << 12, ICR_LOGICAL = 1 << 11, ICR_ASSERT = 1 << 14, ICR_SHORTHAND_SHIFT = 18 };

static const char *const deliveries[] = { "Fixed", "LowPri", "SMI", "...", "NMI", "INIT", "SIPI", "ExtINT" };

static void print_vector(uint32_t value, GString *out)
{
	enum { NMI = 4 };
	if ((value >> LVT_DELIVERY_SHIFT & 7) != NMI)
		g_string_append_printf(out, " (vec %u)", value & LVT_VECTOR);
	g_string_append_c(out, '\n');
}

static void print_lvt(const char *name, uint32_t lvt, bool timer, GString *out)
{
	static const char *const modes[] = { "one-shot", "periodic", "tsc-deadline", "reserved" };
	g_string_append_printf(out, "%s\t 0x%08x %s %-5s %-6s %-7s %-12s %-6s", name, lvt, lvt & LVT_ACTIVE_LOW ? "active-lo" : "active-hi",
			       lvt & LVT_LEVEL ? "level" : "edge", lvt & LVT_MASKED ? "masked" : "", lvt & LVT_PENDING ? "pending" : "",
			       timer ? modes[lvt >> LVT_TIMER_SHIFT & 3] : "", deliveries[lvt >> LVT_DELIVERY_SHIFT & 7]);
	print_vector(lvt, out);
}

static void print_icr(const Lapic *lapic, GString *out)
{
	static const char *const shorthands[] = { "no-shorthand", "self", "all-self", "all" };
	uint32_t low = lapic->icr_low;
	g_string_append_printf(out, "ICR\t 0x%08x %s %s %s %s", low, low & ICR_LOGICAL ? "logical" : "physical", low & LVT_LEVEL ? "level" : "edge",
			       low & ICR_ASSERT ? "assert" : "de-assert", shorthands[low >> ICR_SHORTHAND_SHIFT & 3]);
	if (low >> LVT_DELIVERY_SHIFT & 7)
		g_string_append_printf(out, " %s", deliveries[low >> LVT_DELIVERY_SHIFT & 7]);
	g_string_append_c(out, '\n');
	uint32_t destination = lapic_is_x2(lapic) ? lapic->icr_high : lapic->icr_high >> 24;
	g_string_append_printf(out, "ICR2\t 0x%08x %s %u (%s)\n", lapic->icr_high, low & ICR_LOGICAL ? "mask" : "cpu", destination,
			       low & ICR_LOGICAL ? "logical" : "APIC ID");
}

static void print_set(const char *name, const uint32_t *set, const uint32_t *levels, GString *out)
{
	g_string_append_printf(out, "%s\t ", name);
	for (unsigned n = 0; n < APIC_VECTORS; n++)
		if (set[n / 32] >> n % 32 & 1)
			g_string_append_printf(out, "%u%s ", n, levels && levels[n / 32] >> n % 32 & 1 ? "(level)" : "");
	g_string_append(out, lapic_highest(set) < 0 ? "(none)\n" : "\n");
}

/* How far a timer's clock is divided: the register's bits 3, 1 and 0, plus one, as a power of two; all of them mean 1. */
static unsigned divisor(uint32_t divide)
{
	unsigned code = (divide & 3) | (divide >> 1 & 4);
	return code == 7 ? 1 : 2u << code;
}

void lapic_print(Lapic *lapic, GString *out)
{
	static const struct { const char *name; LvtEntry entry; } entries[] = {
		{ "LVT0", LVT_LINT0 }, { "LVT1", LVT_LINT1 }, { "LVTPC", LVT_PERFORMANCE }, { "LVTERR", LVT_ERROR }, { "LVTTHMR", LVT_THERMAL },
		{ "LVTT", LVT_TIMER },
	};
	g_string_append_printf(out, "dumping local APIC state for CPU %-2u\n\n", lapic->cpu);
	for (unsigned n = 0; n < G_N_ELEMENTS(entries); n++)
		print_lvt(entries[n].name, lapic->lvt[entries[n].entry], entries[n].entry == LVT_TIMER, out);
	g_string_append_printf(out, "Timer\t DCR=0x%x (divide by %u) initial_count = %u current_count = %u\n", lapic->divide, divisor(lapic->divide),
			       lapic->initial_count, lapic_current_count(lapic));
	g_string_append_printf(out, "SPIV\t 0x%08x APIC %s, focus=%s, spurious vec %u\n", lapic->svr, lapic->svr & SVR_ENABLE ? "enabled" : "disabled",
			       lapic->svr & SVR_NO_FOCUS ? "off" : "on", lapic->svr & LVT_VECTOR);
	print_icr(lapic, out);
	g_string_append_printf(out, "ESR\t 0x%08x\n", lapic->esr);
	print_set("ISR", lapic->isr, NULL, out);
	print_set("IRR", lapic->irr, lapic->tmr, out);
	g_string_append_printf(out, "BASE\t 0x%08" G_GINT64_MODIFIER "x %s, APIC ID %u\n", lapic->base,
			       !lapic_is_on(lapic) ? "off" : lapic_is_x2(lapic) ? "x2APIC" : "xAPIC", lapic->id);
	g_string_append_printf(out, "\nAPR 0x00 TPR 0x%02x DFR 0x%02x LDR 0x%02x PPR 0x%02x\n", lapic->tpr, lapic->dfr >> 28,
			       lapic_is_x2(lapic) ? lapic->ldr : lapic->ldr >> 24, lapic_ppr(lapic));
}
