/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/tlb.h"

#include "cpu/access.h"
#include "cpu/debug.h"

#define PAGE_MASK (~(uint64_t)0xfff)
#define FETCH_NO_TAG (~(uint64_t)0)

CpuPage phys_page(Cpu *cpu, uint64_t *phys)
{
	*phys &= cpu->bus.phys_mask;
	if (cpu->a20_masked)
		*phys &= ~((uint64_t)1 << 20);
	return cpu->bus.page(cpu->bus.owner, *phys & PAGE_MASK);
}

/* Stores go by the fast path only to memory without decoded code. */
static bool fast_writable(const CpuPage *ram)
{
	return ram->writable && (!ram->code_lines || !__atomic_load_n(ram->code_lines, __ATOMIC_ACQUIRE));
}

/* The logs keep their rows, whatever becomes of the entry. */
static void drop(Cpu *cpu, unsigned class, unsigned index)
{
	cpu->tlb[class].read[index] = cpu->tlb[class].write[index] = cpu->tlb_miss;
	cpu->tlb_info[class][index].page &= TLB_IN_LOGS;
	cpu->tlb_info[class][index].global = false;
}

static void fill(Cpu *cpu, uint64_t page, unsigned class, const Translation *t)
{
	unsigned index = tlb_index(page);
	TlbSet *tlb = &cpu->tlb[class];
	TlbInfo *info = &cpu->tlb_info[class][index];
	uint64_t logs = info->page & TLB_IN_LOGS, log = (uint64_t)TLB_LOGGED << t->global;
	if (!(logs & log))
		cpu->tlb_log[class][t->global][cpu->tlb_logged[class][t->global]++] = (uint16_t)index;
	info->page = page | TLB_VALID | logs | log;
	info->phys = t->phys;
	info->ram = phys_page(cpu, &info->phys);
	info->allow = (uint8_t)((t->read ? TLB_READ : 0) | (t->write ? TLB_WRITE : 0));
	info->global = t->global;
	tlb->read[index] = tlb->write[index] = cpu->tlb_miss;
	if (t->large) {
		cpu->large_first = MIN(cpu->large_first, page);
		cpu->large_last = MAX(cpu->large_last, page);
	}
	if (!info->ram.host || class == TLB_USER_ALIGN || debug_page_watched(cpu, page))
		return;
	tlb->addend[index] = (uintptr_t)info->ram.host - page;
	if (t->read)
		tlb->read[index] = -page;
	if (t->write && !cpu->watcher && fast_writable(&info->ram))
		tlb->write[index] = -page;
}

static const TlbInfo *tell_store(Cpu *cpu, unsigned class, unsigned index)
{
	const TlbInfo *info = &cpu->tlb_info[class][index];
	uint64_t page = info->page & PAGE_MASK;
	if (info->ram.host && info->ram.writable && cpu->watcher->store(cpu, &info->ram, class, (int)index) && class != TLB_USER_ALIGN &&
	    !debug_page_watched(cpu, page) && fast_writable(&info->ram))
		cpu->tlb[class].write[index] = -page;
	return info;
}

static bool is_filled_for(const TlbInfo *info, uint64_t page)
{
	return (info->page & ~(uint64_t)TLB_IN_LOGS) == (page | TLB_VALID);
}

const TlbInfo *tlb_lookup(Cpu *cpu, uint64_t linear, PagingAccess access, unsigned class)
{
	uint64_t page = linear & PAGE_MASK;
	TlbInfo *info = &cpu->tlb_info[class][tlb_index(page)];
	bool watched = UNLIKELY(cpu->watcher != NULL) && access == PAGING_WRITE;
	if (is_filled_for(info, page) && (info->allow & (access == PAGING_WRITE ? TLB_WRITE : TLB_READ)))
		return watched ? tell_store(cpu, class, tlb_index(page)) : info;
	Translation t;
	uint32_t error;
	cpu->slow[!(info->page & TLB_VALID) ? SLOW_NEW : (info->page & PAGE_MASK) == page ? SLOW_RIGHTS : SLOW_CONFLICT]++;
	if (!paging_walk(cpu, linear, access, class, &t, &error))
		cpu_page_fault(cpu, linear, error);
	fill(cpu, page, class, &t);
	return watched ? tell_store(cpu, class, tlb_index(page)) : info;
}

static bool fetch_entry_holds(const Cpu *cpu, const FetchEntry *e, uint64_t page)
{
	return e->tag == page && e->generation == cpu->fetch_generation[e->global];
}

bool tlb_fetches_global(const Cpu *cpu, uint64_t linear)
{
	uint64_t page = linear & PAGE_MASK;
	const FetchEntry *e = &cpu->fetch[cpu->cpl == 3][page >> 12 & (FETCH_SIZE - 1)];
	return e->global && fetch_entry_holds(cpu, e, page);
}

const FetchEntry *tlb_fetch(Cpu *cpu, uint64_t linear)
{
	uint64_t page = linear & PAGE_MASK;
	bool user = cpu->cpl == 3;
	FetchEntry *e = &cpu->fetch[user][page >> 12 & (FETCH_SIZE - 1)];
	if (LIKELY(fetch_entry_holds(cpu, e, page)))
		return e;
	Translation t;
	uint32_t error;
	if (!paging_walk(cpu, linear, PAGING_FETCH, user ? TLB_USER : TLB_KERNEL, &t, &error))
		cpu_page_fault(cpu, linear, error);
	e->tag = page;
	e->phys = t.phys;
	e->ram = phys_page(cpu, &e->phys);
	e->global = t.global;
	e->generation = cpu->fetch_generation[t.global];
	if (t.large) {
		cpu->large_first = MIN(cpu->large_first, page);
		cpu->large_last = MAX(cpu->large_last, page);
	}
	return e;
}

static void protect_logged(Cpu *cpu, unsigned class, unsigned global, uint64_t phys)
{
	for (unsigned n = 0; n < cpu->tlb_logged[class][global]; n++) {
		unsigned index = cpu->tlb_log[class][global][n];
		if (cpu->tlb_info[class][index].phys == phys)
			cpu->tlb[class].write[index] = cpu->tlb_miss;
	}
}

void tlb_protect_code(Cpu *cpu, uint64_t phys)
{
	for (unsigned class = 0; class < TLB_CLASSES; class++)
		for (unsigned global = 0; global < 2; global++)
			protect_logged(cpu, class, global, phys);
}

/* A place that was filled for another page since may be in both logs. */
static void flush_log(Cpu *cpu, unsigned class, unsigned global)
{
	for (unsigned n = 0; n < cpu->tlb_logged[class][global]; n++) {
		unsigned index = cpu->tlb_log[class][global][n];
		TlbInfo *info = &cpu->tlb_info[class][index];
		if (info->global == global)
			drop(cpu, class, index);
		info->page &= ~((uint64_t)TLB_LOGGED << global);
	}
	cpu->tlb_logged[class][global] = 0;
}

void tlb_flush(Cpu *cpu, bool global_too)
{
	for (unsigned global = 0; global <= global_too; global++) {
		for (unsigned class = 0; class < TLB_CLASSES; class++)
			flush_log(cpu, class, global);
		cpu->fetch_generation[global]++;
	}
	if (global_too) {
		cpu->large_first = ~(uint64_t)0;
		cpu->large_last = 0;
	}
	cpu->map_generation++;
	if (cpu->translator)
		cpu->translator->mapping_changed(cpu, global_too);
}

void tlb_flush_page(Cpu *cpu, uint64_t linear)
{
	uint64_t page = linear & PAGE_MASK;
	/* A large page's pieces are separate entries; INVLPG on any of its addresses drops them all. */
	if (page >= (cpu->large_first & ~(((uint64_t)1 << 30) - 1)) && page <= (cpu->large_last | (((uint64_t)1 << 30) - 1))) {
		tlb_flush(cpu, true);
		return;
	}
	unsigned index = tlb_index(page);
	for (unsigned class = 0; class < TLB_CLASSES; class++)
		if (is_filled_for(&cpu->tlb_info[class][index], page))
			drop(cpu, class, index);
	for (unsigned user = 0; user < 2; user++)
		if (cpu->fetch[user][page >> 12 & (FETCH_SIZE - 1)].tag == page)
			cpu->fetch[user][page >> 12 & (FETCH_SIZE - 1)].tag = FETCH_NO_TAG;
	cpu->map_generation++;
	if (cpu->translator)
		cpu->translator->page_changed(cpu, page);
}

/* What memory full of zeros doesn't say, see TlbSet. */
void tlb_init(Cpu *cpu)
{
	const uint64_t not_canonical = 0x4000000000000000, lot = (uint64_t)g_random_int() << 32 | g_random_int();
	cpu->tlb_miss = -(not_canonical | (lot & 0x0ffffffffffff000));
	for (unsigned class = 0; class < TLB_CLASSES; class++) {
		cpu->tlb[class].read[0] = cpu->tlb[class].write[0] = cpu->tlb_miss;
		cpu->tlb[class].read[TLB_SIZE - 1] = cpu->tlb[class].write[TLB_SIZE - 1] = cpu->tlb_miss;
	}
	tlb_flush(cpu, true);
}
