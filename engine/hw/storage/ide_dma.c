/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bus mastering of the PIIX3 (82371SB, 2.7): the channel's registers and its walk through the table of physical regions.
 *
 * A descriptor is eight bytes: address, byte count (0 is 64 KiB), end of table in bit 31. Addresses and counts are even, the table
 * doesn't cross 64 KiB: what a guest writes beyond that isn't looked at, and the table's address counts within its 64 KiB. Active
 * goes off when the last region is used up; a table that is longer than the transfer leaves it on, as the datasheet says. Each
 * descriptor is worth at least two bytes, so the walk ends when the drive's buffer does, whatever the table says. */
#include <string.h>

#include "hw/storage/ide_internal.h"

enum { MASTER_START = 0x01, MASTER_TO_MEMORY = 0x08 };
enum { MASTER_ACTIVE = 0x01, MASTER_ERROR = 0x02, MASTER_INTERRUPT = 0x04, MASTER_CAPABLE = 0x60 };
enum { COMMAND = 0, STATUS = 2, TABLE = 4, CHANNEL_PORTS = 8 };
enum { DESCRIPTOR_BYTES = 8, TABLE_SPAN = 65536 };
#define DESCRIPTOR_END 0x80000000u

void ide_master_reset(IdeBusMaster *master)
{
	*master = (IdeBusMaster){ .command = 0 };
}

/* ---- the table ---- */

static bool next_region(IdeChannel *channel)
{
	IdeBusMaster *master = &channel->master;
	struct {
		uint32_t address, count;
	} descriptor;
	if (master->last) {
		master->status &= (uint8_t)~MASTER_ACTIVE;
		return false;
	}
	if (!pci_dma_read(&channel->controller->pci, master->next, &descriptor, DESCRIPTOR_BYTES)) {
		master->status = (uint8_t)((master->status & ~MASTER_ACTIVE) | MASTER_ERROR);
		return false;
	}
	master->next = (master->next & ~(TABLE_SPAN - 1u)) | ((master->next + DESCRIPTOR_BYTES) & (TABLE_SPAN - 1u));
	master->address = descriptor.address & ~1u;
	master->left = descriptor.count & 0xfffe;
	if (!master->left)
		master->left = 65536;
	master->last = descriptor.count & DESCRIPTOR_END;
	return true;
}

/* One region's worth of the buffer. */
static bool move(IdeDrive *drive)
{
	IdeBusMaster *master = &drive->channel->master;
	PciDevice *pci = &drive->channel->controller->pci;
	uint32_t count = MIN(master->left, drive->end - drive->position);
	uint8_t *buffer = drive->buffer + drive->position;
	bool done = drive->out ? pci_dma_read(pci, master->address, buffer, count) : pci_dma_write(pci, master->address, buffer, count);
	if (!done) {
		master->status = (uint8_t)((master->status & ~MASTER_ACTIVE) | MASTER_ERROR);
		return false;
	}
	drive->position += count;
	master->address += count;
	master->left -= count;
	if (!master->left && master->last)
		master->status &= (uint8_t)~MASTER_ACTIVE;
	return true;
}

static bool may_run(const IdeDrive *drive)
{
	const IdeBusMaster *master = &drive->channel->master;
	bool to_memory = master->command & MASTER_TO_MEMORY;
	return drive->dma && drive->transfer != TRANSFER_NONE && !(drive->status & STATUS_BSY) && master->command & MASTER_START &&
		ide_is_selected(drive) && drive->out == !to_memory;
}

/* The host bridge didn't let it: the drive learns of it as of a transfer that was cut off. */
static void abort_transfer(IdeDrive *drive)
{
	if (drive->atapi)
		atapi_fail(drive, 0x0b, 0x4b, 0); /* aborted command, data phase error */
	else
		ide_fail(drive, ERROR_ABRT);
}

void ide_dma_run(IdeDrive *drive)
{
	IdeBusMaster *master = &drive->channel->master;
	while (may_run(drive)) {
		if (drive->position == drive->end) {
			ide_buffer_ended(drive); /* fetches more, which is BSY, or ends the command */
			return;
		}
		bool moved = master->status & MASTER_ACTIVE && (master->left || next_region(drive->channel)) && move(drive);
		if (moved)
			continue;
		if (master->status & MASTER_ERROR)
			abort_transfer(drive);
		return;
	}
}

/* ---- registers ---- */

static void write_command(IdeChannel *channel, uint8_t value)
{
	IdeBusMaster *master = &channel->master;
	bool was = master->command & MASTER_START, is = value & MASTER_START;
	/* The direction doesn't change while it runs. */
	master->command = (uint8_t)((value & MASTER_START) | ((was && is ? master->command : value) & MASTER_TO_MEMORY));
	if (was && !is)
		master->status &= (uint8_t)~MASTER_ACTIVE;
	if (was || !is)
		return;
	master->status |= MASTER_ACTIVE;
	master->next = master->table;
	master->left = 0;
	master->last = false;
	for (unsigned n = 0; n < IDE_UNITS; n++)
		if (channel->drives[n])
			ide_dma_run(channel->drives[n]);
}

static void write_byte(IdeChannel *channel, unsigned offset, uint8_t value)
{
	IdeBusMaster *master = &channel->master;
	unsigned shift = 8 * (offset % 4);
	switch (offset) {
	case COMMAND: write_command(channel, value); break;
	case STATUS:
		master->status = (uint8_t)((master->status & ~MASTER_CAPABLE & ~(value & (MASTER_INTERRUPT | MASTER_ERROR))) |
			(value & MASTER_CAPABLE));
		break;
	case TABLE:
	case TABLE + 1:
	case TABLE + 2:
	case TABLE + 3: master->table = ((master->table & ~(0xffu << shift)) | (uint32_t)value << shift) & ~3u; break;
	default: break;
	}
}

static uint8_t read_byte(const IdeChannel *channel, unsigned offset)
{
	const IdeBusMaster *master = &channel->master;
	switch (offset) {
	case COMMAND: return master->command;
	case STATUS: return master->status;
	case TABLE:
	case TABLE + 1:
	case TABLE + 2:
	case TABLE + 3: return (uint8_t)(master->table >> (8 * (offset % 4)));
	default: return 0xff;
	}
}

static IdeChannel *channel_of(void *owner, unsigned offset)
{
	Piix3Ide *controller = owner;
	return &controller->channels[offset / CHANNEL_PORTS % IDE_CHANNELS];
}

static uint32_t master_read(void *owner, uint16_t port, unsigned size)
{
	uint32_t value = 0;
	for (unsigned n = 0; n < size; n++)
		value |= (uint32_t)read_byte(channel_of(owner, port + n), (port + n) % CHANNEL_PORTS) << (8 * n);
	return value;
}

static void master_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	for (unsigned n = 0; n < size; n++)
		write_byte(channel_of(owner, port + n), (port + n) % CHANNEL_PORTS, (uint8_t)(value >> (8 * n)));
}

const PortOps ide_master_ops = { master_read, master_write, 4 };
