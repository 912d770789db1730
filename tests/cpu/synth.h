/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes made from the decode table: an instruction that an encoding's constraints ask for, what they leave open at random. */
#pragma once

#include <glib.h>

#include "cpu/decode.h"

enum { SYNTH_SIZE = 15 };

/* False: the encoding doesn't exist in that mode (MODE_CODE...). `plain`: without prefixes that nothing asks for, save REX. The
 * bytes behind ModRM are random. */
bool synth_insn(const Encoding *encoding, uint32_t mode, bool plain, GRand *random, uint8_t bytes[SYNTH_SIZE]);
const char *synth_hex(const uint8_t *bytes, unsigned count, char *text, size_t size);
