/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bios-menu-test GOLDEN SEEN SECTOR BMP JPEG: what SeaBIOS does by -boot's other suboptions: its menu, the splash picture, what
 * happens when nothing can be booted. */
#include <glib/gstdio.h>
#include <string.h>

#include "golden.h"
#include "media.h"

#define NOBODY_WAITS "splash-time=65535" /* ms; the tests press a key */
#define THREE_MEDIA  "-hda disk.img -fda floppy.img -cdrom cd.iso"
#define WITH_SERIAL  "-m 32 -device isa-debug-exit -serial file:serial.txt "

typedef struct Fixture {
	GoldenPlaces places;
	char *folder;
	const char *splash[2]; /* BMP, JPEG */
} Fixture;

/* SeaBIOS's version stands in the first row. */
static const GoldenMask version[] = {GOLDEN_CELLS(0, 0, 80, 1), {0}};

/* What was said at the serial port is in the file when the machine is gone. */
static char *heard(Pc *pc)
{
	pc_free(pc);
	char *said = NULL;
	return g_file_get_contents("serial.txt", &said, NULL, NULL) ? said : g_strdup("");
}

/* The end of the machine, which is freed. */
static void assert_booted(Pc *pc, const char *said)
{
	g_assert_cmpint(pc_wait_end(pc), ==, MEDIA_EXIT_STATUS);
	g_autofree char *is = heard(pc);
	g_assert_cmpstr(is, ==, said);
}

/* Runs with the serial port in serial.txt; NULL: there can be no test, or it has failed. */
static Pc *boot(const char *options)
{
	g_autofree char *all = g_strconcat(WITH_SERIAL, options, NULL);
	g_remove("serial.txt");
	return pc_need_firmware() ? pc_new(all) : NULL;
}

/* ---- the menu ---- */

/* The menu is there or about to be: `key` chooses. */
static void choose(Pc *pc, const char *key, const char *said)
{
	pc_wait_text(pc, "Select boot device:");
	pc_key(pc, key);
	assert_booted(pc, said);
}

static void menu_case(gconstpointer data)
{
	const Fixture *f = data;
	g_autoptr(Pc) pc = boot(THREE_MEDIA " -boot menu=on," NOBODY_WAITS);
	if (!pc || !pc_wait_text(pc, "Press ESC for boot menu."))
		return;
	pc_key(pc, "esc");
	if (pc_wait_text(pc, "3. ") && golden_wait(pc, &f->places, "boot-menu", version))
		choose(g_steal_pointer(&pc), "2", "FLOP drive 00 screen FLOP\n");
}

/* The order that the menu shows is the boot order's. */
static void menu_order_case(gconstpointer data)
{
	(void)data;
	g_autoptr(Pc) pc = boot(THREE_MEDIA " -boot order=d,menu=on," NOBODY_WAITS);
	if (!pc || !pc_wait_text(pc, "Press ESC for boot menu."))
		return;
	pc_key(pc, "esc");
	choose(g_steal_pointer(&pc), "1", "CDNO drive e0 screen CDNO\n");
}

static void menu_expires_case(gconstpointer data)
{
	(void)data;
	g_autoptr(Pc) pc = boot(THREE_MEDIA " -boot menu=on,splash-time=50");
	if (pc)
		assert_booted(g_steal_pointer(&pc), "DISK drive 80 screen DISK\n");
}

/* ---- the splash picture ---- */

/* The key that leads to the menu ends the picture, and the screen is text again. */
static void splash(const Fixture *f, const char *picture, const char *golden)
{
	g_autofree char *options = g_strdup_printf(THREE_MEDIA " -boot menu=on,splash=%s," NOBODY_WAITS, picture);
	g_autoptr(Pc) pc = boot(options);
	if (!pc || !golden_wait(pc, &f->places, golden, NULL))
		return;
	pc_key(pc, "esc");
	choose(g_steal_pointer(&pc), "1", "DISK drive 80 screen DISK\n");
}

static void splash_bmp_case(gconstpointer data)
{
	const Fixture *f = data;
	splash(f, f->splash[0], "splash-bmp");
}

static void splash_jpeg_case(gconstpointer data)
{
	const Fixture *f = data;
	splash(f, f->splash[1], "splash-jpeg");
}

/* ---- nothing to boot ---- */

static void says(const char *options, const char *text)
{
	g_autoptr(Pc) pc = boot(options);
	if (!pc)
		return;
	pc_wait_text(pc, text);
	g_autofree char *said = heard(g_steal_pointer(&pc));
	g_assert_cmpstr(said, ==, "");
}

static void stays_case(gconstpointer data)
{
	(void)data;
	says("-hda disk-blank.img", "No bootable device.\n");
}

static void retries_case(gconstpointer data)
{
	(void)data;
	says("-hda disk-blank.img -boot reboot-timeout=65000", "No bootable device.  Retrying in 65 seconds.");
}

/* It does reset: with -no-reboot the machine ends. */
static void reboots_case(gconstpointer data)
{
	(void)data;
	g_autoptr(Pc) pc = boot("-hda disk-blank.img -boot reboot-timeout=100 -no-reboot");
	if (pc)
		g_assert_cmpint(pc_wait_end(pc), ==, 0);
}

/* What isn't in the order isn't tried. */
static void strict_case(gconstpointer data)
{
	(void)data;
	says("-hda disk.img -fda floppy-blank.img -boot order=a,strict=on", "No bootable device.");
}

static void not_strict_case(gconstpointer data)
{
	(void)data;
	g_autoptr(Pc) pc = boot("-hda disk.img -fda floppy-blank.img -boot order=a");
	if (pc)
		assert_booted(g_steal_pointer(&pc), "DISK drive 80 screen DISK\n");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*function)(gconstpointer data);
	} cases[] = {
		{"/menu/chooses", menu_case},
		{"/menu/order", menu_order_case},
		{"/menu/expires", menu_expires_case},
		{"/splash/bmp", splash_bmp_case},
		{"/splash/jpeg", splash_jpeg_case},
		{"/nothing/stays", stays_case},
		{"/nothing/retries", retries_case},
		{"/nothing/reboots", reboots_case},
		{"/strict/on", strict_case},
		{"/strict/off", not_strict_case},
	};
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 6) {
		g_printerr("usage: bios-menu-test GOLDEN SEEN SECTOR BMP JPEG\n");
		return 2;
	}
	for (int n = 1; n < argc; n++) /* for the life of the process: it goes into the media's folder */
		argv[n] = g_canonicalize_filename(argv[n], NULL);
	const Fixture fixture = {{argv[1], argv[2]}, media_new(argv[3]), {argv[4], argv[5]}};
	if (!fixture.folder || g_chdir(fixture.folder))
		return 2;
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++)
		g_test_add_data_func(cases[n].path, &fixture, cases[n].function);
	int result = g_test_run();
	media_free(fixture.folder);
	for (int n = 1; n < argc; n++)
		g_free(argv[n]);
	return result;
}
