/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jit/x86_64/asm.h"

#include <string.h>

void asm_byte(Asm *a, uint8_t byte)
{
	if (a->at < a->end)
		*a->at++ = byte;
	else
		a->full = true;
}

void asm_value(Asm *a, uint64_t value, unsigned size)
{
	for (unsigned n = 0; n < size; n++)
		asm_byte(a, (uint8_t)(value >> (8 * n)));
}

/* ---- one instruction ---- */

static bool high(unsigned reg)
{
	return reg >= 8 && reg != H_NONE;
}

static void put_rex(Asm *a, const HostInsn *i, bool x, bool b)
{
	uint8_t rex = (uint8_t)(0x40 | i->w << 3 | high(i->reg) << 2 | x << 1 | b);
	if (rex != 0x40 || i->rex)
		asm_byte(a, rex);
}

static void put_vex(Asm *a, const HostInsn *i, bool x, bool b)
{
	uint8_t pp = (uint8_t)(i->opsize66 ? 1 : i->rep == 0xf3 ? 2 : i->rep == 0xf2 ? 3 : 0);
	uint8_t last = (uint8_t)((~i->vvvv & 15) << 3 | i->l << 2 | pp);
	if (!x && !b && !i->w && i->map == 1) {
		asm_byte(a, 0xc5);
		asm_byte(a, (uint8_t)(!high(i->reg) << 7 | last));
		return;
	}
	asm_byte(a, 0xc4);
	asm_byte(a, (uint8_t)(!high(i->reg) << 7 | !x << 6 | !b << 5 | i->map));
	asm_byte(a, (uint8_t)(i->w << 7 | last));
}

static void put_memory(Asm *a, unsigned reg, const HostMemory *m)
{
	uint8_t middle = (uint8_t)((reg & 7) << 3);
	unsigned mod = m->disp == 0 && (m->base & 7) != H_RBP ? 0 : m->disp >= -128 && m->disp < 128 ? 1 : 2;
	if (m->index == H_NONE && (m->base & 7) != H_RSP) {
		asm_byte(a, (uint8_t)(mod << 6 | middle | (m->base & 7)));
	} else {
		asm_byte(a, (uint8_t)(mod << 6 | middle | 4));
		asm_byte(a, (uint8_t)(m->scale << 6 | (m->index == H_NONE ? 4 : m->index & 7) << 3 | (m->base & 7)));
	}
	if (mod)
		asm_value(a, (uint32_t)m->disp, mod == 1 ? 1 : 4);
}

static void put_insn(Asm *a, const HostInsn *i)
{
	bool x = i->is_memory && high(i->memory.index), b = i->is_memory ? high(i->memory.base) : high(i->rm);
	if (i->lock)
		asm_byte(a, 0xf0);
	if (i->vex) {
		put_vex(a, i, x, b);
	} else {
		if (i->opsize66)
			asm_byte(a, 0x66);
		if (i->rep)
			asm_byte(a, i->rep);
		put_rex(a, i, x, b);
		if (i->map)
			asm_byte(a, 0x0f);
		if (i->map > 1)
			asm_byte(a, i->map == 2 ? 0x38 : 0x3a);
	}
	asm_byte(a, i->modrm ? i->opcode : (uint8_t)(i->opcode | (i->rm & 7)));
	if (i->modrm && i->is_memory)
		put_memory(a, i->reg, &i->memory);
	else if (i->modrm)
		asm_byte(a, (uint8_t)(0xc0 | (i->reg & 7) << 3 | (i->rm & 7)));
	asm_value(a, i->imm, i->imm_size);
}

void asm_insn_writing(Asm *a, const HostInsn *i, uint32_t written)
{
	put_insn(a, i);
	a->written |= written;
}

void asm_insn(Asm *a, const HostInsn *i)
{
	asm_insn_writing(a, i, 1u << i->reg | 1u << (i->is_memory ? i->reg : i->rm));
}

/* ---- moves ---- */

void asm_move(Asm *a, unsigned size, unsigned to, unsigned from)
{
	asm_insn(a, &(HostInsn){ .w = size == 8, .opcode = 0x8b, .modrm = true, .reg = (uint8_t)to, .rm = (uint8_t)from });
}

void asm_constant(Asm *a, unsigned to, uint64_t value)
{
	if (value <= UINT32_MAX)
		asm_insn(a, &(HostInsn){ .opcode = 0xb8, .rm = (uint8_t)to, .imm_size = 4, .imm = value });
	else if ((uint64_t)(int32_t)value == value)
		asm_insn(a, &(HostInsn){ .w = true, .opcode = 0xc7, .modrm = true, .rm = (uint8_t)to, .imm_size = 4, .imm = value });
	else
		asm_insn(a, &(HostInsn){ .w = true, .opcode = 0xb8, .rm = (uint8_t)to, .imm_size = 8, .imm = value });
}

void asm_load(Asm *a, unsigned size, unsigned to, HostMemory from)
{
	HostInsn i = { .w = size == 8, .opcode = 0x8b, .modrm = true, .is_memory = true, .reg = (uint8_t)to, .memory = from };
	if (size < 4) { /* MOVZX */
		i.map = 1;
		i.opcode = size == 1 ? 0xb6 : 0xb7;
	}
	asm_insn(a, &i);
}

void asm_store(Asm *a, unsigned size, HostMemory to, unsigned from)
{
	asm_insn(a, &(HostInsn){ .opsize66 = size == 2, .w = size == 8, .rex = size == 1, .opcode = size == 1 ? 0x88 : 0x89,
		.modrm = true, .is_memory = true, .reg = (uint8_t)from, .memory = to });
}

void asm_lea(Asm *a, unsigned size, unsigned to, HostMemory address)
{
	asm_insn(a, &(HostInsn){ .w = size == 8, .opcode = 0x8d, .modrm = true, .is_memory = true, .reg = (uint8_t)to, .memory = address });
}

void asm_shrx(Asm *a, unsigned to, unsigned from, unsigned count)
{
	asm_insn(a, &(HostInsn){ .vex = true, .rep = 0xf2, .w = true, .map = 2, .opcode = 0xf7, .modrm = true, .reg = (uint8_t)to,
		.rm = (uint8_t)from, .vvvv = (uint8_t)count });
}

void asm_rorx(Asm *a, unsigned to, unsigned from, unsigned count)
{
	asm_insn(a, &(HostInsn){ .vex = true, .rep = 0xf2, .w = true, .map = 3, .opcode = 0xf0, .modrm = true, .reg = (uint8_t)to,
		.rm = (uint8_t)from, .imm_size = 1, .imm = count });
}

void asm_low16(Asm *a, unsigned to, unsigned from)
{
	asm_insn(a, &(HostInsn){ .map = 1, .opcode = 0xb7, .modrm = true, .reg = (uint8_t)to, .rm = (uint8_t)from });
}

void asm_pext(Asm *a, unsigned to, unsigned from, HostMemory mask)
{
	asm_insn(a, &(HostInsn){ .vex = true, .rep = 0xf3, .w = true, .map = 2, .opcode = 0xf5, .modrm = true, .is_memory = true,
		.reg = (uint8_t)to, .vvvv = (uint8_t)from, .memory = mask });
}

void asm_pdep(Asm *a, unsigned to, unsigned from, HostMemory mask)
{
	asm_insn(a, &(HostInsn){ .vex = true, .rep = 0xf2, .w = true, .map = 2, .opcode = 0xf5, .modrm = true, .is_memory = true,
		.reg = (uint8_t)to, .vvvv = (uint8_t)from, .memory = mask });
}

/* ---- jumps ---- */

static uint8_t *displacement(Asm *a)
{
	uint8_t *place = a->at;
	asm_value(a, 0, 4);
	return a->full ? NULL : place;
}

uint8_t *asm_jump(Asm *a)
{
	asm_byte(a, 0xe9);
	return displacement(a);
}

uint8_t *asm_jump_if(Asm *a, unsigned condition)
{
	asm_byte(a, 0x0f);
	asm_byte(a, (uint8_t)(0x80 | condition));
	return displacement(a);
}

uint8_t *asm_call(Asm *a)
{
	asm_byte(a, 0xe8);
	a->written = ~0u;
	return displacement(a);
}

uint8_t *asm_jump_rcx_zero(Asm *a)
{
	asm_byte(a, 0xe3);
	uint8_t *place = a->at;
	asm_byte(a, 0);
	return a->full ? NULL : place;
}

void asm_aim(uint8_t *place, const uint8_t *target)
{
	int32_t distance = (int32_t)(target - (place + 4));
	if (place)
		memcpy(place, &distance, sizeof distance);
}

void asm_aim_short(Asm *a, uint8_t *place, const uint8_t *target)
{
	if (!place)
		return;
	ptrdiff_t distance = target - (place + 1);
	if (distance < -128 || distance > 127)
		a->full = true; /* never: callers know what lies between */
	else
		*place = (uint8_t)distance;
}

static void jump_or_call(Asm *a, unsigned what, unsigned target)
{
	asm_insn(a, &(HostInsn){ .opcode = 0xff, .modrm = true, .reg = (uint8_t)what, .rm = (uint8_t)target });
}

void asm_jump_memory(Asm *a, HostMemory target)
{
	asm_insn(a, &(HostInsn){ .opcode = 0xff, .modrm = true, .is_memory = true, .reg = 4, .memory = target });
}

void asm_jump_register(Asm *a, unsigned target)
{
	jump_or_call(a, 4, target);
}

void asm_call_register(Asm *a, unsigned target)
{
	jump_or_call(a, 2, target);
}
