/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MOVS, STOS and LODS. A repeated one runs as the host's own, or as a loop, if all of what it reads lies in one page, and what it
 * writes: then nothing can stop it. Else the interpreter does it page by page. Downwards only the repeated MOVS goes. */
#include "jit/x86_64/translate.h"

/* Places in Cpu.jit_temporary */
enum { LAST_BYTE, MINUS_BYTES, HOST_TARGET, NEXT_SOURCE, NEXT_TARGET };

static HostMemory temporary(unsigned n)
{
	return (HostMemory){ STATE, H_NONE, 0, (int32_t)(offsetof(Cpu, jit_temporary) + 8 * n) - STATE_BIAS };
}

static unsigned element_size(const Insn *i, const Raw *raw)
{
	return raw->opcode & 1 ? i->opsize : 1;
}

/* The other operand's segment is ES, which can't be overridden and is flat. */
static bool is_flat(const Translator *t, const Insn *i)
{
	return i->adsize == word(t) && i->seg != FS && i->seg != GS && (t->mode64 || i->seg != CS);
}

static void emit_must_be_zero(Translator *t)
{
	uint8_t *zero = asm_jump_rcx_zero(&t->a);
	cold_jump(t, asm_jump(&t->a));
	asm_aim_short(&t->a, zero, t->a.at);
}

/* WORK = 0: upwards */
static void emit_load_direction(Translator *t)
{
	asm_load(&t->a, 4, WORK, STATE_AT(eflags));
	asm_pext(&t->a, WORK, WORK, STATE_AT(jit_df));
}

static void emit_must_go_up(Translator *t)
{
	emit_load_direction(t);
	emit_must_be_zero(t);
}

/* ---- single ---- */

static Insn pointed(const Translator *t, unsigned guest, unsigned seg)
{
	return (Insn){ .base = (uint8_t)guest, .index = GPR_NONE, .adsize = (uint8_t)word(t), .seg = (uint8_t)seg };
}

static void emit_step(Translator *t, unsigned guest, unsigned size)
{
	unsigned host = host_register(guest);
	asm_lea(&t->a, word(t), host, (HostMemory){ (uint8_t)host, H_NONE, 0, (int32_t)size });
}

bool emit_move_string(Translator *t, const Insn *i, const Raw *raw)
{
	unsigned size = element_size(i, raw);
	Insn source = pointed(t, RSI, i->seg), target = pointed(t, RDI, ES);
	HostMemory from, to;
	if (!is_flat(t, i))
		return false;
	emit_must_go_up(t);
	emit_operand(t, &source, size, false, 0, &from);
	asm_load(&t->a, size, EXTRA, from);
	asm_store(&t->a, 8, temporary(0), EXTRA);
	emit_operand(t, &target, size, true, 0, &to);
	asm_load(&t->a, 8, EXTRA, temporary(0));
	asm_store(&t->a, size, to, EXTRA);
	emit_step(t, RSI, size);
	emit_step(t, RDI, size);
	return true;
}

bool emit_store_string(Translator *t, const Insn *i, const Raw *raw)
{
	unsigned size = element_size(i, raw);
	Insn target = pointed(t, RDI, ES);
	HostMemory to;
	if (i->adsize != word(t))
		return false;
	emit_must_go_up(t);
	emit_operand(t, &target, size, true, 0, &to);
	asm_store(&t->a, size, to, H_RAX);
	emit_step(t, RDI, size);
	return true;
}

bool emit_load_string(Translator *t, const Insn *i, const Raw *raw)
{
	unsigned size = element_size(i, raw);
	Insn source = pointed(t, RSI, i->seg);
	HostMemory from;
	if (!is_flat(t, i))
		return false;
	emit_must_go_up(t);
	emit_operand(t, &source, size, false, 0, &from);
	asm_insn(&t->a, &(HostInsn){ .opsize66 = size == 2, .w = size == 8, .opcode = size == 1 ? 0x8a : 0x8b, .modrm = true, .is_memory = true,
		.reg = H_RAX, .memory = from });
	emit_step(t, RSI, size);
	return true;
}

/* ---- repeated ---- */

/* LAST_BYTE = how many bytes less one: between 0 and a page's. (None at all is the interpreter's too.) MINUS_BYTES = the negative number. */
static void emit_length(Translator *t, unsigned size)
{
	Asm *a = &t->a;
	asm_constant(a, ADDRESS, 0);
	asm_move(a, word(t), WORK, host_register(RCX));
	asm_shrx(a, EXTRA, WORK, STATE); /* such that the product doesn't wrap */
	asm_lea(a, 8, WORK, (HostMemory){ ADDRESS, WORK, (uint8_t)__builtin_ctz(size), -1 });
	asm_store(a, 8, temporary(LAST_BYTE), WORK);
	asm_move(a, 8, ADDRESS, WORK);
	asm_insn(a, &(HostInsn){ .w = true, .opcode = 0xf7, .modrm = true, .reg = 2, .rm = ADDRESS }); /* NOT: no flags */
	asm_store(a, 8, temporary(MINUS_BYTES), ADDRESS);
	asm_shrx(a, WORK, WORK, STATE);
	asm_lea(a, 8, WORK, (HostMemory){ WORK, EXTRA, 0, 0 });
	emit_must_be_zero(t);
}

/* ADDRESS = the lowest linear address */
static void emit_lowest(Translator *t, unsigned guest, unsigned size, bool down)
{
	if (!down) {
		asm_move(&t->a, word(t), ADDRESS, host_register(guest));
		return;
	}
	asm_load(&t->a, 8, WORK, temporary(MINUS_BYTES));
	asm_lea(&t->a, word(t), ADDRESS, (HostMemory){ (uint8_t)host_register(guest), WORK, 0, (int32_t)size });
}

/* WORK = host address of what the register points to */
static void emit_range(Translator *t, unsigned guest, unsigned size, bool write, bool down)
{
	Asm *a = &t->a;
	emit_lowest(t, guest, size, down);
	asm_shrx(a, EXTRA, ADDRESS, STATE);
	asm_low16(a, EXTRA, EXTRA);
	asm_load(a, 8, WORK, tlb_member(t, write ? offsetof(TlbSet, write) : offsetof(TlbSet, read)));
	asm_lea(a, 8, WORK, (HostMemory){ WORK, ADDRESS, 0, 0 });
	asm_load(a, 8, ADDRESS, temporary(LAST_BYTE));
	asm_lea(a, 8, WORK, (HostMemory){ WORK, ADDRESS, 0, 0 });
	asm_shrx(a, WORK, WORK, STATE);
	emit_must_be_zero(t);
	asm_load(a, 8, WORK, tlb_member(t, offsetof(TlbSet, addend)));
	asm_move(a, word(t), ADDRESS, host_register(guest));
	asm_lea(a, 8, WORK, (HostMemory){ WORK, ADDRESS, 0, 0 });
}

/* What the register is afterwards. */
static void emit_next(Translator *t, unsigned guest, unsigned to, bool down)
{
	asm_load(&t->a, 8, ADDRESS, temporary(down ? MINUS_BYTES : LAST_BYTE));
	asm_lea(&t->a, word(t), ADDRESS, (HostMemory){ (uint8_t)host_register(guest), ADDRESS, 0, down ? 0 : 1 });
	asm_store(&t->a, 8, temporary(to), ADDRESS);
}

/* The host's own; rsi and rdi are set. */
static void emit_repeat(Translator *t, const Raw *raw, unsigned size, bool down)
{
	enum { CLD = 0xfc, STD = 0xfd };
	asm_move(&t->a, word(t), WORK, host_register(RCX));
	if (down)
		asm_byte(&t->a, STD);
	asm_insn(&t->a, &(HostInsn){ .rep = 0xf3, .opsize66 = size == 2, .w = size == 8, .opcode = raw->opcode });
	if (down)
		asm_byte(&t->a, CLD);
}

/* WORK counts: upwards from minus the number of elements to 0, with what follows the last in the other registers; downwards from the
 * number of elements to 0, with what precedes the first. */
static void emit_loop_start(Translator *t, bool move, bool down)
{
	Asm *a = &t->a;
	asm_load(a, 8, WORK, temporary(down ? MINUS_BYTES : LAST_BYTE));
	asm_lea(a, 8, H_RDI, (HostMemory){ H_RDI, WORK, 0, down ? 0 : 1 });
	if (move)
		asm_lea(a, 8, ADDRESS, (HostMemory){ H_RSI, WORK, 0, down ? 0 : 1 });
	asm_move(a, word(t), WORK, host_register(RCX));
	if (down)
		return;
	asm_insn(a, &(HostInsn){ .w = true, .opcode = 0xf7, .modrm = true, .reg = 2, .rm = WORK }); /* NOT: no flags */
	asm_lea(a, 8, WORK, (HostMemory){ WORK, H_NONE, 0, 1 });
}

/* One by one: for a few, the host's own takes several times as long. */
static void emit_elements(Translator *t, unsigned size, bool move, bool down)
{
	Asm *a = &t->a;
	uint8_t scale = (uint8_t)__builtin_ctz(size);
	emit_loop_start(t, move, down);
	const uint8_t *again = a->at;
	if (move)
		asm_load(a, size, EXTRA, (HostMemory){ ADDRESS, WORK, scale, 0 });
	asm_store(a, size, (HostMemory){ H_RDI, WORK, scale, 0 }, move ? EXTRA : H_RAX);
	asm_lea(a, 8, WORK, (HostMemory){ WORK, H_NONE, 0, down ? -1 : 1 });
	uint8_t *done = asm_jump_rcx_zero(a);
	asm_aim(asm_jump(a), again);
	asm_aim_short(a, done, a->at);
}

static void emit_few_or_many(Translator *t, const Raw *raw, unsigned size, bool move, bool down)
{
	Asm *a = &t->a;
	asm_load(a, 8, WORK, temporary(LAST_BYTE));
	asm_pext(a, WORK, WORK, STATE_AT(jit_not_low6));
	uint8_t *few = asm_jump_rcx_zero(a);
	emit_repeat(t, raw, size, down);
	uint8_t *done = asm_jump(a);
	asm_aim_short(a, few, a->at);
	emit_elements(t, size, move, down);
	asm_aim(done, a->at);
	asm_load(a, 8, H_RDI, temporary(NEXT_TARGET));
	asm_constant(a, host_register(RCX), 0);
}

static void emit_move_one_way(Translator *t, const Raw *raw, unsigned size, bool down)
{
	emit_range(t, RDI, size, true, down);
	asm_store(&t->a, 8, temporary(HOST_TARGET), WORK);
	emit_range(t, RSI, size, false, down);
	emit_next(t, RSI, NEXT_SOURCE, down);
	emit_next(t, RDI, NEXT_TARGET, down);
	asm_move(&t->a, 8, H_RSI, WORK);
	asm_load(&t->a, 8, H_RDI, temporary(HOST_TARGET));
	emit_few_or_many(t, raw, size, true, down);
	asm_load(&t->a, 8, H_RSI, temporary(NEXT_SOURCE));
	emit_fall_through(t);
}

bool emit_repeated_move(Translator *t, const Insn *i, const Raw *raw)
{
	unsigned size = element_size(i, raw);
	if (!is_flat(t, i))
		return false;
	emit_length(t, size);
	emit_load_direction(t);
	uint8_t *up = asm_jump_rcx_zero(&t->a), *down = asm_jump(&t->a);
	asm_aim_short(&t->a, up, t->a.at);
	emit_move_one_way(t, raw, size, false);
	asm_aim(down, t->a.at);
	emit_move_one_way(t, raw, size, true);
	return true;
}

bool emit_repeated_store(Translator *t, const Insn *i, const Raw *raw)
{
	unsigned size = element_size(i, raw);
	if (i->adsize != word(t))
		return false;
	emit_must_go_up(t);
	emit_length(t, size);
	emit_range(t, RDI, size, true, false);
	emit_next(t, RDI, NEXT_TARGET, false);
	asm_move(&t->a, 8, H_RDI, WORK);
	emit_few_or_many(t, raw, size, false, false);
	emit_fall_through(t);
	return true;
}
