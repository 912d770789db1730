/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs one static Linux program on the board without an operating system: loads the ELF file, and answers the few system calls
 * that a C library makes on its way to main() and out again. For benchmarks: what is measured is the processor alone. */
#pragma once

#include "board.h"

typedef struct Program {
	Board *board;
	uint64_t brk, mmap_next; /* physical and linear addresses are the same */
	uint64_t exit_status;
	bool exited;
	uint64_t unknown_call;	 /* the number of the first system call that isn't known */
	GString *output;
} Program;

/* `argv` ends with NULL. 64-bit, statically linked, not position-independent. */
Program *program_new(const char *model, const char *path, const char *const *argv, GError **error);
void program_free(Program *program);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Program, program_free)

/* True when it ended by exit(). */
bool program_run(Program *program, uint64_t insns);
