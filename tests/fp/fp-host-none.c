/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For hosts whose processor knows none of the instructions: the vectors alone judge there. */
#include "fp-test.h"

void fp_add_host_tests(void)
{
}
