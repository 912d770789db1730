/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "udp:[HOST]:PORT[@[HOST]:PORT]": a datagram to the first address per write; those that it sends come in. The second is our own.
 */
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>

#include "char/kind.h"

typedef struct CharUdp {
	CharDev dev;
	CharStream stream;
} CharUdp;

static void udp_lost(CharDev *dev)
{
	chardev_set_connected(dev, false);
}

static const CharStreamEvents events = { .lost = udp_lost };

static bool open_socket(CharUdp *udp, GSocketAddress *remote, GSocketAddress *local, GError **error)
{
	g_autoptr(GSocket) socket =
		g_socket_new(g_socket_address_get_family(remote), G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, error);
	if (!socket || (local && !g_socket_bind(socket, local, TRUE, error)) || !g_socket_connect(socket, remote, NULL, error))
		return false;
	g_socket_set_blocking(socket, FALSE);
	int fd = fcntl(g_socket_get_fd(socket), F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return chardev_errno(error, "cannot keep the socket");
	udp->stream.datagrams = true;
	char_stream_open(&udp->stream, &udp->dev, &events, fd, fd);
	return true;
}

static bool udp_open(CharDev *dev, const char *argument, GError **error)
{
	CharUdp *udp = (CharUdp *)dev;
	g_autofree char *text = chardev_options(argument, NULL, 0, error);
	if (!text)
		return false;
	g_auto(GStrv) ends = g_strsplit(text, "@", 2);
	g_autoptr(GSocketAddress) remote = char_address(ends[0], "127.0.0.1", error);
	if (!remote)
		return false;
	bool ipv6 = g_socket_address_get_family(remote) == G_SOCKET_FAMILY_IPV6;
	g_autoptr(GSocketAddress) local = ends[1] ? char_address(ends[1], ipv6 ? "::" : "0.0.0.0", error) : NULL;
	if ((ends[1] && !local) || !open_socket(udp, remote, local, error))
		return false;
	chardev_set_connected(dev, true);
	return true;
}

static void udp_close(CharDev *dev)
{
	char_stream_close(&((CharUdp *)dev)->stream);
}

static unsigned udp_write(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	return char_stream_write(&((CharUdp *)dev)->stream, bytes, size);
}

static void udp_accept_input(CharDev *dev)
{
	char_stream_resume(&((CharUdp *)dev)->stream);
}

const CharKind char_udp = {
	.prefix = "udp:",
	.size = sizeof(CharUdp),
	.open = udp_open,
	.close = udp_close,
	.write = udp_write,
	.accept_input = udp_accept_input,
};
