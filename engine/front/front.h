/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files behind viv.h share of a VivMachine.
 *
 * Two mailboxes connect the front end's thread with the machine's: orders go to the machine thread and are carried out under the
 * machine's lock, news goes to the context that the listener named. Neither side ever waits for the other. */
#pragma once

#include "base/mailbox.h"
#include "machine/machine-private.h"
#include "monitor/monitor.h"
#include "viv.h"

struct Viewer;
struct Typing;
struct Speaker;

typedef struct Terminal {
	VivMachine *viv;
	unsigned index;
	struct CharDev *dev;
	GByteArray *output;	/* on its way to the front end; under VivMachine.news_lock */
} Terminal;

struct VivMachine {
	Machine *machine;
	GPtrArray *monitors;	/* Monitor, of the configuration's */
	Monitor *console;	/* runs viv_machine_command() */
	Mailbox *orders;
	struct Viewer *viewer;	/* NULL: nobody looks */
	struct Typing *typing;	/* NULL: nothing was typed yet; under the machine's lock */
	struct Speaker *speaker; /* NULL: silent */
	void (*stop_sound)(VivMachine *viv); /* NULL: there is none */
	Terminal *terminals;
	unsigned terminal_count;

	GMutex news_lock;
	Mailbox *news;		/* NULL: nobody listens */
	VivListener listener;
	void *owner;
};

/* Any thread. `carry_out` is called in the machine thread under the machine's lock; `data` is freed then or when there is no then. */
void front_order(VivMachine *viv, void (*carry_out)(void *data), void *data, GDestroyNotify free_data);
/* Any thread. `tell` is called in the listener's context; `data` is freed then, or now when nobody listens. */
void front_tell(VivMachine *viv, void (*tell)(void *data), void *data, GDestroyNotify free_data);

/* While no thread of the machine runs. */
void front_terminals_new(VivMachine *viv);
void front_terminals_free(VivMachine *viv);
/* Somebody listens who hasn't heard of the output that waits. */
void front_terminals_retell(VivMachine *viv);
/* If the listener wants frames and there are any. */
void front_viewer_new(VivMachine *viv);
/* Under the machine's lock. */
void front_typing_free(VivMachine *viv);
/* A key of somebody's hand, in the machine's thread. False: nothing is before it, the keyboard can have it. */
bool front_typing_takes(VivMachine *viv, uint16_t keycode, bool down);
/* All that is down goes up, now and when what waits was typed. */
void front_typing_release(VivMachine *viv);
