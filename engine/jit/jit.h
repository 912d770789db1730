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
/* From now on the processor runs translated code; cache_bytes of it at most, but JIT_LEAST_CACHE. The processor must not run. False and *error: the
 * host can't, or gives no memory for code. It goes with the processor. */
enum { JIT_LEAST_CACHE = 512 << 10 };
bool jit_attach(Cpu *cpu, size_t cache_bytes, GError **error);

/* A block is translated when it is about to run for the n-th time, from 1; 8 at first. */
void jit_set_threshold(Cpu *cpu, unsigned n);

/* From now on a line for each block that is translated, as perf reads them: address, size, name. The file stays the caller's, and may
 * be that of several processors. NULL: no more. */
void jit_set_perf_map(Cpu *cpu, FILE *file);

/* Lock-step verification, see verify.c: from now on each translated block runs in the interpreter too, and registers and memory are
 * compared. Only a machine's single processor, and once it has code. */
typedef struct JitVerifier {
	void *owner;
	/* The first difference, as text of several lines; called once, in the processor's thread. Afterwards it runs nothing more:
	 * cpu_run() returns CPU_EXIT_SHUTDOWN. */
	void (*differs)(void *owner, const char *report);
	/* Nobody else writes to RAM while this is held. Called in the processor's thread; NULL: nobody does. */
	void (*hold)(void *owner, bool held);
} JitVerifier;
void jit_verify(Cpu *cpu, const JitVerifier *verifier);
typedef struct JitVerified {
	uint64_t blocks;      /* compared */
	uint64_t alone;	      /* instructions that can't be done twice (device accesses, random numbers) */
	uint64_t unverified;  /* blocks left to the interpreter: their results aren't exact, or an event came */
} JitVerified;
JitVerified jit_verified(const Cpu *cpu);

/* For tests of the verification: from now on what is translated of an instruction is wrong. NULL: no longer. */
typedef enum JitFault { JIT_FAULT_NONE, JIT_FAULT_REGISTER, JIT_FAULT_FLAGS, JIT_FAULT_OMITTED } JitFault;
void jit_plant_fault(Cpu *cpu, const char *mnemonic, JitFault fault);

typedef struct JitCounters {
	uint64_t blocks, code_bytes, links; /* that there are */
	uint64_t translated, linked;	    /* blocks, and jumps between them, so far */
	uint64_t voided;		    /* blocks whose code was invalid: written to, decoded anew */
	uint64_t flushes;		    /* of everything: another memory map, A20 */
	uint64_t evictions, evicted;	    /* of a part of the cache for room, and blocks that went with it */
	int64_t longest_eviction_ns; /* of the thread's time */
	int64_t translate_ns, run_ns, helpers_ns; /* the latter two estimated; run_ns is without helpers */
	uint64_t entries;    /* of generated code from the loop outside */
	uint64_t resumed;    /* after an instruction that ended a block in the interpreter */
	uint64_t interpreted; /* instructions that generated code gave to the interpreter */
} JitCounters;
bool jit_is_attached(const Cpu *cpu);
/* Zeros for a processor without. While the processor doesn't run, or roughly. */
JitCounters jit_counters(const Cpu *cpu);
/* The forms that generated code gave to the interpreter most often: name and count, most first; free with g_free. For `info jit`. */
char *jit_profile(const Cpu *cpu);
