/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See alarm.h. For hosts that know no better: setting it earlier wakes the thread that waits. */
#include "base/alarm.h"

#include "base/os.h"

struct OsAlarm {
	GMutex lock;
	GCond changed;
	int64_t at_ns;	  /* OS_ALARM_OFF: not set */
	int64_t waits_ns; /* until when the thread waits; 0: it does not */
};

OsAlarm *os_alarm_new(GError **error)
{
	(void)error;
	OsAlarm *alarm = g_new0(OsAlarm, 1);
	g_mutex_init(&alarm->lock);
	g_cond_init(&alarm->changed);
	alarm->at_ns = OS_ALARM_OFF;
	return alarm;
}

void os_alarm_free(OsAlarm *alarm)
{
	if (!alarm)
		return;
	g_mutex_clear(&alarm->lock);
	g_cond_clear(&alarm->changed);
	g_free(alarm);
}

void os_alarm_set(OsAlarm *alarm, int64_t at_ns)
{
	g_mutex_lock(&alarm->lock);
	alarm->at_ns = at_ns;
	if (at_ns < alarm->waits_ns)
		g_cond_signal(&alarm->changed);
	g_mutex_unlock(&alarm->lock);
}

void os_alarm_wait(OsAlarm *alarm)
{
	g_mutex_lock(&alarm->lock);
	for (int64_t now; (now = os_monotonic_ns()) < alarm->at_ns;) {
		alarm->waits_ns = alarm->at_ns;
		if (alarm->at_ns == OS_ALARM_OFF)
			g_cond_wait(&alarm->changed, &alarm->lock);
		else
			g_cond_wait_until(&alarm->changed, &alarm->lock, g_get_monotonic_time() + (alarm->at_ns - now + 999) / 1000);
	}
	alarm->at_ns = OS_ALARM_OFF;
	alarm->waits_ns = 0;
	g_mutex_unlock(&alarm->lock);
}
