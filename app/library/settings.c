/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/settings.h"

#include <string.h>

#include "library/document.h"
#include "viv-config.h"

struct _VivaSettings {
	GObject parent_instance;
	VivaEntry *entry;
};

G_DEFINE_FINAL_TYPE(VivaSettings, viva_settings, G_TYPE_OBJECT)

#define NO_PORT "none"

VivaEntry *viva_settings_get_entry(VivaSettings *self)
{
	return self->entry;
}

JsonObject *viva_settings_get_config(VivaSettings *self)
{
	return viva_entry_get_config(self->entry);
}

/* ---- changes ---- */

static void refuse(VivaSettings *self, const GError *error)
{
	g_signal_emit_by_name(self, "refused", error->message);
}

bool viva_settings_set_config(VivaSettings *self, JsonObject *config)
{
	g_autoptr(GError) error = NULL;
	if (viva_entry_set_config(self->entry, config, &error))
		return true;
	refuse(self, error);
	return false;
}

bool viva_settings_set_config_text(VivaSettings *self, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VivConfig) config = viv_config_from_json(text, &error);
	g_autofree char *whole = config ? viv_config_to_json(config) : NULL;
	g_autoptr(JsonNode) node = whole ? json_from_string(whole, &error) : NULL;
	if (node)
		return viva_settings_set_config(self, json_node_get_object(node));
	refuse(self, error);
	return false;
}

static JsonObject *begin(VivaSettings *self)
{
	JsonObject *config = viva_settings_get_config(self);
	return config ? viva_document_copy(config) : viva_document_new_config();
}

/* Takes the document. */
static bool apply(VivaSettings *self, JsonObject *config)
{
	g_autoptr(JsonObject) taken = config;
	return viva_settings_set_config(self, taken);
}

/* ---- members ---- */

const char *viva_settings_get_text(VivaSettings *self, const char *path)
{
	JsonObject *config = viva_settings_get_config(self);
	const char *text = config ? viva_document_get_string(config, path) : NULL;
	return text ? text : "";
}

bool viva_settings_set_text(VivaSettings *self, const char *path, const char *text)
{
	JsonObject *config = begin(self);
	viva_document_set_string(config, path, text);
	return apply(self, config);
}

gint64 viva_settings_get_number(VivaSettings *self, const char *path)
{
	VivMember member = { .initial = 0 };
	viv_config_member(path, &member);
	JsonObject *config = viva_settings_get_config(self);
	return config ? viva_document_get_int(config, path, member.initial) : member.initial;
}

bool viva_settings_set_number(VivaSettings *self, const char *path, gint64 number)
{
	JsonObject *config = begin(self);
	if (number < 0)
		viva_document_set(config, path, NULL);
	else
		viva_document_set_int(config, path, number);
	return apply(self, config);
}

bool viva_settings_get_flag(VivaSettings *self, const char *path)
{
	JsonObject *config = viva_settings_get_config(self);
	return config && viva_document_get_bool(config, path);
}

bool viva_settings_set_flag(VivaSettings *self, const char *path, bool flag)
{
	JsonObject *config = begin(self);
	viva_document_set_bool(config, path, flag);
	return apply(self, config);
}

bool viva_settings_set_topology(VivaSettings *self, int sockets, int cores, int threads)
{
	const struct { const char *path; int value; } members[] = {
		{ "cpu/sockets", sockets }, { "cpu/cores", cores }, { "cpu/threads", threads }, { "cpu/count", sockets * cores * threads },
		{ "cpu/maximum", sockets * cores * threads },
	};
	JsonObject *config = begin(self);
	for (unsigned n = 0; n < G_N_ELEMENTS(members); n++)
		viva_document_set_int(config, members[n].path, members[n].value);
	return apply(self, config);
}

/* ---- lists ---- */

static JsonArray *list_of(VivaSettings *self, const char *list)
{
	JsonObject *config = viva_settings_get_config(self);
	JsonNode *node = config ? viva_document_get(config, list) : NULL;
	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

unsigned viva_settings_get_length(VivaSettings *self, const char *list)
{
	JsonArray *array = list_of(self, list);
	return array ? json_array_get_length(array) : 0;
}

JsonObject *viva_settings_get_item(VivaSettings *self, const char *list, unsigned n)
{
	return json_array_get_object_element(list_of(self, list), n);
}

bool viva_settings_remove_item(VivaSettings *self, const char *list, unsigned n)
{
	JsonObject *config = begin(self);
	json_array_remove_element(viva_document_get_array(config, list), n);
	return apply(self, config);
}

bool viva_settings_set_item_text(VivaSettings *self, const char *list, unsigned n, const char *member, const char *text)
{
	JsonObject *config = begin(self);
	viva_document_set_string(json_array_get_object_element(viva_document_get_array(config, list), n), member, text);
	return apply(self, config);
}

bool viva_settings_set_item_flag(VivaSettings *self, const char *list, unsigned n, const char *member, bool flag)
{
	JsonObject *config = begin(self);
	viva_document_set_bool(json_array_get_object_element(viva_document_get_array(config, list), n), member, flag);
	return apply(self, config);
}

bool viva_settings_add_drive(VivaSettings *self, const char *interface, const char *media, const char *file)
{
	JsonObject *config = begin(self), *drive = json_object_new();
	json_object_set_string_member(drive, "interface", interface);
	json_object_set_string_member(drive, "media", media);
	viva_document_set_string(drive, "file", file);
	json_array_add_object_element(viva_document_get_array(config, "drives"), drive);
	return apply(self, config);
}

bool viva_settings_place_drive(VivaSettings *self, unsigned n, int bus, int unit)
{
	JsonObject *config = begin(self), *drive = json_array_get_object_element(viva_document_get_array(config, "drives"), n);
	json_object_set_int_member(drive, "bus", bus);
	json_object_set_int_member(drive, "unit", unit);
	return apply(self, config);
}

static JsonObject *properties_of(const char *text)
{
	JsonObject *properties = json_object_new();
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);
	for (unsigned n = 0; parts[n]; n++) {
		g_auto(GStrv) sides = g_strsplit(parts[n], "=", 2);
		if (sides[0] && *g_strstrip(sides[0]))
			json_object_set_string_member(properties, sides[0], sides[1] ? g_strstrip(sides[1]) : "on");
	}
	return properties;
}

bool viva_settings_add_device(VivaSettings *self, const char *driver, const char *properties)
{
	JsonObject *config = begin(self), *device = json_object_new();
	json_object_set_string_member(device, "driver", driver);
	json_object_set_object_member(device, "properties", properties_of(properties));
	json_array_add_object_element(viva_document_get_array(config, "devices"), device);
	return apply(self, config);
}

bool viva_settings_add_global(VivaSettings *self, const char *driver, const char *property, const char *value)
{
	JsonObject *config = begin(self), *global = json_object_new();
	json_object_set_string_member(global, "driver", driver);
	json_object_set_string_member(global, "property", property);
	json_object_set_string_member(global, "value", value);
	json_array_add_object_element(viva_document_get_array(config, "globals"), global);
	return apply(self, config);
}

/* ---- ports ---- */

const char *viva_settings_get_port(VivaSettings *self, const char *list, unsigned n)
{
	return n < viva_settings_get_length(self, list) ? json_array_get_string_element(list_of(self, list), n) : NO_PORT;
}

bool viva_settings_set_port(VivaSettings *self, const char *list, unsigned n, const char *chardev)
{
	JsonObject *config = begin(self);
	JsonArray *old = viva_document_get_array(config, list), *array = json_array_new();
	unsigned count = MAX(json_array_get_length(old), n + 1);
	for (unsigned k = 0; k < count; k++)
		json_array_add_string_element(array,
			k == n ? chardev : k < json_array_get_length(old) ? json_array_get_string_element(old, k) : NO_PORT);
	while (json_array_get_length(array) && !strcmp(json_array_get_string_element(array, json_array_get_length(array) - 1), NO_PORT))
		json_array_remove_element(array, json_array_get_length(array) - 1);
	json_object_set_array_member(config, list, array);
	return apply(self, config);
}

/* ---- the object ---- */

static void config_changed(VivaSettings *self)
{
	g_signal_emit_by_name(self, "changed");
}

/* Whoever shows what is refused shows this as well. */
static gboolean save_failed(VivaSettings *self, const GError *error)
{
	bool shown = g_signal_has_handler_pending(self, g_signal_lookup("refused", VIVA_TYPE_SETTINGS), 0, FALSE);
	if (shown)
		refuse(self, error);
	return shown;
}

static void viva_settings_finalize(GObject *object)
{
	g_clear_object(&VIVA_SETTINGS(object)->entry);
	G_OBJECT_CLASS(viva_settings_parent_class)->finalize(object);
}

static void viva_settings_class_init(VivaSettingsClass *class)
{
	G_OBJECT_CLASS(class)->finalize = viva_settings_finalize;
	g_signal_new("changed", VIVA_TYPE_SETTINGS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
	g_signal_new("refused", VIVA_TYPE_SETTINGS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void viva_settings_init(VivaSettings *self)
{
}

VivaSettings *viva_settings_new(VivaEntry *entry)
{
	VivaSettings *self = g_object_new(VIVA_TYPE_SETTINGS, NULL);
	self->entry = g_object_ref(entry);
	g_signal_connect_object(entry, "notify::config", G_CALLBACK(config_changed), self, G_CONNECT_SWAPPED);
	g_signal_connect_object(entry, "save-failed", G_CALLBACK(save_failed), self, G_CONNECT_SWAPPED);
	return self;
}
