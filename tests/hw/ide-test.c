/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IDE: register scripts on temporary images, PIO and DMA, descriptors that no driver would write, CD commands, fuzzing. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "disk/block.h"
#include "fake-machine.h"
#include "hw/pci/pci.h"
#include "hw/storage/ide.h"

enum { DISK_SECTORS = 40960, CD_SECTORS = 300, BMIBA = 0xc000, PRD = 0x1000, MEMORY = 0x10000 };
enum { BASE = 0x1f0, CD_BASE = 0x170, BM = BMIBA, CD_BM = BMIBA + 8 };

typedef struct Rig {
	Machine *machine;
	Block *disk, *cd;
	Device *hd, *drive, *controller;
	char *disk_file, *cd_file;
} Rig;

static uint8_t pattern(uint64_t offset, uint8_t salt)
{
	return (uint8_t)(offset / 512 * 7 + offset % 512 * 3 + salt);
}

static char *make_image(unsigned sectors, uint8_t salt)
{
	char *name = NULL;
	int fd = g_file_open_tmp("viv-ide-XXXXXX", &name, NULL);
	g_assert_cmpint(fd, >=, 0);
	g_autofree uint8_t *bytes = g_malloc((size_t)sectors * 512);
	for (size_t n = 0; n < (size_t)sectors * 512; n++)
		bytes[n] = pattern(n, salt);
	g_assert_cmpint(write(fd, bytes, (size_t)sectors * 512), ==, (ssize_t)sectors * 512);
	close(fd);
	return name;
}

static void no_pci_irq(void *owner, unsigned line, bool level)
{
	(void)owner, (void)line, (void)level;
}

static Device *make_drive(Rig *rig, const DeviceClass *class, Block *block, const char *bus)
{
	GError *error = NULL;
	Device *device = device_new(rig->machine, class, NULL);
	fake_set_pointer(device, "drive", block);
	device_set_property(device, "bus", bus, &error);
	device_realize(device, &error);
	g_assert_no_error(error);
	class->reset(device);
	return device;
}

static void set_up(Rig *rig, const void *data)
{
	GError *error = NULL;
	(void)data;
	rig->machine = fake_machine_new();
	rig->machine->pci = pci_bus_new(rig->machine, "pci.0", no_pci_irq, NULL);
	rig->disk_file = make_image(DISK_SECTORS, 1);
	rig->cd_file = make_image(CD_SECTORS * 4, 2);
	rig->disk = block_new(rig->machine, &(BlockOptions){ .id = "hd", .file = rig->disk_file }, &error);
	g_assert_no_error(error);
	rig->cd = block_new(rig->machine, &(BlockOptions){ .id = "cd", .file = rig->cd_file, .media = BLOCK_CDROM }, &error);
	g_assert_no_error(error);
	rig->controller = fake_device(rig->machine, &piix3_ide_class, "addr", "1.1", NULL);
	rig->hd = make_drive(rig, &ide_hd_class, rig->disk, "ide.0");
	rig->drive = make_drive(rig, &ide_cd_class, rig->cd, "ide.1");
	pci_config_write(rig->machine->pci, 0, 1 << 3 | 1, PCI_BAR0 + 16, BMIBA, 4);
	pci_config_write(rig->machine->pci, 0, 1 << 3 | 1, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
}

static void tear_down(Rig *rig, const void *data)
{
	(void)data;
	struct PciBus *bus = rig->machine->pci;
	GPtrArray *blocks = g_ptr_array_ref(rig->machine->blocks);
	/* Devices first: they let go of the Blocks. */
	for (unsigned n = rig->machine->devices->len; n-- > 0;) {
		Device *device = g_ptr_array_index(rig->machine->devices, n);
		device->class->unrealize(device);
		device->realized = false;
	}
	while (blocks->len)
		block_free(g_ptr_array_index(blocks, 0));
	pci_bus_free(bus);
	fake_machine_free(rig->machine);
	g_ptr_array_unref(blocks);
	unlink(rig->disk_file);
	unlink(rig->cd_file);
	g_free(rig->disk_file);
	g_free(rig->cd_file);
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

static uint8_t wait_not_busy(Rig *rig, uint16_t base)
{
	uint16_t control = (uint16_t)(base + 0x206);
	for (unsigned n = 0; in8(rig, control) & 0x80; n++) {
		g_assert_cmpuint(n, <, 1000);
		g_assert_true(fake_pump(rig->machine));
	}
	return in8(rig, (uint16_t)(base + 7));
}

static void task(Rig *rig, uint16_t base, uint64_t lba, unsigned count, bool ext, uint8_t command)
{
	if (ext) {
		out8(rig, base + 2, (uint8_t)(count >> 8));
		out8(rig, base + 3, (uint8_t)(lba >> 24));
		out8(rig, base + 4, (uint8_t)(lba >> 32));
		out8(rig, base + 5, (uint8_t)(lba >> 40));
	}
	out8(rig, base + 6, (uint8_t)(0xe0 | (ext ? 0 : lba >> 24 & 0xf)));
	out8(rig, base + 2, (uint8_t)count);
	out8(rig, base + 3, (uint8_t)lba);
	out8(rig, base + 4, (uint8_t)(lba >> 8));
	out8(rig, base + 5, (uint8_t)(lba >> 16));
	out8(rig, base + 7, command);
}

static void read_words(Rig *rig, uint16_t base, uint8_t *to, unsigned bytes)
{
	for (unsigned n = 0; n < bytes; n += 2) {
		uint16_t word = (uint16_t)port_read(rig->machine->ports, base, 2);
		memcpy(to + n, &word, 2);
	}
}

static void write_words(Rig *rig, uint16_t base, const uint8_t *from, unsigned bytes)
{
	for (unsigned n = 0; n < bytes; n += 2)
		port_write(rig->machine->ports, base, (uint32_t)(from[n] | from[n + 1] << 8), 2);
}

static void check_pattern(const uint8_t *bytes, uint64_t offset, unsigned count, uint8_t salt)
{
	for (unsigned n = 0; n < count; n++)
		g_assert_cmphex(bytes[n], ==, pattern(offset + n, salt));
}

static void check_file(const char *file, uint64_t offset, const uint8_t *bytes, unsigned count)
{
	g_autofree uint8_t *got = g_malloc(count);
	int fd = open(file, O_RDONLY);
	g_assert_cmpint(pread(fd, got, count, (off_t)offset), ==, count);
	close(fd);
	g_assert_cmpmem(got, count, bytes, count);
}

/* ---- registers ---- */

static void test_registers(Rig *rig, const void *data)
{
	(void)data;
	static const RegisterStep steps[] = {
		{ IN8, 0x1f7, 0x50, 0, "ready" },
		{ IN8, 0x1f1, 0x01, 0, "diagnostic code" },
		{ IN8, 0x1f2, 0x01, 0, "signature" }, { IN8, 0x1f3, 0x01, 0, NULL }, { IN8, 0x1f4, 0, 0, NULL }, { IN8, 0x1f5, 0, 0, NULL },
		{ IN8, 0x174, 0x14, 0, "packet signature" }, { IN8, 0x175, 0xeb, 0, NULL }, { IN8, 0x177, 0, 0, NULL },
		/* what SeaBIOS asks of a register file */
		{ OUT8, 0x1f2, 0x55, 0, NULL }, { OUT8, 0x1f3, 0xaa, 0, NULL }, { IN8, 0x1f2, 0x55, 0, NULL }, { IN8, 0x1f3, 0xaa, 0, NULL },
		/* the absent slave */
		{ OUT8, 0x1f6, 0xb0, 0, NULL }, { IN8, 0x1f7, 0, 0, "absent device 1" }, { IN8, 0x3f6, 0, 0, NULL }, { OUT8, 0x1f6, 0xa0, 0, NULL },
		/* HOB shows the earlier values */
		{ OUT8, 0x1f2, 0x11, 0, NULL }, { OUT8, 0x1f2, 0x22, 0, NULL }, { OUT8, 0x3f6, 0x80, 0, NULL }, { IN8, 0x1f2, 0x11, 0, "HOB" },
		{ OUT8, 0x3f6, 0, 0, NULL }, { IN8, 0x1f2, 0x22, 0, "not HOB" },
		/* commands without data, and their interrupts */
		{ IRQ_RISES, 14, 0, 0, NULL },
		{ OUT8, 0x1f7, 0x70, 0, "seek" }, { IRQ_LEVEL, 14, 1, 0, NULL }, { IN8, 0x3f6, 0x50, 0, "leaves the interrupt" },
		{ IRQ_LEVEL, 14, 1, 0, NULL }, { IN8, 0x1f7, 0x50, 0, "takes it" }, { IRQ_LEVEL, 14, 0, 0, NULL },
		{ OUT8, 0x3f6, 0x02, 0, "nIEN" }, { OUT8, 0x1f7, 0x70, 0, NULL }, { IRQ_LEVEL, 14, 0, 0, NULL },
		{ OUT8, 0x3f6, 0x00, 0, NULL }, { IRQ_LEVEL, 14, 1, 0, "it was pending" }, { IN8, 0x1f7, 0x50, 0, NULL },
		{ OUT8, 0x1f7, 0x00, 0, "NOP" }, { IN8, 0x1f7, 0x51, 0, NULL }, { IN8, 0x1f1, 0x04, 0, NULL },
		{ OUT8, 0x1f7, 0xf5, 0, "no security" }, { IN8, 0x1f7, 0x51, 0, NULL },
		{ OUT8, 0x1f7, 0xe5, 0, "check power" }, { IN8, 0x1f7, 0x50, 0, NULL }, { IN8, 0x1f2, 0xff, 0, NULL },
		{ OUT8, 0x1f2, 3, 0, NULL }, { OUT8, 0x1f7, 0xc6, 0, "multiple of 3" }, { IN8, 0x1f7, 0x51, 0, NULL },
		{ OUT8, 0x1f2, 8, 0, NULL }, { OUT8, 0x1f7, 0xc6, 0, "multiple of 8" }, { IN8, 0x1f7, 0x50, 0, NULL },
		{ OUT8, 0x1f6, 0xe0, 0, NULL }, { OUT8, 0x1f7, 0xf8, 0, "native max" }, { IN8, 0x1f7, 0x50, 0, NULL },
		{ IN8, 0x1f3, (DISK_SECTORS - 1) & 0xff, 0, NULL }, { IN8, 0x1f4, (DISK_SECTORS - 1) >> 8, 0, NULL }, { IN8, 0x1f5, 0, 0, NULL },
		{ OUT8, 0x1f1, 0xda, 0, NULL }, { OUT8, 0x1f4, 0x4f, 0, NULL }, { OUT8, 0x1f5, 0xc2, 0, NULL }, { OUT8, 0x1f7, 0xb0, 0, "SMART status" },
		{ IN8, 0x1f7, 0x50, 0, NULL }, { IN8, 0x1f4, 0x4f, 0, NULL }, { IN8, 0x1f5, 0xc2, 0, NULL },
		{ OUT8, 0x1f4, 0, 0, NULL }, { OUT8, 0x1f7, 0xb0, 0, "SMART without key" }, { IN8, 0x1f7, 0x51, 0, NULL },
		{ OUT8, 0x1f1, 3, 0, NULL }, { OUT8, 0x1f2, 0x45, 0, NULL }, { OUT8, 0x1f7, 0xef, 0, "UDMA 5" }, { IN8, 0x1f7, 0x50, 0, NULL },
		{ OUT8, 0x1f2, 0x46, 0, NULL }, { OUT8, 0x1f7, 0xef, 0, "UDMA 6" }, { IN8, 0x1f7, 0x51, 0, NULL },
		/* reset */
		{ OUT8, 0x3f6, 4, 0, "SRST" }, { IN8, 0x1f7, 0x90, 0, NULL }, { OUT8, 0x3f6, 0, 0, NULL }, { IN8, 0x1f7, 0x50, 0, NULL },
		{ IN8, 0x1f1, 1, 0, NULL }, { IN8, 0x1f2, 1, 0, NULL },
		/* the CD drive */
		{ OUT8, 0x177, 0xec, 0, "IDENTIFY of a packet device" }, { IN8, 0x177, 0x51, 0, NULL }, { IN8, 0x174, 0x14, 0, NULL },
		{ IN8, 0x175, 0xeb, 0, NULL }, { OUT8, 0x177, 0x08, 0, "DEVICE RESET" }, { IN8, 0x177, 0, 0, NULL }, { IRQ_LEVEL, 15, 0, 0, NULL },
		{ OUT8, 0x177, 0x20, 0, "READ SECTORS" }, { IN8, 0x177, 0x51, 0, NULL },
		/* bus master */
		{ IN8, BM, 0, 0, NULL }, { IN8, BM + 2, 0x04, 0, "latched interrupt" }, { OUT8, BM + 2, 0x64, 0, NULL }, { IN8, BM + 2, 0x60, 0, NULL },
		{ OUT32, BM + 4, 0x12345677, 0, NULL }, { IN32, BM + 4, 0x12345674, 0, NULL }, { IN16, BM + 6, 0x1234, 0, NULL },
	};
	FAKE_SCRIPT(rig->machine, steps);
	g_assert_cmphex(pci_config_read(rig->machine->pci, 0, 9, 0, 4), ==, 0x70108086);
	g_assert_cmphex(pci_config_read(rig->machine->pci, 0, 9, 8, 4) >> 8, ==, 0x010180);
	pci_config_write(rig->machine->pci, 0, 9, 0x40, 0x80008000, 4);
	g_assert_cmphex(pci_config_read(rig->machine->pci, 0, 9, 0x40, 4), ==, 0x80008000);
	rig->controller->class->reset(rig->controller); /* as when a machine awakes: the channels are still on */
	g_assert_cmphex(pci_config_read(rig->machine->pci, 0, 9, 0x40, 4), ==, 0x80008000);
}

static void text(const uint8_t *words, unsigned word, unsigned length, char *to)
{
	for (unsigned n = 0; n < length; n++)
		to[n] = (char)words[2 * word + (n ^ 1)];
	to[length] = 0;
}

static unsigned word(const uint8_t *words, unsigned n)
{
	return (unsigned)(words[2 * n] | words[2 * n + 1] << 8);
}

/* A slave with all of its properties set, as IDENTIFY DEVICE tells of them. */
static void test_properties(Rig *rig, const void *data)
{
	static const struct { const char *name, *value; } properties[] = {
		{ "bus", "ide.0" }, { "unit", "1" }, { "serial", "S1" }, { "model", "M1" }, { "ver", "V1" }, { "wwn", "0x5001234567890abc" }, { "cyls", "30" },
		{ "heads", "4" }, { "secs", "17" }, { "lcyls", "10" }, { "lheads", "8" }, { "lsecs", "9" }, { "rotation_rate", "1" }, { "write-cache", "off" },
		{ "bios-chs-trans", "large" }, { "bootindex", "7" },
	};
	g_autoptr(GError) error = NULL;
	uint8_t words[512];
	char string[41];
	IdePlace place;
	(void)data;
	g_autofree char *file = make_image(DISK_SECTORS, 3);
	Block *block = block_new(rig->machine, &(BlockOptions){ .id = "slave", .file = file }, &error);
	unlink(file);
	g_assert_no_error(error);
	Device *slave = device_new(rig->machine, &ide_hd_class, NULL);
	fake_set_pointer(slave, "drive", block);
	for (unsigned n = 0; n < G_N_ELEMENTS(properties); n++)
		g_assert_true(device_set_property(slave, properties[n].name, properties[n].value, &error));
	g_assert_true(device_realize(slave, &error));
	slave->class->reset(slave);
	out8(rig, BASE + 6, 0xb0);
	out8(rig, BASE + 7, 0xec);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x58);
	read_words(rig, BASE, words, 512);
	text(words, 10, 20, string);
	g_assert_cmpstr(g_strchomp(string), ==, "S1");
	text(words, 23, 8, string);
	g_assert_cmpstr(g_strchomp(string), ==, "V1");
	text(words, 27, 40, string);
	g_assert_cmpstr(g_strchomp(string), ==, "M1");
	g_assert_cmpuint(word(words, 1), ==, 30);
	g_assert_cmpuint(word(words, 3), ==, 4);
	g_assert_cmpuint(word(words, 6), ==, 17);
	g_assert_cmphex(word(words, 85) & 0x20, ==, 0); /* the write cache is off */
	g_assert_cmphex(word(words, 87) & 0x100, ==, 0x100);
	g_assert_cmphex(word(words, 108), ==, 0x5001);
	g_assert_cmphex(word(words, 111), ==, 0x0abc);
	g_assert_cmpuint(word(words, 217), ==, 1);
	g_assert_true(ide_drive_place(slave, &place));
	g_assert_true(place.channel == 0 && place.unit == 1 && place.bootindex == 7 && place.lcyls == 10 && place.lheads == 8 && place.lsecs == 9);
	g_assert_cmphex(place.devfn, ==, 1 << 3 | 1);
	IdeGeometry geometry;
	g_assert_true(ide_drive_geometry(rig->machine, 0, 1, &geometry));
	g_assert_cmpuint(geometry.translation, ==, IDE_TRANSLATION_LARGE);
}

static void test_identify(Rig *rig, const void *data)
{
	(void)data;
	uint8_t words[512];
	char string[41];
	task(rig, BASE, 0, 0, false, 0xec);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x58);
	read_words(rig, BASE, words, 512);
	g_assert_cmphex(in8(rig, BASE + 7), ==, 0x50);
	text(words, 27, 40, string);
	g_assert_cmpstr(g_strchomp(string), ==, "VIVARIUM HARDDISK");
	text(words, 10, 20, string);
	g_assert_cmpstr(g_strchomp(string), ==, "VM00001");
	g_assert_cmpuint(word(words, 1), ==, DISK_SECTORS / 1008);
	g_assert_cmpuint(word(words, 3), ==, 16);
	g_assert_cmpuint(word(words, 6), ==, 63);
	g_assert_cmpuint(word(words, 60) | word(words, 61) << 16, ==, DISK_SECTORS);
	g_assert_cmpuint(word(words, 100) | word(words, 101) << 16, ==, DISK_SECTORS);
	task(rig, CD_BASE, 0, 0, false, 0xa1);
	g_assert_cmphex(wait_not_busy(rig, CD_BASE), ==, 0x58);
	read_words(rig, CD_BASE, words, 512);
	g_assert_cmphex(word(words, 0), ==, 0x85c0);
	text(words, 10, 20, string);
	g_assert_cmpstr(g_strchomp(string), ==, "VM00003");
	IdeGeometry geometry;
	g_assert_true(ide_drive_geometry(rig->machine, 0, 0, &geometry));
	g_assert_cmpuint(geometry.cylinders, ==, DISK_SECTORS / 1008);
	g_assert_cmpuint(geometry.translation, ==, IDE_TRANSLATION_NONE);
	g_assert_false(ide_drive_geometry(rig->machine, 0, 1, &geometry));
	g_assert_false(ide_drive_geometry(rig->machine, 1, 0, &geometry));
	g_assert_true(ide_drive_at(rig->machine, 1, 0) == rig->drive);
}

/* ---- PIO ---- */

static const struct {
	const char *name;
	uint8_t read, write;
	bool ext;
	unsigned block; /* sectors */
} pio_commands[] = {
	{ "sectors", 0x20, 0x30, false, 1 }, { "sectors ext", 0x24, 0x34, true, 1 },
	{ "multiple", 0xc4, 0xc5, false, 16 }, { "multiple ext", 0x29, 0x39, true, 16 }, { "multiple fua", 0x29, 0xce, true, 16 },
};

static void pio_round(Rig *rig, unsigned n, uint64_t lba, unsigned count)
{
	g_autofree uint8_t *bytes = g_malloc(count * 512), *wrote = g_malloc(count * 512);
	unsigned block = pio_commands[n].block;
	bool ext = pio_commands[n].ext;
	task(rig, BASE, lba, count, ext, pio_commands[n].read);
	for (unsigned done = 0; done < count; done += block) {
		g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x58);
		read_words(rig, BASE, bytes + done * 512, MIN(block, count - done) * 512);
	}
	g_assert_cmphex(in8(rig, BASE + 7), ==, 0x50);
	check_file(rig->disk_file, lba * 512, bytes, count * 512);
	for (unsigned i = 0; i < count * 512; i++)
		wrote[i] = (uint8_t)(bytes[i] ^ (i >> 9) ^ 0x5a);
	task(rig, BASE, lba, count, ext, pio_commands[n].write);
	for (unsigned done = 0; done < count; done += block) {
		g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x58);
		write_words(rig, BASE, wrote + done * 512, MIN(block, count - done) * 512);
	}
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x50);
	check_file(rig->disk_file, lba * 512, wrote, count * 512);
	/* the address registers tell the last sector */
	g_assert_cmphex(in8(rig, BASE + 3), ==, (lba + count - 1) & 0xff);
}

static void test_pio(Rig *rig, const void *data)
{
	(void)data;
	for (unsigned n = 0; n < G_N_ELEMENTS(pio_commands); n++) {
		pio_round(rig, n, 5 + n, 1);
		pio_round(rig, n, 1000, 3);
		pio_round(rig, n, 3000, 200);
		pio_round(rig, n, DISK_SECTORS - 33, 33);
	}
	rig->machine->isa_rises[14] = 0;
	uint8_t bytes[1024];
	task(rig, BASE, 7, 2, false, 0x20);
	wait_not_busy(rig, BASE);
	read_words(rig, BASE, bytes, 512);
	wait_not_busy(rig, BASE);
	read_words(rig, BASE, bytes, 512);
	g_assert_cmpuint(rig->machine->isa_rises[14], ==, 2); /* one per block, none at the end */
}

/* Many accesses at once move what as many single ones would, to the block's end. */
static void test_runs(Rig *rig, const void *data)
{
	(void)data;
	PortSpace *ports = rig->machine->ports;
	uint8_t bytes[4096], wrote[1024];
	g_assert_cmpuint(port_read_many(ports, BASE, 2, bytes, 256), ==, 0); /* nothing is to be had */
	task(rig, BASE, 9, 2, false, 0x20);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x58);
	g_assert_cmpuint(port_write_many(ports, BASE, 2, bytes, 256), ==, 0); /* that way */
	g_assert_cmpuint(port_read_many(ports, BASE + 1, 1, bytes, 256), ==, 0);
	g_assert_cmpuint(port_read_many(ports, BASE, 2, bytes, 100), ==, 100);
	read_words(rig, BASE, bytes + 200, 10);
	g_assert_cmpuint(port_read_many(ports, BASE, 4, bytes + 210, 1000), ==, 75); /* two bytes are left */
	g_assert_cmpuint(port_read_many(ports, BASE, 4, bytes + 510, 1000), ==, 0);
	read_words(rig, BASE, bytes + 510, 2);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x58);
	g_assert_cmpuint(port_read_many(ports, BASE, 1, bytes + 512, 1000), ==, 512);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x50);
	check_file(rig->disk_file, 9 * 512, bytes, 1024);
	for (unsigned n = 0; n < sizeof wrote; n++)
		wrote[n] = (uint8_t)(n * 7);
	task(rig, BASE, 11, 2, false, 0x30);
	for (unsigned done = 0; done < 1024; done += 512) {
		g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x58);
		g_assert_cmpuint(port_read_many(ports, BASE, 2, bytes, 256), ==, 0);
		g_assert_cmpuint(port_write_many(ports, BASE, 2, wrote + done, 1000), ==, 256);
	}
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x50);
	check_file(rig->disk_file, 11 * 512, wrote, 1024);
}

static void test_chs(Rig *rig, const void *data)
{
	(void)data;
	uint8_t bytes[512];
	/* 4 heads of 17 sectors, as a driver may ask for */
	out8(rig, BASE + 6, 0xa3);
	out8(rig, BASE + 2, 17);
	out8(rig, BASE + 7, 0x91);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x50);
	out8(rig, BASE + 6, 0xa2); /* cylinder 259, head 2, sector 5 */
	out8(rig, BASE + 2, 1);
	out8(rig, BASE + 3, 5);
	out8(rig, BASE + 4, 259 & 0xff);
	out8(rig, BASE + 5, 259 >> 8);
	out8(rig, BASE + 7, 0x20);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x58);
	read_words(rig, BASE, bytes, 512);
	check_pattern(bytes, ((259ull * 4 + 2) * 17 + 4) * 512, 512, 1);
	out8(rig, BASE + 3, 0); /* there is no sector 0 */
	out8(rig, BASE + 7, 0x20);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x51);
	g_assert_cmphex(in8(rig, BASE + 1), ==, 0x10);
}

static void test_limits(Rig *rig, const void *data)
{
	(void)data;
	static const struct {
		uint64_t lba;
		unsigned count;
		bool ext;
		uint8_t command;
	} beyond[] = {
		{ DISK_SECTORS, 1, false, 0x20 }, { DISK_SECTORS - 1, 2, false, 0x20 }, { DISK_SECTORS - 1, 0, true, 0x24 },
		{ 0xffffffffffff, 1, true, 0x24 }, { 0xffffffffffff, 0, true, 0x25 }, { 0xfffffff, 0, false, 0xc8 }, { DISK_SECTORS, 1, false, 0x30 },
		{ DISK_SECTORS, 1, true, 0x35 }, { DISK_SECTORS, 1, false, 0x40 }, { DISK_SECTORS - 1, 2, true, 0x42 },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(beyond); n++) {
		task(rig, BASE, beyond[n].lba, beyond[n].count, beyond[n].ext, beyond[n].command);
		g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x51);
		g_assert_cmphex(in8(rig, BASE + 1), ==, 0x10);
	}
	task(rig, BASE, 0, 0, true, 0x42); /* verify 65536: too many */
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x51);
	task(rig, BASE, 0, 40000, true, 0x42);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x50);
	task(rig, BASE, 0, 0, false, 0xe7);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x50);
}

/* ---- DMA ---- */

typedef struct Region32 {
	uint32_t address, count;
} Region32;

#define LAST 0x80000000u

static void start_master(Rig *rig, uint16_t master, const Region32 *table, unsigned entries, bool to_memory)
{
	memory_write(rig->machine->memory, PRD, table, entries * sizeof *table);
	port_write(rig->machine->ports, master + 4, PRD, 4);
	out8(rig, master + 2, 0x66);
	out8(rig, master, to_memory ? 0x09 : 0x01);
}

static uint8_t *ram(Rig *rig)
{
	return rig->machine->ram->host;
}

static void test_dma(Rig *rig, const void *data)
{
	(void)data;
	static const Region32 scattered[] = { { MEMORY, 510 }, { MEMORY + 0x20001, 0 }, { MEMORY + 0x800, 2 }, { MEMORY + 0x40000, 0xfffe | LAST } };
	/* by the start bit last, and first */
	for (unsigned order = 0; order < 2; order++) {
		unsigned sectors = 200, first = 65536;
		uint8_t got[200 * 512];
		memset(ram(rig) + MEMORY, 0, 0x60000);
		out8(rig, BM + 2, 0x66);
		if (order) {
			start_master(rig, BM, scattered, 4, true);
			task(rig, BASE, 300, sectors, order, order ? 0x25 : 0xc8);
		} else {
			task(rig, BASE, 300, sectors, order, order ? 0x25 : 0xc8);
			start_master(rig, BM, scattered, 4, true);
		}
		g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x50);
		memcpy(got, ram(rig) + MEMORY, 510);
		memcpy(got + 510, ram(rig) + MEMORY + 0x20000, first);
		memcpy(got + 510 + first, ram(rig) + MEMORY + 0x800, 2);
		memcpy(got + 512 + first, ram(rig) + MEMORY + 0x40000, sizeof got - 512 - first);
		check_pattern(got, 300 * 512, sizeof got, 1);
		/* the table was longer than the transfer: interrupt and still active */
		g_assert_cmphex(in8(rig, BM + 2), ==, 0x65);
		out8(rig, BM, 0);
		g_assert_cmphex(in8(rig, BM + 2), ==, 0x64);
	}
	/* writing, the table as long as the transfer */
	static const Region32 exact[] = { { MEMORY, 1024 }, { MEMORY + 0x3000, 512 | LAST } };
	uint8_t expected[1536];
	for (unsigned n = 0; n < 1536; n++)
		expected[n] = (uint8_t)(n * 11);
	memcpy(ram(rig) + MEMORY, expected, 1024);
	memcpy(ram(rig) + MEMORY + 0x3000, expected + 1024, 512);
	for (unsigned n = 0; n < 3; n++) {
		static const uint8_t codes[] = { 0xca, 0x35, 0x3d };
		task(rig, BASE, 77 + 5 * n, 3, n, codes[n]);
		start_master(rig, BM, exact, 2, false);
		g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x50);
		g_assert_cmphex(in8(rig, BM + 2), ==, 0x64);
		out8(rig, BM, 0);
		check_file(rig->disk_file, (77 + 5 * n) * 512, expected, 1536);
	}
}

static void test_trim(Rig *rig, const void *data)
{
	(void)data;
	static const Region32 table[] = { { MEMORY, 512 | LAST } };
	uint64_t ranges[64] = { 1000 | (uint64_t)64 << 48, 0, 5000 | (uint64_t)8 << 48 };
	uint8_t bytes[512];
	for (unsigned round = 0; round < 2; round++) {
		if (round)
			ranges[63] = (DISK_SECTORS - 1) | (uint64_t)2 << 48;
		memcpy(ram(rig) + MEMORY, ranges, 512);
		out8(rig, BASE + 1, 0);
		out8(rig, BASE + 1, 1);
		task(rig, BASE, 0, 1, true, 0x06);
		start_master(rig, BM, table, 1, false);
		g_assert_cmphex(wait_not_busy(rig, BASE), ==, round ? 0x51 : 0x50);
		out8(rig, BM, 0);
	}
	task(rig, BASE, 999, 1, false, 0x20); /* what wasn't named is still there */
	wait_not_busy(rig, BASE);
	read_words(rig, BASE, bytes, 512);
	check_pattern(bytes, 999 * 512, 512, 1);
	task(rig, BASE, 0, 9, true, 0x06); /* more blocks than it says it takes */
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x51);
}

static void test_hostile_dma(Rig *rig, const void *data)
{
	(void)data;
	/* Too short: not active, no interrupt, the drive still wants to move data; a reset brings it back. */
	static const Region32 shorter[] = { { MEMORY, 1022 | LAST } };
	rig->machine->isa_rises[14] = 0;
	task(rig, BASE, 0, 2, false, 0xc8);
	start_master(rig, BM, shorter, 1, true);
	while (in8(rig, 0x3f6) & 0x80)
		g_assert_true(fake_pump(rig->machine));
	g_assert_cmphex(in8(rig, BM + 2), ==, 0x60);
	g_assert_cmphex(in8(rig, 0x3f6), ==, 0x58);
	g_assert_cmpuint(rig->machine->isa_rises[14], ==, 0);
	out8(rig, BM, 0);
	static const Region32 rest[] = { { MEMORY + 1022, 2 | LAST } }; /* or another table takes the rest */
	start_master(rig, BM, rest, 1, true);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x50);
	check_pattern(ram(rig) + MEMORY, 0, 1024, 1);
	out8(rig, BM, 0);

	/* Outside of memory: error, the command ends. */
	static const Region32 outside[] = { { 0xf0000000, 512 | LAST } };
	task(rig, BASE, 0, 1, false, 0xc8);
	start_master(rig, BM, outside, 1, true);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x51);
	g_assert_cmphex(in8(rig, BM + 2), ==, 0x66);
	out8(rig, BM, 0);
	/* The table itself outside. */
	task(rig, BASE, 0, 1, false, 0xc8);
	port_write(rig->machine->ports, BM + 4, 0xfffffffc, 4);
	out8(rig, BM + 2, 0x66);
	out8(rig, BM, 9);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x51);
	g_assert_cmphex(in8(rig, BM + 2), ==, 0x66);
	out8(rig, BM, 0);
	/* A table without an end, at the end of its 64 KiB: comes round. */
	g_autofree Region32 *endless = g_new(Region32, 8192);
	for (unsigned n = 0; n < 8192; n++)
		endless[n] = (Region32){ MEMORY * 2 + 2 * n, 2 };
	memory_write(rig->machine->memory, 0x10000, endless, 65536);
	task(rig, BASE, 0, 256 & 0xff, false, 0xc8);
	port_write(rig->machine->ports, BM + 4, 0x1fff8, 4);
	out8(rig, BM + 2, 0x66);
	out8(rig, BM, 9);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x50);
	g_assert_cmphex(in8(rig, BM + 2), ==, 0x65);
	out8(rig, BM, 0);
	/* Bus mastering forbidden. */
	pci_config_write(rig->machine->pci, 0, 9, PCI_COMMAND, PCI_COMMAND_IO, 2);
	task(rig, BASE, 0, 1, false, 0xc8);
	start_master(rig, BM, rest, 1, true);
	g_assert_cmphex(wait_not_busy(rig, BASE), ==, 0x51);
	out8(rig, BM, 0);
	pci_config_write(rig->machine->pci, 0, 9, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 2);
	/* Wrong direction: nothing moves. */
	task(rig, BASE, 0, 1, false, 0xc8);
	start_master(rig, BM, shorter, 1, false);
	while (in8(rig, 0x3f6) & 0x80)
		g_assert_true(fake_pump(rig->machine));
	g_assert_cmphex(in8(rig, 0x3f6), ==, 0x58);
	/* Reset in the middle of a request. */
	out8(rig, BM, 0);
	task(rig, BASE, 0, 200, false, 0xc8);
	start_master(rig, BM, shorter, 1, true);
	out8(rig, 0x3f6, 4);
	out8(rig, 0x3f6, 0);
	g_assert_cmphex(in8(rig, BASE + 7), ==, 0x50);
}

/* ---- CD ---- */

static uint8_t send_packet(Rig *rig, const uint8_t *packet, uint8_t feature, unsigned limit)
{
	out8(rig, CD_BASE + 6, 0xa0);
	out8(rig, CD_BASE + 1, feature);
	out8(rig, CD_BASE + 4, (uint8_t)limit);
	out8(rig, CD_BASE + 5, (uint8_t)(limit >> 8));
	out8(rig, CD_BASE + 7, 0xa0);
	g_assert_cmphex(in8(rig, CD_BASE + 7), ==, 0x58);
	g_assert_cmphex(in8(rig, CD_BASE + 2) & 7, ==, 1);
	write_words(rig, CD_BASE, packet, 12);
	return feature ? 0 : wait_not_busy(rig, CD_BASE);
}

/* All data by PIO; what it was in all. */
static unsigned packet_in(Rig *rig, const uint8_t *packet, uint8_t *to, unsigned size, unsigned limit)
{
	unsigned got = 0;
	uint8_t status = send_packet(rig, packet, 0, limit);
	while (status & 8) {
		unsigned bytes = (unsigned)(in8(rig, CD_BASE + 4) | in8(rig, CD_BASE + 5) << 8);
		g_assert_cmphex(in8(rig, CD_BASE + 2) & 7, ==, 2);
		g_assert_cmpuint(bytes, <=, limit);
		g_assert_cmpuint(got + bytes, <=, size);
		read_words(rig, CD_BASE, to + got, bytes);
		got += bytes;
		status = wait_not_busy(rig, CD_BASE);
	}
	g_assert_cmphex(in8(rig, CD_BASE + 2) & 7, ==, 3);
	g_assert_cmphex(status & 1, ==, 0);
	return got;
}

static unsigned sense_of(Rig *rig)
{
	uint8_t sense[18];
	static const uint8_t packet[12] = { 0x03, 0, 0, 0, 18 };
	g_assert_cmpuint(packet_in(rig, packet, sense, 18, 0xfffe), ==, 18);
	return (unsigned)(sense[2] << 16 | sense[12] << 8 | sense[13]);
}

/* Sense of a command without data; 0: it was good. */
static unsigned packet_result(Rig *rig, const uint8_t *packet)
{
	uint8_t status = send_packet(rig, packet, 0, 0xfffe);
	g_assert_cmphex(status & 8, ==, 0);
	return status & 1 ? sense_of(rig) : 0;
}

static const uint8_t test_unit_ready[12] = { 0x00 };

static void test_cd(Rig *rig, const void *data)
{
	(void)data;
	uint8_t bytes[70000];
	static const uint8_t capacity[12] = { 0x25 }, inquiry[12] = { 0x12, 0, 0, 0, 36 }, read10[12] = { 0x28, 0, 0, 0, 0, 20, 0, 0, 34 };
	g_assert_cmphex(packet_result(rig, test_unit_ready), ==, 0);
	g_assert_cmpuint(packet_in(rig, capacity, bytes, 8, 0xfffe), ==, 8);
	g_assert_cmpuint(bytes[2] << 8 | bytes[3], ==, CD_SECTORS - 1);
	g_assert_cmpuint(packet_in(rig, inquiry, bytes, 36, 0xfffe), ==, 36);
	g_assert_cmpmem(bytes + 8, 24, "VIVARIUMDVD-ROM         ", 24);
	static const unsigned limits[] = { 2048, 0xfffe, 4096, 1000, 30 };
	for (unsigned n = 0; n < G_N_ELEMENTS(limits); n++) {
		g_assert_cmpuint(packet_in(rig, read10, bytes, sizeof bytes, limits[n]), ==, 34 * 2048);
		check_pattern(bytes, 20 * 2048, 34 * 2048, 2);
	}
	/* DMA */
	static const uint8_t read12[12] = { 0xa8, 0, 0, 0, 0, 3, 0, 0, 0, 100 };
	static const Region32 table[] = { { MEMORY, 0 }, { MEMORY + 0x10000, 0 }, { MEMORY + 0x20000, 0 }, { MEMORY + 0x30000, 0x2000 | LAST } };
	send_packet(rig, read12, 1, 0);
	start_master(rig, CD_BM, table, 4, true);
	g_assert_cmphex(wait_not_busy(rig, CD_BASE), ==, 0x50);
	g_assert_cmphex(in8(rig, CD_BASE + 2) & 7, ==, 3);
	g_assert_cmphex(in8(rig, CD_BM + 2), ==, 0x64);
	out8(rig, CD_BM, 0);
	check_pattern(ram(rig) + MEMORY, 3 * 2048, 100 * 2048, 2);
	/* short replies by DMA */
	static const Region32 small[] = { { MEMORY, 36 | LAST } };
	send_packet(rig, inquiry, 1, 0);
	start_master(rig, CD_BM, small, 1, true);
	g_assert_cmphex(wait_not_busy(rig, CD_BASE), ==, 0x50);
	out8(rig, CD_BM, 0);
	g_assert_cmpmem(ram(rig) + MEMORY + 8, 8, "VIVARIUM", 8);
	/* errors */
	static const struct {
		uint8_t packet[12];
		unsigned sense;
	} bad[] = {
		{ { 0x28, 0, 0, 0, 1, 44, 0, 0, 1 }, 0x052100 }, { { 0x28, 0, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff }, 0x052100 },
		{ { 0xff }, 0x052000 }, { { 0x2a }, 0x052000 }, { { 0x5a, 0, 0xc0, 0, 0, 0, 0, 1 }, 0x053900 }, { { 0x5a, 0, 0x33, 0, 0, 0, 0, 1 }, 0x052400 },
		{ { 0x4b }, 0x052c00 }, { { 0x43, 0, 9, 0, 0, 0, 0, 0, 64 }, 0x052400 }, { { 0x4a }, 0x052400 }, { { 0xad, 0, 0, 0, 0, 0, 0, 0, 8 }, 0x053002 },
		{ { 0xbe, 4, 0, 0, 0, 0, 0, 0, 1, 0x10 }, 0x056400 }, { { 0x2b, 0, 0, 0, 1, 44 }, 0x052100 },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(bad); n++)
		g_assert_cmphex(packet_result(rig, bad[n].packet), ==, bad[n].sense);
	g_assert_cmphex(sense_of(rig), ==, 0);
}

static void test_cd_information(Rig *rig, const void *data)
{
	(void)data;
	uint8_t b[512];
	static const struct {
		uint8_t packet[12];
		unsigned size;
		uint8_t bytes[48], checked;
	} cases[] = {
		{ { 0x43, 0, 0, 0, 0, 0, 0, 0, 64 }, 20, { 0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 1, 44 }, 20 },
		{ { 0x43, 2, 0, 0, 0, 0, 0xaa, 0, 64 }, 12, { 0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0, 6, 0 }, 12 },
		{ { 0x43, 0, 1, 0, 0, 0, 0, 0, 64 }, 12, { 0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0 }, 12 },
		{ { 0x43, 2, 0, 0, 0, 0, 0, 0, 64, 0x80 }, 48, { 0, 46, 1, 1, 1, 0x14, 0, 0xa0, 0, 0, 0, 0, 1 }, 13 },
		{ { 0x46, 0, 0, 0, 0, 0, 0, 0, 8 }, 8, { 0, 0, 0, 84, 0, 0, 0, 8 }, 8 },
		{ { 0x46, 2, 0, 0x1e, 0, 0, 0, 0, 64 }, 16, { 0, 0, 0, 12, 0, 0, 0, 8, 0, 0x1e, 9, 4 }, 12 },
		{ { 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8 }, 8, { 0, 6, 4, 0x10, 0, 2 }, 8 },
		{ { 0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8 }, 4, { 0, 2, 0x80, 0x10 }, 4 },
		{ { 0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 64 }, 30, { 0, 28, 1, 0, 0, 0, 0, 0, 0x2a, 0x14, 0x3b }, 11 },
		{ { 0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 64 }, 54, { 0, 52, 1 }, 3 },
		{ { 0x51, 0, 0, 0, 0, 0, 0, 0, 34 }, 34, { 0, 32, 0x0e, 1, 1, 1, 1 }, 7 },
		{ { 0x42, 2, 0x40, 1, 0, 0, 0, 0, 16 }, 16, { 0, 0x15, 0, 12, 1, 0x14, 1, 1, 0, 0, 2, 0 }, 16 },
		{ { 0x44, 0, 0, 0, 0, 9, 0, 0, 8 }, 8, { 1, 0, 0, 0, 0, 0, 0, 9 }, 8 },
		{ { 0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8 }, 8, { 0 }, 8 },
		{ { 0x12, 1, 0x80, 0, 64 }, 11, { 5, 0x80, 0, 7, 'V', 'M', '0', '0', '0', '0', '3' }, 11 },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		g_test_message("packet %02x %02x %02x", cases[n].packet[0], cases[n].packet[1], cases[n].packet[2]);
		g_assert_cmpuint(packet_in(rig, cases[n].packet, b, sizeof b, 0xfffe), ==, cases[n].size);
		g_assert_cmpmem(b, cases[n].checked, cases[n].bytes, cases[n].checked);
	}
}

/* Mode 1's codes: all code words of a sector as read add up to zero. */
static void test_raw(Rig *rig, const void *data)
{
	(void)data;
	uint8_t bytes[30 * 2352];
	static const uint8_t whole[12] = { 0xbe, 0, 0, 0, 0, 7, 0, 0, 30, 0xf8 }, header[12] = { 0xb9, 0, 0, 0, 2, 16, 0, 2, 20, 0x20 };
	g_assert_cmpuint(packet_in(rig, whole, bytes, sizeof bytes, 2352), ==, sizeof bytes);
	for (unsigned n = 0; n < 30; n++) {
		const uint8_t *sector = bytes + n * 2352;
		static const uint8_t sync[12] = { 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0 };
		g_assert_cmpmem(sector, 12, sync, 12);
		g_assert_cmphex(sector[14], ==, (7 + n) / 10 << 4 | (7 + n) % 10);
		check_pattern(sector + 16, (7 + n) * 2048, 2048, 2);
		for (unsigned column = 0; column < 86; column++) {
			uint8_t sum = 0;
			for (unsigned k = 0; k < 26; k++)
				sum ^= sector[12 + column + 86 * k];
			g_assert_cmphex(sum, ==, 0);
		}
	}
	g_assert_cmpuint(packet_in(rig, header, bytes, sizeof bytes, 2352), ==, 4 * 4);
	static const uint8_t expected[] = { 0, 2, 0x16, 1, 0, 2, 0x17, 1, 0, 2, 0x18, 1, 0, 2, 0x19, 1 };
	g_assert_cmpmem(bytes, 16, expected, 16);
}

static void test_media(Rig *rig, const void *data)
{
	(void)data;
	GError *error = NULL;
	static const uint8_t lock[12] = { 0x1e, 0, 0, 0, 1 }, unlock[12] = { 0x1e }, eject[12] = { 0x1b, 0, 0, 0, 2 }, load[12] = { 0x1b, 0, 0, 0, 3 };
	static const uint8_t event[12] = { 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8 };
	uint8_t b[8];
	/* disc for disc */
	g_autofree char *other = make_image(400, 3);
	g_assert_true(block_change_medium(rig->cd, other, NULL, true, &error));
	g_assert_cmpuint(packet_in(rig, event, b, 8, 0xfffe), ==, 8);
	g_assert_cmphex(b[4], ==, 2);
	g_assert_cmphex(packet_result(rig, test_unit_ready), ==, 0x023a00);
	g_assert_cmphex(packet_result(rig, test_unit_ready), ==, 0x062800);
	g_assert_cmphex(packet_result(rig, test_unit_ready), ==, 0);
	static const uint8_t capacity[12] = { 0x25 };
	packet_in(rig, capacity, b, 8, 0xfffe);
	g_assert_cmpuint(b[3], ==, 99);
	/* locked */
	g_assert_cmphex(packet_result(rig, lock), ==, 0);
	g_assert_false(block_eject(rig->cd, false, &error));
	g_assert_nonnull(error);
	g_clear_error(&error);
	packet_in(rig, event, b, 8, 0xfffe);
	g_assert_cmphex(b[4], ==, 1);
	packet_in(rig, event, b, 8, 0xfffe);
	g_assert_cmphex(b[4], ==, 0);
	g_assert_cmphex(packet_result(rig, eject), ==, 0x025302);
	g_assert_cmphex(packet_result(rig, unlock), ==, 0);
	/* the guest's eject, and back in */
	g_assert_cmphex(packet_result(rig, eject), ==, 0);
	g_assert_true(block_tray_open(rig->cd));
	g_assert_cmphex(packet_result(rig, test_unit_ready), ==, 0x023a02);
	g_assert_cmphex(packet_result(rig, load), ==, 0);
	g_assert_cmphex(packet_result(rig, test_unit_ready), ==, 0x062800);
	g_assert_cmphex(packet_result(rig, test_unit_ready), ==, 0);
	/* the user's eject */
	g_assert_true(block_eject(rig->cd, false, &error));
	g_assert_cmphex(packet_result(rig, test_unit_ready), ==, 0x023a02);
	packet_in(rig, event, b, 8, 0xfffe);
	g_assert_cmphex(b[4], ==, 3);
	g_assert_cmphex(b[5], ==, 1);
	/* none such */
	g_assert_false(block_change_medium(rig->cd, "/nonexistent/x.iso", NULL, true, &error));
	g_assert_nonnull(strstr(error->message, "/nonexistent/x.iso"));
	g_clear_error(&error);
	g_assert_true(block_change_medium(rig->cd, rig->cd_file, NULL, true, &error));
	g_assert_cmphex(packet_result(rig, test_unit_ready), ==, 0x062800);
	g_assert_cmphex(packet_result(rig, test_unit_ready), ==, 0);
	g_assert_false(block_eject(rig->disk, true, &error));
	g_clear_error(&error);
	unlink(other);
}

/* ---- fuzzing ---- */

static void test_fuzz(Rig *rig, const void *data)
{
	(void)data;
	static const FuzzRange ranges[] = { { false, 0x1f0, 8 }, { false, 0x170, 8 }, { false, 0x3f6, 1 }, { false, 0x376, 1 }, { false, BMIBA, 16 } };
	GRand *dice = g_rand_new_with_seed(7);
	for (unsigned round = 0; round < 300; round++) {
		fake_fuzz(rig->machine, round, 300, ranges, G_N_ELEMENTS(ranges));
		block_drain(rig->machine);
		/* commands that mean something, with random everything else */
		uint16_t base = g_rand_boolean(dice) ? BASE : CD_BASE;
		uint16_t master = base == BASE ? BM : CD_BM;
		static const uint8_t codes[] = { 0xc8, 0xca, 0x25, 0x35, 0x20, 0x30, 0xc4, 0xc5, 0xa0, 0xec, 0x40, 0xb0, 0x06 };
		Region32 table[8];
		for (unsigned n = 0; n < 8; n++)
			table[n] = (Region32){ g_rand_int(dice) & (g_rand_boolean(dice) ? 0xffffffff : 0xfffff), g_rand_int(dice) };
		out8(rig, (uint16_t)(base + 0x206), 4);
		out8(rig, (uint16_t)(base + 0x206), 0);
		out8(rig, base + 1, (uint8_t)g_rand_int(dice));
		task(rig, base, g_rand_int(dice) & 0xffff, g_rand_int(dice) & 0xff, g_rand_boolean(dice), codes[g_rand_int_range(dice, 0, sizeof codes)]);
		start_master(rig, master, table, 8, g_rand_boolean(dice));
		for (unsigned n = 0; n < 6; n++)
			port_write(rig->machine->ports, base, g_rand_int(dice), 2);
		block_drain(rig->machine);
		uint32_t words[256] = { 0 };
		port_write_many(rig->machine->ports, base, 4, words, G_N_ELEMENTS(words));
		for (unsigned n = 0; n < 600; n++)
			port_read(rig->machine->ports, base, 4);
		port_read_many(rig->machine->ports, base, 4, words, G_N_ELEMENTS(words));
		block_drain(rig->machine);
	}
	g_rand_free(dice);
	out8(rig, 0x3f6, 4);
	out8(rig, 0x3f6, 0);
	g_assert_cmphex(in8(rig, BASE + 7), ==, 0x50);
}

#define TEST(name, function) g_test_add("/ide/" name, Rig, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST("registers", test_registers);
	TEST("identify", test_identify);
	TEST("properties", test_properties);
	TEST("pio", test_pio);
	TEST("runs", test_runs);
	TEST("chs", test_chs);
	TEST("limits", test_limits);
	TEST("dma", test_dma);
	TEST("trim", test_trim);
	TEST("hostile-dma", test_hostile_dma);
	TEST("cd", test_cd);
	TEST("cd-information", test_cd_information);
	TEST("raw", test_raw);
	TEST("media", test_media);
	TEST("fuzz", test_fuzz);
	return g_test_run();
}
