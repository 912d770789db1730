/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory accesses element by element: masked moves and gathers. Elements whose mask is off are not touched, and can't fault. */
#include "cpu/vec.h"

#include "insn_handlers.h"

/* ---- VMASKMOVPS, VPMASKMOVD and their like; H is the mask, its signs count ---- */

ALWAYS_INLINE bool mask_is_on(const Vector *mask, unsigned n, unsigned size)
{
	return mask->u8[n * size + size - 1] & 0x80;
}

ALWAYS_INLINE uint64_t element_address(const Insn *i, uint64_t start, unsigned n, unsigned size)
{
	return mask_address(start + n * size, i->adsize);
}

ALWAYS_INLINE void masked_load(Cpu *cpu, const Insn *i, unsigned size)
{
	Vector r = { .u64 = { 0 } };
	const Vector *mask = &cpu->ymm[i->vvvv];
	uint64_t start = effective_address(cpu, i);
	for (unsigned n = 0; n < i->vl / size; n++)
		if (mask_is_on(mask, n, size))
			vec_set(&r, n, mem_read_element(cpu, i->seg, element_address(i, start, n, size), size), size);
	xmm_write(cpu, i, i->reg, &r);
}

/* Nothing is written unless everything can be. */
ALWAYS_INLINE void masked_store(Cpu *cpu, const Insn *i, const Vector *mask, const Vector *from, uint64_t start, unsigned length,
				unsigned size)
{
	for (unsigned n = 0; n < length / size; n++)
		if (mask_is_on(mask, n, size))
			mem_probe_element(cpu, i->seg, element_address(i, start, n, size), size);
	for (unsigned n = 0; n < length / size; n++)
		if (mask_is_on(mask, n, size))
			mem_write_element(cpu, i->seg, element_address(i, start, n, size), vec_get(from, n, size), size);
}

void op_vmaskmov_loadd(Cpu *cpu, const Insn *i) { masked_load(cpu, i, 4); }
void op_vmaskmov_loadq(Cpu *cpu, const Insn *i) { masked_load(cpu, i, 8); }

void op_vmaskmov_stored(Cpu *cpu, const Insn *i)
{
	masked_store(cpu, i, &cpu->ymm[i->vvvv], &cpu->ymm[i->reg], effective_address(cpu, i), i->vl, 4);
}

void op_vmaskmov_storeq(Cpu *cpu, const Insn *i)
{
	masked_store(cpu, i, &cpu->ymm[i->vvvv], &cpu->ymm[i->reg], effective_address(cpu, i), i->vl, 8);
}

/* ---- MASKMOVDQU, MASKMOVQ: bytes, at DS:rDI or another segment's ---- */

void op_maskmovdqu(Cpu *cpu, const Insn *i)
{
	uint64_t start = mask_address(cpu->gpr[RDI], i->adsize);
	masked_store(cpu, i, &cpu->ymm[i->rm], &cpu->ymm[i->reg], start, 16, 1);
}

void op_maskmovq(Cpu *cpu, const Insn *i)
{
	mmx_begin(cpu);
	uint64_t start = mask_address(cpu->gpr[RDI], i->adsize);
	Vector mask = { .u64 = { mmx_read(cpu, i->rm) } }, from = { .u64 = { mmx_read(cpu, i->reg) } };
	masked_store(cpu, i, &mask, &from, start, 8, 1);
	mmx_enter(cpu);
}

/* ---- gathers ---- */

/* V, VSIB memory, H as the mask. Elements are loaded in order, each clearing its mask, so that after a fault the instruction
 * goes on where it stopped. `index_size` and `size` are 4 or 8; the longer one fills the vector length. */
ALWAYS_INLINE void gather(Cpu *cpu, const Insn *i, unsigned index_size, unsigned size)
{
	if (i->reg == i->index || i->reg == i->vvvv || i->index == i->vvvv)
		fault_ud(cpu);
	Vector *to = &cpu->ymm[i->reg], *mask = &cpu->ymm[i->vvvv];
	const Vector *indices = &cpu->ymm[i->index];
	uint64_t base = cpu->gpr[i->base] + (uint64_t)i->disp;
	unsigned count = i->vl / (index_size > size ? index_size : size);
	for (unsigned n = 0; n < count; n++) {
		if (mask_is_on(mask, n, size)) {
			uint64_t offset = base + (sign_extend(vec_get(indices, n, index_size), index_size) << i->scale);
			vec_set(to, n, mem_read_element(cpu, i->seg, mask_address(offset, i->adsize), size), size);
		}
		vec_set(mask, n, 0, size);
	}
	memset(to->u8 + count * size, 0, sizeof *to - count * size);
	*mask = (Vector){ .u64 = { 0 } };
}

void op_gather_dd(Cpu *cpu, const Insn *i) { gather(cpu, i, 4, 4); }
void op_gather_dq(Cpu *cpu, const Insn *i) { gather(cpu, i, 4, 8); }
void op_gather_qd(Cpu *cpu, const Insn *i) { gather(cpu, i, 8, 4); }
void op_gather_qq(Cpu *cpu, const Insn *i) { gather(cpu, i, 8, 8); }
