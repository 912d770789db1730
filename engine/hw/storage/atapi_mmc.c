/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packet commands about the drive: who it is, what it can do, how it is (SPC-2, MMC-3). */
#include <string.h>

#include "hw/storage/atapi.h"

/* A zeroed reply of so many bytes. */
static uint8_t *begin(IdeDrive *drive, unsigned size)
{
	memset(drive->buffer, 0, size);
	return drive->buffer;
}

static void bad_field(IdeDrive *drive)
{
	atapi_fail(drive, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD, 0);
}

void atapi_request_sense(IdeDrive *drive)
{
	enum { SENSE_BYTES = 18, FIXED_FORMAT = 0x70 };
	uint8_t *reply = begin(drive, SENSE_BYTES);
	if (!drive->sense.key && drive->unit_attention == ATTENTION_NEW) { /* told here, it needn't be told again */
		drive->sense = (IdeSense){ SENSE_UNIT_ATTENTION, ASC_MEDIUM_MAY_HAVE_CHANGED, 0 };
		drive->unit_attention = ATTENTION_NONE;
	}
	reply[0] = FIXED_FORMAT;
	reply[2] = drive->sense.key;
	reply[7] = SENSE_BYTES - 8;
	reply[12] = drive->sense.asc;
	reply[13] = drive->sense.ascq;
	drive->sense = (IdeSense){ 0, 0, 0 };
	atapi_reply(drive, SENSE_BYTES, drive->packet[4]);
}

static void put_text(uint8_t *to, const char *text, unsigned length)
{
	size_t given = strnlen(text, length);
	memset(to, ' ', length);
	memcpy(to, text, given);
}

/* Vital product data: the list of pages and the serial number. */
static void inquiry_page(IdeDrive *drive)
{
	enum { PAGE_LIST = 0x00, PAGE_SERIAL = 0x80, CD_DEVICE = 5 };
	uint8_t page = drive->packet[2], *reply = begin(drive, 64);
	unsigned length = (unsigned)strlen(drive->serial_text);
	reply[0] = CD_DEVICE;
	reply[1] = page;
	switch (page) {
	case PAGE_LIST:
		reply[3] = 2;
		reply[4] = PAGE_LIST;
		reply[5] = PAGE_SERIAL;
		break;
	case PAGE_SERIAL:
		reply[3] = (uint8_t)length;
		memcpy(reply + 4, drive->serial_text, length);
		break;
	default: bad_field(drive); return;
	}
	atapi_reply(drive, 4u + reply[3], atapi_get16(drive->packet + 3));
}

void atapi_inquiry(IdeDrive *drive)
{
	enum { INQUIRY_BYTES = 36, CD_DEVICE = 5, REMOVABLE = 0x80, ATAPI_FORMAT = 0x21, VITAL_DATA = 1 };
	if (drive->packet[1] & VITAL_DATA) {
		inquiry_page(drive);
		return;
	}
	if (drive->packet[2]) {
		bad_field(drive);
		return;
	}
	uint8_t *reply = begin(drive, INQUIRY_BYTES);
	reply[0] = CD_DEVICE;
	reply[1] = REMOVABLE;
	reply[3] = ATAPI_FORMAT;
	reply[4] = INQUIRY_BYTES - 5;
	put_text(reply + 8, "VIVARIUM", 8);
	const char *space = strchr(drive->model_text, ' '); /* vendor and product stand apart here */
	put_text(reply + 16, space ? space + 1 : drive->model_text, 16);
	put_text(reply + 32, drive->version_text, 4);
	atapi_reply(drive, INQUIRY_BYTES, drive->packet[4]);
}

void atapi_read_capacity(IdeDrive *drive)
{
	uint8_t *reply = begin(drive, 8);
	uint32_t sectors = atapi_sectors(drive);
	atapi_put32(reply, sectors ? sectors - 1 : 0);
	atapi_put32(reply + 4, CD_SECTOR_BYTES);
	atapi_reply(drive, 8, 8);
}

void atapi_read_header(IdeDrive *drive)
{
	uint32_t lba = atapi_get32(drive->packet + 2);
	uint8_t *reply = begin(drive, 8);
	if (lba >= atapi_sectors(drive)) {
		atapi_fail(drive, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE, 0);
		return;
	}
	reply[0] = 1; /* mode 1 */
	if (drive->packet[1] & 2)
		atapi_to_msf(lba, reply + 5);
	else
		atapi_put32(reply + 4, lba);
	atapi_reply(drive, 8, atapi_get16(drive->packet + 7));
}

/* ---- features ---- */

/* More than 80 minutes is no CD. */
static bool is_dvd(const IdeDrive *drive)
{
	return atapi_sectors(drive) > CD_SECTORS_MAXIMUM;
}

enum { PROFILE_NONE = 0x00, PROFILE_CD_ROM = 0x08, PROFILE_DVD_ROM = 0x10 };

static unsigned current_profile(const IdeDrive *drive)
{
	if (!atapi_has_medium(drive))
		return PROFILE_NONE;
	return is_dvd(drive) ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
}

enum { PERSISTENT = 0x02, CURRENT = 0x01 };

typedef struct Feature {
	uint16_t code;
	uint8_t version_flags; /* version << 2 | persistent */
	uint8_t profile;       /* current with that one; 0: always */
	uint8_t length, data[8];
} Feature;

static const Feature features[] = {
	{ 0x0001, 1 << 2 | PERSISTENT, 0, 8, { 0, 0, 0, 2, 1 } },      /* core: ATAPI; device busy event */
	{ 0x0002, 1 << 2 | PERSISTENT, 0, 4, { 2 } },		       /* morphing */
	{ 0x0003, PERSISTENT, 0, 4, { 0x29 } },			       /* removable medium: tray, eject, lock */
	{ 0x0010, 0, 0, 8, { 0, 0, 8, 0, 0, 1, 0 } },		       /* random readable: 2048-byte blocks */
	{ 0x001e, 2 << 2, PROFILE_CD_ROM, 4, { 0 } },		       /* CD read */
	{ 0x001f, 0, PROFILE_DVD_ROM, 4, { 0 } },		       /* DVD read */
	{ 0x0100, PERSISTENT, 0, 0, { 0 } },			       /* power management */
	{ 0x0105, PERSISTENT, 0, 4, { 0 } },			       /* time-out */
};

static unsigned put_profiles(const IdeDrive *drive, uint8_t *to)
{
	static const uint8_t profiles[] = { PROFILE_DVD_ROM, PROFILE_CD_ROM };
	unsigned now = current_profile(drive);
	to[2] = PERSISTENT | CURRENT;
	to[3] = 4 * sizeof profiles;
	for (unsigned n = 0; n < sizeof profiles; n++) {
		atapi_put16(to + 4 + 4 * n, profiles[n]);
		to[6 + 4 * n] = profiles[n] == now;
	}
	return 4 + 4 * sizeof profiles;
}

static unsigned put_feature(const IdeDrive *drive, const Feature *feature, uint8_t *to)
{
	unsigned now = current_profile(drive);
	bool current = feature->version_flags & PERSISTENT || (now && (!feature->profile || feature->profile == now));
	atapi_put16(to, feature->code);
	to[2] = (uint8_t)(feature->version_flags | (current ? CURRENT : 0));
	to[3] = feature->length;
	memcpy(to + 4, feature->data, feature->length);
	return 4u + feature->length;
}

/* True: it belongs into the answer, by the request type. */
static bool is_wanted(unsigned type, unsigned start, unsigned code, bool current)
{
	enum { ALL = 0, ALL_CURRENT = 1, ONE = 2 };
	switch (type) {
	case ALL: return code >= start;
	case ALL_CURRENT: return code >= start && current;
	default: return code == start;
	}
}

void atapi_get_configuration(IdeDrive *drive)
{
	unsigned type = drive->packet[1] & 3, start = atapi_get16(drive->packet + 2), size = 8;
	uint8_t *reply = begin(drive, 256);
	if (type == 3) {
		bad_field(drive);
		return;
	}
	atapi_put16(reply + 6, current_profile(drive));
	if (is_wanted(type, start, 0, true))
		size += put_profiles(drive, reply + size);
	for (unsigned n = 0; n < G_N_ELEMENTS(features); n++) {
		unsigned bytes = put_feature(drive, &features[n], reply + size);
		if (is_wanted(type, start, features[n].code, reply[size + 2] & CURRENT))
			size += bytes;
		else
			memset(reply + size, 0, bytes);
	}
	atapi_put32(reply, size - 4);
	atapi_reply(drive, size, atapi_get16(drive->packet + 7));
}

void atapi_get_event_status(IdeDrive *drive)
{
	enum { POLLED = 1, CLASS_MEDIA = 4, NO_EVENT_AVAILABLE = 0x80, TRAY_OPEN = 1, MEDIUM_PRESENT = 2 };
	unsigned size = 8;
	if (!(drive->packet[1] & POLLED)) { /* asynchronous notification isn't there */
		bad_field(drive);
		return;
	}
	uint8_t *reply = begin(drive, 8);
	reply[3] = 1 << CLASS_MEDIA;
	if (drive->packet[4] & 1 << CLASS_MEDIA) {
		reply[2] = CLASS_MEDIA;
		reply[4] = drive->media_event;
		reply[5] = (uint8_t)((block_tray_open(drive->block) ? TRAY_OPEN : 0) | (atapi_has_medium(drive) ? MEDIUM_PRESENT : 0));
		drive->media_event = EVENT_NONE;
	} else {
		reply[2] = NO_EVENT_AVAILABLE;
		size = 4;
	}
	atapi_put16(reply, size - 2);
	atapi_reply(drive, size, atapi_get16(drive->packet + 7));
}

/* ---- mode pages ---- */

/* clang-format off */
static const uint8_t page_error_recovery[] = { 0x01, 0x06, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00 };
static const uint8_t page_audio_control[] = { 0x0e, 0x0e, 0x04, 0x00, 0x00, 0x00, 0x00, 0x4b, 0x01, 0xff, 0x02, 0xff, 0x00, 0x00, 0x00, 0x00 };
static const uint8_t page_capabilities[] = {
	0x2a, 0x14,
	0x3b, 0x00, /* reads CD-R, CD-RW, method 2, DVD-ROM, DVD-R; writes nothing */
	0x70,	    /* multi-session, mode 2 forms 1 and 2 */
	0x01,	    /* READ CD; no audio */
	0x29,	    /* tray, eject, lock */
	0x00,
	0x02, 0xc2, /* 706 KB/s: 4x */
	0x00, 0x02, 0x02, 0x00, 0x02, 0xc2, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};
/* clang-format on */

static const struct {
	const uint8_t *bytes;
	unsigned size;
} pages[] = {
	{ page_error_recovery, sizeof page_error_recovery },
	{ page_audio_control, sizeof page_audio_control },
	{ page_capabilities, sizeof page_capabilities },
};

static unsigned put_page(const IdeDrive *drive, unsigned n, bool changeable, uint8_t *to)
{
	enum { LOCK_STATE = 0x02 };
	memcpy(to, pages[n].bytes, pages[n].size);
	if (changeable)
		memset(to + 2, 0, pages[n].size - 2);
	else if (pages[n].bytes == page_capabilities && drive->locked)
		to[6] |= LOCK_STATE;
	return pages[n].size;
}

static uint8_t medium_type(const IdeDrive *drive)
{
	enum { NO_DISC = 0x70, DOOR_OPEN = 0x71, DATA_DISC = 0x01, DVD_DISC = 0x41 };
	if (block_tray_open(drive->block))
		return DOOR_OPEN;
	if (!atapi_has_medium(drive))
		return NO_DISC;
	return is_dvd(drive) ? DVD_DISC : DATA_DISC;
}

void atapi_mode_sense(IdeDrive *drive)
{
	enum { CHANGEABLE = 1, SAVED = 3, ALL_PAGES = 0x3f, HEADER_BYTES = 8 };
	unsigned control = drive->packet[2] >> 6, code = drive->packet[2] & 0x3f, size = HEADER_BYTES;
	uint8_t *reply = begin(drive, 128);
	if (control == SAVED) {
		atapi_fail(drive, SENSE_ILLEGAL_REQUEST, ASC_SAVING_NOT_SUPPORTED, 0);
		return;
	}
	for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++)
		if (code == ALL_PAGES || code == pages[n].bytes[0])
			size += put_page(drive, n, control == CHANGEABLE, reply + size);
	if (size == HEADER_BYTES) {
		bad_field(drive);
		return;
	}
	atapi_put16(reply, size - 2);
	reply[2] = medium_type(drive);
	atapi_reply(drive, size, atapi_get16(drive->packet + 7));
}

void atapi_mechanism_status(IdeDrive *drive)
{
	enum { DOOR_OPEN = 0x10 };
	uint8_t *reply = begin(drive, 8);
	reply[1] = block_tray_open(drive->block) ? DOOR_OPEN : 0;
	atapi_reply(drive, 8, atapi_get16(drive->packet + 8));
}
