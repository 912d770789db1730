/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a board tells its firmware: one description in, everything on the fw_cfg channel out.
 *
 * The board fills a FirmwareInfo once its devices are there (processors and drives known), and calls firmware_setup() before the
 * machine is first reset. At the end of the first reset cycle (when -boot once= has been used up) it calls
 * firmware_set_boot_order() with the lasting order and writes the CMOS bytes anew. Everything under the machine's lock. */
#pragma once

#include "hw/firmware/fw_cfg.h"
#include "machine/config.h"

/* Something that firmware can boot from. */
typedef enum FirmwareBootKind {
	BOOT_IDE_DISK, BOOT_IDE_CDROM, /* `channel` 0 or 1, `unit` 0 or 1 of the IDE function `devfn` */
	BOOT_FLOPPY,		       /* `unit` 0 or 1 of the controller at 0x3f0 */
	BOOT_NETWORK,		       /* the PCI function `devfn` */
} FirmwareBootKind;

typedef struct FirmwareBoot {
	FirmwareBootKind kind;
	uint8_t devfn;
	unsigned channel, unit;
	int bootindex;			     /* property of that name, lower ones first; -1: not given */
	unsigned cylinders, heads, sectors;  /* a geometry that the user forced on the BIOS; cylinders 0: none */
} FirmwareBoot;

typedef struct FirmwareNode { /* of NUMA */
	uint64_t memory_bytes;
} FirmwareNode;

enum { FIRMWARE_SERIALS = 4, FIRMWARE_PARALLELS = 3, FLOPPY_NONE = 0, FLOPPY_120 = 2, FLOPPY_144 = 4, FLOPPY_288 = 5 };

/* Everything is copied by firmware_setup(). Zero is a good default unless said otherwise. */
typedef struct FirmwareInfo {
	const MachineConfig *config; /* names, boot options, kernel; only used during firmware_setup() */
	const uint8_t *uuid;	     /* 16 bytes in the order of the text; NULL: what config->uuid says, or zeros */

	/* Memory: below from 0, above from 4 GiB. */
	uint64_t ram_below_4g, ram_above_4g;
	uint64_t pci64_base, pci64_size; /* window for 64-bit BARs; size 0: none */

	unsigned cpus;
	unsigned possible_cpus;	     /* with those that the board has room for; 0: just the cpus */
	const uint32_t *apic_ids;    /* of each possible processor, the present ones first */
	unsigned sockets, cores, threads; /* 0 counts as 1 */
	uint32_t cpuid_1_eax, cpuid_1_edx; /* of the processors, for SMBIOS */

	/* NUMA: nodes 0 leaves its tables out. cpu_nodes: node of each processor. distances: nodes * nodes, NULL: 10 and 20. */
	unsigned nodes;
	const FirmwareNode *node;
	const uint8_t *cpu_nodes, *distances;

	/* Legacy devices that are there. */
	bool hpet, keyboard, mouse, floppy_controller;
	uint8_t floppy_types[2]; /* FLOPPY_...: as CMOS byte 0x10 has them */
	bool serial[FIRMWARE_SERIALS];	  /* COM1 3f8/4, COM2 2f8/3, COM3 3e8/4, COM4 2e8/3 */
	bool parallel[FIRMWARE_PARALLELS]; /* LPT1 378/7, LPT2 278/5, LPT3 3bc/7 */
	uint16_t panic_port;		  /* of the panic device; 0: none */

	/* Power management, as the PIIX4 function's properties say. */
	uint16_t pm_base;    /* where the firmware puts it; 0: 0x600 */
	bool disable_s3, disable_s4;
	uint8_t s4_value;    /* SLP_TYP of S4; 0 counts as 2 */

	const FirmwareBoot *boots; /* in the order of -drive */
	unsigned boot_count;

	bool no_acpi;	     /* neither tables nor power management */
	const char *oem_id, *oem_table_id; /* of ACPI's tables, up to 6 and 8 bytes; NULL: our own */
	bool smbios3;	     /* the 64-bit anchor */
	bool boot_once;      /* the first order is config->boot_once, when given */
} FirmwareInfo;

/* Makes the fw_cfg channel and fills it: items, E820, boot order, ACPI, SMBIOS, kernel. Host trouble (a kernel that can't be
 * read or doesn't fit, a splash picture): false and *error; the device made stays the machine's. */
bool firmware_setup(Machine *machine, const FirmwareInfo *info, GError **error);

/* Letters of a c d n, for the next start: the file bootorder. NULL: the default, which is none. */
void firmware_set_boot_order(Machine *machine, const char *letters);

/* The bytes of CMOS that say the same to the BIOS: 0x38 (third device in the high nibble; bit 0: don't check floppies for a
 * signature) and 0x3d (first and second). NULL: "cad". False and *error: an unknown letter, or one that is there twice. */
bool firmware_cmos_boot_order(const char *letters, bool check_signature, uint8_t *cmos_38, uint8_t *cmos_3d, GError **error);
