/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disassembler: known texts (disasm-known.c), and another disassembler's (disasm-capstone.c). */
#include "disasm-test.h"

DecodeContext disasm_test_context(unsigned code)
{
	return (DecodeContext){ code | MODE_PROTECTED | MODE_OSFXSR | MODE_AVX | MODE_OSXSAVE, NULL };
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	disasm_add_known_tests();
	disasm_add_capstone_tests();
	return g_test_run();
}
