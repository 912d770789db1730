/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From bytes to Insn. Needs no processor, only its mode and features: the disassembler and the tests use it too. Any thread. */
#pragma once

#include "cpu/insn.h"

typedef struct DecodeContext {
	uint32_t mode;		     /* MODE_... */
	const CpuFeatures *features; /* NULL: all of them */
} DecodeContext;

typedef enum DecodeStatus {
	DECODE_OK,	 /* *out is complete. What the mode forbids has a `run` that raises the right fault; undefined opcodes too */
	DECODE_MORE,	 /* the instruction goes on behind the given bytes */
	DECODE_TOO_LONG, /* over 15 bytes: #GP(0) */
} DecodeStatus;

/* The maps that opcodes stand in. */
enum { MAP_ONE, MAP_0F, MAP_0F38, MAP_0F3A, MAP_3DNOW, MAP_VEX_0F, MAP_VEX_0F38, MAP_VEX_0F3A, MAP_COUNT };

/* The word of facts about an instruction that the encodings' constraints are matched against. */
enum {
	MATCH_REP_SHIFT = 0,	/* 0 none, 1 F3, 2 F2 */
	MATCH_66 = 1 << 2, MATCH_MOD3 = 1 << 3, MATCH_REG_SHIFT = 4, MATCH_RM_SHIFT = 7, MATCH_IS64 = 1 << 10,
	MATCH_OSIZE_SHIFT = 12, /* 0: 16, 1: 32, 2: 64 */
	MATCH_ASIZE_SHIFT = 14, MATCH_W = 1 << 16, MATCH_L = 1 << 17, MATCH_REXB = 1 << 20,
};

/* One way to encode a form. Those of one map and opcode stand together, the most constrained first. */
typedef struct Encoding {
	uint8_t map, opcode;
	bool plus_r; /* the opcode's low bits are a register */
	uint16_t form;
	uint32_t mask, value;
} Encoding;

extern const Encoding insn_encodings[];
extern const uint16_t insn_encoding_start[MAP_COUNT * 256 + 1]; /* by map * 256 + opcode */

/* Decodes the instruction at `bytes`, of which `available` may be looked at. out->next is set as if a block began here. */
DecodeStatus decode_insn(const DecodeContext *context, const uint8_t *bytes, unsigned available, Insn *out);

/* Immediates by kind, as decode_insn() reads them. */
enum { IMM_NONE, IMM_Ib, IMM_Ibs, IMM_Iw, IMM_Iz, IMM_Iv, IMM_Jb, IMM_Jz, IMM_Ap, IMM_O, IMM_L };

InsnFn op_ud, op_nm, op_gp0; /* raise #UD, #NM, #GP(0) */
