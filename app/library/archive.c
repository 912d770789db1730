/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing and unpacking machine archives, see archive.h. machine.json is their first member, so that what is in a file is known soon. */
#include "library/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "library/document.h"
#include "library/paths.h"

#define DOCUMENT "machine.json"
/* Of files from outside of the machine's folder. */
#define OUTSIDE "files"

enum { BLOCK_BYTES = 1 << 20, DOCUMENT_MOST_BYTES = 1 << 24 };

typedef struct archive Archive;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Archive, archive_free)
typedef struct archive_entry Member;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Member, archive_entry_free)

static bool fail(GError **error, Archive *archive, const char *path, const char *what)
{
	int cause = archive_errno(archive);
	g_set_error(error, G_IO_ERROR, cause > 0 ? (gint)g_io_error_from_errno(cause) : G_IO_ERROR_FAILED, "%s: %s: %s", path, what,
		cause > 0 ? g_strerror(cause) : archive_error_string(archive));
	return false;
}

static bool fail_file(GError **error, const char *path, const char *what)
{
	int cause = errno;
	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(cause), "%s: %s: %s", path, what, g_strerror(cause));
	return false;
}

/* ---- names ---- */

/* libarchive takes names from and to the thread's locale, and can't do without one for UTF-8. */
typedef struct Names {
	locale_t utf8, before;
} Names;

static Names names_begin(void)
{
	Names names = { newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), (locale_t)0 };
	if (names.utf8)
		names.before = uselocale(names.utf8);
	return names;
}

static void names_end(Names *names)
{
	if (!names->utf8)
		return;
	uselocale(names->before);
	freelocale(names->utf8);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Names, names_end)

/* Names in an archive are somebody else's: none leads out of the folder, or hides in it. */
static bool is_safe(const char *name)
{
	if (!name || !*name || g_path_is_absolute(name) || !g_utf8_validate(name, -1, NULL))
		return false;
	g_auto(GStrv) parts = g_strsplit(name, "/", -1);
	for (char **part = parts; *part; part++)
		if (!**part || **part == '.')
			return false;
	return true;
}

/* ---- what goes in ---- */

typedef struct Writing {
	Archive *archive;
	const char *folder, *path;
	JsonObject *config;
	GHashTable *members; /* name in the archive to the file's path */
	VivaCopy *copy;
	GCancellable *cancellable;
} Writing;

/* A name that no other file has in the archive; files of the same path are one. */
static char *name_outside(Writing *writing, const char *path)
{
	g_autofree char *base = g_path_get_basename(path);
	if (*base == '.')
		*base = '_';
	for (unsigned n = 1;; n++) {
		g_autofree char *name = n == 1 ? g_strconcat(OUTSIDE "/", base, NULL) : g_strdup_printf(OUTSIDE "/%u-%s", n, base);
		const char *other = g_hash_table_lookup(writing->members, name);
		if (!other || !strcmp(other, path))
			return g_steal_pointer(&name);
	}
}

/* What a port wrote is the past, unless it lies in the machine's folder. */
static char *put_inside(const char *path, VivaPathUse use, gpointer data)
{
	Writing *writing = data;
	g_autofree char *whole = g_canonicalize_filename(path, NULL);
	const char *inside = viva_path_in(whole, writing->folder);
	if (inside && is_safe(inside))
		return g_strdup(inside);
	char *name = name_outside(writing, whole);
	if (use == VIVA_PATH_READ)
		g_hash_table_insert(writing->members, g_strdup(name), g_steal_pointer(&whole));
	return name;
}

/* Locks and the like, whose names begin with a dot, stay. */
static bool add_folder(Writing *writing, const char *folder, const char *prefix, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
	if (!dir)
		return false;
	for (const char *name; (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(folder, name, NULL), *member = g_strconcat(prefix, name, NULL);
		if (!is_safe(name) || !strcmp(member, DOCUMENT))
			continue;
		if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
			g_autofree char *deeper = g_strconcat(member, "/", NULL);
			if (!add_folder(writing, path, deeper, error))
				return false;
		} else if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
			g_hash_table_insert(writing->members, g_steal_pointer(&member), g_steal_pointer(&path));
		}
	}
	return true;
}

static bool collect(Writing *writing, GError **error)
{
	g_autofree char *path = g_build_filename(writing->folder, DOCUMENT, NULL);
	if (!add_folder(writing, writing->folder, "", error) || !(writing->config = viva_document_read_config(path, error)))
		return false;
	viva_paths_change(writing->config, put_inside, writing);
	/* Where this computer keeps firmware is its own affair. */
	json_object_remove_member(writing->config, "search-paths");
	GHashTableIter iter;
	gpointer file;
	g_hash_table_iter_init(&iter, writing->members);
	while (g_hash_table_iter_next(&iter, NULL, &file))
		writing->copy->total_bytes += viva_files_size(file);
	return true;
}

/* ---- writing ---- */

static bool write_document(Writing *writing, GError **error)
{
	g_autofree char *text = viva_document_to_text(writing->config);
	g_autoptr(Member) member = archive_entry_new();
	size_t size = strlen(text);
	archive_entry_set_pathname(member, DOCUMENT);
	archive_entry_set_filetype(member, AE_IFREG);
	archive_entry_set_perm(member, 0644);
	archive_entry_set_mtime(member, g_get_real_time() / G_USEC_PER_SEC, 0);
	archive_entry_set_size(member, (la_int64_t)size);
	bool ok = archive_write_header(writing->archive, member) >= ARCHIVE_WARN && archive_write_data(writing->archive, text, size) == (la_ssize_t)size;
	return ok || fail(error, writing->archive, writing->path, _("can’t be written"));
}

static bool write_data(Writing *writing, int fd, const char *file, GError **error)
{
	g_autofree char *block = g_malloc(BLOCK_BYTES);
	for (;;) {
		if (g_cancellable_set_error_if_cancelled(writing->cancellable, error))
			return false;
		ssize_t size = read(fd, block, BLOCK_BYTES);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return fail_file(error, file, _("can’t be read"));
		if (size == 0)
			return true;
		if (archive_write_data(writing->archive, block, (size_t)size) < 0)
			return fail(error, writing->archive, writing->path, _("can’t be written"));
		viva_copy_note(writing->copy, (guint64)size);
	}
}

/* The reader of disks finds holes, which are left out of the archive. */
static bool write_file(Writing *writing, Archive *disk, const char *name, const char *file, GError **error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_file(error, file, _("can’t be opened"));
	g_autoptr(Member) member = archive_entry_new();
	archive_entry_copy_sourcepath(member, file);
	bool ok = archive_read_disk_entry_from_file(disk, member, fd, NULL) == ARCHIVE_OK || fail(error, disk, file, _("can’t be read"));
	if (ok && archive_entry_filetype(member) != AE_IFREG) {
		errno = EISDIR;
		ok = fail_file(error, file, _("can’t be read"));
	}
	if (!archive_entry_update_pathname_utf8(member, name) || !archive_entry_pathname(member)) { /* where there is no such locale */
		errno = EILSEQ;
		ok = ok && fail_file(error, file, _("can’t be written"));
	}
	archive_entry_set_perm(member, 0644);
	archive_entry_set_uid(member, 0);
	archive_entry_set_gid(member, 0);
	archive_entry_set_uname(member, NULL);
	archive_entry_set_gname(member, NULL);
	if (ok && archive_write_header(writing->archive, member) < ARCHIVE_WARN)
		ok = fail(error, writing->archive, writing->path, _("can’t be written"));
	ok = ok && write_data(writing, fd, file, error);
	close(fd);
	return ok;
}

static bool write_members(Writing *writing, GError **error)
{
	g_autoptr(Archive) disk = archive_read_disk_new();
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(writing->members), (GCompareFunc)strcmp);
	archive_read_disk_set_behavior(disk, ARCHIVE_READDISK_NO_XATTR | ARCHIVE_READDISK_NO_ACL | ARCHIVE_READDISK_NO_FFLAGS);
	bool ok = write_document(writing, error);
	for (const GList *name = names; ok && name; name = name->next)
		ok = write_file(writing, disk, name->data, g_hash_table_lookup(writing->members, name->data), error);
	return ok;
}

static bool write_archive(Writing *writing, GError **error)
{
	int fd = open(writing->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail_file(error, writing->path, _("can’t be made"));
	Archive *archive = archive_write_new();
	writing->archive = archive;
	archive_write_set_format_pax_restricted(archive);
	archive_write_add_filter_zstd(archive);
	bool ok = archive_write_open_fd(archive, fd) == ARCHIVE_OK || fail(error, archive, writing->path, _("can’t be written"));
	ok = ok && write_members(writing, error);
	if (ok && archive_write_close(archive) != ARCHIVE_OK)
		ok = fail(error, archive, writing->path, _("can’t be written"));
	/* Not archive_write_fail() before: libarchive 3.6 keeps its buffers then. What it still writes goes with the file. */
	archive_free(archive);
	if (ok && fsync(fd))
		ok = fail_file(error, writing->path, _("can’t be written"));
	close(fd);
	if (!ok)
		g_unlink(writing->path);
	return ok;
}

bool viva_archive_write(const char *folder, const char *path, VivaCopy *copy, GCancellable *cancellable, GError **error)
{
	g_auto(Names) names G_GNUC_UNUSED = names_begin();
	Writing writing = { .folder = folder, .path = path, .copy = copy, .cancellable = cancellable };
	writing.members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	bool ok = collect(&writing, error) && write_archive(&writing, error);
	g_hash_table_unref(writing.members);
	g_clear_pointer(&writing.config, json_object_unref);
	return ok;
}

/* ---- reading ---- */

static Archive *open_archive(const char *path, GError **error)
{
	g_autoptr(Archive) archive = archive_read_new();
	archive_read_support_format_tar(archive);
	archive_read_support_filter_zstd(archive);
	if (archive_read_open_filename(archive, path, BLOCK_BYTES) == ARCHIVE_OK)
		return g_steal_pointer(&archive);
	fail(error, archive, path, _("can’t be opened"));
	return NULL;
}

static bool no_machine(GError **error, const char *path)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("%s: this is not an exported machine."), path);
	return false;
}

char *viva_archive_title(const char *path, GError **error)
{
	g_auto(Names) names G_GNUC_UNUSED = names_begin();
	g_autoptr(Archive) archive = open_archive(path, error);
	Member *member;
	if (!archive)
		return NULL;
	if (archive_read_next_header(archive, &member) < ARCHIVE_WARN || g_strcmp0(archive_entry_pathname_utf8(member), DOCUMENT) ||
		archive_entry_size(member) < 0 || archive_entry_size(member) > DOCUMENT_MOST_BYTES) {
		no_machine(error, path);
		return NULL;
	}
	size_t size = (size_t)archive_entry_size(member);
	g_autofree char *text = g_malloc0(size + 1);
	if (archive_read_data(archive, text, size) != (la_ssize_t)size) {
		fail(error, archive, path, _("can’t be read"));
		return NULL;
	}
	g_autoptr(JsonNode) node = json_from_string(text, error);
	if (!node || !JSON_NODE_HOLDS_OBJECT(node)) {
		g_prefix_error(error, "%s: ", path);
		return NULL;
	}
	const char *name = viva_document_get_string(json_node_get_object(node), "name");
	return g_strdup(name ? name : "");
}

typedef struct Unpacking {
	Archive *archive;
	const char *path, *folder;
	VivaCopy *copy;
	GCancellable *cancellable;
} Unpacking;

static bool write_at(int fd, const char *data, size_t size, off_t offset)
{
	while (size > 0) {
		ssize_t written = pwrite(fd, data, size, offset);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		data += written;
		offset += written;
		size -= (size_t)written;
	}
	return true;
}

static bool unpack_data(Unpacking *unpacking, int fd, const char *target, la_int64_t whole, GError **error)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	for (;;) {
		if (g_cancellable_set_error_if_cancelled(unpacking->cancellable, error))
			return false;
		int result = archive_read_data_block(unpacking->archive, &block, &size, &offset);
		if (result == ARCHIVE_EOF)
			return !ftruncate(fd, whole) || fail_file(error, target, _("can’t be written"));
		if (result != ARCHIVE_OK)
			return fail(error, unpacking->archive, unpacking->path, _("can’t be read"));
		if (!viva_files_is_zero(block, size) && !write_at(fd, block, size, offset))
			return fail_file(error, target, _("can’t be written"));
		unpacking->copy->done_bytes = (guint64)archive_filter_bytes(unpacking->archive, -1);
		viva_copy_note(unpacking->copy, 0);
	}
}

static bool unpack_member(Unpacking *unpacking, Member *member, GError **error)
{
	g_autofree char *target = g_build_filename(unpacking->folder, archive_entry_pathname_utf8(member), NULL), *parent = g_path_get_dirname(target);
	if (g_mkdir_with_parents(parent, 0700))
		return fail_file(error, parent, _("can’t be made"));
	int fd = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail_file(error, target, _("can’t be made"));
	bool ok = unpack_data(unpacking, fd, target, archive_entry_size(member), error);
	return (!close(fd) || !ok || fail_file(error, target, _("can’t be written"))) && ok;
}

static bool unpack_members(Unpacking *unpacking, GError **error)
{
	Member *member;
	int result;
	while ((result = archive_read_next_header(unpacking->archive, &member)) == ARCHIVE_OK || result == ARCHIVE_WARN) {
		if (archive_entry_filetype(member) == AE_IFDIR)
			continue;
		if (archive_entry_filetype(member) != AE_IFREG || archive_entry_hardlink(member) || !is_safe(archive_entry_pathname_utf8(member)))
			return no_machine(error, unpacking->path);
		if (!unpack_member(unpacking, member, error))
			return false;
	}
	return result == ARCHIVE_EOF || fail(error, unpacking->archive, unpacking->path, _("can’t be read"));
}

/* ---- the configuration of somebody else ---- */

typedef struct Check {
	char *outside; /* a path that leads out; NULL: none does */
} Check;

static char *check_path(const char *path, VivaPathUse use, gpointer data)
{
	Check *check = data;
	if (!is_safe(path) && !check->outside)
		check->outside = g_strdup(path);
	return NULL;
}

/* Ports that reach into this computer are for its owner to make. */
static void close_ports(JsonObject *config, const char *list)
{
	static const char *const known[] = { "none", "null", "vc", "file:" };
	JsonArray *old = viva_document_get_array(config, list), *array = json_array_new();
	for (guint n = 0; n < json_array_get_length(old); n++) {
		const char *port = json_array_get_string_element(old, n);
		bool closed = true;
		for (unsigned k = 0; k < G_N_ELEMENTS(known); k++)
			closed &= g_str_has_suffix(known[k], ":") ? !g_str_has_prefix(port, known[k]) : strcmp(port, known[k]) != 0;
		json_array_add_string_element(array, closed ? "null" : port);
	}
	json_object_set_array_member(config, list, array);
}

static bool settle(Unpacking *unpacking, GError **error)
{
	g_autofree char *path = g_build_filename(unpacking->folder, DOCUMENT, NULL);
	g_autoptr(JsonObject) config = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? viva_document_read_config(path, error) : NULL;
	static const char *const local[] = { "search-paths", "monitors", "debugcon", "log" };
	Check check = { NULL };
	if (!config)
		return error && *error ? false : no_machine(error, unpacking->path);
	for (unsigned n = 0; n < G_N_ELEMENTS(local); n++)
		json_object_remove_member(config, local[n]);
	viva_document_set(config, "run/pid-file", NULL);
	viva_paths_change(config, check_path, &check);
	if (check.outside) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("%s: the machine wants the file %s, which isn’t in the archive."),
			unpacking->path, check.outside);
		g_free(check.outside);
		return false;
	}
	close_ports(config, "serials");
	close_ports(config, "parallels");
	viva_paths_move(config, "", unpacking->folder);
	return viva_document_write(config, path, error);
}

bool viva_archive_unpack(const char *path, const char *folder, VivaCopy *copy, GCancellable *cancellable, GError **error)
{
	g_auto(Names) names G_GNUC_UNUSED = names_begin();
	g_autoptr(Archive) archive = open_archive(path, error);
	Unpacking unpacking = { archive, path, folder, copy, cancellable };
	copy->total_bytes = viva_files_size(path);
	return archive && unpack_members(&unpacking, error) && settle(&unpacking, error);
}
