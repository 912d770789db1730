/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Without libosinfo no operating system is known by its image. */
#include "library/os.h"

VivaOs *viva_os_identify(const char *path)
{
	(void)path;
	return NULL;
}
