/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk that is busy: this program's fsync() waits while the gate is closed. */
#pragma once

#include <glib.h>

void gate_close(void);
void gate_open(void);
/* How many wait there now; how many have passed. */
unsigned gate_waiting(void);
unsigned gate_passed(void);
