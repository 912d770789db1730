/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw images: the disk's bytes, one after the other, in a file or on a block device of the host.
 *
 * A crash of the emulator loses nothing that was written, a crash of the host nothing that was flushed. A file whose length is no
 * multiple of 512 reads as if it ended in zeros; writing its last sector makes it longer.
 * The file is locked (open file description locks) against another program that has it open for writing, so that two machines
 * can't ruin one disk. File systems without locks go without. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/block.h"
#include "disk/format.h"

typedef struct RawImage {
	BlockImage image;
	int fd;
} RawImage;

/* ---- opening ---- */

static void set_error(GError **error, const char *file, int code, const char *advice)
{
	g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code), "%s: %s%s", file, g_strerror(code), advice);
}

static int open_file(const char *file, bool writable, GError **error)
{
	/* Not blocking, else opening a named pipe would wait for its other end. */
	int fd = open(file, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		return fd;
	int code = errno;
	if (writable && (code == EACCES || code == EROFS || code == EPERM) && access(file, R_OK) == 0)
		set_error(error, file, code, "; it can be read: use readonly=on or snapshot=on");
	else if (code == ENXIO)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: neither a file nor a block device", file);
	else
		set_error(error, file, code, "");
	return -1;
}

static bool measure(RawImage *raw, const char *file, GError **error)
{
	struct stat status;
	if (fstat(raw->fd, &status) < 0) {
		set_error(error, file, errno, "");
		return false;
	}
	if (S_ISDIR(status.st_mode)) {
		set_error(error, file, EISDIR, "");
		return false;
	}
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: neither a file nor a block device", file);
		return false;
	}
	off_t end = lseek(raw->fd, 0, SEEK_END); /* st_size of a block device is 0 */
	if (end < 0) {
		set_error(error, file, errno, "");
		return false;
	}
	raw->image.sectors = ((uint64_t)end + SECTOR_SIZE - 1) / SECTOR_SIZE;
	return true;
}

static bool lock(RawImage *raw, const char *file, bool writable, GError **error)
{
	struct flock range = { .l_type = writable ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };
	if (fcntl(raw->fd, F_OFD_SETLK, &range) == 0 || (errno != EAGAIN && errno != EACCES))
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_ACCES, "%s: in use by another drive or program%s", file,
		writable ? "" : ", which writes to it");
	return false;
}

static BlockImage *raw_open(const char *file, bool writable, GError **error)
{
	RawImage *raw = g_new0(RawImage, 1);
	raw->image.format = &raw_format;
	raw->fd = open_file(file, writable, error);
	if (raw->fd >= 0 && measure(raw, file, error) && lock(raw, file, writable, error))
		return &raw->image;
	if (raw->fd >= 0)
		close(raw->fd);
	g_free(raw);
	return NULL;
}

static void raw_close(BlockImage *image)
{
	RawImage *raw = (RawImage *)image;
	close(raw->fd);
	g_free(raw);
}

/* ---- reading and writing ---- */

static int raw_read(BlockImage *image, uint64_t sector, void *buffer, unsigned count)
{
	RawImage *raw = (RawImage *)image;
	uint8_t *to = buffer;
	size_t left = (size_t)count * SECTOR_SIZE;
	off_t offset = (off_t)(sector * SECTOR_SIZE);
	while (left) {
		ssize_t got = pread(raw->fd, to, left, offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0) { /* the end of a last part of a sector, or somebody cut the file */
			memset(to, 0, left);
			return 0;
		}
		to += got;
		offset += got;
		left -= (size_t)got;
	}
	return 0;
}

static int raw_write(BlockImage *image, uint64_t sector, const void *buffer, unsigned count)
{
	RawImage *raw = (RawImage *)image;
	const uint8_t *from = buffer;
	size_t left = (size_t)count * SECTOR_SIZE;
	off_t offset = (off_t)(sector * SECTOR_SIZE);
	while (left) {
		ssize_t put = pwrite(raw->fd, from, left, offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno;
		if (put == 0)
			return ENOSPC;
		from += put;
		offset += put;
		left -= (size_t)put;
	}
	return 0;
}

/* A hole, where the file system can make one. */
static int raw_discard(BlockImage *image, uint64_t sector, unsigned count)
{
	RawImage *raw = (RawImage *)image;
	int result;
	do
		result = fallocate(raw->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(sector * SECTOR_SIZE), (off_t)count * SECTOR_SIZE);
	while (result < 0 && errno == EINTR);
	return result < 0 && errno == EIO ? EIO : 0;
}

static int raw_flush(BlockImage *image)
{
	RawImage *raw = (RawImage *)image;
	int result;
	do
		result = fdatasync(raw->fd);
	while (result < 0 && errno == EINTR);
	/* What can't be synchronised (EINVAL: some special files) is as safe as it gets. */
	return result < 0 && errno != EINVAL ? errno : 0;
}

const BlockFormat raw_format = {
	.name = "raw",
	.open = raw_open,
	.close = raw_close,
	.read = raw_read,
	.write = raw_write,
	.discard = raw_discard,
	.flush = raw_flush,
};
