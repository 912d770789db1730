/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices and their properties, see device.h. */
#include "machine/device.h"

#include <errno.h>
#include <string.h>

#include "base/nearest.h"
#include "char/chardev.h"
#include "disk/block.h"
#include "hw/pci/pci.h"
#include "machine/machine-private.h"

static void *field(const Device *device, const Property *property)
{
	return (uint8_t *)device + property->offset;
}

/* ---- text to value ---- */

static bool bad_value(GError **error, const Device *device, const Property *property, const char *value, const char *want)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s=%s: %s", device->class->name, property->name, value, want);
	return false;
}

static bool parse_on_off(const char *value, bool *on)
{
	static const struct { const char *text; bool on; } words[] = {
		{ "on", true }, { "off", false }, { "yes", true }, { "no", false }, { "true", true }, { "false", false },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(words); n++)
		if (!strcmp(value, words[n].text)) {
			*on = words[n].on;
			return true;
		}
	return false;
}

static uint64_t type_maximum(PropertyType type)
{
	switch (type) {
	case PROPERTY_U8: return UINT8_MAX;
	case PROPERTY_U16: return UINT16_MAX;
	case PROPERTY_U32: return UINT32_MAX;
	default: return UINT64_MAX;
	}
}

static bool parse_number(const char *value, bool with_suffix, uint64_t *number)
{
	char *end;
	errno = 0;
	uint64_t n = g_ascii_strtoull(value, &end, 0);
	if (errno || end == value || *value == '-')
		return false;
	unsigned shift = 0;
	if (with_suffix && *end) {
		static const char suffixes[] = "KMGTPE";
		const char *found = strchr(suffixes, g_ascii_toupper(*end));
		if (found && g_ascii_toupper(*end) != 0) {
			shift = 10 * (unsigned)(found - suffixes + 1);
			end++;
		} else if (g_ascii_toupper(*end) == 'B') {
			end++;
		}
	}
	if (*end || (shift && n >> (64 - shift)))
		return false;
	*number = n << shift;
	return true;
}

static bool set_number(Device *device, const Property *property, const char *value, GError **error)
{
	uint64_t number, maximum = property->maximum ? property->maximum : type_maximum(property->type);
	if (!parse_number(value, property->type == PROPERTY_SIZE, &number) || number < property->minimum || number > maximum) {
		g_autofree char *want = g_strdup_printf("must be a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, property->minimum, maximum);
		return bad_value(error, device, property, value, want);
	}
	switch (property->type) {
	case PROPERTY_U8: *(uint8_t *)field(device, property) = (uint8_t)number; break;
	case PROPERTY_U16: *(uint16_t *)field(device, property) = (uint16_t)number; break;
	case PROPERTY_U32: *(uint32_t *)field(device, property) = (uint32_t)number; break;
	default: *(uint64_t *)field(device, property) = number;
	}
	return true;
}

static bool set_integer(Device *device, const Property *property, const char *value, GError **error)
{
	char *end;
	errno = 0;
	gint64 number = g_ascii_strtoll(value, &end, 0);
	if (errno || end == value || *end || number < INT32_MIN || number > INT32_MAX)
		return bad_value(error, device, property, value, "must be a whole number of 32 bits");
	*(int32_t *)field(device, property) = (int32_t)number;
	return true;
}

static bool set_choice(Device *device, const Property *property, const char *value, GError **error)
{
	for (unsigned n = 0; property->choices[n]; n++)
		if (!strcmp(property->choices[n], value)) {
			*(unsigned *)field(device, property) = n;
			return true;
		}
	g_autofree char *list = g_strjoinv(", ", (char **)property->choices);
	g_autofree char *want = g_strdup_printf("must be one of: %s", list);
	return bad_value(error, device, property, value, want);
}

static bool set_on_off(Device *device, const Property *property, const char *value, GError **error)
{
	bool on;
	bool automatic = property->type == PROPERTY_AUTO && !strcmp(value, "auto");
	if (!automatic && !parse_on_off(value, &on))
		return bad_value(error, device, property, value, property->type == PROPERTY_AUTO ? "must be on, off or auto" : "must be on or off");
	if (property->type == PROPERTY_BOOL)
		*(bool *)field(device, property) = on;
	else
		*(OnOffAuto *)field(device, property) = automatic ? OOA_AUTO : on ? OOA_ON : OOA_OFF;
	return true;
}

static bool set_reference(Device *device, const Property *property, const char *value, GError **error)
{
	void *found = property->type == PROPERTY_DRIVE ? (void *)block_find(device->machine, value) : (void *)chardev_find(device->machine, value);
	if (!found)
		return bad_value(error, device, property, value, property->type == PROPERTY_DRIVE ? "there is no drive with this id" : "there is no character device with this id");
	*(void **)field(device, property) = found;
	return true;
}

static bool set_value(Device *device, const Property *property, const char *value, GError **error)
{
	switch (property->type) {
	case PROPERTY_BOOL: case PROPERTY_AUTO: return set_on_off(device, property, value, error);
	case PROPERTY_I32: return set_integer(device, property, value, error);
	case PROPERTY_CHOICE: return set_choice(device, property, value, error);
	case PROPERTY_DRIVE: case PROPERTY_CHARDEV: return set_reference(device, property, value, error);
	case PROPERTY_STRING: {
		char **text = field(device, property);
		g_free(*text);
		*text = g_strdup(value);
		return true;
	}
	default: return set_number(device, property, value, error);
	}
}

static const Property *find_property(const DeviceClass *class, const char *name)
{
	for (const Property *p = class->properties; p && p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

bool device_set_property(Device *device, const char *name, const char *value, GError **error)
{
	const Property *property = find_property(device->class, name);
	if (property)
		return set_value(device, property, value, error);
	g_autoptr(Nearest) nearest = nearest_new(name);
	for (const Property *p = device->class->properties; p && p->name; p++)
		nearest_offer(nearest, p->name);
	g_autofree char *hint = nearest_hint(nearest);
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: there is no property '%s'%s", device->class->name, name, hint);
	return false;
}

/* ---- value to text ---- */

char *device_get_property(const Device *device, const Property *property)
{
	const void *p = field(device, property);
	switch (property->type) {
	case PROPERTY_BOOL: return g_strdup(*(const bool *)p ? "on" : "off");
	case PROPERTY_AUTO: return g_strdup(*(const OnOffAuto *)p == OOA_AUTO ? "auto" : *(const OnOffAuto *)p == OOA_ON ? "on" : "off");
	case PROPERTY_U8: return g_strdup_printf("%u", *(const uint8_t *)p);
	case PROPERTY_U16: return g_strdup_printf("%u", *(const uint16_t *)p);
	case PROPERTY_U32: return g_strdup_printf("%u", *(const uint32_t *)p);
	case PROPERTY_I32: return g_strdup_printf("%d", *(const int32_t *)p);
	case PROPERTY_U64: case PROPERTY_SIZE: return g_strdup_printf("%" G_GUINT64_FORMAT, *(const uint64_t *)p);
	case PROPERTY_STRING: return g_strdup(*(char *const *)p ? *(char *const *)p : "");
	case PROPERTY_CHOICE: return g_strdup(property->choices[*(const unsigned *)p]);
	case PROPERTY_DRIVE: return g_strdup(*(Block *const *)p ? block_id(*(Block *const *)p) : "");
	case PROPERTY_CHARDEV: return g_strdup(*(CharDev *const *)p ? chardev_description(*(CharDev *const *)p) : "");
	}
	return g_strdup("");
}

/* ---- devices ---- */

const DeviceClass *device_class_find(const char *name)
{
	for (const DeviceClass *const *class = device_classes; *class; class++)
		if (!strcmp((*class)->name, name))
			return *class;
	return NULL;
}

bool device_class_pluggable(const DeviceClass *class)
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
	for (const Property *p = class->properties; p && p->name; p++)
		if (p->value) {
			bool ok = set_value(device, p, p->value, NULL);
			g_assert(ok); /* the table's own default */
		}
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
	for (const Property *p = device->class->properties; p && p->name; p++)
		if (p->type == PROPERTY_STRING)
			g_free(*(char **)field(device, p));
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
