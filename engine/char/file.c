/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "file:PATH": output to a file, which is emptied first, or with ",append=on" goes on at its end. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "char/kind.h"

typedef struct CharFile {
	CharDev dev;
	int fd; /* one above the descriptor: 0 is none */
	bool failed;
} CharFile;

static bool file_open(CharDev *dev, const char *argument, GError **error)
{
	CharFile *file = (CharFile *)dev;
	bool append = false;
	const CharOption options[] = { { .name = "append", .flag = &append } };
	g_autofree char *path = chardev_options(argument, options, G_N_ELEMENTS(options), error);
	if (!path)
		return false;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (append ? O_APPEND : O_TRUNC), 0666);
	if (fd < 0)
		return chardev_errno(error, "cannot open the file");
	file->fd = fd + 1;
	chardev_describe(dev, "file:%s", path);
	chardev_set_connected(dev, true);
	return true;
}

static void file_close(CharDev *dev)
{
	CharFile *file = (CharFile *)dev;
	if (file->fd)
		close(file->fd - 1);
}

/* Said once: a full disk must not fill the terminal as well. */
static unsigned failed(CharFile *file, unsigned size)
{
	if (!file->failed)
		g_printerr("%s: output is lost: %s\n", file->dev.description, g_strerror(errno));
	file->failed = true;
	return size;
}

static unsigned file_write(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	CharFile *file = (CharFile *)dev;
	unsigned done = 0;
	while (done < size) {
		ssize_t put = write(file->fd - 1, bytes + done, size - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN) /* a FIFO or terminal that is full */
			return done;
		if (put <= 0)
			return failed(file, size);
		done += (unsigned)put;
	}
	return size;
}

const CharKind char_file = {
	.prefix = "file:", .size = sizeof(CharFile), .open = file_open, .close = file_close, .write = file_write};
