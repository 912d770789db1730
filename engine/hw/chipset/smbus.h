/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PIIX4's SMBus host (datasheet 290562, 7.3) with the EEPROMs of eight memory modules at addresses 50-57. Lives in its owner's
 * struct; the owner maps the ports and drives the interrupt. */
#pragma once

#include "machine/device.h"

enum { SMBUS_PORTS = 16, SMBUS_BLOCK = 32, SMBUS_EEPROMS = 8, SMBUS_EEPROM_BYTES = 256 };

typedef struct Smbus {
	uint8_t status, control, command, address, data[2];
	uint8_t slave_control, shadow_command, slave_event[2]; /* nobody else is master on the bus: kept, without effect */
	uint8_t block[SMBUS_BLOCK], block_at;
	uint8_t eeprom[SMBUS_EEPROMS][SMBUS_EEPROM_BYTES], eeprom_at[SMBUS_EEPROMS];
} Smbus;

extern const StateField smbus_state[];

/* Everything but what the EEPROMs hold. */
void smbus_reset(Smbus *bus);
uint8_t smbus_read(Smbus *bus, unsigned offset);
void smbus_write(Smbus *bus, unsigned offset, uint8_t value);
/* Does the host ask for an interrupt? */
bool smbus_interrupt(const Smbus *bus);
