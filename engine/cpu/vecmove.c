/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves between vector registers, MMX registers, general registers and memory; the state instructions EMMS, VZEROALL and
 * VZEROUPPER. Non-temporal hints mean nothing here. */
#include "cpu/vec.h"

#include "insn_handlers.h"

/* ---- whole vectors ---- */

void op_mov_load(Cpu *cpu, const Insn *i)
{
	Vector buffer;
	xmm_write(cpu, i, i->reg, xmm_rm(cpu, i, &buffer, i->vl));
}

void op_mov_store(Cpu *cpu, const Insn *i)
{
	if (i->flags & INSN_MEM)
		vec_store(cpu, i, &cpu->ymm[i->reg], i->vl);
	else
		xmm_write(cpu, i, i->rm, &cpu->ymm[i->reg]);
}

/* ---- scalars: loads clear the rest of the XMM register ---- */

ALWAYS_INLINE void load_scalar(Cpu *cpu, const Insn *i, unsigned size)
{
	Vector buffer, r = { .u64 = { 0 } };
	vec_copy(&r, 0, xmm_rm(cpu, i, &buffer, size), 0, size);
	xmm_write_128(cpu, i, i->reg, &r);
}

void op_mov_load_d(Cpu *cpu, const Insn *i) { load_scalar(cpu, i, 4); }
void op_mov_load_q(Cpu *cpu, const Insn *i) { load_scalar(cpu, i, 8); }
void op_mov_store_d(Cpu *cpu, const Insn *i) { vec_store(cpu, i, &cpu->ymm[i->reg], 4); }
void op_mov_store_q(Cpu *cpu, const Insn *i) { vec_store(cpu, i, &cpu->ymm[i->reg], 8); }

/* MOVSS and MOVSD between registers replace the low element: of the destination, with VEX of a copy of H. */
ALWAYS_INLINE void merge_scalar(Cpu *cpu, const Insn *i, unsigned to, unsigned from, unsigned size)
{
	if (!(i->flags & INSN_VEX)) {
		vec_copy(&cpu->ymm[to], 0, &cpu->ymm[from], 0, size);
		return;
	}
	Vector r = cpu->ymm[i->vvvv];
	vec_copy(&r, 0, &cpu->ymm[from], 0, size);
	xmm_write_128(cpu, i, to, &r);
}

void op_movss_merge(Cpu *cpu, const Insn *i) { merge_scalar(cpu, i, i->reg, i->rm, 4); }
void op_movsd_merge(Cpu *cpu, const Insn *i) { merge_scalar(cpu, i, i->reg, i->rm, 8); }
void op_movss_merge_store(Cpu *cpu, const Insn *i) { merge_scalar(cpu, i, i->rm, i->reg, 4); }
void op_movsd_merge_store(Cpu *cpu, const Insn *i) { merge_scalar(cpu, i, i->rm, i->reg, 8); }

/* 66 0F D6 */
void op_movq_store(Cpu *cpu, const Insn *i)
{
	Vector r = { .u64 = { cpu->ymm[i->reg].u64[0] } };
	if (i->flags & INSN_MEM)
		vec_store(cpu, i, &r, 8);
	else
		xmm_write_128(cpu, i, i->rm, &r);
}

/* ---- halves: one quadword of the first operand is replaced ---- */

ALWAYS_INLINE void move_half(Cpu *cpu, const Insn *i, unsigned to, unsigned from)
{
	Vector buffer;
	uint64_t value = xmm_rm(cpu, i, &buffer, 8)->u64[from];
	Vector r = *xmm_first(cpu, i);
	r.u64[to] = value;
	xmm_write_128(cpu, i, i->reg, &r);
}

void op_mov_low(Cpu *cpu, const Insn *i) { move_half(cpu, i, 0, 0); }
void op_mov_high(Cpu *cpu, const Insn *i) { move_half(cpu, i, 1, 0); }
void op_movhlps(Cpu *cpu, const Insn *i) { move_half(cpu, i, 0, 1); }
void op_movlhps(Cpu *cpu, const Insn *i) { move_half(cpu, i, 1, 0); }

void op_mov_store_high(Cpu *cpu, const Insn *i)
{
	mem_write(cpu, i->seg, effective_address(cpu, i), cpu->ymm[i->reg].u64[1], 8);
}

/* ---- general registers ---- */

ALWAYS_INLINE void general_to_xmm(Cpu *cpu, const Insn *i, unsigned size)
{
	Vector r = { .u64 = { read_rm(cpu, i, size) } };
	xmm_write_128(cpu, i, i->reg, &r);
}

void op_movd_to_xmm(Cpu *cpu, const Insn *i) { general_to_xmm(cpu, i, 4); }
void op_movq_to_xmm(Cpu *cpu, const Insn *i) { general_to_xmm(cpu, i, 8); }
void op_movd_from_xmm(Cpu *cpu, const Insn *i) { write_rm(cpu, i, cpu->ymm[i->reg].u32[0], 4); }
void op_movq_from_xmm(Cpu *cpu, const Insn *i) { write_rm(cpu, i, cpu->ymm[i->reg].u64[0], 8); }

void op_movnti(Cpu *cpu, const Insn *i)
{
	mem_write(cpu, i->seg, effective_address(cpu, i), cpu->gpr[i->reg], i->opsize == 8 ? 8 : 4);
}

/* ---- MMX ---- */

ALWAYS_INLINE void general_to_mmx(Cpu *cpu, const Insn *i, unsigned size)
{
	mmx_begin(cpu);
	mmx_write(cpu, i->reg, read_rm(cpu, i, size));
}

ALWAYS_INLINE void mmx_to_general(Cpu *cpu, const Insn *i, unsigned size)
{
	mmx_begin(cpu);
	write_rm(cpu, i, zero_extend(mmx_read(cpu, i->reg), size), size);
	mmx_enter(cpu);
}

void op_movd_to_mmx(Cpu *cpu, const Insn *i) { general_to_mmx(cpu, i, 4); }
void op_movq_to_mmx(Cpu *cpu, const Insn *i) { general_to_mmx(cpu, i, 8); }
void op_movd_from_mmx(Cpu *cpu, const Insn *i) { mmx_to_general(cpu, i, 4); }
void op_movq_from_mmx(Cpu *cpu, const Insn *i) { mmx_to_general(cpu, i, 8); }

void op_movq_mmx(Cpu *cpu, const Insn *i)
{
	mmx_begin(cpu);
	mmx_write(cpu, i->reg, mmx_rm(cpu, i, 8));
}

void op_movq_mmx_store(Cpu *cpu, const Insn *i)
{
	mmx_begin(cpu);
	if (i->flags & INSN_MEM) {
		mem_write(cpu, i->seg, effective_address(cpu, i), mmx_read(cpu, i->reg), 8);
		mmx_enter(cpu);
	} else {
		mmx_write(cpu, i->rm, mmx_read(cpu, i->reg));
	}
}

void op_movq2dq(Cpu *cpu, const Insn *i)
{
	mmx_begin(cpu);
	Vector r = { .u64 = { mmx_read(cpu, i->rm) } };
	xmm_write(cpu, i, i->reg, &r);
	mmx_enter(cpu);
}

void op_movdq2q(Cpu *cpu, const Insn *i)
{
	mmx_begin(cpu);
	mmx_write(cpu, i->reg, cpu->ymm[i->rm].u64[0]);
}

void op_emms(Cpu *cpu, const Insn *i)
{
	(void)i;
	mmx_begin(cpu);
	mmx_enter(cpu);
	cpu->x87.empty = 0xff;
}

/* ---- all registers: eight of them outside 64-bit mode ---- */

static unsigned vector_registers(const Cpu *cpu)
{
	return (cpu->mode & MODE_CODE) == MODE_CODE64 ? 16 : 8;
}

void op_vzeroupper(Cpu *cpu, const Insn *i)
{
	(void)i;
	for (unsigned n = 0; n < vector_registers(cpu); n++)
		cpu->ymm[n].u64[2] = cpu->ymm[n].u64[3] = 0;
}

void op_vzeroall(Cpu *cpu, const Insn *i)
{
	(void)i;
	memset(cpu->ymm, 0, vector_registers(cpu) * sizeof cpu->ymm[0]);
}
