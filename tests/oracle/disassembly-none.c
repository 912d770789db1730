/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "disassembly.h"

Disassembly *disassembly_new(void)
{
	return NULL;
}

void disassembly_free(Disassembly *d)
{
	(void)d;
}

void disassembly_append(Disassembly *d, bool mode64, uint64_t address, const uint8_t *code, size_t size, GString *out)
{
	(void)d, (void)mode64, (void)address, (void)code, (void)size, (void)out;
}
