/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which Vivarium this is. The number itself stands in meson.build alone.
 */
#include "base/version.h"

#include "base/version-number.h"

const char *viv_version(void)
{
	return VIV_VERSION;
}
