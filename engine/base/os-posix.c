/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _DEFAULT_SOURCE /* madvise() */
#include "base/os.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int64_t os_monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void advise(void *memory, size_t size, int advice)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = ((uintptr_t)memory + page - 1) / page * page, end = ((uintptr_t)memory + size) / page * page;
	if (end > first)
		(void)madvise((void *)first, end - first, advice); /* a hint: a kernel without it changes nothing */
}

void os_leave_out_of_dumps(void *memory, size_t size)
{
#ifdef MADV_DONTDUMP
	advise(memory, size, MADV_DONTDUMP);
#else
	(void)memory, (void)size, (void)advise;
#endif
}

void os_share_equal_pages(void *memory, size_t size)
{
#ifdef MADV_MERGEABLE
	advise(memory, size, MADV_MERGEABLE);
#else
	(void)memory, (void)size, (void)advise;
#endif
}
