/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decode table read backwards. See synth.h. */
#include "synth.h"

#include <stdio.h>
#include <string.h>

typedef struct Facts { /* of the instruction to be made */
	unsigned code, rep, reg, rm, osize;
	bool opsize66, adsize67, mod3, w, l, rex_b;
} Facts;

static bool random_bit(GRand *random, unsigned one_in)
{
	return g_rand_int_range(random, 0, (gint32)one_in) == 0;
}

/* A field of the match word: the encoding's value, or else the default. */
static unsigned field(const Encoding *e, unsigned shift, unsigned mask, unsigned otherwise)
{
	return e->mask >> shift & mask ? e->value >> shift & mask : otherwise;
}

static bool choose_sizes(const Encoding *e, Facts *f)
{
	bool wants_osize = e->mask >> MATCH_OSIZE_SHIFT & 3, wants_asize = e->mask >> MATCH_ASIZE_SHIFT & 3;
	unsigned osize = e->value >> MATCH_OSIZE_SHIFT & 3, asize = e->value >> MATCH_ASIZE_SHIFT & 3;
	unsigned natural = f->code == MODE_CODE16 ? 0 : 1;
	if (wants_osize && osize == 2) {
		if (f->code != MODE_CODE64)
			return false;
		f->w = true;
	} else if (wants_osize) {
		f->opsize66 = osize != natural;
		f->w = false;
	}
	if (wants_asize) {
		natural = f->code == MODE_CODE16 ? 0 : f->code == MODE_CODE32 ? 1 : 2;
		if ((asize == 2) != (natural == 2) && (asize == 2 || asize == 0))
			return false;
		f->adsize67 = asize != natural;
	}
	return true;
}

static bool choose(const Encoding *e, uint32_t mode, bool plain, GRand *random, Facts *f)
{
	bool vex = e->map >= MAP_VEX_0F, code64;
	f->code = mode & MODE_CODE;
	code64 = f->code == MODE_CODE64;
	if (field(e, 10, 1, code64) != code64)
		return false;
	f->rep = field(e, MATCH_REP_SHIFT, 3, 0);
	f->opsize66 = field(e, 2, 1, !vex && !plain && random_bit(random, 4));
	f->mod3 = field(e, 3, 1, random_bit(random, 2));
	f->reg = field(e, MATCH_REG_SHIFT, 7, (unsigned)g_rand_int_range(random, 0, 8));
	f->rm = field(e, MATCH_RM_SHIFT, 7, (unsigned)g_rand_int_range(random, 0, 8));
	f->w = field(e, 16, 1, (code64 || vex) && random_bit(random, 2));
	f->l = field(e, 17, 1, vex && random_bit(random, 2));
	f->rex_b = field(e, 20, 1, code64 && random_bit(random, 2));
	f->adsize67 = !plain && random_bit(random, 8);
	return choose_sizes(e, f) && (vex || !f->w || code64);
}

static unsigned put_vex(const Encoding *e, const Facts *f, GRand *random, uint8_t *bytes)
{
	unsigned pp = f->rep == 1 ? 2 : f->rep == 2 ? 3 : f->opsize66;
	bool wants_vvvv = false;
	const Form *form = &insn_forms[e->form];
	for (unsigned n = 0; n < form->operands; n++)
		wants_vvvv |= form->operand[n].kind == OPK_H || form->operand[n].kind == OPK_B;
	unsigned vvvv = wants_vvvv ? (unsigned)g_rand_int_range(random, 0, 16) : 15;
	uint8_t last = (uint8_t)(vvvv << 3 | f->l << 2 | pp);
	bool r = random_bit(random, 2), x = random_bit(random, 2);
	if (f->code != MODE_CODE64)
		r = x = true;
	unsigned n = 0;
	if (e->map == MAP_VEX_0F && !f->w && x && !f->rex_b) {
		bytes[n++] = 0xc5;
		bytes[n++] = (uint8_t)(r << 7 | last);
	} else {
		bytes[n++] = 0xc4;
		bytes[n++] = (uint8_t)(r << 7 | x << 6 | !f->rex_b << 5 | (e->map - MAP_VEX_0F + 1));
		bytes[n++] = (uint8_t)(f->w << 7 | last);
	}
	bytes[n++] = e->opcode;
	return n;
}

static unsigned put_legacy(const Encoding *e, const Facts *f, GRand *random, uint8_t *bytes)
{
	static const uint8_t escapes[][2] = { [MAP_0F38] = { 0x0f, 0x38 }, [MAP_0F3A] = { 0x0f, 0x3a }, [MAP_3DNOW] = { 0x0f, 0x0f } };
	unsigned n = 0;
	if (f->opsize66)
		bytes[n++] = 0x66;
	if (f->rep)
		bytes[n++] = f->rep == 1 ? 0xf3 : 0xf2;
	if (f->code == MODE_CODE64 && (f->w || f->rex_b || random_bit(random, 4)))
		bytes[n++] = (uint8_t)(0x40 | f->w << 3 | random_bit(random, 2) << 2 | random_bit(random, 2) << 1 | f->rex_b);
	if (e->map >= MAP_0F38) {
		bytes[n++] = escapes[e->map][0];
		bytes[n++] = escapes[e->map][1];
	} else if (e->map == MAP_0F) {
		bytes[n++] = 0x0f;
	}
	if (e->map != MAP_3DNOW)
		bytes[n++] = e->opcode;
	return n;
}

/* Behind 3DNow!'s operand comes its opcode; so that operand is kept to ModRM. */
static uint8_t modrm_3dnow(const Facts *f)
{
	bool plain = f->mod3 || (f->rm != 4 && f->rm != 5 && f->rm != 6);
	return (uint8_t)((plain ? f->mod3 : 1) * 0xc0 | f->reg << 3 | f->rm);
}

bool synth_insn(const Encoding *e, uint32_t mode, bool plain, GRand *random, uint8_t bytes[SYNTH_SIZE])
{
	Facts f = { 0 };
	if (!choose(e, mode, plain, random, &f))
		return false;
	for (unsigned n = 0; n < SYNTH_SIZE; n++)
		bytes[n] = (uint8_t)(random_bit(random, 4) ? 0 : g_rand_int_range(random, 0, 256));
	unsigned n = 0;
	if (f.adsize67)
		bytes[n++] = 0x67;
	n += e->map >= MAP_VEX_0F ? put_vex(e, &f, random, bytes + n) : put_legacy(e, &f, random, bytes + n);
	if (e->map == MAP_3DNOW) {
		bytes[n++] = modrm_3dnow(&f);
		bytes[n++] = e->opcode;
	} else if (insn_forms[e->form].flags & FORM_MODRM) {
		unsigned mod = f.mod3 ? 3 : (unsigned)g_rand_int_range(random, 0, 3);
		bytes[n++] = (uint8_t)(mod << 6 | f.reg << 3 | f.rm);
	}
	return true;
}

const char *synth_hex(const uint8_t *bytes, unsigned count, char *text, size_t size)
{
	text[0] = 0;
	for (unsigned n = 0; n < count && 2 * n + 2 < size; n++)
		snprintf(text + 2 * n, size - 2 * n, "%02x", bytes[n]);
	return text;
}
