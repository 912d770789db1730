/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sixteen conditions of Jcc, SETcc and CMOVcc, by the opcode's low four bits. */
#pragma once

#include "cpu/state.h"

enum {
	CC_O, CC_NO, CC_B, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS, CC_P, CC_NP, CC_L, CC_GE, CC_LE, CC_G,
};

/* CONDITION(X) writes X(o, CC_O) X(no, CC_NO) ...: one definition per condition, so that each is a constant in its handler. */
#define CONDITIONS(X) \
	X(o, CC_O) X(no, CC_NO) X(b, CC_B) X(ae, CC_AE) X(e, CC_E) X(ne, CC_NE) X(be, CC_BE) X(a, CC_A) \
	X(s, CC_S) X(ns, CC_NS) X(p, CC_P) X(np, CC_NP) X(l, CC_L) X(ge, CC_GE) X(le, CC_LE) X(g, CC_G)

/* SF differs from OF: bit 63 of the sign against bits 63 and 62 of the carries, see flags.h. */
ALWAYS_INLINE bool flag_less(const ArithFlags *f)
{
	return (f->sign ^ f->carry ^ f->carry << 1) >> 63;
}

ALWAYS_INLINE bool condition(const Cpu *cpu, unsigned cc)
{
	const ArithFlags *f = &cpu->af;
	bool holds = false;
	switch (cc >> 1) {
	case CC_O >> 1: holds = flag_of(f); break;
	case CC_B >> 1: holds = flag_cf(f); break;
	case CC_E >> 1: holds = flag_zf(f); break;
	case CC_BE >> 1: holds = flag_cf(f) || flag_zf(f); break;
	case CC_S >> 1: holds = flag_sf(f); break;
	case CC_P >> 1: holds = flag_pf(f); break;
	case CC_L >> 1: holds = flag_less(f); break;
	case CC_LE >> 1: holds = flag_less(f) || flag_zf(f); break;
	}
	return holds ^ (cc & 1);
}
