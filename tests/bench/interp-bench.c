/* SPDX-License-Identifier: GPL-3.0-or-later */
/* interp-bench GUESTBENCH [NAME...]: the integer programs of guestbench, each run on the processor alone and on the host, side by
 * side: million guest instructions a second, and how many times slower than native. Checksums must agree. */
#include <stdio.h>
#include <string.h>

#include "cpu/state.h"
#include "program.h"

static const char *const integer_programs[] = { "sieve", "crc32", "qsort", "sha256", "mul64", "chase", "indirect", "calls", "interp", NULL };

typedef struct Result {
	double seconds;	/* of one unit of work */
	char sum[32];
} Result;

static bool parse_result(const char *text, Result *result)
{
	char name[64];
	return text && sscanf(text, "bench %63s %lf %31s", name, &result->seconds, result->sum) == 3;
}

static bool run_native(const char *path, const char *name, Result *result)
{
	g_autofree char *out = NULL;
	const char *argv[] = { path, "-t", "0.2", name, NULL };
	return g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, NULL, NULL) && parse_result(out, result);
}

static bool run_guest(const char *path, const char *name, Result *result, double *mips)
{
	const char *argv[] = { "guestbench", "-t", "0.5", name, NULL };
	g_autoptr(GError) error = NULL;
	g_autoptr(Program) program = program_new("max", path, argv, &error);
	if (!program) {
		fprintf(stderr, "%s: %s\n", path, error->message);
		return false;
	}
	gint64 start = g_get_monotonic_time();
	bool done = program_run(program, ~(uint64_t)0);
	double seconds = (double)(g_get_monotonic_time() - start) * 1e-6;
	*mips = (double)program->board->cpu->insns_retired / seconds * 1e-6;
	if (!done || !parse_result(program->output->str, result)) {
		const Cpu *cpu = program->board->cpu;
		fprintf(stderr, "%s: stopped at %" G_GINT64_MODIFIER "x, fault vector %d at %" G_GINT64_MODIFIER "x, output: %s\n", name, cpu->rip,
			cpu->fault.vector, cpu->fault.address, program->output->str);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: interp-bench GUESTBENCH [NAME...]\n");
		return 2;
	}
	const char *const *names = argc > 2 ? (const char *const *)argv + 2 : integer_programs;
	double log_sum = 0;
	unsigned count = 0, failed = 0;
	printf("%-10s %10s %10s %12s\n", "program", "MIPS", "ms", "slower than native");
	for (; *names; names++) {
		Result native = { 0 }, guest = { 0 };
		double mips = 0;
		bool ok = run_native(argv[1], *names, &native) && run_guest(argv[1], *names, &guest, &mips);
		if (!ok || strcmp(native.sum, guest.sum)) {
			printf("%-10s %s\n", *names, ok ? "WRONG checksum" : "failed");
			failed++;
			continue;
		}
		printf("%-10s %10.1f %10.3f %12.1f\n", *names, mips, guest.seconds * 1e3, guest.seconds / native.seconds);
		log_sum += __builtin_log(mips);
		count++;
	}
	if (count)
		printf("geometric mean: %.1f million guest instructions a second\n", __builtin_exp(log_sum / count));
	return failed != 0;
}
