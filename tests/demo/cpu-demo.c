/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cpu-demo IMAGE: runs a bare-metal image on the processor, prints what it prints, and how fast that was. */
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "cpu/state.h"

enum { IMAGE_ADDRESS = 0x7c00, ENTRY = 0x7c04, RAM_BYTES = 64 << 20 };

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *image = NULL;
	gsize size = 0;
	if (argc != 2) {
		fprintf(stderr, "usage: cpu-demo IMAGE\n");
		return 2;
	}
	g_autoptr(Board) board = board_new("max", RAM_BYTES, &error);
	if (!board || !g_file_get_contents(argv[1], &image, &size, &error)) {
		fprintf(stderr, "cpu-demo: %s\n", error->message);
		return 1;
	}
	if (size > RAM_BYTES / 2) {
		fprintf(stderr, "cpu-demo: %s: larger than %d MiB\n", argv[1], RAM_BYTES >> 21);
		return 1;
	}
	memcpy(board->ram + IMAGE_ADDRESS, image, size);
	board->cpu->seg[CS].selector = 0;
	board->cpu->seg[CS].base = 0;
	board->cpu->rip = ENTRY;
	cpu_mode_changed(board->cpu);
	gint64 start = g_get_monotonic_time();
	bool done = board_run(board, (uint64_t)1 << 32);
	double ms = (double)(g_get_monotonic_time() - start) * 1e-3;
	fputs(board->output->str, stdout);
	printf("%" G_GUINT64_FORMAT " instructions in %.1f ms, %.0f million a second\n", board->cpu->insns_retired, ms,
	       (double)board->cpu->insns_retired / ms * 1e-3);
	return done && board->exit_code == 0 ? 0 : 1;
}
