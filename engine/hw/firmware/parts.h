/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts that firmware_setup() puts together; for this folder alone. */
#pragma once

#include "hw/firmware/firmware.h"

#define GIB ((uint64_t)1 << 30)
#define FOUR_GIB (4 * GIB)

/* Fixed places of a PC. */
enum { BIOS_RAM_END = 0xa0000, HIGH_MEMORY = 0x100000 };
#define IO_APIC_BASE 0xfec00000u
#define LOCAL_APIC_BASE 0xfee00000u
#define HPET_BASE 0xfed00000u

/* e820.c: the file etc/e820 and the item of the same contents: RAM without the holes below 1 MiB, which firmware knows. */
void firmware_add_e820(FwCfg *cfg, const FirmwareInfo *info);

/* boot.c: `roms` are names of files in genroms/ that go first. */
void firmware_add_boot_order(FwCfg *cfg, const FirmwareInfo *info, GPtrArray *roms);
bool firmware_add_boot_options(FwCfg *cfg, const MachineConfig *config, GError **error);

/* acpi/: etc/acpi/rsdp, etc/acpi/tables, etc/table-loader */
void firmware_add_acpi(FwCfg *cfg, const FirmwareInfo *info);

/* smbios.c */
void firmware_add_smbios(FwCfg *cfg, const FirmwareInfo *info);

/* kernel.c: -kernel, as Linux (linux.c) or multiboot (multiboot.c) image; adds the option ROM's name to `roms`. */
bool firmware_add_kernel(FwCfg *cfg, const FirmwareInfo *info, GPtrArray *roms, GError **error);
