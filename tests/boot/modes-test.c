/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bios-modes-test GOLDEN SEEN PROGRAM: the classic display modes, set and drawn into by the VGA BIOS and a boot sector
 * (modes.asm), compared with the golden screens in the folder GOLDEN. */
#include <glib/gstdio.h>
#include <string.h>

#include "golden.h"

#define DISK_BYTES (1024 * 1024)

/* modes.asm's fields */
enum { FIELDS_AT = 0x3e, FONT_8X8 = 1, NO_WORD = 2, UNDERLINED = 4 };
/* modes.asm's painters */
enum Painter {
	PAINT_TEXT,
	PAINT_CGA4,
	PAINT_CGA2,
	PAINT_PLANAR,
	PAINT_13H,
	PAINT_X,
	PAINT_VBE8,
	PAINT_VBE16,
	PAINT_VBE24,
	PAINT_VBE32,
};

typedef struct Mode {
	const char *name; /* and the golden screen's */
	uint16_t mode;
	uint8_t painter, option;
	uint16_t width, height; /* graphics modes */
} Mode;

/* Mode 7 follows mode 3, of the same timing: SeaBIOS's VGA BIOS writes the CRT controller at its monochrome port before it has
 * switched that on, so that the timing of the mode before stays. */
static const Mode modes[] = {
	{"text-40x25", 0x01, PAINT_TEXT},
	{"text-80x25", 0x03, PAINT_TEXT},
	{"text-80x50", 0x03, PAINT_TEXT, FONT_8X8},
	{"text-mono", 0x07, PAINT_TEXT, UNDERLINED},
	{"cga-4-colors", 0x04, PAINT_CGA4, 0, 320, 200},
	{"cga-2-colors", 0x06, PAINT_CGA2, 0, 640, 200},
	{"ega-320x200", 0x0d, PAINT_PLANAR, 0, 320, 200},
	{"ega-640x200", 0x0e, PAINT_PLANAR, 0, 640, 200},
	{"ega-mono", 0x0f, PAINT_PLANAR, 0, 640, 350},
	{"ega-640x350", 0x10, PAINT_PLANAR, 0, 640, 350},
	{"vga-2-colors", 0x11, PAINT_PLANAR, 0, 640, 480},
	{"vga-640x480", 0x12, PAINT_PLANAR, 0, 640, 480},
	{"vga-13h", 0x13, PAINT_13H, 0, 320, 200},
	{"vga-unchained", 0x13, PAINT_X, NO_WORD, 320, 240},
	{"vbe-8", 0x101, PAINT_VBE8, 0, 640, 480},
	{"vbe-16", 0x111, PAINT_VBE16, 0, 640, 480},
	{"vbe-24", 0x112, PAINT_VBE24, 0, 640, 480},
	{"vbe-32", 0x142, PAINT_VBE32, 0, 640, 480},
};

typedef struct Fixture {
	const Mode *mode;
	const GoldenPlaces *places;
	const char *folder;
	const char *program;
	size_t program_size;
} Fixture;

static void put_16(char *to, uint16_t value)
{
	to[0] = (char)value;
	to[1] = (char)(value >> 8);
}

static char *make_disk(const Fixture *f)
{
	char *path = g_build_filename(f->folder, "modes.img", NULL);
	g_autofree char *disk = g_malloc0(DISK_BYTES);
	g_autoptr(GError) error = NULL;
	char *fields = disk + FIELDS_AT;
	memcpy(disk, f->program, f->program_size);
	put_16(fields, f->mode->mode);
	fields[2] = (char)f->mode->painter;
	fields[3] = (char)f->mode->option;
	put_16(fields + 4, f->mode->width);
	put_16(fields + 6, f->mode->height);
	g_file_set_contents(path, disk, DISK_BYTES, &error);
	g_assert_no_error(error);
	return path;
}

static void mode_case(gconstpointer data)
{
	const Fixture *f = data;
	if (!pc_need_firmware())
		return;
	g_autofree char *disk = make_disk(f), *options = g_strdup_printf("-m 8 -boot c -hda %s", disk);
	g_autoptr(Pc) pc = pc_new(options);
	if (pc)
		golden_wait(pc, f->places, f->mode->name, NULL);
	g_remove(disk);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 4) {
		g_printerr("usage: bios-modes-test GOLDEN SEEN PROGRAM\n");
		return 2;
	}
	const GoldenPlaces places = {argv[1], argv[2]};
	g_autofree char *folder = g_dir_make_tmp("viv-modes-XXXXXX", NULL), *program = NULL;
	gsize size = 0;
	if (!folder || !g_file_get_contents(argv[3], &program, &size, NULL) || size > DISK_BYTES) {
		g_printerr("%s: no program for the boot disk\n", argv[3]);
		return 2;
	}
	Fixture fixtures[G_N_ELEMENTS(modes)];
	for (unsigned n = 0; n < G_N_ELEMENTS(modes); n++) {
		g_autofree char *path = g_strconcat("/modes/", modes[n].name, NULL);
		fixtures[n] = (Fixture){&modes[n], &places, folder, program, size};
		g_test_add_data_func(path, &fixtures[n], mode_case);
	}
	int result = g_test_run();
	g_rmdir(folder);
	return result;
}
