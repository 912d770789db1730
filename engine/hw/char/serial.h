/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "isa-serial": a 16550A UART on the ISA bus. */
#pragma once

#include "machine/device.h"

extern const DeviceClass serial_class;
