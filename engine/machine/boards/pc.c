/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The board pc: a 440FX with PIIX3 and PIIX4, as it stands on the desk: this file puts the devices in and wires them. One reads it
 * from top to bottom in the order in which things are made. */
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "char/chardev.h"
#include "cpu/cpuid_leaf.h"
#include "disk/block.h"
#include "hw/char/parallel.h"
#include "hw/char/serial.h"
#include "hw/chipset/apic.h"
#include "hw/chipset/hpet.h"
#include "hw/chipset/i440fx.h"
#include "hw/chipset/i8237.h"
#include "hw/chipset/i8254.h"
#include "hw/chipset/i8259.h"
#include "hw/chipset/mc146818.h"
#include "hw/chipset/pcspk.h"
#include "hw/chipset/piix3.h"
#include "hw/chipset/piix4_pm.h"
#include "hw/chipset/port92.h"
#include "hw/display/vga.h"
#include "hw/firmware/firmware.h"
#include "hw/input/i8042.h"
#include "hw/misc/debugcon.h"
#include "hw/pci/pci.h"
#include "hw/storage/fdc.h"
#include "hw/storage/ide.h"
#include "machine/machine-private.h"
#include "monitor/info.h"

enum { ISA_IRQS = 16, TICK_PIN = 2, MOST_CPUS = 255, LAST_APIC_ID = 254 /* 255 is broadcast */, BIOS_LARGEST = 16 << 20, MOST_BOOTS = 32 };
#define DEFAULT_BIOS "bios-256k.bin"
enum { ENTRY_POINT_32, ENTRY_POINT_64 };
#define LARGEST_LOW_LIMIT ((uint64_t)4 << 30)
enum { SHUTDOWN_RESUME = 0xfe }; /* of CMOS_SHUTDOWN: the reset ends S3 */
enum { TSC_HZ = 1000000000 }; /* vcpu.c's */
/* The CMOS bytes that firmware reads (PC AT technical reference, and what BIOSes made of it). */
enum {
	CMOS_SHUTDOWN = 0x0f,
	CMOS_FLOPPIES = 0x10, CMOS_DISKS = 0x12, CMOS_EQUIPMENT = 0x14, CMOS_BASE_KB = 0x15, CMOS_EXTENDED_KB = 0x17, CMOS_DISK0_TYPE = 0x19,
	CMOS_DISK0 = 0x1b, CMOS_DISK1 = 0x24, CMOS_EXTENDED_KB2 = 0x30, CMOS_ABOVE_16M = 0x34, CMOS_BOOT_38 = 0x38, CMOS_TRANSLATION = 0x39,
	CMOS_BOOT_3D = 0x3d, CMOS_ABOVE_4G = 0x5b, CMOS_CPUS = 0x5f,
};

typedef struct PcBoard {
	Machine *machine;
	/* -machine's properties */
	OnOffAuto acpi, smm, pit_wanted;
	bool with_hpet, with_i8042, dump_ram, merge_ram;
	uint64_t low_limit;
	unsigned smbios_entry_point; /* index into entry_points */
	char *oem_id, *oem_table_id;

	ApicBus *apics;
	IoApic *ioapic;
	I8259 *pic;
	I8254 *pit;
	Hpet *hpet;
	Rtc *rtc;
	Ferr *ferr;
	Irq rtc_line;
	bool tick_taken; /* the last edge of the system tick, ISA IRQ 0, has been acknowledged */
	Device *i440fx, *piix3, *pm;
	PciBus *pci;
	RamBlock *ram, *bios;
	uint64_t low_bytes;
	bool booted_once; /* -boot once= is used up by the next reset */
	FirmwareBoot boots[MOST_BOOTS];
	unsigned boot_count;
} PcBoard;

static PcBoard *board_of(Machine *machine)
{
	return machine->board;
}

static Device *add(Machine *machine, const DeviceClass *class)
{
	return device_new(machine, class, NULL);
}

static bool add_ready(Machine *machine, const DeviceClass *class, Device **device, GError **error)
{
	*device = add(machine, class);
	return device_realize(*device, error);
}

/* ---- interrupts ---- */

/* ISA IRQ n reaches input n of the 8259 pair and pin n of the I/O APIC, the timer's pin 2 there. */
static void set_isa_irq(void *owner, unsigned line, bool level)
{
	PcBoard *board = owner;
	Irq pic = i8259_input(board->pic, line), pin = ioapic_input(board->ioapic, line ? line : TICK_PIN);
	if (line == 0 && level)
		board->tick_taken = false;
	irq_set(&pic, level);
	irq_set(&pin, level);
}

static Irq pc_isa_irq(Machine *machine, unsigned line)
{
	return (Irq){ set_isa_irq, board_of(machine), line };
}

/* One of the two controllers has the edge still, and neither has had it acknowledged: where both are open the guest takes it once. */
static bool tick_waits(void *owner)
{
	const PcBoard *board = owner;
	int vector = ioapic_edge_vector(board->ioapic, TICK_PIN);
	return !board->tick_taken && (i8259_tick_waits(board->pic) || (vector >= 0 && apic_bus_requests(board->apics, (uint8_t)vector)));
}

static void tick_taken(void *owner)
{
	PcBoard *board = owner;
	if (board->tick_taken)
		return;
	board->tick_taken = true;
	if (!(board->hpet && hpet_tick_taken(board->hpet)) && board->pit)
		i8254_tick_taken(board->pit);
}

static void vector_taken(void *owner, uint8_t vector)
{
	const PcBoard *board = owner;
	if (vector == ioapic_edge_vector(board->ioapic, TICK_PIN))
		tick_taken(owner);
}

static int acknowledge_8259(void *owner)
{
	return i8259_acknowledge(owner);
}

static bool deliver_message(void *owner, uint64_t address, uint32_t data)
{
	return apic_deliver_msi(owner, address, data);
}

/* As the processor itself says by CPUID: fields of socket, core and thread, so that there may be gaps. */
static uint32_t apic_id(const Machine *machine, unsigned n)
{
	const MachineConfig *config = machine->config;
	return cpuid_apic_id(&(CpuTopology){ n, config->sockets, config->cores, config->threads });
}

/* Of all processors that -smp maxcpus= leaves room for; free it. */
static uint32_t *apic_ids(const Machine *machine)
{
	uint32_t *ids = g_new(uint32_t, machine->config->max_cpus);
	for (unsigned n = 0; n < machine->config->max_cpus; n++)
		ids[n] = apic_id(machine, n);
	return ids;
}

/* Sockets and cores have bit fields of their own: a topology that is no power of two leaves ids out. */
static bool check_apic_ids(const Machine *machine, GError **error)
{
	const MachineConfig *config = machine->config;
	uint32_t last = apic_id(machine, config->max_cpus - 1);
	if (last <= LAST_APIC_ID)
		return true;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "-smp %u,maxcpus=%u,sockets=%u,cores=%u,threads=%u needs APIC ids up to %u, and the machine type 'pc' has them to %u: "
		    "take fewer sockets, or cores and threads that are powers of two",
		    config->cpus, config->max_cpus, config->sockets, config->cores, config->threads, last, LAST_APIC_ID);
	return false;
}

static bool add_interrupt_controllers(PcBoard *board, GError **error)
{
	Machine *machine = board->machine;
	if (!check_apic_ids(machine, error))
		return false;
	board->apics = apic_bus_new(machine, TSC_HZ);
	for (unsigned n = 0; n < machine->cpu_count; n++) {
		Device *lapic = add(machine, &lapic_class);
		lapic_connect((Lapic *)lapic, board->apics, n, apic_id(machine, n));
		if (!device_realize(lapic, error))
			return false;
	}
	Device *ioapic = add(machine, &ioapic_class), *pic = add(machine, &i8259_class);
	board->ioapic = (IoApic *)ioapic;
	board->pic = (I8259 *)pic;
	ioapic_connect(board->ioapic, board->apics);
	i8259_set_output(board->pic, apic_bus_lint0(board->apics));
	apic_bus_set_extint(board->apics, acknowledge_8259, board->pic);
	apic_bus_set_taken(board->apics, vector_taken, board);
	i8259_set_tick_taken(board->pic, tick_taken, board);
	return device_realize(ioapic, error) && device_realize(pic, error);
}

/* ---- memory and bridges ---- */

static RamBlock *load_bios(Machine *machine, GError **error)
{
	const char *name = machine->config->firmware ? machine->config->firmware : DEFAULT_BIOS;
	g_autofree char *path = machine_find_file(machine, name, error), *data = NULL;
	gsize size = 0;
	if (!path || !g_file_get_contents(path, &data, &size, error))
		return NULL;
	if (size == 0 || size > BIOS_LARGEST || size % 0x10000) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: a BIOS is a multiple of 64 KiB, up to 16 MiB; this has %" G_GSIZE_FORMAT " bytes",
			    path, size);
		return NULL;
	}
	RamBlock *bios = memory_new_ram(machine->memory, "pc.bios", size, error);
	if (bios)
		memcpy(bios->host, data, size);
	return bios;
}

static bool add_bridges(PcBoard *board, GError **error)
{
	Machine *machine = board->machine;
	uint64_t size = machine->config->memory_bytes;
	board->ram = memory_new_ram(machine->memory, "pc.ram", size, error);
	board->bios = board->ram ? load_bios(machine, error) : NULL;
	if (!board->bios)
		return false;
	board->low_bytes = i440fx_low_bytes(board->ram->size, board->low_limit);
	if (!board->dump_ram)
		os_leave_out_of_dumps(board->ram->host, board->ram->size);
	if (board->merge_ram)
		os_share_equal_pages(board->ram->host, board->ram->size);
	board->piix3 = add(machine, &piix3_class);
	board->pci = pci_bus_new(machine, "pci.0", piix3_set_pci_irq, board->piix3);
	pci_bus_set_msi(board->pci, deliver_message, board->apics);
	pci_map_mechanism1(board->pci);
	board->i440fx = add(machine, &i440fx_class);
	i440fx_connect(board->i440fx, &(I440fxMemory){ board->ram, board->low_bytes, board->bios });
	return device_realize(board->i440fx, error) && device_realize(board->piix3, error);
}

static bool add_power_management(PcBoard *board, GError **error)
{
	Machine *machine = board->machine;
	if (board->acpi == OOA_OFF)
		return true;
	g_autofree uint32_t *ids = apic_ids(machine);
	board->pm = add(machine, &piix4_pm_class);
	piix4_pm_set_sci(board->pm, piix3_shared_irq(board->piix3, PIIX4_PM_SCI_IRQ));
	if (board->smm == OOA_OFF && !device_set_property(board->pm, "smm-enabled", "off", error))
		return false;
	if (!device_realize(board->pm, error))
		return false;
	/* Not before: what it takes is freed with what realizing made. */
	piix4_pm_set_cpus(board->pm, ids, machine->cpu_count, machine->config->max_cpus);
	return true;
}

/* ---- timers ---- */

/* Takes the place of PIT and RTC on their lines when it is told to. */
static bool add_hpet(PcBoard *board, GError **error)
{
	Device *hpet = add(board->machine, &hpet_class);
	board->hpet = (Hpet *)hpet;
	for (unsigned n = 0; n < IOAPIC_PINS; n++)
		hpet_set_pin(board->hpet, n, n < ISA_IRQS && n != 2 ? pc_isa_irq(board->machine, n) : ioapic_input(board->ioapic, n));
	hpet_set_legacy_pin(board->hpet, 0, pc_isa_irq(board->machine, 0));
	hpet_set_legacy_pin(board->hpet, 1, pc_isa_irq(board->machine, 8));
	hpet_set_msi(board->hpet, deliver_message, board->apics);
	hpet_set_tick_waits(board->hpet, tick_waits, board);
	return device_realize(hpet, error);
}

static bool add_pit(PcBoard *board, Irq output, GError **error)
{
	Device *pit = add(board->machine, &i8254_class), *speaker = add(board->machine, &pcspk_class);
	board->pit = (I8254 *)pit;
	i8254_set_output(board->pit, output);
	i8254_set_tick_waits(board->pit, tick_waits, board);
	pcspk_connect((PcSpeaker *)speaker, board->pit);
	return device_realize(pit, error) && device_realize(speaker, error);
}

/* Whatever the HPET makes of it, the clock's line ends at the power management too. */
static void set_rtc_line(void *owner, unsigned line, bool level)
{
	PcBoard *board = owner;
	(void)line;
	irq_set(&board->rtc_line, level);
	if (level && board->pm)
		piix4_pm_rtc_interrupt(board->pm);
}

static bool add_timers(PcBoard *board, GError **error)
{
	Machine *machine = board->machine;
	Irq pit_output = pc_isa_irq(machine, 0), rtc_output = pc_isa_irq(machine, 8);
	if (board->with_hpet) {
		if (!add_hpet(board, error))
			return false;
		pit_output = hpet_legacy_input(board->hpet, 0);
		rtc_output = hpet_legacy_input(board->hpet, 1);
	}
	if (board->pit_wanted != OOA_OFF && !add_pit(board, pit_output, error))
		return false;
	Device *rtc = add(machine, &mc146818_class);
	board->rtc = (Rtc *)rtc;
	if (!g_strcmp0(machine->config->rtc_drift_fix, "slew") && !device_set_property(rtc, "lost_tick_policy", "slew", error))
		return false;
	board->rtc_line = rtc_output;
	rtc_set_output(board->rtc, (Irq){ set_rtc_line, board, 0 });
	return device_realize(rtc, error);
}

/* ---- ports ---- */

static bool set_chardev(Device *device, const char *id, const char *specification, GError **error)
{
	return chardev_new(device->machine, id, specification, error) && device_set_property(device, "chardev", id, error);
}

static bool add_lines(Machine *machine, const DeviceClass *class, const char *kind, const GPtrArray *specifications, GError **error)
{
	for (unsigned n = 0; n < specifications->len; n++) {
		const char *specification = g_ptr_array_index(specifications, n);
		if (!strcmp(specification, "none"))
			continue;
		g_autofree char *id = g_strdup_printf("%s%u", kind, n), *index = g_strdup_printf("%u", n);
		Device *device = add(machine, class);
		if (!device_set_property(device, "index", index, error) || !set_chardev(device, id, specification, error) ||
		    !device_realize(device, error))
			return false;
	}
	return true;
}

/* -debugcon: port E9. */
static bool add_debug_port(Machine *machine, GError **error)
{
	if (!machine->config->debugcon)
		return true;
	Device *device = add(machine, &debugcon_class);
	return set_chardev(device, "debugcon", machine->config->debugcon, error) && device_realize(device, error);
}

/* The user's own stands in the place of the board's. */
static bool has_device(const MachineConfig *config, const char *driver)
{
	for (unsigned n = 0; n < config->devices->len; n++)
		if (!strcmp(((const ConfigDevice *)g_ptr_array_index(config->devices, n))->driver, driver))
			return true;
	return false;
}

static bool add_isa_devices(PcBoard *board, GError **error)
{
	Machine *machine = board->machine;
	const MachineConfig *config = machine->config;
	Device *unused, *ferr;
	if (!add_ready(machine, &i8237_class, &unused, error) || !add_ready(machine, &port92_class, &unused, error) ||
	    !add_ready(machine, &ferr_class, &ferr, error) || (board->with_i8042 && !add_ready(machine, &i8042_class, &unused, error)))
		return false;
	if (!has_device(config, isa_fdc_class.name) && !add_ready(machine, &isa_fdc_class, &unused, error))
		return false;
	board->ferr = (Ferr *)ferr;
	return add_lines(machine, &serial_class, "serial", config->serials, error) &&
	       add_lines(machine, &parallel_class, "parallel", config->parallels, error) && add_debug_port(machine, error);
}

/* ---- PCI devices and drives ---- */

static bool add_display(Machine *machine, GError **error)
{
	Device *unused;
	return strcmp(machine->config->vga, "std") || add_ready(machine, &vga_pci_class, &unused, error);
}

static const DeviceClass *drive_class(const ConfigDrive *drive)
{
	if (!strcmp(drive->interface, "floppy"))
		return &floppy_class;
	return !g_strcmp0(drive->media, "cdrom") ? &ide_cd_class : &ide_hd_class;
}

static bool add_drive(Machine *machine, const ConfigDrive *drive, GError **error)
{
	bool floppy = !strcmp(drive->interface, "floppy");
	Device *device = add(machine, drive_class(drive));
	g_autofree char *bus = g_strdup_printf("ide.%d", MAX(drive->bus, 0)), *unit = g_strdup_printf("%d", drive->unit);
	if (!device_set_property(device, "drive", drive->id, error) || !device_set_property(device, "unit", unit, error))
		return false;
	if (!floppy && drive->bus >= 0 && !device_set_property(device, "bus", bus, error))
		return false;
	return device_realize(device, error);
}

static bool add_drives(Machine *machine, const char *interface, GError **error)
{
	for (unsigned n = 0; n < machine->config->drives->len; n++) {
		const ConfigDrive *drive = g_ptr_array_index(machine->config->drives, n);
		if (!strcmp(drive->interface, interface) && !add_drive(machine, drive, error))
			return false;
	}
	return true;
}

static bool add_ide(Machine *machine, GError **error)
{
	Device *ide = add(machine, &piix3_ide_class);
	return device_set_property(ide, "addr", "1.1", error) && device_realize(ide, error) && add_drives(machine, "ide", error);
}

/* ---- firmware ---- */

static void set_cmos(PcBoard *board, uint8_t index, uint64_t value, unsigned bytes)
{
	for (unsigned n = 0; n < bytes; n++)
		rtc_set_cmos(board->rtc, (uint8_t)(index + n), (uint8_t)(value >> (8 * n)));
}

static void set_memory_cmos(PcBoard *board)
{
	uint64_t low = board->low_bytes, high = board->ram->size - low;
	uint64_t extended_kb = low > 1 << 20 ? MIN((low >> 10) - 1024, 65535) : 0;
	set_cmos(board, CMOS_BASE_KB, 640, 2);
	set_cmos(board, CMOS_EXTENDED_KB, extended_kb, 2);
	set_cmos(board, CMOS_EXTENDED_KB2, extended_kb, 2);
	set_cmos(board, CMOS_ABOVE_16M, low > 16 << 20 ? MIN((low >> 16) - 256, 65535) : 0, 2);
	set_cmos(board, CMOS_ABOVE_4G, high >> 16, 3);
	set_cmos(board, CMOS_CPUS, board->machine->cpu_count - 1, 1);
}

/* Type 47 disks and how the BIOS shall translate their geometries. */
static void set_disk_cmos(PcBoard *board)
{
	unsigned types = 0, translations = 0;
	for (unsigned n = 0; n < 4; n++) {
		IdeGeometry g;
		if (!ide_drive_geometry(board->machine, n / 2, n % 2, &g))
			continue;
		translations |= (unsigned)g.translation << (2 * n);
		if (n >= 2)
			continue;
		uint8_t place = n ? CMOS_DISK1 : CMOS_DISK0;
		types |= n ? 0x0f : 0xf0;
		set_cmos(board, (uint8_t)(CMOS_DISK0_TYPE + n), 47, 1);
		set_cmos(board, place, g.cylinders, 2);
		set_cmos(board, (uint8_t)(place + 2), g.heads, 1);
		set_cmos(board, (uint8_t)(place + 3), 0xffff, 2);
		set_cmos(board, (uint8_t)(place + 5), g.heads > 8 ? 0xc8 : 0xc0, 1);
		set_cmos(board, (uint8_t)(place + 6), g.cylinders, 2);
		set_cmos(board, (uint8_t)(place + 8), g.sectors, 1);
	}
	set_cmos(board, CMOS_DISKS, types, 1);
	set_cmos(board, CMOS_TRANSLATION, translations, 1);
}

static void set_floppy_cmos(PcBoard *board)
{
	uint8_t a = fdc_drive_cmos_type(board->machine, 0), b = fdc_drive_cmos_type(board->machine, 1);
	unsigned drives = (a != 0) + (b != 0), equipment = board->with_i8042 ? 0x06 : 0x02; /* PS/2 mouse, coprocessor */
	set_cmos(board, CMOS_FLOPPIES, (uint64_t)a << 4 | b, 1);
	if (drives)
		equipment |= 0x01 | (drives == 2 ? 0x40 : 0);
	set_cmos(board, CMOS_EQUIPMENT, equipment, 1);
}

static void set_boot_cmos(PcBoard *board, const char *letters)
{
	uint8_t cmos_38, cmos_3d;
	/* config_check() has seen the letters. */
	if (!firmware_cmos_boot_order(letters, true, &cmos_38, &cmos_3d, NULL))
		return;
	rtc_set_cmos(board->rtc, CMOS_BOOT_38, cmos_38);
	rtc_set_cmos(board->rtc, CMOS_BOOT_3D, cmos_3d);
}

static int by_place(const void *left, const void *right)
{
	const FirmwareBoot *a = left, *b = right;
	unsigned place_a = a->devfn << 2 | a->channel << 1 | a->unit, place_b = b->devfn << 2 | b->channel << 1 | b->unit;
	return (place_a > place_b) - (place_a < place_b);
}

static void add_boot(PcBoard *board, const FirmwareBoot *boot)
{
	if (board->boot_count < MOST_BOOTS)
		board->boots[board->boot_count++] = *boot;
}

static void find_ide_boots(PcBoard *board)
{
	for (unsigned n = 0; n < machine_device_count(board->machine); n++) {
		const Device *device = machine_device(board->machine, n);
		IdePlace p;
		if (!ide_drive_place(device, &p))
			continue;
		add_boot(board, &(FirmwareBoot){ .kind = device->class == &ide_cd_class ? BOOT_IDE_CDROM : BOOT_IDE_DISK, .devfn = p.devfn,
			.channel = p.channel, .unit = p.unit, .bootindex = p.bootindex, .cylinders = p.lcyls, .heads = p.lheads, .sectors = p.lsecs });
	}
	qsort(board->boots, board->boot_count, sizeof board->boots[0], by_place);
}

/* What can be booted from, in the order of the BIOS' own names. */
static bool find_boots(PcBoard *board, GError **error)
{
	find_ide_boots(board);
	for (unsigned n = 0; n < 2; n++)
		if (fdc_drive_cmos_type(board->machine, n))
			add_boot(board, &(FirmwareBoot){ .kind = BOOT_FLOPPY, .unit = n, .bootindex = fdc_bootindex(board->machine, n) });
	for (unsigned n = 0; n < board->boot_count; n++)
		for (unsigned k = 0; k < n; k++)
			if (board->boots[n].bootindex >= 0 && board->boots[n].bootindex == board->boots[k].bootindex) {
				g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "two devices have bootindex=%d", board->boots[n].bootindex);
				return false;
			}
	return true;
}

static bool add_firmware(PcBoard *board, GError **error)
{
	Machine *machine = board->machine;
	const MachineConfig *config = machine->config;
	g_autofree uint32_t *ids = apic_ids(machine);
	if (!find_boots(board, error))
		return false;
	CpuidResult cpuid = cpuid_leaf(machine_cpu(machine, 0), 1, 0);
	FirmwareInfo info = {
		.config = config, .ram_below_4g = board->low_bytes, .ram_above_4g = board->ram->size - board->low_bytes,
		.cpus = machine->cpu_count, .possible_cpus = config->max_cpus, .apic_ids = ids, .sockets = config->sockets, .cores = config->cores, .threads = config->threads,
		.cpuid_1_eax = cpuid.reg[CPUID_EAX], .cpuid_1_edx = cpuid.reg[CPUID_EDX],
		.hpet = board->with_hpet, .keyboard = board->with_i8042, .mouse = board->with_i8042, .floppy_controller = fdc_is_at_home(machine),
		.floppy_types = { fdc_drive_cmos_type(board->machine, 0), fdc_drive_cmos_type(board->machine, 1) },
		.no_acpi = !board->pm, .oem_id = board->oem_id, .oem_table_id = board->oem_table_id, .smbios3 = board->smbios_entry_point == ENTRY_POINT_64,
		.disable_s3 = !board->pm || !piix4_pm_has_sleep_state(board->pm, 3),
		.disable_s4 = !board->pm || !piix4_pm_has_sleep_state(board->pm, 4),
		.s4_value = board->pm ? piix4_pm_s4_type(board->pm) : 0, .boots = board->boots, .boot_count = board->boot_count,
		.boot_once = config->boot_once != NULL,
	};
	for (unsigned n = 0; n < FIRMWARE_SERIALS; n++)
		info.serial[n] = serial_is_at_home(machine, n);
	for (unsigned n = 0; n < FIRMWARE_PARALLELS; n++)
		info.parallel[n] = parallel_is_at_home(machine, n);
	return firmware_setup(machine, &info, error);
}

/* ---- the monitor's questions ---- */

static void info_pic(void *owner, GString *out)
{
	PcBoard *board = owner;
	i8259_print(board->pic, out);
	ioapic_print(board->ioapic, out);
}

static void info_lapic(void *owner, GString *out)
{
	PcBoard *board = owner;
	for (unsigned n = 0; n < board->machine->cpu_count; n++)
		lapic_print(apic_bus_lapic(board->apics, n), out);
}

static void info_pci(void *owner, GString *out)
{
	pci_print(((PcBoard *)owner)->pci, out);
}

static void info_roms(void *owner, GString *out)
{
	const PcBoard *board = owner;
	const MachineConfig *config = board->machine->config;
	g_string_append_printf(out, "addr=%016" G_GINT64_MODIFIER "x size=0x%06" G_GINT64_MODIFIER "x mem=rom name=\"%s\"\n",
			       ((uint64_t)4 << 30) - board->bios->size, board->bios->size, config->firmware ? config->firmware : DEFAULT_BIOS);
	const FwCfg *cfg = fw_cfg_find(board->machine);
	if (cfg)
		fw_cfg_print_roms(cfg, out);
}

static void add_infos(PcBoard *board)
{
	machine_add_info(board->machine, "roms", info_roms, board);
	machine_add_info(board->machine, "pic", info_pic, board);
	machine_add_info(board->machine, "lapic", info_lapic, board);
	machine_add_info(board->machine, "pci", info_pci, board);
}

/* ---- the board ---- */

static bool pc_build(Machine *machine, GError **error)
{
	PcBoard *board = machine->board;
	board->machine = machine;
	if (!add_interrupt_controllers(board, error) || !add_bridges(board, error) || !add_power_management(board, error) ||
	    !add_timers(board, error) || !add_isa_devices(board, error) || !add_display(machine, error) ||
	    !add_ide(machine, error))
		return false;
	add_infos(board);
	return true;
}

/* Floppy drives come this late because their controller may be the user's. */
static bool pc_finish(Machine *machine, GError **error)
{
	return add_drives(machine, "floppy", error) && add_firmware(machine->board, error);
}

static void pc_reset(Machine *machine)
{
	PcBoard *board = machine->board;
	const MachineConfig *config = machine->config;
	for (unsigned n = 0; n < machine->cpu_count; n++) {
		i440fx_set_smm(board->i440fx, n, false);
		lapic_set_base(apic_bus_lapic(board->apics, n), cpu_apic_base(machine->vcpus[n].cpu));
	}
	set_memory_cmos(board);
	set_disk_cmos(board);
	set_floppy_cmos(board);
	bool once = config->boot_once && !board->booted_once;
	if (config->boot_once && board->booted_once)
		firmware_set_boot_order(machine, config->boot_order);
	set_boot_cmos(board, once ? config->boot_once : config->boot_order);
	board->booted_once = true;
}

static void pc_cpu_event(Machine *machine, unsigned cpu, CpuEvent event)
{
	PcBoard *board = machine->board;
	Lapic *lapic = apic_bus_lapic(board->apics, cpu);
	const Cpu *state = machine->vcpus[cpu].cpu;
	switch (event) {
	case CPU_EVENT_FERR: ferr_raise(board->ferr); break;
	case CPU_EVENT_APIC_BASE: lapic_set_base(lapic, cpu_apic_base(state)); break;
	case CPU_EVENT_TSC_DEADLINE: lapic_set_tsc_deadline(lapic, cpu_tsc_deadline(state)); break;
	case CPU_EVENT_ENTER_SMM: i440fx_set_smm(board->i440fx, cpu, true); break;
	case CPU_EVENT_LEAVE_SMM: i440fx_set_smm(board->i440fx, cpu, false); break;
	case CPU_EVENT_FERR_CLEAR: case CPU_EVENT_TRIPLE_FAULT: break;
	}
}

static Lapic *lapic_of(Machine *machine, unsigned cpu)
{
	return apic_bus_lapic(board_of(machine)->apics, cpu);
}

static int pc_acknowledge(Machine *machine, unsigned cpu)
{
	return lapic_acknowledge(lapic_of(machine, cpu));
}

static uint8_t pc_tpr_read(Machine *machine, unsigned cpu)
{
	return lapic_tpr(lapic_of(machine, cpu));
}

static void pc_tpr_write(Machine *machine, unsigned cpu, uint8_t value)
{
	lapic_set_tpr(lapic_of(machine, cpu), value);
}

static bool pc_msr_read(Machine *machine, unsigned cpu, uint32_t msr, uint64_t *value)
{
	return lapic_msr_read(lapic_of(machine, cpu), msr, value);
}

static bool pc_msr_write(Machine *machine, unsigned cpu, uint32_t msr, uint64_t value)
{
	return lapic_msr_write(lapic_of(machine, cpu), msr, value);
}

static void pc_power_button(Machine *machine)
{
	Device *pm = board_of(machine)->pm;
	if (pm)
		piix4_pm_power_button(pm);
}

/* The shadow memory outlives the reset that ends S3: the BIOS resumes from it, as CMOS tells it to. */
static void pc_prepare_wake(Machine *machine)
{
	i440fx_prepare_wake(board_of(machine)->i440fx);
	rtc_set_cmos(board_of(machine)->rtc, CMOS_SHUTDOWN, SHUTDOWN_RESUME);
}

static void pc_woken(Machine *machine, MachineWake reason)
{
	if (board_of(machine)->pm)
		piix4_pm_wake(board_of(machine)->pm, reason);
}

static void pc_time_passed(Machine *machine, int64_t ns)
{
	rtc_let_pass(board_of(machine)->rtc, ns);
}

static void pc_free(Machine *machine)
{
	PcBoard *board = machine->board;
	g_clear_pointer(&board->pci, pci_bus_free);
	g_clear_pointer(&board->apics, apic_bus_free);
}

static PciBus *pc_pci_bus(Machine *machine)
{
	return board_of(machine)->pci;
}

static const char *const entry_points[] = { [ENTRY_POINT_32] = "32", [ENTRY_POINT_64] = "64", NULL };

#define PROPERTY(name, type, member, normal, help) { name, type, offsetof(PcBoard, member), normal, help, 0, 0, NULL }
static const Property pc_properties[] = {
	PROPERTY("acpi", PROPERTY_AUTO, acpi, "auto", "ACPI: tables, power button, sleep"),
	PROPERTY("dump-guest-core", PROPERTY_BOOL, dump_ram, "on", "the guest's memory is in core dumps of the process"),
	PROPERTY("hpet", PROPERTY_BOOL, with_hpet, "on", "high precision event timer"),
	PROPERTY("i8042", PROPERTY_BOOL, with_i8042, "on", "keyboard controller with keyboard and mouse"),
	{ "max-ram-below-4g", PROPERTY_SIZE, offsetof(PcBoard, low_limit), "0", "where memory goes on above 4 GiB; 0: 3 GiB for 3.5 GiB and more", 0,
	  LARGEST_LOW_LIMIT, NULL },
	PROPERTY("mem-merge", PROPERTY_BOOL, merge_ram, "on", "the host may keep equal pages once"),
	PROPERTY("pit", PROPERTY_AUTO, pit_wanted, "auto", "8254 timer and the speaker that it drives"),
	{ "smbios-entry-point-type", PROPERTY_CHOICE, offsetof(PcBoard, smbios_entry_point), "32", "SMBIOS 2.8 or 3.0", 0, 0, entry_points },
	PROPERTY("smm", PROPERTY_AUTO, smm, "auto", "system management mode"),
	{ "x-oem-id", PROPERTY_STRING, offsetof(PcBoard, oem_id), NULL, "who made the machine, in ACPI's tables; up to 6 bytes", 0, 6, NULL },
	{ "x-oem-table-id", PROPERTY_STRING, offsetof(PcBoard, oem_table_id), NULL, "its name there; up to 8 bytes", 0, 8, NULL },
	{ .name = NULL },
};

const BoardClass pc_board_class = {
	.name = "pc", .description = "PC with i440FX, PIIX3 and PIIX4", .max_cpus = MOST_CPUS,
	.size = sizeof(PcBoard), .properties = pc_properties,
	.build = pc_build, .finish = pc_finish, .reset = pc_reset, .cpu_event = pc_cpu_event, .acknowledge = pc_acknowledge, .tpr_read = pc_tpr_read,
	.tpr_write = pc_tpr_write, .msr_read = pc_msr_read, .msr_write = pc_msr_write, .power_button = pc_power_button,
	.prepare_wake = pc_prepare_wake, .woken = pc_woken, .time_passed = pc_time_passed, .free = pc_free, .isa_irq = pc_isa_irq, .pci_bus = pc_pci_bus,
};
