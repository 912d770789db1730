/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disk images: contents, limits, errors that a user can make, many requests at once, cancelling, overlays, no room, a crash. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk/block.h"
#include "fake-machine.h"

typedef struct Rig {
	Machine *machine;
	char *folder, *file;
	GError *error;
} Rig;

static uint8_t pattern(uint64_t offset)
{
	return (uint8_t)(offset / 512 * 7 + offset % 512);
}

static void make_file(const char *name, size_t bytes)
{
	g_autofree uint8_t *contents = g_malloc(bytes + 1);
	for (size_t n = 0; n < bytes; n++)
		contents[n] = pattern(n);
	g_assert_true(g_file_set_contents(name, (const char *)contents, (gssize)bytes, NULL));
}

static void set_up(Rig *rig, const void *data)
{
	(void)data;
	rig->error = NULL;
	rig->machine = fake_machine_new();
	rig->folder = g_dir_make_tmp("viv-block-XXXXXX", NULL);
	rig->file = g_build_filename(rig->folder, "disk.img", NULL);
	make_file(rig->file, 1 << 20);
}

static void tear_down(Rig *rig, const void *data)
{
	(void)data;
	while (rig->machine->blocks->len)
		block_free(g_ptr_array_index(rig->machine->blocks, 0));
	fake_machine_free(rig->machine);
	unlink(rig->file);
	g_assert_cmpint(rmdir(rig->folder), ==, 0); /* nothing was left behind */
	g_free(rig->file);
	g_free(rig->folder);
}

static Block *open_block(Rig *rig, const char *id, bool read_only, bool snapshot)
{
	Block *block = block_new(rig->machine, &(BlockOptions){ .id = id, .file = rig->file, .read_only = read_only, .snapshot = snapshot },
		&rig->error);
	g_assert_no_error(rig->error);
	return block;
}

static void done(void *owner, int error)
{
	*(int *)owner = error;
}

enum { PENDING = -1 };

static int wait_for(Rig *rig, int *result)
{
	while (*result == PENDING)
		g_assert_true(fake_pump(rig->machine));
	return *result;
}

static int read_now(Rig *rig, Block *block, uint64_t sector, void *buffer, unsigned count)
{
	int result = PENDING;
	block_read(block, sector, buffer, count, done, &result);
	g_assert_cmpint(result, ==, PENDING); /* never at once */
	return wait_for(rig, &result);
}

static int write_now(Rig *rig, Block *block, uint64_t sector, const void *buffer, unsigned count)
{
	int result = PENDING;
	block_write(block, sector, buffer, count, done, &result);
	return wait_for(rig, &result);
}

static int flush_now(Rig *rig, Block *block)
{
	int result = PENDING;
	block_flush(block, done, &result);
	return wait_for(rig, &result);
}

static void check_pattern(const uint8_t *bytes, uint64_t offset, unsigned count)
{
	for (unsigned n = 0; n < count; n++)
		g_assert_cmphex(bytes[n], ==, pattern(offset + n));
}

static off_t size_of(const char *file)
{
	struct stat status;
	g_assert_cmpint(stat(file, &status), ==, 0);
	return status.st_size;
}

/* ---- tests ---- */

static void test_read_write(Rig *rig, const void *data)
{
	(void)data;
	uint8_t buffer[4096], other[4096];
	Block *block = open_block(rig, "disk", false, false);
	g_assert_cmpuint(block_sectors(block), ==, 2048);
	g_assert_true(block_find(rig->machine, "disk") == block);
	g_assert_null(block_find(rig->machine, "none"));
	g_assert_cmpint(read_now(rig, block, 100, buffer, 8), ==, 0);
	check_pattern(buffer, 51200, 4096);
	memset(buffer, 0x42, sizeof buffer);
	g_assert_cmpint(write_now(rig, block, 2040, buffer, 8), ==, 0);
	g_assert_cmpint(flush_now(rig, block), ==, 0);
	g_assert_cmpint(read_now(rig, block, 2040, other, 8), ==, 0);
	g_assert_cmpmem(other, 4096, buffer, 4096);
	g_assert_cmpint(read_now(rig, block, 2048, buffer, 0), ==, 0);
	g_assert_cmpint(read_now(rig, block, 2048, buffer, 1), ==, EINVAL);
	g_assert_cmpint(write_now(rig, block, 2041, buffer, 8), ==, EINVAL);
	g_assert_cmpint(read_now(rig, block, UINT64_MAX, buffer, 8), ==, EINVAL);
	g_assert_cmpint(size_of(rig->file), ==, 1 << 20);
	g_assert_null(block_new(rig->machine, &(BlockOptions){ .id = "disk" }, &rig->error));
	g_clear_error(&rig->error);
}

static void test_odd_size(Rig *rig, const void *data)
{
	(void)data;
	uint8_t buffer[1024];
	make_file(rig->file, 1000);
	Block *block = open_block(rig, "odd", false, false);
	g_assert_cmpuint(block_sectors(block), ==, 2);
	g_assert_cmpint(read_now(rig, block, 0, buffer, 2), ==, 0);
	check_pattern(buffer, 0, 1000);
	for (unsigned n = 1000; n < 1024; n++)
		g_assert_cmpint(buffer[n], ==, 0);
	g_assert_cmpint(write_now(rig, block, 1, buffer + 512, 1), ==, 0);
	g_assert_cmpint(size_of(rig->file), ==, 1024);
	block_free(block);
	make_file(rig->file, 0);
	g_assert_cmpuint(block_sectors(open_block(rig, "empty", false, false)), ==, 0);
}

static void test_errors(Rig *rig, const void *data)
{
	(void)data;
	const struct {
		const char *file, *format, *says;
	} cases[] = {
		{ "/nonexistent/disk.img", NULL, "/nonexistent/disk.img" }, { rig->folder, NULL, "directory" }, { "/dev/null", NULL, "neither" },
		{ rig->file, "qcow9", "qcow9" },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		g_assert_null(block_new(rig->machine, &(BlockOptions){ .id = "x", .file = cases[n].file, .format = cases[n].format }, &rig->error));
		g_assert_nonnull(strstr(rig->error->message, cases[n].says));
		g_clear_error(&rig->error);
	}
	g_assert_cmpuint(rig->machine->blocks->len, ==, 0);
	/* two that write to one file */
	Block *first = open_block(rig, "first", false, false);
	g_assert_null(block_new(rig->machine, &(BlockOptions){ .id = "second", .file = rig->file }, &rig->error));
	g_assert_nonnull(strstr(rig->error->message, "in use"));
	g_clear_error(&rig->error);
	block_free(first);
	/* many that read it */
	Block *reader = open_block(rig, "a", true, false);
	open_block(rig, "b", true, false);
	open_block(rig, "c", false, true);
	uint8_t buffer[512];
	g_assert_cmpint(write_now(rig, reader, 0, buffer, 1), ==, EROFS);
	g_assert_true(block_read_only(reader));
	g_assert_true(block_attach(reader, NULL, NULL, &rig->error));
	g_assert_false(block_attach(reader, NULL, NULL, &rig->error));
	g_clear_error(&rig->error);
}

static void test_no_medium(Rig *rig, const void *data)
{
	(void)data;
	uint8_t buffer[512];
	Block *block = block_new(rig->machine, &(BlockOptions){ .id = "cd", .media = BLOCK_CDROM }, &rig->error);
	g_assert_no_error(rig->error);
	g_assert_false(block_has_medium(block));
	g_assert_cmpint(read_now(rig, block, 0, buffer, 1), ==, ENOMEDIUM);
	g_assert_cmpint(flush_now(rig, block), ==, ENOMEDIUM);
	g_assert_true(block_change_medium(block, rig->file, NULL, false, &rig->error));
	g_assert_true(block_read_only(block));
	g_assert_cmpint(read_now(rig, block, 0, buffer, 1), ==, 0);
	g_assert_true(block_change_medium(block, rig->file, NULL, false, &rig->error)); /* the same again */
	block_set_locked(block, true);
	g_assert_false(block_eject(block, false, &rig->error));
	g_clear_error(&rig->error);
	g_assert_true(block_take_eject_request(block));
	g_assert_false(block_take_eject_request(block));
	g_assert_false(block_change_medium(block, rig->file, NULL, false, &rig->error));
	g_clear_error(&rig->error);
	g_assert_true(block_eject(block, true, &rig->error));
	g_assert_true(block_tray_open(block));
	g_assert_cmpint(read_now(rig, block, 0, buffer, 1), ==, ENOMEDIUM);
}

/* Random writes and reads, compared with an array; the file stays as it was. */
static void test_snapshot(Rig *rig, const void *data)
{
	(void)data;
	g_autofree uint8_t *model = g_malloc(1 << 20), *buffer = g_malloc(64 * 512);
	GRand *dice = g_rand_new_with_seed(3);
	Block *block = open_block(rig, "snap", false, true);
	g_assert_false(block_read_only(block));
	for (size_t n = 0; n < 1 << 20; n++)
		model[n] = pattern(n);
	for (unsigned round = 0; round < 400; round++) {
		unsigned count = (unsigned)g_rand_int_range(dice, 1, 65), sector = (unsigned)g_rand_int_range(dice, 0, 2048 - 64);
		if (g_rand_boolean(dice)) {
			memset(buffer, (int)round, count * 512);
			memcpy(model + sector * 512, buffer, count * 512);
			g_assert_cmpint(write_now(rig, block, sector, buffer, count), ==, 0);
		} else {
			g_assert_cmpint(read_now(rig, block, sector, buffer, count), ==, 0);
			g_assert_cmpmem(buffer, count * 512, model + sector * 512, count * 512);
		}
	}
	g_rand_free(dice);
	g_autofree char *contents = NULL;
	gsize length;
	g_assert_true(g_file_get_contents(rig->file, &contents, &length, NULL));
	check_pattern((const uint8_t *)contents, 0, 1 << 20);
}

static void count_done(void *owner, int error)
{
	g_assert_cmpint(error, ==, 0);
	++*(unsigned *)owner;
}

static void must_not_come(void *owner, int error)
{
	(void)owner, (void)error;
	g_assert_not_reached();
}

static void test_many(Rig *rig, const void *data)
{
	(void)data;
	enum { REQUESTS = 500, LONG = 64 };
	Block *block = open_block(rig, "disk", false, false);
	g_autofree uint8_t *buffers = g_malloc0(REQUESTS * LONG * 512);
	unsigned count = 0;
	for (unsigned n = 0; n < REQUESTS; n++)
		block_read(block, n, buffers + n * 512, 1, count_done, &count);
	g_assert_cmpuint(count, ==, 0);
	block_drain(rig->machine);
	g_assert_cmpuint(count, ==, REQUESTS);
	check_pattern(buffers, 0, REQUESTS * 512);
	/* cancelled in every state: at once, a moment later, finished */
	for (unsigned n = 0; n < REQUESTS; n++) {
		BlockRequest *request = block_read(block, n, buffers + n * LONG * 512, LONG, must_not_come, NULL);
		if (n % 3 == 1)
			g_thread_yield();
		if (n % 50 == 2)
			g_usleep(1000);
		block_cancel(request);
	}
	block_drain(rig->machine);
	/* freed with requests under way */
	for (unsigned n = 0; n < REQUESTS; n++)
		block_read(block, n, buffers + n * 512, 1, must_not_come, NULL);
	block_free(block);
}

static void test_no_room(Rig *rig, const void *data)
{
	(void)data;
	uint8_t buffer[512], got[512];
	struct rlimit old, small;
	g_assert_cmpint(truncate(rig->file, 1 << 16), ==, 0);
	g_assert_cmpint(truncate(rig->file, 1 << 20), ==, 0);
	Block *block = open_block(rig, "disk", false, false);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 1 << 16;
	setrlimit(RLIMIT_FSIZE, &small);
	memset(buffer, 0x77, sizeof buffer);
	int result = PENDING, other = PENDING;
	block_write(block, 1000, buffer, 1, done, &result);
	block_drain(rig->machine); /* doesn't wait for it for ever */
	g_assert_cmpint(result, ==, PENDING);
	g_assert_cmpint(rig->machine->state, ==, MACHINE_PAUSED);
	BlockRequest *cancelled = block_write(block, 1001, buffer, 1, must_not_come, NULL);
	block_drain(rig->machine);
	block_cancel(cancelled);
	rig->machine->state = MACHINE_RUNNING; /* still no room */
	block_retry(rig->machine);
	block_drain(rig->machine);
	g_assert_cmpint(result, ==, PENDING);
	g_assert_cmpint(rig->machine->state, ==, MACHINE_PAUSED);
	setrlimit(RLIMIT_FSIZE, &old);
	block_read(block, 0, got, 1, done, &other);
	g_assert_cmpint(wait_for(rig, &other), ==, 0);
	block_retry(rig->machine);
	g_assert_cmpint(wait_for(rig, &result), ==, 0);
	g_assert_cmpint(read_now(rig, block, 1000, got, 1), ==, 0);
	g_assert_cmpmem(got, 512, buffer, 512);
}

/* What was flushed is in the file when the process is killed right after. */
static void test_killed(Rig *rig, const void *data)
{
	(void)data;
	pid_t child = fork();
	if (child == 0) {
		uint8_t buffer[512];
		Rig mine = { .machine = fake_machine_new(), .file = rig->file };
		Block *block = open_block(&mine, "mine", false, false);
		memset(buffer, 0x99, sizeof buffer);
		if (write_now(&mine, block, 7, buffer, 1) == 0 && flush_now(&mine, block) == 0)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	int status;
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFSIGNALED(status));
	uint8_t got[512];
	Block *block = open_block(rig, "again", false, false); /* its lock went with it */
	g_assert_cmpint(read_now(rig, block, 7, got, 1), ==, 0);
	for (unsigned n = 0; n < 512; n++)
		g_assert_cmphex(got[n], ==, 0x99);
}

#define TEST(name, function) g_test_add("/block/" name, Rig, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST("killed", test_killed); /* first: it forks, and there are no threads yet */
	TEST("read-write", test_read_write);
	TEST("odd-size", test_odd_size);
	TEST("errors", test_errors);
	TEST("no-medium", test_no_medium);
	TEST("snapshot", test_snapshot);
	TEST("many", test_many);
	TEST("no-room", test_no_room);
	return g_test_run();
}
