/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "mon:SPEC": another character device shared by up to four clients, a serial port and the monitor as a rule. All may write; what
 * is typed goes to one of them, which C-a c changes. C-a and a letter are for the multiplexer itself. */
#include <string.h>

#include "char/kind.h"

enum { CLIENTS = 4, ESCAPE = 0x01, HELD_BYTES = 4096 };

typedef struct MuxClient {
	const CharClient *client;
	void *owner;
	uint8_t held[HELD_BYTES]; /* typed for it, but it had no room: C-a keys behind that must count nevertheless */
	unsigned held_count;
} MuxClient;

typedef struct CharMux {
	CharDev dev;
	CharDev *below;
	MuxClient clients[CLIENTS];
	unsigned count, focus;
	bool escaped;
	bool timestamps, line_begins;
	int64_t began_ns;
	void (*commit)(void *owner);
	void *commit_owner;
} CharMux;

static void say(CharMux *mux, const char *text)
{
	chardev_write(mux->below, (const uint8_t *)text, (unsigned)strlen(text));
}

static const CharClient *focused(const CharMux *mux)
{
	return mux->count ? mux->clients[mux->focus].client : NULL;
}

static void *focused_owner(const CharMux *mux)
{
	return mux->clients[mux->focus].owner;
}

static void tell_focus(CharMux *mux, bool has)
{
	const CharClient *client = focused(mux);
	if (client && client->focus)
		client->focus(focused_owner(mux), has);
}

/* ---- keys ---- */

static void key_help(CharMux *mux)
{
	say(mux, "\r\nC-a h    this help\r\nC-a x    end the machine\r\n");
	if (mux->commit)
		say(mux, "C-a s    write temporary overlays to their disks\r\n");
	say(mux, "C-a t    time stamps on and off\r\nC-a b    send a break\r\nC-a c    switch between console and monitor\r\n"
		 "C-a C-a  send C-a\r\n");
}

static void key_quit(CharMux *mux)
{
	say(mux, "\r\nMachine ended by C-a x\r\n");
	machine_quit(mux->dev.machine, 0);
}

static void key_commit(CharMux *mux)
{
	if (mux->commit)
		mux->commit(mux->commit_owner);
}

static void key_timestamps(CharMux *mux)
{
	mux->timestamps = !mux->timestamps;
	mux->line_begins = false;
	mux->began_ns = -1;
}

static void key_break(CharMux *mux)
{
	const CharClient *client = focused(mux);
	if (client && client->serial_break)
		client->serial_break(focused_owner(mux));
}

static void key_switch(CharMux *mux)
{
	if (!mux->count)
		return;
	tell_focus(mux, false);
	mux->focus = (mux->focus + 1) % mux->count;
	tell_focus(mux, true);
}

static const struct {
	char key;
	void (*run)(CharMux *mux);
} keys[] = {
	{'h', key_help},
	{'?', key_help},
	{'x', key_quit},
	{'s', key_commit},
	{'t', key_timestamps},
	{'b', key_break},
	{'c', key_switch},
};

static void hold(CharMux *mux, uint8_t byte)
{
	MuxClient *to = &mux->clients[mux->focus];
	if (mux->count && to->held_count < HELD_BYTES)
		to->held[to->held_count++] = byte;
}

/* A key that means nothing is dropped with its C-a. */
static void after_escape(CharMux *mux, uint8_t byte)
{
	if (byte == ESCAPE)
		hold(mux, byte);
	for (unsigned n = 0; n < G_N_ELEMENTS(keys); n++)
		if (byte == (uint8_t)keys[n].key)
			keys[n].run(mux);
}

/* ---- between the two sides ---- */

static void deliver_held(MuxClient *to)
{
	while (to->held_count && to->client->can_receive) {
		uint8_t bytes[64];
		unsigned size = MIN(MIN(to->client->can_receive(to->owner), to->held_count), sizeof(bytes));
		if (!size)
			break;
		memcpy(bytes, to->held, size);
		to->held_count -= size;
		memmove(to->held, to->held + size, to->held_count);
		to->client->receive(to->owner, bytes, size);
	}
}

static unsigned can_receive(void *owner)
{
	CharMux *mux = owner;
	return HELD_BYTES - mux->clients[mux->focus].held_count;
}

static void receive(void *owner, const uint8_t *bytes, unsigned size)
{
	CharMux *mux = owner;
	for (unsigned n = 0; n < size; n++) {
		bool escaped = mux->escaped;
		mux->escaped = !escaped && bytes[n] == ESCAPE;
		if (escaped)
			after_escape(mux, bytes[n]);
		else if (!mux->escaped)
			hold(mux, bytes[n]);
	}
	for (unsigned n = 0; n < mux->count; n++)
		deliver_held(&mux->clients[n]);
}

static void event(void *owner, bool connected)
{
	CharMux *mux = owner;
	mux->dev.connected = connected;
	for (unsigned n = 0; n < mux->count; n++)
		if (mux->clients[n].client->event)
			mux->clients[n].client->event(mux->clients[n].owner, connected);
}

static const CharClient below_client = { .can_receive = can_receive, .receive = receive, .event = event, .serial_break = NULL };

/* ---- the device ---- */

static bool mux_open(CharDev *dev, const char *argument, GError **error)
{
	CharMux *mux = (CharMux *)dev;
	if (g_str_has_prefix(argument, char_mux.prefix)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "mon: within mon:");
		return false;
	}
	mux->below = chardev_new_of(dev->machine, NULL, argument, false, error);
	if (!mux->below)
		return false;
	chardev_attach(mux->below, &below_client, mux);
	chardev_describe(dev, "mux: %s", mux->below->description);
	return true;
}

static void mux_close(CharDev *dev)
{
	chardev_free(((CharMux *)dev)->below);
}

static bool mux_detach(CharMux *mux, void *owner)
{
	for (unsigned n = 0; n < mux->count; n++) {
		if (mux->clients[n].owner != owner)
			continue;
		mux->count--;
		memmove(&mux->clients[n], &mux->clients[n + 1], (mux->count - n) * sizeof(mux->clients[0]));
		if (mux->focus > n)
			mux->focus--;
		else if (mux->focus == n) {
			mux->focus = 0;
			tell_focus(mux, true);
		}
		return true;
	}
	return false;
}

static bool mux_attach(CharDev *dev, const CharClient *client, void *owner)
{
	CharMux *mux = (CharMux *)dev;
	if (!client)
		return mux_detach(mux, owner);
	if (mux->count == CLIENTS)
		return false;
	mux->clients[mux->count] = (MuxClient){ .client = client, .owner = owner };
	bool has_focus = mux->count++ == mux->focus;
	if (client->focus)
		client->focus(owner, has_focus);
	if (client->event)
		client->event(owner, dev->connected);
	chardev_accept_input(dev);
	return true;
}

static void stamp(CharMux *mux)
{
	int64_t now = clock_now(machine_clock(mux->dev.machine));
	if (mux->began_ns < 0)
		mux->began_ns = now;
	int64_t ms = (now - mux->began_ns) / 1000000;
	g_autofree char *text = g_strdup_printf(
		"[%02d:%02d:%02d.%03d] ", (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
	say(mux, text);
}

/* Line by line, so that a stamp can go before each. */
static unsigned mux_write(CharDev *dev, const uint8_t *bytes, unsigned size)
{
	CharMux *mux = (CharMux *)dev;
	unsigned done = 0;
	if (!mux->timestamps)
		return chardev_write(mux->below, bytes, size);
	while (done < size) {
		const uint8_t *end = memchr(bytes + done, '\n', size - done);
		unsigned part = end ? (unsigned)(end - bytes) + 1 - done : size - done;
		if (mux->line_begins)
			stamp(mux);
		unsigned put = chardev_write(mux->below, bytes + done, part);
		mux->line_begins = put == part && end;
		done += put;
		if (put < part)
			break;
	}
	return done;
}

static void mux_accept_input(CharDev *dev)
{
	CharMux *mux = (CharMux *)dev;
	for (unsigned n = 0; n < mux->count; n++)
		deliver_held(&mux->clients[n]);
	chardev_accept_input(mux->below);
}

static void mux_send_break(CharDev *dev)
{
	chardev_send_break(((CharMux *)dev)->below);
}

bool chardev_wants_monitor(const CharDev *dev)
{
	return dev->kind == &char_mux;
}

void chardev_set_commit(CharDev *dev, void (*commit)(void *owner), void *owner)
{
	if (dev->kind != &char_mux)
		return;
	((CharMux *)dev)->commit = commit;
	((CharMux *)dev)->commit_owner = owner;
}

const CharKind char_mux = {
	.prefix = "mon:",
	.size = sizeof(CharMux),
	.open = mux_open,
	.close = mux_close,
	.write = mux_write,
	.accept_input = mux_accept_input,
	.send_break = mux_send_break,
	.attach = mux_attach,
};
