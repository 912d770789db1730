/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine in the library, see entry.h. */
#include "library/entry.h"

#include <glib/gi18n.h>
#include <string.h>

#include "library/document.h"
#include "library/lock.h"
#include "library/writer.h"

enum { LIBRARY_VERSION = 1 }; /* of library.json */
enum { THUMBNAIL_WIDTH = 320 }; /* twice what a card shows: its size at a scale of 2 */

struct _VivaEntry {
	GObject parent_instance;
	char *folder, *id, *error;
	JsonObject *config;	/* NULL: damaged */
	JsonObject *notes;	/* library.json; never NULL, whatever the file's state */
	JsonObject *stored_config, *stored_notes; /* as far as is known, what the files have */
	bool notes_matter;	/* what the user said is on its way; else it is what nobody misses */
	char **tags;
	VivaState state;
	GdkTexture *thumbnail;
	bool thumbnail_known; /* or being read */
	VivaLock *lock;
	VivaWriter *config_writer, *notes_writer, *thumbnail_writer;
};

G_DEFINE_FINAL_TYPE(VivaEntry, viva_entry, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE(VivaState, viva_state, G_DEFINE_ENUM_VALUE(VIVA_STATE_STOPPED, "stopped"),
	G_DEFINE_ENUM_VALUE(VIVA_STATE_RUNNING, "running"), G_DEFINE_ENUM_VALUE(VIVA_STATE_PAUSED, "paused"),
	G_DEFINE_ENUM_VALUE(VIVA_STATE_DAMAGED, "damaged"))

enum { PROP_0, PROP_ID, PROP_TITLE, PROP_FOLDER, PROP_CONFIG, PROP_STATE, PROP_ERROR, PROP_THUMBNAIL, PROP_TAGS, PROP_OS, N_PROPS };
enum { SAVE_FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void notify(VivaEntry *self, const char *name)
{
	g_object_notify(G_OBJECT(self), name);
}

static char *file_in(VivaEntry *self, const char *name)
{
	return g_build_filename(self->folder, name, NULL);
}

char *viva_entry_config_path(VivaEntry *self)
{
	return file_in(self, "machine.json");
}

/* ---- reading ---- */

static JsonObject *read_notes(VivaEntry *self, GError **error)
{
	g_autofree char *path = file_in(self, "library.json");
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return json_object_new(); /* a folder that somebody made by hand */
	g_autoptr(JsonObject) notes = viva_document_read(path, error);
	if (!notes)
		return NULL;
	gint64 version = viva_document_get_int(notes, "version", 1);
	if (version <= LIBRARY_VERSION)
		return g_steal_pointer(&notes);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
		_("%s: the document is of version %d, and this program knows versions up to %d: it needs a newer one"), path, (int)version,
		LIBRARY_VERSION);
	return NULL;
}

static void read_tags(VivaEntry *self)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	JsonNode *node = viva_document_get(self->notes, "tags");
	JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	for (guint n = 0; array && n < json_array_get_length(array); n++) {
		JsonNode *tag = json_array_get_element(array, n);
		if (JSON_NODE_HOLDS_VALUE(tag) && json_node_get_value_type(tag) == G_TYPE_STRING)
			g_strv_builder_add(builder, json_node_get_string(tag));
	}
	g_strfreev(self->tags);
	self->tags = g_strv_builder_end(builder);
}

static void set_object(JsonObject **object, JsonObject *to)
{
	if (to)
		json_object_ref(to);
	g_clear_pointer(object, json_object_unref);
	*object = to;
}

static void load(VivaEntry *self)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = viva_entry_config_path(self);
	g_clear_pointer(&self->config, json_object_unref);
	g_clear_pointer(&self->notes, json_object_unref);
	g_clear_pointer(&self->error, g_free);
	self->notes = read_notes(self, &error);
	if (self->notes)
		self->config = viva_document_read_config(path, &error);
	else
		self->notes = json_object_new();
	g_clear_pointer(&self->stored_notes, json_object_unref);
	self->stored_notes = viva_document_copy(self->notes);
	set_object(&self->stored_config, self->config);
	read_tags(self);
	if (error)
		self->error = g_strdup(error->message);
	if (!self->config)
		self->state = VIVA_STATE_DAMAGED;
	else if (self->state == VIVA_STATE_DAMAGED)
		self->state = VIVA_STATE_STOPPED;
}

void viva_entry_reload(VivaEntry *self)
{
	static const char *const names[] = { "config", "title", "state", "error", "tags", "os" };
	viva_entry_flush(self);
	load(self);
	for (unsigned n = 0; n < G_N_ELEMENTS(names); n++)
		notify(self, names[n]);
}

/* ---- what it says ---- */

const char *viva_entry_get_id(VivaEntry *self)
{
	return self->id;
}

const char *viva_entry_get_title(VivaEntry *self)
{
	const char *name = self->config ? viva_document_get_string(self->config, "name") : NULL;
	return name && *name ? name : self->id;
}

const char *viva_entry_get_folder(VivaEntry *self)
{
	return self->folder;
}

JsonObject *viva_entry_get_config(VivaEntry *self)
{
	return self->config;
}

VivaState viva_entry_get_state(VivaEntry *self)
{
	return self->state;
}

const char *viva_entry_get_error(VivaEntry *self)
{
	return self->error;
}

const char *const *viva_entry_get_tags(VivaEntry *self)
{
	return (const char *const *)self->tags;
}

const char *viva_entry_get_os(VivaEntry *self)
{
	return viva_document_get_string(self->notes, "os");
}

gint64 viva_entry_get_last_run(VivaEntry *self)
{
	return viva_document_get_int(self->notes, "last-run", 0);
}

gint64 viva_entry_get_created(VivaEntry *self)
{
	return viva_document_get_int(self->notes, "created", 0);
}

/* ---- the thumbnail ---- */

/* The mean of the pixels of `from` that pixel x, y of the smaller picture stands for. */
static guint32 mean(const guint32 *from, gsize width, gsize x0, gsize x1, gsize y0, gsize y1)
{
	guint32 sums[4] = { 0 }, count = (guint32)((x1 - x0) * (y1 - y0)), pixel = 0;
	for (gsize y = y0; y < y1; y++)
		for (gsize x = x0; x < x1; x++)
			for (unsigned n = 0; n < 4; n++)
				sums[n] += from[y * width + x] >> (8 * n) & 0xff;
	for (unsigned n = 0; n < 4; n++)
		pixel |= (sums[n] / count) << (8 * n);
	return pixel;
}

/* A screen of its full size is megabytes, and a library has many machines. NULL: no memory, whatever a file's picture is. */
static GdkTexture *shrink(GdkTexture *texture)
{
	gsize width = (gsize)gdk_texture_get_width(texture), height = (gsize)gdk_texture_get_height(texture);
	if (width <= THUMBNAIL_WIDTH)
		return g_object_ref(texture);
	gsize new_width = THUMBNAIL_WIDTH, new_height = MAX(1, height * new_width / width);
	g_autofree guint32 *from = g_try_new(guint32, width * height), *to = g_try_new(guint32, new_width * new_height);
	if (!from || !to)
		return NULL;
	gdk_texture_download(texture, (guchar *)from, width * sizeof *from);
	for (gsize y = 0; y < new_height; y++)
		for (gsize x = 0; x < new_width; x++)
			to[y * new_width + x] = mean(from, width, x * width / new_width, (x + 1) * width / new_width, y * height / new_height,
				(y + 1) * height / new_height);
	g_autoptr(GBytes) bytes = g_bytes_new_take(g_steal_pointer(&to), new_width * new_height * sizeof *to);
	return gdk_memory_texture_new((int)new_width, (int)new_height, GDK_MEMORY_DEFAULT, bytes, new_width * sizeof *to);
}

GdkTexture *viva_entry_get_thumbnail(VivaEntry *self)
{
	return self->thumbnail;
}

/* In a thread. One that can't be read is none: it is made anew at the next run. (A pipe would keep the others waiting.) */
static void read_thumbnail(gpointer data, gpointer unused)
{
	g_autoptr(GTask) task = data;
	const char *path = g_task_get_task_data(task);
	g_autoptr(GdkTexture) texture = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? gdk_texture_new_from_filename(path, NULL) : NULL;
	g_task_return_pointer(task, texture ? shrink(texture) : NULL, g_object_unref);
}

static void thumbnail_read(GObject *source, GAsyncResult *result, gpointer data)
{
	VivaEntry *self = VIVA_ENTRY(source);
	g_autoptr(GdkTexture) texture = g_task_propagate_pointer(G_TASK(result), NULL);
	if (texture && !self->thumbnail) /* a machine that runs has a newer one */
		viva_entry_set_thumbnail(self, texture);
}

void viva_entry_read_thumbnail(VivaEntry *self)
{
	static GThreadPool *reader; /* one after the other: a hundred at once would keep the machines from running */
	if (self->thumbnail_known)
		return;
	self->thumbnail_known = true;
	if (!reader)
		reader = g_thread_pool_new(read_thumbnail, NULL, 1, FALSE, NULL);
	GTask *task = g_task_new(self, NULL, thumbnail_read, NULL);
	g_task_set_task_data(task, file_in(self, "thumbnail.png"), g_free);
	g_thread_pool_push(reader, task, NULL);
}

/* ---- changes ---- */

static void save_failed(VivaEntry *self, const GError *error)
{
	gboolean shown;
	g_autoptr(GError) whole = g_error_new(error->domain, error->code, "%s. %s", error->message, _("The change has been taken back."));
	g_signal_emit(self, signals[SAVE_FAILED], 0, whole, &shown);
}

static void config_written(gpointer config, const GError *error, bool last, gpointer data)
{
	VivaEntry *self = data;
	if (!error)
		set_object(&self->stored_config, config);
	else if (last) {
		set_object(&self->config, self->stored_config);
		notify(self, "config");
		notify(self, "title");
		save_failed(self, error);
	}
}

static void notes_written(gpointer notes, const GError *error, bool last, gpointer data)
{
	VivaEntry *self = data;
	bool matter = self->notes_matter;
	if (!error)
		set_object(&self->stored_notes, notes);
	if (!last)
		return;
	self->notes_matter = false;
	if (error && matter) {
		g_clear_pointer(&self->notes, json_object_unref);
		self->notes = viva_document_copy(self->stored_notes);
		read_tags(self);
		notify(self, "tags");
		save_failed(self, error);
	} else if (error) {
		g_debug("%s isn't noted: %s", self->id, error->message);
	}
}

static void save_notes(VivaEntry *self)
{
	viva_document_set_int(self->notes, "version", LIBRARY_VERSION);
	viva_writer_put(self->notes_writer, viva_document_to_bytes(self->notes), viva_document_copy(self->notes));
}

void viva_entry_set_state(VivaEntry *self, VivaState state)
{
	if (self->state == state)
		return;
	bool starts = self->state == VIVA_STATE_STOPPED && state == VIVA_STATE_RUNNING;
	self->state = state;
	if (starts) {
		viva_document_set_int(self->notes, "last-run", g_get_real_time() / G_USEC_PER_SEC);
		save_notes(self);
	}
	notify(self, "state");
}

bool viva_entry_set_config(VivaEntry *self, JsonObject *config, GError **error)
{
	JsonObject *checked = viva_document_check_config(config, error);
	if (!checked)
		return false;
	g_clear_pointer(&self->config, json_object_unref);
	self->config = checked;
	viva_writer_put(self->config_writer, viva_document_to_bytes(checked), json_object_ref(checked));
	notify(self, "config");
	notify(self, "title");
	return true;
}

void viva_entry_set_tags(VivaEntry *self, const char *const *tags)
{
	JsonArray *array = json_array_new();
	for (unsigned n = 0; tags && tags[n]; n++)
		json_array_add_string_element(array, tags[n]);
	json_object_set_array_member(self->notes, "tags", array);
	read_tags(self);
	self->notes_matter = true;
	save_notes(self);
	notify(self, "tags");
}

void viva_entry_set_thumbnail(VivaEntry *self, GdkTexture *thumbnail)
{
	g_autoptr(GdkTexture) small = thumbnail ? shrink(thumbnail) : NULL;
	self->thumbnail_known = true;
	if (g_set_object(&self->thumbnail, small))
		notify(self, "thumbnail");
}

void viva_entry_save_thumbnail(VivaEntry *self)
{
	if (self->thumbnail)
		viva_writer_put(self->thumbnail_writer, gdk_texture_save_to_png_bytes(self->thumbnail), NULL);
}

/* ---- the threads that write ---- */

bool viva_entry_is_saving(VivaEntry *self)
{
	return viva_writer_is_busy(self->config_writer) || viva_writer_is_busy(self->notes_writer) || viva_writer_is_busy(self->thumbnail_writer);
}

bool viva_entry_wait_saved(VivaEntry *self, GError **error)
{
	viva_writer_wait(self->notes_writer, NULL);
	viva_writer_wait(self->thumbnail_writer, NULL);
	return viva_writer_wait(self->config_writer, error);
}

void viva_entry_flush(VivaEntry *self)
{
	viva_writer_flush(self->notes_writer);
	viva_writer_flush(self->thumbnail_writer);
	viva_writer_flush(self->config_writer);
}

/* ---- the lock ---- */

bool viva_entry_lock(VivaEntry *self, GError **error)
{
	if (self->lock) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_BUSY, _("“%s” is in use already. Wait until it has ended."), viva_entry_get_title(self));
		return false;
	}
	self->lock = viva_lock_take(self->folder, error);
	return self->lock;
}

void viva_entry_unlock(VivaEntry *self)
{
	g_clear_pointer(&self->lock, viva_lock_free);
}

/* ---- the object ---- */

static void viva_entry_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
	VivaEntry *self = VIVA_ENTRY(object);
	switch (id) {
	case PROP_ID: g_value_set_string(value, self->id); break;
	case PROP_TITLE: g_value_set_string(value, viva_entry_get_title(self)); break;
	case PROP_FOLDER: g_value_set_string(value, self->folder); break;
	case PROP_CONFIG: g_value_set_boxed(value, self->config); break;
	case PROP_STATE: g_value_set_enum(value, (int)self->state); break;
	case PROP_ERROR: g_value_set_string(value, self->error); break;
	case PROP_THUMBNAIL: g_value_set_object(value, viva_entry_get_thumbnail(self)); break;
	case PROP_TAGS: g_value_set_boxed(value, self->tags); break;
	case PROP_OS: g_value_set_string(value, viva_entry_get_os(self)); break;
	default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
	}
}

static void viva_entry_finalize(GObject *object)
{
	VivaEntry *self = VIVA_ENTRY(object);
	viva_writer_free(self->config_writer);
	viva_writer_free(self->notes_writer);
	viva_writer_free(self->thumbnail_writer);
	viva_entry_unlock(self);
	g_clear_pointer(&self->config, json_object_unref);
	g_clear_pointer(&self->notes, json_object_unref);
	g_clear_pointer(&self->stored_config, json_object_unref);
	g_clear_pointer(&self->stored_notes, json_object_unref);
	g_clear_object(&self->thumbnail);
	g_strfreev(self->tags);
	g_free(self->folder);
	g_free(self->id);
	g_free(self->error);
	G_OBJECT_CLASS(viva_entry_parent_class)->finalize(object);
}

static void viva_entry_class_init(VivaEntryClass *class)
{
	GObjectClass *object = G_OBJECT_CLASS(class);
	const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
	object->get_property = viva_entry_get_property;
	object->finalize = viva_entry_finalize;
	signals[SAVE_FAILED] = g_signal_new("save-failed", VIVA_TYPE_ENTRY, G_SIGNAL_RUN_LAST, 0, g_signal_accumulator_true_handled, NULL, NULL,
		G_TYPE_BOOLEAN, 1, G_TYPE_ERROR);
	g_object_class_install_property(object, PROP_ID, g_param_spec_string("id", NULL, NULL, NULL, flags));
	g_object_class_install_property(object, PROP_TITLE, g_param_spec_string("title", NULL, NULL, NULL, flags));
	g_object_class_install_property(object, PROP_FOLDER, g_param_spec_string("folder", NULL, NULL, NULL, flags));
	g_object_class_install_property(object, PROP_CONFIG, g_param_spec_boxed("config", NULL, NULL, JSON_TYPE_OBJECT, flags));
	g_object_class_install_property(object, PROP_STATE,
		g_param_spec_enum("state", NULL, NULL, VIVA_TYPE_STATE, VIVA_STATE_STOPPED, flags));
	g_object_class_install_property(object, PROP_ERROR, g_param_spec_string("error", NULL, NULL, NULL, flags));
	g_object_class_install_property(object, PROP_THUMBNAIL, g_param_spec_object("thumbnail", NULL, NULL, GDK_TYPE_TEXTURE, flags));
	g_object_class_install_property(object, PROP_TAGS, g_param_spec_boxed("tags", NULL, NULL, G_TYPE_STRV, flags));
	g_object_class_install_property(object, PROP_OS, g_param_spec_string("os", NULL, NULL, NULL, flags));
}

static void viva_entry_init(VivaEntry *self)
{

}

VivaEntry *viva_entry_new(const char *folder)
{
	VivaEntry *self = g_object_new(VIVA_TYPE_ENTRY, NULL);
	self->folder = g_strdup(folder);
	self->id = g_path_get_basename(folder);
	g_autofree char *config = viva_entry_config_path(self), *notes = file_in(self, "library.json"), *thumbnail = file_in(self, "thumbnail.png");
	self->config_writer = viva_writer_new(config, (GDestroyNotify)json_object_unref, config_written, self);
	self->notes_writer = viva_writer_new(notes, (GDestroyNotify)json_object_unref, notes_written, self);
	self->thumbnail_writer = viva_writer_new(thumbnail, NULL, NULL, NULL);
	load(self);
	return self;
}
