/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instructions that run as they are, with other registers and addresses. */
#include "jit/x86_64/translate.h"

/* ---- byte registers ---- */

/* A byte operand's register: Insn.reg and Insn.rm are offsets then. */
static unsigned byte_guest(unsigned offset)
{
	return offset / 8;
}

static bool byte_is_high(unsigned offset)
{
	return offset & 1;
}

/* ---- operands of the copy ---- */

/* A register operand while it is put into the host's encoding. */
typedef struct Place {
	bool there;	 /* the instruction has it */
	bool byte, high, read, written;
	unsigned guest, size;
	uint8_t host;	 /* the register that the encoding gets */
	bool borrowed;	 /* that is a scratch register: loaded before, stored after */
	bool in_slot;	 /* the encoding gets the slot itself as a memory operand */
} Place;

typedef struct Copy {
	const Insn *i;
	const Form *form;
	Place reg, rm, third; /* ModRM.reg or the opcode's register; ModRM.rm; VEX.vvvv */
	const Operand *memory;
	HostInsn out;
} Copy;

static void place_register(Place *p, const Insn *i, const Operand *o, unsigned number)
{
	p->there = true;
	p->byte = o->type == OPT_b;
	p->size = operand_bytes(i, o);
	p->guest = p->byte ? byte_guest(number) : number;
	p->high = p->byte && byte_is_high(number);
	p->read = o->access & 1;
	p->written = o->access & 2;
	/* The rest of the register stays. */
	if (p->written && p->size < 4)
		p->read = true;
}

/* False: an operand of a kind that isn't copied. */
static bool sort_operands(Copy *c)
{
	const Insn *i = c->i;
	for (unsigned n = 0; n < c->form->operands; n++) {
		const Operand *o = &c->form->operand[n];
		switch (o->kind) {
		case OPK_G: case OPK_Z: place_register(&c->reg, i, o, i->reg); break;
		case OPK_E: case OPK_M: case OPK_W: case OPK_Q:
			if (i->flags & INSN_MEM)
				c->memory = o;
			else if (o->kind == OPK_E)
				place_register(&c->rm, i, o, i->rm);
			break;
		case OPK_R: place_register(&c->rm, i, o, i->rm); break;
		case OPK_B: place_register(&c->third, i, o, i->vvvv); break;
		case OPK_P: case OPK_N: case OPK_V: case OPK_H: case OPK_U: case OPK_L: case OPK_XMM0: case OPK_I: case OPK_ONE: case OPK_CL: case OPK_ACC: break;
		default: return false;
		}
	}
	return true;
}

/* ---- registers in and out ---- */

/* Gives the operand a host register, a scratch one if need be. */
static void settle(Translator *t, Place *p, unsigned scratch)
{
	if (!p->there || p->in_slot)
		return;
	p->host = (uint8_t)host_register(p->guest);
	p->borrowed = p->host == SLOT || p->high;
	if (!p->borrowed)
		return;
	p->host = (uint8_t)scratch;
	if (p->high) { /* AH and its like: the register turned by a byte */
		unsigned home = host_register(p->guest);
		asm_rorx(&t->a, scratch, home, 8);
	} else if (p->read) {
		load_guest(t, scratch, p->guest);
	}
}

static uint32_t borrowed(const Place *p)
{
	return p->there && p->borrowed ? 1u << p->host : 0;
}

static void give_back(Translator *t, const Place *p)
{
	if (!p->there || p->in_slot || !p->borrowed || !p->written)
		return;
	if (p->high)
		asm_rorx(&t->a, host_register(p->guest), p->host, 56);
	else
		store_guest(t, p->guest, p->host);
}

/* May a register in memory be the instruction's memory operand as it lies there? */
static bool slot_will_do(const Copy *c, const Place *p)
{
	if (!p->there || p->high || host_register(p->guest) != SLOT || c->form->fault_class != CLASS_GENERAL)
		return false;
	/* A narrower write would need the rest cleared, or be awkward for the next full read. */
	return !p->written || p->size == 8;
}

/* Opcodes 00 to 3B and MOV's say by a bit which of ModRM's operands is the source: turned round, a source in a slot is ModRM.rm and
 * needn't be loaded. */
static bool has_direction(const Copy *c)
{
	const HostInsn *out = &c->out;
	bool arithmetic = out->opcode < 0x40 && (out->opcode & 7) < 4, move = (out->opcode & 0xfc) == 0x88;
	return out->map == 0 && !out->vex && (arithmetic || move);
}

static void turn_round(Copy *c)
{
	bool turns = has_direction(c) && c->reg.there && c->rm.there && !c->memory && !c->reg.written && !c->reg.high && !c->rm.high &&
		     host_register(c->reg.guest) == SLOT && host_register(c->rm.guest) != SLOT;
	if (!turns)
		return;
	Place source = c->reg;
	c->reg = c->rm;
	c->rm = source;
	c->out.opcode ^= 2;
}

/* ---- the memory operand ---- */

/* Which host registers are taken by the address afterwards. */
static bool emit_memory(Translator *t, Copy *c, bool needs_work)
{
	const Insn *i = c->i;
	unsigned size = operand_bytes(i, c->memory);
	bool align = c->form->flags & FORM_ALIGN;
	if (!size || (align && size != 16 && size != 32))
		return false;
	if (!emit_operand(t, i, size, c->memory->access & 2, align ? size : 0, &c->out.memory))
		return false;
	c->out.is_memory = true;
	if (needs_work) {
		asm_lea(&t->a, 8, ADDRESS, c->out.memory);
		c->out.memory = (HostMemory){ ADDRESS, H_NONE, 0, 0 };
	}
	return true;
}

/* Two byte registers that are one, both written, or both turned: not with scratch registers. Nor CMPXCHG with AH, whose other half
 * it compares with. */
static bool tangled(const Copy *c)
{
	if (c->rm.high && c->rm.guest == RAX && c->rm.written && c->form->flags_written && g_str_equal(c->form->mnemonic, "CMPXCHG"))
		return true;
	if (c->reg.there && c->rm.there && c->reg.guest == c->rm.guest && (c->reg.high || c->rm.high) && c->reg.written && c->rm.written)
		return true;
	/* A slot has no turned form, nor would one register as both operands, one of them written, see the other's change. */
	return c->reg.there && c->rm.there && c->reg.guest == c->rm.guest && host_register(c->reg.guest) == SLOT && c->reg.written &&
	       c->rm.written;
}

/* In an immediate's upper half. */
static bool has_fourth_register(const Form *form)
{
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].kind == OPK_L)
			return true;
	return false;
}

static bool has_general_memory(const Copy *c)
{
	return c->memory && c->memory->kind == OPK_E;
}

/* BT and its kin with a register's bit of memory, which reaches beyond the operand: the word that has it is looked for first. */
static bool emit_bit_string(Translator *t, const Insn *i, const Raw *raw)
{
	enum { BT = 0xa3 };
	Asm *a = &t->a;
	unsigned size = i->opsize;
	if (size == 2 || i->adsize != word(t) || i->seg == FS || i->seg == GS)
		return false;
	unsigned address = emit_address(t, i);
	if (address == NO_ADDRESS)
		return false;
	load_guest(t, EXTRA, i->reg);
	asm_constant(a, WORK, size == 8 ? 6 : 5);
	asm_insn(a, &(HostInsn){ .vex = true, .rep = 0xf3, .w = size == 8, .map = 2, .opcode = 0xf7, .modrm = true, .reg = EXTRA, .rm = EXTRA,
		.vvvv = WORK }); /* SARX */
	if (size == 4)
		asm_insn(a, &(HostInsn){ .w = true, .opcode = 0x63, .modrm = true, .reg = EXTRA, .rm = EXTRA }); /* MOVSXD */
	asm_lea(a, i->adsize, ADDRESS, (HostMemory){ (uint8_t)address, EXTRA, size == 8 ? 3 : 2, 0 });
	emit_probe(t, ADDRESS, size - 1, raw->opcode != BT, 0);
	load_guest(t, EXTRA, i->reg);
	asm_pext(a, EXTRA, EXTRA, size == 8 ? STATE_AT(jit_low6) : STATE_AT(jit_low5));
	asm_insn(a, &(HostInsn){ .lock = i->flags & INSN_LOCK, .w = size == 8, .map = 1, .opcode = raw->opcode, .modrm = true, .is_memory = true,
		.reg = EXTRA, .memory = { WORK, ADDRESS, 0, 0 } });
	return true;
}

static void note_written(Translator *t, const Place *place)
{
	if (place->there && place->written)
		note_whole(t, place->guest, place->size);
}

bool emit_copy(Translator *t, const Insn *i, const Raw *raw)
{
	const Plan *plan = &t->t->plans[i->form];
	Copy c = { .i = i, .form = &insn_forms[i->form] };
	bool has_modrm = c.form->flags & FORM_MODRM;
	/* In 32-bit mode these leave registers 8 to 15 alone. */
	if (!t->mode64 && !has_modrm && raw->vex)
		return false;
	if (!sort_operands(&c) || tangled(&c))
		return false;
	if (plan->bit_string && c.memory)
		return emit_bit_string(t, i, raw);
	c.out = (HostInsn){ .lock = i->flags & INSN_LOCK, .opsize66 = raw->opsize66, .w = raw->w, .l = raw->l, .vex = raw->vex,
		.rep = raw->vex ? raw->rep : plan->rep, .map = raw->map, .opcode = raw->opcode, .modrm = has_modrm,
		.vvvv = raw->vex ? i->vvvv : 0 };
	if (!raw->vex && raw->map == 0 && raw->opcode == 0x82) /* a second encoding, outside 64-bit mode */
		c.out.opcode = 0x80;
	/* What the form leaves as it is: vector registers, and ModRM.reg as part of the opcode. */
	c.out.reg = i->reg;
	c.out.rm = i->rm;
	for (unsigned n = 0; n < raw->imm_size; n++)
		c.out.imm |= (uint64_t)raw->imm[n] << (8 * n);
	c.out.imm_size = raw->imm_size;
	/* Outside 64-bit mode there are eight registers, and W does not widen what is general. */
	if (!t->mode64 && has_fourth_register(c.form))
		c.out.imm &= 0x7f;
	if (!t->mode64 && (c.reg.there || c.rm.there || c.third.there || has_general_memory(&c)))
		c.out.w = false;
	if (c.memory && !emit_memory(t, &c, plan->counts || c.third.there))
		return false;
	turn_round(&c);
	c.rm.in_slot = has_modrm && !c.memory && !plan->bit_string && slot_will_do(&c, &c.rm);
	settle(t, &c.reg, EXTRA);
	settle(t, &c.rm, ADDRESS);
	settle(t, &c.third, WORK);
	if (plan->counts)
		asm_move(&t->a, 4, WORK, host_register(RCX));
	if (c.reg.there && has_modrm)
		c.out.reg = c.reg.host;
	else if (c.reg.there) { /* in the opcode's low bits */
		c.out.opcode &= 0xf8;
		c.out.rm = c.reg.host;
	}
	if (c.rm.in_slot) {
		c.out.is_memory = true;
		c.out.memory = register_slot(c.rm.guest);
	} else if (c.rm.there) {
		c.out.rm = c.rm.host;
	}
	if (c.third.there)
		c.out.vvvv = c.third.host;
	c.out.rex = (c.reg.there && c.reg.byte) || (c.rm.there && c.rm.byte);
	if (!has_modrm && !c.reg.there)
		c.out.rm = 0;
	asm_insn_writing(&t->a, &c.out, borrowed(&c.reg) | borrowed(&c.rm) | borrowed(&c.third));
	if (plan->writes_whole) {
		note_written(t, &c.reg);
		note_written(t, &c.rm);
	}
	give_back(t, &c.third);
	give_back(t, &c.rm);
	give_back(t, &c.reg); /* last: of MULX' two results that go to one register this one stays */
	return true;
}

/* 40+r and 48+r, which are prefixes on the host: FF /0 and /1 */
bool emit_step_register(Translator *t, const Insn *i, const Raw *raw)
{
	unsigned host = host_register(i->reg);
	asm_insn(&t->a, &(HostInsn){ .opsize66 = raw->opsize66, .opcode = 0xff, .modrm = true, .reg = raw->opcode >> 3 & 1, .rm = (uint8_t)host });
	note_whole(t, i->reg, i->opsize);
	return true;
}

bool emit_lea(Translator *t, const Insn *i, const Raw *raw)
{
	(void)raw;
	Insn plain = *i;
	plain.seg = DS; /* LEA knows no segments */
	unsigned address = i->opsize == 2 ? NO_ADDRESS : emit_address(t, &plain), to = host_register(i->reg);
	if (address == NO_ADDRESS)
		return false;
	if (to != SLOT) {
		asm_move(&t->a, i->opsize, to, address);
	} else {
		if (address != ADDRESS || i->opsize == 4)
			asm_move(&t->a, i->opsize, ADDRESS, address);
		store_guest(t, i->reg, ADDRESS);
	}
	note_whole(t, i->reg, i->opsize);
	return true;
}

/* MOV between the accumulator and an address that stands in the instruction */
bool emit_offset_move(Translator *t, const Insn *i, const Raw *raw)
{
	bool store = insn_forms[i->form].operand[0].kind == OPK_O;
	Insn plain = *i;
	plain.base = plain.index = GPR_NONE;
	plain.disp = i->adsize == 4 ? (int32_t)i->imm : (int64_t)i->imm;
	if (i->adsize == 2 || plain.disp != (int32_t)plain.disp)
		return false;
	HostMemory at;
	if (!emit_operand(t, &plain, i->opsize, store, 0, &at))
		return false;
	asm_insn(&t->a, &(HostInsn){ .opsize66 = raw->opsize66, .w = raw->w, .opcode = (uint8_t)((store ? 0x88 : 0x8a) | (i->opsize != 1)),
		.modrm = true, .is_memory = true, .reg = H_RAX, .memory = at });
	return true;
}

bool emit_nop(Translator *t, const Insn *i, const Raw *raw)
{
	(void)t;
	(void)i;
	(void)raw;
	return true;
}

/* CMPXCHG8B and CMPXCHG16B, which have rCX as an operand. */
bool emit_compare_exchange_wide(Translator *t, const Insn *i, const Raw *raw)
{
	unsigned size = raw->w ? 16 : 8;
	HostMemory at;
	if (!emit_operand(t, i, size, true, size == 16 ? 16 : 0, &at))
		return false;
	asm_lea(&t->a, 8, ADDRESS, at);
	asm_move(&t->a, 8, WORK, host_register(RCX));
	asm_insn(&t->a, &(HostInsn){ .lock = i->flags & INSN_LOCK, .w = raw->w, .map = 1, .opcode = 0xc7, .modrm = true, .is_memory = true,
		.reg = 1, .memory = { ADDRESS, H_NONE, 0, 0 } });
	return true;
}

/* ---- division: what would fault on the host is the interpreter's, with the flags as they were ---- */

static void save_flags(Translator *t)
{
	asm_move(&t->a, 8, ADDRESS, H_RAX);
	asm_byte(&t->a, 0x9f); /* LAHF */
	asm_insn(&t->a, &(HostInsn){ .map = 1, .opcode = 0x90, .modrm = true, .rm = H_RAX }); /* SETO AL */
	asm_store(&t->a, 2, STATE_AT(jit_flags), H_RAX);
	asm_move(&t->a, 8, H_RAX, ADDRESS);
}

/* op a, b on registers: CMP 3b */
static void compare(Translator *t, unsigned size, unsigned x, unsigned y)
{
	asm_insn(&t->a, &(HostInsn){ .w = size == 8, .opcode = 0x3b, .modrm = true, .reg = (uint8_t)x, .rm = (uint8_t)y });
}

static void cold_restoring(Translator *t, uint8_t *jump)
{
	Cold *c = cold_of(t);
	c->restoring[c->restoring_count++] = jump;
}

bool emit_divide(Translator *t, const Insn *i, const Raw *raw)
{
	enum { OVERFLOWS = 3 /* JAE */, DIFFERS = 5 /* JNE */, BELOW_OR_EQUAL = 6 };
	unsigned size = i->opsize;
	bool is_signed = insn_forms[i->form].mnemonic[0] == 'I';
	(void)raw;
	if (size < 4)
		return false;
	if (i->flags & INSN_MEM) {
		HostMemory at;
		if (!emit_operand(t, i, size, false, 0, &at))
			return false;
		asm_load(&t->a, size, EXTRA, at);
	} else {
		load_guest(t, EXTRA, i->rm);
	}
	save_flags(t);
	if (is_signed) {
		/* Only where the dividend is one word's, and the divisor neither 0 nor -1: nothing overflows then. */
		asm_move(&t->a, size, ADDRESS, H_RAX);
		asm_insn(&t->a, &(HostInsn){ .w = size == 8, .opcode = 0xc1, .modrm = true, .reg = 7, .rm = ADDRESS, .imm_size = 1, .imm = size * 8 - 1 });
		compare(t, size, ADDRESS, H_RDX);
		cold_restoring(t, asm_jump_if(&t->a, DIFFERS));
		asm_lea(&t->a, size, ADDRESS, (HostMemory){ EXTRA, H_NONE, 0, 1 });
		asm_insn(&t->a, &(HostInsn){ .w = size == 8, .opcode = 0x83, .modrm = true, .reg = 7, .rm = ADDRESS, .imm_size = 1, .imm = 1 });
		cold_restoring(t, asm_jump_if(&t->a, BELOW_OR_EQUAL));
	} else {
		compare(t, size, H_RDX, EXTRA);
		cold_restoring(t, asm_jump_if(&t->a, OVERFLOWS));
	}
	asm_insn(&t->a, &(HostInsn){ .w = size == 8, .opcode = 0xf7, .modrm = true, .reg = is_signed ? 7 : 6, .rm = EXTRA });
	return true;
}
