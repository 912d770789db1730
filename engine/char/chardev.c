/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Character devices of all kinds: making them by their specifications, finding them, and their clients. */
#include "char/chardev.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

#include "base/nearest.h"
#include "char/kind.h"

/* The longer ones first where one begins like another. */
static const CharKind *const kinds[] = {
	&char_null, &char_none, &char_stdio, &char_file, &char_pipe, &char_pty, &char_tcp, &char_unix, &char_udp, &char_mux, &char_vc,
};

/* The argument, NULL if the specification is of another kind. */
static const char *argument_of(const CharKind *kind, const char *specification)
{
	size_t length = strlen(kind->prefix);
	if (strncmp(specification, kind->prefix, length) != 0)
		return NULL;
	bool takes_argument = kind->prefix[length - 1] == ':';
	return takes_argument || !specification[length] ? specification + length : NULL;
}

static bool unknown(const char *specification, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);
	g_autofree char *kind = g_strndup(specification, strcspn(specification, ":,") + (strchr(specification, ':') != NULL));
	g_autoptr(Nearest) nearest = nearest_new(kind);
	for (unsigned n = 0; n < G_N_ELEMENTS(kinds); n++) {
		g_string_append_printf(known, "%s%s", n ? ", " : "", kinds[n]->prefix);
		nearest_offer(nearest, kinds[n]->prefix);
	}
	g_autofree char *hint = nearest_hint(nearest);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "unknown character device '%s'; there are %s%s", specification,
		known->str, hint);
	return false;
}

static CharDev *open_kind(
	Machine *machine, const CharKind *kind, const char *id, const char *argument, bool signals, GError **error)
{
	CharDev *dev = g_malloc0(kind->size);
	dev->kind = kind;
	dev->machine = machine;
	dev->id = g_strdup(id);
	dev->takes_signals = signals;
	chardev_describe(dev, "%s%s", kind->prefix, argument);
	/* What it stands on is older than it in the list. */
	if (kind->open(dev, argument, error)) {
		g_ptr_array_add(machine_chardevs(machine), dev);
		return dev;
	}
	g_prefix_error(error, "%s%s: ", kind->prefix, argument);
	chardev_free(dev);
	return NULL;
}

CharDev *chardev_new_of(Machine *machine, const char *id, const char *specification, bool signals, GError **error)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(kinds); n++) {
		const char *argument = argument_of(kinds[n], specification);
		if (argument)
			return open_kind(machine, kinds[n], id, argument, signals, error);
	}
	unknown(specification, error);
	return NULL;
}

CharDev *chardev_new(Machine *machine, const char *id, const char *specification, GError **error)
{
	if (!id || !chardev_find(machine, id))
		return chardev_new_of(machine, id, specification, true, error);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS, "there is a character device '%s' already", id);
	return NULL;
}

void chardev_free(CharDev *dev)
{
	if (!dev)
		return;
	g_ptr_array_remove(machine_chardevs(dev->machine), dev);
	if (dev->kind->close)
		dev->kind->close(dev);
	g_free(dev->id);
	g_free(dev->description);
	g_free(dev);
}

CharDev *chardev_find(Machine *machine, const char *id)
{
	GPtrArray *all = machine_chardevs(machine);
	for (unsigned n = 0; n < all->len; n++) {
		CharDev *dev = g_ptr_array_index(all, n);
		if (dev->id && strcmp(dev->id, id) == 0)
			return dev;
	}
	return NULL;
}

bool chardev_attach(CharDev *dev, const CharClient *client, void *owner)
{
	if (dev->kind->attach)
		return dev->kind->attach(dev, client, owner);
	if (dev->client && (client || dev->owner != owner))
		return false;
	dev->client = client;
	dev->owner = client ? owner : NULL;
	if (client && client->event)
		client->event(owner, dev->connected);
	chardev_accept_input(dev);
	return true;
}

unsigned chardev_write(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	return dev->kind->write ? dev->kind->write(dev, bytes, size) : size;
}

void chardev_accept_input(CharDev *dev)
{
	if (dev->kind->accept_input)
		dev->kind->accept_input(dev);
}

void chardev_send_break(CharDev *dev)
{
	if (dev->kind->send_break)
		dev->kind->send_break(dev);
}

const char *chardev_id(const CharDev *dev)
{
	return dev->id;
}

const char *chardev_description(const CharDev *dev)
{
	return dev->description;
}

/* ---- for the kinds ---- */

void chardev_describe(CharDev *dev, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_free(dev->description);
	dev->description = g_strdup_vprintf(format, arguments);
	va_end(arguments);
}

unsigned chardev_room(const CharDev *dev)
{
	return dev->client && dev->client->can_receive ? dev->client->can_receive(dev->owner) : 0;
}

void chardev_deliver(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	if (dev->client && dev->client->receive && size)
		dev->client->receive(dev->owner, bytes, size);
}

void chardev_set_connected(CharDev *dev, bool connected)
{
	if (dev->connected == connected)
		return;
	dev->connected = connected;
	if (dev->client && dev->client->event)
		dev->client->event(dev->owner, connected);
}

bool chardev_errno(GError **error, const char *what)
{
	int code = errno;
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s", what, g_strerror(code));
	return false;
}

/* ---- options ---- */

/* Up to the next single comma, which is skipped; free it. */
static char *next_part(const char **text)
{
	GString *part = g_string_new(NULL);
	for (; **text && (**text != ',' || (*text)[1] == ','); (*text)++) {
		*text += **text == ',';
		g_string_append_c(part, **text);
	}
	*text += **text == ',';
	return g_string_free(part, FALSE);
}

static bool set_flag(const CharOption *option, const char *name, const char *value, GError **error)
{
	bool on = !value || strcmp(value, "on") == 0 || strcmp(value, "yes") == 0;
	if (!on && strcmp(value, "off") != 0 && strcmp(value, "no") != 0) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "option %s is on or off, not '%s'", name, value);
		return false;
	}
	*option->flag = on != option->inverted;
	return true;
}

static bool set_option(const char *text, const CharOption *options, unsigned count, GError **error)
{
	g_auto(GStrv) pair = g_strsplit(text, "=", 2);
	g_autoptr(Nearest) nearest = nearest_new(pair[0] ? pair[0] : "");
	for (unsigned n = 0; pair[0] && n < count; n++) {
		if (strcmp(options[n].name, pair[0]) == 0)
			return set_flag(&options[n], pair[0], pair[1], error);
		nearest_offer(nearest, options[n].name);
	}
	g_autofree char *hint = nearest_hint(nearest);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "unknown option '%s'%s", text, hint);
	return false;
}

char *chardev_options(const char *argument, const CharOption *options, unsigned count, GError **error)
{
	g_autofree char *first = next_part(&argument);
	while (*argument) {
		g_autofree char *text = next_part(&argument);
		if (!set_option(text, options, count, error))
			return NULL;
	}
	if (!*first) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "an address or path is missing");
		return NULL;
	}
	return g_steal_pointer(&first);
}
