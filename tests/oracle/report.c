/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <string.h>

#include "cpu/models.h"

typedef struct Count {
	uint64_t verdicts[VERDICTS];
} Count;

struct Report {
	CpuFeatures host, ours;
	unsigned lines_per_form;
	Count (*forms)[2];   /* by form and mode64 */
	Count sequences[2];
	uint64_t sequence_insns[2];
	GHashTable *reasons; /* reason: GUINT count */
};

Report *report_new(const CpuFeatures *host, const CpuFeatures *ours, unsigned lines_per_form)
{
	Report *r = g_new0(Report, 1);
	r->host = *host;
	r->ours = *ours;
	r->lines_per_form = lines_per_form;
	r->forms = g_malloc0_n(insn_form_count, sizeof *r->forms);
	r->reasons = g_hash_table_new(g_str_hash, g_str_equal);
	return r;
}

void report_free(Report *r)
{
	if (!r)
		return;
	g_hash_table_unref(r->reasons);
	g_free(r->forms);
	g_free(r);
}

/* ---- counting ---- */

void report_add(Report *r, const Subject *subject, Finding *f)
{
	Count *count = subject->row ? &r->forms[subject->row->form][subject->mode64] : &r->sequences[subject->mode64];
	count->verdicts[f->verdict]++;
	if (!subject->row && f->verdict == VERDICT_AGREED)
		r->sequence_insns[subject->mode64] += f->test->count;
	if (f->reason)
		g_hash_table_insert(r->reasons, (gpointer)f->reason,
			GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(r->reasons, f->reason)) + 1));
	if (f->line && count->verdicts[VERDICT_DIFFERED] <= r->lines_per_form)
		g_print("# %s\n", f->line);
	g_clear_pointer(&f->line, g_free);
}

static void add_count(Count *sum, const Count *more)
{
	for (unsigned v = 0; v < VERDICTS; v++)
		sum->verdicts[v] += more->verdicts[v];
}

static Count total(const Report *r)
{
	Count sum = { 0 };
	for (unsigned n = 0; n < insn_form_count; n++)
		for (unsigned m = 0; m < 2; m++)
			add_count(&sum, &r->forms[n][m]);
	add_count(&sum, &r->sequences[0]);
	add_count(&sum, &r->sequences[1]);
	return sum;
}

static uint64_t judged(const Count *c)
{
	return c->verdicts[VERDICT_AGREED] + c->verdicts[VERDICT_FAULTED] + c->verdicts[VERDICT_EXPLAINED] + c->verdicts[VERDICT_DIFFERED];
}

uint64_t report_cases(const Report *r)
{
	Count sum = total(r);
	return judged(&sum);
}

uint64_t report_differences(const Report *r)
{
	return total(r).verdicts[VERDICT_DIFFERED];
}

/* ---- coverage ---- */

static bool has_feature(const CpuFeatures *f, unsigned feature)
{
	return feature == FEATURE_NONE || (f->word[feature / 64] >> (feature % 64) & 1);
}

const char *report_unfit(const Report *r, const Form *form)
{
	const unsigned needed[] = { form->feature, form->feature2 };
	const char *reason = generate_unfit(form);
	for (unsigned n = 0; n < G_N_ELEMENTS(needed) && !reason; n++) {
		if (!has_feature(&r->host, needed[n]))
			reason = "the host's processor doesn't have it";
		else if (!has_feature(&r->ours, needed[n]))
			reason = "the model doesn't have it";
	}
	return reason;
}

/* NULL: covered. */
static const char *uncovered_reason(const Report *r, unsigned form, bool mode64)
{
	const Count *c = &r->forms[form][mode64];
	const char *unfit = report_unfit(r, &insn_forms[form]);
	if (unfit)
		return unfit;
	if (c->verdicts[VERDICT_AGREED] + c->verdicts[VERDICT_EXPLAINED] >= REPORT_ENOUGH)
		return NULL;
	if (c->verdicts[VERDICT_DIFFERED])
		return "DIFFERS, and too few cases agree";
	if (!judged(c) && c->verdicts[VERDICT_NOT_MADE])
		return "no such encoding in this mode, or a row for newer processors stands over it";
	if (c->verdicts[VERDICT_FAULTED] >= REPORT_ENOUGH)
		return "always faults, and both sides agree on it";
	return "TOO FEW CASES";
}

static void print_uncovered(const Report *r, bool mode64, const char *prefix)
{
	g_autoptr(GHashTable) lists = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, NULL);
	g_autoptr(GList) reasons = NULL;
	for (unsigned n = 1; n < insn_form_count; n++) {
		const char *reason = uncovered_reason(r, n, mode64);
		if (!reason)
			continue;
		GString *list = g_hash_table_lookup(lists, reason);
		if (!list)
			g_hash_table_insert(lists, (gpointer)reason, list = g_string_new(NULL));
		g_string_append_printf(list, "%s%s (%s)", list->len ? ", " : "", insn_forms[n].mnemonic, insn_forms[n].row);
	}
	reasons = g_list_sort(g_hash_table_get_keys(lists), (GCompareFunc)strcmp);
	for (GList *l = reasons; l; l = l->next) {
		GString *list = g_hash_table_lookup(lists, l->data);
		g_print("%s%s, not covered: %s: %s\n", prefix, mode64 ? "64-bit" : "32-bit", (const char *)l->data, list->str);
		g_string_free(list, TRUE);
	}
}

static void print_coverage(const Report *r, bool mode64, const char *prefix)
{
	unsigned covered = 0, faulting = 0, differing = 0;
	for (unsigned n = 1; n < insn_form_count; n++) {
		const char *reason = uncovered_reason(r, n, mode64);
		covered += !reason;
		faulting += reason && g_str_has_prefix(reason, "always faults");
		differing += r->forms[n][mode64].verdicts[VERDICT_DIFFERED] != 0;
	}
	g_print("%s%s: %u of %u forms covered, %u more agree on always faulting, %u differ somewhere\n", prefix, mode64 ? "64-bit" : "32-bit",
		covered, insn_form_count - 1, faulting, differing);
}

/* ---- the account ---- */

static void print_differing(const Report *r, const char *prefix)
{
	for (unsigned n = 1; n < insn_form_count; n++)
		for (unsigned m = 0; m < 2; m++)
			if (r->forms[n][m].verdicts[VERDICT_DIFFERED])
				g_print("%sDIFFERS %s %s %s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT "\n", prefix, insn_forms[n].row,
					insn_forms[n].mnemonic, m ? "64-bit" : "32-bit", r->forms[n][m].verdicts[VERDICT_DIFFERED],
					judged(&r->forms[n][m]));
}

void report_print(const Report *r, const char *prefix)
{
	GHashTableIter i;
	gpointer reason, count;
	Count sum = total(r);
	for (unsigned m = 0; m < 2; m++) {
		print_uncovered(r, m, prefix);
		print_coverage(r, m, prefix);
		g_print("%s%s sequences: %" G_GUINT64_FORMAT " agreed, of %" G_GUINT64_FORMAT " instructions; %" G_GUINT64_FORMAT
			" agreed on a fault, %" G_GUINT64_FORMAT " differed\n", prefix, m ? "64-bit" : "32-bit",
			r->sequences[m].verdicts[VERDICT_AGREED], r->sequence_insns[m], r->sequences[m].verdicts[VERDICT_FAULTED],
			r->sequences[m].verdicts[VERDICT_DIFFERED]);
	}
	print_differing(r, prefix);
	g_hash_table_iter_init(&i, r->reasons);
	while (g_hash_table_iter_next(&i, &reason, &count))
		g_print("%s%u cases: %s\n", prefix, GPOINTER_TO_UINT(count), (const char *)reason);
	g_print("%s%" G_GUINT64_FORMAT " cases: %" G_GUINT64_FORMAT " agreed, %" G_GUINT64_FORMAT " agreed on a fault, %" G_GUINT64_FORMAT
		" differed with a reason, %" G_GUINT64_FORMAT " differed\n", prefix, judged(&sum), sum.verdicts[VERDICT_AGREED],
		sum.verdicts[VERDICT_FAULTED], sum.verdicts[VERDICT_EXPLAINED], sum.verdicts[VERDICT_DIFFERED]);
}

/* ---- TAP ---- */

static size_t family_length(const char *row)
{
	return (size_t)(strchr(row, '.') - row);
}

/* The family of the form at n in one mode; returns the form behind its last. */
static unsigned tap_family(const Report *r, unsigned first, bool mode64, unsigned number, bool *passed)
{
	const char *row = insn_forms[first].row;
	size_t length = family_length(row);
	unsigned covered = 0, lacking = 0, n;
	Count sum = { 0 };
	for (n = first; n < insn_form_count && family_length(insn_forms[n].row) == length && !strncmp(insn_forms[n].row, row, length); n++) {
		const char *reason = uncovered_reason(r, n, mode64);
		add_count(&sum, &r->forms[n][mode64]);
		covered += !reason;
		lacking += reason && g_str_has_prefix(reason, "TOO FEW");
	}
	bool ok = !sum.verdicts[VERDICT_DIFFERED] && !lacking;
	g_print("%sok %u - %.*s %s: %u of %u forms, %" G_GUINT64_FORMAT " cases%s\n", ok ? "" : "not ", number, (int)length, row,
		mode64 ? "64-bit" : "32-bit", covered, n - first, judged(&sum), judged(&sum) ? "" : " # SKIP not judged by the host");
	*passed &= ok;
	return n;
}

bool report_tap(const Report *r)
{
	bool passed = true;
	unsigned number = 0, n = 1;
	while (n < insn_form_count) {
		tap_family(r, n, false, ++number, &passed);
		n = tap_family(r, n, true, ++number, &passed);
	}
	for (unsigned m = 0; m < 2; m++) {
		const Count *c = &r->sequences[m];
		bool ok = !c->verdicts[VERDICT_DIFFERED];
		g_print("%sok %u - sequences %s: %" G_GUINT64_FORMAT " cases\n", ok ? "" : "not ", ++number, m ? "64-bit" : "32-bit", judged(c));
		passed &= ok;
	}
	g_print("1..%u\n", number);
	return passed;
}
