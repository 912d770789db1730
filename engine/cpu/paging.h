/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linear to physical addresses: page walks (SDM volume 3, chapter 4). */
#pragma once

#include "cpu/state.h"

typedef enum PagingAccess { PAGING_READ, PAGING_WRITE, PAGING_FETCH } PagingAccess;

typedef struct Translation {
	uint64_t phys;		 /* of the 4 KiB page, before the A20 mask */
	bool read, write;	 /* what this class of access may do without another walk: `write` only once the dirty bit is set */
	bool global, large;
} Translation;

/* Walks for an access of TLB class `class`. Sets accessed and dirty bits and returns true, or returns false with #PF's error
 * code and changes nothing. */
bool paging_walk(Cpu *cpu, uint64_t linear, PagingAccess access, unsigned class, Translation *out, uint32_t *error_code);

/* MOV to CR3 and task switches: in PAE mode loads and checks the page-directory-pointer entries, #GP(0) before any change.
 * Flushes the TLB. */
void paging_load_cr3(Cpu *cpu, uint64_t cr3);
/* After a change of CR0, CR4 or EFER bits that paging depends on: flushes everything. */
void paging_mode_changed(Cpu *cpu);
/* PAE's four entries from memory at cr3; false: a reserved bit is set. */
bool paging_read_pdptes(Cpu *cpu, uint64_t cr3, uint64_t pdpte[4]);
