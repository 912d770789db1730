/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Floating-point vectors: arithmetic, comparisons, rounding and MXCSR. Conversions stand in ssefp_convert.c, FMA in fma.c.
 *
 * Each operation is written once over the lanes; LANES makes the packed and the scalar handler of it. */
#include "cpu/simdfp.h"

#include "insn_handlers.h"

typedef uint32_t Binary32(uint32_t a, uint32_t b, FpEnv *env);
typedef uint64_t Binary64(uint64_t a, uint64_t b, FpEnv *env);

/* ---- operations on lanes: scalar forms work on the lowest, and keep the rest of the first operand ---- */

typedef struct Operands {
	const Vector *a, *b;
	Vector buffer, result;
	unsigned lanes;
} Operands;

ALWAYS_INLINE void take_operands(Cpu *cpu, const Insn *i, Operands *o, unsigned size, bool scalar)
{
	o->a = xmm_first(cpu, i);
	o->b = xmm_rm(cpu, i, &o->buffer, scalar ? size : i->vl);
	o->lanes = scalar ? 1 : i->vl / size;
	if (scalar)
		o->result = *o->a;
}

typedef uint32_t Lane32(uint32_t a, uint32_t b, unsigned imm, FpEnv *env);
typedef uint64_t Lane64(uint64_t a, uint64_t b, unsigned imm, FpEnv *env);

ALWAYS_INLINE void lanes32(Cpu *cpu, const Insn *i, bool scalar, Lane32 *f)
{
	Operands o;
	take_operands(cpu, i, &o, 4, scalar);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < o.lanes; n++)
		o.result.u32[n] = f(o.a->u32[n], o.b->u32[n], (uint8_t)i->imm, &env);
	simd_end(cpu, &env);
	xmm_write_size(cpu, i, i->reg, &o.result, scalar ? 16 : i->vl);
}

ALWAYS_INLINE void lanes64(Cpu *cpu, const Insn *i, bool scalar, Lane64 *f)
{
	Operands o;
	take_operands(cpu, i, &o, 8, scalar);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < o.lanes; n++)
		o.result.u64[n] = f(o.a->u64[n], o.b->u64[n], (uint8_t)i->imm, &env);
	simd_end(cpu, &env);
	xmm_write_size(cpu, i, i->reg, &o.result, scalar ? 16 : i->vl);
}

/* expression: of a, b, imm and env */
#define LANES(bits, name, packed, scalar, expression)                                                        \
	ALWAYS_INLINE uint##bits##_t name##bits(uint##bits##_t a, uint##bits##_t b, unsigned imm, FpEnv *env) \
	{                                                                                                     \
		(void)a, (void)b, (void)imm, (void)env;                                                       \
		return expression;                                                                            \
	}                                                                                                     \
	void op_##name##packed(Cpu *cpu, const Insn *i) { lanes##bits(cpu, i, false, name##bits); }            \
	void op_##name##scalar(Cpu *cpu, const Insn *i) { lanes##bits(cpu, i, true, name##bits); }

LANES(32, add, ps, ss, fp32_add(a, b, env))
LANES(64, add, pd, sd, fp64_add(a, b, env))
LANES(32, sub, ps, ss, fp32_sub(a, b, env))
LANES(64, sub, pd, sd, fp64_sub(a, b, env))
LANES(32, mul, ps, ss, fp32_mul(a, b, env))
LANES(64, mul, pd, sd, fp64_mul(a, b, env))
LANES(32, div, ps, ss, fp32_div(a, b, env))
LANES(64, div, pd, sd, fp64_div(a, b, env))
LANES(32, min, ps, ss, fp32_min(a, b, env))
LANES(64, min, pd, sd, fp64_min(a, b, env))
LANES(32, max, ps, ss, fp32_max(a, b, env))
LANES(64, max, pd, sd, fp64_max(a, b, env))
LANES(32, sqrt, ps, ss, fp32_sqrt(b, env))
LANES(64, sqrt, pd, sd, fp64_sqrt(b, env))
LANES(32, rcp, ps, ss, fp32_rcp(b))
LANES(32, rsqrt, ps, ss, fp32_rsqrt(b))
LANES(32, round, ps, ss, fp32_round_int(b, imm, env))
LANES(64, round, pd, sd, fp64_round_int(b, imm, env))
/* Legacy comparisons have three bits of predicate, VEX ones five. */
LANES(32, fpcmp, ps, ss, fp32_predicate(a, b, imm & 7, env) ? UINT32_MAX : 0)
LANES(64, fpcmp, pd, sd, fp64_predicate(a, b, imm & 7, env) ? UINT64_MAX : 0)
LANES(32, vfpcmp, ps, ss, fp32_predicate(a, b, imm & 31, env) ? UINT32_MAX : 0)
LANES(64, vfpcmp, pd, sd, fp64_predicate(a, b, imm & 31, env) ? UINT64_MAX : 0)
#undef LANES

/* ---- SSE3: neighbours, and alternating signs ---- */

/* Each 16 bytes of the result: the pairs of the first operand, then those of the second. */
ALWAYS_INLINE void horizontal32(Cpu *cpu, const Insn *i, Binary32 *f)
{
	Operands o;
	take_operands(cpu, i, &o, 4, false);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < o.lanes; n++) {
		const Vector *from = n & 2 ? o.b : o.a;
		unsigned pair = (n & ~3u) + (n & 1) * 2;
		o.result.u32[n] = f(from->u32[pair], from->u32[pair + 1], &env);
	}
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &o.result);
}

ALWAYS_INLINE void horizontal64(Cpu *cpu, const Insn *i, Binary64 *f)
{
	Operands o;
	take_operands(cpu, i, &o, 8, false);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < o.lanes; n++) {
		const Vector *from = n & 1 ? o.b : o.a;
		o.result.u64[n] = f(from->u64[n & ~1u], from->u64[n | 1], &env);
	}
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &o.result);
}

void op_haddps(Cpu *cpu, const Insn *i) { horizontal32(cpu, i, fp32_add); }
void op_haddpd(Cpu *cpu, const Insn *i) { horizontal64(cpu, i, fp64_add); }
void op_hsubps(Cpu *cpu, const Insn *i) { horizontal32(cpu, i, fp32_sub); }
void op_hsubpd(Cpu *cpu, const Insn *i) { horizontal64(cpu, i, fp64_sub); }

void op_addsubps(Cpu *cpu, const Insn *i)
{
	Operands o;
	take_operands(cpu, i, &o, 4, false);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < o.lanes; n++)
		o.result.u32[n] = (n & 1 ? fp32_add : fp32_sub)(o.a->u32[n], o.b->u32[n], &env);
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &o.result);
}

void op_addsubpd(Cpu *cpu, const Insn *i)
{
	Operands o;
	take_operands(cpu, i, &o, 8, false);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < o.lanes; n++)
		o.result.u64[n] = (n & 1 ? fp64_add : fp64_sub)(o.a->u64[n], o.b->u64[n], &env);
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &o.result);
}

/* ---- SSE4.1: dot products. Imm bits 4.. choose the products, bits 0.. the lanes that receive the sum ----
 * The products, the inner sums and the outer sums are separate steps: an unmasked exception of an earlier one ends the
 * instruction before the later ones raise theirs. */

void op_dpps(Cpu *cpu, const Insn *i)
{
	Operands o;
	uint32_t product[8], inner[4];
	take_operands(cpu, i, &o, 4, false);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < o.lanes; n++)
		product[n] = i->imm >> (4 + n % 4) & 1 ? fp32_mul(o.a->u32[n], o.b->u32[n], &env) : 0;
	simd_end(cpu, &env);
	for (unsigned n = 0; n < o.lanes / 2; n++)
		inner[n] = fp32_add(product[2 * n], product[2 * n + 1], &env);
	simd_end(cpu, &env);
	for (unsigned half = 0; half < o.lanes / 4; half++) {
		uint32_t sum = fp32_add(inner[2 * half], inner[2 * half + 1], &env);
		for (unsigned n = 0; n < 4; n++)
			o.result.u32[4 * half + n] = i->imm >> n & 1 ? sum : 0;
	}
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &o.result);
}

void op_dppd(Cpu *cpu, const Insn *i)
{
	Operands o;
	take_operands(cpu, i, &o, 8, false);
	FpEnv env = simd_begin(cpu);
	uint64_t product[2];
	for (unsigned n = 0; n < 2; n++)
		product[n] = i->imm >> (4 + n) & 1 ? fp64_mul(o.a->u64[n], o.b->u64[n], &env) : 0;
	simd_end(cpu, &env);
	uint64_t sum = fp64_add(product[0], product[1], &env);
	simd_end(cpu, &env);
	for (unsigned n = 0; n < 2; n++)
		o.result.u64[n] = i->imm >> n & 1 ? sum : 0;
	xmm_write_128(cpu, i, i->reg, &o.result);
}

/* ---- comparisons to EFLAGS ---- */

/* COMISS and its like compare V with W, in VEX forms too. */
ALWAYS_INLINE void compare_flags(Cpu *cpu, const Insn *i, unsigned size, bool signalling)
{
	Vector buffer;
	const Vector *a = &cpu->ymm[i->reg], *b = xmm_rm(cpu, i, &buffer, size);
	FpEnv env = simd_begin(cpu);
	FpOrder order = size == 4 ? fp32_compare(a->u32[0], b->u32[0], signalling, &env)
				       : fp64_compare(a->u64[0], b->u64[0], signalling, &env);
	simd_end(cpu, &env);
	flags_unpack(&cpu->af, fp_order_eflags(order));
}

void op_comiss(Cpu *cpu, const Insn *i) { compare_flags(cpu, i, 4, true); }
void op_comisd(Cpu *cpu, const Insn *i) { compare_flags(cpu, i, 8, true); }
void op_ucomiss(Cpu *cpu, const Insn *i) { compare_flags(cpu, i, 4, false); }
void op_ucomisd(Cpu *cpu, const Insn *i) { compare_flags(cpu, i, 8, false); }

/* ---- MXCSR ---- */

void op_ldmxcsr(Cpu *cpu, const Insn *i)
{
	uint32_t value = (uint32_t)mem_read(cpu, i->seg, effective_address(cpu, i), 4);
	if (value & ~mxcsr_valid(cpu))
		fault_gp(cpu, 0);
	cpu->mxcsr = value;
}

void op_stmxcsr(Cpu *cpu, const Insn *i)
{
	mem_write(cpu, i->seg, effective_address(cpu, i), cpu->mxcsr, 4);
}
