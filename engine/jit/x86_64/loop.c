/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops inside a page: a block whose successors lead back to it.
 *
 * The grouped code of its first block goes all the way round, several times if that is short. So what is accessed in several blocks
 * or rounds shares page checks, and events are looked at once. Which of a conditional jump's two ways belongs to the loop is guessed
 * from how often either has run; the other one leaves.
 *
 * The way goes forward until it comes back to its beginning. So each cycle of generated code still has a jump that looks at events: of
 * the ways that lead on from one another without looking, each would begin behind the one before. */
#include "jit/x86_64/translate.h"

enum { PAGE = 4096, MOST_ROUNDS = 4, LEAST_RUNS = 2 /* of a block, to be on the way */ };

/* ---- the way ---- */

static unsigned heat(const Block *b)
{
	return b->code ? UINT_MAX : b->runs;
}

/* The block at an offset in the page, if it may be on the way. */
static const Block *block_at(const Translator *t, int64_t offset)
{
	if (offset < 0 || offset >= PAGE)
		return NULL;
	const Block *b = block_known(t->cpu, (t->block->phys & ~(uint64_t)(PAGE - 1)) | (uint64_t)offset, t->block->mode);
	return b && heat(b) >= LEAST_RUNS && is_live_in(t, b) ? b : NULL;
}

static const Block *hotter(const Block *a, const Block *b)
{
	if (!a || !b)
		return a ? a : b;
	return heat(b) > heat(a) ? b : a;
}

/* Where the block at the last step leads to; NULL: off the way. */
static const Block *successor(Translator *t)
{
	const Insn *last = take_step(t, t->steps - 1);
	EmitFn *emit = t->t->plans[last->form].emit;
	int64_t behind = (int64_t)t->offset + t->from->bytes, head = t->block->phys & (PAGE - 1);
	if (behind >= PAGE || last->opsize == 2)
		return NULL;
	if (emit != emit_jcc && emit != emit_jump)
		return insn_forms[last->form].flags & FORM_END ? NULL : block_at(t, behind);
	int64_t target = target_offset(t, last);
	if (target == head)
		return t->block;
	if (target < behind || target >= PAGE)
		return NULL;
	return emit == emit_jump ? block_at(t, target) : hotter(block_at(t, behind), block_at(t, target));
}

static bool has_sti(const Translator *t, const Block *b)
{
	for (unsigned n = 0; n < b->count; n++)
		if (t->t->plans[b->insns[n].form].emit == emit_sti)
			return true;
	return false;
}

static bool add_block(Translator *t, const Block *b)
{
	if (t->steps + b->count > MOST_INSNS || has_sti(t, b))
		return false;
	for (unsigned n = 0; n < b->count; n++)
		t->step[t->steps++] = (Step){ b, (uint8_t)n };
	return true;
}

static bool find_way(Translator *t)
{
	t->steps = 0;
	const Block *b = t->block;
	do {
		if (!add_block(t, b))
			return false;
		b = successor(t);
	} while (b && b != t->block);
	return b;
}

static void repeat_way(Translator *t)
{
	unsigned rounds = MIN(MOST_INSNS / t->period, (unsigned)MOST_ROUNDS);
	for (; t->steps < rounds * t->period; t->steps++)
		t->step[t->steps] = t->step[t->steps - t->period];
}

int32_t loop_goes_on_at(const Translator *t)
{
	if (t->plain && !t->rehearsal)
		return -1;
	return t->period && t->insn + 1 < t->steps ? (int32_t)(t->step[t->insn + 1].block->phys & (PAGE - 1)) : -1;
}

/* ---- what it accesses ---- */

/* What lies behind the first block is emitted to see what it accesses, in terms of the registers as they were in the beginning. */
static bool rehearse(Translator *t)
{
	uint8_t *at = t->a.at;
	bool good = true;
	t->rehearsal = true;
	t->cold_count = t->exit_count = 0;
	for (unsigned n = t->block->count; n < t->steps && good; n++) {
		const Insn *i = take_step(t, n);
		if (n == t->period)
			t->accesses.in_first_round = t->accesses.count;
		good = emit_native(t, i);
		if (good)
			values_follow(t, i);
	}
	t->rehearsal = false;
	t->a.at = at;
	return good && !t->a.full && !t->accesses.overflow;
}

static void forget_way(Translator *t, unsigned accesses)
{
	t->steps = t->block->count;
	t->period = 0;
	t->accesses.count = accesses;
	t->accesses.overflow = false;
	t->a.full = false;
}

void loop_find(Translator *t)
{
	Accesses *all = &t->accesses;
	unsigned accesses = all->count;
	/* Verification wants its blocks one by one. */
	if (t->t->verify || t->interpreted != t->block->count || all->overflow || t->a.full)
		return;
	if (!find_way(t)) {
		forget_way(t, accesses);
		return;
	}
	t->period = t->steps;
	repeat_way(t);
	if (t->steps == t->block->count || !rehearse(t)) {
		forget_way(t, accesses);
		return;
	}
	for (unsigned n = 0; n < t->period; n++)
		t->block->lines |= t->step[n].block->lines;
}
