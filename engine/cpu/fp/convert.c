/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversions of SSE, AVX and F16C between binary16, binary32, binary64 and integers, and rounding to integral values. */
#include "internal.h"

static uint64_t quiet_between(FpFormat from, FpFormat to, uint64_t nan)
{
	uint64_t sign = nan >> (from.bits - 1) & 1;
	uint64_t fraction = nan & ((UINT64_C(1) << (from.precision - 1)) - 1);
	int shift = to.precision - from.precision;

	fraction = shift >= 0 ? fraction << shift : fraction >> -shift;
	return sign << (to.bits - 1) | (uint64_t)(to.emax - to.emin + 2) << (to.precision - 1) | fraction |
	       UINT64_C(1) << (to.precision - 2);
}

FP_INLINE uint64_t convert(FpFormat from, FpFormat to, uint64_t a, unsigned rounding, FpPackStyle style, bool daz, FpEnv *env)
{
	FpNum x = fp_unpack(from, a, daz);

	if (fpn_is_nan(&x)) {
		if (x.cls == FPC_SNAN)
			env->flags |= FP_IE;
		return quiet_between(from, to, a);
	}
	if (x.denormal && from.bits != 16)
		env->flags |= FP_DE;
	return fp_pack(to, &x, rounding, style, env);
}

uint64_t fp32_to_fp64(uint32_t a, FpEnv *env)
{
	return convert(FP32_FORMAT, FP64_FORMAT, a, env->rounding, FP_PACK_SSE, env->daz, env);
}

uint32_t fp64_to_fp32(uint64_t a, FpEnv *env)
{
	return (uint32_t)convert(FP64_FORMAT, FP32_FORMAT, a, env->rounding, FP_PACK_SSE, env->daz, env);
}

uint32_t fp16_to_fp32(uint16_t a, FpEnv *env)
{
	return (uint32_t)convert(FP16_FORMAT, FP32_FORMAT, a, env->rounding, FP_PACK_NO_FTZ, false, env);
}

uint16_t fp32_to_fp16(uint32_t a, unsigned imm, FpEnv *env)
{
	unsigned rounding = imm & 4 ? env->rounding : imm & 3;
	return (uint16_t)convert(FP32_FORMAT, FP16_FORMAT, a, rounding, FP_PACK_NO_FTZ, env->daz, env);
}

/* IE and the most negative integer when the value isn't in the range of `bits`. */
FP_INLINE int64_t to_integer(FpFormat f, uint64_t a, int bits, unsigned rounding, FpEnv *env)
{
	FpNum x = fp_unpack(f, a, env->daz);
	FpU128 limit = ((FpU128)1 << (bits - 1)) - !x.sign;
	bool inexact, up;
	FpU128 magnitude = fpn_to_integer(&x, rounding, &inexact, &up);

	if (magnitude > limit) {
		env->flags |= FP_IE;
		return (int64_t)(UINT64_MAX << (bits - 1));
	}
	if (inexact)
		env->flags |= FP_PE;
	return (int64_t)(x.sign ? -(uint64_t)magnitude : (uint64_t)magnitude);
}

int32_t fp32_to_int32(uint32_t a, unsigned rounding, FpEnv *env)
{
	return (int32_t)to_integer(FP32_FORMAT, a, 32, rounding, env);
}

int64_t fp32_to_int64(uint32_t a, unsigned rounding, FpEnv *env)
{
	return to_integer(FP32_FORMAT, a, 64, rounding, env);
}

int32_t fp64_to_int32(uint64_t a, unsigned rounding, FpEnv *env)
{
	return (int32_t)to_integer(FP64_FORMAT, a, 32, rounding, env);
}

int64_t fp64_to_int64(uint64_t a, unsigned rounding, FpEnv *env)
{
	return to_integer(FP64_FORMAT, a, 64, rounding, env);
}

FP_INLINE uint64_t from_integer(FpFormat f, int64_t v, FpEnv *env)
{
	uint64_t magnitude = v < 0 ? -(uint64_t)v : (uint64_t)v;
	FpNum x = {.cls = FPC_ZERO};

	if (v != 0)
		x = fpn_make(v < 0, 127, magnitude);
	return fp_pack(f, &x, env->rounding, FP_PACK_SSE, env);
}

uint32_t fp32_from_int32(int32_t v, FpEnv *env)
{
	return (uint32_t)from_integer(FP32_FORMAT, v, env);
}

uint32_t fp32_from_int64(int64_t v, FpEnv *env)
{
	return (uint32_t)from_integer(FP32_FORMAT, v, env);
}

uint64_t fp64_from_int32(int32_t v)
{
	FpEnv exact = {.masks = FP_ALL};
	return from_integer(FP64_FORMAT, v, &exact);
}

uint64_t fp64_from_int64(int64_t v, FpEnv *env)
{
	return from_integer(FP64_FORMAT, v, env);
}

FP_INLINE uint64_t round_int(FpFormat f, uint64_t a, unsigned imm, FpEnv *env)
{
	unsigned rounding = imm & 4 ? env->rounding : imm & 3;
	FpNum x = fp_unpack(f, a, env->daz);
	bool inexact, up;

	if (fpn_is_nan(&x)) {
		if (x.cls == FPC_SNAN)
			env->flags |= FP_IE;
		return quiet_between(f, f, a);
	}
	if (x.cls == FPC_INF || (x.cls == FPC_NORMAL && x.exp >= f.precision - 1))
		return a;

	FpU128 magnitude = fpn_to_integer(&x, rounding, &inexact, &up);
	if (inexact && !(imm & 8))
		env->flags |= FP_PE;
	x = magnitude ? fpn_make(x.sign, 127, magnitude) : (FpNum){.cls = FPC_ZERO, .sign = x.sign};
	return fp_pack(f, &x, rounding, FP_PACK_SSE, env);
}

uint32_t fp32_round_int(uint32_t a, unsigned imm, FpEnv *env)
{
	return (uint32_t)round_int(FP32_FORMAT, a, imm, env);
}

uint64_t fp64_round_int(uint64_t a, unsigned imm, FpEnv *env)
{
	return round_int(FP64_FORMAT, a, imm, env);
}
