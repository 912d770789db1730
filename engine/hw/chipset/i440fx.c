/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See i440fx.h. Register names are the datasheet's.
 *
 * Each of the 13 segments of the shadow area has two bits, RE and WE, that send reads and writes to DRAM or to the bus. Three of the
 * four states are plain mappings. In the fourth, with writes to DRAM and reads from the bus, software copies a ROM over itself: for
 * that a segment is a device whose reads come from the BIOS and whose writes go to RAM. */
#include "hw/chipset/i440fx.h"

enum {
	PMCCFG = 0x50, DETURBO = 0x52, DBC = 0x53, AXC = 0x54, DRT = 0x55, DRAMC = 0x57, DRAMT = 0x58, PAM = 0x59, DRB = 0x60, FDHC = 0x68,
	MTT = 0x70, CLT = 0x71, SMRAM = 0x72, ERRCMD = 0x90, ERRSTS = 0x91, TRC = 0x93, REGISTERS_END = 0x94,
};
enum { PAM_COUNT = 7, SEGMENTS = 13, PAM_RE = 1, PAM_WE = 2 };
enum { SMRAM_D_OPEN = 0x40, SMRAM_D_CLS = 0x20, SMRAM_D_LCK = 0x10, SMRAM_G_SMRAME = 0x08, SMRAM_SEGMENT_A = 0x02 };
enum { TRC_RCPU = 0x04 };
enum { SMRAM_BASE = 0xa0000, SMRAM_BYTES = 0x20000, SHADOW_BASE = 0xc0000, ISA_BIOS_BYTES = 0x20000, MIB = 1 << 20, PAGE_BYTES = 4096 };
enum { SMM_CPUS = 1024 };

#define GIB ((uint64_t)1 << 30)

typedef struct Segment {
	struct I440fx *bridge;
	uint32_t base, size;
	Region *ram, *copy; /* DRAM for reads, and for writes too if WE; and the fourth state */
} Segment;

typedef struct I440fx {
	PciDevice pci;
	I440fxMemory memory;
	Segment segments[SEGMENTS];
	Region *maps[5]; /* conventional, extended, high RAM, BIOS, ISA BIOS */
	unsigned map_count;
	Region *smram;
	uint8_t trc;
	bool waking;
	uint64_t in_smm[SMM_CPUS / 64];
} I440fx;

uint64_t i440fx_low_bytes(uint64_t ram_bytes, uint64_t limit)
{
	const uint64_t most = 3 * GIB + GIB / 2;
	bool limited = limit && limit < most;
	if (ram_bytes < (limited ? limit : most))
		return ram_bytes;
	return limited ? MIN(limit & ~(uint64_t)(PAGE_BYTES - 1), 3 * GIB) : 3 * GIB;
}

void i440fx_connect(Device *device, const I440fxMemory *memory)
{
	((I440fx *)device)->memory = *memory;
}

/* ---- a segment that is written through to RAM while the BIOS is read ---- */

static uint64_t copy_read(void *owner, uint64_t offset, unsigned size)
{
	const Segment *segment = owner;
	const RamBlock *bios = segment->bridge->memory.bios;
	uint64_t value = 0, below = MIB - segment->base - offset; /* counted back from 1 MiB, where the BIOS ends */
	for (unsigned n = 0; n < size; n++, below--) {
		bool inside = bios && below <= bios->size && below <= ISA_BIOS_BYTES;
		value |= (uint64_t)(inside ? bios->host[bios->size - below] : 0xff) << 8 * n;
	}
	return value;
}

static void copy_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	const Segment *segment = owner;
	const RamBlock *ram = segment->bridge->memory.ram;
	uint64_t at = segment->base + offset;
	for (unsigned n = 0; n < size; n++)
		ram->host[at + n] = (uint8_t)(value >> 8 * n);
}

static const MemoryOps copy_ops = { copy_read, copy_write, 1, 8, false };

static unsigned segment_state(const I440fx *bridge, unsigned n)
{
	/* PAM0's low half is reserved; its high half is the last segment, F0000-FFFFF, and comes first in the registers. */
	unsigned nibble = n == SEGMENTS - 1 ? 1 : n + 2;
	return bridge->pci.config[PAM + nibble / 2] >> (nibble & 1 ? 4 : 0) & (PAM_RE | PAM_WE);
}

static void update_segments(I440fx *bridge)
{
	for (unsigned n = 0; n < SEGMENTS; n++) {
		const Segment *segment = &bridge->segments[n];
		unsigned state = segment_state(bridge, n);
		region_set_writable(segment->ram, state & PAM_WE);
		region_set_enabled(segment->ram, state & PAM_RE);
		region_set_enabled(segment->copy, state == PAM_WE);
	}
}

/* ---- SMRAM ---- */

static bool some_cpu_in_smm(const I440fx *bridge)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(bridge->in_smm); n++)
		if (bridge->in_smm[n])
			return true;
	return false;
}

/* D_CLS keeps data accesses of SMM code away from SMRAM so that it can reach the screen under it. Code and data have one view of
 * memory here; code must be found, so the bit has no effect. */
static void update_smram(I440fx *bridge)
{
	unsigned smram = bridge->pci.config[SMRAM];
	region_set_enabled(bridge->smram, (smram & SMRAM_G_SMRAME) && ((smram & SMRAM_D_OPEN) || some_cpu_in_smm(bridge)));
}

void i440fx_set_smm(Device *device, unsigned cpu, bool in_smm)
{
	I440fx *bridge = (I440fx *)device;
	uint64_t bit = (uint64_t)1 << cpu % 64;
	if (cpu >= SMM_CPUS)
		return;
	if (in_smm)
		bridge->in_smm[cpu / 64] |= bit;
	else
		bridge->in_smm[cpu / 64] &= ~bit;
	update_smram(bridge);
}

static void update_memory(I440fx *bridge)
{
	Memory *memory = machine_memory(bridge->pci.device.machine);
	memory_begin(memory);
	update_segments(bridge);
	update_smram(bridge);
	memory_end(memory);
}

/* ---- registers ---- */

/* Once locked, SMRAM can't be opened again before a reset. */
static void apply_lock(I440fx *bridge)
{
	uint8_t *smram = &bridge->pci.config[SMRAM];
	if (*smram & SMRAM_D_LCK)
		*smram &= (uint8_t)~SMRAM_D_OPEN;
	bridge->pci.writable[SMRAM] = SMRAM_D_CLS | SMRAM_G_SMRAME | (*smram & SMRAM_D_LCK ? 0 : SMRAM_D_OPEN | SMRAM_D_LCK);
}

static void config_written(PciDevice *device, unsigned offset, unsigned size)
{
	I440fx *bridge = (I440fx *)device;
	if (offset <= SMRAM && SMRAM < offset + size)
		apply_lock(bridge);
	if (offset < PAM + PAM_COUNT && PAM < offset + size)
		update_memory(bridge);
	else if (offset <= SMRAM && SMRAM < offset + size)
		update_smram(bridge);
	uint8_t trc = device->config[TRC];
	if (trc & ~bridge->trc & TRC_RCPU)
		machine_request(device->device.machine, REQUEST_RESET, 0);
	bridge->trc = trc;
}

typedef struct ConfigByte {
	uint8_t offset, value, writable, clear; /* after reset; bits for software */
} ConfigByte;

/* DRAM timings and the like are kept for who reads them back: memory here has no timing. */
static const ConfigByte registers[] = {
	{ PCI_COMMAND, 0x06, 0x40, 0 }, { PCI_COMMAND + 1, 0x00, 0x01, 0 }, { PCI_STATUS, 0x80, 0, 0 }, { PCI_STATUS + 1, 0x02, 0, 0xf9 },
	{ PCI_CACHE_LINE, 0, 0, 0 }, { PCI_LATENCY, 0, 0xf8, 0 }, { PCI_INTERRUPT_LINE, 0, 0, 0 }, { PMCCFG, 0, 0xff, 0 },
	{ PMCCFG + 1, 0, 0xff, 0 }, { DETURBO, 0, 0xff, 0 }, { DBC, 0x80, 0xff, 0 }, { AXC, 0, 0xff, 0 }, { DRT, 0, 0xff, 0 },
	{ DRT + 1, 0, 0xff, 0 }, { DRAMC, 0x01, 0xff, 0 }, { DRAMT, 0x10, 0xff, 0 }, { PAM, 0, 0x30, 0 }, { PAM + 1, 0, 0x33, 0 },
	{ PAM + 2, 0, 0x33, 0 }, { PAM + 3, 0, 0x33, 0 }, { PAM + 4, 0, 0x33, 0 }, { PAM + 5, 0, 0x33, 0 }, { PAM + 6, 0, 0x33, 0 },
	{ DRB, 1, 0xff, 0 }, { DRB + 1, 1, 0xff, 0 }, { DRB + 2, 1, 0xff, 0 }, { DRB + 3, 1, 0xff, 0 }, { DRB + 4, 1, 0xff, 0 },
	{ DRB + 5, 1, 0xff, 0 }, { DRB + 6, 1, 0xff, 0 }, { DRB + 7, 1, 0xff, 0 }, { FDHC, 0, 0, 0 }, { MTT, 0x20, 0xf8, 0 },
	{ CLT, 0x10, 0x1f, 0 }, { SMRAM, SMRAM_SEGMENT_A, SMRAM_D_OPEN | SMRAM_D_CLS | SMRAM_D_LCK | SMRAM_G_SMRAME, 0 },
	{ ERRCMD, 0, 0xff, 0 }, { ERRSTS, 0, 0, 0x11 }, { TRC, 0, 0x07, 0 },
};

void i440fx_prepare_wake(Device *device)
{
	((I440fx *)device)->waking = true;
}

static void reset_register(I440fx *bridge, const ConfigByte *r)
{
	bool keep = bridge->waking && r->offset >= PAM && r->offset < PAM + PAM_COUNT;
	if (!keep)
		bridge->pci.config[r->offset] = r->value;
	bridge->pci.writable[r->offset] = r->writable;
	bridge->pci.clear[r->offset] = r->clear;
}

static void i440fx_reset(Device *device)
{
	I440fx *bridge = (I440fx *)device;
	pci_device_reset(&bridge->pci);
	for (unsigned n = 0; n < G_N_ELEMENTS(registers); n++)
		reset_register(bridge, &registers[n]);
	bridge->waking = false;
	bridge->trc = 0;
	for (unsigned n = 0; n < G_N_ELEMENTS(bridge->in_smm); n++)
		bridge->in_smm[n] = 0;
	update_memory(bridge);
}

/* ---- building ---- */

static Region *map_disabled(Memory *memory, const char *name, RamBlock *block, uint64_t base, uint64_t size)
{
	Region *region = memory_map_ram(memory, name, block, base, base, size, true, MEMORY_PRIORITY_OVERLAY);
	region_set_enabled(region, false);
	return region;
}

static void add_map(I440fx *bridge, const char *name, RamBlock *block, uint64_t offset, uint64_t base, uint64_t size, bool rom)
{
	Memory *memory = machine_memory(bridge->pci.device.machine);
	if (size)
		bridge->maps[bridge->map_count++] =
			memory_map_ram(memory, name, block, offset, base, size, !rom, rom ? MEMORY_PRIORITY_ROM : MEMORY_PRIORITY_RAM);
}

static void map_memory(I440fx *bridge)
{
	const I440fxMemory *m = &bridge->memory;
	add_map(bridge, "ram-conventional", m->ram, 0, 0, SMRAM_BASE, false);
	add_map(bridge, "ram-extended", m->ram, MIB, MIB, m->low_bytes - MIB, false);
	add_map(bridge, "ram-above-4g", m->ram, m->low_bytes, 4 * GIB, m->ram->size - m->low_bytes, false);
	if (!m->bios)
		return;
	uint64_t isa = MIN(m->bios->size, ISA_BIOS_BYTES);
	add_map(bridge, "bios", m->bios, 0, 4 * GIB - m->bios->size, m->bios->size, true);
	add_map(bridge, "isa-bios", m->bios, m->bios->size - isa, MIB - isa, isa, true);
}

static void map_segments(I440fx *bridge)
{
	Memory *memory = machine_memory(bridge->pci.device.machine);
	for (unsigned n = 0; n < SEGMENTS; n++) {
		Segment *segment = &bridge->segments[n];
		bool last = n == SEGMENTS - 1;
		*segment = (Segment){ .bridge = bridge, .base = SHADOW_BASE + 0x4000 * n, .size = last ? 0x10000 : 0x4000 };
		segment->ram = map_disabled(memory, "shadow", bridge->memory.ram, segment->base, segment->size);
		segment->copy = memory_map_io(memory, "shadow-copy", &copy_ops, segment, segment->base, segment->size, MEMORY_PRIORITY_OVERLAY);
		region_set_enabled(segment->copy, false);
	}
	bridge->smram = map_disabled(memory, "smram", bridge->memory.ram, SMRAM_BASE, SMRAM_BYTES);
}

static bool check_memory(const I440fxMemory *m, GError **error)
{
	bool good = m->ram && m->low_bytes >= MIB && m->low_bytes <= m->ram->size && m->low_bytes < 4 * GIB && !(m->low_bytes % PAGE_BYTES);
	if (good && m->bios)
		good = m->low_bytes <= 4 * GIB - MIN(m->bios->size, 4 * GIB);
	if (!good)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "i440FX needs at least 1 MiB of memory, and less than 4 GiB below the BIOS");
	return good;
}

static bool i440fx_realize(Device *device, GError **error)
{
	I440fx *bridge = (I440fx *)device;
	if (!check_memory(&bridge->memory, error))
		return false;
	if (!bridge->pci.addr)
		bridge->pci.addr = g_strdup("0.0");
	if (!pci_device_attach(&bridge->pci, machine_pci_bus(device->machine), error))
		return false;
	bridge->pci.config_written = config_written;
	Memory *memory = machine_memory(device->machine);
	memory_begin(memory);
	map_memory(bridge);
	map_segments(bridge);
	memory_end(memory);
	pci_map_mechanism1(bridge->pci.bus);
	return true;
}

static void i440fx_unrealize(Device *device)
{
	I440fx *bridge = (I440fx *)device;
	Memory *memory = machine_memory(device->machine);
	memory_begin(memory);
	while (bridge->map_count)
		region_free(bridge->maps[--bridge->map_count]);
	for (unsigned n = 0; n < SEGMENTS; n++) {
		region_free(bridge->segments[n].ram);
		region_free(bridge->segments[n].copy);
	}
	region_free(bridge->smram);
	memory_end(memory);
	pci_device_detach(&bridge->pci);
}

static void i440fx_loaded(Device *device, unsigned version)
{
	I440fx *bridge = (I440fx *)device;
	(void)version;
	pci_device_loaded(&bridge->pci);
	apply_lock(bridge);
	bridge->trc = bridge->pci.config[TRC];
	update_memory(bridge);
}

static const Property properties[] = {
	PCI_PROPERTIES(I440fx, pci),
	{ 0 },
};

static const StateField state[] = {
	PCI_STATE(I440fx, pci),
	{ "in_smm", STATE_U64, offsetof(I440fx, in_smm), SMM_CPUS / 64, 0, NULL, 0 },
	{ 0 },
};

static const PciClass pci_class = {
	.vendor = 0x8086, .device = 0x1237, .revision = 2, .class_code = 0x0600, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
	.not_pluggable = true,
};

const DeviceClass i440fx_class = {
	.name = "i440FX", .bus = "pci", .description = "host bridge 82441FX", .size = sizeof(I440fx), .properties = properties, .state = state,
	.state_version = 1, .realize = i440fx_realize, .reset = i440fx_reset, .unrealize = i440fx_unrealize, .loaded = i440fx_loaded,
	.bus_class = &pci_class,
};
