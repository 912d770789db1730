/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The four operations and the square root on unpacked numbers, and the rounding into a format. */
#include "internal.h"

uint32_t fp_order_eflags(FpOrder order)
{
	static const uint8_t flags[] = {
		[FP_LESS] = 0x01,
		[FP_EQUAL] = 0x40,
		[FP_GREATER] = 0x00,
		[FP_UNORDERED] = 0x45,
	};
	return flags[order];
}

FpNum fpn_div(const FpNum *a, const FpNum *b)
{
	uint64_t divisor = (uint64_t)(b->sig >> 64);
	FpU128 dividend = a->sig >> 1;
	FpU128 high = dividend / divisor;
	FpU128 rest = (dividend - high * divisor) << 64;
	FpU128 low = rest / divisor;
	bool sticky = low * divisor != rest;

	return fpn_make(a->sign != b->sign, a->exp - b->exp, (high << 64 | low) | sticky);
}

/* The root of a number whose two top bits aren't both clear, and the remainder. */
static uint32_t root32(uint32_t v, uint32_t *remainder)
{
	uint32_t root = 0, rest = 0;

	for (int i = 30; i >= 0; i -= 2) {
		uint32_t trial = root << 2 | 1;
		rest = rest << 2 | (v >> i & 3);
		root <<= 1;
		if (rest >= trial) {
			rest -= trial;
			root |= 1;
		}
	}
	*remainder = rest;
	return root;
}

/* Each size from the one half as large: with v = h*2^2k + m*2^k + l and h = s*s + r, (r*2^k + m) / 2s is the next digit. */
static uint32_t root64(uint64_t v, uint64_t *remainder)
{
	uint32_t rest;
	uint64_t s = root32((uint32_t)(v >> 32), &rest);
	uint64_t numerator = (uint64_t)rest << 16 | (v >> 16 & 0xffff);
	uint64_t q = numerator / (2 * s);
	int64_t r = (int64_t)((numerator - q * 2 * s) << 16 | (v & 0xffff)) - (int64_t)(q * q);

	s = (s << 16) + q;
	if (r < 0) {
		r += (int64_t)(2 * s - 1);
		s--;
	}
	*remainder = (uint64_t)r;
	return (uint32_t)s;
}

static uint64_t root128(FpU128 v, FpU128 *remainder)
{
	uint64_t rest;
	FpU128 s = root64((uint64_t)(v >> 64), &rest);
	FpU128 numerator = (FpU128)rest << 32 | (uint32_t)(v >> 32);
	FpU128 q = numerator / (2 * s);
	FpU128 r = (numerator - q * 2 * s) << 32 | (uint32_t)v;
	bool negative = r < q * q;

	r -= q * q;
	s = (s << 32) + q;
	if (negative) {
		r += 2 * s - 1;
		s--;
	}
	*remainder = r;
	return (uint64_t)s;
}

FpNum fpn_sqrt(const FpNum *a)
{
	bool odd = a->exp & 1;
	FpU128 rest;
	uint64_t root = root128(odd ? a->sig : a->sig >> 1, &rest);
	/* The root lies above root + 1/2 just when the remainder exceeds the root; it never lies on it. */
	FpU128 low = rest > root ? (FpU128)3 << 62 : rest != 0;

	return fpn_make(false, (a->exp - odd) / 2, (FpU128)root << 64 | low);
}

FpNum fp80_unpack(Float80 a)
{
	int biased = a.se & 0x7fff;
	FpNum n = {.sig = (FpU128)a.mant << 64, .sign = a.se >> 15};

	if (biased == 0) {
		if (a.mant == 0)
			return n;
		n = fpn_make(n.sign, FP80_EMIN, n.sig);
		n.denormal = true;
	} else if (!(a.mant & FP80_INTEGER_BIT)) {
		n.cls = FPC_UNSUPPORTED;
	} else if (biased != 0x7fff) {
		n.cls = FPC_NORMAL;
		n.exp = biased - FP80_BIAS;
	} else {
		n.cls = !(a.mant << 1) ? FPC_INF : a.mant & FP80_QUIET_BIT ? FPC_QNAN : FPC_SNAN;
	}
	return n;
}

static bool overflow_to_infinity(unsigned rounding, bool sign)
{
	return rounding == FP_ROUND_NEAREST || rounding == (sign ? FP_ROUND_DOWN : FP_ROUND_UP);
}

static uint64_t pack_overflow(FpFormat f, bool sign, unsigned rounding, bool inexact, FpEnv *env)
{
	bool infinity = overflow_to_infinity(rounding, sign);

	env->flags |= FP_OE;
	if (!(env->masks & FP_OE)) {
		env->flags |= inexact ? FP_PE : 0;
		return 0;
	}
	env->flags |= FP_PE;
	env->c1 = infinity;
	return fp_assemble(f, sign, f.emax - f.emin + 2, 0) - !infinity;
}

uint64_t fp_pack_rare(FpFormat f, const FpNum *n, unsigned rounding, FpPackStyle style, FpEnv *env)
{
	int keep = f.precision, biased = n->exp - f.emin + 1;
	bool tiny = false;

	env->c1 = false;
	if (n->cls == FPC_ZERO)
		return fp_assemble(f, n->sign, 0, 0);
	if (n->cls == FPC_INF)
		return fp_assemble(f, n->sign, f.emax - f.emin + 2, 0);

	FpRounded r = fp_round_sig(n->sig, keep, rounding, n->sign);
	if (n->exp < f.emin) {
		tiny = n->exp < f.emin - 1 || !r.carry;
		if (tiny && !(env->masks & FP_UE)) {
			/* Without result. SSE tells if it were inexact with an unbounded exponent; a store of the x87 doesn't. */
			env->flags |= r.inexact && style != FP_PACK_X87 ? FP_UE | FP_PE : FP_UE;
			return fp_assemble(f, n->sign, 0, 0);
		}
		if (tiny && style == FP_PACK_SSE && env->ftz) {
			env->flags |= FP_UE | FP_PE;
			return fp_assemble(f, n->sign, 0, 0);
		}
		/* A denormal has the exponent field 0 and the weight of 1; rounding may carry into the field. */
		keep -= f.emin - n->exp;
		r = fp_round_sig(n->sig, keep, rounding, n->sign);
		biased = 1;
	} else if (n->exp + r.carry > f.emax) {
		return pack_overflow(f, n->sign, rounding, r.inexact && style != FP_PACK_X87, env);
	}
	if (r.inexact)
		env->flags |= tiny ? FP_UE | FP_PE : FP_PE;
	env->c1 = r.up;
	return fp_assemble(f, n->sign, biased - 1, r.value);
}

int fp80_precision(const FpEnv *env)
{
	static const uint8_t bits[4] = {24, 64, 53, 64};
	return bits[env->precision & 3];
}

Float80 fp80_make_zero(bool sign)
{
	return (Float80){0, (uint16_t)(sign << 15)};
}

Float80 fp80_make_inf(bool sign)
{
	return (Float80){FP80_INTEGER_BIT, (uint16_t)(sign << 15 | 0x7fff)};
}

static Float80 pack80_overflow(const FpNum *n, int precision, FpEnv *env)
{
	bool infinity = overflow_to_infinity(env->rounding, n->sign);

	env->flags |= FP_OE | FP_PE;
	env->c1 = infinity;
	if (infinity)
		return fp80_make_inf(n->sign);
	return (Float80){UINT64_MAX << (64 - precision), (uint16_t)(n->sign << 15 | 0x7ffe)};
}

static Float80 assemble80(bool sign, int exp, uint64_t mant)
{
	return (Float80){mant, (uint16_t)(sign << 15 | ((exp + FP80_BIAS) & 0x7fff))};
}

/* Rounding when the exponent fits, or as if it did. */
static Float80 pack80_normal(const FpNum *n, const FpRounded *r, int precision, int exp, FpEnv *env)
{
	uint64_t mant = r->carry ? FP80_INTEGER_BIT : r->value << (64 - precision);

	if (r->inexact)
		env->flags |= FP_PE;
	env->c1 = r->up;
	return assemble80(n->sign, exp, mant);
}

/* `tiny` is false for what would round up to the smallest normal number: as a denormal it may still round differently. */
static Float80 pack80_denormal(const FpNum *n, int precision, bool tiny, FpEnv *env)
{
	int keep = precision - (FP80_EMIN - n->exp);
	FpRounded r = fp_round_sig(n->sig, keep, env->rounding, n->sign);
	uint64_t mant = r.value << (64 - precision);

	if (r.inexact)
		env->flags |= tiny ? FP_UE | FP_PE : FP_PE;
	env->c1 = r.up;
	return (Float80){mant, (uint16_t)(n->sign << 15 | (mant >> 63))};
}

/* Even a wrapped exponent wouldn't fit (FSCALE): unmasked, that is an infinity or a zero, whatever the rounding. */
static Float80 pack80_beyond(const FpNum *n, int precision, bool small, FpEnv *env)
{
	if (env->masks & (small ? FP_UE : FP_OE))
		return small ? pack80_denormal(n, precision, true, env) : pack80_overflow(n, precision, env);
	env->flags |= small ? FP_UE | FP_PE : FP_OE | FP_PE;
	env->c1 = !small;
	return small ? fp80_make_zero(n->sign) : fp80_make_inf(n->sign);
}

Float80 fp80_pack(const FpNum *n, int precision, FpEnv *env)
{
	env->c1 = false;
	if (n->cls == FPC_ZERO)
		return fp80_make_zero(n->sign);
	if (n->cls == FPC_INF)
		return fp80_make_inf(n->sign);

	FpRounded r = fp_round_sig(n->sig, precision, env->rounding, n->sign);
	int exp = n->exp + r.carry;
	if (exp > FP80_EMAX + FP80_WRAP || exp < FP80_EMIN - FP80_WRAP)
		return pack80_beyond(n, precision, exp < 0, env);
	if (exp > FP80_EMAX) {
		if (env->masks & FP_OE)
			return pack80_overflow(n, precision, env);
		env->flags |= FP_OE;
		return pack80_normal(n, &r, precision, exp - FP80_WRAP, env);
	}
	if (exp < FP80_EMIN) {
		if (env->masks & FP_UE)
			return pack80_denormal(n, precision, true, env);
		env->flags |= FP_UE;
		return pack80_normal(n, &r, precision, exp + FP80_WRAP, env);
	}
	if (n->exp < FP80_EMIN)
		return pack80_denormal(n, precision, false, env);
	return pack80_normal(n, &r, precision, exp, env);
}

FpU128 fpn_to_integer(const FpNum *n, unsigned rounding, bool *inexact, bool *up)
{
	*inexact = *up = false;
	if (n->cls == FPC_ZERO)
		return 0;
	if (n->cls != FPC_NORMAL || n->exp > 63)
		return (FpU128)1 << 64;

	FpRounded r = fp_round_sig(n->sig, n->exp + 1, rounding, n->sign);
	*inexact = r.inexact;
	*up = r.up;
	return r.carry && n->exp == 63 ? (FpU128)1 << 64 : r.value;
}
