/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "isa-serial": a 16550A UART on the ISA bus. */
#pragma once

#include "machine/device.h"

extern const DeviceClass serial_class;

/* COM1 to COM4 (index from 0) is there, with the ports and the interrupt that it has on a PC. */
bool serial_is_at_home(Machine *machine, unsigned index);
