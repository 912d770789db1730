/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which Vivarium this is.
 */
#pragma once

/* "major.minor.micro", the version that meson.build states. Static storage; any thread. */
const char *viv_version(void);
