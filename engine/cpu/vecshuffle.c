/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vector instructions that put elements elsewhere: pack, unpack, shuffle, blend, align, widen, insert, extract, broadcast,
 * permute. Those with floating-point names are here too: nothing looks at the values.
 *
 * "Lane" is 16 bytes, or the 8 of an MMX register; AVX's 256-bit forms of older instructions do the same in both lanes. */
#include "cpu/vec.h"

#include "insn_handlers.h"

/* ---- pack: elements of `size` bytes saturate to half of it, the first operand's come first ---- */

ALWAYS_INLINE uint64_t saturate(int64_t value, unsigned size, bool is_signed)
{
	int64_t high = (int64_t)1 << (8 * size - is_signed), low = is_signed ? -high : 0;
	return (uint64_t)(value < low ? low : value >= high ? high - 1 : value);
}

ALWAYS_INLINE void pack(Cpu *cpu, const Insn *i, unsigned size, bool is_signed)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	unsigned count = vec_lane(i) / size; /* of source elements in a lane */
	for (unsigned base = 0; base < i->vl / size; base += count) {
		for (unsigned n = 0; n < count; n++) {
			int64_t a = (int64_t)sign_extend(vec_get(p.a, base + n, size), size);
			int64_t b = (int64_t)sign_extend(vec_get(p.b, base + n, size), size);
			vec_set(&r, 2 * base + n, saturate(a, size / 2, is_signed), size / 2);
			vec_set(&r, 2 * base + count + n, saturate(b, size / 2, is_signed), size / 2);
		}
	}
	vec_put(cpu, i, &r);
}

void op_packsswb(Cpu *cpu, const Insn *i) { pack(cpu, i, 2, true); }
void op_packssdw(Cpu *cpu, const Insn *i) { pack(cpu, i, 4, true); }
void op_packuswb(Cpu *cpu, const Insn *i) { pack(cpu, i, 2, false); }
void op_packusdw(Cpu *cpu, const Insn *i) { pack(cpu, i, 4, false); }

/* ---- unpack: elements of both operands' lower or upper half of each lane in turn ---- */

ALWAYS_INLINE void unpack(Cpu *cpu, const Insn *i, unsigned size, bool high)
{
	Vector buffer[2], r;
	const Vector *a = vec_first(cpu, i, &buffer[0]);
	const Vector *b = vec_second_size(cpu, i, &buffer[1], i->vl == 8 && !high ? 4 : i->vl);
	unsigned count = vec_lane(i) / size;
	for (unsigned base = 0; base < i->vl / size; base += count) {
		unsigned from = base + (high ? count / 2 : 0);
		for (unsigned n = 0; n < count / 2; n++) {
			vec_copy(&r, base + 2 * n, a, from + n, size);
			vec_copy(&r, base + 2 * n + 1, b, from + n, size);
		}
	}
	vec_put(cpu, i, &r);
}

void op_punpcklbw(Cpu *cpu, const Insn *i) { unpack(cpu, i, 1, false); }
void op_punpcklwd(Cpu *cpu, const Insn *i) { unpack(cpu, i, 2, false); }
void op_punpckldq(Cpu *cpu, const Insn *i) { unpack(cpu, i, 4, false); }
void op_punpcklqdq(Cpu *cpu, const Insn *i) { unpack(cpu, i, 8, false); }
void op_punpckhbw(Cpu *cpu, const Insn *i) { unpack(cpu, i, 1, true); }
void op_punpckhwd(Cpu *cpu, const Insn *i) { unpack(cpu, i, 2, true); }
void op_punpckhdq(Cpu *cpu, const Insn *i) { unpack(cpu, i, 4, true); }
void op_punpckhqdq(Cpu *cpu, const Insn *i) { unpack(cpu, i, 8, true); }

/* ---- shuffles within lanes ---- */

void op_pshufb(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	unsigned lane = vec_lane(i);
	for (unsigned n = 0; n < i->vl; n++) {
		uint8_t select = p.b->u8[n];
		r.u8[n] = select & 0x80 ? 0 : p.a->u8[(n & ~(lane - 1)) | (select & (lane - 1))];
	}
	vec_put(cpu, i, &r);
}

void op_pshufd(Cpu *cpu, const Insn *i)
{
	Vector buffer, r;
	const Vector *from = xmm_rm(cpu, i, &buffer, i->vl);
	for (unsigned n = 0; n < 8; n++)
		r.u32[n] = from->u32[(n & 4) | (i->imm >> (2 * (n & 3)) & 3)];
	xmm_write(cpu, i, i->reg, &r);
}

/* PSHUFW, PSHUFLW, PSHUFHW: `first` is the first of the four words in each lane that move. */
ALWAYS_INLINE void shuffle_words(Cpu *cpu, const Insn *i, unsigned first)
{
	Vector buffer;
	const Vector *from = vec_only(cpu, i, &buffer);
	Vector r = *from;
	for (unsigned lane = 0; lane < 16; lane += 8)
		for (unsigned n = 0; n < 4; n++)
			r.u16[lane + first + n] = from->u16[lane + first + (i->imm >> (2 * n) & 3)];
	vec_put(cpu, i, &r);
}

void op_pshufw(Cpu *cpu, const Insn *i) { shuffle_words(cpu, i, 0); }
void op_pshuflw(Cpu *cpu, const Insn *i) { shuffle_words(cpu, i, 0); }
void op_pshufhw(Cpu *cpu, const Insn *i) { shuffle_words(cpu, i, 4); }

void op_shufps(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	for (unsigned n = 0; n < 8; n++)
		r.u32[n] = (n & 2 ? p.b : p.a)->u32[(n & 4) | (i->imm >> (2 * (n & 3)) & 3)];
	vec_put(cpu, i, &r);
}

void op_shufpd(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	for (unsigned n = 0; n < 4; n++)
		r.u64[n] = (n & 1 ? p.b : p.a)->u64[(n & 2) | (i->imm >> n & 1)];
	vec_put(cpu, i, &r);
}

void op_vpermilps(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	for (unsigned n = 0; n < 8; n++)
		r.u32[n] = p.a->u32[(n & 4) | (p.b->u32[n] & 3)];
	vec_put(cpu, i, &r);
}

/* bit 1 of each control quadword */
void op_vpermilpd(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	for (unsigned n = 0; n < 4; n++)
		r.u64[n] = p.a->u64[(n & 2) | (p.b->u64[n] >> 1 & 1)];
	vec_put(cpu, i, &r);
}

void op_vpermilpd_imm(Cpu *cpu, const Insn *i)
{
	Vector buffer, r;
	const Vector *from = xmm_rm(cpu, i, &buffer, i->vl);
	for (unsigned n = 0; n < 4; n++)
		r.u64[n] = from->u64[(n & 2) | (i->imm >> n & 1)];
	xmm_write(cpu, i, i->reg, &r);
}

/* The bytes from `imm` on in second operand, first operand, zeros. */
void op_palignr(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r = { .u64 = { 0 } };
	vec_pair(cpu, i, &p);
	unsigned lane = vec_lane(i), shift = i->imm > 2 * lane ? 2 * lane : (unsigned)i->imm;
	for (unsigned base = 0; base < i->vl; base += lane) {
		uint8_t joined[64] = { 0 };
		memcpy(joined, p.b->u8 + base, lane);
		memcpy(joined + lane, p.a->u8 + base, lane);
		memcpy(r.u8 + base, joined + shift, lane);
	}
	vec_put(cpu, i, &r);
}

/* ---- blends: elements of the second operand where the selection says ---- */

/* A bit of the immediate for each element, again from bit 0 for the upper lane's words. */
ALWAYS_INLINE void blend_by_immediate(Cpu *cpu, const Insn *i, unsigned size)
{
	VecPair p;
	vec_pair(cpu, i, &p);
	Vector r = *p.a;
	for (unsigned n = 0; n < i->vl / size; n++)
		if (i->imm >> (n & 7) & 1)
			vec_copy(&r, n, p.b, n, size);
	vec_put(cpu, i, &r);
}

void op_pblendw(Cpu *cpu, const Insn *i) { blend_by_immediate(cpu, i, 2); }
void op_blendps(Cpu *cpu, const Insn *i) { blend_by_immediate(cpu, i, 4); }
void op_blendpd(Cpu *cpu, const Insn *i) { blend_by_immediate(cpu, i, 8); }

/* The sign of each element of the mask, XMM0 or with VEX the fourth operand. */
ALWAYS_INLINE void blend_by_vector(Cpu *cpu, const Insn *i, unsigned size)
{
	VecPair p;
	vec_pair(cpu, i, &p);
	const Vector *mask = &cpu->ymm[i->flags & INSN_VEX ? i->imm2 : 0];
	Vector r = *p.a;
	for (unsigned n = 0; n < i->vl / size; n++)
		if (mask->u8[n * size + size - 1] & 0x80)
			vec_copy(&r, n, p.b, n, size);
	vec_put(cpu, i, &r);
}

void op_pblendvb(Cpu *cpu, const Insn *i) { blend_by_vector(cpu, i, 1); }
void op_blendvps(Cpu *cpu, const Insn *i) { blend_by_vector(cpu, i, 4); }
void op_blendvpd(Cpu *cpu, const Insn *i) { blend_by_vector(cpu, i, 8); }

/* ---- duplications ---- */

void op_movsldup(Cpu *cpu, const Insn *i)
{
	Vector buffer, r;
	const Vector *from = xmm_rm(cpu, i, &buffer, i->vl);
	for (unsigned n = 0; n < 8; n++)
		r.u32[n] = from->u32[n & ~1u];
	xmm_write(cpu, i, i->reg, &r);
}

void op_movshdup(Cpu *cpu, const Insn *i)
{
	Vector buffer, r;
	const Vector *from = xmm_rm(cpu, i, &buffer, i->vl);
	for (unsigned n = 0; n < 8; n++)
		r.u32[n] = from->u32[n | 1];
	xmm_write(cpu, i, i->reg, &r);
}

/* The 128-bit form reads 8 bytes. */
void op_movddup(Cpu *cpu, const Insn *i)
{
	Vector buffer, r;
	const Vector *from = xmm_rm(cpu, i, &buffer, i->vl == 32 ? 32 : 8);
	for (unsigned n = 0; n < 4; n++)
		r.u64[n] = from->u64[n & 2];
	xmm_write(cpu, i, i->reg, &r);
}

/* ---- widen ---- */

ALWAYS_INLINE void widen(Cpu *cpu, const Insn *i, unsigned from_size, unsigned to_size, bool is_signed)
{
	Vector buffer, r;
	const Vector *from = xmm_rm(cpu, i, &buffer, i->vl * from_size / to_size);
	for (unsigned n = 0; n < i->vl / to_size; n++) {
		uint64_t value = vec_get(from, n, from_size);
		vec_set(&r, n, is_signed ? sign_extend(value, from_size) : value, to_size);
	}
	xmm_write(cpu, i, i->reg, &r);
}

void op_pmovsxbw(Cpu *cpu, const Insn *i) { widen(cpu, i, 1, 2, true); }
void op_pmovsxbd(Cpu *cpu, const Insn *i) { widen(cpu, i, 1, 4, true); }
void op_pmovsxbq(Cpu *cpu, const Insn *i) { widen(cpu, i, 1, 8, true); }
void op_pmovsxwd(Cpu *cpu, const Insn *i) { widen(cpu, i, 2, 4, true); }
void op_pmovsxwq(Cpu *cpu, const Insn *i) { widen(cpu, i, 2, 8, true); }
void op_pmovsxdq(Cpu *cpu, const Insn *i) { widen(cpu, i, 4, 8, true); }
void op_pmovzxbw(Cpu *cpu, const Insn *i) { widen(cpu, i, 1, 2, false); }
void op_pmovzxbd(Cpu *cpu, const Insn *i) { widen(cpu, i, 1, 4, false); }
void op_pmovzxbq(Cpu *cpu, const Insn *i) { widen(cpu, i, 1, 8, false); }
void op_pmovzxwd(Cpu *cpu, const Insn *i) { widen(cpu, i, 2, 4, false); }
void op_pmovzxwq(Cpu *cpu, const Insn *i) { widen(cpu, i, 2, 8, false); }
void op_pmovzxdq(Cpu *cpu, const Insn *i) { widen(cpu, i, 4, 8, false); }

/* ---- one element in or out; the other side is a general register or memory ---- */

ALWAYS_INLINE void insert(Cpu *cpu, const Insn *i, unsigned size)
{
	Vector buffer;
	const Vector *first = vec_first(cpu, i, &buffer);
	uint64_t value = i->flags & INSN_MEM ? mem_read(cpu, i->seg, effective_address(cpu, i), size) : cpu->gpr[i->rm];
	Vector r = *first;
	vec_set(&r, (unsigned)i->imm & (vec_lane(i) / size - 1), value, size);
	vec_put(cpu, i, &r);
}

void op_pinsrb(Cpu *cpu, const Insn *i) { insert(cpu, i, 1); }
void op_pinsrw(Cpu *cpu, const Insn *i) { insert(cpu, i, 2); }
void op_pinsrd(Cpu *cpu, const Insn *i) { insert(cpu, i, 4); }
void op_pinsrq(Cpu *cpu, const Insn *i) { insert(cpu, i, 8); }

/* Registers receive the element zero-extended. */
ALWAYS_INLINE void extract(Cpu *cpu, const Insn *i, unsigned size)
{
	uint64_t value = vec_get(&cpu->ymm[i->reg], (unsigned)i->imm & (16 / size - 1), size);
	if (i->flags & INSN_MEM)
		mem_write(cpu, i->seg, effective_address(cpu, i), value, size);
	else
		cpu->gpr[i->rm] = value;
}

void op_pextrb(Cpu *cpu, const Insn *i) { extract(cpu, i, 1); }
void op_pextrw_rm(Cpu *cpu, const Insn *i) { extract(cpu, i, 2); }
void op_pextrd(Cpu *cpu, const Insn *i) { extract(cpu, i, 4); }
void op_pextrq(Cpu *cpu, const Insn *i) { extract(cpu, i, 8); }

/* The older encoding, from MMX registers too. */
void op_pextrw(Cpu *cpu, const Insn *i)
{
	Vector buffer;
	const Vector *from = vec_only(cpu, i, &buffer);
	cpu->gpr[i->reg] = from->u16[(unsigned)i->imm & (vec_lane(i) / 2 - 1)];
	if (i->vl == 8)
		mmx_enter(cpu);
}

/* imm: bits 6-7 the source's element (of a register), 4-5 the destination's, 0-3 elements to clear */
void op_insertps(Cpu *cpu, const Insn *i)
{
	Vector buffer;
	const Vector *from = xmm_rm(cpu, i, &buffer, 4);
	uint32_t value = from->u32[i->flags & INSN_MEM ? 0 : i->imm >> 6 & 3];
	Vector r = *xmm_first(cpu, i);
	r.u32[i->imm >> 4 & 3] = value;
	for (unsigned n = 0; n < 4; n++)
		if (i->imm >> n & 1)
			r.u32[n] = 0;
	xmm_write(cpu, i, i->reg, &r);
}

/* ---- sign bits to a general register ---- */

/* The multiplication brings the bits of eight bytes, 7, 15, .. 63, side by side into the top byte without a carry. */
ALWAYS_INLINE uint32_t signs_of_quadword(uint64_t v, unsigned size)
{
	switch (size) {
	case 1: return (uint32_t)((v & 0x8080808080808080) * 0x0002040810204081 >> 56);
	case 4: return (uint32_t)(v >> 31 & 1) | (uint32_t)(v >> 62 & 2);
	default: return (uint32_t)(v >> 63);
	}
}

ALWAYS_INLINE void collect_signs(Cpu *cpu, const Insn *i, unsigned size)
{
	Vector buffer;
	const Vector *from = vec_only(cpu, i, &buffer);
	uint32_t signs = 0;
	for (unsigned n = 0; n < i->vl / 8; n++)
		signs |= signs_of_quadword(from->u64[n], size) << (n * 8 / size);
	cpu->gpr[i->reg] = signs;
	if (i->vl == 8)
		mmx_enter(cpu);
}

void op_pmovmskb(Cpu *cpu, const Insn *i) { collect_signs(cpu, i, 1); }
void op_movmskps(Cpu *cpu, const Insn *i) { collect_signs(cpu, i, 4); }
void op_movmskpd(Cpu *cpu, const Insn *i) { collect_signs(cpu, i, 8); }

/* ---- AVX: broadcasts, and permutations across lanes ---- */

ALWAYS_INLINE void broadcast(Cpu *cpu, const Insn *i, unsigned size)
{
	Vector buffer, r;
	const Vector *from = xmm_rm(cpu, i, &buffer, size);
	for (unsigned n = 0; n < sizeof r / size; n++)
		vec_copy(&r, n, from, 0, size);
	xmm_write(cpu, i, i->reg, &r);
}

void op_vpbroadcastb(Cpu *cpu, const Insn *i) { broadcast(cpu, i, 1); }
void op_vpbroadcastw(Cpu *cpu, const Insn *i) { broadcast(cpu, i, 2); }
void op_vpbroadcastd(Cpu *cpu, const Insn *i) { broadcast(cpu, i, 4); }
void op_vpbroadcastq(Cpu *cpu, const Insn *i) { broadcast(cpu, i, 8); }
void op_vbroadcast128(Cpu *cpu, const Insn *i) { broadcast(cpu, i, 16); }

/* The first operand holds the indices. */
void op_vpermd(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	for (unsigned n = 0; n < 8; n++)
		r.u32[n] = p.b->u32[p.a->u32[n] & 7];
	vec_put(cpu, i, &r);
}

void op_vpermq(Cpu *cpu, const Insn *i)
{
	Vector buffer, r;
	const Vector *from = xmm_rm(cpu, i, &buffer, 32);
	for (unsigned n = 0; n < 4; n++)
		r.u64[n] = from->u64[i->imm >> (2 * n) & 3];
	xmm_write(cpu, i, i->reg, &r);
}

/* For each half four bits: 0-1 which half of both operands, 3 clear it. */
void op_vperm2x128(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r = { .u64 = { 0 } };
	vec_pair(cpu, i, &p);
	for (unsigned n = 0; n < 2; n++) {
		unsigned select = (unsigned)i->imm >> (4 * n);
		if (!(select & 8))
			vec_copy(&r, n, select & 2 ? p.b : p.a, select & 1, 16);
	}
	vec_put(cpu, i, &r);
}

void op_vinsert128(Cpu *cpu, const Insn *i)
{
	Vector buffer;
	const Vector *from = xmm_rm(cpu, i, &buffer, 16);
	Vector r = *xmm_first(cpu, i);
	vec_copy(&r, i->imm & 1, from, 0, 16);
	xmm_write(cpu, i, i->reg, &r);
}

void op_vextract128(Cpu *cpu, const Insn *i)
{
	Vector r = { .u64 = { 0 } };
	vec_copy(&r, 0, &cpu->ymm[i->reg], i->imm & 1, 16);
	if (i->flags & INSN_MEM)
		vec_store(cpu, i, &r, 16);
	else
		xmm_write_128(cpu, i, i->rm, &r);
}
