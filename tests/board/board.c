/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"

#include "base/os.h"
#include "cpu/state.h"
#include "jit/jit.h"

enum {
	PORT_A20 = 0x92, PORT_SMI = 0xb2, PORT_DEBUG = 0xe9, PORT_INTERRUPT = 0xf4, PORT_NMI = 0xf5, PORT_EXIT = 0xf6,
	PORT_TRIPLE_FAULT = 0xf7,
};

static CpuPage board_page(void *owner, uint64_t phys)
{
	Board *board = owner;
	if (phys + 4096 > board->ram_size)
		return (CpuPage){ 0 };
	return (CpuPage){ board->ram + phys, &board->code_lines[phys >> 12], true };
}

static uint64_t board_read(void *owner, uint64_t phys, unsigned size)
{
	Board *board = owner;
	(void)phys;
	(void)size;
	board->bus_reads++;
	return ~(uint64_t)0;
}

static void board_write(void *owner, uint64_t phys, uint64_t value, unsigned size)
{
	Board *board = owner;
	(void)phys;
	(void)value;
	(void)size;
	board->bus_writes++;
}

static uint32_t board_port_read(void *owner, uint16_t port, unsigned size)
{
	Board *board = owner;
	(void)size;
	return port == PORT_A20 ? board->port92 : port == PORT_DEBUG ? PORT_DEBUG : ~0u;
}

static void board_port_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Board *board = owner;
	(void)size;
	switch (port) {
	case PORT_DEBUG: g_string_append_c(board->output, (char)value); break;
	case PORT_INTERRUPT:
		board->interrupt = (uint8_t)value;
		cpu_set_interrupt(board->cpu, true);
		break;
	case PORT_NMI: cpu_raise_nmi(board->cpu); break;
	case PORT_SMI: cpu_raise_smi(board->cpu); break;
	case PORT_EXIT:
		board->exit_code = (uint8_t)value;
		cpu_request_exit(board->cpu);
		break;
	case PORT_TRIPLE_FAULT: board->expect_triple_fault = true; break;
	case PORT_A20:
		board->port92 = (uint8_t)value;
		cpu_set_a20(board->cpu, value & 2);
		break;
	default: break;
	}
}

static int board_acknowledge(void *owner)
{
	Board *board = owner;
	int vector = board->interrupt;
	board->interrupt = -1;
	cpu_set_interrupt(board->cpu, false);
	return vector;
}

static void board_event(void *owner, CpuEvent event)
{
	Board *board = owner;
	if (event == CPU_EVENT_TRIPLE_FAULT)
		board->triple_fault = true;
}

Board *board_new(const char *model, uint64_t ram_size, GError **error)
{
	Board *board = g_new0(Board, 1);
	CpuTopology topology = { .sockets = 1, .cores = 1, .threads = 1 };
	CpuBus bus = {
		.owner = board, .page = board_page, .read = board_read, .write = board_write, .port_read = board_port_read,
		.port_write = board_port_write, .acknowledge = board_acknowledge, .event = board_event,
		.phys_mask = ((uint64_t)1 << 40) - 1,
	};
	board->ram_size = ram_size;
	board->ram = os_pages_new(ram_size);
	board->code_lines = g_new0(uint64_t, ram_size >> 12);
	board->output = g_string_new(NULL);
	board->exit_code = -1;
	board->interrupt = -1;
	board->port92 = 2;
	board->cpu = cpu_new(model, &topology, &bus, error);
	if (!board->cpu)
		g_clear_pointer(&board, board_free);
	return board;
}

void board_free(Board *board)
{
	if (!board)
		return;
	cpu_free(board->cpu);
	g_string_free(board->output, TRUE);
	g_free(board->difference);
	g_free(board->code_lines);
	os_pages_free(board->ram, board->ram_size);
	g_free(board);
}

static bool is_done(const Board *board, CpuExit exit)
{
	if (exit == CPU_EXIT_SHUTDOWN)
		return board->expect_triple_fault && board->triple_fault;
	return board->exit_code >= 0;
}

bool board_run(Board *board, uint64_t insns)
{
	return is_done(board, cpu_run(board->cpu, insns));
}

bool board_translate(Board *board)
{
	enum { CODE_BYTES = 16 << 20 };
	if (!jit_attach(board->cpu, CODE_BYTES, NULL))
		return false;
	jit_set_threshold(board->cpu, 1);
	return true;
}

static void board_differs(void *owner, const char *report)
{
	Board *board = owner;
	g_free(board->difference);
	board->difference = g_strdup(report);
}

void board_verify(Board *board)
{
	jit_verify(board->cpu, &(JitVerifier){ .owner = board, .differs = board_differs });
}

/* ---- with a limit of time ---- */

typedef struct Watch {
	GMutex lock;
	GCond cond;
	bool done;
	gint64 end;
	Cpu *cpu;
} Watch;

static gpointer watch(gpointer data)
{
	Watch *w = data;
	g_mutex_lock(&w->lock);
	while (!w->done && g_cond_wait_until(&w->cond, &w->lock, w->end))
		continue;
	if (!w->done)
		cpu_request_exit(w->cpu);
	g_mutex_unlock(&w->lock);
	return NULL;
}

/* Linked code doesn't count instructions. */
static uint64_t board_tsc(void *owner)
{
	(void)owner;
	return (uint64_t)g_get_monotonic_time() * 1000;
}

bool board_run_freely(Board *board, unsigned seconds)
{
	board->cpu->bus.tsc = board_tsc;
	Watch w = { .cpu = board->cpu, .end = g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC };
	g_mutex_init(&w.lock);
	g_cond_init(&w.cond);
	GThread *thread = g_thread_new("watch", watch, &w);
	CpuExit exit = cpu_run(board->cpu, ~(uint64_t)0);
	g_mutex_lock(&w.lock);
	w.done = true;
	g_cond_signal(&w.cond);
	g_mutex_unlock(&w.lock);
	g_thread_join(thread);
	g_mutex_clear(&w.lock);
	g_cond_clear(&w.cond);
	return is_done(board, exit);
}
