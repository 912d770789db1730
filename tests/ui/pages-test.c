/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens every window, page and dialog, wide and 360 pixels narrow, light and dark, and takes their pictures (into the folder that
 * VIV_PICTURES names). None may need more width, warn, or have a control without a name; F1 opens a page of the help on each. Nothing
 * runs here: tests/ui/session-test.c has what only a running machine shows. */
#include <gdk/x11/gdkx.h>
#include <glib/gstdio.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>

#include "driver.h"
#include "library/document.h"
#include "library/settings.h"
#include "names.h"
#include "ui/closing.h"
#include "ui/create-window.h"
#include "ui/errors.h"
#include "ui/keys-dialog.h"
#include "ui/library-page.h"
#include "ui/settings-pages.h"
#include "ui/settings-window.h"

enum { NARROW = 360, WIDE = 860, HEIGHT = 620, FRAMES = 12 };

typedef struct Pages {
	Driver *driver;
	VivaEntry *entry; /* with all that settings show */
	bool dark;
	int width;
	char *help; /* the page that was asked for; NULL: none */
	const char *suffix; /* of pictures: at which scale */
} Pages;

/* ---- looking ---- */

static gboolean count_frame(GtkWidget *widget, GdkFrameClock *clock, gpointer frames)
{
	++*(int *)frames;
	return G_SOURCE_CONTINUE;
}

static bool has_frames(Driver *driver, gconstpointer frames)
{
	return *(const int *)frames >= FRAMES;
}

/* Until the window has come to rest: a number of frames, without counting on how long one takes. */
static void settle(Pages *pages, GtkWidget *window)
{
	int frames = 0;
	guint id = gtk_widget_add_tick_callback(window, count_frame, &frames, NULL);
	g_assert_true(driver_wait(pages->driver, has_frames, &frames));
	gtk_widget_remove_tick_callback(window, id);
}

static void look_at(Pages *pages, GtkWidget *window, const char *name)
{
	g_autofree char *whole = g_strdup_printf("%s%s-%d%s", name, pages->suffix, pages->width, pages->dark ? "-dark" : "");
	g_test_message("%s", whole);
	settle(pages, window);
	/* Wider ones have more to show; what GTK makes of shortcuts has its own width, and whoever has so little has no keyboard. What stands
	 * in the window: without compositing it has a border of some pixels as well. */
	for (GtkWidget *child = gtk_widget_get_first_child(window); child && !GTK_IS_SHORTCUTS_WINDOW(window); child = gtk_widget_get_next_sibling(child))
		if (pages->width == NARROW)
			widths_check(child, NARROW);
	names_check(window);
	driver_take_picture_of(window, whole);
}

static void show(Pages *pages, GtkWidget *window)
{
	gtk_window_set_default_size(GTK_WINDOW(window), pages->width, HEIGHT);
	gtk_window_present(GTK_WINDOW(window));
}

/* ---- how long it takes ---- */

/* What opens a window or a page of it, and where that is then. */
typedef struct Opening {
	Pages *pages;
	GtkWidget *(*open)(Pages *pages);
	bool sized; /* it takes the size that it is given */
	GtkWidget *window;
	const char *page;
} Opening;

static void open_window(gpointer data)
{
	Opening *opening = data;
	opening->window = opening->open(opening->pages);
	if (opening->sized)
		gtk_window_set_default_size(GTK_WINDOW(opening->window), opening->pages->width, HEIGHT);
	gtk_window_present(GTK_WINDOW(opening->window));
}

/* Nothing is slower than the first time. */
static void do_watched(Pages *pages, const char *name, void (*act)(gpointer data), Opening *opening)
{
	driver_watch_start();
	driver_in_turn(act, opening);
	settle(pages, opening->window);
	driver_watch_check(name);
}

static GtkWidget *open_watched(Pages *pages, const char *name, GtkWidget *(*open)(Pages *pages), bool sized)
{
	Opening opening = { pages, open, sized, NULL, NULL };
	do_watched(pages, name, open_window, &opening);
	return opening.window;
}

/* ---- help ---- */

static void on_help(VivaApplication *application, const char *page, Pages *pages)
{
	g_free(pages->help);
	pages->help = g_strdup(page);
	g_signal_stop_emission_by_name(application, "show-help");
}

static bool has_help(Driver *driver, gconstpointer pages)
{
	return ((const Pages *)pages)->help != NULL;
}

static void focus(Pages *pages, GtkWidget *window)
{
	GdkSurface *surface = gtk_native_get_surface(gtk_widget_get_native(window));
	g_autofree char *id = g_strdup_printf("%lu", gdk_x11_surface_get_xid(surface));
	const char *arguments[] = { "windowfocus", id, NULL };
	driver_xdotool(pages->driver, arguments);
	g_assert_true(driver_wait(pages->driver, driver_is_active, window));
}

/* Keys don't depend on how the window looks: once is enough. */
static void check_help(Pages *pages, GtkWidget *window, const char *page)
{
	if (pages->dark || pages->width != WIDE || *pages->suffix)
		return;
	focus(pages, window);
	g_clear_pointer(&pages->help, g_free);
	driver_key(pages->driver, "key", "F1");
	g_assert_true(driver_wait(pages->driver, has_help, pages));
	g_assert_cmpstr(pages->help, ==, page);
	g_autofree char *file = g_strdup_printf("%s.page", page), *path = g_test_build_filename(G_TEST_DIST, "help", "C", file, NULL);
	g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* ---- the application's window ---- */

static GtkWidget *main_window(Pages *pages)
{
	return GTK_WIDGET(pages->driver->window);
}

static void see_empty(Pages *pages)
{
	show(pages, main_window(pages));
	look_at(pages, main_window(pages), "library-empty");
}

static bool has_menu(Driver *driver, gconstpointer page)
{
	GtkWidget *menu = driver_find((GtkWidget *)page, GTK_TYPE_POPOVER_MENU, NULL);
	return menu && gtk_widget_get_mapped(menu);
}

static bool has_no_menu(Driver *driver, gconstpointer page)
{
	return !has_menu(driver, page);
}

/* Without a pointer: of the machine that has the focus. */
static void check_menu(Pages *pages, GtkWidget *page, GType view)
{
	if (pages->dark || pages->width != WIDE || *pages->suffix)
		return;
	settle(pages, main_window(pages)); /* machines have their places then */
	focus(pages, main_window(pages));
	g_assert_true(gtk_widget_grab_focus(driver_find(page, view, NULL)));
	driver_key(pages->driver, "key", "Home"); /* the first machine, if it was the view that took it */
	driver_key(pages->driver, "key", "shift+F10");
	g_assert_true(driver_wait(pages->driver, has_menu, page));
	driver_key(pages->driver, "key", "Escape");
	g_assert_true(driver_wait(pages->driver, has_no_menu, page));
}

static void see_library(Pages *pages)
{
	static const char *const views[] = { "grid", "list" };
	GtkWidget *window = main_window(pages), *page = driver_find(window, VIVA_TYPE_LIBRARY_PAGE, NULL);
	viva_window_show_library(pages->driver->window);
	show(pages, window);
	for (unsigned n = 0; n < G_N_ELEMENTS(views); n++) {
		g_autofree char *name = g_strconcat("library-", views[n], NULL);
		g_object_set(page, "view", views[n], NULL);
		check_menu(pages, page, n ? GTK_TYPE_LIST_VIEW : GTK_TYPE_GRID_VIEW);
		look_at(pages, window, name);
	}
	viva_library_page_search(VIVA_LIBRARY_PAGE(page));
	GtkWidget *entry = driver_find(page, GTK_TYPE_SEARCH_ENTRY, NULL);
	gtk_editable_set_text(GTK_EDITABLE(entry), "nothing like it");
	driver_run_for(pages->driver, 400); /* a search entry waits for more */
	look_at(pages, window, "library-nothing");
	gtk_editable_set_text(GTK_EDITABLE(entry), "");
	driver_run_for(pages->driver, 400);
	gtk_widget_activate_action(page, "library.search", NULL);
	check_help(pages, window, "library");
}

static void show_machine(gpointer data)
{
	Opening *opening = data;
	driver_act(opening->pages->driver, "win.open", opening->page);
}

static void show_machine_page(gpointer data)
{
	Opening *opening = data;
	driver_act(opening->pages->driver, "machine.page", opening->page);
}

static void see_machine(Pages *pages)
{
	static const char *const names[] = { "display", "monitor", "serial", "activity" };
	GtkWidget *window = main_window(pages);
	show(pages, window);
	do_watched(pages, "machine", show_machine, &(Opening){ .pages = pages, .window = window, .page = "freedos" });
	for (unsigned n = 0; n < G_N_ELEMENTS(names); n++) {
		g_autofree char *name = g_strconcat("machine-off-", names[n], NULL);
		do_watched(pages, name, show_machine_page, &(Opening){ .pages = pages, .window = window, .page = names[n] });
		look_at(pages, window, name);
		check_help(pages, window, names[n]);
	}
	driver_act(pages->driver, "machine.page", "display");
	viva_window_show_library(pages->driver->window);
}

/* ---- settings ---- */

static VivaSettings *settings_of(Pages *pages)
{
	static const char key[] = "viva-test-settings";
	if (!g_object_get_data(G_OBJECT(pages->entry), key))
		g_object_set_data_full(G_OBJECT(pages->entry), key, viva_settings_new(pages->entry), g_object_unref);
	return g_object_get_data(G_OBJECT(pages->entry), key);
}

static GtkWidget *open_settings(Pages *pages)
{
	return GTK_WIDGET(viva_settings_window_new(pages->entry, NULL));
}

static void show_settings(gpointer data)
{
	Opening *opening = data;
	viva_settings_window_show_page(VIVA_SETTINGS_WINDOW(opening->window), opening->page);
}

static void search_settings(gpointer data)
{
	Opening *opening = data;
	GtkWidget *entry = GTK_WIDGET(gtk_widget_get_template_child(opening->window, VIVA_TYPE_SETTINGS_WINDOW, "search"));
	gtk_editable_set_text(GTK_EDITABLE(entry), "e"); /* which most have */
	g_signal_emit_by_name(entry, "search-changed");
}

/* All rows of all pages look whether it is theirs. */
static void change_setting(gpointer data)
{
	Opening *opening = data;
	JsonObject *config = viva_entry_get_config(opening->pages->entry);
	viva_settings_set_number(settings_of(opening->pages), "memory/bytes", viva_document_get_int(config, "memory/bytes", 0) ^ (1 << 20));
}

static void see_settings(Pages *pages)
{
	static const struct { const char *page, *help; } all[] = {
		{ "machine", "settings" }, { "processor", "processor" }, { "memory", "settings" }, { "boot", "boot" }, { "disks", "media" },
		{ "display", "settings" }, { "sound", "sound" }, { "ports", "ports" }, { "advanced", "advanced" },
	};
	VivaSettingsWindow *window = VIVA_SETTINGS_WINDOW(open_watched(pages, "settings", open_settings, true));
	look_at(pages, GTK_WIDGET(window), "settings");
	for (unsigned n = 0; n < G_N_ELEMENTS(all); n++) {
		g_autofree char *name = g_strconcat("settings-", all[n].page, NULL);
		do_watched(pages, name, show_settings, &(Opening){ .pages = pages, .window = GTK_WIDGET(window), .page = all[n].page });
		look_at(pages, GTK_WIDGET(window), name);
		check_help(pages, GTK_WIDGET(window), all[n].help);
	}
	do_watched(pages, "settings searched", search_settings, &(Opening){ .pages = pages, .window = GTK_WIDGET(window) });
	do_watched(pages, "a setting changed", change_setting, &(Opening){ .pages = pages, .window = GTK_WIDGET(window) });
	viva_settings_window_show_page(window, "disks");
	GtkWidget *stack = GTK_WIDGET(gtk_widget_get_template_child(GTK_WIDGET(window), VIVA_TYPE_SETTINGS_WINDOW, "stack"));
	GtkWidget *disk = driver_find(gtk_stack_get_visible_child(GTK_STACK(stack)), ADW_TYPE_EXPANDER_ROW, gettext("Hard Disk"));
	g_assert_nonnull(disk);
	if (disk)
		adw_expander_row_set_expanded(ADW_EXPANDER_ROW(disk), TRUE);
	driver_run_for(pages->driver, 400);
	look_at(pages, GTK_WIDGET(window), "settings-disk");
	gtk_window_destroy(GTK_WINDOW(window));
}

/* What is refused is said in the window, not in passing, and what stands in the file stays. */
static void see_refused(Pages *pages)
{
	VivaSettingsWindow *window = viva_settings_window_new(pages->entry, NULL);
	show(pages, GTK_WIDGET(window));
	viva_settings_window_show_page(window, "advanced");
	GtkWidget *stack = GTK_WIDGET(gtk_widget_get_template_child(GTK_WIDGET(window), VIVA_TYPE_SETTINGS_WINDOW, "stack"));
	GtkWidget *uuid = driver_find(gtk_stack_get_visible_child(GTK_STACK(stack)), ADW_TYPE_ENTRY_ROW, "UUID");
	g_assert_nonnull(uuid);
	gtk_editable_set_text(GTK_EDITABLE(uuid), "not one");
	g_signal_emit_by_name(uuid, "apply");
	const char *error = driver_error(GTK_WIDGET(window));
	g_assert_true(error && strstr(error, "not one"));
	g_assert_null(viva_document_get_string(viva_entry_get_config(pages->entry), "uuid"));
	look_at(pages, GTK_WIDGET(window), "settings-refused");
	gtk_editable_set_text(GTK_EDITABLE(uuid), "01234567-89ab-cdef-0123-456789abcdef");
	g_signal_emit_by_name(uuid, "apply");
	g_assert_null(driver_error(GTK_WIDGET(window)));
	gtk_editable_set_text(GTK_EDITABLE(uuid), "");
	g_signal_emit_by_name(uuid, "apply");
	gtk_window_destroy(GTK_WINDOW(window));
}

/* ---- other windows ---- */

static void closing_answered(gpointer data, bool close)
{
}

static GtkWidget *newest(void)
{
	return driver_toplevel(GTK_TYPE_WINDOW);
}

static GtkWidget *open_features(Pages *pages) { return GTK_WIDGET(viva_settings_features_new(settings_of(pages), NULL)); }
static GtkWidget *open_text(Pages *pages) { return GTK_WIDGET(viva_settings_text_new(settings_of(pages), NULL)); }

static GtkWidget *open_create(Pages *pages)
{
	return GTK_WIDGET(viva_create_window_new(viva_application_get_library(pages->driver->application), NULL));
}

static GtkWidget *open_review(Pages *pages)
{
	GtkWidget *window = open_create(pages);
	gtk_widget_activate_action(window, "create.kind", "u", 0);
	return window;
}

static GtkWidget *open_preferences(Pages *pages)
{
	g_action_group_activate_action(G_ACTION_GROUP(pages->driver->application), "preferences", NULL);
	return newest();
}

static GtkWidget *open_keys(Pages *pages)
{
	return GTK_WIDGET(viva_keys_dialog_new(viva_application_get_settings(pages->driver->application)));
}

static GtkWidget *open_about(Pages *pages)
{
	g_action_group_activate_action(G_ACTION_GROUP(pages->driver->application), "about", NULL);
	return newest();
}

static GtkWidget *open_shortcuts(Pages *pages)
{
	return GTK_WIDGET(gtk_application_window_get_help_overlay(GTK_APPLICATION_WINDOW(main_window(pages))));
}

static GtkWidget *open_alert(Pages *pages)
{
	viva_alert(main_window(pages), "The Machine Can’t Be Cloned", "/var/lib/images/disk.img: can’t be read: Permission denied");
	return newest();
}

static GtkWidget *open_details(Pages *pages)
{
	viva_show_details(main_window(pages), "/var/lib/images/disk.img: can’t be opened: No such file or directory", "Vivarium 0.1.0");
	return newest();
}

static GtkWidget *open_closing(Pages *pages)
{
	g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(g_object_unref);
	g_ptr_array_add(machines, g_object_ref(viva_application_get_machine(pages->driver->application, pages->entry)));
	viva_ask_closing(GTK_WINDOW(main_window(pages)), machines, VIVA_CLOSING_ASK, closing_answered, NULL);
	return newest();
}

static const struct {
	const char *name, *help;
	GtkWidget *(*open)(Pages *pages);
	bool sized;
} windows[] = {
	{ "features", "processor", open_features, true }, { "configuration", "advanced", open_text, true }, { "create", "create", open_create, true },
	{ "review", "create", open_review, true }, { "preferences", "preferences", open_preferences, true }, { "keys", "keys", open_keys, true },
	{ "about", "index", open_about, false }, { "shortcuts", "shortcuts", open_shortcuts, false }, { "alert", "problems", open_alert, false },
	{ "details", "problems", open_details, false }, { "closing", "closing", open_closing, false },
};

static void see_windows(Pages *pages)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(windows); n++) {
		GtkWidget *window = open_watched(pages, windows[n].name, windows[n].open, windows[n].sized);
		g_assert_true(window != main_window(pages));
		look_at(pages, window, windows[n].name);
		check_help(pages, window, windows[n].help);
		if (windows[n].open == open_shortcuts)
			gtk_window_close(GTK_WINDOW(window)); /* the application keeps it */
		else
			gtk_window_destroy(GTK_WINDOW(window));
		settle(pages, main_window(pages));
	}
}

/* ---- all of them, in each look ---- */

static void in_each_look(Pages *pages, void (*see)(Pages *pages))
{
	static const int widths[] = { WIDE, NARROW };
	for (unsigned dark = 0; dark < 2; dark++) {
		pages->dark = dark;
		adw_style_manager_set_color_scheme(adw_style_manager_get_default(), dark ? ADW_COLOR_SCHEME_FORCE_DARK : ADW_COLOR_SCHEME_FORCE_LIGHT);
		for (unsigned n = 0; n < G_N_ELEMENTS(widths); n++) {
			pages->width = widths[n];
			see(pages);
		}
	}
}

/* ---- what is there to be seen ---- */

static GdkTexture *some_screen(void)
{
	enum { W = 320, H = 200 };
	g_autofree guchar *pixels = g_malloc(W * H * 4);
	for (unsigned n = 0; n < W * H; n++) {
		guchar colour[4] = { (guchar)(n % W / 2), (guchar)(n / W), 120, 255 };
		memcpy(pixels + 4 * n, colour, 4);
	}
	g_autoptr(GBytes) bytes = g_bytes_new(pixels, W * H * 4);
	return gdk_memory_texture_new(W, H, GDK_MEMORY_R8G8B8A8, bytes, W * 4);
}

static void add_tag(VivaEntry *entry, const char *tag)
{
	const char *tags[] = { tag, NULL };
	viva_entry_set_tags(entry, tags);
}

static void fill(Pages *pages)
{
	static const struct { const char *id, *document, *tag; } machines[] = {
		{ "debian", "{ \"version\": 1, \"name\": \"Debian 12 with a Title That Is Long\" }", "linux" },
		{ "freedos", "{ \"version\": 1, \"name\": \"FreeDOS\" }", "games" },
		{ "slackware", "{ \"version\": 1, \"name\": \"Slackware & Co\" }", "linux" },
		{ "broken", "{ \"version\": 9 }", NULL },
	};
	VivaLibrary *library = viva_application_get_library(pages->driver->application);
	for (unsigned n = 0; n < G_N_ELEMENTS(machines); n++) {
		driver_add_machine(pages->driver, machines[n].id, machines[n].document);
		if (machines[n].tag)
			add_tag(viva_library_find(library, machines[n].id), machines[n].tag);
	}
	pages->entry = g_object_ref(viva_library_find(library, "debian"));
	g_autoptr(GdkTexture) screen = some_screen();
	viva_entry_set_thumbnail(viva_library_find(library, "slackware"), screen);
	/* As if it ran: rows say when they take effect. */
	viva_entry_set_state(pages->entry, VIVA_STATE_RUNNING);
	g_autoptr(VivaSettings) settings = viva_settings_new(pages->entry);
	viva_settings_add_drive(settings, "ide", "disk", "/var/lib/images/a-disk-with-a-rather-long-name.img");
	viva_settings_add_device(settings, "isa-debug-exit", "iobase=0xf4,iosize=4");
	viva_settings_set_port(settings, "serials", 0, "file:/tmp/serial.txt");
}

static void test_empty(gconstpointer data)
{
	Pages *pages = (Pages *)data;
	in_each_look(pages, see_empty);
	fill(pages);
}

static void test_library(gconstpointer pages) { in_each_look((Pages *)pages, see_library); }
static void test_machine(gconstpointer pages) { in_each_look((Pages *)pages, see_machine); }
static void test_settings(gconstpointer pages) { in_each_look((Pages *)pages, see_settings); }
static void test_refused(gconstpointer pages) { in_each_look((Pages *)pages, see_refused); }
static void test_windows(gconstpointer pages) { in_each_look((Pages *)pages, see_windows); }

int main(int argc, char **argv)
{
	static const struct { const char *path; void (*run)(gconstpointer pages); } tests[] = {
		{ "/pages/empty", test_empty }, { "/pages/library", test_library }, { "/pages/machine", test_machine }, { "/pages/settings", test_settings },
		{ "/pages/refused", test_refused }, { "/pages/windows", test_windows },
	};
	Pages pages = { .suffix = g_strcmp0(g_getenv("GDK_SCALE"), "2") ? "" : "-2x" };
	setlocale(LC_ALL, "");
	/* In another language with LANGUAGE=de and the build's folder po here: long words need room as well. */
	if (g_getenv("VIV_LOCALES"))
		bindtextdomain("vivarium", g_getenv("VIV_LOCALES"));
	bind_textdomain_codeset("vivarium", "UTF-8");
	textdomain("vivarium");
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	adw_init();
	g_object_set(gtk_settings_get_default(), "gtk-decoration-layout", ":close", "gtk-enable-animations", FALSE, NULL); /* as GNOME has it */
	pages.driver = driver_new(NULL, NULL);
	g_signal_connect(pages.driver->application, "show-help", G_CALLBACK(on_help), &pages);
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++)
		g_test_add_data_func(tests[n].path, &pages, tests[n].run);
	int status = g_test_run();
	g_clear_object(&pages.entry);
	driver_free(pages.driver);
	g_free(pages.help);
	return status;
}
