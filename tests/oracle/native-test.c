/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The executor's own test: sequences with known answers in both modes, every kind of fault, and what it must survive. */
#include "native.h"

#include <string.h>

#define CODE (ORACLE_CODE_ADDRESS + 0x100)
#define DATA ORACLE_DATA_ADDRESS
#define STACK_TOP (ORACLE_STACK_ADDRESS + ORACLE_STACK_SIZE)
#define NON_CANONICAL 0x8000000000000000u
#define ARITHMETIC_FLAGS 0x8d5u
#define ALWAYS_SET 0x202u /* IF and bit 1 */
#define FLAG_TF 0x100u
#define FLAG_DF 0x400u
#define FLAG_NT 0x4000u
#define FLAG_RF 0x10000u
#define FLAG_AC 0x40000u
#define FLAG_ID 0x200000u
#define FCW_INIT 0x37fu
#define MXCSR_INIT 0x1f80u

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R15 = 15 };
enum { BOTH, ONLY64, ONLY32 };

typedef struct Fixture {
	OracleNative *n;
	OracleState state;
	OracleFault fault;
} Fixture;

static void reset_state(OracleState *state) {
	*state = (OracleState){.rip = CODE, .rflags = ALWAYS_SET, .fx = {.fcw = FCW_INIT, .mxcsr = MXCSR_INIT}};
	state->gpr[RSP] = STACK_TOP - 0x100;
}

static void set_up(Fixture *f, const void *unused) {
	g_autoptr(GError) error = NULL;
	(void) unused;

	f->n = oracle_native_new(&error);
	if (!f->n)
		g_test_skip(error->message);
	reset_state(&f->state);
}

static void tear_down(Fixture *f, const void *unused) {
	(void) unused;
	oracle_native_free(f->n);
}

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static bool run(Fixture *f, bool mode64, const uint8_t *code, size_t size) {
	return oracle_native_run(f->n, mode64, code, size, &f->state, &f->fault);
}

static bool in_mode(int modes, bool mode64) {
	return modes == BOTH || (modes == ONLY64) == mode64;
}

/* --- arithmetic and flags --- */

typedef struct Sum {
	int modes;
	uint8_t code[8], size;
	uint64_t rax, rcx, flags;
	uint64_t answer, flags_after;
	uint64_t undefined; /* flags */
} Sum;

static const Sum sums[] = {
	{BOTH, {0x01, 0xc8}, 2, 0x7fffffff, 1, 0, 0x80000000, 0x894, 0}, /* ADD EAX, ECX: PF AF SF OF */
	{BOTH, {0x00, 0xc8}, 2, 0xff, 1, 0, 0, 0x55, 0}, /* ADD AL, CL: CF PF AF ZF */
	{BOTH, {0x19, 0xc8}, 2, 5, 5, 1, 0xffffffff, 0x95, 0}, /* SBB EAX, ECX with CF */
	{BOTH, {0xd3, 0xe0}, 2, 0x80000001, 31, 0, 0x80000000, 0x84, 0x810}, /* SHL EAX, 31 */
	{BOTH, {0x66, 0xff, 0xc8}, 3, 0x10000, 0, 1, 0x1ffff, 0x95, 0}, /* DEC AX keeps CF */
	{ONLY64, {0x48, 0x01, 0xc8}, 3, INT64_MAX, 1, 0, 1ull << 63, 0x894, 0}, /* ADD RAX, RCX */
	{ONLY64, {0x01, 0xc8}, 2, UINT64_MAX, 1, 0, 0, 0x55, 0}, /* a 32-bit result clears the upper half */
	{ONLY32, {0x37}, 1, 0x0f, 0, 0, 0x105, 0x11, 0x8c4}, /* AAA */
	{ONLY32, {0xf9, 0xd6}, 2, 0, 0, 0, 0xff, 1, 0}, /* STC, SALC */
	{ONLY32, {0x40}, 1, 0x7fffffff, 0, 1, 0x80000000, 0x895, 0}, /* INC EAX, not a REX prefix */
};

static void test_sums(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(sums); i++) {
		const Sum *sum = &sums[i / 2];
		uint64_t defined = ARITHMETIC_FLAGS & ~sum->undefined;
		if (!in_mode(sum->modes, i % 2))
			continue;
		reset_state(&f->state);
		f->state.gpr[RAX] = sum->rax;
		f->state.gpr[RCX] = sum->rcx;
		f->state.rflags |= sum->flags;
		g_assert_true(run(f, i % 2, sum->code, sum->size));
		g_assert_cmpint(f->fault.vector, ==, ORACLE_NO_FAULT);
		g_assert_cmphex(f->state.gpr[RAX], ==, sum->answer);
		g_assert_cmphex(f->state.rflags & defined, ==, sum->flags_after & defined);
		g_assert_cmphex(f->state.rflags & ~(uint64_t) ARITHMETIC_FLAGS, ==, ALWAYS_SET);
		g_assert_cmphex(f->state.rip, ==, CODE + sum->size);
		g_assert_cmphex(f->state.segment[1], ==, i % 2 ? ORACLE_CS64 : ORACLE_CS32);
	}
}

/* --- faults --- */

typedef struct FaultRow {
	const char *name;
	int modes;
	uint8_t code[12], size;
	uint64_t rax;
	int vector;
	uint32_t error_code;
	uint64_t address; /* checked for page faults */
	uint8_t rip_after; /* from the code's beginning */
} FaultRow;

static const FaultRow fault_rows[] = {
	{"DIV by zero", BOTH, {0xf7, 0xf1}, 2, 1, 0, 0, 0, 0},
	{"INT3", BOTH, {0x90, 0xcc}, 2, 0, 3, 0, 0, 2},
	{"INT 3", BOTH, {0xcd, 0x03}, 2, 0, 3, 0, 0, 2},
	{"INTO", ONLY32, {0xb0, 0x7f, 0x04, 0x01, 0xce}, 5, 0, 4, 0, 0, 5},
	{"BOUND", ONLY32, {0x62, 0x08}, 2, DATA, 5, 0, 0, 0},
	{"UD2", BOTH, {0x90, 0x0f, 0x0b}, 3, 0, 6, 0, 0, 1},
	{"PUSH ES", ONLY64, {0x06}, 1, 0, 6, 0, 0, 0},
	{"PUSH RAX, stack pointer not canonical", ONLY64, {0x48, 0x89, 0xc4, 0x50}, 4, NON_CANONICAL, 12, 0, 0, 3},
	{"HLT", BOTH, {0xf4}, 1, 0, 13, 0, 0, 0},
	{"IN AL, DX", BOTH, {0xec}, 1, 0, 13, 0, 0, 0},
	{"CLI", BOTH, {0xfa}, 1, 0, 13, 0, 0, 0},
	{"MOV EAX, [RAX], not canonical", ONLY64, {0x8b, 0x00}, 2, NON_CANONICAL, 13, 0, 0, 0},
	{"JMP RAX, not canonical", ONLY64, {0xff, 0xe0}, 2, NON_CANONICAL, 13, 0, 0, 0},
	{"MOV DS, a selector of the system's", BOTH, {0x8e, 0xd8}, 2, 0x10, 13, 0x10, 0, 0},
	{"INT 21h", BOTH, {0xcd, 0x21}, 2, 0, 13, 0x10a, 0, 0},
	{"MOVAPS, misaligned", BOTH, {0x0f, 0x28, 0x00}, 3, DATA + 1, 13, 0, 0, 0},
	{"read, not mapped", BOTH, {0x8b, 0x00}, 2, DATA - 4, 14, 4, DATA - 4, 0},
	{"read across the beginning", BOTH, {0x8b, 0x00}, 2, DATA - 2, 14, 4, DATA - 2, 0},
	{"read across the end", BOTH, {0x8b, 0x00}, 2, DATA + ORACLE_DATA_SIZE - 2, 14, 4, DATA + ORACLE_DATA_SIZE, 0},
	{"write, not mapped", BOTH, {0x89, 0x00}, 2, DATA + ORACLE_DATA_SIZE, 14, 6, DATA + ORACLE_DATA_SIZE, 0},
	{"write, read-only", BOTH, {0x89, 0x00}, 2, ORACLE_READONLY_ADDRESS + 8, 14, 7, ORACLE_READONLY_ADDRESS + 8, 0},
	{"write to the code", BOTH, {0x89, 0x00}, 2, CODE, 14, 7, CODE, 0},
	{"write across into code", BOTH, {0x89, 0x00}, 2, ORACLE_CODE_ADDRESS - 2, 14, 6, ORACLE_CODE_ADDRESS - 2, 0},
	{"null", BOTH, {0x8a, 0x00}, 2, 0, 14, 4, 0, 0},
	{"above 4 GiB", ONLY64, {0x8a, 0x00}, 2, ORACLE_FAR_ADDRESS - 1, 14, 4, ORACLE_FAR_ADDRESS - 1, 0},
	{"SYSCALL", ONLY64, {0x0f, 0x05}, 2, 39, ORACLE_SYSCALL, 0, 0, 2},
	{"INT 80h", BOTH, {0xcd, 0x80}, 2, 20, ORACLE_SYSCALL, 0, 0, 2},
	{"a loop", BOTH, {0xeb, 0xfe}, 2, 0, ORACLE_TIMEOUT, 0, 0, 0},
};

static void check_fault(Fixture *f, const FaultRow *row, bool mode64, uint64_t flags) {
	reset_state(&f->state);
	f->state.gpr[RAX] = row->rax;
	f->state.rflags |= flags;
	oracle_native_memory(f->n, ORACLE_DATA)[0] = 1; /* BOUND's lower limit, above ECX */
	g_test_message("%s, %d bits", row->name, mode64 ? 64 : 32);
	g_assert_false(run(f, mode64, row->code, row->size));
	g_assert_cmpint(f->fault.vector, ==, row->vector);
	g_assert_cmphex(f->fault.error_code, ==, row->error_code);
	g_assert_cmpint(f->fault.address_known, ==, row->vector == 14);
	if (row->vector == 14)
		g_assert_cmphex(f->fault.address, ==, row->address);
	g_assert_cmphex(f->state.rip, ==, CODE + row->rip_after);
	if (row->vector != 4)
		g_assert_cmphex(f->state.gpr[RAX], ==, row->rax);
}

static void test_faults(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(fault_rows); i++) {
		const FaultRow *row = &fault_rows[i / 2];
		if (!in_mode(row->modes, i % 2))
			continue;
		check_fault(f, row, i % 2, 0);
		check_fault(f, row, i % 2, FLAG_DF | FLAG_NT | FLAG_ID);
	}
}

static void test_fetch(Fixture *f, const void *unused) {
	const uint64_t end = ORACLE_CODE_ADDRESS + ORACLE_CODE_SIZE;
	(void) unused;
	if (!f->n)
		return;
	for (int mode64 = 0; mode64 < 2; mode64++) {
		/* An instruction half behind the end, and one that ends with the region. */
		f->state.rip = end - 2;
		g_assert_false(run(f, mode64, BYTES(0x81, 0xc0)));
		g_assert_cmpint(f->fault.vector, ==, 14);
		g_assert_cmphex(f->fault.error_code, ==, 0x14);
		g_assert_cmphex(f->fault.address, ==, end);
		g_assert_cmphex(f->state.rip, ==, end - 2);
		f->state.rip = end - 1;
		g_assert_false(run(f, mode64, BYTES(0x90)));
		g_assert_cmphex(f->fault.address, ==, end);
		g_assert_cmphex(f->state.rip, ==, end);

		/* Data can't be fetched; a jump within the region ends the run. */
		f->state.rip = CODE;
		f->state.gpr[RAX] = DATA;
		g_assert_false(run(f, mode64, BYTES(0xff, 0xe0)));
		g_assert_cmphex(f->fault.error_code, ==, 0x15);
		g_assert_cmphex(f->state.rip, ==, DATA);
		f->state.rip = CODE;
		f->state.gpr[RAX] = CODE + 0x777;
		g_assert_true(run(f, mode64, BYTES(0xff, 0xe0)));
		g_assert_cmphex(f->state.rip, ==, CODE + 0x777);

		/* Without code: straight to somewhere. */
		f->state.rip = 0x40000000;
		g_assert_false(oracle_native_run(f->n, mode64, NULL, 0, &f->state, &f->fault));
		g_assert_cmphex(f->fault.address, ==, 0x40000000);
	}
}

static void test_single_step(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	for (int mode64 = 0; mode64 < 2; mode64++) {
		reset_state(&f->state);
		f->state.rflags |= FLAG_TF;
		g_assert_false(run(f, mode64, BYTES(0xf9, 0x90, 0xf8)));
		g_assert_cmpint(f->fault.vector, ==, 1);
		g_assert_cmphex(f->state.rip, ==, CODE + 1);
		g_assert_cmphex(f->state.rflags, ==, ALWAYS_SET | FLAG_TF | 1);

		/* A fault comes before the step. */
		reset_state(&f->state);
		f->state.rflags |= FLAG_TF;
		g_assert_false(run(f, mode64, BYTES(0x0f, 0x0b)));
		g_assert_cmpint(f->fault.vector, ==, 6);
		g_assert_cmphex(f->state.rflags & FLAG_TF, ==, FLAG_TF);

		/* ICEBP. (Some hypervisors give the address of the instruction instead of the next one's.) */
		reset_state(&f->state);
		g_assert_false(run(f, mode64, BYTES(0xf1)));
		g_assert_cmpint(f->fault.vector, ==, 1);
	}
}

static void test_alignment(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	for (int mode64 = 0; mode64 < 2; mode64++) {
		reset_state(&f->state);
		f->state.rflags |= FLAG_AC;
		f->state.gpr[RAX] = DATA + 1;
		g_assert_false(run(f, mode64, BYTES(0x8b, 0x00)));
		g_assert_cmpint(f->fault.vector, ==, 17);
		g_assert_cmphex(f->fault.error_code, ==, 0);
		g_assert_cmphex(f->state.rflags & FLAG_AC, ==, FLAG_AC);
		f->state.gpr[RAX] = DATA + 4;
		f->state.gpr[RSP] = 3;
		f->state.rip = CODE;
		g_assert_true(run(f, mode64, BYTES(0x8b, 0x00)));
		g_assert_cmphex(f->state.rflags & FLAG_AC, ==, FLAG_AC);
	}
}

/* --- floating point --- */

static void test_unmasked(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	for (int mode64 = 0; mode64 < 2; mode64++) {
		/* FLD1, FLDZ, FDIVP with #Z unmasked: pending until FWAIT. */
		reset_state(&f->state);
		f->state.fx.fcw = FCW_INIT & ~4u;
		g_assert_false(run(f, mode64, BYTES(0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0x90, 0x9b)));
		g_assert_cmpint(f->fault.vector, ==, 16);
		g_assert_cmphex(f->state.rip, ==, CODE + 7);
		g_assert_cmphex(f->state.fx.fsw & 0x8084, ==, 0x8084);
		g_assert_cmphex(f->state.fx.fip, ==, CODE + 4);

		/* Pending already when the code begins. */
		f->state.rip = CODE;
		g_assert_false(run(f, mode64, BYTES(0xd9, 0xe8)));
		g_assert_cmpint(f->fault.vector, ==, 16);
		g_assert_cmphex(f->state.rip, ==, CODE);

		/* DIVPS XMM0, XMM1 with #Z unmasked. */
		reset_state(&f->state);
		f->state.fx.mxcsr = MXCSR_INIT & ~0x200u;
		memset(f->state.ymm[0], 0x3f, 16);
		g_assert_false(run(f, mode64, BYTES(0x0f, 0x5e, 0xc1)));
		g_assert_cmpint(f->fault.vector, ==, 19);
		g_assert_cmphex(f->state.rip, ==, CODE);
		g_assert_cmphex(f->state.fx.mxcsr, ==, (MXCSR_INIT & ~0x200u) | 4);
	}
}

static void test_vectors(Fixture *f, const void *unused) {
	const uint8_t zero[32] = {0}, one[10] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f};
	(void) unused;
	if (!f->n)
		return;
	for (int mode64 = 0; mode64 < 2; mode64++) {
		reset_state(&f->state);
		for (int i = 0; i < 16; i++)
			memset(f->state.ymm[i], i + 1, 32);
		/* VPADDB YMM0, YMM1, YMM2; VPADDB XMM3, XMM1, XMM2; FLD1; FLD1; FADDP */
		g_assert_true(run(f, mode64, BYTES(0xc5, 0xf5, 0xfc, 0xc2, 0xc5, 0xf1, 0xfc, 0xda, 0xd9, 0xe8, 0xd9, 0xe8, 0xde, 0xc1)));
		for (int i = 0; i < 32; i++) {
			g_assert_cmpint(f->state.ymm[0][i], ==, 5);
			g_assert_cmpint(f->state.ymm[3][i], ==, i < 16 ? 5 : 0);
			g_assert_cmpint(f->state.ymm[15][i], ==, 16);
		}
		g_assert_cmphex(f->state.fx.fsw & 0x3800, ==, 0x3800);
		g_assert_cmphex(f->state.fx.ftw_abridged, ==, 0x80);
		g_assert_cmpmem(f->state.fx.st[0], 8, one, 8);
		g_assert_cmphex(f->state.fx.st[0][8], ==, 0);
		g_assert_cmphex(f->state.fx.st[0][9], ==, 0x40);

		/* What the processor may keep as "in its initial state". VZEROALL, FNINIT */
		f->state.rip = CODE;
		f->state.fx.fcw = 0x27f;
		g_assert_true(run(f, mode64, BYTES(0xc5, 0xfc, 0x77, 0xdb, 0xe3)));
		for (int i = 0; i < (mode64 ? 16 : 8); i++)
			g_assert_cmpmem(f->state.ymm[i], 32, zero, 32);
		g_assert_cmphex(f->state.fx.fcw, ==, FCW_INIT);
		g_assert_cmphex(f->state.fx.fsw, ==, 0);
		g_assert_cmphex(f->state.fx.ftw_abridged, ==, 0);
	}
}

static void random_bytes(void *to, size_t size) {
	uint8_t *bytes = to;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t) g_test_rand_int();
}

/* A state as random as may be without a fault pending. */
static void random_state(OracleState *state) {
	random_bytes(state, sizeof *state);
	state->rip = CODE;
	state->rflags = (state->rflags & ORACLE_RFLAGS_MASK & ~(uint64_t) (FLAG_TF | FLAG_RF)) | ALWAYS_SET;
	state->fx.fcw = (uint16_t) ((state->fx.fcw & 0xf00) | 0x7f);
	state->fx.fsw &= 0x7f7f;
	state->fx.fop &= 0x7ff;
	state->fx.fip &= 0x7fffffffffff;
	state->fx.fdp &= 0x7fffffffffff;
	state->fx.mxcsr = (state->fx.mxcsr & 0xffff) | 0x1f80;
	state->fs_base = (uint64_t) ((int64_t) state->fs_base >> 17);
	state->gs_base = (uint64_t) ((int64_t) state->gs_base >> 17);
}

static void assert_same(const Fixture *f, const OracleState *before, bool mode64) {
	const OracleState *state = &f->state;
	bool pointers = oracle_native_fpu_pointers(f->n);

	for (int r = 0; r < 16; r++)
		g_assert_cmphex(state->gpr[r], ==, mode64 || r >= 8 ? before->gpr[r] : before->gpr[r] & UINT32_MAX);
	g_assert_cmphex(state->rflags, ==, before->rflags);
	g_assert_cmphex(state->fx.fcw, ==, before->fx.fcw);
	g_assert_cmphex(state->fx.fsw, ==, before->fx.fsw);
	g_assert_cmphex(state->fx.ftw_abridged, ==, before->fx.ftw_abridged);
	g_assert_cmphex(state->fx.fop, ==, pointers ? before->fx.fop : 0);
	g_assert_cmphex(state->fx.fip, ==, pointers ? before->fx.fip : 0);
	g_assert_cmphex(state->fx.fdp, ==, pointers ? before->fx.fdp : 0);
	g_assert_cmphex(state->fx.mxcsr, ==, before->fx.mxcsr);
	g_assert_cmpmem(state->fx.st, sizeof before->fx.st, before->fx.st, sizeof before->fx.st);
	g_assert_cmpmem(state->ymm, sizeof before->ymm, before->ymm, sizeof before->ymm);
	g_assert_cmphex(state->fs_base, ==, before->fs_base);
	g_assert_cmphex(state->gs_base, ==, before->gs_base);
}

static void test_round_trip(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	for (int i = 0; i < 2000; i++) {
		OracleState before;
		random_state(&before);
		f->state = before;
		g_assert_true(run(f, i % 2, BYTES(0x90)));
		assert_same(f, &before, i % 2);
	}
}

/* The pointers are loaded, whatever XSAVE stores: FNSTENV [RAX]. */
static void test_fpu_pointers(Fixture *f, const void *unused) {
	const uint8_t fdp[] = {0x88, 0x77, 0x66, 0x55};
	(void) unused;
	if (!f->n)
		return;
	for (int mode64 = 0; mode64 < 2; mode64++) {
		uint8_t *data = oracle_native_memory(f->n, ORACLE_DATA);
		reset_state(&f->state);
		f->state.gpr[RAX] = DATA;
		f->state.fx.fdp = 0x55667788;
		memset(data, 0, 28);
		g_assert_true(run(f, mode64, BYTES(0xd9, 0x30)));
		g_assert_cmpmem(data + 20, 4, fdp, 4);

		/* With an exception pending all processors give them back, in full width. */
		reset_state(&f->state);
		f->state.fx.fcw = FCW_INIT & ~4u;
		f->state.fx.fsw = 0x8084;
		f->state.fx.fop = 0x6f9;
		f->state.fx.fip = 0x123456789abc;
		f->state.fx.fdp = 0x7ba987654321;
		g_assert_true(run(f, mode64, BYTES(0x90)));
		g_assert_cmphex(f->state.fx.fsw, ==, 0x8084);
		g_assert_cmphex(f->state.fx.fop, ==, 0x6f9);
		g_assert_cmphex(f->state.fx.fip, ==, 0x123456789abc);
		g_assert_cmphex(f->state.fx.fdp, ==, 0x7ba987654321);
	}
}

/* Code that runs so long that a tick comes in between must not notice it. DEC ECX; JNZ back */
static void test_tick(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	for (int i = 0; i < 20; i++) {
		OracleState before;
		random_state(&before);
		before.rflags &= ~(uint64_t) ARITHMETIC_FLAGS;
		before.gpr[RCX] = 10000000;
		f->state = before;
		if (!run(f, i % 2, BYTES(0xff, 0xc9, 0x75, 0xfc))) {
			g_assert_cmpint(f->fault.vector, ==, ORACLE_TIMEOUT); /* a very slow host */
			continue;
		}
		before.gpr[RCX] = 0;
		before.rflags |= 0x44; /* ZF PF */
		assert_same(f, &before, i % 2);
	}
}

/* --- memory --- */

static void test_memory(Fixture *f, const void *unused) {
	static const OracleRegion regions[] = {ORACLE_LOW, ORACLE_DATA, ORACLE_RWX, ORACLE_STACK, ORACLE_HIGH, ORACLE_FAR};
	(void) unused;
	if (!f->n)
		return;
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(regions); i++) {
		OracleRegion region = regions[i / 2];
		bool mode64 = i % 2;
		uint8_t *memory = oracle_native_memory(f->n, region);
		uint64_t address = oracle_native_address(region) + oracle_native_size(region) - 4, changed = 0;
		if (!memory || (region == ORACLE_FAR && !mode64))
			continue;
		oracle_native_snapshot(f->n);
		f->state.rip = CODE;
		f->state.gpr[RBX] = address;
		f->state.gpr[RAX] = 0x01020304;
		g_assert_true(run(f, mode64, BYTES(0x87, 0x03))); /* XCHG [RBX], EAX */
		g_assert_cmphex(memory[oracle_native_size(region) - 4], ==, 4);
		g_assert_true(oracle_native_at(f->n, address, 4) == memory + oracle_native_size(region) - 4);
		g_assert_null(oracle_native_at(f->n, address, 5));
		g_assert_true(oracle_native_changed(f->n, &changed));
		g_assert_cmphex(changed, ==, address);
		changed += 4;
		g_assert_false(oracle_native_changed(f->n, &changed));
		oracle_native_restore(f->n);
		changed = 0;
		g_assert_false(oracle_native_changed(f->n, &changed));
	}
}

static void test_16_bit_address(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	if (!oracle_native_memory(f->n, ORACLE_LOW)) {
		g_test_skip("the host maps nothing that low");
		return;
	}
	f->state.gpr[RBX] = 0xffff0000 + ORACLE_LOW_ADDRESS;
	f->state.gpr[RSI] = 0x10;
	oracle_native_memory(f->n, ORACLE_LOW)[0x10] = 0x5a;
	g_assert_true(run(f, false, BYTES(0x67, 0x8a, 0x00))); /* MOV AL, [BX+SI] */
	g_assert_cmphex(f->state.gpr[RAX], ==, 0x5a);
}

static void test_self_modifying(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	for (int mode64 = 0; mode64 < 2; mode64++) {
		reset_state(&f->state);
		f->state.rip = ORACLE_RWX_ADDRESS;
		f->state.gpr[RBX] = ORACLE_RWX_ADDRESS + 4;
		f->state.gpr[RDX] = CODE;
		/* MOV BYTE [RBX], 42h; MOV AL, 0; JMP RDX: the 0 becomes 42h */
		g_assert_true(run(f, mode64, BYTES(0xc6, 0x03, 0x42, 0xb0, 0x00, 0xff, 0xe2)));
		g_assert_cmphex(f->state.gpr[RAX], ==, 0x42);
		g_assert_cmphex(f->state.rip, ==, CODE);
	}
}

static void test_segments(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	oracle_native_memory(f->n, ORACLE_DATA)[0x20] = 0x77;
	for (int mode64 = 0; mode64 < 2; mode64++) {
		/* FS has the base that was given, in both modes: MOV AL, FS:[RAX] */
		reset_state(&f->state);
		f->state.fs_base = DATA;
		f->state.gpr[RAX] = 0x20;
		g_assert_true(run(f, mode64, BYTES(0x64, 0x8a, 0x00)));
		g_assert_cmphex(f->state.gpr[RAX], ==, 0x77);

		/* Null into all of them, and the next run goes well. MOV to FS, GS, DS, ES */
		f->state.rip = CODE;
		f->state.gpr[RAX] = 0;
		g_assert_true(run(f, mode64, BYTES(0x8e, 0xe0, 0x8e, 0xe8, 0x8e, 0xd8, 0x8e, 0xc0)));
		g_assert_cmphex(f->state.segment[0] | f->state.segment[3] | f->state.segment[4] | f->state.segment[5], ==, 0);
		g_assert_cmphex(f->state.segment[2], ==, ORACLE_SS);
		f->state.rip = CODE;
		g_assert_true(run(f, mode64, BYTES(0x90)));
		g_assert_cmphex(f->state.segment[3], ==, ORACLE_SS);
	}
	/* Access through a null DS in 32-bit mode: XOR EAX, EAX; MOV DS, EAX; MOV AL, [DATA] */
	f->state.rip = CODE;
	g_assert_false(run(f, false, BYTES(0x31, 0xc0, 0x8e, 0xd8, 0xa0, 0, 0, 0, 0x20)));
	g_assert_cmpint(f->fault.vector, ==, 13);
	g_assert_cmphex(f->fault.error_code, ==, 0);
	/* MOV RAX, -1; WRGSBASE RAX; RDGSBASE RCX */
	f->state.rip = CODE;
	g_assert_true(run(f, true, BYTES(0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff, 0xf3, 0x48, 0x0f, 0xae, 0xd8, 0xf3,
					0x48, 0x0f, 0xae, 0xc9)));
	g_assert_cmphex(f->state.gpr[RCX], ==, UINT64_MAX);
	g_assert_cmphex(f->state.gs_base, ==, UINT64_MAX);
}

/* From 32-bit code into 64-bit code, where the run ends: JMP FAR 33h:+7; MOV R8, RAX */
static void test_far_jump(Fixture *f, const void *unused) {
	(void) unused;
	if (!f->n)
		return;
	f->state.gpr[RAX] = 0x1234;
	g_assert_true(run(f, false, BYTES(0xea, 0x07, 0x01, 0x00, 0x10, 0x33, 0x00, 0x49, 0x89, 0xc0)));
	g_assert_cmphex(f->state.gpr[R8], ==, 0x1234);
	g_assert_cmphex(f->state.segment[1], ==, ORACLE_CS64);
	g_assert_cmphex(f->state.rip, ==, CODE + 10);
}

/* --- batches, and what must be survived --- */

static void test_batch(Fixture *f, const void *unused) {
	enum { COUNT = 5000 };
	static const uint8_t increment[] = {0xff, 0x03}, trap[] = {0x0f, 0x0b};
	g_autofree OracleCase *cases = g_new0(OracleCase, COUNT);
	g_autofree uint32_t *words = g_new0(uint32_t, 2 * COUNT);
	(void) unused;
	if (!f->n)
		return;
	for (uint32_t i = 0; i < COUNT; i++) {
		OracleCase *c = &cases[i];
		bool faults = i % 7 == 0;
		reset_state(&c->state);
		*c = (OracleCase){.mode64 = i % 2, .code = faults ? trap : increment, .code_size = 2, .state = c->state};
		c->state.gpr[RBX] = DATA + 8;
		words[2 * i] = i;
		c->windows[0] = (OracleWindow){DATA + 8, 4, (uint8_t *) &words[2 * i]};
		c->windows[1] = (OracleWindow){ORACLE_READONLY_ADDRESS, 4, (uint8_t *) &words[2 * i + 1]};
	}
	cases[1].state.rip = DATA; /* refused */
	cases[2].state.fx.mxcsr = 0x80000000;
	oracle_native_run_many(f->n, cases, COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		bool faults = i % 7 == 0, refused = i == 1 || i == 2;
		g_assert_cmpint(cases[i].fault.vector, ==, refused ? ORACLE_REFUSED : faults ? 6 : ORACLE_NO_FAULT);
		g_assert_cmpuint(words[2 * i], ==, faults || refused ? i : i + 1);
	}
}

/* This program's own memory isn't there: its stack, its heap. MOV AL, [RAX] */
static void test_bare(Fixture *f, const void *unused) {
	int on_stack = 0;
	const uint64_t addresses[] = {(uintptr_t) &on_stack, (uintptr_t) f->n};
	(void) unused;
	if (!f->n)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
		reset_state(&f->state);
		f->state.gpr[RAX] = addresses[i];
		g_assert_false(run(f, true, BYTES(0x8a, 0x00)));
		g_assert_cmpint(f->fault.vector, ==, 14);
		g_assert_cmphex(f->fault.address, ==, addresses[i]);
	}
}

/* Code that knows where the executor lives can kill it: it must come back. */
static void test_death(Fixture *f, const void *unused) {
	static const uint8_t nop[] = {0x90};
	/* MOV RAX, control memory; MOV QWORD [RAX+184], 0 (its stack pointer); UD2 */
	static const uint8_t kill[] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0x20, 0, 0, 0x48, 0xc7, 0x80, 184, 0, 0, 0, 0, 0, 0, 0, 0x0f, 0x0b};
	OracleCase cases[5] = {0};
	(void) unused;
	if (!f->n)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		cases[i] = (OracleCase){.mode64 = true, .code = nop, .code_size = 1};
		reset_state(&cases[i].state);
	}
	cases[1].code = cases[3].code = kill;
	cases[1].code_size = cases[3].code_size = sizeof kill;
	oracle_native_run_many(f->n, cases, G_N_ELEMENTS(cases));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(cases[i].fault.vector, ==, i % 2 ? ORACLE_DIED : ORACLE_NO_FAULT);
}

static void test_wild(Fixture *f, const void *unused) {
	enum { COUNT = 1000, ROUNDS = 60, SIZE = 24 };
	g_autofree OracleCase *cases = g_new0(OracleCase, COUNT);
	g_autofree uint8_t *code = g_malloc(COUNT * SIZE);
	size_t ends = 0, timeouts = 0, died = 0;
	(void) unused;
	if (!f->n)
		return;
	for (int round = 0; round < ROUNDS; round++) {
		random_bytes(code, COUNT * SIZE);
		for (size_t i = 0; i < COUNT; i++) {
			cases[i] = (OracleCase){.mode64 = i % 2, .code = code + i * SIZE, .code_size = SIZE};
			random_state(&cases[i].state);
			cases[i].state.rflags |= g_test_rand_bit() ? FLAG_TF : 0;
			for (int r = 0; r < 8; r++)
				if (g_test_rand_bit())
					cases[i].state.gpr[r] = DATA + (cases[i].state.gpr[r] & 0x3fff);
		}
		oracle_native_run_many(f->n, cases, COUNT);
		for (size_t i = 0; i < COUNT; i++) {
			int vector = cases[i].fault.vector;
			g_assert_cmpint(vector, !=, ORACLE_REFUSED);
			ends += vector == ORACLE_NO_FAULT;
			timeouts += vector == ORACLE_TIMEOUT;
			died += vector == ORACLE_DIED;
		}
	}
	g_test_message("%d wild runs: %zu ended, %zu timed out, %zu killed the executor", COUNT * ROUNDS, ends, timeouts, died);
	g_assert_cmpuint(died, ==, 0);
}

static void test_speed(Fixture *f, const void *unused) {
	enum { COUNT = 1000, ROUNDS = 50 };
	static const uint8_t code[] = {0x01, 0xc8};
	g_autofree OracleCase *cases = g_new0(OracleCase, COUNT);
	(void) unused;
	if (!f->n)
		return;
	for (size_t i = 0; i < COUNT; i++) {
		reset_state(&cases[i].state);
		cases[i] = (OracleCase){.mode64 = i % 2, .code = code, .code_size = sizeof code, .state = cases[i].state};
	}
	gint64 start = g_get_monotonic_time();
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < COUNT; i++)
			cases[i].state.rip = CODE;
		oracle_native_run_many(f->n, cases, COUNT);
	}
	double seconds = (double) (g_get_monotonic_time() - start) / 1e6;
	g_test_message("%.0f runs per second in batches", COUNT * ROUNDS / seconds);
	start = g_get_monotonic_time();
	for (size_t i = 0; i < 4 * COUNT; i++) {
		f->state.rip = CODE;
		g_assert_true(run(f, true, code, sizeof code));
	}
	seconds = (double) (g_get_monotonic_time() - start) / 1e6;
	g_test_message("%.0f runs per second one by one", 4 * COUNT / seconds);
}

int main(int argc, char **argv) {
	static const struct {
		const char *path;
		void (*function)(Fixture *f, const void *unused);
	} tests[] = {
		{"/native/sums", test_sums},
		{"/native/faults", test_faults},
		{"/native/fetch", test_fetch},
		{"/native/single-step", test_single_step},
		{"/native/alignment", test_alignment},
		{"/native/unmasked", test_unmasked},
		{"/native/vectors", test_vectors},
		{"/native/round-trip", test_round_trip},
		{"/native/fpu-pointers", test_fpu_pointers},
		{"/native/tick", test_tick},
		{"/native/memory", test_memory},
		{"/native/16-bit-address", test_16_bit_address},
		{"/native/self-modifying", test_self_modifying},
		{"/native/segments", test_segments},
		{"/native/far-jump", test_far_jump},
		{"/native/bare", test_bare},
		{"/native/batch", test_batch},
		{"/native/death", test_death},
		{"/native/wild", test_wild},
		{"/native/speed", test_speed},
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].function, tear_down);
	return g_test_run();
}
