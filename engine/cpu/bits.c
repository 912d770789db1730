/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/bits.tab: single bits, bit searches and counts, bit fields. */
#include "cpu/shape.h"
#include "cpu/size.h"
#include "insn_handlers.h"

/* ---- BT, BTS, BTR, BTC ---- */

typedef enum BitOp { BIT_SET, BIT_RESET, BIT_COMPLEMENT } BitOp;

ALWAYS_INLINE uint64_t bit_index(Cpu *cpu, const Insn *i, Shape s)
{
	return sign_extend(shape_read(cpu, i, s.src, s.size), s.size);
}

/* A bit number in a register reaches beyond a memory operand, in steps of its size; an immediate one doesn't. */
ALWAYS_INLINE uint64_t bit_address(Cpu *cpu, const Insn *i, Shape s, uint64_t index)
{
	uint64_t ea = effective_address(cpu, i);
	if (s.src != SHAPE_REG)
		return ea;
	unsigned shift = s.size == 2 ? 4 : s.size == 4 ? 5 : 6;
	return mask_address(ea + (uint64_t)((int64_t)index >> shift) * s.size, i->adsize);
}

ALWAYS_INLINE void do_bt(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t index = bit_index(cpu, i, s);
	uint64_t value = s.dst == SHAPE_MEM ? mem_read(cpu, i->seg, bit_address(cpu, i, s, index), s.size) : read_reg(cpu, i->rm, s.size);
	flags_set_cf(&cpu->af, value >> (index & (8 * s.size - 1)) & 1);
}

ALWAYS_INLINE uint64_t bit_changed(uint64_t value, uint64_t bit, BitOp op)
{
	switch (op) {
	case BIT_SET: return value | bit;
	case BIT_RESET: return value & ~bit;
	case BIT_COMPLEMENT: break;
	}
	return value ^ bit;
}

ALWAYS_INLINE void bit_change(Cpu *cpu, const Insn *i, Shape s, BitOp op)
{
	uint64_t index = bit_index(cpu, i, s), bit = (uint64_t)1 << (index & (8 * s.size - 1)), old;
	if (s.dst == SHAPE_MEM) {
		uint64_t address = bit_address(cpu, i, s, index);
		MemRmw m;
		do {
			old = rmw_begin(cpu, &m, i->seg, address, s.size);
		} while (!rmw_end(cpu, &m, old, bit_changed(old, bit, op), i->flags & INSN_LOCK));
	} else {
		old = read_reg(cpu, i->rm, s.size);
		write_reg(cpu, i->rm, bit_changed(old, bit, op), s.size);
	}
	flags_set_cf(&cpu->af, old & bit);
}

ALWAYS_INLINE void do_bts(Cpu *cpu, const Insn *i, Shape s) { bit_change(cpu, i, s, BIT_SET); }
ALWAYS_INLINE void do_btr(Cpu *cpu, const Insn *i, Shape s) { bit_change(cpu, i, s, BIT_RESET); }
ALWAYS_INLINE void do_btc(Cpu *cpu, const Insn *i, Shape s) { bit_change(cpu, i, s, BIT_COMPLEMENT); }

/* ---- searches and counts ---- */

/* Of no bits at all the destination stays as it is, its upper half too. PF and the rest are undefined: by the result. */
ALWAYS_INLINE void bit_scan(Cpu *cpu, const Insn *i, Shape s, bool reverse)
{
	uint64_t source = shape_read(cpu, i, s.src, s.size);
	uint64_t index = 0;
	if (source) {
		index = (uint64_t)(reverse ? 63 - __builtin_clzll(source) : __builtin_ctzll(source));
		write_reg(cpu, i->reg, index, s.size);
	}
	flags_logic(&cpu->af, index, s.size);
	flags_set_zf(&cpu->af, source == 0);
}

ALWAYS_INLINE void do_bsf(Cpu *cpu, const Insn *i, Shape s) { bit_scan(cpu, i, s, false); }
ALWAYS_INLINE void do_bsr(Cpu *cpu, const Insn *i, Shape s) { bit_scan(cpu, i, s, true); }

/* CF: the source had no bit; ZF: the count is 0; OF is left alone, the rest cleared (undefined). */
ALWAYS_INLINE void zero_count(Cpu *cpu, const Insn *i, uint64_t count, bool none, unsigned size)
{
	write_reg(cpu, i->reg, count, size);
	bool of = flag_of(&cpu->af);
	cpu->af.sign = 1;
	flags_set_zf(&cpu->af, count == 0);
	flags_set_cf_of(&cpu->af, none, of);
	flags_set_af(&cpu->af, false);
}

ALWAYS_INLINE void do_tzcnt(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t source = shape_read(cpu, i, s.src, s.size);
	zero_count(cpu, i, source ? (uint64_t)__builtin_ctzll(source) : 8 * s.size, source == 0, s.size);
}

ALWAYS_INLINE void do_lzcnt(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t source = shape_read(cpu, i, s.src, s.size);
	zero_count(cpu, i, source ? (uint64_t)__builtin_clzll(source) - (64 - 8 * s.size) : 8 * s.size, source == 0, s.size);
}

ALWAYS_INLINE void do_popcnt(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t source = shape_read(cpu, i, s.src, s.size);
	write_reg(cpu, i->reg, (uint64_t)__builtin_popcountll(source), s.size);
	cpu->af = (ArithFlags){ .zero = source, .sign = 1 };
}

/* ---- CRC32: the Castagnoli polynomial, bits reflected (82F63B78h), four bits at a time ---- */

static uint32_t crc32c(uint32_t crc, uint64_t data, unsigned size)
{
	static const uint32_t steps[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	for (unsigned byte = 0; byte < size; byte++, data >>= 8) {
		crc ^= (uint8_t)data;
		crc = crc >> 4 ^ steps[crc & 15];
		crc = crc >> 4 ^ steps[crc & 15];
	}
	return crc;
}

/* The upper half is cleared, with a 64-bit destination too. */
void op_crc32(Cpu *cpu, const Insn *i)
{
	uint64_t data = read_rm(cpu, i, i->opsize);
	cpu->gpr[i->reg] = crc32c((uint32_t)cpu->gpr[i->reg], data, i->opsize);
}

void op_crc32_b(Cpu *cpu, const Insn *i)
{
	uint64_t data = read_rm(cpu, i, 1);
	cpu->gpr[i->reg] = crc32c((uint32_t)cpu->gpr[i->reg], data, 1);
}

/* ---- BMI1, BMI2 ---- */

ALWAYS_INLINE void field_result(Cpu *cpu, unsigned reg, uint64_t r, bool cf, unsigned size)
{
	write_reg(cpu, reg, r, size);
	flags_logic(&cpu->af, r, size);
	flags_set_cf_of(&cpu->af, cf, false);
}

void op_andn(Cpu *cpu, const Insn *i)
{
	unsigned size = size_y(i);
	uint64_t b = read_rm(cpu, i, size);
	field_result(cpu, i->reg, ~read_reg(cpu, i->vvvv, size) & b, false, size);
}

/* SF and AF are undefined: AMD's processors clear and set them. */
void op_bextr(Cpu *cpu, const Insn *i)
{
	unsigned size = size_y(i);
	uint64_t source = read_rm(cpu, i, size), control = cpu->gpr[i->vvvv], r = 0;
	unsigned start = control & 0xff, length = control >> 8 & 0xff;
	if (start < 8 * size)
		r = source >> start;
	if (length < 64)
		r &= ((uint64_t)1 << length) - 1;
	write_reg(cpu, i->reg, r, size);
	cpu->af = (ArithFlags){ .zero = r, .sign = (uint8_t)r, .carry = 8 };
}

void op_blsr(Cpu *cpu, const Insn *i)
{
	uint64_t source = read_rm(cpu, i, size_y(i));
	field_result(cpu, i->vvvv, source & (source - 1), source == 0, size_y(i));
}

void op_blsmsk(Cpu *cpu, const Insn *i)
{
	uint64_t source = read_rm(cpu, i, size_y(i));
	field_result(cpu, i->vvvv, source ^ (source - 1), source == 0, size_y(i));
}

void op_blsi(Cpu *cpu, const Insn *i)
{
	uint64_t source = read_rm(cpu, i, size_y(i));
	field_result(cpu, i->vvvv, source & -source, source != 0, size_y(i));
}

void op_bzhi(Cpu *cpu, const Insn *i)
{
	unsigned size = size_y(i), n = cpu->gpr[i->vvvv] & 0xff;
	uint64_t source = read_rm(cpu, i, size);
	bool beyond = n >= 8 * size;
	field_result(cpu, i->reg, beyond ? source : source & (((uint64_t)1 << n) - 1), beyond, size);
}

void op_pdep(Cpu *cpu, const Insn *i)
{
	unsigned size = size_y(i);
	uint64_t mask = read_rm(cpu, i, size), source = read_reg(cpu, i->vvvv, size), r = 0;
	for (; mask; mask &= mask - 1, source >>= 1)
		if (source & 1)
			r |= mask & -mask;
	write_reg(cpu, i->reg, r, size);
}

void op_pext(Cpu *cpu, const Insn *i)
{
	unsigned size = size_y(i);
	uint64_t mask = read_rm(cpu, i, size), source = read_reg(cpu, i->vvvv, size), r = 0;
	for (unsigned n = 0; mask; mask &= mask - 1, n++)
		if (source & mask & -mask)
			r |= (uint64_t)1 << n;
	write_reg(cpu, i->reg, r, size);
}

#include "spec_bits.inc"
