/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The floppy controller's commands, by a table of their codes (82077AA datasheet, chapter 5; those of the 82078 that drivers ask
 * for as well). Data commands are in fdc_data.c. */
#include "hw/storage/fdc_internal.h"

#include "machine/machine.h"

enum { TRACKS_MAXIMUM = 85, STEP_NS = 20000 };

static unsigned drive_of(const Fdc *fdc)
{
	return fdc->fifo[1] & 3;
}

static void invalid(Fdc *fdc)
{
	fdc_result(fdc, &(uint8_t){ ST0_INVALID }, 1, false);
}

/* ---- data ---- */

static void read_data(Fdc *fdc)
{
	fdc_read_write(fdc, ACTION_READ);
}

static void write_data(Fdc *fdc)
{
	fdc_read_write(fdc, ACTION_WRITE);
}

static void verify(Fdc *fdc)
{
	fdc_read_write(fdc, ACTION_VERIFY);
}

static void scan(Fdc *fdc)
{
	fdc_read_write(fdc, ACTION_SCAN);
}

/* ---- heads ---- */

/* No farther than the carriage goes. */
static uint8_t reachable(const Fdc *fdc, unsigned drive, unsigned track)
{
	const Floppy *floppy = fdc_selected(fdc, drive);
	unsigned last = floppy && floppy_has_medium(floppy) ? MAX(floppy->format.tracks + 2u, 42u) : TRACKS_MAXIMUM;
	return (uint8_t)MIN(track, MIN(last, TRACKS_MAXIMUM));
}

static void begin_seek(Fdc *fdc, unsigned drive, unsigned track, uint8_t st0)
{
	fdc->seek_target[drive] = (uint8_t)track;
	fdc->seek_st0[drive] = (uint8_t)(st0 | drive);
	fdc->busy_seeks |= (uint8_t)(1 << drive);
	fdc->ended_seeks &= (uint8_t)~(1 << drive);
	fdc_no_result(fdc);
	unsigned steps = track > fdc->pcn[drive] ? track - fdc->pcn[drive] : fdc->pcn[drive] - track;
	fdc_later(fdc, (uint8_t)(PENDING_SEEK << drive), (int64_t)(steps + 1) * STEP_NS);
}

void fdc_seek_ended(Fdc *fdc, unsigned drive)
{
	Floppy *floppy = fdc_selected(fdc, drive);
	fdc->pcn[drive] = fdc->seek_target[drive];
	if (floppy)
		floppy_seek(floppy, reachable(fdc, drive, fdc->pcn[drive]));
	fdc->ended_seeks |= (uint8_t)(1 << drive);
	if (fdc->phase == PHASE_COMMAND)
		fdc_interrupt(fdc, true);
}

static void seek(Fdc *fdc)
{
	begin_seek(fdc, drive_of(fdc), fdc->fifo[2], (uint8_t)(ST0_SEEK_END | (fdc->fifo[1] & ST0_HEAD)));
}

static void relative_seek(Fdc *fdc)
{
	enum { INWARD = 0x40 };
	unsigned drive = drive_of(fdc), from = fdc->pcn[drive], by = fdc->fifo[2];
	unsigned to = fdc->fifo[0] & INWARD ? MIN(from + by, 255) : from - MIN(by, from);
	begin_seek(fdc, drive, to, (uint8_t)(ST0_SEEK_END | (fdc->fifo[1] & ST0_HEAD)));
}

/* Steps outward until the drive says track 0, which an absent one never does. */
static void recalibrate(Fdc *fdc)
{
	unsigned drive = drive_of(fdc);
	bool there = fdc_selected(fdc, drive);
	begin_seek(fdc, drive, 0, there ? ST0_SEEK_END : ST0_SEEK_END | ST0_ABNORMAL | ST0_CHECK);
}

static void sense_interrupt(Fdc *fdc)
{
	uint8_t reply[2];
	if (fdc->pending & PENDING_RESET) { /* asked before it came */
		fdc->pending &= (uint8_t)~PENDING_RESET;
		fdc->interrupt = true;
	}
	if (fdc->reset_senses) {
		unsigned drive = 4u - fdc->reset_senses--;
		reply[0] = (uint8_t)(ST0_POLLING | drive);
		reply[1] = fdc->pcn[drive];
	} else if (fdc->ended_seeks) {
		unsigned drive = (unsigned)__builtin_ctz(fdc->ended_seeks);
		fdc->ended_seeks &= (uint8_t)~(1 << drive);
		fdc->busy_seeks &= (uint8_t)~(1 << drive);
		reply[0] = fdc->seek_st0[drive];
		reply[1] = fdc->pcn[drive];
	} else {
		invalid(fdc);
		return;
	}
	fdc_interrupt(fdc, false);
	fdc_result(fdc, reply, 2, false);
}

static void sense_drive(Fdc *fdc)
{
	enum { ST3_WRITE_PROTECT = 0x40, ST3_ALWAYS = 0x28, ST3_TRACK0 = 0x10 };
	unsigned drive = drive_of(fdc);
	const Floppy *floppy = fdc_selected(fdc, drive);
	uint8_t st3 = (uint8_t)(ST3_ALWAYS | (fdc->fifo[1] & 7));
	if (floppy && floppy->track == 0)
		st3 |= ST3_TRACK0;
	if (floppy && floppy_has_medium(floppy) && block_read_only(floppy->block))
		st3 |= ST3_WRITE_PROTECT;
	fdc_result(fdc, &st3, 1, false);
}

/* ---- settings ---- */

static void specify(Fdc *fdc)
{
	fdc->specify[0] = fdc->fifo[1];
	fdc->specify[1] = fdc->fifo[2];
	fdc->non_dma = fdc->fifo[2] & 1;
	fdc_no_result(fdc);
}

static void configure(Fdc *fdc)
{
	fdc->configure = fdc->fifo[2] & 0x7f;
	fdc->precompensation = fdc->fifo[3];
	fdc_no_result(fdc);
}

static void perpendicular(Fdc *fdc)
{
	enum { OVERWRITE = 0x80 };
	if (fdc->fifo[1] & OVERWRITE)
		fdc->perpendicular = fdc->fifo[1] & 0x3f;
	else
		fdc->perpendicular = (uint8_t)((fdc->perpendicular & 0x3c) | (fdc->fifo[1] & 3));
	fdc_no_result(fdc);
}

static void lock(Fdc *fdc)
{
	fdc->lock = fdc->fifo[0] & 0x80;
	fdc_result(fdc, &(uint8_t){ fdc->lock ? 0x10 : 0 }, 1, false);
}

static void dump_registers(Fdc *fdc)
{
	const uint8_t reply[10] = {
		fdc->pcn[0], fdc->pcn[1], fdc->pcn[2], fdc->pcn[3], fdc->specify[0], fdc->specify[1], fdc->last_eot,
		(uint8_t)((fdc->lock ? 0x80 : 0) | fdc->perpendicular), fdc->configure, fdc->precompensation,
	};
	fdc_result(fdc, reply, sizeof reply, false);
}

static void version(Fdc *fdc)
{
	fdc_result(fdc, &(uint8_t){ 0x90 }, 1, false);
}

/* ---- of the 82078 ---- */

static void part_id(Fdc *fdc)
{
	fdc_result(fdc, &(uint8_t){ 0x41 }, 1, false);
}

static void power_down_mode(Fdc *fdc)
{
	fdc->power_down = fdc->fifo[1];
	fdc_result(fdc, &(uint8_t){ fdc->fifo[1] }, 1, false);
}

static void option(Fdc *fdc)
{
	fdc->option = fdc->fifo[1];
	fdc_no_result(fdc);
}

/* Data rates of drives: nothing that an image would notice. */
static void drive_specification(Fdc *fdc)
{
	enum { NO_RESULT = 0x40 };
	uint8_t last = fdc->fifo[fdc->fifo_length - 1];
	if (last & 0x80 && !(last & NO_RESULT))
		fdc_result(fdc, (uint8_t[2]){ fdc->fifo[1], fdc->fifo_length > 2 ? fdc->fifo[2] : 0 }, 2, false);
	else
		fdc_no_result(fdc);
}

enum { SAVE_BYTES = 16 };

static void save(Fdc *fdc)
{
	const uint8_t reply[SAVE_BYTES] = {
		[2] = fdc->pcn[0], fdc->pcn[1], fdc->pcn[2], fdc->pcn[3], fdc->specify[0], fdc->specify[1], fdc->last_eot,
		(uint8_t)((fdc->lock ? 0x80 : 0) | fdc->perpendicular), fdc->configure, fdc->precompensation, fdc->rate, fdc->option,
	};
	fdc_result(fdc, reply, sizeof reply, false);
}

static void restore(Fdc *fdc)
{
	const uint8_t *saved = fdc->fifo + 1;
	for (unsigned n = 0; n < 4; n++)
		fdc->pcn[n] = saved[2 + n];
	fdc->specify[0] = saved[6];
	fdc->specify[1] = saved[7];
	fdc->non_dma = saved[7] & 1;
	fdc->last_eot = saved[8];
	fdc->lock = saved[9] & 0x80;
	fdc->perpendicular = saved[9] & 0x3f;
	fdc->configure = saved[10] & 0x7f;
	fdc->precompensation = saved[11];
	fdc->rate = saved[12] & 3;
	fdc->option = saved[13];
	fdc_no_result(fdc);
}

/* ---- the table ---- */

/* clang-format off */
static const struct {
	uint8_t code, mask, length; /* bytes with the code */
	void (*run)(Fdc *fdc);
} commands[] = {
	{ 0x02, 0x9f, 9, read_data },	/* READ TRACK */
	{ 0x03, 0xff, 3, specify },
	{ 0x04, 0xff, 2, sense_drive },
	{ 0x05, 0x3f, 9, write_data },
	{ 0x06, 0x1f, 9, read_data },
	{ 0x07, 0xff, 2, recalibrate },
	{ 0x08, 0xff, 1, sense_interrupt },
	{ 0x09, 0x3f, 9, write_data },	/* WRITE DELETED DATA */
	{ 0x0a, 0xbf, 2, fdc_read_id },
	{ 0x0c, 0x1f, 9, read_data },	/* READ DELETED DATA */
	{ 0x0d, 0xbf, 6, fdc_format },
	{ 0x0e, 0xff, 1, dump_registers },
	{ 0x0f, 0xff, 3, seek },
	{ 0x10, 0xff, 1, version },
	{ 0x11, 0x1f, 9, scan },	/* EQUAL */
	{ 0x12, 0xff, 2, perpendicular },
	{ 0x13, 0xff, 4, configure },
	{ 0x14, 0x7f, 1, lock },
	{ 0x16, 0x1f, 9, verify },
	{ 0x17, 0xff, 2, power_down_mode },
	{ 0x18, 0xff, 1, part_id },
	{ 0x19, 0x1f, 9, scan },	/* LOW OR EQUAL */
	{ 0x1d, 0x1f, 9, scan },	/* HIGH OR EQUAL */
	{ 0x2e, 0xff, 1, save },
	{ 0x33, 0xff, 2, option },
	{ 0x4e, 0xff, 17, restore },
	{ 0x8e, 0xff, 6, drive_specification },
	{ 0x8f, 0xbf, 3, relative_seek },
};
/* clang-format on */

static int find(uint8_t code)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(commands); n++)
		if ((code & commands[n].mask) == commands[n].code)
			return (int)n;
	return -1;
}

unsigned fdc_command_length(uint8_t code)
{
	int n = find(code);
	return n < 0 ? 1 : commands[n].length;
}

void fdc_execute(Fdc *fdc)
{
	int n = find(fdc->fifo[0]);
	if (n < 0)
		invalid(fdc);
	else
		commands[n].run(fdc);
}
