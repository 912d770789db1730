/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine on the whole screen, under a window manager: there by the keys that a guest can't take, typed into, released, and left by
 * each way out. The tests go on from each other's state. argv: the boot sector of echo.asm. */
#include <locale.h>
#include <string.h>

#include "driver.h"
#include "names.h"
#include "ui/input.h"

static const char document_format[] = "{ \"version\": 1, \"name\": \"Echo\", \"memory\": { \"bytes\": 33554432 }, \"drives\": [ { "
				      "\"id\": \"ide0-hd0\", \"interface\": \"ide\", \"media\": \"disk\", \"format\": \"raw\", \"file\": \"%s\" } ] }";

static bool is_fullscreen(Driver *driver, gconstpointer wanted)
{
	return gtk_window_is_fullscreen(GTK_WINDOW(driver->window)) == GPOINTER_TO_INT(wanted);
}

static bool has_keyboard(Driver *driver, gconstpointer wanted)
{
	return viva_input_has_keyboard(viva_display_get_input(driver_display(driver))) == GPOINTER_TO_INT(wanted);
}

static GtkWidget *part(Driver *driver, const char *name)
{
	return GTK_WIDGET(gtk_widget_get_template_child(GTK_WIDGET(driver_page(driver)), VIVA_TYPE_MACHINE_PAGE, name));
}

/* The display is as large as the monitor, and nothing of the window is beside it. */
static bool fills_screen(Driver *driver, gconstpointer data)
{
	GtkWidget *window = GTK_WIDGET(driver->window), *display = GTK_WIDGET(driver_display(driver));
	GdkSurface *surface = gtk_native_get_surface(GTK_NATIVE(window));
	GdkMonitor *monitor = gdk_display_get_monitor_at_surface(gtk_widget_get_display(window), surface);
	GdkRectangle area;
	gdk_monitor_get_geometry(monitor, &area);
	return gtk_widget_get_width(display) == area.width && gtk_widget_get_height(display) == area.height;
}

/* The chord and F, which the guest has not been told of. */
static void test_enter(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_act(driver, "win.run", viva_entry_get_id(driver->entry));
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_RUNNING)));
	g_assert_true(driver_wait(driver, driver_screen_has, "echo: ready"));
	g_assert_true(driver_wait(driver, driver_is_active, NULL));
	viva_input_grab(viva_display_get_input(driver_display(driver)));
	g_assert_true(driver_wait(driver, has_keyboard, GINT_TO_POINTER(true)));
	driver_key(driver, "key", "ctrl+alt+f");
	g_assert_true(driver_wait(driver, is_fullscreen, GINT_TO_POINTER(true)));
	g_assert_true(driver_wait(driver, fills_screen, NULL));
	g_assert_false(gtk_widget_get_visible(part(driver, "header")));
	g_assert_false(gtk_widget_get_mapped(part(driver, "unfullscreen_button"))); /* the guest has the pointer's place */
	names_check(GTK_WIDGET(driver->window));
	driver_take_picture(driver, g_strcmp0(g_getenv("GDK_SCALE"), "2") ? "machine-fullscreen" : "machine-fullscreen-2x");
}

static void test_type(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	g_assert_true(driver_wait(driver, has_keyboard, GINT_TO_POINTER(true)));
	driver_key(driver, "type", "on the whole screen");
	g_assert_true(driver_wait(driver, driver_screen_has, "on the whole screen"));
	g_assert_false(driver_screen_has(driver, "fon the"));
	/* The manager's key: the guest's, while it has the keyboard. */
	driver_key(driver, "key", "F11");
	driver_run_for(driver, 300);
	g_assert_true(is_fullscreen(driver, GINT_TO_POINTER(true)));
}

static void test_release(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_key(driver, "keydown", "Control_L");
	driver_key(driver, "keydown", "Alt_L");
	driver_key(driver, "keyup", "Alt_L");
	driver_key(driver, "keyup", "Control_L");
	g_assert_true(driver_wait(driver, has_keyboard, GINT_TO_POINTER(false)));
	g_assert_true(is_fullscreen(driver, GINT_TO_POINTER(true)));
	driver_key(driver, "key", "F11");
	g_assert_true(driver_wait(driver, is_fullscreen, GINT_TO_POINTER(false)));
	g_assert_true(gtk_widget_get_visible(part(driver, "header")));
}

/* Its button leaves it, and so do the way back to the library and the machine's end. */
static void test_leave(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_act(driver, "win.fullscreen", NULL);
	g_assert_true(driver_wait(driver, is_fullscreen, GINT_TO_POINTER(true)));
	g_assert_true(gtk_widget_get_mapped(part(driver, "unfullscreen_button")));
	g_signal_emit_by_name(part(driver, "unfullscreen_button"), "clicked");
	g_assert_true(driver_wait(driver, is_fullscreen, GINT_TO_POINTER(false)));
	g_assert_true(gtk_widget_get_visible(part(driver, "header")));
	driver_act(driver, "win.fullscreen", NULL);
	g_assert_true(driver_wait(driver, is_fullscreen, GINT_TO_POINTER(true)));
	driver_act(driver, "win.library", NULL);
	g_assert_true(driver_wait(driver, is_fullscreen, GINT_TO_POINTER(false)));
	driver_act(driver, "win.open", viva_entry_get_id(driver->entry));
	driver_act(driver, "win.fullscreen", NULL);
	g_assert_true(driver_wait(driver, is_fullscreen, GINT_TO_POINTER(true)));
	viva_machine_power_off(driver_machine(driver));
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_OFF)));
	g_assert_true(driver_wait(driver, is_fullscreen, GINT_TO_POINTER(false)));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(gconstpointer driver);
	} tests[] = { { "enter", test_enter }, { "type", test_type }, { "release", test_release }, { "leave", test_leave } };
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 2)
		g_error("fullscreen-test takes the boot sector");
	adw_init();
	g_autofree char *disk = driver_make_disk(argv[1]), *json = g_strdup_printf(document_format, disk);
	Driver *driver = driver_new("echo", json);
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++) {
		g_autofree char *path = g_strconcat("/fullscreen/", tests[n].name, NULL);
		g_test_add_data_func(path, driver, tests[n].run);
	}
	int status = g_test_run();
	driver_free(driver);
	return status;
}
