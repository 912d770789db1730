/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Suboptions: lists of key=value as QEMU's command line has them. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/nearest.h"
#include "machine/options_table.h"

bool options_fail(GError **error, const char *option, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "-%s: %s", option, text);
	return false;
}

bool options_unknown(GError **error, const char *option, const char *what, const char *name, const char *const *known)
{
	g_autoptr(Nearest) nearest = nearest_new(name);
	for (unsigned n = 0; known[n]; n++)
		nearest_offer(nearest, known[n]);
	g_autofree char *hint = nearest_hint(nearest);
	return options_fail(error, option, "there is no %s '%s'%s", what, name, hint);
}

/* ---- values ---- */

bool options_parse_bool(const char *value, bool *on)
{
	static const char *const yes[] = { "on", "yes", "true", "y", NULL }, *const no[] = { "off", "no", "false", "n", NULL };
	*on = g_strv_contains(yes, value);
	return *on || g_strv_contains(no, value);
}

static bool parse_integer(const char *value, int64_t *number)
{
	char *end;
	errno = 0;
	*number = g_ascii_strtoll(value, &end, 0);
	return !errno && end != value && !*end && !g_ascii_isspace(*value);
}

static bool suffix_unit(const char *suffix, uint64_t *unit)
{
	static const char letters[] = "BKMGTPE";
	if (!*suffix)
		return true;
	const char *found = strchr(letters, g_ascii_toupper(*suffix));
	if (!found || suffix[1])
		return false;
	*unit = (uint64_t)1 << 10 * (found - letters);
	return true;
}

/* Whole numbers are exact; fractions are good for what people write: 1.5G. */
bool options_parse_size(const char *value, uint64_t unit, uint64_t *bytes)
{
	char *end;
	if (!g_ascii_isdigit(*value))
		return false;
	errno = 0;
	uint64_t whole = g_ascii_strtoull(value, &end, 0);
	if (errno)
		return false;
	if (*end != '.') {
		if (!suffix_unit(end, &unit) || whole > UINT64_MAX / unit)
			return false;
		*bytes = whole * unit;
		return true;
	}
	double fraction = g_ascii_strtod(value, &end);
	if (errno || !suffix_unit(end, &unit) || !isfinite(fraction) || fraction * (double)unit >= 0x1p63)
		return false;
	*bytes = (uint64_t)(fraction * (double)unit);
	return true;
}

static bool parse_text(const char *option, const Key *key, const char *value, char **into, GError **error)
{
	if (key->choices && !g_strv_contains(key->choices, value)) {
		g_autoptr(Nearest) nearest = nearest_new(value);
		for (unsigned n = 0; key->choices[n]; n++)
			nearest_offer(nearest, key->choices[n]);
		g_autofree char *hint = nearest_hint(nearest), *list = g_strjoinv(", ", (char **)key->choices);
		return options_fail(error, option, "%s=%s: must be one of: %s%s", key->name, value, list, hint);
	}
	g_free(*into);
	*into = g_strdup(value);
	return true;
}

bool options_parse_value(const char *option, const Key *key, const char *value, void *into, GError **error)
{
	void *field = (uint8_t *)into + key->offset;
	int64_t number;
	switch (key->type) {
	case KEY_TEXT: return parse_text(option, key, value, field, error);
	case KEY_BOOL: return options_parse_bool(value, field) || options_fail(error, option, "%s=%s: must be on or off", key->name, value);
	case KEY_SIZE:
		return options_parse_size(value, 1 << 20, field) ||
		       options_fail(error, option, "%s=%s: must be a size: a number with K, M, G or T behind it, without one it counts MiB", key->name, value);
	case KEY_UNSIGNED: case KEY_INT: break;
	}
	if (!parse_integer(value, &number) || number < key->minimum || number > key->maximum)
		return options_fail(error, option, "%s=%s: must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, key->name, value,
				    key->minimum, key->maximum);
	if (key->type == KEY_INT)
		*(int *)field = (int)number;
	else
		*(unsigned *)field = (unsigned)number;
	return true;
}

/* ---- lists ---- */

/* The next item, its doubled commas made single; *text moves behind it, to NULL after the last. */
static char *next_item(const char **text)
{
	GString *item = g_string_new(NULL);
	const char *c = *text;
	for (; *c && (*c != ',' || c[1] == ','); c++) {
		g_string_append_c(item, *c);
		c += *c == ',';
	}
	*text = *c ? c + 1 : NULL;
	return g_string_free(item, FALSE);
}

static const Key *find_key(const Key *keys, const char *name)
{
	for (const Key *key = keys; key->name; key++)
		if (!strcmp(key->name, name))
			return key;
	return NULL;
}

static bool unknown_key(const char *option, const Key *keys, const char *name, GError **error)
{
	g_autoptr(Nearest) nearest = nearest_new(name);
	for (const Key *key = keys; key->name; key++)
		nearest_offer(nearest, key->name);
	g_autofree char *hint = nearest_hint(nearest);
	return options_fail(error, option, "there is no suboption '%s'%s", name, hint);
}

/* `flag` and `noflag`, for keys that are switches. */
static bool parse_flag(const char *option, const Key *keys, char **name, const char **value, GError **error)
{
	const Key *key = find_key(keys, *name);
	if (key && key->type != KEY_BOOL)
		return options_fail(error, option, "%s: needs a value, as in %s=VALUE", *name, *name);
	*value = "on";
	if (key || !g_str_has_prefix(*name, "no") || !(key = find_key(keys, *name + 2)) || key->type != KEY_BOOL)
		return true;
	memmove(*name, *name + 2, strlen(*name + 2) + 1);
	*value = "off";
	return true;
}

bool options_parse_keys(const char *option, const char *text, const Key *keys, const char *implied, void *into, KeyOther *other,
			void *owner, GError **error)
{
	for (bool first = true; text; first = false) {
		g_autofree char *item = next_item(&text);
		char *equals = strchr(item, '='), *name = item;
		const char *value = NULL;
		if (!*item && first)
			return options_fail(error, option, "the value is empty");
		if (!*item)
			continue; /* a comma at the end */
		if (equals) {
			*equals = 0;
			value = equals + 1;
		} else if (first && implied) {
			name = (char *)implied;
			value = item;
		} else if (!parse_flag(option, keys, &name, &value, error)) {
			return false;
		}
		const Key *key = find_key(keys, name);
		bool ok = key	  ? options_parse_value(option, key, value, into, error)
			  : other ? other(owner, name, value, error)
				  : unknown_key(option, keys, name, error);
		if (!ok)
			return false;
	}
	return true;
}
