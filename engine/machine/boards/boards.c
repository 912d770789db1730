/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of machine that there are. */
#include "machine/machine-private.h"

extern const BoardClass pc_board_class;

const BoardClass *const board_classes[] = { &pc_board_class, NULL };
