/* SPDX-License-Identifier: GPL-3.0-or-later */
/* System management mode. */
#pragma once

#include "cpu/state.h"

/* Takes the SMI between two instructions: saves the state at SMBASE, and goes on at SMBASE + 0x8000 in a real mode with 4 GiB
 * segments. cpu->rip must be valid, and the caller has checked that the processor isn't in SMM already. */
void smm_enter(Cpu *cpu);
