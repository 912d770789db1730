/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/x87.tab: functions of the stack's top: signs, roots, remainders, scaling, transcendental functions. */
#include "cpu/x87unit.h"

#include "insn_handlers.h"

static const Float80 one = { UINT64_C(1) << 63, 0x3fff };

static bool is_nan(Float80 a)
{
	return (a.se & 0x7fff) == 0x7fff && a.mant << 1;
}

/* C2 tells of an operand out of range, or a remainder that isn't finished; any other end clears it, faults too. */
static void begin_partial(Cpu *cpu, const Insn *i)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	x87_set_conditions(cpu, FSW_C2, 0);
}

static void begin(Cpu *cpu, const Insn *i)
{
	x87_wait(cpu);
	x87_record(cpu, i);
}

/* ---- ST(0) = f(ST(0)) ---- */

typedef Float80 UnaryFn(Float80 a, FpEnv *env);

static Float80 change_sign(Float80 a, FpEnv *env)
{
	(void)env;
	a.se ^= 0x8000;
	return a;
}

static Float80 absolute(Float80 a, FpEnv *env)
{
	(void)env;
	a.se &= 0x7fff;
	return a;
}

static void unary(Cpu *cpu, const Insn *i, UnaryFn *fn)
{
	begin(cpu, i);
	if (UNLIKELY(x87_is_empty(cpu, 0))) {
		if (x87_underflow(cpu))
			x87_write(cpu, 0, fp80_indefinite());
		return;
	}
	FpEnv env = x87_env(cpu);
	Float80 result = fn(x87_read(cpu, 0), &env);
	x87_finish(cpu, &env);
	if (!fp_x87_keeps_register(&env))
		x87_write(cpu, 0, result);
}

#define UNARY(name, fn) \
	void op_##name(Cpu *cpu, const Insn *i) { unary(cpu, i, fn); }
UNARY(fchs, change_sign)
UNARY(fabs, absolute)
UNARY(fsqrt, fp80_sqrt)
UNARY(frndint, fp80_round_int)
UNARY(f2xm1, fp80_2xm1)

/* ---- of ST(0) and ST(1) ---- */

typedef Float80 BinaryFn(Float80 a, Float80 b, FpEnv *env);

/* ST(1) = f(ST(1), ST(0)), and pop. */
static void binary_pop(Cpu *cpu, const Insn *i, BinaryFn *fn)
{
	begin(cpu, i);
	Float80 result = fp80_indefinite();
	if (UNLIKELY(x87_is_empty(cpu, 0) || x87_is_empty(cpu, 1))) {
		if (!x87_underflow(cpu))
			return;
	} else {
		FpEnv env = x87_env(cpu);
		result = fn(x87_read(cpu, 1), x87_read(cpu, 0), &env);
		x87_finish(cpu, &env);
		if (fp_x87_keeps_register(&env))
			return;
	}
	x87_write(cpu, 1, result);
	x87_pop(cpu);
}

#define BINARY_POP(name, fn) \
	void op_##name(Cpu *cpu, const Insn *i) { binary_pop(cpu, i, fn); }
BINARY_POP(fpatan, fp80_atan)
BINARY_POP(fyl2x, fp80_yl2x)
BINARY_POP(fyl2xp1, fp80_yl2xp1)

/* False: a stack fault was answered. */
static bool have_both(Cpu *cpu)
{
	if (LIKELY(!x87_is_empty(cpu, 0) && !x87_is_empty(cpu, 1)))
		return true;
	if (x87_underflow(cpu))
		x87_write(cpu, 0, fp80_indefinite());
	return false;
}

void op_fscale(Cpu *cpu, const Insn *i)
{
	begin(cpu, i);
	if (!have_both(cpu))
		return;
	FpEnv env = x87_env(cpu);
	Float80 result = fp80_scale(x87_read(cpu, 0), x87_read(cpu, 1), &env);
	x87_finish(cpu, &env);
	if (!fp_x87_keeps_register(&env))
		x87_write(cpu, 0, result);
}

typedef Float80 RemainderFn(Float80 a, Float80 b, uint16_t *conditions, FpEnv *env);

static void remainder_of(Cpu *cpu, const Insn *i, RemainderFn *fn)
{
	uint16_t conditions = 0;
	begin_partial(cpu, i);
	if (!have_both(cpu))
		return;
	FpEnv env = x87_env(cpu);
	Float80 result = fn(x87_read(cpu, 0), x87_read(cpu, 1), &conditions, &env);
	x87_finish(cpu, &env);
	if (fp_x87_keeps_register(&env))
		return;
	if (!is_nan(result)) /* else there is no quotient: C0 and C3 stay */
		x87_set_conditions(cpu, FSW_CONDITIONS | FSW_C1, conditions);
	x87_write(cpu, 0, result);
}

void op_fprem(Cpu *cpu, const Insn *i)
{
	remainder_of(cpu, i, fp80_prem);
}

void op_fprem1(Cpu *cpu, const Insn *i)
{
	remainder_of(cpu, i, fp80_prem1);
}

/* ---- functions that push a second result ---- */

/* False: a stack fault was answered, with two indefinites if it is masked. */
static bool can_push(Cpu *cpu)
{
	bool masked;
	if (UNLIKELY(x87_is_empty(cpu, 0)))
		masked = x87_underflow(cpu);
	else if (UNLIKELY(!x87_is_empty(cpu, 7)))
		masked = x87_overflow(cpu);
	else
		return true;
	if (masked) {
		x87_write(cpu, 0, fp80_indefinite());
		x87_push(cpu, fp80_indefinite());
	}
	return false;
}

static void replace_and_push(Cpu *cpu, Float80 replaced, Float80 pushed, const FpEnv *env)
{
	x87_finish(cpu, env);
	if (fp_x87_keeps_register(env))
		return;
	x87_write(cpu, 0, replaced);
	x87_push(cpu, pushed);
}

void op_fxtract(Cpu *cpu, const Insn *i)
{
	Float80 exponent, significand;
	begin(cpu, i);
	if (!can_push(cpu))
		return;
	FpEnv env = x87_env(cpu);
	fp80_extract(x87_read(cpu, 0), &exponent, &significand, &env);
	replace_and_push(cpu, exponent, significand, &env);
}

/* C2: the operand of a trigonometric function is too large, and nothing happens. */
static bool in_range(Cpu *cpu, bool done)
{
	x87_set_conditions(cpu, FSW_C2, done ? 0 : FSW_C2);
	if (!done)
		x87_clear_c1(cpu);
	return done;
}

void op_fsincos(Cpu *cpu, const Insn *i)
{
	Float80 sine, cosine;
	begin_partial(cpu, i);
	if (!can_push(cpu))
		return;
	FpEnv env = x87_env(cpu);
	if (in_range(cpu, fp80_sincos(x87_read(cpu, 0), &sine, &cosine, &env)))
		replace_and_push(cpu, sine, cosine, &env);
}

void op_fptan(Cpu *cpu, const Insn *i)
{
	Float80 tangent;
	begin_partial(cpu, i);
	if (!can_push(cpu))
		return;
	FpEnv env = x87_env(cpu);
	if (!in_range(cpu, fp80_tan(x87_read(cpu, 0), &tangent, &env)))
		return;
	replace_and_push(cpu, tangent, is_nan(tangent) ? tangent : one, &env);
}

typedef bool SineFn(Float80 a, Float80 *result, FpEnv *env);

static void sine_or_cosine(Cpu *cpu, const Insn *i, SineFn *fn)
{
	Float80 result;
	begin_partial(cpu, i);
	if (UNLIKELY(x87_is_empty(cpu, 0))) {
		if (x87_underflow(cpu))
			x87_write(cpu, 0, fp80_indefinite());
		return;
	}
	FpEnv env = x87_env(cpu);
	if (!in_range(cpu, fn(x87_read(cpu, 0), &result, &env)))
		return;
	x87_finish(cpu, &env);
	if (!fp_x87_keeps_register(&env))
		x87_write(cpu, 0, result);
}

void op_fsin(Cpu *cpu, const Insn *i)
{
	sine_or_cosine(cpu, i, fp80_sin);
}

void op_fcos(Cpu *cpu, const Insn *i)
{
	sine_or_cosine(cpu, i, fp80_cos);
}
