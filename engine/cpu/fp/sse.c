/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arithmetic and comparison with the semantics of SSE, AVX and FMA, for binary32 and binary64.
 *
 * Each operation is written once over an FpFormat; the public functions at the end pass a constant one. NaN operands are
 * looked at first, then invalid operations, division by zero and denormal operands, as the manual orders them (SDM volume
 * 1, 4.9.2).
 */
#include "internal.h"

bool fp_sse_finish(FpEnv *env)
{
	uint8_t before = FP_IE | FP_DE | FP_ZE;

	if (env->flags & before & ~env->masks)
		env->flags &= before;
	return (env->flags & ~env->masks) != 0;
}

static uint64_t default_nan(FpFormat f)
{
	uint64_t ones = f.bits == 64 ? UINT64_MAX : (UINT64_C(1) << f.bits) - 1;
	return ones & ~((UINT64_C(1) << (f.precision - 2)) - 1);
}

static uint64_t quiet(FpFormat f, uint64_t nan)
{
	return nan | UINT64_C(1) << (f.precision - 2);
}

static uint64_t invalid(FpFormat f, FpEnv *env)
{
	env->flags |= FP_IE;
	return default_nan(f);
}

static uint64_t without_sign(FpFormat f, uint64_t a)
{
	return a & ~(UINT64_C(1) << (f.bits - 1));
}

static uint64_t infinity(FpFormat f, bool sign)
{
	return (uint64_t)sign << (f.bits - 1) | (uint64_t)(f.emax - f.emin + 2) << (f.precision - 1);
}

/* The first NaN of the operands, made quiet. */
static bool nan_operands(FpFormat f, uint64_t a, uint64_t b, const FpNum *x, const FpNum *y, uint64_t *result, FpEnv *env)
{
	if (!fpn_is_nan(x) && !fpn_is_nan(y))
		return false;
	if (x->cls == FPC_SNAN || y->cls == FPC_SNAN)
		env->flags |= FP_IE;
	*result = quiet(f, fpn_is_nan(x) ? a : b);
	return true;
}

static void note_denormals(bool denormal, FpEnv *env)
{
	if (denormal)
		env->flags |= FP_DE;
}

FP_INLINE uint64_t sse_add(FpFormat f, uint64_t a, uint64_t b, bool subtract, FpEnv *env)
{
	FpNum x = fp_unpack(f, a, env->daz), y = fp_unpack(f, b, env->daz);
	uint64_t result;

	if (nan_operands(f, a, b, &x, &y, &result, env))
		return result;
	y.sign ^= subtract;
	if (x.cls == FPC_INF && y.cls == FPC_INF && x.sign != y.sign)
		return invalid(f, env);
	note_denormals(x.denormal || y.denormal, env);
	if (x.cls == FPC_INF || y.cls == FPC_INF)
		return infinity(f, x.cls == FPC_INF ? x.sign : y.sign);
	x = fpn_add(x, y, env->rounding);
	return fp_pack(f, &x, env->rounding, FP_PACK_SSE, env);
}

FP_INLINE uint64_t sse_mul(FpFormat f, uint64_t a, uint64_t b, FpEnv *env)
{
	FpNum x = fp_unpack(f, a, env->daz), y = fp_unpack(f, b, env->daz);
	uint64_t result;

	if (nan_operands(f, a, b, &x, &y, &result, env))
		return result;
	if ((x.cls == FPC_INF && y.cls == FPC_ZERO) || (x.cls == FPC_ZERO && y.cls == FPC_INF))
		return invalid(f, env);
	note_denormals(x.denormal || y.denormal, env);
	if (x.cls == FPC_INF || y.cls == FPC_INF)
		return infinity(f, x.sign != y.sign);
	if (x.cls == FPC_ZERO || y.cls == FPC_ZERO)
		x = (FpNum){.cls = FPC_ZERO, .sign = x.sign != y.sign};
	else
		x = fpn_mul(&x, &y);
	return fp_pack(f, &x, env->rounding, FP_PACK_SSE, env);
}

FP_INLINE uint64_t sse_div(FpFormat f, uint64_t a, uint64_t b, FpEnv *env)
{
	FpNum x = fp_unpack(f, a, env->daz), y = fp_unpack(f, b, env->daz);
	bool sign = x.sign != y.sign;
	uint64_t result;

	if (nan_operands(f, a, b, &x, &y, &result, env))
		return result;
	if (x.cls == y.cls && x.cls != FPC_NORMAL)
		return invalid(f, env);
	if (y.cls == FPC_ZERO && x.cls == FPC_NORMAL) {
		env->flags |= FP_ZE;
		return infinity(f, sign);
	}
	note_denormals(x.denormal || y.denormal, env);
	if (x.cls == FPC_INF)
		return infinity(f, sign);
	if (x.cls == FPC_ZERO || y.cls == FPC_INF)
		x = (FpNum){.cls = FPC_ZERO, .sign = sign};
	else
		x = fpn_div(&x, &y);
	return fp_pack(f, &x, env->rounding, FP_PACK_SSE, env);
}

FP_INLINE uint64_t sse_sqrt(FpFormat f, uint64_t a, FpEnv *env)
{
	FpNum x = fp_unpack(f, a, env->daz);
	uint64_t result;

	if (nan_operands(f, a, a, &x, &x, &result, env))
		return result;
	if (x.sign && x.cls != FPC_ZERO)
		return invalid(f, env);
	note_denormals(x.denormal, env);
	if (x.cls == FPC_NORMAL)
		x = fpn_sqrt(&x);
	return fp_pack(f, &x, env->rounding, FP_PACK_SSE, env);
}

static bool muladd_nan(FpFormat f, const uint64_t raw[3], const FpNum n[3], uint64_t *result, FpEnv *env)
{
	bool found = false;

	for (int i = 2; i >= 0; i--) {
		if (n[i].cls == FPC_SNAN)
			env->flags |= FP_IE;
		if (fpn_is_nan(&n[i])) {
			*result = quiet(f, raw[i]);
			found = true;
		}
	}
	return found;
}

FP_INLINE uint64_t sse_muladd(FpFormat f, uint64_t a, uint64_t b, uint64_t c, unsigned negate, FpEnv *env)
{
	const uint64_t raw[3] = {a, b, c};
	FpNum n[3] = {fp_unpack(f, a, env->daz), fp_unpack(f, b, env->daz), fp_unpack(f, c, env->daz)};
	FpNum product = {.sign = n[0].sign ^ n[1].sign ^ (negate & FP_NEGATE_PRODUCT)};
	uint64_t result;

	if (muladd_nan(f, raw, n, &result, env))
		return result;
	n[2].sign ^= (negate & FP_NEGATE_ADDEND) != 0;
	if ((n[0].cls == FPC_INF && n[1].cls == FPC_ZERO) || (n[0].cls == FPC_ZERO && n[1].cls == FPC_INF))
		return invalid(f, env);
	product.cls = n[0].cls == FPC_INF || n[1].cls == FPC_INF ? FPC_INF : FPC_ZERO;
	if (product.cls == FPC_INF && n[2].cls == FPC_INF && product.sign != n[2].sign)
		return invalid(f, env);
	note_denormals(n[0].denormal || n[1].denormal || n[2].denormal, env);
	if (product.cls == FPC_INF || n[2].cls == FPC_INF)
		return infinity(f, product.cls == FPC_INF ? product.sign : n[2].sign);
	if (n[0].cls == FPC_NORMAL && n[1].cls == FPC_NORMAL) {
		bool sign = product.sign;
		product = fpn_mul(&n[0], &n[1]);
		product.sign = sign;
	}
	product = fpn_add(product, n[2], env->rounding);
	return fp_pack(f, &product, env->rounding, FP_PACK_SSE, env);
}

/* The order of two numbers that aren't NaNs; denormals were flushed already where DAZ asks for it. */
static FpOrder order(FpFormat f, uint64_t a, uint64_t b)
{
	uint64_t sign = UINT64_C(1) << (f.bits - 1);

	if (without_sign(f, a | b) == 0)
		return FP_EQUAL;
	/* From sign and magnitude to an order of unsigned integers. */
	a = a & sign ? ~a & (sign | (sign - 1)) : a | sign;
	b = b & sign ? ~b & (sign | (sign - 1)) : b | sign;
	return a < b ? FP_LESS : a > b ? FP_GREATER : FP_EQUAL;
}

static uint64_t flush(FpFormat f, uint64_t a, const FpNum *x)
{
	return x->cls == FPC_ZERO ? a & UINT64_C(1) << (f.bits - 1) : a;
}

FP_INLINE FpOrder sse_compare(FpFormat f, uint64_t a, uint64_t b, bool signalling, FpEnv *env)
{
	FpNum x = fp_unpack(f, a, env->daz), y = fp_unpack(f, b, env->daz);

	if (fpn_is_nan(&x) || fpn_is_nan(&y)) {
		if (signalling || x.cls == FPC_SNAN || y.cls == FPC_SNAN)
			env->flags |= FP_IE;
		return FP_UNORDERED;
	}
	note_denormals(x.denormal || y.denormal, env);
	return order(f, flush(f, a, &x), flush(f, b, &y));
}

/* MINPS and MAXPS: the second operand for NaNs and for two zeros. */
FP_INLINE uint64_t sse_pick(FpFormat f, uint64_t a, uint64_t b, FpOrder wanted, FpEnv *env)
{
	FpNum x = fp_unpack(f, a, env->daz), y = fp_unpack(f, b, env->daz);

	if (sse_compare(f, a, b, true, env) == wanted)
		return flush(f, a, &x);
	return fpn_is_nan(&y) ? b : flush(f, b, &y);
}

/* The predicates 0 ... 15: the orders for which each is true, bit n for the FpOrder n. 16 ... 31 swap signalling. */
FP_INLINE bool sse_predicate(FpFormat f, uint64_t a, uint64_t b, unsigned predicate, FpEnv *env)
{
	enum {
		LT = 1 << FP_LESS,
		EQ = 1 << FP_EQUAL,
		GT = 1 << FP_GREATER,
		UN = 1 << FP_UNORDERED,
		SIGNALLING = 16,
	};
	static const uint8_t truth[16] = {
		EQ,           LT | SIGNALLING,      LT | EQ | SIGNALLING,      UN,
		LT | GT | UN, EQ | GT | UN | SIGNALLING, GT | UN | SIGNALLING, LT | EQ | GT,
		EQ | UN,      LT | UN | SIGNALLING, LT | EQ | UN | SIGNALLING, 0,
		LT | GT,      EQ | GT | SIGNALLING, GT | SIGNALLING,           LT | EQ | GT | UN,
	};
	unsigned row = truth[predicate & 15];
	bool signalling = (row & SIGNALLING) != 0;

	if (predicate & 16)
		signalling = !signalling;
	return row >> sse_compare(f, a, b, signalling, env) & 1;
}

uint32_t fp32_add(uint32_t a, uint32_t b, FpEnv *env)
{
	return (uint32_t)sse_add(FP32_FORMAT, a, b, false, env);
}

uint64_t fp64_add(uint64_t a, uint64_t b, FpEnv *env)
{
	return sse_add(FP64_FORMAT, a, b, false, env);
}

uint32_t fp32_sub(uint32_t a, uint32_t b, FpEnv *env)
{
	return (uint32_t)sse_add(FP32_FORMAT, a, b, true, env);
}

uint64_t fp64_sub(uint64_t a, uint64_t b, FpEnv *env)
{
	return sse_add(FP64_FORMAT, a, b, true, env);
}

uint32_t fp32_mul(uint32_t a, uint32_t b, FpEnv *env)
{
	return (uint32_t)sse_mul(FP32_FORMAT, a, b, env);
}

uint64_t fp64_mul(uint64_t a, uint64_t b, FpEnv *env)
{
	return sse_mul(FP64_FORMAT, a, b, env);
}

uint32_t fp32_div(uint32_t a, uint32_t b, FpEnv *env)
{
	return (uint32_t)sse_div(FP32_FORMAT, a, b, env);
}

uint64_t fp64_div(uint64_t a, uint64_t b, FpEnv *env)
{
	return sse_div(FP64_FORMAT, a, b, env);
}

uint32_t fp32_min(uint32_t a, uint32_t b, FpEnv *env)
{
	return (uint32_t)sse_pick(FP32_FORMAT, a, b, FP_LESS, env);
}

uint64_t fp64_min(uint64_t a, uint64_t b, FpEnv *env)
{
	return sse_pick(FP64_FORMAT, a, b, FP_LESS, env);
}

uint32_t fp32_max(uint32_t a, uint32_t b, FpEnv *env)
{
	return (uint32_t)sse_pick(FP32_FORMAT, a, b, FP_GREATER, env);
}

uint64_t fp64_max(uint64_t a, uint64_t b, FpEnv *env)
{
	return sse_pick(FP64_FORMAT, a, b, FP_GREATER, env);
}

uint32_t fp32_sqrt(uint32_t a, FpEnv *env)
{
	return (uint32_t)sse_sqrt(FP32_FORMAT, a, env);
}

uint64_t fp64_sqrt(uint64_t a, FpEnv *env)
{
	return sse_sqrt(FP64_FORMAT, a, env);
}

uint32_t fp32_muladd(uint32_t a, uint32_t b, uint32_t c, unsigned negate, FpEnv *env)
{
	return (uint32_t)sse_muladd(FP32_FORMAT, a, b, c, negate, env);
}

uint64_t fp64_muladd(uint64_t a, uint64_t b, uint64_t c, unsigned negate, FpEnv *env)
{
	return sse_muladd(FP64_FORMAT, a, b, c, negate, env);
}

FpOrder fp32_compare(uint32_t a, uint32_t b, bool signalling, FpEnv *env)
{
	return sse_compare(FP32_FORMAT, a, b, signalling, env);
}

FpOrder fp64_compare(uint64_t a, uint64_t b, bool signalling, FpEnv *env)
{
	return sse_compare(FP64_FORMAT, a, b, signalling, env);
}

bool fp32_predicate(uint32_t a, uint32_t b, unsigned predicate, FpEnv *env)
{
	return sse_predicate(FP32_FORMAT, a, b, predicate, env);
}

bool fp64_predicate(uint64_t a, uint64_t b, unsigned predicate, FpEnv *env)
{
	return sse_predicate(FP64_FORMAT, a, b, predicate, env);
}
