/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 3DNow!, after AMD's 3DNow! Technology Manual (21928) and the APM's volume 5.
 *
 * Two single-precision numbers in an MMX register, with an arithmetic of its own: no exceptions and no modes; denormals are
 * zeroes, results below the normal range become zeroes, those above it the largest normal number. Exponents of all ones are
 * "unsupported" numbers, for which most results are undefined: none of ours is an infinity or a NaN, save where an operand is
 * passed on unchanged.
 *
 * The manual promises 14 bits of PFRCP and 15 of PFRSQRT, and after the iteration steps all 24 to within one unit. Here the
 * approximations are rounded to nearest from the start, and the steps are Newton's formulas, which then change little. */
#include "cpu/fp/fp.h"
#include "cpu/mmx.h"

#include "insn_handlers.h"

#define SIGN_BIT 0x80000000u
#define LARGEST 0x7f7fffffu
#define EXPONENT 0x7f800000u
#define ONE 0x3f800000u
#define TWO 0x40000000u
#define THREE 0x40400000u
#define HALF 0x3f000000u

typedef uint32_t Binary(uint32_t a, uint32_t b);
typedef uint32_t Unary(uint32_t b);

static FpEnv environment(unsigned rounding)
{
	return (FpEnv){ .rounding = (uint8_t)rounding, .precision = 3, .daz = true, .ftz = true, .masks = FP_ALL };
}

static bool is_zero(uint32_t a)
{
	return !(a & EXPONENT);
}

static bool is_unsupported(uint32_t a)
{
	return (a & EXPONENT) == EXPONENT;
}

static uint32_t saturate(uint32_t r)
{
	return is_unsupported(r) ? (r & SIGN_BIT) | LARGEST : r;
}

/* ---- arithmetic ---- */

static uint32_t add(uint32_t a, uint32_t b)
{
	if (is_zero(a) && is_unsupported(b))
		return b;
	if (is_unsupported(a) && is_zero(b))
		return a;
	FpEnv env = environment(FP_ROUND_NEAREST);
	uint32_t r = fp32_add(a, b, &env);
	/* Two numbers that cancel leave the first one's sign. */
	if (is_zero(r) && !is_zero(a) && (a ^ b) == SIGN_BIT)
		r = a & SIGN_BIT;
	return saturate(r);
}

static uint32_t subtract(uint32_t a, uint32_t b) { return add(a, b ^ SIGN_BIT); }
static uint32_t subtract_reverse(uint32_t a, uint32_t b) { return subtract(b, a); }

static uint32_t multiply(uint32_t a, uint32_t b)
{
	if (is_zero(a) || is_zero(b))
		return (a ^ b) & SIGN_BIT;
	FpEnv env = environment(FP_ROUND_NEAREST);
	return saturate(fp32_mul(a, b, &env));
}

static FpOrder order(uint32_t a, uint32_t b)
{
	FpEnv env = environment(FP_ROUND_NEAREST);
	return fp32_compare(a, b, false, &env);
}

/* A zero of either sign, or a denormal, gives +0. */
static uint32_t smaller(uint32_t a, uint32_t b)
{
	uint32_t r = order(a, b) == FP_LESS ? a : b;
	return is_zero(r) ? 0 : r;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	uint32_t r = order(a, b) == FP_GREATER ? a : b;
	return is_zero(r) ? 0 : r;
}

static uint32_t is_equal(uint32_t a, uint32_t b) { return order(a, b) == FP_EQUAL ? UINT32_MAX : 0; }
static uint32_t is_greater(uint32_t a, uint32_t b) { return order(a, b) == FP_GREATER ? UINT32_MAX : 0; }

static uint32_t is_greater_or_equal(uint32_t a, uint32_t b)
{
	FpOrder o = order(a, b);
	return o == FP_GREATER || o == FP_EQUAL ? UINT32_MAX : 0;
}

/* ---- reciprocals ---- */

static uint32_t reciprocal(uint32_t b)
{
	if (is_zero(b))
		return (b & SIGN_BIT) | LARGEST;
	FpEnv env = environment(FP_ROUND_NEAREST);
	return saturate(fp32_div(ONE, b, &env));
}

/* Of the magnitude; the sign is passed on. In double precision, so that one rounding counts. */
static uint32_t reciprocal_root(uint32_t b)
{
	uint32_t sign = b & SIGN_BIT;
	if (is_zero(b))
		return sign | LARGEST;
	if (is_unsupported(b))
		return sign;
	FpEnv env = environment(FP_ROUND_NEAREST);
	uint64_t root = fp64_sqrt(fp32_to_fp64(b ^ sign, &env), &env);
	uint64_t one = fp32_to_fp64(ONE, &env);
	return sign | fp64_to_fp32(fp64_div(one, root, &env), &env);
}

/* With x and r near 1/x: 2 - x r, by which PFRCPIT2 multiplies r. */
static uint32_t reciprocal_step(uint32_t a, uint32_t b)
{
	FpEnv env = environment(FP_ROUND_NEAREST);
	return saturate(fp32_muladd(a, b, TWO, FP_NEGATE_PRODUCT, &env));
}

/* With x and r near 1/root(x), squared: (3 - x r r) / 2, by which PFRCPIT2 multiplies r. */
static uint32_t reciprocal_root_step(uint32_t a, uint32_t b)
{
	FpEnv env = environment(FP_ROUND_NEAREST);
	return saturate(fp32_mul(fp32_muladd(a, b, THREE, FP_NEGATE_PRODUCT, &env), HALF, &env));
}

/* ---- conversions: truncating, saturating ---- */

static uint32_t to_integer32(uint32_t b)
{
	FpEnv env = environment(FP_ROUND_ZERO);
	if ((b & EXPONENT) >> 23 >= 127 + 31)
		return b & SIGN_BIT ? (uint32_t)INT32_MIN : INT32_MAX;
	return (uint32_t)fp32_to_int32(b, FP_ROUND_ZERO, &env);
}

static uint32_t to_integer16(uint32_t b)
{
	int32_t value = (int32_t)to_integer32(b);
	return (uint32_t)CLAMP(value, INT16_MIN, INT16_MAX);
}

static uint32_t from_integer32(uint32_t b)
{
	FpEnv env = environment(FP_ROUND_ZERO);
	return fp32_from_int32((int32_t)b, &env);
}

static uint32_t from_integer16(uint32_t b)
{
	return from_integer32((uint32_t)(int32_t)(int16_t)b);
}

/* ---- the instructions ---- */

typedef union Pair { /* an MMX register */
	uint64_t u64;
	uint32_t u32[2];
	uint16_t u16[4];
	int16_t s16[4];
	uint8_t u8[8];
} Pair;

static void take_source(Cpu *cpu, const Insn *i, Pair *b)
{
	mmx_begin(cpu);
	b->u64 = mmx_rm(cpu, i, 8);
}

static void take_operands(Cpu *cpu, const Insn *i, Pair *a, Pair *b)
{
	take_source(cpu, i, b);
	a->u64 = mmx_read(cpu, i->reg);
}

ALWAYS_INLINE void binary(Cpu *cpu, const Insn *i, Binary *f)
{
	Pair a, b;
	take_operands(cpu, i, &a, &b);
	for (unsigned n = 0; n < 2; n++)
		a.u32[n] = f(a.u32[n], b.u32[n]);
	mmx_write(cpu, i->reg, a.u64);
}

ALWAYS_INLINE void unary(Cpu *cpu, const Insn *i, Unary *f)
{
	Pair b;
	take_source(cpu, i, &b);
	for (unsigned n = 0; n < 2; n++)
		b.u32[n] = f(b.u32[n]);
	mmx_write(cpu, i->reg, b.u64);
}

/* PFRCP and PFRSQRT take the low element and fill both. */
ALWAYS_INLINE void low_unary(Cpu *cpu, const Insn *i, Unary *f)
{
	Pair b;
	take_source(cpu, i, &b);
	b.u32[0] = b.u32[1] = f(b.u32[0]);
	mmx_write(cpu, i->reg, b.u64);
}

/* Within each operand, low with high. */
ALWAYS_INLINE void accumulate(Cpu *cpu, const Insn *i, Binary *first, Binary *second)
{
	Pair a, b;
	take_operands(cpu, i, &a, &b);
	Pair r = { .u32 = { first(a.u32[0], a.u32[1]), second(b.u32[0], b.u32[1]) } };
	mmx_write(cpu, i->reg, r.u64);
}

void op_pfadd(Cpu *cpu, const Insn *i) { binary(cpu, i, add); }
void op_pfsub(Cpu *cpu, const Insn *i) { binary(cpu, i, subtract); }
void op_pfsubr(Cpu *cpu, const Insn *i) { binary(cpu, i, subtract_reverse); }
void op_pfmul(Cpu *cpu, const Insn *i) { binary(cpu, i, multiply); }
void op_pfmin(Cpu *cpu, const Insn *i) { binary(cpu, i, smaller); }
void op_pfmax(Cpu *cpu, const Insn *i) { binary(cpu, i, larger); }
void op_pfcmpeq(Cpu *cpu, const Insn *i) { binary(cpu, i, is_equal); }
void op_pfcmpge(Cpu *cpu, const Insn *i) { binary(cpu, i, is_greater_or_equal); }
void op_pfcmpgt(Cpu *cpu, const Insn *i) { binary(cpu, i, is_greater); }
void op_pfrcpit1(Cpu *cpu, const Insn *i) { binary(cpu, i, reciprocal_step); }
void op_pfrcpit2(Cpu *cpu, const Insn *i) { binary(cpu, i, multiply); }
void op_pfrsqit1(Cpu *cpu, const Insn *i) { binary(cpu, i, reciprocal_root_step); }
void op_pfrcp(Cpu *cpu, const Insn *i) { low_unary(cpu, i, reciprocal); }
void op_pfrsqrt(Cpu *cpu, const Insn *i) { low_unary(cpu, i, reciprocal_root); }
void op_pfacc(Cpu *cpu, const Insn *i) { accumulate(cpu, i, add, add); }
void op_pfnacc(Cpu *cpu, const Insn *i) { accumulate(cpu, i, subtract, subtract); }
void op_pfpnacc(Cpu *cpu, const Insn *i) { accumulate(cpu, i, subtract, add); }
void op_pf2id(Cpu *cpu, const Insn *i) { unary(cpu, i, to_integer32); }
void op_pf2iw(Cpu *cpu, const Insn *i) { unary(cpu, i, to_integer16); }
void op_pi2fd(Cpu *cpu, const Insn *i) { unary(cpu, i, from_integer32); }
void op_pi2fw(Cpu *cpu, const Insn *i) { unary(cpu, i, from_integer16); }

void op_pswapd(Cpu *cpu, const Insn *i)
{
	Pair b;
	take_source(cpu, i, &b);
	mmx_write(cpu, i->reg, b.u64 << 32 | b.u64 >> 32);
}

void op_pavgusb(Cpu *cpu, const Insn *i)
{
	Pair a, b;
	take_operands(cpu, i, &a, &b);
	for (unsigned n = 0; n < 8; n++)
		a.u8[n] = (uint8_t)((a.u8[n] + b.u8[n] + 1) >> 1);
	mmx_write(cpu, i->reg, a.u64);
}

/* The upper half of the product, rounded. */
void op_pmulhrw(Cpu *cpu, const Insn *i)
{
	Pair a, b;
	take_operands(cpu, i, &a, &b);
	for (unsigned n = 0; n < 4; n++)
		a.u16[n] = (uint16_t)((a.s16[n] * b.s16[n] + 0x8000) >> 16);
	mmx_write(cpu, i->reg, a.u64);
}
