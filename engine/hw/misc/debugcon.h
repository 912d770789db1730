/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debug console: bytes written to a port go to a character device. */
#pragma once

#include "machine/device.h"

extern const DeviceClass debugcon_class;
