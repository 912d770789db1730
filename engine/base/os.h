/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hosts do differently; os-posix.c and its siblings, chosen by meson. Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of a clock that never goes back. */
int64_t os_monotonic_ns(void);
/* Lets other threads that could run go first. */
void os_yield(void);

/* Zeroed memory from a page's beginning, which costs nothing until it is touched and goes back to the host at once, which malloc()'s
 * may not. NULL: the host has no more. The caller's, to be given back by os_pages_free() with the same size. */
void *os_pages_new(size_t size);
void os_pages_free(void *pages, size_t size);
/* Hints about such memory; hosts that know no such thing do nothing. */
void os_prefer_large_pages(void *pages, size_t size);
void os_leave_out_of_dumps(void *pages, size_t size);
void os_share_equal_pages(void *pages, size_t size);
/* A thread's processor time: taken by the thread itself, read by any other while it lives. */
typedef struct OsThreadClock {
	int64_t id;
} OsThreadClock;
OsThreadClock os_thread_clock(void);
int64_t os_thread_clock_ns(OsThreadClock clock);
/* How much of a mapping is in the host's memory, in whole pages. */
uint64_t os_resident_bytes(void *start, uint64_t size);
