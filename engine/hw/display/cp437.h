/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>

/* The Unicode character that each of code page 437 looks like; NUL is a space. */
extern const uint16_t cp437_unicode[256];
