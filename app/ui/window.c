/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/window.h"

#include <glib/gi18n.h>

#include "ui/closing.h"
#include "ui/library-page.h"

enum { THUMBNAIL_SECONDS = 2 };

struct _VivaWindow {
	AdwApplicationWindow parent;
	VivaToasts *toasts;
	AdwLeaflet *leaflet;
	AdwBin *library_bin; /* the library's page */
	AdwBin *machine_bin; /* the page of the machine that was opened last */
	VivaMachinePage *left; /* the one before it, until there is time for its end; NULL: none */
	guint leaving;	     /* idle source; 0: nothing is left */
	bool may_close;	     /* the user was asked */
	bool settling;	     /* closes when what is being written has been ... */
	bool save_failed;    /* ... unless that failed meanwhile */
	guint idle_cookie;   /* 0: the screen may go dark */
	guint thumbnails;    /* timer, while the library is seen; 0: none */
};

G_DEFINE_TYPE(VivaWindow, viva_window, ADW_TYPE_APPLICATION_WINDOW)

static VivaApplication *application_of(VivaWindow *self)
{
	return VIVA_APPLICATION(gtk_window_get_application(GTK_WINDOW(self)));
}

VivaMachinePage *viva_window_get_machine_page(VivaWindow *self)
{
	GtkWidget *child = adw_bin_get_child(self->machine_bin);
	return child ? VIVA_MACHINE_PAGE(child) : NULL;
}

static bool shows_machine(VivaWindow *self)
{
	return !g_strcmp0(adw_leaflet_get_visible_child_name(self->leaflet), "machine");
}

bool viva_window_shows(VivaWindow *self, VivaMachine *machine)
{
	VivaMachinePage *page = viva_window_get_machine_page(self);
	return shows_machine(self) && page && viva_machine_page_get_machine(page) == machine;
}

const char *viva_window_get_help(VivaWindow *self)
{
	return shows_machine(self) ? viva_machine_page_get_help(viva_window_get_machine_page(self)) : "library";
}

/* ---- the library's live pictures ---- */

static gboolean update_thumbnails(gpointer data)
{
	VivaWindow *self = data;
	g_autoptr(GPtrArray) running = viva_application_get_running(application_of(self));
	for (guint n = 0; n < running->len; n++)
		viva_machine_update_thumbnail(g_ptr_array_index(running, n));
	return G_SOURCE_CONTINUE;
}

static void library_mapped(VivaWindow *self)
{
	if (!self->thumbnails)
		self->thumbnails = g_timeout_add_seconds(THUMBNAIL_SECONDS, update_thumbnails, self);
}

static void library_unmapped(VivaWindow *self)
{
	g_clear_handle_id(&self->thumbnails, g_source_remove);
}

/* ---- fullscreen ---- */

/* Watching a guest isn't idling. */
static void update_idle(VivaWindow *self)
{
	VivaMachinePage *page = viva_window_get_machine_page(self);
	GtkApplication *application = GTK_APPLICATION(application_of(self));
	bool watches = page && shows_machine(self) && gtk_window_is_fullscreen(GTK_WINDOW(self)) &&
		       viva_machine_get_run(viva_machine_page_get_machine(page)) == VIVA_RUN_RUNNING;
	if (watches && !self->idle_cookie) {
		self->idle_cookie =
			gtk_application_inhibit(application, GTK_WINDOW(self), GTK_APPLICATION_INHIBIT_IDLE, _("A machine runs in fullscreen"));
	} else if (!watches && self->idle_cookie) {
		gtk_application_uninhibit(application, self->idle_cookie);
		self->idle_cookie = 0;
	}
}

static void fullscreen_changed(GObject *window, GParamSpec *spec, gpointer data)
{
	VivaWindow *self = VIVA_WINDOW(window);
	VivaMachinePage *page = viva_window_get_machine_page(self);
	if (page)
		viva_machine_page_set_fullscreen(page, gtk_window_is_fullscreen(GTK_WINDOW(self)));
	update_idle(self);
}

/* The property follows the window's size. */
static void size_changed(GObject *window, GParamSpec *spec, gpointer data)
{
	enum { WIDE_ENOUGH = 560 };
	VivaMachinePage *page = viva_window_get_machine_page(VIVA_WINDOW(window));
	int width, height;
	gtk_window_get_default_size(GTK_WINDOW(window), &width, &height);
	bool whole_screen = gtk_window_is_maximized(GTK_WINDOW(window)) || gtk_window_is_fullscreen(GTK_WINDOW(window));
	if (page)
		viva_machine_page_set_narrow(page, width < WIDE_ENOUGH && !whole_screen);
}

static void toggle_fullscreen(GtkWidget *widget, const char *name, GVariant *parameter)
{
	GtkWindow *window = GTK_WINDOW(widget);
	if (gtk_window_is_fullscreen(window))
		gtk_window_unfullscreen(window);
	else if (shows_machine(VIVA_WINDOW(widget)))
		gtk_window_fullscreen(window);
}

/* ---- machines ---- */

static void machine_run_changed(VivaMachine *machine, GParamSpec *spec, VivaWindow *self)
{
	VivaMachinePage *page = viva_window_get_machine_page(self);
	update_idle(self);
	bool ended = viva_machine_get_run(machine) == VIVA_RUN_OFF;
	if (ended && page && viva_machine_page_get_machine(page) == machine && gtk_window_is_fullscreen(GTK_WINDOW(self)))
		gtk_window_unfullscreen(GTK_WINDOW(self));
}

static gboolean drop_left_page(gpointer data)
{
	VivaWindow *self = data;
	g_clear_object(&self->left);
	self->leaving = 0;
	return G_SOURCE_REMOVE;
}

static void drop_left_page_now(VivaWindow *self)
{
	g_clear_handle_id(&self->leaving, g_source_remove);
	drop_left_page(self);
}

/* A page is some two hundred widgets: the end of one and the beginning of the next are more than a frame's work, so the end comes after
 * the frame. */
static void leave_page(VivaWindow *self, VivaMachinePage *page)
{
	g_signal_handlers_disconnect_by_func(viva_machine_page_get_machine(page), machine_run_changed, self);
	self->left = g_object_ref(page);
	self->leaving = g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, drop_left_page, self, NULL);
}

static void set_page(VivaWindow *self, VivaMachinePage *page)
{
	adw_bin_set_child(self->machine_bin, GTK_WIDGET(page));
	gtk_widget_insert_action_group(GTK_WIDGET(self), "machine", page ? viva_machine_page_get_actions(page) : NULL);
	if (page)
		g_signal_connect_object(viva_machine_page_get_machine(page), "notify::run", G_CALLBACK(machine_run_changed), self, G_CONNECT_AFTER);
}

void viva_window_open_machine(VivaWindow *self, VivaEntry *entry)
{
	VivaMachine *machine = viva_application_get_machine(application_of(self), entry);
	VivaMachinePage *page = viva_window_get_machine_page(self);
	if (!page || viva_machine_page_get_machine(page) != machine) {
		drop_left_page_now(self);
		if (page)
			leave_page(self, page);
		set_page(self, viva_machine_page_new(application_of(self), machine));
		size_changed(G_OBJECT(self), NULL, NULL);
	}
	gtk_window_set_title(GTK_WINDOW(self), viva_entry_get_title(entry));
	adw_leaflet_set_visible_child_name(self->leaflet, "machine");
	gtk_widget_grab_focus(GTK_WIDGET(viva_machine_page_get_display(viva_window_get_machine_page(self))));
}

void viva_window_show_library(VivaWindow *self)
{
	gtk_window_set_title(GTK_WINDOW(self), _("Vivarium"));
	if (gtk_window_is_fullscreen(GTK_WINDOW(self)))
		gtk_window_unfullscreen(GTK_WINDOW(self));
	adw_leaflet_set_visible_child_name(self->leaflet, "library");
}

void viva_window_create_from(VivaWindow *self, GFile *file)
{
	GtkWidget *page = adw_bin_get_child(self->library_bin);
	viva_window_show_library(self);
	if (VIVA_IS_LIBRARY_PAGE(page))
		viva_library_page_create(VIVA_LIBRARY_PAGE(page), file);
}

VivaToasts *viva_window_get_toasts(VivaWindow *self)
{
	return self->toasts;
}

/* ---- actions ---- */

static VivaEntry *entry_of(VivaWindow *self, GVariant *id)
{
	VivaLibrary *library = viva_application_get_library(application_of(self));
	return library ? viva_library_find(library, g_variant_get_string(id, NULL)) : NULL;
}

static void open_by_id(GtkWidget *widget, const char *name, GVariant *id)
{
	VivaEntry *entry = entry_of(VIVA_WINDOW(widget), id);
	if (entry)
		viva_window_open_machine(VIVA_WINDOW(widget), entry);
}

static void run_by_id(GtkWidget *widget, const char *name, GVariant *id)
{
	VivaWindow *self = VIVA_WINDOW(widget);
	VivaEntry *entry = entry_of(self, id);
	VivaMachine *machine = entry ? viva_application_get_machine(application_of(self), entry) : NULL;
	if (!machine)
		return;
	switch (viva_machine_get_run(machine)) {
	case VIVA_RUN_OFF:
		viva_window_open_machine(self, entry);
		viva_machine_start(machine);
		break;
	case VIVA_RUN_RUNNING: viv_machine_pause(viva_machine_get_engine(machine)); break;
	case VIVA_RUN_PAUSED: viv_machine_resume(viva_machine_get_engine(machine)); break;
	default: break;
	}
}

static void show_library(GtkWidget *widget, const char *name, GVariant *parameter)
{
	viva_window_show_library(VIVA_WINDOW(widget));
}

static VivaLibraryPage *library_page(VivaWindow *self)
{
	GtkWidget *page = adw_bin_get_child(self->library_bin);
	return VIVA_IS_LIBRARY_PAGE(page) ? VIVA_LIBRARY_PAGE(page) : NULL;
}

static void new_machine(GtkWidget *widget, const char *name, GVariant *parameter)
{
	VivaLibraryPage *page = library_page(VIVA_WINDOW(widget));
	if (page)
		viva_library_page_create(page, NULL);
}

static void search(GtkWidget *widget, const char *name, GVariant *parameter)
{
	VivaWindow *self = VIVA_WINDOW(widget);
	VivaLibraryPage *page = library_page(self);
	if (shows_machine(self) && viva_machine_page_search(viva_window_get_machine_page(self)))
		return;
	viva_window_show_library(self);
	if (page)
		viva_library_page_search(page);
}

/* ---- closing ---- */

static gboolean close_now(gpointer data)
{
	gtk_window_close(data);
	return G_SOURCE_REMOVE;
}

/* Not at once: the dialog that asked goes with its window, and is still busy telling the answer. */
static void close_answered(gpointer data, bool close)
{
	g_autoptr(VivaWindow) self = data;
	self->may_close = close;
	if (close)
		g_idle_add_full(G_PRIORITY_DEFAULT, close_now, g_object_ref(self), g_object_unref);
}

static void save_failed(VivaWindow *self)
{
	self->save_failed = true;
}

static void settled(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(VivaWindow) self = data;
	VivaLibrary *library = VIVA_LIBRARY(source);
	viva_library_flush(library); /* tells what isn't told yet */
	g_signal_handlers_disconnect_by_func(library, save_failed, self);
	self->settling = false;
	if (!self->save_failed)
		gtk_window_close(GTK_WINDOW(self));
}

/* Whether it closes later. Nobody who sees a window go looks for what failed then. */
static bool wait_until_saved(VivaWindow *self, VivaLibrary *library)
{
	if (self->settling)
		return true;
	if (!library || !viva_library_is_saving(library))
		return false;
	self->settling = true;
	self->save_failed = false;
	g_signal_connect_object(library, "save-failed", G_CALLBACK(save_failed), self, G_CONNECT_SWAPPED);
	viva_library_settle_async(library, settled, g_object_ref(self));
	return true;
}

static gboolean viva_window_close_request(GtkWindow *window)
{
	VivaWindow *self = VIVA_WINDOW(window);
	VivaApplication *application = application_of(self);
	if (wait_until_saved(self, viva_application_get_library(application)))
		return TRUE;
	GList *windows = gtk_application_get_windows(GTK_APPLICATION(application));
	g_autoptr(GPtrArray) running = viva_application_get_running(application);
	bool last = windows && !windows->next;
	if (self->may_close || !last || !running->len)
		return GTK_WINDOW_CLASS(viva_window_parent_class)->close_request(window);
	viva_ask_closing(window, running, (VivaClosing)g_settings_get_enum(viva_application_get_settings(application), "closing"), close_answered,
		g_object_ref(self));
	return TRUE;
}

/* ---- the object ---- */

static void viva_window_dispose(GObject *object)
{
	VivaWindow *self = VIVA_WINDOW(object);
	library_unmapped(self);
	drop_left_page_now(self);
	if (self->machine_bin)
		set_page(self, NULL);
	G_OBJECT_CLASS(viva_window_parent_class)->dispose(object);
}

static void viva_window_class_init(VivaWindowClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->dispose = viva_window_dispose;
	GTK_WINDOW_CLASS(class)->close_request = viva_window_close_request;
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/window.ui");
	gtk_widget_class_bind_template_child(widget_class, VivaWindow, toasts);
	gtk_widget_class_bind_template_child(widget_class, VivaWindow, leaflet);
	gtk_widget_class_bind_template_child(widget_class, VivaWindow, library_bin);
	gtk_widget_class_bind_template_child(widget_class, VivaWindow, machine_bin);
	gtk_widget_class_install_action(widget_class, "win.open", "s", open_by_id);
	gtk_widget_class_install_action(widget_class, "win.run", "s", run_by_id);
	gtk_widget_class_install_action(widget_class, "win.library", NULL, show_library);
	gtk_widget_class_install_action(widget_class, "win.new", NULL, new_machine);
	gtk_widget_class_install_action(widget_class, "win.search", NULL, search);
	gtk_widget_class_install_action(widget_class, "win.fullscreen", NULL, toggle_fullscreen);
}

static void viva_window_init(VivaWindow *self)
{
	g_type_ensure(VIVA_TYPE_TOASTS);
	gtk_widget_init_template(GTK_WIDGET(self));
	g_signal_connect_object(self->library_bin, "map", G_CALLBACK(library_mapped), self, G_CONNECT_SWAPPED);
	g_signal_connect_object(self->library_bin, "unmap", G_CALLBACK(library_unmapped), self, G_CONNECT_SWAPPED);
	g_signal_connect(self, "notify::fullscreened", G_CALLBACK(fullscreen_changed), NULL);
	g_signal_connect(self, "notify::fullscreened", G_CALLBACK(size_changed), NULL);
	g_signal_connect(self, "notify::maximized", G_CALLBACK(size_changed), NULL);
	g_signal_connect(self, "notify::default-width", G_CALLBACK(size_changed), NULL);
}

/* Without its folder there is nothing to show but why. */
static GtkWidget *no_library(VivaApplication *application)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *status = adw_status_page_new();
	adw_status_page_set_icon_name(ADW_STATUS_PAGE(status), "dialog-error-symbolic");
	adw_status_page_set_title(ADW_STATUS_PAGE(status), _("The Library Can’t Be Opened"));
	adw_status_page_set_description(ADW_STATUS_PAGE(status), viva_application_get_library_error(application));
	gtk_widget_set_vexpand(status, TRUE);
	gtk_box_append(GTK_BOX(box), adw_header_bar_new());
	gtk_box_append(GTK_BOX(box), status);
	return box;
}

static GtkWidget *library_page_new(VivaLibrary *library, GSettings *settings)
{
	VivaLibraryPage *page = viva_library_page_new(library);
	g_settings_bind(settings, "library-view", page, "view", G_SETTINGS_BIND_DEFAULT);
	g_settings_bind(settings, "library-sort", page, "sort", G_SETTINGS_BIND_DEFAULT);
	return GTK_WIDGET(page);
}

VivaWindow *viva_window_new(VivaApplication *application)
{
	VivaWindow *self = g_object_new(VIVA_TYPE_WINDOW, "application", application, NULL);
	VivaLibrary *library = viva_application_get_library(application);
	GtkWidget *page = library ? library_page_new(library, viva_application_get_settings(application)) : no_library(application);
	adw_bin_set_child(self->library_bin, page);
	return self;
}
