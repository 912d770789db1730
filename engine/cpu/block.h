/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decoded blocks: straight runs of instructions inside one physical page, kept by physical address and mode.
 *
 * The interpreter runs them, the translator reads them. A block ends at a row marked `end`, at the page's end, before an
 * instruction that crosses it (those are decoded anew each time they run), or after BLOCK_INSNS. Each processor has its own
 * cache; what is shared is the page's code_lines bitmap, by which any writer knows that it touches code. */
#pragma once

#include "cpu/insn.h"

enum { BLOCK_INSNS = 32 };

struct Block {
	uint64_t phys;	   /* of the first byte */
	uint32_t mode;	   /* Cpu.mode it was decoded for; BLOCK_VOID: invalidated */
	uint64_t lines;	   /* of its page, that it is made of: its own, and those of others that its code contains */
	uint16_t bytes;
	uint8_t count;
	bool sets_rip;	   /* the last instruction writes cpu->rip */
	Block *next_hash, *next_page;
	const uint8_t *source; /* its bytes, as they were decoded: in memory they may have changed since */
	/* the translator's */
	const void *code;  /* NULL: not translated */
	const void *far_code; /* for jumps from other pages */
	uint32_t runs;	   /* while it wasn't */
	uint8_t mode_id;   /* stands for its mode in jump entries */
	uint8_t live;	   /* which registers its code has live: LIVE_..., see jit/state.h */
	uint32_t hints_left, hints_since; /* how often its hints may fail yet, and since when, in microseconds */
	bool no_hints;	   /* they failed too often */
	bool jump_rips;	   /* looked up by other instruction pointers too */
	uint64_t jump_rip; /* by which it is looked up; 0: by none yet */
	uint32_t incoming; /* list of jumps to its code, 0: none */
	Block *next_code, **code_link; /* of the list of blocks whose code lies in the same part of the code cache */
	Insn insns[];
};
#define BLOCK_VOID (~0u)

/* The 64-byte lines of its page that `size` bytes at `phys` touch, size at least 1, all within the page. */
static inline uint64_t code_lines_of(uint64_t phys, unsigned size)
{
	unsigned first = (unsigned)(phys & 0xfff) >> 6, last = ((unsigned)(phys & 0xfff) + size - 1) >> 6;
	return (~(uint64_t)0 >> (63 - last)) & (~(uint64_t)0 << first);
}

/* The block at cpu->rip, decoded if need be. NULL: the next instruction must be stepped, see interp.c (it crosses a page, isn't
 * in memory, or isn't inside the code segment's limit). Raises fetch faults. */
Block *block_at_rip(Cpu *cpu);
/* A block that is decoded already, or NULL. */
Block *block_known(Cpu *cpu, uint64_t phys, uint32_t mode);
/* Runs instructions that lie one behind the other at cpu->rip, until one of them wants to leave; `sets_rip`: the last one may write
 * cpu->rip. Raises their faults. */
void insns_run(Cpu *cpu, const Insn *insns, unsigned count, bool sets_rip);
/* Blocks with bytes in these 64-byte lines of a physical page are void; the running one ends after its instruction. */
void blocks_invalidate(Cpu *cpu, uint64_t page, uint64_t lines);
/* All of them. Not while one runs, unless the caller leaves it at once. */
void blocks_flush(Cpu *cpu);

/* At most so many bytes of decoded blocks, or 4 MiB; 16 MiB at first, and at most. All blocks go. */
void blocks_limit(Cpu *cpu, size_t bytes);

typedef struct BlockCounters {
	uint64_t decoded, evicted; /* blocks */
	uint64_t evictions;	   /* of a part of the cache, for room */
	int64_t longest_ns;	   /* of the thread's time that one of them took */
} BlockCounters;
BlockCounters blocks_counters(const Cpu *cpu);

BlockCache *blocks_new(void); /* NULL: the host has no memory for it */
void blocks_free(BlockCache *cache);
