/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arithmetic flags, kept as the values that they are read from.
 *
 * An addition stores its result and its vector of carries and is done; a branch reads the bit it wants:
 *   ZF  zero == 0
 *   SF  bit 63 of sign
 *   PF  even parity of sign's low byte
 *   CF  bit 63 of carry
 *   OF  bit 63 xor bit 62 of carry (the carry out of the sign bit, and the one into it)
 *   AF  bit 3 of carry
 * Results are sign-extended from the operand's size to 64 bits, so one test serves all sizes. Nothing is dispatched on,
 * and each flag can be set by itself. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct ArithFlags {
	uint64_t zero, sign, carry;
} ArithFlags;

enum {
	EFLAGS_CF = 1 << 0, EFLAGS_FIXED = 1 << 1, EFLAGS_PF = 1 << 2, EFLAGS_AF = 1 << 4, EFLAGS_ZF = 1 << 6, EFLAGS_SF = 1 << 7,
	EFLAGS_TF = 1 << 8, EFLAGS_IF = 1 << 9, EFLAGS_DF = 1 << 10, EFLAGS_OF = 1 << 11, EFLAGS_IOPL = 3 << 12,
	EFLAGS_NT = 1 << 14, EFLAGS_RF = 1 << 16, EFLAGS_VM = 1 << 17, EFLAGS_AC = 1 << 18, EFLAGS_VIF = 1 << 19,
	EFLAGS_VIP = 1 << 20, EFLAGS_ID = 1 << 21,
	EFLAGS_ARITH = EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF | EFLAGS_OF,
	EFLAGS_IOPL_SHIFT = 12,
};

/* value's low `size` bytes, sign-extended; size 1, 2, 4 or 8 */
static inline uint64_t sign_extend(uint64_t value, unsigned size)
{
	unsigned shift = 64 - 8 * size;
	return (uint64_t)((int64_t)(value << shift) >> shift);
}

/* value's low `size` bytes, zero-extended */
static inline uint64_t zero_extend(uint64_t value, unsigned size)
{
	unsigned shift = 64 - 8 * size;
	return value << shift >> shift;
}

static inline bool flag_cf(const ArithFlags *f) { return f->carry >> 63; }
static inline bool flag_zf(const ArithFlags *f) { return f->zero == 0; }
static inline bool flag_sf(const ArithFlags *f) { return f->sign >> 63; }
static inline bool flag_of(const ArithFlags *f) { return (f->carry ^ f->carry << 1) >> 63; }
static inline bool flag_af(const ArithFlags *f) { return f->carry >> 3 & 1; }
static inline bool flag_pf(const ArithFlags *f) { return !__builtin_parity((uint8_t)f->sign); }

static inline void flags_set_result(ArithFlags *f, uint64_t result, unsigned size)
{
	f->zero = f->sign = sign_extend(result, size);
}

static inline void flags_set_carries(ArithFlags *f, uint64_t carries, unsigned size)
{
	f->carry = carries << (64 - 8 * size) | (carries & 8);
}

/* r = a + b, or a + b + CF */
static inline void flags_add(ArithFlags *f, uint64_t a, uint64_t b, uint64_t r, unsigned size)
{
	flags_set_result(f, r, size);
	flags_set_carries(f, (a & b) | ((a | b) & ~r), size);
}

/* r = a - b, or a - b - CF */
static inline void flags_sub(ArithFlags *f, uint64_t a, uint64_t b, uint64_t r, unsigned size)
{
	flags_set_result(f, r, size);
	flags_set_carries(f, (~a & b) | (~(a ^ b) & r), size);
}

/* and, or, xor, test: CF = OF = 0, AF = 0 (undefined; hosts clear it) */
static inline void flags_logic(ArithFlags *f, uint64_t r, unsigned size)
{
	flags_set_result(f, r, size);
	f->carry = 0;
}

static inline void flags_set_cf_of(ArithFlags *f, bool cf, bool of)
{
	f->carry = (f->carry & 8) | (uint64_t)cf << 63 | (uint64_t)(cf ^ of) << 62;
}

static inline void flags_set_cf(ArithFlags *f, bool cf)
{
	flags_set_cf_of(f, cf, flag_of(f));
}

static inline void flags_set_of(ArithFlags *f, bool of)
{
	flags_set_cf_of(f, flag_cf(f), of);
}

static inline void flags_set_af(ArithFlags *f, bool af)
{
	f->carry = (f->carry & ~(uint64_t)8) | (uint64_t)af << 3;
}

static inline void flags_set_zf(ArithFlags *f, bool zf)
{
	f->zero = !zf;
}

/* the six flags in EFLAGS' positions */
static inline uint32_t flags_pack(const ArithFlags *f)
{
	return (uint32_t)flag_cf(f) | (uint32_t)flag_pf(f) << 2 | (uint32_t)flag_af(f) << 4 | (uint32_t)flag_zf(f) << 6 |
	       (uint32_t)flag_sf(f) << 7 | (uint32_t)flag_of(f) << 11;
}

static inline void flags_unpack(ArithFlags *f, uint32_t eflags)
{
	f->zero = !(eflags & EFLAGS_ZF);
	f->sign = (uint64_t)(eflags >> 7 & 1) << 63 | !(eflags & EFLAGS_PF);
	f->carry = 0;
	flags_set_cf_of(f, eflags & EFLAGS_CF, eflags & EFLAGS_OF);
	flags_set_af(f, eflags & EFLAGS_AF);
}
