/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine's physical memory: RAM, ROM and what devices map, and the 64 KiB of ports.
 *
 * Memory is a list of regions with priorities; where they overlap the highest wins. Boards and bridges switch regions on and off
 * and move them (PAM, SMRAM, PCI BARs). From the list a flat view is made, an array of disjoint ranges that processor threads
 * search without a lock: a view is immutable, and goes when a newer one is there and nobody searches.
 * Threads: changes and device callbacks under the machine's lock; memory_page() and RAM from any. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"

typedef struct Memory Memory;
typedef struct Region Region;

/* A device's registers. `offset` is within its region, `size` 1, 2, 4 or 8 and within [min_size, max_size]. A guest's wider
 * access is cut into pieces; of a narrower read the device reads the whole min_size, a narrower write is dropped. */
typedef struct MemoryOps {
	uint64_t (*read)(void *owner, uint64_t offset, unsigned size);
	void (*write)(void *owner, uint64_t offset, uint64_t value, unsigned size);
	uint8_t min_size, max_size; /* 0: 1 and 8 */
	bool unaligned;		    /* the device wants unaligned accesses as they are; else they are cut into aligned ones */
} MemoryOps;

/* Anonymous host memory with a word of decoded-code lines per page (CpuPage). */
typedef struct RamBlock {
	char *name;
	uint8_t *host;
	uint64_t size;	      /* bytes, a multiple of 4096 */
	uint64_t *code_lines;
} RamBlock;

/* PCI is last: a host bridge passes to the bus only what neither RAM nor the chipset takes, whatever a guest writes to a BAR. */
enum { MEMORY_PRIORITY_PCI = -1, MEMORY_PRIORITY_RAM = 0, MEMORY_PRIORITY_ROM = 1, MEMORY_PRIORITY_DEVICE = 2, MEMORY_PRIORITY_OVERLAY = 4 };

/* `changed` is called after every change of the flat view, so that processors forget theirs. */
Memory *memory_new(void (*changed)(void *owner), void *owner);
void memory_free(Memory *memory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Memory, memory_free)

/* NULL and *error if the host hasn't the memory. Owned by the Memory. Zeroed. */
RamBlock *memory_new_ram(Memory *memory, const char *name, uint64_t size, GError **error);

/* Regions are made enabled; the Memory owns them. `base` and `size` are multiples of 4096 for RAM and ROM, of 1 for devices.
 * An alias of `block` from `offset` on. `writable` false: ROM, whose writes vanish. */
Region *memory_map_ram(Memory *memory, const char *name, RamBlock *block, uint64_t offset, uint64_t base, uint64_t size, bool writable, int priority);
Region *memory_map_io(Memory *memory, const char *name, const MemoryOps *ops, void *owner, uint64_t base, uint64_t size, int priority);
void region_set(Region *region, bool enabled, uint64_t base);
void region_set_enabled(Region *region, bool enabled);
void region_set_writable(Region *region, bool writable);
void region_free(Region *region);
/* Changes between begin and end make one new view. They nest. */
void memory_begin(Memory *memory);
void memory_end(Memory *memory);

/* For CpuBus: page-aligned physical address. */
CpuPage memory_page(Memory *memory, uint64_t phys);
/* A processor's access outside of RAM, size 1, 2, 4, 8; under the machine's lock. Nothing there: all ones, dropped. */
uint64_t memory_io_read(Memory *memory, uint64_t phys, unsigned size);
void memory_io_write(Memory *memory, uint64_t phys, uint64_t value, unsigned size);

/* Devices' accesses (DMA), any length and address; under the machine's lock. False if some byte was outside of RAM and ROM: those
 * read as ones and aren't written. Devices' registers are not reached. Decoded code is invalidated, see memory_set_code_written(). */
bool memory_read(Memory *memory, uint64_t phys, void *to, uint64_t size);
bool memory_write(Memory *memory, uint64_t phys, const void *from, uint64_t size);
/* `written` is told of writes by memory_write() to pages where processors have decoded code. */
void memory_set_code_written(Memory *memory, void (*written)(void *owner, uint64_t phys, uint64_t lines));
/* How much of the RAM is in the host's memory. */
uint64_t memory_resident_bytes(const Memory *memory);
/* For info mtree. */
void memory_print(const Memory *memory, GString *out);

/* ---- ports ---- */

typedef struct PortOps {
	uint32_t (*read)(void *owner, uint16_t port, unsigned size);
	void (*write)(void *owner, uint16_t port, uint32_t value, unsigned size);
	uint8_t max_size; /* 0: 1. Wider accesses are cut into pieces of consecutive ports */
	/* As many of `count` accesses in a row as have no effect but to move data, and how many; what the last of them brings about may
	 * follow. May be NULL. */
	unsigned (*read_many)(void *owner, uint16_t port, unsigned size, void *to, unsigned count);
	unsigned (*write_many)(void *owner, uint16_t port, unsigned size, const void *from, unsigned count);
} PortOps;

typedef struct PortSpace PortSpace;
PortSpace *port_space_new(void);
void port_space_free(PortSpace *ports);
/* `first` .. `first + count - 1`. A later mapping lies over an earlier one until it is unmapped (PCI BARs over ISA). The owner gets
 * absolute port numbers. Returns a handle for port_unmap(). */
unsigned port_map(PortSpace *ports, const char *name, uint16_t first, unsigned count, const PortOps *ops, void *owner);
void port_unmap(PortSpace *ports, unsigned handle);
/* Nothing there: all ones, dropped. size 1, 2, 4. */
uint32_t port_read(PortSpace *ports, uint16_t port, unsigned size);
void port_write(PortSpace *ports, uint16_t port, uint32_t value, unsigned size);
/* String instructions: what the port's owner does at once, 0 where it doesn't. */
unsigned port_read_many(PortSpace *ports, uint16_t port, unsigned size, void *to, unsigned count);
unsigned port_write_many(PortSpace *ports, uint16_t port, unsigned size, const void *from, unsigned count);
void port_space_print(const PortSpace *ports, GString *out);
