/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cases worked out by hand or from published digits; they run on every host. */
#include "fp-test.h"

typedef uint64_t VectorFn(uint64_t a, uint64_t b, FpEnv *env);

#define WORD(name, expression)                                                                        \
	static uint64_t name(uint64_t a, uint64_t b, FpEnv *env)                                      \
	{                                                                                             \
		(void)b;                                                                              \
		return (expression);                                                                  \
	}

WORD(add32, fp32_add((uint32_t)a, (uint32_t)b, env))
WORD(mul32, fp32_mul((uint32_t)a, (uint32_t)b, env))
WORD(div32, fp32_div((uint32_t)a, (uint32_t)b, env))
WORD(min32, fp32_min((uint32_t)a, (uint32_t)b, env))
WORD(max32, fp32_max((uint32_t)a, (uint32_t)b, env))
WORD(sqrt32, fp32_sqrt((uint32_t)a, env))
WORD(add64, fp64_add(a, b, env))
WORD(sub64, fp64_sub(a, b, env))
WORD(mul64, fp64_mul(a, b, env))
WORD(div64, fp64_div(a, b, env))
WORD(sqrt64, fp64_sqrt(a, env))
WORD(square_minus_one64, fp64_muladd(a, b, UINT64_C(0x3ff0000000000000), FP_NEGATE_ADDEND, env))
WORD(compare64, fp64_compare(a, b, false, env))
WORD(round64, fp64_round_int(a, 4, env))
WORD(round64_quiet, fp64_round_int(a, 12, env))
WORD(to_int32, (uint32_t)fp64_to_int32(a, env->rounding, env))
WORD(from_int64, fp64_from_int64((int64_t)a, env))
WORD(half_to_single, fp16_to_fp32((uint16_t)a, env))
WORD(single_to_half, fp32_to_fp16((uint32_t)a, 4, env))
WORD(double_to_single, fp64_to_fp32(a, env))

typedef struct Vector {
	const char *name;
	VectorFn *fn;
	uint64_t a, b;
	uint8_t rounding;
	uint64_t result;
	uint8_t flags;
} Vector;

static const Vector vectors[] = {
	{"1 + 2^-24: a tie, to even", add32, 0x3f800000, 0x33800000, 0, 0x3f800000, FP_PE},
	{"1+ulp + 2^-24: a tie, to even", add32, 0x3f800001, 0x33800000, 0, 0x3f800002, FP_PE},
	{"1 + 2^-24 up", add32, 0x3f800000, 0x33800000, 2, 0x3f800001, FP_PE},
	{"inf - inf", add32, 0x7f800000, 0xff800000, 0, 0xffc00000, FP_IE},
	{"x - x is +0", add32, 0x40490fdb, 0xc0490fdb, 0, 0x00000000, 0},
	{"x - x is -0 downwards", add32, 0x40490fdb, 0xc0490fdb, 1, 0x80000000, 0},
	{"signalling NaN becomes quiet", add32, 0x7f800001, 0x3f800000, 0, 0x7fc00001, FP_IE},
	{"the first NaN wins", add32, 0xffc00001, 0x7fc00002, 0, 0xffc00001, 0},
	{"largest + largest", add32, 0x7f7fffff, 0x7f7fffff, 0, 0x7f800000, FP_OE | FP_PE},
	{"largest + largest towards zero", add32, 0x7f7fffff, 0x7f7fffff, 3, 0x7f7fffff, FP_OE | FP_PE},
	{"smallest normal / 2 is exact", mul32, 0x00800000, 0x3f000000, 0, 0x00400000, 0},
	{"smallest denormal / 2: a tie to 0", mul32, 0x00000001, 0x3f000000, 0, 0, FP_DE | FP_UE | FP_PE},
	{"rounds up to a normal, tiny nonetheless", mul32, 0x00ffffff, 0x3f000000, 0, 0x00800000, FP_UE | FP_PE},
	{"0 * inf", mul32, 0, 0x7f800000, 0, 0xffc00000, FP_IE},
	{"1 / 3", div32, 0x3f800000, 0x40400000, 0, 0x3eaaaaab, FP_PE},
	{"1 / 0", div32, 0x3f800000, 0x80000000, 0, 0xff800000, FP_ZE},
	{"0 / 0", div32, 0, 0, 0, 0xffc00000, FP_IE},
	{"min(+0, -0) is the second", min32, 0x00000000, 0x80000000, 0, 0x80000000, 0},
	{"max(NaN, 1) is the second", max32, 0x7fc00000, 0x3f800000, 0, 0x3f800000, FP_IE},
	{"max(1, signalling NaN) leaves it", max32, 0x3f800000, 0x7f800001, 0, 0x7f800001, FP_IE},
	{"root of 2", sqrt32, 0x40000000, 0, 0, 0x3fb504f3, FP_PE},
	{"root of -0", sqrt32, 0x80000000, 0, 0, 0x80000000, 0},
	{"root of -1", sqrt32, 0xbf800000, 0, 0, 0xffc00000, FP_IE},
	{"0.1 + 0.2", add64, 0x3fb999999999999a, 0x3fc999999999999a, 0, 0x3fd3333333333334, FP_PE},
	{"1 - (1 - 2^-53)", sub64, 0x3ff0000000000000, 0x3fefffffffffffff, 0, 0x3ca0000000000000, 0},
	{"0.1 * 10", mul64, 0x3fb999999999999a, 0x4024000000000000, 0, 0x3ff0000000000000, FP_PE},
	{"2 / 3", div64, 0x4000000000000000, 0x4008000000000000, 0, 0x3fe5555555555555, FP_PE},
	{"2 / 3 up", div64, 0x4000000000000000, 0x4008000000000000, 2, 0x3fe5555555555556, FP_PE},
	{"root of 2", sqrt64, 0x4000000000000000, 0, 0, 0x3ff6a09e667f3bcd, FP_PE},
	{"root of 9", sqrt64, 0x4022000000000000, 0, 0, 0x4008000000000000, 0},
	{"(1+2^-52)(1-2^-52) - 1 = -2^-104", square_minus_one64, 0x3ff0000000000001, 0x3feffffffffffffe, 0,
	 0xb970000000000000, 0},
	{"1 < 2", compare64, 0x3ff0000000000000, 0x4000000000000000, 0, FP_LESS, 0},
	{"-0 == 0", compare64, 0x8000000000000000, 0, 0, FP_EQUAL, 0},
	{"quiet NaN unordered", compare64, 0x7ff8000000000000, 0, 0, FP_UNORDERED, 0},
	{"signalling NaN unordered", compare64, 0x7ff0000000000001, 0, 0, FP_UNORDERED, FP_IE},
	{"2.5 to even", round64, 0x4004000000000000, 0, 0, 0x4000000000000000, FP_PE},
	{"-0.5 keeps its sign", round64, 0xbfe0000000000000, 0, 0, 0x8000000000000000, FP_PE},
	{"2.5 up", round64, 0x4004000000000000, 0, 2, 0x4008000000000000, FP_PE},
	{"2.5 without PE", round64_quiet, 0x4004000000000000, 0, 0, 0x4000000000000000, 0},
	{"2^31 doesn't fit", to_int32, 0x41e0000000000000, 0, 0, 0x80000000, FP_IE},
	{"-2^31 fits", to_int32, 0xc1e0000000000000, 0, 0, 0x80000000, 0},
	{"2^31 - 0.5 to even doesn't", to_int32, 0x41dfffffffe00000, 0, 0, 0x80000000, FP_IE},
	{"2^31 - 0.5 towards zero does", to_int32, 0x41dfffffffe00000, 0, 3, 0x7fffffff, FP_PE},
	{"2^63 - 1 rounds to 2^63", from_int64, 0x7fffffffffffffff, 0, 0, 0x43e0000000000000, FP_PE},
	{"65504, the largest half", half_to_single, 0x7bff, 0, 0, 0x477fe000, 0},
	{"2^-24, the smallest half", half_to_single, 0x0001, 0, 0, 0x33800000, 0},
	{"65520 overflows", single_to_half, 0x477ff000, 0, 0, 0x7c00, FP_OE | FP_PE},
	{"65519.996 doesn't", single_to_half, 0x477fefff, 0, 0, 0x7bff, FP_PE},
	{"0.1 narrowed", double_to_single, 0x3fb999999999999a, 0, 0, 0x3dcccccd, FP_PE},
	{"2^-150 narrowed: a tie to 0", double_to_single, 0x3690000000000000, 0, 0, 0, FP_UE | FP_PE},
};

typedef Float80 Vector80Fn(Float80 a, Float80 b, FpEnv *env);

#define LONG(name, expression)                                                                        \
	static Float80 name(Float80 a, Float80 b, FpEnv *env)                                         \
	{                                                                                             \
		Float80 result = a;                                                                   \
		(void)b;                                                                              \
		expression;                                                                           \
		return result;                                                                        \
	}

LONG(add80, result = fp80_add(a, b, env))
LONG(div80, result = fp80_div(a, b, env))
LONG(sqrt80, result = fp80_sqrt(a, env))
LONG(scale80, result = fp80_scale(a, b, env))
LONG(sin80, fp80_sin(a, &result, env))
LONG(cos80, fp80_cos(a, &result, env))
LONG(tan80, fp80_tan(a, &result, env))
LONG(atan80, result = fp80_atan(a, b, env))
LONG(exp80, result = fp80_2xm1(a, env))
LONG(log80, result = fp80_yl2x(a, b, env))
LONG(log80p1, result = fp80_yl2xp1(a, b, env))
LONG(pi80, result = fp80_constant(3, env))

typedef struct Vector80 {
	const char *name;
	Vector80Fn *fn;
	Float80 a, b;
	uint8_t rounding, precision;
	Float80 result;
	uint8_t flags;
	bool c1;
} Vector80;

#define ONE80 {0x8000000000000000, 0x3fff}
#define TWO80 {0x8000000000000000, 0x4000}
#define THREE80 {0xc000000000000000, 0x4000}
#define ZERO80 {0, 0}
#define INDEFINITE {0xc000000000000000, 0xffff}

static const Vector80 vectors80[] = {
	{"1 / 3", div80, ONE80, THREE80, 0, 3, {0xaaaaaaaaaaaaaaab, 0x3ffd}, FP_PE, true},
	{"1 / 3 down", div80, ONE80, THREE80, 1, 3, {0xaaaaaaaaaaaaaaaa, 0x3ffd}, FP_PE, false},
	{"1 / 3 to 53 bits", div80, ONE80, THREE80, 0, 2, {0xaaaaaaaaaaaaa800, 0x3ffd}, FP_PE, false},
	{"1 / 3 to 24 bits", div80, ONE80, THREE80, 0, 0, {0xaaaaab0000000000, 0x3ffd}, FP_PE, true},
	{"1 / 0", div80, ONE80, ZERO80, 0, 3, {0x8000000000000000, 0x7fff}, FP_ZE, false},
	{"an unnormal is invalid", add80, ONE80, {0x4000000000000000, 0x4000}, 0, 3, INDEFINITE, FP_IE, false},
	{"the larger NaN", add80, {0xc000000000000001, 0x7fff}, {0xc000000000000002, 0xffff}, 0, 3,
	 {0xc000000000000002, 0xffff}, 0, false},
	{"root of 2", sqrt80, TWO80, ZERO80, 0, 3, {0xb504f333f9de6484, 0x3fff}, FP_PE, false},
	{"1 * 2^3.9", scale80, ONE80, {0xf99999999999999a, 0x4000}, 0, 3, {0x8000000000000000, 0x4002}, 0, false},
	{"pi", pi80, ZERO80, ZERO80, 0, 3, {0xc90fdaa22168c235, 0x4000}, 0, false},
	{"pi down", pi80, ZERO80, ZERO80, 1, 3, {0xc90fdaa22168c234, 0x4000}, 0, false},
	{"sin 1 = 0.84147098480789650665", sin80, ONE80, ZERO80, 0, 3, {0xd76aa47848677021, 0x3ffe}, FP_PE, true},
	{"cos 1 = 0.54030230586813971740", cos80, ONE80, ZERO80, 0, 3, {0x8a51407da8345c92, 0x3ffe}, FP_PE, true},
	{"tan 1 = 1.5574077246549022305", tan80, ONE80, ZERO80, 0, 3, {0xc75922e5f71d2dc5, 0x3fff}, FP_PE, false},
	{"sin of 2^63 stays", sin80, {0x8000000000000000, 0x403e}, ZERO80, 0, 3, {0x8000000000000000, 0x403e}, 0, false},
	{"atan 1 = pi/4", atan80, ONE80, ONE80, 0, 3, {0xc90fdaa22168c235, 0x3ffe}, FP_PE, true},
	{"angle of (-1, 0)", atan80, ZERO80, {0x8000000000000000, 0xbfff}, 0, 3, {0xc90fdaa22168c235, 0x4000}, FP_PE, true},
	{"2^1 - 1", exp80, ONE80, ZERO80, 0, 3, ONE80, FP_PE, false},
	{"2^0.5 - 1", exp80, {0x8000000000000000, 0x3ffe}, ZERO80, 0, 3, {0xd413cccfe7799211, 0x3ffd}, FP_PE, false},
	{"log2 10", log80, ONE80, {0xa000000000000000, 0x4002}, 0, 3, {0xd49a784bcd1b8afe, 0x4000}, FP_PE, false},
	{"log2 8", log80, ONE80, {0x8000000000000000, 0x4002}, 0, 3, THREE80, FP_PE, false},
	{"log2 of -1", log80, ONE80, {0x8000000000000000, 0xbfff}, 0, 3, INDEFINITE, FP_IE, false},
	{"log2(1 + 2^-100)", log80p1, ONE80, {0x8000000000000000, 0x3f9b}, 0, 3, {0xb8aa3b295c17f0bc, 0x3f9b}, FP_PE, true},
};

static void test_words(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(vectors); i++) {
		const Vector *v = &vectors[i];
		FpEnv env = {.rounding = v->rounding, .masks = FP_ALL};
		uint64_t result = v->fn(v->a, v->b, &env);

		if (result != v->result || env.flags != v->flags) {
			g_test_message("%s: %" G_GINT64_MODIFIER "x flags %02x", v->name, result, env.flags);
			g_test_fail();
		}
	}
}

static void test_long(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(vectors80); i++) {
		const Vector80 *v = &vectors80[i];
		FpEnv env = {.rounding = v->rounding, .precision = v->precision, .masks = FP_ALL};
		Float80 r = v->fn(v->a, v->b, &env);

		if (r.mant != v->result.mant || r.se != v->result.se || env.flags != v->flags || env.c1 != v->c1) {
			g_test_message("%s: %04x:%" G_GINT64_MODIFIER "x flags %02x C1 %d", v->name, r.se, r.mant, env.flags,
				       env.c1);
			g_test_fail();
		}
	}
}

/* DAZ and FTZ, and what an unmasked exception hides. */
static void test_modes(void)
{
	FpEnv daz = {.daz = true, .masks = FP_ALL}, ftz = {.ftz = true, .masks = FP_ALL}, unmasked = {.masks = FP_ALL & ~FP_DE};

	g_assert_cmphex(fp32_add(0x00000001, 0x80000000, &daz), ==, 0);
	g_assert_cmphex(daz.flags, ==, 0);
	g_assert_cmphex(fp32_mul(0x80800000, 0x3f000000, &ftz), ==, 0x80000000);
	g_assert_cmphex(ftz.flags, ==, FP_UE | FP_PE);
	fp32_add(0x00000001, 0x3f800000, &unmasked);
	g_assert_cmphex(unmasked.flags, ==, FP_DE | FP_PE);
	g_assert_true(fp_sse_finish(&unmasked));
	g_assert_cmphex(unmasked.flags, ==, FP_DE);
}

/* An unmasked overflow leaves the result with the exponent less 24576, an unmasked underflow the opposite. */
static void test_wrapped(void)
{
	FpEnv env = {.precision = 3, .masks = FP_ALL & ~FP_OE & ~FP_UE};
	Float80 huge = {UINT64_C(1) << 63, 0x7ffe}, least = {UINT64_C(1) << 63, 0x0001};
	Float80 r = fp80_mul(huge, huge, &env);

	g_assert_cmphex(r.mant, ==, UINT64_C(1) << 63);
	g_assert_cmphex(r.se, ==, 2 * 0x7ffe - 16383 - 24576);
	g_assert_cmphex(env.flags, ==, FP_OE);
	env.flags = 0;
	r = fp80_mul(least, least, &env);
	g_assert_cmphex(r.se, ==, 2 - 16383 + 24576);
	g_assert_cmphex(env.flags, ==, FP_UE);
	g_assert_false(fp_x87_keeps_register(&env));
	g_assert_true(fp_x87_keeps_memory(&env));
}

static void test_remainder(void)
{
	FpEnv env = {.precision = 3, .masks = FP_ALL};
	Float80 seventeen = {UINT64_C(0x8800000000000000), 0x4003}, three = THREE80, huge = {UINT64_C(1) << 63, 0x403f + 64};
	uint16_t conditions;
	Float80 r = fp80_prem(seventeen, three, &conditions, &env);

	/* 17 = 5 * 3 + 2: quotient 101, C0 and C1 */
	g_assert_cmphex(r.se, ==, 0x4000);
	g_assert_cmphex(r.mant, ==, UINT64_C(1) << 63);
	g_assert_cmphex(conditions, ==, 0x0300);
	/* 17 = 6 * 3 - 1: quotient 110, C0 and C3 */
	r = fp80_prem1(seventeen, three, &conditions, &env);
	g_assert_cmphex(r.se, ==, 0xbfff);
	g_assert_cmphex(conditions, ==, 0x4100);
	/* 2^128 mod 3 takes more than one execution, and is 1 at last. */
	int runs = 0;
	do {
		huge = fp80_prem(huge, three, &conditions, &env);
		runs++;
	} while (conditions & 0x0400);
	g_assert_cmpint(runs, >, 1);
	g_assert_cmphex(huge.se, ==, 0x3fff);
}

static void test_bcd(void)
{
	static const uint8_t digits[10] = {0x78, 0x56, 0x34, 0x12, 0x90, 0x78, 0x56, 0x34, 0x12, 0x80};
	FpEnv env = {.precision = 3, .masks = FP_ALL};
	uint8_t back[10];

	Float80 v = fp80_from_bcd(digits);
	g_assert_cmpint(fp80_to_int64(v, FP_ROUND_NEAREST, &env), ==, -INT64_C(123456789012345678));
	fp80_to_bcd(v, back, &env);
	g_assert_cmpmem(back, sizeof(back), digits, sizeof(digits));
	g_assert_cmphex(env.flags, ==, 0);
	fp80_to_bcd((Float80){UINT64_C(1) << 63, 0x7fff}, back, &env);
	g_assert_cmphex(env.flags, ==, FP_IE);
	g_assert_cmphex(back[7] | back[8] << 8 | back[9] << 16, ==, 0xffffc0);
}

/* The manual's bound, which every model of RCPSS and RSQRTSS keeps: |error| <= 1.5 * 2^-12, here by integers. */
static void test_approximations(void)
{
	FpEnv env = {.masks = FP_ALL};

	for (uint32_t a = 0x3f800000; a < 0x40800000; a += 0x3f7) {
		uint64_t x = fp32_to_fp64(a, &env), one = UINT64_C(0x3ff0000000000000), bound = UINT64_C(0x3f38000000000000);
		uint64_t rcp = fp32_to_fp64(fp32_rcp(a), &env), rsqrt = fp32_to_fp64(fp32_rsqrt(a), &env);
		uint64_t error = fp64_muladd(x, rcp, one, FP_NEGATE_ADDEND, &env) & ~(UINT64_C(1) << 63);
		g_assert_cmpint(fp64_compare(error, bound, true, &env), !=, FP_GREATER);
		error = fp64_muladd(fp64_sqrt(x, &env), rsqrt, one, FP_NEGATE_ADDEND, &env) & ~(UINT64_C(1) << 63);
		g_assert_cmpint(fp64_compare(error, bound, true, &env), !=, FP_GREATER);
	}
}

void fp_add_vector_tests(void)
{
	g_test_add_func("/fp/vectors/words", test_words);
	g_test_add_func("/fp/vectors/long", test_long);
	g_test_add_func("/fp/vectors/modes", test_modes);
	g_test_add_func("/fp/vectors/wrapped", test_wrapped);
	g_test_add_func("/fp/vectors/remainder", test_remainder);
	g_test_add_func("/fp/vectors/bcd", test_bcd);
	g_test_add_func("/fp/vectors/approximations", test_approximations);
}
