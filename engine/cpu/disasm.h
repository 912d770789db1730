/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From bytes to text, for the monitor's x/i: the decoder and the instruction table's rows, printed. Needs no processor, only its
 * mode; whether the processor is ready for an instruction (CR0.TS, CR4.OSFXSR, XCR0) changes nothing. Any thread. */
#pragma once

#include "cpu/decode.h"

typedef enum DisasmSyntax { DISASM_INTEL, DISASM_ATT } DisasmSyntax;

/* Writes the instruction at `bytes`, of which `available` may be looked at, to text[size] as a terminated string, cut off where
 * it doesn't fit: "mnemonic operands", or "(bad)" for what is undefined. `rip` is its address, which the targets of branches
 * come from. Returns its length in bytes, or 0 (with an empty text) if it goes on behind the given bytes. */
unsigned disasm_insn(const DecodeContext *context, uint64_t rip, const uint8_t *bytes, unsigned available, DisasmSyntax syntax,
		     char *text, size_t size);
