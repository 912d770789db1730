/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Character devices: the host's end of serial and parallel ports, of debug consoles and monitors.
 *
 * Specified as QEMU's -serial does: null, none, stdio, file:PATH, pty, pipe:PATH, tcp:HOST:PORT[,server][,nowait], udp:...,
 * unix:PATH[,server][,nowait], vc (a terminal in the front end's window), mon:SPEC (with C-a keys). Runs in the machine thread's main context; all calls under the machine's
 * lock. Owned by the machine; chardev_free() in the machine thread, or when no thread runs. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct CharDev CharDev;
typedef struct Machine Machine;

typedef struct CharClient {
	unsigned (*can_receive)(void *owner);			   /* how many bytes it takes now */
	void (*receive)(void *owner, const uint8_t *bytes, unsigned size); /* at most that many */
	void (*event)(void *owner, bool connected);		   /* may be NULL */
	void (*serial_break)(void *owner);			   /* the other side sent a break; may be NULL */
	void (*focus)(void *owner, bool focused); /* of several clients: typing goes here, or no longer; may be NULL */
} CharClient;

/* NULL and *error: a bad specification, or what the host refused. "none" gives a CharDev that has nothing. */
CharDev *chardev_new(Machine *machine, const char *id, const char *specification, GError **error);
void chardev_free(CharDev *chardev);
CharDev *chardev_find(Machine *machine, const char *id);

/* One client at a time, four on mon:, where the first one has the keys; false if taken. NULL detaches that owner.
 * `client` must outlive the attachment. */
bool chardev_attach(CharDev *chardev, const CharClient *client, void *owner);
/* It was made with mon:, so the monitor is to be attached as well. */
bool chardev_wants_monitor(const CharDev *chardev);
/* What C-a s does on a mon: one; without it there is no such key. */
void chardev_set_commit(CharDev *chardev, void (*commit)(void *owner), void *owner);
/* Never blocks: what the host can't take now is queued up to a limit of 64 KiB; returns how many bytes were taken. */
unsigned chardev_write(CharDev *chardev, const uint8_t *bytes, unsigned size);
/* The client can receive again after it could not. */
void chardev_accept_input(CharDev *chardev);
/* A serial break to the other side, where it has such a thing. */
void chardev_send_break(CharDev *chardev);
const char *chardev_id(const CharDev *chardev); /* NULL: it is part of another */
const char *chardev_description(const CharDev *chardev); /* for info chardev */
