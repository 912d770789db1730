/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A user's session, from the first start on an empty library: machines made from a CD image and from the ready-made Linux, their boot
 * order and media changed by the dialogs, typed into, seen, deleted and brought back; and what the window says
 * of bad input. The tests go on from each other's state. argv: tests/boot's boot sector. */
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <vte/vte.h>

#include "driver.h"
#include "library/document.h"
#include "media.h"
#include "names.h"
#include "ui/create-window.h"
#include "ui/input.h"
#include "ui/monitor-page.h"
#include "ui/preferences.h"
#include "ui/settings-window.h"

enum { NARROW = 360 };

/* What the application told the desktop. */
typedef struct Told {
	char *help, *title, *body;
} Told;

typedef struct Session {
	Driver *driver;
	char *media; /* folder */
	Told told;
} Session;

static GtkWidget *window_of(Session *session)
{
	return GTK_WIDGET(session->driver->window);
}

static VivaLibrary *library_of(Session *session)
{
	return viva_application_get_library(session->driver->application);
}

static GFile *medium(Session *session, const char *name)
{
	g_autofree char *path = g_build_filename(session->media, name, NULL);
	return g_file_new_for_path(path);
}

static guint machines(Session *session)
{
	return g_list_model_get_n_items(G_LIST_MODEL(library_of(session)));
}

/* ---- conditions ---- */

static bool toplevel_is(Driver *driver, gconstpointer type)
{
	return driver_toplevel((GType)type) != NULL;
}

static bool toplevel_gone(Driver *driver, gconstpointer type)
{
	return driver_toplevel((GType)type) == NULL;
}

static bool runs(Driver *driver, gconstpointer entry)
{
	return driver->entry && driver_runs_as(driver, GINT_TO_POINTER(VIVA_RUN_RUNNING));
}

static bool is_set(Driver *driver, gconstpointer text)
{
	return *(char *const *)text != NULL;
}

static bool counts(Driver *driver, gconstpointer count)
{
	return g_list_model_get_n_items(G_LIST_MODEL(viva_application_get_library(driver->application))) == GPOINTER_TO_UINT(count);
}

static bool has_page(Driver *driver, gconstpointer name)
{
	GtkWidget *window = driver_toplevel(VIVA_TYPE_CREATE_WINDOW);
	GtkWidget *stack = window ? GTK_WIDGET(gtk_widget_get_template_child(window, VIVA_TYPE_CREATE_WINDOW, "stack")) : NULL;
	return stack && !strcmp(gtk_stack_get_visible_child_name(GTK_STACK(stack)), name);
}

static bool has_active(Driver *driver, gconstpointer window)
{
	return gtk_window_is_active(GTK_WINDOW((gpointer)window));
}

/* ---- steps ---- */

static void focus(Session *session, GtkWidget *window)
{
	const char *arguments[] = { "search", "--sync", "--onlyvisible", "--name", gtk_window_get_title(GTK_WINDOW(window)), "windowfocus", NULL };
	driver_xdotool(session->driver, arguments);
	g_assert_true(driver_wait(session->driver, has_active, window));
}

static void look(Session *session, GtkWidget *window, const char *name)
{
	driver_run_for(session->driver, 300);
	names_check(window);
	driver_take_picture_of(window, name);
}

static void type_line(Session *session, const char *line)
{
	driver_key(session->driver, "type", line);
	driver_key(session->driver, "key", "Return");
}

static void power_off(Session *session)
{
	viva_machine_power_off(driver_machine(session->driver));
	g_assert_true(driver_wait(session->driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_OFF)));
}

/* Which is the one machine that a new window of creation has made. */
static void take_new_entry(Session *session, const char *title)
{
	GListModel *model = G_LIST_MODEL(library_of(session));
	for (guint n = 0; n < g_list_model_get_n_items(model); n++) {
		g_autoptr(VivaEntry) entry = g_list_model_get_item(model, n);
		if (!strcmp(viva_entry_get_title(entry), title))
			g_set_object(&session->driver->entry, entry);
	}
	g_assert_cmpstr(viva_entry_get_title(session->driver->entry), ==, title);
}

/* In the file chooser that is open. */
static void choose(Session *session, GFile *file)
{
	g_assert_true(driver_wait(session->driver, toplevel_is, (gconstpointer)GTK_TYPE_FILE_CHOOSER_DIALOG));
	GtkWidget *chooser = driver_toplevel(GTK_TYPE_FILE_CHOOSER_DIALOG);
	g_autoptr(GError) error = NULL;
	gtk_file_chooser_set_file(GTK_FILE_CHOOSER(chooser), file, &error);
	g_assert_no_error(error);
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	for (bool there = false; !there && g_get_monotonic_time() < end;) {
		g_autoptr(GFile) chosen = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(chooser));
		there = chosen && g_file_equal(chosen, file);
		g_main_context_iteration(NULL, FALSE);
	}
	gtk_dialog_response(GTK_DIALOG(chooser), GTK_RESPONSE_ACCEPT);
	g_object_unref(file);
}

static GtkWidget *open_settings(Session *session, const char *page)
{
	viva_window_show_library(session->driver->window);
	driver_run_for(session->driver, 300);
	GtkWidget *library = driver_find(window_of(session), g_type_from_name("VivaLibraryPage"), NULL);
	gtk_widget_activate_action(library, "library.settings", "s", viva_entry_get_id(session->driver->entry));
	g_assert_true(driver_wait(session->driver, toplevel_is, (gconstpointer)VIVA_TYPE_SETTINGS_WINDOW));
	GtkWidget *settings = driver_toplevel(VIVA_TYPE_SETTINGS_WINDOW);
	viva_settings_window_show_page(VIVA_SETTINGS_WINDOW(settings), page);
	driver_run_for(session->driver, 200);
	return settings;
}

static bool offers(Driver *driver, gconstpointer label)
{
	return driver_find(GTK_WIDGET(driver->window), GTK_TYPE_BUTTON, label) != NULL;
}

static void press(GtkWidget *from, const char *label)
{
	GtkWidget *button = driver_find(from, GTK_TYPE_BUTTON, label);
	if (!button)
		g_test_message("there is no button '%s'", label);
	g_assert_nonnull(button);
	if (button)
		g_signal_emit_by_name(button, "clicked");
}

static bool error_says(Driver *driver, gconstpointer text)
{
	const char *error = driver_error(GTK_WIDGET(driver_page(driver)));
	return error && strstr(error, text);
}

/* ---- a machine from a CD image ---- */

static void test_empty(gconstpointer data)
{
	Session *session = (Session *)data;
	g_assert_cmpuint(machines(session), ==, 0);
	look(session, window_of(session), "session-empty");
}

static void open_creation(Session *session)
{
	focus(session, window_of(session));
	driver_key(session->driver, "key", "ctrl+n");
	g_assert_true(driver_wait(session->driver, toplevel_is, (gconstpointer)VIVA_TYPE_CREATE_WINDOW));
}

static void test_create(gconstpointer data)
{
	Session *session = (Session *)data;
	open_creation(session);
	GtkWidget *window = driver_toplevel(VIVA_TYPE_CREATE_WINDOW);
	look(session, window, "session-create");
	g_autoptr(GFile) file = medium(session, "cd.iso");
	viva_create_window_take_file(VIVA_CREATE_WINDOW(window), file);
	g_assert_true(driver_wait(session->driver, has_page, "review"));
	GObject *name = gtk_widget_get_template_child(window, VIVA_TYPE_CREATE_WINDOW, "name");
	gtk_editable_set_text(GTK_EDITABLE(name), "From a CD");
	look(session, window, "session-review");
	gtk_widget_activate_action(window, "create.create", NULL);
	g_assert_true(driver_wait(session->driver, toplevel_gone, (gconstpointer)VIVA_TYPE_CREATE_WINDOW));
	g_assert_cmpuint(machines(session), ==, 1);
	take_new_entry(session, "From a CD");
	look(session, window_of(session), "session-created");
}

static void test_boot(gconstpointer data)
{
	Session *session = (Session *)data;
	driver_act(session->driver, "machine.toggle", NULL);
	g_assert_true(driver_wait(session->driver, driver_screen_has, "CDNO"));
	look(session, window_of(session), "session-cd");
}

/* While it runs: the other disc, and the reset's boot is from that. */
static void test_swap(gconstpointer data)
{
	Session *session = (Session *)data;
	driver_act(session->driver, "machine.insert", "ide1-cd0");
	choose(session, medium(session, "cd-floppy.iso"));
	g_assert_true(driver_wait(session->driver, toplevel_gone, (gconstpointer)GTK_TYPE_FILE_CHOOSER_DIALOG));
	driver_run_for(session->driver, 300);
	driver_act(session->driver, "machine.reset", NULL);
	g_assert_true(driver_wait(session->driver, driver_screen_has, "CDFL"));
	power_off(session);
}

static bool order_begins_with(Driver *driver, gconstpointer letter)
{
	const char *order = viva_document_get_string(viva_entry_get_config(driver->entry), "boot/order");
	return order && order[0] == *(const char *)letter;
}

/* A floppy in the drive, and the order changed by the buttons of its page: the guest boots from there. */
static void test_boot_order(gconstpointer data)
{
	Session *session = (Session *)data;
	GtkWidget *settings = open_settings(session, "disks");
	GtkWidget *stack = GTK_WIDGET(gtk_widget_get_template_child(settings, VIVA_TYPE_SETTINGS_WINDOW, "stack"));
	GtkWidget *rows = driver_find(gtk_stack_get_visible_child(GTK_STACK(stack)), ADW_TYPE_PREFERENCES_GROUP, NULL);
	GtkWidget *drive = driver_find(rows, ADW_TYPE_EXPANDER_ROW, "Floppy Disk");
	g_assert_nonnull(drive);
	adw_expander_row_set_expanded(ADW_EXPANDER_ROW(drive), TRUE);
	press(drive, "Choose an Image");
	choose(session, medium(session, "floppy.img"));
	g_assert_true(driver_wait(session->driver, toplevel_gone, (gconstpointer)GTK_TYPE_FILE_CHOOSER_DIALOG));
	look(session, settings, "session-disks");
	viva_settings_window_show_page(VIVA_SETTINGS_WINDOW(settings), "boot");
	for (unsigned n = 0; n < 3 && !order_begins_with(session->driver, "a"); n++) {
		press(gtk_stack_get_visible_child(GTK_STACK(stack)), "Move Up: Floppy Disk");
		driver_run_for(session->driver, 200);
	}
	look(session, settings, "session-boot-order");
	g_assert_true(order_begins_with(session->driver, "a"));
	gtk_window_close(GTK_WINDOW(settings));
	driver_act(session->driver, "win.run", viva_entry_get_id(session->driver->entry));
	g_assert_true(driver_wait(session->driver, driver_screen_has, "FLOP"));
	power_off(session);
}

/* ---- deleting ---- */

static void test_delete(gconstpointer data)
{
	Session *session = (Session *)data;
	g_autofree char *folder = g_strdup(viva_entry_get_folder(session->driver->entry)), *id = g_strdup(viva_entry_get_id(session->driver->entry));
	viva_window_show_library(session->driver->window);
	driver_run_for(session->driver, 500);
	GtkWidget *library = driver_find(window_of(session), g_type_from_name("VivaLibraryPage"), NULL);
	gtk_widget_activate_action(library, "library.delete", "s", id);
	g_assert_true(driver_wait(session->driver, counts, GUINT_TO_POINTER(0)));
	g_assert_true(g_file_test(folder, G_FILE_TEST_IS_DIR));
	g_assert_true(driver_wait(session->driver, offers, "_Undo")); /* a toast may have to wait for the last one to leave */
	press(window_of(session), "_Undo");
	g_assert_true(driver_wait(session->driver, counts, GUINT_TO_POINTER(1)));
	g_assert_nonnull(viva_library_find(library_of(session), id));
	gtk_widget_activate_action(library, "library.delete", "s", id);
	g_assert_true(driver_wait(session->driver, counts, GUINT_TO_POINTER(0)));
	look(session, window_of(session), "session-deleted");
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	while (g_file_test(folder, G_FILE_TEST_IS_DIR) && g_get_monotonic_time() < end)
		driver_run_for(session->driver, 100); /* the toast goes by itself */
	g_assert_false(g_file_test(folder, G_FILE_TEST_IS_DIR));
}

/* ---- bad input ---- */

static bool create_says(Driver *driver, gconstpointer text)
{
	GtkWidget *window = driver_toplevel(VIVA_TYPE_CREATE_WINDOW);
	const char *error = driver_error(window);
	return error && strstr(error, text);
}

static void test_bad_files(gconstpointer data)
{
	Session *session = (Session *)data;
	open_creation(session);
	GtkWidget *window = driver_toplevel(VIVA_TYPE_CREATE_WINDOW);
	g_autoptr(GFile) folder = g_file_new_for_path(session->media), missing = medium(session, "missing.iso");
	viva_create_window_take_file(VIVA_CREATE_WINDOW(window), folder);
	g_assert_true(driver_wait(session->driver, create_says, session->media));
	look(session, window, "session-folder");
	viva_create_window_take_file(VIVA_CREATE_WINDOW(window), missing);
	g_assert_true(driver_wait(session->driver, create_says, "missing.iso"));
	gtk_window_close(GTK_WINDOW(window));
	g_assert_true(driver_wait(session->driver, toplevel_gone, (gconstpointer)VIVA_TYPE_CREATE_WINDOW));
	g_assert_cmpuint(machines(session), ==, 0);
}

static void test_newer(gconstpointer data)
{
	static const char newer[] = "{ \"version\": 99, \"name\": \"From Tomorrow\", \"surprise\": true }";
	Session *session = (Session *)data;
	driver_add_machine(session->driver, "newer", newer);
	g_assert_true(driver_wait(session->driver, counts, GUINT_TO_POINTER(1)));
	g_autoptr(VivaEntry) entry = g_object_ref(viva_library_find(library_of(session), "newer"));
	g_assert_cmpint(viva_entry_get_state(entry), ==, VIVA_STATE_DAMAGED);
	g_assert_nonnull(strstr(viva_entry_get_error(entry), "version"));
	look(session, window_of(session), "session-newer");
	g_autofree char *path = viva_entry_config_path(entry), *text = NULL;
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, newer);
	g_unlink(path);
	g_rmdir(viva_entry_get_folder(entry));
	viva_library_rescan(library_of(session));
	g_assert_true(driver_wait(session->driver, counts, GUINT_TO_POINTER(0)));
}

/* A disk that can't be read: who is root reads all, but no folder. */
static void test_unreadable(gconstpointer data)
{
	Session *session = (Session *)data;
	g_autofree char *document = g_strdup_printf("{ \"version\": 1, \"name\": \"Unreadable\", \"drives\": [ { \"id\": \"d\", \"interface\": \"ide\", "
						    "\"media\": \"disk\", \"file\": \"%s\" } ] }", session->media);
	driver_add_machine(session->driver, "unreadable", document);
	g_assert_true(driver_wait(session->driver, counts, GUINT_TO_POINTER(1)));
	g_set_object(&session->driver->entry, viva_library_find(library_of(session), "unreadable"));
	driver_act(session->driver, "win.run", "unreadable");
	g_assert_true(driver_wait(session->driver, error_says, session->media));
	look(session, window_of(session), "session-unreadable");
}

/* ---- the ready-made Linux ---- */

static void test_try_it(gconstpointer data)
{
	Session *session = (Session *)data;
	viva_window_show_library(session->driver->window);
	open_creation(session);
	driver_watch_start();
	gtk_widget_activate_action(driver_toplevel(VIVA_TYPE_CREATE_WINDOW), "create.try", NULL);
	g_assert_true(driver_wait(session->driver, counts, GUINT_TO_POINTER(2)));
	take_new_entry(session, "Small Linux");
	g_assert_true(driver_wait(session->driver, runs, NULL));
	g_assert_true(driver_wait(session->driver, driver_screen_has, "/root #"));
	driver_watch_check("while Linux was copied and booted");
}

static void test_type(gconstpointer data)
{
	Session *session = (Session *)data;
	focus(session, window_of(session));
	viva_input_grab(viva_display_get_input(driver_display(session->driver)));
	type_line(session, "echo answer=$((6*7))");
	g_assert_true(driver_wait(session->driver, driver_screen_has, "answer=42"));
	look(session, window_of(session), "session-linux");
}

static bool terminal_has(Driver *driver, gconstpointer text)
{
	GtkWidget *terminal = driver_find(GTK_WIDGET(driver->window), VTE_TYPE_TERMINAL, NULL);
	g_autofree char *all = terminal ? vte_terminal_get_text(VTE_TERMINAL(terminal), NULL, NULL, NULL) : NULL;
	return all && strstr(all, text);
}

static void test_serial(gconstpointer data)
{
	Session *session = (Session *)data;
	driver_act(session->driver, "machine.page", "serial");
	driver_run_for(session->driver, 300);
	g_assert_true(driver_wait(session->driver, terminal_has, "a shell"));
	gtk_widget_grab_focus(driver_find(window_of(session), VTE_TYPE_TERMINAL, NULL));
	type_line(session, "echo serial=$((6*9))");
	g_assert_true(driver_wait(session->driver, terminal_has, "serial=54"));
	look(session, window_of(session), "session-serial");
}

/* ---- keys of the window, help ---- */

static void on_help(VivaApplication *application, const char *page, Session *session)
{
	g_free(session->told.help);
	session->told.help = g_strdup(page);
	g_signal_stop_emission_by_name(application, "show-help");
}

static void check_help(Session *session, GtkWidget *window, const char *page)
{
	focus(session, window);
	g_clear_pointer(&session->told.help, g_free);
	driver_key(session->driver, "key", "F1");
	g_assert_true(driver_wait(session->driver, is_set, &session->told.help));
	g_assert_cmpstr(session->told.help, ==, page);
	g_autofree char *file = g_strdup_printf("%s.page", page), *path = g_test_build_filename(G_TEST_DIST, "help", "C", file, NULL);
	g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void test_help(gconstpointer data)
{
	static const char *const pages[] = { "monitor", "activity", "serial" };
	Session *session = (Session *)data;
	for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++) {
		driver_act(session->driver, "machine.page", pages[n]);
		driver_run_for(session->driver, 100);
		if (n < 2) /* F1 in a terminal: the window's, too, as on the other pages */
			check_help(session, window_of(session), pages[n]);
	}
	GtkWidget *settings = open_settings(session, "boot");
	check_help(session, settings, "boot");
	gtk_window_close(GTK_WINDOW(settings));
	g_assert_true(driver_wait(session->driver, toplevel_gone, (gconstpointer)VIVA_TYPE_SETTINGS_WINDOW));
	check_help(session, window_of(session), "library");
	open_creation(session);
	GtkWidget *create = driver_toplevel(VIVA_TYPE_CREATE_WINDOW);
	check_help(session, create, "create");
	gtk_window_close(GTK_WINDOW(create));
	gtk_widget_activate_action(window_of(session), "app.preferences", NULL);
	g_assert_true(driver_wait(session->driver, toplevel_is, (gconstpointer)ADW_TYPE_PREFERENCES_WINDOW));
	GtkWidget *preferences = driver_toplevel(ADW_TYPE_PREFERENCES_WINDOW);
	look(session, preferences, "session-preferences");
	check_help(session, preferences, "preferences");
	gtk_window_close(GTK_WINDOW(preferences));
}

static bool has_search(Driver *driver, gconstpointer type)
{
	GtkWidget *page = driver_find(GTK_WIDGET(driver->window), (GType)type, NULL);
	GtkWidget *bar = page ? driver_find(page, GTK_TYPE_SEARCH_BAR, NULL) : NULL;
	return bar && gtk_widget_get_mapped(bar) && gtk_search_bar_get_search_mode(GTK_SEARCH_BAR(bar));
}

static void test_find(gconstpointer data)
{
	Session *session = (Session *)data;
	driver_act(session->driver, "win.open", viva_entry_get_id(session->driver->entry));
	driver_act(session->driver, "machine.page", "monitor");
	driver_run_for(session->driver, 300);
	focus(session, window_of(session));
	driver_key(session->driver, "key", "ctrl+f");
	g_assert_true(driver_wait(session->driver, has_search, (gconstpointer)VIVA_TYPE_MONITOR_PAGE));
	driver_act(session->driver, "machine.page", "activity");
	driver_key(session->driver, "key", "ctrl+f");
	g_assert_true(driver_wait(session->driver, has_search, (gconstpointer)g_type_from_name("VivaLibraryPage")));
	driver_key(session->driver, "key", "Escape");
}

/* ---- the library while machines run ---- */

static bool has_new_thumbnail(Driver *driver, gconstpointer old)
{
	GdkTexture *now = viva_entry_get_thumbnail(driver->entry);
	return now && now != old;
}

static void test_thumbnail(gconstpointer data)
{
	Session *session = (Session *)data;
	viva_window_show_library(session->driver->window);
	g_assert_true(driver_wait(session->driver, has_new_thumbnail, NULL));
	GdkTexture *old = viva_entry_get_thumbnail(session->driver->entry);
	g_object_ref(old);
	driver_act(session->driver, "machine.send-keys", "ret");
	g_assert_true(driver_wait(session->driver, has_new_thumbnail, old));
	look(session, window_of(session), "session-library");
	g_object_unref(old);
}

/* ---- every page, narrow and wide, light and dark ---- */

static void test_looks(gconstpointer data)
{
	static const char *const pages[] = { "display", "monitor", "serial", "activity" };
	static const int widths[] = { 800, NARROW };
	Session *session = (Session *)data;
	driver_act(session->driver, "win.open", viva_entry_get_id(session->driver->entry));
	for (unsigned dark = 0; dark < 2; dark++) {
		adw_style_manager_set_color_scheme(adw_style_manager_get_default(), dark ? ADW_COLOR_SCHEME_FORCE_DARK : ADW_COLOR_SCHEME_FORCE_LIGHT);
		for (unsigned w = 0; w < G_N_ELEMENTS(widths); w++) {
			gtk_window_set_default_size(GTK_WINDOW(window_of(session)), widths[w], 620);
			for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++) {
				g_autofree char *name = g_strdup_printf("machine-2x-%s-%d%s", pages[n], widths[w], dark ? "-dark" : "");
				driver_act(session->driver, "machine.page", pages[n]);
				look(session, window_of(session), name);
				if (widths[w] == NARROW)
					widths_check(GTK_WIDGET(driver_page(session->driver)), NARROW);
			}
		}
	}
	adw_style_manager_set_color_scheme(adw_style_manager_get_default(), ADW_COLOR_SCHEME_DEFAULT);
	gtk_window_set_default_size(GTK_WINDOW(window_of(session)), 960, 680);
	driver_act(session->driver, "machine.page", "display");
	driver_run_for(session->driver, 300);
}

/* ---- the end, while nobody looks ---- */

static void on_notify(VivaApplication *application, const char *id, const char *title, const char *body, const char *machine, Session *session)
{
	g_free(session->told.title);
	g_free(session->told.body);
	session->told.title = g_strdup(title);
	session->told.body = g_strdup(body);
	g_signal_stop_emission_by_name(application, "notify-user");
}

static bool isnt_seen(Driver *driver, gconstpointer data)
{
	return !gtk_widget_get_mapped(GTK_WIDGET(driver->window));
}

static void look_away(Session *session)
{
	gtk_widget_set_visible(window_of(session), FALSE);
	g_assert_true(driver_wait(session->driver, isnt_seen, NULL));
	g_clear_pointer(&session->told.title, g_free);
}

static void look_back(Session *session)
{
	gtk_window_present(GTK_WINDOW(window_of(session)));
	driver_run_for(session->driver, 300);
	focus(session, window_of(session));
}

/* Linux hears of the power button and switches itself off. */
static void test_shut_down(gconstpointer data)
{
	Session *session = (Session *)data;
	driver_act(session->driver, "machine.shut-down", NULL);
	g_assert_true(driver_wait(session->driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_OFF)));
	g_assert_true(viva_machine_ended_itself(driver_machine(session->driver)));
	driver_act(session->driver, "win.run", viva_entry_get_id(session->driver->entry));
	g_assert_true(driver_wait(session->driver, runs, NULL));
	g_assert_true(driver_wait(session->driver, driver_screen_has, "/root #"));
	focus(session, window_of(session));
}

static void test_end(gconstpointer data)
{
	Session *session = (Session *)data;
	viva_input_grab(viva_display_get_input(driver_display(session->driver)));
	type_line(session, "sleep 1; poweroff -f");
	look_away(session);
	g_assert_true(driver_wait(session->driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_OFF)));
	g_assert_true(driver_wait(session->driver, is_set, &session->told.title));
	g_assert_nonnull(strstr(session->told.title, "Small Linux"));
	look_back(session);
	look(session, window_of(session), "session-ended");
}

/* ---- */

typedef struct Test {
	const char *name;
	void (*run)(gconstpointer session);
	bool needs_guest;
} Test;

static const Test tests[] = {
	{ "empty", test_empty, false }, { "create", test_create, false }, { "boot", test_boot, false }, { "swap", test_swap, false },
	{ "boot-order", test_boot_order, false }, { "delete", test_delete, false }, { "bad-files", test_bad_files, false },
	{ "newer", test_newer, false }, { "unreadable", test_unreadable, false }, { "try-it", test_try_it, true }, { "type", test_type, true },
	{ "serial", test_serial, true }, { "help", test_help, true }, { "find", test_find, true }, { "thumbnail", test_thumbnail, true },
	{ "looks", test_looks, true }, { "shut-down", test_shut_down, true }, { "end", test_end, true },
};

static void skipped(gconstpointer data)
{
	g_test_skip("there is no Linux guest (VIV_GUEST_FOLDER; ./dev makes it)");
}

static bool have_guest(void)
{
	const char *folder = g_getenv("VIV_GUEST_FOLDER");
	g_autofree char *kernel = folder ? g_build_filename(folder, "k64", NULL) : NULL;
	return kernel && g_file_test(kernel, G_FILE_TEST_EXISTS);
}

int main(int argc, char **argv)
{
	Session session = { 0 };
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 2 || !(session.media = media_new(argv[1])))
		g_error("session-test takes the boot sector");
	adw_init();
	session.driver = driver_new(NULL, NULL);
	g_signal_connect(session.driver->application, "show-help", G_CALLBACK(on_help), &session);
	g_signal_connect(session.driver->application, "notify-user", G_CALLBACK(on_notify), &session);
	bool guest = have_guest();
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++) {
		g_autofree char *path = g_strconcat("/session/", tests[n].name, NULL);
		g_test_add_data_func(path, &session, tests[n].needs_guest && !guest ? skipped : tests[n].run);
	}
	int status = g_test_run();
	driver_free(session.driver);
	media_free(session.media);
	g_free(session.told.help);
	g_free(session.told.title);
	g_free(session.told.body);
	return status;
}
