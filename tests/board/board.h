/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smallest machine around a processor, for tests: flat RAM from physical address 0, and a few ports.
 *
 *	0xE9  write: a character of output
 *	0xF4  write: raises an external interrupt with that vector, until acknowledged
 *	0xF5  write: NMI
 *	0xF6  write: the guest is done; the value is its exit code
 *	0xF7  write: the guest expects a triple fault; that is a success
 *	0xB2  write: SMI
 *	0x92  bit 1: A20
 * Other ports read as all ones, addresses outside of RAM too. One thread. */
#pragma once

#include "cpu/cpu.h"

typedef struct Board {
	Cpu *cpu;
	uint8_t *ram;
	uint64_t *code_lines; /* one word per page */
	uint64_t ram_size;
	GString *output;
	int exit_code;	      /* -1: not yet */
	bool expect_triple_fault, triple_fault;
	int interrupt;	      /* pending vector, -1: none */
	uint8_t port92;
	char *difference;     /* what board_verify() found first; NULL: nothing */
	uint64_t bus_reads, bus_writes; /* accesses outside of RAM */
} Board;

Board *board_new(const char *model, uint64_t ram_size, GError **error);
void board_free(Board *board);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Board, board_free)

/* Runs until the guest is done, halts for good, or has executed `insns`. True: it came to its end by itself (port 0xF6, or the
 * triple fault that it announced). */
bool board_run(Board *board, uint64_t insns);

/* From now on by generated code, from each block's first run on. False: this host has no translator. */
bool board_translate(Board *board);
/* After board_translate(): each block runs in the interpreter too, and what both leave is compared (Board.difference). Not with
 * board_run_freely(). */
void board_verify(Board *board);
/* As board_run(), without counting instructions: generated code goes from block to block by itself only so. After `seconds` the guest
 * is taken for hung. */
bool board_run_freely(Board *board, unsigned seconds);
