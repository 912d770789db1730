/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts what was judged, form by form and mode by mode, and says what wasn't and why. */
#pragma once

#include "judge.h"

/* A form counts as covered in a mode when so many cases ran to their end and agreed. */
enum { REPORT_ENOUGH = 8 };

typedef struct Report Report;

Report *report_new(const CpuFeatures *host, const CpuFeatures *ours, unsigned lines_per_form);
void report_free(Report *r);

/* Prints the line of a difference, unless the form has had its share. Frees it. */
void report_add(Report *r, const Subject *subject, Finding *finding);
uint64_t report_cases(const Report *r);
uint64_t report_differences(const Report *r);
/* The whole account, each line behind `prefix`. */
void report_print(const Report *r, const char *prefix);
/* One TAP line for each family and mode, and for the sequences; plan included. True: all passed. */
bool report_tap(const Report *r);
/* Why the row isn't judged at all, or NULL. */
const char *report_unfit(const Report *r, const Form *form);
