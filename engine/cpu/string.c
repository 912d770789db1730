/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/string.tab: MOVS STOS LODS CMPS SCAS, alone and repeated.
 *
 * A repeated instruction commits rSI, rDI and rCX after every element, so a fault leaves them as the processor does and the
 * instruction goes on where it stopped; so do the flags (AMD's processors; Intel's restore them at a fault, which nobody can tell
 * once the instruction has ended). After REP_BUDGET a handler returns with RIP at its own instruction, for interrupts to be seen;
 * when traps are pending it does so after every element.
 *
 * MOVS and STOS run page-wise where both ends are plain memory (fast_...). */
#include <limits.h>

#include "cpu/shape.h"
#include "cpu/string_run.h"
#include "insn_handlers.h"

enum {
	REP_BUDGET = 4096, /* what one call may cost: an element is 1 */
	RUN_COST = 64,	   /* a run of elements at once, up to a page */
};

/* Under verification it depends on the instruction alone where it stops. */
ALWAYS_INLINE int first_budget(const Cpu *cpu)
{
	return cpu->watcher ? INT_MAX : REP_BUDGET;
}

/* ---- one element ---- */

ALWAYS_INLINE void one_movs(Cpu *cpu, const Insn *i, unsigned size)
{
	uint64_t value = mem_read(cpu, i->seg, string_address(cpu, i, RSI), size);
	mem_write(cpu, ES, string_address(cpu, i, RDI), value, size);
	string_advance(cpu, i, RSI, 1, size);
	string_advance(cpu, i, RDI, 1, size);
}

ALWAYS_INLINE void one_stos(Cpu *cpu, const Insn *i, unsigned size)
{
	mem_write(cpu, ES, string_address(cpu, i, RDI), read_reg(cpu, RAX, size), size);
	string_advance(cpu, i, RDI, 1, size);
}

ALWAYS_INLINE void one_lods(Cpu *cpu, const Insn *i, unsigned size)
{
	write_reg(cpu, RAX, mem_read(cpu, i->seg, string_address(cpu, i, RSI), size), size);
	string_advance(cpu, i, RSI, 1, size);
}

/* These two tell whether the elements were equal. */

/* Which of both operands' faults comes first isn't defined. On AMD's processors it is ES:rDI's, save for REPE CMPSB. */
ALWAYS_INLINE bool one_cmps(Cpu *cpu, const Insn *i, unsigned size)
{
	bool source_first = size == 1 && (i->flags & INSN_REP);
	uint64_t a = source_first ? mem_read(cpu, i->seg, string_address(cpu, i, RSI), size) : 0;
	uint64_t b = mem_read(cpu, ES, string_address(cpu, i, RDI), size);
	if (!source_first)
		a = mem_read(cpu, i->seg, string_address(cpu, i, RSI), size);
	string_advance(cpu, i, RSI, 1, size);
	string_advance(cpu, i, RDI, 1, size);
	flags_sub(&cpu->af, a, b, a - b, size);
	return a == b;
}

ALWAYS_INLINE bool one_scas(Cpu *cpu, const Insn *i, unsigned size)
{
	uint64_t a = read_reg(cpu, RAX, size);
	uint64_t b = mem_read(cpu, ES, string_address(cpu, i, RDI), size);
	string_advance(cpu, i, RDI, 1, size);
	flags_sub(&cpu->af, a, b, a - b, size);
	return a == b;
}

/* ---- runs within a page ---- */

/* Element by element, for a destination that begins inside the source: what was written is read again. */
ALWAYS_INLINE void copy_overlapping(uint8_t *to, const uint8_t *from, uint64_t elements, unsigned size, bool down)
{
	int64_t step = down ? -(int64_t)size : (int64_t)size;
	for (; elements; elements--, to += step, from += step)
		host_write(to, host_read(from, size), size);
}

ALWAYS_INLINE uint64_t fast_movs(Cpu *cpu, const Insn *i, uint64_t count, unsigned size)
{
	uint8_t *from, *to;
	bool down = cpu->eflags & EFLAGS_DF;
	count = string_plain_run(cpu, i, i->seg, string_address(cpu, i, RSI), count, size, ACCESS_READ, &from);
	if (count)
		count = string_plain_run(cpu, i, ES, string_address(cpu, i, RDI), count, size, ACCESS_WRITE, &to);
	if (!count)
		return 0;
	uint64_t lower = down ? (count - 1) * size : 0; /* the last element's distance from the first */
	if (down ? to < from && from < to + count * size : to > from && to < from + count * size)
		copy_overlapping(to, from, count, size, down);
	else
		memmove(to - lower, from - lower, count * size);
	string_advance(cpu, i, RSI, count, size);
	string_advance(cpu, i, RDI, count, size);
	return count;
}

ALWAYS_INLINE uint64_t fast_stos(Cpu *cpu, const Insn *i, uint64_t count, unsigned size)
{
	uint8_t *to;
	count = string_plain_run(cpu, i, ES, string_address(cpu, i, RDI), count, size, ACCESS_WRITE, &to);
	if (!count)
		return 0;
	uint64_t value = read_reg(cpu, RAX, size);
	if (cpu->eflags & EFLAGS_DF)
		to -= (count - 1) * size;
	if (size == 1)
		memset(to, (int)value, count);
	else
		for (uint64_t n = 0; n < count; n++)
			host_write(to + n * size, value, size);
	string_advance(cpu, i, RDI, count, size);
	return count;
}

ALWAYS_INLINE uint64_t fast_none(Cpu *cpu, const Insn *i, uint64_t count, unsigned size)
{
	(void)cpu;
	(void)i;
	(void)count;
	(void)size;
	return 0;
}

/* ---- repetition ---- */

ALWAYS_INLINE uint64_t repetitions(const Cpu *cpu, const Insn *i)
{
	return mask_address(cpu->gpr[RCX], i->adsize);
}

ALWAYS_INLINE void set_repetitions(Cpu *cpu, const Insn *i, uint64_t count)
{
	write_reg(cpu, RCX, count, i->adsize);
}

ALWAYS_INLINE void end_repetition(Cpu *cpu, const Insn *i, bool finished)
{
	if (!finished && cpu->step_resume)
		cpu->eflags |= EFLAGS_RF; /* it holds for the whole instruction */
	cpu->rip = finished ? insn_next_rip(cpu, i) : insn_rip(cpu, i);
}

typedef void OneElement(Cpu *cpu, const Insn *i, unsigned size);
typedef uint64_t FastRun(Cpu *cpu, const Insn *i, uint64_t count, unsigned size);

ALWAYS_INLINE void repeat(Cpu *cpu, const Insn *i, unsigned size, OneElement *one, FastRun *fast)
{
	uint64_t count = repetitions(cpu, i);
	bool runs = !cpu->debug_pending;
	for (int budget = first_budget(cpu); count && budget > 0; ) {
		uint64_t done = runs ? fast(cpu, i, count, size) : 0;
		budget -= done ? RUN_COST : 1;
		if (!done) {
			one(cpu, i, size);
			done = 1;
		}
		count -= done;
		set_repetitions(cpu, i, count);
		if (cpu->debug_pending)
			break;
	}
	end_repetition(cpu, i, count == 0);
}

typedef bool CompareElement(Cpu *cpu, const Insn *i, unsigned size);

/* F2 goes on while the elements differ, F3 while they are equal. */
ALWAYS_INLINE void repeat_compare(Cpu *cpu, const Insn *i, unsigned size, CompareElement *one)
{
	uint64_t count = repetitions(cpu, i);
	bool wanted = i->flags & INSN_REP, finished = count == 0;
	for (int budget = first_budget(cpu); !finished && budget > 0; budget--) {
		bool equal = one(cpu, i, size);
		set_repetitions(cpu, i, --count);
		finished = count == 0 || equal != wanted;
		if (cpu->debug_pending)
			break;
	}
	end_repetition(cpu, i, finished);
}

/* ---- handlers: the size is a constant in each copy ---- */

typedef enum StringOp { OP_MOVS, OP_STOS, OP_LODS, OP_CMPS, OP_SCAS } StringOp;

ALWAYS_INLINE void string_once(Cpu *cpu, const Insn *i, unsigned size, StringOp op)
{
	switch (op) {
	case OP_MOVS: one_movs(cpu, i, size); break;
	case OP_STOS: one_stos(cpu, i, size); break;
	case OP_LODS: one_lods(cpu, i, size); break;
	case OP_CMPS: one_cmps(cpu, i, size); break;
	case OP_SCAS: one_scas(cpu, i, size); break;
	}
}

ALWAYS_INLINE void string_repeated(Cpu *cpu, const Insn *i, unsigned size, StringOp op)
{
	switch (op) {
	case OP_MOVS: repeat(cpu, i, size, one_movs, fast_movs); break;
	case OP_STOS: repeat(cpu, i, size, one_stos, fast_stos); break;
	case OP_LODS: repeat(cpu, i, size, one_lods, fast_none); break;
	case OP_CMPS: repeat_compare(cpu, i, size, one_cmps); break;
	case OP_SCAS: repeat_compare(cpu, i, size, one_scas); break;
	}
}

typedef void StringFn(Cpu *cpu, const Insn *i, unsigned size, StringOp op);

ALWAYS_INLINE void string_by_size(Cpu *cpu, const Insn *i, StringOp op, StringFn *run)
{
	switch (i->opsize) {
	case 1: run(cpu, i, 1, op); break;
	case 2: run(cpu, i, 2, op); break;
	case 4: run(cpu, i, 4, op); break;
	default: run(cpu, i, 8, op); break;
	}
}

void op_movs(Cpu *cpu, const Insn *i) { string_by_size(cpu, i, OP_MOVS, string_once); }
void op_stos(Cpu *cpu, const Insn *i) { string_by_size(cpu, i, OP_STOS, string_once); }
void op_lods(Cpu *cpu, const Insn *i) { string_by_size(cpu, i, OP_LODS, string_once); }
void op_cmps(Cpu *cpu, const Insn *i) { string_by_size(cpu, i, OP_CMPS, string_once); }
void op_scas(Cpu *cpu, const Insn *i) { string_by_size(cpu, i, OP_SCAS, string_once); }
void op_rep_movs(Cpu *cpu, const Insn *i) { string_by_size(cpu, i, OP_MOVS, string_repeated); }
void op_rep_stos(Cpu *cpu, const Insn *i) { string_by_size(cpu, i, OP_STOS, string_repeated); }
void op_rep_lods(Cpu *cpu, const Insn *i) { string_by_size(cpu, i, OP_LODS, string_repeated); }
void op_rep_cmps(Cpu *cpu, const Insn *i) { string_by_size(cpu, i, OP_CMPS, string_repeated); }
void op_rep_scas(Cpu *cpu, const Insn *i) { string_by_size(cpu, i, OP_SCAS, string_repeated); }
