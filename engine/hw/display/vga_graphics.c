/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Graphics modes: the shift registers and the attribute controller for the VGA's own, plain pixels for VBE's. */
#include "hw/display/vga_core.h"

/* ---- shift registers: four bytes of one character clock become eight dots of four bits, the leftmost first ---- */

/* Bit 7 becomes the lowest byte's bit 0, bit 0 the highest's. */
static uint64_t bits_to_bytes(uint8_t bits)
{
	uint64_t picked = (bits * UINT64_C(0x0101010101010101)) & UINT64_C(0x0102040810204080);
	return (picked + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 7 & UINT64_C(0x0101010101010101);
}

static void shift_planar(uint32_t planes, uint8_t dots[8])
{
	uint64_t all = 0;
	for (unsigned plane = 0; plane < 4; plane++)
		all |= bits_to_bytes((uint8_t)(planes >> 8 * plane)) << plane;
	memcpy(dots, &all, sizeof all);
}

/* CGA's: pairs of bits, from planes 0 and 2 the first four dots, from 1 and 3 the others. */
static void shift_interleaved(uint32_t planes, uint8_t dots[8])
{
	for (unsigned dot = 0; dot < 8; dot++) {
		unsigned shift = (dot < 4 ? 0 : 8) + 6 - 2 * (dot & 3);
		dots[dot] = (uint8_t)((planes >> shift & 3) | (planes >> (shift + 16) & 3) << 2);
	}
}

static void shift_256(uint32_t planes, uint8_t dots[8])
{
	for (unsigned plane = 0; plane < 4; plane++) {
		uint8_t byte = (uint8_t)(planes >> 8 * plane);
		dots[2 * plane] = byte >> 4;
		dots[2 * plane + 1] = byte & 0xf;
	}
}

/* ---- attribute controller ---- */

/* Two dots in a row are one pixel of eight bits. */
static void join_pairs(const VgaFrame *f, uint8_t dots[8])
{
	for (unsigned dot = 0; dot < 8; dot += 2) {
		uint8_t high = vga_palette(f, dots[dot]), low = vga_palette(f, dots[dot + 1]);
		dots[dot] = dots[dot + 1] = (uint8_t)(high << 4 | (low & 0xf));
	}
}

void vga_draw_graphics(Vga *vga, const VgaFrame *f, const VgaLine *line, unsigned columns)
{
	uint8_t *dots = vga->dots;
	for (unsigned column = 0; column < columns; column++, dots += 8) {
		uint32_t planes = vga_load(vga->shadow, vga_address(f, line, column));
		switch (f->shift_mode) {
		case GR5_256: shift_256(planes, dots); break;
		case GR5_INTERLEAVED: shift_interleaved(planes, dots); break;
		default: shift_planar(planes, dots); break;
		}
		if (f->mode & AR10_8BIT && f->bpp != 4) {
			join_pairs(f, dots);
			continue;
		}
		for (unsigned dot = 0; dot < 8; dot++)
			dots[dot] = vga_palette(f, dots[dot]);
	}
}

/* ---- VBE's linear modes ---- */

/* Five or six bits to eight. */
static uint32_t widen(uint32_t value, unsigned bits)
{
	return value << (8 - bits) | value >> (2 * bits - 8);
}

static uint32_t color_of_15(uint32_t v)
{
	return widen(v >> 10 & 0x1f, 5) << 16 | widen(v >> 5 & 0x1f, 5) << 8 | widen(v & 0x1f, 5);
}

static uint32_t color_of_16(uint32_t v)
{
	return widen(v >> 11 & 0x1f, 5) << 16 | widen(v >> 5 & 0x3f, 6) << 8 | widen(v & 0x1f, 5);
}

static uint32_t load_16(const uint8_t *from, bool big)
{
	return big ? (uint32_t)(from[0] << 8 | from[1]) : (uint32_t)(from[1] << 8 | from[0]);
}

static uint32_t load_24(const uint8_t *from, bool big)
{
	return big ? (uint32_t)(from[0] << 16 | from[1] << 8 | from[2]) : (uint32_t)(from[2] << 16 | from[1] << 8 | from[0]);
}

static void draw_32(uint32_t *to, const uint8_t *from, unsigned width, bool big)
{
	for (unsigned x = 0; x < width; x++)
		to[x] = load_24(from + 4 * x + (big ? 1 : 0), big);
}

void vga_draw_linear(Vga *vga, const VgaFrame *f, unsigned y)
{
	const uint64_t at = f->origin + (uint64_t)y * f->pitch, bytes = (uint64_t)f->width * ((f->bpp + 7) / 8);
	const uint8_t *from = vga->shadow + at;
	bool big = f->big_endian;
	uint32_t *to = vga->line;
	if (at + bytes > vga->vram_size) { /* the VBE registers don't let it come to this */
		memset(to, 0, f->width * sizeof *to);
		return;
	}
	switch (f->bpp) {
	case 15:
		for (unsigned x = 0; x < f->width; x++)
			to[x] = color_of_15(load_16(from + 2 * x, big));
		break;
	case 16:
		for (unsigned x = 0; x < f->width; x++)
			to[x] = color_of_16(load_16(from + 2 * x, big));
		break;
	case 24:
		for (unsigned x = 0; x < f->width; x++)
			to[x] = load_24(from + 3 * x, big);
		break;
	case 32: draw_32(to, from, f->width, big); break;
	default:
		for (unsigned x = 0; x < f->width; x++)
			to[x] = vga->colors[from[x]];
		break;
	}
}
