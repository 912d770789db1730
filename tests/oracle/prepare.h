/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What particular instructions need to do something worth comparing: quotients that fit, counters that end, return addresses. */
#pragma once

#include "aim.h"

/* Changes state, windows and immediates. Registers that address the memory operand stay. */
void prepare_insn(Dice *d, Test *t, Draft *draft);
/* Whether the instruction works on the stack, or on memory at rSI or rDI. */
bool prepare_uses_stack(const Form *form);
bool prepare_uses(const Form *form, OperandKind kind);
