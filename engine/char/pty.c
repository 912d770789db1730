/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "pty": a new pseudo terminal, whose name is printed. The kernel tells when the last one who had it open goes, but not when
 * somebody comes: while nobody is there we look a few times a second. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "char/kind.h"

enum { LOOK_MS = 250, NAME_BYTES = 128 };

typedef struct CharPty {
	CharDev dev;
	CharStream stream; /* open while somebody is there, with descriptors of its own */
	int master;	   /* one above the descriptor: 0 is none */
	GSource *look;
} CharPty;

static void wait_for_opening(CharPty *pty);
static void pty_lost(CharDev *dev);
static const CharStreamEvents events = { .lost = pty_lost };

static void pty_lost(CharDev *dev)
{
	chardev_set_connected(dev, false);
	wait_for_opening((CharPty *)dev);
}

static void look(CharPty *pty)
{
	struct pollfd state = { .fd = pty->master - 1, .events = POLLIN };
	if (poll(&state, 1, 0) < 0 || (state.revents & POLLHUP))
		return;
	int fd = fcntl(pty->master - 1, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return;
	chardev_unwatch(&pty->look);
	char_stream_open(&pty->stream, &pty->dev, &events, fd, fd);
	chardev_set_connected(&pty->dev, true);
}

static gboolean on_look(gpointer owner)
{
	CharPty *pty = owner;
	Machine *machine = pty->dev.machine;
	machine_lock(machine);
	if (!g_source_is_destroyed(g_main_current_source()))
		look(pty);
	machine_unlock(machine);
	return G_SOURCE_CONTINUE;
}

static void wait_for_opening(CharPty *pty)
{
	pty->look = g_timeout_source_new(LOOK_MS);
	g_source_set_callback(pty->look, on_look, pty, NULL);
	g_source_attach(pty->look, machine_context(pty->dev.machine));
}

/* Raw, so that it is a wire; and opened once, for an end that nobody opened yet doesn't count as gone. */
static bool prepare_slave(const char *name)
{
	int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return false;
	struct termios raw;
	bool fine = tcgetattr(slave, &raw) == 0;
	if (fine) {
		cfmakeraw(&raw);
		fine = tcsetattr(slave, TCSANOW, &raw) == 0;
	}
	close(slave);
	return fine;
}

static bool pty_open(CharDev *dev, const char *argument, GError **error)
{
	CharPty *pty = (CharPty *)dev;
	char name[NAME_BYTES];
	(void)argument;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0)
		return chardev_errno(error, "cannot make a pseudo terminal");
	pty->master = master + 1;
	if (fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) < 0 || grantpt(master) < 0 || unlockpt(master) < 0
		|| (errno = ptsname_r(master, name, sizeof(name))) != 0 || !prepare_slave(name))
		return chardev_errno(error, "cannot set the pseudo terminal up");
	chardev_describe(dev, "pty:%s", name);
	g_printerr("char device redirected to %s%s%s%s\n", name, dev->id ? " (label " : "", dev->id ? dev->id : "",
		dev->id ? ")" : "");
	wait_for_opening(pty);
	return true;
}

static void pty_close(CharDev *dev)
{
	CharPty *pty = (CharPty *)dev;
	chardev_unwatch(&pty->look);
	char_stream_close(&pty->stream);
	if (pty->master)
		close(pty->master - 1);
}

static unsigned pty_write(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	CharPty *pty = (CharPty *)dev;
	if (pty->look)
		look(pty); /* what is said first is often what matters */
	return char_stream_write(&pty->stream, bytes, size);
}

static void pty_accept_input(CharDev *dev)
{
	char_stream_resume(&((CharPty *)dev)->stream);
}

const CharKind char_pty = {
	.prefix = "pty",
	.size = sizeof(CharPty),
	.open = pty_open,
	.close = pty_close,
	.write = pty_write,
	.accept_input = pty_accept_input,
};
