/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "pipe:PATH": the FIFOs PATH.in, which we read, and PATH.out, which we write; without them PATH for both. They are opened for
 * reading and writing, so that opening doesn't wait for the other side, and its closing isn't the end. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "char/kind.h"

typedef struct CharPipe {
	CharDev dev;
	CharStream stream;
} CharPipe;

static void pipe_lost(CharDev *dev)
{
	chardev_set_connected(dev, false);
}

static const CharStreamEvents events = { .lost = pipe_lost };

static int open_fifo(const char *path)
{
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

static bool pipe_open(CharDev *dev, const char *argument, GError **error)
{
	CharPipe *pipe = (CharPipe *)dev;
	g_autofree char *path = chardev_options(argument, NULL, 0, error);
	if (!path)
		return false;
	g_autofree char *in_path = g_strdup_printf("%s.in", path), *out_path = g_strdup_printf("%s.out", path);
	int in = open_fifo(in_path), out = open_fifo(out_path);
	if (in < 0 || out < 0) {
		if (in >= 0)
			close(in);
		if (out >= 0)
			close(out);
		in = out = open_fifo(path);
		if (in < 0)
			return chardev_errno(error, "cannot open it, nor .in and .out behind it");
	}
	char_stream_open(&pipe->stream, dev, &events, in, out);
	chardev_set_connected(dev, true);
	return true;
}

static void pipe_close(CharDev *dev)
{
	char_stream_close(&((CharPipe *)dev)->stream);
}

static unsigned pipe_write(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	return char_stream_write(&((CharPipe *)dev)->stream, bytes, size);
}

static void pipe_accept_input(CharDev *dev)
{
	char_stream_resume(&((CharPipe *)dev)->stream);
}

const CharKind char_pipe = {
	.prefix = "pipe:",
	.size = sizeof(CharPipe),
	.open = pipe_open,
	.close = pipe_close,
	.write = pipe_write,
	.accept_input = pipe_accept_input,
};
