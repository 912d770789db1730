/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operands of type y: 64 bits with W in 64-bit mode, else 32, even where 66 is part of the opcode or the code's default is 16. */
#pragma once

#include "cpu/insn.h"

ALWAYS_INLINE unsigned size_y(const Insn *i)
{
	return i->opsize == 8 ? 8 : 4;
}
