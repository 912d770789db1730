/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a monitor says of itself (VESA E-EDID Standard, Release A, Revision 2: EDID 1.4, 128 bytes). */
#pragma once

#include <stdint.h>

enum { EDID_BYTES = 128, EDID_MAX_SIZE = 4095 /* pixels that a detailed timing can hold */ };

/* Preferred mode `width` by `height`, both 64 to EDID_MAX_SIZE; no standard mode above `max_width` by `max_height` (0: no limit). */
void edid_make(uint8_t edid[EDID_BYTES], unsigned width, unsigned height, unsigned max_width, unsigned max_height);
