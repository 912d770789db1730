/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "null": all that is written vanishes, and nothing comes in. "none": there is no device at all, which whoever asked for it sees
 * by its kind only; it behaves like null. */
#include "char/kind.h"

static bool null_open(CharDev *dev, const char *argument, GError **error)
{
	(void)argument, (void)error;
	chardev_describe(dev, "%s", dev->kind->prefix);
	return true;
}

const CharKind char_null = { .prefix = "null", .size = sizeof(CharDev), .open = null_open };
const CharKind char_none = { .prefix = "none", .size = sizeof(CharDev), .open = null_open };
