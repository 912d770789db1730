/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disassembler's test without capstone. */
#include "disasm-test.h"

static void skipped(void)
{
	g_test_skip("capstone is not installed");
}

void disasm_add_capstone_tests(void)
{
	g_test_add_func("/disasm/capstone", skipped);
}
