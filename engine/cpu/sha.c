/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-NI: rounds and message schedules of SHA-1 and SHA-256 (FIPS 180-4). All operands are 16 bytes. */
#include "cpu/vec.h"

#include "insn_handlers.h"

static uint32_t rotate_left(uint32_t v, unsigned count)
{
	return v << count | v >> (32 - count);
}

static uint32_t rotate_right(uint32_t v, unsigned count)
{
	return v >> count | v << (32 - count);
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) ^ (~x & z);
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) ^ (x & z) ^ (y & z);
}

/* ---- SHA-1: A, and the earliest W, are in dword 3 ---- */

/* FIPS 180-4, 4.1.1 and 4.2.1, for each group of twenty rounds */
static uint32_t sha1_function(unsigned group, uint32_t b, uint32_t c, uint32_t d)
{
	switch (group) {
	case 0: return choose(b, c, d) + 0x5a827999;
	case 1: return (b ^ c ^ d) + 0x6ed9eba1;
	case 2: return majority(b, c, d) + 0x8f1bbcdc;
	default: return (b ^ c ^ d) + 0xca62c1d6;
	}
}

/* Four rounds; E has been added to the first W already. */
void op_sha1rnds4(Cpu *cpu, const Insn *i)
{
	VecPair p;
	vec_pair(cpu, i, &p);
	uint32_t a = p.a->u32[3], b = p.a->u32[2], c = p.a->u32[1], d = p.a->u32[0], e = 0;
	for (unsigned round = 0; round < 4; round++) {
		uint32_t next = rotate_left(a, 5) + sha1_function(i->imm & 3, b, c, d) + e + p.b->u32[3 - round];
		e = d;
		d = c;
		c = rotate_left(b, 30);
		b = a;
		a = next;
	}
	Vector r = { .u32 = { d, c, b, a } };
	xmm_write(cpu, i, i->reg, &r);
}

/* E of four rounds later, added to the next W */
void op_sha1nexte(Cpu *cpu, const Insn *i)
{
	VecPair p;
	vec_pair(cpu, i, &p);
	Vector r = *p.b;
	r.u32[3] += rotate_left(p.a->u32[3], 30);
	xmm_write(cpu, i, i->reg, &r);
}

void op_sha1msg1(Cpu *cpu, const Insn *i)
{
	VecPair p;
	vec_pair(cpu, i, &p);
	Vector r = { .u64 = { p.a->u64[0] ^ p.b->u64[1], p.a->u64[1] ^ p.a->u64[0] } };
	xmm_write(cpu, i, i->reg, &r);
}

void op_sha1msg2(Cpu *cpu, const Insn *i)
{
	VecPair p;
	vec_pair(cpu, i, &p);
	Vector r = { .u64 = { 0 } };
	r.u32[3] = rotate_left(p.a->u32[3] ^ p.b->u32[2], 1);
	r.u32[2] = rotate_left(p.a->u32[2] ^ p.b->u32[1], 1);
	r.u32[1] = rotate_left(p.a->u32[1] ^ p.b->u32[0], 1);
	r.u32[0] = rotate_left(p.a->u32[0] ^ r.u32[3], 1);
	xmm_write(cpu, i, i->reg, &r);
}

/* ---- SHA-256: the first operand is C D G H, the second A B E F, from dword 3 down; XMM0 has two of W + K ---- */

static uint32_t big_sigma0(uint32_t v) { return rotate_right(v, 2) ^ rotate_right(v, 13) ^ rotate_right(v, 22); }
static uint32_t big_sigma1(uint32_t v) { return rotate_right(v, 6) ^ rotate_right(v, 11) ^ rotate_right(v, 25); }
static uint32_t small_sigma0(uint32_t v) { return rotate_right(v, 7) ^ rotate_right(v, 18) ^ v >> 3; }
static uint32_t small_sigma1(uint32_t v) { return rotate_right(v, 17) ^ rotate_right(v, 19) ^ v >> 10; }

void op_sha256rnds2(Cpu *cpu, const Insn *i)
{
	VecPair p;
	vec_pair(cpu, i, &p);
	uint32_t a = p.b->u32[3], b = p.b->u32[2], c = p.a->u32[3], d = p.a->u32[2];
	uint32_t e = p.b->u32[1], f = p.b->u32[0], g = p.a->u32[1], h = p.a->u32[0];
	for (unsigned round = 0; round < 2; round++) {
		uint32_t t1 = h + big_sigma1(e) + choose(e, f, g) + cpu->ymm[0].u32[round];
		uint32_t t2 = big_sigma0(a) + majority(a, b, c);
		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	Vector r = { .u32 = { f, e, b, a } };
	xmm_write(cpu, i, i->reg, &r);
}

void op_sha256msg1(Cpu *cpu, const Insn *i)
{
	VecPair p;
	vec_pair(cpu, i, &p);
	Vector r = *p.a;
	for (unsigned n = 0; n < 4; n++)
		r.u32[n] += small_sigma0(n < 3 ? p.a->u32[n + 1] : p.b->u32[0]);
	xmm_write(cpu, i, i->reg, &r);
}

/* The last two new words depend on the first two. */
void op_sha256msg2(Cpu *cpu, const Insn *i)
{
	VecPair p;
	vec_pair(cpu, i, &p);
	Vector r = *p.a;
	r.u32[0] += small_sigma1(p.b->u32[2]);
	r.u32[1] += small_sigma1(p.b->u32[3]);
	r.u32[2] += small_sigma1(r.u32[0]);
	r.u32[3] += small_sigma1(r.u32[1]);
	xmm_write(cpu, i, i->reg, &r);
}
