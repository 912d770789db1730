/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "isa-parallel": a printer port with the registers of SPP and EPP 1.9. */
#pragma once

#include "machine/device.h"

extern const DeviceClass parallel_class;

/* LPT1 to LPT3 (index from 0) is there, at the ports that it has on a PC. */
bool parallel_is_at_home(Machine *machine, unsigned index);
