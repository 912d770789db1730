/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/writer.h"

#include "library/document.h"

typedef struct Put {
	GBytes *bytes;
	gpointer content;
	GError *error; /* NULL: written, or not yet */
} Put;

/* Whoever sets `writing` writes the file, alone: a thread of GLib's, or who can't wait for one. */
struct VivaWriter {
	gatomicrefcount references; /* the owner's, and the task's */
	char *path;
	GDestroyNotify content_free;
	VivaWritten *written; /* of the main thread; NULL: nobody wants to know, or no longer */
	gpointer data;

	GMutex lock; /* for all that follows */
	GCond news;
	Put *waiting; /* the newest; NULL: none */
	bool writing, task;
	GQueue done; /* Put, not told yet */
	GError *last_error; /* of the content that was written last, until its owner is told */
};

static void put_free(VivaWriter *self, Put *put)
{
	if (!put)
		return;
	if (self->content_free && put->content)
		self->content_free(put->content);
	g_bytes_unref(put->bytes);
	g_clear_error(&put->error);
	g_free(put);
}

static void unref(gpointer data)
{
	VivaWriter *self = data;
	if (!g_atomic_ref_count_dec(&self->references))
		return;
	g_queue_clear(&self->done);
	g_clear_error(&self->last_error);
	g_mutex_clear(&self->lock);
	g_cond_clear(&self->news);
	g_free(self->path);
	g_free(self);
}

VivaWriter *viva_writer_new(const char *path, GDestroyNotify content_free, VivaWritten *written, gpointer data)
{
	VivaWriter *self = g_new0(VivaWriter, 1);
	g_atomic_ref_count_init(&self->references);
	self->path = g_strdup(path);
	self->content_free = content_free;
	self->written = written;
	self->data = data;
	g_mutex_init(&self->lock);
	g_cond_init(&self->news);
	g_queue_init(&self->done);
	return self;
}

/* ---- writing: with the lock, which is given back meanwhile ---- */

static void write_next(VivaWriter *self)
{
	Put *put = g_steal_pointer(&self->waiting);
	self->writing = true;
	g_mutex_unlock(&self->lock);
	viva_document_write_bytes(put->bytes, self->path, &put->error);
	g_mutex_lock(&self->lock);
	self->writing = false;
	g_clear_error(&self->last_error);
	self->last_error = put->error ? g_error_copy(put->error) : NULL;
	g_queue_push_tail(&self->done, put);
	g_cond_broadcast(&self->news);
}

static void write_all(VivaWriter *self)
{
	while (self->writing || self->waiting)
		if (self->writing)
			g_cond_wait(&self->news, &self->lock);
		else
			write_next(self);
}

static void write_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	VivaWriter *self = data;
	g_mutex_lock(&self->lock);
	write_all(self);
	self->task = false;
	g_mutex_unlock(&self->lock);
	g_task_return_boolean(task, TRUE);
}

/* ---- telling ---- */

static void tell(VivaWriter *self)
{
	for (;;) {
		g_mutex_lock(&self->lock);
		Put *put = g_queue_pop_head(&self->done);
		bool last = !self->waiting && !self->writing && g_queue_is_empty(&self->done);
		if (put && last)
			g_clear_error(&self->last_error);
		g_mutex_unlock(&self->lock);
		if (!put)
			return;
		if (self->written)
			self->written(put->content, put->error, last, self->data);
		put_free(self, put);
	}
}

static void told(GObject *source, GAsyncResult *result, gpointer data)
{
	tell(g_task_get_task_data(G_TASK(result)));
}

/* ---- for the owner ---- */

void viva_writer_put(VivaWriter *self, GBytes *bytes, gpointer content)
{
	Put *put = g_new0(Put, 1);
	*put = (Put){ bytes, content, NULL };
	g_mutex_lock(&self->lock);
	Put *overtaken = self->waiting;
	bool start = !self->task;
	self->waiting = put;
	self->task = true;
	g_mutex_unlock(&self->lock);
	put_free(self, overtaken);
	if (!start)
		return;
	g_autoptr(GTask) task = g_task_new(NULL, NULL, told, NULL);
	g_atomic_ref_count_inc(&self->references);
	g_task_set_task_data(task, self, unref);
	g_task_run_in_thread(task, write_in_thread);
}

bool viva_writer_is_busy(VivaWriter *self)
{
	g_mutex_lock(&self->lock);
	bool busy = self->waiting || self->writing || !g_queue_is_empty(&self->done);
	g_mutex_unlock(&self->lock);
	return busy;
}

bool viva_writer_wait(VivaWriter *self, GError **error)
{
	g_mutex_lock(&self->lock);
	write_all(self);
	bool ok = !self->last_error;
	if (!ok && error)
		*error = g_error_copy(self->last_error);
	g_mutex_unlock(&self->lock);
	return ok;
}

void viva_writer_flush(VivaWriter *self)
{
	viva_writer_wait(self, NULL);
	tell(self);
}

void viva_writer_free(VivaWriter *self)
{
	self->written = NULL;
	viva_writer_flush(self);
	unref(self);
}
