/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other families need of the x87 unit. */
#pragma once

#include "cpu/state.h"

/* With an unmasked exception pending (the status word's ES): #MF with CR0.NE, without it FERR#, as the next waiting x87 or
 * MMX instruction finds it. Returns when nothing is pending or the board ignores FERR#. */
void x87_check_pending(Cpu *cpu);
