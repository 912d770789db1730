/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For x86-64 hosts: everything that the host's instructions can judge. */
#include "fp-test.h"

void fp_add_host_tests(void)
{
	fp_add_host_sse_tests();
	fp_add_host_x87_tests();
	fp_add_host_transcend_tests();
}
