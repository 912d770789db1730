/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hosts do differently; os-posix.c and its siblings, chosen by meson. Any thread. */
#pragma once

#include <stdint.h>

/* Nanoseconds of a clock that never goes back. */
int64_t os_monotonic_ns(void);

/* A thread's processor time: taken by the thread itself, read by any other while it lives. */
typedef struct OsThreadClock {
	int64_t id;
} OsThreadClock;
OsThreadClock os_thread_clock(void);
int64_t os_thread_clock_ns(OsThreadClock clock);
/* How much of a mapping is in the host's memory, in whole pages. */
uint64_t os_resident_bytes(void *start, uint64_t size);
