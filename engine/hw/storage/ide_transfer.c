/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How data moves between a drive's buffer, its disk and the host.
 *
 * The disk is read in chunks of up to 64 KiB into the buffer, and written from it. Between `position` and `end` the buffer has
 * what the host hasn't taken yet (or has room for what it hasn't given yet); by PIO it goes in DRQ blocks, each up to `block_end`.
 * While a request is on its way to the disk the drive is BSY; a saved machine has none, because block_drain() came before, but for
 * writes that wait for room on the host: `wait` says what to ask for again. */
#include <errno.h>
#include <string.h>

#include "hw/storage/ide_internal.h"

void ide_raise(IdeDrive *drive)
{
	drive->irq = true;
	ide_update_irq(drive->channel);
}

static void end_command(IdeDrive *drive)
{
	drive->transfer = TRANSFER_NONE;
	drive->dma = false;
	drive->position = drive->block_end = drive->end = 0;
	drive->left = 0;
}

void ide_done(IdeDrive *drive)
{
	end_command(drive);
	drive->status = STATUS_DRDY | STATUS_DSC;
	ide_raise(drive);
}

void ide_fail(IdeDrive *drive, uint8_t error)
{
	end_command(drive);
	drive->error = error;
	drive->status = STATUS_DRDY | STATUS_DSC | STATUS_ERR;
	ide_raise(drive);
}

void ide_cancel(IdeDrive *drive)
{
	if (drive->request)
		block_cancel(drive->request);
	drive->request = NULL;
	drive->wait = WAIT_NONE;
	end_command(drive);
	drive->irq = false;
}

/* ---- the address registers ---- */

/* After a command they say where it ended. */
static void show_address(IdeDrive *drive, uint64_t lba)
{
	IdeTaskFile *now = &drive->now, *previous = &drive->previous;
	if (drive->lba48) {
		for (unsigned n = 0; n < 3; n++) {
			now->lba[n] = (uint8_t)(lba >> (8 * n));
			previous->lba[n] = (uint8_t)(lba >> (24 + 8 * n));
		}
	} else if (drive->select & SELECT_LBA) {
		for (unsigned n = 0; n < 3; n++)
			now->lba[n] = (uint8_t)(lba >> (8 * n));
		drive->select = (uint8_t)((drive->select & 0xf0) | (lba >> 24 & 0x0f));
	} else if (drive->current_heads && drive->current_sectors) {
		uint64_t track = lba / drive->current_sectors, cylinder = track / drive->current_heads;
		now->lba[0] = (uint8_t)(lba % drive->current_sectors + 1);
		now->lba[1] = (uint8_t)cylinder;
		now->lba[2] = (uint8_t)(cylinder >> 8);
		drive->select = (uint8_t)((drive->select & 0xf0) | track % drive->current_heads);
	}
}

static bool get_address(const IdeDrive *drive, uint64_t *lba)
{
	const IdeTaskFile *now = &drive->now, *previous = &drive->previous;
	*lba = now->lba[0] | now->lba[1] << 8 | now->lba[2] << 16;
	if (drive->lba48) {
		*lba |= (uint64_t)previous->lba[0] << 24 | (uint64_t)previous->lba[1] << 32 | (uint64_t)previous->lba[2] << 40;
		return true;
	}
	if (drive->select & SELECT_LBA) {
		*lba |= (uint64_t)(drive->select & 0x0f) << 24;
		return true;
	}
	uint32_t cylinder = now->lba[1] | now->lba[2] << 8, head = drive->select & 0x0f, sector = now->lba[0];
	if (!sector || sector > drive->current_sectors || head >= drive->current_heads)
		return false;
	*lba = ((uint64_t)cylinder * drive->current_heads + head) * drive->current_sectors + sector - 1;
	return true;
}

static uint32_t get_count(const IdeDrive *drive)
{
	uint32_t count = drive->now.count;
	if (drive->lba48) {
		count |= (uint32_t)drive->previous.count << 8;
		return count ? count : 65536;
	}
	return count ? count : 256;
}

/* Range of a command into lba and left. */
static bool get_range(IdeDrive *drive)
{
	uint64_t capacity = block_sectors(drive->block);
	drive->left = get_count(drive);
	if (get_address(drive, &drive->lba) && drive->lba <= capacity && drive->left <= capacity - drive->lba)
		return true;
	ide_fail(drive, ERROR_IDNF);
	return false;
}

/* ---- requests ---- */

static void request_done(void *owner, int error);

static void submit(IdeDrive *drive, IdeWait wait)
{
	drive->wait = (uint8_t)wait;
	drive->status = STATUS_BSY | STATUS_DSC;
	ide_resume_request(drive);
}

void ide_resume_request(IdeDrive *drive)
{
	uint64_t lba = drive->lba;
	unsigned count = drive->in_flight;
	if (drive->transfer == TRANSFER_CD) {
		lba *= 4; /* sectors of 512 bytes in one of 2048 */
		count *= 4;
	}
	switch (drive->wait) {
	case WAIT_READ:
	case WAIT_VERIFY: drive->request = block_read(drive->block, lba, drive->buffer, count, request_done, drive); break;
	case WAIT_WRITE: drive->request = block_write(drive->block, lba, drive->buffer, count, request_done, drive); break;
	case WAIT_DISCARD: drive->request = block_discard(drive->block, lba, count, request_done, drive); break;
	case WAIT_FLUSH: drive->request = block_flush(drive->block, request_done, drive); break;
	default: break;
	}
}

void ide_fetch(IdeDrive *drive)
{
	drive->in_flight = drive->transfer == TRANSFER_CD ? atapi_chunk(drive) : MIN(drive->left, IDE_CHUNK_SECTORS);
	submit(drive, WAIT_READ);
}

void ide_start_verify(IdeDrive *drive)
{
	if (!get_range(drive))
		return;
	drive->transfer = TRANSFER_SECTORS;
	drive->in_flight = MIN(drive->left, IDE_CHUNK_SECTORS);
	submit(drive, WAIT_VERIFY);
}

void ide_start_flush(IdeDrive *drive)
{
	submit(drive, WAIT_FLUSH);
}

/* ---- DRQ blocks ---- */

static uint32_t block_bytes(const IdeDrive *drive)
{
	enum { READ_MULTIPLE = 0xc4, WRITE_MULTIPLE, READ_MULTIPLE_EXT = 0x29, WRITE_MULTIPLE_EXT = 0x39, WRITE_MULTIPLE_FUA_EXT = 0xce };
	switch (drive->command) {
	case READ_MULTIPLE:
	case WRITE_MULTIPLE:
	case READ_MULTIPLE_EXT:
	case WRITE_MULTIPLE_EXT:
	case WRITE_MULTIPLE_FUA_EXT: return (uint32_t)drive->multiple * SECTOR_SIZE;
	default: return SECTOR_SIZE;
	}
}

/* Offers the next block. A first block that the host has to write comes without an interrupt. */
static void open_block(IdeDrive *drive, bool interrupt)
{
	drive->block_end = MIN(drive->position + block_bytes(drive), drive->end);
	drive->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
	if (interrupt)
		ide_raise(drive);
}

static void open_out(IdeDrive *drive, bool interrupt)
{
	drive->position = 0;
	drive->end = drive->dma ? MIN(drive->left, IDE_CHUNK_SECTORS) * SECTOR_SIZE : MIN(drive->left * SECTOR_SIZE, block_bytes(drive));
	if (!drive->dma) {
		open_block(drive, interrupt);
		return;
	}
	drive->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
	ide_dma_run(drive);
}

static void open_in(IdeDrive *drive)
{
	if (drive->dma) {
		drive->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
		ide_dma_run(drive);
	} else if (drive->atapi && drive->transfer != TRANSFER_SECTORS) {
		atapi_open_block(drive);
	} else {
		open_block(drive, true);
	}
}

void ide_reply(IdeDrive *drive, uint32_t bytes)
{
	drive->transfer = TRANSFER_REPLY;
	drive->out = drive->dma = false;
	drive->position = 0;
	drive->end = bytes;
	open_block(drive, true);
}

void ide_start_sectors(IdeDrive *drive, bool out, bool dma)
{
	if (!get_range(drive))
		return;
	drive->transfer = TRANSFER_SECTORS;
	drive->out = out;
	drive->dma = dma;
	drive->position = drive->end = 0;
	if (out)
		open_out(drive, false);
	else
		ide_fetch(drive);
}

/* ---- TRIM ---- */

void ide_start_trim(IdeDrive *drive, uint32_t bytes)
{
	drive->transfer = TRANSFER_TRIM;
	drive->out = drive->dma = true;
	drive->position = 0;
	drive->end = bytes;
	drive->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
	ide_dma_run(drive);
}

/* The next range in the buffer: 48 bits of address, 16 of count, of which 0 is none. */
static void trim_next(IdeDrive *drive)
{
	uint64_t capacity = block_sectors(drive->block), range;
	for (; drive->position + sizeof range <= drive->end; drive->position += sizeof range) {
		memcpy(&range, drive->buffer + drive->position, sizeof range);
		drive->lba = range & 0xffffffffffff;
		drive->in_flight = (uint32_t)(range >> 48);
		if (!drive->in_flight)
			continue;
		if (drive->lba > capacity || drive->in_flight > capacity - drive->lba) {
			ide_fail(drive, ERROR_ABRT | ERROR_IDNF);
			return;
		}
		drive->position += sizeof range;
		submit(drive, WAIT_DISCARD);
		return;
	}
	ide_done(drive);
}

/* All sectors are written. */
static void written(IdeDrive *drive)
{
	show_address(drive, drive->lba ? drive->lba - 1 : 0);
	if (drive->no_write_cache || drive->flush_after)
		submit(drive, WAIT_FLUSH);
	else
		ide_done(drive);
}

void ide_buffer_ended(IdeDrive *drive)
{
	switch (drive->transfer) {
	case TRANSFER_PACKET: atapi_packet_received(drive); break;
	case TRANSFER_SECTORS:
		if (drive->out) {
			drive->in_flight = drive->end / SECTOR_SIZE;
			submit(drive, WAIT_WRITE);
		} else if (drive->left) {
			ide_fetch(drive);
		} else {
			bool dma = drive->dma;
			show_address(drive, drive->lba ? drive->lba - 1 : 0);
			end_command(drive);
			drive->status = STATUS_DRDY | STATUS_DSC;
			if (dma)
				ide_raise(drive); /* by PIO the last block's interrupt was the last */
		}
		break;
	case TRANSFER_CD:
		if (drive->left)
			ide_fetch(drive);
		else
			atapi_done(drive);
		break;
	case TRANSFER_REPLY:
		if (drive->atapi && drive->command == 0xa0) {
			atapi_done(drive);
		} else {
			end_command(drive);
			drive->status = STATUS_DRDY | STATUS_DSC;
		}
		break;
	case TRANSFER_TRIM:
		drive->position = 0;
		trim_next(drive);
		break;
	default: break;
	}
}

static void block_ended(IdeDrive *drive)
{
	if (drive->position < drive->end)
		open_in(drive);
	else
		ide_buffer_ended(drive);
}

/* ---- requests' ends ---- */

static void failed(IdeDrive *drive, int error, IdeWait wait)
{
	if (drive->transfer == TRANSFER_CD) {
		atapi_read_failed(drive, error);
		return;
	}
	show_address(drive, drive->lba);
	bool reading = wait == WAIT_READ || wait == WAIT_VERIFY;
	ide_fail(drive, reading && error != ENOMEDIUM ? ERROR_UNC : ERROR_ABRT);
}

static void request_done(void *owner, int error)
{
	IdeDrive *drive = owner;
	IdeWait wait = drive->wait;
	drive->request = NULL;
	drive->wait = WAIT_NONE;
	if (error) {
		failed(drive, error, wait);
		return;
	}
	if (wait == WAIT_FLUSH) {
		ide_done(drive);
		return;
	}
	if (wait == WAIT_DISCARD) {
		trim_next(drive);
		return;
	}
	drive->lba += drive->in_flight;
	drive->left -= drive->in_flight;
	drive->position = 0;
	switch (wait) {
	case WAIT_READ:
		if (drive->transfer == TRANSFER_CD)
			atapi_sectors_arrived(drive, drive->in_flight);
		else
			drive->end = drive->in_flight * SECTOR_SIZE;
		open_in(drive);
		break;
	case WAIT_WRITE:
		if (drive->left)
			open_out(drive, true);
		else
			written(drive);
		break;
	default: /* WAIT_VERIFY */
		if (!drive->left) {
			show_address(drive, drive->lba - 1);
			ide_done(drive);
			break;
		}
		drive->in_flight = MIN(drive->left, IDE_CHUNK_SECTORS);
		submit(drive, WAIT_VERIFY);
		break;
	}
}

/* ---- the data register ---- */

static bool may_move(const IdeDrive *drive, bool out)
{
	return drive->status & STATUS_DRQ && !(drive->status & STATUS_BSY) && !drive->dma && drive->out == out &&
		drive->position < drive->block_end;
}

static void move_on(IdeDrive *drive, unsigned bytes)
{
	drive->position += bytes;
	if (drive->position == drive->block_end)
		block_ended(drive);
}

uint32_t ide_data_read(IdeDrive *drive, unsigned size)
{
	uint32_t value = 0;
	if (!may_move(drive, false))
		return 0;
	unsigned count = MIN(size, drive->block_end - drive->position);
	memcpy(&value, drive->buffer + drive->position, count);
	move_on(drive, count);
	return value;
}

void ide_data_write(IdeDrive *drive, uint32_t value, unsigned size)
{
	if (!may_move(drive, true))
		return;
	unsigned count = MIN(size, drive->block_end - drive->position);
	memcpy(drive->buffer + drive->position, &value, count);
	move_on(drive, count);
}

unsigned ide_data_read_many(IdeDrive *drive, unsigned size, void *to, unsigned count)
{
	if (!may_move(drive, false))
		return 0;
	count = MIN(count, (drive->block_end - drive->position) / size);
	memcpy(to, drive->buffer + drive->position, count * size);
	move_on(drive, count * size);
	return count;
}

unsigned ide_data_write_many(IdeDrive *drive, unsigned size, const void *from, unsigned count)
{
	if (!may_move(drive, true))
		return 0;
	count = MIN(count, (drive->block_end - drive->position) / size);
	memcpy(drive->buffer + drive->position, from, count * size);
	move_on(drive, count * size);
	return count;
}
