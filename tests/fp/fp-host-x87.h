/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running one x87 instruction on the host, for the files that compare with it. */
#pragma once

#include <string.h>

#include "fp-test.h"

typedef struct __attribute__((packed)) HostReg {
	uint64_t mant;
	uint16_t se;
} HostReg;

/* As FNSAVE writes it in 32-bit format. */
typedef struct __attribute__((packed)) HostSave {
	uint32_t fcw, fsw, ftw, ip, cs, dp, ds;
	HostReg st[8];
} HostSave;

typedef struct HostX87 {
	HostSave save;
	uint8_t memory[16];
} HostX87;

typedef struct X87Inputs {
	Float80 st0, st1;
	uint8_t memory[16];
	uint16_t fcw;
} X87Inputs;

typedef void HostX87Fn(const X87Inputs *in, HostX87 *out);

static inline void host_x87_begin(const X87Inputs *in, HostX87 *out)
{
	HostReg a = {in->st0.mant, in->st0.se}, b = {in->st1.mant, in->st1.se};

	memcpy(out->memory, in->memory, sizeof(out->memory));
	__asm__ volatile("fninit\n\tfldt %0\n\tfldt %1\n\tfnclex\n\tfldcw %2" : : "m"(b), "m"(a), "m"(in->fcw) : "memory");
}

/*
 * A function around `insn`, which finds its memory operand at RDI. FNSAVE, which doesn't wait, takes the whole state
 * after it, so that no pending exception is ever delivered.
 */
#define HOST_X87(name, insn)                                                                          \
	static void host_##name(const X87Inputs *in, HostX87 *out)                                    \
	{                                                                                             \
		host_x87_begin(in, out);                                                              \
		__asm__ volatile(insn "\n\tfnsave %[save]"                                            \
				 : [save] "=m"(out->save)                                             \
				 : "D"(out->memory)                                                   \
				 : "memory", "cc");                                                   \
	}

/* An FCW and the environment that goes with it. */
static inline FpEnv roll_x87_env(Dice *d, bool masked, uint16_t *fcw)
{
	static const uint8_t precisions[] = {0, 2, 3, 3};
	FpEnv env = {
		.rounding = (uint8_t)dice_below(d, 4),
		.precision = precisions[dice_below(d, 4)],
		.masks = masked ? FP_ALL : (uint8_t)dice_below(d, FP_ALL + 1),
	};

	*fcw = (uint16_t)(env.rounding << 10 | env.precision << 8 | env.masks);
	return env;
}
