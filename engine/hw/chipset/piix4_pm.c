/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See piix4_pm.h. Register names are the datasheet's.
 *
 * The timer isn't counted: reading it works out where it is. Its status bit is worked out too, from the tick at which the counter's
 * top bit toggles next after the guest cleared it; a Timer runs only while the guest wants an interrupt then. */
#include "hw/chipset/piix4_pm.h"

#include "hw/chipset/acpi_hotplug.h"
#include "hw/chipset/smbus.h"
#include "machine/machine.h"

/* configuration space */
enum {
	PMBA = 0x40, DEVACTB = 0x58, PMREGMISC = 0x80, SMBBA = 0x90, SMBHSTCFG = 0xd2, DEVACTB_APMC_EN = 0x02 /* in byte 3: bit 25 */,
	PMIOSE = 0x01, SMB_HST_EN = 0x01, SMB_INTRSEL_MASK = 0x0e, SMB_INTRSEL_IRQ9 = 0x08,
};
/* the block at PMBA */
enum {
	PMSTS = 0x00, PMEN = 0x02, PMCNTRL = 0x04, PMTMR = 0x08, PCNTRL = 0x10, GLBCTL = 0x28, GPOREG = 0x34, PM_PORTS = 0x40,
};
enum { TMR_STS = 0x0001, BM_STS = 0x0010, GBL_STS = 0x0020, PWRBTN_STS = 0x0100, RTC_STS = 0x0400, WAK_STS = 0x8000 };
enum { STS_CLEAR = TMR_STS | BM_STS | GBL_STS | PWRBTN_STS | RTC_STS | WAK_STS, EN_WRITABLE = TMR_STS | GBL_STS | PWRBTN_STS | RTC_STS };
enum { SCI_EN = 0x0001, BRLD_EN = 0x0002, SUS_TYP = 0x1c00, SUS_TYP_SHIFT = 10, SUS_EN = 0x2000 };
enum { SUS_TYP_S5 = 0, SUS_TYP_S3 = 1 };
enum { PM_TIMER_HZ = 3579545, PM_TIMER_MASK = 0xffffff, PM_TIMER_TOGGLE = 1 << 23 };
enum { APMC = 0xb2, APMS = 0xb3, APMC_ACPI_DISABLE = 0xf0, APMC_ACPI_ENABLE = 0xf1 };
enum { GPE_PORTS = 4 };

typedef struct Piix4Pm {
	PciDevice pci;
	uint16_t status, enable, control; /* status without TMR_STS, which is worked out */
	uint64_t toggle;		  /* tick of the timer at which TMR_STS comes up */
	uint8_t processor_control[4], global_control[4], outputs[4];
	uint8_t apm[2], gpe[GPE_PORTS]; /* status, enable: two bytes each */
	bool irq_level;
	Irq irq;
	Timer timer;
	Smbus smbus;
	AcpiHotplug hotplug;
	unsigned pm_port, smbus_port; /* handles; 0: not mapped */
	uint16_t pm_base, smbus_base;
	unsigned fixed_ports[4];
	/* properties */
	uint8_t disable_s3, disable_s4, s4_val;
	bool smm_enabled;
	uint32_t smb_io_base;
} Piix4Pm;

/* ---- timer ---- */

/* Firmware and kernels read it in loops: seconds and rest apart need no division wider than 64 bits. */
static uint64_t timer_ticks(const Piix4Pm *pm)
{
	uint64_t ns = (uint64_t)clock_now(pm->timer.clock);
	return ns / 1000000000u * PM_TIMER_HZ + ns % 1000000000u * PM_TIMER_HZ / 1000000000u;
}

static void rearm_toggle(Piix4Pm *pm)
{
	pm->toggle = (timer_ticks(pm) | (PM_TIMER_TOGGLE - 1)) + 1;
}

/* ---- events and SCI ---- */

static unsigned pm_status(const Piix4Pm *pm)
{
	return pm->status | (timer_ticks(pm) >= pm->toggle ? TMR_STS : 0u);
}

static bool gpe_pending(const Piix4Pm *pm)
{
	return (pm->gpe[0] & pm->gpe[2]) || (pm->gpe[1] & pm->gpe[3]);
}

static void update_sci(Piix4Pm *pm)
{
	bool sci = pm->control & SCI_EN, to_irq9 = (pm->pci.config[SMBHSTCFG] & SMB_INTRSEL_MASK) == SMB_INTRSEL_IRQ9;
	unsigned events = pm_status(pm) & pm->enable;
	bool level = (sci && (events || gpe_pending(pm))) || (to_irq9 && smbus_interrupt(&pm->smbus));
	if (sci && (pm->enable & TMR_STS) && !(events & TMR_STS))
		timer_set(&pm->timer, clock_ticks_to_ns(pm->toggle, PM_TIMER_HZ));
	else
		timer_cancel(&pm->timer);
	if (level == pm->irq_level)
		return;
	pm->irq_level = level;
	irq_set(&pm->irq, level);
}

static void timer_toggled(void *owner)
{
	update_sci(owner);
}

void piix4_pm_power_button(Device *device)
{
	Piix4Pm *pm = (Piix4Pm *)device;
	pm->status |= PWRBTN_STS;
	update_sci(pm);
}

void piix4_pm_wake(Device *device, MachineWake reason)
{
	Piix4Pm *pm = (Piix4Pm *)device;
	static const uint16_t bits[] = { [WAKE_BUTTON] = PWRBTN_STS, [WAKE_RTC] = RTC_STS, [WAKE_TIMER] = TMR_STS };
	pm->status |= WAK_STS | bits[reason];
	update_sci(pm);
}

void piix4_pm_rtc_interrupt(Device *device)
{
	Piix4Pm *pm = (Piix4Pm *)device;
	pm->status |= RTC_STS;
	if ((pm->enable & RTC_STS) && machine_sleeps(device->machine))
		machine_request(device->machine, REQUEST_WAKE, WAKE_RTC);
	update_sci(pm);
}

void piix4_pm_raise_gpe(Device *device, unsigned event)
{
	Piix4Pm *pm = (Piix4Pm *)device;
	if (event < 16)
		pm->gpe[event / 8] |= (uint8_t)(1u << event % 8);
	update_sci(pm);
}

/* ---- sleeping ---- */

bool piix4_pm_has_sleep_state(const Device *device, unsigned state)
{
	const Piix4Pm *pm = (const Piix4Pm *)device;
	return (state == 3 && !pm->disable_s3) || (state == 4 && !pm->disable_s4) || state == 5;
}

uint8_t piix4_pm_s4_type(const Device *device)
{
	return ((const Piix4Pm *)device)->s4_val;
}

/* An event that is there already, and would have woken the machine, does so at once. */
static void suspend(Piix4Pm *pm)
{
	Machine *machine = pm->pci.device.machine;
	unsigned events = pm_status(pm) & pm->enable & (PWRBTN_STS | RTC_STS);
	machine_request(machine, REQUEST_SUSPEND, 0);
	if (events)
		machine_request(machine, REQUEST_WAKE, events & RTC_STS ? WAKE_RTC : WAKE_BUTTON);
}

static void enter_sleep(Piix4Pm *pm, unsigned type)
{
	Machine *machine = pm->pci.device.machine;
	if (type == SUS_TYP_S5)
		machine_request(machine, REQUEST_POWER_OFF, 0);
	else if (type == SUS_TYP_S3 && !pm->disable_s3)
		suspend(pm);
	else if (type == pm->s4_val && !pm->disable_s4)
		machine_request(machine, REQUEST_POWER_OFF, 0); /* the guest has its memory on disk */
}

/* ---- the block at PMBA ---- */

static uint8_t pm_byte(const Piix4Pm *pm, unsigned offset)
{
	switch (offset) {
	case PMSTS: return (uint8_t)pm_status(pm);
	case PMSTS + 1: return (uint8_t)(pm->status >> 8);
	case PMEN: return (uint8_t)pm->enable;
	case PMEN + 1: return (uint8_t)(pm->enable >> 8);
	case PMCNTRL: return (uint8_t)pm->control;
	case PMCNTRL + 1: return (uint8_t)(pm->control >> 8);
	case PMTMR: case PMTMR + 1: case PMTMR + 2: return (uint8_t)((timer_ticks(pm) & PM_TIMER_MASK) >> 8 * (offset - PMTMR));
	case PCNTRL: case PCNTRL + 1: case PCNTRL + 2: case PCNTRL + 3: return pm->processor_control[offset - PCNTRL];
	case GLBCTL: case GLBCTL + 1: case GLBCTL + 2: case GLBCTL + 3: return pm->global_control[offset - GLBCTL];
	case GPOREG: case GPOREG + 1: case GPOREG + 2: case GPOREG + 3: return pm->outputs[offset - GPOREG];
	default: return 0; /* device monitors and general-purpose inputs, to which nothing is wired */
	}
}

static uint32_t pm_read(void *owner, uint16_t port, unsigned size)
{
	const Piix4Pm *pm = owner;
	unsigned offset = (unsigned)port - pm->pm_base;
	uint32_t value = 0;
	if (offset == PMTMR && size == 4)
		return (uint32_t)timer_ticks(pm) & PM_TIMER_MASK;
	for (unsigned n = 0; n < size; n++)
		value |= (uint32_t)pm_byte(pm, offset + n) << 8 * n;
	return value;
}

/* `value` at its place in the register, of which it is the byte under `mask`. */
static void write_status(Piix4Pm *pm, unsigned value)
{
	if ((value & TMR_STS) && (pm_status(pm) & TMR_STS))
		rearm_toggle(pm);
	pm->status &= (uint16_t)~(value & STS_CLEAR);
}

static void write_control(Piix4Pm *pm, unsigned value, unsigned mask)
{
	unsigned writable = mask & (SCI_EN | BRLD_EN | SUS_TYP);
	pm->control = (uint16_t)((pm->control & ~writable) | (value & writable));
	if (value & SUS_EN)
		enter_sleep(pm, (pm->control & SUS_TYP) >> SUS_TYP_SHIFT);
}

static void pm_write_byte(Piix4Pm *pm, unsigned offset, uint8_t byte)
{
	unsigned shift = 8 * (offset & 1), mask = 0xffu << shift, value = (unsigned)byte << shift;
	switch (offset) {
	case PMSTS: case PMSTS + 1: write_status(pm, value); break;
	case PMEN: case PMEN + 1: pm->enable = (uint16_t)((pm->enable & ~mask) | (value & EN_WRITABLE)); break;
	case PMCNTRL: case PMCNTRL + 1: write_control(pm, value, mask); break;
	case PCNTRL: case PCNTRL + 1: case PCNTRL + 2: case PCNTRL + 3: pm->processor_control[offset - PCNTRL] = byte; break;
	case GLBCTL: case GLBCTL + 1: case GLBCTL + 2: case GLBCTL + 3: pm->global_control[offset - GLBCTL] = byte; break;
	case GPOREG: case GPOREG + 1: case GPOREG + 2: case GPOREG + 3: pm->outputs[offset - GPOREG] = byte; break;
	default: break;
	}
}

static void pm_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Piix4Pm *pm = owner;
	unsigned offset = (unsigned)port - pm->pm_base;
	for (unsigned n = 0; n < size; n++)
		pm_write_byte(pm, offset + n, (uint8_t)(value >> 8 * n));
	update_sci(pm);
}

/* ---- APM: SMI by software ---- */

static uint32_t apm_read(void *owner, uint16_t port, unsigned size)
{
	const Piix4Pm *pm = owner;
	(void)size;
	return pm->apm[port - APMC];
}

/* The pin is wired to all processors of a real board, and its BIOS gives each of them SMRAM of its own. PC firmware for virtual
 * machines prepares the first one only: the others would run what lies at the default SMBASE. And SMI_EN of GLBCTL doesn't count:
 * after S3 that firmware waits for an SMI before it has mapped the block at PMBA again. */
static void raise_smi(Piix4Pm *pm)
{
	if (pm->smm_enabled && (pm->pci.config[DEVACTB + 3] & DEVACTB_APMC_EN))
		machine_signal_cpu(pm->pci.device.machine, 0, CPU_SIGNAL_SMI, 0);
}

/* ACPI on and off is what the SMM handler of a real BIOS would do; the FADT names these two values. */
static void apm_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Piix4Pm *pm = owner;
	(void)size;
	pm->apm[port - APMC] = (uint8_t)value;
	if (port != APMC)
		return;
	if (value == APMC_ACPI_ENABLE)
		pm->control |= SCI_EN;
	else if (value == APMC_ACPI_DISABLE)
		pm->control &= (uint16_t)~SCI_EN;
	else
		raise_smi(pm);
	update_sci(pm);
}

/* ---- general-purpose events ---- */

static uint32_t gpe_read(void *owner, uint16_t port, unsigned size)
{
	const Piix4Pm *pm = owner;
	(void)size;
	return pm->gpe[port - PIIX4_PM_GPE0_PORT];
}

static void gpe_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Piix4Pm *pm = owner;
	unsigned offset = (unsigned)port - PIIX4_PM_GPE0_PORT;
	(void)size;
	pm->gpe[offset] = offset < GPE_PORTS / 2 ? pm->gpe[offset] & (uint8_t)~value : (uint8_t)value;
	update_sci(pm);
}

/* ---- SMBus ---- */

static uint32_t smb_read(void *owner, uint16_t port, unsigned size)
{
	Piix4Pm *pm = owner;
	(void)size;
	return smbus_read(&pm->smbus, (unsigned)port - pm->smbus_base);
}

static void smb_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Piix4Pm *pm = owner;
	(void)size;
	smbus_write(&pm->smbus, (unsigned)port - pm->smbus_base, (uint8_t)value);
	update_sci(pm);
}

/* ---- where the blocks are ---- */

static const PortOps pm_ops = { pm_read, pm_write, 4 }, smb_ops = { smb_read, smb_write, 1 }, apm_ops = { apm_read, apm_write, 1 },
		     gpe_ops = { gpe_read, gpe_write, 1 };

static void remap(Piix4Pm *pm, unsigned *handle, uint16_t *at, const char *name, bool enabled, unsigned base, unsigned count, const PortOps *ops)
{
	PortSpace *ports = machine_ports(pm->pci.device.machine);
	bool wanted = enabled && base;
	if (wanted == (*handle != 0) && *at == base)
		return;
	if (*handle)
		port_unmap(ports, *handle);
	*at = (uint16_t)base;
	*handle = wanted ? port_map(ports, name, (uint16_t)base, count, ops, pm) : 0;
}

static void update_ports(Piix4Pm *pm)
{
	const uint8_t *config = pm->pci.config;
	unsigned pm_base = (config[PMBA] | (unsigned)config[PMBA + 1] << 8) & 0xffc0;
	unsigned smb_base = (config[SMBBA] | (unsigned)config[SMBBA + 1] << 8) & 0xfff0;
	remap(pm, &pm->pm_port, &pm->pm_base, "piix4-pm", config[PMREGMISC] & PMIOSE, pm_base, PM_PORTS, &pm_ops);
	remap(pm, &pm->smbus_port, &pm->smbus_base, "piix4-smbus", config[SMBHSTCFG] & SMB_HST_EN, smb_base, SMBUS_PORTS, &smb_ops);
}

static void config_written(PciDevice *device, unsigned offset, unsigned size)
{
	Piix4Pm *pm = (Piix4Pm *)device;
	if (offset + size > PMBA) {
		update_ports(pm);
		update_sci(pm);
	}
}

/* ---- life ---- */

typedef struct ConfigRange {
	uint8_t first, last, value, writable;
} ConfigRange;

/* The device monitors' traps and timers (44-7F) are kept for who reads them back; of them only APMC_EN does something. */
static const ConfigRange registers[] = {
	{ PCI_COMMAND, PCI_COMMAND, 0, 0x01 }, { PCI_COMMAND + 1, PCI_COMMAND + 1, 0, 0 }, { PCI_STATUS, PCI_STATUS, 0x80, 0 },
	{ PCI_STATUS + 1, PCI_STATUS + 1, 0x02, 0 }, { PCI_CACHE_LINE, PCI_CACHE_LINE, 0, 0 }, { PMBA, PMBA, 0x01, 0xc0 },
	{ PMBA + 1, PMBA + 1, 0, 0xff }, { 0x44, 0x7f, 0, 0xff }, { PMREGMISC, PMREGMISC, 0, PMIOSE }, { SMBBA, SMBBA, 0x01, 0xf0 },
	{ SMBBA + 1, SMBBA + 1, 0, 0xff }, { SMBHSTCFG, SMBHSTCFG, SMB_HST_EN | SMB_INTRSEL_IRQ9, SMB_HST_EN | SMB_INTRSEL_MASK },
	{ SMBHSTCFG + 1, SMBHSTCFG + 3, 0, 0xff },
};

static void reset_config(Piix4Pm *pm)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(registers); n++)
		for (unsigned offset = registers[n].first; offset <= registers[n].last; offset++) {
			pm->pci.config[offset] = registers[n].value;
			pm->pci.writable[offset] = registers[n].writable;
		}
	pm->pci.config[SMBBA] |= (uint8_t)(pm->smb_io_base & 0xf0);
	pm->pci.config[SMBBA + 1] = (uint8_t)(pm->smb_io_base >> 8);
	/* Firmware takes this for SMM being set up already, and leaves it alone. */
	if (!pm->smm_enabled)
		pm->pci.config[DEVACTB + 3] = DEVACTB_APMC_EN;
}

static void piix4_pm_reset(Device *device)
{
	static const uint8_t outputs[4] = { 0xff, 0xbf, 0xff, 0x7f };
	Piix4Pm *pm = (Piix4Pm *)device;
	pci_device_reset(&pm->pci);
	reset_config(pm);
	pm->status = pm->enable = pm->control = 0;
	rearm_toggle(pm);
	for (unsigned n = 0; n < 4; n++) {
		pm->processor_control[n] = pm->global_control[n] = pm->gpe[n] = 0;
		pm->outputs[n] = outputs[n];
	}
	pm->apm[0] = pm->apm[1] = 0;
	smbus_reset(&pm->smbus);
	acpi_hotplug_reset(&pm->hotplug);
	update_ports(pm);
	update_sci(pm);
}

void piix4_pm_set_cpus(Device *device, const uint32_t *apic_ids, unsigned present, unsigned possible)
{
	acpi_hotplug_set_cpus(&((Piix4Pm *)device)->hotplug, apic_ids, present, possible);
}

void piix4_pm_set_sci(Device *device, Irq sci)
{
	((Piix4Pm *)device)->irq = sci;
}

static bool piix4_pm_realize(Device *device, GError **error)
{
	Piix4Pm *pm = (Piix4Pm *)device;
	PortSpace *ports = machine_ports(device->machine);
	if (!pm->pci.addr)
		pm->pci.addr = g_strdup("1.3");
	if (!pci_device_attach(&pm->pci, machine_pci_bus(device->machine), error))
		return false;
	pm->pci.config_written = config_written;
	if (!pm->hotplug.apic_ids)
		acpi_hotplug_set_cpus(&pm->hotplug, &(uint32_t){ 0 }, 1, 1);
	if (!pm->irq.set)
		pm->irq = machine_isa_irq(device->machine, PIIX4_PM_SCI_IRQ);
	timer_init(&pm->timer, machine_clock(device->machine), "piix4-pm", timer_toggled, pm);
	pm->fixed_ports[0] = port_map(ports, "apm", APMC, 2, &apm_ops, pm);
	pm->fixed_ports[1] = port_map(ports, "acpi-gpe0", PIIX4_PM_GPE0_PORT, GPE_PORTS, &gpe_ops, pm);
	pm->fixed_ports[2] = port_map(ports, "acpi-pci-hotplug", ACPI_PCI_HOTPLUG_PORT, ACPI_PCI_HOTPLUG_PORTS, &acpi_pci_hotplug_ops, &pm->hotplug);
	pm->fixed_ports[3] = port_map(ports, "acpi-cpu-hotplug", ACPI_CPU_HOTPLUG_PORT, ACPI_CPU_HOTPLUG_PORTS, &acpi_cpu_hotplug_ops, &pm->hotplug);
	return true;
}

static void piix4_pm_unrealize(Device *device)
{
	Piix4Pm *pm = (Piix4Pm *)device;
	PortSpace *ports = machine_ports(device->machine);
	for (unsigned n = 0; n < G_N_ELEMENTS(pm->fixed_ports); n++)
		port_unmap(ports, pm->fixed_ports[n]);
	port_unmap(ports, pm->pm_port);
	port_unmap(ports, pm->smbus_port);
	timer_cancel(&pm->timer);
	acpi_hotplug_free(&pm->hotplug);
	pci_device_detach(&pm->pci);
}

static void piix4_pm_loaded(Device *device, unsigned version)
{
	Piix4Pm *pm = (Piix4Pm *)device;
	(void)version;
	pci_device_loaded(&pm->pci);
	update_ports(pm);
	update_sci(pm);
}

static const Property properties[] = {
	{ "disable_s3", PROPERTY_U8, offsetof(Piix4Pm, disable_s3), "0", "1: suspend to RAM isn't offered", 0, 1, NULL },
	{ "disable_s4", PROPERTY_U8, offsetof(Piix4Pm, disable_s4), "0", "1: suspend to disk isn't offered", 0, 1, NULL },
	{ "s4_val", PROPERTY_U8, offsetof(Piix4Pm, s4_val), "2", "sleep type that means S4", 0, 7, NULL },
	{ "smm-enabled", PROPERTY_BOOL, offsetof(Piix4Pm, smm_enabled), "on", "port B2 raises SMI", 0, 0, NULL },
	{ "smb_io_base", PROPERTY_U32, offsetof(Piix4Pm, smb_io_base), "0xb100", "ports of the SMBus host after reset", 0, 0xfff0, NULL },
	PCI_PROPERTIES(Piix4Pm, pci),
	{ 0 },
};

static const StateField state[] = {
	PCI_STATE(Piix4Pm, pci),
	{ "status", STATE_U16, offsetof(Piix4Pm, status), 0, 0, NULL, 0 },
	{ "enable", STATE_U16, offsetof(Piix4Pm, enable), 0, 0, NULL, 0 },
	{ "control", STATE_U16, offsetof(Piix4Pm, control), 0, 0, NULL, 0 },
	{ "toggle", STATE_U64, offsetof(Piix4Pm, toggle), 0, 0, NULL, 0 },
	{ "processor-control", STATE_BYTES, offsetof(Piix4Pm, processor_control), 4, 0, NULL, 0 },
	{ "global-control", STATE_BYTES, offsetof(Piix4Pm, global_control), 4, 0, NULL, 0 },
	{ "outputs", STATE_BYTES, offsetof(Piix4Pm, outputs), 4, 0, NULL, 0 },
	{ "apm", STATE_BYTES, offsetof(Piix4Pm, apm), 2, 0, NULL, 0 },
	{ "gpe", STATE_BYTES, offsetof(Piix4Pm, gpe), GPE_PORTS, 0, NULL, 0 },
	{ "irq-level", STATE_BOOL, offsetof(Piix4Pm, irq_level), 0, 0, NULL, 0 },
	{ "smbus", STATE_STRUCT, offsetof(Piix4Pm, smbus), 0, 0, smbus_state, 0 },
	{ "hotplug", STATE_STRUCT, offsetof(Piix4Pm, hotplug), 0, 0, acpi_hotplug_state, 0 },
	{ 0 },
};

static const PciClass pci_class = {
	.vendor = 0x8086, .device = 0x7113, .revision = 3, .class_code = 0x0680, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
	.interrupt_pin = 1, .not_pluggable = true,
};

const DeviceClass piix4_pm_class = {
	.name = "PIIX4_PM", .bus = "pci", .description = "power management 82371AB", .size = sizeof(Piix4Pm), .properties = properties,
	.state = state, .state_version = 1, .realize = piix4_pm_realize, .reset = piix4_pm_reset, .unrealize = piix4_pm_unrealize,
	.loaded = piix4_pm_loaded, .bus_class = &pci_class,
};
