/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table/move.tab: copies between general registers and memory. */
#include "cpu/condition.h"
#include "cpu/shape.h"
#include "insn_handlers.h"

ALWAYS_INLINE void do_mov(Cpu *cpu, const Insn *i, Shape s)
{
	shape_write(cpu, i, s.dst, shape_read(cpu, i, s.src, s.size), s.size);
}

void op_mov_from_offset(Cpu *cpu, const Insn *i)
{
	write_reg(cpu, RAX, mem_read(cpu, i->seg, i->imm, i->opsize), i->opsize);
}

void op_mov_to_offset(Cpu *cpu, const Insn *i)
{
	mem_write(cpu, i->seg, i->imm, read_reg(cpu, RAX, i->opsize), i->opsize);
}

/* ---- extensions: the shape's size is the destination's ---- */

ALWAYS_INLINE void do_movzx_b(Cpu *cpu, const Insn *i, Shape s)
{
	write_reg(cpu, i->reg, shape_read(cpu, i, s.src, 1), s.size);
}

ALWAYS_INLINE void do_movzx_w(Cpu *cpu, const Insn *i, Shape s)
{
	write_reg(cpu, i->reg, shape_read(cpu, i, s.src, 2), s.size);
}

ALWAYS_INLINE void do_movsx_b(Cpu *cpu, const Insn *i, Shape s)
{
	write_reg(cpu, i->reg, sign_extend(shape_read(cpu, i, s.src, 1), 1), s.size);
}

ALWAYS_INLINE void do_movsx_w(Cpu *cpu, const Insn *i, Shape s)
{
	write_reg(cpu, i->reg, sign_extend(shape_read(cpu, i, s.src, 2), 2), s.size);
}

/* Of 16 bits AMD's processors read 32 nevertheless, and Intel's 16. */
ALWAYS_INLINE void do_movsxd(Cpu *cpu, const Insn *i, Shape s)
{
	write_reg(cpu, i->reg, sign_extend(shape_read(cpu, i, s.src, 4), 4), s.size);
}

/* CBW, CWDE, CDQE */
void op_cbw(Cpu *cpu, const Insn *i)
{
	unsigned half = i->opsize / 2;
	write_reg(cpu, RAX, sign_extend(read_reg(cpu, RAX, half), half), i->opsize);
}

/* CWD, CDQ, CQO */
void op_cwd(Cpu *cpu, const Insn *i)
{
	uint64_t value = sign_extend(cpu->gpr[RAX], i->opsize);
	write_reg(cpu, RDX, (uint64_t)((int64_t)value >> 63), i->opsize);
}

ALWAYS_INLINE void do_lea(Cpu *cpu, const Insn *i, Shape s)
{
	write_reg(cpu, i->reg, effective_address(cpu, i), s.size);
}

/* ---- exchanges ---- */

/* With memory it is a locked access, LOCK or not. */
ALWAYS_INLINE void do_xchg(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t value = read_reg(cpu, i->reg, s.size), old;
	MemRmw m;
	if (s.dst == SHAPE_MEM) {
		do {
			old = rmw_begin(cpu, &m, i->seg, effective_address(cpu, i), s.size);
		} while (!rmw_end(cpu, &m, old, value, true));
	} else {
		old = read_reg(cpu, i->rm, s.size);
		write_reg(cpu, i->rm, value, s.size);
	}
	write_reg(cpu, i->reg, old, s.size);
}

ALWAYS_INLINE void do_xchg_acc(Cpu *cpu, const Insn *i, Shape s)
{
	uint64_t value = read_reg(cpu, i->reg, s.size), accumulator = read_reg(cpu, RAX, s.size);
	write_reg(cpu, RAX, value, s.size);
	write_reg(cpu, i->reg, accumulator, s.size);
}

ALWAYS_INLINE uint64_t swap_bytes(uint64_t value, unsigned size)
{
	switch (size) {
	case 2: return __builtin_bswap16((uint16_t)value);
	case 4: return __builtin_bswap32((uint32_t)value);
	default: return __builtin_bswap64(value);
	}
}

/* Of 16 bits it is undefined; processors clear them. */
ALWAYS_INLINE void do_bswap(Cpu *cpu, const Insn *i, Shape s)
{
	write_reg(cpu, i->reg, s.size == 2 ? 0 : swap_bytes(read_reg(cpu, i->reg, s.size), s.size), s.size);
}

ALWAYS_INLINE void do_movbe(Cpu *cpu, const Insn *i, Shape s)
{
	shape_write(cpu, i, s.dst, swap_bytes(shape_read(cpu, i, s.src, s.size), s.size), s.size);
}

/* ---- conditional: the source is read, and an upper half cleared, whether the condition holds or not ---- */

ALWAYS_INLINE void cmov(Cpu *cpu, const Insn *i, Shape s, unsigned cc)
{
	uint64_t value = shape_read(cpu, i, s.src, s.size), old = read_reg(cpu, i->reg, s.size);
	write_reg(cpu, i->reg, condition(cpu, cc) ? value : old, s.size);
}

#define DEFINE_CMOV(name, cc) \
	ALWAYS_INLINE void do_cmov##name(Cpu *cpu, const Insn *i, Shape s) \
	{ \
		cmov(cpu, i, s, cc); \
	}
CONDITIONS(DEFINE_CMOV)

#define DEFINE_SET(name, cc) \
	ALWAYS_INLINE void do_set##name(Cpu *cpu, const Insn *i, Shape s) \
	{ \
		shape_write(cpu, i, s.dst, condition(cpu, cc), 1); \
	}
CONDITIONS(DEFINE_SET)

/* ---- the rest ---- */

void op_xlat(Cpu *cpu, const Insn *i)
{
	uint64_t offset = mask_address(cpu->gpr[RBX] + (uint8_t)cpu->gpr[RAX], i->adsize);
	write_reg8(cpu, 0, (uint8_t)mem_read(cpu, i->seg, offset, 1));
}

enum { OFFSET_AH = 1, FLAGS_IN_AH = EFLAGS_SF | EFLAGS_ZF | EFLAGS_AF | EFLAGS_PF | EFLAGS_CF };

void op_lahf(Cpu *cpu, const Insn *i)
{
	(void)i;
	write_reg8(cpu, OFFSET_AH, (uint8_t)((flags_pack(&cpu->af) & FLAGS_IN_AH) | EFLAGS_FIXED));
}

void op_sahf(Cpu *cpu, const Insn *i)
{
	(void)i;
	uint32_t overflow = flags_pack(&cpu->af) & EFLAGS_OF;
	flags_unpack(&cpu->af, (read_reg8(cpu, OFFSET_AH) & FLAGS_IN_AH) | overflow);
}

#include "spec_move.inc"
