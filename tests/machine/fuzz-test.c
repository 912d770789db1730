/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines and documents made of dice: each is refused with one line, or makes a configuration that is written and read
 * again without loss, and a machine or an error. `--seed` of a failed run makes it again. */
#include <string.h>

#include "build.h"
#include "machine/options_table.h"

/* ---- dice ---- */

static bool chance(int one_in)
{
	return g_test_rand_int_range(0, one_in) == 0;
}

#define PICK(list) list[g_test_rand_int_range(0, G_N_ELEMENTS(list))]

static const char *const numbers[] = {
	"0", "1", "2", "3", "7", "255", "256", "65535", "65536", "-1", "-2", "0x10", "1G", "64M", "1.5G", "1e9", "4294967296", "18446744073709551616", "", " ",
};
static const char *const words[] = {
	"on", "off", "auto", "none", "null", "help", "?", "pc", "interp", "std", "raw", "disk", "cdrom", "ide", "floppy", "c", "dca", "disk.img", "disk2.img",
	"floppy.img", "cd.iso", "nothing", "utc", "2006-06-17", "slew", "d", "e", "qemu64", "ide-hd", "ide-cd", "isa-serial", "isa-fdc", "VGA", "pvpanic",
	"isa-debug-exit", "ide.0", "ide.1", "a,,b", ",", ",,", "=", "\xff", "\xc3\xa9", "%s%n%d", "01234567-89ab-cdef-0123-456789abcdef",
};
static const char *const keys[] = {
	"file", "if", "index", "media", "format", "readonly", "snapshot", "serial", "id", "bus", "unit", "order", "once", "menu", "strict", "splash",
	"splash-time", "reboot-timeout", "cpus", "maxcpus", "sockets", "cores", "threads", "size", "type", "accel", "hpet", "acpi", "pit", "i8042", "smm",
	"max-ram-below-4g", "x-oem-id", "smbios-entry-point-type", "smp.cpus", "memory.size", "boot.order", "graphics", "kernel", "firmware", "base", "clock",
	"driftfix", "guest", "debug-threads", "drive", "bootindex", "bootindexA", "lcyls", "lheads", "lsecs", "cyls", "heads", "secs", "bios-chs-trans", "wwn",
	"iobase", "irq", "dma", "driver", "property", "value", "addr", "romfile", "vgamem_mb", "multifunction", "noreadonly",
};

static void add_value(GString *out)
{
	if (chance(8))
		g_string_append_c(out, (char)g_test_rand_int_range(1, 256));
	else
		g_string_append(out, chance(2) ? PICK(numbers) : PICK(words));
}

static char *dice_value(void)
{
	GString *out = g_string_new(NULL);
	for (int n = g_test_rand_int_range(0, 5); n >= 0; n--) {
		if (chance(2))
			g_string_append_printf(out, "%s=", PICK(keys));
		add_value(out);
		if (n)
			g_string_append_c(out, chance(12) ? '.' : ',');
	}
	return g_string_free(out, FALSE);
}

/* "DRIVER,PROPERTY=..." or "DRIVER.PROPERTY=...", of those that there are. */
static char *dice_device(char separator)
{
	unsigned classes = 0, properties = 0;
	while (device_classes[classes])
		classes++;
	const DeviceClass *class = device_classes[g_test_rand_int_range(0, (int)classes)];
	while (class->properties && class->properties[properties].name)
		properties++;
	GString *out = g_string_new(class->name);
	for (int n = g_test_rand_int_range(1, separator == ',' ? 5 : 2); properties && n > 0; n--) {
		const Property *p = &class->properties[g_test_rand_int_range(0, (int)properties)];
		g_string_append_printf(out, "%c%s=", separator, p->name);
		if (p->choices && chance(2))
			g_string_append(out, p->choices[0]);
		else
			add_value(out);
	}
	return g_string_free(out, FALSE);
}

static char *dice_argument(const Option *option)
{
	if (!strcmp(option->name, "device") && !chance(4))
		return dice_device(',');
	return !strcmp(option->name, "global") && !chance(4) ? dice_device('.') : dice_value();
}

/* What the host would feel isn't among them: character devices but null, kernels and logs. */
static bool is_harmless(const Option *option)
{
	static const char *const harmful[] = { "serial", "parallel", "monitor", "debugcon", "nographic", "pidfile", "perfmap", "D", NULL };
	return !g_strv_contains(harmful, option->name);
}

static GPtrArray *dice_line(void)
{
	GPtrArray *line = g_ptr_array_new_with_free_func(g_free);
	unsigned count = 0;
	while (option_table[count].name)
		count++;
	for (int n = g_test_rand_int_range(1, 6); n > 0; n--) {
		const Option *option = &option_table[g_test_rand_int_range(0, (int)count)];
		while (chance(3) && strcmp(option->name, "device")) /* the richest one has more turns */
			option++, option = option->name ? option : option_table;
		if (!is_harmless(option))
			continue;
		g_ptr_array_add(line, g_strdup_printf("%s%s", chance(4) ? "--" : "-", option->name));
		if (option->argument && !chance(30))
			g_ptr_array_add(line, dice_argument(option));
	}
	return line;
}

/* ---- what must hold ---- */

static void check_error(const GError *error)
{
	g_assert_nonnull(error);
	g_assert_true(*error->message != 0);
	g_assert_null(strchr(error->message, '\n'));
}

static void check_document(const MachineConfig *config)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *json = config_to_json(config);
	g_autoptr(MachineConfig) again = config_from_json(json, &error);
	g_assert_no_error(error);
	g_autofree char *second = config_to_json(again);
	g_assert_cmpstr(json, ==, second);
}

/* Little memory and few processors, for there are many of them. */
static void check_machine(const MachineConfig *config)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MachineConfig) small = config_copy(config);
	small->memory_bytes = MIN(small->memory_bytes, 16 << 20);
	if (small->cpus > 4 || small->max_cpus > 8)
		return;
	if (!chance(8)) { /* a translator's memory takes its time to come */
		g_free(small->accelerators);
		small->accelerators = g_strdup("interp");
	}
	if (!small->firmware)
		small->firmware = g_strdup("bios.bin");
	g_autoptr(Machine) machine = machine_new(small, &error);
	if (!machine)
		check_error(error);
}

static void test_lines(void)
{
	enum { LINES = 3000 };
	for (unsigned n = 0; n < LINES; n++) {
		g_autoptr(GPtrArray) line = dice_line();
		g_autoptr(MachineConfig) config = config_new();
		g_auto(OptionsAction) action = { .kind = OPTIONS_RUN };
		g_autoptr(GError) error = NULL;
		if (!options_parse(config, (int)line->len, (char **)line->pdata, &action, &error)) {
			check_error(error);
		} else if (action.kind != OPTIONS_RUN) {
			g_autofree char *answer = options_answer(config, &action, &error);
			g_assert_cmpint(answer != NULL, ==, error == NULL);
		} else {
			check_document(config);
			check_machine(config);
		}
	}
}

/* ---- documents ---- */

/* Bytes of a good document are changed, left out, doubled, or come from elsewhere in it. */
static void spoil(GString *text)
{
	static const char *const tokens[] = { "{", "}", "[", "]", "\"", ":", ",", "null", "true", "-1", "1e99", "\\u0000", "\"x\"", "{}", "[]", "99999999999999999999" };
	for (int n = g_test_rand_int_range(1, 5); n > 0 && text->len; n--) {
		gssize at = g_test_rand_int_range(0, (int)text->len), length = g_test_rand_int_range(1, 20);
		length = MIN(length, (gssize)text->len - at);
		switch (g_test_rand_int_range(0, 4)) {
		case 0: text->str[at] = (char)g_test_rand_int_range(1, 256); break;
		case 1: g_string_erase(text, at, length); break;
		case 2: {
			g_autofree char *piece = g_strndup(text->str + at, (gsize)length);
			g_string_insert(text, g_test_rand_int_range(0, (int)text->len + 1), piece);
			break;
		}
		default: g_string_insert(text, at, PICK(tokens));
		}
	}
}

static void test_documents(void)
{
	enum { DOCUMENTS = 5000 };
	static char *line[] = { "-smp", "2", "-hda", "disk.img", "-drive", "file=cd.iso,if=none,id=d,media=cdrom", "-device", "ide-cd,drive=d,id=e", "-boot",
				"order=cd,menu=on,splash-time=3", "-global", "hpet.timers=4", "-machine", "pit=off", "-rtc", "base=localtime" };
	g_autoptr(MachineConfig) config = config_new();
	g_auto(OptionsAction) action = { .kind = OPTIONS_RUN };
	g_assert_true(options_parse(config, G_N_ELEMENTS(line), line, &action, NULL));
	g_autofree char *good = config_to_json(config);
	for (unsigned n = 0; n < DOCUMENTS; n++) {
		g_autoptr(GString) text = g_string_new(good);
		g_autoptr(GError) error = NULL;
		spoil(text);
		g_autoptr(MachineConfig) read = config_from_json(text->str, &error);
		if (!read) {
			check_error(error);
			continue;
		}
		check_document(read);
		if (chance(4))
			check_machine(read);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	build_enter_folder();
	g_test_add_func("/fuzz/command-lines", test_lines);
	g_test_add_func("/fuzz/documents", test_documents);
	int status = g_test_run();
	build_leave_folder();
	return status;
}
