/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registers, addresses, and the way from an address to host memory. */
#include "jit/x86_64/translate.h"

static const uint8_t homes[16] = {
	H_RAX, H_R14, H_RDX, H_RBX, H_R12, H_RBP, H_RSI, H_RDI, H_R8, H_R9, SLOT, SLOT, H_R10, SLOT, SLOT, SLOT,
};

unsigned host_register(unsigned guest)
{
	return homes[guest];
}

HostMemory register_slot(unsigned guest)
{
	return (HostMemory){ STATE, H_NONE, 0, (int32_t)(offsetof(Cpu, gpr) + 8 * guest) - STATE_BIAS };
}

void load_guest(Translator *t, unsigned to, unsigned guest)
{
	if (homes[guest] == SLOT)
		asm_load(&t->a, 8, to, register_slot(guest));
	else
		asm_move(&t->a, 8, to, homes[guest]);
}

void store_guest(Translator *t, unsigned guest, unsigned from)
{
	if (homes[guest] == SLOT)
		asm_store(&t->a, 8, register_slot(guest), from);
	else
		asm_move(&t->a, 8, homes[guest], from);
}

void note_whole(Translator *t, unsigned guest, unsigned size)
{
	if (!t->mode64 && size == 4)
		t->whole |= 1u << guest;
}

/* ---- addresses ---- */

/* The register, or `scratch` loaded from its slot. */
static unsigned register_or_load(Translator *t, unsigned guest, unsigned scratch)
{
	if (guest == GPR_NONE)
		return H_NONE;
	if (homes[guest] != SLOT)
		return homes[guest];
	load_guest(t, scratch, guest);
	return scratch;
}

static bool has_free_segment(const Translator *t, const Insn *i)
{
	uint32_t mode = t->block->mode;
	if (i->seg == FS)
		return mode & MODE_FREE_FS;
	if (i->seg == GS)
		return mode & MODE_FREE_GS;
	if (i->seg == CS && !t->mode64) /* can't be written, mightn't be read */
		return false;
	return mode & MODE_FLAT;
}

static bool fits(int64_t value)
{
	return value == (int32_t)value;
}

/* ADDRESS = base + index + disp, within the address size */
static void emit_sum(Translator *t, const Insn *i)
{
	if (i->base == GPR_RIP) {
		emit_rip(t, ADDRESS, i->disp + t->offset);
		if (i->adsize == 4)
			asm_move(&t->a, 4, ADDRESS, ADDRESS);
		return;
	}
	unsigned size = i->adsize == 8 ? 8 : 4;
	unsigned base = register_or_load(t, i->base, ADDRESS), index = register_or_load(t, i->index, WORK);
	if (base == H_NONE && index == H_NONE) {
		asm_constant(&t->a, ADDRESS, i->adsize == 8 ? (uint64_t)i->disp : (uint32_t)i->disp);
		return;
	}
	if (base == H_NONE) { /* the encoding without a base has a displacement of 32 bits: zero is a base that costs nothing less */
		asm_constant(&t->a, ADDRESS, i->adsize == 8 ? (uint64_t)i->disp : (uint32_t)i->disp);
		asm_lea(&t->a, size, ADDRESS, (HostMemory){ ADDRESS, (uint8_t)index, i->scale, 0 });
		return;
	}
	if (base != ADDRESS || index != H_NONE || i->disp || size == 4)
		asm_lea(&t->a, size, ADDRESS, (HostMemory){ (uint8_t)base, (uint8_t)index, i->scale, (int32_t)i->disp });
}

static unsigned memory_bytes(const Insn *i)
{
	const Form *form = &insn_forms[i->form];
	for (unsigned n = 0; n < form->operands; n++) {
		const Operand *o = &form->operand[n];
		unsigned size = operand_bytes(i, o);
		if ((o->kind == OPK_E || o->kind == OPK_M || o->kind == OPK_W || o->kind == OPK_Q || o->kind == OPK_O) && size)
			return size;
	}
	return 16; /* more than the x87's */
}

/* Outside 64-bit mode a segment without a limit still ends at 4 GiB, which shows where it doesn't begin at 0: ADDRESS has the offset. */
static void emit_limit_check(Translator *t, const Insn *i)
{
	unsigned size = memory_bytes(i);
	bool constant = i->base == GPR_NONE && i->index == GPR_NONE;
	if (t->mode64 || (constant && (uint64_t)(uint32_t)i->disp + size <= (uint64_t)1 << 32))
		return;
	asm_lea(&t->a, 8, WORK, (HostMemory){ ADDRESS, H_NONE, 0, (int32_t)size - 1 });
	asm_rorx(&t->a, WORK, WORK, 32);
	asm_move(&t->a, 4, WORK, WORK);
	uint8_t *inside = asm_jump_rcx_zero(&t->a);
	cold_jump(t, asm_jump(&t->a));
	asm_aim_short(&t->a, inside, t->a.at);
}

bool has_address(const Translator *t, const Insn *i)
{
	return i->adsize != 2 && has_free_segment(t, i) && fits(i->base == GPR_RIP ? i->disp + t->offset : i->adsize == 8 ? i->disp : 0);
}

unsigned emit_address(Translator *t, const Insn *i)
{
	if (!has_address(t, i))
		return NO_ADDRESS;
	bool based = i->seg == FS || i->seg == GS;
	bool whole = i->adsize == 8 || (i->base < 16 && t->whole >> i->base & 1);
	bool plain = whole && !based && i->disp == 0 && i->index == GPR_NONE && i->base < 16 && homes[i->base] != SLOT;
	if (plain)
		return homes[i->base];
	emit_sum(t, i);
	if (based) {
		emit_limit_check(t, i);
		HostMemory eff_base = { STATE, H_NONE, 0, (int32_t)offsetof(Cpu, seg[i->seg].eff_base) - STATE_BIAS };
		asm_load(&t->a, 8, WORK, eff_base);
		asm_lea(&t->a, t->mode64 ? 8 : 4, ADDRESS, (HostMemory){ ADDRESS, WORK, 0, 0 });
	}
	return ADDRESS;
}

/* ---- the TLB ---- */

HostMemory tlb_member(const Translator *t, size_t member)
{
	return (HostMemory){ STATE, EXTRA, 3, (int32_t)(offsetof(Cpu, tlb) + t->class * sizeof(TlbSet) + member) - STATE_BIAS };
}

/* WORK = 0, if it is less than a page and aligned. */
static void emit_page_check(Translator *t, unsigned align)
{
	if (align > 1) /* the bits that an aligned address in the page hasn't got */
		asm_pext(&t->a, WORK, WORK, (HostMemory){ STATE, H_NONE, 0,
			(int32_t)(offsetof(Cpu, jit_misaligned) + 8 * (unsigned)__builtin_ctz(align)) - STATE_BIAS });
	else
		asm_shrx(&t->a, WORK, WORK, STATE);
}

/* EXTRA = the number of the address's entry; WORK = 0: it is there. */
static void emit_comparison(Translator *t, unsigned address, unsigned last, bool write, unsigned align)
{
	Asm *a = &t->a;
	asm_shrx(a, EXTRA, address, STATE);
	asm_low16(a, EXTRA, EXTRA);
	asm_load(a, 8, WORK, tlb_member(t, write ? offsetof(TlbSet, write) : offsetof(TlbSet, read)));
	asm_lea(a, 8, WORK, (HostMemory){ WORK, (uint8_t)address, 0, (int32_t)last });
	emit_page_check(t, align);
}

void emit_probe(Translator *t, unsigned address, unsigned last, bool write, unsigned align)
{
	Asm *a = &t->a;
	emit_comparison(t, address, last, write, align);
	uint8_t *hit = asm_jump_rcx_zero(a);
	cold_jump(t, asm_jump(a));
	asm_aim_short(a, hit, a->at);
	asm_load(a, 8, WORK, tlb_member(t, offsetof(TlbSet, addend)));
}

void emit_hinted_probe(Translator *t, unsigned address, Expected expected)
{
	Asm *a = &t->a;
	Cold *c = cold_of(t);
	asm_load(a, 2, EXTRA, hint_slot(expected.hint));
	asm_load(a, 8, WORK, tlb_member(t, expected.write ? offsetof(TlbSet, write) : offsetof(TlbSet, read)));
	asm_lea(a, 8, WORK, (HostMemory){ WORK, (uint8_t)address, 0, 0 });
	emit_page_check(t, expected.align);
	uint8_t *hit = asm_jump_rcx_zero(a);
	c->hint_failed = asm_jump(a);
	asm_aim_short(a, hit, a->at);
	c->hint_mended = a->at;
	c->expected = expected;
	c->address = (uint8_t)address;
	asm_load(a, 8, WORK, tlb_member(t, offsetof(TlbSet, addend)));
}

/* Is it in another page? That one's entry is the next hint, and is counted; when that was too often, code ends here. */
void emit_mend_hint(Translator *t, const Cold *c, bool counts)
{
	Asm *a = &t->a;
	const HostMemory hint = hint_slot(c->expected.hint), left = { WORK, H_NONE, 0, (int32_t)offsetof(Block, hints_left) };
	asm_aim(c->hint_failed, a->at);
	emit_comparison(t, c->address, c->expected.last, c->expected.write, 0);
	uint8_t *found = asm_jump_rcx_zero(a);
	cold_jump(t, asm_jump(a));
	asm_aim_short(a, found, a->at);
	asm_store(a, 2, hint, EXTRA);
	if (!counts) {
		asm_aim(asm_jump(a), c->hint_mended);
		return;
	}
	asm_constant(a, WORK, (uint64_t)(uintptr_t)t->block);
	asm_load(a, 4, EXTRA, left);
	asm_lea(a, 4, EXTRA, (HostMemory){ EXTRA, H_NONE, 0, -1 });
	asm_store(a, 4, left, EXTRA);
	asm_move(a, 4, WORK, EXTRA);
	uint8_t *often = asm_jump_rcx_zero(a);
	asm_load(a, 2, EXTRA, hint);
	asm_aim(asm_jump(a), c->hint_mended);
	asm_aim_short(a, often, a->at);
	asm_constant(a, WORK, (uint64_t)(uintptr_t)t->block);
	asm_store(a, 8, STATE_AT(jit_hints_fail), WORK);
	exit_to(t, asm_jump(a), insn_offset(t, &t->from->insns[t->step[t->insn].insn]), false);
}

unsigned operand_bytes(const Insn *i, const Operand *o)
{
	bool wide = i->flags & INSN_W;
	switch (o->type) {
	case OPT_b: return 1;
	case OPT_w: return 2;
	case OPT_d: case OPT_ss: case OPT_si: return 4;
	case OPT_q: case OPT_sd: case OPT_pi: return 8;
	case OPT_v: return i->opsize;
	case OPT_z: return i->opsize == 2 ? 2 : 4;
	case OPT_y: return i->flags & INSN_VEX ? (wide ? 8 : 4) : i->opsize == 8 ? 8 : 4;
	case OPT_dq: return 16;
	case OPT_qq: return 32;
	case OPT_x: case OPT_ps: case OPT_pd: return i->vl < 16 ? 16 : i->vl;
	default: return 0;
	}
}
