/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the CD drive share. */
#pragma once

#include "hw/storage/ide_internal.h"

enum { CD_SECTOR_BYTES = 2048, CD_RAW_BYTES = 2352, CD_FRAMES = 75, CD_LEAD_IN = 150, CD_SECTORS_MAXIMUM = 80 * 60 * CD_FRAMES };
/* READ CD, byte 9 */
enum { PARTS_SYNC = 0x80, PARTS_SUBHEADER = 0x40, PARTS_HEADER = 0x20, PARTS_DATA = 0x10, PARTS_EDC = 0x08 };

enum { SENSE_NOT_READY = 2, SENSE_MEDIUM_ERROR = 3, SENSE_ILLEGAL_REQUEST = 5, SENSE_UNIT_ATTENTION = 6 };
enum {
	ASC_UNRECOVERED_READ = 0x11, ASC_INVALID_COMMAND = 0x20, ASC_LBA_OUT_OF_RANGE = 0x21, ASC_INVALID_FIELD = 0x24,
	ASC_MEDIUM_MAY_HAVE_CHANGED = 0x28, ASC_SEQUENCE_ERROR = 0x2c, ASC_INCOMPATIBLE_MEDIUM = 0x30, ASC_SAVING_NOT_SUPPORTED = 0x39,
	ASC_NO_MEDIUM = 0x3a, ASC_REMOVAL_PREVENTED = 0x53, ASC_ILLEGAL_MODE = 0x64,
};

enum { ATTENTION_NONE, ATTENTION_NEW, ATTENTION_GONE_THEN_NEW };
/* Media events of GET EVENT STATUS NOTIFICATION */
enum { EVENT_NONE = 0, EVENT_EJECT_REQUEST = 1, EVENT_NEW_MEDIUM = 2, EVENT_REMOVED = 3 };

#define MSF_BAD G_MAXUINT32

static inline uint32_t atapi_get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static inline uint32_t atapi_get32(const uint8_t *from)
{
	return atapi_get16(from) << 16 | atapi_get16(from + 2);
}

static inline void atapi_put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static inline void atapi_put32(uint8_t *to, uint32_t value)
{
	atapi_put16(to, value >> 16);
	atapi_put16(to + 2, value & 0xffff);
}

/* Sectors of 2048 bytes on the medium. */
uint32_t atapi_sectors(const IdeDrive *drive);

/* atapi_frame.c: sectors as they are on the disc (ECMA-130) */
void atapi_to_msf(uint32_t lba, uint8_t msf[3]);
uint32_t atapi_from_msf(const uint8_t msf[3]); /* MSF_BAD: not an address */
/* Mode 1: sync, header, data, EDC and ECC; `to` is CD_RAW_BYTES. */
void atapi_frame_sector(const uint8_t *data, uint32_t lba, uint8_t *to);
uint32_t atapi_parts_bytes(uint8_t parts);
void atapi_pick_parts(const uint8_t *sector, uint8_t parts, uint8_t *to);

/* atapi_mmc.c */
void atapi_request_sense(IdeDrive *drive);
void atapi_inquiry(IdeDrive *drive);
void atapi_read_capacity(IdeDrive *drive);
void atapi_read_header(IdeDrive *drive);
void atapi_get_configuration(IdeDrive *drive);
void atapi_get_event_status(IdeDrive *drive);
void atapi_mode_sense(IdeDrive *drive);
void atapi_mechanism_status(IdeDrive *drive);
/* atapi_disc.c */
void atapi_read_subchannel(IdeDrive *drive);
void atapi_read_toc(IdeDrive *drive);
void atapi_read_disc_information(IdeDrive *drive);
void atapi_read_dvd_structure(IdeDrive *drive);
