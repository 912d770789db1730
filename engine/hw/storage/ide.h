/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IDE: the PIIX3's function (two channels with bus mastering), hard disks and CD drives. Under the machine's lock.
 *
 * Drives find their controller by themselves: the property `bus` is "ide.0" or "ide.1" (or CONTROLLERID.0), NULL for the first with
 * room; `unit` is 0 or 1, -1 for the first that is free. */
#pragma once

#include "machine/device.h"

extern const DeviceClass piix3_ide_class, ide_hd_class, ide_cd_class;

typedef enum IdeTranslation { IDE_TRANSLATION_NONE, IDE_TRANSLATION_LBA, IDE_TRANSLATION_LARGE, IDE_TRANSLATION_RECHS } IdeTranslation;

typedef struct IdeGeometry {
	uint16_t cylinders;
	uint8_t heads, sectors;
	IdeTranslation translation; /* how a BIOS shall show it to its callers; CMOS 39h has two bits per disk in this numbering */
} IdeGeometry;

/* Where a drive hangs, for the boot order; lcyls, lheads and lsecs are the geometry that the user wants of the BIOS, lcyls 0: none. */
typedef struct IdePlace {
	uint8_t devfn; /* of its controller */
	unsigned channel, unit;
	int32_t bootindex; /* -1: none */
	uint32_t lcyls, lheads, lsecs;
} IdePlace;

/* False: it is no IDE drive, or isn't connected. */
bool ide_drive_place(const Device *device, IdePlace *place);
/* Of the hard disk at that place of the first controller; false: there is none. For CMOS 12h, 19h-2Ch and 39h. */
bool ide_drive_geometry(Machine *machine, unsigned channel, unsigned unit, IdeGeometry *geometry);
/* The drive at that place, NULL: none. */
Device *ide_drive_at(Machine *machine, unsigned channel, unsigned unit);
