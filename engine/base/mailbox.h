/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls from any thread into the one that runs a GMainContext, in the order they were posted. Posting never waits. */
#pragma once

#include <glib.h>

typedef struct Mailbox Mailbox;

/* Any thread. Letters are carried out whenever `context` is run (NULL: the default one). */
Mailbox *mailbox_new(GMainContext *context);
/* In the context's thread, or when nobody runs it: afterwards nothing is carried out, and the letters' data are freed. */
void mailbox_free(Mailbox *mailbox);
/* `run` is called with `data`, then `free_data` (NULL: nothing to free), which is called as well if `run` never is. */
void mailbox_post(Mailbox *mailbox, void (*run)(void *data), void *data, GDestroyNotify free_data);
