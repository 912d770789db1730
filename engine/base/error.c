/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

bool error_in_one_line(bool ok, GError **error)
{
	if (ok || !error || !*error)
		return ok;
	g_autofree char *text = g_utf8_make_valid((*error)->message, -1);
	GString *line = g_string_new(NULL);
	for (const char *c = text; *c; c = g_utf8_next_char(c)) {
		gunichar character = g_utf8_get_char(c);
		if (character == '\n')
			g_string_append(line, "\\n");
		else if (g_unichar_iscntrl(character))
			g_string_append_printf(line, "\\x%02x", character);
		else
			g_string_append_unichar(line, character);
	}
	g_free((*error)->message);
	(*error)->message = g_string_free(line, FALSE);
	return ok;
}
