/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of jumps that aren't linked. All of it is the processor's thread's. */
#pragma once

#include "jit/state.h"

/* An instruction pointer's places: in the first half of these arrays by its bits from the first shift on, in the second half by these plus those
 * from the second shift on; of each the low 16 bits. */
enum { JUMP_FIRST_SHIFT = 3, JUMP_SECOND_SHIFT = 16 };
/* Of so many that are looked for in their second places one comes into its first. */
enum { JUMP_SECOND_HITS = 256 };

void jumps_init(Cpu *cpu);
/* The block's code is what runs at cpu->rip; `global`: in a global page. */
void jumps_set(Cpu *cpu, Block *b, bool global);
/* Its code goes away. */
void jumps_clear_block(Cpu *cpu, const Block *b);
void jumps_clear_all(Cpu *cpu);
/* CpuTranslator's mapping_changed and page_changed. */
void jumps_mapping_changed(Cpu *cpu, bool global_too);
void jumps_page_changed(Cpu *cpu, uint64_t page);
