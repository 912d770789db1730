/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linux kernels: what a boot loader writes into the setup header, and where it puts the parts (Linux,
 * Documentation/arch/x86/boot.rst, protocols 2.00 to 2.15; the 16-bit entry, which 32- and 64-bit kernels share). */
#include "hw/firmware/kernel.h"

#include <stdlib.h>
#include <string.h>

/* The setup header, by offset in the image. */
enum {
	SETUP_SECTORS = 0x1f1, VID_MODE = 0x1fa, BOOT_FLAG = 0x1fe, HEADER = 0x202, VERSION = 0x206, TYPE_OF_LOADER = 0x210,
	LOADFLAGS = 0x211, RAMDISK_IMAGE = 0x218, RAMDISK_SIZE = 0x21c, HEAP_END_PTR = 0x224, CMD_LINE_PTR = 0x228,
	INITRD_ADDR_MAX = 0x22c, XLOADFLAGS = 0x236, CMDLINE_SIZE = 0x238, INIT_SIZE = 0x260, HEADER_END = 0x264,
	OLD_CMDLINE_MAGIC = 0x20, OLD_CMDLINE_OFFSET = 0x22,
};
enum { BOOT_FLAG_VALUE = 0xaa55, OLD_CMDLINE_VALUE = 0xa33f, LOADER_UNDEFINED = 0xff };
enum { LOADED_HIGH = 0x01, CAN_USE_HEAP = 0x80, CAN_BE_LOADED_ABOVE_4G = 0x02 };
enum { SECTOR = 512, DEFAULT_SETUP_SECTORS = 4, MAX_SETUP_BYTES = 0x10000, OLD_CMDLINE_LIMIT = 255, PAGE = 4096 };
enum { HEAP_MARGIN = 0x200 };
#define HEADER_MAGIC "HdrS"
#define OLD_INITRD_MAX 0x37ffffffu

/* Where things go, by kind of kernel. */
enum {
	LOW_KERNEL = 0x10000, HIGH_KERNEL = 0x100000, OLD_SETUP = 0x90000, OLD_CMDLINE_END = 0x9a000, NEW_SETUP = 0x10000,
	NEW_CMDLINE = 0x20000,
};

typedef struct LinuxImage {
	unsigned protocol;
	uint32_t setup_size, setup_addr, kernel_addr, cmdline_addr, cmdline_size;
	uint64_t kernel_size;
} LinuxImage;

bool linux_recognizes(const uint8_t *image, size_t size)
{
	return size >= HEADER_END && image_get16(image + BOOT_FLAG) == BOOT_FLAG_VALUE && memcmp(image + HEADER, HEADER_MAGIC, 4) == 0;
}

static void place(LinuxImage *linux, const uint8_t *image)
{
	bool high = image[LOADFLAGS] & LOADED_HIGH;
	bool old = !high || linux->protocol < 0x202; /* the command line is near the setup code */
	linux->kernel_addr = high ? HIGH_KERNEL : LOW_KERNEL;
	linux->setup_addr = old ? OLD_SETUP : NEW_SETUP;
	linux->cmdline_addr = old ? (OLD_CMDLINE_END - linux->cmdline_size) & ~15u : NEW_CMDLINE;
}

static bool measure(const KernelJob *job, LinuxImage *linux, const uint8_t *image, size_t size, GError **error)
{
	linux->protocol = image_get16(image + VERSION);
	if (linux->protocol < 0x200)
		return image_error(error, job, "boot protocol %x.%02x is not known", linux->protocol >> 8, linux->protocol & 0xff);
	unsigned sectors = image[SETUP_SECTORS] ? image[SETUP_SECTORS] : DEFAULT_SETUP_SECTORS;
	linux->setup_size = (sectors + 1) * SECTOR;
	if (linux->setup_size >= size || linux->setup_size > MAX_SETUP_BYTES)
		return image_error(error, job, "cut short: its setup code alone is %u bytes", linux->setup_size);
	linux->kernel_size = size - linux->setup_size;
	linux->cmdline_size = (uint32_t)strlen(job->append) + 1;
	unsigned limit = linux->protocol >= 0x206 ? image_get32(image + CMDLINE_SIZE) : OLD_CMDLINE_LIMIT;
	if (strlen(job->append) > MIN(limit, UINT16_MAX))
		return image_error(error, job, "the command line (-append) is longer than its %u characters", limit);
	place(linux, image);
	if (linux->setup_addr == OLD_SETUP && linux->setup_size > linux->cmdline_addr - OLD_SETUP)
		return image_error(error, job, "its setup code doesn't leave room for the command line");
	if (linux->kernel_addr == LOW_KERNEL && linux->kernel_size > OLD_SETUP - LOW_KERNEL)
		return image_error(error, job, "too large for a kernel that is loaded low");
	return true;
}

/* vga= is the boot loader's: normal, ext, ask, or a number. */
static void set_video_mode(uint8_t *image, const char *append)
{
	static const struct {
		const char *name;
		uint16_t mode;
	} names[] = { { "normal", 0xffff }, { "ext", 0xfffe }, { "ask", 0xfffd } };
	const char *found = strstr(append, "vga=");
	if (!found || (found != append && found[-1] != ' '))
		return;
	const char *value = found + strlen("vga=");
	for (unsigned n = 0; n < G_N_ELEMENTS(names); n++) {
		size_t length = strlen(names[n].name);
		if (strncmp(value, names[n].name, length) == 0 && (!value[length] || value[length] == ' ')) {
			image_put16(image + VID_MODE, names[n].mode);
			return;
		}
	}
	image_put16(image + VID_MODE, (uint32_t)strtoul(value, NULL, 0));
}

static void fill_header(const LinuxImage *linux, uint8_t *image, const char *append)
{
	set_video_mode(image, append);
	image[TYPE_OF_LOADER] = LOADER_UNDEFINED;
	if (linux->protocol >= 0x201) {
		uint32_t stack = MIN(linux->cmdline_addr - linux->setup_addr, 0x10000);
		image[LOADFLAGS] |= CAN_USE_HEAP;
		image_put16(image + HEAP_END_PTR, stack - HEAP_MARGIN);
	}
	if (linux->protocol >= 0x202) {
		image_put32(image + CMD_LINE_PTR, linux->cmdline_addr);
	} else {
		image_put16(image + OLD_CMDLINE_MAGIC, OLD_CMDLINE_VALUE);
		image_put16(image + OLD_CMDLINE_OFFSET, linux->cmdline_addr - linux->setup_addr);
	}
}

/* The highest byte that an initrd may have. */
static uint64_t initrd_limit(const KernelJob *job, const LinuxImage *linux, const uint8_t *image)
{
	uint64_t limit = OLD_INITRD_MAX;
	if (linux->protocol >= 0x20c && image_get16(image + XLOADFLAGS) & CAN_BE_LOADED_ABOVE_4G)
		limit = UINT32_MAX;
	else if (linux->protocol >= 0x203)
		limit = image_get32(image + INITRD_ADDR_MAX);
	uint64_t ram = job->info->ram_below_4g;
	return MIN(limit, ram > FIRMWARE_TOP_BYTES ? ram - FIRMWARE_TOP_BYTES - 1 : 0);
}

/* As high as may be, and above what the kernel needs to unpack itself. */
static bool add_initrd(const KernelJob *job, const LinuxImage *linux, uint8_t *image, uint64_t kernel_end, GError **error)
{
	if (!job->initrd)
		return true;
	g_autoptr(GBytes) initrd = image_read_file(job->initrd, error);
	if (!initrd) {
		g_prefix_error(error, "initrd: ");
		return false;
	}
	uint64_t size = g_bytes_get_size(initrd), limit = initrd_limit(job, linux, image);
	if (size > limit || ((limit + 1 - size) & ~(uint64_t)(PAGE - 1)) < kernel_end)
		return image_error(error, job, "its initrd '%s' of %" G_GUINT64_FORMAT " KiB doesn't fit into the machine's memory (-m)",
			job->initrd, size >> 10);
	uint32_t addr = (uint32_t)((limit + 1 - size) & ~(uint64_t)(PAGE - 1));
	image_put32(image + RAMDISK_IMAGE, addr);
	image_put32(image + RAMDISK_SIZE, (uint32_t)size);
	fw_cfg_add_u32(job->cfg, FW_CFG_INITRD_ADDR, addr);
	fw_cfg_add_u32(job->cfg, FW_CFG_INITRD_SIZE, (uint32_t)size);
	fw_cfg_add_gbytes(job->cfg, FW_CFG_INITRD_DATA, initrd);
	return true;
}

/* What must stay free from the kernel's place on. */
static uint64_t kernel_end(const LinuxImage *linux, const uint8_t *image)
{
	uint64_t need = linux->kernel_size;
	if (linux->protocol >= 0x20a)
		need = MAX(need, image_get32(image + INIT_SIZE));
	return MAX(linux->kernel_addr + need, HIGH_MEMORY);
}

bool linux_add(const KernelJob *job, uint8_t *image, size_t size, GError **error)
{
	static const uint8_t rom[] = {
#include "linuxboot_rom.inc"
	};
	LinuxImage linux = { 0 };
	if (!measure(job, &linux, image, size, error))
		return false;
	uint64_t end = kernel_end(&linux, image);
	if (linux.kernel_addr == HIGH_KERNEL && HIGH_KERNEL + linux.kernel_size > job->info->ram_below_4g)
		return image_error(error, job, "doesn't fit into the machine's memory (-m)");
	fill_header(&linux, image, job->append);
	if (!add_initrd(job, &linux, image, end, error))
		return false;
	FwCfg *cfg = job->cfg;
	fw_cfg_add_u32(cfg, FW_CFG_SETUP_ADDR, linux.setup_addr);
	fw_cfg_add_u32(cfg, FW_CFG_SETUP_SIZE, linux.setup_size);
	fw_cfg_add_bytes(cfg, FW_CFG_SETUP_DATA, image, linux.setup_size);
	fw_cfg_add_u32(cfg, FW_CFG_KERNEL_ADDR, linux.kernel_addr);
	fw_cfg_add_u32(cfg, FW_CFG_KERNEL_SIZE, (uint32_t)linux.kernel_size);
	fw_cfg_add_bytes(cfg, FW_CFG_KERNEL_DATA, image + linux.setup_size, linux.kernel_size);
	fw_cfg_add_u32(cfg, FW_CFG_CMDLINE_ADDR, linux.cmdline_addr);
	fw_cfg_add_u32(cfg, FW_CFG_CMDLINE_SIZE, linux.cmdline_size);
	fw_cfg_add_bytes(cfg, FW_CFG_CMDLINE_DATA, job->append, linux.cmdline_size);
	image_add_rom(job, "linuxboot.bin", rom, sizeof rom);
	return true;
}
