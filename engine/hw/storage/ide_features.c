/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SET FEATURES (ATA/ATAPI-6, 8.46). */
#include "hw/storage/ide_internal.h"

enum {
	ENABLE_WRITE_CACHE = 0x02, SET_TRANSFER_MODE = 0x03, DISABLE_LOOK_AHEAD = 0x55, DISABLE_REVERT = 0x66, DISABLE_WRITE_CACHE = 0x82,
	ENABLE_LOOK_AHEAD = 0xaa, ENABLE_REVERT = 0xcc,
};
enum { PIO_DEFAULT_MAXIMUM = 0x01, PIO_MODE0 = 0x08, PIO_MODE4 = 0x0c, MDMA_MODE0 = 0x20, MDMA_MODE2 = 0x22, UDMA_MODE0 = 0x40, UDMA_MODE5 = 0x45 };

static bool set_transfer_mode(IdeDrive *drive, uint8_t mode)
{
	if (mode <= PIO_DEFAULT_MAXIMUM) {
		drive->pio_mode = PIO_MODE0;
		return true;
	}
	if (mode >= PIO_MODE0 && mode <= PIO_MODE4) {
		drive->pio_mode = mode;
		return true;
	}
	if ((mode >= MDMA_MODE0 && mode <= MDMA_MODE2) || (mode >= UDMA_MODE0 && mode <= UDMA_MODE5)) {
		drive->dma_mode = mode;
		return true;
	}
	return false;
}

void ide_set_features(IdeDrive *drive)
{
	switch (drive->now.feature) {
	case SET_TRANSFER_MODE:
		if (!set_transfer_mode(drive, drive->now.count)) {
			ide_fail(drive, ERROR_ABRT);
			return;
		}
		break;
	case DISABLE_WRITE_CACHE:
		if (drive->atapi) {
			ide_fail(drive, ERROR_ABRT);
			return;
		}
		drive->no_write_cache = true;
		ide_start_flush(drive); /* what the cache has goes to the disk first */
		return;
	case ENABLE_WRITE_CACHE: drive->no_write_cache = false; break;
	case DISABLE_LOOK_AHEAD: drive->no_look_ahead = true; break;
	case ENABLE_LOOK_AHEAD: drive->no_look_ahead = false; break;
	case DISABLE_REVERT: drive->revert_off = true; break;
	case ENABLE_REVERT: drive->revert_off = false; break;
	default: ide_fail(drive, ERROR_ABRT); return;
	}
	ide_done(drive);
}
