/* SPDX-License-Identifier: GPL-3.0-or-later */
/* systems-test GOLDEN SEEN first|whole: programs of Debian's that own the whole machine come up on it and do their work:
 * Memtest86+ (its first tests, or with `whole` a whole pass), GRUB's rescue images, a multiboot game. Their screens are compared
 * with golden ones. A package that isn't there skips its tests. */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

typedef struct Fixture {
	GoldenPlaces places;
	char *folder;      /* for the disk */
	const void *guest; /* what the case is about */
} Fixture;

/* ---- Memtest86+ ---- */

typedef struct Memtest {
	const char *name, *file;
	const char *options; /* in front of the file */
	const char *golden;
	unsigned test; /* this one's begin is waited for: those before it are done */
} Memtest;

#define BINARY_X64  "/boot/memtest86+x64.bin"
#define BINARY_IA32 "/boot/memtest86+ia32.bin"
#define DISC_X64    "/usr/lib/memtest86+/memtest86+x64.iso"
#define DISC_IA32   "/usr/lib/memtest86+/memtest86+ia32.iso"

static const Memtest memtests[] = {
	{"/memtest/64-bit", BINARY_X64, "-m 8 -kernel", "memtest-64", 5},
	{"/memtest/32-bit", BINARY_IA32, "-m 8 -kernel", "memtest-32", 5},
	{"/memtest/64-bit-disc", DISC_X64, "-m 8 -boot d -cdrom", "memtest-64", 2},
	{"/memtest/32-bit-disc", DISC_IA32, "-m 8 -boot d -cdrom", "memtest-32", 2},
};

enum { WHOLE_PASS = 100 }; /* more than there are tests */

static const Memtest whole_memtests[] = {
	{"/memtest/64-bit-pass", BINARY_X64, "-m 5 -kernel", NULL, WHOLE_PASS},
	{"/memtest/32-bit-pass", BINARY_IA32, "-m 5 -kernel", NULL, WHOLE_PASS},
};

/* Speeds; how far it is; the time and a turning stroke. Not the number of errors. */
static const GoldenMask memtest_masks[] = {GOLDEN_CELLS(10, 1, 18, 1), GOLDEN_CELLS(17, 2, 11, 4), GOLDEN_CELLS(35, 1, 45, 5),
	GOLDEN_CELLS(50, 7, 8, 1), GOLDEN_CELLS(77, 7, 1, 1), {0}};

/* The number behind a word on the screen; -1: there is none. */
static long number_after(const char *text, const char *word)
{
	const char *at = text ? strstr(text, word) : NULL;
	char *end;
	if (!at)
		return -1;
	long number = strtol(at + strlen(word), &end, 10);
	return end == at + strlen(word) ? -1 : number;
}

typedef struct MemtestState {
	long test, percent, passes, errors;
} MemtestState;

static MemtestState memtest_state(Pc *pc)
{
	g_autofree char *text = pc_text(pc);
	return (MemtestState){number_after(text, "Test #"), number_after(text, "Pass "), number_after(text, "Pass: "),
		number_after(text, "Errors: ")};
}

/* It would start by itself, but some seconds later. */
static bool memtest_starts(Pc *pc, void *data)
{
	g_autofree char *text = pc_text(pc);
	(void)data;
	if (text && strstr(text, "to start testing"))
		pc_key(pc, "ret");
	return number_after(text, "Test #") >= 0;
}

static bool memtest_moves(Pc *pc, void *data)
{
	MemtestState now = memtest_state(pc), *last = data;
	bool moves = memcmp(&now, last, sizeof now) != 0;
	*last = now;
	return moves;
}

/* Patience is for each step, not for the whole. */
static bool memtest_reaches(Pc *pc, unsigned test)
{
	MemtestState state = memtest_state(pc);
	while (state.errors <= 0 && state.passes <= 0 && state.test < (long)test)
		if (!pc_wait(pc, memtest_moves, &state, "Memtest86+'s next step"))
			return false;
	g_assert_cmpint(state.errors, ==, 0);
	return true;
}

static void memtest_case(gconstpointer data)
{
	const Fixture *f = data;
	const Memtest *guest = f->guest;
	if (!pc_need_file(guest->file, "memtest86+") || !pc_need_firmware())
		return;
	g_autofree char *options = g_strdup_printf("%s %s", guest->options, guest->file);
	g_autoptr(Pc) pc = pc_new(options);
	if (!pc || !pc_wait(pc, memtest_starts, NULL, "Memtest86+'s first test"))
		return;
	if (memtest_reaches(pc, guest->test) && guest->golden)
		golden_wait(pc, &f->places, guest->golden, memtest_masks);
}

/* ---- GRUB ---- */

typedef struct Grub {
	const char *name, *file;
	const char *options; /* in front of the file */
} Grub;

static const Grub grubs[] = {
	{"/grub/disc", "/usr/lib/grub-rescue/grub-rescue-cdrom.iso", "-boot d -cdrom"},
	{"/grub/floppy", "/usr/lib/grub-rescue/grub-rescue-floppy.img", "-boot a -fda"},
};

#define FILE_TEXT "This line comes from a file system."

enum { SECTOR = 512, PARTITION_LBA = 2048, PARTITION_SECTORS = 4096, PARTITION_TABLE = 0x1be, TYPE_LINUX = 0x83 };

static const GoldenMask grub_version[] = {GOLDEN_CELLS(0, 1, 80, 1), {0}};

static bool run_mke2fs(const char *mke2fs, const char *tree, const char *disk)
{
	g_autofree char *extended = g_strdup_printf("offset=%d", PARTITION_LBA * SECTOR);
	g_autofree char *size = g_strdup_printf("%dk", PARTITION_SECTORS * SECTOR / 1024);
	char *argv[] = {(char *)mke2fs, "-q", "-F", "-t", "ext2", "-d", (char *)tree, "-E", extended, (char *)disk, size, NULL};
	g_autoptr(GError) error = NULL;
	int status = -1;
	g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error);
	g_assert_no_error(error);
	return !status;
}

/* A master boot record with one partition. */
static bool write_disk(const char *disk)
{
	g_autofree uint8_t *bytes = g_malloc0((PARTITION_LBA + PARTITION_SECTORS) * SECTOR);
	uint8_t *entry = bytes + PARTITION_TABLE;
	entry[4] = TYPE_LINUX;
	entry[8] = (uint8_t)PARTITION_LBA;
	entry[9] = (uint8_t)(PARTITION_LBA >> 8);
	entry[12] = (uint8_t)PARTITION_SECTORS;
	entry[13] = (uint8_t)(PARTITION_SECTORS >> 8);
	bytes[SECTOR - 2] = 0x55;
	bytes[SECTOR - 1] = 0xaa;
	return g_file_set_contents(disk, (const char *)bytes, (PARTITION_LBA + PARTITION_SECTORS) * SECTOR, NULL);
}

static bool make_disk(const Fixture *f, const char *mke2fs, const char *disk)
{
	g_autofree char *tree = g_build_filename(f->folder, "tree", NULL), *folder = g_build_filename(tree, "folder", NULL);
	g_autofree char *file = g_build_filename(folder, "hello.txt", NULL);
	bool made = !g_mkdir_with_parents(folder, 0755) && g_file_set_contents(file, FILE_TEXT "\n", -1, NULL) &&
		    write_disk(disk) && run_mke2fs(mke2fs, tree, disk);
	g_remove(file);
	g_rmdir(folder);
	g_rmdir(tree);
	return made;
}

static char *find_mke2fs(void)
{
	char *found = g_find_program_in_path("mke2fs");
	if (!found && g_file_test("/sbin/mke2fs", G_FILE_TEST_IS_EXECUTABLE)) /* not in everybody's path */
		found = g_strdup("/sbin/mke2fs");
	if (!found)
		g_test_skip("no mke2fs: Debian's package e2fsprogs has it");
	return found;
}

/* A key ends the menu's countdown. */
static bool leave_menu(Pc *pc, const Fixture *f)
{
	if (!pc_wait_text(pc, "for a command-line"))
		return false;
	pc_key(pc, "down");
	if (!golden_wait(pc, &f->places, "grub-menu", grub_version))
		return false;
	pc_key(pc, "c");
	return pc_wait_text(pc, "\ngrub>");
}

static void read_file_system(Pc *pc, const Fixture *f)
{
	if (!leave_menu(pc, f) || !pc_type(pc, "grub> ", "ls (hd0,msdos1)/folder/") || !pc_wait_text(pc, "\nhello.txt"))
		return;
	if (pc_type(pc, "grub> ", "cat (hd0,msdos1)/folder/hello.txt") && pc_wait_text(pc, "\n" FILE_TEXT "\n"))
		golden_wait(pc, &f->places, "grub-file", grub_version);
}

static void grub_case(gconstpointer data)
{
	const Fixture *f = data;
	const Grub *guest = f->guest;
	if (!pc_need_file(guest->file, "grub-rescue-pc") || !pc_need_firmware())
		return;
	g_autofree char *mke2fs = find_mke2fs(), *disk = g_build_filename(f->folder, "disk.img", NULL);
	g_autofree char *options = g_strdup_printf("-m 32 -snapshot -hda %s %s %s", disk, guest->options, guest->file);
	if (!mke2fs)
		return;
	g_assert_true(make_disk(f, mke2fs, disk));
	g_autoptr(Pc) pc = pc_new(options);
	if (pc)
		read_file_system(pc, f);
	g_remove(disk);
}

/* ---- GRUB Invaders ---- */

/* They fly about above; the ship stands still, and goes to the left edge when it is told so. */
static const GoldenMask invaders_sky[] = {GOLDEN_CELLS(0, 0, 80, 23), {0}};

static void invaders_case(gconstpointer data)
{
	const Fixture *f = data;
	const char *file = pc_need_file("/boot/invaders.exec", "grub-invaders");
	if (!file || !pc_need_firmware())
		return;
	g_autofree char *options = g_strdup_printf("-m 16 -kernel %s", file);
	g_autoptr(Pc) pc = pc_new(options);
	if (!pc || !pc_wait_text(pc, "-*-") || !golden_wait(pc, &f->places, "invaders", invaders_sky))
		return;
	pc_hold_key(pc, "left", 20000);
	golden_wait(pc, &f->places, "invaders-left", invaders_sky);
}

/* ---- the whole ---- */

typedef struct Cases {
	Fixture fixtures[16];
	unsigned count;
} Cases;

static void add(Cases *cases, const Fixture *common, const char *name, const void *guest, void (*run)(gconstpointer data))
{
	Fixture *fixture = &cases->fixtures[cases->count++];
	*fixture = *common;
	fixture->guest = guest;
	g_test_add_data_func(name, fixture, run);
}

static void add_memtests(Cases *cases, const Fixture *common, const Memtest *table, unsigned count)
{
	for (unsigned n = 0; n < count; n++)
		add(cases, common, table[n].name, &table[n], memtest_case);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 4) {
		g_printerr("usage: systems-test GOLDEN SEEN first|whole\n");
		return 2;
	}
	g_autofree char *folder = g_dir_make_tmp("viv-systems-XXXXXX", NULL);
	const Fixture common = {{argv[1], argv[2]}, folder, NULL};
	Cases cases = {.count = 0};
	if (!folder)
		return 2;
	if (!strcmp(argv[3], "whole")) {
		add_memtests(&cases, &common, whole_memtests, G_N_ELEMENTS(whole_memtests));
	} else {
		add_memtests(&cases, &common, memtests, G_N_ELEMENTS(memtests));
		for (unsigned n = 0; n < G_N_ELEMENTS(grubs); n++)
			add(&cases, &common, grubs[n].name, &grubs[n], grub_case);
		add(&cases, &common, "/invaders", NULL, invaders_case);
	}
	int result = g_test_run();
	g_rmdir(folder);
	return result;
}
