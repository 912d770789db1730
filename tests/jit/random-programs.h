/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random programs for random64.asm: mostly memory accesses that lie close together, near pages' ends, with neighbours that are absent,
 * read-only, devices, or code; page tables and code change in between. A third is the user's, a third 32-bit code. */
#pragma once

#include <stdint.h>

enum { RANDOM_PROGRAMS = 0x17f6000 }; /* all that concerns them lies there and behind */
/* Into the guest's memory. */
void random_programs(uint8_t *ram, uint32_t seed);
