/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window at A0000-BFFFF: how the processor's bytes reach the planes (IBM VGA Technical Reference, sequencer and graphics
 * controller).
 *
 * In VBE modes of 8 and more bits the window is a plain view of a 64 KiB bank. Else each byte goes to the planes that the sequencer
 * chooses: all of its map mask; by the low two address bits (chain 4); or by the lowest one (odd/even). In chain 4 the plane address
 * isn't shifted, so that the 64 KiB lie scattered over the 256, as on the original.
 * The odd/even page bit of the miscellaneous output register is not looked at. */
#include "hw/display/vga_core.h"

/* Four bits, one for a plane, made four bytes of ones. */
static uint32_t spread(unsigned planes)
{
	return ((planes & 1) | (planes & 2) << 7 | (planes & 4) << 14 | (planes & 8) << 21) * 0xffu;
}

static uint32_t repeat(uint8_t value)
{
	return value * 0x01010101u;
}

/* The offset within the memory map of GR6; false: outside of it. */
static bool map_offset(const Vga *vga, uint32_t *offset)
{
	static const struct { uint32_t first, size; } maps[] = { { 0, 0x20000 }, { 0, 0x10000 }, { 0x10000, 0x8000 }, { 0x18000, 0x8000 } };
	unsigned map = vga->gr[GR_MISC] >> 2 & 3;
	if (*offset - maps[map].first >= maps[map].size)
		return false;
	*offset -= maps[map].first;
	return true;
}

static uint32_t bank_base(const Vga *vga)
{
	return vga_vbe_enabled(vga) ? (uint32_t)vga->vbe[VBE_BANK] << 16 : 0;
}

/* The address in the planes of a processor's access without chain 4. */
static uint32_t plane_address(const Vga *vga, uint32_t offset)
{
	if (vga->gr[GR_MISC] & GR6_CHAIN_ODD_EVEN)
		offset &= ~1u;
	return vga_vbe_enabled(vga) ? (bank_base(vga) + (offset & 0xffff)) & (vga->vram_size / 4 - 1) : offset & 0xffff;
}

static bool chained(const Vga *vga)
{
	return vga->sr[SR_MEMORY] & SR4_CHAIN4;
}

/* The low two bits, which chose the plane, are replaced by the highest ones: as the CRT controller's double word mode does it. */
static uint32_t chain4_address(uint32_t offset)
{
	return (offset & 0xfffc) | (offset >> 14 & 3);
}

/* ---- reading ---- */

static uint8_t compare_colors(const Vga *vga)
{
	uint32_t differs = (vga->latch ^ spread(vga->gr[GR_COMPARE])) & spread(vga->gr[GR_DONT_CARE]);
	differs |= differs >> 16;
	return (uint8_t)~(differs | differs >> 8);
}

static uint8_t read_planar(Vga *vga, uint32_t offset)
{
	unsigned plane = vga->gr[GR_READ_MAP];
	uint32_t address = plane_address(vga, offset);
	if (chained(vga)) {
		plane = offset & 3;
		address = chain4_address(offset);
	} else if (vga->gr[GR_MODE] & GR5_ODD_EVEN) {
		plane = (plane & 2) | (offset & 1);
	}
	vga->latch = vga_load(vga->vram, address);
	if (vga->gr[GR_MODE] & GR5_READ_MODE)
		return compare_colors(vga);
	return (uint8_t)(vga->latch >> 8 * plane);
}

/* ---- writing ---- */

static uint8_t rotate(const Vga *vga, uint8_t value)
{
	unsigned count = vga->gr[GR_ROTATE] & 7;
	return (uint8_t)(value >> count | value << (8 - count));
}

static uint32_t combine(const Vga *vga, uint32_t value)
{
	switch (vga->gr[GR_ROTATE] >> 3 & 3) {
	case 1: return value & vga->latch;
	case 2: return value | vga->latch;
	case 3: return value ^ vga->latch;
	default: return value;
	}
}

/* What the four planes get of a byte, by the write modes of GR5. */
static uint32_t planes_of(const Vga *vga, uint8_t value)
{
	uint32_t set = spread(vga->gr[GR_SET_RESET]), by_set = spread(vga->gr[GR_ENABLE_SET_RESET]);
	uint32_t mask = repeat(vga->gr[GR_BIT_MASK]), planes;
	switch (vga->gr[GR_MODE] & 3) {
	case 0: planes = (repeat(rotate(vga, value)) & ~by_set) | (set & by_set); break;
	case 1: return vga->latch;
	case 2: planes = spread(value & 0xf); break;
	default:
		planes = set;
		mask &= repeat(rotate(vga, value));
		break;
	}
	return (combine(vga, planes) & mask) | (vga->latch & ~mask);
}

static void write_planar(Vga *vga, uint32_t offset, uint8_t value)
{
	uint32_t address = plane_address(vga, offset), enabled = vga->sr[SR_MAP_MASK];
	if (chained(vga)) {
		enabled &= 1u << (offset & 3);
		address = chain4_address(offset);
	} else if (!(vga->sr[SR_MEMORY] & SR4_SEQUENTIAL)) {
		enabled &= offset & 1 ? 0xa : 0x5;
	}
	uint32_t mask = spread(enabled), planes = (vga_load(vga->vram, address) & ~mask) | (planes_of(vga, value) & mask);
	memcpy(vga->vram + 4 * (size_t)address, &planes, sizeof planes);
}

/* ---- the window ---- */

static uint8_t read_byte(Vga *vga, uint32_t offset)
{
	if (!(vga->misc & MISC_MEMORY) || !map_offset(vga, &offset))
		return 0xff;
	if (vga_vbe_linear(vga))
		return vga->vram[(bank_base(vga) + offset) & (vga->vram_size - 1)];
	return read_planar(vga, offset);
}

static void write_byte(Vga *vga, uint32_t offset, uint8_t value)
{
	if (!(vga->misc & MISC_MEMORY) || !map_offset(vga, &offset))
		return;
	if (vga_vbe_linear(vga))
		vga->vram[(bank_base(vga) + offset) & (vga->vram_size - 1)] = value;
	else
		write_planar(vga, offset, value);
}

static uint64_t window_read(void *owner, uint64_t offset, unsigned size)
{
	uint64_t value = 0;
	for (unsigned n = 0; n < size; n++)
		value |= (uint64_t)read_byte(owner, (uint32_t)offset + n) << 8 * n;
	return value;
}

static void window_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	for (unsigned n = 0; n < size; n++)
		write_byte(owner, (uint32_t)offset + n, (uint8_t)(value >> 8 * n));
}

const MemoryOps vga_window_ops = { window_read, window_write, 1, 8, false };
