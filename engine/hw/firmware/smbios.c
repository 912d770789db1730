/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SMBIOS tables (DMTF DSP0134, 2.8 and 3.0): what the machine calls itself, its processors and its memory.
 *
 * The BIOS information (type 0) is left to the firmware, which adds its own when it finds none. */
#include "hw/firmware/parts.h"

#include <string.h>


enum {
	TYPE_SYSTEM = 1, TYPE_CHASSIS = 3, TYPE_PROCESSOR = 4, TYPE_MEMORY_ARRAY = 16, TYPE_MEMORY_DEVICE = 17, TYPE_MEMORY_MAP = 19,
	TYPE_BOOT = 32, TYPE_END = 127,
};
enum {
	HANDLE_SYSTEM = 0x100, HANDLE_CHASSIS = 0x300, HANDLE_PROCESSOR = 0x400, HANDLE_MEMORY_ARRAY = 0x1000,
	HANDLE_MEMORY_DEVICE = 0x1100, HANDLE_MEMORY_MAP = 0x1300, HANDLE_BOOT = 0x2000, HANDLE_END = 0x7f00, HANDLE_NONE = 0xffff,
	HANDLE_NO_ERROR_INFO = 0xfffe,
};
enum { OTHER = 1, UNKNOWN = 2, SAFE = 3, NONE = 3, WAKE_POWER_SWITCH = 6, USE_SYSTEM_MEMORY = 3, CENTRAL_PROCESSOR = 3,
	CPU_PRESENT_ENABLED = 0x41, FORM_DIMM = 9, TYPE_RAM = 7, DETAIL_OTHER = 2, FULL_WIDTH = 0xffff };
enum { UUID_BYTES = 16, EPS_SIZE = 31, EPS3_SIZE = 24, PROCESSOR_MHZ = 2000 };
/* Sizes that don't fit the old fields are marked there, and stand in extended ones. */
#define ARRAY_KIB_MARK 0x80000000u
#define DEVICE_MIB_MARK 0x7fffu
#define MAP_KIB_MARK 0xffffffffu
#define DIMM_BYTES (16 * GIB)
#define MAKER "Vivarium"
#define PRODUCT "Standard PC (i440FX + PIIX, 1996)"

typedef struct Smbios {
	GByteArray *bytes;
	unsigned at, largest, count; /* the structure that is open; of all structures */
	GPtrArray *strings;	     /* of the open one */
} Smbios;

static void put(Smbios *smbios, uint64_t value, unsigned bytes)
{
	value = GUINT64_TO_LE(value);
	g_byte_array_append(smbios->bytes, (const uint8_t *)&value, bytes);
}

static void begin(Smbios *smbios, uint8_t type, uint16_t handle)
{
	smbios->at = smbios->bytes->len;
	g_ptr_array_set_size(smbios->strings, 0);
	put(smbios, type, 1);
	put(smbios, 0, 1);
	put(smbios, handle, 2);
}

/* The number of a string of the open structure. */
static void put_string(Smbios *smbios, const char *text)
{
	if (text && *text)
		g_ptr_array_add(smbios->strings, g_strdup(text));
	put(smbios, text && *text ? smbios->strings->len : 0, 1);
}

/* The formatted part's length, then its strings, and a NUL behind the last; without any, two. */
static void end(Smbios *smbios)
{
	smbios->bytes->data[smbios->at + 1] = (uint8_t)(smbios->bytes->len - smbios->at);
	for (unsigned n = 0; n < smbios->strings->len; n++) {
		const char *text = g_ptr_array_index(smbios->strings, n);
		g_byte_array_append(smbios->bytes, (const uint8_t *)text, (unsigned)strlen(text) + 1);
	}
	put(smbios, 0, smbios->strings->len ? 1 : 2);
	smbios->largest = MAX(smbios->largest, smbios->bytes->len - smbios->at);
	smbios->count++;
}

/* The first three fields are numbers: little endian here, big endian in the text. */
static void put_uuid(Smbios *smbios, const uint8_t *uuid)
{
	static const uint8_t order[UUID_BYTES] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	for (unsigned n = 0; n < UUID_BYTES; n++)
		put(smbios, uuid ? uuid[order[n]] : 0, 1);
}

static void put_system(Smbios *smbios, const FirmwareInfo *info)
{
	begin(smbios, TYPE_SYSTEM, HANDLE_SYSTEM);
	put_string(smbios, MAKER);
	put_string(smbios, PRODUCT);
	put_string(smbios, info->config->machine_type);
	put_string(smbios, NULL); /* serial number */
	put_uuid(smbios, info->uuid);
	put(smbios, WAKE_POWER_SWITCH, 1);
	put_string(smbios, NULL); /* SKU */
	put_string(smbios, NULL); /* family */
	end(smbios);
}

static void put_chassis(Smbios *smbios, const FirmwareInfo *info)
{
	begin(smbios, TYPE_CHASSIS, HANDLE_CHASSIS);
	put_string(smbios, MAKER);
	put(smbios, OTHER, 1);
	put_string(smbios, info->config->machine_type);
	put(smbios, 0, 2);    /* serial number, asset tag */
	put(smbios, SAFE, 1); /* boot-up, power supply, thermal state */
	put(smbios, SAFE, 1);
	put(smbios, SAFE, 1);
	put(smbios, UNKNOWN, 1); /* security */
	put(smbios, 0, 4);	 /* OEM */
	put(smbios, 0, 4);	 /* height, power cords, contained elements and their size */
	put(smbios, 0, 1);	 /* SKU */
	end(smbios);
}

static unsigned at_least_one(unsigned n)
{
	return n ? n : 1;
}

static void put_processor(Smbios *smbios, const FirmwareInfo *info, unsigned socket)
{
	unsigned cores = at_least_one(info->cores), threads = cores * at_least_one(info->threads);
	g_autofree char *name = g_strdup_printf("CPU %u", socket);
	begin(smbios, TYPE_PROCESSOR, (uint16_t)(HANDLE_PROCESSOR + socket));
	put_string(smbios, name);
	put(smbios, CENTRAL_PROCESSOR, 1);
	put(smbios, OTHER, 1); /* family */
	put_string(smbios, MAKER);
	put(smbios, info->cpuid_1_eax, 4);
	put(smbios, info->cpuid_1_edx, 4);
	put_string(smbios, info->config->machine_type);
	put(smbios, 0, 1); /* voltage */
	put(smbios, 0, 2); /* external clock: unknown */
	put(smbios, PROCESSOR_MHZ, 2);
	put(smbios, PROCESSOR_MHZ, 2);
	put(smbios, CPU_PRESENT_ENABLED, 1);
	put(smbios, OTHER, 1); /* socket */
	for (unsigned cache = 0; cache < 3; cache++)
		put(smbios, HANDLE_NONE, 2);
	put(smbios, 0, 3); /* serial number, asset tag, part number */
	put(smbios, MIN(cores, 255), 1);
	put(smbios, MIN(cores, 255), 1);
	put(smbios, MIN(threads, 255), 1);
	put(smbios, UNKNOWN, 2); /* characteristics */
	put(smbios, OTHER, 2);	 /* family 2 */
	if (info->smbios3) {
		put(smbios, cores, 2);
		put(smbios, cores, 2);
		put(smbios, threads, 2);
	}
	end(smbios);
}

static uint64_t ram_size(const FirmwareInfo *info)
{
	return info->ram_below_4g + info->ram_above_4g;
}

static void put_memory_array(Smbios *smbios, uint64_t size, unsigned devices)
{
	uint64_t kib = size / 1024;
	begin(smbios, TYPE_MEMORY_ARRAY, HANDLE_MEMORY_ARRAY);
	put(smbios, OTHER, 1); /* location */
	put(smbios, USE_SYSTEM_MEMORY, 1);
	put(smbios, NONE, 1); /* error correction */
	put(smbios, kib < ARRAY_KIB_MARK ? kib : ARRAY_KIB_MARK, 4);
	put(smbios, HANDLE_NO_ERROR_INFO, 2);
	put(smbios, devices, 2);
	put(smbios, kib < ARRAY_KIB_MARK ? 0 : size, 8);
	end(smbios);
}

static void put_memory_device(Smbios *smbios, unsigned n, uint64_t size)
{
	uint64_t mib = size >> 20;
	g_autofree char *name = g_strdup_printf("DIMM %u", n);
	begin(smbios, TYPE_MEMORY_DEVICE, (uint16_t)(HANDLE_MEMORY_DEVICE + n));
	put(smbios, HANDLE_MEMORY_ARRAY, 2);
	put(smbios, HANDLE_NO_ERROR_INFO, 2);
	put(smbios, FULL_WIDTH, 2);
	put(smbios, FULL_WIDTH, 2);
	put(smbios, mib < DEVICE_MIB_MARK ? mib : DEVICE_MIB_MARK, 2);
	put(smbios, FORM_DIMM, 1);
	put(smbios, 0, 1); /* no set */
	put_string(smbios, name);
	put(smbios, 0, 1); /* bank */
	put(smbios, TYPE_RAM, 1);
	put(smbios, DETAIL_OTHER, 2);
	put(smbios, 0, 2); /* speed: unknown */
	put_string(smbios, MAKER);
	put(smbios, 0, 3); /* serial number, asset tag, part number */
	put(smbios, 0, 1); /* rank: unknown */
	put(smbios, mib < DEVICE_MIB_MARK ? 0 : mib, 4);
	put(smbios, 0, 8); /* clock and voltages: unknown */
	end(smbios);
}

static void put_memory_map(Smbios *smbios, unsigned n, uint64_t base, uint64_t size)
{
	uint64_t first_kib = base / 1024, last_kib = (base + size) / 1024 - 1;
	bool extended = last_kib >= MAP_KIB_MARK;
	begin(smbios, TYPE_MEMORY_MAP, (uint16_t)(HANDLE_MEMORY_MAP + n));
	put(smbios, extended ? MAP_KIB_MARK : first_kib, 4);
	put(smbios, extended ? MAP_KIB_MARK : last_kib, 4);
	put(smbios, HANDLE_MEMORY_ARRAY, 2);
	put(smbios, 1, 1); /* device in its row */
	put(smbios, extended ? base : 0, 8);
	put(smbios, extended ? base + size - 1 : 0, 8);
	end(smbios);
}

static void put_memory(Smbios *smbios, const FirmwareInfo *info)
{
	uint64_t size = ram_size(info);
	unsigned dimms = at_least_one((unsigned)((size + DIMM_BYTES - 1) / DIMM_BYTES));
	put_memory_array(smbios, size, dimms);
	for (unsigned n = 0; n < dimms; n++)
		put_memory_device(smbios, n, MIN(size - n * DIMM_BYTES, DIMM_BYTES));
	put_memory_map(smbios, 0, 0, info->ram_below_4g);
	if (info->ram_above_4g)
		put_memory_map(smbios, 1, FOUR_GIB, info->ram_above_4g);
}

/* What makes the sum zero. */
static uint8_t checksum(const uint8_t *data, unsigned size)
{
	uint8_t sum = 0;
	for (unsigned n = 0; n < size; n++)
		sum = (uint8_t)(sum + data[n]);
	return (uint8_t)-sum;
}

/* The table's address is left 0: the firmware places it, and makes the checksums again. */
static void add_anchor(FwCfg *cfg, const Smbios *smbios)
{
	uint8_t anchor[EPS_SIZE] = "_SM_";
	uint16_t largest = GUINT16_TO_LE(smbios->largest), length = GUINT16_TO_LE(smbios->bytes->len);
	uint16_t count = GUINT16_TO_LE(smbios->count);
	anchor[5] = EPS_SIZE;
	anchor[6] = 2;
	anchor[7] = 8;
	memcpy(anchor + 8, &largest, 2);
	memcpy(anchor + 16, "_DMI_", 5);
	memcpy(anchor + 22, &length, 2);
	memcpy(anchor + 28, &count, 2);
	anchor[30] = 0x28;
	anchor[21] = checksum(anchor + 16, 15);
	anchor[4] = checksum(anchor, EPS_SIZE);
	fw_cfg_add_file(cfg, "etc/smbios/smbios-anchor", anchor, sizeof anchor);
}

static void add_anchor3(FwCfg *cfg, const Smbios *smbios)
{
	uint8_t anchor[EPS3_SIZE] = "_SM3_";
	uint32_t length = GUINT32_TO_LE(smbios->bytes->len);
	anchor[6] = EPS3_SIZE;
	anchor[7] = 3;
	anchor[10] = 1; /* revision of the anchor */
	memcpy(anchor + 12, &length, 4);
	anchor[5] = checksum(anchor, EPS3_SIZE);
	fw_cfg_add_file(cfg, "etc/smbios/smbios-anchor", anchor, sizeof anchor);
}

void firmware_add_smbios(FwCfg *cfg, const FirmwareInfo *info)
{
	Smbios smbios = { g_byte_array_new(), 0, 0, 0, g_ptr_array_new_with_free_func(g_free) };
	put_system(&smbios, info);
	put_chassis(&smbios, info);
	for (unsigned n = 0; n < at_least_one(info->sockets); n++)
		put_processor(&smbios, info, n);
	put_memory(&smbios, info);
	begin(&smbios, TYPE_BOOT, HANDLE_BOOT);
	put(&smbios, 0, 7); /* reserved; no errors */
	end(&smbios);
	begin(&smbios, TYPE_END, HANDLE_END);
	end(&smbios);
	fw_cfg_add_file(cfg, "etc/smbios/smbios-tables", smbios.bytes->data, smbios.bytes->len);
	if (info->smbios3)
		add_anchor3(cfg, &smbios);
	else
		add_anchor(cfg, &smbios);
	g_byte_array_unref(smbios.bytes);
	g_ptr_array_unref(smbios.strings);
}
