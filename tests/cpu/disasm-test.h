/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the disassembler's test share. */
#pragma once

#include <glib.h>

#include "cpu/disasm.h"

/* A processor that has everything, in code of one width (MODE_CODE...). */
DecodeContext disasm_test_context(unsigned code);

void disasm_add_known_tests(void);

/* Adds the comparison with capstone; where it isn't installed, a note that it is skipped. */
void disasm_add_capstone_tests(void);
