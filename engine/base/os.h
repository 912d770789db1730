/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hosts do differently; os-posix.c and its siblings, chosen by meson. Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of a clock that never goes back. */
int64_t os_monotonic_ns(void);
/* Hints about memory, of which only whole pages count; hosts that know no such thing do nothing. */
void os_leave_out_of_dumps(void *memory, size_t size);
void os_share_equal_pages(void *memory, size_t size);
