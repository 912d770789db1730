/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "operands.h"

#include <glib.h>
#include <string.h>

/* SplitMix64 (Steele, Lea, Flood 2014): every state is a good one, so a stream can begin anywhere. */
uint64_t dice(Dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

Dice dice_new(uint64_t seed, uint64_t stream)
{
	Dice d = { seed };
	d.state = dice(&d) ^ stream * 0xd1342543de82ef95;
	dice(&d);
	return d;
}

unsigned dice_below(Dice *d, unsigned limit)
{
	return (unsigned)((dice(d) >> 32) * limit >> 32);
}

bool dice_percent(Dice *d, unsigned percent)
{
	return dice_below(d, 100) < percent;
}

/* ---- integers ---- */

static uint64_t boundary(Dice *d)
{
	unsigned bits = 8u << dice_below(d, 4);
	uint64_t top = (uint64_t)1 << (bits - 1);
	uint64_t values[] = { 0, 1, top - 1, top, top + 1, top << 1, (top << 1) - 1, (top << 1) - 2, ~(uint64_t)0, ~top, ~top + 1 };
	return values[dice_below(d, G_N_ELEMENTS(values))];
}

/* A bit's number. Not 45: the executor lives at that address (native-child.h), and code shall not change it by chance. */
static unsigned bit_number(uint64_t bits)
{
	unsigned number = bits & 63;
	return number == 45 ? 46 : number;
}

uint64_t dice_integer(Dice *d)
{
	uint64_t bits = dice(d);
	switch (dice_below(d, 8)) {
	case 0: case 1: return boundary(d);
	case 2: return (uint64_t)1 << bit_number(bits);
	case 3: return ((uint64_t)1 << bit_number(bits)) - 1;
	case 4: return bits & 0xff;
	case 5: return (uint64_t)(int64_t)(int32_t)bits;
	case 6: return bits >> (dice(d) & 63);
	default: return bits;
	}
}

/* Bytes or words that saturate and compare with each other well. */
static uint64_t lanes(Dice *d)
{
	uint64_t value = 0;
	unsigned bits = 8u << dice_below(d, 3);
	for (unsigned at = 0; at < 64; at += bits)
		value |= (dice_integer(d) & (~(uint64_t)0 >> (64 - bits))) << at;
	return value;
}

static uint64_t packed_integer(Dice *d)
{
	static const uint64_t repeated[] = { 0, ~(uint64_t)0, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f, 0x8000800080008000,
		0x0102030405060708, 0x0f0e0d0c0b0a0908, 0x4142434400616263 };
	switch (dice_below(d, 4)) {
	case 0: return repeated[dice_below(d, G_N_ELEMENTS(repeated))];
	case 1: return dice_integer(d);
	default: return lanes(d);
	}
}

/* ---- binary floating point ---- */

typedef struct Format {
	unsigned exponent, fraction; /* bits */
} Format;

static uint64_t random_fraction(Dice *d, unsigned bits)
{
	uint64_t all = ~(uint64_t)0 >> (64 - bits), random = dice(d) & all;
	switch (dice_below(d, 8)) {
	case 0: return 0;
	case 1: return all;
	case 2: return 1;
	case 3: return (uint64_t)1 << (dice(d) % bits);
	case 4: return random & (random << (dice(d) % bits));
	case 5: return all << (dice(d) % bits) & all;
	default: return random;
	}
}

/* Exponents near where things happen: zero and denormals, one, the integers' ends, infinity and NaNs; else any. */
static unsigned random_exponent(Dice *d, unsigned bits)
{
	unsigned all = (1u << bits) - 1, bias = all >> 1, random = (unsigned)dice(d) & all;
	switch (dice_below(d, 10)) {
	case 0: return 0;
	case 1: return all;
	case 2: return random % 4;
	case 3: return all - random % 4;
	case 4: case 5: return bias - 2 + random % 5;
	case 6: return MIN(all, bias + random % 70);
	case 7: return (unsigned)MAX(0, (int)bias - (int)(random % 70));
	default: return random;
	}
}

static uint64_t random_float(Dice *d, Format f)
{
	uint64_t sign = dice(d) & 1, exponent = random_exponent(d, f.exponent), fraction = random_fraction(d, f.fraction);
	return sign << (f.exponent + f.fraction) | exponent << f.fraction | fraction;
}

void dice_f80(Dice *d, uint8_t bytes[10])
{
	uint64_t mantissa = random_fraction(d, 63);
	unsigned exponent = random_exponent(d, 15), sign = (unsigned)dice(d) & 1;
	/* the integer bit: as it should be, seldom otherwise (unnormals, pseudo-denormals, pseudo-NaNs) */
	bool integer = exponent != 0;
	if (dice_percent(d, 6))
		integer = !integer;
	mantissa |= (uint64_t)integer << 63;
	uint16_t se = (uint16_t)(sign << 15 | exponent);
	memcpy(bytes, &mantissa, 8);
	memcpy(bytes + 8, &se, 2);
}

static void random_bcd(Dice *d, uint8_t bytes[10])
{
	bool proper = dice_percent(d, 85);
	for (unsigned n = 0; n < 10; n++)
		bytes[n] = proper ? (uint8_t)(dice_below(d, 10) << 4 | dice_below(d, 10)) : (uint8_t)dice(d);
	bytes[9] = proper ? (uint8_t)(dice(d) & 0x80) : (uint8_t)dice(d);
	if (dice_percent(d, 20))
		memset(bytes, 0, dice_below(d, 10));
}

void dice_fill(Dice *d, Flavour flavour, uint8_t *bytes, size_t size)
{
	static const Format formats[] = { [FLAVOUR_F16] = { 5, 10 }, [FLAVOUR_F32] = { 8, 23 }, [FLAVOUR_F64] = { 11, 52 } };
	static const unsigned sizes[FLAVOURS] = { 8, 2, 4, 8, 10, 10 };
	for (size_t at = 0; at < size; at += sizes[flavour]) {
		uint8_t value[10];
		uint64_t word = 0;
		if (flavour == FLAVOUR_F80)
			dice_f80(d, value);
		else if (flavour == FLAVOUR_BCD)
			random_bcd(d, value);
		else
			word = flavour == FLAVOUR_INT ? packed_integer(d) : random_float(d, formats[flavour]);
		if (sizes[flavour] <= 8)
			memcpy(value, &word, 8);
		memcpy(bytes + at, value, MIN(size - at, sizes[flavour]));
	}
}
