/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/debug.h"

#include "cpu/access.h"

enum { RW_EXECUTE = 0, RW_WRITE = 1, RW_IO = 2, RW_DATA = 3 };

static bool enabled(const Cpu *cpu, unsigned n)
{
	return cpu->dr[7] >> (2 * n) & 3;
}

static unsigned kind(const Cpu *cpu, unsigned n)
{
	return cpu->dr[7] >> (16 + 4 * n) & 3;
}

/* LEN 10b is 8 bytes. */
static unsigned length(const Cpu *cpu, unsigned n)
{
	static const uint8_t lengths[4] = { 1, 2, 8, 4 };
	return lengths[cpu->dr[7] >> (18 + 4 * n) & 3];
}

static bool overlaps(const Cpu *cpu, unsigned n, uint64_t address, uint64_t size)
{
	uint64_t length_n = length(cpu, n), start = cpu->dr[n] & ~(length_n - 1);
	return address < start + length_n && start < address + size;
}

void debug_registers_changed(Cpu *cpu)
{
	uint32_t watch = 0;
	for (unsigned n = 0; n < 4; n++)
		if (enabled(cpu, n) && (kind(cpu, n) == RW_WRITE || kind(cpu, n) == RW_DATA))
			watch |= 1u << n;
	bool was = cpu->watch_enabled;
	cpu->watch_enabled = watch;
	if (was || watch)
		tlb_flush(cpu, true);
	if (debug_stepping(cpu))
		cpu_raise_event(cpu, EVENT_DEBUG);
}

bool debug_page_watched(const Cpu *cpu, uint64_t page)
{
	if (!cpu->watch_enabled)
		return false;
	for (unsigned n = 0; n < 4; n++)
		if ((cpu->watch_enabled >> n & 1) && overlaps(cpu, n, page, 4096))
			return true;
	return false;
}

static void note(Cpu *cpu, uint32_t bits)
{
	if (!bits)
		return;
	cpu->debug_pending |= bits;
	cpu_raise_event(cpu, EVENT_DEBUG);
	cpu_leave_block(cpu);
}

void debug_data_access(Cpu *cpu, uint64_t linear, unsigned size, bool write)
{
	uint32_t hit = 0;
	for (unsigned n = 0; n < 4; n++)
		if ((cpu->watch_enabled >> n & 1) && (write || kind(cpu, n) == RW_DATA) && overlaps(cpu, n, linear, size))
			hit |= 1u << n;
	note(cpu, hit);
}

bool debug_stops_io(const Cpu *cpu)
{
	return (cpu->dr[7] & DR7_ENABLED) && (cpu->cr4 & CR4_DE);
}

void debug_io(Cpu *cpu, uint16_t port, unsigned size)
{
	if (!debug_stops_io(cpu))
		return;
	uint32_t hit = 0;
	for (unsigned n = 0; n < 4; n++)
		if (enabled(cpu, n) && kind(cpu, n) == RW_IO && overlaps(cpu, n, port, size))
			hit |= 1u << n;
	note(cpu, hit);
}

uint32_t debug_fetch(const Cpu *cpu, uint64_t linear)
{
	uint32_t hit = 0;
	if (!(cpu->dr[7] & DR7_ENABLED))
		return 0;
	for (unsigned n = 0; n < 4; n++)
		if (enabled(cpu, n) && kind(cpu, n) == RW_EXECUTE && cpu->dr[n] == linear)
			hit |= 1u << n;
	return hit;
}

bool debug_stepping(const Cpu *cpu)
{
	if (cpu->eflags & EFLAGS_TF)
		return true;
	for (unsigned n = 0; n < 4; n++)
		if (enabled(cpu, n) && kind(cpu, n) == RW_EXECUTE)
			return true;
	return false;
}
