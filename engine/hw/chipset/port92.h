/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Port 0x92, the system control port, and port 0xF0, the coprocessor's interrupt. Under the machine's lock. */
#pragma once

#include "machine/device.h"

extern const DeviceClass port92_class;

typedef struct Ferr Ferr;
extern const DeviceClass ferr_class;
/* FERR# of the processors: the board passes CPU_EVENT_FERR on by this. */
void ferr_raise(Ferr *ferr);
