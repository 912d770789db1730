/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guest-test [--jit] IMAGE...: runs bare-metal guests (tests/guests) on the board, a test each. An image lies at 0x7C00 and is entered
 * at 0000:7C04 in real mode; it prints its cases and a verdict, and writes its exit code to a port. With --jit three tests each, by
 * generated code: block by block, with its blocks linked, and compared with the interpreter block by block. */
#include <string.h>

#include "board.h"
#include "cpu/access.h"

enum { IMAGE_ADDRESS = 0x7c00, ENTRY = 0x7c04, RAM_BYTES = 64 << 20 };
#define MOST_INSNS ((uint64_t)400000000)
/* Intel rules where the vendors differ, as on the model that bochs runs them on, with everything that there is to test. */
#define GUEST_MODEL "Icelake-Server,+3dnow,+sse4a,+fxsr-opt"

static void enter_image(Board *board, const char *image, gsize size)
{
	Cpu *cpu = board->cpu;
	memcpy(board->ram + IMAGE_ADDRESS, image, size);
	cpu->seg[CS].selector = 0;
	cpu->seg[CS].base = 0;
	cpu->rip = ENTRY;
	cpu->gpr[RDX] = 0;
	cpu_mode_changed(cpu);
}

static void print_failures(const char *output)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	for (unsigned n = 0; lines[n]; n++)
		if (g_str_has_prefix(lines[n], "FAIL") || g_str_has_prefix(lines[n], "verdict") || g_getenv("GUEST_VERBOSE"))
			g_test_message("%s", lines[n]);
}

typedef enum Way { INTERPRETED, BLOCK_BY_BLOCK, LINKED, VERIFIED } Way;

static void run_guest(const char *file, Way way)
{
	enum { SECONDS = 100 };
	g_autoptr(GError) error = NULL;
	g_autofree char *image = NULL;
	gsize size = 0;
	g_assert_true(g_file_get_contents(file, &image, &size, &error));
	g_autoptr(Board) board = board_new(GUEST_MODEL, RAM_BYTES, &error);
	g_assert_no_error(error);
	if (way != INTERPRETED && !board_translate(board)) {
		g_test_skip("this host has no translator");
		return;
	}
	if (way == VERIFIED)
		board_verify(board);
	enter_image(board, image, size);
	bool done = way == LINKED ? board_run_freely(board, SECONDS) : board_run(board, MOST_INSNS);
	print_failures(board->output->str);
	if (board->difference)
		g_test_message("%s", board->difference);
	if (!done)
		g_test_message("stopped at %04x:%" G_GINT64_MODIFIER "x, mode %x, after %" G_GUINT64_FORMAT " instructions; output ends: %s",
			       board->cpu->seg[CS].selector, board->cpu->rip, board->cpu->mode, board->cpu->insns_retired,
			       board->output->str + (board->output->len > 300 ? board->output->len - 300 : 0));
	g_assert_true(done);
	g_assert_true(board->triple_fault || strstr(board->output->str, "verdict: PASS"));
}

static void run_interpreted(gconstpointer file)
{
	run_guest(file, INTERPRETED);
}

static void run_block_by_block(gconstpointer file)
{
	run_guest(file, BLOCK_BY_BLOCK);
}

static void run_linked(gconstpointer file)
{
	run_guest(file, LINKED);
}

static void run_verified(gconstpointer file)
{
	run_guest(file, VERIFIED);
}

static void add_test(const char *kind, const char *image, GTestDataFunc function)
{
	g_autofree char *base = g_path_get_basename(image);
	g_autofree char *path = g_strdup_printf("/%s/%s", kind, base);
	g_test_add_data_func(path, image, function);
}

int main(int argc, char **argv)
{
	bool jit = false;
	g_test_init(&argc, &argv, NULL);
	for (int n = 1; n < argc; n++) {
		if (g_str_equal(argv[n], "--jit")) {
			jit = true;
		} else if (jit) {
			add_test("guest-jit", argv[n], run_block_by_block);
			add_test("guest-jit-linked", argv[n], run_linked);
			add_test("guest-jit-verified", argv[n], run_verified);
		} else {
			add_test("guest", argv[n], run_interpreted);
		}
	}
	return g_test_run();
}
