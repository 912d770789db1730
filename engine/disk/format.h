/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an image format is to the front: one table of operations.
 *
 * Operations block; they are called from worker threads, several at a time on one image. Errors are errno values. Sectors are of
 * 512 bytes, and within the image: the front has checked. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct BlockFormat BlockFormat;

/* An open image: the format's own struct begins with it. */
typedef struct BlockImage {
	const BlockFormat *format;
	uint64_t sectors;
} BlockImage;

struct BlockFormat {
	const char *name; /* as -drive format= takes it */
	/* Whether a file that begins so is of this format. NULL: only if nothing else fits. */
	bool (*probe)(const uint8_t *head, size_t size);
	BlockImage *(*open)(const char *file, bool writable, GError **error);
	void (*close)(BlockImage *image);
	int (*read)(BlockImage *image, uint64_t sector, void *buffer, unsigned count);
	int (*write)(BlockImage *image, uint64_t sector, const void *buffer, unsigned count);
	int (*discard)(BlockImage *image, uint64_t sector, unsigned count); /* NULL: nothing to gain */
	int (*flush)(BlockImage *image); /* what was written before is on stable storage when it returns 0 */
};

extern const BlockFormat raw_format;

/* The format of that name; NULL: finds out by the file's beginning. */
const BlockFormat *block_format_find(const char *name, const char *file, GError **error);

/* A temporary file takes what is written, `base` is only read; owns `base` from then on, even when it fails. What was written is
 * gone with the process. */
BlockImage *overlay_new(BlockImage *base, GError **error);
