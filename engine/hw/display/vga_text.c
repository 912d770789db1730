/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text modes: plane 0 holds characters, plane 1 attributes, plane 2 fonts of 256 characters, 32 bytes each. */
#include "hw/display/cp437.h"
#include "hw/display/vga_core.h"

enum { FONT_BYTES_PER_CHAR = 32, FIRST_LINE_GRAPHIC = 0xc0, LAST_LINE_GRAPHIC = 0xdf };
enum { ATTRIBUTE_BLINK = 0x80, ATTRIBUTE_FONT = 0x08 };

/* ---- cursor and blinking ---- */

/* Both blink by the vertical retrace: the cursor is shown for 8 pictures of 16, blinking characters for 16 of 32. */
VgaCursor vga_cursor(const Vga *vga)
{
	enum { EIGHT_PICTURES_NS = 8 * 14268414 }; /* at 70.086 Hz */
	uint64_t eighths = (uint64_t)clock_now(machine_clock(vga->machine)) / EIGHT_PICTURES_NS;
	const uint8_t *cr = vga->cr;
	VgaCursor cursor = { .address = ~0u, .blink = vga->ar[AR_MODE] & AR10_BLINK ? eighths >> 1 & 1 : 0 };
	if (cr[CR_CURSOR_START] & CR0A_CURSOR_OFF || eighths & 1)
		return cursor;
	unsigned skew = cr[CR_CURSOR_END] >> 5 & 3;
	cursor.address = (((uint32_t)cr[CR_CURSOR_HIGH] << 8 | cr[CR_CURSOR_LOW]) + skew) & 0xffff;
	cursor.first = cr[CR_CURSOR_START] & 0x1f;
	cursor.last = cr[CR_CURSOR_END] & 0x1f;
	return cursor;
}

static uint32_t counter(const VgaFrame *f, const VgaLine *line, unsigned column)
{
	return (line->address + (column >> f->count_shift)) & 0xffff;
}

static bool is_under(const VgaCursor *cursor, uint32_t address, uint32_t row)
{
	return address == cursor->address && row >= cursor->first && row <= cursor->last;
}

/* Besides memory: did the cursor come or go here, or do characters blink? */
bool vga_text_line_changed(const Vga *vga, const VgaFrame *f, const VgaLine *line, const VgaCursor *before)
{
	bool blinked = vga->cursor.blink != before->blink;
	if (!blinked && memcmp(&vga->cursor, before, sizeof *before) == 0)
		return false;
	for (unsigned column = 0; column <= f->columns; column++) {
		uint32_t address = counter(f, line, column);
		if (is_under(&vga->cursor, address, line->row) != is_under(before, address, line->row))
			return true;
		if (blinked && vga_load(vga->shadow, vga_address(f, line, column)) >> 8 & ATTRIBUTE_BLINK)
			return true;
	}
	return false;
}

/* ---- drawing ---- */

typedef struct Cell {
	uint16_t bits; /* bit 8 is the leftmost dot, bit 0 the ninth */
	uint8_t foreground, background;
} Cell;

static Cell read_cell(const Vga *vga, const VgaFrame *f, const VgaLine *line, unsigned column)
{
	uint32_t planes = vga_load(vga->shadow, vga_address(f, line, column));
	uint8_t character = (uint8_t)planes, attribute = (uint8_t)(planes >> 8);
	uint32_t font = f->font[attribute & ATTRIBUTE_FONT ? 1 : 0] + character * FONT_BYTES_PER_CHAR + line->row;
	unsigned bits = (vga_load(vga->shadow, font & (VGA_LEGACY_BYTES / 4 - 1)) >> 16 & 0xff) << 1;
	unsigned background = attribute >> 4;
	if (f->mode & AR10_LINE_GRAPHICS && character >= FIRST_LINE_GRAPHIC && character <= LAST_LINE_GRAPHIC)
		bits |= bits >> 1 & 1;
	if ((attribute & 7) == 1 && line->row == f->underline)
		bits = 0x1ff;
	if (f->mode & AR10_BLINK) { /* the underline blinks too, the cursor has a rhythm of its own */
		background &= 7;
		if (attribute & ATTRIBUTE_BLINK && vga->cursor.blink)
			bits = 0;
	}
	if (is_under(&vga->cursor, counter(f, line, column), line->row))
		bits = 0x1ff;
	return (Cell){ (uint16_t)bits, vga_palette(f, attribute & 0xf), vga_palette(f, background) };
}

void vga_draw_text(Vga *vga, const VgaFrame *f, const VgaLine *line, unsigned columns)
{
	uint8_t *out = vga->dots;
	for (unsigned column = 0; column < columns; column++) {
		Cell cell = read_cell(vga, f, line, column);
		for (unsigned dot = 0; dot < f->dots; dot++)
			*out++ = cell.bits & 0x100 >> dot ? cell.foreground : cell.background;
	}
}

/* ---- the text itself ---- */

static void append_row(const Vga *vga, const VgaFrame *f, const VgaLine *line, GString *out)
{
	gsize start = out->len, end = out->len;
	for (unsigned column = 0; column < f->columns; column++) {
		uint8_t character = (uint8_t)vga_load(vga->vram, vga_address(f, line, column));
		g_string_append_unichar(out, cp437_unicode[character]);
		if (character != 0 && character != ' ' && character != 0xff)
			end = out->len;
	}
	g_string_truncate(out, MAX(start, end));
	g_string_append_c(out, '\n');
}

char *vga_screen_text(const Vga *vga)
{
	VgaFrame f = vga_frame(vga);
	if (f.kind != VGA_TEXT)
		return NULL;
	GString *out = g_string_new(NULL);
	VgaLine line;
	vga_first_line(&f, &line);
	for (unsigned y = 0; y < f.height; y++) {
		if (y == 0 || (line.row == 0 && !line.second))
			append_row(vga, &f, &line, out);
		vga_next_line(&f, &line, y);
	}
	return g_string_free(out, FALSE);
}
