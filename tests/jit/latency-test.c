/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops that nothing ends but an interrupt: one that another thread raises is taken, each time, whatever the loop is made of. The
 * handler counts; the thread waits for the count before it raises the next. */
#include <string.h>

#include "board.h"
#include "cpu/access.h"

enum {
	RAM_BYTES = 2 << 20, GDT = 0x1000, IDT = 0x2000, HANDLER = 0x3000, NOTHING = 0x3100, COUNTER = 0x4000, TARGET = 0x4008, STACK = 0x9000,
	CODE = 0x10ff0, NEXT_PAGE = 0x11000, VECTOR = 0x30, SOFTWARE_VECTOR = 0x31, INTERRUPTS = 40, SECONDS = 60,
};

typedef struct Loop {
	const char *name;
	const char *code; /* at CODE, hexadecimal; its last bytes may lie in the next page */
	const char *next; /* at NEXT_PAGE; NULL: nothing */
} Loop;

static const Loop loops[] = {
	{ "jmp to itself", "ebfe", NULL },
	{ "dec and jmp", "49ebfd", NULL },
	{ "jcc, sometimes taken", "4975fdebfb", NULL },
	{ "jcc, always taken", "31c074fc", NULL },
	{ "loop", "e2feebfc", NULL },
	{ "jecxz", "31c9e3fc", NULL },
	{ "call and ret", "e802000000ebf9c3", NULL },
	{ "call through a register", "b8f90f0100ffd0ebf790c3", NULL },
	{ "jmp through a register", "b8f00f0100ffe0", NULL },
	{ "jmp through memory", "ff2508400000", NULL },
	{ "push and ret", "68f00f0100c3", NULL },
	{ "jmp to another page and back", "e90b000000", "e9ebffffff" },
	{ "jcc to another page and back", "31c00f8408000000", "31c074ec" },
	{ "over the page's end and back", "4040404040404040404040404040404040", "40ebed" },
	{ "an instruction over the page's end", "909090909090909090909090909083c0", "01ebec" },
	{ "int and iret", "cd31ebfc", NULL },
	{ "cli and sti", "fafbebfc", NULL },
	{ "pushf and popf", "9c9debfc", NULL },
	{ "x87", "d9e8ddd8ebfa", NULL },
	{ "SSE", "0f58c0ebfb", NULL },
	{ "lock", "f0ff0500500000ebf7", NULL },
	{ "a string", "be00500000b904000000f3a5", "ebee" },
};

/* ---- the guest: 32-bit, flat, without paging ---- */

static void put(Board *board, uint64_t at, const char *hex)
{
	for (; hex && *hex; hex += 2)
		board->ram[at++] = (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
}

static void put_gate(Board *board, unsigned vector, uint32_t handler)
{
	const uint16_t gate[4] = { (uint16_t)handler, 8, 0x8e00, (uint16_t)(handler >> 16) };
	memcpy(board->ram + IDT + vector * 8, gate, sizeof gate);
}

static void make_memory(Board *board, const Loop *loop)
{
	static const uint64_t gdt[] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
	const uint32_t target = CODE;
	memcpy(board->ram + GDT, gdt, sizeof gdt);
	memcpy(board->ram + TARGET, &target, sizeof target);
	put_gate(board, VECTOR, HANDLER);
	put_gate(board, SOFTWARE_VECTOR, NOTHING);
	put(board, HANDLER, "f0ff0500400000cf"); /* lock inc dword [COUNTER]; iret */
	put(board, NOTHING, "cf");
	put(board, NEXT_PAGE, loop->next);
	put(board, CODE, loop->code);
	if (loop->next && strlen(loop->code) / 2 > NEXT_PAGE - CODE) /* the code goes on there */
		put(board, CODE + strlen(loop->code) / 2, loop->next);
}

static void enter(Cpu *cpu)
{
	cpu->cr0 = CR0_PE | CR0_ET | CR0_NE;
	cpu->cr4 = CR4_OSFXSR;
	cpu->gdtr = (TableRegister){ GDT, 23 };
	cpu->idtr = (TableRegister){ IDT, 0x7ff };
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		cpu->seg[n] = (Segment){ .selector = 16, .attr = 0xc093, .limit = 0xffffffff, .usable = true };
	cpu->seg[CS].selector = 8;
	cpu->seg[CS].attr = 0xc09b;
	cpu->gpr[RSP] = STACK;
	cpu->gpr[RDI] = 0x6000;
	cpu->x87.cw = 0x37f;
	cpu->x87.empty = 0xff;
	cpu->rip = CODE;
	eflags_set(cpu, EFLAGS_FIXED | EFLAGS_IF);
	cpu_mode_changed(cpu);
}

/* ---- the thread ---- */

static gpointer interrupt(gpointer data)
{
	Board *board = data;
	const uint32_t *counter = (const uint32_t *)(const void *)(board->ram + COUNTER);
	gint64 end = g_get_monotonic_time() + SECONDS * G_USEC_PER_SEC;
	for (unsigned n = 1; n <= INTERRUPTS && g_get_monotonic_time() < end; n++) {
		g_usleep(500); /* meanwhile the loop runs, which asks more of it but isn't needed */
		board->interrupt = VECTOR;
		cpu_set_interrupt(board->cpu, true);
		while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < n && g_get_monotonic_time() < end)
			g_thread_yield();
	}
	cpu_request_exit(board->cpu);
	return NULL;
}

static void run_loop(const Loop *loop, bool translate)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Board) board = board_new("max", RAM_BYTES, &error);
	g_assert_no_error(error);
	if (translate && !board_translate(board)) {
		g_test_skip("this host has no translator");
		return;
	}
	make_memory(board, loop);
	enter(board->cpu);
	GThread *thread = g_thread_new("interrupt", interrupt, board);
	CpuExit exit = cpu_run(board->cpu, ~(uint64_t)0);
	g_thread_join(thread);
	uint32_t count;
	memcpy(&count, board->ram + COUNTER, sizeof count);
	g_assert_cmpint(exit, ==, CPU_EXIT_REQUESTED);
	g_assert_cmpuint(count, ==, INTERRUPTS);
}

static void run_interpreted(gconstpointer loop)
{
	run_loop(loop, false);
}

static void run_generated(gconstpointer loop)
{
	run_loop(loop, true);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (unsigned n = 0; n < G_N_ELEMENTS(loops); n++) {
		g_autofree char *path = g_strdup_printf("/latency/interp/%s", loops[n].name);
		g_autofree char *jit_path = g_strdup_printf("/latency/jit/%s", loops[n].name);
		g_test_add_data_func(path, &loops[n], run_interpreted);
		g_test_add_data_func(jit_path, &loops[n], run_generated);
	}
	return g_test_run();
}
