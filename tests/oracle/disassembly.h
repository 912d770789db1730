/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code as text, for the eyes of whoever reads about a difference. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Disassembly Disassembly;

Disassembly *disassembly_new(void);
void disassembly_free(Disassembly *d);
/* " {text; text}"; nothing where the build has no disassembler. */
void disassembly_append(Disassembly *d, bool mode64, uint64_t address, const uint8_t *code, size_t size, GString *out);
