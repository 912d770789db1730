/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 256 words of IDENTIFY DEVICE and IDENTIFY PACKET DEVICE (ATA/ATAPI-6, tables 26 and 28). */
#include <string.h>

#include "hw/storage/ide_internal.h"

enum {
	WORD_GENERAL = 0, WORD_CYLINDERS = 1, WORD_HEADS = 3, WORD_SECTORS = 6, WORD_SERIAL = 10, WORD_FIRMWARE = 23, WORD_MODEL = 27,
	WORD_MULTIPLE_MAXIMUM = 47, WORD_DWORD_IO = 48, WORD_CAPABILITIES = 49, WORD_CAPABILITIES2 = 50, WORD_PIO_TIMING = 51,
	WORD_VALID = 53, WORD_CURRENT_CYLINDERS = 54, WORD_CURRENT_CAPACITY = 57, WORD_MULTIPLE = 59, WORD_LBA28 = 60, WORD_MDMA = 63,
	WORD_PIO_MODES = 64, WORD_CYCLE_TIMES = 65, WORD_VERSION = 80, WORD_MINOR_VERSION = 81, WORD_SUPPORTED = 82, WORD_ENABLED = 85,
	WORD_UDMA = 88, WORD_RESET_RESULT = 93, WORD_LBA48 = 100, WORD_TRIM_BLOCKS = 105, WORD_WWN = 108, WORD_TRIM = 169,
	WORD_ROTATION_RATE = 217,
};
enum { CAPABILITY_DMA = 1 << 8, CAPABILITY_LBA = 1 << 9, CAPABILITY_IORDY_OFF = 1 << 10, CAPABILITY_IORDY = 1 << 11 };
enum { WORD_IS_VALID = 1 << 14, SUPPORTS_SMART = 1, SUPPORTS_PACKET = 1 << 4, SUPPORTS_WRITE_CACHE = 1 << 5, SUPPORTS_LOOK_AHEAD = 1 << 6,
	SUPPORTS_POWER = 1 << 3, SUPPORTS_RESET = 1 << 9, SUPPORTS_NOP = 1 << 14 };
enum { SUPPORTS_LBA48 = 1 << 10, SUPPORTS_FLUSH = 1 << 12, SUPPORTS_FLUSH_EXT = 1 << 13 };
enum { SUPPORTS_ERROR_LOG = 1, SUPPORTS_SELF_TEST = 2, SUPPORTS_FUA = 1 << 6, SUPPORTS_WWN = 1 << 8 };
enum { ATA_4_TO_7 = 0xf0, ATA_6_REVISION_3A = 0x22, NANOSECONDS_PER_CYCLE = 120 };

static void put(IdeDrive *drive, unsigned word, unsigned value)
{
	drive->buffer[2 * word] = (uint8_t)value;
	drive->buffer[2 * word + 1] = (uint8_t)(value >> 8);
}

static void put32(IdeDrive *drive, unsigned word, uint32_t value)
{
	put(drive, word, value & 0xffff);
	put(drive, word + 1, value >> 16);
}

/* The first character of a pair is the high byte; spaces to the end. */
static void put_text(IdeDrive *drive, unsigned word, const char *text, unsigned length)
{
	size_t given = strnlen(text, length);
	for (unsigned n = 0; n < length; n++)
		drive->buffer[2 * word + (n ^ 1)] = n < given ? (uint8_t)text[n] : ' ';
}

static void put_common(IdeDrive *drive)
{
	memset(drive->buffer, 0, SECTOR_SIZE);
	put_text(drive, WORD_SERIAL, drive->serial_text, 20);
	put_text(drive, WORD_FIRMWARE, drive->version_text, 8);
	put_text(drive, WORD_MODEL, drive->model_text, 40);
	put(drive, WORD_DWORD_IO, 1);
	put(drive, WORD_CAPABILITIES, CAPABILITY_DMA | CAPABILITY_LBA | CAPABILITY_IORDY_OFF | CAPABILITY_IORDY);
	put(drive, WORD_PIO_TIMING, 2 << 8);
	put(drive, WORD_PIO_MODES, 3); /* 3 and 4 */
	for (unsigned n = 0; n < 4; n++)
		put(drive, WORD_CYCLE_TIMES + n, NANOSECONDS_PER_CYCLE);
	put(drive, WORD_MDMA, 0x07 | (drive->dma_mode & 0x20 ? 0x100u << (drive->dma_mode & 7) : 0));
	put(drive, WORD_UDMA, 0x3f | (drive->dma_mode & 0x40 ? 0x100u << (drive->dma_mode & 7) : 0));
	put(drive, WORD_VERSION, ATA_4_TO_7);
	put(drive, WORD_MINOR_VERSION, ATA_6_REVISION_3A);
	/* By which unit it answers, that it was jumpered, and that the cable has 80 wires. */
	put(drive, WORD_RESET_RESULT, WORD_IS_VALID | 0x2000 | (drive->unit ? 0x0300 : 0x0003));
}

/* The most significant word first (ATA/ATAPI-7, 6.17.49). */
static void put_wwn(IdeDrive *drive)
{
	for (unsigned n = 0; drive->wwn && n < 4; n++)
		put(drive, WORD_WWN + n, drive->wwn >> (48 - 16 * n) & 0xffff);
}

static void put_capacity(IdeDrive *drive)
{
	uint64_t sectors = block_sectors(drive->block);
	const IdeGeometry *geometry = &drive->geometry;
	put(drive, WORD_CYLINDERS, geometry->cylinders);
	put(drive, WORD_HEADS, geometry->heads);
	put(drive, WORD_SECTORS, geometry->sectors);
	put(drive, WORD_CURRENT_CYLINDERS, drive->current_cylinders);
	put(drive, WORD_CURRENT_CYLINDERS + 1, drive->current_heads);
	put(drive, WORD_CURRENT_CYLINDERS + 2, drive->current_sectors);
	put32(drive, WORD_CURRENT_CAPACITY, (uint32_t)drive->current_cylinders * drive->current_heads * drive->current_sectors);
	put32(drive, WORD_LBA28, (uint32_t)MIN(sectors, 0x0fffffff));
	put32(drive, WORD_LBA48, (uint32_t)sectors);
	put32(drive, WORD_LBA48 + 2, (uint32_t)(sectors >> 32));
}

void ide_identify_disk(IdeDrive *drive)
{
	enum { FIXED = 0x0040, MULTIPLE_VALID = 0x100, MULTIPLE_MAXIMUM = 16 };
	const unsigned supported = SUPPORTS_NOP | SUPPORTS_LOOK_AHEAD | SUPPORTS_WRITE_CACHE | SUPPORTS_POWER | SUPPORTS_SMART;
	const unsigned supported2 = WORD_IS_VALID | SUPPORTS_FLUSH_EXT | SUPPORTS_FLUSH | SUPPORTS_LBA48;
	const unsigned supported3 = WORD_IS_VALID | SUPPORTS_FUA | SUPPORTS_SELF_TEST | SUPPORTS_ERROR_LOG | (drive->wwn ? SUPPORTS_WWN : 0);
	put_common(drive);
	put(drive, WORD_GENERAL, FIXED);
	put_capacity(drive);
	put(drive, WORD_MULTIPLE_MAXIMUM, 0x8000 | MULTIPLE_MAXIMUM);
	put(drive, WORD_CAPABILITIES2, WORD_IS_VALID);
	put(drive, WORD_VALID, 7); /* words 54-58, 64-70 and 88 */
	put(drive, WORD_MULTIPLE, drive->multiple ? MULTIPLE_VALID | drive->multiple : 0);
	put(drive, WORD_SUPPORTED, supported);
	put(drive, WORD_SUPPORTED + 1, supported2);
	put(drive, WORD_SUPPORTED + 2, supported3);
	put(drive, WORD_ENABLED, supported & ~((drive->no_look_ahead ? SUPPORTS_LOOK_AHEAD : 0) |
		(drive->no_write_cache ? SUPPORTS_WRITE_CACHE : 0) | (drive->smart_off ? SUPPORTS_SMART : 0u)));
	put(drive, WORD_ENABLED + 1, supported2 & ~WORD_IS_VALID);
	put(drive, WORD_ENABLED + 2, supported3);
	put(drive, WORD_TRIM_BLOCKS, IDE_TRIM_BLOCKS);
	put(drive, WORD_TRIM, 1);
	put(drive, WORD_ROTATION_RATE, drive->rotation_rate);
	put_wwn(drive);
}

void ide_identify_cd(IdeDrive *drive)
{
	enum { ATAPI_CD = 0x85c0 }; /* CD-ROM, removable, DRQ within 50 us, packets of 12 bytes */
	put_common(drive);
	put(drive, WORD_GENERAL, ATAPI_CD);
	put(drive, WORD_VALID, 6);
	put(drive, WORD_SUPPORTED, SUPPORTS_NOP | SUPPORTS_RESET | SUPPORTS_PACKET | SUPPORTS_POWER);
	put(drive, WORD_SUPPORTED + 1, WORD_IS_VALID);
	put(drive, WORD_SUPPORTED + 2, WORD_IS_VALID | (drive->wwn ? SUPPORTS_WWN : 0));
	put(drive, WORD_ENABLED, SUPPORTS_NOP | SUPPORTS_RESET | SUPPORTS_PACKET | SUPPORTS_POWER);
	put(drive, WORD_ENABLED + 2, WORD_IS_VALID | (drive->wwn ? SUPPORTS_WWN : 0));
	put_wwn(drive);
}
