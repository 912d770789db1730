/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snapshot=on: a temporary file over an image.
 *
 * The file has no name from its first moment, so nothing is left behind however the process ends. A sector that was written lies
 * in it at the sector's own place (the file is sparse), and a bit says so. The bits are in leaves of one word per 64 sectors, made
 * where something is written. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "disk/block.h"
#include "disk/format.h"

enum { LEAF_SECTORS = 4096, LEAF_WORDS = LEAF_SECTORS / 64 };

typedef struct OverlayImage {
	BlockImage image;
	BlockImage *base;
	int fd;
	GMutex lock;	    /* of `leaves` */
	GHashTable *leaves; /* sector / LEAF_SECTORS (gint64 *) to uint64_t[LEAF_WORDS] */
} OverlayImage;

static const BlockFormat overlay_format;

/* O_TMPFILE where the file system has it; else a named file whose name goes at once. */
static int open_temporary(GError **error)
{
	const char *folder = g_get_tmp_dir();
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	g_autofree char *name = g_build_filename(folder, "viv-snapshot-XXXXXX", NULL);
	fd = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0) {
		unlink(name);
		return fd;
	}
	int code = errno;
	g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code),
		"%s: no temporary file for snapshot=on: %s; TMPDIR can name another folder", folder, g_strerror(code));
	return -1;
}

BlockImage *overlay_new(BlockImage *base, GError **error)
{
	int fd = open_temporary(error);
	if (fd < 0) {
		base->format->close(base);
		return NULL;
	}
	OverlayImage *overlay = g_new0(OverlayImage, 1);
	overlay->image.format = &overlay_format;
	overlay->image.sectors = base->sectors;
	overlay->base = base;
	overlay->fd = fd;
	g_mutex_init(&overlay->lock);
	overlay->leaves = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	return &overlay->image;
}

static void overlay_close(BlockImage *image)
{
	OverlayImage *overlay = (OverlayImage *)image;
	overlay->base->format->close(overlay->base);
	close(overlay->fd);
	g_hash_table_unref(overlay->leaves);
	g_mutex_clear(&overlay->lock);
	g_free(overlay);
}

static bool is_written(OverlayImage *overlay, uint64_t sector)
{
	int64_t key = (int64_t)(sector / LEAF_SECTORS);
	const uint64_t *leaf = g_hash_table_lookup(overlay->leaves, &key);
	uint64_t n = sector % LEAF_SECTORS;
	return leaf && (leaf[n / 64] >> n % 64 & 1);
}

static void set_written(OverlayImage *overlay, uint64_t sector)
{
	int64_t key = (int64_t)(sector / LEAF_SECTORS);
	uint64_t *leaf = g_hash_table_lookup(overlay->leaves, &key);
	uint64_t n = sector % LEAF_SECTORS;
	if (!leaf) {
		leaf = g_new0(uint64_t, LEAF_WORDS);
		g_hash_table_insert(overlay->leaves, g_memdup2(&key, sizeof key), leaf);
	}
	leaf[n / 64] |= (uint64_t)1 << n % 64;
}

/* How many of the next sectors are all written, or all not. */
static unsigned same_run(OverlayImage *overlay, uint64_t sector, unsigned count, bool *written)
{
	unsigned run = 1;
	g_mutex_lock(&overlay->lock);
	*written = is_written(overlay, sector);
	while (run < count && is_written(overlay, sector + run) == *written)
		run++;
	g_mutex_unlock(&overlay->lock);
	return run;
}

static int read_file(int fd, uint64_t sector, uint8_t *to, unsigned count)
{
	size_t left = (size_t)count * SECTOR_SIZE;
	off_t offset = (off_t)(sector * SECTOR_SIZE);
	while (left) {
		ssize_t got = pread(fd, to, left, offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? errno : EIO;
		to += got;
		offset += got;
		left -= (size_t)got;
	}
	return 0;
}

static int overlay_read(BlockImage *image, uint64_t sector, void *buffer, unsigned count)
{
	OverlayImage *overlay = (OverlayImage *)image;
	uint8_t *to = buffer;
	while (count) {
		bool written;
		unsigned run = same_run(overlay, sector, count, &written);
		int code = written ? read_file(overlay->fd, sector, to, run) : overlay->base->format->read(overlay->base, sector, to, run);
		if (code)
			return code;
		sector += run;
		to += (size_t)run * SECTOR_SIZE;
		count -= run;
	}
	return 0;
}

static int overlay_write(BlockImage *image, uint64_t sector, const void *buffer, unsigned count)
{
	OverlayImage *overlay = (OverlayImage *)image;
	const uint8_t *from = buffer;
	size_t left = (size_t)count * SECTOR_SIZE;
	off_t offset = (off_t)(sector * SECTOR_SIZE);
	while (left) {
		ssize_t put = pwrite(overlay->fd, from, left, offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? errno : ENOSPC;
		from += put;
		offset += put;
		left -= (size_t)put;
	}
	g_mutex_lock(&overlay->lock);
	for (unsigned n = 0; n < count; n++)
		set_written(overlay, sector + n);
	g_mutex_unlock(&overlay->lock);
	return 0;
}

static int overlay_flush(BlockImage *image)
{
	(void)image; /* nothing of it outlives the process */
	return 0;
}

static const BlockFormat overlay_format = {
	.name = "snapshot",
	.close = overlay_close,
	.read = overlay_read,
	.write = overlay_write,
	.flush = overlay_flush,
};
