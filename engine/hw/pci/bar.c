/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base address registers: sizing, and mapping what the guest asks for (PCI 3.0, 6.2.5).
 *
 * A BAR is mapped while its command bit is on and its address is one at which it could be: not 0, and not at the top of the space,
 * where it stands for a moment while software finds its size. Ports go through a shim that makes them relative to the BAR. */
#include <string.h>

#include "hw/pci/internal.h"
#include "machine/machine.h"

enum { BAR_IO = 1, BAR_64 = 4, BAR_PREFETCHABLE = 8, ROM_ENABLE = 1, ROM_MINIMUM = 4096, ROM_MAXIMUM = 16 << 20 };

#define NOWHERE (~(uint64_t)0)

static bool is_64(const PciBar *bar)
{
	return bar->kind == PCI_BAR_MEMORY64 || bar->kind == PCI_BAR_PREFETCH64;
}

unsigned pci_bar_offset(const PciDevice *device, const PciBar *bar)
{
	return bar == &device->rom ? PCI_ROM : PCI_BAR0 + 4 * (unsigned)(bar - device->bars);
}

/* ---- ports ---- */

static uint32_t bar_port_read(void *owner, uint16_t port, unsigned size)
{
	PciBar *bar = owner;
	return bar->port_ops->read ? bar->port_ops->read(bar->device, (uint16_t)(port - bar->mapped), size) : ~0u;
}

static void bar_port_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	PciBar *bar = owner;
	if (bar->port_ops->write)
		bar->port_ops->write(bar->device, (uint16_t)(port - bar->mapped), value, size);
}

static void map_ports(PciBar *bar, uint64_t address)
{
	PortSpace *ports = machine_ports(bar->device->device.machine);
	PortOps ops = { bar_port_read, bar_port_write, bar->port_ops->max_size };
	if (bar->handle)
		port_unmap(ports, bar->handle);
	bar->handle = 0;
	bar->mapped = address;
	if (address != NOWHERE)
		bar->handle = port_map(ports, bar->name, (uint16_t)address, (unsigned)bar->size, &ops, bar);
}

/* ---- where ---- */

static uint64_t wanted_address(const PciDevice *device, const PciBar *bar)
{
	unsigned offset = pci_bar_offset(device, bar), command = pci_get16(device->config, PCI_COMMAND);
	uint64_t address = pci_get32(device->config, offset) & ~(bar->size - 1), top = G_MAXUINT32;
	if (bar == &device->rom && !(device->config[offset] & ROM_ENABLE))
		return NOWHERE;
	if (!(command & (bar->kind == PCI_BAR_IO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)))
		return NOWHERE;
	if (bar->kind == PCI_BAR_IO)
		top = G_MAXUINT16;
	if (is_64(bar)) {
		address = (address | (uint64_t)pci_get32(device->config, offset + 4) << 32) & ~(bar->size - 1);
		top = G_MAXUINT64;
	}
	return address && address < top && bar->size - 1 < top - address ? address : NOWHERE;
}

static void update_bar(PciDevice *device, PciBar *bar)
{
	if (bar->kind == PCI_BAR_NONE)
		return;
	uint64_t address = wanted_address(device, bar);
	if (address == bar->mapped)
		return;
	if (bar->kind == PCI_BAR_IO) {
		map_ports(bar, address);
		return;
	}
	bar->mapped = address;
	region_set(bar->region, address != NOWHERE, address == NOWHERE ? 0 : address);
}

void pci_bars_update(PciDevice *device)
{
	Memory *memory = machine_memory(device->device.machine);
	memory_begin(memory);
	for (unsigned n = 0; n < PCI_BARS; n++)
		update_bar(device, &device->bars[n]);
	update_bar(device, &device->rom);
	memory_end(memory);
}

static void clear_register(PciDevice *device, const PciBar *bar)
{
	unsigned offset = pci_bar_offset(device, bar);
	if (bar->kind == PCI_BAR_NONE)
		return;
	for (unsigned n = 0; n < (is_64(bar) ? 8 : 4); n++)
		device->config[offset + n] &= (uint8_t)~device->writable[offset + n];
}

void pci_bars_reset(PciDevice *device)
{
	/* A device may have put a ROM there by itself. */
	if (device->rom.ram && device->rom.kind == PCI_BAR_NONE)
		pci_register_rom(device, device->rom.ram);
	for (unsigned n = 0; n < PCI_BARS; n++)
		clear_register(device, &device->bars[n]);
	clear_register(device, &device->rom);
	pci_bars_update(device);
}

static void free_bar(PciDevice *device, PciBar *bar)
{
	if (bar->handle)
		port_unmap(machine_ports(device->device.machine), bar->handle);
	if (bar->region)
		region_free(bar->region);
	*bar = (PciBar){ 0 };
}

void pci_bars_free(PciDevice *device)
{
	for (unsigned n = 0; n < PCI_BARS; n++)
		free_bar(device, &device->bars[n]);
	free_bar(device, &device->rom);
}

/* ---- registering ---- */

static void set_register(PciDevice *device, const PciBar *bar)
{
	static const uint8_t flags[] = {
		[PCI_BAR_IO] = BAR_IO, [PCI_BAR_MEMORY32] = 0, [PCI_BAR_MEMORY64] = BAR_64, [PCI_BAR_PREFETCH32] = BAR_PREFETCHABLE,
		[PCI_BAR_PREFETCH64] = BAR_64 | BAR_PREFETCHABLE,
	};
	unsigned offset = pci_bar_offset(device, bar);
	uint64_t mask = ~(bar->size - 1);
	pci_put32(device->config, offset, flags[bar->kind]);
	pci_put32(device->writable, offset, (uint32_t)mask | (bar == &device->rom ? ROM_ENABLE : 0));
	if (is_64(bar))
		pci_put32(device->writable, offset + 4, (uint32_t)(mask >> 32));
}

static PciBar *new_bar(PciDevice *device, unsigned n, PciBarKind kind, const char *name, uint64_t size)
{
	g_assert(device->bus && n < PCI_BARS && size && !(size & (size - 1)));
	PciBar *bar = &device->bars[n];
	g_assert(bar->kind == PCI_BAR_NONE);
	*bar = (PciBar){ .kind = kind, .size = size, .name = name, .device = device, .mapped = NOWHERE };
	g_assert(!is_64(bar) || n + 1 < PCI_BARS);
	set_register(device, bar);
	return bar;
}

void pci_register_io_bar(PciDevice *device, unsigned n, const char *name, uint32_t size, const PortOps *ops)
{
	g_assert(size >= 4 && size <= 256);
	new_bar(device, n, PCI_BAR_IO, name, size)->port_ops = ops;
}

void pci_register_memory_bar(PciDevice *device, unsigned n, PciBarKind kind, const char *name, uint64_t size, const MemoryOps *ops)
{
	Memory *memory = machine_memory(device->device.machine);
	g_assert(size >= 16 && kind != PCI_BAR_IO);
	PciBar *bar = new_bar(device, n, kind, name, size);
	bar->memory_ops = ops;
	memory_begin(memory);
	bar->region = memory_map_io(memory, name, ops, device, 0, size, MEMORY_PRIORITY_PCI);
	region_set_enabled(bar->region, false);
	memory_end(memory);
}

static void map_contents(PciDevice *device, PciBar *bar, RamBlock *ram, bool writable)
{
	Memory *memory = machine_memory(device->device.machine);
	bar->ram = ram;
	memory_begin(memory);
	bar->region = memory_map_ram(memory, bar->name, ram, 0, 0, ram->size, writable, MEMORY_PRIORITY_PCI);
	region_set_enabled(bar->region, false);
	memory_end(memory);
}

void pci_register_ram_bar(PciDevice *device, unsigned n, PciBarKind kind, RamBlock *ram)
{
	map_contents(device, new_bar(device, n, kind, ram->name, ram->size), ram, true);
}

/* ---- option ROMs ---- */

void pci_register_rom(PciDevice *device, RamBlock *ram)
{
	uint64_t size = ROM_MINIMUM;
	g_assert(device->bus && ram->size <= ROM_MAXIMUM);
	while (size < ram->size)
		size *= 2;
	if (!device->rombar) {
		device->rom = (PciBar){ 0 };
		return;
	}
	device->rom = (PciBar){ .kind = PCI_BAR_MEMORY32, .size = size, .name = ram->name, .device = device, .mapped = NOWHERE };
	set_register(device, &device->rom);
	map_contents(device, &device->rom, ram, false);
}

bool pci_rom_load(PciDevice *device, GError **error)
{
	g_autofree char *contents = NULL, *path = NULL;
	gsize length = 0;
	if (!device->romfile || !*device->romfile)
		return true;
	path = g_path_is_absolute(device->romfile) ? g_strdup(device->romfile) : machine_find_file(device->device.machine, device->romfile, error);
	if (!path || !g_file_get_contents(path, &contents, &length, error))
		return false;
	if (!length || length > ROM_MAXIMUM) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: an option ROM has between 1 byte and 16 MiB", path);
		return false;
	}
	/* The block fills the whole BAR, whose size is a power of two. */
	uint64_t size = ROM_MINIMUM;
	while (size < length)
		size *= 2;
	RamBlock *ram = memory_new_ram(machine_memory(device->device.machine), device->romfile, size, error);
	if (!ram)
		return false;
	memcpy(ram->host, contents, length);
	pci_register_rom(device, ram);
	return true;
}
