/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cpu/state.h"

/* All registers at their values after RESET, or after INIT, which leaves the x87, the vector registers, MTRRs and most MSRs
 * alone. Derived members are the caller's to refresh. */
void cpu_reset_system(Cpu *cpu, bool init);
