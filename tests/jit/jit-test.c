/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jit-test IMAGE...: what generated code must leave as the interpreter does. The guests record all they see in their memory
 * (jit64.inc); each is run by the interpreter, by generated code block by block, and by generated code with its blocks linked.
 * Memories and registers must be equal at the end. */
#include <string.h>

#include "board.h"
#include "cpu/access.h"
#include "jit/jit.h"
#include "random-programs.h"

enum { IMAGE_ADDRESS = 0x7c00, ENTRY = 0x7c04, RAM_BYTES = 32 << 20, SECONDS = 100 };
/* A guest's log (jit64.inc) */
enum { LOG_AT = 0x11b000, CASE_ID = 0x11b018, LOG = 0x400000, RECORD = 1152, CASE = 0, VARIANT = 1, PASS = 2, VECTOR = 3 };
#define MOST_INSNS ((uint64_t)400000000)
#define MODEL "max,+cr8legacy"

typedef struct Guest {
	const char *file;
	uint32_t seed; /* of random programs for it; 0: it has none */
} Guest;

typedef enum Way { INTERPRETED, BLOCK_BY_BLOCK, LINKED, VERIFIED } Way;
static const char *const way_names[] = { "interpreted", "block by block", "linked", "verified" };

static uint64_t get64(const uint8_t *p)
{
	uint64_t value;
	memcpy(&value, p, sizeof value);
	return value;
}

static void enter_image(Board *board, const char *image, gsize size)
{
	memcpy(board->ram + IMAGE_ADDRESS, image, size);
	board->cpu->seg[CS].selector = 0;
	board->cpu->seg[CS].base = 0;
	board->cpu->rip = ENTRY;
	cpu_mode_changed(board->cpu);
}

static Board *run_guest(const Guest *guest, Way way)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *image = NULL;
	gsize size = 0;
	g_assert_true(g_file_get_contents(guest->file, &image, &size, &error));
	Board *board = board_new(MODEL, RAM_BYTES, &error);
	g_assert_no_error(error);
	if (way != INTERPRETED && !board_translate(board)) {
		board_free(board);
		return NULL;
	}
	if (way == VERIFIED)
		board_verify(board);
	enter_image(board, image, size);
	if (guest->seed)
		random_programs(board->ram, guest->seed);
	bool done = way == LINKED ? board_run_freely(board, SECONDS) : board_run(board, MOST_INSNS);
	if (board->difference)
		g_test_message("%s", board->difference);
	if (!done)
		g_test_message("%s: stopped at %04x:%" G_GINT64_MODIFIER "x, mode %x, in case %" G_GUINT64_FORMAT ", variant %" G_GUINT64_FORMAT, way_names[way],
			       board->cpu->seg[CS].selector, board->cpu->rip, board->cpu->mode, get64(board->ram + CASE_ID), get64(board->ram + CASE_ID + 8));
	g_assert_true(done);
	g_assert_true(way == INTERPRETED || jit_counters(board->cpu).translated > 0);
	g_assert_true(way != LINKED || jit_counters(board->cpu).linked > 0);
	g_assert_true(way != VERIFIED || jit_verified(board->cpu).blocks > 0);
	return board;
}

/* Where it is, and whose record if it is in the log. */
static void tell(const Board *wanted, const Board *got, uint64_t at, Way way)
{
	at &= ~(uint64_t)7;
	const uint8_t *record = at < LOG ? NULL : wanted->ram + at - (at - LOG) % RECORD;
	g_test_message("%s: memory at %" G_GINT64_MODIFIER "x is %016" G_GINT64_MODIFIER "x, should be %016" G_GINT64_MODIFIER "x", way_names[way], at,
		       get64(got->ram + at), get64(wanted->ram + at));
	if (record)
		g_test_message("	in a record: case %" G_GUINT64_FORMAT ", variant %" G_GUINT64_FORMAT ", pass %" G_GUINT64_FORMAT
			       ", vector %" G_GUINT64_FORMAT ", at %d", get64(record + 8 * CASE), get64(record + 8 * VARIANT), get64(record + 8 * PASS),
			       get64(record + 8 * VECTOR), (int)(at - LOG) % RECORD);
}

static void compare_memory(const Board *wanted, const Board *got, Way way)
{
	enum { MOST = 20 };
	unsigned told = 0;
	for (uint64_t at = 0; at < RAM_BYTES && told < MOST; at += 8)
		if (memcmp(wanted->ram + at, got->ram + at, 8)) {
			tell(wanted, got, at, way);
			told++;
		}
	if (told)
		g_test_fail();
}

static void compare_registers(const Cpu *wanted, const Cpu *got)
{
	for (unsigned n = 0; n < 16; n++)
		g_assert_cmphex(got->gpr[n], ==, wanted->gpr[n]);
	g_assert_cmphex(got->rip, ==, wanted->rip);
	g_assert_cmphex(flags_pack(&got->af), ==, flags_pack(&wanted->af));
	g_assert_cmphex(got->eflags, ==, wanted->eflags);
	g_assert_cmphex(got->cr2, ==, wanted->cr2);
	g_assert_cmpmem(got->ymm, sizeof got->ymm, wanted->ymm, sizeof wanted->ymm);
	g_assert_cmpmem(&got->x87, offsetof(X87, opcode), &wanted->x87, offsetof(X87, opcode));
}

static void compare_ways(gconstpointer guest)
{
	g_autoptr(Board) wanted = run_guest(guest, INTERPRETED);
	uint64_t log_end = get64(wanted->ram + LOG_AT);
	g_test_message("%" G_GUINT64_FORMAT " records", (log_end - LOG) / RECORD);
	g_assert_cmpuint(log_end, <, RANDOM_PROGRAMS);
	for (Way way = BLOCK_BY_BLOCK; way <= VERIFIED; way++) {
		g_autoptr(Board) got = run_guest(guest, way);
		if (!got) {
			g_test_skip("this host has no translator");
			return;
		}
		if (got->difference) {
			g_test_fail();
			return;
		}
		compare_memory(wanted, got, way);
		compare_registers(wanted->cpu, got->cpu);
	}
}

/* ---- what verification must find ---- */

static const struct Plant {
	const char *mnemonic;
	JitFault fault;
	const char *found; /* in the report; each is where it first shows, in the order of the guest's cases */
} plants[] = {
	{ "ADD", JIT_FAULT_REGISTER, "  rax: interpreter" },
	{ "ADC", JIT_FAULT_FLAGS, "  eflags: interpreter" },
	{ "SUB", JIT_FAULT_OMITTED, "generated code" },
	{ "PUSH", JIT_FAULT_OMITTED, "  memory, " },
	{ "MOVAPS", JIT_FAULT_OMITTED, "generated code" },
	{ "FLD", JIT_FAULT_OMITTED, "generated code" },
	{ "CMPXCHG", JIT_FAULT_OMITTED, "generated code" },
};

/* Reports that are none of a planted fault's would do as well: that there are none without is compare_ways()' part. */
static void find_planted(gconstpointer file)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(plants); n++) {
		const struct Plant *p = &plants[n];
		g_autofree char *image = NULL, *lower = g_ascii_strdown(p->mnemonic, -1);
		gsize size = 0;
		g_assert_true(g_file_get_contents(file, &image, &size, NULL));
		g_autoptr(Board) board = board_new(MODEL, RAM_BYTES, NULL);
		if (!board_translate(board)) {
			g_test_skip("this host has no translator");
			return;
		}
		board_verify(board);
		jit_plant_fault(board->cpu, p->mnemonic, p->fault);
		enter_image(board, image, size);
		g_assert_false(board_run(board, MOST_INSNS));
		bool found = board->difference && strstr(board->difference, lower) && strstr(board->difference, p->found);
		if (!found) {
			g_test_message("%s: %s", p->mnemonic, board->difference ? board->difference : "no difference was found");
			g_test_fail();
		}
	}
}

/* A line for each block: address, size, name. */
static void perf_map(gconstpointer file)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *image = NULL;
	gsize size = 0;
	g_assert_true(g_file_get_contents(file, &image, &size, &error));
	g_autoptr(Board) board = board_new(MODEL, RAM_BYTES, &error);
	if (!board_translate(board)) {
		g_test_skip("this host has no translator");
		return;
	}
	FILE *map = tmpfile();
	jit_set_perf_map(board->cpu, map);
	enter_image(board, image, size);
	g_assert_true(board_run_freely(board, SECONDS));
	rewind(map);
	char line[100];
	uint64_t lines = 0;
	while (fgets(line, sizeof line, map)) {
		lines++;
		if (!g_regex_match_simple("^[0-9a-f]{8,16} [0-9a-f]+ guest:[0-9a-f]+@[0-9a-f]+\n$", line, 0, 0)) {
			g_test_message("%s", line);
			g_test_fail();
		}
	}
	fclose(map);
	g_assert_cmpuint(lines, >, 0);
	g_assert_cmpuint(lines, ==, jit_counters(board->cpu).translated);
}

/* Code is written where it doesn't run. */
static void not_writable_and_executable(gconstpointer file)
{
	g_autoptr(Board) board = run_guest(&(Guest){ file, 0 }, LINKED);
	g_autofree char *maps = NULL;
	if (!board || !g_file_get_contents("/proc/self/maps", &maps, NULL, NULL)) {
		g_test_skip("this host has no translator, or doesn't show its mappings");
		return;
	}
	g_auto(GStrv) lines = g_strsplit(maps, "\n", -1);
	unsigned seen = 0;
	for (unsigned n = 0; lines[n]; n++) {
		const char *rights = strchr(lines[n], ' ');
		seen += strstr(lines[n], "viv-code") != NULL;
		if (rights && rights[2] == 'w' && rights[3] == 'x') {
			g_test_message("%s", lines[n]);
			g_test_fail();
		}
	}
	g_assert_cmpuint(seen, ==, 2);
}

/* VIV_JIT_SEEDS=FIRST-LAST: other random programs than every day's. */
static void read_seeds(unsigned *first, unsigned *last)
{
	const char *wanted = g_getenv("VIV_JIT_SEEDS");
	*first = 1;
	*last = 12;
	if (wanted && sscanf(wanted, "%u-%u", first, last) != 2)
		g_error("VIV_JIT_SEEDS=%s: give FIRST-LAST, as 1-100", wanted);
}

static void add_guest(const char *file, const char *name, uint32_t seed)
{
	Guest *guest = g_new(Guest, 1);
	g_autofree char *path = seed ? g_strdup_printf("/jit/%s/%u", name, seed) : g_strdup_printf("/jit/%s", name);
	*guest = (Guest){ file, seed };
	g_test_add_data_func_full(path, guest, compare_ways, g_free);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	unsigned first, last;
	read_seeds(&first, &last);
	for (int n = 1; n < argc; n++) {
		g_autofree char *base = g_path_get_basename(argv[n]);
		if (!g_str_has_prefix(base, "random"))
			add_guest(argv[n], base, 0);
		for (unsigned seed = first; g_str_has_prefix(base, "random") && seed <= last; seed++)
			add_guest(argv[n], base, seed);
	}
	if (argc > 1) {
		g_test_add_data_func("/jit/perf-map", argv[1], perf_map);
		g_test_add_data_func("/jit/mappings", argv[1], not_writable_and_executable);
		g_test_add_data_func("/jit/planted", argv[argc - 1], find_planted);
	}
	return g_test_run();
}
