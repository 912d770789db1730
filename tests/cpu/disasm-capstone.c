/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decoder and the disassembler against capstone: over the host's own libraries, over bytes made from every row of the table,
 * and over random bytes. */
#include <capstone/capstone.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "capstone-differs.h"
#include "disasm-test.h"
#include "synth.h"

enum { RANDOM_COUNT = 1000000, ROW_TRIES = 24, TEXT_SIZE = 256, MAX_REPORTS = 40 };

static const char *const code_names[] = { "16", "32", "64" };

typedef struct Checker {
	csh handle;
	cs_insn *insn;
	unsigned code;
	DecodeContext context;
	unsigned instructions, explained, reports;
	uint8_t *reached; /* by form */
	GHashTable *reasons; /* why -> how often */
} Checker;

static void checker_open(Checker *c, unsigned code)
{
	static const cs_mode modes[] = { CS_MODE_16, CS_MODE_32, CS_MODE_64 };
	*c = (Checker){ .code = code, .context = disasm_test_context(code) };
	g_assert_cmpint(cs_open(CS_ARCH_X86, modes[code], &c->handle), ==, CS_ERR_OK);
	c->insn = cs_malloc(c->handle);
	c->reached = g_new0(uint8_t, insn_form_count);
	c->reasons = g_hash_table_new(g_str_hash, g_str_equal);
}

static void checker_close(Checker *c)
{
	unsigned forms = 0;
	for (unsigned n = 1; n < insn_form_count; n++)
		forms += c->reached[n];
	g_test_message("%s-bit: %u instructions of %u forms (of %u), %u explained differences, %u others", code_names[c->code],
		       c->instructions, forms, insn_form_count - 1, c->explained, c->reports);
	GHashTableIter iter;
	gpointer why, count;
	for (g_hash_table_iter_init(&iter, c->reasons); g_hash_table_iter_next(&iter, &why, &count);)
		g_test_message("%s-bit: %u times: %s", code_names[c->code], GPOINTER_TO_UINT(count), (const char *)why);
	g_hash_table_destroy(c->reasons);
	g_free(c->reached);
	cs_free(c->insn, 1);
	cs_close(&c->handle);
}

static Opinion ask_capstone(Checker *c, uint64_t rip, const uint8_t *bytes, unsigned available, DisasmSyntax syntax, char *text)
{
	cs_option(c->handle, CS_OPT_SYNTAX, syntax == DISASM_ATT ? CS_OPT_SYNTAX_ATT : CS_OPT_SYNTAX_INTEL);
	size_t left = available;
	if (!cs_disasm_iter(c->handle, &bytes, &left, &rip, c->insn))
		return (Opinion){ .text = "(bad)" };
	snprintf(text, TEXT_SIZE, "%s%s%s", c->insn->mnemonic, c->insn->op_str[0] ? " " : "", c->insn->op_str);
	return (Opinion){ true, c->insn->size, g_strchomp(text) };
}

static Opinion ask_ours(Checker *c, uint64_t rip, const uint8_t *bytes, unsigned available, DisasmSyntax syntax, char *text)
{
	unsigned length = disasm_insn(&c->context, rip, bytes, available, syntax, text, TEXT_SIZE);
	return (Opinion){ length && strcmp(text, "(bad)"), length, length ? text : "(bad)" };
}

static void report(Checker *c, const uint8_t *bytes, unsigned available, const Opinion *ours, const Opinion *capstone)
{
	char hex[2 * SYNTH_SIZE + 1];
	g_test_fail();
	if (c->reports++ >= MAX_REPORTS)
		return;
	synth_hex(bytes, MIN(available, 15u), hex, sizeof(hex));
	g_test_message("%s-bit %s: ours %u %s, capstone %u %s", code_names[c->code], hex, ours->length, ours->text, capstone->length,
		       capstone->text);
}

static void count_reason(Checker *c, const char *why)
{
	unsigned count = GPOINTER_TO_UINT(g_hash_table_lookup(c->reasons, why));
	g_hash_table_insert(c->reasons, (gpointer)why, GUINT_TO_POINTER(count + 1));
	c->explained++;
}

/* Compares at one place; the text too if `texts`. Returns how far to go. */
static unsigned check(Checker *c, uint64_t rip, const uint8_t *bytes, unsigned available, DisasmSyntax syntax, bool texts)
{
	char our_text[TEXT_SIZE], capstone_text[TEXT_SIZE];
	Opinion ours = ask_ours(c, rip, bytes, available, syntax, our_text);
	Opinion capstone = ask_capstone(c, rip, bytes, available, syntax, capstone_text);
	Insn insn;
	if (ours.defined && decode_insn(&c->context, bytes, available, &insn) == DECODE_OK)
		c->reached[insn.form] = 1;
	c->instructions++;
	const char *why = NULL;
	bool same = false;
	if (ours.defined != capstone.defined || (ours.defined && ours.length != capstone.length))
		why = why_defined_differs(&c->context, bytes, available, &ours, &capstone);
	else if (texts && strcmp(ours.text, capstone.text))
		why = why_text_differs(ours.text, capstone.text);
	else
		same = true;
	if (why)
		count_reason(c, why);
	else if (!same)
		report(c, bytes, available, &ours, &capstone);
	return ours.defined ? ours.length : MAX(capstone.length, 1);
}

/* ---- the host's libraries ---- */

static void sweep(Checker *c, const uint8_t *start, size_t size)
{
	for (size_t at = 0; at < size;) {
		unsigned available = (unsigned)MIN(size - at, 15u);
		check(c, (uint64_t)(uintptr_t)(start + at), start + at, available, DISASM_ATT, true);
		at += check(c, (uint64_t)(uintptr_t)(start + at), start + at, available, DISASM_INTEL, true);
	}
}

/* The ELF header stands at the first segment's beginning. */
static bool is_x86_64(const struct dl_phdr_info *info)
{
	for (unsigned n = 0; n < info->dlpi_phnum; n++)
		if (info->dlpi_phdr[n].p_type == PT_LOAD && info->dlpi_phdr[n].p_offset == 0)
			return ((const ElfW(Ehdr) *)(uintptr_t)(info->dlpi_addr + info->dlpi_phdr[n].p_vaddr))->e_machine == EM_X86_64;
	return false;
}

static int sweep_object(struct dl_phdr_info *info, size_t size, void *opaque)
{
	(void)size;
	static const char *const names[] = { "/libc.so", "/libm.so", "/ld-linux" };
	bool wanted = false;
	for (unsigned n = 0; n < G_N_ELEMENTS(names); n++)
		wanted |= strstr(info->dlpi_name, names[n]) != NULL;
	if (!wanted || !is_x86_64(info))
		return 0;
	for (unsigned n = 0; n < info->dlpi_phnum; n++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[n];
		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X))
			sweep(opaque, (const uint8_t *)(uintptr_t)(info->dlpi_addr + segment->p_vaddr), segment->p_memsz);
	}
	return 0;
}

static void test_libraries(void)
{
	Checker c;
	checker_open(&c, MODE_CODE64);
	dl_iterate_phdr(sweep_object, &c);
	if (!c.instructions)
		g_test_skip("no library of x86-64 code here");
	checker_close(&c);
}

/* ---- every row ---- */

/* In 16-bit code capstone doesn't heed 66, F2 and F3 as part of an opcode, so that its text is another instruction's. */
static bool text_comparable(const Encoding *e, unsigned code)
{
	return code != MODE_CODE16 || e->map >= MAP_VEX_0F || !(e->value & (3 << MATCH_REP_SHIFT | MATCH_66));
}

static void check_row(Checker *c, const Encoding *e, GRand *random)
{
	for (unsigned n = 0; n < ROW_TRIES; n++) {
		uint8_t bytes[SYNTH_SIZE];
		if (!synth_insn(e, c->code, true, random, bytes))
			continue;
		check(c, 0x1000, bytes, sizeof(bytes), DISASM_INTEL, text_comparable(e, c->code));
		check(c, 0x1000, bytes, sizeof(bytes), DISASM_ATT, text_comparable(e, c->code));
	}
}

static void test_rows(gconstpointer opaque)
{
	unsigned code = GPOINTER_TO_UINT(opaque);
	Checker c;
	checker_open(&c, code);
	GRand *random = g_rand_new_with_seed(1);
	for (unsigned n = 0; n < insn_encoding_start[MAP_COUNT * 256]; n++)
		check_row(&c, &insn_encodings[n], random);
	for (unsigned n = 1; n < insn_form_count; n++)
		if (!c.reached[n])
			g_test_message("%s-bit: not reached: %s %s %s", code_names[code], insn_forms[n].row, insn_forms[n].encoding,
				       insn_forms[n].mnemonic);
	g_rand_free(random);
	checker_close(&c);
}

/* ---- random bytes ---- */

/* Random bytes alone would hardly ever be a VEX or three-byte opcode. */
static void random_bytes(GRand *random, uint8_t bytes[SYNTH_SIZE])
{
	static const uint8_t prefixes[] = { 0x66, 0x66, 0xf2, 0xf3, 0xf0, 0x67, 0x2e, 0x64, 0x48, 0x41, 0x4f };
	static const uint8_t escapes[][3] = {
		{ 1, 0x0f }, { 1, 0x0f }, { 2, 0x0f, 0x38 }, { 2, 0x0f, 0x3a }, { 2, 0x0f, 0x0f }, { 1, 0xc5 }, { 2, 0xc4, 0xe2 },
		{ 2, 0xc4, 0xe1 }, { 2, 0xc4, 0x43 }, { 0 }, { 0 }, { 0 }, { 0 },
	};
	for (unsigned n = 0; n < SYNTH_SIZE; n++)
		bytes[n] = (uint8_t)g_rand_int(random);
	unsigned count = 0;
	while (count < 4 && g_rand_int_range(random, 0, 3) == 0)
		bytes[count++] = prefixes[g_rand_int_range(random, 0, G_N_ELEMENTS(prefixes))];
	const uint8_t *escape = escapes[g_rand_int_range(random, 0, G_N_ELEMENTS(escapes))];
	memcpy(bytes + count, escape + 1, escape[0]);
}

static void test_random(gconstpointer opaque)
{
	Checker c;
	checker_open(&c, GPOINTER_TO_UINT(opaque));
	GRand *random = g_rand_new_with_seed(7);
	for (unsigned n = 0; n < RANDOM_COUNT; n++) {
		uint8_t bytes[SYNTH_SIZE];
		random_bytes(random, bytes);
		check(&c, 0x1000, bytes, sizeof(bytes), DISASM_INTEL, false);
	}
	g_rand_free(random);
	checker_close(&c);
}

/* Every major version has names and mistakes of its own. */
static void other_version(void)
{
	g_test_skip("the differences are written down for capstone 4");
}

void disasm_add_capstone_tests(void)
{
	int major, minor;
	cs_version(&major, &minor);
	if (major != 4) {
		g_test_add_func("/disasm/capstone", other_version);
		return;
	}
	for (unsigned code = 0; code < 3; code++) {
		g_autofree char *rows = g_strdup_printf("/disasm/capstone/rows/%s", code_names[code]);
		g_autofree char *dice = g_strdup_printf("/disasm/capstone/random/%s", code_names[code]);
		g_test_add_data_func(rows, GUINT_TO_POINTER(code), test_rows);
		g_test_add_data_func(dice, GUINT_TO_POINTER(code), test_random);
	}
	g_test_add_func("/disasm/capstone/libraries", test_libraries);
}
