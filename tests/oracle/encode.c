/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "encode.h"

#include <glib.h>
#include <string.h>

enum { NO_PREFIX = 0, F3_PREFIX = 1, F2_PREFIX = 2 };
enum { TRIES = 40 };

/* The choices of one try, before they become bytes. */
typedef struct Choice {
	const Encoding *row;
	const Form *form;
	Dice *d;
	const EncodeLimits *limits;
	bool mode64, opsize66, adsize67, lock, w, l, r, x, b, rex;
	unsigned rep, segment; /* segment prefix byte, 0: none */
	unsigned vvvv;
	uint8_t modrm, sib;
	bool has_sib;
	unsigned disp_size;
	unsigned adsize; /* 2, 4, 8 */
} Choice;

static bool constrained(const Choice *c, uint32_t mask)
{
	return c->row->mask & mask;
}

static unsigned constraint(const Choice *c, unsigned shift, uint32_t mask)
{
	return (c->row->value & mask) >> shift;
}

/* A bit of the row's constraints, or a throw of the dice. */
static bool bit_or(Choice *c, uint32_t mask, unsigned percent)
{
	return constrained(c, mask) ? (c->row->value & mask) != 0 : dice_percent(c->d, percent);
}

static bool has_sized_operand(const Form *form)
{
	for (unsigned n = 0; n < form->operands; n++) {
		unsigned type = form->operand[n].type;
		if (type == OPT_v || type == OPT_z || type == OPT_y)
			return true;
	}
	return form->operands == 0;
}

/* ---- prefixes ---- */

static void choose_operand_size(Choice *c)
{
	enum { OSIZE = 3 << MATCH_OSIZE_SHIFT };
	bool sized = has_sized_operand(c->form);
	c->opsize66 = bit_or(c, MATCH_66, sized ? 30 : 3);
	c->w = bit_or(c, MATCH_W, sized ? 45 : 8);
	if (constrained(c, OSIZE)) {
		unsigned osize = constraint(c, MATCH_OSIZE_SHIFT, OSIZE);
		c->w = osize == 2 || (osize == 1 && (c->form->flags & (FORM_D64 | FORM_F64)) && c->w);
		if (!constrained(c, MATCH_66) && osize < 2)
			c->opsize66 = osize == 0;
	}
	if (!c->mode64)
		c->w = (c->form->flags & FORM_VEX) && c->w;
}

static void choose_repeat(Choice *c)
{
	enum { REP = 3 << MATCH_REP_SHIFT };
	static const unsigned any[] = { NO_PREFIX, F3_PREFIX, F2_PREFIX };
	if (constrained(c, REP))
		c->rep = constraint(c, MATCH_REP_SHIFT, REP);
	else if (dice_percent(c->d, c->form->flags & FORM_REP ? 75 : 4))
		c->rep = any[1 + dice_below(c->d, 2)];
}

static void choose_address_size(Choice *c)
{
	enum { ASIZE = 3 << MATCH_ASIZE_SHIFT };
	unsigned natural = c->mode64 ? 8 : 4;
	c->adsize67 = dice_percent(c->d, 10);
	if (constrained(c, ASIZE))
		c->adsize67 = (1u << (constraint(c, MATCH_ASIZE_SHIFT, ASIZE) + 1)) != natural;
	c->adsize = c->adsize67 ? natural / 2 : natural;
}

static void choose_prefixes(Choice *c)
{
	static const uint8_t segments[] = { 0x26, 0x2e, 0x36, 0x3e };
	choose_operand_size(c);
	choose_repeat(c);
	choose_address_size(c);
	if (dice_percent(c->d, 10))
		c->segment = 0x64 + dice_below(c->d, 2);
	else if (dice_percent(c->d, 5))
		c->segment = segments[dice_below(c->d, G_N_ELEMENTS(segments))];
	c->lock = dice_percent(c->d, c->form->flags & FORM_LOCK ? 15 : 1);
	if (c->form->flags & FORM_VEX) {
		c->l = bit_or(c, MATCH_L, 50);
		c->lock = c->lock && dice_percent(c->d, 20);
	}
	c->r = dice_percent(c->d, 40);
	c->x = dice_percent(c->d, 40);
	c->b = bit_or(c, MATCH_REXB, 40);
	c->rex = dice_percent(c->d, 15);
	if (!c->mode64)
		c->r = c->x = c->b = c->rex = false;
	else if (!(c->form->flags & FORM_VEX) && dice_percent(c->d, 40))
		c->r = c->x = false, c->b = constrained(c, MATCH_REXB) && c->b;
}

static bool names_vvvv(const Form *form)
{
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].kind == OPK_H || form->operand[n].kind == OPK_B)
			return true;
	return false;
}

static void choose_vvvv(Choice *c)
{
	if (names_vvvv(c->form) || dice_percent(c->d, 2))
		c->vvvv = dice_below(c->d, c->mode64 ? 16 : 8);
}

/* ---- ModRM ---- */

static void choose_address16(Choice *c, unsigned mod, unsigned rm)
{
	c->disp_size = mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0;
}

static void choose_address32(Choice *c, unsigned mod, unsigned rm)
{
	unsigned base = rm;
	c->has_sib = rm == 4;
	if (c->has_sib) {
		c->sib = (uint8_t)dice(c->d);
		base = c->sib & 7;
	}
	c->disp_size = mod == 1 ? 1 : mod == 2 || base == 5 ? 4 : 0;
}

/* Sequences: a base that holds an address, or none; and a displacement that can be patched. */
static void choose_known_address(Choice *c, unsigned reg)
{
	unsigned base = 0;
	do
		base = dice_below(c->d, c->mode64 ? 16 : 8);
	while (!(c->limits->pointers >> base & 1));
	c->disp_size = c->adsize == 2 ? 2 : 4;
	c->x = false;
	if (c->adsize == 2) {
		c->modrm = (uint8_t)(reg << 3 | 6);
	} else if ((base & 7) == 4 || dice_percent(c->d, 15)) { /* absolute, or RIP-relative */
		c->has_sib = c->form->flags & FORM_VSIB || dice_percent(c->d, 50);
		c->sib = 0x25;
		c->modrm = (uint8_t)(reg << 3 | (c->has_sib ? 4 : 5));
	} else {
		c->has_sib = dice_percent(c->d, 20);
		c->sib = (uint8_t)(0x20 | (base & 7));
		c->modrm = (uint8_t)(0x80 | reg << 3 | (c->has_sib ? 4 : (base & 7)));
		c->b = base & 8;
	}
}

static void choose_modrm(Choice *c)
{
	enum { REG = 7 << MATCH_REG_SHIFT, RM = 7 << MATCH_RM_SHIFT };
	if (!(c->form->flags & FORM_MODRM))
		return;
	unsigned mod = bit_or(c, MATCH_MOD3, 40) ? 3 : dice_below(c->d, 3);
	unsigned reg = constrained(c, REG) ? constraint(c, MATCH_REG_SHIFT, REG) : dice_below(c->d, 8);
	unsigned rm = constrained(c, RM) ? constraint(c, MATCH_RM_SHIFT, RM) : dice_below(c->d, 8);
	if ((c->form->flags & FORM_VSIB) && dice_percent(c->d, 98))
		rm = 4;
	c->modrm = (uint8_t)(mod << 6 | reg << 3 | rm);
	if (mod == 3)
		return;
	if (c->limits)
		choose_known_address(c, reg);
	else if (c->adsize == 2)
		choose_address16(c, mod, rm);
	else
		choose_address32(c, mod, rm);
}

/* ---- bytes ---- */

static void put(Draft *out, unsigned byte)
{
	g_assert(out->size < sizeof out->bytes);
	out->bytes[out->size++] = (uint8_t)byte;
}

static void put_random(Draft *out, Dice *d, unsigned size)
{
	uint64_t value = dice_integer(d);
	for (unsigned n = 0; n < size; n++)
		put(out, (uint8_t)(value >> 8 * n));
}

static void put_legacy_prefixes(const Choice *c, Draft *out)
{
	bool vex = c->form->flags & FORM_VEX;
	uint8_t prefixes[5];
	unsigned count = 0;
	if (c->opsize66 && !vex)
		prefixes[count++] = 0x66;
	if (c->adsize67)
		prefixes[count++] = 0x67;
	if (c->rep && !vex)
		prefixes[count++] = c->rep == F3_PREFIX ? 0xf3 : 0xf2;
	if (c->segment)
		prefixes[count++] = (uint8_t)c->segment;
	if (c->lock)
		prefixes[count++] = 0xf0;
	while (count) {
		unsigned n = dice_below(c->d, count);
		put(out, prefixes[n]);
		prefixes[n] = prefixes[--count];
	}
}

static void put_vex(const Choice *c, Draft *out)
{
	unsigned pp = c->rep == F3_PREFIX ? 2 : c->rep == F2_PREFIX ? 3 : c->opsize66;
	unsigned map = c->row->map - MAP_VEX_0F + 1;
	unsigned vvvv = ~c->vvvv & 15, last = vvvv << 3 | (unsigned)c->l << 2 | pp;
	if (map == 1 && !c->x && !c->b && !c->w && dice_percent(c->d, 50)) {
		put(out, 0xc5);
		put(out, (c->r ? 0 : 0x80) | last);
	} else {
		put(out, 0xc4);
		put(out, (c->r ? 0 : 0x80) | (c->x ? 0 : 0x40) | (c->b ? 0 : 0x20) | map);
		put(out, (c->w ? 0x80 : 0) | last);
	}
	put(out, c->row->opcode);
}

static void put_opcode(const Choice *c, Draft *out)
{
	if (c->form->flags & FORM_VEX) {
		put_vex(c, out);
		return;
	}
	if (c->w || c->r || c->x || c->b || c->rex)
		put(out, 0x40 | (unsigned)c->w << 3 | (unsigned)c->r << 2 | (unsigned)c->x << 1 | (unsigned)c->b);
	if (c->row->map != MAP_ONE)
		put(out, 0x0f);
	if (c->row->map == MAP_0F38)
		put(out, 0x38);
	if (c->row->map == MAP_0F3A)
		put(out, 0x3a);
	put(out, c->row->map == MAP_3DNOW ? 0x0f : c->row->opcode);
}

static void put_operands(const Choice *c, Draft *out)
{
	if (c->form->flags & FORM_MODRM)
		put(out, c->modrm);
	if (c->has_sib)
		put(out, c->sib);
	out->disp_at = out->size;
	out->disp_size = c->disp_size;
	put_random(out, c->d, c->disp_size);
	if (c->row->map == MAP_3DNOW)
		put(out, c->row->opcode);
	out->imm_at = out->size;
}

/* More bytes than any immediate has; the decoder says how many belong. */
static void put_immediates(const Choice *c, Draft *out)
{
	unsigned room = (unsigned)sizeof out->bytes - out->size;
	put_random(out, c->d, MIN(room, 8));
	if (room > 8)
		put_random(out, c->d, MIN(room - 8, 8));
}

static void make_draft(Choice *c, Draft *out)
{
	*out = (Draft){ 0 };
	choose_prefixes(c);
	choose_vvvv(c);
	choose_modrm(c);
	put_legacy_prefixes(c, out);
	put_opcode(c, out);
	put_operands(c, out);
	put_immediates(c, out);
}

/* AMD's processors let 66 make a near branch's operand size 16 in 64-bit mode, where Intel's, and the table's rows, ignore it. */
static bool differs_by_vendor(const EncodeContext *context, const Choice *c)
{
	return context->amd && c->mode64 && c->opsize66 && (c->form->flags & FORM_F64) && (c->form->flags & FORM_RIP);
}

uint32_t encode_destinations(const Insn *i)
{
	const Form *form = &insn_forms[i->form];
	uint32_t mask = 0;
	for (unsigned n = 0; n < form->operands; n++) {
		const Operand *o = &form->operand[n];
		bool byte = o->type == OPT_b;
		if (!(o->access & 2))
			continue;
		if (o->kind == OPK_G || o->kind == OPK_Z)
			mask |= 1u << (byte ? i->reg / 8 : i->reg);
		else if ((o->kind == OPK_E && !(i->flags & INSN_MEM)) || o->kind == OPK_R)
			mask |= 1u << (byte ? i->rm / 8 : i->rm);
		else if (o->kind == OPK_B)
			mask |= 1u << i->vvvv;
		else if (o->kind == OPK_ACC)
			mask |= 1u << RAX;
	}
	return mask;
}

/* EDX:EAX names XSAVE's components: EAX can't be an address as well. */
static bool component_mask_addresses(const Insn *i)
{
	return insn_forms[i->form].fault_class == CLASS_XSAVE && (i->flags & INSN_MEM) && (i->base == RAX || i->index == RAX);
}

bool encode_row(const EncodeContext *context, Dice *d, const Encoding *row, bool mode64, const EncodeLimits *limits, Draft *out)
{
	if ((row->mask & MATCH_IS64) && !(row->value & MATCH_IS64) == mode64)
		return false;
	for (unsigned try = 0; try < TRIES; try++) {
		Choice c = { .row = row, .form = &insn_forms[row->form], .d = d, .limits = limits, .mode64 = mode64 };
		make_draft(&c, out);
		if (differs_by_vendor(context, &c))
			continue;
		if (decode_insn(&context->decode[mode64], out->bytes, out->size, &out->insn) != DECODE_OK || out->insn.form != row->form)
			continue;
		if (component_mask_addresses(&out->insn))
			continue;
		if (limits && (encode_destinations(&out->insn) & limits->kept))
			continue;
		out->size = out->insn.length;
		return true;
	}
	return false;
}
