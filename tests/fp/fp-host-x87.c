/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The x87 against the host's: registers, memory, the status word with C1, for masked and unmasked exceptions. */
#include <inttypes.h>

#include "fp-host-x87.h"

enum {
	ROUNDS = 60000,
	FSW_C0 = 0x0100,
	FSW_C1 = 0x0200,
	FSW_C2 = 0x0400,
	FSW_C3 = 0x4000,
	FSW_CONDITIONS = 0x4700,
};

/* What the model says: st[] counts from the new top. */
typedef struct Model {
	FpEnv env;
	Float80 st0, st1;
	bool pushed;
	uint8_t memory[16];
	uint16_t conditions;  /* C0, C2, C3 and, where c1 isn't env's, C1 */
	uint16_t defined;     /* the conditions to compare */
} Model;

typedef void ModelFn(const X87Inputs *in, Model *m);

/* The model of an operation that replaces ST(0). */
#define REPLACE(name, insn, expression)                                                               \
	HOST_X87(name, insn)                                                                              \
	static void model_##name(const X87Inputs *in, Model *m)                                          \
	{                                                                                             \
		Float80 a = in->st0, b = in->st1;                                                     \
		FpEnv *env = &m->env;                                                                 \
		uint32_t m32;                                                                         \
		uint64_t m64;                                                                         \
		(void)a, (void)b;                                                                     \
		memcpy(&m32, in->memory, sizeof(m32));                                                \
		memcpy(&m64, in->memory, sizeof(m64));                                                \
		(void)m32, (void)m64;                                                                 \
		Float80 result = (expression);                                                        \
		if (!fp_x87_keeps_register(env))                                                      \
			m->st0 = result;                                                              \
	}

/* One that pushes. */
#define PUSH(name, insn, type, expression)                                                            \
	HOST_X87(name, insn)                                                                              \
	static void model_##name(const X87Inputs *in, Model *m)                                          \
	{                                                                                             \
		FpEnv *env = &m->env;                                                                 \
		type v;                                                                               \
		memcpy(&v, in->memory, sizeof(v));                                                    \
		(void)v;                                                                              \
		Float80 result = (expression);                                                        \
		if (fp_x87_keeps_load(env))                                                           \
			return;                                                                       \
		m->st1 = m->st0;                                                                      \
		m->st0 = result;                                                                      \
	}

/* One that stores without popping. */
#define STORE(name, insn, type, expression)                                                           \
	HOST_X87(name, insn)                                                                              \
	static void model_##name(const X87Inputs *in, Model *m)                                          \
	{                                                                                             \
		Float80 a = in->st0;                                                                  \
		FpEnv *env = &m->env;                                                                 \
		type v = (type)(expression);                                                          \
		if (!fp_x87_keeps_memory(env))                                                        \
			memcpy(m->memory, &v, sizeof(v));                                             \
	}

#define COMPARE(name, insn, expression)                                                               \
	HOST_X87(name, insn)                                                                              \
	static void model_##name(const X87Inputs *in, Model *m)                                          \
	{                                                                                             \
		Float80 a = in->st0, b = in->st1;                                                     \
		FpEnv *env = &m->env;                                                                 \
		uint32_t m32;                                                                         \
		uint64_t m64;                                                                         \
		(void)b;                                                                              \
		memcpy(&m32, in->memory, sizeof(m32));                                                \
		memcpy(&m64, in->memory, sizeof(m64));                                                \
		(void)m32, (void)m64;                                                                 \
		m->conditions = conditions_of(expression);                                            \
		m->defined = FSW_CONDITIONS;                                                          \
	}

static uint16_t conditions_of(FpOrder order)
{
	static const uint16_t conditions[] = {
		[FP_LESS] = FSW_C0,
		[FP_EQUAL] = FSW_C3,
		[FP_GREATER] = 0,
		[FP_UNORDERED] = FSW_C0 | FSW_C2 | FSW_C3,
	};
	return conditions[order];
}

REPLACE(fadd, "fadd %%st(1), %%st", fp80_add(a, b, env))
REPLACE(fsub, "fsub %%st(1), %%st", fp80_sub(a, b, env))
REPLACE(fsubr, "fsubr %%st(1), %%st", fp80_sub(b, a, env))
REPLACE(fmul, "fmul %%st(1), %%st", fp80_mul(a, b, env))
REPLACE(fdiv, "fdiv %%st(1), %%st", fp80_div(a, b, env))
REPLACE(fdivr, "fdivr %%st(1), %%st", fp80_div(b, a, env))
REPLACE(fadds, "fadds (%%rdi)", fp80_add(a, fp80_widen32(m32, env), env))
REPLACE(faddl, "faddl (%%rdi)", fp80_add(a, fp80_widen64(m64, env), env))
REPLACE(fdivs, "fdivs (%%rdi)", fp80_div(a, fp80_widen32(m32, env), env))
REPLACE(fdivrl, "fdivrl (%%rdi)", fp80_div(fp80_widen64(m64, env), a, env))
REPLACE(fimul, "fimull (%%rdi)", fp80_mul(a, fp80_from_int64((int32_t)m32), env))
REPLACE(fsqrt, "fsqrt", fp80_sqrt(a, env))
REPLACE(frndint, "frndint", fp80_round_int(a, env))
REPLACE(fscale, "fscale", fp80_scale(a, b, env))
REPLACE(fprem, "fprem", (m->defined = FSW_CONDITIONS, fp80_prem(a, b, &m->conditions, env)))
REPLACE(fprem1, "fprem1", (m->defined = FSW_CONDITIONS, fp80_prem1(a, b, &m->conditions, env)))

COMPARE(fcom, "fcom %%st(1)", fp80_compare(a, b, true, env))
COMPARE(fucom, "fucom %%st(1)", fp80_compare(a, b, false, env))
COMPARE(fcoms, "fcoms (%%rdi)", fp80_compare(a, fp80_widen32(m32, env), true, env))
COMPARE(fcoml, "fcoml (%%rdi)", fp80_compare(a, fp80_widen64(m64, env), true, env))
COMPARE(ftst, "ftst", fp80_compare(a, (Float80){0, 0}, true, env))

HOST_X87(fxam, "fxam")
static void model_fxam(const X87Inputs *in, Model *m)
{
	m->conditions = fp80_examine(in->st0);
	m->defined = FSW_CONDITIONS;
}

HOST_X87(fxtract, "fxtract")
static void model_fxtract(const X87Inputs *in, Model *m)
{
	Float80 exponent, significand;

	fp80_extract(in->st0, &exponent, &significand, &m->env);
	if (fp_x87_keeps_register(&m->env))
		return;
	m->st0 = significand;
	m->st1 = exponent;
}

PUSH(flds, "flds (%%rdi)", uint32_t, fp80_from_fp32(v, env))
PUSH(fldl, "fldl (%%rdi)", uint64_t, fp80_from_fp64(v, env))
PUSH(filds, "filds (%%rdi)", int16_t, fp80_from_int64(v))
PUSH(fildl, "fildl (%%rdi)", int32_t, fp80_from_int64(v))
PUSH(fildll, "fildll (%%rdi)", int64_t, fp80_from_int64(v))
PUSH(fldl2t, "fldl2t", uint64_t, fp80_constant(1, env))
PUSH(fldl2e, "fldl2e", uint64_t, fp80_constant(2, env))
PUSH(fldpi, "fldpi", uint64_t, fp80_constant(3, env))
PUSH(fldlg2, "fldlg2", uint64_t, fp80_constant(4, env))
PUSH(fldln2, "fldln2", uint64_t, fp80_constant(5, env))
PUSH(fldz, "fldz", uint64_t, fp80_constant(6, env))
PUSH(fld1, "fld1", uint64_t, fp80_constant(0, env))

STORE(fsts, "fsts (%%rdi)", uint32_t, fp80_to_fp32(a, env))
STORE(fstl, "fstl (%%rdi)", uint64_t, fp80_to_fp64(a, env))
STORE(fists, "fists (%%rdi)", int16_t, fp80_to_int16(a, env->rounding, env))
STORE(fistl, "fistl (%%rdi)", int32_t, fp80_to_int32(a, env->rounding, env))

/* Those that only exist with a pop: the value pops, unless an unmasked exception keeps everything. */
#define STORE_POP(name, insn, size, statement)                                                        \
	HOST_X87(name, insn)                                                                              \
	static void model_##name(const X87Inputs *in, Model *m)                                          \
	{                                                                                             \
		Float80 a = in->st0;                                                                  \
		FpEnv *env = &m->env;                                                                 \
		union {                                                                               \
			int16_t i16;                                                                  \
			int32_t i32;                                                                  \
			int64_t i64;                                                                  \
			uint8_t bytes[16];                                                            \
		} v = {0};                                                                            \
		statement;                                                                            \
		if (fp_x87_keeps_memory(env))                                                         \
			return;                                                                       \
		memcpy(m->memory, v.bytes, size);                                                     \
		m->st0 = m->st1;                                                                      \
		m->st1 = (Float80){0, 0};                                                             \
	}

STORE_POP(fistpll, "fistpll (%%rdi)", 8, v.i64 = fp80_to_int64(a, env->rounding, env))
STORE_POP(fisttps, "fisttps (%%rdi)", 2, v.i16 = fp80_to_int16(a, FP_ROUND_ZERO, env))
STORE_POP(fisttpl, "fisttpl (%%rdi)", 4, v.i32 = fp80_to_int32(a, FP_ROUND_ZERO, env))
STORE_POP(fisttpll, "fisttpll (%%rdi)", 8, v.i64 = fp80_to_int64(a, FP_ROUND_ZERO, env))
STORE_POP(fbstp, "fbstp (%%rdi)", 10, fp80_to_bcd(a, v.bytes, env))

HOST_X87(fbld, "fbld (%%rdi)")
static void model_fbld(const X87Inputs *in, Model *m)
{
	m->st1 = m->st0;
	m->st0 = fp80_from_bcd(in->memory);
}

typedef enum MemoryKind {
	MEM_FP32,
	MEM_FP64,
	MEM_INTEGER,
	MEM_BCD,
} MemoryKind;

typedef struct X87Case {
	const char *name;
	HostX87Fn *host;
	ModelFn *model;
	MemoryKind memory;
	bool small; /* ST(0) of moderate size, so that most conversions succeed; for FSCALE ST(1) */
} X87Case;

#define CASE(name, memory, small) {#name, host_##name, model_##name, memory, small},

static const X87Case x87_cases[] = {
	CASE(fadd, 0, 0) CASE(fsub, 0, 0) CASE(fsubr, 0, 0) CASE(fmul, 0, 0) CASE(fdiv, 0, 0) CASE(fdivr, 0, 0)
	CASE(fadds, MEM_FP32, 0) CASE(faddl, MEM_FP64, 0) CASE(fdivs, MEM_FP32, 0) CASE(fdivrl, MEM_FP64, 0)
	CASE(fimul, MEM_INTEGER, 0) CASE(fsqrt, 0, 0) CASE(frndint, 0, 1) CASE(fscale, 0, 1)
	CASE(fprem, 0, 0) CASE(fprem1, 0, 0) CASE(fxtract, 0, 0)
	CASE(fcom, 0, 0) CASE(fucom, 0, 0) CASE(fcoms, MEM_FP32, 0) CASE(fcoml, MEM_FP64, 0) CASE(ftst, 0, 0)
	CASE(fxam, 0, 0)
	CASE(flds, MEM_FP32, 0) CASE(fldl, MEM_FP64, 0)
	CASE(filds, MEM_INTEGER, 0) CASE(fildl, MEM_INTEGER, 0) CASE(fildll, MEM_INTEGER, 0)
	CASE(fldl2t, 0, 0) CASE(fldl2e, 0, 0) CASE(fldpi, 0, 0) CASE(fldlg2, 0, 0) CASE(fldln2, 0, 0) CASE(fldz, 0, 0)
	CASE(fld1, 0, 0)
	CASE(fsts, 0, 1) CASE(fstl, 0, 1) CASE(fists, 0, 1) CASE(fistl, 0, 1) CASE(fistpll, 0, 1)
	CASE(fisttps, 0, 1) CASE(fisttpl, 0, 1) CASE(fisttpll, 0, 1) CASE(fbstp, 0, 1) CASE(fbld, MEM_BCD, 0)
};

static void roll_memory(Dice *d, MemoryKind kind, X87Inputs *in)
{
	uint64_t v = dice_next(d);

	switch (kind) {
	case MEM_FP32:
		v = dice_fp32(d);
		break;
	case MEM_FP64:
		v = dice_fp64(d);
		break;
	case MEM_INTEGER:
		v = (uint64_t)dice_int64(d);
		break;
	case MEM_BCD:
		for (int i = 0; i < 16; i++)
			in->memory[i] = (uint8_t)(dice_below(d, 10) << 4 | dice_below(d, 10));
		in->memory[9] = (uint8_t)dice_next(d);
		return;
	}
	memcpy(in->memory, &v, sizeof(v));
}

static Float80 shrink(Dice *d, Float80 v, unsigned range)
{
	v.se = (uint16_t)((v.se & 0x8000) | (16383 - 8 + dice_below(d, range)));
	v.mant |= UINT64_C(1) << 63;
	return v;
}

static X87Inputs roll_inputs(Dice *d, const X87Case *c)
{
	X87Inputs in = {.st0 = dice_fp80(d)};

	in.st1 = dice_fp80_near(d, in.st0);
	if (c->small && dice_below(d, 2))
		in.st0 = shrink(d, in.st0, 76);
	if (c->small && dice_below(d, 2))
		in.st1 = shrink(d, in.st1, 25);
	if (dice_below(d, 8) == 0)
		in.st0.mant &= UINT64_MAX << dice_below(d, 64);
	roll_memory(d, c->memory, &in);
	return in;
}

static bool same(Float80 a, const HostReg *b)
{
	return a.mant == b->mant && a.se == b->se;
}

static void compare_once(const X87Case *c, Dice *d, bool masked)
{
	X87Inputs in = roll_inputs(d, c);
	HostX87 host;
	Model m = {.env = roll_x87_env(d, masked, &in.fcw), .st0 = in.st0, .st1 = in.st1};

	memcpy(m.memory, in.memory, sizeof(m.memory));
	c->host(&in, &host);
	c->model(&in, &m);
	if (m.defined == 0 && !fp_x87_keeps_register(&m.env)) {
		m.defined = FSW_C1;
		m.conditions = m.env.c1 ? FSW_C1 : 0;
	}
	bool popped = m.st1.mant == 0 && m.st1.se == 0;
	bool equal = same(m.st0, &host.save.st[0]) && (popped || same(m.st1, &host.save.st[1])) &&
		     memcmp(m.memory, host.memory, sizeof(m.memory)) == 0 && (host.save.fsw & FP_ALL) == m.env.flags &&
		     (host.save.fsw & m.defined) == (m.conditions & m.defined);
	if (!equal) {
		g_test_message("%s ST0 %04x:%016" PRIx64 " ST1 %04x:%016" PRIx64 " mem %016" PRIx64 " FCW %04x", c->name,
			       in.st0.se, in.st0.mant, in.st1.se, in.st1.mant, *(uint64_t *)in.memory, in.fcw);
		g_test_message("ours ST0 %04x:%016" PRIx64 " ST1 %04x:%016" PRIx64 " mem %016" PRIx64 " FSW %04x", m.st0.se,
			       m.st0.mant, m.st1.se, m.st1.mant, *(uint64_t *)m.memory, m.env.flags | m.conditions);
		g_test_message("host ST0 %04x:%016" PRIx64 " ST1 %04x:%016" PRIx64 " mem %016" PRIx64 " FSW %04x",
			       host.save.st[0].se, host.save.st[0].mant, host.save.st[1].se, host.save.st[1].mant,
			       *(uint64_t *)host.memory, host.save.fsw);
		g_test_fail();
	}
}

static void test_x87(gconstpointer data)
{
	const X87Case *c = data;
	Dice dice = {UINT64_C(0x9e3779b97f4a7c15) ^ g_str_hash(c->name)};

	for (int i = 0; i < ROUNDS && !g_test_failed(); i++)
		compare_once(c, &dice, i % 2 != 0);
}

void fp_add_host_x87_tests(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(x87_cases); i++) {
		g_autofree char *path = g_strconcat("/fp/host/x87/", x87_cases[i].name, NULL);
		g_test_add_data_func(path, &x87_cases[i], test_x87);
	}
}
