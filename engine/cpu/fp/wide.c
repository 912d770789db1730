/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations and series with 128-bit significands. */
#include "wide.h"

/* The upper half of the product. */
static FpU128 mul_high(FpU128 a, FpU128 b)
{
	uint64_t a1 = (uint64_t)(a >> 64), a0 = (uint64_t)a, b1 = (uint64_t)(b >> 64), b0 = (uint64_t)b;
	FpU128 low = (FpU128)a0 * b0, mid1 = (FpU128)a1 * b0, mid2 = (FpU128)a0 * b1;
	FpU128 carry = (low >> 64) + (uint64_t)mid1 + (uint64_t)mid2;

	return (FpU128)a1 * b1 + (mid1 >> 64) + (mid2 >> 64) + (carry >> 64);
}

FpNum fpw_mul(const FpNum *a, const FpNum *b)
{
	bool sign = a->sign != b->sign;

	if (a->cls == FPC_ZERO || b->cls == FPC_ZERO)
		return (FpNum){.cls = FPC_ZERO, .sign = sign};
	return fpn_make(sign, a->exp + b->exp + 1, mul_high(a->sig, b->sig));
}

FpNum fpw_div(const FpNum *a, const FpNum *b)
{
	bool sign = a->sign != b->sign, carry = false;
	FpU128 rest = a->sig, quotient = 0;

	if (a->cls == FPC_ZERO)
		return (FpNum){.cls = FPC_ZERO, .sign = sign};
	for (int i = 0; i < 128; i++) {
		quotient <<= 1;
		if (carry || rest >= b->sig) {
			rest -= b->sig;
			quotient |= 1;
		}
		carry = rest >> 127;
		rest <<= 1;
	}
	return fpn_make(sign, a->exp - b->exp, quotient | (carry || rest != 0));
}

FpFixed fpw_fixed_mul(FpFixed a, FpFixed b)
{
	return mul_high(a, b) << 1;
}

FpFixed fpw_to_fixed(const FpNum *a)
{
	if (a->cls == FPC_ZERO || a->exp < -127)
		return 0;
	return a->sig >> -a->exp;
}

FpNum fpw_from_fixed(FpFixed v)
{
	return fpn_make(false, 0, v);
}

/* The terms after which a series is exact to 128 bits, for the largest arguments (stated with each). */
enum {
	TRIG_TERMS = 17, /* z = (pi/4)^2: z^17/35! < 2^-143 */
	ATAN_TERMS = 27, /* z = 1/32: z^27 = 2^-135 */
	EXP_TERMS = 34,  /* y = ln 2: y^34/34! < 2^-145 */
};

FpFixed fpw_series_trig(FpFixed z, unsigned n)
{
	FpFixed sum = FP_FIXED_ONE;

	for (unsigned k = TRIG_TERMS; k-- > 0;) {
		unsigned m = n + 2 * k;
		sum = FP_FIXED_ONE - fpw_fixed_mul(z, sum) / (m * (m + 1));
	}
	return sum == FP_FIXED_ONE ? sum - 1 : sum;
}

FpFixed fpw_series_atan(FpFixed z, bool alternating)
{
	FpFixed sum = 0;

	for (unsigned k = ATAN_TERMS; k-- > 0;) {
		FpFixed term = fpw_fixed_mul(z, sum), one = FP_FIXED_ONE / (2 * k + 1);
		sum = alternating ? one - term : one + term;
	}
	return sum == FP_FIXED_ONE && alternating ? sum - 1 : sum;
}

FpFixed fpw_series_exp(FpFixed y, bool negative)
{
	FpFixed sum = FP_FIXED_ONE;

	for (unsigned n = EXP_TERMS; n > 1; n--) {
		FpFixed term = fpw_fixed_mul(y, sum) / n;
		sum = negative ? FP_FIXED_ONE - term : FP_FIXED_ONE + term;
	}
	return sum == FP_FIXED_ONE && negative ? sum - 1 : sum;
}
