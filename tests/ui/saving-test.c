/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The application on a disk that is busy, or that takes no more: its main loop goes on, its window waits for what is on its way before it
 * closes, and what couldn't be written is said in the window. The tests go on from each other's state. */
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

#include "driver.h"
#include "gate.h"
#include "library/document.h"
#include "library/settings.h"
#include "ui/library-page.h"
#include "ui/settings-window.h"

static void set_name(gpointer data)
{
	Driver *driver = data;
	g_autoptr(VivaSettings) settings = viva_settings_new(driver->entry);
	g_assert_true(viva_settings_set_text(settings, "name", "Renamed"));
}

static void add_tag(gpointer data)
{
	static const char *const tags[] = { "tag", NULL };
	Driver *driver = data;
	viva_entry_set_tags(driver->entry, tags);
}

static GtkWidget *library_page(Driver *driver)
{
	return driver_find(GTK_WIDGET(driver->window), VIVA_TYPE_LIBRARY_PAGE, NULL);
}

static void clone_from_page(gpointer data)
{
	Driver *driver = data;
	g_assert_true(gtk_widget_activate_action(library_page(driver), "library.clone", "s", viva_entry_get_id(driver->entry)));
}

static bool gate_is_used(Driver *driver, gconstpointer data)
{
	return gate_waiting() > 0;
}

static guint count_machines(Driver *driver)
{
	return g_list_model_get_n_items(G_LIST_MODEL(viva_application_get_library(driver->application)));
}

static bool has_machines(Driver *driver, gconstpointer count)
{
	return count_machines(driver) == GPOINTER_TO_UINT(count);
}

static bool is_saved(Driver *driver, gconstpointer data)
{
	return !viva_library_is_saving(viva_application_get_library(driver->application));
}

/* A change, and a copy of the machine: the main loop goes on while the disk doesn't. */
static void test_busy(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	gate_close();
	driver_watch_start();
	driver_in_turn(set_name, driver);
	driver_in_turn(add_tag, driver);
	g_assert_true(driver_wait(driver, gate_is_used, NULL));
	driver_run_for(driver, 300);
	driver_watch_check("while the disk was busy");
	g_assert_cmpstr(viva_entry_get_title(driver->entry), ==, "Renamed");
	g_assert_false(is_saved(driver, NULL));
	gate_open();
	g_assert_true(driver_wait(driver, is_saved, NULL));
}

static void test_clone(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	gate_close();
	driver_watch_start();
	driver_in_turn(clone_from_page, driver);
	g_assert_true(driver_wait(driver, gate_is_used, NULL));
	driver_run_for(driver, 300);
	driver_watch_check("while the disk was busy with a clone");
	g_assert_cmpuint(count_machines(driver), ==, 1);
	gate_open();
	g_assert_true(driver_wait(driver, has_machines, GUINT_TO_POINTER(2)));
}

static bool has_drive(Driver *driver, gconstpointer data)
{
	return json_array_get_length(viva_document_get_array(viva_entry_get_config(driver->entry), "drives")) > GPOINTER_TO_UINT(data);
}

static void make_disk(gpointer data)
{
	g_assert_true(driver_respond(data, "create"));
}

static void test_new_disk(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	VivaSettingsWindow *window = viva_settings_window_new(driver->entry, GTK_WINDOW(driver->window));
	unsigned before = json_array_get_length(viva_document_get_array(viva_entry_get_config(driver->entry), "drives"));
	gtk_window_present(GTK_WINDOW(window));
	viva_settings_window_show_page(window, "disks");
	GtkStack *stack = GTK_STACK(gtk_widget_get_template_child(GTK_WIDGET(window), VIVA_TYPE_SETTINGS_WINDOW, "stack"));
	GtkWidget *group = driver_find(gtk_stack_get_visible_child(stack), ADW_TYPE_PREFERENCES_GROUP, NULL);
	g_assert_true(gtk_widget_activate_action(group, "drives.new", NULL));
	gate_close();
	driver_watch_start();
	driver_in_turn(make_disk, driver);
	g_assert_true(driver_wait(driver, gate_is_used, NULL));
	driver_run_for(driver, 200);
	driver_watch_check("while the disk was busy with a new one");
	gate_open();
	g_assert_true(driver_wait(driver, has_drive, GUINT_TO_POINTER(before)));
	g_assert_true(driver_wait(driver, is_saved, NULL));
	gtk_window_destroy(GTK_WINDOW(window));
}

static bool has_dialog(Driver *driver, gconstpointer heading)
{
	GtkWidget *dialog = driver_toplevel(ADW_TYPE_MESSAGE_DIALOG);
	return dialog && !strcmp(adw_message_dialog_get_heading(ADW_MESSAGE_DIALOG(dialog)), heading);
}

/* The window closes, what is written meanwhile fails: it stays, and says so. */
static void test_failure(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	const char *folder = viva_entry_get_folder(driver->entry);
	g_autofree char *moved = g_strconcat(folder, "-moved", NULL), *title = g_strdup(viva_entry_get_title(driver->entry));
	g_autoptr(VivaSettings) settings = viva_settings_new(driver->entry);
	viva_entry_set_state(driver->entry, VIVA_STATE_PAUSED); /* else the library would see it gone */
	g_assert_cmpint(g_rename(folder, moved), ==, 0);
	g_assert_true(viva_settings_set_text(settings, "name", "Lost"));
	gtk_window_close(GTK_WINDOW(driver->window));
	g_assert_true(driver_wait(driver, has_dialog, "“Renamed” Can’t Be Saved"));
	driver_run_for(driver, 100);
	g_assert_true(gtk_widget_get_visible(GTK_WIDGET(driver->window)));
	driver_take_picture_of(driver_toplevel(ADW_TYPE_MESSAGE_DIALOG), "save-failed");
	g_assert_true(driver_respond(driver, "close"));
	g_assert_cmpstr(viva_entry_get_title(driver->entry), ==, title);
	g_assert_cmpint(g_rename(moved, folder), ==, 0);
	viva_entry_set_state(driver->entry, VIVA_STATE_STOPPED);
}

/* With the settings open it stands there. */
static void test_settings(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	const char *folder = viva_entry_get_folder(driver->entry);
	g_autofree char *moved = g_strconcat(folder, "-moved", NULL);
	GtkWidget *window = GTK_WIDGET(viva_settings_window_new(driver->entry, GTK_WINDOW(driver->window)));
	g_autoptr(VivaSettings) settings = viva_settings_new(driver->entry);
	gtk_window_present(GTK_WINDOW(window));
	viva_entry_set_state(driver->entry, VIVA_STATE_PAUSED);
	g_assert_cmpint(g_rename(folder, moved), ==, 0);
	g_assert_true(viva_settings_set_text(settings, "name", "Lost"));
	viva_entry_flush(driver->entry);
	g_assert_cmpint(g_rename(moved, folder), ==, 0);
	g_assert_nonnull(driver_error(window));
	g_assert_null(driver_toplevel(ADW_TYPE_MESSAGE_DIALOG));
	viva_entry_set_state(driver->entry, VIVA_STATE_STOPPED);
	gtk_window_destroy(GTK_WINDOW(window));
}

static bool is_gone(Driver *driver, gconstpointer data)
{
	return !driver->window;
}

/* The window waits for the disk, and goes then. */
static void test_quit(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	g_autoptr(VivaSettings) settings = viva_settings_new(driver->entry);
	g_object_add_weak_pointer(G_OBJECT(driver->window), (gpointer *)&driver->window);
	gate_close();
	g_assert_true(viva_settings_set_text(settings, "name", "The First"));
	g_assert_true(driver_wait(driver, gate_is_used, NULL));
	g_assert_true(viva_settings_set_text(settings, "name", "The Last"));
	driver_watch_start();
	for (unsigned n = 0; n < 2; n++) {
		gtk_window_close(GTK_WINDOW(driver->window));
		driver_run_for(driver, 200);
		g_assert_nonnull(driver->window);
	}
	driver_watch_check("while the window waited for the disk");
	gate_open();
	g_assert_true(driver_wait(driver, is_gone, NULL));
	g_assert_true(is_saved(driver, NULL));
	g_autofree char *path = viva_entry_config_path(driver->entry);
	g_autoptr(JsonObject) config = viva_document_read_config(path, NULL);
	g_assert_cmpstr(config ? viva_document_get_string(config, "name") : NULL, ==, "The Last");
}

int main(int argc, char **argv)
{
	static const struct { const char *path; void (*run)(gconstpointer driver); } tests[] = {
		{ "/saving/busy", test_busy }, { "/saving/clone", test_clone }, { "/saving/new-disk", test_new_disk }, { "/saving/failure", test_failure },
		{ "/saving/settings", test_settings }, { "/saving/quit", test_quit },
	};
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	adw_init();
	Driver *driver = driver_new("one", "{ \"version\": 1, \"name\": \"One\" }");
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++)
		g_test_add_data_func(tests[n].path, driver, tests[n].run);
	int status = g_test_run();
	driver_free(driver);
	return status;
}
