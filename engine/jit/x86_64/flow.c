/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jumps, calls and returns.
 *
 * A jump inside the page is linked: it goes to the other block's code directly, as long as both exist. Whatever leaves the page
 * looks its target up (see jit/jumps.c), which holds for the present mapping only; what isn't there is the interpreter's, which also
 * checks the target. Backward and looked-up jumps look at Cpu.steady, so that every loop does. */
#include "jit/jumps.h"
#include "jit/x86_64/translate.h"

enum { PAGE = 4096 };

static bool in_page(int64_t offset)
{
	return offset >= 0 && offset < PAGE;
}

int64_t target_offset(const Translator *t, const Insn *i)
{
	return (int64_t)t->offset + i->next + (int64_t)i->imm;
}

static bool reachable(int64_t offset)
{
	return offset == (int32_t)offset;
}

/* Leads out if events are pending. The place is that of a short jump: emit_poll_exit() must not be far. NULL: behind STI, where none
 * is seen. */
static uint8_t *emit_poll(Translator *t)
{
	if (t->insn && t->shadow == t->insn)
		return NULL;
	asm_load(&t->a, 4, WORK, STATE_AT(steady));
	return asm_jump_rcx_zero(&t->a);
}

/* Behind an unconditional jump: where a poll leads, if there was one, and from there to `offset`. */
static void emit_poll_exit(Translator *t, uint8_t *poll, int32_t offset)
{
	if (!poll)
		return;
	asm_aim_short(&t->a, poll, t->a.at);
	exit_to(t, asm_jump(&t->a), offset, false);
}

/* To an offset inside the page. */
static void emit_linked_jump(Translator *t, const Insn *i, int64_t offset)
{
	uint8_t *poll = offset <= insn_offset(t, i) ? emit_poll(t) : NULL;
	exit_to(t, asm_jump(&t->a), (int32_t)offset, true);
	emit_poll_exit(t, poll, (int32_t)offset);
}

/* ADDRESS holds the target: EXTRA = its index in the first half of Cpu.jump_negated and jump_code. The place of a jump for where it isn't there; if it is,
 * code goes on behind. */
static uint8_t *emit_first_lookup(Translator *t)
{
	asm_rorx(&t->a, EXTRA, ADDRESS, JUMP_FIRST_SHIFT);
	asm_low16(&t->a, EXTRA, EXTRA);
	asm_load(&t->a, 8, WORK, STATE_INDEXED(jump_negated[0], EXTRA));
	asm_lea(&t->a, 8, WORK, (HostMemory){ WORK, ADDRESS, 0, -(int32_t)(t->id << JUMP_FIRST_SHIFT) });
	uint8_t *found = asm_jump_rcx_zero(&t->a);
	uint8_t *elsewhere = asm_jump(&t->a); /* behind the short jump that `found` is */
	asm_aim_short(&t->a, found, t->a.at);
	return elsewhere;
}

/* The same in both halves; if it isn't there, the interpreter does the instruction. */
static void emit_lookup(Translator *t)
{
	Cold *c = cold_of(t);
	c->lookup = emit_first_lookup(t);
	c->found = t->a.at;
}

static void emit_looked_up_jump(Translator *t)
{
	asm_jump_memory(&t->a, STATE_INDEXED(jump_code[0], EXTRA));
}

static void emit_far_jump(Translator *t, const Insn *i, int64_t offset)
{
	uint8_t *poll = emit_poll(t);
	emit_rip(t, ADDRESS, offset);
	emit_lookup(t);
	emit_looked_up_jump(t);
	emit_poll_exit(t, poll, insn_offset(t, i));
}

static void emit_any_jump(Translator *t, const Insn *i, int64_t offset)
{
	if (in_page(offset))
		emit_linked_jump(t, i, offset);
	else
		emit_far_jump(t, i, offset);
}

bool emit_jump(Translator *t, const Insn *i, const Raw *raw)
{
	int64_t offset = target_offset(t, i);
	(void)raw;
	if (i->opsize != word(t) || !reachable(offset))
		return false;
	if (loop_goes_on_at(t) < 0)
		emit_any_jump(t, i, offset);
	return true;
}

void emit_fall_through(Translator *t)
{
	int32_t next = (int32_t)(t->offset + t->from->bytes);
	if (next < PAGE) {
		exit_to(t, asm_jump(&t->a), next, true);
		return;
	}
	emit_rip(t, ADDRESS, next);
	exit_to(t, emit_first_lookup(t), next, false);
	emit_looked_up_jump(t);
}

/* The place of a short jump over the taken path, taken if it is not. */
static void emit_conditional(Translator *t, const Insn *i, uint8_t *not_taken)
{
	emit_any_jump(t, i, target_offset(t, i));
	asm_aim(not_taken, t->a.at);
	emit_fall_through(t);
}

bool emit_jcc(Translator *t, const Insn *i, const Raw *raw)
{
	int64_t offset = target_offset(t, i);
	unsigned condition = raw->opcode & 15;
	if (i->opsize != word(t) || !reachable(offset))
		return false;
	int32_t next = loop_goes_on_at(t);
	if (next >= 0) {
		bool taken = next == offset;
		exit_to(t, asm_jump_if(&t->a, condition ^ taken), taken ? (int32_t)t->offset + i->next : (int32_t)offset, true);
		return true;
	}
	if (in_page(offset)) {
		uint8_t *poll = offset <= insn_offset(t, i) ? emit_poll(t) : NULL;
		exit_to(t, asm_jump_if(&t->a, condition), (int32_t)offset, true);
		emit_fall_through(t);
		emit_poll_exit(t, poll, insn_offset(t, i));
		return true;
	}
	emit_conditional(t, i, asm_jump_if(&t->a, condition ^ 1));
	return true;
}

/* JRCXZ: rcx is scratch on the host, and has the guest's here. */
bool emit_jcxz(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	if (i->opsize != word(t) || i->adsize == 2 || !reachable(target_offset(t, i)))
		return false;
	asm_move(&t->a, i->adsize, WORK, host_register(RCX));
	uint8_t *taken = asm_jump_rcx_zero(&t->a);
	uint8_t *not_taken = asm_jump(&t->a);
	asm_aim_short(&t->a, taken, t->a.at);
	emit_conditional(t, i, not_taken);
	return true;
}

bool emit_loop(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	if (i->opsize != word(t) || i->adsize == 2 || !in_page(target_offset(t, i)))
		return false;
	asm_lea(&t->a, i->adsize, host_register(RCX), (HostMemory){ (uint8_t)host_register(RCX), H_NONE, 0, -1 });
	asm_move(&t->a, i->adsize, WORK, host_register(RCX));
	uint8_t *done = asm_jump_rcx_zero(&t->a);
	uint8_t *again = asm_jump(&t->a);
	asm_aim_short(&t->a, done, t->a.at);
	uint8_t *not_taken = asm_jump(&t->a);
	asm_aim(again, t->a.at);
	emit_conditional(t, i, not_taken);
	return true;
}

/* ---- through a register or memory ---- */

/* Can emit_target() do it? */
static bool has_target(const Translator *t, const Insn *i)
{
	return !(i->flags & INSN_MEM) || has_address(t, i);
}

/* ADDRESS = the target of JMP or CALL Ev. */
static void emit_target(Translator *t, const Insn *i)
{
	if (!(i->flags & INSN_MEM)) {
		if (host_register(i->rm) == SLOT)
			load_guest(t, ADDRESS, i->rm);
		else
			asm_move(&t->a, word(t), ADDRESS, host_register(i->rm));
		return;
	}
	HostMemory at;
	if (!emit_operand(t, i, word(t), false, 0, &at))
		g_assert_not_reached();
	asm_load(&t->a, word(t), ADDRESS, at);
}

bool emit_jump_indirect(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	if (i->opsize != word(t) || !has_target(t, i))
		return false;
	emit_target(t, i);
	uint8_t *poll = emit_poll(t);
	emit_lookup(t);
	emit_looked_up_jump(t);
	emit_poll_exit(t, poll, insn_offset(t, i));
	return true;
}

/* ---- calls ---- */

/* Stores the return address; `scratch` is lost. */
static void emit_push_return(Translator *t, const Insn *i, HostMemory at, unsigned scratch)
{
	emit_rip(t, scratch, (int64_t)t->offset + i->next);
	asm_store(&t->a, word(t), at, scratch);
	emit_move_stack(t, -(int)word(t));
}

/* Keeps where the return address goes. */
static void emit_find_return(Translator *t)
{
	HostMemory at;
	emit_stack_operand(t, -(int)word(t), word(t), true, &at);
	asm_lea(&t->a, 8, EXTRA, at);
	asm_store(&t->a, 8, STATE_AT(jit_temporary[0]), EXTRA);
}

/* ADDRESS has the target; emit_find_return() came before. Nothing is pushed before the target is known to be there; and the host, which
 * may have guessed wrong where to go on, hears of it as soon as the target is known: nothing that could be done before stands between. */
static void emit_looked_up_call(Translator *t, const Insn *i)
{
	uint8_t *poll = emit_poll(t);
	emit_lookup(t);
	asm_store(&t->a, 8, STATE_AT(jit_temporary[1]), ADDRESS);
	asm_load(&t->a, 8, WORK, STATE_AT(jit_temporary[0]));
	emit_push_return(t, i, (HostMemory){ WORK, H_NONE, 0, 0 }, ADDRESS);
	asm_load(&t->a, 8, ADDRESS, STATE_AT(jit_temporary[1]));
	emit_looked_up_jump(t);
	emit_poll_exit(t, poll, insn_offset(t, i));
}

bool emit_call(Translator *t, const Insn *i, const Raw *raw)
{
	int64_t offset = target_offset(t, i);
	(void)raw;
	if (i->opsize != word(t) || !reachable(offset))
		return false;
	if (in_page(offset)) {
		HostMemory at;
		uint8_t *poll = offset <= insn_offset(t, i) ? emit_poll(t) : NULL;
		emit_stack_operand(t, -(int)word(t), word(t), true, &at);
		emit_push_return(t, i, at, EXTRA);
		exit_to(t, asm_jump(&t->a), (int32_t)offset, true);
		emit_poll_exit(t, poll, insn_offset(t, i));
		return true;
	}
	emit_find_return(t);
	emit_rip(t, ADDRESS, offset);
	emit_looked_up_call(t, i);
	return true;
}

bool emit_call_indirect(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	if (i->opsize != word(t) || !has_target(t, i))
		return false;
	emit_find_return(t);
	emit_target(t, i);
	emit_looked_up_call(t, i);
	return true;
}

bool emit_return(Translator *t, const Insn *i, const Raw *raw)
{
	HostMemory at;
	(void)raw;
	if (i->opsize != word(t))
		return false;
	uint8_t *poll = emit_poll(t);
	emit_stack_operand(t, 0, word(t), false, &at);
	asm_load(&t->a, word(t), ADDRESS, at);
	emit_lookup(t);
	asm_lea(&t->a, word(t), GUEST_RSP, (HostMemory){ GUEST_RSP, H_NONE, 0, (int32_t)(word(t) + (uint16_t)i->imm) });
	emit_looked_up_jump(t);
	emit_poll_exit(t, poll, insn_offset(t, i));
	return true;
}
