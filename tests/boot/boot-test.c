/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bios-boot-test VIV SECTOR: SeaBIOS boots from hard disk, floppy and CD (El Torito without emulation and with floppy emulation),
 * in the order that -boot asks for. Each medium has a tag of its own, so that a line on the serial port says what was booted. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "media.h"
#include "pc.h"

#define PATIENCE_SECONDS 240 /* a boot takes less than one; a busy host is no failure */

/* ---- the boots ---- */

typedef struct Boot {
	const char *name;
	const char *options; /* as on the command line */
	const char *said;    /* on the serial port */
} Boot;

#define ALL_THREE "-hda disk.img -fda floppy.img -cdrom cd.iso"

/* Drive numbers: floppies from 00h, disks from 80h; E0h is SeaBIOS's for a CD without emulation. */
static const Boot boots[] = {
	{"disk", "-hda disk.img", "DISK drive 80 screen ----\n"},
	{"screen", "-hda disk.img -vga std", "DISK drive 80 screen DISK\n"},
	{"floppy", "-fda floppy.img -boot a", "FLOP drive 00 screen ----\n"},
	{"cd", "-cdrom cd.iso -boot d", "CDNO drive e0 screen ----\n"},
	{"cd-floppy", "-cdrom cd-floppy.iso -boot d", "CDFL drive 00 screen ----\n"},
	{"order-dca", ALL_THREE " -boot order=dca", "CDNO drive e0 screen ----\n"},
	{"order-acd", ALL_THREE " -boot order=acd", "FLOP drive 00 screen ----\n"},
	{"order-cad", ALL_THREE " -boot order=cad", "DISK drive 80 screen ----\n"},
	{"next-after-cd", "-hda disk.img -cdrom cd-blank.iso -boot order=dca", "DISK drive 80 screen ----\n"},
	{"next-after-floppy", "-fda floppy-blank.img -cdrom cd.iso -boot order=ad", "CDNO drive e0 screen ----\n"},
	{"next-after-disk", "-hda disk-blank.img -fda floppy.img -boot order=ca", "FLOP drive 00 screen ----\n"},
	{"once", "-hda disk.img -cdrom cd-reset.iso -boot order=c,once=d",
		"CDRE drive e0 screen ----\nDISK drive 80 screen ----\n"},
};

typedef struct Fixture {
	const char *viv, *folder;
	const Boot *boot;
} Fixture;

typedef struct Run {
	GSubprocess *process;
	GMainLoop *loop;
	guint timeout;
} Run;

static gboolean run_too_long(gpointer data)
{
	Run *run = data;
	run->timeout = 0;
	g_test_message("not over after %d seconds: ended", PATIENCE_SECONDS);
	g_subprocess_force_exit(run->process);
	return G_SOURCE_REMOVE;
}

static void run_over(GObject *source, GAsyncResult *result, gpointer data)
{
	Run *run = data;
	g_subprocess_wait_finish(G_SUBPROCESS(source), result, NULL);
	g_main_loop_quit(run->loop);
}

/* The exit status; -1 when it was ended by force or did not even start. */
static int run_machine(const Fixture *f, const char *serial)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
	g_autofree char *line = g_strdup_printf("run -m 32 -display none %s -monitor none -parallel none -device isa-debug-exit "
						"-serial %s %s",
		strstr(f->boot->options, "-vga") ? "" : "-vga none", serial, f->boot->options);
	g_auto(GStrv) options = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *command = g_strconcat("viv ", line, NULL);
	g_shell_parse_argv(command, NULL, &options, NULL);
	g_free(options[0]);
	options[0] = g_strdup(f->viv);
	g_subprocess_launcher_set_cwd(launcher, f->folder);
	g_test_message("%s", line);
	Run run = {.process = g_subprocess_launcher_spawnv(launcher, (const char *const *)options, &error)};
	g_assert_no_error(error);
	if (!run.process)
		return -1;
	run.loop = g_main_loop_new(NULL, FALSE);
	run.timeout = g_timeout_add_seconds(PATIENCE_SECONDS, run_too_long, &run);
	g_subprocess_wait_async(run.process, NULL, run_over, &run);
	g_main_loop_run(run.loop);
	if (run.timeout)
		g_source_remove(run.timeout);
	g_main_loop_unref(run.loop);
	int status = g_subprocess_get_if_exited(run.process) ? g_subprocess_get_exit_status(run.process) : -1;
	g_object_unref(run.process);
	return status;
}

static void boot_case(gconstpointer data)
{
	const Fixture *f = data;
	if (!pc_need_firmware())
		return;
	g_autofree char *serial = g_build_filename(f->folder, "serial.txt", NULL);
	g_autofree char *said = NULL;
	g_remove(serial);
	g_assert_cmpint(run_machine(f, "file:serial.txt"), ==, MEDIA_EXIT_STATUS);
	g_file_get_contents(serial, &said, NULL, NULL);
	g_assert_cmpstr(said, ==, f->boot->said);
}

/* ---- the whole ---- */

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 3) {
		g_printerr("usage: bios-boot-test VIV SECTOR\n");
		return 2;
	}
	g_autofree char *viv = g_canonicalize_filename(argv[1], NULL); /* it runs in the media's folder */
	char *folder = media_new(argv[2]);
	Fixture fixtures[G_N_ELEMENTS(boots)];
	if (!folder)
		return 2;
	for (unsigned n = 0; n < G_N_ELEMENTS(boots); n++) {
		g_autofree char *path = g_strconcat("/boot/", boots[n].name, NULL);
		fixtures[n] = (Fixture){viv, folder, &boots[n]};
		g_test_add_data_func(path, &fixtures[n], boot_case);
	}
	int result = g_test_run();
	media_free(folder);
	return result;
}
