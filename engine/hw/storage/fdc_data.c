/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data commands of the floppy controller: reading, writing, scanning, verifying and formatting sectors.
 *
 * Reads bring the rest of a track's side into the buffer at once; the sectors then pass to the host one by one, so that C, H, R and
 * N are right wherever the terminal count comes. Without DMA nothing in a PC makes a terminal count: such a command ends at EOT with
 * "end of cylinder", as drivers that do it expect. An image knows no deleted data marks: a sector is always one with normal data. */
#include "hw/storage/fdc_internal.h"

#include <errno.h>
#include <string.h>

#include "machine/machine.h"

enum { SECTOR_CODE = 2, MISSING_MEDIUM_NS = 100000000, ID_NS = 100000 };

static Floppy *current(const Fdc *fdc)
{
	return fdc_selected(fdc, fdc->drive);
}

/* ---- results ---- */

static void put_result(Fdc *fdc, uint8_t st0)
{
	st0 |= (uint8_t)(fdc->head << 2 | fdc->drive);
	const uint8_t reply[7] = { st0, fdc->st1, fdc->st2, fdc->c, fdc->h, fdc->r, fdc->n };
	if (fdc->dma)
		dma_set_request(fdc->dma, fdc->dma_channel, false);
	fdc_result(fdc, reply, sizeof reply, true);
}

/* As put_result(), but after a while: the disk has to turn. */
static void put_result_later(Fdc *fdc, uint8_t st0, int64_t delay_ns)
{
	put_result(fdc, st0);
	fdc_interrupt(fdc, false);
	fdc->phase = PHASE_EXECUTION;
	fdc_later(fdc, PENDING_RESULT, delay_ns);
}

static void fail(Fdc *fdc, uint8_t st1, uint8_t st2)
{
	fdc->st1 |= st1;
	fdc->st2 |= st2;
	put_result(fdc, ST0_ABNORMAL);
}

/* The address of the sector after this one, as result phases give it (82077AA, table 5-7). */
static void next_address(Fdc *fdc)
{
	if (fdc->r != fdc->eot) {
		fdc->r++;
		return;
	}
	fdc->r = 1;
	if (fdc->multitrack) {
		fdc->h ^= 1;
		fdc->head ^= 1;
		if (fdc->head)
			return;
	}
	fdc->c++;
}

/* ---- where ---- */

static bool medium_readable(Fdc *fdc)
{
	const Floppy *floppy = current(fdc);
	if (floppy && floppy_has_medium(floppy) && floppy->track < floppy->format.tracks && fdc->head < floppy->format.heads &&
		floppy->format.rate == fdc->rate)
		return true;
	fdc->st1 |= ST1_MISSING_MARK;
	put_result_later(fdc, ST0_ABNORMAL, MISSING_MEDIUM_NS);
	return false;
}

static uint64_t lba_of(const Fdc *fdc)
{
	const Floppy *floppy = current(fdc);
	return ((uint64_t)floppy->track * floppy->format.heads + fdc->head) * floppy->format.sectors + fdc->r - 1u;
}

/* The sector's ID is on the track under the head; else the command is over. */
static bool find_sector(Fdc *fdc)
{
	const Floppy *floppy = current(fdc);
	if (!floppy || !floppy_has_medium(floppy)) { /* it went while the command ran */
		fail(fdc, ST1_MISSING_MARK, 0);
		return false;
	}
	bool found = fdc->c == floppy->track && fdc->h == fdc->head && fdc->n == SECTOR_CODE && fdc->r && fdc->r <= floppy->format.sectors;
	if (fdc->whole_track) { /* takes them as they pass; what doesn't match is only noted */
		fdc->st1 |= fdc->c == floppy->track && fdc->h == fdc->head && fdc->n == SECTOR_CODE ? 0 : ST1_NO_DATA;
		found = fdc->r && fdc->r <= floppy->format.sectors;
	}
	if (found && fdc->head < floppy->format.heads && lba_of(fdc) < block_sectors(floppy->block))
		return true;
	fail(fdc, ST1_NO_DATA, fdc->c == floppy->track ? 0 : ST2_WRONG_CYLINDER);
	return false;
}

/* ---- requests ---- */

static void request_done(void *owner, int error);

static void submit(Fdc *fdc, FdcWait wait)
{
	fdc->wait = (uint8_t)wait;
	fdc->offers = false;
	fdc_resume_request(fdc);
}

void fdc_resume_request(Fdc *fdc)
{
	Floppy *floppy = current(fdc);
	if (!floppy || !fdc->wait)
		return;
	if (fdc->wait == FDC_WAIT_READ)
		fdc->request = block_read(floppy->block, lba_of(fdc), fdc->buffer, fdc->in_flight, request_done, fdc);
	else
		fdc->request = block_write(floppy->block, lba_of(fdc), fdc->buffer, fdc->in_flight, request_done, fdc);
}

/* The next sectors of this side, not past EOT. */
static void fetch(Fdc *fdc)
{
	const Floppy *floppy = current(fdc);
	if (!find_sector(fdc))
		return;
	unsigned last = MIN(fdc->eot, floppy->format.sectors), count = fdc->r <= last ? last - fdc->r + 1u : 1;
	uint64_t there = block_sectors(floppy->block) - lba_of(fdc);
	count = (unsigned)MIN(MIN(count, FDC_BUFFER_SECTORS), there);
	if (fdc->action == ACTION_SCAN)
		count = 1;
	fdc->in_flight = (uint8_t)count;
	submit(fdc, FDC_WAIT_READ);
}

static void offer(Fdc *fdc)
{
	fdc->offers = fdc->non_dma;
	if (fdc->non_dma)
		fdc_interrupt(fdc, true);
	else if (fdc->dma)
		dma_set_request(fdc->dma, fdc->dma_channel, true);
	fdc_run(fdc);
}

/* Wants the next sector's bytes from the host. */
static void gather(Fdc *fdc)
{
	enum { FORMAT_ID_BYTES = 4 };
	fdc->position = 0;
	fdc->end = fdc->action == ACTION_FORMAT ? FORMAT_ID_BYTES : SECTOR_SIZE;
	offer(fdc);
}

/* ---- from one sector to the next ---- */

static void end_command(Fdc *fdc)
{
	bool beyond = fdc->st1 & ST1_END;
	if (fdc->action == ACTION_SCAN) {
		fdc->st2 |= fdc->scan_failed ? ST2_SCAN_NOT_SATISFIED : fdc->scan_equal ? ST2_SCAN_EQUAL : 0;
		beyond = false;
		fdc->st1 &= (uint8_t)~ST1_END;
	}
	put_result(fdc, beyond || fdc->st1 & (ST1_NO_DATA | ST1_DATA_ERROR) ? ST0_ABNORMAL : 0);
}

/* A sector is done. True: goes on with the next. */
static bool advance(Fdc *fdc)
{
	bool at_end = fdc->r == fdc->eot, other_side = fdc->multitrack && fdc->head == 0;
	bool over = fdc->terminal || (fdc->action == ACTION_SCAN && !fdc->scan_failed);
	if (fdc->action == ACTION_VERIFY) {
		over = fdc->verify_left ? --fdc->verify_left == 0 : at_end && !other_side;
	} else if (!over && at_end && !other_side) {
		fdc->st1 |= ST1_END;
		over = true;
	}
	if (fdc->st2 & ST2_CONTROL_MARK && !fdc->skip)
		over = true; /* a sector with the wrong mark is the last */
	unsigned steps = fdc->action == ACTION_SCAN && fdc->step > 1 && !over ? fdc->step : 1;
	while (steps--)
		next_address(fdc);
	if (over || fdc->r == 0) {
		end_command(fdc);
		return false;
	}
	return true;
}

static bool compare(Fdc *fdc, const uint8_t *host)
{
	enum { SCAN_EQUAL = 0x11, SCAN_LOW = 0x19 };
	const uint8_t *disk = fdc->buffer;
	fdc->scan_equal = true;
	for (unsigned n = 0; n < SECTOR_SIZE; n++) {
		if (disk[n] == host[n] || disk[n] == 0xff || host[n] == 0xff)
			continue;
		fdc->scan_equal = false;
		if (fdc->scan_kind == SCAN_EQUAL)
			return false;
		return fdc->scan_kind == SCAN_LOW ? disk[n] < host[n] : disk[n] > host[n];
	}
	return true;
}

static void write_formatted(Fdc *fdc)
{
	const Floppy *floppy = current(fdc);
	const uint8_t *id = fdc->buffer;
	bool fits = id[0] == floppy->track && id[1] == fdc->head && id[2] && id[2] <= floppy->format.sectors && id[3] == SECTOR_CODE;
	fdc->r = id[2];
	if (!fits || lba_of(fdc) >= block_sectors(floppy->block)) { /* a sector that an image has no place for */
		fail(fdc, ST1_NO_DATA, 0);
		return;
	}
	memset(fdc->buffer, fdc->filler, SECTOR_SIZE);
	fdc->in_flight = 1;
	submit(fdc, FDC_WAIT_WRITE);
}

/* The bytes up to `end` have passed. */
static void passed(Fdc *fdc)
{
	switch (fdc->action) {
	case ACTION_READ:
		if (!advance(fdc))
			return;
		if (fdc->position / SECTOR_SIZE >= fdc->in_flight) {
			fetch(fdc);
			return;
		}
		fdc->end = fdc->position + SECTOR_SIZE;
		break;
	case ACTION_WRITE:
		memset(fdc->buffer + fdc->position, 0, SECTOR_SIZE - fdc->position); /* after a terminal count */
		if (find_sector(fdc)) {
			fdc->in_flight = 1;
			submit(fdc, FDC_WAIT_WRITE);
		}
		break;
	case ACTION_SCAN: /* the host's bytes step aside; ones count as equal */
		memset(fdc->buffer + fdc->position, 0xff, SECTOR_SIZE - fdc->position);
		memcpy(fdc->buffer + SECTOR_SIZE, fdc->buffer, SECTOR_SIZE);
		fetch(fdc);
		break;
	case ACTION_FORMAT:
		if (current(fdc))
			write_formatted(fdc);
		break;
	default: break;
	}
}

/* By DMA, until the channel isn't ready. */
void fdc_run(Fdc *fdc)
{
	while (fdc->phase == PHASE_EXECUTION && !fdc->wait && fdc->action != ACTION_NONE && fdc->action != ACTION_VERIFY &&
		!fdc->non_dma && fdc->dma && fdc->position < fdc->end) {
		bool to_memory = fdc->action == ACTION_READ, terminal = false;
		uint32_t size = fdc->end - fdc->position;
		unsigned moved = dma_transfer(fdc->dma, fdc->dma_channel, fdc->buffer + fdc->position, size, to_memory, &terminal);
		if (!moved)
			return;
		fdc->position += moved;
		if (terminal) {
			fdc->terminal = true;
			dma_set_request(fdc->dma, fdc->dma_channel, false);
		}
		if (terminal || fdc->position == fdc->end)
			passed(fdc);
	}
}

/* ---- requests' ends ---- */

static void read_ended(Fdc *fdc)
{
	if (fdc->action == ACTION_VERIFY) {
		unsigned count = fdc->in_flight;
		while (count--)
			if (!advance(fdc))
				return;
		fetch(fdc);
	} else if (fdc->action == ACTION_SCAN) {
		fdc->scan_failed = !compare(fdc, fdc->buffer + SECTOR_SIZE);
		if (advance(fdc))
			gather(fdc);
	} else {
		fdc->position = 0;
		fdc->end = SECTOR_SIZE;
		offer(fdc);
	}
}

static void write_ended(Fdc *fdc)
{
	if (fdc->action == ACTION_FORMAT) {
		if (--fdc->format_left && !fdc->terminal)
			gather(fdc);
		else
			put_result(fdc, 0);
	} else if (advance(fdc)) {
		gather(fdc);
	}
}

static void request_done(void *owner, int error)
{
	Fdc *fdc = owner;
	FdcWait wait = fdc->wait;
	fdc->request = NULL;
	fdc->wait = FDC_WAIT_NONE;
	if (error == EROFS)
		fail(fdc, ST1_WRITE_PROTECT, 0);
	else if (error == ENOMEDIUM)
		fail(fdc, ST1_MISSING_MARK, 0);
	else if (error)
		fail(fdc, ST1_DATA_ERROR, ST2_DATA_ERROR);
	else if (wait == FDC_WAIT_READ)
		read_ended(fdc);
	else
		write_ended(fdc);
}

/* ---- programmed I/O ---- */

uint8_t fdc_data_read(Fdc *fdc)
{
	if (!fdc->offers || fdc->action != ACTION_READ || fdc->position >= fdc->end)
		return 0;
	fdc_interrupt(fdc, false);
	uint8_t value = fdc->buffer[fdc->position++];
	if (fdc->position == fdc->end) {
		passed(fdc);
		if (fdc->offers && fdc->phase == PHASE_EXECUTION)
			fdc_interrupt(fdc, true); /* the next sector is there already */
	}
	return value;
}

void fdc_data_write(Fdc *fdc, uint8_t value)
{
	if (!fdc->offers || fdc->action == ACTION_READ || fdc->position >= fdc->end)
		return;
	fdc_interrupt(fdc, false);
	fdc->buffer[fdc->position++] = value;
	if (fdc->position == fdc->end)
		passed(fdc);
}

/* ---- commands ---- */

static void begin(Fdc *fdc)
{
	fdc->drive = fdc->fifo[1] & 3;
	fdc->head = fdc->fifo[1] >> 2 & 1;
	fdc->st1 = fdc->st2 = 0;
	fdc->terminal = fdc->scan_failed = fdc->scan_equal = fdc->offers = false;
	fdc->deleted = fdc->skip = fdc->multitrack = fdc->whole_track = false;
	fdc->position = fdc->end = 0;
	fdc->verify_left = 0;
	fdc->phase = PHASE_EXECUTION;
}

static bool is_write_protected(Fdc *fdc)
{
	if (!block_read_only(current(fdc)->block))
		return false;
	fail(fdc, ST1_WRITE_PROTECT, 0);
	return true;
}

static void implied_seek(Fdc *fdc)
{
	Floppy *floppy = current(fdc);
	if (!(fdc->configure & CONFIGURE_IMPLIED_SEEK) || !floppy)
		return;
	fdc->pcn[fdc->drive] = fdc->c;
	floppy_seek(floppy, MIN(fdc->c, 85));
}

/* Asked for the other kind of mark than all sectors have: with SK they are passed over, without it the first one is the last. */
static bool skips_all(Fdc *fdc)
{
	if (!fdc->deleted)
		return false;
	fdc->st2 |= ST2_CONTROL_MARK;
	if (!fdc->skip)
		return false;
	fdc->r = fdc->eot;
	if (fdc->multitrack)
		fdc->h = fdc->head = 1;
	next_address(fdc);
	fail(fdc, ST1_END, 0);
	return true;
}

void fdc_read_write(Fdc *fdc, FdcAction action)
{
	enum { READ_TRACK = 0x02, READ_DELETED = 0x0c, MULTITRACK = 0x80, SKIP = 0x20, VERIFY_COUNT = 0x80 };
	uint8_t code = fdc->fifo[0] & 0x1f;
	begin(fdc);
	fdc->action = (uint8_t)action;
	fdc->whole_track = code == READ_TRACK;
	fdc->deleted = code == READ_DELETED;
	fdc->skip = fdc->fifo[0] & SKIP && !fdc->whole_track;
	fdc->multitrack = fdc->fifo[0] & MULTITRACK && !fdc->whole_track;
	fdc->c = fdc->fifo[2];
	fdc->h = fdc->fifo[3];
	fdc->r = fdc->whole_track ? 1 : fdc->fifo[4];
	fdc->n = fdc->fifo[5];
	fdc->eot = fdc->last_eot = fdc->fifo[6];
	fdc->step = fdc->fifo[8];
	fdc->scan_kind = code;
	if (action == ACTION_VERIFY && fdc->fifo[1] & VERIFY_COUNT)
		fdc->verify_left = fdc->fifo[8] ? fdc->fifo[8] : 256;
	implied_seek(fdc);
	if (!medium_readable(fdc) || (action == ACTION_WRITE && is_write_protected(fdc)) || skips_all(fdc))
		return;
	if (action == ACTION_READ || action == ACTION_VERIFY)
		fetch(fdc);
	else if (find_sector(fdc))
		gather(fdc);
}

void fdc_format(Fdc *fdc)
{
	begin(fdc);
	fdc->action = ACTION_FORMAT;
	fdc->n = fdc->fifo[2];
	fdc->format_left = fdc->fifo[3];
	fdc->filler = fdc->fifo[5];
	fdc->eot = fdc->fifo[3];
	fdc->c = fdc->pcn[fdc->drive];
	fdc->h = fdc->head;
	fdc->r = 1;
	if (!medium_readable(fdc) || is_write_protected(fdc))
		return;
	if (!fdc->format_left)
		put_result(fdc, 0);
	else
		gather(fdc);
}

void fdc_read_id(Fdc *fdc)
{
	Floppy *floppy;
	begin(fdc);
	fdc->c = fdc->pcn[fdc->drive];
	fdc->h = fdc->head;
	fdc->r = 1;
	fdc->n = SECTOR_CODE;
	if (!medium_readable(fdc))
		return;
	floppy = current(fdc);
	fdc->c = floppy->track;
	fdc->r = (uint8_t)(floppy->next_id % floppy->format.sectors + 1);
	floppy->next_id = fdc->r;
	put_result_later(fdc, 0, ID_NS);
}
