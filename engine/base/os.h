/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hosts do differently; os-posix.c and its siblings, chosen by meson. Any thread. */
#pragma once

#include <stdint.h>

/* Nanoseconds of a clock that never goes back. */
int64_t os_monotonic_ns(void);
/* Lets other threads that could run go first. */
void os_yield(void);
