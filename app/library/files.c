/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying and removing a machine's files, see files.h. */
#include "library/files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20, PROGRESS_MS = 100 };

static bool fail(GError **error, int cause, const char *path, const char *what)
{
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(cause), "%s: %s: %s", path, what, g_strerror(cause));
	return false;
}

guint64 viva_files_size(const char *path)
{
	GStatBuf status;
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	if (!dir)
		return g_stat(path, &status) ? 0 : (guint64)status.st_size;
	guint64 sum = 0;
	for (const char *name; (name = g_dir_read_name(dir));) {
		g_autofree char *child = g_build_filename(path, name, NULL);
		sum += viva_files_size(child);
	}
	return sum;
}

static gboolean tell(gpointer data)
{
	VivaCopy *copy = data;
	copy->progress(g_atomic_int_get(&copy->done_permille) / 1000.0, copy->progress_data);
	return G_SOURCE_CONTINUE;
}

void viva_copy_tell(VivaCopy *copy, VivaProgress progress, gpointer data)
{
	copy->progress = progress;
	copy->progress_data = data;
	if (progress)
		copy->source = g_timeout_add(PROGRESS_MS, tell, copy);
}

void viva_copy_hush(VivaCopy *copy)
{
	g_clear_handle_id(&copy->source, g_source_remove);
}

void viva_copy_note(VivaCopy *copy, guint64 bytes)
{
	if (!copy)
		return;
	copy->done_bytes += bytes;
	if (copy->total_bytes)
		g_atomic_int_set(&copy->done_permille, (gint)(1000 * (double)MIN(copy->done_bytes, copy->total_bytes) / (double)copy->total_bytes));
}

bool viva_files_is_zero(const char *data, size_t size)
{
	return size == 0 || (!data[0] && !memcmp(data, data + 1, size - 1));
}

static bool write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		data += written;
		size -= (size_t)written;
	}
	return true;
}

static bool copy_data(int in, int out, const char *from, const char *to, VivaCopy *copy, GCancellable *cancellable, GError **error)
{
	g_autofree char *block = g_malloc(BLOCK_BYTES);
	for (;;) {
		if (g_cancellable_set_error_if_cancelled(cancellable, error))
			return false;
		ssize_t size = read(in, block, BLOCK_BYTES);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return fail(error, errno, from, _("can’t be read"));
		if (size == 0)
			break;
		bool ok = viva_files_is_zero(block, (size_t)size) ? lseek(out, size, SEEK_CUR) >= 0 : write_all(out, block, (size_t)size);
		if (!ok)
			return fail(error, errno, to, _("can’t be written"));
		viva_copy_note(copy, (guint64)size);
	}
	off_t end = lseek(out, 0, SEEK_CUR);
	if (end < 0 || ftruncate(out, end) || fsync(out))
		return fail(error, errno, to, _("can’t be written"));
	return true;
}

static bool copy_file(const char *from, const char *to, VivaCopy *copy, GCancellable *cancellable, GError **error)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return fail(error, errno, from, _("can’t be opened"));
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = out < 0 ? fail(error, errno, to, _("can’t be made")) : copy_data(in, out, from, to, copy, cancellable, error);
	close(in);
	if (out >= 0) {
		if (close(out) && ok)
			ok = fail(error, errno, to, _("can’t be written"));
		if (!ok)
			g_unlink(to);
	}
	return ok;
}

/* Locks and the like, whose names begin with a dot, belong to the original alone. */
static bool copy_folder(const char *from, GDir *dir, const char *to, VivaCopy *copy, GCancellable *cancellable, GError **error)
{
	if (g_mkdir_with_parents(to, 0700))
		return fail(error, errno, to, _("can’t be made"));
	for (const char *name; (name = g_dir_read_name(dir));) {
		g_autofree char *source = g_build_filename(from, name, NULL), *target = g_build_filename(to, name, NULL);
		if (*name != '.' && !viva_files_copy(source, target, copy, cancellable, error))
			return false;
	}
	return true;
}

bool viva_files_copy(const char *from, const char *to, VivaCopy *copy, GCancellable *cancellable, GError **error)
{
	if (!g_file_test(from, G_FILE_TEST_IS_DIR))
		return copy_file(from, to, copy, cancellable, error);
	g_autoptr(GDir) dir = g_dir_open(from, 0, error);
	return dir && copy_folder(from, dir, to, copy, cancellable, error);
}

bool viva_files_make_disk(const char *path, guint64 size, GError **error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(error, errno, path, _("can’t be made"));
	bool ok = !ftruncate(fd, (off_t)size) && !fsync(fd);
	if (!ok)
		fail(error, errno, path, _("can’t be made"));
	close(fd);
	if (!ok)
		g_unlink(path);
	return ok;
}

bool viva_files_remove(const char *path, GError **error)
{
	if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
		g_autoptr(GDir) dir = g_dir_open(path, 0, error);
		if (!dir)
			return false;
		for (const char *name; (name = g_dir_read_name(dir));) {
			g_autofree char *child = g_build_filename(path, name, NULL);
			if (!viva_files_remove(child, error))
				return false;
		}
	}
	return !g_remove(path) || fail(error, errno, path, _("can’t be removed"));
}
