/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random bytes and states for decoder and interpreter: whatever a guest does, the processor neither crashes, nor loops without end,
 * nor touches anything but the guest's memory. The sanitizers look on; RAM stands between guard bytes. */
#include <string.h>

#include "board.h"
#include "cpu/access.h"
#include "cpu/decode.h"
#include "cpu/tlb.h"

enum { RAM_BYTES = 1 << 20, GUARD = 4096, BUDGET = 300 };

static uint64_t random64(GRand *rand)
{
	return (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
}

/* Mostly small or near a boundary: random 64-bit addresses would fault at once. */
static uint64_t random_value(GRand *rand)
{
	switch (g_rand_int_range(rand, 0, 6)) {
	case 0: return random64(rand);
	case 1: return (uint32_t)random64(rand);
	case 2: return (uint64_t)(int64_t)g_rand_int_range(rand, -300, 300);
	case 3: return (uint64_t)1 << g_rand_int_range(rand, 0, 64);
	default: return random64(rand) % RAM_BYTES;
	}
}

static void random_memory(GRand *rand, uint8_t *p, size_t size)
{
	for (size_t n = 0; n < size; n += 4) {
		guint32 word = g_rand_int(rand);
		memcpy(p + n, &word, 4);
	}
}

/* Instructions that the table has, with random operands, reach deeper than random bytes. */
static void random_code(GRand *rand, uint8_t *p, size_t size)
{
	static const uint8_t prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x64, 0x48, 0x41 };
	unsigned count = insn_encoding_start[MAP_COUNT * 256];
	for (size_t n = 0; n + 24 < size; n += (size_t)g_rand_int_range(rand, 3, 16)) {
		const Encoding *e = &insn_encodings[g_rand_int_range(rand, 0, (gint32)count)];
		uint8_t *q = p + n;
		if (g_rand_int_range(rand, 0, 3) == 0)
			*q++ = prefixes[g_rand_int_range(rand, 0, G_N_ELEMENTS(prefixes))];
		if (e->map >= MAP_VEX_0F) {
			*q++ = 0xc4;
			*q++ = (uint8_t)((g_rand_int(rand) & 0xe0) | (e->map - MAP_VEX_0F + 1u));
			*q++ = (uint8_t)g_rand_int(rand);
		} else if (e->map != MAP_ONE) {
			*q++ = 0x0f;
			if (e->map == MAP_0F38 || e->map == MAP_0F3A)
				*q++ = e->map == MAP_0F38 ? 0x38 : 0x3a;
		}
		*q++ = e->opcode;
	}
}

static uint16_t random_attr(GRand *rand)
{
	static const uint16_t usual[] = { 0x0093, 0x4093, 0xc093, 0x009b, 0xc09b, 0xa09b, 0x0097, 0xc0f3, 0xc0fb };
	return g_rand_boolean(rand) ? usual[g_rand_int_range(rand, 0, G_N_ELEMENTS(usual))] : (uint16_t)(g_rand_int(rand) & 0xf0ff);
}

static void random_segment(GRand *rand, Segment *s)
{
	s->selector = (uint16_t)g_rand_int(rand);
	s->attr = random_attr(rand);
	s->base = g_rand_boolean(rand) ? 0 : random64(rand) % RAM_BYTES;
	s->limit = g_rand_boolean(rand) ? 0xffffffff : g_rand_int(rand) >> g_rand_int_range(rand, 0, 32);
	s->usable = g_rand_int_range(rand, 0, 8) != 0;
}

static void random_mode(GRand *rand, Cpu *cpu)
{
	static const uint32_t cr0[] = { 0, CR0_PE, CR0_PE, CR0_PE | CR0_PG, CR0_PE | CR0_PG | CR0_WP };
	cpu->cr0 = cr0[g_rand_int_range(rand, 0, G_N_ELEMENTS(cr0))] | CR0_ET | (g_rand_int(rand) & (CR0_NE | CR0_AM | CR0_MP));
	cpu->cr0 |= g_rand_int_range(rand, 0, 8) == 0 ? g_rand_int(rand) & (CR0_EM | CR0_TS) : 0;
	cpu->cr4 = g_rand_int(rand) & 0x770fff;
	cpu->cr3 = random64(rand) % RAM_BYTES & ~(uint64_t)0xfff;
	cpu->efer = g_rand_int(rand) & (EFER_SCE | EFER_NXE);
	cpu->xcr0 = 7;
	if ((cpu->cr0 & CR0_PG) && g_rand_boolean(rand)) {
		cpu->cr4 |= CR4_PAE;
		cpu->efer |= EFER_LME | EFER_LMA;
	}
	cpu->cr4 |= CR4_OSFXSR | CR4_OSXSAVE;
}

/* Page tables that map something: each entry of a random page points into RAM. */
static void random_tables(GRand *rand, Board *board)
{
	for (uint64_t page = 0; page < RAM_BYTES; page += 4096) {
		if (g_rand_int_range(rand, 0, 4))
			continue;
		for (unsigned n = 0; n < 512; n++) {
			uint64_t entry = (random64(rand) % RAM_BYTES & ~(uint64_t)0xfff) | (g_rand_int(rand) & 0x1ff) | 1;
			if (g_rand_int_range(rand, 0, 4))
				entry |= 7;
			memcpy(board->ram + page + 8 * n, &entry, 8);
		}
	}
}

static void random_state(GRand *rand, Board *board)
{
	Cpu *cpu = board->cpu;
	cpu_reset(cpu, false);
	random_mode(rand, cpu);
	for (unsigned n = 0; n < 16; n++)
		cpu->gpr[n] = random_value(rand);
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		random_segment(rand, &cpu->seg[n]);
	cpu->seg[CS].attr |= AR_P | AR_S | AR_CODE;
	cpu->seg[CS].usable = true;
	random_segment(rand, &cpu->ldtr);
	random_segment(rand, &cpu->tr);
	cpu->gdtr = (TableRegister){ random64(rand) % RAM_BYTES, 0xffff };
	cpu->idtr = (TableRegister){ random64(rand) % RAM_BYTES, 0xfff };
	cpu->cpl = cpu->cr0 & CR0_PE ? (uint8_t)g_rand_int_range(rand, 0, 4) : 0;
	cpu->rip = random64(rand) % (RAM_BYTES / 2);
	cpu->dr[7] = g_rand_int_range(rand, 0, 8) == 0 ? g_rand_int(rand) : 0x400;
	cpu->mxcsr = g_rand_int(rand) & 0xffff;
	random_memory(rand, (uint8_t *)cpu->ymm, sizeof cpu->ymm);
	random_memory(rand, (uint8_t *)cpu->x87.r, sizeof cpu->x87.r);
	cpu->x87.cw = (uint16_t)(g_rand_int(rand) & 0xf7f);
	eflags_set(cpu, g_rand_int(rand) & 0x3f7fd5 & (cpu->efer & EFER_LMA || !(cpu->cr0 & CR0_PE) ? ~(uint32_t)EFLAGS_VM : ~0u));
	if (cpu->eflags & EFLAGS_VM)
		cpu->cpl = 3;
	cpu_mode_changed(cpu);
	tlb_flush(cpu, true);
	cpu_memory_changed(cpu, true);
}

/* Runs in pieces, so that interrupts, NMI and SMI come in between. */
static void run(GRand *rand, Board *board)
{
	for (unsigned n = 0; n < 6; n++) {
		CpuExit exit = cpu_run(board->cpu, BUDGET);
		if (exit == CPU_EXIT_SHUTDOWN)
			return;
		switch (g_rand_int_range(rand, 0, 6)) {
		case 0:
			board->interrupt = g_rand_int_range(rand, 0, 256);
			cpu_set_interrupt(board->cpu, true);
			break;
		case 1: cpu_raise_nmi(board->cpu); break;
		case 2: cpu_raise_smi(board->cpu); break;
		default: break;
		}
	}
}

typedef enum Way { INTERPRETED, TRANSLATED, VERIFIED } Way;

static void fuzz(const char *model, Way way)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Board) board = board_new(model, RAM_BYTES, &error);
	g_assert_no_error(error);
	if (way != INTERPRETED && !board_translate(board)) {
		g_test_skip("this host has no translator");
		return;
	}
	if (way == VERIFIED)
		board_verify(board);
	uint8_t *plain = board->ram, *guarded = g_malloc(RAM_BYTES + 2 * GUARD);
	memset(guarded, 0xa5, RAM_BYTES + 2 * GUARD);
	board->ram = guarded + GUARD;
	GRand *rand = g_rand_new_with_seed(20 + g_str_hash(model) % 1000);
	unsigned rounds = g_test_slow() ? 100000 : 10000;
	const char *wanted = g_getenv("FUZZ_ROUNDS");
	rounds = wanted ? (unsigned)g_ascii_strtoull(wanted, NULL, 10) : rounds;
	for (unsigned n = 0; n < rounds && !board->difference; n++) {
		if (n % 16 == 0) {
			random_memory(rand, board->ram, RAM_BYTES);
			random_code(rand, board->ram, RAM_BYTES / 2);
			random_tables(rand, board);
		}
		board->expect_triple_fault = false;
		random_state(rand, board);
		run(rand, board);
		g_string_truncate(board->output, 0);
	}
	if (board->difference)
		g_error("%s", board->difference);
	for (unsigned n = 0; n < GUARD; n++)
		g_assert_true(guarded[n] == 0xa5 && guarded[GUARD + RAM_BYTES + n] == 0xa5);
	board->ram = plain;
	g_free(guarded);
	g_rand_free(rand);
}

static void fuzz_interpreter(gconstpointer model)
{
	fuzz(model, INTERPRETED);
}

static void fuzz_generated(gconstpointer model)
{
	fuzz(model, TRANSLATED);
}

static void fuzz_verified(gconstpointer model)
{
	fuzz(model, VERIFIED);
}

/* Every length that decode_insn() is given is respected, in all modes: the buffer is exactly that long. */
static void fuzz_decoder(void)
{
	GRand *rand = g_rand_new_with_seed(7);
	for (unsigned n = 0; n < 300000; n++) {
		uint32_t mode = (uint32_t)g_rand_int_range(rand, 0, 3) | (g_rand_int(rand) & (MODE_PROTECTED | MODE_AVX | MODE_OSFXSR));
		DecodeContext context = { mode, NULL };
		unsigned size = (unsigned)g_rand_int_range(rand, 0, 17);
		g_autofree uint8_t *bytes = g_malloc(size ? size : 1);
		for (unsigned k = 0; k < size; k++)
			bytes[k] = (uint8_t)g_rand_int(rand);
		Insn insn;
		DecodeStatus status = decode_insn(&context, bytes, size, &insn);
		if (status == DECODE_OK)
			g_assert_true(insn.length >= 1 && insn.length <= MIN(size, 15u) && insn.run);
		else
			g_assert_true(status == DECODE_TOO_LONG || size < 15);
	}
	g_rand_free(rand);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fuzz/decoder", fuzz_decoder);
	g_test_add_data_func("/fuzz/max", "max", fuzz_interpreter);
	g_test_add_data_func("/fuzz/intel", "Icelake-Server", fuzz_interpreter);
	g_test_add_data_func("/fuzz/pentium", "pentium", fuzz_interpreter);
	g_test_add_data_func("/fuzz/486", "486", fuzz_interpreter);
	g_test_add_data_func("/fuzz/jit/max", "max", fuzz_generated);
	g_test_add_data_func("/fuzz/jit/pentium", "pentium", fuzz_generated);
	g_test_add_data_func("/fuzz/verified/max", "max", fuzz_verified);
	return g_test_run();
}
