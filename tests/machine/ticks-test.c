/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system tick of a board whose host stopped for a while: by every timer and every way to the processor, all of it arrives, each
 * edge when the one before has been acknowledged, and only as much as is owed. */
#include "build.h"
#include "machine/machine-private.h"

#define BOARD "-bios bios.bin -vga none"
#define MS INT64_C(1000000)
#define IOAPIC UINT64_C(0xfec00000)
#define LAPIC UINT64_C(0xfee00000)
#define HPET UINT64_C(0xfed00000)
enum { VECTOR = 0x30, NOTHING = -1, STRAY_MOST = 100000 };

typedef struct Fixture {
	Machine *machine;
} Fixture;

static void set_up(Fixture *f, const char *line)
{
	g_autoptr(GError) error = NULL;
	f->machine = build_machine(line, &error);
	g_assert_no_error(error);
	machine_lock(f->machine);
}

static void tear_down(Fixture *f)
{
	machine_unlock(f->machine);
	machine_free(f->machine);
}

static void out(Fixture *f, uint16_t port, uint8_t value)
{
	port_write(f->machine->ports, port, value, 1);
}

static void put(Fixture *f, uint64_t address, uint64_t value, unsigned size)
{
	memory_io_write(f->machine->memory, address, value, size);
}

/* ---- timers and ways ---- */

/* 250 Hz, the rate of Debian's kernels. */
static void start_pit(Fixture *f)
{
	enum { COUNT = 1193182 / 250 };
	out(f, 0x43, 0x34);
	out(f, 0x40, COUNT & 0xff);
	out(f, 0x40, COUNT >> 8);
}

static void start_hpet(Fixture *f)
{
	enum { PERIOD = 4 * 1000000 / 10 };
	put(f, HPET + 0x100, 0x4c, 8); /* periodic, its value comes next, interrupts */
	put(f, HPET + 0x108, PERIOD, 8);
	put(f, HPET + 0x108, PERIOD, 8);
	put(f, HPET + 0x10, 3, 8); /* counts, in the 8254's place */
}

static void open_pic(Fixture *f)
{
	out(f, 0x20, 0x11);
	out(f, 0x21, VECTOR);
	out(f, 0x21, 0x04);
	out(f, 0x21, 0x01);
	out(f, 0x21, 0xfe);
}

static void open_ioapic(Fixture *f)
{
	put(f, LAPIC + 0xf0, 0x1ff, 4);
	put(f, IOAPIC, 0x14, 4);
	put(f, IOAPIC + 0x10, VECTOR, 4);
}

static void end_of_interrupt(Fixture *f)
{
	out(f, 0x20, 0x20);
	put(f, LAPIC + 0xb0, 0, 4);
}

/* The host stops for so long. */
static void jump(Fixture *f, int64_t ns)
{
	clock_warp(f->machine->clock, ns);
	clock_run(f->machine->clock);
}

static unsigned take_all(Fixture *f)
{
	unsigned count = 0;
	while (f->machine->board_class->acknowledge(f->machine, 0) != NOTHING && count < STRAY_MOST) {
		end_of_interrupt(f);
		count++;
	}
	return count;
}

static const struct Way {
	const char *name;
	void (*start)(Fixture *f);
	void (*open[2])(Fixture *f);
} ways[] = {
	{ "8254-8259", start_pit, { open_pic } },
	{ "8254-apic", start_pit, { open_ioapic } },
	{ "8254-both", start_pit, { open_ioapic, open_pic } },
	{ "hpet-8259", start_hpet, { open_pic } },
	{ "hpet-apic", start_hpet, { open_ioapic } },
};

static void start(Fixture *f, const struct Way *way)
{
	out(f, 0x21, 0xff);
	for (unsigned n = 0; n < G_N_ELEMENTS(way->open) && way->open[n]; n++)
		way->open[n](f);
	way->start(f);
	jump(f, 6 * MS);
	take_all(f);
}

static void assert_ticks(unsigned ticks, unsigned least, unsigned most)
{
	g_assert_cmpuint(ticks, >=, least);
	g_assert_cmpuint(ticks, <=, most);
}

/* ---- cases ---- */

static void stopped_once(const struct Way *way)
{
	Fixture f;
	set_up(&f, BOARD);
	start(&f, way);
	jump(&f, 200 * MS);
	bool both = way->open[1];
	assert_ticks(take_all(&f), 49, both ? 51 : 50); /* where both are open, each has the first edge */
	g_assert_cmpuint(take_all(&f), ==, 0);
	jump(&f, 4 * MS);
	assert_ticks(take_all(&f), 1, both ? 2 : 1);
	tear_down(&f);
}

/* The guest, not the host, let it wait: interrupts were off, ticks came one by one. */
static void taken_late(const struct Way *way)
{
	Fixture f;
	set_up(&f, BOARD);
	start(&f, way);
	for (unsigned n = 0; n < 20; n++)
		jump(&f, 4 * MS);
	assert_ticks(take_all(&f), 19, 21);
	tear_down(&f);
}

static void too_long(const struct Way *way)
{
	Fixture f;
	set_up(&f, BOARD);
	start(&f, way);
	jump(&f, 3600 * 1000 * MS);
	assert_ticks(take_all(&f), 490, 502);
	tear_down(&f);
}

static void test_way(gconstpointer way)
{
	stopped_once(way);
	taken_late(way);
	too_long(way);
}

/* What nobody would take isn't owed. */
static void test_masked(void)
{
	Fixture f;
	set_up(&f, BOARD);
	start(&f, &ways[1]);
	put(&f, IOAPIC + 0x10, 0x10000 | VECTOR, 4);
	for (unsigned n = 0; n < 20; n++)
		jump(&f, 4 * MS);
	g_assert_cmpuint(take_all(&f), ==, 0);
	put(&f, IOAPIC + 0x10, VECTOR, 4);
	jump(&f, 4 * MS);
	g_assert_cmpuint(take_all(&f), ==, 1);
	tear_down(&f);
}

/* A guest that gives its timer another rate begins anew; sound at thousands of interrupts a second isn't made up for. */
static void test_reprogrammed(void)
{
	Fixture f;
	set_up(&f, BOARD);
	start(&f, &ways[0]);
	jump(&f, 200 * MS);
	start_pit(&f);
	g_assert_cmpuint(take_all(&f), ==, 1);
	out(&f, 0x43, 0x34);
	out(&f, 0x40, 100);
	out(&f, 0x40, 0);
	take_all(&f);
	jump(&f, 200 * MS);
	g_assert_cmpuint(take_all(&f), ==, 1);
	tear_down(&f);
}

static void test_discarded(void)
{
	Fixture f;
	for (unsigned n = 0; n < G_N_ELEMENTS(ways); n++) {
		if (ways[n].open[1])
			continue;
		set_up(&f, BOARD " -global isa-pit.lost_tick_policy=discard -global hpet.lost_tick_policy=discard");
		start(&f, &ways[n]);
		jump(&f, 200 * MS);
		g_assert_cmpuint(take_all(&f), ==, 1);
		tear_down(&f);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	build_enter_folder();
	for (unsigned n = 0; n < G_N_ELEMENTS(ways); n++) {
		g_autofree char *path = g_strconcat("/ticks/", ways[n].name, NULL);
		g_test_add_data_func(path, &ways[n], test_way);
	}
	g_test_add_func("/ticks/masked", test_masked);
	g_test_add_func("/ticks/reprogrammed", test_reprogrammed);
	g_test_add_func("/ticks/discarded", test_discarded);
	int status = g_test_run();
	build_leave_folder();
	return status;
}
