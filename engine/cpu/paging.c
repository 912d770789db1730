/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page walks: 32-bit with PSE and PSE-36, PAE, 4-level and 5-level paging (SDM volume 3, 4.3 to 4.5).
 *
 * A walk reads one entry per level, gathers the rights on its way, checks them, and only then sets accessed and dirty bits,
 * each by an atomic compare-and-swap against the value that was checked: if another processor changed an entry meanwhile,
 * the walk begins again. */
#include "cpu/paging.h"

#include "cpu/access.h"

enum {
	PTE_P = 1, PTE_RW = 2, PTE_US = 4, PTE_A = 0x20, PTE_D = 0x40, PTE_PS = 0x80, PTE_G = 0x100,
	PTE_KEY_SHIFT = 59,
};
#define PTE_NX ((uint64_t)1 << 63)
#define ADDRESS_MASK 0x000ffffffffff000ull

enum { PKRU_AD = 1, PKRU_WD = 2 };

typedef struct WalkStep {
	uint64_t address, entry;
	unsigned size; /* of the entry, 4 or 8 bytes */
} WalkStep;

typedef struct Walk {
	Cpu *cpu;
	uint64_t linear;
	WalkStep step[5];
	unsigned steps;
	bool user, writable, nx; /* gathered rights of the page */
	uint64_t leaf, phys;
	unsigned page_bits;
	bool reserved, present;
} Walk;

static uint64_t reserved_address_bits(const Cpu *cpu)
{
	return ADDRESS_MASK & ~cpu->bus.phys_mask;
}

static uint64_t read_entry(Walk *w, uint64_t address, unsigned size)
{
	WalkStep *step = &w->step[w->steps++];
	step->address = address;
	step->size = size;
	step->entry = phys_read(w->cpu, address, size);
	return step->entry;
}

static void gather(Walk *w, uint64_t entry)
{
	w->user &= (entry & PTE_US) != 0;
	w->writable &= (entry & PTE_RW) != 0;
	w->nx |= (entry & PTE_NX) != 0;
}

static void set_leaf(Walk *w, uint64_t entry, uint64_t base, unsigned page_bits)
{
	uint64_t offset_mask = ((uint64_t)1 << page_bits) - 1;
	w->leaf = entry;
	w->page_bits = page_bits;
	w->phys = ((base & ~offset_mask) | (w->linear & offset_mask)) & ~(uint64_t)0xfff;
}

static void walk32(Walk *w)
{
	Cpu *cpu = w->cpu;
	uint64_t pde = read_entry(w, (cpu->cr3 & 0xfffff000) | (w->linear >> 20 & 0xffc), 4);
	w->present = pde & PTE_P;
	if (!w->present)
		return;
	gather(w, pde);
	if ((pde & PTE_PS) && (cpu->cr4 & CR4_PSE)) {
		uint64_t high = cpu_has(cpu, FEATURE_PSE36) ? (pde >> 13 & 0xff) << 32 : 0;
		w->reserved = (pde & 1 << 21) || (cpu_has(cpu, FEATURE_PSE36) ? (high & ~cpu->bus.phys_mask) != 0 : (pde & 0x1fe000) != 0);
		set_leaf(w, pde, (pde & 0xffc00000) | high, 22);
		return;
	}
	uint64_t pte = read_entry(w, (pde & 0xfffff000) | (w->linear >> 10 & 0xffc), 4);
	w->present = pte & PTE_P;
	if (!w->present)
		return;
	gather(w, pte);
	set_leaf(w, pte, pte & 0xfffff000, 12);
}

/* The levels of 8-byte entries, from `level` (1: page table) down; `table` is the physical address of the first. */
static void walk64(Walk *w, unsigned level, uint64_t table)
{
	Cpu *cpu = w->cpu;
	bool long_mode = cpu->efer & EFER_LMA;
	uint64_t reserved = reserved_address_bits(cpu) | (cpu->efer & EFER_NXE ? 0 : PTE_NX) | (long_mode ? 0 : 0x7ff0000000000000ull);
	for (;; level--) {
		unsigned shift = 12 + 9 * (level - 1);
		uint64_t entry = read_entry(w, table | (w->linear >> shift & 0x1ff) << 3, 8);
		w->present = entry & PTE_P;
		if (!w->present)
			return;
		gather(w, entry);
		w->reserved = entry & reserved;
		bool large = level > 1 && (entry & PTE_PS);
		if (large && (level > 3 || (level == 3 && !cpu_has(cpu, FEATURE_PDPE1GB))))
			w->reserved = true;
		if (large && !w->reserved)
			w->reserved = entry & (((uint64_t)1 << shift) - 1) & ~(uint64_t)0x1fff;
		if (w->reserved)
			return;
		if (large || level == 1) {
			set_leaf(w, entry, entry & ADDRESS_MASK, shift);
			return;
		}
		table = entry & ADDRESS_MASK;
	}
}

static void walk_pae(Walk *w)
{
	uint64_t pdpte = w->cpu->pdpte[w->linear >> 30 & 3];
	w->present = pdpte & PTE_P;
	if (w->present)
		walk64(w, 2, pdpte & ADDRESS_MASK);
}

static void walk_levels(Walk *w)
{
	Cpu *cpu = w->cpu;
	w->steps = 0;
	w->user = w->writable = true;
	w->nx = w->reserved = w->present = false;
	if (cpu->efer & EFER_LMA)
		walk64(w, cpu->cr4 & CR4_LA57 ? 5 : 4, cpu->cr3 & ADDRESS_MASK);
	else if (cpu->cr4 & CR4_PAE)
		walk_pae(w);
	else
		walk32(w);
}

/* 4.6.2: what the protection key of a user page takes away; bits PKRU_AD, PKRU_WD. */
static unsigned key_denies(const Walk *w)
{
	const Cpu *cpu = w->cpu;
	if (!(cpu->cr4 & CR4_PKE) || !(cpu->efer & EFER_LMA) || !w->user)
		return 0;
	return cpu->pkru >> (2 * (w->leaf >> PTE_KEY_SHIFT & 15)) & 3;
}

static bool class_is_user(unsigned class)
{
	return class == TLB_USER || class == TLB_USER_ALIGN;
}

static bool may_read(const Walk *w, unsigned class)
{
	if (class_is_user(class))
		return w->user;
	return !(class == TLB_KERNEL_SMAP && w->user);
}

static bool may_write(const Walk *w, unsigned class)
{
	return may_read(w, class) && (w->writable || (!class_is_user(class) && !(w->cpu->cr0 & CR0_WP)));
}

static bool may_fetch(const Walk *w, unsigned class)
{
	if (w->nx && (w->cpu->efer & EFER_NXE))
		return false;
	if (class_is_user(class))
		return w->user;
	return !((w->cpu->cr4 & CR4_SMEP) && w->user);
}

/* 0, or the error code's bits of a page that is there but forbidden */
static uint32_t protection_error(const Walk *w, PagingAccess access, unsigned class)
{
	bool allowed = access == PAGING_FETCH ? may_fetch(w, class) :
		       access == PAGING_WRITE ? may_write(w, class) : may_read(w, class);
	if (!allowed)
		return PF_PRESENT;
	if (access == PAGING_FETCH)
		return 0;
	unsigned denied = key_denies(w);
	bool write_counts = class_is_user(class) || (w->cpu->cr0 & CR0_WP);
	if ((denied & PKRU_AD) || ((denied & PKRU_WD) && access == PAGING_WRITE && write_counts))
		return PF_PRESENT | PF_KEY;
	return 0;
}

static uint32_t error_code(const Walk *w, PagingAccess access, unsigned class, uint32_t cause)
{
	const Cpu *cpu = w->cpu;
	bool fetch_shown = (cpu->cr4 & CR4_SMEP) || ((cpu->cr4 & CR4_PAE) && (cpu->efer & EFER_NXE));
	return cause | (access == PAGING_WRITE ? PF_WRITE : 0) | (class_is_user(class) ? PF_USER : 0) |
	       (access == PAGING_FETCH && fetch_shown ? PF_FETCH : 0);
}

static bool update_entry(Cpu *cpu, const WalkStep *step, uint64_t bits)
{
	uint64_t entry = step->entry, address = step->address;
	if ((entry & bits) == bits)
		return true;
	if (cpu->a20_masked)
		address &= ~((uint64_t)1 << 20);
	CpuPage page = cpu->bus.page(cpu->bus.owner, address & cpu->bus.phys_mask & ~(uint64_t)0xfff);
	uint8_t *p = page.host ? page.host + (address & 0xfff) : NULL;
	if (!p || !page.writable) {
		phys_write(cpu, step->address, entry | bits, step->size);
		return true;
	}
	if (UNLIKELY(cpu->watcher != NULL))
		cpu->watcher->table(cpu, &page);
	if (step->size == 4) {
		uint32_t expected = (uint32_t)entry;
		return __atomic_compare_exchange_n((uint32_t *)(void *)p, &expected, (uint32_t)(entry | bits), false, __ATOMIC_SEQ_CST,
						   __ATOMIC_SEQ_CST);
	}
	return __atomic_compare_exchange_n((uint64_t *)(void *)p, &entry, entry | bits, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool set_accessed(const Walk *w, bool write)
{
	for (unsigned n = 0; n < w->steps; n++) {
		bool leaf = n + 1 == w->steps;
		if (!update_entry(w->cpu, &w->step[n], PTE_A | (leaf && write ? PTE_D : 0)))
			return false;
	}
	return true;
}

static void fill_translation(const Walk *w, PagingAccess access, unsigned class, Translation *out)
{
	unsigned denied = key_denies(w);
	bool dirty = (w->leaf & PTE_D) || access == PAGING_WRITE;
	bool write_counts = class_is_user(class) || (w->cpu->cr0 & CR0_WP);
	out->phys = w->phys;
	out->read = may_read(w, class) && !(denied & PKRU_AD);
	out->write = out->read && dirty && may_write(w, class) && !((denied & PKRU_WD) && write_counts);
	out->global = (w->leaf & PTE_G) && (w->cpu->cr4 & CR4_PGE);
	out->large = w->page_bits > 12;
}

bool paging_walk(Cpu *cpu, uint64_t linear, PagingAccess access, unsigned class, Translation *out, uint32_t *error)
{
	if (!(cpu->cr0 & CR0_PG)) {
		*out = (Translation){ .phys = linear & ~(uint64_t)0xfff, .read = true, .write = true };
		return true;
	}
	Walk w = { .cpu = cpu, .linear = linear };
	uint32_t cause;
	do {
		walk_levels(&w);
		cause = !w.present ? 0 : w.reserved ? PF_PRESENT | PF_RESERVED : protection_error(&w, access, class);
		if (!w.present || cause) {
			*error = error_code(&w, access, class, cause);
			return false;
		}
	} while (!set_accessed(&w, access == PAGING_WRITE));
	fill_translation(&w, access, class, out);
	return true;
}

/* 4.4.1: bits 2:1, 8:5 and those above the physical address width */
bool paging_read_pdptes(Cpu *cpu, uint64_t cr3, uint64_t pdpte[4])
{
	uint64_t reserved = 0x1e6 | 0xfff0000000000000ull | reserved_address_bits(cpu);
	bool ok = true;
	for (unsigned n = 0; n < 4; n++) {
		pdpte[n] = phys_read(cpu, (cr3 & 0xffffffe0) + 8 * n, 8);
		ok &= !(pdpte[n] & PTE_P) || !(pdpte[n] & reserved);
	}
	return ok;
}

void paging_load_cr3(Cpu *cpu, uint64_t cr3)
{
	if ((cpu->cr0 & CR0_PG) && (cpu->cr4 & CR4_PAE) && !(cpu->efer & EFER_LMA)) {
		uint64_t pdpte[4];
		if (!paging_read_pdptes(cpu, cr3, pdpte))
			fault_gp(cpu, 0);
		memcpy(cpu->pdpte, pdpte, sizeof pdpte);
	}
	cpu->cr3 = cr3;
	tlb_flush(cpu, false);
}

void paging_mode_changed(Cpu *cpu)
{
	tlb_flush(cpu, true);
}

bool cpu_debug_translate(Cpu *cpu, uint64_t linear, uint64_t *phys)
{
	Walk w = { .cpu = cpu, .linear = linear, .present = true, .phys = linear };
	if (cpu->cr0 & CR0_PG)
		walk_levels(&w);
	*phys = (w.phys & ~(uint64_t)0xfff) | (linear & 0xfff);
	return w.present && !w.reserved;
}
