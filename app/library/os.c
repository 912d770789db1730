/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/os.h"

void viva_os_free(VivaOs *os)
{
	if (!os)
		return;
	g_free(os->id);
	g_free(os->name);
	g_free(os);
}
