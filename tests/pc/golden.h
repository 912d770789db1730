/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Golden screens: pictures of our own display, kept as PNG files beside the test that compares with them.
 *
 * A screen that differs is written into the test's build folder under the same name: look at it, and if it is the picture that
 * ought to be there, it becomes the golden one. */
#pragma once

#include "pc.h"

/* What may differ: clocks, speeds, versions. */
typedef struct GoldenMask {
	int x, y, width, height; /* pixels; width 0 ends a table */
} GoldenMask;

/* Characters of an 80-column text screen of 720x400. */
#define GOLDEN_CELLS(column, row, columns, rows) \
	{ \
		9 * (column), 16 * (row), 9 * (columns), 16 * (rows) \
	}

typedef struct GoldenPlaces {
	const char *golden; /* the folder of the pictures */
	const char *seen;   /* where those that differ go */
} GoldenPlaces;

/* Waits until the screen looks like NAME.png; `masks` may be NULL. What blinks does so too, at some time. False: the test has
 * failed. */
bool golden_wait(Pc *pc, const GoldenPlaces *places, const char *name, const GoldenMask *masks);
