/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON documents of a machine's folder: machine.json, which the engine reads, and library.json, which it doesn't.
 *
 * Members are named by their path, "cpu/count", as the engine names them (viv-config.h). Writing is atomic: a reader, or the same
 * program after a crash, sees the old document or the new one. Any thread. */
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

G_BEGIN_DECLS

/* Any JSON object in a file. NULL and *error naming the file. */
JsonObject *viva_document_read(const char *path, GError **error);
/* One that the engine accepts, completed with what it leaves out: the machine's whole configuration. */
JsonObject *viva_document_read_config(const char *path, GError **error);
/* What the engine makes of the document: checked and completed; NULL and *error. */
JsonObject *viva_document_check_config(JsonObject *document, GError **error);
/* A machine with the engine's defaults. */
JsonObject *viva_document_new_config(void);
bool viva_document_write(JsonObject *document, const char *path, GError **error);
bool viva_document_write_bytes(GBytes *bytes, const char *path, GError **error);
char *viva_document_to_text(JsonObject *document);
/* As viva_document_write() writes it. */
GBytes *viva_document_to_bytes(JsonObject *document);
JsonObject *viva_document_copy(JsonObject *document);

/* NULL: the member isn't there. Belongs to the document. */
JsonNode *viva_document_get(JsonObject *document, const char *path);
/* Takes the value; NULL removes the member. */
void viva_document_set(JsonObject *document, const char *path, JsonNode *value);
const char *viva_document_get_string(JsonObject *document, const char *path); /* NULL: not there */
gint64 viva_document_get_int(JsonObject *document, const char *path, gint64 otherwise);
bool viva_document_get_bool(JsonObject *document, const char *path);
/* The array; made if it isn't there. Belongs to the document. */
JsonArray *viva_document_get_array(JsonObject *document, const char *path);
void viva_document_set_string(JsonObject *document, const char *path, const char *value); /* NULL or "": removes */
void viva_document_set_int(JsonObject *document, const char *path, gint64 value);
void viva_document_set_bool(JsonObject *document, const char *path, bool value); /* false: removes, as the engine does */

G_END_DECLS
