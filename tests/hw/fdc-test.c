/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The floppy controller with a real 8237 beside it: register scripts, transfers by DMA and by programmed I/O, results, change
 * line, formats by size, fuzzing. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "disk/block.h"
#include "fake-machine.h"
#include "hw/chipset/i8237.h"
#include "hw/storage/fdc.h"

enum { MEMORY = 0x20000 };

typedef struct Rig {
	Machine *machine;
	Block *block;
	Device *fdc, *floppy;
	char *file;
	unsigned sectors;
} Rig;

static uint8_t pattern(uint64_t offset)
{
	return (uint8_t)(offset / 512 * 5 + offset % 512 * 3 + 9);
}

static char *make_image(unsigned sectors)
{
	char *name = NULL;
	int fd = g_file_open_tmp("viv-fdc-XXXXXX", &name, NULL);
	g_assert_cmpint(fd, >=, 0);
	g_autofree uint8_t *bytes = g_malloc((size_t)sectors * 512);
	for (size_t n = 0; n < (size_t)sectors * 512; n++)
		bytes[n] = pattern(n);
	g_assert_cmpint(write(fd, bytes, (size_t)sectors * 512), ==, (ssize_t)sectors * 512);
	close(fd);
	return name;
}

static void set_up_with(Rig *rig, unsigned sectors, bool read_only)
{
	GError *error = NULL;
	rig->machine = fake_machine_new();
	rig->sectors = sectors;
	rig->file = make_image(sectors);
	rig->block = block_new(rig->machine, &(BlockOptions){ .id = "fd", .file = rig->file, .read_only = read_only }, &error);
	g_assert_no_error(error);
	fake_device(rig->machine, &i8237_class, NULL);
	rig->fdc = fake_device(rig->machine, &isa_fdc_class, NULL);
	rig->floppy = device_new(rig->machine, &floppy_class, NULL);
	fake_set_pointer(rig->floppy, "drive", rig->block);
	device_realize(rig->floppy, &error);
	g_assert_no_error(error);
}

static void set_up(Rig *rig, const void *data)
{
	(void)data;
	set_up_with(rig, 2880, false);
}

static void tear_down(Rig *rig, const void *data)
{
	(void)data;
	for (unsigned n = rig->machine->devices->len; n-- > 0;) {
		Device *device = g_ptr_array_index(rig->machine->devices, n);
		if (device->class->unrealize)
			device->class->unrealize(device);
		device->realized = false;
	}
	while (rig->machine->blocks->len)
		block_free(g_ptr_array_index(rig->machine->blocks, 0));
	fake_machine_free(rig->machine);
	unlink(rig->file);
	g_free(rig->file);
}

/* ---- small words ---- */

static void out8(Rig *rig, uint16_t port, uint8_t value)
{
	port_write(rig->machine->ports, port, value, 1);
}

static uint8_t in8(Rig *rig, uint16_t port)
{
	return (uint8_t)port_read(rig->machine->ports, port, 1);
}

static void send(Rig *rig, const uint8_t *bytes, unsigned count)
{
	for (unsigned n = 0; n < count; n++) {
		g_assert_cmphex(in8(rig, 0x3f4) & 0xc0, ==, 0x80);
		out8(rig, 0x3f5, bytes[n]);
	}
}

#define SEND(rig, ...) send(rig, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void expect(Rig *rig, const uint8_t *bytes, unsigned count)
{
	for (unsigned n = 0; n < count; n++) {
		g_assert_cmphex(in8(rig, 0x3f4) & 0xd0, ==, 0xd0);
		uint8_t got = in8(rig, 0x3f5);
		if (got != bytes[n])
			g_test_message("result byte %u: %02x instead of %02x", n, got, bytes[n]);
		g_assert_cmphex(got, ==, bytes[n]);
	}
	g_assert_cmphex(in8(rig, 0x3f4) & 0xd0, ==, 0x80);
}

#define EXPECT(rig, ...) expect(rig, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void wait_interrupt(Rig *rig)
{
	block_drain(rig->machine);
	for (unsigned n = 0; n < 1000 && !rig->machine->isa_level[6]; n++)
		fake_run(rig->machine, 1000000);
	g_assert_true(rig->machine->isa_level[6]);
}

static void dma(Rig *rig, uint8_t mode, unsigned bytes)
{
	out8(rig, 0x0a, 6);
	out8(rig, 0x0b, (uint8_t)(mode | 2));
	out8(rig, 0x0c, 0);
	out8(rig, 0x04, MEMORY & 0xff);
	out8(rig, 0x04, MEMORY >> 8 & 0xff);
	out8(rig, 0x81, MEMORY >> 16);
	out8(rig, 0x05, (uint8_t)(bytes - 1));
	out8(rig, 0x05, (uint8_t)((bytes - 1) >> 8));
	out8(rig, 0x0a, 2);
}

enum { DMA_TO_MEMORY = 0x44, DMA_FROM_MEMORY = 0x48 };

static uint8_t *ram(Rig *rig)
{
	return rig->machine->ram->host + MEMORY;
}

static void check_ram(Rig *rig, uint64_t offset, unsigned count)
{
	for (unsigned n = 0; n < count; n++)
		g_assert_cmphex(ram(rig)[n], ==, pattern(offset + n));
}

static void check_file(Rig *rig, uint64_t offset, const uint8_t *bytes, unsigned count)
{
	uint8_t got[36 * 512];
	int fd = open(rig->file, O_RDONLY);
	g_assert_cmpint(pread(fd, got, count, (off_t)offset), ==, count);
	close(fd);
	g_assert_cmpmem(got, count, bytes, count);
}

/* Out of reset, its four interrupts taken; 500 kbit/s. */
static void start(Rig *rig)
{
	out8(rig, 0x3f2, 0);
	out8(rig, 0x3f2, 0x1c);
	wait_interrupt(rig);
	for (uint8_t n = 0; n < 4; n++) {
		SEND(rig, 0x08);
		EXPECT(rig, (uint8_t)(0xc0 | n), 0);
	}
	g_assert_false(rig->machine->isa_level[6]);
	out8(rig, 0x3f7, 0);
	SEND(rig, 0x03, 0xaf, 0x02);
}

static void seek_to(Rig *rig, uint8_t track, uint8_t head)
{
	SEND(rig, 0x0f, (uint8_t)(head << 2), track);
	g_assert_cmphex(in8(rig, 0x3f4) & 1, ==, 1);
	wait_interrupt(rig);
	SEND(rig, 0x08);
	EXPECT(rig, (uint8_t)(0x20 | head << 2), track);
}

/* ---- tests ---- */

static void test_commands(Rig *rig, const void *data)
{
	(void)data;
	/* As a machine that awakes finds it: on, and a reset by DSR alone interrupts. */
	g_assert_cmphex(in8(rig, 0x3f2), ==, 0x0c);
	out8(rig, 0x3f4, 0x80);
	wait_interrupt(rig);
	out8(rig, 0x3f2, 0);
	g_assert_cmphex(in8(rig, 0x3f4), ==, 0); /* in reset */
	start(rig);
	SEND(rig, 0x10);
	EXPECT(rig, 0x90);
	SEND(rig, 0x1f); /* no such command */
	EXPECT(rig, 0x80);
	SEND(rig, 0x08); /* nothing to tell */
	EXPECT(rig, 0x80);
	SEND(rig, 0x13, 0, 0x57, 0x11);
	SEND(rig, 0x12, 0x84 | 1);
	SEND(rig, 0x94);
	EXPECT(rig, 0x10);
	SEND(rig, 0x0e);
	EXPECT(rig, 0, 0, 0, 0, 0xaf, 0x02, 0, 0x85, 0x57, 0x11);
	out8(rig, 0x3f4, 0x80); /* a reset by DSR keeps what is locked */
	wait_interrupt(rig);
	for (uint8_t n = 0; n < 4; n++) {
		SEND(rig, 0x08);
		EXPECT(rig, (uint8_t)(0xc0 | n), 0);
	}
	SEND(rig, 0x0e);
	EXPECT(rig, 0, 0, 0, 0, 0xaf, 0x02, 0, 0x84, 0x57, 0x11);
	SEND(rig, 0x14);
	EXPECT(rig, 0x00);
	seek_to(rig, 40, 1);
	SEND(rig, 0x04, 4);
	EXPECT(rig, 0x2c);
	SEND(rig, 0x8f, 0, 10); /* outward */
	wait_interrupt(rig);
	SEND(rig, 0x08);
	EXPECT(rig, 0x20, 30);
	SEND(rig, 0x07, 0);
	wait_interrupt(rig);
	SEND(rig, 0x08);
	EXPECT(rig, 0x20, 0);
	SEND(rig, 0x04, 0);
	EXPECT(rig, 0x38);
	SEND(rig, 0x07, 1); /* nobody there */
	wait_interrupt(rig);
	SEND(rig, 0x08);
	EXPECT(rig, 0x71, 0);
	SEND(rig, 0x4a, 0);
	wait_interrupt(rig);
	EXPECT(rig, 0, 0, 0, 0, 0, 1, 2);
	SEND(rig, 0x4a, 4);
	wait_interrupt(rig);
	EXPECT(rig, 4, 0, 0, 0, 1, 2, 2);
	out8(rig, 0x3f7, 2); /* the wrong rate: no marks are seen */
	SEND(rig, 0x4a, 0);
	wait_interrupt(rig);
	EXPECT(rig, 0x40, 1, 0, 0, 0, 1, 2);
	SEND(rig, 0x2e);
	block_drain(rig->machine);
	g_assert_cmphex(in8(rig, 0x3f4) & 0xd0, ==, 0xd0);
	out8(rig, 0x3f2, 0);
	g_assert_cmphex(in8(rig, 0x3f4), ==, 0);
}

static void test_read(Rig *rig, const void *data)
{
	(void)data;
	start(rig);
	seek_to(rig, 3, 0);
	/* terminal count in the middle */
	dma(rig, DMA_TO_MEMORY, 4 * 512);
	SEND(rig, 0xe6, 0, 3, 0, 5, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0, 0, 0, 3, 0, 9, 2);
	check_ram(rig, (3 * 36 + 4) * 512, 4 * 512);
	/* across the heads, to the very end of the cylinder */
	dma(rig, DMA_TO_MEMORY, 36 * 512);
	SEND(rig, 0xe6, 0, 3, 0, 1, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0, 0, 0, 4, 0, 1, 2);
	check_ram(rig, 3 * 36 * 512, 36 * 512);
	/* without multitrack it ends at EOT, which is too soon */
	dma(rig, DMA_TO_MEMORY, 36 * 512);
	SEND(rig, 0x46, 0, 3, 0, 17, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0x40, 0x80, 0, 4, 0, 1, 2);
	/* the channel is masked for a while */
	dma(rig, DMA_TO_MEMORY, 512);
	out8(rig, 0x0a, 6);
	SEND(rig, 0x46, 0, 3, 0, 7, 2, 18, 0x1b, 0xff);
	block_drain(rig->machine);
	g_assert_false(rig->machine->isa_level[6]);
	g_assert_cmphex(in8(rig, 0x3f4), ==, 0x10);
	out8(rig, 0x0a, 2);
	wait_interrupt(rig);
	EXPECT(rig, 0, 0, 0, 3, 0, 8, 2);
	check_ram(rig, (3 * 36 + 6) * 512, 512);
	/* not on this track; no such sector; other sizes; the other head */
	static const struct {
		uint8_t head, c, h, r, n, st1, st2;
	} bad[] = { { 0, 4, 0, 1, 2, 0x04, 0x10 }, { 0, 3, 0, 19, 2, 0x04, 0 }, { 0, 3, 0, 1, 3, 0x04, 0 }, { 0, 3, 1, 1, 2, 0x04, 0 }, { 0, 3, 0, 0, 2, 0x04, 0 } };
	for (unsigned n = 0; n < G_N_ELEMENTS(bad); n++) {
		SEND(rig, 0x46, (uint8_t)(bad[n].head << 2), bad[n].c, bad[n].h, bad[n].r, bad[n].n, 18, 0x1b, 0xff);
		wait_interrupt(rig);
		EXPECT(rig, 0x40, bad[n].st1, bad[n].st2, bad[n].c, bad[n].h, bad[n].r, bad[n].n);
	}
	/* deleted data, which there is none: the first sector is the last; with SK none */
	dma(rig, DMA_TO_MEMORY, 1024);
	SEND(rig, 0x4c, 0, 3, 0, 2, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0, 0, 0x40, 3, 0, 3, 2);
	SEND(rig, 0x6c, 0, 3, 0, 2, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0x40, 0x80, 0x40, 4, 0, 1, 2);
	/* verify, to EOT and by count */
	SEND(rig, 0x56, 0, 3, 0, 2, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0, 0, 0, 4, 0, 1, 2);
	SEND(rig, 0xd6, 0x80, 3, 0, 2, 2, 18, 0x1b, 20);
	wait_interrupt(rig);
	EXPECT(rig, 4, 0, 0, 3, 1, 4, 2);
	/* implied seek */
	SEND(rig, 0x13, 0, 0x40, 0);
	dma(rig, DMA_TO_MEMORY, 512);
	SEND(rig, 0x46, 4, 79, 1, 18, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 4, 0, 0, 80, 1, 1, 2);
	check_ram(rig, 2879 * 512, 512);
	/* read track: from sector 1, whatever R says */
	dma(rig, DMA_TO_MEMORY, 1024);
	SEND(rig, 0x42, 0, 79, 0, 9, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0, 0, 0, 79, 0, 3, 2);
	check_ram(rig, 79 * 36 * 512, 1024);
}

static void test_write(Rig *rig, const void *data)
{
	(void)data;
	uint8_t bytes[36 * 512], zeros[512] = { 0 }, filler[512];
	start(rig);
	seek_to(rig, 10, 0);
	for (unsigned n = 0; n < sizeof bytes; n++)
		bytes[n] = (uint8_t)(n * 13 + n / 512);
	memcpy(ram(rig), bytes, sizeof bytes);
	dma(rig, DMA_FROM_MEMORY, 36 * 512);
	SEND(rig, 0xc5, 0, 10, 0, 1, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0, 0, 0, 11, 0, 1, 2);
	check_file(rig, 10 * 36 * 512, bytes, 36 * 512);
	/* a terminal count within a sector: the rest is zeros */
	dma(rig, DMA_FROM_MEMORY, 100);
	SEND(rig, 0x45, 0, 10, 0, 4, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0, 0, 0, 10, 0, 5, 2);
	check_file(rig, (10 * 36 + 3) * 512, bytes, 100);
	check_file(rig, (10 * 36 + 3) * 512 + 100, zeros, 412);
	/* scans */
	static const struct {
		uint8_t command, change, st2, r;
	} scans[] = { { 0x51, 0, 0x08, 3 }, { 0x51, 1, 0x04, 5 }, { 0x59, 1, 0, 3 }, { 0x5d, 1, 0x04, 5 }, { 0x5d, 0, 0x08, 3 } };
	for (unsigned n = 0; n < G_N_ELEMENTS(scans); n++) {
		memcpy(ram(rig), bytes + 512, 512);
		memcpy(ram(rig) + 512, bytes + 512, 1024); /* sectors 3 and 4 differ */
		ram(rig)[0] = (uint8_t)(ram(rig)[0] + scans[n].change);
		memset(ram(rig) + 512, scans[n].command == 0x5d ? 0xfe : 0x7, 1024);
		dma(rig, DMA_FROM_MEMORY, 1536);
		SEND(rig, scans[n].command, 0, 10, 0, 2, 2, 18, 0x1b, 1);
		wait_interrupt(rig);
		EXPECT(rig, 0, 0, scans[n].st2, 10, 0, scans[n].r, 2);
	}
	/* format */
	for (uint8_t n = 0; n < 18; n++)
		memcpy(ram(rig) + 4 * n, (uint8_t[4]){ 10, 1, (uint8_t)(n + 1), 2 }, 4);
	dma(rig, DMA_FROM_MEMORY, 72);
	SEND(rig, 0x4d, 4, 2, 18, 0x50, 0xf6);
	wait_interrupt(rig);
	g_assert_cmphex(in8(rig, 0x3f5), ==, 4);
	for (unsigned n = 0; n < 6; n++)
		in8(rig, 0x3f5);
	memset(filler, 0xf6, 512);
	for (unsigned n = 0; n < 18; n++)
		check_file(rig, (10 * 36 + 18 + n) * 512, filler, 512);
}

static void test_programmed(Rig *rig, const void *data)
{
	(void)data;
	uint8_t bytes[1024];
	start(rig);
	SEND(rig, 0x03, 0xaf, 0x03);
	seek_to(rig, 1, 0);
	SEND(rig, 0x46, 0, 1, 0, 17, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	for (unsigned n = 0; n < 1024; n++) {
		g_assert_cmphex(in8(rig, 0x3f4), ==, 0xf0);
		g_assert_cmphex(in8(rig, 0x3f5), ==, pattern((36 + 16) * 512 + n));
	}
	g_assert_true(rig->machine->isa_level[6]);
	EXPECT(rig, 0x40, 0x80, 0, 2, 0, 1, 2);
	SEND(rig, 0x45, 0, 1, 0, 17, 2, 18, 0x1b, 0xff);
	for (unsigned n = 0; n < 1024; n++) {
		if (n == 512)
			wait_interrupt(rig);
		bytes[n] = (uint8_t)(n * 9);
		g_assert_cmphex(in8(rig, 0x3f4), ==, 0xb0);
		out8(rig, 0x3f5, bytes[n]);
	}
	wait_interrupt(rig);
	EXPECT(rig, 0x40, 0x80, 0, 2, 0, 1, 2);
	check_file(rig, (36 + 16) * 512, bytes, 1024);
}

static void test_change(Rig *rig, const void *data)
{
	(void)data;
	GError *error = NULL;
	start(rig);
	g_assert_cmphex(in8(rig, 0x3f7), ==, 0x80);
	seek_to(rig, 0, 0); /* no step, no news */
	g_assert_cmphex(in8(rig, 0x3f7), ==, 0x80);
	seek_to(rig, 1, 0);
	g_assert_cmphex(in8(rig, 0x3f7), ==, 0);
	g_assert_true(block_eject(rig->block, false, &error));
	g_assert_cmphex(in8(rig, 0x3f7), ==, 0x80);
	seek_to(rig, 2, 0);
	g_assert_cmphex(in8(rig, 0x3f7), ==, 0x80);
	SEND(rig, 0x46, 0, 2, 0, 1, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0x40, 1, 0, 2, 0, 1, 2);
	g_assert_true(block_change_medium(rig->block, rig->file, "raw", true, &error));
	g_assert_cmphex(in8(rig, 0x3f7), ==, 0x80);
	seek_to(rig, 1, 0);
	g_assert_cmphex(in8(rig, 0x3f7), ==, 0);
	SEND(rig, 0x04, 0);
	EXPECT(rig, 0x68);
	dma(rig, DMA_FROM_MEMORY, 512);
	SEND(rig, 0x45, 0, 1, 0, 1, 2, 18, 0x1b, 0xff);
	wait_interrupt(rig);
	EXPECT(rig, 0x40, 2, 0, 1, 0, 1, 2);
}

static void test_formats(void)
{
	static const struct {
		unsigned sectors;
		uint8_t cmos, rate, tracks, heads, spt;
	} formats[] = {
		{ 320, 2, 1, 40, 1, 8 }, { 360, 2, 1, 40, 1, 9 }, { 640, 2, 1, 40, 2, 8 }, { 720, 2, 1, 40, 2, 9 }, { 1440, 4, 2, 80, 2, 9 },
		{ 2400, 2, 0, 80, 2, 15 }, { 2880, 4, 0, 80, 2, 18 }, { 3360, 4, 0, 80, 2, 21 }, { 3444, 4, 0, 82, 2, 21 }, { 5760, 5, 3, 80, 2, 36 },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(formats); n++) {
		Rig rig;
		set_up_with(&rig, formats[n].sectors, false);
		g_assert_cmpuint(fdc_drive_cmos_type(rig.machine, 0), ==, formats[n].cmos);
		g_assert_cmpuint(fdc_drive_cmos_type(rig.machine, 1), ==, 0);
		start(&rig);
		out8(&rig, 0x3f7, formats[n].rate);
		uint8_t head = (uint8_t)(formats[n].heads - 1), track = (uint8_t)(formats[n].tracks - 1), sector = formats[n].spt;
		seek_to(&rig, track, head);
		dma(&rig, DMA_TO_MEMORY, 512);
		SEND(&rig, 0x46, (uint8_t)(head << 2), track, head, sector, 2, sector, 0x1b, 0xff);
		wait_interrupt(&rig);
		EXPECT(&rig, (uint8_t)(head << 2), 0, 0, (uint8_t)(track + 1), head, 1, 2);
		check_ram(&rig, (uint64_t)(formats[n].sectors - 1) * 512, 512);
		tear_down(&rig, NULL);
	}
}

static void test_fuzz(Rig *rig, const void *data)
{
	(void)data;
	static const FuzzRange ranges[] = { { false, 0x3f0, 6 }, { false, 0x3f7, 1 }, { false, 0x00, 16 } };
	GRand *dice = g_rand_new_with_seed(11);
	static const uint8_t codes[] = { 0xe6, 0xc5, 0x4d, 0x4a, 0xd6, 0x51, 0x42, 0x6c, 0x0f, 0x07, 0x4e, 0x8e, 0xcf };
	for (unsigned round = 0; round < 400; round++) {
		fake_fuzz(rig->machine, round, 100, ranges, G_N_ELEMENTS(ranges));
		block_drain(rig->machine);
		out8(rig, 0x3f2, 0);
		out8(rig, 0x3f2, 0x0c);
		out8(rig, 0x3f7, 0);
		fake_run(rig->machine, 1000000);
		dma(rig, g_rand_boolean(dice) ? DMA_TO_MEMORY : DMA_FROM_MEMORY, (unsigned)g_rand_int_range(dice, 1, 65536));
		out8(rig, 0x3f5, codes[g_rand_int_range(dice, 0, sizeof codes)]);
		for (unsigned n = 0; n < 8; n++)
			out8(rig, 0x3f5, (uint8_t)(g_rand_boolean(dice) ? g_rand_int_range(dice, 0, 4) : g_rand_int_range(dice, 0, 256)));
		block_drain(rig->machine);
		fake_run(rig->machine, g_rand_int_range(dice, 0, 200000000));
		for (unsigned n = 0; n < 600; n++)
			in8(rig, 0x3f5);
		block_drain(rig->machine);
	}
	g_rand_free(dice);
	out8(rig, 0x3f2, 0);
	start(rig); /* alive */
}

#define TEST(name, function) g_test_add("/fdc/" name, Rig, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST("commands", test_commands);
	TEST("read", test_read);
	TEST("write", test_write);
	TEST("programmed", test_programmed);
	TEST("change", test_change);
	g_test_add_func("/fdc/formats", test_formats);
	TEST("fuzz", test_fuzz);
	return g_test_run();
}
