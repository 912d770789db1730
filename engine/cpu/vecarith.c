/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Integer arithmetic, comparison and logic on vectors, element by element or between neighbours.
 *
 * Loops run over all of a Vector, whatever the instruction's length, so that the compiler makes two or four host vector
 * instructions of them; vec_put() keeps what belongs to the result. */
#include "cpu/vec.h"

#include "insn_handlers.h"

/* op_NAME: r[n] = expression of the operands' elements `a` and `b`, at any length. */
#define EACH(name, member, a, b, expression)                                                                             \
	void op_##name(Cpu *cpu, const Insn *i)                                                                          \
	{                                                                                                                \
		VecPair pair;                                                                                            \
		Vector result;                                                                                           \
		vec_pair(cpu, i, &pair);                                                                                 \
		for (unsigned n = 0; n < G_N_ELEMENTS(result.member); n++) {                                             \
			__typeof__(result.member[0]) a = pair.a->member[n], b = pair.b->member[n];                       \
			result.member[n] = (__typeof__(a))(expression);                                                  \
		}                                                                                                        \
		vec_put(cpu, i, &result);                                                                                \
	}

/* The same with one operand. */
#define EACH_ALONE(name, member, b, expression)                                                                          \
	void op_##name(Cpu *cpu, const Insn *i)                                                                          \
	{                                                                                                                \
		Vector buffer, result;                                                                                   \
		const Vector *from = vec_only(cpu, i, &buffer);                                                          \
		for (unsigned n = 0; n < G_N_ELEMENTS(result.member); n++) {                                             \
			__typeof__(result.member[0]) b = from->member[n];                                                \
			result.member[n] = (__typeof__(b))(expression);                                                  \
		}                                                                                                        \
		vec_put(cpu, i, &result);                                                                                \
	}

ALWAYS_INLINE int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

EACH(paddb, u8, a, b, a + b)
EACH(paddw, u16, a, b, a + b)
EACH(paddd, u32, a, b, a + b)
EACH(paddq, u64, a, b, a + b)
EACH(psubb, u8, a, b, a - b)
EACH(psubw, u16, a, b, a - b)
EACH(psubd, u32, a, b, a - b)
EACH(psubq, u64, a, b, a - b)
EACH(paddsb, s8, a, b, clamp(a + b, INT8_MIN, INT8_MAX))
EACH(paddsw, s16, a, b, clamp(a + b, INT16_MIN, INT16_MAX))
EACH(paddusb, u8, a, b, clamp(a + b, 0, UINT8_MAX))
EACH(paddusw, u16, a, b, clamp(a + b, 0, UINT16_MAX))
EACH(psubsb, s8, a, b, clamp(a - b, INT8_MIN, INT8_MAX))
EACH(psubsw, s16, a, b, clamp(a - b, INT16_MIN, INT16_MAX))
EACH(psubusb, u8, a, b, clamp(a - b, 0, UINT8_MAX))
EACH(psubusw, u16, a, b, clamp(a - b, 0, UINT16_MAX))
EACH(pavgb, u8, a, b, (a + b + 1) >> 1)
EACH(pavgw, u16, a, b, (a + b + 1) >> 1)

EACH(pmullw, u16, a, b, (uint32_t)a * b)
EACH(pmulhw, s16, a, b, (a * b) >> 16)
EACH(pmulhuw, u16, a, b, ((uint32_t)a * b) >> 16)
EACH(pmulhrsw, s16, a, b, ((a * b >> 14) + 1) >> 1)
EACH(pmulld, u32, a, b, a * b)
EACH(pmuludq, u64, a, b, (uint64_t)(uint32_t)a * (uint32_t)b)
EACH(pmuldq, s64, a, b, (int64_t)(int32_t)a * (int32_t)b)

EACH(pcmpeqb, u8, a, b, -(a == b))
EACH(pcmpeqw, u16, a, b, -(a == b))
EACH(pcmpeqd, u32, a, b, -(a == b))
EACH(pcmpeqq, u64, a, b, -(int64_t)(a == b))
EACH(pcmpgtb, s8, a, b, -(a > b))
EACH(pcmpgtw, s16, a, b, -(a > b))
EACH(pcmpgtd, s32, a, b, -(a > b))
EACH(pcmpgtq, s64, a, b, -(int64_t)(a > b))

EACH(pminsb, s8, a, b, a < b ? a : b)
EACH(pminsw, s16, a, b, a < b ? a : b)
EACH(pminsd, s32, a, b, a < b ? a : b)
EACH(pminub, u8, a, b, a < b ? a : b)
EACH(pminuw, u16, a, b, a < b ? a : b)
EACH(pminud, u32, a, b, a < b ? a : b)
EACH(pmaxsb, s8, a, b, a > b ? a : b)
EACH(pmaxsw, s16, a, b, a > b ? a : b)
EACH(pmaxsd, s32, a, b, a > b ? a : b)
EACH(pmaxub, u8, a, b, a > b ? a : b)
EACH(pmaxuw, u16, a, b, a > b ? a : b)
EACH(pmaxud, u32, a, b, a > b ? a : b)

EACH(pand, u64, a, b, a & b)
EACH(pandn, u64, a, b, ~a & b)
EACH(por, u64, a, b, a | b)
EACH(pxor, u64, a, b, a ^ b)

/* Negation wraps: the most negative value stays itself. */
EACH(psignb, s8, a, b, b < 0 ? -a : b ? a : 0)
EACH(psignw, s16, a, b, b < 0 ? -a : b ? a : 0)
EACH(psignd, s32, a, b, b < 0 ? 0u - (uint32_t)a : b ? (uint32_t)a : 0)
EACH_ALONE(pabsb, s8, b, b < 0 ? -b : b)
EACH_ALONE(pabsw, s16, b, b < 0 ? -b : b)
EACH_ALONE(pabsd, s32, b, b < 0 ? 0u - (uint32_t)b : (uint32_t)b)

/* ---- sums of neighbours ---- */

typedef enum Horizontal { HORIZONTAL_ADD, HORIZONTAL_SUB, HORIZONTAL_ADD_SATURATED, HORIZONTAL_SUB_SATURATED } Horizontal;

ALWAYS_INLINE uint64_t join(uint64_t a, uint64_t b, Horizontal kind)
{
	switch (kind) {
	case HORIZONTAL_ADD: return a + b;
	case HORIZONTAL_SUB: return a - b;
	case HORIZONTAL_ADD_SATURATED: return (uint64_t)(int64_t)clamp((int16_t)a + (int16_t)b, INT16_MIN, INT16_MAX);
	default: return (uint64_t)(int64_t)clamp((int16_t)a - (int16_t)b, INT16_MIN, INT16_MAX);
	}
}

/* In each lane: pairs of the first operand make the lower half of the result, pairs of the second the upper. */
ALWAYS_INLINE void horizontal(Cpu *cpu, const Insn *i, Horizontal kind, unsigned size)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	unsigned count = vec_lane(i) / size;
	for (unsigned base = 0; base < i->vl / size; base += count) {
		for (unsigned n = 0; n < count; n++) {
			const Vector *from = n < count / 2 ? p.a : p.b;
			unsigned pair = base + n % (count / 2) * 2;
			vec_set(&r, base + n, join(vec_get(from, pair, size), vec_get(from, pair + 1, size), kind), size);
		}
	}
	vec_put(cpu, i, &r);
}

void op_phaddw(Cpu *cpu, const Insn *i) { horizontal(cpu, i, HORIZONTAL_ADD, 2); }
void op_phaddd(Cpu *cpu, const Insn *i) { horizontal(cpu, i, HORIZONTAL_ADD, 4); }
void op_phaddsw(Cpu *cpu, const Insn *i) { horizontal(cpu, i, HORIZONTAL_ADD_SATURATED, 2); }
void op_phsubw(Cpu *cpu, const Insn *i) { horizontal(cpu, i, HORIZONTAL_SUB, 2); }
void op_phsubd(Cpu *cpu, const Insn *i) { horizontal(cpu, i, HORIZONTAL_SUB, 4); }
void op_phsubsw(Cpu *cpu, const Insn *i) { horizontal(cpu, i, HORIZONTAL_SUB_SATURATED, 2); }

/* The sum wraps only when all four words are -32768. */
void op_pmaddwd(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	for (unsigned n = 0; n < 8; n++) {
		int32_t low = p.a->s16[2 * n] * p.b->s16[2 * n], high = p.a->s16[2 * n + 1] * p.b->s16[2 * n + 1];
		r.u32[n] = (uint32_t)low + (uint32_t)high;
	}
	vec_put(cpu, i, &r);
}

/* Unsigned bytes of the first operand, signed ones of the second. */
void op_pmaddubsw(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	for (unsigned n = 0; n < 16; n++) {
		int sum = p.a->u8[2 * n] * p.b->s8[2 * n] + p.a->u8[2 * n + 1] * p.b->s8[2 * n + 1];
		r.s16[n] = (int16_t)clamp(sum, INT16_MIN, INT16_MAX);
	}
	vec_put(cpu, i, &r);
}

ALWAYS_INLINE unsigned differences(const uint8_t *a, const uint8_t *b, unsigned count)
{
	unsigned sum = 0;
	for (unsigned n = 0; n < count; n++)
		sum += (unsigned)(a[n] < b[n] ? b[n] - a[n] : a[n] - b[n]);
	return sum;
}

/* The sum of eight bytes: pairs, then the four pairs at once. */
ALWAYS_INLINE uint64_t sum_of_bytes(uint64_t v)
{
	const uint64_t even = 0x00ff00ff00ff00ff;
	return ((v & even) + (v >> 8 & even)) * 0x0001000100010001 >> 48;
}

void op_psadbw(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r;
	vec_pair(cpu, i, &p);
	for (unsigned n = 0; n < 32; n++) {
		uint8_t a = p.a->u8[n], b = p.b->u8[n];
		r.u8[n] = (uint8_t)(a < b ? b - a : a - b);
	}
	for (unsigned n = 0; n < 4; n++)
		r.u64[n] = sum_of_bytes(r.u64[n]);
	vec_put(cpu, i, &r);
}

/* Four bytes of the second operand against eight runs in the first; three bits of the immediate per lane say where. */
void op_mpsadbw(Cpu *cpu, const Insn *i)
{
	VecPair p;
	Vector r = { .u64 = { 0 } };
	vec_pair(cpu, i, &p);
	for (unsigned lane = 0; lane < i->vl / 16; lane++) {
		unsigned select = (unsigned)i->imm >> (3 * lane);
		const uint8_t *a = p.a->u8 + 16 * lane + (select >> 2 & 1) * 4, *b = p.b->u8 + 16 * lane + (select & 3) * 4;
		for (unsigned n = 0; n < 8; n++)
			r.u16[8 * lane + n] = (uint16_t)differences(a + n, b, 4);
	}
	vec_put(cpu, i, &r);
}

void op_phminposuw(Cpu *cpu, const Insn *i)
{
	Vector buffer, r = { .u64 = { 0 } };
	const Vector *from = xmm_rm(cpu, i, &buffer, 16);
	unsigned place = 0;
	for (unsigned n = 1; n < 8; n++)
		if (from->u16[n] < from->u16[place])
			place = n;
	r.u16[0] = from->u16[place];
	r.u16[1] = (uint16_t)place;
	xmm_write(cpu, i, i->reg, &r);
}

/* ---- tests ---- */

/* ZF: no bit of a & b; CF: no bit of ~a & b; both under `mask`. */
ALWAYS_INLINE void test_bits(Cpu *cpu, const Insn *i, uint64_t mask)
{
	Vector buffer;
	const Vector *a = &cpu->ymm[i->reg], *b = xmm_rm(cpu, i, &buffer, i->vl);
	uint64_t both = 0, only_b = 0;
	for (unsigned n = 0; n < i->vl / 8; n++) {
		both |= a->u64[n] & b->u64[n] & mask;
		only_b |= ~a->u64[n] & b->u64[n] & mask;
	}
	flags_unpack(&cpu->af, (both ? 0 : EFLAGS_ZF) | (only_b ? 0 : EFLAGS_CF));
}

void op_ptest(Cpu *cpu, const Insn *i) { test_bits(cpu, i, ~(uint64_t)0); }
void op_vtestps(Cpu *cpu, const Insn *i) { test_bits(cpu, i, 0x8000000080000000); }
void op_vtestpd(Cpu *cpu, const Insn *i) { test_bits(cpu, i, 0x8000000000000000); }
