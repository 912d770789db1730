/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversions between the floating-point formats and integers, in vector, MMX and general registers. */
#include "cpu/simdfp.h"

#include "insn_handlers.h"

/* ---- vectors: elements of one size ---- */

void op_cvtdq2ps(Cpu *cpu, const Insn *i)
{
	Vector buffer, r;
	const Vector *b = xmm_rm(cpu, i, &buffer, i->vl);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < i->vl / 4u; n++)
		r.u32[n] = fp32_from_int32(b->s32[n], &env);
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &r);
}

ALWAYS_INLINE void singles_to_integers(Cpu *cpu, const Insn *i, bool truncate)
{
	Vector buffer, r;
	const Vector *b = xmm_rm(cpu, i, &buffer, i->vl);
	FpEnv env = simd_begin(cpu);
	unsigned rounding = truncate ? FP_ROUND_ZERO : env.rounding;
	for (unsigned n = 0; n < i->vl / 4u; n++)
		r.s32[n] = fp32_to_int32(b->u32[n], rounding, &env);
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &r);
}

void op_cvtps2dq(Cpu *cpu, const Insn *i) { singles_to_integers(cpu, i, false); }
void op_cvttps2dq(Cpu *cpu, const Insn *i) { singles_to_integers(cpu, i, true); }

/* ---- vectors: to elements twice as wide; the source has half the destination's length ---- */

void op_cvtps2pd(Cpu *cpu, const Insn *i)
{
	Vector buffer, r;
	const Vector *b = xmm_rm(cpu, i, &buffer, i->vl / 2u);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < i->vl / 8u; n++)
		r.u64[n] = fp32_to_fp64(b->u32[n], &env);
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &r);
}

void op_cvtdq2pd(Cpu *cpu, const Insn *i)
{
	Vector buffer, r;
	const Vector *b = xmm_rm(cpu, i, &buffer, i->vl / 2u);
	for (unsigned n = 0; n < i->vl / 8u; n++)
		r.u64[n] = fp64_from_int32(b->s32[n]);
	xmm_write(cpu, i, i->reg, &r);
}

void op_vcvtph2ps(Cpu *cpu, const Insn *i)
{
	Vector buffer, r;
	const Vector *b = xmm_rm(cpu, i, &buffer, i->vl / 2u);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < i->vl / 4u; n++)
		r.u32[n] = fp16_to_fp32(b->u16[n], &env);
	simd_end(cpu, &env);
	xmm_write(cpu, i, i->reg, &r);
}

/* ---- vectors: to elements half as wide; the rest of the destination becomes zero ---- */

void op_cvtpd2ps(Cpu *cpu, const Insn *i)
{
	Vector buffer, r = { .u64 = { 0 } };
	const Vector *b = xmm_rm(cpu, i, &buffer, i->vl);
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < i->vl / 8u; n++)
		r.u32[n] = fp64_to_fp32(b->u64[n], &env);
	simd_end(cpu, &env);
	xmm_write_128(cpu, i, i->reg, &r);
}

ALWAYS_INLINE void doubles_to_integers(Cpu *cpu, const Insn *i, bool truncate)
{
	Vector buffer, r = { .u64 = { 0 } };
	const Vector *b = xmm_rm(cpu, i, &buffer, i->vl);
	FpEnv env = simd_begin(cpu);
	unsigned rounding = truncate ? FP_ROUND_ZERO : env.rounding;
	for (unsigned n = 0; n < i->vl / 8u; n++)
		r.s32[n] = fp64_to_int32(b->u64[n], rounding, &env);
	simd_end(cpu, &env);
	xmm_write_128(cpu, i, i->reg, &r);
}

void op_cvtpd2dq(Cpu *cpu, const Insn *i) { doubles_to_integers(cpu, i, false); }
void op_cvttpd2dq(Cpu *cpu, const Insn *i) { doubles_to_integers(cpu, i, true); }

/* Of W,V,Ib: the result may go to memory, whose faults come before an exception of the numbers changes MXCSR. */
void op_vcvtps2ph(Cpu *cpu, const Insn *i)
{
	unsigned size = i->vl / 2u;
	const Vector *b = &cpu->ymm[i->reg];
	Vector r = { .u64 = { 0 } };
	FpEnv env = simd_begin(cpu);
	for (unsigned n = 0; n < i->vl / 4u; n++)
		r.u16[n] = fp32_to_fp16(b->u32[n], (uint8_t)i->imm, &env);
	if (i->flags & INSN_MEM)
		mem_probe_write(cpu, i->seg, effective_address(cpu, i), size);
	simd_end(cpu, &env);
	if (i->flags & INSN_MEM)
		vec_store(cpu, i, &r, size);
	else
		xmm_write_128(cpu, i, i->rm, &r);
}

/* ---- scalars ---- */

void op_cvtss2sd(Cpu *cpu, const Insn *i)
{
	Vector buffer, r = *xmm_first(cpu, i);
	const Vector *b = xmm_rm(cpu, i, &buffer, 4);
	FpEnv env = simd_begin(cpu);
	r.u64[0] = fp32_to_fp64(b->u32[0], &env);
	simd_end(cpu, &env);
	xmm_write_128(cpu, i, i->reg, &r);
}

void op_cvtsd2ss(Cpu *cpu, const Insn *i)
{
	Vector buffer, r = *xmm_first(cpu, i);
	const Vector *b = xmm_rm(cpu, i, &buffer, 8);
	FpEnv env = simd_begin(cpu);
	r.u32[0] = fp64_to_fp32(b->u64[0], &env);
	simd_end(cpu, &env);
	xmm_write_128(cpu, i, i->reg, &r);
}

/* The y types: 64 bits with W, else 32, also where the operand size is 16. */
static unsigned integer_size(const Insn *i)
{
	return i->opsize == 8 ? 8 : 4;
}

void op_cvtsi2ss(Cpu *cpu, const Insn *i)
{
	unsigned size = integer_size(i);
	int64_t value = (int64_t)sign_extend(read_rm(cpu, i, size), size);
	Vector r = *xmm_first(cpu, i);
	FpEnv env = simd_begin(cpu);
	r.u32[0] = fp32_from_int64(value, &env);
	simd_end(cpu, &env);
	xmm_write_128(cpu, i, i->reg, &r);
}

void op_cvtsi2sd(Cpu *cpu, const Insn *i)
{
	unsigned size = integer_size(i);
	int64_t value = (int64_t)sign_extend(read_rm(cpu, i, size), size);
	Vector r = *xmm_first(cpu, i);
	FpEnv env = simd_begin(cpu);
	r.u64[0] = fp64_from_int64(value, &env);
	simd_end(cpu, &env);
	xmm_write_128(cpu, i, i->reg, &r);
}

ALWAYS_INLINE void single_to_integer(Cpu *cpu, const Insn *i, bool truncate)
{
	Vector buffer;
	uint32_t b = xmm_rm(cpu, i, &buffer, 4)->u32[0];
	FpEnv env = simd_begin(cpu);
	unsigned rounding = truncate ? FP_ROUND_ZERO : env.rounding, size = integer_size(i);
	uint64_t r = size == 8 ? (uint64_t)fp32_to_int64(b, rounding, &env) : (uint32_t)fp32_to_int32(b, rounding, &env);
	simd_end(cpu, &env);
	write_reg(cpu, i->reg, r, size);
}

ALWAYS_INLINE void double_to_integer(Cpu *cpu, const Insn *i, bool truncate)
{
	Vector buffer;
	uint64_t b = xmm_rm(cpu, i, &buffer, 8)->u64[0];
	FpEnv env = simd_begin(cpu);
	unsigned rounding = truncate ? FP_ROUND_ZERO : env.rounding, size = integer_size(i);
	uint64_t r = size == 8 ? (uint64_t)fp64_to_int64(b, rounding, &env) : (uint32_t)fp64_to_int32(b, rounding, &env);
	simd_end(cpu, &env);
	write_reg(cpu, i->reg, r, size);
}

void op_cvtss2si(Cpu *cpu, const Insn *i) { single_to_integer(cpu, i, false); }
void op_cvttss2si(Cpu *cpu, const Insn *i) { single_to_integer(cpu, i, true); }
void op_cvtsd2si(Cpu *cpu, const Insn *i) { double_to_integer(cpu, i, false); }
void op_cvttsd2si(Cpu *cpu, const Insn *i) { double_to_integer(cpu, i, true); }

/* ---- MMX registers: two integers ----
 * With a memory operand CVTPI2PS and CVTPI2PD touch no MMX register and leave the x87 alone. Where one is touched, the x87 goes
 * over to MMX even if the numbers then raise an exception. */

static uint64_t take_mmx_source(Cpu *cpu, const Insn *i)
{
	if (i->flags & INSN_MEM)
		return mmx_rm(cpu, i, 8);
	mmx_begin(cpu);
	mmx_enter(cpu);
	return mmx_read(cpu, i->rm);
}

void op_cvtpi2ps(Cpu *cpu, const Insn *i)
{
	uint64_t b = take_mmx_source(cpu, i);
	Vector r = cpu->ymm[i->reg];
	FpEnv env = simd_begin(cpu);
	r.u32[0] = fp32_from_int32((int32_t)b, &env);
	r.u32[1] = fp32_from_int32((int32_t)(b >> 32), &env);
	simd_end(cpu, &env);
	xmm_write_128(cpu, i, i->reg, &r);
}

void op_cvtpi2pd(Cpu *cpu, const Insn *i)
{
	uint64_t b = take_mmx_source(cpu, i);
	Vector r = { .u64 = { fp64_from_int32((int32_t)b), fp64_from_int32((int32_t)(b >> 32)) } };
	xmm_write_128(cpu, i, i->reg, &r);
}

ALWAYS_INLINE void singles_to_mmx(Cpu *cpu, const Insn *i, bool truncate)
{
	Vector buffer;
	mmx_begin(cpu);
	const Vector *b = xmm_rm(cpu, i, &buffer, 8);
	FpEnv env = simd_begin(cpu);
	unsigned rounding = truncate ? FP_ROUND_ZERO : env.rounding;
	uint32_t low = (uint32_t)fp32_to_int32(b->u32[0], rounding, &env);
	uint32_t high = (uint32_t)fp32_to_int32(b->u32[1], rounding, &env);
	mmx_enter(cpu);
	simd_end(cpu, &env);
	mmx_write(cpu, i->reg, (uint64_t)high << 32 | low);
}

ALWAYS_INLINE void doubles_to_mmx(Cpu *cpu, const Insn *i, bool truncate)
{
	Vector buffer;
	mmx_begin(cpu);
	const Vector *b = xmm_rm(cpu, i, &buffer, 16);
	FpEnv env = simd_begin(cpu);
	unsigned rounding = truncate ? FP_ROUND_ZERO : env.rounding;
	uint32_t low = (uint32_t)fp64_to_int32(b->u64[0], rounding, &env);
	uint32_t high = (uint32_t)fp64_to_int32(b->u64[1], rounding, &env);
	mmx_enter(cpu);
	simd_end(cpu, &env);
	mmx_write(cpu, i->reg, (uint64_t)high << 32 | low);
}

void op_cvtps2pi(Cpu *cpu, const Insn *i) { singles_to_mmx(cpu, i, false); }
void op_cvttps2pi(Cpu *cpu, const Insn *i) { singles_to_mmx(cpu, i, true); }
void op_cvtpd2pi(Cpu *cpu, const Insn *i) { doubles_to_mmx(cpu, i, false); }
void op_cvttpd2pi(Cpu *cpu, const Insn *i) { doubles_to_mmx(cpu, i, true); }
