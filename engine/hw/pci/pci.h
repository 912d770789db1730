/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PCI: functions, their configuration space, and the bus (PCI Local Bus Specification 3.0, chapter 6).
 *
 * A PCI device's struct begins with a PciDevice. The bus keeps what is the same for all functions (header, BARs, command register,
 * interrupt pin, capabilities by mask tables); the device's realize() registers BARs and says which bytes the guest may write.
 * Everything runs under the machine's lock. */
#pragma once

#include "machine/device.h"

enum {
	PCI_VENDOR_ID = 0x00, PCI_DEVICE_ID = 0x02, PCI_COMMAND = 0x04, PCI_STATUS = 0x06, PCI_REVISION = 0x08, PCI_PROG_IF = 0x09,
	PCI_CLASS = 0x0a, PCI_CACHE_LINE = 0x0c, PCI_LATENCY = 0x0d, PCI_HEADER_TYPE = 0x0e, PCI_BAR0 = 0x10, PCI_SUBSYSTEM_VENDOR = 0x2c,
	PCI_SUBSYSTEM = 0x2e, PCI_ROM = 0x30, PCI_CAPABILITIES = 0x34, PCI_INTERRUPT_LINE = 0x3c, PCI_INTERRUPT_PIN = 0x3d,
};
enum { PCI_COMMAND_IO = 1, PCI_COMMAND_MEMORY = 2, PCI_COMMAND_MASTER = 4, PCI_COMMAND_SERR = 0x100, PCI_COMMAND_INTX_DISABLE = 0x400 };
enum { PCI_STATUS_INTERRUPT = 0x08, PCI_STATUS_CAPABILITIES = 0x10 };
enum { PCI_CONFIG_SIZE = 256, PCI_BARS = 6, PCI_PINS = 4 };

/* DeviceClass.bus_class of devices with bus "pci" */
typedef struct PciClass {
	uint16_t vendor, device;
	uint8_t revision, prog_if;
	uint16_t class_code;	     /* base class and subclass */
	uint16_t subsystem_vendor, subsystem;
	uint8_t interrupt_pin;	     /* 0 none, 1 INTA .. 4 INTD */
	bool not_pluggable;	     /* only the board makes it */
} PciClass;

typedef enum PciBarKind { PCI_BAR_NONE, PCI_BAR_IO, PCI_BAR_MEMORY32, PCI_BAR_MEMORY64, PCI_BAR_PREFETCH32, PCI_BAR_PREFETCH64 } PciBarKind;

typedef struct PciBar {
	PciBarKind kind;
	uint64_t size;		  /* a power of two; I/O at least 4, memory at least 16 */
	const char *name;
	const PortOps *port_ops;  /* of I/O BARs: ports are given relative to the BAR */
	const MemoryOps *memory_ops;
	RamBlock *ram;		  /* of memory BARs that are memory: instead of memory_ops */
	/* the bus's own */
	struct PciDevice *device;
	unsigned handle;	  /* of port_map() */
	Region *region;
	uint64_t mapped;	  /* where it is; ~0: nowhere */
} PciBar;

typedef struct PciBus PciBus;

typedef struct PciDevice {
	Device device;
	PciBus *bus;
	uint8_t devfn;			   /* slot << 3 | function */
	uint8_t config[PCI_CONFIG_SIZE];   /* as the guest reads it */
	uint8_t writable[PCI_CONFIG_SIZE]; /* bits the guest may set */
	uint8_t clear[PCI_CONFIG_SIZE];	   /* bits that writing 1 clears */
	PciBar bars[PCI_BARS];
	PciBar rom;			   /* ram is its contents; the bus loads it from `romfile`, or pci_register_rom() */
	bool intx;
	/* Called after a guest wrote config bytes [offset, offset + size) and the bus did its part; NULL: nothing. */
	void (*config_written)(struct PciDevice *device, unsigned offset, unsigned size);
	uint32_t (*config_read)(struct PciDevice *device, unsigned offset, unsigned size); /* instead of config[]; NULL: as is */
	char *addr;			   /* the property of that name: "slot" or "slot.function", hex; NULL: the first free */
	char *romfile;
	bool multifunction;
	uint32_t rombar;
} PciDevice;

/* The properties that all PCI devices have, to end a class's table with. */
#define PCI_PROPERTIES(type, pci) PCI_PROPERTIES_WITH_ROM(type, pci, NULL)
/* Likewise, of devices that come with an option ROM of that name. */
#define PCI_PROPERTIES_WITH_ROM(type, pci, rom_name) \
	{ "addr", PROPERTY_STRING, offsetof(type, pci.addr), NULL, "slot or slot.function, in hexadecimal", 0, 0, NULL }, \
	{ "multifunction", PROPERTY_BOOL, offsetof(type, pci.multifunction), "off", "other functions share its slot", 0, 0, NULL }, \
	{ "romfile", PROPERTY_STRING, offsetof(type, pci.romfile), rom_name, "file with its option ROM", 0, 0, NULL }, \
	{ "rombar", PROPERTY_U32, offsetof(type, pci.rombar), "1", "show the option ROM in a BAR", 0, 1, NULL }

/* What a saved machine keeps of every PCI device, to begin a class's table with. */
#define PCI_STATE(type, pci) \
	{ "config", STATE_BYTES, offsetof(type, pci.config), PCI_CONFIG_SIZE, 0, NULL, 0 }, \
	{ "intx", STATE_BOOL, offsetof(type, pci.intx), 0, 0, NULL, 0 }

/* `set_irq`: INTx line 0-3 (INTA-INTD) of the function changed, already swizzled by slot as (slot + pin) & 3. Levels of functions
 * that share a line are joined. */
PciBus *pci_bus_new(Machine *machine, const char *name, void (*set_irq)(void *owner, unsigned line, bool level), void *owner);
void pci_bus_free(PciBus *bus);
/* Who takes messages to FEExxxxx (apic_deliver_msi()); false: not for it. Without: they are lost. */
void pci_bus_set_msi(PciBus *bus, bool (*deliver)(void *owner, uint64_t address, uint32_t data), void *owner);
/* First call of a PCI device's realize(): fills the header from its class, finds a slot, and puts it on the machine's bus. */
bool pci_device_attach(PciDevice *device, PciBus *bus, GError **error);
void pci_device_detach(PciDevice *device);
/* In realize(), after attaching. */
void pci_register_io_bar(PciDevice *device, unsigned bar, const char *name, uint32_t size, const PortOps *ops);
void pci_register_memory_bar(PciDevice *device, unsigned bar, PciBarKind kind, const char *name, uint64_t size, const MemoryOps *ops);
void pci_register_ram_bar(PciDevice *device, unsigned bar, PciBarKind kind, RamBlock *ram);
/* An option ROM that doesn't come from `romfile`; shown only if rombar says so. */
void pci_register_rom(PciDevice *device, RamBlock *ram);
/* Adds a capability of `size` bytes to the list, read-only; the caller fills what follows its two header bytes. */
void pci_add_capability(PciDevice *device, uint8_t id, uint8_t offset, uint8_t size);
/* Reset of the header: command, BARs, interrupt line. A device's reset() calls it first. */
void pci_device_reset(PciDevice *device);
/* A device's loaded() calls it first: maps the BARs as the loaded header says. */
void pci_device_loaded(PciDevice *device);
/* The INTx pin. */
void pci_set_irq(PciDevice *device, bool level);
/* Message-signalled interrupt capability at `offset`; pci_msi_send() returns false if the guest hasn't enabled it. */
void pci_add_msi(PciDevice *device, uint8_t offset, unsigned vectors);
bool pci_msi_send(PciDevice *device, unsigned vector);
/* Bus mastering: as memory_read() and memory_write(), but nothing (false) while the command register forbids it. */
bool pci_dma_read(PciDevice *device, uint64_t phys, void *to, uint64_t size);
bool pci_dma_write(PciDevice *device, uint64_t phys, const void *from, uint64_t size);

/* Configuration accesses by bus number 0, as mechanism 1 and ECAM make them; nothing there: all ones. */
uint32_t pci_config_read(PciBus *bus, uint8_t bus_number, uint8_t devfn, unsigned offset, unsigned size);
void pci_config_write(PciBus *bus, uint8_t bus_number, uint8_t devfn, unsigned offset, uint32_t value, unsigned size);
PciDevice *pci_find(PciBus *bus, uint8_t devfn);
/* Ports CF8 and CFC. */
void pci_map_mechanism1(PciBus *bus);
void pci_print(PciBus *bus, GString *out); /* info pci */

PciBus *machine_pci_bus(Machine *machine); /* the root bus; NULL: the board has none */
