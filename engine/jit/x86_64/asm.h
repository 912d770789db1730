/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An assembler for the few shapes of instruction that the translator writes itself, and for those it copies. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum HostRegister {
	H_RAX, H_RCX, H_RDX, H_RBX, H_RSP, H_RBP, H_RSI, H_RDI, H_R8, H_R9, H_R10, H_R11, H_R12, H_R13, H_R14, H_R15, H_NONE,
} HostRegister;

typedef struct HostMemory {
	uint8_t base, index; /* HostRegister; the index is never rsp; without a base: not used */
	uint8_t scale;	     /* shift count */
	int32_t disp;
} HostMemory;

/* `at` is where the next byte goes; `delta` added to it, where that byte will run. Writing beyond `end` only sets `full`. */
typedef struct Asm {
	uint8_t *at, *end;
	ptrdiff_t delta;
	bool full;
	uint32_t written; /* bit n: an instruction since it was cleared may have written host register n */
} Asm;

/* One instruction. */
typedef struct HostInsn {
	bool lock, opsize66, w, l, vex, rex; /* rex: a byte register 4..7 means SPL..DIL */
	uint8_t rep;	    /* 0, 0xf2, 0xf3 */
	uint8_t map;	    /* 0 one byte, 1 0F, 2 0F38, 3 0F3A */
	uint8_t opcode;
	bool modrm, is_memory;
	uint8_t reg, rm, vvvv;
	HostMemory memory;
	uint8_t imm_size;
	uint64_t imm;
} HostInsn;

void asm_insn(Asm *a, const HostInsn *insn);
/* One that writes no general register but those in the mask. */
void asm_insn_writing(Asm *a, const HostInsn *insn, uint32_t written);
void asm_byte(Asm *a, uint8_t byte);
void asm_value(Asm *a, uint64_t value, unsigned size);

/* None of these touches the flags. Sizes in bytes; of registers 4 (the upper half is cleared) or 8, of memory 1, 2, 4, 8: loads of
 * less than 4 bytes clear the rest. */
void asm_move(Asm *a, unsigned size, unsigned to, unsigned from);
void asm_constant(Asm *a, unsigned to, uint64_t value);
void asm_load(Asm *a, unsigned size, unsigned to, HostMemory from);
void asm_store(Asm *a, unsigned size, HostMemory to, unsigned from);
void asm_lea(Asm *a, unsigned size, unsigned to, HostMemory address);
void asm_shrx(Asm *a, unsigned to, unsigned from, unsigned count);
void asm_rorx(Asm *a, unsigned to, unsigned from, unsigned count);
void asm_low16(Asm *a, unsigned to, unsigned from);
void asm_pext(Asm *a, unsigned to, unsigned from, HostMemory mask);
void asm_pdep(Asm *a, unsigned to, unsigned from, HostMemory mask);

/* Jumps whose target isn't known yet: the place of the displacement is returned; asm_aim() fills it. */
uint8_t *asm_jump(Asm *a);
uint8_t *asm_jump_if(Asm *a, unsigned condition);
uint8_t *asm_call(Asm *a);
uint8_t *asm_jump_rcx_zero(Asm *a); /* a byte's reach */
void asm_aim(uint8_t *place, const uint8_t *target);
void asm_aim_short(Asm *a, uint8_t *place, const uint8_t *target);
void asm_jump_memory(Asm *a, HostMemory target);
void asm_jump_register(Asm *a, unsigned target);
void asm_call_register(Asm *a, unsigned target);
