/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decoder: prefixes, opcode map, the table's row, ModRM, immediates. See decode.h. */
#include "cpu/decode.h"

#include "cpu/access.h"
#include "insn_handlers.h"

#define INVALID_FORM 0

const Form insn_forms[] = {
#include "insn_forms.inc"
};
const unsigned insn_form_count = G_N_ELEMENTS(insn_forms);

const Encoding insn_encodings[] = {
#include "insn_encodings.inc"
};

const uint16_t insn_encoding_start[MAP_COUNT * 256 + 1] = {
#include "insn_starts.inc"
};

static InsnFn *const insn_specs[][4][2] = {
#include "insn_specs.inc"
};

void op_ud(Cpu *cpu, const Insn *i)
{
	(void)i;
	fault_ud(cpu);
}

void op_nm(Cpu *cpu, const Insn *i)
{
	(void)i;
	fault_nm(cpu);
}

void op_gp0(Cpu *cpu, const Insn *i)
{
	(void)i;
	fault_gp(cpu, 0);
}

/* The bytes under the decoder's hand, and all it has learnt so far. */
typedef struct Decoder {
	const DecodeContext *context;
	const uint8_t *bytes;
	unsigned available, position;
	DecodeStatus status; /* the first trouble; later reads give 0 */
	Insn *out;
	uint8_t rex;	     /* 0: none */
	uint8_t rep;	     /* 0, 1 F3, 2 F2 */
	bool opsize66, adsize67, vex, vex_l, w, r_inverted, x, b;
	unsigned map, opcode;
	uint8_t modrm;
	unsigned code;	     /* MODE_CODE... */
} Decoder;

static uint8_t next_byte(Decoder *d)
{
	if (d->status != DECODE_OK)
		return 0;
	if (d->position >= 15) {
		d->status = DECODE_TOO_LONG;
		return 0;
	}
	if (d->position >= d->available) {
		d->status = DECODE_MORE;
		return 0;
	}
	return d->bytes[d->position++];
}

static uint64_t next_value(Decoder *d, unsigned size)
{
	uint64_t value = 0;
	for (unsigned n = 0; n < size; n++)
		value |= (uint64_t)next_byte(d) << (8 * n);
	return value;
}

/* Legacy prefixes in any order, then REX, which counts only right before the opcode. Returns the opcode's first byte. */
static uint8_t read_prefixes(Decoder *d)
{
	Insn *out = d->out;
	for (;;) {
		uint8_t byte = next_byte(d);
		switch (byte) {
		case 0x26: case 0x2e: case 0x36: case 0x3e:
			if (d->code != MODE_CODE64)
				out->seg_override = byte >> 3 & 3;
			break;
		case 0x64: case 0x65: out->seg_override = (uint8_t)(FS + (byte & 1)); break;
		case 0x66: d->opsize66 = true; break;
		case 0x67: d->adsize67 = true; break;
		case 0xf0: out->flags |= INSN_LOCK; break;
		case 0xf2: d->rep = 2; break;
		case 0xf3: d->rep = 1; break;
		default:
			if (d->code != MODE_CODE64 || (byte & 0xf0) != 0x40)
				return byte;
			d->rex = byte;
			continue;
		}
		d->rex = 0;
		if (d->status != DECODE_OK)
			return 0;
	}
}

static void use_rex(Decoder *d)
{
	if (!d->rex)
		return;
	d->out->flags |= INSN_REX;
	d->w = d->rex & 8;
	d->r_inverted = d->rex & 4;
	d->x = d->rex & 2;
	d->b = d->rex & 1;
}

/* C4 and C5 are LES and LDS unless they can't be: in 64-bit mode, or when their ModRM would name a register. */
static bool is_vex(Decoder *d, uint8_t byte)
{
	if (byte != 0xc4 && byte != 0xc5)
		return false;
	if (d->code == MODE_CODE64)
		return true;
	if (!(d->context->mode & MODE_PROTECTED) || d->position >= d->available || d->position >= 15)
		return false;
	return d->bytes[d->position] >= 0xc0;
}

/* False: such a VEX prefix is undefined. */
static bool read_vex(Decoder *d, uint8_t byte)
{
	bool allowed = !d->rex && !d->opsize66 && !d->rep && !(d->out->flags & INSN_LOCK);
	uint8_t b1 = next_byte(d), last = b1;
	unsigned map = 1;
	d->r_inverted = !(b1 & 0x80);
	if (byte == 0xc4) {
		map = b1 & 0x1f;
		d->x = !(b1 & 0x40);
		d->b = !(b1 & 0x20);
		last = next_byte(d);
		d->w = last & 0x80;
	}
	d->vex = true;
	d->vex_l = last & 4;
	d->opsize66 = (last & 3) == 1;
	d->rep = (uint8_t)((last & 3) == 2 ? 1 : (last & 3) == 3 ? 2 : 0);
	d->out->vvvv = ~last >> 3 & 15;
	d->out->flags |= INSN_VEX;
	if (d->code != MODE_CODE64) {
		d->r_inverted = d->x = d->b = false;
		d->out->vvvv &= 7;
	}
	d->opcode = next_byte(d);
	d->map = MAP_VEX_0F + map - 1;
	return allowed && map >= 1 && map <= 3;
}

static bool read_opcode(Decoder *d)
{
	uint8_t byte = read_prefixes(d);
	if (d->status == DECODE_OK && is_vex(d, byte))
		return read_vex(d, byte);
	use_rex(d);
	d->map = MAP_ONE;
	if (byte == 0x0f) {
		d->map = MAP_0F;
		byte = next_byte(d);
		if (byte == 0x38 || byte == 0x3a) {
			d->map = byte == 0x38 ? MAP_0F38 : MAP_0F3A;
			byte = next_byte(d);
		} else if (byte == 0x0f) {
			d->map = MAP_3DNOW;
		}
	}
	d->opcode = byte;
	return true;
}

static unsigned operand_size(const Decoder *d)
{
	if (d->code == MODE_CODE64)
		return d->w ? 8 : d->opsize66 && !d->vex ? 2 : 4;
	return (d->code == MODE_CODE32) != (d->opsize66 && !d->vex) ? 4 : 2;
}

static unsigned address_size(const Decoder *d)
{
	if (d->code == MODE_CODE64)
		return d->adsize67 ? 4 : 8;
	return (d->code == MODE_CODE32) != d->adsize67 ? 4 : 2;
}

static uint32_t match_word(const Decoder *d)
{
	uint32_t word = (uint32_t)d->rep << MATCH_REP_SHIFT;
	word |= d->opsize66 ? MATCH_66 : 0;
	word |= d->modrm >= 0xc0 ? MATCH_MOD3 : 0;
	word |= (uint32_t)(d->modrm >> 3 & 7) << MATCH_REG_SHIFT | (uint32_t)(d->modrm & 7) << MATCH_RM_SHIFT;
	word |= d->code == MODE_CODE64 ? MATCH_IS64 : 0;
	word |= (uint32_t)(d->out->opsize >> 2) << MATCH_OSIZE_SHIFT | (uint32_t)(d->out->adsize >> 2) << MATCH_ASIZE_SHIFT;
	word |= (d->w ? MATCH_W : 0) | (d->vex_l ? MATCH_L : 0) | (d->b ? MATCH_REXB : 0);
	return word;
}

static bool feature_present(const Decoder *d, unsigned feature)
{
	const CpuFeatures *f = d->context->features;
	return feature == FEATURE_NONE || !f || (f->word[feature / 64] >> (feature % 64) & 1);
}

static unsigned find_form(const Decoder *d, unsigned slot)
{
	uint32_t word = match_word(d);
	for (unsigned n = insn_encoding_start[slot]; n < insn_encoding_start[slot + 1]; n++) {
		const Encoding *e = &insn_encodings[n];
		const Form *form = &insn_forms[e->form];
		if ((word & e->mask) == e->value && feature_present(d, form->feature) && feature_present(d, form->feature2))
			return e->form;
	}
	return INVALID_FORM;
}

/* ---- ModRM memory operands ---- */

static void address16(Decoder *d)
{
	static const struct { uint8_t base, index, seg; } rows[8] = {
		{ RBX, RSI, DS }, { RBX, RDI, DS }, { RBP, RSI, SS }, { RBP, RDI, SS },
		{ RSI, GPR_NONE, DS }, { RDI, GPR_NONE, DS }, { RBP, GPR_NONE, SS }, { RBX, GPR_NONE, DS },
	};
	Insn *out = d->out;
	unsigned mod = d->modrm >> 6, rm = d->modrm & 7;
	out->base = rows[rm].base;
	out->index = rows[rm].index;
	out->seg = rows[rm].seg;
	if (mod == 0 && rm == 6) {
		out->base = GPR_NONE;
		out->seg = DS;
		out->disp = (int16_t)next_value(d, 2);
	} else if (mod == 1) {
		out->disp = (int8_t)next_byte(d);
	} else if (mod == 2) {
		out->disp = (int16_t)next_value(d, 2);
	}
}

/* In a VSIB form any index is a vector register, 4 too. */
static void address32(Decoder *d, const Form *form)
{
	Insn *out = d->out;
	unsigned mod = d->modrm >> 6, rm = d->modrm & 7, base = rm;
	if (rm == 4) {
		uint8_t sib = next_byte(d);
		unsigned index = (sib >> 3 & 7) | (d->x ? 8 : 0);
		base = sib & 7;
		out->index = index == 4 && !(form->flags & FORM_VSIB) ? GPR_NONE : (uint8_t)index;
		out->scale = sib >> 6;
	}
	if (base == 5 && mod == 0) {
		out->base = rm == 5 && d->code == MODE_CODE64 ? GPR_RIP : GPR_NONE;
		out->disp = (int32_t)next_value(d, 4);
		return;
	}
	out->base = (uint8_t)(base | (d->b ? 8 : 0));
	out->seg = out->base == RSP || out->base == RBP ? SS : DS;
	if (mod == 1)
		out->disp = (int8_t)next_byte(d);
	else if (mod == 2)
		out->disp = (int32_t)next_value(d, 4);
}

static void read_memory_operand(Decoder *d, const Form *form)
{
	d->out->flags |= INSN_MEM;
	if (d->out->adsize == 2)
		address16(d);
	else
		address32(d, form);
}

/* ---- registers and immediates ---- */

/* Without REX, byte registers 4-7 are AH CH DH BH. */
static uint8_t byte_register(const Decoder *d, unsigned number)
{
	bool high = !(d->out->flags & (INSN_REX | INSN_VEX)) && number >= 4 && number < 8;
	return (uint8_t)(high ? (number - 4) * 8 + 1 : number * 8);
}

/* The register stands in the opcode's low bits: operand letter Z. Rows of one opcode may differ (90 is NOP and XCHG r8, rAX). */
static bool register_in_opcode(const Form *form)
{
	return form->operand[0].kind == OPK_Z || form->operand[1].kind == OPK_Z;
}

static void set_registers(Decoder *d, const Form *form)
{
	bool plus_r = register_in_opcode(form);
	unsigned reg = plus_r ? (d->opcode & 7) | (d->b ? 8 : 0) : (d->modrm >> 3 & 7) | (d->r_inverted ? 8 : 0);
	unsigned rm = (d->modrm & 7) | (d->b ? 8 : 0);
	Insn *out = d->out;
	if (!plus_r && !(form->flags & FORM_MODRM))
		reg = 0;
	out->reg = (uint8_t)reg;
	out->rm = (uint8_t)rm;
	for (unsigned n = 0; n < form->operands; n++) {
		const Operand *o = &form->operand[n];
		bool byte = o->type == OPT_b;
		switch (o->kind) {
		case OPK_G: case OPK_Z:
			if (byte)
				out->reg = byte_register(d, reg);
			break;
		case OPK_E: case OPK_R:
			if (byte && !(out->flags & INSN_MEM))
				out->rm = byte_register(d, rm);
			break;
		case OPK_ACC:
			if (!plus_r)
				out->reg = 0;
			break;
		case OPK_P: case OPK_D: out->reg = (uint8_t)(o->kind == OPK_P ? reg & 7 : reg); break;
		case OPK_Q: case OPK_N: out->rm = rm & 7; break;
		case OPK_S: case OPK_SEG: out->reg = reg & 7; break;
		case OPK_STI: out->rm = rm & 7; break;
		case OPK_ONE: out->imm = 1; break;
		default: break;
		}
	}
}

static uint64_t read_immediate(Decoder *d, unsigned kind)
{
	unsigned opsize = d->out->opsize;
	switch (kind) {
	case IMM_Ib: case IMM_L: return next_byte(d);
	case IMM_Ibs: case IMM_Jb: return (uint64_t)(int64_t)(int8_t)next_byte(d);
	case IMM_Iw: return next_value(d, 2);
	case IMM_Iz: case IMM_Jz:
		return opsize == 2 ? (uint64_t)(int64_t)(int16_t)next_value(d, 2) : (uint64_t)(int64_t)(int32_t)next_value(d, 4);
	case IMM_Iv: return next_value(d, opsize);
	case IMM_O: return next_value(d, d->out->adsize);
	case IMM_Ap: {
		uint64_t offset = next_value(d, opsize == 2 ? 2 : 4);
		d->out->selector = (uint16_t)next_value(d, 2);
		return offset;
	}
	default: return 0;
	}
}

static void read_immediates(Decoder *d, const Form *form)
{
	if (form->imm_kind == IMM_NONE)
		return;
	Insn *out = d->out;
	uint64_t first = read_immediate(d, form->imm_kind);
	out->imm = first;
	if (form->imm2_kind != IMM_NONE)
		out->imm2 = (uint8_t)read_immediate(d, form->imm2_kind);
	if (form->imm_kind == IMM_L || form->imm2_kind == IMM_L) {
		uint8_t value = form->imm_kind == IMM_L ? (uint8_t)first : out->imm2;
		out->imm2 = (uint8_t)(value >> 4 & (d->code == MODE_CODE64 ? 15 : 7));
	}
}

/* ---- what the mode forbids ---- */

static bool wants_vvvv(const Form *form)
{
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].kind == OPK_H || form->operand[n].kind == OPK_B)
			return true;
	return false;
}

static bool lock_allowed(const Decoder *d, const Form *form)
{
	if (!(d->out->flags & INSN_LOCK))
		return true;
	return (form->flags & FORM_LOCK) && ((d->out->flags & INSN_MEM) || (form->flags & FORM_ANYMOD));
}

static InsnFn *class_fault(const Form *form, uint32_t mode)
{
	bool protected = mode & MODE_PROTECTED;
	switch ((FaultClass)form->fault_class) {
	case CLASS_X87: case CLASS_FXSR: return mode & (MODE_EM | MODE_TS) ? op_nm : NULL;
	case CLASS_WAIT: return (mode & MODE_MP) && (mode & MODE_TS) ? op_nm : NULL;
	case CLASS_MMX: return mode & MODE_EM ? op_ud : mode & MODE_TS ? op_nm : NULL;
	case CLASS_SSE: case CLASS_SSE_MMX:
		return (mode & MODE_EM) || !(mode & MODE_OSFXSR) ? op_ud : mode & MODE_TS ? op_nm : NULL;
	case CLASS_AVX: return !protected || !(mode & MODE_AVX) ? op_ud : mode & MODE_TS ? op_nm : NULL;
	case CLASS_VEX: return protected ? NULL : op_ud;
	case CLASS_XSAVE: return !(mode & MODE_OSXSAVE) ? op_ud : mode & MODE_TS ? op_nm : NULL;
	case CLASS_GENERAL: break;
	}
	return NULL;
}

static InsnFn *mode_fault(const Decoder *d, const Form *form)
{
	uint32_t mode = d->context->mode;
	unsigned cpl = (mode & MODE_CPL) >> MODE_CPL_SHIFT;
	if (!lock_allowed(d, form) || ((form->flags & FORM_PROTECTED) && !(mode & MODE_PROTECTED)))
		return op_ud;
	if ((form->flags & FORM_VEX) && d->out->vvvv && !wants_vvvv(form))
		return op_ud;
	if ((form->flags & FORM_VSIB) && d->out->adsize == 2)
		return op_ud;
	InsnFn *fault = class_fault(form, mode);
	if (fault)
		return fault;
	if ((form->flags & FORM_CPL0) && cpl)
		return op_gp0;
	if ((form->flags & FORM_UMIP) && (mode & MODE_UMIP) && cpl)
		return op_gp0;
	return NULL;
}

/* ---- putting it together ---- */

static void adjust_opsize(Decoder *d, const Form *form)
{
	Insn *out = d->out;
	if (d->code == MODE_CODE64 && (form->flags & FORM_F64))
		out->opsize = 8;
	else if (d->code == MODE_CODE64 && (form->flags & FORM_D64))
		out->opsize = d->opsize66 && !d->w ? 2 : 8;
	else if (form->flags & FORM_BYTE)
		out->opsize = 1;
}

static void set_vector_length(Decoder *d, const Form *form)
{
	bool mmx = form->fault_class == CLASS_MMX || form->operand[0].kind == OPK_P;
	d->out->vl = d->vex && d->vex_l ? 32 : mmx ? 8 : 16;
}

static InsnFn *handler(const Insn *out, const Form *form)
{
	if (!(form->flags & FORM_SPEC))
		return form->run;
	return insn_specs[form->spec][__builtin_ctz(out->opsize)][(out->flags & INSN_MEM) != 0];
}

static void set_invalid(Insn *out)
{
	out->form = INVALID_FORM;
	out->run = op_ud;
}

/* ModRM comes before the row is known where any row of the slot has it, which the first one tells: rows of one opcode agree,
 * but for opcodes that are undefined. */
static void read_modrm(Decoder *d, unsigned slot)
{
	unsigned first = insn_encoding_start[slot];
	if (first == insn_encoding_start[slot + 1] || !(insn_forms[insn_encodings[first].form].flags & FORM_MODRM))
		return;
	d->modrm = next_byte(d);
	if (insn_forms[insn_encodings[first].form].flags & FORM_ANYMOD)
		d->modrm |= 0xc0;
}

static void decode_form(Decoder *d, unsigned form_number)
{
	Insn *out = d->out;
	const Form *form = &insn_forms[form_number];
	out->form = (uint16_t)form_number;
	if ((form->flags & FORM_MODRM) && d->map != MAP_3DNOW && d->modrm < 0xc0)
		read_memory_operand(d, form);
	adjust_opsize(d, form);
	set_registers(d, form);
	if (d->map != MAP_3DNOW)
		read_immediates(d, form);
	if (form->fault_class == CLASS_X87)
		out->imm = (d->opcode & 7u) << 8 | d->modrm;
	set_vector_length(d, form);
}

/* 0F 0F ModRM [SIB] [disp] suffix: the operand comes before the opcode. */
static unsigned read_3dnow(Decoder *d, unsigned *slot)
{
	d->modrm = next_byte(d);
	if (d->modrm < 0xc0)
		read_memory_operand(d, &insn_forms[INVALID_FORM]);
	d->opcode = next_byte(d);
	*slot = MAP_3DNOW * 256 + d->opcode;
	return find_form(d, *slot);
}

static void finish(Decoder *d)
{
	Insn *out = d->out;
	const Form *form = &insn_forms[out->form];
	out->length = (uint8_t)d->position;
	out->next = out->length;
	if (out->base == GPR_RIP)
		out->disp += out->length;
	if (out->seg_override != 0xff)
		out->seg = out->seg_override;
	out->flags |= (uint8_t)((d->rep == 1 ? INSN_REP : 0) | (d->rep == 2 ? INSN_REPNE : 0) | (d->w ? INSN_W : 0) |
				(d->opsize66 ? INSN_OPSIZE : 0));
	InsnFn *fault = mode_fault(d, form);
	out->run = fault ? fault : handler(out, form);
}

DecodeStatus decode_insn(const DecodeContext *context, const uint8_t *bytes, unsigned available, Insn *out)
{
	*out = (Insn){ .seg = DS, .base = GPR_NONE, .index = GPR_NONE, .seg_override = 0xff };
	Decoder d = { .context = context, .bytes = bytes, .available = available, .out = out, .code = context->mode & MODE_CODE };
	bool defined = read_opcode(&d);
	out->opsize = (uint8_t)operand_size(&d);
	out->adsize = (uint8_t)address_size(&d);
	unsigned form = INVALID_FORM;
	if (defined && d.status == DECODE_OK) {
		unsigned slot = d.map * 256 + d.opcode;
		if (d.map == MAP_3DNOW) {
			form = read_3dnow(&d, &slot);
		} else {
			read_modrm(&d, slot);
			if (d.status == DECODE_OK)
				form = find_form(&d, slot);
		}
		if (form != INVALID_FORM)
			decode_form(&d, form);
	}
	if (d.status != DECODE_OK)
		return d.status;
	if (form == INVALID_FORM) {
		out->length = (uint8_t)d.position;
		out->next = out->length;
		set_invalid(out);
		return DECODE_OK;
	}
	finish(&d);
	return DECODE_OK;
}
