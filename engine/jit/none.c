/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where there is no emitter for the host: everything is interpreted. */
#include <gio/gio.h>

#include "jit/jit.h"

bool jit_available(const char **why)
{
	*why = "there is no translator to its kind of processor";
	return false;
}

bool jit_attach(Cpu *cpu, size_t cache_bytes, GError **error)
{
	(void)cpu;
	(void)cache_bytes;
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "this host can't translate: there is no translator to its kind of processor");
	return false;
}

void jit_set_threshold(Cpu *cpu, unsigned n)
{
	(void)cpu;
	(void)n;
}

void jit_set_perf_map(Cpu *cpu, FILE *file)
{
	(void)cpu;
	(void)file;
}

void jit_verify(Cpu *cpu, const JitVerifier *verifier)
{
	(void)cpu;
	(void)verifier;
}

JitVerified jit_verified(const Cpu *cpu)
{
	(void)cpu;
	return (JitVerified){ 0 };
}

void jit_plant_fault(Cpu *cpu, const char *mnemonic, JitFault fault)
{
	(void)cpu;
	(void)mnemonic;
	(void)fault;
}

bool jit_is_attached(const Cpu *cpu)
{
	(void)cpu;
	return false;
}

JitCounters jit_counters(const Cpu *cpu)
{
	(void)cpu;
	return (JitCounters){ 0 };
}

char *jit_profile(const Cpu *cpu)
{
	(void)cpu;
	return g_strdup("");
}
