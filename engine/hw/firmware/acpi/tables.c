/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The static ACPI tables of a 440FX PC: RSDP, RSDT, FACS, FADT of revision 1, HPET, WAET.
 *
 * All tables lie in one file in the order they are made; pointers in them are offsets into it, which the firmware's loader turns
 * into addresses. ACPI 1.0b (FADT 5.2.5), 2.0 (RSDP 5.2.4), IA-PC HPET 1.0a 3.2.4, Windows ACPI Emulated Devices Table. */
#include "hw/firmware/acpi/tables.h"

#include <string.h>

enum { RSDP_SIZE = 20, RSDP_CHECKSUM_AT = 8, RSDP_OEM_ID_AT = 9, RSDP_POINTER_AT = 16, FACS_SIZE = 64, TABLE_ALIGN = 64, MAX_TABLES = 16 };
#define OEM_ID "VIVRM"
enum { OEM_ID_BYTES = 6, OEM_TABLE_ID_BYTES = 8 };
enum { FADT_FACS_AT = 36, FADT_DSDT_AT = 40 };
enum { SMI_COMMAND_PORT = 0xb2, ACPI_ENABLE_COMMAND = 0xf1, ACPI_DISABLE_COMMAND = 0xf0 };
enum { PM_BASE = 0x600, PM_EVENT = 0, PM_CONTROL = 4, PM_TIMER = 8, CMOS_CENTURY = 0x32 };
/* Latencies above 100 and 1000 microseconds say that there is neither C2 nor C3. */
enum { NO_C2_US = 0xfff, NO_C3_US = 0xfff };
/* FADT flags. The power button is the fixed one (its bit is clear), there is no sleep button. */
enum { FADT_WBINVD = 1 << 0, FADT_C1 = 1 << 2, FADT_NO_SLEEP_BUTTON = 1 << 5, FADT_RTC_S4 = 1 << 7, FADT_PLATFORM_CLOCK = 1 << 15,
	FADT_APIC_CLUSTER = 1 << 18 };
enum { FLAT_MODEL_CPUS = 8 }; /* logical flat addressing has a bit for each of so many processors */

#define HPET_BLOCK_ID 0x8086a201u /* Intel, legacy replacement, 64-bit counter, three timers, revision 1 */
enum { WAET_PM_TIMER_GOOD = 2 };

void acpi_put(AcpiBuild *build, uint64_t value, unsigned bytes)
{
	value = GUINT64_TO_LE(value);
	g_byte_array_append(build->tables, (const uint8_t *)&value, bytes);
}

void acpi_zeros(AcpiBuild *build, unsigned bytes)
{
	static const uint8_t zeros[64];
	for (unsigned piece; bytes; bytes -= piece) {
		piece = MIN(bytes, sizeof zeros);
		g_byte_array_append(build->tables, zeros, piece);
	}
}

void acpi_align(AcpiBuild *build, unsigned bytes)
{
	acpi_zeros(build, (bytes - build->tables->len % bytes) % bytes);
}

/* Padded with blanks. */
static void put_name(GByteArray *out, const char *name, unsigned bytes)
{
	size_t given = strnlen(name, bytes);
	g_byte_array_append(out, (const uint8_t *)name, (unsigned)given);
	for (size_t n = given; n < bytes; n++)
		g_byte_array_append(out, (const uint8_t *)" ", 1);
}

unsigned acpi_begin(AcpiBuild *build, const char *signature, uint8_t revision)
{
	unsigned table = build->tables->len;
	const FirmwareInfo *info = build->info;
	char table_id[9] = "VIVPC   ";
	memcpy(table_id + 5, signature, 3);
	g_byte_array_append(build->tables, (const uint8_t *)signature, 4);
	acpi_zeros(build, 4); /* length */
	acpi_put(build, revision, 1);
	acpi_zeros(build, 1); /* checksum */
	put_name(build->tables, info->oem_id ? info->oem_id : OEM_ID, OEM_ID_BYTES);
	put_name(build->tables, info->oem_table_id ? info->oem_table_id : table_id, OEM_TABLE_ID_BYTES);
	acpi_put(build, 1, 4);
	g_byte_array_append(build->tables, (const uint8_t *)"VIVM", 4);
	acpi_put(build, 1, 4);
	return table;
}

void acpi_end(AcpiBuild *build, unsigned table)
{
	uint32_t length = GUINT32_TO_LE(build->tables->len - table);
	memcpy(build->tables->data + table + 4, &length, sizeof length);
	loader_add_checksum(build->loader, ACPI_TABLES_FILE, table + ACPI_CHECKSUM_AT, table, build->tables->len - table);
}

static unsigned make_facs(AcpiBuild *build)
{
	acpi_align(build, TABLE_ALIGN);
	unsigned facs = build->tables->len;
	g_byte_array_append(build->tables, (const uint8_t *)"FACS", 4);
	acpi_put(build, FACS_SIZE, 4);
	acpi_zeros(build, FACS_SIZE - 8); /* no checksum: the OS writes into it */
	return facs;
}

static uint32_t fadt_flags(const FirmwareInfo *info)
{
	uint32_t flags = FADT_WBINVD | FADT_C1 | FADT_NO_SLEEP_BUTTON | FADT_RTC_S4 | FADT_PLATFORM_CLOCK;
	return info->cpus > FLAT_MODEL_CPUS ? flags | FADT_APIC_CLUSTER : flags;
}

static unsigned make_fadt(AcpiBuild *build, unsigned facs, unsigned dsdt)
{
	const FirmwareInfo *info = build->info;
	unsigned pm = info->pm_base ? info->pm_base : PM_BASE;
	const struct {
		uint64_t value;
		unsigned bytes;
	} fields[] = {
		{ facs, 4 }, { dsdt, 4 }, { 0 /* dual PIC */, 1 }, { 0, 1 }, { ACPI_SCI, 2 },
		{ SMI_COMMAND_PORT, 4 }, { ACPI_ENABLE_COMMAND, 1 }, { ACPI_DISABLE_COMMAND, 1 }, { 0 /* S4BIOS */, 1 }, { 0, 1 },
		{ pm + PM_EVENT, 4 }, { 0, 4 }, { pm + PM_CONTROL, 4 }, { 0, 4 }, { 0 /* PM2 */, 4 }, { pm + PM_TIMER, 4 },
		{ GPE0_BASE, 4 }, { 0 /* GPE1 */, 4 },
		{ 4, 1 }, { 2, 1 }, { 0, 1 }, { 4, 1 }, { GPE0_SIZE, 1 }, { 0, 1 }, { 0, 1 }, { 0, 1 },
		{ NO_C2_US, 2 }, { NO_C3_US, 2 }, { 0 /* flush */, 2 }, { 0, 2 }, { 0 /* duty cycle */, 1 }, { 0, 1 },
		{ 0 /* no day, month alarm */, 1 }, { 0, 1 }, { CMOS_CENTURY, 1 }, { 0, 2 }, { 0, 1 }, { fadt_flags(info), 4 },
	};
	unsigned fadt = acpi_begin(build, "FACP", 1);
	for (unsigned n = 0; n < G_N_ELEMENTS(fields); n++)
		acpi_put(build, fields[n].value, fields[n].bytes);
	loader_add_pointer(build->loader, ACPI_TABLES_FILE, ACPI_TABLES_FILE, fadt + FADT_FACS_AT, 4);
	loader_add_pointer(build->loader, ACPI_TABLES_FILE, ACPI_TABLES_FILE, fadt + FADT_DSDT_AT, 4);
	acpi_end(build, fadt);
	return fadt;
}

static unsigned make_hpet(AcpiBuild *build)
{
	unsigned hpet = acpi_begin(build, "HPET", 1);
	acpi_put(build, HPET_BLOCK_ID, 4);
	acpi_zeros(build, 4); /* a generic address in system memory */
	acpi_put(build, HPET_BASE, 8);
	acpi_zeros(build, 1 + 2 + 1); /* number, minimum tick, no page protection */
	acpi_end(build, hpet);
	return hpet;
}

static unsigned make_waet(AcpiBuild *build)
{
	unsigned waet = acpi_begin(build, "WAET", 1);
	acpi_put(build, WAET_PM_TIMER_GOOD, 4);
	acpi_end(build, waet);
	return waet;
}

static unsigned make_rsdt(AcpiBuild *build, const unsigned *tables, unsigned count)
{
	unsigned rsdt = acpi_begin(build, "RSDT", 1);
	for (unsigned n = 0; n < count; n++) {
		loader_add_pointer(build->loader, ACPI_TABLES_FILE, ACPI_TABLES_FILE, build->tables->len, 4);
		acpi_put(build, tables[n], 4);
	}
	acpi_end(build, rsdt);
	return rsdt;
}

static void make_rsdp(AcpiBuild *build, unsigned rsdt)
{
	uint8_t rsdp[RSDP_SIZE] = "RSD PTR ";
	const char *oem_id = build->info->oem_id ? build->info->oem_id : OEM_ID;
	memset(rsdp + RSDP_OEM_ID_AT, ' ', OEM_ID_BYTES);
	memcpy(rsdp + RSDP_OEM_ID_AT, oem_id, strnlen(oem_id, OEM_ID_BYTES));
	uint32_t pointer = GUINT32_TO_LE(rsdt);
	memcpy(rsdp + RSDP_POINTER_AT, &pointer, sizeof pointer);
	g_byte_array_append(build->rsdp, rsdp, sizeof rsdp);
	loader_allocate(build->loader, ACPI_RSDP_FILE, 16, ZONE_FSEG);
	loader_add_pointer(build->loader, ACPI_RSDP_FILE, ACPI_TABLES_FILE, RSDP_POINTER_AT, 4);
	loader_add_checksum(build->loader, ACPI_RSDP_FILE, RSDP_CHECKSUM_AT, 0, RSDP_SIZE);
}

void firmware_add_acpi(FwCfg *cfg, const FirmwareInfo *info)
{
	AcpiBuild build = { info, g_byte_array_new(), g_byte_array_new(), g_byte_array_new() };
	unsigned tables[MAX_TABLES], count = 0;
	loader_allocate(build.loader, ACPI_TABLES_FILE, TABLE_ALIGN, ZONE_HIGH);
	unsigned facs = make_facs(&build);
	unsigned dsdt = acpi_dsdt(&build);
	tables[count++] = make_fadt(&build, facs, dsdt);
	tables[count++] = acpi_madt(&build);
	if (info->hpet)
		tables[count++] = make_hpet(&build);
	if (info->nodes) {
		tables[count++] = acpi_srat(&build);
		tables[count++] = acpi_slit(&build);
	}
	tables[count++] = make_waet(&build);
	make_rsdp(&build, make_rsdt(&build, tables, count));
	fw_cfg_add_file(cfg, ACPI_TABLES_FILE, build.tables->data, build.tables->len);
	fw_cfg_add_file(cfg, ACPI_RSDP_FILE, build.rsdp->data, build.rsdp->len);
	fw_cfg_add_file(cfg, ACPI_LOADER_FILE, build.loader->data, build.loader->len);
	g_byte_array_unref(build.tables);
	g_byte_array_unref(build.rsdp);
	g_byte_array_unref(build.loader);
}
