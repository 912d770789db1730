/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disassembler's AT&T syntax: destination last, %registers, $immediates, memory as "8(%rax, %rcx, 4)", and the size of
 * integer operands at the mnemonic's end. */
#include "cpu/disasm_text.h"

#include <glib.h>
#include <string.h>

typedef enum Suffix {
	SUFFIX_NONE,
	SUFFIX_OPERAND,	/* the size of the first operand that shows one */
	SUFFIX_SIZE,	/* the operand size, for what has no operand to show it */
	SUFFIX_LONG,	/* the same, but never w */
	SUFFIX_SOURCE,	/* the last operand's */
	SUFFIX_BOTH,	/* the source's, then the destination's */
	SUFFIX_FLOAT,	/* s, l, t */
	SUFFIX_INTEGER,	/* of the x87: s, l, ll */
} Suffix;

typedef struct Name {
	const char *intel, *att;
	Suffix suffix;
} Name;

/* What isn't Intel's name with the suffix that suffix_of_form() finds. */
static const Name names[] = {
	{ "cbw", "cbtw", SUFFIX_NONE }, { "cwde", "cwtl", SUFFIX_NONE }, { "cdqe", "cltq", SUFFIX_NONE },
	{ "cwd", "cwtd", SUFFIX_NONE }, { "cdq", "cltd", SUFFIX_NONE }, { "cqo", "cqto", SUFFIX_NONE },
	{ "movzx", "movz", SUFFIX_BOTH }, { "movsx", "movs", SUFFIX_BOTH }, { "movsxd", "movs", SUFFIX_BOTH },
	{ "crc32", "crc32", SUFFIX_SOURCE }, { "cvtsi2ss", "cvtsi2ss", SUFFIX_SOURCE }, { "cvtsi2sd", "cvtsi2sd", SUFFIX_SOURCE },
	{ "vcvtsi2ss", "vcvtsi2ss", SUFFIX_SOURCE }, { "vcvtsi2sd", "vcvtsi2sd", SUFFIX_SOURCE },
	{ "pusha", "pusha", SUFFIX_SIZE }, { "pushad", "pusha", SUFFIX_SIZE }, { "popa", "popa", SUFFIX_SIZE },
	{ "popad", "popa", SUFFIX_SIZE }, { "pushf", "pushf", SUFFIX_SIZE }, { "pushfd", "pushf", SUFFIX_SIZE },
	{ "pushfq", "pushf", SUFFIX_SIZE }, { "popf", "popf", SUFFIX_SIZE }, { "popfd", "popf", SUFFIX_SIZE },
	{ "popfq", "popf", SUFFIX_SIZE }, { "iret", "iret", SUFFIX_SIZE }, { "iretd", "iret", SUFFIX_SIZE },
	{ "iretq", "iret", SUFFIX_SIZE }, { "ret", "ret", SUFFIX_SIZE }, { "retf", "lret", SUFFIX_SIZE },
	{ "sysret", "sysret", SUFFIX_LONG }, { "call", "call", SUFFIX_SIZE }, { "push", "push", SUFFIX_SIZE },
	{ "pop", "pop", SUFFIX_SIZE }, { "lcall", "lcall", SUFFIX_SIZE }, { "ljmp", "ljmp", SUFFIX_SIZE },
	{ "sgdt", "sgdt", SUFFIX_SIZE }, { "sidt", "sidt", SUFFIX_SIZE }, { "lgdt", "lgdt", SUFFIX_SIZE },
	{ "lidt", "lidt", SUFFIX_SIZE }, { "fwait", "wait", SUFFIX_NONE }, { "xlat", "xlatb", SUFFIX_NONE },
	{ "cmpxchg8b", "cmpxchg8b", SUFFIX_NONE }, { "cmpxchg16b", "cmpxchg16b", SUFFIX_NONE }, { "bound", "bound", SUFFIX_NONE },
	{ "arpl", "arpl", SUFFIX_NONE }, { "verr", "verr", SUFFIX_NONE }, { "verw", "verw", SUFFIX_NONE },
	{ "int", "int", SUFFIX_NONE }, { "enter", "enter", SUFFIX_NONE }, { "aam", "aam", SUFFIX_NONE },
	{ "aad", "aad", SUFFIX_NONE }, { "invlpg", "invlpg", SUFFIX_NONE }, { "invpcid", "invpcid", SUFFIX_NONE },
	{ "ldmxcsr", "ldmxcsr", SUFFIX_NONE }, { "stmxcsr", "stmxcsr", SUFFIX_NONE }, { "vldmxcsr", "vldmxcsr", SUFFIX_NONE },
	{ "vstmxcsr", "vstmxcsr", SUFFIX_NONE }, { "clflush", "clflush", SUFFIX_NONE }, { "clflushopt", "clflushopt", SUFFIX_NONE },
	{ "clwb", "clwb", SUFFIX_NONE }, { "prefetch", "prefetch", SUFFIX_NONE }, { "prefetchw", "prefetchw", SUFFIX_NONE },
	{ "prefetchnta", "prefetchnta", SUFFIX_NONE }, { "prefetcht0", "prefetcht0", SUFFIX_NONE },
	{ "prefetcht1", "prefetcht1", SUFFIX_NONE }, { "prefetcht2", "prefetcht2", SUFFIX_NONE },
	{ "fldcw", "fldcw", SUFFIX_NONE }, { "fnstcw", "fnstcw", SUFFIX_NONE }, { "fnstsw", "fnstsw", SUFFIX_NONE },
	{ "fbld", "fbld", SUFFIX_NONE }, { "fbstp", "fbstp", SUFFIX_NONE },
	{ "ud0", "ud0", SUFFIX_NONE }, { "ud1", "ud1", SUFFIX_NONE },
};

static const char *letter(unsigned size)
{
	return size == 1 ? "b" : size == 2 ? "w" : size == 4 ? "l" : size == 8 ? "q" : "";
}

static bool vectors(const Form *form)
{
	for (unsigned n = 0; n < form->operands; n++)
		switch ((OperandKind)form->operand[n].kind) {
		case OPK_V: case OPK_W: case OPK_U: case OPK_H: case OPK_P: case OPK_Q: case OPK_N: return true;
		default: break;
		}
	return false;
}

/* Bytes of the first operand that the suffix tells of. */
static unsigned shown_size(const Disasm *d)
{
	for (unsigned n = 0; n < d->operands; n++)
		switch ((OperandKind)d->form->operand[n].kind) {
		case OPK_E: case OPK_G: case OPK_Z: case OPK_R: case OPK_ACC: case OPK_M: case OPK_O: case OPK_B:
			return d->operand[n].size;
		default: break;
		}
	return 0;
}

static Suffix suffix_of_form(const Disasm *d)
{
	const Form *form = d->form;
	if (form->fault_class == CLASS_X87 && d->operands && d->operand[0].kind == DISASM_MEM) {
		OperandType type = d->operand[0].type;
		if (type == OPT_r4 || type == OPT_r8 || type == OPT_t)
			return SUFFIX_FLOAT;
		return type == OPT_w || type == OPT_d || type == OPT_q ? SUFFIX_INTEGER : SUFFIX_NONE;
	}
	bool set = !strncmp(d->mnemonic, "set", 3);
	return set || vectors(form) || form->fault_class == CLASS_X87 ? SUFFIX_NONE : SUFFIX_OPERAND;
}

static void put_suffix(Disasm *d, Suffix suffix)
{
	const DisasmOperand *source = d->operands ? &d->operand[d->operands - 1] : NULL;
	unsigned memory = d->operand[0].size;
	switch (suffix) {
	case SUFFIX_NONE: break;
	case SUFFIX_OPERAND: disasm_put(&d->out, "%s", letter(shown_size(d))); break;
	case SUFFIX_SIZE: disasm_put(&d->out, "%s", letter(d->insn->opsize)); break;
	case SUFFIX_LONG: disasm_put(&d->out, "%s", letter(MAX(d->insn->opsize, 4))); break;
	case SUFFIX_SOURCE: disasm_put(&d->out, "%s", letter(source->size)); break;
	case SUFFIX_BOTH: disasm_put(&d->out, "%s%s", letter(source->size), letter(d->operand[0].size)); break;
	case SUFFIX_FLOAT: disasm_put(&d->out, memory == 4 ? "s" : memory == 8 ? "l" : "t"); break;
	case SUFFIX_INTEGER: disasm_put(&d->out, memory == 2 ? "s" : memory == 4 ? "l" : "ll"); break;
	}
}

/* String instructions have their size in Intel's name already, if under another letter. */
static bool put_string(Disasm *d)
{
	for (unsigned n = 0; n < d->operands; n++)
		if (d->form->operand[n].kind == OPK_X || d->form->operand[n].kind == OPK_Y) {
			int length = (int)strlen(d->mnemonic) - 1;
			disasm_put(&d->out, "%.*s%s", length, d->mnemonic, letter(d->operand[n].size));
			return true;
		}
	return false;
}

/* The assembler that began this syntax had FSUB and FSUBR, FDIV and FDIVR the wrong way round where the destination isn't the
 * stack's top; it stayed so. */
static bool put_reversed(Disasm *d)
{
	bool wrong = d->form->operands == 2 && d->form->operand[0].kind == OPK_STI;
	if (!wrong || (strncmp(d->mnemonic, "fsub", 4) && strncmp(d->mnemonic, "fdiv", 4)))
		return false;
	const char *rest = d->mnemonic + 4;
	disasm_put(&d->out, "%.4s%s%s", d->mnemonic, rest[0] == 'r' ? "" : "r", rest[0] == 'r' ? rest + 1 : rest);
	return true;
}

/* Conversions that halve their source have one name and one destination for both lengths of it. */
static const char *source_length(const Disasm *d)
{
	static const char *const halving[] = { "vcvtpd2ps", "vcvttpd2dq", "vcvtpd2dq", NULL };
	if (!disasm_is(d, halving))
		return "";
	return d->insn->vl == 32 ? "y" : d->operand[1].kind == DISASM_MEM ? "x" : "";
}

static void put_mnemonic(Disasm *d)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(names); n++)
		if (!strcmp(names[n].intel, d->mnemonic)) {
			disasm_put(&d->out, "%s", names[n].att);
			put_suffix(d, names[n].suffix);
			return;
		}
	if (put_string(d) || put_reversed(d))
		return;
	disasm_put(&d->out, "%s%s", d->mnemonic, source_length(d));
	put_suffix(d, suffix_of_form(d));
}

static void put_register(Disasm *d, DisasmRegister file, unsigned number)
{
	disasm_put(&d->out, "%%");
	disasm_put_register(&d->out, file, number);
}

static void put_memory(Disasm *d, const DisasmOperand *o)
{
	if (o->seg >= 0) {
		put_register(d, DISASM_SEGMENT, (unsigned)o->seg);
		disasm_put(&d->out, ":");
	}
	if (o->absolute) {
		disasm_put_unsigned(&d->out, disasm_address(o));
		return;
	}
	if (o->disp)
		disasm_put_number(&d->out, o->disp);
	disasm_put(&d->out, "(");
	if (o->base == GPR_RIP)
		disasm_put(&d->out, o->address_size == 4 ? "%%eip" : "%%rip");
	else if (o->base != GPR_NONE)
		put_register(d, disasm_address_file(o->address_size), o->base);
	if (o->index != GPR_NONE) {
		disasm_put(&d->out, ", ");
		put_register(d, o->index_file, o->index);
		if (o->scale > 1)
			disasm_put(&d->out, ", %u", o->scale);
	}
	disasm_put(&d->out, ")");
}

static void put_operand(Disasm *d, const DisasmOperand *o)
{
	switch (o->kind) {
	case DISASM_REG: put_register(d, o->file, o->number); break;
	case DISASM_IMM:
		disasm_put(&d->out, "$");
		disasm_put_immediate(d, o);
		break;
	case DISASM_MEM: put_memory(d, o); break;
	case DISASM_TARGET: disasm_put_unsigned(&d->out, o->value); break;
	case DISASM_FAR:
		disasm_put(&d->out, "$");
		disasm_put_unsigned(&d->out, d->insn->selector);
		disasm_put(&d->out, ":$");
		disasm_put_unsigned(&d->out, o->value);
		break;
	}
}

/* A branch's operand that isn't its target, but says where that stands. */
static bool indirect(const Disasm *d)
{
	static const char *const branches[] = { "jmp", "call", "ljmp", "lcall", NULL };
	return disasm_is(d, branches) && (d->operand[0].kind == DISASM_REG || d->operand[0].kind == DISASM_MEM);
}

void disasm_att(Disasm *d)
{
	disasm_put(&d->out, "%s", d->prefix);
	put_mnemonic(d);
	bool in_order = !strcmp(d->mnemonic, "enter");
	for (unsigned n = 0; n < d->operands; n++) {
		unsigned at = in_order ? n : d->operands - 1 - n;
		disasm_put(&d->out, n ? ", " : " ");
		if (indirect(d))
			disasm_put(&d->out, "*");
		put_operand(d, &d->operand[at]);
	}
}
