/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rare paths of memory access: limits that aren't plain, TLB misses, pages crossed, devices, watched and translated pages.
 *
 * An access is cut where it crosses a page (Span). Every part is translated, with its rights, before any is touched. */
#include "cpu/access.h"

#include "cpu/block.h"
#include "cpu/cpuid_leaf.h"
#include "cpu/debug.h"
#include "cpu/tlb.h"

/* ---- segments ---- */

static bool within_limit(const Segment *s, uint64_t offset, unsigned size)
{
	uint64_t last = offset + size - 1;
	if ((s->attr & (AR_CODE | AR_EXPAND_DOWN)) != AR_EXPAND_DOWN)
		return last <= s->limit;
	return offset > s->limit && last <= (s->attr & AR_DB ? 0xffffffffu : 0xffffu);
}

void segment_check(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size, AccessKind kind)
{
	const Segment *s = &cpu->seg[segment];
	bool code = s->attr & AR_CODE;
	bool allowed = s->usable && (kind == ACCESS_WRITE ? !code && (s->attr & AR_WRITABLE) : !code || (s->attr & AR_READABLE));
	if (allowed && within_limit(s, offset, size))
		return;
	if (segment == SS)
		fault_ss(cpu, 0);
	fault_gp(cpu, 0);
}

static void refresh_ends(const Cpu *cpu, unsigned segment, Segment *s)
{
	if ((cpu->mode & MODE_CODE) == MODE_CODE64) {
		s->eff_base = segment >= FS ? s->base : 0;
		s->read_end = s->write_end = ~(uint64_t)0;
		return;
	}
	s->eff_base = s->base;
	s->read_end = s->write_end = 0;
	bool code = s->attr & AR_CODE;
	if (!s->usable || (!code && (s->attr & AR_EXPAND_DOWN)))
		return;
	uint64_t end = (uint64_t)s->limit + 1;
	if (!code || (s->attr & AR_READABLE))
		s->read_end = end;
	if (!code && (s->attr & AR_WRITABLE))
		s->write_end = end;
}

static bool has_no_limit(const Segment *s)
{
	return s->read_end >> 32 && s->write_end >> 32;
}

static bool is_flat(const Segment *s)
{
	return s->eff_base == 0 && has_no_limit(s);
}

static void refresh_mode(Cpu *cpu)
{
	const Segment *cs = &cpu->seg[CS];
	if ((cpu->mode & MODE_CODE) == MODE_CODE64) {
		cpu->mode |= MODE_FLAT | MODE_FREE_FS | MODE_FREE_GS;
		return;
	}
	cpu->mode &= ~(uint32_t)(MODE_FLAT | MODE_FREE_FS | MODE_FREE_GS);
	if (cs->eff_base == 0 && cs->limit == 0xffffffff && cs->read_end && is_flat(&cpu->seg[DS]) && is_flat(&cpu->seg[ES]) && is_flat(&cpu->seg[SS]))
		cpu->mode |= MODE_FLAT;
	cpu->mode |= has_no_limit(&cpu->seg[FS]) ? MODE_FREE_FS : 0;
	cpu->mode |= has_no_limit(&cpu->seg[GS]) ? MODE_FREE_GS : 0;
}

void segment_refresh(Cpu *cpu, unsigned segment)
{
	refresh_ends(cpu, segment, &cpu->seg[segment]);
	refresh_mode(cpu);
}

void segment_refresh_all(Cpu *cpu)
{
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		refresh_ends(cpu, n, &cpu->seg[n]);
	refresh_mode(cpu);
}

bool is_canonical(const Cpu *cpu, uint64_t linear)
{
	if (!(cpu->mode & MODE_LONG))
		return true;
	unsigned shift = cpu->cr4 & CR4_LA57 ? 64 - 57 : 64 - 48;
	return (uint64_t)((int64_t)(linear << shift) >> shift) == linear;
}

/* ---- spans ---- */

typedef struct Span {
	const TlbInfo *info[2];
	TlbInfo copy;	 /* of the first page: translating the second may reuse its entry */
	uint64_t linear;
	unsigned part[2]; /* bytes in each page */
} Span;

static void check_linear(Cpu *cpu, unsigned segment, uint64_t linear, unsigned size)
{
	if (LIKELY(is_canonical(cpu, linear) && is_canonical(cpu, linear + size - 1)))
		return;
	if (segment == SS)
		fault_ss(cpu, 0);
	fault_gp(cpu, 0);
}

/* SDM volume 3, table 6-7: extended reals want 8 bytes. Vectors that needn't be aligned are checked by AMD's processors and not by
 * Intel's. */
static unsigned alignment(const Cpu *cpu, unsigned size)
{
	if (size <= 8)
		return size;
	switch (size) {
	case 10: return 8;
	case 14: case 94: return 2; /* x87 environment and state */
	case 28: case 108: return 4;
	case 16: case 32: return cpu_is_amd(cpu) ? 16 : 1;
	default: return 1;
	}
}

static void check_linear_alignment(Cpu *cpu, unsigned class, uint64_t linear, unsigned size)
{
	if (UNLIKELY(class == TLB_USER_ALIGN) && (linear & (alignment(cpu, size) - 1)))
		cpu_fault_code(cpu, VECTOR_AC, 0);
}

static void count_slow(Cpu *cpu, const Span *span, PagingAccess access, unsigned class)
{
	const CpuPage *ram = &span->copy.ram;
	if (span->part[1])
		cpu->slow[SLOW_CROSSING]++;
	else if (!ram->host)
		cpu->slow[SLOW_DEVICE]++;
	else if (cpu->watch_enabled || class == TLB_USER_ALIGN)
		cpu->slow[SLOW_WATCHED]++;
	else if (access == PAGING_WRITE && ram->code_lines && __atomic_load_n(ram->code_lines, __ATOMIC_RELAXED))
		cpu->slow[SLOW_CODE]++;
}

static void span_make(Cpu *cpu, Span *span, unsigned segment, uint64_t linear, unsigned size, PagingAccess access, unsigned class)
{
	unsigned room = 4096 - (linear & 0xfff);
	check_linear(cpu, segment, linear, size);
	check_linear_alignment(cpu, class, linear, size);
	span->linear = linear;
	span->part[0] = MIN(size, room);
	span->part[1] = size - span->part[0];
	span->copy = *tlb_lookup(cpu, linear, access, class);
	span->info[0] = &span->copy;
	if (span->part[1])
		span->info[1] = tlb_lookup(cpu, (linear + span->part[0]) & cpu->linear_mask, access, class);
	if (UNLIKELY(cpu->watch_enabled))
		debug_data_access(cpu, linear, size, access == PAGING_WRITE);
	count_slow(cpu, span, access, class);
}

/* A device sees naturally aligned pieces of at most 8 bytes. */
static unsigned bus_piece(uint64_t phys, unsigned size)
{
	unsigned piece = 8;
	while (piece > size || (phys & (piece - 1)))
		piece >>= 1;
	return piece;
}

static void bus_read(Cpu *cpu, uint64_t phys, uint8_t *to, unsigned size)
{
	while (size) {
		/* An unaligned access within a device's register is passed on as it is when it has a size of its own. */
		unsigned piece = size == 1 || size == 2 || size == 4 || size == 8 ? size : bus_piece(phys, size);
		uint64_t value = cpu->bus.read(cpu->bus.owner, phys, piece);
		memcpy(to, &value, piece);
		to += piece;
		phys += piece;
		size -= piece;
	}
}

static void bus_write(Cpu *cpu, uint64_t phys, const uint8_t *from, unsigned size)
{
	while (size) {
		unsigned piece = size == 1 || size == 2 || size == 4 || size == 8 ? size : bus_piece(phys, size);
		uint64_t value = 0;
		memcpy(&value, from, piece);
		cpu->bus.write(cpu->bus.owner, phys, value, piece);
		from += piece;
		phys += piece;
		size -= piece;
	}
}

/* Stores beside a page's code are slow. Many of them mean that the code may be long gone, with the program that it was of: then all of it
 * is forgotten. If not, it is decoded again, which costs no more than those stores did. */
static uint64_t stale_lines(Cpu *cpu, uint64_t page, uint64_t lines)
{
	enum { MANY = 64 };
	CodeStores *s = &cpu->code_stores[page >> 12 & (G_N_ELEMENTS(cpu->code_stores) - 1)];
	if (s->page != page)
		*s = (CodeStores){ .page = page };
	/* Not under a watcher, which has each store done twice. */
	if (++s->count < MANY || cpu->watcher)
		return 0;
	s->count = 0;
	return lines;
}

/* Code that has been decoded from these bytes, here or by other processors, is void. The store comes before the test and
 * decoding marks its lines before it reads, so one of both sees the other. */
static void ram_written(Cpu *cpu, const CpuPage *ram, uint64_t phys, unsigned size)
{
	if (!ram->code_lines)
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	uint64_t lines = __atomic_load_n(ram->code_lines, __ATOMIC_RELAXED);
	if (LIKELY(!lines))
		return;
	uint64_t page = phys & ~(uint64_t)0xfff, hit = lines & code_lines_of(phys, size);
	if (!hit && !(hit = stale_lines(cpu, page, lines)))
		return;
	if (UNLIKELY(cpu->watcher != NULL) && cpu->watcher->code(cpu, page, hit))
		return;
	__atomic_fetch_and(ram->code_lines, ~hit, __ATOMIC_SEQ_CST);
	blocks_invalidate(cpu, page, hit);
	if (cpu->bus.code_written)
		cpu->bus.code_written(cpu->bus.owner, page, hit);
}

static void page_read(Cpu *cpu, const CpuPage *ram, uint64_t phys, void *to, unsigned size)
{
	if (!ram->host) {
		bus_read(cpu, phys, to, size);
	} else if (size == 1 || size == 2 || size == 4 || size == 8) {
		uint64_t value = host_read(ram->host + (phys & 0xfff), size);
		memcpy(to, &value, size);
	} else {
		memcpy(to, ram->host + (phys & 0xfff), size);
	}
}

static void page_write(Cpu *cpu, const CpuPage *ram, uint64_t phys, const void *from, unsigned size)
{
	if (!ram->host || !ram->writable) {
		bus_write(cpu, phys, from, size);
		return;
	}
	if (size == 1 || size == 2 || size == 4 || size == 8) {
		uint64_t value = 0;
		memcpy(&value, from, size);
		host_write(ram->host + (phys & 0xfff), value, size);
	} else {
		memcpy(ram->host + (phys & 0xfff), from, size);
	}
	ram_written(cpu, ram, phys, size);
}

static uint64_t span_phys(const Span *span, unsigned n)
{
	return n ? span->info[1]->phys : span->info[0]->phys | (span->linear & 0xfff);
}

static void span_read(Cpu *cpu, const Span *span, void *to)
{
	page_read(cpu, &span->info[0]->ram, span_phys(span, 0), to, span->part[0]);
	if (span->part[1])
		page_read(cpu, &span->info[1]->ram, span_phys(span, 1), (uint8_t *)to + span->part[0], span->part[1]);
}

static void span_write(Cpu *cpu, const Span *span, const void *from)
{
	page_write(cpu, &span->info[0]->ram, span_phys(span, 0), from, span->part[0]);
	if (span->part[1])
		page_write(cpu, &span->info[1]->ram, span_phys(span, 1), (const uint8_t *)from + span->part[0], span->part[1]);
}

static void class_read(Cpu *cpu, unsigned class, unsigned segment, uint64_t linear, void *to, unsigned size)
{
	Span span;
	span_make(cpu, &span, segment, linear, size, PAGING_READ, class);
	span_read(cpu, &span, to);
}

static void class_write(Cpu *cpu, unsigned class, unsigned segment, uint64_t linear, const void *from, unsigned size)
{
	Span span;
	span_make(cpu, &span, segment, linear, size, PAGING_WRITE, class);
	span_write(cpu, &span, from);
}

static void class_probe(Cpu *cpu, unsigned class, unsigned segment, uint64_t linear, unsigned size, PagingAccess access)
{
	check_linear(cpu, segment, linear, size);
	check_linear_alignment(cpu, class, linear, size);
	tlb_lookup(cpu, linear, access, class);
	uint64_t last_page = (linear + size - 1) & cpu->linear_mask & ~(uint64_t)0xfff;
	if (last_page != (linear & ~(uint64_t)0xfff))
		tlb_lookup(cpu, last_page, access, class);
}

/* ---- explicit accesses ---- */

uint64_t mem_read_slow(Cpu *cpu, unsigned segment, uint64_t linear, unsigned size)
{
	uint64_t value = 0;
	class_read(cpu, cpu->tlb_class, segment, linear, &value, size);
	return value;
}

void mem_write_slow(Cpu *cpu, unsigned segment, uint64_t linear, uint64_t value, unsigned size)
{
	class_write(cpu, cpu->tlb_class, segment, linear, &value, size);
}

void lin_read_bytes(Cpu *cpu, unsigned segment, uint64_t linear, void *to, unsigned size)
{
	const TlbSet *tlb = &cpu->tlb[cpu->tlb_class];
	unsigned index = tlb_index(linear);
	if (tlb_hit(tlb->read[index], linear, size))
		memcpy(to, (const uint8_t *)(tlb->addend[index] + linear), size);
	else
		class_read(cpu, cpu->tlb_class, segment, linear, to, size);
}

void lin_write_bytes(Cpu *cpu, unsigned segment, uint64_t linear, const void *from, unsigned size)
{
	const TlbSet *tlb = &cpu->tlb[cpu->tlb_class];
	unsigned index = tlb_index(linear);
	if (tlb_hit(tlb->write[index], linear, size))
		memcpy((uint8_t *)(tlb->addend[index] + linear), from, size);
	else
		class_write(cpu, cpu->tlb_class, segment, linear, from, size);
}

uint64_t mem_read_element(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size)
{
	uint64_t value = 0, linear = mem_linear(cpu, segment, offset, size, ACCESS_READ);
	class_read(cpu, cpu->tlb_class == TLB_USER_ALIGN ? TLB_USER : cpu->tlb_class, segment, linear, &value, size);
	return value;
}

void mem_probe_element(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size)
{
	uint64_t linear = mem_linear(cpu, segment, offset, size, ACCESS_WRITE);
	class_probe(cpu, cpu->tlb_class == TLB_USER_ALIGN ? TLB_USER : cpu->tlb_class, segment, linear, size, PAGING_WRITE);
}

void mem_write_element(Cpu *cpu, unsigned segment, uint64_t offset, uint64_t value, unsigned size)
{
	uint64_t linear = mem_linear(cpu, segment, offset, size, ACCESS_WRITE);
	class_write(cpu, cpu->tlb_class == TLB_USER_ALIGN ? TLB_USER : cpu->tlb_class, segment, linear, &value, size);
}

static void check_alignment(Cpu *cpu, uint64_t linear, unsigned align)
{
	if (align && (linear & (align - 1)))
		fault_gp(cpu, 0);
}

void mem_read_bytes(Cpu *cpu, unsigned segment, uint64_t offset, void *to, unsigned size, unsigned align)
{
	check_alignment(cpu, cpu->seg[segment].eff_base + offset, align);
	uint64_t linear = mem_linear(cpu, segment, offset, size, ACCESS_READ);
	lin_read_bytes(cpu, segment, linear, to, size);
}

void mem_write_bytes(Cpu *cpu, unsigned segment, uint64_t offset, const void *from, unsigned size, unsigned align)
{
	check_alignment(cpu, cpu->seg[segment].eff_base + offset, align);
	uint64_t linear = mem_linear(cpu, segment, offset, size, ACCESS_WRITE);
	lin_write_bytes(cpu, segment, linear, from, size);
}

void mem_probe_write(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size)
{
	class_probe(cpu, cpu->tlb_class, segment, mem_linear(cpu, segment, offset, size, ACCESS_WRITE), size, PAGING_WRITE);
}

void mem_probe_read(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size)
{
	class_probe(cpu, cpu->tlb_class, segment, mem_linear(cpu, segment, offset, size, ACCESS_READ), size, PAGING_READ);
}

/* ---- read-modify-write ---- */

/* Memory that code was decoded from, too, so that its invalidation goes through mem_write_slow() or rmw_end_locked(). */
uint64_t rmw_begin_slow(Cpu *cpu, MemRmw *m)
{
	Span span;
	uint64_t value = 0;
	m->host = NULL;
	span_make(cpu, &span, m->segment, m->linear, m->size, PAGING_WRITE, cpu->tlb_class);
	span_read(cpu, &span, &value);
	return value;
}

static bool host_compare_exchange(uint8_t *p, uint64_t old, uint64_t new, unsigned size)
{
	switch (size) {
	case 1: {
		uint8_t expected = (uint8_t)old;
		return __atomic_compare_exchange_n(p, &expected, (uint8_t)new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	}
	case 2: {
		uint16_t expected = (uint16_t)old;
		return __atomic_compare_exchange_n((uint16_t *)(void *)p, &expected, (uint16_t)new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	}
	case 4: {
		uint32_t expected = (uint32_t)old;
		return __atomic_compare_exchange_n((uint32_t *)(void *)p, &expected, (uint32_t)new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	}
	default:
		return __atomic_compare_exchange_n((uint64_t *)(void *)p, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	}
}

/* Unaligned, crossing pages, or on a device: the board stops the other processors, if it has any. */
static bool end_under_lock(Cpu *cpu, MemRmw *m, uint64_t old, uint64_t new)
{
	Span span;
	uint64_t now = 0;
	span_make(cpu, &span, m->segment, m->linear, m->size, PAGING_WRITE, cpu->tlb_class);
	if (cpu->bus.lock)
		cpu->bus.lock(cpu->bus.owner, true);
	bool memory = span.info[0]->ram.host != NULL;
	if (memory)
		span_read(cpu, &span, &now);
	bool same = !memory || now == zero_extend(old, m->size);
	if (same)
		span_write(cpu, &span, &new);
	if (cpu->bus.lock)
		cpu->bus.lock(cpu->bus.owner, false);
	return same;
}

bool rmw_end_locked(Cpu *cpu, MemRmw *m, uint64_t old, uint64_t new)
{
	if (m->linear & (m->size - 1))
		return end_under_lock(cpu, m, old, new);
	if (m->host)
		return host_compare_exchange(m->host, old, new, m->size);
	const TlbInfo *info = tlb_lookup(cpu, m->linear, PAGING_WRITE, cpu->tlb_class);
	if (!info->ram.host || !info->ram.writable)
		return end_under_lock(cpu, m, old, new);
	if (!host_compare_exchange(info->ram.host + (m->linear & 0xfff), old, new, m->size))
		return false;
	ram_written(cpu, &info->ram, info->phys | (m->linear & 0xfff), m->size);
	return true;
}

/* On memory; not by cpu->bus.lock(), since operating systems use it all the time. */
static bool host_cmpxchg16(uint8_t *p, uint64_t expected[2], const uint64_t desired[2])
{
	unsigned __int128 old = (unsigned __int128)expected[1] << 64 | expected[0], new = (unsigned __int128)desired[1] << 64 | desired[0];
	bool same = __atomic_compare_exchange_n((unsigned __int128 *)(void *)p, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	if (!same) {
		expected[0] = (uint64_t)old;
		expected[1] = (uint64_t)(old >> 64);
	}
	return same;
}

bool mem_cmpxchg16(Cpu *cpu, unsigned segment, uint64_t offset, uint64_t expected[2], const uint64_t desired[2])
{
	uint64_t linear = mem_linear(cpu, segment, offset, 16, ACCESS_WRITE);
	Span span;
	uint64_t now[2];
	check_alignment(cpu, linear, 16);
	span_make(cpu, &span, segment, linear, 16, PAGING_WRITE, cpu->tlb_class);
	const CpuPage *ram = &span.info[0]->ram;
	if (ram->host && ram->writable) {
		bool same = host_cmpxchg16(ram->host + (linear & 0xfff), expected, desired);
		if (same)
			ram_written(cpu, ram, span_phys(&span, 0), 16);
		return same;
	}
	span_read(cpu, &span, now);
	bool same = now[0] == expected[0] && now[1] == expected[1];
	span_write(cpu, &span, same ? desired : now);
	memcpy(expected, now, sizeof now);
	return same;
}

/* ---- implicit accesses ---- */

uint64_t sys_read(Cpu *cpu, uint64_t linear, unsigned size)
{
	const TlbSet *tlb = &cpu->tlb[cpu->tlb_class_system];
	unsigned index = tlb_index(linear);
	uint64_t value = 0;
	if (tlb_hit(tlb->read[index], linear, size))
		return host_read((const uint8_t *)(tlb->addend[index] + linear), size);
	class_read(cpu, cpu->tlb_class_system, DS, linear, &value, size);
	return value;
}

static void write_by_class(Cpu *cpu, unsigned class, unsigned segment, uint64_t linear, uint64_t value, unsigned size)
{
	const TlbSet *tlb = &cpu->tlb[class];
	unsigned index = tlb_index(linear);
	if (tlb_hit(tlb->write[index], linear, size))
		host_write((uint8_t *)(tlb->addend[index] + linear), value, size);
	else
		class_write(cpu, class, segment, linear, &value, size);
}

void sys_write(Cpu *cpu, uint64_t linear, uint64_t value, unsigned size)
{
	write_by_class(cpu, cpu->tlb_class_system, DS, linear, value, size);
}

void sys_push(Cpu *cpu, uint64_t linear, uint64_t value, unsigned size)
{
	write_by_class(cpu, cpu->eflags & EFLAGS_AC ? TLB_KERNEL : cpu->tlb_class_system, SS, linear, value, size);
}

void sys_probe_write(Cpu *cpu, uint64_t linear, unsigned size)
{
	class_probe(cpu, cpu->tlb_class_system, DS, linear, size, PAGING_WRITE);
}

void sys_probe_read(Cpu *cpu, uint64_t linear, unsigned size)
{
	class_probe(cpu, cpu->tlb_class_system, DS, linear, size, PAGING_READ);
}

uint64_t phys_read(Cpu *cpu, uint64_t phys, unsigned size)
{
	uint64_t value = 0;
	CpuPage page = phys_page(cpu, &phys);
	page_read(cpu, &page, phys, &value, size);
	return value;
}

void phys_write(Cpu *cpu, uint64_t phys, uint64_t value, unsigned size)
{
	CpuPage page = phys_page(cpu, &phys);
	if (UNLIKELY(cpu->watcher != NULL) && page.host && page.writable)
		cpu->watcher->store(cpu, &page, 0, -1);
	page_write(cpu, &page, phys, &value, size);
}
