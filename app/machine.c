/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine.h"

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "library/document.h"
#include "library/install.h"
#include "library/thumbnail.h"
#include "viv-config.h"

struct _VivaMachine {
	GObject parent;
	VivaEntry *entry;
	VivaRun run;
	VivMachine *engine;  /* NULL: off, or being made or freed by a thread */
	bool powered_off, ended_itself;
	char *empty_disk;    /* at the start, with a disc in a drive; NULL: no installation */
	bool installed;	     /* it is bootable now */
	char *hold_up;	     /* NULL: none */
	GHashTable *waiting; /* GTask: what wasn't answered yet, with a reference */
};

G_DEFINE_TYPE(VivaMachine, viva_machine, G_TYPE_OBJECT)
G_DEFINE_ENUM_TYPE(VivaRun, viva_run, G_DEFINE_ENUM_VALUE(VIVA_RUN_OFF, "off"), G_DEFINE_ENUM_VALUE(VIVA_RUN_STARTING, "starting"),
	G_DEFINE_ENUM_VALUE(VIVA_RUN_RUNNING, "running"), G_DEFINE_ENUM_VALUE(VIVA_RUN_PAUSED, "paused"),
	G_DEFINE_ENUM_VALUE(VIVA_RUN_SUSPENDED, "suspended"), G_DEFINE_ENUM_VALUE(VIVA_RUN_STOPPING, "stopping"))

enum { PROP_ENTRY = 1, PROP_RUN };
enum { FRAME_READY, TERMINAL_OUTPUT, FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

VivaEntry *viva_machine_get_entry(VivaMachine *self) { return self->entry; }
VivaRun viva_machine_get_run(VivaMachine *self) { return self->run; }
VivMachine *viva_machine_get_engine(VivaMachine *self) { return viva_machine_is_on(self) ? self->engine : NULL; }

bool viva_machine_is_on(VivaMachine *self)
{
	return self->run == VIVA_RUN_RUNNING || self->run == VIVA_RUN_PAUSED || self->run == VIVA_RUN_SUSPENDED;
}

static VivaState entry_state(VivaRun run)
{
	switch (run) {
	case VIVA_RUN_OFF: return VIVA_STATE_STOPPED;
	case VIVA_RUN_PAUSED: case VIVA_RUN_SUSPENDED: return VIVA_STATE_PAUSED;
	default: return VIVA_STATE_RUNNING;
	}
}

static void set_run(VivaMachine *self, VivaRun run)
{
	if (self->run == run)
		return;
	self->run = run;
	if (run != VIVA_RUN_PAUSED)
		g_clear_pointer(&self->hold_up, g_free);
	viva_entry_set_state(self->entry, entry_state(run));
	g_object_notify(G_OBJECT(self), "run");
}

static void fail(VivaMachine *self, const GError *error)
{
	g_signal_emit(self, signals[FAILED], 0, error);
}

/* ---- the end ---- */

static void give_up(VivaMachine *self)
{
	g_autoptr(GHashTable) waiting = g_steal_pointer(&self->waiting);
	self->waiting = g_hash_table_new_full(NULL, NULL, g_object_unref, NULL);
	GHashTableIter iter;
	gpointer task;
	g_hash_table_iter_init(&iter, waiting);
	while (g_hash_table_iter_next(&iter, &task, NULL))
		g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The machine is switched off"));
}

static void free_engine(GTask *task, gpointer source, gpointer engine, GCancellable *cancellable)
{
	const VivaMachine *self = source;
	viv_machine_free(engine);
	g_task_return_boolean(task, self->empty_disk && viva_install_is_done(self->empty_disk));
}

static void engine_freed(GObject *source, GAsyncResult *result, gpointer data)
{
	VivaMachine *self = VIVA_MACHINE(source);
	self->installed = g_task_propagate_boolean(G_TASK(result), NULL);
	viva_entry_save_thumbnail(self->entry);
	viva_entry_unlock(self->entry);
	set_run(self, VIVA_RUN_OFF);
}

/* Its disks may take a while: a thread waits for them. */
static void let_go(VivaMachine *self)
{
	VivMachine *engine = g_steal_pointer(&self->engine);
	viv_machine_listen(engine, NULL, NULL, NULL);
	set_run(self, VIVA_RUN_STOPPING);
	give_up(self);
	g_autoptr(GTask) task = g_task_new(self, NULL, engine_freed, NULL);
	g_task_set_task_data(task, engine, NULL);
	g_task_run_in_thread(task, free_engine);
}

/* ---- news ---- */

static void on_state_changed(void *owner, VivMachineState state)
{
	static const VivaRun runs[] = {
		[VIV_MACHINE_PAUSED] = VIVA_RUN_PAUSED, [VIV_MACHINE_RUNNING] = VIVA_RUN_RUNNING, [VIV_MACHINE_SUSPENDED] = VIVA_RUN_SUSPENDED,
	};
	if (state != VIV_MACHINE_ENDED)
		set_run(owner, runs[state]);
}

static void on_ended(void *owner, int exit_status)
{
	VivaMachine *self = owner;
	self->ended_itself = !self->powered_off;
	let_go(self);
}

static void on_frame_ready(void *owner)
{
	g_signal_emit(owner, signals[FRAME_READY], 0);
}

static void on_terminal_output(void *owner, unsigned terminal, const uint8_t *bytes, size_t size)
{
	g_autoptr(GBytes) copy = g_bytes_new(bytes, size);
	g_signal_emit(owner, signals[TERMINAL_OUTPUT], 0, terminal, copy);
}

static void on_held_up(void *owner, const GError *error)
{
	VivaMachine *self = owner;
	g_free(self->hold_up);
	self->hold_up = g_strdup(error->message);
	fail(self, error);
}

static void on_sound_failed(void *owner, const GError *error)
{
	fail(owner, error);
}

static const VivListener listener = {
	.sound_failed = on_sound_failed, .held_up = on_held_up,
	.state_changed = on_state_changed, .ended = on_ended, .frame_ready = on_frame_ready, .terminal_output = on_terminal_output,
};

/* ---- the start ---- */

/* A serial port that nobody has connected is a terminal in the window. */
static char *document_to_run(VivaEntry *entry)
{
	g_autoptr(JsonObject) config = viva_document_copy(viva_entry_get_config(entry));
	JsonArray *serials = viva_document_get_array(config, "serials");
	if (json_array_get_length(serials) == 1 && !g_strcmp0(json_array_get_string_element(serials, 0), "null")) {
		json_array_remove_element(serials, 0);
		json_array_add_string_element(serials, "vc");
	}
	return viva_document_to_text(config);
}

typedef struct Start {
	char *document;
	JsonObject *config;
	char *empty_disk; /* as the thread found it */
} Start;

static void start_free(gpointer data)
{
	Start *start = data;
	g_free(start->document);
	json_object_unref(start->config);
	g_free(start->empty_disk);
	g_free(start);
}

static void make_engine(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	GError *error = NULL;
	Start *start = data;
	/* What runs stands in the file. */
	if (!viva_entry_wait_saved(((VivaMachine *)source)->entry, &error)) {
		g_task_return_error(task, error);
		return;
	}
	start->empty_disk = viva_install_disk(start->config);
	g_autoptr(VivConfig) config = viv_config_from_json(start->document, &error);
	VivMachine *engine = config ? viv_machine_new(config, &error) : NULL;
	if (engine)
		g_task_return_pointer(task, engine, (GDestroyNotify)viv_machine_free);
	else
		g_task_return_error(task, error);
}

/* What there is to do about a file that the machine can't have. */
static const char *remedy(const GError *error)
{
	static const struct { int code; const char *text; } remedies[] = {
		{ G_FILE_ERROR_NOENT, N_("Put the file back, or choose another one in the settings.") },
		{ G_FILE_ERROR_ISDIR, N_("Choose a file in the settings.") },
		{ G_FILE_ERROR_ACCES, N_("Make it yours to read and write, or choose another one in the settings.") },
	};
	for (unsigned n = 0; error->domain == G_FILE_ERROR && n < G_N_ELEMENTS(remedies); n++)
		if (remedies[n].code == error->code)
			return _(remedies[n].text);
	return NULL;
}

static void fail_to_start(VivaMachine *self, const GError *error)
{
	const char *advice = remedy(error);
	g_autoptr(GError) whole = advice ? g_error_new(error->domain, error->code, "%s. %s", error->message, advice) : g_error_copy(error);
	fail(self, whole);
}

static void engine_made(GObject *source, GAsyncResult *result, gpointer data)
{
	VivaMachine *self = VIVA_MACHINE(source);
	g_autoptr(GError) error = NULL;
	Start *start = g_task_get_task_data(G_TASK(result));
	self->engine = g_task_propagate_pointer(G_TASK(result), &error);
	g_free(self->empty_disk);
	self->empty_disk = g_steal_pointer(&start->empty_disk);
	if (!self->engine) {
		viva_entry_unlock(self->entry);
		set_run(self, VIVA_RUN_OFF);
		fail_to_start(self, error);
		return;
	}
	/* It is paused until it says otherwise. */
	set_run(self, VIVA_RUN_PAUSED);
	viv_machine_listen(self->engine, &listener, self, NULL);
	/* Tests, and people without a sound server, name another sink. */
	viv_sound_start(self->engine, g_getenv("VIVARIUM_SOUND_SINK"));
	viv_machine_start(self->engine);
}

void viva_machine_preview_volume(VivaMachine *self, double volume)
{
	if (self->engine)
		viv_sound_set_volume(self->engine, volume);
}

/* Loudness is the one thing in the document that a running machine follows. */
static void config_changed(VivaMachine *self)
{
	JsonObject *config = viva_entry_get_config(self->entry);
	if (!self->engine || !config)
		return;
	double percent = viva_document_get_bool(config, "audio/muted") ? 0 : (double)viva_document_get_int(config, "audio/volume-percent", 0);
	viv_sound_set_volume(self->engine, percent / 100);
}

void viva_machine_start(VivaMachine *self)
{
	g_autoptr(GError) error = NULL;
	if (self->run != VIVA_RUN_OFF)
		return;
	if (!viva_entry_get_config(self->entry))
		g_set_error_literal(&error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, viva_entry_get_error(self->entry));
	if (error || !viva_entry_lock(self->entry, &error)) {
		fail(self, error);
		return;
	}
	self->powered_off = self->ended_itself = self->installed = false;
	set_run(self, VIVA_RUN_STARTING);
	g_autoptr(GTask) task = g_task_new(self, NULL, engine_made, NULL);
	Start *start = g_new0(Start, 1);
	start->document = document_to_run(self->entry);
	start->config = viva_document_copy(viva_entry_get_config(self->entry));
	g_task_set_task_data(task, start, start_free);
	g_task_run_in_thread(task, make_engine);
}

void viva_machine_power_off(VivaMachine *self)
{
	if (!self->engine)
		return;
	self->powered_off = true;
	viv_machine_quit(self->engine, 0);
}

bool viva_machine_ended_itself(VivaMachine *self)
{
	return self->ended_itself;
}

bool viva_machine_has_installed(VivaMachine *self)
{
	return self->installed;
}

const char *viva_machine_get_hold_up(VivaMachine *self)
{
	return self->hold_up;
}

/* ---- the screen for the library ---- */

static void use_frame(void *owner, const VivFrame *frame)
{
	*(GdkTexture **)owner = viva_thumbnail_new(frame->pixels, (int)frame->width, (int)frame->height);
}

void viva_machine_update_thumbnail(VivaMachine *self)
{
	VivMachine *engine = viva_machine_get_engine(self);
	g_autoptr(GdkTexture) texture = NULL;
	if (engine && viv_display_take(engine, use_frame, &texture) == VIV_TAKE_DONE && texture)
		viva_entry_set_thumbnail(self->entry, texture);
}

/* ---- questions ---- */

/* NULL: it was answered at once, as the machine is off. The hash table has the reference. */
static GTask *question(VivaMachine *self, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(self, NULL, callback, data);
	if (viva_machine_is_on(self)) {
		g_hash_table_add(self->waiting, task);
		return task;
	}
	g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The machine is switched off"));
	g_object_unref(task);
	return NULL;
}

/* The caller's reference. */
static GTask *answered(void *owner)
{
	GTask *task = owner;
	VivaMachine *self = g_task_get_source_object(task);
	g_hash_table_steal(self->waiting, task);
	return task;
}

static void on_text(void *owner, const char *text)
{
	g_autoptr(GTask) task = answered(owner);
	g_task_return_pointer(task, g_strdup(text), g_free);
}

void viva_machine_command_async(VivaMachine *self, const char *line, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = question(self, callback, data);
	if (task)
		viv_machine_command(self->engine, line, on_text, task);
}

void viva_machine_screen_text_async(VivaMachine *self, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = question(self, callback, data);
	if (task)
		viv_display_text(self->engine, on_text, task);
}

char *viva_machine_text_finish(VivaMachine *self, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void on_words(void *owner, const char *const *words)
{
	g_autoptr(GTask) task = answered(owner);
	g_task_return_pointer(task, g_strdupv((char **)words), (GDestroyNotify)g_strfreev);
}

void viva_machine_complete_async(VivaMachine *self, const char *line, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = question(self, callback, data);
	if (task)
		viv_machine_complete(self->engine, line, on_words, task);
}

char **viva_machine_complete_finish(VivaMachine *self, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void on_usage(void *owner, const VivUsage *usage)
{
	g_autoptr(GTask) task = answered(owner);
	g_task_return_pointer(task, g_memdup2(usage, sizeof *usage), g_free);
}

void viva_machine_usage_async(VivaMachine *self, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = question(self, callback, data);
	if (task)
		viv_machine_usage(self->engine, on_usage, task);
}

bool viva_machine_usage_finish(VivaMachine *self, GAsyncResult *result, VivUsage *usage, GError **error)
{
	g_autofree VivUsage *answer = g_task_propagate_pointer(G_TASK(result), error);
	if (answer)
		*usage = *answer;
	return answer != NULL;
}

static void drive_free(gpointer pointer)
{
	VivaDrive *drive = pointer;
	g_free(drive->id);
	g_free(drive->file);
	g_free(drive);
}

static void on_drives(void *owner, const VivDrive *drives, unsigned count)
{
	g_autoptr(GTask) task = answered(owner);
	GPtrArray *copies = g_ptr_array_new_with_free_func(drive_free);
	for (unsigned n = 0; n < count; n++) {
		VivaDrive *drive = g_new(VivaDrive, 1);
		*drive = (VivaDrive){ g_strdup(drives[n].id), g_strdup(drives[n].file), drives[n].kind, drives[n].removable, drives[n].read_only };
		g_ptr_array_add(copies, drive);
	}
	g_task_return_pointer(task, copies, (GDestroyNotify)g_ptr_array_unref);
}

void viva_machine_drives_async(VivaMachine *self, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = question(self, callback, data);
	if (task)
		viv_machine_drives(self->engine, on_drives, task);
}

GPtrArray *viva_machine_drives_finish(VivaMachine *self, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}

static void on_done(void *owner, const GError *error)
{
	g_autoptr(GTask) task = answered(owner);
	if (error)
		g_task_return_error(task, g_error_copy(error));
	else
		g_task_return_boolean(task, TRUE);
}

void viva_machine_insert_async(VivaMachine *self, const char *drive, const char *path, bool read_only, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = question(self, callback, data);
	if (task)
		viv_machine_insert(self->engine, drive, path, read_only, on_done, task);
}

void viva_machine_eject_async(VivaMachine *self, const char *drive, bool force, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = question(self, callback, data);
	if (task)
		viv_machine_eject(self->engine, drive, force, on_done, task);
}

bool viva_machine_media_finish(VivaMachine *self, GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* ---- the object ---- */

static void viva_machine_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
	VivaMachine *self = VIVA_MACHINE(object);
	switch (id) {
	case PROP_ENTRY: g_value_set_object(value, self->entry); break;
	case PROP_RUN: g_value_set_enum(value, (gint)self->run); break;
	default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
	}
}

static void viva_machine_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
	switch (id) {
	case PROP_ENTRY: VIVA_MACHINE(object)->entry = g_value_dup_object(value); break;
	default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
	}
}

/* Nobody is left to see it: it ends as if its plug had been pulled. */
static void viva_machine_dispose(GObject *object)
{
	VivaMachine *self = VIVA_MACHINE(object);
	if (self->engine)
		let_go(self); /* whose task has a reference */
	G_OBJECT_CLASS(viva_machine_parent_class)->dispose(object);
}

static void viva_machine_finalize(GObject *object)
{
	VivaMachine *self = VIVA_MACHINE(object);
	g_hash_table_unref(self->waiting);
	g_free(self->hold_up);
	g_free(self->empty_disk);
	g_clear_object(&self->entry);
	G_OBJECT_CLASS(viva_machine_parent_class)->finalize(object);
}

static void viva_machine_class_init(VivaMachineClass *class)
{
	GObjectClass *object_class = G_OBJECT_CLASS(class);
	object_class->get_property = viva_machine_get_property;
	object_class->set_property = viva_machine_set_property;
	object_class->dispose = viva_machine_dispose;
	object_class->finalize = viva_machine_finalize;
	g_object_class_install_property(object_class, PROP_ENTRY,
		g_param_spec_object("entry", NULL, NULL, VIVA_TYPE_ENTRY, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
	g_object_class_install_property(
		object_class, PROP_RUN, g_param_spec_enum("run", NULL, NULL, VIVA_TYPE_RUN, VIVA_RUN_OFF, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
	signals[FRAME_READY] = g_signal_new("frame-ready", VIVA_TYPE_MACHINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
	signals[TERMINAL_OUTPUT] = g_signal_new(
		"terminal-output", VIVA_TYPE_MACHINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_BYTES);
	signals[FAILED] = g_signal_new("failed", VIVA_TYPE_MACHINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void viva_machine_init(VivaMachine *self)
{
	self->waiting = g_hash_table_new_full(NULL, NULL, g_object_unref, NULL);
}

VivaMachine *viva_machine_new(VivaEntry *entry)
{
	VivaMachine *self = g_object_new(VIVA_TYPE_MACHINE, "entry", entry, NULL);
	g_signal_connect_object(entry, "notify::config", G_CALLBACK(config_changed), self, G_CONNECT_SWAPPED);
	return self;
}
