/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "vc", a terminal in the front end's window. Under the machine's lock. */
#pragma once

#include "char/chardev.h"

bool char_vc_is(const CharDev *dev);
/* What the guest writes goes to `output`, beginning with what it wrote before (the last 64 KiB); NULL: nobody listens. */
void char_vc_listen(CharDev *dev, void (*output)(void *owner, const uint8_t *bytes, unsigned size), void *owner);
/* What was typed; what the guest doesn't take now waits for it. */
void char_vc_type(CharDev *dev, const uint8_t *bytes, unsigned size);
