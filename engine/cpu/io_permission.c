/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May this program touch these ports? IOPL, and the TSS's I/O permission bitmap (SDM volume 1, 19.5). */
#include "cpu/io_permission.h"

#include "cpu/segment.h"

enum { TSS32_LIMIT = 103, TSS32_BITMAP = 102 };

/* Two bytes of the bitmap are read whatever the port's place in the first, and both must lie within the TSS. */
static bool bitmap_allows(Cpu *cpu, uint16_t port, unsigned size)
{
	unsigned type = cpu->tr.attr & AR_TYPE;
	if (!cpu->tr.usable || (type | TYPE_BUSY) != TYPE_TSS32_BUSY || cpu->tr.limit < TSS32_LIMIT)
		return false;
	unsigned offset = (unsigned)sys_read(cpu, system_linear(cpu, cpu->tr.base + TSS32_BITMAP), 2) + port / 8u;
	if (offset + 1 > cpu->tr.limit)
		return false;
	unsigned bits = (unsigned)sys_read(cpu, system_linear(cpu, cpu->tr.base + offset), 2) >> (port & 7);
	return !(bits & ((1u << size) - 1));
}

void io_check(Cpu *cpu, uint16_t port, unsigned size)
{
	bool asks = cpu->mode & MODE_V86 || (in_protected_mode(cpu) && cpu->cpl > iopl(cpu));
	if (asks && !bitmap_allows(cpu, port, size))
		fault_gp(cpu, 0);
}
