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
	uint32_t mode;
	unsigned live;
	Block *target;	     /* linked to it; NULL: not linked */
	uint32_t next, previous; /* in the target's list of incoming jumps, by number; 0: none */
	uint32_t next_in_region; /* or in the list of free ones */
} Site;

/* A part of the code cache, see cache.c. */
typedef struct Region {
	uint8_t *start, *end;
	uint8_t *filled; /* up to there; of the region that is being filled, Jit.next says it */
	Block *blocks;	 /* whose code lies in it */
	uint32_t sites;	 /* those in its code */
} Region;

enum { MODE_IDS = 127 };

/* How often in a short time, see judge_hints(). */
enum { HINTS_MAY_FAIL = 2000 };

/* Beside the general registers and flags, which registers of the guest's are in the host's own while a block's code runs. User code
 * has the vectors there from the first block on, other code where it uses them. The x87's come with its first instruction and stay
 * until the mode changes (MODE_X87_LIVE), which the kernel's entry does. */
enum { LIVE_GENERAL, LIVE_VECTORS, LIVE_X87 /* and vectors */, LIVE_KINDS };

/* The ways between C and generated code that has the same registers live. Outside 64-bit mode there are eight general and eight vector
 * registers, and the host's that the others live in are free. What generated code names is in the view where it is written. */
typedef struct Thunks {
	unsigned live;
	bool wide; /* in 64-bit mode */
	void (*enter)(Cpu *cpu, const void *code);
	uint8_t *interpret, *leave;
	const uint8_t *back, *resume;
} Thunks;

/* Cpu.jit_x87_last */
enum {
	X87_LAST_OPCODE = 0x7ff, X87_LAST_OFFSET_SHIFT = 11, X87_LAST_OFFSET = 0xfff,
};
#define X87_LAST_VALID (1u << 31)

/* Durations of which some are measured, see profile.c. */
typedef struct Sample {
	uint64_t count;
	int64_t sampled_ns;
} Sample;

struct Jit {
	CodeMemory memory;
	uint8_t *next;		/* where the next block goes */
	Region *regions;
	unsigned region, region_count; /* that is being filled */
	struct Plan *plans;	/* by form */
	uint64_t *profile;	/* by form: how often the interpreter had to do it */
	GArray *sites;		/* of Site; number 0 is none */
	uint32_t free_site;	/* list of unused ones */
	uint32_t modes[MODE_IDS];
	unsigned mode_count;
	unsigned hints;		/* how many were given out of Cpu.jit_hint, which goes round */
	uint32_t hot;		/* how often a block runs in the interpreter before it is translated, and 1 */
	Thunks thunks[2][LIVE_KINDS]; /* outside 64-bit mode, in it */
	uint8_t *look_up;
	const uint8_t *out;
	JitCounters counters;	/* what isn't in the samples */
	Sample entered, helped; /* generated code with all that it calls; jit_interpret() */
	FILE *perf_map;		/* of jit_set_perf_map() */
	struct Verify *verify;	/* of jit_verify(); NULL: code is trusted */
	struct { const char *mnemonic; JitFault fault; } planted; /* of jit_plant_fault() */
};

/* The block in its page translated; false: it can't be, or there were no more numbers of modes (then all is gone and the next try
 * succeeds). */
bool jit_translate(Cpu *cpu, Block *block);
/* Is everything that a mode asks for to be had? */
bool jit_takes_mode(const Cpu *cpu);
/* From generated code: runs one instruction of a block by the interpreter, and says where generated code goes on: in Thunks.back, in
 * Thunks.resume (at `code`), or in Jit.out. */
typedef struct Continuation {
	const void *thunk, *code;
} Continuation;
Continuation jit_interpret(Cpu *cpu, Block *block, unsigned insn, const Thunks *from);

/* Of code in a mode. */
static inline const Thunks *thunks_for(const Jit *t, uint32_t mode, unsigned live)
{
	return &t->thunks[(mode & MODE_CODE) == MODE_CODE64][live];
}

/* Runs a translated block, and what is linked to it. True: it left before an instruction whose hints fail too often. */
bool jit_enter(Cpu *cpu, const Block *block);
/* The number of a mode and what is live in it, from 1; 0: no more. */
unsigned jit_mode_id(Jit *t, uint32_t mode, unsigned live);

/* ---- cache.c ---- */
/* With the memory that lies behind Jit.next. */
void cache_init(Jit *t);
void cache_free(Jit *t);
/* Room for so many bytes of code at Jit.next, where other code may have to go for it. Not while generated code runs. */
uint8_t *cache_room(Cpu *cpu, size_t bytes);
/* The block's code lies from Jit.next to `end`, where the next one goes. */
void cache_add(Jit *t, Block *b, uint8_t *end);
/* In the code that is being written. Its number. */
uint32_t cache_new_site(Jit *t, const Site *site);
/* Aims the jump that left generated code last (Cpu.jit_site) at this block's code, if it wants to go there. */
void cache_link(Cpu *cpu, Block *b);
/* CpuTranslator's block_void and blocks_flushed. */
void cache_block_void(Cpu *cpu, Block *b);
void cache_flush(Cpu *cpu);

/* ---- profile.c ---- */
/* Around what is counted; what leaves by a long jump isn't measured. */
int64_t sample_begin(Sample *s);
void sample_end(Sample *s, int64_t begin);

/* ---- verify.c ---- */
/* Runs a translated block twice and compares. False: not the moment, the interpreter shall run it. */
bool verify_run(Cpu *cpu, Block *b);
/* Generated code comes to this instruction, which it leaves to the interpreter: shall it stop before it? */
bool verify_stops_at(const Jit *t, unsigned insn);
void verify_free(Jit *t);

bool block_has_x87(const Jit *t, const Block *block);
