/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs batches of cases on both sides and compares. A batch has one subject, an encoding of the table or sequences, and one
 * mode; it begins with the same memory contents and nothing translated, so its number and the seed say all about it.
 */
#pragma once

#include "compare.h"
#include "generate.h"
#include "interp.h"

enum { JUDGE_BATCH = 64 };

/* What a batch is about. */
typedef struct Subject {
	const Encoding *row; /* NULL: sequences */
	bool mode64;
} Subject;

typedef enum Verdict {
	VERDICT_AGREED,	   /* and all of the code ran */
	VERDICT_FAULTED,   /* agreed on a fault */
	VERDICT_EXPLAINED, /* differed for a reason */
	VERDICT_DIFFERED,
	VERDICT_NOT_RUN,   /* the host couldn't say: a timeout, a system call */
	VERDICT_NOT_MADE,  /* the row can't be encoded in this mode */
	VERDICTS,
} Verdict;

typedef struct Finding {
	Verdict verdict;
	const Test *test;
	uint64_t number;    /* of the case */
	const char *reason; /* of what is explained or not run */
	char *line;	    /* of a difference: all about it. Freed by judge_batch's caller */
} Finding;

typedef struct Judge Judge;

/* NULL: the host can't do it, see oracle_native_new(). */
Judge *judge_new(const char *model, OracleWay way, uint64_t seed, GError **error);
/* As oracle_interp_difference(). */
const char *judge_difference(const Judge *j);
void judge_free(Judge *j);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Judge, judge_free)

const CpuFeatures *judge_host_features(const Judge *j);
const CpuFeatures *judge_model_features(const Judge *j);
/* Draws and runs the batch of that number; `findings` has a member for each of its cases. */
void judge_batch(Judge *j, const Subject *subject, uint64_t number, Finding findings[JUDGE_BATCH]);
/* All about one case: its code, state before, after on both sides. Runs the batch up to it. */
void judge_show(Judge *j, const Subject *subject, uint64_t number, unsigned index);
