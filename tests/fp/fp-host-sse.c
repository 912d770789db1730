/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SSE, FMA and F16C against the host's instructions: results, MXCSR flags, and whether #XM is raised.
 *
 * An unmasked exception arrives as SIGFPE at the instruction. R11 holds the address behind it; the handler continues there
 * with all exceptions masked and leaves 1 in R10.
 */
#include <cpuid.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "fp-test.h"

enum {
	MXCSR_DEFAULT = 0x1f80,
	MXCSR_DAZ = 0x40,
	MXCSR_FTZ = 0x8000,
	ROUNDS = 60000,
};

typedef struct HostSse {
	uint64_t xmm, rax;
	uint32_t mxcsr;
	bool fault;
} HostSse;

typedef HostSse HostFn(uint64_t a, uint64_t b, uint64_t c, uint32_t mxcsr);
typedef uint64_t ModelFn(uint64_t a, uint64_t b, uint64_t c, FpEnv *env);

/* A host function around `insn`, which finds its operands in xmm0, xmm1, xmm2 and RAX and answers in xmm0 or RAX. */
#define HOST(name, insn)                                                                              \
	static HostSse host_##name(uint64_t a, uint64_t b, uint64_t c, uint32_t mxcsr)                \
	{                                                                                             \
		HostSse h = {.rax = a};                                                               \
		uint32_t normal = MXCSR_DEFAULT;                                                      \
		uint64_t fault;                                                                       \
		__asm__ volatile("movq %[a], %%xmm0\n\tmovq %[b], %%xmm1\n\tmovq %[c], %%xmm2\n\t"    \
				 "xor %%r10d, %%r10d\n\tlea 1f(%%rip), %%r11\n\tldmxcsr %[in]\n\t"     \
				 insn "\n1:\tstmxcsr %[out]\n\tldmxcsr %[normal]\n\t"                  \
				 "movq %%xmm0, %[xmm]\n\tmov %%r10, %[fault]"                          \
				 : "+a"(h.rax), [out] "=m"(h.mxcsr), [xmm] "=r"(h.xmm), [fault] "=r"(fault) \
				 : [a] "m"(a), [b] "m"(b), [c] "m"(c), [in] "m"(mxcsr), [normal] "m"(normal) \
				 : "xmm0", "xmm1", "xmm2", "r10", "r11", "cc", "memory");              \
		h.fault = fault != 0;                                                                 \
		return h;                                                                             \
	}

#define MODEL(name, expression)                                                                       \
	static uint64_t model_##name(uint64_t a, uint64_t b, uint64_t c, FpEnv *env)                  \
	{                                                                                             \
		(void)a, (void)b, (void)c, (void)env;                                                            \
		return (expression);                                                                  \
	}

#define BOTH(name, insn, expression) HOST(name, insn) MODEL(name, expression)

#define A32 ((uint32_t)a)
#define B32 ((uint32_t)b)
#define C32 ((uint32_t)c)

#define TWO(op)                                                                                       \
	BOTH(op##32, #op "ss %%xmm1, %%xmm0", fp32_##op(A32, B32, env))                               \
	BOTH(op##64, #op "sd %%xmm1, %%xmm0", fp64_##op(a, b, env))

TWO(add)
TWO(sub)
TWO(mul)
TWO(div)
TWO(min)
TWO(max)

BOTH(sqrt32, "sqrtss %%xmm0, %%xmm0", fp32_sqrt(A32, env))
BOTH(sqrt64, "sqrtsd %%xmm0, %%xmm0", fp64_sqrt(a, env))

/* AT&T order: the destination, xmm0, is operand 1, xmm1 operand 2, xmm2 operand 3. */
#define FMA_FORMS(op, negate)                                                                         \
	BOTH(op##132_32, "v" #op "132ss %%xmm2, %%xmm1, %%xmm0", fp32_muladd(A32, C32, B32, negate, env)) \
	BOTH(op##213_32, "v" #op "213ss %%xmm2, %%xmm1, %%xmm0", fp32_muladd(B32, A32, C32, negate, env)) \
	BOTH(op##231_32, "v" #op "231ss %%xmm2, %%xmm1, %%xmm0", fp32_muladd(B32, C32, A32, negate, env)) \
	BOTH(op##132_64, "v" #op "132sd %%xmm2, %%xmm1, %%xmm0", fp64_muladd(a, c, b, negate, env))   \
	BOTH(op##213_64, "v" #op "213sd %%xmm2, %%xmm1, %%xmm0", fp64_muladd(b, a, c, negate, env))   \
	BOTH(op##231_64, "v" #op "231sd %%xmm2, %%xmm1, %%xmm0", fp64_muladd(b, c, a, negate, env))

FMA_FORMS(fmadd, 0)
FMA_FORMS(fmsub, FP_NEGATE_ADDEND)
FMA_FORMS(fnmadd, FP_NEGATE_PRODUCT)
FMA_FORMS(fnmsub, FP_NEGATE_PRODUCT | FP_NEGATE_ADDEND)

#define FLAGS "lahf\n\tmovzbl %%ah, %%eax\n\tand $0x45, %%eax"
BOTH(comi32, "comiss %%xmm1, %%xmm0\n\t" FLAGS, fp_order_eflags(fp32_compare(A32, B32, true, env)))
BOTH(comi64, "comisd %%xmm1, %%xmm0\n\t" FLAGS, fp_order_eflags(fp64_compare(a, b, true, env)))
BOTH(ucomi32, "ucomiss %%xmm1, %%xmm0\n\t" FLAGS, fp_order_eflags(fp32_compare(A32, B32, false, env)))
BOTH(ucomi64, "ucomisd %%xmm1, %%xmm0\n\t" FLAGS, fp_order_eflags(fp64_compare(a, b, false, env)))

#define PREDICATE(n)                                                                                  \
	BOTH(cmp32_##n, "vcmpss $" #n ", %%xmm1, %%xmm0, %%xmm0",                                      \
	     (uint32_t) - fp32_predicate(A32, B32, n, env))                                           \
	BOTH(cmp64_##n, "vcmpsd $" #n ", %%xmm1, %%xmm0, %%xmm0", -(uint64_t)fp64_predicate(a, b, n, env))
#define EACH_PREDICATE(X)                                                                             \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16)   \
	X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
EACH_PREDICATE(PREDICATE)

#define ROUND(n)                                                                                      \
	BOTH(round32_##n, "roundss $" #n ", %%xmm0, %%xmm0", fp32_round_int(A32, n, env))              \
	BOTH(round64_##n, "roundsd $" #n ", %%xmm0, %%xmm0", fp64_round_int(a, n, env))
#define EACH_ROUND(X) X(0) X(1) X(2) X(3) X(4) X(7) X(8) X(9) X(10) X(11) X(12)
EACH_ROUND(ROUND)

BOTH(cvt32_i32, "cvtss2si %%xmm0, %%eax", (uint32_t)fp32_to_int32(A32, env->rounding, env))
BOTH(cvt32_i64, "cvtss2si %%xmm0, %%rax", (uint64_t)fp32_to_int64(A32, env->rounding, env))
BOTH(cvtt32_i32, "cvttss2si %%xmm0, %%eax", (uint32_t)fp32_to_int32(A32, FP_ROUND_ZERO, env))
BOTH(cvtt32_i64, "cvttss2si %%xmm0, %%rax", (uint64_t)fp32_to_int64(A32, FP_ROUND_ZERO, env))
BOTH(cvt64_i32, "cvtsd2si %%xmm0, %%eax", (uint32_t)fp64_to_int32(a, env->rounding, env))
BOTH(cvt64_i64, "cvtsd2si %%xmm0, %%rax", (uint64_t)fp64_to_int64(a, env->rounding, env))
BOTH(cvtt64_i32, "cvttsd2si %%xmm0, %%eax", (uint32_t)fp64_to_int32(a, FP_ROUND_ZERO, env))
BOTH(cvtt64_i64, "cvttsd2si %%xmm0, %%rax", (uint64_t)fp64_to_int64(a, FP_ROUND_ZERO, env))
BOTH(i32_cvt32, "cvtsi2ss %%eax, %%xmm0", fp32_from_int32((int32_t)a, env))
BOTH(i64_cvt32, "cvtsi2ss %%rax, %%xmm0", fp32_from_int64((int64_t)a, env))
BOTH(i32_cvt64, "cvtsi2sd %%eax, %%xmm0", fp64_from_int32((int32_t)a))
BOTH(i64_cvt64, "cvtsi2sd %%rax, %%xmm0", fp64_from_int64((int64_t)a, env))
BOTH(cvt32_64, "cvtss2sd %%xmm0, %%xmm0", fp32_to_fp64(A32, env))
BOTH(cvt64_32, "cvtsd2ss %%xmm0, %%xmm0", fp64_to_fp32(a, env))
BOTH(cvt16_32, "vcvtph2ps %%xmm0, %%xmm0", fp16_to_fp32((uint16_t)a, env))
#define HALF(n) BOTH(cvt32_16_##n, "movd %%xmm0, %%eax\n\tvmovd %%eax, %%xmm0\n\tvcvtps2ph $" #n ", %%xmm0, %%xmm0", \
		     fp32_to_fp16(A32, n, env))
#define EACH_HALF(X) X(0) X(1) X(2) X(3) X(4) X(5)
EACH_HALF(HALF)
HOST(rcp, "rcpss %%xmm0, %%xmm0")
HOST(rsqrt, "rsqrtss %%xmm0, %%xmm0")

typedef enum Operands {
	OF_FP16,
	OF_FP32,
	OF_FP64,
	OF_INTEGER,
} Operands;

typedef struct SseCase {
	const char *name;
	HostFn *host;
	ModelFn *model;
	Operands operands;
	uint8_t result_bits; /* in xmm0, or 0: RAX */
	bool vex;            /* needs AVX, FMA and F16C */
} SseCase;

#define CASE(name, operands, bits) {#name, host_##name, model_##name, operands, bits, false},
#define CASE_VEX(name, operands, bits) {#name, host_##name, model_##name, operands, bits, true},
#define CASE_PAIR(op) CASE(op##32, OF_FP32, 32) CASE(op##64, OF_FP64, 64)
#define CASE_FMA(op)                                                                                  \
	CASE_VEX(op##132_32, OF_FP32, 32) CASE_VEX(op##213_32, OF_FP32, 32) CASE_VEX(op##231_32, OF_FP32, 32)     \
	CASE_VEX(op##132_64, OF_FP64, 64) CASE_VEX(op##213_64, OF_FP64, 64) CASE_VEX(op##231_64, OF_FP64, 64)
#define CASE_PREDICATE(n) CASE_VEX(cmp32_##n, OF_FP32, 32) CASE_VEX(cmp64_##n, OF_FP64, 64)
#define CASE_ROUND(n) CASE(round32_##n, OF_FP32, 32) CASE(round64_##n, OF_FP64, 64)
#define CASE_HALF(n) CASE_VEX(cvt32_16_##n, OF_FP32, 16)

static const SseCase sse_cases[] = {
	CASE_PAIR(add) CASE_PAIR(sub) CASE_PAIR(mul) CASE_PAIR(div) CASE_PAIR(min) CASE_PAIR(max) CASE_PAIR(sqrt)
	CASE_FMA(fmadd) CASE_FMA(fmsub) CASE_FMA(fnmadd) CASE_FMA(fnmsub)
	CASE(comi32, OF_FP32, 0) CASE(comi64, OF_FP64, 0) CASE(ucomi32, OF_FP32, 0) CASE(ucomi64, OF_FP64, 0)
	EACH_PREDICATE(CASE_PREDICATE)
	EACH_ROUND(CASE_ROUND)
	CASE(cvt32_i32, OF_FP32, 0) CASE(cvt32_i64, OF_FP32, 0) CASE(cvtt32_i32, OF_FP32, 0) CASE(cvtt32_i64, OF_FP32, 0)
	CASE(cvt64_i32, OF_FP64, 0) CASE(cvt64_i64, OF_FP64, 0) CASE(cvtt64_i32, OF_FP64, 0) CASE(cvtt64_i64, OF_FP64, 0)
	CASE(i32_cvt32, OF_INTEGER, 32) CASE(i64_cvt32, OF_INTEGER, 32)
	CASE(i32_cvt64, OF_INTEGER, 64) CASE(i64_cvt64, OF_INTEGER, 64)
	CASE(cvt32_64, OF_FP32, 64) CASE(cvt64_32, OF_FP64, 32) CASE_VEX(cvt16_32, OF_FP16, 32)
	EACH_HALF(CASE_HALF)
};

static void skip_instruction(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)number, (void)info;
	u->uc_mcontext.fpregs->mxcsr |= MXCSR_DEFAULT;
	u->uc_mcontext.gregs[REG_RIP] = u->uc_mcontext.gregs[REG_R11];
	u->uc_mcontext.gregs[REG_R10] = 1;
}

static void roll_operands(Dice *d, Operands kind, uint64_t v[3])
{
	switch (kind) {
	case OF_FP16:
		v[0] = dice_fp16(d);
		break;
	case OF_FP32:
		v[0] = dice_fp32(d);
		v[1] = dice_fp32_near(d, (uint32_t)v[0]);
		v[2] = dice_fp32_near(d, (uint32_t)v[0]);
		break;
	case OF_FP64:
		v[0] = dice_fp64(d);
		v[1] = dice_fp64_near(d, v[0]);
		v[2] = dice_fp64_near(d, v[0]);
		break;
	case OF_INTEGER:
		v[0] = (uint64_t)dice_int64(d);
		break;
	}
}

static FpEnv roll_env(Dice *d, bool masked, uint32_t *mxcsr)
{
	FpEnv env = {
		.rounding = (uint8_t)dice_below(d, 4),
		.daz = dice_below(d, 4) == 0,
		.ftz = dice_below(d, 4) == 0,
		.masks = masked ? FP_ALL : (uint8_t)dice_below(d, FP_ALL + 1),
	};

	*mxcsr = (uint32_t)env.rounding << 13 | (env.daz ? MXCSR_DAZ : 0u) | (env.ftz ? MXCSR_FTZ : 0u) |
		 (uint32_t)env.masks << 7;
	return env;
}

static uint64_t low_bits(uint64_t v, unsigned bits)
{
	return bits == 64 ? v : v & ((UINT64_C(1) << bits) - 1);
}

static void compare_once(const SseCase *c, Dice *d, bool masked)
{
	uint64_t v[3] = {0};
	uint32_t mxcsr;
	FpEnv env = roll_env(d, masked, &mxcsr);

	roll_operands(d, c->operands, v);
	HostSse host = c->host(v[0], v[1], v[2], mxcsr);
	uint64_t result = c->model(v[0], v[1], v[2], &env);
	bool fault = fp_sse_finish(&env);
	uint64_t expected = c->result_bits ? low_bits(host.xmm, c->result_bits) : host.rax;

	if (fault != host.fault || env.flags != (host.mxcsr & FP_ALL) || (!fault && result != expected)) {
		g_test_message("%s(%016" PRIx64 ", %016" PRIx64 ", %016" PRIx64 ") mxcsr %04x: "
			       "%016" PRIx64 " flags %02x fault %d, host %016" PRIx64 " flags %02x fault %d",
			       c->name, v[0], v[1], v[2], mxcsr, result, env.flags, fault, expected, host.mxcsr & FP_ALL,
			       host.fault);
		g_test_fail();
	}
}

static void test_sse(gconstpointer data)
{
	const SseCase *c = data;
	struct sigaction action = {.sa_sigaction = skip_instruction, .sa_flags = SA_SIGINFO}, old;
	Dice dice = {UINT64_C(0x9e3779b97f4a7c15) ^ g_str_hash(c->name)};

	sigaction(SIGFPE, &action, &old);
	for (int i = 0; i < ROUNDS && !g_test_failed(); i++)
		compare_once(c, &dice, i % 8 != 0);
	sigaction(SIGFPE, &old, NULL);
}

static bool host_is_amd(void)
{
	unsigned eax, ebx, ecx, edx;
	return __get_cpuid(0, &eax, &ebx, &ecx, &edx) && ebx == signature_AMD_ebx && ecx == signature_AMD_ecx;
}

/* Every exponent and sign with some fractions, and every fraction that the tables tell apart; exact on AMD's processors. */
static void test_approximation(uint32_t (*model)(uint32_t), HostFn *host)
{
	Dice dice = {1};

	if (!host_is_amd()) {
		g_test_skip("other processors have other tables");
		return;
	}
	for (uint32_t i = 0; i < 1u << 21; i++) {
		uint32_t a = i < 1u << 14 ? (126u << 23) + (i << 11) : i << 11 | dice_below(&dice, 1u << 11);
		uint32_t expected = (uint32_t)host(a, 0, 0, MXCSR_DEFAULT).xmm;
		g_assert_cmphex(model(a), ==, expected);
	}
}

static void test_rcp(void)
{
	test_approximation(fp32_rcp, host_rcp);
}

static void test_rsqrt(void)
{
	test_approximation(fp32_rsqrt, host_rsqrt);
}

static bool host_has_vex(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

void fp_add_host_sse_tests(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sse_cases); i++) {
		g_autofree char *path = g_strconcat("/fp/host/sse/", sse_cases[i].name, NULL);
		if (!sse_cases[i].vex || host_has_vex())
			g_test_add_data_func(path, &sse_cases[i], test_sse);
	}
	g_test_add_func("/fp/host/sse/rcp", test_rcp);
	g_test_add_func("/fp/host/sse/rsqrt", test_rsqrt);
}
