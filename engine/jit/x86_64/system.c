/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an operating system's kernel does at each entry: SWAPGS and CLI, at privilege level 0. */
#include "jit/x86_64/translate.h"

static bool is_kernel(const Translator *t)
{
	return !(t->block->mode & (MODE_CPL | MODE_V86));
}

bool emit_swapgs(Translator *t, const Insn *i, const Raw *raw)
{
	const HostMemory base = STATE_AT(seg[GS].base), effective = STATE_AT(seg[GS].eff_base), kernel = STATE_AT(kernel_gs_base);
	(void)i;
	(void)raw;
	if (!t->mode64 || !is_kernel(t))
		return false;
	asm_load(&t->a, 8, WORK, base);
	asm_load(&t->a, 8, EXTRA, kernel);
	asm_store(&t->a, 8, kernel, WORK);
	asm_store(&t->a, 8, base, EXTRA);
	asm_store(&t->a, 8, effective, EXTRA);
	return true;
}

/* PEXT and PDEP with all bits but one: that one is 0, and the flags are as they were. */
bool emit_cli(Translator *t, const Insn *i, const Raw *raw)
{
	(void)i;
	(void)raw;
	if (!is_kernel(t))
		return false;
	asm_load(&t->a, 4, WORK, STATE_AT(eflags));
	asm_pext(&t->a, WORK, WORK, STATE_AT(jit_not_if));
	asm_pdep(&t->a, WORK, WORK, STATE_AT(jit_not_if));
	asm_store(&t->a, 4, STATE_AT(eflags), WORK);
	return true;
}
