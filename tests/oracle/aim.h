/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses worth visiting, and making an instruction's memory operand meet them. */
#pragma once

#include "generate.h"

/* The memory operand's size in bytes; of those without one (save areas), a size that holds them. */
unsigned aim_operand_size(const Insn *i);
/* A linear address for `size` bytes that an instruction with that address size can reach. */
uint64_t aim_target(Dice *d, bool mode64, unsigned adsize, bool near, unsigned size);
/* Makes the memory operand lie at a target: sets registers, or with `fixed` only the displacement. Sets t->target. */
void aim_operand(Dice *d, Test *t, Draft *draft, bool fixed);
/* Puts a window around the address, filled with that flavour. Nothing if the address isn't in a region. */
void aim_window(Dice *d, TestWindow *w, uint64_t address, unsigned before, unsigned size, Flavour flavour);
/* Changes bytes in whichever window has all of them. */
void aim_poke(Test *t, uint64_t address, const void *bytes, unsigned size);
/* Reads them; false if no window has them. */
bool aim_peek(const Test *t, uint64_t address, void *bytes, unsigned size);
/* A place to jump to. */
uint64_t aim_code(Dice *d, const Test *t);
