/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control and debug registers, with the rules for writing them. */
#pragma once

#include "cpu/state.h"

/* False: #GP(0), and nothing has changed. May raise #GP itself for bad PDPTEs. */
bool control_write_cr0(Cpu *cpu, uint64_t value);
bool control_write_cr3(Cpu *cpu, uint64_t value);
bool control_write_cr4(Cpu *cpu, uint64_t value);
bool control_write_efer(Cpu *cpu, uint64_t value);

enum {
	DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15, DR7_GD = 1 << 13,
	DR7_FIXED = 1 << 10, DR7_WRITABLE = 0xffff23ff, DR6_WRITABLE = 0xe00f,
};
#define DR6_FIXED 0xffff0ff0u
