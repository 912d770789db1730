/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <capstone/capstone.h>

#include "disassembly.h"

struct Disassembly {
	csh handle[2]; /* by mode64 */
};

Disassembly *disassembly_new(void)
{
	Disassembly *d = g_new0(Disassembly, 1);
	cs_open(CS_ARCH_X86, CS_MODE_32, &d->handle[0]);
	cs_open(CS_ARCH_X86, CS_MODE_64, &d->handle[1]);
	return d;
}

void disassembly_free(Disassembly *d)
{
	if (!d)
		return;
	cs_close(&d->handle[0]);
	cs_close(&d->handle[1]);
	g_free(d);
}

void disassembly_append(Disassembly *d, bool mode64, uint64_t address, const uint8_t *code, size_t size, GString *out)
{
	cs_insn *insns = NULL;
	size_t count = cs_disasm(d->handle[mode64], code, size, address, 0, &insns);
	for (size_t n = 0; n < count; n++)
		g_string_append_printf(out, "%s%s %s", n ? "; " : " {", insns[n].mnemonic, insns[n].op_str);
	g_string_append(out, count ? "}" : "");
	cs_free(insns, count);
}
