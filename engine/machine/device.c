/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices and their properties, see device.h. */
#include "machine/device.h"

#include <string.h>

#include "hw/pci/pci.h"
#include "machine/machine-private.h"
#include "machine/property.h"

bool device_set_property(Device *device, const char *name, const char *value, GError **error)
{
	const Property *property = property_find(device->class->properties, device->class->name, name, error);
	return property && property_set(device->machine, device, device->class->name, property, value, error);
}

char *device_get_property(const Device *device, const Property *property)
{
	return property_get(device, property);
}

/* ---- devices ---- */

const DeviceClass *device_class_find(const char *name)
{
	for (const DeviceClass *const *class = device_classes; *class; class++)
		if (!strcmp((*class)->name, name))
			return *class;
	return NULL;
}

bool device_class_is_pluggable(const DeviceClass *class)
{
	const PciClass *pci = class->bus_class;
	return strcmp(class->bus, "system") && !(pci && !strcmp(class->bus, "pci") && pci->not_pluggable);
}

static void apply_globals(Device *device)
{
	const MachineConfig *config = machine_config(device->machine);
	for (unsigned n = 0; n < config->globals->len; n++) {
		const ConfigGlobal *global = g_ptr_array_index(config->globals, n);
		/* A bad one was refused when the configuration was checked against the classes, see machine_new(). */
		if (!strcmp(global->driver, device->class->name))
			device_set_property(device, global->property, global->value, NULL);
	}
}

Device *device_new(Machine *machine, const DeviceClass *class, const char *id)
{
	Device *device = g_malloc0(class->size);
	device->class = class;
	device->machine = machine;
	device->id = g_strdup(id);
	property_set_defaults(machine, device, class->properties);
	apply_globals(device);
	g_ptr_array_add(machine->devices, device);
	return device;
}

bool device_realize(Device *device, GError **error)
{
	if (device->class->realize && !device->class->realize(device, error))
		return false;
	device->realized = true;
	return true;
}

void device_free(Device *device)
{
	if (device->realized && device->class->unrealize)
		device->class->unrealize(device);
	property_clear(device, device->class->properties);
	g_free(device->id);
	g_free(device);
}

Device *device_find(Machine *machine, const char *id)
{
	for (unsigned n = 0; n < machine->devices->len; n++) {
		Device *device = g_ptr_array_index(machine->devices, n);
		if (device->id && !strcmp(device->id, id))
			return device;
	}
	return NULL;
}
