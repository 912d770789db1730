/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sectors as they are on a disc (ECMA-130): addresses in minutes, seconds and frames; mode 1 with its error codes.
 *
 * EDC is a CRC of the first 2064 bytes with polynomial (x^16+x^15+x^2+1)(x^16+x^2+x+1), low bit first. ECC are the P and Q parity
 * of a product code over GF(2^8) with x^8+x^4+x^3+x^2+1, whose two parity bytes a, b of n data bytes d satisfy
 * sum d + a + b = 0 and sum d*alpha^k + a*alpha + b = 0. */
#include <string.h>

#include "hw/storage/atapi.h"

enum { SYNC_BYTES = 12, HEADER_BYTES = 4, DATA_AT = 16, EDC_AT = 2064, ECC_P_AT = 2076, ECC_Q_AT = 2248 };

/* ---- addresses ---- */

void atapi_to_msf(uint32_t lba, uint8_t msf[3])
{
	uint64_t frames = (uint64_t)lba + CD_LEAD_IN;
	msf[0] = (uint8_t)MIN(frames / (60 * CD_FRAMES), 255);
	msf[1] = (uint8_t)(frames / CD_FRAMES % 60);
	msf[2] = (uint8_t)(frames % CD_FRAMES);
}

uint32_t atapi_from_msf(const uint8_t msf[3])
{
	uint32_t frames = ((uint32_t)msf[0] * 60 + msf[1]) * CD_FRAMES + msf[2];
	return msf[1] < 60 && msf[2] < CD_FRAMES && frames >= CD_LEAD_IN ? frames - CD_LEAD_IN : MSF_BAD;
}

/* ---- error codes ---- */

static uint32_t edc_of(const uint8_t *from, unsigned size)
{
	uint32_t crc = 0;
	for (unsigned n = 0; n < size; n++) {
		crc ^= from[n];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xd8018001 : 0);
	}
	return crc;
}

static uint8_t times_alpha(uint8_t value)
{
	return (uint8_t)(value << 1 ^ (value & 0x80 ? 0x1d : 0));
}

/* By 1 + alpha. What is looked for is multiplied by its powers until it comes round: the field has 255 elements. */
static uint8_t divide_by_alpha_plus_1(uint8_t value)
{
	for (unsigned n = 0; n < 254; n++)
		value ^= times_alpha(value);
	return value;
}

/* `columns` code words of `rows` bytes; byte k of word c lies at base + start(c) + k * step within `span` bytes, by which it wraps.
 * The parity bytes follow: all first ones, then all second ones. */
static void put_parity(const uint8_t *base, uint8_t *parity, unsigned columns, unsigned rows, unsigned major, unsigned step)
{
	unsigned span = columns * rows;
	for (unsigned c = 0; c < columns; c++) {
		unsigned at = (c >> 1) * major + (c & 1);
		uint8_t weighted = 0, sum = 0;
		for (unsigned k = 0; k < rows; k++) {
			weighted = times_alpha(weighted ^ base[at]);
			sum ^= base[at];
			at += step;
			if (at >= span)
				at -= span;
		}
		/* a * (alpha + 1) = alpha * (weighted) + sum; b = sum + a */
		uint8_t a = divide_by_alpha_plus_1((uint8_t)(times_alpha(weighted) ^ sum));
		parity[c] = a;
		parity[c + columns] = (uint8_t)(a ^ sum);
	}
}

static uint8_t bcd(uint8_t value)
{
	return (uint8_t)(value / 10 % 10 << 4 | value % 10);
}

void atapi_frame_sector(const uint8_t *data, uint32_t lba, uint8_t *to)
{
	uint8_t msf[3];
	atapi_to_msf(lba, msf);
	memset(to, 0, CD_RAW_BYTES);
	memset(to + 1, 0xff, SYNC_BYTES - 2);
	for (unsigned n = 0; n < 3; n++)
		to[SYNC_BYTES + n] = bcd(msf[n]);
	to[SYNC_BYTES + 3] = 1; /* mode */
	memcpy(to + DATA_AT, data, CD_SECTOR_BYTES);
	uint32_t edc = edc_of(to, EDC_AT);
	memcpy(to + EDC_AT, &edc, sizeof edc);
	put_parity(to + SYNC_BYTES, to + ECC_P_AT, 86, 24, 2, 86);
	put_parity(to + SYNC_BYTES, to + ECC_Q_AT, 52, 43, 86, 88);
}

/* ---- what READ CD asks for ---- */

static const struct {
	uint8_t part;
	uint16_t at, bytes;
} parts_of_sector[] = {
	{ PARTS_SYNC, 0, SYNC_BYTES },
	{ PARTS_HEADER, SYNC_BYTES, HEADER_BYTES },
	{ PARTS_DATA, DATA_AT, CD_SECTOR_BYTES }, /* mode 1 has no subheader */
	{ PARTS_EDC, EDC_AT, CD_RAW_BYTES - EDC_AT },
};

uint32_t atapi_parts_bytes(uint8_t parts)
{
	uint32_t bytes = 0;
	for (unsigned n = 0; n < G_N_ELEMENTS(parts_of_sector); n++)
		if (parts & parts_of_sector[n].part)
			bytes += parts_of_sector[n].bytes;
	return bytes;
}

void atapi_pick_parts(const uint8_t *sector, uint8_t parts, uint8_t *to)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(parts_of_sector); n++) {
		if (!(parts & parts_of_sector[n].part))
			continue;
		memcpy(to, sector + parts_of_sector[n].at, parts_of_sector[n].bytes);
		to += parts_of_sector[n].bytes;
	}
}
