/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The x87 unit's control: pending exceptions, stack faults, the control and status words, environment and state in memory.
 *
 * An unmasked exception is remembered in the status word (ES), and raised by the next x87 or MMX instruction that waits. With
 * CR0.NE that is #MF. Without it the processor asserts FERR#, which PCs wire to IRQ 13, and freezes until an interrupt arrives
 * (SDM volume 1, appendix D): the event goes to the board, and the instruction begins again after the interrupt. Freezing is
 * the state of HLT: cpu_run() returns and the board sleeps. When the board has asserted IGNNE# by then (port F0h), which holds
 * as long as FERR# is up, the instruction runs in spite of the exception. FERR# goes when ES does. */
#include "cpu/x87unit.h"

#include "insn_handlers.h"

void x87_check_pending(Cpu *cpu)
{
	if (!(cpu->x87.sw & FSW_ES))
		return;
	if (cpu->cr0 & CR0_NE)
		cpu_fault(cpu, VECTOR_MF);
	if (!cpu->ferr) {
		cpu->ferr = true;
		cpu->ferr_ignored = false;
		if (cpu->bus.event)
			cpu->bus.event(cpu->bus.owner, CPU_EVENT_FERR);
	}
	if (cpu->ferr_ignored)
		return;
	cpu->halted = true;
	cpu->mwait = cpu->mwait_masked = false;
	cpu_restart(cpu);
}

void cpu_ignore_ferr(Cpu *cpu)
{
	cpu->ferr_ignored = cpu->ferr;
}

static void release_ferr(Cpu *cpu)
{
	if (!cpu->ferr)
		return;
	cpu->ferr = cpu->ferr_ignored = false;
	if (cpu->bus.event)
		cpu->bus.event(cpu->bus.owner, CPU_EVENT_FERR_CLEAR);
}

void x87_update_pending(Cpu *cpu)
{
	X87 *x = &cpu->x87;
	if (x->sw & ~x->cw & FSW_EXCEPTIONS) {
		x->sw |= FSW_ES | FSW_B;
	} else {
		x->sw &= (uint16_t)~(FSW_ES | FSW_B);
		release_ferr(cpu);
	}
}

static bool stack_fault(Cpu *cpu, unsigned c1)
{
	X87 *x = &cpu->x87;
	bool masked = x->cw & FP_IE;
	x->sw = (uint16_t)((x->sw & ~FSW_C1) | FP_IE | FSW_SF | c1 | (masked ? 0 : FSW_ES | FSW_B));
	return masked;
}

bool x87_underflow(Cpu *cpu)
{
	return stack_fault(cpu, 0);
}

bool x87_overflow(Cpu *cpu)
{
	return stack_fault(cpu, FSW_C1);
}

/* ---- control and status ---- */

void x87_init(Cpu *cpu)
{
	X87 *x = &cpu->x87;
	x->cw = FCW_INIT;
	x->sw = 0;
	x->top = 0;
	x->empty = 0xff;
	x->opcode = 0;
	x->ip = x->dp = 0;
	x->cs = x->ds = 0;
	release_ferr(cpu);
}

void op_fninit(Cpu *cpu, const Insn *i)
{
	(void)i;
	x87_init(cpu);
}

void op_fnclex(Cpu *cpu, const Insn *i)
{
	(void)i;
	cpu->x87.sw &= (uint16_t)~(FSW_EXCEPTIONS | FSW_SF);
	x87_update_pending(cpu);
}

void op_fwait(Cpu *cpu, const Insn *i)
{
	(void)i;
	x87_wait(cpu);
}

/* FENI, FDISI of the 8087 and FSETPM of the 80287. */
void op_fnop_control(Cpu *cpu, const Insn *i)
{
	(void)cpu;
	(void)i;
}

/* An ESC opcode that no row claims: undefined, or there is no unit that it could be for. */
void op_esc(Cpu *cpu, const Insn *i)
{
	(void)i;
	if (cpu_has(cpu, FEATURE_FPU))
		fault_ud(cpu);
}

void op_fldcw(Cpu *cpu, const Insn *i)
{
	x87_wait(cpu);
	cpu->x87.cw = x87_control_word(mem_read(cpu, i->seg, effective_address(cpu, i), 2));
	x87_update_pending(cpu);
}

void op_fnstcw(Cpu *cpu, const Insn *i)
{
	mem_write(cpu, i->seg, effective_address(cpu, i), cpu->x87.cw, 2);
}

void op_fnstsw_m(Cpu *cpu, const Insn *i)
{
	mem_write(cpu, i->seg, effective_address(cpu, i), x87_status_word(&cpu->x87), 2);
}

void op_fnstsw_ax(Cpu *cpu, const Insn *i)
{
	(void)i;
	write_reg(cpu, RAX, x87_status_word(&cpu->x87), 2);
}

/* ---- environment: control, status and tag word, and the pointers to the last instruction and its data ----
 *
 * Seven words of 16 or 32 bits, the upper halves of 32-bit ones filled with ones where nothing stands. Protected mode has the
 * pointers as offset and selector; real and virtual-8086 mode as linear addresses, whose upper bits share words with the
 * opcode. */

enum { ENV16_SIZE = 14, ENV32_SIZE = 28, REGISTERS_SIZE = 80, STATE_SIZE = ENV32_SIZE + REGISTERS_SIZE };
#define UPPER_ONES 0xffff0000u

static unsigned environment_size(const Insn *i)
{
	return i->opsize == 2 ? ENV16_SIZE : ENV32_SIZE;
}

uint16_t x87_tag_word(const X87 *x)
{
	unsigned tags = 0;
	for (unsigned n = 0; n < 8; n++) {
		unsigned exponent = x->r[n].se & 0x7fff, tag = 2;
		if (x->empty >> n & 1)
			tag = 3;
		else if (exponent == 0 && x->r[n].mant == 0)
			tag = 1;
		else if (exponent != 0 && exponent != 0x7fff && x->r[n].mant >> 63)
			tag = 0;
		tags |= tag << 2 * n;
	}
	return (uint16_t)tags;
}

static void pointers_real(const X87 *x, bool wide, uint32_t word[7])
{
	uint32_t ip = (uint32_t)x->ip + ((uint32_t)x->cs << 4), dp = (uint32_t)x->dp + ((uint32_t)x->ds << 4);
	uint32_t kept = wide ? 0xffff : 0xf;
	word[3] = ip & 0xffff;
	word[4] = (ip >> 16 & kept) << 12 | x->opcode;
	word[5] = dp & 0xffff;
	word[6] = (dp >> 16 & kept) << 12;
}

static void pointers_protected(const X87 *x, uint32_t word[7])
{
	word[3] = (uint32_t)x->ip;
	word[4] = x->cs | (uint32_t)x->opcode << 16;
	word[5] = (uint32_t)x->dp;
	word[6] = x->ds | UPPER_ONES;
}

static void environment_to_image(const Cpu *cpu, bool wide, uint8_t *image)
{
	const X87 *x = &cpu->x87;
	uint32_t word[7] = { x->cw | UPPER_ONES, x87_status_word(x) | UPPER_ONES, x87_tag_word(x) | UPPER_ONES };
	if (cpu->mode & MODE_PROTECTED)
		pointers_protected(x, word);
	else
		pointers_real(x, wide, word);
	for (unsigned n = 0; n < 7; n++)
		memcpy(image + (wide ? 4 : 2) * n, &word[n], wide ? 4 : 2);
}

static void environment_from_image(Cpu *cpu, bool wide, const uint8_t *image)
{
	X87 *x = &cpu->x87;
	uint32_t word[7] = { 0 };
	for (unsigned n = 0; n < 7; n++)
		memcpy(&word[n], image + (wide ? 4 : 2) * n, wide ? 4 : 2);
	x->cw = x87_control_word(word[0]);
	x87_set_status_word(x, (uint16_t)word[1]);
	x->empty = x87_empty_from_tag_word((uint16_t)word[2]);
	if (cpu->mode & MODE_PROTECTED) {
		x->ip = word[3];
		x->cs = (uint16_t)word[4];
		x->opcode = word[4] >> 16 & 0x7ff;
		x->dp = word[5];
		x->ds = (uint16_t)word[6];
	} else {
		x->ip = (word[3] & 0xffff) | (word[4] >> 12) << 16;
		x->opcode = word[4] & 0x7ff;
		x->dp = (word[5] & 0xffff) | (word[6] >> 12) << 16;
		x->cs = x->ds = 0;
	}
	x87_update_pending(cpu);
}

void op_fnstenv(Cpu *cpu, const Insn *i)
{
	uint8_t image[ENV32_SIZE];
	environment_to_image(cpu, i->opsize != 2, image);
	mem_write_bytes(cpu, i->seg, effective_address(cpu, i), image, environment_size(i), 0);
	cpu->x87.cw |= FP_ALL;
	x87_update_pending(cpu);
}

void op_fldenv(Cpu *cpu, const Insn *i)
{
	uint8_t image[ENV32_SIZE];
	x87_wait(cpu);
	mem_read_bytes(cpu, i->seg, effective_address(cpu, i), image, environment_size(i), 0);
	environment_from_image(cpu, i->opsize != 2, image);
}

/* Behind the environment stand ST(0) to ST(7), ten bytes each. */
void op_fnsave(Cpu *cpu, const Insn *i)
{
	uint8_t image[STATE_SIZE], *to = image + environment_size(i);
	environment_to_image(cpu, i->opsize != 2, image);
	for (unsigned n = 0; n < 8; n++) {
		Float80 value = x87_read(cpu, n);
		memcpy(to + 10 * n, &value.mant, 8);
		memcpy(to + 10 * n + 8, &value.se, 2);
	}
	mem_write_bytes(cpu, i->seg, effective_address(cpu, i), image, environment_size(i) + REGISTERS_SIZE, 0);
	x87_init(cpu);
}

void op_frstor(Cpu *cpu, const Insn *i)
{
	uint8_t image[STATE_SIZE];
	const uint8_t *from = image + environment_size(i);
	x87_wait(cpu);
	mem_read_bytes(cpu, i->seg, effective_address(cpu, i), image, environment_size(i) + REGISTERS_SIZE, 0);
	environment_from_image(cpu, i->opsize != 2, image);
	for (unsigned n = 0; n < 8; n++) {
		X87Register *r = &cpu->x87.r[x87_physical(cpu, n)];
		memcpy(&r->mant, from + 10 * n, 8);
		memcpy(&r->se, from + 10 * n + 8, 2);
	}
}
