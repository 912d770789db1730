/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * F2XM1, FYL2X and FYL2XP1.
 *
 * As the hardware (AMD's) does, PE is raised even where the result happens to be exact, and operands for which the manual
 * leaves the result undefined come back unchanged: for F2XM1 those beyond -1 ... 1, for FYL2XP1 those of -1 and below.
 */
#include "wide.h"

static const FpNum LN2 = {
	.sig = (FpU128)UINT64_C(0xb17217f7d1cf79ab) << 64 | UINT64_C(0xc9e3b39803f2f6af),
	.exp = -1,
	.cls = FPC_NORMAL,
};
static const FpNum TWO_OVER_LN2 = {
	.sig = (FpU128)UINT64_C(0xb8aa3b295c17f0bb) << 64 | UINT64_C(0xbe87fed0691d3e88),
	.exp = 1,
	.cls = FPC_NORMAL,
};
static const FpNum ONE = {.sig = FP_TOP, .exp = 0, .cls = FPC_NORMAL};
static const FpNum TWO = {.sig = FP_TOP, .exp = 1, .cls = FPC_NORMAL};

static Float80 unchanged(Float80 a, FpEnv *env)
{
	env->flags |= FP_PE;
	return a;
}

Float80 fp80_2xm1(Float80 a, FpEnv *env)
{
	static const Float80 minus_one = {FP80_INTEGER_BIT, 0x8000 | FP80_BIAS};
	FpNum x = fp80_unpack(a);
	Float80 result;

	if (fp80_nan_operand(a, &x, &result, env))
		return result;
	env->c1 = false;
	if (x.cls == FPC_INF)
		return x.sign ? minus_one : a;
	if (x.cls == FPC_ZERO || fp80_denormal(x.denormal, env))
		return a;
	if (x.exp > 0 || (x.exp == 0 && x.sig != FP_TOP))
		return unchanged(a, env);

	FpNum y = fpw_mul(&x, &LN2);
	FpNum series = fpw_from_fixed(fpw_series_exp(fpw_to_fixed(&y), y.sign));
	y = fpw_mul(&y, &series);
	if (x.exp == 0)
		y = (FpNum){.sig = FP_TOP, .exp = x.sign ? -1 : 0, .cls = FPC_NORMAL, .sign = x.sign};
	else
		fpw_mark_inexact(&y);
	result = fp80_pack(&y, 64, env);
	env->flags |= FP_PE;
	return result;
}

/* log2 of (1 + s) / (1 - s), s at most 1/5 in magnitude. */
static FpNum log2_of_ratio(const FpNum *s)
{
	FpFixed fixed = fpw_to_fixed(s);
	FpNum series = fpw_from_fixed(fpw_series_atan(fpw_fixed_mul(fixed, fixed), false));
	FpNum log = fpw_mul(s, &series);

	return fpw_mul(&log, &TWO_OVER_LN2);
}

static FpNum log2_of(FpNum x)
{
	const FpU128 root_of_two = (FpU128)UINT64_C(0xb504f333f9de6484) << 64;
	int exponent = x.exp + (x.sig > root_of_two);
	FpNum whole = {.cls = FPC_ZERO}, minus_one = ONE;

	if (exponent != 0)
		whole = fpn_make(exponent < 0, 127, (FpU128)(exponent < 0 ? -exponent : exponent));
	if (x.sig == FP_TOP)
		return whole;
	x.exp -= exponent;
	minus_one.sign = true;
	FpNum numerator = fpn_add(x, minus_one, FP_ROUND_NEAREST), denominator = fpn_add(x, ONE, FP_ROUND_NEAREST);
	FpNum s = fpw_div(&numerator, &denominator);
	FpNum log = fpn_add(whole, log2_of_ratio(&s), FP_ROUND_NEAREST);
	fpw_mark_inexact(&log);
	return log;
}

static FpNum log2_of_one_plus(const FpNum *x)
{
	if (x->exp >= -2)
		return log2_of(fpn_add(ONE, *x, FP_ROUND_NEAREST));

	FpNum denominator = fpn_add(TWO, *x, FP_ROUND_NEAREST);
	FpNum s = fpw_div(x, &denominator);
	FpNum log = log2_of_ratio(&s);
	fpw_mark_inexact(&log);
	return log;
}

/* y times a logarithm, both finite; PE for everything but a zero. */
static Float80 times_log(const FpNum *y, const FpNum *log, FpEnv *env)
{
	FpNum product = fpw_mul(y, log);
	Float80 result;

	if (product.cls == FPC_ZERO)
		return fp80_make_zero(product.sign);
	/* A whole logarithm has 15 bits: its product with y is exact. */
	if (log->sig & 1)
		fpw_mark_inexact(&product);
	result = fp80_pack(&product, 64, env);
	env->flags |= (result.se & 0x7fff) == 0 ? FP_UE | FP_PE : FP_PE;
	return result;
}

/* y times a logarithm, one of them infinite or zero. */
static Float80 times_special(const FpNum *y, uint8_t log_cls, bool log_sign, FpEnv *env)
{
	bool sign = y->sign != log_sign;

	if ((y->cls == FPC_INF && log_cls == FPC_ZERO) || (y->cls == FPC_ZERO && log_cls == FPC_INF))
		return fp80_invalid(env);
	return y->cls == FPC_INF || log_cls == FPC_INF ? fp80_make_inf(sign) : fp80_make_zero(sign);
}

Float80 fp80_yl2x(Float80 y80, Float80 x80, FpEnv *env)
{
	FpNum y = fp80_unpack(y80), x = fp80_unpack(x80), log;
	uint8_t log_cls;
	Float80 result;

	if (fp80_nan_operands(y80, x80, &y, &x, &result, env))
		return result;
	env->c1 = false;
	if (x.sign && x.cls != FPC_ZERO)
		return fp80_invalid(env);
	if (x.cls == FPC_ZERO && y.cls == FPC_NORMAL) {
		env->flags |= FP_ZE;
		return fp80_make_inf(!y.sign);
	}
	log_cls = x.cls != FPC_NORMAL ? FPC_INF : x.exp == 0 && x.sig == FP_TOP ? FPC_ZERO : FPC_NORMAL;
	if ((y.cls == FPC_INF && log_cls == FPC_ZERO) || (y.cls == FPC_ZERO && log_cls == FPC_INF))
		return fp80_invalid(env);
	if (fp80_denormal(y.denormal || x.denormal, env))
		return y80;
	if (y.cls != FPC_NORMAL || log_cls != FPC_NORMAL)
		return times_special(&y, log_cls, x.cls == FPC_ZERO || (x.cls == FPC_NORMAL && x.exp < 0), env);
	log = log2_of(x);
	return times_log(&y, &log, env);
}

Float80 fp80_yl2xp1(Float80 y80, Float80 x80, FpEnv *env)
{
	FpNum y = fp80_unpack(y80), x = fp80_unpack(x80), log;
	Float80 result;

	if (fp80_nan_operands(y80, x80, &y, &x, &result, env))
		return result;
	env->c1 = false;
	if (x.cls == FPC_INF && x.sign)
		return fp80_invalid(env);
	if ((y.cls == FPC_INF && x.cls == FPC_ZERO) || (y.cls == FPC_ZERO && x.cls == FPC_INF))
		return fp80_invalid(env);
	if (fp80_denormal(y.denormal || x.denormal, env))
		return y80;
	if (y.cls != FPC_NORMAL || x.cls != FPC_NORMAL)
		return times_special(&y, x.cls, x.sign, env);
	if (x.sign && x.exp >= 0)
		return unchanged(x80, env);
	log = log2_of_one_plus(&x);
	return times_log(&y, &log, env);
}
