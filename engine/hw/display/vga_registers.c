/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VGA's registers at ports 3B0-3DF (IBM VGA Technical Reference; the DAC is an INMOS G171).
 *
 * CRT controller, input status 1 and feature control answer at 3Bx or 3Dx, as bit 0 of the miscellaneous output register says;
 * the other set of ports is not there. */
#include "hw/display/vga_core.h"

/* Bits that hold what is written. */
static const uint8_t sr_masks[SR_COUNT] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e };
static const uint8_t gr_masks[GR_COUNT] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };
static const uint8_t ar_masks[AR_COUNT] = {
	0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0xef, 0xff, 0x3f, 0x0f, 0x0f,
};

unsigned vga_vertical_end(const Vga *vga)
{
	return vga->cr[CR_VDISPLAY_END] | (vga->cr[CR_OVERFLOW] & 0x02) << 7 | (vga->cr[CR_OVERFLOW] & 0x40) << 3;
}

unsigned vga_line_compare(const Vga *vga)
{
	return vga->cr[CR_LINE_COMPARE] | (vga->cr[CR_OVERFLOW] & 0x10) << 4 | (vga->cr[CR_MAX_ROW] & 0x40) << 3;
}

/* ---- input status 1 ---- */

/* Where the beam is. */
typedef struct Beam {
	bool hidden, retrace;
} Beam;

static unsigned dot_clock_hz(const Vga *vga)
{
	unsigned hz = (vga->misc >> 2 & 3) == 1 ? 28322000 : 25175000;
	return vga->sr[SR_CLOCKING] & SR1_HALF_CLOCK ? hz / 2 : hz;
}

/* The retrace begins at a line and ends where the low four bits of the line counter are those of CR11. */
static bool in_retrace(const Vga *vga, unsigned line)
{
	unsigned first = vga->cr[CR_VRETRACE_START] | (vga->cr[CR_OVERFLOW] & 0x04) << 6 | (vga->cr[CR_OVERFLOW] & 0x80) << 2;
	unsigned length = ((vga->cr[CR_VRETRACE_END] & 0xf) - first) & 0xf;
	return line >= first && line - first < (length ? length : 16);
}

static Beam crt_beam(const Vga *vga, uint64_t now_ns)
{
	unsigned char_dots = vga->sr[SR_CLOCKING] & SR1_8_DOTS ? 8 : 9;
	unsigned htotal = vga->cr[CR_HTOTAL] + 5u;
	unsigned vtotal = (vga->cr[CR_VTOTAL] | (vga->cr[CR_OVERFLOW] & 0x01) << 8 | (vga->cr[CR_OVERFLOW] & 0x20) << 4) + 2u;
	uint64_t clocks = clock_ns_to_ticks((int64_t)now_ns, dot_clock_hz(vga)) / char_dots;
	unsigned column = (unsigned)(clocks % htotal), line = (unsigned)(clocks / htotal % vtotal);
	return (Beam){ line > vga_vertical_end(vga) || column > vga->cr[CR_HDISPLAY_END], in_retrace(vga, line) };
}

/* VBE modes have no timing registers: 60 pictures a second, a twentieth of each dark. */
static Beam vbe_beam(uint64_t now_ns)
{
	enum { PERIOD_NS = 16666667, DARK_NS = PERIOD_NS / 20, RETRACE_NS = 100000 };
	uint64_t at = now_ns % PERIOD_NS;
	return (Beam){ at >= PERIOD_NS - DARK_NS, at >= PERIOD_NS - RETRACE_NS };
}

static uint8_t read_status1(Vga *vga)
{
	uint64_t now_ns = (uint64_t)clock_now(machine_clock(vga->machine));
	Beam beam = vga_vbe_enabled(vga) ? vbe_beam(now_ns) : crt_beam(vga, now_ns);
	vga->ar_data = false;
	return (uint8_t)((beam.hidden || beam.retrace ? 0x01 : 0) | (beam.retrace ? 0x08 : 0));
}

/* ---- attribute controller ---- */

static void write_attribute(Vga *vga, uint8_t value)
{
	unsigned index = vga->ar_index & 0x1f;
	if (!vga->ar_data)
		vga->ar_index = value & 0x3f;
	else if (index < AR_COUNT)
		vga->ar[index] = value & ar_masks[index];
	vga->ar_data = !vga->ar_data;
}

static uint8_t read_attribute(const Vga *vga)
{
	unsigned index = vga->ar_index & 0x1f;
	return index < AR_COUNT ? vga->ar[index] : 0;
}

/* ---- DAC ---- */

static uint8_t dac_bits(const Vga *vga)
{
	return vga->vbe[VBE_ENABLE] & VBE_8BIT_DAC ? 0xff : 0x3f;
}

static uint8_t read_dac(Vga *vga)
{
	uint8_t value = vga->dac[vga->dac_read * 3 + vga->dac_part] & dac_bits(vga);
	if (++vga->dac_part == 3) {
		vga->dac_part = 0;
		vga->dac_read++;
	}
	return value;
}

static void write_dac(Vga *vga, uint8_t value)
{
	vga->dac_new[vga->dac_part] = value & dac_bits(vga);
	if (++vga->dac_part == 3) {
		memcpy(&vga->dac[vga->dac_write * 3], vga->dac_new, sizeof vga->dac_new);
		vga->dac_part = 0;
		vga->dac_write++;
	}
}

/* 3C7 and 3C8: a triple begins; 3C7 reads 3 after the former, 0 after the latter. */
static void begin_dac(Vga *vga, uint8_t *index, uint8_t value, uint8_t state)
{
	*index = value;
	vga->dac_part = 0;
	vga->dac_state = state;
}

/* ---- CRT controller ---- */

static uint8_t read_crtc(const Vga *vga)
{
	switch (vga->cr_index) {
	case CR_LATCH: return (uint8_t)(vga->latch >> 8 * vga->gr[GR_READ_MAP]);
	case CR_FLIP_FLOP: return vga->ar_data ? 0x80 : 0;
	default: return vga->cr_index < CR_COUNT ? vga->cr[vga->cr_index] : 0;
	}
}

static void write_crtc(Vga *vga, uint8_t value)
{
	unsigned index = vga->cr_index;
	if (index >= CR_COUNT)
		return;
	if (index <= CR_OVERFLOW && vga->cr[CR_VRETRACE_END] & CR11_PROTECT) {
		if (index == CR_OVERFLOW) /* bit 8 of the line compare register stays open */
			vga->cr[CR_OVERFLOW] = (uint8_t)((vga->cr[CR_OVERFLOW] & ~0x10) | (value & 0x10));
		return;
	}
	vga->cr[index] = value;
}

/* ---- the ports ---- */

/* False: of the set that isn't there now. */
static bool answers(const Vga *vga, uint16_t port)
{
	unsigned set = port & 0x3f0;
	return set == 0x3c0 || set == (vga->misc & MISC_COLOR_PORTS ? 0x3d0 : 0x3b0);
}

uint8_t vga_port_read(Vga *vga, uint16_t port)
{
	if (!answers(vga, port))
		return 0xff;
	switch (port) {
	case 0x3c0: return vga->ar_index;
	case 0x3c1: return read_attribute(vga);
	case 0x3c2: return 0x10; /* sense: a monitor is there */
	case 0x3c3: return vga->enable;
	case 0x3c4: return vga->sr_index;
	case 0x3c5: return vga->sr[vga->sr_index];
	case 0x3c6: return vga->dac_mask;
	case 0x3c7: return vga->dac_state;
	case 0x3c8: return vga->dac_write;
	case 0x3c9: return read_dac(vga);
	case 0x3ca: return vga->feature;
	case 0x3cc: return vga->misc;
	case 0x3ce: return vga->gr_index;
	case 0x3cf: return vga->gr[vga->gr_index];
	case 0x3b4: case 0x3d4: return vga->cr_index;
	case 0x3b5: case 0x3d5: return read_crtc(vga);
	case 0x3ba: case 0x3da: return read_status1(vga);
	default: return 0xff;
	}
}

void vga_port_write(Vga *vga, uint16_t port, uint8_t value)
{
	if (!answers(vga, port))
		return;
	switch (port) {
	case 0x3c0: write_attribute(vga, value); break;
	case 0x3c2: vga->misc = value & 0xef; break;
	case 0x3c3: vga->enable = value & 0x01; break;
	case 0x3c4: vga->sr_index = value & 0x07; break;
	case 0x3c5: vga->sr[vga->sr_index] = value & sr_masks[vga->sr_index]; break;
	case 0x3c6: vga->dac_mask = value; break;
	case 0x3c7: begin_dac(vga, &vga->dac_read, value, 3); break;
	case 0x3c8: begin_dac(vga, &vga->dac_write, value, 0); break;
	case 0x3c9: write_dac(vga, value); break;
	case 0x3ce: vga->gr_index = value & 0x0f; break;
	case 0x3cf: vga->gr[vga->gr_index] = value & gr_masks[vga->gr_index]; break;
	case 0x3b4: case 0x3d4: vga->cr_index = value; break;
	case 0x3b5: case 0x3d5: write_crtc(vga, value); break;
	case 0x3ba: case 0x3da: vga->feature = value & 0x10; break;
	default: break;
	}
}
