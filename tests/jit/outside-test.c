/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes from outside while generated code goes round and round: interrupts in loops of every make; writes to the code that
 * runs, as a device or another processor makes them; A20; SMI and NMI. Another thread does it, and waits for the effect before it
 * does the next. */
#include <string.h>

#include "board.h"
#include "cpu/access.h"
#include "cpu/block.h"
#include "jit/jit.h"

enum {
	RAM_BYTES = 2 << 20, GDT = 0x1000, IDT = 0x2000, HANDLER = 0x3000, NOTHING = 0x3100, COUNTER = 0x4000, TARGET = 0x4008, STACK = 0x9000,
	CODE = 0x10ff0, NEXT_PAGE = 0x11000, VECTOR = 0x30, SOFTWARE_VECTOR = 0x31, TIMES = 16, SECONDS = 60,
	NMI_VECTOR = 2, RESULT = 0x4010, FLAG = 0x4020, SEEN = 0x4028, STALE = 0x4030, CROSS = 0x10100, CROSS_CODE = 0x1011c, ROUTINE = 0x10180, ROUTINE_A20 = 0x110180, SMI_HANDLER = 0x38000,
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
	{ "off in a loop, on by sti", "fab900100000e2fefb90ebf4", NULL },
	{ "off in a loop, on by popf", "9cfab900100000e2fe9debf4", NULL },
	{ "off in a loop, on by iret", "9c0e6800100100fab900100000e2fecf", "ebee" },
	{ "x87", "d9e8ddd8ebfa", NULL },
	{ "SSE", "0f58c0ebfb", NULL },
	{ "lock", "f0ff0500500000ebf7", NULL },
	{ "a string", "be00500000b904000000f3a5", "ebee" },
};

/* At CROSS: waits for FLAG to differ from SEEN without a jump backwards in between, executes CPUID, jumps to the code that was written. */
static const char cross[] =
	"a120400000"	 /* again: mov eax, [FLAG] */
	"3b0528400000"	 /* cmp eax, [SEEN] */
	"7502"		 /* jne new */
	"ebf1"		 /* jmp again */
	"89c6"		 /* new: mov esi, eax */
	"31c0"		 /* xor eax, eax */
	"0fa2"		 /* cpuid */
	"eb05"		 /* jmp written */
	"9090909090"
	/* written (CROSS_CODE) */
	"b900000000"	 /* mov ecx, n */
	"39f1"		 /* cmp ecx, esi */
	"7406"		 /* je good */
	"ff0530400000"	 /* inc dword [STALE] */
	"893528400000"	 /* good: mov [SEEN], esi */
	"ebcd";		 /* jmp again */

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
	put_gate(board, NMI_VECTOR, HANDLER);
	put(board, SMI_HANDLER, "6667ff05004000000faa"); /* inc dword [COUNTER]; rsm */
	put(board, ROUTINE, "b801000000c3");		 /* mov eax, 1; ret */
	put(board, ROUTINE_A20, "b802000000c3");
	put(board, CODE - 0x40, "b801000000c3");
	put(board, CROSS, cross);
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

/* ---- what is done from outside, and what the guest shows then ---- */

static uint32_t interrupt(Board *board, uint32_t n)
{
	board->interrupt = VECTOR;
	cpu_set_interrupt(board->cpu, true);
	return n;
}

static uint32_t raise_nmi(Board *board, uint32_t n)
{
	cpu_raise_nmi(board->cpu);
	return n;
}

static uint32_t raise_smi(Board *board, uint32_t n)
{
	cpu_raise_smi(board->cpu);
	return n;
}

/* The routine's immediate. */
static void write_code(Board *board, uint64_t routine, uint32_t n)
{
	__atomic_store_n(board->ram + routine + 1, (uint8_t)n, __ATOMIC_RELEASE);
	cpu_code_written(board->cpu, routine & ~(uint64_t)0xfff, code_lines_of(routine + 1, 1));
}

static uint32_t write_far_code(Board *board, uint32_t n)
{
	write_code(board, ROUTINE, n);
	return n;
}

static uint32_t write_near_code(Board *board, uint32_t n)
{
	write_code(board, CODE - 0x40, n);
	return n;
}

/* As another processor does it: the code, then a flag that says that it is there. Who has seen the flag, and executed a serializing
 * instruction, must not run the old code. */
static uint32_t write_code_and_flag(Board *board, uint32_t n)
{
	write_code(board, CROSS_CODE, n);
	__atomic_store_n((uint32_t *)(void *)(board->ram + FLAG), n, __ATOMIC_RELEASE);
	return n;
}

static uint32_t switch_a20(Board *board, uint32_t n)
{
	cpu_set_a20(board->cpu, n & 1);
	return n & 1 ? 2 : 1;
}

static const struct Deed {
	const char *name, *code;
	uint32_t (*act)(Board *board, uint32_t n); /* the n-th time, from 1; returns what the guest comes to show */
	uint64_t shown;				   /* where */
} deeds[] = {
	{ "code of another page is written", "e88bf1ffffa310400000ebf4", write_far_code, RESULT },
	{ "code of the same page is written", "e8bbffffffa310400000ebf4", write_near_code, RESULT },
	{ "code behind A20", "e88bf10f00a310400000ebf4", switch_a20, RESULT },
	{ "data behind A20", "a181011100a310400000ebf4", switch_a20, RESULT },
	{ "NMI", "ebfe", raise_nmi, COUNTER },
	{ "SMI", "49ebfd", raise_smi, COUNTER },
	{ "SMI in calls", "e802000000ebf9c3", raise_smi, COUNTER },
	{ "code is written and then a flag, for who serializes", "e90bf1ffff", write_code_and_flag, SEEN },
};

/* ---- the thread ---- */

typedef struct Outside {
	Board *board;
	uint32_t (*act)(Board *board, uint32_t n);
	uint64_t shown;
	unsigned done;
} Outside;

static gpointer act(gpointer data)
{
	Outside *o = data;
	const uint32_t *shown = (const uint32_t *)(const void *)(o->board->ram + o->shown);
	gint64 end = g_get_monotonic_time() + SECONDS * G_USEC_PER_SEC;
	bool late = false;
	while (o->done < TIMES && !late) {
		g_usleep(300); /* meanwhile the loop runs, which asks more of it but isn't needed */
		uint32_t wanted = o->act(o->board, o->done + 1);
		while (__atomic_load_n(shown, __ATOMIC_ACQUIRE) != wanted && !late) {
			g_usleep(20);
			late = g_get_monotonic_time() > end;
		}
		o->done += !late;
	}
	cpu_request_exit(o->board->cpu);
	return NULL;
}

enum { LEAST_FLUSHES = 3 };

static void run_loop(const Loop *loop, uint32_t (*from_outside)(Board *board, uint32_t n), uint64_t shown, bool translate)
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
	Outside o = { board, from_outside, shown, 0 };
	GThread *thread = g_thread_new("outside", act, &o);
	CpuExit exit = cpu_run(board->cpu, ~(uint64_t)0);
	g_thread_join(thread);
	g_assert_cmpint(exit, ==, CPU_EXIT_REQUESTED);
	g_assert_cmpuint(o.done, ==, TIMES);
	g_assert_cmpuint(board->ram[STALE], ==, 0);
	/* Pages go one by one; everything is dropped when it starts, and by A20 and SMM. */
	if (translate && (from_outside == write_far_code || from_outside == write_near_code))
		g_assert_cmpuint(jit_counters(board->cpu).flushes, <=, LEAST_FLUSHES);
}

static void run_interpreted(gconstpointer loop)
{
	run_loop(loop, interrupt, COUNTER, false);
}

static void run_generated(gconstpointer loop)
{
	run_loop(loop, interrupt, COUNTER, true);
}

static void do_interpreted(gconstpointer data)
{
	const struct Deed *d = data;
	run_loop(&(Loop){ d->name, d->code, NULL }, d->act, d->shown, false);
}

static void do_generated(gconstpointer data)
{
	const struct Deed *d = data;
	run_loop(&(Loop){ d->name, d->code, NULL }, d->act, d->shown, true);
}

/* An interrupt that can't be taken does not keep generated code from running. */
static void off_for_long(void)
{
	const Loop loop = { "off for long", "fab900001000e2fefb90f4", NULL }; /* cli; mov ecx, 100000h; loop to itself; sti; nop; hlt */
	g_autoptr(GError) error = NULL;
	g_autoptr(Board) board = board_new("max", RAM_BYTES, &error);
	g_assert_no_error(error);
	if (!board_translate(board)) {
		g_test_skip("this host has no translator");
		return;
	}
	make_memory(board, &loop);
	enter(board->cpu);
	eflags_set(board->cpu, EFLAGS_FIXED);
	interrupt(board, 1);
	uint64_t before = board->cpu->insns_retired;
	g_assert_cmpint(cpu_run(board->cpu, ~(uint64_t)0), ==, CPU_EXIT_HALTED);
	/* Generated code doesn't count what it runs. */
	g_assert_cmpuint(board->cpu->insns_retired - before, <, 100);
	const uint32_t *count = (const uint32_t *)(const void *)(board->ram + COUNTER);
	g_assert_cmpuint(*count, ==, 1);
}

/* ---- how many instructions run before an interrupt is seen ---- */

enum { LATENCY_STORES = 20000, LATENCY_PERIOD = 100 }; /* the device lies at 0x300000, beyond RAM */

/* The loops count in ecx before the store to the device and in edx behind it. The handler looks whether it came between. */
static const char latency_handler[] =
	"8d5a01"	 /* lea ebx, [edx + 1] */
	"39cb"		 /* cmp ebx, ecx */
	"7406"		 /* je good */
	"ff0530400000"	 /* inc dword [STALE] */
	"f0ff0500400000" /* good: lock inc dword [COUNTER] */
	"cf";
static const struct Latency {
	const char *name, *code;
} latencies[] = {
	{ "a loop", "41890d0000300042ebf6" },			/* inc ecx; mov [DEVICE], ecx; inc edx; jmp */
	{ "a longer block", "41890d00003000426bc0030f58c0ebf0" }, /* with imul eax, eax, 3; addps xmm0, xmm0 */
	{ "a call", "41890d0000300042e802000000ebf1c3" },
};

static void raise_at_times(void *owner, uint64_t phys, uint64_t value, unsigned size)
{
	Board *board = owner;
	(void)phys, (void)value, (void)size;
	if (++board->bus_writes % LATENCY_PERIOD == 0) {
		board->interrupt = VECTOR;
		cpu_set_interrupt(board->cpu, true);
	}
	if (board->bus_writes == LATENCY_STORES)
		cpu_request_exit(board->cpu);
}

/* An interrupt that a store brings about is taken right behind that store. */
static void take_at_once(gconstpointer data)
{
	const struct Latency *l = data;
	g_autoptr(Board) board = board_new("max", RAM_BYTES, NULL);
	if (!board_translate(board)) {
		g_test_skip("this host has no translator");
		return;
	}
	make_memory(board, &(Loop){ l->name, l->code, NULL });
	put(board, HANDLER, latency_handler);
	enter(board->cpu);
	board->cpu->gpr[RDX] = 0;
	board->cpu->bus.write = raise_at_times;
	g_assert_cmpint(cpu_run(board->cpu, ~(uint64_t)0), ==, CPU_EXIT_REQUESTED);
	uint32_t taken, late;
	memcpy(&taken, board->ram + COUNTER, sizeof taken);
	memcpy(&late, board->ram + STALE, sizeof late);
	g_assert_cmpuint(taken, >=, LATENCY_STORES / LATENCY_PERIOD - 1);
	g_assert_cmpuint(late, ==, 0);
	g_assert_cmpuint(jit_counters(board->cpu).entries, >, 0);
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
	for (unsigned n = 0; n < G_N_ELEMENTS(deeds); n++) {
		g_autofree char *path = g_strdup_printf("/outside/interp/%s", deeds[n].name);
		g_autofree char *jit_path = g_strdup_printf("/outside/jit/%s", deeds[n].name);
		g_test_add_data_func(path, &deeds[n], do_interpreted);
		g_test_add_data_func(jit_path, &deeds[n], do_generated);
	}
	g_test_add_func("/outside/off-for-long", off_for_long);
	for (unsigned n = 0; n < G_N_ELEMENTS(latencies); n++) {
		g_autofree char *path = g_strdup_printf("/instructions/%s", latencies[n].name);
		g_test_add_data_func(path, &latencies[n], take_at_once);
	}
	return g_test_run();
}
