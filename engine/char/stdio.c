/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "stdio": the process's own input and output. A terminal is put into raw mode as long as the device is there; the signals that
 * end a process end the machine instead, so that the device gets freed and the terminal restored. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "char/kind.h"

static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP };

typedef struct CharStdio {
	CharDev dev;
	CharStream stream;
	bool raw;
	struct termios before;
	int blocking[2];	/* descriptors that were made non-blocking for good, + 1; restored at the end */
	GSource *signals[G_N_ELEMENTS(ending_signals)];
} CharStdio;

/* ---- the terminal ---- */

static void make_raw(CharStdio *stdio)
{
	/* A process in the background would be stopped for touching the terminal. */
	if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &stdio->before) < 0)
		return;
	struct termios raw = stdio->before;
	raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	raw.c_oflag |= OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
	raw.c_cflag = (raw.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (!stdio->dev.takes_signals)
		raw.c_lflag &= ~(tcflag_t)ISIG;
	/* Suspended, the shell would get a raw terminal, and we a cooked one when we go on. The guest may want the key. */
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	stdio->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static gboolean on_signal(gpointer owner)
{
	Machine *machine = owner;
	machine_lock(machine);
	machine_quit(machine, 0);
	machine_unlock(machine);
	return G_SOURCE_CONTINUE;
}

static void watch_signals(CharStdio *stdio)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(ending_signals); n++) {
		stdio->signals[n] = g_unix_signal_source_new(ending_signals[n]);
		g_source_set_callback(stdio->signals[n], on_signal, stdio->dev.machine, NULL);
		g_source_attach(stdio->signals[n], machine_context(stdio->dev.machine));
	}
}

/* ---- descriptors ---- */

/* O_NONBLOCK is shared by all that have the same open file, the shell and our own error output among them. So a terminal or pipe
 * is opened once more for ourselves; a regular file never blocks; what is left is set and restored. */
static int own_descriptor(CharStdio *stdio, int fd, int mode)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return -1;
	if (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode)) {
		g_autofree char *path = g_strdup_printf("/dev/fd/%d", fd);
		int own = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (own >= 0)
			return own;
	}
	int flags = fcntl(fd, F_GETFL);
	if (!S_ISREG(status.st_mode) && flags >= 0 && !(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
		stdio->blocking[fd == STDOUT_FILENO] = fd + 1;
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static void stdio_lost(CharDev *dev)
{
	chardev_set_connected(dev, false);
}

static const CharStreamEvents events = { .lost = stdio_lost };

static bool taken(CharDev *dev)
{
	GPtrArray *all = machine_chardevs(dev->machine);
	for (unsigned n = 0; n < all->len; n++) {
		const CharDev *other = g_ptr_array_index(all, n);
		if (other != dev && other->kind == &char_stdio)
			return true;
	}
	return false;
}

static bool stdio_open(CharDev *dev, const char *argument, GError **error)
{
	CharStdio *stdio = (CharStdio *)dev;
	(void)argument;
	if (taken(dev)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "only one device can have it");
		return false;
	}
	int in = own_descriptor(stdio, STDIN_FILENO, O_RDONLY), out = own_descriptor(stdio, STDOUT_FILENO, O_WRONLY);
	if (in < 0 && out < 0)
		return chardev_errno(error, "neither standard input nor output is open");
	char_stream_open(&stdio->stream, dev, &events, in, out);
	make_raw(stdio);
	watch_signals(stdio);
	chardev_set_connected(dev, true);
	chardev_describe(dev, "stdio");
	return true;
}

static void stdio_close(CharDev *dev)
{
	CharStdio *stdio = (CharStdio *)dev;
	for (unsigned n = 0; n < G_N_ELEMENTS(ending_signals); n++)
		chardev_unwatch(&stdio->signals[n]);
	char_stream_close(&stdio->stream);
	for (unsigned n = 0; n < 2; n++)
		if (stdio->blocking[n])
			fcntl(stdio->blocking[n] - 1, F_SETFL, fcntl(stdio->blocking[n] - 1, F_GETFL) & ~O_NONBLOCK);
	if (stdio->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &stdio->before);
}

static unsigned stdio_write(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	return char_stream_write(&((CharStdio *)dev)->stream, bytes, size);
}

static void stdio_accept_input(CharDev *dev)
{
	char_stream_resume(&((CharStdio *)dev)->stream);
}

const CharKind char_stdio = {
	.prefix = "stdio",
	.size = sizeof(CharStdio),
	.open = stdio_open,
	.close = stdio_close,
	.write = stdio_write,
	.accept_input = stdio_accept_input,
};
