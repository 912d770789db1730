/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the disassembler's files share: operands taken out of an instruction, and text under way. Private to disasm*.c. */
#pragma once

#include "cpu/disasm.h"

typedef struct DisasmText {
	char *text;
	size_t size, length; /* length may exceed size: what didn't fit isn't there */
} DisasmText;

typedef enum DisasmOperandKind {
	DISASM_REG,
	DISASM_IMM,
	DISASM_MEM,
	DISASM_TARGET, /* of a near branch */
	DISASM_FAR,    /* selector:offset */
} DisasmOperandKind;

typedef enum DisasmRegister {
	DISASM_R8, /* number: byte offset among the general registers, see Insn.reg */
	DISASM_R16, DISASM_R32, DISASM_R64,
	DISASM_SEGMENT, DISASM_CONTROL, DISASM_DEBUG, DISASM_MMX, DISASM_XMM, DISASM_YMM, DISASM_ST,
} DisasmRegister;

typedef struct DisasmOperand {
	DisasmOperandKind kind;
	DisasmRegister file;	/* DISASM_REG */
	unsigned number;
	uint64_t value;		/* DISASM_IMM: sign-extended; DISASM_TARGET; DISASM_FAR: the offset */
	unsigned size;		/* bytes; of DISASM_MEM 0 if the table gives none */
	OperandType type;
	/* DISASM_MEM */
	unsigned base, index, scale, address_size;
	int64_t disp;
	int seg;		/* -1: not to be printed */
	bool absolute;
	DisasmRegister index_file;
} DisasmOperand;

typedef struct Disasm {
	const Insn *insn;
	const Form *form;
	unsigned code;		/* MODE_CODE... */
	char mnemonic[24];	/* in lower case; syntaxes may give it another name, or a suffix */
	const char *prefix;	/* "rep " and the like, or "" */
	int override;		/* segment by prefix, -1: none */
	unsigned operands;
	DisasmOperand operand[4];
	DisasmText out;
} Disasm;

void disasm_put(DisasmText *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void disasm_put_register(DisasmText *out, DisasmRegister file, unsigned number);
void disasm_put_number(DisasmText *out, int64_t value);	    /* -8, 9, 0xa */
void disasm_put_unsigned(DisasmText *out, uint64_t value);
void disasm_put_immediate(Disasm *d, const DisasmOperand *o);
uint64_t disasm_address(const DisasmOperand *o);	    /* of an absolute memory operand */
DisasmRegister disasm_address_file(unsigned address_size);
bool disasm_is(const Disasm *d, const char *const *names);  /* the mnemonic is one of the NULL-terminated list */

void disasm_intel(Disasm *d);
void disasm_att(Disasm *d);
