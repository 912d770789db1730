/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lock file in the machine's folder, see lock.h. It stays when the lock is gone: removing it would let two hold "the" lock. */
#include "library/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct VivaLock {
	int fd;
};

static void set_busy(int fd, const char *folder, GError **error)
{
	char pid[24] = "";
	ssize_t size = pread(fd, pid, sizeof(pid) - 1, 0);
	pid[MAX(size, 0)] = 0;
	g_strstrip(pid);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, _("The machine in “%s” is in use by another program (process %s). End it there first."),
		folder, *pid ? pid : "?");
}

VivaLock *viva_lock_take(const char *folder, GError **error)
{
	g_autofree char *path = g_build_filename(folder, ".lock", NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB)) {
		int cause = errno;
		if (fd >= 0 && cause == EWOULDBLOCK)
			set_busy(fd, folder, error);
		else
			g_set_error(error, G_IO_ERROR, g_io_error_from_errno(cause), _("“%s” can’t be locked: %s"), path, g_strerror(cause));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	/* For the other's message only: a lock whose holder can't be named still holds. */
	char pid[24];
	int length = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, pid, (size_t)length, 0) != length)
		g_debug("%s: the process id can't be written: %s", path, g_strerror(errno));
	VivaLock *lock = g_new(VivaLock, 1);
	lock->fd = fd;
	return lock;
}

void viva_lock_free(VivaLock *lock)
{
	if (!lock)
		return;
	close(lock->fd);
	g_free(lock);
}
