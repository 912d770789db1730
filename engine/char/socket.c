/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "tcp:HOST:PORT" and "unix:PATH": a client's connection, or with ",server" one that somebody makes to us, one at a time; a
 * server waits for the first before the machine is made, unless ",nowait". What is written while nobody is there is lost. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "char/kind.h"

typedef struct CharSocket {
	CharDev dev;
	CharStream stream;
	GSocket *listener; /* of a server */
	GSource *accept;   /* while nobody is connected */
	char *name;	   /* of our end or the other, for descriptions */
	char *unix_path;   /* made by us, to be removed */
	bool nodelay;
} CharSocket;

static void wait_for_peer(CharSocket *socket);

static void describe(CharSocket *socket)
{
	chardev_describe(&socket->dev, "%s%s%s%s", socket->dev.connected ? "" : "disconnected:", socket->dev.kind->prefix,
		socket->name, socket->listener ? ",server" : "");
}

static void socket_lost(CharDev *dev)
{
	CharSocket *socket = (CharSocket *)dev;
	chardev_set_connected(dev, false);
	describe(socket);
	if (socket->listener)
		wait_for_peer(socket);
}

static const CharStreamEvents events = { .lost = socket_lost };

/* Takes what it needs of `peer`, which the caller still owns. */
static bool connected(CharSocket *socket, GSocket *peer, GError **error)
{
	g_socket_set_blocking(peer, FALSE);
	if (socket->nodelay)
		g_socket_set_option(peer, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
	int fd = fcntl(g_socket_get_fd(peer), F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return chardev_errno(error, "cannot keep the connection");
	char_stream_open(&socket->stream, &socket->dev, &events, fd, fd);
	chardev_set_connected(&socket->dev, true);
	describe(socket);
	return true;
}

/* ---- server ---- */

static gboolean on_peer(gint fd, GIOCondition condition, gpointer owner)
{
	CharSocket *socket = owner;
	Machine *machine = socket->dev.machine;
	(void)fd, (void)condition;
	machine_lock(machine);
	if (!g_source_is_destroyed(g_main_current_source())) {
		g_autoptr(GSocket) peer = g_socket_accept(socket->listener, NULL, NULL);
		if (peer && connected(socket, peer, NULL))
			chardev_unwatch(&socket->accept);
	}
	machine_unlock(machine);
	return G_SOURCE_CONTINUE;
}

static void wait_for_peer(CharSocket *socket)
{
	socket->accept = chardev_watch_fd(&socket->dev, g_socket_get_fd(socket->listener), G_IO_IN, on_peer, socket);
}

/* A file that a dead process left behind is in the way of binding; one that answers belongs to a living one. */
static void remove_dead(GSocketAddress *address)
{
	g_autoptr(GSocket) probe = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
	g_autoptr(GError) error = NULL;
	if (probe && !g_socket_connect(probe, address, NULL, &error) &&
		g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
		g_unlink(g_unix_socket_address_get_path(G_UNIX_SOCKET_ADDRESS(address)));
}

static bool listen_at(CharSocket *socket, GSocketAddress *address, GError **error)
{
	bool is_unix = G_IS_UNIX_SOCKET_ADDRESS(address);
	socket->listener =
		g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
	if (!socket->listener)
		return false;
	if (is_unix)
		remove_dead(address);
	if (!g_socket_bind(socket->listener, address, TRUE, error))
		return false;
	if (is_unix)
		socket->unix_path = g_strdup(g_unix_socket_address_get_path(G_UNIX_SOCKET_ADDRESS(address)));
	g_socket_set_listen_backlog(socket->listener, 1);
	if (!g_socket_listen(socket->listener, error))
		return false;
	g_autoptr(GSocketAddress) local = is_unix ? NULL : g_socket_get_local_address(socket->listener, NULL);
	if (local) { /* port 0 became some port */
		g_free(socket->name);
		socket->name = char_address_text(local);
	}
	return true;
}

static bool serve(CharSocket *socket, GSocketAddress *address, bool wait, GError **error)
{
	if (!listen_at(socket, address, error))
		return false;
	describe(socket);
	if (wait) {
		g_printerr("waiting for connection on: %s\n", socket->dev.description);
		g_autoptr(GSocket) peer = g_socket_accept(socket->listener, NULL, error);
		if (!peer || !connected(socket, peer, error))
			return false;
	}
	g_socket_set_blocking(socket->listener, FALSE);
	if (!wait)
		wait_for_peer(socket);
	return true;
}

/* ---- client ---- */

static bool call(CharSocket *socket, GSocketAddress *address, GError **error)
{
	g_autoptr(GSocket) peer =
		g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
	return peer && g_socket_connect(peer, address, NULL, error) && connected(socket, peer, error);
}

static bool socket_open(CharDev *dev, const char *argument, GError **error)
{
	CharSocket *socket = (CharSocket *)dev;
	bool server = false, wait = true, is_unix = dev->kind == &char_unix;
	const CharOption options[] = {
		{ .name = "server", .flag = &server },
		{ .name = "wait", .flag = &wait },
		{ .name = "nowait", .flag = &wait, .inverted = true },
		{ .name = "nodelay", .flag = &socket->nodelay },
	};
	socket->name = chardev_options(argument, options, G_N_ELEMENTS(options) - (is_unix ? 1 : 0), error);
	if (!socket->name)
		return false;
	g_autoptr(GSocketAddress) address = is_unix ? g_unix_socket_address_new(socket->name)
						    : char_address(socket->name, server ? "0.0.0.0" : "127.0.0.1", error);
	if (!address)
		return false;
	return server ? serve(socket, address, wait, error) : call(socket, address, error);
}

static void socket_close(CharDev *dev)
{
	CharSocket *socket = (CharSocket *)dev;
	chardev_unwatch(&socket->accept);
	char_stream_close(&socket->stream);
	g_clear_object(&socket->listener);
	if (socket->unix_path)
		g_unlink(socket->unix_path);
	g_free(socket->unix_path);
	g_free(socket->name);
}

static unsigned socket_write(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	return char_stream_write(&((CharSocket *)dev)->stream, bytes, size);
}

static void socket_accept_input(CharDev *dev)
{
	char_stream_resume(&((CharSocket *)dev)->stream);
}

#define SOCKET_KIND(name) \
	{ .prefix = name, .size = sizeof(CharSocket), .open = socket_open, .close = socket_close, .write = socket_write, \
	  .accept_input = socket_accept_input }

const CharKind char_tcp = SOCKET_KIND("tcp:");
const CharKind char_unix = SOCKET_KIND("unix:");
