/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decoded instructions, and the rows of the instruction table that they come from.
 *
 * A row of the files in table/ becomes a Form; decode_insn() finds the form that a byte sequence matches and fills an Insn, which
 * the interpreter runs (Insn.run), the translator reads, and the disassembler prints. */
#pragma once

#include "cpu/feature.h"
#include "cpu/state.h"

/* Runs one instruction. On entry the architectural state is as before it; a fault (cpu_fault(), which doesn't return) must
 * leave it so: architectural writes come after the last possible fault. Only instructions marked `rip` in the table write
 * cpu->rip, and those always do, last. */
typedef void InsnFn(Cpu *cpu, const Insn *i);

enum {
	INSN_MEM = 1 << 0,	/* the ModRM operand is memory */
	INSN_LOCK = 1 << 1, INSN_REP = 1 << 2 /* F3 */, INSN_REPNE = 1 << 3 /* F2 */,
	INSN_VEX = 1 << 4, INSN_W = 1 << 5 /* REX.W or VEX.W */, INSN_REX = 1 << 6,
	INSN_OPSIZE = 1 << 7,	/* 66 was present */
};

struct Insn {
	InsnFn *run;
	uint64_t imm;	/* first immediate, sign-extended as the form says; branch displacement; moffs; far pointer's offset;
			   x87: the opcode as FOP has it */
	int64_t disp;	/* of the memory operand; RIP-relative: relative to the block's first instruction */
	uint16_t form;	/* index into insn_forms */
	uint16_t next;	/* bytes from the block's first instruction to the end of this one */
	uint8_t length; /* 1..15 */
	uint8_t flags;	/* INSN_... */
	uint8_t opsize; /* effective operand size in bytes: 1 for forms on bytes, else 2, 4, 8 */
	uint8_t adsize; /* effective address size: 2, 4, 8 */
	uint8_t reg;	/* register by ModRM.reg, or by the opcode's low bits (operand letter Z); 0 for a fixed accumulator.
			   Of byte operands: the byte's offset in Cpu.gpr, see read_reg8() */
	uint8_t rm;	/* register by ModRM.rm, when it isn't memory; byte offset likewise. x87: the i of ST(i) */
	uint8_t base, index; /* general register numbers, or GPR_NONE, or GPR_RIP; see FORM_VSIB */
	uint8_t scale;	/* shift count 0..3 */
	uint8_t seg;	/* segment of the memory operand, or of DS:rSI, overrides applied */
	uint8_t vvvv;	/* VEX.vvvv, already inverted: register number */
	uint8_t imm2;	/* second immediate: ENTER's level, INSERTQ/EXTRQ's length; is4's register number */
	uint16_t selector; /* far pointer's selector */
	uint8_t vl;	/* vector length in bytes: 16 or 32; 8 for MMX forms */
	uint8_t seg_override; /* 0xff: none; for the disassembler */
};

/* Operand letters and types, as in the manuals' opcode maps. */
typedef enum OperandKind {
#define OPERAND_KIND(name) OPK_##name,
#include "operand_kinds.inc"
#undef OPERAND_KIND
} OperandKind;

typedef enum OperandType {
#define OPERAND_TYPE(name) OPT_##name,
#include "operand_types.inc"
#undef OPERAND_TYPE
} OperandType;

typedef struct Operand {
	uint8_t kind; /* OPK_... */
	uint8_t type; /* OPT_... */
	uint8_t reg;  /* OPK_FIXED_...: which register */
	uint8_t access; /* bit 0 read, bit 1 written: a `r`/`w` reading of the row */
} Operand;

/* Which processor state lets an instruction run at all: #UD or #NM come from here, before any operand is looked at. */
typedef enum FaultClass {
	CLASS_GENERAL,
	CLASS_X87,	/* #NM if CR0.EM or CR0.TS */
	CLASS_WAIT,	/* #NM if CR0.MP and CR0.TS */
	CLASS_MMX,	/* #UD if CR0.EM, #NM if CR0.TS */
	CLASS_SSE,	/* #UD if CR0.EM or not CR4.OSFXSR, #NM if CR0.TS */
	CLASS_SSE_MMX,	/* as SSE: MMX registers with SSE's rules (CVTPS2PI, ...) */
	CLASS_FXSR,	/* FXSAVE, FXRSTOR: #NM if CR0.EM or CR0.TS */
	CLASS_AVX,	/* VEX vector: #UD in real or v86 mode, without CR4.OSXSAVE or XCR0's SSE and AVX; #NM if CR0.TS */
	CLASS_VEX,	/* VEX on general registers: #UD in real or v86 mode */
	CLASS_XSAVE,	/* #UD without CR4.OSXSAVE, #NM if CR0.TS */
} FaultClass;

enum { /* Form.flags */
	FORM_MODRM = 1 << 0,
	FORM_LOCK = 1 << 1,	/* LOCK allowed with a memory destination */
	FORM_END = 1 << 2,	/* ends its block */
	FORM_RIP = 1 << 3,	/* writes cpu->rip (implies END) */
	FORM_CPL0 = 1 << 4,	/* #GP(0) unless CPL is 0 */
	FORM_PROTECTED = 1 << 5, /* #UD in real and v86 mode */
	FORM_D64 = 1 << 6,	/* 64-bit mode: operand size is 64, or 16 with 66 */
	FORM_F64 = 1 << 7,	/* 64-bit mode: operand size is 64, whatever the prefixes */
	FORM_BYTE = 1 << 8,	/* operand size is a byte */
	FORM_REP = 1 << 9,	/* a string instruction that REP repeats */
	FORM_REPZ = 1 << 10,	/* ... that REPE/REPNE end early */
	FORM_VEX = 1 << 11,
	FORM_SPEC = 1 << 12,	/* specialised handlers: see Form.spec */
	FORM_SIMD_FP = 1 << 13, /* may raise #XM; MXCSR is read and written */
	FORM_ALIGN = 1 << 14,	/* memory operand must be aligned to its size */
	FORM_PRIVATE = 1 << 15, /* the oracle doesn't run it natively: privileged, a system call, or depends on the host's state */
	FORM_UMIP = 1 << 16,	/* #GP(0) with CR4.UMIP and CPL above 0 */
	FORM_ANYMOD = 1 << 17,	/* ModRM names a register whatever its mod: MOV to and from control and debug registers. LOCK may stand */
	FORM_VSIB = 1 << 18,	/* Insn.index is a vector register (0..15), and the type of the M operand is an element's */
};

typedef struct Form {
	const char *mnemonic;	/* in upper case, Intel's */
	Operand operand[4];	/* destination first */
	uint32_t flags;		/* FORM_... */
	uint16_t feature;	/* FEATURE_... that must be there; FEATURE_NONE */
	uint16_t feature2;	/* and another; FEATURE_NONE */
	uint8_t fault_class;
	uint8_t flags_read, flags_written, flags_undefined; /* bits FLAG_... */
	uint8_t imm_kind;	/* decode.c's IMM_... */
	uint8_t imm2_kind;
	uint8_t operands;	/* how many */
	uint8_t spec;		/* first index in insn_specs of the forms with FORM_SPEC: [log2 size][memory] */
	InsnFn *run;
	const char *row;	/* the row's source, file:line, for test reports */
	const char *encoding;	/* the row's opcode column */
} Form;

enum { FLAG_C = 1, FLAG_P = 2, FLAG_A = 4, FLAG_Z = 8, FLAG_S = 16, FLAG_O = 32 };

extern const Form insn_forms[];
extern const unsigned insn_form_count;

/* The instruction pointer of the next instruction, and of this one. Valid while a block runs. */
ALWAYS_INLINE uint64_t insn_next_rip(const Cpu *cpu, const Insn *i)
{
	return (cpu->gpr[GPR_RIP] + i->next) & cpu->linear_mask;
}

ALWAYS_INLINE uint64_t insn_rip(const Cpu *cpu, const Insn *i)
{
	return (cpu->gpr[GPR_RIP] + i->next - i->length) & cpu->linear_mask;
}
