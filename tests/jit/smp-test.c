/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smp-test ROM...: two processors on a whole PC. Locked accesses to the same memory, however it lies, lose nothing (locks.asm); code
 * that another processor or a device writes is seen (patch.asm). */
#include "jit/jit.h"
#include "machine/device.h"
#include "pc.h"

/* The firmware's */
enum { RESULTS = 0x7000, PAGE = 4096, EXIT_STATUS = 1, MOST_FAILURES = 64, LEAST_CASES = 100, PATCH_ROUNDS = 7 * 16 * 12 };
typedef struct Failure {
	uint32_t name, errors;
	uint64_t got, wanted, unused;
} Failure;
typedef struct Locks {
	uint32_t cases, failures;
	Failure failed[MOST_FAILURES];
} Locks;
typedef struct Patch {
	uint32_t rounds, failures, kind, got, wanted, dma_to, dma_value;
} Patch;

typedef struct Run {
	const char *accelerator, *rom;
	void (*check)(Pc *pc);
} Run;

/* From one page. */
static void *guest_memory(Pc *pc, uint32_t at)
{
	return memory_page(machine_memory(pc_machine(pc)), at & ~(uint32_t)(PAGE - 1)).host + at % PAGE;
}

static void tell(Pc *pc, const Failure *f)
{
	g_test_message("%s: %016" G_GINT64_MODIFIER "x, should be %016" G_GINT64_MODIFIER "x; %u errors seen meanwhile",
		       (const char *)guest_memory(pc, f->name), f->got, f->wanted, f->errors);
}

static void check_locks(Pc *pc)
{
	const Locks *results = guest_memory(pc, RESULTS);
	g_assert_cmpint(pc_wait_end(pc), ==, EXIT_STATUS);
	g_test_message("%u cases", results->cases);
	g_assert_cmpuint(results->cases, >, LEAST_CASES);
	g_assert_cmpuint(results->failures, ==, 0);
	for (unsigned n = 0; n < MIN(results->failures, MOST_FAILURES); n++)
		tell(pc, &results->failed[n]);
}

/* A device, for some time. */
static bool serve(Pc *pc, void *data)
{
	enum { TIMES = 1000, EVERY_US = 20 };
	Patch *patch = data;
	for (unsigned n = 0; n < TIMES; n++) {
		uint32_t value = __atomic_load_n(&patch->dma_value, __ATOMIC_ACQUIRE);
		if (value) {
			machine_lock(pc_machine(pc));
			g_assert_true(memory_write(machine_memory(pc_machine(pc)), patch->dma_to, &value, sizeof value));
			machine_unlock(pc_machine(pc));
			__atomic_store_n(&patch->dma_value, 0, __ATOMIC_RELEASE);
		}
		g_usleep(EVERY_US);
	}
	return __atomic_load_n(&patch->rounds, __ATOMIC_ACQUIRE) >= PATCH_ROUNDS;
}

static void check_patch(Pc *pc)
{
	Patch *patch = guest_memory(pc, RESULTS);
	if (!pc_wait(pc, serve, patch, "all rounds"))
		return;
	g_assert_cmpint(pc_wait_end(pc), ==, EXIT_STATUS);
	g_assert_cmpuint(patch->failures, ==, 0);
	if (patch->failures)
		g_test_message("kind %u: %x was run, should be %x", patch->kind, patch->got, patch->wanted);
}

static void run_rom(gconstpointer data)
{
	const Run *run = data;
	const char *why;
	if (g_str_equal(run->accelerator, "jit") && !jit_available(&why)) {
		g_test_skip(why);
		return;
	}
	g_autofree char *options = g_strdup_printf("-m 16 -smp 2 -vga none -cpu max -accel %s -bios %s -device isa-debug-exit", run->accelerator, run->rom);
	g_autoptr(Pc) pc = pc_new(options);
	if (pc)
		run->check(pc);
}

static void add_rom(const char *accelerator, const char *rom)
{
	Run *run = g_new(Run, 1);
	g_autofree char *base = g_path_get_basename(rom), *path = g_strdup_printf("/smp/%s/%s", accelerator, base);
	*run = (Run){ accelerator, rom, g_str_has_prefix(base, "locks") ? check_locks : check_patch };
	g_test_add_data_func_full(path, run, run_rom, g_free);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (int n = 1; n < argc; n++) {
		add_rom("interp", argv[n]);
		add_rom("jit", argv[n]);
	}
	return g_test_run();
}
