/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DSDT of a 440FX PC: the root bus and its windows, interrupt routing by four link devices, ISA devices, processors, sleep
 * states. Written in the order of the ASL that one would write. */
#include "hw/firmware/acpi/tables.h"

#include <string.h>

enum { ISA_SLOT = 1, PIRQ_CONFIG = 0x60, PIRQ_DISABLED = 0x80, LINKS = 4, PCI_SLOTS = 32 };
enum { STA_DISABLED = 0x09, STA_ENABLED = 0x0b, STA_PRESENT = 0x0f };
enum { FW_CFG_BYTES = 12, PCI_CONFIG_PORT = 0xcf8, PCI_CONFIG_PORTS = 8 };
enum { FIRST_PCI_IO = 0x0d00, VGA_FIRST = 0xa0000, VGA_LAST = 0xbffff };
enum { HPET_BYTES = 0x400, MAX_OLD_PROCESSORS = 255 };

/* ---- the root bus ---- */

static void put_bus_windows(Aml *aml, const FirmwareInfo *info)
{
	aml_name(aml, "_CRS");
	aml_resources(aml);
	aml_word_bus(aml, 0, 0xff);
	aml_io(aml, PCI_CONFIG_PORT, 1, PCI_CONFIG_PORTS);
	aml_word_io(aml, 0, PCI_CONFIG_PORT - 1);
	aml_word_io(aml, FIRST_PCI_IO, 0xffff);
	aml_dword_memory(aml, VGA_FIRST, VGA_LAST, true);
	aml_dword_memory(aml, (uint32_t)info->ram_below_4g, IO_APIC_BASE - 1, false);
	if (info->pci64_size)
		aml_qword_memory(aml, info->pci64_base, info->pci64_base + info->pci64_size - 1, true);
	aml_resources_end(aml);
}

/* Pin A of slot 1 is link A, each further slot and pin one link on. The bridge's own function for power management signals
 * the SCI instead of its pin A. */
static void put_routing(Aml *aml)
{
	aml_name(aml, "_PRT");
	aml_package(aml, PCI_SLOTS * LINKS);
	for (unsigned slot = 0; slot < PCI_SLOTS; slot++) {
		for (unsigned pin = 0; pin < LINKS; pin++) {
			char link[] = "LNKA";
			link[3] = slot == ISA_SLOT && pin == 0 ? 'S' : (char)('A' + (slot + pin + LINKS - ISA_SLOT) % LINKS);
			aml_package(aml, 4);
			aml_int(aml, slot << 16 | 0xffff);
			aml_int(aml, pin);
			aml_name_ref(aml, link);
			aml_int(aml, 0);
			aml_end(aml);
		}
	}
	aml_end(aml);
}

static void put_possible_interrupts(Aml *aml, const uint32_t *numbers, unsigned count)
{
	aml_name(aml, "_PRS");
	aml_resources(aml);
	aml_interrupts(aml, numbers, count);
	aml_resources_end(aml);
}

/* Return (value) */
static void put_return_int(Aml *aml, uint64_t value)
{
	aml_op(aml, AML_RETURN);
	aml_int(aml, value);
}

/* If (PRQx & 0x80) { Return (0x09) } Return (0x0B) */
static void put_link_status(Aml *aml, const char *reg)
{
	aml_method(aml, "_STA", 0);
	aml_if(aml);
	aml_op(aml, AML_AND);
	aml_name_ref(aml, reg);
	aml_int(aml, PIRQ_DISABLED);
	aml_op(aml, AML_NO_TARGET);
	put_return_int(aml, STA_DISABLED);
	aml_end(aml);
	put_return_int(aml, STA_ENABLED);
	aml_end(aml);
}

/* PRQx |= 0x80 */
static void put_link_disable(Aml *aml, const char *reg)
{
	aml_method(aml, "_DIS", 0);
	aml_op(aml, AML_OR);
	aml_name_ref(aml, reg);
	aml_int(aml, PIRQ_DISABLED);
	aml_name_ref(aml, reg);
	aml_end(aml);
}

/* Offset of the number in a descriptor of extended interrupts. */
enum { INTERRUPT_NUMBER_AT = 5 };

/* CreateDWordField (buffer, 5, INTN) */
static void put_interrupt_field(Aml *aml, uint8_t buffer_op, const char *buffer_name)
{
	aml_op(aml, AML_CREATE_FIELD32);
	if (buffer_name)
		aml_name_ref(aml, buffer_name);
	else
		aml_op(aml, buffer_op);
	aml_int(aml, INTERRUPT_NUMBER_AT);
	aml_name_ref(aml, "INTN");
}

/* Name (BUFF, Interrupt {0}); CreateDWordField (BUFF, 5, INTN); If (PRQx < 0x80) { INTN = PRQx } Return (BUFF) */
static void put_link_current(Aml *aml, const char *reg)
{
	static const uint32_t none = 0;
	aml_method(aml, "_CRS", 0);
	aml_name(aml, "BUFF");
	aml_resources(aml);
	aml_interrupts(aml, &none, 1);
	aml_resources_end(aml);
	put_interrupt_field(aml, 0, "BUFF");
	aml_if(aml);
	aml_op(aml, AML_LLESS);
	aml_name_ref(aml, reg);
	aml_int(aml, PIRQ_DISABLED);
	aml_op(aml, AML_STORE);
	aml_name_ref(aml, reg);
	aml_name_ref(aml, "INTN");
	aml_end(aml);
	aml_op(aml, AML_RETURN);
	aml_name_ref(aml, "BUFF");
	aml_end(aml);
}

/* CreateDWordField (Arg0, 5, INTN); PRQx = INTN */
static void put_link_set(Aml *aml, const char *reg)
{
	aml_method(aml, "_SRS", 1);
	put_interrupt_field(aml, AML_ARG0, NULL);
	aml_op(aml, AML_STORE);
	aml_name_ref(aml, "INTN");
	aml_name_ref(aml, reg);
	aml_end(aml);
}

static void put_link(Aml *aml, unsigned n)
{
	static const uint32_t possible[] = { 5, 10, 11 };
	char name[] = "LNKA", reg[] = "PRQ0";
	name[3] = (char)('A' + n);
	reg[3] = (char)('0' + n);
	aml_device(aml, name);
	aml_name_hid(aml, "PNP0C0F");
	aml_name_int(aml, "_UID", n);
	put_possible_interrupts(aml, possible, G_N_ELEMENTS(possible));
	put_link_status(aml, reg);
	put_link_disable(aml, reg);
	put_link_current(aml, reg);
	put_link_set(aml, reg);
	aml_end(aml);
}

/* The link of the SCI is fixed: nothing can be set. */
static void put_sci_link(Aml *aml)
{
	static const uint32_t sci = ACPI_SCI;
	aml_device(aml, "LNKS");
	aml_name_hid(aml, "PNP0C0F");
	aml_name_int(aml, "_UID", LINKS);
	put_possible_interrupts(aml, &sci, 1);
	aml_name_int(aml, "_STA", STA_ENABLED);
	aml_method(aml, "_DIS", 0);
	aml_end(aml);
	aml_name(aml, "_CRS");
	aml_resources(aml);
	aml_interrupts(aml, &sci, 1);
	aml_resources_end(aml);
	aml_method(aml, "_SRS", 1);
	aml_end(aml);
	aml_end(aml);
}

/* ---- ISA devices ---- */

typedef struct IsaDevice {
	const char *name, *hid;
	struct {
		uint16_t first;
		uint8_t count;
	} io[2];
	int irq; /* -1: none */
} IsaDevice;

static void put_isa(Aml *aml, const IsaDevice *device, unsigned uid)
{
	aml_device(aml, device->name);
	aml_name_hid(aml, device->hid);
	aml_name_int(aml, "_UID", uid);
	aml_name_int(aml, "_STA", STA_PRESENT);
	aml_name(aml, "_CRS");
	aml_resources(aml);
	for (unsigned n = 0; n < G_N_ELEMENTS(device->io) && device->io[n].count; n++)
		aml_io(aml, device->io[n].first, 1, device->io[n].count);
	if (device->irq >= 0)
		aml_irq(aml, (unsigned)device->irq);
	aml_resources_end(aml);
	aml_end(aml);
}

/* _FDI as ACPI 2.0 10.8.2 and INT 13h function 8 have it: drive, type, last cylinder, sector, head, then the disk base table. */
static void put_floppy_drive(Aml *aml, unsigned n, uint8_t type)
{
	static const struct {
		uint8_t type, cylinders, sectors;
	} formats[] = { { FLOPPY_120, 80, 15 }, { FLOPPY_144, 80, 18 }, { FLOPPY_288, 80, 36 } };
	char name[] = "FLPA";
	name[3] = (char)('A' + n);
	for (unsigned f = 0; f < G_N_ELEMENTS(formats); f++) {
		if (formats[f].type != type)
			continue;
		const uint8_t info[] = {
			(uint8_t)n, type, (uint8_t)(formats[f].cylinders - 1), formats[f].sectors, 1,
			0xaf, 0x02, 0x25, 0x02, 0x12, 0x1b, 0xff, 0x6c, 0xf6, 0x0f, 0x08, /* INT 1Eh's values for them */
		};
		aml_device(aml, name);
		aml_name_int(aml, "_ADR", n);
		aml_name(aml, "_FDI");
		aml_package(aml, G_N_ELEMENTS(info));
		for (unsigned v = 0; v < G_N_ELEMENTS(info); v++)
			aml_int(aml, info[v]);
		aml_end(aml);
		aml_end(aml);
	}
}

static void put_floppy_controller(Aml *aml, const FirmwareInfo *info)
{
	const uint32_t there[5] = { info->floppy_types[0] != FLOPPY_NONE, info->floppy_types[1] != FLOPPY_NONE, 0, 0, 2 /* no tape */ };
	aml_device(aml, "FDC0");
	aml_name_hid(aml, "PNP0700");
	aml_name_int(aml, "_STA", STA_PRESENT);
	aml_name(aml, "_CRS");
	aml_resources(aml);
	aml_io(aml, 0x3f2, 0, 4);
	aml_io(aml, 0x3f7, 0, 1);
	aml_irq(aml, 6);
	aml_dma(aml, 2);
	aml_resources_end(aml);
	aml_name(aml, "_FDE");
	aml_buffer(aml, sizeof there);
	aml_bytes(aml, there, sizeof there);
	aml_end(aml);
	for (unsigned n = 0; n < G_N_ELEMENTS(info->floppy_types); n++)
		put_floppy_drive(aml, n, info->floppy_types[n]);
	aml_end(aml);
}

static void put_isa_devices(Aml *aml, const FirmwareInfo *info)
{
	static const IsaDevice keyboard = { "KBD", "PNP0303", { { 0x60, 1 }, { 0x64, 1 } }, 1 };
	static const IsaDevice mouse = { "MOU", "PNP0F13", { { 0 } }, 12 };
	static const IsaDevice rtc = { "RTC", "PNP0B00", { { 0x70, 2 } }, 8 };
	static const IsaDevice serial[FIRMWARE_SERIALS] = {
		{ "COM1", "PNP0501", { { 0x3f8, 8 } }, 4 }, { "COM2", "PNP0501", { { 0x2f8, 8 } }, 3 },
		{ "COM3", "PNP0501", { { 0x3e8, 8 } }, 4 }, { "COM4", "PNP0501", { { 0x2e8, 8 } }, 3 },
	};
	static const IsaDevice parallel[FIRMWARE_PARALLELS] = {
		{ "LPT1", "PNP0400", { { 0x378, 8 } }, 7 }, { "LPT2", "PNP0400", { { 0x278, 8 } }, 5 },
		{ "LPT3", "PNP0400", { { 0x3bc, 4 } }, 7 },
	};
	if (info->keyboard)
		put_isa(aml, &keyboard, 0);
	if (info->keyboard && info->mouse)
		put_isa(aml, &mouse, 0);
	put_isa(aml, &rtc, 0);
	if (info->floppy_controller)
		put_floppy_controller(aml, info);
	for (unsigned n = 0; n < FIRMWARE_PARALLELS; n++) {
		if (info->parallel[n])
			put_isa(aml, &parallel[n], n + 1);
	}
	for (unsigned n = 0; n < FIRMWARE_SERIALS; n++) {
		if (info->serial[n])
			put_isa(aml, &serial[n], n + 1);
	}
	if (info->panic_port) {
		const IsaDevice panic = { "PEVT", "QEMU0001", { { info->panic_port, 1 } }, -1 };
		put_isa(aml, &panic, 0);
	}
}

/* ISA bridge: its four PIRQ registers, which the links use, and what is behind it. */
static void put_isa_bridge(Aml *aml, const FirmwareInfo *info)
{
	aml_device(aml, "ISA");
	aml_name_int(aml, "_ADR", ISA_SLOT << 16);
	aml_region(aml, "PIRQ", AML_PCI_CONFIG, PIRQ_CONFIG, LINKS);
	put_isa_devices(aml, info);
	aml_end(aml);
	aml_scope(aml, "\\_SB");
	aml_field(aml, "PCI0.ISA.PIRQ", 1);
	for (unsigned n = 0; n < LINKS; n++) {
		char reg[] = "PRQ0";
		reg[3] = (char)('0' + n);
		aml_field_unit(aml, reg, 8);
	}
	aml_end(aml);
	for (unsigned n = 0; n < LINKS; n++)
		put_link(aml, n);
	put_sci_link(aml);
	aml_end(aml);
}

/* ---- the rest of the board ---- */

static void put_hpet(Aml *aml)
{
	aml_device(aml, "HPET");
	aml_name_hid(aml, "PNP0103");
	aml_name_int(aml, "_UID", 0);
	aml_name_int(aml, "_STA", STA_PRESENT);
	aml_name(aml, "_CRS");
	aml_resources(aml);
	aml_memory32(aml, HPET_BASE, HPET_BYTES, false);
	aml_resources_end(aml);
	aml_end(aml);
}

static void put_board_devices(Aml *aml, const FirmwareInfo *info)
{
	static const IsaDevice events = { "GPE0", "PNP0A06", { { GPE0_BASE, GPE0_SIZE } }, -1 };
	static const IsaDevice channel = { "FWCF", "QEMU0002", { { FW_CFG_PORT, FW_CFG_BYTES } }, -1 };
	if (info->hpet)
		put_hpet(aml);
	aml_scope(aml, "\\_SB.PCI0");
	put_isa(aml, &events, 1);
	aml_end(aml);
	put_isa(aml, &channel, 0);
}

static void put_root_bus(Aml *aml, const FirmwareInfo *info)
{
	aml_device(aml, "PCI0");
	aml_name_hid(aml, "PNP0A03");
	aml_name_int(aml, "_UID", 0);
	put_bus_windows(aml, info);
	put_routing(aml);
	put_isa_bridge(aml, info);
	aml_end(aml);
}

/* Processor objects have eight bits of number; beyond those they are devices. */
static void put_processors(Aml *aml, const FirmwareInfo *info)
{
	char name[8];
	aml_scope(aml, "\\_PR");
	for (unsigned n = 0; n < info->cpus && n < MAX_OLD_PROCESSORS; n++) {
		g_snprintf(name, sizeof name, "C%03X", n);
		aml_processor(aml, name, (uint8_t)n);
	}
	aml_end(aml);
	/* SeaBIOS reads on behind a scope that is empty. */
	if (info->cpus <= MAX_OLD_PROCESSORS)
		return;
	aml_scope(aml, "\\_SB");
	for (unsigned n = MAX_OLD_PROCESSORS; n < info->cpus; n++) {
		g_snprintf(name, sizeof name, "C%03X", n);
		aml_device(aml, name);
		aml_name_hid(aml, "ACPI0007");
		aml_name_int(aml, "_UID", n);
		aml_end(aml);
	}
	aml_end(aml);
}

/* What PM1 control's SLP_TYP is written with. */
static void put_sleep_state(Aml *aml, const char *name, unsigned value)
{
	aml_name(aml, name);
	aml_package(aml, 4);
	aml_int(aml, value);
	aml_int(aml, value);
	aml_int(aml, 0);
	aml_int(aml, 0);
	aml_end(aml);
}

static void put_events(Aml *aml)
{
	aml_scope(aml, "\\_GPE");
	aml_name_hid(aml, "ACPI0006");
	aml_end(aml);
}

unsigned acpi_dsdt(AcpiBuild *build)
{
	const FirmwareInfo *info = build->info;
	Aml aml;
	aml_init(&aml);
	aml_scope(&aml, "\\_SB");
	put_root_bus(&aml, info);
	put_board_devices(&aml, info);
	aml_end(&aml);
	put_processors(&aml, info);
	if (!info->disable_s3)
		put_sleep_state(&aml, "\\_S3", 1);
	if (!info->disable_s4)
		put_sleep_state(&aml, "\\_S4", info->s4_value ? info->s4_value : 2);
	put_sleep_state(&aml, "\\_S5", 0);
	put_events(&aml);
	unsigned dsdt = acpi_begin(build, "DSDT", 1);
	g_byte_array_append(build->tables, aml.bytes->data, aml.bytes->len);
	acpi_end(build, dsdt);
	aml_clear(&aml);
	return dsdt;
}
