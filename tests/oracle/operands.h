/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random values with a liking for the edges. The same seed gives the same values on every host. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Dice {
	uint64_t state;
} Dice;

Dice dice_new(uint64_t seed, uint64_t stream);
uint64_t dice(Dice *d);			       /* 64 random bits */
unsigned dice_below(Dice *d, unsigned limit);  /* 0 .. limit - 1 */
bool dice_percent(Dice *d, unsigned percent);

/* What an operand's bytes mean. */
typedef enum Flavour { FLAVOUR_INT, FLAVOUR_F16, FLAVOUR_F32, FLAVOUR_F64, FLAVOUR_F80, FLAVOUR_BCD, FLAVOURS } Flavour;

/* Of 8, 16, 32 or 64 bits, sign-extended or not: boundaries, single bits, masks, small and wholly random numbers. */
uint64_t dice_integer(Dice *d);
/* Fills with values of that flavour, side by side; the last may be cut. */
void dice_fill(Dice *d, Flavour flavour, uint8_t *bytes, size_t size);
void dice_f80(Dice *d, uint8_t bytes[10]);
