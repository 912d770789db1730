/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The firmware configuration channel: numbered items and named files that the host gives to the guest's firmware.
 *
 * Register and DMA interface as Linux's Documentation/devicetree/bindings/firmware and the firmwares know it: selector at port
 * 0x510, data at 0x511, address of a DMA descriptor (big endian) at 0x514.
 * Everything runs under the machine's lock. Data is copied unless it is given as GBytes. */
#pragma once

#include "machine/device.h"

typedef struct FwCfg FwCfg;

enum { FW_CFG_PORT = 0x510, FW_CFG_DMA_PORT = 0x514, FW_CFG_PORTS = 12, FW_CFG_NAME_SIZE = 56 };

/* Items with a fixed number; little endian. */
enum {
	FW_CFG_SIGNATURE = 0x00, FW_CFG_ID = 0x01, FW_CFG_UUID = 0x02, FW_CFG_RAM_SIZE = 0x03, FW_CFG_NOGRAPHIC = 0x04,
	FW_CFG_CPUS = 0x05, FW_CFG_MACHINE_ID = 0x06, FW_CFG_KERNEL_ADDR = 0x07, FW_CFG_KERNEL_SIZE = 0x08,
	FW_CFG_INITRD_ADDR = 0x0a, FW_CFG_INITRD_SIZE = 0x0b, FW_CFG_BOOT_DEVICE = 0x0c, FW_CFG_NUMA = 0x0d,
	FW_CFG_BOOT_MENU = 0x0e, FW_CFG_MAX_CPUS = 0x0f, FW_CFG_KERNEL_ENTRY = 0x10, FW_CFG_KERNEL_DATA = 0x11,
	FW_CFG_INITRD_DATA = 0x12, FW_CFG_CMDLINE_ADDR = 0x13, FW_CFG_CMDLINE_SIZE = 0x14, FW_CFG_CMDLINE_DATA = 0x15,
	FW_CFG_SETUP_ADDR = 0x16, FW_CFG_SETUP_SIZE = 0x17, FW_CFG_SETUP_DATA = 0x18, FW_CFG_DIRECTORY = 0x19,
	FW_CFG_FILE_FIRST = 0x20, FW_CFG_WRITE_CHANNEL = 0x4000, FW_CFG_ARCH_LOCAL = 0x8000,
	FW_CFG_ACPI_TABLES = FW_CFG_ARCH_LOCAL, FW_CFG_SMBIOS_ENTRIES, FW_CFG_IRQ0_OVERRIDE, FW_CFG_E820_TABLE, FW_CFG_HPET,
};

extern const DeviceClass fw_cfg_class;
/* The machine's; NULL: it has none. */
FwCfg *fw_cfg_find(Machine *machine);

/* A number or a name that is there already is replaced. */
void fw_cfg_add_bytes(FwCfg *cfg, uint16_t key, const void *data, size_t size);
void fw_cfg_add_gbytes(FwCfg *cfg, uint16_t key, GBytes *data);
void fw_cfg_add_u16(FwCfg *cfg, uint16_t key, uint16_t value);
void fw_cfg_add_u32(FwCfg *cfg, uint16_t key, uint32_t value);
void fw_cfg_add_u64(FwCfg *cfg, uint16_t key, uint64_t value);

/* Files: names of at most 55 characters. The directory is sorted by name; so numbers of files may change when one is added, and
 * all of them should be there before the guest runs. */
void fw_cfg_add_file(FwCfg *cfg, const char *name, const void *data, size_t size);
void fw_cfg_add_file_gbytes(FwCfg *cfg, const char *name, GBytes *data);
/* The guest may write it by DMA; `written` is told (it may be NULL), and may look at it by fw_cfg_file_data(). `data` NULL: it
 * begins with zeros. */
typedef void FwCfgWritten(void *owner, const char *name, uint32_t offset, uint32_t size);
void fw_cfg_add_writable_file(FwCfg *cfg, const char *name, const void *data, size_t size, FwCfgWritten *written, void *owner);
/* `select` is called whenever the guest begins to read the file; it may make the data anew by fw_cfg_add_file(). */
typedef void FwCfgSelect(void *owner, FwCfg *cfg, const char *name);
void fw_cfg_add_callback(FwCfg *cfg, const char *name, FwCfgSelect *select, void *owner);
/* NULL: no such file. Valid until the file changes. */
const uint8_t *fw_cfg_file_data(FwCfg *cfg, const char *name, size_t *size);
/* Of info roms: option ROMs that firmware takes from here, and ACPI's tables. */
void fw_cfg_print_roms(const FwCfg *cfg, GString *out);
/* The same of an item with a number. */
const uint8_t *fw_cfg_data(FwCfg *cfg, uint16_t key, size_t *size);
/* `data` and `release` go together: called when the channel is unrealized. For what its callbacks need. */
void fw_cfg_keep(FwCfg *cfg, void *data, void (*release)(void *data));
/* What was kept with that release function; NULL: nothing. */
void *fw_cfg_kept(const FwCfg *cfg, void (*release)(void *data));
