/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running an emulator with a guest in it. See guest.h. */
#include "guest.h"

#include <string.h>

typedef struct Watch {
	unsigned silence_seconds;
	GSubprocess *process;
	gint64 heard_us; /* when it last said something */
	GMutex lock;
	GCond ended;
	bool over, silenced;
} Watch;

static gint64 watch_deadline(Watch *watch)
{
	return watch->heard_us + watch->silence_seconds * G_TIME_SPAN_SECOND;
}

/* Ends the process when it has been silent for too long: reading its output then ends too. */
static gpointer watch_thread(gpointer data)
{
	Watch *watch = data;
	g_mutex_lock(&watch->lock);
	while (!watch->over && g_get_monotonic_time() < watch_deadline(watch))
		g_cond_wait_until(&watch->ended, &watch->lock, watch_deadline(watch));
	watch->silenced = !watch->over;
	if (watch->silenced)
		g_subprocess_force_exit(watch->process);
	g_mutex_unlock(&watch->lock);
	return NULL;
}

static void watch_heard(Watch *watch, bool over)
{
	g_mutex_lock(&watch->lock);
	watch->heard_us = g_get_monotonic_time();
	watch->over = over;
	g_cond_signal(&watch->ended);
	g_mutex_unlock(&watch->lock);
}

static char *read_lines(Watch *watch, const char *mark, double *mark_seconds)
{
	GDataInputStream *lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(watch->process));
	gint64 start = g_get_monotonic_time();
	GString *text = g_string_new(NULL);
	char *line;
	while ((line = g_data_input_stream_read_line(lines, NULL, NULL, NULL))) {
		watch_heard(watch, false);
		if (mark && *mark_seconds <= 0 && strstr(line, mark))
			*mark_seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
		g_strchomp(line);
		g_string_append_printf(text, "%s\n", line);
		g_free(line);
	}
	g_object_unref(lines);
	return g_string_free(text, FALSE);
}

char *guest_run(const char *const *argv, unsigned silence_seconds, const char *mark, double *mark_seconds, int *status)
{
	GError *error = NULL;
	Watch watch = {.heard_us = g_get_monotonic_time(), .silence_seconds = silence_seconds};
	watch.process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
	g_assert_no_error(error);
	if (!watch.process)
		return NULL;
	g_mutex_init(&watch.lock);
	g_cond_init(&watch.ended);
	GThread *thread = g_thread_new("watch", watch_thread, &watch);
	if (mark)
		*mark_seconds = 0;
	char *text = read_lines(&watch, mark, mark_seconds);
	g_subprocess_wait(watch.process, NULL, NULL);
	watch_heard(&watch, true);
	g_thread_join(thread);
	*status = g_subprocess_get_if_exited(watch.process) ? g_subprocess_get_exit_status(watch.process) : -1;
	if (watch.silenced)
		g_test_message("no line for %u seconds: ended", silence_seconds);
	g_cond_clear(&watch.ended);
	g_mutex_clear(&watch.lock);
	g_object_unref(watch.process);
	return text;
}

void guest_show_end(const char *text)
{
	size_t length = strlen(text);
	g_auto(GStrv) lines = g_strsplit(text + (length > 2000 ? length - 2000 : 0), "\n", -1);
	for (char **line = lines; *line; line++)
		g_test_message("%s", *line);
}

char *guest_path(const char *file)
{
	const char *folder = g_getenv("VIV_GUEST_FOLDER");
	return g_build_filename(folder ? folder : "", file, NULL);
}

bool guest_has(const char *file, const char *maker)
{
	const char *folder = g_getenv("VIV_GUEST_FOLDER");
	g_autofree char *path = guest_path(file);
	if (folder && g_file_test(path, G_FILE_TEST_EXISTS))
		return true;
	g_autofree char *reason = g_strdup_printf(
		"no %s: %s made none in %s", file, maker, folder ? folder : "the folder of VIV_GUEST_FOLDER, which is not set");
	g_test_skip(reason);
	return false;
}
