/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See smbus.h. A transaction is over at once: software never sees the host busy. */
#include "hw/chipset/smbus.h"

#include <string.h>

enum {
	SMBHSTSTS = 0x00, SMBSLVSTS = 0x01, SMBHSTCNT = 0x02, SMBHSTCMD = 0x03, SMBHSTADD = 0x04, SMBHSTDAT0 = 0x05, SMBHSTDAT1 = 0x06,
	SMBBLKDAT = 0x07, SMBSLVCNT = 0x08, SMBSHDWCMD = 0x09, SMBSLVEVT = 0x0a, SMBSLVDAT = 0x0c,
};
enum { STATUS_INTERRUPT = 0x02, STATUS_DEVICE_ERROR = 0x04, STATUS_FAILED = 0x10, STATUS_EVENTS = 0x1e };
enum { CONTROL_INTEREN = 0x01, CONTROL_KILL = 0x02, CONTROL_PROTOCOL_SHIFT = 2, CONTROL_START = 0x40 };
enum { PROTOCOL_QUICK = 0, PROTOCOL_BYTE = 1, PROTOCOL_BYTE_DATA = 2, PROTOCOL_WORD_DATA = 3, PROTOCOL_BLOCK = 5 };
enum { ADDRESS_READ = 1, EEPROM_FIRST = 0x50 };

void smbus_reset(Smbus *bus)
{
	Smbus fresh = { 0 };
	memcpy(fresh.eeprom, bus->eeprom, sizeof(fresh.eeprom));
	*bus = fresh;
}

bool smbus_interrupt(const Smbus *bus)
{
	return (bus->control & CONTROL_INTEREN) && (bus->status & STATUS_EVENTS);
}

/* ---- EEPROMs: an address counter that wraps, and bytes ---- */

static uint8_t eeprom_next(Smbus *bus, unsigned chip)
{
	return bus->eeprom[chip][bus->eeprom_at[chip]++];
}

static void eeprom_store(Smbus *bus, unsigned chip, uint8_t byte)
{
	bus->eeprom[chip][bus->eeprom_at[chip]++] = byte;
}

/* SMBus puts the length before the bytes of a block; to an EEPROM it is a byte like the others. */
static bool block_transfer(Smbus *bus, unsigned chip, bool read)
{
	unsigned count = read ? eeprom_next(bus, chip) : bus->data[0];
	if (count < 1 || count > SMBUS_BLOCK)
		return false;
	if (read)
		bus->data[0] = (uint8_t)count;
	else
		eeprom_store(bus, chip, (uint8_t)count);
	for (unsigned n = 0; n < count; n++) {
		if (read)
			bus->block[n] = eeprom_next(bus, chip);
		else
			eeprom_store(bus, chip, bus->block[n]);
	}
	bus->block_at = 0;
	return true;
}

static void transfer_bytes(Smbus *bus, unsigned chip, bool read, unsigned count)
{
	for (unsigned n = 0; n < count; n++) {
		if (read)
			bus->data[n] = eeprom_next(bus, chip);
		else
			eeprom_store(bus, chip, bus->data[n]);
	}
}

/* False: nobody acknowledged, or there is no such protocol. */
static bool transact(Smbus *bus)
{
	unsigned device = bus->address >> 1, chip = device - EEPROM_FIRST, protocol = bus->control >> CONTROL_PROTOCOL_SHIFT & 7;
	bool read = bus->address & ADDRESS_READ;
	if (device < EEPROM_FIRST || chip >= SMBUS_EEPROMS)
		return false;
	if (protocol != PROTOCOL_QUICK && !(protocol == PROTOCOL_BYTE && read))
		bus->eeprom_at[chip] = bus->command;
	switch (protocol) {
	case PROTOCOL_QUICK: return true;
	case PROTOCOL_BYTE: transfer_bytes(bus, chip, read, read ? 1 : 0); return true;
	case PROTOCOL_BYTE_DATA: transfer_bytes(bus, chip, read, 1); return true;
	case PROTOCOL_WORD_DATA: transfer_bytes(bus, chip, read, 2); return true;
	case PROTOCOL_BLOCK: return block_transfer(bus, chip, read);
	default: return false;
	}
}

/* ---- registers ---- */

static void write_control(Smbus *bus, uint8_t value)
{
	bus->control = value & (CONTROL_INTEREN | 7 << CONTROL_PROTOCOL_SHIFT);
	if (value & CONTROL_KILL)
		bus->status |= STATUS_FAILED;
	else if (value & CONTROL_START)
		bus->status = transact(bus) ? STATUS_INTERRUPT : STATUS_DEVICE_ERROR;
}

static uint8_t read_control(Smbus *bus)
{
	bus->block_at = 0;
	return bus->control;
}

static uint8_t *block_byte(Smbus *bus)
{
	uint8_t at = bus->block_at;
	bus->block_at = (uint8_t)((at + 1) % SMBUS_BLOCK);
	return &bus->block[at % SMBUS_BLOCK];
}

uint8_t smbus_read(Smbus *bus, unsigned offset)
{
	switch (offset) {
	case SMBHSTSTS: return bus->status;
	case SMBHSTCNT: return read_control(bus);
	case SMBHSTCMD: return bus->command;
	case SMBHSTADD: return bus->address;
	case SMBHSTDAT0: return bus->data[0];
	case SMBHSTDAT1: return bus->data[1];
	case SMBBLKDAT: return *block_byte(bus);
	case SMBSLVCNT: return bus->slave_control;
	case SMBSHDWCMD: return bus->shadow_command;
	case SMBSLVEVT: return bus->slave_event[0];
	case SMBSLVEVT + 1: return bus->slave_event[1];
	default: return 0;
	}
}

void smbus_write(Smbus *bus, unsigned offset, uint8_t value)
{
	switch (offset) {
	case SMBHSTSTS: bus->status &= (uint8_t)~(value & STATUS_EVENTS); break;
	case SMBHSTCNT: write_control(bus, value); break;
	case SMBHSTCMD: bus->command = value; break;
	case SMBHSTADD: bus->address = value; break;
	case SMBHSTDAT0: bus->data[0] = value; break;
	case SMBHSTDAT1: bus->data[1] = value; break;
	case SMBBLKDAT: *block_byte(bus) = value; break;
	case SMBSLVCNT: bus->slave_control = value & 0x0f; break;
	case SMBSLVEVT: bus->slave_event[0] = value; break;
	case SMBSLVEVT + 1: bus->slave_event[1] = value; break;
	default: break;
	}
}

const StateField smbus_state[] = {
	{ "status", STATE_U8, offsetof(Smbus, status), 0, 0, NULL, 0 },
	{ "control", STATE_U8, offsetof(Smbus, control), 0, 0, NULL, 0 },
	{ "command", STATE_U8, offsetof(Smbus, command), 0, 0, NULL, 0 },
	{ "address", STATE_U8, offsetof(Smbus, address), 0, 0, NULL, 0 },
	{ "data", STATE_BYTES, offsetof(Smbus, data), 2, 0, NULL, 0 },
	{ "slave-control", STATE_U8, offsetof(Smbus, slave_control), 0, 0, NULL, 0 },
	{ "slave-event", STATE_BYTES, offsetof(Smbus, slave_event), 2, 0, NULL, 0 },
	{ "block", STATE_BYTES, offsetof(Smbus, block), SMBUS_BLOCK, 0, NULL, 0 },
	{ "block-at", STATE_U8, offsetof(Smbus, block_at), 0, 0, NULL, 0 },
	{ "eeprom", STATE_BYTES, offsetof(Smbus, eeprom), SMBUS_EEPROMS * SMBUS_EEPROM_BYTES, 0, NULL, 0 },
	{ "eeprom-at", STATE_BYTES, offsetof(Smbus, eeprom_at), SMBUS_EEPROMS, 0, NULL, 0 },
	{ 0 },
};
