/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ThreadSanitizer can't see: GLib isn't built with it, and makes its locks of bare futexes. This library, preloaded, stands before
 * GLib's functions and tells the sanitizer what each of them orders. Preloaded into a program without the sanitizer it does nothing. */
#include <dlfcn.h>
#include <glib.h>

void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

static void acquire(void *address)
{
	if (__tsan_acquire)
		__tsan_acquire(address);
}

static void release(void *address)
{
	if (__tsan_release)
		__tsan_release(address);
}

/* The function that this one stands before. dlsym() every time: its own lock is seen, and speed doesn't matter here. */
#define REAL(name) ((__typeof__(&name))(guintptr)dlsym(RTLD_NEXT, #name))

/* ---- locks ---- */

void g_mutex_lock(GMutex *mutex)
{
	REAL(g_mutex_lock)(mutex);
	acquire(mutex);
}

gboolean g_mutex_trylock(GMutex *mutex)
{
	gboolean locked = REAL(g_mutex_trylock)(mutex);
	if (locked)
		acquire(mutex);
	return locked;
}

void g_mutex_unlock(GMutex *mutex)
{
	release(mutex);
	REAL(g_mutex_unlock)(mutex);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
	release(mutex);
	REAL(g_cond_wait)(cond, mutex);
	acquire(mutex);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
	release(mutex);
	gboolean signalled = REAL(g_cond_wait_until)(cond, mutex, end_time);
	acquire(mutex);
	return signalled;
}

/* ---- threads ---- */

typedef struct Start {
	GThreadFunc run;
	gpointer data;
} Start;

static gpointer begin_thread(gpointer data)
{
	Start start = *(Start *)data;
	acquire(data);
	g_free(data);
	return start.run(start.data);
}

GThread *g_thread_new(const gchar *name, GThreadFunc run, gpointer data)
{
	Start *start = g_new(Start, 1);
	*start = (Start){ run, data };
	release(start);
	return REAL(g_thread_new)(name, begin_thread, start);
}

typedef struct Pool {
	GFunc run;
	gpointer data;
} Pool;

static void work(gpointer item, gpointer data)
{
	const Pool *pool = data;
	acquire(item);
	pool->run(item, pool->data);
}

/* Its Pool is never freed: the tests end. */
GThreadPool *g_thread_pool_new(GFunc run, gpointer data, gint most, gboolean exclusive, GError **error)
{
	Pool *pool = g_new(Pool, 1);
	*pool = (Pool){ run, data };
	return REAL(g_thread_pool_new)(work, pool, most, exclusive, error);
}

gboolean g_thread_pool_push(GThreadPool *pool, gpointer item, GError **error)
{
	release(item);
	return REAL(g_thread_pool_push)(pool, item, error);
}

/* ---- main contexts ---- */

guint g_source_attach(GSource *source, GMainContext *context)
{
	release(source);
	return REAL(g_source_attach)(source, context);
}

void g_source_set_ready_time(GSource *source, gint64 ready_time)
{
	release(source);
	REAL(g_source_set_ready_time)(source, ready_time);
}
