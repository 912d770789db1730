/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VGA's registers, its window's read and write modes, the VBE interface, and the PCI card around them. */
#include "vga-modes.h"

#include <string.h>

#include "display/surface.h"
#include "hw/display/vga.h"
#include "hw/pci/pci.h"

enum { LINEAR = 0xe0000000, MMIO = 0xfeb00000, DEVFN = 2 << 3 };

static Machine *with_isa_card(void)
{
	Machine *machine = fake_machine_new();
	fake_device(machine, &vga_isa_class, NULL);
	return machine;
}

static const RegisterStep indexed[] = {
	/* Unused bits of indexes and values read as zeros. */
	{ OUT8, 0x3c4, 0xff, 0, NULL }, { IN8, 0x3c4, 0x07, 0, "sequencer index" },
	{ OUT16, 0x3c4, 0xff01, 0, NULL }, { IN8, 0x3c5, 0x3d, 0, "clocking mode" },
	{ OUT16, 0x3c4, 0xff02, 0, NULL }, { IN8, 0x3c5, 0x0f, 0, "map mask" },
	{ OUT16, 0x3c4, 0xff03, 0, NULL }, { IN8, 0x3c5, 0x3f, 0, "font select" },
	{ OUT16, 0x3c4, 0xff04, 0, NULL }, { IN8, 0x3c5, 0x0e, 0, "memory mode" },
	{ OUT8, 0x3ce, 0xff, 0, NULL }, { IN8, 0x3ce, 0x0f, 0, "graphics index" },
	{ OUT16, 0x3ce, 0xff03, 0, NULL }, { IN8, 0x3cf, 0x1f, 0, "rotate" },
	{ OUT16, 0x3ce, 0xff05, 0, NULL }, { IN8, 0x3cf, 0x7b, 0, "mode" },
	{ OUT16, 0x3ce, 0xff08, 0, NULL }, { IN8, 0x3cf, 0xff, 0, "bit mask" },
	{ OUT16, 0x3ce, 0xff0b, 0, NULL }, { IN8, 0x3cf, 0x00, 0, "not there" },
	{ OUT8, 0x3c2, 0xe3, 0, NULL }, { IN8, 0x3cc, 0xe3, 0, "miscellaneous output" },
	{ IN8, 0x3c2, 0x10, 0, "sense" },
	{ OUT8, 0x3da, 0x10, 0, NULL }, { IN8, 0x3ca, 0x10, 0, "feature control" },
};

static const RegisterStep crtc[] = {
	{ OUT8, 0x3c2, 0x01, 0, NULL },
	{ IN8, 0x3b4, 0xff, 0, "the monochrome ports are away" }, { OUT16, 0x3b4, 0x5513, 0, NULL },
	{ OUT16, 0x3d4, 0x1213, 0, NULL }, { IN8, 0x3d5, 0x12, 0, "offset" },
	{ OUT16, 0x3d4, 0x0011, 0, NULL }, { OUT16, 0x3d4, 0x5f00, 0, NULL }, { IN8, 0x3d5, 0x5f, 0, "open" },
	{ OUT16, 0x3d4, 0x0007, 0, NULL },
	{ OUT16, 0x3d4, 0x8011, 0, NULL }, { OUT16, 0x3d4, 0xaa00, 0, NULL }, { IN8, 0x3d5, 0x5f, 0, "protected" },
	{ OUT16, 0x3d4, 0xff07, 0, NULL }, { IN8, 0x3d5, 0x10, 0, "but for the line compare's bit" },
	{ OUT16, 0x3d4, 0x7708, 0, NULL }, { IN8, 0x3d5, 0x77, 0, "and what lies above" },
	{ OUT8, 0x3d4, 0x40, 0, NULL }, { IN8, 0x3d5, 0x00, 0, "no such register" }, { OUT8, 0x3d5, 0xff, 0, NULL }, { IN8, 0x3d5, 0x00, 0, "still" },
	{ OUT8, 0x3c2, 0x00, 0, NULL },
	{ IN8, 0x3d4, 0xff, 0, "the colour ports are away" }, { OUT8, 0x3b4, 0x13, 0, NULL }, { IN8, 0x3b5, 0x12, 0, "the same register" },
};

static const RegisterStep attribute[] = {
	{ OUT8, 0x3c2, 0x01, 0, NULL }, { IN8, 0x3da, 0, 0xff, NULL },
	{ OUT8, 0x3c0, 0x03, 0, "index" }, { OUT8, 0x3c0, 0xff, 0, "data" },
	{ IN8, 0x3c1, 0x3f, 0, "palette" }, { IN8, 0x3c0, 0x03, 0, "index reads" },
	{ OUT8, 0x3c0, 0x34, 0, "index again" }, { IN8, 0x3da, 0, 0xff, "back to the index" },
	{ OUT8, 0x3c0, 0x30, 0, NULL }, { OUT8, 0x3c0, 0xff, 0, NULL }, { IN8, 0x3c1, 0xef, 0, "mode" },
	{ OUT8, 0x3c0, 0x13, 0, NULL }, { OUT8, 0x3d4, 0x24, 0, NULL }, { IN8, 0x3d5, 0x80, 0, "flip-flop" },
	{ OUT8, 0x3c0, 0xff, 0, NULL }, { IN8, 0x3c1, 0x0f, 0, "panning" }, { IN8, 0x3d5, 0x00, 0, "flip-flop" },
	{ OUT8, 0x3c0, 0x1f, 0, NULL }, { OUT8, 0x3c0, 0xff, 0, NULL }, { IN8, 0x3c1, 0x00, 0, "no such register" },
};

static const RegisterStep dac[] = {
	{ IN8, 0x3c6, 0xff, 0, "mask" },
	{ OUT8, 0x3c8, 0xff, 0, NULL }, { IN8, 0x3c7, 0x00, 0, "writing" },
	{ OUT8, 0x3c9, 0xc1, 0, NULL }, { OUT8, 0x3c9, 0x02, 0, NULL }, { IN8, 0x3c8, 0xff, 0, "not yet" }, { OUT8, 0x3c9, 0x03, 0, NULL },
	{ IN8, 0x3c8, 0x00, 0, "wraps" }, { OUT8, 0x3c9, 0x3f, 0, NULL }, { OUT8, 0x3c9, 0x3e, 0, "never completed" },
	{ OUT8, 0x3c7, 0xff, 0, NULL }, { IN8, 0x3c7, 0x03, 0, "reading" },
	{ IN8, 0x3c9, 0x01, 0, "six bits" }, { IN8, 0x3c9, 0x02, 0, NULL }, { IN8, 0x3c9, 0x03, 0, NULL }, { IN8, 0x3c9, 0x00, 0, "entry 0" },
	{ OUT16, 0x1ce, 4, 0, NULL }, { OUT16, 0x1cf, 0x20, 0, "8-bit DAC" },
	{ OUT8, 0x3c8, 0x10, 0, NULL }, { OUT8, 0x3c9, 0xfe, 0, NULL }, { OUT8, 0x3c9, 0, 0, NULL }, { OUT8, 0x3c9, 0, 0, NULL },
	{ OUT8, 0x3c7, 0x10, 0, NULL }, { IN8, 0x3c9, 0xfe, 0, "eight bits" },
};

static const RegisterStep vbe[] = {
	{ OUT16, 0x1ce, 0, 0, NULL }, { IN16, 0x1ce, 0, 0, "index" }, { IN16, 0x1cf, 0xb0c5, 0, "id" }, { IN16, 0x1d0, 0xb0c5, 0, "at its other port" },
	{ OUT16, 0x1cf, 0xb0c0, 0, NULL }, { IN16, 0x1cf, 0xb0c0, 0, "older" }, { OUT16, 0x1cf, 0xb0c6, 0, NULL }, { IN16, 0x1cf, 0xb0c0, 0, "unknown" },
	{ OUT16, 0x1ce, 0x0a, 0, NULL }, { IN16, 0x1cf, 128, 0, "8 MiB in 64 KiB" }, { OUT16, 0x1ce, 0x0b, 0, NULL }, { IN16, 0x1cf, 0, 0, "nothing" },
	{ OUT16, 0x1ce, 4, 0, NULL }, { OUT16, 0x1cf, 0x02, 0, "capabilities" },
	{ OUT16, 0x1ce, 1, 0, NULL }, { IN16, 0x1cf, 16000, 0, NULL }, { OUT16, 0x1ce, 2, 0, NULL }, { IN16, 0x1cf, 12000, 0, NULL },
	{ OUT16, 0x1ce, 3, 0, NULL }, { IN16, 0x1cf, 32, 0, NULL },
	{ OUT16, 0x1ce, 4, 0, NULL }, { OUT16, 0x1cf, 0, 0, NULL },
	{ OUT16, 0x1ce, 1, 0, NULL }, { OUT16, 0x1cf, 1027, 0, NULL }, { OUT16, 0x1ce, 2, 0, NULL }, { OUT16, 0x1cf, 768, 0, NULL },
	{ OUT16, 0x1ce, 3, 0, NULL }, { OUT16, 0x1cf, 32, 0, NULL }, { OUT16, 0x1ce, 6, 0, NULL }, { OUT16, 0x1cf, 5000, 0, NULL },
	{ OUT16, 0x1ce, 4, 0, NULL }, { OUT16, 0x1cf, 0x41, 0, NULL }, { IN16, 0x1cf, 0x41, 0, "enabled" },
	{ OUT16, 0x1ce, 1, 0, NULL }, { IN16, 0x1cf, 1024, 0, "a multiple of 8" }, { OUT16, 0x1ce, 6, 0, NULL }, { IN16, 0x1cf, 1024, 0, "virtual width" },
	{ OUT16, 0x1ce, 7, 0, NULL }, { IN16, 0x1cf, 2048, 0, "virtual height: the memory" },
	{ OUT16, 0x1ce, 6, 0, NULL }, { OUT16, 0x1cf, 2048, 0, NULL }, { OUT16, 0x1ce, 7, 0, NULL }, { IN16, 0x1cf, 1024, 0, "half of it" },
	{ OUT16, 0x1ce, 8, 0, NULL }, { OUT16, 0x1cf, 5000, 0, NULL }, { IN16, 0x1cf, 1024, 0, "within the line" },
	{ OUT16, 0x1ce, 9, 0, NULL }, { OUT16, 0x1cf, 5000, 0, NULL }, { IN16, 0x1cf, 256, 0, "within the memory" },
	{ OUT16, 0x1ce, 5, 0, NULL }, { OUT16, 0x1cf, 0xffff, 0, NULL }, { IN16, 0x1cf, 127, 0, "bank" },
	{ OUT16, 0x1ce, 4, 0, NULL }, { OUT16, 0x1cf, 0, 0, NULL }, { OUT16, 0x1ce, 5, 0, NULL }, { IN16, 0x1cf, 0, 0, "bank" },
};

static void test_scripts(void)
{
	Machine *machine = with_isa_card();
	FAKE_SCRIPT(machine, indexed);
	FAKE_SCRIPT(machine, crtc);
	FAKE_SCRIPT(machine, attribute);
	FAKE_SCRIPT(machine, dac);
	FAKE_SCRIPT(machine, vbe);
	fake_machine_free(machine);
}

/* ---- the window ---- */

#define GR(index, value) { OUT16, 0x3ce, (index) | (value) << 8, 0, NULL }
#define SR(index, value) { OUT16, 0x3c4, (index) | (value) << 8, 0, NULL }

/* In mode 12: sequential, A0000, 64 KiB. Plane contents are read back through the read map. */
static const RegisterStep write_modes[] = {
	/* mode 0: all planes the same, rotated; then only planes 0 and 2 */
	GR(3, 0x04), { WRITE8, 0xa0000, 0x1f, 0, NULL }, GR(3, 0), { READ8, 0xa0000, 0xf1, 0, "rotated" },
	SR(2, 0x05), { WRITE8, 0xa0000, 0x0f, 0, NULL }, SR(2, 0x0f), GR(4, 0), { READ8, 0xa0000, 0x0f, 0, "plane 0" }, GR(4, 1),
	{ READ8, 0xa0000, 0xf1, 0, "plane 1" }, GR(4, 2), { READ8, 0xa0000, 0x0f, 0, "plane 2" }, GR(4, 3), { READ8, 0xa0000, 0xf1, 0, "plane 3" },
	/* set/reset for planes 0 and 1, the processor's byte for others; under a bit mask */
	GR(0, 0x01), GR(1, 0x03), GR(8, 0x3c), { READ8, 0xa0000, 0xf1, 0, "latches" }, { WRITE8, 0xa0000, 0x5a, 0, NULL },
	GR(4, 0), { READ8, 0xa0000, 0x3f, 0, "set" }, GR(4, 1), { READ8, 0xa0000, 0xc1, 0, "reset" }, GR(4, 2), { READ8, 0xa0000, 0x1b, 0, "data" },
	GR(1, 0), GR(8, 0xff),
	/* the logical functions with the latches: plane 2 holds 1b */
	GR(3, 0x08), { READ8, 0xa0000, 0x1b, 0, NULL }, { WRITE8, 0xa0001, 0x0f, 0, NULL }, { READ8, 0xa0001, 0x0b, 0, "and" },
	GR(3, 0x10), { READ8, 0xa0000, 0x1b, 0, NULL }, { WRITE8, 0xa0001, 0x0f, 0, NULL }, { READ8, 0xa0001, 0x1f, 0, "or" },
	GR(3, 0x18), { READ8, 0xa0000, 0x1b, 0, NULL }, { WRITE8, 0xa0001, 0x0f, 0, NULL }, { READ8, 0xa0001, 0x14, 0, "xor" }, GR(3, 0),
	/* mode 1: latches move four planes at once */
	GR(5, 1), { READ8, 0xa0000, 0x1b, 0, NULL }, { WRITE8, 0xa0100, 0x00, 0, NULL }, { READ8, 0xa0100, 0x1b, 0, "plane 2" },
	GR(4, 0), { READ8, 0xa0100, 0x3f, 0, "plane 0" },
	/* mode 2: a colour, under the bit mask */
	GR(5, 2), GR(8, 0xf0), { READ8, 0xa0100, 0x3f, 0, NULL }, { WRITE8, 0xa0100, 0x02, 0, NULL }, { READ8, 0xa0100, 0x0f, 0, "0 in" },
	GR(4, 1), { READ8, 0xa0100, 0xf1, 0, "1 in" },
	/* mode 3: set/reset under both masks */
	GR(5, 3), GR(0, 0x0f), GR(8, 0x0f), { READ8, 0xa0100, 0xf1, 0, NULL }, { WRITE8, 0xa0100, 0x3c, 0, NULL }, { READ8, 0xa0100, 0xfd, 0, NULL },
	GR(8, 0xff), GR(5, 0),
	{ OUT8, 0x3d4, 0x22, 0, NULL }, { IN8, 0x3d5, 0xfd, 0, "the latch" },
};

static const RegisterStep read_mode_1[] = {
	/* pixels of colour 5 among others */
	GR(5, 2), GR(8, 0xff), { WRITE8, 0xa0000, 0x02, 0, NULL }, GR(8, 0x24), { READ8, 0xa0000, 0, 0xff, NULL }, { WRITE8, 0xa0000, 0x05, 0, NULL },
	GR(5, 0x08), GR(2, 0x05), GR(7, 0x0f), { READ8, 0xa0000, 0x24, 0, "colour 5" },
	GR(2, 0x02), { READ8, 0xa0000, 0xdb, 0, "colour 2" }, GR(7, 0x02), { READ8, 0xa0000, 0xdb, 0, "by plane 1 alone" },
	GR(7, 0), { READ8, 0xa0000, 0xff, 0, "nobody cares" },
};

static const RegisterStep windows[] = {
	GR(6, 0x05), { WRITE32, 0xa0000, 0x44332211, 0, NULL }, { READ32, 0xa0000, 0x44332211, 0, "64 KiB at A0000" }, { READ8, 0xb0000, 0xff, 0, "nothing" },
	GR(6, 0x09), { READ32, 0xa0000, 0xffffffff, 0, "nothing" }, { READ32, 0xb0000, 0x44332211, 0, "at B0000" }, { READ8, 0xb8000, 0xff, 0, "nothing" },
	GR(6, 0x0d), { READ32, 0xb0000, 0xffffffff, 0, "nothing" }, { READ64, 0xb8000, 0x44332211, 0xffffffff00000000, "at B8000" },
	GR(6, 0x01), { READ32, 0xa0000, 0x44332211, 0, "128 KiB" }, { READ32, 0xb0000, 0x44332211, 0, "a mirror" },
	{ OUT8, 0x3c2, 0xe1, 0, "memory off" }, { READ32, 0xa0000, 0xffffffff, 0, NULL }, { WRITE8, 0xa0000, 0x99, 0, NULL },
	{ OUT8, 0x3c2, 0xe3, 0, "on" }, { READ32, 0xa0000, 0x44332211, 0, "nothing was written" },
};

static void test_window(void)
{
	static const struct {
		const char *name;
		const RegisterStep *steps;
		unsigned count;
	} scripts[] = {
		{ "write modes", write_modes, G_N_ELEMENTS(write_modes) },
		{ "read mode 1", read_mode_1, G_N_ELEMENTS(read_mode_1) },
		{ "windows", windows, G_N_ELEMENTS(windows) },
	};
	Machine *machine = with_isa_card();
	for (unsigned n = 0; n < G_N_ELEMENTS(scripts); n++) {
		vga_set_mode(machine, &vga_modes[MODE_12]);
		fake_script(machine, scripts[n].name, scripts[n].steps, scripts[n].count);
	}
	fake_machine_free(machine);
}

/* ---- retrace ---- */

/* Rises of a bit of input status 1 in a second of virtual time. */
static unsigned rises_per_second(Machine *machine, uint8_t bit)
{
	enum { STEP_NS = 2000 };
	unsigned count = 0;
	bool was = true;
	for (unsigned n = 0; n < 1000000000 / STEP_NS; n++) {
		bool is = port_read(machine->ports, 0x3da, 1) & bit;
		count += is && !was;
		was = is;
		fake_run(machine, STEP_NS);
	}
	return count;
}

static void test_retrace(void)
{
	Machine *machine = with_isa_card();
	vga_set_mode(machine, &vga_modes[MODE_TEXT]);
	g_assert_cmpuint(rises_per_second(machine, 8), ==, 70);
	vga_set_mode(machine, &vga_modes[MODE_12]);
	unsigned sixty = rises_per_second(machine, 8);
	g_assert_true(sixty == 59 || sixty == 60); /* 59.94 */
	unsigned lines = rises_per_second(machine, 1); /* 31469 a second, of which 480 of 525 are shown; the dark rest is one rise */
	g_assert_true(lines > 28700 && lines < 28900);
	vga_vbe_out(machine, 4, 1);
	g_assert_cmpuint(rises_per_second(machine, 8), >=, 59);
	fake_machine_free(machine);
}

/* ---- the PCI card ---- */

static void ignore_irq(void *owner, unsigned line, bool level)
{
	(void)owner;
	(void)line;
	(void)level;
}

static Machine *with_pci_card(const char *property, const char *value)
{
	Machine *machine = fake_machine_new();
	machine->pci = pci_bus_new(machine, "pci.0", ignore_irq, NULL);
	fake_device(machine, &vga_pci_class, "romfile", "", "addr", "2", property, value, NULL);
	pci_config_write(machine->pci, 0, DEVFN, PCI_BAR0, LINEAR, 4);
	pci_config_write(machine->pci, 0, DEVFN, PCI_BAR0 + 8, MMIO, 4);
	pci_config_write(machine->pci, 0, DEVFN, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY, 2);
	return machine;
}

static void free_pci(Machine *machine)
{
	PciBus *bus = machine->pci;
	fake_machine_free(machine);
	pci_bus_free(bus);
}

static const RegisterStep mmio[] = {
	{ READ64, MMIO, 0x00ffffffffffff00, 0, "EDID" }, { READ8, MMIO + 0x36, 0, 0xff, NULL }, { READ8, MMIO + 0x80, 0, 0, "EDID has 128 bytes" },
	{ WRITE8, MMIO + 0x402, 0x63, 0, "3C2" }, { READ8, MMIO + 0x40c, 0x63, 0, "3CC" }, { IN8, 0x3cc, 0x63, 0, "the same" },
	{ WRITE16, MMIO + 0x404, 0x0f02, 0, "index and data" }, { IN8, 0x3c5, 0x0f, 0, NULL },
	{ READ8, MMIO + 0x420, 0xff, 0, "nothing" },
	{ READ16, MMIO + 0x500, 0xb0c5, 0, "VBE" }, { READ16, MMIO + 0x514, 256, 0, "16 MiB" }, { READ16, MMIO + 0x516, 0xffff, 0, "nothing" },
	{ WRITE32, MMIO + 0x502, 640 | 480 << 16, 0, "two registers" }, { WRITE16, MMIO + 0x506, 32, 0, NULL },
	{ WRITE16, MMIO + 0x508, 0x41, 0, NULL }, { READ32, MMIO + 0x504, 480 | 32 << 16, 0, NULL }, { OUT16, 0x1ce, 1, 0, NULL }, { IN16, 0x1cf, 640, 0, NULL },
	{ READ32, MMIO + 0x600, 8, 0, "extended registers" }, { READ32, MMIO + 0x604, 0x1e1e1e1e, 0, "little-endian" },
	{ WRITE32, MMIO + 0x604, 0xbebebebe, 0, NULL }, { READ32, MMIO + 0x604, 0xbebebebe, 0, "big-endian" }, { WRITE32, MMIO + 0x604, 5, 0, NULL },
	{ READ32, MMIO + 0x604, 0xbebebebe, 0, "still" }, { READ32, MMIO + 0x608, 0xffffffff, 0, "nothing" },
};

static uint32_t config(Machine *machine, unsigned offset, unsigned size)
{
	return pci_config_read(machine->pci, 0, DEVFN, offset, size);
}

static void test_pci(void)
{
	Machine *machine = with_pci_card("vgamem_mb", "16");
	g_assert_cmphex(config(machine, PCI_VENDOR_ID, 4), ==, 0x11111234);
	g_assert_cmphex(config(machine, PCI_CLASS, 2), ==, 0x0300);
	g_assert_cmphex(config(machine, PCI_SUBSYSTEM_VENDOR, 4), ==, 0x11001af4);
	g_assert_cmphex(config(machine, PCI_BAR0, 4), ==, LINEAR | 8);
	pci_config_write(machine->pci, 0, DEVFN, PCI_BAR0, ~0u, 4);
	g_assert_cmphex(config(machine, PCI_BAR0, 4), ==, 0xff000008);
	pci_config_write(machine->pci, 0, DEVFN, PCI_BAR0, LINEAR, 4);
	FAKE_SCRIPT(machine, mmio);
	/* big-endian from here: a pixel's bytes are 0, red, green, blue */
	port_read(machine->ports, 0x3da, 1);
	port_write(machine->ports, 0x3c0, 0x20, 1);
	memcpy(memory_page(machine->memory, LINEAR).host, "\x00\x12\x34\x56", 4);
	pixman_region32_t damage;
	bool resized;
	pixman_region32_init(&damage);
	pixman_image_t *image = surface_lock(machine->surface, &damage, &resized);
	g_assert_cmphex(pixman_image_get_data(image)[0] & 0xffffff, ==, 0x123456);
	surface_unlock(machine->surface);
	pixman_region32_fini(&damage);
	free_pci(machine);
}

static void test_edid(void)
{
	Machine *machine = fake_machine_new();
	machine->pci = pci_bus_new(machine, "pci.0", ignore_irq, NULL);
	fake_device(machine, &vga_pci_class, "romfile", "", "addr", "2", "xres", "1920", "yres", "1080", "xmax", "1920", "ymax", "1080", NULL);
	pci_config_write(machine->pci, 0, DEVFN, PCI_BAR0 + 8, MMIO, 4);
	pci_config_write(machine->pci, 0, DEVFN, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	uint8_t edid[128], sum = 0;
	for (unsigned n = 0; n < sizeof edid; n++)
		sum = (uint8_t)(sum + (edid[n] = (uint8_t)memory_io_read(machine->memory, MMIO + n, 1)));
	g_assert_cmpuint(sum, ==, 0);
	g_assert_cmpuint(edid[56] | (edid[58] & 0xf0) << 4, ==, 1920);
	g_assert_cmpuint(edid[59] | (edid[61] & 0xf0) << 4, ==, 1080);
	for (unsigned n = 38; n < 54; n += 2) /* no mode above the maximum */
		g_assert_true(edid[n] == 1 || (edid[n] + 31) * 8 <= 1920);
	free_pci(machine);
}

/* ---- fuzzing: nothing that a guest writes may lead a refresh outside of the memory ---- */

static uint16_t any_16(GRand *dice)
{
	return (uint16_t)(g_rand_int(dice) >> g_rand_int_range(dice, 16, 28));
}

/* Some mode of the six depths, and then anything in the registers that may change within a mode. */
static void fuzz_vbe(Machine *machine, GRand *dice)
{
	static const uint16_t depths[] = { 4, 8, 15, 16, 24, 32 };
	vga_vbe_out(machine, 4, 0);
	vga_vbe_out(machine, 1, any_16(dice));
	vga_vbe_out(machine, 2, any_16(dice));
	vga_vbe_out(machine, 3, depths[g_rand_int_range(dice, 0, G_N_ELEMENTS(depths))]);
	vga_vbe_out(machine, 4, g_rand_int_range(dice, 0, 4) ? 0xc1 : 0);
	for (unsigned n = 0; n < 8; n++)
		vga_vbe_out(machine, (uint16_t)g_rand_int_range(dice, 5, 12), any_16(dice));
	if (g_rand_boolean(dice))
		vga_vbe_out(machine, (uint16_t)g_rand_int_range(dice, 0, 4), any_16(dice));
}

static void fuzz(uint32_t seed, const char *memory_mb)
{
	static const FuzzRange ranges[] = {
		{ false, 0x3c0, 16 }, { false, 0x3b4, 7 }, { false, 0x3d4, 7 }, { false, 0x1ce, 3 }, { true, 0xa0000, 0x20000 }, { true, MMIO, 0x1000 },
	};
	Machine *machine = with_pci_card("vgamem_mb", memory_mb);
	GRand *dice = g_rand_new_with_seed(seed);
	pixman_region32_t damage;
	pixman_region32_init(&damage);
	for (unsigned round = 0; round < 60; round++) {
		bool resized;
		vga_set_mode(machine, &vga_modes[g_rand_int_range(dice, 0, MODE_COUNT)]);
		for (unsigned n = 0; n < 40; n++) /* anything in any register */
			vga_out(machine, (const uint16_t[]){ 0x3c4, 0x3ce, 0x3d4 }[n % 3], (uint8_t)g_rand_int_range(dice, 0, 0x1a), (uint8_t)g_rand_int(dice));
		fuzz_vbe(machine, dice);
		fake_fuzz(machine, seed + round, 200, ranges, G_N_ELEMENTS(ranges));
		port_read(machine->ports, 0x3da, 1);
		port_read(machine->ports, 0x3ba, 1);
		port_write(machine->ports, 0x3c0, 0x20, 1);
		vga_out(machine, 0x3c4, 1, 1);
		surface_lock(machine->surface, &damage, &resized);
		surface_unlock(machine->surface);
		g_free(surface_text(machine->surface));
	}
	pixman_region32_fini(&damage);
	g_rand_free(dice);
	free_pci(machine);
}

static void test_fuzz(void)
{
	for (uint32_t seed = 1; seed <= 4; seed++)
		fuzz(seed * 1000, seed & 1 ? "1" : "16");
}

/* A saved state is a file, and files are damaged or made by others. */
static void fill_fields(uint8_t *base, const StateField *fields, GRand *dice)
{
	static const uint8_t sizes[] = { [STATE_U8] = 1, [STATE_U16] = 2, [STATE_U32] = 4, [STATE_U64] = 8, [STATE_BYTES] = 1 };
	for (const StateField *f = fields; f->name; f++) {
		if (f->type == STATE_STRUCT)
			fill_fields(base + f->offset, f->fields, dice);
		else if (f->type < G_N_ELEMENTS(sizes))
			for (unsigned n = 0; n < sizes[f->type] * MAX(f->count, 1); n++)
				base[f->offset + n] = (uint8_t)g_rand_int(dice);
	}
}

static void test_damaged_state(void)
{
	static const FuzzRange ranges[] = { { false, 0x3b4, 0x27 }, { true, 0xa0000, 0x20000 } };
	Machine *machine = with_isa_card();
	Device *device = machine_device(machine, 0);
	GRand *dice = g_rand_new_with_seed(7);
	pixman_region32_t damage;
	pixman_region32_init(&damage);
	for (uint32_t round = 0; round < 100; round++) {
		bool resized;
		fill_fields((uint8_t *)device, device->class->state, dice);
		device->class->loaded(device, 1);
		fake_fuzz(machine, round, 50, ranges, G_N_ELEMENTS(ranges));
		surface_lock(machine->surface, &damage, &resized);
		surface_unlock(machine->surface);
		g_free(surface_text(machine->surface));
	}
	pixman_region32_fini(&damage);
	g_rand_free(dice);
	fake_machine_free(machine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vga/scripts", test_scripts);
	g_test_add_func("/vga/window", test_window);
	g_test_add_func("/vga/retrace", test_retrace);
	g_test_add_func("/vga/pci", test_pci);
	g_test_add_func("/vga/edid", test_edid);
	g_test_add_func("/vga/fuzz", test_fuzz);
	g_test_add_func("/vga/damaged-state", test_damaged_state);
	return g_test_run();
}
