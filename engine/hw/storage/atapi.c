/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ATAPI: how packet commands run, reading, and media (ATA/ATAPI-6, chapter 9; MMC-3).
 *
 * A change of media while the guest runs is shown as a drive with a tray would show it: first the medium is gone (02/3A), then
 * there may be another (06/28), each once, then commands work. */
#include "hw/storage/atapi.h"

#include <errno.h>
#include <string.h>

/* ---- the end of a command ---- */

static void status_phase(IdeDrive *drive, uint8_t status, uint8_t error)
{
	drive->transfer = TRANSFER_NONE;
	drive->dma = false;
	drive->position = drive->block_end = drive->end = 0;
	drive->left = 0;
	drive->now.count = (uint8_t)((drive->now.count & ~7) | REASON_COD | REASON_IO);
	drive->error = error;
	drive->status = STATUS_DRDY | STATUS_DSC | status;
	ide_raise(drive);
}

void atapi_done(IdeDrive *drive)
{
	status_phase(drive, 0, 0);
}

void atapi_fail(IdeDrive *drive, uint8_t key, uint8_t asc, uint8_t ascq)
{
	drive->sense = (IdeSense){ key, asc, ascq };
	status_phase(drive, STATUS_ERR, (uint8_t)(key << 4 | ERROR_ABRT));
}

/* ---- data to the host ---- */

void atapi_open_block(IdeDrive *drive)
{
	uint32_t bytes = MIN(drive->end - drive->position, drive->byte_limit);
	drive->block_end = drive->position + bytes;
	drive->now.lba[1] = (uint8_t)bytes;
	drive->now.lba[2] = (uint8_t)(bytes >> 8);
	drive->now.count = (uint8_t)((drive->now.count & ~7) | REASON_IO);
	drive->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
	ide_raise(drive);
}

void atapi_reply(IdeDrive *drive, uint32_t bytes, uint32_t allocation)
{
	drive->transfer = TRANSFER_REPLY;
	drive->out = false;
	drive->position = 0;
	drive->end = MIN(bytes, allocation);
	if (!drive->end) {
		atapi_done(drive);
	} else if (drive->dma) {
		drive->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
		drive->now.count = (uint8_t)((drive->now.count & ~7) | REASON_IO);
		ide_dma_run(drive);
	} else {
		atapi_open_block(drive);
	}
}

/* ---- reading ---- */

uint32_t atapi_sectors(const IdeDrive *drive)
{
	return (uint32_t)MIN(block_sectors(drive->block) / (CD_SECTOR_BYTES / SECTOR_SIZE), G_MAXUINT32);
}

uint32_t atapi_chunk(const IdeDrive *drive)
{
	return MIN(drive->left, IDE_BUFFER_BYTES / MAX(drive->sector_bytes, CD_SECTOR_BYTES));
}

/* From 2048 bytes a sector to what was asked for, in place: growing from the last one, shrinking from the first. */
void atapi_sectors_arrived(IdeDrive *drive, uint32_t count)
{
	uint8_t sector[CD_RAW_BYTES];
	drive->end = count * drive->sector_bytes;
	drive->now.count = (uint8_t)((drive->now.count & ~7) | REASON_IO);
	if (drive->sector_parts == PARTS_DATA)
		return;
	bool grows = drive->sector_bytes > CD_SECTOR_BYTES;
	uint32_t first = (uint32_t)drive->lba - count; /* it has been counted on */
	for (uint32_t k = 0; k < count; k++) {
		uint32_t n = grows ? count - 1 - k : k;
		atapi_frame_sector(drive->buffer + n * CD_SECTOR_BYTES, first + n, sector);
		atapi_pick_parts(sector, drive->sector_parts, drive->buffer + n * drive->sector_bytes);
	}
}

void atapi_read_failed(IdeDrive *drive, int error)
{
	if (error == ENOMEDIUM)
		atapi_fail(drive, SENSE_NOT_READY, ASC_NO_MEDIUM, 0);
	else
		atapi_fail(drive, SENSE_MEDIUM_ERROR, ASC_UNRECOVERED_READ, 0);
}

void atapi_start_read(IdeDrive *drive, uint32_t lba, uint32_t count)
{
	uint32_t sectors = atapi_sectors(drive);
	if (lba > sectors || count > sectors - lba) {
		atapi_fail(drive, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE, 0);
		return;
	}
	if (!count || !drive->sector_bytes) {
		atapi_done(drive);
		return;
	}
	drive->transfer = TRANSFER_CD;
	drive->out = false;
	drive->lba = lba;
	drive->left = count;
	drive->position = drive->end = 0;
	ide_fetch(drive);
}

static void read_data(IdeDrive *drive, uint32_t count)
{
	drive->sector_bytes = CD_SECTOR_BYTES;
	drive->sector_parts = PARTS_DATA;
	atapi_start_read(drive, atapi_get32(drive->packet + 2), count);
}

static void read_10(IdeDrive *drive)
{
	read_data(drive, atapi_get16(drive->packet + 7));
}

static void read_12(IdeDrive *drive)
{
	read_data(drive, atapi_get32(drive->packet + 6));
}

static void read_parts(IdeDrive *drive, uint32_t lba, uint32_t count)
{
	uint8_t parts = drive->packet[9], type = drive->packet[1] >> 2 & 7, subchannel = drive->packet[10] & 7;
	enum { TYPE_ANY = 0, TYPE_MODE1 = 2 };
	if ((type != TYPE_ANY && type != TYPE_MODE1) || subchannel || parts & 0x07) {
		atapi_fail(drive, SENSE_ILLEGAL_REQUEST, type != TYPE_ANY && type != TYPE_MODE1 ? ASC_ILLEGAL_MODE : ASC_INVALID_FIELD, 0);
		return;
	}
	drive->sector_parts = parts;
	drive->sector_bytes = atapi_parts_bytes(parts);
	atapi_start_read(drive, lba, count);
}

static void read_cd(IdeDrive *drive)
{
	read_parts(drive, atapi_get32(drive->packet + 2), atapi_get32(drive->packet + 5) & 0xffffff);
}

static void read_cd_msf(IdeDrive *drive)
{
	uint32_t first = atapi_from_msf(drive->packet + 3), last = atapi_from_msf(drive->packet + 6);
	if (first > last || first == MSF_BAD || last == MSF_BAD)
		atapi_fail(drive, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD, 0);
	else
		read_parts(drive, first, last - first);
}

static void seek(IdeDrive *drive)
{
	if (atapi_get32(drive->packet + 2) >= atapi_sectors(drive))
		atapi_fail(drive, SENSE_ILLEGAL_REQUEST, ASC_LBA_OUT_OF_RANGE, 0);
	else
		atapi_done(drive);
}

/* ---- media ---- */

bool atapi_has_medium(const IdeDrive *drive)
{
	return block_has_medium(drive->block) && !block_tray_open(drive->block);
}

/* After tray or medium changed. */
static void note_medium(IdeDrive *drive)
{
	bool has = atapi_has_medium(drive);
	if (has)
		drive->unit_attention = drive->had_medium ? ATTENTION_GONE_THEN_NEW : ATTENTION_NEW;
	else
		drive->unit_attention = ATTENTION_NONE;
	if (has || drive->had_medium)
		drive->media_event = has ? EVENT_NEW_MEDIUM : EVENT_REMOVED;
	drive->had_medium = has;
}

void atapi_changed(void *owner)
{
	IdeDrive *drive = owner;
	if (block_take_eject_request(drive->block))
		drive->media_event = EVENT_EJECT_REQUEST;
	else
		note_medium(drive);
}

void atapi_reset(IdeDrive *drive)
{
	drive->sense = (IdeSense){ 0, 0, 0 };
	drive->locked = false;
	block_set_locked(drive->block, false);
}

static void start_stop(IdeDrive *drive)
{
	enum { START = 1, LOAD_EJECT = 2 };
	uint8_t what = drive->packet[4];
	bool open = !(what & START), is_open = block_tray_open(drive->block);
	if (what & LOAD_EJECT && open && drive->locked && !is_open) {
		atapi_fail(drive, block_has_medium(drive->block) ? SENSE_NOT_READY : SENSE_ILLEGAL_REQUEST, ASC_REMOVAL_PREVENTED, 2);
		return;
	}
	if (what & LOAD_EJECT && open != is_open) {
		block_set_tray_open(drive->block, open);
		note_medium(drive);
	}
	atapi_done(drive);
}

static void prevent_allow(IdeDrive *drive)
{
	drive->locked = drive->packet[4] & 1;
	block_set_locked(drive->block, drive->locked);
	atapi_done(drive);
}

/* ---- commands ---- */

static void succeed(IdeDrive *drive)
{
	atapi_done(drive);
}

static void pause_resume(IdeDrive *drive)
{
	atapi_fail(drive, SENSE_ILLEGAL_REQUEST, ASC_SEQUENCE_ERROR, 0); /* no sound is being played */
}

enum { NEEDS_MEDIUM = 1, SKIPS_ATTENTION = 2, KEEPS_SENSE = 4 };

static const struct {
	void (*run)(IdeDrive *drive);
	uint8_t flags;
} commands[256] = {
	[0x00] = { succeed, NEEDS_MEDIUM }, /* TEST UNIT READY */
	[0x03] = { atapi_request_sense, SKIPS_ATTENTION | KEEPS_SENSE },
	[0x12] = { atapi_inquiry, SKIPS_ATTENTION },
	[0x1b] = { start_stop, 0 },
	[0x1e] = { prevent_allow, 0 },
	[0x25] = { atapi_read_capacity, NEEDS_MEDIUM },
	[0x28] = { read_10, NEEDS_MEDIUM },
	[0x2b] = { seek, NEEDS_MEDIUM },
	[0x42] = { atapi_read_subchannel, NEEDS_MEDIUM },
	[0x43] = { atapi_read_toc, NEEDS_MEDIUM },
	[0x44] = { atapi_read_header, NEEDS_MEDIUM },
	[0x46] = { atapi_get_configuration, SKIPS_ATTENTION },
	[0x4a] = { atapi_get_event_status, SKIPS_ATTENTION },
	[0x4b] = { pause_resume, NEEDS_MEDIUM },
	[0x51] = { atapi_read_disc_information, NEEDS_MEDIUM },
	[0x5a] = { atapi_mode_sense, 0 },
	[0xa8] = { read_12, NEEDS_MEDIUM },
	[0xad] = { atapi_read_dvd_structure, NEEDS_MEDIUM },
	[0xb9] = { read_cd_msf, NEEDS_MEDIUM },
	[0xbb] = { succeed, 0 }, /* SET CD SPEED */
	[0xbd] = { atapi_mechanism_status, 0 },
	[0xbe] = { read_cd, NEEDS_MEDIUM },
};

/* True: the command ends with it. */
static bool report_attention(IdeDrive *drive)
{
	switch (drive->unit_attention) {
	case ATTENTION_GONE_THEN_NEW:
		drive->unit_attention = ATTENTION_NEW;
		atapi_fail(drive, SENSE_NOT_READY, ASC_NO_MEDIUM, 0);
		return true;
	case ATTENTION_NEW:
		drive->unit_attention = ATTENTION_NONE;
		atapi_fail(drive, SENSE_UNIT_ATTENTION, ASC_MEDIUM_MAY_HAVE_CHANGED, 0);
		return true;
	default: return false;
	}
}

void atapi_packet_received(IdeDrive *drive)
{
	memcpy(drive->packet, drive->buffer, IDE_PACKET_BYTES);
	uint8_t code = drive->packet[0], flags = commands[code].flags;
	drive->transfer = TRANSFER_NONE;
	drive->out = false;
	drive->dma = drive->now.feature & 1;
	if (!(flags & SKIPS_ATTENTION) && report_attention(drive))
		return;
	if (!(flags & KEEPS_SENSE))
		drive->sense = (IdeSense){ 0, 0, 0 };
	if (!commands[code].run)
		atapi_fail(drive, SENSE_ILLEGAL_REQUEST, ASC_INVALID_COMMAND, 0);
	else if (flags & NEEDS_MEDIUM && !atapi_has_medium(drive))
		atapi_fail(drive, SENSE_NOT_READY, ASC_NO_MEDIUM, block_tray_open(drive->block) ? 2 : 1);
	else
		commands[code].run(drive);
}

void atapi_packet_command(IdeDrive *drive)
{
	uint32_t limit = (drive->now.lba[1] | (uint32_t)drive->now.lba[2] << 8) & ~1u;
	enum { OVERLAPPED = 2, LIMIT_MAXIMUM = 0xfffe };
	if (drive->now.feature & OVERLAPPED) {
		ide_fail(drive, ERROR_ABRT);
		return;
	}
	drive->byte_limit = limit ? limit : LIMIT_MAXIMUM;
	drive->transfer = TRANSFER_PACKET;
	drive->out = true;
	drive->dma = false; /* the packet itself comes by PIO */
	drive->position = 0;
	drive->block_end = drive->end = IDE_PACKET_BYTES;
	drive->now.count = (uint8_t)((drive->now.count & ~7) | REASON_COD);
	drive->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ; /* without an interrupt, see word 0 of its identify data */
}
