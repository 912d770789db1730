/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pair of file descriptors as a character device's other side: what the host can't take now waits in a bounded queue; input is
 * looked for only while the client has room.
 *
 * Sources live in the machine thread's context, but may be made and destroyed by a processor's thread that is in a device. So a
 * callback that got the lock first asks whether its source is still wanted. */
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "char/kind.h"

enum { READ_BYTES = 4096, DATAGRAM_BYTES = 64 << 10 };

GSource *chardev_watch_fd(CharDev *dev, int fd, GIOCondition condition, GUnixFDSourceFunc fn, void *owner)
{
	GSource *source = g_unix_fd_source_new(fd, condition);
	g_source_set_callback(source, G_SOURCE_FUNC(fn), owner, NULL);
	g_source_attach(source, machine_context(dev->machine));
	return source;
}

void chardev_unwatch(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

bool char_stream_is_open(const CharStream *stream)
{
	return stream->dev && (stream->in >= 0 || stream->out >= 0);
}

void char_stream_close(CharStream *stream)
{
	if (!stream->dev)
		return;
	chardev_unwatch(&stream->in_source);
	chardev_unwatch(&stream->out_source);
	if (stream->in >= 0)
		close(stream->in);
	if (stream->out >= 0 && stream->out != stream->in)
		close(stream->out);
	stream->in = stream->out = -1;
	g_clear_pointer(&stream->queue, g_byte_array_unref);
	g_clear_pointer(&stream->held, g_byte_array_unref);
}

static void lost(CharStream *stream)
{
	CharDev *dev = stream->dev;
	char_stream_close(stream);
	stream->events->lost(dev);
}

/* ---- input ---- */

static void deliver(CharStream *stream, const uint8_t *bytes, unsigned size)
{
	if (stream->events->read)
		stream->events->read(stream->dev, bytes, size);
	else
		chardev_deliver(stream->dev, bytes, size);
}

static void deliver_held(CharStream *stream)
{
	unsigned size = MIN(chardev_room(stream->dev), stream->held->len);
	uint8_t bytes[READ_BYTES];
	size = MIN(size, sizeof(bytes));
	memcpy(bytes, stream->held->data, size);
	g_byte_array_remove_range(stream->held, 0, size);
	deliver(stream, bytes, size);
}

/* What isn't read of a datagram at once is lost, so it is kept until the client has room. */
static void read_datagram(CharStream *stream)
{
	g_byte_array_set_size(stream->held, DATAGRAM_BYTES);
	ssize_t got = read(stream->in, stream->held->data, DATAGRAM_BYTES);
	g_byte_array_set_size(stream->held, got > 0 ? (guint)got : 0);
	deliver_held(stream);
}

/* The socket's source knows nothing of what is held, so which source it is is looked at anew. */
static void read_datagrams(CharStream *stream)
{
	if (stream->held->len)
		deliver_held(stream);
	else
		read_datagram(stream);
	chardev_unwatch(&stream->in_source);
	char_stream_resume(stream);
}

/* The end of a separate input leaves the output as it is. */
static void input_ended(CharStream *stream)
{
	if (stream->in == stream->out || stream->out < 0) {
		lost(stream);
		return;
	}
	chardev_unwatch(&stream->in_source);
	close(stream->in);
	stream->in = -1;
}

static void read_bytes(CharStream *stream, unsigned room)
{
	uint8_t bytes[READ_BYTES];
	ssize_t got = read(stream->in, bytes, MIN(room, sizeof(bytes)));
	if (got > 0)
		deliver(stream, bytes, (unsigned)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		input_ended(stream);
}

static void read_some(CharStream *stream)
{
	unsigned room = chardev_room(stream->dev);
	if (!room)
		chardev_unwatch(&stream->in_source); /* until char_stream_resume() */
	else if (!stream->datagrams)
		read_bytes(stream, room);
	else
		read_datagrams(stream);
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer owner)
{
	CharStream *stream = owner;
	Machine *machine = stream->dev->machine;
	(void)fd, (void)condition;
	machine_lock(machine);
	if (!g_source_is_destroyed(g_main_current_source()))
		read_some(stream);
	machine_unlock(machine);
	return G_SOURCE_CONTINUE;
}

/* The rest of a datagram: the socket itself may have nothing to tell. */
static gboolean on_held(gpointer owner)
{
	CharStream *stream = owner;
	Machine *machine = stream->dev->machine;
	machine_lock(machine);
	if (!g_source_is_destroyed(g_main_current_source()))
		read_some(stream);
	machine_unlock(machine);
	return G_SOURCE_CONTINUE;
}

void char_stream_resume(CharStream *stream)
{
	if (!stream->dev || stream->in < 0 || stream->in_source || !chardev_room(stream->dev))
		return;
	if (stream->held && stream->held->len) {
		stream->in_source = g_idle_source_new();
		g_source_set_callback(stream->in_source, on_held, stream, NULL);
		g_source_attach(stream->in_source, machine_context(stream->dev->machine));
		return;
	}
	stream->in_source = chardev_watch_fd(stream->dev, stream->in, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, stream);
}

/* ---- output ---- */

/* How many bytes the host took; -1: the connection is gone. */
static ssize_t push(CharStream *stream, const uint8_t *bytes, size_t size)
{
	ssize_t put;
	do
		put = write(stream->out, bytes, size);
	while (put < 0 && errno == EINTR);
	if (put >= 0)
		return put;
	if (stream->datagrams)
		return errno == EAGAIN ? 0 : (ssize_t)size; /* nobody listens: lost, as datagrams are */
	return errno == EAGAIN ? 0 : -1;
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer owner)
{
	CharStream *stream = owner;
	Machine *machine = stream->dev->machine;
	(void)fd, (void)condition;
	machine_lock(machine);
	if (!g_source_is_destroyed(g_main_current_source())) {
		ssize_t put = push(stream, stream->queue->data, stream->queue->len);
		if (put < 0)
			lost(stream);
		else
			g_byte_array_remove_range(stream->queue, 0, (guint)put);
		if (put >= 0 && !stream->queue->len)
			chardev_unwatch(&stream->out_source);
	}
	machine_unlock(machine);
	return G_SOURCE_CONTINUE;
}

static unsigned enqueue(CharStream *stream, const uint8_t *bytes, unsigned size)
{
	unsigned taken = MIN(size, CHARDEV_QUEUE_BYTES - stream->queue->len);
	g_byte_array_append(stream->queue, bytes, taken);
	if (stream->queue->len && !stream->out_source)
		stream->out_source =
			chardev_watch_fd(stream->dev, stream->out, G_IO_OUT | G_IO_HUP | G_IO_ERR, on_output, stream);
	return taken;
}

unsigned char_stream_write(CharStream *stream, const uint8_t *bytes, unsigned size)
{
	if (!char_stream_is_open(stream) || stream->out < 0 || !size)
		return size; /* nobody there: it is lost, like on a wire */
	if (stream->queue->len)
		return enqueue(stream, bytes, size);
	ssize_t put = push(stream, bytes, size);
	if (put < 0) {
		lost(stream);
		return size;
	}
	return (unsigned)put == size ? size : (unsigned)put + enqueue(stream, bytes + put, size - (unsigned)put);
}

void char_stream_open(CharStream *stream, CharDev *dev, const CharStreamEvents *events, int in, int out)
{
	*stream = (CharStream){ .dev = dev, .events = events, .in = in, .out = out, .datagrams = stream->datagrams };
	stream->queue = g_byte_array_new();
	stream->held = stream->datagrams ? g_byte_array_new() : NULL;
	signal(SIGPIPE, SIG_IGN); /* as GSocket does: a reader that went away is an error code, not the machine's end */
	char_stream_resume(stream);
}
