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
	unsigned live;
} Site;

enum { MODE_IDS = 127 };

/* How often in a short time, see judge_hints(). */
enum { HINTS_MAY_FAIL = 2000 };

/* Beside the general registers and flags, which registers of the guest's are in the host's own while a block's code runs. User code
 * has the vectors there from the first block on, other code where it uses them. The x87's come with its first instruction and stay
 * until the mode changes (MODE_X87_LIVE), which the kernel's entry does. */
enum { LIVE_GENERAL, LIVE_VECTORS, LIVE_X87 /* and vectors */, LIVE_KINDS };

/* Cpu.jit_x87_last */
enum {
	X87_LAST_OPCODE = 0x7ff, X87_LAST_OFFSET_SHIFT = 11, X87_LAST_OFFSET = 0xfff,
};
#define X87_LAST_VALID (1u << 31)

struct Jit {
	CodeMemory memory;
	uint8_t *next, *first;	/* where the next block goes; the first may */
	struct Plan *plans;	/* by form */
	uint64_t *profile;	/* by form: how often the interpreter had to do it */
	GArray *sites;		/* of Site; number 0 is none */
	uint32_t modes[MODE_IDS];
	unsigned mode_count;
	unsigned hints;		/* how many were given out of Cpu.jit_hint, which goes round */
	uint32_t hot;		/* how often a block runs in the interpreter before it is translated, and 1 */
	/* the thunks, by what is live. In the view where they are written, save `enter` */
	void (*enter[LIVE_KINDS])(Cpu *cpu, const void *code);
	uint8_t *interpret[LIVE_KINDS], *leave[LIVE_KINDS];
	JitCounters counters;
	FILE *perf_map;		/* of jit_set_perf_map() */
};

/* The block in its page translated; false: it can't be, or there was no room (then all is gone and the next try succeeds). */
bool jit_translate(Cpu *cpu, Block *block);
/* Is everything that a mode asks for to be had? */
bool jit_takes_mode(const Cpu *cpu);
/* From generated code: runs one instruction of a block by the interpreter. True: generated code must be left. */
bool jit_interpret(Cpu *cpu, Block *block, unsigned insn, unsigned live);
/* The number of a mode and what is live in it, from 1; 0: no more. */
unsigned jit_mode_id(Jit *t, uint32_t mode, unsigned live);
void jit_flush(Cpu *cpu);
bool block_has_x87(const Jit *t, const Block *block);
