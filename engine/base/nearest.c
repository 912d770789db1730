/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/nearest.h"

#include <string.h>

enum { LONGEST = 64 };

struct Nearest {
	char *wanted, *best;
	unsigned distance;
};

Nearest *nearest_new(const char *wanted)
{
	Nearest *nearest = g_new0(Nearest, 1);
	nearest->wanted = g_strdup(wanted);
	nearest->distance = G_MAXUINT;
	return nearest;
}

void nearest_free(Nearest *nearest)
{
	g_free(nearest->wanted);
	g_free(nearest->best);
	g_free(nearest);
}

/* Damerau and Levenshtein's, with three rows of the table. Longer words count by their beginnings. */
unsigned nearest_distance(const char *a, const char *b)
{
	unsigned rows[3][LONGEST + 1], m = (unsigned)MIN(strlen(a), LONGEST), n = (unsigned)MIN(strlen(b), LONGEST);
	for (unsigned k = 0; k <= n; k++)
		rows[0][k] = k;
	for (unsigned i = 1; i <= m; i++) {
		unsigned *now = rows[i % 3], *last = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
		now[0] = i;
		for (unsigned k = 1; k <= n; k++) {
			char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[k - 1]);
			unsigned best = MIN(MIN(last[k] + 1, now[k - 1] + 1), last[k - 1] + (x != y));
			if (i > 1 && k > 1 && x == g_ascii_tolower(b[k - 2]) && y == g_ascii_tolower(a[i - 2]))
				best = MIN(best, before[k - 2] + 1);
			now[k] = best;
		}
	}
	return rows[m % 3][n];
}

void nearest_offer(Nearest *nearest, const char *known)
{
	unsigned distance = nearest_distance(nearest->wanted, known);
	if (distance >= nearest->distance)
		return;
	nearest->distance = distance;
	g_free(nearest->best);
	nearest->best = g_strdup(known);
}

char *nearest_hint(const Nearest *nearest)
{
	size_t length = strlen(nearest->wanted);
	/* Something of it must be what was typed. */
	if (!nearest->best || nearest->distance > 1 + length / 3 || nearest->distance >= length)
		return g_strdup("");
	return g_strdup_printf(" (did you mean '%s'?)", nearest->best);
}
