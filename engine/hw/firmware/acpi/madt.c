/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processors, interrupt controllers and where memory is: MADT (ACPI 2.0 5.2.10.4, x2APIC entries: 4.0 5.2.12.12), SRAT and SLIT
 * (3.0 5.2.15 and 5.2.16). */
#include "hw/firmware/acpi/tables.h"

enum { LOCAL_APIC = 0, IO_APIC = 1, SOURCE_OVERRIDE = 2, LOCAL_NMI = 4, LOCAL_X2APIC = 9, X2APIC_NMI = 10 };
enum { MADT_PCAT_COMPATIBLE = 1, CPU_ENABLED = 1, ALL_CPUS = 0xff, NMI_LINT = 1 };
enum { LEVEL_ACTIVE_HIGH = 0x0d };
enum { SRAT_CPU = 0, SRAT_MEMORY = 1, SRAT_X2APIC = 2, SRAT_ENABLED = 1 };
enum { DISTANCE_HERE = 10, DISTANCE_THERE = 20 };

/* An 8-bit APIC id has an entry of the old kind; 255 is broadcast. */
static bool is_x2apic(uint32_t id)
{
	return id >= 255;
}

static void put_processor(AcpiBuild *build, uint32_t number, uint32_t id, uint32_t flags)
{
	if (is_x2apic(id)) {
		acpi_put(build, LOCAL_X2APIC, 1);
		acpi_put(build, 16, 1);
		acpi_zeros(build, 2);
		acpi_put(build, id, 4);
		acpi_put(build, flags, 4);
		acpi_put(build, number, 4);
	} else {
		acpi_put(build, LOCAL_APIC, 1);
		acpi_put(build, 8, 1);
		acpi_put(build, number, 1);
		acpi_put(build, id, 1);
		acpi_put(build, flags, 4);
	}
}

static void put_override(AcpiBuild *build, uint8_t irq, uint32_t gsi, uint16_t flags)
{
	acpi_put(build, SOURCE_OVERRIDE, 1);
	acpi_put(build, 10, 1);
	acpi_put(build, 0, 1); /* ISA */
	acpi_put(build, irq, 1);
	acpi_put(build, gsi, 4);
	acpi_put(build, flags, 2);
}

static void put_io_apic(AcpiBuild *build)
{
	acpi_put(build, IO_APIC, 1);
	acpi_put(build, 12, 1);
	acpi_put(build, 0, 2); /* its id */
	acpi_put(build, IO_APIC_BASE, 4);
	acpi_put(build, 0, 4); /* the first global interrupt */
}

static void put_nmi(AcpiBuild *build, bool x2apic)
{
	if (x2apic) {
		acpi_put(build, X2APIC_NMI, 1);
		acpi_put(build, 12, 1);
		acpi_put(build, 0, 2);
		acpi_put(build, UINT32_MAX, 4);
		acpi_put(build, NMI_LINT, 1);
		acpi_zeros(build, 3);
	}
	acpi_put(build, LOCAL_NMI, 1);
	acpi_put(build, 6, 1);
	acpi_put(build, ALL_CPUS, 1);
	acpi_put(build, 0, 2);
	acpi_put(build, NMI_LINT, 1);
}

unsigned acpi_madt(AcpiBuild *build)
{
	static const uint8_t level[] = { 5, 9, 10, 11 }; /* PCI links and SCI */
	const FirmwareInfo *info = build->info;
	unsigned possible = MAX(info->cpus, info->possible_cpus);
	bool x2apic = false;
	for (unsigned n = 0; n < possible; n++)
		x2apic |= is_x2apic(info->apic_ids[n]);
	unsigned madt = acpi_begin(build, "APIC", x2apic ? 3 : 1);
	acpi_put(build, LOCAL_APIC_BASE, 4);
	acpi_put(build, MADT_PCAT_COMPATIBLE, 4);
	for (unsigned n = 0; n < possible; n++)
		put_processor(build, n, info->apic_ids[n], n < info->cpus ? CPU_ENABLED : 0);
	put_io_apic(build);
	put_override(build, 0, 2, 0);
	for (unsigned n = 0; n < G_N_ELEMENTS(level); n++)
		put_override(build, level[n], level[n], LEVEL_ACTIVE_HIGH);
	put_nmi(build, x2apic);
	acpi_end(build, madt);
	return madt;
}

/* ---- NUMA ---- */

static void put_srat_cpu(AcpiBuild *build, uint32_t id, uint32_t node)
{
	if (is_x2apic(id)) {
		acpi_put(build, SRAT_X2APIC, 1);
		acpi_put(build, 24, 1);
		acpi_zeros(build, 2);
		acpi_put(build, node, 4);
		acpi_put(build, id, 4);
		acpi_put(build, SRAT_ENABLED, 4);
		acpi_zeros(build, 8);
	} else {
		acpi_put(build, SRAT_CPU, 1);
		acpi_put(build, 16, 1);
		acpi_put(build, node, 1);
		acpi_put(build, id, 1);
		acpi_put(build, SRAT_ENABLED, 4);
		acpi_zeros(build, 8);
	}
}

static void put_srat_memory(AcpiBuild *build, uint32_t node, uint64_t base, uint64_t size)
{
	if (!size)
		return;
	acpi_put(build, SRAT_MEMORY, 1);
	acpi_put(build, 40, 1);
	acpi_put(build, node, 4);
	acpi_zeros(build, 2);
	acpi_put(build, base, 8);
	acpi_put(build, size, 8);
	acpi_zeros(build, 4);
	acpi_put(build, SRAT_ENABLED, 4);
	acpi_zeros(build, 8);
}

/* A node's memory from `*at` on, counted without holes; those of 640 KiB and below 4 GiB are left out. */
static void put_node_memory(AcpiBuild *build, uint32_t node, uint64_t size, uint64_t *at)
{
	uint64_t below = build->info->ram_below_4g;
	const struct {
		uint64_t first, end, move;
	} parts[] = {
		{ 0, BIOS_RAM_END, 0 },
		{ HIGH_MEMORY, below, 0 },
		{ below, below + build->info->ram_above_4g, FOUR_GIB - below },
	};
	uint64_t end = *at + size;
	for (unsigned n = 0; n < G_N_ELEMENTS(parts); n++) {
		uint64_t from = MAX(*at, parts[n].first), to = MIN(end, parts[n].end);
		if (from < to)
			put_srat_memory(build, node, from + parts[n].move, to - from);
	}
	*at = end;
}

unsigned acpi_srat(AcpiBuild *build)
{
	const FirmwareInfo *info = build->info;
	unsigned srat = acpi_begin(build, "SRAT", 1);
	acpi_put(build, 1, 4); /* reserved; 1 for compatibility */
	acpi_zeros(build, 8);
	for (unsigned n = 0; n < info->cpus; n++)
		put_srat_cpu(build, info->apic_ids[n], info->cpu_nodes ? info->cpu_nodes[n] : 0);
	uint64_t at = 0;
	for (unsigned n = 0; n < info->nodes; n++)
		put_node_memory(build, n, info->node[n].memory_bytes, &at);
	acpi_end(build, srat);
	return srat;
}

unsigned acpi_slit(AcpiBuild *build)
{
	const FirmwareInfo *info = build->info;
	unsigned slit = acpi_begin(build, "SLIT", 1);
	acpi_put(build, info->nodes, 8);
	for (unsigned n = 0; n < info->nodes * info->nodes; n++) {
		bool here = n / info->nodes == n % info->nodes;
		acpi_put(build, info->distances ? info->distances[n] : here ? DISTANCE_HERE : DISTANCE_THERE, 1);
	}
	acpi_end(build, slit);
	return slit;
}
