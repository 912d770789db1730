/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See edid.h; section numbers are the standard's. */
#include "hw/display/edid.h"

#include <string.h>

enum { DOTS_PER_INCH = 96, REFRESH_HZ = 60 };

static unsigned to_mm(unsigned pixels)
{
	return pixels * 254 / 10 / DOTS_PER_INCH;
}

/* 3.4: manufacturer, product, date */
static void put_identity(uint8_t *edid)
{
	static const uint8_t header[8] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };
	const unsigned vendor = ('V' - '@') << 10 | ('I' - '@') << 5 | ('V' - '@');
	memcpy(edid, header, sizeof header);
	edid[8] = (uint8_t)(vendor >> 8);
	edid[9] = (uint8_t)vendor;
	edid[10] = 0x01; /* product 1 */
	edid[16] = 1;	 /* week */
	edid[17] = 2024 - 1990;
	edid[18] = 1;
	edid[19] = 4;
}

/* 3.6, 3.7: a digital input of 8 bits per colour; sRGB */
static void put_display(uint8_t *edid, unsigned width, unsigned height)
{
	static const uint8_t srgb[10] = { 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54 };
	edid[20] = 0xa0;
	edid[21] = (uint8_t)(to_mm(width) / 10);
	edid[22] = (uint8_t)(to_mm(height) / 10);
	edid[23] = 220 - 100; /* gamma 2.2 */
	edid[24] = 0x06;      /* sRGB; the first detailed timing is the native one */
	memcpy(edid + 25, srgb, sizeof srgb);
}

typedef struct Mode {
	uint16_t width, height;
	uint8_t byte, bit; /* 3.8, established timings I and II; byte 0: not one of them */
	uint8_t aspect;	   /* 3.9, standard timings: 0 16:10, 1 4:3, 2 5:4, 3 16:9 */
} Mode;

static const Mode modes[] = {
	{ 640, 480, 35, 0x20, 1 }, { 800, 600, 35, 0x01, 1 }, { 1024, 768, 36, 0x08, 1 },
	{ 1920, 1080, 0, 0, 3 }, { 1280, 720, 0, 0, 3 }, { 1440, 900, 0, 0, 0 }, { 1680, 1050, 0, 0, 0 },
	{ 1280, 1024, 0, 0, 2 }, { 1600, 1200, 0, 0, 1 }, { 1152, 864, 0, 0, 1 }, { 1920, 1200, 0, 0, 0 },
};

enum { STANDARD_TIMINGS = 38, STANDARD_TIMINGS_END = 54 };

static void put_modes(uint8_t *edid, unsigned max_width, unsigned max_height)
{
	unsigned at = STANDARD_TIMINGS;
	for (unsigned n = 0; n < sizeof modes / sizeof modes[0]; n++) {
		const Mode *m = &modes[n];
		if ((max_width && m->width > max_width) || (max_height && m->height > max_height))
			continue;
		if (m->byte) {
			edid[m->byte] |= m->bit;
		} else if (at < STANDARD_TIMINGS_END) {
			edid[at++] = (uint8_t)(m->width / 8 - 31);
			edid[at++] = (uint8_t)(m->aspect << 6 | (REFRESH_HZ - 60));
		}
	}
	while (at < STANDARD_TIMINGS_END)
		edid[at++] = 0x01; /* unused */
}

/* 3.10.2, with the short blanking of flat panels (CVT, reduced blanking) */
static void put_detailed_timing(uint8_t *d, unsigned width, unsigned height)
{
	enum { H_BLANK = 160, H_FRONT = 48, H_SYNC = 32, V_FRONT = 3, V_SYNC = 6, V_MIN_BLANK = 30, MAX_CLOCK = 0xffff };
	unsigned v_blank = V_MIN_BLANK + height / 60, mm_x = to_mm(width), mm_y = to_mm(height);
	uint64_t clock = (uint64_t)(width + H_BLANK) * (height + v_blank) * REFRESH_HZ / 10000;
	unsigned khz10 = clock > MAX_CLOCK ? MAX_CLOCK : (unsigned)clock;
	d[0] = (uint8_t)khz10;
	d[1] = (uint8_t)(khz10 >> 8);
	d[2] = (uint8_t)width;
	d[3] = H_BLANK;
	d[4] = (uint8_t)(width >> 8 << 4);
	d[5] = (uint8_t)height;
	d[6] = (uint8_t)v_blank;
	d[7] = (uint8_t)(height >> 8 << 4);
	d[8] = H_FRONT;
	d[9] = H_SYNC;
	d[10] = V_FRONT << 4 | V_SYNC;
	d[12] = (uint8_t)mm_x;
	d[13] = (uint8_t)mm_y;
	d[14] = (uint8_t)(mm_x >> 8 << 4 | mm_y >> 8);
	d[17] = 0x1a; /* separate digital syncs, horizontal positive, vertical negative */
}

/* 3.10.3: a text of at most 13 characters, ended by a line feed and filled with spaces */
static void put_text(uint8_t *d, uint8_t tag, const char *text)
{
	size_t length = strlen(text);
	d[3] = tag;
	memset(d + 5, ' ', 13);
	memcpy(d + 5, text, length);
	d[5 + length] = '\n';
}

static void put_range_limits(uint8_t *d)
{
	static const uint8_t limits[18] = { 0, 0, 0, 0xfd, 0, 50, 125, 30, 160, 255, 1, '\n', ' ', ' ', ' ', ' ', ' ', ' ' };
	memcpy(d, limits, sizeof limits);
}

void edid_make(uint8_t edid[EDID_BYTES], unsigned width, unsigned height, unsigned max_width, unsigned max_height)
{
	uint8_t sum = 0;
	memset(edid, 0, EDID_BYTES);
	put_identity(edid);
	put_display(edid, width, height);
	put_modes(edid, max_width, max_height);
	put_detailed_timing(edid + 54, width, height);
	put_range_limits(edid + 72);
	put_text(edid + 90, 0xfc, "Vivarium");
	put_text(edid + 108, 0xff, "1");
	for (unsigned n = 0; n < EDID_BYTES - 1; n++)
		sum = (uint8_t)(sum + edid[n]);
	edid[EDID_BYTES - 1] = (uint8_t)-sum;
}
