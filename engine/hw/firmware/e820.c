/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where RAM is, as the firmware wants to hear it: entries of INT 15h E820 (ACPI 2.0, chapter 14). */
#include "hw/firmware/parts.h"

#include <string.h>

enum { E820_RAM = 1, E820_ENTRY = 20, OLD_TABLE_ENTRIES = 16 };

static void put_entry(GByteArray *out, uint64_t base, uint64_t size, uint32_t type)
{
	uint8_t entry[E820_ENTRY];
	if (!size)
		return;
	base = GUINT64_TO_LE(base);
	size = GUINT64_TO_LE(size);
	type = GUINT32_TO_LE(type);
	memcpy(entry, &base, sizeof base);
	memcpy(entry + 8, &size, sizeof size);
	memcpy(entry + 16, &type, sizeof type);
	g_byte_array_append(out, entry, sizeof entry);
}

void firmware_add_e820(FwCfg *cfg, const FirmwareInfo *info)
{
	/* The item of old: a count and room for reserved ranges, of which there are none. */
	static const uint8_t none[4 + OLD_TABLE_ENTRIES * E820_ENTRY];
	g_autoptr(GByteArray) entries = g_byte_array_new();
	put_entry(entries, 0, info->ram_below_4g, E820_RAM);
	put_entry(entries, FOUR_GIB, info->ram_above_4g, E820_RAM);
	fw_cfg_add_file(cfg, "etc/e820", entries->data, entries->len);
	fw_cfg_add_bytes(cfg, FW_CFG_E820_TABLE, none, sizeof none);
}
