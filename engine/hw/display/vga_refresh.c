/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From registers and memory to the surface; vga_core.h says how changes are found. */
#include "hw/display/vga_core.h"

/* ---- what the registers say ---- */

static void fill_palette(const Vga *vga, VgaFrame *f)
{
	uint8_t select = vga->ar[AR_COLOR_SELECT];
	for (unsigned n = 0; n < 16; n++) {
		uint32_t color = vga->ar[n & vga->ar[AR_PLANES] & 0xf];
		color = vga->ar[AR_MODE] & AR10_SELECT_54 ? (color & 0x0f) | (select & 0x0f) << 4 : (color & 0x3f) | (select & 0x0c) << 4;
		f->palette[n / 4] |= color << 8 * (n % 4);
	}
}

/* Sequencer register 3: two of eight fonts, in 16 KiB steps and, by the third bit, 8 KiB higher. */
static uint32_t font_address(unsigned low, unsigned high)
{
	return low << 14 | high << 13;
}

static void text_frame(const Vga *vga, VgaFrame *f)
{
	uint8_t font = vga->sr[SR_MEMORY] & SR4_EXTENDED ? vga->sr[SR_FONT] : 0;
	f->kind = VGA_TEXT;
	f->dots = vga->sr[SR_CLOCKING] & SR1_8_DOTS ? 8 : 9;
	f->font[0] = font_address(font & 3, font >> 4 & 1);
	f->font[1] = font_address(font >> 2 & 3, font >> 5 & 1);
	f->underline = vga->cr[CR_UNDERLINE] & 0x1f;
}

static void graphics_frame(const Vga *vga, VgaFrame *f)
{
	f->kind = VGA_GRAPHICS;
	f->dots = 8;
	f->shift_mode = vga->gr[GR_MODE] & GR5_256 ? GR5_256 : vga->gr[GR_MODE] & GR5_INTERLEAVED;
}

static uint32_t panning_dots(const Vga *vga, const VgaFrame *f)
{
	unsigned panning = vga->ar[AR_PANNING];
	if (f->dots == 8)
		return panning & 7;
	return panning < 8 ? panning + 1 : 0;
}

static void crt_frame(const Vga *vga, VgaFrame *f)
{
	const uint8_t *cr = vga->cr;
	if (vga->gr[GR_MISC] & GR6_GRAPHICS)
		graphics_frame(vga, f);
	else
		text_frame(vga, f);
	f->columns = cr[CR_HDISPLAY_END] + 1u;
	f->doubled = vga->sr[SR_CLOCKING] & SR1_HALF_CLOCK ? 1 : 0;
	f->start = ((uint32_t)cr[CR_START_HIGH] << 8 | cr[CR_START_LOW]) + (cr[CR_PRESET_ROW] >> 5 & 3);
	f->step = cr[CR_OFFSET] * 2u;
	f->preset_row = cr[CR_PRESET_ROW] & 0x1f;
	f->max_row = cr[CR_MAX_ROW] & 0x1f;
	f->double_scan = cr[CR_MAX_ROW] & CR9_DOUBLE_SCAN ? 1 : 0;
	f->line_compare = vga_line_compare(vga);
	f->panning = panning_dots(vga, f);
	f->split_panning = vga->ar[AR_MODE] & AR10_SPLIT_UNPANNED ? 0 : f->panning;
	f->count_shift = cr[CR_UNDERLINE] & CR14_COUNT_BY_4 ? 2 : cr[CR_MODE] & CR17_COUNT_BY_2 ? 1 : 0;
	f->double_word = cr[CR_UNDERLINE] & CR14_DOUBLE_WORD;
	f->cr17 = cr[CR_MODE];
	f->address_mask = VGA_LEGACY_BYTES / 4 - 1;
	f->width = f->columns * f->dots << f->doubled;
	f->height = (vga_vertical_end(vga) + 1) << (cr[CR_MODE] & CR17_LINES_BY_2 ? 1 : 0);
}

VgaFrame vga_frame(const Vga *vga)
{
	VgaFrame f;
	memset(&f, 0, sizeof f);
	f.mode = vga->ar[AR_MODE];
	fill_palette(vga, &f);
	if (vga_vbe_enabled(vga))
		vga_vbe_frame(vga, &f);
	else
		crt_frame(vga, &f);
	if (!(vga->ar_index & AR_INDEX_VIDEO) || vga->sr[SR_CLOCKING] & SR1_SCREEN_OFF) {
		/* The size stays: the registers may hold half of a mode, or nothing yet. */
		f.kind = VGA_BLANK;
		f.width = vga->frame.width;
		f.height = vga->frame.height;
	}
	return f;
}

/* ---- the CRT controller's line counters ---- */

void vga_first_line(const VgaFrame *f, VgaLine *line)
{
	*line = (VgaLine){ .address = f->start, .row = f->preset_row };
}

void vga_next_line(const VgaFrame *f, VgaLine *line, unsigned y)
{
	unsigned counter = f->cr17 & CR17_LINES_BY_2 ? y >> 1 : y;
	bool counted = !(f->cr17 & CR17_LINES_BY_2) || (y & 1);
	if (counter == f->line_compare && counted) {
		*line = (VgaLine){ .split = 1 };
	} else if (f->double_scan && !line->second) {
		line->second = 1;
	} else {
		line->second = 0;
		if (line->row == f->max_row)
			line->address += f->step;
		line->row = line->row == f->max_row ? 0 : (line->row + 1) & 0x1f;
	}
}

/* ---- colours ---- */

static uint32_t widen(const Vga *vga, uint8_t part)
{
	if (vga->vbe[VBE_ENABLE] & VBE_8BIT_DAC)
		return part;
	part &= 0x3f;
	return (uint32_t)(part << 2 | part >> 4);
}

/* True: some changed. */
static bool update_colors(Vga *vga)
{
	bool changed = false;
	for (unsigned n = 0; n < 256; n++) {
		const uint8_t *dac = &vga->dac[3 * (n & vga->dac_mask)];
		uint32_t color = widen(vga, dac[0]) << 16 | widen(vga, dac[1]) << 8 | widen(vga, dac[2]);
		changed |= color != vga->colors[n];
		vga->colors[n] = color;
	}
	return changed;
}

/* ---- memory ---- */

enum { CHUNK = 1 << VGA_CHUNK_SHIFT };

static bool fonts_differ(const uint8_t *a, const uint8_t *b)
{
	for (unsigned n = 2; n < CHUNK; n += 4)
		if (a[n] != b[n])
			return true;
	return false;
}

/* Brings chunks [first, last] of the shadow up to date, and marks those that changed. */
static bool update_chunks(Vga *vga, uint32_t first, uint32_t last)
{
	bool changed = false;
	for (uint32_t n = first; n <= last; n++) {
		uint8_t *old = vga->shadow + ((size_t)n << VGA_CHUNK_SHIFT), *new = vga->vram + ((size_t)n << VGA_CHUNK_SHIFT);
		vga->dirty[n] = memcmp(old, new, CHUNK) != 0;
		if (!vga->dirty[n])
			continue;
		if (n < VGA_LEGACY_BYTES / CHUNK && fonts_differ(old, new))
			vga->fonts_changed = true;
		memcpy(old, new, CHUNK);
		changed = true;
	}
	return changed;
}

/* `first` + `size` may go over the end of the memory, where the CRT controller goes on at its beginning. */
static bool update_memory(Vga *vga, uint64_t first, uint64_t size)
{
	uint32_t all = (vga->vram_size >> VGA_CHUNK_SHIFT) - 1;
	if (first + size > vga->vram_size)
		return update_chunks(vga, 0, all);
	return size && update_chunks(vga, (uint32_t)(first >> VGA_CHUNK_SHIFT), (uint32_t)((first + size - 1) >> VGA_CHUNK_SHIFT));
}

static bool update_visible(Vga *vga, const VgaFrame *f)
{
	switch (f->kind) {
	case VGA_LINEAR: return update_memory(vga, f->origin, (uint64_t)f->pitch * f->height);
	case VGA_GRAPHICS:
		if (vga_vbe_enabled(vga))
			return update_memory(vga, 4 * (uint64_t)f->start, 4 * ((uint64_t)f->step * f->height + 1));
		return update_memory(vga, 0, VGA_LEGACY_BYTES);
	case VGA_TEXT: return update_memory(vga, 0, VGA_LEGACY_BYTES);
	default: return false;
	}
}

static bool range_changed(const Vga *vga, uint64_t first, uint64_t size)
{
	if (first + size > vga->vram_size)
		return true;
	for (uint64_t n = first >> VGA_CHUNK_SHIFT; n <= (first + size - 1) >> VGA_CHUNK_SHIFT; n++)
		if (vga->dirty[n])
			return true;
	return false;
}

static bool planar_line_changed(const Vga *vga, const VgaFrame *f, const VgaLine *line)
{
	for (unsigned column = 0; column <= f->columns; column++)
		if (vga->dirty[4 * (size_t)vga_address(f, line, column) >> VGA_CHUNK_SHIFT])
			return true;
	return false;
}

static bool line_changed(const Vga *vga, const VgaFrame *f, const VgaLine *line, unsigned y, const VgaCursor *before)
{
	switch (f->kind) {
	case VGA_LINEAR: return range_changed(vga, f->origin + (uint64_t)y * f->pitch, f->pitch);
	case VGA_GRAPHICS: return planar_line_changed(vga, f, line);
	case VGA_TEXT: return vga_text_line_changed(vga, f, line, before) || planar_line_changed(vga, f, line);
	default: return false;
	}
}

/* ---- lines ---- */

/* One column more than is shown, for panning; dots may be doubled. */
static void need_line(Vga *vga, const VgaFrame *f)
{
	uint32_t size = f->width + 2 * 9;
	if (size <= vga->line_size)
		return;
	vga->line = g_renew(uint32_t, vga->line, size);
	vga->dots = g_renew(uint8_t, vga->dots, size);
	vga->line_size = size;
}

static void dots_to_pixels(Vga *vga, const VgaFrame *f, uint32_t panning)
{
	const uint8_t *dots = vga->dots + panning;
	if (f->doubled)
		for (unsigned x = 0; x < f->width; x += 2)
			vga->line[x] = vga->line[x + 1] = vga->colors[dots[x >> 1]];
	else
		for (unsigned x = 0; x < f->width; x++)
			vga->line[x] = vga->colors[dots[x]];
}

static void draw_line(Vga *vga, const VgaFrame *f, const VgaLine *line, unsigned y)
{
	uint32_t panning = line->split ? f->split_panning : f->panning;
	switch (f->kind) {
	case VGA_LINEAR: vga_draw_linear(vga, f, y); break;
	case VGA_GRAPHICS:
		vga_draw_graphics(vga, f, line, f->columns + (panning ? 1 : 0));
		dots_to_pixels(vga, f, panning);
		break;
	case VGA_TEXT:
		vga_draw_text(vga, f, line, f->columns + (panning ? 1 : 0));
		dots_to_pixels(vga, f, panning);
		break;
	default: memset(vga->line, 0, f->width * sizeof vga->line[0]); break;
	}
}

/* Changed lines near each other become one rectangle: a region of as many rectangles as there are lines would cost more to keep
 * than its exactness saves. */
typedef struct Band {
	unsigned first_x, end_x, first_y, end_y; /* end_y 0: none */
} Band;

enum { BAND_GAP = 8 };

static void end_band(Vga *vga, Band *band)
{
	if (band->end_y)
		surface_damage(vga->surface, (int)band->first_x, (int)band->first_y, (int)(band->end_x - band->first_x), (int)(band->end_y - band->first_y));
	band->end_y = 0;
}

static void add_to_band(Vga *vga, Band *band, unsigned first_x, unsigned end_x, unsigned y)
{
	if (band->end_y && y - band->end_y >= BAND_GAP)
		end_band(vga, band);
	if (!band->end_y)
		*band = (Band){ first_x, end_x, y, y };
	band->first_x = MIN(band->first_x, first_x);
	band->end_x = MAX(band->end_x, end_x);
	band->end_y = y + 1;
}

/* Into the picture; what differs is damage. */
static void show_line(Vga *vga, uint32_t *row, unsigned width, unsigned y, Band *band)
{
	unsigned first = 0, end = width;
	if (memcmp(row, vga->line, width * sizeof *row) == 0)
		return;
	while (row[first] == vga->line[first])
		first++;
	while (row[end - 1] == vga->line[end - 1])
		end--;
	memcpy(row + first, vga->line + first, (end - first) * sizeof *row);
	add_to_band(vga, band, first, end, y);
}

static void draw(Vga *vga, const VgaFrame *f, bool all, const VgaCursor *before)
{
	unsigned stride;
	uint32_t *pixels = surface_begin(vga->surface, f->width, f->height, &stride);
	if (!pixels)
		return;
	VgaLine line;
	Band band = { 0 };
	need_line(vga, f);
	vga_first_line(f, &line);
	for (unsigned y = 0; y < f->height; y++) {
		if (all || line_changed(vga, f, &line, y, before)) {
			draw_line(vga, f, &line, y);
			show_line(vga, pixels + (size_t)y * (stride / sizeof *pixels), f->width, y, &band);
		}
		vga_next_line(f, &line, y);
	}
	end_band(vga, &band);
	surface_end(vga->surface);
}

/* ---- SurfaceSource ---- */

static void refresh(void *owner)
{
	Vga *vga = owner;
	VgaFrame frame = vga_frame(vga);
	VgaCursor cursor = frame.kind == VGA_TEXT ? vga_cursor(vga) : (VgaCursor){ .address = ~0u }, before = vga->cursor;
	bool all = vga->redraw || memcmp(&frame, &vga->frame, sizeof frame) != 0;
	all |= update_colors(vga);
	vga->fonts_changed = false;
	bool changed = update_visible(vga, &frame) || memcmp(&cursor, &before, sizeof cursor) != 0;
	all |= frame.kind == VGA_TEXT && vga->fonts_changed;
	vga->redraw = false;
	vga->frame = frame;
	vga->cursor = cursor;
	if (all || changed)
		draw(vga, &frame, all, &before);
}

static void invalidate(void *owner)
{
	Vga *vga = owner;
	vga->redraw = true;
}

static char *screen_text(void *owner)
{
	return vga_screen_text(owner);
}

/* The cursor, and characters with the attribute. */
static bool blinks(void *owner)
{
	const Vga *vga = owner;
	return vga->frame.kind == VGA_TEXT && (!(vga->cr[CR_CURSOR_START] & CR0A_CURSOR_OFF) || vga->ar[AR_MODE] & AR10_BLINK);
}

const SurfaceSource vga_surface_source = { refresh, invalidate, screen_text, blinks };
