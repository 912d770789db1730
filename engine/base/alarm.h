/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An alarm that one thread waits for and others set, without waking it up for that where the host can do so: alarm-timerfd.c
 * and alarm-cond.c, chosen by meson. Any thread, but for the one that waits. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct OsAlarm OsAlarm;

#define OS_ALARM_OFF INT64_MAX

/* NULL and *error: the host has no more of them. */
OsAlarm *os_alarm_new(GError **error);
void os_alarm_free(OsAlarm *alarm);
/* Rings once, at that time of os_monotonic_ns(); at once if it has passed; never: OS_ALARM_OFF. Replaces what was set. */
void os_alarm_set(OsAlarm *alarm, int64_t at_ns);
/* Returns when it has rung. */
void os_alarm_wait(OsAlarm *alarm);
