/* SPDX-License-Identifier: GPL-3.0-or-later */
/* firmware_setup(): all that a board's firmware finds on the fw_cfg channel. */
#include "hw/firmware/firmware.h"

#include <string.h>

#include "hw/firmware/parts.h"

enum { UUID_BYTES = 16, HPET_SLOTS = 8, HPET_SLOT_BYTES = 15 };
#define HPET_BLOCK_ID 0x8086a201u /* as in the ACPI table */
enum { SYSTEM_STATES = 6, STATE_S3 = 3, STATE_S4 = 4, STATE_SUPPORTED = 0x80, DEFAULT_S4_VALUE = 2 };

/* Bytes in the order of the text; zeros if it isn't one. */
static void parse_uuid(const char *text, uint8_t *uuid)
{
	memset(uuid, 0, UUID_BYTES);
	if (!text || !g_uuid_string_is_valid(text))
		return;
	for (unsigned digits = 0; *text; text++) {
		if (*text == '-')
			continue;
		uuid[digits / 2] = (uint8_t)(uuid[digits / 2] << 4 | g_ascii_xdigit_value(*text));
		digits++;
	}
}

static uint32_t apic_id_limit(const FirmwareInfo *info)
{
	uint32_t limit = 0;
	for (unsigned n = 0; n < MAX(info->cpus, info->possible_cpus); n++)
		limit = MAX(limit, info->apic_ids[n] + 1);
	return limit;
}

/* Number of nodes, node by APIC id, memory by node. */
static void add_numa(FwCfg *cfg, const FirmwareInfo *info)
{
	uint32_t limit = apic_id_limit(info);
	size_t count = 1 + limit + info->nodes;
	g_autofree uint64_t *words = g_new0(uint64_t, count);
	words[0] = GUINT64_TO_LE((uint64_t)info->nodes);
	for (unsigned n = 0; info->cpu_nodes && n < info->cpus; n++)
		words[1 + info->apic_ids[n]] = GUINT64_TO_LE((uint64_t)info->cpu_nodes[n]);
	for (unsigned n = 0; n < info->nodes; n++)
		words[1 + limit + n] = GUINT64_TO_LE(info->node[n].memory_bytes);
	fw_cfg_add_bytes(cfg, FW_CFG_NUMA, words, count * sizeof *words);
}

/* A count, and slots of block id, address, minimum tick and page protection. */
static void add_hpet(FwCfg *cfg, const FirmwareInfo *info)
{
	uint8_t item[1 + HPET_SLOTS * HPET_SLOT_BYTES] = { info->hpet };
	uint32_t id = GUINT32_TO_LE(HPET_BLOCK_ID);
	uint64_t base = GUINT64_TO_LE((uint64_t)HPET_BASE);
	if (info->hpet) {
		memcpy(item + 1, &id, sizeof id);
		memcpy(item + 5, &base, sizeof base);
	}
	fw_cfg_add_bytes(cfg, FW_CFG_HPET, item, sizeof item);
}

static void add_items(FwCfg *cfg, const FirmwareInfo *info)
{
	fw_cfg_add_bytes(cfg, FW_CFG_UUID, info->uuid, UUID_BYTES);
	fw_cfg_add_u64(cfg, FW_CFG_RAM_SIZE, info->ram_below_4g + info->ram_above_4g);
	fw_cfg_add_u16(cfg, FW_CFG_NOGRAPHIC, info->config->nographic);
	fw_cfg_add_u16(cfg, FW_CFG_CPUS, (uint16_t)info->cpus);
	fw_cfg_add_u16(cfg, FW_CFG_MACHINE_ID, 0);
	/* What firmware understands as the number of processors is how far their APIC ids go. */
	fw_cfg_add_u16(cfg, FW_CFG_MAX_CPUS, (uint16_t)apic_id_limit(info));
	add_numa(cfg, info);
	/* ACPI and SMBIOS tables come as files: the items that were before them are empty. */
	fw_cfg_add_bytes(cfg, FW_CFG_ACPI_TABLES, NULL, 0);
	fw_cfg_add_bytes(cfg, FW_CFG_SMBIOS_ENTRIES, NULL, 0);
	fw_cfg_add_u32(cfg, FW_CFG_IRQ0_OVERRIDE, 1);
	add_hpet(cfg, info);
}

/* SLP_TYP by sleep state, with a bit for those that there are. */
static void add_system_states(FwCfg *cfg, const FirmwareInfo *info)
{
	uint8_t states[SYSTEM_STATES] = { STATE_SUPPORTED, 0, 0, 1, 0, STATE_SUPPORTED };
	states[STATE_S4] = info->s4_value ? info->s4_value : DEFAULT_S4_VALUE;
	if (!info->disable_s3)
		states[STATE_S3] |= STATE_SUPPORTED;
	if (!info->disable_s4)
		states[STATE_S4] |= STATE_SUPPORTED;
	fw_cfg_add_file(cfg, "etc/system-states", states, sizeof states);
}

static void add_all(FwCfg *cfg, const FirmwareInfo *info, GPtrArray *roms)
{
	add_items(cfg, info);
	add_system_states(cfg, info);
	firmware_add_e820(cfg, info);
	firmware_add_boot_order(cfg, info, roms);
	if (!info->no_acpi)
		firmware_add_acpi(cfg, info);
	firmware_add_smbios(cfg, info);
}

bool firmware_setup(Machine *machine, const FirmwareInfo *info, GError **error)
{
	Device *device = device_new(machine, &fw_cfg_class, NULL);
	if (!device_realize(device, error))
		return false;
	FwCfg *cfg = (FwCfg *)device;
	g_autoptr(GPtrArray) roms = g_ptr_array_new_with_free_func(g_free);
	if (!firmware_add_boot_options(cfg, info->config, error) || !firmware_add_kernel(cfg, info, roms, error))
		return false;
	uint8_t uuid[UUID_BYTES];
	parse_uuid(info->config->uuid, uuid);
	FirmwareInfo complete = *info;
	if (!info->uuid)
		complete.uuid = uuid;
	add_all(cfg, &complete, roms);
	return true;
}
