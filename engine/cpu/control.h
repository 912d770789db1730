/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control and debug registers, with the rules for writing them. */
#pragma once

#include "cpu/state.h"

/* False: #GP(0), and nothing has changed. CR3 alone raises it itself for bad PDPTEs. */
bool control_write_cr0(Cpu *cpu, uint64_t value);
bool control_write_cr3(Cpu *cpu, uint64_t value);
bool control_write_cr4(Cpu *cpu, uint64_t value);
bool control_write_efer(Cpu *cpu, uint64_t value);

/* PAE's four page directory pointers are loaded together with CR3, whenever a bit that bears on them changes. They are checked
 * before anything changes, so that the load after it can't fail. */
bool control_uses_pdptes(uint64_t cr0, uint64_t cr4, uint64_t efer);
bool control_pdptes_good(Cpu *cpu, uint64_t cr3);
/* The bits that this model's CR4 has. */
uint64_t control_cr4_writable(const Cpu *cpu);

#define DR6_FIXED 0xffff0ff0u
#define DR6_WRITABLE 0xe00fu
#define DR7_FIXED 0x400u
#define DR7_WRITABLE 0xffff23ffu
