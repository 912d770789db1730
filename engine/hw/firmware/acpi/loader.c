/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table loader's script: commands of 128 bytes that tell firmware where to put files, and what in them depends on that. */
#include "hw/firmware/acpi/tables.h"

#include <string.h>

enum { COMMAND_SIZE = 128, COMMAND_ALLOCATE = 1, COMMAND_ADD_POINTER = 2, COMMAND_ADD_CHECKSUM = 3 };

static void put32(uint8_t *to, uint32_t value)
{
	value = GUINT32_TO_LE(value);
	memcpy(to, &value, sizeof value);
}

static void put_name(uint8_t *to, const char *name)
{
	memcpy(to, name, strnlen(name, FW_CFG_NAME_SIZE - 1));
}

/* Command 0-3, a file's name 4-59, the rest by command. */
static void begin(uint8_t *command, uint32_t number, const char *file)
{
	memset(command, 0, COMMAND_SIZE);
	put32(command, number);
	put_name(command + 4, file);
}

void loader_allocate(GByteArray *loader, const char *file, uint32_t align, AcpiZone zone)
{
	uint8_t command[COMMAND_SIZE];
	begin(command, COMMAND_ALLOCATE, file);
	put32(command + 60, align);
	command[64] = (uint8_t)zone;
	/* Firmware needs all files in place before the first pointer: allocations stand first, whenever they are asked for. */
	unsigned place = 0;
	while (place < loader->len && loader->data[place] == COMMAND_ALLOCATE)
		place += COMMAND_SIZE;
	g_byte_array_set_size(loader, loader->len + COMMAND_SIZE);
	memmove(loader->data + place + COMMAND_SIZE, loader->data + place, loader->len - COMMAND_SIZE - place);
	memcpy(loader->data + place, command, COMMAND_SIZE);
}

void loader_add_pointer(GByteArray *loader, const char *file, const char *pointed, uint32_t offset, uint8_t size)
{
	uint8_t command[COMMAND_SIZE];
	begin(command, COMMAND_ADD_POINTER, file);
	put_name(command + 60, pointed);
	put32(command + 116, offset);
	command[120] = size;
	g_byte_array_append(loader, command, sizeof command);
}

void loader_add_checksum(GByteArray *loader, const char *file, uint32_t result, uint32_t start, uint32_t length)
{
	uint8_t command[COMMAND_SIZE];
	begin(command, COMMAND_ADD_CHECKSUM, file);
	put32(command + 60, result);
	put32(command + 64, start);
	put32(command + 68, length);
	g_byte_array_append(loader, command, sizeof command);
}
