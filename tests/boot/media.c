/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media.h"

#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SECTOR       512
#define CD_BLOCK     2048
#define FLOPPY_BYTES (80 * 2 * 18 * SECTOR)
#define DISK_BYTES   (4 * 1024 * 1024)

/* sector.asm's fields */
#define SECTOR_TAG    0x3e
#define SECTOR_ACTION 0x42
#define TAG_LENGTH    4

/* ---- the media ---- */

typedef enum Shape { SHAPE_DISK, SHAPE_FLOPPY, SHAPE_CD, SHAPE_CD_FLOPPY } Shape;

typedef struct Medium {
	const char *name, *tag; /* tag: NULL for a medium that doesn't boot */
	Shape shape;
	bool resets; /* instead of ending the machine */
} Medium;

static const Medium media[] = {
	{"disk.img", "DISK", SHAPE_DISK, false},
	{"floppy.img", "FLOP", SHAPE_FLOPPY, false},
	{"cd.iso", "CDNO", SHAPE_CD, false},
	{"cd-floppy.iso", "CDFL", SHAPE_CD_FLOPPY, false},
	{"cd-reset.iso", "CDRE", SHAPE_CD, true},
	{"disk-blank.img", NULL, SHAPE_DISK, false},
	{"floppy-blank.img", NULL, SHAPE_FLOPPY, false},
	{"cd-blank.iso", NULL, SHAPE_CD, false},
};

static void put_le(uint8_t *to, uint32_t value, unsigned bytes)
{
	for (unsigned n = 0; n < bytes; n++)
		to[n] = (uint8_t)(value >> 8 * n);
}

/* ECMA-119, 7.2.3 and 7.3.3: a number in both byte orders, the little-endian one first */
static void put_both(uint8_t *to, uint32_t value, unsigned bytes)
{
	put_le(to, value, bytes);
	for (unsigned n = 0; n < bytes; n++)
		to[2 * bytes - 1 - n] = (uint8_t)(value >> 8 * n);
}

/* ECMA-119 strings are filled up with spaces. */
static void put_text(uint8_t *to, const char *text, size_t room)
{
	memset(to, ' ', room);
	memcpy(to, text, strlen(text));
}

static void put_sector(uint8_t *to, const Medium *medium, const uint8_t *sector)
{
	if (!medium->tag)
		return;
	memcpy(to, sector, SECTOR);
	memcpy(to + SECTOR_TAG, medium->tag, TAG_LENGTH);
	to[SECTOR_ACTION] = medium->resets;
}

/* The CD's blocks. */
enum {
	BLOCK_PVD = 16,
	BLOCK_BOOT_RECORD,
	BLOCK_TERMINATOR,
	BLOCK_CATALOG,
	BLOCK_PATHS_LE,
	BLOCK_PATHS_BE,
	BLOCK_ROOT,
	BLOCK_IMAGE
};

/* ECMA-119, 9.1: the root directory's record, under the name of one byte: 0 for itself, 1 for its parent */
static unsigned put_root_record(uint8_t *to, uint8_t name)
{
	to[0] = 34;
	put_both(to + 2, BLOCK_ROOT, 4);
	put_both(to + 10, CD_BLOCK, 4);
	memcpy(to + 18, (const uint8_t[]){100, 1, 1, 0, 0, 0, 0}, 7); /* 1 January 2000 */
	to[25] = 2;                                                   /* a directory */
	put_both(to + 28, 1, 2);
	to[32] = 1;
	to[33] = name;
	return to[0];
}

/* ECMA-119, 8.4: primary volume descriptor */
static void put_pvd(uint8_t *to, uint32_t blocks)
{
	static const char no_date[] = "0000000000000000";
	to[0] = 1;
	memcpy(to + 1, "CD001\1", 6);
	put_text(to + 8, "", 32);
	put_text(to + 40, "BOOT", 32);
	put_both(to + 80, blocks, 4);
	put_both(to + 120, 1, 2); /* volumes in the set */
	put_both(to + 124, 1, 2); /* this one's number */
	put_both(to + 128, CD_BLOCK, 2);
	put_both(to + 132, 10, 4); /* bytes of a path table */
	put_le(to + 140, BLOCK_PATHS_LE, 4);
	to[151] = BLOCK_PATHS_BE;
	put_root_record(to + 156, 0);
	put_text(to + 190, "", 623);
	for (unsigned n = 0; n < 4; n++)
		memcpy(to + 813 + 17 * n, no_date, sizeof no_date);
	to[881] = 1;
}

/* El Torito, 2.0: the boot record in block 17 names the catalog, whose first entry is the validation entry (its 16-bit words'
 * sum is 0) and whose second is the default entry. */
static void put_boot_record(uint8_t *to)
{
	memcpy(to + 1, "CD001\1", 6);
	memcpy(to + 7, "EL TORITO SPECIFICATION", 23);
	put_le(to + 71, BLOCK_CATALOG, 4);
}

static void put_catalog(uint8_t *to, bool floppy)
{
	uint32_t sum = 0;
	to[0] = 1;
	memcpy(to + 4, "TEST", 4);
	to[30] = 0x55;
	to[31] = 0xaa;
	for (unsigned n = 0; n < 32; n += 2)
		sum += to[n] | (uint32_t)to[n + 1] << 8;
	put_le(to + 28, 0x10000 - (sum & 0xffff), 2);
	to[32] = 0x88;                      /* bootable */
	to[33] = floppy ? 2 : 0;            /* 1.44 MB floppy, or no emulation */
	put_le(to + 38, floppy ? 1 : 4, 2); /* sectors of 512 bytes to load */
	put_le(to + 40, BLOCK_IMAGE, 4);
}

static void put_cd(uint8_t *to, const Medium *medium, uint32_t blocks, const uint8_t *sector)
{
	uint8_t *root = to + BLOCK_ROOT * CD_BLOCK;
	put_pvd(to + BLOCK_PVD * CD_BLOCK, blocks);
	if (medium->tag) {
		put_boot_record(to + BLOCK_BOOT_RECORD * CD_BLOCK);
		put_catalog(to + BLOCK_CATALOG * CD_BLOCK, medium->shape == SHAPE_CD_FLOPPY);
	}
	uint8_t *terminator = to + (medium->tag ? BLOCK_TERMINATOR : BLOCK_BOOT_RECORD) * CD_BLOCK;
	terminator[0] = 255;
	memcpy(terminator + 1, "CD001\1", 6);
	memcpy(to + BLOCK_PATHS_LE * CD_BLOCK, (const uint8_t[]){1, 0, BLOCK_ROOT, 0, 0, 0, 1, 0}, 8);
	memcpy(to + BLOCK_PATHS_BE * CD_BLOCK, (const uint8_t[]){1, 0, 0, 0, 0, BLOCK_ROOT, 0, 1}, 8);
	put_root_record(root + put_root_record(root, 0), 1);
	put_sector(to + BLOCK_IMAGE * CD_BLOCK, medium, sector);
}

static void make_medium(const char *folder, const Medium *medium, const uint8_t *sector)
{
	static const size_t sizes[] = {
		[SHAPE_DISK] = DISK_BYTES,
		[SHAPE_FLOPPY] = FLOPPY_BYTES,
		[SHAPE_CD] = (BLOCK_IMAGE + 1) * CD_BLOCK,
		[SHAPE_CD_FLOPPY] = BLOCK_IMAGE * CD_BLOCK + FLOPPY_BYTES,
	};
	size_t size = sizes[medium->shape];
	g_autofree char *path = g_build_filename(folder, medium->name, NULL);
	g_autofree uint8_t *bytes = g_malloc0(size);
	g_autoptr(GError) error = NULL;
	if (medium->shape == SHAPE_CD || medium->shape == SHAPE_CD_FLOPPY)
		put_cd(bytes, medium, (uint32_t)(size / CD_BLOCK), sector);
	else
		put_sector(bytes, medium, sector);
	g_file_set_contents(path, (const char *)bytes, (gssize)size, &error);
	g_assert_no_error(error);
}

/* ---- the folder ---- */

char *media_new(const char *sector_path)
{
	g_autofree char *sector = NULL;
	gsize length = 0;
	if (!g_file_get_contents(sector_path, &sector, &length, NULL) || length != SECTOR) {
		g_printerr("%s: no boot sector of %d bytes\n", sector_path, SECTOR);
		return NULL;
	}
	char *folder = g_dir_make_tmp("viv-boot-XXXXXX", NULL);
	for (unsigned n = 0; folder && n < G_N_ELEMENTS(media); n++)
		make_medium(folder, &media[n], (const uint8_t *)sector);
	return folder;
}

void media_free(char *folder)
{
	GDir *dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
	const char *name;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_remove(path);
	}
	if (dir)
		g_dir_close(dir);
	if (folder)
		g_rmdir(folder);
	g_free(folder);
}
