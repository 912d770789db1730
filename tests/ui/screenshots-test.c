/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pictures that the application's description shows (data/screenshots): real machines in the real window. `ninja screenshots` takes
 * them from the build folder into the tree. */
#include <locale.h>
#include <string.h>

#include "driver.h"
#include "ui/input.h"
#include "ui/library-page.h"
#include "ui/monitor-page.h"
#include "ui/settings-window.h"

enum { WIDTH = 1024, HEIGHT = 640, SETTINGS_WIDTH = 820 };

static void size(GtkWidget *window, int width)
{
	gtk_window_set_default_size(GTK_WINDOW(window), width, HEIGHT);
	gtk_window_present(GTK_WINDOW(window));
}

static void take(Driver *driver, GtkWidget *window, const char *name)
{
	driver_run_for(driver, 700); /* messages and animations go */
	driver_take_picture_of(window, name);
}

static void type_line(Driver *driver, const char *line)
{
	driver_key(driver, "type", line);
	driver_key(driver, "key", "Return");
}

static bool pauses(Driver *driver, gconstpointer data)
{
	return driver_runs_as(driver, GINT_TO_POINTER(VIVA_RUN_PAUSED));
}

static void test_machine(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	size(GTK_WIDGET(driver->window), WIDTH);
	driver_act(driver, "win.run", "small-linux");
	g_assert_true(driver_wait(driver, driver_screen_has, "/root #"));
	driver_focus(driver);
	viva_input_grab(viva_display_get_input(driver_display(driver)));
	type_line(driver, "uname -srm");
	type_line(driver, "free -m");
	g_assert_true(driver_wait(driver, driver_screen_has, "Swap:"));
	type_line(driver, "ls");
	viva_input_release(viva_display_get_input(driver_display(driver)));
	take(driver, GTK_WIDGET(driver->window), "screenshot-machine");
}

static void test_monitor(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_act(driver, "machine.toggle", NULL);
	g_assert_true(driver_wait(driver, pauses, NULL));
	driver_act(driver, "machine.page", "monitor");
	driver_focus(driver);
	GtkWidget *page = driver_find(GTK_WIDGET(driver->window), VIVA_TYPE_MONITOR_PAGE, NULL);
	gtk_widget_grab_focus(GTK_WIDGET(gtk_widget_get_template_child(page, VIVA_TYPE_MONITOR_PAGE, "entry")));
	type_line(driver, "info status");
	type_line(driver, "info block");
	take(driver, GTK_WIDGET(driver->window), "screenshot-monitor");
	driver_act(driver, "machine.page", "display");
	driver_act(driver, "machine.toggle", NULL);
}

static void test_settings(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	VivaLibrary *library = viva_application_get_library(driver->application);
	GtkWidget *window = GTK_WIDGET(viva_settings_window_new(viva_library_find(library, "debian"), NULL));
	size(window, SETTINGS_WIDTH);
	viva_settings_window_show_page(VIVA_SETTINGS_WINDOW(window), "boot");
	take(driver, window, "screenshot-settings");
	gtk_window_destroy(GTK_WINDOW(window));
}

static void tag(VivaLibrary *library, const char *id, const char *name)
{
	const char *tags[] = { name, NULL };
	viva_entry_set_tags(viva_library_find(library, id), tags);
}

static bool has_thumbnail(Driver *driver, gconstpointer data)
{
	return viva_entry_get_thumbnail(driver->entry) != NULL;
}

/* A second screen to be seen, where that guest is installed. */
static void run_memtest(Driver *driver, VivaLibrary *library)
{
	static const char kernel[] = "/boot/memtest86+x64.bin";
	if (!g_file_test(kernel, G_FILE_TEST_EXISTS))
		return;
	g_autofree char *document = g_strdup_printf("{ \"version\": 1, \"name\": \"Memtest86+\", \"boot\": { \"kernel\": \"%s\" } }", kernel);
	driver_add_machine(driver, "memtest", document);
	VivaEntry *first = g_steal_pointer(&driver->entry);
	driver->entry = g_object_ref(viva_library_find(library, "memtest"));
	driver_act(driver, "win.run", "memtest");
	g_assert_true(driver_wait(driver, driver_screen_has, "Memtest86+"));
	viva_window_show_library(driver->window);
	g_assert_true(driver_wait(driver, has_thumbnail, NULL));
	g_object_unref(driver->entry);
	driver->entry = first;
}

static bool nothing_runs(Driver *driver, gconstpointer data)
{
	g_autoptr(GPtrArray) running = viva_application_get_running(driver->application);
	return running->len == 0;
}

static void test_library(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	VivaLibrary *library = viva_application_get_library(driver->application);
	tag(library, "small-linux", "Linux");
	tag(library, "debian", "Linux");
	tag(library, "freedos", "DOS");
	run_memtest(driver, library);
	viva_window_show_library(driver->window);
	driver_run_for(driver, 5000); /* pictures are renewed every few seconds */
	g_assert_true(driver_wait(driver, has_thumbnail, NULL));
	take(driver, GTK_WIDGET(driver->window), "screenshot-library");
	g_autoptr(GPtrArray) running = viva_application_get_running(driver->application);
	for (guint n = 0; n < running->len; n++)
		viva_machine_power_off(g_ptr_array_index(running, n));
	g_assert_true(driver_wait(driver, nothing_runs, NULL));
}

static char *small_linux(const char *folder)
{
	return g_strdup_printf("{ \"version\": 1, \"name\": \"Small Linux\", \"memory\": { \"bytes\": 536870912 }, \"boot\": { \"kernel\": \"%s/k64\", "
			       "\"initrd\": \"%s/initrd64.gz\", \"append\": \"console=tty0 console=ttyS0 quiet\" }, \"serials\": [ \"vc\" ] }", folder, folder);
}

int main(int argc, char **argv)
{
	static const struct { const char *path; void (*run)(gconstpointer driver); } tests[] = {
		{ "/screenshots/machine", test_machine }, { "/screenshots/monitor", test_monitor }, { "/screenshots/settings", test_settings },
		{ "/screenshots/library", test_library },
	};
	const char *folder = g_getenv("VIV_GUEST_FOLDER");
	g_autofree char *kernel = g_build_filename(folder ? folder : "", "k64", NULL);
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (!g_file_test(kernel, G_FILE_TEST_EXISTS)) {
		g_print("1..0 # SKIP there is no Linux guest (VIV_GUEST_FOLDER; ./dev makes it)\n");
		return 0;
	}
	adw_init();
	g_object_set(gtk_settings_get_default(), "gtk-decoration-layout", ":close", NULL); /* as GNOME has it */
	g_autofree char *document = small_linux(folder);
	Driver *driver = driver_new("small-linux", document);
	driver_add_machine(driver, "debian", "{ \"version\": 1, \"name\": \"Debian 12\", \"boot\": { \"order\": \"cd\" } }");
	driver_add_machine(driver, "freedos", "{ \"version\": 1, \"name\": \"FreeDOS\" }");
	driver_add_machine(driver, "windows", "{ \"version\": 1, \"name\": \"PC of the 1990s\" }");
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++)
		g_test_add_data_func(tests[n].path, driver, tests[n].run);
	int status = g_test_run();
	driver_free(driver);
	return status;
}
