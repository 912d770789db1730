/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The device model: a device is declared once, and everything else is read off its declaration.
 *
 * A DeviceClass says the device's name, the bus it sits on, its properties and what of it a saved machine keeps. `-device help`,
 * `-device NAME,help`, the hardware dialog, snapshots and `info qtree` read those tables; realize() is all the device's own code
 * that runs when a machine is built. A device's struct begins with a Device.
 * All functions are called under the machine's lock, unless they say otherwise. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "mem/memory.h"

typedef struct Machine Machine;
typedef struct Device Device;
typedef struct DeviceClass DeviceClass;

/* ---- interrupt lines ---- */

/* A wire to whoever takes it. `set` NULL: not connected. Copied freely. */
typedef struct Irq {
	void (*set)(void *owner, unsigned line, bool level);
	void *owner;
	unsigned line;
} Irq;

static inline void irq_set(const Irq *irq, bool level)
{
	if (irq->set)
		irq->set(irq->owner, irq->line, level);
}

static inline void irq_pulse(const Irq *irq)
{
	irq_set(irq, true);
	irq_set(irq, false);
}

/* ---- properties ---- */

typedef enum PropertyType {
	PROPERTY_BOOL,	/* bool: on, off */
	PROPERTY_AUTO,	/* OnOffAuto */
	PROPERTY_U8, PROPERTY_U16, PROPERTY_U32, PROPERTY_U64, /* decimal or 0x */
	PROPERTY_I32,
	PROPERTY_SIZE,	/* uint64_t: bytes with suffix K M G T */
	PROPERTY_STRING, /* char *: owned by the device, NULL when not given and without default */
	PROPERTY_CHOICE, /* unsigned: index into `choices` */
	PROPERTY_DRIVE,	/* Block *: the -drive of that id (disk/block.h) */
	PROPERTY_CHARDEV, /* CharDev *: the -chardev of that id (char/chardev.h) */
} PropertyType;

typedef enum OnOffAuto { OOA_AUTO, OOA_ON, OOA_OFF } OnOffAuto;

typedef struct Property {
	const char *name;
	PropertyType type;
	size_t offset;		   /* into the device's struct */
	const char *value;	   /* the default, as a user would write it; NULL: zero, or no string */
	const char *help;
	uint64_t minimum, maximum; /* of numbers; maximum 0: what the type holds; of PROPERTY_I32 the minimum is taken as int64_t */
	const char *const *choices; /* NULL-terminated */
} Property;

#define PROPERTY_FROM_MINUS_1 UINT64_MAX /* minimum of a PROPERTY_I32 whose -1 means that it isn't given */

/* ---- saved state ---- */

typedef enum StateType { STATE_BOOL, STATE_U8, STATE_U16, STATE_U32, STATE_U64, STATE_BYTES, STATE_TIMER, STATE_STRUCT } StateType;

typedef struct StateField {
	const char *name;
	StateType type;
	size_t offset;
	unsigned count;			/* of an array; 0 counts as 1; of STATE_BYTES: how many */
	unsigned since;			/* the class's state_version that added it; 0: always there */
	const struct StateField *fields; /* of STATE_STRUCT */
	size_t stride;			/* of STATE_STRUCT arrays: bytes of one element */
} StateField;

/* ---- devices ---- */

struct DeviceClass {
	const char *name;	 /* as `-device` takes it */
	const char *bus;	 /* "system" (the board makes it; not for -device), "isa", "pci", "ide", "floppy" */
	const char *description; /* a phrase for lists */
	size_t size;		 /* of the device's struct */
	const Property *properties; /* ends with a NULL name; NULL: none */
	const StateField *state;    /* likewise */
	unsigned state_version;	    /* begins with 1 */
	bool (*realize)(Device *device, GError **error); /* maps registers, makes timers; undoes what it began if it fails */
	void (*reset)(Device *device);			  /* NULL: nothing to reset */
	void (*unrealize)(Device *device);		  /* frees what realize() made, not the struct; NULL: nothing */
	void (*loaded)(Device *device, unsigned version); /* after a state was loaded: derive what isn't saved. NULL: nothing */
	const void *bus_class;	 /* what the bus wants to know: of "pci" a PciClass (hw/pci/pci.h) */
};

struct Device {
	const DeviceClass *class;
	Machine *machine;
	char *id;	 /* the user's, or NULL */
	bool realized;
};

/* Not realized yet; properties have their defaults. Belongs to the machine from now on. */
Device *device_new(Machine *machine, const DeviceClass *class, const char *id);
/* By the text that a user wrote. False: unknown property or bad value, *error names both, the nearest name and the limits. */
bool device_set_property(Device *device, const char *name, const char *value, GError **error);
/* The value as text, for info qtree; free it. */
char *device_get_property(const Device *device, const Property *property);
bool device_realize(Device *device, GError **error);
/* By id, NULL: none. */
Device *device_find(Machine *machine, const char *id);

/* All classes that there are, for help and -device: device_classes.c lists them. Ends with NULL. */
extern const DeviceClass *const device_classes[];
const DeviceClass *device_class_find(const char *name);
/* Does -device take it? What a board can't do without, or has one of, it makes itself. */
bool device_class_is_pluggable(const DeviceClass *class);

/* ---- what devices need of their machine ---- */

Clock *machine_clock(Machine *machine);
Memory *machine_memory(Machine *machine);
PortSpace *machine_ports(Machine *machine);
/* ISA interrupt line 0-15, as the board wires them to 8259 and I/O APIC. */
Irq machine_isa_irq(Machine *machine, unsigned line);
/* A line in the machine's log, once per call; guests' mistakes go here. Rate-limited. */
void machine_log_guest_error(Machine *machine, const char *format, ...) G_GNUC_PRINTF(2, 3);

typedef enum MachineRequest {
	REQUEST_RESET,	    /* of the whole machine, by the guest (8042, port 92, CF9, triple fault) */
	REQUEST_POWER_OFF,  /* the guest switched itself off */
	REQUEST_SUSPEND,    /* S3 */
	REQUEST_WAKE,	    /* out of S3: `value` is a MachineWake */
	REQUEST_PANIC,	    /* pvpanic */
	REQUEST_EXIT,	    /* isa-debug-exit: `value` is the exit status */
} MachineRequest;
/* What ends S3. */
typedef enum MachineWake { WAKE_BUTTON, WAKE_RTC, WAKE_TIMER } MachineWake;
/* From any thread; carried out by the machine thread soon. */
void machine_request(Machine *machine, MachineRequest request, int value);

/* ---- processors, as interrupt controllers and bridges see them ---- */

/* The processor whose access the device is serving now; 0 outside of one. */
unsigned machine_active_cpu(Machine *machine);
/* INTR of processor n; wakes it. */
void machine_set_cpu_interrupt(Machine *machine, unsigned n, bool level);
typedef enum CpuSignal { CPU_SIGNAL_NMI, CPU_SIGNAL_SMI, CPU_SIGNAL_INIT, CPU_SIGNAL_SIPI } CpuSignal;
void machine_signal_cpu(Machine *machine, unsigned n, CpuSignal signal, uint8_t sipi_vector);
/* A20 gate of all processors: port 92, 8042. */
void machine_set_a20(Machine *machine, bool enabled);
bool machine_a20(Machine *machine);
