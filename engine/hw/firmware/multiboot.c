/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Multiboot kernels (Multiboot specification 0.6.96): ELF images and those whose header says where they are loaded.
 *
 * Kernel and modules become one block of memory from the kernel's first byte on; beside it an information structure with module
 * list and texts, at a fixed place below 64 KiB, where the option ROM completes it. */
#include "hw/firmware/kernel.h"

#include <string.h>

enum { HEADER_SEARCH = 8192, HEADER_SIZE = 12, HEADER_ADDRESSES = 32, PAGE = 4096 };
#define HEADER_MAGIC 0x1badb002u
/* Header flags. Pages and memory's map are always had; the wish for a video mode is passed over, as it may be. */
enum { WANT_PAGE_ALIGN = 1, WANT_MEMORY = 2, WANT_VIDEO = 4, MUST_UNDERSTAND = 0xffff, HAS_ADDRESSES = 0x10000 };

/* The information structure. */
enum {
	MBI_FLAGS = 0, MBI_BOOT_DEVICE = 12, MBI_CMDLINE = 16, MBI_MODS_COUNT = 20, MBI_MODS_ADDR = 24, MBI_LOADER_NAME = 64,
	MBI_SIZE = 88, MODULE_SIZE = 16,
};
enum {
	INFO_MEMORY = 0x001, INFO_BOOT_DEVICE = 0x002, INFO_CMDLINE = 0x004, INFO_MODS = 0x008, INFO_MMAP = 0x040,
	INFO_LOADER = 0x200,
};
#define FIRST_DISK 0x8000ffffu

/* The structure's place; up to the limit the memory's map must find room, too. Kernels may lie from the first byte behind it
 * to below the firmware's data, or above 1 MiB. */
enum { INFO_ADDR = 0x9000, INFO_LIMIT = 0xf000, LOW_FIRST = 0x10000, LOW_END = 0x90000 };

/* ELF, 32 bits. */
enum {
	ELF_CLASS = 4, ELF_CLASS32 = 1, ELF_MACHINE = 18, ELF_MACHINE_386 = 3, ELF_ENTRY = 24, ELF_PHOFF = 28, ELF_PHENTSIZE = 42,
	ELF_PHNUM = 44, ELF_SIZE = 52,
};
enum { PH_TYPE = 0, PH_OFFSET = 4, PH_PADDR = 12, PH_FILESZ = 16, PH_MEMSZ = 20, PH_SIZE = 32, PH_LOAD = 1 };

typedef struct MultibootImage {
	uint32_t load, entry;
	GByteArray *memory; /* from `load` on */
	GByteArray *info;   /* from INFO_ADDR on */
} MultibootImage;

/* Offset of the header, aligned to 4 in the first 8 KiB; or `size`: there is none. */
static size_t find_header(const uint8_t *image, size_t size)
{
	for (size_t at = 0; at + HEADER_SIZE <= MIN(size, HEADER_SEARCH); at += 4) {
		uint32_t magic = image_get32(image + at);
		if (magic == HEADER_MAGIC && magic + image_get32(image + at + 4) + image_get32(image + at + 8) == 0)
			return at;
	}
	return size;
}

bool multiboot_recognizes(const uint8_t *image, size_t size)
{
	return find_header(image, size) < size;
}

static bool check_place(const KernelJob *job, uint64_t first, uint64_t end, GError **error)
{
	bool low = first >= LOW_FIRST && end <= LOW_END;
	bool high = first >= HIGH_MEMORY && end + FIRMWARE_TOP_BYTES <= job->info->ram_below_4g;
	return low || high || image_error(error, job, "wants to be loaded at 0x%" G_GINT64_MODIFIER "x-0x%" G_GINT64_MODIFIER
		"x, where there is no free memory (-m)", first, end);
}

/* Zeroed memory up to `end`; then bytes into it. Both were checked. */
static void reserve(MultibootImage *kernel, uint64_t end)
{
	unsigned old = kernel->memory->len, size = (unsigned)(end - kernel->load);
	if (size > old) {
		g_byte_array_set_size(kernel->memory, size);
		memset(kernel->memory->data + old, 0, size - old);
	}
}

static bool load_by_header(const KernelJob *job, MultibootImage *kernel, const uint8_t *image, size_t size, size_t header,
	GError **error)
{
	if (header + HEADER_ADDRESSES > size)
		return image_error(error, job, "its multiboot header is cut short");
	uint32_t header_addr = image_get32(image + header + 12), load = image_get32(image + header + 16);
	uint64_t load_end = image_get32(image + header + 20), bss_end = image_get32(image + header + 24);
	if (header_addr < load || header_addr - load > header)
		return image_error(error, job, "its multiboot header contradicts itself");
	size_t offset = header - (header_addr - load);
	if (!load_end)
		load_end = load + (uint64_t)(size - offset);
	if (load_end < load || load_end - load > size - offset)
		return image_error(error, job, "shorter than its multiboot header says");
	uint64_t end = MAX(bss_end, load_end);
	if (!check_place(job, load, end, error))
		return false;
	kernel->load = load;
	kernel->entry = image_get32(image + header + 28);
	reserve(kernel, end);
	memcpy(kernel->memory->data, image + offset, (size_t)(load_end - load));
	return true;
}

/* The n-th segment if it is to be loaded and has bytes; NULL: not. */
static const uint8_t *segment(const uint8_t *image, size_t size, unsigned n, bool *bad)
{
	uint64_t at = image_get32(image + ELF_PHOFF) + (uint64_t)n * image_get16(image + ELF_PHENTSIZE);
	if (at + PH_SIZE > size) {
		*bad = true;
		return NULL;
	}
	const uint8_t *header = image + at;
	if (image_get32(header + PH_TYPE) != PH_LOAD || !image_get32(header + PH_MEMSZ))
		return NULL;
	uint64_t file_end = (uint64_t)image_get32(header + PH_OFFSET) + image_get32(header + PH_FILESZ);
	if (file_end > size || image_get32(header + PH_FILESZ) > image_get32(header + PH_MEMSZ))
		*bad = true;
	return header;
}

static bool load_elf(const KernelJob *job, MultibootImage *kernel, const uint8_t *image, size_t size, GError **error)
{
	unsigned count = image_get16(image + ELF_PHNUM);
	uint64_t first = UINT64_MAX, end = 0;
	bool bad = false;
	for (unsigned n = 0; n < count; n++) {
		const uint8_t *header = segment(image, size, n, &bad);
		if (bad)
			return image_error(error, job, "its ELF segments are cut short");
		if (!header)
			continue;
		first = MIN(first, image_get32(header + PH_PADDR));
		end = MAX(end, (uint64_t)image_get32(header + PH_PADDR) + image_get32(header + PH_MEMSZ));
	}
	if (!end)
		return image_error(error, job, "its ELF image has nothing to load");
	if (!check_place(job, first, end, error))
		return false;
	kernel->load = (uint32_t)first;
	kernel->entry = image_get32(image + ELF_ENTRY);
	reserve(kernel, end);
	for (unsigned n = 0; n < count; n++) {
		const uint8_t *header = segment(image, size, n, &bad);
		if (header)
			memcpy(kernel->memory->data + (image_get32(header + PH_PADDR) - first), image + image_get32(header + PH_OFFSET),
				image_get32(header + PH_FILESZ));
	}
	return true;
}

static bool load_kernel(const KernelJob *job, MultibootImage *kernel, const uint8_t *image, size_t size, GError **error)
{
	size_t header = find_header(image, size);
	uint32_t flags = image_get32(image + header + 4);
	if (flags & MUST_UNDERSTAND & ~(WANT_PAGE_ALIGN | WANT_MEMORY | WANT_VIDEO))
		return image_error(error, job, "asks for multiboot features 0x%x, which are not known", flags & MUST_UNDERSTAND);
	if (flags & HAS_ADDRESSES)
		return load_by_header(job, kernel, image, size, header, error);
	if (size < ELF_SIZE || memcmp(image, "\177ELF", 4) != 0)
		return image_error(error, job, "a multiboot kernel, but neither ELF nor with addresses in its header");
	if (image[ELF_CLASS] != ELF_CLASS32 || image_get16(image + ELF_MACHINE) != ELF_MACHINE_386)
		return image_error(error, job, "its ELF image isn't for 32-bit x86, as multiboot kernels are");
	return load_elf(job, kernel, image, size, error);
}

/* ---- modules and the information structure ---- */

/* "file arguments,file arguments", a comma doubled stands for itself. Free the array. */
static GPtrArray *split_modules(const char *text)
{
	GPtrArray *modules = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) part = g_string_new(NULL);
	for (const char *at = text; *at; at++) {
		if (*at == ',' && at[1] != ',') {
			g_ptr_array_add(modules, g_strdup(part->str));
			g_string_truncate(part, 0);
		} else {
			at += *at == ',';
			g_string_append_c(part, *at);
		}
	}
	g_ptr_array_add(modules, g_strdup(part->str));
	return modules;
}

/* Behind what is there, on a page of its own. */
static bool add_module(const KernelJob *job, MultibootImage *kernel, const char *text, uint8_t *entry, GError **error)
{
	g_autofree char *name = g_strndup(text, strcspn(text, " "));
	g_autoptr(GBytes) module = image_read_file(name, error);
	if (!module) {
		g_prefix_error(error, "module: ");
		return false;
	}
	size_t size = g_bytes_get_size(module);
	uint64_t start = (kernel->load + (uint64_t)kernel->memory->len + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	if (!check_place(job, kernel->load, start + size, error)) {
		g_prefix_error(error, "module '%s': ", name);
		return false;
	}
	reserve(kernel, start + size);
	if (size)
		memcpy(kernel->memory->data + (start - kernel->load), g_bytes_get_data(module, NULL), size);
	image_put32(entry, (uint32_t)start);
	image_put32(entry + 4, (uint32_t)(start + size));
	return true;
}

/* Its address. */
static uint32_t put_text(MultibootImage *kernel, const char *text)
{
	uint32_t addr = INFO_ADDR + kernel->info->len;
	g_byte_array_append(kernel->info, (const uint8_t *)text, (unsigned)strlen(text) + 1);
	return addr;
}

static bool add_modules(const KernelJob *job, MultibootImage *kernel, GError **error)
{
	if (!job->initrd)
		return true;
	g_autoptr(GPtrArray) modules = split_modules(job->initrd);
	unsigned table = kernel->info->len, table_size = modules->len * MODULE_SIZE;
	g_byte_array_set_size(kernel->info, table + table_size);
	memset(kernel->info->data + table, 0, table_size);
	for (unsigned n = 0; n < modules->len; n++) {
		const char *text = g_ptr_array_index(modules, n);
		unsigned entry = table + n * MODULE_SIZE;
		if (!add_module(job, kernel, text, kernel->info->data + entry, error))
			return false;
		uint32_t addr = put_text(kernel, text);
		image_put32(kernel->info->data + entry + 8, addr);
	}
	image_put32(kernel->info->data + MBI_MODS_COUNT, modules->len);
	image_put32(kernel->info->data + MBI_MODS_ADDR, INFO_ADDR + table);
	return true;
}

static bool make_info(const KernelJob *job, MultibootImage *kernel, GError **error)
{
	g_byte_array_set_size(kernel->info, MBI_SIZE);
	memset(kernel->info->data, 0, MBI_SIZE);
	if (!add_modules(job, kernel, error))
		return false;
	g_autofree char *command = g_strdup_printf("%s%s%s", job->kernel, *job->append ? " " : "", job->append);
	uint32_t cmdline = put_text(kernel, command), loader = put_text(kernel, "Vivarium");
	if (kernel->info->len > INFO_LIMIT - INFO_ADDR)
		return image_error(error, job, "command lines of kernel and modules are too long");
	uint8_t *info = kernel->info->data;
	image_put32(info + MBI_FLAGS, INFO_MEMORY | INFO_BOOT_DEVICE | INFO_CMDLINE | INFO_MODS | INFO_MMAP | INFO_LOADER);
	image_put32(info + MBI_BOOT_DEVICE, FIRST_DISK);
	image_put32(info + MBI_CMDLINE, cmdline);
	image_put32(info + MBI_LOADER_NAME, loader);
	return true;
}

static void give(const KernelJob *job, const MultibootImage *kernel)
{
	static const uint8_t rom[] = {
#include "multiboot_rom.inc"
	};
	FwCfg *cfg = job->cfg;
	fw_cfg_add_u32(cfg, FW_CFG_KERNEL_ENTRY, kernel->entry);
	fw_cfg_add_u32(cfg, FW_CFG_KERNEL_ADDR, kernel->load);
	fw_cfg_add_u32(cfg, FW_CFG_KERNEL_SIZE, kernel->memory->len);
	fw_cfg_add_bytes(cfg, FW_CFG_KERNEL_DATA, kernel->memory->data, kernel->memory->len);
	fw_cfg_add_u32(cfg, FW_CFG_INITRD_ADDR, INFO_ADDR);
	fw_cfg_add_u32(cfg, FW_CFG_INITRD_SIZE, kernel->info->len);
	fw_cfg_add_bytes(cfg, FW_CFG_INITRD_DATA, kernel->info->data, kernel->info->len);
	image_add_rom(job, "multiboot.bin", rom, sizeof rom);
}

bool multiboot_add(const KernelJob *job, const uint8_t *image, size_t size, GError **error)
{
	MultibootImage kernel = { 0, 0, g_byte_array_new(), g_byte_array_new() };
	bool good = load_kernel(job, &kernel, image, size, error) && make_info(job, &kernel, error);
	if (good)
		give(job, &kernel);
	g_byte_array_unref(kernel.memory);
	g_byte_array_unref(kernel.info);
	return good;
}
