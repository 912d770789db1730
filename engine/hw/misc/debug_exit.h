/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A port by which a guest ends the machine with an exit status. */
#pragma once

#include "machine/device.h"

extern const DeviceClass debug_exit_class;
