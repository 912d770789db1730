/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which forms are translated, and how: read off the instruction table, with a list of mnemonics that may be copied. */
#include "jit/x86_64/translate.h"

#include <string.h>

#include "cpu/decode.h"
#include "cpu/models.h"

typedef struct Rule {
	const char *mnemonics; /* separated by spaces */
	EmitFn *emit;
} Rule;

/* Nothing here has operands that its row doesn't name, save accumulators (which are where they are) and CL. */
static const Rule rules[] = {
	{ "ADD OR ADC SBB AND SUB XOR CMP TEST INC DEC NEG NOT XADD CMPXCHG ADCX ADOX", emit_copy },
	{ "MOV MOVZX MOVSX MOVSXD XCHG BSWAP MOVBE CBW CWDE CDQE CWD CDQ CQO MOVNTI", emit_copy },
	{ "CMOVO CMOVNO CMOVB CMOVAE CMOVE CMOVNE CMOVBE CMOVA CMOVS CMOVNS CMOVP CMOVNP CMOVL CMOVGE CMOVLE CMOVG", emit_copy },
	{ "SETO SETNO SETB SETAE SETE SETNE SETBE SETA SETS SETNS SETP SETNP SETL SETGE SETLE SETG", emit_copy },
	{ "ROL ROR RCL RCR SHL SHR SAL SAR SHLD SHRD SHLX SARX SHRX RORX", emit_copy },
	{ "BT BTS BTR BTC BSF BSR TZCNT LZCNT POPCNT CRC32 ANDN BEXTR BLSR BLSMSK BLSI BZHI PDEP PEXT", emit_copy },
	{ "MUL IMUL MULX CMC CLC STC LAHF SAHF LFENCE MFENCE SFENCE", emit_copy },
	{ "CMPXCHG8B CMPXCHG16B", emit_compare_exchange_wide },
	{ "DIV IDIV", emit_divide },
	{ "LEA", emit_lea },
	{ "NOP ENDBR64 ENDBR32 PREFETCHNTA PREFETCHT0 PREFETCHT1 PREFETCHT2 PREFETCH PREFETCHW", emit_nop },
	{ "PUSH", emit_push }, { "POP", emit_pop }, { "LEAVE", emit_leave },
	{ "JO JNO JB JAE JE JNE JBE JA JS JNS JP JNP JL JGE JLE JG", emit_jcc },
	{ "JMP", emit_jump }, { "CALL", emit_call }, { "RET", emit_return },
	{ "SWAPGS", emit_swapgs }, { "CLI", emit_cli }, { "STI", emit_sti }, { "CLD", emit_cld }, { "STD", emit_std },
	{ "PUSHFD PUSHFQ", emit_pushf }, { "POPFD POPFQ", emit_popf }, { "RDTSC RDTSCP WRMSR WRFSBASE WRGSBASE", emit_end_by_interpreter },
	{ "MOVSB MOVSW MOVSD MOVSQ", emit_move_string }, { "STOSB STOSW STOSD STOSQ", emit_store_string },
	{ "LODSB LODSW LODSD LODSQ", emit_load_string },
	{ "JECXZ JRCXZ", emit_jcxz }, { "LOOP", emit_loop },
};

/* Vector instructions that aren't what their operands say, or that change what the processor does. */
static const char not_copied[] = " LDMXCSR STMXCSR VLDMXCSR VSTMXCSR MASKMOVDQU VMASKMOVDQU VMASKMOVPS VMASKMOVPD VPMASKMOVD VPMASKMOVQ "
				 "PCMPESTRI PCMPESTRM PCMPISTRI PCMPISTRM VPCMPESTRI VPCMPESTRM VPCMPISTRI VPCMPISTRM MASKMOVQ EXTRQ INSERTQ ";

static bool listed(const char *list, const char *word)
{
	size_t length = strlen(word);
	for (const char *p = strstr(list, word); p; p = strstr(p + 1, word))
		if ((p == list || p[-1] == ' ') && (p[length] == ' ' || !p[length]))
			return true;
	return false;
}

static bool has_operand(const Form *form, unsigned kind)
{
	for (unsigned n = 0; n < form->operands; n++)
		if (form->operand[n].kind == kind)
			return true;
	return false;
}

static bool is_vector(const Form *form)
{
	return form->fault_class == CLASS_SSE || form->fault_class == CLASS_AVX;
}

static EmitFn *general_emitter(const Form *form)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(rules); n++)
		if (listed(rules[n].mnemonics, form->mnemonic))
			return rules[n].emit;
	return NULL;
}

static EmitFn *segment_emitter(const Form *form, EmitFn *emit)
{
	if (emit == emit_push)
		return emit_push_segment;
	return emit == emit_copy && form->operand[1].kind == OPK_S ? emit_move_from_segment : NULL;
}

/* Rows of one mnemonic that want another way than the mnemonic's. */
static EmitFn *refine(const Form *form, EmitFn *emit)
{
	bool has_memory_form = has_operand(form, OPK_E);
	if (has_operand(form, OPK_SEG) || has_operand(form, OPK_S))
		return segment_emitter(form, emit);
	if (has_operand(form, OPK_C) || has_operand(form, OPK_D))
		return NULL;
	if (has_operand(form, OPK_O))
		return emit_offset_move;
	if (form->flags & FORM_REP)
		return emit == emit_move_string ? emit_repeated_move : emit == emit_store_string ? emit_repeated_store : NULL;
	if (emit == emit_push && !has_operand(form, OPK_Z) && !has_memory_form)
		return has_operand(form, OPK_I) ? emit_push_constant : NULL;
	if (emit == emit_jump && !has_operand(form, OPK_J))
		return has_memory_form ? emit_jump_indirect : NULL;
	if (emit == emit_call && !has_operand(form, OPK_J))
		return has_memory_form ? emit_call_indirect : NULL;
	if (form->encoding[0] == '4' && has_operand(form, OPK_Z)) /* INC and DEC by the opcodes that are REX on the host */
		return emit_step_register;
	return emit;
}

/* What changes the unit as a whole. */
static const char not_x87[] = " FLDENV FRSTOR FNSTENV FNSAVE FNINIT ESC FENI FDISI FSETPM ";

static EmitFn *x87_emitter(const Form *form)
{
	if (g_str_equal(form->mnemonic, "FLDCW"))
		return emit_x87_control_word;
	return listed(not_x87, form->mnemonic) ? NULL : emit_x87;
}

static bool is_mmx(const Form *form)
{
	return form->fault_class == CLASS_MMX || form->fault_class == CLASS_SSE_MMX;
}

/* Those with vector and MMX operands are in the vectors' class. */
static bool has_mmx_operand(const Form *form)
{
	return has_operand(form, OPK_P) || has_operand(form, OPK_Q) || has_operand(form, OPK_N);
}

static EmitFn *choose(const Form *form)
{
	if (form->fault_class == CLASS_X87)
		return x87_emitter(form);
	if (form->fault_class == CLASS_WAIT)
		return emit_wait;
	if (form->flags & FORM_VSIB)
		return NULL;
	if (is_vector(form) || is_mmx(form))
		return listed(not_copied, form->mnemonic) ? NULL : is_mmx(form) || has_mmx_operand(form) ? emit_mmx : emit_copy;
	if (form->fault_class != CLASS_GENERAL && form->fault_class != CLASS_VEX)
		return NULL;
	EmitFn *emit = general_emitter(form);
	return emit ? refine(form, emit) : NULL;
}

/* What the host's processor hasn't got can't be copied. */
static bool host_has(const CpuModel *host, unsigned feature)
{
	return feature == FEATURE_NONE || (host->wanted.word[feature / 64] >> (feature % 64) & 1);
}

/* F2 and F3 are copied only where they belong to the opcode: elsewhere they mean nothing, or on the host something else. */
static void add_prefixes(Plan *plans)
{
	static const uint8_t prefixes[4] = { 0, 0xf3, 0xf2, 0 };
	const uint32_t mask = 3u << MATCH_REP_SHIFT;
	for (unsigned n = 0; n < insn_encoding_start[MAP_COUNT * 256]; n++) {
		const Encoding *e = &insn_encodings[n];
		if ((e->mask & mask) == mask)
			plans[e->form].rep = prefixes[e->value >> MATCH_REP_SHIFT & 3];
	}
}

Plan *plans_new(void)
{
	CpuModel host = { 0 };
	if (!models_host(&host))
		return NULL;
	Plan *plans = g_new0(Plan, insn_form_count);
	for (unsigned n = 1; n < insn_form_count; n++) {
		const Form *form = &insn_forms[n];
		Plan *p = &plans[n];
		if (!host_has(&host, form->feature) || !host_has(&host, form->feature2))
			continue;
		p->emit = choose(form);
		p->vector = is_vector(form) && p->emit;
		p->x87 = p->emit && (form->fault_class == CLASS_X87 || is_mmx(form) || has_mmx_operand(form));
		p->bit_string = listed("BT BTS BTR BTC", form->mnemonic) && has_operand(form, OPK_G);
		p->counts = has_operand(form, OPK_CL);
		p->writes_whole = listed("MOV MOVZX MOVSX ADD ADC SUB SBB AND OR XOR INC DEC IMUL", form->mnemonic);
	}
	add_prefixes(plans);
	return plans;
}
