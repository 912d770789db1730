/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the two processes of the executor share: the layout of the memory between them (a memfd). Only native.c and
 * native-child.c may include this. See native-child.c for how the child works.
 *
 * The memfd holds, in this order: OracleControl, the child's two stacks, the batch of cases, the regions. The parent maps it
 * wherever it likes; the child maps the whole at ORACLE_CONTROL_ADDRESS, and the regions once more at their own addresses.
 */
#pragma once

#include "native.h"

/* Far from what any code gets at, and outside what an address sanitizer has for itself. */
#define ORACLE_CONTROL_ADDRESS 0x200000000000
#define ORACLE_CHILD_STACK_SIZE 0x10000u
#define ORACLE_BATCH_SIZE 0x100000u

/* Offsets into OracleEntry for the assembler part; native-child.c asserts them. */
#define ORACLE_ENTRY_FRAME 128
#define ORACLE_ENTRY_FS_BASE 168
#define ORACLE_ENTRY_GS_BASE 176
#define ORACLE_ENTRY_SAVED_RSP 184
#define ORACLE_ENTRY_XSAVE 192

typedef struct OracleEntry {
	uint64_t gpr[16];
	uint64_t rip, cs, rflags, rsp, ss; /* the frame for IRETQ */
	uint64_t fs_base, gs_base;
	uint64_t saved_rsp;	/* the executor's own, while the code runs */
	_Alignas(64) uint8_t xsave[1024]; /* XSAVE area: legacy part, header, YMM high halves */
} OracleEntry;

typedef struct OraclePlace { /* a window: where in the memfd, and how much */
	uint64_t offset;
	uint64_t size;
} OraclePlace;

/* A case in the batch. Behind it its code and the bytes of its windows; the next one begins at a multiple of 64. */
typedef struct OracleRecord {
	OracleState state;
	OracleFault fault;
	OraclePlace code; /* the place for the code; size 0: none */
	OraclePlace windows[ORACLE_WINDOWS];
	uint32_t record_size; /* to the next */
	bool mode64;
} OracleRecord;

typedef enum {
	ORACLE_SETUP_NONE,
	ORACLE_SETUP_RSEQ,
	ORACLE_SETUP_REGION,
	ORACLE_SETUP_SIGNAL,
	ORACLE_SETUP_SYSCALL_DISPATCH,
	ORACLE_SETUP_TIMER,
} OracleSetup;

typedef struct OracleControl {
	OracleEntry entry; /* first: its address is ORACLE_CONTROL_ADDRESS */

	/* Told by the parent before the child is made. */
	uint64_t memfd_size;
	uint64_t image_start, image_end; /* all of the program file that holds the child's functions */
	uint64_t text_start, text_end;	 /* its executable part */
	uint64_t rseq_address;		 /* 0: glibc has registered none */
	int32_t parent_pid;

	/* Told by the child. */
	uint32_t setup_failed; /* OracleSetup */
	int32_t setup_errno;
	uint32_t low_allowed;

	/* The exchange: the parent raises request, the child makes answer equal to it. Both are futexes. */
	uint32_t request, answer;
	uint32_t count; /* records in the batch */
	uint32_t current; /* the one being run */
	uint32_t parent_cpu, child_cpu; /* where each was when it last spoke: see oracle_spin */
	uint32_t died_signal; /* a signal that hit the executor itself */

	/* The child's own. */
	uint64_t run; /* counts the runs */
	uint64_t run_at_last_tick;
	OracleRecord *record;
} OracleControl;

typedef struct OracleRegionRow {
	uint64_t address;
	uint64_t size;
	uint64_t offset; /* in the memfd */
	int prot;	 /* the child's, PROT_* */
} OracleRegionRow;

#define ORACLE_CONTROL_SIZE 0x2000u
#define ORACLE_STACK_OFFSET ORACLE_CONTROL_SIZE
#define ORACLE_ALTSTACK_OFFSET (ORACLE_STACK_OFFSET + ORACLE_CHILD_STACK_SIZE)
#define ORACLE_BATCH_OFFSET (ORACLE_ALTSTACK_OFFSET + ORACLE_CHILD_STACK_SIZE)
#define ORACLE_REGIONS_OFFSET (ORACLE_BATCH_OFFSET + ORACLE_BATCH_SIZE)

/* By rising address: the child unmaps what is between them. */
extern const OracleRegionRow oracle_regions[ORACLE_REGIONS];

#define ORACLE_SPINS 400 /* with PAUSE some 10 microseconds: what a short run takes, and a caller who runs them one by one */

/* For all functions of the child: see native-child.c. (Clang's thread sanitizer changes atomic accesses all the same.) */
#define BARE no_stack_protector, no_sanitize("address"), no_sanitize("undefined"), no_sanitize("thread")
#ifdef __clang__
#define CHILD __attribute__((BARE, disable_sanitizer_instrumentation))
#else
#define CHILD __attribute__((BARE))
#endif

/*
 * Before sleeping until the word isn't the value any more: looks at it for a while if the other process is on another CPU,
 * as waking a sleeping CPU takes far longer than a short run does. On the same CPU that would only keep the other from
 * working. In this header as both processes need it, and the child can't call out of its file.
 */
CHILD static inline void oracle_spin(const uint32_t *word, uint32_t value, bool same_cpu) {
	for (int i = same_cpu ? 0 : ORACLE_SPINS; i > 0 && __atomic_load_n(word, __ATOMIC_ACQUIRE) == value; i--)
		__asm__ volatile("pause");
}

/* Call it in the new process; never returns. */
_Noreturn void oracle_child_start(int memfd);
