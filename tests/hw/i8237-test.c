/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DMA controllers: registers, both widths, directions, wrapping, auto-initialisation. */
#include <string.h>

#include "fake-machine.h"
#include "hw/chipset/i8237.h"

typedef struct Fixture {
	Machine *machine;
	I8237 *dma;
	unsigned ready;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	(void)data;
	f->machine = fake_machine_new();
	f->dma = (I8237 *)fake_device(f->machine, &i8237_class, NULL);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	fake_machine_free(f->machine);
}

static void out(Fixture *f, uint16_t port, uint8_t value)
{
	port_write(f->machine->ports, port, value, 1);
}

static unsigned in(Fixture *f, uint16_t port)
{
	return port_read(f->machine->ports, port, 1);
}

static void registers(Fixture *f, gconstpointer data)
{
	(void)data;
	static const RegisterStep script[] = {
		{ IN8, 0x0f, 0xff, 0, "all masked" }, { IN8, 0x08, 0x00, 0, NULL },
		{ OUT8, 0x0c, 0, 0, "flip-flop" }, { OUT8, 0x04, 0x34, 0, NULL }, { OUT8, 0x04, 0x12, 0, NULL },
		{ OUT8, 0x05, 0x78, 0, NULL }, { OUT8, 0x05, 0x56, 0, NULL },
		{ IN8, 0x04, 0x34, 0, NULL }, { IN8, 0x04, 0x12, 0, NULL }, { IN8, 0x05, 0x78, 0, NULL }, { OUT8, 0x0c, 0, 0, NULL },
		{ IN8, 0x05, 0x78, 0, "low byte again" }, { IN8, 0x05, 0x56, 0, NULL },
		{ OUT8, 0x0a, 0x02, 0, "unmask 2" }, { IN8, 0x0f, 0xfb, 0, NULL }, { OUT8, 0x0e, 0, 0, NULL }, { IN8, 0x0f, 0xf0, 0, NULL },
		{ OUT8, 0x0f, 0x05, 0, NULL }, { IN8, 0x0f, 0xf5, 0, NULL },
		{ OUT8, 0x09, 0x05, 0, "software request of 1" }, { IN8, 0x08, 0x20, 0, NULL }, { OUT8, 0x0d, 0, 0, "master clear" },
		{ IN8, 0x08, 0x00, 0, NULL }, { IN8, 0x0f, 0xff, 0, NULL }, { IN8, 0x0d, 0, 0, NULL },
		{ OUT8, 0xd8, 0, 0, NULL }, { OUT8, 0xc4, 0xcd, 0, NULL }, { OUT8, 0xc4, 0xab, 0, NULL }, { IN8, 0xc4, 0xcd, 0, NULL },
		{ IN8, 0xc4, 0xab, 0, NULL }, { OUT8, 0xd4, 0x01, 0, NULL }, { IN8, 0xde, 0xfd, 0, NULL },
		{ OUT8, 0x80, 0x5a, 0, NULL }, { IN8, 0x80, 0x5a, 0, "a latch" },
		{ OUT8, 0x481, 0x7f, 0, NULL }, { IN8, 0x481, 0x7f, 0, NULL }, { OUT8, 0x81, 0x12, 0, NULL }, { IN8, 0x81, 0x12, 0, NULL },
		{ IN8, 0x481, 0x00, 0, "the page clears its high part" },
	};
	FAKE_SCRIPT(f->machine, script);
}

typedef struct Setup {
	unsigned channel, mode;
	uint16_t address, count; /* as the registers take them */
	uint8_t page;
} Setup;

static void program(Fixture *f, const Setup *s)
{
	static const uint8_t pages[] = { 0x87, 0x83, 0x81, 0x82, 0x8f, 0x8b, 0x89, 0x8a };
	bool words = s->channel >= 4;
	uint16_t base = words ? 0xc0 : 0, step = words ? 2 : 1, n = s->channel & 3;
	out(f, (uint16_t)(base + 12 * step), 0);
	out(f, (uint16_t)(base + 11 * step), (uint8_t)(s->mode | n));
	for (unsigned shift = 0; shift < 16; shift += 8)
		out(f, (uint16_t)(base + 2 * n * step), (uint8_t)(s->address >> shift));
	for (unsigned shift = 0; shift < 16; shift += 8)
		out(f, (uint16_t)(base + (2 * n + 1) * step), (uint8_t)(s->count >> shift));
	out(f, pages[s->channel], s->page);
	out(f, (uint16_t)(base + 10 * step), (uint8_t)n);
}

static void transfers(Fixture *f, gconstpointer data)
{
	(void)data;
	uint8_t buffer[512], *ram = f->machine->ram->host;
	bool tc;
	for (unsigned n = 0; n < sizeof(buffer); n++)
		buffer[n] = (uint8_t)(n * 7);
	g_assert_cmpuint(dma_transfer(f->dma, 2, buffer, 512, true, &tc), ==, 0); /* masked */
	program(f, &(Setup){ 2, 0x44, 0x1000, 767, 0x12 });
	g_assert_cmpuint(dma_remaining(f->dma, 2), ==, 768);
	g_assert_cmpuint(dma_transfer(f->dma, 2, buffer, 512, true, &tc), ==, 512);
	g_assert_false(tc);
	g_assert_cmpmem(ram + 0x121000, 512, buffer, 512);
	g_assert_cmpuint(dma_transfer(f->dma, 2, buffer, 512, true, &tc), ==, 256);
	g_assert_true(tc);
	g_assert_cmpmem(ram + 0x121200, 256, buffer, 256);
	g_assert_cmphex(in(f, 0x08), ==, 0x04);
	g_assert_cmphex(in(f, 0x08), ==, 0x00); /* forgotten */
	g_assert_cmphex(in(f, 0x0f), ==, 0xff); /* masked again */
	/* from memory, wrapping in its 64 KiB */
	memset(buffer, 0, sizeof(buffer));
	memset(ram + 0x12ff00, 0x11, 256);
	memset(ram + 0x120000, 0x22, 256);
	program(f, &(Setup){ 1, 0x48, 0xff00, 511, 0x12 });
	g_assert_cmpuint(dma_transfer(f->dma, 1, buffer, 512, false, &tc), ==, 512);
	g_assert_true(tc && buffer[255] == 0x11 && buffer[256] == 0x22);
	/* verify, and the wrong direction: counted, nothing moves */
	memset(ram + 0x2000, 0x33, 16);
	program(f, &(Setup){ 3, 0x40, 0x2000, 31, 0 });
	g_assert_cmpuint(dma_transfer(f->dma, 3, buffer, 16, true, &tc), ==, 16);
	program(f, &(Setup){ 3, 0x48, 0x2000, 31, 0 });
	g_assert_cmpuint(dma_transfer(f->dma, 3, buffer, 16, true, &tc), ==, 16);
	g_assert_cmphex(ram[0x2000], ==, 0x33);
	/* downwards, again and again */
	program(f, &(Setup){ 3, 0x74, 0x3003, 3, 0 });
	g_assert_cmpuint(dma_transfer(f->dma, 3, "abcd", 4, true, &tc), ==, 4);
	g_assert_true(tc);
	g_assert_cmpmem(ram + 0x3000, 4, "dcba", 4);
	g_assert_cmpuint(dma_transfer(f->dma, 3, "efgh", 4, true, &tc), ==, 4);
	g_assert_cmpmem(ram + 0x3000, 4, "hgfe", 4);
}

static void words(Fixture *f, gconstpointer data)
{
	(void)data;
	uint8_t buffer[64], *ram = f->machine->ram->host;
	bool tc;
	for (unsigned n = 0; n < sizeof(buffer); n++)
		buffer[n] = (uint8_t)(n + 1);
	program(f, &(Setup){ 5, 0x44, 0xfff0, 31, 0x45 }); /* bit 0 of the page doesn't count */
	g_assert_cmpuint(dma_remaining(f->dma, 5), ==, 64);
	g_assert_cmpuint(dma_transfer(f->dma, 5, buffer, 64, true, &tc), ==, 64);
	g_assert_true(tc);
	g_assert_cmpmem(ram + 0x45ffe0, 32, buffer, 32);
	g_assert_cmpmem(ram + 0x440000, 32, buffer + 32, 32);
}

static void is_ready(void *owner)
{
	((Fixture *)owner)->ready++;
}

static void requests(Fixture *f, gconstpointer data)
{
	(void)data;
	dma_set_listener(f->dma, 1, is_ready, f);
	dma_set_request(f->dma, 1, true);
	g_assert_cmphex(in(f, 0x08), ==, 0x20);
	out(f, 0x0a, 0x01);
	g_assert_cmpuint(f->ready, ==, 1);
	out(f, 0x08, 0x04);
	g_assert_false(dma_ready(f->dma, 1));
	out(f, 0x08, 0x00);
	g_assert_cmpuint(f->ready, ==, 2);
	g_assert_false(dma_ready(f->dma, 99));
}

static void fuzz(Fixture *f, gconstpointer data)
{
	(void)data;
	static const FuzzRange ranges[] = { { false, 0, 16 }, { false, 0xc0, 32 }, { false, 0x80, 16 }, { false, 0x480, 16 } };
	g_autofree uint8_t *buffer = g_malloc(1 << 18);
	for (uint32_t seed = 0; seed < 300; seed++) {
		fake_fuzz(f->machine, seed, 50, ranges, G_N_ELEMENTS(ranges));
		bool tc;
		g_assert_cmpuint(dma_transfer(f->dma, seed % 9, buffer, seed * 800, seed & 1, &tc), <=, seed * 800);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(function) g_test_add("/i8237/" #function, Fixture, NULL, set_up, function, tear_down)
	TEST(registers);
	TEST(transfers);
	TEST(words);
	TEST(requests);
	TEST(fuzz);
	return g_test_run();
}
