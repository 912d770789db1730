/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ACPI tables in the making; for this folder alone. */
#pragma once

#include "hw/firmware/acpi/aml.h"
#include "hw/firmware/parts.h"

#define ACPI_TABLES_FILE "etc/acpi/tables"
#define ACPI_RSDP_FILE "etc/acpi/rsdp"
#define ACPI_LOADER_FILE "etc/table-loader"

enum { ACPI_HEADER_SIZE = 36, ACPI_CHECKSUM_AT = 9, ACPI_SCI = 9 };
/* Of PIIX4's general purpose events, and of what the DSDT names. */
enum { GPE0_BASE = 0xafe0, GPE0_SIZE = 4 };

typedef struct AcpiBuild {
	const FirmwareInfo *info;
	GByteArray *tables, *rsdp, *loader; /* the three files */
} AcpiBuild;

/* Opens a table at the end of `tables`, returns where; acpi_end() writes its length and has the loader make the checksum. */
unsigned acpi_begin(AcpiBuild *build, const char *signature, uint8_t revision);
void acpi_end(AcpiBuild *build, unsigned table);
void acpi_put(AcpiBuild *build, uint64_t value, unsigned bytes); /* little endian */
void acpi_zeros(AcpiBuild *build, unsigned bytes);
void acpi_align(AcpiBuild *build, unsigned bytes);

/* Commands of the table loader (loader.c). */
typedef enum AcpiZone { ZONE_HIGH = 1, ZONE_FSEG = 2 } AcpiZone;
void loader_allocate(GByteArray *loader, const char *file, uint32_t align, AcpiZone zone);
/* At `offset` of `file` stand `size` bytes, an offset into `pointed`: make it an address. */
void loader_add_pointer(GByteArray *loader, const char *file, const char *pointed, uint32_t offset, uint8_t size);
/* At `result` of `file`: what makes the bytes' sum zero. */
void loader_add_checksum(GByteArray *loader, const char *file, uint32_t result, uint32_t start, uint32_t length);

/* Each adds its table and returns where it begins. */
unsigned acpi_dsdt(AcpiBuild *build);
unsigned acpi_madt(AcpiBuild *build);
unsigned acpi_srat(AcpiBuild *build);
unsigned acpi_slit(AcpiBuild *build);
