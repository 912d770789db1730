/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/paths.h"

#include <string.h>

#include "library/document.h"

typedef struct Change {
	VivaPathChange *change;
	gpointer data;
} Change;

static void change_member(JsonObject *object, const char *member, const Change *change)
{
	const char *path = viva_document_get_string(object, member);
	g_autofree char *changed = path && *path ? change->change(path, VIVA_PATH_READ, change->data) : NULL;
	if (changed)
		viva_document_set_string(object, member, changed);
}

/* ---- ports: "file:PATH", in which a comma is written twice ---- */

#define FILE_PREFIX "file:"

/* The path without its escapes; *rest: the options behind it. */
static char *unescape(const char *text, const char **rest)
{
	GString *path = g_string_new(NULL);
	for (; *text && !(text[0] == ',' && text[1] != ','); text++) {
		text += text[0] == ',';
		g_string_append_c(path, *text);
	}
	*rest = text;
	return g_string_free(path, FALSE);
}

/* NULL: it is no file, or the same. */
static char *change_port(const char *port, const Change *change)
{
	if (!g_str_has_prefix(port, FILE_PREFIX))
		return NULL;
	const char *rest;
	g_autofree char *path = unescape(port + strlen(FILE_PREFIX), &rest), *changed = change->change(path, VIVA_PATH_WRITTEN, change->data);
	if (!changed)
		return NULL;
	g_auto(GStrv) parts = g_strsplit(changed, ",", -1);
	g_autofree char *escaped = g_strjoinv(",,", parts);
	return g_strconcat(FILE_PREFIX, escaped, rest, NULL);
}

static void change_ports(JsonObject *config, const char *list, const Change *change)
{
	JsonArray *old = viva_document_get_array(config, list), *array = json_array_new();
	for (guint n = 0; n < json_array_get_length(old); n++) {
		const char *port = json_array_get_string_element(old, n);
		g_autofree char *changed = change_port(port, change);
		json_array_add_string_element(array, changed ? changed : port);
	}
	json_object_set_array_member(config, list, array);
}

void viva_paths_change(JsonObject *config, VivaPathChange *function, gpointer data)
{
	static const char *const members[] = { "boot/kernel", "boot/initrd", "boot/firmware", "boot/splash" };
	static const char *const lists[] = { "serials", "parallels", "monitors" };
	const Change change = { function, data };
	JsonArray *drives = viva_document_get_array(config, "drives");
	for (unsigned n = 0; n < G_N_ELEMENTS(members); n++)
		change_member(config, members[n], &change);
	for (guint n = 0; n < json_array_get_length(drives); n++)
		change_member(json_array_get_object_element(drives, n), "file", &change);
	for (unsigned n = 0; n < G_N_ELEMENTS(lists); n++)
		if (viva_document_get(config, lists[n]))
			change_ports(config, lists[n], &change);
	const char *debug = viva_document_get_string(config, "debugcon");
	g_autofree char *changed = debug ? change_port(debug, &change) : NULL;
	if (changed)
		viva_document_set_string(config, "debugcon", changed);
}

/* ---- moving ---- */

const char *viva_path_in(const char *path, const char *folder)
{
	gsize length = strlen(folder);
	return !strncmp(path, folder, length) && G_IS_DIR_SEPARATOR(path[length]) ? path + length + 1 : NULL;
}

typedef struct Move {
	const char *from, *to;
} Move;

static char *moved(const char *path, VivaPathUse use, gpointer data)
{
	const Move *move = data;
	const char *inside = *move->from ? viva_path_in(path, move->from) : g_path_is_absolute(path) ? NULL : path;
	return inside ? g_build_filename(move->to, inside, NULL) : NULL;
}

void viva_paths_move(JsonObject *config, const char *from, const char *to)
{
	Move move = { from, to };
	viva_paths_change(config, moved, &move);
}
