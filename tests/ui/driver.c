/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ui/error-bar.h"

/* ---- the watch ---- */

/* One main loop in the process, and a poll function has no owner. */
static struct {
	Watch watch;
	gint64 began_us, began_cpu_us, began_queued_us; /* 0: in poll() */
} loop;

gint64 driver_cpu_us(void)
{
	struct timespec used;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return used.tv_sec * G_USEC_PER_SEC + used.tv_nsec / 1000;
}

/* How long it has been ready to run while others ran: their doing, and the machine's. 0 where the kernel doesn't tell. */
static gint64 queued_us(void)
{
	char text[96] = "";
	unsigned long long on_cpu_ns, queued_ns;
	int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);
	if (file >= 0)
		close(file);
	return length > 0 && sscanf(text, "%llu %llu", &on_cpu_ns, &queued_ns) == 2 ? (gint64)(queued_ns / 1000) : 0;
}

static gint watched_poll(GPollFD *fds, guint count, gint timeout_ms)
{
	if (loop.began_us) {
		gint64 took = g_get_monotonic_time() - loop.began_us, queued = queued_us() - loop.began_queued_us;
		loop.watch.worst_us = MAX(loop.watch.worst_us, took);
		loop.watch.worst_own_us = MAX(loop.watch.worst_own_us, took - queued);
		loop.watch.worst_cpu_us = MAX(loop.watch.worst_cpu_us, driver_cpu_us() - loop.began_cpu_us);
		loop.watch.turns++;
		loop.watch.slow += took > TURN_MS * 1000;
	}
	gint result = g_poll(fds, count, timeout_ms);
	loop.began_us = g_get_monotonic_time();
	loop.began_cpu_us = driver_cpu_us();
	loop.began_queued_us = queued_us();
	return result;
}

void driver_watch_start(void)
{
	g_main_context_set_poll_func(NULL, watched_poll);
	memset(&loop, 0, sizeof loop);
}

Watch driver_watch_get(void)
{
	return loop.watch;
}

void driver_watch_check(const char *when)
{
	const Watch *watch = &loop.watch;
	g_test_message("%s: %u turns of the main loop, %u over %u ms; the longest %.1f ms, %.1f ms without the queue for a processor, %.1f ms on one", when,
		watch->turns, watch->slow, TURN_MS, (double)watch->worst_us / 1000, (double)watch->worst_own_us / 1000, (double)watch->worst_cpu_us / 1000);
	g_assert_cmpint(watch->worst_cpu_us, <, BUSY_MS * 1000);
	g_assert_cmpint(watch->worst_own_us, <, HELD_UP_MS * 1000);
}

/* ---- waiting ---- */

static gboolean wake(gpointer data)
{
	return G_SOURCE_CONTINUE;
}

bool driver_wait(Driver *driver, Condition *condition, gconstpointer data)
{
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	guint timer = g_timeout_add(20, wake, NULL);
	bool holds;
	while (!(holds = condition(driver, data)) && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
	return holds;
}

static gboolean set(gpointer flag)
{
	*(bool *)flag = true;
	return G_SOURCE_REMOVE;
}

void driver_run_for(Driver *driver, unsigned milliseconds)
{
	bool over = false;
	g_timeout_add(milliseconds, set, &over);
	while (!over)
		g_main_context_iteration(NULL, TRUE);
}

typedef struct Turn {
	void (*act)(gpointer data);
	gpointer data;
	bool over;
} Turn;

static gboolean take_turn(gpointer data)
{
	Turn *turn = data;
	turn->act(turn->data);
	turn->over = true;
	return G_SOURCE_REMOVE;
}

void driver_in_turn(void (*act)(gpointer data), gpointer data)
{
	Turn turn = { act, data, false };
	g_idle_add_full(G_PRIORITY_DEFAULT, take_turn, &turn, NULL);
	while (!turn.over)
		g_main_context_iteration(NULL, TRUE);
}

bool driver_runs_as(Driver *driver, gconstpointer run)
{
	return viva_machine_get_run(driver_machine(driver)) == (VivaRun)GPOINTER_TO_INT(run);
}

typedef struct Text {
	bool done;
	char *text;
} Text;

static void got_text(GObject *machine, GAsyncResult *result, gpointer data)
{
	Text *text = data;
	text->text = viva_machine_text_finish(VIVA_MACHINE(machine), result, NULL);
	text->done = true;
}

bool driver_is_active(Driver *driver, gconstpointer window)
{
	return gtk_window_is_active(window ? GTK_WINDOW((gpointer)window) : GTK_WINDOW(driver->window));
}

bool driver_has_picture(Driver *driver, gconstpointer data)
{
	return driver_page(driver) && viva_display_get_uploads(driver_display(driver)) > 0;
}

bool driver_screen_has(Driver *driver, gconstpointer wanted)
{
	Text text = { false, NULL };
	viva_machine_screen_text_async(driver_machine(driver), got_text, &text);
	while (!text.done)
		g_main_context_iteration(NULL, TRUE);
	bool has = text.text && strstr(text.text, wanted);
	g_free(text.text);
	return has;
}

/* ---- keys and pictures ---- */

static void child_ended(GPid pid, gint status, gpointer flag)
{
	g_spawn_close_pid(pid);
	*(bool *)flag = true;
}

void driver_xdotool(Driver *driver, const char *const *arguments)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autoptr(GError) error = NULL;
	bool over = false;
	GPid pid;
	g_strv_builder_add(builder, "xdotool");
	for (; *arguments; arguments++)
		g_strv_builder_add(builder, *arguments);
	g_auto(GStrv) argv = g_strv_builder_end(builder);
	bool spawned = g_spawn_async(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &pid, &error);
	g_assert_no_error(error);
	if (!spawned)
		return;
	g_child_watch_add(pid, child_ended, &over);
	while (!over)
		g_main_context_iteration(NULL, TRUE);
}

void driver_act(Driver *driver, const char *action, const char *target)
{
	g_assert_true(gtk_widget_activate_action_variant(GTK_WIDGET(driver->window), action, target ? g_variant_new_string(target) : NULL));
}

void driver_key(Driver *driver, const char *what, const char *value)
{
	const char *arguments[] = { what, "--delay", "20", value, NULL };
	if (!strcmp(what, "keydown") || !strcmp(what, "keyup"))
		arguments[1] = value, arguments[2] = NULL;
	driver_xdotool(driver, arguments);
}

/* ---- windows and widgets ---- */

GtkWidget *driver_toplevel(GType type)
{
	GListModel *windows = gtk_window_get_toplevels();
	for (guint n = g_list_model_get_n_items(windows); n--;) {
		g_autoptr(GtkWidget) window = g_list_model_get_item(windows, n);
		if (g_type_is_a(G_OBJECT_TYPE(window), type))
			return window; /* the list has a reference */
	}
	return NULL;
}

static bool says(GtkWidget *widget, const char *label)
{
	const char *texts[] = {
		gtk_widget_get_tooltip_text(widget), GTK_IS_BUTTON(widget) ? gtk_button_get_label(GTK_BUTTON(widget)) : NULL,
		ADW_IS_PREFERENCES_ROW(widget) ? adw_preferences_row_get_title(ADW_PREFERENCES_ROW(widget)) : NULL,
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(texts); n++)
		if (!g_strcmp0(texts[n], label))
			return true;
	return false;
}

GtkWidget *driver_find(GtkWidget *from, GType type, const char *label)
{
	if (!gtk_widget_get_visible(from))
		return NULL;
	if (g_type_is_a(G_OBJECT_TYPE(from), type) && (!label || says(from, label)))
		return from;
	GtkWidget *found = NULL;
	for (GtkWidget *child = gtk_widget_get_first_child(from); child && !found; child = gtk_widget_get_next_sibling(child))
		found = driver_find(child, type, label);
	return found;
}

const char *driver_error(GtkWidget *window)
{
	GtkWidget *bar = driver_find(window, VIVA_TYPE_ERROR_BAR, NULL);
	return bar ? viva_error_bar_get_message(VIVA_ERROR_BAR(bar)) : NULL;
}

/* There is no window manager to do it. */
void driver_focus(Driver *driver)
{
	const char *arguments[] = { "search", "--sync", "--onlyvisible", "--name", gtk_window_get_title(GTK_WINDOW(driver->window)), "windowfocus", NULL };
	driver_xdotool(driver, arguments);
	g_assert_true(driver_wait(driver, driver_is_active, NULL));
}

typedef struct Picture {
	GtkWidget *window;
	GskRenderNode **node;
} Picture;

/* NULL: its layout isn't done. */
static GskRenderNode *picture_of(GtkWidget *window)
{
	g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new(window);
	GtkSnapshot *snapshot = gtk_snapshot_new();
	gdk_paintable_snapshot(paintable, snapshot, gtk_widget_get_width(window), gtk_widget_get_height(window));
	return gtk_snapshot_free_to_node(snapshot);
}

static bool get_picture(Driver *driver, gconstpointer data)
{
	const Picture *picture = data;
	return (*picture->node = picture_of(picture->window));
}

void driver_take_picture_of(GtkWidget *window, const char *name)
{
	const char *folder = g_getenv("VIV_PICTURES");
	if (!folder)
		return;
	g_mkdir_with_parents(folder, 0755);
	g_autofree char *path = g_strconcat(folder, "/", name, ".png", NULL);
	g_autoptr(GskRenderNode) node = NULL;
	g_assert_true(driver_wait(NULL, get_picture, &(Picture){ window, &node }));
	g_autoptr(GdkTexture) texture = node ? gsk_renderer_render_texture(gtk_native_get_renderer(GTK_NATIVE(window)), node, NULL) : NULL;
	g_assert_true(texture && gdk_texture_save_to_png(texture, path));
}

void driver_take_picture(Driver *driver, const char *name)
{
	driver_take_picture_of(GTK_WIDGET(driver->window), name);
}

bool driver_respond(Driver *driver, const char *response)
{
	GtkWidget *dialog = driver_toplevel(ADW_TYPE_MESSAGE_DIALOG);
	if (!dialog)
		return false;
	g_object_ref(dialog);
	adw_message_dialog_response(ADW_MESSAGE_DIALOG(dialog), response);
	gtk_window_destroy(GTK_WINDOW(dialog));
	g_object_unref(dialog);
	return true;
}

/* ---- the application ---- */

char *driver_make_disk(const char *sector)
{
	enum { DISK_BYTES = 1 << 20, SECTOR_BYTES = 512 };
	g_autofree char *path = g_build_filename(g_get_user_data_dir(), "disk.img", NULL), *code = NULL, *image = g_malloc0(DISK_BYTES);
	gsize size;
	if (!g_file_get_contents(sector, &code, &size, NULL) || size != SECTOR_BYTES)
		g_error("%s: no boot sector", sector);
	memcpy(image, code, SECTOR_BYTES);
	if (!g_file_set_contents(path, image, DISK_BYTES, NULL))
		g_error("%s can't be written", path);
	return g_steal_pointer(&path);
}

void driver_add_machine(Driver *driver, const char *id, const char *document)
{
	g_autofree char *folder = g_build_filename(driver->folder, "vivarium", "machines", id, NULL);
	g_autofree char *path = g_build_filename(folder, "machine.json", NULL);
	g_autoptr(GError) error = NULL;
	g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
	g_file_set_contents(path, document, -1, &error);
	g_assert_no_error(error);
	if (driver->application)
		viva_library_rescan(viva_application_get_library(driver->application));
}

VivaMachine *driver_machine(Driver *driver)
{
	return viva_application_get_machine(driver->application, driver->entry);
}

VivaMachinePage *driver_page(Driver *driver)
{
	return viva_window_get_machine_page(driver->window);
}

VivaDisplay *driver_display(Driver *driver)
{
	return viva_machine_page_get_display(driver_page(driver));
}

static bool is_mapped(Driver *driver, gconstpointer data)
{
	return gtk_widget_get_mapped(GTK_WIDGET(driver->window));
}

Driver *driver_new(const char *id, const char *document)
{
	Driver *driver = g_new0(Driver, 1);
	g_autoptr(GError) error = NULL;
	driver->folder = g_strdup(g_get_user_data_dir()); /* the process's own, see meson.build */
	if (id)
		driver_add_machine(driver, id, document);
	driver->application = viva_application_new();
	g_application_set_flags(G_APPLICATION(driver->application), G_APPLICATION_NON_UNIQUE);
	g_application_register(G_APPLICATION(driver->application), NULL, &error);
	g_assert_no_error(error);
	g_application_activate(G_APPLICATION(driver->application));
	driver->window = VIVA_WINDOW(gtk_application_get_active_window(GTK_APPLICATION(driver->application)));
	if (id)
		driver->entry = g_object_ref(viva_library_find(viva_application_get_library(driver->application), id));
	g_assert_true(driver_wait(driver, is_mapped, NULL));
	return driver;
}

void driver_free(Driver *driver)
{
	g_clear_object(&driver->entry);
	if (driver->window)
		gtk_window_destroy(GTK_WINDOW(driver->window));
	driver_run_for(driver, 50);
	g_object_unref(driver->application);
	g_free(driver->folder);
	g_free(driver);
}
