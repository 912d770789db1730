/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The generator of operands. */
#include "fp-test.h"

/* xorshift64*, whose low bits are weak: the result is taken from the top. */
uint64_t dice_next(Dice *d)
{
	uint64_t result = 0;

	for (int i = 0; i < 2; i++) {
		d->state ^= d->state >> 12;
		d->state ^= d->state << 25;
		d->state ^= d->state >> 27;
		result = result << 32 | (d->state * UINT64_C(0x2545f4914f6cdd1d)) >> 32;
	}
	return result;
}

unsigned dice_below(Dice *d, unsigned n)
{
	return (unsigned)((dice_next(d) >> 32) * n >> 32);
}

/* A significand's fraction: random, few bits, a run of ones, or all ones but a few. */
static uint64_t fraction(Dice *d, unsigned bits)
{
	uint64_t all = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	uint64_t sparse = UINT64_C(1) << dice_below(d, bits) | UINT64_C(1) << dice_below(d, bits);

	switch (dice_below(d, 6)) {
	case 0:
	case 1:
		return dice_next(d) & all;
	case 2:
		return sparse;
	case 3:
		return all ^ sparse;
	case 4:
		return all << dice_below(d, bits) & all;
	default:
		return dice_below(d, 4) == 0 ? all : 0;
	}
}

/* A biased exponent out of 0 ... top: anywhere, near one, or at the ends. */
static unsigned exponent(Dice *d, unsigned top)
{
	unsigned spread = top > 256 ? 140 : top / 4 + 1;

	switch (dice_below(d, 8)) {
	case 0:
	case 1:
		return dice_below(d, top + 1);
	case 2:
		return dice_below(d, 3);
	case 3:
		return top - dice_below(d, 3);
	case 4:
		return dice_below(d, spread / 2);
	case 5:
		return top - 1 - dice_below(d, spread / 2);
	default:
		return top / 2 - spread / 2 + dice_below(d, spread);
	}
}

static uint64_t value(Dice *d, unsigned exponent_bits, unsigned fraction_bits)
{
	uint64_t sign = dice_below(d, 2);
	uint64_t e = exponent(d, (1u << exponent_bits) - 1);

	return sign << (exponent_bits + fraction_bits) | e << fraction_bits | fraction(d, fraction_bits);
}

uint16_t dice_fp16(Dice *d)
{
	return (uint16_t)value(d, 5, 10);
}

uint32_t dice_fp32(Dice *d)
{
	return (uint32_t)value(d, 8, 23);
}

uint64_t dice_fp64(Dice *d)
{
	return value(d, 11, 52);
}

Float80 dice_fp80(Dice *d)
{
	Float80 v = {fraction(d, 63), (uint16_t)(dice_below(d, 2) << 15 | exponent(d, 0x7fff))};
	bool normal = v.se & 0x7fff;

	/* One in sixteen has the wrong integer bit. */
	if (dice_below(d, 16) == 0)
		normal = !normal;
	v.mant |= (uint64_t)normal << 63;
	return v;
}

uint64_t dice_fp64_near(Dice *d, uint64_t a)
{
	uint64_t sign = (uint64_t)dice_below(d, 2) << 63;

	switch (dice_below(d, 8)) {
	case 0:
		return (a ^ sign) + dice_below(d, 5) - 2;
	case 1:
		return (a ^ sign) + ((uint64_t)dice_below(d, 110) - 55) * (UINT64_C(1) << 52);
	default:
		return dice_fp64(d);
	}
}

uint32_t dice_fp32_near(Dice *d, uint32_t a)
{
	uint32_t sign = dice_below(d, 2) << 31;

	switch (dice_below(d, 8)) {
	case 0:
		return (a ^ sign) + dice_below(d, 5) - 2;
	case 1:
		return (a ^ sign) + (dice_below(d, 52) - 26) * (UINT32_C(1) << 23);
	default:
		return dice_fp32(d);
	}
}

Float80 dice_fp80_near(Dice *d, Float80 a)
{
	Float80 b = a;

	b.se ^= (uint16_t)(dice_below(d, 2) << 15);
	switch (dice_below(d, 8)) {
	case 0:
		b.mant += dice_below(d, 5) - UINT64_C(2);
		return b;
	case 1:
		b.se = (uint16_t)((b.se & 0x8000) | ((b.se + dice_below(d, 140) - 70) & 0x7fff));
		return b;
	default:
		return dice_fp80(d);
	}
}

int64_t dice_int64(Dice *d)
{
	int64_t v = (int64_t)fraction(d, 64) >> dice_below(d, 64);
	return dice_below(d, 2) ? (int64_t)-(uint64_t)v : v;
}
