/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VGA: patterns are drawn through the registers and the window as a guest does it, and each pixel of the surface is compared
 * with what the mode's manual says must be there, computed here from the pattern without planes or counters.
 *
 * With VIV_TEST_PICTURES=folder each picture is saved there, to be looked at. */
#include "vga-modes.h"

#include <stdio.h>
#include <string.h>

#include "display/surface.h"
#include "hw/display/vga.h"

enum { WINDOW = 0xa0000, LINEAR = 0xe0000000 };

typedef struct Screen {
	Machine *machine;
	Surface *surface;
	pixman_region32_t damage; /* of the last look() */
	bool resized;
	unsigned width, height, stride; /* stride in pixels */
	const uint32_t *pixels;
} Screen;

static Screen begin(void)
{
	Screen s = { .machine = fake_machine_new() };
	fake_device(s.machine, &vga_isa_class, NULL);
	s.surface = machine_surface(s.machine);
	pixman_region32_init(&s.damage);
	return s;
}

static void end(Screen *s)
{
	pixman_region32_fini(&s->damage);
	fake_machine_free(s->machine);
}

static void look(Screen *s)
{
	pixman_image_t *image = surface_lock(s->surface, &s->damage, &s->resized);
	s->width = (unsigned)pixman_image_get_width(image);
	s->height = (unsigned)pixman_image_get_height(image);
	s->stride = (unsigned)pixman_image_get_stride(image) / 4;
	s->pixels = pixman_image_get_data(image);
	surface_unlock(s->surface);
}

static uint32_t pixel(const Screen *s, unsigned x, unsigned y)
{
	return s->pixels[y * s->stride + x] & 0xffffff;
}

static void poke(Screen *s, uint32_t address, uint8_t value)
{
	memory_io_write(s->machine->memory, address, value, 1);
}

static void save(Screen *s, const char *name)
{
	const char *folder = g_getenv("VIV_TEST_PICTURES");
	if (!folder)
		return;
	g_autofree char *path = g_strdup_printf("%s/vga-%s.png", folder, name);
	GError *error = NULL;
	surface_save(s->surface, path, &error);
	g_assert_no_error(error);
}

/* Every pixel is `expected(x, y)` of a picture that has this size. */
typedef uint32_t PixelFn(unsigned x, unsigned y);

static void check_picture(Screen *s, const char *name, unsigned width, unsigned height, PixelFn *expected)
{
	look(s);
	save(s, name);
	g_assert_cmpuint(s->width, ==, width);
	g_assert_cmpuint(s->height, ==, height);
	for (unsigned y = 0; y < height; y++)
		for (unsigned x = 0; x < width; x++)
			if (pixel(s, x, y) != expected(x, y))
				g_error("%s: pixel %u,%u is %06x instead of %06x", name, x, y, pixel(s, x, y), expected(x, y));
}

static void set_mode(Screen *s, unsigned mode)
{
	vga_set_mode(s->machine, &vga_modes[mode]);
	vga_set_test_palette(s->machine);
}

/* ---- patterns: the number of the colour at a place ---- */

static unsigned pattern(unsigned x, unsigned y)
{
	return (x * 5 + y * 3) ^ (x >> 3) ^ (y >> 2);
}

static uint32_t palette_color(const VgaModeTable *mode, unsigned n)
{
	return vga_test_color(mode->ar[n]);
}

/* ---- text ---- */

static uint8_t glyph(unsigned character, unsigned row)
{
	return row < 16 ? (uint8_t)(character * 37 + row * 91 + (character >> 3) * row) : 0;
}

static uint8_t text_char(unsigned column, unsigned row)
{
	return (uint8_t)(column + row * 13);
}

static uint8_t text_attribute(unsigned column, unsigned row)
{
	return (uint8_t)(column * 7 + row * 3) & 0x7f;
}

/* As a BIOS loads fonts: sequential access to plane 2. */
static void load_font(Screen *s, unsigned base, unsigned change)
{
	Machine *m = s->machine;
	vga_out(m, 0x3c4, 2, 4);
	vga_out(m, 0x3c4, 4, 7);
	vga_out(m, 0x3ce, 5, 0);
	vga_out(m, 0x3ce, 6, 4);
	for (unsigned n = 0; n < 256 * 32; n++)
		poke(s, WINDOW + base + n, glyph(n / 32, n % 32) ^ (uint8_t)change);
	vga_out(m, 0x3c4, 2, 3);
	vga_out(m, 0x3c4, 4, 2);
	vga_out(m, 0x3ce, 5, 0x10);
	vga_out(m, 0x3ce, 6, 0x0e);
}

static void begin_text(Screen *s)
{
	set_mode(s, MODE_TEXT);
	load_font(s, 0, 0);
	for (unsigned n = 0; n < 80 * 25; n++) {
		poke(s, 0xb8000 + 2 * n, text_char(n % 80, n / 80));
		poke(s, 0xb8001 + 2 * n, text_attribute(n % 80, n / 80));
	}
	vga_out(s->machine, 0x3d4, 0x0a, 0x20); /* no cursor */
}

static uint32_t text_pixel_9(unsigned x, unsigned y)
{
	unsigned column = x / 9, dot = x % 9, character = text_char(column, y / 16), attribute = text_attribute(column, y / 16);
	uint8_t bits = glyph(character, y % 16);
	bool on = dot < 8 ? bits >> (7 - dot) & 1 : character >= 0xc0 && character <= 0xdf && (bits & 1);
	return palette_color(&vga_modes[MODE_TEXT], on ? attribute & 15 : attribute >> 4);
}

static uint32_t text_pixel_8(unsigned x, unsigned y)
{
	return text_pixel_9(x / 8 * 9 + x % 8, y);
}

static void test_text(void)
{
	Screen s = begin();
	begin_text(&s);
	check_picture(&s, "text-9", 720, 400, text_pixel_9);
	vga_out(s.machine, 0x3c4, 1, 1);
	vga_out(s.machine, 0x3c0, 0, 0);
	port_read(s.machine->ports, 0x3da, 1);
	port_write(s.machine->ports, 0x3c0, 0x33, 1); /* 8 dots: no panning is 0 */
	port_write(s.machine->ports, 0x3c0, 0, 1);
	check_picture(&s, "text-8", 640, 400, text_pixel_8);
	end(&s);
}

/* ---- graphics ---- */

static uint32_t pixel_13(unsigned x, unsigned y)
{
	return vga_test_color(pattern(x / 2, y / 2) & 0xff);
}

static void test_mode_13(void)
{
	Screen s = begin();
	set_mode(&s, MODE_13);
	for (unsigned n = 0; n < 320 * 200; n++)
		poke(&s, WINDOW + n, (uint8_t)pattern(n % 320, n / 320));
	check_picture(&s, "mode-13", 640, 400, pixel_13);
	end(&s);
}

static void test_mode_x(void)
{
	Screen s = begin();
	set_mode(&s, MODE_X);
	for (unsigned plane = 0; plane < 4; plane++) {
		vga_out(s.machine, 0x3c4, 2, (uint8_t)(1 << plane));
		for (unsigned n = 0; n < 80 * 240; n++)
			poke(&s, WINDOW + n, (uint8_t)pattern(n % 80 * 4 + plane, n / 80));
	}
	check_picture(&s, "mode-x", 640, 480, pixel_13);
	end(&s);
}

static uint32_t pixel_12(unsigned x, unsigned y)
{
	return palette_color(&vga_modes[MODE_12], pattern(x, y) & 15);
}

static uint32_t pixel_0d(unsigned x, unsigned y)
{
	return pixel_12(x / 2, y / 2);
}

/* Pixel by pixel with write mode 2 and the bit mask, as programs for the EGA do. */
static void draw_16_colors(Screen *s, unsigned width, unsigned height)
{
	vga_out(s->machine, 0x3ce, 5, 2);
	for (unsigned x = 0; x < width; x++) {
		vga_out(s->machine, 0x3ce, 8, (uint8_t)(0x80 >> (x & 7)));
		for (unsigned y = 0; y < height; y++) {
			uint32_t address = WINDOW + (y * width + x) / 8;
			memory_io_read(s->machine->memory, address, 1); /* loads the latches */
			poke(s, address, pattern(x, y) & 15);
		}
	}
}

static void test_16_colors(void)
{
	Screen s = begin();
	set_mode(&s, MODE_12);
	draw_16_colors(&s, 640, 480);
	check_picture(&s, "mode-12", 640, 480, pixel_12);
	set_mode(&s, MODE_0D);
	draw_16_colors(&s, 320, 200);
	check_picture(&s, "mode-0d", 640, 400, pixel_0d);
	end(&s);
}

static uint32_t pixel_cga4(unsigned x, unsigned y)
{
	return palette_color(&vga_modes[MODE_CGA4], pattern(x / 2, y / 2) & 3);
}

static uint32_t pixel_cga2(unsigned x, unsigned y)
{
	return palette_color(&vga_modes[MODE_CGA2], pattern(x, y / 2) & 1);
}

/* Even lines in the first 8 KiB, odd ones in the second. */
static void draw_cga(Screen *s, unsigned bits)
{
	unsigned per_byte = 8 / bits;
	for (unsigned y = 0; y < 200; y++)
		for (unsigned n = 0; n < 80; n++) {
			unsigned byte = 0;
			for (unsigned dot = 0; dot < per_byte; dot++)
				byte = byte << bits | (pattern(n * per_byte + dot, y) & ((1 << bits) - 1));
			poke(s, 0xb8000 + y % 2 * 0x2000 + y / 2 * 80 + n, (uint8_t)byte);
		}
}

static void test_cga(void)
{
	Screen s = begin();
	set_mode(&s, MODE_CGA4);
	draw_cga(&s, 2);
	check_picture(&s, "mode-4", 640, 400, pixel_cga4);
	set_mode(&s, MODE_CGA2);
	draw_cga(&s, 1);
	check_picture(&s, "mode-6", 640, 400, pixel_cga2);
	end(&s);
}

/* ---- VBE ---- */

static void set_vbe(Screen *s, unsigned width, unsigned height, unsigned bpp)
{
	vga_vbe_out(s->machine, 4, 0);
	vga_vbe_out(s->machine, 1, (uint16_t)width);
	vga_vbe_out(s->machine, 2, (uint16_t)height);
	vga_vbe_out(s->machine, 3, (uint16_t)bpp);
	vga_vbe_out(s->machine, 4, 0x41);
	port_read(s->machine->ports, 0x3da, 1);
	port_write(s->machine->ports, 0x3c0, 0x20, 1);
}

static uint32_t pixel_true(unsigned x, unsigned y)
{
	return (x & 0xff) << 16 | (y & 0xff) << 8 | ((x + y) & 0xff);
}

static uint32_t widened(uint32_t color, unsigned red, unsigned green, unsigned blue)
{
	const unsigned bits[] = { red, green, blue };
	uint32_t out = 0;
	for (unsigned n = 0; n < 3; n++) {
		uint32_t part = (color >> (16 - 8 * n) & 0xff) >> (8 - bits[n]);
		out = out << 8 | (part << (8 - bits[n])) | part >> (2 * bits[n] - 8);
	}
	return out;
}

static uint32_t pixel_555(unsigned x, unsigned y)
{
	return widened(pixel_true(x, y), 5, 5, 5);
}

static uint32_t pixel_565(unsigned x, unsigned y)
{
	return widened(pixel_true(x, y), 5, 6, 5);
}

static uint32_t pixel_indexed(unsigned x, unsigned y)
{
	return vga_test_color(pattern(x, y) & 0xff);
}

static uint32_t encode(uint32_t color, unsigned bpp)
{
	uint32_t r = color >> 16, g = color >> 8 & 0xff, b = color & 0xff;
	switch (bpp) {
	case 15: return r >> 3 << 10 | g >> 3 << 5 | b >> 3;
	case 16: return r >> 3 << 11 | g >> 2 << 5 | b >> 3;
	default: return color;
	}
}

static void draw_linear(Screen *s, unsigned width, unsigned height, unsigned bpp)
{
	uint8_t *vram = memory_page(s->machine->memory, LINEAR).host;
	unsigned bytes = (bpp + 7) / 8;
	g_assert_nonnull(vram);
	for (unsigned y = 0; y < height; y++)
		for (unsigned x = 0; x < width; x++) {
			uint32_t value = bpp == 8 ? pattern(x, y) : encode(pixel_true(x, y), bpp);
			memcpy(vram + (y * width + x) * bytes, &value, bytes);
		}
}

static void test_vbe_linear(void)
{
	static const struct {
		const char *name;
		unsigned width, height, bpp;
		PixelFn *expected;
	} cases[] = {
		{ "vbe-1024-32", 1024, 768, 32, pixel_true }, { "vbe-1280-24", 1280, 800, 24, pixel_true },
		{ "vbe-800-16", 800, 600, 16, pixel_565 }, { "vbe-640-15", 640, 480, 15, pixel_555 },
		{ "vbe-1152-8", 1152, 864, 8, pixel_indexed },
	};
	Screen s = begin();
	vga_set_test_palette(s.machine);
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		set_vbe(&s, cases[n].width, cases[n].height, cases[n].bpp);
		draw_linear(&s, cases[n].width, cases[n].height, cases[n].bpp);
		check_picture(&s, cases[n].name, cases[n].width, cases[n].height, cases[n].expected);
	}
	end(&s);
}

/* Through the 64 KiB window, bank by bank; a virtual screen larger than what is seen, which moves. */
static uint32_t pixel_scrolled(unsigned x, unsigned y)
{
	return pixel_indexed(x + 24, y + 100);
}

static void test_vbe_banked(void)
{
	enum { VIRTUAL_WIDTH = 1024 };
	Screen s = begin();
	set_mode(&s, MODE_13); /* leaves the window at A0000 and switched on */
	set_vbe(&s, 800, 600, 8);
	vga_vbe_out(s.machine, 6, VIRTUAL_WIDTH);
	for (unsigned n = 0; n < VIRTUAL_WIDTH * 700; n++) {
		if (n % 0x10000 == 0)
			vga_vbe_out(s.machine, 5, (uint16_t)(n >> 16));
		poke(&s, WINDOW + n % 0x10000, (uint8_t)pattern(n % VIRTUAL_WIDTH, n / VIRTUAL_WIDTH));
	}
	vga_vbe_out(s.machine, 8, 24);
	vga_vbe_out(s.machine, 9, 100);
	check_picture(&s, "vbe-scrolled", 800, 600, pixel_scrolled);
	end(&s);
}

static uint32_t pixel_vbe_4(unsigned x, unsigned y)
{
	return pixel_12(x + 3, y + 1);
}

/* 1024x768 in 16 colours: a plane is larger than the window. */
static void test_vbe_planar(void)
{
	Screen s = begin();
	set_mode(&s, MODE_12);
	set_vbe(&s, 1024, 768, 4);
	vga_vbe_out(s.machine, 6, 1040);
	for (unsigned plane = 0; plane < 4; plane++) {
		vga_out(s.machine, 0x3c4, 2, (uint8_t)(1 << plane));
		for (unsigned n = 0; n < 130 * 769; n++) {
			unsigned byte = 0;
			for (unsigned dot = 0; dot < 8; dot++)
				byte = byte << 1 | (pattern(n % 130 * 8 + dot, n / 130) >> plane & 1);
			if (n % 0x10000 == 0)
				vga_vbe_out(s.machine, 5, (uint16_t)(n >> 16));
			poke(&s, WINDOW + n % 0x10000, (uint8_t)byte);
		}
	}
	vga_vbe_out(s.machine, 8, 3);
	vga_vbe_out(s.machine, 9, 1);
	check_picture(&s, "vbe-4", 1024, 768, pixel_vbe_4);
	end(&s);
}

/* ---- scrolling, split screen ---- */

enum { SPLIT_LINE = 199 };

/* Above the split: one row and three dots on; below: from address 0 on, unpanned as AR10 bit 5 asks. */
static uint32_t pixel_split(unsigned x, unsigned y)
{
	return y <= SPLIT_LINE ? pixel_12(x + 8 + 3, y + 1) : pixel_12(x, y - SPLIT_LINE - 1);
}

static void set_attribute(Screen *s, uint8_t index, uint8_t value)
{
	port_read(s->machine->ports, 0x3da, 1);
	port_write(s->machine->ports, 0x3c0, index | 0x20, 1);
	port_write(s->machine->ports, 0x3c0, value, 1);
}

enum { WIDE = 704 };

/* Plane by plane, lines of 88 bytes. */
static void draw_wide(Screen *s)
{
	for (unsigned plane = 0; plane < 4; plane++) {
		vga_out(s->machine, 0x3c4, 2, (uint8_t)(1 << plane));
		for (unsigned n = 0; n < WIDE / 8 * 481; n++) {
			unsigned byte = 0;
			for (unsigned dot = 0; dot < 8; dot++)
				byte = byte << 1 | (pattern(n % (WIDE / 8) * 8 + dot, n / (WIDE / 8)) >> plane & 1);
			poke(s, WINDOW + n, (uint8_t)byte);
		}
	}
}

static void test_split_screen(void)
{
	Machine *m;
	Screen s = begin();
	m = s.machine;
	set_mode(&s, MODE_12);
	draw_wide(&s);
	vga_out(m, 0x3d4, 0x13, WIDE / 16);
	vga_out(m, 0x3d4, 0x0d, WIDE / 8 + 1);
	set_attribute(&s, 0x13, 3);
	set_attribute(&s, 0x10, 0x21);
	vga_out(m, 0x3d4, 0x18, SPLIT_LINE);
	vga_out(m, 0x3d4, 0x07, 0x2e);
	vga_out(m, 0x3d4, 0x09, 0x00);
	check_picture(&s, "split", 640, 480, pixel_split);
	end(&s);
}

/* Text that begins with the fifth line of its first row, and four dots to the right. */
static uint32_t pixel_smooth(unsigned x, unsigned y)
{
	return text_pixel_9(x + 4, y + 5);
}

static void test_smooth_scrolling(void)
{
	Screen s = begin();
	begin_text(&s);
	vga_out(s.machine, 0x3d4, 8, 5);
	set_attribute(&s, 0x13, 3);
	vga_out(s.machine, 0x3d4, 0x12, 0x7f); /* 384 lines, so that nothing below the text is seen */
	look(&s);
	save(&s, "text-smooth");
	g_assert_cmpuint(s.height, ==, 384);
	for (unsigned y = 0; y < s.height; y++)
		for (unsigned x = 0; x < 716; x++)
			g_assert_cmphex(pixel(&s, x, y), ==, pixel_smooth(x, y));
	end(&s);
}

/* ---- cursor, blinking, underline, two fonts ---- */

static uint32_t solid(unsigned attribute)
{
	return palette_color(&vga_modes[MODE_TEXT], attribute);
}

enum { BLINK_NS = 8 * 14268414 }; /* eight pictures */

static void test_cursor(void)
{
	Screen s = begin();
	begin_text(&s);
	vga_out(s.machine, 0x3d4, 0x0a, 13);
	vga_out(s.machine, 0x3d4, 0x0b, 14);
	vga_out(s.machine, 0x3d4, 0x0f, 81);
	look(&s);
	for (unsigned row = 16; row < 32; row++) /* column 1 of row 1: a bar in the foreground's colour */
		for (unsigned x = 9; x < 18; x++)
			g_assert_cmphex(pixel(&s, x, row), ==, row - 16 >= 13 && row - 16 <= 14 ? solid(text_attribute(1, 1) & 15) : text_pixel_9(x, row));
	fake_run(s.machine, BLINK_NS);
	look(&s);
	g_assert_cmphex(pixel(&s, 12, 30), ==, text_pixel_9(12, 30));
	pixman_box32_t *box = pixman_region32_extents(&s.damage);
	g_assert_cmpint(box->x1, >=, 9);
	g_assert_cmpint(box->x2, <=, 18);
	g_assert_cmpint(box->y1, ==, 29);
	g_assert_cmpint(box->y2, ==, 31);
	end(&s);
}

static bool same_cell(const Screen *s, unsigned column, PixelFn *expected)
{
	for (unsigned y = 0; y < 16; y++)
		for (unsigned x = column * 9; x < column * 9 + 9; x++)
			if (pixel(s, x, y) != expected(x, y))
				return false;
	return true;
}

static void test_attributes(void)
{
	Screen s = begin();
	begin_text(&s);
	load_font(&s, 0x4000, 0xff);
	poke(&s, 0xb8001, 0x8e); /* blinks */
	poke(&s, 0xb8003, 0xa1); /* blinks too, blue on green */
	vga_out(s.machine, 0x3d4, 0x14, 12);
	look(&s);
	g_assert_cmphex(pixel(&s, 9 + 8, 12), ==, solid(1)); /* the underline reaches the ninth dot */
	g_assert_cmphex(pixel(&s, 9 + 8, 11), ==, solid(2));
	fake_run(s.machine, 2 * BLINK_NS);
	look(&s);
	for (unsigned y = 0; y < 16; y++)
		for (unsigned x = 0; x < 8; x++)
			g_assert_cmphex(pixel(&s, x, y), ==, solid(0));
	g_assert_cmphex(pixel(&s, 9 + 8, 12), ==, solid(2)); /* and goes with the character */
	set_attribute(&s, 0x10, 0x04); /* no blinking: sixteen backgrounds */
	look(&s);
	g_assert_cmphex(pixel(&s, 8, 0), ==, solid(8));
	/* Bit 3 of the attribute chooses the second font. */
	vga_out(s.machine, 0x3d4, 0x14, 0x1f);
	vga_out(s.machine, 0x3c4, 3, 0x04); /* map A, for bit 3 set: at 0x4000 */
	look(&s);
	unsigned with = 0;
	for (unsigned column = 2; column < 80; column++) {
		bool second = text_attribute(column, 0) & 8;
		g_assert_cmpint(same_cell(&s, column, text_pixel_9), ==, !second);
		with += second;
	}
	g_assert_cmpuint(with, >, 10);
	end(&s);
}

/* ---- what changed, and only that ---- */

static void test_damage(void)
{
	Screen s = begin();
	begin_text(&s);
	look(&s);
	g_assert_true(s.resized);
	look(&s);
	g_assert_false(s.resized);
	g_assert_false(pixman_region32_not_empty(&s.damage));
	poke(&s, 0xb8000 + 2 * (80 * 3 + 40), (uint8_t)(text_char(40, 3) + 1));
	look(&s);
	pixman_box32_t *box = pixman_region32_extents(&s.damage);
	g_assert_true(box->x1 >= 40 * 9 && box->x2 <= 41 * 9 && box->y1 >= 48 && box->y2 <= 64 && box->x1 < box->x2);
	set_vbe(&s, 1024, 768, 32);
	draw_linear(&s, 1024, 768, 32);
	look(&s);
	g_assert_true(s.resized);
	look(&s);
	g_assert_false(pixman_region32_not_empty(&s.damage));
	memory_page(s.machine->memory, LINEAR + 500 * 4096).host[4 * 77 + 1] ^= 0x80;
	look(&s);
	box = pixman_region32_extents(&s.damage);
	g_assert_true(box->x1 == 77 && box->x2 == 78 && box->y1 == 500 && box->y2 == 501);
	surface_invalidate(s.surface);
	look(&s);
	box = pixman_region32_extents(&s.damage);
	g_assert_true(box->x1 == 0 && box->x2 == 1024 && box->y1 == 0 && box->y2 == 768);
	end(&s);
}

/* ---- blank, palettes ---- */

static uint32_t black(unsigned x, unsigned y)
{
	(void)x;
	(void)y;
	return 0;
}

static void test_blank(void)
{
	Screen s = begin();
	check_picture(&s, "reset", 720, 400, black);
	begin_text(&s);
	check_picture(&s, "text-9", 720, 400, text_pixel_9);
	vga_out(s.machine, 0x3c4, 1, 0x20);
	check_picture(&s, "off", 720, 400, black);
	vga_out(s.machine, 0x3c4, 1, 0);
	check_picture(&s, "text-9", 720, 400, text_pixel_9);
	port_read(s.machine->ports, 0x3da, 1);
	port_write(s.machine->ports, 0x3c0, 0, 1);
	check_picture(&s, "off", 720, 400, black);
	end(&s);
}

static uint32_t pixel_masked(unsigned x, unsigned y)
{
	return vga_test_color(pattern(x / 2, y / 2) & 0x0f);
}

static void test_palette(void)
{
	Screen s = begin();
	set_mode(&s, MODE_13);
	for (unsigned n = 0; n < 320 * 200; n++)
		poke(&s, WINDOW + n, (uint8_t)pattern(n % 320, n / 320));
	port_write(s.machine->ports, 0x3c6, 0x0f, 1);
	check_picture(&s, "masked", 640, 400, pixel_masked);
	/* Eight bits of a colour, as VBE's 8-bit DAC gives */
	set_vbe(&s, 640, 480, 8);
	vga_vbe_out(s.machine, 4, 0xe1);
	port_write(s.machine->ports, 0x3c8, 0, 1);
	port_write(s.machine->ports, 0x3c9, 0x12, 1);
	port_write(s.machine->ports, 0x3c9, 0xfe, 1);
	port_write(s.machine->ports, 0x3c9, 0x81, 1);
	look(&s);
	g_assert_cmphex(pixel(&s, 5, 5), ==, 0x12fe81);
	end(&s);
}

/* ---- the text, and files ---- */

static void test_screen_text(void)
{
	Screen s = begin();
	begin_text(&s);
	for (unsigned n = 0; n < 80 * 25; n++)
		poke(&s, 0xb8000 + 2 * n, ' ');
	static const uint8_t line[] = { 0xc9, 0xcd, 0xbb, ' ', 'V', 'i', 'v', 0x81, 0x01, 0xff, 0 };
	for (unsigned n = 0; n < sizeof line; n++)
		poke(&s, 0xb8000 + 160 + 2 * n, line[n]);
	g_autofree char *text = surface_text(s.surface);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 26); /* the last one is empty */
	g_assert_cmpstr(lines[0], ==, "");
	g_assert_cmpstr(lines[1], ==, "╔═╗ Vivü☺");
	set_mode(&s, MODE_13);
	g_assert_null(surface_text(s.surface));
	end(&s);
}

static void test_screenshots(void)
{
	Screen s = begin();
	g_autofree char *folder = g_dir_make_tmp("vga-XXXXXX", NULL), *ppm = g_build_filename(folder, "a.ppm", NULL),
			*png = g_build_filename(folder, "a.png", NULL), *nowhere = g_build_filename(folder, "no", "a.png", NULL), *data = NULL;
	gsize size = 0;
	GError *error = NULL;
	set_vbe(&s, 640, 480, 32);
	draw_linear(&s, 640, 480, 32);
	g_assert_true(surface_save(s.surface, ppm, &error));
	g_assert_true(g_file_get_contents(ppm, &data, &size, NULL));
	g_assert_cmpuint(size, ==, 15 + 640 * 480 * 3);
	g_assert_cmpmem(data, 15, "P6\n640 480\n255\n", 15);
	for (unsigned n = 0; n < 640 * 480; n++) {
		const uint8_t *rgb = (uint8_t *)data + 15 + 3 * n;
		g_assert_cmphex(rgb[0] << 16 | rgb[1] << 8 | rgb[2], ==, pixel_true(n % 640, n / 640));
	}
	g_clear_pointer(&data, g_free);
	g_assert_true(surface_save(s.surface, png, &error));
	g_assert_true(g_file_get_contents(png, &data, &size, NULL));
	g_assert_cmpmem(data, 8, "\x89PNG\r\n\x1a\n", 8);
	g_assert_false(surface_save(s.surface, nowhere, &error));
	g_assert_nonnull(strstr(error->message, nowhere));
	g_clear_error(&error);
	remove(ppm);
	remove(png);
	remove(folder);
	end(&s);
}

/* ---- */

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vga/text", test_text);
	g_test_add_func("/vga/mode-13", test_mode_13);
	g_test_add_func("/vga/mode-x", test_mode_x);
	g_test_add_func("/vga/16-colors", test_16_colors);
	g_test_add_func("/vga/cga", test_cga);
	g_test_add_func("/vga/vbe-linear", test_vbe_linear);
	g_test_add_func("/vga/vbe-banked", test_vbe_banked);
	g_test_add_func("/vga/vbe-planar", test_vbe_planar);
	g_test_add_func("/vga/split-screen", test_split_screen);
	g_test_add_func("/vga/smooth-scrolling", test_smooth_scrolling);
	g_test_add_func("/vga/cursor", test_cursor);
	g_test_add_func("/vga/attributes", test_attributes);
	g_test_add_func("/vga/damage", test_damage);
	g_test_add_func("/vga/blank", test_blank);
	g_test_add_func("/vga/palette", test_palette);
	g_test_add_func("/vga/screen-text", test_screen_text);
	g_test_add_func("/vga/screenshots", test_screenshots);
	return g_test_run();
}
