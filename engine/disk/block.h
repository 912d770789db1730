/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front of disk images: what storage devices see.
 *
 * Requests are asynchronous: they are queued under the machine's lock, carried out by worker threads, and complete in the machine
 * thread under the lock. Requests of one Block may complete in any order; block_flush() completes after all writes that completed
 * before it was issued are on stable storage. A Block is owned by the machine; a device takes it by block_attach(). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Block Block;
typedef struct BlockRequest BlockRequest;
typedef struct Machine Machine;

enum { SECTOR_SIZE = 512 };

typedef enum BlockMedia { BLOCK_DISK, BLOCK_CDROM } BlockMedia;

typedef struct BlockOptions {
	const char *id;		/* of -drive */
	const char *file;	/* NULL: no medium */
	const char *format;	/* "raw"; NULL: find out */
	BlockMedia media;
	bool read_only, snapshot; /* snapshot: writes go to a temporary overlay */
	const char *serial;
} BlockOptions;

/* Host trouble: *error names the file and what to do. The Block is in machine_blocks() until it is freed. */
Block *block_new(Machine *machine, const BlockOptions *options, GError **error);
/* Waits for its requests, whose `done` won't be called, and puts the image on stable storage. */
void block_free(Block *block);
Block *block_find(Machine *machine, const char *id);
const char *block_id(const Block *block);
/* The image's file and format ("snapshot": a temporary overlay takes the writes); NULL: no medium. */
const char *block_file(const Block *block);
const char *block_format(const Block *block);
bool block_removable(const Block *block);
bool block_locked(const Block *block);

bool block_has_medium(const Block *block);
uint64_t block_sectors(const Block *block); /* of 512 bytes, rounded up; 0 without a medium */
bool block_read_only(const Block *block);
BlockMedia block_media(const Block *block);
/* Bytes that the guest has read and written; requests that were completed. */
void block_traffic(const Block *block, uint64_t *read_bytes, uint64_t *written_bytes);
const char *block_serial(const Block *block); /* NULL: none given */

/* A device takes it: false if it has another one already. `changed` is called when the medium comes or goes (`change`, `eject`). */
bool block_attach(Block *block, void (*changed)(void *owner), void *owner, GError **error);
void block_detach(Block *block);
/* Its medium may be changed while the machine runs. Begins true for BLOCK_CDROM; floppy drives say it. */
void block_set_removable(Block *block, bool removable);
/* The guest's tray: a locked one refuses eject without force. */
void block_set_locked(Block *block, bool locked);
void block_set_tray_open(Block *block, bool open);
bool block_tray_open(const Block *block);
/* Somebody asked to eject a locked medium since the last call: the drive's button was pressed, its guest may want to know. */
bool block_take_eject_request(Block *block);

typedef void BlockDone(void *owner, int error); /* 0, or an errno value; ENOMEDIUM without one, EROFS on writes to read-only ones */

/* `buffer` stays the caller's and untouched until `done`. sector + count must not be beyond the end: then done gets EINVAL. */
BlockRequest *block_read(Block *block, uint64_t sector, void *buffer, unsigned count, BlockDone *done, void *owner);
BlockRequest *block_write(Block *block, uint64_t sector, const void *buffer, unsigned count, BlockDone *done, void *owner);
BlockRequest *block_flush(Block *block, BlockDone *done, void *owner);
/* The guest doesn't need what is there any more; room on the host may become free. What is read there later is anything. */
BlockRequest *block_discard(Block *block, uint64_t sector, unsigned count, BlockDone *done, void *owner);
/* `done` won't be called, but the buffer may be used until this returns (it waits). */
void block_cancel(BlockRequest *request);
/* Waits for all requests of the machine and calls their `done`, for pausing and saving. */
void block_drain(Machine *machine);
/* A write that the host has no room for pauses the machine and stays queued. machine_resume() calls this: they are tried again. */
void block_retry(Machine *machine);

/* change ID FILE and eject of the monitor. */
bool block_change_medium(Block *block, const char *file, const char *format, bool read_only, GError **error);
bool block_eject(Block *block, bool force, GError **error);
