/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties' values, see property.h. */
#include "machine/property.h"

#include <errno.h>
#include <string.h>

#include "base/nearest.h"
#include "char/chardev.h"
#include "disk/block.h"

/* What of a setting's surroundings its steps need. */
typedef struct Target {
	Machine *machine;
	void *base;
	const char *owner;
} Target;

static void *field(const Target *to, const Property *property)
{
	return (uint8_t *)to->base + property->offset;
}

/* ---- text to value ---- */

static bool bad_value(GError **error, const Target *to, const Property *property, const char *value, const char *want)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s=%s: %s", to->owner, property->name, value, want);
	return false;
}

static bool parse_on_off(const char *value, bool *on)
{
	static const struct { const char *text; bool on; } words[] = {
		{ "on", true }, { "off", false }, { "yes", true }, { "no", false }, { "true", true }, { "false", false },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(words); n++)
		if (!strcmp(value, words[n].text)) {
			*on = words[n].on;
			return true;
		}
	return false;
}

static uint64_t type_maximum(PropertyType type)
{
	switch (type) {
	case PROPERTY_U8: return UINT8_MAX;
	case PROPERTY_U16: return UINT16_MAX;
	case PROPERTY_U32: return UINT32_MAX;
	default: return UINT64_MAX;
	}
}

static bool parse_number(const char *value, bool with_suffix, uint64_t *number)
{
	char *end;
	errno = 0;
	uint64_t n = g_ascii_strtoull(value, &end, 0);
	if (errno || end == value || *value == '-')
		return false;
	unsigned shift = 0;
	if (with_suffix && *end) {
		static const char suffixes[] = "KMGTPE";
		const char *found = strchr(suffixes, g_ascii_toupper(*end));
		if (found && g_ascii_toupper(*end) != 0) {
			shift = 10 * (unsigned)(found - suffixes + 1);
			end++;
		} else if (g_ascii_toupper(*end) == 'B') {
			end++;
		}
	}
	if (*end || (shift && n >> (64 - shift)))
		return false;
	*number = n << shift;
	return true;
}

static bool set_number(const Target *to, const Property *property, const char *value, GError **error)
{
	uint64_t number, maximum = property->maximum ? property->maximum : type_maximum(property->type);
	if (!parse_number(value, property->type == PROPERTY_SIZE, &number) || number < property->minimum || number > maximum) {
		g_autofree char *want = g_strdup_printf("must be a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, property->minimum, maximum);
		return bad_value(error, to, property, value, want);
	}
	switch (property->type) {
	case PROPERTY_U8: *(uint8_t *)field(to, property) = (uint8_t)number; break;
	case PROPERTY_U16: *(uint16_t *)field(to, property) = (uint16_t)number; break;
	case PROPERTY_U32: *(uint32_t *)field(to, property) = (uint32_t)number; break;
	default: *(uint64_t *)field(to, property) = number;
	}
	return true;
}

static bool set_integer(const Target *to, const Property *property, const char *value, GError **error)
{
	char *end;
	errno = 0;
	gint64 number = g_ascii_strtoll(value, &end, 0);
	gint64 least = property->maximum ? (gint64)property->minimum : INT32_MIN, most = property->maximum ? (gint64)property->maximum : INT32_MAX;
	if (errno || end == value || *end || number < least || number > most) {
		g_autofree char *want = g_strdup_printf("must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, least, most);
		return bad_value(error, to, property, value, want);
	}
	*(int32_t *)field(to, property) = (int32_t)number;
	return true;
}

static bool set_choice(const Target *to, const Property *property, const char *value, GError **error)
{
	for (unsigned n = 0; property->choices[n]; n++)
		if (!strcmp(property->choices[n], value)) {
			*(unsigned *)field(to, property) = n;
			return true;
		}
	g_autofree char *list = g_strjoinv(", ", (char **)property->choices);
	g_autofree char *want = g_strdup_printf("must be one of: %s", list);
	return bad_value(error, to, property, value, want);
}

static bool set_on_off(const Target *to, const Property *property, const char *value, GError **error)
{
	bool on;
	bool automatic = property->type == PROPERTY_AUTO && !strcmp(value, "auto");
	if (!automatic && !parse_on_off(value, &on))
		return bad_value(error, to, property, value, property->type == PROPERTY_AUTO ? "must be on, off or auto" : "must be on or off");
	if (property->type == PROPERTY_BOOL)
		*(bool *)field(to, property) = on;
	else
		*(OnOffAuto *)field(to, property) = automatic ? OOA_AUTO : on ? OOA_ON : OOA_OFF;
	return true;
}

static bool set_reference(const Target *to, const Property *property, const char *value, GError **error)
{
	void *found = property->type == PROPERTY_DRIVE ? (void *)block_find(to->machine, value) : (void *)chardev_find(to->machine, value);
	if (!found)
		return bad_value(error, to, property, value, property->type == PROPERTY_DRIVE ? "there is no drive with this id" : "there is no character device with this id");
	*(void **)field(to, property) = found;
	return true;
}

static bool set_string(const Target *to, const Property *property, const char *value, GError **error)
{
	char **text = field(to, property);
	if (property->maximum && strlen(value) > property->maximum) {
		g_autofree char *want = g_strdup_printf("may have %" G_GUINT64_FORMAT " bytes at most", property->maximum);
		return bad_value(error, to, property, value, want);
	}
	g_free(*text);
	*text = g_strdup(value);
	return true;
}

static bool set_value(const Target *to, const Property *property, const char *value, GError **error)
{
	switch (property->type) {
	case PROPERTY_BOOL: case PROPERTY_AUTO: return set_on_off(to, property, value, error);
	case PROPERTY_I32: return set_integer(to, property, value, error);
	case PROPERTY_CHOICE: return set_choice(to, property, value, error);
	case PROPERTY_DRIVE: case PROPERTY_CHARDEV: return set_reference(to, property, value, error);
	case PROPERTY_STRING: return set_string(to, property, value, error);
	default: return set_number(to, property, value, error);
	}
}

bool property_set(Machine *machine, void *base, const char *owner, const Property *property, const char *value, GError **error)
{
	Target to = { machine, base, owner };
	return set_value(&to, property, value, error);
}

const Property *property_find(const Property *table, const char *owner, const char *name, GError **error)
{
	g_autoptr(Nearest) nearest = nearest_new(name);
	for (const Property *p = table; p && p->name; p++) {
		if (!strcmp(p->name, name))
			return p;
		nearest_offer(nearest, p->name);
	}
	g_autofree char *hint = nearest_hint(nearest);
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: there is no property '%s'%s", owner, name, hint);
	return NULL;
}

void property_set_defaults(Machine *machine, void *base, const Property *table)
{
	for (const Property *p = table; p && p->name; p++)
		if (p->value) {
			bool ok = property_set(machine, base, "", p, p->value, NULL);
			g_assert(ok); /* the table's own default */
		}
}

void property_clear(void *base, const Property *table)
{
	for (const Property *p = table; p && p->name; p++)
		if (p->type == PROPERTY_STRING)
			g_clear_pointer((char **)((uint8_t *)base + p->offset), g_free);
}

/* ---- value to text ---- */

char *property_get(const void *base, const Property *property)
{
	const void *p = (const uint8_t *)base + property->offset;
	switch (property->type) {
	case PROPERTY_BOOL: return g_strdup(*(const bool *)p ? "on" : "off");
	case PROPERTY_AUTO: return g_strdup(*(const OnOffAuto *)p == OOA_AUTO ? "auto" : *(const OnOffAuto *)p == OOA_ON ? "on" : "off");
	case PROPERTY_U8: return g_strdup_printf("%u", *(const uint8_t *)p);
	case PROPERTY_U16: return g_strdup_printf("%u", *(const uint16_t *)p);
	case PROPERTY_U32: return g_strdup_printf("%u", *(const uint32_t *)p);
	case PROPERTY_I32: return g_strdup_printf("%d", *(const int32_t *)p);
	case PROPERTY_U64: case PROPERTY_SIZE: return g_strdup_printf("%" G_GUINT64_FORMAT, *(const uint64_t *)p);
	case PROPERTY_STRING: return g_strdup(*(char *const *)p ? *(char *const *)p : "");
	case PROPERTY_CHOICE: return g_strdup(property->choices[*(const unsigned *)p]);
	case PROPERTY_DRIVE: return g_strdup(*(Block *const *)p ? block_id(*(Block *const *)p) : "");
	case PROPERTY_CHARDEV: return g_strdup(*(CharDev *const *)p ? chardev_description(*(CharDev *const *)p) : "");
	}
	return g_strdup("");
}

/* ---- help ---- */

static const char *type_name(PropertyType type)
{
	switch (type) {
	case PROPERTY_BOOL: return "bool";
	case PROPERTY_AUTO: return "OnOffAuto";
	case PROPERTY_U8: return "uint8";
	case PROPERTY_U16: return "uint16";
	case PROPERTY_U32: return "uint32";
	case PROPERTY_U64: return "uint64";
	case PROPERTY_I32: return "int32";
	case PROPERTY_SIZE: return "size";
	case PROPERTY_STRING: case PROPERTY_CHOICE: return "str";
	case PROPERTY_DRIVE: return "drive";
	case PROPERTY_CHARDEV: return "chardev";
	}
	return "";
}

void property_print_help(const Property *table, GString *out)
{
	for (const Property *p = table; p && p->name; p++) {
		g_autofree char *head = g_strdup_printf("%s=<%s>", p->name, type_name(p->type));
		g_string_append_printf(out, "  %-24s - %s", head, p->help ? p->help : "");
		if (p->choices) {
			g_autofree char *choices = g_strjoinv("/", (char **)p->choices);
			g_string_append_printf(out, ": %s", choices);
		}
		if (p->value)
			g_string_append_printf(out, " (default: %s)", p->value);
		g_string_append_c(out, '\n');
	}
}
