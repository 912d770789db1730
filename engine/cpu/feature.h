/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FEATURE_...: one number per CPUID feature bit; table/features.tab says where CPUID shows it and what users call it. */
#pragma once

enum { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

enum {
	FEATURE_NONE, /* always present */
#define FEATURE(name, leaf, subleaf, reg, bit, names) FEATURE_##name,
#include "features.inc"
#undef FEATURE
	FEATURE_COUNT,
};
