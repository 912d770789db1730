/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An IDE channel: the command and control block registers of its two drives, and their interrupt line.
 *
 * Both drives take every write; the selected one answers. Where only device 0 is, it answers for the absent device 1 with a status
 * of 0 (ATA/ATAPI-6, 9.16.1). A channel without drives reads as zeros, as on a board that pulls the lines down. */
#include "hw/storage/ide_internal.h"

enum { DATA, FEATURE_ERROR, COUNT, LBA_LOW, LBA_MID, LBA_HIGH, SELECT, COMMAND_STATUS, COMMAND_BLOCK_PORTS };
enum { MASTER_INTERRUPT = 0x04 }; /* bus master status */

static IdeDrive *selected(const IdeChannel *channel)
{
	return channel->drives[channel->select & SELECT_UNIT ? 1 : 0];
}

bool ide_is_selected(const IdeDrive *drive)
{
	return selected(drive->channel) == drive;
}

void ide_update_irq(IdeChannel *channel)
{
	const IdeDrive *drive = selected(channel);
	bool level = drive && drive->irq && !(channel->control & CONTROL_NIEN);
	if (level == channel->irq_level)
		return;
	channel->irq_level = level;
	if (level)
		channel->master.status |= MASTER_INTERRUPT;
	irq_set(&channel->irq, level);
}

/* ---- reading ---- */

static uint8_t read_task_file(const IdeDrive *drive, unsigned offset, bool hob)
{
	const IdeTaskFile *file = hob ? &drive->previous : &drive->now;
	switch (offset) {
	case FEATURE_ERROR: return drive->error;
	case COUNT: return file->count;
	case SELECT: return drive->select;
	default: return file->lba[offset - LBA_LOW];
	}
}

static uint8_t read_register(IdeChannel *channel, unsigned offset)
{
	IdeDrive *drive = selected(channel), *other = channel->drives[0];
	if (offset == COMMAND_STATUS) {
		if (!drive)
			return 0;
		drive->irq = false;
		ide_update_irq(channel);
		return drive->status;
	}
	if (!drive && !other)
		return 0;
	if (!drive && offset == SELECT)
		return (uint8_t)(SELECT_FIXED | channel->select);
	return read_task_file(drive ? drive : other, offset, channel->control & CONTROL_HOB);
}

static uint32_t command_block_read(void *owner, uint16_t port, unsigned size)
{
	IdeChannel *channel = owner;
	unsigned offset = port - channel->base;
	if (offset == DATA) {
		IdeDrive *drive = selected(channel);
		return drive ? ide_data_read(drive, size) : 0;
	}
	uint32_t value = 0;
	for (unsigned n = 0; n < size; n++)
		value |= (uint32_t)read_register(channel, offset + n) << (8 * n);
	return value;
}

/* ---- writing ---- */

static void push(uint8_t *now, uint8_t *previous, uint8_t value)
{
	*previous = *now;
	*now = value;
}

static void write_task_file(IdeDrive *drive, unsigned offset, uint8_t value)
{
	IdeTaskFile *now = &drive->now, *previous = &drive->previous;
	if (drive->status & STATUS_BSY)
		return;
	switch (offset) {
	case FEATURE_ERROR: push(&now->feature, &previous->feature, value); break;
	case COUNT: push(&now->count, &previous->count, value); break;
	case SELECT: drive->select = value | SELECT_FIXED; break;
	default: push(&now->lba[offset - LBA_LOW], &previous->lba[offset - LBA_LOW], value); break;
	}
}

static void write_command(IdeChannel *channel, uint8_t command)
{
	enum { EXECUTE_DEVICE_DIAGNOSTIC = 0x90 };
	IdeDrive *drive = selected(channel);
	if (command == EXECUTE_DEVICE_DIAGNOSTIC) { /* both carry it out; device 0 answers */
		channel->select &= (uint8_t)~SELECT_UNIT;
		for (unsigned n = 0; n < IDE_UNITS; n++)
			if (channel->drives[n])
				ide_drive_command(channel->drives[n], command);
	} else if (drive) {
		ide_drive_command(drive, command);
	}
	ide_update_irq(channel);
}

static void write_register(IdeChannel *channel, unsigned offset, uint8_t value)
{
	if (channel->control & CONTROL_SRST)
		return;
	if (offset == COMMAND_STATUS) {
		write_command(channel, value);
		return;
	}
	channel->control &= (uint8_t)~CONTROL_HOB; /* any write of the command block clears it */
	if (offset == SELECT)
		channel->select = value;
	for (unsigned n = 0; n < IDE_UNITS; n++)
		if (channel->drives[n])
			write_task_file(channel->drives[n], offset, value);
	ide_update_irq(channel);
}

static void command_block_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	IdeChannel *channel = owner;
	unsigned offset = port - channel->base;
	if (offset == DATA) {
		IdeDrive *drive = selected(channel);
		if (drive)
			ide_data_write(drive, value, size);
		return;
	}
	for (unsigned n = 0; n < size; n++)
		write_register(channel, offset + n, (uint8_t)(value >> (8 * n)));
}

static IdeDrive *data_of(IdeChannel *channel, uint16_t port)
{
	return port - channel->base == DATA ? selected(channel) : NULL;
}

static unsigned command_block_read_many(void *owner, uint16_t port, unsigned size, void *to, unsigned count)
{
	IdeDrive *drive = data_of(owner, port);
	return drive ? ide_data_read_many(drive, size, to, count) : 0;
}

static unsigned command_block_write_many(void *owner, uint16_t port, unsigned size, const void *from, unsigned count)
{
	IdeDrive *drive = data_of(owner, port);
	return drive ? ide_data_write_many(drive, size, from, count) : 0;
}

static const PortOps command_block_ops = { command_block_read, command_block_write, 4, command_block_read_many, command_block_write_many };

/* ---- control block ---- */

static uint32_t alternate_status_read(void *owner, uint16_t port, unsigned size)
{
	IdeChannel *channel = owner;
	const IdeDrive *drive = selected(channel);
	(void)port, (void)size;
	return drive ? drive->status : 0;
}

static void device_control_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	IdeChannel *channel = owner;
	bool was = channel->control & CONTROL_SRST, is = value & CONTROL_SRST;
	(void)port, (void)size;
	channel->control = (uint8_t)value;
	for (unsigned n = 0; n < IDE_UNITS && was != is; n++) {
		IdeDrive *drive = channel->drives[n];
		if (!drive)
			continue;
		ide_cancel(drive);
		if (is)
			drive->status = STATUS_BSY | STATUS_DSC;
		else
			ide_drive_reset(drive, false);
	}
	if (was && !is)
		channel->select = 0;
	ide_update_irq(channel);
}

static const PortOps control_block_ops = { alternate_status_read, device_control_write, 1 };

/* ---- life ---- */

void ide_channel_realize(IdeChannel *channel)
{
	static const struct {
		uint16_t base, control_base;
		uint8_t irq;
	} legacy[IDE_CHANNELS] = { { 0x1f0, 0x3f6, 14 }, { 0x170, 0x376, 15 } };
	Machine *machine = channel->controller->pci.device.machine;
	PortSpace *ports = machine_ports(machine);
	channel->base = legacy[channel->index].base;
	channel->control_base = legacy[channel->index].control_base;
	channel->irq = machine_isa_irq(machine, legacy[channel->index].irq);
	channel->command_handle = port_map(ports, "ide", channel->base, COMMAND_BLOCK_PORTS, &command_block_ops, channel);
	channel->control_handle = port_map(ports, "ide-control", channel->control_base, 1, &control_block_ops, channel);
}

void ide_channel_unrealize(IdeChannel *channel)
{
	PortSpace *ports = machine_ports(channel->controller->pci.device.machine);
	port_unmap(ports, channel->command_handle);
	port_unmap(ports, channel->control_handle);
	for (unsigned n = 0; n < IDE_UNITS; n++) {
		if (!channel->drives[n])
			continue;
		ide_cancel(channel->drives[n]);
		channel->drives[n]->channel = NULL;
	}
}

/* The drives are devices of their own and reset themselves. */
void ide_channel_reset(IdeChannel *channel)
{
	channel->control = 0;
	channel->select = 0;
	ide_master_reset(&channel->master);
	ide_update_irq(channel);
}
