/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The x87: arithmetic, comparison and conversions of the 80-bit format.
 *
 * The order of checks is that of SDM volume 1, 8.5: unsupported operands and NaNs, other invalid operations, division by
 * zero, denormal operands; each ends the operation when it is unmasked.
 */
#include "internal.h"

Float80 fp80_indefinite(void)
{
	return (Float80){FP80_INTEGER_BIT | FP80_QUIET_BIT, 0xffff};
}

Float80 fp80_invalid(FpEnv *env)
{
	env->flags |= FP_IE;
	env->c1 = false;
	return fp80_indefinite();
}

bool fp80_denormal(bool denormal, FpEnv *env)
{
	denormal |= env->wide_denormal;
	env->wide_denormal = false;
	if (denormal)
		env->flags |= FP_DE;
	return denormal && !(env->masks & FP_DE);
}

static Float80 quiet(Float80 a)
{
	a.mant |= FP80_QUIET_BIT;
	return a;
}

bool fp80_nan_operand(Float80 a, const FpNum *x, Float80 *result, FpEnv *env)
{
	if (x->cls == FPC_UNSUPPORTED) {
		*result = fp80_invalid(env);
		return true;
	}
	if (!fpn_is_nan(x))
		return false;
	env->c1 = false;
	env->wide_denormal = false;
	if (x->cls == FPC_SNAN)
		env->flags |= FP_IE;
	*result = quiet(a);
	return true;
}

/* Of two NaNs: a quiet one before a signalling one, the larger significand, the positive one. */
static bool first_nan_wins(Float80 a, Float80 b, const FpNum *x, const FpNum *y)
{
	if (x->cls != y->cls)
		return x->cls == FPC_QNAN;
	if (a.mant != b.mant)
		return a.mant > b.mant;
	return !x->sign;
}

bool fp80_nan_operands(Float80 a, Float80 b, const FpNum *x, const FpNum *y, Float80 *result, FpEnv *env)
{
	if (x->cls < FPC_QNAN && y->cls < FPC_QNAN)
		return false;
	env->wide_denormal = false;
	if (x->cls == FPC_UNSUPPORTED || y->cls == FPC_UNSUPPORTED) {
		*result = fp80_invalid(env);
		return true;
	}
	if (x->cls == FPC_SNAN || y->cls == FPC_SNAN)
		env->flags |= FP_IE;
	if (!fpn_is_nan(x) || !fpn_is_nan(y))
		*result = quiet(fpn_is_nan(x) ? a : b);
	else
		*result = quiet(first_nan_wins(a, b, x, y) ? a : b);
	env->c1 = false;
	return true;
}

static Float80 add(Float80 a, Float80 b, bool subtract, FpEnv *env)
{
	FpNum x = fp80_unpack(a), y = fp80_unpack(b);
	Float80 result;

	if (fp80_nan_operands(a, b, &x, &y, &result, env))
		return result;
	y.sign ^= subtract;
	if (x.cls == FPC_INF && y.cls == FPC_INF && x.sign != y.sign)
		return fp80_invalid(env);
	if (fp80_denormal(x.denormal || y.denormal, env))
		return a;
	if (y.cls == FPC_INF)
		x = y;
	else if (x.cls != FPC_INF)
		x = fpn_add(x, y, env->rounding);
	return fp80_pack(&x, fp80_precision(env), env);
}

Float80 fp80_add(Float80 a, Float80 b, FpEnv *env)
{
	return add(a, b, false, env);
}

Float80 fp80_sub(Float80 a, Float80 b, FpEnv *env)
{
	return add(a, b, true, env);
}

Float80 fp80_mul(Float80 a, Float80 b, FpEnv *env)
{
	FpNum x = fp80_unpack(a), y = fp80_unpack(b);
	bool sign = x.sign != y.sign;
	Float80 result;

	if (fp80_nan_operands(a, b, &x, &y, &result, env))
		return result;
	if ((x.cls == FPC_INF && y.cls == FPC_ZERO) || (x.cls == FPC_ZERO && y.cls == FPC_INF))
		return fp80_invalid(env);
	if (fp80_denormal(x.denormal || y.denormal, env))
		return a;
	if (x.cls == FPC_NORMAL && y.cls == FPC_NORMAL)
		x = fpn_mul(&x, &y);
	else
		x = (FpNum){.cls = x.cls == FPC_INF || y.cls == FPC_INF ? FPC_INF : FPC_ZERO, .sign = sign};
	return fp80_pack(&x, fp80_precision(env), env);
}

Float80 fp80_div(Float80 a, Float80 b, FpEnv *env)
{
	FpNum x = fp80_unpack(a), y = fp80_unpack(b);
	bool sign = x.sign != y.sign;
	Float80 result;

	if (fp80_nan_operands(a, b, &x, &y, &result, env))
		return result;
	if (x.cls == y.cls && x.cls != FPC_NORMAL)
		return fp80_invalid(env);
	if (y.cls == FPC_ZERO && x.cls == FPC_NORMAL) {
		env->flags |= FP_ZE;
		env->wide_denormal = false;
		env->c1 = false;
		return fp80_make_inf(sign);
	}
	if (fp80_denormal(x.denormal || y.denormal, env))
		return a;
	if (x.cls == FPC_NORMAL && y.cls == FPC_NORMAL)
		x = fpn_div(&x, &y);
	else
		x = (FpNum){.cls = x.cls == FPC_INF ? FPC_INF : FPC_ZERO, .sign = sign};
	return fp80_pack(&x, fp80_precision(env), env);
}

Float80 fp80_sqrt(Float80 a, FpEnv *env)
{
	FpNum x = fp80_unpack(a);
	Float80 result;

	if (fp80_nan_operand(a, &x, &result, env))
		return result;
	if (x.sign && x.cls != FPC_ZERO)
		return fp80_invalid(env);
	if (fp80_denormal(x.denormal, env))
		return a;
	if (x.cls == FPC_NORMAL)
		x = fpn_sqrt(&x);
	return fp80_pack(&x, fp80_precision(env), env);
}

static FpOrder order(const FpNum *x, const FpNum *y)
{
	FpNum difference;

	if (x->cls == FPC_INF || y->cls == FPC_INF) {
		int left = x->cls != FPC_INF ? 0 : x->sign ? -1 : 1;
		int right = y->cls != FPC_INF ? 0 : y->sign ? -1 : 1;
		return left < right ? FP_LESS : left > right ? FP_GREATER : FP_EQUAL;
	}
	difference = *y;
	difference.sign = !y->sign;
	difference = fpn_add(*x, difference, FP_ROUND_NEAREST);
	if (difference.cls == FPC_ZERO)
		return FP_EQUAL;
	return difference.sign ? FP_LESS : FP_GREATER;
}

FpOrder fp80_compare(Float80 a, Float80 b, bool signalling, FpEnv *env)
{
	FpNum x = fp80_unpack(a), y = fp80_unpack(b);

	env->c1 = false;
	if (x.cls >= FPC_QNAN || y.cls >= FPC_QNAN) {
		env->wide_denormal = false;
		if (signalling || x.cls >= FPC_SNAN || y.cls >= FPC_SNAN)
			env->flags |= FP_IE;
		return FP_UNORDERED;
	}
	fp80_denormal(x.denormal || y.denormal, env);
	return order(&x, &y);
}

uint16_t fp80_examine(Float80 a)
{
	static const uint16_t conditions[] = {
		[FPC_ZERO] = FP_C3,
		[FPC_NORMAL] = FP_C2,
		[FPC_INF] = FP_C2 | FP_C0,
		[FPC_QNAN] = FP_C0,
		[FPC_SNAN] = FP_C0,
		[FPC_UNSUPPORTED] = 0,
	};
	FpNum x = fp80_unpack(a);

	return (uint16_t)((x.denormal ? FP_C3 | FP_C2 : conditions[x.cls]) | (x.sign ? FP_C1 : 0));
}

Float80 fp80_round_int(Float80 a, FpEnv *env)
{
	FpNum x = fp80_unpack(a);
	Float80 result;
	bool inexact, up;

	if (fp80_nan_operand(a, &x, &result, env))
		return result;
	env->c1 = false;
	if (fp80_denormal(x.denormal, env) || x.cls != FPC_NORMAL || x.exp >= 63)
		return a;

	FpU128 magnitude = fpn_to_integer(&x, env->rounding, &inexact, &up);
	x = magnitude ? fpn_make(x.sign, 127, magnitude) : (FpNum){.cls = FPC_ZERO, .sign = x.sign};
	result = fp80_pack(&x, 64, env);
	if (inexact)
		env->flags |= FP_PE;
	env->c1 = up;
	return result;
}

/* A 32- or 64-bit value in the 80-bit format, exactly, signalling NaNs still signalling. */
static Float80 widen(FpFormat f, uint64_t a, bool *denormal)
{
	FpNum x = fp_unpack(f, a, false);
	uint16_t sign = (uint16_t)(x.sign << 15);

	*denormal = x.denormal;
	switch (x.cls) {
	case FPC_ZERO:
		return (Float80){0, sign};
	case FPC_NORMAL:
		return (Float80){(uint64_t)(x.sig >> 64), (uint16_t)(sign | (x.exp + FP80_BIAS))};
	default:
		return (Float80){FP80_INTEGER_BIT | (uint64_t)(x.sig >> 64), sign | 0x7fff};
	}
}

static Float80 load(FpFormat f, uint64_t a, FpEnv *env)
{
	bool denormal;
	Float80 wide = widen(f, a, &denormal), result;
	FpNum x = fp80_unpack(wide);

	env->c1 = false;
	if (fp80_nan_operand(wide, &x, &result, env))
		return result;
	fp80_denormal(denormal, env);
	return wide;
}

Float80 fp80_from_fp32(uint32_t a, FpEnv *env)
{
	return load(FP32_FORMAT, a, env);
}

Float80 fp80_from_fp64(uint64_t a, FpEnv *env)
{
	return load(FP64_FORMAT, a, env);
}

Float80 fp80_widen32(uint32_t a, FpEnv *env)
{
	return widen(FP32_FORMAT, a, &env->wide_denormal);
}

Float80 fp80_widen64(uint64_t a, FpEnv *env)
{
	return widen(FP64_FORMAT, a, &env->wide_denormal);
}

Float80 fp80_from_int64(int64_t v)
{
	FpEnv exact = {.masks = FP_ALL};
	FpNum x = {.cls = FPC_ZERO};

	if (v != 0)
		x = fpn_make(v < 0, 127, (FpU128)(v < 0 ? -(uint64_t)v : (uint64_t)v));
	return fp80_pack(&x, 64, &exact);
}

/* FST m32/m64: a denormal register raises no DE. */
static uint64_t store(FpFormat f, Float80 a, FpEnv *env)
{
	FpNum x = fp80_unpack(a);
	Float80 nan;

	if (fp80_nan_operand(a, &x, &nan, env)) {
		uint64_t sign = (uint64_t)(nan.se >> 15) << (f.bits - 1);
		uint64_t fraction = (nan.mant << 1) >> (65 - f.precision);
		return sign | (uint64_t)(f.emax - f.emin + 2) << (f.precision - 1) | fraction;
	}
	return fp_pack(f, &x, env->rounding, FP_PACK_X87, env);
}

uint32_t fp80_to_fp32(Float80 a, FpEnv *env)
{
	return (uint32_t)store(FP32_FORMAT, a, env);
}

uint64_t fp80_to_fp64(Float80 a, FpEnv *env)
{
	return store(FP64_FORMAT, a, env);
}

static int64_t to_integer(Float80 a, int bits, unsigned rounding, FpEnv *env)
{
	FpNum x = fp80_unpack(a);
	FpU128 limit = ((FpU128)1 << (bits - 1)) - !x.sign;
	bool inexact, up;
	FpU128 magnitude = fpn_to_integer(&x, rounding, &inexact, &up);

	env->c1 = false;
	if (magnitude > limit) {
		env->flags |= FP_IE;
		return (int64_t)(UINT64_MAX << (bits - 1));
	}
	if (inexact)
		env->flags |= FP_PE;
	env->c1 = up;
	return (int64_t)(x.sign ? -(uint64_t)magnitude : (uint64_t)magnitude);
}

int16_t fp80_to_int16(Float80 a, unsigned rounding, FpEnv *env)
{
	return (int16_t)to_integer(a, 16, rounding, env);
}

int32_t fp80_to_int32(Float80 a, unsigned rounding, FpEnv *env)
{
	return (int32_t)to_integer(a, 32, rounding, env);
}

int64_t fp80_to_int64(Float80 a, unsigned rounding, FpEnv *env)
{
	return to_integer(a, 64, rounding, env);
}

enum {
	BCD_BYTES = 9, /* of digits; the tenth holds the sign */
};

Float80 fp80_from_bcd(const uint8_t bcd[10])
{
	int64_t v = 0;

	for (int i = BCD_BYTES - 1; i >= 0; i--)
		v = v * 100 + (bcd[i] >> 4) * 10 + (bcd[i] & 15);

	Float80 result = fp80_from_int64(v);
	result.se |= (uint16_t)((bcd[BCD_BYTES] & 0x80) << 8);
	return result;
}

static void bcd_indefinite(uint8_t bcd[10])
{
	for (int i = 0; i < BCD_BYTES + 1; i++)
		bcd[i] = i < 7 ? 0 : i == 7 ? 0xc0 : 0xff;
}

void fp80_to_bcd(Float80 a, uint8_t bcd[10], FpEnv *env)
{
	const int64_t limit = INT64_C(999999999999999999);
	FpEnv trial = *env;
	int64_t v = to_integer(a, 64, env->rounding, &trial);

	if (v > limit || v < -limit) {
		env->flags |= FP_IE;
		env->c1 = false;
		bcd_indefinite(bcd);
		return;
	}
	*env = trial;
	bcd[BCD_BYTES] = (uint8_t)(a.se >> 15 << 7);
	uint64_t rest = (uint64_t)(v < 0 ? -v : v);
	for (int i = 0; i < BCD_BYTES; i++) {
		uint64_t pair = rest % 100;
		bcd[i] = (uint8_t)(pair / 10 << 4 | pair % 10);
		rest /= 100;
	}
}
