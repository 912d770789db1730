/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare.h"

#include <string.h>

#include "aim.h"
#include "cpu/fault.h"

enum { FSW_ES = 0x80, ENVIRONMENT_WINDOW = 2 /* see generate.c */ };

/* ---- flags ---- */

static uint64_t flag_bits(uint8_t letters)
{
	static const uint16_t bits[] = { EFLAGS_CF, EFLAGS_PF, EFLAGS_AF, EFLAGS_ZF, EFLAGS_SF, EFLAGS_OF };
	uint64_t mask = 0;
	for (unsigned n = 0; n < G_N_ELEMENTS(bits); n++)
		if (letters >> n & 1)
			mask |= bits[n];
	return mask;
}

static bool is_one_of(const char *mnemonic, const char *const *patterns, unsigned count)
{
	for (unsigned n = 0; n < count; n++)
		if (g_pattern_match_simple(patterns[n], mnemonic))
			return true;
	return false;
}

/* A shift's count, masked as the processor does; -1: not a shift. */
static int shift_count(const Test *t)
{
	static const char *const shifts[] = { "RO?", "RC?", "SH?", "SA?", "SH?D" };
	const Form *form = &insn_forms[t->insn.form];
	if (t->count != 1 || !is_one_of(form->mnemonic, shifts, G_N_ELEMENTS(shifts)))
		return -1;
	const Operand *last = &form->operand[form->operands - 1];
	uint64_t count = last->kind == OPK_CL ? t->state.gpr[RCX] : last->kind == OPK_ONE ? 1 : form->imm2_kind ? t->insn.imm2 : t->insn.imm;
	return (int)(count & (t->insn.opsize == 8 ? 63 : 31));
}

static uint64_t undefined_flags(const Test *t, bool completed)
{
	if (shift_count(t) == 0)
		return 0;
	return flag_bits(completed ? t->undefined_end : t->undefined_any);
}

/* ---- members ---- */

typedef struct Report {
	GString *text; /* may be NULL */
	unsigned differences;
} Report;

static void differ(Report *r, unsigned bit, const char *name, uint64_t before, uint64_t ours, uint64_t host)
{
	r->differences |= bit;
	if (r->text)
		g_string_append_printf(r->text, " %s %" G_GINT64_MODIFIER "x/%" G_GINT64_MODIFIER "x/%" G_GINT64_MODIFIER "x", name, before, ours, host);
}

static void append_hex(GString *text, const uint8_t *bytes, unsigned size)
{
	while (size-- > 0)
		g_string_append_printf(text, "%02x", bytes[size]);
}

static void differ_bytes(Report *r, unsigned bit, const char *name, const uint8_t *before, const uint8_t *ours, const uint8_t *host,
	unsigned size)
{
	r->differences |= bit;
	if (!r->text)
		return;
	g_string_append_printf(r->text, " %s ", name);
	append_hex(r->text, before, size);
	g_string_append_c(r->text, '/');
	append_hex(r->text, ours, size);
	g_string_append_c(r->text, '/');
	append_hex(r->text, host, size);
}

static void compare_value(Report *r, unsigned bit, const char *name, uint64_t before, uint64_t ours, uint64_t host)
{
	if (ours != host)
		differ(r, bit, name, before, ours, host);
}

/* Linux always says that the page is present where a process can't map any: behind the last page but one of its half. */
#define USER_END 0x7ffffffff000u

static uint32_t page_fault_code(const OracleFault *f)
{
	return f->vector == VECTOR_PF && f->address >= USER_END ? f->error_code | PF_PRESENT : f->error_code;
}

static void compare_fault(Report *r, const OracleFault *ours, const OracleFault *host)
{
	compare_value(r, DIFF_FAULT, "vector", 0, (uint64_t)(int64_t)ours->vector, (uint64_t)(int64_t)host->vector);
	if (ours->vector != host->vector)
		return;
	compare_value(r, DIFF_FAULT, "error-code", 0, page_fault_code(ours), page_fault_code(host));
	if (host->address_known)
		compare_value(r, DIFF_FAULT, "cr2", 0, ours->address, host->address);
}

/* On its way back from the code's exception Linux loses a null selector's RPL: IRET to an outer ring clears it. */
static uint16_t null_selector(uint16_t selector)
{
	return selector < 4 ? 0 : selector;
}

static void compare_integers(Report *r, const Test *t, const OracleCase *ours, const OracleCase *host)
{
	static const char *const names[16] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
		"r14", "r15" };
	static const char *const segments[6] = { "es", "cs", "ss", "ds", "fs", "gs" };
	const OracleState *b = &t->state, *o = &ours->state, *h = &host->state;
	uint64_t mask = ~undefined_flags(t, host->fault.vector == ORACLE_NO_FAULT);
	compare_value(r, DIFF_RIP, "rip", b->rip, o->rip, h->rip);
	if ((o->rflags ^ h->rflags) & mask)
		differ(r, DIFF_FLAGS, "rflags", b->rflags, o->rflags, h->rflags);
	for (unsigned n = 0; n < (t->mode64 ? 16u : 8u); n++)
		compare_value(r, DIFF_GPR, names[n], b->gpr[n], o->gpr[n], h->gpr[n]);
	for (unsigned n = 0; n < 6; n++)
		compare_value(r, DIFF_SEGMENT, segments[n], 0, null_selector(o->segment[n]), null_selector(h->segment[n]));
	compare_value(r, DIFF_SEGMENT, "fs-base", b->fs_base, o->fs_base, h->fs_base);
	compare_value(r, DIFF_SEGMENT, "gs-base", b->gs_base, o->gs_base, h->gs_base);
}

/* An AMD that ran another process in between has forgotten them: zero. */
static void compare_pointer(Report *r, const Comparison *c, const char *name, uint64_t before, uint64_t ours, uint64_t host)
{
	if (c->pointers_known || host)
		compare_value(r, DIFF_X87_POINTERS, name, before, ours, host);
}

static void compare_fpu(Report *r, const Comparison *c, const OracleFpu *b, const OracleFpu *o, const OracleFpu *h)
{
	static const char *const names[8] = { "st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7" };
	compare_value(r, DIFF_MXCSR, "mxcsr", b->mxcsr, o->mxcsr, h->mxcsr);
	compare_value(r, DIFF_X87_CONTROL, "fcw", b->fcw, o->fcw, h->fcw);
	compare_value(r, DIFF_X87_CONTROL, "fsw", b->fsw, o->fsw, h->fsw);
	compare_value(r, DIFF_X87_CONTROL, "ftw", b->ftw_abridged, o->ftw_abridged, h->ftw_abridged);
	for (unsigned n = 0; n < 8; n++)
		if (memcmp(o->st[n], h->st[n], 10))
			differ_bytes(r, DIFF_X87_DATA, names[n], b->st[n], o->st[n], h->st[n], 10);
	if (!c->pointers_known && !(h->fsw & FSW_ES))
		return;
	compare_pointer(r, c, "fop", b->fop, o->fop, h->fop);
	compare_pointer(r, c, "fip", b->fip, o->fip, h->fip);
	compare_pointer(r, c, "fdp", b->fdp, o->fdp, h->fdp);
}

static void compare_vectors(Report *r, const OracleState *b, const OracleState *o, const OracleState *h)
{
	for (unsigned n = 0; n < 16; n++) {
		char name[8];
		g_snprintf(name, sizeof name, "ymm%u", n);
		if (memcmp(o->ymm[n], h->ymm[n], 32))
			differ_bytes(r, DIFF_VECTOR, name, b->ymm[n], o->ymm[n], h->ymm[n], 32);
	}
}

/* In FXSAVE's and XSAVE's image, what the processor's make decides: MXCSR_MASK, and x87 pointers that AMD's leave out unless an
 * exception is pending. */
bool compare_ignores_some(const Test *t)
{
	static const char *const images[] = { "FXSAVE*", "XSAVE*" };
	return t->count == 1 && is_one_of(insn_forms[t->insn.form].mnemonic, images, G_N_ELEMENTS(images));
}

static bool is_ignored(const Test *t, const OracleCase *host, uint64_t address)
{
	enum { FOP_AT = 6, MXCSR_AT = 24, MASK_AT = 28, MASK_END = 32 };
	uint64_t at = address - t->target;
	if (at >= MASK_END || !compare_ignores_some(t))
		return false;
	return at >= MASK_AT || (at >= FOP_AT && at < MXCSR_AT && !(host->state.fx.fsw & FSW_ES));
}

/* In the environment that the appended FNSTENV stores: a pointer that the host says is zero. When it runs another process in
 * between, AMD's XSAVE forgets the pointers. */
static bool is_forgotten(const Test *t, const OracleWindow *host, uint32_t at)
{
	static const struct {
		uint8_t at, size;
	} pointers[] = { { 12, 4 }, { 18, 2 }, { 20, 4 } };
	static const uint8_t zero[4];
	if (t->size == t->body || host->size < 28)
		return false;
	for (unsigned n = 0; n < G_N_ELEMENTS(pointers); n++)
		if (at - pointers[n].at < pointers[n].size)
			return !memcmp(host->bytes + pointers[n].at, zero, pointers[n].size);
	return false;
}

static void compare_window(Report *r, const Test *t, const OracleCase *host_case, unsigned number, const OracleCase *ours_case)
{
	const TestWindow *before = &t->windows[number];
	const OracleWindow *ours = &ours_case->windows[number], *host = &host_case->windows[number];
	for (uint32_t at = 0; at < host->size; at++) {
		if (ours->bytes[at] == host->bytes[at] || is_ignored(t, host_case, host->address + at))
			continue;
		if (number == ENVIRONMENT_WINDOW && is_forgotten(t, host, at))
			continue;
		char name[32];
		uint32_t size = MIN(host->size - at, 16);
		g_snprintf(name, sizeof name, "[%" G_GINT64_MODIFIER "x]", host->address + at);
		differ_bytes(r, DIFF_MEMORY, name, before->bytes + at, ours->bytes + at, host->bytes + at, size);
		at += size - 1;
	}
}

unsigned compare_cases(const Comparison *c, const Test *t, const OracleCase *ours, const OracleCase *host, GString *text)
{
	Report r = { .text = text };
	compare_fault(&r, &ours->fault, &host->fault);
	compare_integers(&r, t, ours, host);
	compare_fpu(&r, c, &t->state.fx, &ours->state.fx, &host->state.fx);
	compare_vectors(&r, &t->state, &ours->state, &host->state);
	for (unsigned n = 0; n < ORACLE_WINDOWS; n++)
		compare_window(&r, t, host, n, ours);
	return r.differences;
}

/* ---- differences that are as they should be ---- */

typedef struct Exception {
	const char *pattern; /* of mnemonics */
	unsigned differences; /* that it explains */
	bool (*holds)(const Test *t, const OracleCase *ours, const OracleCase *host);
	const char *reason;
} Exception;

/* Neighbours in the format's order; across a power of two as well. */
static bool within_one_ulp(const uint8_t a[10], const uint8_t b[10])
{
	enum { SIGN = 0x8000 };
	uint64_t m[2];
	uint16_t se[2];
	memcpy(&m[0], a, 8);
	memcpy(&m[1], b, 8);
	memcpy(&se[0], a + 8, 2);
	memcpy(&se[1], b + 8, 2);
	if (se[0] == se[1])
		return m[0] - m[1] + 1 <= 2;
	unsigned upper = (se[0] & ~SIGN) < (se[1] & ~SIGN);
	return !((se[0] ^ se[1]) & SIGN) && se[upper] == se[!upper] + 1 && m[upper] == (uint64_t)1 << 63 && !~m[!upper];
}

/* All of the stack within one unit in the last place, and no more of the status than C1 (rounded up) differs. */
static bool nearly_equal(const Test *t, const OracleCase *ours, const OracleCase *host)
{
	enum { C1 = 0x200 };
	(void)t;
	for (unsigned n = 0; n < 8; n++)
		if (!within_one_ulp(ours->state.fx.st[n], host->state.fx.st[n]))
			return false;
	return !((ours->state.fx.fsw ^ host->state.fx.fsw) & ~C1);
}

/* Both sides say #PF, for different bytes of an operand that faults; or it doesn't fit under 4 GiB, and its parts before the end
 * aren't mapped. */
static bool other_part(const Test *t, const OracleCase *ours, const OracleCase *host)
{
	const OracleFault *o = &ours->fault, *h = &host->fault;
	if (t->target >> 32 != (t->target + aim_operand_size(&t->insn)) >> 32)
		return h->vector == VECTOR_PF;
	return o->vector == VECTOR_PF && h->vector == VECTOR_PF && aim_operand_size(&t->insn) > 8;
}

static bool host_page_fault(const Test *t, const OracleCase *ours, const OracleCase *host)
{
	(void)t, (void)ours;
	return host->fault.vector == VECTOR_PF;
}

static bool host_faults(const Test *t, const OracleCase *ours, const OracleCase *host)
{
	(void)t, (void)ours;
	return host->fault.vector >= 0;
}

static bool locked(const Test *t, const OracleCase *ours, const OracleCase *host)
{
	(void)host;
	return (t->insn.flags & INSN_LOCK) && ours->fault.vector == VECTOR_UD;
}

static bool reported_on_itself(const Test *t, const OracleCase *ours, const OracleCase *host)
{
	(void)ours;
	return host->fault.vector == VECTOR_DB && host->state.rip == t->state.rip;
}

static bool repeat_prefix(const Test *t, const OracleCase *ours, const OracleCase *host)
{
	(void)ours, (void)host;
	return t->insn.flags & (INSN_REP | INSN_REPNE);
}

static bool trapped_within(const Test *t, const OracleCase *ours, const OracleCase *host)
{
	(void)ours;
	return (t->state.rflags & EFLAGS_TF) && host->fault.vector == VECTOR_DB;
}

/* With a base from FS or GS: the offset alone isn't canonical, but the sum is. */
static bool offset_not_canonical(const Test *t, const OracleCase *ours, const OracleCase *host)
{
	uint64_t base = t->insn.seg == FS ? t->state.fs_base : t->insn.seg == GS ? t->state.gs_base : 0;
	uint64_t offset = t->state.gpr[RSI];
	if (!strncmp(insn_forms[t->insn.form].mnemonic, "XLAT", 4))
		offset = t->state.gpr[RBX] + (uint8_t)t->state.gpr[RAX];
	else if (t->insn.flags & INSN_MEM)
		offset = t->target - base;
	(void)ours;
	return t->mode64 && base && host->fault.vector == VECTOR_GP && (uint64_t)((int64_t)(offset << 16) >> 16) != offset;
}

static bool left_64_bit_mode(const Test *t, const OracleCase *ours, const OracleCase *host)
{
	if (!t->mode64 || host->state.segment[CS] != ORACLE_CS32)
		return false;
	for (unsigned n = 0; n < 8; n++)
		if ((uint32_t)ours->state.gpr[n] != (uint32_t)host->state.gpr[n])
			return false;
	return true;
}

static const char transcendental[] = "a transcendental function: one unit in the last place is allowed, the manuals promise no more";
static const char parts[] = "an operand of many parts faults at any of them; the manuals don't say which is touched first";
static const char masked[] = "a masked store may fault although the mask spares the page, and AMD's does so for whole words (SDM: MASKMOVDQU, "
	"implementation specific); MMX state is entered before";

#define ANY_RESULT (DIFF_FAULT | DIFF_RIP | DIFF_FLAGS | DIFF_GPR | DIFF_VECTOR | DIFF_MEMORY)
#define ANY_DIFFERENCE (~0u)

static const Exception exceptions[] = {
	{ "F2XM1", DIFF_X87_DATA | DIFF_X87_CONTROL | DIFF_MEMORY, nearly_equal, transcendental },
	{ "FYL2X*", DIFF_X87_DATA | DIFF_X87_CONTROL | DIFF_MEMORY, nearly_equal, transcendental },
	{ "FSIN*", DIFF_X87_DATA | DIFF_X87_CONTROL | DIFF_MEMORY, nearly_equal, transcendental },
	{ "FCOS", DIFF_X87_DATA | DIFF_X87_CONTROL | DIFF_MEMORY, nearly_equal, transcendental },
	{ "FPTAN", DIFF_X87_DATA | DIFF_X87_CONTROL | DIFF_MEMORY, nearly_equal, transcendental },
	{ "FPATAN", DIFF_X87_DATA | DIFF_X87_CONTROL | DIFF_MEMORY, nearly_equal, transcendental },
	{ "F*ENV", DIFF_FAULT, other_part, parts },
	{ "F*SAVE", DIFF_FAULT | DIFF_MEMORY, other_part, parts },
	{ "F*SAVE64", DIFF_FAULT | DIFF_MEMORY, other_part, parts },
	{ "F*RSTOR", DIFF_FAULT, other_part, parts },
	{ "F*RSTOR64", DIFF_FAULT, other_part, parts },
	{ "X*SAVE*", DIFF_FAULT | DIFF_MEMORY, other_part, parts },
	{ "XRSTOR*", DIFF_FAULT, other_part, parts },
	{ "F*LD", DIFF_FAULT, other_part, parts },
	{ "F*STP", DIFF_FAULT, other_part, parts },
	{ "PUSHA*", DIFF_FAULT, other_part, parts },
	{ "POPA*", DIFF_FAULT, other_part, parts },
	{ "*MASKMOVQ", ANY_RESULT | DIFF_X87_CONTROL | DIFF_X87_DATA, host_faults, masked },
	{ "*MASKMOVDQU", ANY_RESULT, host_faults, masked },
	{ "RETF", DIFF_FAULT, host_page_fault, "AMD's processors read the outer stack before they judge the selector" },
	{ "IRET*", DIFF_FAULT, host_page_fault, "AMD's processors read the outer stack before they judge the selector" },
	{ "CALL*", DIFF_FAULT, host_page_fault, "AMD's processors write the return address before they judge the target; the manuals give no order" },
	{ "LCALL*", DIFF_FAULT, host_page_fault, "AMD's processors write the return address before they judge the target; the manuals give no order" },
	{ "VER?", ANY_DIFFERENCE, locked, "this host's processor overlooks LOCK here, against the manuals" },
	{ "*", DIFF_GPR, left_64_bit_mode, "the registers' upper halves are undefined out of 64-bit mode (SDM volume 1, 3.4.1.1)" },
	{ "INT1", DIFF_RIP, reported_on_itself, "some hypervisors report ICEBP's own address" },
	{ "LOOP*E", ANY_RESULT, repeat_prefix,
		"AMD's processors let F2 and F3 decide whether LOOPE or LOOPNE is meant, against the manuals, which call them reserved here" },
	{ "*", ANY_DIFFERENCE, offset_not_canonical,
		"AMD's processors want an offset to be canonical before FS' or GS' base is added, the manuals only the sum" },
	{ "*GATHER*", ANY_RESULT, trapped_within,
		"a single-step trap after some of the elements comes before a later element's fault (SDM: VGATHERDPS)" },
};

const char *compare_reason(const Test *t, const OracleCase *ours, const OracleCase *host, unsigned differences)
{
	const Form *form = &insn_forms[t->insn.form];
	if (t->count != 1)
		return NULL;
	for (unsigned n = 0; n < G_N_ELEMENTS(exceptions); n++) {
		const Exception *e = &exceptions[n];
		if (!(differences & ~e->differences) && g_pattern_match_simple(e->pattern, form->mnemonic) && e->holds(t, ours, host))
			return e->reason;
	}
	return NULL;
}
