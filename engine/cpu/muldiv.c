/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/muldiv.tab: products, quotients, decimal adjustments. */
#include "cpu/shape.h"
#include "cpu/size.h"
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
	unsigned size = size_y(i);
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

/* CF, AF and OF are undefined; processors show the addition's. */
void op_aad(Cpu *cpu, const Insn *i)
{
	uint64_t al = read_reg8(cpu, OFFSET_AL), tens = (uint8_t)(read_reg8(cpu, OFFSET_AH) * i->imm), r = (uint8_t)(al + tens);
	write_reg(cpu, RAX, r, 2);
	flags_add(&cpu->af, al, tens, r, 1);
}

/* DAA, DAS: AL holds the sum or difference of two packed digits; each that went wrong is corrected by 6. OF is undefined;
 * processors show the correction's. */

void op_daa(Cpu *cpu, const Insn *i)
{
	(void)i;
	uint64_t al = read_reg8(cpu, OFFSET_AL);
	bool af = (al & 15) > 9 || flag_af(&cpu->af);
	bool cf = al > 0x99 || flag_cf(&cpu->af);
	uint64_t correction = (af ? 0x06 : 0) + (cf ? 0x60 : 0), r = al + correction;
	write_reg8(cpu, OFFSET_AL, (uint8_t)r);
	flags_add(&cpu->af, al, correction, r, 1);
	flags_set_cf(&cpu->af, cf);
	flags_set_af(&cpu->af, af);
}

/* The low digit's correction may borrow without the high one's being wanted: that sets CF too. */
void op_das(Cpu *cpu, const Insn *i)
{
	(void)i;
	uint64_t al = read_reg8(cpu, OFFSET_AL);
	bool af = (al & 15) > 9 || flag_af(&cpu->af);
	bool high = al > 0x99 || flag_cf(&cpu->af);
	uint64_t correction = (af ? 0x06 : 0) + (high ? 0x60 : 0), r = al - correction;
	write_reg8(cpu, OFFSET_AL, (uint8_t)r);
	flags_sub(&cpu->af, al, correction, r, 1);
	flags_set_cf(&cpu->af, high || (af && al < 6));
	flags_set_af(&cpu->af, af);
}

/* AAA, AAS: one unpacked digit in AL, the carry goes to AH. CF = AF = corrected; the other flags are undefined, processors
 * show those of the correction of AX. */
static bool wants_ascii_adjust(const Cpu *cpu)
{
	return (cpu->gpr[RAX] & 15) > 9 || flag_af(&cpu->af);
}

static void end_ascii_adjust(Cpu *cpu, uint64_t ax, bool adjusted)
{
	write_reg(cpu, RAX, ax & 0xff0f, 2);
	flags_set_cf(&cpu->af, adjusted);
	flags_set_af(&cpu->af, adjusted);
}

void op_aaa(Cpu *cpu, const Insn *i)
{
	(void)i;
	bool adjust = wants_ascii_adjust(cpu);
	uint64_t ax = read_reg(cpu, RAX, 2), correction = adjust ? 0x106 : 0;
	flags_add(&cpu->af, ax, correction, ax + correction, 2);
	end_ascii_adjust(cpu, ax + correction, adjust);
}

void op_aas(Cpu *cpu, const Insn *i)
{
	(void)i;
	bool adjust = wants_ascii_adjust(cpu);
	uint64_t ax = read_reg(cpu, RAX, 2), correction = adjust ? 0x106 : 0;
	flags_sub(&cpu->af, ax, correction, ax - correction, 2);
	end_ascii_adjust(cpu, ax - correction, adjust);
}

void op_salc(Cpu *cpu, const Insn *i)
{
	(void)i;
	write_reg8(cpu, OFFSET_AL, flag_cf(&cpu->af) ? 0xff : 0);
}

#include "spec_muldiv.inc"
