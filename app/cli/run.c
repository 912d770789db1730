/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viv run: one machine in the foreground, with its log, its pid file and the signals that end it. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

typedef struct Run {
	VivMachine *machine;
	bool ended;
	FILE *log;	/* NULL: nothing is logged. Stays open: GLib keeps the writer */
	const char *pid_path;
	int pid_fd;	/* -1: none */
} Run;

static int complain(const GError *error)
{
	fprintf(stderr, "viv: %s\n", error->message);
	return 1;
}

/* ---- log ---- */

static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
	FILE *log = data;
	const char *domain = NULL, *message = NULL;
	for (gsize n = 0; n < count; n++) {
		if (!strcmp(fields[n].key, "GLIB_DOMAIN"))
			domain = fields[n].value;
		else if (!strcmp(fields[n].key, "MESSAGE"))
			message = fields[n].value;
	}
	if (g_strcmp0(domain, VIV_LOG_DOMAIN) || !message || !(level & G_LOG_LEVEL_DEBUG))
		return g_log_writer_default(level, fields, count, NULL);
	if (log)
		fprintf(log, "%s\n", message);
	return G_LOG_WRITER_HANDLED;
}

static bool open_log(Run *run, const VivConfig *config, GError **error)
{
	g_autofree char *path = viv_config_log_file(config);
	if (viv_config_logs(config)) {
		run->log = path ? fopen(path, "we") : stderr;
		if (!run->log) {
			g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: the log can't be written: %s", path, g_strerror(errno));
			return false;
		}
		setvbuf(run->log, NULL, _IOLBF, 0);
	}
	g_log_set_writer_func(write_log, run->log, NULL);
	return true;
}

/* ---- pid file ---- */

/* Locked while the process lives, so that a stale one can be told from one in use. */
static bool write_pid(Run *run, const char *path, GError **error)
{
	run->pid_fd = -1;
	if (!path)
		return true;
	g_autofree char *text = g_strdup_printf("%d\n", (int)getpid());
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) || ftruncate(fd, 0) || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		int cause = errno;
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(cause), "%s: the process id can't be written: %s", path,
			    cause == EWOULDBLOCK ? "a running process has locked it" : g_strerror(cause));
		if (fd >= 0)
			close(fd);
		return false;
	}
	run->pid_fd = fd;
	run->pid_path = path;
	return true;
}

static void remove_pid(const Run *run)
{
	if (run->pid_fd < 0)
		return;
	unlink(run->pid_path);
	close(run->pid_fd);
}

/* ---- the machine ---- */

static void machine_ended(void *owner, int exit_status)
{
	(void)exit_status;
	Run *run = owner;
	run->ended = true;
}

static void sound_failed(void *owner, const GError *error)
{
	(void)owner;
	fprintf(stderr, "viv: %s\n", error->message);
}

static gboolean quit_by(Run *run, int signal_number)
{
	fprintf(stderr, "viv: ended by signal %d (%s)\n", signal_number, g_strsignal(signal_number));
	viv_machine_quit(run->machine, 0);
	return G_SOURCE_CONTINUE;
}

static gboolean on_sigint(gpointer data) { return quit_by(data, SIGINT); }
static gboolean on_sigterm(gpointer data) { return quit_by(data, SIGTERM); }
static gboolean on_sighup(gpointer data) { return quit_by(data, SIGHUP); }

static int run_to_end(Run *run, const VivConfig *config)
{
	guint sources[] = { g_unix_signal_add(SIGINT, on_sigint, run), g_unix_signal_add(SIGTERM, on_sigterm, run),
			    g_unix_signal_add(SIGHUP, on_sighup, run) };
	static const VivListener listener = { .ended = machine_ended, .sound_failed = sound_failed };
	viv_machine_listen(run->machine, &listener, run, NULL);
	if (viv_config_wants_sound(config))
		viv_sound_start(run->machine, NULL);
	viv_machine_start(run->machine);
	while (!run->ended)
		g_main_context_iteration(NULL, TRUE);
	for (unsigned n = 0; n < G_N_ELEMENTS(sources); n++)
		g_source_remove(sources[n]);
	viv_machine_listen(run->machine, NULL, NULL, NULL);
	return viv_machine_wait(run->machine);
}

int run_machine(const VivConfig *config)
{
	Run run = { .pid_fd = -1 };
	g_autoptr(GError) error = NULL;
	if (!open_log(&run, config, &error))
		return complain(error);
	run.machine = viv_machine_new(config, &error);
	if (!run.machine || !write_pid(&run, viv_config_pid_file(config), &error)) {
		viv_machine_free(run.machine);
		return complain(error);
	}
	int status = run_to_end(&run, config);
	viv_machine_free(run.machine);
	remove_pid(&run);
	return status;
}
