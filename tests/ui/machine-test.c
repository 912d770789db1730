/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One machine through the application's window: run, type, see, release, pause, monitor, media, power off, close. The tests go on from
 * each other's state, as a user does. argv: the boot sector of echo.asm. */
#include <gdk/gdkkeysyms.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "driver.h"
#include "names.h"
#include "ui/input.h"
#include "ui/monitor-page.h"

enum { NARROW = 360 };

static VivaInput *input_of(Driver *driver)
{
	return viva_display_get_input(driver_display(driver));
}

/* ---- conditions ---- */

static bool has_keyboard(Driver *driver, gconstpointer wanted)
{
	return viva_input_has_keyboard(input_of(driver)) == GPOINTER_TO_INT(wanted);
}

static bool has_pointer(Driver *driver, gconstpointer wanted)
{
	return viva_input_has_pointer(input_of(driver)) == GPOINTER_TO_INT(wanted);
}

/* ---- the tests ---- */

/* From the click to the guest's first pixel, and on while the firmware boots: the window stays alive. */
static void test_run(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_run_for(driver, 500);
	driver_take_picture(driver, "library");
	gint64 began = g_get_monotonic_time();
	driver_watch_start();
	driver_act(driver, "win.run", viva_entry_get_id(driver->entry));
	g_assert_true(driver_wait(driver, driver_has_picture, NULL));
	g_test_message("the first guest pixel after %.0f ms", (double)(g_get_monotonic_time() - began) / 1000);
	g_assert_true(driver_wait(driver, driver_screen_has, "echo: ready"));
	driver_watch_check("while the guest booted");
	g_assert_true(driver_runs_as(driver, GINT_TO_POINTER(VIVA_RUN_RUNNING)));
	g_assert_cmpint(viva_entry_get_state(driver->entry), ==, VIVA_STATE_RUNNING);
}

static void test_lock(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	g_autoptr(VivaEntry) same = viva_entry_new(viva_entry_get_folder(driver->entry));
	g_autoptr(GError) error = NULL;
	g_assert_false(viva_entry_lock(same, &error));
	g_assert_nonnull(error);
}

static void test_type(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_focus(driver);
	viva_input_grab(input_of(driver));
	g_assert_true(driver_wait(driver, has_keyboard, GINT_TO_POINTER(true)));
	driver_key(driver, "type", "Hello, World 42!");
	g_assert_true(driver_wait(driver, driver_screen_has, "Hello, World 42!"));
	driver_key(driver, "key", "Return");
	/* Keys that the window has actions for are the guest's. */
	driver_key(driver, "key", "ctrl+q");
	driver_key(driver, "type", "still here");
	g_assert_true(driver_wait(driver, driver_screen_has, "still here"));
	driver_take_picture(driver, "machine");
}

/* A window that was held up gives many keys at once, more than a keyboard can keep. */
static void test_burst(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	VivMachine *engine = viva_machine_get_engine(driver_machine(driver));
	for (unsigned round = 0; round < 3; round++)
		for (uint16_t keycode = 16; keycode <= 25; keycode++) { /* the row of Q */
			viv_input_key(engine, keycode, true);
			viv_input_key(engine, keycode, false);
		}
	g_assert_true(driver_wait(driver, driver_screen_has, "qwertyuiopqwertyuiopqwertyuiop"));
}

/* QEMU's keys: to the monitor, while the guest has the keyboard. No modifier stays down in the guest. */
static void test_chords(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_key(driver, "key", "Return");
	driver_key(driver, "keydown", "Control_L");
	driver_key(driver, "keydown", "Alt_L");
	driver_key(driver, "keyup", "Alt_L");
	driver_key(driver, "keyup", "Control_L");
	g_assert_true(driver_wait(driver, has_keyboard, GINT_TO_POINTER(false)));
	driver_key(driver, "type", "not for the guest");
	viva_input_grab(input_of(driver));
	g_assert_true(driver_wait(driver, has_keyboard, GINT_TO_POINTER(true)));
	driver_key(driver, "type", "caught again");
	g_assert_true(driver_wait(driver, driver_screen_has, "caught again"));
	g_assert_false(driver_screen_has(driver, "not for"));
	driver_key(driver, "key", "ctrl+alt+2");
	g_assert_true(driver_wait(driver, has_keyboard, GINT_TO_POINTER(false)));
	g_autoptr(GVariant) page = g_action_group_get_action_state(viva_machine_page_get_actions(driver_page(driver)), "page");
	g_assert_cmpstr(g_variant_get_string(page, NULL), ==, "monitor");
	driver_act(driver, "machine.page", "display");
	g_assert_true(driver_wait(driver, has_keyboard, GINT_TO_POINTER(true)));
	driver_key(driver, "key", "Return");
	driver_key(driver, "type", "modifiers up");
	g_assert_true(driver_wait(driver, driver_screen_has, "modifiers up"));
}

/* ---- the screen: how soon, and at what cost ---- */

typedef struct Frames {
	VivaDisplay *display;
	guint64 before;	   /* uploads */
	gint64 shown_us;   /* when a frame with more of them was presented; 0: not yet */
	unsigned painted;
} Frames;

static void painted(GdkFrameClock *clock, gpointer data)
{
	Frames *frames = data;
	frames->painted++;
	if (!frames->shown_us && viva_display_get_uploads(frames->display) > frames->before)
		frames->shown_us = g_get_monotonic_time();
}

static bool is_shown(Driver *driver, gconstpointer frames)
{
	return ((const Frames *)frames)->shown_us != 0;
}

static gint64 latency_us(Driver *driver, Frames *frames)
{
	VivMachine *engine = viva_machine_get_engine(driver_machine(driver));
	frames->before = viva_display_get_uploads(frames->display);
	frames->shown_us = 0;
	gint64 began = g_get_monotonic_time();
	viv_input_key(engine, 30, true); /* A */
	viv_input_key(engine, 30, false);
	g_assert_true(driver_wait(driver, is_shown, frames));
	return frames->shown_us - began;
}

/* From a key, through the guest that answers it on its screen, to the end of the frame that shows it. The best of many: the others are
 * other programs' doing. */
static void test_latency(gconstpointer data)
{
	enum { TIMES = 30, TWO_FRAMES_US = 2 * 16667 };
	Driver *driver = (Driver *)data;
	GdkFrameClock *clock = gtk_widget_get_frame_clock(GTK_WIDGET(driver->window));
	Frames frames = { .display = driver_display(driver) };
	gint64 best = G_MAXINT64, sum = 0;
	gulong handler = g_signal_connect(clock, "after-paint", G_CALLBACK(painted), &frames);
	driver_key(driver, "key", "Return");
	driver_run_for(driver, 300);
	for (unsigned n = 0; n < TIMES; n++) {
		gint64 took = latency_us(driver, &frames);
		best = MIN(best, took);
		sum += took;
		driver_run_for(driver, 50 + n); /* another phase of the frame clock */
	}
	g_signal_handler_disconnect(clock, handler);
	g_test_message("from a key to the frame that shows it: %.1f ms at best, %.1f ms in the mean", (double)best / 1000, (double)sum / TIMES / 1000);
	g_assert_cmpint(best, <, TWO_FRAMES_US);
}

/* The guest runs, and shows the same for two seconds: no texture, no frame, next to no time of the main loop's thread. */
static void test_static(gconstpointer data)
{
	enum { STATIC_MS = 2000, CPU_US = 20000 };
	Driver *driver = (Driver *)data;
	GdkFrameClock *clock = gtk_widget_get_frame_clock(GTK_WIDGET(driver->window));
	Frames frames = { .display = driver_display(driver) };
	driver_run_for(driver, 6000); /* messages and hints of the window leave */
	frames.before = viva_display_get_uploads(frames.display);
	gulong handler = g_signal_connect(clock, "after-paint", G_CALLBACK(painted), &frames);
	gint64 cpu = driver_cpu_us();
	driver_run_for(driver, STATIC_MS);
	cpu = driver_cpu_us() - cpu;
	g_signal_handler_disconnect(clock, handler);
	g_test_message("a static screen for 2 s: %u frames, %.1f ms of the main loop's time", frames.painted, (double)cpu / 1000);
	g_assert_true(driver_runs_as(driver, GINT_TO_POINTER(VIVA_RUN_RUNNING)));
	g_assert_cmpuint(viva_display_get_uploads(frames.display), ==, frames.before);
	g_assert_cmpuint(frames.painted, ==, 0);
	g_assert_cmpint(cpu, <, CPU_US);
}

static void test_clipboard(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(driver->window)), "\nFrom {the} Clipboard: 100%!");
	driver_act(driver, "machine.type-clipboard", NULL);
	g_assert_true(driver_wait(driver, driver_screen_has, "From {the} Clipboard: 100%!"));
	driver_act(driver, "machine.send-keys", "shift-z");
	g_assert_true(driver_wait(driver, driver_screen_has, "100%!Z"));
}

static void test_mouse(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	const char *click[] = { "mousemove", "480", "300", "click", "1", NULL }, *move[] = { "mousemove_relative", "25", "15", NULL };
	driver_xdotool(driver, click);
	g_assert_true(driver_wait(driver, has_pointer, GINT_TO_POINTER(true)));
	for (unsigned n = 0; n < 40; n++)
		driver_xdotool(driver, move); /* further than the screen is wide: it is put back */
	g_assert_true(viva_input_has_pointer(input_of(driver)));
	driver_key(driver, "keydown", "Control_L");
	driver_key(driver, "keydown", "Alt_L");
	driver_key(driver, "keyup", "Control_L");
	driver_key(driver, "keyup", "Alt_L");
	g_assert_true(driver_wait(driver, has_pointer, GINT_TO_POINTER(false)));
	g_assert_false(viva_input_has_keyboard(input_of(driver)));
}

static void test_scaling(gconstpointer data)
{
	static const char *const scalings[] = { "integer", "original", "fit" };
	Driver *driver = (Driver *)data;
	int width, height;
	viva_display_get_size(driver_display(driver), &width, &height);
	for (unsigned n = 0; n < G_N_ELEMENTS(scalings); n++) {
		graphene_rect_t area;
		driver_act(driver, "machine.scaling", scalings[n]);
		driver_run_for(driver, 300);
		viva_display_get_picture(driver_display(driver), &area);
		double scale = (double)area.size.width * gtk_widget_get_scale_factor(GTK_WIDGET(driver->window)) / width;
		g_assert_true(!n || n == 2 || scale == 1);
		g_assert_true(n || scale == (int)scale || scale < 1);
		g_autofree char *name = g_strdup_printf("machine-%s", scalings[n]);
		driver_take_picture(driver, name);
	}
	driver_act(driver, "machine.smooth", NULL);
	driver_run_for(driver, 300);
	driver_take_picture(driver, "machine-sharp");
	driver_act(driver, "machine.smooth", NULL);
}

/* What is static costs nothing: no textures, and hardly a turn of the main loop. */
static void test_pause(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_act(driver, "machine.toggle", NULL);
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_PAUSED)));
	driver_run_for(driver, 1000); /* animations of the window end */
	guint64 before = viva_display_get_uploads(driver_display(driver));
	driver_watch_start();
	driver_run_for(driver, 2000);
	Watch watch = driver_watch_get();
	g_test_message("paused: %u turns of the main loop in 2 s", watch.turns);
	g_assert_cmpuint(viva_display_get_uploads(driver_display(driver)), ==, before);
	g_assert_cmpuint(watch.turns, <, 40);
}

static VivaMonitorPage *monitor_of(Driver *driver)
{
	return VIVA_MONITOR_PAGE(driver_find(GTK_WIDGET(driver->window), VIVA_TYPE_MONITOR_PAGE, NULL));
}

/* Its end: all of a long output, looked through again and again, would leave no time for it to come. */
static bool monitor_shows(Driver *driver, gconstpointer text)
{
	enum { END = 8000 };
	GtkTextBuffer *buffer = viva_monitor_page_get_output(monitor_of(driver));
	GtkTextIter start, end;
	gtk_text_buffer_get_end_iter(buffer, &end);
	start = end;
	gtk_text_iter_backward_chars(&start, END);
	g_autofree char *output = gtk_text_buffer_get_text(buffer, &start, &end, FALSE);
	return strstr(output, text) != NULL;
}

static bool monitor_begins(Driver *driver, gconstpointer text)
{
	GtkTextBuffer *buffer = viva_monitor_page_get_output(monitor_of(driver));
	GtkTextIter start, end;
	gtk_text_buffer_get_start_iter(buffer, &start);
	end = start;
	gtk_text_iter_forward_to_line_end(&end);
	g_autofree char *line = gtk_text_buffer_get_text(buffer, &start, &end, FALSE);
	return !strcmp(line, text);
}

static bool line_is(Driver *driver, gconstpointer text)
{
	return !strcmp(gtk_editable_get_text(viva_monitor_page_get_entry(monitor_of(driver))), text);
}

static void test_monitor(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_act(driver, "machine.page", "monitor");
	driver_focus(driver);
	gtk_widget_grab_focus(GTK_WIDGET(viva_monitor_page_get_entry(monitor_of(driver))));
	driver_key(driver, "type", "info regi");
	driver_key(driver, "key", "Tab");
	g_assert_true(driver_wait(driver, line_is, "info registers "));
	driver_key(driver, "key", "Return");
	g_assert_true(driver_wait(driver, monitor_shows, "EFL="));
	driver_key(driver, "key", "Up");
	g_assert_true(driver_wait(driver, line_is, "info registers "));
	driver_run_for(driver, 300);
	driver_take_picture(driver, "monitor");
	/* More than an answer has room for: it says so, and how to go on; and more than the output has room for, which says so too. */
	driver_watch_start();
	for (unsigned n = 0; n < 3; n++) {
		gtk_editable_set_text(viva_monitor_page_get_entry(monitor_of(driver)), "");
		driver_key(driver, "type", "x/300000xb 0");
		driver_key(driver, "key", "Return");
		g_assert_true(driver_wait(driver, monitor_shows, "of 300000 shown; what follows: x/"));
		driver_run_for(driver, 1000);
	}
	g_assert_true(driver_wait(driver, monitor_begins, "(What was here before has been removed.)"));
	driver_watch_check("long answers");
	driver_act(driver, "machine.toggle", NULL);
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_RUNNING)));
}

static void test_pages(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_act(driver, "machine.page", "serial");
	driver_run_for(driver, 500);
	driver_take_picture(driver, "serial");
	driver_act(driver, "machine.page", "activity");
	driver_run_for(driver, 3500);
	driver_take_picture(driver, "activity");
	driver_act(driver, "machine.page", "display");
	gtk_window_set_default_size(GTK_WINDOW(driver->window), NARROW, 640);
	driver_run_for(driver, 500);
	widths_check(GTK_WIDGET(driver_page(driver)), NARROW); /* the window has a border here, for want of a compositor */
	gtk_window_set_default_size(GTK_WINDOW(driver->window), NARROW, 640);
	driver_run_for(driver, 500);
	driver_take_picture(driver, "machine-360");
	gtk_window_set_default_size(GTK_WINDOW(driver->window), 960, 680);
	driver_run_for(driver, 300);
}

/* ---- media ---- */

typedef struct Answer {
	bool done;
	GPtrArray *drives;
	GError *error;
} Answer;

static void got_drives(GObject *machine, GAsyncResult *result, gpointer data)
{
	Answer *answer = data;
	answer->drives = viva_machine_drives_finish(VIVA_MACHINE(machine), result, &answer->error);
	answer->done = true;
}

static void got_media(GObject *machine, GAsyncResult *result, gpointer data)
{
	Answer *answer = data;
	viva_machine_media_finish(VIVA_MACHINE(machine), result, &answer->error);
	answer->done = true;
}

static bool is_done(Driver *driver, gconstpointer answer)
{
	return ((const Answer *)answer)->done;
}

static char *cd_of(Driver *driver)
{
	Answer answer = { 0 };
	char *file = NULL;
	viva_machine_drives_async(driver_machine(driver), got_drives, &answer);
	g_assert_true(driver_wait(driver, is_done, &answer));
	g_assert_no_error(answer.error);
	for (guint n = 0; n < answer.drives->len; n++) {
		const VivaDrive *drive = g_ptr_array_index(answer.drives, n);
		if (drive->kind == VIV_MEDIUM_CD)
			file = g_strdup(drive->file ? drive->file : "");
	}
	g_ptr_array_unref(answer.drives);
	return file;
}

static void test_media(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	g_autofree char *disc = g_build_filename(driver->folder, "disc.iso", NULL), *bytes = g_malloc0(1 << 20);
	g_autofree char *before = cd_of(driver);
	g_assert_cmpstr(before, ==, "");
	g_assert_true(g_file_set_contents(disc, bytes, 1 << 20, NULL));
	Answer answer = { 0 };
	viva_machine_insert_async(driver_machine(driver), "ide1-cd0", disc, true, got_media, &answer);
	g_assert_true(driver_wait(driver, is_done, &answer));
	g_assert_no_error(answer.error);
	g_autofree char *there = cd_of(driver);
	g_assert_cmpstr(there, ==, disc);
	answer = (Answer){ 0 };
	viva_machine_insert_async(driver_machine(driver), "ide1-cd0", "/nowhere/disc.iso", true, got_media, &answer);
	g_assert_true(driver_wait(driver, is_done, &answer));
	g_assert_nonnull(answer.error);
	g_assert_nonnull(strstr(answer.error->message, "/nowhere/disc.iso"));
	g_clear_error(&answer.error);
	answer = (Answer){ 0 };
	viva_machine_eject_async(driver_machine(driver), "ide1-cd0", false, got_media, &answer);
	g_assert_true(driver_wait(driver, is_done, &answer));
	g_assert_no_error(answer.error);
	g_autofree char *after = cd_of(driver);
	g_assert_cmpstr(after, ==, "");
}

static void test_sound(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_act(driver, "machine.send-keys", "esc");
	driver_run_for(driver, 1500);
	driver_act(driver, "machine.muted", NULL);
	driver_act(driver, "machine.muted", NULL);
	/* The machine runs on with a sink and without. */
	driver_act(driver, "machine.send-keys", "shift-y");
	g_assert_true(driver_wait(driver, driver_screen_has, "ZY"));
	g_assert_null(driver_error(GTK_WIDGET(driver_page(driver))));
}

/* ---- a full disk ---- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static bool error_shown(Driver *driver, gconstpointer text)
{
	const char *error = driver_error(GTK_WIDGET(driver_page(driver)));
	return error && strstr(error, text);
}

/* Files may not be written beyond a limit, which is to the engine as if the host's disk were full. The guest waits, and its write
 * goes on when there is room. */
static void test_full_disk(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	signal(SIGXFSZ, SIG_IGN);
	limit_files(1000 * 512);
	driver_act(driver, "machine.send-keys", "tab");
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_PAUSED)));
	g_assert_true(driver_wait(driver, error_shown, "disk.img"));
	g_assert_nonnull(viva_machine_get_hold_up(driver_machine(driver)));
	limit_files(RLIM_INFINITY);
	driver_run_for(driver, 300);
	driver_take_picture(driver, "machine-full-disk");
	driver_act(driver, "machine.toggle", NULL);
	g_assert_true(driver_wait(driver, driver_screen_has, "echo: written"));
	g_assert_false(error_shown(driver, ""));
	g_assert_null(viva_machine_get_hold_up(driver_machine(driver)));
}

/* ---- the end ---- */

static void test_power_off(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_act(driver, "machine.reset", NULL);
	g_assert_true(driver_wait(driver, driver_screen_has, "echo: ready"));
	driver_act(driver, "machine.power-off", NULL);
	driver_run_for(driver, 300);
	g_assert_true(driver_respond(driver, "power-off"));
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_OFF)));
	g_assert_cmpint(viva_entry_get_state(driver->entry), ==, VIVA_STATE_STOPPED);
	g_assert_nonnull(viva_entry_get_thumbnail(driver->entry));
	driver_run_for(driver, 300);
	driver_take_picture(driver, "machine-off");
}

/* The guest hears of the button and switches itself off: not an end that the user made. */
static void test_shut_down(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_act(driver, "win.run", viva_entry_get_id(driver->entry));
	g_assert_true(driver_wait(driver, driver_has_picture, NULL));
	g_assert_true(driver_wait(driver, driver_screen_has, "echo: ready"));
	driver_act(driver, "machine.shut-down", NULL);
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_OFF)));
	g_assert_true(viva_machine_ended_itself(driver_machine(driver)));
}

static void test_error(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_add_machine(driver, "broken", "{ \"version\": 1, \"name\": \"Broken\", \"drives\": [ { \"id\": \"d\", \"interface\": \"ide\", "
					     "\"media\": \"disk\", \"file\": \"/nowhere/disk.img\" } ] }");
	VivaLibrary *library = viva_application_get_library(driver->application);
	VivaEntry *broken = viva_library_find(library, "broken"), *good = driver->entry;
	g_assert_nonnull(broken);
	driver->entry = broken;
	driver_act(driver, "win.run", "broken");
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_OFF)));
	driver_run_for(driver, 500);
	g_assert_true(error_shown(driver, "/nowhere/disk.img"));
	driver_take_picture(driver, "machine-error");
	driver->entry = good;
}

static void test_close(gconstpointer data)
{
	Driver *driver = (Driver *)data;
	driver_act(driver, "win.run", viva_entry_get_id(driver->entry));
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_RUNNING)));
	gtk_window_close(GTK_WINDOW(driver->window));
	driver_run_for(driver, 300);
	g_assert_true(driver_respond(driver, "cancel"));
	g_assert_true(driver_runs_as(driver, GINT_TO_POINTER(VIVA_RUN_RUNNING)));
	gtk_window_close(GTK_WINDOW(driver->window));
	driver_run_for(driver, 300);
	g_assert_true(driver_respond(driver, "power-off"));
	driver->window = NULL;
	g_assert_true(driver_wait(driver, driver_runs_as, GINT_TO_POINTER(VIVA_RUN_OFF)));
}

static char *document(const char *disk)
{
	return g_strdup_printf("{ \"version\": 1, \"name\": \"Echo\", \"memory\": { \"bytes\": 33554432 }, \"drives\": ["
			       "{ \"id\": \"ide0-hd0\", \"interface\": \"ide\", \"bus\": 0, \"unit\": 0, \"media\": \"disk\", \"format\": \"raw\", "
			       "\"file\": \"%s\" },"
			       "{ \"id\": \"ide1-cd0\", \"interface\": \"ide\", \"bus\": 1, \"unit\": 0, \"media\": \"cdrom\" } ] }",
		disk);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(gconstpointer driver);
	} tests[] = {
		{ "run", test_run }, { "lock", test_lock }, { "type", test_type }, { "burst", test_burst }, { "chords", test_chords }, { "latency", test_latency }, { "static", test_static }, { "clipboard", test_clipboard },
		{ "mouse", test_mouse }, { "scaling", test_scaling }, { "pause", test_pause }, { "monitor", test_monitor }, { "pages", test_pages },
		{ "media", test_media }, { "sound", test_sound }, { "full-disk", test_full_disk }, { "power-off", test_power_off },
		{ "shut-down", test_shut_down }, { "error", test_error },
		{ "close", test_close },
	};
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc != 2)
		g_error("machine-test takes the boot sector");
	adw_init();
	g_autofree char *disk = driver_make_disk(argv[1]);
	g_autofree char *json = document(disk);
	Driver *driver = driver_new("echo", json);
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++) {
		g_autofree char *path = g_strconcat("/machine/", tests[n].name, NULL);
		g_test_add_data_func(path, driver, tests[n].run);
	}
	int status = g_test_run();
	driver_free(driver);
	return status;
}
