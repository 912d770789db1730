/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/os.h"

#include <sched.h>
#include <time.h>

void os_yield(void)
{
	sched_yield();
}

int64_t os_monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}
