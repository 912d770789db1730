/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "VGA": the VGA core as PCI function 1234:1111. BAR 0 is the video memory; BAR 2 repeats EDID and registers in memory, for systems
 * that don't use the ports:
 *   000 EDID   400 ports 3C0-3DF   500 VBE registers, 16 bits each   600 extended registers, 32 bits: their size, byte order */
#include "hw/display/edid.h"
#include "hw/display/vga.h"
#include "hw/display/vga_core.h"
#include "hw/pci/pci.h"

enum {
	MMIO_SIZE = 0x1000,
	MMIO_PORTS = 0x400, MMIO_PORTS_SIZE = 0x20, FIRST_PORT = 0x3c0,
	MMIO_VBE = 0x500, MMIO_VBE_SIZE = 2 * (VBE_MEMORY_64K + 1),
	MMIO_EXTENDED_SIZE = 0x600, MMIO_BYTE_ORDER = 0x604, EXTENDED_SIZE = 8,
};
enum { BAR_MEMORY = 0, BAR_MMIO = 2 };
enum { DEFAULT_WIDTH = 1280, DEFAULT_HEIGHT = 800 };

/* Written to, and read from, MMIO_BYTE_ORDER. */
#define BIG_ENDIAN_PIXELS 0xbebebebeu
#define LITTLE_ENDIAN_PIXELS 0x1e1e1e1eu

typedef struct PciVga {
	PciDevice pci;
	Vga vga;
	uint32_t memory_mb, width, height, max_width, max_height;
	bool with_mmio, with_edid, with_extended, big_endian;
	uint8_t edid[EDID_BYTES];
} PciVga;

/* ---- BAR 2 ---- */

static uint32_t read_extended(const PciVga *card, uint64_t offset)
{
	switch (offset) {
	case MMIO_EXTENDED_SIZE: return EXTENDED_SIZE;
	case MMIO_BYTE_ORDER: return card->vga.big_endian ? BIG_ENDIAN_PIXELS : LITTLE_ENDIAN_PIXELS;
	default: return ~0u;
	}
}

static void write_byte_order(Vga *vga, uint32_t value)
{
	if (value == BIG_ENDIAN_PIXELS)
		vga->big_endian = true;
	else if (value == LITTLE_ENDIAN_PIXELS)
		vga->big_endian = false;
}

static uint8_t read_byte(PciVga *card, uint64_t offset)
{
	uint64_t port = offset - MMIO_PORTS, vbe = offset - MMIO_VBE, extended = offset - MMIO_EXTENDED_SIZE;
	if (port < MMIO_PORTS_SIZE)
		return vga_port_read(&card->vga, (uint16_t)(FIRST_PORT + port));
	if (vbe < MMIO_VBE_SIZE)
		return (uint8_t)(vga_vbe_read(&card->vga, (unsigned)vbe / 2) >> 8 * (vbe & 1));
	if (card->with_extended && extended < EXTENDED_SIZE)
		return (uint8_t)(read_extended(card, offset & ~UINT64_C(3)) >> 8 * (offset & 3));
	if (offset < MMIO_PORTS && card->with_edid)
		return offset < EDID_BYTES ? card->edid[offset] : 0;
	return 0xff;
}

static uint64_t mmio_read(void *owner, uint64_t offset, unsigned size)
{
	uint64_t value = 0;
	for (unsigned n = 0; n < size; n++)
		value |= (uint64_t)read_byte(owner, offset + n) << 8 * n;
	return value;
}

static void mmio_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	PciVga *card = owner;
	if (offset - MMIO_PORTS < MMIO_PORTS_SIZE) {
		for (unsigned n = 0; n < size; n++)
			vga_port_write(&card->vga, (uint16_t)(FIRST_PORT + offset - MMIO_PORTS + n), (uint8_t)(value >> 8 * n));
	} else if (offset - MMIO_VBE < MMIO_VBE_SIZE) {
		for (unsigned n = 0; n + 1 < size; n += 2)
			vga_vbe_write(&card->vga, (unsigned)(offset - MMIO_VBE + n) / 2, (uint16_t)(value >> 8 * n));
	} else if (offset == MMIO_BYTE_ORDER && size == 4 && card->with_extended) {
		write_byte_order(&card->vga, (uint32_t)value);
	}
}

static const MemoryOps mmio_ops = { mmio_read, mmio_write, 1, 4, false };

/* ---- the device ---- */

static void make_edid(PciVga *card)
{
	unsigned width = card->width ? card->width : DEFAULT_WIDTH, height = card->height ? card->height : DEFAULT_HEIGHT;
	if (card->max_width)
		width = MIN(width, card->max_width);
	if (card->max_height)
		height = MIN(height, card->max_height);
	edid_make(card->edid, width, height, card->max_width, card->max_height);
}

static bool pci_vga_realize(Device *device, GError **error)
{
	PciVga *card = (PciVga *)device;
	if (!vga_init(&card->vga, device->machine, card->memory_mb, error))
		return false;
	if (!pci_device_attach(&card->pci, machine_pci_bus(device->machine), error)) {
		vga_free(&card->vga);
		return false;
	}
	make_edid(card);
	vga_map_legacy(&card->vga);
	pci_register_ram_bar(&card->pci, BAR_MEMORY, PCI_BAR_PREFETCH32, card->vga.ram);
	if (card->with_mmio)
		pci_register_memory_bar(&card->pci, BAR_MMIO, PCI_BAR_MEMORY32, "vga.mmio", MMIO_SIZE, &mmio_ops);
	return true;
}

static void pci_vga_reset(Device *device)
{
	PciVga *card = (PciVga *)device;
	pci_device_reset(&card->pci);
	vga_reset(&card->vga);
	card->vga.big_endian = card->big_endian;
}

static void pci_vga_unrealize(Device *device)
{
	PciVga *card = (PciVga *)device;
	pci_device_detach(&card->pci);
	vga_free(&card->vga);
}

static void pci_vga_loaded(Device *device, unsigned version)
{
	PciVga *card = (PciVga *)device;
	(void)version;
	pci_device_loaded(&card->pci);
	vga_loaded(&card->vga);
}

#define PROPERTY(name, type, member, value, help, minimum, maximum) \
	{ name, type, offsetof(PciVga, member), value, help, minimum, maximum, NULL }

static const Property properties[] = {
	PROPERTY("vgamem_mb", PROPERTY_U32, memory_mb, "16", "video memory in MiB, made a power of two", VGA_MIN_MEMORY_MB, VGA_MAX_MEMORY_MB),
	PROPERTY("mmio", PROPERTY_BOOL, with_mmio, "on", "registers in memory too (BAR 2)", 0, 0),
	PROPERTY("qemu-extended-regs", PROPERTY_BOOL, with_extended, "on", "register for the byte order of pixels", 0, 0),
	PROPERTY("big-endian-framebuffer", PROPERTY_BOOL, big_endian, "off", "pixels begin big-endian", 0, 0),
	PROPERTY("edid", PROPERTY_BOOL, with_edid, "on", "the monitor tells its modes", 0, 0),
	PROPERTY("xres", PROPERTY_U32, width, "0", "preferred width of the monitor; 0: 1280", 0, EDID_MAX_SIZE),
	PROPERTY("yres", PROPERTY_U32, height, "0", "preferred height; 0: 800", 0, EDID_MAX_SIZE),
	PROPERTY("xmax", PROPERTY_U32, max_width, "0", "widest mode of the monitor; 0: no limit", 0, EDID_MAX_SIZE),
	PROPERTY("ymax", PROPERTY_U32, max_height, "0", "highest mode; 0: no limit", 0, EDID_MAX_SIZE),
	PCI_PROPERTIES_WITH_ROM(PciVga, pci, "vgabios-stdvga.bin"),
	{ NULL, PROPERTY_BOOL, 0, NULL, NULL, 0, 0, NULL },
};

static const StateField state[] = {
	PCI_STATE(PciVga, pci),
	{ "vga", STATE_STRUCT, offsetof(PciVga, vga), 0, 0, vga_state, sizeof(Vga) },
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

static const PciClass pci_class = {
	.vendor = 0x1234,
	.device = 0x1111,
	.revision = 2,
	.class_code = 0x0300,
	.subsystem_vendor = 0x1af4,
	.subsystem = 0x1100,
};

const DeviceClass vga_pci_class = {
	.name = "VGA",
	.bus = "pci",
	.description = "standard VGA with Bochs VBE",
	.size = sizeof(PciVga),
	.properties = properties,
	.state = state,
	.state_version = 1,
	.realize = pci_vga_realize,
	.reset = pci_vga_reset,
	.unrealize = pci_vga_unrealize,
	.loaded = pci_vga_loaded,
	.bus_class = &pci_class,
};
