/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SSE4.2's text instructions, PCMPxSTRx: every element of the second operand is compared with every element of the first, the
 * results are aggregated to one bit per element of the second, and that mask becomes an index, a mask and flags
 * (SDM volume 2, 4.1). */
#include "cpu/vec.h"

#include "insn_handlers.h"

enum { /* of the immediate */
	TEXT_WORDS = 1 << 0, TEXT_SIGNED = 1 << 1,
	TEXT_EQUAL_ANY = 0 << 2, TEXT_RANGES = 1 << 2, TEXT_EQUAL_EACH = 2 << 2, TEXT_EQUAL_ORDERED = 3 << 2, TEXT_AGGREGATION = 3 << 2,
	TEXT_NEGATE = 1 << 4, TEXT_NEGATE_VALID_ONLY = 1 << 5, TEXT_LAST_OR_EXPAND = 1 << 6,
};

typedef struct Text {
	const Vector *at;
	unsigned length; /* valid elements, 0..count */
} Text;

typedef struct TextCompare {
	Text a, b;	 /* first operand (the set, ranges or needle), second (the text searched) */
	unsigned count;	 /* 16 bytes or 8 words */
	unsigned control;
	Vector buffer;
} TextCompare;

ALWAYS_INLINE int text_element(const TextCompare *c, const Text *text, unsigned n)
{
	if (c->control & TEXT_WORDS)
		return c->control & TEXT_SIGNED ? text->at->s16[n] : text->at->u16[n];
	return c->control & TEXT_SIGNED ? text->at->s8[n] : text->at->u8[n];
}

/* up to the first zero element */
static unsigned implicit_length(const TextCompare *c, const Text *text)
{
	unsigned n = 0;
	while (n < c->count && text_element(c, text, n))
		n++;
	return n;
}

/* |EAX| or |EDX|, with REX.W or VEX.W of the whole register, at most all elements */
static unsigned explicit_length(const Cpu *cpu, const Insn *i, unsigned reg, unsigned count)
{
	bool wide = (i->flags & INSN_W) && (cpu->mode & MODE_CODE) == MODE_CODE64;
	int64_t value = wide ? (int64_t)cpu->gpr[reg] : (int32_t)cpu->gpr[reg];
	uint64_t length = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	return length < count ? (unsigned)length : count;
}

static uint32_t equal_any(const TextCompare *c)
{
	uint32_t result = 0;
	for (unsigned n = 0; n < c->b.length; n++)
		for (unsigned m = 0; m < c->a.length; m++)
			if (text_element(c, &c->a, m) == text_element(c, &c->b, n))
				result |= 1u << n;
	return result;
}

/* Pairs of bounds; a lone last bound counts for nothing. */
static uint32_t in_ranges(const TextCompare *c)
{
	uint32_t result = 0;
	for (unsigned n = 0; n < c->b.length; n++) {
		int value = text_element(c, &c->b, n);
		for (unsigned m = 0; m + 1 < c->a.length; m += 2)
			if (text_element(c, &c->a, m) <= value && value <= text_element(c, &c->a, m + 1))
				result |= 1u << n;
	}
	return result;
}

/* Beyond the ends of both texts elements are equal. */
static uint32_t equal_each(const TextCompare *c)
{
	uint32_t result = 0;
	for (unsigned n = 0; n < c->count; n++) {
		bool in_a = n < c->a.length, in_b = n < c->b.length;
		if (in_a && in_b ? text_element(c, &c->a, n) == text_element(c, &c->b, n) : in_a == in_b)
			result |= 1u << n;
	}
	return result;
}

/* Where the first operand's text begins in the second's; the register's end, unlike the text's, cuts the comparison short. */
static uint32_t equal_ordered(const TextCompare *c)
{
	uint32_t result = 0;
	for (unsigned n = 0; n < c->count; n++) {
		bool equal = true;
		for (unsigned m = 0; equal && m < c->a.length && n + m < c->count; m++)
			equal = n + m < c->b.length && text_element(c, &c->a, m) == text_element(c, &c->b, n + m);
		if (equal)
			result |= 1u << n;
	}
	return result;
}

static uint32_t compare_text(const TextCompare *c)
{
	uint32_t result;
	switch (c->control & TEXT_AGGREGATION) {
	case TEXT_EQUAL_ANY: result = equal_any(c); break;
	case TEXT_RANGES: result = in_ranges(c); break;
	case TEXT_EQUAL_EACH: result = equal_each(c); break;
	default: result = equal_ordered(c);
	}
	if (c->control & TEXT_NEGATE)
		result ^= c->control & TEXT_NEGATE_VALID_ONLY ? (1u << c->b.length) - 1 : (1u << c->count) - 1;
	return result;
}

static void text_flags(Cpu *cpu, const TextCompare *c, uint32_t result)
{
	flags_unpack(&cpu->af, (result ? EFLAGS_CF : 0) | (c->b.length < c->count ? EFLAGS_ZF : 0) |
				       (c->a.length < c->count ? EFLAGS_SF : 0) | (result & 1 ? EFLAGS_OF : 0));
}

/* ECX: the lowest or highest set bit's number, or the number of elements */
static void put_index(Cpu *cpu, const TextCompare *c, uint32_t result)
{
	if (!result)
		cpu->gpr[RCX] = c->count;
	else
		cpu->gpr[RCX] = (uint64_t)(c->control & TEXT_LAST_OR_EXPAND ? 31 - __builtin_clz(result) : __builtin_ctz(result));
}

/* XMM0: the bits, or an element of ones for each */
static void put_mask(Cpu *cpu, const Insn *i, const TextCompare *c, uint32_t result)
{
	Vector r = { .u64 = { result } };
	unsigned size = 16 / c->count;
	if (c->control & TEXT_LAST_OR_EXPAND)
		for (unsigned n = 0; n < c->count; n++)
			vec_set(&r, n, result >> n & 1 ? ~(uint64_t)0 : 0, size);
	xmm_write_128(cpu, i, 0, &r);
}

static uint32_t text_operation(Cpu *cpu, const Insn *i, TextCompare *c, bool is_explicit)
{
	c->control = (unsigned)i->imm;
	c->count = c->control & TEXT_WORDS ? 8 : 16;
	c->a.at = &cpu->ymm[i->reg];
	c->b.at = xmm_rm(cpu, i, &c->buffer, 16);
	c->a.length = is_explicit ? explicit_length(cpu, i, RAX, c->count) : implicit_length(c, &c->a);
	c->b.length = is_explicit ? explicit_length(cpu, i, RDX, c->count) : implicit_length(c, &c->b);
	uint32_t result = compare_text(c);
	text_flags(cpu, c, result);
	return result;
}

void op_pcmpestri(Cpu *cpu, const Insn *i)
{
	TextCompare c;
	uint32_t result = text_operation(cpu, i, &c, true);
	put_index(cpu, &c, result);
}

void op_pcmpistri(Cpu *cpu, const Insn *i)
{
	TextCompare c;
	uint32_t result = text_operation(cpu, i, &c, false);
	put_index(cpu, &c, result);
}

void op_pcmpestrm(Cpu *cpu, const Insn *i)
{
	TextCompare c;
	uint32_t result = text_operation(cpu, i, &c, true);
	put_mask(cpu, i, &c, result);
}

void op_pcmpistrm(Cpu *cpu, const Insn *i)
{
	TextCompare c;
	uint32_t result = text_operation(cpu, i, &c, false);
	put_mask(cpu, i, &c, result);
}
