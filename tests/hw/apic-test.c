/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local APICs, the I/O APIC, and what goes between them. */
#include "fake-machine.h"
#include "hw/chipset/apic.h"
#include "hw/chipset/i8259.h"

#define APIC 0xfee00000ull
#define IOAPIC 0xfec00000ull
enum { MSR_BASE = 0x800, BASE_FLAGS = 0x900, X2 = 0xc00 };
enum { TSC_HZ = 2000000000 };

typedef struct Fixture {
	Machine *machine;
	ApicBus *bus;
	I8259 *pic;
	IoApic *ioapic;
	unsigned cpus;
} Fixture;

static int pic_acknowledge(void *owner)
{
	return i8259_acknowledge(owner);
}

static Lapic *lapic(Fixture *f, unsigned n)
{
	return apic_bus_lapic(f->bus, n);
}

static void set_up(Fixture *f, gconstpointer cpus)
{
	f->machine = fake_machine_new();
	f->cpus = f->machine->cpu_count = GPOINTER_TO_UINT(cpus);
	f->bus = apic_bus_new(f->machine, TSC_HZ);
	for (unsigned n = 0; n < f->cpus; n++) {
		Lapic *made = (Lapic *)device_new(f->machine, &lapic_class, NULL);
		lapic_connect(made, f->bus, n, n);
		g_assert_true(device_realize((Device *)made, NULL));
		lapic_class.reset((Device *)made);
	}
	f->ioapic = (IoApic *)device_new(f->machine, &ioapic_class, NULL);
	ioapic_connect(f->ioapic, f->bus);
	g_assert_true(device_realize((Device *)f->ioapic, NULL));
	ioapic_class.reset((Device *)f->ioapic);
	f->pic = (I8259 *)fake_device(f->machine, &i8259_class, NULL);
	i8259_set_output(f->pic, apic_bus_lint0(f->bus));
	apic_bus_set_extint(f->bus, pic_acknowledge, f->pic);
}

/* The bus is freed after its devices and before the memory that it has a window in. */
static void tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	for (unsigned n = f->machine->devices->len; n-- > 0;) {
		Device *device = machine_device(f->machine, n);
		device->class->unrealize(device);
		device->realized = false;
	}
	apic_bus_free(f->bus);
	fake_machine_free(f->machine);
}

static void put(Fixture *f, unsigned cpu, unsigned offset, uint32_t value)
{
	f->machine->active_cpu = cpu;
	memory_io_write(f->machine->memory, APIC + offset, value, 4);
}

static uint32_t get(Fixture *f, unsigned cpu, unsigned offset)
{
	f->machine->active_cpu = cpu;
	return (uint32_t)memory_io_read(f->machine->memory, APIC + offset, 4);
}

static void enable_all(Fixture *f)
{
	for (unsigned n = 0; n < f->cpus; n++)
		put(f, n, 0xf0, 0x1ff);
}

static void put_entry(Fixture *f, unsigned pin, uint64_t entry)
{
	for (unsigned half = 0; half < 2; half++) {
		memory_io_write(f->machine->memory, IOAPIC, 0x11 + 2 * pin - half, 4);
		memory_io_write(f->machine->memory, IOAPIC + 0x10, (uint32_t)(half ? entry : entry >> 32), 4);
	}
}

static uint32_t get_entry(Fixture *f, unsigned pin)
{
	memory_io_write(f->machine->memory, IOAPIC, 0x10 + 2 * pin, 4);
	return (uint32_t)memory_io_read(f->machine->memory, IOAPIC + 0x10, 4);
}

static bool interrupted(const Fixture *f, unsigned cpu)
{
	return f->machine->cpu_interrupt[cpu];
}

#define TAKES(cpu, vector) do { \
	g_assert_true(interrupted(f, cpu)); \
	g_assert_cmphex(lapic_acknowledge(lapic(f, cpu)), ==, vector); } while (0)

static void pin(Fixture *f, unsigned n, bool level)
{
	Irq irq = ioapic_input(f->ioapic, n);
	irq_set(&irq, level);
}

static void registers(Fixture *f, gconstpointer data)
{
	(void)data;
	static const RegisterStep script[] = {
		{ READ32, APIC + 0x20, 0, 0, "id" }, { READ32, APIC + 0x30, 0x50014, 0, "version" }, { READ32, APIC + 0xf0, 0xff, 0, "SVR" },
		{ READ32, APIC + 0xe0, 0xffffffff, 0, "DFR" }, { READ32, APIC + 0x320, 0x10000, 0, "LVT timer" },
		{ READ32, APIC + 0x350, 0x700, 0, "LINT0 of the BSP: virtual wire" }, { READ32, APIC + 0x360, 0x10000, 0, NULL },
		{ WRITE32, APIC + 0x360, 0x400, 0, NULL }, { READ32, APIC + 0x360, 0x10400, 0, "masked while APIC is off" },
		{ WRITE32, APIC + 0xf0, 0xffffffff, 0, NULL }, { READ32, APIC + 0xf0, 0x3ff, 0, NULL },
		{ WRITE32, APIC + 0x360, 0xffffffff, 0, NULL }, { READ32, APIC + 0x360, 0x1a7ff, 0, "writable bits" },
		{ WRITE32, APIC + 0x320, 0xffffffff, 0, NULL }, { READ32, APIC + 0x320, 0x700ff, 0, NULL },
		{ WRITE32, APIC + 0x370, 0xffffffff, 0, NULL }, { READ32, APIC + 0x370, 0x100ff, 0, NULL },
		{ WRITE32, APIC + 0x80, 0xffffffff, 0, NULL }, { READ32, APIC + 0x80, 0xff, 0, "TPR" }, { READ32, APIC + 0xa0, 0xff, 0, "PPR" },
		{ WRITE32, APIC + 0xd0, 0xffffffff, 0, NULL }, { READ32, APIC + 0xd0, 0xff000000, 0, "LDR" },
		{ WRITE32, APIC + 0xe0, 0, 0, NULL }, { READ32, APIC + 0xe0, 0x0fffffff, 0, "DFR" },
		{ WRITE32, APIC + 0x3e0, 0xffffffff, 0, NULL }, { READ32, APIC + 0x3e0, 0xb, 0, "divide" },
		{ WRITE32, APIC + 0x20, 0x05000000, 0, NULL }, { READ32, APIC + 0x20, 0, 0, "the id is fixed" },
		{ READ32, APIC + 0x40, 0, 0, "no such register" }, { WRITE32, APIC + 0x280, 0, 0, NULL }, { READ32, APIC + 0x280, 0x80, 0, "ESR" },
		{ WRITE32, APIC + 0x280, 0, 0, NULL }, { READ32, APIC + 0x280, 0, 0, NULL },
		{ ACTIVE_CPU, 1, 0, 0, NULL }, { READ32, APIC + 0x20, 0x01000000, 0, "another processor's" },
		{ READ32, APIC + 0x350, 0x10000, 0, NULL },
		{ READ32, IOAPIC, 0, 0, NULL }, { WRITE32, IOAPIC, 1, 0, NULL }, { READ32, IOAPIC + 0x10, 0x170020, 0, "I/O APIC's version" },
		{ WRITE32, IOAPIC, 0, 0, NULL }, { WRITE32, IOAPIC + 0x10, 0xffffffff, 0, NULL }, { READ32, IOAPIC + 0x10, 0x0f000000, 0, "id" },
		{ WRITE32, IOAPIC, 0x3e, 0, NULL }, { READ32, IOAPIC + 0x10, 0x10000, 0, "pin 23" },
		{ WRITE32, IOAPIC + 0x10, 0xffffffff, 0, NULL }, { READ32, IOAPIC + 0x10, 0x1afff, 0, NULL },
		{ WRITE32, IOAPIC, 0x3f, 0, NULL }, { WRITE32, IOAPIC + 0x10, 0xffffffff, 0, NULL }, { READ32, IOAPIC + 0x10, 0xff000000, 0, NULL },
		{ WRITE32, IOAPIC, 0x40, 0, NULL }, { READ32, IOAPIC + 0x10, 0, 0, "beyond" },
	};
	FAKE_SCRIPT(f->machine, script);
}

static void priorities(Fixture *f, gconstpointer data)
{
	(void)data;
	enable_all(f);
	put(f, 0, 0x300, 0x40031);
	put(f, 0, 0x300, 0x40052);
	put(f, 0, 0x300, 0x40035);
	TAKES(0, 0x52);
	g_assert_cmphex(get(f, 0, 0xa0), ==, 0x50);
	g_assert_false(interrupted(f, 0));
	put(f, 0, 0xb0, 0);
	TAKES(0, 0x35);
	g_assert_false(interrupted(f, 0)); /* 31 is of the same class */
	g_assert_cmphex(get(f, 0, 0x110), ==, 1u << 0x15);
	g_assert_cmphex(get(f, 0, 0x210), ==, 1u << 0x11);
	put(f, 0, 0xb0, 0);
	lapic_set_tpr(lapic(f, 0), 3);
	g_assert_false(interrupted(f, 0));
	g_assert_cmphex(get(f, 0, 0x80), ==, 0x30);
	lapic_set_tpr(lapic(f, 0), 2);
	TAKES(0, 0x31);
	put(f, 0, 0xb0, 0);
	g_assert_cmpint(lapic_acknowledge(lapic(f, 0)), ==, -1);
	/* illegal vectors */
	put(f, 0, 0x370, 0xfe);
	put(f, 0, 0x300, 0x4000f);
	TAKES(0, 0xfe);
	put(f, 0, 0x280, 0);
	g_assert_cmphex(get(f, 0, 0x280), ==, 0x20);
	g_assert_false(apic_deliver_msi(f->bus, 0x1000, 0));
	apic_deliver_msi(f->bus, APIC, 0x0e);
	put(f, 0, 0x280, 0);
	g_assert_cmphex(get(f, 0, 0x280), ==, 0x40);
}

static void interprocessor(Fixture *f, gconstpointer data)
{
	(void)data;
	enable_all(f);
	put(f, 1, 0x310, 2u << 24);
	put(f, 1, 0x300, 0x4040);
	g_assert_true(!interrupted(f, 0) && !interrupted(f, 1));
	TAKES(2, 0x40);
	put(f, 1, 0x310, 0xffu << 24);
	put(f, 1, 0x300, 0x4041);
	TAKES(0, 0x41);
	TAKES(3, 0x41);
	put(f, 1, 0x300, 0xc4052); /* all others */
	g_assert_cmphex(get(f, 1, 0x220), ==, 2);
	TAKES(0, 0x52);
	put(f, 0, 0x310, 1u << 24);
	put(f, 0, 0x300, 0x4400); /* NMI */
	put(f, 0, 0x300, 0xc500); /* INIT */
	put(f, 0, 0x300, 0x8500); /* its de-assertion */
	put(f, 0, 0x300, 0x469a); /* SIPI */
	put(f, 0, 0x300, 0x4200); /* SMI */
	const FakeSignal expected[] = { { 1, CPU_SIGNAL_NMI, 0 }, { 1, CPU_SIGNAL_INIT, 0 }, { 1, CPU_SIGNAL_SIPI, 0x9a }, { 1, CPU_SIGNAL_SMI, 0 } };
	g_assert_cmpuint(f->machine->signal_count, ==, G_N_ELEMENTS(expected));
	for (unsigned n = 0; n < G_N_ELEMENTS(expected); n++) {
		const FakeSignal *is = &f->machine->signals[n];
		g_assert_true(is->cpu == expected[n].cpu && is->signal == expected[n].signal && is->vector == expected[n].vector);
	}
	g_assert_cmphex(get(f, 1, 0xf0), ==, 0xff); /* INIT switched it off */
	fake_forget_signals(f->machine);
	put(f, 0, 0x300, 0xc4500);
	g_assert_cmpuint(f->machine->signal_count, ==, 3);
}

static void logical(Fixture *f, gconstpointer data)
{
	(void)data;
	enable_all(f);
	for (unsigned n = 0; n < 4; n++)
		put(f, n, 0xd0, 1u << (24 + n));
	put(f, 0, 0x310, 0x0au << 24);
	put(f, 0, 0x300, 0x4860);
	g_assert_true(!interrupted(f, 0) && !interrupted(f, 2));
	TAKES(1, 0x60);
	TAKES(3, 0x60);
	/* clusters of two */
	for (unsigned n = 0; n < 4; n++) {
		put(f, n, 0xe0, 0);
		put(f, n, 0xd0, (n / 2 << 4 | 1 << n % 2) << 24);
	}
	put(f, 0, 0x310, 0x12u << 24);
	put(f, 0, 0x300, 0x4871);
	g_assert_cmphex(get(f, 1, 0x230), ==, 0);
	TAKES(3, 0x71);
	put(f, 0, 0x310, 0xf1u << 24);
	put(f, 0, 0x300, 0x4872);
	TAKES(0, 0x72);
	TAKES(2, 0x72);
	g_assert_false(interrupted(f, 1));
	/* lowest priority: among all; 1 and 3 have a vector in service */
	for (unsigned n = 0; n < 4; n++)
		put(f, n, 0x80, n == 2 ? 0x10 : 0x90);
	apic_deliver_msi(f->bus, APIC | 0xff000 | 4, 0x01a0);
	TAKES(2, 0xa0);
}

static void io_apic(Fixture *f, gconstpointer data)
{
	(void)data;
	enable_all(f);
	pin(f, 4, true); /* masked: lost */
	put_entry(f, 4, (uint64_t)1 << 56 | 0x34);
	g_assert_false(interrupted(f, 1));
	pin(f, 4, false);
	pin(f, 4, true);
	TAKES(1, 0x34);
	put(f, 1, 0xb0, 0);
	pin(f, 4, true); /* no edge */
	g_assert_false(interrupted(f, 1));
	/* level */
	put_entry(f, 11, 0x8000 | 0x45);
	pin(f, 11, true);
	TAKES(0, 0x45);
	g_assert_cmphex(get_entry(f, 11), ==, 0xc045);
	g_assert_cmphex(get(f, 0, 0x1a0), ==, 1u << 5);
	pin(f, 11, false);
	pin(f, 11, true);
	g_assert_false(interrupted(f, 0));
	put(f, 0, 0xb0, 0);
	TAKES(0, 0x45); /* still up */
	pin(f, 11, false);
	put(f, 0, 0xb0, 0);
	g_assert_false(interrupted(f, 0));
	g_assert_cmphex(get_entry(f, 11), ==, 0x8045);
	/* its own EOI register */
	pin(f, 11, true);
	pin(f, 11, false);
	memory_io_write(f->machine->memory, IOAPIC + 0x40, 0x45, 4);
	g_assert_cmphex(get_entry(f, 11), ==, 0x8045);
	/* to edge and back */
	pin(f, 11, true);
	g_assert_cmphex(get_entry(f, 11), ==, 0xc045);
	put_entry(f, 11, 0x10045);
	put_entry(f, 11, 0x18045);
	g_assert_cmphex(get_entry(f, 11), ==, 0x18045);
	/* NMI, to everybody */
	put_entry(f, 1, (uint64_t)0xff << 56 | 0x400);
	pin(f, 1, true);
	g_assert_cmpuint(f->machine->signal_count, ==, 4);
}

static void virtual_wire(Fixture *f, gconstpointer data)
{
	(void)data;
	static const RegisterStep initialise[] = {
		{ OUT8, 0x20, 0x11, 0, NULL }, { OUT8, 0x21, 0x08, 0, NULL }, { OUT8, 0x21, 0x04, 0, NULL }, { OUT8, 0x21, 0x01, 0, NULL },
		{ OUT8, 0xa0, 0x11, 0, NULL }, { OUT8, 0xa1, 0x70, 0, NULL }, { OUT8, 0xa1, 0x02, 0, NULL }, { OUT8, 0xa1, 0x01, 0, NULL },
	};
	FAKE_SCRIPT(f->machine, initialise);
	Irq timer = i8259_input(f->pic, 0);
	irq_pulse(&timer);
	g_assert_false(interrupted(f, 1));
	TAKES(0, 0x08); /* as reset leaves it */
	port_write(f->machine->ports, 0x20, 0x20, 1);
	enable_all(f);
	put(f, 0, 0x350, 0x10700);
	irq_pulse(&timer);
	g_assert_false(interrupted(f, 0));
	put(f, 0, 0x350, 0x700);
	put(f, 0, 0x300, 0x40080);
	TAKES(0, 0x80); /* its own first */
	TAKES(0, 0x08);
	g_assert_false(interrupted(f, 0));
	port_write(f->machine->ports, 0x20, 0x20, 1);
	lapic_set_base(lapic(f, 1), APIC); /* off: INTR goes to the processor */
	put(f, 0, 0x350, 0x10700);
	irq_pulse(&timer);
	TAKES(1, 0x08);
	g_assert_cmphex(get(f, 1, 0x30), ==, UINT32_MAX);
	/* through the I/O APIC */
	port_write(f->machine->ports, 0x20, 0x20, 1);
	put_entry(f, 0, 0x700);
	pin(f, 0, true);
	irq_pulse(&timer);
	TAKES(0, 0x08);
	/* NMI */
	Irq nmi = apic_bus_lint1(f->bus);
	irq_pulse(&nmi);
	g_assert_cmpuint(f->machine->signal_count, ==, 1); /* to the one without APIC */
	put(f, 0, 0x360, 0x400);
	irq_pulse(&nmi);
	g_assert_cmpuint(f->machine->signal_count, ==, 3);
}

/* Counts that are over before the timer is set up: the clock goes on while it is. */
static void short_counts(Fixture *f, gconstpointer data)
{
	(void)data;
	enum { TIMES = 1000 };
	enable_all(f);
	put(f, 0, 0x3e0, 0xb);	/* by 1 */
	put(f, 0, 0x320, 0x40); /* one-shot */
	clock_resume(f->machine->clock);
	unsigned taken = 0;
	for (unsigned n = 0; n < TIMES; n++) {
		put(f, 0, 0x380, 1);
		clock_run(f->machine->clock);
		taken += interrupted(f, 0) && lapic_acknowledge(lapic(f, 0)) == 0x40;
		put(f, 0, 0xb0, 0);
	}
	clock_pause(f->machine->clock);
	g_assert_cmpuint(taken, ==, TIMES);
}

static void timer(Fixture *f, gconstpointer data)
{
	(void)data;
	enable_all(f);
	put(f, 0, 0x3e0, 0x3); /* by 16 */
	put(f, 0, 0x380, 1000);
	g_assert_true(clock_next_deadline(f->machine->clock) == TIMER_OFF); /* masked: nothing to do */
	fake_run(f->machine, 1600);
	g_assert_cmpuint(get(f, 0, 0x390), ==, 900);
	put(f, 0, 0x320, 0x40); /* one-shot */
	fake_run(f->machine, 14399);
	g_assert_false(interrupted(f, 0));
	fake_run(f->machine, 1);
	TAKES(0, 0x40);
	put(f, 0, 0xb0, 0);
	g_assert_cmpuint(get(f, 0, 0x390), ==, 0);
	g_assert_cmpuint(get(f, 0, 0x380), ==, 1000);
	g_assert_true(clock_next_deadline(f->machine->clock) == TIMER_OFF);
	put(f, 0, 0x320, 0x20041); /* periodic; it begins with the count */
	fake_run(f->machine, 100000);
	g_assert_false(interrupted(f, 0));
	put(f, 0, 0x3e0, 0xb); /* by 1 */
	put(f, 0, 0x380, 1000000);
	for (unsigned n = 0; n < 10; n++) {
		fake_run(f->machine, 1000000);
		TAKES(0, 0x41);
		put(f, 0, 0xb0, 0);
	}
	fake_run(f->machine, 250000);
	g_assert_cmpuint(get(f, 0, 0x390), ==, 750000);
	put(f, 0, 0x3e0, 0x0); /* by 2: the count stays, the pace halves */
	g_assert_cmpuint(get(f, 0, 0x390), ==, 750000);
	fake_run(f->machine, 1500000);
	TAKES(0, 0x41);
	put(f, 0, 0xb0, 0);
	put(f, 0, 0x380, 1); /* as fast as can be */
	fake_run(f->machine, 10000000);
	put(f, 0, 0x380, 0);
	g_assert_true(clock_next_deadline(f->machine->clock) == TIMER_OFF);
	TAKES(0, 0x41);
	put(f, 0, 0xb0, 0);
	/* deadline */
	uint64_t now = clock_ns_to_ticks(clock_now(f->machine->clock), TSC_HZ);
	lapic_set_tsc_deadline(lapic(f, 0), now + 100); /* not in that mode */
	g_assert_cmpuint(lapic_tsc_deadline(lapic(f, 0)), ==, 0);
	put(f, 0, 0x320, 0x40042);
	lapic_set_tsc_deadline(lapic(f, 0), now + 2000);
	g_assert_cmpuint(lapic_tsc_deadline(lapic(f, 0)), ==, now + 2000);
	fake_run(f->machine, 999);
	g_assert_false(interrupted(f, 0));
	fake_run(f->machine, 1);
	TAKES(0, 0x42);
	put(f, 0, 0xb0, 0);
	g_assert_cmpuint(lapic_tsc_deadline(lapic(f, 0)), ==, 0);
	lapic_set_tsc_deadline(lapic(f, 0), 1); /* long ago: at once */
	fake_run(f->machine, 0);
	TAKES(0, 0x42);
	lapic_set_tsc_deadline(lapic(f, 0), UINT64_MAX); /* never */
	g_assert_true(clock_next_deadline(f->machine->clock) == TIMER_OFF);
}

static void x2apic(Fixture *f, gconstpointer data)
{
	(void)data;
	uint64_t value;
	g_assert_false(lapic_msr_read(lapic(f, 0), MSR_BASE + 2, &value));
	for (unsigned n = 0; n < f->cpus; n++) {
		lapic_set_base(lapic(f, n), APIC | X2 | (n == 0 ? 0x100 : 0));
		g_assert_true(lapic_msr_write(lapic(f, n), MSR_BASE + 0xf, 0x1ff));
	}
	g_assert_cmphex(get(f, 0, 0x30), ==, UINT32_MAX); /* not in memory any more */
	g_assert_true(lapic_msr_read(lapic(f, 290), MSR_BASE + 2, &value) && value == 290);
	g_assert_true(lapic_msr_read(lapic(f, 290), MSR_BASE + 0xd, &value) && value == (18u << 16 | 4));
	const struct { unsigned msr; uint64_t value; } refused[] = {
		{ 0x2, 0 }, { 0x3, 0 }, { 0x8, 0x100 }, { 0xa, 0 }, { 0xb, 1 }, { 0xd, 0 }, { 0xe, 0 }, { 0xf, 0x1000 }, { 0x10, 0 }, { 0x28, 1 },
		{ 0x2f, 0 }, { 0x30, 0x100000 }, { 0x31, 0 }, { 0x32, 0x80000 }, { 0x39, 0 }, { 0x3e, 4 }, { 0x3f, 0x100 }, { 0x40, 0 }, { 0xff, 0 },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(refused); n++)
		g_assert_false(lapic_msr_write(lapic(f, 0), MSR_BASE + refused[n].msr, refused[n].value));
	g_assert_false(lapic_msr_read(lapic(f, 0), MSR_BASE + 0xb, &value));
	g_assert_false(lapic_msr_read(lapic(f, 0), MSR_BASE + 0x3f, &value));
	g_assert_true(lapic_msr_write(lapic(f, 0), MSR_BASE + 0x3f, 0x55));
	TAKES(0, 0x55);
	g_assert_true(lapic_msr_write(lapic(f, 0), MSR_BASE + 0xb, 0));
	g_assert_true(lapic_msr_write(lapic(f, 0), MSR_BASE + 0x30, (uint64_t)290 << 32 | 0x66));
	TAKES(290, 0x66);
	g_assert_true(lapic_msr_read(lapic(f, 0), MSR_BASE + 0x30, &value) && value == ((uint64_t)290 << 32 | 0x66));
	g_assert_true(lapic_msr_write(lapic(f, 0), MSR_BASE + 0x30, (uint64_t)255 << 32 | 0x67)); /* an id like others */
	TAKES(255, 0x67);
	g_assert_false(interrupted(f, 0));
	g_assert_true(lapic_msr_write(lapic(f, 0), MSR_BASE + 0x30, (uint64_t)0x120018 << 32 | 0x868)); /* logical: 291, 292 */
	TAKES(291, 0x68);
	TAKES(292, 0x68);
	g_assert_false(interrupted(f, 293));
	g_assert_true(lapic_msr_write(lapic(f, 0), MSR_BASE + 0x30, (uint64_t)UINT32_MAX << 32 | 0x79));
	TAKES(0, 0x79);
	TAKES(299, 0x79);
	lapic_set_base(lapic(f, 299), APIC);
	lapic_set_base(lapic(f, 299), APIC | 0x800);
	g_assert_cmphex(get(f, 299, 0xf0), ==, 0xff);
}

static void moved(Fixture *f, gconstpointer data)
{
	(void)data;
	f->machine->active_cpu = 0;
	lapic_set_base(lapic(f, 0), 0x200000 | BASE_FLAGS);
	g_assert_cmphex(memory_io_read(f->machine->memory, 0x200030, 4), ==, 0x50014);
	g_assert_cmphex(get(f, 0, 0x30), ==, UINT32_MAX);
	g_assert_cmphex(get(f, 1, 0x30), ==, 0x50014);
	lapic_set_base(lapic(f, 0), 0x300000 | BASE_FLAGS);
	f->machine->active_cpu = 0;
	g_assert_cmphex(memory_io_read(f->machine->memory, 0x300030, 4), ==, 0x50014);
	lapic_set_base(lapic(f, 0), APIC | BASE_FLAGS);
	g_assert_cmphex(get(f, 0, 0x30), ==, 0x50014);
}

static void fuzz_msrs(Fixture *f, GRand *dice)
{
	uint64_t value;
	for (unsigned n = 0; n < 1000; n++) {
		Lapic *any = lapic(f, (unsigned)g_rand_int_range(dice, 0, (gint32)f->cpus));
		lapic_msr_write(any, MSR_BASE + (g_rand_int(dice) & 0x7f), g_rand_int(dice) & g_rand_int(dice) & g_rand_int(dice));
		lapic_msr_read(any, MSR_BASE + (g_rand_int(dice) & 0xff), &value);
		apic_deliver_msi(f->bus, APIC | (g_rand_int(dice) & 0xfffff), g_rand_int(dice));
		lapic_acknowledge(any);
	}
}

static void fuzz(Fixture *f, gconstpointer data)
{
	(void)data;
	static const FuzzRange ranges[] = { { true, APIC, 0x400 }, { true, IOAPIC, 0x50 }, { true, APIC, 0x100000 } };
	GRand *dice = g_rand_new_with_seed(1);
	for (uint32_t seed = 0; seed < 40; seed++) {
		unsigned cpu = seed % f->cpus;
		f->machine->active_cpu = cpu;
		put(f, cpu, 0xf0, 0x1ff);
		fake_fuzz(f->machine, seed, 1000, ranges, G_N_ELEMENTS(ranges));
		for (unsigned n = 0; n < IOAPIC_PINS; n++)
			pin(f, n, g_rand_boolean(dice));
		lapic_set_base(lapic(f, cpu), APIC | 0x800 | (g_rand_boolean(dice) ? 0x400 : 0));
		fuzz_msrs(f, dice);
		lapic_set_base(lapic(f, cpu), APIC);
		lapic_set_base(lapic(f, cpu), APIC | 0x800);
		g_autoptr(GString) text = g_string_new(NULL);
		lapic_print(lapic(f, cpu), text);
		ioapic_print(f->ioapic, text);
	}
	g_rand_free(dice);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(function, cpus) g_test_add("/apic/" #function, Fixture, GUINT_TO_POINTER(cpus), set_up, function, tear_down)
	TEST(registers, 2);
	TEST(priorities, 1);
	TEST(interprocessor, 4);
	TEST(logical, 4);
	TEST(io_apic, 4);
	TEST(virtual_wire, 2);
	TEST(timer, 1);
	TEST(short_counts, 1);
	TEST(x2apic, 300);
	TEST(moved, 2);
	TEST(fuzz, 4);
	return g_test_run();
}
