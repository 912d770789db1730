/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Model names, feature syntax, and what CPUID then says. */
#include <string.h>

#include "board.h"
#include "cpu/cpuid_leaf.h"

static Cpu *cpu_of(Board **board, const char *spec)
{
	g_autoptr(GError) error = NULL;
	*board = board_new(spec, 1 << 20, &error);
	g_assert_no_error(error);
	return (*board)->cpu;
}

static void fails(const char *spec, const char *words)
{
	g_autoptr(GError) error = NULL;
	const CpuModel *model = NULL;
	CpuFeatures features;
	g_assert_false(cpu_model_parse(spec, &model, &features, &error));
	g_assert_nonnull(error);
	if (!strstr(error->message, words))
		g_error("%s: '%s' doesn't say '%s'", spec, error->message, words);
}

static void test_errors(void)
{
	fails("Haswel", "did you mean 'Haswell'");
	fails("qemu46", "'qemu46'");
	fails("max,avx3", "did you mean 'avx");
	fails("max,+sse5", "'sse5'");
	fails("max,avx=maybe", "on or off");
	fails("max,family=x", "family");
	fails("max,level", "needs a value");
	fails("max,vendor=short", "vendor");
	fails("max,xlevel=5", "xlevel");
	fails("Skylake-Server,enforce", "not emulated");
	fails("max,stepping=16", "stepping");
}

/* Every name that is listed can be made, and says its registers without harm. */
static void test_all(void)
{
	unsigned n = 0;
	for (;; n++) {
		g_autofree char *name = cpu_model_name(n);
		if (!name)
			break;
		g_autofree char *text = cpu_model_description(n);
		g_assert_nonnull(text);
		g_autoptr(GError) error = NULL;
		const CpuModel *model = NULL;
		CpuFeatures features;
		if (!cpu_model_parse(name, &model, &features, &error)) {
			g_assert_cmpstr(name, ==, "host");
			continue;
		}
		g_assert_cmpuint(strlen(model->vendor), ==, strcmp(name, "base") ? 12 : 0);
		cpu_model_free(model);
	}
	g_assert_cmpuint(n, >, 130);
	g_assert_null(cpu_model_description(n));
}

typedef struct Words {
	const char *spec;
	uint32_t leaf, subleaf, reg, mask, want;
} Words;

/* From tables of what these names have always meant; the mask leaves out what this processor doesn't have. */
static const Words words[] = {
	{ "486", 1, 0, CPUID_EAX, ~0u, 0x480 }, { "486", 1, 0, CPUID_EDX, ~0u, 0xb }, { "486", 0, 0, CPUID_EAX, ~0u, 1 },
	{ "pentium", 1, 0, CPUID_EAX, ~0u, 0x543 }, { "pentium", 1, 0, CPUID_EDX, ~0u, 0x8003bf },
	{ "qemu64", 1, 0, CPUID_EAX, ~0u, 0x60fb1 }, { "qemu64", 1, 0, CPUID_EDX, ~0u, 0x78bfbfd },
	{ "qemu64", 1, 0, CPUID_ECX, ~0u, 0x80002001 }, { "qemu64", 0x80000001, 0, CPUID_EDX, ~0u, 0x2193fbfd },
	{ "qemu64", 0x80000001, 0, CPUID_ECX, 0x71, 1 }, { "qemu64", 0x80000000, 0, CPUID_EAX, ~0u, 0x8000000a },
	{ "qemu32", 1, 0, CPUID_EDX, ~0u, 0x781abfd }, { "core2duo", 1, 0, CPUID_EAX, ~0u, 0x6fb },
	{ "Haswell", 1, 0, CPUID_EAX, ~0u, 0x306c4 },
	{ "Haswell", 1, 0, CPUID_ECX, ~0u, 0xf7da3203 /* the board has no x2APIC */ },
	{ "Haswell", 7, 0, CPUID_EBX, ~0u, 0x7a9 }, { "Haswell-noTSX", 1, 0, CPUID_EAX, ~0u, 0x306c1 },
	{ "Haswell-IBRS", 7, 0, CPUID_EDX, ~0u, 0x4000000 }, { "Haswell", 7, 0, CPUID_EDX, ~0u, 0 },
	{ "haswell,avx2=off,+aes,-aes", 7, 0, CPUID_EBX, 0x20, 0 }, { "Haswell,-aes,aes=on", 1, 0, CPUID_ECX, 1 << 25, 0 },
	{ "qemu64,+sse4_1", 1, 0, CPUID_ECX, 1 << 19, 0 }, { "qemu64,ssse3,sse4.1", 1, 0, CPUID_ECX, 1 << 19, 1 << 19 },
	{ "max,-xsave", 1, 0, CPUID_ECX, 0x34000000, 0 }, { "max,-xsave", 7, 0, CPUID_EBX, 0x20, 0 },
	{ "pentium3,+popcnt", 1, 0, CPUID_ECX, 1 << 23, 1 << 23 }, { "pentium3,+bmi1", 7, 0, CPUID_EBX, 8, 8 },
	{ "max,-hypervisor", 1, 0, CPUID_ECX, 0x80000000, 0 }, { "max,-hypervisor", 0x40000000, 0, CPUID_EBX, ~0u, 0 },
	{ "max", 0x40000000, 0, CPUID_EBX, ~0u, 0x61766956 }, { "EPYC", 1, 0, CPUID_EAX, ~0u, 0x800f12 },
	{ "EPYC", 0x80000001, 0, CPUID_EAX, ~0u, 0x800f12 }, { "EPYC", 0x80000001, 0, CPUID_EDX, ~0u, 0x2fd3fbff },
	{ "Skylake-Client", 0xd, 1, CPUID_EAX, ~0u, 7 }, { "Skylake-Client-v4", 0xd, 1, CPUID_EAX, ~0u, 0xf },
	{ "Skylake-Client", 0xd, 0, CPUID_EAX, ~0u, 7 }, { "Skylake-Client", 0xd, 0, CPUID_ECX, ~0u, 832 },
	{ "Skylake-Client", 0xd, 0, CPUID_EBX, ~0u, 576 }, { "max", 0xd, 9, CPUID_EBX, ~0u, 2688 },
	{ "Haswell,model=0x3f,stepping=2", 1, 0, CPUID_EAX, ~0u, 0x306f2 }, { "Haswell,level=6", 7, 0, CPUID_EAX, ~0u, 4 },
	{ "Haswell", 0x8000abcd, 0, CPUID_EAX, ~0u, 7 }, /* out of range: the highest basic leaf, D */
	{ "EPYC", 0x8000abcd, 0, CPUID_EAX, ~0u, 0 }, { "EPYC", 0x20, 0, CPUID_EAX, ~0u, 0 },
	{ "max", 0x80000008, 0, CPUID_EAX, ~0u, 0x3928 }, { "EPYC", 0x80000008, 0, CPUID_EAX, ~0u, 0x3028 },
};

static void test_words(void)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(words); n++) {
		const Words *w = &words[n];
		g_autoptr(Board) board = NULL;
		Cpu *cpu = cpu_of(&board, w->spec);
		uint32_t got = cpuid_leaf(cpu, w->leaf, w->subleaf).reg[w->reg];
		if ((got & w->mask) != w->want)
			g_test_message("%s, leaf %x.%x, register %u: %08x, want %08x", w->spec, w->leaf, w->subleaf, w->reg,
				got & w->mask, w->want);
		if ((got & w->mask) != w->want)
			g_test_fail();
	}
}

static void test_topology(void)
{
	g_autoptr(Board) board = NULL;
	Cpu *cpu = cpu_of(&board, "Haswell");
	cpu->topology = (CpuTopology){ .index = 7, .sockets = 2, .cores = 3, .threads = 2 }; /* socket 1, core 0, thread 1 */
	g_assert_cmphex(cpuid_apic_id(&cpu->topology), ==, 9);
	g_assert_cmphex(cpuid_leaf(cpu, 1, 0).reg[CPUID_EBX], ==, 9u << 24 | 8 << 16 | 8 << 8);
	g_assert_cmphex(cpuid_leaf(cpu, 1, 0).reg[CPUID_EDX] >> 28 & 1, ==, 1);
	g_assert_cmphex(cpuid_leaf(cpu, 4, 0).reg[CPUID_EAX], ==, 0x0c004121);
	g_assert_cmphex(cpuid_leaf(cpu, 4, 3).reg[CPUID_EAX] >> 14 & 0xfff, ==, 7);
	CpuidResult smt = cpuid_leaf(cpu, 0xb, 0), core = cpuid_leaf(cpu, 0xb, 1), end = cpuid_leaf(cpu, 0xb, 2);
	g_assert_true(smt.reg[CPUID_EAX] == 1 && smt.reg[CPUID_EBX] == 2 && smt.reg[CPUID_ECX] == 0x100 &&
		smt.reg[CPUID_EDX] == 9);
	g_assert_true(core.reg[CPUID_EAX] == 3 && core.reg[CPUID_EBX] == 6 && core.reg[CPUID_ECX] == 0x201);
	g_assert_true(end.reg[CPUID_EAX] == 0 && end.reg[CPUID_EBX] == 0 && end.reg[CPUID_ECX] == 2);
	g_autoptr(Board) amd_board = NULL;
	Cpu *amd = cpu_of(&amd_board, "EPYC");
	amd->topology = cpu->topology;
	CpuidResult node = cpuid_leaf(amd, 0x8000001e, 0);
	g_assert_true(node.reg[CPUID_EAX] == 9 && node.reg[CPUID_EBX] == 0x100 && node.reg[CPUID_ECX] == 1);
	g_assert_cmphex(cpuid_leaf(amd, 0x80000008, 0).reg[CPUID_ECX], ==, 0x3005);
	g_assert_cmphex(cpuid_leaf(amd, 0x80000001, 0).reg[CPUID_ECX] & 2, ==, 2);
}

static void test_missing(void)
{
	const CpuModel *model = NULL;
	CpuFeatures features;
	g_assert_true(cpu_model_parse("Skylake-Server", &model, &features, NULL));
	CpuFeatures missing = cpu_model_missing(model);
	g_assert_true(missing.word[FEATURE_AVX512F / 64] >> (FEATURE_AVX512F % 64) & 1);
	g_assert_false(missing.word[FEATURE_AVX2 / 64] >> (FEATURE_AVX2 % 64) & 1);
	g_autofree char *name = cpu_feature_name(FEATURE_AVX512F);
	g_assert_cmpstr(name, ==, "avx512f");
	cpu_model_free(model);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/models/errors", test_errors);
	g_test_add_func("/models/all", test_all);
	g_test_add_func("/models/words", test_words);
	g_test_add_func("/models/topology", test_topology);
	g_test_add_func("/models/missing", test_missing);
	return g_test_run();
}
