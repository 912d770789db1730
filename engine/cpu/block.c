/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache of decoded blocks, see block.h.
 *
 * Lookups go by linear address through a direct-mapped table, whose entries are void when linear addresses may mean something
 * else (Cpu.map_generation), then by physical address through a hash table. Memory comes from an arena of fixed size, segment by
 * segment; when it is full the oldest segment is emptied, whose blocks are void from then on. Void blocks stay where they are until
 * their segment is emptied, so a pointer to one finds a block that says that it is void; what may point to one that is overwritten
 * (the table of recent ones) is cleared then. */
#include "cpu/block.h"

#include "base/os.h"
#include "cpu/access.h"
#include "cpu/crossing.h"
#include "cpu/decode.h"
#include "cpu/tlb.h"

enum {
	RECENT_SIZE = 16384, HASH_SIZE = 1 << 17, PAGE_HASH_SIZE = 1 << 14,
	SEGMENT_BYTES = 256 << 10, LEAST_SEGMENTS = 16, SEGMENTS = 512,
	MOST_INSN_BYTES = 15,
	MOST_BYTES = BLOCK_INSNS * MOST_INSN_BYTES,
};

typedef struct RecentBlock {
	uint64_t linear;
	Block *block;
	uint32_t generation;
} RecentBlock;

struct BlockCache {
	RecentBlock recent[RECENT_SIZE];
	Block *hash[HASH_SIZE];
	Block *pages[PAGE_HASH_SIZE]; /* lists of blocks by page; several pages may share a list */
	unsigned segment, segments; /* that is being filled; that there are */
	size_t used[SEGMENTS];
	BlockCounters counters;
	_Alignas(64) uint8_t arena[SEGMENTS][SEGMENT_BYTES];
};

BlockCache *blocks_new(void)
{
	BlockCache *cache = os_pages_new(sizeof *cache);
	if (cache)
		cache->segments = SEGMENTS;
	return cache;
}

void blocks_limit(Cpu *cpu, size_t bytes)
{
	cpu->blocks->segments = (unsigned)CLAMP(bytes / SEGMENT_BYTES, LEAST_SEGMENTS, SEGMENTS);
	blocks_flush(cpu);
}

BlockCounters blocks_counters(const Cpu *cpu)
{
	return cpu->blocks->counters;
}

void blocks_free(BlockCache *cache)
{
	os_pages_free(cache, sizeof *cache);
}

static unsigned hash_phys(uint64_t phys, uint32_t mode)
{
	uint64_t h = (phys ^ (uint64_t)mode << 32) * 0x9E3779B97F4A7C15ull;
	return h >> 40 & (HASH_SIZE - 1);
}

static unsigned hash_page(uint64_t phys)
{
	return (phys >> 12) * 0x9E3779B1u >> 8 & (PAGE_HASH_SIZE - 1);
}

static RecentBlock *recent_slot(BlockCache *cache, uint64_t linear)
{
	return &cache->recent[(linear ^ linear >> 12) & (RECENT_SIZE - 1)];
}

void blocks_flush(Cpu *cpu)
{
	BlockCache *cache = cpu->blocks;
	memset(cache->recent, 0, sizeof cache->recent);
	memset(cache->hash, 0, sizeof cache->hash);
	memset(cache->pages, 0, sizeof cache->pages);
	memset(cache->used, 0, sizeof cache->used);
	cache->segment = 0;
	cpu->stop = NULL;
	if (cpu->translator)
		cpu->translator->blocks_flushed(cpu);
}

static void unlink_hash(BlockCache *cache, Block *b)
{
	Block **p = &cache->hash[hash_phys(b->phys, b->mode)];
	while (*p && *p != b)
		p = &(*p)->next_hash;
	if (*p)
		*p = b->next_hash;
}

static void unlink_page(BlockCache *cache, Block *b)
{
	Block **p = &cache->pages[hash_page(b->phys)];
	while (*p && *p != b)
		p = &(*p)->next_page;
	if (*p)
		*p = b->next_page;
}

static size_t block_size(const Block *b)
{
	return (sizeof(Block) + b->count * sizeof(Insn) + b->bytes + 63) & ~(size_t)63;
}

static void empty_segment(Cpu *cpu, unsigned segment)
{
	BlockCache *cache = cpu->blocks;
	uint8_t *start = cache->arena[segment];
	OsThreadClock clock = os_thread_clock();
	int64_t begin = os_thread_clock_ns(clock);
	for (size_t at = 0; at < cache->used[segment];) {
		Block *b = (Block *)(void *)(start + at);
		at += block_size(b);
		if (b->mode == BLOCK_VOID)
			continue;
		unlink_hash(cache, b);
		unlink_page(cache, b);
		b->mode = BLOCK_VOID;
		if (b->code)
			cpu->translator->block_void(cpu, b);
		cache->counters.evicted++;
	}
	for (unsigned n = 0; n < RECENT_SIZE; n++)
		if ((uintptr_t)cache->recent[n].block - (uintptr_t)start < SEGMENT_BYTES)
			cache->recent[n].block = NULL;
	cache->used[segment] = 0;
	cache->counters.evictions++;
	cache->counters.longest_ns = MAX(cache->counters.longest_ns, os_thread_clock_ns(clock) - begin);
}

/* For the largest block that there may be. Not while a block runs. */
static Block *block_room(Cpu *cpu)
{
	const size_t most = sizeof(Block) + BLOCK_INSNS * sizeof(Insn) + MOST_BYTES + 63;
	BlockCache *cache = cpu->blocks;
	if (cache->used[cache->segment] + most > SEGMENT_BYTES) {
		cache->segment = (cache->segment + 1) % cache->segments;
		if (cache->used[cache->segment])
			empty_segment(cpu, cache->segment);
	}
	return (Block *)(void *)(cache->arena[cache->segment] + cache->used[cache->segment]);
}

void blocks_invalidate(Cpu *cpu, uint64_t page, uint64_t lines)
{
	BlockCache *cache = cpu->blocks;
	Block **p = &cache->pages[hash_page(page)];
	while (*p) {
		Block *b = *p;
		if ((b->phys & ~(uint64_t)0xfff) != page || !(b->lines & lines)) {
			p = &b->next_page;
			continue;
		}
		unlink_hash(cache, b);
		*p = b->next_page;
		b->mode = BLOCK_VOID;
		if (b->code)
			cpu->translator->block_void(cpu, b);
		if (cpu->first == b->insns)
			cpu->stop = NULL;
	}
}

/* Decodes from `code` (the page's bytes from `offset` on). Returns the number of whole instructions that lie inside the page. */
static unsigned decode_run(Cpu *cpu, const uint8_t *code, unsigned available, Block *b)
{
	DecodeContext context = { cpu->mode, &cpu->features };
	unsigned position = 0, count = 0;
	b->sets_rip = false;
	while (count < BLOCK_INSNS && position < available) {
		Insn *i = &b->insns[count];
		if (decode_insn(&context, code + position, available - position, i) != DECODE_OK)
			break;
		if (i->base == GPR_RIP)
			i->disp += position;
		i->next = (uint16_t)(position + i->length);
		position += i->length;
		count++;
		const Form *form = &insn_forms[i->form];
		if (i->run == op_ud || i->run == op_nm || i->run == op_gp0)
			break;
		if (form->flags & FORM_END) {
			b->sets_rip = form->flags & FORM_RIP;
			break;
		}
	}
	b->bytes = (uint16_t)position;
	b->count = (uint8_t)count;
	return count;
}

/* The bytes that may be decoded: up to the page's end, and not beyond the code segment's limit. */
static unsigned decodable(const Cpu *cpu, uint64_t linear)
{
	unsigned room = 4096 - (linear & 0xfff);
	if ((cpu->mode & MODE_CODE) == MODE_CODE64)
		return room;
	if (cpu->rip > cpu->seg[CS].limit)
		return 0;
	uint64_t left = (uint64_t)cpu->seg[CS].limit - cpu->rip + 1;
	return left < room ? (unsigned)left : room;
}

/* True: the page had no code yet and other processors had to stop for it. They might have changed anything meanwhile, this
 * processor's state too (a reset): the instruction is stepped, and a block is made when it comes by again. */
static bool mark_code(Cpu *cpu, const FetchEntry *fetch, uint64_t phys, unsigned reach)
{
	uint64_t page = fetch->phys;
	bool first = !__atomic_fetch_or(fetch->ram.code_lines, code_lines_of(phys, reach), __ATOMIC_SEQ_CST);
	if (!first) /* no entry has let stores to it go by since */
		return false;
	tlb_protect_code(cpu, page);
	if (!cpu->bus.code_found)
		return false;
	cpu->bus.code_found(cpu->bus.owner, page);
	return true;
}

static Block *block_decode(Cpu *cpu, uint64_t linear, const FetchEntry *fetch)
{
	BlockCache *cache = cpu->blocks;
	Block *b = block_room(cpu);
	unsigned offset = linear & 0xfff, available = decodable(cpu, linear);
	if (!available || (available < MOST_INSN_BYTES && crossing_begins(cpu, linear, fetch)))
		return NULL;
	b->phys = fetch->phys | offset;
	b->mode = cpu->mode;
	b->code = NULL;
	b->runs = 0;
	b->no_hints = false;
	b->hints_since = 0;
	b->incoming = 0;
	b->jump_rip = 0;
	b->jump_rips = false;
	/* Lines are marked before their bytes are read, see ram_written(). All that decoding may look at are marked first, what
	 * it didn't need stays marked: that costs a slow store at most. */
	unsigned reach = MIN(available, (unsigned)MOST_BYTES);
	if (fetch->ram.code_lines && mark_code(cpu, fetch, b->phys, reach))
		return NULL;
	/* Other processors may write there at any time: what is decoded is a copy, which stays. */
	uint8_t source[MOST_BYTES];
	memcpy(source, fetch->ram.host + offset, reach);
	if (!decode_run(cpu, source, reach, b))
		return NULL;
	b->lines = code_lines_of(b->phys, b->bytes);
	b->source = memcpy(&b->insns[b->count], source, b->bytes);
	cache->used[cache->segment] += block_size(b);
	cache->counters.decoded++;
	Block **hash = &cache->hash[hash_phys(b->phys, b->mode)], **page = &cache->pages[hash_page(b->phys)];
	b->next_hash = *hash;
	b->next_page = *page;
	*hash = *page = b;
	return b;
}

Block *block_known(Cpu *cpu, uint64_t phys, uint32_t mode)
{
	Block *b = cpu->blocks->hash[hash_phys(phys, mode)];
	while (b && (b->phys != phys || b->mode != mode))
		b = b->next_hash;
	return b;
}

static Block *find_by_phys(Cpu *cpu, uint64_t linear)
{
	const FetchEntry *fetch = tlb_fetch(cpu, linear);
	if (!fetch->ram.host)
		return NULL;
	Block *b = block_known(cpu, fetch->phys | (linear & 0xfff), cpu->mode);
	return b ? b : block_decode(cpu, linear, fetch);
}

/* Most blocks are where they were before the mapping changed. */
static Block *find_again(Cpu *cpu, const RecentBlock *recent, uint64_t linear)
{
	Block *b = recent->block;
	if (b && recent->linear == linear && b->mode == cpu->mode && b->phys == (tlb_fetch(cpu, linear)->phys | (linear & 0xfff)))
		return b;
	return find_by_phys(cpu, linear);
}

Block *block_at_rip(Cpu *cpu)
{
	uint64_t linear = (cpu->seg[CS].eff_base + cpu->rip) & cpu->linear_mask;
	RecentBlock *recent = recent_slot(cpu->blocks, linear);
	Block *b = recent->block;
	if (UNLIKELY(!b || recent->linear != linear || b->mode != cpu->mode || recent->generation != cpu->map_generation)) {
		if (UNLIKELY(!is_canonical(cpu, linear)))
			fault_gp(cpu, 0);
		b = find_again(cpu, recent, linear);
		if (!b)
			return NULL;
		*recent = (RecentBlock){ linear, b, cpu->map_generation };
	}
	if ((cpu->mode & MODE_CODE) != MODE_CODE64 && UNLIKELY(cpu->rip + b->bytes - 1 > cpu->seg[CS].limit))
		return NULL;
	return b;
}
