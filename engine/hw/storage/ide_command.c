/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ATA commands (ATA/ATAPI-6, chapter 8), by a table of their codes. */
#include "hw/storage/ide_internal.h"

enum { FOR_DISK = 1, FOR_CD = 2, FOR_BOTH = FOR_DISK | FOR_CD, EXT = 4, FUA = 8 };

typedef struct Command {
	void (*run)(IdeDrive *drive);
	uint8_t flags;
} Command;

static void succeed(IdeDrive *drive)
{
	ide_done(drive);
}

static void abort_command(IdeDrive *drive)
{
	ide_fail(drive, ERROR_ABRT);
}

/* ---- data ---- */

static void read_pio(IdeDrive *drive)
{
	ide_start_sectors(drive, false, false);
}

static void write_pio(IdeDrive *drive)
{
	ide_start_sectors(drive, true, false);
}

static void read_dma(IdeDrive *drive)
{
	ide_start_sectors(drive, false, true);
}

static void write_dma(IdeDrive *drive)
{
	ide_start_sectors(drive, true, true);
}

static void data_set_management(IdeDrive *drive)
{
	enum { TRIM = 1 };
	unsigned blocks = drive->now.count | drive->previous.count << 8;
	if (drive->now.feature != TRIM || !blocks || blocks > IDE_TRIM_BLOCKS)
		abort_command(drive);
	else
		ide_start_trim(drive, blocks * SECTOR_SIZE);
}

static void read_multiple(IdeDrive *drive)
{
	if (drive->multiple)
		read_pio(drive);
	else
		abort_command(drive);
}

static void write_multiple(IdeDrive *drive)
{
	if (drive->multiple)
		write_pio(drive);
	else
		abort_command(drive);
}

static void set_multiple(IdeDrive *drive)
{
	enum { MULTIPLE_MAXIMUM = 16 };
	uint8_t count = drive->now.count;
	if (count > MULTIPLE_MAXIMUM || (count & (count - 1))) {
		abort_command(drive);
		return;
	}
	drive->multiple = count;
	ide_done(drive);
}

/* ---- what the drive is ---- */

static void identify(IdeDrive *drive)
{
	if (drive->atapi) { /* the way software tells CD drives from disks */
		ide_signature(drive);
		abort_command(drive);
		return;
	}
	ide_identify_disk(drive);
	ide_reply(drive, SECTOR_SIZE);
}

static void identify_packet(IdeDrive *drive)
{
	ide_identify_cd(drive);
	ide_reply(drive, SECTOR_SIZE);
}

static void read_native_max(IdeDrive *drive)
{
	uint64_t last = block_sectors(drive->block);
	last = last ? last - 1 : 0;
	if (!drive->lba48) {
		last = MIN(last, 0x0ffffffe);
		drive->select = (uint8_t)((drive->select & 0xf0) | (last >> 24 & 0x0f));
	}
	for (unsigned n = 0; n < 3; n++) {
		drive->now.lba[n] = (uint8_t)(last >> (8 * n));
		if (drive->lba48)
			drive->previous.lba[n] = (uint8_t)(last >> (24 + 8 * n));
	}
	ide_done(drive);
}

static void diagnose(IdeDrive *drive)
{
	ide_drive_reset(drive, false);
	if (ide_is_selected(drive))
		ide_raise(drive);
}

static void device_reset(IdeDrive *drive)
{
	uint8_t select = drive->select;
	ide_drive_reset(drive, false);
	drive->select = select; /* no interrupt, and the selection stays */
}

static void initialize_parameters(IdeDrive *drive)
{
	uint8_t heads = (uint8_t)((drive->select & 0x0f) + 1), sectors = drive->now.count;
	if (!sectors) {
		abort_command(drive);
		return;
	}
	uint64_t cylinders = MIN(block_sectors(drive->block), 0x0fffffff) / ((unsigned)heads * sectors);
	drive->current_heads = heads;
	drive->current_sectors = sectors;
	drive->current_cylinders = (uint16_t)MIN(cylinders, 65535);
	ide_done(drive);
}

/* ---- power ---- */

enum { POWER_STANDBY = 0x00, POWER_IDLE = 0x80, POWER_ACTIVE = 0xff };

static void standby(IdeDrive *drive)
{
	drive->power_mode = POWER_STANDBY;
	if (drive->atapi)
		ide_done(drive);
	else
		ide_start_flush(drive); /* a disk that stops spinning has written all */
}

static void idle(IdeDrive *drive)
{
	drive->power_mode = POWER_IDLE;
	ide_done(drive);
}

static void check_power(IdeDrive *drive)
{
	drive->now.count = drive->power_mode;
	ide_done(drive);
}

static void sleep_command(IdeDrive *drive)
{
	standby(drive);
	drive->asleep = true;
}

/* ---- the table ---- */

/* clang-format off */
static const Command commands[256] = {
	[0x00] = { abort_command, FOR_BOTH }, /* NOP: always aborted, by its definition */
	[0x06] = { data_set_management, FOR_DISK | EXT },
	[0x08] = { device_reset, FOR_CD },
	[0x10 ... 0x1f] = { succeed, FOR_DISK }, /* RECALIBRATE */
	[0x20] = { read_pio, FOR_DISK }, [0x21] = { read_pio, FOR_DISK }, [0x24] = { read_pio, FOR_DISK | EXT },
	[0x25] = { read_dma, FOR_DISK | EXT },
	[0x27] = { read_native_max, FOR_DISK | EXT },
	[0x29] = { read_multiple, FOR_DISK | EXT },
	[0x30] = { write_pio, FOR_DISK }, [0x31] = { write_pio, FOR_DISK }, [0x34] = { write_pio, FOR_DISK | EXT },
	[0x35] = { write_dma, FOR_DISK | EXT },
	[0x38] = { write_pio, FOR_DISK }, /* CFA WRITE SECTORS WITHOUT ERASE */
	[0x39] = { write_multiple, FOR_DISK | EXT },
	[0x3c] = { write_pio, FOR_DISK }, /* WRITE VERIFY */
	[0x3d] = { write_dma, FOR_DISK | EXT | FUA },
	[0x40] = { ide_start_verify, FOR_DISK }, [0x41] = { ide_start_verify, FOR_DISK }, [0x42] = { ide_start_verify, FOR_DISK | EXT },
	[0x70 ... 0x7f] = { succeed, FOR_DISK }, /* SEEK */
	[0x90] = { diagnose, FOR_BOTH },
	[0x91] = { initialize_parameters, FOR_DISK },
	[0x94] = { standby, FOR_BOTH }, [0x95] = { idle, FOR_BOTH }, [0x96] = { standby, FOR_BOTH }, [0x97] = { idle, FOR_BOTH },
	[0x98] = { check_power, FOR_BOTH }, [0x99] = { sleep_command, FOR_BOTH },
	[0xa0] = { atapi_packet_command, FOR_CD },
	[0xa1] = { identify_packet, FOR_CD },
	[0xb0] = { ide_smart, FOR_DISK },
	[0xc4] = { read_multiple, FOR_DISK }, [0xc5] = { write_multiple, FOR_DISK }, [0xc6] = { set_multiple, FOR_DISK },
	[0xc8] = { read_dma, FOR_DISK }, [0xc9] = { read_dma, FOR_DISK }, [0xca] = { write_dma, FOR_DISK }, [0xcb] = { write_dma, FOR_DISK },
	[0xce] = { write_multiple, FOR_DISK | EXT | FUA },
	[0xe0] = { standby, FOR_BOTH }, [0xe1] = { idle, FOR_BOTH }, [0xe2] = { standby, FOR_BOTH }, [0xe3] = { idle, FOR_BOTH },
	[0xe5] = { check_power, FOR_BOTH }, [0xe6] = { sleep_command, FOR_BOTH },
	[0xe7] = { ide_start_flush, FOR_DISK }, [0xea] = { ide_start_flush, FOR_DISK | EXT },
	[0xec] = { identify, FOR_BOTH },
	[0xef] = { ide_set_features, FOR_BOTH },
	[0xf8] = { read_native_max, FOR_DISK },
};
/* clang-format on */

static bool leaves_power_alone(uint8_t command)
{
	return command == 0x98 || command == 0xe5 || (command >= 0x94 && command <= 0x99) || (command >= 0xe0 && command <= 0xe6);
}

void ide_drive_command(IdeDrive *drive, uint8_t code)
{
	enum { DEVICE_RESET = 0x08, DIAGNOSE = 0x90 };
	const Command *command = &commands[code];
	bool resets = code == DIAGNOSE || (code == DEVICE_RESET && drive->atapi);
	if ((drive->status & STATUS_BSY || drive->asleep) && !resets)
		return;
	ide_cancel(drive); /* data that were not fetched */
	drive->command = code;
	drive->error = 0;
	drive->lba48 = command->flags & EXT;
	drive->flush_after = command->flags & FUA;
	if (!leaves_power_alone(code))
		drive->power_mode = POWER_ACTIVE;
	if (command->run && command->flags & (drive->atapi ? FOR_CD : FOR_DISK))
		command->run(drive);
	else
		abort_command(drive);
}
