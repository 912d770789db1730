/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FXSAVE, FXRSTOR and the XSAVE instructions against the host's, with random states and areas.
 *
 * They are apart from the other instructions' judgement because only parts of their images can be compared: MXCSR_MASK is the
 * processor's, AMD's store the x87 pointers only with an exception pending (they are zero here), and which components are
 * "in use" is for each processor to track. Components beyond AVX are left out by EDX:EAX. */
#include <glib.h>
#include <setjmp.h>
#include <string.h>

#include "board/board.h"
#include "cpu/decode.h"
#include "cpu/fault.h"
#include "cpu/simdfp.h"
#include "cpu/xsave.h"
#include "native.h"

enum { AREA_SIZE = 1024, GUEST_AREA = 0x10000, ROUNDS = 1500, COMPONENTS = XCR0_X87 | XCR0_SSE | XCR0_AVX };
enum { AT_POINTERS = 6, POINTERS_SIZE = 18, AT_MXCSR = 24, AT_MXCSR_MASK = 28, AT_FORMAT = XSAVE_HEADER + 8 };
enum { NONE = -1 };

typedef struct Row {
	const char *name;
	uint8_t opcode, modrm; /* [RBX] */
	bool xsave, compact;
	unsigned feature;
} Row;

static const Row rows[] = {
	{ "fxsave", 0xae, 0x03, false, false, FEATURE_FXSR },
	{ "fxrstor", 0xae, 0x0b, false, false, FEATURE_FXSR },
	{ "xsave", 0xae, 0x23, true, false, FEATURE_XSAVE },
	{ "xrstor", 0xae, 0x2b, true, false, FEATURE_XSAVE },
	{ "xsaveopt", 0xae, 0x33, true, false, FEATURE_XSAVEOPT },
	{ "xsavec", 0xc7, 0x23, true, true, FEATURE_XSAVEC },
};

typedef struct Trial {
	bool mode64;
	uint8_t code[3];
	unsigned code_size;
	OracleState state;
	uint8_t area[AREA_SIZE];
	unsigned offset; /* of the operand in the area's page */
	int fault;
} Trial;

/* ---- random trials ---- */

static uint32_t dice(GRand *rand, uint32_t sides)
{
	return (uint32_t)g_rand_int_range(rand, 0, (gint32)sides);
}

static void fill(GRand *rand, void *to, size_t size)
{
	for (size_t n = 0; n < size; n++)
		((uint8_t *)to)[n] = (uint8_t)g_rand_int(rand);
}

static void set_x87(GRand *rand, OracleFpu *fx)
{
	if (!dice(rand, 6))
		return; /* as FNINIT leaves it, all registers zero */
	fx->fcw = (uint16_t)g_rand_int(rand);
	fx->fsw = (uint16_t)(g_rand_int(rand) & 0x7f7f);
	if (fx->fsw & ~fx->fcw & 0x3f)
		fx->fsw |= 0x8080; /* ES and B */
	fx->ftw_abridged = (uint8_t)g_rand_int(rand);
	fill(rand, fx->st, sizeof fx->st);
}

static void set_state(GRand *rand, Trial *t)
{
	OracleState *s = &t->state;
	*s = (OracleState){ .rip = ORACLE_CODE_ADDRESS, .rflags = 0x202, .fx = { .fcw = 0x37f, .mxcsr = MXCSR_RESET } };
	set_x87(rand, &s->fx);
	if (dice(rand, 4))
		s->fx.mxcsr = g_rand_int(rand) & 0xffff;
	unsigned keep = dice(rand, 8); /* sometimes no half, or only one, is in use */
	for (unsigned n = 0; n < (t->mode64 ? 16u : 8u); n++) {
		if (keep != 0 && keep != 1)
			fill(rand, s->ymm[n], 16);
		if (keep != 0 && keep != 2)
			fill(rand, s->ymm[n] + 16, 16);
	}
	s->gpr[RAX] = dice(rand, COMPONENTS + 1);
	s->gpr[RBX] = ORACLE_DATA_ADDRESS + t->offset;
	s->gpr[RSP] = ORACLE_STACK_ADDRESS + 0x800;
}

/* An area that XRSTOR mostly takes. */
static void set_area(GRand *rand, Trial *t, const Row *row)
{
	uint8_t *a = t->area;
	fill(rand, a, AREA_SIZE);
	memset(a + AT_POINTERS, 0, POINTERS_SIZE);
	uint32_t mxcsr = g_rand_int(rand) & 0xffff;
	if (!dice(rand, 16))
		mxcsr |= 1u << (18 + dice(rand, 14)); /* bit 17 is AMD's */
	memcpy(a + AT_MXCSR, &mxcsr, 4);
	if (!row->xsave)
		return;
	memset(a + XSAVE_HEADER, 0, XSAVE_HEADER_SIZE);
	a[XSAVE_HEADER] = (uint8_t)dice(rand, COMPONENTS + 1);
	if (!dice(rand, 3)) {
		a[AT_FORMAT + 7] = 0x80;
		a[AT_FORMAT] = dice(rand, 4) ? COMPONENTS : (uint8_t)dice(rand, COMPONENTS + 1);
	}
	unsigned damaged = dice(rand, XSAVE_HEADER_SIZE);
	bool components = damaged < 16 && damaged % 8 < 2; /* the host may have ones that we haven't */
	if (!components && !dice(rand, 8))
		a[XSAVE_HEADER + damaged] ^= (uint8_t)(1u << dice(rand, 8));
}

static void set_trial(GRand *rand, Trial *t, const Row *row)
{
	*t = (Trial){ .mode64 = dice(rand, 4) != 0 };
	if (t->mode64 && dice(rand, 2))
		t->code[t->code_size++] = 0x48;
	t->code[t->code_size++] = 0x0f;
	t->code[t->code_size++] = row->opcode;
	if (!dice(rand, 20))
		t->offset = 1 + dice(rand, 63);
	set_state(rand, t);
	set_area(rand, t, row);
}

/* ---- the two runs ---- */

static void run_native(OracleNative *native, const Trial *t, uint8_t modrm, OracleState *state, uint8_t *area, int *fault)
{
	uint8_t code[4];
	memcpy(code, t->code, t->code_size);
	code[t->code_size] = modrm;
	memcpy(area, t->area, AREA_SIZE);
	OracleCase c = { .mode64 = t->mode64, .code = code, .code_size = t->code_size + 1, .state = t->state,
			 .windows = { { ORACLE_DATA_ADDRESS + t->offset, AREA_SIZE, area } } };
	oracle_native_run_many(native, &c, 1);
	*state = c.state;
	*fault = c.fault.vector;
}

/* Flat segments and no paging: 64-bit mode without it doesn't exist, but is no matter to these instructions. */
static void set_mode(Cpu *cpu, bool mode64)
{
	cpu->cr0 |= CR0_PE;
	cpu->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
	cpu->xcr0 = COMPONENTS;
	cpu->efer = mode64 ? EFER_LME | EFER_LMA : 0;
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		cpu->seg[n] = (Segment){ .attr = AR_P | AR_S | AR_WRITABLE | AR_ACCESSED | AR_DB | AR_G, .limit = UINT32_MAX, .usable = true };
	cpu->seg[CS].attr = (uint16_t)(AR_P | AR_S | AR_CODE | AR_READABLE | AR_G | (mode64 ? AR_L : AR_DB));
	cpu_mode_changed(cpu);
}

static void load_state(Cpu *cpu, const OracleState *s)
{
	memcpy(cpu->gpr, s->gpr, sizeof s->gpr);
	memcpy(cpu->ymm, s->ymm, sizeof s->ymm);
	cpu->mxcsr = s->fx.mxcsr;
	cpu->x87 = (X87){ .cw = (s->fx.fcw & 0x1f3f) | 0x40, .sw = s->fx.fsw & ~0x3800, .top = s->fx.fsw >> 11 & 7,
			  .empty = (uint8_t)~s->fx.ftw_abridged };
	for (unsigned n = 0; n < 8; n++) {
		X87Register *r = &cpu->x87.r[(cpu->x87.top + n) & 7];
		memcpy(&r->mant, s->fx.st[n], 8);
		memcpy(&r->se, s->fx.st[n] + 8, 2);
	}
}

static void run_own(Board *board, const Trial *t, uint8_t modrm, int *fault)
{
	Cpu *cpu = board->cpu;
	uint8_t code[4];
	Insn insn;
	memcpy(code, t->code, t->code_size);
	code[t->code_size] = modrm;
	set_mode(cpu, t->mode64);
	load_state(cpu, &t->state);
	cpu->gpr[RBX] = GUEST_AREA + t->offset;
	memcpy(board->ram + GUEST_AREA + t->offset, t->area, AREA_SIZE);
	const DecodeContext context = { .mode = cpu->mode, .features = &cpu->features };
	g_assert_cmpint(decode_insn(&context, code, t->code_size + 1, &insn), ==, DECODE_OK);
	*fault = NONE;
	if (setjmp(cpu->fault_exit))
		*fault = cpu->fault.vector;
	else
		insn.run(cpu, &insn);
}

static void compare_state(const Cpu *cpu, const OracleState *host, bool mode64)
{
	g_assert_cmpmem(cpu->ymm, mode64 ? 512u : 256u, host->ymm, mode64 ? 512u : 256u);
	g_assert_cmphex(cpu->mxcsr, ==, host->fx.mxcsr);
	g_assert_cmphex(cpu->x87.cw, ==, host->fx.fcw);
	g_assert_cmphex(cpu->x87.sw | cpu->x87.top << 11, ==, host->fx.fsw);
	g_assert_cmphex((uint8_t)~cpu->x87.empty, ==, host->fx.ftw_abridged);
	for (unsigned n = 0; n < 8; n++) {
		const X87Register *r = &cpu->x87.r[(cpu->x87.top + n) & 7];
		g_assert_cmpmem(&r->mant, 8, host->fx.st[n], 8);
		g_assert_cmpmem(&r->se, 2, host->fx.st[n] + 8, 2);
	}
}

/* A host may track a component as in use that is initial; then the case says no more. */
static bool same_in_use(const uint8_t *host, const uint8_t *own, bool surely_sse)
{
	uint8_t more = host[XSAVE_HEADER] & ~own[XSAVE_HEADER];
	g_assert_cmphex(own[XSAVE_HEADER] & ~host[XSAVE_HEADER], ==, 0);
	if (surely_sse)
		g_assert_cmphex(more & XCR0_SSE, ==, 0);
	return !more;
}

static void test_row(gconstpointer data)
{
	const Row *row = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(OracleNative) native = oracle_native_new(&error);
	g_autoptr(Board) board = board_new("max", 1 << 20, NULL);
	if (!native) {
		g_test_skip(error->message);
		return;
	}
	g_autoptr(GRand) rand = g_rand_new_with_seed(g_test_rand_int());
	g_assert_true(cpu_has(board->cpu, row->feature));

	for (unsigned round = 0; round < ROUNDS; round++) {
		Trial t;
		OracleState host;
		uint8_t area[AREA_SIZE], *own = board->ram + GUEST_AREA;
		int host_fault, own_fault;
		set_trial(rand, &t, row);
		run_native(native, &t, row->modrm, &host, area, &host_fault);
		if (host_fault == VECTOR_UD) {
			g_test_skip("the host hasn't got it");
			return;
		}
		run_own(board, &t, row->modrm, &own_fault);
		g_assert_cmpint(own_fault, ==, host_fault);
		/* When compacted, MXCSR counts as a part of the SSE component. */
		if (!same_in_use(area, own + t.offset, row->compact && t.state.fx.mxcsr != MXCSR_RESET))
			continue;
		memcpy(own + t.offset + AT_MXCSR_MASK, area + AT_MXCSR_MASK, 4);
		g_assert_cmpmem(own + t.offset, AREA_SIZE, area, AREA_SIZE);
		compare_state(board->cpu, &host, t.mode64);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (const Row *row = rows; row < rows + G_N_ELEMENTS(rows); row++) {
		g_autofree char *path = g_strdup_printf("/oracle/%s", row->name);
		g_test_add_data_func(path, row, test_row);
	}
	return g_test_run();
}
