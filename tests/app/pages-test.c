/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens every window and page of the library, creation and settings, wide and 360 pixels narrow, light and dark, and takes their
 * pictures (into the folder that VIV_PICTURES names). None may need more width, warn, or have a control without a name. */
#include <adwaita.h>
#include <glib/gstdio.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>

#include "library/document.h"
#include "library/files.h"
#include "library/recipe.h"
#include "library/settings.h"
#include "names.h"
#include "ui/card.h"
#include "ui/create-window.h"
#include "ui/library-page.h"
#include "ui/settings-pages.h"
#include "ui/settings-window.h"

enum { NARROW = 360, WIDE = 860, HEIGHT = 620, FRAMES = 12, SECONDS = 60 };

typedef struct Fixture {
	char *folder;
	VivaLibrary *library;
	VivaEntry *entry;
} Fixture;

/* ---- pictures ---- */

static gboolean count_frame(GtkWidget *widget, GdkFrameClock *clock, gpointer frames)
{
	++*(int *)frames;
	return G_SOURCE_CONTINUE;
}

/* Until the window has come to rest: a number of frames, without counting on how long one takes. */
static void settle(GtkWidget *window)
{
	int frames = 0;
	gint64 end = g_get_monotonic_time() + SECONDS * G_USEC_PER_SEC;
	guint id = gtk_widget_add_tick_callback(window, count_frame, &frames, NULL);
	while (frames < FRAMES && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	gtk_widget_remove_tick_callback(window, id);
	g_assert_cmpint(frames, >=, FRAMES);
}

static void take_picture(GtkWidget *window, const char *name)
{
	const char *folder = g_getenv("VIV_PICTURES");
	if (!folder)
		return;
	g_mkdir_with_parents(folder, 0755);
	g_autofree char *path = g_strconcat(folder, "/", name, ".png", NULL);
	g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new(window);
	GtkSnapshot *snapshot = gtk_snapshot_new();
	gdk_paintable_snapshot(paintable, snapshot, gtk_widget_get_width(window), gtk_widget_get_height(window));
	g_autoptr(GskRenderNode) node = gtk_snapshot_free_to_node(snapshot);
	g_autoptr(GdkTexture) texture = node ? gsk_renderer_render_texture(gtk_native_get_renderer(GTK_NATIVE(window)), node, NULL) : NULL;
	g_assert_true(texture && gdk_texture_save_to_png(texture, path));
}

/* ---- windows ---- */

static void look_at(GtkWidget *window, const char *name, bool dark, int width)
{
	g_autofree char *whole = g_strdup_printf("%s-%d%s", name, width, dark ? "-dark" : "");
	settle(window);
	widths_check(window, NARROW);
	names_check(window);
	take_picture(window, whole);
}

static void show(GtkWidget *window, int width)
{
	gtk_window_set_default_size(GTK_WINDOW(window), width, HEIGHT);
	gtk_window_present(GTK_WINDOW(window));
}

static void see_library(Fixture *fixture, bool dark, int width)
{
	static const char *const views[] = { "grid", "list" };
	GtkWidget *window = adw_window_new();
	VivaLibraryPage *page = viva_library_page_new(fixture->library);
	adw_window_set_content(ADW_WINDOW(window), GTK_WIDGET(page));
	for (unsigned n = 0; n < G_N_ELEMENTS(views); n++) {
		g_autofree char *name = g_strconcat("library-", views[n], NULL);
		g_object_set(page, "view", views[n], NULL);
		show(window, width);
		look_at(window, name, dark, width);
	}
	gtk_window_destroy(GTK_WINDOW(window));
}

static void see_settings(Fixture *fixture, bool dark, int width)
{
	static const char *const pages[] = { "machine", "processor", "memory", "boot", "disks", "display", "sound", "ports", "advanced" };
	VivaSettingsWindow *window = viva_settings_window_new(fixture->entry, NULL);
	show(GTK_WIDGET(window), width);
	look_at(GTK_WIDGET(window), "settings", dark, width);
	for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++) {
		g_autofree char *name = g_strconcat("settings-", pages[n], NULL);
		viva_settings_window_show_page(window, pages[n]);
		look_at(GTK_WIDGET(window), name, dark, width);
	}
	gtk_window_destroy(GTK_WINDOW(window));
}

static void see_more(Fixture *fixture, bool dark, int width)
{
	g_autoptr(VivaSettings) settings = viva_settings_new(fixture->entry);
	const struct { GtkWindow *window; const char *name; } windows[] = {
		{ viva_settings_features_new(settings, NULL), "features" }, { viva_settings_text_new(settings, NULL), "configuration" },
		{ GTK_WINDOW(viva_create_window_new(fixture->library, NULL)), "create" },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(windows); n++) {
		show(GTK_WIDGET(windows[n].window), width);
		look_at(GTK_WIDGET(windows[n].window), windows[n].name, dark, width);
		gtk_window_destroy(windows[n].window);
	}
	VivaCreateWindow *create = viva_create_window_new(fixture->library, NULL);
	show(GTK_WIDGET(create), width);
	gtk_widget_activate_action(GTK_WIDGET(create), "create.kind", "u", 0);
	look_at(GTK_WIDGET(create), "review", dark, width);
	gtk_window_destroy(GTK_WINDOW(create));
}

static void see_all(gconstpointer data)
{
	Fixture *fixture = (Fixture *)data;
	static const int widths[] = { WIDE, NARROW };
	for (unsigned dark = 0; dark < 2; dark++) {
		adw_style_manager_set_color_scheme(adw_style_manager_get_default(), dark ? ADW_COLOR_SCHEME_FORCE_DARK : ADW_COLOR_SCHEME_FORCE_LIGHT);
		for (unsigned n = 0; n < G_N_ELEMENTS(widths); n++) {
			see_library(fixture, dark, widths[n]);
			see_settings(fixture, dark, widths[n]);
			see_more(fixture, dark, widths[n]);
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

static VivaEntry *add(VivaLibrary *library, const char *title, const char *tag)
{
	g_autofree char *folder = viva_library_begin(library, NULL), *path = g_build_filename(folder, "machine.json", NULL);
	g_autoptr(JsonObject) config = viva_document_new_config();
	viva_document_set_string(config, "name", title);
	viva_document_write(config, path, NULL);
	VivaEntry *entry = viva_library_add(library, folder, title, NULL);
	const char *tags[] = { tag, NULL };
	viva_entry_set_tags(entry, tags, NULL);
	return entry;
}

static void fill(Fixture *fixture)
{
	g_autofree char *damaged = NULL, *path = NULL;
	fixture->folder = g_dir_make_tmp("vivarium-XXXXXX", NULL);
	fixture->library = viva_library_new(fixture->folder, NULL);
	damaged = g_build_filename(fixture->folder, "broken", NULL);
	path = g_build_filename(damaged, "machine.json", NULL);
	g_mkdir(damaged, 0700);
	g_file_set_contents(path, "{\"version\": 9}", -1, NULL);
	viva_library_rescan(fixture->library);
	fixture->entry = add(fixture->library, "Debian 12 with a Title That Is Long", "linux");
	add(fixture->library, "FreeDOS", "games");
	VivaEntry *running = add(fixture->library, "Slackware & Co", "linux");
	g_autoptr(GdkTexture) screen = some_screen();
	viva_entry_set_thumbnail(running, screen);
	viva_entry_set_state(fixture->entry, VIVA_STATE_RUNNING);
	g_autoptr(VivaSettings) settings = viva_settings_new(fixture->entry);
	viva_settings_add_drive(settings, "ide", "disk", "/var/lib/images/a-disk-with-a-rather-long-name.img");
	viva_settings_add_device(settings, "isa-debug-exit", "iobase=0xf4,iosize=4");
	viva_settings_set_port(settings, "serials", 0, "file:/tmp/serial.txt");
}

/* As the application does. */
static void load_style(void)
{
	g_autoptr(GtkCssProvider) provider = gtk_css_provider_new();
	gtk_css_provider_load_from_resource(provider, "/org/vivarium/Vivarium/style.css");
	gtk_style_context_add_provider_for_display(gdk_display_get_default(), GTK_STYLE_PROVIDER(provider), GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

int main(int argc, char **argv)
{
	Fixture fixture = { 0 };
	setlocale(LC_ALL, "");
	/* In another language with LANGUAGE=de and the build's folder po here: long words need room as well. */
	if (g_getenv("VIV_LOCALES"))
		bindtextdomain("vivarium", g_getenv("VIV_LOCALES"));
	bind_textdomain_codeset("vivarium", "UTF-8");
	textdomain("vivarium");
	g_test_init(&argc, &argv, NULL);
	if (!gtk_init_check()) {
		g_test_message("there is no display");
		g_print("1..0 # SKIP there is no display\n");
		return 0;
	}
	adw_init();
	g_test_set_nonfatal_assertions();
	g_object_set(gtk_settings_get_default(), "gtk-decoration-layout", ":close", "gtk-enable-animations", FALSE, NULL); /* as GNOME has it */
	load_style();
	fill(&fixture);
	g_test_add_data_func("/pages", &fixture, see_all);
	int status = g_test_run();
	g_object_unref(fixture.library);
	viva_files_remove(fixture.folder, NULL);
	g_free(fixture.folder);
	return status;
}
