/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VGA core: what the PCI and the ISA card share. Only for the files of this folder.
 *
 * Video memory holds the four planes interleaved: byte `a` of plane `p` is vram[4 * a + p]. One 32-bit word is therefore what the
 * graphics controller latches, and what the CRT controller fetches in one character clock. The linear frame buffer of the VBE modes
 * of 8 and more bits per pixel lies in the same bytes without planes.
 *
 * Drawing. The guest writes the linear frame buffer without our noticing, so each refresh compares the visible video memory with
 * `shadow`, a copy from the last refresh, chunk by chunk, and copies the chunks that differ. Lines are drawn from the shadow only,
 * so that a write in the middle of a refresh is seen at the next one. Lines without a changed chunk are not drawn; a drawn line
 * is compared with the picture, and what differs is the damage.
 *
 * Everything runs under the machine's lock. */
#pragma once

#include <string.h>

#include "display/surface.h"
#include "machine/machine.h"

enum {
	VGA_CHUNK_SHIFT = 8, /* 256 bytes */
	VGA_LEGACY_BYTES = 256 << 10, /* the four planes of 64 KiB that the VGA's own modes reach */
	VGA_WINDOW = 0xa0000, VGA_WINDOW_SIZE = 0x20000,
	VGA_MIN_MEMORY_MB = 1, VGA_MAX_MEMORY_MB = 256,
	VGA_PORT_RANGES = 6,
};

/* Sequencer, 3C4/3C5 */
enum { SR_RESET, SR_CLOCKING, SR_MAP_MASK, SR_FONT, SR_MEMORY, SR_COUNT = 8 };
enum { SR1_8_DOTS = 0x01, SR1_HALF_CLOCK = 0x08, SR1_SCREEN_OFF = 0x20 };
enum { SR4_EXTENDED = 0x02, SR4_SEQUENTIAL = 0x04, SR4_CHAIN4 = 0x08 };
/* Graphics controller, 3CE/3CF */
enum { GR_SET_RESET, GR_ENABLE_SET_RESET, GR_COMPARE, GR_ROTATE, GR_READ_MAP, GR_MODE, GR_MISC, GR_DONT_CARE, GR_BIT_MASK, GR_COUNT = 16 };
enum { GR5_READ_MODE = 0x08, GR5_ODD_EVEN = 0x10, GR5_INTERLEAVED = 0x20, GR5_256 = 0x40 };
enum { GR6_GRAPHICS = 0x01, GR6_CHAIN_ODD_EVEN = 0x02 };
/* Attribute controller, 3C0/3C1 */
enum { AR_MODE = 0x10, AR_OVERSCAN, AR_PLANES, AR_PANNING, AR_COLOR_SELECT, AR_COUNT };
enum { AR_INDEX_VIDEO = 0x20 }; /* of the index register: the palette belongs to the screen, not to the processor */
enum { AR10_LINE_GRAPHICS = 0x04, AR10_BLINK = 0x08, AR10_SPLIT_UNPANNED = 0x20, AR10_8BIT = 0x40, AR10_SELECT_54 = 0x80 };
/* CRT controller, 3D4/3D5 */
enum {
	CR_HTOTAL, CR_HDISPLAY_END, CR_HBLANK_START, CR_HBLANK_END, CR_HRETRACE_START, CR_HRETRACE_END, CR_VTOTAL, CR_OVERFLOW,
	CR_PRESET_ROW, CR_MAX_ROW, CR_CURSOR_START, CR_CURSOR_END, CR_START_HIGH, CR_START_LOW, CR_CURSOR_HIGH, CR_CURSOR_LOW,
	CR_VRETRACE_START, CR_VRETRACE_END, CR_VDISPLAY_END, CR_OFFSET, CR_UNDERLINE, CR_VBLANK_START, CR_VBLANK_END, CR_MODE,
	CR_LINE_COMPARE, CR_COUNT,
	CR_LATCH = 0x22, CR_FLIP_FLOP = 0x24, /* read only */
};
enum { CR9_DOUBLE_SCAN = 0x80, CR0A_CURSOR_OFF = 0x20, CR11_PROTECT = 0x80 };
enum { CR14_COUNT_BY_4 = 0x20, CR14_DOUBLE_WORD = 0x40 };
enum { CR17_ROW0_A13 = 0x01, CR17_ROW1_A14 = 0x02, CR17_LINES_BY_2 = 0x04, CR17_COUNT_BY_2 = 0x08, CR17_WRAP_A15 = 0x20, CR17_BYTE = 0x40 };
enum { MISC_COLOR_PORTS = 0x01, MISC_MEMORY = 0x02 };

/* Bochs VBE, index 1CE, data 1CF and 1D0 */
enum {
	VBE_ID, VBE_XRES, VBE_YRES, VBE_BPP, VBE_ENABLE, VBE_BANK, VBE_VIRTUAL_WIDTH, VBE_VIRTUAL_HEIGHT, VBE_X_OFFSET, VBE_Y_OFFSET,
	VBE_COUNT,
	VBE_MEMORY_64K = VBE_COUNT,
};
enum { VBE_ENABLED = 0x01, VBE_GET_CAPS = 0x02, VBE_8BIT_DAC = 0x20, VBE_LINEAR = 0x40, VBE_NO_CLEAR = 0x80 };
enum { VBE_ID_FIRST = 0xb0c0, VBE_ID_LAST = 0xb0c5, VBE_MAX_XRES = 16000, VBE_MAX_YRES = 12000, VBE_MAX_BPP = 32 };

typedef enum VgaKind { VGA_BLANK, VGA_TEXT, VGA_GRAPHICS, VGA_LINEAR } VgaKind;

/* All that decides, besides video memory and palette, how the picture looks: read off the registers at each refresh. Only 32-bit
 * members, so that two can be compared as bytes. */
typedef struct VgaFrame {
	uint32_t kind;
	uint32_t width, height; /* of the picture */
	/* VGA_TEXT, VGA_GRAPHICS: the CRT controller's counters */
	uint32_t columns;	/* character clocks in a line */
	uint32_t dots;		/* of a character clock: 8, 9 */
	uint32_t doubled;	/* each dot takes two pixels */
	uint32_t start;		/* memory address of the first line */
	uint32_t step;		/* from one row to the next */
	uint32_t preset_row, max_row, double_scan;
	uint32_t line_compare;	/* the line after which the address begins with 0 */
	uint32_t panning, split_panning; /* dots, before and after line_compare */
	uint32_t count_shift;	/* the address counts every 1, 2, 4 character clocks */
	uint32_t cr17, double_word;
	uint32_t address_mask;	/* the last address of a plane */
	/* VGA_GRAPHICS */
	uint32_t shift_mode;	/* GR5_INTERLEAVED, GR5_256 */
	/* the attribute controller */
	uint32_t mode;		/* its register 10 */
	uint32_t palette[4];	/* its 16 outputs, a byte each */
	/* VGA_TEXT */
	uint32_t font[2];	/* addresses in plane 2, by bit 3 of the attribute */
	uint32_t underline;
	/* VGA_LINEAR */
	uint32_t bpp, pitch, origin; /* bytes */
	uint32_t big_endian;
} VgaFrame;

/* What changes in text modes without anybody writing. */
typedef struct VgaCursor {
	uint32_t address; /* ~0: not shown */
	uint32_t first, last;
	uint32_t blink; /* blinking characters are dark now */
} VgaCursor;

typedef struct VgaLine {
	uint32_t address, row;
	uint32_t second; /* of a doubled line */
	uint32_t split;
} VgaLine;

typedef struct Vga {
	Machine *machine;
	RamBlock *ram;
	uint8_t *vram;
	uint32_t vram_size; /* a power of two, at least VGA_LEGACY_BYTES */
	Surface *surface;
	Region *window;
	unsigned ports[VGA_PORT_RANGES]; /* of port_map() */

	uint8_t misc, feature, enable;
	uint8_t sr_index, sr[SR_COUNT];
	uint8_t gr_index, gr[GR_COUNT];
	uint8_t ar_index, ar[AR_COUNT];
	bool ar_data; /* the flip-flop: the next write to 3C0 is data */
	uint8_t cr_index, cr[CR_COUNT];
	uint8_t dac_mask, dac_state, dac_part, dac_read, dac_write;
	uint8_t dac_new[3], dac[256 * 3];
	uint32_t latch;
	uint16_t vbe_index, vbe[VBE_COUNT];
	bool big_endian;

	/* not saved */
	uint8_t *shadow;	/* vram_size bytes */
	uint8_t *dirty;		/* a byte for each chunk of it */
	uint32_t *line;		/* one line of pixels */
	uint8_t *dots;		/* one line of palette indexes */
	uint32_t line_size;	/* of both */
	bool redraw, fonts_changed;
	VgaFrame frame;
	VgaCursor cursor;
	uint32_t colors[256];	/* 0x00RRGGBB of each pixel value, DAC mask applied */
} Vga;

extern const StateField vga_state[]; /* of a Vga */

/* vga_core.c. `memory_mb` is rounded up to a power of two. The core owns the surface, and gives it to the machine if it has none. */
bool vga_init(Vga *vga, Machine *machine, uint32_t memory_mb, GError **error);
void vga_map_legacy(Vga *vga); /* window and ports, for good */
void vga_reset(Vga *vga);
void vga_loaded(Vga *vga);
void vga_free(Vga *vga);

/* vga_registers.c: ports 3B0-3DF, a byte at a time */
uint8_t vga_port_read(Vga *vga, uint16_t port);
void vga_port_write(Vga *vga, uint16_t port, uint8_t value);
/* The CRT controller's numbers that are spread over several registers. */
unsigned vga_vertical_end(const Vga *vga);
unsigned vga_line_compare(const Vga *vga);

/* vga_memory.c: `offset` into the window */
extern const MemoryOps vga_window_ops;

/* vga_vbe.c */
uint16_t vga_vbe_read(const Vga *vga, unsigned index);
void vga_vbe_write(Vga *vga, unsigned index, uint16_t value);
extern const PortOps vga_vbe_port_ops;
static inline bool vga_vbe_enabled(const Vga *vga)
{
	return vga->vbe[VBE_ENABLE] & VBE_ENABLED;
}
/* The window and the picture are linear: no planes. */
static inline bool vga_vbe_linear(const Vga *vga)
{
	return vga_vbe_enabled(vga) && vga->vbe[VBE_BPP] > 4;
}
unsigned vga_vbe_pitch(const Vga *vga); /* bytes of a line; of a plane's line at 4 bits */
void vga_vbe_frame(const Vga *vga, VgaFrame *frame);

/* vga_refresh.c */
extern const SurfaceSource vga_surface_source;
VgaFrame vga_frame(const Vga *vga);
void vga_first_line(const VgaFrame *frame, VgaLine *line);
void vga_next_line(const VgaFrame *frame, VgaLine *line, unsigned y);

/* The plane address that the CRT controller puts out for column `column` of a line. */
static inline uint32_t vga_address(const VgaFrame *f, const VgaLine *line, uint32_t column)
{
	uint32_t count = line->address + (column >> f->count_shift), address = count;
	if (f->double_word)
		address = count << 2 | (count >> 12 & 3);
	else if (!(f->cr17 & CR17_BYTE))
		address = count << 1 | (count >> (f->cr17 & CR17_WRAP_A15 ? 15 : 13) & 1);
	if (!(f->cr17 & CR17_ROW0_A13))
		address = (address & ~0x2000u) | (line->row & 1) << 13;
	if (!(f->cr17 & CR17_ROW1_A14))
		address = (address & ~0x4000u) | (line->row >> 1 & 1) << 14;
	return address & f->address_mask;
}

static inline uint32_t vga_load(const uint8_t *memory, uint32_t address)
{
	uint32_t planes;
	memcpy(&planes, memory + 4 * (size_t)address, sizeof planes);
	return planes;
}

static inline uint8_t vga_palette(const VgaFrame *f, unsigned n)
{
	return (uint8_t)(f->palette[n / 4] >> 8 * (n % 4));
}

/* vga_text.c, vga_graphics.c: draw one line into vga->dots (palette indexes), or vga->line (pixels, linear modes) */
void vga_draw_text(Vga *vga, const VgaFrame *frame, const VgaLine *line, unsigned columns);
void vga_draw_graphics(Vga *vga, const VgaFrame *frame, const VgaLine *line, unsigned columns);
void vga_draw_linear(Vga *vga, const VgaFrame *frame, unsigned y);
VgaCursor vga_cursor(const Vga *vga);
bool vga_text_line_changed(const Vga *vga, const VgaFrame *frame, const VgaLine *line, const VgaCursor *before);
char *vga_screen_text(const Vga *vga);
