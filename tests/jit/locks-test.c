/* SPDX-License-Identifier: GPL-3.0-or-later */
/* locks-test ROM32 ROM64: locked accesses of two processors to the same memory, however it lies, lose nothing (locks.asm). */
#include <string.h>

#include "jit/jit.h"
#include "machine/device.h"
#include "pc.h"

/* locks.asm's */
enum { RESULTS = 0x7000, MOST_FAILURES = 64, PAGE = 4096, EXIT_STATUS = 1, LEAST_CASES = 100 };
typedef struct Failure {
	uint32_t name, errors;
	uint64_t got, wanted, unused;
} Failure;
typedef struct Results {
	uint32_t cases, failures;
	Failure failed[MOST_FAILURES];
} Results;

typedef struct Run {
	const char *accelerator, *rom;
} Run;

/* From one page. */
static const void *guest_memory(Pc *pc, uint32_t at)
{
	return memory_page(machine_memory(pc_machine(pc)), at & ~(uint32_t)(PAGE - 1)).host + at % PAGE;
}

static void tell(Pc *pc, const Failure *f)
{
	g_test_message("%s: %016" G_GINT64_MODIFIER "x, should be %016" G_GINT64_MODIFIER "x; %u errors seen meanwhile",
		       (const char *)guest_memory(pc, f->name), f->got, f->wanted, f->errors);
}

static void run_locks(gconstpointer data)
{
	const Run *run = data;
	const char *why;
	if (g_str_equal(run->accelerator, "jit") && !jit_available(&why)) {
		g_test_skip(why);
		return;
	}
	g_autofree char *options = g_strdup_printf("-m 16 -smp 2 -vga none -cpu max -accel %s -bios %s -device isa-debug-exit", run->accelerator, run->rom);
	g_autoptr(Pc) pc = pc_new(options);
	if (!pc)
		return;
	g_assert_cmpint(pc_wait_end(pc), ==, EXIT_STATUS);
	Results results;
	memcpy(&results, guest_memory(pc, RESULTS), sizeof results);
	g_test_message("%u cases", results.cases);
	g_assert_cmpuint(results.cases, >, LEAST_CASES);
	g_assert_cmpuint(results.failures, ==, 0);
	for (unsigned n = 0; n < MIN(results.failures, MOST_FAILURES); n++)
		tell(pc, &results.failed[n]);
}

int main(int argc, char **argv)
{
	static const char *const accelerators[] = { "interp", "jit" };
	Run runs[4];
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (int n = 1, k = 0; n < argc && n <= 2; n++)
		for (unsigned a = 0; a < G_N_ELEMENTS(accelerators); a++, k++) {
			g_autofree char *base = g_path_get_basename(argv[n]), *path = g_strdup_printf("/locks/%s/%s", accelerators[a], base);
			runs[k] = (Run){ accelerators[a], argv[n] };
			g_test_add_data_func(path, &runs[k], run_locks);
		}
	return g_test_run();
}
