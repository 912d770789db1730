/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Bochs VBE extensions ("DISPI"): modes by resolution and depth, programmed through an index and a data register.
 *
 * Interface versions B0C0 to B0C5. Values are brought into the range of the hardware when the mode is enabled, and as they are
 * written from then on; guests look for what they got by reading back. Virtual height is what the memory gives. */
#include "hw/display/vga_core.h"

static unsigned bytes_per_pixel(unsigned bpp)
{
	return (bpp + 7) / 8;
}

/* Bytes of a line `width` pixels long; of one plane's line at 4 bits. */
static unsigned pitch_of(unsigned bpp, unsigned width)
{
	return bpp == 4 ? width / 8 : width * bytes_per_pixel(bpp);
}

unsigned vga_vbe_pitch(const Vga *vga)
{
	return pitch_of(vga->vbe[VBE_BPP], vga->vbe[VBE_VIRTUAL_WIDTH]);
}

/* The memory that lines lie in: all of it, or a plane. */
static unsigned memory_of(const Vga *vga)
{
	return vga->vbe[VBE_BPP] == 4 ? vga->vram_size / 4 : vga->vram_size;
}

static void check_depth(Vga *vga)
{
	switch (vga->vbe[VBE_BPP]) {
	case 4: case 8: case 15: case 16: case 24: case 32: break;
	default: vga->vbe[VBE_BPP] = 8;
	}
}

/* Everything within the memory. */
static void check_size(Vga *vga)
{
	uint16_t *r = vga->vbe;
	check_depth(vga);
	r[VBE_XRES] = (uint16_t)CLAMP(r[VBE_XRES] & ~7, 8, VBE_MAX_XRES);
	r[VBE_VIRTUAL_WIDTH] = (uint16_t)CLAMP(r[VBE_VIRTUAL_WIDTH] & ~7, r[VBE_XRES], VBE_MAX_XRES);
	unsigned lines = memory_of(vga) / vga_vbe_pitch(vga);
	r[VBE_YRES] = (uint16_t)CLAMP(r[VBE_YRES], 1, MIN(lines, VBE_MAX_YRES));
	r[VBE_VIRTUAL_HEIGHT] = (uint16_t)MIN(lines, UINT16_MAX);
	r[VBE_X_OFFSET] = (uint16_t)MIN(r[VBE_X_OFFSET], r[VBE_VIRTUAL_WIDTH] - r[VBE_XRES]);
	r[VBE_Y_OFFSET] = (uint16_t)MIN(r[VBE_Y_OFFSET], r[VBE_VIRTUAL_HEIGHT] - MIN(r[VBE_YRES], r[VBE_VIRTUAL_HEIGHT]));
}

/* The VGA's registers follow, for software that goes on with the window, or reads the size from the CRT controller. */
static void set_registers(Vga *vga)
{
	unsigned last = vga->vbe[VBE_YRES] - 1u;
	bool planar = vga->vbe[VBE_BPP] == 4;
	vga->gr[GR_MISC] = (uint8_t)((vga->gr[GR_MISC] & ~0x0e) | 0x04 | GR6_GRAPHICS);
	vga->gr[GR_MODE] = (uint8_t)((vga->gr[GR_MODE] & ~(GR5_INTERLEAVED | GR5_256)) | (planar ? 0 : GR5_256));
	vga->cr[CR_MODE] |= CR17_ROW0_A13 | CR17_ROW1_A14;
	vga->cr[CR_OFFSET] = (uint8_t)(vga_vbe_pitch(vga) >> (planar ? 1 : 3));
	vga->cr[CR_HDISPLAY_END] = (uint8_t)(vga->vbe[VBE_XRES] / 8 - 1);
	vga->cr[CR_VDISPLAY_END] = (uint8_t)last;
	vga->cr[CR_OVERFLOW] = (uint8_t)((vga->cr[CR_OVERFLOW] & ~0x42) | (last >> 7 & 0x02) | (last >> 3 & 0x40) | 0x10);
	vga->cr[CR_LINE_COMPARE] = 0xff;
	vga->cr[CR_MAX_ROW] = 0x40; /* bit 9 of the line compare: never */
	if (planar) {
		vga->sr[SR_CLOCKING] &= (uint8_t)~SR1_HALF_CLOCK;
	} else {
		vga->sr[SR_MEMORY] |= SR4_CHAIN4;
		vga->sr[SR_MAP_MASK] = 0x0f;
	}
}

static void clear_screen(Vga *vga)
{
	size_t bytes = (size_t)vga->vbe[VBE_YRES] * vga_vbe_pitch(vga) * (vga->vbe[VBE_BPP] == 4 ? 4 : 1);
	memset(vga->vram, 0, MIN(bytes, vga->vram_size));
}

static void write_enable(Vga *vga, uint16_t value)
{
	bool was = vga_vbe_enabled(vga);
	vga->vbe[VBE_ENABLE] = value & (VBE_ENABLED | VBE_GET_CAPS | VBE_8BIT_DAC | VBE_LINEAR | VBE_NO_CLEAR);
	if (!vga_vbe_enabled(vga)) {
		vga->vbe[VBE_BANK] = 0;
		return;
	}
	if (was)
		return;
	vga->vbe[VBE_VIRTUAL_WIDTH] = 0;
	vga->vbe[VBE_X_OFFSET] = vga->vbe[VBE_Y_OFFSET] = 0;
	check_size(vga);
	set_registers(vga);
	if (!(value & VBE_NO_CLEAR))
		clear_screen(vga);
}

static void write_bank(Vga *vga, uint16_t value)
{
	vga->vbe[VBE_BANK] = (uint16_t)(value & (MAX(memory_of(vga) >> 16, 1) - 1));
}

void vga_vbe_write(Vga *vga, unsigned index, uint16_t value)
{
	switch (index) {
	case VBE_ID:
		if (value >= VBE_ID_FIRST && value <= VBE_ID_LAST)
			vga->vbe[VBE_ID] = value;
		break;
	case VBE_XRES:
	case VBE_YRES:
	case VBE_BPP:
	case VBE_VIRTUAL_WIDTH:
	case VBE_X_OFFSET:
	case VBE_Y_OFFSET:
		vga->vbe[index] = value;
		if (vga_vbe_enabled(vga)) { /* else the other numbers aren't this mode's yet */
			check_size(vga);
			set_registers(vga);
		}
		break;
	case VBE_BANK: write_bank(vga, value); break;
	case VBE_ENABLE: write_enable(vga, value); break;
	default: break; /* VBE_VIRTUAL_HEIGHT and VBE_MEMORY_64K are read only */
	}
}

static uint16_t capability(unsigned index)
{
	switch (index) {
	case VBE_XRES: return VBE_MAX_XRES;
	case VBE_YRES: return VBE_MAX_YRES;
	default: return VBE_MAX_BPP;
	}
}

uint16_t vga_vbe_read(const Vga *vga, unsigned index)
{
	if (index == VBE_MEMORY_64K)
		return (uint16_t)MIN(vga->vram_size >> 16, UINT16_MAX);
	if (index >= VBE_COUNT)
		return 0;
	if (vga->vbe[VBE_ENABLE] & VBE_GET_CAPS && index >= VBE_XRES && index <= VBE_BPP)
		return capability(index);
	return vga->vbe[index];
}

/* ---- ports 1CE, 1CF and 1D0 ---- */

enum { PORT_INDEX = 0x1ce };

static uint32_t vbe_port_read(void *owner, uint16_t port, unsigned size)
{
	Vga *vga = owner;
	uint32_t value = port == PORT_INDEX ? vga->vbe_index : vga_vbe_read(vga, vga->vbe_index);
	return size == 1 ? value & 0xff : value;
}

static void vbe_port_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Vga *vga = owner;
	(void)size; /* of a byte the upper half is zero */
	if (port == PORT_INDEX)
		vga->vbe_index = (uint16_t)value;
	else
		vga_vbe_write(vga, vga->vbe_index, (uint16_t)value);
}

const PortOps vga_vbe_port_ops = { vbe_port_read, vbe_port_write, 2 };

/* ---- the picture ---- */

static void planar_frame(const Vga *vga, VgaFrame *frame)
{
	unsigned pitch = vga_vbe_pitch(vga);
	frame->kind = VGA_GRAPHICS;
	frame->columns = frame->width / 8;
	frame->dots = 8;
	frame->start = vga->vbe[VBE_Y_OFFSET] * pitch + vga->vbe[VBE_X_OFFSET] / 8;
	frame->step = pitch;
	frame->line_compare = ~0u;
	frame->panning = frame->split_panning = vga->vbe[VBE_X_OFFSET] & 7;
	frame->cr17 = CR17_BYTE | CR17_ROW0_A13 | CR17_ROW1_A14;
	frame->address_mask = vga->vram_size / 4 - 1;
}

void vga_vbe_frame(const Vga *vga, VgaFrame *frame)
{
	frame->width = vga->vbe[VBE_XRES];
	frame->height = vga->vbe[VBE_YRES];
	frame->bpp = vga->vbe[VBE_BPP];
	if (frame->bpp == 4) {
		planar_frame(vga, frame);
		return;
	}
	frame->kind = VGA_LINEAR;
	frame->pitch = vga_vbe_pitch(vga);
	frame->origin = vga->vbe[VBE_Y_OFFSET] * frame->pitch + vga->vbe[VBE_X_OFFSET] * bytes_per_pixel(frame->bpp);
	frame->big_endian = vga->big_endian;
}
