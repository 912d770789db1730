/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What has to agree between the host's processor and ours, and the differences that have a reason. */
#pragma once

#include <glib.h>

#include "generate.h"

/* What differs; bits. */
enum {
	DIFF_FAULT = 1 << 0, DIFF_RIP = 1 << 1, DIFF_FLAGS = 1 << 2, DIFF_GPR = 1 << 3, DIFF_SEGMENT = 1 << 4, DIFF_VECTOR = 1 << 5,
	DIFF_MXCSR = 1 << 6, DIFF_X87_CONTROL = 1 << 7 /* FCW, FSW, tags */, DIFF_X87_DATA = 1 << 8, DIFF_X87_POINTERS = 1 << 9,
	DIFF_MEMORY = 1 << 10,
};

typedef struct Comparison {
	bool pointers_known; /* oracle_native_fpu_pointers() */
} Comparison;

/* 0: they agree. With `text`, each differing member as "name before/ours/host". */
unsigned compare_cases(const Comparison *c, const Test *t, const OracleCase *ours, const OracleCase *host, GString *text);
/* Why these differences of this instruction are right, or NULL. */
const char *compare_reason(const Test *t, const OracleCase *ours, const OracleCase *host, unsigned differences);
/* Whether memory may differ after this instruction though the cases agree. */
bool compare_ignores_some(const Test *t);
