/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registers of the IBM VGA's modes, as the tables of its BIOS have them, and how a BIOS loads them. */
#pragma once

#include "fake-machine.h"

typedef struct VgaModeTable {
	const char *name;
	uint8_t misc, sr[5], cr[25], ar[21], gr[9];
} VgaModeTable;

enum { MODE_TEXT, MODE_CGA4, MODE_CGA2, MODE_0D, MODE_12, MODE_13, MODE_X, MODE_COUNT };

extern const VgaModeTable vga_modes[MODE_COUNT];

/* Ends with the screen switched on. */
void vga_set_mode(Machine *machine, const VgaModeTable *mode);
void vga_out(Machine *machine, uint16_t index_port, uint8_t index, uint8_t value);
void vga_vbe_out(Machine *machine, uint16_t index, uint16_t value);
/* DAC entry n: red n, green 3n, blue 5n, by 64. */
void vga_set_test_palette(Machine *machine);
/* A pixel of such a palette, 0x00RRGGBB. */
uint32_t vga_test_color(unsigned n);
