/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disassembler's common half: operands out of the decoded instruction, registers' names, numbers. See disasm.h. */
#include "cpu/disasm_text.h"

#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- text ---- */

void disasm_put(DisasmText *out, const char *format, ...)
{
	bool full = out->length >= out->size;
	va_list arguments;
	va_start(arguments, format);
	int count = vsnprintf(full ? NULL : out->text + out->length, full ? 0 : out->size - out->length, format, arguments);
	va_end(arguments);
	out->length += count > 0 ? (size_t)count : 0;
}

void disasm_put_unsigned(DisasmText *out, uint64_t value)
{
	disasm_put(out, value > 9 ? "0x%llx" : "%llu", (unsigned long long)value);
}

void disasm_put_number(DisasmText *out, int64_t value)
{
	if (value < 0)
		disasm_put(out, "-");
	disasm_put_unsigned(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

static void put_general(DisasmText *out, const char *before, const char *after, unsigned number)
{
	static const char *const low[8] = { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di" };
	if (number < 8)
		disasm_put(out, "%s%s", before, low[number]);
	else
		disasm_put(out, "r%u%s", number, after);
}

void disasm_put_register(DisasmText *out, DisasmRegister file, unsigned number)
{
	static const char *const byte[8] = { "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil" };
	static const char *const high[4] = { "ah", "ch", "dh", "bh" };
	static const char *const segment[8] = { "es", "cs", "ss", "ds", "fs", "gs", "?", "?" };
	unsigned n = number / 8; /* of the register that a byte lies in */
	switch (file) {
	case DISASM_R8:
		if (n >= 8)
			disasm_put(out, "r%ub", n);
		else
			disasm_put(out, "%s", number & 1 ? high[n & 3] : byte[n]);
		break;
	case DISASM_R16: put_general(out, "", "w", number); break;
	case DISASM_R32: put_general(out, "e", "d", number); break;
	case DISASM_R64: put_general(out, "r", "", number); break;
	case DISASM_SEGMENT: disasm_put(out, "%s", segment[number & 7]); break;
	case DISASM_CONTROL: disasm_put(out, "cr%u", number); break;
	case DISASM_DEBUG: disasm_put(out, "dr%u", number); break;
	case DISASM_MMX: disasm_put(out, "mm%u", number); break;
	case DISASM_XMM: disasm_put(out, "xmm%u", number); break;
	case DISASM_YMM: disasm_put(out, "ymm%u", number); break;
	case DISASM_ST: disasm_put(out, "st(%u)", number); break;
	}
}

bool disasm_is(const Disasm *d, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(d->mnemonic, *names))
			return true;
	return false;
}

/* ---- operands ---- */

/* Bytes of an operand type; 0 for those that have no size of their own. */
static unsigned type_size(const Insn *i, OperandType type)
{
	switch (type) {
	case OPT_b: case OPT_bs: return 1;
	case OPT_w: return 2;
	case OPT_d: case OPT_ss: case OPT_r4: case OPT_si: return 4;
	case OPT_q: case OPT_sd: case OPT_pi: case OPT_r8: return 8;
	case OPT_t: case OPT_bcd: return 10;
	case OPT_dq: return 16;
	case OPT_qq: return 32;
	case OPT_v: return i->opsize;
	case OPT_z: return i->opsize == 2 ? 2 : 4;
	case OPT_y: return i->opsize == 8 ? 8 : 4;
	case OPT_x: case OPT_ps: case OPT_pd: return i->vl == 32 ? 32 : 16;
	case OPT_a: return i->opsize * 2u;
	default: return 0;
	}
}

static DisasmOperand general(unsigned number, unsigned size)
{
	DisasmRegister file = size == 1 ? DISASM_R8 : size == 2 ? DISASM_R16 : size == 8 ? DISASM_R64 : DISASM_R32;
	return (DisasmOperand){ .kind = DISASM_REG, .file = file, .number = number, .size = size };
}

static DisasmOperand in_file(DisasmRegister file, unsigned number, unsigned size)
{
	return (DisasmOperand){ .kind = DISASM_REG, .file = file, .number = number, .size = size };
}

static DisasmOperand vector(unsigned number, unsigned size)
{
	return in_file(size == 32 ? DISASM_YMM : DISASM_XMM, number, size);
}

DisasmRegister disasm_address_file(unsigned address_size)
{
	return address_size == 2 ? DISASM_R16 : address_size == 4 ? DISASM_R32 : DISASM_R64;
}

/* A gather's indexes are as many as its elements; those by doubleword of quadwords take half a register. */
static DisasmRegister index_file(const Disasm *d, OperandType element)
{
	if (!(d->form->flags & FORM_VSIB))
		return disasm_address_file(d->insn->adsize);
	bool half = element == OPT_q && strstr(d->form->mnemonic, "GATHERD");
	return d->insn->vl == 32 && !half ? DISASM_YMM : DISASM_XMM;
}

static DisasmOperand memory(const Disasm *d, const Operand *row, unsigned size)
{
	const Insn *i = d->insn;
	int64_t disp = i->base == GPR_RIP ? i->disp - i->length : i->disp;
	return (DisasmOperand){
		.kind = DISASM_MEM, .size = size, .base = i->base, .index = i->index, .scale = 1u << i->scale, .disp = disp,
		.address_size = i->adsize, .seg = d->override,
		.index_file = index_file(d, row->type),
		.absolute = i->base == GPR_NONE && i->index == GPR_NONE,
	};
}

static DisasmOperand string(const Disasm *d, unsigned pointer, int seg, unsigned size)
{
	return (DisasmOperand){ .kind = DISASM_MEM, .size = size, .base = pointer, .index = GPR_NONE, .scale = 1, .seg = seg,
				.address_size = d->insn->adsize };
}

static DisasmOperand offset(const Disasm *d, const Operand *row, unsigned size)
{
	DisasmOperand o = memory(d, row, size);
	o.disp = (int64_t)d->insn->imm;
	return o;
}

static uint64_t cut_to(uint64_t value, unsigned size)
{
	return size >= 8 ? value : value & ((1ULL << (8 * size)) - 1);
}

uint64_t disasm_address(const DisasmOperand *o)
{
	return cut_to((uint64_t)o->disp, o->address_size);
}

/* Immediates that are extended to the operand's size show their sign, those of its own size and of bitwise logic their bits. */
void disasm_put_immediate(Disasm *d, const DisasmOperand *o)
{
	static const char *const logic[] = { "and", "or", "xor", NULL };
	unsigned opsize = d->insn->opsize;
	bool extended = o->type == OPT_bs || (o->type == OPT_z && opsize == 8);
	if (extended && !disasm_is(d, logic))
		disasm_put_number(&d->out, (int64_t)o->value);
	else
		disasm_put_unsigned(&d->out, cut_to(o->value, extended ? opsize : o->size));
}

static DisasmOperand target(const Disasm *d, uint64_t rip)
{
	const Insn *i = d->insn;
	unsigned size = d->code == MODE_CODE64 ? 8 : i->opsize;
	return (DisasmOperand){ .kind = DISASM_TARGET, .value = cut_to(rip + i->length + i->imm, size), .size = size };
}

static DisasmOperand immediate(const Disasm *d, unsigned n, unsigned size)
{
	bool second = n && (d->form->operand[n - 1].kind == OPK_I);
	uint64_t value = second ? d->insn->imm2 : d->insn->imm;
	return (DisasmOperand){ .kind = DISASM_IMM, .value = value, .size = size };
}

static DisasmOperand operand(const Disasm *d, unsigned n, uint64_t rip)
{
	const Insn *i = d->insn;
	const Operand *o = &d->form->operand[n];
	bool mem = i->flags & INSN_MEM;
	unsigned size = type_size(i, o->type);
	switch ((OperandKind)o->kind) {
	case OPK_A: return (DisasmOperand){ .kind = DISASM_FAR, .value = i->imm, .size = i->opsize };
	case OPK_B: return general(i->vvvv, size);
	case OPK_C: return in_file(DISASM_CONTROL, i->reg, size);
	case OPK_D: return in_file(DISASM_DEBUG, i->reg, size);
	case OPK_E: return mem ? memory(d, o, size) : general(i->rm, size);
	case OPK_R: return general(i->rm, size);
	case OPK_G: case OPK_Z: return general(i->reg, size);
	case OPK_H: return vector(i->vvvv, size);
	case OPK_I: return immediate(d, n, size);
	case OPK_J: return target(d, rip);
	case OPK_L: return vector(i->imm2, size);
	case OPK_M: return memory(d, o, size);
	case OPK_N: return in_file(DISASM_MMX, i->rm, size);
	case OPK_O: return offset(d, o, size);
	case OPK_P: return in_file(DISASM_MMX, i->reg, size);
	case OPK_Q: return mem ? memory(d, o, size) : in_file(DISASM_MMX, i->rm, size);
	case OPK_S: return in_file(DISASM_SEGMENT, i->reg, size);
	case OPK_U: return vector(i->rm, size);
	case OPK_V: return vector(i->reg, size);
	case OPK_W: return mem ? memory(d, o, size) : vector(i->rm, size);
	case OPK_X: return string(d, RSI, d->override, size);
	case OPK_Y: return string(d, RDI, d->code == MODE_CODE64 ? -1 : ES, size);
	case OPK_ACC: return general(0, size);
	case OPK_CL: return general(RCX * 8, 1);
	case OPK_DX: return general(RDX, 2);
	case OPK_ONE: return (DisasmOperand){ .kind = DISASM_IMM, .value = 1, .size = 1 };
	case OPK_SEG: return in_file(DISASM_SEGMENT, o->reg, size);
	case OPK_ST0: return in_file(DISASM_ST, 0, size);
	case OPK_STI: return in_file(DISASM_ST, i->rm, size);
	case OPK_XMM0: return in_file(DISASM_XMM, 0, size);
	case OPK_RCX: return general(RCX, size);
	case OPK_NONE: break;
	}
	return (DisasmOperand){ .kind = DISASM_IMM };
}

/* ---- comparisons, which have names by their immediate ---- */

static const char *const conditions[32] = {
	"eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord", "eq_uq", "nge", "ngt", "false", "neq_oq", "ge", "gt", "true",
	"eq_os", "lt_oq", "le_oq", "unord_s", "neq_us", "nlt_uq", "nle_uq", "ord_s", "eq_us", "nge_uq", "ngt_uq", "false_os",
	"neq_os", "ge_oq", "gt_oq", "true_us",
};

/* CMPPS x, y, 1 is written cmpltps x, y. */
static void name_comparison(Disasm *d)
{
	static const char *const names[] = { "cmpps", "cmppd", "cmpss", "cmpsd", "vcmpps", "vcmppd", "vcmpss", "vcmpsd", NULL };
	if (!disasm_is(d, names) || d->operands < 3 || d->operand[d->operands - 1].kind != DISASM_IMM)
		return;
	bool vex = d->mnemonic[0] == 'v';
	uint64_t number = d->operand[d->operands - 1].value;
	if (number >= (vex ? 32 : 8))
		return;
	char kind[3];
	memcpy(kind, d->mnemonic + strlen(d->mnemonic) - 2, sizeof(kind));
	snprintf(d->mnemonic, sizeof(d->mnemonic), "%scmp%s%s", vex ? "v" : "", conditions[number], kind);
	d->operands--;
}

/* ---- putting it together ---- */

/* A processor without x87 passes its instructions over, whichever they are. With one it's what isn't an instruction. */
static bool is_escape(const Insn *i)
{
	return !strcmp(insn_forms[i->form].mnemonic, "ESC");
}

/* Special registers that don't exist: their instruction's handler finds that out when it runs. */
static bool register_missing(const Disasm *d)
{
	static const uint16_t control = 1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 8;
	for (unsigned n = 0; n < d->form->operands; n++)
		switch ((OperandKind)d->form->operand[n].kind) {
		case OPK_S: return d->insn->reg > GS || (n == 0 && d->insn->reg == CS);
		case OPK_C: return !(control >> d->insn->reg & 1) || (d->insn->reg && d->insn->flags & INSN_LOCK);
		case OPK_D: return d->insn->reg > 7;
		default: break;
		}
	return false;
}

/* What can't run in any state of this mode. */
static bool undefined(const Disasm *d, const DecodeContext *context)
{
	const Insn *i = d->insn;
	if (!i->form || is_escape(i) || register_missing(d))
		return true;
	if (i->run != op_ud || (d->form->run == op_ud && !(i->flags & INSN_LOCK)))
		return false;
	bool mode_only = (d->form->flags & FORM_PROTECTED) && !(context->mode & MODE_PROTECTED);
	return !mode_only || (i->flags & INSN_LOCK);
}

/* REP where it repeats; elsewhere it chose the row, or does nothing. */
static const char *prefix_of(const Disasm *d)
{
	if (!(d->form->flags & FORM_REP))
		return "";
	if (d->insn->flags & INSN_REPNE)
		return "repne ";
	return !(d->insn->flags & INSN_REP) ? "" : d->form->flags & FORM_REPZ ? "repe " : "rep ";
}

/* ---- names ---- */

static bool has_kind(const Form *form, OperandKind kind)
{
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].kind == kind)
			return true;
	return false;
}

/* One manual's name for several sizes or forms, which assemblers tell apart. */
static void name_variants(Disasm *d)
{
	static const char *const by_size[] = { "ins", "outs", NULL };
	static const char suffixes[] = { [1] = 'b', [2] = 'w', [4] = 'd' };
	bool wide = d->code == MODE_CODE64;
	if (disasm_is(d, by_size))
		d->mnemonic[strlen(d->mnemonic)] = suffixes[d->operand[0].kind == DISASM_MEM ? d->operand[0].size : d->operand[1].size];
	else if (wide && (has_kind(d->form, OPK_O) || (d->form->imm_kind == IMM_Iv && d->insn->opsize == 8)))
		strcpy(d->mnemonic, "movabs");
	else if (has_kind(d->form, OPK_A) || (d->operands && d->operand[0].type == OPT_p))
		strcpy(d->mnemonic, d->mnemonic[0] == 'j' ? "ljmp" : "lcall");
}

static void set_mnemonic(Disasm *d)
{
	memset(d->mnemonic, 0, sizeof(d->mnemonic));
	const char *p = d->form->mnemonic;
	for (unsigned n = 0; p[n] && n + 2 < sizeof(d->mnemonic); n++)
		d->mnemonic[n] = (char)g_ascii_tolower(p[n]);
	name_variants(d);
	name_comparison(d);
}

/* ---- operands that are written otherwise than the table has them ---- */

/* Memory without a size of its own that is addressed as bytes. */
static void size_of_lines(Disasm *d)
{
	if (!strcmp(d->mnemonic, "invlpg") || g_str_has_prefix(d->mnemonic, "prefetch"))
		d->operand[0].size = 1;
}

/* Registers of which a selector is the low half are written in the operand's size. */
static void widen_selectors(Disasm *d)
{
	static const char *const names[] = { "lar", "lsl", NULL };
	DisasmOperand *last = &d->operand[d->operands - 1];
	bool move = d->operands == 2 && (d->form->operand[0].kind == OPK_S || d->form->operand[0].kind == OPK_SEG);
	if ((move || disasm_is(d, names)) && last->kind == DISASM_REG)
		*last = general(last->number, d->mnemonic[1] == 'a' ? MIN(d->insn->opsize, 4u) : d->insn->opsize);
}

/* The top of the x87's stack is understood where it can't be anything else. */
static void drop_stack_top(Disasm *d)
{
	bool pops = d->mnemonic[strlen(d->mnemonic) - 1] == 'p';
	if (d->operands < 2 || !strncmp(d->mnemonic, "fcmov", 5))
		return;
	if (d->form->operand[0].kind == OPK_ST0)
		d->operand[0] = d->operand[1];
	else if (d->form->operand[1].kind != OPK_ST0 || !pops)
		return;
	d->operands--;
}

static void adjust_operands(Disasm *d)
{
	if (!d->operands)
		return;
	size_of_lines(d);
	widen_selectors(d);
	drop_stack_top(d);
	if ((!strcmp(d->mnemonic, "aam") || !strcmp(d->mnemonic, "aad")) && d->insn->imm == 10)
		d->operands = 0; /* the base that goes without saying */
	else if (d->form->operand[d->operands - 1].kind == OPK_XMM0)
		d->operands--;
	if (!strcmp(d->mnemonic, "xchg") && d->form->operand[1].kind == OPK_ACC) {
		DisasmOperand first = d->operand[0];
		d->operand[0] = d->operand[1];
		d->operand[1] = first;
	}
}

/* The segment that a prefix names; in 64-bit mode also where it means nothing, which is how compilers make long NOPs. -1: none */
static int override_of(const Disasm *d, const uint8_t *bytes)
{
	if (d->insn->seg_override != 0xff)
		return d->insn->seg_override;
	int seg = -1;
	for (unsigned n = 0; n < d->insn->length; n++)
		switch (bytes[n]) {
		case 0x26: case 0x2e: case 0x36: case 0x3e: seg = bytes[n] >> 3 & 3; break;
		case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3: break;
		default:
			if (d->code != MODE_CODE64 || (bytes[n] & 0xf0) != 0x40)
				return seg;
		}
	return seg;
}

static void fill(Disasm *d, uint64_t rip)
{
	for (d->operands = 0; d->operands < d->form->operands; d->operands++) {
		d->operand[d->operands] = operand(d, d->operands, rip);
		d->operand[d->operands].type = d->form->operand[d->operands].type;
	}
	d->prefix = prefix_of(d);
	set_mnemonic(d);
	adjust_operands(d);
}

unsigned disasm_insn(const DecodeContext *context, uint64_t rip, const uint8_t *bytes, unsigned available, DisasmSyntax syntax,
		     char *text, size_t size)
{
	/* everything enabled: a debugger shows what is there, not whether it would fault now */
	uint32_t kept = context->mode & (MODE_CODE | MODE_PROTECTED);
	DecodeContext able = { kept | MODE_OSFXSR | MODE_AVX | MODE_OSXSAVE, context->features };
	Insn insn;
	Disasm d = { .insn = &insn, .code = context->mode & MODE_CODE, .out = { .text = text, .size = size } };
	if (size)
		text[0] = 0;
	DecodeStatus status = decode_insn(&able, bytes, available, &insn);
	if (status == DECODE_MORE)
		return 0;
	if (status == DECODE_TOO_LONG)
		insn.length = 15;
	if (is_escape(&insn) && able.features) {
		able.features = NULL;
		decode_insn(&able, bytes, available, &insn);
	}
	d.form = &insn_forms[insn.form];
	if (status == DECODE_TOO_LONG || undefined(&d, &able)) {
		disasm_put(&d.out, "(bad)");
		return insn.length;
	}
	d.override = override_of(&d, bytes);
	fill(&d, rip);
	if (insn.flags & INSN_LOCK)
		disasm_put(&d.out, "lock ");
	if (syntax == DISASM_ATT)
		disasm_att(&d);
	else
		disasm_intel(&d);
	return insn.length;
}
