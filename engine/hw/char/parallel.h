/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "isa-parallel": a printer port with the registers of SPP and EPP 1.9. */
#pragma once

#include "machine/device.h"

extern const DeviceClass parallel_class;
