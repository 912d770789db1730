/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PUSH, POP and LEAVE. The stack is flat (jit_takes_mode()), its pointer as wide as the code's. */
#include "jit/x86_64/translate.h"

static unsigned word(const Translator *t)
{
	return t->mode64 ? 8 : 4;
}

/* ADDRESS = where a push goes, and the probe for it */
static void emit_push_address(Translator *t)
{
	asm_lea(&t->a, word(t), ADDRESS, (HostMemory){ GUEST_RSP, H_NONE, 0, -(int32_t)word(t) });
	emit_probe(t, ADDRESS, word(t), true, 0);
}

static const HostMemory pushed = { WORK, ADDRESS, 0, 0 };

static void commit_push(Translator *t)
{
	asm_move(&t->a, 8, GUEST_RSP, ADDRESS);
}

bool emit_push(Translator *t, const Insn *i, const Raw *raw)
{
	const Operand *o = &insn_forms[i->form].operand[0];
	unsigned guest = o->kind == OPK_Z ? i->reg : i->rm;
	(void)raw;
	if (i->opsize != word(t))
		return false;
	if (i->flags & INSN_MEM) {
		unsigned address = emit_address(t, i);
		if (address == NO_ADDRESS)
			return false;
		emit_probe(t, address, word(t), false, 0);
		asm_load(&t->a, word(t), EXTRA, (HostMemory){ WORK, (uint8_t)address, 0, 0 });
		asm_store(&t->a, 8, STATE_AT(jit_temporary[0]), EXTRA);
		emit_push_address(t);
		asm_load(&t->a, 8, EXTRA, STATE_AT(jit_temporary[0]));
		asm_store(&t->a, word(t), pushed, EXTRA);
		commit_push(t);
		return true;
	}
	emit_push_address(t);
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
	emit_push_address(t);
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
	if (guest == RSP)
		return false;
	unsigned host = host_register(guest), to = host == SLOT ? EXTRA : host, address = GUEST_RSP;
	if (!t->mode64) { /* the register's upper half isn't always clear */
		asm_move(&t->a, 4, ADDRESS, GUEST_RSP);
		address = ADDRESS;
	}
	emit_probe(t, address, word(t), false, 0);
	asm_load(&t->a, word(t), to, (HostMemory){ WORK, (uint8_t)address, 0, 0 });
	if (host == SLOT)
		store_guest(t, guest, EXTRA);
	asm_lea(&t->a, word(t), GUEST_RSP, (HostMemory){ GUEST_RSP, H_NONE, 0, (int32_t)word(t) });
	return true;
}

bool emit_leave(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	if (i->opsize != word(t))
		return false;
	asm_move(&t->a, word(t), ADDRESS, H_RBP);
	emit_probe(t, ADDRESS, word(t), false, 0);
	asm_load(&t->a, word(t), H_RBP, (HostMemory){ WORK, ADDRESS, 0, 0 });
	asm_lea(&t->a, word(t), GUEST_RSP, (HostMemory){ ADDRESS, H_NONE, 0, (int32_t)word(t) });
	return true;
}
