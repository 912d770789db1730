/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is copied of a machine of the library while it stays: clones, and files to be taken elsewhere; see library.h. */
#include "library/archive.h"
#include "library/document.h"
#include "library/library.h"
#include "library/paths.h"

typedef struct Job {
	char *from, *to; /* the machine's folder; the clone's, or the archive */
	char *title;	 /* of a clone */
	char *place;	 /* likewise: where it is then */
	VivaCopy copy;
	VivaEntry *entry; /* locked meanwhile */
} Job;

static void job_free(gpointer data)
{
	Job *job = data;
	viva_copy_hush(&job->copy);
	g_clear_object(&job->entry);
	g_free(job->from);
	g_free(job->to);
	g_free(job->title);
	g_free(job->place);
	g_free(job);
}

/* Takes `to`. A machine that runs, or that somebody else has, isn't copied. */
static void start(GTask *task, VivaEntry *entry, char *to, const char *title, VivaProgress progress, gpointer progress_data, GTaskThreadFunc work)
{
	Job *job = g_new0(Job, 1);
	job->entry = g_object_ref(entry);
	job->from = g_strdup(viva_entry_get_folder(entry));
	job->to = to;
	job->title = g_strdup(title);
	viva_copy_tell(&job->copy, progress, progress_data);
	g_task_set_task_data(task, job, job_free);
	g_task_set_check_cancellable(task, FALSE); /* what is done when it comes stays */
	g_task_run_in_thread(task, work);
}

/* NULL: it never began. */
static Job *finish(GTask *task, bool *ok, GError **error)
{
	Job *job = g_task_get_task_data(task);
	*ok = g_task_propagate_boolean(task, error);
	if (!job)
		return NULL;
	viva_copy_hush(&job->copy);
	viva_entry_unlock(job->entry);
	return job;
}

/* error NULL: it is done. */
static void give_result(GTask *task, GError *error)
{
	if (!error)
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

/* ---- clones ---- */

static bool rename_clone(const Job *job, GError **error)
{
	g_autofree char *path = g_build_filename(job->to, "machine.json", NULL);
	g_autoptr(JsonObject) config = viva_document_read_config(path, error);
	if (!config)
		return false;
	viva_document_set_string(config, "name", job->title);
	if (viva_document_get_string(config, "uuid")) {
		g_autofree char *uuid = g_uuid_string_random(); /* two machines are never one */
		viva_document_set_string(config, "uuid", uuid);
	}
	viva_paths_move(config, job->from, job->to);
	return viva_document_write(config, path, error);
}

static bool make_clone(VivaLibrary *library, Job *job, GCancellable *cancellable, GError **error)
{
	if (!viva_entry_wait_saved(job->entry, error))
		return false;
	job->copy.total_bytes = viva_files_size(job->from);
	return viva_files_copy(job->from, job->to, &job->copy, cancellable, error) && rename_clone(job, error) &&
	       (job->place = viva_library_place(library, job->to, job->title, error));
}

static void clone_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	Job *job = data;
	GError *error = NULL;
	if (!make_clone(source, job, cancellable, &error))
		viva_library_abandon(source, job->to);
	give_result(task, error);
}

void viva_library_clone_async(VivaLibrary *self, VivaEntry *entry, const char *title, VivaProgress progress, gpointer progress_data,
	GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(self, cancellable, callback, data);
	GError *error = NULL;
	g_task_set_source_tag(task, viva_library_clone_async);
	g_autofree char *to = viva_library_begin(self, &error);
	if (!to || !viva_entry_lock(entry, &error)) {
		if (to)
			viva_library_abandon(self, to);
		g_task_return_error(task, error);
		return;
	}
	start(task, entry, g_steal_pointer(&to), title, progress, progress_data, clone_in_thread);
}

VivaEntry *viva_library_clone_finish(VivaLibrary *self, GAsyncResult *result, GError **error)
{
	bool ok;
	Job *job = finish(G_TASK(result), &ok, error);
	if (!job)
		return NULL;
	return ok ? viva_library_adopt(self, job->place) : NULL;
}

/* ---- exports ---- */

static void export_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	Job *job = data;
	GError *error = NULL;
	if (viva_entry_wait_saved(job->entry, &error))
		viva_archive_write(job->from, job->to, &job->copy, cancellable, &error);
	give_result(task, error);
}

void viva_library_export_async(VivaLibrary *self, VivaEntry *entry, const char *path, VivaProgress progress, gpointer progress_data,
	GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(self, cancellable, callback, data);
	GError *error = NULL;
	g_task_set_source_tag(task, viva_library_export_async);
	if (viva_entry_lock(entry, &error))
		start(task, entry, g_strdup(path), NULL, progress, progress_data, export_in_thread);
	else
		g_task_return_error(task, error);
}

bool viva_library_export_finish(VivaLibrary *self, GAsyncResult *result, GError **error)
{
	bool ok;
	finish(G_TASK(result), &ok, error);
	return ok;
}
