/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PUSH, POP and LEAVE. The stack is flat (jit_takes_mode()), its pointer as wide as the code's. */
#include "jit/x86_64/translate.h"

/* Where a push goes. */
static HostMemory emit_push_operand(Translator *t)
{
	HostMemory at;
	emit_stack_operand(t, -(int)word(t), word(t), true, &at);
	return at;
}

static void commit_push(Translator *t)
{
	emit_move_stack(t, -(int)word(t));
}

void emit_move_stack(Translator *t, int by)
{
	asm_lea(&t->a, word(t), GUEST_RSP, (HostMemory){ GUEST_RSP, H_NONE, 0, by });
	note_whole(t, RSP, word(t));
}

bool emit_push(Translator *t, const Insn *i, const Raw *raw)
{
	const Operand *o = &insn_forms[i->form].operand[0];
	unsigned guest = o->kind == OPK_Z ? i->reg : i->rm;
	(void)raw;
	if (i->opsize != word(t))
		return false;
	if (i->flags & INSN_MEM) {
		if (!has_address(t, i))
			return false;
		/* Where it goes is known first: what comes from memory needn't wait. */
		HostMemory to = emit_push_operand(t), from;
		asm_lea(&t->a, 8, EXTRA, to);
		asm_store(&t->a, 8, STATE_AT(jit_temporary[0]), EXTRA);
		emit_operand(t, i, word(t), false, 0, &from);
		asm_load(&t->a, word(t), EXTRA, from);
		asm_load(&t->a, 8, WORK, STATE_AT(jit_temporary[0]));
		asm_store(&t->a, word(t), (HostMemory){ WORK, H_NONE, 0, 0 }, EXTRA);
		commit_push(t);
		return true;
	}
	HostMemory pushed = emit_push_operand(t);
	unsigned host = host_register(guest);
	if (host == SLOT) {
		load_guest(t, EXTRA, guest);
		host = EXTRA;
	}
	asm_store(&t->a, word(t), pushed, host);
	commit_push(t);
	return true;
}

bool emit_push_constant(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	if (i->opsize != word(t))
		return false;
	HostMemory pushed = emit_push_operand(t);
	asm_insn(&t->a, &(HostInsn){ .w = t->mode64, .opcode = 0xc7, .modrm = true, .is_memory = true, .memory = pushed, .imm_size = 4,
		.imm = (uint32_t)i->imm });
	commit_push(t);
	return true;
}

bool emit_pop(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	if (i->opsize != word(t) || (i->flags & INSN_MEM))
		return false;
	unsigned guest = insn_forms[i->form].operand[0].kind == OPK_Z ? i->reg : i->rm;
	unsigned host = host_register(guest), to = host == SLOT || guest == RSP ? EXTRA : host;
	HostMemory at;
	emit_stack_operand(t, 0, word(t), false, &at);
	asm_load(&t->a, word(t), to, at);
	if (host == SLOT)
		store_guest(t, guest, EXTRA);
	if (guest == RSP) /* what was popped, whatever was added */
		asm_move(&t->a, word(t), GUEST_RSP, EXTRA);
	else
		emit_move_stack(t, (int)word(t));
	return true;
}

bool emit_leave(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	if (i->opsize != word(t))
		return false;
	Insn saved = *i;
	saved.base = RBP;
	saved.index = GPR_NONE;
	saved.disp = 0;
	saved.seg = SS;
	saved.adsize = (uint8_t)word(t);
	HostMemory at;
	emit_operand(t, &saved, word(t), false, 0, &at);
	asm_lea(&t->a, word(t), GUEST_RSP, (HostMemory){ H_RBP, H_NONE, 0, (int32_t)word(t) });
	asm_load(&t->a, word(t), H_RBP, at);
	return true;
}
