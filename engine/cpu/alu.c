/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/alu.tab: sums, differences, bitwise logic, and the exchanges that compare or add. */
#include "cpu/shape.h"
#include "cpu/size.h"
#include "insn_handlers.h"

typedef enum AluOp { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_INC, ALU_DEC, ALU_NEG } AluOp;

ALWAYS_INLINE uint64_t alu_result(AluOp op, uint64_t a, uint64_t b, bool carry)
{
	switch (op) {
	case ALU_ADD: case ALU_INC: return a + b;
	case ALU_OR: return a | b;
	case ALU_ADC: return a + b + carry;
	case ALU_SBB: return a - b - carry;
	case ALU_AND: return a & b;
	case ALU_XOR: return a ^ b;
	case ALU_SUB: case ALU_DEC: return a - b;
	case ALU_NEG: return b - a;
	}
	return 0;
}

/* INC and DEC leave CF alone. */
ALWAYS_INLINE void alu_restore_cf(ArithFlags *f, bool cf)
{
	flags_set_cf_of(f, cf, flag_of(f));
}

ALWAYS_INLINE void alu_flags(ArithFlags *f, AluOp op, uint64_t a, uint64_t b, uint64_t r, unsigned size)
{
	bool cf = flag_cf(f);
	switch (op) {
	case ALU_ADD: case ALU_ADC: flags_add(f, a, b, r, size); break;
	case ALU_SUB: case ALU_SBB: flags_sub(f, a, b, r, size); break;
	case ALU_OR: case ALU_AND: case ALU_XOR: flags_logic(f, r, size); break;
	case ALU_INC:
		flags_add(f, a, b, r, size);
		alu_restore_cf(f, cf);
		break;
	case ALU_DEC:
		flags_sub(f, a, b, r, size);
		alu_restore_cf(f, cf);
		break;
	case ALU_NEG: flags_sub(f, b, a, r, size); break;
	}
}

/* dst = dst op b */
ALWAYS_INLINE void alu_modify(Cpu *cpu, const Insn *i, Shape s, AluOp op, uint64_t b)
{
	bool carry = flag_cf(&cpu->af);
	uint64_t a, r;
	MemRmw m;
	do {
		a = shape_rmw_begin(cpu, i, &m, s.dst, s.size);
		r = alu_result(op, a, b, carry);
	} while (!shape_rmw_end(cpu, i, &m, s.dst, a, r, s.size));
	alu_flags(&cpu->af, op, a, b, r, s.size);
}

ALWAYS_INLINE void alu_binary(Cpu *cpu, const Insn *i, Shape s, AluOp op)
{
	alu_modify(cpu, i, s, op, shape_read(cpu, i, s.src, s.size));
}

ALWAYS_INLINE void do_add(Cpu *cpu, const Insn *i, Shape s) { alu_binary(cpu, i, s, ALU_ADD); }
ALWAYS_INLINE void do_or(Cpu *cpu, const Insn *i, Shape s) { alu_binary(cpu, i, s, ALU_OR); }
ALWAYS_INLINE void do_adc(Cpu *cpu, const Insn *i, Shape s) { alu_binary(cpu, i, s, ALU_ADC); }
ALWAYS_INLINE void do_sbb(Cpu *cpu, const Insn *i, Shape s) { alu_binary(cpu, i, s, ALU_SBB); }
ALWAYS_INLINE void do_and(Cpu *cpu, const Insn *i, Shape s) { alu_binary(cpu, i, s, ALU_AND); }
ALWAYS_INLINE void do_sub(Cpu *cpu, const Insn *i, Shape s) { alu_binary(cpu, i, s, ALU_SUB); }
ALWAYS_INLINE void do_xor(Cpu *cpu, const Insn *i, Shape s) { alu_binary(cpu, i, s, ALU_XOR); }
ALWAYS_INLINE void do_inc(Cpu *cpu, const Insn *i, Shape s) { alu_modify(cpu, i, s, ALU_INC, 1); }
ALWAYS_INLINE void do_dec(Cpu *cpu, const Insn *i, Shape s) { alu_modify(cpu, i, s, ALU_DEC, 1); }
ALWAYS_INLINE void do_neg(Cpu *cpu, const Insn *i, Shape s) { alu_modify(cpu, i, s, ALU_NEG, 0); }

ALWAYS_INLINE void do_cmp(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t b = shape_read(cpu, i, s.src, s.size);
	uint64_t a = shape_read(cpu, i, s.dst, s.size);
	flags_sub(&cpu->af, a, b, a - b, s.size);
}

ALWAYS_INLINE void do_test(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t b = shape_read(cpu, i, s.src, s.size);
	uint64_t a = shape_read(cpu, i, s.dst, s.size);
	flags_logic(&cpu->af, a & b, s.size);
}

ALWAYS_INLINE void do_not(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t a;
	MemRmw m;
	do {
		a = shape_rmw_begin(cpu, i, &m, s.dst, s.size);
	} while (!shape_rmw_end(cpu, i, &m, s.dst, a, ~a, s.size));
}

/* The source gets the old destination before the destination gets the sum: XADD of a register with itself doubles it. */
ALWAYS_INLINE void do_xadd(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t b = read_reg(cpu, i->reg, s.size);
	uint64_t a, r;
	MemRmw m;
	if (s.dst == SHAPE_RM) {
		a = read_reg(cpu, i->rm, s.size);
		r = a + b;
		write_reg(cpu, i->reg, a, s.size);
		write_reg(cpu, i->rm, r, s.size);
	} else {
		do {
			a = shape_rmw_begin(cpu, i, &m, s.dst, s.size);
			r = a + b;
		} while (!shape_rmw_end(cpu, i, &m, s.dst, a, r, s.size));
		write_reg(cpu, i->reg, a, s.size);
	}
	flags_add(&cpu->af, a, b, r, s.size);
}

/* Memory is written in either case. Of registers only the one that changes: the other keeps its upper half. */
ALWAYS_INLINE void do_cmpxchg(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t accumulator = read_reg(cpu, RAX, s.size);
	uint64_t source = read_reg(cpu, i->reg, s.size);
	uint64_t old;
	MemRmw m;
	if (s.dst == SHAPE_MEM) {
		do {
			old = rmw_begin(cpu, &m, i->seg, effective_address(cpu, i), s.size);
		} while (!rmw_end(cpu, &m, old, old == accumulator ? source : old, i->flags & INSN_LOCK));
	} else {
		old = read_reg(cpu, i->rm, s.size);
		if (old == accumulator)
			write_reg(cpu, i->rm, source, s.size);
	}
	if (old != accumulator)
		write_reg(cpu, RAX, old, s.size);
	flags_sub(&cpu->af, accumulator, old, accumulator - old, s.size);
}

void op_cmpxchg8b(Cpu *cpu, const Insn *i)
{
	uint64_t expected = (cpu->gpr[RDX] << 32) | (uint32_t)cpu->gpr[RAX];
	uint64_t desired = (cpu->gpr[RCX] << 32) | (uint32_t)cpu->gpr[RBX];
	uint64_t old;
	MemRmw m;
	do {
		old = rmw_begin(cpu, &m, i->seg, effective_address(cpu, i), 8);
	} while (!rmw_end(cpu, &m, old, old == expected ? desired : old, i->flags & INSN_LOCK));
	if (old != expected) {
		cpu->gpr[RAX] = (uint32_t)old;
		cpu->gpr[RDX] = old >> 32;
	}
	flags_set_zf(&cpu->af, old == expected);
}

void op_cmpxchg16b(Cpu *cpu, const Insn *i)
{
	uint64_t expected[2] = { cpu->gpr[RAX], cpu->gpr[RDX] };
	const uint64_t desired[2] = { cpu->gpr[RBX], cpu->gpr[RCX] };
	uint64_t offset = effective_address(cpu, i);
	if (mem_linear(cpu, i->seg, offset, 16, ACCESS_WRITE) & 15)
		fault_gp(cpu, 0);
	bool equal = mem_cmpxchg16(cpu, i->seg, offset, expected, desired);
	if (!equal) {
		cpu->gpr[RAX] = expected[0];
		cpu->gpr[RDX] = expected[1];
	}
	flags_set_zf(&cpu->af, equal);
}

/* The sum of both operands and a carry; *carry is the one out of it. */
static uint64_t add_with_carry(Cpu *cpu, const Insn *i, bool *carry)
{
	unsigned size = size_y(i);
	uint64_t b = read_rm(cpu, i, size), a = read_reg(cpu, i->reg, size), r = a + b + *carry;
	ArithFlags flags;
	flags_add(&flags, a, b, r, size);
	*carry = flag_cf(&flags);
	return r;
}

void op_adcx(Cpu *cpu, const Insn *i)
{
	bool carry = flag_cf(&cpu->af);
	uint64_t r = add_with_carry(cpu, i, &carry);
	write_reg(cpu, i->reg, r, size_y(i));
	flags_set_cf(&cpu->af, carry);
}

void op_adox(Cpu *cpu, const Insn *i)
{
	bool carry = flag_of(&cpu->af);
	uint64_t r = add_with_carry(cpu, i, &carry);
	write_reg(cpu, i->reg, r, size_y(i));
	flags_set_of(&cpu->af, carry);
}

#include "spec_alu.inc"
