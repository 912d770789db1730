/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disassembler's Intel syntax: destination first, memory as "dword ptr [rax + rcx*4 + 8]". */
#include "cpu/disasm_text.h"

#include <glib.h>
#include <string.h>

/* Names that aren't the manual's. */
static const char *mnemonic(const Disasm *d)
{
	static const struct { const char *manual, *here; } names[] = {
		{ "pusha", "pushaw" }, { "pushad", "pushal" }, { "popa", "popaw" }, { "popad", "popal" }, { "fwait", "wait" },
		{ "xlat", "xlatb" },
	};
	if (!strcmp(d->mnemonic, "retf") && d->insn->opsize == 8)
		return "retfq";
	for (unsigned n = 0; n < G_N_ELEMENTS(names); n++)
		if (!strcmp(names[n].manual, d->mnemonic))
			return names[n].here;
	return d->mnemonic;
}

static void put_size(Disasm *d, const DisasmOperand *o)
{
	const struct { unsigned size; const char *name; } names[] = {
		{ 1, "byte" }, { 2, "word" }, { 4, "dword" }, { 8, "qword" }, { 16, "xmmword" }, { 32, "ymmword" },
		{ 10, o->type == OPT_bcd ? "tbyte" : "xword" },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(names); n++)
		if (names[n].size == o->size)
			disasm_put(&d->out, "%s ptr ", names[n].name);
}

static void put_base_and_index(Disasm *d, const DisasmOperand *o)
{
	if (o->base == GPR_RIP)
		disasm_put(&d->out, o->address_size == 4 ? "eip" : "rip");
	else if (o->base != GPR_NONE)
		disasm_put_register(&d->out, disasm_address_file(o->address_size), o->base);
	if (o->index == GPR_NONE)
		return;
	if (o->base != GPR_NONE)
		disasm_put(&d->out, " + ");
	disasm_put_register(&d->out, o->index_file, o->index);
	if (o->scale > 1)
		disasm_put(&d->out, "*%u", o->scale);
}

static void put_memory(Disasm *d, const DisasmOperand *o)
{
	static const char *const far_loads[] = { "lds", "les", "lfs", "lgs", "lss", NULL };
	if (disasm_is(d, far_loads))
		disasm_put(&d->out, "ptr ");
	else
		put_size(d, o);
	if (o->seg >= 0) {
		disasm_put_register(&d->out, DISASM_SEGMENT, (unsigned)o->seg);
		disasm_put(&d->out, ":");
	}
	disasm_put(&d->out, "[");
	put_base_and_index(d, o);
	if (o->absolute) {
		disasm_put_unsigned(&d->out, disasm_address(o));
	} else if (o->disp) {
		disasm_put(&d->out, o->disp < 0 ? " - " : " + ");
		disasm_put_unsigned(&d->out, (uint64_t)(o->disp < 0 ? -o->disp : o->disp));
	}
	disasm_put(&d->out, "]");
}

static void put_operand(Disasm *d, const DisasmOperand *o)
{
	switch (o->kind) {
	case DISASM_REG: disasm_put_register(&d->out, o->file, o->number); break;
	case DISASM_IMM: disasm_put_immediate(d, o); break;
	case DISASM_MEM: put_memory(d, o); break;
	case DISASM_TARGET: disasm_put_unsigned(&d->out, o->value); break;
	case DISASM_FAR:
		disasm_put_unsigned(&d->out, d->insn->selector);
		disasm_put(&d->out, ":");
		disasm_put_unsigned(&d->out, o->value);
		break;
	}
}

void disasm_intel(Disasm *d)
{
	disasm_put(&d->out, "%s%s", d->prefix, mnemonic(d));
	for (unsigned n = 0; n < d->operands; n++) {
		disasm_put(&d->out, n ? ", " : " ");
		put_operand(d, &d->operand[n]);
	}
}
