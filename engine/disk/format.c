/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The image formats there are. */
#include "disk/format.h"

static const BlockFormat *const formats[] = { &raw_format };

const BlockFormat *block_format_find(const char *name, const char *file, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);
	if (!name)
		return &raw_format; /* the only one: nothing to find out */
	for (unsigned n = 0; n < G_N_ELEMENTS(formats); n++) {
		if (g_strcmp0(formats[n]->name, name) == 0)
			return formats[n];
		g_string_append_printf(known, "%s%s", n ? ", " : "", formats[n]->name);
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: unknown image format '%s'; there is: %s", file, name, known->str);
	return NULL;
}
