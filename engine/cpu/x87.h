/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other families need of the x87 unit: the status of pending exceptions, and the words that the X87 struct keeps in
 * pieces. */
#pragma once

#include "cpu/state.h"

/* With an unmasked exception pending (the status word's ES): #MF with CR0.NE, without it FERR#, as the next waiting x87 or
 * MMX instruction finds it. Returns when nothing is pending or the board ignores FERR#. */
void x87_check_pending(Cpu *cpu);

/* After the exceptions or their masks were loaded from outside (FXRSTOR, XRSTOR, FLDCW): sets or clears ES and B by them, and
 * lets FERR# go when nothing is pending any more. */
void x87_update_pending(Cpu *cpu);

/* FNINIT's state, with the registers' contents kept. */
void x87_init(Cpu *cpu);

/* The status word with TOP in its place. */
static inline uint16_t x87_status_word(const X87 *x)
{
	return (uint16_t)((x->sw & ~0x3800) | x->top << 11);
}

/* Takes TOP out; ES and B are x87_update_pending()'s, which the caller calls when the control word is there too. */
static inline void x87_set_status_word(X87 *x, uint16_t sw)
{
	x->sw = sw & (uint16_t)~0x3800;
	x->top = sw >> 11 & 7;
}

/* The control word as it is kept, whatever software writes to the reserved bits. */
static inline uint16_t x87_control_word(uint64_t written)
{
	return (uint16_t)((written & 0x1f3f) | 0x40);
}

/* The tag word in full: two bits a physical register, 0 valid, 1 zero, 2 special, 3 empty. FXSAVE's has one bit: not empty. */
uint16_t x87_tag_word(const X87 *x);
static inline uint8_t x87_empty_from_tag_word(uint16_t tags)
{
	uint8_t empty = 0;
	for (unsigned n = 0; n < 8; n++)
		empty |= (uint8_t)(((tags >> 2 * n & 3) == 3) << n);
	return empty;
}
