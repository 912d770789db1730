/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "machine/options.h"

static const struct { const char *name; gsize bytes; } images[] = {
	{ "disk.img", 10 << 20 }, { "disk2.img", 50 << 20 }, { "cd.iso", 1 << 20 }, { "floppy.img", 1440 << 10 },
};

void build_enter_folder(void)
{
	enum { BIOS_BYTES = 0x10000 };
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_dir_make_tmp("viv-test-XXXXXX", &error), *bios = g_malloc(BIOS_BYTES);
	g_assert_no_error(error);
	g_assert_cmpint(g_chdir(folder), ==, 0);
	for (unsigned n = 0; n < G_N_ELEMENTS(images); n++) {
		g_assert_true(g_file_set_contents(images[n].name, "", 0, NULL));
		g_assert_cmpint(truncate(images[n].name, (off_t)images[n].bytes), ==, 0);
	}
	memset(bios, 0x55, BIOS_BYTES);
	memcpy(bios + 0xfff0, "\xeb\xfe", 2);
	g_assert_true(g_file_set_contents("bios.bin", bios, BIOS_BYTES, NULL));
}

void build_leave_folder(void)
{
	g_autofree char *folder = g_get_current_dir();
	g_autoptr(GDir) dir = g_dir_open(".", 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir));)
		g_unlink(name);
	g_assert_cmpint(g_chdir("/"), ==, 0);
	g_rmdir(folder);
}

Machine *build_machine(const char *line, GError **error)
{
	g_auto(GStrv) argv = g_strsplit(line, " ", -1);
	g_autoptr(MachineConfig) config = config_new();
	g_auto(OptionsAction) action = { .kind = OPTIONS_RUN };
	if (!options_parse(config, *line ? (int)g_strv_length(argv) : 0, argv, &action, error))
		return NULL;
	g_assert_cmpint(action.kind, ==, OPTIONS_RUN);
	return machine_new(config, error);
}
