/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The x87 instructions that take numbers apart: FSCALE, FXTRACT, FPREM, FPREM1; and the constants. */
#include "internal.h"

static Float80 scale_by_special(Float80 a, const FpNum *x, const FpNum *y, FpEnv *env)
{
	if (y->cls == FPC_ZERO || (x->cls == FPC_INF && !y->sign) || (x->cls == FPC_ZERO && y->sign))
		return a;
	if (x->cls == FPC_INF || x->cls == FPC_ZERO)
		return fp80_invalid(env);
	return y->sign ? fp80_make_zero(x->sign) : fp80_make_inf(x->sign);
}

Float80 fp80_scale(Float80 a, Float80 b, FpEnv *env)
{
	enum { LARGEST = 0x10000 }; /* beyond it the result over- or underflows whatever a is, even after wrapping */
	FpNum x = fp80_unpack(a), y = fp80_unpack(b);
	bool inexact, up;
	Float80 result;

	if (fp80_nan_operands(a, b, &x, &y, &result, env))
		return result;
	env->c1 = false;
	if (y.cls == FPC_INF && x.cls != FPC_NORMAL && (x.cls == FPC_INF) == y.sign)
		return scale_by_special(a, &x, &y, env);
	if (fp80_denormal(x.denormal || y.denormal, env))
		return a;
	if (y.cls == FPC_INF)
		return scale_by_special(a, &x, &y, env);
	if (x.cls != FPC_NORMAL)
		return a;

	FpU128 magnitude = fpn_to_integer(&y, FP_ROUND_ZERO, &inexact, &up);
	int count = magnitude > LARGEST ? LARGEST : (int)magnitude;
	x.exp += y.sign ? -count : count;
	return fp80_pack(&x, 64, env);
}

void fp80_extract(Float80 a, Float80 *exponent, Float80 *significand, FpEnv *env)
{
	FpNum x = fp80_unpack(a);
	Float80 result;

	if (fp80_nan_operand(a, &x, &result, env)) {
		*exponent = *significand = result;
		return;
	}
	env->c1 = false;
	*significand = a;
	if (x.cls == FPC_ZERO) {
		env->flags |= FP_ZE;
		*exponent = fp80_make_inf(true);
		return;
	}
	if (x.cls == FPC_INF) {
		*exponent = fp80_make_inf(false);
		return;
	}
	fp80_denormal(x.denormal, env);
	*exponent = fp80_from_int64(x.exp);
	*significand = (Float80){(uint64_t)(x.sig >> 64), (uint16_t)(x.sign << 15 | FP80_BIAS)};
}

/* dividend * 2^steps divided by divisor, bit by bit; dividend / divisor is below 2. */
static uint64_t divide_bits(uint64_t dividend, uint64_t divisor, int steps, uint64_t *remainder)
{
	FpU128 rest = dividend;
	uint64_t quotient = 0;

	for (int i = 0; i <= steps; i++) {
		quotient <<= 1;
		if (rest >= divisor) {
			rest -= divisor;
			quotient |= 1;
		}
		if (i < steps)
			rest <<= 1;
	}
	*remainder = (uint64_t)rest;
	return quotient;
}

static uint16_t quotient_conditions(uint64_t quotient)
{
	return (uint16_t)((quotient & 4 ? FP_C0 : 0) | (quotient & 2 ? FP_C3 : 0) | (quotient & 1 ? FP_C1 : 0));
}

/* How many quotient bits one execution yields when the exponents are `difference` apart, 64 or more. */
static int partial_bits(int difference)
{
	return 32 + difference % 32;
}

/* FPREM1's last step: the nearer of rest and rest - divisor, on a tie the one with the even quotient. */
static bool round_quotient(FpU128 rest, uint64_t divisor, uint64_t *quotient)
{
	FpU128 twice = rest << 1;

	if (twice < divisor || (twice == divisor && !(*quotient & 1)))
		return false;
	(*quotient)++;
	return true;
}

/* x below y: the remainder is x, or, when x is above y/2 and the quotient the nearest, x - y. */
static Float80 reduce_below(FpNum x, const FpNum *y, bool nearest, uint16_t *conditions, FpEnv *env)
{
	bool up = nearest && x.exp == y->exp - 1 && x.sig > y->sig;

	if (up) {
		FpNum taken = *y;
		taken.sign = !x.sign;
		x = fpn_add(x, taken, FP_ROUND_NEAREST);
	}
	*conditions = quotient_conditions(up);
	return fp80_pack(&x, 64, env);
}

/* Both finite and not zero. */
static Float80 reduce(FpNum x, const FpNum *y, bool nearest, uint16_t *conditions, FpEnv *env)
{
	int difference = x.exp - y->exp;
	uint64_t divisor = (uint64_t)(y->sig >> 64), dividend = (uint64_t)(x.sig >> 64), rest, quotient;
	int unit = y->exp;
	FpNum result;

	if (difference < 0)
		return reduce_below(x, y, nearest, conditions, env);
	if (difference >= 64) {
		int bits = partial_bits(difference);
		divide_bits(dividend, divisor, bits, &rest);
		*conditions = FP_C2;
		unit += difference - bits;
	} else {
		quotient = divide_bits(dividend, divisor, difference, &rest);
		if (nearest && round_quotient(rest, divisor, &quotient)) {
			rest = divisor - rest;
			x.sign = !x.sign;
		}
		*conditions = quotient_conditions(quotient);
	}
	result = rest ? fpn_make(x.sign, unit, (FpU128)rest << 64) : (FpNum){.cls = FPC_ZERO, .sign = x.sign};
	return fp80_pack(&result, 64, env);
}

static Float80 prem(Float80 a, Float80 b, bool nearest, uint16_t *conditions, FpEnv *env)
{
	FpNum x = fp80_unpack(a), y = fp80_unpack(b);
	Float80 result;

	*conditions = 0;
	env->c1 = false;
	if (fp80_nan_operands(a, b, &x, &y, &result, env))
		return result;
	if (x.cls == FPC_INF || y.cls == FPC_ZERO)
		return fp80_invalid(env);
	if (fp80_denormal(x.denormal || y.denormal, env) || x.cls == FPC_ZERO)
		return a;
	if (y.cls == FPC_INF)
		return fp80_pack(&x, 64, env);
	result = reduce(x, &y, nearest, conditions, env);
	env->c1 = *conditions & FP_C1;
	return result;
}

Float80 fp80_prem(Float80 a, Float80 b, uint16_t *conditions, FpEnv *env)
{
	return prem(a, b, false, conditions, env);
}

Float80 fp80_prem1(Float80 a, Float80 b, uint16_t *conditions, FpEnv *env)
{
	return prem(a, b, true, conditions, env);
}

Float80 fp80_constant(unsigned index, const FpEnv *env)
{
	/* log2(10), log2(e), pi, log10(2) and ln(2) to 128 bits, each rounded as RC asks. */
	static const struct {
		uint64_t high, low;
		int16_t exp;
	} constants[8] = {
		{UINT64_C(0x8000000000000000), 0, 0},
		{UINT64_C(0xd49a784bcd1b8afe), UINT64_C(0x492bf6ff4dafdb4c), 1},
		{UINT64_C(0xb8aa3b295c17f0bb), UINT64_C(0xbe87fed0691d3e88), 0},
		{UINT64_C(0xc90fdaa22168c234), UINT64_C(0xc4c6628b80dc1cd1), 1},
		{UINT64_C(0x9a209a84fbcff798), UINT64_C(0x8f8959ac0b7c9178), -2},
		{UINT64_C(0xb17217f7d1cf79ab), UINT64_C(0xc9e3b39803f2f6af), -1},
		{0, 0, 0},
		{0, 0, 0},
	};
	FpEnv exact = {.rounding = env->rounding, .masks = FP_ALL};
	FpU128 sig = (FpU128)constants[index & 7].high << 64 | constants[index & 7].low;

	if (sig == 0)
		return fp80_make_zero(false);
	FpNum x = fpn_make(false, constants[index & 7].exp, sig);
	return fp80_pack(&x, 64, &exact);
}
