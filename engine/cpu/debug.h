/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debug registers (SDM volume 3, 17.2): instruction, data and I/O breakpoints. */
#pragma once

#include "cpu/state.h"

enum { DR6_B0 = 1, DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15 };
enum { DR7_GD = 1 << 13, DR7_ENABLED = 0xff };

/* After a write to DR0-3 or DR7. */
void debug_registers_changed(Cpu *cpu);
/* IN, OUT, INS, OUTS touch a port: notes an I/O breakpoint's trap. Only with CR4.DE. */
void debug_io(Cpu *cpu, uint16_t port, unsigned size);
/* May there be such breakpoints? */
bool debug_stops_io(const Cpu *cpu);
/* A data access by a path that saw debug_page_watched(): notes the trap for after the instruction. */
void debug_data_access(Cpu *cpu, uint64_t linear, unsigned size, bool write);
/* Does an enabled data breakpoint touch this linear page? */
bool debug_page_watched(const Cpu *cpu, uint64_t page);
/* DR6's bits of the instruction breakpoints at this linear address, 0: none. */
uint32_t debug_fetch(const Cpu *cpu, uint64_t linear);
/* Must the loop look at every instruction: TF or an instruction breakpoint? */
bool debug_stepping(const Cpu *cpu);
