/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The translator's front: guest blocks to host code, see x86_64/translate.c for how.
 *
 * Each processor has a translation of its own, which its thread alone touches. What isn't translated runs in the interpreter,
 * instruction by instruction if need be, so everything works that works there. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cpu/cpu.h"

/* Can this host translate? *why: if not, what it lacks; a constant. Any thread. */
bool jit_available(const char **why);
/* From now on the processor runs translated code; cache_bytes of it at most. The processor must not run. False and *error: the
 * host can't, or gives no memory for code. It goes with the processor. */
bool jit_attach(Cpu *cpu, size_t cache_bytes, GError **error);

/* A block is translated when it is about to run for the n-th time, from 1; 8 at first. */
void jit_set_threshold(Cpu *cpu, unsigned n);

/* From now on a line for each block that is translated, as perf reads them: address, size, name. The file stays the caller's, and may
 * be that of several processors. NULL: no more. */
void jit_set_perf_map(Cpu *cpu, FILE *file);

typedef struct JitCounters {
	uint64_t translated, code_bytes, flushes, voided, linked;
	uint64_t entries;    /* of generated code from the loop outside */
	uint64_t resumed;    /* after an instruction that ended a block in the interpreter */
	uint64_t interpreted; /* instructions that generated code gave to the interpreter */
} JitCounters;
bool jit_is_attached(const Cpu *cpu);
/* Zeros for a processor without. While the processor doesn't run, or roughly. */
JitCounters jit_counters(const Cpu *cpu);
/* The forms that generated code gave to the interpreter most often: name and count, most first; free with g_free. For `info jit`. */
char *jit_profile(const Cpu *cpu);
