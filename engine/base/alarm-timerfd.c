/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See alarm.h. Linux: setting a timer that another thread reads costs a system call and no switch. */
#include "base/alarm.h"

#include <errno.h>
#include <gio/gio.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct OsAlarm {
	int fd;
};

OsAlarm *os_alarm_new(GError **error)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (fd < 0) {
		int code = errno;
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "the host gives no timer: %s; end programs that hold many files open",
			    g_strerror(code));
		return NULL;
	}
	OsAlarm *alarm = g_new(OsAlarm, 1);
	alarm->fd = fd;
	return alarm;
}

void os_alarm_free(OsAlarm *alarm)
{
	if (!alarm)
		return;
	close(alarm->fd);
	g_free(alarm);
}

void os_alarm_set(OsAlarm *alarm, int64_t at_ns)
{
	struct itimerspec when = { 0 }; /* never */
	if (at_ns != OS_ALARM_OFF) {
		at_ns = MAX(at_ns, 1); /* which 0 would mean as well */
		when.it_value = (struct timespec){ .tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000 };
	}
	timerfd_settime(alarm->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void os_alarm_wait(OsAlarm *alarm)
{
	uint64_t times;
	while (read(alarm->fd, &times, sizeof times) < 0 && errno == EINTR)
		continue;
}
