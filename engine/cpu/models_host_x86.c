/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `host` model on x86 hosts: what the host's own CPUID says. */
#include <cpuid.h>
#include <string.h>

#include "cpu/models.h"

typedef struct Leaf {
	uint32_t reg[4]; /* CPUID_EAX... */
} Leaf;

static Leaf host_cpuid(uint32_t leaf, uint32_t subleaf)
{
	Leaf l = { { 0 } };
	if ((uint32_t)__get_cpuid_max(leaf & 0x80000000, NULL) >= leaf)
		__cpuid_count(leaf, subleaf, l.reg[CPUID_EAX], l.reg[CPUID_EBX], l.reg[CPUID_ECX], l.reg[CPUID_EDX]);
	return l;
}

bool models_host(CpuModel *out)
{
	static const unsigned vendor_order[3] = { CPUID_EBX, CPUID_EDX, CPUID_ECX };
	Leaf leaf0 = host_cpuid(0, 0), leaf1 = host_cpuid(1, 0);
	for (unsigned n = 0; n < 3; n++)
		memcpy(out->vendor + 4 * n, &leaf0.reg[vendor_order[n]], 4);
	out->amd = !strcmp(out->vendor, "AuthenticAMD") || !strcmp(out->vendor, "HygonGenuine");
	uint32_t signature = leaf1.reg[CPUID_EAX], family = signature >> 8 & 15;
	out->family = (uint16_t)(family + (family == 15 ? signature >> 20 & 0xff : 0));
	out->model = (uint8_t)((signature >> 4 & 15) | (signature >> 12 & 0xf0));
	out->stepping = signature & 15;
	out->level = MIN(leaf0.reg[CPUID_EAX], 0xd);
	out->xlevel = MIN(host_cpuid(0x80000000, 0).reg[CPUID_EAX], 0x8000001e);
	for (unsigned n = 0; n < 3; n++) {
		Leaf id = host_cpuid(0x80000002 + n, 0);
		memcpy(out->id + 16 * n, id.reg, 16);
	}
	for (unsigned n = 0; n < MODEL_PLACES; n++) {
		Leaf l = host_cpuid(model_places[n].leaf, model_places[n].subleaf);
		models_add_word(&out->wanted, &model_places[n], l.reg[model_places[n].reg]);
	}
	return true;
}
