/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operands of vector instructions.
 *
 * One handler serves MMX, SSE and VEX rows: it computes as many bytes as it likes of a Vector, and vec_put() keeps Insn.vl of
 * them: 8 go to an MMX register, 16 to an XMM register whose upper half stays (legacy) or becomes zero (VEX), 32 to a YMM
 * register. Sources are pointers, either to the register or to the caller's buffer that memory was read into, where bytes
 * behind the operand are zero; results are computed apart from them, as a destination may be a source.
 *
 * The order in a handler is: vec_first() (it may raise #MF for MMX), vec_second() (it may fault on memory), compute, vec_put(). */
#pragma once

#include "cpu/mmx.h"

/* What the row's `align` asks of a memory operand of `size` bytes. */
ALWAYS_INLINE unsigned vec_align(const Insn *i, unsigned size)
{
	return insn_forms[i->form].flags & FORM_ALIGN ? size : 0;
}

/* Memory at the ModRM operand's address, zero-extended. size: 1, 2, 4, 8, 16, 32. */
ALWAYS_INLINE void vec_load(Cpu *cpu, const Insn *i, Vector *to, unsigned size)
{
	*to = (Vector){ .u64 = { 0 } };
	if (size > 8)
		mem_read_bytes(cpu, i->seg, effective_address(cpu, i), to, size, vec_align(i, size));
	else
		to->u64[0] = mem_read(cpu, i->seg, effective_address(cpu, i), size);
}

ALWAYS_INLINE void vec_store(Cpu *cpu, const Insn *i, const Vector *from, unsigned size)
{
	if (size > 8)
		mem_write_bytes(cpu, i->seg, effective_address(cpu, i), from, size, vec_align(i, size));
	else
		mem_write(cpu, i->seg, effective_address(cpu, i), from->u64[0], size);
}

/* The W operand (or U, or M): a register, all of it, or `size` bytes of memory. */
ALWAYS_INLINE const Vector *xmm_rm(Cpu *cpu, const Insn *i, Vector *buffer, unsigned size)
{
	if (!(i->flags & INSN_MEM))
		return &cpu->ymm[i->rm];
	vec_load(cpu, i, buffer, size);
	return buffer;
}

/* The first source of a V,W or V,H,W row: H with VEX, else V. */
ALWAYS_INLINE const Vector *xmm_first(const Cpu *cpu, const Insn *i)
{
	return &cpu->ymm[i->flags & INSN_VEX ? i->vvvv : i->reg];
}

/* Writes `size` bytes (16 or 32) of a register: legacy instructions keep what is above, VEX ones clear it. */
ALWAYS_INLINE void xmm_write_size(Cpu *cpu, const Insn *i, unsigned reg, const Vector *value, unsigned size)
{
	Vector *to = &cpu->ymm[reg];
	if (size == 32) {
		*to = *value;
		return;
	}
	to->u64[0] = value->u64[0];
	to->u64[1] = value->u64[1];
	if (i->flags & INSN_VEX)
		to->u64[2] = to->u64[3] = 0;
}

/* Insn.vl bytes */
ALWAYS_INLINE void xmm_write(Cpu *cpu, const Insn *i, unsigned reg, const Vector *value)
{
	xmm_write_size(cpu, i, reg, value, i->vl);
}

/* 16 bytes, whatever VEX.L says: scalar and 128-bit results */
ALWAYS_INLINE void xmm_write_128(Cpu *cpu, const Insn *i, unsigned reg, const Vector *value)
{
	xmm_write_size(cpu, i, reg, value, 16);
}

/* ---- the same for rows that exist with MMX registers too: P,Q beside V,W ---- */

ALWAYS_INLINE const Vector *vec_first(Cpu *cpu, const Insn *i, Vector *buffer)
{
	if (i->vl != 8)
		return xmm_first(cpu, i);
	mmx_begin(cpu);
	*buffer = (Vector){ .u64 = { mmx_read(cpu, i->reg) } };
	return buffer;
}

/* `size`: of the operand in memory */
ALWAYS_INLINE const Vector *vec_second_size(Cpu *cpu, const Insn *i, Vector *buffer, unsigned size)
{
	if (i->vl != 8)
		return xmm_rm(cpu, i, buffer, size);
	*buffer = (Vector){ .u64 = { mmx_rm(cpu, i, size) } };
	return buffer;
}

ALWAYS_INLINE const Vector *vec_second(Cpu *cpu, const Insn *i, Vector *buffer)
{
	return vec_second_size(cpu, i, buffer, i->vl);
}

/* Of rows with one source only: vec_first()'s check, then vec_second(). */
ALWAYS_INLINE const Vector *vec_only(Cpu *cpu, const Insn *i, Vector *buffer)
{
	if (i->vl == 8)
		mmx_begin(cpu);
	return vec_second(cpu, i, buffer);
}

ALWAYS_INLINE void vec_put_reg(Cpu *cpu, const Insn *i, unsigned reg, const Vector *value)
{
	if (i->vl == 8)
		mmx_write(cpu, reg, value->u64[0]);
	else
		xmm_write(cpu, i, reg, value);
}

ALWAYS_INLINE void vec_put(Cpu *cpu, const Insn *i, const Vector *value)
{
	vec_put_reg(cpu, i, i->reg, value);
}

/* Both sources at once. */
typedef struct VecPair {
	const Vector *a, *b; /* H or V; W. P; Q */
	Vector buffer[2];
} VecPair;

ALWAYS_INLINE void vec_pair(Cpu *cpu, const Insn *i, VecPair *p)
{
	p->a = vec_first(cpu, i, &p->buffer[0]);
	p->b = vec_second(cpu, i, &p->buffer[1]);
}

/* Shuffles, packs and unpacks work within lanes: 16 bytes, of MMX registers 8. */
ALWAYS_INLINE unsigned vec_lane(const Insn *i)
{
	return i->vl == 8 ? 8 : 16;
}

/* Elements of `size` bytes (1, 2, 4, 8), where the size isn't known from the handler. Hosts are little-endian. */
ALWAYS_INLINE uint64_t vec_get(const Vector *v, unsigned n, unsigned size)
{
	uint64_t value = 0;
	memcpy(&value, v->u8 + n * size, size);
	return value;
}

ALWAYS_INLINE void vec_set(Vector *v, unsigned n, uint64_t value, unsigned size)
{
	memcpy(v->u8 + n * size, &value, size);
}

ALWAYS_INLINE void vec_copy(Vector *to, unsigned to_n, const Vector *from, unsigned from_n, unsigned size)
{
	memcpy(to->u8 + to_n * size, from->u8 + from_n * size, size);
}
