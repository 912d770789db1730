/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PCI bus with devices made for the test: configuration space, BARs, interrupt lines, messages, places. */
#include <string.h>

#include "fake-machine.h"
#include "hw/pci/pci.h"

typedef struct Probe {
	PciDevice pci;
	uint32_t last_port, last_offset, last_value; /* of the last write */
} Probe;

static uint32_t probe_in(void *owner, uint16_t port, unsigned size)
{
	(void)owner;
	return (0xa0u + port + (size << 8)) & (size == 1 ? 0xff : 0xffff);
}

static void probe_out(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Probe *probe = owner;
	(void)size;
	probe->last_port = port;
	probe->last_value = value;
}

static uint64_t probe_read(void *owner, uint64_t offset, unsigned size)
{
	(void)owner;
	return 0xc0de0000 + offset + ((uint64_t)size << 12);
}

static void probe_write(void *owner, uint64_t offset, uint64_t value, unsigned size)
{
	Probe *probe = owner;
	(void)size;
	probe->last_offset = (uint32_t)offset;
	probe->last_value = (uint32_t)value;
}

static const PortOps probe_ports = { probe_in, probe_out, 4 };
static const MemoryOps probe_memory = { probe_read, probe_write, 1, 4, false };

static bool probe_realize(Device *device, GError **error)
{
	Probe *probe = (Probe *)device;
	if (!pci_device_attach(&probe->pci, machine_pci_bus(device->machine), error))
		return false;
	pci_register_io_bar(&probe->pci, 0, "probe-ports", 16, &probe_ports);
	pci_register_memory_bar(&probe->pci, 1, PCI_BAR_MEMORY32, "probe-registers", 4096, &probe_memory);
	pci_register_ram_bar(&probe->pci, 2, PCI_BAR_PREFETCH64, memory_new_ram(machine_memory(device->machine), "probe-ram", 0x10000, NULL));
	pci_register_rom(&probe->pci, memory_new_ram(machine_memory(device->machine), "probe-rom", 0x8000, NULL));
	probe->pci.rom.ram->host[0] = 0x55;
	pci_add_msi(&probe->pci, 0x50, 4);
	return true;
}

static void probe_reset(Device *device)
{
	pci_device_reset((PciDevice *)device);
}

static void probe_unrealize(Device *device)
{
	pci_device_detach((PciDevice *)device);
}

static const Property probe_properties[] = {
	PCI_PROPERTIES(Probe, pci),
	{ 0 },
};

static const PciClass probe_pci = {
	.vendor = 0x1234, .device = 0xbeef, .revision = 7, .prog_if = 2, .class_code = 0x0200, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
	.interrupt_pin = 1,
};

static const DeviceClass probe_class = {
	.name = "probe", .bus = "pci", .size = sizeof(Probe), .properties = probe_properties, .realize = probe_realize, .reset = probe_reset,
	.unrealize = probe_unrealize, .bus_class = &probe_pci,
};

typedef struct Lines {
	bool level[4];
	unsigned changes;
} Lines;

static void set_line(void *owner, unsigned line, bool level)
{
	Lines *lines = owner;
	g_assert_cmpuint(line, <, 4);
	g_assert_true(lines->level[line] != level);
	lines->level[line] = level;
	lines->changes++;
}

static Machine *new_machine(Lines *lines)
{
	Machine *machine = fake_machine_new();
	machine->pci = pci_bus_new(machine, "pci.0", set_line, lines);
	pci_map_mechanism1(machine->pci);
	return machine;
}

static void free_machine(Machine *machine)
{
	pci_bus_free(machine->pci);
	fake_machine_free(machine);
}

/* ---- configuration space ---- */

#define AT(slot, reg) { OUT32, 0xcf8, 0x80000000u | (slot) << 11 | (reg), 0, NULL }
#define BAR(reg, value) AT(4, reg), { OUT32, 0xcfc, value, 0, NULL }

static const RegisterStep header[] = {
	{ IN32, 0xcf8, 0, 0, "address after reset" },
	{ IN32, 0xcfc, 0xffffffff, 0, "not enabled" },
	AT(4, 0), { IN32, 0xcf8, 0x80002000, 0, NULL }, { IN32, 0xcfc, 0xbeef1234, 0, "identity" }, { IN16, 0xcfe, 0xbeef, 0, NULL },
	{ IN8, 0xcfd, 0x12, 0, NULL }, { OUT32, 0xcfc, 0, 0, NULL }, { IN32, 0xcfc, 0xbeef1234, 0, "identity is read-only" },
	{ OUT8, 0xcf8, 0, 0, NULL }, { OUT8, 0xcfb, 0, 0, NULL }, { OUT16, 0xcf8, 0, 0, NULL },
	{ IN32, 0xcf8, 0x80002000, 0, "narrow writes don't reach the address" },
	{ IN8, 0xcf8, 0xff, 0, NULL }, { IN8, 0xcfb, 0xff, 0, NULL },
	{ OUT32, 0xcf8, 0xffff20ff, 0, NULL }, { IN32, 0xcf8, 0x80ff20fc, 0, "reserved bits" }, { IN32, 0xcfc, 0xffffffff, 0, "bus 255" },
	AT(5, 0), { IN32, 0xcfc, 0xffffffff, 0, "an empty slot" }, { OUT32, 0xcfc, 0, 0, NULL },
	AT(4, 8), { IN32, 0xcfc, 0x02000207, 0, "class" },
	AT(4, 0x2c), { IN32, 0xcfc, 0x11001af4, 0, "subsystem" },
	AT(4, 0x34), { IN32, 0xcfc, 0x50, 0, "capabilities" },
	AT(4, 0x3c), { OUT16, 0xcfc, 0xffff, 0, NULL }, { IN32, 0xcfc, 0x01ff, 0, "interrupt line and pin" },
	AT(4, 4), { OUT32, 0xcfc, 0xffffffff, 0, NULL }, { IN32, 0xcfc, 0x00100507, 0, "command and status" }, { OUT16, 0xcfc, 0, 0, NULL },
	AT(4, 0x50), { OUT32, 0xcfc, 0xffffffff, 0, NULL }, { IN32, 0xcfc, 0x00f50005, 0, "MSI control" },
};

static const RegisterStep sizing[] = {
	BAR(0x10, 0xffffffff), { IN32, 0xcfc, 0xfffffff1, 0, NULL },
	BAR(0x14, 0xffffffff), { IN32, 0xcfc, 0xfffff000, 0, NULL },
	BAR(0x18, 0xffffffff), { IN32, 0xcfc, 0xffff000c, 0, NULL },
	BAR(0x1c, 0xffffffff), { IN32, 0xcfc, 0xffffffff, 0, NULL },
	BAR(0x20, 0xffffffff), { IN32, 0xcfc, 0, 0, NULL },
	BAR(0x24, 0xffffffff), { IN32, 0xcfc, 0, 0, NULL },
	BAR(0x30, 0xffffffff), { IN32, 0xcfc, 0xffff8001, 0, NULL },
	AT(4, 4), { OUT16, 0xcfc, 3, 0, "all decode, all at the top: nowhere" }, { READ32, 0xfffff000, 0xffffffff, 0, NULL },
	{ IN32, 0xfff0, 0xffffffff, 0, NULL },
};

static const RegisterStep mapping[] = {
	AT(4, 4), { OUT16, 0xcfc, 3, 0, NULL },
	BAR(0x10, 0xc001), { IN32, 0xc004, 0x4a4, 0, "ports are relative" }, { IN8, 0xc00f, 0xaf, 0, NULL }, { IN8, 0xc010, 0xff, 0, NULL },
	BAR(0x10, 0xd000), { IN8, 0xc004, 0xff, 0, "moved away" }, { IN8, 0xd004, 0xa4, 0, NULL },
	BAR(0x10, 0xfffff001), { IN8, 0xf000, 0xff, 0, "no such port" }, BAR(0x10, 0x12340001), { IN8, 0, 0xff, 0, NULL },
	BAR(0x10, 0xcf1), { IN8, 0xcf8, 0xa8, 0, "over the address port, where narrow accesses are free" },
	/* It has covered the mechanism's own address: only the bus itself could move it now. */
};

static const RegisterStep memory[] = {
	AT(4, 4), { OUT16, 0xcfc, 2, 0, NULL },
	BAR(0x14, 0xe0000000), { READ32, 0xe0000010, 0xc0de4010, 0, NULL }, { READ32, 0xe0001000, 0xffffffff, 0, NULL },
	BAR(0x14, 0x00100000), { WRITE32, 0x100000, 0x11223344, 0, NULL }, { READ32, 0x100000, 0x11223344, 0, "RAM stays RAM" },
	BAR(0x14, 0xe0000000), BAR(0x18, 0x0), BAR(0x1c, 0x40), { WRITE32, 0x4000000004, 0xcafe, 0, NULL },
	{ READ32, 0x4000000004, 0xcafe, 0, "RAM of a 64-bit BAR" },
	BAR(0x1c, 0xfffffff0), { READ32, 0xfffffff000000004, 0xcafe, 0, "beyond any processor's reach" },
	BAR(0x18, 0xe0000000), BAR(0x1c, 0), { READ32, 0xe0000004, 0xcafe, 0, "over another BAR" },
	BAR(0x30, 0xf0000000), { READ8, 0xf0000000, 0xff, 0, "ROM disabled" }, BAR(0x30, 0xf0000001), { READ8, 0xf0000000, 0x55, 0, NULL },
	{ WRITE8, 0xf0000000, 0, 0, NULL }, { READ8, 0xf0000000, 0x55, 0, "ROM" },
	AT(4, 4), { OUT16, 0xcfc, 0, 0, NULL }, { READ8, 0xf0000000, 0xff, 0, NULL }, { READ32, 0xe0000004, 0xffffffff, 0, NULL },
};

static void test_config(void)
{
	Lines lines = { 0 };
	Machine *machine = new_machine(&lines);
	Device *device = fake_device(machine, &probe_class, "addr", "4", NULL);
	FAKE_SCRIPT(machine, header);
	probe_reset(device);
	FAKE_SCRIPT(machine, sizing);
	probe_reset(device);
	FAKE_SCRIPT(machine, memory);
	probe_reset(device);
	FAKE_SCRIPT(machine, mapping);
	probe_reset(device);
	FAKE_SCRIPT(machine, memory);
	g_assert_cmphex(pci_config_read(machine->pci, 0, 4 << 3, 254, 4), ==, 0xffffffff);
	g_assert_cmphex(pci_config_read(machine->pci, 0, 4 << 3, 4095, 1), ==, 0xff);
	pci_config_write(machine->pci, 0, 4 << 3, 0xfffffffe, 0, 4);
	free_machine(machine);
}

/* ---- interrupts ---- */

static void test_lines(void)
{
	Lines lines = { 0 };
	Machine *machine = new_machine(&lines);
	PciDevice *three = (PciDevice *)fake_device(machine, &probe_class, "addr", "3", NULL);
	PciDevice *seven = (PciDevice *)fake_device(machine, &probe_class, "addr", "07.0", NULL);
	pci_set_irq(three, true);
	pci_set_irq(seven, true);
	g_assert_true(lines.level[3]);
	g_assert_cmpuint(lines.changes, ==, 1);
	pci_set_irq(three, false);
	g_assert_true(lines.level[3]);
	g_assert_cmphex(pci_config_read(machine->pci, 0, seven->devfn, PCI_STATUS, 2), ==, 0x18);
	pci_config_write(machine->pci, 0, seven->devfn, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, 2);
	g_assert_false(lines.level[3]);
	g_assert_cmphex(pci_config_read(machine->pci, 0, seven->devfn, PCI_STATUS, 2), ==, 0x18);
	pci_config_write(machine->pci, 0, seven->devfn, PCI_COMMAND, 0, 2);
	g_assert_true(lines.level[3]);
	pci_device_detach(seven);
	g_assert_false(lines.level[3]);
	g_assert_null(pci_find(machine->pci, 7 << 3));
	free_machine(machine);
}

typedef struct Message {
	uint64_t address;
	uint32_t data;
} Message;

static bool take_message(void *owner, uint64_t address, uint32_t data)
{
	Message *message = owner;
	if (address >> 20 != 0xfee)
		return false;
	*message = (Message){ address, data };
	return true;
}

static void test_messages(void)
{
	Lines lines = { 0 };
	Machine *machine = new_machine(&lines);
	Probe *probe = (Probe *)fake_device(machine, &probe_class, NULL);
	Message message = { 0 };
	uint8_t devfn = probe->pci.devfn;
	uint32_t written = 0;
	pci_bus_set_msi(machine->pci, take_message, &message);
	g_assert_false(pci_msi_send(&probe->pci, 0));
	pci_config_write(machine->pci, 0, devfn, 0x54, 0xfee01003, 4);
	pci_config_write(machine->pci, 0, devfn, 0x5c, 0x4147, 2);
	pci_config_write(machine->pci, 0, devfn, 0x52, 0x0021, 2);
	g_assert_true(pci_msi_send(&probe->pci, 1));
	g_assert_cmphex(message.data, ==, 0); /* not a bus master yet */
	pci_config_write(machine->pci, 0, devfn, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	g_assert_true(pci_msi_send(&probe->pci, 5));
	g_assert_cmphex(message.data, ==, 0x4145);
	g_assert_cmphex(message.address, ==, 0xfee01000);
	pci_config_write(machine->pci, 0, devfn, 0x54, 0x2000, 4);
	g_assert_true(pci_msi_send(&probe->pci, 0));
	memory_read(machine->memory, 0x2000, &written, 4);
	g_assert_cmphex(written, ==, 0x4144);
	free_machine(machine);
}

static void test_dma(void)
{
	Lines lines = { 0 };
	Machine *machine = new_machine(&lines);
	PciDevice *probe = (PciDevice *)fake_device(machine, &probe_class, NULL);
	uint32_t value = 0x12345678, back = 0;
	g_assert_false(pci_dma_write(probe, 0x1000, &value, 4));
	g_assert_false(pci_dma_read(probe, 0x1000, &back, 4));
	g_assert_cmphex(back, ==, 0xffffffff);
	pci_config_write(machine->pci, 0, probe->devfn, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	g_assert_true(pci_dma_write(probe, 0x1000, &value, 4));
	g_assert_true(pci_dma_read(probe, 0x1000, &back, 4));
	g_assert_cmphex(back, ==, value);
	g_assert_false(pci_dma_read(probe, 0xfffffffffffffffe, &back, 4));
	free_machine(machine);
}

/* ---- places ---- */

static void refused(Machine *machine, const char *addr, bool multifunction, const char *message)
{
	g_autoptr(GError) error = NULL;
	Device *device = device_new(machine, &probe_class, NULL);
	device_set_property(device, "addr", addr, NULL);
	device_set_property(device, "multifunction", multifunction ? "on" : "off", NULL);
	g_assert_false(device_realize(device, &error));
	if (!strstr(error->message, message))
		g_error("addr %s: '%s' doesn't say '%s'", addr, error->message, message);
}

static void test_places(void)
{
	Lines lines = { 0 };
	Machine *machine = new_machine(&lines);
	fake_device(machine, &probe_class, "addr", "0", NULL);
	PciDevice *first = (PciDevice *)fake_device(machine, &probe_class, NULL);
	g_assert_cmpuint(first->devfn, ==, 1 << 3);
	PciDevice *function0 = (PciDevice *)fake_device(machine, &probe_class, "addr", "0x1f.0", "multifunction", "on", NULL);
	g_assert_cmphex(pci_config_read(machine->pci, 0, function0->devfn, PCI_HEADER_TYPE, 1), ==, 0x80);
	fake_device(machine, &probe_class, "addr", "1f.7", NULL);
	fake_device(machine, &probe_class, "addr", "5.3", NULL);
	static const struct {
		const char *addr, *message;
	} bad[] = {
		{ "1f.7", "taken by probe" }, { "20", "not a PCI address" }, { "", "not a PCI address" }, { "3.8", "not a PCI address" },
		{ "3.", "not a PCI address" }, { "3.1x", "not a PCI address" }, { "-1", "not a PCI address" }, { "1.1", "needs multifunction=on" },
		{ "5.0", "has other functions" }, { "99999999999999999999", "not a PCI address" },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(bad); n++)
		refused(machine, bad[n].addr, false, bad[n].message);
	for (unsigned n = 0; n < 28; n++)
		fake_device(machine, &probe_class, NULL);
	g_autoptr(GError) error = NULL;
	g_assert_false(device_realize(device_new(machine, &probe_class, NULL), &error));
	g_assert_nonnull(strstr(error->message, "no free slot"));
	Device *with_rom = device_new(machine, &probe_class, NULL);
	pci_device_detach(first);
	g_clear_error(&error);
	device_set_property(with_rom, "romfile", "none-such.rom", NULL);
	g_assert_false(device_realize(with_rom, &error));
	g_assert_nonnull(error);
	g_assert_null(pci_find(machine->pci, 1 << 3));
	free_machine(machine);
}

static void test_print(void)
{
	Lines lines = { 0 };
	Machine *machine = new_machine(&lines);
	g_autoptr(GString) out = g_string_new(NULL);
	fake_device(machine, &probe_class, "addr", "4", NULL);
	pci_config_write(machine->pci, 0, 4 << 3, PCI_BAR0, 0xc000, 4);
	pci_config_write(machine->pci, 0, 4 << 3, PCI_COMMAND, PCI_COMMAND_IO, 2);
	pci_config_write(machine->pci, 0, 4 << 3, PCI_INTERRUPT_LINE, 11, 1);
	pci_print(machine->pci, out);
	g_assert_cmpstr(out->str, ==,
			"  Bus  0, device   4, function 0:\n"
			"    Ethernet controller: PCI device 1234:beef\n"
			"      PCI subsystem 1af4:1100\n"
			"      IRQ 11, pin A\n"
			"      BAR0: I/O at 0xc000 [0xc00f].\n"
			"      BAR1: 32 bit memory at 0xffffffffffffffff [0x00000ffe].\n"
			"      BAR2: 64 bit prefetchable memory at 0xffffffffffffffff [0x0000fffe].\n"
			"      BAR6: 32 bit memory at 0xffffffffffffffff [0x00007ffe].\n"
			"      id \"\"\n");
	free_machine(machine);
}

/* Any bytes in any register, with interrupts and messages in between. */
static void test_fuzz(void)
{
	Lines lines = { 0 };
	Machine *machine = new_machine(&lines);
	PciDevice *devices[4];
	GRand *dice = g_rand_new_with_seed(11);
	for (unsigned n = 0; n < G_N_ELEMENTS(devices); n++)
		devices[n] = (PciDevice *)fake_device(machine, &probe_class, NULL);
	for (unsigned n = 0; n < 20000; n++) {
		PciDevice *device = devices[g_rand_int_range(dice, 0, G_N_ELEMENTS(devices))];
		unsigned offset = (unsigned)g_rand_int_range(dice, 0, 0x64), size = 1u << g_rand_int_range(dice, 0, 3);
		pci_config_write(machine->pci, 0, device->devfn, offset, g_rand_int(dice) >> g_rand_int_range(dice, 0, 32), size);
		pci_config_read(machine->pci, 0, device->devfn, (unsigned)g_rand_int_range(dice, 0, 300), size);
		pci_set_irq(device, g_rand_boolean(dice));
		pci_msi_send(device, g_rand_int(dice));
		if (g_rand_int_range(dice, 0, 100) == 0)
			probe_reset(&device->device);
	}
	g_rand_free(dice);
	static const FuzzRange ranges[] = { { false, 0, 0x10000 }, { false, 0xcf8, 8 }, { true, 0xe0000000, 0x20000000 } };
	fake_fuzz(machine, 12, 20000, ranges, G_N_ELEMENTS(ranges));
	for (unsigned n = 0; n < G_N_ELEMENTS(devices); n++)
		probe_reset(&devices[n]->device);
	for (unsigned n = 0; n < 4; n++)
		g_assert_false(lines.level[n]);
	free_machine(machine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hw/pci/config", test_config);
	g_test_add_func("/hw/pci/lines", test_lines);
	g_test_add_func("/hw/pci/messages", test_messages);
	g_test_add_func("/hw/pci/dma", test_dma);
	g_test_add_func("/hw/pci/places", test_places);
	g_test_add_func("/hw/pci/print", test_print);
	g_test_add_func("/hw/pci/fuzz", test_fuzz);
	return g_test_run();
}
