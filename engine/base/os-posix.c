/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/os.h"

#include <sched.h>
#include <sys/mman.h>
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

void *os_pages_new(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pages == MAP_FAILED)
		return NULL;
#ifdef MADV_HUGEPAGE
	madvise(pages, size, MADV_HUGEPAGE); /* a wish: nothing depends on it */
#endif
	return pages;
}

void os_pages_free(void *pages, size_t size)
{
	if (pages)
		munmap(pages, size);
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
