/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/x87.tab: addition to division, comparison. */
#include "cpu/x87unit.h"

#include "insn_handlers.h"

/* ---- memory operands ---- */

typedef Float80 FetchFn(Cpu *cpu, const Insn *i, FpEnv *env);

ALWAYS_INLINE uint64_t fetch(Cpu *cpu, const Insn *i, unsigned size)
{
	return mem_read(cpu, i->seg, effective_address(cpu, i), size);
}

static Float80 fetch_r4(Cpu *cpu, const Insn *i, FpEnv *env)
{
	return fp80_widen32((uint32_t)fetch(cpu, i, 4), env);
}

static Float80 fetch_r8(Cpu *cpu, const Insn *i, FpEnv *env)
{
	return fp80_widen64(fetch(cpu, i, 8), env);
}

static Float80 fetch_i16(Cpu *cpu, const Insn *i, FpEnv *env)
{
	(void)env;
	return fp80_from_int64((int16_t)fetch(cpu, i, 2));
}

static Float80 fetch_i32(Cpu *cpu, const Insn *i, FpEnv *env)
{
	(void)env;
	return fp80_from_int64((int32_t)fetch(cpu, i, 4));
}

/* ---- arithmetic ---- */

typedef Float80 BinaryFn(Float80 a, Float80 b, FpEnv *env);

/* ST(destination) = a OP b. False: the destination stays, and nothing is popped. */
ALWAYS_INLINE bool combine(Cpu *cpu, unsigned destination, BinaryFn *fn, Float80 a, Float80 b, FpEnv *env)
{
	Float80 result = fn(a, b, env);
	x87_finish(cpu, env);
	if (UNLIKELY(fp_x87_keeps_register(env)))
		return false;
	x87_write(cpu, destination, result);
	return true;
}

static bool combine_underflow(Cpu *cpu, unsigned destination)
{
	if (!x87_underflow(cpu))
		return false;
	x87_write(cpu, destination, fp80_indefinite());
	return true;
}

ALWAYS_INLINE bool arith_registers(Cpu *cpu, const Insn *i, unsigned destination, unsigned source, BinaryFn *fn, bool reversed)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	if (UNLIKELY(x87_is_empty(cpu, destination) || x87_is_empty(cpu, source)))
		return combine_underflow(cpu, destination);
	FpEnv env = x87_env(cpu);
	Float80 a = x87_read(cpu, destination), b = x87_read(cpu, source);
	return combine(cpu, destination, fn, reversed ? b : a, reversed ? a : b, &env);
}

ALWAYS_INLINE void arith_memory(Cpu *cpu, const Insn *i, FetchFn *get, BinaryFn *fn, bool reversed)
{
	x87_wait(cpu);
	FpEnv env = x87_env(cpu);
	Float80 b = get(cpu, i, &env);
	x87_record(cpu, i);
	if (UNLIKELY(x87_is_empty(cpu, 0))) {
		combine_underflow(cpu, 0);
		return;
	}
	Float80 a = x87_read(cpu, 0);
	combine(cpu, 0, fn, reversed ? b : a, reversed ? a : b, &env);
}

#define ARITH_MEMORY(name, kind, fn, reversed) \
	void op_##name##_##kind(Cpu *cpu, const Insn *i) { arith_memory(cpu, i, fetch_##kind, fn, reversed); }
#define ARITH(name, fn, reversed) \
	ARITH_MEMORY(name, r4, fn, reversed) \
	ARITH_MEMORY(name, r8, fn, reversed) \
	ARITH_MEMORY(name, i16, fn, reversed) \
	ARITH_MEMORY(name, i32, fn, reversed) \
	void op_##name##_st0(Cpu *cpu, const Insn *i) { arith_registers(cpu, i, 0, i->rm, fn, reversed); } \
	void op_##name##_sti(Cpu *cpu, const Insn *i) { arith_registers(cpu, i, i->rm, 0, fn, reversed); } \
	void op_##name##_pop(Cpu *cpu, const Insn *i) \
	{ \
		if (arith_registers(cpu, i, i->rm, 0, fn, reversed)) \
			x87_pop(cpu); \
	}
ARITH(fadd, fp80_add, false)
ARITH(fmul, fp80_mul, false)
ARITH(fsub, fp80_sub, false)
ARITH(fsubr, fp80_sub, true)
ARITH(fdiv, fp80_div, false)
ARITH(fdivr, fp80_div, true)

/* ---- comparison ---- */

static void answer_status(Cpu *cpu, FpOrder order)
{
	static const uint16_t conditions[] = {
		[FP_LESS] = FSW_C0, [FP_EQUAL] = FSW_C3, [FP_GREATER] = 0, [FP_UNORDERED] = FSW_CONDITIONS,
	};
	x87_set_conditions(cpu, FSW_CONDITIONS, conditions[order]);
}

/* C1 stays as it was, unless there is a stack fault. */
static void answer_eflags(Cpu *cpu, FpOrder order)
{
	flags_unpack(&cpu->af, fp_order_eflags(order));
}

typedef void AnswerFn(Cpu *cpu, FpOrder order);

/* ST(0) against b, and `pops` registers popped. The answer comes even if an unmasked exception keeps the stack. */
ALWAYS_INLINE void compare(Cpu *cpu, Float80 b, bool empty, bool signalling, AnswerFn *answer, unsigned pops, FpEnv *env)
{
	if (UNLIKELY(empty)) {
		answer(cpu, FP_UNORDERED);
		if (!x87_underflow(cpu))
			return;
	} else {
		FpOrder order = fp80_compare(x87_read(cpu, 0), b, signalling, env);
		env->c1 = answer == answer_eflags && (cpu->x87.sw & FSW_C1);
		x87_finish(cpu, env);
		answer(cpu, order);
		if (fp_x87_keeps_register(env))
			return;
	}
	for (unsigned n = 0; n < pops; n++)
		x87_pop(cpu);
}

ALWAYS_INLINE void compare_register(Cpu *cpu, const Insn *i, unsigned n, bool signalling, AnswerFn *answer, unsigned pops)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	FpEnv env = x87_env(cpu);
	compare(cpu, x87_read(cpu, n), x87_is_empty(cpu, 0) || x87_is_empty(cpu, n), signalling, answer, pops, &env);
}

ALWAYS_INLINE void compare_memory(Cpu *cpu, const Insn *i, FetchFn *get, unsigned pops)
{
	x87_wait(cpu);
	FpEnv env = x87_env(cpu);
	Float80 b = get(cpu, i, &env);
	x87_record(cpu, i);
	compare(cpu, b, x87_is_empty(cpu, 0), true, answer_status, pops, &env);
}

#define COMPARE_MEMORY(name, kind, pops) \
	void op_##name##_##kind(Cpu *cpu, const Insn *i) { compare_memory(cpu, i, fetch_##kind, pops); }
COMPARE_MEMORY(fcom, r4, 0)
COMPARE_MEMORY(fcom, r8, 0)
COMPARE_MEMORY(fcom, i16, 0)
COMPARE_MEMORY(fcom, i32, 0)
COMPARE_MEMORY(fcomp, r4, 1)
COMPARE_MEMORY(fcomp, r8, 1)
COMPARE_MEMORY(fcomp, i16, 1)
COMPARE_MEMORY(fcomp, i32, 1)

#define COMPARE(name, n, signalling, answer, pops) \
	void op_##name(Cpu *cpu, const Insn *i) { compare_register(cpu, i, n, signalling, answer, pops); }
COMPARE(fcom_sti, i->rm, true, answer_status, 0)
COMPARE(fcomp_sti, i->rm, true, answer_status, 1)
COMPARE(fcompp, 1, true, answer_status, 2)
COMPARE(fucom, i->rm, false, answer_status, 0)
COMPARE(fucomp, i->rm, false, answer_status, 1)
COMPARE(fucompp, 1, false, answer_status, 2)
COMPARE(fcomi, i->rm, true, answer_eflags, 0)
COMPARE(fcomip, i->rm, true, answer_eflags, 1)
COMPARE(fucomi, i->rm, false, answer_eflags, 0)
COMPARE(fucomip, i->rm, false, answer_eflags, 1)

void op_ftst(Cpu *cpu, const Insn *i)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	FpEnv env = x87_env(cpu);
	compare(cpu, (Float80){ 0, 0 }, x87_is_empty(cpu, 0), true, answer_status, 0, &env);
}

/* An empty register is told from the others, but its sign shows all the same. */
void op_fxam(Cpu *cpu, const Insn *i)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	Float80 a = x87_read(cpu, 0);
	unsigned conditions = fp80_examine(a);
	if (x87_is_empty(cpu, 0))
		conditions = FSW_C3 | FSW_C0 | (a.se >> 15 ? FSW_C1 : 0);
	x87_set_conditions(cpu, FSW_CONDITIONS | FSW_C1, conditions);
}
