/* SPDX-License-Identifier: GPL-3.0-or-later */
/* info pci, as QEMU's monitor prints it: scripts read that. */
#include "hw/pci/internal.h"

static const struct {
	uint16_t class_code;
	const char *name;
} class_names[] = {
	{ 0x0001, "VGA controller" }, { 0x0100, "SCSI controller" }, { 0x0101, "IDE controller" }, { 0x0102, "Floppy controller" },
	{ 0x0103, "IPI controller" }, { 0x0104, "RAID controller" }, { 0x0106, "SATA controller" }, { 0x0107, "SAS controller" },
	{ 0x0180, "Storage controller" }, { 0x0200, "Ethernet controller" }, { 0x0201, "Token Ring controller" },
	{ 0x0202, "FDDI controller" }, { 0x0203, "ATM controller" }, { 0x0280, "Network controller" }, { 0x0300, "VGA controller" },
	{ 0x0301, "XGA controller" }, { 0x0302, "3D controller" }, { 0x0380, "Display controller" }, { 0x0400, "Video controller" },
	{ 0x0401, "Audio controller" }, { 0x0402, "Phone" }, { 0x0403, "Audio controller" }, { 0x0480, "Multimedia controller" },
	{ 0x0500, "RAM controller" }, { 0x0501, "Flash controller" }, { 0x0580, "Memory controller" }, { 0x0600, "Host bridge" },
	{ 0x0601, "ISA bridge" }, { 0x0602, "EISA bridge" }, { 0x0603, "MC bridge" }, { 0x0604, "PCI bridge" },
	{ 0x0605, "PCMCIA bridge" }, { 0x0606, "NUBUS bridge" }, { 0x0607, "CARDBUS bridge" }, { 0x0608, "RACEWAY bridge" },
	{ 0x0680, "Bridge" }, { 0x0700, "Serial port" }, { 0x0701, "Parallel port" }, { 0x0800, "Interrupt controller" },
	{ 0x0801, "DMA controller" }, { 0x0802, "Timer" }, { 0x0803, "RTC" }, { 0x0900, "Keyboard" }, { 0x0901, "Pen" },
	{ 0x0902, "Mouse" }, { 0x0a00, "Dock station" }, { 0x0b00, "i386 cpu" }, { 0x0c00, "Firewire controller" },
	{ 0x0c01, "Access bus controller" }, { 0x0c02, "SSA controller" }, { 0x0c03, "USB controller" },
	{ 0x0c04, "Fibre channel controller" }, { 0x0c05, "SMBus" },
};

static void print_class(unsigned class_code, GString *out)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(class_names); n++)
		if (class_names[n].class_code == class_code) {
			g_string_append(out, class_names[n].name);
			return;
		}
	g_string_append_printf(out, "Class %04u", class_code);
}

static void print_bar(const PciBar *bar, unsigned n, GString *out)
{
	uint64_t last = bar->mapped + bar->size - 1; /* of a BAR that is nowhere (all ones): wraps, as QEMU's does */
	bool prefetch = bar->kind == PCI_BAR_PREFETCH32 || bar->kind == PCI_BAR_PREFETCH64;
	bool wide = bar->kind == PCI_BAR_MEMORY64 || bar->kind == PCI_BAR_PREFETCH64;
	if (bar->kind == PCI_BAR_NONE)
		return;
	g_string_append_printf(out, "      BAR%u: ", n);
	if (bar->kind == PCI_BAR_IO)
		g_string_append_printf(out, "I/O at 0x%04" G_GINT64_MODIFIER "x [0x%04" G_GINT64_MODIFIER "x].\n", bar->mapped, last);
	else
		g_string_append_printf(out, "%d bit %smemory at 0x%08" G_GINT64_MODIFIER "x [0x%08" G_GINT64_MODIFIER "x].\n", wide ? 64 : 32,
				       prefetch ? "prefetchable " : "", bar->mapped, last);
}

static void print_function(const PciDevice *device, GString *out)
{
	const uint8_t *config = device->config;
	g_string_append_printf(out, "  Bus  0, device %3u, function %u:\n    ", device->devfn >> 3u, device->devfn & 7u);
	print_class(pci_get16(config, PCI_CLASS), out);
	g_string_append_printf(out, ": PCI device %04x:%04x\n", pci_get16(config, PCI_VENDOR_ID), pci_get16(config, PCI_DEVICE_ID));
	if (pci_get16(config, PCI_SUBSYSTEM_VENDOR) || pci_get16(config, PCI_SUBSYSTEM))
		g_string_append_printf(out, "      PCI subsystem %04x:%04x\n", pci_get16(config, PCI_SUBSYSTEM_VENDOR),
				       pci_get16(config, PCI_SUBSYSTEM));
	if (config[PCI_INTERRUPT_PIN])
		g_string_append_printf(out, "      IRQ %u, pin %c\n", config[PCI_INTERRUPT_LINE], 'A' + config[PCI_INTERRUPT_PIN] - 1);
	for (unsigned n = 0; n < PCI_BARS; n++)
		print_bar(&device->bars[n], n, out);
	print_bar(&device->rom, PCI_BARS, out);
	g_string_append_printf(out, "      id \"%s\"\n", device->device.id ? device->device.id : "");
}

void pci_print(PciBus *bus, GString *out)
{
	for (unsigned devfn = 0; devfn < PCI_FUNCTIONS; devfn++)
		if (bus->functions[devfn])
			print_function(bus->functions[devfn], out);
}
