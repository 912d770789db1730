/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What to boot from: the file bootorder (devices' paths as Open Firmware writes them, one a line), CMOS bytes, menu and splash.
 *
 * First come option ROMs that boot a kernel, then devices with a bootindex, then those that the letters of -boot order= name.
 * With strict=on the last line says HALT: what isn't listed isn't tried. */
#include "hw/firmware/parts.h"

#include <string.h>

#include "machine/machine.h"

#define DEFAULT_LETTERS "cad"

/* What set_boot_order() needs later. */
typedef struct BootList {
	FirmwareBoot *boots;
	unsigned count;
	GPtrArray *roms; /* char * */
	bool strict;
} BootList;

static void boot_list_free(void *pointer)
{
	BootList *list = pointer;
	g_free(list->boots);
	g_ptr_array_unref(list->roms);
	g_free(list);
}

static char *boot_path(const FirmwareBoot *boot)
{
	unsigned slot = boot->devfn >> 3, function = boot->devfn & 7;
	g_autofree char *place = function ? g_strdup_printf("%x,%x", slot, function) : g_strdup_printf("%x", slot);
	switch (boot->kind) {
	case BOOT_IDE_DISK:
	case BOOT_IDE_CDROM:
		return g_strdup_printf("/pci@i0cf8/ide@%s/drive@%u/disk@%u", place, boot->channel, boot->unit);
	case BOOT_FLOPPY:
		return g_strdup_printf("/pci@i0cf8/isa@1/fdc@03f0/floppy@%u", boot->unit);
	case BOOT_NETWORK:
		return g_strdup_printf("/pci@i0cf8/ethernet@%s/ethernet-phy@0", place);
	}
	return NULL;
}

/* 'a' means floppies, the first one first; 'b' the second one. */
static bool has_letter(const FirmwareBoot *boot, char letter)
{
	switch (boot->kind) {
	case BOOT_FLOPPY:
		return letter == 'a' || (letter == 'b' && boot->unit == 1);
	case BOOT_IDE_DISK:
		return letter == 'c';
	case BOOT_IDE_CDROM:
		return letter == 'd';
	case BOOT_NETWORK:
		return letter == 'n';
	}
	return false;
}

static int by_bootindex(const void *left, const void *right)
{
	const FirmwareBoot *a = *(const FirmwareBoot *const *)left, *b = *(const FirmwareBoot *const *)right;
	return (a->bootindex > b->bootindex) - (a->bootindex < b->bootindex);
}

static void put_line(GString *out, const FirmwareBoot *boot)
{
	g_autofree char *path = boot_path(boot);
	g_string_append_printf(out, "%s\n", path);
}

static void put_indexed(GString *out, const BootList *list)
{
	g_autoptr(GPtrArray) indexed = g_ptr_array_new();
	for (unsigned n = 0; n < list->count; n++) {
		if (list->boots[n].bootindex >= 0)
			g_ptr_array_add(indexed, &list->boots[n]);
	}
	g_ptr_array_sort(indexed, by_bootindex);
	for (unsigned n = 0; n < indexed->len; n++)
		put_line(out, g_ptr_array_index(indexed, n));
}

/* Lines end with a newline but for the last, which ends with a NUL. */
static void write_boot_order(FwCfg *cfg, const BootList *list, const char *letters)
{
	g_autoptr(GString) out = g_string_new(NULL);
	for (unsigned n = 0; n < list->roms->len; n++)
		g_string_append_printf(out, "/rom@genroms/%s\n", (const char *)g_ptr_array_index(list->roms, n));
	put_indexed(out, list);
	for (; letters && *letters; letters++) {
		for (unsigned n = 0; n < list->count; n++) {
			if (list->boots[n].bootindex < 0 && has_letter(&list->boots[n], *letters))
				put_line(out, &list->boots[n]);
		}
	}
	if (list->strict && out->len)
		g_string_append(out, "HALT\n");
	if (out->len)
		out->str[out->len - 1] = 0;
	fw_cfg_add_file(cfg, "bootorder", out->str, out->len);
}

/* bios-geometry: path, cylinders, heads and sectors of disks that have them forced. */
static void add_geometry(FwCfg *cfg, const FirmwareInfo *info)
{
	g_autoptr(GString) out = g_string_new(NULL);
	for (unsigned n = 0; n < info->boot_count; n++) {
		const FirmwareBoot *boot = &info->boots[n];
		if (boot->kind != BOOT_IDE_DISK || !boot->cylinders)
			continue;
		g_autofree char *path = boot_path(boot);
		g_string_append_printf(out, "%s %u %u %u\n", path, boot->cylinders, boot->heads, boot->sectors);
	}
	if (out->len)
		out->str[out->len - 1] = 0;
	fw_cfg_add_file(cfg, "bios-geometry", out->str, out->len);
}

void firmware_add_boot_order(FwCfg *cfg, const FirmwareInfo *info, GPtrArray *roms)
{
	const MachineConfig *config = info->config;
	BootList *list = g_new0(BootList, 1);
	list->boots = g_memdup2(info->boots, info->boot_count * sizeof *info->boots);
	list->count = info->boot_count;
	list->roms = g_ptr_array_ref(roms);
	list->strict = config->boot_strict;
	fw_cfg_keep(cfg, list, boot_list_free);
	const char *letters = info->boot_once && config->boot_once ? config->boot_once : config->boot_order;
	write_boot_order(cfg, list, letters);
	fw_cfg_add_u16(cfg, FW_CFG_BOOT_DEVICE, (uint16_t)(letters && *letters ? *letters : DEFAULT_LETTERS[0]));
	add_geometry(cfg, info);
}

void firmware_set_boot_order(Machine *machine, const char *letters)
{
	FwCfg *cfg = fw_cfg_find(machine);
	const BootList *list = cfg ? fw_cfg_kept(cfg, boot_list_free) : NULL;
	if (!list)
		return;
	write_boot_order(cfg, list, letters);
	fw_cfg_add_u16(cfg, FW_CFG_BOOT_DEVICE, (uint16_t)(letters && *letters ? *letters : DEFAULT_LETTERS[0]));
}

bool firmware_cmos_boot_order(const char *letters, bool check_signature, uint8_t *cmos_38, uint8_t *cmos_3d, GError **error)
{
	/* What the BIOS calls them: its nibble's value is the place here, counted from 1. */
	static const char codes[] = "acdn"; /* and b, which is a floppy too */
	enum { CMOS_PLACES = 3 };
	unsigned nibbles[CMOS_PLACES] = { 0 };
	if (!letters || !*letters)
		letters = DEFAULT_LETTERS;
	for (unsigned n = 0; letters[n]; n++) {
		const char *code = strchr(codes, letters[n] == 'b' ? 'a' : letters[n]);
		if (!code || memchr(letters, letters[n], n)) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, code ? "boot order '%s': '%c' stands there twice" :
				"boot order '%s': '%c' is no boot device (a, b floppy, c disk, d CD-ROM, n network)", letters, letters[n]);
			return false;
		}
		if (n < CMOS_PLACES)
			nibbles[n] = (unsigned)(code - codes) + 1;
	}
	*cmos_3d = (uint8_t)(nibbles[1] << 4 | nibbles[0]);
	*cmos_38 = (uint8_t)(nibbles[2] << 4 | (check_signature ? 0 : 1));
	return true;
}

/* ---- menu and splash ---- */

/* What firmware can show: JPEG, or a BMP of 24 bits a pixel. NULL and *error: neither. */
static const char *splash_name(const uint8_t *data, size_t size, const char *file, GError **error)
{
	enum { BMP_DEPTH_AT = 28, BMP_DEPTH = 24 };
	if (size > 2 && data[0] == 0xff && data[1] == 0xd8)
		return "bootsplash.jpg";
	if (size > BMP_DEPTH_AT + 1 && memcmp(data, "BM", 2) == 0 && data[BMP_DEPTH_AT] == BMP_DEPTH)
		return "bootsplash.bmp";
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "boot splash '%s': neither JPEG nor BMP with 24 bits a pixel", file);
	return NULL;
}

static bool add_splash(FwCfg *cfg, const char *file, GError **error)
{
	g_autofree char *data = NULL;
	size_t size;
	if (!g_file_get_contents(file, &data, &size, error)) {
		g_prefix_error(error, "boot splash: ");
		return false;
	}
	const char *name = splash_name((const uint8_t *)data, size, file, error);
	if (!name)
		return false;
	fw_cfg_add_file(cfg, name, data, size);
	return true;
}

bool firmware_add_boot_options(FwCfg *cfg, const MachineConfig *config, GError **error)
{
	fw_cfg_add_u16(cfg, FW_CFG_BOOT_MENU, config->boot_menu);
	if (config->boot_splash && !add_splash(cfg, config->boot_splash, error))
		return false;
	if (config->boot_splash_time_ms >= 0) {
		uint16_t wait_ms = GUINT16_TO_LE((uint16_t)MIN(config->boot_splash_time_ms, UINT16_MAX));
		fw_cfg_add_file(cfg, "etc/boot-menu-wait", &wait_ms, sizeof wait_ms);
	}
	int32_t fail_wait_ms = GINT32_TO_LE(config->reboot_timeout_ms < 0 ? -1 : config->reboot_timeout_ms);
	fw_cfg_add_file(cfg, "etc/boot-fail-wait", &fail_wait_ms, sizeof fail_wait_ms);
	return true;
}
