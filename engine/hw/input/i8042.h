/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "i8042": the keyboard controller with a PS/2 keyboard and mouse. */
#pragma once

#include "machine/device.h"

extern const DeviceClass i8042_class;
