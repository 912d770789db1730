/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where capstone 4.0.2 and the instruction table may differ, and why. */
#pragma once

#include <glib.h>

#include "disasm-test.h"

typedef struct Opinion { /* on one instruction */
	bool defined;
	unsigned length;
	const char *text; /* "(bad)" where it isn't defined */
} Opinion;

/* Why they may differ in whether the bytes are an instruction, and in its length; NULL: they may not. */
const char *why_defined_differs(const DecodeContext *context, const uint8_t *bytes, unsigned available, const Opinion *ours,
				const Opinion *capstone);

/* Why texts of the same length may differ; NULL: they may not. */
const char *why_text_differs(const char *ours, const char *capstone);
