/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two states of a processor, and pages of memory, that should be equal: in what they differ, for people. */
#include <string.h>

#include "cpu/disasm.h"
#include "jit/verify.h"

typedef struct Member {
	const char *name;
	size_t offset;
	unsigned size, count; /* of an element; elements */
} Member;

#define ONE(label, member) { label, offsetof(Cpu, member), sizeof(((Cpu *)0)->member), 1 }
#define MANY(label, member) \
	{ label, offsetof(Cpu, member), sizeof(((Cpu *)0)->member[0]), G_N_ELEMENTS(((Cpu *)0)->member) }
#define SEGMENT(label, member) \
	ONE(label " selector", member.selector), ONE(label " attributes", member.attr), ONE(label " limit", member.limit), \
		ONE(label " base", member.base), ONE(label " usable", member.usable)

/* clang-format off */
static const Member members[] = {
	ONE("rip", rip), ONE("cpl", cpl),
	SEGMENT("es", seg[ES]), SEGMENT("cs", seg[CS]), SEGMENT("ss", seg[SS]), SEGMENT("ds", seg[DS]), SEGMENT("fs", seg[FS]), SEGMENT("gs", seg[GS]),
	SEGMENT("ldtr", ldtr), SEGMENT("tr", tr),
	ONE("gdtr base", gdtr.base), ONE("gdtr limit", gdtr.limit), ONE("idtr base", idtr.base), ONE("idtr limit", idtr.limit),
	MANY("ymm", ymm), ONE("mxcsr", mxcsr),
	ONE("fcw", x87.cw), ONE("fsw", x87.sw), ONE("x87 top", x87.top), ONE("x87 empty", x87.empty), ONE("fop", x87.opcode), ONE("fip", x87.ip),
	ONE("fdp", x87.dp), ONE("fcs", x87.cs), ONE("fds", x87.ds),
	ONE("cr0", cr0), ONE("cr2", cr2), ONE("cr3", cr3), ONE("cr4", cr4), ONE("cr8", cr8), ONE("efer", efer), ONE("xcr0", xcr0), ONE("pkru", pkru),
	MANY("dr", dr), MANY("pdpte", pdpte),
	ONE("kernel_gs_base", kernel_gs_base), ONE("star", star), ONE("lstar", lstar), ONE("cstar", cstar), ONE("sfmask", sfmask),
	ONE("sysenter_cs", sysenter_cs), ONE("sysenter_esp", sysenter_esp), ONE("sysenter_eip", sysenter_eip),
	ONE("halted", halted), ONE("in_smm", in_smm), ONE("nmi_blocked", nmi_blocked), ONE("pending debug traps", debug_pending),
	ONE("smbase", smbase),
};
/* clang-format on */

static const char *const gpr_names[16] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15" };
static const char *const outcome_names[] = { "ends", "faults", "reaches for a device" };

static void print_value(GString *out, const uint8_t *bytes, unsigned size)
{
	for (unsigned n = size; n-- > 0;)
		g_string_append_printf(out, "%02x", bytes[n]);
}

static void print_pair(GString *out, const char *name, int number, const void *wanted, const void *got, unsigned size)
{
	g_string_append_printf(out, "  %s", name);
	if (number >= 0)
		g_string_append_printf(out, "%d", number);
	g_string_append(out, ": interpreter ");
	print_value(out, wanted, size);
	g_string_append(out, ", generated code ");
	print_value(out, got, size);
	g_string_append_c(out, '\n');
}

/* Nearly always all of it is equal, and one look is enough. */
static bool range_is_equal(const VerifyState *wanted, const VerifyState *got, size_t from, size_t to)
{
	return !memcmp(wanted->bytes + from, got->bytes + from, to - from);
}

static bool rest_is_equal(const VerifyState *wanted, const VerifyState *got)
{
	const Cpu *w = cpu_of(wanted), *g = cpu_of(got);
	return w->rip == g->rip && w->cpl == g->cpl && w->debug_pending == g->debug_pending && w->smbase == g->smbase &&
	       range_is_equal(wanted, got, offsetof(Cpu, seg), offsetof(Cpu, events)) &&
	       range_is_equal(wanted, got, offsetof(Cpu, x87), offsetof(Cpu, halted)) &&
	       w->halted == g->halted && w->in_smm == g->in_smm && w->nmi_blocked == g->nmi_blocked;
}

static void compare_member(GString *out, const Member *m, const VerifyState *wanted, const VerifyState *got)
{
	for (unsigned n = 0; n < m->count; n++) {
		const uint8_t *w = wanted->bytes + m->offset + n * m->size, *g = got->bytes + m->offset + n * m->size;
		if (memcmp(w, g, m->size))
			print_pair(out, m->name, m->count > 1 ? (int)n : -1, w, g, m->size);
	}
}

/* Outside 64-bit mode the upper halves are undefined (SDM volume 1, 3.4.1.1). */
static void compare_registers(GString *out, const Cpu *wanted, const Cpu *got)
{
	bool mode64 = (wanted->mode & MODE_CODE) == MODE_CODE64;
	for (unsigned n = 0; n < 16; n++) {
		uint64_t mask = mode64 ? ~(uint64_t)0 : 0xffffffff;
		if ((wanted->gpr[n] ^ got->gpr[n]) & mask)
			print_pair(out, gpr_names[n], -1, &wanted->gpr[n], &got->gpr[n], 8);
	}
}

static uint32_t flag_bits(uint8_t flags)
{
	return (flags & FLAG_C ? EFLAGS_CF : 0) | (flags & FLAG_P ? EFLAGS_PF : 0) | (flags & FLAG_A ? EFLAGS_AF : 0) | (flags & FLAG_Z ? EFLAGS_ZF : 0) |
	       (flags & FLAG_S ? EFLAGS_SF : 0) | (flags & FLAG_O ? EFLAGS_OF : 0);
}

static uint32_t flags_of(const Cpu *cpu)
{
	return (cpu->eflags & ~EFLAGS_ARITH) | flags_pack(&cpu->af);
}

static void compare_x87(GString *out, const X87 *wanted, const X87 *got)
{
	for (unsigned n = 0; n < 8; n++) {
		const X87Register *w = &wanted->r[n], *g = &got->r[n];
		if (w->mant != g->mant)
			print_pair(out, "x87 significand ", (int)n, &w->mant, &g->mant, 8);
		if (w->se != g->se)
			print_pair(out, "x87 exponent ", (int)n, &w->se, &g->se, 2);
	}
}

static void compare_fault(GString *out, const CpuFault *wanted, const CpuFault *got)
{
	const struct { const char *name; uint64_t wanted, got; } rows[] = {
		{ "fault", (uint64_t)wanted->vector, (uint64_t)got->vector },
		{ "error code", wanted->has_error_code ? wanted->error_code : 0, got->has_error_code ? got->error_code : 0 },
		{ "address", wanted->address, got->address },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(rows); n++)
		if (rows[n].wanted != rows[n].got)
			print_pair(out, rows[n].name, -1, &rows[n].wanted, &rows[n].got, 8);
}

void verify_compare_states(GString *out, const VerifyResult *wanted, const VerifyResult *got, uint8_t undefined)
{
	const Cpu *w = cpu_of(&wanted->state), *g = cpu_of(&got->state);
	if (wanted->outcome != got->outcome)
		g_string_append_printf(out, "  in the interpreter it %s, generated code %s\n", outcome_names[wanted->outcome], outcome_names[got->outcome]);
	compare_registers(out, w, g);
	uint32_t wanted_flags = flags_of(w), got_flags = flags_of(g), mode[2] = { w->mode & ~(uint32_t)MODE_X87_LIVE, g->mode & ~(uint32_t)MODE_X87_LIVE };
	if ((wanted_flags ^ got_flags) & ~flag_bits(undefined))
		print_pair(out, "eflags", -1, &wanted_flags, &got_flags, 4);
	if (mode[0] != mode[1])
		print_pair(out, "mode", -1, &mode[0], &mode[1], 4);
	if (wanted->events != got->events)
		print_pair(out, "events", -1, &wanted->events, &got->events, 4);
	if (!rest_is_equal(&wanted->state, &got->state)) {
		compare_x87(out, &w->x87, &g->x87);
		for (unsigned n = 0; n < G_N_ELEMENTS(members); n++)
			compare_member(out, &members[n], &wanted->state, &got->state);
	}
	if (wanted->outcome == OUTCOME_FAULT && got->outcome == OUTCOME_FAULT)
		compare_fault(out, &w->fault, &g->fault);
}

/* ---- memory ---- */

static void compare_page(GString *out, const VerifyPage *page)
{
	enum { WORD = 8, PAGE = 4096, MOST = 8 };
	unsigned told = 0;
	for (unsigned at = 0; at < PAGE && told < MOST; at += WORD) {
		g_autofree char *name = NULL;
		if (!memcmp(page->wanted + at, page->host + at, WORD))
			continue;
		name = g_strdup_printf("memory, %03x of a page", at);
		print_pair(out, name, -1, page->wanted + at, page->host + at, WORD);
		told++;
	}
}

void verify_compare_pages(GString *out, const VerifyPage *pages, unsigned count)
{
	for (unsigned n = 0; n < count; n++)
		if (memcmp(pages[n].wanted, pages[n].host, 4096))
			compare_page(out, &pages[n]);
}

/* ---- where it was ---- */

static void describe_insns(GString *out, const Block *b, uint64_t rip, const DecodeContext *context)
{
	unsigned at = 0;
	for (unsigned n = 0; n < b->count; n++) {
		char text[128];
		unsigned length = b->insns[n].length;
		disasm_insn(context, rip + at, b->source + at, length, DISASM_INTEL, text, sizeof text);
		g_string_append_printf(out, "  %" G_GINT64_MODIFIER "x:", rip + at);
		for (unsigned k = 0; k < length; k++)
			g_string_append_printf(out, " %02x", b->source[at + k]);
		g_string_append_printf(out, "  %s\n", text);
		at += length;
	}
}

void verify_describe(GString *out, const Cpu *cpu, const Block *b, const VerifyState *before)
{
	const Cpu *was = cpu_of(before);
	DecodeContext context = { was->mode, &cpu->features };
	g_string_append_printf(out, "translated code differs from the interpreter in the block at %" G_GINT64_MODIFIER "x (physical %" G_GINT64_MODIFIER
				    "x, mode %x):\n", was->rip, b->phys, was->mode);
	describe_insns(out, b, was->rip, &context);
	g_string_append(out, "  before it:");
	for (unsigned n = 0; n < 16; n++)
		g_string_append_printf(out, " %s=%" G_GINT64_MODIFIER "x", gpr_names[n], was->gpr[n]);
	g_string_append_printf(out, " eflags=%x\n", flags_of(was));
}
