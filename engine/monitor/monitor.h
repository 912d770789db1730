/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The monitor: a terminal on a character device that runs the commands of command.h. In the machine thread, under its lock. */
#pragma once

#include "char/chardev.h"
#include "machine/machine.h"

typedef struct Monitor Monitor;

/* Attaches to the CharDev, which outlives it. NULL: commands come by monitor_run() alone. */
Monitor *monitor_new(Machine *machine, CharDev *chardev);
void monitor_free(Monitor *monitor);

/* Runs one line as it would be typed; what it prints, its errors as well. Free it. For the application's buttons and for tests. */
char *monitor_run(Monitor *monitor, const char *line);
