/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The firmware configuration channel by its registers, and what firmware_setup() puts on it: structures, checksums, ACPI tables
 * through the compiler that others check them with (iasl), and kernels' images. */
#include <glib/gstdio.h>
#include <string.h>

#include "fake-machine.h"
#include "hw/firmware/firmware.h"

enum { DESCRIPTOR = 0x1000, DMA_BUFFER = 0x2000 };
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };

/* ---- the channel ---- */

static FwCfg *new_channel(Machine *machine)
{
	return (FwCfg *)fake_device(machine, &fw_cfg_class, NULL);
}

/* Runs a descriptor; what its control word became. */
static uint32_t dma(Machine *machine, uint32_t control, uint32_t length, uint64_t address)
{
	struct {
		uint32_t control, length;
		uint64_t address;
	} descriptor = { GUINT32_TO_BE(control), GUINT32_TO_BE(length), GUINT64_TO_BE(address) };
	uint32_t result;
	g_assert_true(memory_write(machine->memory, DESCRIPTOR, &descriptor, sizeof descriptor));
	port_write(machine->ports, 0x514, 0, 4);
	port_write(machine->ports, 0x518, GUINT32_TO_BE(DESCRIPTOR), 4);
	g_assert_true(memory_read(machine->memory, DESCRIPTOR, &result, sizeof result));
	return GUINT32_FROM_BE(result);
}

static void test_registers(void)
{
	static const RegisterStep steps[] = {
		{ IN8, 0x511, 'Q', 0, "signature is selected after reset" }, { IN8, 0x511, 'E', 0, NULL }, { IN8, 0x511, 'M', 0, NULL },
		{ IN8, 0x511, 'U', 0, NULL }, { IN8, 0x511, 0, 0, "zeros behind the end" },
		{ OUT16, 0x510, 1, 0, NULL }, { IN8, 0x511, 3, 0, "DMA there is" }, { IN8, 0x511, 0, 0, NULL },
		{ OUT16, 0x510, 0x4000, 0, "write channel of the signature" }, { IN8, 0x511, 'Q', 0, NULL },
		{ OUT8, 0x510, 1, 0, "a byte selects nothing" }, { IN8, 0x511, 'E', 0, NULL },
		{ OUT8, 0x511, 9, 0, "data is not written" }, { IN8, 0x511, 'M', 0, NULL },
		{ OUT16, 0x510, 0x3333, 0, "no such item" }, { IN8, 0x511, 0, 0, NULL },
		{ OUT16, 0x510, 0xffff, 0, "no such item" }, { IN8, 0x511, 0, 0, NULL },
		{ IN32, 0x514, 0x554d4551, 0, "QEMU" }, { IN32, 0x518, 0x47464320, 0, " CFG" }, { IN8, 0x515, 'E', 0, NULL },
		{ OUT16, 0x510, 0x19, 0, "directory" }, { IN8, 0x511, 0, 0, NULL }, { IN8, 0x511, 0, 0, NULL }, { IN8, 0x511, 0, 0, NULL },
		{ IN8, 0x511, 2, 0, "two files" }, { IN8, 0x511, 0, 0, NULL }, { IN8, 0x511, 0, 0, NULL }, { IN8, 0x511, 0, 0, NULL },
		{ IN8, 0x511, 3, 0, "size of a" }, { IN8, 0x511, 0, 0, NULL }, { IN8, 0x511, 0x20, 0, "its number" },
		{ IN8, 0x511, 0, 0, NULL }, { IN8, 0x511, 0, 0, NULL }, { IN8, 0x511, 'a', 0, NULL }, { IN8, 0x511, 0, 0, NULL },
		{ OUT16, 0x510, 0x21, 0, "b" }, { IN8, 0x511, 'x', 0, NULL }, { IN8, 0x511, 'y', 0, NULL }, { IN8, 0x511, 0, 0, NULL },
	};
	Machine *machine = fake_machine_new();
	FwCfg *cfg = new_channel(machine);
	fw_cfg_add_file(cfg, "b", "xy", 2);
	fw_cfg_add_file(cfg, "a", "123", 3);
	FAKE_SCRIPT(machine, steps);
	fake_machine_free(machine);
}

static void test_dma(void)
{
	Machine *machine = fake_machine_new();
	FwCfg *cfg = new_channel(machine);
	char buffer[8] = "########";
	fw_cfg_add_file(cfg, "a", "123456", 6);
	memory_write(machine->memory, DMA_BUFFER, buffer, sizeof buffer);
	g_assert_cmphex(dma(machine, 0x20 << 16 | DMA_SELECT, 0, 0), ==, 0);
	g_assert_cmphex(dma(machine, DMA_SKIP, 2, 0), ==, 0);
	g_assert_cmphex(dma(machine, DMA_READ, 5, DMA_BUFFER), ==, 0);
	memory_read(machine->memory, DMA_BUFFER, buffer, sizeof buffer);
	g_assert_cmpmem(buffer, 8, "3456\0###", 8);
	g_assert_cmphex(dma(machine, 0x20 << 16 | DMA_SELECT | DMA_READ, 3, DMA_BUFFER), ==, 0);
	memory_read(machine->memory, DMA_BUFFER, buffer, 3);
	g_assert_cmpmem(buffer, 3, "123", 3);
	g_assert_cmphex(port_read(machine->ports, 0x511, 1), ==, '4');
	/* Not writable; and memory that isn't there, also behind a good beginning, and at the end of all addresses. */
	g_assert_cmphex(dma(machine, 0x20 << 16 | DMA_SELECT | DMA_WRITE, 3, DMA_BUFFER), ==, DMA_ERROR);
	g_assert_cmphex(dma(machine, 0x20 << 16 | DMA_SELECT | DMA_READ, 3, FAKE_RAM_BYTES), ==, DMA_ERROR);
	g_assert_cmphex(dma(machine, 0x20 << 16 | DMA_SELECT | DMA_READ, 3, FAKE_RAM_BYTES - 1), ==, DMA_ERROR);
	g_assert_cmphex(dma(machine, DMA_READ, UINT32_MAX, UINT64_MAX), ==, DMA_ERROR);
	g_assert_cmphex(dma(machine, DMA_READ, UINT32_MAX, FAKE_RAM_BYTES - 4096), ==, DMA_ERROR);
	/* A descriptor that isn't memory: nothing happens but a line in the log. */
	unsigned errors = machine->guest_errors;
	port_write(machine->ports, 0x514, UINT32_MAX, 4);
	port_write(machine->ports, 0x518, UINT32_MAX, 4);
	g_assert_cmpuint(machine->guest_errors, ==, errors + 1);
	fake_machine_free(machine);
}

static void count_write(void *owner, const char *name, uint32_t offset, uint32_t size)
{
	unsigned *written = owner;
	g_assert_cmpstr(name, ==, "w");
	*written += offset * 100 + size;
}

static void renew(void *owner, FwCfg *cfg, const char *name)
{
	unsigned *times = owner;
	g_autofree char *text = g_strdup_printf("%u", ++*times);
	fw_cfg_add_file(cfg, name, text, strlen(text));
}

static void test_callbacks(void)
{
	Machine *machine = fake_machine_new();
	FwCfg *cfg = new_channel(machine);
	unsigned written = 0, times = 0;
	size_t size;
	fw_cfg_add_writable_file(cfg, "w", "abcd", 4, count_write, &written);
	fw_cfg_add_callback(cfg, "again", renew, &times);
	memory_write(machine->memory, DMA_BUFFER, "XYZ", 3);
	g_assert_cmphex(dma(machine, 0x21 << 16 | DMA_SELECT | DMA_SKIP, 1, 0), ==, 0);
	g_assert_cmphex(dma(machine, DMA_WRITE, 2, DMA_BUFFER), ==, 0);
	g_assert_cmpuint(written, ==, 102);
	g_assert_cmpmem(fw_cfg_file_data(cfg, "w", &size), 4, "aXYd", 4);
	g_assert_cmphex(dma(machine, DMA_WRITE, 2, DMA_BUFFER), ==, DMA_ERROR); /* over its end */
	g_assert_cmpmem(fw_cfg_file_data(cfg, "w", &size), 4, "aXYd", 4);
	g_assert_cmphex(dma(machine, 0x4021 << 16 | DMA_SELECT | DMA_WRITE, 3, DMA_BUFFER), ==, 0);
	g_assert_cmpmem(fw_cfg_file_data(cfg, "w", &size), 4, "XYZd", 4);
	for (unsigned n = 1; n < 4; n++) {
		port_write(machine->ports, 0x510, 0x20, 2);
		g_assert_cmphex(port_read(machine->ports, 0x511, 1), ==, '0' + n);
	}
	fake_machine_free(machine);
}

/* ---- what firmware_setup() gives ---- */

static const uint32_t apic_ids[300] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static FirmwareInfo test_info(const MachineConfig *config)
{
	static const FirmwareBoot boots[] = {
		{ BOOT_IDE_DISK, 0x09, 0, 0, -1, 100, 16, 63 }, { BOOT_IDE_CDROM, 0x09, 1, 0, 1, 0, 0, 0 },
		{ BOOT_FLOPPY, 0, 0, 0, -1, 0, 0, 0 },
		{ BOOT_IDE_DISK, 0x09, 0, 1, 0, 0, 0, 0 },
	};
	static const uint8_t uuid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	return (FirmwareInfo) {
		.config = config, .uuid = uuid, .ram_below_4g = 3 * ((uint64_t)1 << 30), .ram_above_4g = (uint64_t)2 << 30,
		.cpus = 4, .apic_ids = apic_ids, .sockets = 2, .cores = 2, .threads = 1,
		.hpet = true, .keyboard = true, .mouse = true, .floppy_controller = true, .floppy_types = { FLOPPY_144, FLOPPY_NONE },
		.serial = { true, false, true, false }, .parallel = { true, false, false }, .panic_port = 0x505,
		.boots = boots, .boot_count = G_N_ELEMENTS(boots),
	};
}

static FwCfg *set_up(Machine *machine, const FirmwareInfo *info)
{
	GError *error = NULL;
	firmware_setup(machine, info, &error);
	g_assert_no_error(error);
	FwCfg *cfg = fw_cfg_find(machine);
	g_assert_nonnull(cfg);
	return cfg;
}

static void assert_file(FwCfg *cfg, const char *name, const void *expected, unsigned expected_size)
{
	size_t size;
	const uint8_t *data = fw_cfg_file_data(cfg, name, &size);
	g_assert_cmpmem(data, (unsigned)size, expected, expected_size);
}

static void test_boot_order(void)
{
#define INDEXED "/pci@i0cf8/ide@1,1/drive@0/disk@1\n/pci@i0cf8/ide@1,1/drive@1/disk@0"
#define LETTERED "/pci@i0cf8/isa@1/fdc@03f0/floppy@0\n/pci@i0cf8/ide@1,1/drive@0/disk@0"
	Machine *machine = fake_machine_new();
	MachineConfig config = { .machine_type = (char *)"pc", .boot_splash_time_ms = 700, .reboot_timeout_ms = -1,
		.boot_strict = true };
	FirmwareInfo info = test_info(&config);
	FwCfg *cfg = set_up(machine, &info);
	assert_file(cfg, "bootorder", INDEXED "\nHALT", sizeof INDEXED "\nHALT");
	firmware_set_boot_order(machine, "adc");
	assert_file(cfg, "bootorder", INDEXED "\n" LETTERED "\nHALT", sizeof INDEXED "\n" LETTERED "\nHALT");
	assert_file(cfg, "bios-geometry", "/pci@i0cf8/ide@1,1/drive@0/disk@0 100 16 63", 44);
	assert_file(cfg, "etc/boot-menu-wait", "\xbc\x02", 2);
	assert_file(cfg, "etc/boot-fail-wait", "\xff\xff\xff\xff", 4);
	assert_file(cfg, "etc/system-states", "\x80\x00\x00\x81\x82\x80", 6);
	fake_machine_free(machine);
}

static void test_cmos(void)
{
	static const struct {
		const char *letters;
		bool check;
		uint8_t cmos_38, cmos_3d;
	} cases[] = { { NULL, true, 0x30, 0x12 }, { "d", true, 0, 3 }, { "nadc", false, 0x31, 0x14 }, { "ca", false, 1, 0x12 } };
	static const char *const bad[] = { "x", "aa", "cdc", "c d" };
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		uint8_t at_38, at_3d;
		g_assert_true(firmware_cmos_boot_order(cases[n].letters, cases[n].check, &at_38, &at_3d, NULL));
		g_assert_cmphex(at_38, ==, cases[n].cmos_38);
		g_assert_cmphex(at_3d, ==, cases[n].cmos_3d);
	}
	for (unsigned n = 0; n < G_N_ELEMENTS(bad); n++) {
		uint8_t at_38, at_3d;
		GError *error = NULL;
		g_assert_false(firmware_cmos_boot_order(bad[n], true, &at_38, &at_3d, &error));
		g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
		g_error_free(error);
	}
}

static uint64_t little(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;
	memcpy(&value, at, bytes);
	return value;
}

static uint8_t sum(const uint8_t *data, size_t size)
{
	uint8_t total = 0;
	while (size--)
		total = (uint8_t)(total + *data++);
	return total;
}

static void test_e820(void)
{
	Machine *machine = fake_machine_new();
	MachineConfig config = { .machine_type = (char *)"pc", .boot_splash_time_ms = -1 };
	FirmwareInfo info = test_info(&config);
	FwCfg *cfg = set_up(machine, &info);
	size_t size;
	const uint8_t *data = fw_cfg_file_data(cfg, "etc/e820", &size);
	g_assert_cmpuint(size, ==, 40);
	g_assert_cmphex(little(data, 8), ==, 0);
	g_assert_cmphex(little(data + 8, 8), ==, 0xc0000000);
	g_assert_cmphex(little(data + 16, 4), ==, 1);
	g_assert_cmphex(little(data + 20, 8), ==, 0x100000000);
	g_assert_cmphex(little(data + 28, 8), ==, 0x80000000);
	data = fw_cfg_data(cfg, FW_CFG_RAM_SIZE, &size);
	g_assert_cmphex(little(data, 8), ==, 0x140000000);
	fake_machine_free(machine);
}

/* Walks the structures: as many as the anchor says, handles as expected, the end marker last. */
static void check_smbios(bool version3)
{
	static const uint16_t handles[] = { 0x100, 0x300, 0x400, 0x401, 0x1000, 0x1100, 0x1300, 0x1301, 0x2000, 0x7f00 };
	Machine *machine = fake_machine_new();
	MachineConfig config = { .machine_type = (char *)"pc", .boot_splash_time_ms = -1 };
	FirmwareInfo info = test_info(&config);
	info.smbios3 = version3;
	FwCfg *cfg = set_up(machine, &info);
	size_t size, anchor_size, at = 0;
	const uint8_t *anchor = fw_cfg_file_data(cfg, "etc/smbios/smbios-anchor", &anchor_size);
	const uint8_t *tables = fw_cfg_file_data(cfg, "etc/smbios/smbios-tables", &size);
	g_assert_cmpuint(anchor_size, ==, version3 ? 24 : 31);
	g_assert_cmphex(sum(anchor, anchor_size), ==, 0);
	if (!version3) {
		g_assert_cmphex(sum(anchor + 16, 15), ==, 0);
		g_assert_cmpuint(little(anchor + 22, 2), ==, size);
		g_assert_cmpuint(little(anchor + 28, 2), ==, G_N_ELEMENTS(handles));
	}
	for (unsigned n = 0; n < G_N_ELEMENTS(handles); n++) {
		g_assert_cmphex(little(tables + at + 2, 2), ==, handles[n]);
		at += tables[at + 1];
		while (tables[at] || tables[at + 1])
			at++;
		at += 2;
		g_assert_cmpuint(at, <=, size);
	}
	g_assert_cmpuint(at, ==, size);
	fake_machine_free(machine);
}

/* Items in the text's order, SMBIOS with its first three fields turned round. */
static void test_uuid(void)
{
	static const uint8_t expected[16] = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint8_t turned[8] = { 0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde };
	Machine *machine = fake_machine_new();
	MachineConfig config = { .machine_type = (char *)"pc", .boot_splash_time_ms = -1,
		.uuid = (char *)"12345678-9abc-def0-0102-030405060708" };
	FirmwareInfo info = test_info(&config);
	size_t size;
	info.uuid = NULL;
	FwCfg *cfg = set_up(machine, &info);
	g_assert_cmpmem(fw_cfg_data(cfg, FW_CFG_UUID, &size), 16, expected, 16);
	g_assert_cmpmem(fw_cfg_file_data(cfg, "etc/smbios/smbios-tables", &size) + 8, 8, turned, 8);
	fake_machine_free(machine);
}

static void test_smbios(void)
{
	check_smbios(false);
	check_smbios(true);
}

/* ---- ACPI ---- */

/* What firmware does with the table loader's script: everything is at `base` of a make-believe memory. */
typedef struct Loaded {
	uint8_t *tables, *rsdp;
	size_t tables_size, rsdp_size;
} Loaded;

enum { TABLES_BASE = 0x7fe0000, RSDP_BASE = 0xf5a40 };

static uint8_t *loaded_file(const Loaded *loaded, const char *name, size_t *size, uint32_t *base)
{
	bool rsdp = strcmp(name, "etc/acpi/rsdp") == 0;
	g_assert_true(rsdp || strcmp(name, "etc/acpi/tables") == 0);
	*size = rsdp ? loaded->rsdp_size : loaded->tables_size;
	*base = rsdp ? RSDP_BASE : TABLES_BASE;
	return rsdp ? loaded->rsdp : loaded->tables;
}

static void run_command(const Loaded *loaded, const uint8_t *command)
{
	size_t size, other_size;
	uint32_t base, other_base;
	const char *name = (const char *)command + 4;
	uint8_t *file = loaded_file(loaded, name, &size, &base);
	switch (little(command, 4)) {
	case 1: /* allocate */
		g_assert_cmpuint(base % little(command + 60, 4), ==, 0);
		g_assert_cmpuint(command[64], ==, base == RSDP_BASE ? 2 : 1);
		break;
	case 2: { /* pointer */
		uint64_t at = little(command + 116, 4);
		loaded_file(loaded, (const char *)command + 60, &other_size, &other_base);
		g_assert_cmpuint(command[120], ==, 4);
		g_assert_cmpuint(at + 4, <=, size);
		g_assert_cmpuint(little(file + at, 4), <, other_size);
		uint32_t value = (uint32_t)little(file + at, 4) + other_base;
		memcpy(file + at, &value, 4);
		break;
	}
	case 3: { /* checksum */
		uint64_t result = little(command + 60, 4), start = little(command + 64, 4), length = little(command + 68, 4);
		g_assert_cmpuint(start + length, <=, size);
		g_assert_cmpuint(result, <, size);
		file[result] = (uint8_t)(file[result] - sum(file + start, length));
		break;
	}
	default:
		g_assert_not_reached();
	}
}

static Loaded load_tables(FwCfg *cfg)
{
	Loaded loaded;
	size_t size;
	const uint8_t *data = fw_cfg_file_data(cfg, "etc/acpi/tables", &loaded.tables_size);
	loaded.tables = g_memdup2(data, loaded.tables_size);
	data = fw_cfg_file_data(cfg, "etc/acpi/rsdp", &loaded.rsdp_size);
	loaded.rsdp = g_memdup2(data, loaded.rsdp_size);
	const uint8_t *script = fw_cfg_file_data(cfg, "etc/table-loader", &size);
	g_assert_cmpuint(size % 128, ==, 0);
	for (size_t at = 0; at < size; at += 128)
		run_command(&loaded, script + at);
	return loaded;
}

static int run(const char *folder, const char *const *command, char **out)
{
	int status;
	g_assert_true(g_spawn_sync(folder, (char **)command, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, out, NULL, &status, NULL));
	return status;
}

/* Writes the table for iasl, and has it disassembled and, if it is code, compiled again. */
static void judge(const char *iasl, const char *folder, const uint8_t *table, uint32_t size)
{
	g_autofree char *name = g_strdup_printf("%s/%.4s", folder, table);
	g_autofree char *dat = g_strconcat(name, ".dat", NULL), *dsl = g_strconcat(name, ".dsl", NULL), *aml = g_strconcat(name, ".aml", NULL);
	g_autofree char *out = NULL, *again = NULL;
	static const char *const complaints[] = { "Invalid", "Unknown", "Incorrect", "ERROR" };
	int status;
	g_assert_true(g_file_set_contents(dat, (const char *)table, size, NULL));
	const char *const take_apart[] = { iasl, "-d", dat, NULL };
	status = run(folder, take_apart, &out);
	g_autofree char *text = NULL;
	g_assert_true(g_file_get_contents(dsl, &text, NULL, NULL));
	for (unsigned n = 0; n < G_N_ELEMENTS(complaints); n++)
		status |= strstr(text, complaints[n]) != NULL;
	if (status || strstr(out, "rror"))
		g_error("%.4s: iasl says\n%s\n%s", table, out, text);
	const char *const compile[] = { iasl, "-ve", "-p", name, dsl, NULL };
	status = run(folder, compile, &again);
	if (status || !strstr(again, " 0 Errors"))
		g_error("%.4s: iasl -ve says\n%s\n%s", table, again, text);
	g_remove(dat);
	g_remove(dsl);
	g_remove(aml);
}

static void check_tables(FwCfg *cfg, const char *expected, const char *iasl)
{
	Loaded loaded = load_tables(cfg);
	g_autofree char *folder = g_dir_make_tmp("vivarium-acpi-XXXXXX", NULL);
	g_autoptr(GString) found = g_string_new(NULL);
	g_assert_cmphex(sum(loaded.rsdp, 20), ==, 0);
	const uint8_t *rsdt = loaded.tables + little(loaded.rsdp + 16, 4) - TABLES_BASE;
	g_assert_cmphex(sum(rsdt, little(rsdt + 4, 4)), ==, 0);
	for (unsigned at = 36; at < little(rsdt + 4, 4); at += 4) {
		const uint8_t *table = loaded.tables + little(rsdt + at, 4) - TABLES_BASE;
		uint32_t size = (uint32_t)little(table + 4, 4);
		g_string_append_printf(found, "%.4s ", table);
		g_assert_cmphex(sum(table, size), ==, 0);
		if (iasl)
			judge(iasl, folder, table, size);
		if (memcmp(table, "FACP", 4) == 0) {
			const uint8_t *facs = loaded.tables + little(table + 36, 4) - TABLES_BASE;
			const uint8_t *dsdt = loaded.tables + little(table + 40, 4) - TABLES_BASE;
			g_assert_cmpuint(size, ==, 116);
			g_assert_cmpmem(facs, 4, "FACS", 4);
			g_assert_cmpuint(little(table + 36, 4) % 64, ==, 0);
			g_assert_cmphex(sum(dsdt, little(dsdt + 4, 4)), ==, 0);
			if (iasl)
				judge(iasl, folder, dsdt, (uint32_t)little(dsdt + 4, 4));
		}
	}
	g_assert_cmpstr(found->str, ==, expected);
	g_rmdir(folder);
	g_free(loaded.tables);
	g_free(loaded.rsdp);
}

static void check_acpi(const FirmwareInfo *info, const char *expected, const char *iasl)
{
	Machine *machine = fake_machine_new();
	check_tables(set_up(machine, info), expected, iasl);
	fake_machine_free(machine);
}

static void test_acpi(const void *judged)
{
	g_autofree char *iasl = judged ? g_find_program_in_path("iasl") : NULL;
	MachineConfig config = { .machine_type = (char *)"pc", .boot_splash_time_ms = -1 };
	static const FirmwareNode nodes[2] = { { (uint64_t)1 << 30 }, { (uint64_t)4 << 30 } };
	static const uint8_t cpu_nodes[4] = { 0, 0, 1, 1 };
	if (judged && !iasl) {
		g_test_skip("iasl (package acpica-tools) isn't installed");
		return;
	}
	FirmwareInfo info = test_info(&config);
	check_acpi(&info, "FACP APIC HPET WAET ", iasl);
	FirmwareInfo bare = { .config = &config, .cpus = 1, .apic_ids = apic_ids, .ram_below_4g = 16 << 20, .disable_s3 = true,
		.disable_s4 = true };
	check_acpi(&bare, "FACP APIC WAET ", iasl);
	uint32_t *many = g_new(uint32_t, 300);
	for (unsigned n = 0; n < 300; n++)
		many[n] = n;
	info.cpus = 300;
	info.apic_ids = many;
	info.pci64_base = (uint64_t)6 << 30;
	info.pci64_size = (uint64_t)2 << 30;
	check_acpi(&info, "FACP APIC HPET WAET ", iasl);
	g_free(many);
	info = test_info(&config);
	info.nodes = 2;
	info.node = nodes;
	info.cpu_nodes = cpu_nodes;
	check_acpi(&info, "FACP APIC HPET SRAT SLIT WAET ", iasl);
}

/* ---- kernels ---- */

typedef struct KernelCase {
	const char *name;
	unsigned protocol; /* 0: not a Linux image */
	bool high;
	uint32_t setup_addr, kernel_addr, initrd_addr; /* expected */
	uint32_t initrd_max;
	uint16_t xloadflags;
} KernelCase;

enum { KERNEL_BYTES = 5 * 512 + 3000, INITRD_BYTES = 5000, TEST_RAM = 64 << 20 };

static char *write_temporary(const void *data, size_t size)
{
	char *name = NULL;
	int file = g_file_open_tmp("vivarium-kernel-XXXXXX", &name, NULL);
	g_assert_cmpint(file, >=, 0);
	g_close(file, NULL);
	g_assert_true(g_file_set_contents(name, data, (gssize)size, NULL));
	return name;
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, 4);
}

static void check_linux(const KernelCase *kernel)
{
	uint8_t image[KERNEL_BYTES] = { 0 }, initrd[INITRD_BYTES] = { 7 };
	image[0x1f1] = 4;
	memcpy(image + 0x1fe, "\x55\xaa", 2);
	memcpy(image + 0x202, "HdrS", 4);
	memcpy(image + 0x206, &kernel->protocol, 2);
	image[0x211] = kernel->high;
	put32(image + 0x22c, kernel->initrd_max);
	memcpy(image + 0x236, &kernel->xloadflags, 2);
	put32(image + 0x238, 2047);
	g_autofree char *kernel_file = write_temporary(image, sizeof image), *initrd_file = write_temporary(initrd, sizeof initrd);
	MachineConfig config = { .machine_type = (char *)"pc", .boot_splash_time_ms = -1, .kernel = kernel_file, .initrd = initrd_file,
		.append = (char *)"quiet vga=0x317" };
	FirmwareInfo info = { .config = &config, .cpus = 1, .apic_ids = apic_ids, .ram_below_4g = TEST_RAM };
	Machine *machine = fake_machine_new();
	FwCfg *cfg = set_up(machine, &info);
	size_t size;
	const uint8_t *setup = fw_cfg_data(cfg, FW_CFG_SETUP_DATA, &size);
	g_test_message("%s", kernel->name);
	g_assert_cmpuint(size, ==, 5 * 512);
	g_assert_cmphex(little(fw_cfg_data(cfg, FW_CFG_SETUP_ADDR, &size), 4), ==, kernel->setup_addr);
	g_assert_cmphex(little(fw_cfg_data(cfg, FW_CFG_KERNEL_ADDR, &size), 4), ==, kernel->kernel_addr);
	g_assert_cmphex(little(fw_cfg_data(cfg, FW_CFG_INITRD_ADDR, &size), 4), ==, kernel->initrd_addr);
	g_assert_cmphex(little(setup + 0x218, 4), ==, kernel->initrd_addr);
	g_assert_cmphex(little(setup + 0x21c, 4), ==, INITRD_BYTES);
	g_assert_cmphex(setup[0x210], ==, 0xff);
	g_assert_cmphex(little(setup + 0x1fa, 2), ==, 0x317);
	uint32_t cmdline = (uint32_t)little(fw_cfg_data(cfg, FW_CFG_CMDLINE_ADDR, &size), 4);
	if (kernel->protocol >= 0x202) {
		g_assert_cmphex(little(setup + 0x228, 4), ==, cmdline);
	} else {
		g_assert_cmphex(little(setup + 0x20, 2), ==, 0xa33f);
		g_assert_cmphex(little(setup + 0x22, 2) + kernel->setup_addr, ==, cmdline);
	}
	assert_file(cfg, "bootorder", "/rom@genroms/linuxboot.bin", 27);
	const uint8_t *rom = fw_cfg_file_data(cfg, "genroms/linuxboot.bin", &size);
	g_assert_cmphex(little(rom, 2), ==, 0xaa55);
	g_assert_cmpuint(rom[2] * 512u, ==, size);
	g_assert_cmphex(sum(rom, size), ==, 0);
	fake_machine_free(machine);
	g_remove(kernel_file);
	g_remove(initrd_file);
}

static void test_linux(void)
{
	enum { TOP = TEST_RAM - (512 << 10) - 8192 };
	static const KernelCase cases[] = {
		{ "zImage 2.00", 0x200, false, 0x90000, 0x10000, TOP, 0, 0 },
		{ "bzImage 2.01", 0x201, true, 0x90000, 0x100000, TOP, 0, 0 },
		{ "bzImage 2.03, initrd below 32 MiB", 0x203, true, 0x10000, 0x100000, (32 << 20) - 8192, (32 << 20) - 1, 0 },
		{ "bzImage 2.12, initrd anywhere", 0x20c, true, 0x10000, 0x100000, TOP, (32 << 20) - 1, 2 },
		{ "bzImage 2.15", 0x20f, true, 0x10000, 0x100000, TOP, 0x7fffffff, 0 },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++)
		check_linux(&cases[n]);
}

static FwCfg *boot_multiboot(Machine *machine, const uint8_t *image, size_t size, const char *modules, GError **error)
{
	g_autofree char *file = write_temporary(image, size);
	MachineConfig config = { .machine_type = (char *)"pc", .boot_splash_time_ms = -1, .kernel = file, .initrd = (char *)modules,
		.append = (char *)"one two" };
	FirmwareInfo info = { .config = &config, .cpus = 1, .apic_ids = apic_ids, .ram_below_4g = TEST_RAM };
	firmware_setup(machine, &info, error);
	g_remove(file);
	return fw_cfg_find(machine);
}

static void put_multiboot_header(uint8_t *at, uint32_t flags)
{
	put32(at, 0x1badb002);
	put32(at + 4, flags);
	put32(at + 8, 0u - 0x1badb002 - flags);
}

static void test_multiboot_addresses(void)
{
	uint8_t image[1000] = { 0 };
	GError *error = NULL;
	put_multiboot_header(image + 64, 0x10003);
	put32(image + 64 + 12, 0x100020); /* header: 32 bytes of the file are left out */
	put32(image + 64 + 16, 0x100000);
	put32(image + 64 + 20, 0);
	put32(image + 64 + 24, 0x101000);
	put32(image + 64 + 28, 0x100040);
	image[32] = 0x99;
	g_autofree char *one = write_temporary("module", 6), *two = write_temporary("x,y", 3);
	g_autofree char *modules = g_strdup_printf("%s with,,comma,%s", one, two);
	Machine *machine = fake_machine_new();
	FwCfg *cfg = boot_multiboot(machine, image, sizeof image, modules, &error);
	g_assert_no_error(error);
	size_t size, info_size;
	const uint8_t *memory = fw_cfg_data(cfg, FW_CFG_KERNEL_DATA, &size);
	const uint8_t *info = fw_cfg_data(cfg, FW_CFG_INITRD_DATA, &info_size);
	g_assert_cmpuint(size, ==, 0x2003);
	g_assert_cmphex(memory[0], ==, 0x99);
	g_assert_cmphex(memory[1000], ==, 0);
	g_assert_cmpmem(memory + 0x1000, 6, "module", 6);
	g_assert_cmpmem(memory + 0x2000, 3, "x,y", 3);
	g_assert_cmpuint(little(info + 20, 4), ==, 2);
	const uint8_t *entry = info + little(info + 24, 4) - 0x9000;
	g_assert_cmphex(little(entry, 4), ==, 0x101000);
	g_assert_cmphex(little(entry + 4, 4), ==, 0x101006);
	g_assert_true(g_str_has_suffix((const char *)info + little(entry + 8, 4) - 0x9000, " with,comma"));
	g_assert_true(g_str_has_suffix((const char *)info + little(info + 16, 4) - 0x9000, " one two"));
	g_assert_cmphex(little(fw_cfg_data(cfg, FW_CFG_KERNEL_ENTRY, &size), 4), ==, 0x100040);
	g_remove(one);
	g_remove(two);
	fake_machine_free(machine);
}

static void fill_elf(uint8_t *image, uint32_t paddr, uint32_t filesz, uint32_t memsz)
{
	memcpy(image, "\177ELF\1\1\1", 7);
	image[18] = 3;
	put32(image + 24, 0x200010);
	put32(image + 28, 52);
	image[42] = 32;
	image[44] = 1;
	put32(image + 52, 1);
	put32(image + 52 + 4, 0x100);
	put32(image + 52 + 12, paddr);
	put32(image + 52 + 16, filesz);
	put32(image + 52 + 20, memsz);
	put_multiboot_header(image + 0x100, 7);
}

static void test_multiboot_elf(void)
{
	static const struct {
		uint32_t paddr, filesz, memsz;
		bool good;
	} cases[] = {
		{ 0x200000, 0x100, 0x5000, true }, { 0x200000, 0x101, 0x5000, false }, { 0x200000, 0x100, 0x50, false },
		{ 0x9f000, 0x100, 0x100, false }, { 0xffffff00, 0x100, 0x200, false }, { 0x200000, 0x100, 0xf0000000, false },
		{ 0x9000, 0x10, 0x10, false }, { 0x10000, 0x10, 0x10, true }, { 0x200000, 0xffffffff, 0xffffffff, false },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		uint8_t image[0x200] = { 0 };
		GError *error = NULL;
		size_t size;
		fill_elf(image, cases[n].paddr, cases[n].filesz, cases[n].memsz);
		Machine *machine = fake_machine_new();
		FwCfg *cfg = boot_multiboot(machine, image, sizeof image, NULL, &error);
		g_assert_true((error == NULL) == cases[n].good);
		if (cases[n].good) {
			const uint8_t *memory = fw_cfg_data(cfg, FW_CFG_KERNEL_DATA, &size);
			g_assert_cmpuint(size, ==, cases[n].memsz);
			g_assert_cmphex(little(memory, 4), ==, 0x1badb002);
		}
		g_clear_error(&error);
		fake_machine_free(machine);
	}
}

/* Bent images of both kinds: an error or a result, never a crash. */
static void test_kernel_fuzz(void)
{
	g_autoptr(GRand) dice = g_rand_new_with_seed(20);
	for (unsigned n = 0; n < 2000; n++) {
		uint8_t image[0x1000] = { 0 };
		unsigned size = g_rand_boolean(dice) ? sizeof image : (unsigned)g_rand_int_range(dice, 0x10, sizeof image);
		if (n & 1) {
			fill_elf(image, 0x200000, 0x100, 0x100);
			put_multiboot_header(image + 0x100, g_rand_boolean(dice) ? 3 : 0x10003);
		} else {
			memcpy(image + 0x1fe, "\x55\xaa\0\0HdrS\x0f\x02", 10);
		}
		for (unsigned bend = 0; bend < 6; bend++)
			image[g_rand_int_range(dice, 0, n & 1 ? 0x120 : 0x264)] = (uint8_t)g_rand_int(dice);
		GError *error = NULL;
		Machine *machine = fake_machine_new();
		boot_multiboot(machine, image, size, NULL, &error);
		g_clear_error(&error);
		fake_machine_free(machine);
	}
}

/* ---- hostile guests ---- */

static void test_fuzz(void)
{
	static const FuzzRange ranges[] = { { false, 0x510, 12 } };
	Machine *machine = fake_machine_new();
	MachineConfig config = { .machine_type = (char *)"pc", .boot_splash_time_ms = -1 };
	FirmwareInfo info = test_info(&config);
	FwCfg *cfg = set_up(machine, &info);
	fw_cfg_add_writable_file(cfg, "w", NULL, 4096, NULL, NULL);
	fake_fuzz(machine, 510, 100000, ranges, G_N_ELEMENTS(ranges));
	g_autoptr(GRand) dice = g_rand_new_with_seed(514);
	for (unsigned n = 0; n < 20000; n++) {
		static const uint64_t masks[] = { 0xffff, 0xffffff, 0xffffffff, UINT64_MAX };
		uint64_t address = ((uint64_t)g_rand_int(dice) << 32 | g_rand_int(dice)) & masks[g_rand_int(dice) & 3];
		uint32_t key = g_rand_boolean(dice) ? g_rand_int(dice) & 0x403f : g_rand_int(dice) & 0xffff;
		dma(machine, key << 16 | (g_rand_int(dice) & 31), (uint32_t)(g_rand_int(dice) & masks[g_rand_int(dice) & 1]), address);
	}
	fake_machine_free(machine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fw_cfg/registers", test_registers);
	g_test_add_func("/fw_cfg/dma", test_dma);
	g_test_add_func("/fw_cfg/callbacks", test_callbacks);
	g_test_add_func("/fw_cfg/fuzz", test_fuzz);
	g_test_add_func("/firmware/boot-order", test_boot_order);
	g_test_add_func("/firmware/cmos", test_cmos);
	g_test_add_func("/firmware/e820", test_e820);
	g_test_add_func("/firmware/smbios", test_smbios);
	g_test_add_func("/firmware/uuid", test_uuid);
	g_test_add_data_func("/firmware/acpi", NULL, test_acpi);
	g_test_add_data_func("/firmware/acpi-by-iasl", "iasl", test_acpi);
	g_test_add_func("/firmware/linux", test_linux);
	g_test_add_func("/firmware/multiboot-addresses", test_multiboot_addresses);
	g_test_add_func("/firmware/multiboot-elf", test_multiboot_elf);
	g_test_add_func("/firmware/kernel-fuzz", test_kernel_fuzz);
	return g_test_run();
}
