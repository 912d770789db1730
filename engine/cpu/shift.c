/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/shift.tab: shifts, rotates, double shifts, and BMI2's that touch no flags.
 *
 * OF is defined for counts of 1 only, AF after shifts never, CF not for counts above the operand's size. What is computed here
 * for those is what AMD's processors do: the definition for a count of 1, applied to the last step, and AF = 1. */
#include "cpu/shape.h"
#include "cpu/size.h"
#include "insn_handlers.h"

typedef enum ShiftOp { SHIFT_ROL, SHIFT_ROR, SHIFT_RCL, SHIFT_RCR, SHIFT_SHL, SHIFT_SHR, SHIFT_SAR } ShiftOp;

typedef struct ShiftResult {
	uint64_t value; /* its low `size` bytes count */
	bool cf;
} ShiftResult;

ALWAYS_INLINE bool bit_of(uint64_t value, unsigned n)
{
	return value >> n & 1;
}

ALWAYS_INLINE ShiftResult rotate_left(uint64_t a, unsigned count, unsigned bits)
{
	unsigned n = count & (bits - 1);
	uint64_t r = n ? a << n | a >> (bits - n) : a;
	return (ShiftResult){ r, r & 1 };
}

ALWAYS_INLINE ShiftResult rotate_right(uint64_t a, unsigned count, unsigned bits)
{
	unsigned n = count & (bits - 1);
	uint64_t r = n ? a >> n | a << (bits - n) : a;
	return (ShiftResult){ r, bit_of(r, bits - 1) };
}

/* Through CF: a rotation of bits + 1 bits. */
ALWAYS_INLINE ShiftResult rotate_carry_left(uint64_t a, unsigned count, unsigned bits, bool cf)
{
	unsigned n = bits < 32 ? count % (bits + 1) : count;
	if (n == 0)
		return (ShiftResult){ a, cf };
	uint64_t r = (uint64_t)cf << (n - 1);
	if (n < bits)
		r |= a << n;
	if (n > 1)
		r |= a >> (bits + 1 - n);
	return (ShiftResult){ r, bit_of(a, bits - n) };
}

ALWAYS_INLINE ShiftResult rotate_carry_right(uint64_t a, unsigned count, unsigned bits, bool cf)
{
	unsigned n = bits < 32 ? count % (bits + 1) : count;
	if (n == 0)
		return (ShiftResult){ a, cf };
	uint64_t r = (uint64_t)cf << (bits - n);
	if (n < bits)
		r |= a >> n;
	if (n > 1)
		r |= a << (bits + 1 - n);
	return (ShiftResult){ r, bit_of(a, n - 1) };
}

/* `count` is 1 to 63, for operands of up to 32 bits 1 to 31; a is zero-extended */
ALWAYS_INLINE ShiftResult shift_left(uint64_t a, unsigned count, unsigned bits)
{
	return (ShiftResult){ a << count, bits == 64 ? bit_of(a, 64 - count) : bit_of(a << count, bits) };
}

ALWAYS_INLINE ShiftResult shift(ShiftOp op, uint64_t a, unsigned count, unsigned size, bool cf)
{
	unsigned bits = 8 * size;
	int64_t extended = (int64_t)sign_extend(a, size);
	switch (op) {
	case SHIFT_ROL: return rotate_left(a, count, bits);
	case SHIFT_ROR: return rotate_right(a, count, bits);
	case SHIFT_RCL: return rotate_carry_left(a, count, bits, cf);
	case SHIFT_RCR: return rotate_carry_right(a, count, bits, cf);
	case SHIFT_SHL: return shift_left(a, count, bits);
	case SHIFT_SHR: return (ShiftResult){ a >> count, bit_of(a, count - 1) };
	case SHIFT_SAR: break;
	}
	return (ShiftResult){ (uint64_t)(extended >> count), bit_of((uint64_t)extended, count - 1) };
}

/* To the left OF is CF xor the new sign; to the right it is the two topmost bits' xor. */
ALWAYS_INLINE bool shift_of(ShiftResult r, bool left, unsigned size)
{
	unsigned top = 8 * size - 1;
	return left ? r.cf ^ bit_of(r.value, top) : bit_of(r.value, top) ^ bit_of(r.value, top - 1);
}

ALWAYS_INLINE void shift_flags(Cpu *cpu, ShiftResult r, bool of, unsigned size)
{
	flags_set_result(&cpu->af, r.value, size);
	flags_set_cf_of(&cpu->af, r.cf, of);
	flags_set_af(&cpu->af, true);
}

ALWAYS_INLINE unsigned shift_count(uint64_t count, unsigned size)
{
	return (unsigned)count & (size == 8 ? 63 : 31);
}

ALWAYS_INLINE void shift_or_rotate(Cpu *cpu, const Insn *i, Shape s, ShiftOp op)
{
	unsigned count = shift_count(shape_read(cpu, i, s.src, 1), s.size);
	bool cf = flag_cf(&cpu->af);
	MemRmw m;
	uint64_t a = shape_rmw_begin(cpu, i, &m, s.dst, s.size);
	ShiftResult r = { a, cf };
	if (LIKELY(count != 0))
		r = shift(op, a, count, s.size, cf);
	shape_rmw_end(cpu, i, &m, s.dst, a, r.value, s.size);
	if (UNLIKELY(count == 0))
		return;
	bool of = shift_of(r, op == SHIFT_ROL || op == SHIFT_RCL || op == SHIFT_SHL, s.size);
	if (op <= SHIFT_RCR)
		flags_set_cf_of(&cpu->af, r.cf, of);
	else
		shift_flags(cpu, r, of, s.size);
}

ALWAYS_INLINE void do_rol(Cpu *cpu, const Insn *i, Shape s) { shift_or_rotate(cpu, i, s, SHIFT_ROL); }
ALWAYS_INLINE void do_ror(Cpu *cpu, const Insn *i, Shape s) { shift_or_rotate(cpu, i, s, SHIFT_ROR); }
ALWAYS_INLINE void do_rcl(Cpu *cpu, const Insn *i, Shape s) { shift_or_rotate(cpu, i, s, SHIFT_RCL); }
ALWAYS_INLINE void do_rcr(Cpu *cpu, const Insn *i, Shape s) { shift_or_rotate(cpu, i, s, SHIFT_RCR); }
ALWAYS_INLINE void do_shl(Cpu *cpu, const Insn *i, Shape s) { shift_or_rotate(cpu, i, s, SHIFT_SHL); }
ALWAYS_INLINE void do_shr(Cpu *cpu, const Insn *i, Shape s) { shift_or_rotate(cpu, i, s, SHIFT_SHR); }
ALWAYS_INLINE void do_sar(Cpu *cpu, const Insn *i, Shape s) { shift_or_rotate(cpu, i, s, SHIFT_SAR); }

/* ---- SHLD, SHRD ----
 * Counts above 16 of 16-bit operands are undefined: the source then follows itself. CF and OF come from the destination's own
 * bits alone, which also says what they are beyond its size. */

ALWAYS_INLINE ShiftResult double_left(uint64_t a, uint64_t b, unsigned n, unsigned size)
{
	unsigned bits = 8 * size;
	ShiftResult r = shift_left(a, n, bits);
	if (size == 2)
		r.value = (a << 32 | b << 16 | b) << n >> 32;
	else
		r.value |= b >> (bits - n);
	return r;
}

ALWAYS_INLINE ShiftResult double_right(uint64_t a, uint64_t b, unsigned n, unsigned size)
{
	unsigned bits = 8 * size;
	ShiftResult r = { a >> n, bit_of(a, n - 1) };
	if (size == 2)
		r.value = (b << 32 | b << 16 | a) >> n;
	else
		r.value |= b << (bits - n);
	return r;
}

ALWAYS_INLINE void double_shift(Cpu *cpu, const Insn *i, Shape s, bool left)
{
	uint64_t count = s.src2 == SHAPE_CL ? cpu->gpr[RCX] : i->imm;
	unsigned n = shift_count(count, s.size);
	uint64_t b = read_reg(cpu, i->reg, s.size);
	MemRmw m;
	uint64_t a = shape_rmw_begin(cpu, i, &m, s.dst, s.size);
	ShiftResult r = { a, false };
	if (n)
		r = left ? double_left(a, b, n, s.size) : double_right(a, b, n, s.size);
	shape_rmw_end(cpu, i, &m, s.dst, a, r.value, s.size);
	if (!n)
		return;
	bool of = left ? r.cf ^ bit_of(a << n, 8 * s.size - 1) : shift_of(r, false, s.size);
	shift_flags(cpu, r, of, s.size);
}

ALWAYS_INLINE void do_shld(Cpu *cpu, const Insn *i, Shape s) { double_shift(cpu, i, s, true); }
ALWAYS_INLINE void do_shrd(Cpu *cpu, const Insn *i, Shape s) { double_shift(cpu, i, s, false); }

/* ---- BMI2 ---- */

ALWAYS_INLINE void flagless(Cpu *cpu, const Insn *i, ShiftOp op, uint64_t count)
{
	unsigned size = size_y(i);
	unsigned n = shift_count(count, size);
	uint64_t a = read_rm(cpu, i, size);
	write_reg(cpu, i->reg, n ? shift(op, a, n, size, false).value : a, size);
}

void op_shlx(Cpu *cpu, const Insn *i) { flagless(cpu, i, SHIFT_SHL, cpu->gpr[i->vvvv]); }
void op_shrx(Cpu *cpu, const Insn *i) { flagless(cpu, i, SHIFT_SHR, cpu->gpr[i->vvvv]); }
void op_sarx(Cpu *cpu, const Insn *i) { flagless(cpu, i, SHIFT_SAR, cpu->gpr[i->vvvv]); }
void op_rorx(Cpu *cpu, const Insn *i) { flagless(cpu, i, SHIFT_ROR, i->imm); }

#include "spec_shift.inc"
