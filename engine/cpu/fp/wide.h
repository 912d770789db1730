/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arithmetic with full 128-bit significands, for the x87's transcendental functions.
 *
 * Unlike the operations of internal.h, which are exact for rounding, these are good to about 2^-125 relative error. The
 * result is then rounded to 64 bits, so that it is wrong only if it lies that near to a tie.
 */
#pragma once

#include "internal.h"

/* Numbers of [0, 2) in series: 2^127 stands for one. */
typedef FpU128 FpFixed;
#define FP_FIXED_ONE FP_TOP

/* Both factors FPC_NORMAL, or FPC_ZERO for a zero product. */
FpNum fpw_mul(const FpNum *a, const FpNum *b);
/* a may be zero, b not. */
FpNum fpw_div(const FpNum *a, const FpNum *b);

FpFixed fpw_fixed_mul(FpFixed a, FpFixed b);
/* The magnitude of a number below 2; what is too small is cut off. */
FpFixed fpw_to_fixed(const FpNum *a);
FpNum fpw_from_fixed(FpFixed v);

/* 1 -+ z/(n(n+1)) * (1 -+ z/((n+2)(n+3)) * ...): the sine's series with n = 2, the cosine's with n = 1. */
FpFixed fpw_series_trig(FpFixed z, unsigned n);
/* sum of (-+z)^k / (2k+1): the arc tangent's series, or that of the hyperbolic one; z at most 1/32. */
FpFixed fpw_series_atan(FpFixed z, bool alternating);
/* (e^y - 1) / y, y being the magnitude and negative its sign; below 1. */
FpFixed fpw_series_exp(FpFixed y, bool negative);

/* What no series tells: the true value differs from the computed one, which may look exact. */
static inline void fpw_mark_inexact(FpNum *n)
{
	n->sig |= 1;
}
