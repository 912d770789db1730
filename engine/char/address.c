/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Host names and ports of network character devices. */
#include <gio/gio.h>
#include <string.h>

#include "char/kind.h"

/* HOST:PORT, [HOST]:PORT or :PORT. `host` comes out NULL for the last. */
static bool split(const char *text, char **host, guint16 *port, GError **error)
{
	const char *colon = strrchr(text, ':');
	guint64 number;
	if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 0, G_MAXUINT16, &number, NULL)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "'%s' is not HOST:PORT with a port from 0 to 65535",
			text);
		return false;
	}
	size_t length = (size_t)(colon - text);
	bool bracketed = length >= 2 && text[0] == '[' && colon[-1] == ']';
	*host = bracketed ? g_strndup(text + 1, length - 2) : length ? g_strndup(text, length) : NULL;
	*port = (guint16)number;
	return true;
}

GSocketAddress *char_address(const char *text, const char *default_host, GError **error)
{
	g_autofree char *given = NULL;
	guint16 port;
	if (!split(text, &given, &port, error))
		return NULL;
	const char *host = given ? given : default_host;
	g_autoptr(GInetAddress) literal = g_inet_address_new_from_string(host);
	if (literal)
		return g_inet_socket_address_new(literal, port);
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	GList *found = g_resolver_lookup_by_name(resolver, host, NULL, error);
	if (!found)
		return NULL;
	GSocketAddress *address = g_inet_socket_address_new(found->data, port);
	g_resolver_free_addresses(found);
	return address;
}

char *char_address_text(GSocketAddress *address)
{
	if (!G_IS_INET_SOCKET_ADDRESS(address))
		return g_strdup("");
	GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS(address);
	g_autofree char *host = g_inet_address_to_string(g_inet_socket_address_get_address(inet));
	return g_strdup_printf(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, g_inet_socket_address_get_port(inet));
}
