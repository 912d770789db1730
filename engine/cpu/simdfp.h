/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the floating-point vector families share: MXCSR around the lanes of one instruction, and operands as they take them.
 *
 * A handler reads all its operands, then
 *	FpEnv env = simd_begin(cpu);
 *	for each lane: r.u32[n] = fp32_add(a.u32[n], b.u32[n], &env);
 *	simd_end(cpu, &env);
 * and writes the result after it: simd_end() doesn't return when an exception is unmasked. */
#pragma once

#include "cpu/access.h"
#include "cpu/fp/fp.h"
#include "cpu/vec.h"

enum {
	MXCSR_FLAGS = 0x3f, MXCSR_DAZ = 1 << 6, MXCSR_MASK_SHIFT = 7, MXCSR_RC_SHIFT = 13, MXCSR_FTZ = 1 << 15,
	MXCSR_RESET = 0x1f80,
};

/* The bits that MXCSR has; FXSAVE shows it as MXCSR_MASK. Processors before SSE2 have no DAZ. */
static inline uint32_t mxcsr_valid(const Cpu *cpu)
{
	return cpu_has(cpu, FEATURE_SSE2) ? 0xffff : 0xffbf;
}

static inline FpEnv simd_begin(const Cpu *cpu)
{
	uint32_t mxcsr = cpu->mxcsr;
	return (FpEnv){
		.rounding = mxcsr >> MXCSR_RC_SHIFT & 3,
		.precision = 3,
		.daz = mxcsr & MXCSR_DAZ,
		.ftz = mxcsr & MXCSR_FTZ,
		.masks = mxcsr >> MXCSR_MASK_SHIFT & FP_ALL,
	};
}

/* MXCSR receives the flags whether or not the exception is taken. */
static inline void simd_end(Cpu *cpu, FpEnv *env)
{
	bool fault = fp_sse_finish(env);
	cpu->mxcsr |= env->flags;
	if (UNLIKELY(fault))
		cpu_fault(cpu, cpu->cr4 & CR4_OSXMMEXCPT ? VECTOR_XM : VECTOR_UD);
}
