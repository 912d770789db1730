/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Did you mean ...?": the known name nearest to one that isn't known. */
#pragma once

#include <glib.h>

typedef struct Nearest Nearest;

Nearest *nearest_new(const char *wanted);
void nearest_free(Nearest *nearest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Nearest, nearest_free)
void nearest_offer(Nearest *nearest, const char *known);
/* " (did you mean 'x'?)", or "" if nothing is near enough; free it. */
char *nearest_hint(const Nearest *nearest);
/* Insertions, deletions, replacements and swaps of neighbours between two words; letters' case doesn't count. */
unsigned nearest_distance(const char *a, const char *b);
