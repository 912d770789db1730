/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/os.h"

#include <glib.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

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

void *os_pages_new(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return pages == MAP_FAILED ? NULL : pages;
}

void os_pages_free(void *pages, size_t size)
{
	if (pages)
		munmap(pages, size);
}

void os_prefer_large_pages(void *pages, size_t size)
{
#ifdef MADV_HUGEPAGE
	(void)madvise(pages, size, MADV_HUGEPAGE);
#else
	(void)pages, (void)size;
#endif
}

void os_leave_out_of_dumps(void *pages, size_t size)
{
#ifdef MADV_DONTDUMP
	(void)madvise(pages, size, MADV_DONTDUMP);
#else
	(void)pages, (void)size;
#endif
}

void os_share_equal_pages(void *pages, size_t size)
{
#ifdef MADV_MERGEABLE
	(void)madvise(pages, size, MADV_MERGEABLE);
#else
	(void)pages, (void)size;
#endif
}

OsThreadClock os_thread_clock(void)
{
	clockid_t id;
	return (OsThreadClock){ pthread_getcpuclockid(pthread_self(), &id) ? CLOCK_MONOTONIC : id };
}

int64_t os_thread_clock_ns(OsThreadClock clock)
{
	struct timespec used;
	if (clock.id == CLOCK_MONOTONIC || clock_gettime((clockid_t)clock.id, &used))
		return 0;
	return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

uint64_t os_resident_bytes(void *start, uint64_t size)
{
	enum { STEP_PAGES = 65536 };
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), resident = 0;
	uintptr_t first = (uintptr_t)start / page * page, end = (uintptr_t)start + size;
	g_autofree unsigned char *pages = g_malloc(STEP_PAGES);
	for (uintptr_t at = first; at < end; at += STEP_PAGES * page) {
		uint64_t count = MIN((end - at + page - 1) / page, STEP_PAGES);
		if (mincore((void *)at, count * page, pages))
			return resident;
		for (uint64_t n = 0; n < count; n++)
			resident += (pages[n] & 1) * page;
	}
	return resident;
}
