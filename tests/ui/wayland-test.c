/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pointer that is kept over the display, under a Wayland compositor: weston in a window of the test's X server, where xdotool moves
 * the mouse. */
#include <gdk/wayland/gdkwayland.h>
#include <locale.h>

#include "ui/pointer.h"

enum { PATIENCE_S = 60, MOVES = 10, STEP = 12, QUIET_MS = 500 };

typedef struct Seen {
	GtkWidget *window;
	unsigned entered, motions; /* by GTK */
	double dx, dy;		   /* by the lock */
} Seen;

static void on_enter(Seen *seen) { seen->entered++; }
static void on_motion(Seen *seen) { seen->motions++; }

static void on_moved(gpointer data, double dx, double dy)
{
	Seen *seen = data;
	seen->dx += dx;
	seen->dy += dy;
}

static gboolean wake(gpointer data)
{
	return G_SOURCE_CONTINUE;
}

static bool wait_for(Seen *seen, bool (*holds)(const Seen *seen))
{
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	guint timer = g_timeout_add(20, wake, NULL);
	while (!holds(seen) && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
	return holds(seen);
}

static void run_for(unsigned milliseconds)
{
	gint64 end = g_get_monotonic_time() + milliseconds * 1000;
	guint timer = g_timeout_add(20, wake, NULL);
	while (g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
}

static void xdotool(const char *what, int x, int y)
{
	g_autofree char *line = g_strdup_printf("xdotool %s -- %d %d", what, x, y);
	g_autoptr(GError) error = NULL;
	g_spawn_command_line_sync(line, NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	run_for(30);
}

static bool is_in(const Seen *seen) { return seen->entered > 0; }
static bool has_moved(const Seen *seen) { return seen->dx >= MOVES * STEP; }
static bool has_motions(const Seen *seen) { return seen->motions > 0; }

static void test_lock(gconstpointer data)
{
	Seen *seen = (Seen *)data;
	gtk_window_fullscreen(GTK_WINDOW(seen->window));
	gtk_window_present(GTK_WINDOW(seen->window));
	run_for(QUIET_MS);
	/* Weston's window is the X server's only one, in its corner. */
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	for (int n = 0; !is_in(seen) && g_get_monotonic_time() < end; n++)
		xdotool("mousemove", 200 + n % 2 * 20, 300);
	g_assert_true(wait_for(seen, is_in));
	/* As users do: the window that was clicked last is the one whose lock counts. */
	g_assert_true(g_spawn_command_line_sync("xdotool click 1", NULL, NULL, NULL, NULL));
	run_for(QUIET_MS);
	VivaPointer *pointer = viva_pointer_new(seen->window, on_moved, seen);
	g_assert_nonnull(pointer);
	if (!pointer)
		return;
	run_for(QUIET_MS);
	seen->motions = 0;
	seen->dx = seen->dy = 0;
	for (int n = 0; n < MOVES; n++)
		xdotool("mousemove_relative", STEP, 0);
	g_assert_true(wait_for(seen, has_moved));
	g_assert_cmpfloat(seen->dx, ==, MOVES * STEP);
	g_assert_cmpfloat(seen->dy, ==, 0);
	g_assert_cmpuint(seen->motions, ==, 0); /* it stands still */
	viva_pointer_free(pointer);
	run_for(QUIET_MS);
	seen->motions = 0;
	for (int n = 0; n < MOVES && !has_motions(seen); n++)
		xdotool("mousemove_relative", STEP, 0);
	g_assert_true(wait_for(seen, has_motions));
}

int main(int argc, char **argv)
{
	Seen seen = { 0 };
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (!gtk_init_check() || !GDK_IS_WAYLAND_DISPLAY(gdk_display_get_default())) {
		g_print("1..0 # SKIP there is no Wayland compositor (package weston)\n");
		return 0;
	}
	seen.window = gtk_window_new();
	GtkEventController *controller = gtk_event_controller_motion_new();
	g_signal_connect_swapped(controller, "enter", G_CALLBACK(on_enter), &seen);
	g_signal_connect_swapped(controller, "motion", G_CALLBACK(on_motion), &seen);
	gtk_widget_add_controller(seen.window, controller);
	g_test_add_data_func("/wayland/lock", &seen, test_lock);
	int status = g_test_run();
	gtk_window_destroy(GTK_WINDOW(seen.window));
	return status;
}
