/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the translator's files share.
 *
 * Generated code keeps the guest in the host's registers:
 *
 *	guest	rax rdx rbx rbp rsi rdi r8 r9   r12   rsp   rcx   r10, r11, r13-r15	  flags		ymm0-15
 *	host	the same		      r10   r12   r14   in Cpu.gpr (slots)	  the host's	the same (see LIVE_VECTORS)
 *
 * Outside 64-bit mode the guest has no r8 to r15, and the host's r8, r9 and r10 keep where groups of accesses begin (see access.c).
 *
 * rcx, r11 and r13 are scratch, rsp is the host's stack, r15 points into the Cpu (STATE_BIAS). All that generated code does besides
 * the guest's own work leaves the flags alone: LEA, MOV, MOVZX, SHRX, RORX, JRCXZ.
 *
 * A block's hot part is a straight line. What is rare is in the cold part behind it: an instruction whose memory access misses the
 * TLB (or crosses a page, reaches a device, touches code, ...) is given to the interpreter as a whole, which raises its fault, or
 * does it and fills the TLB; then the hot part goes on behind it. This is always possible because nothing of an instruction is
 * written before its last access has been found in the TLB. So the state at a fault is the interpreter's own. */
#pragma once

#include "cpu/block.h"
#include "cpu/insn.h"
#include "jit/state.h"
#include "jit/x86_64/asm.h"

/* r15 minus the Cpu's address. The Cpu is aligned to 64, and SHRX takes its count from a register's low 6 bits: r15 doubles as the
 * shift by a page's 12 bits. And small displacements reach all general registers. */
enum { STATE = H_R15, STATE_BIAS = 128 + 12 };
#define STATE_AT(member) ((HostMemory){ STATE, H_NONE, 0, (int32_t)offsetof(Cpu, member) - STATE_BIAS })
#define STATE_INDEXED(member, index) ((HostMemory){ STATE, index, 3, (int32_t)offsetof(Cpu, member) - STATE_BIAS })

enum { ADDRESS = H_R13, EXTRA = H_R11, WORK = H_RCX }; /* the scratch registers by their usual roles */
enum { GUEST_RSP = H_R12 };
#define SLOT 0xff

/* Bytes in memory that are expected in a certain page. */
typedef struct Expected {
	uint16_t hint;	/* in Cpu.jit_hint: the TLB's entry */
	uint16_t last;	/* the last of them */
	uint8_t align;	/* a power of 2: they end at this after they began, at most, and are expected to be aligned; 0: it is known that they
			 * don't cross a page's end */
	bool write;
} Expected;

/* An instruction that may leave the hot part for the interpreter. */
typedef struct Cold {
	uint8_t *jumps[8]; /* places that lead here */
	uint8_t *restoring[2]; /* those that must load the flags from Cpu.jit_flags first */
	uint8_t *back;	   /* where to go on; NULL: it ends the block */
	uint8_t *lookup, *found; /* a jump that isn't in its first place; where it goes on if it is in the second */
	uint8_t *hint_failed, *hint_mended; /* an access's, and where it goes on */
	Expected expected;
	uint8_t address; /* the host register */
	uint8_t count, restoring_count, insn;
} Cold;

/* A way out at a known instruction pointer. */
typedef struct Exit {
	uint8_t *jump;	/* the place that leads here */
	int32_t offset; /* from the page's first byte */
	uint32_t site;	/* to be linked; 0: not */
} Exit;

/* A register's content: some unknown number plus a constant. */
typedef struct Value {
	uint16_t unknown;
	int64_t offset;
} Value;
typedef struct Values {
	Value reg[16];
	uint16_t unknowns;
} Values;
enum { NO_VALUE = 0xffff };

/* An address but for its constant. */
typedef struct AddressSum {
	enum { SUM_REGISTERS, SUM_PAGE /* the block's own */ } kind;
	uint16_t base, index; /* unknowns, or NO_VALUE */
	uint8_t scale;
} AddressSum;

typedef struct Access {
	int64_t offset;	/* to the sum */
	uint8_t sum, insn, size, align, group;
	bool write, leads; /* leads: its group's first */
	bool based;	/* its address is a register of the host's and a constant: the host adds them up for nothing */
	uint16_t hint;	/* in Cpu.jit_hint, or NO_HINT */
} Access;

/* Accesses to one sum, as far as they are in one page. */
typedef struct Group {
	int64_t low, end, phase; /* phase: where it is aligned */
	uint8_t sum, align, members;
	uint8_t computed; /* members whose address would have to be computed */
	uint8_t home;	  /* the host's register that keeps where it begins, or H_NONE */
	bool write;
} Group;

/* Instructions of the code that is translated by groups: a loop's may be there several times. */
enum { MOST_INSNS = 48 };
enum { MOST_ACCESSES = 2 * MOST_INSNS, MOST_GROUPS = 16, NO_GROUP = 0xff, NO_HINT = 0xffff };
typedef struct Accesses {
	Access access[MOST_ACCESSES];
	Group group[MOST_GROUPS];
	AddressSum sum[MOST_ACCESSES];
	unsigned count, group_count, sum_count;
	unsigned next;	/* the one that is emitted now */
	unsigned in_first_round; /* of a loop */
	bool overflow;
} Accesses;

/* An instruction on the way that a loop's code takes. */
typedef struct Step {
	const Block *block;
	uint8_t insn;
} Step;

typedef struct Translator {
	Cpu *cpu;
	Jit *t;
	Block *block;
	const Block *from;   /* which the instruction that is being translated belongs to: the block or, in a loop, another */
	const uint8_t *code; /* that one's bytes */
	unsigned offset;     /* that one's in its page */
	bool mode64, x87_page_known; /* Cpu.jit_x87_page is this page in the code that comes now */
	unsigned live;
	unsigned class;	     /* of the TLB */
	unsigned id;	     /* of the mode, for jump entries */
	Asm a;
	uint8_t *far_entry, *entry;
	bool plain;	     /* every access is checked by itself, and noted; else by groups */
	uint8_t *place[BLOCK_INSNS + 1]; /* of the plain code's instructions */
	unsigned interpreted; /* the first that is the interpreter's, or all */
	Values values;
	Accesses accesses;
	unsigned whole;	     /* outside 64-bit mode: the registers that have been written by now, so that their upper halves are 0 */
	unsigned held_group; /* WORK has what is kept of it, see access.c */
	unsigned insn;	     /* being translated: number of the step */
	unsigned steps;	     /* on the block's way, or on the loop's, see loop.c */
	unsigned period;     /* of the loop; 0: it is none */
	Step step[MOST_INSNS];
	bool rehearsal;	     /* what is emitted is thrown away */
	unsigned shadow;     /* the one behind STI, which must not look at events; 0: none */
	unsigned cold_count, exit_count;
	Cold cold[MOST_INSNS];
	Exit exits[3 * MOST_INSNS + 4];
} Translator;

/* Bytes of a general register, an address and the stack's items in the block's mode. */
static inline unsigned word(const Translator *t)
{
	return t->mode64 ? 8 : 4;
}

/* An instruction's bytes taken apart. */
typedef struct Raw {
	bool opsize66, w, vex, l;
	uint8_t rep, map, opcode;
	const uint8_t *imm;
	uint8_t imm_size;
} Raw;

/* ---- operands.c ---- */

/* Where a general register lives: a host register or SLOT. */
unsigned host_register(unsigned guest);
HostMemory register_slot(unsigned guest);
/* to = guest's register, all 64 bits; from likewise. */
void load_guest(Translator *t, unsigned to, unsigned guest);
void store_guest(Translator *t, unsigned guest, unsigned from);
/* The linear address of the instruction's memory operand, in the register that is returned (ADDRESS, or the guest's own). Uses WORK.
 * NO_ADDRESS: the interpreter must do it. */
enum { NO_ADDRESS = 0xfe };
bool has_address(const Translator *t, const Insn *i);
unsigned emit_address(Translator *t, const Insn *i);
/* A register was written: with 4 bytes of it outside 64-bit mode its upper half is 0 now. */
void note_whole(Translator *t, unsigned guest, unsigned size);
/* A member (of TlbSet) of the TLB's entry whose number is in EXTRA. */
HostMemory tlb_member(const Translator *t, size_t member);
/* WORK = addend for what begins at the linear address in the register `address`: [WORK + address] is the memory. The byte at `last`
 * behind it must be in the same page, and with `align` (16 or 32) be aligned; what isn't goes the slow way, as misses do. Uses EXTRA
 * and WORK, leaves the address. */
void emit_probe(Translator *t, unsigned address, unsigned last, bool write, unsigned align);
/* The same for what is expected in the page that a hint says. */
void emit_hinted_probe(Translator *t, unsigned address, Expected expected);
/* Where it isn't. The instruction is the one that is being translated. */
void emit_mend_hint(Translator *t, const Cold *c, bool counts);
/* Bytes that the operand has in memory, or more; 0: not known. */
unsigned operand_bytes(const Insn *i, const Operand *o);

/* ---- access.c ---- */
void values_reset(Values *v);
/* The instruction has been emitted. */
void values_follow(Translator *t, const Insn *i);
/* Plain code is done. True: other code would be better. */
bool accesses_group(Translator *t);
/* The last instruction that gains by it. */
unsigned accesses_last_better(const Translator *t);
HostMemory hint_slot(unsigned hint);
/* Where `size` bytes of the instruction's memory operand are. Of the scratch registers the result uses WORK and ADDRESS at most; EXTRA
 * is lost. False: the interpreter must do it. */
bool emit_operand(Translator *t, const Insn *i, unsigned size, bool write, unsigned align, HostMemory *at);
/* The same on the stack, `offset` from its pointer. */
void emit_stack_operand(Translator *t, int offset, unsigned size, bool write, HostMemory *at);
/* Moves the stack's pointer. */
void emit_move_stack(Translator *t, int by);
/* The register that has the operand's linear address, without FS's or GS's base; *at, where it is, may move to EXTRA for that. */
unsigned emit_linear(Translator *t, const Insn *i, HostMemory *at);

/* ---- translate.c ---- */
/* A jump at `place` leads to the interpreter, which does this instruction. */
void cold_jump(Translator *t, uint8_t *place);
Cold *cold_of(Translator *t);
/* The instruction pointer at `offset` from the page's first byte, into a register. */
void emit_rip(Translator *t, unsigned to, int64_t offset);
/* A jump (by the place of its displacement) out of the block to where `offset` says. */
void exit_to(Translator *t, uint8_t *jump, int32_t offset, bool link);
int32_t insn_offset(const Translator *t, const Insn *i);
/* Makes a step the one that is being translated. */
const Insn *take_step(Translator *t, unsigned n);
bool emit_native(Translator *t, const Insn *i);
bool is_live_in(const Translator *t, const Block *b);

/* ---- loop.c ---- */
/* The block as a loop's first, if it is one: its steps and period. The plain code is done. */
void loop_find(Translator *t);
/* Behind the last instruction of a block on the way: where the next one begins, from the page's first byte; -1: the way ends. */
int32_t loop_goes_on_at(const Translator *t);

/* ---- what is translated: false means that nothing was emitted and the interpreter shall do it ---- */
typedef bool EmitFn(Translator *t, const Insn *i, const Raw *raw);
EmitFn emit_copy, emit_compare_exchange_wide, emit_step_register, emit_lea, emit_offset_move, emit_divide, emit_nop; /* copy.c */
EmitFn emit_x87, emit_x87_control_word, emit_mmx, emit_wait;					  /* x87.c */
EmitFn emit_swapgs, emit_cli, emit_sti, emit_cld, emit_std, emit_pushf, emit_popf, emit_push_segment, emit_move_from_segment,
	emit_end_by_interpreter; /* system.c */
EmitFn emit_move_string, emit_store_string, emit_load_string, emit_repeated_move, emit_repeated_store; /* string.c */
EmitFn emit_push, emit_push_constant, emit_pop, emit_leave;			  /* stack.c */
EmitFn emit_jcc, emit_jump, emit_jump_indirect, emit_call, emit_call_indirect, emit_return, emit_jcxz, emit_loop; /* flow.c */
/* Where a relative jump goes, from the page's first byte. */
int64_t target_offset(const Translator *t, const Insn *i);
/* From where a block just ends to the next instruction. */
void emit_fall_through(Translator *t);

/* plan.c: how each form is translated */
typedef struct Plan {
	EmitFn *emit; /* NULL: by the interpreter */
	uint8_t rep;  /* the prefix that is part of its opcode */
	bool vector;  /* uses vector registers */
	bool x87;     /* uses x87 or MMX registers */
	bool counts;  /* by CL */
	bool writes_whole; /* always, and with 32 bits a host register's upper half, too */
	bool bit_string; /* a register's bit number, which reaches beyond a memory operand's size */
} Plan;
Plan *plans_new(void);

/* thunks.c: code that all blocks share; false: no room */
bool emit_thunks(Jit *t);
