/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration document, see config.h.
 *
 * Its members are declared once, in config_table.c; making, copying, freeing, checking, reading and writing walk that table.
 * In JSON a member with a group stands in an object of the group's name: {"cpu": {"count": 2}}. What is empty by default and is
 * empty is left out. */
#include "machine/config_table.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"

/* ---- members ---- */

static void *field(const void *base, const ConfigMember *member)
{
	return (uint8_t *)base + member->offset;
}

static char *place_of(const char *place, const ConfigMember *member)
{
	return member->group ? g_strdup_printf("%s/%s/%s", place, member->group, member->name) : g_strdup_printf("%s/%s", place, member->name);
}

G_GNUC_PRINTF(3, 4)
static bool fail(GError **error, const char *place, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s", *place ? place : "/", text);
	return false;
}

static void pair_free(gpointer data)
{
	ConfigPair *pair = data;
	g_free(pair->name);
	g_free(pair->value);
	g_free(pair);
}

static void members_clear(void *base, const ConfigMember *members);

static void drive_free(gpointer data)
{
	members_clear(data, config_drive_members);
	g_free(data);
}

static void device_free_config(gpointer data)
{
	members_clear(data, config_device_members);
	g_free(data);
}

static void global_free(gpointer data)
{
	members_clear(data, config_global_members);
	g_free(data);
}

static GPtrArray *new_list(const ConfigMember *member)
{
	switch (member->type) {
	case CONFIG_STRINGS: return g_ptr_array_new_with_free_func(g_free);
	case CONFIG_PAIRS: return g_ptr_array_new_with_free_func(pair_free);
	case CONFIG_DRIVES: return g_ptr_array_new_with_free_func(drive_free);
	case CONFIG_DEVICES: return g_ptr_array_new_with_free_func(device_free_config);
	default: return g_ptr_array_new_with_free_func(global_free);
	}
}

static const ConfigMember *item_members(ConfigType type)
{
	return type == CONFIG_DRIVES ? config_drive_members : type == CONFIG_DEVICES ? config_device_members : config_global_members;
}

static size_t item_size(ConfigType type)
{
	return type == CONFIG_DRIVES ? sizeof(ConfigDrive) : type == CONFIG_DEVICES ? sizeof(ConfigDevice) : sizeof(ConfigGlobal);
}

static void members_init(void *base, const ConfigMember *members)
{
	for (const ConfigMember *m = members; m->name; m++)
		switch (m->type) {
		case CONFIG_STRING: *(char **)field(base, m) = g_strdup(m->initial_text); break;
		case CONFIG_BOOL: *(bool *)field(base, m) = false; break;
		case CONFIG_UNSIGNED: *(unsigned *)field(base, m) = (unsigned)m->initial; break;
		case CONFIG_INT: *(int *)field(base, m) = (int)m->initial; break;
		case CONFIG_SIZE: *(uint64_t *)field(base, m) = (uint64_t)m->initial; break;
		default: *(GPtrArray **)field(base, m) = new_list(m);
		}
}

static void members_clear(void *base, const ConfigMember *members)
{
	for (const ConfigMember *m = members; m->name; m++)
		if (m->type == CONFIG_STRING)
			g_free(*(char **)field(base, m));
		else if (m->type >= CONFIG_STRINGS)
			g_ptr_array_unref(*(GPtrArray **)field(base, m));
}

static void *new_item(ConfigType type)
{
	void *item = g_malloc0(item_size(type));
	members_init(item, item_members(type));
	return item;
}

ConfigDrive *config_drive_new(void)
{
	return new_item(CONFIG_DRIVES);
}

void config_drive_free(ConfigDrive *drive)
{
	if (drive)
		drive_free(drive);
}

ConfigDevice *config_device_new(void)
{
	return new_item(CONFIG_DEVICES);
}

void config_device_free(ConfigDevice *device)
{
	if (device)
		device_free_config(device);
}

ConfigGlobal *config_global_new(void)
{
	return new_item(CONFIG_GLOBALS);
}

void config_global_free(ConfigGlobal *global)
{
	if (global)
		global_free(global);
}

/* A later value of the same name replaces an earlier one. */
void config_set_pair(GPtrArray *pairs, const char *name, const char *value)
{
	for (unsigned n = 0; n < pairs->len; n++) {
		ConfigPair *pair = g_ptr_array_index(pairs, n);
		if (strcmp(pair->name, name))
			continue;
		g_free(pair->value);
		pair->value = g_strdup(value);
		return;
	}
	ConfigPair *pair = g_new(ConfigPair, 1);
	*pair = (ConfigPair){ g_strdup(name), g_strdup(value) };
	g_ptr_array_add(pairs, pair);
}

/* ---- copies ---- */

static void members_copy(void *to, const void *from, const ConfigMember *members);

static void list_copy(GPtrArray *to, const GPtrArray *from, ConfigType type)
{
	for (unsigned n = 0; n < from->len; n++) {
		const void *item = g_ptr_array_index(from, n);
		if (type == CONFIG_STRINGS) {
			g_ptr_array_add(to, g_strdup(item));
		} else if (type == CONFIG_PAIRS) {
			const ConfigPair *pair = item;
			config_set_pair(to, pair->name, pair->value);
		} else {
			void *copy = g_malloc0(item_size(type));
			members_copy(copy, item, item_members(type));
			g_ptr_array_add(to, copy);
		}
	}
}

/* Into fresh memory. */
static void members_copy(void *to, const void *from, const ConfigMember *members)
{
	for (const ConfigMember *m = members; m->name; m++)
		switch (m->type) {
		case CONFIG_STRING: *(char **)field(to, m) = g_strdup(*(char *const *)field(from, m)); break;
		case CONFIG_BOOL: *(bool *)field(to, m) = *(const bool *)field(from, m); break;
		case CONFIG_UNSIGNED: *(unsigned *)field(to, m) = *(const unsigned *)field(from, m); break;
		case CONFIG_INT: *(int *)field(to, m) = *(const int *)field(from, m); break;
		case CONFIG_SIZE: *(uint64_t *)field(to, m) = *(const uint64_t *)field(from, m); break;
		default:
			*(GPtrArray **)field(to, m) = new_list(m);
			list_copy(*(GPtrArray **)field(to, m), *(GPtrArray *const *)field(from, m), m->type);
		}
}

MachineConfig *config_copy(const MachineConfig *config)
{
	MachineConfig *copy = g_new0(MachineConfig, 1);
	members_copy(copy, config, config_members);
	return copy;
}

void config_free(MachineConfig *config)
{
	if (!config)
		return;
	members_clear(config, config_members);
	g_free(config);
}

MachineConfig *config_new_bare(void)
{
	MachineConfig *config = g_new0(MachineConfig, 1);
	members_init(config, config_members);
	return config;
}

MachineConfig *config_new(void)
{
	MachineConfig *config = config_new_bare();
	g_ptr_array_add(config->serials, g_strdup("null"));
	g_ptr_array_add(config->parallels, g_strdup("null"));
	config_add_default_drive(config, "ide", 2, "cdrom");
	config_add_default_drive(config, "floppy", 0, "disk");
	return config;
}

/* ---- drives' places ---- */

typedef struct DriveInterface {
	const char *name;
	int buses, units; /* 0: has no places */
	bool media_in_id;
} DriveInterface;

static const DriveInterface interfaces[] = { { "ide", 2, 2, true }, { "floppy", 1, 2, false }, { "none", 0, 0, false } };

static const DriveInterface *interface_find(const char *name)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(interfaces); n++)
		if (!g_strcmp0(interfaces[n].name, name))
			return &interfaces[n];
	return NULL;
}

bool config_interface_places(const char *name, int *buses, int *units)
{
	const DriveInterface *interface = interface_find(name);
	if (!interface || !interface->units)
		return false;
	*buses = interface->buses;
	*units = interface->units;
	return true;
}

static const ConfigDrive *drive_at(const MachineConfig *config, const char *interface, int bus, int unit)
{
	for (unsigned n = 0; n < config->drives->len; n++) {
		const ConfigDrive *drive = g_ptr_array_index(config->drives, n);
		if (!g_strcmp0(drive->interface, interface) && drive->bus == bus && drive->unit == unit)
			return drive;
	}
	return NULL;
}

void config_drive_set_index(ConfigDrive *drive, int index)
{
	const DriveInterface *interface = interface_find(drive->interface);
	if (!interface || !interface->units)
		return;
	drive->bus = interface->buses > 1 ? index / interface->units : 0;
	drive->unit = interface->buses > 1 ? index % interface->units : index;
}

static bool place_drive(const MachineConfig *config, ConfigDrive *drive, const DriveInterface *interface)
{
	for (int bus = 0; bus < interface->buses; bus++)
		for (int unit = 0; unit < interface->units; unit++)
			if ((drive->bus < 0 || drive->bus == bus) && (drive->unit < 0 || drive->unit == unit) &&
			    !drive_at(config, interface->name, bus, unit)) {
				drive->bus = bus;
				drive->unit = unit;
				return true;
			}
	return false;
}

static char *drive_name(const MachineConfig *config, const ConfigDrive *drive, const DriveInterface *interface)
{
	if (interface->units) {
		const char *media = !interface->media_in_id ? "" : !g_strcmp0(drive->media, "cdrom") ? "-cd" : "-hd";
		return interface->buses > 1 ? g_strdup_printf("%s%d%s%d", interface->name, drive->bus, media, drive->unit)
					    : g_strdup_printf("%s%s%d", interface->name, media, drive->unit);
	}
	for (unsigned number = 0;; number++) {
		g_autofree char *name = g_strdup_printf("%s%u", interface->name, number);
		bool taken = false;
		for (unsigned n = 0; n < config->drives->len; n++)
			taken |= !g_strcmp0(((ConfigDrive *)g_ptr_array_index(config->drives, n))->id, name);
		if (!taken)
			return g_steal_pointer(&name);
	}
}

bool config_place_drives(MachineConfig *config, GError **error)
{
	for (unsigned n = 0; n < config->drives->len; n++) {
		ConfigDrive *drive = g_ptr_array_index(config->drives, n);
		const DriveInterface *interface = interface_find(drive->interface);
		if (!interface)
			continue; /* config_check() names it */
		if (interface->units && (drive->bus < 0 || drive->unit < 0) && !place_drive(config, drive, interface)) {
			g_autofree char *place = g_strdup_printf("/drives/%u", n);
			return fail(error, place, "no place is free for it on interface '%s'", interface->name);
		}
		if (!drive->id)
			drive->id = drive_name(config, drive, interface);
	}
	return true;
}

void config_add_default_drive(MachineConfig *config, const char *interface, int index, const char *media)
{
	ConfigDrive *drive = config_drive_new();
	g_free(drive->interface);
	drive->interface = g_strdup(interface);
	g_free(drive->media);
	drive->media = g_strdup(media);
	config_drive_set_index(drive, index);
	if (drive_at(config, interface, drive->bus, drive->unit)) {
		config_drive_free(drive);
		return;
	}
	drive->id = drive_name(config, drive, interface_find(interface));
	g_ptr_array_add(config->drives, drive);
}

/* ---- checks ---- */

static bool check_string(const char *place, const ConfigMember *member, const char *value, GError **error)
{
	if (!value)
		return !member->required || fail(error, place, "must be given");
	if (!g_utf8_validate(value, -1, NULL))
		return fail(error, place, "is not UTF-8 text");
	if (member->choices && !g_strv_contains(member->choices, value)) {
		g_autoptr(Nearest) nearest = nearest_new(value);
		for (unsigned n = 0; member->choices[n]; n++)
			nearest_offer(nearest, member->choices[n]);
		g_autofree char *list = g_strjoinv(", ", (char **)member->choices), *hint = nearest_hint(nearest);
		return fail(error, place, "'%s' is not one of: %s%s", value, list, hint);
	}
	g_autofree char *problem = member->problem ? member->problem(value) : NULL;
	return !problem || fail(error, place, "'%s' %s", value, problem);
}

static bool check_number(const char *place, const ConfigMember *member, int64_t value, GError **error)
{
	if (value >= member->minimum && value <= member->maximum)
		return true;
	return fail(error, place, "%" G_GINT64_FORMAT " is not from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, value, member->minimum, member->maximum);
}

static bool check_size(const char *place, const ConfigMember *member, uint64_t value, GError **error)
{
	if (value <= INT64_MAX)
		return check_number(place, member, (int64_t)value, error);
	return fail(error, place, "%" G_GUINT64_FORMAT " is more than %" G_GINT64_FORMAT, value, member->maximum);
}

static bool check_members(const char *place, const void *base, const ConfigMember *members, GError **error);

static bool check_pair(const char *place, const GPtrArray *pairs, unsigned index, GError **error)
{
	const ConfigPair *pair = g_ptr_array_index(pairs, index);
	if (!pair->name || !*pair->name || !pair->value)
		return fail(error, place, "a property needs a name and a value");
	if (!g_utf8_validate(pair->name, -1, NULL) || !g_utf8_validate(pair->value, -1, NULL))
		return fail(error, place, "is not UTF-8 text");
	for (unsigned n = 0; n < index; n++)
		if (!strcmp(((ConfigPair *)g_ptr_array_index(pairs, n))->name, pair->name))
			return fail(error, place, "the property '%s' is there twice", pair->name);
	return true;
}

static bool check_list(const char *place, const ConfigMember *member, const GPtrArray *list, GError **error)
{
	if (member->maximum && list->len > (guint64)member->maximum)
		return fail(error, place, "there are %u, and at most %" G_GINT64_FORMAT " can be had", list->len, member->maximum);
	for (unsigned n = 0; n < list->len; n++) {
		g_autofree char *item_place = g_strdup_printf("%s/%u", place, n);
		const void *item = g_ptr_array_index(list, n);
		bool ok = member->type == CONFIG_STRINGS ? check_string(item_place, member, item, error)
			: member->type == CONFIG_PAIRS	 ? check_pair(place, list, n, error)
							 : check_members(item_place, item, item_members(member->type), error);
		if (!ok)
			return false;
	}
	return true;
}

static bool check_member(const char *place, const void *base, const ConfigMember *m, GError **error)
{
	switch (m->type) {
	case CONFIG_STRING: return check_string(place, m, *(char *const *)field(base, m), error);
	case CONFIG_BOOL: return true;
	case CONFIG_UNSIGNED: return check_number(place, m, *(const unsigned *)field(base, m), error);
	case CONFIG_INT: return check_number(place, m, *(const int *)field(base, m), error);
	case CONFIG_SIZE: return check_size(place, m, *(const uint64_t *)field(base, m), error);
	default: return check_list(place, m, *(GPtrArray *const *)field(base, m), error);
	}
}

static bool check_members(const char *place, const void *base, const ConfigMember *members, GError **error)
{
	for (const ConfigMember *m = members; m->name; m++) {
		g_autofree char *member_place = place_of(place, m);
		if (!check_member(member_place, base, m, error))
			return false;
	}
	return true;
}

static bool check_topology(const MachineConfig *config, GError **error)
{
	uint64_t product = (uint64_t)config->sockets * config->cores * config->threads;
	if (product != config->max_cpus)
		return fail(error, "/cpu", "%u sockets * %u cores * %u threads are %" G_GUINT64_FORMAT ", not the maximum of %u processors",
			    config->sockets, config->cores, config->threads, product, config->max_cpus);
	if (config->cpus > config->max_cpus)
		return fail(error, "/cpu/count", "%u processors are more than the maximum of %u", config->cpus, config->max_cpus);
	return true;
}

static bool check_drive(const MachineConfig *config, unsigned index, GError **error)
{
	const ConfigDrive *drive = g_ptr_array_index(config->drives, index);
	const DriveInterface *interface = interface_find(drive->interface);
	g_autofree char *place = g_strdup_printf("/drives/%u", index);
	if (interface->units && (drive->bus < 0 || drive->bus >= interface->buses || drive->unit < 0 || drive->unit >= interface->units))
		return fail(error, place, "interface '%s' has no bus %d, unit %d: its buses are 0 to %d, with units 0 to %d", interface->name,
			    drive->bus, drive->unit, interface->buses - 1, interface->units - 1);
	for (unsigned n = 0; n < index; n++) {
		const ConfigDrive *other = g_ptr_array_index(config->drives, n);
		if (interface->units && !strcmp(other->interface, drive->interface) && other->bus == drive->bus && other->unit == drive->unit)
			return fail(error, place, "drive '%s' is already at %s bus %d, unit %d", other->id, drive->interface, drive->bus, drive->unit);
		if (!strcmp(other->id, drive->id))
			return fail(error, place, "two drives have the id '%s'", drive->id);
	}
	return true;
}

static bool check_device_ids(const MachineConfig *config, GError **error)
{
	for (unsigned n = 0; n < config->devices->len; n++)
		for (unsigned k = 0; k < n; k++) {
			const ConfigDevice *a = g_ptr_array_index(config->devices, n), *b = g_ptr_array_index(config->devices, k);
			if (!a->id || g_strcmp0(a->id, b->id))
				continue;
			g_autofree char *place = g_strdup_printf("/devices/%u/id", n);
			return fail(error, place, "two devices have the id '%s'", a->id);
		}
	return true;
}

bool config_check(const MachineConfig *config, GError **error)
{
	if (!check_members("", config, config_members, error) || !check_topology(config, error) || !check_device_ids(config, error))
		return false;
	for (unsigned n = 0; n < config->drives->len; n++)
		if (!check_drive(config, n, error))
			return false;
	return true;
}

/* ---- to JSON ---- */

static JsonObject *members_to_json(const void *base, const ConfigMember *members);

static JsonArray *list_to_json(const GPtrArray *list, ConfigType type)
{
	JsonArray *array = json_array_sized_new(list->len);
	for (unsigned n = 0; n < list->len; n++)
		if (type == CONFIG_STRINGS)
			json_array_add_string_element(array, g_ptr_array_index(list, n));
		else
			json_array_add_object_element(array, members_to_json(g_ptr_array_index(list, n), item_members(type)));
	return array;
}

static JsonObject *pairs_to_json(const GPtrArray *pairs)
{
	JsonObject *object = json_object_new();
	for (unsigned n = 0; n < pairs->len; n++) {
		const ConfigPair *pair = g_ptr_array_index(pairs, n);
		json_object_set_string_member(object, pair->name, pair->value);
	}
	return object;
}

static JsonNode *string_node(const char *text)
{
	return text ? json_node_init_string(json_node_alloc(), text) : NULL;
}

static JsonNode *list_node(const GPtrArray *list, const ConfigMember *m)
{
	if (!list->len && !m->always)
		return NULL;
	if (m->type == CONFIG_PAIRS)
		return json_node_init_object(json_node_alloc(), pairs_to_json(list));
	return json_node_init_array(json_node_alloc(), list_to_json(list, m->type));
}

static JsonNode *int_node(int64_t value)
{
	return json_node_init_int(json_node_alloc(), value);
}

/* NULL: to be left out. */
static JsonNode *member_to_json(const void *base, const ConfigMember *m)
{
	switch (m->type) {
	case CONFIG_STRING: return string_node(*(char *const *)field(base, m));
	case CONFIG_BOOL: return *(const bool *)field(base, m) ? json_node_init_boolean(json_node_alloc(), TRUE) : NULL;
	case CONFIG_UNSIGNED: return int_node(*(const unsigned *)field(base, m));
	case CONFIG_INT: return *(const int *)field(base, m) == -1 ? NULL : int_node(*(const int *)field(base, m));
	case CONFIG_SIZE: return int_node((int64_t)*(const uint64_t *)field(base, m));
	default: return list_node(*(GPtrArray *const *)field(base, m), m);
	}
}

static JsonObject *group_object(JsonObject *object, const char *group)
{
	if (!json_object_has_member(object, group))
		json_object_set_object_member(object, group, json_object_new());
	return json_object_get_object_member(object, group);
}

static JsonObject *members_to_json(const void *base, const ConfigMember *members)
{
	JsonObject *object = json_object_new();
	for (const ConfigMember *m = members; m->name; m++) {
		JsonNode *node = member_to_json(base, m);
		if (node)
			json_object_set_member(m->group ? group_object(object, m->group) : object, m->name, node);
	}
	return object;
}

char *config_to_json(const MachineConfig *config)
{
	JsonObject *document = json_object_new(), *members = members_to_json(config, config_members);
	json_object_set_int_member(document, "version", CONFIG_VERSION);
	g_autoptr(GList) names = json_object_get_members(members);
	for (const GList *l = names; l; l = l->next)
		json_object_set_member(document, l->data, json_object_dup_member(members, l->data));
	json_object_unref(members);
	g_autoptr(JsonNode) root = json_node_init_object(json_node_alloc(), document);
	json_object_unref(document);
	g_autoptr(JsonGenerator) generator = json_generator_new();
	json_generator_set_pretty(generator, TRUE);
	json_generator_set_indent(generator, 1);
	json_generator_set_indent_char(generator, '\t');
	json_generator_set_root(generator, root);
	return json_generator_to_data(generator, NULL);
}

/* ---- from JSON ---- */

static bool members_from_json(const char *place, JsonObject *object, void *base, const ConfigMember *members, GError **error);

static bool is_type(JsonNode *node, GType type)
{
	return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

static bool string_from_json(const char *place, JsonNode *node, char **value, GError **error)
{
	if (!JSON_NODE_HOLDS_NULL(node) && !is_type(node, G_TYPE_STRING))
		return fail(error, place, "must be a string");
	g_free(*value);
	*value = JSON_NODE_HOLDS_NULL(node) ? NULL : g_strdup(json_node_get_string(node));
	return true;
}

static bool number_from_json(const char *place, JsonNode *node, const ConfigMember *m, int64_t *value, GError **error)
{
	if (!is_type(node, G_TYPE_INT64))
		return fail(error, place, "must be a whole number");
	*value = json_node_get_int(node);
	return check_number(place, m, *value, error);
}

static bool pairs_from_json(const char *place, JsonNode *node, GPtrArray *pairs, GError **error)
{
	if (!JSON_NODE_HOLDS_OBJECT(node))
		return fail(error, place, "must be an object");
	JsonObject *object = json_node_get_object(node);
	g_autoptr(GList) names = json_object_get_members(object);
	for (const GList *l = names; l; l = l->next) {
		JsonNode *value = json_object_get_member(object, l->data);
		if (!is_type(value, G_TYPE_STRING)) {
			g_autofree char *pair_place = g_strdup_printf("%s/%s", place, (const char *)l->data);
			return fail(error, pair_place, "must be a string");
		}
		config_set_pair(pairs, l->data, json_node_get_string(value));
	}
	return true;
}

static bool item_from_json(const char *place, JsonNode *node, ConfigType type, GPtrArray *list, GError **error)
{
	if (type == CONFIG_STRINGS) {
		char *text = NULL;
		if (JSON_NODE_HOLDS_NULL(node) || !string_from_json(place, node, &text, error))
			return JSON_NODE_HOLDS_NULL(node) ? fail(error, place, "must be a string") : false;
		g_ptr_array_add(list, text);
		return true;
	}
	if (!JSON_NODE_HOLDS_OBJECT(node))
		return fail(error, place, "must be an object");
	void *item = new_item(type);
	g_ptr_array_add(list, item);
	return members_from_json(place, json_node_get_object(node), item, item_members(type), error);
}

static bool list_from_json(const char *place, JsonNode *node, const ConfigMember *m, GPtrArray *list, GError **error)
{
	g_ptr_array_set_size(list, 0);
	if (m->type == CONFIG_PAIRS)
		return pairs_from_json(place, node, list, error);
	if (!JSON_NODE_HOLDS_ARRAY(node))
		return fail(error, place, "must be an array");
	JsonArray *array = json_node_get_array(node);
	for (unsigned n = 0; n < json_array_get_length(array); n++) {
		g_autofree char *item_place = g_strdup_printf("%s/%u", place, n);
		if (!item_from_json(item_place, json_array_get_element(array, n), m->type, list, error))
			return false;
	}
	return true;
}

static bool member_from_json(const char *place, JsonNode *node, void *base, const ConfigMember *m, GError **error)
{
	int64_t number = 0;
	switch (m->type) {
	case CONFIG_STRING: return string_from_json(place, node, field(base, m), error);
	case CONFIG_BOOL:
		if (!is_type(node, G_TYPE_BOOLEAN))
			return fail(error, place, "must be true or false");
		*(bool *)field(base, m) = json_node_get_boolean(node);
		return true;
	case CONFIG_UNSIGNED: case CONFIG_INT: case CONFIG_SIZE:
		if (!number_from_json(place, node, m, &number, error))
			return false;
		if (m->type == CONFIG_UNSIGNED)
			*(unsigned *)field(base, m) = (unsigned)number;
		else if (m->type == CONFIG_INT)
			*(int *)field(base, m) = (int)number;
		else
			*(uint64_t *)field(base, m) = (uint64_t)number;
		return true;
	default: return list_from_json(place, node, m, *(GPtrArray **)field(base, m), error);
	}
}

static bool is_group(const ConfigMember *members, const char *name)
{
	for (const ConfigMember *m = members; m->name; m++)
		if (!g_strcmp0(m->group, name))
			return true;
	return false;
}

static bool unknown_member(const char *place, const ConfigMember *members, const char *group, const char *name, GError **error)
{
	g_autoptr(Nearest) nearest = nearest_new(name);
	for (const ConfigMember *m = members; m->name; m++)
		if (!g_strcmp0(m->group, group))
			nearest_offer(nearest, m->name);
		else if (!group && m->group)
			nearest_offer(nearest, m->group);
	g_autofree char *hint = nearest_hint(nearest);
	return fail(error, place, "there is no member '%s'%s", name, hint);
}

/* The members of one group, or with `group` NULL those without and the groups. */
static bool group_from_json(const char *place, JsonObject *object, void *base, const ConfigMember *members, const char *group, GError **error)
{
	g_autoptr(GList) names = json_object_get_members(object);
	for (const GList *l = names; l; l = l->next) {
		const char *name = l->data;
		JsonNode *node = json_object_get_member(object, name);
		g_autofree char *member_place = g_strdup_printf("%s/%s", place, name);
		if (!group && is_group(members, name)) {
			if (!JSON_NODE_HOLDS_OBJECT(node))
				return fail(error, member_place, "must be an object");
			if (!group_from_json(member_place, json_node_get_object(node), base, members, name, error))
				return false;
			continue;
		}
		const ConfigMember *m = members;
		while (m->name && (g_strcmp0(m->group, group) || strcmp(m->name, name)))
			m++;
		if (!m->name)
			return unknown_member(place, members, group, name, error);
		if (!member_from_json(member_place, node, base, m, error))
			return false;
	}
	return true;
}

static bool members_from_json(const char *place, JsonObject *object, void *base, const ConfigMember *members, GError **error)
{
	return group_from_json(place, object, base, members, NULL, error);
}

static bool check_version(JsonObject *document, GError **error)
{
	JsonNode *node = json_object_get_member(document, "version");
	if (!node)
		return fail(error, "/version", "must be given");
	if (!is_type(node, G_TYPE_INT64) || json_node_get_int(node) < 1)
		return fail(error, "/version", "must be a whole number from 1 on");
	if (json_node_get_int(node) > CONFIG_VERSION)
		return fail(error, "/version", "the document is of version %" G_GINT64_FORMAT ", and this program knows versions up to %d: it needs a newer one",
			    (gint64)json_node_get_int(node), CONFIG_VERSION);
	json_object_remove_member(document, "version");
	return true;
}

static MachineConfig *parse_document(const char *text, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	if (!json_parser_load_from_data(parser, text, -1, error))
		return NULL;
	JsonNode *root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
		fail(error, "", "the document must be an object");
		return NULL;
	}
	g_autoptr(MachineConfig) config = config_new();
	JsonObject *document = json_node_get_object(root);
	if (!check_version(document, error) || !members_from_json("", document, config, config_members, error) ||
	    !config_place_drives(config, error) || !config_check(config, error))
		return NULL;
	return g_steal_pointer(&config);
}

MachineConfig *config_from_json(const char *text, GError **error)
{
	MachineConfig *config = parse_document(text, error);
	error_in_one_line(config != NULL, error);
	return config;
}
