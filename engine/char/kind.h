/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside engine/char: what a kind of character device implements, and the file descriptors that most of them are made of.
 * Under the machine's lock, as all of chardev.h. */
#pragma once

#include "char/chardev.h"

#include <gio/gio.h>
#include <glib-unix.h>

#include "machine/machine.h"

enum { CHARDEV_QUEUE_BYTES = 64 << 10 };

typedef struct CharKind {
	const char *prefix; /* of the specification: "null", or "file:" with an argument behind */
	size_t size;	    /* of its struct, which begins with a CharDev */
	/* What was done is undone by close(), also if open() fails. */
	bool (*open)(CharDev *dev, const char *argument, GError **error);
	void (*close)(CharDev *dev);							 /* NULL: nothing */
	unsigned (*write)(CharDev *dev, const uint8_t *bytes, unsigned size);		 /* NULL: all vanishes */
	void (*accept_input)(CharDev *dev);						 /* NULL: there is no input */
	void (*send_break)(CharDev *dev);						 /* NULL: has none */
	bool (*attach)(CharDev *dev, const CharClient *client, void *owner);		 /* NULL: one client */
} CharKind;

struct CharDev {
	const CharKind *kind;
	Machine *machine;
	char *id, *description;
	const CharClient *client;
	void *owner;
	bool connected;
	bool takes_signals; /* C-c on a terminal ends the machine; not behind mon: */
};

extern const CharKind char_null, char_none, char_stdio, char_file, char_pipe, char_pty, char_tcp, char_unix, char_udp, char_mux, char_vc;

G_GNUC_PRINTF(2, 3) void chardev_describe(CharDev *dev, const char *format, ...);
/* chardev_new() for what stands below another one: `signals` false, a terminal gives C-c to the guest. */
CharDev *chardev_new_of(Machine *machine, const char *id, const char *specification, bool signals, GError **error);
/* The client's side. */
unsigned chardev_room(const CharDev *dev);
void chardev_deliver(CharDev *dev, const uint8_t *bytes, unsigned size);
/* Tells the client if it changes. */
void chardev_set_connected(CharDev *dev, bool connected);
/* False, and *error with the reason that errno has. */
bool chardev_errno(GError **error, const char *what);

/* ---- options behind commas ---- */

/* Cuts `argument` at its first comma; each option is NAME or NAME=on|off of those named. */
typedef struct CharOption {
	const char *name;
	bool *flag, inverted;	/* NAME or NAME=on */
} CharOption;

/* The part before the options, NULL and *error if one is unknown; free it. Doubled commas stand for one. */
char *chardev_options(const char *argument, const CharOption *options, unsigned count, GError **error);

/* HOST:PORT resolved, of several addresses the first; :PORT means `default_host`. NULL and *error: unref it otherwise. */
GSocketAddress *char_address(const char *text, const char *default_host, GError **error);
char *char_address_text(GSocketAddress *address); /* free it */

/* ---- descriptors ---- */

typedef struct CharStream CharStream;

typedef struct CharStreamEvents {
	/* The other side has gone or failed; the stream is closed already. */
	void (*lost)(CharDev *dev);
	/* Takes the place of chardev_deliver() where there is a protocol; NULL: none. */
	void (*read)(CharDev *dev, const uint8_t *bytes, unsigned size);
} CharStreamEvents;

struct CharStream {
	CharDev *dev;
	const CharStreamEvents *events;
	int in, out;	     /* -1: none; equal: one for both */
	bool datagrams;	     /* every write is one, errors of the other side are passing */
	GSource *in_source, *out_source;
	GByteArray *queue; /* for the host */
	GByteArray *held;  /* of a datagram, for the client */
};

/* Descriptors must not block, and belong to the stream, which closes them. */
void char_stream_open(CharStream *stream, CharDev *dev, const CharStreamEvents *events, int in, int out);
void char_stream_close(CharStream *stream);
bool char_stream_is_open(const CharStream *stream);
unsigned char_stream_write(CharStream *stream, const uint8_t *bytes, unsigned size);
/* Looks for input again. */
void char_stream_resume(CharStream *stream);

/* Calls `fn` in the machine thread, without the lock; `fn` takes it and asks whether its source was destroyed meanwhile. */
GSource *chardev_watch_fd(CharDev *dev, int fd, GIOCondition condition, GUnixFDSourceFunc fn, void *owner);
void chardev_unwatch(GSource **source);
