/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of this folder share: the unpacked number and the operations on it.
 *
 * A number of any format is unpacked into an FpNum: sign, exponent and a 128-bit significand whose top bit is set, so
 * that the value is sig * 2^(exp - 127). An operation computes 128 bits; what doesn't fit is remembered by setting the
 * lowest bit ("sticky"), which is enough for exact rounding since no format keeps more than 64 bits. Packing rounds
 * once and raises OE, UE and PE.
 */
#pragma once

#include "fp.h"

__extension__ typedef unsigned __int128 FpU128;

/*
 * The paths that every SSE instruction takes are inlined whatever the compiler thinks of their size: with a constant
 * format, and the numbers in registers, they take half the time.
 */
#define FP_INLINE static inline __attribute__((always_inline))

typedef enum FpClass {
	FPC_ZERO,
	FPC_NORMAL, /* finite and not zero, thus also what was denormal */
	FPC_INF,
	FPC_QNAN,
	FPC_SNAN,
	FPC_UNSUPPORTED, /* 80-bit only: unnormal, pseudo-infinity, pseudo-NaN */
} FpClass;

typedef struct FpNum {
	FpU128 sig;
	int32_t exp;
	uint8_t cls;
	bool sign;
	bool denormal; /* the operand was one (not with DAZ) */
} FpNum;

typedef struct FpFormat {
	uint8_t bits;
	uint8_t precision; /* with the integer bit */
	int16_t emin, emax;
} FpFormat;

#define FP16_FORMAT ((FpFormat){.bits = 16, .precision = 11, .emin = -14, .emax = 15})
#define FP32_FORMAT ((FpFormat){.bits = 32, .precision = 24, .emin = -126, .emax = 127})
#define FP64_FORMAT ((FpFormat){.bits = 64, .precision = 53, .emin = -1022, .emax = 1023})

/* The condition codes at their places in FSW. */
enum {
	FP_C0 = 0x0100,
	FP_C1 = 0x0200,
	FP_C2 = 0x0400,
	FP_C3 = 0x4000,
};

enum {
	FP80_BIAS = 16383,
	FP80_EMIN = -16382,
	FP80_EMAX = 16383,
	FP80_WRAP = 24576, /* added to or taken from the exponent of an unmasked underflow or overflow */
};

#define FP80_INTEGER_BIT (UINT64_C(1) << 63)
#define FP80_QUIET_BIT (UINT64_C(1) << 62)
#define FP_TOP ((FpU128)1 << 127)

static inline bool fpn_is_nan(const FpNum *n)
{
	return n->cls == FPC_QNAN || n->cls == FPC_SNAN;
}

static inline int fp_clz128(FpU128 v)
{
	uint64_t high = (uint64_t)(v >> 64);
	return high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)v);
}

/* Shifts right by any count >= 0; what falls out is kept in the lowest bit. */
static inline FpU128 fp_shift_sticky(FpU128 v, int count)
{
	if (count == 0)
		return v;
	if (count > 127)
		return v != 0;
	return v >> count | ((v << (128 - count)) != 0);
}

/* v * 2^(exp - 127), v not zero. */
FP_INLINE FpNum fpn_make(bool sign, int exp, FpU128 v)
{
	int shift = fp_clz128(v);
	return (FpNum){.sig = v << shift, .exp = exp - shift, .cls = FPC_NORMAL, .sign = sign};
}

/* A significand rounded to `keep` bits, keep <= 64, perhaps negative. */
typedef struct FpRounded {
	uint64_t value;
	bool carry;   /* value is 2^keep (0 when keep is 64): the exponent is one more */
	bool inexact;
	bool up;      /* away from zero */
} FpRounded;

/* Without branches where the data are as good as random. */
static inline bool fp_rounds_up(bool odd, bool half_or_more, bool exactly_half, bool inexact, unsigned rounding, bool sign)
{
	switch (rounding) {
	case FP_ROUND_NEAREST:
		return half_or_more & (odd | !exactly_half);
	case FP_ROUND_DOWN:
		return inexact & sign;
	case FP_ROUND_UP:
		return inexact & !sign;
	default:
		return false;
	}
}

FP_INLINE FpRounded fp_round_sig(FpU128 sig, int keep, unsigned rounding, bool sign)
{
	FpRounded r = {0};
	FpU128 rest = sig;
	bool half_or_more = false, exactly_half = false;

	if (keep > 0) {
		r.value = (uint64_t)(sig >> (128 - keep));
		rest = sig << keep;
	}
	if (keep >= 0) {
		half_or_more = rest >= FP_TOP;
		exactly_half = rest == FP_TOP;
	}
	r.inexact = rest != 0;
	r.up = fp_rounds_up(r.value & 1, half_or_more, exactly_half, r.inexact, rounding, sign);
	r.value += r.up;
	if (keep == 64)
		r.carry = r.up & (r.value == 0);
	else if (keep >= 0)
		r.carry = r.value >> keep;
	return r;
}

FP_INLINE FpNum fpn_add_magnitudes(const FpNum *big, const FpNum *small)
{
	FpU128 other = fp_shift_sticky(small->sig, big->exp - small->exp);
	FpU128 sum = big->sig + other;
	FpNum r = *big;

	if (sum < other) {
		r.sig = sum >> 1 | (sum & 1) | FP_TOP;
		r.exp++;
	} else {
		r.sig = sum;
	}
	return r;
}

/* The sum of two numbers that are FPC_NORMAL or FPC_ZERO; of an exact zero the sign is the rounding's. */
FP_INLINE FpNum fpn_add(FpNum a, FpNum b, unsigned rounding)
{
	if (b.cls == FPC_ZERO) {
		if (a.cls == FPC_ZERO && a.sign != b.sign)
			a.sign = rounding == FP_ROUND_DOWN;
		return a;
	}
	if (a.cls == FPC_ZERO)
		return b;
	if (a.exp < b.exp || (a.exp == b.exp && a.sig < b.sig)) {
		FpNum swap = a;
		a = b;
		b = swap;
	}
	if (a.sign == b.sign)
		return fpn_add_magnitudes(&a, &b);

	FpU128 difference = a.sig - fp_shift_sticky(b.sig, a.exp - b.exp);
	if (difference == 0)
		return (FpNum){.cls = FPC_ZERO, .sign = rounding == FP_ROUND_DOWN};
	return fpn_make(a.sign, a.exp, difference);
}

/* These three: both FPC_NORMAL, operands of at most 64 bits. */
FP_INLINE FpNum fpn_mul(const FpNum *a, const FpNum *b)
{
	FpU128 product = (FpU128)(uint64_t)(a->sig >> 64) * (uint64_t)(b->sig >> 64);
	return fpn_make(a->sign != b->sign, a->exp + b->exp + 1, product);
}

FpNum fpn_div(const FpNum *a, const FpNum *b);
FpNum fpn_sqrt(const FpNum *a);

/* 16-, 32- and 64-bit formats in a word, unpacked without any exception. With daz a denormal is a zero. */
FP_INLINE FpNum fp_unpack(FpFormat f, uint64_t raw, bool daz)
{
	unsigned fraction_bits = f.precision - 1u;
	uint64_t fraction = raw & ((UINT64_C(1) << fraction_bits) - 1);
	int biased = (int)(raw >> fraction_bits & ((1u << (f.bits - f.precision)) - 1));
	FpNum n = {.sign = raw >> (f.bits - 1) & 1};

	if (biased > f.emax - f.emin + 1) {
		n.sig = (FpU128)fraction << (127 - fraction_bits);
		n.cls = fraction == 0 ? FPC_INF : fraction >> (fraction_bits - 1) ? FPC_QNAN : FPC_SNAN;
	} else if (biased != 0) {
		n.sig = (FpU128)(fraction | UINT64_C(1) << fraction_bits) << (127 - fraction_bits);
		n.exp = biased + f.emin - 1;
		n.cls = FPC_NORMAL;
	} else if (fraction != 0 && !daz) {
		n = fpn_make(n.sign, f.emin, (FpU128)fraction << (127 - fraction_bits));
		n.denormal = true;
	}
	return n;
}

FpNum fp80_unpack(Float80 a);

/* What packing does besides rounding. */
typedef enum FpPackStyle {
	FP_PACK_SSE,    /* with FTZ */
	FP_PACK_NO_FTZ, /* VCVTPS2PH */
	FP_PACK_X87,    /* stores: no PE beside an unmasked OE or UE */
} FpPackStyle;

static inline uint64_t fp_assemble(FpFormat f, bool sign, int biased, uint64_t fraction)
{
	return (uint64_t)sign << (f.bits - 1) | (((uint64_t)biased << (f.precision - 1)) + fraction);
}

/* Everything: zeros, infinities, overflow, underflow. */
uint64_t fp_pack_rare(FpFormat f, const FpNum *n, unsigned rounding, FpPackStyle style, FpEnv *env);

FP_INLINE uint64_t fp_pack(FpFormat f, const FpNum *n, unsigned rounding, FpPackStyle style, FpEnv *env)
{
	if (n->cls != FPC_NORMAL || n->exp < f.emin || n->exp >= f.emax)
		return fp_pack_rare(f, n, rounding, style, env);

	FpRounded r = fp_round_sig(n->sig, f.precision, rounding, n->sign);
	env->flags |= r.inexact ? FP_PE : 0;
	env->c1 = r.up;
	/* The integer bit is added to the exponent, as is a carry out of the significand. */
	return fp_assemble(f, n->sign, n->exp - f.emin, r.value);
}

/* Rounded to the given number of bits, for the x87: sets env->c1, and wraps the exponent when unmasked. */
Float80 fp80_pack(const FpNum *n, int precision, FpEnv *env);
int fp80_precision(const FpEnv *env);

/* An integer of at most 2^63 in magnitude, 2^64 standing for everything larger. */
FpU128 fpn_to_integer(const FpNum *n, unsigned rounding, bool *inexact, bool *up);

Float80 fp80_make_zero(bool sign);
Float80 fp80_make_inf(bool sign);
/* Whether an operand is a NaN or unsupported; if so the result and IE. For one operand, and for two. */
bool fp80_nan_operand(Float80 a, const FpNum *x, Float80 *result, FpEnv *env);
bool fp80_nan_operands(Float80 a, Float80 b, const FpNum *x, const FpNum *y, Float80 *result, FpEnv *env);
/* IE with the indefinite as the result. */
Float80 fp80_invalid(FpEnv *env);
/* Raises DE if `denormal`; true when it is unmasked, so that the operation must end there. */
bool fp80_denormal(bool denormal, FpEnv *env);
