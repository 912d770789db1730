/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processor's state: what the manuals call registers, and what the engine derives from them.
 *
 * Private to engine/cpu, engine/jit and their tests. All of it belongs to the processor's own thread, save `events`
 * (atomic, any thread). Derived members (marked so) are recomputed by cpu_mode_changed() and segment_refresh(), never
 * written elsewhere. */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "cpu/flags.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };
/* Two slots behind the sixteen general registers make every address base + index * scale + displacement. */
enum { GPR_NONE = 16 /* always 0 */, GPR_RIP = 17 /* instruction pointer of the running block's first instruction */, GPR_COUNT };

enum { ES, CS, SS, DS, FS, GS, SEGMENT_COUNT };

/* Access rights in a cached descriptor: bits 40-47 and 52-55 of the descriptor, moved down by 40. */
enum {
	AR_TYPE = 0x000f, AR_ACCESSED = 0x0001, AR_WRITABLE = 0x0002 /* data */, AR_READABLE = 0x0002 /* code */,
	AR_EXPAND_DOWN = 0x0004 /* data */, AR_CONFORMING = 0x0004 /* code */, AR_CODE = 0x0008,
	AR_S = 0x0010, AR_DPL = 0x0060, AR_DPL_SHIFT = 5, AR_P = 0x0080,
	AR_AVL = 0x1000, AR_L = 0x2000, AR_DB = 0x4000, AR_G = 0x8000,
};

typedef struct Segment {
	uint16_t selector;
	uint16_t attr;	      /* AR_... */
	uint32_t limit;	      /* in bytes, inclusive, granularity applied */
	uint64_t base;
	bool usable;	      /* false after a null selector */
	uint64_t eff_base;    /* derived: 0 where 64-bit mode ignores the base */
	uint64_t read_end;    /* derived: accesses with offset + size <= read_end are allowed; 0 sends every access to segment_check() */
	uint64_t write_end;
} Segment;

typedef struct TableRegister {
	uint64_t base;
	uint32_t limit;
} TableRegister;

enum {
	CR0_PE = 1u << 0, CR0_MP = 1u << 1, CR0_EM = 1u << 2, CR0_TS = 1u << 3, CR0_ET = 1u << 4, CR0_NE = 1u << 5,
	CR0_WP = 1u << 16, CR0_AM = 1u << 18, CR0_NW = 1u << 29, CR0_CD = 1u << 30,
};
#define CR0_PG (1u << 31)
enum {
	CR4_VME = 1 << 0, CR4_PVI = 1 << 1, CR4_TSD = 1 << 2, CR4_DE = 1 << 3, CR4_PSE = 1 << 4, CR4_PAE = 1 << 5,
	CR4_MCE = 1 << 6, CR4_PGE = 1 << 7, CR4_PCE = 1 << 8, CR4_OSFXSR = 1 << 9, CR4_OSXMMEXCPT = 1 << 10,
	CR4_UMIP = 1 << 11, CR4_LA57 = 1 << 12, CR4_FSGSBASE = 1 << 16, CR4_PCIDE = 1 << 17, CR4_OSXSAVE = 1 << 18,
	CR4_SMEP = 1 << 20, CR4_SMAP = 1 << 21, CR4_PKE = 1 << 22,
};
enum { EFER_SCE = 1 << 0, EFER_LME = 1 << 8, EFER_LMA = 1 << 10, EFER_NXE = 1 << 11, EFER_FFXSR = 1 << 14 };
enum { XCR0_X87 = 1, XCR0_SSE = 2, XCR0_AVX = 4, XCR0_PKRU = 1 << 9 };

/* What a block's translation depends on; part of its key, so that no instruction tests it when it runs. Derived. */
enum {
	MODE_CODE16 = 0, MODE_CODE32 = 1, MODE_CODE64 = 2, MODE_CODE = 3,
	MODE_PROTECTED = 1 << 2,  /* CR0.PE and not EFLAGS.VM */
	MODE_V86 = 1 << 3,
	MODE_CPL_SHIFT = 4, MODE_CPL = 3 << 4,
	MODE_EM = 1 << 6, MODE_TS = 1 << 7, MODE_MP = 1 << 8,
	MODE_OSFXSR = 1 << 9,
	MODE_AVX = 1 << 10,	  /* CR4.OSXSAVE and XCR0 has SSE and AVX */
	MODE_OSXSAVE = 1 << 11,
	MODE_STACK32 = 1 << 12,	  /* SS.B, outside 64-bit code */
	MODE_LONG = 1 << 13,	  /* EFER.LMA: 64-bit or compatibility mode */
	MODE_UMIP = 1 << 14,
	/* of data segments; always set in 64-bit code */
	MODE_FLAT = 1 << 15,	  /* CS, DS, ES and SS begin at 0 and have no limit */
	MODE_FREE_FS = 1 << 16,	  /* FS has no limit */
	MODE_FREE_GS = 1 << 17,
	MODE_CLASS_SHIFT = 18, MODE_CLASS = 3 << 18, /* tlb_class */
	MODE_X87_LIVE = 1 << 20,  /* the translator's: code that has the x87 registers live; gone with the next change of mode */
};

typedef union Vector { /* one YMM register, or 16 bytes of it */
	uint8_t u8[32];
	uint16_t u16[16];
	uint32_t u32[8];
	uint64_t u64[4];
	int8_t s8[32];
	int16_t s16[16];
	int32_t s32[8];
	int64_t s64[4];
} Vector;

typedef struct X87Register {
	uint64_t mant; /* also the MMX register */
	uint16_t se;   /* sign and exponent; 0xffff after an MMX write */
} X87Register;

typedef struct X87 {
	X87Register r[8]; /* physical registers R0-R7; ST(i) is r[(top + i) & 7] */
	uint16_t cw;
	uint16_t sw;	  /* without TOP (bits 11-13), which is in `top` */
	uint8_t top;
	uint8_t empty;	  /* bit n: R(n) is empty (tag 11) */
	uint16_t opcode;  /* 11 bits */
	uint64_t ip, dp;
	uint16_t cs, ds;
} X87;

/* One software TLB set: what the fast paths look at. A tag is the page's linear address, negated: added to an address in that page
 * it gives the offset in the page, with any other address more than a page. An empty entry must give more than a page with whatever is
 * looked for in it, and that need not have its index: generated code looks where an access last was. So its tag is that of a page
 * outside the canonical addresses, which is drawn by lot for each processor: guests could only guess its 48 bits.
 * Arrays instead of records, and 16 bits of index: generated code finds its entry by two instructions that leave the flags alone.
 * A set is large and mostly never touched; its memory is zero at first, the page 0, which is right for all entries but the first and
 * last as long as they are looked at for their own index only. */
enum { TLB_BITS = 16, TLB_SIZE = 1 << TLB_BITS };
typedef struct TlbSet {
	uint64_t read[TLB_SIZE], write[TLB_SIZE];
	uintptr_t addend[TLB_SIZE]; /* host address minus linear address, when a tag matches */
} TlbSet;

/* The rest of an entry, for the slow path. */
typedef struct TlbInfo {
	uint64_t page;	/* linear page it was filled for, whatever the tags say, with TLB_VALID; without: none. And TLB_LOGGED */
	uint64_t phys;	/* of the page, A20 applied */
	uint8_t allow;	/* TLB_READ, TLB_WRITE */
	bool global;
	CpuPage ram;	/* host == NULL: not memory */
} TlbInfo;
/* In TlbInfo.page, TLB_LOGGED << global: that log has this entry. */
enum { TLB_READ = 1, TLB_WRITE = 2, TLB_VALID = 1, TLB_LOGGED = 2, TLB_IN_LOGS = 3 * TLB_LOGGED };

/* Privilege classes, one TLB set each. */
enum {
	TLB_USER,
	TLB_KERNEL_SMAP, /* user pages are forbidden */
	TLB_KERNEL,
	TLB_USER_ALIGN,	 /* user, with alignment checks: its entries get no tags, so that every access is looked at */
	TLB_CLASSES,
};

/* Instruction fetch has a TLB of its own: its permissions differ. An entry holds if `generation` is Cpu.fetch_generation[global]. */
typedef struct FetchEntry {
	uint64_t tag, phys;
	CpuPage ram;
	uint32_t generation;
	bool global;
} FetchEntry;
enum { FETCH_SIZE = 1024 };

/* Reasons to leave the fast loop at the next instruction or block boundary; bits of Cpu.events. */
enum {
	EVENT_INTR = 1 << 0,	 /* the interrupt controller's line is up */
	EVENT_NMI = 1 << 1, EVENT_SMI = 1 << 2, EVENT_INIT = 1 << 3, EVENT_SIPI = 1 << 4,
	EVENT_EXIT = 1 << 5,	 /* cpu_run() returns */
	EVENT_DEBUG = 1 << 6,	 /* debug_pending holds trap bits to deliver, or TF is set */
	EVENT_SHADOW = 1 << 7,	 /* the next instruction runs under the interrupt shadow of STI, MOV SS or POP SS */
	EVENT_REMAP = 1 << 8,	 /* decoded code, the memory map or A20 changed: everything cached about them is void */
	EVENT_VIRTUAL = 1 << 9,	 /* EFLAGS.VIF and VIP are set: #GP where virtual interrupts are on */
	EVENT_CODE = 1 << 10,	 /* code_messages has pages whose decoded code is void */
};

typedef struct Insn Insn;
typedef struct Block Block;
typedef struct BlockCache BlockCache;
typedef struct Crossing Crossing;
typedef struct Jit Jit;

/* What a translator to host code does for the interpreter's loop. All in the processor's thread. */
typedef struct CpuTranslator {
	/* Runs the block at cpu->rip, and what follows, until there is reason to look at events; false: nothing was run. */
	bool (*run)(Cpu *cpu, Block *block);
	void (*block_void)(Cpu *cpu, Block *block);
	void (*blocks_flushed)(Cpu *cpu);
	/* Linear addresses mean something else: all, or all that aren't global, or those of one page. */
	void (*mapping_changed)(Cpu *cpu, bool global_too);
	void (*page_changed)(Cpu *cpu, uint64_t linear);
	void (*free)(Cpu *cpu);
} CpuTranslator;

/* Who wants to know of everything that instructions do to RAM, see jit/verify.c. */
typedef struct CpuWatcher {
	/* Before a page of RAM is written by way of this TLB entry, or (entry < 0) by its physical address. True: further stores by
	 * this entry need not be told; who says so takes its write tag back when that ends. */
	bool (*store)(Cpu *cpu, const CpuPage *ram, unsigned class, int entry);
	/* Decoded code was written. True: leave it be. */
	bool (*code)(Cpu *cpu, uint64_t page, uint64_t lines);
	/* An accessed or dirty bit was set in a page table in this page of RAM. */
	void (*table)(Cpu *cpu, const CpuPage *ram);
} CpuWatcher;

/* Where generated code goes on at an instruction pointer, see jit/jumps.h. */
enum { JUMP_SIZE = 1 << 16, JUMP_PAGE_WORDS = 1 << 10 };

/* What others wrote where code had been decoded: from any thread, until the processor looks between two blocks. When it is full, the
 * processor forgets all its code instead. */
enum { CODE_MESSAGES = 64 };
typedef struct CodeMessages {
	GMutex lock;
	unsigned count;
	struct { uint64_t page, lines; } at[CODE_MESSAGES];
} CodeMessages;

/* Why accesses to memory weren't made by the fast path: Cpu.slow. */
typedef enum SlowAccess {
	SLOW_NEW,      /* nothing about the page was in the TLB */
	SLOW_CONFLICT, /* another page was in its place */
	SLOW_RIGHTS,   /* the page was there without the right, or not dirty */
	SLOW_CROSSING, SLOW_DEVICE, SLOW_CODE /* a store to a page with decoded code */, SLOW_WATCHED /* by debug registers, alignment checks */,
	SLOW_CAUSES,
} SlowAccess;

/* How many stores there were lately to a page that has code, but not to the code. */
typedef struct CodeStores {
	uint64_t page;
	unsigned count;
} CodeStores;

struct Cpu {
	/* the hot part */
	uint64_t gpr[GPR_COUNT];
	ArithFlags af;
	uint32_t eflags;	   /* bit 1 and all but OF SF ZF AF PF CF, which are in `af`; eflags_get() joins them */
	uint32_t mode;		   /* derived: MODE_... */
	const Insn *insn;	   /* the instruction that runs; NULL outside a block */
	const Insn *stop;	   /* the block's loop runs while insn < stop */
	uint64_t rip;		   /* valid outside blocks; inside, see insn_rip() and insn_next_rip() */
	uint64_t linear_mask;	   /* derived: 0xffffffff, in 64-bit mode ~0 */
	uint64_t stack_mask;	   /* derived: 0xffff, 0xffffffff or ~0 */
	Segment seg[SEGMENT_COUNT];
	uint32_t events;	   /* EVENT_..., atomic */
	uint32_t steady;	   /* 0 while there are events (and perhaps longer, see may_translate()), but for an interrupt that waits because
				    * interrupts are off: what generated code polls. Atomic */
	uint8_t cpl;
	uint8_t tlb_class;	   /* derived: of explicit data accesses */
	uint8_t tlb_class_system;  /* derived: of descriptor table, TSS and other implicit accesses */
	bool align_check;	   /* derived: CR0.AM, EFLAGS.AC and CPL 3 */
	const Insn *first;	   /* of the running block */

	X87 x87;
	Vector ymm[16];
	uint32_t mxcsr;

	/* system registers */
	Segment ldtr, tr;
	TableRegister gdtr, idtr;
	uint64_t cr0, cr2, cr3, cr4, cr8, efer, xcr0;
	uint64_t pdpte[4];	   /* loaded with CR3 in PAE mode */
	uint64_t dr[8];		   /* 4 and 5 unused */
	uint32_t pkru;
	uint64_t kernel_gs_base, star, lstar, cstar, sfmask;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
	uint64_t pat, apic_base, tsc_offset, tsc_aux, tsc_deadline, tsc_adjust, misc_enable, debugctl;
	uint64_t mtrr_def_type, mtrr_fixed[11], mtrr_base[10], mtrr_mask[10];
	uint64_t mcg_status, mcg_ctl, mc_bank[10][4];
	uint64_t xss, microcode_revision, spec_ctrl;
	uint64_t msr_kept[32];	   /* MSRs that do nothing but remember, in the order of msr.c's table */
	uint64_t smbase;

	/* between instructions */
	bool halted;		   /* HLT or MWAIT */
	bool wait_for_sipi;
	bool in_smm, nmi_blocked, shadow_is_ss;
	bool a20_masked;	   /* bit 20 of physical addresses is forced to 0 */
	bool a20_wanted_off;	   /* atomic: what a20_masked becomes with EVENT_REMAP */
	bool shut_down;		   /* a triple fault happened */
	bool step_resume;	   /* RF was set before the instruction being stepped */
	bool ferr;		   /* FERR# is asserted (CR0.NE = 0) */
	bool ferr_ignored;	   /* IGNNE#: until FERR# goes */
	uint8_t sipi_vector;
	uint32_t debug_pending;	   /* DR6 bits of traps to deliver after this instruction */
	uint32_t watch_enabled;	   /* derived from DR7: bit n: DRn watches data accesses */

	/* exception delivery (interrupt.c) */
	int delivering;		   /* vector being delivered, -1 none: for #DF and triple faults */
	jmp_buf fault_exit;	   /* where cpu_fault() goes, see interp.c */
	CpuFault fault;

	uint64_t monitor_address;  /* MONITOR's, for MWAIT */
	bool mwait, mwait_masked;  /* while halted: by MWAIT; and masked interrupts end it */
	unsigned pauses;
	uint64_t insns_retired;	   /* counted per block */
	uint64_t smi_count;

	const CpuModel *model;
	CpuFeatures features;	   /* derived: what the guest is offered */
	CpuTopology topology;
	CpuBus bus;
	BlockCache *blocks;
	CodeStores code_stores[16]; /* by page */
	CodeMessages code_messages;
	uint64_t slow[SLOW_CAUSES]; /* counters; one access may have two causes */
	Crossing *crossings;
	uint32_t map_generation;   /* linear-to-physical lookups of older generations are void */
	uint32_t tlb_logged[TLB_CLASSES][2];
	uint64_t large_first, large_last; /* linear range that large pages in the TLB lie in; first > last: none */
	uint64_t tlb_miss;		  /* the tag of what is not there, see TlbSet */
	FetchEntry fetch[2][FETCH_SIZE]; /* supervisor, user */
	uint32_t fetch_generation[2]; /* of entries that aren't global, and of those that are; never 0 */
	uint64_t budget_end;	   /* cpu_run() returns when insns_retired gets there */

	/* generated code's own; see jit/ */
	const CpuTranslator *translator; /* NULL: everything is interpreted */
	Jit *jit;
	const CpuWatcher *watcher;	 /* NULL: there is none */
	uint64_t jit_page;	   /* instruction pointer of the running page's first byte */
	uint64_t jit_temporary[5];
	uint64_t jit_group[16];	   /* what is kept of a block's groups of accesses, see jit/x86_64/access.c */
	uint64_t jit_misaligned[6]; /* constants: the bits that an address in a page aligned to 1 << index hasn't got */
	/* Where accesses of generated code were last found in the TLB, see jit/x86_64/access.c. Each class has its own: what was never
	 * filled in its set is never looked at. */
	uint16_t jit_hint[TLB_CLASSES][1 << 12];
	Block *jit_hints_fail;	   /* this block's too often; NULL: none's */
	_Alignas(16) uint8_t jit_x87[512]; /* FXSAVE's image */
	uint32_t jit_mxcsr;	   /* the host's own */
	uint32_t jit_x87_last;	   /* the last x87 instruction: X87_LAST_...; 0: none since the registers were loaded */
	uint64_t jit_x87_page;	   /* its page's instruction pointer */
	uint64_t jit_low5, jit_low6, jit_not_low6; /* constants: 0x1f, 0x3f, and all other bits than that */
	uint64_t jit_not_if;	   /* constant: all bits but EFLAGS_IF */
	uint64_t jit_df, jit_not_df; /* constants: EFLAGS_DF, and all other bits */
	uint16_t jit_flags;	   /* as LAHF and SETO AL leave them in AX */
	uint8_t jit_x87_segment;   /* that its memory operand was in, from 1; 0: it had none, and those before neither */
	bool jit_x87_home;	   /* the x87 registers are in Cpu.x87, not in the host's */
	uint32_t jit_site;	   /* which jump left generated code, for linking; 0: none */

	/* the large arrays, last */
	uint64_t jump_negated[2 * JUMP_SIZE]; /* a number that stands for the mode, times 8, minus the instruction pointer */
	const void *jump_code[2 * JUMP_SIZE]; /* what runs there */
	uint32_t jump_second_left; /* see jit/x86_64/thunks.c */
	/* Which of them are filled: [1] those in global pages. And in which pages they may be, by the page's low 16 bits. */
	uint32_t jump_log[2][2 * JUMP_SIZE];
	uint32_t jump_logged[2];
	uint8_t jump_in_log[2 * JUMP_SIZE]; /* bit 0, 1: of jump_log */
	uint64_t jump_pages[JUMP_PAGE_WORDS];
	TlbSet tlb[TLB_CLASSES];
	TlbInfo tlb_info[TLB_CLASSES][TLB_SIZE];
	/* Which entries are filled: a flush walks these. [1]: those of global pages, which most flushes leave alone. */
	uint16_t tlb_log[TLB_CLASSES][2][TLB_SIZE];
};


/* Recomputes all that is derived from CR0, CR4, EFER, XCR0, EFLAGS, CPL, CS and SS; call after changing any of them
 * within an instruction that ends its block. */
void cpu_mode_changed(Cpu *cpu);
/* Recomputes the derived members of one segment. */
void segment_refresh(Cpu *cpu, unsigned segment);
void segment_refresh_all(Cpu *cpu);
/* The running block ends after this instruction. */
static inline void cpu_leave_block(Cpu *cpu)
{
	cpu->stop = NULL;
}

static inline bool cpu_has(const Cpu *cpu, unsigned feature)
{
	return cpu->features.word[feature / 64] >> (feature % 64) & 1;
}

static inline unsigned code_bits(const Cpu *cpu)
{
	return 16u << (cpu->mode & MODE_CODE);
}

static inline void cpu_raise_event(Cpu *cpu, uint32_t event)
{
	__atomic_fetch_or(&cpu->events, event, __ATOMIC_SEQ_CST);
	__atomic_store_n(&cpu->steady, 0, __ATOMIC_SEQ_CST);
}

static inline void cpu_clear_event(Cpu *cpu, uint32_t event)
{
	if (__atomic_and_fetch(&cpu->events, ~event, __ATOMIC_SEQ_CST))
		return;
	/* Another thread may have raised one just now, and have cleared this too early. */
	__atomic_store_n(&cpu->steady, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&cpu->events, __ATOMIC_SEQ_CST))
		__atomic_store_n(&cpu->steady, 0, __ATOMIC_SEQ_CST);
}
