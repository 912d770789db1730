/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instructions that cross a page's end, which no block has, as they were decoded last: so that a loop with one needn't decode it again
 * and again. Their bytes are compared each time they run, so nothing has to be told when they change. */
#pragma once

#include "cpu/insn.h"
#include "cpu/state.h"
#include "cpu/tlb.h"

enum { CROSSINGS = 64 };

typedef struct Crossing {
	uint64_t linear;
	uint32_t mode;	  /* Cpu.mode it was decoded for */
	uint8_t bytes[15];
	Insn insn;	  /* of length 0: none */
} Crossing;

static inline bool crossing_possible(uint64_t linear)
{
	enum { PAGE = 4096, LONGEST = 15 };
	return (linear & (PAGE - 1)) > PAGE - LONGEST;
}

/* Does one begin there, as far as its first page says? */
bool crossing_begins(const Cpu *cpu, uint64_t linear, const FetchEntry *fetch);
/* The one that begins there; NULL: not known. Raises the faults of fetching it. */
const Insn *crossing_fetch(Cpu *cpu, uint64_t linear);
/* Remembers an instruction, if it crosses. */
void crossing_add(Cpu *cpu, uint64_t linear, const Insn *insn, const uint8_t *bytes);
