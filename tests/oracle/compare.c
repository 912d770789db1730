/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare.h"

#include <string.h>

#include "cpu/fault.h"

enum { FSW_ES = 0x80 };

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
		compare_value(r, DIFF_SEGMENT, segments[n], 0, o->segment[n], h->segment[n]);
	compare_value(r, DIFF_SEGMENT, "fs-base", b->fs_base, o->fs_base, h->fs_base);
	compare_value(r, DIFF_SEGMENT, "gs-base", b->gs_base, o->gs_base, h->gs_base);
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
	compare_value(r, DIFF_X87_POINTERS, "fop", b->fop, o->fop, h->fop);
	compare_value(r, DIFF_X87_POINTERS, "fip", b->fip, o->fip, h->fip);
	compare_value(r, DIFF_X87_POINTERS, "fdp", b->fdp, o->fdp, h->fdp);
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

static void compare_window(Report *r, const TestWindow *before, const OracleWindow *ours, const OracleWindow *host)
{
	for (uint32_t at = 0; at < host->size; at++) {
		if (ours->bytes[at] == host->bytes[at])
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
		compare_window(&r, &t->windows[n], &ours->windows[n], &host->windows[n]);
	return r.differences;
}

/* ---- differences that are as they should be ---- */

typedef struct Exception {
	const char *pattern; /* of mnemonics */
	unsigned differences; /* that it explains */
	bool (*holds)(const Test *t, const OracleCase *ours, const OracleCase *host);
	const char *reason;
} Exception;

static uint64_t mantissa(const uint8_t st[10])
{
	uint64_t value;
	memcpy(&value, st, 8);
	return value;
}

static bool within_one_ulp(const uint8_t a[10], const uint8_t b[10])
{
	if (memcmp(a + 8, b + 8, 2))
		return false;
	uint64_t distance = mantissa(a) - mantissa(b);
	return distance + 1 <= 2;
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

static const char transcendental[] = "a transcendental function: one unit in the last place is allowed, the manuals promise no more";

static const Exception exceptions[] = {
	{ "F2XM1", DIFF_X87_DATA | DIFF_X87_CONTROL, nearly_equal, transcendental },
	{ "FYL2X*", DIFF_X87_DATA | DIFF_X87_CONTROL, nearly_equal, transcendental },
	{ "FSIN*", DIFF_X87_DATA | DIFF_X87_CONTROL, nearly_equal, transcendental },
	{ "FCOS", DIFF_X87_DATA | DIFF_X87_CONTROL, nearly_equal, transcendental },
	{ "FPTAN", DIFF_X87_DATA | DIFF_X87_CONTROL, nearly_equal, transcendental },
	{ "FPATAN", DIFF_X87_DATA | DIFF_X87_CONTROL, nearly_equal, transcendental },
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
