/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "viv.h"

/* Runs the machine until it ends, or SIGINT, SIGTERM or SIGHUP ends it; the process's exit status. */
int run_machine(const VivConfig *config);
