/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front of disk images: media, requests, and the way from worker threads back to the machine.
 *
 * A request is queued (its Block's thread pool has it), running (a worker has it), finished (in the Block's list, for the machine
 * thread) or parked (a write that the host had no room for; the machine is paused). The Block's own mutex guards states and lists
 * and is never held while something blocks or while `done` is called; workers never take the machine's lock, so that whoever has
 * it may wait for them. The source in the machine's context holds a reference to the Block, which may be freed before it runs. */
#include "disk/block.h"

#include <errno.h>
#include <string.h>

#include "disk/format.h"
#include "machine/machine.h"

enum { WORKERS = 4 };

typedef enum RequestKind { REQUEST_READ, REQUEST_WRITE, REQUEST_DISCARD, REQUEST_FLUSH } RequestKind;
typedef enum RequestState { QUEUED, RUNNING, FINISHED, PARKED } RequestState;

struct BlockRequest {
	Block *block;
	RequestKind kind;
	RequestState state;
	bool cancelled; /* while QUEUED: the worker shall only free it */
	uint64_t sector;
	union {
		void *to;
		const void *from;
	} buffer;
	unsigned count;
	int error;
	BlockDone *done;
	void *owner;
};

struct Block {
	gint references;
	Machine *machine;
	char *id, *serial, *file;
	BlockMedia media;
	bool snapshot, read_only, removable;
	bool locked, tray_open, eject_request;
	BlockImage *image; /* NULL: no medium */
	uint64_t read_bytes, written_bytes;
	bool attached;
	void (*changed)(void *owner);
	void *owner;

	GThreadPool *workers;
	GMutex mutex;
	GCond finished_one;
	unsigned outstanding; /* QUEUED without the cancelled, and RUNNING */
	GQueue finished, parked;
	bool scheduled; /* a source is on its way to the finished ones */
};

/* ---- media ---- */

/* Image of a file as the Block wants to use it; *writable comes back as what it may be used for. */
static BlockImage *open_image(const char *file, const char *format_name, bool writable, bool snapshot, GError **error)
{
	const BlockFormat *format = block_format_find(format_name, file, error);
	if (!format)
		return NULL;
	BlockImage *image = format->open(file, writable && !snapshot, error);
	return image && writable && snapshot ? overlay_new(image, error) : image;
}

static void set_medium(Block *block, BlockImage *image, const char *file, bool read_only)
{
	g_free(block->file);
	block->file = g_strdup(file);
	block->image = image;
	block->read_only = read_only;
}

/* Stable storage first: whoever takes a medium out, or ends, expects to find all on it. */
static void close_medium(Block *block)
{
	if (!block->image)
		return;
	if (!block->read_only) {
		int code = block->image->format->flush(block->image);
		if (code)
			g_message("%s: %s: what was written last may be lost: %s", block->id, block->file, g_strerror(code));
	}
	block->image->format->close(block->image);
	block->image = NULL;
	g_clear_pointer(&block->file, g_free);
}

/* ---- workers ---- */

static void unref(void *pointer)
{
	Block *block = pointer;
	if (!g_atomic_int_dec_and_test(&block->references))
		return;
	g_mutex_clear(&block->mutex);
	g_cond_clear(&block->finished_one);
	g_free(block->id);
	g_free(block->serial);
	g_free(block);
}

static void deliver(Block *block);

static gboolean deliver_in_machine(void *pointer)
{
	Block *block = pointer;
	Machine *machine = block->machine;
	machine_lock(machine);
	g_mutex_lock(&block->mutex);
	block->scheduled = false;
	g_mutex_unlock(&block->mutex);
	deliver(block);
	machine_unlock(machine);
	return G_SOURCE_REMOVE;
}

/* With the mutex held. */
static void finish(BlockRequest *request, int error)
{
	Block *block = request->block;
	request->state = FINISHED;
	request->error = error;
	g_queue_push_tail(&block->finished, request);
	g_cond_broadcast(&block->finished_one);
	if (block->scheduled)
		return;
	block->scheduled = true;
	g_atomic_int_inc(&block->references);
	GSource *source = g_idle_source_new();
	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, deliver_in_machine, block, unref);
	g_source_attach(source, machine_context(block->machine));
	g_source_unref(source);
}

static int perform(const BlockRequest *request, BlockImage *image)
{
	switch (request->kind) {
	case REQUEST_READ: return image->format->read(image, request->sector, request->buffer.to, request->count);
	case REQUEST_WRITE: return image->format->write(image, request->sector, request->buffer.from, request->count);
	case REQUEST_DISCARD:
		return image->format->discard ? image->format->discard(image, request->sector, request->count) : 0;
	case REQUEST_FLUSH: return image->format->flush(image);
	}
	return EINVAL;
}

static void work(void *data, void *user_data)
{
	BlockRequest *request = data;
	Block *block = user_data;
	g_mutex_lock(&block->mutex);
	if (request->cancelled) {
		g_mutex_unlock(&block->mutex);
		g_free(request);
		return;
	}
	request->state = RUNNING;
	BlockImage *image = block->image; /* stays while there are outstanding requests */
	g_mutex_unlock(&block->mutex);

	int error = perform(request, image);

	g_mutex_lock(&block->mutex);
	block->outstanding--;
	finish(request, error);
	g_mutex_unlock(&block->mutex);
}

/* ---- back in the machine ---- */

/* A full host disk, a quota or a limit on files' sizes is no fault of the guest's, which couldn't do anything about it. */
static bool is_no_room(const BlockRequest *request)
{
	return request->kind != REQUEST_READ && (request->error == ENOSPC || request->error == EDQUOT || request->error == EFBIG);
}

static void park(BlockRequest *request)
{
	Block *block = request->block;
	g_mutex_lock(&block->mutex);
	request->state = PARKED;
	g_queue_push_tail(&block->parked, request);
	g_mutex_unlock(&block->mutex);
	g_autoptr(GError) error = g_error_new(G_FILE_ERROR, g_file_error_from_errno(request->error),
		"%s: %s: %s. The machine is paused; nothing is lost. Make room and continue it.", block->id, block->file, g_strerror(request->error));
	g_message("%s", error->message);
	machine_hold_up(block->machine, error);
}

static BlockRequest *take_finished(Block *block)
{
	g_mutex_lock(&block->mutex);
	BlockRequest *request = g_queue_pop_head(&block->finished);
	g_mutex_unlock(&block->mutex);
	return request;
}

static void count_traffic(const BlockRequest *request)
{
	uint64_t bytes = request->error ? 0 : (uint64_t)request->count * SECTOR_SIZE;
	if (request->kind == REQUEST_READ)
		request->block->read_bytes += bytes;
	else if (request->kind == REQUEST_WRITE)
		request->block->written_bytes += bytes;
}

/* Under the machine's lock. */
static void deliver(Block *block)
{
	BlockRequest *request;
	g_atomic_int_inc(&block->references); /* a `done` may free it */
	while ((request = take_finished(block))) {
		if (is_no_room(request)) {
			park(request);
			continue;
		}
		count_traffic(request);
		BlockDone *done = request->done;
		void *owner = request->owner;
		int error = request->error;
		g_free(request);
		done(owner, error);
	}
	unref(block);
}

/* Waits for the outstanding ones. */
static void wait_for_workers(Block *block)
{
	g_mutex_lock(&block->mutex);
	while (block->outstanding)
		g_cond_wait(&block->finished_one, &block->mutex);
	g_mutex_unlock(&block->mutex);
}

static bool is_busy(Block *block)
{
	g_mutex_lock(&block->mutex);
	bool busy = block->outstanding || block->finished.length;
	g_mutex_unlock(&block->mutex);
	return busy;
}

static void drain(Block *block)
{
	while (is_busy(block)) { /* a `done` may have begun the next one */
		wait_for_workers(block);
		deliver(block);
	}
}

/* ---- requests ---- */

static void push(BlockRequest *request)
{
	Block *block = request->block;
	g_mutex_lock(&block->mutex);
	request->state = QUEUED;
	block->outstanding++;
	g_mutex_unlock(&block->mutex);
	g_thread_pool_push(block->workers, request, NULL); /* an error is only that there is no further thread for it */
}

static int check(const BlockRequest *request)
{
	const Block *block = request->block;
	if (!block->image)
		return ENOMEDIUM;
	if ((request->kind == REQUEST_WRITE || request->kind == REQUEST_DISCARD) && block->read_only)
		return EROFS;
	uint64_t sectors = block->image->sectors;
	return request->sector > sectors || request->count > sectors - request->sector ? EINVAL : 0;
}

static BlockRequest *submit(BlockRequest prototype)
{
	BlockRequest *request = g_memdup2(&prototype, sizeof prototype);
	Block *block = request->block;
	int error = check(request);
	if (!error) {
		push(request);
		return request;
	}
	g_mutex_lock(&block->mutex);
	finish(request, error);
	g_mutex_unlock(&block->mutex);
	return request;
}

BlockRequest *block_read(Block *block, uint64_t sector, void *buffer, unsigned count, BlockDone *done, void *owner)
{
	return submit((BlockRequest){ .block = block, .kind = REQUEST_READ, .sector = sector, .buffer.to = buffer, .count = count,
		.done = done, .owner = owner });
}

BlockRequest *block_write(Block *block, uint64_t sector, const void *buffer, unsigned count, BlockDone *done, void *owner)
{
	return submit((BlockRequest){ .block = block, .kind = REQUEST_WRITE, .sector = sector, .buffer.from = buffer, .count = count,
		.done = done, .owner = owner });
}

BlockRequest *block_discard(Block *block, uint64_t sector, unsigned count, BlockDone *done, void *owner)
{
	return submit((BlockRequest){ .block = block, .kind = REQUEST_DISCARD, .sector = sector, .count = count, .done = done, .owner = owner });
}

BlockRequest *block_flush(Block *block, BlockDone *done, void *owner)
{
	return submit((BlockRequest){ .block = block, .kind = REQUEST_FLUSH, .done = done, .owner = owner });
}

void block_cancel(BlockRequest *request)
{
	Block *block = request->block;
	g_mutex_lock(&block->mutex);
	if (request->state == QUEUED) {
		request->cancelled = true; /* the worker frees it */
		block->outstanding--;
		g_cond_broadcast(&block->finished_one);
		g_mutex_unlock(&block->mutex);
		return;
	}
	while (request->state == RUNNING)
		g_cond_wait(&block->finished_one, &block->mutex);
	g_queue_remove(request->state == PARKED ? &block->parked : &block->finished, request);
	g_mutex_unlock(&block->mutex);
	g_free(request);
}

static bool any_busy(GPtrArray *blocks)
{
	for (unsigned n = 0; n < blocks->len; n++)
		if (is_busy(g_ptr_array_index(blocks, n)))
			return true;
	return false;
}

void block_drain(Machine *machine)
{
	GPtrArray *blocks = machine_blocks(machine);
	while (any_busy(blocks))
		for (unsigned n = 0; n < blocks->len; n++)
			drain(g_ptr_array_index(blocks, n));
}

void block_retry(Machine *machine)
{
	GPtrArray *blocks = machine_blocks(machine);
	for (unsigned n = 0; n < blocks->len; n++) {
		Block *block = g_ptr_array_index(blocks, n);
		g_mutex_lock(&block->mutex);
		GQueue parked = block->parked;
		g_queue_init(&block->parked);
		g_mutex_unlock(&block->mutex);
		for (BlockRequest *request; (request = g_queue_pop_head(&parked));)
			push(request);
	}
}

/* Those that wait for room on a medium that goes. */
static void fail_parked(Block *block)
{
	g_mutex_lock(&block->mutex);
	for (BlockRequest *request; (request = g_queue_pop_head(&block->parked));)
		finish(request, ENOMEDIUM);
	g_mutex_unlock(&block->mutex);
}

/* ---- making ---- */

Block *block_new(Machine *machine, const BlockOptions *options, GError **error)
{
	bool writable = !options->read_only && options->media != BLOCK_CDROM;
	BlockImage *image = NULL;
	if (block_find(machine, options->id)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "there is a drive '%s' already", options->id);
		return NULL;
	}
	if (options->file) {
		image = open_image(options->file, options->format, writable, options->snapshot, error);
		if (!image)
			return NULL;
	}
	Block *block = g_new0(Block, 1);
	block->references = 1;
	block->machine = machine;
	block->id = g_strdup(options->id);
	block->serial = g_strdup(options->serial);
	block->media = options->media;
	block->snapshot = options->snapshot;
	block->removable = options->media == BLOCK_CDROM;
	g_mutex_init(&block->mutex);
	g_cond_init(&block->finished_one);
	set_medium(block, image, options->file, !writable);
	block->workers = g_thread_pool_new(work, block, WORKERS, FALSE, NULL);
	g_ptr_array_add(machine_blocks(machine), block);
	return block;
}

void block_free(Block *block)
{
	if (!block)
		return;
	wait_for_workers(block);
	g_thread_pool_free(block->workers, FALSE, TRUE); /* cancelled requests may still be in it */
	g_mutex_lock(&block->mutex);
	g_queue_clear_full(&block->finished, g_free);
	g_queue_clear_full(&block->parked, g_free);
	g_mutex_unlock(&block->mutex);
	close_medium(block);
	g_ptr_array_remove(machine_blocks(block->machine), block);
	unref(block);
}

Block *block_find(Machine *machine, const char *id)
{
	GPtrArray *blocks = machine_blocks(machine);
	for (unsigned n = 0; n < blocks->len; n++) {
		Block *block = g_ptr_array_index(blocks, n);
		if (id && strcmp(block->id, id) == 0)
			return block;
	}
	return NULL;
}

const char *block_id(const Block *block)
{
	return block->id;
}

const char *block_file(const Block *block)
{
	return block->file;
}

const char *block_format(const Block *block)
{
	return block->image ? block->image->format->name : NULL;
}

bool block_removable(const Block *block)
{
	return block->removable;
}

bool block_locked(const Block *block)
{
	return block->locked;
}

bool block_has_medium(const Block *block)
{
	return block->image;
}

uint64_t block_sectors(const Block *block)
{
	return block->image ? block->image->sectors : 0;
}

bool block_read_only(const Block *block)
{
	return block->read_only;
}

BlockMedia block_media(const Block *block)
{
	return block->media;
}

void block_traffic(const Block *block, uint64_t *read_bytes, uint64_t *written_bytes)
{
	*read_bytes = block->read_bytes;
	*written_bytes = block->written_bytes;
}

const char *block_serial(const Block *block)
{
	return block->serial;
}

/* ---- the device, and changing media ---- */

bool block_attach(Block *block, void (*changed)(void *owner), void *owner, GError **error)
{
	if (block->attached) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "drive '%s' belongs to another device already", block->id);
		return false;
	}
	block->attached = true;
	block->changed = changed;
	block->owner = owner;
	return true;
}

void block_detach(Block *block)
{
	block->attached = false;
	block->changed = NULL;
	block->owner = NULL;
	block->locked = false;
}

void block_set_removable(Block *block, bool removable)
{
	block->removable = removable;
}

void block_set_locked(Block *block, bool locked)
{
	block->locked = locked;
}

void block_set_tray_open(Block *block, bool open)
{
	block->tray_open = open;
}

bool block_tray_open(const Block *block)
{
	return block->tray_open;
}

bool block_take_eject_request(Block *block)
{
	bool request = block->eject_request;
	block->eject_request = false;
	return request;
}

static bool check_removable(const Block *block, GError **error)
{
	if (!block->removable)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM, "drive '%s' has no removable medium", block->id);
	return block->removable;
}

static void tell(Block *block)
{
	if (block->changed)
		block->changed(block->owner);
}

/* As a real drive's button: the guest hears of it, and may open the tray itself. */
static bool check_unlocked(Block *block, GError **error)
{
	if (!block->locked || block->tray_open)
		return true;
	block->eject_request = true;
	tell(block);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_TXTBSY, "drive '%s' is locked by the guest, which was asked to open it; "
		"eject -f takes the medium all the same", block->id);
	return false;
}

static void take_out(Block *block)
{
	drain(block);
	fail_parked(block);
	drain(block);
	close_medium(block);
}

bool block_change_medium(Block *block, const char *file, const char *format, bool read_only, GError **error)
{
	bool writable = !read_only && block->media != BLOCK_CDROM;
	if (!check_removable(block, error) || !check_unlocked(block, error))
		return false;
	/* The same file again is locked by ourselves as long as it is in. */
	if (block->image && g_strcmp0(file, block->file) == 0)
		take_out(block);
	BlockImage *image = open_image(file, format, writable, block->snapshot, error);
	if (!image) {
		if (!block->image)
			tell(block);
		return false;
	}
	take_out(block);
	set_medium(block, image, file, !writable);
	block->tray_open = false;
	block->eject_request = false;
	tell(block);
	return true;
}

bool block_eject(Block *block, bool force, GError **error)
{
	if (!check_removable(block, error) || (!force && !check_unlocked(block, error)))
		return false;
	take_out(block);
	block->tray_open = block->media == BLOCK_CDROM;
	tell(block);
	return true;
}
