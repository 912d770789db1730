/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A processor's translation: its code, the jumps between blocks, and the counters. */
#pragma once

#include "cpu/block.h"
#include "cpu/state.h"
#include "jit/code_memory.h"
#include "jit/jit.h"

/* A jump between two blocks of one page that can be aimed at the other's code. */
typedef struct Site {
	uint8_t *place;	     /* of its displacement */
	uint8_t *stub;	     /* where it leads while it isn't linked */
	uint64_t phys;	     /* where it wants to go, and in what mode */
	uint32_t mode, next; /* next in the target's list of incoming jumps, by number; 0 ends it */
	bool vectors;
} Site;

enum { MODE_IDS = 127 };

struct Jit {
	CodeMemory memory;
	uint8_t *next, *first;	/* where the next block goes; the first may */
	struct Plan *plans;	/* by form */
	uint64_t *profile;	/* by form: how often the interpreter had to do it */
	GArray *sites;		/* of Site; number 0 is none */
	uint32_t modes[MODE_IDS];
	unsigned mode_count;
	uint32_t hot;		/* how often a block runs in the interpreter before it is translated, and 1 */
	uint32_t generation;	/* of the mapping that the jump entries hold for */
	/* the thunks, by whether vectors are live. In the view where they are written, save `enter` */
	void (*enter[2])(Cpu *cpu, const void *code);
	uint8_t *interpret[2], *leave[2];
	JitCounters counters;
};

/* The block in its page translated; false: it can't be, or there was no room (then all is gone and the next try succeeds). */
bool jit_translate(Cpu *cpu, Block *block);
/* Is everything that a mode asks for to be had? */
bool jit_takes_mode(const Cpu *cpu);
/* From generated code: runs one instruction of a block by the interpreter. True: generated code must be left. */
bool jit_interpret(Cpu *cpu, Block *block, unsigned insn);
/* The number of a mode with or without vectors, from 1; 0: no more. */
unsigned jit_mode_id(Jit *t, uint32_t mode, bool vectors);
void jit_flush(Cpu *cpu);
