/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where generated code lies, and the jumps between its blocks.
 *
 * The cache is a ring of regions. One is being filled; when it is full the next one, which is the oldest, is emptied: its blocks'
 * code goes, and what jumps there is aimed at its way out again. So there is never more to do at once than one region's blocks, and
 * what is still hot is translated anew after a few runs. Sites live as long as the code they are in, and their numbers are used
 * again, so their memory is bounded by the code's. */
#include <string.h>

#include "base/os.h"
#include "jit/jumps.h"
#include "jit/x86_64/translate.h"

enum {
	LEAST_REGION = 64 << 10, MOST_REGION = 1 << 20, WANTED_REGIONS = 16,
	REGION_ALIGNMENT = 64,
};

/* ---- sites ---- */

static Site *site_at(Jit *t, uint32_t n)
{
	return &g_array_index(t->sites, Site, n);
}

uint32_t cache_new_site(Jit *t, const Site *site)
{
	Region *r = &t->regions[t->region];
	uint32_t n = t->free_site;
	if (n) {
		t->free_site = site_at(t, n)->next_in_region;
	} else {
		n = t->sites->len;
		g_array_set_size(t->sites, n + 1);
	}
	*site_at(t, n) = *site;
	site_at(t, n)->next_in_region = r->sites;
	r->sites = n;
	return n;
}

void cache_link(Cpu *cpu, Block *b)
{
	Jit *t = cpu->jit;
	Site *site = site_at(t, cpu->jit_site);
	if (site->target || site->phys != b->phys || site->mode != b->mode || site->live != b->live)
		return;
	asm_aim(site->place, t->memory.write + ((const uint8_t *)b->code - t->memory.run));
	site->target = b;
	site->previous = 0;
	site->next = b->incoming;
	if (b->incoming)
		site_at(t, b->incoming)->previous = cpu->jit_site;
	b->incoming = cpu->jit_site;
	t->counters.linked++;
	t->counters.links++;
}

/* The site's own code goes: its target must forget it. */
static void forget_site(Jit *t, Site *site)
{
	if (!site->target)
		return;
	if (site->next)
		site_at(t, site->next)->previous = site->previous;
	if (site->previous)
		site_at(t, site->previous)->next = site->next;
	else
		site->target->incoming = site->next;
	site->target = NULL;
	t->counters.links--;
}

/* ---- blocks ---- */

static void drop_code(Jit *t, Block *b)
{
	for (uint32_t n = b->incoming; n;) {
		Site *site = site_at(t, n);
		asm_aim(site->place, site->stub);
		site->target = NULL;
		t->counters.links--;
		n = site->next;
	}
	b->incoming = 0;
	b->code = NULL;
	b->runs = 0;
	*b->code_link = b->next_code;
	if (b->next_code)
		b->next_code->code_link = b->code_link;
	t->counters.blocks--;
}

void cache_add(Jit *t, Block *b, uint8_t *end)
{
	Region *r = &t->regions[t->region];
	b->next_code = r->blocks;
	b->code_link = &r->blocks;
	if (r->blocks)
		r->blocks->code_link = &b->next_code;
	r->blocks = b;
	t->counters.code_bytes += (uint64_t)(end - t->next);
	t->next = end;
	t->counters.blocks++;
	t->counters.translated++;
}

void cache_block_void(Cpu *cpu, Block *b)
{
	drop_code(cpu->jit, b);
	jumps_clear_block(cpu, b);
	cpu->jit->counters.voided++;
}

/* ---- regions ---- */

static void empty_region(Jit *t, Region *r)
{
	while (r->blocks) {
		drop_code(t, r->blocks);
		t->counters.evicted++;
	}
	for (uint32_t n = r->sites; n;) {
		Site *site = site_at(t, n);
		uint32_t next = site->next_in_region;
		forget_site(t, site);
		site->next_in_region = t->free_site;
		t->free_site = n;
		n = next;
	}
	t->counters.code_bytes -= (uint64_t)(r->filled - r->start);
	r->sites = 0;
	r->filled = r->start;
}

static void go_on(Cpu *cpu)
{
	Jit *t = cpu->jit;
	t->regions[t->region].filled = t->next;
	t->region = (t->region + 1) % t->region_count;
	Region *r = &t->regions[t->region];
	t->next = r->start;
	if (r->filled == r->start)
		return;
	OsThreadClock clock = os_thread_clock();
	int64_t begin = os_thread_clock_ns(clock);
	empty_region(t, r);
	jumps_clear_all(cpu);
	cpu->jit_site = 0;
	t->counters.evictions++;
	t->counters.longest_eviction_ns = MAX(t->counters.longest_eviction_ns, os_thread_clock_ns(clock) - begin);
}

uint8_t *cache_room(Cpu *cpu, size_t bytes)
{
	Jit *t = cpu->jit;
	if ((size_t)(t->regions[t->region].end - t->next) < bytes)
		go_on(cpu);
	return t->next;
}

void cache_flush(Cpu *cpu)
{
	Jit *t = cpu->jit;
	t->region = 0;
	for (unsigned n = 0; n < t->region_count; n++) {
		t->regions[n].blocks = NULL; /* they are gone, all of them */
		t->regions[n].sites = 0;
		t->regions[n].filled = t->regions[n].start;
	}
	t->next = t->regions[0].start;
	t->mode_count = 0;
	g_array_set_size(t->sites, 1);
	t->free_site = 0;
	t->counters.blocks = t->counters.links = t->counters.code_bytes = 0;
	jumps_clear_all(cpu);
	cpu->jit_site = 0;
	t->counters.flushes++;
}

void cache_init(Jit *t)
{
	uint8_t *end = t->memory.write + t->memory.size;
	size_t room = (size_t)(end - t->next), size = CLAMP(room / WANTED_REGIONS, LEAST_REGION, MOST_REGION);
	t->region_count = (unsigned)(room / size);
	t->regions = g_new0(Region, t->region_count);
	for (unsigned n = 0; n < t->region_count; n++) {
		uint8_t *start = (uint8_t *)(((uintptr_t)t->next + n * size + REGION_ALIGNMENT - 1) & ~(uintptr_t)(REGION_ALIGNMENT - 1));
		t->regions[n] = (Region){ .start = start, .filled = start, .end = MIN(t->next + (n + 1) * size, end) };
	}
	t->next = t->regions[0].start;
	t->sites = g_array_sized_new(FALSE, TRUE, sizeof(Site), 4096);
	g_array_set_size(t->sites, 1);
}

void cache_free(Jit *t)
{
	if (t->sites)
		g_array_unref(t->sites);
	g_free(t->regions);
}
