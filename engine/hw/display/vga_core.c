/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a VGA core: memory, window, ports, reset, saved state. */
#include "hw/display/vga_core.h"

#include "base/os.h"
#include "hw/display/vga.h"

static uint32_t memory_bytes(uint32_t megabytes)
{
	uint32_t power = VGA_MIN_MEMORY_MB;
	while (power < megabytes && power < VGA_MAX_MEMORY_MB)
		power <<= 1;
	return power << 20;
}

bool vga_init(Vga *vga, Machine *machine, uint32_t memory_mb, GError **error)
{
	enum { FIRST_WIDTH = 720, FIRST_HEIGHT = 400 }; /* until a mode is set: the one that firmware is about to set */
	vga->machine = machine;
	vga->vram_size = memory_bytes(memory_mb);
	vga->ram = memory_new_ram(machine_memory(machine), "vga.vram", vga->vram_size, error);
	if (!vga->ram)
		return false;
	vga->vram = vga->ram->host;
	vga->shadow = os_pages_new(vga->vram_size);
	if (!vga->shadow) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "vga: the host can't give a further %u MiB; use less with vgamem_mb", memory_mb);
		return false;
	}
	vga->dirty = g_malloc0(vga->vram_size >> VGA_CHUNK_SHIFT);
	vga->redraw = true;
	vga->frame.width = FIRST_WIDTH;
	vga->frame.height = FIRST_HEIGHT;
	vga->surface = surface_new(&vga_surface_source, vga);
	if (!machine_surface(machine))
		machine_set_surface(machine, vga->surface);
	return true;
}

static uint32_t legacy_read(void *owner, uint16_t port, unsigned size)
{
	(void)size;
	return vga_port_read(owner, port);
}

static void legacy_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)size;
	vga_port_write(owner, port, (uint8_t)value);
}

void vga_map_legacy(Vga *vga)
{
	static const PortOps ops = { legacy_read, legacy_write, 1 };
	/* Not 3BC-3BF, the parallel port of old. */
	static const struct {
		const char *name;
		uint16_t first, count;
		const PortOps *ops;
	} ranges[VGA_PORT_RANGES] = {
		{ "vga", 0x3b4, 2, &ops }, { "vga", 0x3ba, 1, &ops }, { "vga", 0x3c0, 16, &ops },
		{ "vga", 0x3d4, 2, &ops }, { "vga", 0x3da, 1, &ops }, { "vbe", 0x1ce, 4, &vga_vbe_port_ops }, /* a word at 1D0 too */
	};
	for (unsigned n = 0; n < VGA_PORT_RANGES; n++)
		vga->ports[n] = port_map(machine_ports(vga->machine), ranges[n].name, ranges[n].first, ranges[n].count, ranges[n].ops, vga);
	vga->window = memory_map_io(machine_memory(vga->machine), "vga", &vga_window_ops, vga, VGA_WINDOW, VGA_WINDOW_SIZE, MEMORY_PRIORITY_DEVICE);
}

/* Memory keeps its contents: the warm start of a system shows what the last one left, until the BIOS sets a mode. */
void vga_reset(Vga *vga)
{
	vga->misc = vga->feature = 0;
	vga->enable = 1;
	vga->sr_index = vga->gr_index = vga->ar_index = vga->cr_index = 0;
	memset(vga->sr, 0, sizeof vga->sr);
	memset(vga->gr, 0, sizeof vga->gr);
	memset(vga->ar, 0, sizeof vga->ar);
	memset(vga->cr, 0, sizeof vga->cr);
	vga->ar_data = false;
	vga->dac_mask = 0xff;
	vga->dac_state = vga->dac_part = vga->dac_read = vga->dac_write = 0;
	memset(vga->dac, 0, sizeof vga->dac);
	vga->latch = 0;
	vga->vbe_index = 0;
	memset(vga->vbe, 0, sizeof vga->vbe);
	vga->vbe[VBE_ID] = VBE_ID_LAST;
	vga->big_endian = false;
}

/* A saved state may come from anywhere: indexes are brought into their arrays, the VBE numbers into the memory. */
void vga_loaded(Vga *vga)
{
	vga->sr_index &= SR_COUNT - 1;
	vga->gr_index &= GR_COUNT - 1;
	vga->gr[GR_READ_MAP] &= 3;
	vga->dac_part = (uint8_t)(vga->dac_part % 3);
	if (vga_vbe_enabled(vga))
		vga_vbe_write(vga, VBE_XRES, vga->vbe[VBE_XRES]);
	vga->redraw = true;
}

void vga_free(Vga *vga)
{
	if (machine_surface(vga->machine) == vga->surface)
		machine_set_surface(vga->machine, NULL);
	surface_free(vga->surface);
	for (unsigned n = 0; n < VGA_PORT_RANGES; n++)
		port_unmap(machine_ports(vga->machine), vga->ports[n]);
	if (vga->window)
		region_free(vga->window);
	os_pages_free(vga->shadow, vga->vram_size);
	g_free(vga->dirty);
	g_free(vga->line);
	g_free(vga->dots);
}

#define FIELD(name, type) { #name, type, offsetof(Vga, name), 0, 0, NULL, 0 }
#define BYTES(name, length) { #name, STATE_BYTES, offsetof(Vga, name), length, 0, NULL, 0 }

const StateField vga_state[] = {
	FIELD(misc, STATE_U8), FIELD(feature, STATE_U8), FIELD(enable, STATE_U8),
	FIELD(sr_index, STATE_U8), BYTES(sr, SR_COUNT),
	FIELD(gr_index, STATE_U8), BYTES(gr, GR_COUNT),
	FIELD(ar_index, STATE_U8), BYTES(ar, AR_COUNT), FIELD(ar_data, STATE_BOOL),
	FIELD(cr_index, STATE_U8), BYTES(cr, CR_COUNT),
	FIELD(dac_mask, STATE_U8), FIELD(dac_state, STATE_U8), FIELD(dac_part, STATE_U8), FIELD(dac_read, STATE_U8), FIELD(dac_write, STATE_U8),
	BYTES(dac_new, 3), BYTES(dac, 256 * 3),
	FIELD(latch, STATE_U32),
	FIELD(vbe_index, STATE_U16), { "vbe", STATE_U16, offsetof(Vga, vbe), VBE_COUNT, 0, NULL, 0 },
	FIELD(big_endian, STATE_BOOL),
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};
