/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/install.h"

#include <glib/gstdio.h>
#include <string.h>

#include "library/document.h"
#include "library/files.h"

/* The master boot record ends with its signature (Phoenix BIOS Boot Specification 1.01, 6.4); disks with a GPT have one, too. */
enum { SECTOR_BYTES = 512, SIGNATURE_AT = 510 };

static bool read_first_sector(const char *path, char *sector)
{
	FILE *file = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_fopen(path, "rbe") : NULL;
	bool read = file && fread(sector, 1, SECTOR_BYTES, file) == SECTOR_BYTES;
	if (file)
		fclose(file);
	return read;
}

static bool is_empty(const char *path)
{
	char sector[SECTOR_BYTES];
	return read_first_sector(path, sector) && viva_files_is_zero(sector, SECTOR_BYTES);
}

static bool is_disc(JsonObject *drive)
{
	return !g_strcmp0(viva_document_get_string(drive, "media"), "cdrom");
}

char *viva_install_disk(JsonObject *config)
{
	JsonArray *drives = viva_document_get_array(config, "drives");
	const char *disk = NULL;
	bool disc = false;
	for (guint n = 0; n < json_array_get_length(drives); n++) {
		JsonObject *drive = json_array_get_object_element(drives, n);
		const char *file = viva_document_get_string(drive, "file");
		if (file && is_disc(drive))
			disc = true;
		else if (file && !disk && !g_strcmp0(viva_document_get_string(drive, "interface"), "ide"))
			disk = file;
	}
	return disc && disk && is_empty(disk) ? g_strdup(disk) : NULL;
}

bool viva_install_is_done(const char *disk)
{
	char sector[SECTOR_BYTES];
	return read_first_sector(disk, sector) && !memcmp(sector + SIGNATURE_AT, "\x55\xaa", 2);
}

JsonObject *viva_install_without_discs(JsonObject *config)
{
	JsonObject *copy = viva_document_copy(config);
	JsonArray *drives = viva_document_get_array(copy, "drives");
	for (guint n = 0; n < json_array_get_length(drives); n++) {
		JsonObject *drive = json_array_get_object_element(drives, n);
		if (is_disc(drive))
			viva_document_set(drive, "file", NULL);
	}
	return copy;
}
