/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The host's processor as the judge: runs unprivileged x86 code bytes natively, in 64-bit mode or in 32-bit
 * compatibility mode, from a complete register state, and gives back the complete state or the fault.
 *
 * The code runs in a child process which has nothing mapped but the regions below and the executor itself, so that the
 * code may do whatever it likes: jump anywhere, lose its stack pointer, load segment registers, loop for ever, call the
 * system (it isn't called). If the child dies nevertheless, the run is reported as ORACLE_DIED and a new child is made.
 *
 * Threads: an OracleNative belongs to one thread at a time; several may exist side by side.
 *
 * The surroundings that the code finds, to be set up alike in whatever is judged:
 * - CPL 3, IOPL 0, IF 1; flat segments: CS is 33h in 64-bit and 23h in 32-bit mode, DS, ES, SS, FS and GS are 2Bh in both.
 *   FS and GS have the bases given in the state, in both modes; a load of the register with 2Bh makes the base zero.
 * - Only the regions below are mapped. Everything else faults with a page fault of a page that isn't present. (From an
 *   address in the kernel's half the error code always has P set: Linux pretends that.)
 * - Linux itself stands in for SGDT, SIDT, SLDT, STR and SMSW on processors with UMIP instead of giving #GP.
 * - What the system decides shows too: CPUID, XGETBV, RDTSC, RDPID. PKRU is zero; code that forbids itself everything with
 *   WRPKRU may kill the executor on Linux before 6.12. State beyond AVX (ZMM, masks, PKRU) begins initial and isn't given back.
 * - A locked access across two cache lines may be slowed down or get #AC from Linux on processors that detect split locks.
 * - SYSCALL in 32-bit code (AMD) is not carried out either, but the state after it means nothing, and where ESP points to
 *   nothing a fault elsewhere is reported.
 * - Under some hypervisors ICEBP reports its own address instead of the next instruction's.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct OracleFpu {
	uint16_t fcw, fsw;
	uint8_t ftw_abridged; /* one bit for each physical register, 1: not empty */
	uint16_t fop;
	uint64_t fip, fdp; /* as the 64-bit form of FXSAVE has them; see oracle_native_fpu_pointers */
	uint32_t mxcsr;
	uint8_t st[8][10]; /* st[i] is ST(i) */
} OracleFpu;

typedef struct OracleState {
	uint64_t gpr[16]; /* rax rcx rdx rbx rsp rbp rsi rdi r8..r15: the manual's encoding order */
	uint64_t rip, rflags;
	OracleFpu fx;
	uint8_t ymm[16][32];
	uint64_t fs_base, gs_base;
	uint16_t segment[6]; /* ES CS SS DS FS GS; given back only */
} OracleState;

/* Values of OracleFault.vector that aren't vectors of the processor. */
enum {
	ORACLE_NO_FAULT = -1, /* the code came to its end */
	ORACLE_TIMEOUT = -2,  /* it used up 20 to 40 ms of processor time */
	ORACLE_DIED = -3,     /* the executor died; error_code is the signal. The state isn't changed. */
	ORACLE_SYSCALL = -4,  /* SYSCALL, SYSENTER or INT 80h; it was not carried out */
	ORACLE_REFUSED = -5,  /* the case can't be run: see oracle_native_run */
};

typedef struct OracleFault {
	int vector; /* 0 #DE 1 #DB 3 #BP 4 #OF 5 #BR 6 #UD 11 #NP 12 #SS 13 #GP 14 #PF 16 #MF 17 #AC 19 #XM, or one of the above */
	uint32_t error_code;
	uint64_t address; /* the linear address, for #PF */
	bool address_known;
} OracleFault;

/* The memory that code may use. Both sides of every region are unmapped. The contents stay from run to run. */
typedef enum {
	ORACLE_LOW,      /* read, write: within reach of 16-bit addresses. Needs vm.mmap_min_addr at or below its address, or root. */
	ORACLE_CODE,     /* read, execute: the place of the code; the rest is full of INT3 */
	ORACLE_DATA,     /* read, write */
	ORACLE_READONLY, /* read */
	ORACLE_RWX,      /* read, write, execute: for code that changes itself */
	ORACLE_STACK,    /* read, write */
	ORACLE_HIGH,     /* read, write: above 2 GiB, where a 32-bit address isn't a sign-extended one */
	ORACLE_FAR,      /* read, write: above 4 GiB */
	ORACLE_REGIONS,
} OracleRegion;

#define ORACLE_PAGE_SIZE 0x1000u
#define ORACLE_LOW_ADDRESS 0x8000u
#define ORACLE_LOW_SIZE (2 * ORACLE_PAGE_SIZE)
#define ORACLE_CODE_ADDRESS 0x10000000u
#define ORACLE_CODE_SIZE (2 * ORACLE_PAGE_SIZE)
#define ORACLE_DATA_ADDRESS 0x20000000u
#define ORACLE_DATA_SIZE (4 * ORACLE_PAGE_SIZE)
#define ORACLE_READONLY_ADDRESS 0x28000000u
#define ORACLE_READONLY_SIZE ORACLE_PAGE_SIZE
#define ORACLE_RWX_ADDRESS 0x2c000000u
#define ORACLE_RWX_SIZE ORACLE_PAGE_SIZE
#define ORACLE_STACK_ADDRESS 0x30000000u
#define ORACLE_STACK_SIZE (2 * ORACLE_PAGE_SIZE)
#define ORACLE_HIGH_ADDRESS 0xc0000000u
#define ORACLE_HIGH_SIZE ORACLE_PAGE_SIZE
#define ORACLE_FAR_ADDRESS 0x123456789000u
#define ORACLE_FAR_SIZE ORACLE_PAGE_SIZE

/* The selectors that the code runs with. */
enum { ORACLE_CS32 = 0x23, ORACLE_CS64 = 0x33, ORACLE_SS = 0x2b };

/* The flags that a state can bring; the others are IF 1 and bit 1, and read so afterwards. After a fault RF is as the
 * processor pushed it: set for a fault, clear for a trap. */
#define ORACLE_RFLAGS_MASK 0x254dd5u /* CF PF AF ZF SF TF DF OF NT RF AC ID */

typedef struct OracleNative OracleNative;

/* NULL with an error that says why when the host can't do it: a reason to skip. */
OracleNative *oracle_native_new(GError **error);
void oracle_native_free(OracleNative *n);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OracleNative, oracle_native_free)

/*
 * Whether fop, fip and fdp are always given back. AMD's FXSAVE and XSAVE store zeros instead unless FSW.ES is set (an
 * unmasked exception is pending), and the state comes from XSAVE. They are loaded and kept in the processor nevertheless:
 * code that ends with FNSTENV shows them.
 */
bool oracle_native_fpu_pointers(const OracleNative *n);

/* The region's place for the code, its size, and where this process sees it. The code's region is not to be written
 * there (a run does it). NULL if the host doesn't allow the region (only ORACLE_LOW). */
uint64_t oracle_native_address(OracleRegion region);
size_t oracle_native_size(OracleRegion region);
uint8_t *oracle_native_memory(OracleNative *n, OracleRegion region);
/* The same by the code's address: NULL unless all of size bytes are in one region. */
uint8_t *oracle_native_at(OracleNative *n, uint64_t address, size_t size);

/*
 * Puts the code at state->rip, which must be in ORACLE_CODE or ORACLE_RWX with all its bytes, runs it, and replaces the
 * state. It ends where it meets the INT3 filling of ORACLE_CODE (rip then is that INT3's address): behind its last byte,
 * or wherever it jumped to in the region. Code in ORACLE_RWX ends by jumping there. Code that ends with the region
 * faults by fetching from the unmapped page behind.
 * With no code bytes (code_size 0) rip may be any canonical user address.
 * Returns true if the code came to its end; else false and the fault (which may be NULL if it isn't wanted).
 *
 * In 32-bit mode the upper halves of the eight registers, RSP and RIP are taken and given as zero.
 * Refused: code outside those two regions; a RIP in the kernel's half; bits in fx.mxcsr that the processor doesn't have;
 * FS or GS bases that aren't canonical (of 48 bits); a window outside the regions or in ORACLE_CODE.
 */
bool oracle_native_run(OracleNative *n, bool mode64, const uint8_t *code, size_t code_size, OracleState *state,
		       OracleFault *fault);

/* Many runs for one exchange with the child: what makes them cheap. */
#define ORACLE_WINDOWS 4
typedef struct OracleWindow {
	uint64_t address; /* in a region but ORACLE_CODE, writable for the code or not */
	uint32_t size;	  /* bytes; 0: not used */
	uint8_t *bytes;	  /* put there before the run, and read back after it; stays the caller's */
} OracleWindow;

typedef struct OracleCase {
	bool mode64;
	const uint8_t *code;
	uint32_t code_size;
	OracleState state;		       /* in and out */
	OracleFault fault;		       /* out */
	OracleWindow windows[ORACLE_WINDOWS];  /* written and read in this order */
} OracleCase;

void oracle_native_run_many(OracleNative *n, OracleCase *cases, size_t count);

/* For comparing memory as a whole: all regions but the code's. */
void oracle_native_snapshot(OracleNative *n); /* remember the contents; a new executor's snapshot is all zero */
void oracle_native_restore(OracleNative *n);  /* make them so again; cheap when little has changed */
/* The first byte at or above *address that differs from the snapshot; false: none. */
bool oracle_native_changed(OracleNative *n, uint64_t *address);
