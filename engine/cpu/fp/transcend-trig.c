/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FSIN, FCOS, FSINCOS, FPTAN and FPATAN.
 *
 * The processor reduces the angle by a pi of 66 bits, and so do we: with the true pi, angles near a multiple of it would give
 * wholly different results. Everything after the reduction is as exact as it can be. Of the precision control none of these
 * takes notice; PE is always raised for a result that isn't an operand's zero.
 */
#include "wide.h"

/* pi to 66 bits, in units of 2^-64; as pi/2 in units of 2^-65. It is odd, and so no angle is an exact multiple. */
#define PI66 ((FpU128)3 << 64 | UINT64_C(0x243f6a8885a308d3))

#define WIDE(h, l) ((FpU128)UINT64_C(h) << 64 | UINT64_C(l))
#define PI_SIG WIDE(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1)

enum {
	TRIG_LIMIT = 63,     /* angles from 2^63 on are refused */
	HALF_PI_SCALE = 65,
	TINY = -66,          /* below 2^-66 the tangent is the angle and a little */
};

/* x modulo pi/2, into -pi/4 ... pi/4. Returns how many quarter turns were taken off, modulo 4. */
static unsigned reduce_angle(const FpNum *x, FpNum *rest)
{
	*rest = *x;
	if (x->exp < -2)
		return 0;

	FpU128 angle = (x->sig >> 64) << (x->exp - 63 + HALF_PI_SCALE);
	FpU128 turns = angle / PI66;
	FpU128 r = angle - turns * PI66;
	bool negative = r > PI66 / 2;
	if (negative) {
		r = PI66 - r;
		turns++;
	}
	*rest = fpn_make(x->sign != negative, 127 - HALF_PI_SCALE, r);
	return (unsigned)(x->sign ? -turns : turns) & 3;
}

static void sine_and_cosine(const FpNum *x, FpNum *sine, FpNum *cosine)
{
	FpNum rest, factor;
	unsigned turns = reduce_angle(x, &rest);
	FpFixed r = fpw_to_fixed(&rest);
	FpFixed z = fpw_fixed_mul(r, r);

	factor = fpw_from_fixed(fpw_series_trig(z, 2));
	FpNum s = fpw_mul(&rest, &factor);
	FpNum c = fpw_from_fixed(fpw_series_trig(z, 1));
	fpw_mark_inexact(&s);
	fpw_mark_inexact(&c);
	*sine = turns & 1 ? c : s;
	*cosine = turns & 1 ? s : c;
	sine->sign ^= turns >> 1;
	cosine->sign ^= (turns ^ turns >> 1) & 1;
}

static FpNum tangent(const FpNum *x)
{
	FpNum sine, cosine;

	if (x->exp < TINY) {
		FpNum t = *x;
		fpw_mark_inexact(&t);
		return t;
	}
	sine_and_cosine(x, &sine, &cosine);
	FpNum t = fpw_div(&sine, &cosine);
	fpw_mark_inexact(&t);
	return t;
}

typedef enum Verdict {
	COMPUTE,
	DONE,        /* *result holds the answer; for a zero the caller's own */
	ZERO,
	OUT_OF_RANGE,
} Verdict;

static Verdict trig_operand(Float80 a, FpNum *x, Float80 *result, FpEnv *env)
{
	*x = fp80_unpack(a);
	*result = a;
	if (fp80_nan_operand(a, x, result, env))
		return DONE;
	env->c1 = false;
	if (x->cls == FPC_INF) {
		*result = fp80_invalid(env);
		return DONE;
	}
	if (x->cls == FPC_ZERO)
		return ZERO;
	if (x->exp >= TRIG_LIMIT)
		return OUT_OF_RANGE;
	return fp80_denormal(x->denormal, env) ? DONE : COMPUTE;
}

static const Float80 ONE = {FP80_INTEGER_BIT, FP80_BIAS};

bool fp80_sincos(Float80 a, Float80 *sine, Float80 *cosine, FpEnv *env)
{
	FpNum x, s, c;

	switch (trig_operand(a, &x, sine, env)) {
	case OUT_OF_RANGE:
		return false;
	case DONE:
		*cosine = *sine;
		return true;
	case ZERO:
		*cosine = ONE;
		return true;
	default:
		sine_and_cosine(&x, &s, &c);
		*cosine = fp80_pack(&c, 64, env);
		*sine = fp80_pack(&s, 64, env);
		return true;
	}
}

bool fp80_sin(Float80 a, Float80 *result, FpEnv *env)
{
	FpNum x, s, c;
	Verdict verdict = trig_operand(a, &x, result, env);

	if (verdict == COMPUTE) {
		sine_and_cosine(&x, &s, &c);
		*result = fp80_pack(&s, 64, env);
	}
	return verdict != OUT_OF_RANGE;
}

bool fp80_cos(Float80 a, Float80 *result, FpEnv *env)
{
	FpNum x, s, c;
	Verdict verdict = trig_operand(a, &x, result, env);

	if (verdict == COMPUTE) {
		sine_and_cosine(&x, &s, &c);
		*result = fp80_pack(&c, 64, env);
	} else if (verdict == ZERO) {
		*result = ONE;
	}
	return verdict != OUT_OF_RANGE;
}

bool fp80_tan(Float80 a, Float80 *result, FpEnv *env)
{
	FpNum x;
	Verdict verdict = trig_operand(a, &x, result, env);

	if (verdict == COMPUTE) {
		FpNum t = tangent(&x);
		*result = fp80_pack(&t, 64, env);
	}
	return verdict != OUT_OF_RANGE;
}

/* pi times quarters/4. */
static FpNum quarters_of_pi(int quarters)
{
	static const FpU128 three = WIDE(0x96cbe3f9990e91a7, 0x9394c9e8a0a5159d);
	static const int16_t exp[] = {0, -1, 0, 1, 1};

	if (quarters == 0)
		return (FpNum){.cls = FPC_ZERO};
	return (FpNum){.sig = quarters == 3 ? three : PI_SIG, .exp = exp[quarters], .cls = FPC_NORMAL};
}

/* n * i/8, exactly, n of 64 bits. */
static FpNum eighths(const FpNum *n, unsigned i)
{
	return fpn_make(n->sign, n->exp + 127 - 63 - 3, (n->sig >> 64) * i);
}

/*
 * The angle whose tangent is y/x, 0 < y <= x. With c the multiple of 1/8 nearest to y/x it is
 * atan(c) + atan((y - c x) / (x + c y)), the second argument being below 1/15.
 */
static FpNum first_octant(const FpNum *y, const FpNum *x)
{
	static const struct {
		FpU128 sig;
		int16_t exp;
	} atan_of_eighths[9] = {
		{0, 0},
		{WIDE(0xfeadd4d5617b6e32, 0xc897989f3e888ef8), -4},
		{WIDE(0xfadbafc96406eb15, 0x6dc79ef5f7a217e6), -3},
		{WIDE(0xb7b0ca0f26f78473, 0x8aa32122dcfe4483), -2},
		{WIDE(0xed63382b0dda7b45, 0x6fe445ecbc3a8d03), -2},
		{WIDE(0x8f005d5ef7f59f9b, 0x5c835e1665c43748), -1},
		{WIDE(0xa4bc7d1934f70924, 0x19a87f2a457dac9f), -1},
		{WIDE(0xb8053e2bc2319e73, 0xcb2da55210a4443d), -1},
		{PI_SIG, -1},
	};
	int shift = x->exp - y->exp;
	FpU128 yi = y->sig >> 64, xi = x->sig >> 64;
	unsigned i = shift > 5 ? 0 : (unsigned)(((yi << 4 >> shift) + xi) / (2 * xi));
	FpNum numerator = *y, denominator = *x;

	if (i != 0) {
		FpNum cx = eighths(x, i);
		cx.sign = true;
		numerator = fpn_add(*y, cx, FP_ROUND_NEAREST);
		denominator = fpn_add(*x, eighths(y, i), FP_ROUND_NEAREST);
	}
	FpNum u = fpw_div(&numerator, &denominator);
	FpFixed fixed = fpw_to_fixed(&u);
	FpNum series = fpw_from_fixed(fpw_series_atan(fpw_fixed_mul(fixed, fixed), true));
	u = fpw_mul(&u, &series);
	if (i == 0)
		return u;
	FpNum base = {.sig = atan_of_eighths[i].sig, .exp = atan_of_eighths[i].exp, .cls = FPC_NORMAL};
	return fpn_add(base, u, FP_ROUND_NEAREST);
}

/* The angle in 0 ... pi of a point that isn't on an axis or at infinity; y > 0. */
static FpNum angle_of(const FpNum *y, const FpNum *x)
{
	FpNum positive = *x, angle;
	bool steep = y->exp > x->exp || (y->exp == x->exp && y->sig > x->sig);

	positive.sign = false;
	angle = steep ? first_octant(&positive, y) : first_octant(y, &positive);
	if (!steep && !x->sign)
		return angle;
	/* steep: pi/2 -+ angle, with minus on the right side; flat on the left side: pi - angle */
	angle.sign = !(steep && x->sign);
	return fpn_add(quarters_of_pi(steep ? 2 : 4), angle, FP_ROUND_NEAREST);
}

/* Points on the axes and at infinity have multiples of pi/4. */
static bool special_angle(const FpNum *y, const FpNum *x, int *quarters)
{
	if (y->cls == FPC_INF)
		*quarters = x->cls != FPC_INF ? 2 : x->sign ? 3 : 1;
	else if (y->cls == FPC_ZERO || x->cls == FPC_INF)
		*quarters = x->sign ? 4 : 0;
	else if (x->cls == FPC_ZERO)
		*quarters = 2;
	else
		return false;
	return true;
}

Float80 fp80_atan(Float80 y80, Float80 x80, FpEnv *env)
{
	FpNum y = fp80_unpack(y80), x = fp80_unpack(x80), angle;
	bool sign = y.sign;
	Float80 result;
	int quarters;

	if (fp80_nan_operands(y80, x80, &y, &x, &result, env))
		return result;
	env->c1 = false;
	if (fp80_denormal(y.denormal || x.denormal, env))
		return y80;
	if (special_angle(&y, &x, &quarters)) {
		angle = quarters_of_pi(quarters);
	} else {
		y.sign = false;
		angle = angle_of(&y, &x);
	}
	angle.sign = sign;
	if (angle.cls == FPC_NORMAL)
		fpw_mark_inexact(&angle);
	return fp80_pack(&angle, 64, env);
}
