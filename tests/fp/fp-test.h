/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of fp-test share: a seeded generator of operands that lie where floating point is hard. */
#pragma once

#include <glib.h>

#include "../../engine/cpu/fp/fp.h"

typedef struct Dice {
	uint64_t state;
} Dice;

uint64_t dice_next(Dice *d);
/* 0 ... n-1 */
unsigned dice_below(Dice *d, unsigned n);
uint16_t dice_fp16(Dice *d);
uint32_t dice_fp32(Dice *d);
uint64_t dice_fp64(Dice *d);
Float80 dice_fp80(Dice *d);
/* A second operand: often related to the first (near, equal, opposite), so that cancellation happens. */
uint32_t dice_fp32_near(Dice *d, uint32_t a);
uint64_t dice_fp64_near(Dice *d, uint64_t a);
Float80 dice_fp80_near(Dice *d, Float80 a);
/* Integers of all magnitudes. */
int64_t dice_int64(Dice *d);

/* The tables that run on every host. */
void fp_add_vector_tests(void);
/* The comparison with the host's processor: fp-host-x86.c where it is an x86-64, fp-host-none.c elsewhere. */
void fp_add_host_tests(void);
void fp_add_host_sse_tests(void);
void fp_add_host_x87_tests(void);
void fp_add_host_transcend_tests(void);
