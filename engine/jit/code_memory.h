/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory for generated code: one piece, mapped twice, so that no page is writable and executable at once. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CodeMemory {
	uint8_t *write;	     /* where code is written */
	const uint8_t *run;  /* where the same bytes run */
	size_t size;
} CodeMemory;

bool code_memory_new(CodeMemory *memory, size_t size, GError **error);
void code_memory_free(CodeMemory *memory);
