/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/x87.tab: loads, stores, and what moves registers and the stack's top. */
#include "cpu/condition.h"
#include "cpu/x87unit.h"

#include "insn_handlers.h"

/* ---- loads ---- */

/* Pushes a value that was loaded without an exception. */
static void load(Cpu *cpu, Float80 value)
{
	if (UNLIKELY(!x87_is_empty(cpu, 7))) {
		if (x87_overflow(cpu))
			x87_push(cpu, fp80_indefinite());
		return;
	}
	x87_clear_c1(cpu);
	x87_push(cpu, value);
}

/* FLD m32 and m64: a conversion, with exceptions. */
static void load_converted(Cpu *cpu, Float80 value, const FpEnv *env)
{
	if (UNLIKELY(!x87_is_empty(cpu, 7))) {
		load(cpu, value);
		return;
	}
	x87_finish(cpu, env);
	if (!fp_x87_keeps_load(env))
		x87_push(cpu, value);
}

static uint64_t begin_load(Cpu *cpu, const Insn *i, unsigned size)
{
	x87_wait(cpu);
	uint64_t value = mem_read(cpu, i->seg, effective_address(cpu, i), size);
	x87_record(cpu, i);
	return value;
}

void op_fld_r4(Cpu *cpu, const Insn *i)
{
	uint32_t value = (uint32_t)begin_load(cpu, i, 4);
	FpEnv env = x87_env(cpu);
	Float80 wide = fp80_from_fp32(value, &env);
	load_converted(cpu, wide, &env);
}

void op_fld_r8(Cpu *cpu, const Insn *i)
{
	uint64_t value = begin_load(cpu, i, 8);
	FpEnv env = x87_env(cpu);
	Float80 wide = fp80_from_fp64(value, &env);
	load_converted(cpu, wide, &env);
}

void op_fld_t(Cpu *cpu, const Insn *i)
{
	uint8_t bytes[10];
	Float80 value;
	x87_wait(cpu);
	mem_read_bytes(cpu, i->seg, effective_address(cpu, i), bytes, sizeof bytes, 0);
	x87_record(cpu, i);
	memcpy(&value.mant, bytes, 8);
	memcpy(&value.se, bytes + 8, 2);
	load(cpu, value);
}

void op_fbld(Cpu *cpu, const Insn *i)
{
	uint8_t bytes[10];
	x87_wait(cpu);
	mem_read_bytes(cpu, i->seg, effective_address(cpu, i), bytes, sizeof bytes, 0);
	x87_record(cpu, i);
	load(cpu, fp80_from_bcd(bytes));
}

void op_fild_i16(Cpu *cpu, const Insn *i)
{
	load(cpu, fp80_from_int64((int16_t)begin_load(cpu, i, 2)));
}

void op_fild_i32(Cpu *cpu, const Insn *i)
{
	load(cpu, fp80_from_int64((int32_t)begin_load(cpu, i, 4)));
}

void op_fild_i64(Cpu *cpu, const Insn *i)
{
	load(cpu, fp80_from_int64((int64_t)begin_load(cpu, i, 8)));
}

void op_fld_constant(Cpu *cpu, const Insn *i)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	FpEnv env = x87_env(cpu);
	load(cpu, fp80_constant(i->imm & 7, &env));
}

/* An empty source is an underflow, even when the push would overflow. */
void op_fld_sti(Cpu *cpu, const Insn *i)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	if (LIKELY(!x87_is_empty(cpu, i->rm)))
		load(cpu, x87_read(cpu, i->rm));
	else if (x87_underflow(cpu))
		x87_push(cpu, fp80_indefinite());
}

/* ---- stores to memory ---- */

typedef void StoreFn(Float80 a, uint8_t *to, FpEnv *env);

static void to_r4(Float80 a, uint8_t *to, FpEnv *env)
{
	uint32_t value = fp80_to_fp32(a, env);
	memcpy(to, &value, 4);
}

static void to_r8(Float80 a, uint8_t *to, FpEnv *env)
{
	uint64_t value = fp80_to_fp64(a, env);
	memcpy(to, &value, 8);
}

static void to_t(Float80 a, uint8_t *to, FpEnv *env)
{
	env->c1 = false;
	memcpy(to, &a.mant, 8);
	memcpy(to + 8, &a.se, 2);
}

static void to_i16(Float80 a, uint8_t *to, FpEnv *env)
{
	int16_t value = fp80_to_int16(a, env->rounding, env);
	memcpy(to, &value, 2);
}

static void to_i32(Float80 a, uint8_t *to, FpEnv *env)
{
	int32_t value = fp80_to_int32(a, env->rounding, env);
	memcpy(to, &value, 4);
}

static void to_i64(Float80 a, uint8_t *to, FpEnv *env)
{
	int64_t value = fp80_to_int64(a, env->rounding, env);
	memcpy(to, &value, 8);
}

static void to_i16_chopped(Float80 a, uint8_t *to, FpEnv *env)
{
	int16_t value = fp80_to_int16(a, FP_ROUND_ZERO, env);
	memcpy(to, &value, 2);
}

static void to_i32_chopped(Float80 a, uint8_t *to, FpEnv *env)
{
	int32_t value = fp80_to_int32(a, FP_ROUND_ZERO, env);
	memcpy(to, &value, 4);
}

static void to_i64_chopped(Float80 a, uint8_t *to, FpEnv *env)
{
	int64_t value = fp80_to_int64(a, FP_ROUND_ZERO, env);
	memcpy(to, &value, 8);
}

static void to_bcd(Float80 a, uint8_t *to, FpEnv *env)
{
	fp80_to_bcd(a, to, env);
}

/* Memory that an unmasked exception keeps must be writable nevertheless. */
ALWAYS_INLINE void write_operand(Cpu *cpu, const Insn *i, const uint8_t *bytes, unsigned size, bool keep)
{
	uint64_t offset = effective_address(cpu, i), value = 0;
	if (UNLIKELY(keep)) {
		mem_probe_write(cpu, i->seg, offset, size);
		return;
	}
	if (size > 8) {
		mem_write_bytes(cpu, i->seg, offset, bytes, size, 0);
		return;
	}
	memcpy(&value, bytes, size);
	mem_write(cpu, i->seg, offset, value, size);
}

/* What a masked underflow stores is what the conversion makes of the indefinite. */
static void store_underflow(Cpu *cpu, const Insn *i, StoreFn *convert, unsigned size, bool pop)
{
	uint8_t bytes[10];
	FpEnv ignored = { .masks = FP_ALL };
	convert(fp80_indefinite(), bytes, &ignored);
	write_operand(cpu, i, bytes, size, !(cpu->x87.cw & FP_IE));
	x87_record(cpu, i);
	if (x87_underflow(cpu) && pop)
		x87_pop(cpu);
}

ALWAYS_INLINE void store(Cpu *cpu, const Insn *i, StoreFn *convert, unsigned size, bool pop)
{
	uint8_t bytes[10];
	x87_wait(cpu);
	if (UNLIKELY(x87_is_empty(cpu, 0))) {
		store_underflow(cpu, i, convert, size, pop);
		return;
	}
	FpEnv env = x87_env(cpu);
	convert(x87_read(cpu, 0), bytes, &env);
	bool keep = fp_x87_keeps_memory(&env);
	write_operand(cpu, i, bytes, size, keep);
	x87_record(cpu, i);
	x87_finish(cpu, &env);
	if (pop && !keep)
		x87_pop(cpu);
}

#define STORE(name, convert, size, pop) \
	void op_##name(Cpu *cpu, const Insn *i) { store(cpu, i, convert, size, pop); }
STORE(fst_r4, to_r4, 4, false)
STORE(fstp_r4, to_r4, 4, true)
STORE(fst_r8, to_r8, 8, false)
STORE(fstp_r8, to_r8, 8, true)
STORE(fstp_t, to_t, 10, true)
STORE(fist_i16, to_i16, 2, false)
STORE(fistp_i16, to_i16, 2, true)
STORE(fist_i32, to_i32, 4, false)
STORE(fistp_i32, to_i32, 4, true)
STORE(fistp_i64, to_i64, 8, true)
STORE(fisttp_i16, to_i16_chopped, 2, true)
STORE(fisttp_i32, to_i32_chopped, 4, true)
STORE(fisttp_i64, to_i64_chopped, 8, true)
STORE(fbstp, to_bcd, 10, true)

/* ---- between registers ---- */

ALWAYS_INLINE void store_register(Cpu *cpu, const Insn *i, bool pop)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	Float80 value = x87_read(cpu, 0);
	if (UNLIKELY(x87_is_empty(cpu, 0))) {
		if (!x87_underflow(cpu))
			return;
		value = fp80_indefinite();
	}
	x87_clear_c1(cpu);
	x87_write(cpu, i->rm, value);
	if (pop)
		x87_pop(cpu);
}

void op_fst_sti(Cpu *cpu, const Insn *i)
{
	store_register(cpu, i, false);
}

void op_fstp_sti(Cpu *cpu, const Insn *i)
{
	store_register(cpu, i, true);
}

/* The alias D9 D8 differs, on AMD's processors: an empty register is popped without a fault, and nothing is stored. */
void op_fstp1(Cpu *cpu, const Insn *i)
{
	if (LIKELY(!x87_is_empty(cpu, 0))) {
		store_register(cpu, i, true);
		return;
	}
	x87_wait(cpu);
	x87_record(cpu, i);
	x87_clear_c1(cpu);
	x87_pop(cpu);
}

void op_fxch(Cpu *cpu, const Insn *i)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	bool empty0 = x87_is_empty(cpu, 0), empty1 = x87_is_empty(cpu, i->rm);
	Float80 a = x87_read(cpu, 0), b = x87_read(cpu, i->rm);
	x87_clear_c1(cpu);
	if (UNLIKELY(empty0 || empty1) && !x87_underflow(cpu))
		return;
	x87_write(cpu, 0, empty1 ? fp80_indefinite() : b);
	x87_write(cpu, i->rm, empty0 ? fp80_indefinite() : a);
}

static void fcmov(Cpu *cpu, const Insn *i, bool holds)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	if (UNLIKELY(x87_is_empty(cpu, 0) || x87_is_empty(cpu, i->rm))) {
		if (x87_underflow(cpu))
			x87_write(cpu, 0, fp80_indefinite());
		return;
	}
	if (holds)
		x87_write(cpu, 0, x87_read(cpu, i->rm));
}

#define FCMOV(name, cc) \
	void op_##name(Cpu *cpu, const Insn *i) { fcmov(cpu, i, condition(cpu, cc)); }
FCMOV(fcmovb, CC_B)
FCMOV(fcmovnb, CC_AE)
FCMOV(fcmove, CC_E)
FCMOV(fcmovne, CC_NE)
FCMOV(fcmovbe, CC_BE)
FCMOV(fcmovnbe, CC_A)
FCMOV(fcmovu, CC_P)
FCMOV(fcmovnu, CC_NP)

/* ---- the stack's top and tags ---- */

static void move_top(Cpu *cpu, const Insn *i, unsigned by)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	x87_clear_c1(cpu);
	cpu->x87.top = (cpu->x87.top + by) & 7;
}

void op_fincstp(Cpu *cpu, const Insn *i)
{
	move_top(cpu, i, 1);
}

void op_fdecstp(Cpu *cpu, const Insn *i)
{
	move_top(cpu, i, 7);
}

void op_ffree(Cpu *cpu, const Insn *i)
{
	x87_wait(cpu);
	x87_record(cpu, i);
	x87_clear_c1(cpu);
	cpu->x87.empty |= (uint8_t)(1u << x87_physical(cpu, i->rm));
}

void op_ffreep(Cpu *cpu, const Insn *i)
{
	op_ffree(cpu, i);
	x87_pop(cpu);
}

void op_fnop(Cpu *cpu, const Insn *i)
{
	x87_wait(cpu);
	x87_record(cpu, i);
}
