/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shifts of vector elements: all by one count, each by its own, whole lanes by bytes; and SSE4a's bit fields. */
#include "cpu/vec.h"

#include "insn_handlers.h"

typedef enum Shift { SHIFT_LEFT, SHIFT_RIGHT, SHIFT_ARITHMETIC } Shift;

/* Counts beyond the element give zeros, or copies of the sign. */
ALWAYS_INLINE void shift_all(Vector *r, const Vector *from, uint64_t count, Shift kind, unsigned size)
{
	unsigned bits = 8 * size;
	if (count >= bits && kind != SHIFT_ARITHMETIC) {
		*r = (Vector){ .u64 = { 0 } };
		return;
	}
	unsigned by = count >= bits ? bits - 1 : (unsigned)count;
	for (unsigned n = 0; n < sizeof *r / size; n++) {
		switch (size) {
		case 2:
			r->u16[n] = (uint16_t)(kind == SHIFT_LEFT ? from->u16[n] << by : kind == SHIFT_RIGHT ? from->u16[n] >> by :
													   from->s16[n] >> by);
			break;
		case 4:
			r->u32[n] = kind == SHIFT_LEFT ? from->u32[n] << by : kind == SHIFT_RIGHT ? from->u32[n] >> by :
												    (uint32_t)(from->s32[n] >> by);
			break;
		default: r->u64[n] = kind == SHIFT_LEFT ? from->u64[n] << by : from->u64[n] >> by;
		}
	}
}

/* By the low 64 bits of the second operand, which in memory is 16 bytes even beside a YMM register. */
ALWAYS_INLINE void shift_by_vector(Cpu *cpu, const Insn *i, Shift kind, unsigned size)
{
	Vector buffer[2], r;
	const Vector *from = vec_first(cpu, i, &buffer[0]);
	const Vector *count = vec_second_size(cpu, i, &buffer[1], i->vl == 8 ? 8 : 16);
	shift_all(&r, from, count->u64[0], kind, size);
	vec_put(cpu, i, &r);
}

/* The group's operand is a register; the destination is the same one, with VEX it is H. */
ALWAYS_INLINE void put_group(Cpu *cpu, const Insn *i, const Vector *r)
{
	vec_put_reg(cpu, i, i->flags & INSN_VEX ? i->vvvv : i->rm, r);
}

ALWAYS_INLINE void shift_by_immediate(Cpu *cpu, const Insn *i, Shift kind, unsigned size)
{
	Vector buffer, r;
	const Vector *from = vec_only(cpu, i, &buffer);
	shift_all(&r, from, i->imm, kind, size);
	put_group(cpu, i, &r);
}

void op_psllw(Cpu *cpu, const Insn *i) { shift_by_vector(cpu, i, SHIFT_LEFT, 2); }
void op_pslld(Cpu *cpu, const Insn *i) { shift_by_vector(cpu, i, SHIFT_LEFT, 4); }
void op_psllq(Cpu *cpu, const Insn *i) { shift_by_vector(cpu, i, SHIFT_LEFT, 8); }
void op_psrlw(Cpu *cpu, const Insn *i) { shift_by_vector(cpu, i, SHIFT_RIGHT, 2); }
void op_psrld(Cpu *cpu, const Insn *i) { shift_by_vector(cpu, i, SHIFT_RIGHT, 4); }
void op_psrlq(Cpu *cpu, const Insn *i) { shift_by_vector(cpu, i, SHIFT_RIGHT, 8); }
void op_psraw(Cpu *cpu, const Insn *i) { shift_by_vector(cpu, i, SHIFT_ARITHMETIC, 2); }
void op_psrad(Cpu *cpu, const Insn *i) { shift_by_vector(cpu, i, SHIFT_ARITHMETIC, 4); }

void op_psllw_imm(Cpu *cpu, const Insn *i) { shift_by_immediate(cpu, i, SHIFT_LEFT, 2); }
void op_pslld_imm(Cpu *cpu, const Insn *i) { shift_by_immediate(cpu, i, SHIFT_LEFT, 4); }
void op_psllq_imm(Cpu *cpu, const Insn *i) { shift_by_immediate(cpu, i, SHIFT_LEFT, 8); }
void op_psrlw_imm(Cpu *cpu, const Insn *i) { shift_by_immediate(cpu, i, SHIFT_RIGHT, 2); }
void op_psrld_imm(Cpu *cpu, const Insn *i) { shift_by_immediate(cpu, i, SHIFT_RIGHT, 4); }
void op_psrlq_imm(Cpu *cpu, const Insn *i) { shift_by_immediate(cpu, i, SHIFT_RIGHT, 8); }
void op_psraw_imm(Cpu *cpu, const Insn *i) { shift_by_immediate(cpu, i, SHIFT_ARITHMETIC, 2); }
void op_psrad_imm(Cpu *cpu, const Insn *i) { shift_by_immediate(cpu, i, SHIFT_ARITHMETIC, 4); }

/* ---- each element by its own count ---- */

ALWAYS_INLINE uint64_t shift_one(uint64_t value, uint64_t count, Shift kind, unsigned size)
{
	unsigned bits = 8 * size;
	if (kind == SHIFT_ARITHMETIC)
		return (uint64_t)((int64_t)sign_extend(value, size) >> (count >= bits ? bits - 1 : count));
	if (count >= bits)
		return 0;
	return kind == SHIFT_LEFT ? value << count : value >> count;
}

ALWAYS_INLINE void shift_each(Cpu *cpu, const Insn *i, Shift kind, unsigned size)
{
	Vector r;
	VecPair p;
	vec_pair(cpu, i, &p);
	for (unsigned n = 0; n < i->vl / size; n++)
		vec_set(&r, n, shift_one(vec_get(p.a, n, size), vec_get(p.b, n, size), kind, size), size);
	vec_put(cpu, i, &r);
}

void op_vpsllvd(Cpu *cpu, const Insn *i) { shift_each(cpu, i, SHIFT_LEFT, 4); }
void op_vpsllvq(Cpu *cpu, const Insn *i) { shift_each(cpu, i, SHIFT_LEFT, 8); }
void op_vpsrlvd(Cpu *cpu, const Insn *i) { shift_each(cpu, i, SHIFT_RIGHT, 4); }
void op_vpsrlvq(Cpu *cpu, const Insn *i) { shift_each(cpu, i, SHIFT_RIGHT, 8); }
void op_vpsravd(Cpu *cpu, const Insn *i) { shift_each(cpu, i, SHIFT_ARITHMETIC, 4); }

/* ---- lanes by bytes ---- */

ALWAYS_INLINE void shift_bytes(Cpu *cpu, const Insn *i, bool left)
{
	const Vector *from = &cpu->ymm[i->rm];
	Vector r = { .u64 = { 0 } };
	unsigned count = i->imm > 16 ? 16 : (unsigned)i->imm;
	for (unsigned lane = 0; lane < i->vl; lane += 16)
		memcpy(r.u8 + lane + (left ? count : 0), from->u8 + lane + (left ? 0 : count), 16 - count);
	put_group(cpu, i, &r);
}

void op_pslldq(Cpu *cpu, const Insn *i) { shift_bytes(cpu, i, true); }
void op_psrldq(Cpu *cpu, const Insn *i) { shift_bytes(cpu, i, false); }

/* ---- EXTRQ, INSERTQ: a field of `length` bits (0: 64) at bit `index`; the upper quadword becomes undefined: zero here ---- */

ALWAYS_INLINE uint64_t field_mask(unsigned length)
{
	length &= 63;
	return length ? ((uint64_t)1 << length) - 1 : ~(uint64_t)0;
}

static void extract_field(Cpu *cpu, unsigned reg, unsigned length, unsigned index)
{
	Vector *to = &cpu->ymm[reg];
	to->u64[0] = to->u64[0] >> (index & 63) & field_mask(length);
	to->u64[1] = 0;
}

static void insert_field(Cpu *cpu, const Insn *i, unsigned length, unsigned index)
{
	Vector *to = &cpu->ymm[i->reg];
	uint64_t mask = field_mask(length), from = cpu->ymm[i->rm].u64[0] & mask;
	index &= 63;
	to->u64[0] = (to->u64[0] & ~(mask << index)) | from << index;
	to->u64[1] = 0;
}

void op_extrq_imm(Cpu *cpu, const Insn *i)
{
	extract_field(cpu, i->rm, (unsigned)i->imm, i->imm2);
}

void op_extrq(Cpu *cpu, const Insn *i)
{
	const Vector *control = &cpu->ymm[i->rm];
	extract_field(cpu, i->reg, control->u8[0], control->u8[1]);
}

void op_insertq_imm(Cpu *cpu, const Insn *i)
{
	insert_field(cpu, i, (unsigned)i->imm, i->imm2);
}

void op_insertq(Cpu *cpu, const Insn *i)
{
	const Vector *control = &cpu->ymm[i->rm];
	insert_field(cpu, i, control->u8[8], control->u8[9]);
}
