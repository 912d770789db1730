/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/muldiv.tab: products, quotients, decimal adjustments. */
#include "cpu/shape.h"
#include "insn_handlers.h"

typedef unsigned __int128 Wide;

enum { OFFSET_AL = 0, OFFSET_AH = 1 };

/* The pair that a product goes to and a dividend comes from: AX, or rDX:rAX. */
ALWAYS_INLINE void write_pair(Cpu *cpu, uint64_t high, uint64_t low, unsigned size)
{
	if (size == 1) {
		write_reg8(cpu, OFFSET_AL, (uint8_t)low);
		write_reg8(cpu, OFFSET_AH, (uint8_t)high);
	} else {
		write_reg(cpu, RAX, low, size);
		write_reg(cpu, RDX, high, size);
	}
}

ALWAYS_INLINE uint64_t pair_high(const Cpu *cpu, unsigned size)
{
	return size == 1 ? read_reg8(cpu, OFFSET_AH) : read_reg(cpu, RDX, size);
}

/* ---- MUL, IMUL ---- */

ALWAYS_INLINE void do_mul(Cpu *cpu, const Insn *i, Shape s)
{
	Wide product = (Wide)read_reg(cpu, RAX, s.size) * shape_read(cpu, i, s.dst, s.size);
	uint64_t high = (uint64_t)(product >> (8 * s.size));
	write_pair(cpu, high, (uint64_t)product, s.size);
	flags_set_cf_of(&cpu->af, high, high);
}

/* a * b, and CF = OF = the product isn't its own low half, sign-extended */
ALWAYS_INLINE __int128 multiply_signed(Cpu *cpu, uint64_t a, uint64_t b, unsigned size)
{
	__int128 product = (__int128)(int64_t)sign_extend(a, size) * (int64_t)sign_extend(b, size);
	bool overflow = product != (int64_t)sign_extend((uint64_t)product, size);
	flags_set_cf_of(&cpu->af, overflow, overflow);
	return product;
}

ALWAYS_INLINE void do_imul(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t b = shape_read(cpu, i, s.dst, s.size);
	__int128 product = multiply_signed(cpu, read_reg(cpu, RAX, s.size), b, s.size);
	write_pair(cpu, (uint64_t)(product >> (8 * s.size)), (uint64_t)product, s.size);
}

ALWAYS_INLINE void do_imul2(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t b = shape_read(cpu, i, s.src, s.size);
	write_reg(cpu, i->reg, (uint64_t)multiply_signed(cpu, read_reg(cpu, i->reg, s.size), b, s.size), s.size);
}

ALWAYS_INLINE void do_imul3(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t a = shape_read(cpu, i, s.src, s.size);
	write_reg(cpu, i->reg, (uint64_t)multiply_signed(cpu, a, i->imm, s.size), s.size);
}

/* The high half is written last: it stays when both destinations are one. */
void op_mulx(Cpu *cpu, const Insn *i)
{
	unsigned size = i->flags & INSN_W ? 8 : 4;
	Wide product = (Wide)read_reg(cpu, RDX, size) * read_rm(cpu, i, size);
	write_reg(cpu, i->vvvv, (uint64_t)product, size);
	write_reg(cpu, i->reg, (uint64_t)(product >> (8 * size)), size);
}

/* ---- DIV, IDIV ---- */

/* All are undefined; this is what AMD's processors leave. */
ALWAYS_INLINE void division_flags(Cpu *cpu)
{
	cpu->af.zero = cpu->af.sign = 1;
	flags_set_af(&cpu->af, true);
}

/* Numbers of up to 64 bits divide much faster than 128. */
ALWAYS_INLINE void divide(Wide dividend, uint64_t divisor, Wide *quotient, uint64_t *remainder)
{
	if (LIKELY(dividend >> 64 == 0)) {
		*quotient = (uint64_t)dividend / divisor;
		*remainder = (uint64_t)dividend % divisor;
	} else {
		*quotient = dividend / divisor;
		*remainder = (uint64_t)(dividend % divisor);
	}
}

ALWAYS_INLINE void do_div(Cpu *cpu, const Insn *i, Shape s)
{
	unsigned bits = 8 * s.size;
	uint64_t divisor = shape_read(cpu, i, s.dst, s.size), high = pair_high(cpu, s.size), remainder;
	Wide quotient;
	if (high >= divisor) /* also a divisor of 0 */
		cpu_fault(cpu, VECTOR_DE);
	divide((Wide)high << bits | read_reg(cpu, RAX, s.size), divisor, &quotient, &remainder);
	write_pair(cpu, remainder, (uint64_t)quotient, s.size);
	division_flags(cpu);
}

/* On magnitudes, which no host traps on. The remainder has the dividend's sign. */
ALWAYS_INLINE void do_idiv(Cpu *cpu, const Insn *i, Shape s)
{
	unsigned bits = 8 * s.size;
	uint64_t divisor = sign_extend(shape_read(cpu, i, s.dst, s.size), s.size), remainder;
	Wide dividend = (Wide)(__int128)(int64_t)sign_extend(pair_high(cpu, s.size), s.size) << bits | read_reg(cpu, RAX, s.size);
	bool negative = dividend >> 127, divisor_negative = divisor >> 63;
	if (divisor == 0)
		cpu_fault(cpu, VECTOR_DE);
	Wide quotient;
	divide(negative ? -dividend : dividend, divisor_negative ? -divisor : divisor, &quotient, &remainder);
	bool quotient_negative = negative != divisor_negative;
	Wide limit = ((Wide)1 << (bits - 1)) - !quotient_negative;
	if (quotient > limit)
		cpu_fault(cpu, VECTOR_DE);
	uint64_t low = (uint64_t)quotient;
	write_pair(cpu, negative ? -remainder : remainder, quotient_negative ? -low : low, s.size);
	division_flags(cpu);
}

/* ---- decimal ---- */

void op_aam(Cpu *cpu, const Insn *i)
{
	uint8_t al = read_reg8(cpu, OFFSET_AL), base = (uint8_t)i->imm;
	if (base == 0)
		cpu_fault(cpu, VECTOR_DE);
	write_reg8(cpu, OFFSET_AH, al / base);
	write_reg8(cpu, OFFSET_AL, al % base);
	flags_logic(&cpu->af, al % base, 1);
}

void op_aad(Cpu *cpu, const Insn *i)
{
	uint8_t al = (uint8_t)(read_reg8(cpu, OFFSET_AL) + read_reg8(cpu, OFFSET_AH) * i->imm);
	write_reg(cpu, RAX, al, 2);
	flags_logic(&cpu->af, al, 1);
}

static void adjust_flags(Cpu *cpu, uint8_t result, bool cf, bool af)
{
	flags_logic(&cpu->af, result, 1);
	flags_set_cf(&cpu->af, cf);
	flags_set_af(&cpu->af, af);
}

/* AL holds the sum of two packed digits: each that went over 9 is corrected by 6. */
void op_daa(Cpu *cpu, const Insn *i)
{
	(void)i;
	uint8_t old = read_reg8(cpu, OFFSET_AL), al = old;
	bool af = (old & 15) > 9 || flag_af(&cpu->af);
	bool cf = old > 0x99 || flag_cf(&cpu->af);
	al = (uint8_t)(al + (af ? 0x06 : 0) + (cf ? 0x60 : 0));
	write_reg8(cpu, OFFSET_AL, al);
	adjust_flags(cpu, al, cf, af);
}

/* The low digit's correction may borrow without the high one's being wanted. */
void op_das(Cpu *cpu, const Insn *i)
{
	(void)i;
	uint8_t old = read_reg8(cpu, OFFSET_AL), al = old;
	bool af = (old & 15) > 9 || flag_af(&cpu->af);
	bool high = old > 0x99 || flag_cf(&cpu->af);
	bool cf = high || (af && old < 6);
	al = (uint8_t)(al - (af ? 0x06 : 0) - (high ? 0x60 : 0));
	write_reg8(cpu, OFFSET_AL, al);
	adjust_flags(cpu, al, cf, af);
}

static void ascii_adjust(Cpu *cpu, unsigned correction)
{
	uint64_t ax = read_reg(cpu, RAX, 2);
	bool adjust = (ax & 15) > 9 || flag_af(&cpu->af);
	if (adjust)
		ax += correction;
	write_reg(cpu, RAX, ax & 0xff0f, 2);
	adjust_flags(cpu, ax & 15, adjust, adjust);
}

void op_aaa(Cpu *cpu, const Insn *i)
{
	(void)i;
	ascii_adjust(cpu, 0x106);
}

void op_aas(Cpu *cpu, const Insn *i)
{
	(void)i;
	ascii_adjust(cpu, -0x106u);
}

void op_salc(Cpu *cpu, const Insn *i)
{
	(void)i;
	write_reg8(cpu, OFFSET_AL, flag_cf(&cpu->af) ? 0xff : 0);
}

#include "spec_muldiv.inc"
