/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways into generated code, out of it, and to the interpreter, once for each set of live registers (see Thunks). */
#include <string.h>

#include "jit/jumps.h"
#include "jit/x86_64/translate.h"

enum { SAVED_REGISTERS = 6, DEFAULT_MXCSR = 0x1f80 };
static const uint8_t callee_saved[SAVED_REGISTERS] = { H_RBX, H_RBP, H_R12, H_R13, H_R14, H_R15 };

static void put_push(Asm *a, unsigned reg)
{
	asm_insn(a, &(HostInsn){ .opcode = 0x50, .rm = (uint8_t)reg });
}

static void put_pop(Asm *a, unsigned reg)
{
	asm_insn(a, &(HostInsn){ .opcode = 0x58, .rm = (uint8_t)reg });
}

static void put_adjust_stack(Asm *a, int bytes)
{
	asm_lea(a, 8, H_RSP, (HostMemory){ H_RSP, H_NONE, 0, bytes });
}

static unsigned register_count(const Thunks *k)
{
	return k->wide ? 16 : 8;
}

static void put_registers(Asm *a, const Thunks *k, bool store)
{
	for (unsigned guest = 0; guest < register_count(k); guest++) {
		unsigned host = host_register(guest);
		if (host == SLOT)
			continue;
		if (store)
			asm_store(a, 8, register_slot(guest), host);
		else
			asm_load(a, 8, host, register_slot(guest));
	}
}

/* VMOVDQU */
static void put_vectors(Asm *a, const Thunks *k, bool store)
{
	for (unsigned n = 0; n < register_count(k); n++) {
		HostMemory at = { STATE, H_NONE, 0, (int32_t)(offsetof(Cpu, ymm) + n * sizeof(Vector)) - STATE_BIAS };
		asm_insn(a, &(HostInsn){ .vex = true, .rep = 0xf3, .l = true, .map = 1, .opcode = store ? 0x7f : 0x6f, .modrm = true,
			.is_memory = true, .reg = (uint8_t)n, .memory = at });
	}
}

static void put_mxcsr(Asm *a, bool store, HostMemory at)
{
	asm_insn(a, &(HostInsn){ .map = 1, .opcode = 0xae, .modrm = true, .is_memory = true, .reg = store ? 3 : 2, .memory = at });
}

static void put_vectors_out(Asm *a, const Thunks *k)
{
	put_vectors(a, k, true);
	put_mxcsr(a, true, STATE_AT(mxcsr));
	put_mxcsr(a, false, STATE_AT(jit_mxcsr));
	asm_insn(a, &(HostInsn){ .vex = true, .map = 1, .opcode = 0x77 }); /* VZEROUPPER: the C code's SSE needn't keep upper halves */
}

static void put_vectors_in(Asm *a, const Thunks *k)
{
	put_mxcsr(a, false, STATE_AT(mxcsr));
	put_vectors(a, k, false);
}

/* rax is saved already, or to be loaded. */
static void put_flags_out(Asm *a)
{
	asm_byte(a, 0x9f); /* LAHF */
	asm_insn(a, &(HostInsn){ .map = 1, .opcode = 0x90, .modrm = true, .rm = H_RAX }); /* SETO AL */
	asm_store(a, 2, STATE_AT(jit_flags), H_RAX);
}

static void put_flags_in(Asm *a)
{
	asm_load(a, 2, H_RAX, STATE_AT(jit_flags));
	asm_insn(a, &(HostInsn){ .opcode = 0x04, .imm_size = 1, .imm = 0x7f }); /* ADD AL, 7F */
	asm_byte(a, 0x9e);							  /* SAHF */
}

/* FXSAVE, or FXRSTOR, without REX.W: the pointers are not used. The vector registers that come along are overwritten after. */
static void put_x87(Asm *a, bool store)
{
	asm_insn(a, &(HostInsn){ .map = 1, .opcode = 0xae, .modrm = true, .is_memory = true, .reg = store ? 0 : 1, .memory = STATE_AT(jit_x87[0]) });
}

static void put_live_out(Asm *a, const Thunks *k)
{
	if (k->live >= LIVE_X87)
		put_x87(a, true);
	if (k->live >= LIVE_VECTORS)
		put_vectors_out(a, k);
}

static void put_live_in(Asm *a, const Thunks *k)
{
	if (k->live >= LIVE_X87)
		put_x87(a, false);
	if (k->live >= LIVE_VECTORS)
		put_vectors_in(a, k);
}

static void put_guest_in(Asm *a, const Thunks *k)
{
	put_live_in(a, k);
	put_flags_in(a);
	put_registers(a, k, false);
}

/* void enter(Cpu *cpu, const void *code) */
static const uint8_t *put_enter(Asm *a, const Thunks *k)
{
	const uint8_t *at = a->at + a->delta;
	for (unsigned n = 0; n < SAVED_REGISTERS; n++)
		put_push(a, callee_saved[n]);
	put_adjust_stack(a, -8);
	asm_lea(a, 8, STATE, (HostMemory){ H_RDI, H_NONE, 0, STATE_BIAS });
	asm_move(a, 8, ADDRESS, H_RSI);
	put_guest_in(a, k);
	asm_jump_register(a, ADDRESS);
	return at;
}

static void put_return(Asm *a)
{
	put_adjust_stack(a, 8);
	for (unsigned n = SAVED_REGISTERS; n-- > 0;)
		put_pop(a, callee_saved[n]);
	asm_byte(a, 0xc3);
}

/* ADDRESS: the instruction pointer, WORK: the site */
static uint8_t *put_leave(Asm *a, const Thunks *k)
{
	uint8_t *at = a->at;
	asm_store(a, 8, STATE_AT(rip), ADDRESS);
	asm_store(a, 4, STATE_AT(jit_site), WORK);
	put_registers(a, k, true);
	put_flags_out(a);
	put_live_out(a, k);
	put_return(a);
	return at;
}

/* Called, with the block in ADDRESS and the instruction's number in WORK. What C says decides where it goes on: rax, with rdx. */
static uint8_t *put_interpret(Asm *a, const Thunks *k)
{
	uint8_t *at = a->at;
	put_registers(a, k, true);
	put_flags_out(a);
	put_live_out(a, k);
	asm_lea(a, 8, H_RDI, (HostMemory){ STATE, H_NONE, 0, -STATE_BIAS });
	asm_move(a, 8, H_RSI, ADDRESS);
	asm_move(a, 4, H_RDX, WORK);
	asm_constant(a, H_RCX, (uint64_t)(uintptr_t)k);
	asm_constant(a, H_RAX, (uint64_t)(uintptr_t)jit_interpret);
	put_adjust_stack(a, -8);
	asm_call_register(a, H_RAX);
	put_adjust_stack(a, 8);
	asm_jump_register(a, H_RAX);
	return at;
}

/* After the interpreter: to where it was called from, to the code in rdx, or out. */
static const uint8_t *put_back(Asm *a, const Thunks *k)
{
	const uint8_t *at = a->at + a->delta;
	put_guest_in(a, k);
	asm_byte(a, 0xc3);
	return at;
}

static const uint8_t *put_resume(Asm *a, const Thunks *k)
{
	const uint8_t *at = a->at + a->delta;
	put_adjust_stack(a, 8); /* the place to come back to */
	asm_move(a, 8, ADDRESS, H_RDX);
	put_guest_in(a, k);
	asm_jump_register(a, ADDRESS);
	return at;
}

static const uint8_t *put_out(Asm *a)
{
	const uint8_t *at = a->at + a->delta;
	put_adjust_stack(a, 8);
	put_return(a);
	return at;
}

/* Called, with the instruction pointer in ADDRESS: EXTRA = its second index in Cpu.jump_negated, WORK = the number of the entry's mode, moved, if
 * it is there. Sometimes it isn't found although it is, for jumps_set() to bring it into its first place. */
static uint8_t *put_look_up(Asm *a)
{
	uint8_t *at = a->at;
	asm_load(a, 4, WORK, STATE_AT(jump_second_left));
	asm_lea(a, 4, WORK, (HostMemory){ WORK, H_NONE, 0, -1 });
	asm_store(a, 4, STATE_AT(jump_second_left), WORK);
	uint8_t *often = asm_jump_rcx_zero(a);
	asm_rorx(a, EXTRA, ADDRESS, JUMP_FIRST_SHIFT);
	asm_rorx(a, WORK, ADDRESS, JUMP_SECOND_SHIFT);
	asm_lea(a, 4, EXTRA, (HostMemory){ EXTRA, WORK, 0, 0 });
	asm_low16(a, EXTRA, EXTRA);
	asm_lea(a, 4, EXTRA, (HostMemory){ EXTRA, H_NONE, 0, JUMP_SIZE });
	asm_load(a, 8, WORK, STATE_INDEXED(jump_negated[0], EXTRA));
	asm_lea(a, 8, WORK, (HostMemory){ WORK, ADDRESS, 0, 0 });
	asm_byte(a, 0xc3);
	asm_aim_short(a, often, a->at);
	asm_constant(a, WORK, JUMP_SECOND_HITS);
	asm_store(a, 4, STATE_AT(jump_second_left), WORK);
	asm_constant(a, WORK, 1); /* no mode's number */
	asm_byte(a, 0xc3);
	return at;
}

static void put_thunks(Asm *a, Thunks *k, unsigned live, bool wide)
{
	k->live = live;
	k->wide = wide;
	const uint8_t *enter = put_enter(a, k);
	memcpy(&k->enter, &enter, sizeof enter);
	k->leave = put_leave(a, k);
	k->interpret = put_interpret(a, k);
	k->back = put_back(a, k);
	k->resume = put_resume(a, k);
}

bool emit_thunks(Jit *t)
{
	Asm a = { .at = t->memory.write, .end = t->memory.write + t->memory.size, .delta = t->memory.run - t->memory.write };
	for (unsigned n = 0; n < 2 * LIVE_KINDS; n++)
		put_thunks(&a, &t->thunks[n / LIVE_KINDS][n % LIVE_KINDS], n % LIVE_KINDS, n / LIVE_KINDS);
	t->out = put_out(&a);
	t->look_up = put_look_up(&a);
	t->next = (uint8_t *)(((uintptr_t)a.at + 63) & ~(uintptr_t)63);
	return !a.full;
}
