/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SMART (ATA/ATAPI-6, 8.54): a disk that is always well. Enough for what asks whether a drive is about to fail. */
#include <string.h>

#include "hw/storage/ide_internal.h"

enum {
	READ_DATA = 0xd0, READ_THRESHOLDS = 0xd1, AUTOSAVE = 0xd2, SAVE_ATTRIBUTES = 0xd3, EXECUTE_OFFLINE = 0xd4, READ_LOG = 0xd5, ENABLE = 0xd8,
	DISABLE = 0xd9, RETURN_STATUS = 0xda,
};
enum { LOG_DIRECTORY = 0x00, LOG_SUMMARY_ERRORS = 0x01, LOG_SELF_TEST = 0x06 };
enum { KEY_MID = 0x4f, KEY_HIGH = 0xc2 };

typedef struct Attribute {
	uint8_t id, flags, value, raw, threshold;
} Attribute;

static const Attribute attributes[] = {
	{ 1, 0x03, 100, 0, 6 },	  /* read error rate */
	{ 3, 0x03, 100, 16, 0 },  /* spin-up time */
	{ 4, 0x02, 100, 100, 20 }, /* start/stop count */
	{ 5, 0x03, 100, 0, 36 },  /* reallocated sectors */
	{ 9, 0x03, 100, 1, 0 },	  /* power-on hours */
	{ 12, 0x03, 100, 0, 0 },  /* power cycles */
	{ 190, 0x03, 69, 31, 50 }, /* airflow temperature */
};

/* All 512 bytes add up to 0. */
static void reply(IdeDrive *drive)
{
	uint8_t sum = 0;
	for (unsigned n = 0; n < SECTOR_SIZE - 1; n++)
		sum = (uint8_t)(sum + drive->buffer[n]);
	drive->buffer[SECTOR_SIZE - 1] = (uint8_t)-sum;
	ide_reply(drive, SECTOR_SIZE);
}

static void read_data(IdeDrive *drive)
{
	uint8_t *data = drive->buffer;
	data[0] = 1; /* revision */
	for (unsigned n = 0; n < G_N_ELEMENTS(attributes); n++) {
		uint8_t *entry = data + 2 + 12 * n;
		entry[0] = attributes[n].id;
		entry[1] = attributes[n].flags;
		entry[3] = entry[4] = attributes[n].value; /* now, worst */
		entry[5] = attributes[n].raw;
	}
	data[362] = 0x02; /* off-line collection completed */
	data[364] = 288 & 0xff; /* seconds that it takes */
	data[365] = 288 >> 8;
	data[367] = 0x01 | 1 << 4 | 1 << 3 | 1 << 1; /* execute, self-test, read scanning, autosave */
	data[368] = 0x03; /* saves before power modes, autosaves */
	data[370] = 0x01; /* error logging */
	data[372] = 2; /* minutes of the short self-test */
	data[373] = 54; /* ... of the extended one */
	reply(drive);
}

static void read_thresholds(IdeDrive *drive)
{
	drive->buffer[0] = 1;
	for (unsigned n = 0; n < G_N_ELEMENTS(attributes); n++) {
		drive->buffer[2 + 12 * n] = attributes[n].id;
		drive->buffer[3 + 12 * n] = attributes[n].threshold;
	}
	reply(drive);
}

static void read_log(IdeDrive *drive)
{
	switch (drive->now.lba[0]) {
	case LOG_DIRECTORY:
		drive->buffer[0] = 1; /* of several sectors */
		drive->buffer[2 * LOG_SUMMARY_ERRORS] = 1;
		drive->buffer[2 * LOG_SELF_TEST] = 1;
		ide_reply(drive, SECTOR_SIZE);
		break;
	case LOG_SUMMARY_ERRORS:
	case LOG_SELF_TEST:
		drive->buffer[0] = 1; /* version; no entries */
		reply(drive);
		break;
	default: ide_fail(drive, ERROR_ABRT); break;
	}
}

/* The self-tests that there are pass at once. */
static void execute_offline(IdeDrive *drive)
{
	enum { OFFLINE = 0, SHORT = 1, EXTENDED = 2, ABORT = 0x7f, CAPTIVE = 0x80 };
	switch (drive->now.lba[0]) {
	case OFFLINE:
	case SHORT:
	case EXTENDED:
	case ABORT:
	case CAPTIVE | SHORT:
	case CAPTIVE | EXTENDED:
		drive->now.lba[1] = KEY_MID;
		drive->now.lba[2] = KEY_HIGH;
		ide_done(drive);
		break;
	default: ide_fail(drive, ERROR_ABRT); break;
	}
}

void ide_smart(IdeDrive *drive)
{
	uint8_t what = drive->now.feature;
	bool key = drive->now.lba[1] == KEY_MID && drive->now.lba[2] == KEY_HIGH;
	if (!key || (drive->smart_off && what != ENABLE)) {
		ide_fail(drive, ERROR_ABRT);
		return;
	}
	memset(drive->buffer, 0, SECTOR_SIZE);
	switch (what) {
	case READ_DATA: read_data(drive); break;
	case READ_THRESHOLDS: read_thresholds(drive); break;
	case READ_LOG: read_log(drive); break;
	case EXECUTE_OFFLINE: execute_offline(drive); break;
	case ENABLE:
	case DISABLE:
		drive->smart_off = what == DISABLE;
		ide_done(drive);
		break;
	case AUTOSAVE:
	case SAVE_ATTRIBUTES:
	case RETURN_STATUS: ide_done(drive); break; /* the key stays: no threshold exceeded */
	default: ide_fail(drive, ERROR_ABRT); break;
	}
}
