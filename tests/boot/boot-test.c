/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bios-boot-test VIV SECTOR: SeaBIOS boots from hard disk, floppy and CD (El Torito without emulation and with floppy emulation),
 * in the order that -boot asks for. The media are made here, around one boot sector (sector.asm) that tells its tag and the drive
 * number it was given; each has a tag of its own, so that a line on the serial port says what was booted. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "pc.h"

#define SECTOR           512
#define CD_BLOCK         2048
#define FLOPPY_BYTES     (80 * 2 * 18 * SECTOR)
#define DISK_BYTES       (4 * 1024 * 1024)
#define EXIT_STATUS      (2 * 0x2a + 1) /* what sector.asm writes to isa-debug-exit */
#define PATIENCE_SECONDS 240            /* a boot takes less than one; a busy host is no failure */

/* sector.asm's fields */
#define SECTOR_TAG    0x3e
#define SECTOR_ACTION 0x42
#define TAG_LENGTH    4

/* ---- the media ---- */

typedef enum Shape { SHAPE_DISK, SHAPE_FLOPPY, SHAPE_CD, SHAPE_CD_FLOPPY } Shape;

typedef struct Medium {
	const char *name, *tag; /* tag: NULL for a medium that doesn't boot */
	Shape shape;
	bool resets; /* instead of ending the machine */
} Medium;

static const Medium media[] = {
	{"disk.img", "DISK", SHAPE_DISK, false},
	{"floppy.img", "FLOP", SHAPE_FLOPPY, false},
	{"cd.iso", "CDNO", SHAPE_CD, false},
	{"cd-floppy.iso", "CDFL", SHAPE_CD_FLOPPY, false},
	{"cd-reset.iso", "CDRE", SHAPE_CD, true},
	{"disk-blank.img", NULL, SHAPE_DISK, false},
	{"floppy-blank.img", NULL, SHAPE_FLOPPY, false},
	{"cd-blank.iso", NULL, SHAPE_CD, false},
};

static void put_le(uint8_t *to, uint32_t value, unsigned bytes)
{
	for (unsigned n = 0; n < bytes; n++)
		to[n] = (uint8_t)(value >> 8 * n);
}

/* ECMA-119, 7.2.3 and 7.3.3: a number in both byte orders, the little-endian one first */
static void put_both(uint8_t *to, uint32_t value, unsigned bytes)
{
	put_le(to, value, bytes);
	for (unsigned n = 0; n < bytes; n++)
		to[2 * bytes - 1 - n] = (uint8_t)(value >> 8 * n);
}

/* ECMA-119 strings are filled up with spaces. */
static void put_text(uint8_t *to, const char *text, size_t room)
{
	memset(to, ' ', room);
	memcpy(to, text, strlen(text));
}

static void put_sector(uint8_t *to, const Medium *medium, const uint8_t *sector)
{
	if (!medium->tag)
		return;
	memcpy(to, sector, SECTOR);
	memcpy(to + SECTOR_TAG, medium->tag, TAG_LENGTH);
	to[SECTOR_ACTION] = medium->resets;
}

/* The CD's blocks. */
enum {
	BLOCK_PVD = 16,
	BLOCK_BOOT_RECORD,
	BLOCK_TERMINATOR,
	BLOCK_CATALOG,
	BLOCK_PATHS_LE,
	BLOCK_PATHS_BE,
	BLOCK_ROOT,
	BLOCK_IMAGE
};

/* ECMA-119, 9.1: the root directory's record, under the name of one byte: 0 for itself, 1 for its parent */
static unsigned put_root_record(uint8_t *to, uint8_t name)
{
	to[0] = 34;
	put_both(to + 2, BLOCK_ROOT, 4);
	put_both(to + 10, CD_BLOCK, 4);
	memcpy(to + 18, (const uint8_t[]){100, 1, 1, 0, 0, 0, 0}, 7); /* 1 January 2000 */
	to[25] = 2;                                                   /* a directory */
	put_both(to + 28, 1, 2);
	to[32] = 1;
	to[33] = name;
	return to[0];
}

/* ECMA-119, 8.4: primary volume descriptor */
static void put_pvd(uint8_t *to, uint32_t blocks)
{
	static const char no_date[] = "0000000000000000";
	to[0] = 1;
	memcpy(to + 1, "CD001\1", 6);
	put_text(to + 8, "", 32);
	put_text(to + 40, "BOOT", 32);
	put_both(to + 80, blocks, 4);
	put_both(to + 120, 1, 2); /* volumes in the set */
	put_both(to + 124, 1, 2); /* this one's number */
	put_both(to + 128, CD_BLOCK, 2);
	put_both(to + 132, 10, 4); /* bytes of a path table */
	put_le(to + 140, BLOCK_PATHS_LE, 4);
	to[151] = BLOCK_PATHS_BE;
	put_root_record(to + 156, 0);
	put_text(to + 190, "", 623);
	for (unsigned n = 0; n < 4; n++)
		memcpy(to + 813 + 17 * n, no_date, sizeof no_date);
	to[881] = 1;
}

/* El Torito, 2.0: the boot record in block 17 names the catalog, whose first entry is the validation entry (its 16-bit words'
 * sum is 0) and whose second is the default entry. */
static void put_boot_record(uint8_t *to)
{
	memcpy(to + 1, "CD001\1", 6);
	memcpy(to + 7, "EL TORITO SPECIFICATION", 23);
	put_le(to + 71, BLOCK_CATALOG, 4);
}

static void put_catalog(uint8_t *to, bool floppy)
{
	uint32_t sum = 0;
	to[0] = 1;
	memcpy(to + 4, "TEST", 4);
	to[30] = 0x55;
	to[31] = 0xaa;
	for (unsigned n = 0; n < 32; n += 2)
		sum += to[n] | (uint32_t)to[n + 1] << 8;
	put_le(to + 28, 0x10000 - (sum & 0xffff), 2);
	to[32] = 0x88;                      /* bootable */
	to[33] = floppy ? 2 : 0;            /* 1.44 MB floppy, or no emulation */
	put_le(to + 38, floppy ? 1 : 4, 2); /* sectors of 512 bytes to load */
	put_le(to + 40, BLOCK_IMAGE, 4);
}

static void put_cd(uint8_t *to, const Medium *medium, uint32_t blocks, const uint8_t *sector)
{
	uint8_t *root = to + BLOCK_ROOT * CD_BLOCK;
	put_pvd(to + BLOCK_PVD * CD_BLOCK, blocks);
	if (medium->tag) {
		put_boot_record(to + BLOCK_BOOT_RECORD * CD_BLOCK);
		put_catalog(to + BLOCK_CATALOG * CD_BLOCK, medium->shape == SHAPE_CD_FLOPPY);
	}
	uint8_t *terminator = to + (medium->tag ? BLOCK_TERMINATOR : BLOCK_BOOT_RECORD) * CD_BLOCK;
	terminator[0] = 255;
	memcpy(terminator + 1, "CD001\1", 6);
	memcpy(to + BLOCK_PATHS_LE * CD_BLOCK, (const uint8_t[]){1, 0, BLOCK_ROOT, 0, 0, 0, 1, 0}, 8);
	memcpy(to + BLOCK_PATHS_BE * CD_BLOCK, (const uint8_t[]){1, 0, 0, 0, 0, BLOCK_ROOT, 0, 1}, 8);
	put_root_record(root + put_root_record(root, 0), 1);
	put_sector(to + BLOCK_IMAGE * CD_BLOCK, medium, sector);
}

static void make_medium(const char *folder, const Medium *medium, const uint8_t *sector)
{
	static const size_t sizes[] = {
		[SHAPE_DISK] = DISK_BYTES,
		[SHAPE_FLOPPY] = FLOPPY_BYTES,
		[SHAPE_CD] = (BLOCK_IMAGE + 1) * CD_BLOCK,
		[SHAPE_CD_FLOPPY] = BLOCK_IMAGE * CD_BLOCK + FLOPPY_BYTES,
	};
	size_t size = sizes[medium->shape];
	g_autofree char *path = g_build_filename(folder, medium->name, NULL);
	g_autofree uint8_t *bytes = g_malloc0(size);
	g_autoptr(GError) error = NULL;
	if (medium->shape == SHAPE_CD || medium->shape == SHAPE_CD_FLOPPY)
		put_cd(bytes, medium, (uint32_t)(size / CD_BLOCK), sector);
	else
		put_sector(bytes, medium, sector);
	g_file_set_contents(path, (const char *)bytes, (gssize)size, &error);
	g_assert_no_error(error);
}

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
	g_assert_cmpint(run_machine(f, "file:serial.txt"), ==, EXIT_STATUS);
	g_file_get_contents(serial, &said, NULL, NULL);
	g_assert_cmpstr(said, ==, f->boot->said);
}

/* ---- the whole ---- */

static bool make_media(const char *folder, const char *sector_path)
{
	g_autofree char *sector = NULL;
	gsize length = 0;
	if (!g_file_get_contents(sector_path, &sector, &length, NULL) || length != SECTOR) {
		g_printerr("%s: no boot sector of %d bytes\n", sector_path, SECTOR);
		return false;
	}
	for (unsigned n = 0; n < G_N_ELEMENTS(media); n++)
		make_medium(folder, &media[n], (const uint8_t *)sector);
	return true;
}

static void remove_folder(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_remove(path);
	}
	if (dir)
		g_dir_close(dir);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 3) {
		g_printerr("usage: bios-boot-test VIV SECTOR\n");
		return 2;
	}
	g_autofree char *viv = g_canonicalize_filename(argv[1], NULL); /* it runs in the media's folder */
	g_autofree char *folder = g_dir_make_tmp("viv-boot-XXXXXX", NULL);
	Fixture fixtures[G_N_ELEMENTS(boots)];
	if (!folder || !make_media(folder, argv[2]))
		return 2;
	for (unsigned n = 0; n < G_N_ELEMENTS(boots); n++) {
		g_autofree char *path = g_strconcat("/boot/", boots[n].name, NULL);
		fixtures[n] = (Fixture){viv, folder, &boots[n]};
		g_test_add_data_func(path, &fixtures[n], boot_case);
	}
	int result = g_test_run();
	remove_folder(folder);
	return result;
}
