/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packet commands about the disc: one session with one data track (MMC-3, 5.16 to 5.23; DVD: 5.18). */
#include <string.h>

#include "hw/storage/atapi.h"

enum { LEAD_OUT = 0xaa, ADR_CONTROL = 0x14 /* position data; data track */ };

static uint8_t *begin(IdeDrive *drive, unsigned size)
{
	memset(drive->buffer, 0, size);
	return drive->buffer;
}

static void bad_field(IdeDrive *drive)
{
	atapi_fail(drive, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD, 0);
}

static void put_address(uint8_t *to, uint32_t lba, bool msf)
{
	to[0] = 0;
	if (msf)
		atapi_to_msf(lba, to + 1);
	else
		atapi_put32(to, lba);
}

/* ---- table of contents ---- */

static unsigned put_track(uint8_t *to, uint8_t track, uint32_t lba, bool msf)
{
	to[1] = ADR_CONTROL;
	to[2] = track;
	put_address(to + 4, lba, msf);
	return 8;
}

static unsigned toc_tracks(IdeDrive *drive, uint8_t *reply, bool msf, uint8_t start)
{
	unsigned size = 4;
	reply[2] = reply[3] = 1;
	if (start > 1 && start != LEAD_OUT)
		return 0;
	if (start <= 1)
		size += put_track(reply + size, 1, 0, msf);
	return size + put_track(reply + size, LEAD_OUT, atapi_sectors(drive), msf);
}

static unsigned toc_sessions(uint8_t *reply, bool msf)
{
	reply[2] = reply[3] = 1;
	return 4 + put_track(reply + 4, 1, 0, msf);
}

/* As in the lead-in's Q channel: first track, last track, lead-out, track 1. */
static unsigned toc_raw(IdeDrive *drive, uint8_t *reply, bool msf)
{
	static const uint8_t points[] = { 0xa0, 0xa1, 0xa2, 0x01 };
	reply[2] = reply[3] = 1;
	for (unsigned n = 0; n < sizeof points; n++) {
		uint8_t *entry = reply + 4 + 11 * n;
		entry[0] = 1; /* session */
		entry[1] = ADR_CONTROL;
		entry[3] = points[n];
		if (points[n] == 0xa0 || points[n] == 0xa1)
			entry[8] = 1; /* track number */
		else
			put_address(entry + 7, points[n] == 0xa2 ? atapi_sectors(drive) : 0, msf);
	}
	return 4 + 11 * sizeof points;
}

void atapi_read_toc(IdeDrive *drive)
{
	bool msf = drive->packet[1] & 2;
	unsigned format = drive->packet[2] & 0x0f, size = 0;
	uint8_t *reply = begin(drive, 64);
	if (!format)
		format = drive->packet[9] >> 6; /* where SFF-8020 had it */
	switch (format) {
	case 0: size = toc_tracks(drive, reply, msf, drive->packet[6]); break;
	case 1: size = toc_sessions(reply, msf); break;
	case 2: size = toc_raw(drive, reply, true); break;
	default: break;
	}
	if (!size) {
		bad_field(drive);
		return;
	}
	atapi_put16(reply, size - 2);
	atapi_reply(drive, size, atapi_get16(drive->packet + 7));
}

void atapi_read_subchannel(IdeDrive *drive)
{
	enum { SUBQ = 0x40, NO_AUDIO_STATUS = 0x15, FORMAT_POSITION = 1, FORMAT_UPC = 2, FORMAT_ISRC = 3 };
	bool msf = drive->packet[1] & 2;
	unsigned format = drive->packet[3], size = 4;
	uint8_t *reply = begin(drive, 24);
	reply[1] = NO_AUDIO_STATUS;
	if (drive->packet[2] & SUBQ) {
		reply[4] = (uint8_t)format;
		switch (format) {
		case FORMAT_POSITION:
			size = 16;
			reply[5] = ADR_CONTROL;
			reply[6] = reply[7] = 1; /* track and index */
			put_address(reply + 8, 0, msf);
			put_address(reply + 12, 0, false);
			break;
		case FORMAT_UPC: size = 24; break; /* neither number is on the disc */
		case FORMAT_ISRC:
			size = 24;
			reply[5] = ADR_CONTROL;
			reply[6] = 1; /* track */
			break;
		default: bad_field(drive); return;
		}
	}
	atapi_put16(reply + 2, size - 4);
	atapi_reply(drive, size, atapi_get16(drive->packet + 7));
}

void atapi_read_disc_information(IdeDrive *drive)
{
	enum { INFORMATION_BYTES = 34, COMPLETE_DISC = 0x0e, UNRESTRICTED = 0x20 };
	uint8_t *reply = begin(drive, INFORMATION_BYTES);
	if (drive->packet[1] & 7) {
		bad_field(drive);
		return;
	}
	atapi_put16(reply, INFORMATION_BYTES - 2);
	reply[2] = COMPLETE_DISC;
	reply[3] = reply[4] = reply[5] = reply[6] = 1; /* first track; sessions; first and last track of the last */
	reply[7] = UNRESTRICTED;
	memset(reply + 17, 0xff, 7); /* neither a next lead-in nor a last lead-out: nothing can be added */
	atapi_reply(drive, INFORMATION_BYTES, atapi_get16(drive->packet + 7));
}

/* ---- DVD ---- */

static unsigned dvd_physical(IdeDrive *drive, uint8_t *reply)
{
	enum { DVD_ROM_VERSION1 = 0x01, TWELVE_CM = 0x0f, READ_ONLY_LAYER = 0x01, DATA_START = 0x30000 };
	uint32_t sectors = atapi_sectors(drive);
	reply[4] = DVD_ROM_VERSION1;
	reply[5] = TWELVE_CM;
	reply[6] = READ_ONLY_LAYER;
	atapi_put32(reply + 8, DATA_START);
	atapi_put32(reply + 12, DATA_START + sectors - 1);
	atapi_put32(reply + 16, DATA_START + sectors - 1);
	return 4 + 2048;
}

static unsigned dvd_list(uint8_t *reply)
{
	static const struct {
		uint8_t format;
		uint16_t size;
	} list[] = { { 0x00, 4 + 2048 }, { 0x01, 4 + 4 }, { 0x03, 4 + 188 }, { 0x04, 4 + 2048 } };
	for (unsigned n = 0; n < G_N_ELEMENTS(list); n++) {
		reply[4 + 4 * n] = list[n].format;
		reply[5 + 4 * n] = 0x40; /* readable */
		atapi_put16(reply + 6 + 4 * n, list[n].size);
	}
	return 4 + 4 * G_N_ELEMENTS(list);
}

void atapi_read_dvd_structure(IdeDrive *drive)
{
	enum { PHYSICAL = 0x00, COPYRIGHT = 0x01, BURST_CUTTING = 0x03, MANUFACTURER = 0x04, LIST = 0xff };
	uint8_t format = drive->packet[7], layer = drive->packet[6], *reply = begin(drive, 4 + 2048);
	unsigned size = 0;
	if (format < 0xc0 && atapi_sectors(drive) <= CD_SECTORS_MAXIMUM) {
		atapi_fail(drive, SENSE_ILLEGAL_REQUEST, ASC_INCOMPATIBLE_MEDIUM, 2);
		return;
	}
	switch (format) {
	case PHYSICAL: size = layer ? 0 : dvd_physical(drive, reply); break;
	case COPYRIGHT: size = 4 + 4; break; /* none */
	case BURST_CUTTING: size = 4 + 188; break;
	case MANUFACTURER: size = 4 + 2048; break;
	case LIST: size = dvd_list(reply); break;
	default: break;
	}
	if (!size) {
		bad_field(drive);
		return;
	}
	atapi_put16(reply, size - 2);
	atapi_reply(drive, size, atapi_get16(drive->packet + 8));
}
