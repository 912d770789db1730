/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chipset alone behind the line protocol of QEMU's -qtest: in{b,w,l}, out{b,w,l}, read{b,w,l,q} and write{b,w,l,q}.
 * chipset-qtest.py plays the same lines to both. Argument: a BIOS image. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fake-machine.h"
#include "hw/chipset/i440fx.h"
#include "hw/chipset/piix3.h"
#include "hw/chipset/piix4_pm.h"

enum { RAM_BYTES = 8 << 20 };

static void nothing_changed(void *owner)
{
	(void)owner;
}

static RamBlock *load_bios(Memory *memory, const char *path)
{
	g_autofree char *bytes = NULL;
	gsize size = 0;
	if (!g_file_get_contents(path, &bytes, &size, NULL) || !size)
		return NULL;
	RamBlock *bios = memory_new_ram(memory, "bios", size, NULL);
	memcpy(bios->host, bytes, size);
	return bios;
}

static bool add(Device *device)
{
	g_autoptr(GError) error = NULL;
	if (!device_realize(device, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return false;
	}
	device->class->reset(device);
	return true;
}

static bool build(Machine *machine, const char *bios)
{
	memory_free(machine->memory); /* the bridge maps the RAM itself */
	machine->memory = memory_new(nothing_changed, NULL);
	machine->ram = memory_new_ram(machine->memory, "ram", RAM_BYTES, NULL);
	Device *host = device_new(machine, &i440fx_class, NULL), *isa = device_new(machine, &piix3_class, NULL);
	Device *pm = device_new(machine, &piix4_pm_class, NULL);
	machine->pci = pci_bus_new(machine, "pci.0", piix3_set_pci_irq, isa);
	i440fx_connect(host, &(I440fxMemory){ machine->ram, RAM_BYTES, load_bios(machine->memory, bios) });
	return add(host) && add(isa) && add(pm);
}

static unsigned size_of(char letter)
{
	static const char letters[] = "bwlq";
	const char *at = strchr(letters, letter);
	return letter && at ? 1u << (at - letters) : 0;
}

static void answer(const char *line, Machine *machine)
{
	char command[16] = "";
	char arguments[2][32] = { "", "" };
	uint64_t value[2];
	sscanf(line, "%15s %31s %31s", command, arguments[0], arguments[1]);
	for (unsigned n = 0; n < 2; n++)
		value[n] = g_ascii_strtoull(arguments[n], NULL, 0);
	size_t length = strlen(command);
	unsigned size = length ? size_of(command[length - 1]) : 0;
	if (size && size <= 4 && strncmp(command, "in", 2) == 0) {
		printf("OK 0x%04" PRIx32 "\n", port_read(machine->ports, (uint16_t)value[0], size));
	} else if (size && size <= 4 && strncmp(command, "out", 3) == 0) {
		port_write(machine->ports, (uint16_t)value[0], (uint32_t)value[1], size);
		puts("OK");
	} else if (size && strncmp(command, "read", 4) == 0) {
		printf("OK 0x%016" PRIx64 "\n", memory_io_read(machine->memory, value[0], size));
	} else if (size && strncmp(command, "write", 5) == 0) {
		memory_io_write(machine->memory, value[0], value[1], size);
		puts("OK");
	} else {
		puts("FAIL Unknown command");
	}
}

int main(int argc, char **argv)
{
	Machine *machine = fake_machine_new();
	char line[256];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2 || !build(machine, argv[1]))
		return 1;
	while (fgets(line, sizeof(line), stdin))
		answer(line, machine);
	pci_bus_free(machine->pci);
	fake_machine_free(machine);
	return 0;
}
