/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/crossing.h"

#include <string.h>

static unsigned in_first_page(uint64_t linear)
{
	return 4096 - (unsigned)(linear & 0xfff);
}

static Crossing *slot(const Cpu *cpu, uint64_t linear)
{
	return &cpu->crossings[linear >> 12 & (CROSSINGS - 1)];
}

static bool begins(const Cpu *cpu, const Crossing *c, uint64_t linear, const FetchEntry *fetch)
{
	return c->insn.length && c->linear == linear && c->mode == cpu->mode && fetch->ram.host &&
	       !memcmp(fetch->ram.host + (linear & 0xfff), c->bytes, in_first_page(linear));
}

bool crossing_begins(const Cpu *cpu, uint64_t linear, const FetchEntry *fetch)
{
	return begins(cpu, slot(cpu, linear), linear, fetch);
}

const Insn *crossing_fetch(Cpu *cpu, uint64_t linear)
{
	const Crossing *c = slot(cpu, linear);
	if (c->linear != linear || !begins(cpu, c, linear, tlb_fetch(cpu, linear)))
		return NULL;
	unsigned length = c->insn.length, first = in_first_page(linear);
	if ((cpu->mode & MODE_CODE) != MODE_CODE64 && cpu->rip + length - 1 > cpu->seg[CS].limit)
		return NULL;
	uint64_t second = (linear + first) & cpu->linear_mask;
	const FetchEntry *fetch = tlb_fetch(cpu, second);
	return fetch->ram.host && !memcmp(fetch->ram.host, c->bytes + first, length - first) ? &c->insn : NULL;
}

void crossing_add(Cpu *cpu, uint64_t linear, const Insn *insn, const uint8_t *bytes)
{
	Crossing *c = slot(cpu, linear);
	if (insn->length <= in_first_page(linear))
		return;
	*c = (Crossing){ .linear = linear, .mode = cpu->mode, .insn = *insn };
	memcpy(c->bytes, bytes, insn->length);
}
