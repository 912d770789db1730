/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IN, OUT, INS, OUTS. One element is one access of the bus. */
#include "cpu/access.h"
#include "cpu/debug.h"
#include "cpu/io_permission.h"
#include "cpu/string_run.h"
#include "insn_handlers.h"

/* There are no 64-bit ports: REX.W doesn't count. */
static unsigned port_size(const Insn *i)
{
	return MIN(i->opsize, 4);
}

static uint32_t port_in(Cpu *cpu, uint16_t port, unsigned size)
{
	uint32_t value = cpu->bus.port_read(cpu->bus.owner, port, size);
	debug_io(cpu, port, size);
	return value;
}

static void port_out(Cpu *cpu, uint16_t port, uint32_t value, unsigned size)
{
	cpu->bus.port_write(cpu->bus.owner, port, value, size);
	debug_io(cpu, port, size);
}

static void in(Cpu *cpu, const Insn *i, uint16_t port)
{
	unsigned size = port_size(i);
	io_check(cpu, port, size);
	write_reg(cpu, RAX, port_in(cpu, port, size), size);
}

static void out(Cpu *cpu, const Insn *i, uint16_t port)
{
	unsigned size = port_size(i);
	io_check(cpu, port, size);
	port_out(cpu, port, (uint32_t)read_reg(cpu, RAX, size), size);
}

void op_in_imm(Cpu *cpu, const Insn *i) { in(cpu, i, (uint8_t)i->imm); }
void op_in_dx(Cpu *cpu, const Insn *i) { in(cpu, i, (uint16_t)cpu->gpr[RDX]); }
void op_out_imm(Cpu *cpu, const Insn *i) { out(cpu, i, (uint8_t)i->imm); }
void op_out_dx(Cpu *cpu, const Insn *i) { out(cpu, i, (uint16_t)cpu->gpr[RDX]); }

/* ---- strings ---- */

/* Elements between two looks at the run loop's budget; events end the instruction's turn after any element. */
enum { STRING_TURN = 4096 };

static void ins_one(Cpu *cpu, const Insn *i, uint16_t port, unsigned size)
{
	uint64_t offset = string_address(cpu, i, RDI);
	mem_probe_write(cpu, ES, offset, size);
	mem_write(cpu, ES, offset, port_in(cpu, port, size), size);
	string_advance(cpu, i, RDI, 1, size);
}

static void outs_one(Cpu *cpu, const Insn *i, uint16_t port, unsigned size)
{
	uint32_t value = (uint32_t)mem_read(cpu, i->seg, string_address(cpu, i, RSI), size);
	port_out(cpu, port, value, size);
	string_advance(cpu, i, RSI, 1, size);
}

/* Several elements at once: how many of `count`. The device hands over no more than it has, without anything to be seen in between. */

static uint64_t ins_run(Cpu *cpu, const Insn *i, uint16_t port, unsigned size, uint64_t count)
{
	uint8_t *to;
	if (!cpu->bus.port_read_many)
		return 0;
	count = string_plain_run(cpu, i, ES, string_address(cpu, i, RDI), count, size, ACCESS_WRITE, &to);
	if (count)
		count = cpu->bus.port_read_many(cpu->bus.owner, port, size, to, (unsigned)count);
	string_advance(cpu, i, RDI, count, size);
	return count;
}

static uint64_t outs_run(Cpu *cpu, const Insn *i, uint16_t port, unsigned size, uint64_t count)
{
	uint8_t *from;
	if (!cpu->bus.port_write_many)
		return 0;
	count = string_plain_run(cpu, i, i->seg, string_address(cpu, i, RSI), count, size, ACCESS_READ, &from);
	if (count)
		count = cpu->bus.port_write_many(cpu->bus.owner, port, size, from, (unsigned)count);
	string_advance(cpu, i, RSI, count, size);
	return count;
}

typedef void StringElement(Cpu *cpu, const Insn *i, uint16_t port, unsigned size);
typedef uint64_t StringRun(Cpu *cpu, const Insn *i, uint16_t port, unsigned size, uint64_t count);

/* With REP, registers say after each element how far it got, so that a fault or an event can come between any two; RIP stays
 * at the instruction until the count is used up. */
static void string(Cpu *cpu, const Insn *i, StringElement *element, StringRun *run)
{
	uint16_t port = (uint16_t)cpu->gpr[RDX];
	unsigned size = port_size(i);
	io_check(cpu, port, size);
	if (!(i->flags & (INSN_REP | INSN_REPNE))) {
		element(cpu, i, port, size);
		cpu->rip = insn_next_rip(cpu, i);
		return;
	}
	bool runs = !(cpu->eflags & EFLAGS_DF) && !debug_stops_io(cpu);
	uint64_t count = mask_address(cpu->gpr[RCX], i->adsize);
	for (unsigned turn = 0; count && turn < STRING_TURN; turn++) {
		uint64_t done = runs ? run(cpu, i, port, size, count) : 0;
		if (!done) {
			element(cpu, i, port, size);
			done = 1;
		}
		count -= done;
		write_reg(cpu, RCX, count, i->adsize);
		if (__atomic_load_n(&cpu->events, __ATOMIC_RELAXED))
			break;
	}
	if (count && cpu->step_resume)
		cpu->eflags |= EFLAGS_RF; /* as in string.c */
	cpu->rip = count ? insn_rip(cpu, i) : insn_next_rip(cpu, i);
}

void op_ins(Cpu *cpu, const Insn *i) { string(cpu, i, ins_one, ins_run); }
void op_outs(Cpu *cpu, const Insn *i) { string(cpu, i, outs_one, outs_run); }
