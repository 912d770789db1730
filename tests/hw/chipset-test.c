/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chipset of the pc: host bridge, ISA bridge and power management on one bus, as the board puts them together. What firmware
 * does to them (SeaBIOS's writes) is among the scripts. */
#include <string.h>

#include "fake-machine.h"
#include "hw/chipset/i440fx.h"
#include "hw/chipset/piix3.h"
#include "hw/chipset/piix4_pm.h"

enum { RAM_BYTES = 8 << 20, BIOS_BYTES = 256 << 10 };

typedef struct Board {
	Machine *machine;
	Device *host, *isa, *pm;
} Board;

static void nothing_changed(void *owner)
{
	(void)owner;
}

/* Every byte of the BIOS says where it is, in steps of 256. */
static RamBlock *make_bios(Machine *machine)
{
	RamBlock *bios = memory_new_ram(machine->memory, "bios", BIOS_BYTES, NULL);
	for (unsigned n = 0; n < BIOS_BYTES; n++)
		bios->host[n] = (uint8_t)(n >> 8 ^ 0xa5);
	return bios;
}

/* Device *, then pairs of names and values for the power management. */
static Board board_new(const char *property, const char *value)
{
	Machine *machine = fake_machine_new();
	Board board = { .machine = machine };
	/* The bridge maps the RAM, so the fake machine's must not lie there already. */
	memory_free(machine->memory);
	machine->memory = memory_new(nothing_changed, NULL);
	machine->ram = memory_new_ram(machine->memory, "ram", RAM_BYTES, NULL);
	board.host = device_new(machine, &i440fx_class, NULL);
	board.isa = device_new(machine, &piix3_class, NULL);
	board.pm = device_new(machine, &piix4_pm_class, NULL);
	machine->pci = pci_bus_new(machine, "pci.0", piix3_set_pci_irq, board.isa);
	i440fx_connect(board.host, &(I440fxMemory){ machine->ram, i440fx_low_bytes(RAM_BYTES, 0), make_bios(machine) });
	piix4_pm_set_sci(board.pm, piix3_shared_irq(board.isa, PIIX4_PM_SCI_IRQ));
	piix4_pm_set_cpus(board.pm, (const uint32_t[]){ 0, 1, 8, 9, 16 }, 4, 5);
	if (property)
		g_assert_true(device_set_property(board.pm, property, value, NULL));
	Device *const devices[] = { board.host, board.isa, board.pm };
	for (unsigned n = 0; n < G_N_ELEMENTS(devices); n++) {
		GError *error = NULL;
		device_realize(devices[n], &error);
		g_assert_no_error(error);
		devices[n]->class->reset(devices[n]);
	}
	return board;
}

static void board_free(Board *board)
{
	/* As a board does: functions leave before their bus. */
	for (unsigned n = 3; n-- > 0;) {
		Device *device = g_ptr_array_index(board->machine->devices, n);
		device->class->unrealize(device);
		device->realized = false;
	}
	pci_bus_free(board->machine->pci);
	fake_machine_free(board->machine);
}

#define CONFIG(devfn, reg) { OUT32, 0xcf8, 0x80000000u | (devfn) << 8 | ((reg) & 0xfc), 0, NULL }
#define GET32(devfn, reg, value) CONFIG(devfn, reg), { IN32, 0xcfc, value, 0, #devfn " " #reg }
#define GET8(devfn, reg, value) CONFIG(devfn, reg), { IN8, 0xcfc + ((reg) & 3), value, 0, #devfn " " #reg }
#define SET8(devfn, reg, value) CONFIG(devfn, reg), { OUT8, 0xcfc + ((reg) & 3), value, 0, NULL }
#define SET32(devfn, reg, value) CONFIG(devfn, reg), { OUT32, 0xcfc, value, 0, NULL }
enum { HOST = 0x00, ISA = 0x08, PM = 0x0b };

/* Identity and what firmware looks at have the values that QEMU's pc has; host-bridge timings are the datasheet's reset values. */
static const RegisterStep after_reset[] = {
	GET32(HOST, 0x00, 0x12378086), GET32(HOST, 0x04, 0x02800006), GET32(HOST, 0x08, 0x06000002), GET32(HOST, 0x2c, 0x11001af4),
	GET32(HOST, 0x58, 0x00000010), GET32(HOST, 0x60, 0x01010101), GET32(HOST, 0x70, 0x00021020),
	GET32(ISA, 0x00, 0x70008086), GET32(ISA, 0x04, 0x02000007), GET32(ISA, 0x08, 0x06010000), GET32(ISA, 0x0c, 0x00800000),
	GET32(ISA, 0x2c, 0x11001af4), GET32(ISA, 0x4c, 0x0003004d), GET32(ISA, 0x60, 0x80808080), GET32(ISA, 0x68, 0x00000200),
	GET32(ISA, 0x70, 0x00000080), GET32(ISA, 0x74, 0x0c0c0000), GET32(ISA, 0x78, 0x00000002), GET32(ISA, 0xa0, 0x00000008),
	GET32(ISA, 0xa8, 0x0000000f),
	GET32(PM, 0x00, 0x71138086), GET32(PM, 0x04, 0x02800000), GET32(PM, 0x08, 0x06800003), GET32(PM, 0x2c, 0x11001af4),
	GET32(PM, 0x3c, 0x00000100), GET32(PM, 0x40, 0x00000001), GET32(PM, 0x80, 0), GET32(PM, 0x90, 0x0000b101), GET32(PM, 0xd0, 0x00090000),
	CONFIG(0x09, 0), { IN32, 0xcfc, 0xffffffff, 0, "no IDE on this board" },
	/* registers without writable bits */
	SET32(HOST, 0, 0), GET32(HOST, 0, 0x12378086), SET32(HOST, 4, 0xffffffff), GET32(HOST, 4, 0x02800146),
	SET32(PM, 0x40, 0xffffffff), GET32(PM, 0x40, 0x0000ffc1), SET32(PM, 0x90, 0xffffffff), GET32(PM, 0x90, 0x0000fff1),
};

static void test_reset_values(void)
{
	Board board = board_new(NULL, NULL);
	FAKE_SCRIPT(board.machine, after_reset);
	board_free(&board);
}

/* ---- memory ---- */

#define BIOS_BYTE(address) (uint8_t)(((address) - (0x100000 - BIOS_BYTES)) >> 8 ^ 0xa5)

static const RegisterStep shadow[] = {
	{ READ8, 0xfffffff0, BIOS_BYTE(0xffff0), 0, "reset vector" }, { READ8, 0xfffc0000, BIOS_BYTE(0xc0000), 0, NULL },
	{ READ8, 0xffff0, BIOS_BYTE(0xffff0), 0, NULL }, { READ8, 0xe0000, BIOS_BYTE(0xe0000), 0, NULL }, { READ8, 0xdffff, 0xff, 0, "bus" },
	{ WRITE8, 0xffff0, 0, 0, NULL }, { READ8, 0xffff0, BIOS_BYTE(0xffff0), 0, "ROM" },
	{ WRITE32, 0x9fffc, 0x1234, 0, NULL }, { READ32, 0x9fffc, 0x1234, 0, NULL }, { READ8, 0xa0000, 0xff, 0, "nothing in the window" },
	{ WRITE32, 0x7ffffc, 0x5678, 0, NULL }, { READ32, 0x7ffffc, 0x5678, 0, NULL }, { READ32, 0x800000, 0xffffffff, 0, "end of RAM" },
	/* F0000: write RAM, read ROM */
	SET8(HOST, 0x59, 0xff), GET8(HOST, 0x59, 0x30), SET8(HOST, 0x59, 0x20),
	{ WRITE32, 0xf0000, 0xcafe1234, 0, NULL }, { READ8, 0xf0000, BIOS_BYTE(0xf0000), 0, "reads go on to the ROM" },
	{ READ32, 0xffffc, BIOS_BYTE(0xffffc) * 0x01010101u, 0, NULL }, { READ8, 0xe0000, BIOS_BYTE(0xe0000), 0, NULL },
	/* read RAM, write nowhere */
	SET8(HOST, 0x59, 0x10), { READ32, 0xf0000, 0xcafe1234, 0, NULL }, { WRITE32, 0xf0000, 0, 0, NULL }, { READ32, 0xf0000, 0xcafe1234, 0, NULL },
	SET8(HOST, 0x59, 0x30), { WRITE32, 0xf0000, 0x77, 0, NULL }, { READ32, 0xf0000, 0x77, 0, NULL },
	SET8(HOST, 0x59, 0x00), { READ8, 0xf0000, BIOS_BYTE(0xf0000), 0, NULL },
	/* the other registers: two segments of 16 KiB each */
	SET8(HOST, 0x5a, 0x03), { WRITE8, 0xc3fff, 1, 0, NULL }, { READ8, 0xc3fff, 1, 0, NULL }, { WRITE8, 0xc4000, 1, 0, NULL },
	{ READ8, 0xc4000, 0xff, 0, NULL }, SET8(HOST, 0x5a, 0x30), { WRITE8, 0xc4000, 2, 0, NULL }, { READ8, 0xc4000, 2, 0, NULL },
	{ READ8, 0xc3fff, 0xff, 0, NULL }, SET8(HOST, 0x5a, 0x22), { WRITE8, 0xc0000, 9, 0, NULL }, { READ8, 0xc0000, 0xff, 0, "no ROM there" },
	SET8(HOST, 0x5a, 0x11), { READ8, 0xc0000, 9, 0, NULL },
	SET8(HOST, 0x5f, 0x30), { WRITE8, 0xec000, 3, 0, NULL }, { READ8, 0xec000, 3, 0, NULL }, { READ8, 0xeffff, 0, 0, NULL },
	{ READ8, 0xe8000, BIOS_BYTE(0xe8000), 0, NULL }, { READ8, 0xf0000, BIOS_BYTE(0xf0000), 0, NULL },
	SET8(HOST, 0x5d, 0x03), { WRITE8, 0xd8000, 4, 0, NULL }, { READ8, 0xd8000, 4, 0, NULL }, { READ8, 0xdc000, 0xff, 0, NULL },
	/* all at once, as firmware may by a dword */
	SET32(HOST, 0x5c, 0x33333333), { WRITE8, 0xe4000, 5, 0, NULL }, { READ8, 0xe4000, 5, 0, NULL }, { READ8, 0xd8000, 4, 0, NULL },
};

static void test_shadow(void)
{
	Board board = board_new(NULL, NULL);
	FAKE_SCRIPT(board.machine, shadow);
	/* The end of S3 leaves all as it is; another reset gives the ROM back and leaves the RAM. */
	i440fx_prepare_wake(board.host);
	board.host->class->reset(board.host);
	g_assert_cmphex(memory_io_read(board.machine->memory, 0xe4000, 1), ==, 5);
	board.host->class->reset(board.host);
	g_assert_cmphex(memory_io_read(board.machine->memory, 0xe4000, 1), ==, BIOS_BYTE(0xe4000));
	g_assert_cmphex(board.machine->ram->host[0xe4000], ==, 5);
	board_free(&board);
}

static const RegisterStep smram_open[] = {
	GET8(HOST, 0x72, 0x02), SET8(HOST, 0x72, 0x42), { WRITE8, 0xa0000, 1, 0, NULL }, { READ8, 0xa0000, 0xff, 0, "opened, but not enabled" },
	SET8(HOST, 0x72, 0x4a), { WRITE8, 0xa0000, 1, 0, NULL }, { WRITE8, 0xbffff, 2, 0, NULL }, { READ8, 0xa0000, 1, 0, NULL },
	SET8(HOST, 0x72, 0x0a), { READ8, 0xa0000, 0xff, 0, "closed" },
};
static const RegisterStep smram_inside[] = { { READ8, 0xa0000, 1, 0, NULL }, { READ8, 0xbffff, 2, 0, NULL }, { READ8, 0xc0000, 0xff, 0, NULL } };
static const RegisterStep smram_outside[] = { { READ8, 0xa0000, 0xff, 0, NULL }, { READ8, 0xbffff, 0xff, 0, NULL } };
static const RegisterStep smram_locked[] = {
	SET8(HOST, 0x72, 0x5a), GET8(HOST, 0x72, 0x1a), { READ8, 0xa0000, 0xff, 0, "locking closes" },
	SET8(HOST, 0x72, 0x4a), GET8(HOST, 0x72, 0x1a), { READ8, 0xa0000, 0xff, 0, "locked" }, SET8(HOST, 0x72, 0xff), GET8(HOST, 0x72, 0x3a),
};

static void test_smram(void)
{
	Board board = board_new(NULL, NULL);
	FAKE_SCRIPT(board.machine, smram_open);
	i440fx_set_smm(board.host, 3, true);
	i440fx_set_smm(board.host, 0, true);
	FAKE_SCRIPT(board.machine, smram_inside);
	i440fx_set_smm(board.host, 3, false);
	FAKE_SCRIPT(board.machine, smram_inside);
	i440fx_set_smm(board.host, 0, false);
	i440fx_set_smm(board.host, 9999999, true);
	FAKE_SCRIPT(board.machine, smram_outside);
	FAKE_SCRIPT(board.machine, smram_locked);
	i440fx_set_smm(board.host, 1, true);
	FAKE_SCRIPT(board.machine, smram_inside);
	board.host->class->reset(board.host);
	FAKE_SCRIPT(board.machine, smram_outside);
	static const RegisterStep again[] = { GET8(HOST, 0x72, 0x02), SET8(HOST, 0x72, 0x4a), GET8(HOST, 0x72, 0x4a), { READ8, 0xa0000, 1, 0, NULL } };
	FAKE_SCRIPT(board.machine, again);
	board_free(&board);
}

static void test_split(void)
{
	const uint64_t mib = 1 << 20;
	g_assert_cmpuint(i440fx_low_bytes(128 * mib, 0), ==, 128 * mib);
	g_assert_cmpuint(i440fx_low_bytes(3583 * mib, 0), ==, 3583 * mib);
	g_assert_cmpuint(i440fx_low_bytes(3584 * mib, 0), ==, 3072 * mib);
	g_assert_cmpuint(i440fx_low_bytes(65536 * mib, 0), ==, 3072 * mib);
	g_assert_cmpuint(i440fx_low_bytes(65536 * mib, 4096 * mib), ==, 3072 * mib);
	g_assert_cmpuint(i440fx_low_bytes(4096 * mib, 2048 * mib), ==, 2048 * mib);
	g_assert_cmpuint(i440fx_low_bytes(2048 * mib, 2048 * mib), ==, 2048 * mib);
	g_assert_cmpuint(i440fx_low_bytes(2047 * mib, 2048 * mib), ==, 2047 * mib);
	g_assert_cmpuint(i440fx_low_bytes(64 * mib, 16 * mib + 5), ==, 16 * mib);
}

/* ---- interrupts and reset ---- */

static const RegisterStep routed[] = {
	{ IRQ_LEVEL, 10, 0, 0, NULL }, { IRQ_LEVEL, 11, 0, 0, NULL },
	SET32(ISA, 0x60, 0x0b0b0a0a), /* as SeaBIOS does */
	{ IRQ_LEVEL, 10, 1, 0, "PIRQA" }, { IRQ_LEVEL, 11, 0, 0, NULL },
	SET8(ISA, 0x60, 0x8a), { IRQ_LEVEL, 10, 0, 0, "disabled" }, SET8(ISA, 0x60, 0x08), { IRQ_LEVEL, 8, 0, 0, "reserved" },
	SET8(ISA, 0x60, 0x0d), { IRQ_LEVEL, 13, 0, 0, "reserved" }, SET8(ISA, 0x60, 0x0f), { IRQ_LEVEL, 15, 1, 0, NULL },
	SET8(ISA, 0x60, 0xff), GET8(ISA, 0x60, 0x8f), { IRQ_LEVEL, 15, 0, 0, NULL }, SET8(ISA, 0x60, 0x0b), { IRQ_LEVEL, 11, 1, 0, NULL },
};
static const RegisterStep both[] = { { IRQ_LEVEL, 11, 1, 0, NULL }, { IRQ_RISES, 11, 1, 0, "joined, one edge" } };
static const RegisterStep one_left[] = { { IRQ_LEVEL, 11, 1, 0, NULL } };
static const RegisterStep none_left[] = { { IRQ_LEVEL, 11, 0, 0, NULL } };

static void test_routing(void)
{
	Board board = board_new(NULL, NULL);
	piix3_set_pci_irq(board.isa, 1, true); /* INTA of slot 1: PIRQA */
	FAKE_SCRIPT(board.machine, routed);
	piix3_set_pci_irq(board.isa, 3, true);
	FAKE_SCRIPT(board.machine, both);
	g_assert_cmpint(piix3_route(board.isa, 1), ==, 11);
	g_assert_cmpint(piix3_route(board.isa, 3), ==, 11);
	g_assert_cmpint(piix3_route(board.isa, 2), ==, 10);
	piix3_set_pci_irq(board.isa, 1, false);
	FAKE_SCRIPT(board.machine, one_left);
	piix3_set_pci_irq(board.isa, 3, false);
	FAKE_SCRIPT(board.machine, none_left);
	board_free(&board);
}

/* A PCI line routed to SCI's interrupt: neither takes the other's level away. */
static void test_shared_sci(void)
{
	static const RegisterStep share[] = { SET8(ISA, 0x61, 9), { IRQ_LEVEL, 9, 1, 0, NULL }, { OUT8, 0xb2, 0xf1, 0, NULL }, { OUT16, 0xafe2, 1, 0, NULL } };
	static const RegisterStep line_goes[] = { { IRQ_LEVEL, 9, 1, 0, "SCI is there" }, { OUT8, 0xafe0, 1, 0, NULL }, { IRQ_LEVEL, 9, 0, 0, NULL } };
	Board board = board_new(NULL, NULL);
	piix3_set_pci_irq(board.isa, 2, true);
	FAKE_SCRIPT(board.machine, share);
	piix4_pm_raise_gpe(board.pm, 0);
	piix3_set_pci_irq(board.isa, 2, false);
	FAKE_SCRIPT(board.machine, line_goes);
	board_free(&board);
}

static void test_reset_control(void)
{
	static const RegisterStep hard[] = {
		{ IN8, 0xcf9, 0, 0, NULL }, { OUT8, 0xcf9, 0x02, 0, NULL }, { IN8, 0xcf9, 0x02, 0, NULL }, { REQUESTED, REQUEST_RESET, 0, 0, NULL },
		{ OUT8, 0xcf9, 0x06, 0, NULL }, { REQUESTED, REQUEST_RESET, 1, 0, NULL }, { OUT8, 0xcf9, 0x0e, 0, NULL },
		{ REQUESTED, REQUEST_RESET, 1, 0, "no second edge" }, { OUT8, 0xcf9, 0x00, 0, NULL },
		{ OUT32, 0xcf8, 0x80000608, 0, NULL }, { REQUESTED, REQUEST_RESET, 1, 0, "the address register is another" },
		SET8(HOST, 0x93, 0x06), { REQUESTED, REQUEST_RESET, 2, 0, "the host bridge's own" },
	};
	static const RegisterStep soft[] = { { OUT8, 0xcf9, 0x04, 0, NULL } };
	Board board = board_new(NULL, NULL);
	board.machine->cpu_count = 2;
	FAKE_SCRIPT(board.machine, hard);
	g_assert_cmpuint(board.machine->signal_count, ==, 0);
	FAKE_SCRIPT(board.machine, soft);
	g_assert_cmpuint(board.machine->signal_count, ==, 2);
	g_assert_cmpuint(board.machine->signals[1].cpu, ==, 1);
	g_assert_cmpuint(board.machine->signals[1].signal, ==, CPU_SIGNAL_INIT);
	board_free(&board);
}

/* ---- power management ---- */

#define PM_ON SET32(PM, 0x40, 0x601), SET8(PM, 0x80, 1)

static const RegisterStep pm_block[] = {
	{ IN32, 0x608, 0xffffffff, 0, "not mapped" }, PM_ON,
	{ RUN_NS, 1000000000, 0, 0, NULL }, { IN32, 0x608, 3579545, 0, "one second" }, { IN8, 0x60a, 3579545 >> 16, 0, NULL },
	{ RUN_NS, 1000000000, 0, 0, NULL }, { IN32, 0x608, 7159090, 0, NULL }, { IN16, 0x600, 0, 0, NULL },
	{ RUN_NS, 1000000000, 0, 0, NULL }, { IN32, 0x608, 10738635, 0, NULL }, { IN16, 0x600, 1, 0, "bit 23 toggled" },
	{ IRQ_LEVEL, 9, 0, 0, NULL }, { OUT16, 0x602, 0xffff, 0, NULL }, { IN16, 0x602, 0x0521, 0, NULL }, { IRQ_LEVEL, 9, 0, 0, "SCI is off" },
	{ OUT16, 0x604, 1, 0, NULL }, { IRQ_LEVEL, 9, 1, 0, "SCI" }, { OUT16, 0x600, 0x8531, 0, NULL }, { IRQ_LEVEL, 9, 0, 0, "cleared" },
	{ RUN_NS, 1000000000, 0, 0, NULL }, { IRQ_LEVEL, 9, 0, 0, NULL }, { RUN_NS, 1000000000, 0, 0, NULL }, { IRQ_LEVEL, 9, 1, 0, "by itself" },
	{ IN32, 0x608, 17897725 - 0x1000000, 0, "24 bits" }, { OUT8, 0x600, 1, 0, NULL }, { IRQ_RISES, 9, 2, 0, NULL },
	{ OUT16, 0x602, 0, 0, NULL }, { RUN_NS, 10000000000, 0, 0, NULL }, { IRQ_RISES, 9, 0, 0, NULL },
	SET32(PM, 0x40, 0xb001), { IN16, 0x602, 0xffff, 0, "moved" }, { IN16, 0xb004, 1, 0, NULL },
	SET8(PM, 0x80, 0), { IN16, 0xb004, 0xffff, 0, NULL },
};

static const RegisterStep button_waits[] = { PM_ON, { OUT16, 0x602, 0x100, 0, NULL }, { OUT8, 0x604, 1, 0, NULL }, { IRQ_LEVEL, 9, 0, 0, NULL } };
static const RegisterStep button_pressed[] = {
	{ IN16, 0x600, 0x100, 0, NULL }, { IRQ_LEVEL, 9, 1, 0, NULL }, { OUT16, 0x600, 0x100, 0, NULL }, { IRQ_LEVEL, 9, 0, 0, NULL },
	{ OUT16, 0xafe2, 0x2, 0, NULL },
};
static const RegisterStep gpe_raised[] = {
	{ IN8, 0xafe0, 2, 0, NULL }, { IN32, 0xafe0, 0x00020002, 0, NULL }, { IRQ_LEVEL, 9, 1, 0, NULL }, { OUT8, 0xafe0, 1, 0, NULL },
	{ IRQ_LEVEL, 9, 1, 0, NULL }, { OUT8, 0xafe0, 2, 0, NULL }, { IRQ_LEVEL, 9, 0, 0, NULL },
};
static const RegisterStep woken[] = { PM_ON, { IN16, 0x600, 0x8100, 0, NULL }, { OUT16, 0x600, 0x8000, 0, NULL }, { IN16, 0x600, 0x100, 0, NULL } };

static void test_pm(void)
{
	Board board = board_new(NULL, NULL);
	FAKE_SCRIPT(board.machine, pm_block);
	board.pm->class->reset(board.pm);
	FAKE_SCRIPT(board.machine, button_waits);
	piix4_pm_power_button(board.pm);
	FAKE_SCRIPT(board.machine, button_pressed);
	piix4_pm_raise_gpe(board.pm, 1);
	FAKE_SCRIPT(board.machine, gpe_raised);
	piix4_pm_raise_gpe(board.pm, 77);
	board.pm->class->reset(board.pm);
	piix4_pm_wake(board.pm, WAKE_BUTTON);
	FAKE_SCRIPT(board.machine, woken);
	board_free(&board);
}

/* A minute before and a day after the counter's 64-bit product would overflow, the timer still counts right. */
static void test_pm_timer_late(void)
{
	static const RegisterStep late[] = {
		PM_ON, { RUN_NS, 86400000000000 * 365, 0, 0, NULL }, { IN32, 0x608, 86400ull * 365 * 3579545 & 0xffffff, 0, "after a year" },
		{ RUN_NS, 999999999, 0, 0, NULL }, { IN32, 0x608, (86400ull * 365 * 3579545 + 3579544) & 0xffffff, 0, NULL },
	};
	Board board = board_new(NULL, NULL);
	FAKE_SCRIPT(board.machine, late);
	board_free(&board);
}

/* The clock's interrupt ends S3 if its event is enabled, and is what the guest then finds. */
static void test_rtc_wakes(void)
{
	static const RegisterStep enabled[] = { PM_ON, { OUT16, 0x602, 0x400, 0, NULL } };
	static const RegisterStep awake[] = {
		{ IN16, 0x600, 0x400, 0, NULL }, { REQUESTED, REQUEST_WAKE, 0, 0, "awake" }, { OUT16, 0x600, 0x400, 0, NULL },
	};
	static const RegisterStep sleeps[] = { { OUT16, 0x604, 0x2401, 0, NULL }, { REQUESTED, REQUEST_SUSPEND, 1, 0, NULL } };
	static const RegisterStep disabled[] = { { OUT16, 0x602, 0, 0, NULL } };
	static const RegisterStep not_yet[] = { { REQUESTED, REQUEST_WAKE, 0, 0, "nothing that counts" } };
	static const RegisterStep wakes[] = { { REQUESTED, REQUEST_WAKE, 1, 0, "by the clock" } };
	static const RegisterStep found[] = { PM_ON, { IN16, 0x600, 0x8400, 0, NULL } };
	for (unsigned on = 0; on < 2; on++) {
		Board board = board_new(NULL, NULL);
		FAKE_SCRIPT(board.machine, enabled);
		piix4_pm_rtc_interrupt(board.pm);
		FAKE_SCRIPT(board.machine, awake);
		if (!on)
			FAKE_SCRIPT(board.machine, disabled);
		FAKE_SCRIPT(board.machine, sleeps);
		board.machine->state = MACHINE_SUSPENDED;
		FAKE_SCRIPT(board.machine, not_yet);
		piix4_pm_rtc_interrupt(board.pm);
		if (on) {
			FAKE_SCRIPT(board.machine, wakes);
			g_assert_cmpint(board.machine->request_value, ==, WAKE_RTC);
			board.pm->class->reset(board.pm);
			piix4_pm_wake(board.pm, WAKE_RTC);
			FAKE_SCRIPT(board.machine, found);
		} else {
			FAKE_SCRIPT(board.machine, not_yet);
		}
		board_free(&board);
	}
}

/* What happens just before the guest goes to sleep, or when it has asked for it and isn't asleep yet, wakes it as well. */
static void test_wakes_early(void)
{
	static const RegisterStep enabled[] = { PM_ON, { OUT16, 0x602, 0x500, 0, NULL } };
	static const RegisterStep sleeps[] = { { OUT16, 0x604, 0x2401, 0, NULL }, { REQUESTED, REQUEST_SUSPEND, 1, 0, NULL } };
	static const RegisterStep not_yet[] = { { REQUESTED, REQUEST_WAKE, 0, 0, "nothing that counts" } };
	static const RegisterStep wakes[] = { { REQUESTED, REQUEST_WAKE, 1, 0, "early" } };
	static const struct { void (*happens)(Device *pm); MachineWake reason; bool before; } cases[] = {
		{ piix4_pm_rtc_interrupt, WAKE_RTC, true }, { piix4_pm_power_button, WAKE_BUTTON, true }, { piix4_pm_rtc_interrupt, WAKE_RTC, false },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		Board board = board_new(NULL, NULL);
		FAKE_SCRIPT(board.machine, enabled);
		if (cases[n].before)
			cases[n].happens(board.pm);
		FAKE_SCRIPT(board.machine, not_yet);
		FAKE_SCRIPT(board.machine, sleeps);
		if (!cases[n].before)
			cases[n].happens(board.pm);
		FAKE_SCRIPT(board.machine, wakes);
		g_assert_cmpint(board.machine->request_value, ==, cases[n].reason);
		board_free(&board);
	}
}

static void sleep_gives(const char *property, const char *value, uint16_t control, MachineRequest request, unsigned times)
{
	const RegisterStep steps[] = {
		PM_ON, { OUT16, 0x604, control & 0xdfff, 0, NULL }, { REQUESTED, request, 0, 0, "only the type" }, { OUT16, 0x604, control, 0, NULL },
		{ REQUESTED, request, times, 0, "asleep" }, { IN16, 0x604, control & 0x1c03, 0, NULL },
	};
	Board board = board_new(property, value);
	FAKE_SCRIPT(board.machine, steps);
	for (unsigned other = 0; other < FAKE_REQUESTS; other++)
		if (other != request)
			g_assert_cmpuint(board.machine->requests[other], ==, 0);
	board_free(&board);
}

static void test_sleep(void)
{
	sleep_gives(NULL, NULL, 0x2001, REQUEST_POWER_OFF, 1);
	sleep_gives(NULL, NULL, 0x2401, REQUEST_SUSPEND, 1);
	sleep_gives(NULL, NULL, 0x2801, REQUEST_POWER_OFF, 1);
	sleep_gives(NULL, NULL, 0x3c01, REQUEST_POWER_OFF, 0);
	sleep_gives("disable_s3", "1", 0x2401, REQUEST_SUSPEND, 0);
	sleep_gives("disable_s4", "1", 0x2801, REQUEST_POWER_OFF, 0);
	sleep_gives("s4_val", "5", 0x3401, REQUEST_POWER_OFF, 1);
}

static const RegisterStep apm[] = {
	PM_ON, { OUT8, 0xb3, 0x5a, 0, NULL }, { OUT8, 0xb2, 0x01, 0, NULL }, { IN8, 0xb3, 0x5a, 0, NULL }, { IN8, 0xb2, 1, 0, NULL },
	{ OUT8, 0xb2, 0xf1, 0, NULL }, { IN16, 0x604, 1, 0, "ACPI on" }, { OUT8, 0xb2, 0xf0, 0, NULL }, { IN16, 0x604, 0, 0, "ACPI off" },
};
static const RegisterStep apm_enabled[] = {
	SET32(PM, 0x58, 0x02000000), { OUT32, 0x628, 1, 0, NULL }, { IN32, 0x628, 1, 0, NULL }, { OUT8, 0xb3, 0, 0, NULL }, { OUT8, 0xb2, 0, 0, NULL },
	{ OUT8, 0xb2, 0xf1, 0, "no SMI" },
};

static void test_smi(void)
{
	Board board = board_new(NULL, NULL);
	board.machine->cpu_count = 4;
	FAKE_SCRIPT(board.machine, apm);
	g_assert_cmpuint(board.machine->signal_count, ==, 0);
	FAKE_SCRIPT(board.machine, apm_enabled);
	g_assert_cmpuint(board.machine->signal_count, ==, 1);
	g_assert_cmpuint(board.machine->signals[0].signal, ==, CPU_SIGNAL_SMI);
	board_free(&board);
	board = board_new("smm-enabled", "off");
	static const RegisterStep claimed[] = { GET32(PM, 0x58, 0x02000000) };
	FAKE_SCRIPT(board.machine, claimed);
	FAKE_SCRIPT(board.machine, apm);
	FAKE_SCRIPT(board.machine, apm_enabled);
	g_assert_cmpuint(board.machine->signal_count, ==, 0);
	board_free(&board);
}

/* ---- SMBus ---- */

#define SMB_GO(address, command, control) \
	{ OUT8, 0xb100, 0x1e, 0, NULL }, { OUT8, 0xb104, address, 0, NULL }, { OUT8, 0xb103, command, 0, NULL }, { OUT8, 0xb102, control, 0, NULL }
#define SMB_ENDED(status) { IN8, 0xb100, status, 0, "status" }

static const RegisterStep smbus[] = {
	SMB_GO(0xa1, 0, 0x48), SMB_ENDED(2), { IN8, 0xb105, 0, 0, NULL }, SMB_GO(0x9f, 0, 0x48), SMB_ENDED(4), SMB_GO(0xb1, 0, 0x40), SMB_ENDED(4),
	SMB_GO(0xaf, 0, 0x40), SMB_ENDED(2),
	{ OUT8, 0xb105, 0x12, 0, NULL }, { OUT8, 0xb106, 0x34, 0, NULL }, SMB_GO(0xa2, 0xff, 0x4c), SMB_ENDED(2), /* word, over the end */
	SMB_GO(0xa3, 0xff, 0x48), SMB_ENDED(2), { IN8, 0xb105, 0x12, 0, NULL }, SMB_GO(0xa3, 0, 0x44), { IN8, 0xb105, 0x34, 0, "the next byte" },
	SMB_GO(0xa2, 0xff, 0x44), SMB_ENDED(2), SMB_GO(0xa3, 0, 0x4c), { IN8, 0xb105, 0x34, 0, "byte order of a word" },
	SMB_GO(0xa3, 0xff, 0x4c), { IN16, 0xb105, 0x3412, 0, NULL },
	/* blocks */
	{ OUT8, 0xb105, 33, 0, NULL }, SMB_GO(0xa4, 0x20, 0x54), SMB_ENDED(4), { OUT8, 0xb105, 3, 0, NULL }, { IN8, 0xb102, 0x14, 0, NULL },
	{ OUT8, 0xb107, 7, 0, NULL }, { OUT8, 0xb107, 8, 0, NULL }, { OUT8, 0xb107, 9, 0, NULL }, SMB_GO(0xa4, 0x20, 0x54), SMB_ENDED(2),
	{ OUT8, 0xb105, 0, 0, NULL }, SMB_GO(0xa5, 0x20, 0x54), SMB_ENDED(2), { IN8, 0xb105, 3, 0, NULL }, { IN8, 0xb107, 7, 0, NULL },
	{ IN8, 0xb107, 8, 0, NULL }, SMB_GO(0xa5, 0x23, 0x48), { IN8, 0xb105, 9, 0, NULL },
	SMB_GO(0xa1, 0, 0x50), SMB_ENDED(4), SMB_GO(0xa1, 0, 0x02), SMB_ENDED(0x10),
	/* its interrupt */
	{ IRQ_LEVEL, 9, 0, 0, NULL }, SMB_GO(0xa1, 0, 0x49), { IRQ_LEVEL, 9, 1, 0, NULL }, { OUT8, 0xb100, 2, 0, NULL }, { IRQ_LEVEL, 9, 0, 0, NULL },
	/* moved, as SeaBIOS does */
	SET32(PM, 0x90, 0x701), { IN8, 0xb102, 0xff, 0, NULL }, { IN8, 0x702, 0x09, 0, NULL }, SET8(PM, 0xd2, 8), { IN8, 0x702, 0xff, 0, NULL },
};

static void test_smbus(void)
{
	Board board = board_new(NULL, NULL);
	FAKE_SCRIPT(board.machine, smbus);
	board_free(&board);
}

/* ---- hotplug blocks ---- */

static const RegisterStep hotplug[] = {
	{ IN32, 0xae00, 0, 0, NULL }, { IN32, 0xae04, 0, 0, NULL }, { IN32, 0xae0c, 0, 0, NULL }, { OUT32, 0xae10, 5, 0, NULL },
	{ IN32, 0xae10, 5, 0, NULL }, { OUT32, 0xae08, 0xffffffff, 0, NULL }, { IN32, 0xae08, 0, 0, NULL }, { IN32, 0xae18, 0xffffffff, 0, NULL },
	{ IN8, 0xaf00, 0x03, 0, NULL }, { IN8, 0xaf01, 0x03, 0, NULL }, { IN32, 0xaf00, 0x303, 0, "bitmap" }, { IN8, 0xaf02, 0, 0, "only possible" },
	{ OUT32, 0xaf00, 1, 0, NULL }, { IN8, 0xaf00, 3, 0, NULL }, { OUT32, 0xaf00, 0, 0, "switch" },
	{ IN8, 0xaf04, 1, 0, NULL }, { OUT32, 0xaf00, 3, 0, NULL }, { IN8, 0xaf04, 1, 0, NULL }, { IN32, 0xaf08, 3, 0, "no event: the selector" },
	{ OUT8, 0xaf05, 3, 0, NULL }, { IN32, 0xaf08, 9, 0, "APIC number" }, { IN32, 0xaf00, 0, 0, NULL }, { OUT32, 0xaf00, 4, 0, NULL },
	{ IN8, 0xaf04, 0, 0, "not present" }, { IN32, 0xaf08, 16, 0, NULL }, { OUT8, 0xaf04, 8, 0, NULL }, { OUT32, 0xaf00, 5, 0, NULL },
	{ IN8, 0xaf04, 0, 0, NULL }, { IN32, 0xaf08, 0, 0, NULL }, { OUT32, 0xaf00, 0xffffffff, 0, NULL }, { IN32, 0xaf08, 0, 0, NULL },
	{ IN8, 0xaf0c, 0xff, 0, NULL }, { OUT8, 0xaf05, 0, 0, NULL }, { OUT32, 0xaf00, 0, 0, NULL }, { IN32, 0xaf08, 0, 0, NULL },
};

static void test_hotplug(void)
{
	Board board = board_new(NULL, NULL);
	FAKE_SCRIPT(board.machine, hotplug);
	board_free(&board);
}

/* ---- all of it ---- */

static void test_fuzz(void)
{
	static const FuzzRange registers[] = {
		{ false, 0xcf8, 8 }, { false, 0xb2, 2 }, { false, 0x600, 0x40 }, { false, 0xafe0, 4 }, { false, 0xae00, 0x18 }, { false, 0xaf00, 32 },
		{ false, 0xb100, 16 }, { true, 0xa0000, 0x60000 }, { true, 0xfffffff0, 16 },
	};
	Board board = board_new(NULL, NULL);
	GRand *dice = g_rand_new_with_seed(5);
	static const RegisterStep on[] = { PM_ON };
	for (unsigned round = 0; round < 40; round++) {
		for (unsigned n = 0; n < 200; n++) {
			static const uint8_t functions[] = { HOST, ISA, PM };
			uint8_t devfn = functions[g_rand_int_range(dice, 0, 3)];
			pci_config_write(board.machine->pci, 0, devfn, (unsigned)g_rand_int_range(dice, 0, 256), g_rand_int(dice),
					 1u << g_rand_int_range(dice, 0, 3));
		}
		i440fx_set_smm(board.host, (unsigned)g_rand_int_range(dice, 0, 4), g_rand_boolean(dice));
		fake_fuzz(board.machine, round, 2000, registers, G_N_ELEMENTS(registers));
		for (unsigned n = 0; n < 3; n++) {
			Device *device = g_ptr_array_index(board.machine->devices, n);
			device->class->reset(device);
		}
		FAKE_SCRIPT(board.machine, on);
	}
	g_rand_free(dice);
	board_free(&board);
	board = board_new(NULL, NULL);
	FAKE_SCRIPT(board.machine, after_reset);
	board_free(&board);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hw/chipset/reset-values", test_reset_values);
	g_test_add_func("/hw/chipset/shadow", test_shadow);
	g_test_add_func("/hw/chipset/smram", test_smram);
	g_test_add_func("/hw/chipset/split", test_split);
	g_test_add_func("/hw/chipset/routing", test_routing);
	g_test_add_func("/hw/chipset/shared-sci", test_shared_sci);
	g_test_add_func("/hw/chipset/reset-control", test_reset_control);
	g_test_add_func("/hw/chipset/pm", test_pm);
	g_test_add_func("/hw/chipset/pm-timer-late", test_pm_timer_late);
	g_test_add_func("/hw/chipset/sleep", test_sleep);
	g_test_add_func("/hw/chipset/rtc-wakes", test_rtc_wakes);
	g_test_add_func("/hw/chipset/wakes-early", test_wakes_early);
	g_test_add_func("/hw/chipset/smi", test_smi);
	g_test_add_func("/hw/chipset/smbus", test_smbus);
	g_test_add_func("/hw/chipset/hotplug", test_hotplug);
	g_test_add_func("/hw/chipset/fuzz", test_fuzz);
	return g_test_run();
}
