/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cpu.jump_negated and jump_code: where generated code goes on at an instruction pointer, for jumps that aren't linked.
 *
 * An entry is in one of two places, both taken from the instruction pointer: generated code looks at the first, and if that is another's
 * at the second, in the other half of the table (thunks.c). One place would not do: a kernel has thousands of functions, and two that are called in turn and share a
 * place would send every call to the interpreter.
 *
 * The entries hold for the present mapping of linear addresses. What they depend on is logged, so that a change of the mapping
 * costs as much as there is to forget: those in global pages and the others apart, and a bit for each page that has any. */
#include "jit/jumps.h"

#include <string.h>

static unsigned first_place(uint64_t rip)
{
	return rip >> JUMP_FIRST_SHIFT & (JUMP_SIZE - 1);
}

static unsigned second_place(uint64_t rip)
{
	return JUMP_SIZE + (((rip >> JUMP_FIRST_SHIFT) + (rip >> JUMP_SECOND_SHIFT)) & (JUMP_SIZE - 1));
}

/* An instruction pointer that is another's plus some mode numbers would find that one's entry, if it had the same place; as the numbers
 * are moved up by as much as places leave out, it has another, in the first half of the table and in the second. */
static uint64_t negated(const Block *b, uint64_t rip)
{
	return ((uint64_t)b->mode_id << JUMP_FIRST_SHIFT) - rip;
}

typedef struct JumpEntry {
	uint64_t negated;
	const void *code;
} JumpEntry;

/* Zero would be found by an instruction pointer that equals a moved number: in the first places of each half. What stands there instead
 * is found by one that has its places elsewhere. */
static JumpEntry empty_jump(unsigned index)
{
	enum { ELSEWHERE = 0x8000 };
	return (JumpEntry){ (index & (JUMP_SIZE - 1)) <= MODE_IDS ? ELSEWHERE : 0, NULL };
}

static JumpEntry jump_at(const Cpu *cpu, unsigned index)
{
	return (JumpEntry){ cpu->jump_negated[index], cpu->jump_code[index] };
}

static void set_jump(Cpu *cpu, unsigned index, JumpEntry entry)
{
	cpu->jump_negated[index] = entry.negated;
	cpu->jump_code[index] = entry.code;
}

void jumps_init(Cpu *cpu)
{
	cpu->jump_second_left = JUMP_SECOND_HITS;
	for (unsigned n = 0; n <= MODE_IDS; n++) {
		set_jump(cpu, n, empty_jump(n));
		set_jump(cpu, JUMP_SIZE + n, empty_jump(n));
	}
}

/* ---- forgetting ---- */

static void clear_log(Cpu *cpu, unsigned global)
{
	for (unsigned n = 0; n < cpu->jump_logged[global]; n++) {
		unsigned index = cpu->jump_log[global][n];
		set_jump(cpu, index, empty_jump(index));
		cpu->jump_in_log[index] &= (uint8_t)~(1u << global);
	}
	cpu->jump_logged[global] = 0;
}

void jumps_mapping_changed(Cpu *cpu, bool global_too)
{
	clear_log(cpu, 0);
	if (!global_too)
		return;
	clear_log(cpu, 1);
	memset(cpu->jump_pages, 0, sizeof cpu->jump_pages);
}

void jumps_clear_all(Cpu *cpu)
{
	jumps_mapping_changed(cpu, true);
}

/* Which bit of jump_pages stands for a page. */
static uint64_t page_bit(uint64_t linear, unsigned *word)
{
	*word = linear >> 18 & (JUMP_PAGE_WORDS - 1);
	return (uint64_t)1 << (linear >> 12 & 63);
}

/* An entry says its instruction pointer but for the mode's number. */
static bool may_be_in_page(JumpEntry e, uint64_t page)
{
	uint64_t least = -e.negated, most = least + (MODE_IDS << JUMP_FIRST_SHIFT);
	return e.code && ((least ^ page) < 4096 || (most ^ page) < 4096);
}

/* The log keeps its rows. */
void jumps_page_changed(Cpu *cpu, uint64_t page)
{
	unsigned word;
	uint64_t bit = page_bit(page, &word);
	if (!(cpu->jump_pages[word] & bit))
		return;
	for (unsigned global = 0; global < 2; global++)
		for (unsigned n = 0; n < cpu->jump_logged[global]; n++) {
			unsigned index = cpu->jump_log[global][n];
			if (may_be_in_page(jump_at(cpu, index), page))
				set_jump(cpu, index, empty_jump(index));
		}
}

static void forget_at(Cpu *cpu, unsigned index, const Block *b)
{
	if (cpu->jump_code[index] == b->far_code)
		set_jump(cpu, index, empty_jump(index));
}

void jumps_clear_block(Cpu *cpu, const Block *b)
{
	forget_at(cpu, first_place(b->jump_rip), b);
	forget_at(cpu, second_place(b->jump_rip), b);
	if (!b->jump_rips)
		return;
	for (unsigned global = 0; global < 2; global++)
		for (unsigned n = 0; n < cpu->jump_logged[global]; n++)
			forget_at(cpu, cpu->jump_log[global][n], b);
}

/* ---- remembering ---- */

static void log_place(Cpu *cpu, unsigned index, unsigned global)
{
	if (cpu->jump_in_log[index] & 1u << global)
		return;
	cpu->jump_log[global][cpu->jump_logged[global]++] = index;
	cpu->jump_in_log[index] |= (uint8_t)(1u << global);
}

/* An entry knows its instruction pointer but for the mode's number, which its place in the first half tells. */
static uint64_t rip_at(const Cpu *cpu, unsigned first)
{
	uint64_t negated = cpu->jump_negated[first], places = (negated + (1 << JUMP_FIRST_SHIFT) - 1) >> JUMP_FIRST_SHIFT;
	return ((first + places) & (JUMP_SIZE - 1)) * (1 << JUMP_FIRST_SHIFT) - negated;
}

/* What is in a first place goes to its second one. */
static void vacate(Cpu *cpu, unsigned first)
{
	unsigned second = second_place(rip_at(cpu, first));
	for (unsigned global = 0; global < 2; global++)
		if (cpu->jump_in_log[first] & 1u << global)
			log_place(cpu, second, global);
	set_jump(cpu, second, jump_at(cpu, first));
}

/* The first: what comes last is wanted most. */
static unsigned make_room(Cpu *cpu, uint64_t wanted)
{
	unsigned first = first_place(cpu->rip), second = second_place(cpu->rip);
	if (cpu->jump_negated[second] == wanted)
		set_jump(cpu, second, empty_jump(second));
	if (cpu->jump_code[first] && cpu->jump_negated[first] != wanted)
		vacate(cpu, first);
	return first;
}

void jumps_set(Cpu *cpu, Block *b, bool global)
{
	JumpEntry wanted = { negated(b, cpu->rip), b->far_code };
	unsigned index = make_room(cpu, wanted.negated), word;
	if (cpu->jump_negated[index] == wanted.negated && cpu->jump_code[index] == wanted.code)
		return;
	log_place(cpu, index, global);
	uint64_t bit = page_bit(cpu->rip, &word);
	cpu->jump_pages[word] |= bit;
	b->jump_rips |= b->jump_rip && b->jump_rip != cpu->rip;
	b->jump_rip = cpu->rip;
	set_jump(cpu, index, wanted);
}
