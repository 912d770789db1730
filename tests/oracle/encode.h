/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a row of the table to bytes: one instruction with random prefixes, registers, addressing and immediates. */
#pragma once

#include "cpu/decode.h"
#include "operands.h"

/* What a sequence asks of its instructions; NULL for an instruction alone. */
typedef struct EncodeLimits {
	uint32_t pointers; /* bit n: general register n holds an address, and memory operands are based on one of these */
	uint32_t kept;	   /* registers that mustn't be a destination */
} EncodeLimits;

typedef struct Draft {
	uint8_t bytes[16];
	unsigned size;
	unsigned disp_at, disp_size; /* the displacement, to be patched; size 0: none */
	unsigned imm_at;	     /* where the immediates begin */
	Insn insn;		     /* as decoded */
} Draft;

typedef struct EncodeContext {
	DecodeContext decode[2]; /* by mode64 */
	bool amd;		 /* the host is AMD's: what Intel's processors ignore is left out where theirs heed it */
} EncodeContext;

/* False: no bytes were found that decode to the row in this mode (it isn't valid there, or the processor lacks it). */
bool encode_row(const EncodeContext *context, Dice *d, const Encoding *row, bool mode64, const EncodeLimits *limits, Draft *out);

/* General registers that the instruction names as destinations, a bit each. */
uint32_t encode_destinations(const Insn *i);
