/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fp-test: the software floating point against known vectors, and against the host's processor where it can judge. */
#include "fp-test.h"

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	fp_add_vector_tests();
	fp_add_host_tests();
	return g_test_run();
}
