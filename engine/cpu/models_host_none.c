/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `host` model on hosts that aren't x86: there is none. */
#include "cpu/models.h"

bool models_host(CpuModel *out)
{
	(void)out;
	return false;
}
