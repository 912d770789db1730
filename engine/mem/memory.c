/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See memory.h. The flat view is made anew after each change: regions are laid down from the lowest priority to the highest,
 * each cutting a hole into what lies under it. Machines have some dozens of regions, and they change when firmware or an operating
 * system programs a bridge, so simplicity wins over speed here. */
#include "mem/memory.h"

#include <string.h>

#include "base/os.h"

#define PAGE 4096u

struct Region {
	Memory *memory;
	char *name;
	uint64_t base, size;
	int priority;
	unsigned serial;      /* among equals the younger one wins */
	bool enabled, writable;
	RamBlock *block;      /* NULL: a device */
	uint64_t offset;      /* into block */
	MemoryOps ops;
	void *owner;
};

typedef struct Range {
	uint64_t first, last; /* inclusive */
	const Region *region;
	/* copies, since regions move while old views are searched */
	uint8_t *host;
	uint64_t *code_lines;
	uint64_t region_base;
	bool writable;
} Range;

typedef struct View {
	unsigned count;
	Range ranges[];
} View;

struct Memory {
	GPtrArray *regions, *blocks, *old_views;
	View *view; /* atomic */
	unsigned readers; /* atomic: threads without the lock that are searching a view now */
	unsigned depth, serial;
	bool stale;
	void (*changed)(void *owner);
	void *owner;
	void (*code_written)(void *owner, uint64_t phys, uint64_t lines);
};

static void ram_block_free(gpointer data)
{
	RamBlock *block = data;
	g_free(block->name);
	g_free(block->code_lines);
	os_pages_free(block->host, block->size);
	g_free(block);
}

static void region_destroy(gpointer data)
{
	Region *region = data;
	g_free(region->name);
	g_free(region);
}

Memory *memory_new(void (*changed)(void *owner), void *owner)
{
	Memory *memory = g_new0(Memory, 1);
	memory->regions = g_ptr_array_new_with_free_func(region_destroy);
	memory->blocks = g_ptr_array_new_with_free_func(ram_block_free);
	memory->old_views = g_ptr_array_new_with_free_func(g_free);
	memory->view = g_malloc0(sizeof(View));
	memory->changed = changed;
	memory->owner = owner;
	return memory;
}

void memory_free(Memory *memory)
{
	if (!memory)
		return;
	g_ptr_array_unref(memory->regions);
	g_ptr_array_unref(memory->blocks);
	g_ptr_array_unref(memory->old_views);
	g_free(memory->view);
	g_free(memory);
}

RamBlock *memory_new_ram(Memory *memory, const char *name, uint64_t size, GError **error)
{
	size = (size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	/* From a page's beginning on the host too: generated code relies on the guest's alignment. */
	uint8_t *host = size <= G_MAXSIZE / 2 ? os_pages_new(size) : NULL;
	if (!host) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "%s: the host can't give %" G_GUINT64_FORMAT " MiB of memory; use less with -m",
			    name, size >> 20);
		return NULL;
	}
	os_prefer_large_pages(host, size);
	RamBlock *block = g_new0(RamBlock, 1);
	block->name = g_strdup(name);
	block->host = host;
	block->size = size;
	block->code_lines = g_new0(uint64_t, size / PAGE);
	g_ptr_array_add(memory->blocks, block);
	return block;
}

/* ---- the flat view ---- */

static gint by_priority(gconstpointer a, gconstpointer b)
{
	const Region *x = *(Region *const *)a, *y = *(Region *const *)b;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static Range make_range(const Region *region)
{
	Range range = { .first = region->base, .last = region->base + region->size - 1, .region = region, .region_base = region->base };
	if (region->block) {
		range.host = region->block->host + region->offset;
		range.code_lines = region->block->code_lines + region->offset / PAGE;
		range.writable = region->writable;
	}
	return range;
}

/* `range` cut down to [first, last] */
static Range slice(Range range, uint64_t first, uint64_t last)
{
	if (range.host) {
		range.host += first - range.first;
		range.code_lines += (first - range.first) / PAGE;
	}
	range.first = first;
	range.last = last;
	return range;
}

static void lay_down(GArray *out, const Region *region)
{
	g_autoptr(GArray) old = g_array_copy(out);
	Range top = make_range(region);
	g_array_set_size(out, 0);
	for (unsigned n = 0; n < old->len; n++) {
		Range r = g_array_index(old, Range, n);
		if (r.last < top.first || r.first > top.last) {
			g_array_append_val(out, r);
			continue;
		}
		if (r.first < top.first) {
			Range left = slice(r, r.first, top.first - 1);
			g_array_append_val(out, left);
		}
		if (r.last > top.last) {
			Range right = slice(r, top.last + 1, r.last);
			g_array_append_val(out, right);
		}
	}
	g_array_append_val(out, top);
}

static gint by_address(gconstpointer a, gconstpointer b)
{
	const Range *x = a, *y = b;
	return x->first < y->first ? -1 : x->first > y->first;
}

static View *make_view(Memory *memory)
{
	g_autoptr(GPtrArray) order = g_ptr_array_new();
	g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(Range));
	for (unsigned n = 0; n < memory->regions->len; n++) {
		Region *region = g_ptr_array_index(memory->regions, n);
		if (region->enabled && region->size)
			g_ptr_array_add(order, region);
	}
	g_ptr_array_sort(order, by_priority);
	for (unsigned n = 0; n < order->len; n++)
		lay_down(ranges, g_ptr_array_index(order, n));
	g_array_sort(ranges, by_address);
	View *view = g_malloc0(sizeof(View) + ranges->len * sizeof(Range));
	view->count = ranges->len;
	if (ranges->len)
		memcpy(view->ranges, ranges->data, ranges->len * sizeof(Range));
	return view;
}

static void update(Memory *memory)
{
	if (memory->depth) {
		memory->stale = true;
		return;
	}
	memory->stale = false;
	g_ptr_array_add(memory->old_views, memory->view);
	__atomic_store_n(&memory->view, make_view(memory), __ATOMIC_SEQ_CST);
	/* Who begins to read now gets the new view. */
	if (!__atomic_load_n(&memory->readers, __ATOMIC_SEQ_CST))
		g_ptr_array_set_size(memory->old_views, 0);
	if (memory->changed)
		memory->changed(memory->owner);
}

void memory_begin(Memory *memory)
{
	memory->depth++;
}

void memory_end(Memory *memory)
{
	if (--memory->depth == 0 && memory->stale)
		update(memory);
}

static const Range *find(const Memory *memory, uint64_t phys)
{
	const View *view = __atomic_load_n(&memory->view, __ATOMIC_ACQUIRE);
	unsigned low = 0, high = view->count;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		const Range *r = &view->ranges[middle];
		if (phys < r->first)
			high = middle;
		else if (phys > r->last)
			low = middle + 1;
		else
			return r;
	}
	return NULL;
}

/* ---- regions ---- */

static Region *add_region(Memory *memory, Region values)
{
	Region *region = g_new(Region, 1);
	*region = values;
	region->memory = memory;
	region->name = g_strdup(values.name);
	region->enabled = true;
	region->serial = memory->serial++;
	g_ptr_array_add(memory->regions, region);
	update(memory);
	return region;
}

Region *memory_map_ram(Memory *memory, const char *name, RamBlock *block, uint64_t offset, uint64_t base, uint64_t size, bool writable, int priority)
{
	g_assert(!((base | size | offset) & (PAGE - 1)) && offset <= block->size && size <= block->size - offset);
	return add_region(memory, (Region){ .name = (char *)name, .base = base, .size = size, .priority = priority, .block = block, .offset = offset,
					    .writable = writable });
}

Region *memory_map_io(Memory *memory, const char *name, const MemoryOps *ops, void *owner, uint64_t base, uint64_t size, int priority)
{
	Region values = { .name = (char *)name, .base = base, .size = size, .priority = priority, .ops = *ops, .owner = owner };
	values.ops.min_size = ops->min_size ? ops->min_size : 1;
	values.ops.max_size = ops->max_size ? ops->max_size : 8;
	return add_region(memory, values);
}

void region_set(Region *region, bool enabled, uint64_t base)
{
	if (region->enabled == enabled && region->base == base)
		return;
	bool matters = enabled || region->enabled;
	region->enabled = enabled;
	region->base = base;
	if (matters)
		update(region->memory);
}

void region_set_enabled(Region *region, bool enabled)
{
	region_set(region, enabled, region->base);
}

void region_set_writable(Region *region, bool writable)
{
	if (region->writable == writable)
		return;
	region->writable = writable;
	if (region->enabled)
		update(region->memory);
}

void region_free(Region *region)
{
	Memory *memory = region->memory;
	bool was = region->enabled;
	/* Old views may still name it: it is emptied, and goes with the memory. */
	region->enabled = false;
	region->size = 0;
	if (was)
		update(memory);
}

/* ---- accesses ---- */

CpuPage memory_page(Memory *memory, uint64_t phys)
{
	CpuPage page = { 0 };
	__atomic_fetch_add(&memory->readers, 1, __ATOMIC_SEQ_CST);
	const Range *r = find(memory, phys);
	if (r && r->host && r->first <= phys && r->last >= phys + PAGE - 1)
		page = (CpuPage){ r->host + (phys - r->first), r->code_lines + (phys - r->first) / PAGE, r->writable };
	__atomic_fetch_sub(&memory->readers, 1, __ATOMIC_SEQ_CST);
	return page;
}

/* A piece that the device takes: within its sizes, aligned unless it says otherwise. */
static unsigned io_piece(const MemoryOps *ops, uint64_t offset, unsigned size)
{
	unsigned piece = MIN(size, ops->max_size);
	while (piece > 1 && !ops->unaligned && (offset & (piece - 1)))
		piece >>= 1;
	return piece;
}

static uint64_t io_read_piece(const Region *region, uint64_t offset, unsigned size)
{
	const MemoryOps *ops = &region->ops;
	if (!ops->read)
		return ~(uint64_t)0;
	if (size >= ops->min_size)
		return ops->read(region->owner, offset, size);
	uint64_t aligned = offset & ~(uint64_t)(ops->min_size - 1);
	return ops->read(region->owner, aligned, ops->min_size) >> (8 * (offset - aligned));
}

static uint64_t keep(uint64_t value, unsigned size)
{
	return size >= 8 ? value : value & (((uint64_t)1 << (8 * size)) - 1);
}

uint64_t memory_io_read(Memory *memory, uint64_t phys, unsigned size)
{
	uint64_t value = 0;
	for (unsigned done = 0; done < size;) {
		const Range *r = find(memory, phys + done);
		unsigned piece = 1;
		uint64_t part = 0xff;
		if (r && r->host) {
			part = r->host[phys + done - r->first];
		} else if (r) {
			uint64_t offset = phys + done - r->region_base;
			piece = io_piece(&r->region->ops, offset, size - done);
			part = io_read_piece(r->region, offset, piece);
		}
		value |= keep(part, piece) << (8 * done);
		done += piece;
	}
	return value;
}

void memory_io_write(Memory *memory, uint64_t phys, uint64_t value, unsigned size)
{
	for (unsigned done = 0; done < size;) {
		const Range *r = find(memory, phys + done);
		unsigned piece = 1;
		if (r && r->host && r->writable) {
			r->host[phys + done - r->first] = (uint8_t)(value >> (8 * done));
		} else if (r && !r->host) {
			const MemoryOps *ops = &r->region->ops;
			uint64_t offset = phys + done - r->region_base;
			piece = io_piece(ops, offset, size - done);
			if (ops->write && piece >= ops->min_size)
				ops->write(r->region->owner, offset, keep(value >> (8 * done), piece), piece);
		}
		done += piece;
	}
}

void memory_set_code_written(Memory *memory, void (*written)(void *owner, uint64_t phys, uint64_t lines))
{
	memory->code_written = written;
}

static void touched(Memory *memory, const Range *r, uint64_t phys, uint64_t size)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint64_t page = phys & ~(uint64_t)(PAGE - 1); page < phys + size; page += PAGE) {
		uint64_t lines = __atomic_exchange_n(&r->code_lines[(page - r->first) / PAGE], 0, __ATOMIC_SEQ_CST);
		if (lines && memory->code_written)
			memory->code_written(memory->owner, page, lines);
	}
}

bool memory_read(Memory *memory, uint64_t phys, void *to, uint64_t size)
{
	uint8_t *out = to;
	bool complete = true;
	while (size) {
		const Range *r = find(memory, phys);
		uint64_t piece = r ? MIN(size, r->last - phys + 1) : 1;
		if (!piece)
			piece = size;
		if (r && r->host) {
			memcpy(out, r->host + (phys - r->first), piece);
		} else {
			memset(out, 0xff, piece);
			complete = false;
		}
		out += piece;
		phys += piece;
		size -= piece;
	}
	return complete;
}

bool memory_write(Memory *memory, uint64_t phys, const void *from, uint64_t size)
{
	const uint8_t *in = from;
	bool complete = true;
	while (size) {
		const Range *r = find(memory, phys);
		uint64_t piece = r ? MIN(size, r->last - phys + 1) : 1;
		if (!piece)
			piece = size;
		if (r && r->host && r->writable) {
			memcpy(r->host + (phys - r->first), in, piece);
			touched(memory, r, phys, piece);
		} else {
			complete = false;
		}
		in += piece;
		phys += piece;
		size -= piece;
	}
	return complete;
}

void memory_print(const Memory *memory, GString *out)
{
	const View *view = __atomic_load_n(&memory->view, __ATOMIC_ACQUIRE);
	for (unsigned n = 0; n < view->count; n++) {
		const Range *r = &view->ranges[n];
		g_string_append_printf(out, "  %016" G_GINT64_MODIFIER "x-%016" G_GINT64_MODIFIER "x (prio %d, %s): %s\n", r->first, r->last,
				       r->region->priority, !r->host ? "i/o" : r->writable ? "ram" : "rom", r->region->name);
	}
}

uint64_t memory_resident_bytes(const Memory *memory)
{
	uint64_t sum = 0;
	for (unsigned n = 0; n < memory->blocks->len; n++) {
		const RamBlock *block = g_ptr_array_index(memory->blocks, n);
		sum += os_resident_bytes(block->host, block->size);
	}
	return sum;
}
