/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON documents with members named by path, see document.h. */
#include "library/document.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "viv.h"

#include "viv-config.h"

/* ---- files ---- */

JsonObject *viva_document_read(const char *path, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	if (!json_parser_load_from_file(parser, path, error)) {
		if (error && !strstr((*error)->message, path))
			g_prefix_error(error, "%s: ", path);
		return NULL;
	}
	JsonNode *root = json_parser_get_root(parser);
	if (root && JSON_NODE_HOLDS_OBJECT(root))
		return json_node_dup_object(root);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("%s: the document must be a JSON object"), path);
	return NULL;
}

static JsonObject *object_of(VivConfig *config, GError **error)
{
	g_autofree char *text = config ? viv_config_to_json(config) : NULL;
	g_autoptr(JsonNode) node = text ? json_from_string(text, error) : NULL;
	return node ? json_node_dup_object(node) : NULL;
}

JsonObject *viva_document_read_config(const char *path, GError **error)
{
	g_autoptr(VivConfig) config = viv_config_from_file(path, error);
	return object_of(config, error);
}

static bool is_device(const char *name)
{
	VivDeviceKind kind;
	for (unsigned n = 0; viv_device_kind(n, &kind); n++)
		if (!g_strcmp0(kind.name, name))
			return true;
	return false;
}

/* What the engine would find out only when the machine is built: better said to whoever writes it. */
static bool check_names(JsonObject *config, GError **error)
{
	const char *model = viva_document_get_string(config, "cpu/model");
	JsonNode *node = viva_document_get(config, "devices");
	JsonArray *devices = node ? json_node_get_array(node) : NULL;
	if (model && !viv_cpu_model_check(model, error))
		return false;
	for (guint n = 0; devices && n < json_array_get_length(devices); n++) {
		const char *driver = viva_document_get_string(json_array_get_object_element(devices, n), "driver");
		if (is_device(driver))
			continue;
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("There is no device “%s” that can be added"), driver);
		return false;
	}
	return true;
}

JsonObject *viva_document_check_config(JsonObject *document, GError **error)
{
	g_autofree char *text = viva_document_to_text(document);
	g_autoptr(VivConfig) config = viv_config_from_json(text, error);
	g_autoptr(JsonObject) checked = object_of(config, error);
	return checked && check_names(checked, error) ? g_steal_pointer(&checked) : NULL;
}

JsonObject *viva_document_new_config(void)
{
	g_autoptr(VivConfig) config = viv_config_new();
	return object_of(config, NULL);
}

char *viva_document_to_text(JsonObject *document)
{
	g_autoptr(JsonNode) root = json_node_init_object(json_node_alloc(), document);
	g_autoptr(JsonGenerator) generator = json_generator_new();
	json_generator_set_pretty(generator, TRUE);
	json_generator_set_indent(generator, 1);
	json_generator_set_indent_char(generator, '\t');
	json_generator_set_root(generator, root);
	return json_generator_to_data(generator, NULL);
}

GBytes *viva_document_to_bytes(JsonObject *document)
{
	g_autofree char *text = viva_document_to_text(document);
	char *line = g_strconcat(text, "\n", NULL);
	return g_bytes_new_take(line, strlen(line));
}

bool viva_document_write(JsonObject *document, const char *path, GError **error)
{
	g_autoptr(GBytes) bytes = viva_document_to_bytes(document);
	return viva_document_write_bytes(bytes, path, error);
}

bool viva_document_write_bytes(GBytes *bytes, const char *path, GError **error)
{
	gsize size;
	const char *data = g_bytes_get_data(bytes, &size);
	g_autoptr(GError) local = NULL;
	if (g_file_set_contents_full(path, data, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &local))
		return true;
	/* GLib names the file that would have taken the other's place, which nobody knows; the cause stands at the end. */
	const char *cause = g_strrstr(local->message, ": ");
	g_set_error(error, local->domain, local->code, "%s: %s: %s", path, _("can’t be written"), cause ? cause + 2 : local->message);
	return false;
}

JsonObject *viva_document_copy(JsonObject *document)
{
	/* Objects in a copied node are shared, so it goes by way of the text. */
	g_autofree char *text = viva_document_to_text(document);
	g_autoptr(JsonNode) node = json_from_string(text, NULL);
	return json_node_dup_object(node);
}

/* ---- members ---- */

/* The object that the last part of the path stands in; NULL: there is none, and none was to be made. */
static JsonObject *parent_of(JsonObject *document, const char *path, const char **name, bool make)
{
	const char *slash = strchr(path, '/');
	*name = slash ? slash + 1 : path;
	if (!slash)
		return document;
	g_autofree char *group = g_strndup(path, (gsize)(slash - path));
	JsonNode *node = json_object_get_member(document, group);
	if (node && JSON_NODE_HOLDS_OBJECT(node))
		return json_node_get_object(node);
	if (!make)
		return NULL;
	json_object_set_object_member(document, group, json_object_new());
	return json_object_get_object_member(document, group);
}

JsonNode *viva_document_get(JsonObject *document, const char *path)
{
	const char *name;
	JsonObject *parent = parent_of(document, path, &name, false);
	return parent ? json_object_get_member(parent, name) : NULL;
}

void viva_document_set(JsonObject *document, const char *path, JsonNode *value)
{
	const char *name;
	JsonObject *parent = parent_of(document, path, &name, value != NULL);
	if (value)
		json_object_set_member(parent, name, value);
	else if (parent && json_object_has_member(parent, name))
		json_object_remove_member(parent, name);
}

static JsonNode *get_value(JsonObject *document, const char *path, GType type)
{
	JsonNode *node = viva_document_get(document, path);
	return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type ? node : NULL;
}

const char *viva_document_get_string(JsonObject *document, const char *path)
{
	JsonNode *node = get_value(document, path, G_TYPE_STRING);
	return node ? json_node_get_string(node) : NULL;
}

gint64 viva_document_get_int(JsonObject *document, const char *path, gint64 otherwise)
{
	JsonNode *node = get_value(document, path, G_TYPE_INT64);
	return node ? json_node_get_int(node) : otherwise;
}

bool viva_document_get_bool(JsonObject *document, const char *path)
{
	JsonNode *node = get_value(document, path, G_TYPE_BOOLEAN);
	return node && json_node_get_boolean(node);
}

JsonArray *viva_document_get_array(JsonObject *document, const char *path)
{
	JsonNode *node = viva_document_get(document, path);
	if (!node || !JSON_NODE_HOLDS_ARRAY(node)) {
		node = json_node_new(JSON_NODE_ARRAY);
		json_node_take_array(node, json_array_new());
		viva_document_set(document, path, node);
	}
	return json_node_get_array(node);
}

void viva_document_set_string(JsonObject *document, const char *path, const char *value)
{
	viva_document_set(document, path, value && *value ? json_node_init_string(json_node_alloc(), value) : NULL);
}

void viva_document_set_int(JsonObject *document, const char *path, gint64 value)
{
	viva_document_set(document, path, json_node_init_int(json_node_alloc(), value));
}

void viva_document_set_bool(JsonObject *document, const char *path, bool value)
{
	viva_document_set(document, path, value ? json_node_init_boolean(json_node_alloc(), TRUE) : NULL);
}
