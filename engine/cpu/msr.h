/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Model specific registers. */
#pragma once

#include "cpu/state.h"

/* IA32_APIC_BASE */
enum { APIC_BASE_BSP = 1 << 8, APIC_BASE_X2APIC = 1 << 10, APIC_BASE_ENABLE = 1 << 11 };

/* IA32_MISC_ENABLE */
#define MISC_ENABLE_FAST_STRINGS ((uint64_t)1 << 0)
#define MISC_ENABLE_NO_BTS ((uint64_t)1 << 11)
#define MISC_ENABLE_NO_PEBS ((uint64_t)1 << 12)
#define MISC_ENABLE_MONITOR ((uint64_t)1 << 18)
#define MISC_ENABLE_LIMIT_CPUID ((uint64_t)1 << 22)
#define MISC_ENABLE_XD_DISABLE ((uint64_t)1 << 34)

enum { DEBUGCTL_LBR = 1 << 0, DEBUGCTL_BTF = 1 << 1 };
enum { MTRR_VARIABLE = 8, MC_BANKS = 10 };

/* False: #GP(0). The rules of the model that the processor has. */
bool msr_read(Cpu *cpu, uint32_t number, uint64_t *value);
bool msr_write(Cpu *cpu, uint32_t number, uint64_t value);
/* All MSRs at their values after RESET, or INIT, which keeps most. */
void msr_reset(Cpu *cpu, bool init);
/* The time stamp counter as software reads it. */
uint64_t msr_tsc(const Cpu *cpu);
