/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that threads write: the order of contents, what is told of them, a busy disk, a full one, and the end. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "gate.h"
#include "library/files.h"
#include "library/writer.h"

enum { PATIENCE_S = 60, SMALL = 1000, BIG = 1 << 20 };

typedef struct Fixture {
	char *folder, *path;
	VivaWriter *writer;
	unsigned told, failed, latest, endings; /* contents told of; of these, failures; the newest one's number; how many were the last */
	bool in_order;
} Fixture;

/* Contents are numbers; 0 is none. */
static void written(gpointer content, const GError *error, bool last, gpointer data)
{
	Fixture *fixture = data;
	unsigned number = GPOINTER_TO_UINT(content);
	fixture->told++;
	fixture->failed += error != NULL;
	fixture->in_order &= number > fixture->latest;
	fixture->latest = number;
	fixture->endings += last;
	if (error) {
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, fixture->folder));
	}
}

static void set_up(Fixture *fixture, gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vivarium-writer-XXXXXX", NULL);
	fixture->path = g_build_filename(fixture->folder, "file", NULL);
	fixture->writer = viva_writer_new(fixture->path, NULL, written, fixture);
	fixture->in_order = true;
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	g_clear_pointer(&fixture->writer, viva_writer_free);
	viva_files_remove(fixture->folder, NULL);
	g_free(fixture->folder);
	g_free(fixture->path);
}

/* Its number, as often as there is room. */
static char *text_of(unsigned number, gsize size)
{
	char *text = g_malloc(size + 1);
	for (gsize n = 0; n < size; n++)
		text[n] = (char)('a' + (number + n % 7) % 26);
	text[size] = 0;
	return text;
}

static void put(Fixture *fixture, unsigned number, gsize size)
{
	viva_writer_put(fixture->writer, g_bytes_new_take(text_of(number, size), size), GUINT_TO_POINTER(number));
}

static void check(Fixture *fixture, unsigned number, gsize size)
{
	g_autofree char *there = NULL, *wanted = text_of(number, size);
	g_assert_true(g_file_get_contents(fixture->path, &there, NULL, NULL));
	g_assert_true(there && !strcmp(there, wanted));
}

/* Nothing half written lies about. */
static void check_alone(Fixture *fixture)
{
	g_autoptr(GDir) dir = g_dir_open(fixture->folder, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir));)
		g_assert_cmpstr(name, ==, "file");
}

static void wait_for(unsigned (*count)(void), unsigned wanted)
{
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	while (count() < wanted && g_get_monotonic_time() < end)
		g_usleep(1000);
	g_assert_cmpuint(count(), >=, wanted);
}

static void test_order(Fixture *fixture, gconstpointer data)
{
	enum { COUNT = 300 };
	for (unsigned n = 1; n <= COUNT; n++) {
		put(fixture, n, 1 + n * 37 % 5000);
		if (n % 10 == 0)
			g_main_context_iteration(NULL, FALSE);
		if (n % 5 == 0)
			viva_writer_wait(fixture->writer, NULL);
	}
	viva_writer_flush(fixture->writer);
	g_assert_false(viva_writer_is_busy(fixture->writer));
	g_test_message("%u of %u were written", fixture->told, COUNT);
	g_assert_true(fixture->in_order);
	g_assert_cmpuint(fixture->latest, ==, COUNT);
	g_assert_cmpuint(fixture->failed, ==, 0);
	g_assert_cmpuint(fixture->endings, >=, 1);
	check(fixture, COUNT, 1 + COUNT * 37 % 5000);
	check_alone(fixture);
}

/* The one that is being written, and the newest: what came between was overtaken. Nobody waited. */
static void test_busy(Fixture *fixture, gconstpointer data)
{
	unsigned passed = gate_passed();
	gate_close();
	put(fixture, 1, SMALL);
	wait_for(gate_waiting, 1);
	for (unsigned n = 2; n <= 5; n++)
		put(fixture, n, SMALL);
	g_assert_true(viva_writer_is_busy(fixture->writer));
	g_assert_cmpuint(gate_passed(), ==, passed);
	g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
	gate_open();
	viva_writer_flush(fixture->writer);
	g_assert_cmpuint(fixture->told, ==, 2);
	g_assert_cmpuint(fixture->latest, ==, 5);
	g_assert_cmpuint(fixture->endings, ==, 1);
	check(fixture, 5, SMALL);
}

/* Without anybody waiting it is told by the main loop. */
static void test_told(Fixture *fixture, gconstpointer data)
{
	put(fixture, 1, SMALL);
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	while (!fixture->told && g_get_monotonic_time() < end)
		if (!g_main_context_iteration(NULL, FALSE))
			g_usleep(1000);
	g_assert_cmpuint(fixture->told, ==, 1);
	g_assert_cmpuint(fixture->endings, ==, 1);
	check(fixture, 1, SMALL);
}

/* No file may be larger than that, as if the disk were full. The signal that says so as well is a process's own choice. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
	limit.rlim_cur = MIN(bytes, limit.rlim_max);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void test_full(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	put(fixture, 1, SMALL);
	viva_writer_flush(fixture->writer);
	limit_files(BIG / 2);
	put(fixture, 2, BIG);
	g_assert_false(viva_writer_wait(fixture->writer, &error));
	g_assert_nonnull(error);
	check(fixture, 1, SMALL);
	check_alone(fixture);
	viva_writer_flush(fixture->writer);
	g_assert_cmpuint(fixture->failed, ==, 1);
	g_assert_cmpuint(fixture->endings, ==, 2);
	g_assert_true(viva_writer_wait(fixture->writer, NULL)); /* it is known */
	/* What fails and is overtaken isn't the last; what comes then is written. */
	gate_close();
	put(fixture, 3, SMALL);
	wait_for(gate_waiting, 1);
	put(fixture, 4, BIG);
	gate_open();
	viva_writer_flush(fixture->writer);
	check(fixture, 3, SMALL);
	limit_files(RLIM_INFINITY);
	put(fixture, 5, BIG);
	viva_writer_flush(fixture->writer);
	check(fixture, 5, BIG);
	check_alone(fixture);
	g_assert_cmpuint(fixture->failed, ==, 2);
	g_assert_true(fixture->in_order);
}

typedef struct Reader {
	const char *path;
	gint stop;
	unsigned seen, torn;
} Reader;

static gpointer read_again(gpointer data)
{
	Reader *reader = data;
	while (!g_atomic_int_get(&reader->stop)) {
		g_autofree char *text = NULL;
		gsize size;
		if (!g_file_get_contents(reader->path, &text, &size, NULL))
			continue;
		g_autofree char *wanted = text_of((unsigned)(text[0] - 'a'), SMALL);
		reader->seen++;
		reader->torn += size != SMALL || strcmp(text, wanted) != 0;
	}
	return NULL;
}

/* Whoever reads meanwhile, as a crash would find it, sees one content or the other. */
static void test_whole(Fixture *fixture, gconstpointer data)
{
	Reader reader = { .path = fixture->path };
	put(fixture, 1, SMALL);
	viva_writer_flush(fixture->writer);
	GThread *thread = g_thread_new("reader", read_again, &reader);
	for (unsigned n = 2; n < 200; n++) {
		put(fixture, n, SMALL);
		viva_writer_flush(fixture->writer);
	}
	g_atomic_int_set(&reader.stop, 1);
	g_thread_join(thread);
	g_test_message("read %u times", reader.seen);
	g_assert_cmpuint(reader.torn, ==, 0);
}

static gpointer open_later(gpointer data)
{
	wait_for(gate_waiting, 1);
	gate_open();
	return NULL;
}

/* Its owner goes while two contents are on their way: both had been promised. */
static void test_end(Fixture *fixture, gconstpointer data)
{
	gate_close();
	put(fixture, 1, SMALL);
	wait_for(gate_waiting, 1);
	put(fixture, 2, SMALL);
	GThread *thread = g_thread_new("gate", open_later, NULL);
	g_clear_pointer(&fixture->writer, viva_writer_free);
	g_thread_join(thread);
	check(fixture, 2, SMALL);
	g_assert_cmpuint(fixture->told, ==, 0);
}

int main(int argc, char **argv)
{
	static const struct { const char *path; void (*test)(Fixture *fixture, gconstpointer data); } tests[] = {
		{ "/writer/order", test_order }, { "/writer/busy", test_busy }, { "/writer/told", test_told }, { "/writer/full", test_full },
		{ "/writer/whole", test_whole }, { "/writer/end", test_end },
	};
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++)
		g_test_add(tests[n].path, Fixture, NULL, set_up, tests[n].test, tear_down);
	return g_test_run();
}
