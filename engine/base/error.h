/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors for the user's eyes. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What users gave is quoted in messages, whatever it is: line ends and other control characters become escapes, and what isn't
 * UTF-8 a replacement character, so that an error is one line of text. Takes and returns a result's success; `error` may be NULL. */
bool error_in_one_line(bool ok, GError **error);
