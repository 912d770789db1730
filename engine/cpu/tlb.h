/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The software TLBs' slow side. The fast side is in access.h, the rules of flushing are the manuals': entries may go at any
 * time, and must go when the guest says so. */
#pragma once

#include "cpu/paging.h"
#include "cpu/state.h"

/* The entry for an explicit or implicit access, filled if need be; #PF if it isn't allowed. */
const TlbInfo *tlb_lookup(Cpu *cpu, uint64_t linear, PagingAccess access, unsigned class);
/* For instruction fetch. */
const FetchEntry *tlb_fetch(Cpu *cpu, uint64_t linear);
/* Is the page from which code at that address was fetched last global? False where that is forgotten. */
bool tlb_fetches_global(const Cpu *cpu, uint64_t linear);
/* No entry may let stores to this physical page go by the fast path any more: it has code now. */
void tlb_protect_code(Cpu *cpu, uint64_t phys);
/* The page of memory at a physical address, A20 applied to *phys. */
CpuPage phys_page(Cpu *cpu, uint64_t *phys);
/* Empties everything, on creation. */
void tlb_init(Cpu *cpu);
