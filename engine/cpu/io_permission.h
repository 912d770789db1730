/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cpu/state.h"

/* #GP(0) unless the running program may touch `size` (1, 2, 4) ports from `port` on (SDM volume 1, 19.5). */
void io_check(Cpu *cpu, uint16_t port, unsigned size);
