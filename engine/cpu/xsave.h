/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The XSAVE area (SDM volume 1, chapter 13), as the save instructions write it and CPUID leaf 0Dh describes it. */
#pragma once

#include "cpu/state.h"

enum {
	XSAVE_LEGACY_SIZE = 512,
	XSAVE_HEADER = 512, XSAVE_HEADER_SIZE = 64,
	XSAVE_EXTENDED = 576,	 /* where compacted components begin */
	XSAVE_AVX = 576, XSAVE_AVX_SIZE = 256,
	XSAVE_PKRU = 2688, XSAVE_PKRU_SIZE = 8,
};

/* XINUSE, which XGETBV gives for ECX = 1: the components of XCR0 (bits XCR0_...) that aren't in their initial state. */
uint64_t xsave_in_use(const Cpu *cpu);
