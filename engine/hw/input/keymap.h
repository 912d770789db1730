/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys there are: Linux key code, QEMU's name, and scan codes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Key {
	uint16_t code;	  /* linux/input-event-codes.h */
	const char *name; /* as sendkey takes it */
	uint8_t set1, set3; /* scan codes, 0: none */
	bool extended;	  /* behind E0 in sets 1 and 2 */
} Key;

enum { KEY_CODES = 768 };
/* The two that are more than a code, in sets 1 and 2. */
enum { KEYMAP_PRINT = 99, KEYMAP_PAUSE = 119 };

const Key *keymap_by_code(uint16_t code); /* NULL: unknown */
const Key *keymap_by_name(const char *name);
const Key *keymap_by_set1(uint8_t set1, bool extended);
/* 8042's translation (IBM PS/2 Technical Reference, keyboard controller): a byte of set 2 to one of set 1, and the code that a
 * keyboard sends for it. */
uint8_t keymap_set2_to_set1(uint8_t byte);
uint8_t keymap_set1_to_set2(uint8_t set1);
