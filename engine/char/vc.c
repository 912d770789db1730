/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See vc.h. Without a front end it keeps the last that was written, for the one that may come. */
#include "char/vc.h"

#include "char/kind.h"

enum { MOST_TYPED = 1 << 20 };

typedef struct CharVc {
	CharDev dev;
	void (*output)(void *owner, const uint8_t *bytes, unsigned size);
	void *owner;
	GByteArray *backlog, *typed;
} CharVc;

static bool vc_open(CharDev *dev, const char *argument, GError **error)
{
	CharVc *vc = (CharVc *)dev;
	(void)argument, (void)error;
	vc->backlog = g_byte_array_new();
	vc->typed = g_byte_array_new();
	chardev_describe(dev, "vc");
	chardev_set_connected(dev, true);
	return true;
}

static void vc_close(CharDev *dev)
{
	CharVc *vc = (CharVc *)dev;
	g_byte_array_unref(vc->backlog);
	g_byte_array_unref(vc->typed);
}

static unsigned vc_write(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	CharVc *vc = (CharVc *)dev;
	if (vc->output) {
		vc->output(vc->owner, bytes, size);
		return size;
	}
	g_byte_array_append(vc->backlog, bytes, size);
	if (vc->backlog->len > CHARDEV_QUEUE_BYTES)
		g_byte_array_remove_range(vc->backlog, 0, vc->backlog->len - CHARDEV_QUEUE_BYTES);
	return size;
}

static void vc_accept_input(CharDev *dev)
{
	CharVc *vc = (CharVc *)dev;
	unsigned size;
	while ((size = MIN(chardev_room(dev), vc->typed->len)) > 0) {
		g_autofree uint8_t *bytes = g_memdup2(vc->typed->data, size);
		g_byte_array_remove_range(vc->typed, 0, size);
		chardev_deliver(dev, bytes, size);
	}
}

const CharKind char_vc = {
	.prefix = "vc", .size = sizeof(CharVc), .open = vc_open, .close = vc_close, .write = vc_write, .accept_input = vc_accept_input,
};

bool char_vc_is(const CharDev *dev)
{
	return dev->kind == &char_vc;
}

void char_vc_listen(CharDev *dev, void (*output)(void *owner, const uint8_t *bytes, unsigned size), void *owner)
{
	CharVc *vc = (CharVc *)dev;
	vc->output = output;
	vc->owner = owner;
	if (output && vc->backlog->len)
		output(owner, vc->backlog->data, vc->backlog->len);
	g_byte_array_set_size(vc->backlog, 0);
}

void char_vc_type(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	CharVc *vc = (CharVc *)dev;
	g_byte_array_append(vc->typed, bytes, MIN(size, MOST_TYPED - MIN(vc->typed->len, MOST_TYPED)));
	vc_accept_input(dev);
}
