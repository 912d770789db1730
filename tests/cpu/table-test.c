/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instruction table itself: that every row can be reached, that none stands in another's way, and that what rows say of
 * themselves can be true. */
#include <string.h>

#include "synth.h"

enum { TRIES = 64 };

static unsigned encoding_count(void)
{
	return insn_encoding_start[MAP_COUNT * 256];
}

static void complain(const Form *form, const char *what)
{
	g_test_message("%s: %s %s: %s", form->row, form->encoding, form->mnemonic, what);
	g_test_fail();
}

/* ---- every row can be reached ---- */

static void add_feature(CpuFeatures *features, unsigned feature)
{
	if (feature != FEATURE_NONE)
		features->word[feature / 64] |= 1ull << (feature % 64);
}

/* Whether made-up bytes decode to the row they were made from, on a processor with these features. */
static bool reached(const Encoding *e, uint32_t code, const CpuFeatures *features, GRand *random)
{
	uint32_t mode = code | MODE_PROTECTED | MODE_AVX | MODE_OSFXSR | MODE_OSXSAVE;
	DecodeContext context = { mode, features };
	for (unsigned n = 0; n < TRIES; n++) {
		uint8_t bytes[SYNTH_SIZE];
		Insn insn;
		if (synth_insn(e, mode, false, random, bytes) && decode_insn(&context, bytes, sizeof(bytes), &insn) == DECODE_OK &&
		    insn.form == e->form)
			return true;
	}
	return false;
}

/* On a processor with everything, or with no more than the row needs: some rows are only for processors without others. */
static void test_reachable(void)
{
	GRand *random = g_rand_new_with_seed(3);
	unsigned missed = 0, narrow = 0;
	for (unsigned n = 0; n < encoding_count(); n++) {
		const Encoding *e = &insn_encodings[n];
		const Form *form = &insn_forms[e->form];
		CpuFeatures own = { { 0 } };
		add_feature(&own, form->feature);
		add_feature(&own, form->feature2);
		bool all = false, alone = false;
		for (uint32_t code = MODE_CODE16; code <= MODE_CODE64; code++) {
			all |= reached(e, code, NULL, random);
			alone |= reached(e, code, &own, random);
		}
		narrow += !all && alone;
		if (all || alone)
			continue;
		missed++;
		complain(form, "can't be reached");
	}
	g_rand_free(random);
	g_test_message("%u encodings of %u rows; %u only where another row's feature is missing, %u never", encoding_count(),
		       insn_form_count - 1, narrow, missed);
}

static void test_every_row_has_an_encoding(void)
{
	g_autofree bool *seen = g_new0(bool, insn_form_count);
	for (unsigned n = 0; n < encoding_count(); n++)
		seen[insn_encodings[n].form] = true;
	for (unsigned n = 1; n < insn_form_count; n++)
		if (!seen[n])
			complain(&insn_forms[n], "has no encoding");
}

/* ---- rows of one opcode ---- */

static unsigned feature_count(const Form *form)
{
	return (form->feature != FEATURE_NONE) + (form->feature2 != FEATURE_NONE);
}

static unsigned specificity(const Encoding *e)
{
	return (unsigned)__builtin_popcount(e->mask) * 4 + feature_count(&insn_forms[e->form]);
}

static bool same_features(const Form *a, const Form *b)
{
	return (a->feature == b->feature && a->feature2 == b->feature2) || (a->feature == b->feature2 && a->feature2 == b->feature);
}

static void check_pair(const Encoding *a, const Encoding *b)
{
	const Form *form = &insn_forms[a->form], *other = &insn_forms[b->form];
	if (specificity(a) < specificity(b))
		complain(other, "stands behind a row that is less constrained");
	if ((form->flags ^ other->flags) & FORM_MODRM)
		complain(other, "and another row of this opcode disagree about ModRM");
	if ((form->flags ^ other->flags) & FORM_ANYMOD)
		complain(other, "and another row of this opcode disagree about ModRM.mod");
	bool overlap = !((a->value ^ b->value) & a->mask & b->mask);
	if (!overlap || !same_features(form, other))
		return;
	if (a->mask == b->mask)
		complain(other, "has the constraints and features of another row");
	else if ((a->mask & b->mask) != b->mask)
		complain(other, "overlaps with a row, and neither is the other's special case");
}

static void test_pairs(void)
{
	for (unsigned slot = 0; slot < MAP_COUNT * 256; slot++)
		for (unsigned a = insn_encoding_start[slot]; a < insn_encoding_start[slot + 1]; a++) {
			g_assert_cmpuint(insn_encodings[a].map * 256u + insn_encodings[a].opcode, ==, slot);
			for (unsigned b = a + 1; b < insn_encoding_start[slot + 1]; b++)
				check_pair(&insn_encodings[a], &insn_encodings[b]);
		}
}

/* ---- what a row says ---- */

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

static void test_lock(void)
{
	for (unsigned n = 1; n < insn_form_count; n++) {
		const Form *form = &insn_forms[n];
		if (!(form->flags & FORM_LOCK) || (form->flags & FORM_ANYMOD))
			continue;
		const Operand *first = &form->operand[0];
		bool memory = first->kind == OPK_E || first->kind == OPK_M;
		if (!memory || first->access != 3)
			complain(form, "allows LOCK, but doesn't read and write memory");
	}
}

/* The flags that conditions look at, by the end of the mnemonic. */
static bool condition_flags(const char *name, unsigned *flags)
{
	static const struct { const char *name; unsigned flags; } conditions[] = {
		{ "O", FLAG_O }, { "NO", FLAG_O }, { "B", FLAG_C }, { "AE", FLAG_C }, { "E", FLAG_Z }, { "NE", FLAG_Z },
		{ "BE", FLAG_C | FLAG_Z }, { "A", FLAG_C | FLAG_Z }, { "S", FLAG_S }, { "NS", FLAG_S }, { "P", FLAG_P }, { "NP", FLAG_P },
		{ "L", FLAG_S | FLAG_O }, { "GE", FLAG_S | FLAG_O }, { "LE", FLAG_Z | FLAG_S | FLAG_O }, { "G", FLAG_Z | FLAG_S | FLAG_O },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(conditions); n++)
		if (!strcmp(conditions[n].name, name)) {
			*flags = conditions[n].flags;
			return true;
		}
	return false;
}

static void check_condition(const Form *form)
{
	static const char *const prefixes[] = { "J", "SET", "CMOV" };
	for (unsigned n = 0; n < G_N_ELEMENTS(prefixes); n++) {
		unsigned flags;
		if (!g_str_has_prefix(form->mnemonic, prefixes[n]) || !condition_flags(form->mnemonic + strlen(prefixes[n]), &flags))
			continue;
		if (form->flags_read != flags)
			complain(form, "doesn't read its condition's flags");
		if (form->flags_written || form->flags_undefined)
			complain(form, "writes flags");
	}
}

/* Written and undefined at once: defined for some counts only. */
static const char *const by_count[] = { "ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SAL", "SAR", "SHLD", "SHRD", NULL };

static void check_flags(const Form *form)
{
	static const char *const keep_carry[] = { "INC", "DEC", NULL };
	static const char *const with_carry[] = { "ADC", "SBB", "RCL", "RCR", NULL };
	static const char *const all[] = { "ADD", "SUB", "ADC", "SBB", "CMP", "NEG", "XADD", "CMPXCHG", NULL };
	enum { ALL_FLAGS = FLAG_C | FLAG_P | FLAG_A | FLAG_Z | FLAG_S | FLAG_O };
	if ((form->flags_read | form->flags_written | form->flags_undefined) & ~ALL_FLAGS)
		complain(form, "names flags that there aren't");
	if ((form->flags_written & form->flags_undefined) && !is_one_of(form->mnemonic, by_count))
		complain(form, "writes a flag and leaves it undefined");
	if (is_one_of(form->mnemonic, keep_carry) && ((form->flags_written | form->flags_undefined) & FLAG_C))
		complain(form, "touches CF");
	if (is_one_of(form->mnemonic, with_carry) && !(form->flags_read & FLAG_C))
		complain(form, "doesn't read CF");
	if (is_one_of(form->mnemonic, all) && form->flags_written != ALL_FLAGS)
		complain(form, "doesn't write all flags");
	bool logic = !strcmp(form->mnemonic, "AND") || !strcmp(form->mnemonic, "OR") || !strcmp(form->mnemonic, "XOR") ||
		     !strcmp(form->mnemonic, "TEST");
	if (logic && (form->flags_written != (ALL_FLAGS & ~FLAG_A) || form->flags_undefined != FLAG_A))
		complain(form, "is logic: all flags but AF, which is undefined");
	check_condition(form);
}

/* Vectors and the x87 leave the flags alone, but for those that compare. */
static bool may_write_flags(const Form *form)
{
	static const char *const comparing[] = { "COMISS", "COMISD", "UCOMISS", "UCOMISD", "VCOMISS", "VCOMISD", "VUCOMISS", "VUCOMISD",
						 "PTEST", "VPTEST", "VTESTPS", "VTESTPD", "PCMPESTRI", "PCMPESTRM", "PCMPISTRI",
						 "PCMPISTRM", "VPCMPESTRI", "VPCMPESTRM", "VPCMPISTRI", "VPCMPISTRM", "FCOMI", "FCOMIP",
						 "FUCOMI", "FUCOMIP", NULL };
	switch ((FaultClass)form->fault_class) {
	case CLASS_GENERAL: case CLASS_VEX: return true;
	default: return is_one_of(form->mnemonic, comparing);
	}
}

static void test_flags(void)
{
	for (unsigned n = 1; n < insn_form_count; n++) {
		const Form *form = &insn_forms[n];
		check_flags(form);
		bool writes = form->flags_written || form->flags_undefined;
		if (writes != (writes && may_write_flags(form)))
			complain(form, "writes flags, which its like don't");
		if (!writes && form->fault_class != CLASS_GENERAL && form->fault_class != CLASS_VEX && may_write_flags(form))
			complain(form, "compares without writing flags");
	}
}

/* ---- operands and classes ---- */

static bool has_kind(const Form *form, OperandKind kind)
{
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].kind == kind)
			return true;
	return false;
}

static bool has_type(const Form *form, OperandType type)
{
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].type == type)
			return true;
	return false;
}

static void check_class(const Form *form)
{
	bool vex = form->flags & FORM_VEX;
	if (vex != (form->fault_class == CLASS_AVX || form->fault_class == CLASS_VEX))
		complain(form, "has VEX without its class, or the class without VEX");
	if ((vex || form->fault_class == CLASS_SSE || form->fault_class == CLASS_SSE_MMX || form->fault_class == CLASS_MMX) &&
	    form->feature == FEATURE_NONE)
		complain(form, "needs a feature");
	if (!vex && (has_kind(form, OPK_H) || has_kind(form, OPK_B) || has_kind(form, OPK_L) || has_type(form, OPT_x)))
		complain(form, "has VEX's operands without VEX");
	bool vectors = has_kind(form, OPK_V) || has_kind(form, OPK_W) || has_kind(form, OPK_U) || has_kind(form, OPK_H);
	if (vectors && form->fault_class != CLASS_SSE && form->fault_class != CLASS_SSE_MMX && form->fault_class != CLASS_AVX)
		complain(form, "has vectors, but not their class");
	if ((form->flags & FORM_SIMD_FP) && !vectors)
		complain(form, "raises #XM without vectors");
	if (has_kind(form, OPK_STI) && form->fault_class != CLASS_X87)
		complain(form, "has x87 operands, but not their class");
}

static void check_shape(const Form *form)
{
	if ((form->flags & FORM_RIP) && !(form->flags & FORM_END))
		complain(form, "writes RIP and doesn't end its block");
	if (has_kind(form, OPK_J) && !(form->flags & FORM_RIP))
		complain(form, "branches without writing RIP");
	if ((form->flags & FORM_REPZ) && !(form->flags & FORM_REP))
		complain(form, "has repz without rep");
	if ((form->flags & FORM_VSIB) && !(has_kind(form, OPK_M) && (form->flags & FORM_VEX)))
		complain(form, "has VSIB without memory or VEX");
	if ((form->flags & FORM_D64) && (form->flags & FORM_F64))
		complain(form, "has both d64 and f64");
	if ((form->flags & FORM_CPL0) && !(form->flags & FORM_PRIVATE))
		complain(form, "is privileged and not private");
	if (!form->run || !form->mnemonic[0] || form->operands > G_N_ELEMENTS(form->operand))
		complain(form, "has no handler or name, or too many operands");
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].kind == OPK_I && (form->operand[n].access & 2))
			complain(form, "writes an immediate");
}

static void test_shapes(void)
{
	for (unsigned n = 1; n < insn_form_count; n++) {
		check_class(&insn_forms[n]);
		check_shape(&insn_forms[n]);
	}
}

/* A register in the opcode's low bits takes eight opcodes. */
static void test_register_opcodes(void)
{
	for (unsigned n = 0; n < encoding_count(); n++) {
		const Encoding *e = &insn_encodings[n];
		const Form *form = &insn_forms[e->form];
		if (e->plus_r != has_kind(form, OPK_Z))
			complain(form, "has operand Z and not its opcodes, or the reverse");
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/table/reachable", test_reachable);
	g_test_add_func("/table/every-row-has-an-encoding", test_every_row_has_an_encoding);
	g_test_add_func("/table/pairs", test_pairs);
	g_test_add_func("/table/lock", test_lock);
	g_test_add_func("/table/flags", test_flags);
	g_test_add_func("/table/shapes", test_shapes);
	g_test_add_func("/table/register-opcodes", test_register_opcodes);
	return g_test_run();
}
