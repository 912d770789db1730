/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The host's processor as the judge of ours: for every unprivileged row of the instruction table, in 64-bit and in 32-bit
 * mode, random operands, executed natively and in the interpreter, and everything compared; and sequences of instructions.
 *
 *	oracle --seconds N --seed S [--form PATTERN] [--verbose]	runs for N seconds, then reports
 *	oracle --tap [--passes N] [--seed S]				N rounds over the table, as a test
 *	oracle --jit, --verify ...					generated code instead; compared with the interpreter too
 *	oracle --case SEED:NUMBER					one case of a reported difference, in full
 *
 * A case's number tells its batch, and that its subject: numbers stay valid until the table's rows change.
 */
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "report.h"

typedef struct Options {
	int seconds, passes, lines;
	gint64 seed;
	gboolean tap, verbose, no_sequences, translate, verify;
	char *form, *one, *model;
} Options;

static OracleWay way_of(const Options *o)
{
	return o->verify ? ORACLE_VERIFIED : o->translate ? ORACLE_TRANSLATED : ORACLE_INTERPRETED;
}

static unsigned row_count(void)
{
	return insn_encoding_start[MAP_COUNT * 256];
}

/* Each pass: every row in both modes, and half as many batches of sequences. */
static unsigned slot_count(void)
{
	return 3 * row_count();
}

static Subject subject_of(uint64_t batch)
{
	unsigned slot = (unsigned)(batch % slot_count());
	return (Subject){ slot < 2 * row_count() ? &insn_encodings[slot / 2] : NULL, slot & 1 };
}

static bool wanted(const Options *o, const Report *r, const Subject *s)
{
	if (!s->row)
		return !o->form && !o->no_sequences;
	const Form *form = &insn_forms[s->row->form];
	if (o->form && !g_pattern_match_simple(o->form, form->mnemonic) && !g_pattern_match_simple(o->form, form->row))
		return false;
	return !report_unfit(r, form);
}

static void run_batch(Judge *j, Report *r, const Subject *subject, uint64_t number)
{
	Finding findings[JUDGE_BATCH];
	judge_batch(j, subject, number, findings);
	for (unsigned n = 0; n < JUDGE_BATCH; n++)
		report_add(r, subject, &findings[n]);
}

/* Until the time is up, or so many passes are done; whichever is given. */
static void run(const Options *o, Judge *j, Report *r)
{
	gint64 end = g_get_monotonic_time() + (gint64)o->seconds * G_USEC_PER_SEC;
	uint64_t last = (uint64_t)o->passes * slot_count();
	for (uint64_t batch = 0; !judge_difference(j) && (o->seconds ? g_get_monotonic_time() < end : batch < last); batch++) {
		Subject subject = subject_of(batch);
		if (wanted(o, r, &subject))
			run_batch(j, r, &subject, batch);
	}
}

static int show_case(const Options *o)
{
	g_autoptr(GError) error = NULL;
	char *colon = strchr(o->one, ':');
	if (!colon) {
		g_printerr("--case takes SEED:NUMBER\n");
		return 2;
	}
	uint64_t seed = g_ascii_strtoull(o->one, NULL, 10), number = g_ascii_strtoull(colon + 1, NULL, 10);
	g_autoptr(Judge) j = judge_new(o->model, way_of(o), seed, &error);
	if (!j) {
		g_printerr("%s\n", error->message);
		return 1;
	}
	Subject subject = subject_of(number / JUDGE_BATCH);
	judge_show(j, &subject, number / JUDGE_BATCH, (unsigned)(number % JUDGE_BATCH));
	return 0;
}

static int judge_all(const Options *o)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Judge) j = judge_new(o->model, way_of(o), (uint64_t)o->seed, &error);
	if (!j) {
		g_print("1..0 # SKIP %s\n", error->message);
		return o->tap ? 0 : 1;
	}
	Report *r = report_new(judge_host_features(j), judge_model_features(j), o->verbose ? ~0u : (unsigned)o->lines);
	gint64 start = g_get_monotonic_time();
	run(o, j, r);
	if (judge_difference(j)) {
		g_print("Bail out! generated code isn't right\n%s", judge_difference(j));
		report_free(r);
		return 1;
	}
	double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
	report_print(r, "# ");
	g_print("# seed %" G_GINT64_FORMAT ", %.1f s, %.0f cases per second\n", o->seed, seconds, (double)report_cases(r) / seconds);
	bool passed = o->tap ? report_tap(r) : !report_differences(r);
	report_free(r);
	return passed ? 0 : 1;
}

int main(int argc, char **argv)
{
	Options o = { .passes = 1, .lines = 2, .seed = 1, .model = (char *)"max,+cr8legacy" };
	const GOptionEntry entries[] = {
		{ "seconds", 0, 0, G_OPTION_ARG_INT, &o.seconds, "run for so long", "N" },
		{ "passes", 0, 0, G_OPTION_ARG_INT, &o.passes, "run so many rounds over the table", "N" },
		{ "seed", 0, 0, G_OPTION_ARG_INT64, &o.seed, "of the random cases", "S" },
		{ "form", 0, 0, G_OPTION_ARG_STRING, &o.form, "only rows with such a mnemonic or file:line", "PATTERN" },
		{ "lines", 0, 0, G_OPTION_ARG_INT, &o.lines, "differences shown for each form", "N" },
		{ "verbose", 0, 0, G_OPTION_ARG_NONE, &o.verbose, "show all differences", NULL },
		{ "no-sequences", 0, 0, G_OPTION_ARG_NONE, &o.no_sequences, "single instructions only", NULL },
		{ "case", 0, 0, G_OPTION_ARG_STRING, &o.one, "show one case in full", "SEED:NUMBER" },
		{ "tap", 0, 0, G_OPTION_ARG_NONE, &o.tap, "report as TAP", NULL },
		{ "jit", 0, 0, G_OPTION_ARG_NONE, &o.translate, "judge generated code", NULL },
		{ "verify", 0, 0, G_OPTION_ARG_NONE, &o.verify, "judge generated code, and compare it with the interpreter too", NULL },
		{ "model", 0, 0, G_OPTION_ARG_STRING, &o.model, "CPU model", "NAME" },
		{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		g_printerr("%s\n", error->message);
		return 2;
	}
	return o.one ? show_case(&o) : judge_all(&o);
}
