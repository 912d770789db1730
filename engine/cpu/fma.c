/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FMA: a * b + c with one rounding. The digits in the mnemonic say which operands a, b and c are (1 is V, 2 is H, 3 is W);
 * that decides the order in which NaNs are taken, too. */
#include "cpu/simdfp.h"

#include "insn_handlers.h"

enum { ADD = 0, SUB = FP_NEGATE_ADDEND, NADD = FP_NEGATE_PRODUCT, NSUB = FP_NEGATE_PRODUCT | FP_NEGATE_ADDEND };

typedef struct Terms {
	const Vector *a, *b, *c;
	Vector buffer;
} Terms;

static void take_terms(Cpu *cpu, const Insn *i, Terms *t, unsigned order, unsigned size)
{
	const Vector *first = &cpu->ymm[i->reg], *second = &cpu->ymm[i->vvvv];
	const Vector *third = xmm_rm(cpu, i, &t->buffer, size);
	t->a = order == 132 ? first : second;
	t->b = order == 213 ? first : third;
	t->c = order == 132 ? second : order == 213 ? third : first;
}

/* even, odd: what is negated in even and odd lanes */
static void packed32(Cpu *cpu, const Insn *i, unsigned order, unsigned even, unsigned odd)
{
	Terms t;
	Vector r;
	take_terms(cpu, i, &t, order, i->vl);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < i->vl / 4u; n++)
		r.u32[n] = fp32_muladd(t.a->u32[n], t.b->u32[n], t.c->u32[n], n & 1 ? odd : even, &env);
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &r);
}

static void packed64(Cpu *cpu, const Insn *i, unsigned order, unsigned even, unsigned odd)
{
	Terms t;
	Vector r;
	take_terms(cpu, i, &t, order, i->vl);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < i->vl / 8u; n++)
		r.u64[n] = fp64_muladd(t.a->u64[n], t.b->u64[n], t.c->u64[n], n & 1 ? odd : even, &env);
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &r);
}

static void scalar32(Cpu *cpu, const Insn *i, unsigned order, unsigned negate)
{
	Terms t;
	Vector r = cpu->ymm[i->reg];
	take_terms(cpu, i, &t, order, 4);
	FpEnv env = simd_begin(cpu);
	r.u32[0] = fp32_muladd(t.a->u32[0], t.b->u32[0], t.c->u32[0], negate, &env);
	simd_end(cpu, &env);
	xmm_write_128(cpu, i, i->reg, &r);
}

static void scalar64(Cpu *cpu, const Insn *i, unsigned order, unsigned negate)
{
	Terms t;
	Vector r = cpu->ymm[i->reg];
	take_terms(cpu, i, &t, order, 8);
	FpEnv env = simd_begin(cpu);
	r.u64[0] = fp64_muladd(t.a->u64[0], t.b->u64[0], t.c->u64[0], negate, &env);
	simd_end(cpu, &env);
	xmm_write_128(cpu, i, i->reg, &r);
}

#define PACKED(name, order, even, odd)                                                                       \
	void op_##name##order##ps(Cpu *cpu, const Insn *i) { packed32(cpu, i, order, even, odd); }            \
	void op_##name##order##pd(Cpu *cpu, const Insn *i) { packed64(cpu, i, order, even, odd); }
#define ALL(name, order, negate)                                                                             \
	PACKED(name, order, negate, negate)                                                                   \
	void op_##name##order##ss(Cpu *cpu, const Insn *i) { scalar32(cpu, i, order, negate); }               \
	void op_##name##order##sd(Cpu *cpu, const Insn *i) { scalar64(cpu, i, order, negate); }
#define ORDER(order)                                                                                         \
	ALL(fmadd, order, ADD)                                                                                \
	ALL(fmsub, order, SUB)                                                                                \
	ALL(fnmadd, order, NADD)                                                                              \
	ALL(fnmsub, order, NSUB)                                                                              \
	PACKED(fmaddsub, order, SUB, ADD)                                                                     \
	PACKED(fmsubadd, order, ADD, SUB)
ORDER(132)
ORDER(213)
ORDER(231)
#undef PACKED
#undef ALL
#undef ORDER
