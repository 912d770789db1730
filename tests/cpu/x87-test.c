/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the oracle can't show of the x87, since it takes another mode than a program's: pending exceptions with and without
 * CR0.NE, FERR# and IGNNE#, real-mode environments, a processor without the unit. */
#include <string.h>

#include "board.h"
#include "cpu/x87unit.h"

enum { RAM = 1 << 20, CODE = 0x1000, DATA = 0x2000, HANDLER = 0x3000, STACK = 0x8000, IRQ13 = 0x75, PORT_BUSY = 0xf0 };

typedef struct Machine {
	Board *board;
	Cpu *cpu;
	unsigned raised, cleared; /* FERR# events */
	bool wired;		  /* FERR# raises interrupt 75h, as a PC's IRQ 13 does */
} Machine;

static CpuPage machine_page(void *owner, uint64_t phys)
{
	Board *board = ((Machine *)owner)->board;
	return phys < board->ram_size ? (CpuPage){ board->ram + phys, &board->code_lines[phys >> 12], true } : (CpuPage){ 0 };
}

static void machine_event(void *owner, CpuEvent event)
{
	Machine *m = owner;
	if (event == CPU_EVENT_FERR) {
		m->raised++;
		if (m->wired)
			cpu_set_interrupt(m->cpu, true);
	} else if (event == CPU_EVENT_FERR_CLEAR) {
		m->cleared++;
	}
}

static int machine_acknowledge(void *owner)
{
	cpu_set_interrupt(((Machine *)owner)->cpu, false);
	return IRQ13;
}

static void machine_port_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)value;
	(void)size;
	if (port == PORT_BUSY)
		cpu_ignore_ferr(((Machine *)owner)->cpu);
}

static void set_vector(Machine *m, unsigned vector, uint16_t offset)
{
	memcpy(m->board->ram + 4 * vector, &offset, 2);
	memset(m->board->ram + 4 * vector + 2, 0, 2);
}

/* Real mode, interrupts on, every vector at HANDLER, which halts unless the test puts something there. */
static void machine_init(Machine *m, const char *model, bool wired)
{
	g_autoptr(GError) error = NULL;
	*m = (Machine){ .board = board_new(model, RAM, &error), .wired = wired };
	g_assert_no_error(error);
	m->cpu = m->board->cpu;
	m->cpu->bus.owner = m;
	m->cpu->bus.page = machine_page;
	m->cpu->bus.event = machine_event;
	m->cpu->bus.acknowledge = machine_acknowledge;
	m->cpu->bus.port_write = machine_port_write;
	m->cpu->seg[CS].selector = 0;
	m->cpu->seg[CS].base = 0;
	m->cpu->rip = CODE;
	m->cpu->gpr[RSP] = STACK;
	m->cpu->eflags |= EFLAGS_IF;
	cpu_mode_changed(m->cpu);
	memset(m->board->ram + HANDLER, 0xf4, 16);
	for (unsigned n = 0; n < 256; n++)
		set_vector(m, n, HANDLER);
}

/* A HLT follows the code. */
static void put_code(Machine *m, uint64_t at, const uint8_t *code, size_t size)
{
	memcpy(m->board->ram + at, code, size);
	m->board->ram[at + size] = 0xf4;
}

#define PUT(m, at, ...) put_code(m, at, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* FNINIT; FLDCW [DATA], with division by zero unmasked; FLD1; FLDZ; FDIVP: the exception is pending. */
#define DIVIDE 0xdb, 0xe3, 0xd9, 0x2e, 0x00, 0x20, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9
enum { DIVIDE_SIZE = 12 };

static void unmask_division(Machine *m)
{
	static const uint16_t fcw = 0x37b;
	memcpy(m->board->ram + DATA, &fcw, 2);
}

static void test_mf(void)
{
	Machine m;
	machine_init(&m, NULL, true);
	unmask_division(&m);
	m.cpu->cr0 |= CR0_NE;
	set_vector(&m, VECTOR_MF, HANDLER + 8);
	PUT(&m, CODE, DIVIDE, 0xdf, 0xe0, 0x9b); /* FNSTSW AX doesn't wait, FWAIT does */
	cpu_run(m.cpu, 100);
	g_assert_cmphex(m.cpu->gpr[RAX] & 0xffff, ==, 0xb084);
	g_assert_cmphex(m.cpu->rip, ==, HANDLER + 9);
	g_assert_cmphex(*(uint16_t *)(void *)(m.board->ram + m.cpu->gpr[RSP]), ==, CODE + DIVIDE_SIZE + 2);
	g_assert_cmpuint(m.raised, ==, 0);
	board_free(m.board);
}

/* As a PC's BIOS and DOS programs do it: the handler writes to port F0h, FNCLEX, IRET. */
static void test_ferr(void)
{
	Machine m;
	machine_init(&m, NULL, true);
	unmask_division(&m);
	PUT(&m, CODE, DIVIDE, 0xd9, 0xe8, 0xb0, 0x55); /* FLD1 finds the exception, and runs after the handler; MOV AL, 55h */
	PUT(&m, HANDLER, 0xe6, PORT_BUSY, 0xdb, 0xe2, 0xfe, 0xc4, 0xcf); /* OUT; FNCLEX; INC AH; IRET */
	g_assert_cmpint(cpu_run(m.cpu, 100), ==, CPU_EXIT_HALTED);
	g_assert_cmphex(m.cpu->gpr[RAX] & 0xffff, ==, 0x155);
	g_assert_cmphex(m.cpu->rip, ==, CODE + DIVIDE_SIZE + 5);
	g_assert_cmpuint(m.raised, ==, 1);
	g_assert_cmpuint(m.cleared, ==, 1);
	g_assert_cmpuint(m.cpu->x87.top, ==, 5);
	g_assert_false(m.cpu->ferr);
	board_free(m.board);
}

/* IGNNE# lets waiting instructions pass in the handler, until the exception is cleared. */
static void test_ignne(void)
{
	Machine m;
	machine_init(&m, NULL, true);
	unmask_division(&m);
	PUT(&m, CODE, DIVIDE, 0x9b);
	PUT(&m, HANDLER, 0xe6, PORT_BUSY, 0x9b, 0xd9, 0xe8, 0xcf); /* OUT; FWAIT; FLD1; IRET */
	g_assert_cmpint(cpu_run(m.cpu, 100), ==, CPU_EXIT_HALTED);
	g_assert_cmphex(m.cpu->rip, ==, CODE + DIVIDE_SIZE + 2);
	g_assert_cmpuint(m.raised, ==, 1);
	g_assert_cmpuint(m.cleared, ==, 0);
	g_assert_true(m.cpu->ferr);
	g_assert_cmpuint(m.cpu->x87.top, ==, 5);
	board_free(m.board);
}

/* Nobody answers: the processor sleeps before the instruction, and goes on from there. */
static void test_freeze(void)
{
	Machine m;
	machine_init(&m, NULL, false);
	unmask_division(&m);
	PUT(&m, CODE, DIVIDE, 0x0f, 0x77); /* EMMS waits too */
	for (unsigned n = 0; n < 3; n++) {
		g_assert_cmpint(cpu_run(m.cpu, 100), ==, CPU_EXIT_HALTED);
		g_assert_cmphex(m.cpu->rip, ==, CODE + DIVIDE_SIZE);
	}
	g_assert_cmpuint(m.raised, ==, 1);
	PUT(&m, HANDLER, 0xdb, 0xe2, 0xcf); /* FNCLEX; IRET */
	cpu_set_interrupt(m.cpu, true);
	g_assert_cmpint(cpu_run(m.cpu, 100), ==, CPU_EXIT_HALTED);
	g_assert_cmphex(m.cpu->rip, ==, CODE + DIVIDE_SIZE + 3);
	g_assert_cmphex(m.cpu->x87.empty, ==, 0xff);
	g_assert_cmpuint(m.cleared, ==, 1);
	board_free(m.board);
}

/* SDM volume 1, figures 8-9 to 8-12, from an FLD m64 at 1234:0040 with data at 2345:6789. */
static void prepare_pointers(Machine *m)
{
	m->cpu->seg[CS].selector = 0x1234;
	m->cpu->seg[CS].base = 0x12340;
	m->cpu->seg[DS].selector = 0x2345;
	m->cpu->seg[DS].base = 0x23450;
	m->cpu->rip = 0x40;
	cpu_mode_changed(m->cpu);
}

static void test_real_environment(void)
{
	static const uint16_t expected16[7] = { 0x37f, 0x3800, 0x7fff, 0x2383, 0x1506, 0x9bd9, 0x2000 };
	static const uint32_t expected32[7] = { 0xffff037f, 0xffff3800, 0xffff7fff, 0x2383, 0x1506, 0x9bd9, 0x2000 };
	Machine m;
	machine_init(&m, NULL, false);
	prepare_pointers(&m);
	/* FNINIT; FLD qword [6789h]; FNSTENV [0]; O32 FNSTENV [40h]; FNINIT; FLDENV [0] */
	PUT(&m, 0x12340 + 0x40, 0xdb, 0xe3, 0x90, 0xdd, 0x06, 0x89, 0x67, 0xd9, 0x36, 0, 0, 0x66, 0xd9, 0x36, 0x40, 0, 0xdb, 0xe3,
	    0xd9, 0x26, 0, 0);
	cpu_run(m.cpu, 100);
	g_assert_cmpmem(m.board->ram + 0x23450, 14, expected16, 14);
	g_assert_cmpmem(m.board->ram + 0x23450 + 0x40, 28, expected32, 28);
	g_assert_cmphex(m.cpu->x87.ip, ==, 0x12383);
	g_assert_cmphex(m.cpu->x87.dp, ==, 0x29bd9);
	g_assert_cmphex(m.cpu->x87.opcode, ==, 0x506);
	g_assert_cmphex(m.cpu->x87.empty, ==, 0x7f);
	g_assert_cmphex(m.cpu->x87.top, ==, 7);
	board_free(m.board);
}

/* FNINIT; FNSTSW [DATA] on a processor without the unit leave memory alone; so does FNSTSW AX. */
static void test_absent(void)
{
	Machine m;
	machine_init(&m, "486,-fpu", false);
	memset(m.board->ram + DATA, 0x5a, 2);
	PUT(&m, CODE, 0xdb, 0xe3, 0xdd, 0x3e, 0x00, 0x20, 0xb8, 0x34, 0x12, 0xdf, 0xe0, 0x9b);
	cpu_run(m.cpu, 100);
	g_assert_cmphex(m.board->ram[DATA], ==, 0x5a);
	g_assert_cmphex(m.cpu->gpr[RAX] & 0xffff, ==, 0x1234);
	g_assert_cmphex(m.cpu->rip, ==, CODE + 13);
	board_free(m.board);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/x87/mf", test_mf);
	g_test_add_func("/x87/ferr", test_ferr);
	g_test_add_func("/x87/ignne", test_ignne);
	g_test_add_func("/x87/freeze", test_freeze);
	g_test_add_func("/x87/real-environment", test_real_environment);
	g_test_add_func("/x87/absent", test_absent);
	return g_test_run();
}
