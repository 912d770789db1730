/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exact floating point in software, for the interpreter: binary32 and binary64 with the semantics of SSE, AVX, FMA
 * and F16C (functions fp32_*, fp64_*, fp16_*), and the 80-bit format with those of the x87 (fp80_*).
 *
 * Anyone may call these from any thread: there is no state besides the FpEnv that the caller passes. Nothing here uses
 * the host's floating point.
 *
 * How exceptions work. The caller sets env->flags to 0 before each instruction, calls one function per lane, and finds
 * in env->flags every exception that the lanes detected, masked or not.
 *  - SSE: fp_sse_finish() drops the exceptions that an unmasked, earlier one hides and says whether #XM is due. If it is,
 *    the destination stays as it was; MXCSR receives env->flags in both cases.
 *  - x87: fp_x87_keeps_register() or fp_x87_keeps_memory() says whether the destination stays as it was. The
 *    functions have already dropped the hidden exceptions. The returned value of an unmasked overflow or underflow is
 *    the one that the manual prescribes for a register (exponent biased by 24576). Stack faults are the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A value of the x87: mant has the explicit integer bit in bit 63, se is sign (bit 15) and biased exponent. */
typedef struct {
	uint64_t mant;
	uint16_t se;
} Float80;

/* Exceptions, with the bits they have in MXCSR, FCW and FSW. */
enum {
	FP_IE = 0x01,
	FP_DE = 0x02,
	FP_ZE = 0x04,
	FP_OE = 0x08,
	FP_UE = 0x10,
	FP_PE = 0x20,
	FP_ALL = 0x3f,
};

/* Rounding, as in MXCSR.RC, FCW.RC and the immediate of ROUNDPS. */
enum {
	FP_ROUND_NEAREST = 0,
	FP_ROUND_DOWN = 1,
	FP_ROUND_UP = 2,
	FP_ROUND_ZERO = 3,
};

typedef struct FpEnv {
	uint8_t rounding;   /* FP_ROUND_* */
	uint8_t precision;  /* x87 PC: 0 = 24 bits, 2 = 53, 3 = 64; 1 (reserved) works as 3 */
	bool daz, ftz;      /* SSE only */
	uint8_t masks;      /* FP_*: 1 = masked */
	uint8_t flags;      /* FP_*: what the functions detected; sticky */
	bool c1;            /* x87: the result was rounded up in magnitude; written by each fp80 function that rounds */
	bool wide_denormal; /* x87: see fp80_widen32() */
} FpEnv;

typedef enum FpOrder {
	FP_LESS,
	FP_EQUAL,
	FP_GREATER,
	FP_UNORDERED,
} FpOrder;

/* For fpNN_muladd: what is negated of a*b + c. */
enum {
	FP_NEGATE_PRODUCT = 1,
	FP_NEGATE_ADDEND = 2,
};

/* The results of a comparison as EFLAGS has them after COMISS or FCOMI (ZF, PF, CF; the other three are cleared). */
uint32_t fp_order_eflags(FpOrder order);

/* ---- SSE and AVX ---------------------------------------------------------------------------------------------- */

/* After the last lane: true when an unmasked exception must be raised. */
bool fp_sse_finish(FpEnv *env);

uint32_t fp32_add(uint32_t a, uint32_t b, FpEnv *env);
uint32_t fp32_sub(uint32_t a, uint32_t b, FpEnv *env);
uint32_t fp32_mul(uint32_t a, uint32_t b, FpEnv *env);
uint32_t fp32_div(uint32_t a, uint32_t b, FpEnv *env);
uint32_t fp32_min(uint32_t a, uint32_t b, FpEnv *env);
uint32_t fp32_max(uint32_t a, uint32_t b, FpEnv *env);
uint32_t fp32_sqrt(uint32_t a, FpEnv *env);
uint64_t fp64_add(uint64_t a, uint64_t b, FpEnv *env);
uint64_t fp64_sub(uint64_t a, uint64_t b, FpEnv *env);
uint64_t fp64_mul(uint64_t a, uint64_t b, FpEnv *env);
uint64_t fp64_div(uint64_t a, uint64_t b, FpEnv *env);
uint64_t fp64_min(uint64_t a, uint64_t b, FpEnv *env);
uint64_t fp64_max(uint64_t a, uint64_t b, FpEnv *env);
uint64_t fp64_sqrt(uint64_t a, FpEnv *env);

/*
 * a*b + c with one rounding; negate is a set of FP_NEGATE_*. Of several NaNs the first in the order a, b, c is taken.
 * For the processor's choice pass its operands 1, 2, 3 like this: form 132 (1, 3, 2), form 213 (2, 1, 3), form 231 (2, 3, 1).
 */
uint32_t fp32_muladd(uint32_t a, uint32_t b, uint32_t c, unsigned negate, FpEnv *env);
uint64_t fp64_muladd(uint64_t a, uint64_t b, uint64_t c, unsigned negate, FpEnv *env);

/* Signalling: a quiet NaN raises IE too (COMISS; UCOMISS is quiet). */
FpOrder fp32_compare(uint32_t a, uint32_t b, bool signalling, FpEnv *env);
FpOrder fp64_compare(uint64_t a, uint64_t b, bool signalling, FpEnv *env);

/* CMPPS and VCMPPS: the immediate's low five bits. */
bool fp32_predicate(uint32_t a, uint32_t b, unsigned predicate, FpEnv *env);
bool fp64_predicate(uint64_t a, uint64_t b, unsigned predicate, FpEnv *env);

/* ROUNDPS with its whole immediate: bits 1..0 rounding, bit 2 take env->rounding instead, bit 3 no PE. */
uint32_t fp32_round_int(uint32_t a, unsigned imm, FpEnv *env);
uint64_t fp64_round_int(uint64_t a, unsigned imm, FpEnv *env);

/* RCPSS and RSQRTSS: no exceptions, no MXCSR. Bit for bit as a Zen 4 has them, within the manual's bound. */
uint32_t fp32_rcp(uint32_t a);
uint32_t fp32_rsqrt(uint32_t a);

/* To integers, with env->rounding for CVTSS2SI and FP_ROUND_ZERO for CVTTSS2SI; out of range gives IE and 80...0. */
int32_t fp32_to_int32(uint32_t a, unsigned rounding, FpEnv *env);
int64_t fp32_to_int64(uint32_t a, unsigned rounding, FpEnv *env);
int32_t fp64_to_int32(uint64_t a, unsigned rounding, FpEnv *env);
int64_t fp64_to_int64(uint64_t a, unsigned rounding, FpEnv *env);
uint32_t fp32_from_int32(int32_t v, FpEnv *env);
uint32_t fp32_from_int64(int64_t v, FpEnv *env);
uint64_t fp64_from_int32(int32_t v);
uint64_t fp64_from_int64(int64_t v, FpEnv *env);

uint64_t fp32_to_fp64(uint32_t a, FpEnv *env);
uint32_t fp64_to_fp32(uint64_t a, FpEnv *env);
uint32_t fp16_to_fp32(uint16_t a, FpEnv *env);
/* VCVTPS2PH with its whole immediate: bits 1..0 rounding, bit 2 take env->rounding instead. */
uint16_t fp32_to_fp16(uint32_t a, unsigned imm, FpEnv *env);

/* ---- x87 ------------------------------------------------------------------------------------------------------ */

/* Whether an unmasked exception in env->flags leaves the destination (a register; memory for FST, FIST, FBSTP) alone. */
static inline bool fp_x87_keeps_register(const FpEnv *env)
{
	return (env->flags & ~env->masks & (FP_IE | FP_DE | FP_ZE)) != 0;
}

/* The same for FLD m32 and m64: a denormal is loaded even when DE is unmasked. */
static inline bool fp_x87_keeps_load(const FpEnv *env)
{
	return (env->flags & ~env->masks & FP_IE) != 0;
}

static inline bool fp_x87_keeps_memory(const FpEnv *env)
{
	return (env->flags & ~env->masks & (FP_IE | FP_DE | FP_ZE | FP_OE | FP_UE)) != 0;
}

/* The real indefinite: the default NaN, also the answer to a masked stack fault. */
Float80 fp80_indefinite(void);

Float80 fp80_add(Float80 a, Float80 b, FpEnv *env);
Float80 fp80_sub(Float80 a, Float80 b, FpEnv *env);
Float80 fp80_mul(Float80 a, Float80 b, FpEnv *env);
Float80 fp80_div(Float80 a, Float80 b, FpEnv *env);
Float80 fp80_sqrt(Float80 a, FpEnv *env);

/* Signalling: FCOM, FCOMI, FTST, FICOM; quiet: FUCOM, FUCOMI. */
FpOrder fp80_compare(Float80 a, Float80 b, bool signalling, FpEnv *env);

/* FXAM's C3, C2 and C0 at their places in FSW, and C1 the sign, for a register that isn't empty. */
uint16_t fp80_examine(Float80 a);

Float80 fp80_round_int(Float80 a, FpEnv *env);

/* FLD m32/m64: a signalling NaN gives IE and becomes quiet, a denormal gives DE. */
Float80 fp80_from_fp32(uint32_t a, FpEnv *env);
Float80 fp80_from_fp64(uint64_t a, FpEnv *env);
/*
 * The memory operand of FADD m32, FCOM m64 and so on: widened and otherwise left alone. A denormal sets
 * env->wide_denormal, by which the arithmetic function that follows knows of it (and then clears it).
 */
Float80 fp80_widen32(uint32_t a, FpEnv *env);
Float80 fp80_widen64(uint64_t a, FpEnv *env);
Float80 fp80_from_int64(int64_t v); /* exact for each size of FILD, FIADD, ... */

uint32_t fp80_to_fp32(Float80 a, FpEnv *env);
uint64_t fp80_to_fp64(Float80 a, FpEnv *env);
/* env->rounding for FIST and FISTP, FP_ROUND_ZERO for FISTTP. */
int16_t fp80_to_int16(Float80 a, unsigned rounding, FpEnv *env);
int32_t fp80_to_int32(Float80 a, unsigned rounding, FpEnv *env);
int64_t fp80_to_int64(Float80 a, unsigned rounding, FpEnv *env);
/* FBLD and FBSTP: little endian, 18 digits, sign in bit 7 of byte 9. */
Float80 fp80_from_bcd(const uint8_t bcd[10]);
void fp80_to_bcd(Float80 a, uint8_t bcd[10], FpEnv *env);

/* FSCALE: a * 2^trunc(b). */
Float80 fp80_scale(Float80 a, Float80 b, FpEnv *env);
/* FXTRACT: *exponent goes where the operand was, *significand is pushed. */
void fp80_extract(Float80 a, Float80 *exponent, Float80 *significand, FpEnv *env);
/*
 * FPREM and FPREM1. *conditions receives C0, C3, C1 (the quotient's bits 2, 1, 0) and C2 (1: not finished) at their
 * places in FSW.
 */
Float80 fp80_prem(Float80 a, Float80 b, uint16_t *conditions, FpEnv *env);
Float80 fp80_prem1(Float80 a, Float80 b, uint16_t *conditions, FpEnv *env);

/* FLD1 ... FLDZ, numbered as the low three bits of D9 E8 ... D9 EE. */
Float80 fp80_constant(unsigned index, const FpEnv *env);

/*
 * The transcendental functions: rounded correctly by env->rounding to 64 bits, whatever env->precision says. Hardware is
 * within one unit in the last place of that. PE is raised for every result but an operand's zero, as AMD's does.
 *
 * FSIN, FCOS, FSINCOS, FPTAN. False when the operand is out of range (|a| >= 2^63): C2 is to be set, the register kept.
 * For FPTAN the 1.0 that is pushed after the tangent is the caller's, unless the result is a NaN, which is pushed again.
 */
bool fp80_sin(Float80 a, Float80 *result, FpEnv *env);
bool fp80_cos(Float80 a, Float80 *result, FpEnv *env);
bool fp80_sincos(Float80 a, Float80 *sine, Float80 *cosine, FpEnv *env);
bool fp80_tan(Float80 a, Float80 *result, FpEnv *env);
Float80 fp80_atan(Float80 y, Float80 x, FpEnv *env);   /* FPATAN: the angle of the point (x, y); y is ST(1) */
Float80 fp80_2xm1(Float80 a, FpEnv *env);              /* F2XM1 */
Float80 fp80_yl2x(Float80 y, Float80 x, FpEnv *env);   /* FYL2X: y * log2(x) */
Float80 fp80_yl2xp1(Float80 y, Float80 x, FpEnv *env); /* FYL2XP1: y * log2(x + 1) */
