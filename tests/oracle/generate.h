/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole cases: code, registers and memory chosen so that operands are met, seldom missed, and miss in interesting ways. */
#pragma once

#include "encode.h"
#include "native.h"

enum { TEST_INSNS = 32, TEST_CODE = 640, TEST_WINDOW = 1024 };

typedef struct TestWindow {
	uint64_t address;
	uint32_t size; /* 0: none */
	uint8_t bytes[TEST_WINDOW];
} TestWindow;

typedef struct Test {
	bool mode64;
	uint8_t code[TEST_CODE];
	unsigned size;	/* of the code */
	unsigned body;	/* without what was appended to show the x87's pointers or to come home from elsewhere */
	unsigned count; /* instructions in the body */
	uint16_t forms[TEST_INSNS];
	Insn insn; /* the last one */
	unsigned insn_at; /* where in the code it begins */
	uint8_t undefined_end; /* FLAG_...: undefined when all of the body has run; and anywhere on the way */
	uint8_t undefined_any;
	OracleState state;
	uint64_t target; /* the memory operand's linear address, where one was aimed at */
	TestWindow windows[ORACLE_WINDOWS]; /* memory operand, what rSI points to, rDI, the stack */
} Test;

typedef struct Generator {
	EncodeContext encode;
	const Encoding **sequence_rows; /* what sequences draw from */
	unsigned sequence_count;
} Generator;

/* Rows that the oracle judges, and why it doesn't judge the others (NULL: it does). */
const char *generate_unfit(const Form *form);
Generator *generator_new(const DecodeContext decode[2], const CpuFeatures *host, bool amd);
void generator_free(Generator *g);

/* One instruction of that row. False: the row can't be encoded in this mode. */
bool generate_single(const Generator *g, Dice *d, const Encoding *row, bool mode64, Test *t);
void generate_sequence(const Generator *g, Dice *d, bool mode64, Test *t);
