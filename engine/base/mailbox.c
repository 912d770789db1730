/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See mailbox.h: a source whose ready time is moved by whoever posts, and a queue. */
#include "base/mailbox.h"

#include <stdbool.h>

typedef struct Letter {
	void (*run)(void *data);
	void *data;
	GDestroyNotify free_data;
} Letter;

struct Mailbox {
	GSource source;
	GMutex lock;
	GQueue letters;
};

static void letter_free(gpointer pointer)
{
	Letter *letter = pointer;
	if (letter->free_data)
		letter->free_data(letter->data);
	g_free(letter);
}

static Letter *take(Mailbox *mailbox)
{
	g_mutex_lock(&mailbox->lock);
	Letter *letter = g_queue_pop_head(&mailbox->letters);
	g_mutex_unlock(&mailbox->lock);
	return letter;
}

/* The ready time goes first: a letter posted from here on sets it again. A letter may free the mailbox. */
static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	Mailbox *mailbox = (Mailbox *)source;
	Letter *letter;
	(void)callback, (void)data;
	g_source_set_ready_time(source, -1);
	while (!g_source_is_destroyed(source) && (letter = take(mailbox))) {
		letter->run(letter->data);
		letter_free(letter);
	}
	return G_SOURCE_CONTINUE;
}

static void finalize(GSource *source)
{
	Mailbox *mailbox = (Mailbox *)source;
	g_queue_clear_full(&mailbox->letters, letter_free);
	g_mutex_clear(&mailbox->lock);
}

Mailbox *mailbox_new(GMainContext *context)
{
	static GSourceFuncs functions = { .dispatch = dispatch, .finalize = finalize };
	Mailbox *mailbox = (Mailbox *)g_source_new(&functions, sizeof *mailbox);
	g_mutex_init(&mailbox->lock);
	g_queue_init(&mailbox->letters);
	g_source_set_name(&mailbox->source, "vivarium mailbox");
	g_source_attach(&mailbox->source, context);
	return mailbox;
}

void mailbox_free(Mailbox *mailbox)
{
	if (!mailbox)
		return;
	g_source_destroy(&mailbox->source);
	g_source_unref(&mailbox->source);
}

void mailbox_post(Mailbox *mailbox, void (*run)(void *data), void *data, GDestroyNotify free_data)
{
	Letter *letter = g_new(Letter, 1);
	*letter = (Letter){ run, data, free_data };
	g_mutex_lock(&mailbox->lock);
	g_queue_push_tail(&mailbox->letters, letter);
	g_mutex_unlock(&mailbox->lock);
	g_source_set_ready_time(&mailbox->source, 0);
}
