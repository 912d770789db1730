/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A port by which a guest says that it has crashed. */
#pragma once

#include "machine/device.h"

extern const DeviceClass pvpanic_class;
