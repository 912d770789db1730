/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What CPUID says beside feature bits: identity, topology, sizes. Others need some of it too. */
#pragma once

#include "cpu/models.h"
#include "cpu/state.h"

typedef struct CpuidResult {
	uint32_t reg[4]; /* CPUID_EAX... */
} CpuidResult;

CpuidResult cpuid_leaf(const Cpu *cpu, uint32_t leaf, uint32_t subleaf);
/* Family, model and stepping as leaf 1 has them in EAX, and EDX after a reset. */
uint32_t cpuid_signature(const Cpu *cpu);
/* The initial APIC id: socket, core and thread in bit fields. */
uint32_t cpuid_apic_id(const CpuTopology *topology);
/* The bits that XSETBV may set. */
uint64_t cpuid_xcr0_supported(const Cpu *cpu);
/* MAXPHYADDR: of the board. */
unsigned cpuid_phys_bits(const Cpu *cpu);

static inline bool cpu_is_amd(const Cpu *cpu)
{
	return cpu->model && cpu->model->amd;
}
